/* SPDX-License-Identifier: MIT */
/*
 * FXSAVE, FXRSTOR, XSAVE, XSAVEOPT, XSAVEC, XRSTOR. Intel SDM vol. 1 sections 10.5 and 13.
 * Components offered: x87 (0), SSE (1), AVX (2), PKRU (9). XSAVES and XRSTORS are not.
 */
#include "accel/x86/host_ops.h"
#include "accel/x86/interp.h"

#define XC_X87      1ull
#define XC_SSE      2ull
#define XC_AVX      4ull
#define XC_PKRU     (1ull << 9)
#define LEGACY_SIZE 512
#define HEADER      512
#define AVX_OFF     576
#define AVX_SIZE    256
#define PKRU_OFF    2688 /* as CPUID leaf Dh says for the standard format */
#define AREA_MAX    4096
#define COMPACT     (1ull << 63)
#define MXCSR_VALID 0xffffu

static void put(uint8_t *p, const void *v, size_t n)
{
    memcpy(p, v, n);
}

/* --- the legacy area -------------------------------------------------------------------------- */

static void legacy_x87_out(const struct x86_cpu *cpu, uint8_t *a, bool rex_w)
{
    const struct x86_fpu *f = &cpu->st.fpu;
    unsigned top = f->fsw >> 11 & 7;
    uint32_t ip = (uint32_t)f->fip, dp = (uint32_t)f->fdp;
    put(a, &f->fcw, 2);
    put(a + 2, &f->fsw, 2);
    a[4] = f->ftw;
    a[5] = 0;
    put(a + 6, &f->fop, 2);
    if (rex_w) {
        put(a + 8, &f->fip, 8);
        put(a + 16, &f->fdp, 8);
    } else {
        uint16_t zero = 0;
        put(a + 8, &ip, 4);
        put(a + 12, &f->fcs, 2);
        put(a + 14, &zero, 2);
        put(a + 16, &dp, 4);
        put(a + 20, &f->fds, 2);
        put(a + 22, &zero, 2);
    }
    for (unsigned k = 0; k < 8; k++) {
        memset(a + 32 + 16 * k, 0, 16);
        put(a + 32 + 16 * k, &f->r[(top + k) & 7], 10);
    }
}

static void legacy_mxcsr_out(const struct x86_cpu *cpu, uint8_t *a)
{
    uint32_t mask = MXCSR_VALID;
    put(a + 24, &cpu->st.fpu.mxcsr, 4);
    put(a + 28, &mask, 4);
}

static unsigned vec_count(const struct x86_cpu *cpu)
{
    return cpu->code_mode == 8 ? 16 : 8;
}

static void xmm_out(const struct x86_cpu *cpu, uint8_t *a)
{
    for (unsigned k = 0; k < vec_count(cpu); k++) {
        put(a + 160 + 16 * k, &cpu->st.vec[k], 16);
    }
}

static void legacy_x87_in(struct x86_cpu *cpu, const uint8_t *a, bool rex_w)
{
    struct x86_fpu *f = &cpu->st.fpu;
    memcpy(&f->fcw, a, 2);
    f->fcw = (f->fcw & 0x1f3f) | 0x40;
    memcpy(&f->fsw, a + 2, 2);
    f->ftw = a[4];
    memcpy(&f->fop, a + 6, 2);
    f->fop &= 0x7ff;
    f->fip = f->fdp = 0;
    f->fcs = f->fds = 0;
    memcpy(&f->fip, a + 8, rex_w ? 8 : 4);
    memcpy(&f->fdp, a + 16, rex_w ? 8 : 4);
    if (!rex_w) {
        memcpy(&f->fcs, a + 12, 2);
        memcpy(&f->fds, a + 20, 2);
    }
    unsigned top = f->fsw >> 11 & 7;
    for (unsigned k = 0; k < 8; k++) {
        memcpy(&f->r[(top + k) & 7], a + 32 + 16 * k, 10);
    }
    x86_fpu_update_es(f);
}

static void xmm_in(struct x86_cpu *cpu, const uint8_t *a)
{
    for (unsigned k = 0; k < vec_count(cpu); k++) {
        memcpy(&cpu->st.vec[k], a + 160 + 16 * k, 16);
    }
}

