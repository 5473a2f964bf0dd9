/* SPDX-License-Identifier: MIT */
/* link: accel/tcg/x86_64/emit.c accel/tcg/x86_64/emit_vec.c */
/* link: tests/cpu/lockstep_vec.c tests/cpu/corners.c */
/* link: accel/x86/decode.c accel/x86/optab_*.c */
/* libs: Zydis */
/*
 * What the emitter writes, read back by Zydis: mnemonic, sizes, registers, addresses, immediates.
 * The plain forms one by one with all registers; the copied ones (emit_vec.h) with random
 * instructions of all groups.
 */
#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <Zydis/Zydis.h>

#include "accel/tcg/x86_64/emit_vec.h"
#include "tests/cpu/lockstep_vec.h"

#define CPU_OFF 0x1234 /* of a field; the processor lies CPU_AT bytes behind the code */
#define CPU_AT  0x10000

struct read {
    uint8_t b[64];
    struct emit e;
    ZydisDecodedInstruction i;
    ZydisDecodedOperand o[ZYDIS_MAX_OPERAND_COUNT];
};

static void start(struct read *r)
{
    memset(r, 0, sizeof *r);
    r->e.p = r->b;
    r->e.end = r->b + sizeof r->b;
    r->e.cpu = (intptr_t)r->b + CPU_AT;
}

static void decode(const uint8_t *b, size_t n, ZydisDecodedInstruction *i, ZydisDecodedOperand *o)
{
    ZydisDecoder d;
    ZydisDecoderInit(&d, ZYDIS_MACHINE_MODE_LONG_64, ZYDIS_STACK_WIDTH_64);
    if (!ZYAN_SUCCESS(ZydisDecoderDecodeFull(&d, b, n, i, o))) {
        printf("not an instruction:");
        for (size_t k = 0; k < n; k++) {
            printf(" %02x", b[k]);
        }
        printf("\n");
        fail();
    }
}

static void finish(struct read *r)
{
    assert_false(r->e.full);
    size_t n = (size_t)(r->e.p - r->b);
    decode(r->b, n, &r->i, r->o);
    assert_int_equal(r->i.length, n);
}

static const ZydisDecodedOperand *encoded(const struct read *r, ZydisOperandEncoding enc)
{
    for (unsigned k = 0; k < r->i.operand_count_visible; k++) {
        if (r->o[k].encoding == enc) {
            return &r->o[k];
        }
    }
    return NULL;
}

static unsigned number(ZydisRegister reg)
{
    ZydisRegisterClass c = ZydisRegisterGetClass(reg);
    if (c == ZYDIS_REGCLASS_GPR8) {
        assert_false(reg >= ZYDIS_REGISTER_AH && reg <= ZYDIS_REGISTER_BH);
        reg = ZydisRegisterGetLargestEnclosing(ZYDIS_MACHINE_MODE_LONG_64, reg);
    }
    return (unsigned)ZydisRegisterGetId(reg);
}

static void is_reg(const ZydisDecodedOperand *o, unsigned reg, unsigned size)
{
    assert_non_null(o);
    assert_int_equal(o->type, ZYDIS_OPERAND_TYPE_REGISTER);
    assert_int_equal(number(o->reg.value), reg);
    if (size) {
        assert_int_equal(o->size, size * 8);
    }
}

static int id_of(ZydisRegister reg)
{
    return reg == ZYDIS_REGISTER_NONE ? -1 : ZydisRegisterGetId(reg);
}

static void is_mem(const ZydisDecodedOperand *o, const struct emit_mem *m, unsigned size)
{
    assert_non_null(o);
    assert_int_equal(o->type, ZYDIS_OPERAND_TYPE_MEMORY);
    assert_int_equal(id_of(o->mem.base), m->base);
    assert_int_equal(id_of(o->mem.index), m->index);
    if (m->index >= 0) {
        assert_int_equal(o->mem.scale, 1 << m->scale);
    }
    assert_int_equal(o->mem.disp.has_displacement ? o->mem.disp.value : 0, m->disp);
    if (size) {
        assert_int_equal(o->size, size * 8);
    }
}

