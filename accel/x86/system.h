/* SPDX-License-Identifier: MIT */
/*
 * What the system side of the processor (seg*.c, task.c, intr.c, iret.c, ctrl.c, msr.c,
 * interp_system*.c) shares: descriptors, stacks that are not the current one, task switches.
 */
#ifndef ACCEL_X86_SYSTEM_H
#define ACCEL_X86_SYSTEM_H

#include "accel/x86/desc.h"
#include "accel/x86/flags.h"
#include "accel/x86/interp.h"

static inline bool x86_sel_null(uint16_t sel)
{
    return !(sel & 0xfffc);
}

static inline bool x86_v86(const struct x86_cpu *cpu)
{
    return cpu->st.rflags & X86_FL_VM;
}

/* Real-address mode or virtual-8086 mode: selectors are paragraphs. */
static inline bool x86_real_like(const struct x86_cpu *cpu)
{
    return !(cpu->st.cr0 & X86_CR0_PE) || x86_v86(cpu);
}

static inline unsigned x86_iopl(const struct x86_cpu *cpu)
{
    return cpu->st.rflags >> 12 & 3;
}

static inline bool x86_canonical(const struct x86_cpu *cpu, uint64_t a)
{
    return (uint64_t)((int64_t)(a << cpu->canonical_shift) >> cpu->canonical_shift) == a;
}

/* Bases in MSRs and descriptor tables are checked against what the processor can do (57 bits with
 * LA57), not against the paging mode in force. */
static inline bool x86_canonical_max(const struct x86_cpu *cpu, uint64_t a)
{
    unsigned s = x86_has(cpu->model, X86_FEAT_LA57) ? 7 : 16;
    return (uint64_t)((int64_t)(a << s) >> s) == a;
}

static inline bool x86_is_amd(const struct x86_cpu *cpu)
{
    return !strcmp(cpu->model->vendor, "AuthenticAMD") ||
           !strcmp(cpu->model->vendor, "HygonGenuine");
}

static inline uint64_t x86_mem_load(struct x86_cpu *cpu, uint64_t lin, unsigned size, bool user)
{
    switch (size) {
    case 1: return x86_load8(cpu, lin, user);
    case 2: return x86_load16(cpu, lin, user);
    case 4: return x86_load32(cpu, lin, user);
    default: return x86_load64(cpu, lin, user);
    }
}

static inline void x86_mem_store(struct x86_cpu *cpu, uint64_t lin, uint64_t v, unsigned size,
                                 bool user)
{
    switch (size) {
    case 1: x86_store8(cpu, lin, (uint8_t)v, user); break;
    case 2: x86_store16(cpu, lin, (uint16_t)v, user); break;
    case 4: x86_store32(cpu, lin, (uint32_t)v, user); break;
    default: x86_store64(cpu, lin, v, user); break;
    }
}

/* vector(sel with RPL cut | EXT) */
static inline _Noreturn void x86_raise_sel(struct x86_cpu *cpu, unsigned vector, uint16_t sel)
{
    x86_raise_error(cpu, vector, sel & 0xfffc);
}

/* seg.c */
void x86_seg_range_of(const struct x86_cpu *cpu, const struct x86_seg *s, struct x86_seg_range *r);
/* Linear address of the descriptor, false when `bytes` of it do not lie in the table. */
bool x86_desc_find(struct x86_cpu *cpu, uint16_t sel, unsigned bytes, uint64_t *lin);
/* Reads it; vector(sel) when it is outside of its table. */
struct x86_desc x86_desc_read(struct x86_cpu *cpu, uint16_t sel, unsigned vector);
/* Sets the accessed bit in memory and in d. */
void x86_desc_mark(struct x86_cpu *cpu, uint16_t sel, struct x86_desc *d);
void x86_seg_from_desc(struct x86_seg *s, uint16_t sel, const struct x86_desc *d);
void x86_seg_null(struct x86_seg *s, uint16_t sel, unsigned dpl);
/* CS from a checked descriptor at privilege cpl; recomputes the mode. Then x86_branch_to's rules
 * have been applied by the caller. */
void x86_set_cs(struct x86_cpu *cpu, uint16_t sel, const struct x86_desc *d, unsigned cpl);
/* Is off inside the code segment that d describes (#GP(0) if not)? */
void x86_check_target(struct x86_cpu *cpu, const struct x86_desc *d, uint64_t off);
/* Null the data segments that privilege `cpl` may not see (RET, IRET to outer levels). */
void x86_drop_inner_segs(struct x86_cpu *cpu, unsigned cpl);
/* Checks of a stack segment for privilege cpl; faults are vector(sel), #SS(sel) when not
 * present. */
struct x86_desc x86_check_ss(struct x86_cpu *cpu, uint16_t sel, unsigned cpl, unsigned vector);

