/* SPDX-License-Identifier: MIT */
/*
 * A post-mortem as JSON: everything, by names. Numbers that may exceed 2^53 are strings "0x...".
 */
#include <inttypes.h>
#include <string.h>

#include "accel/x86/consts.h"
#include "monitor/postmortem_int.h"

/* A writer of JSON text: commas by what was written last. */
static void sep(GString *o)
{
    char last = o->len ? o->str[o->len - 1] : 0;
    if (last && last != '{' && last != '[' && last != ':') {
        g_string_append_c(o, ',');
    }
}

static void quote(GString *o, const char *text)
{
    g_string_append_c(o, '"');
    for (const unsigned char *p = (const unsigned char *)text; *p; p++) {
        if (*p == '"' || *p == '\\') {
            g_string_append_printf(o, "\\%c", *p);
        } else if (*p < 0x20 || *p >= 0x7f) {
            g_string_append_printf(o, "\\u%04x", *p);
        } else {
            g_string_append_c(o, (char)*p);
        }
    }
    g_string_append_c(o, '"');
}

static void key(GString *o, const char *k)
{
    sep(o);
    if (k) {
        quote(o, k);
        g_string_append_c(o, ':');
    }
}

static void text(GString *o, const char *k, const char *v)
{
    key(o, k);
    quote(o, v);
}

static void number(GString *o, const char *k, uint64_t v)
{
    key(o, k);
    g_string_append_printf(o, "%" PRIu64, v);
}

static void address(GString *o, const char *k, uint64_t v)
{
    key(o, k);
    g_string_append_printf(o, "\"0x%" PRIx64 "\"", v);
}

static void boolean(GString *o, const char *k, bool v)
{
    key(o, k);
    g_string_append(o, v ? "true" : "false");
}

static void open_(GString *o, const char *k, char c)
{
    key(o, k);
    g_string_append_c(o, c);
}

static void symbol(const struct pm_case *c, GString *o, uint64_t lin)
{
    char name[200];
    symbols_text(c->symbols, lin, name, sizeof name);
    if (*name) {
        text(o, "symbol", name);
    }
}

static void fault(const struct pm_case *c, GString *o, const struct x86_fault_rec *r, bool explain)
{
    static const char *const ends[] = {"handled", "refused", "doubled", "shutdown"};
    char words[96];
    const char *m = x86_exception_mnemonic(r->vector), *name = x86_exception_name(r->vector);
    open_(o, NULL, '{');
    number(o, "vector", r->vector);
    text(o, "mnemonic", m ? m : "?");
    text(o, "name", name ? name : "?");
    if (r->during != X86_NO_VECTOR) {
        number(o, "during", r->during);
    }
    if (r->has_error) {
        number(o, "error", r->error);
        x86_error_text(r->vector, r->error, words, sizeof words);
        text(o, "error_text", words);
    }
    if (r->vector == X86_EXC_PF) {
        address(o, "cr2", r->cr2);
    }
    if (r->why) {
        text(o, "check", r->why);
    }
    number(o, "cs", r->cs);
    address(o, "rip", r->rip);
    symbol(c, o, r->rip);
    address(o, "rsp", r->rsp);
    number(o, "cpl", r->cpl);
    number(o, "instructions", r->insn);
    text(o, "end", ends[r->end & 3]);
    if (explain) {
        GString *t = g_string_new(NULL);
        pm_explain(c, r, t);
        text(o, "text", t->str);
        g_string_free(t, TRUE);
    }
    g_string_append_c(o, '}');
}

static void faults(const struct pm_case *c, GString *o)
{
    open_(o, "chain", '[');
    for (unsigned k = 0; k < c->chain_n; k++) {
        fault(c, o, &c->chain[k], true);
    }
    g_string_append_c(o, ']');
    text(o, "chain_source", !c->have_log ? "unknown" : c->rerun ? "re-run" : "recorded");
    number(o, "repeats", c->repeats);
    open_(o, "exceptions", '[');
    uint64_t n = c->log.n, k = n > X86_FAULT_LOG_SIZE ? n - X86_FAULT_LOG_SIZE : 0;
    for (; c->have_log && k < n; k++) {
        fault(c, o, &c->log.rec[k % X86_FAULT_LOG_SIZE], false);
    }
    g_string_append_c(o, ']');
    open_(o, "interrupts", '[');
    n = c->log.irqs;
    k = n > X86_IRQ_LOG_SIZE ? n - X86_IRQ_LOG_SIZE : 0;
    for (; c->have_log && k < n; k++) {
        const struct x86_irq_rec *r = &c->log.irq[k % X86_IRQ_LOG_SIZE];
        open_(o, NULL, '{');
        number(o, "vector", r->vector);
        boolean(o, "software", r->type == X86_EVENT_SOFT_INT);
        number(o, "cs", r->cs);
        address(o, "rip", r->rip);
        number(o, "instructions", r->insn);
        g_string_append_c(o, '}');
    }
    g_string_append_c(o, ']');
}

