/* SPDX-License-Identifier: MIT */
/*
 * "ide-hd" and "ide-cd" for -device: they hand their drive to the IDE controller, which is the
 * device that dev->bus points at, and hold nothing themselves.
 */
#include "hw/storage/ide.h"

#include <string.h>

#include "backend/block/block.h"

struct ide_dev {
    struct device dev; /* first */
    struct drive *drive;
    struct drive *empty; /* made here for a CD-ROM drive without drive= */
    char *bus_name;
    char *serial;
    int32_t unit;
    int32_t bootindex;
};

static const struct prop ide_dev_props[] = {
    { "drive", PROP_DRIVE, offsetof(struct ide_dev, drive), NULL, "the -drive it holds", NULL },
    { "unit", PROP_I32, offsetof(struct ide_dev, unit), "-1", "0 master, 1 slave", NULL },
    { "bus", PROP_STRING, offsetof(struct ide_dev, bus_name), NULL, "ide.0 or ide.1", NULL },
    { "serial", PROP_STRING, offsetof(struct ide_dev, serial), NULL, "serial number", NULL },
    { "bootindex", PROP_I32, offsetof(struct ide_dev, bootindex), "-1", "place in the boot order",
      NULL },
    { NULL, PROP_BOOL, 0, NULL, NULL, NULL },
};

/* The function's address is PIIX3's, 1.1. */
static void boot_place(const struct ide_dev *d, struct drive *drive, int i)
{
    drive->boot_rank = d->bootindex >= 0 && d->bootindex < INT32_MAX ? d->bootindex + 1 : 0;
    g_snprintf(drive->boot_path, sizeof drive->boot_path, "/pci@i0cf8/ide@1,1/drive@%d/disk@%d",
               i / 2, i % 2);
}

static bool attach_at(struct ide_dev *d, struct drive *drive, int i, GError **err)
{
    boot_place(d, drive, i);
    return ide_attach((struct device *)d->dev.bus, i, drive, err);
}

/* Both of bus= and unit= given name a place; either alone takes the first free one on it. */
static bool attach(struct ide_dev *d, struct drive *drive, GError **err)
{
    int first = 0, last = 3;
    if (d->bus_name && strcmp(d->bus_name, "ide.0") && strcmp(d->bus_name, "ide.1")) {
        g_set_error(err, EMU_ERROR, EMU_ERROR_CONFIG, "bus=%s: there are ide.0 and ide.1",
                    d->bus_name);
        return false;
    }
    if (d->unit < -1 || d->unit > 1) {
        g_set_error(err, EMU_ERROR, EMU_ERROR_CONFIG, "unit=%d: an IDE bus has units 0 and 1",
                    d->unit);
        return false;
    }
    if (d->bus_name) {
        first = strcmp(d->bus_name, "ide.1") == 0 ? 2 : 0;
        last = first + 1;
    }
    for (int i = first; i < last; i++) {
        if ((d->unit < 0 || d->unit == i % 2) && attach_at(d, drive, i, NULL)) {
            return true;
        }
    }
    if (d->unit < 0 || d->unit == last % 2) {
        return attach_at(d, drive, last, err);
    }
    return attach_at(d, drive, last - 1, err);
}

static bool ide_dev_realize(struct device *dev, enum drive_media media, GError **err)
{
    struct ide_dev *d = (struct ide_dev *)dev;
    struct drive *drive = d->drive;
    if (!drive && media == DRIVE_DISK) {
        g_set_error(err, EMU_ERROR, EMU_ERROR_CONFIG, "ide-hd needs drive=ID of a -drive");
        return false;
    }
    if (!drive) {
        drive = d->empty = g_new0(struct drive, 1);
    }
    if (drive->attached) {
        g_set_error(err, EMU_ERROR, EMU_ERROR_CONFIG, "drive '%s' is in use by another device",
                    drive->id ? drive->id : "?");
        return false;
    }
    drive->media = media;
    if (d->serial) {
        g_free(drive->serial);
        drive->serial = g_strdup(d->serial);
    }
    return attach(d, drive, err);
}

static bool ide_hd_realize(struct device *dev, GError **err)
{
    return ide_dev_realize(dev, DRIVE_DISK, err);
}

static bool ide_cd_realize(struct device *dev, GError **err)
{
    return ide_dev_realize(dev, DRIVE_CDROM, err);
}

/* The controller may still point at `empty`: it is detached first. */
static void ide_dev_unrealize(struct device *dev)
{
    struct ide_dev *d = (struct ide_dev *)dev;
    if (d->empty) {
        if (d->empty->attached) {
            ide_detach((struct device *)dev->bus, d->empty);
        }
        g_free(d->empty->serial);
        g_free(d->empty);
        d->empty = NULL;
    }
}

const struct device_class ide_hd_class = {
    .name = "ide-hd",
    .desc = "IDE hard disk",
    .bus = BUS_IDE,
    .user_creatable = true,
    .size = sizeof(struct ide_dev),
    .props = ide_dev_props,
    .realize = ide_hd_realize,
    .unrealize = ide_dev_unrealize,
};

const struct device_class ide_cd_class = {
    .name = "ide-cd",
    .desc = "IDE CD-ROM drive",
    .bus = BUS_IDE,
    .user_creatable = true,
    .size = sizeof(struct ide_dev),
    .props = ide_dev_props,
    .realize = ide_cd_realize,
    .unrealize = ide_dev_unrealize,
};
