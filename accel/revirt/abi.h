/* SPDX-License-Identifier: MIT */
/*
 * The Revirt-U binary interface as emu speaks it; ABI.md beside this file says what each part means
 * and where it comes from. Shared by the VMM (this folder) and by whoever serves it (revirt-host).
 * Records have fixed-width types, natural alignment and no implicit padding; little-endian.
 */
#ifndef ACCEL_REVIRT_ABI_H
#define ACCEL_REVIRT_ABI_H

#include <stddef.h>
#include <stdint.h>

#define REVIRT_MAJOR 1 /* differs: do not talk */
#define REVIRT_MINOR 0 /* higher: has more features, see revirt_info.features */

#define REVIRT_WINDOW_SIZE (512ull << 30) /* one slot of a top-level page table */
#define REVIRT_PAGE        4096u
#define REVIRT_NAME_MAX    63
#define REVIRT_MAX_VCPUS   64
#define REVIRT_MAX_MAPS    512
#define REVIRT_MAX_LEAVES  128
#define REVIRT_MAX_MSRS    64
#define REVIRT_MAX_PAYLOAD 32768u
#define REVIRT_MAX_BREAKS  64

/* The first word of a call's metadata. */
enum revirt_verb {
    /* on a VM */
    REVIRT_INFO = 1,    /* R: struct revirt_info */
    REVIRT_MAP = 2,     /* W: struct revirt_map[n], the whole map; replaces the former one */
    REVIRT_WRITTEN = 3, /* meta gpa, size: the VMM changed memory there */
    REVIRT_DIRTY = 4,   /* meta gpa, size; R: bitmap, one bit a page; test and clear */
    REVIRT_OFFERS = 5, /* R: struct revirt_cpuid[n]: the feature bits that guests may be promised */
    /* on a vCPU */
    REVIRT_RUN = 16,       /* RW: struct revirt_run -> struct revirt_exit */
    REVIRT_GET = 17,       /* meta blocks; R: their records in ascending order of bits */
    REVIRT_SET = 18,       /* meta blocks; W: as above */
    REVIRT_CPUID = 19,     /* W: struct revirt_cpuid[n] */
    REVIRT_MSR_EXITS = 20, /* W: struct revirt_msr_range[n] */
    REVIRT_DEBUG = 21,     /* meta step (0, 1); W: uint64_t breakpoints[n], linear addresses */
};

enum {                                 /* revirt_info.features */
       REVIRT_F_DECODES_MMIO = 1 << 0, /* accesses outside memory come as REVIRT_EXIT_MMIO */
       REVIRT_F_TELL_WRITES =
           1 << 1, /* keeps something derived from memory: wants REVIRT_WRITTEN */
       REVIRT_F_DIRTY_LOG = 1 << 2,
       REVIRT_F_DEBUG = 1 << 3,    /* REVIRT_DEBUG: step and breakpoints */
       REVIRT_F_SURVIVES = 1 << 4, /* vcpu/N/survivor: registers outlive the host */
};

struct revirt_info {
    uint16_t major, minor;
    uint32_t features;
    uint32_t max_vcpus, max_maps;
    uint32_t tsc_khz; /* rate of guests' TSC */
    uint32_t vms;     /* at this moment, of all users */
    uint64_t window_size;
    uint64_t phys_bits;
    char engine[32]; /* "jit", "kvm", "vmx", "svm": for messages */
};

enum { REVIRT_MAP_WRITE = 1, REVIRT_MAP_LOG = 2 };
/* Guest-physical [gpa, gpa + size) shows the window's bytes from `offset` on. */
struct revirt_map {
    uint64_t gpa, size, offset;
    uint32_t flags, pad;
};

/* --- RUN ------------------------------------------------------------------------------------- */

enum {                        /* revirt_run.flags */
       REVIRT_RUN_INJECT = 1, /* deliver the external interrupt `vector` now */
       REVIRT_RUN_WINDOW = 2, /* exit as soon as an external interrupt could be delivered */
};

struct revirt_run {
    uint32_t flags;
    uint32_t vector;
    uint64_t cr8;
    /* What the previous exit waits for: PIO and MMIO data, an MSR's value; CPUID's registers. */
    uint64_t value;
    uint32_t fault; /* MSR: answer with #GP */
    uint32_t cpuid[4];
    uint32_t pad;
};

enum revirt_exit_kind {
    REVIRT_EXIT_PIO = 1,     /* owed: value when read */
    REVIRT_EXIT_MMIO = 2,    /* owed: value when read */
    REVIRT_EXIT_EMULATE = 3, /* nothing was executed of the instruction at rip */
    REVIRT_EXIT_MSR = 4,     /* owed: value or fault */
    REVIRT_EXIT_CPUID = 5,   /* owed: cpuid[4] */
    REVIRT_EXIT_HLT = 6,
    REVIRT_EXIT_SHUTDOWN = 7,
    REVIRT_EXIT_WINDOW = 8,
    REVIRT_EXIT_KICK = 9,
    REVIRT_EXIT_DEBUG = 10,
    REVIRT_EXIT_TPR = 12,  /* the guest changed CR8 */
    REVIRT_EXIT_FAIL = 11, /* the vCPU cannot go on; state is as far as it got */
};

enum {                        /* revirt_exit.flags */
       REVIRT_EXIT_READY = 1, /* an external interrupt can be injected by the next RUN */
       REVIRT_EXIT_OWED = 2,  /* registers are not to be read or written before the next RUN */
};

enum {                           /* revirt_exit.u.fail.code */
       REVIRT_FAIL_DELIVERY = 1, /* an event's delivery met a hole in memory */
       REVIRT_FAIL_ENTRY = 2,    /* the state given cannot be entered */
       REVIRT_FAIL_INTERNAL = 3,
};

struct revirt_exit {
    uint32_t kind, flags;
    uint64_t rip, cr8;
    uint64_t tsc_offset; /* guest's TSC - host's TSC now, in guest ticks */
    union {
        struct {
            uint16_t port;
            uint8_t size, write;
            uint32_t pad;
            uint64_t value;
        } pio;
        struct {
            uint64_t gpa, value;
            uint32_t size, write;
        } mmio;
        struct {
            uint64_t gpa;
            uint32_t write;
            uint8_t nbytes, bytes[15]; /* of the instruction, if at hand */
            uint32_t pad;
        } emulate;
        struct {
            uint32_t index, write;
            uint64_t value;
        } msr;
        struct {
            uint32_t leaf, subleaf;
            uint64_t cr4, xcr0, xss, apic_base;
        } cpuid;
        struct {
            uint64_t dr6;
            uint32_t breakpoint, pad; /* breakpoint 0: a step */
        } debug;
        struct {
            int32_t code;
            char text[96];
            uint32_t pad;
        } fail;
        uint8_t raw[120];
    } u;
};

/* --- policies --------------------------------------------------------------------------------- */

enum { REVIRT_CPUID_SUBLEAF = 1, REVIRT_CPUID_EXIT = 2 };
struct revirt_cpuid {
    uint32_t leaf, subleaf, flags;
    uint32_t eax, ebx, ecx, edx;
};

struct revirt_msr_range {
    uint32_t first, count;
};

#define REVIRT_SIZE(type, bytes) _Static_assert(sizeof(struct type) == (bytes), #type)
REVIRT_SIZE(revirt_info, 72);
REVIRT_SIZE(revirt_map, 32);
REVIRT_SIZE(revirt_run, 48);
REVIRT_SIZE(revirt_exit, 152);
REVIRT_SIZE(revirt_cpuid, 28);
REVIRT_SIZE(revirt_msr_range, 8);

#endif
