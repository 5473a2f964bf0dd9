/* SPDX-License-Identifier: MIT */
/*
 * Options of drives and character back ends.
 */
#include <string.h>

#include "core/device.h"
#include "core/log.h"
#include "core/opts.h"
#include "vm/setup.h"

#define CONFIG_ERROR(err, ...) g_set_error(err, EMU_ERROR, EMU_ERROR_CONFIG, __VA_ARGS__)

static void drive_free(void *p)
{
    struct drive *d = p;
    if (d->block) {
        block_close(d->block);
    }
    g_free(d->id);
    g_free(d->serial);
    g_free(d);
}

static const char *const drive_keys[] = { "file",
                                          "format",
                                          "if",
                                          "index",
                                          "bus",
                                          "unit",
                                          "media",
                                          "id",
                                          "readonly",
                                          "read-only",
                                          "snapshot",
                                          "cache",
                                          "cache.direct",
                                          "cache.writeback",
                                          "cache.no-flush",
                                          "aio",
                                          "serial",
                                          "discard",
                                          "detect-zeroes",
                                          "werror",
                                          "rerror",
                                          "driver",
                                          "auto-read-only",
                                          "locking",
                                          NULL };

static bool pick(const struct opts *o, const char *key, const char *const *names, int *out,
                 GError **err)
{
    const char *v = opts_get(o, key);
    if (!v) {
        return true;
    }
    GString *all = g_string_new(NULL);
    bool found = false;
    for (int i = 0; names[i] && !found; i++) {
        found = strcmp(names[i], v) == 0;
        *out = found ? i : *out;
        g_string_append_printf(all, "%s%s", i ? ", " : "", names[i]);
    }
    if (!found) {
        CONFIG_ERROR(err, "-drive %s=%s: one of %s", key, v, all->str);
    }
    g_string_free(all, TRUE);
    return found;
}

static bool drive_position(const struct opts *o, struct drive *d, GError **err)
{
    uint64_t index, bus, unit;
    unsigned per_bus = 2, max = d->iface == DRIVE_IF_FLOPPY ? 2 : d->iface == DRIVE_IF_IDE ? 4 : 32;
    if (!opts_get_u64(o, "index", 0, &index, err) || !opts_get_u64(o, "bus", 0, &bus, err) ||
        !opts_get_u64(o, "unit", 0, &unit, err)) {
        return false;
    }
    bool by_bus = opts_get(o, "bus") || opts_get(o, "unit");
    if (by_bus && opts_get(o, "index")) {
        CONFIG_ERROR(err, "-drive index=%s: index cannot be used together with bus and unit",
                     opts_get(o, "index"));
        return false;
    }
    if (!by_bus && !opts_get(o, "index")) {
        d->index = -1;
        return true;
    }
    index = by_bus ? MIN(bus, 1000) * per_bus + MIN(unit, 1000) : index;
    if (index >= max || (by_bus && unit >= per_bus)) {
        CONFIG_ERROR(
            err, "-drive: position %" G_GUINT64_FORMAT " is too large, this interface has 0 to %u",
            index, max - 1);
        return false;
    }
    d->index = (int)index;
    return true;
}

