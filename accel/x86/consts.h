/* SPDX-License-Identifier: MIT */
/*
 * Bits and numbers of the architecture (Intel SDM vol. 3 and 4, AMD APM vol. 2).
 */
#ifndef ACCEL_X86_CONSTS_H
#define ACCEL_X86_CONSTS_H

enum x86_vector {
    X86_EXC_DE = 0, X86_EXC_DB = 1, X86_EXC_NMI = 2, X86_EXC_BP = 3, X86_EXC_OF = 4,
    X86_EXC_BR = 5, X86_EXC_UD = 6, X86_EXC_NM = 7, X86_EXC_DF = 8, X86_EXC_TS = 10,
    X86_EXC_NP = 11, X86_EXC_SS = 12, X86_EXC_GP = 13, X86_EXC_PF = 14, X86_EXC_MF = 16,
    X86_EXC_AC = 17, X86_EXC_MC = 18, X86_EXC_XM = 19
};

#define X86_CR0_PE (1u << 0)
#define X86_CR0_MP (1u << 1)
#define X86_CR0_EM (1u << 2)
#define X86_CR0_TS (1u << 3)
#define X86_CR0_ET (1u << 4)
#define X86_CR0_NE (1u << 5)
#define X86_CR0_WP (1u << 16)
#define X86_CR0_AM (1u << 18)
#define X86_CR0_NW (1u << 29)
#define X86_CR0_CD (1u << 30)
#define X86_CR0_PG (1u << 31)

#define X86_CR4_VME (1u << 0)
#define X86_CR4_PVI (1u << 1)
#define X86_CR4_TSD (1u << 2)
#define X86_CR4_DE (1u << 3)
#define X86_CR4_PSE (1u << 4)
#define X86_CR4_PAE (1u << 5)
#define X86_CR4_MCE (1u << 6)
#define X86_CR4_PGE (1u << 7)
#define X86_CR4_PCE (1u << 8)
#define X86_CR4_OSFXSR (1u << 9)
#define X86_CR4_OSXMMEXCPT (1u << 10)
#define X86_CR4_UMIP (1u << 11)
#define X86_CR4_LA57 (1u << 12)
#define X86_CR4_FSGSBASE (1u << 16)
#define X86_CR4_PCIDE (1u << 17)
#define X86_CR4_OSXSAVE (1u << 18)
#define X86_CR4_SMEP (1u << 20)
#define X86_CR4_SMAP (1u << 21)
#define X86_CR4_PKE (1u << 22)

#define X86_EFER_SCE (1u << 0)
#define X86_EFER_LME (1u << 8)
#define X86_EFER_LMA (1u << 10)
#define X86_EFER_NXE (1u << 11)

#define X86_DEBUGCTL_LBR (1u << 0)
#define X86_DEBUGCTL_BTF (1u << 1)

#define X86_PTE_P 0x1ull
#define X86_PTE_W 0x2ull
#define X86_PTE_U 0x4ull
#define X86_PTE_PWT 0x8ull
#define X86_PTE_PCD 0x10ull
#define X86_PTE_A 0x20ull
#define X86_PTE_D 0x40ull
#define X86_PTE_PS 0x80ull
#define X86_PTE_G 0x100ull
#define X86_PTE_NX (1ull << 63)

#define X86_PF_P 0x1u
#define X86_PF_W 0x2u
#define X86_PF_U 0x4u
#define X86_PF_RSVD 0x8u
#define X86_PF_I 0x10u
#define X86_PF_PK 0x20u

enum x86_msr {
    X86_MSR_TSC = 0x10, X86_MSR_APIC_BASE = 0x1b, X86_MSR_FEATURE_CONTROL = 0x3a,
    X86_MSR_TSC_ADJUST = 0x3b, X86_MSR_SPEC_CTRL = 0x48, X86_MSR_PRED_CMD = 0x49,
    X86_MSR_BIOS_UPDT_TRIG = 0x79, X86_MSR_BIOS_SIGN_ID = 0x8b, X86_MSR_MTRRCAP = 0xfe,
    X86_MSR_SYSENTER_CS = 0x174, X86_MSR_SYSENTER_ESP = 0x175, X86_MSR_SYSENTER_EIP = 0x176,
    X86_MSR_MCG_CAP = 0x179, X86_MSR_MCG_STATUS = 0x17a, X86_MSR_MCG_CTL = 0x17b,
    X86_MSR_MISC_ENABLE = 0x1a0, X86_MSR_DEBUGCTL = 0x1d9, X86_MSR_MTRR_BASE0 = 0x200,
    X86_MSR_MTRR_FIX64K = 0x250, X86_MSR_MTRR_FIX16K = 0x258, X86_MSR_MTRR_FIX4K = 0x268,
    X86_MSR_PAT = 0x277, X86_MSR_MTRR_DEF_TYPE = 0x2ff, X86_MSR_TSC_DEADLINE = 0x6e0,
    X86_MSR_X2APIC_BASE = 0x800, X86_MSR_XSS = 0xda0
};
#define X86_MSR_EFER 0xc0000080u
#define X86_MSR_STAR 0xc0000081u
#define X86_MSR_LSTAR 0xc0000082u
#define X86_MSR_CSTAR 0xc0000083u
#define X86_MSR_FMASK 0xc0000084u
#define X86_MSR_FS_BASE 0xc0000100u
#define X86_MSR_GS_BASE 0xc0000101u
#define X86_MSR_KERNEL_GS_BASE 0xc0000102u
#define X86_MSR_TSC_AUX 0xc0000103u

#endif
