/* SPDX-License-Identifier: MIT */
/* link: accel/x86/decode.c accel/x86/optab_*.c */
/* libs: Zydis */
/*
 * The decoder against Zydis: random and mutated encodings in 16-, 32- and 64-bit code; validity,
 * length, mnemonic, operand kinds, registers, sizes, access, immediates, displacements, segments.
 *
 *     EMU_SEED=n     the same cases again (printed at the start)
 *     EMU_DECODES=n  random cases a mode (default 4 million); from 1 million on, after 10 million
 *                    systematic ones: every opcode with every ModRM, prefix, W and L
 *
 * A difference that is Zydis' choice is listed in explained() with the reason, nowhere else.
 */
#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>

#include <cmocka.h>

#include <Zydis/Zydis.h>

#include "accel/x86/decode.h"
#include "accel/x86/state.h"

#define BUF 18 /* more than an instruction may have */
#define MAX_REPORTS 64

/* xorshift64* */
static uint64_t rng_next(uint64_t *s)
{
    *s ^= *s >> 12;
    *s ^= *s << 25;
    *s ^= *s >> 27;
    return *s * 0x2545f4914f6cdd1dull;
}

/* One kind of difference, with its first example. */
struct report {
    char what[96];
    uint64_t count;
    uint8_t bytes[BUF];
};

struct run {
    unsigned mode;
    ZydisDecoder zydis;
    uint64_t rng, cases, valid, differences;
    struct report reports[MAX_REPORTS];
    unsigned nreports;
};

static void report(struct run *r, const uint8_t *b, const char *what)
{
    r->differences++;
    for (unsigned i = 0; i < r->nreports; i++) {
        if (strcmp(r->reports[i].what, what) == 0) {
            r->reports[i].count++;
            return;
        }
    }
    if (r->nreports < MAX_REPORTS) {
        struct report *n = &r->reports[r->nreports++];
        snprintf(n->what, sizeof n->what, "%s", what);
        n->count = 1;
        memcpy(n->bytes, b, BUF);
    }
}

static void print_reports(const struct run *r)
{
    for (unsigned i = 0; i < r->nreports; i++) {
        const struct report *n = &r->reports[i];
        fprintf(stderr, "%u-bit %8" PRIu64 " x %-50s", r->mode * 8, n->count, n->what);
        for (unsigned k = 0; k < 15; k++) {
            fprintf(stderr, " %02x", n->bytes[k]);
        }
        fprintf(stderr, "\n");
    }
}

/* --- names -------------------------------------------------------------------------------- */

static const char *const conditions[16] = {"o", "no", "b", "nb", "z", "nz", "be", "nbe",
                                           "s", "ns", "p", "np", "l", "nl", "le", "nle"};

