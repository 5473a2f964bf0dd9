/* SPDX-License-Identifier: MIT */
/*
 * MOVS, STOS and LODS of 64-bit code. With REP, what lies within a page on each side and goes up is
 * the host's own REP, which copies as the guest's would also where the two overlap. Everything else
 * is the handler's, which works page by page (interp_string.c) and may stop halfway: whoever comes
 * from it goes where it says.
 */
#include "accel/tcg/x86_64/trans_extra.h"

enum { DF_BYTE = 1, DF_BIT = 4, PAGE = 4096 };

bool trans_string_classify(const struct x86_insn *i, struct trans_info *f)
{
    bool rep = i->prefixes & (X86_PFX_REP | X86_PFX_REPNE);
    if (i->mode != 8 || i->adsize != 8 || i->seg >= X86_FS) {
        return false;
    }
    f->mem = true;
    switch (i->op) {
    case X86_OP_MOVS: f->wregs = 1u << X86_RSI | 1u << X86_RDI | 1u << X86_RCX; return true;
    case X86_OP_STOS: f->wregs = 1u << X86_RDI | 1u << X86_RCX; return true;
    case X86_OP_LODS: f->wregs = 1u << X86_RSI | 1u << X86_RAX; return !rep;
    default: return false;
    }
}

static void to_handler(struct trans *t, unsigned k, unsigned cc)
{
    trans_slow(t, k, emit_jcc(&t->e, cc));
    t->slow[t->n_slow - 1].leave = true;
}

static void check_up(struct trans *t, unsigned k)
{
    emit_xrc(&t->e, 1, 0xf6, 0, OFF(st.rflags) + DF_BYTE, 1);
    emit_8(&t->e, DF_BIT);
    to_handler(t, k, 5);
}

/* RCX elements from `reg` on: not beyond the page. */
static void check_page(struct trans *t, unsigned k, unsigned reg, unsigned scale)
{
    struct emit *e = &t->e;
    emit_xrr(e, 4, 0x8b, T0, reg);
    emit_alu_ri(e, 4, 4, T0, PAGE - 1);
    emit_xrmx(e, 8, 0x8d, T0, (int)T0, H_RCX, scale, 0);
    emit_alu_ri(e, 8, 7, T0, PAGE);
    to_handler(t, k, 7);
}

/* T0 = host address of what guest register `reg` points at. */
static void host_address(struct trans *t, unsigned k, unsigned reg, unsigned size, bool write)
{
    trans_clobber(t, k);
    emit_xrr(&t->e, 8, 0x8b, T0, reg);
    struct emit_mem m = trans_mem_t0(t, k, size, write);
    emit_xrmm(&t->e, 8, 0x8d, T0, &m);
}

static void emit_rep(struct emit *e, unsigned opc, unsigned size)
{
    if (size == 2) {
        emit_8(e, 0x66);
    }
    emit_8(e, 0xf3);
    if (size == 8) {
        emit_8(e, 0x48);
    }
    emit_8(e, emit_sized(opc, size));
}

/* RSI, RDI, RCX are in the registers of their names. */
static void gen_rep(struct trans *t, const struct x86_insn *i, unsigned k)
{
    struct emit *e = &t->e;
    unsigned size = i->opsize, scale = size == 8 ? 3 : size >> 1;
    bool movs = i->op == X86_OP_MOVS;
    trans_clobber(t, k);
    check_up(t, k);
    emit_alu_ri(e, 8, 7, H_RCX, (int32_t)(PAGE / size));
    to_handler(t, k, 7);
    emit_xrr(e, 8, 0x85, H_RCX, H_RCX);
    uint8_t *nothing = emit_jcc(e, 4);
    check_page(t, k, H_RDI, scale);
    if (movs) {
        check_page(t, k, H_RSI, scale);
        host_address(t, k, H_RSI, 1, false);
        emit_xrc(e, 8, 0x89, T0, OFF(jit.tmp), 0);
    }
    host_address(t, k, H_RDI, 1, true);
    emit_xrr(e, 8, 0x8b, T1, H_RDI);
    emit_xrr(e, 8, 0x8b, H_RDI, T0);
    if (movs) {
        emit_xrr(e, 8, 0x8b, T2, H_RSI);
        emit_xrc(e, 8, 0x8b, H_RSI, OFF(jit.tmp), 0);
        emit_rep(e, 0xa4, size);
        emit_xrc(e, 8, 0x2b, H_RSI, OFF(jit.tmp), 0);
        emit_xrr(e, 8, 0x03, H_RSI, T2);
    } else {
        emit_xrr(e, 8, 0x8b, T2, T0);
        emit_xrr(e, 8, 0x8b, H_RAX, tcg_host_reg[X86_RAX]);
        emit_rep(e, 0xaa, size);
        emit_xrr(e, 8, 0x8b, T0, T2);
    }
    emit_xrr(e, 8, 0x2b, H_RDI, T0);
    emit_xrr(e, 8, 0x03, H_RDI, T1);
    if (!e->full) {
        emit_patch(nothing, e->p);
    }
}

static void advance(struct emit *e, unsigned reg, unsigned size)
{
    emit_xrm(e, 8, 0x8d, reg, reg, (int32_t)size);
}

static void gen_one(struct trans *t, const struct x86_insn *i, unsigned k)
{
    struct emit *e = &t->e;
    unsigned size = i->opsize, acc = tcg_host_reg[X86_RAX];
    trans_clobber(t, k);
    check_up(t, k);
    if (i->op != X86_OP_STOS) {
        host_address(t, k, H_RSI, size, false);
        emit_xrm(e, size, emit_sized(0x8a, size), i->op == X86_OP_LODS ? acc : T0, T0, 0);
    }
    if (i->op == X86_OP_MOVS) {
        emit_xrc(e, 8, 0x89, T0, OFF(jit.tmp), 0);
    }
    if (i->op != X86_OP_LODS) {
        host_address(t, k, H_RDI, size, true);
        if (i->op == X86_OP_MOVS) {
            emit_xrc(e, 8, 0x8b, T1, OFF(jit.tmp), 0);
        }
        emit_xrm(e, size, emit_sized(0x88, size), i->op == X86_OP_MOVS ? T1 : acc, T0, 0);
        advance(e, H_RDI, size);
    }
    if (i->op != X86_OP_STOS) {
        advance(e, H_RSI, size);
    }
}

void trans_string(struct trans *t, const struct x86_insn *i, unsigned k)
{
    if (i->prefixes & (X86_PFX_REP | X86_PFX_REPNE)) {
        gen_rep(t, i, k);
    } else {
        gen_one(t, i, k);
    }
}