/* A stack that pushes go to before anything is committed. */
struct x86_stk {
    struct x86_seg_range r;
    uint64_t sp, mask;
    bool wide;     /* 64-bit: canonical check only */
    bool user;
    uint16_t err;  /* selector for #SS */
};
void x86_stk_current(struct x86_cpu *cpu, struct x86_stk *k);
void x86_stk_of(struct x86_cpu *cpu, struct x86_stk *k, const struct x86_seg *ss, uint64_t sp,
                unsigned cpl);
void x86_stk_of_wide(struct x86_stk *k, uint64_t sp, unsigned cpl);
void x86_stk_push(struct x86_cpu *cpu, struct x86_stk *k, uint64_t v, unsigned size);
uint64_t x86_stk_pop(struct x86_cpu *cpu, struct x86_stk *k, unsigned size);
void x86_set_sp(struct x86_cpu *cpu, uint64_t sp); /* by the current stack size */

/* task.c */
enum x86_task_reason { X86_TASK_JMP, X86_TASK_CALL, X86_TASK_INT, X86_TASK_IRET };
struct x86_task {
    uint16_t sel;          /* of the TSS; d: its descriptor, checked for type and presence */
    struct x86_desc d;
    enum x86_task_reason why;
    uint64_t rip;          /* what the old task saves: where it goes on, and its RFLAGS */
    uint64_t flags;
    bool push_error;       /* an exception's error code goes onto the new task's stack */
    uint32_t error;
};
/* Faults before the commit point belong to the old task, those after it (#TS, #NP, #SS, #GP of what
 * the new TSS holds) to the new one: st.rip is then its EIP. Sets st.rip and next_rip. */
void x86_task_switch(struct x86_cpu *cpu, const struct x86_task *t);
/* SSn:ESPn of the current TSS for privilege cpl. #TS(TR) when outside. */
void x86_tss_stack(struct x86_cpu *cpu, unsigned cpl, uint16_t *ss, uint64_t *sp);
/* 64-bit TSS: RSPn (index 0-2) or ISTn (index 3 + n). */
uint64_t x86_tss_rsp(struct x86_cpu *cpu, unsigned index);

/* ctrl.c */
void x86_load_pdptes(struct x86_cpu *cpu, uint64_t cr3); /* #GP(0) on reserved bits */
uint64_t x86_tsc(struct x86_cpu *cpu);

/* debug.c: does the instruction at st.rip address memory through SS (by operand or implicitly)?
 * Tells #SS from #GP where only the second half of an access was not canonical. */
bool x86_debug_stack_operand(struct x86_cpu *cpu);

/* intr.c, iret.c: is the V86 redirection bit of INT vector clear (8086-style handling)? */
bool x86_vme_redirected(struct x86_cpu *cpu, unsigned vector);

/* x86_64/random.c, generic/random.c; false: try again */
bool x86_host_random(uint64_t *v);

/* interp_system*.c, by family */
x86_exec_fn *x86_bind_sys_tables(const struct x86_insn *i);
x86_exec_fn *x86_bind_sys_flow(const struct x86_insn *i);
x86_exec_fn *x86_bind_sys_ctrl(const struct x86_insn *i);
x86_exec_fn *x86_bind_sys_seg(const struct x86_insn *i);

/* Operand k of a system instruction: general register, immediate or memory. */
static inline uint64_t x86_sys_read(struct x86_cpu *cpu, const struct x86_insn *i, unsigned k,
                                    unsigned size)
{
    const struct x86_operand *o = &i->opnd[k];
    switch (o->kind) {
    case X86_OPND_GPR: return x86_gpr_read(cpu, o->reg, size);
    case X86_OPND_IMM: return i->imm;
    default:
        return x86_mem_load(cpu, x86_mem_lin(cpu, i, size, X86_ACCESS_READ), size, x86_user(cpu));
    }
}

/* 16 bits to memory, or zero-extended to the operand size to a register (SMSW, SLDT, STR, MOV). */
static inline void x86_sys_write16(struct x86_cpu *cpu, const struct x86_insn *i, uint64_t v)
{
    if (i->opnd[0].kind == X86_OPND_GPR) {
        x86_gpr_write(cpu, i->opnd[0].reg, v, i->opsize);
    } else {
        x86_store16(cpu, x86_mem_lin(cpu, i, 2, X86_ACCESS_WRITE), (uint16_t)v, x86_user(cpu));
    }
}

static inline void x86_require_cpl0(struct x86_cpu *cpu)
{
    if (cpu->cpl != 0) {
        x86_raise(x86_because(cpu, "the instruction is for CPL 0"), X86_EXC_GP);
    }
}

/* intr.c. The exception that is about to be raised is for reserved bits or values in a control
 * register, MSR or descriptor: -strict=reserved reports it. Returns cpu. */
struct x86_cpu *x86_reserved(struct x86_cpu *cpu);

#endif
