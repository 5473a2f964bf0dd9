/* SPDX-License-Identifier: MIT */
/*
 * vCPU threads and the only run loop. A vcpu set belongs to one machine.
 *
 * Locking: functions marked [L] want the machine lock held, [A] may be called from any thread
 * without it. Each vCPU's accelerator state is touched by its own thread only, or by others between
 * vcpus_pause and vcpus_resume.
 */
#ifndef ACCEL_API_VCPU_H
#define ACCEL_API_VCPU_H

#include "accel/api/accel.h"

struct vcpus;

/* What the loop tells the machine; machine lock held. */
struct vcpu_owner {
    void (*shutdown)(void *opaque, unsigned vcpu, const struct x86_state *s); /* triple fault */
    /* The accelerator gave up on this vCPU, which stands still from now on until vcpus_switch moves
     * it or vcpus_reset. */
    void (*failed)(void *opaque, unsigned vcpu, const char *text);
    void (*debug)(void *opaque, unsigned vcpu, const struct accel_exit *e);
    void *opaque;
};

/* [L] Creates the accelerator's machine and n threads, paused. */
struct vcpus *vcpus_new(const struct accel_ops *ops, const struct accel_params *p, unsigned n,
                        const struct vcpu_owner *owner, GError **err);
void vcpus_free(struct vcpus *v); /* [L] stops and joins threads (drops the lock while joining) */
unsigned vcpus_count(const struct vcpus *v);
struct accel_vm *vcpus_vm(const struct vcpus *v);
const struct accel_ops *vcpus_ops(const struct vcpus *v); /* the one in use now */
void vcpus_stats(struct vcpus *v, GString *out);          /* [L] lines for people */

void vcpus_resume(struct vcpus *v); /* [L] */
/* [L] Returns when all are out of run; drops the lock while waiting. On a vCPU's own thread it
 * pauses the others, and that one when its exit is handled. */
void vcpus_pause(struct vcpus *v);
void vcpus_request_pause(struct vcpus *v); /* [A] as vcpus_pause, without waiting */
bool vcpus_running(const struct vcpus *v);
/* [L], not on a vCPU's thread. Moves the processors to another accelerator and lets them go on if
 * they ran: all are paused, their state is carried by struct x86_state, devices notice nothing.
 * opts: of -accel for the new one (may be NULL; used during the call only). False: nothing has
 * changed, and whatever still works goes on where it was. Virtual time should stand still
 * meanwhile. */
bool vcpus_switch(struct vcpus *v, const struct accel_ops *ops, const struct opts *opts,
                  GError **err);
/* [L] Paused: power-on state; the boot processor is runnable, others wait for SIPI. */
void vcpus_reset(struct vcpus *v);

/* [L] INTR from local APIC or PIC; wakes a processor from HLT. */
void vcpu_intr(struct vcpus *v, unsigned index, bool level);
void vcpu_nmi(struct vcpus *v, unsigned index);               /* [L] */
void vcpu_init(struct vcpus *v, unsigned index);              /* [L] INIT IPI */
/* [L] Latched while INIT is in progress. */
void vcpu_sipi(struct vcpus *v, unsigned index, uint8_t vector);
void vcpu_kick(struct vcpus *v, unsigned index);              /* [A] */

/* Paused, or on the vCPU's own thread. */
int vcpu_state_get(struct vcpus *v, unsigned index, struct x86_state *s, uint32_t groups);
int vcpu_state_set(struct vcpus *v, unsigned index, const struct x86_state *s, uint32_t groups);
/* For a debugger. [L] Paused: breakpoints and single-step, watchpoints; -ENOTSUP where the engine
 * has none. A vCPU on hold stays where it is while the others run. */
int vcpu_debug_set(struct vcpus *v, unsigned index, bool step, const gva_t *breakpoints, size_t n);
int vcpu_watch_set(struct vcpus *v, unsigned index, const struct x86_watch *watches, size_t n);
void vcpu_hold(struct vcpus *v, unsigned index, bool hold);
enum vcpu_activity { VCPU_RUNNABLE, VCPU_HALTED, VCPU_WAIT_SIPI, VCPU_DEAD };
enum vcpu_activity vcpu_activity(struct vcpus *v, unsigned index); /* [L] */
/* Paused: every vCPU records its taken branches (slowly) from now on. -ENOTSUP. */
int vcpus_log_branches(struct vcpus *v);
/* Of one vCPU, NULL if none are recorded. */
const struct x86_branch_ring *vcpu_branches(struct vcpus *v, unsigned index);
/* Paused, or on the vCPU's own thread. False: the accelerator keeps none. */
bool vcpu_fault_log(struct vcpus *v, unsigned index, struct x86_fault_log *log);
int vcpu_thread_id(struct vcpus *v, unsigned index); /* the host's number of its thread */
/* Its last exits (exit_ring.h); paused, or on the vCPU's own thread. */
const struct accel_exit_ring *vcpu_exit_ring(struct vcpus *v, unsigned index);
uint64_t vcpu_tsc(struct vcpus *v, unsigned index); /* [A] the guest's TSC now */
/* The index of the vCPU whose thread this is, or -1. */
int vcpu_current(void);

#endif