/* --- FXSAVE, FXRSTOR -------------------------------------------------------------------------- */

static uint64_t fx_lin(struct x86_cpu *cpu, const struct x86_insn *i, bool write)
{
    if (cpu->st.cr0 & (X86_CR0_EM | X86_CR0_TS)) {
        x86_raise(cpu, X86_EXC_NM);
    }
    uint64_t lin = x86_mem_lin(cpu, i, LEGACY_SIZE, write ? X86_ACCESS_WRITE : X86_ACCESS_READ);
    if (lin & 15) {
        x86_raise_error(cpu, X86_EXC_GP, 0);
    }
    return lin;
}

static void exec_fxsave(struct x86_cpu *cpu, const struct x86_insn *i)
{
    uint64_t lin = fx_lin(cpu, i, true);
    bool user = x86_user(cpu), sse = cpu->st.cr4 & X86_CR4_OSFXSR;
    uint8_t a[LEGACY_SIZE];
    unsigned len = sse ? 160 + 16 * vec_count(cpu) : 160;
    x86_probe_write(cpu, lin, LEGACY_SIZE, user);
    legacy_x87_out(cpu, a, i->rex & 8);
    legacy_mxcsr_out(cpu, a);
    xmm_out(cpu, a);
    x86_store_bytes(cpu, lin, a, len, user); /* the rest of the area stays as it is */
}

static void exec_fxrstor(struct x86_cpu *cpu, const struct x86_insn *i)
{
    uint64_t lin = fx_lin(cpu, i, false);
    uint8_t a[LEGACY_SIZE];
    uint32_t mxcsr;
    x86_load_bytes(cpu, lin, a, LEGACY_SIZE, x86_user(cpu));
    memcpy(&mxcsr, a + 24, 4);
    bool sse = cpu->st.cr4 & X86_CR4_OSFXSR;
    if (sse && (mxcsr & ~MXCSR_VALID)) {
        x86_raise_error(cpu, X86_EXC_GP, 0);
    }
    legacy_x87_in(cpu, a, i->rex & 8);
    if (sse) {
        cpu->st.fpu.mxcsr = mxcsr;
        xmm_in(cpu, a);
    }
}

/* --- XSAVE ------------------------------------------------------------------------------------ */

static uint64_t x_lin(struct x86_cpu *cpu, const struct x86_insn *i, unsigned size, bool write)
{
    if (!(cpu->st.cr4 & X86_CR4_OSXSAVE)) {
        x86_raise(cpu, X86_EXC_UD);
    }
    if (cpu->st.cr0 & X86_CR0_TS) {
        x86_raise(cpu, X86_EXC_NM);
    }
    uint64_t lin = x86_mem_lin(cpu, i, size, write ? X86_ACCESS_WRITE : X86_ACCESS_READ);
    if (lin & 63) {
        x86_raise_error(cpu, X86_EXC_GP, 0);
    }
    return lin;
}

static uint64_t requested(const struct x86_cpu *cpu)
{
    return ((uint64_t)(uint32_t)cpu->st.gpr[X86_RDX] << 32 | (uint32_t)cpu->st.gpr[X86_RAX]) &
           cpu->st.xcr0;
}

static bool all_zero(const uint8_t *p, size_t n)
{
    for (size_t k = 0; k < n; k++) {
        if (p[k]) {
            return false;
        }
    }
    return true;
}

/* XINUSE: components that are not in their initial state. */
static uint64_t in_use(const struct x86_cpu *cpu)
{
    const struct x86_fpu *f = &cpu->st.fpu;
    uint64_t use = 0;
    bool fpregs = false;
    for (unsigned k = 0; k < 8; k++) {
        fpregs |= f->r[k].mant || f->r[k].se;
    }
    if (f->fcw != 0x37f || f->fsw || f->ftw || f->fop || f->fip || f->fdp || f->fcs || f->fds ||
        fpregs) {
        use |= XC_X87;
    }
    for (unsigned k = 0; k < vec_count(cpu); k++) {
        use |= cpu->st.vec[k].u64[0] || cpu->st.vec[k].u64[1] ? XC_SSE : 0;
        use |= cpu->st.vec[k].u64[2] || cpu->st.vec[k].u64[3] ? XC_AVX : 0;
    }
    return use | (cpu->st.pkru ? XC_PKRU : 0);
}

