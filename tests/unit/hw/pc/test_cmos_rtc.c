/* SPDX-License-Identifier: MIT */
/* link: core/trace.c */
/* link: hw/pc/cmos_rtc.c */
/* link: core/device.c core/opts.c core/error.c core/log.c core/clock.c core/ioport.c */
/* link: core/physmem.c core/physmem_access.c core/input.c core/types.c */
/* link: os/posix/[a-z]*.c os/linux/[a-z]*.c tests/fake/isa.c tests/fake/irq.c */
/*
 * The clock against the MC146818A data sheet. Virtual time 0 is 2024-02-29 23:59:50 UTC, a
 * Thursday.
 */
#include "hw/pc/cmos_rtc.h"
#include "tests/unit/hw/pc/chip.h"

#define START 1709251190

struct rig {
    struct fake_isa *f;
    struct cmos_rtc *rtc;
};

static int setup(void **state)
{
    struct rig *r = calloc(1, sizeof *r);

    r->f = fake_isa_new(4096);
    clock_set_rtc_base(r->f->bus.clock, START);
    r->rtc = cmos_rtc_new(r->f->bus.io, r->f->bus.clock, r->f->bus.irq[8], NULL);
    *state = r;
    return r->rtc ? 0 : -1;
}

static int teardown(void **state)
{
    struct rig *r = *state;

    device_free((struct device *)r->rtc);
    fake_isa_free(r->f);
    free(r);
    return 0;
}

static uint8_t rd(struct rig *r, uint8_t index)
{
    fake_outb(r->f, 0x70, index);
    return fake_inb(r->f, 0x71);
}

static void wr(struct rig *r, uint8_t index, uint8_t value)
{
    fake_outb(r->f, 0x70, index);
    fake_outb(r->f, 0x71, value);
}

static void step(struct rig *r, int64_t ns)
{
    fake_clock_step(r->f->bus.clock, ns);
}

/* century year month day dow hour minute second */
static void assert_date(struct rig *r, const uint8_t want[8])
{
    static const uint8_t index[8] = { 0x32, 9, 8, 7, 6, 4, 2, 0 };

    for (unsigned i = 0; i < 8; i++) {
        uint8_t got = rd(r, index[i]);

        if (got != want[i]) {
            fail_msg("register 0x%02x: 0x%02x, not 0x%02x", index[i], got, want[i]);
        }
    }
}

#define DATE(r, ...) assert_date((r), (const uint8_t[8]){ __VA_ARGS__ })

static void dates_and_formats(void **state)
{
    struct rig *r = *state;

    DATE(r, 0x20, 0x24, 0x02, 0x29, 5, 0x23, 0x59, 0x50);
    wr(r, 0x0b, 0x00); /* 12 hours */
    assert_int_equal(rd(r, 4), 0x91);
    wr(r, 0x0b, 0x06); /* binary */
    DATE(r, 0x20, 24, 2, 29, 5, 23, 59, 50);
    wr(r, 0x0b, 0x04);
    assert_int_equal(rd(r, 4), 0x8b);
    step(r, 10 * NS_PER_SEC);
    assert_int_equal(rd(r, 4), 12); /* midnight is 12 AM */
    wr(r, 0x0b, 0x02);
    DATE(r, 0x20, 0x24, 0x03, 0x01, 6, 0x00, 0x00, 0x00);
    step(r, 12 * 3600 * NS_PER_SEC);
    wr(r, 0x0b, 0x00);
    assert_int_equal(rd(r, 4), 0x92); /* noon is 12 PM */
    assert_int_equal(rd(r, 0x0d), 0x80);
}

