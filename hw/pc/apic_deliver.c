/* SPDX-License-Identifier: MIT */
/*
 * Local APICs: who gets a message, what the processor is asked to take, acknowledge and EOI. Intel
 * SDM vol. 3, 11.6 (IPIs), 11.8 (handling interrupts), 11.11 (MSI). There is no bus, so messages
 * arrive at once and arbitration is a rotating choice among equals.
 */
#include "core/log.h"
#include "core/trace.h"
#include "hw/pc/apic_internal.h"

static void bit_set(uint32_t *bits, uint8_t vector)
{
    bits[vector / 32] |= 1u << vector % 32;
}

static void bit_clear(uint32_t *bits, uint8_t vector)
{
    bits[vector / 32] &= ~(1u << vector % 32);
}

static bool bit_test(const uint32_t *bits, uint8_t vector)
{
    return bits[vector / 32] >> vector % 32 & 1;
}

static int bit_highest(const uint32_t *bits)
{
    for (int i = 7; i >= 0; i--) {
        if (bits[i]) {
            return i * 32 + 31 - __builtin_clz(bits[i]);
        }
    }
    return -1;
}

uint8_t lapic_ppr(const struct lapic *a)
{
    int isr = bit_highest(a->isr);

    return (isr & 0xf0) > (a->tpr & 0xf0) && isr >= 0 ? isr & 0xf0 : a->tpr;
}

/* The vector that may interrupt now, or -1. */
static int lapic_pending(const struct lapic *a)
{
    int irr = bit_highest(a->irr);

    return lapic_enabled(a) && irr >= 0 && (irr & 0xf0) > (lapic_ppr(a) & 0xf0) ? irr : -1;
}

/* Does the 8259's request reach this processor? A disabled APIC is not there: its pins are the
 * processor's INTR and NMI. */
static bool lapic_wants_pic(const struct lapic *a)
{
    uint32_t lvt = a->lvt[LVT_LINT0];

    if (!a->set->cfg.pic_ack) {
        return false;
    }
    if (!lapic_enabled(a)) {
        return a->set->lint[0];
    }
    return a->extint || (a->set->lint[0] && !(lvt & LVT_MASKED) && LVT_MODE(lvt) == APIC_EXTINT);
}

void lapic_update_intr(struct lapic *a)
{
    bool level = lapic_wants_pic(a) || lapic_pending(a) >= 0;

    if (level != a->intr_level) {
        a->intr_level = level;
        a->set->cfg.cpu->intr(a->set->cfg.cpu->opaque, a->cpu, level);
    }
}

int lapic_ack(struct lapic_set *s, unsigned cpu)
{
    struct lapic *a = &s->apic[cpu];
    int vector;

    if (lapic_wants_pic(a)) {
        a->extint = false;
        vector = s->cfg.pic_ack(s->cfg.pic_opaque);
        lapic_update_intr(a);
        return vector;
    }
    vector = lapic_pending(a);
    if (vector >= 0) {
        trace_lapic_accept(cpu, vector);
        bit_clear(a->irr, (uint8_t)vector);
        bit_set(a->isr, (uint8_t)vector);
        lapic_update_intr(a);
        if (s->cfg.acked) {
            s->cfg.acked(s->cfg.ioapic_opaque, cpu, (uint8_t)vector);
        }
    }
    return vector;
}

void lapic_error(struct lapic *a, uint8_t bits)
{
    bool fresh = bits & ~a->esr_pending;

    a->esr_pending |= bits;
    if (fresh) {
        lapic_local(a, LVT_ERROR);
    }
}

/* A fixed interrupt arrives. */
static bool lapic_accept(struct lapic *a, uint8_t vector, bool level)
{
    if (!lapic_enabled(a) || !(a->svr & SVR_ENABLE)) {
        return false;
    }
    if (vector < 16) {
        /* An illegal error vector must not report itself for ever. */
        if (!(a->esr_pending & ESR_RECEIVE_ILLEGAL)) {
            lapic_error(a, ESR_RECEIVE_ILLEGAL);
        }
        return false;
    }
    bit_set(a->irr, vector);
    if (level) {
        bit_set(a->tmr, vector);
    } else {
        bit_clear(a->tmr, vector);
    }
    lapic_update_intr(a);
    return true;
}

