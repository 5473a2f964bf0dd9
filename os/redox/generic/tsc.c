/* SPDX-License-Identifier: MIT */
/*
 * Hosts without a counter we know how to read.
 */
#include "os/redox/tsc.h"

bool os_tsc_usable(void)
{
    return false;
}

uint64_t os_tsc_read(void)
{
    return 0;
}
