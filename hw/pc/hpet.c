/* SPDX-License-Identifier: MIT */
/*
 * HPET (IA-PC HPET specification 1.0a) at 100 MHz: all timers are 64 bits wide and periodic, with
 * the level, edge and FSB forms of interrupt and legacy replacement. A periodic timer's comparator
 * reads as its next expiry.
 *
 * A comparator written a little too late (less than LATE_TICKS behind the counter) fires at once.
 * In hardware it would be missed until the counter wraps; guests check for that, but their check
 * assumes that nobody stops the processor between reading the counter and writing.
 */
#include "hw/pc/hpet.h"

#include "core/trace.h"

enum {
    REG_CAP = 0x000,
    REG_CONFIG = 0x010,
    REG_STATUS = 0x020,
    REG_COUNTER = 0x0f0,
    REG_TIMERS = 0x100
};
enum { TIMER_CONFIG = 0x00, TIMER_COMPARATOR = 0x08, TIMER_FSB = 0x10, TIMER_SPAN = 0x20 };

#define TICK_NS       10
#define PERIOD_FS     (TICK_NS * 1000000ull)
#define CAP_LOW       0x8086a001u /* vendor, legacy replacement, 64-bit counter, revision 1 */
#define CONFIG_ENABLE 1u
#define CONFIG_LEGACY 2u

#define T_LEVEL        0x0002ull
#define T_ENABLE       0x0004ull
#define T_PERIODIC     0x0008ull
#define T_PERIODIC_CAP 0x0010ull
#define T_SIZE_CAP     0x0020ull
#define T_VAL_SET      0x0040ull
#define T_32BIT        0x0100ull
#define T_ROUTE(cfg)   ((cfg) >> 9 & 31)
#define T_FSB          0x4000ull
#define T_FSB_CAP      0x8000ull
#define T_WRITABLE     0x3f4eull /* all but FSB, which depends */

#define LATE_TICKS      (100 * NS_PER_MS / TICK_NS)
#define MIN_INTERVAL_NS (10 * NS_PER_US)

struct hpet_timer {
    struct hpet *hpet;
    unsigned index;
    struct timer timer;
    uint64_t config, comparator, period, fsb;
    uint64_t target; /* counter value of the next match, not cut to 32 bits */
    bool armed;
    bool level;      /* of its interrupt line */
    struct irq line; /* that `level` went to */
};

struct hpet {
    struct device dev;
    struct hpet_config cfg;
    struct mem_region *region;
    struct hpet_timer *timers;
    uint64_t config, status;
    uint64_t counter; /* at start_ns */
    int64_t start_ns;
    bool pit_level, rtc_level;
    struct tick tick;
};

static bool hpet_running(const struct hpet *h)
{
    return h->config & CONFIG_ENABLE;
}

static bool hpet_legacy(const struct hpet *h)
{
    return h->config & CONFIG_LEGACY;
}

static uint64_t hpet_counter(const struct hpet *h)
{
    if (!hpet_running(h)) {
        return h->counter;
    }
    return h->counter + (uint64_t)(clock_now_ns(h->cfg.clock) - h->start_ns) / TICK_NS;
}

static uint64_t hpet_mask(const struct hpet_timer *t)
{
    return t->config & T_32BIT ? UINT32_MAX : UINT64_MAX;
}

/* --- interrupts ------------------------------------------------------------------------------ */

static struct irq hpet_route(const struct hpet_timer *t)
{
    const struct hpet *h = t->hpet;
    unsigned route = T_ROUTE(t->config);

    if (hpet_legacy(h) && t->index < 2) {
        return t->index == 0 ? h->cfg.irq0 : h->cfg.irq8;
    }
    return route < ARRAY_LEN(h->cfg.irq) ? h->cfg.irq[route] : (struct irq){ 0 };
}

static void hpet_drive(struct hpet_timer *t, bool level)
{
    if (level != t->level) {
        t->level = level;
        irq_set(t->line, level);
    }
}

/* Level mode: the line follows the status bit. Also drops a line that is no longer ours. */
static void hpet_update_irq(struct hpet_timer *t)
{
    const struct hpet *h = t->hpet;
    struct irq route = hpet_route(t);
    bool may = hpet_running(h) && (t->config & T_ENABLE) && !(t->config & T_FSB);

    if (route.set != t->line.set || route.opaque != t->line.opaque || route.line != t->line.line ||
        !may) {
        hpet_drive(t, false);
        t->line = route;
    }
    if (t->config & T_LEVEL) {
        hpet_drive(t, may && (h->status >> t->index & 1));
    }
}

