/* SPDX-License-Identifier: MIT */
/* link: core/trace.c */
/* link: hw/char/uart16550.c hw/char/parallel.c tests/fake/chardev.c */
/* link: core/device.c core/opts.c core/error.c core/log.c core/clock.c core/ioport.c */
/* link: core/physmem.c core/physmem_access.c core/input.c core/types.c */
/* link: os/posix/[a-z]*.c os/linux/[a-z]*.c tests/fake/isa.c tests/fake/irq.c */
/*
 * Serial and parallel ports: registers, interrupts and the way to the host.
 */
#include "hw/char/parallel.h"
#include "hw/char/uart16550.h"
#include "tests/fake/chardev.h"
#include "tests/unit/hw/pc/chip.h"

#define COM 0x3f8
#define LPT 0x378

struct rig {
    struct fake_isa *f;
    struct chardev *c;
    struct device *d;
};

static int setup(void **state)
{
    struct rig *r = calloc(1, sizeof *r);

    r->f = fake_isa_new(4096);
    r->c = fake_chardev_new();
    r->d = isa_serial_new(&r->f->bus, 0, r->c, NULL);
    *state = r;
    return r->d ? 0 : -1;
}

static int teardown(void **state)
{
    struct rig *r = *state;

    device_free(r->d);
    fake_chardev_free(r->c);
    fake_isa_free(r->f);
    free(r);
    return 0;
}

static uint8_t rd(struct rig *r, unsigned reg)
{
    return fake_inb(r->f, (uint16_t)(COM + reg));
}

static void wr(struct rig *r, unsigned reg, uint8_t value)
{
    fake_outb(r->f, (uint16_t)(COM + reg), value);
}

/* 115200 8N1, FIFO with trigger 14, OUT2. */
static void open_port(struct rig *r, uint8_t fcr, uint8_t ier)
{
    wr(r, 3, 0x80);
    wr(r, 0, 1);
    wr(r, 1, 0);
    wr(r, 3, 0x03);
    wr(r, 2, fcr);
    wr(r, 4, 0x0b);
    wr(r, 1, ier);
}

static bool irq(struct rig *r)
{
    return r->f->irq.level[4];
}

static void power_on(void **state)
{
    struct rig *r = *state;

    assert_int_equal(rd(r, 1), 0x00);
    assert_int_equal(rd(r, 2), 0x01);
    assert_int_equal(rd(r, 3), 0x00);
    assert_int_equal(rd(r, 4), 0x00);
    assert_int_equal(rd(r, 5), 0x60);
    assert_int_equal(rd(r, 6), 0xb0);
    wr(r, 7, 0x5a);
    assert_int_equal(rd(r, 7), 0x5a);
    wr(r, 3, 0x83);
    wr(r, 0, 0x34);
    wr(r, 1, 0x12);
    assert_int_equal(rd(r, 0), 0x34);
    assert_int_equal(rd(r, 1), 0x12);
    assert_string_equal(fake_chardev_take(r->c), "");
}

