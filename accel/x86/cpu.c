/* SPDX-License-Identifier: MIT */
/*
 * The software processor as an object: creation, state in and out, what is derived from the state,
 * and the raising of faults.
 */
#include <stdlib.h>

#include "accel/x86/system.h"
#include "core/physmem.h"

/* All of it is zero. */
static void cpu_init(struct x86_cpu *cpu, struct physmem *pm, const struct x86_bus *bus,
                     const struct x86_cpu_model *m, const struct x86_topology *t, uint32_t apic_id)
{
    cpu->pm = pm;
    cpu->bus = *bus;
    cpu->model = m;
    cpu->topology = t;
    cpu->apic_id = apic_id;
    cpu->io.host_mxcsr = 0x1f80;
    cpu->insn_limit = UINT64_MAX;
    cpu->any_big = true; /* the first flush empties it */
    cpu->mmu.phys_reserved = m->phys_bits && m->phys_bits < 52
                                 ? ((1ull << 52) - 1) & ~((1ull << m->phys_bits) - 1) : 0;
    x86_state_reset(&cpu->st, true, m->signature);
    x86_set_arith_flags(cpu, (uint32_t)cpu->st.rflags);
    x86_tlb_flush(cpu, true);
    x86_mode_changed(cpu);
    x86_debug_update(cpu);
}

void x86_cpu_init(struct x86_cpu *cpu, struct physmem *pm, const struct x86_bus *bus,
                  const struct x86_cpu_model *m, const struct x86_topology *t, uint32_t apic_id)
{
    memset(cpu, 0, sizeof *cpu);
    cpu_init(cpu, pm, bus, m, t, apic_id);
}

struct x86_cpu *x86_cpu_new(struct physmem *pm, const struct x86_bus *bus,
                            const struct x86_cpu_model *m, const struct x86_topology *t,
                            uint32_t apic_id)
{
    /* mem_buf is aligned for vectors by its place in a 64-byte aligned block; most of it, the
     * translator's slots, is not touched before it is used */
    void *memory = calloc(1, sizeof(struct x86_cpu) + 63);
    if (!memory) {
        return NULL;
    }
    struct x86_cpu *cpu = (void *)(((uintptr_t)memory + 63) & ~(uintptr_t)63);
    cpu->memory = memory;
    cpu_init(cpu, pm, bus, m, t, apic_id);
    return cpu;
}

void x86_cpu_free(struct x86_cpu *cpu)
{
    if (cpu) {
        g_free(cpu->watches.w);
        free(cpu->memory);
    }
}

void x86_cpu_get_state(struct x86_cpu *cpu, struct x86_state *s)
{
    uint64_t v;
    x86_rflags(cpu);
    cpu->st.tsc = x86_tsc(cpu);
    if (cpu->bus.tpr_read) {
        cpu->st.cr8 = cpu->bus.tpr_read(cpu->bus.opaque);
    }
    if (cpu->bus.msr_read && cpu->bus.msr_read(cpu->bus.opaque, X86_MSR_APIC_BASE, &v)) {
        cpu->st.msr.apic_base = v;
    }
    *s = cpu->st;
    s->version = X86_STATE_VERSION;
    s->groups = X86_GROUP_ALL;
}

/* Bits that the architecture fixes, so that a state from elsewhere cannot put the processor where
 * no program could. */
static void state_normalise(struct x86_cpu *cpu)
{
    struct x86_state *st = &cpu->st;
    st->rflags = (st->rflags & 0x3f7fd7) | 2;
    st->cr0 |= X86_CR0_ET;
    st->dr[6] = (st->dr[6] & 0xe00f) | 0xffff0ff0;
    st->dr[7] = (st->dr[7] & 0xffff23ff) | 0x400;
    if (!(st->cr0 & X86_CR0_PE)) {
        st->rflags &= ~(uint64_t)X86_FL_VM;
        st->cr0 &= ~(uint64_t)X86_CR0_PG;
    }
    st->msr.efer &= ~(uint64_t)X86_EFER_LMA;
    if (st->cr0 & X86_CR0_PG && st->msr.efer & X86_EFER_LME) {
        st->msr.efer |= X86_EFER_LMA;
    }
}

/* PAE keeps its four directory pointers in the processor; a state from elsewhere has only CR3. */
static void pdptes_refill(struct x86_cpu *cpu)
{
    uint64_t want = X86_CR0_PG, *p = cpu->mmu.pdpte;
    memset(p, 0, sizeof cpu->mmu.pdpte);
    if ((cpu->st.cr0 & want) && (cpu->st.cr4 & X86_CR4_PAE) && !(cpu->st.msr.efer & X86_EFER_LMA)) {
        uint8_t raw[32];
        if (dma_read(cpu->pm, (cpu->st.cr3 & 0xffffffe0) & cpu->a20_mask, raw, sizeof raw)) {
            memcpy(p, raw, sizeof raw);
        }
    }
}

