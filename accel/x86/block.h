/* SPDX-License-Identifier: MIT */
/*
 * Decoded code. Each processor has a cache of blocks: runs of decoded instructions that start at
 * one physical address and end at a transfer of control, an instruction that may change modes, or
 * the page's end (an instruction that crosses pages is a block of its own). Blocks are found by
 * physical address, so that they survive address space switches, and through a jump cache by
 * linear address, which is void after every TLB flush.
 *
 * All processors of a machine share one code map: which bytes of which pages hold code that anybody
 * decoded. Pages with code get no write tag in any TLB, so stores to them arrive in
 * x86_code_written, which drops the blocks they overlap. Thread rules: a cache is its processor's
 * own; the code map and x86_code_map_written may be used by any thread.
 */
#ifndef ACCEL_X86_BLOCK_H
#define ACCEL_X86_BLOCK_H

#include <glib.h>

#include "accel/x86/interp.h"

#define X86_BLOCK_INSNS 48
#define X86_CODE_MIN    ((size_t)256 << 10) /* the smallest cache of decoded or translated code */
#define X86_JUMP_BITS   14

enum { /* x86_block.flags */
       X86_BLOCK_SYSTEM =
           1, /* its last instruction may change modes, flags like TF and IF, or stop */
       X86_BLOCK_DEAD = 2,   /* its bytes were written: unlinked, never entered again */
       X86_BLOCK_TRACED = 4, /* part of translations that begin elsewhere */
       /* Begins where a debugger's breakpoint may be: never in the jump cache, linked or
        * translated, so that every entry looks for it. */
       X86_BLOCK_BREAK = 8,
};

struct x86_block {
    /* Where it was last entered: linear address and what that meant (code_key in interp.c; 0: never
     * again). A prediction that is checked at every entry, not part of its identity. */
    uint64_t lin, key;
    struct x86_block *link[2]; /* what followed last: after falling through, after a jump */
    gpa_t gpa;         /* of the first byte */
    gpa_t gpa2;        /* page of the tail of a crossing instruction, else X86_NO_PAGE */
    uint16_t n, len;   /* instructions, bytes */
    uint8_t mode;      /* 2, 4, 8 */
    uint8_t max_insns; /* what it was built with: 1 for single-step, else X86_BLOCK_INSNS */
    uint8_t flags;
    uint8_t heat;      /* executions while there is no code */
    uint8_t jit_user;  /* the code is for CPL 3 */
    uint8_t jit_n;     /* instructions the code counts at its entry */
    uint64_t plain, big; /* instructions that do without a slot: by the TLB, by large pages */
    void *code, *body; /* the translator's host code: with the checks at entry, and behind them */
    struct x86_block *hash_next;
    struct x86_block *page_next[2];
    struct x86_insn insns[];
};
#define X86_NO_PAGE (~0ull)

struct x86_code_page {
    gpa_t gpa;
    const uint8_t *host; /* where it was when decoded: checked when the physical map changes */
    struct x86_block *blocks;
    uint64_t generation; /* of the code map when the page became code */
    struct x86_code_page *next;
};

struct x86_code_range {
    gpa_t gpa;
    uint64_t len;
};
#define X86_PENDING_MAX 64
#define X86_UNSURE_MAX  64

/* Why blocks go: this processor wrote to them, another one or a device did, the physical map
 * changed, the debugger asked. */
enum x86_drop {
    X86_DROP_WRITTEN, X86_DROP_ELSEWHERE, X86_DROP_MOVED, X86_DROP_DEBUG, X86_DROP_SETTLE,
    X86_DROP_COUNT
};

struct x86_block_stats {
    uint64_t built, built_insns, dropped[X86_DROP_COUNT], flushes, full, faults, interrupts,
        lookups, single_steps, uncached;
};

/* A translator's hooks; the interpreter's loop calls them. */
struct x86_jit_ops {
    /* Runs from block b at st.rip (64-bit code; insn_limit allows b). 0: on with the next block;
     * 1: a
     * system instruction was executed; -1: nothing was done, b has no code. watch: requests that
     * end the run. */
    int (*run)(struct x86_cpu *cpu, struct x86_block *b, uint64_t key, unsigned watch);
    void (*dropped)(struct x86_block_cache *c, struct x86_block *b);
    void (*flushed)(struct x86_block_cache *c); /* all blocks are gone */
    /* After a longjmp: lazy flags and insn_count (as before c->cur) must be right when it returns.
     * */
    void (*fault)(struct x86_block_cache *c);
};

