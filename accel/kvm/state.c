/* SPDX-License-Identifier: MIT */
/*
 * struct x86_state in and out of KVM.
 *
 * The order of setting, each for a reason:
 *  0. What the previous exit left open is completed: KVM would do it on top of the new registers.
 *  1. CPUID was set when the vCPU was made: CR4, EFER, XCR0 and MSRs are checked against it.
 *  2. SREGS: modes and segments, before registers whose meaning depends on them. KVM loads PDPTEs
 *     from memory here, so memory comes first. The pending vector in interrupt_bitmap is left
 *     empty; events say it.
 *  3. REGS: drops a pending exception, so events come later.
 *  4. XCR0, then XSAVE, which is checked against it.
 *  5. MSRs without the TSC.
 *  6. Events: they need RFLAGS, CR0 and the shadow-free state of 2 and 3.
 *  7. Debug registers: DR6 after an exception with a payload.
 *  8. The TSC last, so that it is late by as little as possible.
 *
 * Not carried or normalised: FCS and FDS (64-bit images have none; kept as long as FIP and FDP are
 * what was set); an interrupted INT n, INT3 or INTO is executed again; SMM does not exist; MP state
 * is the loop's with interrupt controllers in this process; MSRs that this KVM lacks are kept here,
 * out of the guest's sight.
 */
#include <errno.h>
#include <string.h>

#include "accel/kvm/kvm_int.h"
#include "accel/x86/consts.h"
#include "accel/x86/msr_fields.h"
#include "core/device.h"
#include "core/log.h"

/* --- MSRs ------------------------------------------------------------------------------------- */

struct msr_buf {
    struct kvm_msrs head;
    struct kvm_msr_entry e[KVM_MAX_MSRS + 1];
};

static int one_msr(struct accel_vcpu *v, unsigned long request, uint32_t index, uint64_t *value)
{
    struct msr_buf b;
    memset(&b.head, 0, sizeof b.head);
    b.head.nmsrs = 1;
    b.e[0] = (struct kvm_msr_entry){ .index = index, .data = *value };
    int ret = kvm_ioctl(v->fd, request, &b);
    *value = b.e[0].data;
    return ret < 0 ? ret : ret == 1 ? 0 : -ENXIO;
}

static bool feature_of_msr(const struct x86_cpu_model *m, uint32_t index)
{
    switch (index) {
    case X86_MSR_XSS: return x86_has(m, X86_FEAT_XSAVES);
    case X86_MSR_TSC_AUX: return x86_has(m, X86_FEAT_RDTSCP) || x86_has(m, X86_FEAT_RDPID);
    case 0x4b564d00:
    case 0x4b564d01: return x86_has(m, X86_FEAT_KVMCLOCK);
    default: return true;
    }
}

/* Which of them this KVM has, for this guest. */
static int find_msrs(struct accel_vcpu *v)
{
    struct accel_vm *vm = v->vm;
    int ret = 0;
    if (vm->msrs_known) {
        return 0;
    }
    for (unsigned row = 0; row < x86_msr_field_count; row++) {
        uint64_t value = 0, start = *x86_msr_field_of(&v->shadow.msr, row);
        if (x86_msr_fields[row].machine ||
            !feature_of_msr(vm->params.model, x86_msr_fields[row].index)) {
            continue;
        }
        ret = one_msr(v, KVM_GET_MSRS, x86_msr_fields[row].index, &value);
        ret = ret < 0 ? ret : one_msr(v, KVM_SET_MSRS, x86_msr_fields[row].index, &start);
        if (ret == 0) {
            vm->msr_row[vm->n_msrs++] = (uint8_t)row;
        } else if (ret != -ENXIO) {
            return ret;
        }
    }
    vm->msrs_known = true;
    return 0;
}

