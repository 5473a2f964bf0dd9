/* SPDX-License-Identifier: MIT */
/*
 * What a processor notes of its exceptions and interrupts, always, for post-mortems: kept only on
 * the path of a delivery, which is long already. Plain data, copied out whole.
 */
#ifndef ACCEL_X86_FAULT_LOG_H
#define ACCEL_X86_FAULT_LOG_H

#include "core/types.h"

#define X86_FAULT_LOG_SIZE 32 /* powers of two */
#define X86_IRQ_LOG_SIZE   32
#define X86_NO_VECTOR      0xff

enum x86_fault_end {
    X86_FAULT_HANDLED,  /* its handler was entered */
    X86_FAULT_REFUSED,  /* its delivery raised the fault of the next record */
    X86_FAULT_DOUBLED,  /* raised during a delivery, became #DF with what was being delivered */
    X86_FAULT_SHUTDOWN, /* raised while #DF was being delivered */
};

struct x86_fault_rec {
    uint64_t rip, rsp, cr2, insn; /* insn: instructions executed before it */
    const char *why;  /* static text: the check that failed; NULL: the vector says it all */
    uint32_t error;
    uint16_t cs;
    uint8_t vector;
    uint8_t during;   /* raised while this vector was being delivered, or X86_NO_VECTOR */
    uint8_t type;     /* enum x86_event_type */
    uint8_t has_error, cpl, end;
};

struct x86_irq_rec {
    uint64_t rip, insn;
    uint16_t cs;
    uint8_t vector, type;
};

/* Rings: record k is at [k % SIZE], the last n - 1. */
struct x86_fault_log {
    uint64_t n, irqs;
    struct x86_fault_rec rec[X86_FAULT_LOG_SIZE];
    struct x86_irq_rec irq[X86_IRQ_LOG_SIZE]; /* external, NMI and software interrupts */
};

/* Runs of instructions in the order of execution, only while somebody asked
 * (x86_block_cache.branches); translated code writes here, too. Linear addresses. */
#define X86_BRANCH_RUNS 256 /* what a byte can count */
struct x86_branch_ring {
    uint64_t n; /* the newest is at [n % X86_BRANCH_RUNS]; 0: none yet */
    uint64_t start[X86_BRANCH_RUNS];
    uint64_t last[X86_BRANCH_RUNS]; /* a branch at its end; 0: it does not end in one */
    uint64_t end[X86_BRANCH_RUNS];  /* where it goes on if nothing branches */
};

/* Instructions of [start, end) begin to run. */
static inline void x86_branch_run(struct x86_branch_ring *r, uint64_t start, uint64_t last,
                                  uint64_t end)
{
    unsigned top = (unsigned)(r->n % X86_BRANCH_RUNS);
    if (!r->n || r->end[top] != start) {
        top = (unsigned)(++r->n % X86_BRANCH_RUNS);
        r->start[top] = start;
    }
    r->last[top] = last;
    r->end[top] = end;
}

/* What runs is left without a branch (a fault, an interrupt...), for `to`. */
static inline void x86_branch_cut(struct x86_branch_ring *r, uint64_t to)
{
    r->last[r->n % X86_BRANCH_RUNS] = 0;
    r->end[r->n % X86_BRANCH_RUNS] = to;
}

/* The taken branches among them, newest first, at most X86_BRANCH_LOG_SIZE. Returns how many. */
#define X86_BRANCH_LOG_SIZE 64
struct x86_branch_rec {
    uint64_t from, to;
};
static inline unsigned x86_branch_list(const struct x86_branch_ring *r, struct x86_branch_rec *out)
{
    unsigned n = 0;
    for (uint64_t k = r->n; k > 1 && r->n - k < X86_BRANCH_RUNS - 1 && n < X86_BRANCH_LOG_SIZE;
         k--) {
        unsigned at = (unsigned)((k - 1) % X86_BRANCH_RUNS);
        uint64_t to = r->start[k % X86_BRANCH_RUNS];
        if (r->last[at] && to != r->end[at]) {
            out[n++] = (struct x86_branch_rec){ r->last[at], to };
        }
    }
    return n;
}

#endif
