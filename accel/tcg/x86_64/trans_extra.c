/* SPDX-License-Identifier: MIT */
/* Which family has the code for an instruction, and what the families share. */
#include "accel/tcg/x86_64/trans_extra.h"

enum family { F_NONE, F_VEC, F_BITS, F_MULDIV, F_ATOMIC, F_MISC, F_STRING, F_X87, F_SYS, F_COUNT };

static trans_classify_fn *const classify[F_COUNT] = {
    [F_VEC] = trans_vec_classify,       [F_BITS] = trans_bits_classify,
    [F_MULDIV] = trans_muldiv_classify, [F_ATOMIC] = trans_atomic_classify,
    [F_MISC] = trans_misc_classify,     [F_X87] = trans_x87_classify,
    [F_STRING] = trans_string_classify, [F_SYS] = trans_sys_classify,
};

static trans_gen_fn *const generate[F_COUNT] = {
    [F_VEC] = trans_vec,       [F_BITS] = trans_bits, [F_MULDIV] = trans_muldiv,
    [F_ATOMIC] = trans_atomic, [F_MISC] = trans_misc, [F_X87] = trans_x87,
    [F_STRING] = trans_string, [F_SYS] = trans_sys,
};

static enum family of_int(const struct x86_insn *i)
{
    if (i->prefixes & X86_PFX_LOCK) {
        return F_ATOMIC;
    }
    switch (i->op) {
    case X86_OP_MUL:
    case X86_OP_IMUL:
    case X86_OP_DIV:
    case X86_OP_IDIV: return F_MULDIV;
    case X86_OP_XADD:
    case X86_OP_CMPXCHG:
    case X86_OP_CMPXCHG8B:
    case X86_OP_CMPXCHG16B:
    case X86_OP_XCHG: return F_ATOMIC;
    case X86_OP_BT:
    case X86_OP_BTS:
    case X86_OP_BTR:
    case X86_OP_BTC:
    case X86_OP_BSF:
    case X86_OP_BSR:
    case X86_OP_SHLD:
    case X86_OP_SHRD:
    case X86_OP_RCL:
    case X86_OP_RCR:
    case X86_OP_ROL:
    case X86_OP_ROR:
    case X86_OP_SHL:
    case X86_OP_SHR:
    case X86_OP_SAR:
    case X86_OP_MOVBE:
    case X86_OP_CRC32: return F_BITS;
    default: return F_MISC;
    }
}

static enum family family_of(const struct x86_insn *i)
{
    switch (i->cls) {
    case X86_CLS_INT: return of_int(i);
    case X86_CLS_GPR_HOST: return F_BITS;
    case X86_CLS_MMX:
    case X86_CLS_SSE:
    case X86_CLS_AVX: return F_VEC;
    case X86_CLS_X87: return F_X87;
    case X86_CLS_STRING: return F_STRING;
    case X86_CLS_SYSTEM: return F_SYS;
    default: return F_NONE;
    }
}

bool trans_extra_classify(const struct jit *j, const struct x86_insn *i, struct trans_info *f)
{
    (void)j;
    enum family n = family_of(i);
    return classify[n] && i->mode != 2 && classify[n](i, f);
}

void trans_extra(struct trans *t, const struct x86_insn *i, unsigned k)
{
    generate[family_of(i)](t, i, k);
}

/* --- shared ----------------------------------------------------------------------------------- */

const struct x86_operand *trans_mem_opnd(const struct x86_insn *i)
{
    for (unsigned k = 0; k < i->nopnd; k++) {
        if (i->opnd[k].kind == X86_OPND_MEM) {
            return &i->opnd[k];
        }
    }
    return NULL;
}

const struct x86_operand *trans_opnd_at(const struct x86_insn *i, unsigned loc)
{
    for (unsigned k = 0; k < i->nopnd; k++) {
        if (i->opnd[k].loc == loc) {
            return &i->opnd[k];
        }
    }
    return NULL;
}

bool trans_plain_operands(const struct x86_insn *i, struct trans_info *f)
{
    f->wregs = 0;
    for (unsigned k = 0; k < i->nopnd; k++) {
        const struct x86_operand *o = &i->opnd[k];
        switch (o->kind) {
        case X86_OPND_NONE:
        case X86_OPND_IMM: break;
        case X86_OPND_GPR:
            f->wregs |= o->access & (X86_ACC_W | X86_ACC_CR) ? (uint16_t)(1u << o->reg) : 0;
            break;
        case X86_OPND_MEM:
            if (i->adsize < 4 || !i->has_modrm || o->size == 0) {
                return false;
            }
            f->mem = true;
            break;
        default: return false;
        }
    }
    return true;
}

struct emit_mem trans_mem_aligned(struct trans *t, unsigned k, unsigned size, bool write,
                                  unsigned align)
{
    t->align = align > 1 ? (uint8_t)align : 0;
    return trans_mem(t, k, size, write);
}

struct emit_mem trans_mem_t1(struct trans *t, const struct emit_mem *m)
{
    emit_xrmm(&t->e, 8, 0x8d, T1, m);
    return (struct emit_mem){ .base = T1, .index = -1 };
}

void trans_flags_merge(struct trans *t, unsigned k)
{
    if (trans_flags_needed(t, k)) {
        trans_flags_use(t);
    }
}
