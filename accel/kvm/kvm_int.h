/* SPDX-License-Identifier: MIT */
/*
 * Inside of the KVM accelerator. The interface is the kernel's Documentation/virt/kvm/api.rst;
 * every system call goes through kvm_sys, so that tests can make any of them fail.
 */
#ifndef ACCEL_KVM_KVM_INT_H
#define ACCEL_KVM_KVM_INT_H

#include <linux/kvm.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>

#include "accel/api/accel.h"
#include "accel/x86/msr_fields.h"
#include "core/physmem.h"

#define KVM_MAX_VCPUS   255
#define KVM_MAX_MSRS    X86_MSR_FIELDS_MAX
#define KVM_KICK_SIGNAL (SIGRTMIN + 3)
#define KVM_XSAVE_MAX   16384 /* bytes of an XSAVE image that we take */

struct kvm_sys {
    int (*open)(void);                                      /* /dev/kvm; fd or -errno */
    int (*ioctl)(int fd, unsigned long request, void *arg); /* >= 0 or -errno */
    void *(*map)(int fd, size_t size);                      /* NULL: failed */
    void (*unmap)(void *p, size_t size);
    void (*close)(int fd);
};
extern struct kvm_sys kvm_sys; /* changed by tests only */

static inline int kvm_ioctl(int fd, unsigned long request, void *arg)
{
    return kvm_sys.ioctl(fd, request, arg);
}

static inline int kvm_ioctl_n(int fd, unsigned long request, unsigned long n)
{
    return kvm_sys.ioctl(fd, request, (void *)n);
}

struct kvm_slot {
    uint32_t id; /* KVM's */
    gpa_t gpa;
    uint64_t size;
    uint8_t *host;
    uint32_t flags;            /* KVM_MEM_* */
    struct mem_region *region; /* whose dirty pages it tells */
    uint64_t region_off;
};

struct accel_vm {
    struct accel_params params;
    struct accel_callbacks cb;
    int sys_fd, fd;
    size_t run_size, xsave_size;
    bool has_xsave2, has_payload, has_msr_exits, has_emulation_exits, has_triple_fault;
    bool has_debug, has_xcrs;
    bool has_sync_regs; /* run holds the registers behind every KVM_RUN */
    uint32_t tsc_khz;
    _Atomic int run_error; /* something outside of a run failed for good: the next run says so */
    /* MSRs that this KVM keeps, found with the first vCPU (state.c). */
    bool msrs_known;
    unsigned n_msrs;
    uint8_t msr_row[KVM_MAX_MSRS]; /* index into x86_msr_fields */

    /* mem.c */
    struct physmem_listener listener;
    GArray *view;  /* struct mem_section: the map as told last */
    GArray *slots; /* struct kvm_slot */
    uint32_t next_slot;
    GArray *free_ids; /* uint32_t */
    GMutex dirty_lock;
    int64_t dirty_ns;

    /* The gate: nobody runs while slots change. */
    GMutex lock;
    GCond cond;
    atomic_bool inhibit;
    struct accel_vcpu *vcpus[KVM_MAX_VCPUS];
};

enum kvm_open { KVM_OPEN_NONE, KVM_OPEN_OTHER, KVM_OPEN_WRITTEN, KVM_OPEN_MMIO_READ, KVM_OPEN_MSR };

struct accel_vcpu {
    struct accel_vm *vm;
    unsigned index;
    int fd;
    struct kvm_run *run;
    pthread_t thread;
    atomic_bool kicked, intr, in_run;
    /* What the previous exit left open, and where its data is. */
    enum kvm_open open;
    struct accel_exit *exit;
    uint8_t tpr;
    bool tpr_stale;                  /* an exit or state_set may have changed it */
    bool regs_fresh;                 /* run's copy of the registers is of now */
    bool have_exit;                  /* run holds an exit that nobody has seen */
    bool inject_stale;               /* run's ready_for_interrupt_injection is not of now */
    atomic_uint_fast64_t tsc_offset; /* guest's TSC - the host's */
    struct x86_state shadow;         /* what KVM does not keep, as set last */
    uint8_t *xsave;                  /* image as KVM gives and takes it */
    /* debug_set */
    struct kvm_guest_debug debug;
    uint64_t reasons[64], injected, entries, msr_emulated;
};

/* kvm.c */
/* Completes what the previous exit left open, without running. 0, or -errno: it is still open. */
int kvm_complete(struct accel_vcpu *v);

/* mem.c; machine lock held */
int kvm_mem_init(struct accel_vm *vm, GError **err);
void kvm_mem_free(struct accel_vm *vm);
gpa_t kvm_a20(struct accel_vm *vm, gpa_t gpa);

/* vcpu.c */
int kvm_vcpu_create(struct accel_vm *vm, unsigned index, struct accel_vcpu **out);
void kvm_vcpu_destroy(struct accel_vcpu *v);
int kvm_vcpu_run(struct accel_vcpu *v, struct accel_exit *e);
void kvm_vcpu_kick(struct accel_vcpu *v);
void kvm_vcpu_irq_line(struct accel_vcpu *v, bool level);
void kvm_vcpu_event(struct accel_vcpu *v, enum accel_event ev, uint8_t vector);
uint64_t kvm_vcpu_tsc(struct accel_vcpu *v);
int kvm_vcpu_debug(struct accel_vcpu *v, bool step, const gva_t *breakpoints, size_t n);
void kvm_vm_stats(struct accel_vm *vm, GString *out);
/* All vCPUs out of KVM_RUN and kept out, until kvm_gate_open. Not from inside a run. */
void kvm_gate_close(struct accel_vm *vm);
void kvm_gate_open(struct accel_vm *vm);
void kvm_signal_init(void);

/* state.c */
int kvm_state_init(struct accel_vcpu *v);
int kvm_pio_gpr(struct accel_vcpu *v, uint64_t gpr[X86_GPR_COUNT], bool write);
int kvm_state_get(struct accel_vcpu *v, struct x86_state *s, uint32_t groups);
int kvm_state_set(struct accel_vcpu *v, const struct x86_state *s, uint32_t groups);
int kvm_regs_get(struct accel_vcpu *v, struct kvm_regs *r);
int kvm_regs_set(struct accel_vcpu *v, const struct kvm_regs *r);
int kvm_read_tsc_offset(struct accel_vcpu *v);
int kvm_set_apic_base(struct accel_vcpu *v, uint64_t value);

/* cpuid.c */
bool kvm_cpuid_offered(int sys_fd, struct x86_cpu_model *m);
int kvm_cpuid_set(struct accel_vcpu *v);
/* Offset and size of an XSAVE component in KVM's images; size 0: it has none. */
void kvm_xsave_component(unsigned i, uint32_t *offset, uint32_t *size);

/* measure.c: the speed of a tiny loop that ends in an exit, in at most about 3 ms. */
#define KVM_MEASURE_INSNS 1000u
struct kvm_speed {
    int64_t turn_ns; /* KVM_MEASURE_INSNS instructions and an exit */
    double mips;     /* what that comes to */
};
/* -errno of what failed first; opening the device comes first of all. */
int kvm_measure(struct kvm_speed *out);
void kvm_close_later(int fd);

#endif
