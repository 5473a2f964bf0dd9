/* SPDX-License-Identifier: MIT */
/*
 * Pushing and popping where the stack is plain memory: 64-bit code, and 32-bit operands on a 32-bit
 * stack. Everything else goes through x86_push and x86_pop (seg.c).
 */
#ifndef ACCEL_X86_STACK_H
#define ACCEL_X86_STACK_H

#include "accel/x86/handler.h"

X86_INLINE void x86_push64(struct x86_cpu *c, uint64_t v)
{
    uint64_t lin = c->st.gpr[X86_RSP] - 8;
    const struct x86_tlb_entry *e = x86_tlb_slot(c, lin, x86_user(c));
    if (LIKELY(e->tag_w == x86_tlb_tag(lin, 8))) {
        x86_host_store((void *)(uintptr_t)(lin + e->addend), v, 8);
        c->st.gpr[X86_RSP] = lin;
        return;
    }
    x86_push(c, v, 8);
}

X86_INLINE uint64_t x86_pop64(struct x86_cpu *c)
{
    uint64_t lin = c->st.gpr[X86_RSP];
    const struct x86_tlb_entry *e = x86_tlb_slot(c, lin, x86_user(c));
    if (LIKELY(e->tag_r == x86_tlb_tag(lin, 8))) {
        c->st.gpr[X86_RSP] = lin + 8;
        return x86_host_load((const void *)(uintptr_t)(lin + e->addend), 8);
    }
    return x86_pop(c, 8);
}

/* Do four bytes at sp lie in a 32-bit stack segment that allows the access? */
X86_INLINE bool x86_stack32(const struct x86_cpu *c, uint32_t sp, enum x86_access a, uint32_t *lin)
{
    const struct x86_seg_range *r = &c->range[X86_SS];
    *lin = (uint32_t)(r->base + sp);
    return c->stack_size == 4 && sp >= r->first && sp <= r->last && 3 <= r->last - sp &&
           (r->perm >> a & 1);
}

X86_INLINE void x86_push32(struct x86_cpu *c, uint32_t v)
{
    uint32_t sp = (uint32_t)c->st.gpr[X86_RSP] - 4, lin;
    if (LIKELY(x86_stack32(c, sp, X86_ACCESS_WRITE, &lin))) {
        const struct x86_tlb_entry *e = x86_tlb_slot(c, lin, x86_user(c));
        if (LIKELY(e->tag_w == x86_tlb_tag(lin, 4))) {
            x86_host_store((void *)(uintptr_t)(lin + e->addend), v, 4);
            c->st.gpr[X86_RSP] = sp;
            return;
        }
    }
    x86_push(c, v, 4);
}

X86_INLINE uint32_t x86_pop32(struct x86_cpu *c)
{
    uint32_t sp = (uint32_t)c->st.gpr[X86_RSP], lin;
    if (LIKELY(x86_stack32(c, sp, X86_ACCESS_READ, &lin))) {
        const struct x86_tlb_entry *e = x86_tlb_slot(c, lin, x86_user(c));
        if (LIKELY(e->tag_r == x86_tlb_tag(lin, 4))) {
            c->st.gpr[X86_RSP] = (uint32_t)(sp + 4);
            return (uint32_t)x86_host_load((const void *)(uintptr_t)(lin + e->addend), 4);
        }
    }
    return (uint32_t)x86_pop(c, 4);
}

#endif
