/* SPDX-License-Identifier: MIT */
/* link: hw/devices.c hw/pc/[a-z]*.c hw/pci/[a-z]*.c hw/char/[a-z]*.c hw/display/[a-z]*.c */
/* link: hw/storage/[a-z]*.c core/[a-z]*.c backend/block/[a-z]*.c backend/char/[a-z]*.c */
/* link: os/posix/[a-z]*.c os/linux/[a-z]*.c */
/* libs: zlib png */
/*
 * The whole board without a processor: the test reads and writes ports and memory as one would.
 * Needs the firmware of the package seabios.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "accel/api/accel.h"
#include "core/clock.h"
#include "core/display.h"
#include "core/input.h"
#include "core/ioport.h"
#include "core/log.h"
#include "core/loop.h"
#include "core/physmem.h"
#include "hw/isa/isa.h"
#include "hw/pc/lapic.h"
#include "hw/pc/pc.h"
#include "hw/pci/pci.h"
#include "tests/fake/seed.h"

#define RAM_SIZE MIB(16)

struct rig {
    struct pc_config cfg;
    struct machine_ctl ctl;
    struct lapic_cpu_ops cpu;
    struct x86_topology topology;
    struct x86_cpu_model model;
    struct pc *pc;
    uint8_t *ram;
    bool intr[2];
    unsigned resets, power_offs, exits, nmis, inits, sipis, current;
};

static void on_reset(void *opaque, enum reset_kind kind)
{
    (void)kind;
    ((struct rig *)opaque)->resets++;
}

static void on_power_off(void *opaque)
{
    ((struct rig *)opaque)->power_offs++;
}

static void on_exit_request(void *opaque, int status)
{
    (void)status;
    ((struct rig *)opaque)->exits++;
}

static void on_panic(void *opaque, uint8_t flags)
{
    (void)opaque;
    (void)flags;
}

static void on_intr(void *opaque, unsigned cpu, bool level)
{
    ((struct rig *)opaque)->intr[cpu] = level;
}

static void on_nmi(void *opaque, unsigned cpu)
{
    (void)cpu;
    ((struct rig *)opaque)->nmis++;
}

static void on_init(void *opaque, unsigned cpu)
{
    (void)cpu;
    ((struct rig *)opaque)->inits++;
}

static void on_sipi(void *opaque, unsigned cpu, uint8_t vector)
{
    (void)cpu;
    (void)vector;
    ((struct rig *)opaque)->sipis++;
}

static unsigned current(void *opaque)
{
    return ((struct rig *)opaque)->current;
}

static int setup(void **state)
{
    struct rig *r = g_new0(struct rig, 1);
    GError *err = NULL;

    machine_lock();
    pc_config_init(&r->cfg);
    r->ram = g_malloc0(RAM_SIZE);
    r->ctl = (struct machine_ctl){ on_reset, on_power_off, on_exit_request, on_panic, r };
    r->cpu = (struct lapic_cpu_ops){ on_intr, on_nmi, on_init, on_sipi, r };
    r->topology = (struct x86_topology){ 2, 1, 1 };
    memset(r->model.features, 0xff, sizeof(r->model.features));
    r->model.phys_bits = 40;
    r->cfg.ram_size = RAM_SIZE;
    r->cfg.ram_host = r->ram;
    r->cfg.cpus = 2;
    r->cfg.topology = &r->topology;
    r->cfg.model = &r->model;
    r->cfg.mem = physmem_new();
    r->cfg.io = ioport_space_new();
    r->cfg.clock = clock_new(CLOCK_MANUAL);
    r->cfg.input = input_hub_new();
    r->cfg.display = display_new();
    r->cfg.ctl = &r->ctl;
    r->cfg.cpu_ops = &r->cpu;
    r->cfg.current_cpu = current;
    r->cfg.current_cpu_opaque = r;
    clock_start(r->cfg.clock);
    r->pc = pc_new(&r->cfg, &err);
    if (!r->pc) {
        print_message("%s\n", err->message);
        return -1;
    }
    pc_reset(r->pc);
    *state = r;
    return 0;
}

static int teardown(void **state)
{
    struct rig *r = *state;
    pc_free(r->pc);
    display_free(r->cfg.display);
    input_hub_free(r->cfg.input);
    ioport_space_free(r->cfg.io);
    physmem_free(r->cfg.mem);
    clock_free(r->cfg.clock);
    g_free(r->ram);
    g_free(r);
    machine_unlock();
    return 0;
}

static uint32_t in(struct rig *r, uint16_t port, unsigned size)
{
    return ioport_read(r->cfg.io, port, size);
}

static void out(struct rig *r, uint16_t port, uint32_t v, unsigned size)
{
    ioport_write(r->cfg.io, port, v, size);
}

static uint32_t config_read(struct rig *r, uint8_t devfn, unsigned reg)
{
    out(r, 0xcf8, 0x80000000u | (uint32_t)devfn << 8 | reg, 4);
    return in(r, 0xcfc, 4);
}

static void config_write(struct rig *r, uint8_t devfn, unsigned reg, uint32_t v, unsigned size)
{
    out(r, 0xcf8, 0x80000000u | (uint32_t)devfn << 8 | (reg & ~3u), 4);
    out(r, (uint16_t)(0xcfc + (reg & 3)), v, size);
}

static uint8_t peek(struct rig *r, gpa_t gpa)
{
    uint8_t v = 0xee;
    dma_read(r->cfg.mem, gpa, &v, 1);
    return v;
}

static void test_slots(void **state)
{
    static const struct {
        uint8_t devfn;
        uint32_t ids, class_code;
    } want[] = {
        { PCI_DEVFN(0, 0), 0x12378086, 0x060000 }, { PCI_DEVFN(1, 0), 0x70008086, 0x060100 },
        { PCI_DEVFN(1, 1), 0x70108086, 0x010180 }, { PCI_DEVFN(1, 3), 0x71138086, 0x068000 },
        { PCI_DEVFN(2, 0), 0x11111234, 0x030000 },
    };
    struct rig *r = *state;
    unsigned n = 0;

    for (unsigned devfn = 0; devfn < 256; devfn++) {
        uint32_t ids = config_read(r, (uint8_t)devfn, 0);
        if (ids == 0xffffffff) {
            continue;
        }
        if (n >= ARRAY_LEN(want) || want[n].devfn != devfn || want[n].ids != ids ||
            want[n].class_code != config_read(r, (uint8_t)devfn, 8) >> 8) {
            fail_msg("slot %u.%u: 0x%08x", PCI_DEV(devfn), PCI_FN(devfn), ids);
        }
        n++;
    }
    assert_int_equal(n, ARRAY_LEN(want));
    assert_int_equal(config_read(r, PCI_DEVFN(1, 0), 0x0c) >> 16 & 0x80, 0x80);
}

static void test_memory_map(void **state)
{
    static const struct {
        const char *name;
        gpa_t at;
        bool ram;
    } map[] = {
        { "first", 0, true },           { "640 KiB", 0x9ffff, true },  { "1 MiB", 0x100000, true },
        { "last", RAM_SIZE - 1, true }, { "beyond", RAM_SIZE, false }, { "C0000", 0xc0000, false },
        { "DFFFF", 0xdffff, false },    { "PCI", 0xe0000000, false },
    };
    struct rig *r = *state;

    for (size_t i = 0; i < ARRAY_LEN(map); i++) {
        uint8_t v = 0x5a;
        dma_write(r->cfg.mem, map[i].at, &v, 1);
        if (peek(r, map[i].at) != (map[i].ram ? 0x5a : 0xff)) {
            fail_msg("%s: 0x%x", map[i].name, peek(r, map[i].at));
        }
    }
    /* the reset vector, and its low copy: a far jump to F000:E05B */
    static const uint8_t jump[5] = { 0xea, 0x5b, 0xe0, 0x00, 0xf0 };
    for (unsigned i = 0; i < 5; i++) {
        assert_int_equal(peek(r, 0xfffffff0 + i), jump[i]);
        assert_int_equal(peek(r, 0xffff0 + i), jump[i]);
    }
    uint8_t zero = 0;
    dma_write(r->cfg.mem, 0xfffffff0, &zero, 1);
    assert_int_equal(peek(r, 0xfffffff0), 0xea);
}

