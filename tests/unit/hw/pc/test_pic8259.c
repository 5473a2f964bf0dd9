/* SPDX-License-Identifier: MIT */
/* link: core/trace.c */
/* link: hw/pc/pic8259.c core/device.c core/opts.c core/error.c core/log.c core/clock.c */
/* link: core/ioport.c core/physmem.c core/physmem_access.c core/input.c core/types.c */
/* link: os/posix/[a-z]*.c os/linux/[a-z]*.c tests/fake/isa.c tests/fake/irq.c */
/*
 * The 8259 pair against the data sheet. INT goes to line 40 of the machine's fake interrupts.
 */
#include "hw/pc/pic8259.h"
#include "tests/unit/hw/pc/chip.h"

#define INT 40

struct rig {
    struct fake_isa *f;
    struct pic8259 *pic;
    unsigned acked[16];
};

static void on_ack(void *opaque, unsigned irq)
{
    ((struct rig *)opaque)->acked[irq]++;
}

static void init_pics(struct fake_isa *f, uint8_t icw4)
{
    OUTS(f, { 0x20, 0x11 }, { 0x21, 0x20 }, { 0x21, 0x04 }, { 0x21, icw4 }, { 0xa0, 0x11 },
         { 0xa1, 0x28 }, { 0xa1, 0x02 }, { 0xa1, 0x01 });
}

static int setup(void **state)
{
    struct rig *r = calloc(1, sizeof *r);

    r->f = fake_isa_new(4096);
    r->pic = pic8259_new(r->f->bus.io, fake_irq_line(&r->f->irq, INT), NULL);
    pic8259_on_ack(r->pic, on_ack, r);
    init_pics(r->f, 0x01);
    *state = r;
    return r->pic ? 0 : -1;
}

static int teardown(void **state)
{
    struct rig *r = *state;

    device_free((struct device *)r->pic);
    fake_isa_free(r->f);
    free(r);
    return 0;
}

static void line(struct rig *r, unsigned irq, bool level)
{
    irq_set(pic8259_input(r->pic, irq), level);
}

static bool intr(struct rig *r)
{
    assert_int_equal(r->f->irq.level[INT], pic8259_pending(r->pic));
    return r->f->irq.level[INT];
}

static uint8_t isr(struct rig *r, uint16_t port)
{
    fake_outb(r->f, port, 0x0b);
    return fake_inb(r->f, port);
}

static uint8_t irr(struct rig *r, uint16_t port)
{
    fake_outb(r->f, port, 0x0a);
    return fake_inb(r->f, port);
}

static void an_edge_interrupts_once(void **state)
{
    struct rig *r = *state;

    line(r, 1, true);
    assert_true(intr(r));
    assert_int_equal(irr(r, 0x20), 0x02);
    assert_int_equal(pic8259_ack(r->pic), 0x21);
    assert_int_equal(r->acked[1], 1);
    assert_false(intr(r));
    assert_int_equal(isr(r, 0x20), 0x02);
    assert_int_equal(irr(r, 0x20), 0x00);
    fake_outb(r->f, 0x20, 0x20);
    assert_int_equal(isr(r, 0x20), 0x00);
    assert_false(intr(r)); /* still high, but no new edge */
    line(r, 1, false);
    line(r, 1, true);
    assert_true(intr(r));
}

static void a_line_that_drops_takes_its_request_along(void **state)
{
    struct rig *r = *state;

    line(r, 4, true);
    line(r, 4, false);
    assert_false(intr(r));
    /* The processor was already in its INTA cycles: IR7, without an ISR bit. */
    assert_int_equal(pic8259_ack(r->pic), 0x27);
    assert_int_equal(isr(r, 0x20), 0x00);
}

static void a_masked_request_comes_at_unmask(void **state)
{
    struct rig *r = *state;

    fake_outb(r->f, 0x21, 0x02);
    assert_int_equal(fake_inb(r->f, 0x21), 0x02);
    assert_true(pic8259_masked(r->pic, 1));
    line(r, 1, true);
    assert_false(intr(r));
    fake_outb(r->f, 0x21, 0x00);
    assert_true(intr(r));
}

