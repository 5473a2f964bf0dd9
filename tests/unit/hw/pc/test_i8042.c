/* SPDX-License-Identifier: MIT */
/* link: core/trace.c */
/* link: hw/pc/i8042.c hw/pc/ps2_kbd.c hw/pc/ps2_mouse.c hw/pc/port92.c hw/pc/vmport.c */
/* link: core/device.c core/opts.c core/error.c core/log.c core/clock.c core/ioport.c */
/* link: core/physmem.c core/physmem_access.c core/input.c core/types.c */
/* link: os/posix/[a-z]*.c os/linux/[a-z]*.c tests/fake/isa.c tests/fake/irq.c */
/*
 * Keyboard controller, keyboard, mouse, A20 and the backdoor's mouse together, as guests use them.
 */
#include "hw/pc/i8042.h"
#include "hw/pc/port92.h"
#include "hw/pc/ps2_kbd.h"
#include "hw/pc/ps2_mouse.h"
#include "hw/pc/vmport.h"
#include "tests/unit/hw/pc/chip.h"

struct rig {
    struct fake_isa *f;
    struct i8042 *kbc;
    struct port92 *p92;
    struct vmport *vmport;
};

static int setup(void **state)
{
    struct rig *r = calloc(1, sizeof *r);
    static const uint8_t uuid[16] = { 1, 2, 3, 4, 5, 6, 7, 8 };

    r->f = fake_isa_new(1 << 21);
    r->p92 = port92_new(r->f->bus.io, r->f->bus.mem, &r->f->ctl, NULL);
    struct i8042_config cfg = {
        .io = r->f->bus.io,
        .clock = r->f->bus.clock,
        .irq1 = r->f->bus.irq[1],
        .irq12 = r->f->bus.irq[12],
        .a20 = port92_a20_input(r->p92),
        .input = r->f->bus.input,
        .ctl = &r->f->ctl,
    };
    r->kbc = i8042_new(&cfg, NULL);
    struct vmport_config vm = {
        .io = r->f->bus.io,
        .input = r->f->bus.input,
        .mouse = i8042_mouse(r->kbc),
        .ram_size = MIB(64),
        .uuid = uuid,
    };
    r->vmport = vmport_new(&vm, NULL);
    *state = r;
    return r->kbc && r->vmport ? 0 : -1;
}

static int teardown(void **state)
{
    struct rig *r = *state;

    device_free((struct device *)r->vmport);
    device_free((struct device *)r->kbc);
    device_free((struct device *)r->p92);
    fake_isa_free(r->f);
    free(r);
    return 0;
}

static void cmd(struct rig *r, uint8_t byte)
{
    fake_outb(r->f, 0x64, byte);
}

static void data(struct rig *r, uint8_t byte)
{
    fake_outb(r->f, 0x60, byte);
}

static void aux(struct rig *r, uint8_t byte)
{
    cmd(r, 0xd4);
    data(r, byte);
}

/* The bytes in the output buffer, one after the other, must be these and come from there. */
static void assert_bytes(struct rig *r, bool from_aux, const char *name, const uint8_t *want,
                         size_t n)
{
    for (size_t i = 0; i < n; i++) {
        uint8_t status = fake_inb(r->f, 0x64), byte;

        if (!(status & 1)) {
            fail_msg("%s: byte %zu is missing", name, i);
        }
        if (!!(status & 0x20) != from_aux) {
            fail_msg("%s: byte %zu comes from the other device", name, i);
        }
        byte = fake_inb(r->f, 0x60);
        if (byte != want[i]) {
            fail_msg("%s: byte %zu is 0x%02x, not 0x%02x", name, i, byte, want[i]);
        }
    }
    if (fake_inb(r->f, 0x64) & 1) {
        fail_msg("%s: 0x%02x too much", name, fake_inb(r->f, 0x60));
    }
}