static int get_msrs(struct accel_vcpu *v, struct x86_state *s)
{
    const struct accel_vm *vm = v->vm;
    struct msr_buf b;
    uint64_t efer = s->msr.efer, apic_base = s->msr.apic_base;
    memset(&b.head, 0, sizeof b.head);
    b.head.nmsrs = vm->n_msrs;
    for (unsigned i = 0; i < vm->n_msrs; i++) {
        b.e[i] = (struct kvm_msr_entry){ .index = x86_msr_fields[vm->msr_row[i]].index };
    }
    int ret = kvm_ioctl(v->fd, KVM_GET_MSRS, &b);
    if (ret < (int)vm->n_msrs) {
        return ret < 0 ? ret : -EIO;
    }
    s->msr = v->shadow.msr;
    s->msr.efer = efer;
    s->msr.apic_base = apic_base;
    for (unsigned i = 0; i < vm->n_msrs; i++) {
        *x86_msr_field_of(&s->msr, vm->msr_row[i]) = b.e[i].data;
    }
    return 0;
}

/* A value that KVM refuses is kept here and the rest goes on: one odd bit in an MSR that nothing
 * depends on must not end a machine. */
static int set_msrs(struct accel_vcpu *v, const struct x86_state *s)
{
    const struct accel_vm *vm = v->vm;
    struct x86_msrs m = s->msr;
    unsigned at = 0;
    v->shadow.msr = m;
    while (at < vm->n_msrs) {
        struct msr_buf b;
        memset(&b.head, 0, sizeof b.head);
        for (unsigned i = at; i < vm->n_msrs; i++) {
            b.e[b.head.nmsrs++] =
                (struct kvm_msr_entry){ .index = x86_msr_fields[vm->msr_row[i]].index,
                                        .data = *x86_msr_field_of(&m, vm->msr_row[i]) };
        }
        int ret = kvm_ioctl(v->fd, KVM_SET_MSRS, &b);
        if (ret < 0) {
            return ret;
        }
        at += (unsigned)ret;
        if (at < vm->n_msrs) {
            log_warn("kvm", "MSR 0x%x = 0x%" G_GINT64_MODIFIER "x is refused",
                     x86_msr_fields[vm->msr_row[at]].index,
                     (guint64)*x86_msr_field_of(&m, vm->msr_row[at]));
            at++;
        }
    }
    return 0;
}

/* --- the TSC ---------------------------------------------------------------------------------- */

int kvm_read_tsc_offset(struct accel_vcpu *v)
{
    uint64_t before = __builtin_ia32_rdtsc(), tsc = 0;
    int ret = one_msr(v, KVM_GET_MSRS, X86_MSR_TSC, &tsc);
    uint64_t after = __builtin_ia32_rdtsc();
    if (ret == 0) {
        atomic_store(&v->tsc_offset, tsc - (before + (after - before) / 2));
    }
    return ret;
}

static int set_tsc(struct accel_vcpu *v, const struct x86_state *s)
{
    uint64_t tsc = s->tsc, adjust = s->msr.tsc_adjust;
    int ret = one_msr(v, KVM_SET_MSRS, X86_MSR_TSC, &tsc);
    if (ret == 0 && (s->groups & X86_GROUP_MSR)) {
        one_msr(v, KVM_SET_MSRS, X86_MSR_TSC_ADJUST, &adjust); /* the one may move the other */
    }
    return ret < 0 ? ret : kvm_read_tsc_offset(v);
}

/* --- registers -------------------------------------------------------------------------------- */

int kvm_regs_get(struct accel_vcpu *v, struct kvm_regs *r)
{
    if (v->regs_fresh) {
        *r = v->run->s.regs.regs;
        return 0;
    }
    return kvm_ioctl(v->fd, KVM_GET_REGS, r);
}

int kvm_regs_set(struct accel_vcpu *v, const struct kvm_regs *r)
{
    struct kvm_regs copy = *r;
    v->regs_fresh = false;
    int ret = kvm_ioctl(v->fd, KVM_SET_REGS, &copy);
    if (ret >= 0 && (v->debug.control & KVM_GUESTDBG_SINGLESTEP)) {
        /* new flags: KVM forgets the trap flag that it steps by unless it is told again */
        ret = kvm_ioctl(v->fd, KVM_SET_GUEST_DEBUG, &v->debug);
    }
    return ret;
}

static void regs_from(struct x86_state *s, const struct kvm_regs *r)
{
    const uint64_t g[X86_GPR_COUNT] = { r->rax, r->rcx, r->rdx, r->rbx, r->rsp, r->rbp,
                                        r->rsi, r->rdi, r->r8,  r->r9,  r->r10, r->r11,
                                        r->r12, r->r13, r->r14, r->r15 };
    memcpy(s->gpr, g, sizeof g);
    s->rip = r->rip;
    s->rflags = r->rflags;
}

