/* SPDX-License-Identifier: MIT */
/*
 * The architectural state of one x86 logical processor: what every accelerator takes and gives.
 * Architecture only: fixed-width types, no host structs, no lazy flags, no pointers. Field names
 * follow the Intel SDM and AMD APM.
 */
#ifndef ACCEL_X86_STATE_H
#define ACCEL_X86_STATE_H

#include "core/types.h"

#define X86_STATE_VERSION 1

enum x86_gpr {
    X86_RAX, X86_RCX, X86_RDX, X86_RBX, X86_RSP, X86_RBP, X86_RSI, X86_RDI,
    X86_R8, X86_R9, X86_R10, X86_R11, X86_R12, X86_R13, X86_R14, X86_R15,
    X86_GPR_COUNT
};

/* In ModRM order, then the system ones. */
enum x86_segreg { X86_ES, X86_CS, X86_SS, X86_DS, X86_FS, X86_GS, X86_LDTR, X86_TR, X86_SEG_COUNT };

/* A segment register with its hidden part. attr: bits 0-3 type, 4 S, 5-6 DPL, 7 P, 8 AVL, 9 L,
 * 10 D/B, 11 G (descriptor bits 40-47 and 52-55); bit 15: unusable (null). limit is in bytes. */
struct x86_seg {
    uint64_t base;
    uint32_t limit;
    uint16_t sel;
    uint16_t attr;
};
#define X86_SEG_TYPE 0x000f
#define X86_SEG_S 0x0010
#define X86_SEG_DPL_SHIFT 5
#define X86_SEG_DPL(attr) (((attr) >> X86_SEG_DPL_SHIFT) & 3)
#define X86_SEG_P 0x0080
#define X86_SEG_L 0x0200
#define X86_SEG_DB 0x0400
#define X86_SEG_G 0x0800
#define X86_SEG_UNUSABLE 0x8000

struct x86_dtable {
    uint64_t base;
    uint16_t limit;
};

/* 512 bits; AVX-512 is not offered, but a host that dictates XSAVE areas may carry it. */
union x86_vec {
    uint8_t u8[64];
    uint16_t u16[32];
    uint32_t u32[16];
    uint64_t u64[8];
};

/* Physical registers R0..R7 (not relative to TOP). */
struct x86_fpreg {
    uint64_t mant;
    uint16_t se; /* sign and exponent */
    uint16_t pad[3];
};

struct x86_fpu {
    struct x86_fpreg r[8];
    uint16_t fcw, fsw; /* fsw holds TOP */
    uint8_t ftw;       /* abridged: bit n = register Rn not empty (as in FXSAVE) */
    uint8_t pad;
    uint16_t fop, fcs, fds;
    uint32_t mxcsr;
    uint64_t fip, fdp;
};

#define X86_MTRR_COUNT 8

struct x86_msrs {
    uint64_t efer, star, lstar, cstar, fmask, kernel_gs_base;
    uint64_t sysenter_cs, sysenter_esp, sysenter_eip;
    uint64_t apic_base, pat, tsc_aux, tsc_adjust, misc_enable, feature_control, mcg_status, mcg_ctl;
    uint64_t tsc_deadline, debugctl, spec_ctrl, xss, bios_sign;
    uint64_t mtrr_def_type, mtrr_base[X86_MTRR_COUNT], mtrr_mask[X86_MTRR_COUNT], mtrr_fixed[11];
    uint64_t kvm_wall_clock, kvm_system_time; /* paravirtual clock, where offered */
};

enum x86_mp_state { X86_MP_RUNNABLE, X86_MP_HALTED, X86_MP_WAIT_SIPI, X86_MP_SHUTDOWN };

/* Events that are part of the state between instructions. */
struct x86_events {
    uint8_t sti_shadow;    /* interrupts blocked for one instruction after STI */
    uint8_t movss_shadow;  /* ... and #DB as well after MOV SS / POP SS */
    uint8_t nmi_blocked;   /* until IRET */
    uint8_t nmi_pending;
    uint8_t smi_pending;
    uint8_t in_smm;
    uint8_t exception_pending; /* to be delivered at the next run: vector, error code */
    uint8_t exception_vector;
    uint8_t exception_has_error;
    uint8_t interrupt_pending; /* acknowledged, to be delivered at the next run */
    uint8_t interrupt_vector;
    uint8_t pad[1];
    uint32_t exception_error;
    uint64_t exception_payload; /* CR2 or DR6 bits */
    uint64_t pending_dbg;       /* DR6 bits held back by a MOV SS shadow */
};

struct x86_state {
    uint32_t version;
    uint32_t groups; /* which X86_GROUP_* are valid in this copy */
    uint64_t gpr[X86_GPR_COUNT];
    uint64_t rip, rflags;
    struct x86_seg seg[X86_SEG_COUNT];
    struct x86_dtable gdt, idt;
    uint64_t cr0, cr2, cr3, cr4, cr8, xcr0;
    uint64_t dr[8]; /* 4 and 5 unused */
    struct x86_fpu fpu;
    union x86_vec vec[32];
    uint64_t opmask[8];
    uint32_t pkru, pad;
    struct x86_msrs msr;
    struct x86_events ev;
    enum x86_mp_state mp;
    uint64_t tsc; /* value of the TSC when taken */
};

enum {
    X86_GROUP_GPR = 1 << 0,    /* gpr, rip, rflags */
    X86_GROUP_SEG = 1 << 1,    /* seg, gdt, idt */
    X86_GROUP_CR = 1 << 2,     /* cr*, xcr0, efer */
    X86_GROUP_DR = 1 << 3,
    X86_GROUP_FPU = 1 << 4,    /* fpu */
    X86_GROUP_XSAVE = 1 << 5,  /* vec, opmask, pkru */
    X86_GROUP_MSR = 1 << 6,
    X86_GROUP_EVENTS = 1 << 7,
    X86_GROUP_MP = 1 << 8,
    X86_GROUP_TSC = 1 << 9,
    X86_GROUP_ALL = (1 << 10) - 1
};

/* RFLAGS */
#define X86_FL_CF 0x1
#define X86_FL_PF 0x4
#define X86_FL_AF 0x10
#define X86_FL_ZF 0x40
#define X86_FL_SF 0x80
#define X86_FL_TF 0x100
#define X86_FL_IF 0x200
#define X86_FL_DF 0x400
#define X86_FL_OF 0x800
#define X86_FL_IOPL 0x3000
#define X86_FL_NT 0x4000
#define X86_FL_RF 0x10000
#define X86_FL_VM 0x20000
#define X86_FL_AC 0x40000
#define X86_FL_VIF 0x80000
#define X86_FL_VIP 0x100000
#define X86_FL_ID 0x200000
#define X86_FL_ARITH (X86_FL_CF | X86_FL_PF | X86_FL_AF | X86_FL_ZF | X86_FL_SF | X86_FL_OF)

/* Power-on (INIT: false keeps what INIT keeps) state of processor `apic_id`; the boot processor is
 * runnable, others wait for SIPI. Intel SDM vol. 3, table "Processor state after power-up, reset,
 * INIT". The CPUID signature in EDX is given by the caller. */
void x86_state_reset(struct x86_state *s, bool bsp, uint32_t signature);
void x86_state_init(struct x86_state *s, bool bsp, uint32_t signature);
/* SIPI: real mode at vector << 12. */
void x86_state_sipi(struct x86_state *s, uint8_t vector);

#endif
