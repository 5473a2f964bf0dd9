/* SPDX-License-Identifier: MIT */
/*
 * Moving the guest's x87 and MMX state into the host's unit and back. It is there only while all
 * its exceptions are masked and none is pending, so that the host's unit never traps. FRSTOR and
 * FNSAVE are used because they leave the vector registers alone; their image has the registers in
 * the order of the stack and two bits of tag for each (SDM vol. 1, 8.1.10), struct x86_fpu by
 * number and one bit.
 */
#include <stddef.h>

#include "accel/tcg/x86_64/stubs_x87.h"

#define IMAGE    OFF(io.fx)
#define IMG_FSW  4
#define IMG_FTW  8
#define IMG_PTRS 12
#define IMG_REGS 28

enum { CR0_EM_TS = 4 | 8, FCW_MASKS = 0x3f, FSW_PENDING = 0x8080 };

static void emit_lea_cpu(struct emit *e, unsigned reg, int32_t off)
{
    emit_xrc(e, 8, 0x8d, reg, off, 0);
}

static void emit_test_c(struct emit *e, int32_t off, uint32_t imm)
{
    emit_xrc(e, 4, 0xf7, 0, off, 4);
    emit_32(e, imm);
}

/* a = (a | a << n) & mask, or >>; clobbers b */
static void emit_spread(struct emit *e, bool right, unsigned a, unsigned b, unsigned n,
                        int32_t mask)
{
    emit_xrr(e, 4, 0x8b, b, a);
    emit_xrr(e, 4, 0xc1, right ? 5 : 4, b);
    emit_8(e, n);
    emit_xrr(e, 4, 0x0b, a, b);
    emit_alu_ri(e, 4, 4, a, mask);
}

/* a = offset of ST(0) among the registers, from FSW in a */
static void emit_top(struct emit *e, unsigned a)
{
    emit_xrr(e, 4, 0xc1, 5, a);
    emit_8(e, 11 - 4);
    emit_alu_ri(e, 4, 4, a, 0x70);
}

/* Between registers at [regs + at] and the image at [img]; clobbers tmp, advances at. */
static void emit_copy(struct emit *e, bool to_image, unsigned regs, unsigned at, unsigned img,
                      unsigned tmp)
{
    for (int32_t k = 0; k < 8; k++) {
        int32_t st = IMG_REGS + 10 * k;
        if (to_image) {
            emit_xrmx(e, 8, 0x8b, tmp, (int)regs, at, 0, 0);
            emit_xrm(e, 8, 0x89, tmp, img, st);
            emit_xrmx(e, 4, 0x0fb7, tmp, (int)regs, at, 0, 8);
            emit_xrm(e, 2, 0x89, tmp, img, st + 8);
        } else {
            emit_xrm(e, 8, 0x8b, tmp, img, st);
            emit_xrmx(e, 8, 0x89, tmp, (int)regs, at, 0, 0);
            emit_xrm(e, 4, 0x0fb7, tmp, img, st + 8);
            emit_xrmx(e, 2, 0x89, tmp, (int)regs, at, 0, 8);
        }
        emit_alu_ri(e, 4, 0, at, 16);
        emit_alu_ri(e, 4, 4, at, 0x7f);
    }
}

