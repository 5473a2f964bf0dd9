/* SPDX-License-Identifier: MIT */
/*
 * A virtual clock that a test moves by hand (the real one in manual mode: link core/clock.c and
 * os/posix/time.c).
 */
#ifndef TESTS_FAKE_CLOCK_H
#define TESTS_FAKE_CLOCK_H

#include "core/clock.h"

static inline struct clock *fake_clock_new(void)
{
    return clock_new(CLOCK_MANUAL);
}

/* Fires what falls due on the way, each at its own time. */
static inline void fake_clock_step(struct clock *c, int64_t ns)
{
    clock_advance_to(c, clock_now_ns(c) + ns);
}

#endif
