/* SPDX-License-Identifier: MIT */
/*
 * pvpanic (ISA, port 505h): a guest says that it panicked.
 */
#ifndef HW_PC_PVPANIC_H
#define HW_PC_PVPANIC_H

#include "core/device.h"

#define PVPANIC_PANICKED     1u
#define PVPANIC_CRASH_LOADED 2u

extern const struct device_class pvpanic_class;

#endif
