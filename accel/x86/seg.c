/* SPDX-License-Identifier: MIT */
/*
 * Segmentation: address checks, descriptors, loading of data and stack segments, the stack.
 * Intel SDM vol. 3, chapters 3.4-3.5 and 5.2-5.7; canonical rules vol. 1, 3.3.7.1.
 */
#include "accel/x86/system.h"

/* --- address checks ------------------------------------------------------------------------- */

void x86_seg_range_of(const struct x86_cpu *cpu, const struct x86_seg *s, struct x86_seg_range *r)
{
    r->base = s->base;
    r->first = 0;
    r->last = s->limit;
    if (x86_real_like(cpu)) {
        r->perm = 7; /* the type of a real-mode segment is not looked at */
        return;
    }
    r->perm = 0;
    if ((s->attr & X86_SEG_UNUSABLE) || !(s->attr & X86_SEG_P) || !(s->attr & X86_SEG_S)) {
        return;
    }
    if (s->attr & 8) { /* code */
        r->perm = (uint8_t)(1u << X86_ACCESS_EXEC | (s->attr & 2 ? 1u << X86_ACCESS_READ : 0));
        return;
    }
    r->perm = (uint8_t)(1u << X86_ACCESS_READ | (s->attr & 2 ? 1u << X86_ACCESS_WRITE : 0));
    if (s->attr & 4) { /* expand-down: the limit is the last invalid offset */
        r->first = s->limit + 1;
        r->last = s->attr & X86_SEG_DB ? 0xffffffff : 0xffff;
        if (s->limit == 0xffffffff) {
            r->perm = 0;
        }
    }
}

static bool range_allows(const struct x86_seg_range *r, uint64_t off, unsigned size,
                         enum x86_access a)
{
    return off >= r->first && off <= r->last && size - 1 <= r->last - off && (r->perm >> a & 1);
}

/* Why range_allows said no, or an address was not canonical. */
static const char *why_not(const struct x86_cpu *cpu, unsigned seg, uint64_t off, enum x86_access a)
{
    const struct x86_seg_range *r = &cpu->range[seg];
    if (cpu->code_mode == 8) {
        return "the address is not canonical";
    }
    if (!x86_real_like(cpu) && (cpu->st.seg[seg].attr & X86_SEG_UNUSABLE)) {
        return "the segment register holds a null selector";
    }
    if (!(r->perm >> a & 1)) {
        return a == X86_ACCESS_WRITE ? "the segment is not writable"
                                     : "the segment is not readable";
    }
    return off < r->first ? "the offset is below an expand-down segment's limit"
                          : "the offset is beyond the segment's limit";
}

uint64_t x86_linear_slow(struct x86_cpu *cpu, unsigned seg, uint64_t off, unsigned size,
                         enum x86_access a)
{
    uint64_t lin;
    size += !size;
    if (cpu->code_mode == 8) {
        lin = seg >= X86_FS ? cpu->st.seg[seg].base + off : off;
        if (x86_canonical(cpu, lin) && x86_canonical(cpu, lin + size - 1)) {
            return lin;
        }
    } else {
        const struct x86_seg_range *r = &cpu->range[seg];
        if (range_allows(r, off, size, a)) {
            return (uint32_t)(r->base + off);
        }
    }
    x86_because(cpu, why_not(cpu, seg, off, a));
    x86_raise_error(cpu, seg == X86_SS ? X86_EXC_SS : X86_EXC_GP, 0);
}

void x86_branch_to(struct x86_cpu *cpu, uint64_t rip, unsigned opsize)
{
    if (cpu->code_mode == 8) {
        if (!x86_canonical(cpu, rip)) {
            x86_raise(x86_because(cpu, "the target is not canonical"), X86_EXC_GP);
        }
    } else {
        rip &= opsize == 2 ? 0xffff : 0xffffffff;
        if (rip > cpu->st.seg[X86_CS].limit) {
            x86_raise(x86_because(cpu, "the target is beyond the limit of CS"), X86_EXC_GP);
        }
    }
    cpu->next_rip = rip;
}