static void regs_to(struct kvm_regs *r, const struct x86_state *s)
{
    const uint64_t *g = s->gpr;
    *r = (struct kvm_regs){
        .rax = g[X86_RAX],
        .rcx = g[X86_RCX],
        .rdx = g[X86_RDX],
        .rbx = g[X86_RBX],
        .rsp = g[X86_RSP],
        .rbp = g[X86_RBP],
        .rsi = g[X86_RSI],
        .rdi = g[X86_RDI],
        .r8 = g[X86_R8],
        .r9 = g[X86_R9],
        .r10 = g[X86_R10],
        .r11 = g[X86_R11],
        .r12 = g[X86_R12],
        .r13 = g[X86_R13],
        .r14 = g[X86_R14],
        .r15 = g[X86_R15],
        .rip = s->rip,
        .rflags = s->rflags | 2,
    };
}

static void seg_from(struct x86_seg *s, const struct kvm_segment *k)
{
    s->base = k->base;
    s->limit = k->limit;
    s->sel = k->selector;
    s->attr =
        (uint16_t)((k->type & 15) | (k->s & 1) << 4 | (k->dpl & 3) << 5 | (k->present & 1) << 7 |
                   (k->avl & 1) << 8 | (k->l & 1) << 9 | (k->db & 1) << 10 | (k->g & 1) << 11 |
                   (k->unusable ? X86_SEG_UNUSABLE : 0));
}

static void seg_to(struct kvm_segment *k, const struct x86_seg *s)
{
    *k = (struct kvm_segment){
        .base = s->base,
        .limit = s->limit,
        .selector = s->sel,
        .type = s->attr & 15,
        .s = s->attr >> 4 & 1,
        .dpl = s->attr >> 5 & 3,
        .present = s->attr >> 7 & 1,
        .avl = s->attr >> 8 & 1,
        .l = s->attr >> 9 & 1,
        .db = s->attr >> 10 & 1,
        .g = s->attr >> 11 & 1,
        .unusable = (s->attr & X86_SEG_UNUSABLE) != 0,
    };
}

static struct kvm_segment *seg_of(struct kvm_sregs *r, unsigned i)
{
    struct kvm_segment *const seg[X86_SEG_COUNT] = { &r->es, &r->cs, &r->ss,  &r->ds,
                                                     &r->fs, &r->gs, &r->ldt, &r->tr };
    return seg[i];
}

static int get_sregs(struct accel_vcpu *v, struct x86_state *s, uint32_t groups)
{
    struct kvm_sregs r;
    int ret = kvm_ioctl(v->fd, KVM_GET_SREGS, &r);
    if (ret < 0) {
        return ret;
    }
    if (groups & X86_GROUP_SEG) {
        for (unsigned i = 0; i < X86_SEG_COUNT; i++) {
            seg_from(&s->seg[i], seg_of(&r, i));
        }
        s->gdt = (struct x86_dtable){ r.gdt.base, r.gdt.limit };
        s->idt = (struct x86_dtable){ r.idt.base, r.idt.limit };
    }
    if (groups & X86_GROUP_CR) {
        s->cr0 = r.cr0;
        s->cr2 = r.cr2;
        s->cr3 = r.cr3;
        s->cr4 = r.cr4;
        s->cr8 = r.cr8;
    }
    if (groups & (X86_GROUP_CR | X86_GROUP_MSR)) {
        s->msr.efer = r.efer;
        s->msr.apic_base = r.apic_base;
    }
    return 0;
}