#define KBD(r, name, ...)                                              \
    assert_bytes((r), false, (name), (const uint8_t[]){ __VA_ARGS__ }, \
                 sizeof((const uint8_t[]){ __VA_ARGS__ }))
#define AUX(r, name, ...)                                             \
    assert_bytes((r), true, (name), (const uint8_t[]){ __VA_ARGS__ }, \
                 sizeof((const uint8_t[]){ __VA_ARGS__ }))
#define NOTHING(r) assert_bytes((r), false, "nothing", NULL, 0)

static void key(struct rig *r, uint8_t usage, bool down)
{
    input_key(r->f->bus.input, usage, down);
}

static void self_test_and_mode(void **state)
{
    struct rig *r = *state;

    assert_int_equal(fake_inb(r->f, 0x64) & 0x05, 0x00);
    cmd(r, 0xaa);
    KBD(r, "self test", 0x55);
    assert_int_equal(fake_inb(r->f, 0x64) & 0x04, 0x04);
    cmd(r, 0xab);
    KBD(r, "keyboard port", 0x00);
    cmd(r, 0xa9);
    KBD(r, "aux port", 0x00);
    cmd(r, 0x60);
    data(r, 0x47);
    cmd(r, 0x20);
    KBD(r, "mode", 0x47);
    cmd(r, 0xad);
    cmd(r, 0xa7);
    cmd(r, 0x20);
    KBD(r, "mode, both disabled", 0x77);
    cmd(r, 0x75);
    data(r, 0x99);
    cmd(r, 0x35);
    KBD(r, "ram", 0x99);
    cmd(r, 0xc0);
    KBD(r, "input port", 0x80);
    cmd(r, 0xd2);
    data(r, 0x12);
    KBD(r, "fake keyboard byte", 0x12);
    cmd(r, 0xd3);
    data(r, 0x34);
    AUX(r, "fake mouse byte", 0x34);
    cmd(r, 0xa4);
    KBD(r, "no password", 0xf1);
}

static void one_interrupt_a_byte(void **state)
{
    struct rig *r = *state;
    struct fake_irq *irq = &r->f->irq;

    data(r, 0xff); /* FA AA */
    assert_int_equal(fake_irq_take(irq, 1), 1);
    assert_int_equal(fake_inb(r->f, 0x60), 0xfa);
    assert_int_equal(fake_irq_take(irq, 1), 1); /* a new edge for the second */
    assert_int_equal(fake_inb(r->f, 0x60), 0xaa);
    assert_int_equal(fake_irq_take(irq, 1), 0);
    assert_false(irq->level[1]);
    assert_int_equal(fake_inb(r->f, 0x60), 0xaa); /* empty: the last one again */
    aux(r, 0xf2);
    assert_int_equal(fake_irq_take(irq, 12), 1);
    fake_inb(r->f, 0x60);
    assert_int_equal(fake_irq_take(irq, 12), 1);
    fake_inb(r->f, 0x60);
    assert_int_equal(fake_irq_take(irq, 1), 0);
    /* Interrupts off: the bytes come all the same. */
    cmd(r, 0x60);
    data(r, 0x00);
    data(r, 0xee);
    assert_int_equal(fake_irq_take(irq, 1), 0);
    KBD(r, "echo", 0xee);
}

static void keyboard_commands(void **state)
{
    struct rig *r = *state;

    data(r, 0xf2);
    KBD(r, "id", 0xfa, 0xab, 0x83);
    data(r, 0xed);
    KBD(r, "leds", 0xfa);
    data(r, 0x05);
    KBD(r, "leds parameter", 0xfa);
    assert_int_equal(ps2_kbd_leds(i8042_kbd(r->kbc)), 5);
    data(r, 0xed);
    KBD(r, "leds", 0xfa);
    data(r, 0xee); /* another command instead of the parameter */
    KBD(r, "echo", 0xee);
    data(r, 0xf0);
    KBD(r, "set", 0xfa);
    data(r, 0x00);
    KBD(r, "which set", 0xfa, 0x02);
    data(r, 0xf3);
    KBD(r, "rate", 0xfa);
    data(r, 0x00);
    KBD(r, "rate parameter", 0xfa);
    data(r, 0xfe);
    KBD(r, "resend", 0xfa);
    data(r, 0x01);
    KBD(r, "unknown", 0xfe);
    data(r, 0xf5);
    KBD(r, "disable", 0xfa);
    key(r, 0x04, true);
    key(r, 0x04, false);
    NOTHING(r);
    data(r, 0xf4);
    KBD(r, "enable", 0xfa);
    key(r, 0x04, true);
    KBD(r, "a", 0x1c);
}

