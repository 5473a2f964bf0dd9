/* SPDX-License-Identifier: MIT */
/*
 * BT, BTS, BTR, BTC (with bit strings in memory), BSF, BSR, CRC32, and the locked exchanges XADD,
 * CMPXCHG, CMPXCHG8B, CMPXCHG16B.
 */
#include "accel/x86/handler.h"

enum bit { BIT_T, BIT_S, BIT_R, BIT_C };

X86_INLINE uint64_t bit_op(struct x86_cpu *c, enum bit op, uint64_t a, unsigned n)
{
    x86_set_cf(c, a >> n & 1);
    switch (op) {
    case BIT_S: return a | 1ull << n;
    case BIT_R: return a & ~(1ull << n);
    case BIT_C: return a ^ 1ull << n;
    default: return a;
    }
}

static unsigned bit_index(struct x86_cpu *c, const struct x86_insn *i, unsigned size)
{
    uint64_t v = i->opnd[1].kind == X86_OPND_IMM ? i->imm : c->st.gpr[i->opnd[1].reg];
    return v & (size * 8 - 1);
}

#define BIT_RMW(name, op)                                                                     \
    static void name(struct x86_cpu *c, const struct x86_insn *i, uint64_t *v, unsigned size) \
    {                                                                                         \
        *v = bit_op(c, op, *v, bit_index(c, i, size));                                        \
    }
BIT_RMW(bits_f, BIT_S)
BIT_RMW(bitr_f, BIT_R)
BIT_RMW(bitc_f, BIT_C)

/* A register bit index addresses a string of bits around the memory operand: the signed index
 * divided by the operand's width moves the address. */
static uint64_t bit_string_lin(struct x86_cpu *c, const struct x86_insn *i, unsigned size,
                               enum x86_access a)
{
    uint64_t off = x86_ea(c, i);
    if (i->opnd[1].kind != X86_OPND_IMM) {
        int64_t n = x86_sext(c->st.gpr[i->opnd[1].reg], size);
        unsigned shift = size == 8 ? 6 : size == 4 ? 5 : 4;
        off = (off + (uint64_t)((n >> shift) * (int64_t)size)) & x86_size_mask(i->adsize);
    }
    return x86_linear(c, i->seg, off, size, a);
}

X86_HANDLER(bt)
{
    unsigned size = i->opnd[0].size;
    uint64_t a;
    if (x86_opnd_mem(i, 0)) {
        a = x86_lin_load(c, bit_string_lin(c, i, size, X86_ACCESS_READ), size);
    } else {
        a = x86_reg(c, i, 0, size);
    }
    bit_op(c, BIT_T, a, bit_index(c, i, size));
}

static void bit_change(struct x86_cpu *c, const struct x86_insn *i, x86_rmw_fn *f)
{
    unsigned size = i->opnd[0].size;
    if (!x86_opnd_mem(i, 0)) {
        uint64_t v = x86_reg(c, i, 0, size);
        f(c, i, &v, size);
        x86_set_reg(c, i, 0, v, size);
        return;
    }
    uint64_t lin = bit_string_lin(c, i, size, X86_ACCESS_WRITE);
    if (i->prefixes & X86_PFX_LOCK) {
        x86_mem_rmw_locked(c, i, lin, size, f);
        return;
    }
    x86_probe_write(c, lin, size, x86_user(c));
    uint64_t v = x86_lin_load(c, lin, size);
    f(c, i, &v, size);
    x86_lin_store(c, lin, v, size);
}

X86_HANDLER(bts)
{
    bit_change(c, i, bits_f);
}
X86_HANDLER(btr)
{
    bit_change(c, i, bitr_f);
}
X86_HANDLER(btc)
{
    bit_change(c, i, bitc_f);
}

/* A zero source leaves the whole destination, also the upper half of a 32-bit one. Flags as Zen:
 * ZF from the source, PF from the result, the others 0. */
static void bit_scan(struct x86_cpu *c, const struct x86_insn *i, bool reverse)
{
    unsigned size = i->opnd[0].size;
    uint64_t v = x86_opnd_read(c, i, 1, size);
    if (v == 0) {
        x86_set_arith_flags(c, X86_FL_ZF | X86_FL_PF);
        return;
    }
    unsigned n = reverse ? 63 - (unsigned)__builtin_clzll(v) : (unsigned)__builtin_ctzll(v);
    x86_set_reg(c, i, 0, n, size);
    x86_set_arith_flags(c, __builtin_parity(n) ? 0 : X86_FL_PF);
}

X86_HANDLER(bsf)
{
    bit_scan(c, i, false);
}
X86_HANDLER(bsr)
{
    bit_scan(c, i, true);
}

/* CRC-32C, reflected polynomial 82F63B78h, without the inversions (SDM vol. 2, CRC32). */
X86_HANDLER(crc32)
{
    unsigned size = i->opnd[1].size;
    uint64_t v = x86_opnd_read(c, i, 1, size);
    uint32_t crc = (uint32_t)c->st.gpr[i->opnd[0].reg];
    for (unsigned k = 0; k < size; k++, v >>= 8) {
        crc ^= (uint8_t)v;
        for (unsigned b = 0; b < 8; b++) {
            crc = crc >> 1 ^ (crc & 1 ? 0x82f63b78u : 0);
        }
    }
    c->st.gpr[i->opnd[0].reg] = crc;
}

