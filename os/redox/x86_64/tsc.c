/* SPDX-License-Identifier: MIT */
/*
 * The time-stamp counter. Invariant (CPUID 8000_0007h EDX bit 8): runs at one rate in all power
 * states; the firmware starts all processors' counters together.
 */
#include <cpuid.h>

#include "os/redox/tsc.h"

bool os_tsc_usable(void)
{
    unsigned a, b, c, d;
    return __get_cpuid(0x80000007, &a, &b, &c, &d) && (d >> 8 & 1);
}

uint64_t os_tsc_read(void)
{
    return __builtin_ia32_rdtsc();
}
