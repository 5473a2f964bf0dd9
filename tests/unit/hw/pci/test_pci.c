/* SPDX-License-Identifier: MIT */
/* link: core/trace.c */
/* link: hw/pci/pci.c hw/pci/msi.c core/device.c core/opts.c core/error.c core/log.c */
/* link: core/ioport.c core/physmem.c core/physmem_access.c */
/* link: core/types.c os/posix/[a-z]*.c os/linux/[a-z]*.c */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "hw/pci/pci.h"

#define MSG_MAX 64

struct rig {
    struct pci_bus *bus;
    struct physmem *mem;
    struct ioport_space *io;
    bool pin[32][4];
    unsigned pin_changes;
    uint64_t msg_addr[MSG_MAX];
    uint32_t msg_data[MSG_MAX];
    unsigned msgs;
    uint8_t *ram;
};

struct card {
    struct pci_device pci;
    struct rig *rig;
    int devfn;
    uint8_t pin;
    uint8_t vram[8192];
    unsigned written_off, written_len;
};

#define RAM_SIZE MIB(1)

static void on_intx(void *opaque, unsigned dev, unsigned pin, bool level)
{
    struct rig *r = opaque;
    assert_int_not_equal(r->pin[dev][pin], level);
    r->pin[dev][pin] = level;
    r->pin_changes++;
}

static void on_msi(void *opaque, uint64_t addr, uint32_t data)
{
    struct rig *r = opaque;
    assert_true(r->msgs < MSG_MAX);
    r->msg_addr[r->msgs] = addr;
    r->msg_data[r->msgs++] = data;
}

static uint64_t bar_read(void *opaque, gpa_t off, unsigned size)
{
    (void)opaque;
    return 0xc0de0000 + off + (size << 24);
}

static void bar_write(void *opaque, gpa_t off, uint64_t value, unsigned size)
{
    struct card *c = opaque;
    (void)value;
    (void)size;
    c->vram[off & 0xfff] ^= 0xff;
}

static uint32_t port_read(void *opaque, uint16_t off, unsigned size)
{
    (void)opaque;
    (void)size;
    return 0xa0u + off;
}

static const struct mem_ops bar_ops = { bar_read, bar_write, 4, 4 };
static const struct ioport_ops port_ops = { port_read, NULL, 1, 1 };

static void card_written(struct pci_device *d, unsigned off, unsigned len)
{
    struct card *c = (struct card *)d;
    c->written_off = off;
    c->written_len = len;
}

static bool card_realize(struct device *d, GError **err)
{
    struct card *c = (struct card *)d;
    struct pci_ids ids = { 0x1234, 0x5678, 0x9abc, 0xdef0, 0x020304, 7, c->pin };
    if (!pci_device_init(&c->pci, c->rig->bus, c->devfn, &ids, err)) {
        return false;
    }
    c->pci.config_written = card_written;
    pci_bar_mem(&c->pci, 0, 0x1000, 0, &bar_ops, c);
    pci_bar_io(&c->pci, 1, 0x20, &port_ops, c);
    pci_bar_mem(&c->pci, 2, 0x4000, PCI_BAR_MEM64 | PCI_BAR_PREFETCH, &bar_ops, c);
    pci_bar_ram(&c->pci, 4, sizeof(c->vram), PCI_BAR_PREFETCH, c->vram);
    return true;
}

static void card_unrealize(struct device *d)
{
    pci_device_exit(&((struct card *)d)->pci);
}

static void card_reset(struct device *d)
{
    pci_device_reset(&((struct card *)d)->pci);
}

static const struct device_class card_class = {
    .name = "card",
    .bus = BUS_PCI,
    .size = sizeof(struct card),
    .realize = card_realize,
    .unrealize = card_unrealize,
    .reset = card_reset,
};

