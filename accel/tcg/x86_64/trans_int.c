/* SPDX-License-Identifier: MIT */
/* Plain integer instructions. */
#include "accel/tcg/x86_64/trans_parts.h"

static unsigned shift_count(const struct x86_insn *i)
{
    return (unsigned)i->imm & (i->opnd[0].size == 8 ? 63 : 31);
}

bool trans_int_classify(const struct x86_insn *i, struct trans_info *f)
{
    unsigned word = i->mode == 8 ? 8 : 4;
    switch (i->op) {
    case X86_OP_ADD:
    case X86_OP_OR:
    case X86_OP_AND:
    case X86_OP_SUB:
    case X86_OP_XOR:
    case X86_OP_CMP:
    case X86_OP_TEST:
    case X86_OP_NEG: f->writes = FL_ALL; return true;
    case X86_OP_ADC:
    case X86_OP_SBB:
        f->writes = FL_ALL;
        f->reads = true;
        return true;
    case X86_OP_INC:
    case X86_OP_DEC:
        f->writes = FL_KEEPS_CF;
        f->reads = true;
        return true;
    case X86_OP_IMUL: /* what the manuals leave undefined, AMD's processors leave alone */
        f->writes = FL_SOME;
        f->reads = true;
        return i->nopnd >= 2 && i->opnd[0].size >= 4 && i->opnd[1].kind != X86_OPND_NONE &&
               i->opnd[0].kind == X86_OPND_GPR;
    case X86_OP_SHL:
    case X86_OP_SHR:
    case X86_OP_SAR:
    case X86_OP_ROL:
    case X86_OP_ROR: {
        bool rot = i->op == X86_OP_ROL || i->op == X86_OP_ROR;
        bool cl = i->opnd[1].kind == X86_OPND_GPR;
        f->writes = cl || rot ? FL_SOME : FL_ALL;
        f->reads = cl || rot;
        return i->opnd[0].kind == X86_OPND_GPR && (cl || shift_count(i) != 0);
    }
    case X86_OP_BT:
        f->writes = FL_SOME;
        f->reads = true;
        return i->opnd[0].kind == X86_OPND_GPR;
    case X86_OP_SETCC:
    case X86_OP_CMOVCC: f->reads = true; return true;
    case X86_OP_MOV:
    case X86_OP_MOVZX:
    case X86_OP_MOVSX:
    case X86_OP_MOVSXD:
    case X86_OP_NOT: return true;
    case X86_OP_LEA: return i->opnd[0].size >= 4;
    case X86_OP_PUSH:
    case X86_OP_POP: f->mem = true; return i->opsize == word && i->opnd[0].kind != X86_OPND_MEM;
    case X86_OP_LEAVE: f->mem = true; return i->opsize == word;
    case X86_OP_CBW:
    case X86_OP_CWD: return i->opsize >= 4;
    case X86_OP_BSWAP: return i->opnd[0].size >= 4;
    case X86_OP_XCHG:
        return i->opnd[0].size >= 4 && i->opnd[0].kind == X86_OPND_GPR &&
               i->opnd[1].kind == X86_OPND_GPR;
    default: return false;
    }
}

static unsigned alu_number(unsigned op)
{
    switch (op) {
    case X86_OP_ADD: return 0;
    case X86_OP_OR: return 1;
    case X86_OP_ADC: return 2;
    case X86_OP_SBB: return 3;
    case X86_OP_AND: return 4;
    case X86_OP_SUB: return 5;
    case X86_OP_XOR: return 6;
    default: return 7;
    }
}

static bool with_carry(const struct x86_insn *i)
{
    return i->op == X86_OP_ADC || i->op == X86_OP_SBB;
}

/* The immediate as its field has it. */
static int32_t imm_of(const struct x86_insn *i, unsigned size)
{
    return size == 1 ? (int8_t)i->imm : size == 2 ? (int16_t)i->imm : (int32_t)i->imm;
}

