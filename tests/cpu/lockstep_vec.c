/* SPDX-License-Identifier: MIT */
#include "tests/cpu/lockstep_vec.h"

#include <string.h>

#include "tests/cpu/corners.h"

static unsigned pick(const struct lockstep_gen *g, unsigned n)
{
    return (unsigned)(g->rnd() % n);
}

/* --- instructions ----------------------------------------------------------------------------- */

static bool in_group(const struct x86_insn *i, enum lockstep_group group)
{
    switch (group) {
    case LOCKSTEP_INT: return i->cls == X86_CLS_INT;
    case LOCKSTEP_HOST: return i->cls == X86_CLS_GPR_HOST;
    case LOCKSTEP_SSE: return i->cls == X86_CLS_SSE;
    case LOCKSTEP_AVX: return i->cls == X86_CLS_AVX;
    case LOCKSTEP_MMX: return i->cls == X86_CLS_MMX;
    case LOCKSTEP_X87: return i->cls == X86_CLS_X87;
    default: return i->cls == X86_CLS_STRING && i->op != X86_OP_INS && i->op != X86_OP_OUTS;
    }
}

/* Registers written without being named. */
static unsigned implicit_writes(const struct x86_insn *i)
{
    switch (i->op) {
    case X86_OP_MUL:
    case X86_OP_IMUL:
    case X86_OP_DIV:
    case X86_OP_IDIV:
    case X86_OP_CMPXCHG8B:
    case X86_OP_CMPXCHG16B: return 1u << X86_RAX | 1u << X86_RDX;
    case X86_OP_PUSHA:
    case X86_OP_POPA: return 0xff;
    case X86_OP_ENTER:
    case X86_OP_LEAVE: return 1u << X86_RBP | 1u << X86_RSP;
    case X86_OP_PCMPESTRI:
    case X86_OP_PCMPISTRI:
    case X86_OP_VPCMPESTRI:
    case X86_OP_VPCMPISTRI: return 1u << X86_RCX;
    case X86_OP_MOVS:
    case X86_OP_CMPS: return 1u << X86_RSI | 1u << X86_RDI | 1u << X86_RCX;
    case X86_OP_STOS:
    case X86_OP_SCAS: return 1u << X86_RDI | 1u << X86_RCX;
    case X86_OP_LODS: return 1u << X86_RSI | 1u << X86_RCX;
    default: return 0;
    }
}

static bool allowed(const struct lockstep_gen *g, const struct x86_insn *i)
{
    unsigned keep = g->keep | 1u << X86_RSP, w = implicit_writes(i);
    if (i->cls == X86_CLS_STRING) {
        return true; /* the caller knows */
    }
    for (unsigned k = 0; k < i->nopnd; k++) {
        const struct x86_operand *o = &i->opnd[k];
        if ((o->kind == X86_OPND_GPR || o->kind == X86_OPND_GPRH) && o->access != X86_ACC_R) {
            w |= 1u << o->reg;
        }
    }
    switch (i->op) {
    case X86_OP_UD0:
    case X86_OP_UD1:
    case X86_OP_UD2:
    case X86_OP_XLAT:
    case X86_OP_MASKMOVQ: /* their addresses are not in bases */
    case X86_OP_MASKMOVDQU:
    case X86_OP_VMASKMOVDQU: return false;
    default: break;
    }
    /* Gathers reach as far as their indices do. */
    return !(w & keep) && !(i->op >= X86_OP_VGATHERDPS && i->op <= X86_OP_VPGATHERQQ) &&
           x86_has(g->model, (enum x86_feature_id)i->feature);
}

/* A memory operand: [base + disp32], and for some [base + index * scale + disp32] with an index
 * that the caller keeps small (the last of bases). */
static unsigned put_modrm(const struct lockstep_gen *g, uint8_t *b, uint8_t *rex, bool vex,
                          unsigned reg)
{
    unsigned n = 0, base = g->bases[pick(g, g->n_bases - 1)], x = g->bases[g->n_bases - 1];
    unsigned limit = g->mode == 8 ? 16 : 8;
    int32_t disp = (int32_t)pick(g, 2 * g->disp_max) - (int32_t)g->disp_max;
    if (pick(g, 5) < 2) {
        unsigned rm = pick(g, limit);
        b[n++] = (uint8_t)(0xc0 | (reg & 7) << 3 | (rm & 7));
        *rex |= rm >> 3;
        return n;
    }
    (void)vex;
    bool index = pick(g, 4) == 0 && x < limit;
    if (index || (base & 7) == 4) {
        b[n++] = (uint8_t)(0x84 | (reg & 7) << 3);
        b[n++] = (uint8_t)(index ? pick(g, 4) << 6 | (x & 7) << 3 | (base & 7) : 0x20 | (base & 7));
        *rex |= index ? x >> 3 << 1 : 0;
    } else {
        b[n++] = (uint8_t)(0x80 | (reg & 7) << 3 | (base & 7));
    }
    *rex |= base >> 3;
    memcpy(b + n, &disp, 4);
    return n + 4;
}

