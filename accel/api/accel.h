/* SPDX-License-Identifier: MIT */
/*
 * The accelerator contract: what executes a guest, whatever it is. See README.md beside this file.
 * Operations return 0 or -errno; GError where a person reads the text.
 */
#ifndef ACCEL_API_ACCEL_H
#define ACCEL_API_ACCEL_H

#include <glib.h>

#include "accel/x86/cpuid.h"
#include "accel/x86/fault_log.h"
#include "accel/x86/regs_port.h"
#include "accel/x86/state.h"
#include "accel/x86/watch.h"
#include "core/types.h"

struct accel_exit_ring;
struct accel_vm;
struct accel_vcpu;
struct opts;
struct physmem;
struct x86_branch_ring;

struct accel_caps {
    unsigned max_vcpus, max_slots;
    bool irqchip, irqchip_split;  /* in-kernel interrupt controllers on offer */
    bool dirty_log, readonly_slots;
    bool decodes_mmio;            /* MMIO exits come decoded */
    bool hw_breakpoints, single_step;
    bool tsc_control;
    bool dictates_ram;            /* ram_alloc must be used */
    bool parallel_vcpus;
    bool counts_insns;            /* deterministic mode */
    bool judges;                  /* its failure is the result, even of a guest that has ended */
    uint32_t tsc_khz;             /* rate of the guest's TSC; 0: not known before the VM exists */
    size_t xsave_size;
    struct x86_cpu_model offered; /* CPU features */
};

/* All that an accelerator may know of the machine. Called on a vCPU's thread without the machine
 * lock; the callee takes it. */
struct accel_callbacks {
    uint32_t (*pio_read)(void *opaque, uint16_t port, unsigned size);
    void (*pio_write)(void *opaque, uint16_t port, uint32_t value, unsigned size);
    /* IN EAX from regs_port_nr (x86/regs_port.h); NULL: no such port. false: pio_read follows. */
    x86_regs_port_fn *regs_port;
    uint16_t regs_port_nr;
    uint64_t (*mmio_read)(void *opaque, gpa_t gpa, unsigned size);
    void (*mmio_write)(void *opaque, gpa_t gpa, uint64_t value, unsigned size);
    /* Machine MSRs: APIC_BASE, x2APIC, TSC_DEADLINE. false = #GP. */
    bool (*msr_read)(void *opaque, unsigned vcpu, uint32_t msr, uint64_t *value);
    bool (*msr_write)(void *opaque, unsigned vcpu, uint32_t msr, uint64_t value);
    uint8_t (*tpr_read)(void *opaque, unsigned vcpu);
    void (*tpr_write)(void *opaque, unsigned vcpu, uint8_t cr8);
    /* FERR# while CR0.NE = 0; true: IGNNE# is active. NULL: x87 errors are ignored. */
    bool (*ferr)(void *opaque, bool active);
    /* The moment of acceptance (INTA): vector, or -1 when the request went away. */
    int (*irq_ack)(void *opaque, unsigned vcpu);
    void (*eoi)(void *opaque, unsigned vcpu, uint8_t vector);
    int64_t (*clock_ns)(void *opaque); /* virtual time, any thread */
    /* Optional, for kvm: CPUID in the state of power-on, instead of the model's. */
    void (*cpuid)(void *opaque, unsigned vcpu, uint32_t leaf, uint32_t subleaf, uint32_t out[4]);
    void *opaque;
};

struct accel_params {
    struct physmem *pm;
    const struct x86_cpu_model *model;
    const struct x86_topology *topology;
    const struct accel_callbacks *cb;
    const struct opts *opts; /* of -accel, during vm_create; may be NULL */
    /* Rate of the guest's TSC, for machines that move between accelerators; 0: the accelerator's
     * own (caps.tsc_khz). */
    uint32_t tsc_khz;
    /* With caps.counts_insns: insn_count is exact for the instruction in execution, too, on the
     * vCPU's thread; insn_limit may be lowered by what that instruction does, and an interrupt or
     * kick that it causes is looked at before the next one. */
    bool counted;
    bool exact_dirty; /* dirty pages are asked for rarely, and must be those of that moment */
};

