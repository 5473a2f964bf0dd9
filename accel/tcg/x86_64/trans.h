/* SPDX-License-Identifier: MIT */
/* Translating one block: shared by trans.c (data instructions) and trans_flow.c (its end). */
#ifndef ACCEL_TCG_X86_64_TRANS_H
#define ACCEL_TCG_X86_64_TRANS_H

#include "accel/tcg/x86_64/jit_int.h"

#define OFF(field) ((int32_t)offsetof(struct x86_cpu, field))
#define GPR(k)     (OFF(st.gpr) + 8 * (int32_t)(k))

struct trans_info {
    bool inl;       /* has inline code */
    bool mem;       /* may take its slow path */
    bool reads;     /* looks at flags */
    uint8_t writes; /* FL_* */
};

/* Where checks of an instruction go that fail: its handler is called, then on at `back`. */
struct slow {
    unsigned insn, n;
    uint8_t *from[3], *back;
};

/* An exit to a place in the same page: the jump is patched once the target has code. */
struct trans_exit {
    uint8_t *site;
    gpa_t gpa;
};

struct trans {
    struct jit *j;
    struct x86_block *b;
    struct emit e;
    uint8_t *start;
    unsigned off; /* of the instruction in work, from the block's start */
    bool live;    /* the host's flags are the guest's */
    unsigned n_slow, n_exits;
    struct slow slow[X86_BLOCK_INSNS];
    struct trans_exit exits[2];
    struct trans_info info[X86_BLOCK_INSNS];
};

/* trans.c */
void trans_call(struct trans *t, unsigned k);
unsigned trans_get(struct trans *t, unsigned guest, unsigned tmp);
void trans_need_flags(struct trans *t);
void trans_slow(struct trans *t, unsigned k, uint8_t *jcc);
void trans_tlb_check(struct trans *t, unsigned k, unsigned size, bool write);
void trans_mem_operand(struct trans *t, unsigned k, unsigned size, bool write);

/* trans_flow.c. trans_end: code for the last instruction if it transfers control; false: it does
 * not. */
bool trans_end(struct trans *t, const struct x86_insn *i, unsigned k);
void trans_fall_through(struct trans *t);
void trans_links(struct trans *t);

#endif
