/* SPDX-License-Identifier: MIT */
/*
 * A post-mortem for the terminal: at most MAX_LINES lines, the cause in the first three.
 */
#include <inttypes.h>
#include <string.h>

#include "accel/x86/consts.h"
#include "monitor/postmortem_int.h"

#define MAX_LINES 60
#define BEFORE 5
#define AFTER 3
#define FRAMES 10

static void chain_text(const struct pm_case *c, GString *out)
{
    char words[96];
    if (!c->chain_n || c->why != PM_TRIPLE_FAULT) {
        return;
    }
    g_string_append_printf(out, "chain of exceptions%s:\n",
                           c->rerun ? " (found by running the instruction again)" : "");
    for (unsigned k = 0; k < c->chain_n; k++) {
        const struct x86_fault_rec *r = &c->chain[k];
        const char *m = x86_exception_mnemonic(r->vector), *name = x86_exception_name(r->vector);
        g_string_append_printf(out, "  %u. %s %s", k + 1, m ? m : "?", name ? name : "");
        if (r->during != X86_NO_VECTOR) {
            const char *during = x86_exception_mnemonic(r->during);
            g_string_append_printf(out, " while delivering %s%.0u", during ? during : "vector ",
                                   during ? 0 : r->during);
        }
        if (r->has_error) {
            x86_error_text(r->vector, r->error, words, sizeof words);
            g_string_append_printf(out, ", error code 0x%x%s%s", r->error, *words ? ": " : "",
                                   words);
        }
        g_string_append(out, r->end == X86_FAULT_DOUBLED ? " -> #DF double fault"
                             : r->end == X86_FAULT_SHUTDOWN ? " -> SHUTDOWN" : "");
        g_string_append_c(out, '\n');
    }
}

/* Exceptions before the death that were handled: often where it began. */
static void earlier_text(const struct pm_case *c, GString *out)
{
    uint64_t n = c->log.n, skip = c->why == PM_TRIPLE_FAULT ? c->chain_n + c->repeats : 0;
    unsigned shown = 0;
    if (!c->have_log || n <= skip) {
        return;
    }
    for (uint64_t back = skip; back < n && back < X86_FAULT_LOG_SIZE && shown < 3; back++) {
        const struct x86_fault_rec *r = &c->log.rec[(n - 1 - back) % X86_FAULT_LOG_SIZE];
        const char *m = x86_exception_mnemonic(r->vector);
        g_string_append_printf(out, "%s%s at ", shown ? "; " : "handled before: ", m ? m : "?");
        pm_where(c, r->cs, r->rip, out);
        if (r->vector == X86_EXC_PF) {
            g_string_append_printf(out, " (0x%" PRIx64 ")", r->cr2);
        }
        shown++;
    }
    if (n - skip > shown) {
        g_string_append_printf(out, "; %" PRIu64 " more", n - skip - shown);
    }
    g_string_append_c(out, '\n');
}

static void code_text(const struct pm_case *c, GString *out)
{
    struct pm_insn insn[BEFORE + AFTER + 1];
    unsigned at, n = pm_disas(c, x86_view_pc(&c->view), c->st->rip, BEFORE, AFTER, insn, &at);
    if (!n) {
        g_string_append_printf(out, "code: nothing can be read at 0x%" PRIx64 "\n",
                               x86_view_pc(&c->view));
        return;
    }
    g_string_append(out, "code:\n");
    for (unsigned k = 0; k < n; k++) {
        char hex[2 * 10 + 1] = "";
        for (unsigned b = 0; b < insn[k].len && b < 10; b++) {
            g_snprintf(hex + 2 * b, 3, "%02x", insn[k].bytes[b]);
        }
        g_string_append_printf(out, "%s 0x%" PRIx64 "  %-20s  %s\n", k == at ? " =>" : "   ",
                               insn[k].off, hex, insn[k].text);
    }
}

static void flags_text(uint64_t f, GString *out)
{
    static const struct { uint32_t bit; const char *name; } names[] = {
        {X86_FL_CF, "CF"}, {X86_FL_PF, "PF"}, {X86_FL_AF, "AF"}, {X86_FL_ZF, "ZF"},
        {X86_FL_SF, "SF"}, {X86_FL_TF, "TF"}, {X86_FL_IF, "IF"}, {X86_FL_DF, "DF"},
        {X86_FL_OF, "OF"}, {X86_FL_NT, "NT"}, {X86_FL_RF, "RF"}, {X86_FL_VM, "VM"},
        {X86_FL_AC, "AC"}};
    for (unsigned k = 0; k < ARRAY_LEN(names); k++) {
        if (f & names[k].bit) {
            g_string_append_printf(out, " %s", names[k].name);
        }
    }
    g_string_append_printf(out, " IOPL=%u", (unsigned)(f >> 12 & 3));
}

