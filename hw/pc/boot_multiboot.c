/* SPDX-License-Identifier: MIT */
/*
 * Multiboot 1 (GNU Multiboot Specification 0.6.96): ELF images and the header's own load addresses,
 * modules through -initrd "file arguments,file arguments" (a doubled comma is a comma).
 */
#include <string.h>

#include "core/device.h"
#include "core/log.h"
#include "hw/pc/boot_internal.h"

#define MB_MAGIC  0x1badb002u
#define MB_EAX    0x2badb002u
#define MB_SEARCH 8192u

enum { MB_WANTS_VIDEO = 1 << 2, MB_UNKNOWN = 0xfff8, MB_ADDRESSES = 1 << 16 };
enum {
    MBI_MEMORY = 1 << 0,
    MBI_CMDLINE = 1 << 2,
    MBI_MODULES = 1 << 3,
    MBI_MMAP = 1 << 6,
    MBI_LOADER = 1 << 9,
};
#define MBI_SIZE    116u
#define MODULE_SIZE 16u
#define MODULES_MAX 256u

/* Offset of the header, or SIZE_MAX. */
static size_t find_header(const struct boot_images *b)
{
    size_t end = MIN(b->kernel_len, MB_SEARCH);

    for (size_t at = 0; at + 12 <= end; at += 4) {
        const uint8_t *h = b->kernel + at;
        if (boot_get32(h) == MB_MAGIC &&
            (uint32_t)(MB_MAGIC + boot_get32(h + 4) + boot_get32(h + 8)) == 0) {
            return at;
        }
    }
    return SIZE_MAX;
}

bool boot_multiboot_found(const struct boot_images *b)
{
    return find_header(b) != SIZE_MAX;
}

/* Header flag 16: one segment, described by the header. */
static bool parse_addresses(const struct boot_images *b, size_t at, struct boot_elf *out,
                            GError **err)
{
    const uint8_t *h = b->kernel + at;

    if (at + 32 > b->kernel_len) {
        return boot_error(b, err, "the file is cut off within its multiboot header");
    }
    uint32_t header = boot_get32(h + 12), load = boot_get32(h + 16);
    uint32_t load_end = boot_get32(h + 20), bss_end = boot_get32(h + 24);
    if (header < load || header - load > at) {
        return boot_error(b, err, "the multiboot header's addresses contradict its place");
    }
    struct boot_segment s = { .offset = at - (header - load), .addr = load };
    s.bytes = load_end ? (uint64_t)load_end - load : b->kernel_len - s.offset;
    s.memory = bss_end ? (uint64_t)bss_end - load : s.bytes;
    if ((load_end && load_end < load) || (bss_end && bss_end < load)) {
        return boot_error(b, err, "the multiboot header's addresses are out of order");
    }
    s.memory = MAX(s.memory, s.bytes);
    if (s.bytes > b->kernel_len - s.offset) {
        return boot_error(b, err,
                          "the file is cut off: %zu bytes, its header promises %" G_GUINT64_FORMAT,
                          b->kernel_len, s.offset + s.bytes);
    }
    if (!boot_range_ok(b, s.addr, s.memory)) {
        return boot_error(b, err, "it does not fit into the guest's memory (-m)");
    }
    out->segments = g_array_new(FALSE, FALSE, sizeof(s));
    g_array_append_val(out->segments, s);
    out->entry = boot_get32(h + 28);
    out->low = s.addr;
    out->high = s.addr + s.memory;
    return true;
}

/* --- modules --------------------------------------------------------------------------------- */

/* The next item of a comma list; ",," is a comma. */
static char *next_item(const char **s)
{
    GString *item = g_string_new(NULL);

    for (; **s; (*s)++) {
        if (**s == ',' && *++(*s) != ',') {
            break;
        }
        g_string_append_c(item, **s);
    }
    return g_string_free(item, FALSE);
}

struct module {
    uint32_t addr, len;
    char *text; /* file and arguments */
};

static void clear_module(void *p)
{
    g_free(((struct module *)p)->text);
}

