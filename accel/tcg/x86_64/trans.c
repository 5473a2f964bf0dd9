/* SPDX-License-Identifier: MIT */
/*
 * Host code for a block and those that are likely to follow. Every instruction either has inline
 * code or is a call of its handler (jit.c). Inline code that accesses memory checks the TLB; on a
 * miss the handler does the whole instruction out of line, so that faults, I/O memory and writes to
 * code need nothing else here.
 *
 * Flags stay in the host's until something would change them. Then they are packed into
 * cpu->jit.flags, or dropped if the next instruction that sets them comes before any that reads
 * them. A fault in between could show them: that is why they may be dropped only if they can be
 * computed again from registers (recompute), which the slow paths in between do.
 */
#include "accel/tcg/x86_64/trans.h"

#include <stddef.h>
#include <string.h>

/* --- classes ---------------------------------------------------------------------------------- */

static uint16_t written_regs(const struct x86_insn *i)
{
    unsigned w = 0;
    for (unsigned k = 0; k < i->nopnd; k++) {
        if (i->opnd[k].kind == X86_OPND_GPR && (i->opnd[k].access & X86_ACC_W)) {
            w |= 1u << i->opnd[k].reg;
        }
    }
    switch (i->op) {
    case X86_OP_PUSH:
    case X86_OP_POP:
    case X86_OP_CALL:
    case X86_OP_RET: w |= 1u << X86_RSP; break;
    case X86_OP_LEAVE: w |= 1u << X86_RSP | 1u << X86_RBP; break;
    case X86_OP_CBW: w |= 1u << X86_RAX; break;
    case X86_OP_CWD: w |= 1u << X86_RDX; break;
    default: break;
    }
    return (uint16_t)w;
}

