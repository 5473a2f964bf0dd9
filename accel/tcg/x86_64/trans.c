/* SPDX-License-Identifier: MIT */
/*
 * Host code for one block. Every instruction either has inline code or is a call of its handler
 * (jit.c). Inline code that accesses memory checks the TLB; on a miss the handler does the whole
 * instruction out of line, so that faults, I/O memory and writes to code need nothing else here.
 *
 * Flags: an instruction that sets them packs them into cpu->jit.flags, unless one that follows
 * overwrites all of them before anything could see them. While the host's own flags still are the
 * guest's (live), consumers use them directly.
 */
#include "accel/tcg/x86_64/trans.h"

#include <stddef.h>
#include <string.h>

enum { FL_NONE, FL_ALL, FL_KEEPS_CF, FL_SOME, FL_COUNT_CL }; /* what an inline instruction writes */

/* --- what can be inline ---------------------------------------------------------------------- */

static bool mem_ok(const struct x86_insn *i)
{
    return i->has_modrm && i->adsize == 8;
}

static bool opnd_ok(const struct x86_insn *i, unsigned k)
{
    switch (i->opnd[k].kind) {
    case X86_OPND_NONE:
    case X86_OPND_GPR: return true;
    case X86_OPND_IMM:
        return (int64_t)i->imm == (int32_t)i->imm || i->opnd[0].size < 8 ||
               (i->op == X86_OP_MOV && i->opnd[0].kind == X86_OPND_GPR);
    case X86_OPND_MEM: return mem_ok(i);
    default: return false;
    }
}

static unsigned shift_count(const struct x86_insn *i)
{
    return (unsigned)i->imm & (i->opnd[0].size == 8 ? 63 : 31);
}

static bool classify_op(const struct x86_insn *i, struct trans_info *f)
{
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
    case X86_OP_POP: f->mem = true; return i->opsize == 8 && i->opnd[0].kind != X86_OPND_MEM;
    case X86_OP_LEAVE: f->mem = true; return i->opsize == 8;
    case X86_OP_CBW:
    case X86_OP_CWD: return i->opsize >= 4;
    case X86_OP_BSWAP: return i->opnd[0].size >= 4;
    case X86_OP_XCHG:
        return i->opnd[0].size >= 4 && i->opnd[0].kind == X86_OPND_GPR &&
               i->opnd[1].kind == X86_OPND_GPR;
    default: return false;
    }
}

static void classify(const struct jit *j, const struct x86_insn *i, struct trans_info *f)
{
    *f = (struct trans_info){ 0 };
    if (i->op == X86_OP_NOP || i->op == X86_OP_ENDBR || i->op == X86_OP_PREFETCH) {
        f->inl = true;
        return;
    }
    if (i->cls != X86_CLS_INT || (i->prefixes & X86_PFX_LOCK) ||
        (i->feature && !(j->cpu->model && x86_has(j->cpu->model, i->feature)))) {
        return;
    }
    for (unsigned k = 0; k < i->nopnd; k++) {
        if (!opnd_ok(i, k)) {
            return;
        }
        f->mem |= i->opnd[k].kind == X86_OPND_MEM && i->op != X86_OP_LEA;
    }
    f->inl = classify_op(i, f);
}

/* Can anything see the flags that instruction k leaves? */
static bool flags_needed(const struct trans *t, unsigned k)
{
    for (unsigned n = k + 1; n < t->b->n; n++) {
        const struct trans_info *f = &t->info[n];
        if (!f->inl || f->mem || f->reads) {
            return true;
        }
        if (f->writes == FL_ALL) {
            return false;
        }
    }
    return true;
}

/* --- registers ------------------------------------------------------------------------------- */

/* Host register with guest register k: its own, or `tmp`, loaded. */
unsigned trans_get(struct trans *t, unsigned k, unsigned tmp)
{
    if (tcg_host_reg[k] != JIT_NO_REG) {
        return tcg_host_reg[k];
    }
    emit_xrm(&t->e, 8, 0x8b, tmp, H_RBX, GPR(k));
    return tmp;
}

