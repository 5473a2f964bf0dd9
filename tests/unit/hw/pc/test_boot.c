/* SPDX-License-Identifier: MIT */
/* link: core/trace.c */
/* link: hw/pc/boot.c hw/pc/boot_linux.c hw/pc/boot_elf.c hw/pc/boot_multiboot.c hw/pc/fw_cfg.c */
/* link: hw/pc/firmware.c core/device.c core/opts.c core/error.c core/log.c core/ioport.c */
/* link: core/physmem.c core/physmem_access.c core/types.c os/posix/[a-z]*.c os/linux/[a-z]*.c */
/* libs: zlib */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <glib/gstdio.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <zlib.h>

#include "hw/pc/boot.h"
#include "hw/pc/fw_cfg.h"
#include "tests/fake/seed.h"

#define KEY_TABLE 0x800f

struct rig {
    struct physmem *mem;
    struct ioport_space *io;
    struct fw_cfg *f;
    char *dir, *kernel, *initrd, *second, *rom;
    GPtrArray *dirs;
    struct boot_config cfg;
};

static void put(uint8_t *p, uint64_t v, unsigned n)
{
    for (unsigned i = 0; i < n; i++) {
        p[i] = (uint8_t)(v >> (8 * i));
    }
}

static uint64_t get(const uint8_t *p, unsigned n)
{
    uint64_t v = 0;
    for (unsigned i = 0; i < n; i++) {
        v |= (uint64_t)p[i] << (8 * i);
    }
    return v;
}

static void save(const char *path, const void *data, size_t len)
{
    FILE *f = fopen(path, "wb");
    assert_non_null(f);
    assert_int_equal(fwrite(data, 1, len, f), len);
    assert_int_equal(fclose(f), 0);
}

static int setup(void **state)
{
    struct rig *r = g_new0(struct rig, 1);
    uint8_t rom[512] = { 0x55, 0xaa, 1 };

    r->mem = physmem_new();
    r->io = ioport_space_new();
    r->f = fw_cfg_new(r->io, r->mem, NULL);
    r->dir = g_dir_make_tmp("emu-boot-XXXXXX", NULL);
    assert_non_null(r->dir);
    r->kernel = g_build_filename(r->dir, "kernel", NULL);
    r->initrd = g_build_filename(r->dir, "initrd", NULL);
    r->second = g_build_filename(r->dir, "sec,ond", NULL);
    r->rom = g_build_filename(r->dir, "emu-boot.bin", NULL);
    put(rom + 0x1a, 0x20, 2);
    memcpy(rom + 0x20, "$PnP", 4);
    save(r->rom, rom, sizeof(rom));
    r->dirs = g_ptr_array_new();
    g_ptr_array_add(r->dirs, r->dir);
    r->cfg = (struct boot_config){ .kernel = r->kernel,
                                   .firmware_dirs = r->dirs,
                                   .ram_below_4g = MIB(32) };
    *state = r;
    return 0;
}

static int teardown(void **state)
{
    struct rig *r = *state;
    char *files[] = { r->kernel, r->initrd, r->second, r->rom };
    device_free((struct device *)r->f);
    physmem_free(r->mem);
    ioport_space_free(r->io);
    for (size_t i = 0; i < ARRAY_LEN(files); i++) {
        g_unlink(files[i]);
        g_free(files[i]);
    }
    g_rmdir(r->dir);
    g_free(r->dir);
    g_ptr_array_free(r->dirs, TRUE);
    g_free(r);
    return 0;
}

static struct boot_images *load(struct rig *r)
{
    GError *err = NULL;
    struct boot_images *b = boot_images_load(&r->cfg, r->f, &err);
    if (!b) {
        fail_msg("%s", err->message);
    }
    return b;
}

static void refuse(struct rig *r, const char *name, const char *words)
{
    GError *err = NULL;
    if (boot_images_load(&r->cfg, r->f, &err)) {
        fail_msg("%s: was taken", name);
    }
    if (!strstr(err->message, words) || strchr(err->message, '\n')) {
        fail_msg("%s: '%s' lacks '%s'", name, err->message, words);
    }
    g_clear_error(&err);
}

