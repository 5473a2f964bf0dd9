/* SPDX-License-Identifier: MIT */
/*
 * isa-debug-exit: a write of v ends the emulator with status (v << 1) | 1.
 */
#ifndef HW_PC_DEBUGEXIT_H
#define HW_PC_DEBUGEXIT_H

#include "core/device.h"

extern const struct device_class debugexit_class;

#endif
