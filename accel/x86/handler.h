/* SPDX-License-Identifier: MIT */
/*
 * What handlers of general-purpose instructions have in common beyond operand.h: operands of any
 * kind, read-modify-write with and without LOCK, and the families behind x86_bind_alu.
 */
#ifndef ACCEL_X86_HANDLER_H
#define ACCEL_X86_HANDLER_H

#include "accel/x86/operand.h"

/* Register operand k. High: AH, CH, DH, BH. */
X86_INLINE uint64_t x86_reg(const struct x86_cpu *cpu, const struct x86_insn *i, unsigned k,
                            unsigned size)
{
    return x86_gpr_read(cpu, i->opnd[k].reg, size);
}

X86_INLINE void x86_set_reg(struct x86_cpu *cpu, const struct x86_insn *i, unsigned k, uint64_t v,
                            unsigned size)
{
    x86_gpr_write(cpu, i->opnd[k].reg, v, size);
}

/* Operand k whatever it is (register, immediate, memory). */
static inline uint64_t x86_opnd_read(struct x86_cpu *cpu, const struct x86_insn *i, unsigned k,
                                     unsigned size)
{
    const struct x86_operand *o = &i->opnd[k];
    switch (o->kind) {
    case X86_OPND_GPR: return x86_gpr_read(cpu, o->reg, size);
    case X86_OPND_GPRH: return cpu->st.gpr[o->reg] >> 8 & 0xff;
    case X86_OPND_IMM: return i->imm & x86_size_mask(size);
    default: return x86_operand_load(cpu, i, size);
    }
}

static inline void x86_opnd_write(struct x86_cpu *cpu, const struct x86_insn *i, unsigned k,
                                  uint64_t v, unsigned size)
{
    const struct x86_operand *o = &i->opnd[k];
    if (o->kind == X86_OPND_GPR) {
        x86_gpr_write(cpu, o->reg, v, size);
    } else if (o->kind == X86_OPND_GPRH) {
        cpu->st.gpr[o->reg] = (cpu->st.gpr[o->reg] & ~0xff00ull) | (v & 0xff) << 8;
    } else {
        x86_operand_store(cpu, i, v, size);
    }
}

/* Read-modify-write of operand 0, whatever it is: f turns *v from the old value into the new one
 * and sets flags; with a LOCK prefix it may be called again (with the flags as they were). */
typedef void x86_rmw_fn(struct x86_cpu *cpu, const struct x86_insn *i, uint64_t *v, unsigned size);
void x86_opnd_rmw(struct x86_cpu *cpu, const struct x86_insn *i, unsigned size, x86_rmw_fn *f);
/* Memory only: as if LOCKed. Returns the old value. */
uint64_t x86_mem_rmw_locked(struct x86_cpu *cpu, const struct x86_insn *i, uint64_t lin,
                            unsigned size, x86_rmw_fn *f);

/* 16 bytes at lin (aligned): if they equal old they become new; old gets what was there. */
bool x86_cas16(struct x86_cpu *cpu, uint64_t lin, uint64_t old[2], const uint64_t new[2]);
/* The same at a host address that is a multiple of 16 (x86_64/ or generic/cas16.c). */
bool x86_host_cas16(void *p, uint64_t old[2], const uint64_t new[2]);
/* 2, 4 or 8 bytes at any address that lie within an aligned span of so many bytes (0: the host
 * cannot do that). old gets what was there. */
unsigned x86_host_lock_span(void);
bool x86_host_cas(void *p, uint64_t *old, uint64_t new, unsigned size);

static inline bool x86_opnd_plain(const struct x86_insn *i, unsigned k)
{
    return i->opnd[k].kind == X86_OPND_GPR;
}

static inline bool x86_opnd_mem(const struct x86_insn *i, unsigned k)
{
    return i->opnd[k].kind == X86_OPND_MEM;
}

static inline unsigned x86_size_index(unsigned size)
{
    return size == 8 ? 3 : size == 4 ? 2 : size - 1;
}

/* The head of an x86_exec_fn: `c` is the processor, `i` the instruction. */
#define X86_HANDLER(name) \
    static void name(struct x86_cpu *c, __attribute__((unused)) const struct x86_insn *i)

/* The families behind x86_bind_alu. NULL: not theirs. */
x86_exec_fn *x86_bind_arith(const struct x86_insn *i);  /* interp_alu.c */
x86_exec_fn *x86_bind_mov(const struct x86_insn *i);    /* interp_alu_mov.c */
x86_exec_fn *x86_bind_stack(const struct x86_insn *i);  /* interp_alu_stack.c */
x86_exec_fn *x86_bind_shift(const struct x86_insn *i);  /* interp_alu_shift.c */
x86_exec_fn *x86_bind_bits(const struct x86_insn *i);   /* interp_alu_bits.c */
x86_exec_fn *x86_bind_muldiv(const struct x86_insn *i); /* interp_alu_muldiv.c, with BCD */

#endif
