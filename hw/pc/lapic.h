/* SPDX-License-Identifier: MIT */
/*
 * The local APICs of all processors (xAPIC and x2APIC), with the MSI window. Processor i has APIC
 * id i. Machine lock held on every call. The instance begins with struct device.
 */
#ifndef HW_PC_LAPIC_H
#define HW_PC_LAPIC_H

#include <glib.h>

#include "core/clock.h"
#include "core/device.h"
#include "core/irq.h"
#include "core/physmem.h"
#include "hw/pc/apic.h"

struct lapic_set;

/* Towards the processors (accel/api/vcpu.h). */
struct lapic_cpu_ops {
    void (*intr)(void *opaque, unsigned cpu, bool level); /* only changes are told */
    void (*nmi)(void *opaque, unsigned cpu);
    void (*init)(void *opaque, unsigned cpu);
    void (*sipi)(void *opaque, unsigned cpu, uint8_t vector);
    void *opaque;
};

struct lapic_config {
    unsigned cpus; /* 1..255 */
    struct physmem *mem;
    struct clock *clock;
    const struct lapic_cpu_ops *cpu; /* outlives the set */
    /* The processor that does the MMIO access in progress; >= cpus: none (DMA: an MSI). */
    unsigned (*current_cpu)(void *opaque);
    void *current_cpu_opaque;
    /* INTA to the 8259: pic8259_ack. NULL: no PIC. */
    int (*pic_ack)(void *opaque);
    void *pic_opaque;
    /* EOI of a level-triggered vector, to the I/O APIC: ioapic_eoi. May be NULL, as `acked`. */
    void (*eoi)(void *opaque, uint8_t vector);
    /* A processor accepted a vector of its local APIC: ioapic_acked. */
    void (*acked)(void *opaque, unsigned cpu, uint8_t vector);
    void *ioapic_opaque; /* of eoi and acked; or set later with lapic_set_ioapic */
    /* The guest's TSC (with its offset) of a processor, and its rate, for TSC-deadline mode. NULL:
     * the TSC counts virtual time from 0. tsc_khz 0: 1,000,000. */
    uint64_t (*tsc)(void *opaque, unsigned cpu);
    void *tsc_opaque;
    uint64_t tsc_khz;
    bool x2apic, tsc_deadline; /* as CPUID offers them */
    uint8_t phys_bits;         /* for APIC_BASE's reserved bits; 0: 40 */
};

struct lapic_set *lapic_set_new(const struct lapic_config *cfg, GError **err);
void lapic_set_ioapic(struct lapic_set *s, void (*eoi)(void *, uint8_t vector),
                      void (*acked)(void *, unsigned cpu, uint8_t vector), void *opaque);
void lapic_set_pic(struct lapic_set *s, int (*pic_ack)(void *), void *opaque);

/* Called when a local APIC becomes able to take fixed interrupts: ioapic_retry. */
void lapic_on_enabled(struct lapic_set *s, void (*fn)(void *opaque), void *opaque);

/* The 8259's INT output goes to LINT0 of all processors; LINT1 is the board's NMI. */
struct irq lapic_lint0(struct lapic_set *s);
struct irq lapic_lint1(struct lapic_set *s);

/* A message from an I/O APIC. Returns false when no processor took it. `opaque` is the set. */
bool lapic_deliver(void *opaque, const struct apic_msg *msg);
/* A message-signalled interrupt: a write of `data` to `addr` (FEEx_xxxxh). `opaque` is the set. */
void lapic_msi(void *opaque, uint64_t addr, uint32_t data);

/* The accelerator's callbacks. ack: vector of the local APIC or the PIC, -1 = request went away. */
int lapic_ack(struct lapic_set *s, unsigned cpu);
/* IA32_APIC_BASE, 800h-8FFh, IA32_TSC_DEADLINE. false = #GP (also for MSRs that are not ours). */
bool lapic_msr_read(struct lapic_set *s, unsigned cpu, uint32_t msr, uint64_t *value);
bool lapic_msr_write(struct lapic_set *s, unsigned cpu, uint32_t msr, uint64_t value);
bool lapic_owns_msr(uint32_t msr);
uint8_t lapic_tpr_get(struct lapic_set *s, unsigned cpu); /* CR8: TPR bits 7-4 */
void lapic_tpr_set(struct lapic_set *s, unsigned cpu, uint8_t cr8);
/* The guest moved a processor's TSC: re-arms the deadline. */
void lapic_tsc_changed(struct lapic_set *s, unsigned cpu);
/* INIT of a processor by other means than an IPI (the accelerator): resets its APIC, keeps its id
 * and APIC_BASE. INIT IPIs do it themselves before lapic_cpu_ops.init. */
void lapic_init(struct lapic_set *s, unsigned cpu);

/* Registers as CPU `cpu` sees them in its page, for accelerators that route it themselves. */
uint32_t lapic_reg_read(struct lapic_set *s, unsigned cpu, unsigned off);
void lapic_reg_write(struct lapic_set *s, unsigned cpu, unsigned off, uint32_t value);
uint64_t lapic_base(const struct lapic_set *s, unsigned cpu); /* IA32_APIC_BASE */

extern const struct device_class lapic_class;

#endif
