/* SPDX-License-Identifier: MIT */
/*
 * Local APICs (Intel SDM vol. 3, chapter 11), version 14h: the registers as memory (xAPIC) and as
 * MSRs (x2APIC), IA32_APIC_BASE and its transitions. All processors' APICs form one set because
 * they talk to each other and share the 8259's line.
 *
 * An APIC's page may be moved by IA32_APIC_BASE; where two processors disagree, an access by the
 * one whose page it is not goes to the bus (reads ones) and not to RAM that may lie below. An APIC
 * that is disabled or in x2APIC mode has no page. The rest of FEE0_0000h-FEEF_FFFFh is the MSI
 * window. Not modelled: SMI delivery, CMCI, EOI-broadcast suppression, performance counters.
 */
#include "hw/pc/lapic.h"

#include "core/log.h"
#include "hw/pc/apic_internal.h"

#define VERSION          (0x14u | (LVT_COUNT - 1) << 16)
#define MSR_APIC_BASE    0x1bu
#define MSR_TSC_DEADLINE 0x6e0u
#define MSR_X2APIC       0x800u
#define MSR_X2APIC_LAST  0x8ffu

#define ICR_RESERVED 0xfff32000u /* 31:20, 17:16, 13 */
#define DFR_ONES     0x0fffffffu

static const uint32_t lvt_writable[LVT_COUNT] = {
    [LVT_TIMER] = 0x700ff, [LVT_THERMAL] = 0x107ff, [LVT_PERF] = 0x107ff,
    [LVT_LINT0] = 0x1a7ff, [LVT_LINT1] = 0x1a7ff,   [LVT_ERROR] = 0x100ff,
};

static bool lapic_deadline_offered(const struct lapic *a)
{
    return a->set->cfg.tsc_deadline;
}

static uint32_t lapic_lvt_mask(const struct lapic *a, enum lvt_index index)
{
    uint32_t mask = lvt_writable[index];

    return index == LVT_TIMER && !lapic_deadline_offered(a) ? mask & ~(1u << 18) : mask;
}

static uint32_t lapic_x2_ldr(const struct lapic *a)
{
    return a->cpu >> 4 << 16 | 1u << (a->cpu & 15);
}

static void lapic_write_lvt(struct lapic *a, enum lvt_index index, uint32_t value)
{
    uint32_t old = a->lvt[index];

    value &= lapic_lvt_mask(a, index);
    if (!(a->svr & SVR_ENABLE)) {
        value |= LVT_MASKED;
    }
    if (index == LVT_TIMER) {
        lapic_timer_set_lvt(a, value);
        return;
    }
    if (value & LVT_LEVEL) {
        value |= old & LVT_REMOTE_IRR;
    }
    a->lvt[index] = value;
    if (index == LVT_LINT0 || index == LVT_LINT1) {
        lapic_lint_changed(a, index - LVT_LINT0, false);
    }
}

static void lapic_write_svr(struct lapic *a, uint32_t value)
{
    bool enables = value & ~a->svr & SVR_ENABLE;

    a->svr = value & 0x3ff;
    if (!(value & SVR_ENABLE)) {
        for (unsigned i = 0; i < LVT_COUNT; i++) {
            a->lvt[i] |= LVT_MASKED;
        }
    }
    lapic_update_intr(a);
    if (enables && a->set->on_enabled) {
        a->set->on_enabled(a->set->on_enabled_opaque);
    }
}

static void lapic_write_esr(struct lapic *a)
{
    a->esr = a->esr_pending;
    a->esr_pending = 0;
}

/* Index of an LVT register, or -1. */
static int lapic_lvt_index(unsigned off)
{
    return off >= REG_LVT_TIMER && off <= REG_LVT_ERROR ? (int)(off - REG_LVT_TIMER) >> 4 : -1;
}

