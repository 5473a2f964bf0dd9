/* SPDX-License-Identifier: MIT */
/*
 * IRET in all its forms. Intel SDM vol. 2, "IRET/IRETD/IRETQ"; V86 with VME vol. 3, 20.3.
 */
#include "accel/x86/system.h"
#include "core/log.h"

#define FL_COMMON                                                                                 \
    (X86_FL_ARITH | X86_FL_TF | X86_FL_DF | X86_FL_NT)
#define FL_WIDE (X86_FL_RF | X86_FL_AC | X86_FL_ID) /* present in 32- and 64-bit images only */

struct frame {
    uint64_t rip, flags;
    uint16_t cs;
};

static void pop_frame(struct x86_cpu *cpu, struct x86_stk *k, unsigned opsize, struct frame *f)
{
    f->rip = x86_stk_pop(cpu, k, opsize);
    f->cs = (uint16_t)x86_stk_pop(cpu, k, opsize);
    f->flags = x86_stk_pop(cpu, k, opsize);
}

static void set_sp_of(struct x86_cpu *cpu, const struct x86_stk *k)
{
    x86_gpr_write(cpu, X86_RSP, k->sp, k->wide ? 8 : k->mask == 0xffff ? 2 : 4);
}

static void iret_real(struct x86_cpu *cpu, unsigned opsize)
{
    struct x86_stk k;
    struct frame f;
    x86_stk_current(cpu, &k);
    pop_frame(cpu, &k, opsize, &f);
    if (f.rip > cpu->st.seg[X86_CS].limit) {
        x86_raise(cpu, X86_EXC_GP);
    }
    set_sp_of(cpu, &k);
    x86_set_seg_real(cpu, X86_CS, f.cs);
    x86_set_rflags(cpu, f.flags, FL_COMMON | X86_FL_IF | X86_FL_IOPL | (opsize == 2 ? 0 : FL_WIDE));
    if (opsize == 2) {
        x86_set_rflags(cpu, 0, X86_FL_RF);
    }
    cpu->next_rip = f.rip;
}

static void iret_v86(struct x86_cpu *cpu, unsigned opsize)
{
    struct x86_stk k;
    struct frame f;
    uint64_t mask = FL_COMMON | X86_FL_IF | (opsize == 2 ? 0 : FL_WIDE);
    bool vme = x86_iopl(cpu) < 3;
    if (vme && (!(cpu->st.cr4 & X86_CR4_VME) || opsize != 2)) {
        x86_raise(cpu, X86_EXC_GP);
    }
    x86_stk_current(cpu, &k);
    pop_frame(cpu, &k, opsize, &f);
    if (vme &&
        ((f.flags & X86_FL_TF) || ((f.flags & X86_FL_IF) && (cpu->st.rflags & X86_FL_VIP)))) {
        x86_raise(cpu, X86_EXC_GP);
    }
    if (f.rip > 0xffff) {
        x86_raise(cpu, X86_EXC_GP);
    }
    if (vme) { /* IF of the image is VIF */
        mask = (mask & ~(uint64_t)X86_FL_IF) | X86_FL_VIF;
        f.flags |= f.flags & X86_FL_IF ? X86_FL_VIF : 0;
    }
    set_sp_of(cpu, &k);
    x86_set_seg_real(cpu, X86_CS, f.cs);
    x86_set_rflags(cpu, f.flags, mask);
    if (opsize == 2) {
        x86_set_rflags(cpu, 0, X86_FL_RF);
    }
    cpu->next_rip = f.rip;
}