/* An 8259 wants the request held; the I/O APIC takes the edge alone. */
static void hpet_edge(struct hpet_timer *t)
{
    hpet_drive(t, false);
    hpet_drive(t, true);
    if (!(hpet_legacy(t->hpet) && t->index < 2)) {
        hpet_drive(t, false);
    }
}

static void hpet_interrupt(struct hpet_timer *t, uint64_t periods)
{
    struct hpet *h = t->hpet;

    trace_hpet_interrupt(t->index);
    if ((t->config & T_LEVEL) && !(t->config & T_FSB)) {
        h->status |= 1ull << t->index;
        hpet_update_irq(t);
    } else if (t->config & T_ENABLE) {
        if (t->config & T_FSB) {
            h->cfg.msi(h->cfg.msi_opaque, t->fsb >> 32, (uint32_t)t->fsb);
            return;
        }
        if (t->index == 0 && hpet_legacy(h)) {
            tick_elapsed(&h->tick, periods);
        }
        hpet_edge(t);
    }
}

void hpet_irq0_acked(struct hpet *h)
{
    struct hpet_timer *t = &h->timers[0];

    if (hpet_legacy(h) && (t->config & T_ENABLE) && tick_acked(&h->tick)) {
        hpet_edge(t);
    }
}

/* --- matching -------------------------------------------------------------------------------- */

/* When the comparator next equals the counter. */
static void hpet_aim(struct hpet_timer *t)
{
    uint64_t now = hpet_counter(t->hpet), mask = hpet_mask(t);

    t->target = now + ((t->comparator - now) & mask);
    t->armed = true;
}

static void hpet_arm(struct hpet_timer *t)
{
    struct hpet *h = t->hpet;
    uint64_t now = hpet_counter(h), left = t->target - now;
    int64_t deadline, now_ns = clock_now_ns(h->cfg.clock);

    if (!hpet_running(h) || !t->armed || (int64_t)left < 0 ||
        left > (uint64_t)(INT64_MAX - now_ns) / TICK_NS - 1) {
        timer_del(&t->timer);
        return;
    }
    deadline = h->start_ns + (int64_t)(t->target - h->counter) * TICK_NS;
    if ((t->config & T_PERIODIC) && t->period < MIN_INTERVAL_NS / TICK_NS &&
        deadline < now_ns + MIN_INTERVAL_NS) {
        deadline = now_ns + MIN_INTERVAL_NS;
    }
    timer_mod(&t->timer, deadline);
}

/* Handles the matches up to now. */
static void hpet_sync_timer(struct hpet_timer *t)
{
    uint64_t now = hpet_counter(t->hpet), periods = 1;

    if (!t->armed || !hpet_running(t->hpet) || (int64_t)(now - t->target) < 0) {
        return;
    }
    if ((t->config & T_PERIODIC) && t->period > 0) {
        periods = (now - t->target) / t->period + 1;
        t->comparator = (t->comparator + periods * t->period) & hpet_mask(t);
        t->target += periods * t->period;
    } else if (t->config & T_32BIT) {
        t->target += 1ull << 32; /* fires at each wrap */
        while ((int64_t)(now - t->target) >= 0) {
            t->target += 1ull << 32;
        }
    } else {
        t->armed = false;
    }
    hpet_interrupt(t, periods);
}

static void hpet_sync(struct hpet *h)
{
    for (unsigned i = 0; i < h->cfg.timers; i++) {
        hpet_sync_timer(&h->timers[i]);
        hpet_arm(&h->timers[i]);
    }
}

static void hpet_fire(void *opaque)
{
    struct hpet_timer *t = opaque;

    hpet_sync_timer(t);
    hpet_arm(t);
}

/* --- registers ------------------------------------------------------------------------------- */

static uint64_t hpet_timer_read(const struct hpet_timer *t, unsigned reg)
{
    switch (reg) {
    case TIMER_CONFIG: return t->config;
    case TIMER_COMPARATOR: return t->comparator;
    case TIMER_FSB: return t->fsb;
    default: return 0;
    }
}

static uint64_t hpet_reg(struct hpet *h, unsigned reg)
{
    if (reg >= REG_TIMERS) {
        unsigned index = (reg - REG_TIMERS) / TIMER_SPAN;

        return index < h->cfg.timers ? hpet_timer_read(&h->timers[index], reg % TIMER_SPAN) : 0;
    }
    switch (reg) {
    case REG_CAP: return PERIOD_FS << 32 | CAP_LOW | (h->cfg.timers - 1) << 8;
    case REG_CONFIG: return h->config;
    case REG_STATUS: return h->status;
    case REG_COUNTER: return hpet_counter(h);
    default: return 0;
    }
}

