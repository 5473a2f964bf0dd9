/* SPDX-License-Identifier: MIT */
#include "accel/tcg/x86_64/emit.h"

#include <string.h>

void emit_8(struct emit *e, unsigned v)
{
    if (e->p < e->end) {
        *e->p++ = (uint8_t)v;
    } else {
        e->full = true;
    }
}

void emit_32(struct emit *e, uint32_t v)
{
    for (unsigned k = 0; k < 4; k++) {
        emit_8(e, v >> (8 * k) & 0xff);
    }
}

void emit_64(struct emit *e, uint64_t v)
{
    emit_32(e, (uint32_t)v);
    emit_32(e, (uint32_t)(v >> 32));
}

/* Does an operand of this instruction name SPL, BPL, SIL, DIL unless there is a REX prefix? */
static bool byte_regs(unsigned size, unsigned opc)
{
    return size == 1 || opc == 0x0fb6 || opc == 0x0fbe || (opc & 0xfff0) == 0x0f90;
}

static void head(struct emit *e, unsigned size, unsigned opc, unsigned reg, unsigned index,
                 unsigned base)
{
    unsigned rex =
        0x40u | (unsigned)(size == 8) << 3 | (reg >> 3) << 2 | (index >> 3) << 1 | base >> 3;
    if (size == 2) {
        emit_8(e, 0x66);
    }
    if (rex != 0x40 || byte_regs(size, opc)) {
        emit_8(e, rex);
    }
    if (opc > 0xff) {
        emit_8(e, opc >> 8);
    }
    emit_8(e, opc & 0xff);
}

void emit_xrr(struct emit *e, unsigned size, unsigned opc, unsigned reg, unsigned rm)
{
    head(e, size, opc, reg, 0, rm);
    emit_8(e, 0xc0 | (reg & 7) << 3 | (rm & 7));
}

static bool fits8(int32_t v)
{
    return v == (int8_t)v;
}

void emit_xrm(struct emit *e, unsigned size, unsigned opc, unsigned reg, unsigned base,
              int32_t disp)
{
    head(e, size, opc, reg, 0, base);
    unsigned mod = disp == 0 && (base & 7) != H_RBP ? 0 : fits8(disp) ? 1 : 2;
    emit_8(e, mod << 6 | (reg & 7) << 3 | (base & 7));
    if ((base & 7) == H_RSP) {
        emit_8(e, 0x24);
    }
    if (mod == 1) {
        emit_8(e, (uint8_t)disp);
    } else if (mod == 2) {
        emit_32(e, (uint32_t)disp);
    }
}

void emit_modrm_cpu(struct emit *e, unsigned reg, int32_t off, unsigned imm)
{
    emit_8(e, (reg & 7) << 3 | H_RBP);
    emit_32(e, (uint32_t)(e->cpu + off - ((intptr_t)e->p + 4 + (intptr_t)imm)));
}

void emit_xrc(struct emit *e, unsigned size, unsigned opc, unsigned reg, int32_t off, unsigned imm)
{
    head(e, size, opc, reg, 0, 0);
    emit_modrm_cpu(e, reg, off, imm);
}

void emit_modrm_mem(struct emit *e, unsigned reg, const struct emit_mem *m)
{
    unsigned b = m->base < 0 ? H_RBP : (unsigned)m->base, r = (reg & 7) << 3;
    unsigned mod = m->base < 0                          ? 0
                   : m->disp == 0 && (b & 7) != H_RBP ? 0
                   : fits8(m->disp)                   ? 1
                                                      : 2;
    if (m->index >= 0 || m->base < 0 || (b & 7) == H_RSP) {
        unsigned x = m->index < 0 ? H_RSP : (unsigned)m->index;
        emit_8(e, mod << 6 | r | H_RSP);
        emit_8(e, m->scale << 6 | (x & 7) << 3 | (b & 7));
    } else {
        emit_8(e, mod << 6 | r | (b & 7));
    }
    if (mod == 1) {
        emit_8(e, (uint8_t)m->disp);
    } else if (mod == 2 || m->base < 0) {
        emit_32(e, (uint32_t)m->disp);
    }
}