static void is_cpu(const struct read *r, const ZydisDecodedOperand *o)
{
    assert_non_null(o);
    assert_int_equal(o->type, ZYDIS_OPERAND_TYPE_MEMORY);
    assert_int_equal(o->mem.base, ZYDIS_REGISTER_RIP);
    assert_int_equal((int64_t)r->i.length + o->mem.disp.value, CPU_AT + CPU_OFF);
}

/* --- plain forms ------------------------------------------------------------------------------ */

enum { S1 = 1, S2 = 2, S4 = 4, S8 = 8, ALL = 15, WIDE = 14, BIG = 12 };
enum { RR = 1, RM = 2 };

/* ext < 0: two registers. rm_size 0: as the operand's size. */
static const struct form {
    unsigned opc;
    int ext;
    unsigned sizes, kinds;
    ZydisMnemonic name;
    unsigned rm_size, imm;
} forms[] = {
    { 0x88, -1, ALL, RR | RM, ZYDIS_MNEMONIC_MOV, 0, 0 },
    { 0x8a, -1, ALL, RR | RM, ZYDIS_MNEMONIC_MOV, 0, 0 },
    { 0xc6, 0, ALL, RR | RM, ZYDIS_MNEMONIC_MOV, 0, 9 },
    { 0x84, -1, ALL, RR | RM, ZYDIS_MNEMONIC_TEST, 0, 0 },
    { 0x86, -1, ALL, RR | RM, ZYDIS_MNEMONIC_XCHG, 0, 0 },
    { 0x00, -1, ALL, RR | RM, ZYDIS_MNEMONIC_ADD, 0, 0 },
    { 0x08, -1, ALL, RR | RM, ZYDIS_MNEMONIC_OR, 0, 0 },
    { 0x10, -1, ALL, RR | RM, ZYDIS_MNEMONIC_ADC, 0, 0 },
    { 0x18, -1, ALL, RR | RM, ZYDIS_MNEMONIC_SBB, 0, 0 },
    { 0x20, -1, ALL, RR | RM, ZYDIS_MNEMONIC_AND, 0, 0 },
    { 0x28, -1, ALL, RR | RM, ZYDIS_MNEMONIC_SUB, 0, 0 },
    { 0x30, -1, ALL, RR | RM, ZYDIS_MNEMONIC_XOR, 0, 0 },
    { 0x38, -1, ALL, RR | RM, ZYDIS_MNEMONIC_CMP, 0, 0 },
    { 0x02, -1, ALL, RR | RM, ZYDIS_MNEMONIC_ADD, 0, 0 },
    { 0x3a, -1, ALL, RR | RM, ZYDIS_MNEMONIC_CMP, 0, 0 },
    { 0xf6, 0, ALL, RR | RM, ZYDIS_MNEMONIC_TEST, 0, 9 },
    { 0xf6, 2, ALL, RR | RM, ZYDIS_MNEMONIC_NOT, 0, 0 },
    { 0xf6, 3, ALL, RR | RM, ZYDIS_MNEMONIC_NEG, 0, 0 },
    { 0xf6, 4, ALL, RR | RM, ZYDIS_MNEMONIC_MUL, 0, 0 },
    { 0xf6, 5, ALL, RR | RM, ZYDIS_MNEMONIC_IMUL, 0, 0 },
    { 0xf6, 6, ALL, RR | RM, ZYDIS_MNEMONIC_DIV, 0, 0 },
    { 0xf6, 7, ALL, RR | RM, ZYDIS_MNEMONIC_IDIV, 0, 0 },
    { 0xfe, 0, ALL, RR | RM, ZYDIS_MNEMONIC_INC, 0, 0 },
    { 0xfe, 1, ALL, RR | RM, ZYDIS_MNEMONIC_DEC, 0, 0 },
    { 0xc0, 0, ALL, RR | RM, ZYDIS_MNEMONIC_ROL, 0, 1 },
    { 0xc0, 1, ALL, RR | RM, ZYDIS_MNEMONIC_ROR, 0, 1 },
    { 0xc0, 2, ALL, RR | RM, ZYDIS_MNEMONIC_RCL, 0, 1 },
    { 0xc0, 3, ALL, RR | RM, ZYDIS_MNEMONIC_RCR, 0, 1 },
    { 0xc0, 4, ALL, RR | RM, ZYDIS_MNEMONIC_SHL, 0, 1 },
    { 0xc0, 5, ALL, RR | RM, ZYDIS_MNEMONIC_SHR, 0, 1 },
    { 0xc0, 7, ALL, RR | RM, ZYDIS_MNEMONIC_SAR, 0, 1 },
    { 0xd2, 4, ALL, RR | RM, ZYDIS_MNEMONIC_SHL, 0, 0 },
    { 0xd2, 2, ALL, RR | RM, ZYDIS_MNEMONIC_RCL, 0, 0 },
    { 0x0fb0, -1, ALL, RR | RM, ZYDIS_MNEMONIC_CMPXCHG, 0, 0 },
    { 0x0fc0, -1, ALL, RR | RM, ZYDIS_MNEMONIC_XADD, 0, 0 },
    { 0x0faf, -1, WIDE, RR | RM, ZYDIS_MNEMONIC_IMUL, 0, 0 },
    { 0x69, -1, WIDE, RR | RM, ZYDIS_MNEMONIC_IMUL, 0, 9 },
    { 0x8d, -1, WIDE, RM, ZYDIS_MNEMONIC_LEA, 99, 0 },
    { 0x63, -1, S8, RR | RM, ZYDIS_MNEMONIC_MOVSXD, 4, 0 },
    { 0x0fb6, -1, WIDE, RR | RM, ZYDIS_MNEMONIC_MOVZX, 1, 0 },
    { 0x0fb7, -1, BIG, RR | RM, ZYDIS_MNEMONIC_MOVZX, 2, 0 },
    { 0x0fbe, -1, WIDE, RR | RM, ZYDIS_MNEMONIC_MOVSX, 1, 0 },
    { 0x0fbf, -1, BIG, RR | RM, ZYDIS_MNEMONIC_MOVSX, 2, 0 },
    { 0x0f44, -1, WIDE, RR | RM, ZYDIS_MNEMONIC_CMOVZ, 0, 0 },
    { 0x0f92, 0, S1, RR | RM, ZYDIS_MNEMONIC_SETB, 1, 0 },
    { 0x0fa3, -1, WIDE, RR | RM, ZYDIS_MNEMONIC_BT, 0, 0 },
    { 0x0fab, -1, WIDE, RR | RM, ZYDIS_MNEMONIC_BTS, 0, 0 },
    { 0x0fb3, -1, WIDE, RR | RM, ZYDIS_MNEMONIC_BTR, 0, 0 },
    { 0x0fbb, -1, WIDE, RR | RM, ZYDIS_MNEMONIC_BTC, 0, 0 },
    { 0x0fba, 4, WIDE, RR | RM, ZYDIS_MNEMONIC_BT, 0, 1 },
    { 0x0fba, 7, WIDE, RR | RM, ZYDIS_MNEMONIC_BTC, 0, 1 },
    { 0x0fbc, -1, WIDE, RR | RM, ZYDIS_MNEMONIC_BSF, 0, 0 },
    { 0x0fbd, -1, WIDE, RR | RM, ZYDIS_MNEMONIC_BSR, 0, 0 },
    { 0x0fa4, -1, WIDE, RR | RM, ZYDIS_MNEMONIC_SHLD, 0, 1 },
    { 0x0fad, -1, WIDE, RR | RM, ZYDIS_MNEMONIC_SHRD, 0, 0 },
    { 0x0fc3, -1, BIG, RM, ZYDIS_MNEMONIC_MOVNTI, 0, 0 },
    { 0x0fc7, 1, S4, RM, ZYDIS_MNEMONIC_CMPXCHG8B, 8, 0 },
    { 0x0fc7, 1, S8, RM, ZYDIS_MNEMONIC_CMPXCHG16B, 16, 0 },
    { 0x0fae, 2, S4, RM, ZYDIS_MNEMONIC_LDMXCSR, 4, 0 },
    { 0x0fae, 3, S4, RM, ZYDIS_MNEMONIC_STMXCSR, 4, 0 },
    { 0x0f10, -1, S4, RM, ZYDIS_MNEMONIC_MOVUPS, 16, 0 },
    { 0x0f11, -1, S4, RM, ZYDIS_MNEMONIC_MOVUPS, 16, 0 },
    { 0xd9, 5, S4, RM, ZYDIS_MNEMONIC_FLDCW, 2, 0 },
    { 0xd9, 7, S4, RM, ZYDIS_MNEMONIC_FNSTCW, 2, 0 },
    { 0xdb, 5, S4, RM, ZYDIS_MNEMONIC_FLD, 10, 0 },
    { 0xdd, 0, S4, RM, ZYDIS_MNEMONIC_FLD, 8, 0 },
    { 0xdd, 4, S4, RM, ZYDIS_MNEMONIC_FRSTOR, 108, 0 },
    { 0xdd, 6, S4, RM, ZYDIS_MNEMONIC_FNSAVE, 108, 0 },
    { 0xdd, 7, S4, RM, ZYDIS_MNEMONIC_FNSTSW, 2, 0 },
};

