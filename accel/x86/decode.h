/* SPDX-License-Identifier: MIT */
/*
 * The one decoder: bytes of 16-, 32- and 64-bit code to struct x86_insn. Table-driven (optab_*.c);
 * pure, any thread. It decides length, operands and validity (#UD) as far as the encoding alone
 * decides them; what depends on mode bits, CPL or CPUID is checked by who executes.
 */
#ifndef ACCEL_X86_DECODE_H
#define ACCEL_X86_DECODE_H

#include "core/types.h"

#define X86_INSN_MAX 15

/* One enumerator a mnemonic, from ops.def: X86_OP_ADD, X86_OP_CMPXCHG16B, X86_OP_VADDPS ... Intel's
 * spelling in capitals; where one mnemonic is several instructions: MOV_CR, MOV_DR, MOV_SEG,
 * JMP_FAR, CALL_FAR, RET_FAR, JCC, SETCC, CMOVCC (condition = low four opcode bits), MOVSD_STR and
 * CMPSD_STR are plain MOVS, CMPS with opsize. */
enum x86_op {
#define X86_OP(name, cls) X86_OP_##name,
#include "accel/x86/ops.def"
#undef X86_OP
    X86_OP_COUNT
};

/* How an instruction is executed. */
enum x86_class {
    X86_CLS_INVALID,
    X86_CLS_INT,     /* general-purpose data instructions with C semantics */
    X86_CLS_BRANCH,  /* near transfers of control */
    X86_CLS_STRING,
    X86_CLS_SYSTEM,  /* privileged, far transfers, interrupts, descriptor tables, MSRs, I/O */
    X86_CLS_GPR_HOST, /* BMI, ADX, CRC32, POPCNT ...: GPR and flags only, run on the host */
    X86_CLS_X87,
    X86_CLS_MMX,
    X86_CLS_SSE,     /* legacy encoding, XMM */
    X86_CLS_AVX,     /* VEX encoding, XMM/YMM */
};

enum x86_opkind {
    X86_OPND_NONE,
    X86_OPND_GPR,  /* reg 0-15, size 1, 2, 4, 8 */
    X86_OPND_GPRH, /* AH, CH, DH, BH: reg 0-3, size 1 */
    X86_OPND_SEG, X86_OPND_CR, X86_OPND_DR,
    X86_OPND_ST,   /* reg = i of ST(i) */
    X86_OPND_MM, X86_OPND_XMM, X86_OPND_YMM,
    X86_OPND_MEM,  /* the insn's memory operand; size in bytes, 0 = address only (LEA, INVLPG) or
                      a state area (FXSAVE) */
    X86_OPND_IMM,  /* insn.imm, sign-extended to 64 bits where the instruction does */
    X86_OPND_IMM2, /* second immediate: ENTER, EXTRQ */
    X86_OPND_REL,  /* branch displacement in insn.imm; target = next rip + imm, cut to opsize */
    X86_OPND_FAR,  /* ptr16:16/32: selector in imm2, offset in imm */
};

struct x86_operand {
    uint8_t kind; /* enum x86_opkind */
    uint8_t reg;
    uint8_t size;   /* bytes; 0 where kind says so */
    uint8_t access : 4; /* X86_ACC_* */
    uint8_t loc : 4;    /* X86_LOC_*: which field of the encoding names it */
};
enum { X86_LOC_NONE, X86_LOC_RM, X86_LOC_REG, X86_LOC_VVVV, X86_LOC_IS4, X86_LOC_OPCODE };
#define X86_ACC_R 1
#define X86_ACC_W 2
#define X86_ACC_RW 3
#define X86_ACC_CR 4 /* conditional write (CMOVcc memory never writes; MASKMOV, CMPXCHG) */

#define X86_REG_NONE 0xff
#define X86_REG_RIP 0xfe

