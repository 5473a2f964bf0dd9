/* SPDX-License-Identifier: MIT */
/*
 * Intel 8254 programmable interval timer (data sheet 231164-005), clocked at 1.193182 MHz: all six
 * modes, BCD, count and status latches. Counters aren't stepped: what a counter holds follows from
 * the clock pulse that loaded it. Between a write and that pulse a read gives the new count (a bus
 * cycle takes longer than a pulse). A count of 1, illegal in modes 2 and 3, counts as 2.
 *
 * Channel 0 drives IRQ 0. The low pulse of modes 2 and 4 (one clock) is drawn together with its
 * end, so that the line is seen to fall and rise at one moment.
 */
#include "hw/pc/pit8254.h"

#include "core/trace.h"
#include "hw/isa/isa_ports.h"

enum { RW_LATCH, RW_LSB, RW_MSB, RW_BOTH };

#define PIT_CHANNELS 3
/* Edges that come faster are counted, but seen together. */
#define PIT_MIN_INTERVAL_NS (10 * NS_PER_US)

struct pit_channel {
    uint8_t mode, rw;
    bool bcd, gate;
    bool loaded;    /* a count was given since the control word; else `held` is the count */
    bool stopped;   /* by the gate, or by the first byte of a new count in mode 0 */
    bool triggered; /* modes 1 and 5: the gate rose since the control word */
    bool phase_low; /* mode 3: the half-cycle that began at `start` is the low one */
    bool write_msb, read_msb; /* which byte is next, RW_BOTH */
    bool count_latched, status_latched;
    uint8_t lsb, status;
    uint16_t latch, held;
    uint32_t n;                /* count in force, 1..65536 */
    uint32_t reload;           /* count last written */
    bool switching;            /* modes 2 and 3: `reload` takes effect at `switch_at` */
    uint64_t start, switch_at; /* clock pulses since time 0 */
    uint64_t elapsed;          /* while stopped */
    uint64_t rises;            /* of OUT since `start`, already seen */
};

struct pit8254 {
    struct device dev;
    struct isa_ports ports;
    struct clock *clock;
    struct timer timer;
    struct irq irq0;
    struct tick tick;
    struct pit_channel ch[PIT_CHANNELS];
};

static uint64_t pit_now(struct pit8254 *p)
{
    return muldiv_u64((uint64_t)clock_now_ns(p->clock), PIT_HZ, NS_PER_SEC);
}

/* The first nanosecond in which clock pulse t has happened. */
static int64_t pit_pulse_ns(uint64_t t)
{
    return (int64_t)(t / PIT_HZ * NS_PER_SEC + (t % PIT_HZ * NS_PER_SEC + PIT_HZ - 1) / PIT_HZ);
}

static uint64_t pit_elapsed(const struct pit_channel *c, uint64_t now)
{
    if (c->stopped) {
        return c->elapsed;
    }
    return now > c->start ? now - c->start : 0;
}

/* Mode 3: pulses of the half-cycle that began at start, and of the other. */
static uint32_t pit_first_half(const struct pit_channel *c)
{
    return c->phase_low ? c->n / 2 : (c->n + 1) / 2;
}

static bool pit_channel_out(const struct pit_channel *c, uint64_t now)
{
    uint64_t e = pit_elapsed(c, now);

    if (!c->loaded) {
        return c->mode != 0;
    }
    switch (c->mode) {
    case 0: return e >= c->n;
    case 1: return !c->triggered || now < c->start || e >= c->n;
    case 2: return c->stopped || e % c->n != c->n - 1;
    case 3: return c->stopped || (e % c->n < pit_first_half(c)) != c->phase_low;
    default: return (c->mode == 5 && !c->triggered) || e != c->n;
    }
}

/* Mode 3 counts by two in each half; of an odd count the low half is a pulse shorter. */
static uint32_t pit_square_count(const struct pit_channel *c, uint64_t e)
{
    uint32_t pos = (uint32_t)(e % c->n), first = pit_first_half(c);

    return (c->n & ~1u) - 2 * (pos < first ? pos : pos - first);
}

static uint16_t pit_count(const struct pit_channel *c, uint64_t now)
{
    uint32_t modulus = c->bcd ? 10000 : 65536;
    uint64_t e = pit_elapsed(c, now);
    uint32_t count;

    if (!c->loaded || ((c->mode == 1 || c->mode == 5) && !c->triggered)) {
        return c->held;
    }
    switch (c->mode) {
    case 2: count = c->n - (uint32_t)(e % c->n); break;
    case 3: count = pit_square_count(c, e); break;
    default: /* wraps and goes on */
        count = (uint32_t)((c->n + (uint64_t)modulus - e % modulus) % modulus);
        break;
    }
    count %= modulus;
    if (c->bcd) {
        count = count / 1000 << 12 | count / 100 % 10 << 8 | count / 10 % 10 << 4 | count % 10;
    }
    return (uint16_t)count;
}

