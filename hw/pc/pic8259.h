/* SPDX-License-Identifier: MIT */
/*
 * The pair of 8259A interrupt controllers of a PC (20h, A0h) with the edge/level registers (4D0h).
 * Machine lock held on every call. Every instance begins with struct device.
 */
#ifndef HW_PC_PIC8259_H
#define HW_PC_PIC8259_H

#include <glib.h>

#include "core/device.h"
#include "core/ioport.h"
#include "core/irq.h"

struct pic8259;

/* intr: the master's INT output, to LINT0 (lapic_lint0). Claims its ports. */
struct pic8259 *pic8259_new(struct ioport_space *io, struct irq intr, GError **err);
/* Input 0..15. The 8259A wants a request held high until it is acknowledged, also in edge mode: a
 * line that drops before takes its request with it, so irq_pulse does not interrupt. Input 2 is the
 * slave's and not connected. */
struct irq pic8259_input(struct pic8259 *p, unsigned irq);

/* The processor's INTA cycles: vector 0..255 (the spurious one, IR7 or IR15, if nothing
 * requests). */
int pic8259_ack(struct pic8259 *p);
bool pic8259_pending(const struct pic8259 *p);              /* level of INT */
bool pic8259_masked(const struct pic8259 *p, unsigned irq); /* by IMR, incl. the cascade's */
uint16_t pic8259_irr(const struct pic8259 *p);              /* requests, masked or not */
uint16_t pic8259_isr(const struct pic8259 *p);              /* in service */
uint16_t pic8259_elcr(const struct pic8259 *p);             /* bit n: IRQ n is level-triggered */
/* Called when a request is acknowledged by INTA or poll (lost ticks: pit8254_irq0_acked). */
void pic8259_on_ack(struct pic8259 *p, void (*fn)(void *opaque, unsigned irq), void *opaque);

extern const struct device_class pic8259_class;

#endif
