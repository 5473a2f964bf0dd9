/* SPDX-License-Identifier: MIT */
/*
 * A counter that a program can read without a system call.
 */
#ifndef OS_REDOX_TSC_H
#define OS_REDOX_TSC_H

#include <stdbool.h>
#include <stdint.h>

bool os_tsc_usable(void); /* the same rate always and the same value on all processors */
uint64_t os_tsc_read(void);

#endif