/* Redox's test: two bytes there and back in the very next access. */
static void loop_back_is_synchronous(void **state)
{
    struct rig *r = *state;

    open_port(r, 0xc7, 0);
    wr(r, 4, 0x1b);
    wr(r, 0, 0x55);
    assert_int_equal(rd(r, 0), 0x55);
    wr(r, 0, 0xaa);
    assert_int_equal(rd(r, 0), 0xaa);
    assert_string_equal(fake_chardev_take(r->c), "");
    /* Modem lines loop, too: DTR, RTS, OUT1, OUT2 to DSR, CTS, RI, DCD. */
    static const uint8_t lines[][2] = { { 1, 0x20 }, { 2, 0x10 }, { 4, 0x40 }, { 8, 0x80 } };
    for (size_t i = 0; i < ARRAY_LEN(lines); i++) {
        wr(r, 4, 0x10 | lines[i][0]);
        assert_int_equal(rd(r, 6) & 0xf0, lines[i][1]);
    }
    wr(r, 4, 0x10);
    assert_int_equal(rd(r, 6) & 0x0f, 0x08);
    wr(r, 4, 0x14);
    assert_int_equal(rd(r, 6) & 0x0f, 0x00); /* RI rises: no delta */
    wr(r, 4, 0x10);
    assert_int_equal(rd(r, 6) & 0x0f, 0x04); /* trailing edge */
    /* Sixteen fit, the next overruns and is lost. */
    for (unsigned i = 0; i < 17; i++) {
        wr(r, 0, (uint8_t)i);
    }
    assert_int_equal(rd(r, 5), 0x63);
    assert_int_equal(rd(r, 5), 0x61);
    for (unsigned i = 0; i < 16; i++) {
        assert_int_equal(rd(r, 0), i);
    }
    assert_int_equal(rd(r, 5), 0x60);
    /* Break, with five bits a word. */
    wr(r, 3, 0x40);
    assert_int_equal(rd(r, 5) & 0x99, 0x99);
    assert_int_equal(rd(r, 0), 0);
    wr(r, 3, 0x00);
    wr(r, 0, 0xff);
    assert_int_equal(rd(r, 0), 0x1f);
    /* Bytes from the host wait outside. */
    fake_chardev_input(r->c, "x", 1);
    assert_int_equal(rd(r, 5) & 1, 0);
    wr(r, 3, 0x03);
    wr(r, 4, 0x0b);
    assert_int_equal(rd(r, 0), 'x');
}

static void transmit_by_polling(void **state)
{
    struct rig *r = *state;

    for (const char *s = "hello"; *s; s++) {
        assert_int_equal(rd(r, 5) & 0x20, 0x20);
        wr(r, 3, 0x03);
        wr(r, 0, (uint8_t)*s);
    }
    assert_string_equal(fake_chardev_take(r->c), "hello");
}

static void thre_interrupt(void **state)
{
    struct rig *r = *state;

    open_port(r, 0x00, 0x02);
    assert_true(irq(r)); /* enabling tells of the empty register */
    assert_int_equal(rd(r, 2), 0x02);
    assert_false(irq(r)); /* reading IIR clears it */
    assert_int_equal(rd(r, 2), 0x01);
    fake_irq_take(&r->f->irq, 4);
    wr(r, 0, 'a');
    assert_true(irq(r));
    wr(r, 0, 'b');
    assert_int_equal(fake_irq_take(&r->f->irq, 4), 2); /* an edge for each */
    wr(r, 1, 0x00);
    assert_false(irq(r));
    wr(r, 1, 0x02);
    assert_true(irq(r));
    wr(r, 4, 0x03); /* OUT2 off: the line is cut */
    assert_false(irq(r));
    assert_int_equal(rd(r, 2), 0x02);
}

static void a_full_host_holds_thre(void **state)
{
    struct rig *r = *state;

    open_port(r, 0x07, 0x02);
    rd(r, 2);
    fake_chardev_set_room(r->c, 3);
    for (unsigned i = 0; i < 10; i++) {
        wr(r, 0, (uint8_t)('a' + i));
    }
    assert_string_equal(fake_chardev_take(r->c), "abc");
    assert_int_equal(rd(r, 5) & 0x60, 0x00);
    fake_chardev_set_room(r->c, 2);
    assert_string_equal(fake_chardev_take(r->c), "de");
    rd(r, 2);
    assert_false(irq(r));
    fake_chardev_set_room(r->c, SIZE_MAX);
    assert_string_equal(fake_chardev_take(r->c), "fghij");
    assert_int_equal(rd(r, 5) & 0x60, 0x60);
    assert_true(irq(r));
}

static void receive_triggers(void **state)
{
    struct rig *r = *state;
    static const struct {
        const char *name;
        uint8_t fcr;
        unsigned level;
    } cases[] = { { "1", 0x07, 1 }, { "4", 0x47, 4 }, { "8", 0x87, 8 }, { "14", 0xc7, 14 } };

    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        open_port(r, cases[i].fcr, 0x01);
        for (unsigned n = 1; n <= cases[i].level; n++) {
            assert_case(cases[i].name, !irq(r));
            fake_chardev_input(r->c, "x", 1);
        }
        assert_case(cases[i].name, irq(r) && rd(r, 2) == 0xc4);
        rd(r, 0);
        assert_case(cases[i].name, irq(r) == false);
    }
}

