/* SPDX-License-Identifier: MIT */
/*
 * What the parts of the translation itself (trans.c, trans_mem.c, trans_share.c, trans_flow.c,
 * trans_int.c) have of one another. A vCPU's thread only.
 */
#ifndef ACCEL_TCG_X86_64_TRANS_PARTS_H
#define ACCEL_TCG_X86_64_TRANS_PARTS_H

#include "accel/tcg/x86_64/trans.h"

static inline bool trans_legacy(const struct trans *t)
{
    return t->b->mode != 8;
}

static inline unsigned trans_word(const struct trans *t) /* of addresses */
{
    return trans_legacy(t) ? 4 : 8;
}

/* trans.c */
void trans_call(struct trans *t, unsigned k);
void trans_plain(struct trans *t, unsigned k); /* as if it were not the last of its block */
void trans_pack(struct trans *t);
/* At the end: may control go to t->head? Then flags are as they must be there; T0 is gone. */
bool trans_to_head(struct trans *t);
unsigned trans_rest(const struct trans *t, unsigned k); /* counted, from instruction k on */
void trans_head_pack(struct trans *t); /* at the head: flags are in cpu->jit.flags */
/* trans_share.c */
void trans_share(struct trans *t);
void trans_share_check(struct trans *t); /* at the loop's head */
void trans_share_links(struct trans *t);
void trans_unshare(struct trans *t, uint8_t *jcc);
struct emit_mem trans_shared(struct trans *t, unsigned k);
/* trans_mem.c */
/* T0 = host address of `size` bytes at the linear address in T0, for the accesses that share the
 * check of instruction k. */
void trans_check_range(struct trans *t, unsigned k, unsigned size, bool write);
void trans_miss_emit(struct trans *t, const struct trans_miss *m);
/* trans_int.c */
bool trans_int_classify(const struct x86_insn *i, struct trans_info *f);
void trans_int(struct trans *t, const struct x86_insn *i, unsigned k);
/* trans_flow.c. trans_end: code for the last instruction of a block, where control goes elsewhere.
 */
void trans_end(struct trans *t, unsigned k);
void trans_links(struct trans *t);
/* The block that goes on behind those chosen so far, or NULL. */
struct x86_block *trans_follower(struct trans *t);

/* trans_note.c, at an instruction: a block may begin here; block and translation are left behind
 * the handler of instruction k. */
void trans_note_run(struct trans *t, unsigned k);
void trans_note_leave(struct trans *t, unsigned k);

#endif
