/* SPDX-License-Identifier: MIT */
/*
 * MMX, SSE, AVX: guest vector registers are the host's (trans.h), so an instruction is copied,
 * with its memory operand and its general registers changed. Unaligned operands that would fault,
 * and whatever touches memory element by element, are the handler's.
 */
#include <string.h>

#include "accel/tcg/x86_64/trans_extra.h"
#include "accel/x86/data_insn.h"

enum { MXCSR_FLAGS = 0x3f, MXCSR_MASKS = 0x1f80 };

/* --- which ------------------------------------------------------------------------------------ */

static bool is_pcmpestr(unsigned op)
{
    return op == X86_OP_PCMPESTRI || op == X86_OP_PCMPESTRM || op == X86_OP_VPCMPESTRI ||
           op == X86_OP_VPCMPESTRM;
}

static bool is_pcmpstri(unsigned op)
{
    return op == X86_OP_PCMPESTRI || op == X86_OP_PCMPISTRI || op == X86_OP_VPCMPESTRI ||
           op == X86_OP_VPCMPISTRI;
}

/* Left to their handlers. */
static bool refused(const struct x86_insn *i)
{
    switch (i->op) {
    case X86_OP_MASKMOVQ:
    case X86_OP_MASKMOVDQU:
    case X86_OP_VMASKMOVDQU:
    case X86_OP_VMASKMOVPS:
    case X86_OP_VMASKMOVPD:
    case X86_OP_VPMASKMOVD:
    case X86_OP_VPMASKMOVQ:
    case X86_OP_VGATHERDPS:
    case X86_OP_VGATHERDPD:
    case X86_OP_VGATHERQPS:
    case X86_OP_VGATHERQPD:
    case X86_OP_VPGATHERDD:
    case X86_OP_VPGATHERDQ:
    case X86_OP_VPGATHERQD:
    case X86_OP_VPGATHERQQ: return true;
    case X86_OP_VZEROALL:
    case X86_OP_VZEROUPPER: return i->mode != 8; /* leave registers 8 to 15 alone there */
    default: return false;
    }
}

static bool is_mxcsr(unsigned op)
{
    return op == X86_OP_LDMXCSR || op == X86_OP_STMXCSR || op == X86_OP_VLDMXCSR ||
           op == X86_OP_VSTMXCSR;
}

static bool operand_ok(const struct x86_insn *i, const struct x86_operand *o, struct trans_info *f)
{
    switch (o->kind) {
    case X86_OPND_NONE:
    case X86_OPND_IMM:
    case X86_OPND_XMM:
    case X86_OPND_YMM: return true;
    case X86_OPND_MM: f->vec |= TRANS_X87; return true;
    case X86_OPND_GPR:
        f->wregs |= o->access & X86_ACC_W ? (uint16_t)(1u << o->reg) : 0;
        return o->size >= 4 || !(o->access & X86_ACC_W);
    case X86_OPND_MEM: f->mem = true; return o->size != 0 && i->adsize >= 4;
    default: return false;
    }
}

bool trans_vec_classify(const struct x86_insn *i, struct trans_info *f)
{
    f->wregs = is_pcmpstri(i->op) ? 1u << X86_RCX : 0;
    f->vec = i->cls == X86_CLS_AVX ? TRANS_AVX : i->cls == X86_CLS_SSE ? TRANS_SSE : TRANS_X87;
    for (unsigned k = 0; k < i->nopnd; k++) {
        if (!operand_ok(i, &i->opnd[k], f)) {
            return false;
        }
    }
    unsigned props = x86_data_props(i);
    bool loads = i->op == X86_OP_LDMXCSR || i->op == X86_OP_VLDMXCSR;
    f->vec |= (props & X86_STUB_FP) || loads ? TRANS_FP : 0;
    f->writes = props & X86_STUB_FLAGS_OUT ? FL_ALL : FL_NONE;
    return !refused(i) && (i->cls != X86_CLS_AVX || __builtin_cpu_supports("avx"));
}

/* --- memory ----------------------------------------------------------------------------------- */