static bool drive_parse(struct drive *d, const struct opts *o, struct block_opts *b, GError **err)
{
    static const char *const ifs[] = { "none",   "ide",  "floppy", "virtio",
                                       "pflash", "scsi", "sd",     NULL };
    static const char *const medias[] = { "disk", "cdrom", NULL };
    int iface = DRIVE_IF_IDE, media = DRIVE_DISK;
    if (!opts_check_keys(o, "-drive", drive_keys, err) || !pick(o, "if", ifs, &iface, err) ||
        !pick(o, "media", medias, &media, err)) {
        return false;
    }
    if (iface == DRIVE_IF_VIRTIO || iface == DRIVE_IF_PFLASH || iface == DRIVE_IF_SCSI ||
        iface == DRIVE_IF_SD) {
        g_set_error(err, EMU_ERROR, EMU_ERROR_UNSUPPORTED, "-drive if=%s: not there yet; %s",
                    ifs[iface], iface == DRIVE_IF_PFLASH ? "use -bios FILE" : "use if=ide");
        return false;
    }
    d->iface = (enum drive_if)iface;
    d->media = (enum drive_media)media;
    b->allow_odd_size = d->iface == DRIVE_IF_FLOPPY;
    const char *ro = opts_get(o, "read-only") ? "read-only" : "readonly";
    return opts_get_bool(o, ro, d->media == DRIVE_CDROM, &b->read_only, err) &&
           opts_get_bool(o, "snapshot", b->snapshot, &b->snapshot, err) &&
           drive_position(o, d, err);
}

static bool drive_open(struct drive *d, const struct opts *o, struct block_opts *b,
                       struct loop *loop, GError **err)
{
    b->format = opts_get(o, "format") ? opts_get(o, "format") : opts_get(o, "driver");
    d->id = g_strdup(opts_get(o, "id"));
    d->serial = g_strdup(opts_get(o, "serial"));
    const char *file = opts_get(o, "file");
    if (!file || !*file) {
        if (d->media == DRIVE_CDROM || d->iface == DRIVE_IF_FLOPPY) {
            return true; /* an empty slot */
        }
        CONFIG_ERROR(err, "-drive: a disk needs file=NAME");
        return false;
    }
    d->block = block_open(file, b, loop, err);
    return d->block != NULL;
}

static bool id_is_new(GPtrArray *drives, const struct drive *d, GError **err)
{
    for (guint i = 0; d->id && i < drives->len; i++) {
        const struct drive *other = g_ptr_array_index(drives, i);
        if (other != d && g_strcmp0(other->id, d->id) == 0) {
            CONFIG_ERROR(err, "-drive id=%s: another drive has this id", d->id);
            return false;
        }
    }
    return true;
}

static bool add_drive(GPtrArray *drives, const struct drive_arg *a, bool snapshot,
                      struct loop *loop, GError **err)
{
    struct drive *d = g_new0(struct drive, 1);
    g_ptr_array_add(drives, d);
    struct opts *o = opts_parse(a->extra ? a->extra : a->text, NULL, err);
    if (!o) {
        return false;
    }
    struct block_opts b = { .snapshot = snapshot };
    bool ok = drive_parse(d, o, &b, err);
    if (ok && a->extra) {
        b.format = NULL;
        d->block = block_open(a->text, &b, loop, err);
        ok = d->block != NULL;
    } else if (ok) {
        ok = drive_open(d, o, &b, loop, err) && id_is_new(drives, d, err);
    }
    opts_free(o);
    if (!ok && a->extra && err && *err) {
        g_prefix_error(err, "%s%s", a->option, *a->option ? " " : "");
    }
    return ok;
}

static bool check_drive_ids(const GPtrArray *drives, GError **err)
{
    for (guint i = 0; i < drives->len; i++) {
        const struct drive *a = g_ptr_array_index(drives, i);
        for (guint k = 0; k < i; k++) {
            const struct drive *b = g_ptr_array_index(drives, k);
            if (a->id && b->id && strcmp(a->id, b->id) == 0) {
                CONFIG_ERROR(err, "-drive id=%s: two drives have this id", a->id);
                return false;
            }
        }
    }
    return true;
}

