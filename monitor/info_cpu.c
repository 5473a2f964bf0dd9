/* SPDX-License-Identifier: MIT */
/*
 * Processors: registers in QEMU's layout, and the tables they point to, decoded.
 */
#include <string.h>

#include "accel/api/vcpu.h"
#include "accel/x86/consts.h"
#include "core/physmem.h"
#include "monitor/commands.h"

#define HEX16 "%016" G_GINT64_MODIFIER "x"
#define HEX   "%" G_GINT64_MODIFIER "x"

/* --- registers ----------------------------------------------------------------------------- */

static void print_gprs(struct mon_call *c, const struct x86_state *s, bool wide)
{
    static const char *const names[] = { "RAX", "RBX", "RCX", "RDX", "RSI", "RDI", "RBP", "RSP",
                                         "R8 ", "R9 ", "R10", "R11", "R12", "R13", "R14", "R15" };
    static const uint8_t order[] = { X86_RAX, X86_RBX, X86_RCX, X86_RDX, X86_RSI, X86_RDI, X86_RBP,
                                     X86_RSP, 8, 9, 10, 11, 12, 13, 14, 15 };
    for (unsigned i = 0; i < (wide ? 16u : 8u); i++) {
        const char *end = i % 4 == 3 ? "\n" : " ";
        if (wide) {
            call_print(c, "%s=" HEX16 "%s", names[i], s->gpr[order[i]], end);
        } else {
            call_print(c, "E%s=%08x%s", names[i] + 1, (uint32_t)s->gpr[order[i]], end);
        }
    }
}

static void print_flags(struct mon_call *c, const struct x86_view *v, bool wide)
{
    const struct x86_state *s = v->st;
    static const struct {
        uint32_t bit;
        char letter;
    } flags[] = { { X86_FL_DF, 'D' }, { X86_FL_OF, 'O' }, { X86_FL_SF, 'S' }, { X86_FL_ZF, 'Z' },
                  { X86_FL_AF, 'A' }, { X86_FL_PF, 'P' }, { X86_FL_CF, 'C' } };
    char text[ARRAY_LEN(flags) + 1] = "";
    for (size_t i = 0; i < ARRAY_LEN(flags); i++) {
        text[i] = s->rflags & flags[i].bit ? flags[i].letter : '-';
    }
    if (wide) {
        call_print(c, "RIP=" HEX16 " RFL=%08x", s->rip, (uint32_t)s->rflags);
    } else {
        call_print(c, "EIP=%08x EFL=%08x", (uint32_t)s->rip, (uint32_t)s->rflags);
    }
    call_print(c, " [%s] CPL=%u II=%u A20=%u SMM=%u HLT=%u\n", text, x86_view_cpl(v),
               s->ev.sti_shadow || s->ev.movss_shadow, v->a20_mask == ~0ull, s->ev.in_smm,
               s->mp == X86_MP_HALTED);
}

static void print_segments(struct mon_call *c, const struct x86_view *v, bool wide)
{
    static const struct {
        const char *name;
        enum x86_segreg reg;
    } segs[] = { { "ES ", X86_ES }, { "CS ", X86_CS }, { "SS ", X86_SS }, { "DS ", X86_DS },
                 { "FS ", X86_FS }, { "GS ", X86_GS }, { "LDT", X86_LDTR }, { "TR ", X86_TR } };
    const struct x86_state *s = v->st;
    for (size_t i = 0; i < ARRAY_LEN(segs); i++) {
        const struct x86_seg *g = &s->seg[segs[i].reg];
        uint32_t attr = (uint32_t)(g->attr & 0xff) << 8 | (uint32_t)(g->attr & 0xf00) << 12;
        char text[128];
        x86_seg_text(v, segs[i].reg, text, sizeof text);
        call_print(c, wide ? "%s=%04x " HEX16 " %08x %08x %s\n"
                           : "%s=%04x %08" G_GINT64_MODIFIER "x %08x %08x %s\n",
                   segs[i].name, g->sel, g->base, g->limit, attr, text);
    }
    call_print(c, "GDT=     " HEX16 " %08x\n", s->gdt.base, s->gdt.limit);
    call_print(c, "IDT=     " HEX16 " %08x\n", s->idt.base, s->idt.limit);
}