static void iret_task(struct x86_cpu *cpu)
{
    const struct x86_seg *tr = &cpu->st.seg[X86_TR];
    uint16_t sel = (uint16_t)x86_sys_load(cpu, (uint32_t)tr->base, 2);
    if (sel & 4 || x86_sel_null(sel)) {
        x86_because(cpu, "IRET with NT=1, but the TSS has no link to a previous task");
        x86_raise_sel(cpu, X86_EXC_TS, sel);
    }
    struct x86_desc d = x86_desc_read(cpu, sel, X86_EXC_TS);
    if (!x86_desc_is_system(&d) ||
        (x86_desc_type(&d) != X86_SYS_TSS16_BUSY && x86_desc_type(&d) != X86_SYS_TSS_BUSY)) {
        x86_raise_sel(x86_because(cpu, "IRET with NT=1, but the link in the TSS is no busy TSS"),
                      X86_EXC_TS, sel);
    }
    if (!(d.hi & X86_DESC_P)) {
        x86_raise_sel(x86_because(cpu, "the previous task's TSS is not present"), X86_EXC_NP, sel);
    }
    x86_task_switch(cpu, &(struct x86_task){.sel = sel, .d = d, .why = X86_TASK_IRET,
                                            .rip = cpu->next_rip, .flags = x86_rflags(cpu)});
}

/* From level 0 to a V86 task: ESP, SS, ES, DS, FS, GS follow on the stack. */
static void iret_to_v86(struct x86_cpu *cpu, struct x86_stk *k, const struct frame *f)
{
    static const uint8_t order[] = {X86_SS, X86_ES, X86_DS, X86_FS, X86_GS};
    uint16_t sel[ARRAY_LEN(order)];
    uint32_t esp = (uint32_t)x86_stk_pop(cpu, k, 4);
    for (unsigned i = 0; i < ARRAY_LEN(order); i++) {
        sel[i] = (uint16_t)x86_stk_pop(cpu, k, 4);
    }
    if ((f->rip & 0xffffffff) > 0xffff) {
        x86_raise(cpu, X86_EXC_GP);
    }
    x86_set_rflags(cpu, f->flags, FL_COMMON | FL_WIDE | X86_FL_IF | X86_FL_IOPL | X86_FL_VM |
                                      X86_FL_VIF | X86_FL_VIP);
    cpu->st.gpr[X86_RSP] = esp;
    x86_set_seg_real(cpu, X86_CS, f->cs);
    for (unsigned i = 0; i < ARRAY_LEN(order); i++) {
        x86_set_seg_real(cpu, (enum x86_segreg)order[i], sel[i]);
    }
    cpu->next_rip = f->rip & 0xffff;
}

static uint64_t flags_mask(const struct x86_cpu *cpu, unsigned opsize)
{
    uint64_t mask = FL_COMMON | (opsize == 2 ? 0 : FL_WIDE);
    if (cpu->cpl <= x86_iopl(cpu)) {
        mask |= X86_FL_IF;
    }
    if (cpu->cpl == 0) {
        mask |= X86_FL_IOPL | (opsize == 2 ? 0 : X86_FL_VIF | X86_FL_VIP);
    }
    return mask;
}

static struct x86_desc check_cs(struct x86_cpu *cpu, uint16_t sel)
{
    if (x86_sel_null(sel)) {
        x86_raise(x86_because(cpu, "CS in the interrupt frame is null"), X86_EXC_GP);
    }
    struct x86_desc c = x86_desc_read(cpu, sel, X86_EXC_GP);
    unsigned rpl = sel & 3, dpl = x86_desc_dpl(&c);
    bool both = cpu->long_mode && (c.hi & X86_DESC_L) && (c.hi & X86_DESC_DB);
    if (!x86_desc_is_code(&c) || rpl < cpu->cpl || (c.hi & X86_DESC_EC ? dpl > rpl : dpl != rpl) ||
        both) {
        x86_because(cpu, !x86_desc_is_code(&c) ? "CS in the interrupt frame names no code segment"
                         : rpl < cpu->cpl      ? "IRET to an inner privilege level"
                         : both                ? "CS in the interrupt frame has both L and D set"
                                : "the DPL of CS in the interrupt frame does not fit its RPL");
        x86_raise_sel(cpu, X86_EXC_GP, sel);
    }
    if (!(c.hi & X86_DESC_P)) {
        x86_raise_sel(x86_because(cpu, "CS in the interrupt frame is not present"), X86_EXC_NP,
                      sel);
    }
    return c;
}