/* Ours -> Zydis' where the opcode, the operand or the address size is part of the name. */
static void zydis_name(char *out, size_t cap, const struct x86_insn *i)
{
    static const char *const by_opsize[][4] = {
        {"movsb", "movsw", "movsd", "movsq"}, {"cmpsb", "cmpsw", "cmpsd", "cmpsq"},
        {"stosb", "stosw", "stosd", "stosq"}, {"lodsb", "lodsw", "lodsd", "lodsq"},
        {"scasb", "scasw", "scasd", "scasq"}, {"insb", "insw", "insd", ""},
        {"outsb", "outsw", "outsd", ""},      {"", "cbw", "cwde", "cdqe"},
        {"", "cwd", "cdq", "cqo"},            {"", "pushf", "pushfd", "pushfq"},
        {"", "popf", "popfd", "popfq"},       {"", "iret", "iretd", "iretq"},
        {"", "pusha", "pushad", ""},          {"", "popa", "popad", ""},
    };
    static const enum x86_op sized[] = {X86_OP_MOVS, X86_OP_CMPS, X86_OP_STOS, X86_OP_LODS,
                                        X86_OP_SCAS, X86_OP_INS, X86_OP_OUTS, X86_OP_CBW,
                                        X86_OP_CWD, X86_OP_PUSHF, X86_OP_POPF, X86_OP_IRET,
                                        X86_OP_PUSHA, X86_OP_POPA};
    static const struct {
        enum x86_op op;
        const char *name;
    } fixed[] = {
        {X86_OP_MOV_SEG, "mov"}, {X86_OP_MOV_CR, "mov"}, {X86_OP_MOV_DR, "mov"},
        {X86_OP_PUSH_SEG, "push"}, {X86_OP_POP_SEG, "pop"}, {X86_OP_JMP_FAR, "jmp"},
        {X86_OP_CALL_FAR, "call"}, {X86_OP_RET_FAR, "ret"},
    };
    unsigned log = i->opsize == 8 ? 3 : i->opsize >> 1;
    for (unsigned k = 0; k < sizeof sized / sizeof sized[0]; k++) {
        if (i->op == sized[k]) {
            snprintf(out, cap, "%s", by_opsize[k][log]);
            return;
        }
    }
    for (unsigned k = 0; k < sizeof fixed / sizeof fixed[0]; k++) {
        if (i->op == fixed[k].op) {
            snprintf(out, cap, "%s", fixed[k].name);
            return;
        }
    }
    if (i->op == X86_OP_JCC || i->op == X86_OP_SETCC || i->op == X86_OP_CMOVCC) {
        snprintf(out, cap, "%s%s",
                 i->op == X86_OP_JCC ? "j" : i->op == X86_OP_SETCC ? "set" : "cmov",
                 conditions[i->opcode & 15]);
    } else if (i->op == X86_OP_JCXZ) {
        snprintf(out, cap, "%s", i->adsize == 8 ? "jrcxz" : i->adsize == 4 ? "jecxz" : "jcxz");
    } else {
        snprintf(out, cap, "%s", x86_op_name(i->op));
    }
}

static bool same_name(const struct x86_insn *i, const ZydisDecodedInstruction *z)
{
    const char *zn = ZydisMnemonicGetString(z->mnemonic);
    char name[32];
    size_t n = strlen(x86_op_name(i->op));
    if (strncasecmp(zn, x86_op_name(i->op), n) == 0 &&
        (!zn[n] || (i->opsize == 8 && strcmp(zn + n, "64") == 0))) { /* FXSAVE64 ... */
        return true;
    }
    if (i->op == X86_OP_FNENI || i->op == X86_OP_FNDISI || i->op == X86_OP_FNSETPM) {
        return strcmp(zn + strlen(zn) - 4, "_nop") == 0;
    }
    if (i->op == X86_OP_PREFETCH) {
        return strncmp(zn, "prefetch", 8) == 0;
    }
    zydis_name(name, sizeof name, i);
    return strcasecmp(zn, name) == 0;
}

/* --- operands ----------------------------------------------------------------------------- */

/* Does our operand name this register of Zydis? */
static bool same_register(const struct x86_operand *o, ZydisRegister zr, unsigned mode)
{
    int id = ZydisRegisterGetId(zr);
    switch (ZydisRegisterGetClass(zr)) {
    case ZYDIS_REGCLASS_GPR8:
        if (zr >= ZYDIS_REGISTER_AH && zr <= ZYDIS_REGISTER_BH) {
            return o->kind == X86_OPND_GPRH && o->size == 1 && o->reg == zr - ZYDIS_REGISTER_AH;
        }
        if (zr >= ZYDIS_REGISTER_SPL) {
            id -= 4; /* Zydis numbers AH-BH 4-7 */
        }
        return o->kind == X86_OPND_GPR && o->size == 1 && o->reg == id;
    case ZYDIS_REGCLASS_GPR16:
        return o->kind == X86_OPND_GPR && o->size == 2 && o->reg == id;
    case ZYDIS_REGCLASS_GPR32:
        return o->kind == X86_OPND_GPR && o->size == 4 && o->reg == id;
    case ZYDIS_REGCLASS_GPR64:
        return o->kind == X86_OPND_GPR && o->size == 8 && o->reg == id && mode == 8;
    case ZYDIS_REGCLASS_X87:
        return o->kind == X86_OPND_ST && o->reg == id;
    case ZYDIS_REGCLASS_MMX:
        return o->kind == X86_OPND_MM && o->reg == id && o->size == 8;
    case ZYDIS_REGCLASS_XMM:
        return o->kind == X86_OPND_XMM && o->reg == id && o->size == 16;
    case ZYDIS_REGCLASS_YMM:
        return o->kind == X86_OPND_YMM && o->reg == id && o->size == 32;
    case ZYDIS_REGCLASS_SEGMENT:
        return o->kind == X86_OPND_SEG && o->reg == id;
    case ZYDIS_REGCLASS_CONTROL:
        return o->kind == X86_OPND_CR && o->reg == id;
    case ZYDIS_REGCLASS_DEBUG:
        return o->kind == X86_OPND_DR && o->reg == id;
    default:
        return false;
    }
}

