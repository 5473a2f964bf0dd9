/* SPDX-License-Identifier: MIT */
/*
 * The local APICs in words, for the monitor. Intel SDM vol. 3, chapter 11.
 */
#include "hw/pc/apic_internal.h"

static void vectors(GString *out, const char *name, const uint32_t bits[8])
{
    bool any = false;
    g_string_append_printf(out, "  %s", name);
    for (unsigned v = 0; v < 256; v++) {
        if (bits[v / 32] >> (v % 32) & 1) {
            g_string_append_printf(out, " %02x", v);
            any = true;
        }
    }
    g_string_append(out, any ? "\n" : " (none)\n");
}

static void local_vector(GString *out, enum lvt_index i, uint32_t lvt)
{
    static const char *const names[] = { "timer", "thermal", "perf", "LINT0", "LINT1", "error" };
    static const char *const modes[] = { "fixed", "lowest", "SMI",  "reserved",
                                         "NMI",   "INIT",   "SIPI", "ExtINT" };
    static const char *const timers[] = { "one-shot", "periodic", "tsc-deadline", "reserved" };
    g_string_append_printf(out, "  LVT %-7s 0x%08x vec=%02x %s %s%s%s\n", names[i], lvt, lvt & 0xff,
                           i == LVT_TIMER ? timers[LVT_TIMER_MODE(lvt)] : modes[LVT_MODE(lvt)],
                           lvt & LVT_LEVEL ? "level" : "edge", lvt & LVT_MASKED ? " masked" : "",
                           lvt & LVT_REMOTE_IRR ? " remote-irr" : "");
}

void lapic_describe(const struct device *d, GString *out)
{
    const struct lapic_set *s = (const struct lapic_set *)d;
    for (unsigned i = 0; i < s->cfg.cpus; i++) {
        const struct lapic *a = &s->apic[i];
        g_string_append_printf(out,
                               "CPU#%u local APIC: base=0x%" G_GINT64_MODIFIER "x %s%s%s id=0x%x\n",
                               i, (uint64_t)BASE_ADDRESS(a->base),
                               !lapic_enabled(a) ? "disabled" : lapic_is_x2(a) ? "x2APIC" : "xAPIC",
                               a->base & BASE_BSP ? " BSP" : "",
                               a->svr & SVR_ENABLE ? "" : " (software-disabled)", a->id);
        for (unsigned k = 0; k < LVT_COUNT; k++) {
            local_vector(out, (enum lvt_index)k, a->lvt[k]);
        }
        g_string_append_printf(out,
                               "  timer divide=0x%x initial=%u current=%u deadline=0x%"
                               G_GINT64_MODIFIER "x\n",
                               a->divide, a->initial, lapic_timer_count(a), a->deadline);
        g_string_append_printf(out,
                               "  SVR=0x%08x TPR=0x%02x PPR=0x%02x LDR=0x%08x DFR=0x%08x "
                               "ESR=0x%02x ICR=0x%08x:0x%08x%s\n",
                               a->svr, a->tpr, lapic_ppr(a), a->ldr, a->dfr, a->esr, a->icr_high,
                               a->icr, a->intr_level ? " INTR" : "");
        vectors(out, "ISR", a->isr);
        vectors(out, "IRR", a->irr);
    }
}