/* Where to compute a whole new value of guest register k. */
static unsigned dest(unsigned k, unsigned tmp)
{
    return tcg_host_reg[k] != JIT_NO_REG ? tcg_host_reg[k] : tmp;
}

static void put(struct trans *t, unsigned k, unsigned host)
{
    if (tcg_host_reg[k] == JIT_NO_REG) {
        emit_xrm(&t->e, 8, 0x89, host, H_RBX, GPR(k));
    } else if (tcg_host_reg[k] != host) {
        emit_xrr(&t->e, 8, 0x8b, tcg_host_reg[k], host);
    }
}

/* --- flags ----------------------------------------------------------------------------------- */

static void load_flags(struct trans *t)
{
    struct emit *e = &t->e;
    emit_xrm(e, 4, 0x0fb7, H_RAX, H_RBX, OFF(jit.flags));
    emit_alu_ri(e, 1, 0, H_RAX, 0x7f); /* OF */
    emit_8(e, 0x9e);                   /* SAHF */
}

void trans_need_flags(struct trans *t)
{
    if (!t->live) {
        load_flags(t);
        t->live = true;
    }
}

static void need_cf(struct trans *t)
{
    if (!t->live) {
        emit_xrm(&t->e, 4, 0x0fba, 4, H_RBX, OFF(jit.flags)); /* BT: CF is bit 0 of AH */
        emit_8(&t->e, 8);
    }
}

/* The host's flags are what instruction k leaves. */
static void set_flags(struct trans *t, unsigned k)
{
    struct emit *e = &t->e;
    t->live = true;
    if (flags_needed(t, k)) {
        emit_8(e, 0x9f); /* LAHF */
        emit_xrr(e, 1, 0x0f90, 0, H_RAX);
        emit_xrm(e, 2, 0x89, H_RAX, H_RBX, OFF(jit.flags));
    }
}

/* --- memory ---------------------------------------------------------------------------------- */

void trans_slow(struct trans *t, unsigned k, uint8_t *jcc)
{
    struct slow *s = t->n_slow && t->slow[t->n_slow - 1].insn == k ? &t->slow[t->n_slow - 1]
                                                                   : &t->slow[t->n_slow++];
    if (s->n == 0) {
        s->insn = k;
    }
    s->from[s->n++] = jcc;
}

/* rax = linear address of the memory operand. */
static void emit_ea(struct trans *t, const struct x86_insn *i, unsigned dst)
{
    struct emit *e = &t->e;
    if (i->base == X86_REG_RIP) {
        emit_xrm(e, 8, 0x8d, dst, H_R15, i->disp + (int32_t)(t->off + i->len));
    } else if (i->index < X86_GPR_COUNT) {
        unsigned x = trans_get(t, i->index, H_RCX);
        int b = i->base < X86_GPR_COUNT ? (int)trans_get(t, i->base, H_RDX) : -1;
        emit_xrmx(e, 8, 0x8d, dst, b, x, i->scale, i->disp);
    } else if (i->base < X86_GPR_COUNT) {
        emit_xrm(e, 8, 0x8d, dst, trans_get(t, i->base, H_RDX), i->disp);
    } else {
        emit_mov_ri(e, dst, (uint64_t)(int64_t)i->disp);
    }
}

/* rax: linear address in, host address out. Clobbers rcx, rdx, flags. */
void trans_tlb_check(struct trans *t, unsigned k, unsigned size, bool write)
{
    struct emit *e = &t->e;
    _Static_assert(sizeof(struct x86_tlb_entry) == 32, "a page number is scaled by 2^5");
    emit_xrr(e, 4, 0x8b, H_RCX, H_RAX);
    emit_xrr(e, 4, 0xc1, 5, H_RCX);
    emit_8(e, 12 - 5);
    emit_alu_ri(e, 4, 4, H_RCX, (X86_TLB_SIZE - 1) << 5);
    emit_xrm(e, 8, 0x03, H_RCX, H_RBX, OFF(jit.tlb));
    emit_xrm(e, 8, 0x8d, H_RDX, H_RAX, (int32_t)size - 1);
    emit_alu_ri(e, 8, 4, H_RDX, -4096);
    emit_xrm(e, 8, 0x3b, H_RDX, H_RCX,
             write ? offsetof(struct x86_tlb_entry, tag_w) : offsetof(struct x86_tlb_entry, tag_r));
    trans_slow(t, k, emit_jcc(e, 5));
    emit_xrm(e, 8, 0x03, H_RAX, H_RCX, offsetof(struct x86_tlb_entry, addend));
    t->live = false;
}