/* The flags that were raised are in the host's register, the masks in st. */
static void gen_mxcsr(struct trans *t, const struct x86_insn *i, unsigned k)
{
    struct emit *e = &t->e;
    bool load = i->op == X86_OP_LDMXCSR || i->op == X86_OP_VLDMXCSR;
    trans_clobber(t, k);
    struct emit_mem m = trans_mem(t, k, 4, !load);
    if (load) { /* only what keeps all exceptions masked */
        emit_xrmm(e, 4, 0x8b, T1, &m);
        emit_xrr(e, 4, 0x8b, T2, T1);
        emit_alu_ri(e, 4, 6, T2, MXCSR_MASKS);
        emit_xrr(e, 4, 0xf7, 0, T2);
        emit_32(e, 0xffff0000u | MXCSR_MASKS);
        trans_slow(t, k, emit_jcc(e, 5));
        t->slow[t->n_slow - 1].leave = true; /* what follows takes masked ones for granted */
        emit_xrc(e, 4, 0x89, T1, OFF(st.fpu.mxcsr), 0);
        emit_xrc(e, 4, 0x0fae, 2, OFF(st.fpu.mxcsr), 0);
        return;
    }
    emit_xrc(e, 4, 0x0fae, 3, OFF(jit.tmp), 0);
    emit_xrc(e, 4, 0x8b, T1, OFF(jit.tmp), 0);
    emit_alu_ri(e, 4, 4, T1, MXCSR_FLAGS);
    emit_xrc(e, 4, 0x0b, T1, OFF(st.fpu.mxcsr), 0);
    emit_xrmm(e, 4, 0x89, T1, &m);
}

/* --- code ------------------------------------------------------------------------------------- */

/* The host register of a register operand. */
static unsigned host_reg(struct trans *t, const struct x86_operand *o, unsigned tmp)
{
    if (o->kind != X86_OPND_GPR) {
        return o->kind == X86_OPND_MM ? o->reg & 7u : o->reg;
    }
    return o->access & X86_ACC_R ? trans_get(t, o->reg, tmp) : trans_dest(o->reg, tmp);
}

void trans_vec(struct trans *t, const struct x86_insn *i, unsigned k)
{
    if (is_mxcsr(i->op)) {
        gen_mxcsr(t, i, k);
        return;
    }
    struct emit *e = &t->e;
    struct emit_form f = emit_form_of(i);
    const struct x86_operand *mem = trans_mem_opnd(i);
    const struct x86_operand *reg = trans_opnd_at(i, X86_LOC_REG);
    const struct x86_operand *rm = trans_opnd_at(i, X86_LOC_RM);
    struct emit_mem m = { .base = -1 };
    if (mem) {
        m = trans_mem_aligned(t, k, mem->size, mem->access & X86_ACC_W,
                              x86_data_alignment(i, mem->size));
    }
    if (is_pcmpestr(i->op)) {
        m = mem ? trans_mem_t1(t, &m) : m;
        emit_xrr(e, 8, 0x8b, H_RAX, trans_get(t, X86_RAX, H_RAX));
    }
    unsigned r = reg ? host_reg(t, reg, T1) : i->modrm >> 3 & 7u;
    if (i->op == X86_OP_EMMS) {
        emit_8(e, 0x0f);
        emit_8(e, 0x77);
    } else if (!i->has_modrm) { /* VZEROUPPER, VZEROALL */
        emit_8(e, 0xc5);
        emit_8(e, i->vex_l ? 0xfc : 0xf8);
        emit_8(e, 0x77);
    } else if (mem) {
        emit_frm(e, &f, r, &m);
    } else {
        unsigned b = rm ? host_reg(t, rm, T2) : i->modrm & 7u;
        emit_frr(e, &f, r, b);
        if (rm && rm->kind == X86_OPND_GPR && (rm->access & X86_ACC_W)) {
            trans_put(t, rm->reg, b);
        }
    }
    if (reg && reg->kind == X86_OPND_GPR && (reg->access & X86_ACC_W)) {
        trans_put(t, reg->reg, r);
    }
    if (t->info[k].writes) {
        trans_flags_set(t, k);
    }
}
