/* SPDX-License-Identifier: MIT */
/*
 * The opcode tables' format: one row an encoding, operands in the letters of Intel SDM vol. 2
 * appendix A. Only decode.c and optab_*.c include this.
 *
 * Finding a row: opcode map -> row; while the row is a selector (kind) it names a group of rows, of
 * which the ModRM byte, the mandatory prefix or the mode picks one.
 */
#ifndef ACCEL_X86_OPTAB_H
#define ACCEL_X86_OPTAB_H

#include "accel/x86/cpuid.h"
#include "accel/x86/decode.h"

enum x86_row_kind {
    X86_ROW_INSN,
    X86_ROW_REG,  /* by ModRM.reg */
    X86_ROW_MOD,  /* [0] memory, [1] register */
    X86_ROW_RM,   /* by ModRM.rm */
    X86_ROW_PP,   /* by mandatory prefix: none, 66, F3, F2 */
    X86_ROW_REP,  /* by F3/F2 alone, 66 being the operand size: none, -, F3, F2 */
    X86_ROW_MODE, /* [0] 16- and 32-bit, [1] 64-bit code */
    X86_ROW_W,    /* by REX.W or VEX.W in 64-bit code, [0] elsewhere */
    X86_ROW_VW,   /* by VEX.W in every mode */
    X86_ROW_L,    /* by VEX.L */
    X86_ROW_SSE,  /* the 0F map's second table, by opcode and mandatory prefix */
};

/* How an operand is encoded. */
enum x86_addr {
    X86_AD_NONE,
    X86_AD_E,    /* ModRM.rm: general register or memory */
    X86_AD_R,    /* ModRM.rm: general register only */
    X86_AD_M,    /* ModRM.rm: memory only */
    X86_AD_G,    /* ModRM.reg: general register */
    X86_AD_B,    /* VEX.vvvv: general register */
    X86_AD_Z,    /* opcode bits 0-2: general register */
    X86_AD_ACC,  /* AL, AX, EAX, RAX */
    X86_AD_CL, X86_AD_DX, X86_AD_ONE,
    X86_AD_S, X86_AD_SFIX, /* segment register: ModRM.reg; opcode bits 3-5 */
    X86_AD_C, X86_AD_D,    /* control, debug register: ModRM.reg */
    X86_AD_I, X86_AD_IU,   /* immediate: sign-extended, zero-extended */
    X86_AD_I2,   /* second immediate */
    X86_AD_J,    /* relative branch */
    X86_AD_A,    /* far pointer */
    X86_AD_O,    /* moffs */
    X86_AD_P, X86_AD_Q, X86_AD_N, /* MM: reg; rm or memory; rm only */
    X86_AD_V, X86_AD_W, X86_AD_U, /* XMM or YMM: reg; rm or memory; rm only */
    X86_AD_H, X86_AD_L,           /* XMM or YMM: vvvv; immediate bits 4-7 */
    X86_AD_ST0, X86_AD_STI,
};

/* Operand sizes; the first eight are bytes in themselves. */
enum x86_size {
    X86_SZ_0, X86_SZ_b, X86_SZ_w, X86_SZ_d, X86_SZ_q, X86_SZ_dq, X86_SZ_qq, X86_SZ_t, /* t: 10 */
    X86_SZ_v,  /* operand size */
    X86_SZ_z,  /* 2 or 4: operand size, 64 counts as 32 */
    X86_SZ_y,  /* 4 or 8: W */
    X86_SZ_p,  /* far pointer: 2 + v */
    X86_SZ_s,  /* descriptor table: 6, or 10 in 64-bit code */
    X86_SZ_a,  /* BOUND: 2 * v */
    X86_SZ_env, X86_SZ_sav, /* x87 environment and state: 14 or 28, 94 or 108 */
    X86_SZ_m,  /* 4, or 8 in 64-bit code */
    X86_SZ_x,  /* 16 or 32: VEX.L */
    X86_SZ_COUNT
};

