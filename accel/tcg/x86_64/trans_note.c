/* SPDX-License-Identifier: MIT */
/*
 * Taken branches for -postmortem branches=on: translated code notes each block that it enters
 * (x86_branch_run); the report finds the branches among them. Code translated while nobody asked
 * has nothing of it. T0, T1, T2 are gone, flags stay as they are.
 */
#include <stddef.h>

#include "accel/tcg/x86_64/trans_parts.h"

#define RING(field) ((int32_t)offsetof(struct x86_branch_ring, field))

static bool ends_block(const struct trans *t, unsigned k)
{
    return k + 1 == t->n || t->in[k + 1] != t->in[k];
}

void trans_note_run(struct trans *t, unsigned k)
{
    struct emit *e = &t->e;
    struct x86_branch_ring *r = t->j->cpu->blocks->branches;
    unsigned last = k;
    if (!r || k != t->first[t->in[k]]) {
        return;
    }
    while (!ends_block(t, last)) {
        last++;
    }
    bool may = t->insn[last]->cls == X86_CLS_BRANCH || t->insn[last]->cls == X86_CLS_SYSTEM;
    int32_t to_last = t->off[last] - t->off[k], to_end = to_last + t->insn[last]->len;
    emit_mov_ri(e, T1, (uintptr_t)r);
    emit_xrm(e, 8, 0x8b, T0, T1, RING(n));
    emit_xrm(e, 8, 0x8d, T0, T0, 1);
    emit_xrm(e, 8, 0x89, T0, T1, RING(n));
    emit_xrr(e, 4, 0x0fb6, T2, T0);
    trans_rip(t, T0, t->off[k]);
    emit_xrmx(e, 8, 0x89, T0, (int)T1, T2, 3, RING(start));
    emit_xrm(e, 8, 0x8d, T0, T0, to_end);
    emit_xrmx(e, 8, 0x89, T0, (int)T1, T2, 3, RING(end));
    if (may) {
        emit_xrm(e, 8, 0x8d, T0, T0, to_last - to_end);
    } else {
        emit_mov_ri(e, T0, 0);
    }
    emit_xrmx(e, 8, 0x89, T0, (int)T1, T2, 3, RING(last));
}

void trans_note_leave(struct trans *t, unsigned k)
{
    struct emit *e = &t->e;
    struct x86_branch_ring *r = t->j->cpu->blocks->branches;
    if (!r || ends_block(t, k)) {
        return;
    }
    emit_mov_ri(e, T1, (uintptr_t)r);
    emit_xrm(e, 4, 0x0fb6, T2, T1, RING(n));
    emit_xrc(e, 8, 0x8b, T0, OFF(next_rip), 0);
    emit_xrmx(e, 8, 0x89, T0, (int)T1, T2, 3, RING(end));
    emit_mov_ri(e, T0, 0);
    emit_xrmx(e, 8, 0x89, T0, (int)T1, T2, 3, RING(last));
}