static bool has_sizes(unsigned opc)
{
    return (opc < 0x40 && (opc & 7) < 4) || (opc >= 0x84 && opc <= 0x8a) || opc == 0xc6 ||
           opc == 0xf6 || opc == 0xfe || opc == 0xc0 || opc == 0xd2 || opc == 0x0fb0 ||
           opc == 0x0fc0;
}

static unsigned opcode(const struct form *f, unsigned size)
{
    return has_sizes(f->opc) ? emit_sized(f->opc, size) : f->opc;
}

static void put_imm(struct emit *e, const struct form *f, unsigned size)
{
    if (f->imm) {
        emit_imm(e, f->imm == 1 ? 1 : size == 8 ? 4 : size, -2);
    }
}

static unsigned imm_bytes(const struct form *f, unsigned size)
{
    return f->imm == 0 ? 0 : f->imm == 1 ? 1 : size == 8 ? 4 : size;
}

static unsigned rm_size(const struct form *f, unsigned size)
{
    return f->rm_size == 99 ? 0 : f->rm_size ? f->rm_size : size;
}

static void check_reg(const struct read *r, const struct form *f, unsigned reg, unsigned size)
{
    assert_string_equal(ZydisMnemonicGetString(r->i.mnemonic), ZydisMnemonicGetString(f->name));
    if (f->ext < 0) {
        unsigned s = f->opc == 0x0f10 || f->opc == 0x0f11 ? 16 : size;
        is_reg(encoded(r, ZYDIS_OPERAND_ENCODING_MODRM_REG), reg, s);
    }
}