/* Free positions in order; two drives at one position are an error. */
static bool place_drives(GPtrArray *drives, GError **err)
{
    for (int iface = 0; iface <= DRIVE_IF_SD; iface++) {
        uint64_t used = 0;
        int per = iface == DRIVE_IF_FLOPPY ? 2 : iface == DRIVE_IF_IDE ? 4 : 32;
        for (guint pass = 0; pass < 2; pass++) {
            for (guint i = 0; i < drives->len; i++) {
                struct drive *d = g_ptr_array_index(drives, i);
                if ((int)d->iface != iface || (d->index >= 0) != (pass == 0)) {
                    continue;
                }
                int at = d->index;
                /* A CD-ROM without a place goes where -cdrom does. */
                if (at < 0) {
                    at = d->media == DRIVE_CDROM && iface == DRIVE_IF_IDE && !(used & 4) ? 2 : 0;
                    while (at < per && (used >> at & 1)) {
                        at++;
                    }
                }
                if (at >= per || (used >> at & 1)) {
                    CONFIG_ERROR(err,
                                 "-drive: two drives at index %d, or more than %d of one interface",
                                 at, per);
                    return false;
                }
                used |= 1ull << at;
                d->index = at;
            }
        }
    }
    return true;
}

/* --- -blockdev -------------------------------------------------------------------------------- */

/* The file, or device, that a node is of: its own, or that of the node it names. */
static const char *node_file(const struct opts *o, GPtrArray *nodes)
{
    const char *file = opts_get(o, "file.filename"), *child = opts_get(o, "file");
    for (guint i = 0; child && i < nodes->len; i++) {
        const struct opts *other = g_ptr_array_index(nodes, i);
        if (g_strcmp0(opts_get(other, "node-name"), child) == 0) {
            file = opts_get(other, "filename");
        }
    }
    return file ? file : opts_get(o, "filename");
}

/* Another node reads and writes it: it is no drive by itself. */
static bool node_is_child(const char *name, GPtrArray *nodes)
{
    bool found = false;
    for (guint i = 0; i < nodes->len; i++) {
        found |= g_strcmp0(opts_get(g_ptr_array_index(nodes, i), "file"), name) == 0;
    }
    return found;
}

static bool check_node(const struct opts *o, GError **err)
{
    static const char *const keys[] = {
        "driver", "node-name", "filename", "file", "file.driver", "file.filename", "read-only",
        "auto-read-only", "discard", "detect-zeroes", "cache.direct", "cache.no-flush", "aio",
        "locking", "file.aio", "file.locking", "file.auto-read-only", NULL
    };
    const char *driver = opts_get(o, "driver"), *name = opts_get(o, "node-name");
    if (!driver || !name || !*name) {
        CONFIG_ERROR(err, "-blockdev: needs driver= and node-name=");
        return false;
    }
    return opts_check_keys(o, "-blockdev", keys, err);
}

static bool add_node(const struct vm_config *c, const struct opts *o, GPtrArray *nodes,
                     GPtrArray *drives, struct loop *loop, GError **err)
{
    const char *name = opts_get(o, "node-name"), *driver = opts_get(o, "driver");
    if (node_is_child(name, nodes)) {
        return true;
    }
    struct drive *d = g_new0(struct drive, 1);
    g_ptr_array_add(drives, d);
    d->iface = DRIVE_IF_NONE;
    d->index = -1;
    d->id = g_strdup(name);
    bool plain = strcmp(driver, "file") == 0 || strcmp(driver, "host_device") == 0;
    struct block_opts b = { .format = plain ? "raw" : driver, .snapshot = c->snapshot };
    const char *path = node_file(o, nodes);
    if (!path) {
        CONFIG_ERROR(err, "-blockdev node-name=%s: needs filename=, or file= of another node",
                     name);
        return false;
    }
    if (!opts_get_bool(o, "read-only", false, &b.read_only, err) ||
        !opts_get_bool(o, "auto-read-only", false, &b.auto_read_only, err) ||
        !id_is_new(drives, d, err)) {
        return false;
    }
    d->block = block_open(path, &b, loop, err);
    if (!d->block) {
        g_prefix_error(err, "-blockdev node-name=%s: ", name);
    }
    return d->block != NULL;
}