/* T(name, encoding, size as register, size as memory) */
#define X86_OPERAND_TYPES(T)                                                                     \
    T(Eb, E, b, b) T(Ew, E, w, w) T(Ed, E, d, d) T(Eq, E, q, q) T(Ev, E, v, v) T(Ey, E, y, y)     \
    T(Evw, E, v, w) T(Edb, E, d, b) T(Edw, E, d, w) T(Em, E, m, m) T(Ez, E, z, z) T(Ezw, E, z, w)\
    T(Rd, R, d, d) T(Rv, R, v, v) T(Ry, R, y, y) T(Rm, R, m, m)                                   \
    T(M, M, 0, 0) T(Mb, M, b, b) T(Mw, M, w, w) T(Md, M, d, d) T(Mq, M, q, q) T(Mdq, M, dq, dq)   \
    T(Mqq, M, qq, qq) T(Mt, M, t, t) T(Mv, M, v, v) T(My, M, y, y) T(Mp, M, p, p) T(Ms, M, s, s)  \
    T(Ma, M, a, a) T(Mx, M, x, x) T(Menv, M, env, env) T(Msav, M, sav, sav)                       \
    T(Gb, G, b, b) T(Gw, G, w, w) T(Gd, G, d, d) T(Gv, G, v, v) T(Gy, G, y, y) T(Gz, G, z, z)     \
    T(Gm, G, m, m) T(By, B, y, y)                                                               \
    T(Zb, Z, b, b) T(Zv, Z, v, v) T(AL, ACC, b, b) T(AXv, ACC, v, v) T(AXz, ACC, z, z)            \
    T(AX, ACC, w, w) T(CL, CL, b, b) T(DX, DX, w, w) T(One, ONE, b, b)                            \
    T(Sw, S, w, w) T(Sfix, SFIX, w, w) T(Cm, C, m, m) T(Dm, D, m, m)                              \
    T(Ib, I, b, b) T(Iz, I, z, z) T(Iv, I, v, v) T(Iub, IU, b, b) T(Iuw, IU, w, w)                \
    T(I2b, I2, b, b) T(Jb, J, b, b) T(Jz, J, z, z) T(Ap, A, p, p) T(Ob, O, b, b) T(Ov, O, v, v)   \
    T(Pq, P, q, q) T(Qq, Q, q, q) T(Qd, Q, q, d) T(Nq, N, q, q)                                   \
    T(Vx, V, x, x) T(Vdq, V, dq, dq) T(Vqq, V, qq, qq)                                            \
    T(Wx, W, x, x) T(Wdq, W, dq, dq) T(Wq, W, dq, q) T(Wd, W, dq, d) T(Ww, W, dq, w)              \
    T(Wb, W, dq, b)       \
    T(Wqq, W, qq, qq)                                                           \
    T(Ux, U, x, x) T(Udq, U, dq, dq) T(Hx, H, x, x) T(Hdq, H, dq, dq) T(Hqq, H, qq, qq)           \
    T(Lx, L, x, x) T(ST0, ST0, t, t) T(STi, STI, t, t)

enum x86_operand_type {
    X86_OT_NONE,
#define X86_OT(name, addr, rsize, msize) X86_OT_##name,
    X86_OPERAND_TYPES(X86_OT)
#undef X86_OT
    X86_OT_COUNT
};

struct x86_row {
    uint16_t op;  /* selectors: the group's number */
    uint16_t acc; /* X86_ACC_*, four bits an operand, the first lowest */
    uint16_t flags;
    uint8_t kind, feature;
    uint8_t opnd[4];
};