/* --- what the ROM would do ------------------------------------------------------------------- */

static const uint8_t *table(struct rig *r)
{
    size_t len;
    const uint8_t *t = fw_cfg_item(r->f, KEY_TABLE, &len);
    assert_non_null(t);
    assert_memory_equal(t, "EMUB", 4);
    assert_int_equal(len, 36 + 16 * get(t + 32, 4));
    return t;
}

/* Guest memory [0, size) after the ROM loaded all pieces. */
static uint8_t *run_rom(struct rig *r, size_t size)
{
    const uint8_t *t = table(r);
    uint8_t *ram = g_malloc(size);
    const uint8_t *item = NULL;
    size_t len = 0, at = 0;

    memset(ram, 0xee, size);
    for (unsigned i = 0; i < get(t + 32, 4); i++) {
        const uint8_t *p = t + 36 + 16 * i;
        uint64_t addr = get(p + 4, 4), bytes = get(p + 8, 4), memory = get(p + 12, 4);
        if (get(p, 4)) {
            item = fw_cfg_item(r->f, (uint16_t)get(p, 4), &len);
            at = 0;
        }
        assert_true(item && at + bytes <= len && memory >= bytes && addr + memory <= size);
        memcpy(ram + addr, item + at, bytes);
        memset(ram + addr + bytes, 0, memory - bytes);
        at += bytes;
    }
    return ram;
}

/* --- images ---------------------------------------------------------------------------------- */

#define LINUX_SETUP 0x800 /* three sectors of setup code */
#define LINUX_SIZE  (LINUX_SETUP + 0x1000)

static void make_linux(uint8_t *k, unsigned version)
{
    memset(k, 0, LINUX_SIZE);
    for (unsigned i = LINUX_SETUP; i < LINUX_SIZE; i++) {
        k[i] = (uint8_t)(i * 7);
    }
    k[0x1f1] = 3;
    put(k + 0x1f4, 0x100, 4);
    put(k + 0x1fe, 0xaa55, 2);
    memcpy(k + 0x202, "HdrS", 4);
    put(k + 0x206, version, 2);
    k[0x211] = 1;
    put(k + 0x22c, 0x7fffffff, 4);
    put(k + 0x238, 255, 4);
    put(k + 0x258, 0x1000000, 8);
    put(k + 0x260, 0x200000, 4);
}

/* ELF with one segment for 1 MiB (virtual 0xc0100000) and perhaps a PVH note; returns the size. */
static size_t make_elf(uint8_t *k, bool is64, bool note)
{
    size_t ph = is64 ? 64 : 52, each = is64 ? 56 : 32, data = 0x200;
    memset(k, 0, 0x400);
    memcpy(k, "\177ELF", 4);
    k[4] = is64 ? 2 : 1;
    k[5] = 1;
    put(k + 16, 2, 2);
    put(k + 18, is64 ? 62 : 3, 2);
    put(k + 24, 0xc0100010, is64 ? 8 : 4);
    put(k + (is64 ? 32 : 28), ph, is64 ? 8 : 4);
    put(k + (is64 ? 54 : 42), each, 2);
    put(k + (is64 ? 56 : 44), note ? 2 : 1, 2);
    for (unsigned i = 0; i < (note ? 2u : 1u); i++) {
        uint8_t *p = k + ph + each * i;
        uint64_t off = i ? 0x300 : data, len = i ? 20 : 0x100, mem = i ? 20 : 0x3000;
        put(p, i ? 4 : 1, 4);
        if (is64) {
            put(p + 8, off, 8);
            put(p + 16, 0xc0100000, 8);
            put(p + 24, 0x100000, 8);
            put(p + 32, len, 8);
            put(p + 40, mem, 8);
        } else {
            put(p + 4, off, 4);
            put(p + 8, 0xc0100000, 4);
            put(p + 12, 0x100000, 4);
            put(p + 16, len, 4);
            put(p + 20, mem, 4);
        }
    }
    memset(k + data, 0x42, 0x100);
    put(k + 0x300, 4, 4);
    put(k + 0x304, 4, 4);
    put(k + 0x308, 18, 4);
    memcpy(k + 0x30c, "Xen", 4);
    put(k + 0x310, 0x100020, 4);
    return 0x400;
}

