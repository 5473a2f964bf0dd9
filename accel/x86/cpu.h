/* SPDX-License-Identifier: MIT */
/*
 * One software processor: the state that accel/x86 executes on, in the interpreter and under the
 * translator. Owned by one vCPU thread; other threads may only touch the fields marked so.
 *
 * A fault leaves an instruction by x86_raise (longjmp to the loop's setjmp): instruction handlers
 * therefore write registers only after the last access that can fault.
 */
#ifndef ACCEL_X86_CPU_H
#define ACCEL_X86_CPU_H

#include <setjmp.h>
#include <stdatomic.h>

#include "accel/x86/consts.h"
#include "accel/x86/cpuid.h"
#include "accel/x86/decode.h"
#include "accel/x86/fault_log.h"
#include "accel/x86/jit_state.h"
#include "accel/x86/mmu_state.h"
#include "accel/x86/regs_port.h"
#include "accel/x86/state.h"
#include "accel/x86/watch.h"

struct physmem;
struct x86_code_map;

/* What the processor may know of the machine. The owner takes the machine lock inside these. */
struct x86_bus {
    uint32_t (*pio_read)(void *opaque, uint16_t port, unsigned size);
    void (*pio_write)(void *opaque, uint16_t port, uint32_t value, unsigned size);
    x86_regs_port_fn *regs_port; /* IN EAX from regs_port_nr asks this first; may be NULL */
    uint16_t regs_port_nr;
    uint64_t (*mmio_read)(void *opaque, gpa_t gpa, unsigned size);
    void (*mmio_write)(void *opaque, gpa_t gpa, uint64_t value, unsigned size);
    /* The machine's MSRs (APIC_BASE, x2APIC 800h-8ffh, TSC_DEADLINE, CR8/TPR): false = #GP */
    bool (*msr_read)(void *opaque, uint32_t msr, uint64_t *value);
    bool (*msr_write)(void *opaque, uint32_t msr, uint64_t value);
    uint8_t (*tpr_read)(void *opaque);  /* CR8 */
    void (*tpr_write)(void *opaque, uint8_t cr8);
    bool (*ferr)(void *opaque, bool active); /* FERR#, returns IGNNE#; NULL: as if active */
    int (*irq_ack)(void *opaque);       /* INTA: vector 0..255, or -1 when it went away */
    uint64_t (*tsc)(void *opaque);      /* the guest's TSC without TSC_ADJUST/writes */
    void (*cpuid)(void *opaque, uint32_t leaf, uint32_t subleaf, uint32_t out[4]); /* or NULL */
    void *opaque;
};

/* Lazy arithmetic flags, always in force: the last result, sign-extended to 64 bits, and the
 * carry-out vector of the operation (bit n = carry out of bit n), shifted so that the top carry of
 * the operand size is bit 63 and the one below it bit 62. CF = aux bit 63, OF = bits 63^62,
 * ZF/SF/PF from result. Touched by the helpers of flags.h only. */
struct x86_lazy {
    int64_t result;
    uint64_t aux;
    uint32_t misc; /* AF in its place; X86_LAZY_* xors for flags loaded as a whole */
};

enum { /* cpu->debug_kinds, from DR7 and CR4.DE */
    X86_DBG_EXEC = 1 << 0, X86_DBG_DATA = 1 << 1, X86_DBG_IO = 1 << 2
};

enum { /* cpu->requests, set by other threads */
    X86_REQ_KICK = 1 << 0,      /* leave run */
    X86_REQ_TLB_FLUSH = 1 << 1, /* the physical map changed */
    X86_REQ_CODE_FLUSH = 1 << 2,
    X86_REQ_IRQ = 1 << 3,       /* the interrupt controller asserts INTR */
    X86_REQ_DEBUG = 1 << 4,     /* a watchpoint was hit: look at exit_reason */
    X86_REQ_EXCLUSIVE = 1 << 5, /* somebody waits until no other one executes (exclusive.h) */
};