static void print_vectors(struct mon_call *c, const struct x86_state *s, bool wide)
{
    const struct x86_fpu *f = &s->fpu;
    call_print(c, "FCW=%04x FSW=%04x [ST=%u] FTW=%02x MXCSR=%08x\n", f->fcw, f->fsw,
               f->fsw >> 11 & 7, (uint8_t)~f->ftw, f->mxcsr);
    for (unsigned i = 0; i < 8; i++) {
        call_print(c, "FPR%u=" HEX16 " %04x%s", i, f->r[i].mant, f->r[i].se, i % 2 ? "\n" : " ");
    }
    for (unsigned i = 0; i < (wide ? 16u : 8u); i++) {
        const union x86_vec *x = &s->vec[i];
        call_print(c, "%cMM%02u=", x->u64[2] || x->u64[3] ? 'Y' : 'X', i);
        if (x->u64[2] || x->u64[3]) {
            call_print(c, HEX16 HEX16, x->u64[3], x->u64[2]);
        }
        call_print(c, HEX16 HEX16 "%s", x->u64[1], x->u64[0], i % 2 ? "\n" : " ");
    }
}

static void print_registers(struct mon_call *c, const struct x86_view *v)
{
    const struct x86_state *s = v->st;
    bool wide = s->msr.efer & X86_EFER_LMA;
    print_gprs(c, s, wide);
    print_flags(c, v, wide);
    print_segments(c, v, wide);
    call_print(c, "CR0=%08x CR2=" HEX16 " CR3=" HEX16 " CR4=%08x\n", (uint32_t)s->cr0, s->cr2,
               s->cr3, (uint32_t)s->cr4);
    call_print(c, "DR0=" HEX16 " DR1=" HEX16 " DR2=" HEX16 " DR3=" HEX16 "\n", s->dr[0], s->dr[1],
               s->dr[2], s->dr[3]);
    call_print(c, "DR6=" HEX16 " DR7=" HEX16 "\nEFER=" HEX16 "\n", s->dr[6], s->dr[7],
               s->msr.efer);
    print_vectors(c, s, wide);
}

void info_registers(struct mon_call *c)
{
    struct x86_view v;
    if (!arg_bool(c, "all", false)) {
        if (call_cpu(c, &v)) {
            call_print(c, "CPU#%u, %s\n", *c->cpu, x86_view_mode(&v));
            print_registers(c, &v);
        }
        return;
    }
    vm_freeze(c->vm);
    struct x86_state *st = g_new0(struct x86_state, 1);
    for (unsigned i = 0; i < vcpus_count(c->p.vcpus) && call_cpu_state(c, i, st); i++) {
        x86_view_init(&v, st, c->p.mem, c->p.model);
        call_print(c, "%sCPU#%u, %s\n", i ? "\n" : "", i, x86_view_mode(&v));
        print_registers(c, &v);
    }
    g_free(st);
    vm_thaw(c->vm);
}

void info_cpus(struct mon_call *c)
{
    static const char *const states[] = { [X86_MP_RUNNABLE] = "",
                                          [X86_MP_HALTED] = " (halted)",
                                          [X86_MP_WAIT_SIPI] = " (waits for SIPI)",
                                          [X86_MP_SHUTDOWN] = " (shut down)" };
    vm_freeze(c->vm);
    struct x86_state *st = g_new0(struct x86_state, 1);
    for (unsigned i = 0; i < vcpus_count(c->p.vcpus) && call_cpu_state(c, i, st); i++) {
        struct x86_view v;
        x86_view_init(&v, st, c->p.mem, c->p.model);
        call_print(c, "%s CPU #%u: pc=0x%016" G_GINT64_MODIFIER "x%s %s, thread vcpu%u\n",
                   i == *c->cpu ? "*" : " ", i, x86_view_pc(&v), states[st->mp],
                   x86_view_mode(&v), i);
    }
    g_free(st);
    vm_thaw(c->vm);
}

/* --- paging -------------------------------------------------------------------------------- */

static uint64_t last_linear(const struct x86_view *v)
{
    return v->st->msr.efer & X86_EFER_LMA ? UINT64_MAX : UINT32_MAX;
}

struct mem_ranges {
    struct mon_call *c;
    uint64_t start, end, rights; /* end: the last byte */
    bool any;
};

static void print_range(struct mem_ranges *r)
{
    if (r->any) {
        call_print(r->c, HEX16 "-" HEX16 " " HEX16 " %c%c%c%c\n", r->start, r->end + 1,
                   r->end - r->start + 1, r->rights & X86_PTE_U ? 'u' : '-', 'r',
                   r->rights & X86_PTE_W ? 'w' : '-', r->rights & X86_PTE_NX ? '-' : 'x');
    }
}

