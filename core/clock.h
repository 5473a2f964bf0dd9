/* SPDX-License-Identifier: MIT */
/*
 * The virtual clock: nanoseconds of guest time, with a timer heap. It follows the host's monotonic
 * clock while it runs, or is moved by hand (tests, deterministic mode: the accelerator moves it by
 * the instructions it executed). No device reads host time itself; the RTC's date comes from
 * clock_rtc_seconds.
 *
 * clock_now may be called from any thread. Timers: machine lock held; callbacks run in the thread
 * that calls clock_run (the main loop) with the machine lock held.
 */
#ifndef CORE_CLOCK_H
#define CORE_CLOCK_H

#include "core/types.h"

struct clock;

/* COUNTED: moved by hand, too, by the thread that executes; the main loop fires no timers. */
enum clock_mode { CLOCK_HOST, CLOCK_MANUAL, CLOCK_COUNTED };

struct timer {
    struct clock *clock;
    void (*fire)(void *opaque);
    void *opaque;
    int64_t deadline_ns; /* virtual time */
    int heap_index;      /* -1: not armed */
    uint64_t seq;        /* timers of one deadline fire in the order they were armed */
};

struct clock *clock_new(enum clock_mode mode);
void clock_free(struct clock *c);

int64_t clock_now_ns(struct clock *c);
void clock_start(struct clock *c);                   /* a new clock is stopped at 0 */
void clock_stop(struct clock *c);                    /* -S, stop: virtual time stands still */
bool clock_running(struct clock *c);
/* Not CLOCK_HOST: fires what is due, in order. */
void clock_advance_to(struct clock *c, int64_t ns);
/* Asked for the time first, by any thread; false: not known to it, the last time set holds. */
void clock_set_source(struct clock *c, bool (*source)(void *opaque, int64_t *ns), void *opaque);
bool clock_counted(const struct clock *c);

/* Earliest deadline, or INT64_MAX. */
int64_t clock_next_deadline_ns(struct clock *c);
/* Fires all timers that are due now; a timer that re-arms in the past fires again, at most
 * a bounded number of times a call, so that a guest cannot hold the loop. */
void clock_run(struct clock *c);
/* Called (any thread that holds the machine lock) when the earliest deadline moved nearer. */
void clock_set_notify(struct clock *c, void (*notify)(void *opaque), void *opaque);

/* Seconds since 1970 for the RTC: host UTC (or localtime, or a fixed base), carried on by virtual
 * time. */
void clock_set_rtc_base(struct clock *c, int64_t seconds_at_virtual_zero);
int64_t clock_rtc_ns(struct clock *c); /* nanoseconds since 1970 */

void timer_init(struct timer *t, struct clock *c, void (*fire)(void *), void *opaque);
void timer_mod(struct timer *t, int64_t deadline_ns); /* arms or re-arms */
void timer_del(struct timer *t);                      /* harmless when not armed */
static inline bool timer_pending(const struct timer *t)
{
    return t->heap_index >= 0;
}

#endif