/* The set 2 code, translated, is the set 1 code: checks both tables against each other. */
static void translation_agrees_with_set_1(void **state)
{
    struct rig *r = *state;

    for (unsigned usage = 1; usage < 256; usage++) {
        uint8_t got[2][16];
        unsigned n[2] = { 0, 0 };

        for (unsigned pass = 0; pass < 2; pass++) {
            cmd(r, 0x60);
            data(r, pass ? 0x41 : 0x01);
            data(r, 0xf0);
            fake_inb(r->f, 0x60);
            data(r, pass ? 2 : 1);
            fake_inb(r->f, 0x60);
            key(r, (uint8_t)usage, true);
            key(r, (uint8_t)usage, false);
            while ((fake_inb(r->f, 0x64) & 1) && n[pass] < 16) {
                got[pass][n[pass]++] = fake_inb(r->f, 0x60);
            }
        }
        if (n[0] != n[1] || memcmp(got[0], got[1], n[0]) != 0) {
            fail_msg("usage 0x%02x", usage);
        }
    }
}

static void special_keys(void **state)
{
    struct rig *r = *state;
    enum { PRINT = 0x46, PAUSE = 0x48, CTRL = 0xe0, ALT = 0xe2 };

    key(r, 0x52, true);
    key(r, 0x52, false);
    KBD(r, "up", 0xe0, 0x75, 0xe0, 0xf0, 0x75);
    key(r, PRINT, true);
    KBD(r, "print", 0xe0, 0x12, 0xe0, 0x7c);
    key(r, PRINT, false);
    KBD(r, "print up", 0xe0, 0xf0, 0x7c, 0xe0, 0xf0, 0x12);
    key(r, PAUSE, true);
    key(r, PAUSE, false);
    KBD(r, "pause", 0xe1, 0x14, 0x77, 0xe1, 0xf0, 0x14, 0xf0, 0x77);
    key(r, CTRL, true);
    key(r, PAUSE, true);
    key(r, PAUSE, false);
    KBD(r, "break", 0x14, 0xe0, 0x7e, 0xe0, 0xf0, 0x7e);
    key(r, CTRL, false);
    key(r, ALT, true);
    key(r, PRINT, true);
    KBD(r, "sysrq", 0xf0, 0x14, 0x11, 0x84);
    /* Set 3. */
    key(r, PRINT, false);
    key(r, ALT, false);
    KBD(r, "released", 0xf0, 0x84, 0xf0, 0x11);
    data(r, 0xf0);
    data(r, 0x03);
    while (fake_inb(r->f, 0x64) & 1) {
        fake_inb(r->f, 0x60);
    }
    key(r, 0x52, true);
    key(r, 0x52, false);
    KBD(r, "up in set 3", 0x63, 0xf0, 0x63);
}