static void registers_text(const struct pm_case *c, GString *out)
{
    static const char *const wide[] = {"RAX", "RCX", "RDX", "RBX", "RSP", "RBP", "RSI", "RDI",
                                       "R8 ", "R9 ", "R10", "R11", "R12", "R13", "R14", "R15"};
    static const char *const narrow[] = {"EAX", "ECX", "EDX", "EBX", "ESP", "EBP", "ESI", "EDI"};
    const struct x86_state *s = c->st;
    bool lm = s->msr.efer & X86_EFER_LMA;
    for (unsigned k = 0; k < (lm ? 16u : 8u); k++) {
        if (lm) {
            g_string_append_printf(out, "%s=%016" PRIx64 "%s", wide[k], s->gpr[k],
                                   k % 4 == 3 ? "\n" : " ");
        } else {
            g_string_append_printf(out, "%s=%08x%s", narrow[k], (unsigned)s->gpr[k],
                                   k == 7 ? "\n" : " ");
        }
    }
    g_string_append_printf(out, "%s=0x%" PRIx64 " %s=0x%" PRIx64 ":", lm ? "RIP" : "EIP", s->rip,
                           lm ? "RFLAGS" : "EFLAGS", s->rflags);
    flags_text(s->rflags, out);
    g_string_append_printf(out, " CPL=%u\n", x86_view_cpl(&c->view));
    g_string_append_printf(out,
                           "CR0=0x%" PRIx64 " CR2=0x%" PRIx64 " CR3=0x%" PRIx64 " CR4=0x%" PRIx64
                           " EFER=0x%" PRIx64 "\n", s->cr0, s->cr2, s->cr3, s->cr4, s->msr.efer);
}

static void segments_text(const struct pm_case *c, GString *out)
{
    static const struct { uint8_t seg; const char *name; } segs[] = {
        {X86_CS, "CS"}, {X86_SS, "SS"}, {X86_DS, "DS"}, {X86_ES, "ES"}, {X86_FS, "FS"},
        {X86_GS, "GS"}, {X86_TR, "TR"}, {X86_LDTR, "LDTR"}};
    char text[160], before[160] = "";
    bool real = !(c->st->cr0 & X86_CR0_PE);
    for (unsigned k = 0; k < ARRAY_LEN(segs) - (real ? 2 : 0); k++) {
        const struct x86_seg *s = &c->st->seg[segs[k].seg];
        x86_seg_text(&c->view, (enum x86_segreg)segs[k].seg, text, sizeof text);
        if (k > 1 && strcmp(text, before) == 0 && s->sel == c->st->seg[segs[k - 1].seg].sel) {
            g_string_truncate(out, out->len - 1);
            g_string_append_printf(out, "; %s the same\n", segs[k].name);
            continue;
        }
        g_string_append_printf(out, "%s=%04x %s\n", segs[k].name, s->sel, text);
        g_strlcpy(before, text, sizeof before);
    }
    g_string_append_printf(out, "GDT=0x%" PRIx64 " limit 0x%x (%u entries)  IDT=0x%" PRIx64
                           " limit 0x%x (%u entries)\n", c->st->gdt.base, c->st->gdt.limit,
                           (c->st->gdt.limit + 1u) / 8, c->st->idt.base, c->st->idt.limit,
                           (c->st->idt.limit + 1u) /
                               (real ? 4 : c->st->msr.efer & X86_EFER_LMA ? 16 : 8));
}

static void walks_text(const struct pm_case *c, GString *out)
{
    struct pm_walk w[4];
    struct x86_walk_report r;
    unsigned n = pm_walks(c, w);
    if (!(c->st->cr0 & X86_CR0_PG)) {
        return;
    }
    x86_view_walk(&c->view, w[0].lin, w[0].access, &r);
    g_string_append_printf(out, "page walks (%s):\n", r.paging);
    for (unsigned k = 0; k < n; k++) {
        x86_view_walk(&c->view, w[k].lin, w[k].access, &r);
        g_string_append_printf(out, "  %-7s 0x%" PRIx64 ": ", w[k].name, w[k].lin);
        pm_walk_text(c, &r, out);
        g_string_append_c(out, '\n');
    }
}

static void stack_text(const struct pm_case *c, GString *out)
{
    struct pm_frame f[FRAMES];
    char name[200];
    unsigned n = pm_unwind(c, f, FRAMES);
    if (n < 2 && !symbols_count(c->symbols)) {
        return;
    }
    g_string_append(out, "stack:\n");
    for (unsigned k = 0; k < n; k++) {
        pm_frame_name(c, &f[k], name, sizeof name);
        g_string_append_printf(out, "  #%u 0x%" PRIx64 "%s%s%s%s%s\n", k, f[k].rip,
                               *name ? " " : "", name, k ? "  [" : "",
                               k ? pm_how_text(f[k].how) : "", k ? "]" : "");
    }
}

