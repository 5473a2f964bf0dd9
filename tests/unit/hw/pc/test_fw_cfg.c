/* SPDX-License-Identifier: MIT */
/* link: core/trace.c */
/* link: hw/pc/fw_cfg.c hw/pc/firmware.c core/device.c core/opts.c core/error.c core/log.c */
/* link: core/ioport.c core/physmem.c core/physmem_access.c core/types.c */
/* link: os/posix/[a-z]*.c os/linux/[a-z]*.c */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "hw/pc/fw_cfg.h"

#define RAM_SIZE 65536

struct rig {
    struct physmem *mem;
    struct ioport_space *io;
    struct fw_cfg *f;
    uint8_t ram[RAM_SIZE];
};

static int setup(void **state)
{
    struct rig *r = g_new0(struct rig, 1);
    r->mem = physmem_new();
    r->io = ioport_space_new();
    physmem_add_ram(r->mem, "ram", 0, RAM_SIZE, r->ram, 0);
    r->f = fw_cfg_new(r->io, r->mem, NULL);
    assert_non_null(r->f);
    *state = r;
    return 0;
}

static int teardown(void **state)
{
    struct rig *r = *state;
    device_free((struct device *)r->f);
    physmem_free(r->mem);
    ioport_space_free(r->io);
    g_free(r);
    return 0;
}

static void choose(struct rig *r, uint16_t key)
{
    ioport_write(r->io, 0x510, key, 2);
}

static void read_bytes(struct rig *r, void *buf, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        ((uint8_t *)buf)[i] = (uint8_t)ioport_read(r->io, 0x511, 1);
    }
}

