/* SPDX-License-Identifier: MIT */
/*
 * Moves: MOV, MOVZX, MOVSX, LEA, CMOVcc, SETcc, XCHG, BSWAP, MOVBE, conversions in the accumulator,
 * flag bits, hints and the few oddities (XLAT, SALC, BOUND, UDn).
 */
#include <glib.h>

#include "accel/x86/handler.h"

#define SIZES(X, name) X(name, 1) X(name, 2) X(name, 4) X(name, 8)
#define MEMS(M, name) \
    M(name, 1, 64)    \
    M(name, 2, 64) M(name, 4, 64) M(name, 8, 64) M(name, 1, LEG) M(name, 2, LEG) M(name, 4, LEG)

#define MOV_REGS(name, size)                                         \
    X86_HANDLER(name##_rr##size)                                     \
    {                                                                \
        x86_set_reg(c, i, 0, x86_reg(c, i, 1, size), size);          \
    }                                                                \
    X86_HANDLER(name##_ri##size)                                     \
    {                                                                \
        x86_set_reg(c, i, 0, i->imm, size);                          \
    }                                                                \
    X86_HANDLER(name##_g##size)                                      \
    {                                                                \
        x86_opnd_write(c, i, 0, x86_opnd_read(c, i, 1, size), size); \
    }
SIZES(MOV_REGS, mov)
#define MOV_MEMS(name, size, kind)                                   \
    X86_HANDLER(name##_rm##size##kind)                               \
    {                                                                \
        const void *p = x86_rd(c, i, size, X86_MEM_##kind);          \
        if (UNLIKELY(!p)) {                                          \
            name##_g##size(c, i);                                    \
        } else {                                                     \
            x86_set_reg(c, i, 0, x86_host_load(p, size), size);      \
        }                                                            \
    }                                                                \
    X86_HANDLER(name##_mr##size##kind)                               \
    {                                                                \
        x86_sto(c, i, x86_reg(c, i, 1, size), size, X86_MEM_##kind); \
    }                                                                \
    X86_HANDLER(name##_mi##size##kind)                               \
    {                                                                \
        x86_sto(c, i, i->imm, size, X86_MEM_##kind);                 \
    }
MEMS(MOV_MEMS, mov)

static x86_exec_fn *const mov_rr[4] = { mov_rr1, mov_rr2, mov_rr4, mov_rr8 };
static x86_exec_fn *const mov_ri[4] = { mov_ri1, mov_ri2, mov_ri4, mov_ri8 };
static x86_exec_fn *const mov_gen[4] = { mov_g1, mov_g2, mov_g4, mov_g8 };
static x86_exec_fn *const mov_rm[2][4] = { { mov_rm164, mov_rm264, mov_rm464, mov_rm864 },
                                           { mov_rm1LEG, mov_rm2LEG, mov_rm4LEG, NULL } };
static x86_exec_fn *const mov_mr[2][4] = { { mov_mr164, mov_mr264, mov_mr464, mov_mr864 },
                                           { mov_mr1LEG, mov_mr2LEG, mov_mr4LEG, NULL } };
static x86_exec_fn *const mov_mi[2][4] = { { mov_mi164, mov_mi264, mov_mi464, mov_mi864 },
                                           { mov_mi1LEG, mov_mi2LEG, mov_mi4LEG, NULL } };

static x86_exec_fn *bind_mov(const struct x86_insn *i)
{
    unsigned s = x86_size_index(i->opnd[0].size);
    enum x86_memkind kind = x86_memkind_of(i);
    bool leg = kind == X86_MEM_LEG, imm = i->opnd[1].kind == X86_OPND_IMM;
    if (x86_opnd_plain(i, 0) && imm) {
        return mov_ri[s];
    }
    if (x86_opnd_plain(i, 0) && x86_opnd_plain(i, 1)) {
        return mov_rr[s];
    }
    if (kind != X86_MEM_GEN && x86_opnd_plain(i, 0) && x86_opnd_mem(i, 1)) {
        return mov_rm[leg][s];
    }
    if (kind != X86_MEM_GEN && x86_opnd_mem(i, 0) && imm) {
        return mov_mi[leg][s];
    }
    if (kind != X86_MEM_GEN && x86_opnd_mem(i, 0) && x86_opnd_plain(i, 1)) {
        return mov_mr[leg][s];
    }
    return mov_gen[s];
}

/* --- MOVZX, MOVSX: source size, destination size ---------------------------------------------- */

/* A 4-byte destination of MOVZX is the 8-byte one. */
#define MOVX(name, ext, s, d)                                       \
    X86_HANDLER(name##_r##s##d)                                     \
    {                                                               \
        x86_set_reg(c, i, 0, ext(x86_reg(c, i, 1, s), s), d);       \
    }                                                               \
    X86_HANDLER(name##_g##s##d)                                     \
    {                                                               \
        x86_set_reg(c, i, 0, ext(x86_opnd_read(c, i, 1, s), s), d); \
    }                                                               \
    X86_HANDLER(name##_m##s##d##64)                                 \
    {                                                               \
        const void *p = x86_rd(c, i, s, X86_MEM_64);                \
        if (UNLIKELY(!p)) {                                         \
            name##_g##s##d(c, i);                                   \
        } else {                                                    \
            x86_set_reg(c, i, 0, ext(x86_host_load(p, s), s), d);   \
        }                                                           \
    }                                                               \
    X86_HANDLER(name##_m##s##d##LEG)                                \
    {                                                               \
        const void *p = x86_rd(c, i, s, X86_MEM_LEG);               \
        if (UNLIKELY(!p)) {                                         \
            name##_g##s##d(c, i);                                   \
        } else {                                                    \
            x86_set_reg(c, i, 0, ext(x86_host_load(p, s), s), d);   \
        }                                                           \
    }
#define ZEXT(v, s) (v)
#define SEXT(v, s) ((uint64_t)x86_sext(v, s))
#define MOVX_PAIRS(X, name, ext)                                                                   \
    X(name, ext, 1, 2)                                                                             \
    X(name, ext, 1, 4)                                                                             \
    X(name, ext, 1, 8)                                                                             \
    X(name, ext, 2, 2) X(name, ext, 2, 4) X(name, ext, 2, 8) X(name, ext, 4, 2) X(name, ext, 4, 4) \
        X(name, ext, 4, 8)
MOVX_PAIRS(MOVX, movzx, ZEXT)
MOVX_PAIRS(MOVX, movsx, SEXT)

#define MOVX_ROW(name, s)                                                                \
    {                                                                                    \
        { name##_r##s##2, name##_m##s##2##64, name##_m##s##2##LEG, name##_g##s##2 },     \
            { name##_r##s##4, name##_m##s##4##64, name##_m##s##4##LEG, name##_g##s##4 }, \
        {                                                                                \
            name##_r##s##8, name##_m##s##8##64, name##_m##s##8##LEG, name##_g##s##8      \
        }                                                                                \
    }
static x86_exec_fn *const movx_table[2][3][3][4] = {
    { MOVX_ROW(movzx, 1), MOVX_ROW(movzx, 2), MOVX_ROW(movzx, 4) },
    { MOVX_ROW(movsx, 1), MOVX_ROW(movsx, 2), MOVX_ROW(movsx, 4) },
};

static x86_exec_fn *bind_movx(const struct x86_insn *i, bool sign)
{
    unsigned form = 3;
    if (x86_opnd_plain(i, 1)) {
        form = 0;
    } else if (x86_opnd_mem(i, 1) && x86_memkind_of(i) != X86_MEM_GEN) {
        form = x86_memkind_of(i) == X86_MEM_64 ? 1 : 2;
    }
    return movx_table[sign][x86_size_index(i->opnd[1].size)][x86_size_index(i->opnd[0].size) - 1]
                     [form];
}

/* --- LEA -------------------------------------------------------------------------------------- */

X86_HANDLER(lea_8_64)
{
    c->st.gpr[i->opnd[0].reg] = x86_ea_sum(c, i);
}
X86_HANDLER(lea_4_64)
{
    c->st.gpr[i->opnd[0].reg] = (uint32_t)x86_ea_sum(c, i);
}
X86_HANDLER(lea_gen)
{
    x86_set_reg(c, i, 0, x86_ea(c, i), i->opnd[0].size);
}

static x86_exec_fn *bind_lea(const struct x86_insn *i)
{
    unsigned size = i->opnd[0].size;
    if (i->adsize == 8 && size == 8) {
        return lea_8_64;
    }
    return i->adsize != 2 && size == 4 ? lea_4_64 : lea_gen;
}

/* --- CMOVcc, SETcc ---------------------------------------------------------------------------- */

#define CONDITIONS(X) \
    X(0) X(1) X(2) X(3) X(4) X(5) X(6) X(7) X(8) X(9) X(10) X(11) X(12) X(13) X(14) X(15)
#define CC_HANDLERS(cc)                                                                       \
    X86_HANDLER(cmov4_##cc)                                                                   \
    {                                                                                         \
        x86_set_reg(c, i, 0, x86_cond(c, cc) ? x86_reg(c, i, 1, 4) : x86_reg(c, i, 0, 4), 4); \
    }                                                                                         \
    X86_HANDLER(cmov8_##cc)                                                                   \
    {                                                                                         \
        x86_set_reg(c, i, 0, x86_cond(c, cc) ? x86_reg(c, i, 1, 8) : x86_reg(c, i, 0, 8), 8); \
    }                                                                                         \
    X86_HANDLER(set_##cc)                                                                     \
    {                                                                                         \
        x86_set_reg(c, i, 0, x86_cond(c, cc), 1);                                             \
    }
CONDITIONS(CC_HANDLERS)
#define CC_CMOV4(cc) cmov4_##cc,
#define CC_CMOV8(cc) cmov8_##cc,
#define CC_SET(cc)   set_##cc,
static x86_exec_fn *const cmov4_table[16] = { CONDITIONS(CC_CMOV4) };
static x86_exec_fn *const cmov8_table[16] = { CONDITIONS(CC_CMOV8) };
static x86_exec_fn *const set_table[16] = { CONDITIONS(CC_SET) };

/* The source is read even if it is not moved; a 32-bit destination is extended even then. */
X86_HANDLER(cmov_gen)
{
    unsigned size = i->opnd[0].size;
    uint64_t v = x86_opnd_read(c, i, 1, size);
    x86_set_reg(c, i, 0, x86_cond(c, i->opcode & 15) ? v : x86_reg(c, i, 0, size), size);
}

X86_HANDLER(set_gen)
{
    x86_opnd_write(c, i, 0, x86_cond(c, i->opcode & 15), 1);
}

static x86_exec_fn *bind_cmov(const struct x86_insn *i)
{
    if (!x86_opnd_plain(i, 1) || i->opnd[0].size == 2) {
        return cmov_gen;
    }
    return i->opnd[0].size == 8 ? cmov8_table[i->opcode & 15] : cmov4_table[i->opcode & 15];
}

/* --- XCHG (always locked in memory), BSWAP, MOVBE --------------------------------------------- */

static unsigned xchg_reg_operand(const struct x86_insn *i)
{
    return x86_opnd_mem(i, 0) ? 1 : 0;
}

static void xchg_value(struct x86_cpu *c, const struct x86_insn *i, uint64_t *v, unsigned size)
{
    *v = x86_opnd_read(c, i, xchg_reg_operand(i), size);
}

X86_HANDLER(xchg)
{
    unsigned size = i->opnd[0].size;
    if (x86_opnd_mem(i, 0) || x86_opnd_mem(i, 1)) {
        uint64_t lin = x86_mem_lin(c, i, size, X86_ACCESS_WRITE);
        uint64_t old = x86_mem_rmw_locked(c, i, lin, size, xchg_value);
        x86_opnd_write(c, i, xchg_reg_operand(i), old, size);
        return;
    }
    uint64_t a = x86_opnd_read(c, i, 0, size), b = x86_opnd_read(c, i, 1, size);
    x86_opnd_write(c, i, 0, b, size);
    x86_opnd_write(c, i, 1, a, size);
}

static uint64_t swap_bytes(uint64_t v, unsigned size)
{
    return size == 8   ? __builtin_bswap64(v)
           : size == 4 ? __builtin_bswap32((uint32_t)v)
                       : __builtin_bswap16((uint16_t)v);
}

/* With a 16-bit operand the result is undefined in the manuals; processors give 0. */
X86_HANDLER(bswap)
{
    unsigned size = i->opnd[0].size;
    x86_set_reg(c, i, 0, size == 2 ? 0 : swap_bytes(x86_reg(c, i, 0, size), size), size);
}

X86_HANDLER(movbe)
{
    unsigned size = i->opnd[0].size;
    x86_opnd_write(c, i, 0, swap_bytes(x86_opnd_read(c, i, 1, size), size), size);
}

/* --- accumulator and flags -------------------------------------------------------------------- */

X86_HANDLER(cbw)
{
    unsigned size = i->opsize;
    x86_gpr_write(c, X86_RAX, (uint64_t)x86_sext(c->st.gpr[X86_RAX], size / 2), size);
}

X86_HANDLER(cwd)
{
    unsigned size = i->opsize;
    x86_gpr_write(c, X86_RDX, x86_sext(c->st.gpr[X86_RAX], size) < 0 ? ~0ull : 0, size);
}

X86_HANDLER(lahf)
{
    uint64_t ah = (x86_arith_flags(c) & 0xd5) | 2;
    c->st.gpr[X86_RAX] = (c->st.gpr[X86_RAX] & ~0xff00ull) | ah << 8;
}

X86_HANDLER(sahf)
{
    x86_set_rflags(c, c->st.gpr[X86_RAX] >> 8, 0xd5);
}
X86_HANDLER(salc)
{
    x86_gpr_write(c, X86_RAX, x86_cf(c) ? 0xff : 0, 1);
}
X86_HANDLER(clc)
{
    x86_set_cf(c, false);
}
X86_HANDLER(stc)
{
    x86_set_cf(c, true);
}
X86_HANDLER(cmc)
{
    x86_set_cf(c, !x86_cf(c));
}
X86_HANDLER(cld)
{
    c->st.rflags &= ~(uint64_t)X86_FL_DF;
}
X86_HANDLER(std)
{
    c->st.rflags |= X86_FL_DF;
}

X86_HANDLER(xlat)
{
    uint64_t off = c->st.gpr[X86_RBX] + (uint8_t)c->st.gpr[X86_RAX];
    off &= x86_size_mask(i->adsize);
    x86_gpr_write(c, X86_RAX, x86_lin_load(c, x86_linear(c, i->seg, off, 1, X86_ACCESS_READ), 1),
                  1);
}

/* Signed index against a pair of bounds. */
X86_HANDLER(bound)
{
    unsigned size = i->opnd[0].size;
    uint64_t ea = x86_ea(c, i);
    uint64_t hi_off = (ea + size) & x86_size_mask(i->adsize);
    int64_t lo =
        x86_sext(x86_lin_load(c, x86_linear(c, i->seg, ea, size, X86_ACCESS_READ), size), size);
    int64_t hi =
        x86_sext(x86_lin_load(c, x86_linear(c, i->seg, hi_off, size, X86_ACCESS_READ), size), size);
    int64_t v = x86_sext(x86_reg(c, i, 0, size), size);
    if (v < lo || v > hi) {
        x86_raise(c, X86_EXC_BR);
    }
}

X86_HANDLER(nop)
{
    (void)c;
}
X86_HANDLER(ud)
{
    x86_raise(c, X86_EXC_UD);
}
X86_HANDLER(fence)
{
    (void)c;
    atomic_thread_fence(memory_order_seq_cst);
}

/* Somebody waits for another processor, which may need our host CPU to get on. */
X86_HANDLER(pause_hint)
{
    if ((c->insn_count & 63) == 0) {
        g_thread_yield();
    }
}

x86_exec_fn *x86_bind_mov(const struct x86_insn *i)
{
    switch (i->op) {
    case X86_OP_MOV: return bind_mov(i);
    case X86_OP_MOVNTI: return bind_mov(i);
    case X86_OP_MOVZX: return bind_movx(i, false);
    case X86_OP_MOVSX:
    case X86_OP_MOVSXD: return bind_movx(i, true);
    case X86_OP_LEA: return bind_lea(i);
    case X86_OP_CMOVCC: return bind_cmov(i);
    case X86_OP_SETCC: return x86_opnd_plain(i, 0) ? set_table[i->opcode & 15] : set_gen;
    case X86_OP_XCHG: return xchg;
    case X86_OP_BSWAP: return bswap;
    case X86_OP_MOVBE: return movbe;
    case X86_OP_CBW: return cbw;
    case X86_OP_CWD: return cwd;
    case X86_OP_LAHF: return lahf;
    case X86_OP_SAHF: return sahf;
    case X86_OP_SALC: return salc;
    case X86_OP_CLC: return clc;
    case X86_OP_STC: return stc;
    case X86_OP_CMC: return cmc;
    case X86_OP_CLD: return cld;
    case X86_OP_STD: return std;
    case X86_OP_XLAT: return xlat;
    case X86_OP_BOUND: return bound;
    case X86_OP_NOP:
    case X86_OP_ENDBR:
    case X86_OP_PREFETCH: return nop;
    case X86_OP_PAUSE: return pause_hint;
    case X86_OP_LFENCE:
    case X86_OP_MFENCE:
    case X86_OP_SFENCE: return fence;
    case X86_OP_UD0:
    case X86_OP_UD1:
    case X86_OP_UD2: return ud;
    default: return NULL;
    }
}
