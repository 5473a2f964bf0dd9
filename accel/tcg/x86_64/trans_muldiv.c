/* SPDX-License-Identifier: MIT */
/*
 * MUL, IMUL, DIV, IDIV with an implicit accumulator. Divisions are checked before they run: what
 * could raise #DE goes to the handler, and so do the rare quotients that only might.
 */
#include "accel/tcg/x86_64/trans_extra.h"

static bool one_operand(const struct x86_insn *i)
{
    return i->map == 0 && (i->opcode & 0xfe) == 0xf6;
}

bool trans_muldiv_classify(const struct x86_insn *i, struct trans_info *f)
{
    unsigned size = i->opnd[0].size;
    if (!trans_plain_operands(i, f)) {
        return false;
    }
    f->writes = FL_SOME;
    f->reads = true;
    if (!one_operand(i)) {
        return i->op == X86_OP_IMUL;
    }
    f->wregs |= 1u << X86_RAX | (size > 1 ? 1u << X86_RDX : 0);
    return i->op != X86_OP_IDIV || size >= 4;
}

/* The operand in a register that is not RAX: its own, or T1. */
static unsigned source(struct trans *t, const struct x86_insn *i, unsigned k, unsigned n)
{
    unsigned size = i->opnd[n].size;
    if (i->opnd[n].kind == X86_OPND_MEM) {
        struct emit_mem m = trans_mem(t, k, size, false);
        emit_oprmm(&t->e, size, 0x8a, T1, &m);
        return T1;
    }
    return trans_get(t, i->opnd[n].reg, T1);
}

/* Slow path if the quotient does not fit or the divisor is 0. */
static void check_div(struct trans *t, unsigned k, unsigned size, unsigned src)
{
    struct emit *e = &t->e;
    if (size == 1) { /* AH */
        emit_xrr(e, 4, 0x8b, H_RAX, tcg_host_reg[X86_RAX]);
        emit_8(e, 0x0f); /* MOVZX eax, ah */
        emit_8(e, 0xb6);
        emit_8(e, 0xc4);
        emit_xrr(e, 1, 0x3a, H_RAX, src);
    } else {
        emit_xrr(e, size, 0x3b, tcg_host_reg[X86_RDX], src);
    }
    trans_slow(t, k, emit_jcc(e, 3));
}

/* Slow path unless the dividend is the sign-extended accumulator and the divisor neither 0 nor
 * -1. */
static void check_idiv(struct trans *t, unsigned k, unsigned size, unsigned src)
{
    struct emit *e = &t->e;
    emit_xrr(e, size, 0x8b, T0, tcg_host_reg[X86_RAX]);
    emit_xrr(e, size, 0xc1, 7, T0);
    emit_8(e, size * 8 - 1);
    emit_xrr(e, size, 0x3b, T0, tcg_host_reg[X86_RDX]);
    trans_slow(t, k, emit_jcc(e, 5));
    emit_xrm(e, size, 0x8d, T0, src, 1);
    emit_alu_ri(e, size, 7, T0, 1);
    trans_slow(t, k, emit_jcc(e, 6));
}

static void gen_implicit(struct trans *t, const struct x86_insn *i, unsigned k)
{
    struct emit *e = &t->e;
    unsigned size = i->opnd[0].size, acc = tcg_host_reg[X86_RAX];
    unsigned n = i->op == X86_OP_MUL ? 4 : i->op == X86_OP_IMUL ? 5 : i->op == X86_OP_DIV ? 6 : 7;
    unsigned src = source(t, i, k, 0);
    if (n >= 6) {
        trans_clobber(t, k);
        if (n == 6) {
            check_div(t, k, size, src);
        } else {
            check_idiv(t, k, size, src);
        }
    }
    trans_flags_merge(t, k);
    emit_xrr(e, 8, 0x8b, H_RAX, acc);
    emit_oprr(e, size, 0xf6, n, src);
    emit_xrr(e, size == 1 ? 2 : size, 0x8b, acc, H_RAX);
    trans_flags_set(t, k);
}

/* IMUL with two or three operands. */
static void gen_imul(struct trans *t, const struct x86_insn *i, unsigned k)
{
    struct emit *e = &t->e;
    unsigned size = i->opnd[0].size;
    bool imm = i->opnd[2].kind == X86_OPND_IMM;
    unsigned src = source(t, i, k, 1);
    trans_flags_merge(t, k);
    unsigned d = trans_get(t, i->opnd[0].reg, T2);
    emit_xrr(e, size, imm ? 0x69 : 0x0faf, d, src);
    if (imm) {
        emit_imm(e, size == 8 ? 4 : size, (int32_t)i->imm);
    }
    trans_put(t, i->opnd[0].reg, d);
    trans_flags_set(t, k);
}

void trans_muldiv(struct trans *t, const struct x86_insn *i, unsigned k)
{
    if (one_operand(i)) {
        gen_implicit(t, i, k);
    } else {
        gen_imul(t, i, k);
    }
}
