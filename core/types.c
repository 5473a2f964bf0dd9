/* SPDX-License-Identifier: MIT */
/*
 * Checks that what core/types.h takes for granted holds on this host.
 */
#include "core/types.h"

_Static_assert(sizeof(void *) == 8 || sizeof(void *) == 4, "flat address space");
_Static_assert(sizeof(size_t) == sizeof(void *), "an object may fill the address space");
_Static_assert((int8_t)0xff == -1, "two's complement");
_Static_assert(-1 >> 1 == -1, "shifts of negative numbers are arithmetic");