static void add_multiboot(uint8_t *h, uint32_t flags)
{
    put(h, 0x1badb002, 4);
    put(h + 4, flags, 4);
    put(h + 8, (uint32_t) - (0x1badb002 + flags), 4);
}

/* --- Linux ----------------------------------------------------------------------------------- */

static void test_linux(void **state)
{
    struct rig *r = *state;
    uint8_t k[LINUX_SIZE], initrd[5000];

    make_linux(k, 0x20f);
    save(r->kernel, k, sizeof(k));
    memset(initrd, 0x77, sizeof(initrd));
    save(r->initrd, initrd, sizeof(initrd));
    r->cfg.initrd = r->initrd;
    r->cfg.append = "quiet vga=0x318";
    struct boot_images *b = load(r);
    assert_string_equal(boot_images_rom(b), "genroms/emu-boot.bin");
    const uint8_t *t = table(r);
    assert_int_equal(get(t + 4, 4), 0);
    assert_int_equal(get(t + 8, 4), 0x1000);
    assert_int_equal(get(t + 12, 4), 0xfff0);
    uint8_t *ram = run_rom(r, MIB(32));
    const uint8_t *h = ram + 0x10000;
    assert_memory_equal(h + 0x202, "HdrS", 4);
    assert_int_equal(h[0x210], 0xff);
    assert_int_equal(h[0x211], 0x81);
    assert_int_equal(get(h + 0x224, 2), 0xfe00);
    assert_int_equal(get(h + 0x228, 4), 0x20000);
    assert_int_equal(get(h + 0x1fa, 2), 0x318);
    assert_string_equal((char *)ram + 0x20000, "quiet vga=0x318");
    assert_memory_equal(ram + 0x100000, k + LINUX_SETUP, 0x1000);
    uint64_t at = get(h + 0x218, 4);
    assert_int_equal(get(h + 0x21c, 4), sizeof(initrd));
    assert_int_equal(at % 4096, 0);
    assert_true(at + sizeof(initrd) <= MIB(32) - 0x50000 && at > MIB(31));
    assert_memory_equal(ram + at, initrd, sizeof(initrd));
    /* the ROM's checksums */
    size_t len;
    const uint8_t *rom = fw_cfg_file(r->f, "genroms/emu-boot.bin", &len);
    uint8_t sum = 0;
    for (size_t i = 0; i < len; i++) {
        sum = (uint8_t)(sum + rom[i]);
    }
    assert_int_equal(sum, 0);
    g_free(ram);
    boot_images_free(b);
}

static void test_initrd_limit(void **state)
{
    struct rig *r = *state;
    uint8_t k[LINUX_SIZE];

    make_linux(k, 0x203);
    put(k + 0x22c, 0x37ffffff, 4);
    save(r->kernel, k, sizeof(k));
    save(r->initrd, k, sizeof(k));
    r->cfg.initrd = r->initrd;
    r->cfg.ram_below_4g = GIB(3);
    struct boot_images *b = load(r);
    size_t len;
    const uint8_t *h = fw_cfg_item(r->f, FW_CFG_SETUP_DATA, &len);
    assert_true(get(h + 0x218, 4) + LINUX_SIZE <= 0x38000000);
    assert_true(get(h + 0x218, 4) > 0x37ff0000);
    boot_images_free(b);
}

