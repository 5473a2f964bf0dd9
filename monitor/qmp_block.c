/* SPDX-License-Identifier: MIT */
/* needs: jansson */
/*
 * QMP's questions about drives.
 */
#include <string.h>

#include "backend/block/block.h"
#include "monitor/cmd_input.h"
#include "monitor/qmp_int.h"

static json_t *inserted(const struct drive *d, const char *node)
{
    static const char *const zeros[] = { "bps", "bps_rd", "bps_wr", "iops", "iops_rd", "iops_wr",
                                         "backing_file_depth", "write_threshold" };
    json_t *file = mon_json_text(block_path(d->block));
    json_t *j = json_pack("{s:O,s:b,s:s,s:b,s:s,s:s,s:{s:b,s:b,s:b},s:{s:o,s:s,s:I,s:b}}", "file",
                          file, "ro", block_read_only(d->block), "drv", "raw", "encrypted", 0,
                          "detect_zeroes", "off", "node-name", node, "cache", "writeback", 1,
                          "direct", 0, "no-flush", 0, "image", "filename", file, "format", "raw",
                          "virtual-size", (json_int_t)(block_sectors(d->block) * SECTOR_SIZE),
                          "dirty-flag", 0);
    for (size_t i = 0; i < ARRAY_LEN(zeros); i++) {
        mon_json_set(j, zeros[i], json_integer(0));
    }
    return j;
}

/* The id of the -device that has it; the drive's own name where there is none. */
static const char *qdev_of(struct mon_call *c, const struct drive *d, const char *name)
{
    const struct device *owner = mon_drive_owner(c, d);
    return owner && owner->id ? owner->id : name;
}

/* --- answers ------------------------------------------------------------------------------- */

void qmp_query_block(struct mon_call *c)
{
    c->ret = json_array();
    for (guint i = 0; i < c->p.drives->len; i++) {
        const struct drive *d = g_ptr_array_index(c->p.drives, i);
        char *name = vm_drive_name(d);
        const char *qdev = qdev_of(c, d, name);
        bool removable = d->media == DRIVE_CDROM || d->iface == DRIVE_IF_FLOPPY;
        json_t *j = json_pack("{s:s,s:s,s:b,s:b,s:s}", "device", name, "type", "unknown",
                              "removable", removable, "locked", 0, "qdev", qdev);
        if (removable) {
            mon_json_set(j, "tray_open", json_boolean(!d->block));
        }
        if (d->block) {
            mon_json_set(j, "inserted", inserted(d, name));
            mon_json_set(j, "io-status", json_string("ok"));
        }
        json_array_append_new(c->ret, j);
        g_free(name);
    }
}

void qmp_query_named_block_nodes(struct mon_call *c)
{
    c->ret = json_array();
    for (guint i = 0; i < c->p.drives->len; i++) {
        const struct drive *d = g_ptr_array_index(c->p.drives, i);
        if (d->block) {
            char *name = vm_drive_name(d);
            json_array_append_new(c->ret, inserted(d, name));
            g_free(name);
        }
    }
}

static void set_count(json_t *j, const char *before, const char *op, const char *behind, uint64_t v)
{
    char *key = g_strconcat(before, op, behind, NULL);
    mon_json_set(j, key, json_integer((json_int_t)v));
    g_free(key);
}

/* QEMU's names; nothing is merged, and there is no discard yet. */
static json_t *stats(const struct drive *d)
{
    static const char *const names[BLOCK_OPS + 1] = { "rd", "wr", "flush", "unmap" };
    struct block_stats s = { 0 };
    json_t *j = json_object();
    if (d->block) {
        s = block_stats(d->block);
    }
    for (size_t i = 0; i <= BLOCK_OPS; i++) {
        bool ours = i < BLOCK_OPS;
        set_count(j, "", names[i], "_operations", ours ? s.op[i].done : 0);
        set_count(j, "", names[i], "_total_time_ns", ours ? s.op[i].ns : 0);
        set_count(j, "failed_", names[i], "_operations", ours ? s.op[i].failed : 0);
        set_count(j, "invalid_", names[i], "_operations", 0);
        if (i != BLOCK_FLUSH) {
            set_count(j, "", names[i], "_bytes", ours ? s.op[i].bytes : 0);
            set_count(j, "", names[i], "_merged", 0);
        }
    }
    set_count(j, "wr_highest_offset", "", "", s.highest);
    mon_json_set(j, "account_invalid", json_false());
    mon_json_set(j, "account_failed", json_false());
    mon_json_set(j, "timed_stats", json_array());
    return j;
}

void qmp_query_blockstats(struct mon_call *c)
{
    c->ret = json_array();
    for (guint i = 0; i < c->p.drives->len; i++) {
        const struct drive *d = g_ptr_array_index(c->p.drives, i);
        char *name = vm_drive_name(d);
        const char *qdev = qdev_of(c, d, name);
        json_t *j = json_pack("{s:s,s:s,s:o}", "device", name, "qdev", qdev, "stats", stats(d));
        if (d->block) {
            mon_json_set(j, "node-name", json_string(name));
        }
        json_array_append_new(c->ret, j);
        g_free(name);
    }
}