/* Rising edges of OUT from start until now. */
static uint64_t pit_rises(const struct pit_channel *c, uint64_t now)
{
    uint64_t e = pit_elapsed(c, now);

    if (!c->loaded || c->stopped) {
        return c->rises;
    }
    switch (c->mode) {
    case 0: return e >= c->n;
    case 2: return e / c->n;
    case 3: return c->phase_low ? (e + c->n - pit_first_half(c)) / c->n : e / c->n;
    case 4: return e > c->n;
    default: /* 1 and 5 need a gate, which channel 0 has not */ return 0;
    }
}

/* Lets a count written in mid-cycle take effect; returns how often OUT rose since last asked. */
static uint64_t pit_advance(struct pit_channel *c, uint64_t now)
{
    uint64_t rises = 0, total;

    if (c->switching && !c->stopped && now >= c->switch_at) {
        total = pit_rises(c, c->switch_at);
        rises = total - c->rises;
        if (c->mode == 3) {
            c->phase_low = !pit_channel_out(c, c->switch_at);
        }
        c->start = c->switch_at;
        c->n = c->reload;
        c->switching = false;
        c->rises = 0;
    }
    total = pit_rises(c, now);
    rises += total - c->rises;
    c->rises = total;
    return rises;
}

/* Channel 0's next change of OUT that IRQ 0 must follow, in pulses; 0 = none. */
static uint64_t pit_next_edge(const struct pit_channel *c, uint64_t now)
{
    uint64_t e = pit_elapsed(c, now), base, first, next = 0;

    if (!c->loaded || c->stopped) {
        return 0;
    }
    switch (c->mode) {
    case 0: next = e < c->n ? c->start + c->n : 0; break;
    case 2: next = c->start + (e / c->n + 1) * c->n; break;
    case 3:
        base = c->start + e / c->n * c->n;
        first = base + pit_first_half(c);
        next = now < first ? first : base + c->n;
        break;
    case 4: next = e <= c->n ? c->start + c->n + 1 : 0; break;
    default: break;
    }
    return next;
}

static void pit_edge(struct pit8254 *p)
{
    irq_set(p->irq0, false);
    irq_set(p->irq0, true);
}

/* Brings IRQ 0 up to date and arms the timer for OUT's next edge. */
static void pit_update_irq(struct pit8254 *p)
{
    struct pit_channel *c = &p->ch[0];
    uint64_t now = pit_now(p), rises = pit_advance(c, now), next = pit_next_edge(c, now);

    if (rises > 0) {
        /* A late rise stays high until the next fall, or the 8259 would miss it. */
        tick_elapsed(&p->tick, rises);
        pit_edge(p);
    } else if (!pit_channel_out(c, now)) {
        irq_set(p->irq0, false);
    }
    if (next == 0) {
        timer_del(&p->timer);
        return;
    }
    int64_t deadline = pit_pulse_ns(next), soonest = clock_now_ns(p->clock) + PIT_MIN_INTERVAL_NS;

    if ((c->mode == 2 || c->mode == 3) && c->n < 12 && deadline < soonest) {
        deadline = soonest;
    }
    timer_mod(&p->timer, deadline);
}

static void pit_fire(void *opaque)
{
    pit_update_irq(opaque);
}

void pit8254_irq0_acked(struct pit8254 *p)
{
    if (tick_acked(&p->tick)) {
        pit_edge(p);
    }
}

static void pit_begin(struct pit_channel *c, uint64_t now)
{
    c->n = c->reload;
    c->start = now + 1;
    c->switching = false;
    c->phase_low = false;
    c->rises = 0;
    c->elapsed = 0;
}