void jit_stub_x87_load(struct emit *e)
{
    uint8_t *no[3];
    emit_test_c(e, OFF(st.cr0), CR0_EM_TS);
    no[0] = emit_jcc(e, 5);
    emit_xrc(e, 4, 0x0fb7, T0, OFF(st.fpu.fcw), 0);
    emit_xrr(e, 4, 0x8b, T1, T0);
    emit_alu_ri(e, 4, 4, T1, FCW_MASKS);
    emit_alu_ri(e, 4, 7, T1, FCW_MASKS);
    no[1] = emit_jcc(e, 5);
    emit_xrc(e, 4, 0x0fb7, T1, OFF(st.fpu.fsw), 0);
    emit_xrr(e, 4, 0xf7, 0, T1);
    emit_32(e, FSW_PENDING);
    no[2] = emit_jcc(e, 5);
    emit_8(e, 0x51); /* PUSH rcx, rdx */
    emit_8(e, 0x52);
    emit_lea_cpu(e, H_RCX, OFF(st.fpu.r));
    emit_lea_cpu(e, H_RDX, IMAGE);
    emit_xrm(e, 4, 0x89, T0, H_RDX, 0);
    emit_xrm(e, 4, 0x89, T1, H_RDX, IMG_FSW);
    emit_xrc(e, 4, 0x0fb6, T0, OFF(st.fpu.ftw), 0);
    emit_alu_ri(e, 4, 6, T0, 0xff); /* empty ones */
    emit_spread(e, false, T0, T2, 4, 0x0f0f);
    emit_spread(e, false, T0, T2, 2, 0x3333);
    emit_spread(e, false, T0, T2, 1, 0x5555);
    emit_xrmx(e, 4, 0x8d, T0, (int)T0, T0, 1, 0);
    emit_xrm(e, 4, 0x89, T0, H_RDX, IMG_FTW);
    emit_xrr(e, 4, 0x33, T0, T0);
    emit_xrm(e, 8, 0x89, T0, H_RDX, IMG_PTRS);
    emit_xrm(e, 8, 0x89, T0, H_RDX, IMG_PTRS + 8);
    emit_top(e, T1);
    emit_copy(e, true, H_RCX, T1, H_RDX, T0);
    emit_xrm(e, 4, 0xdd, 4, H_RDX, 0); /* FRSTOR */
    emit_8(e, 0x5a);
    emit_8(e, 0x59);
    emit_alu_ci(e, 1, 1, OFF(jit.live), JIT_LIVE_X87);
    for (unsigned k = 0; k < 3; k++) {
        emit_patch(no[k], e->p);
    }
    emit_8(e, 0xc3);
}

void jit_emit_x87_save(struct emit *e)
{
    emit_xrc(e, 1, 0xf6, 0, OFF(jit.live), 1);
    emit_8(e, JIT_LIVE_X87);
    uint8_t *none = emit_jcc(e, 4);
    emit_lea_cpu(e, H_RCX, OFF(st.fpu.r));
    emit_lea_cpu(e, H_RDX, IMAGE);
    emit_xrm(e, 4, 0xdd, 6, H_RDX, 0); /* FNSAVE, and FNINIT */
    emit_xrm(e, 4, 0x8b, H_R8, H_RDX, 0);
    emit_xrc(e, 2, 0x89, H_R8, OFF(st.fpu.fcw), 0);
    emit_xrm(e, 4, 0x0fb7, H_R8, H_RDX, IMG_FSW);
    emit_xrc(e, 2, 0x89, H_R8, OFF(st.fpu.fsw), 0);
    emit_xrm(e, 4, 0x8b, H_RSI, H_RDX, IMG_FTW);
    emit_xrr(e, 4, 0x8b, H_R9, H_RSI);
    emit_xrr(e, 4, 0xc1, 5, H_R9);
    emit_8(e, 1);
    emit_xrr(e, 4, 0x23, H_RSI, H_R9);
    emit_alu_ri(e, 4, 4, H_RSI, 0x5555); /* tag 3: empty */
    emit_spread(e, true, H_RSI, H_R9, 1, 0x3333);
    emit_spread(e, true, H_RSI, H_R9, 2, 0x0f0f);
    emit_spread(e, true, H_RSI, H_R9, 4, 0x00ff);
    emit_alu_ri(e, 4, 6, H_RSI, 0xff);
    emit_xrc(e, 1, 0x88, H_RSI, OFF(st.fpu.ftw), 0);
    emit_top(e, H_R8);
    emit_copy(e, false, H_RCX, H_R8, H_RDX, H_R9);
    emit_patch(none, e->p);
}