static void test_old_linux(void **state)
{
    static const struct {
        const char *name;
        unsigned version;
        uint8_t loadflags;
        uint32_t setup, kernel;
    } cases[] = {
        { "2.00 zImage", 0x200, 0, 0x90000, 0x10000 },
        { "2.01 bzImage", 0x201, 1, 0x90000, 0x100000 },
        { "2.02 zImage", 0x202, 0, 0x90000, 0x10000 },
        { "2.02 bzImage", 0x202, 1, 0x10000, 0x100000 },
    };
    struct rig *r = *state;

    r->cfg.append = "root=/dev/hda";
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        uint8_t k[LINUX_SIZE];
        make_linux(k, cases[i].version);
        k[0x211] = cases[i].loadflags;
        save(r->kernel, k, sizeof(k));
        struct boot_images *b = load(r);
        uint8_t *ram = run_rom(r, MIB(2));
        const uint8_t *h = ram + cases[i].setup;
        uint32_t line = cases[i].version >= 0x202 ? (uint32_t)get(h + 0x228, 4)
                                                  : cases[i].setup + (uint32_t)get(h + 0x22, 2);
        bool ok = get(table(r) + 8, 4) == cases[i].setup >> 4 &&
                  memcmp(ram + cases[i].kernel, k + LINUX_SETUP, 0x1000) == 0 &&
                  (cases[i].version >= 0x202 || get(h + 0x20, 2) == 0xa33f) &&
                  strcmp((char *)ram + line, "root=/dev/hda") == 0 && line + 14 <= 0x9a000;
        if (!ok) {
            fail_msg("%s", cases[i].name);
        }
        g_free(ram);
        boot_images_free(b);
    }
}

static void test_bad_linux(void **state)
{
    struct rig *r = *state;
    uint8_t k[LINUX_SIZE];
    g_autofree char *longest = g_strnfill(300, 'x');

    make_linux(k, 0x20f);
    save(r->kernel, k, sizeof(k) - 16);
    refuse(r, "truncated", "cut off");
    save(r->kernel, k, LINUX_SETUP);
    refuse(r, "no kernel", "cut off");
    save(r->kernel, k, 0x230);
    refuse(r, "header only", "no Linux kernel");
    k[0x1f1] = 200;
    save(r->kernel, k, sizeof(k));
    refuse(r, "setup", "sectors");
    make_linux(k, 0x105);
    save(r->kernel, k, sizeof(k));
    refuse(r, "1.05", "too old");
    make_linux(k, 0x20f);
    save(r->kernel, k, sizeof(k));
    r->cfg.append = longest;
    refuse(r, "command line", "300 characters");
    r->cfg.append = "vga=blue";
    refuse(r, "vga", "vga=blue");
    r->cfg.append = NULL;
    r->cfg.initrd = r->initrd;
    refuse(r, "initrd missing", "-initrd");
    save(r->initrd, "", 0);
    refuse(r, "initrd empty", "empty");
    save(r->initrd, k, sizeof(k));
    r->cfg.ram_below_4g = MIB(18);
    refuse(r, "memory", "-m");
    r->cfg.initrd = NULL;
    r->cfg.ram_below_4g = MIB(1);
    refuse(r, "no memory", "-m");
}

/* --- ELF ------------------------------------------------------------------------------------- */

static void test_pvh(void **state)
{
    struct rig *r = *state;

    for (int is64 = 0; is64 < 2; is64++) {
        uint8_t k[0x400];
        save(r->kernel, k, make_elf(k, is64, true));
        save(r->initrd, "initrd!", 7);
        r->cfg.initrd = r->initrd;
        r->cfg.append = "console=ttyS0";
        struct boot_images *b = load(r);
        const uint8_t *t = table(r);
        assert_int_equal(get(t + 4, 4), 1);
        assert_int_equal(get(t + 8, 4), 0x100020);
        assert_int_equal(get(t + 24, 4), 2);
        uint8_t *ram = run_rom(r, MIB(32));
        const uint8_t *info = ram + get(t + 16, 4);
        assert_int_equal(get(info, 4), 0x336ec578);
        assert_int_equal(get(info + 12, 4), 1);
        assert_string_equal((char *)ram + get(info + 24, 8), "console=ttyS0");
        const uint8_t *module = ram + get(info + 16, 8);
        assert_int_equal(get(module + 8, 8), 7);
        assert_memory_equal(ram + get(module, 8), "initrd!", 7);
        assert_int_equal(ram[0x1000ff], 0x42);
        assert_int_equal(ram[0x100100], 0);
        assert_int_equal(ram[0x102fff], 0);
        assert_int_equal(ram[0x103000], 0xee);
        g_free(ram);
        boot_images_free(b);
    }
}

