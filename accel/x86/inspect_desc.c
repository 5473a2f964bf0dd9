/* SPDX-License-Identifier: MIT */
/*
 * Selectors, descriptors, gates and task state seen from outside, and exceptions in words. SDM
 * vol. 3: 3.4.5 and 3.5 (descriptors), 6.11 and 6.14.1 (gates), 7.2 and 7.7 (TSS), 6.13 and 4.7
 * (error codes).
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "accel/x86/consts.h"
#include "accel/x86/desc.h"
#include "accel/x86/inspect.h"

static bool long_mode(const struct x86_view *v)
{
    return v->st->msr.efer & X86_EFER_LMA;
}

static bool real_like(const struct x86_view *v)
{
    return !(v->st->cr0 & X86_CR0_PE) || (v->st->rflags & X86_FL_VM);
}

/* --- descriptors ---------------------------------------------------------------------------- */

const char *x86_look_text(enum x86_look l)
{
    switch (l) {
    case X86_LOOK_OK: return "found";
    case X86_LOOK_NULL: return "null selector";
    case X86_LOOK_LIMIT: return "beyond the table's limit";
    case X86_LOOK_UNMAPPED: return "the table is not mapped there";
    case X86_LOOK_NO_LDT: return "there is no LDT";
    case X86_LOOK_REAL_MODE: return "no descriptors in real mode";
    }
    return "?";
}

static void decode_segment(struct x86_desc_info *d, const struct x86_desc *raw)
{
    d->base = x86_desc_base(raw);
    d->limit = x86_desc_limit(raw);
    d->code = d->s && (d->type & 8);
    d->l = raw->hi & X86_DESC_L;
    d->db = raw->hi & X86_DESC_DB;
    d->g = raw->hi & X86_DESC_G;
}

void x86_desc_decode(struct x86_desc_info *d, uint64_t lo, uint64_t hi, bool in_long)
{
    struct x86_desc raw = {(uint32_t)lo, (uint32_t)(lo >> 32)};
    memset(d, 0, sizeof *d);
    d->raw[0] = lo;
    d->type = (uint8_t)x86_desc_type(&raw);
    d->dpl = (uint8_t)x86_desc_dpl(&raw);
    d->present = raw.hi & X86_DESC_P;
    d->s = raw.hi & X86_DESC_S;
    if (d->s) {
        d->kind = X86_DK_SEGMENT;
        decode_segment(d, &raw);
        return;
    }
    d->wide = in_long;
    d->raw[1] = in_long ? hi : 0;
    switch (d->type) {
    case X86_SYS_TSS16: case X86_SYS_TSS16_BUSY:
        d->kind = in_long ? X86_DK_RESERVED : X86_DK_TSS;
        break;
    case X86_SYS_TSS: case X86_SYS_TSS_BUSY: d->kind = X86_DK_TSS; break;
    case X86_SYS_LDT: d->kind = X86_DK_LDT; break;
    case X86_SYS_CALL16: case X86_SYS_TASK: case X86_SYS_INT16: case X86_SYS_TRAP16:
        d->kind = in_long ? X86_DK_RESERVED : X86_DK_GATE;
        break;
    case X86_SYS_CALL: case X86_SYS_INT: case X86_SYS_TRAP: d->kind = X86_DK_GATE; break;
    default: d->kind = X86_DK_RESERVED; break;
    }
    if (d->kind == X86_DK_GATE) {
        d->sel = (uint16_t)(raw.lo >> 16);
        d->off = (raw.lo & 0xffff) | (d->type & 8 ? raw.hi & 0xffff0000u : 0);
        d->off |= in_long ? hi << 32 : 0;
        d->ist = in_long ? raw.hi & 7 : 0;
        d->params = raw.hi & 31;
    } else {
        decode_segment(d, &raw);
        d->base |= in_long ? hi << 32 : 0;
    }
}

