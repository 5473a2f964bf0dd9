/* SPDX-License-Identifier: MIT */
/*
 * What outlives the reference host: the software processor itself lies in memory that the VMM has
 * mapped, too, behind this head. Only a VMM of the same build can read it; the head tells.
 */
#ifndef ACCEL_REVIRT_SURVIVOR_H
#define ACCEL_REVIRT_SURVIVOR_H

#include "accel/x86/cpu.h"

#define SURVIVOR_CPU_OFFSET 4096u

struct survivor_head {
    char magic[8];
    uint32_t state_version, cpu_size;
    uint32_t lazy_offset, tsc_offset;
    char build[16];
    /* From here on it changes. Both sides count, so that the VMM knows what the host has done of
     * the last RUN it asked for. */
    _Atomic uint32_t owed;     /* number of the exit that waits for data; 0: none does */
    _Atomic uint32_t injected; /* interrupts delivered */
};

#define SURVIVOR_SAME offsetof(struct survivor_head, owed)
#define SURVIVOR_HEAD                                                             \
    {                                                                             \
        "RVSURV1", X86_STATE_VERSION, sizeof(struct x86_cpu),                     \
            offsetof(struct x86_cpu, lazy), offsetof(struct x86_cpu, tsc_offset), \
            EMU_VERSION, 0, 0                                                     \
    }

#endif
