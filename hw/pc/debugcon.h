/* SPDX-License-Identifier: MIT */
/*
 * isa-debugcon: a port that prints what is written (E9h; 402h is SeaBIOS's).
 */
#ifndef HW_PC_DEBUGCON_H
#define HW_PC_DEBUGCON_H

#include "core/device.h"

struct chardev;
struct isa_bus;

extern const struct device_class debugcon_class;
/* For the board; chardev may be NULL. Returns a realized device. */
struct device *debugcon_new(struct isa_bus *isa, uint32_t iobase, struct chardev *chr,
                            GError **err);

#endif