/* What stubs that run guest instructions on the host are given besides registers (thunk.h). */
struct x86_thunk_io {
    uint8_t fx[512];     /* x87: FXSAVE image, MXCSR = host_mxcsr */
    uint64_t flags;      /* in: arithmetic flags; out: what the instruction left */
    uint32_t mxcsr;      /* in: guest's with all exceptions masked; out: with flags raised */
    uint32_t host_mxcsr; /* 1F80h, restored behind a stub */
};

struct x86_cpu {
    struct x86_state st;        /* st.rflags' arithmetic bits are stale, see flags.h */
    struct x86_lazy lazy;
    /* Derived from st, kept by x86_mode_changed(): */
    uint8_t cpl;
    bool user;                  /* cpl == 3 */
    uint8_t code_mode;          /* 2, 4, 8 */
    uint8_t stack_size;         /* 2, 4, 8: SP, ESP, RSP */
    bool long_mode;             /* EFER.LMA */
    bool paging;
    bool flat;                  /* ES, CS, SS, DS: base 0, limit 4 GiB, writable; or 64-bit */
    uint64_t canonical_shift;   /* 16 for 48-bit, 7 for 57-bit */
    uint64_t a20_mask;
    _Atomic unsigned requests;  /* any thread */
    bool intr;                  /* level of INTR as last seen by the owner's thread */
    uint64_t insn_count;        /* executed instructions */
    uint64_t insn_limit;        /* stop when insn_count reaches it (UINT64_MAX: never) */
    uint64_t next_rip;          /* st.rip is that of the instruction in execution */
    uint64_t zero;              /* always 0: the base or index that an operand lacks (operand.h) */
    struct x86_jit_regs jit;
    struct x86_tlb_entry tlb[2][X86_TLB_SIZE]; /* [0] supervisor, [1] user (CPL 3) accesses */
    uint64_t tlb_generation;
    struct x86_tlb_entry big[2][X86_BIG_SIZE];
    struct x86_jit_slot slot[4 * X86_JIT_SLOTS];
    struct x86_jit_site site[X86_JIT_SITES];
    uint32_t n_slots, n_kept, slot_list[4 * X86_JIT_SLOTS]; /* offsets of those in use (mmu.c) */
    uint32_t n_sites, site_list[X86_JIT_SITES];
    bool any_big;
    struct x86_jit_return returns[X86_JIT_RETURNS];
    /* Fault being raised. */
    jmp_buf jmp;
    uint8_t exc_vector;
    bool exc_has_error, exc_reserved;
    uint32_t exc_error;
    uint64_t exc_cr2;
    const char *exc_why;        /* see x86_because */
    int exit_reason;            /* enum x86_stop, when a handler wants to leave the loop */
    uint64_t tsc_offset;
    uint32_t apic_id;
    const struct x86_cpu_model *model;
    const struct x86_topology *topology;
    struct x86_bus bus;
    struct physmem *pm;
    void *engine, *memory;      /* tcg's own, x86_cpu_new's */
    uint8_t mem_buf[128] __attribute__((aligned(64))); /* operand staging for thunks */
    struct x86_thunk_io io __attribute__((aligned(16)));
    uint64_t monitor_addr, monitor_sum; /* MONITOR/MWAIT */
    bool monitor_armed, ferr;   /* ferr: FERR# is active */
    struct x86_block_cache *blocks; /* decoded code (block.h) */
    struct x86_seg_range range[X86_SEG_COUNT];
    struct x86_mmu mmu;
    uint8_t debug_kinds;        /* X86_DBG_EXEC: x86_debug_code before each instruction */
    struct x86_watches watches; /* the debugger's (watch.h) */
    uint8_t event_ext;          /* EXT bit of error codes while an event is being delivered */
    uint8_t shutdown_vectors[3]; /* after X86_STOP_SHUTDOWN: the chain that led there */
    struct x86_code_map *code_map;  /* which pages hold decoded code; of all processors */
    struct x86_fault_log faults;
};

