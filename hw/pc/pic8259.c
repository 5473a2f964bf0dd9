/* SPDX-License-Identifier: MIT */
/*
 * Intel 8259A (data sheet 231468-003), two of them as PIIX3 (82371SB, 290550) has them: the slave
 * on the master's IR2, trigger modes in ELCR (ICW1's LTIM is ignored). Not modelled: MCS-80 vectors
 * and buffered mode, which no PC can use.
 *
 * A request is the level of its line; in edge mode, of a line that rose since it was last
 * acknowledged. So a line that drops takes its request along, as in the chip (data sheet,
 * "Interrupt triggering"), and the request of a line that is held comes back at unmask.
 */
#include "hw/pc/pic8259.h"

#include "core/trace.h"
#include "hw/isa/isa_ports.h"

enum { /* ICW1, ICW4, OCW2, OCW3 */
       ICW1_IC4 = 0x01,
       ICW1_SNGL = 0x02,
       ICW1_SELECT = 0x10,
       ICW4_AEOI = 0x02,
       ICW4_SFNM = 0x10,
       OCW3_RIS = 0x01,
       OCW3_RR = 0x02,
       OCW3_POLL = 0x04,
       OCW3_SELECT = 0x08,
       OCW3_SMM = 0x20,
       OCW3_ESMM = 0x40,
};

#define CASCADE  2
#define SPURIOUS 7

struct pic_chip {
    struct pic8259 *pair;
    bool master;
    uint8_t lines; /* levels of IR0-7 */
    uint8_t edges; /* rose since the last acknowledge */
    uint8_t elcr;
    uint8_t elcr_mask;
    uint8_t imr, isr;
    uint8_t lowest; /* IR of the lowest priority */
    uint8_t base;   /* vector of IR0 */
    uint8_t expect; /* next initialisation word, 2-4; 0 = operating */
    bool has_icw3, has_icw4;
    bool aeoi, rotate_aeoi, sfnm, special_mask;
    bool read_isr, poll;
    uint64_t taken[8]; /* requests acknowledged, for the monitor */
};

struct pic8259 {
    struct device dev;
    struct isa_ports ports;
    struct pic_chip chip[2];
    struct irq intr;
    bool intr_level;
    void (*on_ack)(void *opaque, unsigned irq);
    void *on_ack_opaque;
};

static uint8_t pic_irr(const struct pic_chip *c)
{
    return c->lines & (c->edges | c->elcr);
}

/* Rank of the most urgent bit: 0 is the highest priority, 8 = none. */
static unsigned pic_rank(const struct pic_chip *c, uint8_t bits)
{
    unsigned rank = 0;

    if (bits == 0) {
        return 8;
    }
    while (!(bits >> ((c->lowest + 1 + rank) & 7) & 1)) {
        rank++;
    }
    return rank;
}

static unsigned pic_rank_to_ir(const struct pic_chip *c, unsigned rank)
{
    return (c->lowest + 1 + rank) & 7;
}

/* The IR that INT asks for, or -1. */
static int pic_request(const struct pic_chip *c)
{
    unsigned request = pic_rank(c, pic_irr(c) & (uint8_t)~c->imr);
    unsigned busy;
    uint8_t in_service = c->isr;

    if (c->expect != 0) {
        return -1;
    }
    if (c->special_mask) {
        in_service &= (uint8_t)~c->imr;
    }
    busy = pic_rank(c, in_service);
    /* Special fully nested mode: the slave may interrupt its own lower interrupts. */
    if (request < busy || (request == busy && request < 8 && c->sfnm && c->master &&
                           pic_rank_to_ir(c, request) == CASCADE)) {
        return (int)pic_rank_to_ir(c, request);
    }
    return -1;
}

static void pic_line(struct pic_chip *c, unsigned ir, bool level)
{
    uint8_t bit = (uint8_t)(1u << ir);

    if (level) {
        c->edges |= (uint8_t)(bit & ~c->lines);
        c->lines |= bit;
    } else {
        c->lines &= (uint8_t)~bit;
        c->edges &= (uint8_t)~bit;
    }
}