#define X86_RF_B 0x0001    /* byte form: opsize 1 */
#define X86_RF_D64 0x0002  /* 64-bit code: default operand size 64 */
#define X86_RF_F64 0x0004  /* 64-bit code: operand size always 64 */
#define X86_RF_Z 0x0008    /* operand size 64 counts as 32 */
#define X86_RF_I64 0x0010  /* invalid in 64-bit code */
#define X86_RF_O64 0x0020  /* only in 64-bit code */
#define X86_RF_LOCK 0x0040 /* LOCK allowed with a memory destination */
#define X86_RF_REGMOD 0x0080 /* ModRM.mod is ignored and counts as 3 */
#define X86_RF_MMX 0x0100  /* MM registers: class X86_CLS_MMX */
#define X86_RF_VSIB 0x0200 /* the index is a vector register */
#define X86_RF_W0 0x0400   /* VEX.W must be 0 */
#define X86_RF_W1 0x0800
#define X86_RF_L0 0x1000   /* VEX.L must be 0 */
#define X86_RF_L1 0x2000
#define X86_RF_NP 0x4000   /* none of 66, F3, F2 allowed */
#define X86_RF_NF 0x8000   /* neither F3 nor F2 allowed */

#define X86_ACCS_N 0x0000
#define X86_ACCS_R 0x1111   /* all read */
#define X86_ACCS_W 0x1112   /* first written, the others read */
#define X86_ACCS_RW 0x1113
#define X86_ACCS_RWRW 0x1133
#define X86_ACCS_WW 0x1122
#define X86_ACCS_CW 0x1114  /* first written in part or perhaps */
#define X86_ACCS_GATHER 0x0313

#define R0(o, f, fl) {.op = X86_OP_##o, .feature = X86_FEAT_##f, .flags = (fl)}
#define R1(o, f, ac, fl, a) {.op = X86_OP_##o, .feature = X86_FEAT_##f, .acc = X86_ACCS_##ac, \
    .flags = (fl), .opnd = {X86_OT_##a}}
#define R2(o, f, ac, fl, a, b) {.op = X86_OP_##o, .feature = X86_FEAT_##f, \
    .acc = X86_ACCS_##ac, .flags = (fl), .opnd = {X86_OT_##a, X86_OT_##b}}
#define R3(o, f, ac, fl, a, b, c) {.op = X86_OP_##o, .feature = X86_FEAT_##f, \
    .acc = X86_ACCS_##ac, .flags = (fl), .opnd = {X86_OT_##a, X86_OT_##b, X86_OT_##c}}
#define R4(o, f, ac, fl, a, b, c, d) {.op = X86_OP_##o, .feature = X86_FEAT_##f, \
    .acc = X86_ACCS_##ac, .flags = (fl), \
    .opnd = {X86_OT_##a, X86_OT_##b, X86_OT_##c, X86_OT_##d}}
#define RG(k, group) {.op = (group), .kind = X86_ROW_##k}

#define K_B X86_RF_B
#define K_D64 X86_RF_D64
#define K_F64 X86_RF_F64
#define K_Z X86_RF_Z
#define K_I64 X86_RF_I64
#define K_O64 X86_RF_O64
#define K_LOCK X86_RF_LOCK
#define K_REGMOD X86_RF_REGMOD
#define K_MMX X86_RF_MMX
#define K_VSIB X86_RF_VSIB
#define K_W0 X86_RF_W0
#define K_W1 X86_RF_W1
#define K_L0 X86_RF_L0
#define K_L1 X86_RF_L1
#define K_NP X86_RF_NP
#define K_NF X86_RF_NF

enum { X86_PP_NONE, X86_PP_66, X86_PP_F3, X86_PP_F2 };

struct x86_map {
    const struct x86_row *rows;        /* [256], or [256][4] by mandatory prefix */
    const struct x86_row (*groups)[8]; /* what selectors name */
    bool by_pp;
};
extern const struct x86_map x86_map_1, x86_map_0f, x86_map_0f38, x86_map_0f3a;
extern const struct x86_map x86_map_vex_0f, x86_map_vex_0f38, x86_map_vex_0f3a;
extern const struct x86_row x86_rows_0f_sse[256][4];
extern const struct x86_row x86_rows_x87_mem[8][8];
extern const struct x86_row x86_rows_x87_reg[8][8]; /* selectors name groups of x86_map_x87 */
extern const struct x86_row x86_groups_x87[][8];

#endif