static void typematic(void **state)
{
    struct rig *r = *state;
    unsigned n = 0;

    key(r, 0x04, true);
    key(r, 0x04, true); /* the host's own repeat is ignored */
    KBD(r, "once", 0x1c);
    fake_clock_step(r->f->bus.clock, 499 * NS_PER_MS);
    NOTHING(r);
    for (unsigned i = 0; i < 1001; i++) {
        fake_clock_step(r->f->bus.clock, NS_PER_MS);
        if (fake_inb(r->f, 0x64) & 1) {
            assert_int_equal(fake_inb(r->f, 0x60), 0x1c);
            n++;
        }
    }
    assert_in_range(n, 11, 12); /* 10.9 a second */
    key(r, 0x04, false);
    KBD(r, "released", 0xf0, 0x1c);
    fake_clock_step(r->f->bus.clock, NS_PER_SEC);
    NOTHING(r);
    /* Nobody reads: no backlog. */
    key(r, 0x04, true);
    fake_clock_step(r->f->bus.clock, 60 * NS_PER_SEC);
    key(r, 0x04, false);
    KBD(r, "no backlog", 0x1c, 0x1c, 0xf0, 0x1c);
}

static void overrun(void **state)
{
    struct rig *r = *state;
    uint8_t last = 0;
    unsigned n = 0;

    cmd(r, 0xad);
    for (unsigned i = 0; i < 200; i++) {
        key(r, 0x04, true);
        key(r, 0x04, false);
    }
    cmd(r, 0xae);
    while (fake_inb(r->f, 0x64) & 1) {
        last = fake_inb(r->f, 0x60);
        n++;
    }
    assert_in_range(n, 64, 128);
    assert_int_equal(last, 0x00);
}

static void disabled_ports_hold_their_bytes(void **state)
{
    struct rig *r = *state;

    cmd(r, 0xad);
    key(r, 0x04, true);
    NOTHING(r);
    cmd(r, 0x20);
    KBD(r, "mode before the key", 0x13);
    cmd(r, 0xae);
    KBD(r, "then the key", 0x1c);
}

static void a_command_cuts_a_code_short(void **state)
{
    struct rig *r = *state;

    key(r, 0x52, true); /* E0 is in the output buffer, 75 is not */
    data(r, 0xee);
    KBD(r, "answer next", 0xe0, 0xee);
}

static void mouse_wheel_knock(void **state)
{
    struct rig *r = *state;
    struct input_hub *hub = r->f->bus.input;
    static const uint8_t rates[] = { 200, 100, 80 };

    aux(r, 0xff);
    AUX(r, "reset", 0xfa, 0xaa, 0x00);
    for (unsigned i = 0; i < 3; i++) {
        aux(r, 0xf3);
        aux(r, rates[i]);
    }
    while (fake_inb(r->f, 0x64) & 1) {
        assert_int_equal(fake_inb(r->f, 0x60), 0xfa);
    }
    aux(r, 0xf2);
    AUX(r, "wheel id", 0xfa, 0x03);
    aux(r, 0xe9);
    AUX(r, "status", 0xfa, 0x00, 0x02, 80);
    input_mouse_rel(hub, 5, 5, 0, 0);
    assert_false(fake_inb(r->f, 0x64) & 1); /* not enabled */
    aux(r, 0xf4);
    AUX(r, "enable", 0xfa);
    input_mouse_rel(hub, 5, -3, 1, 1);
    AUX(r, "motion", 0x09, 0x05, 0x03, 0xff);
    input_mouse_rel(hub, -2, 4, -1, 0);
    AUX(r, "back", 0x38, 0xfe, 0xfc, 0x01);
    /* What is not fetched adds up; clicks don't get lost. */
    input_mouse_rel(hub, 1, 0, 0, 0);
    input_mouse_rel(hub, 100, 0, 0, 0);
    input_mouse_rel(hub, 200, 0, 0, 0);
    input_mouse_rel(hub, 0, 0, 0, 2);
    input_mouse_rel(hub, 0, 0, 0, 0);
    AUX(r, "sum", 0x08, 1, 0, 0, 0x0a, 255, 0, 0, 0x08, 45, 0, 0);
    /* Explorer: buttons 4 and 5. */
    aux(r, 0xf3);
    aux(r, 200);
    aux(r, 0xf3);
    aux(r, 200);
    aux(r, 0xf3);
    aux(r, 80);
    while (fake_inb(r->f, 0x64) & 1) {
        fake_inb(r->f, 0x60);
    }
    aux(r, 0xf2);
    AUX(r, "explorer id", 0xfa, 0x04);
    input_mouse_rel(hub, 0, 0, 1, 0x18);
    AUX(r, "side buttons", 0x08, 0, 0, 0x3f);
}

