/* SPDX-License-Identifier: MIT */
/*
 * The MSRs of struct x86_msrs by their numbers.
 */
#include "accel/x86/msr_fields.h"

#include <stddef.h>

#include "accel/x86/consts.h"

#define ROW(index, field, machine)                       \
    {                                                    \
        index, offsetof(struct x86_msrs, field), machine \
    }

const struct x86_msr_field x86_msr_fields[] = {
    ROW(X86_MSR_STAR, star, false),
    ROW(X86_MSR_LSTAR, lstar, false),
    ROW(X86_MSR_CSTAR, cstar, false),
    ROW(X86_MSR_FMASK, fmask, false),
    ROW(X86_MSR_KERNEL_GS_BASE, kernel_gs_base, false),
    ROW(X86_MSR_SYSENTER_CS, sysenter_cs, false),
    ROW(X86_MSR_SYSENTER_ESP, sysenter_esp, false),
    ROW(X86_MSR_SYSENTER_EIP, sysenter_eip, false),
    ROW(X86_MSR_APIC_BASE, apic_base, true),
    ROW(X86_MSR_PAT, pat, false),
    ROW(X86_MSR_TSC_AUX, tsc_aux, false),
    ROW(X86_MSR_TSC_ADJUST, tsc_adjust, false),
    ROW(X86_MSR_MISC_ENABLE, misc_enable, false),
    ROW(X86_MSR_FEATURE_CONTROL, feature_control, false),
    ROW(X86_MSR_MCG_STATUS, mcg_status, false),
    ROW(X86_MSR_MCG_CTL, mcg_ctl, false),
    ROW(X86_MSR_TSC_DEADLINE, tsc_deadline, true),
    ROW(X86_MSR_DEBUGCTL, debugctl, false),
    ROW(X86_MSR_SPEC_CTRL, spec_ctrl, false),
    ROW(X86_MSR_XSS, xss, false),
    ROW(X86_MSR_BIOS_SIGN_ID, bios_sign, true),
    ROW(X86_MSR_MTRR_DEF_TYPE, mtrr_def_type, false),
    ROW(0x200, mtrr_base[0], false),
    ROW(0x201, mtrr_mask[0], false),
    ROW(0x202, mtrr_base[1], false),
    ROW(0x203, mtrr_mask[1], false),
    ROW(0x204, mtrr_base[2], false),
    ROW(0x205, mtrr_mask[2], false),
    ROW(0x206, mtrr_base[3], false),
    ROW(0x207, mtrr_mask[3], false),
    ROW(0x208, mtrr_base[4], false),
    ROW(0x209, mtrr_mask[4], false),
    ROW(0x20a, mtrr_base[5], false),
    ROW(0x20b, mtrr_mask[5], false),
    ROW(0x20c, mtrr_base[6], false),
    ROW(0x20d, mtrr_mask[6], false),
    ROW(0x20e, mtrr_base[7], false),
    ROW(0x20f, mtrr_mask[7], false),
    ROW(0x250, mtrr_fixed[0], false),
    ROW(0x258, mtrr_fixed[1], false),
    ROW(0x259, mtrr_fixed[2], false),
    ROW(0x268, mtrr_fixed[3], false),
    ROW(0x269, mtrr_fixed[4], false),
    ROW(0x26a, mtrr_fixed[5], false),
    ROW(0x26b, mtrr_fixed[6], false),
    ROW(0x26c, mtrr_fixed[7], false),
    ROW(0x26d, mtrr_fixed[8], false),
    ROW(0x26e, mtrr_fixed[9], false),
    ROW(0x26f, mtrr_fixed[10], false),
    ROW(0x4b564d00 /* MSR_KVM_WALL_CLOCK_NEW */, kvm_wall_clock, false),
    ROW(0x4b564d01 /* MSR_KVM_SYSTEM_TIME_NEW */, kvm_system_time, false),
};
const unsigned x86_msr_field_count = ARRAY_LEN(x86_msr_fields);
_Static_assert(ARRAY_LEN(x86_msr_fields) <= X86_MSR_FIELDS_MAX, "as the header says");
