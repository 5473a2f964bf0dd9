/* SPDX-License-Identifier: MIT */
/*
 * High precision event timer (IA-PC HPET specification 1.0a), 3 to 32 timers, 64-bit counter.
 * Machine lock held. Begins with struct device.
 */
#ifndef HW_PC_HPET_H
#define HW_PC_HPET_H

#include <glib.h>

#include "core/clock.h"
#include "core/device.h"
#include "core/irq.h"
#include "core/physmem.h"
#include "hw/pc/tick.h"

#define HPET_BASE 0xfed00000u

struct hpet;

struct hpet_config {
    struct physmem *mem;
    struct clock *clock;
    gpa_t base;         /* HPET_BASE */
    unsigned timers;    /* 3..32 */
    struct irq irq[24]; /* I/O APIC pins that timers may use; unconnected = not offered */
    struct irq irq0;    /* legacy replacement: timer 0 takes IRQ 0 from the PIT ... */
    struct irq irq8;    /* ... and timer 1 takes IRQ 8 from the RTC */
    void (*msi)(void *opaque, uint64_t addr, uint32_t data); /* NULL: no FSB delivery */
    void *msi_opaque;
};
struct hpet *hpet_new(const struct hpet_config *cfg, GError **err);
/* The PIT's and the RTC's outputs go through the HPET, which cuts them off in legacy mode. */
struct irq hpet_pit_input(struct hpet *h);
struct irq hpet_rtc_input(struct hpet *h);

/* Lost ticks of timer 0 in legacy mode, as in pit8254.h. */
void hpet_set_lost_ticks(struct hpet *h, enum tick_policy policy, bool (*masked)(void *opaque),
                         void *opaque);
void hpet_irq0_acked(struct hpet *h);
/* Legacy mode: nobody sees the PIT's ticks (count them as masked in pit8254_set_lost_ticks). */
bool hpet_cuts_pit(const struct hpet *h);

extern const struct device_class hpet_class;

#endif
