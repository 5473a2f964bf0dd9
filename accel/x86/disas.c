/* SPDX-License-Identifier: MIT */
/*
 * The disassembler. Zydis is an optional library: what it does better than x86_disas_plain is the
 * mnemonics that depend on operands.
 */
#include <ctype.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>

#ifdef HAVE_ZYDIS
#include <Zydis/Zydis.h>
#endif

#include "accel/x86/disas.h"
#include "accel/x86/state.h"

struct text {
    char *p;
    size_t left;
};

static void PRINTF_LIKE(2, 3) put(struct text *t, const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    int n = vsnprintf(t->p, t->left, fmt, ap);
    va_end(ap);
    if (n > 0) {
        size_t used = (size_t)n < t->left ? (size_t)n : t->left - 1;
        t->p += used;
        t->left -= used;
    }
}

static const char *const low_names[8] = {"ax", "cx", "dx", "bx", "sp", "bp", "si", "di"};

static void put_gpr(struct text *t, unsigned reg, unsigned size)
{
    static const char *const bytes[8] = {"al", "cl", "dl", "bl", "spl", "bpl", "sil", "dil"};
    if (reg >= 8) {
        put(t, "r%u%s", reg, size == 8 ? "" : size == 4 ? "d" : size == 2 ? "w" : "b");
    } else if (size == 1) {
        put(t, "%s", bytes[reg]);
    } else {
        put(t, "%s%s", size == 8 ? "r" : size == 4 ? "e" : "", low_names[reg]);
    }
}

static void put_mem(struct text *t, const struct x86_insn *i, unsigned size)
{
    static const char *const segs[] = {"es", "cs", "ss", "ds", "fs", "gs"};
    const char *name = size == 1 ? "byte " : size == 2 ? "word " : size == 4 ? "dword "
                       : size == 8 ? "qword " : size == 16 ? "xmmword " : size == 32 ? "ymmword "
                                                                                     : "";
    bool vsib = i->cls == X86_CLS_AVX && i->index != X86_REG_NONE &&
                i->opnd[1].kind == X86_OPND_MEM && i->opnd[2].access == X86_ACC_RW; /* a gather */
    const char *sep = "";
    put(t, "%s", name);
    if (i->prefixes & X86_PFX_SEG) {
        put(t, "%s:", segs[i->seg]);
    }
    put(t, "[");
    if (i->base == X86_REG_RIP) {
        put(t, "%s", i->adsize == 8 ? "rip" : "eip");
        sep = "+";
    } else if (i->base != X86_REG_NONE) {
        put_gpr(t, i->base, i->adsize);
        sep = "+";
    }
    if (i->index != X86_REG_NONE) {
        put(t, "%s", sep);
        if (vsib) {
            put(t, "%cmm%u", i->vex_l ? 'y' : 'x', i->index);
        } else {
            put_gpr(t, i->index, i->adsize);
        }
        put(t, "*%u", 1u << i->scale);
        sep = "+";
    }
    if (!i->has_modrm) {
        put(t, "0x%" PRIx64, i->imm);
    } else if (!*sep) {
        uint64_t mask = i->adsize == 8 ? UINT64_MAX : (1ull << (8 * i->adsize)) - 1;
        put(t, "0x%" PRIx64, (uint64_t)(int64_t)i->disp & mask);
    } else if (i->disp < 0) {
        put(t, "-0x%x", 0u - (unsigned)i->disp);
    } else if (i->disp) {
        put(t, "+0x%x", (unsigned)i->disp);
    }
    put(t, "]");
}

static void put_operand(struct text *t, const struct x86_insn *i, const struct x86_operand *o,
                        uint64_t next)
{
    static const char *const high[4] = {"ah", "ch", "dh", "bh"};
    static const char *const segs[8] = {"es", "cs", "ss", "ds", "fs", "gs", "?", "?"};
    uint64_t mask = i->opsize >= 8 ? UINT64_MAX : (1ull << (8 * i->opsize)) - 1;
    switch (o->kind) {
    case X86_OPND_GPR:
        put_gpr(t, o->reg, o->size);
        break;
    case X86_OPND_GPRH:
        put(t, "%s", high[o->reg & 3]);
        break;
    case X86_OPND_SEG:
        put(t, "%s", segs[o->reg & 7]);
        break;
    case X86_OPND_MEM:
        put_mem(t, i, o->size);
        break;
    case X86_OPND_IMM:
        put(t, "0x%" PRIx64, i->imm & mask);
        break;
    case X86_OPND_IMM2:
        put(t, "0x%x", i->imm2);
        break;
    case X86_OPND_REL:
        put(t, "0x%" PRIx64, (next + i->imm) & mask);
        break;
    case X86_OPND_FAR:
        put(t, "0x%x:0x%" PRIx64, i->imm2, i->imm);
        break;
    default: {
        static const char *const names[] = {
            [X86_OPND_CR] = "cr", [X86_OPND_DR] = "dr", [X86_OPND_ST] = "st",
            [X86_OPND_MM] = "mm", [X86_OPND_XMM] = "xmm", [X86_OPND_YMM] = "ymm"};
        put(t, "%s%u", names[o->kind], o->reg);
        break;
    }
    }
}

