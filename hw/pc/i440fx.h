/* SPDX-License-Identifier: MIT */
/*
 * Intel 82441FX: host bridge of the pc machine. Machine lock held. The instance begins with struct
 * pci_device.
 */
#ifndef HW_PC_I440FX_H
#define HW_PC_I440FX_H

#include <glib.h>

#include "core/device.h"
#include "core/physmem.h"

struct i440fx;
struct pci_bus;

struct i440fx_config {
    struct pci_bus *bus; /* takes slot 0 */
    uint8_t *low_ram;    /* host address of guest memory 0, at least 1 MiB */
    const uint8_t *bios; /* the firmware's last bios_len bytes appear below 1 MiB */
    size_t bios_len;
};
/* Claims CF8h-CFFh, A0000h-FFFFFh. */
struct i440fx *i440fx_new(const struct i440fx_config *cfg, GError **err);

extern const struct device_class i440fx_class;

#endif