static int set_sregs(struct accel_vcpu *v, const struct x86_state *s, uint32_t groups)
{
    struct kvm_sregs r;
    int ret = kvm_ioctl(v->fd, KVM_GET_SREGS, &r);
    if (ret < 0) {
        return ret;
    }
    memset(r.interrupt_bitmap, 0, sizeof r.interrupt_bitmap);
    if (groups & X86_GROUP_SEG) {
        for (unsigned i = 0; i < X86_SEG_COUNT; i++) {
            seg_to(seg_of(&r, i), &s->seg[i]);
        }
        r.gdt = (struct kvm_dtable){ .base = s->gdt.base, .limit = s->gdt.limit };
        r.idt = (struct kvm_dtable){ .base = s->idt.base, .limit = s->idt.limit };
    }
    if (groups & X86_GROUP_CR) {
        r.cr0 = s->cr0 | X86_CR0_ET;
        r.cr2 = s->cr2;
        r.cr3 = s->cr3;
        r.cr4 = s->cr4;
        r.cr8 = s->cr8 & 0xf;
        r.efer = s->msr.efer & ~(uint64_t)X86_EFER_LMA;
        if ((r.cr0 & X86_CR0_PG) && (r.efer & X86_EFER_LME)) {
            r.efer |= X86_EFER_LMA;
        }
        v->tpr = r.cr8 & 0xf;
        v->run->cr8 = r.cr8;
    }
    if (groups & X86_GROUP_MSR) {
        r.apic_base = s->msr.apic_base;
    }
    ret = kvm_ioctl(v->fd, KVM_SET_SREGS, &r);
    bool legacy = (r.cr0 & X86_CR0_PG) && !(r.efer & X86_EFER_LMA);
    if (ret >= 0 && legacy) { /* there are software kinds that page in long mode only */
        struct kvm_sregs now;
        ret = kvm_ioctl(v->fd, KVM_GET_SREGS, &now);
        ret = ret >= 0 && !(now.cr0 & X86_CR0_PG) ? -EOPNOTSUPP : ret;
    }
    return ret;
}

/* --- x87 and vectors -------------------------------------------------------------------------- */

enum { XS_YMM = 2, XS_OPMASK = 5, XS_ZMM_HI = 6, XS_HI16_ZMM = 7, XS_PKRU = 9 };

static uint16_t get16(const uint8_t *p)
{
    uint16_t v;
    memcpy(&v, p, 2);
    return v;
}

static uint32_t get32(const uint8_t *p)
{
    uint32_t v;
    memcpy(&v, p, 4);
    return v;
}

static uint64_t get64(const uint8_t *p)
{
    uint64_t v;
    memcpy(&v, p, 8);
    return v;
}

static uint8_t *component(struct accel_vcpu *v, unsigned i, uint32_t need)
{
    uint32_t offset, size;
    kvm_xsave_component(i, &offset, &size);
    return size >= need && offset + size <= v->vm->xsave_size ? v->xsave + offset : NULL;
}

/* FXSAVE's image holds the stack relative to TOP, struct x86_fpu the registers themselves. */
static void fpu_from(const struct accel_vcpu *v, struct x86_state *s)
{
    const uint8_t *x = v->xsave;
    struct x86_fpu *f = &s->fpu;
    const struct x86_fpu *old = &v->shadow.fpu;
    f->fcw = get16(x);
    f->fsw = get16(x + 2);
    f->ftw = x[4];
    f->pad = 0;
    f->fop = get16(x + 6);
    f->fip = get64(x + 8);
    f->fdp = get64(x + 16);
    f->fcs = f->fip == old->fip ? old->fcs : 0;
    f->fds = f->fdp == old->fdp ? old->fds : 0;
    for (unsigned i = 0; i < 8; i++) {
        unsigned reg = ((f->fsw >> 11) + i) & 7;
        f->r[reg].mant = get64(x + 32 + 16 * i);
        f->r[reg].se = get16(x + 40 + 16 * i);
        memset(f->r[reg].pad, 0, sizeof f->r[reg].pad);
    }
}

static void fpu_to(struct accel_vcpu *v, const struct x86_state *s)
{
    uint8_t *x = v->xsave;
    const struct x86_fpu *f = &s->fpu;
    memcpy(x, &f->fcw, 2);
    memcpy(x + 2, &f->fsw, 2);
    x[4] = f->ftw;
    memcpy(x + 6, &f->fop, 2);
    memcpy(x + 8, &f->fip, 8);
    memcpy(x + 16, &f->fdp, 8);
    for (unsigned i = 0; i < 8; i++) {
        unsigned reg = ((f->fsw >> 11) + i) & 7;
        memset(x + 32 + 16 * i, 0, 16);
        memcpy(x + 32 + 16 * i, &f->r[reg].mant, 8);
        memcpy(x + 40 + 16 * i, &f->r[reg].se, 2);
    }
    v->shadow.fpu = *f;
}

