/* SPDX-License-Identifier: MIT */
/*
 * Instructions that change privilege or leave: INT n and kin, IRET, far JMP/CALL/RET, SYSCALL,
 * SYSENTER and their returns, HLT, MONITOR and MWAIT. Intel SDM vol. 2, AMD APM vol. 3 for SYSCALL
 * in compatibility and legacy mode.
 */
#include <glib.h>

#include "accel/x86/system.h"

static void soft_event(struct x86_cpu *cpu, enum x86_event_type type, unsigned vector)
{
    if (!x86_deliver(cpu, type, vector, false, 0)) {
        cpu->exit_reason = X86_STOP_SHUTDOWN;
    }
}

static void int_n(struct x86_cpu *cpu, const struct x86_insn *i)
{
    soft_event(cpu, X86_EVENT_SOFT_INT, i->imm & 0xff);
}

static void int3(struct x86_cpu *cpu, const struct x86_insn *i)
{
    (void)i;
    soft_event(cpu, X86_EVENT_INT3, X86_EXC_BP);
}

static void into(struct x86_cpu *cpu, const struct x86_insn *i)
{
    (void)i;
    if (x86_of(cpu)) {
        soft_event(cpu, X86_EVENT_INTO, X86_EXC_OF);
    }
}

static void int1(struct x86_cpu *cpu, const struct x86_insn *i)
{
    (void)i;
    soft_event(cpu, X86_EVENT_ICEBP, X86_EXC_DB);
}

static void iret(struct x86_cpu *cpu, const struct x86_insn *i)
{
    x86_iret(cpu, i->opsize);
}

/* --- far transfers -------------------------------------------------------------------------- */

static void far_target(struct x86_cpu *cpu, const struct x86_insn *i, uint16_t *sel, uint64_t *off)
{
    if (i->opnd[0].kind != X86_OPND_MEM) {
        *sel = i->imm2;
        *off = i->imm;
        return;
    }
    bool user = x86_user(cpu);
    uint64_t lin = x86_mem_lin(cpu, i, i->opsize + 2u, X86_ACCESS_READ);
    uint64_t next = lin + i->opsize;
    *off = x86_mem_load(cpu, lin, i->opsize, user);
    *sel = x86_load16(cpu, cpu->code_mode == 8 ? next : (uint32_t)next, user);
}

static void jmp_far(struct x86_cpu *cpu, const struct x86_insn *i)
{
    uint16_t sel;
    uint64_t off;
    far_target(cpu, i, &sel, &off);
    x86_jmp_far(cpu, sel, off, i->opsize);
}

static void call_far(struct x86_cpu *cpu, const struct x86_insn *i)
{
    uint16_t sel;
    uint64_t off;
    far_target(cpu, i, &sel, &off);
    x86_call_far(cpu, sel, off, i->opsize);
}

static void ret_far(struct x86_cpu *cpu, const struct x86_insn *i)
{
    x86_ret_far(cpu, i->opsize, i->nopnd ? (uint16_t)i->imm : 0);
}

/* --- SYSCALL, SYSRET, SYSENTER, SYSEXIT ----------------------------------------------------- */

#define ALL_FLAGS 0x3f7fd7ull

/* Flat segments that these instructions load without reading a table. */
static void flat_code(struct x86_cpu *cpu, unsigned sel, unsigned dpl, bool wide)
{
    cpu->st.seg[X86_CS] = (struct x86_seg){
        0, 0xffffffff, (uint16_t)sel,
        (uint16_t)(0xb | X86_SEG_S | X86_SEG_P | X86_SEG_G | dpl << X86_SEG_DPL_SHIFT |
                   (wide ? X86_SEG_L : X86_SEG_DB))};
}

static void flat_stack(struct x86_cpu *cpu, unsigned sel, unsigned dpl)
{
    cpu->st.seg[X86_SS] = (struct x86_seg){
        0, 0xffffffff, (uint16_t)sel,
        (uint16_t)(3 | X86_SEG_S | X86_SEG_P | X86_SEG_G | X86_SEG_DB | dpl << X86_SEG_DPL_SHIFT)};
}

