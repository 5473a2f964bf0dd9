/* SPDX-License-Identifier: MIT */
/*
 * Writes x86-64 instructions. Registers are the hardware's numbers 0-15. Operand sizes are 1, 2, 4
 * or 8 bytes; `opc` is the opcode of the byte form (its other sizes have bit 0 set) for emit_op*,
 * the opcode itself for emit_x*; two-byte opcodes are 0x0fNN. Encodings: Intel SDM vol. 2.
 */
#ifndef ACCEL_TCG_X86_64_EMIT_H
#define ACCEL_TCG_X86_64_EMIT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    H_RAX,
    H_RCX,
    H_RDX,
    H_RBX,
    H_RSP,
    H_RBP,
    H_RSI,
    H_RDI,
    H_R8,
    H_R9,
    H_R10,
    H_R11,
    H_R12,
    H_R13,
    H_R14,
    H_R15
};

/* Writing beyond `end` is dropped and remembered: the caller looks at `full` once. */
struct emit {
    uint8_t *p, *end;
    bool full;
    intptr_t cpu; /* where struct x86_cpu is, seen from the mapping written to (for emit_x?c) */
};

/* A memory operand: base + (index << scale) + disp. base or index < 0: none. */
struct emit_mem {
    int base, index;
    unsigned scale;
    int32_t disp;
};

void emit_8(struct emit *e, unsigned v);
void emit_32(struct emit *e, uint32_t v);
void emit_64(struct emit *e, uint64_t v);

void emit_xrr(struct emit *e, unsigned size, unsigned opc, unsigned reg, unsigned rm);
void emit_xrm(struct emit *e, unsigned size, unsigned opc, unsigned reg, unsigned base,
              int32_t disp);
/* base + (index << scale) + disp; base < 0: none; index is not RSP. */
void emit_xrmx(struct emit *e, unsigned size, unsigned opc, unsigned reg, int base, unsigned index,
               unsigned scale, int32_t disp);

/* Operand at offset `off` of the processor, relative to RIP; `imm` bytes of immediate follow. */
void emit_xrc(struct emit *e, unsigned size, unsigned opc, unsigned reg, int32_t off, unsigned imm);
void emit_xrmm(struct emit *e, unsigned size, unsigned opc, unsigned reg,
               const struct emit_mem *m);
/* ModRM, SIB and displacement alone, behind whatever prefixes and opcode the caller wrote; the REX
 * bits R, X, B that belong there. */
void emit_modrm_mem(struct emit *e, unsigned reg, const struct emit_mem *m);
void emit_modrm_cpu(struct emit *e, unsigned reg, int32_t off, unsigned imm);
static inline unsigned emit_rexbits(unsigned reg, const struct emit_mem *m)
{
    return (reg >> 3 & 1) << 2 | (m->index >= 8) << 1 | (m->base >= 8);
}

static inline unsigned emit_sized(unsigned opc, unsigned size)
{
    return size == 1 ? opc : opc | 1;
}

static inline void emit_oprr(struct emit *e, unsigned size, unsigned opc, unsigned reg, unsigned rm)
{
    emit_xrr(e, size, emit_sized(opc, size), reg, rm);
}

static inline void emit_oprm(struct emit *e, unsigned size, unsigned opc, unsigned reg,
                             unsigned base, int32_t disp)
{
    emit_xrm(e, size, emit_sized(opc, size), reg, base, disp);
}

static inline void emit_oprmm(struct emit *e, unsigned size, unsigned opc, unsigned reg,
                              const struct emit_mem *m)
{
    emit_xrmm(e, size, emit_sized(opc, size), reg, m);
}

/* ADD 0, OR 1, ADC 2, SBB 3, AND 4, SUB 5, XOR 6, CMP 7 with an immediate that fits its field. */
void emit_alu_ri(struct emit *e, unsigned size, unsigned alu, unsigned rm, int32_t imm);
void emit_alu_mi(struct emit *e, unsigned size, unsigned alu, unsigned base, int32_t disp,
                 int32_t imm);
void emit_alu_mmi(struct emit *e, unsigned size, unsigned alu, const struct emit_mem *m,
                  int32_t imm);
void emit_alu_ci(struct emit *e, unsigned size, unsigned alu, int32_t off, int32_t imm);
void emit_mov_ri(struct emit *e, unsigned reg, uint64_t imm);
void emit_imm(struct emit *e, unsigned size, int32_t imm); /* 1, 2 or 4 bytes */

/* Both return the place of the 32-bit displacement, for emit_patch. */
uint8_t *emit_jmp(struct emit *e);
uint8_t *emit_jcc(struct emit *e, unsigned cc);
void emit_jmp_to(struct emit *e, const uint8_t *target);
void emit_call_to(struct emit *e, const uint8_t *target);
void emit_patch(uint8_t *site, const uint8_t *target);

#endif