static struct card *card_new(struct rig *r, int devfn, uint8_t pin)
{
    GError *err = NULL;
    struct card *c = (struct card *)device_new(&card_class);
    c->rig = r;
    c->devfn = devfn;
    c->pin = pin;
    if (!device_realize(&c->pci.dev, &err)) {
        fail_msg("%s", err->message);
    }
    return c;
}

static int setup(void **state)
{
    struct rig *r = g_new0(struct rig, 1);
    r->mem = physmem_new();
    r->io = ioport_space_new();
    r->ram = g_malloc0(RAM_SIZE);
    physmem_add_ram(r->mem, "ram", 0, RAM_SIZE, r->ram, 0);
    struct pci_bus_env env = {
        .io = r->io, .mem = r->mem, .set_intx = on_intx, .msi = on_msi, .opaque = r
    };
    r->bus = pci_bus_new(&env);
    *state = r;
    return 0;
}

static int teardown(void **state)
{
    struct rig *r = *state;
    pci_bus_free(r->bus);
    physmem_free(r->mem);
    ioport_space_free(r->io);
    g_free(r->ram);
    g_free(r);
    return 0;
}

static uint32_t rd(struct rig *r, uint8_t devfn, unsigned off, unsigned size)
{
    return pci_config_read(r->bus, 0, devfn, off, size);
}

static void wr(struct rig *r, uint8_t devfn, unsigned off, uint32_t v, unsigned size)
{
    pci_config_write(r->bus, 0, devfn, off, v, size);
}

static void test_header(void **state)
{
    struct rig *r = *state;
    struct card *c = card_new(r, PCI_DEVFN(3, 0), 1);
    uint8_t df = PCI_DEVFN(3, 0);

    assert_int_equal(rd(r, df, 0, 4), 0x56781234);
    assert_int_equal(rd(r, df, 2, 2), 0x5678);
    assert_int_equal(rd(r, df, 8, 4), 0x02030407);
    assert_int_equal(rd(r, df, 0x2c, 4), 0xdef09abc);
    assert_int_equal(rd(r, df, 0x3d, 1), 1);
    assert_int_equal(rd(r, df, 0x0e, 1), 0);
    wr(r, df, 0, 0, 4);
    assert_int_equal(rd(r, df, 0, 4), 0x56781234);
    wr(r, df, 0x3c, 0xffff, 2);
    assert_int_equal(rd(r, df, 0x3c, 2), 0x01ff);
    assert_int_equal(c->written_off, 0x3c);
    assert_int_equal(c->written_len, 2);
    /* absent: slot, function, bus, beyond the end */
    assert_int_equal(rd(r, PCI_DEVFN(4, 0), 0, 4), 0xffffffff);
    assert_int_equal(rd(r, PCI_DEVFN(3, 1), 0, 2), 0xffff);
    assert_int_equal(pci_config_read(r->bus, 1, df, 0, 4), 0xffffffff);
    assert_int_equal(rd(r, df, 0x100, 4), 0xffffffff);
    assert_int_equal(rd(r, df, 0xfe, 4), 0xffff0000);
    wr(r, df, 0xfe, 0xffffffff, 4);
    wr(r, df, 0x4000, 0, 4);
    device_free(&c->pci.dev);
    assert_int_equal(rd(r, df, 0, 4), 0xffffffff);
}

static void test_bar_sizing(void **state)
{
    struct rig *r = *state;
    struct card *c = card_new(r, 8, 0);
    static const struct {
        const char *name;
        unsigned off;
        uint32_t sized;
    } cases[] = {
        { "memory", 0x10, 0xfffff000 },
        { "io", 0x14, 0xffffffe1 },
        { "64-bit low", 0x18, 0xffffc00c },
        { "64-bit high", 0x1c, 0xffffffff },
        { "ram", 0x20, 0xffffe008 },
        { "absent", 0x24, 0 },
        { "no rom", 0x30, 0 },
    };

    for (int enabled = 0; enabled < 2; enabled++) {
        wr(r, 8, 4, enabled ? 3 : 0, 2);
        for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
            uint32_t old = rd(r, 8, cases[i].off, 4);
            wr(r, 8, cases[i].off, 0xffffffff, 4);
            uint32_t got = rd(r, 8, cases[i].off, 4);
            if (got != cases[i].sized) {
                fail_msg("%s: sized as 0x%x", cases[i].name, got);
            }
            wr(r, 8, cases[i].off, old, 4);
        }
    }
    device_free(&c->pci.dev);
}

