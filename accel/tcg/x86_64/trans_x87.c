/* SPDX-License-Identifier: MIT */
/*
 * x87: the guest's unit is the host's (stubs_x87.c), so an instruction is copied with its memory
 * operand changed.
 *
 * The pointers to the last instruction and its operand are not the host's. Of instructions in a row
 * only the last one writes them; should one in the middle take its slow path, those before it are
 * made good first (trans_x87_pending).
 */
#include "accel/tcg/x86_64/trans_extra.h"

enum { FCW_MASKS = 0x3f, FCW_VALID = 0x1f3f, FCW_ONE = 0x40 };

/* Control instructions, which leave the pointers alone; FNINIT clears them. */
static bool is_control(unsigned op)
{
    switch (op) {
    case X86_OP_FWAIT:
    case X86_OP_FNOP:
    case X86_OP_FNINIT:
    case X86_OP_FNCLEX:
    case X86_OP_FLDCW:
    case X86_OP_FNSTCW:
    case X86_OP_FNSTSW: return true;
    default: return false;
    }
}

static bool refused(unsigned op)
{
    switch (op) {
    case X86_OP_FNENI:
    case X86_OP_FNDISI:
    case X86_OP_FNSETPM:
    case X86_OP_FNSTENV:
    case X86_OP_FLDENV:
    case X86_OP_FNSAVE:
    case X86_OP_FRSTOR: return true;
    default: return false;
    }
}

static bool reads_flags(unsigned op)
{
    return op >= X86_OP_FCMOVB && op <= X86_OP_FCMOVNU;
}

static bool writes_flags(unsigned op)
{
    return op == X86_OP_FCOMI || op == X86_OP_FCOMIP || op == X86_OP_FUCOMI || op == X86_OP_FUCOMIP;
}

bool trans_x87_classify(const struct x86_insn *i, struct trans_info *f)
{
    const struct x86_operand *mem = trans_mem_opnd(i);
    if (refused(i->op) || (mem && (i->adsize < 4 || mem->size == 0))) {
        return false;
    }
    f->mem = mem != NULL;
    f->vec = TRANS_X87;
    f->reads = reads_flags(i->op) || writes_flags(i->op);
    f->writes = writes_flags(i->op) ? FL_SOME : FL_NONE;
    f->wregs = i->op == X86_OP_FNSTSW && !mem ? 1u << X86_RAX : 0;
    return true;
}

/* --- pointers --------------------------------------------------------------------------------- */

/* Is k an instruction that writes the pointers and has code here? */
static bool notes(const struct trans *t, unsigned k)
{
    const struct x86_insn *i = t->insn[k];
    return i->cls == X86_CLS_X87 && t->info[k].inl && !is_control(i->op);
}

/* What instructions up to k left: k notes, and so do those before it in a row. */
static void emit_pointers(struct trans *t, unsigned k)
{
    struct emit *e = &t->e;
    const struct x86_insn *i = t->insn[k];
    trans_rip(t, T0, t->off[k]);
    emit_xrc(e, 8, 0x89, T0, OFF(st.fpu.fip), 0);
    emit_xrc(e, 4, 0x0fb7, T0, OFF(st.seg[X86_CS].sel), 0);
    emit_xrc(e, 2, 0x89, T0, OFF(st.fpu.fcs), 0);
    emit_xrc(e, 2, 0xc7, 0, OFF(st.fpu.fop), 2);
    emit_imm(e, 2, (i->opcode & 7) << 8 | i->modrm);
    while (!trans_mem_opnd(i)) {
        if (k == 0 || !notes(t, k - 1)) {
            return;
        }
        i = t->insn[--k];
    }
    trans_ea(t, k, T0);
    emit_xrc(e, 8, 0x89, T0, OFF(st.fpu.fdp), 0);
    emit_xrc(e, 4, 0x0fb7, T0,
             OFF(st.seg) + (int32_t)(i->seg * sizeof(struct x86_seg)) +
                 (int32_t)offsetof(struct x86_seg, sel),
             0);
    emit_xrc(e, 2, 0x89, T0, OFF(st.fpu.fds), 0);
}

