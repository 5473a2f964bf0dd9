/* SPDX-License-Identifier: MIT */
/*
 * Vector instructions that stubs cannot run, because memory is touched element by element (masked
 * moves, gathers) or because they concern the unit's state; and the frequent moves and logic
 * operations in C.
 */
#include "accel/x86/host_ops.h"
#include "accel/x86/interp.h"

/* --- masked stores of bytes: MASKMOVQ, MASKMOVDQU --------------------------------------------- */

static void store_masked_bytes(struct x86_cpu *cpu, const struct x86_insn *i, const uint8_t *src,
                               const uint8_t *mask, unsigned n)
{
    uint64_t off = x86_gpr_read(cpu, X86_RDI, i->adsize);
    bool user = x86_user(cpu);
    unsigned first = n, last = 0;
    for (unsigned k = 0; k < n; k++) {
        if (mask[k] & 0x80) {
            first = first == n ? k : first;
            last = k;
        }
    }
    if (first == n) {
        return;
    }
    uint64_t lin = x86_linear(cpu, i->seg, off + first, last - first + 1, X86_ACCESS_WRITE);
    x86_probe_write(cpu, lin, last - first + 1, user);
    for (unsigned k = first; k <= last; k++) {
        if (mask[k] & 0x80) {
            x86_store8(cpu, lin + (k - first), src[k], user);
        }
    }
}

static void exec_maskmovq(struct x86_cpu *cpu, const struct x86_insn *i)
{
    x86_check_mmx(cpu);
    uint8_t src[8], mask[8];
    memcpy(src, &cpu->st.fpu.r[i->modrm >> 3 & 7].mant, 8);
    memcpy(mask, &cpu->st.fpu.r[i->modrm & 7].mant, 8);
    store_masked_bytes(cpu, i, src, mask, 8);
    x86_enter_mmx(cpu);
}

static void exec_maskmovdqu(struct x86_cpu *cpu, const struct x86_insn *i)
{
    if (i->prefixes & X86_PFX_VEX) {
        x86_check_avx(cpu);
    } else {
        x86_check_sse(cpu);
    }
    unsigned reg = (i->modrm >> 3 & 7) | (i->rex << 1 & 8),
             rm = (i->modrm & 7u) | (i->rex << 3 & 8);
    store_masked_bytes(cpu, i, cpu->st.vec[reg].u8, cpu->st.vec[rm].u8, 16);
}

/* --- VMASKMOVPS/PD, VPMASKMOVD/Q -------------------------------------------------------------- */

static bool mask_bit(const union x86_vec *m, unsigned k, unsigned size)
{
    return size == 8 ? m->u64[k] >> 63 : m->u32[k] >> 31;
}

static void exec_vmaskmov(struct x86_cpu *cpu, const struct x86_insn *i)
{
    x86_check_avx(cpu);
    bool store = i->opcode == 0x2e || i->opcode == 0x2f || i->opcode == 0x8e;
    bool wide = i->op == X86_OP_VMASKMOVPD || i->op == X86_OP_VPMASKMOVQ;
    unsigned size = wide ? 8 : 4, bytes = i->vex_l ? 32 : 16, n = bytes / size;
    unsigned reg = (i->modrm >> 3 & 7) | (i->rex << 1 & 8);
    union x86_vec mask = cpu->st.vec[i->vvvv], v;
    memset(&v, 0, sizeof v);
    bool user = x86_user(cpu);
    uint64_t ea = x86_ea(cpu, i), lin[8];
    for (unsigned k = 0; k < n; k++) {
        if (!mask_bit(&mask, k, size)) {
            continue;
        }
        lin[k] = x86_linear(cpu, i->seg, ea + k * size, size,
                            store ? X86_ACCESS_WRITE : X86_ACCESS_READ);
        if (store) {
            x86_probe_write(cpu, lin[k], size, user);
        } else if (wide) {
            v.u64[k] = x86_load64(cpu, lin[k], user);
        } else {
            v.u32[k] = x86_load32(cpu, lin[k], user);
        }
    }
    if (!store) {
        cpu->st.vec[reg] = v;
        return;
    }
    for (unsigned k = 0; k < n; k++) {
        if (mask_bit(&mask, k, size) && wide) {
            x86_store64(cpu, lin[k], cpu->st.vec[reg].u64[k], user);
        } else if (mask_bit(&mask, k, size)) {
            x86_store32(cpu, lin[k], cpu->st.vec[reg].u32[k], user);
        }
    }
}

