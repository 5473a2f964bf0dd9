/* SPDX-License-Identifier: MIT */
/*
 * Far JMP, CALL and RET: code segments, call gates (16-, 32- and 64-bit), task gates and TSSs.
 * Intel SDM vol. 2 (the instructions' pseudo-code) and vol. 3, 5.8.
 */
#include "accel/x86/system.h"
#include "core/log.h"

struct gate {
    uint16_t sel;
    uint64_t off;
    unsigned count; /* parameters to copy */
    unsigned size;  /* of what is pushed: 2, 4, 8 */
};

static uint64_t cut(uint64_t v, unsigned size)
{
    return size == 2 ? v & 0xffff : size == 4 ? v & 0xffffffff : v;
}

/* In IA-32e mode a code segment may not have both L and D. */
static bool code_bits_bad(const struct x86_cpu *cpu, const struct x86_desc *d)
{
    return cpu->long_mode && (d->hi & X86_DESC_L) && (d->hi & X86_DESC_DB);
}

/* A code segment as the direct target of JMP or CALL; CPL stays. */
static void check_direct_code(struct x86_cpu *cpu, uint16_t sel, const struct x86_desc *d)
{
    bool conforming = d->hi & X86_DESC_EC;
    unsigned dpl = x86_desc_dpl(d);
    if (conforming ? dpl > cpu->cpl : (sel & 3u) > cpu->cpl || dpl != cpu->cpl) {
        x86_because(cpu, conforming ? "the code segment's DPL is above the CPL"
                         : dpl != cpu->cpl ? "the code segment's DPL is not the CPL"
                                           : "the selector's RPL is above the CPL");
        x86_raise_sel(cpu, X86_EXC_GP, sel);
    }
    if (code_bits_bad(cpu, d)) {
        x86_because(x86_reserved(cpu), "the code segment has both L and D set");
        x86_raise_sel(cpu, X86_EXC_GP, sel);
    }
    if (!(d->hi & X86_DESC_P)) {
        x86_raise_sel(x86_because(cpu, "the code segment is not present"), X86_EXC_NP, sel);
    }
}

static void check_gate_access(struct x86_cpu *cpu, uint16_t sel, const struct x86_desc *d)
{
    if (x86_desc_dpl(d) < cpu->cpl || x86_desc_dpl(d) < (sel & 3u)) {
        x86_raise_sel(x86_because(cpu, "the gate's DPL is below CPL or RPL"), X86_EXC_GP, sel);
    }
    if (!(d->hi & X86_DESC_P)) {
        x86_raise_sel(x86_because(cpu, "the gate or TSS is not present"), X86_EXC_NP, sel);
    }
}

static struct gate read_call_gate(struct x86_cpu *cpu, uint16_t sel, const struct x86_desc *d)
{
    struct gate g = {(uint16_t)(d->lo >> 16), d->lo & 0xffff, d->hi & 31, 2};
    if (x86_desc_type(d) == X86_SYS_CALL) {
        g.off |= d->hi & 0xffff0000u;
        g.size = 4;
    }
    if (cpu->long_mode) {
        uint64_t lin;
        if (!x86_desc_find(cpu, sel, 16, &lin)) {
            x86_raise_sel(cpu, X86_EXC_GP, sel);
        }
        uint64_t high = x86_sys_load(cpu, lin + 8, 8);
        if (high >> 40 & 0x1f) { /* the type field of the upper half */
            x86_because(x86_reserved(cpu), "the upper half of the call gate has a type");
            x86_raise_sel(cpu, X86_EXC_GP, sel);
        }
        g.off |= high << 32;
        g.count = 0;
        g.size = 8;
    }
    return g;
}

