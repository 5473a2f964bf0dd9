/* SPDX-License-Identifier: MIT */
/*
 * A wire from a device's output to somebody's input. Copied by value; an irq with set == NULL is
 * not connected. Machine lock held on every call.
 */
#ifndef CORE_IRQ_H
#define CORE_IRQ_H

#include "core/types.h"

struct irq {
    void (*set)(void *opaque, unsigned line, bool level);
    void *opaque;
    unsigned line;
};

static inline void irq_set(struct irq irq, bool level)
{
    if (irq.set) {
        irq.set(irq.opaque, irq.line, level);
    }
}

/* An edge: up, then down. */
static inline void irq_pulse(struct irq irq)
{
    irq_set(irq, true);
    irq_set(irq, false);
}

#endif
