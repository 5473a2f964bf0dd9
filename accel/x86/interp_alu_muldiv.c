/* SPDX-License-Identifier: MIT */
/*
 * MUL, IMUL, DIV, IDIV and the decimal adjustments. Flags that the manuals leave undefined follow
 * AMD's Zen: multiplications keep SF, ZF, AF, PF; divisions clear SF, ZF, PF, set AF and keep the
 * rest; the decimal adjustments follow the SDM's pseudo-code and logic flags for what it leaves
 * out.
 */
#include "accel/x86/handler.h"

/* --- multiplication --------------------------------------------------------------------------- */

/* 64 x 64 = 128 bits from 32-bit halves. */
static uint64_t mul_high(uint64_t a, uint64_t b)
{
    uint64_t al = (uint32_t)a, ah = a >> 32, bl = (uint32_t)b, bh = b >> 32;
    uint64_t mid = ah * bl + (al * bl >> 32);
    uint64_t mid2 = al * bh + (uint32_t)mid;
    return ah * bh + (mid >> 32) + (mid2 >> 32);
}

static int64_t mul_high_signed(int64_t a, int64_t b)
{
    uint64_t h = mul_high((uint64_t)a, (uint64_t)b);
    return (int64_t)(h - (a < 0 ? (uint64_t)b : 0) - (b < 0 ? (uint64_t)a : 0));
}

/* AX = AL * v, or xDX:xAX = xAX * v. */
static void store_product(struct x86_cpu *c, uint64_t lo, uint64_t hi, unsigned size)
{
    if (size == 1) {
        x86_gpr_write(c, X86_RAX, lo, 2);
    } else {
        x86_gpr_write(c, X86_RAX, lo, size);
        x86_gpr_write(c, X86_RDX, hi, size);
    }
}

X86_HANDLER(mul)
{
    unsigned size = i->opnd[0].size, bits = size * 8;
    uint64_t v = x86_opnd_read(c, i, 0, size), a = x86_gpr_read(c, X86_RAX, size);
    uint64_t lo = a * v, hi = size == 8 ? mul_high(a, v) : lo >> bits;
    bool over = (hi & x86_size_mask(size)) != 0;
    store_product(c, lo, hi, size);
    x86_flags_cf_of(c, over, over);
}

/* Does the product (lo, hi for size 8) differ from its sign-extended lower half? */
static bool imul_over(int64_t lo, int64_t hi, unsigned size)
{
    return size == 8 ? hi != lo >> 63 : lo != x86_sext((uint64_t)lo, size);
}

X86_HANDLER(imul1)
{
    unsigned size = i->opnd[0].size, bits = size * 8;
    int64_t v = x86_sext(x86_opnd_read(c, i, 0, size), size),
            a = x86_sext(c->st.gpr[X86_RAX], size);
    int64_t lo = (int64_t)((uint64_t)a * (uint64_t)v);
    int64_t hi = size == 8 ? mul_high_signed(a, v) : lo >> bits;
    bool over = imul_over(lo, hi, size);
    store_product(c, (uint64_t)lo, (uint64_t)hi, size);
    x86_flags_cf_of(c, over, over);
}

X86_INLINE void imul_to(struct x86_cpu *c, const struct x86_insn *i, uint64_t ua, uint64_t ub,
                        unsigned size)
{
    int64_t a = x86_sext(ua, size), b = x86_sext(ub, size), r;
    bool over = __builtin_mul_overflow(a, b, &r) || r != x86_sext((uint64_t)r, size);
    x86_set_reg(c, i, 0, (uint64_t)r, size);
    x86_flags_cf_of(c, over, over);
}

X86_HANDLER(imul2_4)
{
    imul_to(c, i, x86_reg(c, i, 0, 4), x86_opnd_read(c, i, 1, 4), 4);
}

X86_HANDLER(imul2_8)
{
    imul_to(c, i, x86_reg(c, i, 0, 8), x86_opnd_read(c, i, 1, 8), 8);
}

X86_HANDLER(imul2_2)
{
    imul_to(c, i, x86_reg(c, i, 0, 2), x86_opnd_read(c, i, 1, 2), 2);
}