void trans_mem_operand(struct trans *t, unsigned k, unsigned size, bool write)
{
    const struct x86_insn *i = &t->b->insns[k];
    emit_ea(t, i, H_RAX);
    if (i->seg >= X86_FS) {
        emit_xrm(&t->e, 8, 0x03, H_RAX, H_RBX,
                 OFF(st.seg) + (int32_t)(i->seg * sizeof(struct x86_seg)) +
                     (int32_t)offsetof(struct x86_seg, base));
    }
    trans_tlb_check(t, k, size, write);
}

/* --- instructions ---------------------------------------------------------------------------- */

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

static void gen_alu_mem_dst(struct trans *t, const struct x86_insn *i, unsigned k, unsigned size)
{
    struct emit *e = &t->e;
    bool test = i->op == X86_OP_TEST, cmp = i->op == X86_OP_CMP;
    unsigned alu = alu_number(i->op);
    trans_mem_operand(t, k, size, !test && !cmp);
    if (with_carry(i)) {
        need_cf(t);
    }
    if (i->opnd[1].kind == X86_OPND_IMM) {
        if (test) {
            emit_oprm(e, size, 0xf6, 0, H_RAX, 0);
            emit_imm(e, size == 8 ? 4 : size, imm_of(i, size));
        } else {
            emit_alu_mi(e, size, alu, H_RAX, 0, imm_of(i, size));
        }
    } else {
        emit_oprm(e, size, test ? 0x84 : alu << 3, trans_get(t, i->opnd[1].reg, H_RCX), H_RAX, 0);
    }
}

static void gen_alu(struct trans *t, const struct x86_insn *i, unsigned k)
{
    struct emit *e = &t->e;
    unsigned size = i->opnd[0].size, alu = alu_number(i->op);
    bool test = i->op == X86_OP_TEST;
    if (i->opnd[0].kind == X86_OPND_MEM) {
        gen_alu_mem_dst(t, i, k, size);
        set_flags(t, k);
        return;
    }
    bool mem = i->opnd[1].kind == X86_OPND_MEM;
    if (mem) {
        trans_mem_operand(t, k, size, false);
    }
    if (with_carry(i)) {
        need_cf(t);
    }
    unsigned d = trans_get(t, i->opnd[0].reg, H_RDX);
    if (i->opnd[1].kind == X86_OPND_IMM) {
        if (test) {
            emit_oprr(e, size, 0xf6, 0, d);
            emit_imm(e, size == 8 ? 4 : size, imm_of(i, size));
        } else {
            emit_alu_ri(e, size, alu, d, imm_of(i, size));
        }
    } else if (mem) {
        emit_oprm(e, size, test ? 0x84 : alu << 3 | 2, d, H_RAX, 0);
    } else {
        emit_oprr(e, size, test ? 0x84 : alu << 3 | 2, d, trans_get(t, i->opnd[1].reg, H_RCX));
    }
    if (!test && i->op != X86_OP_CMP) {
        put(t, i->opnd[0].reg, d);
    }
    set_flags(t, k);
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
    if (mem) {
        trans_mem_operand(t, k, size, true);
    }
    if (idec) {
        need_cf(t);
    }
    if (mem) {
        emit_oprm(e, size, opc, ext, H_RAX, 0);
    } else {
        unsigned d = trans_get(t, i->opnd[0].reg, H_RDX);
        emit_oprr(e, size, opc, ext, d);
        put(t, i->opnd[0].reg, d);
    }
    if (i->op != X86_OP_NOT) {
        set_flags(t, k);
    }
}