enum x86_look x86_view_desc(const struct x86_view *v, uint16_t sel, struct x86_desc_info *d)
{
    const struct x86_seg *ldt = &v->st->seg[X86_LDTR];
    uint64_t base = v->st->gdt.base, raw[2] = {0, 0};
    uint32_t limit = v->st->gdt.limit, index = sel & 0xfff8u;
    memset(d, 0, sizeof *d);
    d->kind = X86_DK_RESERVED;
    if (real_like(v)) {
        return X86_LOOK_REAL_MODE;
    }
    if (!(sel & 0xfffc)) {
        return X86_LOOK_NULL;
    }
    if (sel & 4) {
        if (ldt->attr & X86_SEG_UNUSABLE) {
            return X86_LOOK_NO_LDT;
        }
        base = ldt->base;
        limit = ldt->limit;
    }
    uint64_t lin = long_mode(v) ? base + index : (uint32_t)(base + index);
    d->addr = lin;
    if (limit < 7 || index > limit - 7) {
        return X86_LOOK_LIMIT;
    }
    if (x86_view_read(v, lin, &raw[0], 8) != 8) {
        return X86_LOOK_UNMAPPED;
    }
    if (long_mode(v) && !(raw[0] >> 44 & 1) && limit >= 15 && index <= limit - 15) {
        x86_view_read(v, lin + 8, &raw[1], 8);
    }
    x86_desc_decode(d, raw[0], raw[1], long_mode(v));
    d->addr = lin;
    return X86_LOOK_OK;
}

static enum x86_look ivt_entry(const struct x86_view *v, unsigned vector, struct x86_desc_info *d)
{
    uint8_t raw[4];
    uint32_t at = vector * 4;
    d->addr = (uint32_t)(v->st->idt.base + at);
    if (at + 3 > v->st->idt.limit) {
        return X86_LOOK_LIMIT;
    }
    if (x86_view_read(v, d->addr, raw, 4) != 4) {
        return X86_LOOK_UNMAPPED;
    }
    d->kind = X86_DK_GATE;
    d->type = X86_SYS_INT16;
    d->present = true;
    d->off = (uint64_t)(raw[0] | raw[1] << 8);
    d->sel = (uint16_t)(raw[2] | raw[3] << 8);
    memcpy(d->raw, raw, 4);
    return X86_LOOK_OK;
}

enum x86_look x86_view_gate(const struct x86_view *v, unsigned vector, struct x86_desc_info *d)
{
    uint64_t raw[2] = {0, 0};
    bool in_long = long_mode(v);
    unsigned width = in_long ? 16 : 8;
    uint32_t at = (vector & 255) * width;
    memset(d, 0, sizeof *d);
    d->kind = X86_DK_RESERVED;
    if (!(v->st->cr0 & X86_CR0_PE)) {
        return ivt_entry(v, vector & 255, d);
    }
    uint64_t lin = in_long ? v->st->idt.base + at : (uint32_t)(v->st->idt.base + at);
    d->addr = lin;
    if (at + width - 1 > v->st->idt.limit) {
        return X86_LOOK_LIMIT;
    }
    if (x86_view_read(v, lin, raw, width) != width) {
        return X86_LOOK_UNMAPPED;
    }
    x86_desc_decode(d, raw[0], raw[1], in_long);
    d->addr = lin;
    return X86_LOOK_OK;
}

static const char *system_name(unsigned type, bool in_long)
{
    static const char *const legacy[16] = {
        "reserved (type 0)", "16-bit TSS", "LDT", "busy 16-bit TSS", "16-bit call gate",
        "task gate", "16-bit interrupt gate", "16-bit trap gate", "reserved (type 8)",
        "32-bit TSS", "reserved (type 10)", "busy 32-bit TSS", "32-bit call gate",
        "reserved (type 13)", "32-bit interrupt gate", "32-bit trap gate"};
    static const char *const ia32e[16] = {
        "reserved (type 0)", "reserved (type 1)", "LDT", "reserved (type 3)", "reserved (type 4)",
        "reserved (type 5)", "reserved (type 6)", "reserved (type 7)", "reserved (type 8)",
        "64-bit TSS", "reserved (type 10)", "busy 64-bit TSS", "64-bit call gate",
        "reserved (type 13)", "64-bit interrupt gate", "64-bit trap gate"};
    return (in_long ? ia32e : legacy)[type & 15];
}

static void segment_text(char *out, size_t cap, unsigned type, unsigned dpl, bool l, bool db,
                         uint64_t base, uint32_t limit, bool present)
{
    const char *size = l && (type & 8) ? "64-bit" : db ? "32-bit" : "16-bit";
    const char *rights = type & 8 ? (type & 2 ? "readable" : "execute-only")
                                  : (type & 2 ? "writable" : "read-only");
    snprintf(out, cap, "%s %s, %s%s, DPL %u, base 0x%" PRIx64 ", limit 0x%x%s",
             size, type & 8 ? "code" : "data", rights,
             !(type & 4) ? "" : type & 8 ? ", conforming" : ", expand-down", dpl, base, limit,
             present ? "" : ", NOT PRESENT");
}

