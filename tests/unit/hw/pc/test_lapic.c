/* SPDX-License-Identifier: MIT */
/* link: core/trace.c */
/* link: hw/pc/lapic.c hw/pc/apic_describe.c hw/pc/apic_deliver.c hw/pc/apic_timer.c */
/* link: hw/pc/ioapic.c hw/pc/pic8259.c */
/* link: core/device.c core/opts.c core/error.c core/log.c core/clock.c core/ioport.c */
/* link: core/physmem.c core/physmem_access.c core/input.c core/types.c */
/* link: os/posix/[a-z]*.c os/linux/[a-z]*.c tests/fake/isa.c tests/fake/irq.c */
/*
 * Four local APICs with I/O APIC and 8259, through memory, MSRs and messages.
 */
#include "core/log.h"
#include "hw/pc/ioapic.h"
#include "hw/pc/lapic.h"
#include "hw/pc/pic8259.h"
#include "tests/unit/hw/pc/chip.h"

#define CPUS 4

struct rig {
    struct fake_isa *f;
    struct lapic_set *set;
    struct ioapic *ioapic;
    struct pic8259 *pic;
    struct lapic_cpu_ops ops;
    unsigned current;
    bool intr[CPUS];
    unsigned nmis[CPUS], inits[CPUS], sipis[CPUS];
    uint8_t sipi_vector;
    unsigned pin2_acks;
    char order[32]; /* of init (i) and sipi (s) */
};

static void on_intr(void *opaque, unsigned cpu, bool level)
{
    struct rig *r = opaque;

    assert_int_not_equal(r->intr[cpu], level);
    r->intr[cpu] = level;
}

static void on_nmi(void *opaque, unsigned cpu)
{
    ((struct rig *)opaque)->nmis[cpu]++;
}

static void on_init(void *opaque, unsigned cpu)
{
    struct rig *r = opaque;

    r->inits[cpu]++;
    strcat(r->order, "i");
}

static void on_sipi(void *opaque, unsigned cpu, uint8_t vector)
{
    struct rig *r = opaque;

    r->sipis[cpu]++;
    r->sipi_vector = vector;
    strcat(r->order, "s");
}

static unsigned current(void *opaque)
{
    return ((struct rig *)opaque)->current;
}

static int pic_ack(void *opaque)
{
    return pic8259_ack(opaque);
}

static void pin_acked(void *opaque, unsigned pin)
{
    if (pin == 2) {
        ((struct rig *)opaque)->pin2_acks++;
    }
}

static int setup(void **state)
{
    struct rig *r = calloc(1, sizeof *r);

    r->f = fake_isa_new(1 << 20);
    r->ops = (struct lapic_cpu_ops){ on_intr, on_nmi, on_init, on_sipi, r };
    struct lapic_config cfg = {
        .cpus = CPUS,
        .mem = r->f->bus.mem,
        .clock = r->f->bus.clock,
        .cpu = &r->ops,
        .current_cpu = current,
        .current_cpu_opaque = r,
        .x2apic = true,
        .tsc_deadline = true,
        .tsc_khz = 2500000,
    };
    r->set = lapic_set_new(&cfg, NULL);
    r->pic = pic8259_new(r->f->bus.io, lapic_lint0(r->set), NULL);
    struct ioapic_config io = { r->f->bus.mem, IOAPIC_BASE, lapic_deliver, r->set };
    r->ioapic = ioapic_new(&io, NULL);
    ioapic_on_ack(r->ioapic, pin_acked, r);
    lapic_set_pic(r->set, pic_ack, r->pic);
    lapic_set_ioapic(r->set, ioapic_eoi, ioapic_acked, r->ioapic);
    lapic_on_enabled(r->set, ioapic_retry, r->ioapic);
    OUTS(r->f, { 0x20, 0x11 }, { 0x21, 0x20 }, { 0x21, 4 }, { 0x21, 1 }, { 0xa0, 0x11 },
         { 0xa1, 0x28 }, { 0xa1, 2 }, { 0xa1, 1 });
    *state = r;
    return 0;
}

static int teardown(void **state)
{
    struct rig *r = *state;

    device_free((struct device *)r->ioapic);
    device_free((struct device *)r->pic);
    device_free((struct device *)r->set);
    fake_isa_free(r->f);
    free(r);
    return 0;
}

