/* SPDX-License-Identifier: MIT */
/*
 * fw_cfg as QEMU's docs/specs/fw_cfg.txt describes it: a selector (510h, 16 bits), a data port
 * (511h) that walks through the chosen item, and DMA (514h, big-endian). Writing through the data
 * port was withdrawn from the interface and is ignored. Items can be written by DMA only, where
 * they are made so, and never grow.
 */
#include "hw/pc/fw_cfg.h"

#include <string.h>

#include "core/log.h"
#include "core/opts.h"
#include "core/trace.h"
#include "hw/pc/firmware.h"

#define PORT_SELECT 0x510
#define PORT_DMA    0x514

/* A selector with bit 14 set chose writing in the old interface; the bit is no part of the key. */
#define KEY_WRITE   0x4000u
#define KEY_ARCH    0x8000u
#define KEYS        (FW_CFG_FILE_FIRST + FW_CFG_FILES_MAX)
#define KEYS_ARCH   16u
#define KEY_INVALID 0xffffu

enum {
    DMA_ERROR = 1 << 0,
    DMA_READ = 1 << 1,
    DMA_SKIP = 1 << 2,
    DMA_SELECT = 1 << 3,
    DMA_WRITE = 1 << 4,
};
#define DMA_CHUNK 4096u

/* One entry of the directory, big-endian. */
#define DIR_ENTRY_SIZE 64u

struct item {
    uint8_t *data;
    size_t len;
    bool owned, writable;
};

struct fw_cfg {
    struct device dev;
    struct ioport_space *io;
    struct physmem *mem;
    struct item item[KEYS];
    struct item arch[KEYS_ARCH];
    char *name[FW_CFG_FILES_MAX]; /* of items FW_CFG_FILE_FIRST + i, in ascending order */
    unsigned files;
    uint16_t selected;
    uint32_t offset;
    uint32_t dma_high;
};

static struct item *find_item(struct fw_cfg *f, uint16_t key)
{
    unsigned n = key & ~(KEY_WRITE | KEY_ARCH);
    if (key & KEY_ARCH) {
        return n < KEYS_ARCH ? &f->arch[n] : NULL;
    }
    return n < KEYS ? &f->item[n] : NULL;
}

static void item_clear(struct item *it)
{
    if (it->owned) {
        g_free(it->data);
    }
    memset(it, 0, sizeof(*it));
}

static struct item item_copy(const void *data, size_t len, bool writable)
{
    /* One byte more, so that an empty item is told from a missing one. */
    struct item it = { g_malloc(len + 1), len, true, writable };
    if (len) {
        memcpy(it.data, data, len);
    }
    return it;
}

void fw_cfg_add(struct fw_cfg *f, uint16_t key, const void *data, size_t len)
{
    struct item *it = find_item(f, key);
    g_assert(it);
    item_clear(it);
    *it = item_copy(data, len, false);
}

void fw_cfg_add_ref(struct fw_cfg *f, uint16_t key, const void *data, size_t len)
{
    struct item *it = find_item(f, key);
    g_assert(it);
    item_clear(it);
    /* Never written: only item_copy sets `writable`. */
    it->data = (uint8_t *)(uintptr_t)data;
    it->len = len;
}

static void add_le(struct fw_cfg *f, uint16_t key, uint64_t v, size_t len)
{
    uint8_t bytes[8];
    for (size_t i = 0; i < len; i++) {
        bytes[i] = (uint8_t)(v >> (8 * i));
    }
    fw_cfg_add(f, key, bytes, len);
}

void fw_cfg_add_u16(struct fw_cfg *f, uint16_t key, uint16_t v)
{
    add_le(f, key, v, 2);
}

void fw_cfg_add_u32(struct fw_cfg *f, uint16_t key, uint32_t v)
{
    add_le(f, key, v, 4);
}

void fw_cfg_add_u64(struct fw_cfg *f, uint16_t key, uint64_t v)
{
    add_le(f, key, v, 8);
}

/* --- files ------------------------------------------------------------------------------------ */