static bool add_nodes(const struct vm_config *c, GPtrArray *drives, struct loop *loop, GError **err)
{
    GPtrArray *nodes = g_ptr_array_new_with_free_func((GDestroyNotify)opts_free);
    bool ok = true;
    for (guint i = 0; ok && i < c->blockdev->len; i++) {
        struct opts *o = opts_parse(g_ptr_array_index(c->blockdev, i), "driver", err);
        ok = o && check_node(o, err);
        if (o) {
            g_ptr_array_add(nodes, o);
        }
    }
    for (guint i = 0; ok && i < nodes->len; i++) {
        ok = add_node(c, g_ptr_array_index(nodes, i), nodes, drives, loop, err);
    }
    g_ptr_array_unref(nodes);
    return ok;
}

GPtrArray *setup_drives(const struct vm_config *c, struct loop *loop, GError **err)
{
    GPtrArray *drives = g_ptr_array_new_with_free_func(drive_free);
    for (guint i = 0; i < c->drive->len; i++) {
        const struct drive_arg *a = g_ptr_array_index(c->drive, i);
        if (!add_drive(drives, a, c->snapshot, loop, err)) {
            g_ptr_array_unref(drives);
            return NULL;
        }
    }
    if (!add_nodes(c, drives, loop, err) || !check_drive_ids(drives, err) ||
        !place_drives(drives, err)) {
        g_ptr_array_unref(drives);
        return NULL;
    }
    return drives;
}

/* --- characters ------------------------------------------------------------------------------- */

static bool add_chardevs(const struct vm_config *c, struct chardev_set *set, GError **err)
{
    for (guint i = 0; i < c->chardev->len; i++) {
        struct opts *o = opts_parse(g_ptr_array_index(c->chardev, i), "backend", err);
        if (!o) {
            return false;
        }
        const char *kind = opts_get(o, "backend");
        const char *id = opts_get(o, "id");
        bool ok = kind && id && *id;
        if (!ok) {
            CONFIG_ERROR(err, "-chardev %s: needs a kind and id=NAME",
                         (const char *)g_ptr_array_index(c->chardev, i));
        } else {
            ok = chardev_set_add(set, kind, o, err) != NULL;
        }
        opts_free(o);
        if (!ok) {
            return false;
        }
    }
    return true;
}

/* A port's back end from "-serial X"; *out stays NULL for none. */
static bool port(struct chardev_set *set, const char *option, unsigned n, const char *spec,
                 struct chardev **out, GError **err)
{
    char id[24];
    g_snprintf(id, sizeof id, "%s%u", option + 1, n);
    GError *e = NULL;
    *out = chardev_set_add_legacy(set, id, spec, &e);
    if (e) {
        g_propagate_prefixed_error(err, e, "%s %s: ", option, spec);
        return false;
    }
    return true;
}

static bool ports(struct chardev_set *set, const char *option, const GPtrArray *specs,
                  struct chardev **out, unsigned max, const char *def, GError **err)
{
    if (specs->len > max) {
        CONFIG_ERROR(err, "%s: given %u times, a PC has at most %u", option, specs->len, max);
        return false;
    }
    for (guint i = 0; i < specs->len; i++) {
        if (!port(set, option, i, g_ptr_array_index(specs, i), &out[i], err)) {
            return false;
        }
    }
    return specs->len || !def || port(set, option, 0, def, &out[0], err);
}

bool setup_chardevs(const struct vm_config *c, struct chardev_set *set, struct pc_config *pc,
                    GError **err)
{
    const char *serial = c->nodefaults ? NULL : c->nographic           ? "mon:stdio"
                         : vm_shows_consoles(c) ? "vc"
                                                : "null";
    const char *parallel = c->nodefaults ? NULL : "null";
    return add_chardevs(c, set, err) &&
           ports(set, "-serial", c->serial, pc->serial, 4, serial, err) &&
           ports(set, "-parallel", c->parallel, pc->parallel, 3, parallel, err) &&
           ports(set, "-debugcon", c->debugcon, &pc->debugcon, 1, NULL, err);
}
