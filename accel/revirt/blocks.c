/* SPDX-License-Identifier: MIT */
/*
 * Register blocks to and from struct x86_state: used by the VMM and by the reference host.
 */
#include "accel/revirt/blocks.h"

#include <stddef.h>
#include <string.h>

#include "accel/x86/msr_fields.h"

_Static_assert((int)REVIRT_BLOCK_GPR == X86_GROUP_GPR && (int)REVIRT_BLOCK_SEG == X86_GROUP_SEG &&
                   (int)REVIRT_BLOCK_CR == X86_GROUP_CR && (int)REVIRT_BLOCK_DR == X86_GROUP_DR &&
                   (int)REVIRT_BLOCK_FPU == X86_GROUP_FPU &&
                   (int)REVIRT_BLOCK_VEC == X86_GROUP_XSAVE &&
                   (int)REVIRT_BLOCK_MSR == X86_GROUP_MSR &&
                   (int)REVIRT_BLOCK_EVENTS == X86_GROUP_EVENTS &&
                   (int)REVIRT_BLOCK_MP == X86_GROUP_MP && (int)REVIRT_BLOCK_TSC == X86_GROUP_TSC,
               "blocks are groups");
_Static_assert((int)REVIRT_MP_HALTED == X86_MP_HALTED &&
                   (int)REVIRT_MP_WAIT_SIPI == X86_MP_WAIT_SIPI &&
                   (int)REVIRT_MP_SHUTDOWN == X86_MP_SHUTDOWN,
               "MP states");

/* In ascending order of bits. */
static const uint16_t sizes[] = {
    sizeof(struct revirt_gpr),  sizeof(struct revirt_seg),    sizeof(struct revirt_cr),
    sizeof(struct revirt_dr),   sizeof(struct revirt_fpu),    sizeof(struct revirt_vec),
    sizeof(struct revirt_msrs), sizeof(struct revirt_events), sizeof(struct revirt_mp),
    sizeof(struct revirt_tsc),
};

size_t revirt_blocks_size(uint32_t blocks)
{
    size_t n = 0;
    if (blocks & ~(uint32_t)REVIRT_BLOCK_ALL) {
        return 0;
    }
    for (unsigned i = 0; i < ARRAY_LEN(sizes); i++) {
        n += blocks >> i & 1 ? sizes[i] : 0;
    }
    return n;
}

/* --- MSRs: a list, for hosts differ in what they have ----------------------------------------- */

static void pack_msrs(const struct x86_msrs *m, struct revirt_msrs *out)
{
    _Static_assert(X86_MSR_FIELDS_MAX <= REVIRT_MAX_MSRS, "room for all");
    memset(out, 0, sizeof *out);
    out->count = x86_msr_field_count;
    for (size_t i = 0; i < x86_msr_field_count; i++) {
        out->e[i].index = x86_msr_fields[i].index;
        memcpy(&out->e[i].value, (const uint8_t *)m + x86_msr_fields[i].offset, 8);
    }
}

static bool unpack_msrs(struct x86_msrs *m, const struct revirt_msrs *in)
{
    if (in->count > REVIRT_MAX_MSRS) {
        return false;
    }
    for (uint32_t k = 0; k < in->count; k++) {
        size_t i = 0;
        while (i < x86_msr_field_count && x86_msr_fields[i].index != in->e[k].index) {
            i++;
        }
        if (i == x86_msr_field_count) {
            return false;
        }
        memcpy((uint8_t *)m + x86_msr_fields[i].offset, &in->e[k].value, 8);
    }
    return true;
}

/* --- the other blocks ------------------------------------------------------------------------- */

static void pack_gpr(const struct x86_state *s, struct revirt_gpr *o)
{
    memcpy(o->r, s->gpr, sizeof o->r);
    o->rip = s->rip;
    o->rflags = s->rflags;
}

static void unpack_gpr(struct x86_state *s, const struct revirt_gpr *i)
{
    memcpy(s->gpr, i->r, sizeof i->r);
    s->rip = i->rip;
    s->rflags = i->rflags;
}

