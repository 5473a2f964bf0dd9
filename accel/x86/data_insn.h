/* SPDX-License-Identifier: MIT */
/*
 * What interpreter, stubs and translator need to know of data instructions (x87, MMX, SSE, AVX,
 * BMI). Pure functions of the decoded instruction.
 */
#ifndef ACCEL_X86_DATA_INSN_H
#define ACCEL_X86_DATA_INSN_H

#include "accel/x86/decode.h"

enum {
    X86_STUB_FP = 1, /* uses MXCSR, may raise SIMD exceptions */
    X86_STUB_FLAGS_IN = 2,
    X86_STUB_FLAGS_OUT = 4,
    X86_STUB_MMX = 8, /* switches the x87 unit to MMX; only in x86_stub.props */
};

/* X86_STUB_* by operation. */
unsigned x86_data_props(const struct x86_insn *i);

/* The alignment in bytes that a memory operand of size bytes must have: 128-bit operands of legacy
 * SSE are aligned, save for some; of AVX only some are. */
unsigned x86_data_alignment(const struct x86_insn *i, unsigned size);

#endif
