/* SPDX-License-Identifier: MIT */
/* link: core/trace.c */
/* link: hw/pc/hpet.c core/device.c core/opts.c core/error.c core/log.c core/clock.c */
/* link: core/ioport.c core/physmem.c core/physmem_access.c core/input.c core/types.c */
/* link: os/posix/[a-z]*.c os/linux/[a-z]*.c tests/fake/isa.c tests/fake/irq.c */
/*
 * The HPET against its specification. Lines 0 and 8 are the legacy ones, 20 and 21 the I/O APIC's.
 */
#include "hw/pc/hpet.h"
#include "tests/unit/hw/pc/chip.h"

struct rig {
    struct fake_isa *f;
    struct hpet *hpet;
    unsigned msis;
    uint64_t msi_addr;
    uint32_t msi_data;
};

static void on_msi(void *opaque, uint64_t addr, uint32_t data)
{
    struct rig *r = opaque;

    r->msis++;
    r->msi_addr = addr;
    r->msi_data = data;
}

static bool never_masked(void *opaque)
{
    (void)opaque;
    return false;
}

static int setup(void **state)
{
    struct rig *r = calloc(1, sizeof *r);

    r->f = fake_isa_new(4096);
    struct hpet_config cfg = {
        .mem = r->f->bus.mem,
        .clock = r->f->bus.clock,
        .base = HPET_BASE,
        .timers = 3,
        .irq0 = r->f->bus.irq[0],
        .irq8 = r->f->bus.irq[8],
        .msi = on_msi,
        .msi_opaque = r,
    };
    cfg.irq[20] = fake_irq_line(&r->f->irq, 20);
    cfg.irq[21] = fake_irq_line(&r->f->irq, 21);
    r->hpet = hpet_new(&cfg, NULL);
    *state = r;
    return r->hpet ? 0 : -1;
}

static int teardown(void **state)
{
    struct rig *r = *state;

    device_free((struct device *)r->hpet);
    fake_isa_free(r->f);
    free(r);
    return 0;
}

static uint64_t rd(struct rig *r, unsigned off)
{
    return physmem_io_read(r->f->bus.mem, HPET_BASE + off, 8);
}

static void wr(struct rig *r, unsigned off, uint64_t value)
{
    physmem_io_write(r->f->bus.mem, HPET_BASE + off, value, 8);
}

static void wr32(struct rig *r, unsigned off, uint32_t value)
{
    physmem_io_write(r->f->bus.mem, HPET_BASE + off, value, 4);
}

static void ticks(struct rig *r, int64_t n)
{
    fake_clock_step(r->f->bus.clock, n * 10);
}

static void capabilities(void **state)
{
    struct rig *r = *state;

    assert_true(rd(r, 0) == 0x009896808086a201ull);
    assert_int_equal(physmem_io_read(r->f->bus.mem, HPET_BASE + 4, 4), 10000000);
    assert_true(rd(r, 0x100) == 0x0030000000008030ull);
    assert_true(rd(r, 0x108) == UINT64_MAX);
}

static void the_counter_runs_stops_and_is_written(void **state)
{
    struct rig *r = *state;

    ticks(r, 100);
    assert_int_equal(rd(r, 0xf0), 0);
    wr(r, 0x10, 1);
    ticks(r, 1000);
    assert_int_equal(rd(r, 0xf0), 1000);
    wr(r, 0x10, 0);
    ticks(r, 1000);
    assert_int_equal(rd(r, 0xf0), 1000);
    wr(r, 0xf0, 0x123456789aull);
    wr(r, 0x10, 1);
    ticks(r, 6);
    assert_true(rd(r, 0xf0) == 0x12345678a0ull);
    wr(r, 0x10, 0);
    wr32(r, 0xf0, 5);
    wr32(r, 0xf4, 7);
    assert_true(rd(r, 0xf0) == 0x700000005ull);
}

static void one_shot_edge_and_level(void **state)
{
    struct rig *r = *state;
    struct fake_irq *irq = &r->f->irq;

    wr(r, 0x10, 1);
    wr(r, 0x120, 20 << 9 | 4); /* timer 1, edge, pin 20 */
    wr(r, 0x128, 500);
    ticks(r, 499);
    assert_int_equal(fake_irq_take(irq, 20), 0);
    ticks(r, 1);
    assert_int_equal(fake_irq_take(irq, 20), 1);
    assert_int_equal(rd(r, 0x20), 0);
    ticks(r, 100000);
    assert_int_equal(fake_irq_take(irq, 20), 0);
    /* Level: held until the status bit is cleared. */
    wr(r, 0x140, 21 << 9 | 6);
    wr(r, 0x148, rd(r, 0xf0) + 50);
    ticks(r, 50);
    assert_true(irq->level[21]);
    assert_int_equal(rd(r, 0x20), 4);
    wr(r, 0x20, 2);
    assert_true(irq->level[21]);
    wr(r, 0x20, 4);
    assert_false(irq->level[21]);
    /* Written a little too late: at once, not after the wrap. */
    wr(r, 0x128, rd(r, 0xf0) - 3);
    assert_int_equal(fake_irq_take(irq, 20), 1);
    /* The power-on comparator doesn't fire. */
    wr(r, 0x100, 20 << 9 | 4);
    ticks(r, 1000);
    assert_int_equal(fake_irq_take(irq, 20), 0);
}

