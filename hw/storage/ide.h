/* SPDX-License-Identifier: MIT */
/*
 * PIIX3 IDE: PCI function 8086:7010 with two legacy channels (1F0/3F6 IRQ 14, 170/376 IRQ 15) and
 * bus-master DMA in BAR4; hard disks (ATA-6) and CD-ROM drives (ATAPI/MMC). Machine lock held.
 */
#ifndef HW_STORAGE_IDE_H
#define HW_STORAGE_IDE_H

#include <glib.h>

#include "core/device.h"
#include "core/irq.h"

struct block;
struct drive;
struct pci_bus;

extern const struct device_class piix3_ide_class; /* made by ide_new, not by -device */
/* "ide-hd" and "ide-cd" for -device: BUS_IDE, whose bus pointer is the device of ide_new.
 * Properties drive, unit (0..1), bus ("ide.0", "ide.1"), serial. */
extern const struct device_class ide_hd_class, ide_cd_class;

/* drives[channel * 2 + unit], NULL = no device there. A drive's media says disk or CD-ROM; a disk
 * needs a block, a CD-ROM drive may be empty. Marks the drives attached; they and their blocks stay
 * the caller's and must outlive the device, which device_free frees (requests in flight are
 * cancelled). Errors name the drive. */
struct device *ide_new(struct pci_bus *bus, int devfn, struct irq irq14, struct irq irq15,
                       struct drive *const drives[4], GError **err);

/* Attach one more drive before the guest runs (-device ide-hd,drive=...): unit is 0..3 as above,
 * -1 the first free one. */
bool ide_attach(struct device *ide, int unit, struct drive *drive, GError **err);

/* Undoes ide_attach (nothing happens if `drive` isn't attached here). */
void ide_detach(struct device *ide, struct drive *drive);

/* Another disc in CD-ROM drive `unit`, NULL = take it out. The old block is no longer used when
 * this returns (the caller closes it); requests in flight fail as "medium changed". -ENODEV: no
 * such CD-ROM drive; -EBUSY: the guest locked the door and `force` is false. */
int ide_change_medium(struct device *ide, unsigned unit, struct block *medium, bool force);

struct ide_geometry {
    unsigned cylinders, heads, sectors; /* default CHS translation */
    uint64_t total_sectors;
};
/* Of a hard disk, for CMOS and firmware tables; false when `unit` is not one. */
bool ide_disk_geometry(struct device *ide, unsigned unit, struct ide_geometry *g);

#endif
