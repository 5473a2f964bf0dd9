/* SPDX-License-Identifier: MIT */
/*
 * Inside the translator for x86-64 hosts. Registers in translated code:
 *   rbx        struct x86_cpu
 *   r15        guest RIP of the block in execution: code is position-independent in guest terms
 *   rax rcx rdx scratch
 *   the other ten hold guest registers (tcg_host_reg), the six guest registers without one stay
 *   in cpu->st.gpr
 * Guest arithmetic flags are in cpu->jit.flags, packed as LAHF and SETO leave them (AH, AL), at
 * every place where code may be left.
 */
#ifndef ACCEL_TCG_X86_64_JIT_INT_H
#define ACCEL_TCG_X86_64_JIT_INT_H

#include "accel/tcg/jit.h"
#include "accel/tcg/x86_64/emit.h"
#include "os/os.h"

struct jit {
    struct x86_cpu *cpu;
    struct os_code code;
    size_t used, fixed; /* bytes; [0, fixed) are the common stubs */
    unsigned threshold;
    bool in_code;       /* translated code runs, or C called by it */
    bool packed;        /* in_code: cpu->jit.flags is in force, else cpu->lazy */
    uint64_t count_end; /* insn_count + cpu->jit.budget */
    struct tcg_jit_stats stats;
    /* Stubs, addresses in code.rw. */
    uint8_t *enter, *exit_next, *exit_system, *exec, *exec_noflags, *lookup;
};

#define JIT_NO_REG 0xff
extern const uint8_t tcg_host_reg[X86_GPR_COUNT];

static inline const uint8_t *jit_rx(const struct jit *j, const uint8_t *rw)
{
    return j->code.rx + (rw - j->code.rw);
}

/* Host code for a block. NULL: no room. *body: behind the checks at its entry. */
uint8_t *jit_translate(struct jit *j, struct x86_block *b, uint8_t **body);

#endif