static void a_level_line_fires_again_after_eoi_and_unmask(void **state)
{
    struct rig *r = *state;

    OUTS(r->f, { 0x4d0, 0xff }, { 0x4d1, 0xff });
    assert_int_equal(fake_inb(r->f, 0x4d0), 0xf8); /* 0, 1, 2 stay edge-triggered */
    assert_int_equal(fake_inb(r->f, 0x4d1), 0xde); /* 8 and 13 too */
    assert_int_equal(pic8259_elcr(r->pic), 0xdef8);
    line(r, 11, true);
    assert_int_equal(pic8259_ack(r->pic), 0x2b);
    /* As Redox does: mask, EOI, handle, unmask while the device still asserts. */
    OUTS(r->f, { 0xa1, 0x08 }, { 0x20, 0x20 }, { 0xa0, 0x20 });
    assert_false(intr(r));
    fake_outb(r->f, 0xa1, 0x00);
    assert_true(intr(r));
    assert_int_equal(pic8259_ack(r->pic), 0x2b);
    line(r, 11, false);
    OUTS(r->f, { 0xa0, 0x20 }, { 0x20, 0x20 });
    assert_false(intr(r));
}

static void priorities_nest(void **state)
{
    struct rig *r = *state;

    line(r, 4, true);
    assert_int_equal(pic8259_ack(r->pic), 0x24);
    line(r, 5, true);
    assert_false(intr(r)); /* lower */
    line(r, 3, true);
    assert_true(intr(r)); /* higher */
    assert_int_equal(pic8259_ack(r->pic), 0x23);
    assert_int_equal(isr(r, 0x20), 0x18);
    fake_outb(r->f, 0x20, 0x20); /* the highest in service first */
    assert_int_equal(isr(r, 0x20), 0x10);
    assert_false(intr(r));
    fake_outb(r->f, 0x20, 0x64); /* specific */
    assert_int_equal(isr(r, 0x20), 0x00);
    assert_int_equal(pic8259_ack(r->pic), 0x25);
}

static void the_slave_comes_through_ir2(void **state)
{
    struct rig *r = *state;

    line(r, 12, true);
    line(r, 14, true);
    assert_int_equal(irr(r, 0x20), 0x04);
    assert_int_equal(pic8259_ack(r->pic), 0x2c);
    assert_int_equal(r->acked[12], 1);
    assert_int_equal(isr(r, 0x20), 0x04);
    assert_int_equal(isr(r, 0xa0), 0x10);
    assert_false(intr(r));
    OUTS(r->f, { 0x20, 0x20 }); /* master first, as Redox does */
    assert_false(intr(r));
    OUTS(r->f, { 0xa0, 0x20 });
    assert_true(intr(r));
    assert_int_equal(pic8259_ack(r->pic), 0x2e);
}

/* A higher one of the slave arrives while a lower one is in service: INT must make a new edge at
 * the master's IR2, or it is lost after the EOIs. */
static void the_slave_nests_too(void **state)
{
    struct rig *r = *state;

    line(r, 12, true);
    assert_int_equal(pic8259_ack(r->pic), 0x2c);
    line(r, 8, true);
    OUTS(r->f, { 0xa0, 0x20 }, { 0x20, 0x20 });
    assert_true(intr(r));
    assert_int_equal(pic8259_ack(r->pic), 0x28);
    /* Both at once, too. */
    OUTS(r->f, { 0xa0, 0x20 }, { 0x20, 0x20 });
    line(r, 9, true);
    line(r, 15, true);
    assert_int_equal(pic8259_ack(r->pic), 0x29);
    OUTS(r->f, { 0xa0, 0x20 }, { 0x20, 0x20 });
    assert_int_equal(pic8259_ack(r->pic), 0x2f);
}

static void special_fully_nested_mode_lets_the_slave_interrupt_itself(void **state)
{
    struct rig *r = *state;

    init_pics(r->f, 0x11);
    line(r, 12, true);
    assert_int_equal(pic8259_ack(r->pic), 0x2c);
    line(r, 8, true);
    assert_true(intr(r));
    assert_int_equal(pic8259_ack(r->pic), 0x28);
    line(r, 3, true);
    assert_false(intr(r));
}

static void the_slaves_spurious_interrupt_leaves_the_masters_isr(void **state)
{
    struct rig *r = *state;
    struct fake_isa *f = r->f;

    fake_outb(f, 0x4d0, 0x00);
    line(r, 15, true);
    /* The request goes away between the master's IR2 and the slave's answer. */
    fake_outb(f, 0xa1, 0x80);
    assert_false(intr(r));
    assert_int_equal(pic8259_ack(r->pic), 0x27);
    assert_int_equal(isr(r, 0x20), 0);
}

