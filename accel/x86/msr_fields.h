/* SPDX-License-Identifier: MIT */
/*
 * Which MSR each field of struct x86_msrs is, for accelerators that pass them on by number. EFER is
 * not among them: it goes with the control registers.
 */
#ifndef ACCEL_X86_MSR_FIELDS_H
#define ACCEL_X86_MSR_FIELDS_H

#include "accel/x86/state.h"

struct x86_msr_field {
    uint32_t index;
    uint32_t offset; /* in struct x86_msrs */
    bool machine;    /* the machine's or the accelerator's own affair, not only the processor's */
};

#define X86_MSR_FIELDS_MAX 64 /* at least x86_msr_field_count */

extern const struct x86_msr_field x86_msr_fields[];
extern const unsigned x86_msr_field_count;

static inline uint64_t *x86_msr_field_of(struct x86_msrs *m, unsigned row)
{
    return (uint64_t *)(void *)((char *)m + x86_msr_fields[row].offset);
}

#endif
