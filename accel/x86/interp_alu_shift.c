/* SPDX-License-Identifier: MIT */
/*
 * Shifts and rotates. Flags that the manuals leave undefined follow what AMD's Zen does (measured):
 * AF = 1 after shifts; OF follows the one-bit formula on the result for every count; counts beyond
 * the operand's size shift zeros out; SHLD and SHRD of 16 bits by more than 16 continue with the
 * second operand.
 */
#include "accel/x86/handler.h"

enum shift { SH_ROL, SH_ROR, SH_RCL, SH_RCR, SH_SHL, SH_SHR, SH_SAR, SH_COUNT };

/* count: 1-31, or 1-63 for size 8. All values are zero-extended. */
X86_INLINE uint64_t shift_shl(struct x86_cpu *c, uint64_t a, unsigned count, unsigned size)
{
    unsigned bits = size * 8;
    uint64_t r = a << count;
    bool cf = count > bits ? 0 : a >> (bits - count) & 1;
    bool msb = r >> (bits - 1) & 1;
    x86_flags_result(c, r, size, cf, msb ^ cf, true);
    return r;
}

X86_INLINE uint64_t shift_shr(struct x86_cpu *c, uint64_t a, unsigned count, unsigned size)
{
    uint64_t r = a >> count;
    x86_flags_result(c, r, size, a >> (count - 1) & 1, r >> (size * 8 - 2) & 1, true);
    return r;
}

X86_INLINE uint64_t shift_sar(struct x86_cpu *c, uint64_t a, unsigned count, unsigned size)
{
    int64_t s = x86_sext(a, size);
    x86_flags_result(c, (uint64_t)(s >> count), size, s >> (count - 1) & 1, 0, true);
    return (uint64_t)(s >> count);
}

X86_INLINE uint64_t shift_rol(struct x86_cpu *c, uint64_t a, unsigned count, unsigned size)
{
    unsigned bits = size * 8, n = count & (bits - 1);
    uint64_t r = n ? (a << n | a >> (bits - n)) & x86_size_mask(size) : a;
    x86_flags_cf_of(c, r & 1, (r ^ r >> (bits - 1)) & 1);
    return r;
}

X86_INLINE uint64_t shift_ror(struct x86_cpu *c, uint64_t a, unsigned count, unsigned size)
{
    unsigned bits = size * 8, n = count & (bits - 1);
    uint64_t r = n ? (a >> n | a << (bits - n)) & x86_size_mask(size) : a;
    x86_flags_cf_of(c, r >> (bits - 1) & 1, (r >> (bits - 1) ^ r >> (bits - 2)) & 1);
    return r;
}

/* Rotation of bits + 1 bits, bit by bit group: n < bits + 1. */
X86_INLINE uint64_t shift_rcl(struct x86_cpu *c, uint64_t a, unsigned count, unsigned size)
{
    unsigned bits = size * 8, n = count % (bits + 1);
    uint64_t r = a, cf = x86_cf(c);
    if (n) {
        r = (n < 64 ? a << n : 0) | cf << (n - 1) | (n > 1 ? a >> (bits + 1 - n) : 0);
        cf = a >> (bits - n) & 1;
        r &= x86_size_mask(size);
    }
    x86_flags_cf_of(c, cf, (r >> (bits - 1) & 1) ^ cf);
    return r;
}

X86_INLINE uint64_t shift_rcr(struct x86_cpu *c, uint64_t a, unsigned count, unsigned size)
{
    unsigned bits = size * 8, n = count % (bits + 1);
    uint64_t r = a, cf = x86_cf(c);
    if (n) {
        r = (n < 64 ? a >> n : 0) | cf << (bits - n) | (n > 1 ? a << (bits + 1 - n) : 0);
        cf = a >> (n - 1) & 1;
        r &= x86_size_mask(size);
    }
    x86_flags_cf_of(c, cf, (r >> (bits - 1) ^ r >> (bits - 2)) & 1);
    return r;
}

X86_INLINE uint64_t shift_op(struct x86_cpu *c, enum shift op, uint64_t a, unsigned count,
                             unsigned size)
{
    count &= size == 8 ? 63 : 31;
    if (count == 0) {
        return a; /* no flag changes */
    }
    switch (op) {
    case SH_ROL: return shift_rol(c, a, count, size);
    case SH_ROR: return shift_ror(c, a, count, size);
    case SH_RCL: return shift_rcl(c, a, count, size);
    case SH_RCR: return shift_rcr(c, a, count, size);
    case SH_SHL: return shift_shl(c, a, count, size);
    case SH_SHR: return shift_shr(c, a, count, size);
    default: return shift_sar(c, a, count, size);
    }
}

/* Operand 1 is an immediate (also the implied 1) or CL. */
X86_INLINE unsigned shift_count(const struct x86_cpu *c, const struct x86_insn *i)
{
    return i->opnd[1].kind == X86_OPND_IMM ? (uint8_t)i->imm : (uint8_t)c->st.gpr[X86_RCX];
}

