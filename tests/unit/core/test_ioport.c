/* SPDX-License-Identifier: MIT */
/* link: core/ioport.c */
#include <errno.h>

#include <glib.h>

#include "core/ioport.h"
#include "tests/fake/unit.h"

/* A device that writes down what reaches it. */
struct dev {
    char log[512];
    uint32_t value; /* what reads give */
};

static uint32_t dev_read(void *opaque, uint16_t off, unsigned size)
{
    struct dev *d = opaque;
    size_t n = strlen(d->log);
    snprintf(d->log + n, sizeof d->log - n, "r%u@%x ", size, off);
    return d->value;
}

static void dev_write(void *opaque, uint16_t off, uint32_t value, unsigned size)
{
    struct dev *d = opaque;
    size_t n = strlen(d->log);
    snprintf(d->log + n, sizeof d->log - n, "w%u@%x=%x ", size, off, value);
}

static const struct ioport_ops bytes = { dev_read, dev_write, 0, 0 };
static const struct ioport_ops words = { dev_read, dev_write, 1, 2 };
static const struct ioport_ops dwords = { dev_read, dev_write, 1, 4 };
static const struct ioport_ops only_words = { dev_read, dev_write, 2, 2 };

static void splits_as_the_device_says(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        const struct ioport_ops *ops;
        uint16_t port; /* range: 0x100, 8 ports */
        unsigned size;
        const char *log;
    } cases[] = {
        { "byte of byte device", &bytes, 0x101, 1, "w1@1=44 " },
        { "dword of byte device", &bytes, 0x100, 4, "w1@0=44 w1@1=33 w1@2=22 w1@3=11 " },
        { "dword of word device", &words, 0x104, 4, "w2@4=3344 w2@6=1122 " },
        { "odd word of word device", &words, 0x101, 2, "w1@1=44 w1@2=33 " },
        { "dword of dword device", &dwords, 0x104, 4, "w4@4=11223344 " },
        { "misaligned dword", &dwords, 0x102, 4, "w2@2=3344 w2@4=1122 " },
        { "over the end", &dwords, 0x106, 4, "w2@6=3344 " },
        { "before the start", &dwords, 0xfe, 4, "w2@0=1122 " },
        { "byte of word-only device", &only_words, 0x101, 1, "w2@0=4400 " },
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct ioport_space *s = ioport_space_new();
        struct dev d = { .value = 0 };
        assert_int_equal(ioport_add(s, 0x100, 8, cases[i].ops, &d, "dev"), 0);
        ioport_write(s, cases[i].port, 0x11223344, cases[i].size);
        if (strcmp(d.log, cases[i].log) != 0) {
            fail_msg("%s: got '%s', wanted '%s'", cases[i].name, d.log, cases[i].log);
        }
        ioport_space_free(s);
    }
}

static void reads_assemble_and_mask(void **state)
{
    (void)state;
    struct ioport_space *s = ioport_space_new();
    struct dev d = { .value = 0xa1b2c3d4 };
    ioport_add(s, 0x60, 1, &bytes, &d, "one");
    assert_int_equal(ioport_read(s, 0x60, 1), 0xd4);
    assert_int_equal(ioport_read(s, 0x60, 2), 0xffd4); /* nobody at 61 */
    assert_int_equal(ioport_read(s, 0x5e, 4), 0xffd4ffff);
    assert_int_equal(ioport_read(s, 0x70, 4), 0xffffffff);
    assert_int_equal(ioport_read(s, 0xffff, 4), 0xffffffff);
    ioport_write(s, 0xfffe, 0, 4);
    struct dev w = { .value = 0x1234 };
    ioport_add(s, 0x80, 2, &only_words, &w, "two");
    assert_int_equal(ioport_read(s, 0x80, 1), 0x34);
    assert_int_equal(ioport_read(s, 0x81, 1), 0x12);
    assert_string_equal(w.log, "r2@0 r2@0 ");
    ioport_space_free(s);
}