static void store_be(uint8_t *p, uint64_t v, unsigned len)
{
    for (unsigned i = 0; i < len; i++) {
        p[i] = (uint8_t)(v >> (8 * (len - 1 - i)));
    }
}

static uint64_t load_be(const uint8_t *p, unsigned len)
{
    uint64_t v = 0;
    for (unsigned i = 0; i < len; i++) {
        v = v << 8 | p[i];
    }
    return v;
}

static void build_directory(struct fw_cfg *f)
{
    size_t len = 4 + (size_t)f->files * DIR_ENTRY_SIZE;
    g_autofree uint8_t *dir = g_malloc0(len);

    store_be(dir, f->files, 4);
    for (unsigned i = 0; i < f->files; i++) {
        uint8_t *e = dir + 4 + i * DIR_ENTRY_SIZE;
        store_be(e, f->item[FW_CFG_FILE_FIRST + i].len, 4);
        store_be(e + 4, FW_CFG_FILE_FIRST + i, 2);
        g_strlcpy((char *)e + 8, f->name[i], DIR_ENTRY_SIZE - 8);
    }
    fw_cfg_add(f, FW_CFG_FILE_DIR, dir, len);
}

static bool add_file(struct fw_cfg *f, const char *name, struct item it, GError **err)
{
    unsigned at = 0;

    while (at < f->files && strcmp(f->name[at], name) < 0) {
        at++;
    }
    struct item *slot = &f->item[FW_CFG_FILE_FIRST + at];
    if (at < f->files && strcmp(f->name[at], name) == 0) {
        item_clear(slot);
    } else if (strlen(name) > FW_CFG_NAME_MAX || !*name || f->files == FW_CFG_FILES_MAX) {
        g_set_error(err, EMU_ERROR, EMU_ERROR_CONFIG,
                    f->files == FW_CFG_FILES_MAX
                        ? "fw_cfg file '%s': there are %d already"
                        : "fw_cfg file '%s': the name has 1 to %d characters",
                    name, f->files == FW_CFG_FILES_MAX ? FW_CFG_FILES_MAX : FW_CFG_NAME_MAX);
        item_clear(&it);
        return false;
    } else {
        memmove(slot + 1, slot, (f->files - at) * sizeof(*slot));
        memmove(&f->name[at + 1], &f->name[at], (f->files - at) * sizeof(f->name[0]));
        f->name[at] = g_strdup(name);
        f->files++;
    }
    *slot = it;
    build_directory(f);
    return true;
}

bool fw_cfg_add_file(struct fw_cfg *f, const char *name, const void *data, size_t len, GError **err)
{
    return add_file(f, name, item_copy(data, len, false), err);
}

bool fw_cfg_add_writable(struct fw_cfg *f, const char *name, const void *data, size_t len,
                         GError **err)
{
    return add_file(f, name, item_copy(data, len, true), err);
}

static bool add_parsed_option(struct fw_cfg *f, const struct opts *o, GError **err)
{
    static const char *const keys[] = { "name", "file", "string", NULL };
    const char *name = opts_get(o, "name"), *file = opts_get(o, "file");
    const char *string = opts_get(o, "string");

    if (!opts_check_keys(o, "-fw_cfg", keys, err)) {
        return false;
    }
    if (!name || !*name || !file == !string) {
        g_set_error(err, EMU_ERROR, EMU_ERROR_CONFIG,
                    "-fw_cfg: give name=NAME and either file=FILE or string=TEXT");
        return false;
    }
    if (!g_str_has_prefix(name, "opt/")) {
        log_warn("fw_cfg",
                 "the name '%s' does not begin with 'opt/': the firmware may mean something "
                 "else by it",
                 name);
    }
    if (string) {
        return fw_cfg_add_file(f, name, string, strlen(string), err);
    }
    size_t len;
    g_autofree uint8_t *data = rom_read(file, MIB(256), &len, err);
    if (!data) {
        g_prefix_error(err, "-fw_cfg %s: ", name);
        return false;
    }
    return fw_cfg_add_file(f, name, data, len, err);
}