static void mouse_modes(void **state)
{
    struct rig *r = *state;
    struct input_hub *hub = r->f->bus.input;

    aux(r, 0xf0);
    AUX(r, "remote", 0xfa);
    input_mouse_rel(hub, 300, 0, 0, 0);
    assert_false(fake_inb(r->f, 0x64) & 1);
    aux(r, 0xeb);
    AUX(r, "read data", 0xfa, 0x08, 255, 0);
    aux(r, 0xeb);
    AUX(r, "the rest", 0xfa, 0x08, 45, 0);
    aux(r, 0xe9);
    AUX(r, "status", 0xfa, 0x40, 0x02, 100);
    aux(r, 0xee);
    AUX(r, "wrap", 0xfa);
    aux(r, 0x12);
    AUX(r, "echo", 0x12);
    aux(r, 0xec);
    AUX(r, "unwrap", 0xfa);
    aux(r, 0xea);
    AUX(r, "stream", 0xfa);
    aux(r, 0xe8);
    AUX(r, "resolution", 0xfa);
    aux(r, 0x03);
    AUX(r, "resolution 3", 0xfa);
    aux(r, 0xe7);
    AUX(r, "scaling 2:1", 0xfa);
    aux(r, 0xf4);
    AUX(r, "enable", 0xfa);
    input_mouse_rel(hub, 5, 10, 0, 0);
    AUX(r, "scaled", 0x28, 9, 0xec);
    aux(r, 0xe9);
    AUX(r, "status", 0xfa, 0x30, 0x03, 100);
    aux(r, 0x55);
    AUX(r, "unknown", 0xfe);
    aux(r, 0xf6);
    AUX(r, "defaults", 0xfa);
    aux(r, 0xe9);
    AUX(r, "default status", 0xfa, 0x00, 0x02, 100);
}

static void a20_and_reset(void **state)
{
    struct rig *r = *state;
    struct physmem *pm = r->f->bus.mem;

    assert_true(physmem_a20(pm));
    cmd(r, 0xd1);
    data(r, 0xdd);
    assert_false(physmem_a20(pm));
    fake_outb(r->f, 0x92, 0x02); /* either opens it */
    assert_true(physmem_a20(pm));
    fake_outb(r->f, 0x92, 0x00);
    assert_false(physmem_a20(pm));
    cmd(r, 0xd1);
    data(r, 0xdf);
    assert_true(physmem_a20(pm));
    cmd(r, 0xd0);
    KBD(r, "output port", 0xcf);
    assert_int_equal(r->f->cpu_resets, 0);
    cmd(r, 0xff);
    assert_int_equal(r->f->cpu_resets, 0);
    cmd(r, 0xfe);
    assert_int_equal(r->f->cpu_resets, 1);
    cmd(r, 0xd1);
    data(r, 0xfe);
    assert_int_equal(r->f->cpu_resets, 2);
    fake_outb(r->f, 0x92, 0x03);
    assert_int_equal(r->f->cpu_resets, 3);
    fake_outb(r->f, 0x92, 0x03); /* no edge */
    assert_int_equal(r->f->cpu_resets, 3);
    assert_int_equal(fake_inb(r->f, 0x92), 0x03);
    device_reset((struct device *)r->kbc);
    device_reset((struct device *)r->p92);
    assert_true(physmem_a20(pm));
}

static uint32_t backdoor(struct rig *r, uint32_t command, uint32_t size, uint32_t out[6])
{
    uint32_t regs[6] = { VMPORT_MAGIC, size, command, VMPORT_PORT, 0, 0 };

    if (!vmport_call(r->vmport, regs)) {
        return 0x7fffffff;
    }
    if (out) {
        memcpy(out, regs, sizeof regs);
    }
    return regs[0];
}