static void branches_text(const struct pm_case *c, GString *out)
{
    struct x86_branch_rec list[X86_BRANCH_LOG_SIZE];
    unsigned n = c->branches ? x86_branch_list(c->branches, list) : 0;
    if (!n) {
        return;
    }
    g_string_append(out, "last branches (newest first):");
    for (unsigned k = 0; k < n && k < 8; k++) {
        const struct x86_branch_rec *r = &list[k];
        g_string_append_printf(out, "%s0x%" PRIx64 "->0x%" PRIx64, k == 4 ? "\n   " : " ",
                               r->from, r->to);
    }
    g_string_append_c(out, '\n');
}

static void events_text(const struct pm_case *c, GString *out)
{
    uint64_t n = c->log.irqs;
    if (c->have_log && n) {
        g_string_append(out, "last interrupts (newest first):");
        for (uint64_t k = 0; k < n && k < 6; k++) {
            const struct x86_irq_rec *r = &c->log.irq[(n - 1 - k) % X86_IRQ_LOG_SIZE];
            g_string_append_printf(out, " 0x%02x%s@0x%" PRIx64, r->vector,
                                   r->type == X86_EVENT_SOFT_INT ? " (INT n)" : "", r->rip);
        }
        g_string_append_c(out, '\n');
    }
    if (c->io && c->io->io[c->io->last % PM_IO_SIZE].count) {
        g_string_append(out, "last device accesses (newest first):");
        for (unsigned k = 0; k < 6; k++) {
            const struct pm_io *e = &c->io->io[(c->io->last - k) % PM_IO_SIZE];
            if (!e->count) {
                break;
            }
            g_string_append_printf(out, "%s%s%u 0x%" PRIx64 "%s0x%" PRIx64, k == 3 ? "\n    " : " ",
                                   e->mmio ? (e->write ? "write" : "read")
                                           : (e->write ? "out" : "in"), e->size * 8u, e->addr,
                                   e->write ? "<-" : "->", e->value);
            if (e->count > 1) {
                g_string_append_printf(out, " x%" PRIu64, e->count);
            }
        }
        g_string_append_c(out, '\n');
    }
}

static void exits_text(const struct pm_case *c, GString *out)
{
    const struct accel_exit_ring *r = c->exits;
    if (!r || !r->n || strcmp(c->accel, "tcg") == 0) {
        return; /* tcg serves the guest inside: the device accesses say it all */
    }
    g_string_append(out, "last exits (newest first):");
    for (uint64_t k = 0; k < r->n && k < 8; k++) {
        const struct accel_exit_note *e = &r->note[(r->n - 1 - k) % ACCEL_EXIT_RING];
        g_string_append_printf(out, "%s%s", k == 4 ? "\n    " : " ",
                               accel_exit_name(e->kind));
        if (e->size) {
            g_string_append_printf(out, " %s 0x%" PRIx64, e->write ? "write" : "read", e->addr);
        }
        if (e->rip) {
            g_string_append_printf(out, "@0x%" PRIx64, e->rip);
        }
        if (e->count > 1) {
            g_string_append_printf(out, " x%" PRIu64, e->count);
        }
        g_string_append(out, k + 1 < MIN(r->n, 8) ? "," : "");
    }
    g_string_append_c(out, '\n');
}

/* The lines' end, should a hostile guest have made them too many. */
static void cut_lines(GString *out)
{
    unsigned lines = 0;
    for (char *p = out->str; (p = strchr(p, '\n')); p++) {
        if (++lines == MAX_LINES) {
            g_string_truncate(out, (gsize)(p - out->str) + 1);
            return;
        }
    }
}

void pm_text(const struct pm_case *c, GString *out)
{
    GString *first = g_string_new(NULL), *second = g_string_new(NULL);
    pm_headline(c, out);
    pm_cause(c, first, second);
    g_string_append_c(out, '\n');
    if (first->len) {
        g_string_append_printf(out, "cause: %s\n", first->str);
    }
    if (second->len) {
        g_string_append_printf(out, "then:  %s\n", second->str);
    }
    g_string_free(first, TRUE);
    g_string_free(second, TRUE);
    chain_text(c, out);
    earlier_text(c, out);
    code_text(c, out);
    registers_text(c, out);
    segments_text(c, out);
    walks_text(c, out);
    stack_text(c, out);
    branches_text(c, out);
    events_text(c, out);
    exits_text(c, out);
    cut_lines(out);
}