enum accel_exit_kind {
    ACCEL_EXIT_PIO, ACCEL_EXIT_MMIO, ACCEL_EXIT_EMULATE, ACCEL_EXIT_HLT, ACCEL_EXIT_SHUTDOWN,
    ACCEL_EXIT_IRQ_WINDOW, ACCEL_EXIT_MSR, ACCEL_EXIT_CPUID, ACCEL_EXIT_EOI, ACCEL_EXIT_DEBUG,
    ACCEL_EXIT_KICK, ACCEL_EXIT_FAIL,
    ACCEL_EXIT_COUNT
};

struct accel_exit {
    enum accel_exit_kind kind;
    uint64_t rip;
    union {
        struct { uint16_t port; uint8_t size; bool write; uint32_t count; void *data; } pio;
        struct { gpa_t gpa; uint8_t size; bool write; uint8_t data[8]; } mmio;
        struct { gpa_t gpa; bool write; uint8_t nbytes, bytes[15]; } emulate;
        struct { uint32_t index; bool write, fault; uint64_t value; } msr;
        struct { uint32_t leaf, subleaf, out[4]; } cpuid;
        struct { uint8_t vector; } eoi;
        /* watch: one of watch_set's was touched (addr, write); the instruction is complete */
        struct { uint64_t dr6; bool breakpoint, watch, write; gva_t addr; } debug;
        struct { int code; char text[96]; } fail;
    } u;
};

enum accel_event { ACCEL_EVENT_NMI, ACCEL_EVENT_SMI, ACCEL_EVENT_INIT, ACCEL_EVENT_SIPI };
enum { ACCEL_SLOT_READONLY = 1, ACCEL_SLOT_LOG_DIRTY = 2 };

struct accel_ops {
    const char *name; /* "tcg" */
    const char *desc;
    /* Can it work here? No side effects; the error says why not and what to do. */
    bool (*probe)(struct accel_caps *caps, GError **err);
    /* Optional: where nobody chose, is it faster than software? At most 3 ms; before probe. *why
     * (to be freed) stays NULL where it is plainly absent. */
    bool (*worthwhile)(char **why);
    /* Optional: the same where -accel's options say where to look. */
    bool (*probe_opts)(const struct opts *o, struct accel_caps *caps, GError **err);

    int (*vm_create)(struct accel_vm **vm, const struct accel_params *p, GError **err);
    void (*vm_destroy)(struct accel_vm *vm);
    /* Only with caps.dictates_ram: where guest RAM lies; host and guest addresses differ by a
     * constant. The memory outlives the VM, until ram_free of what stands for address 0. */
    void *(*ram_alloc)(struct accel_vm *vm, gpa_t gpa, uint64_t size);
    void (*ram_free)(void *base);
    /* size 0 removes. NULL if the accelerator listens to physmem itself. */
    int (*slot_set)(struct accel_vm *vm, unsigned slot, gpa_t gpa, void *host, uint64_t size,
                    unsigned flags);
    int (*dirty_fetch)(struct accel_vm *vm, unsigned slot, uint64_t *bitmap, size_t words);
    /* Host code changed RAM. Any thread. */
    void (*mem_written)(struct accel_vm *vm, gpa_t gpa, uint64_t len);

    /* On the thread that will run it. */
    int (*vcpu_create)(struct accel_vm *vm, unsigned index, struct accel_vcpu **vcpu);
    void (*vcpu_destroy)(struct accel_vcpu *vcpu);
    /* Completes the previous exit's read data first, then executes until an exit. Never -EINTR.
     * *exit is the same object in every call and untouched in between, save by the exit's handler.
     * < 0: the accelerator is broken for good. Without the machine lock. */
    int (*vcpu_run)(struct accel_vcpu *vcpu, struct accel_exit *exit);
    /* Any thread, async-signal-safe, sticky: ends the run in progress or else the next one. */
    void (*vcpu_kick)(struct accel_vcpu *vcpu);
    /* Only between runs. groups: X86_GROUP_*. get completes what the previous exit left open; where
     * that is impossible: -EBUSY, and the state before the instruction that made the access. */
    int (*state_get)(struct accel_vcpu *vcpu, struct x86_state *s, uint32_t groups);
    int (*state_set)(struct accel_vcpu *vcpu, const struct x86_state *s, uint32_t groups);

