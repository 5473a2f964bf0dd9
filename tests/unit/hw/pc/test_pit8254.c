/* SPDX-License-Identifier: MIT */
/* link: core/trace.c */
/* link: hw/pc/pit8254.c hw/pc/pcspk.c core/device.c core/opts.c core/error.c core/log.c */
/* link: core/clock.c core/ioport.c core/physmem.c core/physmem_access.c core/input.c */
/* link: core/types.c os/posix/[a-z]*.c os/linux/[a-z]*.c tests/fake/isa.c tests/fake/irq.c */
/*
 * The timer against the 8254 data sheet, with port 61h that drives gate 2.
 */
#include "hw/pc/pcspk.h"
#include "hw/pc/pit8254.h"
#include "tests/unit/hw/pc/chip.h"

struct rig {
    struct fake_isa *f;
    struct pit8254 *pit;
    struct pcspk *spk;
    uint64_t pulses; /* clock pulses passed, by our count */
    bool masked;
};

static bool masked(void *opaque)
{
    return ((struct rig *)opaque)->masked;
}

static int setup(void **state)
{
    struct rig *r = calloc(1, sizeof *r);

    r->f = fake_isa_new(4096);
    r->pit = pit8254_new(r->f->bus.io, r->f->bus.clock, r->f->bus.irq[0], NULL);
    r->spk = pcspk_new(r->f->bus.io, r->f->bus.clock, r->pit, NULL);
    *state = r;
    return r->pit && r->spk ? 0 : -1;
}

static int teardown(void **state)
{
    struct rig *r = *state;

    device_free((struct device *)r->spk);
    device_free((struct device *)r->pit);
    fake_isa_free(r->f);
    free(r);
    return 0;
}

/* To the middle of the n-th pulse from now. */
static void pulses(struct rig *r, uint64_t n)
{
    r->pulses += n;
    clock_advance_to(r->f->bus.clock, (int64_t)((r->pulses * 2 + 1) * NS_PER_SEC / (2 * PIT_HZ)));
}

static unsigned count(struct rig *r, unsigned ch)
{
    fake_outb(r->f, 0x43, (uint8_t)(ch << 6));
    unsigned low = fake_inb(r->f, (uint16_t)(0x40 + ch));

    return low | (unsigned)fake_inb(r->f, (uint16_t)(0x40 + ch)) << 8;
}

static void program(struct rig *r, unsigned ch, unsigned mode, unsigned n)
{
    fake_outb(r->f, 0x43, (uint8_t)(ch << 6 | 0x30 | mode << 1));
    fake_outb(r->f, (uint16_t)(0x40 + ch), (uint8_t)n);
    fake_outb(r->f, (uint16_t)(0x40 + ch), (uint8_t)(n >> 8));
}

static void mode_0_interrupts_once_after_n_plus_1_pulses(void **state)
{
    struct rig *r = *state;

    pulses(r, 10);
    program(r, 0, 0, 5);
    assert_false(r->f->irq.level[0]);
    assert_int_equal(count(r, 0), 5);
    pulses(r, 1); /* loaded */
    assert_int_equal(count(r, 0), 5);
    pulses(r, 4);
    assert_int_equal(count(r, 0), 1);
    assert_false(r->f->irq.level[0]);
    pulses(r, 1);
    assert_int_equal(count(r, 0), 0);
    assert_true(r->f->irq.level[0]);
    pulses(r, 1);
    assert_int_equal(count(r, 0), 0xffff); /* goes on */
    pulses(r, 70000);
    assert_int_equal(r->f->irq.rises[0], 1);
    /* The first byte of a new count stops it and takes OUT down. */
    fake_outb(r->f, 0x40, 3);
    assert_false(r->f->irq.level[0]);
    pulses(r, 100);
    assert_false(r->f->irq.level[0]);
    fake_outb(r->f, 0x40, 0);
    pulses(r, 4);
    assert_true(r->f->irq.level[0]);
}