static uint32_t rd(struct rig *r, unsigned cpu, unsigned off)
{
    r->current = cpu;
    return (uint32_t)physmem_io_read(r->f->bus.mem, LAPIC_BASE + off, 4);
}

static void wr(struct rig *r, unsigned cpu, unsigned off, uint32_t value)
{
    r->current = cpu;
    physmem_io_write(r->f->bus.mem, LAPIC_BASE + off, value, 4);
}

static uint32_t io_rd(struct rig *r, unsigned index)
{
    physmem_io_write(r->f->bus.mem, IOAPIC_BASE, index, 4);
    return (uint32_t)physmem_io_read(r->f->bus.mem, IOAPIC_BASE + 0x10, 4);
}

static void io_wr(struct rig *r, unsigned index, uint32_t value)
{
    physmem_io_write(r->f->bus.mem, IOAPIC_BASE, index, 4);
    physmem_io_write(r->f->bus.mem, IOAPIC_BASE + 0x10, value, 4);
}

static void enable_all(struct rig *r)
{
    for (unsigned i = 0; i < CPUS; i++) {
        wr(r, i, 0xf0, 0x1ff);
    }
}

static bool msr_wr(struct rig *r, unsigned cpu, uint32_t msr, uint64_t value)
{
    return lapic_msr_write(r->set, cpu, msr, value);
}

static uint64_t msr_rd(struct rig *r, unsigned cpu, uint32_t msr)
{
    uint64_t value = 0;

    assert_true(lapic_msr_read(r->set, cpu, msr, &value));
    return value;
}

static void to_x2(struct rig *r, unsigned cpu)
{
    assert_true(msr_wr(r, cpu, 0x1b, lapic_base(r->set, cpu) | 0xc00));
}

static void power_on_state(void **state)
{
    struct rig *r = *state;
    static const struct {
        const char *name;
        unsigned off;
        uint32_t value;
    } regs[] = {
        { "version", 0x30, 0x50014 }, { "tpr", 0x80, 0 },          { "ldr", 0xd0, 0 },
        { "dfr", 0xe0, 0xffffffff },  { "svr", 0xf0, 0xff },       { "lvt timer", 0x320, 0x10000 },
        { "lint0", 0x350, 0x10000 },  { "lint1", 0x360, 0x10000 }, { "error", 0x370, 0x10000 },
        { "initial", 0x380, 0 },      { "current", 0x390, 0 },     { "divide", 0x3e0, 0 },
        { "icr", 0x300, 0 },
    };

    for (size_t i = 0; i < ARRAY_LEN(regs); i++) {
        assert_case(regs[i].name, rd(r, 1, regs[i].off) == regs[i].value);
    }
    for (unsigned i = 0; i < CPUS; i++) {
        assert_int_equal(rd(r, i, 0x20), i << 24);
        assert_int_equal(lapic_base(r->set, i), 0xfee00800 | (i == 0 ? 0x100 : 0));
    }
    assert_int_equal(io_rd(r, 1), 0x170020);
    assert_int_equal(io_rd(r, 0x10), 0x10000);
}

static void fixed_interrupts_and_priorities(void **state)
{
    struct rig *r = *state;

    enable_all(r);
    wr(r, 0, 0x300, 0x00040041); /* self, vector 41h */
    assert_true(r->intr[0]);
    assert_int_equal(rd(r, 0, 0x220), 2); /* IRR 40h-5Fh */
    assert_int_equal(lapic_ack(r->set, 0), 0x41);
    assert_false(r->intr[0]);
    assert_int_equal(rd(r, 0, 0x220), 0);
    assert_int_equal(rd(r, 0, 0x120), 2);   /* ISR */
    assert_int_equal(rd(r, 0, 0xa0), 0x40); /* PPR */
    wr(r, 0, 0x300, 0x0004004f);
    assert_false(r->intr[0]); /* the same class waits */
    wr(r, 0, 0x300, 0x00040050);
    assert_true(r->intr[0]);
    assert_int_equal(lapic_ack(r->set, 0), 0x50);
    wr(r, 0, 0xb0, 0);
    assert_false(r->intr[0]);
    wr(r, 0, 0xb0, 0);
    assert_int_equal(lapic_ack(r->set, 0), 0x4f);
    wr(r, 0, 0xb0, 0);
    assert_int_equal(lapic_ack(r->set, 0), -1);
    /* TPR and CR8 are one. */
    lapic_tpr_set(r->set, 0, 6);
    assert_int_equal(rd(r, 0, 0x80), 0x60);
    wr(r, 0, 0x300, 0x00040060);
    assert_false(r->intr[0]);
    wr(r, 0, 0x80, 0x5f);
    assert_int_equal(lapic_tpr_get(r->set, 0), 5);
    assert_true(r->intr[0]);
    lapic_tpr_set(r->set, 0, 15);
    assert_false(r->intr[0]);
    assert_int_equal(lapic_ack(r->set, 0), -1); /* went away: never the spurious vector */
}

