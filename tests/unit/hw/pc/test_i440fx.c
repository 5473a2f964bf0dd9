/* SPDX-License-Identifier: MIT */
/* link: core/trace.c */
/* link: hw/pc/i440fx.c hw/pc/piix3.c hw/pci/pci.c hw/pci/msi.c core/device.c core/opts.c */
/* link: core/error.c core/log.c core/ioport.c core/physmem.c core/physmem_access.c core/types.c */
/* link: tests/fake/irq.c os/posix/[a-z]*.c os/linux/[a-z]*.c */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "hw/pc/i440fx.h"
#include "hw/pc/piix3.h"
#include "hw/pci/pci.h"
#include "tests/fake/irq.h"

#define RAM_SIZE  MIB(2)
#define BIOS_SIZE KIB(256)

struct rig {
    struct physmem *mem;
    struct ioport_space *io;
    struct pci_bus *bus;
    struct i440fx *bridge;
    struct piix3 *piix;
    struct fake_irq irq;
    uint8_t *ram, *bios;
};

static int setup(void **state)
{
    struct rig *r = g_new0(struct rig, 1);
    r->mem = physmem_new();
    r->io = ioport_space_new();
    r->ram = g_malloc(RAM_SIZE);
    memset(r->ram, 0x11, RAM_SIZE);
    r->bios = g_malloc(BIOS_SIZE);
    for (size_t i = 0; i < BIOS_SIZE; i++) {
        r->bios[i] = (uint8_t)(0x80 + i / KIB(16));
    }
    physmem_add_ram(r->mem, "ram", 0, RAM_SIZE, r->ram, 0);
    struct pci_bus_env env = { .io = r->io, .mem = r->mem };
    r->bus = pci_bus_new(&env);
    struct i440fx_config cfg = { r->bus, r->ram, r->bios, BIOS_SIZE };
    r->bridge = i440fx_new(&cfg, NULL);
    assert_non_null(r->bridge);
    struct irq lines[16];
    for (unsigned i = 0; i < 16; i++) {
        lines[i] = fake_irq_line(&r->irq, i);
    }
    r->piix = piix3_new(r->bus, 8, lines, NULL);
    assert_non_null(r->piix);
    *state = r;
    return 0;
}

static int teardown(void **state)
{
    struct rig *r = *state;
    device_free((struct device *)r->piix);
    device_free((struct device *)r->bridge);
    pci_bus_free(r->bus);
    physmem_free(r->mem);
    ioport_space_free(r->io);
    g_free(r->ram);
    g_free(r->bios);
    g_free(r);
    return 0;
}

static void config(struct rig *r, uint8_t devfn, uint8_t reg)
{
    ioport_write(r->io, 0xcf8, 0x80000000u | (uint32_t)devfn << 8 | (reg & 0xfcu), 4);
}

static void config_write8(struct rig *r, uint8_t devfn, uint8_t reg, uint8_t v)
{
    config(r, devfn, reg);
    ioport_write(r->io, (uint16_t)(0xcfc + (reg & 3)), v, 1);
}

static uint8_t config_read8(struct rig *r, uint8_t devfn, uint8_t reg)
{
    config(r, devfn, reg);
    return (uint8_t)ioport_read(r->io, (uint16_t)(0xcfc + (reg & 3)), 1);
}

/* As a processor: plain memory directly, the rest through the callbacks. */
static uint8_t cpu_read(struct rig *r, gpa_t gpa)
{
    const struct mem_section *s = physmem_find(r->mem, gpa);
    if (s && s->kind != MEM_IO) {
        return s->host[gpa - s->gpa];
    }
    return (uint8_t)physmem_io_read(r->mem, gpa, 1);
}

static void cpu_write(struct rig *r, gpa_t gpa, uint8_t v)
{
    const struct mem_section *s = physmem_find(r->mem, gpa);
    if (s && s->kind == MEM_RAM) {
        s->host[gpa - s->gpa] = v;
    } else {
        physmem_io_write(r->mem, gpa, v, 1);
    }
}