/* Behind the ModRM byte: the rest, read back. */
static void end(struct read *r, const struct form *f, unsigned reg, unsigned size)
{
    put_imm(&r->e, f, size);
    finish(r);
    check_reg(r, f, reg, size);
}

static const ZydisDecodedOperand *rm_of(const struct read *r)
{
    return encoded(r, ZYDIS_OPERAND_ENCODING_MODRM_RM);
}

static void each_register(const struct form *f, unsigned size)
{
    for (unsigned reg = 0; reg < 16; reg++) {
        for (unsigned rm = 0; rm < 16; rm++) {
            struct read r;
            unsigned x = f->ext < 0 ? reg : (unsigned)f->ext;
            start(&r);
            emit_xrr(&r.e, size, opcode(f, size), x, rm);
            end(&r, f, x, size);
            is_reg(rm_of(&r), rm, rm_size(f, size));
        }
    }
}

static const int32_t disps[] = { 0, 1, -1, 127, -128, 128, -129, 0x7fffffff, -0x7fffffff - 1 };

static void one_address(const struct form *f, unsigned size, unsigned reg, const struct emit_mem *m)
{
    struct read r;
    start(&r);
    emit_xrmm(&r.e, size, opcode(f, size), reg, m);
    end(&r, f, reg, size);
    is_mem(rm_of(&r), m, rm_size(f, size));
    if (m->base >= 0 && m->index < 0) { /* the short cut */
        start(&r);
        emit_xrm(&r.e, size, opcode(f, size), reg, (unsigned)m->base, m->disp);
        end(&r, f, reg, size);
        is_mem(rm_of(&r), m, rm_size(f, size));
    }
}