static void test_mapping(void **state)
{
    struct rig *r = *state;
    struct card *c = card_new(r, 8, 0);

    wr(r, 8, 0x10, 0xe0000000, 4);
    wr(r, 8, 0x14, 0xc000, 4);
    wr(r, 8, 0x18, 0x00000000, 4);
    wr(r, 8, 0x1c, 0x5, 4);
    wr(r, 8, 0x20, 0xe1000000, 4);
    assert_int_equal(physmem_io_read(r->mem, 0xe0000010, 4), 0xffffffff);
    wr(r, 8, 4, 2, 2);
    assert_int_equal(physmem_io_read(r->mem, 0xe0000010, 4), 0xc4de0010);
    assert_int_equal(physmem_io_read(r->mem, 0x500000020, 4), 0xc4de0020);
    assert_int_equal(ioport_read(r->io, 0xc003, 1), 0xff);
    wr(r, 8, 4, 1, 2);
    assert_int_equal(physmem_io_read(r->mem, 0xe0000010, 4), 0xffffffff);
    assert_int_equal(ioport_read(r->io, 0xc003, 1), 0xa3);
    assert_int_equal(ioport_read(r->io, 0xc020, 1), 0xff);
    wr(r, 8, 4, 3, 2);
    uint32_t v = 0x12345678;
    assert_true(dma_write(r->mem, 0xe1000ff0, &v, 4));
    assert_memory_equal(c->vram + 0xff0, &v, 4);
    /* moved */
    wr(r, 8, 0x14, 0xd000, 4);
    assert_int_equal(ioport_read(r->io, 0xc003, 1), 0xff);
    assert_int_equal(ioport_read(r->io, 0xd003, 1), 0xa3);
    /* addresses that are not decoded: 0, the end of each space */
    wr(r, 8, 0x14, 0, 4);
    assert_int_equal(ioport_read(r->io, 3, 1), 0xff);
    wr(r, 8, 0x14, 0x1c000, 4);
    assert_int_equal(ioport_read(r->io, 0xc003, 1), 0xff);
    wr(r, 8, 0x10, 0xfffff000, 4);
    assert_int_equal(physmem_io_read(r->mem, 0xfffff010, 4), 0xffffffff);
    /* RAM goes before a BAR that lies over it */
    wr(r, 8, 0x10, 0x1000, 4);
    r->ram[0x1010] = 0x77;
    uint8_t byte = 0;
    assert_true(dma_read(r->mem, 0x1010, &byte, 1));
    assert_int_equal(byte, 0x77);
    device_free(&c->pci.dev);
    assert_int_equal(ioport_read(r->io, 0xd003, 1), 0xff);
}

static void test_reset(void **state)
{
    struct rig *r = *state;
    struct card *c = card_new(r, 8, 2);

    wr(r, 8, 0x10, 0xe0000000, 4);
    wr(r, 8, 0x14, 0xc000, 4);
    wr(r, 8, 4, 7, 2);
    wr(r, 8, 0x3c, 11, 1);
    pci_set_intx(&c->pci, true);
    assert_true(r->pin[1][1]);
    device_reset(&c->pci.dev);
    assert_false(r->pin[1][1]);
    assert_int_equal(rd(r, 8, 4, 4) & 0x0008ffff, 0);
    assert_int_equal(rd(r, 8, 0x10, 4), 0);
    assert_int_equal(rd(r, 8, 0x14, 4), 1);
    assert_int_equal(rd(r, 8, 0x18, 4), 0xc);
    assert_int_equal(rd(r, 8, 0x3c, 1), 0);
    assert_int_equal(ioport_read(r->io, 0xc003, 1), 0xff);
    assert_int_equal(physmem_io_read(r->mem, 0xe0000010, 4), 0xffffffff);
    device_free(&c->pci.dev);
}