static void vec_from(struct accel_vcpu *v, struct x86_state *s)
{
    uint64_t bv = get64(v->xsave + 512);
    const uint8_t *ymm = bv & 1u << XS_YMM ? component(v, XS_YMM, 256) : NULL;
    const uint8_t *mask = bv & 1u << XS_OPMASK ? component(v, XS_OPMASK, 64) : NULL;
    const uint8_t *hi = bv & 1u << XS_ZMM_HI ? component(v, XS_ZMM_HI, 512) : NULL;
    const uint8_t *hi16 = bv & 1u << XS_HI16_ZMM ? component(v, XS_HI16_ZMM, 1024) : NULL;
    const uint8_t *pkru = bv & 1u << XS_PKRU ? component(v, XS_PKRU, 4) : NULL;
    memset(s->vec, 0, sizeof s->vec);
    memset(s->opmask, 0, sizeof s->opmask);
    for (unsigned i = 0; i < 16; i++) {
        memcpy(s->vec[i].u8, v->xsave + 160 + 16 * i, 16);
        if (ymm) {
            memcpy(s->vec[i].u8 + 16, ymm + 16 * i, 16);
        }
        if (hi) {
            memcpy(s->vec[i].u8 + 32, hi + 32 * i, 32);
        }
        if (hi16) {
            memcpy(s->vec[16 + i].u8, hi16 + 64 * i, 64);
        }
    }
    if (mask) {
        memcpy(s->opmask, mask, sizeof s->opmask);
    }
    s->pkru = pkru ? get32(pkru) : 0;
    s->fpu.mxcsr = get32(v->xsave + 24);
}

static void vec_to(struct accel_vcpu *v, const struct x86_state *s)
{
    uint64_t bv = get64(v->xsave + 512) | 3;
    uint8_t *ymm = component(v, XS_YMM, 256), *pkru = component(v, XS_PKRU, 4);
    uint8_t *hi = component(v, XS_ZMM_HI, 512), *hi16 = component(v, XS_HI16_ZMM, 1024);
    uint8_t *mask = component(v, XS_OPMASK, 64);
    bool wide = s->xcr0 >> XS_OPMASK & 1; /* AVX-512: all three or none */
    for (unsigned i = 0; i < 16; i++) {
        memcpy(v->xsave + 160 + 16 * i, s->vec[i].u8, 16);
        if (ymm) {
            memcpy(ymm + 16 * i, s->vec[i].u8 + 16, 16);
        }
        if (hi && hi16 && wide) {
            memcpy(hi + 32 * i, s->vec[i].u8 + 32, 32);
            memcpy(hi16 + 64 * i, s->vec[16 + i].u8, 64);
        }
    }
    if (mask && wide) {
        memcpy(mask, s->opmask, sizeof s->opmask);
    }
    if (pkru) {
        memcpy(pkru, &s->pkru, 4);
    }
    memcpy(v->xsave + 24, &s->fpu.mxcsr, 4);
    bool avx = x86_has(v->vm->params.model, X86_FEAT_AVX);
    bool keys = x86_has(v->vm->params.model, X86_FEAT_PKU);
    bv |= (ymm && avx ? 1u << XS_YMM : 0u) | (pkru && keys ? 1u << XS_PKRU : 0u) |
          (wide ? 7u << XS_OPMASK : 0u);
    memcpy(v->xsave + 512, &bv, 8);
}

static int read_xsave(struct accel_vcpu *v)
{
    return kvm_ioctl(v->fd, v->vm->has_xsave2 ? KVM_GET_XSAVE2 : KVM_GET_XSAVE, v->xsave);
}

/* A component that is not in use has no bit in XSTATE_BV, and then its image means nothing. */
static void clear_unused(struct accel_vcpu *v)
{
    uint64_t bv = get64(v->xsave + 512);
    if (!(bv & 1)) {
        uint16_t fcw = 0x37f;
        memset(v->xsave, 0, 24);
        memset(v->xsave + 32, 0, 128);
        memcpy(v->xsave, &fcw, 2);
    }
    if (!(bv & 2)) {
        memset(v->xsave + 160, 0, 256);
    }
}

