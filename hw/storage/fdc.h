/* SPDX-License-Identifier: MIT */
/*
 * Intel 82077AA floppy controller with two drives at 3F0-3F5, 3F7; IRQ 6, DMA channel 2.
 * Machine lock held.
 */
#ifndef HW_STORAGE_FDC_H
#define HW_STORAGE_FDC_H

#include <glib.h>

#include "core/device.h"

struct block;
struct drive;
struct isa_bus;

extern const struct device_class fdc_class; /* made by fdc_new, not by -device */

/* drives[i] NULL: no such floppy drive; a drive without block is an empty one. Marks the drives
 * attached; they stay the caller's and must outlive the device (device_free frees it). */
struct device *fdc_new(struct isa_bus *bus, struct drive *const drives[2], GError **err);

/* Type of floppy drive `unit` as CMOS register 10h wants it: 0 none, 1 360K 5.25", 2 1.2M 5.25",
 * 3 720K, 4 1.44M, 5 2.88M. */
uint8_t fdc_cmos_type(struct device *fdc, unsigned unit);

/* Another disk in drive `unit`, NULL = taken out. Sets the disk-change line. -ENODEV: no such
 * drive; -EINVAL: not the size of a floppy disk. */
int fdc_change_medium(struct device *fdc, unsigned unit, struct block *medium);

#endif
