/* SPDX-License-Identifier: MIT */
/*
 * Linux' boot protocol from 2.00 on (Documentation/arch/x86/boot.rst in its source): setup code in
 * real mode below 1 MiB, the kernel proper at 1 MiB (or 64 KiB for a zImage), the initial RAM disk
 * as high as the kernel allows.
 */
#include <stdlib.h>
#include <string.h>

#include "core/device.h"
#include "core/opts.h"
#include "hw/pc/boot_internal.h"

/* The setup header. */
enum {
    H_SETUP_SECTS = 0x1f1,
    H_SYSSIZE = 0x1f4, /* 16-byte units; 32 bits from 2.04 on */
    H_VID_MODE = 0x1fa,
    H_BOOT_FLAG = 0x1fe,
    H_MAGIC = 0x202, /* "HdrS" */
    H_VERSION = 0x206,
    H_LOADER = 0x210,
    H_LOADFLAGS = 0x211,
    H_INITRD = 0x218,
    H_INITRD_SIZE = 0x21c,
    H_HEAP_END = 0x224,
    H_CMDLINE = 0x228,
    H_INITRD_MAX = 0x22c,
    H_CMDLINE_SIZE = 0x238,
    H_PREF_ADDRESS = 0x258,
    H_INIT_SIZE = 0x260,
    H_END = 0x268,
};
#define OLD_CMDLINE_MAGIC 0x20
#define OLD_CMDLINE_OFF   0x22

enum { LOADED_HIGH = 0x01, CAN_USE_HEAP = 0x80 };
#define LOADER_UNDEFINED 0xff

#define SETUP_SECTS_MAX 64u
#define ZIMAGE_MAX      0x80000u

struct layout {
    unsigned version;
    uint32_t setup, kernel, cmdline; /* where they go */
    size_t setup_len;
};

bool boot_linux_found(const struct boot_images *b)
{
    return b->kernel_len >= H_END && boot_get16(b->kernel + H_BOOT_FLAG) == 0xaa55 &&
           memcmp(b->kernel + H_MAGIC, "HdrS", 4) == 0;
}

static bool check_image(const struct boot_images *b, struct layout *l, GError **err)
{
    const uint8_t *h = b->kernel;
    unsigned sects = h[H_SETUP_SECTS] ? h[H_SETUP_SECTS] : 4;

    l->version = boot_get16(h + H_VERSION);
    l->setup_len = (sects + 1) * (size_t)512;
    if (l->version < 0x200) {
        return boot_error(b, err, "boot protocol %u.%02u is too old, 2.00 is the first",
                          l->version >> 8, l->version & 0xff);
    }
    if (sects > SETUP_SECTS_MAX) {
        return boot_error(b, err, "its setup code has %u sectors, at most %u are possible", sects,
                          SETUP_SECTS_MAX);
    }
    uint64_t size = l->version >= 0x204 ? boot_get32(h + H_SYSSIZE) : boot_get16(h + H_SYSSIZE);
    /* Counted in 16 bytes: memtest86+ and iPXE end within the last of them. */
    if (b->kernel_len <= l->setup_len || l->setup_len + size * 16 > b->kernel_len + 15) {
        return boot_error(b, err,
                          "the file is cut off: %zu bytes, its header promises %" G_GUINT64_FORMAT,
                          b->kernel_len, l->setup_len + size * 16);
    }
    return true;
}

static bool place(const struct boot_images *b, struct layout *l, size_t cmdline_len, GError **err)
{
    const uint8_t *h = b->kernel;
    size_t kernel_len = b->kernel_len - l->setup_len;
    /* 2.06 says how long the command line may be, without the final zero. */
    size_t most = l->version >= 0x206 ? boot_get32(h + H_CMDLINE_SIZE) : 255;

    most = MIN(most, 0xffff);
    if (cmdline_len - 1 > most) {
        return boot_error(b, err, "-append has %zu characters, the kernel takes %zu",
                          cmdline_len - 1, most);
    }
    bool high = h[H_LOADFLAGS] & LOADED_HIGH;
    l->kernel = high ? 0x100000 : 0x10000;
    if (high && l->version >= 0x202) {
        l->setup = 0x10000;
        l->cmdline = 0x20000;
    } else {
        l->setup = 0x90000;
        l->cmdline = (uint32_t)(0x9a000 - cmdline_len) & ~15u;
    }
    if (!high && kernel_len > ZIMAGE_MAX) {
        return boot_error(b, err, "a zImage has at most 512 KiB, not %zu bytes", kernel_len);
    }
    if (high && !boot_range_ok(b, l->kernel, kernel_len)) {
        return boot_error(b, err, "%zu bytes do not fit into the guest's memory (-m)", kernel_len);
    }
    return true;
}

/* First byte that the kernel leaves alone while it unpacks itself. */
static uint64_t kernel_end(const struct boot_images *b, const struct layout *l)
{
    const uint8_t *h = b->kernel;
    uint64_t end = l->kernel + (uint64_t)(b->kernel_len - l->setup_len);

    if (l->version >= 0x20a) {
        uint64_t need = boot_get64(h + H_PREF_ADDRESS) + boot_get32(h + H_INIT_SIZE);
        end = need < GIB(4) ? MAX(end, need) : end;
    }
    return end;
}