static void ipis_find_their_targets(void **state)
{
    struct rig *r = *state;
    static const struct {
        const char *name;
        uint32_t icr, dest;
        unsigned targets;
    } cases[] = {
        { "physical", 0x00004050, 2, 0x4 },
        { "physical, nobody", 0x00004050, 9, 0x0 },
        { "physical broadcast", 0x00004050, 0xff, 0xf },
        { "self", 0x00044050, 3, 0x2 },
        { "all", 0x00084050, 0, 0xf },
        { "all but self", 0x000c4050, 0, 0xd },
        { "logical flat", 0x00004850, 0x05, 0x5 },
        { "logical broadcast", 0x00004850, 0xff, 0xf },
        { "logical nobody", 0x00004850, 0x10, 0x0 },
    };

    enable_all(r);
    for (unsigned i = 0; i < CPUS; i++) {
        wr(r, i, 0xd0, 1u << (24 + i));
    }
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        wr(r, 1, 0x310, cases[i].dest << 24);
        wr(r, 1, 0x300, cases[i].icr);
        assert_int_equal(rd(r, 1, 0x300) & 0x1000, 0); /* sent */
        for (unsigned cpu = 0; cpu < CPUS; cpu++) {
            bool hit = cases[i].targets >> cpu & 1;

            assert_case(cases[i].name, r->intr[cpu] == hit);
            if (hit) {
                assert_int_equal(lapic_ack(r->set, cpu), 0x50);
                wr(r, cpu, 0xb0, 0);
            }
        }
    }
    /* Cluster model. */
    for (unsigned i = 0; i < CPUS; i++) {
        wr(r, i, 0xe0, 0);
        wr(r, i, 0xd0, (i / 2) << 28 | 1u << (24 + i % 2));
    }
    wr(r, 0, 0x310, 0x13000000);
    wr(r, 0, 0x300, 0x00004851);
    assert_false(r->intr[0] || r->intr[1]);
    assert_true(r->intr[2] && r->intr[3]);
}

static void redox_ipi_to_nobody_is_harmless(void **state)
{
    struct rig *r = *state;

    wr(r, 0, 0xf0, 0x100); /* software enable, spurious vector 0 */
    to_x2(r, 0);
    for (unsigned i = 1; i < CPUS; i++) {
        msr_wr(r, i, 0x1b, 0xfee00000); /* as if there were one processor */
    }
    for (unsigned i = 0; i < 1000; i++) {
        assert_true(msr_wr(r, 0, 0x830, 0x000c4043));
    }
    assert_false(r->intr[0]);
}

static void lowest_priority_takes_turns(void **state)
{
    struct rig *r = *state;
    struct apic_msg msg = { .dest = 0xff, .logical = true, .mode = APIC_LOWEST, .vector = 0x61 };
    unsigned hits[CPUS] = { 0 };

    enable_all(r);
    for (unsigned i = 0; i < CPUS; i++) {
        wr(r, i, 0xd0, 1u << (24 + i));
    }
    lapic_tpr_set(r->set, 2, 8); /* busy */
    for (unsigned n = 0; n < 9; n++) {
        assert_true(lapic_deliver(r->set, &msg));
        for (unsigned i = 0; i < CPUS; i++) {
            if (r->intr[i]) {
                hits[i]++;
                lapic_ack(r->set, i);
                wr(r, i, 0xb0, 0);
            }
        }
    }
    assert_int_equal(hits[0], 3);
    assert_int_equal(hits[1], 3);
    assert_int_equal(hits[2], 0);
    assert_int_equal(hits[3], 3);
}