static void avx_out(const struct x86_cpu *cpu, uint8_t *a)
{
    memset(a, 0, AVX_SIZE);
    for (unsigned k = 0; k < vec_count(cpu); k++) {
        put(a + 16 * k, &cpu->st.vec[k].u64[2], 16);
    }
}

static void avx_in(struct x86_cpu *cpu, const uint8_t *a)
{
    for (unsigned k = 0; k < vec_count(cpu); k++) {
        memcpy(&cpu->st.vec[k].u64[2], a + 16 * k, 16);
    }
}

/* Offsets of AVX and PKRU, and the area's end, for the components of `mask` in a format. */
struct layout {
    unsigned avx, pkru, end;
};

static struct layout layout_of(uint64_t mask, bool compact)
{
    struct layout l = { AVX_OFF, PKRU_OFF, AVX_OFF };
    if (compact) {
        l.pkru = AVX_OFF + (mask & XC_AVX ? AVX_SIZE : 0);
        l.end = l.pkru + (mask & XC_PKRU ? 8 : 0);
    } else {
        l.end = mask & XC_PKRU ? PKRU_OFF + 8 : mask & XC_AVX ? AVX_OFF + AVX_SIZE : AVX_OFF;
    }
    return l;
}

static void store_components(struct x86_cpu *cpu, uint64_t lin, uint64_t mask,
                             const struct layout *l, bool rex_w)
{
    bool user = x86_user(cpu);
    uint8_t a[LEGACY_SIZE];
    legacy_x87_out(cpu, a, rex_w);
    legacy_mxcsr_out(cpu, a);
    xmm_out(cpu, a);
    if (mask & XC_X87) {
        x86_store_bytes(cpu, lin, a, 24, user);
        x86_store_bytes(cpu, lin + 32, a + 32, 128, user);
    }
    if (mask & XC_SSE) {
        x86_store_bytes(cpu, lin + 160, a + 160, 16 * vec_count(cpu), user);
    }
    if (mask & XC_AVX) {
        avx_out(cpu, a);
        x86_store_bytes(cpu, lin + l->avx, a, 16 * vec_count(cpu), user);
    }
    if (mask & XC_PKRU) {
        x86_store32(cpu, lin + l->pkru, cpu->st.pkru, user);
        x86_store32(cpu, lin + l->pkru + 4, 0, user);
    }
}

static void store_mxcsr(struct x86_cpu *cpu, uint64_t lin)
{
    x86_store32(cpu, lin + 24, cpu->st.fpu.mxcsr, x86_user(cpu));
    x86_store32(cpu, lin + 28, MXCSR_VALID, x86_user(cpu));
}

static void exec_xsave(struct x86_cpu *cpu, const struct x86_insn *i)
{
    bool opt = i->op == X86_OP_XSAVEOPT, compact = i->op == X86_OP_XSAVEC, user = x86_user(cpu);
    uint64_t lin = x_lin(cpu, i, HEADER + 64, true);
    uint64_t rfbm = requested(cpu), use = in_use(cpu);
    uint64_t store = opt || compact ? rfbm & use : rfbm;
    if (compact && (rfbm & XC_SSE) && cpu->st.fpu.mxcsr != 0x1f80) {
        use |= XC_SSE; /* XSAVEC counts MXCSR as SSE state */
        store |= XC_SSE;
    }
    struct layout l = layout_of(rfbm, compact);
    x86_probe_write(cpu, lin, l.end, user);
    uint64_t old = compact ? 0 : x86_load64(cpu, lin + HEADER, user);
    store_components(cpu, lin, store, &l, i->rex & 8);
    if (compact ? (store & XC_SSE) != 0 : (rfbm & (XC_SSE | XC_AVX)) != 0) {
        store_mxcsr(cpu, lin);
    }
    x86_store64(cpu, lin + HEADER, (old & ~rfbm) | (rfbm & use), user);
    if (compact) {
        x86_store64(cpu, lin + HEADER + 8, COMPACT | rfbm, user);
    }
}