/* The handshake of Redox's and Linux's drivers, then absolute events. */
static void vmmouse(void **state)
{
    struct rig *r = *state;
    struct input_hub *hub = r->f->bus.input;
    uint32_t regs[6] = { 0 };

    assert_int_equal(ioport_read(r->f->bus.io, VMPORT_PORT, 4), 0xffffffff);
    assert_int_equal(backdoor(r, 10, ~VMPORT_MAGIC, regs), 6);
    assert_int_equal(regs[1], VMPORT_MAGIC);
    assert_false(vmport_call(r->vmport, (uint32_t[6]){ 1, 0, 10 }));
    assert_int_equal(backdoor(r, 999, 0, NULL), 0x7fffffff);
    assert_int_equal(backdoor(r, 20, 0, NULL), 64);
    assert_int_equal(backdoor(r, 19, 0, NULL), 0x04030201);
    assert_int_equal(backdoor(r, 40, 0, NULL) & 0xffff0000, 0xffff0000); /* off */
    backdoor(r, 41, 0x45414552, NULL);
    assert_int_equal(backdoor(r, 40, 0, NULL), 1);
    assert_int_equal(backdoor(r, 39, 1, NULL), 0x3442554a);
    assert_int_equal(backdoor(r, 40, 0, NULL), 0);
    backdoor(r, 41, 0x53424152, NULL);
    assert_true(input_wants_abs(hub));
    aux(r, 0xf4);
    AUX(r, "enable", 0xfa);
    fake_irq_take(&r->f->irq, 12);
    input_mouse_abs(hub, 32767, 16384, 1, 5);
    assert_int_equal(fake_irq_take(&r->f->irq, 12), 1);
    assert_int_equal(backdoor(r, 40, 0, NULL), 4);
    backdoor(r, 39, 4, regs);
    assert_int_equal(regs[0], 0x28);
    assert_int_equal(regs[1], 0xffff);
    assert_in_range(regs[2], 0x8000, 0x8001);
    assert_int_equal(regs[3], 0xffffffff);
    AUX(r, "byte to consume", 0x08, 0, 0);
    /* Relative. */
    backdoor(r, 41, 0x4c455252, NULL);
    assert_false(input_wants_abs(hub));
    input_mouse_rel(hub, 3, 4, 0, 0);
    backdoor(r, 39, 4, regs);
    assert_int_equal(regs[0], 0x10000);
    assert_int_equal(regs[1], 3);
    assert_int_equal((int32_t)regs[2], -4);
    /* Too much asked for: an error until it is enabled again. The queue is bounded. */
    for (unsigned i = 0; i < 10000; i++) {
        input_mouse_rel(hub, 1, 1, 0, 0);
    }
    assert_int_equal(backdoor(r, 40, 0, NULL), 1024);
    backdoor(r, 39, 7, NULL);
    assert_int_equal(backdoor(r, 40, 0, NULL), 0xffff0000);
    /* The PS/2 mouse has the host's mouse again. */
    while (fake_inb(r->f, 0x64) & 1) {
        fake_inb(r->f, 0x60);
    }
    input_mouse_rel(hub, 1, 0, 0, 0);
    AUX(r, "relative again", 0x08, 1, 0);
    backdoor(r, 41, 0x45414552, NULL);
    backdoor(r, 41, 0x53424152, NULL);
    device_reset((struct device *)r->vmport);
    assert_false(input_wants_abs(hub));
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        T(self_test_and_mode),
        T(one_interrupt_a_byte),
        T(keyboard_commands),
        T(translation_agrees_with_set_1),
        T(special_keys),
        T(typematic),
        T(overrun),
        T(disabled_ports_hold_their_bytes),
        T(a_command_cuts_a_code_short),
        T(mouse_wheel_knock),
        T(mouse_modes),
        T(a20_and_reset),
        T(vmmouse),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
