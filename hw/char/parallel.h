/* SPDX-License-Identifier: MIT */
/*
 * Parallel port, SPP mode: "isa-parallel" (index 0-2: 378h, 278h, 3BCh). Machine lock held.
 */
#ifndef HW_CHAR_PARALLEL_H
#define HW_CHAR_PARALLEL_H

#include <glib.h>

#include "core/device.h"

struct chardev;
struct isa_bus;

struct device *isa_parallel_new(struct isa_bus *isa, unsigned index, struct chardev *chr,
                                GError **err);
extern const struct device_class isa_parallel_class;

#endif
