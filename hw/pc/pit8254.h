/* SPDX-License-Identifier: MIT */
/*
 * Programmable interval timer 8254 at 40h. Machine lock held. Begins with struct device.
 */
#ifndef HW_PC_PIT8254_H
#define HW_PC_PIT8254_H

#include <glib.h>

#include "core/clock.h"
#include "core/device.h"
#include "core/ioport.h"
#include "core/irq.h"
#include "hw/pc/tick.h"

#define PIT_HZ 1193182u

struct pit8254;

/* irq0: OUT of channel 0 (to the HPET's hpet_pit_input where there is one). */
struct pit8254 *pit8254_new(struct ioport_space *io, struct clock *clock, struct irq irq0,
                            GError **err);
/* Channel 2's gate (port 61h bit 0); gates 0 and 1 are tied high. */
void pit8254_set_gate(struct pit8254 *p, unsigned channel, bool level);
bool pit8254_out(struct pit8254 *p, unsigned channel);
/* For the speaker: mode (0-5) and reload value of a channel. */
void pit8254_channel_info(struct pit8254 *p, unsigned channel, unsigned *mode, uint32_t *reload);

/* Lost ticks of channel 0 (tick.h). masked: true when IRQ 0 is masked in the 8259 and pin 2 in the
 * I/O APIC; the board calls irq0_acked from pic8259_on_ack (irq 0) and ioapic_on_ack (pin 2). */
void pit8254_set_lost_ticks(struct pit8254 *p, enum tick_policy policy,
                            bool (*masked)(void *opaque), void *opaque);
void pit8254_irq0_acked(struct pit8254 *p);

extern const struct device_class pit8254_class;

#endif