static bool same_address_register(uint8_t reg, ZydisRegister zr, unsigned adsize)
{
    if (zr == ZYDIS_REGISTER_NONE) {
        return reg == X86_REG_NONE;
    }
    if (zr == ZYDIS_REGISTER_RIP || zr == ZYDIS_REGISTER_EIP) {
        return reg == X86_REG_RIP && adsize == (zr == ZYDIS_REGISTER_RIP ? 8 : 4);
    }
    switch (ZydisRegisterGetClass(zr)) {
    case ZYDIS_REGCLASS_GPR16:
        return adsize == 2 && reg == ZydisRegisterGetId(zr);
    case ZYDIS_REGCLASS_GPR32:
        return adsize == 4 && reg == ZydisRegisterGetId(zr);
    case ZYDIS_REGCLASS_GPR64:
        return adsize == 8 && reg == ZydisRegisterGetId(zr);
    default:
        return reg == ZydisRegisterGetId(zr); /* XMM, YMM of a gather */
    }
}

static const char *memory_difference(const struct x86_insn *i, const struct x86_operand *o,
                                     const ZydisDecodedOperand *z)
{
    bool moffs = !i->has_modrm;
    if (z->mem.type != ZYDIS_MEMOP_TYPE_AGEN &&
        z->mem.segment != (ZydisRegister)(ZYDIS_REGISTER_ES + i->seg)) {
        return "segment";
    }
    if (!same_address_register(i->base, z->mem.base, i->adsize)) {
        return "base";
    }
    if (!same_address_register(i->index, z->mem.index, i->adsize)) {
        return "index";
    }
    if (z->mem.index != ZYDIS_REGISTER_NONE && 1 << i->scale != z->mem.scale) {
        return "scale";
    }
    uint64_t mask = i->adsize == 8 ? ~0ull : (1ull << 8 * i->adsize) - 1;
    uint64_t disp = moffs ? i->imm : (uint64_t)(int64_t)i->disp;
    if ((disp ^ (uint64_t)z->mem.disp.value) & mask) {
        return "displacement";
    }
    if (o->size && o->size * 8 != z->size) {
        return "memory size";
    }
    return NULL;
}

static unsigned access_of(const ZydisDecodedOperand *z)
{
    unsigned a = 0;
    a |= z->actions & ZYDIS_OPERAND_ACTION_MASK_READ ? X86_ACC_R : 0;
    a |= z->actions & ZYDIS_OPERAND_ACTION_WRITE ? X86_ACC_W : 0;
    a |= z->actions & ZYDIS_OPERAND_ACTION_CONDWRITE ? X86_ACC_CR : 0;
    return a;
}

/* Reads: exactly the same. Writes: a conditional write may be called a write. */
static bool same_access(const struct x86_operand *o, const ZydisDecodedOperand *z)
{
    unsigned a = access_of(z);
    bool writes = a & (X86_ACC_W | X86_ACC_CR);
    return writes == !!(o->access & (X86_ACC_W | X86_ACC_CR)) &&
           (!(a & X86_ACC_R) || (o->access & X86_ACC_R));
}