void lapic_local(struct lapic *a, enum lvt_index index)
{
    uint32_t lvt = a->lvt[index];
    const struct lapic_cpu_ops *cpu = a->set->cfg.cpu;

    if (lvt & LVT_MASKED) {
        return;
    }
    switch (index == LVT_TIMER || index == LVT_ERROR ? APIC_FIXED : LVT_MODE(lvt)) {
    case APIC_FIXED: lapic_accept(a, (uint8_t)lvt, false); break;
    case APIC_NMI: cpu->nmi(cpu->opaque, a->cpu); break;
    default: break;
    }
}

/* LINT0 as a level-triggered fixed interrupt (11.5.1): remote IRR until the EOI. */
static void lapic_lint_level(struct lapic *a, unsigned pin)
{
    uint32_t *lvt = &a->lvt[LVT_LINT0 + pin];

    if (a->set->lint[pin] && !(*lvt & (LVT_MASKED | LVT_REMOTE_IRR)) && (*lvt & LVT_LEVEL) &&
        LVT_MODE(*lvt) == APIC_FIXED && lapic_accept(a, (uint8_t)*lvt, true)) {
        *lvt |= LVT_REMOTE_IRR;
    }
}

/* The pin or its LVT entry changed. */
void lapic_lint_changed(struct lapic *a, unsigned pin, bool rise)
{
    const struct lapic_cpu_ops *cpu = a->set->cfg.cpu;
    uint32_t lvt = a->lvt[LVT_LINT0 + pin];

    if (!lapic_enabled(a)) {
        if (pin == 1 && rise) {
            cpu->nmi(cpu->opaque, a->cpu);
        }
    } else if (LVT_MODE(lvt) == APIC_FIXED && (lvt & LVT_LEVEL)) {
        lapic_lint_level(a, pin);
    } else if (rise && !(lvt & LVT_MASKED)) {
        if (LVT_MODE(lvt) == APIC_INIT) {
            lapic_init(a->set, a->cpu);
            cpu->init(cpu->opaque, a->cpu);
        } else {
            lapic_local(a, LVT_LINT0 + pin);
        }
    }
    lapic_update_intr(a);
}

void lapic_eoi(struct lapic *a)
{
    int vector = bit_highest(a->isr);
    struct lapic_set *s = a->set;

    if (vector < 0) {
        return;
    }
    bit_clear(a->isr, (uint8_t)vector);
    if (bit_test(a->tmr, (uint8_t)vector)) {
        for (unsigned pin = 0; pin < 2; pin++) {
            uint32_t *lvt = &a->lvt[LVT_LINT0 + pin];

            if ((*lvt & LVT_REMOTE_IRR) && (*lvt & 0xff) == (uint32_t)vector) {
                *lvt &= ~LVT_REMOTE_IRR;
                lapic_lint_level(a, pin);
            }
        }
        if (s->cfg.eoi) {
            s->cfg.eoi(s->cfg.ioapic_opaque, (uint8_t)vector);
        }
    }
    lapic_update_intr(a);
}

static bool lapic_match_logical(const struct lapic *a, uint32_t dest)
{
    uint8_t ldr = (uint8_t)(a->ldr >> 24);

    if (lapic_is_x2(a)) {
        return dest >> 16 == a->ldr >> 16 && (dest & a->ldr & 0xffff);
    }
    if (dest > 0xff) {
        return false;
    }
    if (a->dfr >> 28 == 0xf) {
        return dest & ldr;
    }
    /* Cluster model; cluster 15 is all clusters. */
    return (dest >> 4 == ldr >> 4 || dest >> 4 == 0xf) && (dest & ldr & 0xf);
}

static bool lapic_match(const struct lapic *a, uint32_t dest, bool logical)
{
    if (!lapic_enabled(a)) {
        return false;
    }
    if (dest == UINT32_MAX) {
        return true;
    }
    return logical ? lapic_match_logical(a, dest) : a->id == dest;
}