/* Names as in ops.def, with the condition or the size where Intel's mnemonic has it. */
static void put_name(struct text *t, const struct x86_insn *i)
{
    static const char *const conditions[16] = {"o", "no", "b", "nb", "z", "nz", "be", "nbe",
                                               "s", "ns", "p", "np", "l", "nl", "le", "nle"};
    const char *name = x86_op_name(i->op), *cc = NULL;
    size_t n = 0;
    if (i->op == X86_OP_JCC || i->op == X86_OP_SETCC || i->op == X86_OP_CMOVCC) {
        cc = conditions[i->opcode & 15];
    }
    for (; name[n] && !(cc && name[n] == 'C' && name[n + 1] == 'C'); n++) {
        if (name[n] == '_') { /* MOV_CR is mov, JMP_FAR jmp far */
            put(t, "%s", name[n + 1] == 'F' ? " far" : "");
            return;
        }
        put(t, "%c", tolower((unsigned char)name[n]));
    }
    if (cc) {
        put(t, "%s", cc);
    } else if (i->cls == X86_CLS_STRING) {
        put(t, "%c", i->opsize == 8 ? 'q' : i->opsize == 4 ? 'd' : i->opsize == 2 ? 'w' : 'b');
    }
}

void x86_insn_text(char *out, size_t cap, const struct x86_insn *i, uint64_t next)
{
    struct text t = {out, cap};
    if (i->prefixes & X86_PFX_LOCK) {
        put(&t, "lock ");
    }
    if (i->cls == X86_CLS_STRING && (i->prefixes & (X86_PFX_REP | X86_PFX_REPNE))) {
        bool compares = i->op == X86_OP_CMPS || i->op == X86_OP_SCAS;
        put(&t, "%s ", i->prefixes & X86_PFX_REPNE ? "repne" : compares ? "repe" : "rep");
    }
    put_name(&t, i);
    for (unsigned k = 0; k < i->nopnd; k++) {
        put(&t, "%s", k ? ", " : " ");
        put_operand(&t, i, &i->opnd[k], next);
    }
}

size_t x86_disas_plain(char *out, size_t cap, const uint8_t *bytes, size_t avail, uint64_t rip,
                       unsigned mode)
{
    struct x86_insn i;
    if (x86_decode(&i, bytes, avail, mode) != X86_DECODE_OK) {
        struct text t = {out, cap};
        put(&t, "(bad)");
        return avail ? 1 : 0;
    }
    x86_insn_text(out, cap, &i, rip + i.len);
    return i.len;
}

#ifdef HAVE_ZYDIS
size_t x86_disas(char *out, size_t cap, const uint8_t *bytes, size_t avail, uint64_t rip,
                 unsigned mode)
{
    ZydisDecoder d;
    ZydisFormatter f;
    ZydisDecodedInstruction i;
    ZydisDecodedOperand o[ZYDIS_MAX_OPERAND_COUNT];
    if (mode == 8) {
        ZydisDecoderInit(&d, ZYDIS_MACHINE_MODE_LONG_64, ZYDIS_STACK_WIDTH_64);
    } else if (mode == 4) {
        ZydisDecoderInit(&d, ZYDIS_MACHINE_MODE_LEGACY_32, ZYDIS_STACK_WIDTH_32);
    } else {
        ZydisDecoderInit(&d, ZYDIS_MACHINE_MODE_LEGACY_16, ZYDIS_STACK_WIDTH_16);
    }
    ZydisFormatterInit(&f, ZYDIS_FORMATTER_STYLE_INTEL);
    if (!ZYAN_SUCCESS(ZydisDecoderDecodeFull(&d, bytes, avail, &i, o)) ||
        !ZYAN_SUCCESS(ZydisFormatterFormatInstruction(&f, &i, o, i.operand_count_visible, out, cap,
                                                      rip, NULL))) {
        return x86_disas_plain(out, cap, bytes, avail, rip, mode);
    }
    return i.length;
}
#else
size_t x86_disas(char *out, size_t cap, const uint8_t *bytes, size_t avail, uint64_t rip,
                 unsigned mode)
{
    return x86_disas_plain(out, cap, bytes, avail, rip, mode);
}
#endif
