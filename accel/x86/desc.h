/* SPDX-License-Identifier: MIT */
/*
 * Segment and gate descriptors: Intel SDM vol. 3, 3.4.5, 3.5 and 6.11.
 */
#ifndef ACCEL_X86_DESC_H
#define ACCEL_X86_DESC_H

#include "core/types.h"

/* The first eight bytes of a descriptor; fields are named as in the SDM's figures. */
struct x86_desc {
    uint32_t lo, hi;
};

#define X86_DESC_A 0x00000100u
#define X86_DESC_RW 0x00000200u  /* writable data, readable code */
#define X86_DESC_EC 0x00000400u  /* expand-down data, conforming code */
#define X86_DESC_CODE 0x00000800u
#define X86_DESC_S 0x00001000u
#define X86_DESC_P 0x00008000u
#define X86_DESC_L 0x00200000u
#define X86_DESC_DB 0x00400000u
#define X86_DESC_G 0x00800000u

enum { /* types of system descriptors; bit 3 set: 32-bit (or 64-bit in long mode) */
    X86_SYS_TSS16 = 1, X86_SYS_LDT = 2, X86_SYS_TSS16_BUSY = 3, X86_SYS_CALL16 = 4,
    X86_SYS_TASK = 5, X86_SYS_INT16 = 6, X86_SYS_TRAP16 = 7, X86_SYS_TSS = 9,
    X86_SYS_TSS_BUSY = 11, X86_SYS_CALL = 12, X86_SYS_INT = 14, X86_SYS_TRAP = 15
};

static inline unsigned x86_desc_type(const struct x86_desc *d)
{
    return d->hi >> 8 & 15;
}

static inline unsigned x86_desc_dpl(const struct x86_desc *d)
{
    return d->hi >> 13 & 3;
}

static inline bool x86_desc_is_code(const struct x86_desc *d)
{
    return (d->hi & (X86_DESC_S | X86_DESC_CODE)) == (X86_DESC_S | X86_DESC_CODE);
}

static inline bool x86_desc_is_wdata(const struct x86_desc *d)
{
    return (d->hi & (X86_DESC_S | X86_DESC_CODE | X86_DESC_RW)) == (X86_DESC_S | X86_DESC_RW);
}

static inline bool x86_desc_is_system(const struct x86_desc *d)
{
    return !(d->hi & X86_DESC_S);
}

static inline uint32_t x86_desc_base(const struct x86_desc *d)
{
    return d->lo >> 16 | (d->hi & 0xff) << 16 | (d->hi & 0xff000000);
}

static inline uint32_t x86_desc_limit(const struct x86_desc *d)
{
    uint32_t l = (d->lo & 0xffff) | (d->hi & 0xf0000);
    return d->hi & X86_DESC_G ? l << 12 | 0xfff : l;
}

#endif