/* Why the interpreter stopped. */
enum x86_stop {
    X86_STOP_NONE,
    X86_STOP_HLT,       /* halted (also MWAIT); rip is after the instruction */
    X86_STOP_SHUTDOWN,  /* triple fault */
    X86_STOP_KICK, X86_STOP_IRQ_WINDOW,
    X86_STOP_LIMIT,     /* insn_limit reached */
    X86_STOP_DEBUG,     /* breakpoint or single-step of the debugger */
    X86_STOP_WAIT_SIPI,
};

struct x86_cpu *x86_cpu_new(struct physmem *pm, const struct x86_bus *bus,
                            const struct x86_cpu_model *m, const struct x86_topology *t,
                            uint32_t apic_id);
void x86_cpu_free(struct x86_cpu *cpu);
/* The same in memory of the caller's, aligned to 64 bytes. */
void x86_cpu_init(struct x86_cpu *cpu, struct physmem *pm, const struct x86_bus *bus,
                  const struct x86_cpu_model *m, const struct x86_topology *t, uint32_t apic_id);
/* Copies; set recomputes everything derived and flushes the TLB. get materialises lazy flags. The
 * TSC is set only if s->groups has X86_GROUP_TSC (so that copies made to change something else do
 * not make it drift). */
void x86_cpu_get_state(struct x86_cpu *cpu, struct x86_state *s);
void x86_cpu_set_state(struct x86_cpu *cpu, const struct x86_state *s);
/* After any change of CR0/CR4/EFER/CS/SS/RFLAGS.VM or segments by hand. */
void x86_mode_changed(struct x86_cpu *cpu);
/* After a change of st.seg[seg] by hand, for ES, DS, FS, GS alone (x86_load_seg does it). */
void x86_seg_changed(struct x86_cpu *cpu, unsigned seg);

/* Raise a fault (rip of the faulting instruction) and leave the instruction. Vectors that have an
 * error code get 0 from x86_raise. #PF sets st.cr2 at once. */
_Noreturn void x86_raise(struct x86_cpu *cpu, unsigned vector);
_Noreturn void x86_raise_error(struct x86_cpu *cpu, unsigned vector, uint32_t error);
_Noreturn void x86_raise_pf(struct x86_cpu *cpu, uint64_t addr, uint32_t error);
/* Where a vector and an error code do not tell which of several checks failed:
 * x86_raise(x86_because(cpu, "RPL is below CPL"), X86_EXC_GP). For post-mortems; static text. */
static inline struct x86_cpu *x86_because(struct x86_cpu *cpu, const char *why)
{
    cpu->exc_why = why;
    return cpu;
}
/* Deliver through the IDT/IVT. Handles double and triple faults; soft: INT n, INT3, INTO (DPL
 * check). Returns false on triple fault. The saved rip is st.rip; for the software types (raised
 * by an instruction's handler) it is next_rip, and st.rip that of faults of the delivery. Sets
 * st.rip and next_rip to the handler, makes a halted CPU runnable, ends the STI and MOV SS
 * shadows. (intr.c) */
enum x86_event_type {
    X86_EVENT_EXTERNAL, X86_EVENT_NMI, X86_EVENT_EXCEPTION, X86_EVENT_SOFT_INT, X86_EVENT_INT3,
    X86_EVENT_INTO, X86_EVENT_ICEBP
};
bool x86_deliver(struct x86_cpu *cpu, enum x86_event_type type, unsigned vector, bool has_error,
                 uint32_t error);

uint64_t x86_insn_now(const struct x86_cpu *cpu); /* executed before the one in execution */
/* From within an instruction: requests and insn_limit are looked at before the next one. */
void x86_stop_soon(struct x86_cpu *cpu);
/* Run until something stops it. Accepts INTR when cpu->bus.irq_ack is set and intr is raised. */
enum x86_stop x86_interp_run(struct x86_cpu *cpu);
/* One instruction with full checks, for kvm and revirt (MMIO, undecoded exits). */
enum x86_stop x86_emulate_one(struct x86_cpu *cpu);

#endif