static const char *operand_difference(const struct x86_insn *i, const struct x86_operand *o,
                                      const ZydisDecodedOperand *z)
{
    switch (z->type) {
    case ZYDIS_OPERAND_TYPE_REGISTER:
        if (!same_register(o, z->reg.value, i->mode)) {
            return "register";
        }
        return same_access(o, z) ? NULL : "access";
    case ZYDIS_OPERAND_TYPE_MEMORY:
        if (o->kind != X86_OPND_MEM) {
            return "not memory";
        }
        if (o->access && !same_access(o, z)) {
            return "access";
        }
        return memory_difference(i, o, z);
    case ZYDIS_OPERAND_TYPE_POINTER:
        return o->kind == X86_OPND_FAR && i->imm2 == z->ptr.segment && i->imm == z->ptr.offset
                   ? NULL
                   : "far pointer";
    default:
        break;
    }
    if (o->kind == X86_OPND_IMM2) {
        return i->imm2 == z->imm.value.u ? NULL : "second immediate";
    }
    if (o->kind != (z->imm.is_relative ? X86_OPND_REL : X86_OPND_IMM)) {
        return "not an immediate";
    }
    if (z->imm.is_signed || z->imm.is_relative) {
        return i->imm == z->imm.value.u ? NULL : "signed immediate";
    }
    uint64_t mask = o->size == 8 ? ~0ull : (1ull << 8 * o->size) - 1;
    return (i->imm & mask) == (z->imm.value.u & mask) ? NULL : "immediate";
}

/* --- what Zydis has and we don't, or sees otherwise ---------------------------------------- */

/* Instructions that no CPU model of ours offers: they are #UD here. */
static bool not_offered(const ZydisDecodedInstruction *z)
{
    switch (z->encoding) {
    case ZYDIS_INSTRUCTION_ENCODING_EVEX:
    case ZYDIS_INSTRUCTION_ENCODING_MVEX:
    case ZYDIS_INSTRUCTION_ENCODING_XOP:
    case ZYDIS_INSTRUCTION_ENCODING_3DNOW:
        return true;
    default:
        break;
    }
    switch (z->meta.isa_set) {
    case ZYDIS_ISA_SET_AMD3DNOW:
    case ZYDIS_ISA_SET_AMD_INVLPGB:
    case ZYDIS_ISA_SET_AMX_BF16:
    case ZYDIS_ISA_SET_AMX_INT8:
    case ZYDIS_ISA_SET_AMX_TILE:
    case ZYDIS_ISA_SET_AVX512BW_KOP:
    case ZYDIS_ISA_SET_AVX512DQ_KOP:
    case ZYDIS_ISA_SET_AVX512F_KOP:
    case ZYDIS_ISA_SET_AVX_VNNI:
    case ZYDIS_ISA_SET_CET:
    case ZYDIS_ISA_SET_ENQCMD:
    case ZYDIS_ISA_SET_FMA4:
    case ZYDIS_ISA_SET_HRESET:
    case ZYDIS_ISA_SET_KEYLOCKER:
    case ZYDIS_ISA_SET_KEYLOCKER_WIDE:
    case ZYDIS_ISA_SET_KNCE:
    case ZYDIS_ISA_SET_KNCJKBR:
    case ZYDIS_ISA_SET_KNCSTREAM:
    case ZYDIS_ISA_SET_KNCV:
    case ZYDIS_ISA_SET_KNC_MISC:
    case ZYDIS_ISA_SET_KNC_PF_HINT:
    case ZYDIS_ISA_SET_LWP:
    case ZYDIS_ISA_SET_MCOMMIT:
    case ZYDIS_ISA_SET_MOVDIR:
    case ZYDIS_ISA_SET_PADLOCK_ACE:
    case ZYDIS_ISA_SET_PADLOCK_PHE:
    case ZYDIS_ISA_SET_PADLOCK_PMM:
    case ZYDIS_ISA_SET_PADLOCK_RNG:
    case ZYDIS_ISA_SET_PCONFIG:
    case ZYDIS_ISA_SET_PT:
    case ZYDIS_ISA_SET_SGX:
    case ZYDIS_ISA_SET_SGX_ENCLV:
    case ZYDIS_ISA_SET_SNP:
    case ZYDIS_ISA_SET_SSE4A:
    case ZYDIS_ISA_SET_TBM:
    case ZYDIS_ISA_SET_TDX:
    case ZYDIS_ISA_SET_TSX_LDTRK:
    case ZYDIS_ISA_SET_UINTR:
    case ZYDIS_ISA_SET_WAITPKG:
    case ZYDIS_ISA_SET_XOP:
        return true;
    default:
        return false;
    }
}