X86_HANDLER(imul3)
{
    unsigned size = i->opnd[0].size;
    uint64_t a = x86_opnd_read(c, i, 1, size);
    switch (size) {
    case 2: imul_to(c, i, a, i->imm, 2); break;
    case 4: imul_to(c, i, a, i->imm, 4); break;
    default: imul_to(c, i, a, i->imm, 8); break;
    }
}

/* --- division --------------------------------------------------------------------------------- */

static void div_flags(struct x86_cpu *c)
{
    x86_set_arith_flags(c, (x86_arith_flags(c) & (X86_FL_CF | X86_FL_OF)) | X86_FL_AF);
}

static void store_quotient(struct x86_cpu *c, uint64_t q, uint64_t r, unsigned size)
{
    if (size == 1) {
        x86_gpr_write(c, X86_RAX, (q & 0xff) | (r & 0xff) << 8, 2);
    } else {
        x86_gpr_write(c, X86_RAX, q, size);
        x86_gpr_write(c, X86_RDX, r, size);
    }
    div_flags(c);
}

/* hi:lo / v for hi < v, a bit at a time; *r: remainder. */
static uint64_t div128(uint64_t hi, uint64_t lo, uint64_t v, uint64_t *r)
{
    if (hi == 0) {
        *r = lo % v;
        return lo / v;
    }
    uint64_t q = 0;
    for (unsigned k = 0; k < 64; k++) {
        bool top = hi >> 63;
        hi = hi << 1 | lo >> 63;
        lo <<= 1;
        q <<= 1;
        if (top || hi >= v) {
            hi -= v;
            q |= 1;
        }
    }
    *r = hi;
    return q;
}

/* The dividend of sizes 1, 2, 4 fits 64 bits. */
static uint64_t dividend(const struct x86_cpu *c, unsigned size)
{
    const uint64_t *g = c->st.gpr;
    return size == 1
               ? (uint16_t)g[X86_RAX]
               : x86_gpr_read(c, X86_RDX, size) << (size * 8) | x86_gpr_read(c, X86_RAX, size);
}

X86_HANDLER(div_op)
{
    unsigned size = i->opnd[0].size;
    uint64_t v = x86_opnd_read(c, i, 0, size), q, r;
    if (size == 8) {
        uint64_t hi = c->st.gpr[X86_RDX];
        if (hi >= v) {
            x86_raise(c, X86_EXC_DE);
        }
        q = div128(hi, c->st.gpr[X86_RAX], v, &r);
    } else {
        uint64_t a = dividend(c, size);
        if (v == 0 || a / v > x86_size_mask(size)) {
            x86_raise(c, X86_EXC_DE);
        }
        q = a / v;
        r = a % v;
    }
    store_quotient(c, q, r, size);
}

static void idiv64(struct x86_cpu *c, int64_t v)
{
    uint64_t hi = c->st.gpr[X86_RDX], lo = c->st.gpr[X86_RAX], r;
    bool neg = (int64_t)hi < 0, neg_v = v < 0;
    uint64_t abs_v = neg_v ? 0 - (uint64_t)v : (uint64_t)v;
    if (neg) {
        lo = 0 - lo;
        hi = ~hi + (lo == 0);
    }
    if (hi >= abs_v) {
        x86_raise(c, X86_EXC_DE);
    }
    uint64_t q = div128(hi, lo, abs_v, &r);
    if (q > (uint64_t)INT64_MAX + (neg != neg_v)) {
        x86_raise(c, X86_EXC_DE);
    }
    store_quotient(c, neg != neg_v ? 0 - q : q, neg ? 0 - r : r, 8);
}

X86_HANDLER(idiv_op)
{
    unsigned size = i->opnd[0].size;
    int64_t v = x86_sext(x86_opnd_read(c, i, 0, size), size);
    if (size == 8) {
        idiv64(c, v);
        return;
    }
    int64_t a = x86_sext(dividend(c, size), size * 2);
    if (v == 0 || (a == INT64_MIN && v == -1)) {
        x86_raise(c, X86_EXC_DE);
    }
    int64_t q = a / v, r = a % v;
    if (q != x86_sext((uint64_t)q, size)) {
        x86_raise(c, X86_EXC_DE);
    }
    store_quotient(c, (uint64_t)q, (uint64_t)r, size);
}