static void test_plain_elf(void **state)
{
    struct rig *r = *state;
    uint8_t k[0x400];

    save(r->kernel, k, make_elf(k, false, false));
    struct boot_images *b = load(r);
    assert_int_equal(get(table(r) + 8, 4), 0x100010); /* virtual entry made physical */
    boot_images_free(b);
    save(r->kernel, k, make_elf(k, true, false));
    refuse(r, "64-bit without a note", "PVH");
    save(r->kernel, k, make_elf(k, false, true) - 0xf0);
    refuse(r, "truncated", "cut off");
    make_elf(k, false, false);
    put(k + 52 + 12, 0x5000, 4);
    save(r->kernel, k, sizeof(k));
    refuse(r, "low memory", "does not fit");
    make_elf(k, false, false);
    put(k + 52 + 20, 0x10000000, 4);
    save(r->kernel, k, sizeof(k));
    refuse(r, "large", "does not fit");
    make_elf(k, false, false);
    put(k + 18, 40, 2);
    save(r->kernel, k, sizeof(k));
    refuse(r, "ARM", "not for x86");
    make_elf(k, false, false);
    put(k + 16, 1, 2);
    save(r->kernel, k, sizeof(k));
    refuse(r, "object file", "no program");
    make_elf(k, false, false);
    put(k + 28, 0xfffffff0, 4);
    save(r->kernel, k, sizeof(k));
    refuse(r, "headers elsewhere", "cut off");
}

/* --- multiboot ------------------------------------------------------------------------------- */

static void test_multiboot_modules(void **state)
{
    struct rig *r = *state;
    uint8_t k[0x400];

    make_elf(k, false, false);
    add_multiboot(k + 0x80, 3);
    save(r->kernel, k, sizeof(k));
    save(r->initrd, "first", 5);
    save(r->second, "second", 6);
    g_autofree char *escaped = g_strdup_printf("%s/sec,,ond", r->dir);
    g_autofree char *line = g_strdup_printf("%s a b=c,%s", r->initrd, escaped);
    g_autofree char *cmdline = g_strdup_printf("%s -v", r->kernel);
    g_autofree char *text = g_strdup_printf("%s a b=c", r->initrd);
    r->cfg.initrd = line;
    r->cfg.append = "-v";
    struct boot_images *b = load(r);
    const uint8_t *t = table(r);
    assert_int_equal(get(t + 12, 4), 0x2badb002);
    assert_int_equal(get(t + 24, 4), 1);
    uint8_t *ram = run_rom(r, MIB(2));
    const uint8_t *info = ram + get(t + 16, 4);
    assert_int_equal(get(info, 4), 0x24d);
    assert_string_equal((char *)ram + get(info + 16, 4), cmdline);
    assert_int_equal(get(info + 20, 4), 2);
    assert_int_equal(get(info + 48, 4), get(t + 20, 4));
    const uint8_t *m = ram + get(info + 24, 4);
    assert_int_equal(get(m, 4) % 4096, 0);
    assert_true(get(m, 4) >= 0x103000);
    assert_int_equal(get(m + 4, 4) - get(m, 4), 5);
    assert_memory_equal(ram + get(m, 4), "first", 5);
    assert_string_equal((char *)ram + get(m + 8, 4), text);
    assert_memory_equal(ram + get(m + 16, 4), "second", 6);
    assert_string_equal((char *)ram + get(m + 24, 4), r->second);
    assert_int_equal(ram[0x100000], 0x42);
    g_free(ram);
    boot_images_free(b);
}