/* The same with a host address in rax. */
static void mem_need_flags(struct trans *t, bool mem)
{
    if (mem && !t->live) {
        emit_xrr(&t->e, 8, 0x8b, H_RCX, H_RAX);
    }
    bool was = t->live;
    trans_need_flags(t);
    if (mem && !was) {
        emit_xrr(&t->e, 8, 0x8b, H_RAX, H_RCX);
    }
}

static void gen_imul(struct trans *t, const struct x86_insn *i, unsigned k)
{
    struct emit *e = &t->e;
    unsigned size = i->opnd[0].size;
    bool imm = i->nopnd == 3, mem = i->opnd[1].kind == X86_OPND_MEM;
    if (mem) {
        trans_mem_operand(t, k, size, false);
    }
    unsigned d = imm ? dest(i->opnd[0].reg, H_RDX) : trans_get(t, i->opnd[0].reg, H_RDX);
    unsigned opc = imm ? 0x69 : 0x0faf;
    if (flags_needed(t, k)) {
        mem_need_flags(t, mem);
    }
    if (mem) {
        emit_xrm(e, size, opc, d, H_RAX, 0);
    } else {
        emit_xrr(e, size, opc, d, trans_get(t, i->opnd[1].reg, H_RCX));
    }
    if (imm) {
        emit_32(e, (uint32_t)i->imm);
    }
    put(t, i->opnd[0].reg, d);
    set_flags(t, k);
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
    if (t->info[k].reads && flags_needed(t, k)) {
        trans_need_flags(t);
    }
    if (cl) {
        unsigned c = trans_get(t, X86_RCX, H_RCX);
        emit_xrr(e, 4, 0x8b, H_RCX, c);
    }
    unsigned d = trans_get(t, i->opnd[0].reg, H_RDX);
    emit_oprr(e, size, cl ? 0xd2 : 0xc0, ext, d);
    if (!cl) {
        emit_8(e, shift_count(i));
    } else if (size == 4 && tcg_host_reg[i->opnd[0].reg] != JIT_NO_REG) {
        emit_xrr(e, 4, 0x8b, d, d); /* a count of 0 extends too */
    }
    put(t, i->opnd[0].reg, d);
    set_flags(t, k);
}

static void gen_bt(struct trans *t, const struct x86_insn *i, unsigned k)
{
    struct emit *e = &t->e;
    unsigned size = i->opnd[0].size;
    trans_need_flags(t);
    unsigned d = trans_get(t, i->opnd[0].reg, H_RDX);
    if (i->opnd[1].kind == X86_OPND_IMM) {
        emit_xrr(e, size, 0x0fba, 4, d);
        emit_8(e, (uint8_t)i->imm);
    } else {
        emit_xrr(e, size, 0x0fa3, trans_get(t, i->opnd[1].reg, H_RCX), d);
    }
    set_flags(t, k);
}

static void gen_setcc(struct trans *t, const struct x86_insn *i, unsigned k)
{
    struct emit *e = &t->e;
    unsigned cc = i->opcode & 15;
    trans_need_flags(t);
    if (i->opnd[0].kind == X86_OPND_MEM) {
        emit_xrm(e, 1, 0x0f90 | cc, 0, H_RBX, OFF(jit.tmp));
        trans_mem_operand(t, k, 1, true);
        emit_xrm(e, 4, 0x0fb6, H_RCX, H_RBX, OFF(jit.tmp));
        emit_xrm(e, 1, 0x88, H_RCX, H_RAX, 0);
        return;
    }
    unsigned d = trans_get(t, i->opnd[0].reg, H_RDX);
    emit_xrr(e, 1, 0x0f90 | cc, 0, d);
    put(t, i->opnd[0].reg, d);
}