/* Registers that are the same in both modes. *known: there is such a register. */
static uint32_t lapic_read(struct lapic *a, unsigned off, bool *known)
{
    int lvt = lapic_lvt_index(off);

    *known = true;
    if (lvt >= 0) {
        return a->lvt[lvt];
    }
    if (off >= REG_ISR && off < REG_ESR) {
        const uint32_t *bits = off < REG_TMR ? a->isr : off < REG_IRR ? a->tmr : a->irr;

        return bits[off >> 4 & 7];
    }
    switch (off) {
    case REG_VERSION: return VERSION;
    case REG_TPR: return a->tpr;
    case REG_PPR: return lapic_ppr(a);
    case REG_SVR: return a->svr;
    case REG_ESR: return a->esr;
    case REG_ICR: return a->icr;
    case REG_TIMER_INITIAL: return a->initial;
    case REG_TIMER_CURRENT: return lapic_timer_count(a);
    case REG_TIMER_DIVIDE: return a->divide;
    default: *known = false; return 0;
    }
}

/* False: no such register. */
static bool lapic_write(struct lapic *a, unsigned off, uint32_t value)
{
    int lvt = lapic_lvt_index(off);

    if (lvt >= 0) {
        lapic_write_lvt(a, (enum lvt_index)lvt, value);
        return true;
    }
    switch (off) {
    case REG_TPR:
        a->tpr = (uint8_t)value;
        lapic_update_intr(a);
        return true;
    case REG_EOI: lapic_eoi(a); return true;
    case REG_SVR: lapic_write_svr(a, value); return true;
    case REG_ESR: lapic_write_esr(a); return true;
    case REG_TIMER_INITIAL: lapic_timer_set_initial(a, value); return true;
    case REG_TIMER_DIVIDE: lapic_timer_set_divide(a, value); return true;
    default: return false;
    }
}

uint32_t lapic_reg_read(struct lapic_set *s, unsigned cpu, unsigned off)
{
    struct lapic *a = &s->apic[cpu];
    bool known = true;
    uint32_t value = 0;

    if (off & 15) {
        return 0; /* undefined by the SDM */
    }
    switch (off) {
    case REG_ID: return a->id << 24;
    case REG_LDR: return a->ldr;
    case REG_DFR: return a->dfr;
    case REG_ICR_HIGH: return a->icr_high;
    case REG_APR:
    case REG_RRD:
    case REG_EOI: return 0;
    default: value = lapic_read(a, off, &known); break;
    }
    if (!known) {
        lapic_error(a, ESR_ILLEGAL_REGISTER);
    }
    return value;
}

void lapic_reg_write(struct lapic_set *s, unsigned cpu, unsigned off, uint32_t value)
{
    struct lapic *a = &s->apic[cpu];

    if (off & 15) {
        return;
    }
    switch (off) {
    case REG_ID: a->id = value >> 24; break;
    case REG_LDR: a->ldr = value & 0xff000000; break;
    case REG_DFR: a->dfr = value | DFR_ONES; break;
    case REG_ICR:
        a->icr = value & ~ICR_RESERVED & ~(1u << 12);
        value = a->icr_high >> 24;
        lapic_send_ipi(a, a->icr, value == 0xff && !(a->icr & 1u << 11) ? UINT32_MAX : value);
        break;
    case REG_ICR_HIGH: a->icr_high = value & 0xff000000; break;
    default:
        if (!lapic_write(a, off, value)) {
            lapic_error(a, ESR_ILLEGAL_REGISTER);
        }
        break;
    }
}

/* --- memory ---------------------------------------------------------------------------------- */

/* The APIC that answers this access at `base`, or NULL. */
static struct lapic *lapic_current(struct lapic_set *s, uint64_t base)
{
    unsigned cpu = s->cfg.current_cpu ? s->cfg.current_cpu(s->cfg.current_cpu_opaque) : 0;

    if (cpu >= s->cfg.cpus || !lapic_enabled(&s->apic[cpu]) || lapic_is_x2(&s->apic[cpu]) ||
        BASE_ADDRESS(s->apic[cpu].base) != base) {
        return NULL;
    }
    return &s->apic[cpu];
}

static uint64_t lapic_page_read(void *opaque, gpa_t off, unsigned size)
{
    struct lapic *page = opaque;
    struct lapic *a = lapic_current(page->set, mem_region_gpa(page->page));

    (void)size;
    return a ? lapic_reg_read(a->set, a->cpu, (unsigned)off) : UINT32_MAX;
}

static void lapic_msi_write(void *opaque, gpa_t off, uint64_t value, unsigned size)
{
    (void)size;
    lapic_msi(opaque, LAPIC_BASE + off, (uint32_t)value);
}

