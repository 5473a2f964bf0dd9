/* SPDX-License-Identifier: MIT */
/*
 * IDE function of the PIIX3 (82371SB, 290550): two channels at their legacy addresses and a bus
 * master by SFF-8038i rev. 1.0 in BAR4. The legacy decode is always on; IDETIM and SIDETIM hold
 * what software writes and time nothing.
 *
 * A bus-master transfer ends in the three ways of SFF-8038i 3.1: table and command end together
 * (Active 0, Interrupt 1), the table is longer (Active stays 1), the table is shorter or unreadable
 * (Active 0, no interrupt; the device waits until the channel is started again or reset).
 */
#include "hw/storage/ide.h"

#include <errno.h>
#include <string.h>

#include "core/log.h"
#include "hw/pci/pci.h"
#include "hw/storage/ide_core.h"

enum bm_command { BM_START = 0x01, BM_TO_MEMORY = 0x08 };
enum bm_status { BM_ACTIVE = 0x01, BM_ERROR = 0x02, BM_INTERRUPT = 0x04, BM_CAPABLE = 0x60 };
enum { BM_REG_COMMAND = 0, BM_REG_STATUS = 2, BM_REG_PRDT = 4 };

struct bus_master {
    struct ide_pci *ide;
    uint8_t command, status;
    uint32_t prdt;
    uint32_t next_prd; /* address of the next descriptor */
    uint32_t addr, left;
    bool last; /* the descriptor in use is the table's last */
};

struct ide_pci {
    struct pci_device pci; /* first */
    int devfn;
    struct irq irq[2];
    struct drive *drives[4];
    struct ide_channel ch[2];
    struct bus_master bm[2];
    unsigned ports; /* how many of legacy_ports are registered */
};

static struct ide_pci *ide_of(struct device *d)
{
    return (struct ide_pci *)d;
}

/* --- bus master ----------------------------------------------------------------------------- */

static void bm_stop(struct bus_master *bm, bool error)
{
    bm->status = (uint8_t)((bm->status & ~BM_ACTIVE) | (error ? BM_ERROR : 0));
}

static bool bm_next_descriptor(struct bus_master *bm)
{
    uint8_t prd[8];
    if (bm->last) {
        bm_stop(bm, false);
        return false;
    }
    if (!pci_dma_read(&bm->ide->pci, bm->next_prd, prd, sizeof(prd))) {
        guest_warn("ide", "descriptor table at 0x%08x can't be read", bm->next_prd);
        bm_stop(bm, true);
        return false;
    }
    bm->next_prd += 8;
    bm->addr =
        (uint32_t)prd[3] << 24 | (uint32_t)prd[2] << 16 | (uint32_t)prd[1] << 8 | (prd[0] & 0xfeu);
    bm->left = (uint32_t)prd[5] << 8 | (prd[4] & 0xfeu);
    if (bm->left == 0) {
        bm->left = 0x10000;
    }
    bm->last = prd[7] & 0x80;
    return true;
}

static size_t bm_transfer(void *opaque, uint8_t *buf, size_t len, bool to_memory)
{
    struct bus_master *bm = opaque;
    struct pci_device *pci = &bm->ide->pci;
    size_t moved = 0;
    if (!(bm->status & BM_ACTIVE) || to_memory != !!(bm->command & BM_TO_MEMORY)) {
        return 0;
    }
    while (moved < len) {
        if (bm->left == 0 && !bm_next_descriptor(bm)) {
            return moved;
        }
        size_t n = len - moved < bm->left ? len - moved : bm->left;
        bool ok = to_memory ? pci_dma_write(pci, bm->addr, buf + moved, n)
                            : pci_dma_read(pci, bm->addr, buf + moved, n);
        if (!ok) {
            guest_warn("ide", "DMA at 0x%08x fails", bm->addr);
            bm_stop(bm, true);
            return moved;
        }
        moved += n;
        bm->addr += (uint32_t)n;
        bm->left -= (uint32_t)n;
    }
    if (bm->left == 0 && bm->last) {
        bm_stop(bm, false);
    }
    return moved;
}

