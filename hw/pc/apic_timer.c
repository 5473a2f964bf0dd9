/* SPDX-License-Identifier: MIT */
/*
 * The local APIC's timer (Intel SDM vol. 3, 11.5.4): one-shot, periodic and TSC-deadline. The bus
 * clock is 1 GHz, so a count of the divide-by-one timer is a nanosecond of virtual time. The
 * current count is computed, not stepped.
 */
#include "hw/pc/apic_internal.h"

#include "core/trace.h"

/* Periods below this are counted right but interrupt no more often than this. */
#define MIN_PERIOD_NS (20 * NS_PER_US)
#define FAR_FUTURE_NS (INT64_MAX / 2)

static int64_t lapic_now(const struct lapic *a)
{
    return clock_now_ns(a->set->cfg.clock);
}

static bool lapic_deadline_mode(const struct lapic *a)
{
    return LVT_TIMER_MODE(a->lvt[LVT_TIMER]) == TIMER_TSC_DEADLINE;
}

static bool lapic_periodic(const struct lapic *a)
{
    return LVT_TIMER_MODE(a->lvt[LVT_TIMER]) == TIMER_PERIODIC;
}

/* Nanoseconds a count: divide configuration bits 3, 1, 0; 111b divides by one. */
static uint64_t lapic_divisor(const struct lapic *a)
{
    unsigned code = (a->divide & 3) | (a->divide >> 1 & 4);

    return 1ull << ((code + 1) & 7);
}

/* Moves the load point of a periodic timer into the present period. True if a period ended. */
static bool lapic_timer_roll(struct lapic *a, int64_t now)
{
    uint64_t div = lapic_divisor(a), span = a->load_count * div;
    uint64_t elapsed = (uint64_t)(now - a->load_ns);
    uint64_t period = a->initial * div;

    if (a->load_count == 0 || elapsed < span) {
        return false;
    }
    a->load_ns += (int64_t)(span + (elapsed - span) / period * period);
    a->load_count = a->initial;
    return true;
}

uint32_t lapic_timer_count(const struct lapic *a)
{
    uint64_t elapsed;

    if (a->load_count == 0 || lapic_deadline_mode(a)) {
        return 0;
    }
    elapsed = (uint64_t)(lapic_now(a) - a->load_ns) / lapic_divisor(a);
    if (elapsed < a->load_count) {
        return (uint32_t)(a->load_count - elapsed);
    }
    if (!lapic_periodic(a)) {
        return 0;
    }
    return (uint32_t)(a->initial - (elapsed - a->load_count) % a->initial);
}

static void lapic_timer_arm(struct lapic *a, int64_t soonest)
{
    int64_t deadline = a->load_ns + (int64_t)(a->load_count * lapic_divisor(a));

    if (a->load_count == 0) {
        timer_del(&a->timer);
    } else {
        timer_mod(&a->timer, deadline < soonest ? soonest : deadline);
    }
}

static uint64_t lapic_tsc(const struct lapic *a)
{
    const struct lapic_config *cfg = &a->set->cfg;

    if (cfg->tsc) {
        return cfg->tsc(cfg->tsc_opaque, a->cpu);
    }
    return muldiv_u64((uint64_t)lapic_now(a), cfg->tsc_khz, 1000000);
}

void lapic_timer_rearm_deadline(struct lapic *a)
{
    uint64_t tsc = lapic_tsc(a), khz = a->set->cfg.tsc_khz, left;
    int64_t now = lapic_now(a);

    if (!lapic_deadline_mode(a)) {
        return;
    }
    if (a->deadline == 0) {
        timer_del(&a->timer);
    } else if (tsc >= a->deadline) {
        a->deadline = 0;
        timer_del(&a->timer);
        lapic_local(a, LVT_TIMER);
    } else {
        left = a->deadline - tsc;
        if (left / khz >= (uint64_t)FAR_FUTURE_NS / 1000000) {
            timer_mod(&a->timer, FAR_FUTURE_NS);
        } else {
            left = left / khz * 1000000 + (left % khz * 1000000 + khz - 1) / khz;
            timer_mod(&a->timer, now + (int64_t)left);
        }
    }
}

void lapic_timer_fire(void *opaque)
{
    struct lapic *a = opaque;
    int64_t now = lapic_now(a);

    trace_lapic_timer(now);
    if (lapic_deadline_mode(a)) {
        lapic_timer_rearm_deadline(a); /* fires, or waits for what rounding left */
        return;
    }
    if (lapic_periodic(a)) {
        if (lapic_timer_roll(a, now)) {
            lapic_timer_arm(
                a, now + (a->initial * lapic_divisor(a) < MIN_PERIOD_NS ? MIN_PERIOD_NS : 0));
        } else {
            lapic_timer_arm(a, now);
            return;
        }
    } else {
        a->load_count = 0;
    }
    lapic_local(a, LVT_TIMER);
}

void lapic_timer_set_initial(struct lapic *a, uint32_t count)
{
    if (lapic_deadline_mode(a)) {
        return; /* ignored (11.5.4.1) */
    }
    a->initial = count;
    a->load_count = count;
    a->load_ns = lapic_now(a);
    lapic_timer_arm(a, a->load_ns);
}

void lapic_timer_set_divide(struct lapic *a, uint32_t value)
{
    uint32_t count = lapic_timer_count(a);

    a->divide = value & 0xb;
    if (!lapic_deadline_mode(a) && count > 0) {
        a->load_count = count;
        a->load_ns = lapic_now(a);
        lapic_timer_arm(a, a->load_ns);
    }
}

/* A change to or from TSC-deadline mode disarms the timer; the others differ only at the end of a
 * count. */
void lapic_timer_set_lvt(struct lapic *a, uint32_t value)
{
    uint32_t count = lapic_timer_count(a);
    bool was_deadline = lapic_deadline_mode(a);

    a->lvt[LVT_TIMER] = value;
    if (was_deadline != lapic_deadline_mode(a)) {
        lapic_timer_stop(a);
    } else if (!was_deadline && count > 0) {
        uint64_t div = lapic_divisor(a);

        /* Keep the phase within the count. */
        a->load_ns = lapic_now(a) - (int64_t)((uint64_t)(lapic_now(a) - a->load_ns) % div);
        a->load_count = count;
        lapic_timer_arm(a, a->load_ns);
    }
}

void lapic_timer_set_deadline(struct lapic *a, uint64_t tsc)
{
    if (lapic_deadline_mode(a)) {
        a->deadline = tsc;
        lapic_timer_rearm_deadline(a);
    }
}

void lapic_timer_stop(struct lapic *a)
{
    a->initial = 0;
    a->load_count = 0;
    a->deadline = 0;
    timer_del(&a->timer);
}