static void mode_2_ticks(void **state)
{
    struct rig *r = *state;

    program(r, 0, 2, 100);
    fake_irq_take(&r->f->irq, 0);
    pulses(r, 1);
    assert_int_equal(count(r, 0), 100);
    pulses(r, 98);
    assert_int_equal(count(r, 0), 2);
    assert_true(pit8254_out(r->pit, 0));
    pulses(r, 1);
    assert_int_equal(count(r, 0), 1);
    assert_false(pit8254_out(r->pit, 0)); /* one clock low */
    pulses(r, 1);
    assert_int_equal(count(r, 0), 100);
    assert_int_equal(fake_irq_take(&r->f->irq, 0), 1);
    pulses(r, 1000);
    assert_int_equal(fake_irq_take(&r->f->irq, 0), 10);
    /* A new count waits for the end of the present cycle. */
    pulses(r, 50);
    fake_outb(r->f, 0x40, 20);
    fake_outb(r->f, 0x40, 0);
    assert_int_equal(count(r, 0), 50);
    pulses(r, 50);
    assert_int_equal(count(r, 0), 20);
    assert_int_equal(fake_irq_take(&r->f->irq, 0), 1);
    pulses(r, 200);
    assert_int_equal(fake_irq_take(&r->f->irq, 0), 10);
}

static void redox_tick_is_246_hz(void **state)
{
    struct rig *r = *state;

    OUTS(r->f, { 0x43, 0x34 }, { 0x40, 0xef }, { 0x40, 0x12 }); /* 4847 */
    fake_irq_take(&r->f->irq, 0);
    fake_clock_step(r->f->bus.clock, NS_PER_SEC);
    assert_int_equal(fake_irq_take(&r->f->irq, 0), 1193182 / 4847);
}

static void mode_3_is_a_square_wave(void **state)
{
    struct rig *r = *state;
    static const struct {
        const char *name;
        unsigned n, at, count;
        bool out;
    } cases[] = {
        { "even starts high", 6, 1, 6, true }, { "counts by two", 6, 2, 4, true },
        { "even end of high", 6, 3, 2, true }, { "even low", 6, 4, 6, false },
        { "even end of low", 6, 6, 2, false }, { "even again", 6, 7, 6, true },
        { "odd starts high", 5, 1, 4, true },  { "odd, middle", 5, 2, 2, true },
        { "odd, one longer", 5, 3, 0, true },  { "odd low", 5, 4, 4, false },
        { "odd end of low", 5, 5, 2, false },  { "odd again", 5, 6, 4, true },
        { "odd, second low", 5, 9, 4, false },
    };

    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        program(r, 1, 3, cases[i].n);
        pulses(r, cases[i].at);
        assert_case(cases[i].name, count(r, 1) == cases[i].count);
        assert_case(cases[i].name, pit8254_out(r->pit, 1) == cases[i].out);
    }
    /* Channel 0: the interrupt line follows both edges. */
    program(r, 0, 3, 1000);
    pulses(r, 1);
    fake_irq_take(&r->f->irq, 0);
    assert_true(r->f->irq.level[0]);
    pulses(r, 501);
    assert_false(r->f->irq.level[0]);
    pulses(r, 500);
    assert_true(r->f->irq.level[0]);
    assert_int_equal(fake_irq_take(&r->f->irq, 0), 1);
    /* A new count takes over at the half. */
    pulses(r, 100);
    fake_outb(r->f, 0x40, 20);
    fake_outb(r->f, 0x40, 0);
    pulses(r, 400);
    assert_false(r->f->irq.level[0]);
    assert_int_equal(count(r, 0), 18);
    fake_irq_take(&r->f->irq, 0);
    pulses(r, 200);
    assert_int_equal(fake_irq_take(&r->f->irq, 0), 10);
}

static void mode_4_strobes_once(void **state)
{
    struct rig *r = *state;

    program(r, 0, 4, 10);
    fake_irq_take(&r->f->irq, 0);
    pulses(r, 11);
    assert_false(pit8254_out(r->pit, 0));
    pulses(r, 1);
    assert_true(pit8254_out(r->pit, 0));
    assert_int_equal(fake_irq_take(&r->f->irq, 0), 1);
    pulses(r, 200000);
    assert_int_equal(fake_irq_take(&r->f->irq, 0), 0);
}

