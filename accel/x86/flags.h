/* SPDX-License-Identifier: MIT */
/*
 * Arithmetic flags, kept lazily in cpu->lazy (cpu.h): always in force, so the arithmetic bits of
 * st.rflags are never read directly. Whoever wants RFLAGS calls x86_rflags / x86_set_rflags
 * (interp.h); whoever computes flags calls one of the x86_flags_* setters here.
 *
 * `size` is 1, 2, 4 or 8 and a constant at nearly every call, so that all of this folds.
 */
#ifndef ACCEL_X86_FLAGS_H
#define ACCEL_X86_FLAGS_H

#include "accel/x86/cpu.h"

/* lazy.misc: AF in its own place; what to xor into the result's low byte for PF; SF inverted. */
#define X86_LAZY_PF_XOR (1u << 8)
#define X86_LAZY_SF_XOR (1u << 16)

#define X86_INLINE static inline __attribute__((always_inline))

X86_INLINE uint64_t x86_size_mask(unsigned size)
{
    return size == 8 ? ~0ull : (1ull << (size * 8)) - 1;
}

X86_INLINE int64_t x86_sext(uint64_t v, unsigned size)
{
    switch (size) {
    case 1: return (int8_t)v;
    case 2: return (int16_t)v;
    case 4: return (int32_t)v;
    default: return (int64_t)v;
    }
}

/* res = a + b (+ carry): operands and result may have garbage above `size`. */
X86_INLINE void x86_flags_add(struct x86_cpu *cpu, uint64_t a, uint64_t b, uint64_t res,
                              unsigned size)
{
    uint64_t carries = (a & b) | ((a | b) & ~res);
    cpu->lazy.result = x86_sext(res, size);
    cpu->lazy.aux = carries << (64 - size * 8);
    cpu->lazy.misc = (uint32_t)(a ^ b ^ res) & X86_FL_AF;
}

/* res = a - b (- borrow) */
X86_INLINE void x86_flags_sub(struct x86_cpu *cpu, uint64_t a, uint64_t b, uint64_t res,
                              unsigned size)
{
    uint64_t borrows = (~a & b) | ((~a | b) & res);
    cpu->lazy.result = x86_sext(res, size);
    cpu->lazy.aux = borrows << (64 - size * 8);
    cpu->lazy.misc = (uint32_t)(a ^ b ^ res) & X86_FL_AF;
}

/* CF = OF = AF = 0 */
X86_INLINE void x86_flags_logic(struct x86_cpu *cpu, uint64_t res, unsigned size)
{
    cpu->lazy.result = x86_sext(res, size);
    cpu->lazy.aux = 0;
    cpu->lazy.misc = 0;
}

/* SF, ZF, PF from res; CF, OF, AF given (0 or 1). */
X86_INLINE void x86_flags_result(struct x86_cpu *cpu, uint64_t res, unsigned size, bool cf, bool of,
                                 bool af)
{
    cpu->lazy.result = x86_sext(res, size);
    cpu->lazy.aux = (uint64_t)cf << 63 | (uint64_t)(cf ^ of) << 62;
    cpu->lazy.misc = af ? X86_FL_AF : 0;
}

/* CF and OF alone, the rest stays (rotates, BT). */
X86_INLINE void x86_flags_cf_of(struct x86_cpu *cpu, bool cf, bool of)
{
    cpu->lazy.aux = (uint64_t)cf << 63 | (uint64_t)(cf ^ of) << 62;
}

X86_INLINE bool x86_cf(const struct x86_cpu *cpu)
{
    return cpu->lazy.aux >> 63;
}

X86_INLINE bool x86_of(const struct x86_cpu *cpu)
{
    return (cpu->lazy.aux ^ cpu->lazy.aux << 1) >> 63;
}

X86_INLINE bool x86_zf(const struct x86_cpu *cpu)
{
    return cpu->lazy.result == 0;
}

X86_INLINE bool x86_sf(const struct x86_cpu *cpu)
{
    return (cpu->lazy.result < 0) ^ (cpu->lazy.misc >> 16 & 1);
}

X86_INLINE bool x86_af(const struct x86_cpu *cpu)
{
    return cpu->lazy.misc & X86_FL_AF;
}

X86_INLINE bool x86_pf(const struct x86_cpu *cpu)
{
    unsigned v = (uint8_t)cpu->lazy.result ^ (cpu->lazy.misc >> 8 & 0xff);
    v ^= v >> 4;
    return 0x9669 >> (v & 15) & 1; /* 1 where the nibble has an even number of ones */
}

X86_INLINE void x86_set_cf(struct x86_cpu *cpu, bool cf)
{
    x86_flags_cf_of(cpu, cf, x86_of(cpu));
}

/* The six arithmetic flags as RFLAGS bits. */
static inline uint32_t x86_arith_flags(const struct x86_cpu *cpu)
{
    return (x86_cf(cpu) ? X86_FL_CF : 0) | (x86_pf(cpu) ? X86_FL_PF : 0) |
           (cpu->lazy.misc & X86_FL_AF) | (x86_zf(cpu) ? X86_FL_ZF : 0) |
           (x86_sf(cpu) ? X86_FL_SF : 0) | (x86_of(cpu) ? X86_FL_OF : 0);
}

/* Loads all six from RFLAGS bits. A ZF=1 SF=1 or ZF=1 PF=0 needs the xor bits. */
static inline void x86_set_arith_flags(struct x86_cpu *cpu, uint32_t f)
{
    cpu->lazy.result = f & X86_FL_ZF ? 0 : 0x100;
    cpu->lazy.misc = (f & X86_FL_AF) | (f & X86_FL_PF ? 0 : X86_LAZY_PF_XOR) |
                     (f & X86_FL_SF ? X86_LAZY_SF_XOR : 0);
    x86_flags_cf_of(cpu, f & X86_FL_CF, f & X86_FL_OF);
}

/* From cpu->jit.flags: packed as LAHF and SETO leave them. */
static inline void x86_flags_unpack(struct x86_cpu *cpu)
{
    unsigned w = cpu->jit.flags;
    x86_set_arith_flags(cpu, (w >> 8 & 0xd5) | (w & 1 ? X86_FL_OF : 0));
}

/* ZF alone, the rest stays (CMPXCHG8B, LAR, VERR ...). */
static inline void x86_set_zf(struct x86_cpu *cpu, bool zf)
{
    x86_set_arith_flags(cpu, (x86_arith_flags(cpu) & ~(uint32_t)X86_FL_ZF) | (zf ? X86_FL_ZF : 0));
}

/* Condition of Jcc, SETcc, CMOVcc: the low four bits of the opcode. */
X86_INLINE bool x86_cond(const struct x86_cpu *cpu, unsigned cc)
{
    unsigned cf = x86_cf(cpu), zf = x86_zf(cpu), less = x86_sf(cpu) ^ x86_of(cpu);
    bool v;
    switch (cc >> 1 & 7) {
    case 0: v = x86_of(cpu); break;
    case 1: v = cf; break;
    case 2: v = zf; break;
    case 3: v = cf | zf; break;
    case 4: v = x86_sf(cpu); break;
    case 5: v = x86_pf(cpu); break;
    case 6: v = less; break;
    default: v = zf | less; break;
    }
    return v ^ (cc & 1);
}

#endif
