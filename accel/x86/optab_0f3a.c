/* SPDX-License-Identifier: MIT */
/*
 * The 0F3A opcode map without VEX, by mandatory prefix (Intel SDM vol. 2, table A-5).
 */
#include "accel/x86/optab.h"

enum {
    G_16,
    G_22,
};

static const struct x86_row groups[][8] = {
    [G_16] = {
        [0] = R3(PEXTRD, SSE4_1, W, 0, Ed, Vdq, Iub),
        [1] = R3(PEXTRQ, SSE4_1, W, 0, Eq, Vdq, Iub),
    },
    [G_22] = {
        [0] = R3(PINSRD, SSE4_1, RW, 0, Vdq, Ed, Iub),
        [1] = R3(PINSRQ, SSE4_1, RW, 0, Vdq, Eq, Iub),
    },
};

static const struct x86_row rows[256][4] = {
    [0x08][X86_PP_66] = R3(ROUNDPS, SSE4_1, W, 0, Vdq, Wdq, Iub),
    [0x09][X86_PP_66] = R3(ROUNDPD, SSE4_1, W, 0, Vdq, Wdq, Iub),
    [0x0a][X86_PP_66] = R3(ROUNDSS, SSE4_1, RW, 0, Vdq, Wd, Iub),
    [0x0b][X86_PP_66] = R3(ROUNDSD, SSE4_1, RW, 0, Vdq, Wq, Iub),
    [0x0c][X86_PP_66] = R3(BLENDPS, SSE4_1, RW, 0, Vdq, Wdq, Iub),
    [0x0d][X86_PP_66] = R3(BLENDPD, SSE4_1, RW, 0, Vdq, Wdq, Iub),
    [0x0e][X86_PP_66] = R3(PBLENDW, SSE4_1, RW, 0, Vdq, Wdq, Iub),
    [0x0f][X86_PP_NONE] = R3(PALIGNR, SSSE3, RW, K_MMX, Pq, Qq, Iub),
    [0x0f][X86_PP_66] = R3(PALIGNR, SSSE3, RW, 0, Vdq, Wdq, Iub),
    [0x14][X86_PP_66] = R3(PEXTRB, SSE4_1, W, 0, Edb, Vdq, Iub),
    [0x15][X86_PP_66] = R3(PEXTRW, SSE4_1, W, 0, Edw, Vdq, Iub),
    [0x16][X86_PP_66] = RG(W, G_16),
    [0x17][X86_PP_66] = R3(EXTRACTPS, SSE4_1, W, 0, Ed, Vdq, Iub),
    [0x20][X86_PP_66] = R3(PINSRB, SSE4_1, RW, 0, Vdq, Edb, Iub),
    [0x21][X86_PP_66] = R3(INSERTPS, SSE4_1, RW, 0, Vdq, Wd, Iub),
    [0x22][X86_PP_66] = RG(W, G_22),
    [0x40][X86_PP_66] = R3(DPPS, SSE4_1, RW, 0, Vdq, Wdq, Iub),
    [0x41][X86_PP_66] = R3(DPPD, SSE4_1, RW, 0, Vdq, Wdq, Iub),
    [0x42][X86_PP_66] = R3(MPSADBW, SSE4_1, RW, 0, Vdq, Wdq, Iub),
    [0x44][X86_PP_66] = R3(PCLMULQDQ, PCLMULQDQ, RW, 0, Vdq, Wdq, Iub),
    [0x60][X86_PP_66] = R3(PCMPESTRM, SSE4_2, R, 0, Vdq, Wdq, Iub),
    [0x61][X86_PP_66] = R3(PCMPESTRI, SSE4_2, R, 0, Vdq, Wdq, Iub),
    [0x62][X86_PP_66] = R3(PCMPISTRM, SSE4_2, R, 0, Vdq, Wdq, Iub),
    [0x63][X86_PP_66] = R3(PCMPISTRI, SSE4_2, R, 0, Vdq, Wdq, Iub),
    [0xcc][X86_PP_NONE] = R3(SHA1RNDS4, SHA_NI, RW, 0, Vdq, Wdq, Iub),
    [0xce][X86_PP_66] = R3(GF2P8AFFINEQB, GFNI, RW, 0, Vdq, Wdq, Iub),
    [0xcf][X86_PP_66] = R3(GF2P8AFFINEINVQB, GFNI, RW, 0, Vdq, Wdq, Iub),
    [0xdf][X86_PP_66] = R3(AESKEYGENASSIST, AES, W, 0, Vdq, Wdq, Iub),
};

const struct x86_map x86_map_0f3a = {&rows[0][0], groups, true};