void x86_desc_text(const struct x86_desc_info *d, char *out, size_t cap)
{
    const char *absent = d->present ? "" : ", NOT PRESENT";
    switch (d->kind) {
    case X86_DK_SEGMENT:
        segment_text(out, cap, d->type, d->dpl, d->l, d->db, d->base, d->limit, d->present);
        break;
    case X86_DK_GATE:
        snprintf(out, cap, "%s to %04x:0x%" PRIx64 ", DPL %u%s%s%.1s%s",
                 system_name(d->type, d->wide), d->sel, d->off, d->dpl, d->ist ? ", IST" : "",
                 d->ist ? " " : "", d->ist ? &"01234567"[d->ist & 7] : "", absent);
        break;
    case X86_DK_TSS:
    case X86_DK_LDT:
        snprintf(out, cap, "%s, DPL %u, base 0x%" PRIx64 ", limit 0x%x%s",
                 system_name(d->type, d->wide), d->dpl, d->base, d->limit, absent);
        break;
    default:
        snprintf(out, cap, "%s%s", d->raw[0] || d->raw[1] ? system_name(d->type, d->wide) : "empty",
                 d->raw[0] || d->raw[1] ? absent : " (all zeros)");
        break;
    }
}

void x86_seg_text(const struct x86_view *v, enum x86_segreg seg, char *out, size_t cap)
{
    const struct x86_seg *s = &v->st->seg[seg];
    unsigned type = s->attr & X86_SEG_TYPE, dpl = X86_SEG_DPL(s->attr);
    if (real_like(v) && seg < X86_LDTR) {
        snprintf(out, cap, "base 0x%" PRIx64 ", limit 0x%x", s->base, s->limit);
    } else if (s->attr & X86_SEG_UNUSABLE) {
        snprintf(out, cap, "null");
    } else if (s->attr & X86_SEG_S) {
        segment_text(out, cap, type, dpl, s->attr & X86_SEG_L, s->attr & X86_SEG_DB, s->base,
                     s->limit, s->attr & X86_SEG_P);
    } else {
        snprintf(out, cap, "%s, base 0x%" PRIx64 ", limit 0x%x%s", system_name(type, long_mode(v)),
                 s->base, s->limit, s->attr & X86_SEG_P ? "" : ", NOT PRESENT");
    }
}

/* --- task state ----------------------------------------------------------------------------- */

static uint64_t field(const uint8_t *p, unsigned off, unsigned size)
{
    uint64_t v = 0;
    for (unsigned i = 0; i < size; i++) {
        v |= (uint64_t)p[off + i] << (8 * i);
    }
    return v;
}

static void tss32(struct x86_tss_info *t, const uint8_t *p)
{
    for (unsigned i = 0; i < 3; i++) {
        t->sp[i] = field(p, 4 + 8 * i, 4);
        t->ss[i] = (uint16_t)field(p, 8 + 8 * i, 2);
    }
    t->cr3 = field(p, 28, 4);
    t->rip = field(p, 32, 4);
    t->rflags = field(p, 36, 4);
    for (unsigned i = 0; i < 8; i++) {
        t->gpr[i] = field(p, 40 + 4 * i, 4);
    }
    for (unsigned i = 0; i < 6; i++) {
        t->seg[i] = (uint16_t)field(p, 72 + 4 * i, 2);
    }
    t->ldt = (uint16_t)field(p, 96, 2);
    t->iomap = (uint16_t)field(p, 102, 2);
}

static void tss16(struct x86_tss_info *t, const uint8_t *p)
{
    for (unsigned i = 0; i < 3; i++) {
        t->sp[i] = field(p, 2 + 4 * i, 2);
        t->ss[i] = (uint16_t)field(p, 4 + 4 * i, 2);
    }
    t->rip = field(p, 14, 2);
    t->rflags = field(p, 16, 2);
    for (unsigned i = 0; i < 8; i++) {
        t->gpr[i] = field(p, 18 + 2 * i, 2);
    }
    for (unsigned i = 0; i < 4; i++) {
        t->seg[i] = (uint16_t)field(p, 34 + 2 * i, 2);
    }
    t->ldt = (uint16_t)field(p, 42, 2);
}