static int get_xsave(struct accel_vcpu *v, struct x86_state *s, uint32_t groups)
{
    int ret = read_xsave(v);
    if (ret < 0) {
        return ret;
    }
    clear_unused(v);
    uint32_t mxcsr = s->fpu.mxcsr;
    if (groups & X86_GROUP_FPU) {
        fpu_from(v, s);
        s->fpu.mxcsr = mxcsr;
    }
    if (groups & X86_GROUP_XSAVE) {
        vec_from(v, s);
    }
    return 0;
}

static int set_xsave(struct accel_vcpu *v, const struct x86_state *s, uint32_t groups)
{
    int ret = read_xsave(v);
    if (ret < 0) {
        return ret;
    }
    clear_unused(v);
    if (groups & X86_GROUP_FPU) {
        fpu_to(v, s);
    }
    uint64_t bv = get64(v->xsave + 512) | 3;
    memcpy(v->xsave + 512, &bv, 8);
    if (groups & X86_GROUP_XSAVE) {
        vec_to(v, s);
    }
    return kvm_ioctl(v->fd, KVM_SET_XSAVE, v->xsave);
}

static int get_xcr0(struct accel_vcpu *v, struct x86_state *s)
{
    struct kvm_xcrs x;
    memset(&x, 0, sizeof x);
    s->xcr0 = 1;
    if (!v->vm->has_xcrs) {
        return 0;
    }
    int ret = kvm_ioctl(v->fd, KVM_GET_XCRS, &x);
    for (unsigned i = 0; ret >= 0 && i < MIN(x.nr_xcrs, (uint32_t)KVM_MAX_XCRS); i++) {
        if (x.xcrs[i].xcr == 0) {
            s->xcr0 = x.xcrs[i].value;
        }
    }
    return ret;
}

static int set_xcr0(struct accel_vcpu *v, const struct x86_state *s)
{
    struct kvm_xcrs x;
    memset(&x, 0, sizeof x);
    x.nr_xcrs = 1;
    x.xcrs[0].value = s->xcr0 ? s->xcr0 : 1;
    return v->vm->has_xcrs ? kvm_ioctl(v->fd, KVM_SET_XCRS, &x) : 0;
}

/* --- events, debug registers ------------------------------------------------------------------ */

static void exception_from(struct x86_events *ev, const struct kvm_vcpu_events *k)
{
    bool soft = k->exception.nr == X86_EXC_BP || k->exception.nr == X86_EXC_OF;
    if (k->exception.pending || (k->exception.injected && !soft)) {
        ev->exception_pending = 1;
        ev->exception_vector = k->exception.nr;
        ev->exception_has_error = k->exception.has_error_code;
        ev->exception_error = k->exception.error_code;
        ev->exception_payload = k->exception_has_payload ? k->exception_payload : 0;
    }
}

static int get_events(struct accel_vcpu *v, struct x86_state *s)
{
    struct kvm_vcpu_events k;
    memset(&k, 0, sizeof k);
    memset(&s->ev, 0, sizeof s->ev);
    int ret = kvm_ioctl(v->fd, KVM_GET_VCPU_EVENTS, &k);
    if (ret < 0) {
        return ret;
    }
    s->ev.sti_shadow = (k.interrupt.shadow & KVM_X86_SHADOW_INT_STI) != 0;
    s->ev.movss_shadow = (k.interrupt.shadow & KVM_X86_SHADOW_INT_MOV_SS) != 0;
    s->ev.nmi_pending = k.nmi.pending || k.nmi.injected || v->shadow.ev.nmi_pending;
    s->ev.nmi_blocked = k.nmi.masked && !k.nmi.injected;
    exception_from(&s->ev, &k);
    if (s->ev.exception_pending && !k.exception_has_payload &&
        s->ev.exception_vector == X86_EXC_PF) {
        struct kvm_sregs r; /* CR2 was set at once */
        s->ev.exception_payload = kvm_ioctl(v->fd, KVM_GET_SREGS, &r) < 0 ? s->cr2 : r.cr2;
    }
    if (k.interrupt.injected && !k.interrupt.soft) {
        s->ev.interrupt_pending = 1;
        s->ev.interrupt_vector = k.interrupt.nr;
    } else if (v->shadow.ev.interrupt_pending) { /* acknowledged, but KVM did not take it */
        s->ev.interrupt_pending = 1;
        s->ev.interrupt_vector = v->shadow.ev.interrupt_vector;
    }
    s->ev.pending_dbg = v->shadow.ev.pending_dbg;
    return 0;
}

