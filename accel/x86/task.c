/* SPDX-License-Identifier: MIT */
/*
 * Task-state segments: inner stacks, hardware task switches. Intel SDM vol. 3, chapter 8 ("Task
 * Management"; the order of steps and faults is 8.3).
 */
#include "accel/x86/system.h"

/* What a TSS keeps, 16- and 32-bit alike; gpr in ModRM order, seg in ModRM order. */
struct tss {
    uint32_t cr3, eip, eflags, gpr[8];
    uint16_t seg[6], ldt;
    bool trap;
};

static _Noreturn void raise_ts(struct x86_cpu *cpu)
{
    x86_because(cpu, "the stack for the inner level lies beyond the TSS's limit");
    x86_raise_sel(cpu, X86_EXC_TS, cpu->st.seg[X86_TR].sel);
}

void x86_tss_stack(struct x86_cpu *cpu, unsigned cpl, uint16_t *ss, uint64_t *sp)
{
    const struct x86_seg *tr = &cpu->st.seg[X86_TR];
    if (tr->attr & 8) {
        uint32_t off = 4 + 8 * cpl;
        if (off + 5 > tr->limit) {
            raise_ts(cpu);
        }
        *sp = x86_sys_load(cpu, (uint32_t)(tr->base + off), 4);
        *ss = (uint16_t)x86_sys_load(cpu, (uint32_t)(tr->base + off + 4), 2);
    } else {
        uint32_t off = 2 + 4 * cpl;
        if (off + 3 > tr->limit) {
            raise_ts(cpu);
        }
        *sp = x86_sys_load(cpu, (uint32_t)(tr->base + off), 2);
        *ss = (uint16_t)x86_sys_load(cpu, (uint32_t)(tr->base + off + 2), 2);
    }
}

uint64_t x86_tss_rsp(struct x86_cpu *cpu, unsigned index)
{
    const struct x86_seg *tr = &cpu->st.seg[X86_TR];
    uint32_t off = 4 + 8 * index;
    if (off + 7 > tr->limit) {
        raise_ts(cpu);
    }
    return x86_sys_load(cpu, tr->base + off, 8);
}

static void read_tss32(struct x86_cpu *cpu, uint32_t base, struct tss *t)
{
    t->cr3 = (uint32_t)x86_sys_load(cpu, base + 0x1c, 4);
    t->eip = (uint32_t)x86_sys_load(cpu, base + 0x20, 4);
    t->eflags = (uint32_t)x86_sys_load(cpu, base + 0x24, 4);
    for (unsigned i = 0; i < 8; i++) {
        t->gpr[i] = (uint32_t)x86_sys_load(cpu, base + 0x28 + 4 * i, 4);
    }
    for (unsigned i = 0; i < 6; i++) {
        t->seg[i] = (uint16_t)x86_sys_load(cpu, base + 0x48 + 4 * i, 2);
    }
    t->ldt = (uint16_t)x86_sys_load(cpu, base + 0x60, 2);
    t->trap = x86_sys_load(cpu, base + 0x64, 2) & 1;
}

static void read_tss16(struct x86_cpu *cpu, uint32_t base, struct tss *t)
{
    t->cr3 = 0;
    t->eip = (uint32_t)x86_sys_load(cpu, base + 0x0e, 2);
    t->eflags = (uint32_t)x86_sys_load(cpu, base + 0x10, 2);
    for (unsigned i = 0; i < 8; i++) {
        t->gpr[i] = (uint32_t)x86_sys_load(cpu, base + 0x12 + 2 * i, 2) | 0xffff0000u;
    }
    for (unsigned i = 0; i < 6; i++) {
        t->seg[i] = i <= X86_DS ? (uint16_t)x86_sys_load(cpu, base + 0x22 + 2 * i, 2) : 0;
    }
    t->ldt = (uint16_t)x86_sys_load(cpu, base + 0x2a, 2);
    t->trap = false;
}

static void save_old(struct x86_cpu *cpu, uint64_t rip, uint64_t flags)
{
    const struct x86_seg *tr = &cpu->st.seg[X86_TR];
    uint32_t base = (uint32_t)tr->base;
    bool wide = tr->attr & 8;
    unsigned size = wide ? 4 : 2;
    x86_sys_store(cpu, base + (wide ? 0x20 : 0x0e), rip, size);
    x86_sys_store(cpu, base + (wide ? 0x24 : 0x10), flags, size);
    for (unsigned i = 0; i < 8; i++) {
        x86_sys_store(cpu, base + (wide ? 0x28 : 0x12) + size * i, cpu->st.gpr[i], size);
    }
    for (unsigned i = 0; i < (wide ? 6u : 4u); i++) {
        x86_sys_store(cpu, base + (wide ? 0x48 : 0x22) + size * i, cpu->st.seg[i].sel, 2);
    }
}

