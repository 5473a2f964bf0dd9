/* SPDX-License-Identifier: MIT */
/*
 * CPUID of an x86-64 host. The Makefile chooses this folder by the compiler's target.
 */
#include <cpuid.h>

#include "accel/x86/cpuid.h"

bool x86_host_cpuid(uint32_t leaf, uint32_t subleaf, uint32_t out[4])
{
    uint32_t max = __get_cpuid_max(leaf & 0x80000000u, NULL);
    if (leaf > max) {
        out[0] = out[1] = out[2] = out[3] = 0;
        return false;
    }
    __cpuid_count(leaf, subleaf, out[0], out[1], out[2], out[3]);
    return true;
}

uint64_t x86_host_xcr0(void)
{
    uint32_t r[4], lo, hi;
    if (!x86_host_cpuid(1, 0, r) || !(r[2] >> 27 & 1)) {
        return 0;
    }
    __asm__ volatile("xgetbv" : "=a"(lo), "=d"(hi) : "c"(0));
    return (uint64_t)hi << 32 | lo;
}
