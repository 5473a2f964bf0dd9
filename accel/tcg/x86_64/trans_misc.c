/* SPDX-License-Identifier: MIT */
/*
 * AH, CH, DH, BH as operands, single flags, LAHF and SAHF, fences, and 16-bit forms of what is
 * plain in other sizes.
 */
#include "accel/tcg/x86_64/trans_extra.h"

enum { DF_BYTE = 1, DF_BIT = 4 }; /* of RFLAGS */

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
    case X86_OP_CMP: return 7;
    default: return -1;
    }
}

static bool writes_dest(unsigned op)
{
    return op != X86_OP_CMP && op != X86_OP_TEST;
}

static bool is_high(const struct x86_insn *i, unsigned k)
{
    return i->opnd[k].kind == X86_OPND_GPRH;
}

/* Two operands of which one at least is a high byte. */
static bool classify_high(const struct x86_insn *i, struct trans_info *f)
{
    f->wregs = 0;
    for (unsigned k = 0; k < 2; k++) {
        const struct x86_operand *o = &i->opnd[k];
        switch (o->kind) {
        case X86_OPND_IMM: break;
        case X86_OPND_GPR:
        case X86_OPND_GPRH: f->wregs |= o->access & X86_ACC_W ? (uint16_t)(1u << o->reg) : 0; break;
        case X86_OPND_MEM:
            f->mem = true;
            if (i->adsize < 4 || !i->has_modrm) {
                return false;
            }
            break;
        default: return false;
        }
    }
    if (i->op == X86_OP_MOVZX || i->op == X86_OP_MOVSX) {
        return i->opnd[0].size >= 4;
    }
    if (i->op == X86_OP_MOV) {
        return true;
    }
    f->writes = FL_ALL;
    f->reads = i->op == X86_OP_ADC || i->op == X86_OP_SBB;
    return alu_number(i->op) >= 0 || i->op == X86_OP_TEST;
}

bool trans_misc_classify(const struct x86_insn *i, struct trans_info *f)
{
    if (i->nopnd >= 2 && (is_high(i, 0) || is_high(i, 1))) {
        return classify_high(i, f);
    }
    f->wregs = 0;
    switch (i->op) {
    case X86_OP_CLC:
    case X86_OP_STC:
    case X86_OP_CMC:
    case X86_OP_SAHF:
        f->writes = FL_SOME;
        f->reads = true;
        return i->op != X86_OP_SAHF || i->feature == 0 || i->mode == 8;
    case X86_OP_LAHF:
        f->reads = true;
        f->wregs = 1u << X86_RAX;
        return true;
    case X86_OP_CBW: f->wregs = 1u << X86_RAX; return i->opsize == 2;
    case X86_OP_CLD:
    case X86_OP_STD:
    case X86_OP_LFENCE:
    case X86_OP_MFENCE:
    case X86_OP_SFENCE: return true;
    case X86_OP_MOVNTI: return trans_plain_operands(i, f);
    default: return false;
    }
}

/* --- high bytes ------------------------------------------------------------------------------- */

/* dst = the high byte of guest register g, zero-extended; T0 is gone, flags stay. The host's high
 * bytes can be named without a REX prefix only. */
static void get_high(struct trans *t, unsigned g, unsigned dst)
{
    struct emit *e = &t->e;
    unsigned h = tcg_host_reg[g];
    if (h >= 4) {
        emit_xrr(e, 4, 0x8b, H_RAX, h);
        h = H_RAX;
    }
    emit_8(e, 0x0f); /* MOVZX eax, ah .. bh */
    emit_8(e, 0xb6);
    emit_8(e, 0xc4 | h);
    emit_xrr(e, 4, 0x8b, dst, H_RAX);
}

/* The other way; T0 is gone, flags stay. */
static void put_high(struct trans *t, unsigned g, unsigned src)
{
    struct emit *e = &t->e;
    unsigned h = tcg_host_reg[g];
    emit_xrr(e, 4, 0x8b, H_RAX, src);
    emit_8(e, 0x88); /* MOV ah .. bh, al */
    emit_8(e, 0xc4 | (h < 4 ? h : 0));
    if (h >= 4) {
        emit_xrr(e, 1, 0x8a, H_RAX, h);
        emit_xrr(e, 2, 0x8b, h, H_RAX);
    }
}

static void emit_byte_op(struct emit *e, const struct x86_insn *i, unsigned d, unsigned s)
{
    if (i->op == X86_OP_TEST) {
        emit_xrr(e, 1, 0x84, s, d);
    } else if (i->op == X86_OP_MOV) {
        emit_xrr(e, 1, 0x8a, d, s);
    } else {
        emit_xrr(e, 1, (unsigned)alu_number(i->op) << 3 | 2, d, s);
    }
}

/* op [m], high byte. Taking the byte out destroys flags, which an access to memory has done
 * already. */