/* To an outer level, and always in 64-bit mode: SS:RSP follow. */
static void iret_with_stack(struct x86_cpu *cpu, struct x86_stk *k, unsigned opsize,
                            const struct frame *f, struct x86_desc *c)
{
    unsigned rpl = f->cs & 3;
    bool outer = rpl != cpu->cpl;
    struct x86_seg ss;
    uint64_t mask = flags_mask(cpu, opsize);
    uint64_t sp = x86_stk_pop(cpu, k, opsize);
    uint16_t ss_sel = (uint16_t)x86_stk_pop(cpu, k, opsize);
    if (x86_sel_null(ss_sel)) {
        if (!cpu->long_mode || !(c->hi & X86_DESC_L) || rpl == 3 || (ss_sel & 3u) != rpl) {
            x86_raise(x86_because(cpu, "SS in the interrupt frame is null"), X86_EXC_GP);
        }
        x86_check_target(cpu, c, f->rip);
        x86_seg_null(&ss, ss_sel, rpl);
    } else {
        struct x86_desc sd = x86_check_ss(cpu, ss_sel, rpl, X86_EXC_GP);
        x86_check_target(cpu, c, f->rip);
        x86_desc_mark(cpu, ss_sel, &sd);
        x86_seg_from_desc(&ss, ss_sel, &sd);
    }
    x86_desc_mark(cpu, f->cs, c);
    x86_set_rflags(cpu, f->flags, mask);
    if (opsize == 2) {
        x86_set_rflags(cpu, 0, X86_FL_RF);
    }
    cpu->st.seg[X86_SS] = ss;
    x86_set_cs(cpu, f->cs, c, rpl);
    x86_set_sp(cpu, sp);
    if (outer) {
        x86_drop_inner_segs(cpu, rpl);
    }
    cpu->next_rip = f->rip;
}

void x86_iret(struct x86_cpu *cpu, unsigned opsize)
{
    if (log_enabled(LOG_PCALL)) {
        log_raw("iret, operand size %u\n", opsize);
    }
    struct x86_stk k;
    struct frame f;
    cpu->st.ev.nmi_blocked = 0; /* even if what follows faults */
    if (!(cpu->st.cr0 & X86_CR0_PE)) {
        iret_real(cpu, opsize);
        return;
    }
    if (x86_v86(cpu)) {
        iret_v86(cpu, opsize);
        return;
    }
    if (cpu->st.rflags & X86_FL_NT) {
        if (cpu->long_mode) {
            x86_raise(x86_because(cpu, "IRET with RFLAGS.NT=1 in long mode"), X86_EXC_GP);
        }
        iret_task(cpu);
        return;
    }
    x86_stk_current(cpu, &k);
    pop_frame(cpu, &k, opsize, &f);
    if ((f.flags & X86_FL_VM) && opsize == 4 && cpu->cpl == 0 && !cpu->long_mode) {
        iret_to_v86(cpu, &k, &f);
        return;
    }
    struct x86_desc c = check_cs(cpu, f.cs);
    if (cpu->code_mode == 8 || (f.cs & 3u) > cpu->cpl) {
        iret_with_stack(cpu, &k, opsize, &f, &c);
        return;
    }
    x86_check_target(cpu, &c, f.rip);
    uint64_t mask = flags_mask(cpu, opsize);
    x86_desc_mark(cpu, f.cs, &c);
    set_sp_of(cpu, &k);
    x86_set_rflags(cpu, f.flags, mask);
    if (opsize == 2) {
        x86_set_rflags(cpu, 0, X86_FL_RF);
    }
    x86_set_cs(cpu, f.cs, &c, f.cs & 3);
    cpu->next_rip = f.rip;
}