static void init_sipi_nmi(void **state)
{
    struct rig *r = *state;

    enable_all(r);
    wr(r, 1, 0x320, 0x20);
    wr(r, 0, 0x310, 1u << 24);
    wr(r, 0, 0x300, 0x0000c500); /* INIT, assert */
    wr(r, 0, 0x300, 0x00008500); /* de-assert: nothing */
    wr(r, 0, 0x300, 0x00004608); /* SIPI right behind, as Redox does */
    assert_string_equal(r->order, "is");
    assert_int_equal(r->inits[1], 1);
    assert_int_equal(r->sipis[1], 1);
    assert_int_equal(r->sipi_vector, 8);
    assert_int_equal(rd(r, 1, 0xf0), 0xff); /* its APIC was reset */
    assert_int_equal(rd(r, 1, 0x320), 0x10000);
    assert_int_equal(rd(r, 1, 0x20), 1u << 24);
    wr(r, 0, 0x300, 0x000c4400); /* NMI to the others, enabled or not */
    assert_int_equal(r->nmis[0], 0);
    assert_int_equal(r->nmis[1] + r->nmis[2] + r->nmis[3], 3);
    wr(r, 0, 0x300, 0x000c4500);
    wr(r, 0, 0x300, 0x000c4610);
    assert_int_equal(r->inits[2] + r->inits[3], 2);
    assert_int_equal(r->sipis[3], 1);
    wr(r, 0, 0x300, 0x00084500); /* INIT to all with self is not valid */
    assert_int_equal(r->inits[0], 0);
}

static void error_status(void **state)
{
    struct rig *r = *state;

    enable_all(r);
    wr(r, 0, 0x370, 0x31);
    wr(r, 0, 0x300, 0x0004000f); /* illegal vector */
    assert_true(r->intr[0]);
    assert_int_equal(lapic_ack(r->set, 0), 0x31);
    assert_int_equal(rd(r, 0, 0x280), 0); /* needs a write first */
    wr(r, 0, 0x280, 0);
    assert_int_equal(rd(r, 0, 0x280), 0x60);
    wr(r, 0, 0x280, 0);
    assert_int_equal(rd(r, 0, 0x280), 0);
    rd(r, 0, 0x3a0);
    wr(r, 0, 0x280, 0);
    assert_int_equal(rd(r, 0, 0x280), 0x80);
    /* An error vector that is illegal itself. */
    wr(r, 0, 0xb0, 0);
    assert_int_equal(lapic_ack(r->set, 0), 0x31);
    wr(r, 0, 0xb0, 0);
    wr(r, 0, 0x370, 0x05);
    wr(r, 0, 0x300, 0x00040001);
    wr(r, 0, 0x280, 0);
    assert_int_equal(rd(r, 0, 0x280), 0x60);
    assert_false(r->intr[0]);
}

static void software_disable_masks_the_lvt(void **state)
{
    struct rig *r = *state;
    struct apic_msg msg = { .dest = 0, .mode = APIC_FIXED, .vector = 0x40 };

    assert_false(lapic_deliver(r->set, &msg));
    wr(r, 0, 0x320, 0x40);
    assert_int_equal(rd(r, 0, 0x320), 0x10040);
    wr(r, 0, 0xf0, 0x1ff);
    wr(r, 0, 0x320, 0x40);
    assert_int_equal(rd(r, 0, 0x320), 0x40);
    assert_true(lapic_deliver(r->set, &msg));
    wr(r, 0, 0xf0, 0xff);
    assert_int_equal(rd(r, 0, 0x320), 0x10040);
    assert_true(r->intr[0]); /* what is requested stays requested */
}

