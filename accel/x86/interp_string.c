/* SPDX-License-Identifier: MIT */
/*
 * String instructions. With REP one execution does a bounded part: then next_rip stays at the
 * instruction, so that interrupts are looked at and registers are exact wherever it stops. Forward
 * runs through plain memory go page by page in bulk; everything else element by element. The size
 * of a part depends on the guest's state alone, never on what other threads do (deterministic
 * mode).
 */
#include <glib.h>

#include "accel/x86/handler.h"

#define PART_ELEMENTS 2048u /* one at a time */
#define PART_PAGES    16u   /* in bulk */
#define PART_IO       64u

struct str {
    struct x86_cpu *c;
    const struct x86_insn *i;
    unsigned size; /* of an element */
    uint64_t mask; /* of RCX, RSI, RDI by the address size */
    bool up;       /* DF = 0 */
};

X86_INLINE struct str str_begin(struct x86_cpu *c, const struct x86_insn *i)
{
    return (struct str){ c, i, i->opsize, x86_size_mask(i->adsize), !(c->st.rflags & X86_FL_DF) };
}

X86_INLINE uint64_t src_off(const struct str *s)
{
    return s->c->st.gpr[X86_RSI] & s->mask;
}

X86_INLINE uint64_t dst_off(const struct str *s)
{
    return s->c->st.gpr[X86_RDI] & s->mask;
}

X86_INLINE uint64_t src_lin(const struct str *s)
{
    return x86_linear(s->c, s->i->seg, src_off(s), s->size, X86_ACCESS_READ);
}

X86_INLINE uint64_t dst_lin(const struct str *s, enum x86_access a)
{
    return x86_linear(s->c, X86_ES, dst_off(s), s->size, a);
}

/* Moves an index by n elements. */
X86_INLINE void advance(const struct str *s, unsigned reg, uint64_t n)
{
    uint64_t by = n * s->size;
    x86_gpr_write(s->c, reg, s->c->st.gpr[reg] + (s->up ? by : 0 - by), s->i->adsize);
}

X86_INLINE void count_down(const struct str *s, uint64_t n)
{
    x86_gpr_write(s->c, X86_RCX, s->c->st.gpr[X86_RCX] - n, s->i->adsize);
}

X86_INLINE uint64_t count_left(const struct str *s)
{
    return s->c->st.gpr[X86_RCX] & s->mask;
}

/* --- one element ------------------------------------------------------------------------------ */

static void sub_flags(struct x86_cpu *c, uint64_t a, uint64_t b, unsigned size)
{
    switch (size) {
    case 1: x86_flags_sub(c, a, b, a - b, 1); break;
    case 2: x86_flags_sub(c, a, b, a - b, 2); break;
    case 4: x86_flags_sub(c, a, b, a - b, 4); break;
    default: x86_flags_sub(c, a, b, a - b, 8); break;
    }
}

static void one_movs(const struct str *s)
{
    uint64_t v = x86_lin_load(s->c, src_lin(s), s->size);
    x86_lin_store(s->c, dst_lin(s, X86_ACCESS_WRITE), v, s->size);
    advance(s, X86_RSI, 1);
    advance(s, X86_RDI, 1);
}

static void one_stos(const struct str *s)
{
    x86_lin_store(s->c, dst_lin(s, X86_ACCESS_WRITE), s->c->st.gpr[X86_RAX], s->size);
    advance(s, X86_RDI, 1);
}

static void one_lods(const struct str *s)
{
    x86_gpr_write(s->c, X86_RAX, x86_lin_load(s->c, src_lin(s), s->size), s->size);
    advance(s, X86_RSI, 1);
}

static void one_cmps(const struct str *s)
{
    uint64_t a = x86_lin_load(s->c, src_lin(s), s->size);
    uint64_t b = x86_lin_load(s->c, dst_lin(s, X86_ACCESS_READ), s->size);
    sub_flags(s->c, a, b, s->size);
    advance(s, X86_RSI, 1);
    advance(s, X86_RDI, 1);
}

