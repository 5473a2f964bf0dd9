/* SPDX-License-Identifier: MIT */
/*
 * Devices: a class is a const table at the end of the device's file; an instance begins with
 * struct device. Life: device_new -> fields and properties set -> device_realize -> reset ... ->
 * device_free. Machine lock held throughout (or before any thread runs).
 */
#ifndef CORE_DEVICE_H
#define CORE_DEVICE_H

#include <glib.h>

#include "core/types.h"

struct block;
struct device;
struct drive;
struct bus; /* opaque here: struct isa_bus or struct pci_bus, by class->bus */

enum bus_kind { BUS_NONE, BUS_ISA, BUS_PCI, BUS_IDE, BUS_FLOPPY };

enum prop_kind {
    PROP_BOOL,    /* bool: on|off|true|false|yes|no */
    PROP_U8,      /* uint8_t; numbers in C notation */
    PROP_U16,
    PROP_U32,
    PROP_U64,
    PROP_I32,
    PROP_SIZE,    /* uint64_t bytes, suffixes b k M G T */
    PROP_STRING,  /* char *, owned by the device */
    PROP_ENUM,    /* int; `values` is a NULL-terminated list of names */
    PROP_CHARDEV, /* struct chardev *, by id */
    PROP_DRIVE,   /* struct drive *, by id */
    PROP_NETDEV,  /* struct netdev *, by id */
    PROP_MAC,     /* uint8_t[6] */
};

struct prop {
    const char *name;
    enum prop_kind kind;
    size_t offset;            /* in the instance */
    const char *def;          /* default as text, NULL = zero */
    const char *help;         /* one short line */
    const char *const *values;
};

struct device_class {
    const char *name;         /* QEMU's name: "isa-debug-exit" */
    const char *alias;        /* or NULL */
    const char *desc;         /* one line for -device help */
    enum bus_kind bus;
    bool user_creatable;      /* offered by -device */
    size_t size;              /* of the instance */
    const struct prop *props; /* ends with name == NULL; may be NULL */
    bool (*realize)(struct device *d, GError **err);
    void (*unrealize)(struct device *d); /* frees what realize made; may be NULL */
    void (*reset)(struct device *d);     /* power-on values; may be NULL */
    /* Its state as lines of text, for the monitor; may be NULL. */
    void (*describe)(const struct device *d, GString *out);
    /* Another medium (NULL: none) in a removable drive that this device serves: 0, -ENODEV when
     * the drive is not one of its own, -EBUSY when the guest locked it and `force` is false. The
     * old block is no longer used when this returns. May be NULL. */
    int (*change_medium)(struct device *d, struct drive *drive, struct block *medium, bool force);
};

struct device {
    const struct device_class *cls;
    char *id;          /* -device id=, or NULL */
    struct bus *bus;   /* set by the creator before realize */
    bool realized;
    struct device *parent_next; /* machine's list, in order of creation (for reset) */
};

/* Resolves ids of back ends for PROP_CHARDEV/DRIVE/NETDEV; NULL result = unknown id. */
struct prop_resolver {
    void *(*find)(void *opaque, enum prop_kind kind, const char *id);
    void *opaque;
};

struct device *device_new(const struct device_class *cls); /* defaults applied */
/* Errors name property and value, and list or suggest what is allowed. */
bool device_set_prop(struct device *d, const char *name, const char *value,
                     const struct prop_resolver *res, GError **err);
bool device_realize(struct device *d, GError **err);
void device_reset(struct device *d);
void device_free(struct device *d); /* unrealizes if needed */
const char *device_name(const struct device *d); /* id, else class name */

/* hw/devices.def: all classes in one NULL-terminated list (defined in hw/devices.c). */
extern const struct device_class *const device_classes[];
const struct device_class *device_class_find(const char *name_or_alias);

#define EMU_ERROR emu_error_quark()
GQuark emu_error_quark(void);
enum emu_error { EMU_ERROR_CONFIG, EMU_ERROR_HOST, EMU_ERROR_UNSUPPORTED };

#endif
