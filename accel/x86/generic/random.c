/* SPDX-License-Identifier: MIT */
/*
 * RDRAND and RDSEED: the host's random numbers.
 */
#include "accel/x86/system.h"
#include "os/os.h"

bool x86_host_random(uint64_t *v)
{
    os_random(v, sizeof *v);
    return true;
}