#define SHIFT_OPS(X) X(ROL) X(ROR) X(RCL) X(RCR) X(SHL) X(SHR) X(SAR)
#define SHIFT_SIZE(op, n)                                                                          \
    X86_HANDLER(op##_i##n)                                                                         \
    {                                                                                              \
        x86_set_reg(c, i, 0, shift_op(c, SH_##op, x86_reg(c, i, 0, n), (uint8_t)i->imm, n), n);    \
    }                                                                                              \
    X86_HANDLER(op##_c##n)                                                                         \
    {                                                                                              \
        x86_set_reg(c, i, 0,                                                                       \
                    shift_op(c, SH_##op, x86_reg(c, i, 0, n), (uint8_t)c->st.gpr[X86_RCX], n), n); \
    }                                                                                              \
    static void op##_f##n(struct x86_cpu *c, const struct x86_insn *i, uint64_t *v, unsigned size) \
    {                                                                                              \
        (void)size;                                                                                \
        *v = shift_op(c, SH_##op, *v, shift_count(c, i), n);                                       \
    }                                                                                              \
    X86_HANDLER(op##_g##n)                                                                         \
    {                                                                                              \
        x86_opnd_rmw(c, i, n, op##_f##n);                                                          \
    }
#define SHIFT_ALL(op) SHIFT_SIZE(op, 1) SHIFT_SIZE(op, 2) SHIFT_SIZE(op, 4) SHIFT_SIZE(op, 8)
SHIFT_OPS(SHIFT_ALL)

#define SHIFT_ROW(op)                         \
    { { op##_i1, op##_i2, op##_i4, op##_i8 }, \
      { op##_c1, op##_c2, op##_c4, op##_c8 }, \
      { op##_g1, op##_g2, op##_g4, op##_g8 } },
static x86_exec_fn *const shift_table[SH_COUNT][3][4] = { SHIFT_OPS(SHIFT_ROW) };

static x86_exec_fn *bind_shift(const struct x86_insn *i, enum shift op)
{
    unsigned form = 2;
    if (x86_opnd_plain(i, 0)) {
        form = i->opnd[1].kind == X86_OPND_IMM ? 0 : 1;
    }
    return shift_table[op][form][x86_size_index(i->opnd[0].size)];
}

/* --- SHLD, SHRD ------------------------------------------------------------------------------- */

X86_INLINE uint64_t shld(struct x86_cpu *c, uint64_t a, uint64_t b, unsigned count, unsigned size)
{
    unsigned bits = size * 8;
    count &= size == 8 ? 63 : 31;
    if (count == 0) {
        return a;
    }
    if (count >= bits) { /* 16 bits only: a:b:b */
        uint64_t r = (b << (count - 16) | b >> (32 - count)) & 0xffff;
        bool cf = count == 16 && (a & 1);
        x86_flags_result(c, r, size, cf, cf, true);
        return r;
    }
    uint64_t r = a << count | b >> (bits - count);
    bool cf = a >> (bits - count) & 1;
    x86_flags_result(c, r, size, cf, (r >> (bits - 1) & 1) ^ cf, true);
    return r;
}

X86_INLINE uint64_t shrd(struct x86_cpu *c, uint64_t a, uint64_t b, unsigned count, unsigned size)
{
    unsigned bits = size * 8;
    count &= size == 8 ? 63 : 31;
    if (count == 0) {
        return a;
    }
    uint64_t r;
    bool cf;
    if (count >= bits) { /* 16 bits only: b:b:a */
        r = (b >> (count - 16) | b << (32 - count)) & 0xffff;
        cf = count == 16 && (a >> 15 & 1);
    } else {
        r = a >> count | b << (bits - count);
        cf = a >> (count - 1) & 1;
    }
    x86_flags_result(c, r, size, cf, (r >> (bits - 1) ^ r >> (bits - 2)) & 1, true);
    return r;
}

/* Operand 2 is an immediate or CL. */
X86_INLINE unsigned double_count(const struct x86_cpu *c, const struct x86_insn *i)
{
    return i->opnd[2].kind == X86_OPND_IMM ? (uint8_t)i->imm : (uint8_t)c->st.gpr[X86_RCX];
}

#define DOUBLE(op, n)                                                                              \
    static void op##_f##n(struct x86_cpu *c, const struct x86_insn *i, uint64_t *v, unsigned size) \
    {                                                                                              \
        (void)size;                                                                                \
        *v = op(c, *v, x86_reg(c, i, 1, n), double_count(c, i), n);                                \
    }                                                                                              \
    X86_HANDLER(op##_g##n)                                                                         \
    {                                                                                              \
        x86_opnd_rmw(c, i, n, op##_f##n);                                                          \
    }
DOUBLE(shld, 2)
DOUBLE(shld, 4)
DOUBLE(shld, 8)
DOUBLE(shrd, 2)
DOUBLE(shrd, 4)
DOUBLE(shrd, 8)

x86_exec_fn *x86_bind_shift(const struct x86_insn *i)
{
    static x86_exec_fn *const shld_table[4] = { NULL, shld_g2, shld_g4, shld_g8 };
    static x86_exec_fn *const shrd_table[4] = { NULL, shrd_g2, shrd_g4, shrd_g8 };
    switch (i->op) {
    case X86_OP_ROL: return bind_shift(i, SH_ROL);
    case X86_OP_ROR: return bind_shift(i, SH_ROR);
    case X86_OP_RCL: return bind_shift(i, SH_RCL);
    case X86_OP_RCR: return bind_shift(i, SH_RCR);
    case X86_OP_SHL: return bind_shift(i, SH_SHL);
    case X86_OP_SHR: return bind_shift(i, SH_SHR);
    case X86_OP_SAR: return bind_shift(i, SH_SAR);
    case X86_OP_SHLD: return shld_table[x86_size_index(i->opnd[0].size)];
    case X86_OP_SHRD: return shrd_table[x86_size_index(i->opnd[0].size)];
    default: return NULL;
    }
}