/* --- gathers ---------------------------------------------------------------------------------- */

/* VSIB: base + index vector element * scale + disp. The mask element is cleared with each element
 * done, so that a fault in the middle restarts where it was. */
static void exec_gather(struct x86_cpu *cpu, const struct x86_insn *i)
{
    x86_check_avx(cpu);
    bool qidx = i->op == X86_OP_VGATHERQPS || i->op == X86_OP_VGATHERQPD ||
                i->op == X86_OP_VPGATHERQD || i->op == X86_OP_VPGATHERQQ;
    bool qdata = i->op == X86_OP_VGATHERDPD || i->op == X86_OP_VGATHERQPD ||
                 i->op == X86_OP_VPGATHERDQ || i->op == X86_OP_VPGATHERQQ;
    unsigned bytes = i->vex_l ? 32 : 16, n = bytes / (qidx || qdata ? 8 : 4);
    unsigned reg = (i->modrm >> 3 & 7) | (i->rex << 1 & 8);
    union x86_vec *dst = &cpu->st.vec[reg], *mask = &cpu->st.vec[i->vvvv];
    union x86_vec idx = cpu->st.vec[i->index & 15];
    bool user = x86_user(cpu);
    uint64_t base = (uint64_t)(int64_t)i->disp;
    if (i->base < X86_GPR_COUNT) {
        base += cpu->st.gpr[i->base];
    }
    for (unsigned k = 0; k < n; k++) {
        if (!mask_bit(mask, k, qdata ? 8 : 4)) {
            continue;
        }
        int64_t x = qidx ? (int64_t)idx.u64[k] : (int32_t)idx.u32[k];
        uint64_t off = base + ((uint64_t)x << i->scale);
        off = i->adsize == 8 ? off : (uint32_t)off;
        uint64_t lin = x86_linear(cpu, i->seg, off, qdata ? 8 : 4, X86_ACCESS_READ);
        if (qdata) {
            dst->u64[k] = x86_load64(cpu, lin, user);
            mask->u64[k] = 0;
        } else {
            dst->u32[k] = x86_load32(cpu, lin, user);
            mask->u32[k] = 0;
        }
    }
    memset(mask, 0, sizeof *mask);
    unsigned used = n * (qdata ? 8 : 4);
    memset(dst->u8 + used, 0, sizeof *dst - used);
}

/* --- state ------------------------------------------------------------------------------------ */

static void exec_vzero(struct x86_cpu *cpu, const struct x86_insn *i)
{
    x86_check_avx(cpu);
    unsigned n = cpu->code_mode == 8 ? 16 : 8, keep = i->op == X86_OP_VZEROALL ? 0 : 16;
    for (unsigned k = 0; k < n; k++) {
        memset(cpu->st.vec[k].u8 + keep, 0, sizeof(union x86_vec) - keep);
    }
}

static void exec_emms(struct x86_cpu *cpu, const struct x86_insn *i)
{
    (void)i;
    x86_check_mmx(cpu);
    x86_enter_mmx(cpu);
    cpu->st.fpu.ftw = 0;
}

static void exec_mxcsr(struct x86_cpu *cpu, const struct x86_insn *i)
{
    if (i->prefixes & X86_PFX_VEX) {
        x86_check_avx(cpu);
    } else {
        x86_check_sse(cpu);
    }
    if (i->op == X86_OP_STMXCSR || i->op == X86_OP_VSTMXCSR) {
        x86_store32(cpu, x86_mem_lin(cpu, i, 4, X86_ACCESS_WRITE), cpu->st.fpu.mxcsr,
                    x86_user(cpu));
        return;
    }
    uint32_t v = x86_load32(cpu, x86_mem_lin(cpu, i, 4, X86_ACCESS_READ), x86_user(cpu));
    if (v & ~0xffffu) {
        x86_raise_error(cpu, X86_EXC_GP, 0);
    }
    cpu->st.fpu.mxcsr = v;
}

/* --- frequent moves --------------------------------------------------------------------------- */

#define REG(i) ((i)->opnd[0].reg)

