/* SPDX-License-Identifier: MIT */
/*
 * Near transfers of control: Jcc, JMP, CALL, RET, JCXZ, LOOP. Targets in 64-bit code are checked
 * here (#GP(0) if not canonical); other modes go through x86_branch_to, which knows limits (seg.c).
 */
#include "accel/x86/stack.h"

X86_INLINE bool canonical(const struct x86_cpu *c, uint64_t a)
{
    return (uint64_t)((int64_t)(a << c->canonical_shift) >> c->canonical_shift) == a;
}

X86_INLINE void go64(struct x86_cpu *c, uint64_t target)
{
    if (UNLIKELY(!canonical(c, target))) {
        x86_raise_error(x86_because(c, "the target is not canonical"), X86_EXC_GP, 0);
    }
    c->next_rip = target;
}

/* 32-bit code: the operand size cuts EIP, the limit is checked. */
X86_INLINE void go_leg(struct x86_cpu *c, const struct x86_insn *i, uint64_t target)
{
    target = i->opsize == 2 ? (uint16_t)target : (uint32_t)target;
    if (UNLIKELY(target > c->st.seg[X86_CS].limit)) {
        x86_raise_error(x86_because(c, "the target is beyond the limit of CS"), X86_EXC_GP, 0);
    }
    c->next_rip = target;
}

#define CONDITIONS(X) \
    X(0) X(1) X(2) X(3) X(4) X(5) X(6) X(7) X(8) X(9) X(10) X(11) X(12) X(13) X(14) X(15)
#define JCC(cc)                                 \
    X86_HANDLER(jcc64_##cc)                     \
    {                                           \
        if (x86_cond(c, cc)) {                  \
            go64(c, c->next_rip + i->imm);      \
        }                                       \
    }                                           \
    X86_HANDLER(jcc_##cc)                       \
    {                                           \
        if (x86_cond(c, cc)) {                  \
            go_leg(c, i, c->next_rip + i->imm); \
        }                                       \
    }
CONDITIONS(JCC)
#define JCC_ROW(cc) { jcc64_##cc, jcc_##cc },
static x86_exec_fn *const jcc_table[16][2] = { CONDITIONS(JCC_ROW) };

X86_HANDLER(jmp_rel64)
{
    go64(c, c->next_rip + i->imm);
}
X86_HANDLER(jmp_rel)
{
    go_leg(c, i, c->next_rip + i->imm);
}
X86_HANDLER(jmp_ind)
{
    uint64_t target = x86_opnd_read(c, i, 0, i->opsize);
    if (i->mode == 8) {
        go64(c, target);
    } else {
        go_leg(c, i, target);
    }
}

/* --- CALL, RET -------------------------------------------------------------------------------- */

/* The target is checked before the push: a faulting CALL leaves the stack alone. */
X86_INLINE void call64(struct x86_cpu *c, uint64_t target)
{
    if (UNLIKELY(!canonical(c, target))) {
        x86_raise_error(x86_because(c, "the target is not canonical"), X86_EXC_GP, 0);
    }
    x86_push64(c, c->next_rip);
    c->next_rip = target;
}

static void call_leg(struct x86_cpu *c, const struct x86_insn *i, uint64_t target)
{
    uint64_t ret = c->next_rip;
    go_leg(c, i, target);
    target = c->next_rip;
    c->next_rip = ret;
    if (LIKELY(i->opsize == 4)) {
        x86_push32(c, (uint32_t)ret);
    } else {
        x86_push(c, ret, i->opsize);
    }
    c->next_rip = target;
}

X86_HANDLER(call_rel64)
{
    call64(c, c->next_rip + i->imm);
}
X86_HANDLER(call_rel)
{
    call_leg(c, i, c->next_rip + i->imm);
}
X86_HANDLER(call_ind)
{
    uint64_t target = x86_opnd_read(c, i, 0, i->opsize);
    if (i->mode == 8) {
        call64(c, target);
    } else {
        call_leg(c, i, target);
    }
}

X86_HANDLER(ret64)
{
    uint64_t lin = c->st.gpr[X86_RSP];
    const struct x86_tlb_entry *e = x86_tlb_slot(c, lin, x86_user(c));
    uint64_t target;
    if (LIKELY(e->tag_r == x86_tlb_tag(lin, 8))) {
        target = x86_host_load((const void *)(uintptr_t)(lin + e->addend), 8);
    } else {
        target = x86_lin_load(c, x86_linear(c, X86_SS, lin, 8, X86_ACCESS_READ), 8);
    }
    go64(c, target);
    c->st.gpr[X86_RSP] = lin + 8 + (uint16_t)i->imm;
}

X86_HANDLER(ret_leg)
{
    uint64_t rsp = c->st.gpr[X86_RSP];
    uint64_t target = LIKELY(i->opsize == 4) ? x86_pop32(c) : x86_pop(c, i->opsize);
    uint64_t after = c->st.gpr[X86_RSP];
    c->st.gpr[X86_RSP] = rsp;
    go_leg(c, i, target);
    x86_gpr_write(c, X86_RSP, after + (uint16_t)i->imm, c->stack_size);
}

/* --- JCXZ, LOOP: the address size chooses the counter ----------------------------------------- */

static void go_rel(struct x86_cpu *c, const struct x86_insn *i)
{
    if (i->mode == 8) {
        go64(c, c->next_rip + i->imm);
    } else {
        go_leg(c, i, c->next_rip + i->imm);
    }
}

X86_HANDLER(jcxz)
{
    if (x86_gpr_read(c, X86_RCX, i->adsize) == 0) {
        go_rel(c, i);
    }
}

/* The counter is written after the target was found good. */
static void loop_if(struct x86_cpu *c, const struct x86_insn *i, bool also)
{
    uint64_t n = (x86_gpr_read(c, X86_RCX, i->adsize) - 1) & x86_size_mask(i->adsize);
    if (n != 0 && also) {
        go_rel(c, i);
    }
    x86_gpr_write(c, X86_RCX, n, i->adsize);
}

X86_HANDLER(loop_any)
{
    loop_if(c, i, true);
}
X86_HANDLER(loop_e)
{
    loop_if(c, i, x86_zf(c));
}
X86_HANDLER(loop_ne)
{
    loop_if(c, i, !x86_zf(c));
}

x86_exec_fn *x86_bind_branch(const struct x86_insn *i)
{
    bool wide = i->mode == 8;
    bool rel = i->opnd[0].kind == X86_OPND_REL;
    switch (i->op) {
    case X86_OP_JCC: return jcc_table[i->opcode & 15][!wide];
    case X86_OP_JMP: return !rel ? jmp_ind : wide ? jmp_rel64 : jmp_rel;
    case X86_OP_CALL: return !rel ? call_ind : wide ? call_rel64 : call_rel;
    case X86_OP_RET: return wide ? ret64 : ret_leg;
    case X86_OP_JCXZ: return jcxz;
    case X86_OP_LOOP: return loop_any;
    case X86_OP_LOOPE: return loop_e;
    case X86_OP_LOOPNE: return loop_ne;
    default: return NULL;
    }
}