static void bm_intrq_rose(void *opaque)
{
    struct bus_master *bm = opaque;
    bm->status |= BM_INTERRUPT;
}

static void bm_command_write(struct bus_master *bm, uint8_t v)
{
    bool was = bm->command & BM_START;
    bm->command = v & (BM_START | BM_TO_MEMORY);
    if (!was && (v & BM_START)) {
        bm->status |= BM_ACTIVE;
        bm->next_prd = bm->prdt;
        bm->left = 0;
        bm->last = false;
        ide_channel_dma_pump(&bm->ide->ch[bm - bm->ide->bm]);
    } else if (was && !(v & BM_START)) {
        bm->status &= (uint8_t)~BM_ACTIVE;
        bm->left = 0;
        bm->last = true; /* stopped means stopped: no resume without a new start */
    }
}

static uint8_t bm_read8(const struct bus_master *bm, unsigned reg)
{
    switch (reg) {
    case BM_REG_COMMAND: return bm->command;
    case BM_REG_STATUS: return bm->status;
    case BM_REG_PRDT:
    case 5:
    case 6:
    case 7: return (uint8_t)(bm->prdt >> 8 * (reg & 3));
    default: return 0;
    }
}

static void bm_write8(struct bus_master *bm, unsigned reg, uint8_t v)
{
    unsigned shift = 8 * (reg & 3);
    switch (reg) {
    case BM_REG_COMMAND: bm_command_write(bm, v); break;
    case BM_REG_STATUS:
        bm->status = (uint8_t)((v & BM_CAPABLE) | (bm->status & BM_ACTIVE) |
                               (bm->status & ~v & (BM_ERROR | BM_INTERRUPT)));
        break;
    case BM_REG_PRDT:
    case 5:
    case 6:
    case 7: bm->prdt = ((bm->prdt & ~(0xffu << shift)) | (uint32_t)v << shift) & ~3u; break;
    default: break;
    }
}

static uint32_t bm_read(void *opaque, uint16_t off, unsigned size)
{
    struct ide_pci *ide = opaque;
    uint32_t v = 0;
    for (unsigned i = 0; i < size; i++) {
        unsigned reg = (off + i) & 15;
        v |= (uint32_t)bm_read8(&ide->bm[reg >> 3], reg & 7) << (8 * i);
    }
    return v;
}

static void bm_write(void *opaque, uint16_t off, uint32_t v, unsigned size)
{
    struct ide_pci *ide = opaque;
    for (unsigned i = 0; i < size; i++) {
        unsigned reg = (off + i) & 15;
        bm_write8(&ide->bm[reg >> 3], reg & 7, (uint8_t)(v >> (8 * i)));
    }
}

static const struct ioport_ops bm_ops = {
    .read = bm_read,
    .write = bm_write,
    .min_size = 1,
    .max_size = 4,
};

/* --- legacy ports --------------------------------------------------------------------------- */

static uint32_t command_block_read(void *opaque, uint16_t off, unsigned size)
{
    return ide_command_block_read(opaque, off, size);
}

static void command_block_write(void *opaque, uint16_t off, uint32_t v, unsigned size)
{
    ide_command_block_write(opaque, off, v, size);
}

static uint32_t control_read(void *opaque, uint16_t off, unsigned size)
{
    (void)off, (void)size;
    return ide_alt_status(opaque);
}

static void control_write(void *opaque, uint16_t off, uint32_t v, unsigned size)
{
    (void)off, (void)size;
    ide_device_control(opaque, (uint8_t)v);
}

static const struct ioport_ops command_ops = {
    .read = command_block_read,
    .write = command_block_write,
    .min_size = 1,
    .max_size = 4,
};
static const struct ioport_ops control_ops = { .read = control_read, .write = control_write };

static const struct {
    uint16_t base;
    uint8_t count, channel;
    const struct ioport_ops *ops;
    const char *name;
} legacy_ports[] = {
    { 0x1f0, 8, 0, &command_ops, "ide0" },
    { 0x3f6, 1, 0, &control_ops, "ide0-control" },
    { 0x170, 8, 1, &command_ops, "ide1" },
    { 0x376, 1, 1, &control_ops, "ide1-control" },
};