void x86_check_target(struct x86_cpu *cpu, const struct x86_desc *d, uint64_t off)
{
    bool ok =
        cpu->long_mode && (d->hi & X86_DESC_L) ? x86_canonical(cpu, off) : off <= x86_desc_limit(d);
    if (!ok) {
        x86_raise(x86_because(cpu, cpu->long_mode && (d->hi & X86_DESC_L)
                                       ? "the target is not canonical"
                                       : "the target is beyond the code segment's limit"),
                  X86_EXC_GP);
    }
}

/* --- descriptors ---------------------------------------------------------------------------- */

bool x86_desc_find(struct x86_cpu *cpu, uint16_t sel, unsigned bytes, uint64_t *lin)
{
    const struct x86_seg *ldt = &cpu->st.seg[X86_LDTR];
    uint32_t index = sel & 0xfff8u, limit = cpu->st.gdt.limit;
    uint64_t base = cpu->st.gdt.base;
    if (sel & 4) {
        if (ldt->attr & X86_SEG_UNUSABLE) {
            return false;
        }
        base = ldt->base;
        limit = ldt->limit;
    }
    if (limit < bytes - 1 || index > limit - (bytes - 1)) {
        return false;
    }
    *lin = cpu->long_mode ? base + index : (uint32_t)(base + index);
    return true;
}

struct x86_desc x86_desc_read(struct x86_cpu *cpu, uint16_t sel, unsigned vector)
{
    struct x86_desc d;
    uint64_t lin;
    if (!x86_desc_find(cpu, sel, 8, &lin)) {
        x86_because(cpu, "the selector is beyond its descriptor table's limit");
        x86_raise_sel(cpu, vector, sel);
    }
    uint64_t v = x86_sys_load(cpu, lin, 8);
    d.lo = (uint32_t)v;
    d.hi = (uint32_t)(v >> 32);
    return d;
}

void x86_desc_mark(struct x86_cpu *cpu, uint16_t sel, struct x86_desc *d)
{
    uint64_t lin;
    if (!(d->hi & X86_DESC_A) && x86_desc_find(cpu, sel, 8, &lin)) {
        d->hi |= X86_DESC_A;
        x86_sys_store(cpu, lin + 5, d->hi >> 8 & 0xff, 1);
    }
}

void x86_seg_from_desc(struct x86_seg *s, uint16_t sel, const struct x86_desc *d)
{
    s->sel = sel;
    s->base = x86_desc_base(d);
    s->limit = x86_desc_limit(d);
    s->attr = (uint16_t)((d->hi >> 8 & 0xff) | (d->hi >> 12 & 0xf00));
}

void x86_seg_null(struct x86_seg *s, uint16_t sel, unsigned dpl)
{
    *s = (struct x86_seg){0, 0, sel, (uint16_t)(X86_SEG_UNUSABLE | dpl << X86_SEG_DPL_SHIFT)};
}

void x86_set_cs(struct x86_cpu *cpu, uint16_t sel, const struct x86_desc *d, unsigned cpl)
{
    x86_seg_from_desc(&cpu->st.seg[X86_CS], (uint16_t)((sel & 0xfffc) | cpl), d);
    x86_mode_changed(cpu);
}

void x86_drop_inner_segs(struct x86_cpu *cpu, unsigned cpl)
{
    static const uint8_t segs[] = {X86_ES, X86_DS, X86_FS, X86_GS};
    for (unsigned i = 0; i < ARRAY_LEN(segs); i++) {
        struct x86_seg *s = &cpu->st.seg[segs[i]];
        bool conforming = (s->attr & 0xc) == 0xc;
        if ((s->attr & X86_SEG_UNUSABLE) || (!conforming && X86_SEG_DPL(s->attr) < cpl)) {
            s->sel = s->attr & X86_SEG_UNUSABLE ? s->sel : 0;
            s->attr |= X86_SEG_UNUSABLE;
            x86_seg_changed(cpu, segs[i]);
        }
    }
}

/* --- loading -------------------------------------------------------------------------------- */

