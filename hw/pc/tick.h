/* SPDX-License-Identifier: MIT */
/*
 * Lost ticks of a periodic timer interrupt. The host may be late by several periods; a guest that
 * counts ticks (Redox, Linux with jiffies from the PIT) then loses time. Under TICK_DELAY the ticks
 * that found the previous one not yet taken are owed, and delivered one by one as the guest takes
 * them. Owed ticks are bounded and forgotten when the source is reprogrammed or masked.
 */
#ifndef HW_PC_TICK_H
#define HW_PC_TICK_H

#include "core/types.h"

enum tick_policy { TICK_DELAY, TICK_DISCARD };

#define TICK_OWED_MAX 65536u

struct tick {
    enum tick_policy policy;
    bool in_flight; /* raised, not yet acknowledged */
    uint32_t owed;
    /* Is the interrupt masked on its way to every processor? NULL: the way has no acknowledge hook,
     * and nothing is ever owed. */
    bool (*masked)(void *opaque);
    void *opaque;
};

static inline void tick_reset(struct tick *t)
{
    t->in_flight = false;
    t->owed = 0;
}

/* `n` periods ended (n >= 1) and the source raises an edge. */
static inline void tick_elapsed(struct tick *t, uint64_t n)
{
    if (t->policy == TICK_DISCARD || !t->masked) {
        return;
    }
    if (t->masked(t->opaque)) {
        tick_reset(t);
        return;
    }
    n -= !t->in_flight;
    t->owed = n > TICK_OWED_MAX - t->owed ? TICK_OWED_MAX : t->owed + (uint32_t)n;
    t->in_flight = true;
}

/* The processor took the interrupt. True: raise the next edge now. */
static inline bool tick_acked(struct tick *t)
{
    t->in_flight = false;
    if (t->owed == 0) {
        return false;
    }
    t->owed--;
    t->in_flight = true;
    return true;
}

#endif
