/* SPDX-License-Identifier: MIT */
/* Registers as text (state_text.h). */
#include "accel/x86/state_text.h"

#include <stdarg.h>
#include <stdio.h>

#include "accel/x86/consts.h"

struct text {
    char *out;
    size_t cap, at;
};

static void add(struct text *t, const char *fmt, ...) PRINTF_LIKE(2, 3);
static void add(struct text *t, const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    int n = t->at < t->cap ? vsnprintf(t->out + t->at, t->cap - t->at, fmt, ap) : 0;
    t->at += n > 0 ? (size_t)n : 0;
    va_end(ap);
}

static void segment(struct text *t, const char *name, const struct x86_seg *s)
{
    add(t, "%s =%04x %016llx %08x %04x\n", name, s->sel, (unsigned long long)s->base, s->limit,
        s->attr);
}

void x86_state_text(const struct x86_state *st, char *out, size_t cap)
{
    static const char *const gpr[] = { "RAX", "RCX", "RDX", "RBX", "RSP", "RBP", "RSI", "RDI",
                                       "R8 ", "R9 ", "R10", "R11", "R12", "R13", "R14", "R15" };
    static const unsigned order[] = { 0, 3, 1, 2, 6, 7, 5, 4, 8, 9, 10, 11, 12, 13, 14, 15 };
    static const char *const seg[] = { "ES", "CS", "SS", "DS", "FS", "GS", "LDT", "TR" };
    struct text t = { out, cap, 0 };
    const uint64_t f = st->rflags;
    for (unsigned i = 0; i < 16; i++) {
        add(&t, "%s=%016llx%s", gpr[order[i]], (unsigned long long)st->gpr[order[i]],
            i % 4 == 3 ? "\n" : " ");
    }
    unsigned cpl = !(st->cr0 & X86_CR0_PE) ? 0
                   : (f & X86_FL_VM)       ? 3
                                           : X86_SEG_DPL(st->seg[X86_SS].attr);
    add(&t, "RIP=%016llx RFL=%08x [%c%c%c%c%c%c%c] CPL=%u HLT=%d\n", (unsigned long long)st->rip,
        (unsigned)f, f & X86_FL_DF ? 'D' : '-', f & X86_FL_OF ? 'O' : '-',
        f & X86_FL_SF ? 'S' : '-', f & X86_FL_ZF ? 'Z' : '-', f & X86_FL_AF ? 'A' : '-',
        f & X86_FL_PF ? 'P' : '-', f & X86_FL_CF ? 'C' : '-', cpl, st->mp == X86_MP_HALTED);
    for (unsigned i = 0; i < X86_SEG_COUNT; i++) {
        segment(&t, seg[i], &st->seg[i]);
    }
    add(&t, "GDT= %016llx %08x\nIDT= %016llx %08x\n", (unsigned long long)st->gdt.base,
        st->gdt.limit, (unsigned long long)st->idt.base, st->idt.limit);
    add(&t, "CR0=%08llx CR2=%016llx CR3=%016llx CR4=%08llx\n", (unsigned long long)st->cr0,
        (unsigned long long)st->cr2, (unsigned long long)st->cr3, (unsigned long long)st->cr4);
    for (unsigned i = 0; i < 8; i++) {
        if (i != 4 && i != 5) {
            add(&t, "DR%u=%016llx%s", i, (unsigned long long)st->dr[i],
                i == 3 || i == 7 ? "\n" : " ");
        }
    }
    add(&t, "EFER=%016llx\n", (unsigned long long)st->msr.efer);
}