static void timer_one_shot_and_periodic(void **state)
{
    struct rig *r = *state;
    struct clock *clock = r->f->bus.clock;

    enable_all(r);
    wr(r, 0, 0x320, 0x40);
    wr(r, 0, 0x3e0, 0x3); /* divide by 16 */
    wr(r, 0, 0x380, 1000);
    assert_int_equal(rd(r, 0, 0x390), 1000);
    fake_clock_step(clock, 16 * 400);
    assert_int_equal(rd(r, 0, 0x390), 600);
    fake_clock_step(clock, 16 * 600 - 1);
    assert_int_equal(rd(r, 0, 0x390), 1);
    assert_false(r->intr[0]);
    fake_clock_step(clock, 1);
    assert_true(r->intr[0]);
    assert_int_equal(rd(r, 0, 0x390), 0);
    lapic_ack(r->set, 0);
    wr(r, 0, 0xb0, 0);
    fake_clock_step(clock, NS_PER_SEC);
    assert_false(r->intr[0]);
    /* Periodic, divide by 1. */
    wr(r, 0, 0x320, 0x20040);
    wr(r, 0, 0x3e0, 0xb);
    wr(r, 0, 0x380, 1000000);
    for (unsigned i = 0; i < 5; i++) {
        fake_clock_step(clock, 999999);
        assert_int_equal(rd(r, 0, 0x390), 1);
        assert_false(r->intr[0]);
        fake_clock_step(clock, 1);
        assert_int_equal(rd(r, 0, 0x390), 1000000);
        assert_int_equal(lapic_ack(r->set, 0), 0x40);
        wr(r, 0, 0xb0, 0);
    }
    wr(r, 0, 0x380, 0); /* stops it */
    fake_clock_step(clock, NS_PER_SEC);
    assert_false(r->intr[0]);
    /* Masked: it counts, but doesn't interrupt. */
    wr(r, 0, 0x320, 0x10040);
    wr(r, 0, 0x380, 1000);
    fake_clock_step(clock, 500);
    assert_int_equal(rd(r, 0, 0x390), 500);
    fake_clock_step(clock, 500);
    assert_false(r->intr[0]);
    /* A period of a nanosecond holds nobody up. */
    wr(r, 0, 0x320, 0x20040);
    wr(r, 0, 0x380, 1);
    fake_clock_step(clock, NS_PER_SEC);
    assert_true(r->intr[0]);
}

static void timer_divisors(void **state)
{
    struct rig *r = *state;
    static const uint8_t code[8] = { 0xb, 0x0, 0x1, 0x2, 0x3, 0x8, 0x9, 0xa };

    enable_all(r);
    for (unsigned i = 0; i < 8; i++) {
        wr(r, 0, 0x3e0, code[i]);
        wr(r, 0, 0x380, 1000000);
        fake_clock_step(r->f->bus.clock, 1280);
        assert_int_equal(rd(r, 0, 0x390), 1000000 - (1280 >> i));
    }
}

static void tsc_deadline(void **state)
{
    struct rig *r = *state;
    struct clock *clock = r->f->bus.clock;

    enable_all(r);
    assert_true(msr_wr(r, 0, 0x6e0, 5000)); /* not in this mode: ignored */
    assert_int_equal(msr_rd(r, 0, 0x6e0), 0);
    wr(r, 0, 0x320, 0x40040);
    wr(r, 0, 0x380, 77);
    assert_int_equal(rd(r, 0, 0x380), 0);
    assert_true(msr_wr(r, 0, 0x6e0, 2500001)); /* 1,000,000.4 ns at 2.5 GHz */
    assert_int_equal(msr_rd(r, 0, 0x6e0), 2500001);
    fake_clock_step(clock, NS_PER_MS);
    assert_false(r->intr[0]);
    fake_clock_step(clock, 1);
    assert_int_equal(lapic_ack(r->set, 0), 0x40);
    assert_int_equal(msr_rd(r, 0, 0x6e0), 0);
    wr(r, 0, 0xb0, 0);
    assert_true(msr_wr(r, 0, 0x6e0, 1)); /* past: at once */
    assert_int_equal(lapic_ack(r->set, 0), 0x40);
    wr(r, 0, 0xb0, 0);
    assert_true(msr_wr(r, 0, 0x6e0, UINT64_MAX));
    assert_true(msr_wr(r, 0, 0x6e0, 0));
    fake_clock_step(clock, NS_PER_SEC);
    assert_false(r->intr[0]);
}

