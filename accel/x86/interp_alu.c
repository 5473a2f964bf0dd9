/* SPDX-License-Identifier: MIT */
/*
 * ADD, OR, ADC, SBB, AND, SUB, XOR, CMP, TEST and INC, DEC, NOT, NEG; binding of all
 * general-purpose data instructions. Each operation is one inline function; the tables below hold
 * an instance for each size and operand form, and a general one for what is rare (AH..BH, LOCK,
 * 67h prefixes in 64-bit code).
 */
#include "accel/x86/handler.h"

enum alu {
    ALU_ADD,
    ALU_OR,
    ALU_ADC,
    ALU_SBB,
    ALU_AND,
    ALU_SUB,
    ALU_XOR,
    ALU_CMP,
    ALU_TEST,
    ALU_COUNT
};

X86_INLINE uint64_t alu_op(struct x86_cpu *cpu, enum alu op, uint64_t a, uint64_t b, unsigned size)
{
    uint64_t r;
    switch (op) {
    case ALU_ADD:
        r = a + b;
        x86_flags_add(cpu, a, b, r, size);
        break;
    case ALU_ADC:
        r = a + b + x86_cf(cpu);
        x86_flags_add(cpu, a, b, r, size);
        break;
    case ALU_SBB:
        r = a - b - x86_cf(cpu);
        x86_flags_sub(cpu, a, b, r, size);
        break;
    case ALU_SUB:
    case ALU_CMP:
        r = a - b;
        x86_flags_sub(cpu, a, b, r, size);
        break;
    case ALU_OR:
        r = a | b;
        x86_flags_logic(cpu, r, size);
        break;
    case ALU_XOR:
        r = a ^ b;
        x86_flags_logic(cpu, r, size);
        break;
    default:
        r = a & b;
        x86_flags_logic(cpu, r, size);
        break;
    }
    return r;
}

X86_INLINE bool alu_writes(enum alu op)
{
    return op != ALU_CMP && op != ALU_TEST;
}

/* Forms: destination, source. r register, i immediate, m memory. */
X86_INLINE void alu_rr(struct x86_cpu *cpu, const struct x86_insn *i, enum alu op, unsigned size)
{
    uint64_t r = alu_op(cpu, op, x86_reg(cpu, i, 0, size), x86_reg(cpu, i, 1, size), size);
    if (alu_writes(op)) {
        x86_set_reg(cpu, i, 0, r, size);
    }
}

X86_INLINE void alu_ri(struct x86_cpu *cpu, const struct x86_insn *i, enum alu op, unsigned size)
{
    uint64_t r = alu_op(cpu, op, x86_reg(cpu, i, 0, size), i->imm, size);
    if (alu_writes(op)) {
        x86_set_reg(cpu, i, 0, r, size);
    }
}

/* slow: the general handler of the same operation and size. */
X86_INLINE void alu_rm(struct x86_cpu *cpu, const struct x86_insn *i, enum alu op, unsigned size,
                       enum x86_memkind kind, x86_exec_fn *slow)
{
    const void *p = x86_rd(cpu, i, size, kind);
    if (UNLIKELY(!p)) {
        slow(cpu, i);
        return;
    }
    uint64_t r = alu_op(cpu, op, x86_reg(cpu, i, 0, size), x86_host_load(p, size), size);
    if (alu_writes(op)) {
        x86_set_reg(cpu, i, 0, r, size);
    }
}

/* Memory destination; b is known. */
X86_INLINE void alu_mem(struct x86_cpu *cpu, const struct x86_insn *i, enum alu op, uint64_t b,
                        unsigned size, enum x86_memkind kind, x86_exec_fn *slow)
{
    if (!alu_writes(op)) {
        const void *p = x86_rd(cpu, i, size, kind);
        if (UNLIKELY(!p)) {
            slow(cpu, i);
            return;
        }
        alu_op(cpu, op, x86_host_load(p, size), b, size);
        return;
    }
    void *p = x86_rw(cpu, i, size, kind);
    if (UNLIKELY(!p)) {
        slow(cpu, i);
        return;
    }
    x86_host_store(p, alu_op(cpu, op, x86_host_load(p, size), b, size), size);
}

