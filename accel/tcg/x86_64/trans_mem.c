/* SPDX-License-Identifier: MIT */
/*
 * Memory operands (trans.h). An access is checked against its slot, or the TLB, at its place; in
 * a loop those through registers that move by constants share one check at its head
 * (trans_share.c).
 */
#include "accel/tcg/x86_64/trans_parts.h"

#include <stddef.h>

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
    } else if (i->base < X86_GPR_COUNT && trans_framed(i->base) && i->disp == 0) {
        emit_xrm(e, size, 0x8b, dst, H_RSP, trans_in_frame(i->base));
    } else if (i->base < X86_GPR_COUNT) {
        emit_xrm(e, size, 0x8d, dst, trans_get(t, i->base, T2), i->disp);
    } else {
        emit_mov_ri(e, dst, size == 8 ? (uint64_t)(int64_t)i->disp : (uint32_t)i->disp);
    }
}

static int32_t new_slot(struct trans *t, unsigned k, bool write, bool wide)
{
    unsigned kind = 2u * t->j->cpu->user + write, narrow = X86_JIT_SLOTS - X86_JIT_WIDE_SLOTS;
    unsigned n = t->j->next_slot[kind][wide]++;
    n = kind * X86_JIT_SLOTS + (wide ? narrow + n % X86_JIT_WIDE_SLOTS : n % narrow);
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
    bool wide = size > X86_JIT_SLOT_ROOM + 1;
    *m = (struct trans_miss){ .slot = new_slot(t, k, write, wide),
                              .insn = k,
                              .last = (uint8_t)(size - 1),
                              .write = write,
                              .wide = wide };
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

/* T0: linear address in, host address out. */
static struct trans_miss *host_address(struct trans *t, unsigned k, unsigned size, bool write)
{
    struct emit *e = &t->e;
    struct trans_miss *m = add_miss(t, k, size, write);
    if (marked(t, k, false)) {
        ask_tlb(t, m, marked(t, k, true));
        return m;
    }
    emit_xrr(e, 8, 0x8b, T1, T0);
    emit_xrc(e, 8, 0x2b, T1, m->slot + SLOT(base), 0);
    emit_xrc(e, 8, 0x3b, T1, m->slot + SLOT(limit), 0);
    m->from = emit_jcc(e, 3);
    emit_xrc(e, 8, 0x03, T0, m->slot + SLOT(addend), 0);
    m->back = e->p;
    return m;
}

struct emit_mem trans_mem_t0(struct trans *t, unsigned k, unsigned size, bool write)
{
    trans_clobber(t, k);
    trans_slow(t, k, NULL);
    check_aligned(t, k);
    host_address(t, k, size, write);
    return (struct emit_mem){ .base = T0, .index = -1 };
}

void trans_check_range(struct trans *t, unsigned k, unsigned size, bool write)
{
    host_address(t, k, size, write)->shared = true;
}

/* 64-bit code, base in a host register: the address need not be computed on the fast path. */
static struct emit_mem direct(struct trans *t, unsigned k, const struct emit_mem *ea, unsigned size,
                              bool write)
{
    struct emit *e = &t->e;
    trans_clobber(t, k);
    trans_slow(t, k, NULL);
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
    if (t->shared[k]) {
        return trans_shared(t, k);
    }
    if (!trans_legacy(t) && host != JIT_NO_REG && !marked(t, k, false)) {
        return direct(t, k, &(struct emit_mem){ (int)host, -1, 0, disp }, size, write);
    }
    trans_clobber(t, k);
    emit_xrm(&t->e, trans_word(t), 0x8d, T0, trans_get(t, g, T0), disp);
    return trans_mem_t0(t, k, size, write);
}

void trans_miss_emit(struct trans *t, const struct trans_miss *m)
{
    struct emit *e = &t->e;
    emit_patch(m->from, e->p);
    if (m->direct) {
        emit_xrmm(e, 8, 0x8d, T0, &m->ea);
    }
    emit_mov_ri(e, T1, m->last);
    emit_mov_ri(e, T2, (uint64_t)m->slot);
    emit_call_to(e, t->j->miss[m->write][m->wide]);
    uint8_t *slow = emit_jcc(e, 2);
    emit_xrr(e, 8, m->direct ? 0x8b : 0x03, T0, T1);
    emit_jmp_to(e, m->back);
    if (m->shared) {
        trans_unshare(t, slow);
        return;
    }
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
    if (t->shared[k]) {
        return trans_shared(t, k);
    }
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