/* --- XRSTOR ----------------------------------------------------------------------------------- */

static void check_header(struct x86_cpu *cpu, const uint8_t *h, uint64_t bv, uint64_t comp)
{
    bool bad;
    if (comp & COMPACT) {
        bad = !x86_has(cpu->model, X86_FEAT_XSAVEC) || (comp & ~COMPACT & ~cpu->st.xcr0) ||
              (bv & ~comp) || !all_zero(h + 16, 48);
    } else {
        bad = (bv & ~cpu->st.xcr0) || comp || !all_zero(h + 16, 8);
    }
    if (bad) {
        x86_raise_error(cpu, X86_EXC_GP, 0);
    }
}

static void init_components(struct x86_cpu *cpu, uint64_t mask)
{
    if (mask & XC_X87) {
        x86_fpu_init(&cpu->st.fpu);
        memset(cpu->st.fpu.r, 0, sizeof cpu->st.fpu.r);
    }
    for (unsigned k = 0; k < vec_count(cpu); k++) {
        if (mask & XC_SSE) {
            memset(&cpu->st.vec[k].u64[0], 0, 16);
        }
        if (mask & XC_AVX) {
            memset(&cpu->st.vec[k].u64[2], 0, 16);
        }
    }
    if (mask & XC_PKRU) {
        cpu->st.pkru = 0;
    }
}

static void exec_xrstor(struct x86_cpu *cpu, const struct x86_insn *i)
{
    uint64_t lin = x_lin(cpu, i, HEADER + 64, false);
    bool user = x86_user(cpu);
    uint8_t a[AREA_MAX];
    uint64_t bv, comp, rfbm = requested(cpu);
    uint32_t mxcsr, old_pkru = cpu->st.pkru;
    x86_load_bytes(cpu, lin, a, HEADER + 64, user);
    memcpy(&bv, a + HEADER, 8);
    memcpy(&comp, a + HEADER + 8, 8);
    memcpy(&mxcsr, a + 24, 4);
    check_header(cpu, a + HEADER, bv, comp);
    bool compact = comp & COMPACT;
    struct layout l = layout_of(compact ? comp & ~COMPACT : cpu->st.xcr0, compact);
    uint64_t load = rfbm & bv, init = rfbm & ~bv;
    bool want_mxcsr = compact ? (load & XC_SSE) != 0 : (rfbm & (XC_SSE | XC_AVX)) != 0;
    if (want_mxcsr && (mxcsr & ~MXCSR_VALID)) {
        x86_raise_error(cpu, X86_EXC_GP, 0);
    }
    uint32_t pkru = 0;
    if (load & XC_AVX) {
        x86_load_bytes(cpu, lin + l.avx, a + AVX_OFF, AVX_SIZE, user);
    }
    if (load & XC_PKRU) {
        pkru = x86_load32(cpu, lin + l.pkru, user);
    }
    init_components(cpu, init);
    if (load & XC_X87) {
        legacy_x87_in(cpu, a, i->rex & 8);
    }
    if (load & XC_SSE) {
        xmm_in(cpu, a);
    }
    if (load & XC_AVX) {
        avx_in(cpu, a + AVX_OFF);
    }
    if (want_mxcsr) {
        cpu->st.fpu.mxcsr = mxcsr;
    } else if (compact && (init & XC_SSE)) {
        cpu->st.fpu.mxcsr = 0x1f80;
    }
    cpu->st.pkru = load & XC_PKRU ? pkru : cpu->st.pkru;
    x86_pkru_changed(cpu, old_pkru);
}

x86_exec_fn *x86_bind_xsave(const struct x86_insn *i)
{
    switch (i->op) {
    case X86_OP_FXSAVE: return exec_fxsave;
    case X86_OP_FXRSTOR: return exec_fxrstor;
    case X86_OP_XSAVE:
    case X86_OP_XSAVEOPT:
    case X86_OP_XSAVEC: return exec_xsave;
    case X86_OP_XRSTOR: return exec_xrstor;
    default: return NULL;
    }
}