static void pack_seg(const struct x86_state *s, struct revirt_seg *o)
{
    for (unsigned n = 0; n < X86_SEG_COUNT; n++) {
        o->s[n] = (struct revirt_segment){ s->seg[n].base, s->seg[n].limit, s->seg[n].sel,
                                           s->seg[n].attr };
    }
    o->gdt_base = s->gdt.base;
    o->gdt_limit = s->gdt.limit;
    o->idt_base = s->idt.base;
    o->idt_limit = s->idt.limit;
    o->pad = 0;
}

static void unpack_seg(struct x86_state *s, const struct revirt_seg *i)
{
    for (unsigned n = 0; n < X86_SEG_COUNT; n++) {
        s->seg[n] = (struct x86_seg){ i->s[n].base, i->s[n].limit, i->s[n].sel, i->s[n].attr };
    }
    s->gdt = (struct x86_dtable){ i->gdt_base, i->gdt_limit };
    s->idt = (struct x86_dtable){ i->idt_base, i->idt_limit };
}

static void pack_cr(const struct x86_state *s, struct revirt_cr *o)
{
    *o = (struct revirt_cr){ s->cr0, s->cr2, s->cr3, s->cr4, s->cr8, s->xcr0, s->msr.efer };
}

static bool unpack_cr(struct x86_state *s, const struct revirt_cr *i)
{
    s->cr0 = i->cr0;
    s->cr2 = i->cr2;
    s->cr3 = i->cr3;
    s->cr4 = i->cr4;
    s->cr8 = i->cr8;
    s->xcr0 = i->xcr0;
    s->msr.efer = i->efer;
    return i->cr8 <= 15 && (i->xcr0 & 1) && (i->xcr0 & 6) != 4;
}

static void pack_fpu(const struct x86_state *s, struct revirt_fpu *o)
{
    memset(o, 0, sizeof *o);
    for (unsigned n = 0; n < 8; n++) {
        o->r[n].mant = s->fpu.r[n].mant;
        o->r[n].se = s->fpu.r[n].se;
    }
    o->fcw = s->fpu.fcw;
    o->fsw = s->fpu.fsw;
    o->ftw = s->fpu.ftw;
    o->fop = s->fpu.fop;
    o->fcs = s->fpu.fcs;
    o->fds = s->fpu.fds;
    o->fip = s->fpu.fip;
    o->fdp = s->fpu.fdp;
}

static bool unpack_fpu(struct x86_state *s, const struct revirt_fpu *i)
{
    for (unsigned n = 0; n < 8; n++) {
        s->fpu.r[n].mant = i->r[n].mant;
        s->fpu.r[n].se = i->r[n].se;
    }
    s->fpu.fcw = i->fcw;
    s->fpu.fsw = i->fsw;
    s->fpu.ftw = (uint8_t)i->ftw;
    s->fpu.fop = i->fop;
    s->fpu.fcs = i->fcs;
    s->fpu.fds = i->fds;
    s->fpu.fip = i->fip;
    s->fpu.fdp = i->fdp;
    return i->ftw <= 0xff;
}

static void pack_vec(const struct x86_state *s, struct revirt_vec *o)
{
    _Static_assert(sizeof o->zmm == sizeof s->vec, "32 registers of 64 bytes");
    memcpy(o->zmm, s->vec, sizeof o->zmm);
    memcpy(o->opmask, s->opmask, sizeof o->opmask);
    o->pkru = s->pkru;
    o->mxcsr = s->fpu.mxcsr;
}

static bool unpack_vec(struct x86_state *s, const struct revirt_vec *i)
{
    memcpy(s->vec, i->zmm, sizeof i->zmm);
    memcpy(s->opmask, i->opmask, sizeof i->opmask);
    s->pkru = i->pkru;
    s->fpu.mxcsr = i->mxcsr;
    return i->mxcsr <= 0xffff; /* LDMXCSR would fault */
}

static void pack_events(const struct x86_state *s, struct revirt_events *o)
{
    const struct x86_events *e = &s->ev;
    *o = (struct revirt_events){ .sti_shadow = e->sti_shadow,
                                 .movss_shadow = e->movss_shadow,
                                 .nmi_blocked = e->nmi_blocked,
                                 .nmi_pending = e->nmi_pending,
                                 .smi_pending = e->smi_pending,
                                 .in_smm = e->in_smm,
                                 .exception_pending = e->exception_pending,
                                 .exception_vector = e->exception_vector,
                                 .exception_has_error = e->exception_has_error,
                                 .exception_error = e->exception_error,
                                 .exception_payload = e->exception_payload,
                                 .pending_dbg = e->pending_dbg };
}

