/* SPDX-License-Identifier: MIT */
/*
 * The translator of -accel tcg,mode=jit: makes host code of hot blocks (accel/x86/block.h). The
 * interpreter stays in charge: it finds blocks, looks at requests, delivers faults. One translator
 * a processor, used by its thread only. x86_64/ has it for x86-64 hosts; generic/ refuses.
 */
#ifndef ACCEL_TCG_JIT_H
#define ACCEL_TCG_JIT_H

#include <glib.h>

#include "accel/tcg/perfmap.h"
#include "accel/x86/block.h"

/* False with one line in *err where this host cannot do it. */
bool tcg_jit_supported(GError **err);
/* After x86_code_map_attach. code_size: bytes of host code, 0 for the default. 0 or -errno. */
int tcg_jit_attach(struct x86_cpu *cpu, size_t code_size);
/* Before x86_code_map_detach; harmless without a translator. */
void tcg_jit_detach(struct x86_cpu *cpu);
/* Names for code that is made from now on; NULL: none. p must live until tcg_jit_detach. */
void tcg_jit_set_perfmap(struct x86_cpu *cpu, struct tcg_perfmap *p);
/* Tests: translate a block at its n-th execution. */
void tcg_jit_set_threshold(struct x86_cpu *cpu, unsigned n);

enum tcg_jit_exit { /* why translated code was left */
    TCG_EXIT_OTHER,   /* a handler knew where to go, or the block was dropped */
    TCG_EXIT_SLICE,   /* its instructions were used up: requests and limits are looked at */
    TCG_EXIT_LINK,    /* to a block of the same page, not linked yet */
    TCG_EXIT_MISS,    /* the jump cache does not know the place */
    TCG_EXIT_OLD,     /* it does, of before a TLB flush, and the TLB does not hold the page */
    TCG_EXIT_SYSTEM,  /* a system instruction was executed */
    TCG_EXIT_FAULT,   /* a handler raised a fault */
    TCG_EXIT_COUNT
};

/* All counted where translated code is left or a slow path is taken: nothing else pays. */
struct tcg_jit_stats {
    uint64_t translated, again; /* again: of these, because a slot was no good */
    uint64_t insns, inline_insns, accesses; /* translated; accesses to memory in them */
    uint64_t run;                           /* instructions executed by translated code */
    uint64_t entries, exits[TCG_EXIT_COUNT];
    uint64_t links, unlinked;
    uint64_t helper_calls, slow_calls; /* slow: of these, instructions that have inline code */
    uint64_t fills;                    /* of slots; about one miss in eight fills one */
    uint64_t flushes;
    uint64_t bytes, size, overhead; /* of host code, its room, what the translator keeps beside */
};
bool tcg_jit_stats(const struct x86_cpu *cpu, struct tcg_jit_stats *out);

#endif