void x86_set_seg_real(struct x86_cpu *cpu, enum x86_segreg seg, uint16_t sel)
{
    struct x86_seg *s = &cpu->st.seg[seg];
    unsigned type = seg == X86_CS ? 0xb : 3;
    s->sel = sel;
    s->base = (uint64_t)sel << 4;
    if (x86_v86(cpu)) {
        s->limit = 0xffff;
        s->attr = (uint16_t)(X86_SEG_P | X86_SEG_S | 3u << X86_SEG_DPL_SHIFT | type);
    } else {
        /* Limit and size stay as they are: "unreal" mode. */
        s->attr = (uint16_t)((s->attr & (X86_SEG_DB | X86_SEG_G)) | X86_SEG_P | X86_SEG_S | type);
    }
    if (seg == X86_SS || seg == X86_CS) {
        x86_mode_changed(cpu);
    } else {
        x86_seg_changed(cpu, seg);
    }
}

static const char *why_no_stack(uint16_t sel, const struct x86_desc *d, unsigned cpl)
{
    return !x86_desc_is_wdata(d)      ? "the stack segment is not a writable data segment"
           : (sel & 3u) != cpl        ? "the RPL of SS is not the CPL"
           : x86_desc_dpl(d) != cpl   ? "the DPL of the stack segment is not the CPL"
                                      : NULL;
}

struct x86_desc x86_check_ss(struct x86_cpu *cpu, uint16_t sel, unsigned cpl, unsigned vector)
{
    if (x86_sel_null(sel)) {
        x86_raise_error(x86_because(cpu, "SS would be a null selector"), vector, 0);
    }
    struct x86_desc d = x86_desc_read(cpu, sel, vector);
    if ((sel & 3u) != cpl || !x86_desc_is_wdata(&d) || x86_desc_dpl(&d) != cpl) {
        x86_raise_sel(x86_because(cpu, why_no_stack(sel, &d, cpl)), vector, sel);
    }
    if (!(d.hi & X86_DESC_P)) {
        x86_raise_sel(x86_because(cpu, "the stack segment is not present"), X86_EXC_SS, sel);
    }
    return d;
}

static void load_ss(struct x86_cpu *cpu, uint16_t sel)
{
    struct x86_seg *ss = &cpu->st.seg[X86_SS];
    if (x86_sel_null(sel)) {
        if (cpu->code_mode != 8 || cpu->cpl == 3 || (sel & 3u) != cpu->cpl) {
            x86_raise(x86_because(cpu, "SS may not be null here"), X86_EXC_GP);
        }
        x86_seg_null(ss, sel, cpu->cpl);
    } else {
        struct x86_desc d = x86_check_ss(cpu, sel, cpu->cpl, X86_EXC_GP);
        x86_desc_mark(cpu, sel, &d);
        x86_seg_from_desc(ss, sel, &d);
    }
    x86_mode_changed(cpu);
}

void x86_load_seg(struct x86_cpu *cpu, enum x86_segreg seg, uint16_t sel)
{
    if (x86_real_like(cpu)) {
        x86_set_seg_real(cpu, seg, sel);
        return;
    }
    if (seg == X86_SS) {
        load_ss(cpu, sel);
        return;
    }
    if (x86_sel_null(sel)) {
        x86_seg_null(&cpu->st.seg[seg], sel, 0);
        x86_seg_changed(cpu, seg);
        return;
    }
    struct x86_desc d = x86_desc_read(cpu, sel, X86_EXC_GP);
    bool code = d.hi & X86_DESC_CODE;
    if (x86_desc_is_system(&d) || (code && !(d.hi & X86_DESC_RW))) {
        x86_because(cpu, code && !x86_desc_is_system(&d)
                             ? "a code segment that is not readable"
                             : "the descriptor is neither data nor readable code");
        x86_raise_sel(cpu, X86_EXC_GP, sel);
    }
    bool conforming = code && (d.hi & X86_DESC_EC);
    if (!conforming && ((sel & 3u) > x86_desc_dpl(&d) || cpu->cpl > x86_desc_dpl(&d))) {
        x86_because(cpu, "the segment's DPL is below CPL or RPL");
        x86_raise_sel(cpu, X86_EXC_GP, sel);
    }
    if (!(d.hi & X86_DESC_P)) {
        x86_raise_sel(x86_because(cpu, "the segment is not present"), X86_EXC_NP, sel);
    }
    x86_desc_mark(cpu, sel, &d);
    x86_seg_from_desc(&cpu->st.seg[seg], sel, &d);
    x86_seg_changed(cpu, seg);
}