static uint64_t lapic_msi_read(void *opaque, gpa_t off, unsigned size)
{
    (void)opaque;
    (void)off;
    (void)size;
    return UINT32_MAX;
}

static void lapic_page_write(void *opaque, gpa_t off, uint64_t value, unsigned size)
{
    struct lapic *page = opaque;
    uint64_t base = mem_region_gpa(page->page);
    struct lapic *a = lapic_current(page->set, base);

    if (a) {
        lapic_reg_write(a->set, a->cpu, (unsigned)off, (uint32_t)value);
    } else if (base >= LAPIC_BASE && base - LAPIC_BASE < MSI_WINDOW_SIZE) {
        lapic_msi_write(page->set, base - LAPIC_BASE + off, value, size);
    }
}

static const struct mem_ops lapic_page_ops = {
    .read = lapic_page_read,
    .write = lapic_page_write,
    .min_size = 4,
    .max_size = 4,
};
static const struct mem_ops lapic_msi_ops = {
    .read = lapic_msi_read,
    .write = lapic_msi_write,
    .min_size = 4,
    .max_size = 4,
};

/* One region for each page that some xAPIC answers at. */
static void lapic_map_pages(struct lapic_set *s)
{
    physmem_begin(s->cfg.mem);
    for (unsigned i = 0; i < s->cfg.cpus; i++) {
        struct lapic *a = &s->apic[i];
        bool mapped = lapic_enabled(a) && !lapic_is_x2(a);

        for (unsigned j = 0; j < i && mapped; j++) {
            const struct lapic *b = &s->apic[j];

            mapped = !lapic_enabled(b) || lapic_is_x2(b) ||
                     BASE_ADDRESS(a->base) != BASE_ADDRESS(b->base);
        }
        mem_region_set_enabled(a->page, mapped);
        if (mapped && mem_region_gpa(a->page) != BASE_ADDRESS(a->base)) {
            mem_region_set_gpa(a->page, BASE_ADDRESS(a->base));
        }
    }
    physmem_commit(s->cfg.mem);
}

/* --- MSRs ------------------------------------------------------------------------------------ */

bool lapic_owns_msr(uint32_t msr)
{
    return msr == MSR_APIC_BASE || msr == MSR_TSC_DEADLINE ||
           (msr >= MSR_X2APIC && msr <= MSR_X2APIC_LAST);
}

static bool lapic_x2_read(struct lapic *a, unsigned off, uint64_t *value)
{
    bool known;

    switch (off) {
    case REG_ID: *value = a->cpu; return true;
    case REG_LDR: *value = a->ldr; return true;
    case REG_ICR: *value = (uint64_t)a->icr_high << 32 | a->icr; return true;
    default: *value = lapic_read(a, off, &known); return known;
    }
}

/* Bits that may be set in a write of an x2APIC register; 0: not writable at all, or zero only. */
static uint64_t lapic_x2_writable(const struct lapic *a, unsigned off)
{
    int lvt = lapic_lvt_index(off);

    if (lvt >= 0) { /* read-only bits are ignored */
        return lapic_lvt_mask(a, (enum lvt_index)lvt) | 1u << 12 |
               (lvt == LVT_LINT0 || lvt == LVT_LINT1 ? LVT_REMOTE_IRR : 0);
    }
    switch (off) {
    case REG_TPR:
    case REG_SELF_IPI: return 0xff;
    case REG_SVR: return 0x3ff;
    case REG_ICR: return ~(uint64_t)ICR_RESERVED;
    case REG_TIMER_INITIAL: return UINT32_MAX;
    case REG_TIMER_DIVIDE: return 0xb;
    default: return 0;
    }
}

static bool lapic_x2_write(struct lapic *a, unsigned off, uint64_t value)
{
    if (value & ~lapic_x2_writable(a, off)) {
        return false;
    }
    switch (off) {
    case REG_ICR:
        a->icr = (uint32_t)value & ~(1u << 12);
        a->icr_high = (uint32_t)(value >> 32);
        lapic_send_ipi(a, a->icr, a->icr_high);
        return true;
    case REG_SELF_IPI: lapic_self_ipi(a, (uint8_t)value); return true;
    default: return lapic_write(a, off, (uint32_t)value);
    }
}