static void character_timeout(void **state)
{
    struct rig *r = *state;
    int64_t char_ns = 10 * NS_PER_SEC / 115200;

    open_port(r, 0xc7, 0x01);
    fake_chardev_input(r->c, "ab", 2);
    fake_clock_step(r->f->bus.clock, 3 * char_ns);
    assert_false(irq(r));
    fake_chardev_input(r->c, "c", 1); /* starts afresh */
    fake_clock_step(r->f->bus.clock, 3 * char_ns);
    assert_false(irq(r));
    fake_clock_step(r->f->bus.clock, char_ns + 100);
    assert_true(irq(r));
    assert_int_equal(rd(r, 2), 0xcc);
    assert_int_equal(rd(r, 2), 0xcc); /* until the data is read */
    assert_int_equal(rd(r, 0), 'a');
    assert_int_equal(rd(r, 2), 0xc1);
    fake_clock_step(r->f->bus.clock, 5 * char_ns);
    assert_int_equal(rd(r, 2), 0xcc); /* the rest */
    rd(r, 0);
    rd(r, 0);
    fake_clock_step(r->f->bus.clock, NS_PER_SEC);
    assert_int_equal(rd(r, 2), 0xc1);
}

static void a_burst_from_the_host_is_not_lost(void **state)
{
    struct rig *r = *state;
    uint8_t burst[1000];

    for (unsigned i = 0; i < sizeof burst; i++) {
        burst[i] = (uint8_t)(i * 13);
    }
    open_port(r, 0xc7, 0x01);
    fake_chardev_input(r->c, burst, sizeof burst);
    for (unsigned i = 0; i < sizeof burst; i++) {
        assert_int_equal(rd(r, 5) & 0x03, 0x01);
        assert_int_equal(rd(r, 0), burst[i]);
    }
    assert_int_equal(rd(r, 5) & 1, 0);
    /* Without FIFO, too. */
    wr(r, 2, 0x00);
    fake_chardev_input(r->c, burst, sizeof burst);
    for (unsigned i = 0; i < sizeof burst; i++) {
        assert_int_equal(rd(r, 0), burst[i]);
    }
}

static void priorities(void **state)
{
    struct rig *r = *state;

    open_port(r, 0x07, 0x0f);
    wr(r, 4, 0x08); /* nothing changes outside loop-back */
    fake_chardev_input(r->c, "x", 1);
    fake_chardev_event(r->c, CHARDEV_BREAK);
    assert_int_equal(rd(r, 2), 0xc4); /* the break is not on top yet */
    assert_int_equal(rd(r, 5), 0xe1);
    assert_int_equal(rd(r, 0), 'x');
    assert_int_equal(rd(r, 2), 0xc6);
    assert_int_equal(rd(r, 5), 0xf9);
    assert_int_equal(rd(r, 5), 0x61);
    assert_int_equal(rd(r, 2), 0xc4);
    rd(r, 0);
    assert_int_equal(rd(r, 2), 0xc2);
    wr(r, 4, 0x18);
    assert_int_equal(rd(r, 2), 0xc0); /* modem status */
    rd(r, 6);
    assert_int_equal(rd(r, 2), 0xc1);
}

static void fifo_control(void **state)
{
    struct rig *r = *state;

    open_port(r, 0x01, 0x00);
    assert_int_equal(rd(r, 2) & 0xc0, 0xc0);
    fake_chardev_input(r->c, "abc", 3);
    wr(r, 2, 0x03);
    assert_int_equal(rd(r, 5) & 1, 0);
    fake_chardev_input(r->c, "abc", 3);
    wr(r, 2, 0xc2); /* bit 0 clear: the rest is ignored, but leaving FIFO mode empties it */
    assert_int_equal(rd(r, 2) & 0xc0, 0x00);
    assert_int_equal(rd(r, 5) & 1, 0);
}