void emit_xrmm(struct emit *e, unsigned size, unsigned opc, unsigned reg, const struct emit_mem *m)
{
    head(e, size, opc, reg, m->index < 0 ? 0 : (unsigned)m->index,
         m->base < 0 ? 0 : (unsigned)m->base);
    emit_modrm_mem(e, reg, m);
}

void emit_xrmx(struct emit *e, unsigned size, unsigned opc, unsigned reg, int base, unsigned index,
               unsigned scale, int32_t disp)
{
    emit_xrmm(e, size, opc, reg, &(struct emit_mem){ base, (int)index, scale, disp });
}

void emit_imm(struct emit *e, unsigned size, int32_t imm)
{
    if (size == 1) {
        emit_8(e, (uint8_t)imm);
    } else if (size == 2) {
        emit_8(e, (uint8_t)imm);
        emit_8(e, (uint8_t)(imm >> 8));
    } else {
        emit_32(e, (uint32_t)imm);
    }
}

void emit_alu_ri(struct emit *e, unsigned size, unsigned alu, unsigned rm, int32_t imm)
{
    bool small = size == 1 || fits8(imm);
    emit_xrr(e, size, size == 1 ? 0x80 : small ? 0x83 : 0x81, alu, rm);
    emit_imm(e, small ? 1 : size, imm);
}

void emit_alu_mi(struct emit *e, unsigned size, unsigned alu, unsigned base, int32_t disp,
                 int32_t imm)
{
    bool small = size == 1 || fits8(imm);
    emit_xrm(e, size, size == 1 ? 0x80 : small ? 0x83 : 0x81, alu, base, disp);
    emit_imm(e, small ? 1 : size, imm);
}

void emit_alu_mmi(struct emit *e, unsigned size, unsigned alu, const struct emit_mem *m,
                  int32_t imm)
{
    bool small = size == 1 || fits8(imm);
    emit_xrmm(e, size, size == 1 ? 0x80 : small ? 0x83 : 0x81, alu, m);
    emit_imm(e, small ? 1 : size, imm);
}

void emit_alu_ci(struct emit *e, unsigned size, unsigned alu, int32_t off, int32_t imm)
{
    bool small = size == 1 || fits8(imm);
    unsigned n = small ? 1 : size == 2 ? 2 : 4;
    emit_xrc(e, size, size == 1 ? 0x80 : small ? 0x83 : 0x81, alu, off, n);
    emit_imm(e, n, imm);
}

void emit_mov_ri(struct emit *e, unsigned reg, uint64_t imm)
{
    if (imm <= 0xffffffffu) {
        if (reg >> 3) {
            emit_8(e, 0x41);
        }
        emit_8(e, 0xb8 | (reg & 7));
        emit_32(e, (uint32_t)imm);
    } else if ((int64_t)imm == (int32_t)imm) {
        emit_xrr(e, 8, 0xc7, 0, reg);
        emit_32(e, (uint32_t)imm);
    } else {
        emit_8(e, 0x48 | reg >> 3);
        emit_8(e, 0xb8 | (reg & 7));
        emit_64(e, imm);
    }
}

uint8_t *emit_jmp(struct emit *e)
{
    emit_8(e, 0xe9);
    emit_32(e, 0);
    return e->p - 4;
}

uint8_t *emit_jcc(struct emit *e, unsigned cc)
{
    emit_8(e, 0x0f);
    emit_8(e, 0x80 | cc);
    emit_32(e, 0);
    return e->p - 4;
}

void emit_patch(uint8_t *site, const uint8_t *target)
{
    int32_t rel = (int32_t)(target - (site + 4));
    memcpy(site, &rel, 4);
}

void emit_jmp_to(struct emit *e, const uint8_t *target)
{
    uint8_t *site = emit_jmp(e);
    if (!e->full) {
        emit_patch(site, target);
    }
}

void emit_call_to(struct emit *e, const uint8_t *target)
{
    emit_8(e, 0xe8);
    emit_32(e, 0);
    if (!e->full) {
        emit_patch(e->p - 4, target);
    }
}
