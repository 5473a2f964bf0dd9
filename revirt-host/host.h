/* SPDX-License-Identifier: MIT */
/*
 * The reference host of Revirt's interface (accel/revirt/ABI.md): virtual machines for other
 * processes, on one of emu's engines.
 *
 * Processes: the first one accepts (main.c), and makes one for each connection, which has one VM
 * (broker.c is what they say to one another). When the first one is gone the others bring their
 * processors to the end of an instruction, leave the state to the VMM, and end.
 * Threads of a VM's process: one serves the VM's socket and its kicks; one a vCPU serves the vCPU's
 * socket and runs it. Whatever a client sends is answered or, when it is no message, its socket is
 * closed; a client that is gone takes its VM along.
 */
#ifndef REVIRT_HOST_HOST_H
#define REVIRT_HOST_HOST_H

#include <glib.h>
#include <setjmp.h>

#include "accel/api/accel.h"
#include "accel/revirt/abi_state.h"
#include "accel/revirt/wire.h"
#include "accel/x86/cpu.h"
#include "core/physmem.h"
#include "os/os.h"

#define HOST_MAX_VMS 128

struct host_vm;
struct host_vcpu;

/* What runs guests. On the vCPU's thread unless said otherwise. */
struct host_engine {
    const char *name;
    uint32_t features;        /* REVIRT_F_* that depend on it */
    bool decodes_only;        /* memory accesses come decoded, there is no other way */
    bool (*worthwhile)(void); /* where nobody chose; may be NULL */
    bool (*probe)(struct accel_caps *caps, GError **err);
    int (*vm_open)(struct host_vm *vm);   /* the VM's thread; 0 or -errno */
    void (*vm_close)(struct host_vm *vm); /* the VM's thread, after the last vCPU */
    void (*init)(struct host_vcpu *v);    /* v->cpu; the VM's thread */
    void (*start)(struct host_vcpu *v);
    void (*stop)(struct host_vcpu *v);  /* the processor's state is in v->cpu from now on */
    void (*free)(struct host_vcpu *v);  /* the VM's thread, after stop */
    bool (*run)(struct host_vcpu *v);   /* a RUN up to v->exit; false: the VMM is gone */
    void (*kick)(struct host_vcpu *v);  /* any thread; sticky */
    void (*taken)(struct host_vcpu *v); /* v->run, v->inject and v->window are new */
    bool (*ready)(struct host_vcpu *v); /* could take an interrupt; nothing is owed */
    void (*describe)(struct host_vcpu *v, struct revirt_exit *e); /* rip, cr8, tsc_offset */
    void (*get)(struct host_vcpu *v, struct x86_state *s);
    int (*set)(struct host_vcpu *v, const struct x86_state *s); /* s->groups */
    int (*debug)(struct host_vcpu *v, bool step, const gva_t *breaks, size_t n);
    void (*written)(struct host_vm *vm, gpa_t gpa, uint64_t len); /* the VM's thread; may be NULL */
};
extern const struct host_engine host_interp, host_jit, host_kvm;

struct host {
    const struct host_engine *engine;
    bool decode_mmio;    /* REVIRT_F_DECODES_MMIO instead of REVIRT_EXIT_EMULATE */
    uint64_t max_memory; /* bytes mapped into one VM */
    uint32_t tsc_khz;    /* of guests */
    struct x86_cpu_model offered;
    int broker; /* a VM's process: the first one's socket */
};

struct host_map {
    struct revirt_map map;
    struct mem_region *region;
};

struct host_vm {
    struct host *host;
    int sock;
    int mem_fd;
    uint8_t *window;
    struct physmem *pm;
    GArray *maps;          /* struct host_map, the VM's thread only */
    struct os_event ended; /* a vCPU's thread has ended */
    atomic_bool dying;     /* the first process is gone: leave everything in order */
    GMutex lock;           /* vcpus */
    struct host_vcpu *vcpus[REVIRT_MAX_VCPUS];
    struct x86_code_map *code; /* soft.c */
    struct physmem_listener listener;
    struct accel_vm *accel; /* hard.c */
    struct x86_cpu_model model;
};