static void virtual_wire(void **state)
{
    struct rig *r = *state;
    struct irq irq1 = pic8259_input(r->pic, 1);

    /* With its APIC enabled a processor takes the 8259 through LINT0 only. */
    irq_set(irq1, true);
    assert_false(r->intr[0]);
    wr(r, 0, 0xf0, 0x1ff);
    wr(r, 0, 0x350, 0x700);
    assert_true(r->intr[0]);
    assert_false(r->intr[1]);
    lapic_tpr_set(r->set, 0, 15); /* priorities don't count */
    assert_true(r->intr[0]);
    assert_int_equal(lapic_ack(r->set, 0), 0x21);
    assert_false(r->intr[0]);
    assert_int_equal(lapic_ack(r->set, 0), -1);
    OUTS(r->f, { 0x20, 0x20 });
    /* The same in x2APIC mode. */
    to_x2(r, 0);
    irq_set(irq1, false);
    irq_set(irq1, true);
    assert_int_equal(lapic_ack(r->set, 0), 0x21);
    OUTS(r->f, { 0x20, 0x20 });
    /* And when it is disabled: INTR itself. */
    assert_true(msr_wr(r, 0, 0x1b, 0xfee00100));
    irq_set(irq1, false);
    irq_set(irq1, true);
    assert_true(r->intr[0]);
    assert_int_equal(lapic_ack(r->set, 0), 0x21);
}

static void lint_pins(void **state)
{
    struct rig *r = *state;
    struct irq lint1 = lapic_lint1(r->set), irq3 = pic8259_input(r->pic, 3);

    enable_all(r);
    wr(r, 0, 0x360, 0x400);
    irq_pulse(lint1);
    assert_int_equal(r->nmis[0], 1);
    assert_int_equal(r->nmis[1], 0);
    /* LINT0 as an ordinary edge-triggered interrupt (Linux tries that). */
    wr(r, 0, 0x350, 0x33);
    irq_set(irq3, true);
    assert_int_equal(lapic_ack(r->set, 0), 0x33);
    wr(r, 0, 0xb0, 0);
    assert_false(r->intr[0]);
    irq_set(irq3, false);
    /* And level-triggered: again after EOI. */
    wr(r, 0, 0x350, 0x8033);
    irq_set(irq3, true);
    assert_int_equal(lapic_ack(r->set, 0), 0x33);
    assert_int_equal(rd(r, 0, 0x350), 0xc033); /* remote IRR */
    wr(r, 0, 0xb0, 0);
    assert_true(r->intr[0]);
    irq_set(irq3, false);
    assert_int_equal(lapic_ack(r->set, 0), 0x33);
    wr(r, 0, 0xb0, 0);
    assert_false(r->intr[0]);
}

static void x2apic_registers(void **state)
{
    struct rig *r = *state;
    uint64_t value;

    enable_all(r);
    assert_false(lapic_msr_read(r->set, 3, 0x802, &value));
    assert_false(msr_wr(r, 3, 0x80b, 0));
    to_x2(r, 3);
    assert_int_equal(rd(r, 3, 0x20), 0xffffffff); /* the page is gone */
    assert_int_equal(rd(r, 2, 0x20), 2u << 24);
    assert_int_equal(msr_rd(r, 3, 0x802), 3);
    assert_int_equal(msr_rd(r, 3, 0x803), 0x50014);
    assert_int_equal(msr_rd(r, 3, 0x80d), 8);
    assert_int_equal(msr_rd(r, 3, 0x80f), 0x1ff); /* kept over the switch */
    static const struct {
        const char *name;
        uint32_t msr;
        uint64_t value;
        bool ok;
    } writes[] = {
        { "id", 0x802, 0, false },
        { "version", 0x803, 0, false },
        { "tpr", 0x808, 0x20, true },
        { "tpr reserved", 0x808, 0x100, false },
        { "ppr", 0x80a, 0, false },
        { "eoi", 0x80b, 0, true },
        { "eoi of 1", 0x80b, 1, false },
        { "ldr", 0x80d, 0, false },
        { "dfr", 0x80e, 0, false },
        { "svr", 0x80f, 0x1ff, true },
        { "svr reserved", 0x80f, 0x1000, false },
        { "isr", 0x810, 0, false },
        { "esr", 0x828, 0, true },
        { "esr of 1", 0x828, 1, false },
        { "icr", 0x830, 0x0000000200004050, true },
        { "icr reserved", 0x830, 0x80000000, false },
        { "icr high", 0x831, 0, false },
        { "lvt timer", 0x832, 0x20040, true },
        { "lvt reserved", 0x832, 0x100000, false },
        { "initial", 0x838, 5, true },
        { "current", 0x839, 0, false },
        { "divide", 0x83e, 3, true },
        { "divide reserved", 0x83e, 4, false },
        { "self ipi", 0x83f, 0x55, true },
        { "self ipi reserved", 0x83f, 0x155, false },
        { "hole", 0x840, 0, false },
        { "end", 0x8ff, 0, false },
    };
    for (size_t i = 0; i < ARRAY_LEN(writes); i++) {
        assert_case(writes[i].name, msr_wr(r, 3, writes[i].msr, writes[i].value) == writes[i].ok);
    }
    assert_true(r->intr[2]); /* the ICR write */
    assert_true(r->intr[3]);
    assert_int_equal(lapic_ack(r->set, 3), 0x55);
    assert_false(lapic_msr_read(r->set, 3, 0x80b, &value)); /* write-only */
    assert_false(lapic_msr_read(r->set, 3, 0x83f, &value));
    /* Logical: cluster in the upper half. */
    assert_true(msr_wr(r, 3, 0x830, 0x0000000800004852));
    assert_true(msr_wr(r, 3, 0x80b, 0));
    assert_int_equal(lapic_ack(r->set, 3), 0x52);
    /* Ids above FEh are no broadcast. */
    assert_true(msr_wr(r, 3, 0x830, 0x000000ff00004053));
    assert_int_equal(rd(r, 1, 0x220), 0);
    assert_true(msr_wr(r, 3, 0x830, 0xffffffff00004053));
    assert_int_equal(rd(r, 1, 0x220), 1u << 0x13);
}

