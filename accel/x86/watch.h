/* SPDX-License-Identifier: MIT */
/*
 * A debugger's watchpoints: any number, any length, by linear address. They are not the guest's
 * debug registers (debug.c). Pages that hold one get no tag in the TLB, so that every access to
 * them arrives in the slow paths; all other pages run as fast as without.
 */
#ifndef ACCEL_X86_WATCH_H
#define ACCEL_X86_WATCH_H

#include "core/types.h"

struct x86_cpu;

struct x86_watch {
    gva_t addr;
    uint64_t len; /* 1 and up */
    bool read, write;
};

struct x86_watches {
    struct x86_watch *w;
    size_t n;
    /* The access that stopped the processor: what was touched, and by which kind. */
    bool hit, hit_write;
    gva_t hit_addr; /* of the watchpoint's first byte that was touched */
};

/* Between runs. The list is copied. */
void x86_watch_set(struct x86_cpu *cpu, const struct x86_watch *w, size_t n);
bool x86_watch_page(const struct x86_cpu *cpu, uint64_t page);
/* After an access: a hit ends the run behind the instruction. */
void x86_watch_check(struct x86_cpu *cpu, uint64_t lin, unsigned size, bool write);

#endif
