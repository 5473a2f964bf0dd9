/* SPDX-License-Identifier: MIT */
/*
 * Inside the translator for x86-64 hosts. Registers in translated code:
 *   rax r14 r15 scratch (T0 T1 T2)
 *   r13 r12     guest RAX and RSP
 *   the others hold the guest register of their name; guest R12-R15 are in the frame
 *   rsp         the frame (FRAME_*): processors forward what was stored to loads at no cost if both
 *               have the same base register, but not relative to RIP
 * The processor itself is addressed relative to RIP: code belongs to one processor and lies within
 * 2 GiB of it. Guest arithmetic flags are the host's or in cpu->jit.flags, packed as LAHF and SETO
 * leave them (AH, AL).
 */
#ifndef ACCEL_TCG_X86_64_JIT_INT_H
#define ACCEL_TCG_X86_64_JIT_INT_H

#include "accel/tcg/jit.h"
#include "accel/tcg/x86_64/emit.h"
#include "os/os.h"

#define TRANS_INSNS  128u /* of one translation */
#define TRANS_BLOCKS 16u
#define JIT_PTRS     8
#define TRANS_COPIES 64u /* blocks, those of a loop each time */

/* What a translation was made of: it goes when one of its blocks goes. */
struct jit_trace {
    struct x86_block *block[TRANS_BLOCKS];
    uint32_t next; /* of the same bucket, index + 1 */
    uint8_t n;
};
#define JIT_PAGE_BUCKETS 1024u

/* The jump cache: code by RIP, good under `key`, or while gpa is mapped there. */
struct jit_jump {
    uint64_t rip, key;
    const void *code;
    gpa_t gpa;
};
#define JIT_JUMP_BITS 14

/* Whose a slot is. */
struct jit_owner {
    struct x86_block *head, *block;
    uint64_t since;
    unsigned insn; /* within block */
};

struct jit {
    struct x86_cpu *cpu;
    struct os_code code;
    size_t used, fixed; /* bytes; [0, fixed) are the common stubs */
    unsigned threshold;
    bool in_code;       /* translated code runs, or C called by it */
    bool dropped;       /* some block went since a handler was entered */
    struct tcg_jit_stats stats;
    uint64_t entered; /* insn_count when translated code was entered */
    struct tcg_perfmap *perf;
    GString *listing; /* for a test: code of each translation's first instruction; or NULL */
    GArray *traces;     /* struct jit_trace */
    struct jit_jump *jump; /* in jump_memory */
    void *jump_memory;
    struct jit_owner owner[4 * X86_JIT_SLOTS];
    uint32_t page[JIT_PAGE_BUCKETS];
    /* Stubs, addresses in code.rw. */
    uint8_t *exit_why[TCG_EXIT_COUNT]; /* SLICE, MISS, OLD and LINK */
    uint8_t *enter, *exit_next, *exit_system, *exec, *exec_noflags, *lookup, *lookup_far;
    uint8_t *vec_load, *avx_load, *x87_load;
    uint8_t *miss[2][2], *fill[2][2]; /* [write][wide] */
    uint32_t sites; /* used of cpu->site */
    unsigned next_slot[4][2]; /* of each kind of x86_jit_slot; the wide ones */
};

/* The frame of translated code, offsets from its RSP. */
enum {
    FRAME_BUDGET = 0,                       /* cpu->jit.budget */
    FRAME_GPR = 8,                          /* guest R12-R15 */
    FRAME_PTR = 40,                         /* what checks shared by a loop's accesses found */
    FRAME_TMP = FRAME_PTR + 8 * JIT_PTRS,
    FRAME_SIZE = FRAME_TMP + 16,
};
_Static_assert(FRAME_SIZE % 16 == 8, "calls from it are aligned");

#define JIT_NO_REG 0xff
extern const uint8_t tcg_host_reg[X86_GPR_COUNT];

enum { /* cpu->jit.live */
       JIT_LIVE_SSE = 1, /* guest XMM 0-15 and MXCSR are in the host's; SSE may be executed */
       JIT_LIVE_AVX = 2, /* with JIT_LIVE_SSE: the upper halves too, and AVX may be executed */
       JIT_LIVE_FP = 4,  /* with JIT_LIVE_SSE: MXCSR masks all exceptions */
       JIT_LIVE_X87 = 8, /* the x87 unit is in the host's; no exception is unmasked or pending */
};

static inline const uint8_t *jit_rx(const struct jit *j, const uint8_t *rw)
{
    return j->code.rx + (rw - j->code.rw);
}

/* An emitter at `p` in the code memory. */
static inline struct emit jit_emit(const struct jit *j, uint8_t *p)
{
    return (struct emit){ .p = p,
                          .end = j->code.rw + j->code.size,
                          .cpu = (intptr_t)j->cpu - (j->code.rx - j->code.rw) };
}

/* stubs.c */
void jit_stubs(struct jit *j);
/* On to the RIP in T0 through the jump cache. The jumps of fail are taken where it does not know
 * it, and where it is not sure: T0 is kept. Inline, so that each place predicts for itself. */
void jit_emit_lookup(struct emit *e, uint8_t *fail[2]);
/* reg: the TLB entry for fetches from T0, with whatever tags; T2: the physical page it is of. */
void jit_emit_fetch_entry(struct emit *e, unsigned reg);

/* Called by translated code (jit.c). rest_off: page offset of the instruction, JIT_SLOW if it has
 * inline code, and from bit 16 on how many of the instructions counted at the translation's entry
 * are of this block or later. */
#define JIT_SLOW 0x1000u
typedef void jit_exec_helper(struct x86_cpu *cpu, uint32_t insn, uint32_t block,
                             uint32_t rest_off);
jit_exec_helper jit_exec_flags, jit_exec_noflags;

/* Notes what a translation was made of. */
void jit_record(struct jit *j, struct x86_block *const *blocks, unsigned n);
/* Host code for a block and those that follow. NULL: no room. *body: behind the checks at its
 * entry. */
uint8_t *jit_translate(struct jit *j, struct x86_block *b, uint8_t **body);

#endif
