/* SPDX-License-Identifier: MIT */
#include <string.h>

#include "accel/x86/cpuid.h"
#include "tests/fake/host_cpuid.h"

static bool everything;

void fake_host_cpuid_all(bool all)
{
    everything = all;
}

bool x86_host_cpuid(uint32_t leaf, uint32_t subleaf, uint32_t out[4])
{
    (void)leaf;
    (void)subleaf;
    memset(out, everything ? 0xff : 0, 4 * sizeof out[0]);
    return everything;
}

uint64_t x86_host_xcr0(void)
{
    return everything ? 7 : 0;
}