static void automatic_eoi(void **state)
{
    struct rig *r = *state;

    init_pics(r->f, 0x03);
    line(r, 0, true);
    assert_int_equal(pic8259_ack(r->pic), 0x20);
    assert_int_equal(isr(r, 0x20), 0x00);
    fake_outb(r->f, 0x20, 0x80); /* rotate in automatic EOI mode */
    line(r, 0, false);
    line(r, 0, true);
    assert_int_equal(pic8259_ack(r->pic), 0x20);
    line(r, 0, false);
    line(r, 0, true);
    line(r, 1, true); /* 0 now has the lowest priority */
    assert_int_equal(pic8259_ack(r->pic), 0x21);
    assert_int_equal(pic8259_ack(r->pic), 0x20);
}

static void rotations(void **state)
{
    struct rig *r = *state;

    fake_outb(r->f, 0x20, 0xc3); /* IR3 lowest */
    for (unsigned i = 0; i < 8; i++) {
        line(r, i == 2 ? 0 : i, true);
    }
    assert_int_equal(pic8259_ack(r->pic), 0x24);
    fake_outb(r->f, 0x20, 0xa0); /* rotate on EOI: IR4 lowest */
    assert_int_equal(pic8259_ack(r->pic), 0x25);
    fake_outb(r->f, 0x20, 0xe5); /* rotate on specific EOI */
    assert_int_equal(pic8259_ack(r->pic), 0x26);
}

static void special_mask_mode(void **state)
{
    struct rig *r = *state;

    line(r, 3, true);
    assert_int_equal(pic8259_ack(r->pic), 0x23);
    OUTS(r->f, { 0x21, 0x08 }, { 0x20, 0x68 });
    line(r, 5, true);
    assert_true(intr(r)); /* lower than the one in service, which is masked */
    assert_int_equal(pic8259_ack(r->pic), 0x25);
    fake_outb(r->f, 0x20, 0x20); /* the masked one stays */
    assert_int_equal(isr(r, 0x20), 0x08);
    fake_outb(r->f, 0x20, 0x48); /* mode off: blocks again */
    line(r, 6, true);
    assert_false(intr(r));
}

static void polling_acknowledges(void **state)
{
    struct rig *r = *state;

    fake_outb(r->f, 0x20, 0x0c);
    assert_int_equal(fake_inb(r->f, 0x20) & 0x80, 0);
    line(r, 6, true);
    fake_outb(r->f, 0x20, 0x0c);
    assert_int_equal(fake_inb(r->f, 0x20), 0x86);
    assert_int_equal(r->acked[6], 1);
    assert_false(intr(r));
    assert_int_equal(isr(r, 0x20), 0x40);
}

static void initialisation_forgets_edges_and_masks(void **state)
{
    struct rig *r = *state;

    fake_outb(r->f, 0x21, 0xff);
    line(r, 1, true);
    fake_outb(r->f, 0x20, 0x11);
    assert_false(intr(r));
    OUTS(r->f, { 0x21, 0x50 }, { 0x21, 0x04 }, { 0x21, 0x01 });
    assert_int_equal(fake_inb(r->f, 0x21), 0x00);
    assert_false(intr(r)); /* needs a new edge */
    line(r, 1, false);
    line(r, 1, true);
    assert_int_equal(pic8259_ack(r->pic), 0x51);
    /* Without ICW4. */
    OUTS(r->f, { 0x20, 0x10 }, { 0x21, 0x60 }, { 0x21, 0x04 }, { 0x21, 0xfe });
    assert_int_equal(fake_inb(r->f, 0x21), 0xfe);
}

static void reset_masks_everything(void **state)
{
    struct rig *r = *state;

    line(r, 1, true);
    device_reset((struct device *)r->pic);
    assert_false(intr(r));
    assert_true(pic8259_masked(r->pic, 0));
    assert_true(pic8259_masked(r->pic, 12));
    assert_int_equal(fake_inb(r->f, 0x4d0), 0);
}

static void ports_that_are_taken_are_an_error(void **state)
{
    struct rig *r = *state;
    GError *err = NULL;

    assert_null(pic8259_new(r->f->bus.io, (struct irq){ 0 }, &err));
    assert_non_null(err);
    g_error_free(err);
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        T(an_edge_interrupts_once),
        T(a_line_that_drops_takes_its_request_along),
        T(a_masked_request_comes_at_unmask),
        T(a_level_line_fires_again_after_eoi_and_unmask),
        T(priorities_nest),
        T(the_slave_comes_through_ir2),
        T(the_slave_nests_too),
        T(special_fully_nested_mode_lets_the_slave_interrupt_itself),
        T(the_slaves_spurious_interrupt_leaves_the_masters_isr),
        T(automatic_eoi),
        T(rotations),
        T(special_mask_mode),
        T(polling_acknowledges),
        T(initialisation_forgets_edges_and_masks),
        T(reset_masks_everything),
        T(ports_that_are_taken_are_an_error),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