static void one_scas(const struct str *s)
{
    uint64_t b = x86_lin_load(s->c, dst_lin(s, X86_ACCESS_READ), s->size);
    sub_flags(s->c, x86_gpr_read(s->c, X86_RAX, s->size), b, s->size);
    advance(s, X86_RDI, 1);
}

/* The port is read only when the element can be stored. */
static void one_ins(const struct str *s)
{
    struct x86_cpu *c = s->c;
    uint16_t port = (uint16_t)c->st.gpr[X86_RDX];
    x86_check_io(c, port, s->size);
    uint64_t lin = dst_lin(s, X86_ACCESS_WRITE);
    x86_probe_write(c, lin, s->size, x86_user(c));
    x86_lin_store(c, lin, c->bus.pio_read(c->bus.opaque, port, s->size), s->size);
    advance(s, X86_RDI, 1);
}

static void one_outs(const struct str *s)
{
    struct x86_cpu *c = s->c;
    uint16_t port = (uint16_t)c->st.gpr[X86_RDX];
    x86_check_io(c, port, s->size);
    uint32_t v = (uint32_t)x86_lin_load(c, src_lin(s), s->size);
    c->bus.pio_write(c->bus.opaque, port, v, s->size);
    advance(s, X86_RSI, 1);
}

/* --- in bulk ---------------------------------------------------------------------------------- */

/* Host address of elements at seg:off going up, and for how many they are plain memory within the
 * page, the segment and the index register; 0: not in bulk. *n is cut. */
static uint8_t *plain_run(const struct str *s, unsigned seg, uint64_t off, enum x86_access a,
                          uint64_t *n)
{
    struct x86_cpu *c = s->c;
    uint64_t bytes = s->mask - off; /* one less than up to the wrap */
    uint64_t lin = off;
    if (c->code_mode != 8) {
        const struct x86_seg_range *r = &c->range[seg];
        if (off < r->first || off > r->last || !(r->perm >> a & 1)) {
            return NULL;
        }
        lin = (uint32_t)(r->base + off);
        bytes = MIN(bytes, r->last - off);
    } else {
        lin = x86_linear(c, seg, off, 1, a);
    }
    bytes = MIN(bytes, 0xfff - (lin & 0xfff)) + 1;
    *n = MIN(*n, bytes / s->size);
    gpa_t gpa;
    return *n ? x86_translate(c, lin, a, x86_user(c), &gpa) : NULL;
}

static uint64_t bulk_movs(const struct str *s, uint64_t n)
{
    const uint8_t *src = plain_run(s, s->i->seg, src_off(s), X86_ACCESS_READ, &n);
    uint8_t *dst = src ? plain_run(s, X86_ES, dst_off(s), X86_ACCESS_WRITE, &n) : NULL;
    if (!dst) {
        return 0;
    }
    if (dst > src && dst < src + n * s->size) { /* the copy feeds itself */
        for (uint64_t k = 0; k < n; k++) {
            x86_host_store(dst + k * s->size, x86_host_load(src + k * s->size, s->size), s->size);
        }
    } else {
        guest_move(dst, src, n * s->size);
    }
    advance(s, X86_RSI, n);
    advance(s, X86_RDI, n);
    return n;
}

static uint64_t bulk_stos(const struct str *s, uint64_t n)
{
    uint8_t *dst = plain_run(s, X86_ES, dst_off(s), X86_ACCESS_WRITE, &n);
    if (!dst) {
        return 0;
    }
    uint64_t v = x86_gpr_read(s->c, X86_RAX, s->size);
    if (s->size == 1 || v == 0) {
        guest_fill(dst, (uint8_t)v, n * s->size);
    } else {
        for (uint64_t k = 0; k < n; k++) {
            x86_host_store(dst + k * s->size, v, s->size);
        }
    }
    advance(s, X86_RDI, n);
    return n;
}

/* CMPS and SCAS: all elements but the last are known to let the repetition go on, so that flags
 * come from the last alone. */
