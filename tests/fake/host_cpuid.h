/* SPDX-License-Identifier: MIT */
/*
 * A host processor that has everything or nothing, in place of accel/x86/<host>/host_cpuid.c.
 */
#ifndef TESTS_FAKE_HOST_CPUID_H
#define TESTS_FAKE_HOST_CPUID_H

#include "core/types.h"

void fake_host_cpuid_all(bool all);

#endif
