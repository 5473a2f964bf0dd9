/* SPDX-License-Identifier: MIT */
/*
 * Operands in memory: the paths that operand.h does not inline, and LOCK.
 */
#include "accel/x86/block.h"
#include "accel/x86/exclusive.h"
#include "accel/x86/handler.h"

uint64_t x86_lin_load(struct x86_cpu *cpu, uint64_t lin, unsigned size)
{
    bool user = x86_user(cpu);
    switch (size) {
    case 1: return x86_load8(cpu, lin, user);
    case 2: return x86_load16(cpu, lin, user);
    case 4: return x86_load32(cpu, lin, user);
    default: return x86_load64(cpu, lin, user);
    }
}

void x86_lin_store(struct x86_cpu *cpu, uint64_t lin, uint64_t v, unsigned size)
{
    bool user = x86_user(cpu);
    switch (size) {
    case 1: x86_store8(cpu, lin, (uint8_t)v, user); break;
    case 2: x86_store16(cpu, lin, (uint16_t)v, user); break;
    case 4: x86_store32(cpu, lin, (uint32_t)v, user); break;
    default: x86_store64(cpu, lin, v, user); break;
    }
}

uint64_t x86_operand_load(struct x86_cpu *cpu, const struct x86_insn *i, unsigned size)
{
    return x86_lin_load(cpu, x86_mem_lin(cpu, i, size, X86_ACCESS_READ), size);
}

void x86_operand_store(struct x86_cpu *cpu, const struct x86_insn *i, uint64_t v, unsigned size)
{
    x86_lin_store(cpu, x86_mem_lin(cpu, i, size, X86_ACCESS_WRITE), v, size);
}

uint64_t x86_operand_rmw(struct x86_cpu *cpu, const struct x86_insn *i, unsigned size)
{
    uint64_t lin = x86_mem_lin(cpu, i, size, X86_ACCESS_WRITE);
    x86_probe_write(cpu, lin, size, x86_user(cpu));
    return lin;
}

GUEST_RACE(static) uint64_t atomic_load_n(void *p, unsigned size)
{
    switch (size) {
    case 1: return __atomic_load_n((uint8_t *)p, __ATOMIC_SEQ_CST);
    case 2: return __atomic_load_n((uint16_t *)p, __ATOMIC_SEQ_CST);
    case 4: return __atomic_load_n((uint32_t *)p, __ATOMIC_SEQ_CST);
    default: return __atomic_load_n((uint64_t *)p, __ATOMIC_SEQ_CST);
    }
}

GUEST_RACE(static) bool atomic_cas_n(void *p, uint64_t *old, uint64_t new, unsigned size)
{
    uint8_t o8 = (uint8_t)*old;
    uint16_t o16 = (uint16_t)*old;
    uint32_t o32 = (uint32_t)*old;
    bool done;
    switch (size) {
    case 1:
        done = __atomic_compare_exchange_n((uint8_t *)p, &o8, (uint8_t) new, false,
                                           __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST);
        *old = o8;
        return done;
    case 2:
        done = __atomic_compare_exchange_n((uint16_t *)p, &o16, (uint16_t) new, false,
                                           __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST);
        *old = o16;
        return done;
    case 4:
        done = __atomic_compare_exchange_n((uint32_t *)p, &o32, (uint32_t) new, false,
                                           __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST);
        *old = o32;
        return done;
    default:
        return __atomic_compare_exchange_n((uint64_t *)p, old, new, false, __ATOMIC_SEQ_CST,
                                           __ATOMIC_SEQ_CST);
    }
}

/* An operand over a line's or a page's end. */
struct split {
    uint8_t *p[2];
    unsigned len[2];
    struct x86_rmw done[2];
};

/* False: not wholly in memory. Addresses on the host, as nothing may fault later on: by then
 * another processor may have changed the page tables. */
static bool split_find(struct x86_cpu *cpu, struct split *s, uint64_t lin, unsigned size)
{
    unsigned room = 0x1000 - (unsigned)(lin & 0xfff);
    s->len[0] = MIN(size, room);
    s->len[1] = size - s->len[0];
    uint64_t next = lin + s->len[0];
    s->p[0] = x86_rmw_ptr(cpu, lin, s->len[0], x86_user(cpu));
    s->done[0] = cpu->mmu.rmw;
    s->p[1] = NULL;
    if (s->p[0] && s->len[1]) {
        next = cpu->code_mode == 8 ? next : (uint32_t)next;
        s->p[1] = x86_rmw_ptr(cpu, next, s->len[1], x86_user(cpu));
        s->done[1] = cpu->mmu.rmw;
    }
    return s->p[0] && (s->p[1] || !s->len[1]);
}