static void need_syscall(struct x86_cpu *cpu)
{
    /* Intel: 64-bit code only; AMD: protected mode of any kind. */
    bool here = cpu->code_mode == 8 || (x86_is_amd(cpu) && !x86_real_like(cpu));
    if (!here || !(cpu->st.msr.efer & X86_EFER_SCE)) {
        x86_raise(x86_because(cpu, here ? "EFER.SCE=0" : "not in 64-bit code"), X86_EXC_UD);
    }
}

static void syscall_op(struct x86_cpu *cpu, const struct x86_insn *i)
{
    struct x86_state *st = &cpu->st;
    (void)i;
    need_syscall(cpu);
    unsigned sel = st->msr.star >> 32 & 0xfffc;
    if (cpu->long_mode) {
        uint64_t flags = x86_rflags(cpu) & ~(uint64_t)X86_FL_RF;
        uint64_t target = cpu->code_mode == 8 ? st->msr.lstar : st->msr.cstar;
        st->gpr[X86_RCX] = cpu->next_rip;
        st->gpr[X86_R11] = flags;
        x86_set_rflags(cpu, flags & ~st->msr.fmask, ALL_FLAGS);
        cpu->next_rip = target;
        flat_code(cpu, sel, 0, true);
    } else {
        st->gpr[X86_RCX] = (uint32_t)cpu->next_rip;
        x86_set_rflags(cpu, 0, X86_FL_IF | X86_FL_VM | X86_FL_RF);
        cpu->next_rip = (uint32_t)st->msr.star;
        flat_code(cpu, sel, 0, false);
    }
    flat_stack(cpu, (sel + 8) & 0xffff, 0);
    x86_mode_changed(cpu);
}

static void sys_ret(struct x86_cpu *cpu, const struct x86_insn *i)
{
    struct x86_state *st = &cpu->st;
    need_syscall(cpu);
    x86_require_cpl0(cpu);
    unsigned sel = st->msr.star >> 48 & 0xffff;
    bool wide = cpu->code_mode == 8 && i->opsize == 8;
    uint64_t rip = wide ? st->gpr[X86_RCX] : (uint32_t)st->gpr[X86_RCX];
    if (wide && !x86_is_amd(cpu) && !x86_canonical(cpu, rip)) {
        x86_because(cpu, "SYSRET to an RCX that is not canonical");
        x86_raise(cpu, X86_EXC_GP); /* at CPL 0, with the user's RSP: as Intel's do */
    }
    if (cpu->long_mode) {
        x86_set_rflags(cpu, st->gpr[X86_R11] & 0x3c7fd7, ALL_FLAGS);
    } else {
        x86_set_rflags(cpu, X86_FL_IF, X86_FL_IF);
    }
    flat_code(cpu, ((wide ? sel + 16 : sel) & 0xffff) | 3, 3, wide);
    flat_stack(cpu, ((sel + 8) & 0xffff) | 3, 3);
    cpu->next_rip = rip;
    x86_mode_changed(cpu);
}

static void sys_enter(struct x86_cpu *cpu, const struct x86_insn *i)
{
    struct x86_state *st = &cpu->st;
    (void)i;
    if (cpu->long_mode && x86_is_amd(cpu)) {
        x86_raise(cpu, X86_EXC_UD);
    }
    if (!(st->cr0 & X86_CR0_PE) || !(st->msr.sysenter_cs & 0xfffc)) {
        x86_raise(x86_because(cpu, "IA32_SYSENTER_CS is null"), X86_EXC_GP);
    }
    bool wide = cpu->long_mode;
    unsigned sel = st->msr.sysenter_cs & 0xfffc;
    x86_set_rflags(cpu, 0, X86_FL_VM | X86_FL_IF | X86_FL_RF);
    flat_code(cpu, sel, 0, wide);
    flat_stack(cpu, (sel + 8) & 0xffff, 0);
    st->gpr[X86_RSP] = wide ? st->msr.sysenter_esp : (uint32_t)st->msr.sysenter_esp;
    cpu->next_rip = wide ? st->msr.sysenter_eip : (uint32_t)st->msr.sysenter_eip;
    x86_mode_changed(cpu);
}