static void gen_cmov(struct trans *t, const struct x86_insn *i, unsigned k)
{
    struct emit *e = &t->e;
    unsigned size = i->opnd[0].size, s;
    if (i->opnd[1].kind == X86_OPND_MEM) {
        trans_mem_operand(t, k, size, false);
        emit_xrm(e, size, 0x8b, H_RCX, H_RAX, 0);
        trans_need_flags(t);
        s = H_RCX;
    } else {
        trans_need_flags(t);
        s = trans_get(t, i->opnd[1].reg, H_RCX);
    }
    unsigned d = trans_get(t, i->opnd[0].reg, H_RDX);
    emit_xrr(e, size, 0x0f40 | (i->opcode & 15), d, s);
    put(t, i->opnd[0].reg, d);
}

static void gen_mov(struct trans *t, const struct x86_insn *i, unsigned k)
{
    struct emit *e = &t->e;
    unsigned size = i->opnd[0].size;
    bool imm = i->opnd[1].kind == X86_OPND_IMM;
    if (i->opnd[0].kind == X86_OPND_MEM) {
        trans_mem_operand(t, k, size, true);
        if (imm) {
            emit_oprm(e, size, 0xc6, 0, H_RAX, 0);
            emit_imm(e, size == 8 ? 4 : size, imm_of(i, size));
        } else {
            emit_oprm(e, size, 0x88, trans_get(t, i->opnd[1].reg, H_RCX), H_RAX, 0);
        }
        return;
    }
    unsigned r = i->opnd[0].reg;
    unsigned d = size >= 4 ? dest(r, H_RDX) : 0;
    if (imm && size >= 4) {
        emit_mov_ri(e, d, size == 4 ? (uint32_t)i->imm : i->imm);
    } else if (imm) {
        d = trans_get(t, r, H_RDX);
        emit_oprr(e, size, 0xc6, 0, d);
        emit_imm(e, size, imm_of(i, size));
    } else if (i->opnd[1].kind == X86_OPND_MEM) {
        trans_mem_operand(t, k, size, false);
        d = size >= 4 ? d : trans_get(t, r, H_RDX);
        emit_oprm(e, size, 0x8a, d, H_RAX, 0);
    } else {
        unsigned s = trans_get(t, i->opnd[1].reg, H_RCX);
        d = size >= 4 ? d : trans_get(t, r, H_RDX);
        emit_oprr(e, size, 0x8a, d, s);
    }
    put(t, r, d);
}

/* MOVZX, MOVSX, MOVSXD */
static void gen_movx(struct trans *t, const struct x86_insn *i, unsigned k)
{
    struct emit *e = &t->e;
    unsigned ds = i->opnd[0].size, ss = i->opnd[1].size, r = i->opnd[0].reg;
    bool sign = i->op != X86_OP_MOVZX;
    unsigned opc = ss == 4 ? 0x63 : (sign ? 0x0fbe : 0x0fb6) | (ss == 2);
    bool mem = i->opnd[1].kind == X86_OPND_MEM;
    if (mem) {
        trans_mem_operand(t, k, ss, false);
    }
    unsigned s = mem ? 0 : trans_get(t, i->opnd[1].reg, H_RCX);
    unsigned d = ds >= 4 ? dest(r, H_RDX) : trans_get(t, r, H_RDX);
    if (mem) {
        emit_xrm(e, ds, opc, d, H_RAX, 0);
    } else {
        emit_xrr(e, ds, opc, d, s);
    }
    put(t, r, d);
}

static void gen_lea(struct trans *t, const struct x86_insn *i)
{
    unsigned r = i->opnd[0].reg, d = dest(r, H_RAX);
    if (i->opnd[0].size == 8) {
        emit_ea(t, i, d);
    } else {
        emit_ea(t, i, H_RAX);
        emit_xrr(&t->e, 4, 0x8b, d, H_RAX);
    }
    put(t, r, d);
}