static void the_gate_of_channel_2(void **state)
{
    struct rig *r = *state;
    struct fake_isa *f = r->f;

    /* Mode 0 stands still without the gate and goes on where it was. */
    program(r, 2, 0, 100);
    pulses(r, 50);
    assert_int_equal(count(r, 2), 100);
    fake_outb(f, 0x61, 0x01);
    pulses(r, 30);
    fake_outb(f, 0x61, 0x00);
    pulses(r, 500);
    assert_in_range(count(r, 2), 69, 71);
    fake_outb(f, 0x61, 0x01);
    assert_int_equal(fake_inb(f, 0x61) & 0x20, 0);
    pulses(r, 72);
    assert_int_equal(fake_inb(f, 0x61) & 0x20, 0x20);
    /* Mode 1: a shot at each rising edge. */
    program(r, 2, 1, 20);
    assert_true(pit8254_out(r->pit, 2));
    OUTS(f, { 0x61, 0 }, { 0x61, 1 });
    pulses(r, 1);
    assert_false(pit8254_out(r->pit, 2));
    assert_int_equal(count(r, 2), 20);
    pulses(r, 10);
    OUTS(f, { 0x61, 0 }, { 0x61, 1 }); /* again from the start */
    pulses(r, 20);
    assert_false(pit8254_out(r->pit, 2));
    pulses(r, 1);
    assert_true(pit8254_out(r->pit, 2));
    /* Mode 5: a strobe n pulses after the edge. */
    program(r, 2, 5, 20);
    pulses(r, 100);
    assert_true(pit8254_out(r->pit, 2));
    OUTS(f, { 0x61, 0 }, { 0x61, 1 });
    pulses(r, 21);
    assert_false(pit8254_out(r->pit, 2));
    pulses(r, 1);
    assert_true(pit8254_out(r->pit, 2));
    /* Modes 2 and 3: OUT is high without the gate; it starts afresh with it. */
    program(r, 2, 3, 10);
    pulses(r, 7);
    assert_false(pit8254_out(r->pit, 2));
    fake_outb(f, 0x61, 0);
    assert_true(pit8254_out(r->pit, 2));
    fake_outb(f, 0x61, 1);
    pulses(r, 1);
    assert_int_equal(count(r, 2), 10);
}

static void bcd(void **state)
{
    struct rig *r = *state;

    OUTS(r->f, { 0x43, 0x71 }, { 0x41, 0x00 }, { 0x41, 0x10 }); /* mode 0, 1000 */
    pulses(r, 2);
    assert_int_equal(count(r, 1), 0x0999);
    pulses(r, 1000);
    assert_int_equal(count(r, 1), 0x9999);
    OUTS(r->f, { 0x43, 0x75 }, { 0x41, 0x00 }, { 0x41, 0x00 }); /* mode 2, 10000 */
    pulses(r, 2);
    assert_int_equal(count(r, 1), 0x9999);
}

static void latches_and_read_back(void **state)
{
    struct rig *r = *state;
    struct fake_isa *f = r->f;

    program(r, 1, 2, 0x1234);
    pulses(r, 1);
    fake_outb(f, 0x43, 0x40);
    pulses(r, 5);
    fake_outb(f, 0x43, 0x40); /* already latched */
    assert_int_equal(fake_inb(f, 0x41), 0x34);
    pulses(r, 100);
    assert_int_equal(fake_inb(f, 0x41), 0x12);
    assert_int_not_equal(count(r, 1), 0x1234);
    /* Status and count: status is read first. */
    program(r, 1, 2, 0x1234);
    fake_outb(f, 0x43, 0xe4);
    assert_int_equal(fake_inb(f, 0x41), 0xf4); /* OUT, null count, both bytes, mode 2 */
    pulses(r, 1);
    fake_outb(f, 0x43, 0xc4);
    pulses(r, 3);
    assert_int_equal(fake_inb(f, 0x41), 0xb4);
    assert_int_equal(fake_inb(f, 0x41), 0x34);
    assert_int_equal(fake_inb(f, 0x41), 0x12);
    /* One byte only. */
    OUTS(f, { 0x43, 0x54 }, { 0x41, 0x80 });
    pulses(r, 1);
    assert_int_equal(fake_inb(f, 0x41), 0x80);
    OUTS(f, { 0x43, 0x64 }, { 0x41, 0x80 });
    pulses(r, 2);
    assert_int_equal(fake_inb(f, 0x41), 0x7f);
    assert_int_equal(fake_inb(f, 0x43), 0xff);
}