static bool add_mapping(void *opaque, uint64_t lin, gpa_t gpa, uint8_t shift, uint64_t rights,
                        uint64_t leaf)
{
    struct mem_ranges *r = opaque;
    uint64_t end = lin + ((uint64_t)1 << shift) - 1;
    (void)gpa;
    (void)leaf;
    rights &= X86_PTE_U | X86_PTE_W | X86_PTE_NX;
    if (r->any && r->end + 1 == lin && r->rights == rights) {
        r->end = end;
    } else {
        print_range(r);
        r->start = lin;
        r->end = end;
        r->rights = rights;
        r->any = true;
    }
    return !call_full(r->c);
}

void info_mem(struct mon_call *c)
{
    struct x86_view v;
    if (!call_cpu(c, &v)) {
        return;
    }
    if (!(v.st->cr0 & X86_CR0_PG)) {
        call_print(c, "PG disabled\n");
        return;
    }
    struct mem_ranges r = { .c = c };
    x86_view_each(&v, 0, last_linear(&v), add_mapping, &r);
    print_range(&r);
}

static bool print_page(void *opaque, uint64_t lin, gpa_t gpa, uint8_t shift, uint64_t rights,
                       uint64_t leaf)
{
    struct mon_call *c = opaque;
    static const struct {
        uint64_t bit;
        char letter;
    } bits[] = { { X86_PTE_NX, 'X' }, { X86_PTE_G, 'G' },   { X86_PTE_PS, 'P' },
                 { X86_PTE_D, 'D' },  { X86_PTE_A, 'A' },   { X86_PTE_PCD, 'C' },
                 { X86_PTE_PWT, 'T' }, { X86_PTE_U, 'U' },  { X86_PTE_W, 'W' } };
    char text[ARRAY_LEN(bits) + 1] = "";
    for (size_t i = 0; i < ARRAY_LEN(bits); i++) {
        uint64_t from = bits[i].bit & (X86_PTE_NX | X86_PTE_U | X86_PTE_W) ? rights : leaf;
        bool on = from & bits[i].bit;
        if (bits[i].bit == X86_PTE_PS) {
            on = shift > 12; /* in a PTE the bit is PAT */
        }
        text[i] = on ? bits[i].letter : '-';
    }
    call_print(c, HEX16 ": " HEX16 " %s\n", lin, gpa, text);
    return !call_full(c);
}

void info_tlb(struct mon_call *c)
{
    struct x86_view v;
    if (!call_cpu(c, &v)) {
        return;
    }
    if (!(v.st->cr0 & X86_CR0_PG)) {
        call_print(c, "PG disabled\n");
        return;
    }
    x86_view_each(&v, 0, last_linear(&v), print_page, c);
}

/* --- descriptor tables --------------------------------------------------------------------- */

/* Which segment registers hold this selector: "  <- CS SS". */
static void print_users(struct mon_call *c, const struct x86_state *s, unsigned sel)
{
    static const char *const names[] = { "ES", "CS", "SS", "DS", "FS", "GS", "LDTR", "TR" };
    bool any = false;
    for (unsigned i = 0; i < X86_SEG_COUNT; i++) {
        if ((s->seg[i].sel & ~3u) == sel && (sel & ~7u)) {
            call_print(c, any ? " %s" : "  <- %s", names[i]);
            any = true;
        }
    }
}

static void print_table(struct mon_call *c, const struct x86_view *v, unsigned table,
                        unsigned limit)
{
    for (unsigned at = 0; at + 7 <= limit && !call_full(c);) {
        struct x86_desc_info d;
        char text[192];
        unsigned sel = at | table;
        enum x86_look look = x86_view_desc(v, (uint16_t)sel, &d);
        unsigned step = look == X86_LOOK_OK && d.wide ? 16 : 8;
        if (look == X86_LOOK_OK && (d.raw[0] || d.raw[1])) {
            x86_desc_text(&d, text, sizeof text);
            call_print(c, "%04x: " HEX16 "%s%s %s", sel, d.raw[0], d.wide ? "+" : " ",
                       d.present ? "" : " (not present)", text);
            print_users(c, v->st, sel);
            call_print(c, "\n");
        } else if (look != X86_LOOK_OK && look != X86_LOOK_NULL) {
            call_print(c, "%04x: %s\n", sel, x86_look_text(look));
            if (look == X86_LOOK_UNMAPPED) {
                return;
            }
        }
        at += step;
    }
}

void info_gdt(struct mon_call *c)
{
    struct x86_view v;
    if (call_cpu(c, &v)) {
        call_print(c, "GDT at 0x" HEX ", limit 0x%x\n", v.st->gdt.base, v.st->gdt.limit);
        print_table(c, &v, 0, v.st->gdt.limit);
    }
}