static void pic_update_irq(struct pic8259 *p)
{
    bool level;

    pic_line(&p->chip[0], CASCADE, pic_request(&p->chip[1]) >= 0);
    level = pic_request(&p->chip[0]) >= 0;
    if (level != p->intr_level) {
        p->intr_level = level;
        irq_set(p->intr, level);
    }
}

/* INTA (or a poll) takes `ir` into service. */
static void pic_take(struct pic_chip *c, unsigned ir)
{
    c->edges &= (uint8_t) ~(1u << ir);
    c->taken[ir]++;
    if (!c->aeoi) {
        c->isr |= (uint8_t)(1u << ir);
    } else if (c->rotate_aeoi) {
        c->lowest = (uint8_t)ir;
    }
}

static void pic_tell(struct pic_chip *c, unsigned ir)
{
    struct pic8259 *p = c->pair;

    if (p->on_ack && !(c->master && ir == CASCADE)) {
        p->on_ack(p->on_ack_opaque, c->master ? ir : 8 + ir);
    }
}

/* INT falls with an acknowledge and rises again for what else is pending, so that the next stage
 * sees an edge. */
static void pic_drop_int(struct pic_chip *c)
{
    struct pic8259 *p = c->pair;

    if (!c->master) {
        pic_line(&p->chip[0], CASCADE, false);
    } else if (p->intr_level) {
        p->intr_level = false;
        irq_set(p->intr, false);
    }
}

int pic8259_ack(struct pic8259 *p)
{
    struct pic_chip *c = &p->chip[0];
    struct pic_chip *taken = NULL;
    int ir = pic_request(c);

    if (ir >= 0) {
        pic_take(c, (unsigned)ir);
        taken = c;
        if (ir == CASCADE) {
            c = &p->chip[1];
            ir = pic_request(c);
            taken = ir >= 0 ? c : NULL;
            if (ir >= 0) {
                pic_take(c, (unsigned)ir);
                pic_drop_int(c);
            }
        }
    }
    if (ir < 0) {
        ir = SPURIOUS;
    }
    pic_drop_int(&p->chip[0]);
    pic_update_irq(p);
    if (taken) {
        pic_tell(taken, (unsigned)ir);
    }
    return c->base | ir;
}

/* Data sheet, "Poll command": the read is the acknowledge. */
static uint8_t pic_poll(struct pic_chip *c)
{
    int ir = pic_request(c);

    c->poll = false;
    if (ir < 0) {
        return 0;
    }
    pic_take(c, (unsigned)ir);
    pic_drop_int(c);
    pic_update_irq(c->pair);
    pic_tell(c, (unsigned)ir);
    return (uint8_t)(0x80 | ir);
}

static uint32_t pic_read(void *opaque, uint16_t off, unsigned size)
{
    struct pic_chip *c = opaque;

    (void)size;
    if (c->poll) {
        return pic_poll(c);
    }
    if (off == 1) {
        return c->imr;
    }
    return c->read_isr ? c->isr : pic_irr(c);
}

/* ICW1: data sheet, "Initialization command words", items a to f. */
static void pic_icw1(struct pic_chip *c, uint8_t value)
{
    c->edges = 0;
    c->imr = 0;
    c->isr = 0;
    c->lowest = 7;
    c->special_mask = false;
    c->read_isr = false;
    c->poll = false;
    c->rotate_aeoi = false;
    c->has_icw3 = !(value & ICW1_SNGL);
    c->has_icw4 = value & ICW1_IC4;
    c->aeoi = false;
    c->sfnm = false;
    c->expect = 2;
}