/* SDM 11.12.5, figure 11-27. */
static bool lapic_write_base(struct lapic *a, uint64_t value)
{
    const uint64_t both = BASE_ENABLE | BASE_EXTD;
    uint64_t reserved = ~((1ull << a->set->cfg.phys_bits) - 1) | 0x2ff;
    uint64_t old = a->base;
    uint64_t from = old & both, to = value & both;

    if (!a->set->cfg.x2apic) {
        reserved |= BASE_EXTD;
    }
    if ((value & reserved) || to == BASE_EXTD || (from == both && to == BASE_ENABLE) ||
        (from == 0 && to == both)) {
        return false;
    }
    a->base = value;
    if (from && !to) {
        lapic_init(a->set, a->cpu);
    } else if (from != both && to == both) {
        a->id = a->cpu;
        a->ldr = lapic_x2_ldr(a);
    }
    if (value != old) {
        lapic_map_pages(a->set);
    }
    lapic_update_intr(a);
    return true;
}

bool lapic_msr_read(struct lapic_set *s, unsigned cpu, uint32_t msr, uint64_t *value)
{
    struct lapic *a = &s->apic[cpu];

    if (msr == MSR_APIC_BASE) {
        *value = a->base;
        return true;
    }
    if (msr == MSR_TSC_DEADLINE && lapic_deadline_offered(a)) {
        *value = a->deadline;
        return true;
    }
    return msr >= MSR_X2APIC && msr <= MSR_X2APIC_LAST && lapic_is_x2(a) &&
           lapic_x2_read(a, (msr - MSR_X2APIC) << 4, value);
}

bool lapic_msr_write(struct lapic_set *s, unsigned cpu, uint32_t msr, uint64_t value)
{
    struct lapic *a = &s->apic[cpu];

    if (msr == MSR_APIC_BASE) {
        return lapic_write_base(a, value);
    }
    if (msr == MSR_TSC_DEADLINE && lapic_deadline_offered(a)) {
        lapic_timer_set_deadline(a, value);
        return true;
    }
    return msr >= MSR_X2APIC && msr <= MSR_X2APIC_LAST && lapic_is_x2(a) &&
           lapic_x2_write(a, (msr - MSR_X2APIC) << 4, value);
}

uint8_t lapic_tpr_get(struct lapic_set *s, unsigned cpu)
{
    return s->apic[cpu].tpr >> 4;
}

void lapic_tpr_set(struct lapic_set *s, unsigned cpu, uint8_t cr8)
{
    s->apic[cpu].tpr = (uint8_t)(cr8 << 4);
    lapic_update_intr(&s->apic[cpu]);
}

void lapic_tsc_changed(struct lapic_set *s, unsigned cpu)
{
    lapic_timer_rearm_deadline(&s->apic[cpu]);
}

uint64_t lapic_base(const struct lapic_set *s, unsigned cpu)
{
    return s->apic[cpu].base;
}

/* --- the set --------------------------------------------------------------------------------- */

void lapic_set_ioapic(struct lapic_set *s, void (*eoi)(void *, uint8_t vector),
                      void (*acked)(void *, unsigned cpu, uint8_t vector), void *opaque)
{
    s->cfg.eoi = eoi;
    s->cfg.acked = acked;
    s->cfg.ioapic_opaque = opaque;
}

void lapic_set_pic(struct lapic_set *s, int (*pic_ack)(void *), void *opaque)
{
    s->cfg.pic_ack = pic_ack;
    s->cfg.pic_opaque = opaque;
}

void lapic_on_enabled(struct lapic_set *s, void (*fn)(void *opaque), void *opaque)
{
    s->on_enabled = fn;
    s->on_enabled_opaque = opaque;
}

static void lapic_lint_set(void *opaque, unsigned pin, bool level)
{
    struct lapic_set *s = opaque;
    bool rise = level && !s->lint[pin];

    s->lint[pin] = level;
    for (unsigned i = 0; i < s->cfg.cpus; i++) {
        lapic_lint_changed(&s->apic[i], pin, rise);
    }
}