X86_INLINE uint64_t alu_source(struct x86_cpu *cpu, const struct x86_insn *i, unsigned size)
{
    return i->opnd[1].kind == X86_OPND_IMM ? i->imm : x86_opnd_read(cpu, i, 1, size);
}

#define ALU_OPS(X) X(ADD) X(OR) X(ADC) X(SBB) X(AND) X(SUB) X(XOR) X(CMP) X(TEST)

/* One instance: NAME_form size */
#define ALU_REG(op, form, size)                                                \
    static void op##_##form##size(struct x86_cpu *c, const struct x86_insn *i) \
    {                                                                          \
        alu_##form(c, i, ALU_##op, size);                                      \
    }
#define ALU_RM(op, size, kind)                                                   \
    static void op##_rm##size##kind(struct x86_cpu *c, const struct x86_insn *i) \
    {                                                                            \
        alu_rm(c, i, ALU_##op, size, X86_MEM_##kind, op##_g##size);              \
    }
#define ALU_MR(op, size, kind)                                                               \
    static void op##_mr##size##kind(struct x86_cpu *c, const struct x86_insn *i)             \
    {                                                                                        \
        alu_mem(c, i, ALU_##op, x86_reg(c, i, 1, size), size, X86_MEM_##kind, op##_g##size); \
    }
#define ALU_MI(op, size, kind)                                                   \
    static void op##_mi##size##kind(struct x86_cpu *c, const struct x86_insn *i) \
    {                                                                            \
        alu_mem(c, i, ALU_##op, i->imm, size, X86_MEM_##kind, op##_g##size);     \
    }
#define ALU_RMW(op, size)                                                                          \
    static void op##_f##size(struct x86_cpu *c, const struct x86_insn *i, uint64_t *v, unsigned n) \
    {                                                                                              \
        (void)n;                                                                                   \
        *v = alu_op(c, ALU_##op, *v, alu_source(c, i, size), size);                                \
    }
#define ALU_GEN(op, size)                                                                    \
    static void op##_g##size(struct x86_cpu *c, const struct x86_insn *i)                    \
    {                                                                                        \
        if (alu_writes(ALU_##op)) {                                                          \
            x86_opnd_rmw(c, i, size, op##_f##size);                                          \
        } else {                                                                             \
            alu_op(c, ALU_##op, x86_opnd_read(c, i, 0, size), alu_source(c, i, size), size); \
        }                                                                                    \
    }
#define ALU_MEMS(M, op) \
    M(op, 1, 64) M(op, 2, 64) M(op, 4, 64) M(op, 8, 64) M(op, 1, LEG) M(op, 2, LEG) M(op, 4, LEG)
#define ALU_ALL(op)                                                                                \
    ALU_REG(op, rr, 1)                                                                             \
    ALU_REG(op, rr, 2) ALU_REG(op, rr, 4) ALU_REG(op, rr, 8) ALU_REG(op, ri, 1) ALU_REG(op, ri, 2) \
        ALU_REG(op, ri, 4) ALU_REG(op, ri, 8) ALU_RMW(op, 1) ALU_RMW(op, 2) ALU_RMW(op, 4)         \
            ALU_RMW(op, 8) ALU_GEN(op, 1) ALU_GEN(op, 2) ALU_GEN(op, 4) ALU_GEN(op, 8)             \
                ALU_MEMS(ALU_RM, op) ALU_MEMS(ALU_MR, op) ALU_MEMS(ALU_MI, op)
ALU_OPS(ALU_ALL)

enum {
    FORM_RR,
    FORM_RI,
    FORM_RM64,
    FORM_RMLEG,
    FORM_MR64,
    FORM_MRLEG,
    FORM_MI64,
    FORM_MILEG,
    FORM_GEN,
    FORM_COUNT
};

#define ALU_ROW(op)                                                                  \
    [ALU_##op] = { [FORM_RR] = { op##_rr1, op##_rr2, op##_rr4, op##_rr8 },           \
                   [FORM_RI] = { op##_ri1, op##_ri2, op##_ri4, op##_ri8 },           \
                   [FORM_RM64] = { op##_rm164, op##_rm264, op##_rm464, op##_rm864 }, \
                   [FORM_RMLEG] = { op##_rm1LEG, op##_rm2LEG, op##_rm4LEG, NULL },   \
                   [FORM_MR64] = { op##_mr164, op##_mr264, op##_mr464, op##_mr864 }, \
                   [FORM_MRLEG] = { op##_mr1LEG, op##_mr2LEG, op##_mr4LEG, NULL },   \
                   [FORM_MI64] = { op##_mi164, op##_mi264, op##_mi464, op##_mi864 }, \
                   [FORM_MILEG] = { op##_mi1LEG, op##_mi2LEG, op##_mi4LEG, NULL },   \
                   [FORM_GEN] = { op##_g1, op##_g2, op##_g4, op##_g8 } },
static x86_exec_fn *const alu_table[ALU_COUNT][FORM_COUNT][4] = { ALU_OPS(ALU_ROW) };

static unsigned alu_form(const struct x86_insn *i)
{
    enum x86_memkind kind = x86_memkind_of(i);
    unsigned leg = kind == X86_MEM_LEG;
    bool plain0 = x86_opnd_plain(i, 0), plain1 = x86_opnd_plain(i, 1);
    bool imm = i->opnd[1].kind == X86_OPND_IMM;
    if (plain0 && (plain1 || imm)) {
        return imm ? FORM_RI : FORM_RR;
    }
    if (kind == X86_MEM_GEN || (i->prefixes & X86_PFX_LOCK)) {
        return FORM_GEN;
    }
    if (plain0 && x86_opnd_mem(i, 1)) {
        return FORM_RM64 + leg;
    }
    if (x86_opnd_mem(i, 0) && (plain1 || imm)) {
        return (imm ? FORM_MI64 : FORM_MR64) + leg;
    }
    return FORM_GEN;
}

/* --- INC, DEC, NOT, NEG ----------------------------------------------------------------------- */

enum unary { UN_INC, UN_DEC, UN_NOT, UN_NEG, UN_COUNT };

X86_INLINE uint64_t unary_op(struct x86_cpu *cpu, enum unary op, uint64_t a, unsigned size)
{
    uint64_t r;
    bool cf;
    switch (op) {
    case UN_INC:
        cf = x86_cf(cpu);
        r = a + 1;
        x86_flags_add(cpu, a, 1, r, size);
        x86_flags_cf_of(cpu, cf, (r & x86_size_mask(size)) == 1ull << (size * 8 - 1));
        return r;
    case UN_DEC:
        cf = x86_cf(cpu);
        r = a - 1;
        x86_flags_sub(cpu, a, 1, r, size);
        x86_flags_cf_of(cpu, cf, (a & x86_size_mask(size)) == 1ull << (size * 8 - 1));
        return r;
    case UN_NOT: return ~a;
    default:
        r = 0 - a;
        x86_flags_sub(cpu, 0, a, r, size);
        return r;
    }
}

#define UN_OPS(X) X(INC) X(DEC) X(NOT) X(NEG)
#define UN_REG(op, size)                                                                \
    static void op##_r##size(struct x86_cpu *c, const struct x86_insn *i)               \
    {                                                                                   \
        x86_set_reg(c, i, 0, unary_op(c, UN_##op, x86_reg(c, i, 0, size), size), size); \
    }
#define UN_RMW(op, size)                                                                           \
    static void op##_f##size(struct x86_cpu *c, const struct x86_insn *i, uint64_t *v, unsigned n) \
    {                                                                                              \
        (void)i;                                                                                   \
        (void)n;                                                                                   \
        *v = unary_op(c, UN_##op, *v, size);                                                       \
    }
#define UN_GEN(op, size)                                                  \
    static void op##_g##size(struct x86_cpu *c, const struct x86_insn *i) \
    {                                                                     \
        x86_opnd_rmw(c, i, size, op##_f##size);                           \
    }
#define UN_MEM(op, size, kind)                                                           \
    static void op##_m##size##kind(struct x86_cpu *c, const struct x86_insn *i)          \
    {                                                                                    \
        void *p = x86_rw(c, i, size, X86_MEM_##kind);                                    \
        if (LIKELY(p)) {                                                                 \
            x86_host_store(p, unary_op(c, UN_##op, x86_host_load(p, size), size), size); \
        } else {                                                                         \
            x86_opnd_rmw(c, i, size, op##_f##size);                                      \
        }                                                                                \
    }
#define UN_ALL(op)                                                                      \
    UN_REG(op, 1)                                                                       \
    UN_REG(op, 2)                                                                       \
    UN_REG(op, 4)                                                                       \
    UN_REG(op, 8) UN_RMW(op, 1) UN_RMW(op, 2) UN_RMW(op, 4) UN_RMW(op, 8) UN_GEN(op, 1) \
        UN_GEN(op, 2) UN_GEN(op, 4) UN_GEN(op, 8) ALU_MEMS(UN_MEM, op)
UN_OPS(UN_ALL)

enum { UFORM_R, UFORM_M64, UFORM_MLEG, UFORM_GEN, UFORM_COUNT };

#define UN_ROW(op)                                                              \
    [UN_##op] = { [UFORM_R] = { op##_r1, op##_r2, op##_r4, op##_r8 },           \
                  [UFORM_M64] = { op##_m164, op##_m264, op##_m464, op##_m864 }, \
                  [UFORM_MLEG] = { op##_m1LEG, op##_m2LEG, op##_m4LEG, NULL },  \
                  [UFORM_GEN] = { op##_g1, op##_g2, op##_g4, op##_g8 } },
static x86_exec_fn *const unary_table[UN_COUNT][UFORM_COUNT][4] = { UN_OPS(UN_ROW) };

static unsigned unary_form(const struct x86_insn *i)
{
    if (x86_opnd_plain(i, 0)) {
        return UFORM_R;
    }
    enum x86_memkind kind = x86_memkind_of(i);
    if (!x86_opnd_mem(i, 0) || kind == X86_MEM_GEN || (i->prefixes & X86_PFX_LOCK)) {
        return UFORM_GEN;
    }
    return kind == X86_MEM_64 ? UFORM_M64 : UFORM_MLEG;
}

/* --- binding ---------------------------------------------------------------------------------- */

x86_exec_fn *x86_bind_arith(const struct x86_insn *i)
{
    unsigned s = x86_size_index(i->opnd[0].size);
    switch (i->op) {
    case X86_OP_ADD: return alu_table[ALU_ADD][alu_form(i)][s];
    case X86_OP_OR: return alu_table[ALU_OR][alu_form(i)][s];
    case X86_OP_ADC: return alu_table[ALU_ADC][alu_form(i)][s];
    case X86_OP_SBB: return alu_table[ALU_SBB][alu_form(i)][s];
    case X86_OP_AND: return alu_table[ALU_AND][alu_form(i)][s];
    case X86_OP_SUB: return alu_table[ALU_SUB][alu_form(i)][s];
    case X86_OP_XOR: return alu_table[ALU_XOR][alu_form(i)][s];
    case X86_OP_CMP: return alu_table[ALU_CMP][alu_form(i)][s];
    case X86_OP_TEST: return alu_table[ALU_TEST][alu_form(i)][s];
    case X86_OP_INC: return unary_table[UN_INC][unary_form(i)][s];
    case X86_OP_DEC: return unary_table[UN_DEC][unary_form(i)][s];
    case X86_OP_NOT: return unary_table[UN_NOT][unary_form(i)][s];
    case X86_OP_NEG: return unary_table[UN_NEG][unary_form(i)][s];
    default: return NULL;
    }
}

x86_exec_fn *x86_bind_alu(const struct x86_insn *i)
{
    static x86_exec_fn *(*const families[])(const struct x86_insn *) = {
        x86_bind_arith, x86_bind_mov,  x86_bind_stack,
        x86_bind_shift, x86_bind_bits, x86_bind_muldiv,
    };
    for (size_t k = 0; k < ARRAY_LEN(families); k++) {
        x86_exec_fn *f = families[k](i);
        if (f) {
            return f;
        }
    }
    return NULL;
}