static int set_events(struct accel_vcpu *v, const struct x86_state *s)
{
    const struct x86_events *ev = &s->ev;
    struct kvm_vcpu_events k;
    memset(&k, 0, sizeof k);
    k.flags = KVM_VCPUEVENT_VALID_NMI_PENDING | KVM_VCPUEVENT_VALID_SHADOW;
    k.interrupt.shadow = (__u8)((ev->sti_shadow ? KVM_X86_SHADOW_INT_STI : 0) |
                                (ev->movss_shadow ? KVM_X86_SHADOW_INT_MOV_SS : 0));
    k.interrupt.injected = ev->interrupt_pending;
    k.interrupt.nr = ev->interrupt_vector;
    k.nmi.pending = ev->nmi_pending;
    k.nmi.masked = ev->nmi_blocked;
    if (ev->exception_pending) {
        k.exception.nr = ev->exception_vector;
        k.exception.has_error_code = ev->exception_has_error;
        k.exception.error_code = ev->exception_error;
        bool payload = ev->exception_vector == X86_EXC_PF || ev->exception_vector == X86_EXC_DB;
        if (v->vm->has_payload) {
            k.flags |= KVM_VCPUEVENT_VALID_PAYLOAD;
            k.exception.pending = 1;
            k.exception_has_payload = payload;
            k.exception_payload = payload ? ev->exception_payload : 0;
        } else {
            k.exception.injected = 1;
        }
    } else if (v->vm->has_payload) {
        k.flags |= KVM_VCPUEVENT_VALID_PAYLOAD;
    }
    memset(&v->shadow.ev, 0, sizeof v->shadow.ev);
    v->shadow.ev.pending_dbg = ev->pending_dbg;
    return kvm_ioctl(v->fd, KVM_SET_VCPU_EVENTS, &k);
}

static int get_dr(struct accel_vcpu *v, struct x86_state *s)
{
    struct kvm_debugregs d;
    int ret = kvm_ioctl(v->fd, KVM_GET_DEBUGREGS, &d);
    if (ret < 0) {
        return ret;
    }
    for (unsigned i = 0; i < 4; i++) {
        s->dr[i] = d.db[i];
    }
    s->dr[4] = s->dr[5] = 0;
    s->dr[6] = d.dr6;
    s->dr[7] = d.dr7;
    return 0;
}

static int set_dr(struct accel_vcpu *v, const struct x86_state *s)
{
    struct kvm_debugregs d;
    memset(&d, 0, sizeof d);
    for (unsigned i = 0; i < 4; i++) {
        d.db[i] = s->dr[i];
    }
    d.dr6 = s->dr[6] & 0xffffffff;
    d.dr7 = s->dr[7] & 0xffffffff;
    return kvm_ioctl(v->fd, KVM_SET_DEBUGREGS, &d);
}

/* --- all of it -------------------------------------------------------------------------------- */

/* KVM hands over what its emulator holds in mid-instruction, for this port's sake. */
int kvm_pio_gpr(struct accel_vcpu *v, uint64_t gpr[X86_GPR_COUNT], bool write)
{
    struct x86_state s;
    struct kvm_regs r;
    int ret = kvm_ioctl(v->fd, KVM_GET_REGS, &r);
    if (ret < 0) {
        return ret;
    }
    regs_from(&s, &r);
    if (!write) {
        memcpy(gpr, s.gpr, sizeof s.gpr);
        return 0;
    }
    memcpy(s.gpr, gpr, sizeof s.gpr);
    regs_to(&r, &s);
    return kvm_ioctl(v->fd, KVM_SET_REGS, &r);
}

