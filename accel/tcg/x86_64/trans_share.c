/* SPDX-License-Identifier: MIT */
/*
 * Memory checks shared by the accesses of a loop. Those through the same registers, which move by
 * constants at most since the loop's head, lie at known distances from one another: one check there
 * answers for all of them in all repetitions, and leaves the host address in the frame. Where it
 * does not hold, the loop's first copy is executed instead, whose accesses are checked one by one.
 *
 * What a check found is good until a TLB entry or a tag goes away, which only handlers do: the slow
 * paths within leave the translation then.
 */
#include "accel/tcg/x86_64/trans_parts.h"
#include "accel/x86/data_insn.h"

#include <stddef.h>
#include <string.h>

enum { MOVE_MAX = 1 << 20 };

/* How the registers have moved since the loop's head. */
struct moves {
    bool lost[X86_GPR_COUNT];
    int64_t by[X86_GPR_COUNT];
};

/* Where an instruction accesses memory. */
struct place {
    unsigned base, index, scale, size, align;
    int64_t at;
    bool write;
};

static const struct x86_operand *mem_operand(const struct x86_insn *i)
{
    for (unsigned k = 0; k < i->nopnd; k++) {
        if (i->opnd[k].kind == X86_OPND_MEM) {
            return &i->opnd[k];
        }
    }
    return NULL;
}

/* PUSH, POP and LEAVE. */
static bool stack_place(const struct x86_insn *i, struct place *p)
{
    *p = (struct place){ .base = X86_RSP, .index = X86_REG_NONE, .size = 8, .align = 1 };
    switch (i->op) {
    case X86_OP_PUSH:
        p->at = -8;
        p->write = true;
        return true;
    case X86_OP_POP: return true;
    case X86_OP_LEAVE: p->base = X86_RBP; return true;
    default: return false;
    }
}

/* Only instructions whose code has one operand, reached by trans_mem or trans_mem_reg, and nothing
 * that takes lost flags for granted. */
static bool place_of(const struct trans *t, unsigned k, struct place *p)
{
    const struct x86_insn *i = t->insn[k];
    const struct trans_info *f = &t->info[k];
    const struct x86_operand *o = mem_operand(i);
    if (!f->inl || !f->mem || (i->prefixes & X86_PFX_LOCK)) {
        return false;
    }
    if (!f->extra && stack_place(i, p)) {
        return true;
    }
    bool known = !f->extra || i->cls == X86_CLS_SSE || i->cls == X86_CLS_AVX ||
                 i->cls == X86_CLS_MMX || i->cls == X86_CLS_X87;
    if (!o || !known || !i->has_modrm || i->adsize != 8 || i->seg >= X86_FS || o->size > 32) {
        return false;
    }
    *p = (struct place){ i->base, i->index, i->scale, o->size, x86_data_alignment(i, o->size),
                         i->disp, o->access & X86_ACC_W };
    if (!f->extra) {
        p->align = 1;
    }
    if (p->base == X86_REG_RIP) {
        p->at += t->off[k] + i->len;
    }
    return true;
}

static void move(struct moves *m, unsigned reg, int64_t by)
{
    m->by[reg] += by;
    if (m->by[reg] > MOVE_MAX || m->by[reg] < -MOVE_MAX) {
        m->lost[reg] = true;
    }
}

/* Does instruction i add a constant to one register and leave the others alone? */
static bool moves_by_constant(const struct x86_insn *i, unsigned *reg, int64_t *by)
{
    *reg = i->opnd[0].reg;
    if (i->op == X86_OP_PUSH) {
        *reg = X86_RSP;
        *by = -8;
        return true;
    }
    if (i->opnd[0].kind != X86_OPND_GPR || i->opnd[0].size != 8) {
        return false;
    }
    switch (i->op) {
    case X86_OP_ADD: *by = (int32_t)i->imm; return i->opnd[1].kind == X86_OPND_IMM;
    case X86_OP_SUB: *by = -(int64_t)(int32_t)i->imm; return i->opnd[1].kind == X86_OPND_IMM;
    case X86_OP_INC: *by = 1; return true;
    case X86_OP_DEC: *by = -1; return true;
    case X86_OP_LEA:
        *by = i->disp;
        return i->base == *reg && i->index == X86_REG_NONE && i->adsize == 8;
    default: return false;
    }
}

static void follow(struct moves *m, const struct x86_insn *i, const struct trans_info *f)
{
    unsigned reg;
    int64_t by;
    if (i->cls == X86_CLS_BRANCH) {
        if (i->op == X86_OP_CALL) {
            move(m, X86_RSP, -8);
        }
    } else if (f->inl && !f->extra && moves_by_constant(i, &reg, &by)) {
        move(m, reg, by);
    } else {
        if (i->op == X86_OP_POP && f->inl) {
            move(m, X86_RSP, 8);
            m->lost[i->opnd[0].reg] = true;
            return;
        }
        for (unsigned r = 0; r < X86_GPR_COUNT; r++) {
            m->lost[r] |= f->wregs >> r & 1;
        }
    }
}

