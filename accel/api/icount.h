/* SPDX-License-Identifier: MIT */
/*
 * Virtual time by counted instructions (-icount): one instruction is 2^shift nanoseconds. Timers
 * fire on the vCPU's thread, between the two instructions where they are due; whatever does not
 * come from outside (keys, sockets, the monitor) is the same in every run and in every engine. One
 * processor only.
 */
#ifndef ACCEL_API_ICOUNT_H
#define ACCEL_API_ICOUNT_H

#include "accel/api/vcpu.h"

struct clock;
struct icount;
struct vcpu;

#define ICOUNT_SHIFT_MAX 10

/* Before the first run. clock: CLOCK_COUNTED, stopped at 0. sleep: a halted processor waits for its
 * next timer in host time; else virtual time jumps there. [L] */
void vcpus_icount(struct vcpus *v, struct clock *clock, unsigned shift, bool sleep);

/* For vcpu.c, on the vCPU's own thread, busy, without locks: around a run. */
void icount_enter(struct icount *ic);
void icount_leave(struct icount *ic);
/* The same with the set's mutex held, not busy: the processor is idle. True: look again, else there
 * is nothing to wait for but an event. */
bool icount_idle(struct icount *ic);
void icount_free(struct icount *ic);

#endif
