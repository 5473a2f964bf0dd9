/* SPDX-License-Identifier: MIT */
/*
 * x87: arithmetic runs on the host's own unit through stubs that load and save its whole state
 * (thunk.h), control instructions and environments are C. Intel SDM vol. 1 chapter 8, vol. 3 22.18.
 */
#include "accel/x86/block.h"
#include "accel/x86/flags.h"
#include "accel/x86/host_ops.h"
#include "accel/x86/interp.h"
#include "accel/x86/thunk.h"

#define FSW_ES       0x80
#define FSW_B        0x8000
#define FSW_EXC      0x3f
#define FSW_TOP(fsw) ((fsw) >> 11 & 7)

void x86_fpu_update_es(struct x86_fpu *f)
{
    if (f->fsw & ~f->fcw & FSW_EXC) {
        f->fsw |= FSW_ES | FSW_B;
    } else {
        f->fsw &= (uint16_t) ~(FSW_ES | FSW_B);
    }
}

void x86_fpu_init(struct x86_fpu *f)
{
    f->fcw = 0x37f;
    f->fsw = 0;
    f->ftw = 0;
    f->fop = f->fcs = f->fds = 0;
    f->fip = f->fdp = 0;
}

/* SDM vol. 1, 8.7: with CR0.NE = 0 the error goes to the board, and unless that asserts IGNNE# the
 * processor waits for an interrupt, which returns to this instruction. */
static void error_changed(struct x86_cpu *cpu)
{
    bool active = cpu->st.fpu.fsw & FSW_ES;
    if (active && (cpu->st.cr0 & X86_CR0_NE)) {
        x86_raise(cpu, X86_EXC_MF);
    }
    if (!cpu->bus.ferr) {
        return;
    }
    cpu->ferr = active;
    if (!cpu->bus.ferr(cpu->bus.opaque, active) && active) {
        cpu->exit_reason = X86_STOP_HLT;
        x86_block_leave(cpu);
    }
}

void x86_check_mf(struct x86_cpu *cpu)
{
    if (UNLIKELY((cpu->st.fpu.fsw & FSW_ES) || cpu->ferr)) {
        error_changed(cpu);
    }
}

void x86_check_x87(struct x86_cpu *cpu)
{
    if (UNLIKELY(cpu->st.cr0 & (X86_CR0_EM | X86_CR0_TS))) {
        x86_raise(cpu, X86_EXC_NM);
    }
}

/* --- tags ------------------------------------------------------------------------------------- */

/* 0 valid, 1 zero, 2 special, 3 empty. */
static unsigned tag_of(const struct x86_fpreg *r)
{
    unsigned e = r->se & 0x7fff;
    if (e == 0x7fff || (e == 0 && r->mant) || (e && !(r->mant >> 63))) {
        return 2;
    }
    return e == 0 ? 1 : 0;
}

uint16_t x86_fpu_full_tag(const struct x86_fpu *f)
{
    unsigned tag = 0;
    for (unsigned k = 0; k < 8; k++) {
        tag |= (f->ftw >> k & 1 ? tag_of(&f->r[k]) : 3u) << (2 * k);
    }
    return (uint16_t)tag;
}

uint8_t x86_fpu_abridged_tag(uint16_t full)
{
    unsigned tag = 0;
    for (unsigned k = 0; k < 8; k++) {
        tag |= (full >> (2 * k) & 3) != 3 ? 1u << k : 0;
    }
    return (uint8_t)tag;
}

/* --- running on the host ---------------------------------------------------------------------- */

static void image_in(struct x86_cpu *cpu)
{
    const struct x86_fpu *f = &cpu->st.fpu;
    uint8_t *fx = cpu->io.fx;
    unsigned top = FSW_TOP(f->fsw);
    uint16_t tag = f->ftw;
    memcpy(fx, &f->fcw, 2);
    memcpy(fx + 2, &f->fsw, 2);
    memcpy(fx + 4, &tag, 2);
    memset(fx + 6, 0, 18);
    memcpy(fx + 24, &cpu->io.host_mxcsr, 4);
    for (unsigned k = 0; k < 8; k++) {
        memcpy(fx + 32 + 16 * k, &f->r[(top + k) & 7], 10);
    }
}

static void image_out(struct x86_cpu *cpu)
{
    struct x86_fpu *f = &cpu->st.fpu;
    const uint8_t *fx = cpu->io.fx;
    memcpy(&f->fsw, fx + 2, 2);
    f->ftw = fx[4];
    unsigned top = FSW_TOP(f->fsw);
    for (unsigned k = 0; k < 8; k++) {
        memcpy(&f->r[(top + k) & 7], fx + 32 + 16 * k, 10);
    }
}