void x86_cpu_set_state(struct x86_cpu *cpu, const struct x86_state *s)
{
    cpu->st = *s;
    state_normalise(cpu);
    x86_set_arith_flags(cpu, (uint32_t)cpu->st.rflags);
    if (s->groups & X86_GROUP_TSC) {
        cpu->tsc_offset = s->tsc - (cpu->bus.tsc ? cpu->bus.tsc(cpu->bus.opaque) : 0);
    }
    cpu->next_rip = cpu->st.rip;
    cpu->exit_reason = X86_STOP_NONE;
    cpu->monitor_armed = false;
    x86_tlb_flush(cpu, true);
    pdptes_refill(cpu);
    x86_mode_changed(cpu);
    x86_debug_update(cpu);
}

static bool seg_is_flat(const struct x86_seg *s)
{
    return !(s->attr & X86_SEG_UNUSABLE) && s->base == 0 && s->limit == 0xffffffff;
}

static bool flat_data(const struct x86_seg *s)
{
    return seg_is_flat(s) && (s->attr & 0xe) == 2; /* writable, not expand-down, not code */
}

void x86_mode_changed(struct x86_cpu *cpu)
{
    const struct x86_state *st = &cpu->st;
    bool pe = st->cr0 & X86_CR0_PE;
    cpu->long_mode = st->msr.efer & X86_EFER_LMA;
    cpu->paging = st->cr0 & X86_CR0_PG;
    if (!pe) {
        cpu->cpl = 0;
    } else if (st->rflags & X86_FL_VM) {
        cpu->cpl = 3;
    } else {
        cpu->cpl = X86_SEG_DPL(st->seg[X86_SS].attr);
    }
    cpu->user = cpu->cpl == 3;
    uint16_t cs = st->seg[X86_CS].attr;
    cpu->code_mode = cpu->long_mode && (cs & X86_SEG_L) ? 8 : cs & X86_SEG_DB ? 4 : 2;
    cpu->stack_size = cpu->code_mode == 8 ? 8 : st->seg[X86_SS].attr & X86_SEG_DB ? 4 : 2;
    cpu->canonical_shift = cpu->long_mode && (st->cr4 & X86_CR4_LA57) ? 7 : 16;
    for (unsigned i = 0; i <= X86_GS; i++) {
        x86_seg_range_of(cpu, &st->seg[i], &cpu->range[i]);
    }
    if (UNLIKELY((st->rflags & X86_FL_AC) || cpu->mmu.aligning)) {
        x86_ac_changed(cpu);
    }
    cpu->flat =
        cpu->code_mode == 8 || (seg_is_flat(&st->seg[X86_CS]) && flat_data(&st->seg[X86_ES]) &&
                                flat_data(&st->seg[X86_SS]) && flat_data(&st->seg[X86_DS]));
}

void x86_seg_changed(struct x86_cpu *cpu, unsigned seg)
{
    const struct x86_seg *s = cpu->st.seg;
    x86_seg_range_of(cpu, &s[seg], &cpu->range[seg]);
    cpu->flat = cpu->code_mode == 8 || (seg_is_flat(&s[X86_CS]) && flat_data(&s[X86_ES]) &&
                                        flat_data(&s[X86_SS]) && flat_data(&s[X86_DS]));
}

static bool vector_has_error(unsigned vector)
{
    return vector < 32 && (1u << vector & (1u << X86_EXC_DF | 1u << X86_EXC_TS | 1u << X86_EXC_NP |
                                           1u << X86_EXC_SS | 1u << X86_EXC_GP | 1u << X86_EXC_PF |
                                           1u << X86_EXC_AC));
}

void x86_raise(struct x86_cpu *cpu, unsigned vector)
{
    x86_raise_error(cpu, vector, 0);
}

void x86_raise_error(struct x86_cpu *cpu, unsigned vector, uint32_t error)
{
    if (vector >= X86_EXC_TS && vector <= X86_EXC_GP) {
        error |= cpu->event_ext;
    }
    cpu->exc_vector = (uint8_t)vector;
    cpu->exc_has_error = vector_has_error(vector);
    cpu->exc_error = error;
    longjmp(cpu->jmp, 1);
}

void x86_raise_pf(struct x86_cpu *cpu, uint64_t addr, uint32_t error)
{
    cpu->exc_cr2 = addr;
    cpu->st.cr2 = addr;
    x86_raise_error(cpu, X86_EXC_PF, error);
}
