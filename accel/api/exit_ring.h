/* SPDX-License-Identifier: MIT */
/*
 * The last exits of a vCPU, for post-mortems. Written by the vCPU's own thread on every exit, so it
 * is a store or two; the same exit at the same place counts up.
 */
#ifndef ACCEL_API_EXIT_RING_H
#define ACCEL_API_EXIT_RING_H

#include "core/types.h"

#define ACCEL_EXIT_RING 64 /* a power of two */

struct accel_exit_note {
    uint64_t rip;  /* 0: the accelerator does not tell */
    uint64_t addr; /* port, guest-physical address, MSR, CPUID leaf or vector */
    uint64_t count;
    uint8_t kind;  /* enum accel_exit_kind */
    uint8_t size;
    bool write;
};

struct accel_exit_ring {
    uint64_t n; /* noted so far; the newest is at (n - 1) % ACCEL_EXIT_RING */
    struct accel_exit_note note[ACCEL_EXIT_RING];
};

const char *accel_exit_name(unsigned kind); /* enum accel_exit_kind: "pio", "mmio"... */

static inline void accel_exit_ring_note(struct accel_exit_ring *r, unsigned kind, uint64_t rip,
                                        uint64_t addr, unsigned size, bool write)
{
    struct accel_exit_note *e = &r->note[(r->n - 1) % ACCEL_EXIT_RING];
    if (!r->n || e->kind != kind || e->rip != rip || e->addr != addr || e->size != size ||
        e->write != write) {
        e = &r->note[r->n++ % ACCEL_EXIT_RING];
        *e = (struct accel_exit_note){ rip, addr, 0, (uint8_t)kind, (uint8_t)size, write };
    }
    e->count++;
}

#endif
