/* SPDX-License-Identifier: MIT */
/* Random data instructions for tests that compare two engines (test_jit_diff, test_lockstep). */
#ifndef TESTS_CPU_LOCKSTEP_VEC_H
#define TESTS_CPU_LOCKSTEP_VEC_H

#include "accel/x86/cpu.h"

enum lockstep_group {
    LOCKSTEP_INT,
    LOCKSTEP_HOST,
    LOCKSTEP_SSE,
    LOCKSTEP_AVX,
    LOCKSTEP_MMX,
    LOCKSTEP_X87,
    LOCKSTEP_STRING,
    LOCKSTEP_GROUPS
};

struct lockstep_gen {
    uint64_t (*rnd)(void);
    const struct x86_cpu_model *model;
    unsigned mode; /* 4 or 8 */
    uint16_t keep; /* general registers never written: 1 << number; RSP is always among them */
    const uint8_t
        *bases; /* registers with addresses: memory operands lie within disp_max of them */
    unsigned n_bases, disp_max;
};

/* One instruction of the group (not a transfer of control, nothing privileged) to out (16 bytes).
 * Returns its length. */
unsigned lockstep_insn(const struct lockstep_gen *g, enum lockstep_group group, uint8_t *out);
/* Vector and x87 registers, MXCSR and control word: corner cases among random bits. Exceptions are
 * unmasked rarely. */
void lockstep_registers(const struct lockstep_gen *g, struct x86_state *s);

#endif
