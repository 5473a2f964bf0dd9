/* SPDX-License-Identifier: MIT */
/* link: core/trace.c */
/* link: hw/pc/debugcon.c hw/pc/debugexit.c hw/pc/pvpanic.c tests/fake/chardev.c */
/* link: core/device.c core/opts.c core/error.c core/log.c core/clock.c core/ioport.c */
/* link: core/physmem.c core/physmem_access.c core/input.c core/types.c */
/* link: os/posix/[a-z]*.c os/linux/[a-z]*.c tests/fake/isa.c tests/fake/irq.c */
/*
 * The small debug devices, made as -device makes them.
 */
#include "hw/pc/debugcon.h"
#include "hw/pc/debugexit.h"
#include "hw/pc/pvpanic.h"
#include "tests/fake/chardev.h"
#include "tests/unit/hw/pc/chip.h"

static int setup(void **state)
{
    *state = fake_isa_new(4096);
    return 0;
}

static int teardown(void **state)
{
    fake_isa_free(*state);
    return 0;
}

static void *find(void *opaque, enum prop_kind kind, const char *id)
{
    return kind == PROP_CHARDEV && strcmp(id, "c0") == 0 ? opaque : NULL;
}

/* props: name, value, ..., NULL */
static struct device *make(struct fake_isa *f, const struct device_class *cls, struct chardev *c,
                           const char *const *props)
{
    struct device *d = device_new(cls);
    struct prop_resolver res = { find, c };
    GError *err = NULL;

    d->bus = (struct bus *)&f->bus;
    for (; *props; props += 2) {
        if (!device_set_prop(d, props[0], props[1], &res, &err)) {
            fail_msg("%s", err->message);
        }
    }
    if (!device_realize(d, &err)) {
        g_error_free(err);
        device_free(d);
        return NULL;
    }
    return d;
}

#define MAKE(f, cls, c, ...) make((f), (cls), (c), (const char *const[]){ __VA_ARGS__ })

static void debugcon_prints(void **state)
{
    struct fake_isa *f = *state;
    struct chardev *c = fake_chardev_new();
    struct device *d = MAKE(f, &debugcon_class, c, "chardev", "c0", "iobase", "0x402", NULL);

    assert_int_equal(fake_inb(f, 0x402), 0xe9);
    for (const char *s = "SeaBIOS\n"; *s; s++) {
        fake_outb(f, 0x402, (uint8_t)*s);
    }
    assert_string_equal(fake_chardev_take(c), "SeaBIOS\n");
    /* A full host loses nothing, up to a bound. */
    fake_chardev_set_room(c, 2);
    for (unsigned i = 0; i < 5; i++) {
        fake_outb(f, 0x402, (uint8_t)('a' + i));
    }
    assert_string_equal(fake_chardev_take(c), "ab");
    fake_chardev_set_room(c, SIZE_MAX);
    assert_string_equal(fake_chardev_take(c), "cde");
    fake_chardev_set_room(c, 0);
    for (unsigned i = 0; i < 200000; i++) {
        fake_outb(f, 0x402, 'x');
    }
    assert_null(MAKE(f, &debugcon_class, c, "chardev", "c0", NULL)); /* in use */
    assert_null(MAKE(f, &debugcon_class, NULL, "iobase", "0x402", NULL));
    assert_null(MAKE(f, &debugcon_class, NULL, "iobase", "0x10000", NULL));
    device_free(d);
    assert_int_equal(fake_inb(f, 0x402), 0xff);
    fake_chardev_free(c);
}

static void debugexit_reports(void **state)
{
    struct fake_isa *f = *state;
    struct device *d = MAKE(f, &debugexit_class, NULL, "iobase", "0xf4", "iosize", "4", NULL);

    ioport_write(f->bus.io, 0xf4, 0x10, 4);
    assert_int_equal(f->debug_exits, 1);
    assert_int_equal(f->debug_exit_status, 0x21);
    fake_outb(f, 0xf7, 0);
    assert_int_equal(f->debug_exit_status, 1);
    assert_int_equal(fake_inb(f, 0xf4), 0);
    device_free(d);
    d = MAKE(f, &debugexit_class, NULL, NULL);
    ioport_write(f->bus.io, 0x501, 51, 1);
    assert_int_equal(f->debug_exit_status, 103);
    assert_null(MAKE(f, &debugexit_class, NULL, "iobase", "0xffff", NULL));
    device_free(d);
}

static void pvpanic_tells(void **state)
{
    struct fake_isa *f = *state;
    struct device *d = MAKE(f, &pvpanic_class, NULL, NULL);

    assert_int_equal(fake_inb(f, 0x505), 3);
    fake_outb(f, 0x505, 1);
    assert_int_equal(f->panics, 1);
    assert_int_equal(f->panic_flags, PVPANIC_PANICKED);
    fake_outb(f, 0x505, 0x80);
    assert_int_equal(f->panics, 1);
    device_free(d);
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        T(debugcon_prints),
        T(debugexit_reports),
        T(pvpanic_tells),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