static bool unpack_events(struct x86_state *s, const struct revirt_events *i)
{
    s->ev = (struct x86_events){ .sti_shadow = i->sti_shadow,
                                 .movss_shadow = i->movss_shadow,
                                 .nmi_blocked = i->nmi_blocked,
                                 .nmi_pending = i->nmi_pending,
                                 .smi_pending = i->smi_pending,
                                 .in_smm = i->in_smm,
                                 .exception_pending = i->exception_pending,
                                 .exception_vector = i->exception_vector,
                                 .exception_has_error = i->exception_has_error,
                                 .exception_error = i->exception_error,
                                 .exception_payload = i->exception_payload,
                                 .pending_dbg = i->pending_dbg };
    const uint8_t *flags = &i->sti_shadow;
    bool ok = i->exception_has_error <= 1 && i->exception_vector < 32;
    for (unsigned n = 0; n < 7; n++) { /* the flags in a row up to exception_pending */
        ok = ok && flags[n] <= 1;
    }
    return ok;
}

/* --- all of them ------------------------------------------------------------------------------ */

static void pack_one(unsigned n, const struct x86_state *s, void *p)
{
    switch (1 << n) {
    case REVIRT_BLOCK_GPR: pack_gpr(s, p); break;
    case REVIRT_BLOCK_SEG: pack_seg(s, p); break;
    case REVIRT_BLOCK_CR: pack_cr(s, p); break;
    case REVIRT_BLOCK_DR: memcpy(p, s->dr, sizeof(struct revirt_dr)); break;
    case REVIRT_BLOCK_FPU: pack_fpu(s, p); break;
    case REVIRT_BLOCK_VEC: pack_vec(s, p); break;
    case REVIRT_BLOCK_MSR: pack_msrs(&s->msr, p); break;
    case REVIRT_BLOCK_EVENTS: pack_events(s, p); break;
    case REVIRT_BLOCK_MP: *(struct revirt_mp *)p = (struct revirt_mp){ .mp = s->mp }; break;
    default: memcpy(p, &s->tsc, 8); break;
    }
}

static bool unpack_one(unsigned n, struct x86_state *s, const void *p)
{
    switch (1 << n) {
    case REVIRT_BLOCK_GPR: unpack_gpr(s, p); return true;
    case REVIRT_BLOCK_SEG: unpack_seg(s, p); return true;
    case REVIRT_BLOCK_CR: return unpack_cr(s, p);
    case REVIRT_BLOCK_DR: memcpy(s->dr, p, sizeof s->dr); return true;
    case REVIRT_BLOCK_FPU: return unpack_fpu(s, p);
    case REVIRT_BLOCK_VEC: return unpack_vec(s, p);
    case REVIRT_BLOCK_MSR: return unpack_msrs(&s->msr, p);
    case REVIRT_BLOCK_EVENTS: return unpack_events(s, p);
    case REVIRT_BLOCK_MP:
        s->mp = (enum x86_mp_state)((const struct revirt_mp *)p)->mp;
        return ((const struct revirt_mp *)p)->mp <= REVIRT_MP_SHUTDOWN;
    default: memcpy(&s->tsc, p, 8); return true;
    }
}

void revirt_blocks_pack(uint32_t blocks, const struct x86_state *s, void *buf)
{
    uint8_t *p = buf;
    for (unsigned n = 0; n < ARRAY_LEN(sizes); n++) {
        if (blocks >> n & 1) {
            pack_one(n, s, p);
            p += sizes[n];
        }
    }
}

bool revirt_blocks_unpack(uint32_t blocks, struct x86_state *s, const void *buf)
{
    const uint8_t *p = buf;
    for (unsigned n = 0; n < ARRAY_LEN(sizes); n++) {
        if (blocks >> n & 1) {
            if (!unpack_one(n, s, p)) {
                return false;
            }
            p += sizes[n];
        }
    }
    return true;
}