static void high_to_memory(struct trans *t, const struct x86_insn *i, unsigned k)
{
    struct emit *e = &t->e;
    struct emit_mem m = trans_mem(t, k, 1, writes_dest(i->op));
    emit_xrr(e, 4, 0x8b, T1, tcg_host_reg[i->opnd[1].reg]);
    emit_xrr(e, 4, 0xc1, 5, T1);
    emit_8(e, 8);
    if (t->info[k].reads) {
        trans_need_cf(t);
    }
    unsigned opc = i->op == X86_OP_MOV    ? 0x88
                   : i->op == X86_OP_TEST ? 0x84
                                          : (unsigned)alu_number(i->op) << 3;
    emit_xrmm(e, 1, opc, T1, &m);
}

static void gen_high(struct trans *t, const struct x86_insn *i, unsigned k)
{
    struct emit *e = &t->e;
    const struct x86_operand *dst = &i->opnd[0], *src = &i->opnd[1];
    if (dst->kind == X86_OPND_MEM) {
        high_to_memory(t, i, k);
    } else {
        unsigned d = T2, s = T1;
        if (src->kind == X86_OPND_MEM) {
            struct emit_mem m = trans_mem(t, k, 1, false);
            emit_xrmm(e, 4, 0x0fb6, T1, &m);
        } else if (src->kind == X86_OPND_GPRH) {
            get_high(t, src->reg, T1);
        } else if (src->kind == X86_OPND_IMM) {
            emit_mov_ri(e, T1, (uint8_t)i->imm);
        } else {
            s = trans_get(t, src->reg, T1);
        }
        if (dst->kind == X86_OPND_GPR) {
            d = trans_get(t, dst->reg, T2);
        } else if (i->op != X86_OP_MOV) {
            get_high(t, dst->reg, T2);
        }
        if (t->info[k].reads) {
            trans_need_cf(t);
        }
        emit_byte_op(e, i, d, s);
        if (dst->kind == X86_OPND_GPRH && writes_dest(i->op)) {
            put_high(t, dst->reg, T2);
        } else if (writes_dest(i->op)) {
            trans_put(t, dst->reg, d);
        }
    }
    if (t->info[k].writes) {
        trans_flags_set(t, k);
    }
}

static void gen_extend(struct trans *t, const struct x86_insn *i)
{
    unsigned d = trans_dest(i->opnd[0].reg, T2);
    get_high(t, i->opnd[1].reg, T1);
    emit_xrr(&t->e, i->opnd[0].size, i->op == X86_OP_MOVZX ? 0x0fb6 : 0x0fbe, d, T1);
    trans_put(t, i->opnd[0].reg, d);
}

/* --- the rest --------------------------------------------------------------------------------- */

static void gen_flag(struct trans *t, const struct x86_insn *i, unsigned k)
{
    struct emit *e = &t->e;
    trans_flags_use(t);
    switch (i->op) {
    case X86_OP_CLC: emit_8(e, 0xf8); break;
    case X86_OP_STC: emit_8(e, 0xf9); break;
    case X86_OP_CMC: emit_8(e, 0xf5); break;
    case X86_OP_SAHF:
        emit_xrr(e, 8, 0x8b, H_RAX, tcg_host_reg[X86_RAX]);
        emit_8(e, 0x9e);
        break;
    default: /* LAHF */
        emit_8(e, 0x9f);
        emit_xrr(e, 1, 0x8a, H_RAX, tcg_host_reg[X86_RAX]);
        emit_xrr(e, 2, 0x8b, tcg_host_reg[X86_RAX], H_RAX);
        return;
    }
    trans_flags_set(t, k);
}

static void gen_direction(struct trans *t, const struct x86_insn *i, unsigned k)
{
    bool set = i->op == X86_OP_STD;
    trans_clobber(t, k);
    emit_alu_ci(&t->e, 1, set ? 1 : 4, OFF(st.rflags) + DF_BYTE, set ? DF_BIT : ~DF_BIT);
}

static void gen_movnti(struct trans *t, const struct x86_insn *i, unsigned k)
{
    unsigned size = i->opnd[0].size;
    struct emit_mem m = trans_mem(t, k, size, true);
    emit_xrmm(&t->e, size, 0x0fc3, trans_get(t, i->opnd[1].reg, T1), &m);
}

void trans_misc(struct trans *t, const struct x86_insn *i, unsigned k)
{
    struct emit *e = &t->e;
    if (i->nopnd >= 2 && (is_high(i, 0) || is_high(i, 1))) {
        if (i->op == X86_OP_MOVZX || i->op == X86_OP_MOVSX) {
            gen_extend(t, i);
        } else {
            gen_high(t, i, k);
        }
        return;
    }
    switch (i->op) {
    case X86_OP_CBW: emit_xrr(e, 2, 0x0fbe, tcg_host_reg[X86_RAX], tcg_host_reg[X86_RAX]); break;
    case X86_OP_CLD:
    case X86_OP_STD: gen_direction(t, i, k); break;
    case X86_OP_LFENCE:
    case X86_OP_MFENCE:
    case X86_OP_SFENCE: /* 0F AE /5, /6, /7 */
        emit_xrr(e, 4, 0x0fae, i->op == X86_OP_LFENCE ? 5 : i->op == X86_OP_MFENCE ? 6 : 7, 0);
        break;
    case X86_OP_MOVNTI: gen_movnti(t, i, k); break;
    default: gen_flag(t, i, k); break;
    }
}