/* Full-width legacy moves; an aligned form raises #GP(0) when it is not. */
#define DEFINE_MOVES(name, align)                                                  \
    static void exec_##name##_rr(struct x86_cpu *cpu, const struct x86_insn *i)    \
    {                                                                              \
        x86_check_sse(cpu);                                                        \
        memcpy(&cpu->st.vec[i->opnd[0].reg], &cpu->st.vec[i->opnd[1].reg], 16);    \
    }                                                                              \
    static void exec_##name##_load(struct x86_cpu *cpu, const struct x86_insn *i)  \
    {                                                                              \
        x86_check_sse(cpu);                                                        \
        uint64_t lin = x86_mem_lin(cpu, i, 16, X86_ACCESS_READ);                   \
        if (lin & ((align)-1)) {                                                   \
            x86_because(cpu, "the operand is not aligned");                        \
            x86_raise_error(cpu, X86_EXC_GP, 0);                                   \
        }                                                                          \
        uint8_t v[16];                                                             \
        x86_load_vec(cpu, lin, v, 16);                                             \
        memcpy(&cpu->st.vec[REG(i)], v, 16);                                       \
    }                                                                              \
    static void exec_##name##_store(struct x86_cpu *cpu, const struct x86_insn *i) \
    {                                                                              \
        x86_check_sse(cpu);                                                        \
        uint64_t lin = x86_mem_lin(cpu, i, 16, X86_ACCESS_WRITE);                  \
        if (lin & ((align)-1)) {                                                   \
            x86_because(cpu, "the operand is not aligned");                        \
            x86_raise_error(cpu, X86_EXC_GP, 0);                                   \
        }                                                                          \
        x86_store_vec(cpu, lin, &cpu->st.vec[i->opnd[1].reg], 16);                 \
    }
DEFINE_MOVES(mova, 16)
DEFINE_MOVES(movu, 1)
#undef DEFINE_MOVES

static x86_exec_fn *pick_move(const struct x86_insn *i, bool aligned)
{
    if (i->opnd[0].kind == X86_OPND_MEM) {
        return aligned ? exec_mova_store : exec_movu_store;
    }
    if (i->opnd[1].kind == X86_OPND_MEM) {
        return aligned ? exec_mova_load : exec_movu_load;
    }
    return aligned ? exec_mova_rr : exec_movu_rr;
}

static void exec_pxor_rr(struct x86_cpu *cpu, const struct x86_insn *i)
{
    x86_check_sse(cpu);
    union x86_vec *d = &cpu->st.vec[REG(i)];
    const union x86_vec *s = &cpu->st.vec[i->opnd[1].reg];
    d->u64[0] ^= s->u64[0];
    d->u64[1] ^= s->u64[1];
}

x86_exec_fn *x86_bind_vec(const struct x86_insn *i)
{
    switch (i->op) {
    case X86_OP_MASKMOVQ: return exec_maskmovq;
    case X86_OP_MASKMOVDQU:
    case X86_OP_VMASKMOVDQU: return exec_maskmovdqu;
    case X86_OP_VMASKMOVPS:
    case X86_OP_VMASKMOVPD:
    case X86_OP_VPMASKMOVD:
    case X86_OP_VPMASKMOVQ: return exec_vmaskmov;
    case X86_OP_VGATHERDPS:
    case X86_OP_VGATHERDPD:
    case X86_OP_VGATHERQPS:
    case X86_OP_VGATHERQPD:
    case X86_OP_VPGATHERDD:
    case X86_OP_VPGATHERDQ:
    case X86_OP_VPGATHERQD:
    case X86_OP_VPGATHERQQ: return exec_gather;
    case X86_OP_VZEROALL:
    case X86_OP_VZEROUPPER: return exec_vzero;
    case X86_OP_EMMS: return exec_emms;
    case X86_OP_LDMXCSR:
    case X86_OP_STMXCSR:
    case X86_OP_VLDMXCSR:
    case X86_OP_VSTMXCSR: return exec_mxcsr;
    case X86_OP_MOVAPS:
    case X86_OP_MOVAPD:
    case X86_OP_MOVDQA:
    case X86_OP_MOVNTPS:
    case X86_OP_MOVNTPD:
    case X86_OP_MOVNTDQ:
    case X86_OP_MOVNTDQA: return pick_move(i, true);
    case X86_OP_MOVUPS:
    case X86_OP_MOVUPD:
    case X86_OP_MOVDQU:
    case X86_OP_LDDQU: return pick_move(i, false);
    case X86_OP_PXOR:
    case X86_OP_XORPS:
    case X86_OP_XORPD:
        return i->cls == X86_CLS_SSE && i->opnd[1].kind == X86_OPND_XMM ? exec_pxor_rr : NULL;
    default: return NULL;
    }
}