/* op m, second operand */
static void gen_alu_operand(struct trans *t, const struct x86_insn *i, unsigned size,
                            const struct emit_mem *m)
{
    struct emit *e = &t->e;
    bool test = i->op == X86_OP_TEST;
    unsigned alu = alu_number(i->op);
    if (with_carry(i)) {
        trans_need_cf(t);
    }
    if (i->opnd[1].kind == X86_OPND_IMM) {
        if (test) {
            emit_oprmm(e, size, 0xf6, 0, m);
            emit_imm(e, size == 8 ? 4 : size, imm_of(i, size));
        } else {
            emit_alu_mmi(e, size, alu, m, imm_of(i, size));
        }
    } else {
        emit_oprmm(e, size, test ? 0x84 : alu << 3, trans_get(t, i->opnd[1].reg, T1), m);
    }
}

static void gen_alu_mem_dst(struct trans *t, const struct x86_insn *i, unsigned k, unsigned size)
{
    struct emit_mem m = trans_mem(t, k, size, i->op != X86_OP_TEST && i->op != X86_OP_CMP);
    gen_alu_operand(t, i, size, &m);
}

static void gen_alu(struct trans *t, const struct x86_insn *i, unsigned k)
{
    struct emit *e = &t->e;
    unsigned size = i->opnd[0].size, alu = alu_number(i->op);
    bool test = i->op == X86_OP_TEST;
    if (i->opnd[0].kind == X86_OPND_MEM) {
        gen_alu_mem_dst(t, i, k, size);
        trans_flags_set(t, k);
        return;
    }
    bool mem = i->opnd[1].kind == X86_OPND_MEM;
    struct emit_mem m = { 0 };
    if (mem) {
        m = trans_mem(t, k, size, false);
    }
    if (with_carry(i)) {
        trans_need_cf(t);
    }
    if (trans_framed(i->opnd[0].reg) && !mem && (size != 4 || test || i->op == X86_OP_CMP)) {
        gen_alu_operand(t, i, size, &(struct emit_mem){ H_RSP, -1, 0,
                                                        trans_in_frame(i->opnd[0].reg) });
        trans_flags_set(t, k);
        return;
    }
    unsigned d = trans_get(t, i->opnd[0].reg, T2);
    if (i->opnd[1].kind == X86_OPND_IMM) {
        if (test) {
            emit_oprr(e, size, 0xf6, 0, d);
            emit_imm(e, size == 8 ? 4 : size, imm_of(i, size));
        } else {
            emit_alu_ri(e, size, alu, d, imm_of(i, size));
        }
    } else if (mem) {
        emit_oprmm(e, size, test ? 0x84 : alu << 3 | 2, d, &m);
    } else if (trans_framed(i->opnd[1].reg)) {
        emit_oprm(e, size, test ? 0x84 : alu << 3 | 2, d, H_RSP, trans_in_frame(i->opnd[1].reg));
    } else {
        emit_oprr(e, size, test ? 0x84 : alu << 3 | 2, d, trans_get(t, i->opnd[1].reg, T1));
    }
    if (!test && i->op != X86_OP_CMP) {
        trans_put(t, i->opnd[0].reg, d);
    }
    trans_flags_set(t, k);
}

/* INC, DEC, NOT, NEG */
static void gen_unary(struct trans *t, const struct x86_insn *i, unsigned k)
{
    struct emit *e = &t->e;
    unsigned size = i->opnd[0].size;
    bool idec = i->op == X86_OP_INC || i->op == X86_OP_DEC;
    unsigned opc = idec ? 0xfe : 0xf6;
    unsigned ext = i->op == X86_OP_INC ? 0 : i->op == X86_OP_DEC ? 1 : i->op == X86_OP_NOT ? 2 : 3;
    bool mem = i->opnd[0].kind == X86_OPND_MEM;
    struct emit_mem m = { 0 };
    if (mem) {
        m = trans_mem(t, k, size, true);
    }
    if (idec) {
        trans_need_cf(t);
    }
    if (mem) {
        emit_oprmm(e, size, opc, ext, &m);
    } else {
        unsigned d = trans_get(t, i->opnd[0].reg, T2);
        emit_oprr(e, size, opc, ext, d);
        trans_put(t, i->opnd[0].reg, d);
    }
    if (i->op != X86_OP_NOT) {
        trans_flags_set(t, k);
    }
}

/* trans_flags_use where the memory operand is in T0. */
static void mem_flags_use(struct trans *t)
{
    if (!t->live) {
        emit_xrr(&t->e, 8, 0x8b, T1, T0);
        trans_flags_use(t);
        emit_xrr(&t->e, 8, 0x8b, T0, T1);
    }
}