static bool ports_add(struct ide_pci *ide, struct ioport_space *io, GError **err)
{
    for (; ide->ports < ARRAY_LEN(legacy_ports); ide->ports++) {
        unsigned i = ide->ports;
        if (ioport_add(io, legacy_ports[i].base, legacy_ports[i].count, legacy_ports[i].ops,
                       &ide->ch[legacy_ports[i].channel], legacy_ports[i].name) < 0) {
            g_set_error(err, EMU_ERROR, EMU_ERROR_CONFIG,
                        "IDE port 0x%x is taken by another device", legacy_ports[i].base);
            return false;
        }
    }
    return true;
}

static void ports_remove(struct ide_pci *ide, struct ioport_space *io)
{
    while (ide->ports > 0) {
        unsigned i = --ide->ports;
        ioport_remove(io, legacy_ports[i].base, legacy_ports[i].ops,
                      &ide->ch[legacy_ports[i].channel]);
    }
}

/* --- drives --------------------------------------------------------------------------------- */

static const char *drive_name(const struct drive *d)
{
    return d->id ? d->id : d->block ? block_path(d->block) : "without medium";
}

bool ide_attach(struct device *dev, int unit, struct drive *drive, GError **err)
{
    struct ide_pci *ide = ide_of(dev);
    char serial[21];
    for (int i = 0; unit < 0 && i < 4; i++) {
        unit = ide->drives[i] ? unit : i;
    }
    if (unit < 0 || unit > 3 || ide->drives[unit]) {
        g_set_error(err, EMU_ERROR, EMU_ERROR_CONFIG, "drive '%s': %s", drive_name(drive),
                    unit < 0   ? "all four IDE drives are taken"
                    : unit > 3 ? "IDE has units 0 to 3"
                               : "another drive has this IDE unit");
        return false;
    }
    if (drive->media == DRIVE_DISK && (!drive->block || block_sectors(drive->block) == 0)) {
        g_set_error(err, EMU_ERROR, EMU_ERROR_CONFIG, "drive '%s': a hard disk needs %s",
                    drive_name(drive), drive->block ? "at least one sector" : "an image");
        return false;
    }
    if (drive->serial) {
        g_strlcpy(serial, drive->serial, sizeof(serial));
    } else {
        g_snprintf(serial, sizeof(serial), "EM%05d", unit + 1);
    }
    ide->drives[unit] = drive;
    drive->attached = true;
    ide_drive_setup(&ide->ch[unit / 2].drive[unit % 2],
                    drive->media == DRIVE_CDROM ? IDE_CDROM : IDE_DISK, drive->block, serial);
    return true;
}

void ide_detach(struct device *dev, struct drive *drive)
{
    struct ide_pci *ide = ide_of(dev);
    for (unsigned i = 0; i < 4; i++) {
        if (ide->drives[i] == drive) {
            struct ide_drive *d = &ide->ch[i / 2].drive[i % 2];
            ide_drive_cancel(d);
            ide_set_intrq(d, false);
            d->kind = IDE_NONE;
            d->blk = NULL;
            ide->drives[i] = NULL;
            drive->attached = false;
        }
    }
}

int ide_change_medium(struct device *dev, unsigned unit, struct block *medium, bool force)
{
    struct ide_pci *ide = ide_of(dev);
    struct ide_drive *d = unit < 4 ? &ide->ch[unit / 2].drive[unit % 2] : NULL;
    if (!d || d->kind != IDE_CDROM) {
        return -ENODEV;
    }
    if (d->cd.door_locked && !force) {
        d->cd.event_eject = true; /* tells the guest that somebody pressed the button */
        return -EBUSY;
    }
    atapi_medium_changed(d, medium);
    ide->drives[unit]->block = medium;
    return 0;
}

static int change_drive(struct device *dev, struct drive *drive, struct block *medium, bool force)
{
    const struct ide_pci *ide = ide_of(dev);
    for (unsigned i = 0; i < 4; i++) {
        if (ide->drives[i] == drive) {
            return ide_change_medium(dev, i, medium, force);
        }
    }
    return -ENODEV;
}

