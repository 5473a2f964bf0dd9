/* SPDX-License-Identifier: MIT */
/*
 * I/O APIC 82093AA with the version 20h EOI register: 24 inputs. Machine lock held.
 * Every instance begins with struct device.
 */
#ifndef HW_PC_IOAPIC_H
#define HW_PC_IOAPIC_H

#include <glib.h>

#include "core/device.h"
#include "core/irq.h"
#include "core/physmem.h"
#include "hw/pc/apic.h"

struct ioapic;

struct ioapic_config {
    struct physmem *mem;
    gpa_t base; /* IOAPIC_BASE */
    /* Into the local APICs: lapic_deliver with the set as opaque fits. */
    bool (*deliver)(void *opaque, const struct apic_msg *msg);
    void *opaque;
};
struct ioapic *ioapic_new(const struct ioapic_config *cfg, GError **err);
/* Pin 0..23. The board routes ISA IRQ 0 to pin 2. */
struct irq ioapic_input(struct ioapic *io, unsigned pin);

/* A local APIC's EOI broadcast: lapic_config.eoi with the I/O APIC as opaque fits. */
void ioapic_eoi(void *opaque, uint8_t vector);
/* A processor took `vector`: lapic_config.acked fits. Tells on_ack which edge-triggered pins it
 * was. */
void ioapic_acked(void *opaque, unsigned cpu, uint8_t vector);
void ioapic_on_ack(struct ioapic *io, void (*fn)(void *opaque, unsigned pin), void *opaque);
/* A local APIC can take interrupts now: level-triggered ones that nobody took are sent again.
 * lapic_on_enabled with the I/O APIC as opaque fits. */
void ioapic_retry(void *opaque);
uint32_t ioapic_lines(const struct ioapic *io); /* levels of the pins */
bool ioapic_masked(const struct ioapic *io, unsigned pin);

extern const struct device_class ioapic_class;

#endif
