/* SPDX-License-Identifier: MIT */
/*
 * System instructions that kernels execute by the million: CLI, STI at CPL 0, PUSHF, MOV from a
 * segment register.
 *
 * STI holds interrupts back for one instruction. Where nothing is requested and that instruction is
 * part of the translation, so that it is executed for certain, nobody can tell; otherwise the
 * handler notes the shadow and the loop looks after it (interp.c).
 */
#include "accel/tcg/x86_64/trans_extra.h"

enum { IF_BYTE = 1, IF_BIT = 2 }; /* of RFLAGS */

bool trans_sys_classify(const struct x86_insn *i, struct trans_info *f)
{
    f->wregs = 0;
    switch (i->op) {
    case X86_OP_CLI:
    case X86_OP_STI: return true;
    case X86_OP_PUSHF:
        f->mem = true;
        f->reads = true;
        f->wregs = 1u << X86_RSP;
        return i->mode == 8 && i->opsize == 8;
    case X86_OP_MOV_SEG:
        f->wregs = (uint16_t)(1u << i->opnd[0].reg);
        return i->opnd[1].kind == X86_OPND_SEG && i->opnd[0].kind == X86_OPND_GPR;
    default: return false;
    }
}

static void gen_mov_seg(struct trans *t, const struct x86_insn *i)
{
    struct emit *e = &t->e;
    unsigned g = i->opnd[0].reg, size = i->opnd[0].size;
    int32_t sel = OFF(st.seg) + (int32_t)(i->opnd[1].reg * sizeof(struct x86_seg)) +
                  (int32_t)offsetof(struct x86_seg, sel);
    unsigned d = size == 2 ? trans_get(t, g, T1) : trans_dest(g, T1);
    emit_xrc(e, size == 2 ? 2 : 4, size == 2 ? 0x8b : 0x0fb7, d, sel, 0);
    trans_put(t, g, d);
}

static void check_cpl0(struct trans *t, unsigned k)
{
    trans_clobber(t, k);
    emit_alu_ci(&t->e, 1, 7, OFF(cpl), 0);
    trans_slow(t, k, emit_jcc(&t->e, 5));
    t->slow[t->n_slow - 1].leave = true;
}

static void gen_if(struct trans *t, const struct x86_insn *i, unsigned k)
{
    struct emit *e = &t->e;
    check_cpl0(t, k);
    if (i->op == X86_OP_CLI) {
        emit_alu_ci(e, 1, 4, OFF(st.rflags) + IF_BYTE, ~IF_BIT);
        return;
    }
    emit_alu_ci(e, 4, 7, OFF(requests), 0);
    trans_slow(t, k, emit_jcc(e, 5));
    emit_alu_ci(e, 1, 1, OFF(st.rflags) + IF_BYTE, IF_BIT);
}

static void gen_pushf(struct trans *t, unsigned k)
{
    struct emit *e = &t->e;
    unsigned sp = tcg_host_reg[X86_RSP];
    trans_clobber(t, k);
    emit_xrm(e, 8, 0x8d, T0, sp, -8);
    struct emit_mem m = trans_mem_t0(t, k, 8, true);
    m = trans_mem_t1(t, &m);
    /* cpu->jit.flags: SF, ZF, AF, PF, CF in its upper byte, OF in bit 0 */
    emit_xrc(e, 4, 0x0fb6, T0, OFF(jit.flags), 0);
    emit_xrr(e, 4, 0xc1, 4, T0);
    emit_8(e, 11);
    emit_xrc(e, 4, 0x0fb6, T2, OFF(jit.flags) + 1, 0);
    emit_alu_ri(e, 4, 4, T2, X86_FL_ARITH & 0xff);
    emit_xrr(e, 4, 0x0b, T0, T2);
    emit_xrc(e, 4, 0x8b, T2, OFF(st.rflags), 0);
    emit_alu_ri(e, 4, 4, T2, ~(X86_FL_ARITH | X86_FL_VM | X86_FL_RF));
    emit_xrr(e, 4, 0x0b, T0, T2);
    emit_xrmm(e, 8, 0x89, T0, &m);
    emit_xrm(e, 8, 0x8d, sp, sp, -8);
}

void trans_sys(struct trans *t, const struct x86_insn *i, unsigned k)
{
    switch (i->op) {
    case X86_OP_PUSHF: gen_pushf(t, k); break;
    case X86_OP_MOV_SEG: gen_mov_seg(t, i); break;
    default: gen_if(t, i, k); break;
    }
}
