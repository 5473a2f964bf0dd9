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

/* Taken branches, only while somebody asked (x86_block_cache.branches). */
#define X86_BRANCH_LOG_SIZE 64
struct x86_branch_rec {
    uint64_t from, to; /* linear addresses */
};
struct x86_branch_ring {
    uint64_t n;
    struct x86_branch_rec rec[X86_BRANCH_LOG_SIZE];
};

#endif