static int read_groups(struct accel_vcpu *v, struct x86_state *s, uint32_t groups)
{
    int ret = 0;
    if (groups & X86_GROUP_TSC) {
        uint64_t tsc = 0;
        ret = one_msr(v, KVM_GET_MSRS, X86_MSR_TSC, &tsc);
        s->tsc = tsc;
    }
    if (ret >= 0 && (groups & X86_GROUP_GPR)) {
        struct kvm_regs r;
        ret = kvm_regs_get(v, &r);
        if (ret >= 0) {
            regs_from(s, &r);
        }
    }
    if (ret >= 0 && (groups & (X86_GROUP_SEG | X86_GROUP_CR | X86_GROUP_MSR))) {
        ret = get_sregs(v, s, groups);
    }
    ret = ret >= 0 && (groups & X86_GROUP_CR) ? get_xcr0(v, s) : ret;
    if (ret >= 0 && (groups & (X86_GROUP_FPU | X86_GROUP_XSAVE))) {
        ret = get_xsave(v, s, groups);
    }
    ret = ret >= 0 && (groups & X86_GROUP_MSR) ? get_msrs(v, s) : ret;
    ret = ret >= 0 && (groups & X86_GROUP_DR) ? get_dr(v, s) : ret;
    ret = ret >= 0 && (groups & X86_GROUP_EVENTS) ? get_events(v, s) : ret;
    return ret < 0 ? ret : 0;
}

int kvm_state_get(struct accel_vcpu *v, struct x86_state *s, uint32_t groups)
{
    int open = kvm_complete(v);
    s->version = X86_STATE_VERSION;
    s->groups = groups;
    if (groups & X86_GROUP_MP) {
        s->mp = X86_MP_RUNNABLE; /* the loop knows better */
    }
    int ret = read_groups(v, s, groups);
    return ret < 0 ? ret : open < 0 ? -EBUSY : 0;
}

int kvm_state_set(struct accel_vcpu *v, const struct x86_state *s, uint32_t groups)
{
    int ret = kvm_complete(v);
    v->inject_stale = v->tpr_stale = true;
    if (ret >= 0 && (groups & (X86_GROUP_SEG | X86_GROUP_CR | X86_GROUP_MSR))) {
        ret = set_sregs(v, s, groups);
    }
    if (ret >= 0 && (groups & X86_GROUP_GPR)) {
        struct kvm_regs r;
        regs_to(&r, s);
        ret = kvm_regs_set(v, &r);
    }
    ret = ret >= 0 && (groups & X86_GROUP_CR) ? set_xcr0(v, s) : ret;
    if (ret >= 0 && (groups & (X86_GROUP_FPU | X86_GROUP_XSAVE))) {
        ret = set_xsave(v, s, groups);
    }
    ret = ret >= 0 && (groups & X86_GROUP_MSR) ? set_msrs(v, s) : ret;
    ret = ret >= 0 && (groups & X86_GROUP_EVENTS) ? set_events(v, s) : ret;
    ret = ret >= 0 && (groups & X86_GROUP_DR) ? set_dr(v, s) : ret;
    ret = ret >= 0 && (groups & X86_GROUP_TSC) ? set_tsc(v, s) : ret;
    return ret < 0 ? ret : 0;
}

/* A guest that comes from elsewhere has measured its TSC. */
static void set_tsc_rate(struct accel_vcpu *v)
{
    uint32_t want = v->vm->params.tsc_khz;
    int khz = kvm_ioctl_n(v->fd, KVM_GET_TSC_KHZ, 0);
    if (want && khz > 0 && (uint32_t)khz != want) {
        if (kvm_ioctl_n(v->fd, KVM_SET_TSC_KHZ, want) >= 0) {
            khz = (int)want;
        } else if (v->index == 0) {
            log_warn("kvm",
                     "the guest's TSC counts at %d kHz from now on, not at %u kHz: this "
                     "host cannot scale it (name both accelerators at the start, tcg:kvm)",
                     khz, want);
        }
    }
    v->vm->tsc_khz = khz > 0 ? (uint32_t)khz : 0;
}

/* Also a test: what cannot be read now could not be read when the guest has to be moved. */
int kvm_state_init(struct accel_vcpu *v)
{
    struct accel_vm *vm = v->vm;
    struct x86_state s;
    x86_state_reset(&v->shadow, v->index == 0, vm->params.model->signature);
    v->xsave = g_malloc0(MAX(vm->xsave_size, sizeof(struct kvm_xsave)));
    set_tsc_rate(v);
    int ret = find_msrs(v);
    ret = ret < 0 ? ret : kvm_state_get(v, &s, X86_GROUP_ALL);
    ret = ret < 0 ? ret : kvm_state_set(v, &v->shadow, X86_GROUP_ALL & ~(unsigned)X86_GROUP_TSC);
    return ret < 0 ? ret : kvm_read_tsc_offset(v);
}
