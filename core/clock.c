/* SPDX-License-Identifier: MIT */
/*
 * The virtual clock. Reading it takes no lock: start and stop publish {frozen, offset} under a
 * sequence count that readers check, so that time never runs backwards across a stop.
 */
#include <stdatomic.h>

#include <glib.h>

#include "core/clock.h"
#include "os/os.h"

#define RUNNING INT64_MIN /* value of `frozen` while the clock follows the host */

/* How many callbacks one clock_run, or one instant of clock_advance_to, may make: a guest that
 * programs a timer of no length gets this many and then the loop looks after others. */
#define MAX_FIRES 1000

struct clock {
    enum clock_mode mode;
    bool running;
    _Atomic unsigned seq; /* odd while {frozen, offset} change */
    _Atomic int64_t frozen;
    _Atomic int64_t offset; /* virtual - host */
    int64_t rtc_base_s;
    struct timer **heap;
    int count, room;
    uint64_t next_seq;
    _Atomic int64_t next_deadline;
    void (*notify)(void *opaque);
    void *notify_opaque;
    bool (*source)(void *opaque, int64_t *ns);
    void *source_opaque;
};

struct clock *clock_new(enum clock_mode mode)
{
    struct clock *c = g_new0(struct clock, 1);
    c->mode = mode;
    atomic_init(&c->next_deadline, INT64_MAX);
    return c;
}

void clock_free(struct clock *c)
{
    if (!c) {
        return;
    }
    for (int i = 0; i < c->count; i++) {
        c->heap[i]->heap_index = -1;
    }
    g_free(c->heap);
    g_free(c);
}

int64_t clock_now_ns(struct clock *c)
{
    int64_t ns;
    if (UNLIKELY(c->source) && c->source(c->source_opaque, &ns)) {
        return ns;
    }
    for (;;) {
        unsigned seq = atomic_load_explicit(&c->seq, memory_order_acquire);
        int64_t now = atomic_load_explicit(&c->frozen, memory_order_acquire);
        if (now == RUNNING) {
            now = atomic_load_explicit(&c->offset, memory_order_acquire) + os_clock_ns();
        }
        atomic_thread_fence(memory_order_acquire);
        if (LIKELY(!(seq & 1) && seq == atomic_load_explicit(&c->seq, memory_order_relaxed))) {
            return now;
        }
    }
}

static void publish(struct clock *c, int64_t frozen, int64_t offset)
{
    atomic_fetch_add(&c->seq, 1);
    atomic_store(&c->frozen, frozen);
    atomic_store(&c->offset, offset);
    atomic_fetch_add(&c->seq, 1);
}

void clock_start(struct clock *c)
{
    if (c->running) {
        return;
    }
    c->running = true;
    if (c->mode == CLOCK_HOST) {
        publish(c, RUNNING, atomic_load(&c->frozen) - os_clock_ns());
        if (c->notify && c->count) {
            c->notify(c->notify_opaque);
        }
    }
}

void clock_stop(struct clock *c)
{
    if (!c->running) {
        return;
    }
    c->running = false;
    if (c->mode == CLOCK_HOST) {
        /* Inside the odd phase no reader can see a later host time than the one we freeze. */
        atomic_fetch_add(&c->seq, 1);
        atomic_store(&c->frozen, atomic_load(&c->offset) + os_clock_ns());
        atomic_fetch_add(&c->seq, 1);
    }
}

bool clock_running(struct clock *c)
{
    return c->running;
}

/* --- the heap ----------------------------------------------------------------------------- */

static bool before(const struct timer *a, const struct timer *b)
{
    return a->deadline_ns != b->deadline_ns ? a->deadline_ns < b->deadline_ns : a->seq < b->seq;
}

static void place(struct clock *c, struct timer *t, int i)
{
    c->heap[i] = t;
    t->heap_index = i;
}

static void sift_up(struct clock *c, struct timer *t, int i)
{
    while (i > 0 && before(t, c->heap[(i - 1) / 2])) {
        place(c, c->heap[(i - 1) / 2], i);
        i = (i - 1) / 2;
    }
    place(c, t, i);
}