static void each_address(const struct form *f, unsigned size)
{
    for (unsigned n = 0; n < 17 * 17; n++) {
        unsigned reg = f->ext < 0 ? n & 15 : (unsigned)f->ext;
        struct emit_mem m = { .base = (int)(n % 17) - 1, .index = (int)(n / 17) - 1 };
        m.scale = n & 3;
        m.disp = disps[n % (sizeof disps / sizeof *disps)];
        if (m.index == H_RSP) {
            continue; /* cannot be one */
        }
        if (m.index < 0) {
            m.scale = 0;
        }
        one_address(f, size, reg, &m);
    }
    struct read r;
    unsigned reg = f->ext < 0 ? 11 : (unsigned)f->ext;
    start(&r);
    emit_xrc(&r.e, size, opcode(f, size), reg, CPU_OFF, imm_bytes(f, size));
    end(&r, f, reg, size);
    is_cpu(&r, rm_of(&r));
}

static void plain_forms(void **state)
{
    (void)state;
    for (size_t k = 0; k < sizeof forms / sizeof *forms; k++) {
        for (unsigned size = 1; size <= 8; size *= 2) {
            const struct form *f = &forms[k];
            if (!(f->sizes & size)) {
                continue;
            }
            if (f->kinds & RR) {
                each_register(f, size);
            }
            if (f->kinds & RM) {
                each_address(f, size);
            }
        }
    }
}

/* --- arithmetic with immediates --------------------------------------------------------------- */

static int64_t cut(int32_t v, unsigned size)
{
    return size == 1 ? (int8_t)v : size == 2 ? (int16_t)v : v;
}

static void is_imm(const struct read *r, int64_t v, unsigned size)
{
    const ZydisDecodedOperand *o = &r->o[1];
    assert_int_equal(o->type, ZYDIS_OPERAND_TYPE_IMMEDIATE);
    assert_int_equal(cut((int32_t)o->imm.value.s, size), v);
}

static void end_alu(struct read *r, unsigned alu, int32_t imm, unsigned size)
{
    static const ZydisMnemonic names[] = { ZYDIS_MNEMONIC_ADD, ZYDIS_MNEMONIC_OR,
                                           ZYDIS_MNEMONIC_ADC, ZYDIS_MNEMONIC_SBB,
                                           ZYDIS_MNEMONIC_AND, ZYDIS_MNEMONIC_SUB,
                                           ZYDIS_MNEMONIC_XOR, ZYDIS_MNEMONIC_CMP };
    finish(r);
    assert_int_equal(r->i.mnemonic, names[alu]);
    is_imm(r, imm, size);
}

static void alu_immediates(void **state)
{
    static const int32_t imms[] = { 0, 1, -1, 127, -128, 128, 0x1234, -0x7000, 0x12345678 };
    (void)state;
    for (unsigned n = 0; n < 8 * 4 * 9 * 16; n++) {
        unsigned alu = n & 7, size = 1u << (n >> 3 & 3), reg = n >> 5 & 15;
        int32_t imm = imms[n / 512 % 9];
        if (cut(imm, size) != imm) {
            continue;
        }
        struct emit_mem m = { .base = (int)reg, .index = H_RBP, .scale = 1, .disp = 8 };
        struct read r;
        start(&r);
        emit_alu_ri(&r.e, size, alu, reg, imm);
        end_alu(&r, alu, imm, size);
        is_reg(&r.o[0], reg, size);
        start(&r);
        emit_alu_mmi(&r.e, size, alu, &m, imm);
        end_alu(&r, alu, imm, size);
        is_mem(&r.o[0], &m, size);
        start(&r);
        emit_alu_ci(&r.e, size, alu, CPU_OFF, imm);
        end_alu(&r, alu, imm, size);
        is_cpu(&r, &r.o[0]);
    }
}