/* Differences that are Zydis' choice (version 4.0). */
static bool explained(const char *diff, const struct x86_insn *i, const ZydisDecodedInstruction *z)
{
    bool registers = strcmp(diff, "operand count") == 0;
    switch (i->op) {
    case X86_OP_NOP: /* operands that nothing reads */
    case X86_OP_UD0:
    case X86_OP_UD1:
        return strcmp(diff, "name") != 0 || z->mnemonic == ZYDIS_MNEMONIC_NOP;
    case X86_OP_ENDBR: /* a NOP to a processor without CET */
        return z->mnemonic == ZYDIS_MNEMONIC_NOP;
    case X86_OP_WBNOINVD: /* a WBINVD to a processor without it */
        return z->mnemonic == ZYDIS_MNEMONIC_WBINVD;
    case X86_OP_FUCOMP: /* ST(0), which it doesn't show for FCOMP or FUCOM either */
        return registers;
    case X86_OP_VMRUN: /* rAX and ECX, fixed registers */
    case X86_OP_VMLOAD:
    case X86_OP_VMSAVE:
    case X86_OP_SKINIT:
    case X86_OP_INVLPGA:
    case X86_OP_CLZERO:
        return registers;
    case X86_OP_MOVSXD: /* with 66 the register form reads 16 bits, and so does memory in the SDM */
        if (strcmp(diff, "memory size") == 0 && i->opsize == 2) {
            return true;
        }
        break;
    default:
        break;
    }
    /* SIB with mod 0 and base 5 has no base and a 32-bit displacement whatever REX.B says (SDM
     * vol. 2, table 2-5). With a 67 prefix Zydis takes R13 and forgets the displacement. */
    return strcmp(diff, "base") == 0 && i->base == X86_REG_NONE && i->adsize == 4 && (i->rex & 1);
}

/* --- one case ----------------------------------------------------------------------------- */

static void compare_valid(struct run *r, const uint8_t *b, const struct x86_insn *i,
                          const ZydisDecodedInstruction *z, const ZydisDecodedOperand *zo)
{
    const char *zn = ZydisMnemonicGetString(z->mnemonic), *diff = NULL;
    char what[96];
    if (i->len != z->length) {
        diff = "length";
    } else if (!same_name(i, z)) {
        diff = "name";
    } else if (i->nopnd != z->operand_count_visible && i->cls != X86_CLS_STRING) {
        diff = "operand count";
    }
    for (unsigned k = 0; !diff && k < i->nopnd; k++) {
        diff = operand_difference(i, &i->opnd[k], &zo[k]);
    }
    if (diff && !explained(diff, i, z)) {
        snprintf(what, sizeof what, "%s: zydis %s, ours %s", diff, zn, x86_op_name(i->op));
        report(r, b, what);
    }
}

/* A valid instruction of n bytes needs exactly n bytes. */
static void check_short(struct run *r, const uint8_t *b, const struct x86_insn *i)
{
    struct x86_insn part;
    unsigned n = (unsigned)(rng_next(&r->rng) % i->len);
    if (x86_decode(&part, b, n, r->mode) != X86_DECODE_SHORT) {
        report(r, b, "a part of an instruction is not SHORT");
    }
    if (x86_decode(&part, b, i->len, r->mode) != X86_DECODE_OK || memcmp(&part, i, sizeof part)) {
        report(r, b, "differs when no byte follows");
    }
}

static void compare(struct run *r, const uint8_t *b)
{
    struct x86_insn i;
    ZydisDecodedInstruction z;
    ZydisDecodedOperand zo[ZYDIS_MAX_OPERAND_COUNT];
    char what[96];
    enum x86_decode_result res = x86_decode(&i, b, BUF, r->mode);
    ZyanStatus zs = ZydisDecoderDecodeFull(&r->zydis, b, BUF, &z, zo);
    bool zvalid = ZYAN_SUCCESS(zs);
    if (zvalid && not_offered(&z)) {
        zvalid = false;
        zs = ZYDIS_STATUS_DECODING_ERROR;
    }
    r->cases++;
    if (res == X86_DECODE_OK && zvalid) {
        r->valid++;
        compare_valid(r, b, &i, &z, zo);
        check_short(r, b, &i);
        return;
    }
    if (res == X86_DECODE_OK) {
        snprintf(what, sizeof what, "zydis invalid (%x), ours %s",
                 (unsigned)zs & 0xff, x86_op_name(i.op));
        report(r, b, what);
    } else if (zvalid) {
        snprintf(what, sizeof what, "zydis %s, ours invalid (%d)",
                 ZydisMnemonicGetString(z.mnemonic), res);
        report(r, b, what);
    } else if ((res == X86_DECODE_TOO_LONG) != (zs == ZYDIS_STATUS_INSTRUCTION_TOO_LONG) &&
               res == X86_DECODE_TOO_LONG) {
        report(r, b, "ours too long");
    }
}