void trans_x87_pending(struct trans *t, unsigned k)
{
    if (k > 0 && notes(t, k) && notes(t, k - 1)) {
        emit_pointers(t, k - 1);
    }
}

/* --- code ------------------------------------------------------------------------------------- */

static void gen_fldcw(struct trans *t, unsigned k)
{
    struct emit *e = &t->e;
    trans_clobber(t, k);
    struct emit_mem m = trans_mem(t, k, 2, false);
    emit_xrmm(e, 4, 0x0fb7, T1, &m);
    emit_xrr(e, 4, 0x8b, T2, T1);
    emit_alu_ri(e, 4, 4, T2, FCW_MASKS);
    emit_alu_ri(e, 4, 7, T2, FCW_MASKS);
    trans_slow(t, k, emit_jcc(e, 5));
    t->slow[t->n_slow - 1].leave = true; /* what follows takes masked exceptions for granted */
    emit_alu_ri(e, 4, 4, T1, FCW_VALID);
    emit_alu_ri(e, 4, 1, T1, FCW_ONE);
    emit_xrc(e, 4, 0x89, T1, OFF(jit.tmp), 0);
    emit_xrc(e, 4, 0xd9, 5, OFF(jit.tmp), 0);
}

static void gen_fninit(struct trans *t, unsigned k)
{
    struct emit *e = &t->e;
    trans_clobber(t, k);
    emit_8(e, 0xdb);
    emit_8(e, 0xe3);
    emit_xrr(e, 4, 0x33, T0, T0);
    emit_xrc(e, 2, 0x89, T0, OFF(st.fpu.fop), 0);
    emit_xrc(e, 2, 0x89, T0, OFF(st.fpu.fcs), 0);
    emit_xrc(e, 2, 0x89, T0, OFF(st.fpu.fds), 0);
    emit_xrc(e, 8, 0x89, T0, OFF(st.fpu.fip), 0);
    emit_xrc(e, 8, 0x89, T0, OFF(st.fpu.fdp), 0);
}

static void gen_control(struct trans *t, const struct x86_insn *i, unsigned k)
{
    struct emit *e = &t->e;
    struct emit_mem m;
    switch (i->op) {
    case X86_OP_FLDCW: gen_fldcw(t, k); break;
    case X86_OP_FNINIT: gen_fninit(t, k); break;
    case X86_OP_FNCLEX:
        emit_8(e, 0xdb);
        emit_8(e, 0xe2);
        break;
    case X86_OP_FNSTCW:
        m = trans_mem(t, k, 2, true);
        emit_xrmm(e, 4, 0xd9, 7, &m);
        break;
    case X86_OP_FNSTSW:
        if (trans_mem_opnd(i)) {
            m = trans_mem(t, k, 2, true);
            emit_xrmm(e, 4, 0xdd, 7, &m);
        } else {
            emit_8(e, 0xdf); /* FNSTSW ax */
            emit_8(e, 0xe0);
            emit_xrr(e, 2, 0x8b, tcg_host_reg[X86_RAX], H_RAX);
        }
        break;
    default: break; /* FNOP; FWAIT: nothing is pending */
    }
}

void trans_x87(struct trans *t, const struct x86_insn *i, unsigned k)
{
    struct emit *e = &t->e;
    const struct x86_operand *mem = trans_mem_opnd(i);
    if (is_control(i->op)) {
        gen_control(t, i, k);
        return;
    }
    if (mem) {
        struct emit_mem m = trans_mem(t, k, mem->size, mem->access & X86_ACC_W);
        emit_xrmm(e, 4, i->opcode, i->modrm >> 3 & 7, &m);
    } else {
        if (t->info[k].reads) {
            trans_flags_use(t);
        }
        emit_8(e, i->opcode);
        emit_8(e, i->modrm);
    }
    if (t->info[k].writes) {
        trans_flags_set(t, k);
    }
    if (k + 1 == t->n || !notes(t, k + 1)) {
        emit_pointers(t, k);
    }
}
