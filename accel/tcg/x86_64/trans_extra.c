/* SPDX-License-Identifier: MIT */
/* Instructions beyond the plain integer ones that have inline code (trans.h says how). */
#include "accel/tcg/x86_64/trans.h"

bool trans_extra_classify(const struct jit *j, const struct x86_insn *i, struct trans_info *f)
{
    (void)j, (void)i, (void)f;
    return false;
}

void trans_extra(struct trans *t, const struct x86_insn *i, unsigned k)
{
    (void)t, (void)i, (void)k;
}