    /* INTR level to the processor; any thread that holds the machine lock. The accelerator calls
     * cb->irq_ack when it accepts. */
    void (*irq_line)(struct accel_vcpu *vcpu, bool level);
    /* Between runs, on the vCPU's thread. */
    void (*event)(struct accel_vcpu *vcpu, enum accel_event ev, uint8_t vector);
    uint64_t (*tsc)(struct accel_vcpu *vcpu); /* as RDTSC would read it now; any thread */
    /* Optional from here on. Between an exit for a port access and the next run: the registers that
     * the access began with, or (write) that its instruction shall leave; RAX is in the data. */
    int (*pio_gpr)(struct accel_vcpu *vcpu, uint64_t gpr[X86_GPR_COUNT], bool write);
    /* For a debugger, between runs, any thread. step: every run ends behind one instruction, or
     * before the handler of what it raised, and takes no interrupt. Breakpoints: linear addresses,
     * looked at before the instruction there; memory and debug registers stay. -ENOSPC: too many */
    int (*debug_set)(struct accel_vcpu *vcpu, bool step, const gva_t *breakpoints, size_t n);
    /* Watchpoints; NULL: none on offer. -ENOSPC. */
    int (*watch_set)(struct accel_vcpu *vcpu, const struct x86_watch *watches, size_t n);
    /* With caps.counts_insns, between runs: instructions so far (an event delivered counts as one);
     * runs end with ACCEL_EXIT_KICK when the count comes to limit (UINT64_MAX: none). */
    uint64_t (*insn_count)(struct accel_vcpu *vcpu);
    void (*insn_limit)(struct accel_vcpu *vcpu, uint64_t limit);
    void (*stats)(struct accel_vm *vm, GString *out);
    /* The last exceptions and interrupts, where the accelerator sees them. Between runs. */
    void (*fault_log)(struct accel_vcpu *vcpu, struct x86_fault_log *out);
    /* Record taken branches there from the next run on; NULL: no more. -ENOTSUP. */
    int (*branch_log)(struct accel_vcpu *vcpu, struct x86_branch_ring *ring);
    /* An accelerator that serves exits inside vcpu_run notes them there (exit_ring.h). */
    void (*exit_log)(struct accel_vcpu *vcpu, struct accel_exit_ring *ring);
};

/* accel.def: every accelerator, best first. NULL-terminated. */
extern const struct accel_ops *const accel_list[];

struct accel_choice {
    const struct accel_ops *ops;
    struct opts *opts;      /* owned; may be NULL */
    struct accel_caps caps;
    bool fallback;          /* goes on with tcg when it breaks */
    char *note;             /* why the default list's best was passed over, worth a line; or NULL */
    char *switch_at;        /* "long-mode", "pc=0x..." ...: when to move to switch_to; or NULL */
    char *switch_to;        /* spec of the next accelerator of the list; NULL: it was the last */
    uint32_t tsc_khz;       /* rate that every accelerator of the list can give; 0: any */
};
/* specs: values of -accel and -machine accel= in order ("kvm:tcg", "kvm,fallback=off"); n == 0 for
 * the default list revirt:kvm:tcg. What cannot work is passed over in silence in the default list,
 * with one line that says why where it was named. Ends at tcg unless fallback=off. */
bool accel_choose(const char *const *specs, size_t n, struct accel_choice *out, GError **err);
/* One value; what cannot work is an error, there is no fall-back. */
bool accel_choose_only(const char *spec, struct accel_choice *out, GError **err);
void accel_choice_clear(struct accel_choice *c);
void accel_print_help(void); /* -accel help: each with its probe's result and features */

#endif