static void pit_load(struct pit_channel *c, uint16_t value, uint64_t now)
{
    bool first = !c->loaded;
    uint32_t count = value;

    trace_pit_load(c->mode, value);
    if (c->bcd) {
        count = (value >> 12) * 1000u + (value >> 8 & 15) * 100u + (value >> 4 & 15) * 10u +
                (value & 15u);
    }
    if (count == 0) {
        count = c->bcd ? 10000 : 65536;
    }
    if (count == 1 && (c->mode == 2 || c->mode == 3)) {
        count = 2;
    }
    c->reload = count;
    switch (c->mode) {
    case 1:
    case 5: /* waits for the gate */ c->loaded = true; break;
    case 2:
    case 3:
        if (first || c->stopped) {
            c->loaded = true;
            c->stopped = !c->gate;
            pit_begin(c, now);
        } else {
            uint64_t e = pit_elapsed(c, now), base = c->start + e / c->n * c->n;
            uint64_t half = base + pit_first_half(c);

            c->switching = true;
            c->switch_at = c->mode == 3 && now < half ? half : base + c->n;
        }
        break;
    default:
        c->loaded = true;
        c->stopped = !c->gate;
        pit_begin(c, now);
        break;
    }
}

static void pit_count_write(struct pit8254 *p, unsigned index, uint8_t value)
{
    struct pit_channel *c = &p->ch[index];
    uint64_t now = pit_now(p);

    if (c->rw == RW_BOTH && !c->write_msb) {
        c->lsb = value;
        c->write_msb = true;
        if (c->mode == 0) { /* counting stops and OUT falls at once */
            c->held = pit_count(c, now);
            c->loaded = false;
        }
    } else {
        uint16_t count = value;

        if (c->rw == RW_MSB) {
            count = (uint16_t)(value << 8);
        } else if (c->rw == RW_BOTH) {
            count = (uint16_t)(value << 8 | c->lsb);
        }
        c->write_msb = false;
        pit_load(c, count, now);
    }
    if (index == 0) {
        tick_reset(&p->tick);
    }
}

static void pit_latch_count(struct pit_channel *c, uint64_t now)
{
    if (!c->count_latched) {
        c->latch = pit_count(c, now);
        c->count_latched = true;
    }
}

static void pit_latch_status(struct pit_channel *c, uint64_t now)
{
    bool null_count = !c->loaded || c->switching || now < c->start ||
                      ((c->mode == 1 || c->mode == 5) && (!c->triggered || c->n != c->reload));

    if (!c->status_latched) {
        c->status = (uint8_t)(pit_channel_out(c, now) << 7 | null_count << 6 | c->rw << 4 |
                              c->mode << 1 | c->bcd);
        c->status_latched = true;
    }
}

static void pit_read_back(struct pit8254 *p, uint8_t value)
{
    uint64_t now = pit_now(p);

    for (unsigned i = 0; i < PIT_CHANNELS; i++) {
        if (!(value >> (i + 1) & 1)) {
            continue;
        }
        pit_advance(&p->ch[i], now);
        if (!(value & 0x20)) {
            pit_latch_count(&p->ch[i], now);
        }
        if (!(value & 0x10)) {
            pit_latch_status(&p->ch[i], now);
        }
    }
}

static void pit_control(struct pit8254 *p, uint8_t value)
{
    unsigned index = value >> 6;
    uint64_t now = pit_now(p);
    struct pit_channel *c;

    if (index == PIT_CHANNELS) {
        pit_read_back(p, value);
        return;
    }
    c = &p->ch[index];
    if ((value >> 4 & 3) == RW_LATCH) {
        pit_latch_count(c, now);
        return;
    }
    c->held = pit_count(c, now);
    c->rw = value >> 4 & 3;
    c->mode = value >> 1 & 7;
    if (c->mode > 5) {
        c->mode -= 4;
    }
    c->bcd = value & 1;
    c->loaded = false;
    c->stopped = false;
    c->triggered = false;
    c->switching = false;
    c->write_msb = false;
    c->read_msb = false;
    c->count_latched = false;
    c->status_latched = false;
    c->rises = 0;
    if (index == 0) {
        tick_reset(&p->tick);
        irq_set(p->irq0, c->mode != 0);
    }
}

static uint8_t pit_count_read(struct pit8254 *p, unsigned index)
{
    struct pit_channel *c = &p->ch[index];
    uint16_t count;
    bool msb;

    if (c->status_latched) {
        c->status_latched = false;
        return c->status;
    }
    count = c->count_latched ? c->latch : pit_count(c, pit_now(p));
    msb = c->rw == RW_MSB || (c->rw == RW_BOTH && c->read_msb);
    if (c->rw == RW_BOTH) {
        c->read_msb = !c->read_msb;
    }
    if (c->rw != RW_BOTH || msb) {
        c->count_latched = false;
    }
    return (uint8_t)(msb ? count >> 8 : count);
}

