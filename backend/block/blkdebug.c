/* SPDX-License-Identifier: MIT */
/*
 * Errors on request, for tests of guests and devices: "blkdebug:RULES:FILE". The rules are written
 * as QEMU's blkdebug takes them:
 *
 *     [inject-error]
 *     event = "read_aio"     (write_aio, flush_to_disk; also read, write, flush)
 *     errno = "5"            (28: no space; default 5)
 *     sector = "2048"        (default: any)
 *     once = "on"            (default off)
 *     skip = "3"             ours: let so many matching requests pass first
 */
#include <errno.h>
#include <string.h>

#include "backend/block/block_int.h"
#include "core/device.h"
#include "core/opts.h"

#define MAX_RULES 64

enum event { EVENT_READ, EVENT_WRITE, EVENT_FLUSH };

struct rule {
    enum event event;
    uint64_t error, sector, skip;
    bool any_sector, once, spent;
};

struct blkdebug {
    struct layer layer;
    GMutex lock; /* skip and spent */
    struct rule rules[MAX_RULES];
    size_t n;
};

static int injected(struct blkdebug *d, enum event ev, uint64_t off, size_t len)
{
    int err = 0;
    uint64_t first = off / SECTOR_SIZE, count = len / SECTOR_SIZE;
    g_mutex_lock(&d->lock);
    for (size_t i = 0; i < d->n && err == 0; i++) {
        struct rule *r = &d->rules[i];
        if (r->event != ev || r->spent ||
            (!r->any_sector && (r->sector < first || r->sector - first >= count))) {
            continue;
        }
        if (r->skip > 0) {
            r->skip--;
            continue;
        }
        r->spent = r->once;
        err = -(int)r->error;
    }
    g_mutex_unlock(&d->lock);
    return err;
}

static int debug_read(struct layer *l, void *buf, size_t len, uint64_t off)
{
    int err = injected(CONTAINER_OF(l, struct blkdebug, layer), EVENT_READ, off, len);
    return err ? err : l->below->ops->read(l->below, buf, len, off);
}

static int debug_write(struct layer *l, const void *buf, size_t len, uint64_t off)
{
    int err = injected(CONTAINER_OF(l, struct blkdebug, layer), EVENT_WRITE, off, len);
    return err ? err : l->below->ops->write(l->below, buf, len, off);
}

static int debug_flush(struct layer *l)
{
    int err = injected(CONTAINER_OF(l, struct blkdebug, layer), EVENT_FLUSH, 0, 0);
    return err ? err : l->below->ops->flush(l->below);
}

static void debug_close(struct layer *l)
{
    struct blkdebug *d = CONTAINER_OF(l, struct blkdebug, layer);
    g_mutex_clear(&d->lock);
    g_free(d);
}

static const struct layer_ops debug_ops = {
    .read = debug_read,
    .write = debug_write,
    .flush = debug_flush,
    .close = debug_close,
};

static bool set_event(struct rule *r, const char *value)
{
    static const char *const names[] = { "read", "write", "flush" };
    for (size_t i = 0; i < ARRAY_LEN(names); i++) {
        if (g_str_has_prefix(value, names[i])) {
            r->event = (enum event)i;
            return true;
        }
    }
    return false;
}

/* "key = "value"": false when it is none or unknown. */
static bool set_key(struct rule *r, char *line)
{
    char *value = strchr(line, '=');
    if (!value) {
        return false;
    }
    *value++ = '\0';
    char *key = g_strstrip(line);
    value = g_strstrip(value);
    size_t len = strlen(value);
    if (len >= 2 && value[0] == '"' && value[len - 1] == '"') {
        value[len - 1] = '\0';
        value++;
    }
    if (strcmp(key, "event") == 0) {
        return set_event(r, value);
    }
    if (strcmp(key, "errno") == 0) {
        return parse_u64(value, 4095, &r->error);
    }
    if (strcmp(key, "sector") == 0) {
        r->any_sector = false;
        return parse_u64(value, UINT64_MAX, &r->sector);
    }
    if (strcmp(key, "skip") == 0) {
        return parse_u64(value, UINT64_MAX, &r->skip);
    }
    if (strcmp(key, "once") == 0) {
        return parse_bool(value, &r->once);
    }
    return strcmp(key, "immediately") == 0; /* QEMU's; ours always goes through a worker */
}

static bool parse_rules(struct blkdebug *d, const char *name, char *text, GError **err)
{
    unsigned number = 0;
    char **lines = g_strsplit(text, "\n", -1);
    bool ok = true;
    for (char **l = lines; ok && *l; l++) {
        char *line = g_strstrip(*l);
        number++;
        if (*line == '\0' || *line == '#') {
            continue;
        }
        if (strcmp(line, "[inject-error]") == 0 && d->n < MAX_RULES) {
            d->rules[d->n++] = (struct rule){ .error = EIO, .any_sector = true };
        } else if (*line == '[' || d->n == 0 || !set_key(&d->rules[d->n - 1], line)) {
            g_set_error(err, EMU_ERROR, EMU_ERROR_CONFIG,
                        "blkdebug rules '%s', line %u: not understood", name, number);
            ok = false;
        }
    }
    g_strfreev(lines);
    return ok;
}

struct layer *blkdebug_new(struct layer *l, const char *rules, GError **err)
{
    struct blkdebug *d = g_new0(struct blkdebug, 1);
    char *text = NULL;
    d->layer = (struct layer){ .ops = &debug_ops, .below = l, .size = l->size,
                               .read_only = l->read_only };
    g_mutex_init(&d->lock);
    if (!g_file_get_contents(rules, &text, NULL, err) || !parse_rules(d, rules, text, err)) {
        g_free(text);
        layer_close(&d->layer);
        return NULL;
    }
    g_free(text);
    return &d->layer;
}