static void test_mechanism(void **state)
{
    struct rig *r = *state;

    config(r, 0, 0);
    assert_int_equal(ioport_read(r->io, 0xcfc, 4), 0x12378086);
    assert_int_equal(ioport_read(r->io, 0xcfe, 2), 0x1237);
    assert_int_equal(ioport_read(r->io, 0xcfd, 1), 0x80);
    assert_int_equal(ioport_read(r->io, 0xcf8, 4), 0x80000000);
    assert_int_equal(ioport_read(r->io, 0xcf8, 1), 0xff);
    ioport_write(r->io, 0xcf9, 6, 1); /* not this register */
    assert_int_equal(ioport_read(r->io, 0xcf8, 4), 0x80000000);
    ioport_write(r->io, 0xcf8, 0xffffffff, 4);
    assert_int_equal(ioport_read(r->io, 0xcf8, 4), 0x80fffffc);
    assert_int_equal(ioport_read(r->io, 0xcfc, 4), 0xffffffff);
    ioport_write(r->io, 0xcf8, 0, 4); /* not enabled */
    assert_int_equal(ioport_read(r->io, 0xcfc, 4), 0xffffffff);
    config(r, 8, 0);
    assert_int_equal(ioport_read(r->io, 0xcfc, 4), 0x70008086);
    config(r, 16, 0);
    assert_int_equal(ioport_read(r->io, 0xcfc, 4), 0xffffffff);
    /* what SeaBIOS takes for the sign of a virtual machine */
    config(r, 0, 0x2c);
    assert_int_equal(ioport_read(r->io, 0xcfc, 4), 0x11001af4);
}

/* Each segment in each of the four states. */
static void test_pam(void **state)
{
    struct rig *r = *state;
    static const struct {
        const char *name;
        gpa_t base, size;
        uint8_t reg, shift;
    } segments[] = {
        { "F0000", 0xf0000, 0x10000, 0x59, 4 }, { "C0000", 0xc0000, 0x4000, 0x5a, 0 },
        { "C4000", 0xc4000, 0x4000, 0x5a, 4 },  { "C8000", 0xc8000, 0x4000, 0x5b, 0 },
        { "CC000", 0xcc000, 0x4000, 0x5b, 4 },  { "D0000", 0xd0000, 0x4000, 0x5c, 0 },
        { "D4000", 0xd4000, 0x4000, 0x5c, 4 },  { "D8000", 0xd8000, 0x4000, 0x5d, 0 },
        { "DC000", 0xdc000, 0x4000, 0x5d, 4 },  { "E0000", 0xe0000, 0x4000, 0x5e, 0 },
        { "E4000", 0xe4000, 0x4000, 0x5e, 4 },  { "E8000", 0xe8000, 0x4000, 0x5f, 0 },
        { "EC000", 0xec000, 0x4000, 0x5f, 4 },
    };

    for (size_t i = 0; i < ARRAY_LEN(segments); i++) {
        gpa_t at = segments[i].base + segments[i].size - 1;
        for (uint8_t pam = 0; pam < 4; pam++) {
            r->ram[at] = 0x11;
            config_write8(r, 0, segments[i].reg, (uint8_t)(pam << segments[i].shift));
            uint8_t pci = at >= 0xe0000 ? r->bios[BIOS_SIZE - MIB(1) + at] : 0xff;
            uint8_t before = cpu_read(r, at);
            cpu_write(r, at, 0x22);
            uint8_t after = cpu_read(r, at);
            bool ok = before == (pam & 1 ? 0x11 : pci) &&
                      after == (pam & 1 ? (pam & 2 ? 0x22 : 0x11) : pci) &&
                      r->ram[at] == (pam & 2 ? 0x22 : 0x11);
            if (!ok) {
                fail_msg("%s, state %u: read 0x%x, then 0x%x, RAM has 0x%x", segments[i].name, pam,
                         before, after, r->ram[at]);
            }
            /* the neighbours keep theirs */
            if (segments[i].base > 0xc0000) {
                assert_true(cpu_read(r, segments[i].base - 1) != 0x22);
            }
        }
        config_write8(r, 0, segments[i].reg, 0);
    }
    assert_int_equal(r->bios[BIOS_SIZE - 1], 0x80 + 15);
}