/* The code segment a call gate names. */
static struct x86_desc read_gate_code(struct x86_cpu *cpu, const struct gate *g, bool jmp)
{
    if (x86_sel_null(g->sel)) {
        x86_raise(x86_because(cpu, "the gate's selector is null"), X86_EXC_GP);
    }
    struct x86_desc c = x86_desc_read(cpu, g->sel, X86_EXC_GP);
    unsigned dpl = x86_desc_dpl(&c);
    if (!x86_desc_is_code(&c) || dpl > cpu->cpl ||
        (jmp && !(c.hi & X86_DESC_EC) && dpl != cpu->cpl)) {
        x86_because(cpu, !x86_desc_is_code(&c) ? "the gate's selector names no code segment"
                                               : "the gate's code segment has the wrong DPL");
        x86_raise_sel(cpu, X86_EXC_GP, g->sel);
    }
    if (cpu->long_mode && (!(c.hi & X86_DESC_L) || (c.hi & X86_DESC_DB))) {
        x86_because(cpu, "the gate's code segment is not 64-bit (L=1, D=0)");
        x86_raise_sel(cpu, X86_EXC_GP, g->sel);
    }
    if (!(c.hi & X86_DESC_P)) {
        x86_because(cpu, "the gate's code segment is not present");
        x86_raise_sel(cpu, X86_EXC_NP, g->sel);
    }
    return c;
}

/* JMP or CALL to a TSS, or through a task gate. */
static void task_transfer(struct x86_cpu *cpu, uint16_t sel, struct x86_desc d,
                          enum x86_task_reason why)
{
    check_gate_access(cpu, sel, &d);
    if (x86_desc_type(&d) == X86_SYS_TASK) {
        sel = (uint16_t)(d.lo >> 16);
        if (sel & 4) {
            x86_raise_sel(x86_because(cpu, "the TSS is in the LDT"), X86_EXC_GP, sel);
        }
        d = x86_desc_read(cpu, sel, X86_EXC_GP);
        if (!x86_desc_is_system(&d) ||
            (x86_desc_type(&d) != X86_SYS_TSS16 && x86_desc_type(&d) != X86_SYS_TSS)) {
            x86_raise_sel(x86_because(cpu, "no available TSS"), X86_EXC_GP, sel);
        }
        if (!(d.hi & X86_DESC_P)) {
            x86_raise_sel(x86_because(cpu, "the TSS is not present"), X86_EXC_NP, sel);
        }
    } else if (sel & 4) {
        x86_raise_sel(x86_because(cpu, "the TSS is in the LDT"), X86_EXC_GP, sel);
    }
    x86_task_switch(cpu, &(struct x86_task){.sel = sel, .d = d, .why = why, .rip = cpu->next_rip,
                                            .flags = x86_rflags(cpu)});
}

/* --- JMP ------------------------------------------------------------------------------------ */

static void jmp_gate(struct x86_cpu *cpu, uint16_t sel, const struct x86_desc *d)
{
    check_gate_access(cpu, sel, d);
    struct gate g = read_call_gate(cpu, sel, d);
    struct x86_desc c = read_gate_code(cpu, &g, true);
    x86_check_target(cpu, &c, g.off);
    x86_desc_mark(cpu, g.sel, &c);
    x86_set_cs(cpu, g.sel, &c, cpu->cpl);
    cpu->next_rip = g.off;
}

static void jmp_system(struct x86_cpu *cpu, uint16_t sel, const struct x86_desc *d)
{
    switch (x86_desc_type(d)) {
    case X86_SYS_CALL:
        jmp_gate(cpu, sel, d);
        return;
    case X86_SYS_CALL16:
        if (!cpu->long_mode) {
            jmp_gate(cpu, sel, d);
            return;
        }
        break;
    case X86_SYS_TASK: case X86_SYS_TSS16: case X86_SYS_TSS:
        if (!cpu->long_mode) {
            task_transfer(cpu, sel, *d, X86_TASK_JMP);
            return;
        }
        break;
    default:
        break;
    }
    x86_because(cpu, "the descriptor is neither code nor a gate or TSS that can be entered");
    x86_raise_sel(cpu, X86_EXC_GP, sel);
}