struct irq lapic_lint0(struct lapic_set *s)
{
    return (struct irq){ .set = lapic_lint_set, .opaque = s, .line = 0 };
}

struct irq lapic_lint1(struct lapic_set *s)
{
    return (struct irq){ .set = lapic_lint_set, .opaque = s, .line = 1 };
}

/* SDM 11.4.7: state after INIT, which keeps the id and IA32_APIC_BASE. */
void lapic_init(struct lapic_set *s, unsigned cpu)
{
    struct lapic *a = &s->apic[cpu];

    for (unsigned i = 0; i < 8; i++) {
        a->isr[i] = 0;
        a->tmr[i] = 0;
        a->irr[i] = 0;
    }
    for (unsigned i = 0; i < LVT_COUNT; i++) {
        a->lvt[i] = LVT_MASKED;
    }
    a->tpr = 0;
    a->esr = 0;
    a->esr_pending = 0;
    a->icr = 0;
    a->icr_high = 0;
    a->svr = 0xff;
    a->ldr = lapic_is_x2(a) ? lapic_x2_ldr(a) : 0;
    a->dfr = UINT32_MAX;
    a->divide = 0;
    a->extint = false;
    lapic_timer_stop(a);
    lapic_update_intr(a);
}

static void lapic_reset(struct device *d)
{
    struct lapic_set *s = (struct lapic_set *)d;

    for (unsigned i = 0; i < s->cfg.cpus; i++) {
        s->apic[i].base = LAPIC_BASE | BASE_ENABLE | (i == 0 ? BASE_BSP : 0);
        s->apic[i].id = i;
        lapic_init(s, i);
    }
    s->last_lowest = 0;
    lapic_map_pages(s);
}

static bool lapic_realize(struct device *d, GError **err)
{
    struct lapic_set *s = (struct lapic_set *)d;

    if (s->cfg.cpus < 1 || s->cfg.cpus > 255) {
        g_set_error(err, EMU_ERROR, EMU_ERROR_CONFIG, "%u processors: 1 to 255 are possible",
                    s->cfg.cpus);
        return false;
    }
    s->apic = g_new0(struct lapic, s->cfg.cpus);
    physmem_begin(s->cfg.mem);
    s->msi_window =
        physmem_add_io(s->cfg.mem, "msi", LAPIC_BASE, MSI_WINDOW_SIZE, &lapic_msi_ops, s, 19);
    for (unsigned i = 0; i < s->cfg.cpus; i++) {
        struct lapic *a = &s->apic[i];

        a->set = s;
        a->cpu = i;
        timer_init(&a->timer, s->cfg.clock, lapic_timer_fire, a);
        a->page = physmem_add_io(s->cfg.mem, "lapic", LAPIC_BASE, 0x1000, &lapic_page_ops, a, 20);
    }
    lapic_reset(d);
    physmem_commit(s->cfg.mem);
    return true;
}

static void lapic_unrealize(struct device *d)
{
    struct lapic_set *s = (struct lapic_set *)d;

    physmem_begin(s->cfg.mem);
    for (unsigned i = 0; i < s->cfg.cpus; i++) {
        timer_del(&s->apic[i].timer);
        physmem_remove(s->cfg.mem, s->apic[i].page);
    }
    physmem_remove(s->cfg.mem, s->msi_window);
    physmem_commit(s->cfg.mem);
    g_free(s->apic);
}

struct lapic_set *lapic_set_new(const struct lapic_config *cfg, GError **err)
{
    struct device *d = device_new(&lapic_class);
    struct lapic_set *s = (struct lapic_set *)d;

    s->cfg = *cfg;
    if (s->cfg.tsc_khz == 0) {
        s->cfg.tsc_khz = 1000000;
    }
    if (s->cfg.phys_bits == 0) {
        s->cfg.phys_bits = 40;
    }
    if (!device_realize(d, err)) {
        device_free(d);
        return NULL;
    }
    return s;
}

const struct device_class lapic_class = {
    .name = "apic",
    .desc = "local interrupt controllers of the processors",
    .size = sizeof(struct lapic_set),
    .realize = lapic_realize,
    .unrealize = lapic_unrealize,
    .reset = lapic_reset,
    .describe = lapic_describe,
};