static void setting_the_date(void **state)
{
    struct rig *r = *state;
    static const uint8_t date[][2] = {
        { 0x32, 0x19 }, { 9, 0x99 }, { 8, 0x12 }, { 7, 0x31 },
        { 6, 6 },       { 4, 0x23 }, { 2, 0x59 }, { 0, 0x58 },
    };

    step(r, 300 * NS_PER_MS);
    wr(r, 0x0b, 0x82);
    for (size_t i = 0; i < ARRAY_LEN(date); i++) {
        wr(r, date[i][0], date[i][1]);
    }
    step(r, 5 * NS_PER_SEC);
    DATE(r, 0x19, 0x99, 0x12, 0x31, 6, 0x23, 0x59, 0x58); /* it stands still */
    assert_int_equal(rd(r, 0x0a) & 0x80, 0);
    wr(r, 0x0b, 0x02);
    DATE(r, 0x19, 0x99, 0x12, 0x31, 6, 0x23, 0x59, 0x58);
    step(r, 700 * NS_PER_MS); /* the second goes on from its phase */
    DATE(r, 0x19, 0x99, 0x12, 0x31, 6, 0x23, 0x59, 0x59);
    step(r, NS_PER_SEC);
    DATE(r, 0x20, 0x00, 0x01, 0x01, 7, 0x00, 0x00, 0x00);
    /* A reset leaves the date alone. */
    device_reset((struct device *)r->rtc);
    DATE(r, 0x20, 0x00, 0x01, 0x01, 7, 0x00, 0x00, 0x00);
}

/* Linux sets the date with the divider in reset: the first update follows half a second later. */
static void the_divider_reset(void **state)
{
    struct rig *r = *state;

    step(r, 900 * NS_PER_MS);
    wr(r, 0x0b, 0x82);
    wr(r, 0x0a, 0x76);
    wr(r, 0, 0x10);
    step(r, 3 * NS_PER_SEC);
    wr(r, 0x0b, 0x02);
    wr(r, 0x0a, 0x26);
    step(r, 499 * NS_PER_MS);
    assert_int_equal(rd(r, 0), 0x10);
    step(r, NS_PER_MS);
    assert_int_equal(rd(r, 0), 0x11);
    step(r, NS_PER_SEC);
    assert_int_equal(rd(r, 0), 0x12);
}

static void update_in_progress(void **state)
{
    struct rig *r = *state;

    step(r, 997 * NS_PER_MS);
    assert_int_equal(rd(r, 0x0a), 0x26);
    step(r, NS_PER_MS);
    assert_int_equal(rd(r, 0x0a), 0xa6);
    step(r, 2 * NS_PER_MS);
    assert_int_equal(rd(r, 0x0a), 0x26);
    wr(r, 0x0a, 0xa6); /* read-only */
    assert_int_equal(rd(r, 0x0a), 0x26);
}

static void periodic_interrupts(void **state)
{
    struct rig *r = *state;
    static const struct {
        const char *name;
        uint8_t rate;
        unsigned hz;
    } rates[] = {
        { "off", 0, 0 },           { "1", 1, 256 }, { "2", 2, 128 }, { "3", 3, 8192 },
        { "6, 1024 Hz", 6, 1024 }, { "13", 13, 8 }, { "15", 15, 2 },
    };

    for (size_t i = 0; i < ARRAY_LEN(rates); i++) {
        wr(r, 0x0a, 0x20 | rates[i].rate);
        wr(r, 0x0b, 0x42);
        rd(r, 0x0c);
        unsigned n = 0;
        for (unsigned t = 0; t < 20000; t++) {
            step(r, 50 * NS_PER_US);
            if (r->f->irq.level[8]) {
                n++;
                assert_case(rates[i].name, (rd(r, 0x0c) & 0xc0) == 0xc0);
            }
        }
        assert_case(rates[i].name, n + 1 >= rates[i].hz && n <= rates[i].hz + 1);
    }
    /* Without PIE the flag tells all the same. */
    wr(r, 0x0b, 0x02);
    wr(r, 0x0a, 0x26);
    rd(r, 0x0c);
    assert_int_equal(rd(r, 0x0c) & 0x40, 0);
    step(r, NS_PER_MS);
    assert_int_equal(rd(r, 0x0c) & 0xc0, 0x40);
    assert_false(r->f->irq.level[8]);
}