void x86_jmp_far(struct x86_cpu *cpu, uint16_t sel, uint64_t off, unsigned opsize)
{
    if (log_enabled(LOG_PCALL)) {
        log_raw("far jmp %04x:%016llx, operand size %u\n", sel, (unsigned long long)off, opsize);
    }
    off = cut(off, opsize);
    if (x86_real_like(cpu)) {
        if (off > cpu->st.seg[X86_CS].limit) {
            x86_raise(cpu, X86_EXC_GP);
        }
        x86_set_seg_real(cpu, X86_CS, sel);
        cpu->next_rip = off;
        return;
    }
    if (x86_sel_null(sel)) {
        x86_raise(x86_because(cpu, "the target's selector is null"), X86_EXC_GP);
    }
    struct x86_desc d = x86_desc_read(cpu, sel, X86_EXC_GP);
    if (x86_desc_is_system(&d)) {
        jmp_system(cpu, sel, &d);
        return;
    }
    if (!x86_desc_is_code(&d)) {
        x86_raise_sel(x86_because(cpu, "the target is a data segment"), X86_EXC_GP, sel);
    }
    check_direct_code(cpu, sel, &d);
    x86_check_target(cpu, &d, off);
    x86_desc_mark(cpu, sel, &d);
    x86_set_cs(cpu, sel, &d, cpu->cpl);
    cpu->next_rip = off;
}

/* --- CALL ----------------------------------------------------------------------------------- */

static void call_gate_same(struct x86_cpu *cpu, const struct gate *g, struct x86_desc *c)
{
    struct x86_stk k;
    x86_stk_current(cpu, &k);
    if (cpu->long_mode && cpu->code_mode != 8) {
        x86_stk_of_wide(&k, (uint32_t)cpu->st.gpr[X86_RSP], cpu->cpl);
    }
    x86_stk_push(cpu, &k, cpu->st.seg[X86_CS].sel, g->size);
    x86_stk_push(cpu, &k, cpu->next_rip, g->size);
    x86_check_target(cpu, c, g->off);
    x86_desc_mark(cpu, g->sel, c);
    x86_set_cs(cpu, g->sel, c, cpu->cpl);
    x86_set_sp(cpu, k.sp);
    cpu->next_rip = g->off;
}

/* Legacy: SSn:ESPn from the TSS, parameters copied from the caller's stack. */
static void call_gate_inner(struct x86_cpu *cpu, const struct gate *g, struct x86_desc *c)
{
    unsigned cpl = x86_desc_dpl(c);
    uint16_t ss_sel;
    uint64_t sp;
    struct x86_seg ss;
    struct x86_stk k, old;
    uint64_t params[31];
    x86_tss_stack(cpu, cpl, &ss_sel, &sp);
    struct x86_desc sd = x86_check_ss(cpu, ss_sel, cpl, X86_EXC_TS);
    x86_seg_from_desc(&ss, ss_sel, &sd);
    x86_stk_current(cpu, &old);
    for (unsigned i = 0; i < g->count; i++) {
        params[i] = x86_stk_pop(cpu, &old, g->size);
    }
    x86_stk_of(cpu, &k, &ss, sp, cpl);
    x86_stk_push(cpu, &k, cpu->st.seg[X86_SS].sel, g->size);
    x86_stk_push(cpu, &k, cpu->st.gpr[X86_RSP], g->size);
    for (unsigned i = g->count; i-- > 0;) {
        x86_stk_push(cpu, &k, params[i], g->size);
    }
    x86_stk_push(cpu, &k, cpu->st.seg[X86_CS].sel, g->size);
    x86_stk_push(cpu, &k, cpu->next_rip, g->size);
    x86_check_target(cpu, c, g->off);
    x86_desc_mark(cpu, ss_sel, &sd);
    x86_desc_mark(cpu, g->sel, c);
    x86_seg_from_desc(&cpu->st.seg[X86_SS], ss_sel, &sd);
    x86_set_cs(cpu, g->sel, c, cpl);
    x86_set_sp(cpu, k.sp);
    cpu->next_rip = g->off;
}