static void apic_base_transitions(void **state)
{
    struct rig *r = *state;
    const uint64_t off = 0xfee00000, x = off | 0x800, x2 = off | 0xc00, bad = off | 0x400;
    static const char *const names[] = { "off", "xapic", "x2apic", "invalid" };
    const uint64_t modes[] = { off, x, x2, bad };
    static const bool allowed[3][4] = {
        { true, true, false, false },
        { true, true, true, false },
        { true, false, true, false },
    };

    for (unsigned from = 0; from < 3; from++) {
        for (unsigned to = 0; to < 4; to++) {
            device_reset((struct device *)r->set);
            assert_true(msr_wr(r, 1, 0x1b, x));
            assert_true(msr_wr(r, 1, 0x1b, modes[from]));
            if (msr_wr(r, 1, 0x1b, modes[to]) != allowed[from][to]) {
                fail_msg("from %s to %s", names[from], names[to]);
            }
        }
    }
    device_reset((struct device *)r->set);
    assert_false(msr_wr(r, 1, 0x1b, x | 1));
    assert_false(msr_wr(r, 1, 0x1b, x | 1ull << 40));
    /* The page moves, for this processor alone. */
    assert_true(msr_wr(r, 1, 0x1b, 0xfee01800));
    r->current = 1;
    assert_int_equal(physmem_io_read(r->f->bus.mem, 0xfee01020, 4), 1u << 24);
    assert_int_equal(physmem_io_read(r->f->bus.mem, 0xfee00020, 4), 0xffffffff);
    r->current = 0;
    assert_int_equal(physmem_io_read(r->f->bus.mem, 0xfee00020, 4), 0);
    assert_int_equal(physmem_io_read(r->f->bus.mem, 0xfee01020, 4), 0xffffffff);
}

static void messages_by_memory_write(void **state)
{
    struct rig *r = *state;
    uint32_t data = 0x4071;

    enable_all(r);
    lapic_msi(r->set, 0xfee02000, 0x72);
    assert_int_equal(lapic_ack(r->set, 2), 0x72);
    lapic_msi(r->set, 0xfee02000, 0x0f); /* illegal: no interrupt */
    lapic_msi(r->set, 0x1000, 0x72);
    assert_false(r->intr[2] || r->intr[0]);
    /* A bus master's write. */
    r->current = UINT32_MAX;
    assert_true(dma_write(r->f->bus.mem, 0xfee01000, &data, 4));
    assert_int_equal(lapic_ack(r->set, 1), 0x71);
    lapic_msi(r->set, 0xfee03000, 0x0400);
    assert_int_equal(r->nmis[3], 1);
}

