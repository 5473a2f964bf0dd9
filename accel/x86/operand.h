/* SPDX-License-Identifier: MIT */
/*
 * Operands of general-purpose instructions, for handlers that are specialised by size and form. All
 * of this is inlined with constant `size` and `kind`, so that a bound handler has no inner switch.
 *
 * aux of an instruction of ours holds where base and index are found, in 8-byte slots from the
 * start of struct x86_cpu (X86_EA_*); a missing one is cpu->zero, so that an address is always
 * base + index * scale + disp without a test. Binding puts it there (x86_ea_prepare).
 */
#ifndef ACCEL_X86_OPERAND_H
#define ACCEL_X86_OPERAND_H

#include "accel/x86/flags.h"
#include "accel/x86/interp.h"

/* How a memory operand is reached. */
enum x86_memkind {
    X86_MEM_64,  /* 64-bit code, 64-bit addresses */
    X86_MEM_LEG, /* other code: limit checks of the segment */
    X86_MEM_GEN, /* anything, through x86_mem_lin */
};

#define X86_SLOT(field) (offsetof(struct x86_cpu, field) / 8)

static inline void x86_ea_prepare(struct x86_insn *i)
{
    uintptr_t base = X86_SLOT(zero), index = X86_SLOT(zero);
    if (i->base < X86_GPR_COUNT) {
        base = X86_SLOT(st.gpr) + i->base;
    } else if (i->base == X86_REG_RIP) {
        base = X86_SLOT(next_rip);
    }
    if (i->index < X86_GPR_COUNT) {
        index = X86_SLOT(st.gpr) + i->index;
    }
    i->aux = (void *)(base | index << 16);
}

/* moffs has its address elsewhere. */
static inline enum x86_memkind x86_memkind_of(const struct x86_insn *i)
{
    if (!i->has_modrm) {
        return X86_MEM_GEN;
    }
    return i->mode != 8 ? X86_MEM_LEG : i->adsize == 8 ? X86_MEM_64 : X86_MEM_GEN;
}

X86_INLINE uint64_t x86_ea_sum(const struct x86_cpu *cpu, const struct x86_insn *i)
{
    const uint64_t *slots = (const uint64_t *)(const void *)cpu;
    uintptr_t where = (uintptr_t)i->aux;
    return (uint64_t)(int64_t)i->disp + slots[(uint16_t)where] + (slots[where >> 16] << i->scale);
}

X86_INLINE uint64_t x86_ea_kind(const struct x86_cpu *cpu, const struct x86_insn *i,
                                enum x86_memkind kind)
{
    uint64_t a = x86_ea_sum(cpu, i);
    return kind == X86_MEM_64 ? a : i->adsize == 4 ? (uint32_t)a : (uint16_t)a;
}

/* The linear address, true if the segment allows the access. Not canonical ones never hit the TLB.
 * */
X86_INLINE bool x86_lin_fast(const struct x86_cpu *cpu, const struct x86_insn *i, unsigned size,
                             enum x86_memkind kind, enum x86_access a, uint64_t *lin)
{
    if (kind == X86_MEM_64) {
        *lin = x86_ea_sum(cpu, i);
        if (i->seg >= X86_FS) {
            *lin += cpu->st.seg[i->seg].base;
        }
        return true;
    }
    if (kind == X86_MEM_LEG) {
        uint64_t off = x86_ea_kind(cpu, i, kind);
        const struct x86_seg_range *r = &cpu->range[i->seg];
        *lin = (uint32_t)(r->base + off);
        return off >= r->first && off <= r->last && size - 1 <= r->last - off && (r->perm >> a & 1);
    }
    return false;
}

GUEST_RACE(X86_INLINE) uint64_t x86_host_load(const void *p, unsigned size)
{
    uint16_t v16;
    uint32_t v32;
    uint64_t v64;
    switch (size) {
    case 1: return *(const uint8_t *)p;
    case 2: memcpy(&v16, p, 2); return v16;
    case 4: memcpy(&v32, p, 4); return v32;
    default: memcpy(&v64, p, 8); return v64;
    }
}