static void test_multiboot_addresses(void **state)
{
    struct rig *r = *state;
    uint8_t k[0x800];

    memset(k, 0x33, sizeof(k));
    add_multiboot(k + 0x100, 0x10000);
    put(k + 0x10c, 0x200040, 4); /* header */
    put(k + 0x110, 0x200000, 4); /* load: from 0xc0 in the file */
    put(k + 0x114, 0x200100, 4); /* load end */
    put(k + 0x118, 0x200200, 4); /* bss end */
    put(k + 0x11c, 0x200008, 4);
    save(r->kernel, k, sizeof(k));
    struct boot_images *b = load(r);
    uint8_t *ram = run_rom(r, MIB(4));
    assert_int_equal(get(table(r) + 8, 4), 0x200008);
    assert_memory_equal(ram + 0x200000, k + 0xc0, 0x100);
    assert_int_equal(ram[0x200100], 0);
    assert_int_equal(ram[0x2001ff], 0);
    assert_int_equal(ram[0x200200], 0xee);
    g_free(ram);
    boot_images_free(b);

    static const struct {
        const char *name;
        unsigned at;
        uint32_t value;
        const char *words;
    } bad[] = {
        { "header before load", 0x10c, 0x1fffff, "contradict" },
        { "load before the file", 0x110, 0x100000, "contradict" },
        { "load end beyond", 0x114, 0x201000, "cut off" },
        { "load end before", 0x114, 0x1ff000, "out of order" },
        { "bss end before", 0x118, 0x1ff000, "out of order" },
        { "bss beyond memory", 0x118, 0x90000000, "does not fit" },
    };
    for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
        uint8_t broken[0x800];
        memcpy(broken, k, sizeof(k));
        put(broken + bad[i].at, bad[i].value, 4);
        save(r->kernel, broken, sizeof(broken));
        refuse(r, bad[i].name, bad[i].words);
    }
    save(r->kernel, k, 0x11a);
    refuse(r, "within the header", "cut off");
    add_multiboot(k + 0x100, 0x10008);
    save(r->kernel, k, sizeof(k));
    refuse(r, "unknown request", "flags");
}

/* --- other files ----------------------------------------------------------------------------- */

static void test_gzip(void **state)
{
    struct rig *r = *state;
    uint8_t k[0x400];
    size_t len = make_elf(k, false, false);

    gzFile z = gzopen(r->kernel, "wb");
    assert_int_equal(gzwrite(z, k, (unsigned)len), len);
    gzclose(z);
    struct boot_images *b = load(r);
    uint8_t *ram = run_rom(r, MIB(2));
    assert_int_equal(ram[0x100000], 0x42);
    g_free(ram);
    boot_images_free(b);
    char *data;
    gsize size;
    assert_true(g_file_get_contents(r->kernel, &data, &size, NULL));
    save(r->kernel, data, size - 12);
    g_free(data);
    refuse(r, "cut off", "damaged or cut off");
    /* a bomb: 8 MiB of zeros for a guest of 4 MiB */
    z = gzopen(r->kernel, "wb1");
    g_autofree uint8_t *zeros = g_malloc0(MIB(1));
    for (unsigned i = 0; i < 8; i++) {
        assert_int_equal(gzwrite(z, zeros, (unsigned)MIB(1)), MIB(1));
    }
    gzclose(z);
    r->cfg.ram_below_4g = MIB(4);
    refuse(r, "bomb", "guest's memory");
}

