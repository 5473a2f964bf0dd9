/* SPDX-License-Identifier: MIT */
/*
 * Locked instructions and exchanges: the host's own on the guest's memory. Operands that are not
 * aligned go to the handler, which makes them exclude one another (operand.c): the host could not
 * do all of them either.
 */
#include "accel/tcg/x86_64/trans_extra.h"

static bool is_mem(const struct x86_insn *i, unsigned k)
{
    return i->opnd[k].kind == X86_OPND_MEM;
}

static int alu_number(unsigned op)
{
    switch (op) {
    case X86_OP_ADD: return 0;
    case X86_OP_OR: return 1;
    case X86_OP_ADC: return 2;
    case X86_OP_SBB: return 3;
    case X86_OP_AND: return 4;
    case X86_OP_SUB: return 5;
    case X86_OP_XOR: return 6;
    default: return -1;
    }
}

static bool classify_locked(const struct x86_insn *i, struct trans_info *f)
{
    bool imm = i->opnd[1].kind == X86_OPND_IMM;
    switch (i->op) {
    case X86_OP_INC:
    case X86_OP_DEC:
        f->writes = FL_KEEPS_CF;
        f->reads = true;
        return true;
    case X86_OP_NOT: return true;
    case X86_OP_NEG: f->writes = FL_ALL; return true;
    case X86_OP_BTS:
    case X86_OP_BTR:
    case X86_OP_BTC:
        f->writes = FL_SOME;
        f->reads = true;
        return imm || (i->mode == 8 && i->seg < X86_FS && i->adsize == 8);
    default:
        f->writes = FL_ALL;
        f->reads = i->op == X86_OP_ADC || i->op == X86_OP_SBB;
        return alu_number(i->op) >= 0 &&
               (!imm || (int64_t)i->imm == (int32_t)i->imm || i->opnd[0].size < 8);
    }
}

bool trans_atomic_classify(const struct x86_insn *i, struct trans_info *f)
{
    if (!trans_plain_operands(i, f)) {
        return false;
    }
    switch (i->op) {
    case X86_OP_XCHG: return true;
    case X86_OP_XADD: f->writes = FL_ALL; return true;
    case X86_OP_CMPXCHG:
        f->writes = FL_ALL;
        f->wregs |= 1u << X86_RAX;
        return is_mem(i, 0);
    case X86_OP_CMPXCHG8B:
    case X86_OP_CMPXCHG16B:
        f->writes = FL_SOME;
        f->reads = true;
        f->wregs |= 1u << X86_RAX | 1u << X86_RDX;
        return true;
    default: return is_mem(i, 0) && classify_locked(i, f);
    }
}

/* --- code ------------------------------------------------------------------------------------- */

static bool locked(const struct x86_insn *i)
{
    return i->prefixes & X86_PFX_LOCK;
}

static void emit_lock(struct emit *e, const struct x86_insn *i)
{
    if (locked(i)) {
        emit_8(e, 0xf0);
    }
}

static struct emit_mem operand(struct trans *t, const struct x86_insn *i, unsigned k)
{
    unsigned size = trans_mem_opnd(i)->size;
    bool aligned = locked(i) || i->op == X86_OP_XCHG || size == 16;
    return trans_mem_aligned(t, k, size, true, aligned ? size : 1);
}

static void gen_xchg(struct trans *t, const struct x86_insn *i, unsigned k)
{
    struct emit *e = &t->e;
    unsigned size = i->opnd[0].size;
    if (!is_mem(i, 0) && !is_mem(i, 1)) {
        unsigned a = trans_get(t, i->opnd[0].reg, T1), b = trans_get(t, i->opnd[1].reg, T2);
        emit_oprr(e, size, 0x86, a, b);
        trans_put(t, i->opnd[0].reg, a);
        trans_put(t, i->opnd[1].reg, b);
        return;
    }
    struct emit_mem m = operand(t, i, k);
    unsigned g = i->opnd[is_mem(i, 0)].reg, r = trans_get(t, g, T1);
    emit_oprmm(e, size, 0x86, r, &m);
    trans_put(t, g, r);
}

static void gen_xadd(struct trans *t, const struct x86_insn *i, unsigned k)
{
    struct emit *e = &t->e;
    unsigned size = i->opnd[0].size;
    if (is_mem(i, 0)) {
        struct emit_mem m = operand(t, i, k);
        unsigned r = trans_get(t, i->opnd[1].reg, T1);
        emit_lock(e, i);
        emit_oprmm(e, size, 0x0fc0, r, &m);
        trans_put(t, i->opnd[1].reg, r);
    } else { /* the sum last: it wins where both are one register */
        unsigned a = trans_get(t, i->opnd[0].reg, T1), b = trans_get(t, i->opnd[1].reg, T2);
        emit_oprr(e, size, 0x0fc0, b, a);
        trans_put(t, i->opnd[1].reg, b);
        trans_put(t, i->opnd[0].reg, a);
    }
    trans_flags_set(t, k);
}