void info_ldt(struct mon_call *c)
{
    struct x86_view v;
    if (!call_cpu(c, &v)) {
        return;
    }
    const struct x86_seg *ldt = &v.st->seg[X86_LDTR];
    if (ldt->attr & X86_SEG_UNUSABLE || !(ldt->attr & X86_SEG_P) || !(ldt->sel & ~3u)) {
        call_print(c, "LDTR is null\n");
        return;
    }
    call_print(c, "LDT at 0x" HEX ", limit 0x%x\n", ldt->base, ldt->limit);
    print_table(c, &v, 4, MIN(ldt->limit, 0xffff));
}

/* Vectors [first, end) with the same text. */
static void print_gates(struct mon_call *c, const struct x86_view *v, unsigned first, unsigned end,
                        const char *text)
{
    const char *name = v->st->cr0 & X86_CR0_PE ? x86_exception_mnemonic(first) : NULL;
    if (first + 1 == end && text[0]) {
        call_print(c, "%02x    %-4s %s\n", first, name ? name : "", text);
    } else if (first < end && text[0]) {
        call_print(c, "%02x-%02x      %s\n", first, end - 1, text);
    }
}

void info_idt(struct mon_call *c)
{
    struct x86_view v;
    if (!call_cpu(c, &v)) {
        return;
    }
    call_print(c, "%s at 0x" HEX ", limit 0x%x\n", v.st->cr0 & X86_CR0_PE ? "IDT" : "IVT",
               v.st->idt.base, v.st->idt.limit);
    /* Most kernels fill the rest with one gate: such runs become one line. */
    char last[192] = "";
    unsigned first = 0, i;
    for (i = 0; i < 256; i++) {
        struct x86_desc_info d;
        char text[192] = "";
        enum x86_look look = x86_view_gate(&v, i, &d);
        if (look == X86_LOOK_LIMIT) {
            break;
        }
        if (look != X86_LOOK_OK) {
            g_strlcpy(text, x86_look_text(look), sizeof text);
        } else if (d.raw[0] || d.raw[1] || d.present) {
            x86_desc_text(&d, text, sizeof text);
        }
        if (i < 32 || strcmp(text, last) != 0) {
            print_gates(c, &v, first, i, last);
            first = i;
            g_strlcpy(last, text, sizeof last);
        }
    }
    print_gates(c, &v, first, i, last);
}

static void print_task(struct mon_call *c, const struct x86_tss_info *t)
{
    static const char *const segs[] = { "ES", "CS", "SS", "DS", "FS", "GS" };
    call_print(c, "CR3 0x" HEX " EIP 0x" HEX " EFLAGS 0x" HEX " link 0x%04x LDT 0x%04x\n", t->cr3,
               t->rip, t->rflags, t->link, t->ldt);
    for (unsigned i = 0; i < 8; i++) {
        static const char *const regs[] = { "AX", "CX", "DX", "BX", "SP", "BP", "SI", "DI" };
        call_print(c, "%s 0x" HEX "%s", regs[i], t->gpr[i], i == 7 ? "\n" : " ");
    }
    for (unsigned i = 0; i < ARRAY_LEN(segs); i++) {
        call_print(c, "%s 0x%04x%s", segs[i], t->seg[i], i == 5 ? "\n" : " ");
    }
}

void info_tss(struct mon_call *c)
{
    struct x86_view v;
    struct x86_tss_info t;
    if (!call_cpu(c, &v)) {
        return;
    }
    x86_view_tss(&v, &t);
    if (t.bits == 0) {
        call_print(c, "TR holds no task state segment\n");
        return;
    }
    call_print(c, "TR 0x%04x: %u-bit TSS at 0x" HEX ", limit 0x%x%s\n", v.st->seg[X86_TR].sel,
               t.bits, v.st->seg[X86_TR].base, t.limit, t.complete ? "" : " (not all readable)");
    for (unsigned i = 0; i < 3; i++) {
        if (t.bits == 64) {
            call_print(c, "RSP%u " HEX16 "\n", i, t.sp[i]);
        } else {
            call_print(c, "SS%u:SP%u %04x:%08x\n", i, i, t.ss[i], (uint32_t)t.sp[i]);
        }
    }
    for (unsigned i = 1; i < 8 && t.bits == 64; i++) {
        call_print(c, "IST%u " HEX16 "\n", i, t.ist[i]);
    }
    if (t.bits != 64) {
        print_task(c, &t);
    }
    if (t.bits != 16) {
        call_print(c, "I/O map at offset 0x%x%s\n", t.iomap,
                   t.iomap >= t.limit ? " (none)" : "");
    }
}