/* --- cases -------------------------------------------------------------------------------- */

static unsigned put_prefixes(struct run *r, uint8_t *b)
{
    static const uint8_t legacy[] = {0x66, 0x67, 0xf2, 0xf3, 0xf0, 0x2e, 0x36,
                                     0x3e, 0x26, 0x64, 0x65, 0x66, 0xf3};
    uint64_t x = rng_next(&r->rng);
    unsigned n = 0, count = x & 3 ? (x >> 2 & 7) == 0 ? 2 : (x >> 2 & 1) : 0;
    if ((x >> 5 & 0x3ff) == 0) {
        count = 10 + (x >> 15 & 3); /* near and over the limit */
    }
    while (n < count) {
        b[n++] = legacy[rng_next(&r->rng) % sizeof legacy];
    }
    x = rng_next(&r->rng);
    if (x & 1) {
        b[n++] = 0x40 | (x >> 1 & 15);
        if ((x >> 5 & 63) == 0) {
            b[n++] = legacy[(x >> 11) % sizeof legacy];
        }
    }
    return n;
}

static unsigned put_vex(struct run *r, uint8_t *b)
{
    uint64_t x = rng_next(&r->rng);
    uint8_t vvvv = x & 0x100 ? 0x78 : (x >> 9 & 0x78);
    if (x & 1) {
        b[0] = 0xc5;
        b[1] = (x >> 16 & 0x87) | vvvv | (x >> 32 & 3 ? 0x80 : 0);
        return 2;
    }
    b[0] = 0xc4;
    b[1] = (x >> 24 & 0xe0) | (x >> 40 & 7 ? 1 + (x >> 44) % 3 : x >> 44 & 31);
    b[2] = (x >> 48 & 0x87) | vvvv;
    return 3;
}

static void make_case(struct run *r, uint8_t *b)
{
    uint64_t x = rng_next(&r->rng), fill[3];
    for (unsigned k = 0; k < 3; k++) {
        fill[k] = rng_next(&r->rng);
    }
    memcpy(b, fill, BUF);
    switch (x & 7) {
    case 0: /* as it falls */
        return;
    case 1: /* one byte changed since the last one is covered by the caller keeping b */
    case 2:
        put_prefixes(r, b);
        return;
    case 3:
    case 4: {
        unsigned n = put_prefixes(r, b);
        b[n] = 0x0f;
        if ((x >> 8 & 3) == 0) {
            b[n + 1] = x >> 10 & 1 ? 0x38 : 0x3a;
        }
        return;
    }
    default: {
        unsigned n = (x >> 8 & 15) == 0 ? put_prefixes(r, b) : 0;
        put_vex(r, b + n);
        return;
    }
    }
}

static void mutate(struct run *r, uint8_t *b)
{
    uint64_t x = rng_next(&r->rng);
    unsigned k = x % 6;
    switch (x >> 8 & 3) {
    case 0:
        b[k] ^= 1u << (x >> 16 & 7);
        break;
    case 1:
        b[k] = x >> 16;
        break;
    case 2:
        memmove(b + 1, b, BUF - 1);
        b[0] = (uint8_t[]){0x66, 0x67, 0xf2, 0xf3, 0xf0, 0x48, 0x41, 0x2e}[x >> 16 & 7];
        break;
    default:
        memmove(b + k, b + k + 1, BUF - 1 - k);
        break;
    }
}