static void gen_cmpxchg(struct trans *t, const struct x86_insn *i, unsigned k)
{
    struct emit *e = &t->e;
    struct emit_mem m = operand(t, i, k);
    m = trans_mem_t1(t, &m);
    unsigned s = trans_get(t, i->opnd[1].reg, T2);
    emit_xrr(e, 8, 0x8b, H_RAX, tcg_host_reg[X86_RAX]);
    emit_lock(e, i);
    emit_oprmm(e, i->opnd[0].size, 0x0fb0, s, &m);
    trans_put(t, X86_RAX, H_RAX);
    trans_flags_set(t, k);
}

/* CMPXCHG8B, CMPXCHG16B: ZF alone. RDX, RCX, RBX are in the registers of their names. */
static void gen_wide(struct trans *t, const struct x86_insn *i, unsigned k)
{
    struct emit *e = &t->e;
    struct emit_mem m = operand(t, i, k);
    m = trans_mem_t1(t, &m);
    trans_flags_use(t);
    emit_xrr(e, 8, 0x8b, H_RAX, tcg_host_reg[X86_RAX]);
    emit_lock(e, i);
    emit_xrmm(e, i->op == X86_OP_CMPXCHG16B ? 8 : 4, 0x0fc7, 1, &m);
    trans_put(t, X86_RAX, H_RAX);
    trans_flags_set(t, k);
}

static int32_t imm_of(const struct x86_insn *i, unsigned size)
{
    return size == 1 ? (int8_t)i->imm : size == 2 ? (int16_t)i->imm : (int32_t)i->imm;
}

static void gen_alu(struct trans *t, const struct x86_insn *i, unsigned k)
{
    struct emit *e = &t->e;
    unsigned size = i->opnd[0].size, alu = (unsigned)alu_number(i->op);
    struct emit_mem m = operand(t, i, k);
    if (t->info[k].reads) {
        trans_need_cf(t);
    }
    if (i->opnd[1].kind == X86_OPND_IMM) {
        emit_lock(e, i);
        emit_alu_mmi(e, size, alu, &m, imm_of(i, size));
    } else {
        unsigned s = trans_get(t, i->opnd[1].reg, T1);
        emit_lock(e, i);
        emit_oprmm(e, size, alu << 3, s, &m);
    }
    trans_flags_set(t, k);
}

/* INC, DEC, NOT, NEG */
static void gen_unary(struct trans *t, const struct x86_insn *i, unsigned k)
{
    struct emit *e = &t->e;
    bool idec = i->op == X86_OP_INC || i->op == X86_OP_DEC;
    unsigned n = i->op == X86_OP_INC ? 0 : i->op == X86_OP_DEC ? 1 : i->op == X86_OP_NOT ? 2 : 3;
    struct emit_mem m = operand(t, i, k);
    if (idec) {
        trans_need_cf(t);
    }
    emit_lock(e, i);
    emit_oprmm(e, i->opnd[0].size, idec ? 0xfe : 0xf6, n, &m);
    if (i->op != X86_OP_NOT) {
        trans_flags_set(t, k);
    }
}

/* BTS, BTR, BTC: the bit's number within the operand, or within the element of a bit string. */
static void gen_bit(struct trans *t, const struct x86_insn *i, unsigned k)
{
    struct emit *e = &t->e;
    unsigned size = i->opnd[0].size;
    unsigned n = i->op == X86_OP_BTS ? 5 : i->op == X86_OP_BTR ? 6 : 7;
    bool imm = i->opnd[1].kind == X86_OPND_IMM;
    struct emit_mem m;
    if (imm) {
        m = operand(t, i, k);
    } else {
        m = trans_bit_string(t, i, k, true, size);
        emit_xrr(e, 4, 0x8b, T2, trans_get(t, i->opnd[1].reg, T2));
        emit_alu_ri(e, 4, 4, T2, (int32_t)size * 8 - 1);
    }
    m = trans_mem_t1(t, &m);
    trans_flags_use(t);
    emit_lock(e, i);
    if (imm) {
        emit_xrmm(e, size, 0x0fba, n, &m);
        emit_8(e, (uint8_t)i->imm & (size * 8 - 1));
    } else {
        emit_xrmm(e, size, 0x0f83 | n << 3, T2, &m);
    }
    trans_flags_set(t, k);
}

void trans_atomic(struct trans *t, const struct x86_insn *i, unsigned k)
{
    switch (i->op) {
    case X86_OP_XCHG: gen_xchg(t, i, k); break;
    case X86_OP_XADD: gen_xadd(t, i, k); break;
    case X86_OP_CMPXCHG: gen_cmpxchg(t, i, k); break;
    case X86_OP_CMPXCHG8B:
    case X86_OP_CMPXCHG16B: gen_wide(t, i, k); break;
    case X86_OP_BTS:
    case X86_OP_BTR:
    case X86_OP_BTC: gen_bit(t, i, k); break;
    case X86_OP_INC:
    case X86_OP_DEC:
    case X86_OP_NOT:
    case X86_OP_NEG: gen_unary(t, i, k); break;
    default: gen_alu(t, i, k); break;
    }
}