/* What the host cannot do atomically is done while no other processor executes: the bus lock. */
static uint64_t split_rmw(struct x86_cpu *cpu, const struct x86_insn *i, struct split *s,
                          unsigned size, x86_rmw_fn *f)
{
    uint64_t old = 0, v;
    bool alone = cpu->blocks && !cpu->blocks->parked; /* or in emulate.c: nobody to stop */
    if (alone && !x86_exclusive_begin(cpu)) {
        cpu->blocks->stop_in_block = true; /* again after the kick */
        longjmp(cpu->jmp, 1);
    }
    guest_move(&old, s->p[0], s->len[0]);
    if (s->len[1]) {
        guest_move((uint8_t *)&old + s->len[0], s->p[1], s->len[1]);
    }
    v = old;
    f(cpu, i, &v, size);
    guest_move(s->p[0], &v, s->len[0]);
    if (s->len[1]) {
        guest_move(s->p[1], (uint8_t *)&v + s->len[0], s->len[1]);
    }
    if (alone) {
        x86_exclusive_end(cpu);
    }
    for (unsigned k = 0; k < 2 && s->len[k]; k++) {
        cpu->mmu.rmw = s->done[k];
        x86_rmw_done(cpu, s->len[k]);
    }
    return old;
}

uint64_t x86_mem_rmw_locked(struct x86_cpu *cpu, const struct x86_insn *i, uint64_t lin,
                            unsigned size, x86_rmw_fn *f)
{
    bool aligned = !(lin & (size - 1)), line = (lin & 63) + size <= x86_host_lock_span();
    void *p = aligned || line ? x86_rmw_ptr(cpu, lin, size, x86_user(cpu)) : NULL;
    struct x86_lazy flags = cpu->lazy;
    if (p && UNLIKELY(!aligned)) {
        uint64_t old = x86_host_load(p, size), new;
        do {
            cpu->lazy = flags;
            new = old;
            f(cpu, i, &new, size);
        } while (!x86_host_cas(p, &old, new, size));
        x86_rmw_done(cpu, size);
        return old;
    }
    if (LIKELY(p)) {
        uint64_t old = atomic_load_n(p, size), new;
        do {
            cpu->lazy = flags;
            new = old;
            f(cpu, i, &new, size);
        } while (!atomic_cas_n(p, &old, new, size));
        x86_rmw_done(cpu, size);
        return old;
    }
    x86_probe_write(cpu, lin, size, x86_user(cpu));
    struct split split;
    if (split_find(cpu, &split, lin, size)) {
        return split_rmw(cpu, i, &split, size, f);
    }
    /* What reaches a device is not atomic there either. */
    uint64_t old = x86_lin_load(cpu, lin, size), v = old;
    f(cpu, i, &v, size);
    x86_lin_store(cpu, lin, v, size);
    return old;
}

bool x86_cas16(struct x86_cpu *cpu, uint64_t lin, uint64_t old[2], const uint64_t new[2])
{
    x86_probe_write(cpu, lin, 16, x86_user(cpu));
    void *p = x86_rmw_ptr(cpu, lin, 16, x86_user(cpu));
    if (p) {
        bool done = x86_host_cas16(p, old, new);
        x86_rmw_done(cpu, 16);
        return done;
    }
    uint64_t now[2] = { x86_lin_load(cpu, lin, 8), x86_lin_load(cpu, lin + 8, 8) };
    bool same = now[0] == old[0] && now[1] == old[1];
    const uint64_t *put = same ? new : now;
    x86_lin_store(cpu, lin, put[0], 8);
    x86_lin_store(cpu, lin + 8, put[1], 8);
    old[0] = now[0];
    old[1] = now[1];
    return same;
}

void x86_opnd_rmw(struct x86_cpu *cpu, const struct x86_insn *i, unsigned size, x86_rmw_fn *f)
{
    if (!x86_opnd_mem(i, 0)) {
        uint64_t v = x86_opnd_read(cpu, i, 0, size);
        f(cpu, i, &v, size);
        x86_opnd_write(cpu, i, 0, v, size);
        return;
    }
    if (i->prefixes & X86_PFX_LOCK) {
        x86_mem_rmw_locked(cpu, i, x86_mem_lin(cpu, i, size, X86_ACCESS_WRITE), size, f);
        return;
    }
    uint64_t lin = x86_operand_rmw(cpu, i, size);
    uint64_t v = x86_lin_load(cpu, lin, size);
    f(cpu, i, &v, size);
    x86_lin_store(cpu, lin, v, size);
}