static void sift_down(struct clock *c, struct timer *t, int i)
{
    for (;;) {
        int child = 2 * i + 1;
        if (child + 1 < c->count && before(c->heap[child + 1], c->heap[child])) {
            child++;
        }
        if (child >= c->count || !before(c->heap[child], t)) {
            break;
        }
        place(c, c->heap[child], i);
        i = child;
    }
    place(c, t, i);
}

static void update_deadline(struct clock *c)
{
    atomic_store(&c->next_deadline, c->count ? c->heap[0]->deadline_ns : INT64_MAX);
}

static void heap_remove(struct clock *c, struct timer *t)
{
    int i = t->heap_index;
    struct timer *last = c->heap[--c->count];
    if (last != t) {
        if (i > 0 && before(last, c->heap[(i - 1) / 2])) {
            sift_up(c, last, i);
        } else {
            sift_down(c, last, i);
        }
    }
    t->heap_index = -1;
}

void timer_init(struct timer *t, struct clock *c, void (*fire)(void *), void *opaque)
{
    *t = (struct timer){ .clock = c, .fire = fire, .opaque = opaque, .heap_index = -1 };
}

void timer_mod(struct timer *t, int64_t deadline_ns)
{
    struct clock *c = t->clock;
    int64_t old = atomic_load(&c->next_deadline);
    if (t->heap_index >= 0) {
        heap_remove(c, t);
    }
    t->deadline_ns = deadline_ns;
    t->seq = c->next_seq++;
    if (c->count == c->room) {
        c->room = c->room ? c->room * 2 : 16;
        c->heap = g_renew(struct timer *, c->heap, c->room);
    }
    sift_up(c, t, c->count++);
    update_deadline(c);
    if (c->notify && atomic_load(&c->next_deadline) < old) {
        c->notify(c->notify_opaque);
    }
}

void timer_del(struct timer *t)
{
    if (t->heap_index >= 0) {
        heap_remove(t->clock, t);
        update_deadline(t->clock);
    }
}

int64_t clock_next_deadline_ns(struct clock *c)
{
    return atomic_load(&c->next_deadline);
}

static void fire_first(struct clock *c)
{
    struct timer *t = c->heap[0];
    heap_remove(c, t);
    update_deadline(c);
    t->fire(t->opaque); /* may free t */
}

void clock_run(struct clock *c)
{
    if ((c->mode == CLOCK_HOST && !c->running) || c->mode == CLOCK_COUNTED) {
        return;
    }
    int64_t now = clock_now_ns(c);
    for (int fired = 0; fired < MAX_FIRES && c->count && c->heap[0]->deadline_ns <= now; fired++) {
        fire_first(c);
    }
}

void clock_advance_to(struct clock *c, int64_t ns)
{
    int64_t instant = INT64_MIN;
    int fired = 0;
    if (c->mode == CLOCK_HOST || ns < atomic_load(&c->frozen)) {
        return;
    }
    while (c->count && c->heap[0]->deadline_ns <= ns) {
        /* A callback sees the time it was armed for, however far the step goes. */
        int64_t now = atomic_load(&c->frozen);
        now = MAX(now, c->heap[0]->deadline_ns);
        fired = now == instant ? fired + 1 : 0;
        if (fired >= MAX_FIRES) {
            break;
        }
        instant = now;
        publish(c, now, 0);
        fire_first(c);
    }
    int64_t now = atomic_load(&c->frozen);
    publish(c, MAX(ns, now), 0);
}

void clock_set_notify(struct clock *c, void (*notify)(void *opaque), void *opaque)
{
    c->notify = notify;
    c->notify_opaque = opaque;
}

void clock_set_source(struct clock *c, bool (*source)(void *opaque, int64_t *ns), void *opaque)
{
    c->source = source;
    c->source_opaque = opaque;
}

bool clock_counted(const struct clock *c)
{
    return c->mode == CLOCK_COUNTED;
}

void clock_set_rtc_base(struct clock *c, int64_t seconds_at_virtual_zero)
{
    c->rtc_base_s = seconds_at_virtual_zero;
}

int64_t clock_rtc_ns(struct clock *c)
{
    return c->rtc_base_s * NS_PER_SEC + clock_now_ns(c);
}