static uint64_t hpet_read(void *opaque, gpa_t off, unsigned size)
{
    struct hpet *h = opaque;

    (void)size;
    hpet_sync(h);
    return hpet_reg(h, (unsigned)off & 0x3f8) >> (off & 4) * 8;
}

static void hpet_mux(struct hpet *h)
{
    if (!hpet_legacy(h)) {
        irq_set(h->cfg.irq0, h->pit_level);
        irq_set(h->cfg.irq8, h->rtc_level);
    }
}

static void hpet_write_config(struct hpet *h, uint64_t value)
{
    uint64_t old = h->config;

    value &= CONFIG_ENABLE | CONFIG_LEGACY;
    if ((value ^ old) & CONFIG_ENABLE) {
        h->counter = hpet_counter(h);
        h->start_ns = clock_now_ns(h->cfg.clock);
    }
    h->config = value;
    if ((value ^ old) & CONFIG_LEGACY) {
        tick_reset(&h->tick);
        for (unsigned i = 0; i < 2; i++) {
            hpet_update_irq(&h->timers[i]); /* lets go of the old line */
        }
        if (value & CONFIG_LEGACY) {
            irq_set(h->cfg.irq0, false);
            irq_set(h->cfg.irq8, false);
        }
        hpet_mux(h);
    }
    for (unsigned i = 0; i < h->cfg.timers; i++) {
        if (value & ~old & CONFIG_ENABLE) {
            hpet_aim(&h->timers[i]);
        }
        hpet_update_irq(&h->timers[i]);
    }
}

static void hpet_write_timer_config(struct hpet_timer *t, uint64_t value)
{
    uint64_t writable = T_WRITABLE | (t->hpet->cfg.msi ? T_FSB : 0), old = t->config;

    t->config = (old & ~writable) | (value & writable);
    if (t->config & T_32BIT) {
        t->comparator &= UINT32_MAX;
        t->period &= UINT32_MAX;
    }
    if ((t->config ^ old) & (T_32BIT | T_PERIODIC)) {
        hpet_aim(t);
    }
    if (t->index == 0 && ((t->config ^ old) & (T_PERIODIC | T_ENABLE))) {
        tick_reset(&t->hpet->tick);
    }
    hpet_update_irq(t);
}

/* `mask`: the bits this access carries. In periodic mode the accumulator is set only after VAL_SET;
 * every write sets the period. */
static void hpet_write_comparator(struct hpet_timer *t, uint64_t value, uint64_t mask)
{
    struct hpet *h = t->hpet;
    uint64_t now = hpet_counter(h), width = hpet_mask(t), late;

    if (!(t->config & T_PERIODIC) || (t->config & T_VAL_SET)) {
        t->comparator = ((t->comparator & ~mask) | (value & mask)) & width;
        hpet_aim(t);
        late = (now - t->comparator) & width;
        if (hpet_running(h) && late > 0 && late < LATE_TICKS) {
            t->target = now - late;
        }
    }
    if (t->config & T_PERIODIC) {
        t->period = ((t->period & ~mask) | (value & mask)) & width;
        if (t->index == 0) {
            tick_reset(&h->tick);
        }
    }
    /* A 64-bit value may come in two halves. */
    if (mask >> 32 || (t->config & T_32BIT) || !(mask & 1)) {
        t->config &= ~T_VAL_SET;
    }
}

static void hpet_timer_write(struct hpet_timer *t, unsigned reg, uint64_t value, uint64_t mask)
{
    switch (reg) {
    case TIMER_CONFIG: hpet_write_timer_config(t, (t->config & ~mask) | (value & mask)); break;
    case TIMER_COMPARATOR: hpet_write_comparator(t, value, mask); break;
    case TIMER_FSB: t->fsb = (t->fsb & ~mask) | (value & mask); break;
    default: break;
    }
}

static void hpet_write_counter(struct hpet *h, uint64_t value)
{
    h->counter = value;
    h->start_ns = clock_now_ns(h->cfg.clock);
    for (unsigned i = 0; i < h->cfg.timers; i++) {
        hpet_aim(&h->timers[i]);
    }
}

