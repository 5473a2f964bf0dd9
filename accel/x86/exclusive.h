/* SPDX-License-Identifier: MIT */
/*
 * One processor executes while all others stand between two instructions, wait in a device or do
 * not run: the bus lock, for what the host cannot do atomically (operand.c). A machine's processors
 * share a struct x86_world, which is part of their code map.
 */
#ifndef ACCEL_X86_EXCLUSIVE_H
#define ACCEL_X86_EXCLUSIVE_H

#include <glib.h>
#include <stdbool.h>

struct x86_cpu;

struct x86_world {
    GMutex lock; /* held while one is alone */
    GCond changed;
    unsigned running;
    bool held; /* one is, or waits to be alone */
};

void x86_world_init(struct x86_world *w);
void x86_world_clear(struct x86_world *w);
/* A processor begins (waits while another one is alone) or ends a run. */
void x86_world_run(struct x86_world *w, bool run);

/* Alone from now on: until x86_exclusive_end the processor must not leave its instruction, wait or
 * call a device. False: nothing was done, the processor was kicked and must leave. */
bool x86_exclusive_begin(struct x86_cpu *cpu);
void x86_exclusive_end(struct x86_cpu *cpu);
/* Between two instructions, after X86_REQ_EXCLUSIVE. */
void x86_exclusive_yield(struct x86_cpu *cpu);

#endif
