/* SPDX-License-Identifier: MIT */
/* link: core/trace.c */
/* link: hw/pc/acpi_pm.c */
/* link: core/device.c core/opts.c core/error.c core/log.c core/clock.c core/ioport.c */
/* link: core/physmem.c core/physmem_access.c core/input.c core/types.c */
/* link: os/posix/[a-z]*.c os/linux/[a-z]*.c tests/fake/isa.c tests/fake/irq.c */
/*
 * ACPI registers at PMBASE 600h, the SMI command port and the reset control register.
 */
#include "hw/pc/acpi_pm.h"
#include "tests/unit/hw/pc/chip.h"

#define BASE 0x600

struct rig {
    struct fake_isa *f;
    struct acpi_pm *pm;
    struct reset_ctl *rst;
    unsigned smis;
    uint8_t smi_cmd;
};

static void on_smi(void *opaque, uint8_t cmd)
{
    struct rig *r = opaque;

    r->smis++;
    r->smi_cmd = cmd;
}

static int setup(void **state)
{
    struct rig *r = calloc(1, sizeof *r);

    r->f = fake_isa_new(4096);
    struct acpi_pm_config cfg = {
        .io = r->f->bus.io,
        .clock = r->f->bus.clock,
        .sci = r->f->bus.irq[9],
        .ctl = &r->f->ctl,
        .smi = on_smi,
        .opaque = r,
    };
    r->pm = acpi_pm_new(&cfg, NULL);
    r->rst = reset_ctl_new(r->f->bus.io, &r->f->ctl, NULL);
    acpi_pm_map(r->pm, BASE | 1, true); /* PMBASE's low bit says I/O */
    *state = r;
    return r->pm && r->rst ? 0 : -1;
}

static int teardown(void **state)
{
    struct rig *r = *state;

    device_free((struct device *)r->rst);
    device_free((struct device *)r->pm);
    fake_isa_free(r->f);
    free(r);
    return 0;
}

static uint32_t in(struct rig *r, unsigned off, unsigned size)
{
    return ioport_read(r->f->bus.io, (uint16_t)(BASE + off), size);
}

static void out(struct rig *r, unsigned off, uint32_t value, unsigned size)
{
    ioport_write(r->f->bus.io, (uint16_t)(BASE + off), value, size);
}

static void the_timer(void **state)
{
    struct rig *r = *state;

    assert_int_equal(in(r, 8, 4), 0);
    fake_clock_step(r->f->bus.clock, NS_PER_SEC);
    assert_int_equal(in(r, 8, 4), 3579545);
    fake_clock_step(r->f->bus.clock, 4 * NS_PER_SEC);
    assert_int_equal(in(r, 8, 4), (5 * 3579545) & 0xffffff); /* 24 bits */
    assert_int_equal(in(r, 9, 1), (5 * 3579545) >> 8 & 0xff);
}

static void timer_status_and_interrupt(void **state)
{
    struct rig *r = *state;
    int64_t half = (1ll << 23) * NS_PER_SEC / ACPI_PM_TIMER_HZ + 1;

    out(r, 2, 0x0001, 2);
    fake_outb(r->f, 0xb2, ACPI_ENABLE_CMD);
    assert_int_equal(r->smis, 1);
    assert_int_equal(r->smi_cmd, ACPI_ENABLE_CMD);
    assert_int_equal(in(r, 4, 2), 0x0001);
    fake_clock_step(r->f->bus.clock, half - 1000);
    assert_false(r->f->irq.level[9]);
    fake_clock_step(r->f->bus.clock, 1000);
    assert_true(r->f->irq.level[9]); /* bit 23 changed */
    assert_int_equal(in(r, 0, 2), 0x0001);
    out(r, 0, 0x0001, 2);
    assert_int_equal(in(r, 0, 2), 0x0000);
    assert_false(r->f->irq.level[9]);
    fake_clock_step(r->f->bus.clock, half);
    assert_true(r->f->irq.level[9]);
    /* Not in ACPI mode: no SCI. */
    fake_outb(r->f, 0xb2, ACPI_DISABLE_CMD);
    assert_false(r->f->irq.level[9]);
}

static void the_power_button(void **state)
{
    struct rig *r = *state;

    fake_outb(r->f, 0xb2, ACPI_ENABLE_CMD);
    acpi_pm_power_button(r->pm);
    assert_false(r->f->irq.level[9]);
    assert_int_equal(in(r, 0, 2), 0x0100);
    out(r, 3, 0x01, 1); /* enable's high byte alone */
    assert_true(r->f->irq.level[9]);
    assert_int_equal(in(r, 0, 4), 0x01000100);
    out(r, 1, 0x01, 1);
    assert_false(r->f->irq.level[9]);
}

static void soft_off(void **state)
{
    struct rig *r = *state;

    out(r, 4, 0x0400, 2); /* a type alone does nothing */
    out(r, 4, 0x2400, 2); /* suspend is not offered */
    assert_int_equal(r->f->power_offs, 0);
    out(r, 4, 0x2000, 2); /* as Redox's fallback writes */
    assert_int_equal(r->f->power_offs, 1);
    out(r, 4, 0x0001, 2);
    out(r, 4, 0x2001, 2);
    assert_int_equal(r->f->power_offs, 2);
    assert_int_equal(in(r, 4, 2), 0x0001); /* SLP_EN reads 0 */
}

static void general_purpose_events(void **state)
{
    struct rig *r = *state;
    struct ioport_space *io = r->f->bus.io;

    fake_outb(r->f, 0xb2, ACPI_ENABLE_CMD);
    acpi_pm_gpe(r->pm, 9);
    assert_int_equal(ioport_read(io, ACPI_GPE0_BASE + 1, 1), 0x02);
    assert_false(r->f->irq.level[9]);
    ioport_write(io, ACPI_GPE0_BASE + 3, 0x02, 1);
    assert_true(r->f->irq.level[9]);
    ioport_write(io, ACPI_GPE0_BASE, 0x0200, 2);
    assert_false(r->f->irq.level[9]);
    assert_int_equal(ioport_read(io, ACPI_GPE0_BASE, 4), 0x02000000);
}

static void the_base_moves(void **state)
{
    struct rig *r = *state;

    acpi_pm_map(r->pm, 0x1000, true);
    assert_int_equal(in(r, 4, 2), 0xffff);
    assert_int_equal(ioport_read(r->f->bus.io, 0x1004, 2), 0);
    acpi_pm_map(r->pm, 0x1000, false);
    assert_int_equal(ioport_read(r->f->bus.io, 0x1004, 2), 0xffff);
    for (unsigned i = 0; i < 5000; i++) { /* and moves, and moves */
        acpi_pm_map(r->pm, (uint16_t)(i << 6), true);
    }
}

static void reset_control(void **state)
{
    struct rig *r = *state;

    fake_outb(r->f, 0xcf9, 0x02);
    assert_int_equal(r->f->system_resets + r->f->cpu_resets, 0);
    fake_outb(r->f, 0xcf9, 0x06);
    assert_int_equal(r->f->system_resets, 1);
    fake_outb(r->f, 0xcf9, 0x06);
    assert_int_equal(r->f->system_resets, 1);
    fake_outb(r->f, 0xcf9, 0x00);
    fake_outb(r->f, 0xcf9, 0x04);
    assert_int_equal(r->f->cpu_resets, 1);
    assert_int_equal(fake_inb(r->f, 0xcf9), 0x04);
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        T(the_timer),     T(timer_status_and_interrupt), T(the_power_button),
        T(soft_off),      T(general_purpose_events),     T(the_base_moves),
        T(reset_control),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
