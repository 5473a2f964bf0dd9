/* SPDX-License-Identifier: MIT */
/*
 * Bit strings, scans, shifts and rotates in memory, BMI and its kin. What the manuals leave
 * undefined of flags is the host's.
 *
 * A memory operand lies at an address in T0, which reading the guest's flags destroys: then it is
 * loaded, or its address moved to T1, before.
 */
#include "accel/tcg/x86_64/trans_extra.h"

/* --- which ------------------------------------------------------------------------------------ */

static bool is_rotate(unsigned op)
{
    return op == X86_OP_ROL || op == X86_OP_ROR || op == X86_OP_RCL || op == X86_OP_RCR;
}

static bool is_bit(unsigned op)
{
    return op == X86_OP_BT || op == X86_OP_BTS || op == X86_OP_BTR || op == X86_OP_BTC;
}

static bool classify_host(const struct x86_insn *i, struct trans_info *f)
{
    switch (i->op) {
    case X86_OP_MULX:
    case X86_OP_PDEP:
    case X86_OP_PEXT:
    case X86_OP_RORX:
    case X86_OP_SARX:
    case X86_OP_SHLX:
    case X86_OP_SHRX: return true;
    case X86_OP_POPCNT: f->writes = FL_ALL; return true;
    default:
        f->writes = FL_SOME;
        f->reads = true;
        return true;
    }
}

/* Whether there is code for i once its operands are plain; the flags it writes. */
static bool classify_shift(const struct x86_insn *i, struct trans_info *f)
{
    unsigned mask = i->opnd[0].size == 8 ? 63 : 31;
    bool cl = i->opnd[1].kind == X86_OPND_GPR;
    f->writes = cl || is_rotate(i->op) || !(i->imm & mask) ? FL_SOME : FL_ALL;
    f->reads = f->writes == FL_SOME;
    return true;
}

/* A register's bit number moves the address: only where that is linear. */
static bool classify_bit(const struct x86_insn *i, struct trans_info *f)
{
    f->writes = FL_SOME;
    f->reads = true;
    bool string = i->opnd[0].kind == X86_OPND_MEM && i->opnd[1].kind == X86_OPND_GPR;
    return !string || (i->mode == 8 && i->seg < X86_FS && i->adsize == 8);
}

bool trans_bits_classify(const struct x86_insn *i, struct trans_info *f)
{
    if (!trans_plain_operands(i, f)) {
        return false;
    }
    if (i->cls == X86_CLS_GPR_HOST) {
        return classify_host(i, f);
    }
    if (is_bit(i->op)) {
        return classify_bit(i, f);
    }
    switch (i->op) {
    case X86_OP_BSF:
    case X86_OP_BSR: f->writes = FL_ALL; return true;
    case X86_OP_MOVBE: return i->opnd[0].size >= 4;
    case X86_OP_CRC32: return __builtin_cpu_supports("sse4.2");
    case X86_OP_SHLD:
    case X86_OP_SHRD:
        f->writes = FL_SOME;
        f->reads = true;
        return true;
    default: return classify_shift(i, f);
    }
}

/* --- shifts ----------------------------------------------------------------------------------- */

static unsigned shift_number(unsigned op)
{
    switch (op) {
    case X86_OP_ROL: return 0;
    case X86_OP_ROR: return 1;
    case X86_OP_RCL: return 2;
    case X86_OP_RCR: return 3;
    case X86_OP_SHL: return 4;
    case X86_OP_SHR: return 5;
    default: return 7;
    }
}

static void gen_shift(struct trans *t, const struct x86_insn *i, unsigned k)
{
    struct emit *e = &t->e;
    unsigned size = i->opnd[0].size, n = shift_number(i->op), mask = size == 8 ? 63 : 31;
    bool cl = i->opnd[1].kind == X86_OPND_GPR, mem = i->opnd[0].kind == X86_OPND_MEM;
    struct emit_mem m = { .base = -1 };
    if (mem) {
        m = trans_mem(t, k, size, true);
        m = trans_mem_t1(t, &m);
    }
    if (t->info[k].reads) {
        trans_flags_use(t);
    }
    if (mem) {
        emit_oprmm(e, size, cl ? 0xd2 : 0xc0, n, &m);
    } else {
        unsigned d = trans_get(t, i->opnd[0].reg, T2);
        emit_oprr(e, size, cl ? 0xd2 : 0xc0, n, d);
        if (!cl) {
            emit_8(e, (unsigned)i->imm & mask);
        }
        if (size == 4) {
            emit_xrr(e, 4, 0x8b, d, d); /* a count of 0 extends too */
        }
        trans_put(t, i->opnd[0].reg, d);
    }
    if (mem && !cl) {
        emit_8(e, (unsigned)i->imm & mask);
    }
    trans_flags_set(t, k);
}

