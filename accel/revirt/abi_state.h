/* SPDX-License-Identifier: MIT */
/*
 * The register blocks of the Revirt-U binary interface: what REVIRT_GET and REVIRT_SET carry.
 */
#ifndef ACCEL_REVIRT_ABI_STATE_H
#define ACCEL_REVIRT_ABI_STATE_H

#include "accel/revirt/abi.h"

enum { /* bits of GET's and SET's second word */
       REVIRT_BLOCK_GPR = 1 << 0,
       REVIRT_BLOCK_SEG = 1 << 1,
       REVIRT_BLOCK_CR = 1 << 2,
       REVIRT_BLOCK_DR = 1 << 3,
       REVIRT_BLOCK_FPU = 1 << 4,
       REVIRT_BLOCK_VEC = 1 << 5,
       REVIRT_BLOCK_MSR = 1 << 6,
       REVIRT_BLOCK_EVENTS = 1 << 7,
       REVIRT_BLOCK_MP = 1 << 8,
       REVIRT_BLOCK_TSC = 1 << 9,
       REVIRT_BLOCK_ALL = (1 << 10) - 1,
};

struct revirt_gpr {
    uint64_t r[16]; /* RAX RCX RDX RBX RSP RBP RSI RDI R8 ... R15 */
    uint64_t rip, rflags;
};

/* attr: descriptor bits 40-47, 52-55 in a row (VMX: access rights without the gap); bit 15 null */
struct revirt_segment {
    uint64_t base;
    uint32_t limit;
    uint16_t sel, attr;
};

struct revirt_seg {
    struct revirt_segment s[8]; /* ES CS SS DS FS GS LDTR TR */
    uint64_t gdt_base, idt_base;
    uint16_t gdt_limit, idt_limit;
    uint32_t pad;
};

struct revirt_cr {
    uint64_t cr0, cr2, cr3, cr4, cr8, xcr0, efer;
};

struct revirt_dr {
    uint64_t dr[8];
};

struct revirt_fpu {
    struct {
        uint64_t mant;
        uint16_t se, pad[3];
    } r[8];                                /* physical registers, not relative to TOP */
    uint16_t fcw, fsw, ftw, fop, fcs, fds; /* ftw: bit n: register n is in use */
    uint32_t pad;
    uint64_t fip, fdp;
};

struct revirt_vec {
    uint8_t zmm[32][64];
    uint64_t opmask[8];
    uint32_t pkru, mxcsr;
};

struct revirt_msrs {
    uint32_t count, pad;
    struct {
        uint32_t index, pad;
        uint64_t value;
    } e[REVIRT_MAX_MSRS];
};

struct revirt_events {
    uint8_t sti_shadow, movss_shadow, nmi_blocked, nmi_pending;
    uint8_t smi_pending, in_smm, exception_pending, exception_vector;
    uint8_t exception_has_error, pad[3];
    uint32_t exception_error;
    uint64_t exception_payload, pending_dbg;
};

enum { REVIRT_MP_RUNNABLE, REVIRT_MP_HALTED, REVIRT_MP_WAIT_SIPI, REVIRT_MP_SHUTDOWN };
struct revirt_mp {
    uint32_t mp, pad;
};

struct revirt_tsc {
    uint64_t tsc;
};

REVIRT_SIZE(revirt_gpr, 144);
REVIRT_SIZE(revirt_segment, 16);
REVIRT_SIZE(revirt_seg, 152);
REVIRT_SIZE(revirt_cr, 56);
REVIRT_SIZE(revirt_dr, 64);
REVIRT_SIZE(revirt_fpu, 160);
REVIRT_SIZE(revirt_vec, 2120);
REVIRT_SIZE(revirt_msrs, 1032);
REVIRT_SIZE(revirt_events, 32);
REVIRT_SIZE(revirt_mp, 8);
REVIRT_SIZE(revirt_tsc, 8);

#endif