static bool add_initrd(struct boot_images *b, const struct layout *l, GError **err)
{
    uint8_t *h = b->kernel;
    size_t len;

    if (!b->cfg->initrd) {
        return true;
    }
    g_autofree uint8_t *data = boot_read("-initrd", b->cfg->initrd, &len, err);
    if (!data) {
        return false;
    }
    uint64_t last = l->version >= 0x203 ? boot_get32(h + H_INITRD_MAX) : 0x37ffffff;
    uint64_t memory_end = boot_memory_end(b), end = MIN(last + 1, memory_end);
    uint64_t addr = end > len ? (end - len) & ~4095ull : 0;
    if (addr < kernel_end(b, l)) {
        g_set_error(err, EMU_ERROR, EMU_ERROR_CONFIG,
                    "-initrd %s: %zu bytes and the kernel do not fit into the guest's memory; "
                    "give it more (-m)",
                    b->cfg->initrd, len);
        return false;
    }
    boot_put(h + H_INITRD, addr, 4);
    boot_put(h + H_INITRD_SIZE, len, 4);
    g_byte_array_append(b->modules, data, (guint)len);
    fw_cfg_add_u32(b->fw_cfg, FW_CFG_INITRD_ADDR, (uint32_t)addr);
    fw_cfg_add_u32(b->fw_cfg, FW_CFG_INITRD_SIZE, (uint32_t)len);
    fw_cfg_add_ref(b->fw_cfg, FW_CFG_INITRD_DATA, b->modules->data, b->modules->len);
    boot_add_piece(b, FW_CFG_INITRD_DATA, (uint32_t)addr, (uint32_t)len, (uint32_t)len);
    return true;
}

/* vga=normal|ext|ask|NUMBER is the boot loader's to act on. */
static bool set_video_mode(struct boot_images *b, const char *append, GError **err)
{
    const char *s = append;
    uint64_t mode;

    do {
        s = strstr(s, "vga=");
    } while (s && s != append && s[-1] != ' ' && *s++);
    if (!s) {
        return true;
    }
    g_autofree char *value = g_strndup(s + 4, strcspn(s + 4, " "));
    if (strcmp(value, "normal") == 0) {
        mode = 0xffff;
    } else if (strcmp(value, "ext") == 0) {
        mode = 0xfffe;
    } else if (strcmp(value, "ask") == 0) {
        mode = 0xfffd;
    } else if (!parse_u64(value, 0xffff, &mode)) {
        return boot_error(b, err, "-append: vga=%s: normal, ext, ask or a number", value);
    }
    boot_put(b->kernel + H_VID_MODE, mode, 2);
    return true;
}

static void fill_header(struct boot_images *b, const struct layout *l)
{
    uint8_t *h = b->kernel;

    h[H_LOADER] = LOADER_UNDEFINED;
    if (l->version >= 0x201) {
        h[H_LOADFLAGS] |= CAN_USE_HEAP;
        boot_put(h + H_HEAP_END, l->cmdline - l->setup - 0x200, 2);
    }
    if (l->version >= 0x202) {
        boot_put(h + H_CMDLINE, l->cmdline, 4);
    } else {
        boot_put(h + OLD_CMDLINE_MAGIC, 0xa33f, 2);
        boot_put(h + OLD_CMDLINE_OFF, l->cmdline - l->setup, 2);
    }
}

/* The classic items, which OVMF reads, too. */
static void add_items(struct boot_images *b, const struct layout *l, const char *append)
{
    struct fw_cfg *f = b->fw_cfg;
    uint32_t cmdline_len = (uint32_t)strlen(append) + 1, setup_len = (uint32_t)l->setup_len;
    uint32_t kernel_len = (uint32_t)(b->kernel_len - l->setup_len);

    fw_cfg_add_u32(f, FW_CFG_SETUP_ADDR, l->setup);
    fw_cfg_add_u32(f, FW_CFG_SETUP_SIZE, setup_len);
    fw_cfg_add_ref(f, FW_CFG_SETUP_DATA, b->kernel, l->setup_len);
    fw_cfg_add_u32(f, FW_CFG_KERNEL_ADDR, l->kernel);
    fw_cfg_add_u32(f, FW_CFG_KERNEL_SIZE, kernel_len);
    fw_cfg_add_ref(f, FW_CFG_KERNEL_DATA, b->kernel + l->setup_len, kernel_len);
    fw_cfg_add_u32(f, FW_CFG_CMDLINE_ADDR, l->cmdline);
    fw_cfg_add_u32(f, FW_CFG_CMDLINE_SIZE, cmdline_len);
    fw_cfg_add(f, FW_CFG_CMDLINE_DATA, append, cmdline_len);

    boot_add_piece(b, FW_CFG_SETUP_DATA, l->setup, setup_len, setup_len);
    boot_add_piece(b, FW_CFG_KERNEL_DATA, l->kernel, kernel_len, kernel_len);
    boot_add_piece(b, FW_CFG_CMDLINE_DATA, l->cmdline, cmdline_len, cmdline_len);
    b->kind = BOOT_REAL_MODE;
    b->entry = l->setup >> 4;
    b->eax = l->cmdline - l->setup - 16; /* SP */
}

bool boot_linux(struct boot_images *b, GError **err)
{
    const char *append = b->cfg->append ? b->cfg->append : "";
    struct layout l = { 0 };

    if (!check_image(b, &l, err) || !place(b, &l, strlen(append) + 1, err) ||
        !set_video_mode(b, append, err) || !add_initrd(b, &l, err)) {
        return false;
    }
    fill_header(b, &l);
    add_items(b, &l, append);
    return true;
}
