/* SPDX-License-Identifier: MIT */
/*
 * PUSH, POP, PUSHA, POPA, ENTER, LEAVE, PUSHF, POPF. 64-bit stacks are done here directly, others
 * by x86_push and x86_pop (seg.c), which know stack sizes and limits.
 */
#include "accel/x86/stack.h"

/* --- one operand ------------------------------------------------------------------------------ */

X86_HANDLER(push_r8)
{
    x86_push64(c, c->st.gpr[i->opnd[0].reg]);
}
X86_HANDLER(push_i8)
{
    x86_push64(c, i->imm);
}
X86_HANDLER(push_m8)
{
    x86_push64(c, x86_ld(c, i, 8, X86_MEM_64));
}
X86_HANDLER(push_r4)
{
    x86_push32(c, (uint32_t)c->st.gpr[i->opnd[0].reg]);
}

X86_HANDLER(push_i4)
{
    x86_push32(c, (uint32_t)i->imm);
}

X86_HANDLER(push_m4)
{
    x86_push32(c, (uint32_t)x86_ld(c, i, 4, X86_MEM_LEG));
}

X86_HANDLER(push_gen)
{
    x86_push(c, x86_opnd_read(c, i, 0, i->opsize), i->opsize);
}

/* POP RSP: the value popped wins over the increment. */
X86_HANDLER(pop_r8)
{
    uint64_t v = x86_pop64(c);
    c->st.gpr[i->opnd[0].reg] = v;
}

X86_HANDLER(pop_r4)
{
    uint32_t v = x86_pop32(c);
    c->st.gpr[i->opnd[0].reg] = v;
}

/* POP to memory computes its address with the stack pointer already moved; when the store faults
 * the stack pointer has not moved (Intel SDM vol. 2, POP). */
X86_HANDLER(pop_gen)
{
    unsigned size = i->opsize;
    uint64_t rsp = c->st.gpr[X86_RSP];
    uint64_t v = x86_pop(c, size);
    if (!x86_opnd_mem(i, 0)) {
        x86_opnd_write(c, i, 0, v, size);
        return;
    }
    uint64_t after = c->st.gpr[X86_RSP];
    uint64_t off = x86_ea(c, i);
    c->st.gpr[X86_RSP] = rsp;
    uint64_t lin = x86_linear(c, i->seg, off, size, X86_ACCESS_WRITE);
    x86_lin_store(c, lin, v, size);
    c->st.gpr[X86_RSP] = after;
}

/* --- all registers ---------------------------------------------------------------------------- */

/* Pushed registers count for nothing when a later push faults: RSP goes back. */
X86_HANDLER(pusha)
{
    uint64_t rsp = c->st.gpr[X86_RSP], mask = x86_size_mask(c->stack_size);
    unsigned size = i->opsize;
    uint64_t low = (rsp - 8 * size) & mask, high = (rsp - size) & mask;
    /* both ends first, so that nothing is written when one faults */
    uint64_t lin_low = x86_linear(c, X86_SS, low, size, X86_ACCESS_WRITE);
    uint64_t lin_high = x86_linear(c, X86_SS, high, size, X86_ACCESS_WRITE);
    x86_probe_write(c, lin_high, size, x86_user(c));
    x86_probe_write(c, lin_low, size, x86_user(c));
    for (unsigned k = X86_RAX; k <= X86_RDI; k++) {
        x86_push(c, k == X86_RSP ? rsp : c->st.gpr[k], size);
    }
}

X86_HANDLER(popa)
{
    uint64_t rsp = c->st.gpr[X86_RSP], mask = x86_size_mask(c->stack_size);
    unsigned size = i->opsize;
    uint64_t v[8];
    for (unsigned k = 0; k < 8; k++) {
        uint64_t off = (rsp + k * size) & mask;
        v[k] = x86_lin_load(c, x86_linear(c, X86_SS, off, size, X86_ACCESS_READ), size);
    }
    for (unsigned k = 0; k < 8; k++) {
        if (7 - k != X86_RSP) {
            x86_gpr_write(c, 7 - k, v[k], size);
        }
    }
    x86_gpr_write(c, X86_RSP, rsp + 8 * size, c->stack_size);
}

/* --- frames ----------------------------------------------------------------------------------- */

/* Intel SDM vol. 2, ENTER: imm = bytes of locals, imm2 = nesting level. The registers change at the
 * end, after a write probe of the new stack top. */
X86_HANDLER(enter)
{
    unsigned size = i->opsize, level = i->imm2 & 31, ss = c->stack_size;
    uint64_t rsp = c->st.gpr[X86_RSP], rbp = c->st.gpr[X86_RBP], mask = x86_size_mask(ss);
    uint64_t frame = (rsp - size) & mask, sp = frame, bp = rbp;
    uint64_t v[32];
    unsigned n = 0;
    v[n++] = rbp;
    for (unsigned k = 1; k < level; k++) {
        bp -= size;
        v[n++] = x86_lin_load(c, x86_linear(c, X86_SS, bp & mask, size, X86_ACCESS_READ), size);
    }
    if (level) {
        v[n++] = frame;
    }
    uint64_t top = (frame - (n - 1) * size - (uint16_t)i->imm) & mask;
    x86_probe_write(c, x86_linear(c, X86_SS, top, size, X86_ACCESS_WRITE), size, x86_user(c));
    sp = rsp;
    for (unsigned k = 0; k < n; k++) {
        sp = (sp - size) & mask;
        x86_lin_store(c, x86_linear(c, X86_SS, sp, size, X86_ACCESS_WRITE), v[k], size);
    }
    x86_gpr_write(c, X86_RBP, frame, ss);
    x86_gpr_write(c, X86_RSP, top, ss);
}