static bool mem_ok(const struct x86_insn *i)
{
    return i->adsize == 8 || i->adsize == 4;
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

static bool classify_int(const struct x86_insn *i, struct trans_info *f)
{
    if (i->cls != X86_CLS_INT || (i->prefixes & X86_PFX_LOCK)) {
        return false;
    }
    for (unsigned k = 0; k < i->nopnd; k++) {
        if (!opnd_ok(i, k)) {
            return false;
        }
        f->mem |= i->opnd[k].kind == X86_OPND_MEM && i->op != X86_OP_LEA;
    }
    f->wregs = written_regs(i);
    return trans_int_classify(i, f);
}

static void classify(const struct jit *j, const struct x86_insn *i, struct trans_info *f)
{
    *f = (struct trans_info){ 0 };
    if (i->op == X86_OP_NOP || i->op == X86_OP_ENDBR || i->op == X86_OP_PREFETCH) {
        f->inl = true;
        return;
    }
    if (i->feature && !(j->cpu->model && x86_has(j->cpu->model, i->feature))) {
        return;
    }
    if (classify_int(i, f)) {
        f->inl = true;
        return;
    }
    *f = (struct trans_info){ .wregs = 0xffff };
    f->inl = f->extra = trans_extra_classify(j, i, f);
    if (!f->inl) {
        *f = (struct trans_info){ 0 };
    }
}

/* --- registers ------------------------------------------------------------------------------- */

unsigned trans_get(struct trans *t, unsigned g, unsigned tmp)
{
    if (tcg_host_reg[g] != JIT_NO_REG) {
        return tcg_host_reg[g];
    }
    emit_xrc(&t->e, 8, 0x8b, tmp, GPR(g), 0);
    return tmp;
}

unsigned trans_dest(unsigned g, unsigned tmp)
{
    return tcg_host_reg[g] != JIT_NO_REG ? tcg_host_reg[g] : tmp;
}

void trans_put(struct trans *t, unsigned g, unsigned host)
{
    if (tcg_host_reg[g] == JIT_NO_REG) {
        emit_xrc(&t->e, 8, 0x89, host, GPR(g), 0);
    } else if (tcg_host_reg[g] != host) {
        emit_xrr(&t->e, 8, 0x8b, tcg_host_reg[g], host);
    }
}

/* --- flags ----------------------------------------------------------------------------------- */

static void load_flags(struct trans *t)
{
    struct emit *e = &t->e;
    emit_xrc(e, 4, 0x0fb7, T0, OFF(jit.flags), 0);
    emit_alu_ri(e, 1, 0, T0, 0x7f); /* OF */
    emit_8(e, 0x9e);                /* SAHF */
}

static void store_flags(struct trans *t)
{
    struct emit *e = &t->e;
    emit_8(e, 0x9f); /* LAHF */
    emit_xrr(e, 1, 0x0f90, 0, T0);
    emit_xrc(e, 2, 0x89, T0, OFF(jit.flags), 0);
}

/* The guest's flags are in cpu->jit.flags from here on. T0 is gone if they were not. */
void trans_pack(struct trans *t)
{
    if (t->live && !t->packed) {
        store_flags(t);
        t->packed = true;
    }
}

void trans_flags_use(struct trans *t)
{
    if (!t->live) {
        load_flags(t);
        t->live = true;
    }
}

void trans_need_cf(struct trans *t)
{
    if (!t->live) {
        emit_xrc(&t->e, 4, 0x0fba, 4, OFF(jit.flags), 1); /* BT: CF is bit 0 of AH */
        emit_8(&t->e, 8);
    }
}

void trans_flags_set(struct trans *t, unsigned k)
{
    t->live = true;
    t->packed = false;
    t->producer = (int)k;
    t->recipe = -1;
}

/* May the code of instruction k be left on the way? */
static bool observes(const struct trans *t, unsigned k)
{
    const struct trans_info *f = &t->info[k];
    return !f->inl || f->mem || f->extra;
}

bool trans_flags_needed(const struct trans *t, unsigned k)
{
    for (unsigned n = k + 1; n < t->n; n++) {
        if (observes(t, n) || t->info[n].reads) {
            return true;
        }
        if (t->info[n].writes == FL_ALL) {
            return false;
        }
    }
    return true;
}

/* Registers from which the flags of instruction k can be had afterwards, 0: they cannot. */
static unsigned recipe_regs(const struct x86_insn *i)
{
    const struct x86_operand *d = &i->opnd[0], *s = &i->opnd[1];
    unsigned src = 0;
    if (d->kind != X86_OPND_GPR || (i->prefixes & X86_PFX_LOCK)) {
        return 0;
    }
    if (s->kind == X86_OPND_GPR) {
        src = 1u << s->reg;
    } else if (s->kind != X86_OPND_IMM && i->op != X86_OP_NEG) {
        return i->op == X86_OP_AND || i->op == X86_OP_OR || i->op == X86_OP_XOR ? 1u << d->reg : 0;
    }
    switch (i->op) {
    case X86_OP_CMP:
    case X86_OP_TEST: return src | 1u << d->reg;
    case X86_OP_ADD:
    case X86_OP_SUB: return src == 1u << d->reg ? 0 : src | 1u << d->reg;
    case X86_OP_AND:
    case X86_OP_OR:
    case X86_OP_XOR:
    case X86_OP_NEG: return 1u << d->reg;
    default: return 0;
    }
}

/* Before instruction k, whose checks are about to destroy the producer's flags: are these
 * overwritten before any instruction reads them, and until then to be had from registers? */
static bool droppable(const struct trans *t, unsigned k)
{
    unsigned regs = t->producer < 0 ? 0 : recipe_regs(t->insn[t->producer]);
    if (!regs) {
        return false;
    }
    for (unsigned n = k; n < t->n; n++) {
        const struct trans_info *f = &t->info[n];
        if (!f->inl || f->reads || ((f->mem || f->extra) && !regs)) {
            return false;
        }
        if (f->writes == FL_ALL) {
            return true;
        }
        if (f->wregs & regs) {
            regs = 0; /* not from here on */
        }
    }
    return false;
}

static bool producer_intact(const struct trans *t, unsigned k)
{
    unsigned regs = t->producer < 0 ? 0 : recipe_regs(t->insn[t->producer]);
    for (unsigned n = (unsigned)t->producer + 1; regs && n < k; n++) {
        if (t->info[n].wregs & regs) {
            return false;
        }
    }
    return true;
}

void trans_clobber(struct trans *t, unsigned k)
{
    if (t->live && !t->packed) {
        if (producer_intact(t, k) && droppable(t, k)) {
            t->recipe = t->producer;
        } else {
            store_flags(t);
            t->packed = true;
        }
    }
    t->live = false;
}

static int32_t imm_of(const struct x86_insn *i, unsigned size)
{
    return size == 1 ? (int8_t)i->imm : size == 2 ? (int16_t)i->imm : (int32_t)i->imm;
}

/* alu T1, second operand */
static void again(struct trans *t, const struct x86_insn *i, unsigned size, unsigned alu)
{
    if (i->opnd[1].kind == X86_OPND_IMM) {
        emit_alu_ri(&t->e, size, alu, T1, imm_of(i, size));
    } else {
        emit_oprr(&t->e, size, alu << 3 | 2, T1, trans_get(t, i->opnd[1].reg, T2));
    }
}

/* Slow paths: the host's flags become those that instruction k left, from the registers. */
static void recompute(struct trans *t, unsigned k)
{
    struct emit *e = &t->e;
    const struct x86_insn *i = t->insn[k];
    unsigned size = i->opnd[0].size;
    emit_xrr(e, 8, 0x8b, T1, trans_get(t, i->opnd[0].reg, T0));
    switch (i->op) {
    case X86_OP_CMP: again(t, i, size, 7); break;
    case X86_OP_ADD:
        again(t, i, size, 5);
        again(t, i, size, 0);
        break;
    case X86_OP_SUB:
        again(t, i, size, 0);
        again(t, i, size, 5);
        break;
    case X86_OP_NEG:
        emit_oprr(e, size, 0xf6, 3, T1);
        emit_oprr(e, size, 0xf6, 3, T1);
        break;
    case X86_OP_TEST:
        if (i->opnd[1].kind == X86_OPND_IMM) {
            emit_oprr(e, size, 0xf6, 0, T1);
            emit_imm(e, size == 8 ? 4 : size, imm_of(i, size));
        } else {
            emit_oprr(e, size, 0x84, trans_get(t, i->opnd[1].reg, T2), T1);
        }
        break;
    default: emit_oprr(e, size, 0x84, T1, T1); break;
    }
    store_flags(t);
}

/* --- memory ---------------------------------------------------------------------------------- */

void trans_slow(struct trans *t, unsigned k, uint8_t *jcc)
{
    struct slow *s = t->n_slow ? &t->slow[t->n_slow - 1] : NULL;
    if (!s || s->insn != k) {
        s = &t->slow[t->n_slow++];
        *s = (struct slow){ .insn = k, .recipe = t->recipe };
    }
    if (jcc) {
        s->from[s->n++] = jcc;
    }
}

void trans_ea(struct trans *t, unsigned k, unsigned dst)
{
    struct emit *e = &t->e;
    const struct x86_insn *i = t->insn[k];
    unsigned size = i->adsize;
    if (!i->has_modrm) {
        emit_mov_ri(e, dst, size == 8 ? i->imm : (uint32_t)i->imm);
    } else if (i->base == X86_REG_RIP) {
        trans_rip(t, dst, (int32_t)(t->off[k] + i->len) + i->disp);
        if (size == 4) {
            emit_xrr(e, 4, 0x8b, dst, dst);
        }
    } else if (i->index < X86_GPR_COUNT) {
        unsigned x = trans_get(t, i->index, T1);
        int b = i->base < X86_GPR_COUNT ? (int)trans_get(t, i->base, T2) : -1;
        emit_xrmx(e, size, 0x8d, dst, b, x, i->scale, i->disp);
    } else if (i->base < X86_GPR_COUNT) {
        emit_xrm(e, size, 0x8d, dst, trans_get(t, i->base, T2), i->disp);
    } else {
        emit_mov_ri(e, dst, size == 8 ? (uint64_t)(int64_t)i->disp : (uint32_t)i->disp);
    }
}

static int32_t new_slot(struct trans *t, unsigned k, bool write)
{
    unsigned kind = 2u * t->j->cpu->user + write;
    unsigned n = kind * X86_JIT_SLOTS + t->j->next_slot[kind]++ % X86_JIT_SLOTS;
    unsigned bk = t->in[k];
    t->j->owner[n] = (struct jit_owner){ t->b, t->block[bk], t->j->cpu->insn_count,
                                         k - t->first[bk] };
    return OFF(slot) + (int32_t)(n * sizeof(struct x86_jit_slot));
}

static bool marked(const struct trans *t, unsigned k, bool large)
{
    const struct x86_block *b = t->block[t->in[k]];
    return (large ? b->big : b->plain) >> (k - t->first[t->in[k]]) & 1;
}

#define SLOT(field) (int32_t)offsetof(struct x86_jit_slot, field)

static struct trans_miss *add_miss(struct trans *t, unsigned k, unsigned size, bool write)
{
    struct trans_miss *m = &t->miss[t->n_miss++];
    *m = (struct trans_miss){ .slot = new_slot(t, k, write),
                              .insn = k,
                              .last = (uint8_t)(size - 1),
                              .write = write };
    trans_slow(t, k, NULL);
    return m;
}

/* T0: linear address. */
static void check_aligned(struct trans *t, unsigned k)
{
    if (t->align) {
        emit_oprr(&t->e, 1, 0xf6, 0, T0);
        emit_8(&t->e, t->align - 1u);
        trans_slow(t, k, emit_jcc(&t->e, 5));
        t->align = 0;
    }
}

/* Where slots are no good. T0: linear address in, host address out. */
static void ask_tlb(struct trans *t, struct trans_miss *m, bool large)
{
    struct emit *e = &t->e;
    _Static_assert(sizeof(struct x86_tlb_entry) == 32, "a page number is scaled by 2^5");
    emit_xrr(e, 8, 0x8b, T1, T0);
    emit_xrr(e, 8, 0xc1, 5, T1);
    emit_8(e, (large ? 21 : 12) - 5);
    emit_alu_ri(e, 4, 4, T1, (int32_t)((large ? X86_BIG_SIZE - 1 : X86_TLB_SIZE - 1) << 5));
    emit_xrc(e, 8, 0x03, T1, large ? OFF(jit.big) : OFF(jit.tlb), 0);
    emit_xrm(e, 8, 0x8d, T2, T0, m->last);
    emit_alu_ri(e, 8, 4, T2, large ? -(int32_t)X86_BIG_SPAN : -4096);
    emit_xrm(e, 8, 0x3b, T2, T1,
             m->write ? offsetof(struct x86_tlb_entry, tag_w)
                      : offsetof(struct x86_tlb_entry, tag_r));
    m->from = emit_jcc(e, 5);
    emit_xrm(e, 8, 0x03, T0, T1, offsetof(struct x86_tlb_entry, addend));
    m->back = e->p;
}

struct emit_mem trans_mem_t0(struct trans *t, unsigned k, unsigned size, bool write)
{
    struct emit *e = &t->e;
    trans_clobber(t, k);
    struct trans_miss *m = add_miss(t, k, size, write);
    check_aligned(t, k);
    if (marked(t, k, false)) {
        ask_tlb(t, m, marked(t, k, true));
        return (struct emit_mem){ .base = T0, .index = -1 };
    }
    emit_xrr(e, 8, 0x8b, T1, T0);
    emit_xrc(e, 8, 0x2b, T1, m->slot + SLOT(base), 0);
    emit_xrc(e, 8, 0x3b, T1, m->slot + SLOT(limit), 0);
    m->from = emit_jcc(e, 3);
    emit_xrc(e, 8, 0x03, T0, m->slot + SLOT(addend), 0);
    m->back = e->p;
    return (struct emit_mem){ .base = T0, .index = -1 };
}

/* 64-bit code, base in a host register: the address need not be computed on the fast path. */
static struct emit_mem direct(struct trans *t, unsigned k, const struct emit_mem *ea, unsigned size,
                              bool write)
{
    struct emit *e = &t->e;
    trans_clobber(t, k);
    struct trans_miss *m = add_miss(t, k, size, write);
    m->direct = true;
    m->ea = *ea;
    if (ea->disp) {
        emit_xrmm(e, 8, 0x8d, T0, ea);
    } else {
        emit_xrr(e, 8, 0x8b, T0, (unsigned)ea->base);
    }
    check_aligned(t, k);
    emit_xrc(e, 8, 0x2b, T0, m->slot + SLOT(base), 0);
    emit_xrc(e, 8, 0x3b, T0, m->slot + SLOT(limit), 0);
    m->from = emit_jcc(e, 3);
    emit_xrc(e, 8, 0x8b, T0, m->slot + SLOT(addend), 0);
    m->back = e->p;
    return (struct emit_mem){ .base = ea->base, .index = T0, .disp = ea->disp };
}

struct emit_mem trans_mem_reg(struct trans *t, unsigned k, unsigned g, int32_t disp, unsigned size,
                              bool write)
{
    unsigned host = tcg_host_reg[g];
    if (!trans_legacy(t) && host != JIT_NO_REG && !marked(t, k, false)) {
        return direct(t, k, &(struct emit_mem){ (int)host, -1, 0, disp }, size, write);
    }
    trans_clobber(t, k);
    emit_xrm(&t->e, trans_word(t), 0x8d, T0, trans_get(t, g, T0), disp);
    return trans_mem_t0(t, k, size, write);
}

static void emit_miss(struct trans *t, const struct trans_miss *m)
{
    struct emit *e = &t->e;
    emit_patch(m->from, e->p);
    if (m->direct) {
        emit_xrmm(e, 8, 0x8d, T0, &m->ea);
    }
    emit_mov_ri(e, T1, m->last);
    emit_mov_ri(e, T2, (uint64_t)m->slot);
    emit_call_to(e, t->j->miss[m->write]);
    uint8_t *slow = emit_jcc(e, 2);
    emit_xrr(e, 8, m->direct ? 0x8b : 0x03, T0, T1);
    emit_jmp_to(e, m->back);
    for (unsigned n = 0; n < t->n_slow; n++) {
        if (t->slow[n].insn == m->insn) {
            t->slow[n].from[t->slow[n].n++] = slow;
        }
    }
}

/* T0: offset in a segment of 32-bit code that need not be flat; becomes the linear address. */
static void check_segment(struct trans *t, unsigned k, unsigned seg, bool write)
{
    struct emit *e = &t->e;
    int32_t r = OFF(range) + (int32_t)(seg * sizeof(struct x86_seg_range));
    emit_alu_ci(e, 4, 7, r + (int32_t)offsetof(struct x86_seg_range, last), -1);
    trans_slow(t, k, emit_jcc(e, 5));
    emit_alu_ci(e, 4, 7, r + (int32_t)offsetof(struct x86_seg_range, first), 0);
    trans_slow(t, k, emit_jcc(e, 5));
    emit_xrc(e, 1, 0xf6, 0, r + (int32_t)offsetof(struct x86_seg_range, perm), 1);
    emit_8(e, 1u << (write ? X86_ACCESS_WRITE : X86_ACCESS_READ));
    trans_slow(t, k, emit_jcc(e, 4));
    emit_xrc(e, 4, 0x03, T0, r + (int32_t)offsetof(struct x86_seg_range, base), 0);
}

struct emit_mem trans_mem(struct trans *t, unsigned k, unsigned size, bool write)
{
    const struct x86_insn *i = t->insn[k];
    trans_clobber(t, k);
    if (!trans_legacy(t) && i->has_modrm && i->base < X86_GPR_COUNT && i->index >= X86_GPR_COUNT &&
        i->adsize == 8 && i->seg < X86_FS && tcg_host_reg[i->base] != JIT_NO_REG) {
        return trans_mem_reg(t, k, i->base, i->disp, size, write);
    }
    trans_ea(t, k, T0);
    if (trans_legacy(t)) {
        if (i->seg == X86_CS && write) { /* never writable */
            trans_slow(t, k, emit_jmp(&t->e));
        } else if (i->seg >= X86_FS || i->seg == X86_CS) {
            check_segment(t, k, i->seg, write);
        }
    } else if (i->seg >= X86_FS) {
        emit_xrc(&t->e, 8, 0x03, T0,
                 OFF(st.seg) + (int32_t)(i->seg * sizeof(struct x86_seg)) +
                     (int32_t)offsetof(struct x86_seg, base),
                 0);
    }
    return trans_mem_t0(t, k, size, write);
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

unsigned trans_rest(const struct trans *t, unsigned k)
{
    return t->n - k;
}

static void call_handler(struct trans *t, unsigned k, unsigned slow)
{
    struct emit *e = &t->e;
    const uint8_t *arena = t->j->cpu->blocks->arena;
    unsigned bk = t->in[k];
    emit_mov_ri(e, T0, (uint64_t)((const uint8_t *)t->insn[k] - arena));
    emit_mov_ri(e, T1, (uint64_t)((const uint8_t *)t->block[bk] - arena));
    emit_mov_ri(e, T2, t->off[k] | slow | trans_rest(t, t->first[bk]) << 16);
    emit_call_to(e, ignores_flags(t->insn[k]) ? t->j->exec_noflags : t->j->exec);
}

void trans_call(struct trans *t, unsigned k)
{
    trans_pack(t);
    call_handler(t, k, 0);
    t->live = false;
    t->packed = true;
    t->recipe = -1;
    t->vec = 0;
}

/* --- vector state ----------------------------------------------------------------------------- */

/* Bits of JIT_LIVE_* that tell that all of `want` are set, which may be one. */
static unsigned telling(unsigned want)
{
    if ((want & (JIT_LIVE_AVX | JIT_LIVE_FP)) != 0) {
        want &= ~(unsigned)JIT_LIVE_SSE;
    }
    return want;
}

/* Returns a jump that is taken if all of `want` is there; T0 and flags are gone. */
static uint8_t *if_live(struct trans *t, unsigned want)
{
    struct emit *e = &t->e;
    want = telling(want);
    if ((want & (want - 1)) == 0) {
        emit_xrc(e, 1, 0xf6, 0, OFF(jit.live), 1);
        emit_8(e, want);
        return emit_jcc(e, 5);
    }
    emit_xrc(e, 4, 0x0fb6, T0, OFF(jit.live), 0);
    emit_alu_ri(e, 4, 4, T0, (int32_t)want);
    emit_alu_ri(e, 4, 7, T0, (int32_t)want);
    return emit_jcc(e, 4);
}

/* All of this kind that instructions from k on need, up to the first call of a handler. */
static unsigned needed_from(const struct trans *t, unsigned k, unsigned kind)
{
    unsigned want = 0;
    for (; k < t->n && (t->info[k].inl || t->insn[k]->cls == X86_CLS_BRANCH); k++) {
        want |= t->info[k].vec & kind;
    }
    return want;
}

/* Instruction k needs state in the host's registers: loads it if it is not there. have: what tells
 * that loading is of no use. */
static void need_state(struct trans *t, unsigned k, unsigned kind, unsigned have,
                       const uint8_t *load)
{
    struct emit *e = &t->e;
    unsigned want = t->info[k].vec & kind;
    if ((t->vec & want) == want) {
        return;
    }
    want = needed_from(t, k, kind);
    trans_clobber(t, k);
    uint8_t *there = if_live(t, want);
    if (want != have) {
        trans_slow(t, k, if_live(t, have)); /* loaded, but this is not allowed */
    }
    emit_call_to(e, load);
    uint8_t *loaded = if_live(t, want);
    trans_slow(t, k, emit_jmp(e));
    t->slow[t->n_slow - 1].leave = true;
    if (!e->full) {
        emit_patch(there, e->p);
        emit_patch(loaded, e->p);
    }
    t->vec |= (uint8_t)want;
}

static void need_vec(struct trans *t, unsigned k)
{
    need_state(t, k, JIT_LIVE_SSE | JIT_LIVE_FP, JIT_LIVE_SSE, t->j->vec_load);
    need_state(t, k, JIT_LIVE_AVX, JIT_LIVE_AVX, t->j->avx_load);
    need_state(t, k, TRANS_X87, JIT_LIVE_X87, t->j->x87_load);
}

/* --- the translation -------------------------------------------------------------------------- */

static void emit_slow_path(struct trans *t, const struct slow *s)
{
    struct emit *e = &t->e;
    for (unsigned k = 0; k < s->n; k++) {
        emit_patch(s->from[k], e->p);
    }
    if (s->recipe >= 0) {
        recompute(t, (unsigned)s->recipe);
    }
    trans_x87_pending(t, s->insn);
    call_handler(t, s->insn, JIT_SLOW);
    if (!s->back || s->leave) { /* the handler knows where to go */
        unsigned rest = trans_rest(t, s->insn) - 1;
        if (rest) {
            emit_alu_ci(e, 8, 0, OFF(jit.budget), (int32_t)rest);
        }
        emit_xrc(e, 8, 0x8b, T0, OFF(next_rip), 0);
        bool system = t->insn[s->insn]->cls == X86_CLS_SYSTEM;
        emit_jmp_to(e, system ? t->j->exit_system : t->j->lookup);
        return;
    }
    if (s->need & JIT_LIVE_SSE) {
        emit_call_to(e, t->j->vec_load);
    }
    if (s->need & JIT_LIVE_AVX) {
        emit_call_to(e, t->j->avx_load);
    }
    if (s->need & JIT_LIVE_X87) {
        emit_call_to(e, t->j->x87_load);
    }
    if (s->flags) {
        load_flags(t);
    }
    emit_jmp_to(e, s->back);
}

/* Entry: leave if the instruction limit lies within the translation, or to look at requests. */
static uint8_t *emit_entry(struct trans *t, uint8_t **leave)
{
    emit_alu_ci(&t->e, 8, 5, OFF(jit.budget), (int32_t)t->n);
    *leave = emit_jcc(&t->e, 2);
    return t->e.p;
}

static void emit_leave(struct trans *t, uint8_t *leave)
{
    if (t->e.full) {
        return;
    }
    emit_patch(leave, t->e.p);
    emit_alu_ci(&t->e, 8, 0, OFF(jit.budget), (int32_t)t->n);
    trans_rip(t, T0, t->off[0]);
    emit_jmp_to(&t->e, t->j->exit_why[TCG_EXIT_SLICE]);
}

static bool ends_block(const struct trans *t, unsigned k)
{
    return k + 1 == t->n || t->in[k + 1] != t->in[k];
}

static void generate(struct trans *t, unsigned k)
{
    const struct x86_insn *i = t->insn[k];
    const struct trans_info *f = &t->info[k];
    if (!f->inl) {
        trans_call(t, k);
        return;
    }
    if (f->vec) {
        need_vec(t, k);
    }
    if (f->extra) {
        trans_extra(t, i, k);
    } else {
        trans_int(t, i, k);
    }
    if (t->n_slow && t->slow[t->n_slow - 1].insn == k) {
        struct slow *s = &t->slow[t->n_slow - 1];
        s->back = t->e.p;
        s->need = t->vec;
        s->flags = t->live;
    }
    t->j->stats.inline_insns++;
}

static void add_block(struct trans *t, struct x86_block *b)
{
    unsigned off = b->gpa & 0xfff;
    t->first[t->n_blocks] = (uint8_t)t->n;
    for (unsigned k = 0; k < b->n; k++) {
        t->insn[t->n] = &b->insns[k];
        t->off[t->n] = (uint16_t)off;
        t->in[t->n] = (uint8_t)t->n_blocks;
        classify(t->j, &b->insns[k], &t->info[t->n]);
        off += b->insns[k].len;
        t->n++;
    }
    t->block[t->n_blocks++] = b;
}

/* Blocks that are likely to follow one another. */
static void choose(struct trans *t)
{
    struct x86_block *b = t->b;
    while (b) {
        add_block(t, b);
        b = trans_follower(t);
    }
}

uint8_t *jit_translate(struct jit *j, struct x86_block *b, uint8_t **body)
{
    struct trans t = { .j = j, .b = b, .producer = -1, .recipe = -1, .packed = true };
    uint8_t *leave;
    t.e = jit_emit(j, j->code.rw + j->used);
    t.start = t.e.p;
    choose(&t);
    *body = emit_entry(&t, &leave);
    for (unsigned k = 0; k < t.n; k++) {
        if (ends_block(&t, k)) {
            trans_end(&t, k);
        } else {
            generate(&t, k);
        }
    }
    for (unsigned n = 0; n < t.n_miss && !t.e.full; n++) {
        emit_miss(&t, &t.miss[n]);
    }
    for (unsigned n = 0; n < t.n_slow && !t.e.full; n++) {
        emit_slow_path(&t, &t.slow[n]);
    }
    trans_links(&t);
    emit_leave(&t, leave);
    if (t.e.full) {
        return NULL;
    }
    jit_record(j, t.block, t.n_blocks);
    b->jit_n = (uint8_t)t.n;
    j->used = ((size_t)(t.e.p - j->code.rw) + 15) & ~(size_t)15;
    j->stats.translated++;
    j->stats.insns += t.n;
    j->stats.accesses += t.n_miss;
    return t.start;
}

void trans_plain(struct trans *t, unsigned k)
{
    generate(t, k);
}