static void test_pam_reset(void **state)
{
    struct rig *r = *state;

    for (uint8_t reg = 0x59; reg <= 0x5f; reg++) {
        config_write8(r, 0, reg, 0xff);
        assert_int_equal(config_read8(r, 0, reg), reg == 0x59 ? 0x30 : 0x33);
    }
    assert_int_equal(cpu_read(r, 0xffff0), 0x11);
    device_reset((struct device *)r->bridge);
    assert_int_equal(cpu_read(r, 0xffff0), 0x8f);
    assert_int_equal(config_read8(r, 0, 0x59), 0);
}

static void test_smram(void **state)
{
    struct rig *r = *state;

    assert_int_equal(config_read8(r, 0, 0x72), 0x02);
    assert_int_equal(cpu_read(r, 0xa0000), 0xff);
    config_write8(r, 0, 0x72, 0x4a); /* open */
    assert_int_equal(cpu_read(r, 0xa0000), 0x11);
    cpu_write(r, 0xbffff, 0x33);
    config_write8(r, 0, 0x72, 0x0a);
    assert_int_equal(cpu_read(r, 0xbffff), 0xff);
    assert_int_equal(r->ram[0xbffff], 0x33);
    config_write8(r, 0, 0x72, 0x5a); /* locking closes it */
    assert_int_equal(config_read8(r, 0, 0x72), 0x1a);
    assert_int_equal(cpu_read(r, 0xa0000), 0xff);
    config_write8(r, 0, 0x72, 0x42);
    assert_int_equal(config_read8(r, 0, 0x72), 0x1a);
    device_reset((struct device *)r->bridge);
    assert_int_equal(config_read8(r, 0, 0x72), 0x02);
}

static void test_pirq(void **state)
{
    struct rig *r = *state;

    assert_int_equal(config_read8(r, 8, 0x60), 0x80);
    piix3_set_intx(r->piix, 1, 0, true); /* PIRQA, routed nowhere */
    assert_int_equal(piix3_intx_irq(r->piix, 1, 0), -1);
    config_write8(r, 8, 0x60, 10);
    assert_true(r->irq.level[10]);
    assert_int_equal(piix3_intx_irq(r->piix, 1, 0), 10);
    assert_int_equal(piix3_intx_irq(r->piix, 2, 3), 10);
    /* slot 2 pin D is PIRQA, too: wired or */
    piix3_set_intx(r->piix, 2, 3, true);
    piix3_set_intx(r->piix, 1, 0, false);
    assert_true(r->irq.level[10]);
    /* two PIRQs on one IRQ */
    config_write8(r, 8, 0x61, 10);
    piix3_set_intx(r->piix, 2, 0, true);
    piix3_set_intx(r->piix, 2, 3, false);
    assert_true(r->irq.level[10]);
    assert_int_equal(r->irq.rises[10], 1);
    /* steered elsewhere, then to what cannot be */
    config_write8(r, 8, 0x61, 11);
    assert_false(r->irq.level[10]);
    assert_true(r->irq.level[11]);
    static const uint8_t invalid[] = { 0, 1, 2, 8, 13, 0x8b };
    for (size_t i = 0; i < ARRAY_LEN(invalid); i++) {
        config_write8(r, 8, 0x61, invalid[i]);
        if (r->irq.level[11] || piix3_intx_irq(r->piix, 2, 0) != -1) {
            fail_msg("route %u is taken", invalid[i]);
        }
    }
    config_write8(r, 8, 0x61, 5);
    device_reset((struct device *)r->piix);
    assert_false(r->irq.level[5]);
    assert_int_equal(config_read8(r, 8, 0x61), 0x80);
    assert_int_equal(config_read8(r, 8, 0x0e), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_mechanism, setup, teardown),
        cmocka_unit_test_setup_teardown(test_pam, setup, teardown),
        cmocka_unit_test_setup_teardown(test_pam_reset, setup, teardown),
        cmocka_unit_test_setup_teardown(test_smram, setup, teardown),
        cmocka_unit_test_setup_teardown(test_pirq, setup, teardown),
    };
    return cmocka_run_group_tests_name("i440fx", tests, NULL, NULL);
}