struct host_vcpu {
    struct host_vm *vm;
    unsigned index;
    int sock;
    struct os_event kick;
    int survivor_fd;
    uint8_t *survivor;
    size_t survivor_size;
    GThread *thread;
    atomic_bool over; /* the thread is about to end */
    atomic_bool idle; /* waits for a request, nothing is owed */
    /* The thread's own: */
    struct x86_cpu *cpu; /* within survivor */
    struct x86_cpu_model model;
    struct x86_topology topology;
    struct revirt_cpuid leaves[REVIRT_MAX_LEAVES];
    unsigned n_leaves;
    struct revirt_msr_range msrs[REVIRT_MAX_MSRS];
    unsigned n_msrs;
    bool ran, owed;
    uint32_t owed_count; /* exits that owed */
    int inject;          /* vector to deliver, or -1 */
    bool window, tpr_changed;
    struct revirt_run run;   /* as the VMM gave it last */
    struct revirt_exit exit; /* being made */
    uint8_t buf[REVIRT_MAX_PAYLOAD];
    /* soft.c */
    bool quiet, rekick, acked;
    uint64_t ack_rip; /* where an interrupt was accepted */
    jmp_buf out;
    /* hard.c */
    _Atomic(struct accel_vcpu *) accel;
    struct accel_exit hard_exit;
    atomic_bool kicked; /* before there was `accel` */
    bool gone;
};

/* serve.c: messages. Returns 1, or 0: the other side is gone or not worth talking to. */
struct host_call {
    struct revirt_wire_request req;
    uint8_t *buf; /* payload both ways, REVIRT_MAX_PAYLOAD bytes */
    int fd;       /* to go with the reply, or -1 */
};
int host_receive(int sock, struct host_call *c);
/* result < 0: no payload. result >= 0 and more than the other side has room for: -EMSGSIZE. */
int host_reply(int sock, const struct host_call *c, int result, size_t len);

/* broker.c. The first process serves clients until a signal; then, and in the children, it
 * returns. */
void host_accept(struct host *h, int listener, int quit_fd);
int host_claim_name(struct host *h, const char *name); /* a VM's process: 0, -EEXIST, -ENOSPC */
unsigned host_count_vms(struct host *h);

/* vm.c: one VM, until its end. */
void host_serve(struct host *h, int sock);

/* vcpu.c. create: -errno. The descriptor for the VMM goes to *fd, owned by the caller. */
int host_vcpu_create(struct host_vm *vm, unsigned index, int *fd);
void host_vcpu_stop(struct host_vcpu *v);    /* the VM's thread: its thread will end */
void host_vcpu_leave(struct host_vcpu *v);   /* the same, in order: for vm->dying */
void host_vcpu_free(struct host_vcpu *v);    /* joins */
uint64_t host_tsc(const struct host_vm *vm); /* the host's monotonic time in guest ticks */
/* Exits, for the engine that runs v. What makes the guest wait for an answer returns it; false:
 * the VMM is gone. */
struct revirt_exit *host_exit(struct host_vcpu *v, enum revirt_exit_kind kind);
bool host_exit_pio(struct host_vcpu *v, uint16_t port, unsigned size, bool write, uint32_t *value);
bool host_exit_mmio(struct host_vcpu *v, gpa_t gpa, unsigned size, bool write, uint64_t *value);
/* *ok: no #GP. An MSR that the VMM did not ask for is answered here. */
bool host_exit_msr(struct host_vcpu *v, uint32_t msr, bool write, uint64_t *value, bool *ok);
bool host_exit_cpuid(struct host_vcpu *v, uint32_t leaf, uint32_t subleaf, uint32_t out[4]);
bool host_takes_interrupt(const struct x86_state *s); /* between two runs */

/* cpuid.c */
int host_cpuid_set(struct host_vcpu *v, const struct revirt_cpuid *leaves, size_t n);
const struct revirt_cpuid *host_cpuid_find(const struct host_vcpu *v, uint32_t leaf,
                                           uint32_t subleaf);
size_t host_cpuid_offers(const struct host *h, struct revirt_cpuid *out, size_t room);

#endif