static bool settled(const struct moves *m, struct place *p)
{
    if (p->base < X86_GPR_COUNT) {
        p->at += m->by[p->base];
    }
    if (p->index < X86_GPR_COUNT) {
        p->at += m->by[p->index] * (1 << p->scale);
    }
    return (p->base >= X86_GPR_COUNT || !m->lost[p->base]) &&
           (p->index >= X86_GPR_COUNT || !m->lost[p->index]);
}

/* The group that the access belongs to, NULL: none. */
static struct trans_group *join(struct trans *t, unsigned k, const struct place *p)
{
    for (unsigned n = 0; n < t->n_groups; n++) {
        struct trans_group *g = &t->group[n];
        if (g->base == p->base && g->index == p->index && g->scale == p->scale) {
            int64_t lo = MIN(g->lo, p->at), hi = MAX(g->hi, p->at + p->size);
            int64_t mask = (int64_t)MIN(g->align, p->align) - 1;
            bool fits = hi - lo <= (int64_t)X86_JIT_SLOT_WIDE + 1 &&
                        ((p->at - g->phase) & mask) == 0;
            if (!fits) {
                continue;
            }
            g->lo = lo;
            g->hi = hi;
            return g;
        }
    }
    if (t->n_groups == JIT_PTRS || p->at != (int32_t)p->at) {
        return NULL;
    }
    struct trans_group *g = &t->group[t->n_groups++];
    *g = (struct trans_group){ .base = p->base, .index = p->index, .scale = p->scale,
                               .lo = p->at, .hi = p->at + p->size, .first = k, .align = 1 };
    return g;
}

/* Groups of one are no use. */
static void sort_out(struct trans *t)
{
    for (unsigned k = t->loop; k < t->n; k++) {
        if (t->shared[k] && t->group[t->shared[k] - 1].n < 2) {
            t->shared[k] = 0;
        } else if (t->shared[k]) {
            t->info[k].mem = false;
        }
    }
}

void trans_share(struct trans *t)
{
    struct moves m;
    memset(&m, 0, sizeof m);
    if (!t->loop || trans_legacy(t)) {
        return;
    }
    for (unsigned k = t->loop; k < t->n; k++) {
        struct place p;
        if (place_of(t, k, &p) && settled(&m, &p)) {
            struct trans_group *g = join(t, k, &p);
            if (g) {
                t->shared[k] = (uint8_t)(g - t->group + 1);
                t->place[k] = (int32_t)p.at;
                g->n++;
                g->write |= p.write;
                if (p.align > g->align) {
                    g->align = (uint8_t)p.align;
                    g->phase = p.at;
                }
            }
        }
        follow(&m, t->insn[k], &t->info[k]);
    }
    sort_out(t);
}

/* --- code ------------------------------------------------------------------------------------- */

/* T0 = linear address of `at` from what the group's registers hold. */
static void group_address(struct trans *t, const struct trans_group *g, int32_t at)
{
    struct emit *e = &t->e;
    if (g->base == X86_REG_RIP) {
        trans_rip(t, T0, at);
        return;
    }
    int base = g->base < X86_GPR_COUNT ? (int)trans_get(t, g->base, T0) : -1;
    int index = g->index < X86_GPR_COUNT ? (int)trans_get(t, g->index, T1) : -1;
    if (base < 0 && index < 0) {
        emit_mov_ri(e, T0, (uint64_t)(int64_t)at);
    } else {
        emit_xrmm(e, 8, 0x8d, T0, &(struct emit_mem){ base, index, g->scale, at });
    }
}

void trans_unshare(struct trans *t, uint8_t *jcc)
{
    t->unshare[t->n_unshare++] = jcc;
}

void trans_share_check(struct trans *t)
{
    struct emit *e = &t->e;
    for (unsigned n = 0; n < t->n_groups; n++) {
        const struct trans_group *g = &t->group[n];
        if (g->n < 2) {
            continue;
        }
        group_address(t, g, (int32_t)g->lo);
        if (g->align > 1) {
            emit_xrm(e, 8, 0x8d, T1, T0, (int32_t)(g->phase - g->lo));
            emit_xrr(e, 1, 0xf6, 0, T1);
            emit_8(e, g->align - 1u);
            trans_unshare(t, emit_jcc(e, 5));
        }
        trans_check_range(t, g->first, (unsigned)(g->hi - g->lo), g->write);
        emit_xrm(e, 8, 0x89, T0, H_RSP, FRAME_PTR + 8 * (int32_t)n);
    }
}

struct emit_mem trans_shared(struct trans *t, unsigned k)
{
    unsigned n = t->shared[k] - 1u;
    emit_xrm(&t->e, 8, 0x8b, T0, H_RSP, FRAME_PTR + 8 * (int32_t)n);
    t->align = 0;
    return (struct emit_mem){ T0, -1, 0, t->place[k] - (int32_t)t->group[n].lo };
}

void trans_share_links(struct trans *t)
{
    struct emit *e = &t->e;
    if (!t->n_unshare || e->full) {
        return;
    }
    for (unsigned n = 0; n < t->n_unshare; n++) {
        emit_patch(t->unshare[n], e->p);
    }
    trans_head_pack(t);
    emit_jmp_to(e, t->start);
}