static void pic_eoi(struct pic_chip *c, bool rotate)
{
    uint8_t bits = c->special_mask ? c->isr & (uint8_t)~c->imr : c->isr;
    unsigned rank = pic_rank(c, bits);

    if (rank < 8) {
        unsigned ir = pic_rank_to_ir(c, rank);

        c->isr &= (uint8_t) ~(1u << ir);
        if (rotate) {
            c->lowest = (uint8_t)ir;
        }
    }
}

static void pic_ocw2(struct pic_chip *c, uint8_t value)
{
    uint8_t ir = value & 7;

    switch (value >> 5) {
    case 0:
    case 4: c->rotate_aeoi = value >> 7; break;
    case 1:
    case 5: pic_eoi(c, value >> 7); break;
    case 3: c->isr &= (uint8_t) ~(1u << ir); break;
    case 6: c->lowest = ir; break;
    case 7:
        c->isr &= (uint8_t) ~(1u << ir);
        c->lowest = ir;
        break;
    default: /* 2: no operation */ break;
    }
}

static void pic_ocw3(struct pic_chip *c, uint8_t value)
{
    c->poll = value & OCW3_POLL;
    if (value & OCW3_RR) {
        c->read_isr = value & OCW3_RIS;
    }
    if (value & OCW3_ESMM) {
        c->special_mask = value & OCW3_SMM;
    }
}

static void pic_data_write(struct pic_chip *c, uint8_t value)
{
    switch (c->expect) {
    case 0: c->imr = value; break;
    case 2:
        c->base = value & 0xf8;
        c->expect = c->has_icw3 ? 3 : c->has_icw4 ? 4 : 0;
        break;
    case 3: /* the cascade is wired */ c->expect = c->has_icw4 ? 4 : 0; break;
    default:
        c->aeoi = value & ICW4_AEOI;
        c->sfnm = value & ICW4_SFNM;
        c->expect = 0;
        break;
    }
}

static void pic_write(void *opaque, uint16_t off, uint32_t value, unsigned size)
{
    struct pic_chip *c = opaque;
    uint8_t byte = (uint8_t)value;

    (void)size;
    if (off == 1) {
        pic_data_write(c, byte);
    } else if (byte & ICW1_SELECT) {
        pic_icw1(c, byte);
    } else if (byte & OCW3_SELECT) {
        pic_ocw3(c, byte);
    } else {
        pic_ocw2(c, byte);
    }
    pic_update_irq(c->pair);
}

static uint32_t pic_elcr_read(void *opaque, uint16_t off, unsigned size)
{
    struct pic8259 *p = opaque;

    (void)size;
    return p->chip[off].elcr;
}

static void pic_elcr_write(void *opaque, uint16_t off, uint32_t value, unsigned size)
{
    struct pic8259 *p = opaque;

    (void)size;
    p->chip[off].elcr = (uint8_t)value & p->chip[off].elcr_mask;
    pic_update_irq(p);
}

static const struct ioport_ops pic_ops = { .read = pic_read, .write = pic_write };
static const struct ioport_ops pic_elcr_ops = { .read = pic_elcr_read, .write = pic_elcr_write };

static void pic_set(void *opaque, unsigned irq, bool level)
{
    struct pic8259 *p = opaque;

    trace_pic_line(irq, level);
    pic_line(&p->chip[irq >> 3], irq & 7, level);
    pic_update_irq(p);
}

struct irq pic8259_input(struct pic8259 *p, unsigned irq)
{
    struct irq line = { 0 };

    if (irq < 16 && irq != CASCADE) {
        line = (struct irq){ .set = pic_set, .opaque = p, .line = irq };
    }
    return line;
}

bool pic8259_pending(const struct pic8259 *p)
{
    return p->intr_level;
}

bool pic8259_masked(const struct pic8259 *p, unsigned irq)
{
    if (irq >= 8) {
        return p->chip[1].imr >> (irq & 7) & 1 || p->chip[0].imr >> CASCADE & 1;
    }
    return p->chip[0].imr >> irq & 1;
}