static void gen_imul(struct trans *t, const struct x86_insn *i, unsigned k)
{
    struct emit *e = &t->e;
    unsigned size = i->opnd[0].size;
    bool imm = i->nopnd == 3, mem = i->opnd[1].kind == X86_OPND_MEM;
    struct emit_mem m = { 0 };
    if (mem) {
        m = trans_mem(t, k, size, false);
    }
    unsigned d = imm ? trans_dest(i->opnd[0].reg, T2) : trans_get(t, i->opnd[0].reg, T2);
    unsigned opc = imm ? 0x69 : 0x0faf;
    if (trans_flags_needed(t, k)) {
        if (mem) {
            mem_flags_use(t);
        } else {
            trans_flags_use(t);
        }
    }
    if (mem) {
        emit_xrmm(e, size, opc, d, &m);
    } else {
        emit_xrr(e, size, opc, d, trans_get(t, i->opnd[1].reg, T1));
    }
    if (imm) {
        emit_32(e, (uint32_t)i->imm);
    }
    trans_put(t, i->opnd[0].reg, d);
    trans_flags_set(t, k);
}

static void gen_shift(struct trans *t, const struct x86_insn *i, unsigned k)
{
    struct emit *e = &t->e;
    unsigned size = i->opnd[0].size;
    unsigned ext = i->op == X86_OP_ROL   ? 0
                   : i->op == X86_OP_ROR ? 1
                   : i->op == X86_OP_SHL ? 4
                   : i->op == X86_OP_SHR ? 5
                                         : 7;
    bool cl = i->opnd[1].kind == X86_OPND_GPR;
    if (t->info[k].reads && trans_flags_needed(t, k)) {
        trans_flags_use(t);
    }
    unsigned d = trans_get(t, i->opnd[0].reg, T2);
    emit_oprr(e, size, cl ? 0xd2 : 0xc0, ext, d);
    if (!cl) {
        emit_8(e, shift_count(i));
    } else if (size == 4 && tcg_host_reg[i->opnd[0].reg] != JIT_NO_REG) {
        emit_xrr(e, 4, 0x8b, d, d); /* a count of 0 extends too */
    }
    trans_put(t, i->opnd[0].reg, d);
    trans_flags_set(t, k);
}

static void gen_bt(struct trans *t, const struct x86_insn *i, unsigned k)
{
    struct emit *e = &t->e;
    unsigned size = i->opnd[0].size;
    trans_flags_use(t);
    unsigned d = trans_get(t, i->opnd[0].reg, T2);
    if (i->opnd[1].kind == X86_OPND_IMM) {
        emit_xrr(e, size, 0x0fba, 4, d);
        emit_8(e, (uint8_t)i->imm);
    } else {
        emit_xrr(e, size, 0x0fa3, trans_get(t, i->opnd[1].reg, T1), d);
    }
    trans_flags_set(t, k);
}

static void gen_setcc(struct trans *t, const struct x86_insn *i, unsigned k)
{
    struct emit *e = &t->e;
    unsigned cc = i->opcode & 15;
    trans_flags_use(t);
    if (i->opnd[0].kind == X86_OPND_MEM) {
        emit_xrc(e, 1, 0x0f90 | cc, 0, OFF(jit.tmp), 0);
        struct emit_mem m = trans_mem(t, k, 1, true);
        emit_xrc(e, 4, 0x0fb6, T1, OFF(jit.tmp), 0);
        emit_xrmm(e, 1, 0x88, T1, &m);
        return;
    }
    unsigned d = trans_get(t, i->opnd[0].reg, T2);
    emit_xrr(e, 1, 0x0f90 | cc, 0, d);
    trans_put(t, i->opnd[0].reg, d);
}

static void gen_cmov(struct trans *t, const struct x86_insn *i, unsigned k)
{
    struct emit *e = &t->e;
    unsigned size = i->opnd[0].size, s;
    if (i->opnd[1].kind == X86_OPND_MEM) {
        struct emit_mem m = trans_mem(t, k, size, false);
        emit_xrmm(e, size, 0x8b, T1, &m);
        trans_flags_use(t);
        s = T1;
    } else {
        trans_flags_use(t);
        s = trans_get(t, i->opnd[1].reg, T1);
    }
    unsigned d = trans_get(t, i->opnd[0].reg, T2);
    emit_xrr(e, size, 0x0f40 | (i->opcode & 15), d, s);
    trans_put(t, i->opnd[0].reg, d);
}