static void test_no_kernel(void **state)
{
    struct rig *r = *state;
    uint8_t pe[0x100] = { 'M', 'Z' };

    refuse(r, "missing", "cannot open");
    save(r->kernel, "", 0);
    refuse(r, "empty", "empty");
    save(r->kernel, "#!/bin/sh\n", 10);
    refuse(r, "script", "no Linux kernel");
    put(pe + 0x3c, 0x80, 4);
    memcpy(pe + 0x80, "PE\0\0", 4);
    save(r->kernel, pe, sizeof(pe));
    refuse(r, "UEFI", "-bios OVMF.fd");
    r->cfg.other_firmware = true;
    boot_images_free(load(r));
    put(pe + 0x3c, 0xfffffffe, 4);
    save(r->kernel, pe, sizeof(pe));
    refuse(r, "bad UEFI", "no Linux kernel");
}

static void test_rom_missing(void **state)
{
    struct rig *r = *state;
    uint8_t k[LINUX_SIZE];

    make_linux(k, 0x20f);
    save(r->kernel, k, sizeof(k));
    save(r->rom, k, 511);
    refuse(r, "odd ROM", "damaged");
}

/* Every piece comes from its item and lies in memory that images may use. */
static void check_pieces(struct rig *r)
{
    const uint8_t *t = table(r);
    size_t len = 0, at = 0;

    for (unsigned i = 0; i < get(t + 32, 4); i++) {
        const uint8_t *p = t + 36 + 16 * i;
        uint64_t addr = get(p + 4, 4), bytes = get(p + 8, 4), memory = get(p + 12, 4);
        if (get(p, 4)) {
            assert_non_null(fw_cfg_item(r->f, (uint16_t)get(p, 4), &len));
            at = 0;
        }
        assert_true(at + bytes <= len && memory >= bytes);
        assert_true((addr >= 0x9000 && addr + memory <= 0xa0000) ||
                    (addr >= MIB(1) && addr + memory <= MIB(32) - 0x50000));
        at += bytes;
    }
}

/* Damaged images are refused or loaded within bounds, never worse. */
static void test_mutations(void **state)
{
    struct rig *r = *state;
    unsigned loaded = 0;

    srand((unsigned)test_seed(20240607));
    save(r->initrd, "initrd", 6);
    r->cfg.initrd = r->initrd;
    for (unsigned i = 0; i < 500; i++) {
        uint8_t k[LINUX_SIZE] = { 0 };
        size_t len = sizeof(k);
        if (i % 3 == 0) {
            make_linux(k, 0x200 + i % 16);
        } else {
            len = make_elf(k, i % 2, true);
            if (i % 5 == 0) {
                add_multiboot(k + 0x180, i % 7 ? 3 : 0x10003);
            }
        }
        for (unsigned n = 0; n < 1 + i % 4; n++) {
            k[(size_t)rand() % (i % 2 ? 0x330 : len)] = (uint8_t)rand();
        }
        save(r->kernel, k, len - (i % 8 == 0 ? (size_t)rand() % len : 0));
        struct boot_images *b = boot_images_load(&r->cfg, r->f, NULL);
        if (b) {
            check_pieces(r);
            boot_images_free(b);
            loaded++;
        }
    }
    assert_true(loaded > 50 && loaded < 500);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_linux, setup, teardown),
        cmocka_unit_test_setup_teardown(test_initrd_limit, setup, teardown),
        cmocka_unit_test_setup_teardown(test_old_linux, setup, teardown),
        cmocka_unit_test_setup_teardown(test_bad_linux, setup, teardown),
        cmocka_unit_test_setup_teardown(test_pvh, setup, teardown),
        cmocka_unit_test_setup_teardown(test_plain_elf, setup, teardown),
        cmocka_unit_test_setup_teardown(test_multiboot_modules, setup, teardown),
        cmocka_unit_test_setup_teardown(test_multiboot_addresses, setup, teardown),
        cmocka_unit_test_setup_teardown(test_gzip, setup, teardown),
        cmocka_unit_test_setup_teardown(test_no_kernel, setup, teardown),
        cmocka_unit_test_setup_teardown(test_rom_missing, setup, teardown),
        cmocka_unit_test_setup_teardown(test_mutations, setup, teardown),
    };
    return cmocka_run_group_tests_name("boot", tests, NULL, NULL);
}