static unsigned legacy(const struct lockstep_gen *g, enum lockstep_group group, uint8_t *b)
{
    static const uint8_t prefixes[] = { 0, 0, 0x66, 0xf3, 0xf2, 0xf0 };
    unsigned n = 0, p = prefixes[pick(g, group == LOCKSTEP_INT ? 6 : 5)], map = pick(g, 4);
    unsigned reg = pick(g, g->mode == 8 ? 16 : 8), op = pick(g, 256);
    uint8_t rex = (uint8_t)((reg >> 3) << 2 | pick(g, 2) << 3), tail[16];
    if (group == LOCKSTEP_X87) {
        map = 0;
        op = 0xd8 + pick(g, 8);
        p = 0;
    } else if (group == LOCKSTEP_STRING) {
        map = 0;
        op = 0xa4 + pick(g, 12);
    } else if (group != LOCKSTEP_INT && map == 0) {
        map = 1;
    }
    unsigned m = put_modrm(g, tail, &rex, false, reg);
    if (p) {
        b[n++] = (uint8_t)p;
    }
    if (g->mode == 8 && (rex & 7 || pick(g, 2))) {
        b[n++] = (uint8_t)(0x40 | rex);
    }
    if (map) {
        b[n++] = 0x0f;
    }
    if (map >= 2) {
        b[n++] = map == 2 ? 0x38 : 0x3a;
    }
    b[n++] = (uint8_t)op;
    memcpy(b + n, tail, m);
    return n + m;
}

static unsigned vex(const struct lockstep_gen *g, uint8_t *b)
{
    unsigned limit = g->mode == 8 ? 16 : 8, reg = pick(g, limit), v = pick(g, limit);
    uint8_t rex = (uint8_t)(reg >> 3 << 2), tail[16];
    unsigned m = put_modrm(g, tail, &rex, true, reg);
    if (pick(g, 3) == 0) {
        v = 0; /* unused in many */
    }
    b[0] = 0xc4;
    b[1] = (uint8_t)((~rex & 7) << 5 | (1 + pick(g, 3)));
    b[2] = (uint8_t)(pick(g, 2) << 7 | (~v & 15) << 3 | pick(g, 8));
    b[3] = (uint8_t)pick(g, 256);
    memcpy(b + 4, tail, m);
    return 4 + m;
}

unsigned lockstep_insn(const struct lockstep_gen *g, enum lockstep_group group, uint8_t *out)
{
    for (;;) {
        struct x86_insn i;
        uint8_t b[32];
        bool v = group == LOCKSTEP_AVX || (group == LOCKSTEP_HOST && pick(g, 2));
        unsigned n = v ? vex(g, b) : legacy(g, group, b);
        for (unsigned k = n; k < sizeof b; k++) {
            b[k] = (uint8_t)g->rnd();
        }
        if (x86_decode(&i, b, 15, g->mode) == X86_DECODE_OK && in_group(&i, group) &&
            allowed(g, &i) && (i.has_modrm || !x86_insn_has_mem(&i)) && i.adsize == g->mode &&
            i.seg < X86_FS) {
            memcpy(out, b, i.len);
            return i.len;
        }
    }
}

/* --- registers -------------------------------------------------------------------------------- */

static void x87_registers(const struct lockstep_gen *g, struct x86_fpu *f)
{
    memset(f, 0, sizeof *f);
    f->fcw = (uint16_t)(0x7f | (g->rnd() & 0xf00));
    f->fcw &= pick(g, 12) ? 0xffff : (uint16_t)(0xffc0 | g->rnd());
    f->fsw = (uint16_t)(g->rnd() & 0x7f00);
    f->fsw |= pick(g, 4) ? 0 : (uint16_t)(g->rnd() & f->fcw & 0x3f);
    f->ftw = pick(g, 3) ? (uint8_t)(g->rnd() | g->rnd()) : 0xff;
    for (unsigned k = 0; k < 8; k++) {
        uint64_t m = g->rnd();
        uint16_t se;
        corner_x87(g->rnd, &m, &se);
        f->r[k].mant = m;
        f->r[k].se = se;
    }
}

void lockstep_registers(const struct lockstep_gen *g, struct x86_state *s)
{
    x87_registers(g, &s->fpu);
    s->fpu.mxcsr = 0x1f80 | (uint32_t)(g->rnd() & 0x603f);
    s->fpu.mxcsr |= pick(g, 8) ? 0 : 0x8040;
    s->fpu.mxcsr &= pick(g, 12) ? ~0u : ~(uint32_t)(g->rnd() & 0x1f80);
    for (unsigned k = 0; k < 16; k++) {
        enum corner_kind kind = (enum corner_kind)pick(g, 3);
        memset(&s->vec[k], 0, sizeof s->vec[k]);
        for (unsigned n = 0; n < 4; n++) {
            s->vec[k].u64[n] = corner_vec(g->rnd, kind);
        }
    }
}