static void set_busy(struct x86_cpu *cpu, uint16_t sel, bool busy)
{
    uint64_t lin;
    if (x86_desc_find(cpu, sel, 8, &lin)) {
        uint64_t b = x86_sys_load(cpu, lin + 5, 1);
        x86_sys_store(cpu, lin + 5, busy ? b | 2 : b & ~2ull, 1);
    }
}

/* Faults that the old task takes: everything that the switch will touch must be reachable. */
static void probe(struct x86_cpu *cpu, const struct x86_task *t, uint32_t new_base)
{
    const struct x86_seg *tr = &cpu->st.seg[X86_TR];
    uint64_t lin;
    bool wide = tr->attr & 8;
    x86_probe_write(cpu, (uint32_t)(tr->base + (wide ? 0x20 : 0x0e)), wide ? 0x3e : 0x1c, false);
    if (t->why == X86_TASK_CALL || t->why == X86_TASK_INT) {
        x86_probe_write(cpu, new_base, 2, false);
    }
    if (t->why != X86_TASK_IRET && x86_desc_find(cpu, t->sel, 8, &lin)) {
        x86_probe_write(cpu, lin + 5, 1, false);
    }
    if ((t->why == X86_TASK_JMP || t->why == X86_TASK_IRET) &&
        x86_desc_find(cpu, tr->sel, 8, &lin)) {
        x86_probe_write(cpu, lin + 5, 1, false);
    }
}

/* --- the new task's segments ---------------------------------------------------------------- */

static void load_ldt(struct x86_cpu *cpu, uint16_t sel)
{
    if (x86_sel_null(sel)) {
        return; /* already null */
    }
    if (sel & 4) {
        x86_raise_sel(cpu, X86_EXC_TS, sel);
    }
    struct x86_desc d = x86_desc_read(cpu, sel, X86_EXC_TS);
    if (!x86_desc_is_system(&d) || x86_desc_type(&d) != X86_SYS_LDT || !(d.hi & X86_DESC_P)) {
        x86_raise_sel(cpu, X86_EXC_TS, sel);
    }
    x86_seg_from_desc(&cpu->st.seg[X86_LDTR], sel, &d);
}

static struct x86_desc load_cs(struct x86_cpu *cpu, uint16_t sel)
{
    if (x86_sel_null(sel)) {
        x86_raise_sel(x86_because(cpu, "CS in the new TSS is null"), X86_EXC_TS, sel);
    }
    struct x86_desc d = x86_desc_read(cpu, sel, X86_EXC_TS);
    unsigned rpl = sel & 3, dpl = x86_desc_dpl(&d);
    if (!x86_desc_is_code(&d) || (d.hi & X86_DESC_EC ? dpl > rpl : dpl != rpl)) {
        x86_because(cpu, "CS in the new TSS is no code segment of its level");
        x86_raise_sel(cpu, X86_EXC_TS, sel);
    }
    if (!(d.hi & X86_DESC_P)) {
        x86_raise_sel(cpu, X86_EXC_NP, sel);
    }
    x86_desc_mark(cpu, sel, &d);
    return d;
}

static void load_data(struct x86_cpu *cpu, unsigned seg, uint16_t sel)
{
    if (x86_sel_null(sel)) {
        return;
    }
    struct x86_desc d = x86_desc_read(cpu, sel, X86_EXC_TS);
    bool code = d.hi & X86_DESC_CODE;
    unsigned rpl = sel & 3, dpl = x86_desc_dpl(&d);
    bool conforming = code && (d.hi & X86_DESC_EC);
    if (x86_desc_is_system(&d) || (code && !(d.hi & X86_DESC_RW)) ||
        (!conforming && (dpl < rpl || dpl < cpu->cpl))) {
        x86_because(cpu, "a data segment in the new TSS cannot be loaded");
        x86_raise_sel(cpu, X86_EXC_TS, sel);
    }
    if (!(d.hi & X86_DESC_P)) {
        x86_raise_sel(cpu, X86_EXC_NP, sel);
    }
    x86_desc_mark(cpu, sel, &d);
    x86_seg_from_desc(&cpu->st.seg[seg], sel, &d);
    x86_seg_changed(cpu, seg);
}

