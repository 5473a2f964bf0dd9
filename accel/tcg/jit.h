/* SPDX-License-Identifier: MIT */
/*
 * The translator of -accel tcg,mode=jit: makes host code of hot blocks (accel/x86/block.h). The
 * interpreter stays in charge: it finds blocks, looks at requests, delivers faults. One translator
 * a processor, used by its thread only. x86_64/ has it for x86-64 hosts; generic/ refuses.
 */
#ifndef ACCEL_TCG_JIT_H
#define ACCEL_TCG_JIT_H

#include <glib.h>

#include "accel/x86/block.h"

/* False with one line in *err where this host cannot do it. */
bool tcg_jit_supported(GError **err);
/* After x86_code_map_attach. code_size: bytes of host code, 0 for the default. 0 or -errno. */
int tcg_jit_attach(struct x86_cpu *cpu, size_t code_size);
/* Before x86_code_map_detach; harmless without a translator. */
void tcg_jit_detach(struct x86_cpu *cpu);
/* Tests: translate a block at its n-th execution. */
void tcg_jit_set_threshold(struct x86_cpu *cpu, unsigned n);

struct tcg_jit_stats {
    uint64_t translated, insns, inline_insns, entries, links, flushes, bytes, helper_calls;
};
bool tcg_jit_stats(const struct x86_cpu *cpu, struct tcg_jit_stats *out);

#endif
