/* SPDX-License-Identifier: MIT */
/*
 * The 0F3A opcode map with VEX, by mandatory prefix (Intel SDM vol. 2, appendix A; W and L from the
 * instruction pages).
 */
#include "accel/x86/optab.h"

enum {
    G_0E_L,
    G_0F_L,
    G_42_L,
    G_16,
    G_1D_L,
    G_22,
    G_44_L,
    G_4C_L,
};

static const struct x86_row groups[][8] = {
    [G_0E_L] = {
        [0] = R4(VPBLENDW, AVX, W, 0, Vx, Hx, Wx, Iub),
        [1] = R4(VPBLENDW, AVX2, W, 0, Vx, Hx, Wx, Iub),
    },
    [G_0F_L] = {
        [0] = R4(VPALIGNR, AVX, W, 0, Vx, Hx, Wx, Iub),
        [1] = R4(VPALIGNR, AVX2, W, 0, Vx, Hx, Wx, Iub),
    },
    [G_42_L] = {
        [0] = R4(VMPSADBW, AVX, W, 0, Vx, Hx, Wx, Iub),
        [1] = R4(VMPSADBW, AVX2, W, 0, Vx, Hx, Wx, Iub),
    },
    [G_16] = {
        [0] = R3(VPEXTRD, AVX, W, K_L0, Ed, Vdq, Iub),
        [1] = R3(VPEXTRQ, AVX, W, K_L0, Eq, Vdq, Iub),
    },
    [G_1D_L] = {
        [0] = R3(VCVTPS2PH, F16C, W, K_W0, Wq, Vdq, Iub),
        [1] = R3(VCVTPS2PH, F16C, W, K_W0, Wdq, Vqq, Iub),
    },
    [G_22] = {
        [0] = R4(VPINSRD, AVX, W, K_L0, Vdq, Hdq, Ed, Iub),
        [1] = R4(VPINSRQ, AVX, W, K_L0, Vdq, Hdq, Eq, Iub),
    },
    [G_44_L] = {
        [0] = R4(VPCLMULQDQ, PCLMULQDQ, W, 0, Vx, Hx, Wx, Iub),
        [1] = R4(VPCLMULQDQ, VPCLMULQDQ, W, 0, Vx, Hx, Wx, Iub),
    },
    [G_4C_L] = {
        [0] = R4(VPBLENDVB, AVX, W, K_W0, Vx, Hx, Wx, Lx),
        [1] = R4(VPBLENDVB, AVX2, W, K_W0, Vx, Hx, Wx, Lx),
    },
};