static void load_segments(struct x86_cpu *cpu, const struct tss *n)
{
    static const uint8_t data[] = {X86_ES, X86_DS, X86_FS, X86_GS};
    load_ldt(cpu, n->ldt);
    if (x86_v86(cpu)) {
        for (unsigned i = 0; i < 6; i++) {
            x86_set_seg_real(cpu, (enum x86_segreg)i, n->seg[i]);
        }
        return;
    }
    struct x86_desc c = load_cs(cpu, n->seg[X86_CS]);
    x86_set_cs(cpu, n->seg[X86_CS], &c, n->seg[X86_CS] & 3);
    uint16_t ss = n->seg[X86_SS];
    unsigned cpl = n->seg[X86_CS] & 3;
    if (x86_sel_null(ss)) {
        x86_raise_sel(cpu, X86_EXC_TS, ss);
    }
    struct x86_desc sd = x86_check_ss(cpu, ss, cpl, X86_EXC_TS);
    x86_desc_mark(cpu, ss, &sd);
    x86_seg_from_desc(&cpu->st.seg[X86_SS], ss, &sd);
    x86_mode_changed(cpu);
    for (unsigned i = 0; i < ARRAY_LEN(data); i++) {
        load_data(cpu, data[i], n->seg[data[i]]);
    }
}

/* --- the switch ----------------------------------------------------------------------------- */

/* Commit: from here on faults are the new task's. Selectors are in place, hidden parts not yet. */
static void commit(struct x86_cpu *cpu, const struct x86_task *t, const struct tss *n, bool wide)
{
    struct x86_state *st = &cpu->st;
    uint64_t all = 0x3f7fd5;
    x86_seg_from_desc(&st->seg[X86_TR], t->sel, &t->d);
    st->seg[X86_TR].attr |= 2; /* busy */
    st->cr0 |= X86_CR0_TS;
    for (unsigned i = 0; i < 8; i++) {
        st->gpr[i] = n->gpr[i];
    }
    st->rip = cpu->next_rip = n->eip;
    x86_set_rflags(cpu, n->eflags, all);
    if (t->why == X86_TASK_CALL || t->why == X86_TASK_INT) {
        st->rflags |= X86_FL_NT;
    }
    for (unsigned i = 0; i < 6; i++) {
        x86_seg_null(&st->seg[i], n->seg[i], 0);
    }
    x86_seg_null(&st->seg[X86_SS], n->seg[X86_SS], n->seg[X86_CS] & 3);
    x86_seg_null(&st->seg[X86_LDTR], n->ldt, 0);
    st->dr[7] &= ~0x155ull; /* L0-L3, LE */
    x86_debug_update(cpu);
    st->ev.sti_shadow = st->ev.movss_shadow = 0;
    x86_mode_changed(cpu);
    if (wide && cpu->paging && (st->cr3 & 0xffffffff) != n->cr3) {
        if (st->cr4 & X86_CR4_PAE) {
            x86_load_pdptes(cpu, n->cr3);
        }
        st->cr3 = n->cr3;
        x86_tlb_flush(cpu, false);
    }
}

void x86_task_switch(struct x86_cpu *cpu, const struct x86_task *t)
{
    struct tss n;
    bool wide = x86_desc_type(&t->d) & 8;
    uint32_t base = x86_desc_base(&t->d);
    uint64_t flags = t->flags;
    uint16_t old = cpu->st.seg[X86_TR].sel;
    if (x86_desc_limit(&t->d) < (wide ? 0x67u : 0x2bu)) {
        x86_raise_sel(x86_because(cpu, "the TSS's limit is too small"), X86_EXC_TS, t->sel);
    }
    if (wide) {
        read_tss32(cpu, base, &n);
    } else {
        read_tss16(cpu, base, &n);
    }
    probe(cpu, t, base);
    if (t->why == X86_TASK_JMP || t->why == X86_TASK_IRET) {
        set_busy(cpu, old, false);
    }
    if (t->why == X86_TASK_IRET) {
        flags &= ~(uint64_t)X86_FL_NT;
    } else {
        set_busy(cpu, t->sel, true);
    }
    save_old(cpu, t->rip, flags);
    if (t->why == X86_TASK_CALL || t->why == X86_TASK_INT) {
        x86_sys_store(cpu, base, old, 2);
    }
    commit(cpu, t, &n, wide);
    load_segments(cpu, &n);
    if (n.eip > cpu->st.seg[X86_CS].limit) {
        x86_raise(cpu, X86_EXC_GP);
    }
    if (t->push_error) {
        x86_push(cpu, t->error, wide ? 4 : 2);
    }
    if (n.trap) {
        cpu->st.ev.pending_dbg |= 0x8000; /* DR6.BT */
    }
}