enum {
    X86_PFX_LOCK = 1 << 0,
    X86_PFX_REP = 1 << 1,   /* F3 present and last of F2/F3 */
    X86_PFX_REPNE = 1 << 2, /* F2 present and last */
    X86_PFX_OPSIZE = 1 << 3,
    X86_PFX_ADSIZE = 1 << 4,
    X86_PFX_SEG = 1 << 5,   /* an effective override */
    X86_PFX_REX = 1 << 6,
    X86_PFX_VEX = 1 << 7
};

/* What has no entry in opnd[]: implicit registers of MUL, DIV, CMPXCHG, SHA256RNDS2 ... (shift by
 * CL or by one, AL/eAX and DX of short forms are listed), and the memory of strings, XLAT,
 * MASKMOVQ, MASKMOVDQU, PUSH, POP; there seg is the source segment (DS or the override), adsize and
 * opsize hold as usual. A gather's index is a vector register: insn.index is its number. */
struct x86_insn;
struct x86_cpu;
/* What the interpreter runs for an instruction; bound after decoding (interp.h). */
typedef void x86_exec_fn(struct x86_cpu *cpu, const struct x86_insn *insn);

struct x86_insn {
    x86_exec_fn *exec;
    void *aux;         /* the handler's own (thunk.h); NULL after decoding */
    uint64_t imm;      /* immediate, displacement of a branch or moffs address */
    int32_t disp;
    uint16_t op;       /* enum x86_op */
    uint16_t imm2;
    uint8_t len;       /* 1..15 */
    uint8_t cls;       /* enum x86_class */
    uint8_t prefixes;  /* X86_PFX_* */
    uint8_t opsize;    /* 1, 2, 4, 8: of the operation, after REX.W, default-64 and byte forms */
    uint8_t adsize;    /* 2, 4, 8 */
    uint8_t mode;      /* 2, 4, 8: the code segment's size this was decoded for */
    /* Encoding, for thunks and the translator. */
    uint8_t map;       /* 0 one-byte, 1 0F, 2 0F38, 3 0F3A */
    uint8_t opcode;
    uint8_t pp;        /* mandatory prefix: 0 none, 1 66, 2 F3, 3 F2 */
    uint8_t modrm;     /* valid if has_modrm */
    uint8_t rex;       /* WRXB as bits 3..0, also from VEX */
    uint8_t vex_l;     /* 0 128, 1 256 */
    uint8_t vvvv;      /* VEX third operand register */
    uint8_t has_modrm;
    /* The memory operand: base + index * scale + disp in segment seg. moffs: base and index NONE,
     * address in imm. */
    uint8_t seg;       /* enum x86_segreg, default or overridden */
    uint8_t base, index; /* GPR, X86_REG_RIP or X86_REG_NONE */
    uint8_t scale;     /* shift 0..3 */
    uint8_t nopnd;
    uint8_t feature;   /* enum x86_feature_id (cpuid.h) that must be on, 0 = none */
    struct x86_operand opnd[4]; /* in Intel order: destination first */
};

enum x86_decode_result {
    X86_DECODE_OK,
    X86_DECODE_UD,        /* invalid: raises #UD (len says how many bytes it took) */
    X86_DECODE_SHORT,     /* needs more than `avail` bytes */
    X86_DECODE_TOO_LONG,  /* more than 15 bytes: #GP(0) */
};

/* mode: 2, 4 or 8 (CS.D=0, CS.D=1, 64-bit). Fills everything but exec. */
enum x86_decode_result x86_decode(struct x86_insn *insn, const uint8_t *bytes, size_t avail,
                                  unsigned mode);

const char *x86_op_name(enum x86_op op); /* as in ops.def */

static inline bool x86_insn_has_mem(const struct x86_insn *i)
{
    return i->has_modrm ? (i->modrm >> 6) != 3
                        : i->opnd[0].kind == X86_OPND_MEM || i->opnd[1].kind == X86_OPND_MEM;
}

#endif