static void counts_of_zero_and_one(void **state)
{
    struct rig *r = *state;

    program(r, 0, 2, 0);
    fake_irq_take(&r->f->irq, 0);
    pulses(r, 65536);
    assert_int_equal(fake_irq_take(&r->f->irq, 0), 0);
    pulses(r, 1);
    assert_int_equal(fake_irq_take(&r->f->irq, 0), 1);
    /* The worst a guest can ask for does not hang anybody. */
    program(r, 0, 3, 1);
    pulses(r, 100000);
    assert_in_range(fake_irq_take(&r->f->irq, 0), 1000, 50000);
}

/* A tick that found the last one untaken is delivered after the acknowledge. */
static void lost_ticks_come_later(void **state)
{
    struct rig *r = *state;
    struct fake_irq *irq = &r->f->irq;

    pit8254_set_lost_ticks(r->pit, TICK_DELAY, masked, r);
    program(r, 0, 2, 1000);
    fake_irq_take(irq, 0);
    pulses(r, 1);
    pulses(r, 5000); /* five ticks, none taken */
    fake_irq_take(irq, 0);
    for (unsigned i = 0; i < 4; i++) {
        pit8254_irq0_acked(r->pit);
        assert_int_equal(fake_irq_take(irq, 0), 1);
        assert_true(irq->level[0]);
    }
    pit8254_irq0_acked(r->pit);
    assert_int_equal(fake_irq_take(irq, 0), 0);
    /* A masked interrupt owes nothing. */
    r->masked = true;
    pulses(r, 5000);
    r->masked = false;
    fake_irq_take(irq, 0);
    pit8254_irq0_acked(r->pit);
    assert_int_equal(fake_irq_take(irq, 0), 0);
    /* Nor does reprogramming, nor the other policy. */
    pulses(r, 5000);
    program(r, 0, 2, 1000);
    pit8254_irq0_acked(r->pit);
    pit8254_irq0_acked(r->pit);
    pit8254_set_lost_ticks(r->pit, TICK_DISCARD, masked, r);
    pulses(r, 5000);
    fake_irq_take(irq, 0);
    pit8254_irq0_acked(r->pit);
    assert_int_equal(fake_irq_take(irq, 0), 0);
}

static void port_61(void **state)
{
    struct rig *r = *state;
    struct fake_isa *f = r->f;
    unsigned toggles = 0;
    uint8_t last = fake_inb(f, 0x61) & 0x10;

    for (unsigned i = 0; i < 1000; i++) {
        fake_clock_step(f->bus.clock, NS_PER_US);
        toggles += (fake_inb(f, 0x61) & 0x10) != last;
        last = fake_inb(f, 0x61) & 0x10;
    }
    assert_in_range(toggles, 65, 67);
    assert_int_equal(pcspk_tone_hz(r->spk), 0);
    OUTS(f, { 0x43, 0xb6 }, { 0x42, 0xa9 }, { 0x42, 0x04 }, { 0x61, 0x03 });
    assert_int_equal(pcspk_tone_hz(r->spk), 1000);
    assert_int_equal(fake_inb(f, 0x61) & 0x0f, 0x03);
    fake_outb(f, 0x61, 0xf1);
    assert_int_equal(fake_inb(f, 0x61) & 0xcf, 0x01);
    assert_int_equal(pcspk_tone_hz(r->spk), 0);
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        T(mode_0_interrupts_once_after_n_plus_1_pulses),
        T(mode_2_ticks),
        T(redox_tick_is_246_hz),
        T(mode_3_is_a_square_wave),
        T(mode_4_strobes_once),
        T(the_gate_of_channel_2),
        T(bcd),
        T(latches_and_read_back),
        T(counts_of_zero_and_one),
        T(lost_ticks_come_later),
        T(port_61),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