static void ioapic_edge_and_level(void **state)
{
    struct rig *r = *state;
    struct irq pin2 = ioapic_input(r->ioapic, 2), pin10 = ioapic_input(r->ioapic, 10);

    enable_all(r);
    irq_set(pin2, true); /* masked edges are lost */
    io_wr(r, 0x15, 1u << 24);
    io_wr(r, 0x14, 0x30);
    assert_false(r->intr[1]);
    irq_set(pin2, false);
    irq_set(pin2, true);
    assert_int_equal(lapic_ack(r->set, 1), 0x30);
    assert_int_equal(r->pin2_acks, 1);
    wr(r, 1, 0xb0, 0);
    assert_false(r->intr[1]);
    /* Level: remote IRR until the EOI, again while the line is high. */
    irq_set(pin10, true);
    io_wr(r, 0x25, 2u << 24);
    io_wr(r, 0x24, 0xa040);
    assert_int_equal(io_rd(r, 0x24), 0xe040);
    assert_int_equal(lapic_ack(r->set, 2), 0x40);
    assert_int_equal(rd(r, 2, 0x1a0), 1); /* TMR */
    wr(r, 2, 0xb0, 0);
    assert_true(r->intr[2]);
    irq_set(pin10, false);
    assert_int_equal(lapic_ack(r->set, 2), 0x40);
    wr(r, 2, 0xb0, 0);
    assert_false(r->intr[2]);
    assert_int_equal(io_rd(r, 0x24), 0xa040);
    /* The EOI register does the same. */
    irq_set(pin10, true);
    lapic_ack(r->set, 2);
    assert_int_equal(rd(r, 2, 0x220), 0);
    physmem_io_write(r->f->bus.mem, IOAPIC_BASE + 0x40, 0x40, 4);
    assert_int_equal(rd(r, 2, 0x220), 1);
    /* Masked while high, and through edge mode: remote IRR clears. */
    io_wr(r, 0x24, 0x1a040);
    io_wr(r, 0x24, 0x12040);
    assert_int_equal(io_rd(r, 0x24), 0x12040);
}

/* A level-triggered interrupt that no APIC took waits for one that does. */
static void ioapic_waits_for_an_apic(void **state)
{
    struct rig *r = *state;

    io_wr(r, 0x25, 3u << 24);
    io_wr(r, 0x24, 0xa040);
    irq_set(ioapic_input(r->ioapic, 10), true);
    assert_int_equal(io_rd(r, 0x24), 0xa040);
    wr(r, 3, 0xf0, 0x1ff);
    assert_int_equal(io_rd(r, 0x24), 0xe040);
    assert_int_equal(lapic_ack(r->set, 3), 0x40);
}

static void ioapic_other_modes(void **state)
{
    struct rig *r = *state;

    enable_all(r);
    io_wr(r, 0x15, 0);
    io_wr(r, 0x14, 0x400); /* NMI */
    irq_pulse(ioapic_input(r->ioapic, 2));
    assert_int_equal(r->nmis[0], 1);
    io_wr(r, 0x14, 0x700); /* ExtINT: the vector is the 8259's */
    irq_set(pic8259_input(r->pic, 6), true);
    assert_false(r->intr[0]);
    irq_pulse(ioapic_input(r->ioapic, 2));
    assert_true(r->intr[0]);
    assert_int_equal(lapic_ack(r->set, 0), 0x26);
    assert_false(r->intr[0]);
    io_wr(r, 0x14, 0x10000);
    assert_true(ioapic_masked(r->ioapic, 2));
    io_wr(r, 0x00, 0x0f000000);
    assert_int_equal(io_rd(r, 0), 0x0f000000);
    assert_int_equal(io_rd(r, 0x40), 0);
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        T(power_on_state),
        T(fixed_interrupts_and_priorities),
        T(ipis_find_their_targets),
        T(redox_ipi_to_nobody_is_harmless),
        T(lowest_priority_takes_turns),
        T(init_sipi_nmi),
        T(error_status),
        T(software_disable_masks_the_lvt),
        T(timer_one_shot_and_periodic),
        T(timer_divisors),
        T(tsc_deadline),
        T(virtual_wire),
        T(lint_pins),
        T(x2apic_registers),
        T(apic_base_transitions),
        T(messages_by_memory_write),
        T(ioapic_edge_and_level),
        T(ioapic_waits_for_an_apic),
        T(ioapic_other_modes),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
