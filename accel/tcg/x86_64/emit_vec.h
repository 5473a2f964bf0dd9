/* SPDX-License-Identifier: MIT */
/*
 * Writes instructions of the guest with operands in other places: the same opcode, prefixes and
 * immediate, but host registers and addresses. For everything the guest and the host encode alike:
 * MMX, SSE, AVX, x87, BMI. Encodings: Intel SDM vol. 2, section 2.1 to 2.3.
 */
#ifndef ACCEL_TCG_X86_64_EMIT_VEC_H
#define ACCEL_TCG_X86_64_EMIT_VEC_H

#include "accel/tcg/x86_64/emit.h"
#include "accel/x86/decode.h"

struct emit_form {
    uint8_t map, opcode, pp; /* as in struct x86_insn */
    bool w, vex, l;
    bool o16;  /* 66 as operand size beside another mandatory prefix */
    bool byte; /* a byte register may be meant: SPL to DIL want a REX prefix */
    uint8_t vvvv;
    int imm; /* the byte behind it, < 0: none */
};

struct emit_form emit_form_of(const struct x86_insn *i);

/* reg and rm are host registers, or the opcode's extension; memory; a field of the processor. */
void emit_frr(struct emit *e, const struct emit_form *f, unsigned reg, unsigned rm);
void emit_frm(struct emit *e, const struct emit_form *f, unsigned reg, const struct emit_mem *m);
void emit_frc(struct emit *e, const struct emit_form *f, unsigned reg, int32_t off);

#endif