/* SHLD, SHRD: the opcode of the form with an immediate; with CL it is one higher. */
static void gen_double(struct trans *t, const struct x86_insn *i, unsigned k)
{
    struct emit *e = &t->e;
    unsigned size = i->opnd[0].size;
    bool cl = i->opnd[2].kind == X86_OPND_GPR, mem = i->opnd[0].kind == X86_OPND_MEM;
    unsigned opc = (i->op == X86_OP_SHLD ? 0x0fa4u : 0x0facu) + cl;
    struct emit_mem m = { .base = -1 };
    if (mem) {
        m = trans_mem(t, k, size, true);
        m = trans_mem_t1(t, &m);
    }
    trans_flags_use(t);
    unsigned s = trans_get(t, i->opnd[1].reg, T2), d = T0;
    if (mem) {
        emit_xrmm(e, size, opc, s, &m);
    } else {
        d = trans_get(t, i->opnd[0].reg, T0);
        emit_xrr(e, size, opc, s, d);
    }
    if (!cl) {
        emit_8(e, (uint8_t)i->imm);
    }
    if (!mem) {
        if (size == 4) {
            emit_xrr(e, 4, 0x8b, d, d);
        }
        trans_put(t, i->opnd[0].reg, d);
    }
    trans_flags_set(t, k);
}

/* --- bits ------------------------------------------------------------------------------------- */

static unsigned bit_number(unsigned op)
{
    return op == X86_OP_BT ? 4 : op == X86_OP_BTS ? 5 : op == X86_OP_BTR ? 6 : 7;
}

/* The element of a bit string that the register's number means. */
struct emit_mem trans_bit_string(struct trans *t, const struct x86_insn *i, unsigned k, bool write,
                                 unsigned align)
{
    struct emit *e = &t->e;
    unsigned size = i->opnd[0].size, log = size == 8 ? 3 : size == 4 ? 2 : 1;
    trans_clobber(t, k);
    trans_ea(t, k, T0);
    unsigned n = trans_get(t, i->opnd[1].reg, T1);
    emit_xrr(e, 8, size == 8 ? 0x8b : size == 4 ? 0x63 : 0x0fbf, T1, n);
    emit_xrr(e, 8, 0xc1, 7, T1);
    emit_8(e, log + 3);
    emit_xrmx(e, 8, 0x8d, T0, T0, T1, log, 0);
    t->align = align > 1 ? (uint8_t)align : 0;
    return trans_mem_t0(t, k, size, write);
}

static void gen_bit(struct trans *t, const struct x86_insn *i, unsigned k)
{
    struct emit *e = &t->e;
    unsigned size = i->opnd[0].size, n = bit_number(i->op), d = T2;
    bool mem = i->opnd[0].kind == X86_OPND_MEM, imm = i->opnd[1].kind == X86_OPND_IMM;
    bool write = i->op != X86_OP_BT;
    struct emit_mem m = { .base = -1 };
    if (mem) {
        m = imm ? trans_mem(t, k, size, write) : trans_bit_string(t, i, k, write, 1);
        emit_xrmm(e, size, 0x8b, T2, &m);
        if (write) {
            m = trans_mem_t1(t, &m);
        }
    }
    trans_flags_use(t);
    if (!mem) {
        d = trans_get(t, i->opnd[0].reg, T2);
    }
    if (imm) {
        emit_xrr(e, size, 0x0fba, n, d);
        emit_8(e, (uint8_t)i->imm & (size * 8 - 1));
    } else { /* within a register the number wraps */
        emit_xrr(e, size, 0x0f83 | n << 3, trans_get(t, i->opnd[1].reg, T0), d);
    }
    if (write && mem) {
        emit_xrmm(e, size, 0x89, d, &m);
    } else if (write) {
        trans_put(t, i->opnd[0].reg, d);
    }
    trans_flags_set(t, k);
}

/* BSF, BSR: a zero source leaves the destination. */
static void gen_scan(struct trans *t, const struct x86_insn *i, unsigned k)
{
    struct emit *e = &t->e;
    unsigned size = i->opnd[0].size, opc = i->op == X86_OP_BSF ? 0x0fbc : 0x0fbd, d;
    if (i->opnd[1].kind == X86_OPND_MEM) {
        struct emit_mem m = trans_mem(t, k, size, false);
        d = trans_get(t, i->opnd[0].reg, T1);
        emit_xrmm(e, size, opc, d, &m);
    } else {
        d = trans_get(t, i->opnd[0].reg, T1);
        emit_xrr(e, size, opc, d, trans_get(t, i->opnd[1].reg, T2));
    }
    trans_put(t, i->opnd[0].reg, d);
    trans_flags_set(t, k);
}