bool fw_cfg_add_option(struct fw_cfg *f, const char *option, GError **err)
{
    struct opts *o = opts_parse(option, "name", err);
    if (!o) {
        g_prefix_error(err, "-fw_cfg: ");
        return false;
    }
    bool ok = add_parsed_option(f, o, err);
    opts_free(o);
    return ok;
}

const uint8_t *fw_cfg_item(const struct fw_cfg *f, uint16_t key, size_t *len)
{
    const struct item *it = find_item((struct fw_cfg *)(uintptr_t)f, key);
    *len = it ? it->len : 0;
    return it ? it->data : NULL;
}

const uint8_t *fw_cfg_file(const struct fw_cfg *f, const char *name, size_t *len)
{
    *len = 0;
    for (unsigned i = 0; i < f->files; i++) {
        if (strcmp(f->name[i], name) == 0) {
            return fw_cfg_item(f, (uint16_t)(FW_CFG_FILE_FIRST + i), len);
        }
    }
    return NULL;
}

/* --- the guest's side ------------------------------------------------------------------------- */

static void select_item(struct fw_cfg *f, uint16_t key)
{
    struct item *it = find_item(f, key);
    trace_fw_cfg_select(key, it != NULL);
    f->offset = 0;
    f->selected = it && it->data ? key & (uint16_t)~KEY_WRITE : KEY_INVALID;
}

static struct item *selected_item(struct fw_cfg *f)
{
    return f->selected == KEY_INVALID ? NULL : find_item(f, f->selected);
}

static uint8_t next_byte(struct fw_cfg *f)
{
    struct item *it = selected_item(f);
    return it && f->offset < it->len ? it->data[f->offset++] : 0;
}

static uint32_t select_read(void *opaque, uint16_t off, unsigned size)
{
    struct fw_cfg *f = opaque;
    return off == 1 && size == 1 ? next_byte(f) : 0;
}

static void select_write(void *opaque, uint16_t off, uint32_t value, unsigned size)
{
    struct fw_cfg *f = opaque;
    if (off == 0 && size == 2) {
        select_item(f, (uint16_t)value);
    }
}

/* Reads: the item's rest, then zeros. False when a byte fell outside memory. */
static bool dma_from_item(struct fw_cfg *f, const struct item *it, uint64_t addr, uint32_t len)
{
    static const uint8_t zeros[DMA_CHUNK];
    uint32_t have = it && f->offset < it->len ? (uint32_t)MIN(len, it->len - f->offset) : 0;

    if (have) {
        if (!dma_write(f->mem, addr, it->data + f->offset, have)) {
            return false;
        }
        f->offset += have;
    }
    for (uint32_t done = have; done < len;) {
        uint32_t chunk = MIN(len - done, DMA_CHUNK);
        if (!dma_write(f->mem, addr + done, zeros, chunk)) {
            return false;
        }
        done += chunk;
    }
    return true;
}

static bool dma_to_item(struct fw_cfg *f, struct item *it, uint64_t addr, uint32_t len)
{
    if (!it || !it->writable || f->offset > it->len || len > it->len - f->offset ||
        !dma_read(f->mem, addr, it->data + f->offset, len)) {
        return false;
    }
    f->offset += len;
    return true;
}

static void dma_run(struct fw_cfg *f, uint64_t at)
{
    uint8_t request[16], answer[4];

    if (!dma_read(f->mem, at, request, sizeof(request))) {
        /* Still try to say so: the first word may lie in memory. */
        store_be(answer, DMA_ERROR, 4);
        dma_write(f->mem, at, answer, sizeof(answer));
        return;
    }
    uint32_t control = (uint32_t)load_be(request, 4), len = (uint32_t)load_be(request + 4, 4);
    uint64_t addr = load_be(request + 8, 8);
    bool ok = true;

    if (control & DMA_SELECT) {
        select_item(f, (uint16_t)(control >> 16));
    }
    struct item *it = selected_item(f);
    if (control & DMA_READ) {
        ok = dma_from_item(f, it, addr, len);
    } else if (control & DMA_WRITE) {
        ok = dma_to_item(f, it, addr, len);
    } else if (control & DMA_SKIP) {
        size_t left = it && f->offset < it->len ? it->len - f->offset : 0;
        f->offset += (uint32_t)MIN(len, left);
    }
    store_be(answer, ok ? 0 : DMA_ERROR, 4);
    dma_write(f->mem, at, answer, sizeof(answer));
}