static void update_ended_and_alarm(void **state)
{
    struct rig *r = *state;
    struct fake_irq *irq = &r->f->irq;

    wr(r, 0x0a, 0x20);
    wr(r, 0x0b, 0x12);
    step(r, 999 * NS_PER_MS);
    assert_false(irq->level[8]);
    step(r, NS_PER_MS);
    assert_true(irq->level[8]);
    assert_int_equal(rd(r, 0x0c), 0x90);
    assert_false(irq->level[8]);
    /* Alarm at 00:00:05, 23:59:51 now. */
    wr(r, 1, 0x05);
    wr(r, 3, 0x00);
    wr(r, 5, 0x00);
    wr(r, 0x0b, 0x22);
    fake_irq_take(irq, 8);
    step(r, 14 * NS_PER_SEC - 1);
    assert_false(irq->level[8]);
    step(r, 1);
    assert_true(irq->level[8]);
    assert_int_equal(rd(r, 0x0c), 0xb0);
    assert_int_equal(rd(r, 0), 0x05);
    step(r, 24ll * 3600 * NS_PER_SEC - 1);
    assert_false(irq->level[8]);
    step(r, 1);
    assert_true(irq->level[8]);
    rd(r, 0x0c);
    /* Don't care: every second. */
    wr(r, 1, 0xff);
    wr(r, 3, 0xc0);
    wr(r, 5, 0xff);
    for (unsigned i = 0; i < 3; i++) {
        step(r, NS_PER_SEC);
        assert_int_equal(rd(r, 0x0c) & 0xa0, 0xa0);
    }
    /* An hour that never comes. */
    wr(r, 5, 0x30);
    step(r, 48ll * 3600 * NS_PER_SEC);
    assert_false(irq->level[8]);
}

static void lost_ticks_follow_the_read(void **state)
{
    struct rig *r = *state;

    cmos_rtc_set_lost_ticks(r->rtc, TICK_DELAY);
    wr(r, 0x0a, 0x26);
    wr(r, 0x0b, 0x42);
    rd(r, 0x0c);
    step(r, 5 * NS_PER_SEC / 1024 + 1);
    for (unsigned i = 0; i < 5; i++) {
        assert_true(r->f->irq.level[8]);
        fake_irq_take(&r->f->irq, 8);
        assert_int_equal(rd(r, 0x0c) & 0xc0, 0xc0);
    }
    assert_false(r->f->irq.level[8]);
}

static void ram_and_ports(void **state)
{
    struct rig *r = *state;

    cmos_set(r->rtc, 0x34, 0x12);
    assert_int_equal(rd(r, 0x34), 0x12);
    assert_int_equal(rd(r, 0xb4), 0x12);
    assert_true(cmos_nmi_disabled(r->rtc));
    wr(r, 0x0f, 0x0a);
    device_reset((struct device *)r->rtc);
    assert_int_equal(rd(r, 0x0f), 0x0a); /* the shutdown code survives */
    assert_int_equal(cmos_get(r->rtc, 0x34), 0x12);
    assert_int_equal(fake_inb(r->f, 0x70), 0xff);
    /* Nonsense in every register neither hangs nor crashes. */
    for (unsigned pass = 0; pass < 4; pass++) {
        for (unsigned i = 0; i < 128; i++) {
            wr(r, (uint8_t)i, (uint8_t)(pass * 85 + (pass == 3)));
            step(r, NS_PER_SEC);
            rd(r, (uint8_t)i);
        }
    }
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        T(dates_and_formats),          T(setting_the_date),    T(the_divider_reset),
        T(update_in_progress),         T(periodic_interrupts), T(update_ended_and_alarm),
        T(lost_ticks_follow_the_read), T(ram_and_ports),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