static void code(const struct pm_case *c, GString *o)
{
    struct pm_insn insn[21];
    unsigned at, n = pm_disas(c, x86_view_pc(&c->view), c->st->rip, 10, 10, insn, &at);
    open_(o, "code", '[');
    for (unsigned k = 0; k < n; k++) {
        char hex[2 * X86_INSN_MAX + 1] = "";
        for (unsigned b = 0; b < insn[k].len; b++) {
            g_snprintf(hex + 2 * b, 3, "%02x", insn[k].bytes[b]);
        }
        open_(o, NULL, '{');
        address(o, "address", insn[k].lin);
        text(o, "bytes", hex);
        text(o, "text", insn[k].text);
        symbol(c, o, insn[k].lin);
        boolean(o, "here", k == at);
        g_string_append_c(o, '}');
    }
    g_string_append_c(o, ']');
}

static void registers(const struct pm_case *c, GString *o)
{
    static const char *const names[] = {"rax", "rcx", "rdx", "rbx", "rsp", "rbp", "rsi", "rdi",
                                        "r8", "r9", "r10", "r11", "r12", "r13", "r14", "r15"};
    const struct x86_state *s = c->st;
    open_(o, "registers", '{');
    for (unsigned k = 0; k < X86_GPR_COUNT; k++) {
        address(o, names[k], s->gpr[k]);
    }
    address(o, "rip", s->rip);
    address(o, "rflags", s->rflags);
    address(o, "cr0", s->cr0);
    address(o, "cr2", s->cr2);
    address(o, "cr3", s->cr3);
    address(o, "cr4", s->cr4);
    address(o, "cr8", s->cr8);
    address(o, "efer", s->msr.efer);
    for (unsigned k = 0; k < 8; k++) {
        char name[4] = {'d', 'r', (char)('0' + k), 0};
        if (k != 4 && k != 5) {
            address(o, name, s->dr[k]);
        }
    }
    g_string_append_c(o, '}');
}

static void segments(const struct pm_case *c, GString *o)
{
    static const char *const names[] = {"es", "cs", "ss", "ds", "fs", "gs", "ldtr", "tr"};
    char words[160];
    open_(o, "segments", '{');
    for (unsigned k = 0; k < X86_SEG_COUNT; k++) {
        const struct x86_seg *s = &c->st->seg[k];
        open_(o, names[k], '{');
        number(o, "selector", s->sel);
        address(o, "base", s->base);
        address(o, "limit", s->limit);
        number(o, "attributes", s->attr);
        x86_seg_text(&c->view, (enum x86_segreg)k, words, sizeof words);
        text(o, "text", words);
        g_string_append_c(o, '}');
    }
    g_string_append_c(o, '}');
    open_(o, "gdt", '{');
    address(o, "base", c->st->gdt.base);
    number(o, "limit", c->st->gdt.limit);
    g_string_append(o, "}");
    open_(o, "idt", '{');
    address(o, "base", c->st->idt.base);
    number(o, "limit", c->st->idt.limit);
    g_string_append_c(o, '}');
}

static void walks(const struct pm_case *c, GString *o)
{
    struct pm_walk w[4];
    unsigned n = pm_walks(c, w);
    open_(o, "page_walks", '[');
    for (unsigned k = 0; k < n; k++) {
        struct x86_walk_report r;
        x86_view_walk(&c->view, w[k].lin, w[k].access, &r);
        open_(o, NULL, '{');
        text(o, "of", w[k].name);
        address(o, "address", w[k].lin);
        text(o, "paging", r.paging);
        boolean(o, "ok", r.ok);
        open_(o, "entries", '[');
        for (unsigned l = 0; l < r.n; l++) {
            open_(o, NULL, '{');
            text(o, "level", r.level[l].name);
            address(o, "address", r.level[l].gpa);
            address(o, "value", r.level[l].value);
            boolean(o, "failed", r.failed == (int)l);
            g_string_append_c(o, '}');
        }
        g_string_append_c(o, ']');
        if (r.mapped) {
            address(o, "physical", r.gpa);
        }
        text(o, "why", r.why);
        g_string_append_c(o, '}');
    }
    g_string_append_c(o, ']');
}