static void hpet_write(void *opaque, gpa_t off, uint64_t value, unsigned size)
{
    struct hpet *h = opaque;
    unsigned reg = (unsigned)off & 0x3f8, shift = ((unsigned)off & 7) * 8;
    uint64_t mask = (size == 8 ? UINT64_MAX : (1ull << size * 8) - 1) << shift;

    hpet_sync(h);
    value <<= shift;
    if (reg >= REG_TIMERS) {
        unsigned index = (reg - REG_TIMERS) / TIMER_SPAN;

        if (index < h->cfg.timers) {
            hpet_timer_write(&h->timers[index], reg % TIMER_SPAN, value, mask);
        }
    } else if (reg == REG_CONFIG) {
        hpet_write_config(h, (h->config & ~mask) | (value & mask));
    } else if (reg == REG_COUNTER) {
        hpet_write_counter(h, (hpet_counter(h) & ~mask) | (value & mask));
    } else if (reg == REG_STATUS) {
        h->status &= ~(value & mask);
        for (unsigned i = 0; i < h->cfg.timers; i++) {
            hpet_update_irq(&h->timers[i]);
        }
    }
    hpet_sync(h);
}

static const struct mem_ops hpet_ops = {
    .read = hpet_read,
    .write = hpet_write,
    .min_size = 4,
    .max_size = 8,
};

/* --- the PIT and the RTC go through here ------------------------------------------------------ */

static void hpet_pass(void *opaque, unsigned line, bool level)
{
    struct hpet *h = opaque;

    if (line == 0) {
        h->pit_level = level;
    } else {
        h->rtc_level = level;
    }
    if (!hpet_legacy(h)) {
        irq_set(line == 0 ? h->cfg.irq0 : h->cfg.irq8, level);
    }
}

struct irq hpet_pit_input(struct hpet *h)
{
    return (struct irq){ .set = hpet_pass, .opaque = h, .line = 0 };
}

struct irq hpet_rtc_input(struct hpet *h)
{
    return (struct irq){ .set = hpet_pass, .opaque = h, .line = 1 };
}

void hpet_set_lost_ticks(struct hpet *h, enum tick_policy policy, bool (*masked)(void *opaque),
                         void *opaque)
{
    h->tick.policy = policy;
    h->tick.masked = masked;
    h->tick.opaque = opaque;
    tick_reset(&h->tick);
}

bool hpet_cuts_pit(const struct hpet *h)
{
    return hpet_legacy(h);
}

/* --- life ------------------------------------------------------------------------------------ */

static void hpet_reset(struct device *d)
{
    struct hpet *h = (struct hpet *)d;
    uint64_t routes = 0;

    for (unsigned i = 0; i < ARRAY_LEN(h->cfg.irq); i++) {
        routes |= h->cfg.irq[i].set ? 1ull << i : 0;
    }
    h->config = 0;
    h->status = 0;
    h->counter = 0;
    tick_reset(&h->tick);
    for (unsigned i = 0; i < h->cfg.timers; i++) {
        struct hpet_timer *t = &h->timers[i];

        hpet_drive(t, false);
        timer_del(&t->timer);
        t->config = T_PERIODIC_CAP | T_SIZE_CAP | (h->cfg.msi ? T_FSB_CAP : 0) | routes << 32;
        t->comparator = UINT64_MAX;
        t->period = 0;
        t->fsb = 0;
        t->armed = false;
        t->line = hpet_route(t);
    }
    hpet_mux(h);
}

static bool hpet_realize(struct device *d, GError **err)
{
    struct hpet *h = (struct hpet *)d;

    if (h->cfg.timers < 3 || h->cfg.timers > 32) {
        g_set_error(err, EMU_ERROR, EMU_ERROR_CONFIG, "hpet: %u timers: 3 to 32 are possible",
                    h->cfg.timers);
        return false;
    }
    h->timers = g_new0(struct hpet_timer, h->cfg.timers);
    for (unsigned i = 0; i < h->cfg.timers; i++) {
        h->timers[i].hpet = h;
        h->timers[i].index = i;
        timer_init(&h->timers[i].timer, h->cfg.clock, hpet_fire, &h->timers[i]);
    }
    hpet_reset(d);
    h->region = physmem_add_io(h->cfg.mem, "hpet", h->cfg.base, 0x400, &hpet_ops, h, 20);
    return true;
}

static void hpet_unrealize(struct device *d)
{
    struct hpet *h = (struct hpet *)d;

    for (unsigned i = 0; i < h->cfg.timers; i++) {
        timer_del(&h->timers[i].timer);
    }
    physmem_remove(h->cfg.mem, h->region);
    g_free(h->timers);
}

struct hpet *hpet_new(const struct hpet_config *cfg, GError **err)
{
    struct device *d = device_new(&hpet_class);
    struct hpet *h = (struct hpet *)d;

    h->cfg = *cfg;
    if (!device_realize(d, err)) {
        device_free(d);
        return NULL;
    }
    return h;
}

const struct device_class hpet_class = {
    .name = "hpet",
    .desc = "high precision event timer",
    .size = sizeof(struct hpet),
    .realize = hpet_realize,
    .unrealize = hpet_unrealize,
    .reset = hpet_reset,
};
