/* SPDX-License-Identifier: MIT */
/*
 * Data instructions run on the host CPU. A stub is a little generated function that loads the
 * operands of one instruction form into host registers, executes the host's own instruction and
 * stores what it wrote. Stubs are made once a form (opcode, prefixes, immediate, operand kinds),
 * not
 * once a register number: operands come as pointers. They are shared by all processors and live as
 * long as the process; their number is bounded by the number of forms.
 */
#ifndef ACCEL_X86_THUNK_H
#define ACCEL_X86_THUNK_H

#include "accel/x86/cpu.h"
#include "accel/x86/data_insn.h"

/* reg, rm, vvvv, is4: the operands by the field that names them: 8 bytes of a GPR or MM register,
 * 32 of a vector, or the staged memory operand. NULL where the form has none. */
typedef void x86_stub_fn(struct x86_cpu *cpu, void *reg, void *rm, void *vvvv, void *is4);

struct x86_stub {
    x86_stub_fn *run;
    unsigned props; /* X86_STUB_* */
};

/* The stub of this instruction's form; NULL when the host cannot run it (another architecture, or
 * no memory for code). Any thread. */
const struct x86_stub *x86_stub_get(const struct x86_insn *i);

/* The same for an instruction of the block cache, which remembers it. Raises #UD where the host or
 * the processor's model lacks it. The vCPU's thread. */
const struct x86_stub *x86_stub_of(struct x86_cpu *cpu, const struct x86_insn *i);

#endif
