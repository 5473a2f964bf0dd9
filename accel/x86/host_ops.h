/* SPDX-License-Identifier: MIT */
/*
 * What the files of x87, MMX, SSE and AVX share (interp_host.c, interp_vec.c, interp_x87.c,
 * interp_xsave.c). A vCPU's thread only.
 */
#ifndef ACCEL_X86_HOST_OPS_H
#define ACCEL_X86_HOST_OPS_H

#include "accel/x86/interp.h"

/* The checks before an instruction of these kinds: #UD, #NM, #MF. */
void x86_check_sse(struct x86_cpu *cpu);
void x86_check_avx(struct x86_cpu *cpu);
void x86_check_mmx(struct x86_cpu *cpu);
void x86_check_mf(struct x86_cpu *cpu);  /* a pending x87 exception */
void x86_check_x87(struct x86_cpu *cpu); /* #NM by EM or TS */
void x86_enter_mmx(struct x86_cpu *cpu);
/* FSW.ES and B follow from flags and masks. */
void x86_fpu_update_es(struct x86_fpu *f);
void x86_fpu_init(struct x86_fpu *f); /* FNINIT; MXCSR stays */
uint16_t x86_fpu_full_tag(const struct x86_fpu *f);
uint8_t x86_fpu_abridged_tag(uint16_t full);

/* Up to 32 bytes with all checks; a store is done wholly or not at all. */
void x86_load_vec(struct x86_cpu *cpu, uint64_t lin, void *out, unsigned size);
void x86_store_vec(struct x86_cpu *cpu, uint64_t lin, const void *in, unsigned size);

x86_exec_fn *x86_bind_vec(const struct x86_insn *i); /* what no stub can do, and frequent moves */
x86_exec_fn *x86_bind_x87(const struct x86_insn *i);
x86_exec_fn *x86_bind_xsave(const struct x86_insn *i); /* FXSAVE, XSAVE and their kin */

#endif