static uint64_t bulk_cmps(const struct str *s, uint64_t n)
{
    const uint8_t *a = plain_run(s, s->i->seg, src_off(s), X86_ACCESS_READ, &n);
    const uint8_t *b = a ? plain_run(s, X86_ES, dst_off(s), X86_ACCESS_READ, &n) : NULL;
    bool want = s->i->prefixes & X86_PFX_REP;
    uint64_t k = 0, x = 0, y = 0;
    if (!b) {
        return 0;
    }
    do {
        x = x86_host_load(a + k * s->size, s->size);
        y = x86_host_load(b + k * s->size, s->size);
        k++;
    } while (k < n && (x == y) == want);
    sub_flags(s->c, x, y, s->size);
    advance(s, X86_RSI, k);
    advance(s, X86_RDI, k);
    return k;
}

static uint64_t bulk_scas(const struct str *s, uint64_t n)
{
    const uint8_t *b = plain_run(s, X86_ES, dst_off(s), X86_ACCESS_READ, &n);
    bool want = s->i->prefixes & X86_PFX_REP;
    uint64_t k = 0, y = 0, x = x86_gpr_read(s->c, X86_RAX, s->size);
    if (!b) {
        return 0;
    }
    do {
        y = x86_host_load(b + k * s->size, s->size);
        k++;
    } while (k < n && (x == y) == want);
    sub_flags(s->c, x, y, s->size);
    advance(s, X86_RDI, k);
    return k;
}

/* --- repetition ------------------------------------------------------------------------------- */

typedef void one_fn(const struct str *s);
typedef uint64_t bulk_fn(const struct str *s, uint64_t n);

/* compares: the repetition also ends on ZF. */
X86_INLINE void repeat(struct x86_cpu *c, const struct x86_insn *i, one_fn *one, bulk_fn *bulk,
                       bool compares, unsigned part)
{
    struct str s = str_begin(c, i);
    if (!(i->prefixes & (X86_PFX_REP | X86_PFX_REPNE))) {
        one(&s);
        return;
    }
    bool want = i->prefixes & X86_PFX_REP;
    bool traced = (c->st.rflags & X86_FL_TF) || c->debug_kinds;
    unsigned pages = PART_PAGES;
    part = traced ? 1 : part;
    while (count_left(&s) && part && pages) {
        uint64_t n = bulk && s.up && !traced ? bulk(&s, count_left(&s)) : 0;
        if (n) {
            pages--;
        } else {
            one(&s);
            n = 1;
            part = c->exit_reason ? 0 : part - 1; /* a watchpoint was hit */
        }
        count_down(&s, n);
        if (compares && x86_zf(c) != want) {
            return;
        }
    }
    if (count_left(&s)) {
        c->next_rip = c->st.rip;
    }
}

X86_HANDLER(movs)
{
    repeat(c, i, one_movs, bulk_movs, false, PART_ELEMENTS);
}
X86_HANDLER(stos)
{
    repeat(c, i, one_stos, bulk_stos, false, PART_ELEMENTS);
}
X86_HANDLER(lods)
{
    repeat(c, i, one_lods, NULL, false, PART_ELEMENTS);
}
X86_HANDLER(cmps)
{
    repeat(c, i, one_cmps, bulk_cmps, true, PART_ELEMENTS);
}
X86_HANDLER(scas)
{
    repeat(c, i, one_scas, bulk_scas, true, PART_ELEMENTS);
}
X86_HANDLER(ins)
{
    repeat(c, i, one_ins, NULL, false, PART_IO);
}
X86_HANDLER(outs)
{
    repeat(c, i, one_outs, NULL, false, PART_IO);
}

x86_exec_fn *x86_bind_string(const struct x86_insn *i)
{
    switch (i->op) {
    case X86_OP_MOVS: return movs;
    case X86_OP_STOS: return stos;
    case X86_OP_LODS: return lods;
    case X86_OP_CMPS: return cmps;
    case X86_OP_SCAS: return scas;
    case X86_OP_INS: return ins;
    case X86_OP_OUTS: return outs;
    default: return NULL;
    }
}
