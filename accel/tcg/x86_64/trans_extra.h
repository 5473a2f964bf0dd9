/* SPDX-License-Identifier: MIT */
/*
 * The families behind trans_extra (trans.h): each classifies its instructions, then writes code for
 * them. A vCPU's thread only.
 */
#ifndef ACCEL_TCG_X86_64_TRANS_EXTRA_H
#define ACCEL_TCG_X86_64_TRANS_EXTRA_H

#include "accel/tcg/x86_64/emit_vec.h"
#include "accel/tcg/x86_64/trans.h"

typedef bool trans_classify_fn(const struct x86_insn *i, struct trans_info *f);
typedef void trans_gen_fn(struct trans *t, const struct x86_insn *i, unsigned k);

trans_classify_fn trans_vec_classify, trans_bits_classify, trans_muldiv_classify,
    trans_atomic_classify, trans_misc_classify, trans_string_classify, trans_x87_classify,
    trans_sys_classify;
trans_gen_fn trans_vec, trans_bits, trans_muldiv, trans_atomic, trans_misc, trans_string, trans_x87,
    trans_sys;

/* The memory operand, NULL: none. */
const struct x86_operand *trans_mem_opnd(const struct x86_insn *i);
const struct x86_operand *trans_opnd_at(const struct x86_insn *i, unsigned loc);

/* Operands are general registers of any size, immediates, or memory that trans_mem takes; sets
 * f->mem and f->wregs by them. */
bool trans_plain_operands(const struct x86_insn *i, struct trans_info *f);

/* trans_mem, with the slow path for what is not a multiple of `align`: 1 or size. */
struct emit_mem trans_mem_aligned(struct trans *t, unsigned k, unsigned size, bool write,
                                  unsigned align);
/* m's address in T1. */
struct emit_mem trans_mem_t1(struct trans *t, const struct emit_mem *m);
/* The guest's flags in the host's if anything can see what instruction k leaves. T0 is gone. */
void trans_flags_merge(struct trans *t, unsigned k);

/* BT and its kin: the element of a bit string in memory that the register operand means. */
struct emit_mem trans_bit_string(struct trans *t, const struct x86_insn *i, unsigned k, bool write,
                                 unsigned align);

#endif