static void test_intx(void **state)
{
    struct rig *r = *state;
    struct card *a = card_new(r, PCI_DEVFN(5, 0), 1), *b = card_new(r, PCI_DEVFN(5, 3), 1);
    struct card *other = card_new(r, PCI_DEVFN(5, 4), 4);

    pci_set_intx(&a->pci, true);
    pci_set_intx(&b->pci, true);
    pci_set_intx(&b->pci, true);
    assert_true(r->pin[5][0]);
    assert_int_equal(r->pin_changes, 1);
    assert_int_equal(rd(r, PCI_DEVFN(5, 3), 6, 2) & 8, 8);
    pci_set_intx(&a->pci, false);
    assert_true(r->pin[5][0]);
    /* the disable bit gates the pin, not the status bit */
    wr(r, PCI_DEVFN(5, 3), 4, 0x400, 2);
    assert_false(r->pin[5][0]);
    assert_int_equal(rd(r, PCI_DEVFN(5, 3), 6, 2) & 8, 8);
    wr(r, PCI_DEVFN(5, 3), 4, 0, 2);
    assert_true(r->pin[5][0]);
    pci_set_intx(&other->pci, true);
    assert_true(r->pin[5][3]);
    /* a device that goes lets go */
    device_free(&b->pci.dev);
    assert_false(r->pin[5][0]);
    device_free(&other->pci.dev);
    assert_false(r->pin[5][3]);
    device_free(&a->pci.dev);
}

static void test_slots(void **state)
{
    struct rig *r = *state;
    struct card *a = card_new(r, 0, 0), *b = card_new(r, PCI_DEVFN(1, 1), 0),
                *c = card_new(r, -1, 0);
    GError *err = NULL;

    assert_int_equal(c->pci.devfn, PCI_DEVFN(2, 0));
    struct card *d = card_new(r, PCI_DEVFN(1, 0), 0);
    assert_int_equal(rd(r, PCI_DEVFN(1, 0), 0x0e, 1), 0x80);
    assert_int_equal(rd(r, PCI_DEVFN(1, 1), 0x0e, 1), 0x80);
    assert_int_equal(rd(r, 0, 0x0e, 1), 0);
    struct card *e = (struct card *)device_new(&card_class);
    e->rig = r;
    e->devfn = PCI_DEVFN(1, 1);
    assert_false(device_realize(&e->pci.dev, &err));
    assert_non_null(strstr(err->message, "slot 1, function 1"));
    g_clear_error(&err);
    device_free(&e->pci.dev);
    device_free(&a->pci.dev);
    device_free(&b->pci.dev);
    device_free(&c->pci.dev);
    device_free(&d->pci.dev);
}

static void test_rom(void **state)
{
    struct rig *r = *state;
    struct card *c = card_new(r, 8, 0);
    uint8_t rom[3000];

    memset(rom, 0x5a, sizeof(rom));
    assert_false(pci_rom(&c->pci, rom, 0));
    assert_true(pci_rom(&c->pci, rom, sizeof(rom)));
    wr(r, 8, 0x30, 0xfffffffe, 4);
    assert_int_equal(rd(r, 8, 0x30, 4), 0xfffff000);
    wr(r, 8, 0x30, 0xe2000001, 4);
    assert_int_equal(physmem_io_read(r->mem, 0xe2000000, 1), 0xff);
    wr(r, 8, 4, 2, 2);
    uint8_t got[4];
    assert_true(dma_read(r->mem, 0xe2000000 + 2998, got, 4));
    assert_memory_equal(got, "\x5a\x5a\xff\xff", 4);
    wr(r, 8, 0x30, 0xe2000000, 4);
    assert_false(dma_read(r->mem, 0xe2000000, got, 4));
    device_free(&c->pci.dev);
}