uint16_t pic8259_irr(const struct pic8259 *p)
{
    return (uint16_t)(pic_irr(&p->chip[0]) | pic_irr(&p->chip[1]) << 8);
}

uint16_t pic8259_isr(const struct pic8259 *p)
{
    return (uint16_t)(p->chip[0].isr | p->chip[1].isr << 8);
}

uint16_t pic8259_elcr(const struct pic8259 *p)
{
    return (uint16_t)(p->chip[0].elcr | p->chip[1].elcr << 8);
}

void pic8259_on_ack(struct pic8259 *p, void (*fn)(void *opaque, unsigned irq), void *opaque)
{
    p->on_ack = fn;
    p->on_ack_opaque = opaque;
}

/* Lines keep their levels: they belong to the devices. The chip itself has no reset input; what it
 * holds at power-on is undefined, and nothing is requested before initialisation. */
static void pic_reset(struct device *d)
{
    struct pic8259 *p = (struct pic8259 *)d;

    for (unsigned i = 0; i < 2; i++) {
        pic_icw1(&p->chip[i], 0);
        p->chip[i].expect = 0;
        p->chip[i].imr = 0xff;
        p->chip[i].elcr = 0;
        p->chip[i].base = 0;
    }
    pic_update_irq(p);
}

static bool pic_realize(struct device *d, GError **err)
{
    struct pic8259 *p = (struct pic8259 *)d;
    struct pic_chip *c = p->chip;

    for (unsigned i = 0; i < 2; i++) {
        c[i].pair = p;
        c[i].master = i == 0;
        c[i].elcr_mask = i == 0 ? 0xf8 : 0xde; /* 0, 1, 2, 8 and 13 are always edge-triggered */
    }
    pic_reset(d);
    return isa_ports_claim(&p->ports, d, 0x20, 2, false, &pic_ops, &c[0], err) &&
           isa_ports_claim(&p->ports, d, 0xa0, 2, false, &pic_ops, &c[1], err) &&
           isa_ports_claim(&p->ports, d, 0x4d0, 2, false, &pic_elcr_ops, p, err);
}

static void pic_unrealize(struct device *d)
{
    isa_ports_release(&((struct pic8259 *)d)->ports);
}

struct pic8259 *pic8259_new(struct ioport_space *io, struct irq intr, GError **err)
{
    struct device *d = device_new(&pic8259_class);
    struct pic8259 *p = (struct pic8259 *)d;

    p->ports.io = io;
    p->intr = intr;
    if (!device_realize(d, err)) {
        device_free(d);
        return NULL;
    }
    return p;
}

static void pic_describe(const struct device *d, GString *out)
{
    const struct pic8259 *p = (const struct pic8259 *)d;

    for (unsigned i = 0; i < 2; i++) {
        const struct pic_chip *c = &p->chip[i];
        g_string_append_printf(out,
                               "pic%u: irr=%02x imr=%02x isr=%02x lines=%02x hprio=%u "
                               "irq_base=%02x elcr=%02x%s%s%s%s\n",
                               i, pic_irr(c), c->imr, c->isr, c->lines, (c->lowest + 1) & 7,
                               c->base, c->elcr, c->aeoi ? " auto-eoi" : "",
                               c->sfnm ? " special-fully-nested" : "",
                               c->special_mask ? " special-mask" : "",
                               c->expect ? " (being initialised)" : "");
    }
    for (unsigned i = 0; i < 16; i++) {
        uint64_t n = p->chip[i / 8].taken[i % 8];
        if (n && i != CASCADE) {
            g_string_append_printf(out, "irq %u: %" G_GUINT64_FORMAT " taken\n", i, n);
        }
    }
}

const struct device_class pic8259_class = {
    .name = "isa-pic",
    .desc = "8259A interrupt controllers",
    .size = sizeof(struct pic8259),
    .realize = pic_realize,
    .unrealize = pic_unrealize,
    .reset = pic_reset,
    .describe = pic_describe,
};