static void gen_push(struct trans *t, const struct x86_insn *i, unsigned k)
{
    struct emit *e = &t->e;
    unsigned sp = tcg_host_reg[X86_RSP];
    emit_xrm(e, 8, 0x8d, H_RAX, sp, -8);
    trans_tlb_check(t, k, 8, true);
    if (i->opnd[0].kind == X86_OPND_IMM) {
        emit_xrm(e, 8, 0xc7, 0, H_RAX, 0);
        emit_32(e, (uint32_t)i->imm);
    } else {
        emit_xrm(e, 8, 0x89, trans_get(t, i->opnd[0].reg, H_RCX), H_RAX, 0);
    }
    emit_xrm(e, 8, 0x8d, sp, sp, -8);
}

static void gen_pop(struct trans *t, const struct x86_insn *i, unsigned k)
{
    struct emit *e = &t->e;
    unsigned sp = tcg_host_reg[X86_RSP], bp = tcg_host_reg[X86_RBP];
    bool leave = i->op == X86_OP_LEAVE;
    emit_xrr(e, 8, 0x8b, H_RAX, leave ? bp : sp);
    trans_tlb_check(t, k, 8, false);
    emit_xrm(e, 8, 0x8d, sp, leave ? bp : sp, 8);
    unsigned r = leave ? X86_RBP : i->opnd[0].reg, d = dest(r, H_RDX);
    emit_xrm(e, 8, 0x8b, d, H_RAX, 0);
    put(t, r, d);
}

static void gen_misc(struct trans *t, const struct x86_insn *i)
{
    struct emit *e = &t->e;
    unsigned a = tcg_host_reg[X86_RAX], d = tcg_host_reg[X86_RDX];
    switch (i->op) {
    case X86_OP_CBW: emit_xrr(e, i->opsize, i->opsize == 8 ? 0x63 : 0x0fbf, a, a); break;
    case X86_OP_CWD:
        emit_xrr(e, i->opsize, 0x8b, d, a);
        emit_xrr(e, i->opsize, 0xc1, 7, d);
        emit_8(e, i->opsize * 8 - 1);
        t->live = false;
        break;
    case X86_OP_BSWAP:
        d = trans_get(t, i->opnd[0].reg, H_RDX);
        emit_8(e, 0x40 | (unsigned)(i->opnd[0].size == 8) << 3 | d >> 3);
        emit_8(e, 0x0f);
        emit_8(e, 0xc8 | (d & 7));
        put(t, i->opnd[0].reg, d);
        break;
    case X86_OP_XCHG:
        d = trans_get(t, i->opnd[0].reg, H_RDX);
        a = trans_get(t, i->opnd[1].reg, H_RCX);
        emit_xrr(e, i->opnd[0].size, 0x8b, H_RAX, d);
        emit_xrr(e, i->opnd[0].size, 0x8b, d, a);
        put(t, i->opnd[0].reg, d);
        put(t, i->opnd[1].reg, H_RAX);
        break;
    default: break;
    }
}

static void gen_inline(struct trans *t, const struct x86_insn *i, unsigned k)
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
    case X86_OP_LEA: gen_lea(t, i); break;
    case X86_OP_PUSH: gen_push(t, i, k); break;
    case X86_OP_POP:
    case X86_OP_LEAVE: gen_pop(t, i, k); break;
    default: gen_misc(t, i); break;
    }
}

/* --- calls of handlers ----------------------------------------------------------------------- */

static bool ignores_flags(const struct x86_insn *i)
{
    switch (i->op) {
    case X86_OP_MOV:
    case X86_OP_MOVZX:
    case X86_OP_MOVSX:
    case X86_OP_MOVSXD:
    case X86_OP_PUSH:
    case X86_OP_POP:
    case X86_OP_CALL:
    case X86_OP_RET:
    case X86_OP_JMP:
    case X86_OP_LEAVE:
    case X86_OP_MOVS:
    case X86_OP_STOS:
    case X86_OP_LODS:
    case X86_OP_XCHG:
    case X86_OP_LFENCE:
    case X86_OP_MFENCE:
    case X86_OP_SFENCE:
    case X86_OP_PAUSE:
    case X86_OP_CLD:
    case X86_OP_MOVAPS:
    case X86_OP_MOVUPS:
    case X86_OP_MOVDQA:
    case X86_OP_MOVDQU: return true;
    default: return false;
    }
}