/* The pointers to the last instruction and its operand. */
static void note_pointers(struct x86_cpu *cpu, const struct x86_insn *i)
{
    struct x86_fpu *f = &cpu->st.fpu;
    f->fip = cpu->st.rip;
    f->fcs = cpu->st.seg[X86_CS].sel;
    f->fop = (uint16_t)((i->opcode & 7) << 8 | i->modrm);
    if (x86_insn_has_mem(i)) {
        f->fdp = x86_ea(cpu, i);
        f->fds = cpu->st.seg[i->seg].sel;
    }
}

static const struct x86_operand *mem_operand(const struct x86_insn *i)
{
    for (unsigned k = 0; k < i->nopnd; k++) {
        if (i->opnd[k].kind == X86_OPND_MEM) {
            return &i->opnd[k];
        }
    }
    return NULL;
}

/* An unmasked exception other than inexact keeps FST and its kin from storing. */
static bool store_happens(const struct x86_fpu *f)
{
    return !(f->fsw & ~f->fcw & FSW_EXC & ~0x20);
}

/* With CR0.NE = 0 an unmasked exception may be pending and ignored. The host would trap on it at
 * the next instruction, so it stays out of the image: returns its flags, to be put back later. */
static unsigned take_pending(struct x86_fpu *f)
{
    unsigned pending = f->fsw & ~f->fcw & FSW_EXC;
    if (LIKELY(!pending)) {
        f->fsw &= (uint16_t)~(FSW_ES | FSW_B); /* as a guest may have loaded them */
        return 0;
    }
    pending = f->fsw & FSW_EXC;
    f->fsw &= (uint16_t)~(FSW_EXC | FSW_ES | FSW_B);
    return pending;
}

static void exec_x87(struct x86_cpu *cpu, const struct x86_insn *i)
{
    const struct x86_stub *s = x86_stub_of(cpu, i);
    x86_check_x87(cpu);
    x86_check_mf(cpu);
    const struct x86_operand *mem = mem_operand(i);
    bool store = mem && (mem->access & X86_ACC_W);
    uint64_t lin = 0;
    if (mem) {
        lin = x86_mem_lin(cpu, i, mem->size, store ? X86_ACCESS_WRITE : X86_ACCESS_READ);
        if (store) {
            x86_probe_write(cpu, lin, mem->size, x86_user(cpu));
        } else {
            x86_load_bytes(cpu, lin, cpu->mem_buf, mem->size, x86_user(cpu));
        }
    }
    unsigned pending = take_pending(&cpu->st.fpu);
    image_in(cpu);
    if (s->props & X86_STUB_FLAGS_IN) {
        cpu->io.flags = x86_arith_flags(cpu) | 2;
    }
    s->run(cpu, NULL, cpu->mem_buf, NULL, NULL);
    image_out(cpu);
    bool stores = store_happens(&cpu->st.fpu);
    cpu->st.fpu.fsw |= (uint16_t)pending;
    x86_fpu_update_es(&cpu->st.fpu);
    note_pointers(cpu, i);
    if (s->props & X86_STUB_FLAGS_OUT) {
        x86_set_arith_flags(cpu, (uint32_t)cpu->io.flags & X86_FL_ARITH);
    }
    if (store && stores) {
        x86_store_bytes(cpu, lin, cpu->mem_buf, mem->size, x86_user(cpu));
    }
}

/* --- control ---------------------------------------------------------------------------------- */

static void exec_fnop(struct x86_cpu *cpu, const struct x86_insn *i)
{
    (void)i;
    x86_check_x87(cpu);
    x86_check_mf(cpu);
}

static void exec_fwait(struct x86_cpu *cpu, const struct x86_insn *i)
{
    (void)i;
    if ((cpu->st.cr0 & X86_CR0_MP) && (cpu->st.cr0 & X86_CR0_TS)) {
        x86_raise(cpu, X86_EXC_NM);
    }
    x86_check_mf(cpu);
}

/* FNENI, FNDISI, FNSETPM: of the 8087 and 80287, do nothing since. */
static void exec_nothing(struct x86_cpu *cpu, const struct x86_insn *i)
{
    (void)i;
    x86_check_x87(cpu);
}

static void exec_fninit(struct x86_cpu *cpu, const struct x86_insn *i)
{
    (void)i;
    x86_check_x87(cpu);
    x86_fpu_init(&cpu->st.fpu);
}