void x86_view_tss(const struct x86_view *v, struct x86_tss_info *t)
{
    const struct x86_seg *tr = &v->st->seg[X86_TR];
    uint8_t p[104] = {0};
    memset(t, 0, sizeof *t);
    if ((tr->attr & X86_SEG_UNUSABLE) || !(tr->attr & X86_SEG_P) || (tr->attr & X86_SEG_S) ||
        !(v->st->cr0 & X86_CR0_PE)) {
        return;
    }
    bool wide = tr->attr & 8;
    t->bits = long_mode(v) ? 64 : wide ? 32 : 16;
    t->limit = tr->limit;
    size_t want = t->bits == 16 ? 44 : 104;
    size_t have = tr->limit < want ? (size_t)tr->limit + 1 : want;
    t->complete = x86_view_read(v, tr->base, p, have) == want;
    t->link = t->bits == 64 ? 0 : (uint16_t)field(p, 0, 2);
    if (t->bits == 64) {
        for (unsigned i = 0; i < 3; i++) {
            t->sp[i] = field(p, 4 + 8 * i, 8);
        }
        for (unsigned i = 1; i < 8; i++) {
            t->ist[i] = field(p, 28 + 8 * i, 8);
        }
        t->iomap = (uint16_t)field(p, 102, 2);
    } else if (t->bits == 32) {
        tss32(t, p);
    } else {
        tss16(t, p);
    }
}

/* --- words ---------------------------------------------------------------------------------- */

static const struct {
    const char *mnemonic, *name;
} exceptions[32] = {
    [0] = {"#DE", "divide error"},
    [1] = {"#DB", "debug exception"},
    [2] = {"NMI", "non-maskable interrupt"},
    [3] = {"#BP", "breakpoint (INT3)"},
    [4] = {"#OF", "overflow (INTO)"},
    [5] = {"#BR", "BOUND range exceeded"},
    [6] = {"#UD", "invalid opcode"},
    [7] = {"#NM", "device not available"},
    [8] = {"#DF", "double fault"},
    [9] = {"vector 9", "coprocessor segment overrun"},
    [10] = {"#TS", "invalid TSS"},
    [11] = {"#NP", "segment not present"},
    [12] = {"#SS", "stack-segment fault"},
    [13] = {"#GP", "general protection"},
    [14] = {"#PF", "page fault"},
    [16] = {"#MF", "x87 floating-point error"},
    [17] = {"#AC", "alignment check"},
    [18] = {"#MC", "machine check"},
    [19] = {"#XM", "SIMD floating-point exception"},
    [20] = {"#VE", "virtualization exception"},
    [21] = {"#CP", "control protection exception"},
    [28] = {"#HV", "hypervisor injection exception"},
    [29] = {"#VC", "VMM communication exception"},
    [30] = {"#SX", "security exception"},
};

const char *x86_exception_mnemonic(unsigned vector)
{
    return vector < 32 ? exceptions[vector].mnemonic : NULL;
}

const char *x86_exception_name(unsigned vector)
{
    return vector < 32 ? exceptions[vector].name : NULL;
}

bool x86_exception_has_error(unsigned vector)
{
    return vector < 32 && (0x40227d00u >> vector & 1); /* 8, 10-14, 17, 21, 30 */
}

void x86_error_text(unsigned vector, uint32_t error, char *out, size_t cap)
{
    if (vector == X86_EXC_PF) {
        const char *what = error & X86_PF_I ? "instruction fetch" : error & X86_PF_W ? "write"
                                                                                     : "read";
        const char *why = error & X86_PF_RSVD ? "through an entry with a reserved bit set"
                          : error & X86_PF_PK ? "that the protection key forbids"
                          : error & X86_PF_P  ? "that the page's rights forbid"
                                              : "of a page that is not present";
        snprintf(out, cap, "%s %s, in %s mode", what, why,
                 error & X86_PF_U ? "user" : "supervisor");
        return;
    }
    if (!x86_exception_has_error(vector) || vector == X86_EXC_DF || vector == X86_EXC_AC ||
        vector > X86_EXC_AC) {
        snprintf(out, cap, "%s", error ? "unexpected error code" : "");
        return;
    }
    const char *ext = error & 1 ? ", while an event was being delivered" : "";
    if (error & 2) {
        snprintf(out, cap, "IDT entry %u (0x%02x)%s", error >> 3 & 0xff, error >> 3 & 0xff, ext);
    } else if (error & 0xfffc) {
        snprintf(out, cap, "selector 0x%04x in the %s%s", error & 0xfff8,
                 error & 4 ? "LDT" : "GDT", ext);
    } else {
        snprintf(out, cap, "no selector%s", ext);
    }
}