static void test_dma_needs_master(void **state)
{
    struct rig *r = *state;
    struct card *c = card_new(r, 8, 0);
    uint8_t v = 9;

    assert_false(pci_dma_write(&c->pci, 0x100, &v, 1));
    assert_int_equal(r->ram[0x100], 0);
    wr(r, 8, 4, 4, 2);
    assert_true(pci_dma_write(&c->pci, 0x100, &v, 1));
    assert_int_equal(r->ram[0x100], 9);
    device_free(&c->pci.dev);
}

/* --- MSI ------------------------------------------------------------------------------------- */

static void test_msi(void **state)
{
    struct rig *r = *state;
    struct card *c = card_new(r, 8, 1);

    assert_false(pci_msi_init(&c->pci, 3));
    assert_true(pci_msi_init(&c->pci, 4));
    unsigned cap = rd(r, 8, 0x34, 1);
    assert_int_equal(rd(r, 8, cap, 1), 5);
    assert_int_equal(rd(r, 8, 6, 2) & 0x10, 0x10);
    assert_int_equal(rd(r, 8, cap + 2, 2), 0x0184);
    wr(r, 8, cap + 4, 0xfee01003, 4);
    wr(r, 8, cap + 8, 0x1, 4);
    wr(r, 8, cap + 12, 0x4153, 2);
    wr(r, 8, 4, 4, 2);
    pci_msi_notify(&c->pci, 0);
    assert_int_equal(r->msgs, 0); /* not enabled */
    pci_set_intx(&c->pci, true);
    assert_true(r->pin[1][0]);
    wr(r, 8, cap + 2, 0x21, 2); /* enable, all four vectors */
    assert_false(r->pin[1][0]);
    assert_true(pci_msi_enabled(&c->pci));
    pci_msi_notify(&c->pci, 2);
    assert_int_equal(r->msgs, 1);
    assert_true(r->msg_addr[0] == 0x1fee01000);
    assert_int_equal(r->msg_data[0], 0x4152);
    /* masked: kept, sent once at unmask */
    wr(r, 8, cap + 16, 4, 4);
    pci_msi_notify(&c->pci, 2);
    pci_msi_notify(&c->pci, 2);
    assert_int_equal(r->msgs, 1);
    assert_int_equal(rd(r, 8, cap + 20, 4), 4);
    wr(r, 8, cap + 16, 0, 4);
    assert_int_equal(r->msgs, 2);
    assert_int_equal(rd(r, 8, cap + 20, 4), 0);
    wr(r, 8, cap + 2, 0, 2);
    assert_true(r->pin[1][0]);
    wr(r, 8, cap + 2, 1, 2);
    device_reset(&c->pci.dev);
    assert_false(pci_msi_enabled(&c->pci));
    device_free(&c->pci.dev);
}

#define TABLE 0xe0000800u

static void program(struct rig *r, unsigned v, uint32_t data, uint32_t control)
{
    physmem_io_write(r->mem, TABLE + v * 16, 0xfee00000, 4);
    physmem_io_write(r->mem, TABLE + v * 16 + 4, 0, 4);
    physmem_io_write(r->mem, TABLE + v * 16 + 8, data, 4);
    physmem_io_write(r->mem, TABLE + v * 16 + 12, control, 4);
}