static bool load_module(struct boot_images *b, GArray *modules, char *text, uint64_t *where,
                        GError **err)
{
    g_autofree char *file = g_strndup(text, strcspn(text, " "));
    size_t len;
    g_autofree uint8_t *data = *file ? boot_read("-initrd", file, &len, err) : NULL;

    if (!data) {
        if (!*file) {
            boot_error(b, err, "-initrd: a module without a file name");
        }
        g_free(text);
        return false;
    }
    struct module m = { .text = text };
    *where = (*where + 4095) & ~4095ull;
    if (!boot_range_ok(b, *where, len) || modules->len == MODULES_MAX) {
        boot_error(b, err, "-initrd %s does not fit into the guest's memory (-m)", file);
        g_free(text);
        return false;
    }
    m.addr = (uint32_t)*where;
    m.len = (uint32_t)len;
    *where += len;
    g_array_append_val(modules, m);
    boot_add_piece(b, modules->len == 1 ? FW_CFG_INITRD_DATA : 0, m.addr, m.len, m.len);
    g_byte_array_append(b->modules, data, (guint)len);
    return true;
}

static bool load_modules(struct boot_images *b, GArray *modules, uint64_t where, GError **err)
{
    const char *s = b->cfg->initrd;

    while (s && *s) {
        if (!load_module(b, modules, next_item(&s), &where, err)) {
            return false;
        }
    }
    return true;
}

/* --- boot information ------------------------------------------------------------------------ */

static uint32_t add_string(GByteArray *info, const char *s)
{
    uint32_t at = BOOT_INFO + info->len;
    g_byte_array_append(info, (const guint8 *)s, (guint)strlen(s) + 1);
    return at;
}

static GByteArray *build_info(const struct boot_images *b, const GArray *modules)
{
    GByteArray *info = g_byte_array_new();
    uint32_t list = MBI_SIZE, flags = MBI_MEMORY | MBI_CMDLINE | MBI_MMAP | MBI_LOADER;
    const char *append = b->cfg->append;

    g_byte_array_set_size(info, MBI_SIZE + modules->len * MODULE_SIZE);
    memset(info->data, 0, info->len);
    for (guint i = 0; i < modules->len; i++) {
        const struct module *m = &g_array_index(modules, struct module, i);
        uint32_t text = add_string(info, m->text);
        uint8_t *e = info->data + list + i * MODULE_SIZE;
        boot_put(e, m->addr, 4);
        boot_put(e + 4, m->addr + m->len, 4);
        boot_put(e + 8, text, 4);
    }
    g_autofree char *line =
        g_strdup_printf("%s%s%s", b->cfg->kernel, append ? " " : "", append ? append : "");
    uint32_t cmdline = add_string(info, line), loader = add_string(info, "emu");
    if (modules->len) {
        flags |= MBI_MODULES;
        boot_put(info->data + 20, modules->len, 4);
        boot_put(info->data + 24, BOOT_INFO + list, 4);
    }
    boot_put(info->data, flags, 4);
    boot_put(info->data + 16, cmdline, 4);
    boot_put(info->data + 48, BOOT_MMAP, 4); /* mem_*, mmap_length: the ROM */
    boot_put(info->data + 64, loader, 4);
    return info;
}

static bool load_all(struct boot_images *b, const struct boot_elf *image, GError **err)
{
    g_autoptr(GArray) modules = g_array_new(FALSE, FALSE, sizeof(struct module));
    g_array_set_clear_func(modules, clear_module);

    if (!load_modules(b, modules, MAX(image->high, MIB(1)), err)) {
        return false;
    }
    g_autoptr(GByteArray) info = build_info(b, modules);
    b->kind = BOOT_PROTECTED;
    b->entry = image->entry;
    b->eax = MB_EAX;
    b->ebx = b->info = BOOT_INFO;
    b->mmap_kind = BOOT_MMAP_MULTIBOOT;
    return boot_add_segments(b, image->segments, info, err);
}

bool boot_multiboot(struct boot_images *b, GError **err)
{
    size_t at = find_header(b);
    uint32_t flags = boot_get32(b->kernel + at + 4);
    struct boot_elf image = { 0 };
    bool ok;

    if (flags & MB_UNKNOWN) {
        return boot_error(
            b, err, "its multiboot header asks for what emu does not know (flags 0x%x)", flags);
    }
    if (flags & MB_WANTS_VIDEO) {
        log_warn(NULL, "-kernel %s: it asks for a video mode; it starts in text mode",
                 b->cfg->kernel);
    }
    if (flags & MB_ADDRESSES) {
        ok = parse_addresses(b, at, &image, err);
    } else if (boot_is_elf(b->kernel, b->kernel_len)) {
        ok = boot_elf_parse(b, &image, err);
    } else {
        return boot_error(b, err, "a multiboot kernel without load addresses that is no ELF file");
    }
    ok = ok && load_all(b, &image, err);
    if (image.segments) {
        g_array_unref(image.segments);
    }
    return ok;
}