static void gen_mov(struct trans *t, const struct x86_insn *i, unsigned k)
{
    struct emit *e = &t->e;
    unsigned size = i->opnd[0].size;
    bool imm = i->opnd[1].kind == X86_OPND_IMM;
    if (i->opnd[0].kind == X86_OPND_MEM) {
        struct emit_mem m = trans_mem(t, k, size, true);
        if (imm) {
            emit_oprmm(e, size, 0xc6, 0, &m);
            emit_imm(e, size == 8 ? 4 : size, imm_of(i, size));
        } else {
            emit_oprmm(e, size, 0x88, trans_get(t, i->opnd[1].reg, T1), &m);
        }
        return;
    }
    unsigned r = i->opnd[0].reg;
    unsigned d = size >= 4 ? trans_dest(r, T2) : 0;
    if (imm && size >= 4) {
        emit_mov_ri(e, d, size == 4 ? (uint32_t)i->imm : i->imm);
    } else if (imm) {
        d = trans_get(t, r, T2);
        emit_oprr(e, size, 0xc6, 0, d);
        emit_imm(e, size, imm_of(i, size));
    } else if (i->opnd[1].kind == X86_OPND_MEM) {
        struct emit_mem m = trans_mem(t, k, size, false);
        d = size >= 4 ? d : trans_get(t, r, T2);
        emit_oprmm(e, size, 0x8a, d, &m);
    } else if (size >= 4 && !trans_framed(r) && trans_framed(i->opnd[1].reg)) {
        emit_xrm(e, size, 0x8b, d, H_RSP, trans_in_frame(i->opnd[1].reg));
    } else {
        unsigned s = trans_get(t, i->opnd[1].reg, T1);
        if (size == 8) {
            d = trans_framed(r) ? s : d;
        } else if (size < 4) {
            d = trans_get(t, r, T2);
        }
        if (size != 8 || d != s) {
            emit_oprr(e, size, 0x8a, d, s);
        }
    }
    trans_put(t, r, d);
}

/* MOVZX, MOVSX, MOVSXD */
static void gen_movx(struct trans *t, const struct x86_insn *i, unsigned k)
{
    struct emit *e = &t->e;
    unsigned ds = i->opnd[0].size, ss = i->opnd[1].size, r = i->opnd[0].reg;
    bool sign = i->op != X86_OP_MOVZX;
    unsigned opc = ss == 4 ? 0x63 : (sign ? 0x0fbe : 0x0fb6) | (ss == 2);
    bool mem = i->opnd[1].kind == X86_OPND_MEM;
    struct emit_mem m = { 0 };
    if (mem) {
        m = trans_mem(t, k, ss, false);
    }
    unsigned s = mem ? 0 : trans_get(t, i->opnd[1].reg, T1);
    unsigned d = ds >= 4 ? trans_dest(r, T2) : trans_get(t, r, T2);
    if (mem) {
        emit_xrmm(e, ds, opc, d, &m);
    } else {
        emit_xrr(e, ds, opc, d, s);
    }
    trans_put(t, r, d);
}

static void gen_lea(struct trans *t, const struct x86_insn *i, unsigned k)
{
    unsigned r = i->opnd[0].reg, d = trans_dest(r, T0);
    if (i->opnd[0].size >= i->adsize) {
        trans_ea(t, k, d);
    } else {
        trans_ea(t, k, T0);
        emit_xrr(&t->e, 4, 0x8b, d, T0);
    }
    trans_put(t, r, d);
}

static void gen_push(struct trans *t, const struct x86_insn *i, unsigned k)
{
    struct emit *e = &t->e;
    unsigned sp = tcg_host_reg[X86_RSP], w = trans_word(t);
    struct emit_mem m = trans_mem_reg(t, k, X86_RSP, -(int32_t)w, w, true);
    if (i->opnd[0].kind == X86_OPND_IMM) {
        emit_xrmm(e, w, 0xc7, 0, &m);
        emit_32(e, (uint32_t)i->imm);
    } else {
        emit_xrmm(e, w, 0x89, trans_get(t, i->opnd[0].reg, T1), &m);
    }
    emit_xrm(e, w, 0x8d, sp, sp, -(int32_t)w);
}

