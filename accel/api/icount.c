/* SPDX-License-Identifier: MIT */
/*
 * See icount.h. The clock is asked back while the processor executes (source), so that a device
 * sees the time of the very instruction that reads it. A run's instruction limit is where the next
 * timer is due; one that is armed earlier in mid-run lowers it, and the accelerator stops there.
 */
#include "accel/api/icount.h"

#include "accel/api/vcpu_int.h"
#include "core/clock.h"
#include "core/loop.h"

struct icount {
    struct vcpus *v;
    struct clock *clock;
    unsigned shift;
    bool sleep;
    /* The vCPU thread's own. */
    int64_t base_ns; /* virtual time at instruction 0, had the processor never been idle since */
    bool executing;
    bool moved; /* set->mutex: another thread armed an earlier timer */
};

static uint64_t count(const struct icount *ic)
{
    return ic->v->ops->insn_count(ic->v->cpu[0].accel);
}

static int64_t counted_ns(const struct icount *ic)
{
    return ic->base_ns + (int64_t)(count(ic) << ic->shift);
}

static bool source(void *opaque, int64_t *ns)
{
    const struct icount *ic = opaque;
    if (vcpu_current() != 0 || !ic->executing) {
        return false;
    }
    *ns = counted_ns(ic);
    return true;
}

/* At least one instruction further: timers that are armed in the past do not stop the guest. */
static void set_limit(struct icount *ic)
{
    int64_t deadline = clock_next_deadline_ns(ic->clock);
    uint64_t limit = UINT64_MAX, next = count(ic) + 1;
    if (deadline != INT64_MAX) {
        uint64_t ns = deadline > ic->base_ns ? (uint64_t)(deadline - ic->base_ns) : 0;
        limit = (ns + (1u << ic->shift) - 1) >> ic->shift;
        limit = MAX(limit, next);
    }
    ic->v->ops->insn_limit(ic->v->cpu[0].accel, limit);
}

/* Machine lock held. */
static void deadline_moved(void *opaque)
{
    struct icount *ic = opaque;
    struct vcpus *v = ic->v;
    if (vcpu_current() == 0) {
        if (ic->executing) {
            set_limit(ic);
        }
        return;
    }
    g_mutex_lock(&v->mutex);
    ic->moved = true;
    if (v->cpu[0].busy) {
        v->ops->vcpu_kick(v->cpu[0].accel);
    }
    g_cond_broadcast(&v->cond);
    g_mutex_unlock(&v->mutex);
}

void icount_enter(struct icount *ic)
{
    machine_lock();
    set_limit(ic);
    ic->executing = true;
    machine_unlock();
}

void icount_leave(struct icount *ic)
{
    ic->executing = false;
    machine_lock();
    clock_advance_to(ic->clock, counted_ns(ic));
    machine_unlock();
}

/* --- idle ------------------------------------------------------------------------------------- */

/* mutex held: only an interrupt can make it go on? */
static bool waits(const struct vcpu *c)
{
    return c->halted && !c->set->paused && !c->set->quit && !c->dead && !c->held && !c->broken &&
           !c->wait_sipi && !c->pending_init && !c->pending_nmi && !(c->intr && c->halted_if);
}

/* Host time passes until the next timer, or until an event. mutex held. */
static int64_t sleep_until(struct icount *ic, int64_t ns)
{
    struct vcpu *c = &ic->v->cpu[0];
    gint64 start = g_get_monotonic_time(), end = start + ns / 1000 + 1;
    while (waits(c) && !ic->moved && g_cond_wait_until(&ic->v->cond, &ic->v->mutex, end)) {
    }
    gint64 passed = (g_get_monotonic_time() - start) * 1000;
    return MIN(passed, ns);
}

bool icount_idle(struct icount *ic)
{
    struct vcpus *v = ic->v;
    struct vcpu *c = &v->cpu[0];
    if (!waits(c)) {
        return false;
    }
    ic->moved = false;
    int64_t deadline = clock_next_deadline_ns(ic->clock), now = clock_now_ns(ic->clock);
    if (deadline == INT64_MAX) {
        return false;
    }
    int64_t ns = MAX(deadline - now, 0);
    if (ic->sleep) {
        ns = sleep_until(ic, ns); /* less where an event came first */
    }
    c->busy = true; /* who pauses waits */
    g_mutex_unlock(&v->mutex);
    machine_lock();
    if (!v->paused) {
        clock_advance_to(ic->clock, now + ns);
        ic->base_ns = clock_now_ns(ic->clock) - (int64_t)(count(ic) << ic->shift);
    }
    machine_unlock();
    g_mutex_lock(&v->mutex);
    c->busy = false;
    if (v->paused) {
        g_cond_broadcast(&v->cond);
    }
    return true;
}

/* --- life ------------------------------------------------------------------------------------- */

void vcpus_icount(struct vcpus *v, struct clock *clock, unsigned shift, bool sleep)
{
    struct icount *ic = g_new0(struct icount, 1);
    *ic = (struct icount){ .v = v, .clock = clock, .shift = shift, .sleep = sleep };
    clock_set_source(clock, source, ic);
    clock_set_notify(clock, deadline_moved, ic);
    v->icount = ic;
}

void icount_free(struct icount *ic)
{
    if (ic) {
        clock_set_source(ic->clock, NULL, NULL);
        clock_set_notify(ic->clock, NULL, NULL);
        g_free(ic);
    }
}