static uint32_t be32(const uint8_t *p)
{
    return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

static void put_be(uint8_t *p, uint64_t v, unsigned n)
{
    for (unsigned i = 0; i < n; i++) {
        p[i] = (uint8_t)(v >> (8 * (n - 1 - i)));
    }
}

/* One DMA request at 0x8000; returns the control word afterwards. */
static uint32_t dma(struct rig *r, uint32_t control, uint32_t len, uint64_t addr)
{
    uint8_t low[4];
    put_be(r->ram + 0x8000, control, 4);
    put_be(r->ram + 0x8004, len, 4);
    put_be(r->ram + 0x8008, addr, 8);
    put_be(low, 0x8000, 4);
    ioport_write(r->io, 0x514, 0, 4);
    ioport_write(r->io, 0x518,
                 (uint32_t)low[3] << 24 | (uint32_t)low[2] << 16 | low[1] << 8 | low[0], 4);
    return be32(r->ram + 0x8000);
}

static void test_signature(void **state)
{
    struct rig *r = *state;
    char text[6] = { 0 };

    choose(r, 0);
    read_bytes(r, text, 5);
    assert_memory_equal(text, "QEMU\0", 5); /* zeros after the end */
    uint8_t id[4];
    choose(r, 1);
    read_bytes(r, id, 4);
    assert_int_equal(id[0], 3);
    choose(r, 0);
    read_bytes(r, text, 1);
    assert_int_equal(text[0], 'Q'); /* choosing starts over */
    assert_int_equal(ioport_read(r->io, 0x514, 4), 0x554d4551);
    assert_int_equal(ioport_read(r->io, 0x518, 4), 0x47464320);
    assert_int_equal(ioport_read(r->io, 0x510, 2), 0);
}

static void test_unknown_items(void **state)
{
    static const uint16_t keys[] = { 0x1f, 0x2ff, 0x3fff, 0x800f, 0xffff, 0xbfff };
    struct rig *r = *state;

    for (size_t i = 0; i < ARRAY_LEN(keys); i++) {
        uint8_t b[2] = { 1, 1 };
        choose(r, keys[i]);
        read_bytes(r, b, 2);
        if (b[0] || b[1]) {
            fail_msg("item 0x%x reads 0x%x%02x", keys[i], b[0], b[1]);
        }
    }
}

static void test_numbers(void **state)
{
    struct rig *r = *state;
    uint8_t b[8];

    fw_cfg_add_u64(r->f, FW_CFG_RAM_SIZE, 0x1122334455667788);
    fw_cfg_add_u16(r->f, FW_CFG_NB_CPUS, 1);
    fw_cfg_add_u16(r->f, FW_CFG_NB_CPUS, 0x0203);
    choose(r, FW_CFG_RAM_SIZE);
    read_bytes(r, b, 8);
    assert_memory_equal(b, "\x88\x77\x66\x55\x44\x33\x22\x11", 8);
    choose(r, FW_CFG_NB_CPUS);
    read_bytes(r, b, 2);
    assert_memory_equal(b, "\x03\x02", 2);
    fw_cfg_add_u32(r->f, FW_CFG_IRQ0_OVERRIDE, 1);
    choose(r, FW_CFG_IRQ0_OVERRIDE);
    read_bytes(r, b, 1);
    assert_int_equal(b[0], 1);
}

static void test_directory(void **state)
{
    struct rig *r = *state;
    static const char *const names[] = { "opt/b", "etc/e820", "bootorder", "opt/a", "etc/e820" };
    static const char *const sorted[] = { "bootorder", "etc/e820", "opt/a", "opt/b" };

    for (size_t i = 0; i < ARRAY_LEN(names); i++) {
        assert_true(fw_cfg_add_file(r->f, names[i], "0123456789", i + 1, NULL));
    }
    uint8_t n[4];
    choose(r, FW_CFG_FILE_DIR);
    read_bytes(r, n, 4);
    assert_int_equal(be32(n), 4);
    for (unsigned i = 0; i < 4; i++) {
        uint8_t e[64];
        read_bytes(r, e, 64);
        assert_string_equal((char *)e + 8, sorted[i]);
        size_t len;
        assert_non_null(fw_cfg_file(r->f, sorted[i], &len));
        assert_int_equal(be32(e), len);
        assert_int_equal(e[4] << 8 | e[5], 0x20 + i);
        size_t same;
        fw_cfg_item(r->f, (uint16_t)(0x20 + i), &same);
        assert_int_equal(same, len);
    }
    size_t len;
    fw_cfg_file(r->f, "etc/e820", &len);
    assert_int_equal(len, 5); /* replaced */
    assert_null(fw_cfg_file(r->f, "etc", &len));
}

static void test_limits(void **state)
{
    struct rig *r = *state;
    GError *err = NULL;
    char name[80];

    memset(name, 'n', 56);
    name[56] = 0;
    assert_false(fw_cfg_add_file(r->f, name, "x", 1, &err));
    g_clear_error(&err);
    assert_true(fw_cfg_add_file(r->f, name + 1, "x", 1, &err));
    for (unsigned i = 1; i < FW_CFG_FILES_MAX; i++) {
        g_snprintf(name, sizeof(name), "f%u", i);
        assert_true(fw_cfg_add_file(r->f, name, "", 0, &err));
    }
    assert_false(fw_cfg_add_file(r->f, "one more", "x", 1, &err));
    assert_non_null(strstr(err->message, "256"));
    g_clear_error(&err);
    assert_true(fw_cfg_add_file(r->f, "f7", "y", 1, &err)); /* replacing still works */
}

static void test_dma_read(void **state)
{
    struct rig *r = *state;

    fw_cfg_add(r->f, FW_CFG_SETUP_DATA, "abcdefgh", 8);
    memset(r->ram + 0x100, 0xee, 16);
    assert_int_equal(dma(r, 0x18u << 16 | 8 | 2, 3, 0x100), 0);
    assert_memory_equal(r->ram + 0x100, "abc\xee", 4);
    assert_int_equal(dma(r, 2, 2, 0x103), 0); /* goes on */
    assert_int_equal(dma(r, 4, 1, 0), 0);     /* skips f */
    assert_int_equal(dma(r, 2, 6, 0x105), 0); /* the end reads as zeros */
    assert_memory_equal(r->ram + 0x100, "abcdegh\0\0\0\0\xee", 12);
    assert_int_equal(dma(r, 0x3fffu << 16 | 8 | 2, 8, 0x100), 0); /* no such item */
    assert_memory_equal(r->ram + 0x100, "\0\0\0\0\0\0\0\0", 8);
}

static void test_dma_errors(void **state)
{
    struct rig *r = *state;

    fw_cfg_add(r->f, FW_CFG_SETUP_DATA, "abcdefgh", 8);
    assert_int_equal(dma(r, 0x18u << 16 | 8 | 2, 8, RAM_SIZE - 4), 1);
    assert_int_equal(dma(r, 0x18u << 16 | 8 | 2, 0xffffffff, UINT64_MAX - 3), 1);
    /* skipping far ends at the item's end, reading after that gives zeros */
    assert_int_equal(dma(r, 0x18u << 16 | 8 | 4, 0xffffffff, 0), 0);
    assert_int_equal(dma(r, 4, 0xffffffff, 0), 0);
    assert_int_equal(dma(r, 2, 1, 0x100), 0);
    assert_int_equal(r->ram[0x100], 0);
    /* the request itself outside memory: nothing happens, nothing breaks */
    ioport_write(r->io, 0x514, 0xffffffff, 4);
    ioport_write(r->io, 0x518, 0xffffffff, 4);
    ioport_write(r->io, 0x518, 0, 1);
}

static void test_dma_write(void **state)
{
    struct rig *r = *state;
    size_t len;

    assert_true(fw_cfg_add_writable(r->f, "opt/w", "01234567", 8, NULL));
    assert_true(fw_cfg_add_file(r->f, "opt/ro", "01234567", 8, NULL));
    memcpy(r->ram + 0x200, "XYZXYZXYZ", 9);
    uint32_t key_ro = 0x20, key_w = 0x21;
    assert_int_equal(dma(r, key_ro << 16 | 8 | 16, 3, 0x200), 1);
    assert_memory_equal(fw_cfg_file(r->f, "opt/ro", &len), "01234567", 8);
    assert_int_equal(dma(r, key_w << 16 | 8 | 16, 9, 0x200), 1); /* never grows */
    assert_memory_equal(fw_cfg_file(r->f, "opt/w", &len), "01234567", 8);
    assert_int_equal(dma(r, key_w << 16 | 8 | 16, 3, 0x200), 0);
    assert_int_equal(dma(r, 16, 5, 0x200), 0);
    assert_memory_equal(fw_cfg_file(r->f, "opt/w", &len), "XYZXYZXY", 8);
    assert_int_equal(dma(r, 16, 1, 0x200), 1);
}

static void test_options(void **state)
{
    struct rig *r = *state;
    GError *err = NULL;
    size_t len;
    static const char *const bad[] = {
        "name=opt/x",
        "string=x",
        "name=opt/x,string=a,file=b",
        "name=opt/x,strin=a",
        "name=opt/x,file=/nonexistent/file",
        "name=,string=x",
    };

    assert_true(fw_cfg_add_option(r->f, "name=opt/x,string=hello", &err));
    assert_memory_equal(fw_cfg_file(r->f, "opt/x", &len), "hello", 5);
    assert_int_equal(len, 5);
    assert_true(fw_cfg_add_option(r->f, "opt/y,string=a,,b", &err));
    assert_memory_equal(fw_cfg_file(r->f, "opt/y", &len), "a,b", 3);
    for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
        if (fw_cfg_add_option(r->f, bad[i], &err)) {
            fail_msg("'%s' was taken", bad[i]);
        }
        assert_non_null(strstr(err->message, "-fw_cfg"));
        g_clear_error(&err);
    }
}

static void test_reset(void **state)
{
    struct rig *r = *state;
    uint8_t b;

    choose(r, FW_CFG_FILE_DIR);
    read_bytes(r, &b, 1);
    device_reset((struct device *)r->f);
    read_bytes(r, &b, 1);
    assert_int_equal(b, 'Q');
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_signature, setup, teardown),
        cmocka_unit_test_setup_teardown(test_unknown_items, setup, teardown),
        cmocka_unit_test_setup_teardown(test_numbers, setup, teardown),
        cmocka_unit_test_setup_teardown(test_directory, setup, teardown),
        cmocka_unit_test_setup_teardown(test_limits, setup, teardown),
        cmocka_unit_test_setup_teardown(test_dma_read, setup, teardown),
        cmocka_unit_test_setup_teardown(test_dma_errors, setup, teardown),
        cmocka_unit_test_setup_teardown(test_dma_write, setup, teardown),
        cmocka_unit_test_setup_teardown(test_options, setup, teardown),
        cmocka_unit_test_setup_teardown(test_reset, setup, teardown),
    };
    return cmocka_run_group_tests_name("fw_cfg", tests, NULL, NULL);
}