static void stack(const struct pm_case *c, GString *o)
{
    struct pm_frame f[64];
    unsigned n = pm_unwind(c, f, ARRAY_LEN(f));
    uint8_t raw[256];
    bool wide = x86_view_code_size(&c->view) == 8;
    uint64_t sp = c->st->gpr[X86_RSP];
    open_(o, "stack", '[');
    for (unsigned k = 0; k < n; k++) {
        open_(o, NULL, '{');
        char name[200];
        address(o, "rip", f[k].rip);
        pm_frame_name(c, &f[k], name, sizeof name);
        if (*name) {
            text(o, "symbol", name);
        }
        address(o, "sp", f[k].sp);
        text(o, "how", pm_how_text(f[k].how));
        g_string_append_c(o, '}');
    }
    g_string_append_c(o, ']');
    sp = x86_view_linear(&c->view, X86_SS, wide ? sp : (uint32_t)sp);
    size_t have = x86_view_read(&c->view, sp, raw, sizeof raw);
    GString *hex = g_string_new(NULL);
    for (size_t k = 0; k < have; k++) {
        g_string_append_printf(hex, "%02x", raw[k]);
    }
    text(o, "stack_bytes", hex->str);
    g_string_free(hex, TRUE);
}

static void accesses(const struct pm_case *c, GString *o)
{
    open_(o, "device_accesses", '[');
    for (unsigned k = PM_IO_SIZE; c->io && k-- > 0;) {
        const struct pm_io *e = &c->io->io[(c->io->last - k) % PM_IO_SIZE];
        if (!e->count) {
            continue;
        }
        open_(o, NULL, '{');
        text(o, "space", e->mmio ? "memory" : "port");
        text(o, "kind", e->write ? "write" : "read");
        address(o, "address", e->addr);
        number(o, "size", e->size);
        address(o, "last_value", e->value);
        number(o, "count", e->count);
        number(o, "vcpu", e->vcpu);
        g_string_append_c(o, '}');
    }
    g_string_append_c(o, ']');
    open_(o, "branches", '[');
    struct x86_branch_rec list[X86_BRANCH_LOG_SIZE];
    for (unsigned k = c->branches ? x86_branch_list(c->branches, list) : 0; k-- > 0;) {
        open_(o, NULL, '{');
        address(o, "from", list[k].from);
        address(o, "to", list[k].to);
        symbol(c, o, list[k].to);
        g_string_append_c(o, '}');
    }
    g_string_append_c(o, ']');
    boolean(o, "branches_recorded", c->branches != NULL);
}

static void exits(const struct pm_case *c, GString *o)
{
    const struct accel_exit_ring *r = c->exits;
    uint64_t n = r ? r->n : 0;
    open_(o, "exits", '[');
    for (uint64_t k = n > ACCEL_EXIT_RING ? n - ACCEL_EXIT_RING : 0; k < n; k++) {
        const struct accel_exit_note *e = &r->note[k % ACCEL_EXIT_RING];
        open_(o, NULL, '{');
        text(o, "kind", accel_exit_name(e->kind));
        address(o, "rip", e->rip);
        address(o, "address", e->addr);
        number(o, "size", e->size);
        boolean(o, "write", e->write);
        number(o, "count", e->count);
        g_string_append_c(o, '}');
    }
    g_string_append_c(o, ']');
}

void pm_json(const struct pm_case *c, GString *o)
{
    static const char *const whys[] = {"triple-fault", "panic", "reset", "reset-loop", "request"};
    GString *head = g_string_new(NULL), *first = g_string_new(NULL), *second = g_string_new(NULL);
    pm_headline(c, head);
    pm_cause(c, first, second);
    g_string_append_c(o, '{');
    text(o, "format", "emu-postmortem-1");
    text(o, "reason", whys[c->why]);
    text(o, "headline", head->str);
    text(o, "cause", first->str);
    text(o, "then", second->str);
    number(o, "vcpu", c->vcpu);
    text(o, "accelerator", c->accel);
    text(o, "mode", x86_view_mode(&c->view));
    number(o, "cpl", x86_view_cpl(&c->view));
    number(o, "time_ns", (uint64_t)c->now_ns);
    faults(c, o);
    code(c, o);
    registers(c, o);
    segments(c, o);
    walks(c, o);
    stack(c, o);
    accesses(c, o);
    exits(c, o);
    g_string_append(o, "}\n");
    g_string_free(head, TRUE);
    g_string_free(first, TRUE);
    g_string_free(second, TRUE);
}
