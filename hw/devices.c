/* SPDX-License-Identifier: MIT */
/*
 * The list of device classes, from devices.def.
 */
#include "core/device.h"

#define DEVICE(symbol) extern const struct device_class symbol;
#include "hw/devices.def"
#undef DEVICE

const struct device_class *const device_classes[] = {
#define DEVICE(symbol) &symbol,
#include "hw/devices.def"
#undef DEVICE
    NULL,
};