static void test_reset_restores_rom(void **state)
{
    struct rig *r = *state;

    config_write(r, 0, 0x59, 0x30, 1);
    assert_int_equal(peek(r, 0xffff0), 0); /* RAM */
    config_write(r, PCI_DEVFN(1, 0), 0x60, 0x0a, 1);
    pc_reset(r->pc);
    assert_int_equal(peek(r, 0xffff0), 0xea);
    assert_int_equal(config_read(r, PCI_DEVFN(1, 0), 0x60), 0x80808080);
    assert_false(r->intr[0]);
}

/* The 8254 through 8259 and LINT0 to the first processor, as firmware sets it up. */
static void test_timer_interrupt(void **state)
{
    struct rig *r = *state;

    /* Mode 2 raises OUT at once; ICW1 forgets that edge. */
    out(r, 0x43, 0x34, 1);
    out(r, 0x40, 0x00, 1);
    out(r, 0x40, 0x10, 1); /* 4096 clocks: 3.4 ms */
    out(r, 0x20, 0x11, 1);
    out(r, 0x21, 0x08, 1);
    out(r, 0x21, 0x04, 1);
    out(r, 0x21, 0x01, 1);
    out(r, 0x21, 0xfe, 1);
    pc_cpu_init(r->pc, 1);
    /* virtual wire: LINT0 ExtINT, APIC enabled */
    physmem_io_write(r->cfg.mem, 0xfee000f0, 0x1ff, 4);
    physmem_io_write(r->cfg.mem, 0xfee00350, 0x700, 4);
    assert_false(r->intr[0]);
    clock_advance_to(r->cfg.clock, 10 * NS_PER_MS);
    assert_true(r->intr[0]);
    assert_false(r->intr[1]);
    assert_int_equal(pc_irq_ack(r->pc, 0), 8);
}

