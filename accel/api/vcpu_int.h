/* SPDX-License-Identifier: MIT */
/*
 * Inside of a vCPU set: shared by vcpu.c (threads and the run loop), emulate.c (one instruction in
 * software) and switch.c (moving to another accelerator). Nobody else includes this.
 */
#ifndef ACCEL_API_VCPU_INT_H
#define ACCEL_API_VCPU_INT_H

#include "accel/api/exit_ring.h"
#include "accel/api/vcpu.h"

struct x86_cpu;

/* The access of the exit handled last: should the accelerator break before it takes note of it, the
 * instruction is executed again in software, and must not reach the device twice. */
struct vcpu_access {
    enum accel_exit_kind kind; /* PIO, MMIO or MSR; ACCEL_EXIT_KICK: none */
    bool write;
    uint8_t size;
    uint64_t addr;    /* port, gpa or index */
    uint32_t count;   /* of a string instruction */
    uint8_t data[64]; /* what reads gave */
};

struct vcpu {
    struct vcpus *set;
    unsigned index;
    GThread *thread;
    struct accel_vcpu *accel;
    int thread_id; /* the host's */
    int create_ret;
    bool created;
    bool busy;      /* inside run or in the handling of its exit */
    bool halted;    /* HLT, until an event */
    bool halted_if; /* RFLAGS.IF when it halted */
    bool wait_sipi;
    bool dead;   /* shut down or failed: runs no more until reset */
    bool held;   /* by the debugger */
    bool stepping; /* ... instruction by instruction */
    bool broken; /* its accelerator failed: runs no more until it is moved to another */
    bool intr;
    bool pending_nmi, pending_init, pending_sipi;
    uint8_t sipi_vector;
    struct x86_branch_ring *branches; /* NULL: not recorded */
    /* Its own thread's, or another's between vcpus_pause and vcpus_resume. */
    struct accel_exit exit; /* of the run in progress; the next run finds in it what was read */
    struct vcpu_access last;
    unsigned replayed;   /* items of `last` already given to the emulator */
    struct x86_cpu *emu; /* for emulate.c; made when it is needed */
    uint64_t emulated;   /* instructions that the accelerator handed over */
    uint64_t exits[ACCEL_EXIT_COUNT];
    struct accel_exit_ring exit_ring;
    struct x86_state *moved; /* the state on its way to another accelerator */
    int64_t moved_ns;        /* host time when its TSC was read */
    struct accel_vcpu *next;
    int job_ret;
    void (*job)(struct vcpu *c); /* to be run by its thread */
};

struct vcpus {
    const struct accel_ops *ops;
    struct accel_params params;
    struct vcpu_owner owner;
    struct accel_vm *vm;
    struct vcpu *cpu;
    unsigned n;
    GMutex mutex;
    GCond cond; /* any change of what a thread waits for */
    bool paused, quit;
    uint64_t switches;
    struct icount *icount; /* NULL: time is the host's */
    const struct accel_ops *next_ops; /* during vcpus_switch */
    struct accel_vm *next_vm;
};

/* vcpu.c; on the vCPU's own thread, without locks: finishes the instruction of c->last. */
void vcpu_drain(struct vcpu *c);

void vcpu_log_exits(struct vcpu *c, const struct accel_ops *ops, struct accel_vcpu *accel);

/* emulate.c; on the vCPU's own thread, without locks. */
/* ACCEL_EXIT_EMULATE: the instruction at rip in software. Returns the exit that it amounts to: KICK
 * (done), HLT, SHUTDOWN or FAIL (with text). */
void vcpu_emulate(struct vcpu *c, struct accel_exit *e);
/* The instruction of *s whose access is c->last, once more without that access. */
void vcpu_emulate_again(struct vcpu *c, struct x86_state *s);
void vcpu_emulate_free(struct vcpu *c);

/* switch.c; on the vCPU's own thread, without the machine lock: its state into c->moved. 0 or
 * -errno. */
int vcpu_rescue(struct vcpu *c);

#endif