/* --- BMI and its kin -------------------------------------------------------------------------- */

static bool whole(const struct x86_operand *o)
{
    return o->size >= 4 && !(o->access & (X86_ACC_R | X86_ACC_CR));
}

static unsigned operand_reg(struct trans *t, const struct x86_operand *o, unsigned tmp)
{
    return whole(o) ? trans_dest(o->reg, tmp) : trans_get(t, o->reg, tmp);
}

static void gen_host(struct trans *t, const struct x86_insn *i, unsigned k)
{
    struct emit *e = &t->e;
    struct emit_form f = emit_form_of(i);
    const struct x86_operand *mem = trans_mem_opnd(i), *reg = trans_opnd_at(i, X86_LOC_REG);
    const struct x86_operand *rm = trans_opnd_at(i, X86_LOC_RM),
                             *v = trans_opnd_at(i, X86_LOC_VVVV);
    bool merge = t->info[k].writes == FL_SOME;
    struct emit_mem m = { .base = -1 };
    unsigned r = i->modrm >> 3 & 7u, b = T1, h = 0;
    if (mem) {
        m = trans_mem(t, k, mem->size, false);
        if (merge) {
            emit_xrmm(e, mem->size, emit_sized(0x8a, mem->size), T1, &m);
        }
    }
    if (merge) {
        trans_flags_use(t);
    }
    bool direct = mem && !merge;
    if (rm && !mem) {
        b = operand_reg(t, rm, T1);
    }
    if (v) {
        h = operand_reg(t, v, direct ? T1 : T0);
        f.vvvv = (uint8_t)h;
    }
    if (reg) {
        r = operand_reg(t, reg, T2);
    }
    if (direct) {
        emit_frm(e, &f, r, &m);
    } else {
        emit_frr(e, &f, r, b);
    }
    if (v && (v->access & X86_ACC_W)) {
        trans_put(t, v->reg, h);
    }
    if (reg && (reg->access & X86_ACC_W)) {
        trans_put(t, reg->reg, r);
    }
    if (t->info[k].writes) {
        trans_flags_set(t, k);
    }
}

static void gen_crc32(struct trans *t, const struct x86_insn *i, unsigned k)
{
    struct emit_form f = emit_form_of(i);
    unsigned d;
    f.byte = i->opnd[1].size == 1;
    f.o16 = i->opnd[1].size == 2;
    if (i->opnd[1].kind == X86_OPND_MEM) {
        struct emit_mem m = trans_mem(t, k, i->opnd[1].size, false);
        d = trans_get(t, i->opnd[0].reg, T1);
        emit_frm(&t->e, &f, d, &m);
    } else {
        d = trans_get(t, i->opnd[0].reg, T1);
        emit_frr(&t->e, &f, d, trans_get(t, i->opnd[1].reg, T2));
    }
    trans_put(t, i->opnd[0].reg, d);
}

static void emit_bswap(struct emit *e, unsigned size, unsigned reg)
{
    emit_8(e, 0x40 | (unsigned)(size == 8) << 3 | reg >> 3);
    emit_8(e, 0x0f);
    emit_8(e, 0xc8 | (reg & 7));
}

static void gen_movbe(struct trans *t, const struct x86_insn *i, unsigned k)
{
    struct emit *e = &t->e;
    unsigned size = i->opnd[0].size;
    bool store = i->opnd[0].kind == X86_OPND_MEM;
    struct emit_mem m = trans_mem(t, k, size, store);
    if (store) {
        emit_xrr(e, 8, 0x8b, T1, trans_get(t, i->opnd[1].reg, T2));
        emit_bswap(e, size, T1);
        emit_xrmm(e, size, 0x89, T1, &m);
        return;
    }
    unsigned d = trans_dest(i->opnd[0].reg, T1);
    emit_xrmm(e, size, 0x8b, d, &m);
    emit_bswap(e, size, d);
    trans_put(t, i->opnd[0].reg, d);
}

void trans_bits(struct trans *t, const struct x86_insn *i, unsigned k)
{
    if (i->cls == X86_CLS_GPR_HOST) {
        gen_host(t, i, k);
        return;
    }
    if (is_bit(i->op)) {
        gen_bit(t, i, k);
        return;
    }
    switch (i->op) {
    case X86_OP_BSF:
    case X86_OP_BSR: gen_scan(t, i, k); break;
    case X86_OP_MOVBE: gen_movbe(t, i, k); break;
    case X86_OP_CRC32: gen_crc32(t, i, k); break;
    case X86_OP_SHLD:
    case X86_OP_SHRD: gen_double(t, i, k); break;
    default: gen_shift(t, i, k); break;
    }
}