/* Every opcode of every map with every ModRM, mandatory prefix, W and L. */
static void sweep_case(struct run *r, unsigned map, unsigned opcode, unsigned variant, bool vex)
{
    static const uint8_t pp[4] = {0, 0x66, 0xf3, 0xf2}, escape[4] = {0, 0, 0x38, 0x3a};
    uint8_t b[BUF + 4] = {0};
    unsigned n = 0;
    if (vex) {
        bool uses_vvvv = variant & 16;
        b[n++] = 0xc4;
        b[n++] = 0xe0 | map;
        b[n++] = (variant & 3) | (variant & 4) | (variant & 8) << 4 | (uses_vvvv ? 0x58 : 0x78);
    } else {
        if (variant & 3) {
            b[n++] = pp[variant & 3];
        }
        if (variant & 16) {
            b[n++] = 0x66;
        }
        if (variant & 8) {
            b[n++] = r->mode == 8 ? 0x48 : 0x67;
        }
        if (map) {
            b[n++] = 0x0f;
        }
        if (map > 1) {
            b[n++] = escape[map];
        }
    }
    b[n++] = opcode;
    for (unsigned m = 0; m < 256; m++) {
        uint64_t tail[2] = {rng_next(&r->rng), rng_next(&r->rng)};
        b[n] = m;
        memcpy(b + n + 1, tail, BUF - n - 1);
        compare(r, b);
    }
}

static void sweep(struct run *r)
{
    for (unsigned map = 0; map < 4; map++) {
        for (unsigned op = 0; op < 256; op++) {
            for (unsigned v = 0; v < 32; v++) {
                if (map) {
                    sweep_case(r, map, op, v, true);
                }
                if (!(v & 4)) {
                    sweep_case(r, map, op, v, false);
                }
            }
        }
    }
}

static uint64_t env_number(const char *name, uint64_t otherwise)
{
    const char *s = getenv(name);
    return s && *s ? strtoull(s, NULL, 0) : otherwise;
}

static uint64_t seed;

static void run_mode(unsigned mode)
{
    static struct run r;
    uint8_t b[BUF];
    uint64_t n = env_number("EMU_DECODES", 4000000);
    memset(&r, 0, sizeof r);
    r.mode = mode;
    r.rng = (seed ^ mode << 8) * 0x9e3779b97f4a7c15ull | 1;
    ZydisDecoderInit(&r.zydis,
                     mode == 8   ? ZYDIS_MACHINE_MODE_LONG_64
                     : mode == 4 ? ZYDIS_MACHINE_MODE_LEGACY_32
                                 : ZYDIS_MACHINE_MODE_LEGACY_16,
                     mode == 8   ? ZYDIS_STACK_WIDTH_64
                     : mode == 4 ? ZYDIS_STACK_WIDTH_32
                                 : ZYDIS_STACK_WIDTH_16);
    ZydisDecoderEnableMode(&r.zydis, ZYDIS_DECODER_MODE_MPX, ZYAN_FALSE);
    ZydisDecoderEnableMode(&r.zydis, ZYDIS_DECODER_MODE_CLDEMOTE, ZYAN_FALSE);
    ZydisDecoderEnableMode(&r.zydis, ZYDIS_DECODER_MODE_CET, ZYAN_FALSE);
    if (n >= 1000000) {
        sweep(&r);
        n += r.cases;
    }
    while (r.cases < n) {
        make_case(&r, b);
        compare(&r, b);
        for (unsigned k = 0; k < 2; k++) {
            mutate(&r, b);
            compare(&r, b);
        }
    }
    print_message("%u-bit: %" PRIu64 " encodings, %" PRIu64 " valid, seed %" PRIu64 "\n", mode * 8,
                  r.cases, r.valid, seed);
    print_reports(&r);
    assert_int_equal(r.differences, 0);
    assert_true(r.valid > r.cases / 10);
}

static void test_16(void **state)
{
    (void)state;
    run_mode(2);
}

static void test_32(void **state)
{
    (void)state;
    run_mode(4);
}

static void test_64(void **state)
{
    (void)state;
    run_mode(8);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_16), cmocka_unit_test(test_32),
                                       cmocka_unit_test(test_64)};
    seed = env_number("EMU_SEED", (uint64_t)time(NULL));
    seed += !seed;
    return cmocka_run_group_tests(tests, NULL, NULL);
}