static void exec_fnclex(struct x86_cpu *cpu, const struct x86_insn *i)
{
    (void)i;
    x86_check_x87(cpu);
    cpu->st.fpu.fsw &= 0x7f00;
}

static void exec_fldcw(struct x86_cpu *cpu, const struct x86_insn *i)
{
    x86_check_x87(cpu);
    x86_check_mf(cpu);
    uint16_t v = x86_load16(cpu, x86_mem_lin(cpu, i, 2, X86_ACCESS_READ), x86_user(cpu));
    cpu->st.fpu.fcw = (v & 0x1f3f) | 0x40;
    x86_fpu_update_es(&cpu->st.fpu);
}

static void exec_fnstcw(struct x86_cpu *cpu, const struct x86_insn *i)
{
    x86_check_x87(cpu);
    x86_store16(cpu, x86_mem_lin(cpu, i, 2, X86_ACCESS_WRITE), cpu->st.fpu.fcw, x86_user(cpu));
}

static void exec_fnstsw(struct x86_cpu *cpu, const struct x86_insn *i)
{
    x86_check_x87(cpu);
    if (x86_insn_has_mem(i)) {
        x86_store16(cpu, x86_mem_lin(cpu, i, 2, X86_ACCESS_WRITE), cpu->st.fpu.fsw, x86_user(cpu));
    } else {
        x86_gpr_write(cpu, X86_RAX, cpu->st.fpu.fsw, 2);
    }
}

/* --- environment: FNSTENV, FLDENV, FNSAVE, FRSTOR --------------------------------------------- */

/* Real-address and virtual-8086 mode store linear addresses, protected mode selectors. */
static bool real_format(const struct x86_cpu *cpu)
{
    return !(cpu->st.cr0 & X86_CR0_PE) || (cpu->st.rflags & X86_FL_VM);
}

static void put16(uint8_t *p, unsigned v)
{
    p[0] = (uint8_t)v;
    p[1] = (uint8_t)(v >> 8);
}

static void put32(uint8_t *p, uint32_t v)
{
    put16(p, v & 0xffff);
    put16(p + 2, v >> 16);
}

static unsigned get16(const uint8_t *p)
{
    return p[0] | (unsigned)p[1] << 8;
}

static uint32_t get32(const uint8_t *p)
{
    return get16(p) | (uint32_t)get16(p + 2) << 16;
}

static void env_build(const struct x86_cpu *cpu, uint8_t *e, bool wide)
{
    const struct x86_fpu *f = &cpu->st.fpu;
    unsigned step = wide ? 4 : 2;
    memset(e, wide ? 0xff : 0, 28);
    put16(e, f->fcw);
    put16(e + step, f->fsw);
    put16(e + 2 * step, x86_fpu_full_tag(f));
    uint32_t ip = (uint32_t)f->fip, dp = (uint32_t)f->fdp;
    if (real_format(cpu)) {
        uint32_t lip = ip + ((uint32_t)f->fcs << 4), ldp = dp + ((uint32_t)f->fds << 4);
        if (wide) {
            put32(e + 12, (lip & 0xffff));
            put32(e + 16, (lip >> 16 << 12 & 0xffff000) | (f->fop & 0x7ffu));
            put32(e + 20, (ldp & 0xffff));
            put32(e + 24, ldp >> 16 << 12 & 0xffff000);
        } else {
            put16(e + 6, lip & 0xffff);
            put16(e + 8, (lip >> 4 & 0xf000) | (f->fop & 0x7ffu));
            put16(e + 10, ldp & 0xffff);
            put16(e + 12, ldp >> 4 & 0xf000);
        }
    } else if (wide) {
        put32(e + 12, ip);
        put32(e + 16, f->fcs | (uint32_t)(f->fop & 0x7ff) << 16);
        put32(e + 20, dp);
        put32(e + 24, f->fds | 0xffff0000u);
    } else {
        put16(e + 6, ip & 0xffff);
        put16(e + 8, f->fcs);
        put16(e + 10, dp & 0xffff);
        put16(e + 12, f->fds);
    }
}

