/* SPDX-License-Identifier: MIT */
/*
 * The interpreter's inside: handlers, binding and the cache of decoded blocks.
 */
#ifndef ACCEL_X86_INTERP_H
#define ACCEL_X86_INTERP_H

#include "accel/x86/cpu.h"
#include "accel/x86/mmu.h"

/* Each family binds its instructions: returns the handler for a decoded instruction, or NULL when
 * it is not of that family. Handlers execute with cpu->next_rip set and st.rip that of the
 * instruction; they end by returning (rip becomes next_rip) or by x86_raise. */
x86_exec_fn *x86_bind_alu(const struct x86_insn *i);    /* interp_alu*.c: data, stack, BCD */
x86_exec_fn *x86_bind_branch(const struct x86_insn *i); /* interp_branch.c */
x86_exec_fn *x86_bind_string(const struct x86_insn *i); /* interp_string.c incl. INS/OUTS */
x86_exec_fn *x86_bind_system(const struct x86_insn *i); /* interp_system*.c */
x86_exec_fn *x86_bind_host(const struct x86_insn *i);   /* interp_host.c: by thunks; save areas */
x86_exec_fn *x86_bind(const struct x86_insn *i);        /* tries all; never NULL (raises #UD) */

/* The operand helpers every family uses. */
static inline bool x86_user(const struct x86_cpu *cpu)
{
    return cpu->user;
}

static inline uint64_t x86_gpr_read(const struct x86_cpu *cpu, unsigned reg, unsigned size)
{
    uint64_t v = cpu->st.gpr[reg];
    return size == 8 ? v : v & ((1ull << (size * 8)) - 1);
}

static inline void x86_gpr_write(struct x86_cpu *cpu, unsigned reg, uint64_t v, unsigned size)
{
    uint64_t *r = &cpu->st.gpr[reg];
    switch (size) {
    case 8: *r = v; break;
    case 4: *r = (uint32_t)v; break;
    case 2: *r = (*r & ~0xffffull) | (uint16_t)v; break;
    default: *r = (*r & ~0xffull) | (uint8_t)v; break;
    }
}

/* Offset of the memory operand within its segment, cut to the address size. */
static inline uint64_t x86_ea(const struct x86_cpu *cpu, const struct x86_insn *i)
{
    uint64_t a = (uint64_t)(int64_t)i->disp;
    if (i->base < X86_GPR_COUNT) {
        a += cpu->st.gpr[i->base];
    } else if (i->base == X86_REG_RIP) {
        a += cpu->next_rip;
    } else if (!i->has_modrm) {
        a = i->imm; /* moffs */
    }
    if (i->index < X86_GPR_COUNT) {
        a += cpu->st.gpr[i->index] << i->scale;
    }
    return i->adsize == 8 ? a : i->adsize == 4 ? (uint32_t)a : (uint16_t)a;
}

static inline uint64_t x86_mem_lin(struct x86_cpu *cpu, const struct x86_insn *i, unsigned size,
                                   enum x86_access a)
{
    return x86_linear(cpu, i->seg, x86_ea(cpu, i), size, a);
}

/* Stack. (interp_alu.c's push/pop and intr.c use these; stack size and SS rules inside.) (seg.c) */
void x86_push(struct x86_cpu *cpu, uint64_t v, unsigned size);
uint64_t x86_pop(struct x86_cpu *cpu, unsigned size);

/* Segment loading with all checks; null/type/privilege/present faults raised. (seg.c) */
void x86_load_seg(struct x86_cpu *cpu, enum x86_segreg seg, uint16_t sel);
void x86_set_seg_real(struct x86_cpu *cpu, enum x86_segreg seg, uint16_t sel); /* real/V8086 */
/* Far transfers (seg_far.c). */
void x86_jmp_far(struct x86_cpu *cpu, uint16_t sel, uint64_t off, unsigned opsize);
void x86_call_far(struct x86_cpu *cpu, uint16_t sel, uint64_t off, unsigned opsize);
void x86_ret_far(struct x86_cpu *cpu, unsigned opsize, uint16_t pop_bytes);
void x86_iret(struct x86_cpu *cpu, unsigned opsize);
/* A near transfer's target checks: limit or canonical (#GP(0)), then sets next_rip. */
void x86_branch_to(struct x86_cpu *cpu, uint64_t rip, unsigned opsize);

/* CR/MSR access shared with state_set and the translator (ctrl.c, msr.c). They raise. */
void x86_write_cr(struct x86_cpu *cpu, unsigned cr, uint64_t v);
uint64_t x86_read_cr(struct x86_cpu *cpu, unsigned cr);
void x86_write_msr(struct x86_cpu *cpu, uint32_t msr, uint64_t v);
uint64_t x86_read_msr(struct x86_cpu *cpu, uint32_t msr);
/* IOPL and TSS bitmap, #GP(0). */
void x86_check_io(struct x86_cpu *cpu, uint16_t port, unsigned size);

/* RFLAGS as a whole: lazy flags materialised / dropped. (flags.h has the inline parts) */
uint64_t x86_rflags(struct x86_cpu *cpu);
/* Masked write, no privilege rules. */
void x86_set_rflags(struct x86_cpu *cpu, uint64_t v, uint64_t mask);

/* Data breakpoints (debug.c): called by slow paths only; when DR7 enables any, pages with watched
 * addresses stay out of the TLB. Hits are collected in st.ev.pending_dbg. */
void x86_debug_check_data(struct x86_cpu *cpu, uint64_t lin, unsigned size, enum x86_access a);
void x86_debug_check_io(struct x86_cpu *cpu, uint16_t port, unsigned size);
/* After DR0-3, DR7 or CR4.DE changed: recomputes debug_kinds, flushes the TLB where needed. */
void x86_debug_update(struct x86_cpu *cpu);
/* For the loop, while debug_kinds has X86_DBG_EXEC: raises #DB (fault) if an instruction breakpoint
 * matches at st.rip and RF is 0. No effect under a MOV SS shadow. */
void x86_debug_code(struct x86_cpu *cpu);
/* For the loop, after an instruction: tf = RFLAGS.TF was set when it began. Delivers the #DB trap
 * for single-step and whatever st.ev.pending_dbg holds (data, I/O, task switch), unless a MOV SS
 * shadow holds it back. Returns false on triple fault. To be called whenever tf or pending_dbg. */
bool x86_debug_trap(struct x86_cpu *cpu, bool tf);
/* #DB as a fault or trap with these DR6 bits, at once. */
_Noreturn void x86_raise_db(struct x86_cpu *cpu, uint64_t dr6_bits);

#endif
