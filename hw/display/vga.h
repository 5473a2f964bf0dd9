/* SPDX-License-Identifier: MIT */
/*
 * Standard VGA with Bochs DISPI extensions (QEMU's "VGA"): PCI 1234:1111, BAR0 = VRAM, BAR2 = EDID,
 * VGA and DISPI registers; legacy ports 3B0-3DF and 1CE-1D0; legacy window A0000-BFFFF.
 *
 * The device registers its ports and windows itself in the pci_bus_env's io and mem (windows have
 * priority 1, so the board's SMRAM over A0000 needs 2) and becomes the source of env->display.
 * The VGA BIOS is the board's to find: pass it to vga_new, or call pci_rom after device_realize.
 * Machine lock held on every call.
 */
#ifndef HW_DISPLAY_VGA_H
#define HW_DISPLAY_VGA_H

#include <glib.h>

#include "core/device.h"

struct pci_bus;
struct pci_device;

/* "VGA"; properties vgamem_mb (1..256, power of two, 16), xres and yres (preferred mode in EDID),
 * addr ("SLOT" or "SLOT.FN" in hex, default the next free one). user-creatable on BUS_PCI. */
extern const struct device_class vga_class;

/* Creates and realizes one with default properties. devfn < 0: next free slot. `rom` may be NULL;
 * it is copied. The device is freed by device_free. */
struct device *vga_new(struct pci_bus *bus, int devfn, const uint8_t *rom, size_t rom_len,
                       GError **err);

/* For reproducible pictures: with freeze on, cursor and blinking characters are drawn in their
 * visible phase whatever the clock says. display_refresh(full) does so for that one picture. */
void vga_freeze_blink(struct device *vga, bool freeze);

#endif
