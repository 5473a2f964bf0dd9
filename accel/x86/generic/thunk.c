/* SPDX-License-Identifier: MIT */
/*
 * Hosts that are not x86-64 run no x86 instructions: x87, MMX, SSE, AVX and BMI are lacking there,
 * and x86_cpu_model_software does not offer them.
 */
#include "accel/x86/thunk.h"

const struct x86_stub *x86_stub_get(const struct x86_insn *i)
{
    (void)i;
    return NULL;
}
