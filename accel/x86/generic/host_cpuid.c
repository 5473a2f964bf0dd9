/* SPDX-License-Identifier: MIT */
/*
 * A host that is not x86-64 has no CPUID and runs no x86 instruction.
 */
#include "accel/x86/cpuid.h"

bool x86_host_cpuid(uint32_t leaf, uint32_t subleaf, uint32_t out[4])
{
    (void)leaf;
    (void)subleaf;
    out[0] = out[1] = out[2] = out[3] = 0;
    return false;
}

uint64_t x86_host_xcr0(void)
{
    return 0;
}
