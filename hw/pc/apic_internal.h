/* SPDX-License-Identifier: MIT */
/*
 * The inside of the local APICs, shared by lapic.c (registers, MSRs), apic_deliver.c (messages,
 * acknowledge, EOI) and apic_timer.c. Nobody else includes this.
 */
#ifndef HW_PC_APIC_INTERNAL_H
#define HW_PC_APIC_INTERNAL_H

#include "hw/pc/lapic.h"

/* Offsets in the page; an x2APIC MSR is 800h + (offset >> 4). Intel SDM vol. 3, table 11-1. */
enum lapic_reg {
    REG_ID = 0x020,
    REG_VERSION = 0x030,
    REG_TPR = 0x080,
    REG_APR = 0x090,
    REG_PPR = 0x0a0,
    REG_EOI = 0x0b0,
    REG_RRD = 0x0c0,
    REG_LDR = 0x0d0,
    REG_DFR = 0x0e0,
    REG_SVR = 0x0f0,
    REG_ISR = 0x100,
    REG_TMR = 0x180,
    REG_IRR = 0x200,
    REG_ESR = 0x280,
    REG_ICR = 0x300,
    REG_ICR_HIGH = 0x310,
    REG_LVT_TIMER = 0x320,
    REG_LVT_THERMAL = 0x330,
    REG_LVT_PERF = 0x340,
    REG_LVT_LINT0 = 0x350,
    REG_LVT_LINT1 = 0x360,
    REG_LVT_ERROR = 0x370,
    REG_TIMER_INITIAL = 0x380,
    REG_TIMER_CURRENT = 0x390,
    REG_TIMER_DIVIDE = 0x3e0,
    REG_SELF_IPI = 0x3f0, /* x2APIC only */
};

enum lvt_index { LVT_TIMER, LVT_THERMAL, LVT_PERF, LVT_LINT0, LVT_LINT1, LVT_ERROR, LVT_COUNT };

#define LVT_MASKED          (1u << 16)
#define LVT_LEVEL           (1u << 15)
#define LVT_REMOTE_IRR      (1u << 14)
#define LVT_MODE(lvt)       ((lvt) >> 8 & 7)
#define LVT_TIMER_MODE(lvt) ((lvt) >> 17 & 3)
enum { TIMER_ONE_SHOT, TIMER_PERIODIC, TIMER_TSC_DEADLINE, TIMER_RESERVED };

#define SVR_ENABLE           (1u << 8)
#define ESR_SEND_ILLEGAL     (1u << 5)
#define ESR_RECEIVE_ILLEGAL  (1u << 6)
#define ESR_ILLEGAL_REGISTER (1u << 7)

#define BASE_BSP           (1ull << 8)
#define BASE_EXTD          (1ull << 10)
#define BASE_ENABLE        (1ull << 11)
#define BASE_ADDRESS(base) ((base) & ~0xfffull)

struct lapic {
    struct lapic_set *set;
    unsigned cpu;
    uint64_t base; /* IA32_APIC_BASE */
    struct mem_region *page;
    uint32_t id, ldr, dfr, svr;
    uint8_t tpr, esr, esr_pending;
    uint32_t isr[8], tmr[8], irr[8];
    uint32_t icr, icr_high;
    uint32_t lvt[LVT_COUNT];
    bool extint;     /* an ExtINT message from an I/O APIC is pending */
    bool intr_level; /* as last told to the processor */
    /* Timer: at load_ns the count was load_count; 0 = stopped. */
    struct timer timer;
    uint32_t initial, divide;
    uint64_t load_count;
    int64_t load_ns;
    uint64_t deadline; /* IA32_TSC_DEADLINE; 0 = disarmed */
};

struct lapic_set {
    struct device dev;
    struct lapic_config cfg;
    struct lapic *apic; /* cfg.cpus of them */
    struct mem_region *msi_window;
    bool lint[2];         /* levels of LINT0 and LINT1, common to all processors */
    void (*on_enabled)(void *opaque);
    void *on_enabled_opaque;
    unsigned last_lowest; /* arbitration: who got the last lowest-priority message */
};

static inline bool lapic_enabled(const struct lapic *a)
{
    return a->base & BASE_ENABLE;
}

static inline bool lapic_is_x2(const struct lapic *a)
{
    return (a->base & (BASE_ENABLE | BASE_EXTD)) == (BASE_ENABLE | BASE_EXTD);
}

/* apic_deliver.c */
uint8_t lapic_ppr(const struct lapic *a);
void lapic_update_intr(struct lapic *a);
void lapic_error(struct lapic *a, uint8_t bits);
void lapic_local(struct lapic *a, enum lvt_index index); /* an event of the local vector table */
void lapic_lint_changed(struct lapic *a, unsigned pin, bool rise);
void lapic_eoi(struct lapic *a);
void lapic_send_ipi(struct lapic *a, uint32_t icr, uint32_t dest);
void lapic_self_ipi(struct lapic *a, uint8_t vector);

/* apic_describe.c */
void lapic_describe(const struct device *d, GString *out);

/* apic_timer.c */
void lapic_timer_fire(void *opaque);
uint32_t lapic_timer_count(const struct lapic *a);
void lapic_timer_set_initial(struct lapic *a, uint32_t count);
void lapic_timer_set_divide(struct lapic *a, uint32_t value);
void lapic_timer_set_lvt(struct lapic *a, uint32_t value);
void lapic_timer_set_deadline(struct lapic *a, uint64_t tsc);
void lapic_timer_rearm_deadline(struct lapic *a);
void lapic_timer_stop(struct lapic *a);

#endif
