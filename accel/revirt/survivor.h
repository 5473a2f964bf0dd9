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
};

#define SURVIVOR_HEAD                                                                         \
    {                                                                                         \
        "RVSURV1", X86_STATE_VERSION, sizeof(struct x86_cpu), offsetof(struct x86_cpu, lazy), \
            offsetof(struct x86_cpu, tsc_offset), EMU_VERSION                                 \
    }

#endif