static void a_32_bit_timer_fires_at_each_wrap(void **state)
{
    struct rig *r = *state;

    wr(r, 0x10, 1);
    wr(r, 0x120, 20 << 9 | 0x104);
    wr32(r, 0x128, 100);
    ticks(r, 100);
    assert_int_equal(fake_irq_take(&r->f->irq, 20), 1);
    ticks(r, (int64_t)1 << 32);
    assert_int_equal(fake_irq_take(&r->f->irq, 20), 1);
}

/* REDOX.md: config, comparator = now + divisor, comparator = period, then legacy and enable. */
static void redox_tick(void **state)
{
    struct rig *r = *state;
    struct fake_irq *irq = &r->f->irq;
    const uint64_t period = 406250;

    irq_set(hpet_pit_input(r->hpet), true);
    assert_true(irq->level[0]);
    wr(r, 0x10, 0);
    wr(r, 0x100, 0x4c);
    wr(r, 0x108, rd(r, 0xf0) + period);
    assert_int_equal(rd(r, 0x100) & 0x40, 0); /* VAL_SET clears itself */
    wr(r, 0x108, period);
    wr(r, 0x10, 3);
    assert_true(hpet_cuts_pit(r->hpet));
    assert_false(irq->level[0]);
    fake_irq_take(irq, 0);
    irq_set(hpet_pit_input(r->hpet), false);
    irq_set(hpet_pit_input(r->hpet), true); /* the PIT is cut off */
    assert_int_equal(fake_irq_take(irq, 0), 0);
    for (unsigned i = 1; i <= 10; i++) {
        assert_int_equal(rd(r, 0x108), i * period); /* the next expiry */
        ticks(r, (int64_t)period - 1);
        assert_int_equal(fake_irq_take(irq, 0), 0);
        ticks(r, 1);
        assert_int_equal(fake_irq_take(irq, 0), 1);
        assert_true(irq->level[0]); /* held for the 8259 */
    }
    /* Back: the PIT's level shows again. */
    wr(r, 0x10, 1);
    fake_irq_take(irq, 0);
    irq_set(hpet_pit_input(r->hpet), false);
    irq_set(hpet_pit_input(r->hpet), true);
    assert_int_equal(fake_irq_take(irq, 0), 1);
    irq_set(hpet_rtc_input(r->hpet), true);
    assert_true(irq->level[8]);
}

/* Linux: 32 bits, periodic, both writes of 32 bits. */
static void linux_periodic(void **state)
{
    struct rig *r = *state;

    wr32(r, 0x10, 1);
    wr32(r, 0x120, 20 << 9 | 0x14c);
    wr32(r, 0x128, (uint32_t)rd(r, 0xf0) + 1000);
    wr32(r, 0x128, 1000);
    ticks(r, 10000);
    assert_int_equal(fake_irq_take(&r->f->irq, 20), 10);
    assert_int_equal(rd(r, 0x128), 11000);
    wr32(r, 0x120, 20 << 9 | 0x108); /* off */
    ticks(r, 10000);
    assert_int_equal(fake_irq_take(&r->f->irq, 20), 0);
}

static void lost_ticks_come_later(void **state)
{
    struct rig *r = *state;

    hpet_set_lost_ticks(r->hpet, TICK_DELAY, never_masked, r);
    wr(r, 0x100, 0x4c);
    wr(r, 0x108, 10000);
    wr(r, 0x108, 10000);
    wr(r, 0x10, 3);
    ticks(r, 30000);
    fake_irq_take(&r->f->irq, 0);
    hpet_irq0_acked(r->hpet);
    assert_int_equal(fake_irq_take(&r->f->irq, 0), 1);
    hpet_irq0_acked(r->hpet);
    assert_int_equal(fake_irq_take(&r->f->irq, 0), 1);
    hpet_irq0_acked(r->hpet);
    assert_int_equal(fake_irq_take(&r->f->irq, 0), 0);
}

static void fsb_delivery(void **state)
{
    struct rig *r = *state;

    wr(r, 0x140, 0x4004);
    wr(r, 0x150, 0xfee0100000000061ull);
    wr(r, 0x148, 100);
    wr(r, 0x10, 1);
    ticks(r, 100);
    assert_int_equal(r->msis, 1);
    assert_true(r->msi_addr == 0xfee01000);
    assert_int_equal(r->msi_data, 0x61);
}

static void a_short_period_holds_nobody(void **state)
{
    struct rig *r = *state;

    wr(r, 0x100, 20 << 9 | 0x4c);
    wr(r, 0x108, 1);
    wr(r, 0x10, 1);
    ticks(r, 10000000);
    assert_in_range(fake_irq_take(&r->f->irq, 20), 1000, 20000);
    assert_true(rd(r, 0x108) > 10000000);
    wr(r, 0x108, 0);
    ticks(r, 1000);
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        T(capabilities),
        T(the_counter_runs_stops_and_is_written),
        T(one_shot_edge_and_level),
        T(a_32_bit_timer_fires_at_each_wrap),
        T(redox_tick),
        T(linux_periodic),
        T(lost_ticks_come_later),
        T(fsb_delivery),
        T(a_short_period_holds_nobody),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
