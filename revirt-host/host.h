/* SPDX-License-Identifier: MIT */
/*
 * The reference host of Revirt's interface (accel/revirt/ABI.md): virtual machines for other
 * processes, on the software processor of accel/x86.
 *
 * Threads: main accepts; one a VM serves its socket and its kicks; one a vCPU serves the vCPU's
 * socket and runs it. A VM's thread makes and ends its vCPUs. Whatever a client sends is answered
 * or, when it is no message, its socket is closed; a client that is gone takes its VMs along.
 */
#ifndef REVIRT_HOST_HOST_H
#define REVIRT_HOST_HOST_H

#include <glib.h>
#include <setjmp.h>

#include "accel/revirt/abi_state.h"
#include "accel/revirt/wire.h"
#include "accel/x86/cpu.h"
#include "core/physmem.h"
#include "os/os.h"

#define HOST_MAX_VMS 128 /* each has a window in the host's address space */

struct host {
    bool decode_mmio;    /* REVIRT_F_DECODES_MMIO instead of REVIRT_EXIT_EMULATE */
    uint64_t max_memory; /* bytes mapped into one VM */
    struct x86_cpu_model offered;
    GMutex lock;        /* what follows */
    GHashTable *vms;    /* by name */
    unsigned n_threads; /* VM threads that have not ended */
    GCond idle;
};

struct host_map {
    struct revirt_map map;
    struct mem_region *region;
};

struct host_vcpu;

struct host_vm {
    struct host *host;
    char *name;
    int sock;
    int mem_fd;
    uint8_t *window;
    struct physmem *pm;
    struct x86_code_map *code;
    struct physmem_listener listener;
    GArray *maps;          /* struct host_map, the VM's thread only */
    struct os_event ended; /* a vCPU's thread has ended */
    GMutex lock;           /* vcpus */
    struct host_vcpu *vcpus[REVIRT_MAX_VCPUS];
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
    _Atomic bool over; /* the thread is about to end */
    /* The thread's own: */
    struct x86_cpu *cpu; /* within survivor */
    struct x86_cpu_model model;
    struct x86_topology topology;
    struct revirt_cpuid leaves[REVIRT_MAX_LEAVES];
    unsigned n_leaves;
    struct revirt_msr_range msrs[REVIRT_MAX_MSRS];
    unsigned n_msrs;
    bool ran, quiet, owed;
    uint32_t owed_count; /* exits that owed */
    int inject; /* vector to deliver, or -1 */
    bool window, rekick, tpr_changed, acked;
    uint64_t ack_rip;        /* where an interrupt was accepted */
    struct revirt_run run;   /* as the VMM gave it last */
    struct revirt_exit exit; /* being made */
    jmp_buf out;
    uint8_t buf[REVIRT_MAX_PAYLOAD];
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

/* vm.c */
void host_serve(struct host *h, int sock); /* starts a thread that owns sock */

/* vcpu.c. create: -errno. The descriptor for the VMM goes to *fd, owned by the caller. */
int host_vcpu_create(struct host_vm *vm, unsigned index, int *fd);
void host_vcpu_stop(struct host_vcpu *v); /* any thread: its thread will end */
void host_vcpu_free(struct host_vcpu *v); /* joins */

/* cpuid.c */
int host_cpuid_set(struct host_vcpu *v, const struct revirt_cpuid *leaves, size_t n);
const struct revirt_cpuid *host_cpuid_find(const struct host_vcpu *v, uint32_t leaf,
                                           uint32_t subleaf);
size_t host_cpuid_offers(const struct host *h, struct revirt_cpuid *out, size_t room);

#endif
