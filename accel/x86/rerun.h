/* SPDX-License-Identifier: MIT */
/*
 * The last instruction once more, for accelerators that report a death without its story.
 */
#ifndef ACCEL_X86_RERUN_H
#define ACCEL_X86_RERUN_H

#include "accel/x86/fault_log.h"
#include "accel/x86/state.h"

struct physmem;
struct x86_cpu_model;
struct x86_topology;

/* Executes one instruction from s on the guest's memory. True: it ended in shutdown again; log has
 * the exceptions, *after the state in which the processor died. Ports and devices answer all ones
 * and take nothing; a page's accessed bits and the words below the stack pointer may be written,
 * which the dead guest does not mind. */
bool x86_rerun(const struct x86_state *s, struct physmem *pm, const struct x86_cpu_model *model,
               const struct x86_topology *topology, struct x86_fault_log *log,
               struct x86_state *after);

#endif
