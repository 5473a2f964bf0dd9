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
    void (*failed)(void *opaque, unsigned vcpu, const char *text); /* the accelerator gave up */
    void (*debug)(void *opaque, unsigned vcpu, const struct accel_exit *e);
    void *opaque;
};

struct vcpus *vcpus_new(const struct accel_ops *ops, const struct accel_params *p, unsigned n,
                        const struct vcpu_owner *owner, GError **err); /* [L] creates vm and threads, paused */
void vcpus_free(struct vcpus *v);   /* [L] stops and joins threads (drops the lock while joining) */
unsigned vcpus_count(const struct vcpus *v);
struct accel_vm *vcpus_vm(const struct vcpus *v);

void vcpus_resume(struct vcpus *v); /* [L] */
void vcpus_pause(struct vcpus *v);  /* [L] returns when all are out of run; drops the lock while waiting;
                                       called on a vCPU thread it pauses the others and itself at once */
void vcpus_request_pause(struct vcpus *v); /* [A] as vcpus_pause, without waiting */
bool vcpus_running(const struct vcpus *v);
void vcpus_reset(struct vcpus *v);  /* [L] paused: power-on state of all, BSP runnable, others wait for SIPI */

void vcpu_intr(struct vcpus *v, unsigned index, bool level);  /* [L] INTR from LAPIC/PIC; wakes HLT */
void vcpu_nmi(struct vcpus *v, unsigned index);               /* [L] */
void vcpu_init(struct vcpus *v, unsigned index);              /* [L] INIT IPI */
void vcpu_sipi(struct vcpus *v, unsigned index, uint8_t vector); /* [L] latched while INIT is in progress */
void vcpu_kick(struct vcpus *v, unsigned index);              /* [A] */

/* Paused, or on the vCPU's own thread. */
int vcpu_state_get(struct vcpus *v, unsigned index, struct x86_state *s, uint32_t groups);
int vcpu_state_set(struct vcpus *v, unsigned index, const struct x86_state *s, uint32_t groups);
uint64_t vcpu_tsc(struct vcpus *v, unsigned index); /* [A] the guest's TSC now */
/* The index of the vCPU whose thread this is, or -1. */
int vcpu_current(void);

#endif