/* --- exchanges -------------------------------------------------------------------------------- */

static void xadd_f(struct x86_cpu *c, const struct x86_insn *i, uint64_t *v, unsigned size)
{
    uint64_t old = *v, b = x86_opnd_read(c, i, 1, size), r = old + b;
    switch (size) {
    case 1: x86_flags_add(c, old, b, r, 1); break;
    case 2: x86_flags_add(c, old, b, r, 2); break;
    case 4: x86_flags_add(c, old, b, r, 4); break;
    default: x86_flags_add(c, old, b, r, 8); break;
    }
    *v = r;
}

X86_HANDLER(xadd)
{
    unsigned size = i->opnd[0].size;
    if (!x86_opnd_mem(i, 0)) {
        uint64_t old = x86_opnd_read(c, i, 0, size), r = old;
        xadd_f(c, i, &r, size);
        x86_opnd_write(c, i, 1, old, size);
        x86_opnd_write(c, i, 0, r, size); /* last: wins when both are one register */
        return;
    }
    uint64_t lin = x86_mem_lin(c, i, size, X86_ACCESS_WRITE);
    x86_opnd_write(c, i, 1, x86_mem_rmw_locked(c, i, lin, size, xadd_f), size);
}

/* The destination is written in any case: with its own value when the comparison fails. */
static void cmpxchg_f(struct x86_cpu *c, const struct x86_insn *i, uint64_t *v, unsigned size)
{
    uint64_t old = *v, acc = x86_gpr_read(c, X86_RAX, size), r = acc - old;
    switch (size) {
    case 1: x86_flags_sub(c, acc, old, r, 1); break;
    case 2: x86_flags_sub(c, acc, old, r, 2); break;
    case 4: x86_flags_sub(c, acc, old, r, 4); break;
    default: x86_flags_sub(c, acc, old, r, 8); break;
    }
    *v = acc == old ? x86_opnd_read(c, i, 1, size) : old;
}

/* Accumulator and register destination are written only where the comparison says so, which matters
 * for the upper half of 32-bit registers. */
X86_HANDLER(cmpxchg)
{
    unsigned size = i->opnd[0].size;
    uint64_t old;
    if (x86_opnd_mem(i, 0)) {
        old = x86_mem_rmw_locked(c, i, x86_mem_lin(c, i, size, X86_ACCESS_WRITE), size, cmpxchg_f);
    } else {
        old = x86_opnd_read(c, i, 0, size);
        uint64_t r = old;
        cmpxchg_f(c, i, &r, size);
        if (x86_zf(c)) {
            x86_opnd_write(c, i, 0, r, size);
        }
    }
    if (!x86_zf(c)) {
        x86_gpr_write(c, X86_RAX, old, size);
    }
}

static void cmpxchg8b_f(struct x86_cpu *c, const struct x86_insn *i, uint64_t *v, unsigned size)
{
    (void)i;
    (void)size;
    uint64_t want = c->st.gpr[X86_RDX] << 32 | (uint32_t)c->st.gpr[X86_RAX];
    if (*v == want) {
        *v = c->st.gpr[X86_RCX] << 32 | (uint32_t)c->st.gpr[X86_RBX];
    }
}

X86_HANDLER(cmpxchg8b)
{
    uint64_t want = c->st.gpr[X86_RDX] << 32 | (uint32_t)c->st.gpr[X86_RAX];
    uint64_t lin = x86_mem_lin(c, i, 8, X86_ACCESS_WRITE);
    uint64_t old = x86_mem_rmw_locked(c, i, lin, 8, cmpxchg8b_f);
    if (old != want) {
        c->st.gpr[X86_RAX] = (uint32_t)old;
        c->st.gpr[X86_RDX] = old >> 32;
    }
    x86_set_zf(c, old == want);
}

/* 16 bytes: #GP(0) unless aligned (so never across pages). */
X86_HANDLER(cmpxchg16b)
{
    uint64_t lin = x86_mem_lin(c, i, 16, X86_ACCESS_WRITE);
    if (lin & 15) {
        x86_raise_error(c, X86_EXC_GP, 0);
    }
    uint64_t want[2] = { c->st.gpr[X86_RAX], c->st.gpr[X86_RDX] };
    uint64_t with[2] = { c->st.gpr[X86_RBX], c->st.gpr[X86_RCX] };
    uint64_t old[2] = { want[0], want[1] };
    bool same = x86_cas16(c, lin, old, with);
    if (!same) {
        c->st.gpr[X86_RAX] = old[0];
        c->st.gpr[X86_RDX] = old[1];
    }
    x86_set_zf(c, same);
}

x86_exec_fn *x86_bind_bits(const struct x86_insn *i)
{
    switch (i->op) {
    case X86_OP_BT: return bt;
    case X86_OP_BTS: return bts;
    case X86_OP_BTR: return btr;
    case X86_OP_BTC: return btc;
    case X86_OP_BSF: return bsf;
    case X86_OP_BSR: return bsr;
    case X86_OP_CRC32: return crc32;
    case X86_OP_XADD: return xadd;
    case X86_OP_CMPXCHG: return cmpxchg;
    case X86_OP_CMPXCHG8B: return cmpxchg8b;
    case X86_OP_CMPXCHG16B: return cmpxchg16b;
    default: return NULL;
    }
}