/* --- the stack ------------------------------------------------------------------------------ */

static uint64_t sp_mask(unsigned stack_size)
{
    return stack_size == 8 ? ~0ull : stack_size == 4 ? 0xffffffff : 0xffff;
}

void x86_set_sp(struct x86_cpu *cpu, uint64_t sp)
{
    x86_gpr_write(cpu, X86_RSP, sp, cpu->stack_size);
}

void x86_push(struct x86_cpu *cpu, uint64_t v, unsigned size)
{
    uint64_t sp = (cpu->st.gpr[X86_RSP] - size) & sp_mask(cpu->stack_size);
    uint64_t lin = x86_linear(cpu, X86_SS, sp, size, X86_ACCESS_WRITE);
    x86_mem_store(cpu, lin, v, size, x86_user(cpu));
    x86_set_sp(cpu, sp);
}

uint64_t x86_pop(struct x86_cpu *cpu, unsigned size)
{
    uint64_t sp = cpu->st.gpr[X86_RSP] & sp_mask(cpu->stack_size);
    uint64_t lin = x86_linear(cpu, X86_SS, sp, size, X86_ACCESS_READ);
    uint64_t v = x86_mem_load(cpu, lin, size, x86_user(cpu));
    x86_set_sp(cpu, sp + size);
    return v;
}

void x86_stk_current(struct x86_cpu *cpu, struct x86_stk *k)
{
    k->r = cpu->range[X86_SS];
    k->mask = sp_mask(cpu->stack_size);
    k->sp = cpu->st.gpr[X86_RSP] & k->mask;
    k->wide = cpu->code_mode == 8;
    k->user = x86_user(cpu);
    k->err = 0;
}

void x86_stk_of(struct x86_cpu *cpu, struct x86_stk *k, const struct x86_seg *ss, uint64_t sp,
                unsigned cpl)
{
    x86_seg_range_of(cpu, ss, &k->r);
    if (x86_v86(cpu)) { /* the range of a protected-mode segment, though V86 is still on */
        k->r.first = 0;
        k->r.last = ss->limit;
        if ((ss->attr & 0xc) == 4) {
            k->r.first = ss->limit + 1;
            k->r.last = ss->attr & X86_SEG_DB ? 0xffffffff : 0xffff;
        }
    }
    k->mask = ss->attr & X86_SEG_DB ? 0xffffffff : 0xffff;
    k->sp = sp & k->mask;
    k->wide = false;
    k->user = cpl == 3;
    k->err = ss->sel & 0xfffc;
}

void x86_stk_of_wide(struct x86_stk *k, uint64_t sp, unsigned cpl)
{
    *k = (struct x86_stk){{0, 0, 0, 0}, sp, ~0ull, true, cpl == 3, 0};
}

static uint64_t stk_linear(struct x86_cpu *cpu, const struct x86_stk *k, unsigned size,
                           enum x86_access a)
{
    if (k->wide) {
        if (x86_canonical(cpu, k->sp) && x86_canonical(cpu, k->sp + size - 1)) {
            return k->sp;
        }
    } else if (range_allows(&k->r, k->sp, size, a)) {
        return (uint32_t)(k->r.base + k->sp);
    }
    x86_because(cpu, k->wide ? "the stack pointer is not canonical"
                             : "the stack pointer is outside of the stack segment's limit");
    x86_raise_error(cpu, X86_EXC_SS, k->err);
}

void x86_stk_push(struct x86_cpu *cpu, struct x86_stk *k, uint64_t v, unsigned size)
{
    k->sp = (k->sp - size) & k->mask;
    x86_mem_store(cpu, stk_linear(cpu, k, size, X86_ACCESS_WRITE), v, size, k->user);
}

uint64_t x86_stk_pop(struct x86_cpu *cpu, struct x86_stk *k, unsigned size)
{
    uint64_t v = x86_mem_load(cpu, stk_linear(cpu, k, size, X86_ACCESS_READ), size, k->user);
    k->sp = (k->sp + size) & k->mask;
    return v;
}