static uint32_t dma_port_read(void *opaque, uint16_t off, unsigned size)
{
    static const uint8_t signature[8] = { 'Q', 'E', 'M', 'U', ' ', 'C', 'F', 'G' };
    uint32_t v = 0;

    (void)opaque;
    for (unsigned i = 0; i < size && off + i < sizeof(signature); i++) {
        v |= (uint32_t)signature[off + i] << (8 * i);
    }
    return v;
}

static void dma_port_write(void *opaque, uint16_t off, uint32_t value, unsigned size)
{
    struct fw_cfg *f = opaque;

    if (size != 4) {
        guest_warn("fw_cfg", "the DMA address wants 32-bit writes");
        return;
    }
    if (off == 0) {
        f->dma_high = GUINT32_SWAP_LE_BE(value);
    } else {
        uint64_t at = (uint64_t)f->dma_high << 32 | GUINT32_SWAP_LE_BE(value);
        f->dma_high = 0;
        dma_run(f, at);
    }
}

static const struct ioport_ops select_ops = { select_read, select_write, 1, 2 };
static const struct ioport_ops dma_ops = { dma_port_read, dma_port_write, 1, 4 };

/* --- life ------------------------------------------------------------------------------------- */

static void fw_cfg_reset(struct device *d)
{
    struct fw_cfg *f = (struct fw_cfg *)d;
    select_item(f, FW_CFG_SIGNATURE);
    f->dma_high = 0;
}

static bool fw_cfg_realize(struct device *d, GError **err)
{
    struct fw_cfg *f = (struct fw_cfg *)d;
    int ret = ioport_add(f->io, PORT_SELECT, 2, &select_ops, f, "fw_cfg");

    if (ret == 0) {
        ret = ioport_add(f->io, PORT_DMA, 8, &dma_ops, f, "fw_cfg-dma");
        if (ret) {
            ioport_remove(f->io, PORT_SELECT, &select_ops, f);
        }
    }
    if (ret) {
        g_set_error(err, EMU_ERROR, EMU_ERROR_CONFIG, "fw_cfg: its ports are taken");
        return false;
    }
    fw_cfg_add(f, FW_CFG_SIGNATURE, "QEMU", 4);
    fw_cfg_add_u32(f, FW_CFG_ID, 3); /* the old interface, and DMA */
    build_directory(f);
    fw_cfg_reset(d);
    return true;
}

static void fw_cfg_unrealize(struct device *d)
{
    struct fw_cfg *f = (struct fw_cfg *)d;

    ioport_remove(f->io, PORT_SELECT, &select_ops, f);
    ioport_remove(f->io, PORT_DMA, &dma_ops, f);
    for (unsigned i = 0; i < KEYS; i++) {
        item_clear(&f->item[i]);
    }
    for (unsigned i = 0; i < KEYS_ARCH; i++) {
        item_clear(&f->arch[i]);
    }
    for (unsigned i = 0; i < f->files; i++) {
        g_free(f->name[i]);
    }
    f->files = 0;
}

struct fw_cfg *fw_cfg_new(struct ioport_space *io, struct physmem *mem, GError **err)
{
    struct fw_cfg *f = (struct fw_cfg *)device_new(&fw_cfg_class);
    f->io = io;
    f->mem = mem;
    if (!device_realize(&f->dev, err)) {
        device_free(&f->dev);
        return NULL;
    }
    return f;
}

const struct device_class fw_cfg_class = {
    .name = "fw_cfg",
    .desc = "firmware configuration",
    .bus = BUS_NONE,
    .size = sizeof(struct fw_cfg),
    .realize = fw_cfg_realize,
    .unrealize = fw_cfg_unrealize,
    .reset = fw_cfg_reset,
};