bool ide_disk_geometry(struct device *dev, unsigned unit, struct ide_geometry *g)
{
    struct ide_pci *ide = ide_of(dev);
    memset(g, 0, sizeof(*g));
    if (unit > 3 || ide->ch[unit / 2].drive[unit % 2].kind != IDE_DISK) {
        return false;
    }
    const struct ide_drive *d = &ide->ch[unit / 2].drive[unit % 2];
    g->cylinders = d->cyls;
    g->heads = d->heads;
    g->sectors = d->spt;
    g->total_sectors = d->sectors;
    return true;
}

/* --- life ----------------------------------------------------------------------------------- */

static void ide_reset(struct device *dev)
{
    struct ide_pci *ide = ide_of(dev);
    pci_device_reset(&ide->pci);
    memset(ide->pci.config + 0x40, 0, 8);
    for (unsigned i = 0; i < 2; i++) {
        ide->bm[i].command = ide->bm[i].status = 0;
        ide->bm[i].prdt = ide->bm[i].next_prd = ide->bm[i].left = 0;
        ide->bm[i].last = false;
        ide_channel_reset(&ide->ch[i]);
    }
}

static void ide_unrealize(struct device *dev)
{
    struct ide_pci *ide = ide_of(dev);
    ports_remove(ide, pci_bus_env(ide->pci.bus)->io);
    for (unsigned i = 0; i < 4; i++) {
        ide_channel_exit(&ide->ch[i / 2]);
        if (ide->drives[i]) {
            ide->drives[i]->attached = false;
            ide->drives[i] = NULL;
        }
    }
    pci_device_exit(&ide->pci);
}

static bool ide_realize(struct device *dev, GError **err)
{
    static const struct pci_ids ids = {
        .vendor = 0x8086,
        .device = 0x7010,
        .class_code = 0x010180, /* compatibility mode on both channels, bus master */
    };
    static const char *const names[2] = { "ide0", "ide1" };
    struct ide_pci *ide = ide_of(dev);
    struct pci_bus *bus = (struct pci_bus *)dev->bus;
    const struct pci_bus_env *env = pci_bus_env(bus);
    struct drive *drives[4];
    if (!pci_device_init(&ide->pci, bus, ide->devfn, &ids, err)) {
        return false;
    }
    memset(ide->pci.wmask + 0x40, 0xff, 5); /* IDETIM of both channels, SIDETIM */
    pci_bar_io(&ide->pci, 4, 16, &bm_ops, ide);
    memcpy(drives, ide->drives, sizeof(drives));
    memset(ide->drives, 0, sizeof(ide->drives));
    for (unsigned i = 0; i < 2; i++) {
        struct ide_dma_ops dma = { bm_transfer, bm_intrq_rose, &ide->bm[i] };
        ide->bm[i].ide = ide;
        ide_channel_init(&ide->ch[i], env->clock, ide->irq[i], &dma, names[i]);
    }
    bool ok = ports_add(ide, env->io, err);
    for (int i = 0; ok && i < 4; i++) {
        ok = !drives[i] || ide_attach(dev, i, drives[i], err);
    }
    if (!ok) {
        ide_unrealize(dev);
        return false;
    }
    ide_reset(dev);
    return true;
}

const struct device_class piix3_ide_class = {
    .name = "piix3-ide",
    .desc = "PIIX3 IDE controller (two channels, bus master)",
    .bus = BUS_PCI,
    .size = sizeof(struct ide_pci),
    .realize = ide_realize,
    .unrealize = ide_unrealize,
    .reset = ide_reset,
    .change_medium = change_drive,
};

struct device *ide_new(struct pci_bus *bus, int devfn, struct irq irq14, struct irq irq15,
                       struct drive *const drives[4], GError **err)
{
    struct device *dev = device_new(&piix3_ide_class);
    struct ide_pci *ide = ide_of(dev);
    dev->bus = (struct bus *)bus;
    ide->devfn = devfn;
    ide->irq[0] = irq14;
    ide->irq[1] = irq15;
    memcpy(ide->drives, drives, sizeof(ide->drives));
    if (!device_realize(dev, err)) {
        device_free(dev);
        return NULL;
    }
    return dev;
}