static void ranges_do_not_overlap_unless_laid_over(void **state)
{
    (void)state;
    struct ioport_space *s = ioport_space_new();
    struct dev a = { .value = 0xa }, b = { .value = 0xb }, c = { .value = 0xc };
    assert_int_equal(ioport_add(s, 0x200, 8, &bytes, &a, "a"), 0);
    assert_int_equal(ioport_add(s, 0x207, 2, &bytes, &b, "b"), -EBUSY);
    assert_int_equal(ioport_add(s, 0xfff0, 17, &bytes, &b, "b"), -EINVAL);
    assert_int_equal(ioport_add(s, 0x300, 0, &bytes, &b, "b"), -EINVAL);
    assert_int_equal(ioport_add(s, 0xfff0, 16, &bytes, &b, "b"), 0);
    assert_int_equal(ioport_add_overlay(s, 0x204, 8, &bytes, &b, "b"), 0);
    assert_int_equal(ioport_add_overlay(s, 0x206, 1, &bytes, &c, "c"), 0);
    assert_int_equal(ioport_read(s, 0x203, 1), 0xa);
    assert_int_equal(ioport_read(s, 0x204, 1), 0xb);
    assert_int_equal(ioport_read(s, 0x206, 1), 0xc);
    ioport_remove(s, 0x204, &bytes, &b); /* from below c */
    assert_int_equal(ioport_read(s, 0x204, 1), 0xa);
    assert_int_equal(ioport_read(s, 0x206, 1), 0xc);
    assert_int_equal(ioport_read(s, 0x209, 1), 0xff);
    ioport_remove(s, 0x206, &bytes, &c);
    assert_int_equal(ioport_read(s, 0x206, 1), 0xa);
    ioport_remove(s, 0x206, &bytes, &c); /* not there: nothing happens */
    ioport_space_free(s);
}

/* A device that moves itself while it is being written to, as a PCI BAR does. */
struct mover {
    struct ioport_space *s;
    uint16_t base;
};

static void mover_write(void *opaque, uint16_t off, uint32_t value, unsigned size);
static const struct ioport_ops mover_ops = { NULL, mover_write, 1, 1 };

static void mover_write(void *opaque, uint16_t off, uint32_t value, unsigned size)
{
    struct mover *m = opaque;
    (void)off, (void)value, (void)size;
    ioport_remove(m->s, m->base, &mover_ops, m);
    m->base = (uint16_t)(m->base + 0x10);
    ioport_add_overlay(m->s, m->base, 4, &mover_ops, m, "mover");
}

static void a_range_may_move_under_its_own_write(void **state)
{
    (void)state;
    struct mover m = { ioport_space_new(), 0x1000 };
    ioport_add_overlay(m.s, m.base, 4, &mover_ops, &m, "mover");
    for (int i = 0; i < 3000; i++) {
        ioport_write(m.s, m.base, 0, 4);
    }
    assert_int_equal(ioport_read(m.s, m.base, 1), 0xff); /* no read callback */
    ioport_space_free(m.s);
}

static void list(void *arg, uint16_t base, unsigned count, const char *name)
{
    g_string_append_printf(arg, "%x+%u %s;", base, count, name);
}

static void foreach_goes_by_address(void **state)
{
    (void)state;
    struct ioport_space *s = ioport_space_new();
    struct dev d = { .value = 0 };
    GString *out = g_string_new(NULL);
    ioport_foreach(s, list, out);
    assert_string_equal(out->str, "");
    ioport_add(s, 0x300, 4, &bytes, &d, "late");
    ioport_add(s, 0x20, 2, &bytes, &d, "early");
    ioport_foreach(s, list, out);
    assert_string_equal(out->str, "20+2 early;300+4 late;");
    g_string_free(out, TRUE);
    ioport_space_free(s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(splits_as_the_device_says),
        cmocka_unit_test(reads_assemble_and_mask),
        cmocka_unit_test(ranges_do_not_overlap_unless_laid_over),
        cmocka_unit_test(a_range_may_move_under_its_own_write),
        cmocka_unit_test(foreach_goes_by_address),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