/* A guest that refills in its handler gets out of it: no more than 512 rounds of 16. */
static void an_endless_transmitter_pauses(void **state)
{
    struct rig *r = *state;
    unsigned bytes = 0;

    open_port(r, 0x07, 0x02);
    while (rd(r, 2) == 0xc2 && bytes < 1000000) {
        for (unsigned i = 0; i < 16; i++, bytes++) {
            wr(r, 0, 'x');
        }
    }
    assert_in_range(bytes, 1000, 8000);
    assert_int_equal(strlen(fake_chardev_take(r->c)), bytes);
    assert_false(irq(r));
    fake_clock_step(r->f->bus.clock, NS_PER_MS);
    assert_true(irq(r));
}

static void indexes_and_errors(void **state)
{
    struct rig *r = *state;
    struct device *d[4] = { 0 };
    GError *err = NULL;

    for (unsigned i = 0; i < 3; i++) { /* -device isa-serial takes the next one */
        d[i] = device_new(&isa_serial_class);
        d[i]->bus = (struct bus *)&r->f->bus;
        assert_true(device_realize(d[i], NULL));
    }
    assert_int_equal(fake_inb(r->f, 0x2fd), 0x60);
    assert_int_equal(fake_inb(r->f, 0x3ed), 0x60);
    assert_int_equal(fake_inb(r->f, 0x2ed), 0x60);
    d[3] = device_new(&isa_serial_class);
    d[3]->bus = (struct bus *)&r->f->bus;
    assert_false(device_realize(d[3], &err));
    assert_non_null(err);
    g_clear_error(&err);
    for (unsigned i = 0; i < 4; i++) {
        device_free(d[i]);
    }
    assert_null(isa_serial_new(&r->f->bus, 1, r->c, &err)); /* the chardev is in use */
    assert_non_null(err);
    g_clear_error(&err);
    assert_null(isa_serial_new(&r->f->bus, 4, NULL, NULL));
    device_reset(r->d);
    assert_int_equal(rd(r, 5), 0x60);
}

static void parallel_port(void **state)
{
    struct rig *r = *state;
    struct chardev *c = fake_chardev_new();
    struct device *d = isa_parallel_new(&r->f->bus, 0, c, NULL);
    struct fake_isa *f = r->f;

    assert_non_null(d);
    assert_int_equal(fake_inb(f, LPT + 1) & 0xf8, 0xd8);
    fake_outb(f, LPT, 'A');
    assert_int_equal(fake_inb(f, LPT), 'A');
    OUTS(f, { LPT + 2, 0x0d }, { LPT + 2, 0x0c });
    assert_string_equal(fake_chardev_take(c), "A");
    assert_int_equal(fake_inb(f, LPT + 2), 0xcc);
    assert_int_equal(f->irq.rises[7], 0);
    /* Interrupt at each byte. */
    OUTS(f, { LPT + 2, 0x1c }, { LPT, 'B' }, { LPT + 2, 0x1d }, { LPT + 2, 0x1c });
    assert_true(f->irq.level[7]);
    fake_inb(f, LPT + 1);
    assert_false(f->irq.level[7]);
    /* A host that does not take it: busy. */
    fake_chardev_set_room(c, 0);
    OUTS(f, { LPT, 'C' }, { LPT + 2, 0x1d }, { LPT + 2, 0x1c });
    assert_int_equal(fake_inb(f, LPT + 1) & 0x80, 0x00);
    OUTS(f, { LPT, 'D' }, { LPT + 2, 0x1d }, { LPT + 2, 0x1c });
    fake_chardev_set_room(c, 10);
    assert_int_equal(fake_inb(f, LPT + 1) & 0x80, 0x80);
    assert_string_equal(fake_chardev_take(c), "BC");
    /* Bidirectional: nobody drives the cable. */
    fake_outb(f, LPT + 2, 0x2c);
    assert_int_equal(fake_inb(f, LPT), 0xff);
    device_free(d);
    fake_chardev_free(c);
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        T(power_on),
        T(loop_back_is_synchronous),
        T(transmit_by_polling),
        T(thre_interrupt),
        T(a_full_host_holds_thre),
        T(receive_triggers),
        T(character_timeout),
        T(a_burst_from_the_host_is_not_lost),
        T(priorities),
        T(fifo_control),
        T(an_endless_transmitter_pauses),
        T(indexes_and_errors),
        T(parallel_port),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
