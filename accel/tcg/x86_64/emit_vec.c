/* SPDX-License-Identifier: MIT */
#include "accel/tcg/x86_64/emit_vec.h"

struct emit_form emit_form_of(const struct x86_insn *i)
{
    struct emit_form f = {
        .map = i->map,
        .opcode = i->opcode,
        .pp = i->pp,
        .w = i->rex >> 3 & 1,
        .vex = i->prefixes & X86_PFX_VEX,
        .l = i->vex_l,
        .vvvv = i->vvvv,
        .imm = -1,
    };
    for (unsigned k = 0; k < i->nopnd; k++) {
        const struct x86_operand *o = &i->opnd[k];
        if (o->kind == X86_OPND_IMM) {
            f.imm = (uint8_t)i->imm;
        } else if (o->loc == X86_LOC_IS4) {
            f.imm = (o->reg << 4) | ((uint8_t)i->imm & 15);
        }
        if (i->cls == X86_CLS_GPR_HOST || i->cls == X86_CLS_INT) {
            f.o16 |= o->kind == X86_OPND_GPR && o->size == 2 && i->pp != 1;
            f.byte |= o->kind == X86_OPND_GPR && o->size == 1;
        }
    }
    return f;
}

/* Prefixes and opcode; rxb: the bits R, X, B of REX. */
static void head(struct emit *e, const struct emit_form *f, unsigned rxb)
{
    static const uint8_t pps[] = { 0, 0x66, 0xf3, 0xf2 };
    if (f->vex) {
        unsigned last = (~(unsigned)f->vvvv & 15) << 3 | (unsigned)f->l << 2 | f->pp;
        if (f->map == 1 && !f->w && !(rxb & 3)) {
            emit_8(e, 0xc5);
            emit_8(e, (rxb & 4 ? 0 : 0x80u) | last);
        } else {
            emit_8(e, 0xc4);
            emit_8(e, (~rxb & 7) << 5 | f->map);
            emit_8(e, (unsigned)f->w << 7 | last);
        }
        emit_8(e, f->opcode);
        return;
    }
    if (f->o16) {
        emit_8(e, 0x66);
    }
    if (f->pp) {
        emit_8(e, pps[f->pp]);
    }
    if (rxb || f->w || f->byte) {
        emit_8(e, 0x40 | (unsigned)f->w << 3 | rxb);
    }
    if (f->map) {
        emit_8(e, 0x0f);
    }
    if (f->map >= 2) {
        emit_8(e, f->map == 2 ? 0x38 : 0x3a);
    }
    emit_8(e, f->opcode);
}

static void tail(struct emit *e, const struct emit_form *f)
{
    if (f->imm >= 0) {
        emit_8(e, (unsigned)f->imm);
    }
}

void emit_frr(struct emit *e, const struct emit_form *f, unsigned reg, unsigned rm)
{
    head(e, f, (reg >> 3 & 1) << 2 | (rm >> 3 & 1));
    emit_8(e, 0xc0 | (reg & 7) << 3 | (rm & 7));
    tail(e, f);
}

void emit_frm(struct emit *e, const struct emit_form *f, unsigned reg, const struct emit_mem *m)
{
    head(e, f, emit_rexbits(reg, m));
    emit_modrm_mem(e, reg, m);
    tail(e, f);
}

void emit_frc(struct emit *e, const struct emit_form *f, unsigned reg, int32_t off)
{
    head(e, f, (reg >> 3 & 1) << 2);
    emit_modrm_cpu(e, reg, off, f->imm >= 0);
    tail(e, f);
}