X86_HANDLER(leave)
{
    unsigned size = i->opsize, ss = c->stack_size;
    uint64_t bp = c->st.gpr[X86_RBP] & x86_size_mask(ss);
    uint64_t v = x86_lin_load(c, x86_linear(c, X86_SS, bp, size, X86_ACCESS_READ), size);
    x86_gpr_write(c, X86_RSP, bp + size, ss);
    x86_gpr_write(c, X86_RBP, v, size);
}

/* --- flags ------------------------------------------------------------------------------------ */

static unsigned iopl(const struct x86_cpu *c)
{
    return c->st.rflags >> 12 & 3;
}

static bool v86(const struct x86_cpu *c)
{
    return c->st.rflags & X86_FL_VM;
}

/* VM and RF are pushed as 0. In virtual-8086 mode below IOPL 3 with VME a 16-bit PUSHF shows VIF as
 * IF and IOPL 3 (SDM vol. 2, PUSHF). */
X86_HANDLER(pushf)
{
    uint64_t f = x86_rflags(c) & ~(uint64_t)(X86_FL_VM | X86_FL_RF);
    if (v86(c) && iopl(c) < 3) {
        if (!(c->st.cr4 & X86_CR4_VME) || i->opsize != 2) {
            x86_raise_error(c, X86_EXC_GP, 0);
        }
        f = (f & ~(uint64_t)X86_FL_IF) | X86_FL_IOPL | (f & X86_FL_VIF ? X86_FL_IF : 0);
    }
    x86_push(c, f, i->opsize);
}

/* 16-bit POPF under VME: IF goes to VIF; #GP(0) when that would enable a pending interrupt or TF.
 * */
static void popf_vme(struct x86_cpu *c)
{
    uint64_t rsp = c->st.gpr[X86_RSP];
    uint64_t f = x86_pop(c, 2);
    if ((f & X86_FL_TF) || ((f & X86_FL_IF) && (c->st.rflags & X86_FL_VIP))) {
        c->st.gpr[X86_RSP] = rsp;
        x86_raise_error(c, X86_EXC_GP, 0);
    }
    uint64_t mask = X86_FL_ARITH | X86_FL_TF | X86_FL_DF | X86_FL_NT | X86_FL_VIF | X86_FL_RF;
    x86_set_rflags(c, (f & 0xffff) | (f & X86_FL_IF ? X86_FL_VIF : 0), mask);
}

X86_HANDLER(popf)
{
    uint64_t mask = X86_FL_ARITH | X86_FL_TF | X86_FL_DF | X86_FL_NT;
    if (v86(c) && iopl(c) < 3) {
        if (!(c->st.cr4 & X86_CR4_VME) || i->opsize != 2) {
            x86_raise_error(c, X86_EXC_GP, 0);
        }
        popf_vme(c);
        return;
    }
    if (i->opsize != 2) {
        mask |= X86_FL_AC | X86_FL_ID | X86_FL_RF;
    }
    if (c->cpl <= iopl(c)) {
        mask |= X86_FL_IF;
    }
    if (c->cpl == 0) {
        mask |= X86_FL_IOPL;
    }
    x86_set_rflags(c, x86_pop(c, i->opsize) & ~(uint64_t)X86_FL_RF, mask);
}

static x86_exec_fn *bind_push(const struct x86_insn *i)
{
    bool wide = i->mode == 8 && i->opsize == 8, narrow = i->mode != 8 && i->opsize == 4;
    if (!wide && !narrow) {
        return push_gen;
    }
    if (x86_opnd_plain(i, 0)) {
        return wide ? push_r8 : push_r4;
    }
    if (i->opnd[0].kind == X86_OPND_IMM) {
        return wide ? push_i8 : push_i4;
    }
    if (x86_memkind_of(i) == X86_MEM_GEN) {
        return push_gen;
    }
    return wide ? push_m8 : push_m4;
}

static x86_exec_fn *bind_pop(const struct x86_insn *i)
{
    if (!x86_opnd_plain(i, 0)) {
        return pop_gen;
    }
    if (i->mode == 8 && i->opsize == 8) {
        return pop_r8;
    }
    return i->mode != 8 && i->opsize == 4 ? pop_r4 : pop_gen;
}

x86_exec_fn *x86_bind_stack(const struct x86_insn *i)
{
    switch (i->op) {
    case X86_OP_PUSH: return bind_push(i);
    case X86_OP_POP: return bind_pop(i);
    case X86_OP_PUSHA: return pusha;
    case X86_OP_POPA: return popa;
    case X86_OP_ENTER: return enter;
    case X86_OP_LEAVE: return leave;
    case X86_OP_PUSHF: return pushf;
    case X86_OP_POPF: return popf;
    default: return NULL;
    }
}