static void test_power_and_reset(void **state)
{
    struct rig *r = *state;

    /* as SeaBIOS does */
    config_write(r, PCI_DEVFN(1, 3), 0x40, 0x601, 4);
    config_write(r, PCI_DEVFN(1, 3), 0x80, 1, 1);
    assert_int_equal(in(r, 0x604, 2) & 1, 0);
    out(r, 0xb2, 0xf1, 1);
    assert_int_equal(in(r, 0x604, 2) & 1, 1);
    out(r, 0x604, 0x2000, 2);
    assert_int_equal(r->power_offs, 1);
    out(r, 0xcf9, 0x02, 1);
    out(r, 0xcf9, 0x06, 1);
    assert_int_equal(r->resets, 1);
    out(r, 0x64, 0xfe, 1);
    assert_int_equal(r->resets, 2);
    out(r, 0x92, 0x01, 1);
    assert_int_equal(r->resets, 3);
    pc_nmi(r->pc);
    /* the register block moves with PMBA and goes with PMIOSE */
    config_write(r, PCI_DEVFN(1, 3), 0x40, 0xb001, 4);
    assert_int_equal(in(r, 0x604, 2), 0xffff);
    assert_int_not_equal(in(r, 0xb004, 2), 0xffff);
    config_write(r, PCI_DEVFN(1, 3), 0x80, 0, 1);
    assert_int_equal(in(r, 0xb004, 2), 0xffff);
}

static uint8_t cmos(struct rig *r, uint8_t index)
{
    out(r, 0x70, index, 1);
    return (uint8_t)in(r, 0x71, 1);
}

static void test_cmos(void **state)
{
    struct rig *r = *state;

    assert_int_equal(cmos(r, 0x15) | cmos(r, 0x16) << 8, 640);
    assert_int_equal(cmos(r, 0x30) | cmos(r, 0x31) << 8, 15 * 1024);
    assert_int_equal(cmos(r, 0x34) | cmos(r, 0x35) << 8, 0);
    assert_int_equal(cmos(r, 0x5f), 1);
    assert_int_equal(cmos(r, 0x3d), 0x12); /* disk, then floppy */
    assert_int_equal(cmos(r, 0x38), 0x30); /* then CD-ROM */
}