static const struct x86_row rows[256][4] = {
    [0x00][X86_PP_66] = R3(VPERMQ, AVX2, W, K_W1 | K_L1, Vx, Wx, Iub),
    [0x01][X86_PP_66] = R3(VPERMPD, AVX2, W, K_W1 | K_L1, Vx, Wx, Iub),
    [0x02][X86_PP_66] = R4(VPBLENDD, AVX2, W, K_W0, Vx, Hx, Wx, Iub),
    [0x04][X86_PP_66] = R3(VPERMILPS, AVX, W, K_W0, Vx, Wx, Iub),
    [0x05][X86_PP_66] = R3(VPERMILPD, AVX, W, K_W0, Vx, Wx, Iub),
    [0x06][X86_PP_66] = R4(VPERM2F128, AVX, W, K_W0 | K_L1, Vx, Hx, Wx, Iub),
    [0x08][X86_PP_66] = R3(VROUNDPS, AVX, W, 0, Vx, Wx, Iub),
    [0x09][X86_PP_66] = R3(VROUNDPD, AVX, W, 0, Vx, Wx, Iub),
    [0x0a][X86_PP_66] = R4(VROUNDSS, AVX, W, 0, Vdq, Hdq, Wd, Iub),
    [0x0b][X86_PP_66] = R4(VROUNDSD, AVX, W, 0, Vdq, Hdq, Wq, Iub),
    [0x0c][X86_PP_66] = R4(VBLENDPS, AVX, W, 0, Vx, Hx, Wx, Iub),
    [0x0d][X86_PP_66] = R4(VBLENDPD, AVX, W, 0, Vx, Hx, Wx, Iub),
    [0x0e][X86_PP_66] = RG(L, G_0E_L),
    [0x0f][X86_PP_66] = RG(L, G_0F_L),
    [0x14][X86_PP_66] = R3(VPEXTRB, AVX, W, K_L0, Edb, Vdq, Iub),
    [0x15][X86_PP_66] = R3(VPEXTRW, AVX, W, K_L0, Edw, Vdq, Iub),
    [0x16][X86_PP_66] = RG(W, G_16),
    [0x17][X86_PP_66] = R3(VEXTRACTPS, AVX, W, K_L0, Ed, Vdq, Iub),
    [0x18][X86_PP_66] = R4(VINSERTF128, AVX, W, K_W0 | K_L1, Vx, Hx, Wdq, Iub),
    [0x19][X86_PP_66] = R3(VEXTRACTF128, AVX, W, K_W0 | K_L1, Wdq, Vx, Iub),
    [0x1d][X86_PP_66] = RG(L, G_1D_L),
    [0x20][X86_PP_66] = R4(VPINSRB, AVX, W, K_L0, Vdq, Hdq, Edb, Iub),
    [0x21][X86_PP_66] = R4(VINSERTPS, AVX, W, K_L0, Vdq, Hdq, Wd, Iub),
    [0x22][X86_PP_66] = RG(W, G_22),
    [0x38][X86_PP_66] = R4(VINSERTI128, AVX2, W, K_W0 | K_L1, Vx, Hx, Wdq, Iub),
    [0x39][X86_PP_66] = R3(VEXTRACTI128, AVX2, W, K_W0 | K_L1, Wdq, Vx, Iub),
    [0x40][X86_PP_66] = R4(VDPPS, AVX, W, 0, Vx, Hx, Wx, Iub),
    [0x41][X86_PP_66] = R4(VDPPD, AVX, W, K_L0, Vdq, Hdq, Wdq, Iub),
    [0x42][X86_PP_66] = RG(L, G_42_L),
    [0x44][X86_PP_66] = RG(L, G_44_L),
    [0x46][X86_PP_66] = R4(VPERM2I128, AVX2, W, K_W0 | K_L1, Vx, Hx, Wx, Iub),
    [0x4a][X86_PP_66] = R4(VBLENDVPS, AVX, W, K_W0, Vx, Hx, Wx, Lx),
    [0x4b][X86_PP_66] = R4(VBLENDVPD, AVX, W, K_W0, Vx, Hx, Wx, Lx),
    [0x4c][X86_PP_66] = RG(L, G_4C_L),
    [0x60][X86_PP_66] = R3(VPCMPESTRM, AVX, R, K_L0, Vdq, Wdq, Iub),
    [0x61][X86_PP_66] = R3(VPCMPESTRI, AVX, R, K_L0, Vdq, Wdq, Iub),
    [0x62][X86_PP_66] = R3(VPCMPISTRM, AVX, R, K_L0, Vdq, Wdq, Iub),
    [0x63][X86_PP_66] = R3(VPCMPISTRI, AVX, R, K_L0, Vdq, Wdq, Iub),
    [0xce][X86_PP_66] = R4(VGF2P8AFFINEQB, GFNI, W, K_W1, Vx, Hx, Wx, Iub),
    [0xcf][X86_PP_66] = R4(VGF2P8AFFINEINVQB, GFNI, W, K_W1, Vx, Hx, Wx, Iub),
    [0xdf][X86_PP_66] = R3(VAESKEYGENASSIST, AES, W, K_L0, Vdq, Wdq, Iub),
    [0xf0][X86_PP_F2] = R3(RORX, BMI2, W, K_L0, Gy, Ey, Iub),
};

const struct x86_map x86_map_vex_0f3a = {&rows[0][0], groups, true};