GUEST_RACE(X86_INLINE) void x86_host_store(void *p, uint64_t v, unsigned size)
{
    uint16_t v16 = (uint16_t)v;
    uint32_t v32 = (uint32_t)v;
    switch (size) {
    case 1: *(uint8_t *)p = (uint8_t)v; break;
    case 2: memcpy(p, &v16, 2); break;
    case 4: memcpy(p, &v32, 4); break;
    default: memcpy(p, &v, 8); break;
    }
}

/* The page that holds the last byte: differs from the slot's tag also when the access crosses. */
X86_INLINE uint64_t x86_tlb_tag(uint64_t lin, unsigned size)
{
    return (lin + size - 1) & ~0xfffull;
}

/* Out of line: everything the fast paths do not take (operand.c). */
uint64_t x86_operand_load(struct x86_cpu *cpu, const struct x86_insn *i, unsigned size);
void x86_operand_store(struct x86_cpu *cpu, const struct x86_insn *i, uint64_t v, unsigned size);
/* Address of an operand that is read, then written: raises as a write before anything happens. */
uint64_t x86_operand_rmw(struct x86_cpu *cpu, const struct x86_insn *i, unsigned size);
uint64_t x86_lin_load(struct x86_cpu *cpu, uint64_t lin, unsigned size);
void x86_lin_store(struct x86_cpu *cpu, uint64_t lin, uint64_t v, unsigned size);

/* The host address of an operand that may be read directly, else NULL. A handler that then goes on
 * in a general one as its last act needs no stack frame for its fast path. */
X86_INLINE const void *x86_rd(struct x86_cpu *cpu, const struct x86_insn *i, unsigned size,
                              enum x86_memkind kind)
{
    uint64_t lin = 0;
    if (LIKELY(x86_lin_fast(cpu, i, size, kind, X86_ACCESS_READ, &lin))) {
        const struct x86_tlb_entry *e = x86_tlb_slot(cpu, lin, x86_user(cpu));
        if (LIKELY(e->tag_r == x86_tlb_tag(lin, size))) {
            return (const void *)(uintptr_t)(lin + e->addend);
        }
    }
    return NULL;
}

X86_INLINE uint64_t x86_ld(struct x86_cpu *cpu, const struct x86_insn *i, unsigned size,
                           enum x86_memkind kind)
{
    const void *p = x86_rd(cpu, i, size, kind);
    return LIKELY(p) ? x86_host_load(p, size) : x86_operand_load(cpu, i, size);
}

X86_INLINE void x86_sto(struct x86_cpu *cpu, const struct x86_insn *i, uint64_t v, unsigned size,
                        enum x86_memkind kind)
{
    uint64_t lin = 0;
    if (LIKELY(x86_lin_fast(cpu, i, size, kind, X86_ACCESS_WRITE, &lin))) {
        const struct x86_tlb_entry *e = x86_tlb_slot(cpu, lin, x86_user(cpu));
        if (LIKELY(e->tag_w == x86_tlb_tag(lin, size))) {
            x86_host_store((void *)(uintptr_t)(lin + e->addend), v, size);
            return;
        }
    }
    x86_operand_store(cpu, i, v, size);
}

/* The host address of an operand that may be read and written directly, else NULL. */
X86_INLINE void *x86_rw(struct x86_cpu *cpu, const struct x86_insn *i, unsigned size,
                        enum x86_memkind kind)
{
    uint64_t lin = 0;
    if (LIKELY(x86_lin_fast(cpu, i, size, kind, X86_ACCESS_WRITE, &lin))) {
        const struct x86_tlb_entry *e = x86_tlb_slot(cpu, lin, x86_user(cpu));
        if (LIKELY(e->tag_w == x86_tlb_tag(lin, size))) {
            return (void *)(uintptr_t)(lin + e->addend);
        }
    }
    return NULL;
}

#endif