static void call_gate_inner_long(struct x86_cpu *cpu, const struct gate *g, struct x86_desc *c)
{
    unsigned cpl = x86_desc_dpl(c);
    struct x86_stk k;
    x86_stk_of_wide(&k, x86_tss_rsp(cpu, cpl), cpl);
    x86_stk_push(cpu, &k, cpu->st.seg[X86_SS].sel, 8);
    x86_stk_push(cpu, &k, cpu->st.gpr[X86_RSP], 8);
    x86_stk_push(cpu, &k, cpu->st.seg[X86_CS].sel, 8);
    x86_stk_push(cpu, &k, cpu->next_rip, 8);
    x86_check_target(cpu, c, g->off);
    x86_desc_mark(cpu, g->sel, c);
    x86_seg_null(&cpu->st.seg[X86_SS], (uint16_t)cpl, cpl);
    x86_set_cs(cpu, g->sel, c, cpl);
    cpu->st.gpr[X86_RSP] = k.sp;
    cpu->next_rip = g->off;
}

static void call_gate(struct x86_cpu *cpu, uint16_t sel, const struct x86_desc *d)
{
    check_gate_access(cpu, sel, d);
    struct gate g = read_call_gate(cpu, sel, d);
    struct x86_desc c = read_gate_code(cpu, &g, false);
    if ((c.hi & X86_DESC_EC) || x86_desc_dpl(&c) == cpu->cpl) {
        call_gate_same(cpu, &g, &c);
    } else if (cpu->long_mode) {
        call_gate_inner_long(cpu, &g, &c);
    } else {
        call_gate_inner(cpu, &g, &c);
    }
}

static void call_system(struct x86_cpu *cpu, uint16_t sel, const struct x86_desc *d)
{
    switch (x86_desc_type(d)) {
    case X86_SYS_CALL:
        call_gate(cpu, sel, d);
        return;
    case X86_SYS_CALL16:
        if (!cpu->long_mode) {
            call_gate(cpu, sel, d);
            return;
        }
        break;
    case X86_SYS_TASK: case X86_SYS_TSS16: case X86_SYS_TSS:
        if (!cpu->long_mode) {
            task_transfer(cpu, sel, *d, X86_TASK_CALL);
            return;
        }
        break;
    default:
        break;
    }
    x86_because(cpu, "the descriptor is neither code nor a gate or TSS that can be entered");
    x86_raise_sel(cpu, X86_EXC_GP, sel);
}

void x86_call_far(struct x86_cpu *cpu, uint16_t sel, uint64_t off, unsigned opsize)
{
    if (log_enabled(LOG_PCALL)) {
        log_raw("far call %04x:%016llx, operand size %u\n", sel, (unsigned long long)off, opsize);
    }
    struct x86_stk k;
    struct x86_desc d = {0, 0};
    bool real = x86_real_like(cpu);
    off = cut(off, opsize);
    if (!real) {
        if (x86_sel_null(sel)) {
            x86_raise(x86_because(cpu, "the target's selector is null"), X86_EXC_GP);
        }
        d = x86_desc_read(cpu, sel, X86_EXC_GP);
        if (x86_desc_is_system(&d)) {
            call_system(cpu, sel, &d);
            return;
        }
        if (!x86_desc_is_code(&d)) {
            x86_raise_sel(x86_because(cpu, "the target is a data segment"), X86_EXC_GP, sel);
        }
        check_direct_code(cpu, sel, &d);
    }
    x86_stk_current(cpu, &k);
    x86_stk_push(cpu, &k, cpu->st.seg[X86_CS].sel, opsize);
    x86_stk_push(cpu, &k, cpu->next_rip, opsize);
    if (real) {
        if (off > cpu->st.seg[X86_CS].limit) {
            x86_raise(cpu, X86_EXC_GP);
        }
        x86_set_seg_real(cpu, X86_CS, sel);
    } else {
        x86_check_target(cpu, &d, off);
        x86_desc_mark(cpu, sel, &d);
        x86_set_cs(cpu, sel, &d, cpu->cpl);
    }
    /* The stack's size is that of the old mode: CALL from 64-bit to compatibility code keeps
     * RSP. */
    x86_gpr_write(cpu, X86_RSP, k.sp, k.wide ? 8 : k.mask == 0xffff ? 2 : 4);
    cpu->next_rip = off;
}

/* --- RET ------------------------------------------------------------------------------------ */

static void add_sp(struct x86_cpu *cpu, struct x86_stk *k, unsigned bytes)
{
    k->sp = (k->sp + bytes) & k->mask;
    x86_gpr_write(cpu, X86_RSP, k->sp, k->wide ? 8 : k->mask == 0xffff ? 2 : 4);
}