static void gen_pop(struct trans *t, const struct x86_insn *i, unsigned k)
{
    struct emit *e = &t->e;
    unsigned sp = tcg_host_reg[X86_RSP], bp = tcg_host_reg[X86_RBP], w = trans_word(t);
    bool leave = i->op == X86_OP_LEAVE;
    unsigned g = leave ? X86_RBP : i->opnd[0].reg;
    unsigned d = leave || g == X86_RSP ? T2 : trans_dest(g, T2);
    struct emit_mem m = trans_mem_reg(t, k, leave ? X86_RBP : X86_RSP, 0, w, false);
    emit_xrmm(e, w, 0x8b, d, &m);
    emit_xrm(e, w, 0x8d, sp, leave ? bp : sp, (int32_t)w);
    trans_put(t, g, d);
}

static void gen_misc(struct trans *t, const struct x86_insn *i, unsigned k)
{
    struct emit *e = &t->e;
    unsigned a = tcg_host_reg[X86_RAX], d = tcg_host_reg[X86_RDX];
    switch (i->op) {
    case X86_OP_CBW: emit_xrr(e, i->opsize, i->opsize == 8 ? 0x63 : 0x0fbf, a, a); break;
    case X86_OP_CWD:
        trans_clobber(t, k);
        emit_xrr(e, i->opsize, 0x8b, d, a);
        emit_xrr(e, i->opsize, 0xc1, 7, d);
        emit_8(e, i->opsize * 8 - 1);
        break;
    case X86_OP_BSWAP:
        d = trans_get(t, i->opnd[0].reg, T2);
        emit_8(e, 0x40 | (unsigned)(i->opnd[0].size == 8) << 3 | d >> 3);
        emit_8(e, 0x0f);
        emit_8(e, 0xc8 | (d & 7));
        trans_put(t, i->opnd[0].reg, d);
        break;
    case X86_OP_XCHG:
        d = trans_get(t, i->opnd[0].reg, T2);
        a = trans_get(t, i->opnd[1].reg, T1);
        emit_xrr(e, i->opnd[0].size, 0x8b, T0, d);
        emit_xrr(e, i->opnd[0].size, 0x8b, d, a);
        trans_put(t, i->opnd[0].reg, d);
        trans_put(t, i->opnd[1].reg, T0);
        break;
    default: break;
    }
}

void trans_int(struct trans *t, const struct x86_insn *i, unsigned k)
{
    switch (i->op) {
    case X86_OP_ADD:
    case X86_OP_OR:
    case X86_OP_AND:
    case X86_OP_SUB:
    case X86_OP_XOR:
    case X86_OP_CMP:
    case X86_OP_TEST:
    case X86_OP_ADC:
    case X86_OP_SBB: gen_alu(t, i, k); break;
    case X86_OP_INC:
    case X86_OP_DEC:
    case X86_OP_NOT:
    case X86_OP_NEG: gen_unary(t, i, k); break;
    case X86_OP_IMUL: gen_imul(t, i, k); break;
    case X86_OP_SHL:
    case X86_OP_SHR:
    case X86_OP_SAR:
    case X86_OP_ROL:
    case X86_OP_ROR: gen_shift(t, i, k); break;
    case X86_OP_BT: gen_bt(t, i, k); break;
    case X86_OP_SETCC: gen_setcc(t, i, k); break;
    case X86_OP_CMOVCC: gen_cmov(t, i, k); break;
    case X86_OP_MOV: gen_mov(t, i, k); break;
    case X86_OP_MOVZX:
    case X86_OP_MOVSX:
    case X86_OP_MOVSXD: gen_movx(t, i, k); break;
    case X86_OP_LEA: gen_lea(t, i, k); break;
    case X86_OP_PUSH: gen_push(t, i, k); break;
    case X86_OP_POP:
    case X86_OP_LEAVE: gen_pop(t, i, k); break;
    default: gen_misc(t, i, k); break;
    }
}