struct x86_block_cache {
    struct x86_cpu *cpu;
    uint8_t *arena;
    size_t arena_size, arena_used;
    struct x86_block **hash;
    struct x86_code_page **pages;
    size_t n_pages;
    struct x86_block *cur; /* in execution */
    uint64_t cur_rip;      /* where it started */
    bool stop_in_block;    /* the longjmp in progress comes from a dropped block, not a fault */
    const struct x86_jit_ops *jit_ops; /* NULL: interpreter */
    void *jit;
    struct x86_block_stats stats;
    /* The debugger's (not DR7's). */
    bool dbg_step;
    bool dbg_hit;  /* the last stop was a breakpoint of dbg_break */
    bool dbg_irqs; /* single steps take interrupts */
    bool one_insn; /* blocks of one instruction, interrupts looked at after each */
    struct x86_branch_ring *branches; /* taken branches go there, one step at a time; NULL: off */
    gva_t *dbg_break;
    size_t dbg_breaks;
    /* Written by other threads under the code map's lock, with X86_REQ_CODE_FLUSH. */
    struct x86_code_range pending[X86_PENDING_MAX];
    unsigned n_pending;
    bool pending_all;    /* too many ranges: drop every block */
    bool pending_view;   /* the physical map changed */
    bool pending_lost;   /* too many pages became code elsewhere */
    bool pending_parked; /* pages became code elsewhere while this processor did not run */
    bool parked;
    uint64_t acked; /* code map's generation whose new pages this processor writes slowly */
    /* Pages that others may still be writing to unseen (x86_block_settle); more than fit: all. */
    gpa_t unsure[X86_UNSURE_MAX];
    unsigned n_unsure;
    struct x86_block *jump[1u << X86_JUMP_BITS]; /* by linear address */
    struct x86_block none; /* stands for no block: its key is 0; last, as its insns[] is open */
};

static inline struct x86_block **x86_jump_slot(struct x86_block_cache *c, uint64_t lin)
{
    return &c->jump[(lin ^ lin >> X86_JUMP_BITS) & ((1u << X86_JUMP_BITS) - 1)];
}

/* cache_size: bytes of decoded code a processor keeps, 0 for the default. */
struct x86_code_map *x86_code_map_new(size_t cache_size);
void x86_code_map_free(struct x86_code_map *m); /* after the last detach */
/* Gives the processor a cache; without this x86_interp_run makes a private map. The owner's
 * thread. */
void x86_code_map_attach(struct x86_code_map *m, struct x86_cpu *cpu);
void x86_code_map_detach(struct x86_cpu *cpu); /* frees the cache; harmless without one */
/* Host code wrote RAM. Any thread. */
void x86_code_map_written(struct x86_code_map *m, gpa_t gpa, uint64_t len);
/* All processors but one get this request. Any thread. */
void x86_code_map_request(struct x86_code_map *m, const struct x86_cpu *but, unsigned request);
struct x86_world *x86_code_map_world(struct x86_code_map *m);
/* The physical map changed: all processors drop their TLBs and the code of moved pages. Any
 * thread. */
void x86_code_map_moved(struct x86_code_map *m);

/* The block at lin (= CS base + rip), found or built; NULL: this code cannot be cached. Raises what
 * fetching the first instruction raises. max_insns: 1 or X86_BLOCK_INSNS. */
struct x86_block *x86_block_find(struct x86_block_cache *c, uint64_t lin, unsigned max_insns);
/* The block at gpa for that mode if there is one, of any number of instructions. */
struct x86_block *x86_block_peek(struct x86_block_cache *c, gpa_t gpa, unsigned mode);
/* Drops everything; not while a block is in execution. */
void x86_block_flush(struct x86_block_cache *c);
/* The block in execution ends behind its current instruction; it is dropped. */
void x86_block_stop(struct x86_block_cache *c);
/* Drops the blocks that have a byte at this offset of a page. Not while one is in execution. */
void x86_block_drop_offset(struct x86_block_cache *c, unsigned off);
/* Calls f for every block. */
void x86_block_each(struct x86_block_cache *c, void (*f)(struct x86_block *b));
/* Processes what other threads asked for. */
void x86_block_pending(struct x86_block_cache *c);

/* Before the instruction behind one that serializes: drops the code that may be older than what
 * another processor wrote before this one serialized. Only while c->n_unsure. */
void x86_block_settle(struct x86_block_cache *c);

/* Between runs a processor writes nothing. */
void x86_block_park(struct x86_block_cache *c, bool parked);

/* Linear address of the page after lin's, where an instruction goes on; #GP(0) past the canonical
 * half (emulate.c). */
uint64_t x86_next_page(struct x86_cpu *cpu, uint64_t lin);
/* Decodes one instruction at st.rip with all fetch checks, uncached (emulate.c). */
void x86_fetch_insn(struct x86_cpu *cpu, struct x86_insn *i);
/* Binds with the processor's features: what CPUID denies becomes #UD. */
void x86_bind_cpu(struct x86_cpu *cpu, struct x86_insn *i, enum x86_decode_result r);

/* From a handler: back to the loop before this instruction, which is not executed. */
G_NORETURN void x86_block_leave(struct x86_cpu *cpu);

/* After a longjmp out of an instruction: counts what was executed and delivers the fault. False:
 * triple fault. */
bool x86_interp_fault(struct x86_cpu *cpu);
void x86_interp_abandoned(struct x86_cpu *cpu); /* by the bus: as if it had not begun */

/* gdbstub, between runs: breakpoints are linear addresses (copied), looked at before the
 * instruction there. Blocks are cut at them; elsewhere code runs as fast as without. */
void x86_interp_debug(struct x86_cpu *cpu, bool step, const gva_t *breakpoints, size_t n);

#endif