static void sys_exit(struct x86_cpu *cpu, const struct x86_insn *i)
{
    struct x86_state *st = &cpu->st;
    if (cpu->long_mode && x86_is_amd(cpu)) {
        x86_raise(cpu, X86_EXC_UD);
    }
    bool wide = cpu->code_mode == 8 && i->opsize == 8;
    uint64_t rip = st->gpr[X86_RDX], rsp = st->gpr[X86_RCX];
    if (!(st->cr0 & X86_CR0_PE) || cpu->cpl != 0 || !(st->msr.sysenter_cs & 0xfffc) ||
        (wide && (!x86_canonical(cpu, rip) || !x86_canonical(cpu, rsp)))) {
        x86_raise(cpu, X86_EXC_GP);
    }
    unsigned sel = st->msr.sysenter_cs & 0xfffc;
    flat_code(cpu, ((sel + (wide ? 32 : 16)) & 0xffff) | 3, 3, wide);
    flat_stack(cpu, ((sel + (wide ? 40 : 24)) & 0xffff) | 3, 3);
    st->gpr[X86_RSP] = wide ? rsp : (uint32_t)rsp;
    cpu->next_rip = wide ? rip : (uint32_t)rip;
    x86_mode_changed(cpu);
}

/* --- waiting -------------------------------------------------------------------------------- */

static void hlt(struct x86_cpu *cpu, const struct x86_insn *i)
{
    (void)i;
    x86_require_cpl0(cpu);
    cpu->exit_reason = X86_STOP_HLT;
}

/* What the monitored line holds, folded: a changed value means that somebody stored there. */
static uint64_t line_sum(struct x86_cpu *cpu)
{
    uint64_t line[8], sum = 0;
    x86_load_bytes(cpu, cpu->monitor_addr & ~63ull, line, sizeof line, false);
    for (unsigned k = 0; k < ARRAY_LEN(line); k++) {
        sum = (sum ^ line[k]) * 0x100000001b3ull;
    }
    return sum;
}

static void monitor(struct x86_cpu *cpu, const struct x86_insn *i)
{
    if (cpu->cpl != 0) {
        x86_raise(cpu, X86_EXC_UD);
    }
    if ((uint32_t)cpu->st.gpr[X86_RCX]) {
        x86_raise(cpu, X86_EXC_GP);
    }
    uint64_t off = x86_gpr_read(cpu, X86_RAX, i->adsize);
    unsigned seg = i->prefixes & X86_PFX_SEG ? i->seg : X86_DS;
    cpu->monitor_addr = x86_linear(cpu, seg, off, 1, X86_ACCESS_READ);
    x86_load8(cpu, cpu->monitor_addr, x86_user(cpu));
    cpu->monitor_sum = line_sum(cpu);
    cpu->monitor_armed = true;
}

/* Other processors' stores do not wake a sleeping one here, so MWAIT sleeps only for moments,
 * looking at the line and at requests in between, and then goes on: the architecture allows it to
 * wake for reasons of its own, and every user of it tests its condition again. */
static void mwait(struct x86_cpu *cpu, const struct x86_insn *i)
{
    (void)i;
    if (cpu->cpl != 0) {
        x86_raise(cpu, X86_EXC_UD);
    }
    if (cpu->st.gpr[X86_RCX] & ~1ull) {
        x86_raise(cpu, X86_EXC_GP);
    }
    bool armed = cpu->monitor_armed;
    cpu->monitor_armed = false;
    for (unsigned k = 0; armed && cpu->insn_limit == UINT64_MAX && k < 8; k++) {
        if (atomic_load(&cpu->requests) || cpu->st.ev.nmi_pending ||
            line_sum(cpu) != cpu->monitor_sum) {
            return;
        }
        g_usleep(25);
    }
}

x86_exec_fn *x86_bind_sys_flow(const struct x86_insn *i)
{
    switch (i->op) {
    case X86_OP_INT: return int_n;
    case X86_OP_INT3: return int3;
    case X86_OP_INTO: return into;
    case X86_OP_INT1: return int1;
    case X86_OP_IRET: return iret;
    case X86_OP_JMP_FAR: return jmp_far;
    case X86_OP_CALL_FAR: return call_far;
    case X86_OP_RET_FAR: return ret_far;
    case X86_OP_SYSCALL: return syscall_op;
    case X86_OP_SYSRET: return sys_ret;
    case X86_OP_SYSENTER: return sys_enter;
    case X86_OP_SYSEXIT: return sys_exit;
    case X86_OP_HLT: return hlt;
    case X86_OP_MONITOR: return monitor;
    case X86_OP_MWAIT: return mwait;
    default: return NULL;
    }
}