static uint32_t pit_read(void *opaque, uint16_t off, unsigned size)
{
    struct pit8254 *p = opaque;

    (void)size;
    if (off == 3) {
        return 0xff; /* nobody drives the bus */
    }
    pit_advance(&p->ch[off], pit_now(p));
    if (off == 0) {
        pit_update_irq(p);
    }
    return pit_count_read(p, off);
}

static void pit_write(void *opaque, uint16_t off, uint32_t value, unsigned size)
{
    struct pit8254 *p = opaque;

    (void)size;
    pit_update_irq(p);
    for (unsigned i = 1; i < PIT_CHANNELS; i++) {
        pit_advance(&p->ch[i], pit_now(p));
    }
    if (off == 3) {
        pit_control(p, (uint8_t)value);
    } else {
        pit_count_write(p, off, (uint8_t)value);
    }
    pit_update_irq(p);
}

static const struct ioport_ops pit_ops = { .read = pit_read, .write = pit_write };

void pit8254_set_gate(struct pit8254 *p, unsigned channel, bool level)
{
    struct pit_channel *c = &p->ch[channel];
    uint64_t now = pit_now(p);
    bool rise = level && !c->gate;

    pit_advance(c, now);
    c->gate = level;
    switch (c->mode) {
    case 1:
    case 5:
        if (rise && c->loaded) {
            pit_begin(c, now);
            c->triggered = true;
        }
        break;
    case 2:
    case 3:
        if (!level && !c->stopped && c->loaded) {
            c->elapsed = pit_elapsed(c, now);
            c->stopped = true;
        } else if (rise && c->loaded) {
            c->stopped = false;
            pit_begin(c, now);
        }
        break;
    default:
        if (!level && !c->stopped && c->loaded) {
            c->elapsed = pit_elapsed(c, now);
            c->stopped = true;
        } else if (rise && c->stopped) {
            c->stopped = false;
            c->start = now - c->elapsed;
        }
        break;
    }
    if (channel == 0) {
        pit_update_irq(p);
    }
}

bool pit8254_out(struct pit8254 *p, unsigned channel)
{
    uint64_t now = pit_now(p);

    if (channel == 0) {
        pit_update_irq(p);
    } else {
        pit_advance(&p->ch[channel], now);
    }
    return pit_channel_out(&p->ch[channel], now);
}

void pit8254_channel_info(struct pit8254 *p, unsigned channel, unsigned *mode, uint32_t *reload)
{
    *mode = p->ch[channel].mode;
    *reload = p->ch[channel].loaded ? p->ch[channel].reload : 0;
}

void pit8254_set_lost_ticks(struct pit8254 *p, enum tick_policy policy,
                            bool (*masked)(void *opaque), void *opaque)
{
    p->tick.policy = policy;
    p->tick.masked = masked;
    p->tick.opaque = opaque;
    tick_reset(&p->tick);
}

/* Undefined in the chip; here all counters wait for a control word. */
static void pit_reset(struct device *d)
{
    struct pit8254 *p = (struct pit8254 *)d;

    for (unsigned i = 0; i < PIT_CHANNELS; i++) {
        p->ch[i] = (struct pit_channel){
            .mode = 0, .rw = RW_BOTH, .gate = i != 2, .n = 65536, .reload = 65536
        };
    }
    tick_reset(&p->tick);
    timer_del(&p->timer);
    irq_set(p->irq0, false);
}

static bool pit_realize(struct device *d, GError **err)
{
    struct pit8254 *p = (struct pit8254 *)d;

    timer_init(&p->timer, p->clock, pit_fire, p);
    pit_reset(d);
    return isa_ports_claim(&p->ports, d, 0x40, 4, false, &pit_ops, p, err);
}

static void pit_unrealize(struct device *d)
{
    struct pit8254 *p = (struct pit8254 *)d;

    timer_del(&p->timer);
    isa_ports_release(&p->ports);
}

struct pit8254 *pit8254_new(struct ioport_space *io, struct clock *clock, struct irq irq0,
                            GError **err)
{
    struct device *d = device_new(&pit8254_class);
    struct pit8254 *p = (struct pit8254 *)d;

    p->ports.io = io;
    p->clock = clock;
    p->irq0 = irq0;
    if (!device_realize(d, err)) {
        device_free(d);
        return NULL;
    }
    return p;
}

const struct device_class pit8254_class = {
    .name = "isa-pit",
    .desc = "8254 interval timer",
    .size = sizeof(struct pit8254),
    .realize = pit_realize,
    .unrealize = pit_unrealize,
    .reset = pit_reset,
};