static void test_bad_configs(void **state)
{
    struct rig *r = *state;
    static const struct {
        const char *name, *words;
    } cases[] = {
        { "ram", "memory" },     { "cpus", "processors" }, { "order", "-boot order" },
        { "bios", "-bios" },     { "append", "-kernel" },  { "fw_cfg", "-fw_cfg" },
        { "smbios", "-smbios" }, { "kernel", "-kernel" },  { "low", "max-ram" },
        { "splash", "splash" },
    };

    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct pc_config c = r->cfg;
        GError *err = NULL;
        g_autoptr(GPtrArray) list = g_ptr_array_new();
        g_ptr_array_add(list, (char *)(uintptr_t) "nonsense=1");
        c.mem = physmem_new();
        c.io = ioport_space_new();
        switch (i) {
        case 0: c.ram_size = 4096; break;
        case 1: c.cpus = 256; break;
        case 2: c.boot_order = "cx"; break;
        case 3: c.bios = "/nonexistent/bios.bin"; break;
        case 4: c.append = "quiet"; break;
        case 5: c.fw_cfg = list; break;
        case 6: c.smbios = list; break;
        case 7: c.kernel = "/nonexistent/kernel"; break;
        case 8: c.max_ram_below_4g = GIB(5); break;
        default: c.boot_splash = "/nonexistent.jpg"; break;
        }
        if (pc_new(&c, &err)) {
            fail_msg("%s: was taken", cases[i].name);
        }
        if (!strstr(err->message, cases[i].words)) {
            fail_msg("%s: '%s'", cases[i].name, err->message);
        }
        g_clear_error(&err);
        ioport_space_free(c.io);
        physmem_free(c.mem);
    }
}

/* A guest that writes anything anywhere: nothing crashes, and reset brings the machine back. */
static void test_abuse(void **state)
{
    struct rig *r = *state;
    /* Ports that matter are hit more often than chance would. */
    static const uint16_t favourites[] = { 0xcfc, 0xcfd, 0xcfe, 0x510, 0x511, 0x518, 0x1f7, 0x3f5,
                                           0x3d5, 0x1cf, 0x70,  0x64,  0x43,  0x600, 0xc000 };

    srand((unsigned)test_seed(20240608));
    for (unsigned i = 0; i < 60000; i++) {
        unsigned size = 1u << rand() % 3;
        uint32_t v = (uint32_t)rand() ^ (uint32_t)rand() << 16;
        uint16_t port =
            rand() & 1 ? favourites[(size_t)rand() % ARRAY_LEN(favourites)] : (uint16_t)rand();
        switch (rand() % 8) {
        case 0: in(r, port, size); break;
        case 1:
        case 2: out(r, port, v, size); break;
        case 3: out(r, 0xcf8, 0x80000000u | (v & 0x17fc), 4); break;
        case 4: config_write(r, (uint8_t)(v & 0x1f), v >> 8 & 0xff, v >> 16, 1); break;
        case 5: physmem_io_write(r->cfg.mem, 0xfec00000 + (v & 0x2fffff), v, 4); break;
        case 6: physmem_io_read(r->cfg.mem, 0xa0000 + (v & 0x5ffff), size); break;
        default: physmem_io_write(r->cfg.mem, (gpa_t)v << (v & 15), v, size); break;
        }
        if (i % 512 == 0) {
            clock_advance_to(r->cfg.clock, clock_now_ns(r->cfg.clock) + NS_PER_MS);
        }
    }
    pc_reset(r->pc);
    assert_int_equal(peek(r, 0xfffffff0), 0xea);
    assert_int_equal(peek(r, 0xffff0), 0xea);
    assert_int_equal(config_read(r, 0, 0), 0x12378086);
    assert_int_equal(config_read(r, PCI_DEVFN(2, 0), 4) & 0xffff, 0);
    test_slots(state);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_slots, setup, teardown),
        cmocka_unit_test_setup_teardown(test_memory_map, setup, teardown),
        cmocka_unit_test_setup_teardown(test_reset_restores_rom, setup, teardown),
        cmocka_unit_test_setup_teardown(test_timer_interrupt, setup, teardown),
        cmocka_unit_test_setup_teardown(test_power_and_reset, setup, teardown),
        cmocka_unit_test_setup_teardown(test_cmos, setup, teardown),
        cmocka_unit_test_setup_teardown(test_bad_configs, setup, teardown),
        cmocka_unit_test_setup_teardown(test_abuse, setup, teardown),
    };
    return cmocka_run_group_tests_name("pc", tests, NULL, NULL);
}
