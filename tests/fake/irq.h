/* SPDX-License-Identifier: MIT */
/*
 * Interrupt lines that remember what was done to them.
 */
#ifndef TESTS_FAKE_IRQ_H
#define TESTS_FAKE_IRQ_H

#include "core/irq.h"

#define FAKE_IRQ_LINES 64

struct fake_irq {
    bool level[FAKE_IRQ_LINES];
    unsigned rises[FAKE_IRQ_LINES]; /* 0 -> 1 */
    unsigned falls[FAKE_IRQ_LINES];
    unsigned calls[FAKE_IRQ_LINES]; /* also those that changed nothing */
    /* Called after every change, if set (to watch the order of things). */
    void (*changed)(void *opaque, unsigned line, bool level);
    void *opaque;
};

/* Line n of f; f starts as { 0 }. */
struct irq fake_irq_line(struct fake_irq *f, unsigned n);
/* The number of rises since the last call, for "exactly one interrupt came". */
unsigned fake_irq_take(struct fake_irq *f, unsigned n);

#endif