static void env_parse(struct x86_cpu *cpu, const uint8_t *e, bool wide)
{
    struct x86_fpu *f = &cpu->st.fpu;
    unsigned step = wide ? 4 : 2;
    f->fcw = (get16(e) & 0x1f3f) | 0x40;
    f->fsw = (uint16_t)get16(e + step);
    f->ftw = x86_fpu_abridged_tag((uint16_t)get16(e + 2 * step));
    f->fcs = f->fds = 0;
    if (real_format(cpu)) {
        f->fop = (wide ? get32(e + 16) : get16(e + 8)) & 0x7ff;
        f->fip = wide ? get16(e + 12) | (get32(e + 16) >> 12 & 0xffff) << 16
                      : get16(e + 6) | (uint32_t)(get16(e + 8) & 0xf000) << 4;
        f->fdp = wide ? get16(e + 20) | (get32(e + 24) >> 12 & 0xffff) << 16
                      : get16(e + 10) | (uint32_t)(get16(e + 12) & 0xf000) << 4;
    } else if (wide) {
        f->fip = get32(e + 12);
        f->fcs = (uint16_t)get16(e + 16);
        f->fop = get16(e + 18) & 0x7ff;
        f->fdp = get32(e + 20);
        f->fds = (uint16_t)get16(e + 24);
    } else {
        f->fip = get16(e + 6);
        f->fcs = (uint16_t)get16(e + 8);
        f->fdp = get16(e + 10);
        f->fds = (uint16_t)get16(e + 12);
    }
    x86_fpu_update_es(f);
}

static void exec_fnstenv(struct x86_cpu *cpu, const struct x86_insn *i)
{
    bool wide = i->opsize != 2;
    uint8_t env[28];
    x86_check_x87(cpu);
    env_build(cpu, env, wide);
    x86_store_bytes(cpu, x86_mem_lin(cpu, i, wide ? 28 : 14, X86_ACCESS_WRITE), env, wide ? 28 : 14,
                    x86_user(cpu));
    cpu->st.fpu.fcw |= FSW_EXC;
    x86_fpu_update_es(&cpu->st.fpu);
}

static void exec_fldenv(struct x86_cpu *cpu, const struct x86_insn *i)
{
    bool wide = i->opsize != 2;
    uint8_t env[28];
    x86_check_x87(cpu);
    x86_check_mf(cpu);
    x86_load_bytes(cpu, x86_mem_lin(cpu, i, wide ? 28 : 14, X86_ACCESS_READ), env, wide ? 28 : 14,
                   x86_user(cpu));
    env_parse(cpu, env, wide);
}

static void exec_fnsave(struct x86_cpu *cpu, const struct x86_insn *i)
{
    bool wide = i->opsize != 2;
    unsigned env = wide ? 28 : 14, top = FSW_TOP(cpu->st.fpu.fsw);
    uint8_t area[28 + 80];
    x86_check_x87(cpu);
    env_build(cpu, area, wide);
    for (unsigned k = 0; k < 8; k++) {
        memcpy(area + env + 10 * k, &cpu->st.fpu.r[(top + k) & 7], 10);
    }
    x86_store_bytes(cpu, x86_mem_lin(cpu, i, env + 80, X86_ACCESS_WRITE), area, env + 80,
                    x86_user(cpu));
    x86_fpu_init(&cpu->st.fpu);
}

static void exec_frstor(struct x86_cpu *cpu, const struct x86_insn *i)
{
    bool wide = i->opsize != 2;
    unsigned env = wide ? 28 : 14;
    uint8_t area[28 + 80];
    x86_check_x87(cpu);
    x86_check_mf(cpu);
    x86_load_bytes(cpu, x86_mem_lin(cpu, i, env + 80, X86_ACCESS_READ), area, env + 80,
                   x86_user(cpu));
    env_parse(cpu, area, wide);
    unsigned top = FSW_TOP(cpu->st.fpu.fsw);
    for (unsigned k = 0; k < 8; k++) {
        memcpy(&cpu->st.fpu.r[(top + k) & 7], area + env + 10 * k, 10);
    }
}

x86_exec_fn *x86_bind_x87(const struct x86_insn *i)
{
    switch (i->op) {
    case X86_OP_FWAIT: return exec_fwait;
    case X86_OP_FNOP: return exec_fnop;
    case X86_OP_FNENI:
    case X86_OP_FNDISI:
    case X86_OP_FNSETPM: return exec_nothing;
    case X86_OP_FNINIT: return exec_fninit;
    case X86_OP_FNCLEX: return exec_fnclex;
    case X86_OP_FLDCW: return exec_fldcw;
    case X86_OP_FNSTCW: return exec_fnstcw;
    case X86_OP_FNSTSW: return exec_fnstsw;
    case X86_OP_FNSTENV: return exec_fnstenv;
    case X86_OP_FLDENV: return exec_fldenv;
    case X86_OP_FNSAVE: return exec_fnsave;
    case X86_OP_FRSTOR: return exec_frstor;
    default: return exec_x87;
    }
}