static void moves_of_immediates(void **state)
{
    static const uint64_t v[] = {
        0,           1,     0x7fffffff,         0x80000000,        0xffffffff,
        0x100000000, ~0ull, 0xffffffff80000000, 0x123456789abcdef0
    };
    (void)state;
    for (unsigned reg = 0; reg < 16; reg++) {
        for (unsigned k = 0; k < sizeof v / sizeof *v; k++) {
            struct read r;
            start(&r);
            emit_mov_ri(&r.e, reg, v[k]);
            finish(&r);
            assert_int_equal(r.i.mnemonic, ZYDIS_MNEMONIC_MOV);
            is_reg(&r.o[0], reg, 0);
            uint64_t got = r.o[1].imm.value.u;
            assert_int_equal(r.o[0].size == 32 ? (uint32_t)got : got, v[k]);
        }
    }
}

static void jumps(void **state)
{
    (void)state;
    struct read r;
    for (unsigned cc = 0; cc < 16; cc++) {
        start(&r);
        emit_patch(emit_jcc(&r.e, cc), r.b + 100);
        finish(&r);
        assert_int_equal(r.i.meta.category, ZYDIS_CATEGORY_COND_BR);
        assert_int_equal(r.i.opcode, 0x80 | cc);
        assert_int_equal(r.i.length + r.o[0].imm.value.s, 100);
    }
    start(&r);
    emit_jmp_to(&r.e, r.b + 77);
    finish(&r);
    assert_int_equal(r.i.mnemonic, ZYDIS_MNEMONIC_JMP);
    assert_int_equal(r.i.length + r.o[0].imm.value.s, 77);
    start(&r);
    emit_call_to(&r.e, r.b + 55);
    finish(&r);
    assert_int_equal(r.i.mnemonic, ZYDIS_MNEMONIC_CALL);
    assert_int_equal(r.i.length + r.o[0].imm.value.s, 55);
}

/* Nothing is written behind the end. */
static void room(void **state)
{
    uint8_t b[8];
    struct emit e = { .p = b, .end = b + 3 };
    (void)state;
    memset(b, 0xaa, sizeof b);
    emit_mov_ri(&e, 1, 0x123456789abcull);
    assert_true(e.full);
    assert_int_equal(b[3], 0xaa);
    emit_jmp_to(&e, b);
    emit_call_to(&e, b);
    assert_int_equal(b[3], 0xaa);
}

/* --- copied instructions ---------------------------------------------------------------------- */

static uint64_t rng_state = 1;

static uint64_t rnd(void)
{
    rng_state ^= rng_state << 13;
    rng_state ^= rng_state >> 7;
    rng_state ^= rng_state << 17;
    return rng_state * 0x2545f4914f6cdd1dull >> 8;
}

static const struct x86_operand *at(const struct x86_insn *i, unsigned loc)
{
    for (unsigned k = 0; k < i->nopnd; k++) {
        if (i->opnd[k].loc == loc && i->opnd[k].kind != X86_OPND_MEM) {
            return &i->opnd[k];
        }
    }
    return NULL;
}