static bool lapic_take(struct lapic *a, const struct apic_msg *msg)
{
    const struct lapic_cpu_ops *cpu = a->set->cfg.cpu;

    switch (msg->mode) {
    case APIC_FIXED:
    case APIC_LOWEST: return lapic_accept(a, msg->vector, msg->level);
    case APIC_NMI: cpu->nmi(cpu->opaque, a->cpu); return true;
    case APIC_INIT:
        lapic_init(a->set, a->cpu);
        cpu->init(cpu->opaque, a->cpu);
        return true;
    case APIC_SIPI: cpu->sipi(cpu->opaque, a->cpu, msg->vector); return true;
    case APIC_EXTINT:
        a->extint = true;
        lapic_update_intr(a);
        return true;
    default: guest_warn("lapic", "delivery mode %u has no effect", msg->mode); return false;
    }
}

/* Among those that match, who runs at the lowest priority; equals take turns. */
static struct lapic *lapic_lowest(struct lapic_set *s, const struct apic_msg *msg,
                                  const struct lapic *except)
{
    struct lapic *best = NULL;

    for (unsigned i = 1; i <= s->cfg.cpus; i++) {
        struct lapic *a = &s->apic[(s->last_lowest + i) % s->cfg.cpus];

        if (a != except && (a->svr & SVR_ENABLE) && lapic_match(a, msg->dest, msg->logical) &&
            (!best || lapic_ppr(a) >> 4 < lapic_ppr(best) >> 4)) {
            best = a;
        }
    }
    if (best) {
        s->last_lowest = best->cpu;
    }
    return best;
}

static bool lapic_route(struct lapic_set *s, const struct apic_msg *msg, const struct lapic *except)
{
    bool taken = false;

    if (msg->mode == APIC_LOWEST) {
        struct lapic *a = lapic_lowest(s, msg, except);

        return a && lapic_take(a, msg);
    }
    for (unsigned i = 0; i < s->cfg.cpus; i++) {
        struct lapic *a = &s->apic[i];

        if (a != except && lapic_match(a, msg->dest, msg->logical)) {
            taken |= lapic_take(a, msg);
        }
    }
    return taken;
}

bool lapic_deliver(void *opaque, const struct apic_msg *msg)
{
    return lapic_route(opaque, msg, NULL);
}

void lapic_msi(void *opaque, uint64_t addr, uint32_t data)
{
    struct apic_msg msg = {
        .dest = addr >> 12 & 0xff,
        .logical = addr & 4,
        .mode = data >> 8 & 7,
        .vector = (uint8_t)data,
        .level = data & (1u << 15),
    };

    trace_lapic_msi(addr, data);
    if ((addr & ~0xfffffull) != LAPIC_BASE) {
        guest_warn("lapic", "MSI to 0x%llx is not an interrupt", (unsigned long long)addr);
        return;
    }
    if (!msg.logical && msg.dest == 0xff) {
        msg.dest = UINT32_MAX;
    }
    lapic_route(opaque, &msg, NULL);
}

void lapic_self_ipi(struct lapic *a, uint8_t vector)
{
    if (vector < 16) {
        lapic_error(a, ESR_SEND_ILLEGAL);
    }
    lapic_accept(a, vector, false);
}

void lapic_send_ipi(struct lapic *a, uint32_t icr, uint32_t dest)
{
    unsigned shorthand = icr >> 18 & 3;
    struct apic_msg msg = {
        .dest = dest,
        .logical = icr >> 11 & 1,
        .mode = icr >> 8 & 7,
        .vector = (uint8_t)icr,
    };
    trace_lapic_ipi(icr, dest);

    /* INIT level de-assert: nothing happens since the Pentium 4. */
    if (msg.mode == APIC_INIT && (icr & 1u << 15) && !(icr & 1u << 14)) {
        return;
    }
    if (msg.mode <= APIC_LOWEST && msg.vector < 16) {
        lapic_error(a, ESR_SEND_ILLEGAL);
    }
    if (msg.mode == APIC_EXTINT || msg.mode == 3) {
        guest_warn("lapic", "IPI with delivery mode %u", msg.mode);
        return;
    }
    if (shorthand == 1 || shorthand == 2) {
        /* Table 11-3: to itself a processor sends fixed interrupts only. */
        if (msg.mode != APIC_FIXED) {
            guest_warn("lapic", "delivery mode %u to self", msg.mode);
            return;
        }
        lapic_accept(a, msg.vector, false);
        if (shorthand == 1) {
            return;
        }
    }
    if (shorthand != 0) {
        msg.dest = UINT32_MAX;
    }
    lapic_route(a->set, &msg, shorthand ? a : NULL);
}