static void ret_outer(struct x86_cpu *cpu, struct x86_stk *k, uint16_t sel, struct x86_desc *c,
                      uint64_t rip, unsigned opsize, uint16_t pop_bytes)
{
    unsigned rpl = sel & 3;
    struct x86_seg ss;
    struct x86_desc sd = {0, 0};
    k->sp = (k->sp + pop_bytes) & k->mask;
    uint64_t sp = x86_stk_pop(cpu, k, opsize);
    uint16_t ss_sel = (uint16_t)x86_stk_pop(cpu, k, opsize);
    if (x86_sel_null(ss_sel)) {
        if (!cpu->long_mode || !(c->hi & X86_DESC_L) || rpl == 3 || (ss_sel & 3u) != rpl) {
            x86_raise(x86_because(cpu, "SS on the stack is null"), X86_EXC_GP);
        }
        x86_seg_null(&ss, ss_sel, rpl);
    } else {
        sd = x86_check_ss(cpu, ss_sel, rpl, X86_EXC_GP);
    }
    x86_check_target(cpu, c, rip);
    if (!x86_sel_null(ss_sel)) {
        x86_desc_mark(cpu, ss_sel, &sd);
        x86_seg_from_desc(&ss, ss_sel, &sd);
    }
    x86_desc_mark(cpu, sel, c);
    cpu->st.seg[X86_SS] = ss;
    x86_set_cs(cpu, sel, c, rpl);
    x86_set_sp(cpu, sp + pop_bytes);
    x86_drop_inner_segs(cpu, rpl);
    cpu->next_rip = rip;
}

void x86_ret_far(struct x86_cpu *cpu, unsigned opsize, uint16_t pop_bytes)
{
    if (log_enabled(LOG_PCALL)) {
        log_raw("far ret, operand size %u\n", opsize);
    }
    struct x86_stk k;
    x86_stk_current(cpu, &k);
    uint64_t rip = x86_stk_pop(cpu, &k, opsize);
    uint16_t sel = (uint16_t)x86_stk_pop(cpu, &k, opsize);
    if (x86_real_like(cpu)) {
        if (rip > cpu->st.seg[X86_CS].limit) {
            x86_raise(cpu, X86_EXC_GP);
        }
        x86_set_seg_real(cpu, X86_CS, sel);
        add_sp(cpu, &k, pop_bytes);
        cpu->next_rip = rip;
        return;
    }
    if (x86_sel_null(sel)) {
        x86_raise(x86_because(cpu, "CS on the stack is null"), X86_EXC_GP);
    }
    struct x86_desc c = x86_desc_read(cpu, sel, X86_EXC_GP);
    unsigned rpl = sel & 3, dpl = x86_desc_dpl(&c);
    if (!x86_desc_is_code(&c) || rpl < cpu->cpl || (c.hi & X86_DESC_EC ? dpl > rpl : dpl != rpl) ||
        code_bits_bad(cpu, &c)) {
        bool both = x86_desc_is_code(&c) && rpl >= cpu->cpl && code_bits_bad(cpu, &c);
        x86_because(both ? x86_reserved(cpu) : cpu,
                    !x86_desc_is_code(&c) ? "CS on the stack names no code segment"
                    : rpl < cpu->cpl      ? "a return to an inner privilege level"
                    : both                ? "CS on the stack has both L and D set"
                                          : "the DPL of CS on the stack does not fit its RPL");
        x86_raise_sel(cpu, X86_EXC_GP, sel);
    }
    if (!(c.hi & X86_DESC_P)) {
        x86_raise_sel(x86_because(cpu, "CS on the stack is not present"), X86_EXC_NP, sel);
    }
    if (rpl > cpu->cpl) {
        ret_outer(cpu, &k, sel, &c, rip, opsize, pop_bytes);
        return;
    }
    x86_check_target(cpu, &c, rip);
    x86_desc_mark(cpu, sel, &c);
    x86_set_cs(cpu, sel, &c, rpl);
    add_sp(cpu, &k, pop_bytes);
    cpu->next_rip = rip;
}