void trans_call(struct trans *t, unsigned k)
{
    struct emit *e = &t->e;
    const struct x86_insn *i = &t->b->insns[k];
    const uint8_t *arena = t->j->cpu->blocks->arena;
    bool plain = ignores_flags(i);
    unsigned off = 0;
    for (unsigned n = 0; n < k; n++) {
        off += t->b->insns[n].len;
    }
    emit_mov_ri(e, H_RAX, (uint64_t)((const uint8_t *)i - arena));
    emit_mov_ri(e, H_RCX, (uint64_t)((const uint8_t *)t->b - arena));
    emit_mov_ri(e, H_RDX, off);
    emit_call_to(e, plain ? t->j->exec_noflags : t->j->exec);
    t->live = false;
}

/* --- the block ------------------------------------------------------------------------------- */

static void emit_slow_paths(struct trans *t)
{
    struct emit *e = &t->e;
    for (unsigned n = 0; n < t->n_slow; n++) {
        struct slow *s = &t->slow[n];
        if (e->full) {
            return;
        }
        for (unsigned k = 0; k < s->n; k++) {
            emit_patch(s->from[k], e->p);
        }
        trans_call(t, s->insn);
        if (!s->back) { /* the end of the block: the handler knows where to go */
            emit_xrm(e, 8, 0x8b, H_R15, H_RBX, OFF(next_rip));
            emit_jmp_to(e, t->j->lookup);
            continue;
        }
        if (t->info[s->insn].writes != FL_NONE || t->info[s->insn].reads) {
            load_flags(t);
        }
        emit_jmp_to(e, s->back);
    }
}

/* Entry: leave if the instruction limit lies within the block or somebody wants something. */
static uint8_t *emit_entry(struct trans *t, uint8_t *leave[2])
{
    struct emit *e = &t->e;
    emit_alu_mi(e, 8, 5, H_RBX, OFF(jit.budget), t->b->n);
    leave[0] = emit_jcc(e, 2);
    emit_xrm(e, 4, 0x8b, H_RAX, H_RBX, OFF(jit.watch));
    emit_xrm(e, 4, 0x85, H_RAX, H_RBX, OFF(requests));
    leave[1] = emit_jcc(e, 5);
    return e->p;
}

static void emit_leave(struct trans *t, uint8_t *leave[2])
{
    if (t->e.full) {
        return;
    }
    emit_patch(leave[0], t->e.p);
    emit_patch(leave[1], t->e.p);
    emit_alu_mi(&t->e, 8, 0, H_RBX, OFF(jit.budget), t->b->n);
    emit_jmp_to(&t->e, t->j->exit_next);
}

uint8_t *jit_translate(struct jit *j, struct x86_block *b, uint8_t **body)
{
    struct trans t = { .j = j, .b = b };
    uint8_t *start = j->code.rw + j->used, *leave[2];
    t.e.p = start;
    t.e.end = j->code.rw + j->code.size;
    t.start = start;
    for (unsigned k = 0; k < b->n; k++) {
        classify(j, &b->insns[k], &t.info[k]);
    }
    *body = emit_entry(&t, leave);
    for (unsigned k = 0; k < b->n; k++) {
        const struct x86_insn *i = &b->insns[k];
        if (k == b->n - 1u && trans_end(&t, i, k)) {
            break;
        }
        if (t.info[k].inl) {
            gen_inline(&t, i, k);
            if (t.n_slow && t.slow[t.n_slow - 1].insn == k) {
                t.slow[t.n_slow - 1].back = t.e.p;
            }
            j->stats.inline_insns++;
        } else {
            trans_call(&t, k);
        }
        t.off += i->len;
        if (k == b->n - 1u) {
            trans_fall_through(&t);
        }
    }
    emit_slow_paths(&t);
    trans_links(&t);
    emit_leave(&t, leave);
    if (t.e.full) {
        return NULL;
    }
    j->used = ((size_t)(t.e.p - j->code.rw) + 15) & ~(size_t)15;
    j->stats.translated++;
    j->stats.insns += b->n;
    return start;
}