/* What the copy must keep: everything but ModRM's operands. */
static void compare(const struct read *was, const struct read *is, unsigned reg, unsigned rm)
{
    assert_string_equal(ZydisMnemonicGetString(is->i.mnemonic),
                        ZydisMnemonicGetString(was->i.mnemonic));
    assert_int_equal(is->i.operand_count_visible, was->i.operand_count_visible);
    for (unsigned k = 0; k < is->i.operand_count_visible; k++) {
        const ZydisDecodedOperand *a = &was->o[k], *b = &is->o[k];
        assert_int_equal(a->encoding, b->encoding);
        assert_int_equal(a->type, b->type);
        assert_int_equal(a->size, b->size);
        if (a->type == ZYDIS_OPERAND_TYPE_IMMEDIATE) {
            assert_int_equal(a->imm.value.u, b->imm.value.u);
        } else if (a->type == ZYDIS_OPERAND_TYPE_REGISTER) {
            unsigned want = a->encoding == ZYDIS_OPERAND_ENCODING_MODRM_REG  ? reg
                            : a->encoding == ZYDIS_OPERAND_ENCODING_MODRM_RM ? rm
                                                                             : number(a->reg.value);
            if (ZydisRegisterGetClass(a->reg.value) == ZYDIS_REGCLASS_MMX) {
                want &= 7;
            }
            assert_int_equal(number(b->reg.value), want);
        }
    }
}

static void check_copy(const uint8_t *bytes, unsigned len)
{
    struct x86_insn i;
    struct read was, is;
    memset(&was, 0, sizeof was);
    decode(bytes, len, &was.i, was.o);
    assert_int_equal(x86_decode(&i, bytes, len, 8), X86_DECODE_OK);
    struct emit_form f = emit_form_of(&i);
    const struct x86_operand *reg = at(&i, X86_LOC_REG);
    unsigned r = reg ? (unsigned)rnd() & 15 : i.modrm >> 3 & 7u, b = (unsigned)rnd() & 15;
    if (reg && reg->kind == X86_OPND_MM) {
        r &= 7;
    }
    start(&is);
    if (!x86_insn_has_mem(&i)) {
        b = at(&i, X86_LOC_RM) ? b : i.modrm & 7u;
        emit_frr(&is.e, &f, r, b);
        finish(&is);
        compare(&was, &is, r, b);
        return;
    }
    struct emit_mem m = { .base = (int)b, .index = (int)(rnd() & 15), .scale = rnd() & 3 };
    m.disp = disps[rnd() % (sizeof disps / sizeof *disps)];
    m.index = m.index == H_RSP ? -1 : m.index;
    m.scale = m.index < 0 ? 0 : m.scale;
    emit_frm(&is.e, &f, r, &m);
    finish(&is);
    compare(&was, &is, r, b);
    is_mem(encoded(&is, ZYDIS_OPERAND_ENCODING_MODRM_RM), &m, 0);
    start(&is);
    emit_frc(&is.e, &f, r, CPU_OFF);
    finish(&is);
    compare(&was, &is, r, b);
    is_cpu(&is, encoded(&is, ZYDIS_OPERAND_ENCODING_MODRM_RM));
}

static void copies(void **state)
{
    static const uint8_t bases[] = { 3, 8, 12, 14 };
    static const enum lockstep_group groups[] = { LOCKSTEP_HOST, LOCKSTEP_SSE, LOCKSTEP_AVX,
                                                  LOCKSTEP_MMX };
    struct x86_cpu_model model;
    (void)state;
    memset(&model, 0, sizeof model);
    memset(model.features, 0xff, sizeof model.features);
    struct lockstep_gen g = { .rnd = rnd,
                              .model = &model,
                              .mode = 8,
                              .bases = bases,
                              .n_bases = sizeof bases,
                              .disp_max = 300 };
    for (unsigned n = 0; n < 60000; n++) {
        uint8_t b[16];
        struct x86_insn i;
        unsigned len = lockstep_insn(&g, groups[n & 3], b);
        x86_decode(&i, b, len, 8);
        if (i.has_modrm) {
            check_copy(b, len);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(plain_forms),
        cmocka_unit_test(alu_immediates),
        cmocka_unit_test(moves_of_immediates),
        cmocka_unit_test(jumps),
        cmocka_unit_test(room),
        cmocka_unit_test(copies),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