static void test_msix(void **state)
{
    struct rig *r = *state;
    struct card *c = card_new(r, 8, 1);

    assert_false(pci_msix_init(&c->pci, 4, 1, 0, 0));         /* an I/O BAR */
    assert_false(pci_msix_init(&c->pci, 300, 0, 0, 0x800));   /* overlap */
    assert_false(pci_msix_init(&c->pci, 4, 0, 0xff0, 0x800)); /* beyond the end */
    assert_true(pci_msix_init(&c->pci, 3, 0, 0x800, 0xc00));
    unsigned cap = rd(r, 8, 0x34, 1);
    assert_int_equal(rd(r, 8, cap, 1), 0x11);
    assert_int_equal(rd(r, 8, cap + 2, 2), 2);
    assert_int_equal(rd(r, 8, cap + 4, 4), 0x800);
    assert_int_equal(rd(r, 8, cap + 8, 4), 0xc00);
    wr(r, 8, 0x10, 0xe0000000, 4);
    wr(r, 8, 4, 6, 2);
    /* the rest of the BAR stays the device's */
    assert_int_equal(physmem_io_read(r->mem, 0xe0000010, 4), 0xc4de0010);
    assert_int_equal(physmem_io_read(r->mem, 0xe0000830, 4), 0xc4de0830);
    assert_int_equal(physmem_io_read(r->mem, TABLE + 12, 4), 1);
    wr(r, 8, cap + 2, 0x8000, 2);
    program(r, 1, 0x51, 1);
    pci_msi_notify(&c->pci, 1);
    pci_msi_notify(&c->pci, 1);
    pci_msi_notify(&c->pci, 7); /* there is none */
    assert_int_equal(r->msgs, 0);
    assert_int_equal(physmem_io_read(r->mem, 0xe0000c00, 8), 2);
    physmem_io_write(r->mem, 0xe0000c00, 0, 8); /* read-only */
    assert_int_equal(physmem_io_read(r->mem, 0xe0000c00, 4), 2);
    program(r, 1, 0x52, 0);
    assert_int_equal(r->msgs, 1);
    assert_int_equal(r->msg_data[0], 0x52);
    assert_int_equal(physmem_io_read(r->mem, 0xe0000c00, 4), 0);
    pci_msi_notify(&c->pci, 1);
    assert_int_equal(r->msgs, 2);
    /* function mask, then unmask fires */
    wr(r, 8, cap + 2, 0xc000, 2);
    pci_msi_notify(&c->pci, 1);
    assert_int_equal(r->msgs, 2);
    wr(r, 8, cap + 2, 0x8000, 2);
    assert_int_equal(r->msgs, 3);
    /* a 64-bit write of the last half unmasks, too */
    program(r, 2, 0x60, 1);
    pci_msi_notify(&c->pci, 2);
    physmem_io_write(r->mem, TABLE + 2 * 16 + 8, 0x61, 8);
    assert_int_equal(r->msgs, 4);
    assert_int_equal(r->msg_data[3], 0x61);
    /* the BAR moves, the table with it */
    wr(r, 8, 0x10, 0xe4000000, 4);
    assert_int_equal(physmem_io_read(r->mem, 0xe4000828, 4), 0x61);
    assert_int_equal(physmem_io_read(r->mem, TABLE + 0x28, 4), 0xffffffff);
    /* no bus mastering, no message */
    wr(r, 8, 4, 2, 2);
    pci_msi_notify(&c->pci, 2);
    assert_int_equal(r->msgs, 4);
    device_free(&c->pci.dev);
    assert_int_equal(physmem_io_read(r->mem, 0xe4000828, 4), 0xffffffff);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_header, setup, teardown),
        cmocka_unit_test_setup_teardown(test_bar_sizing, setup, teardown),
        cmocka_unit_test_setup_teardown(test_mapping, setup, teardown),
        cmocka_unit_test_setup_teardown(test_reset, setup, teardown),
        cmocka_unit_test_setup_teardown(test_intx, setup, teardown),
        cmocka_unit_test_setup_teardown(test_slots, setup, teardown),
        cmocka_unit_test_setup_teardown(test_rom, setup, teardown),
        cmocka_unit_test_setup_teardown(test_dma_needs_master, setup, teardown),
        cmocka_unit_test_setup_teardown(test_msi, setup, teardown),
        cmocka_unit_test_setup_teardown(test_msix, setup, teardown),
    };
    return cmocka_run_group_tests_name("pci", tests, NULL, NULL);
}