/* --- decimal ---------------------------------------------------------------------------------- */

static void set_ax(struct x86_cpu *c, unsigned al, unsigned ah)
{
    x86_gpr_write(c, X86_RAX, (al & 0xff) | (ah & 0xff) << 8, 2);
}

/* AAA, AAS: sign is +1 or -1. Flags beside CF and AF as after the 16-bit addition. */
static void ascii_adjust(struct x86_cpu *c, int sign)
{
    unsigned ax = (uint16_t)c->st.gpr[X86_RAX];
    bool adjust = (ax & 0x0f) > 9 || x86_af(c);
    if (adjust) {
        ax = (unsigned)((int)ax + sign * 0x106);
    }
    set_ax(c, ax & 0x0f, ax >> 8);
    x86_flags_result(c, ax & 0x0f, 1, adjust, false, adjust);
}

X86_HANDLER(aaa)
{
    ascii_adjust(c, 1);
}
X86_HANDLER(aas)
{
    ascii_adjust(c, -1);
}

X86_HANDLER(aam)
{
    unsigned base = (uint8_t)i->imm, al = (uint8_t)c->st.gpr[X86_RAX];
    if (base == 0) {
        x86_raise(c, X86_EXC_DE);
    }
    set_ax(c, al % base, al / base);
    x86_flags_result(c, al % base, 1, false, false, false);
}

X86_HANDLER(aad)
{
    unsigned al = (uint8_t)c->st.gpr[X86_RAX], ah = (uint8_t)(c->st.gpr[X86_RAX] >> 8);
    unsigned r = al + ah * (uint8_t)i->imm;
    set_ax(c, r, 0);
    x86_flags_result(c, r, 1, false, false, false);
}

/* DAA, DAS (SDM vol. 2): the low digit, then the high one by the value before. OF is undefined: 0.
 * */
static void decimal_adjust(struct x86_cpu *c, int sign)
{
    unsigned al = (uint8_t)c->st.gpr[X86_RAX], old = al;
    bool old_cf = x86_cf(c), cf = false, af = false;
    if ((al & 0x0f) > 9 || x86_af(c)) {
        cf = old_cf || (sign > 0 ? al > 0xf9 : al < 6);
        al = (unsigned)((int)al + sign * 6) & 0xff;
        af = true;
    }
    if (old > 0x99 || old_cf) {
        al = (unsigned)((int)al + sign * 0x60) & 0xff;
        cf = true;
    } else if (sign > 0) {
        cf = false;
    }
    x86_gpr_write(c, X86_RAX, al, 1);
    x86_flags_result(c, al, 1, cf, false, af);
}

X86_HANDLER(daa)
{
    decimal_adjust(c, 1);
}
X86_HANDLER(das)
{
    decimal_adjust(c, -1);
}

static x86_exec_fn *bind_imul(const struct x86_insn *i)
{
    static x86_exec_fn *const two[4] = { NULL, imul2_2, imul2_4, imul2_8 };
    if (i->opnd[2].kind == X86_OPND_IMM) {
        return imul3;
    }
    /* the one-operand form is F6 and F7 of the one-byte map */
    return i->map == 0 && (i->opcode & 0xfe) == 0xf6 ? imul1 : two[x86_size_index(i->opnd[0].size)];
}

x86_exec_fn *x86_bind_muldiv(const struct x86_insn *i)
{
    switch (i->op) {
    case X86_OP_MUL: return mul;
    case X86_OP_IMUL: return bind_imul(i);
    case X86_OP_DIV: return div_op;
    case X86_OP_IDIV: return idiv_op;
    case X86_OP_AAA: return aaa;
    case X86_OP_AAS: return aas;
    case X86_OP_AAM: return aam;
    case X86_OP_AAD: return aad;
    case X86_OP_DAA: return daa;
    case X86_OP_DAS: return das;
    default: return NULL;
    }
}
