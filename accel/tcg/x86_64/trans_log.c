/* SPDX-License-Identifier: MIT */
/*
 * -d op: what a translation was made of, in the decoder's form with the effects that the translator
 * reckons with. -d out_asm: the host code, with names for what it refers to.
 */
#include "accel/tcg/x86_64/trans_log.h"

#include <inttypes.h>
#include <stddef.h>
#include <string.h>

#include "accel/x86/disas.h"
#include "core/log.h"

/* --- names ------------------------------------------------------------------------------------ */

struct place {
    size_t off, size;
    const char *name;
};
#define PLACE(field, text)                                                                         \
    { offsetof(struct x86_cpu, field), sizeof ((struct x86_cpu *)0)->field, text }

static const struct place cpu_places[] = {
    PLACE(st.gpr, "gpr"),
    PLACE(st.rip, "rip"),
    PLACE(st.rflags, "rflags"),
    PLACE(st.seg, "seg"),
    PLACE(st.vec, "vec"),
    PLACE(st.fpu, "fpu"),
    PLACE(jit.budget, "budget"),
    PLACE(jit.count_end, "count_end"),
    PLACE(jit.flags, "flags"),
    PLACE(jit.key, "key"),
    PLACE(jit.rip_base, "rip_base"),
    PLACE(jit.tmp, "tmp"),
    PLACE(jit.link_gpa, "link_gpa"),
    PLACE(jit.link, "link"),
    PLACE(jit.site, "site"),
    PLACE(jit.tlb, "tlb"),
    PLACE(jit.big, "big"),
    PLACE(jit.page, "page"),
    PLACE(jit.sample, "sample"),
    PLACE(jit.live, "live"),
    PLACE(jit.why, "why"),
    PLACE(jit, "jit"),
    PLACE(range, "range"),
    PLACE(requests, "requests"),
    PLACE(next_rip, "next_rip"),
    PLACE(returns, "returns"),
    PLACE(cpl, "cpl"),
    PLACE(mem_buf, "mem_buf"),
    PLACE(io, "io"),
};

static bool name_slot(const struct x86_cpu *cpu, uint64_t addr, char *out, size_t cap)
{
    uint64_t off = addr - (uintptr_t)cpu->slot;
    if (off >= sizeof cpu->slot) {
        return false;
    }
    switch (off % sizeof cpu->slot[0]) {
    case offsetof(struct x86_jit_slot, base): g_snprintf(out, cap, "slot.base"); break;
    case offsetof(struct x86_jit_slot, limit): g_snprintf(out, cap, "slot.limit"); break;
    case offsetof(struct x86_jit_slot, addend): g_snprintf(out, cap, "slot.addend"); break;
    default: g_snprintf(out, cap, "slot"); break;
    }
    return true;
}

static bool name_cpu(const struct x86_cpu *cpu, uint64_t addr, char *out, size_t cap)
{
    uint64_t off = addr - (uintptr_t)cpu;
    if (off >= sizeof *cpu) {
        return false;
    }
    if (name_slot(cpu, addr, out, cap)) {
        return true;
    }
    if (addr - (uintptr_t)cpu->site < sizeof cpu->site) {
        g_snprintf(out, cap, "site.rip"); /* code reads nothing else of it */
        return true;
    }
    for (size_t k = 0; k < ARRAY_LEN(cpu_places); k++) {
        const struct place *p = &cpu_places[k];
        if (off - p->off < p->size) {
            unsigned in = (unsigned)(off - p->off);
            g_snprintf(out, cap, in ? "cpu.%s+%u" : "cpu.%s", p->name, in);
            return true;
        }
    }
    g_snprintf(out, cap, "cpu");
    return true;
}

static bool name_stub(const struct jit *j, uint64_t addr, char *out, size_t cap)
{
    const struct {
        const uint8_t *at;
        const char *name;
    } stubs[] = {
        { j->exit_next, "exit" },
        { j->exit_system, "exit_system" },
        { j->exit_why[TCG_EXIT_SLICE], "exit_slice" },
        { j->exit_why[TCG_EXIT_MISS], "exit_miss" },
        { j->exit_why[TCG_EXIT_OLD], "exit_old" },
        { j->exit_why[TCG_EXIT_LINK], "exit_link" },
        { j->exec, "exec" },
        { j->exec_noflags, "exec_noflags" },
        { j->lookup, "lookup" },
        { j->lookup_far, "lookup_far" },
        { j->vec_load, "vec_load" },
        { j->avx_load, "avx_load" },
        { j->x87_load, "x87_load" },
        { j->miss[0][0], "miss_read" },
        { j->miss[0][1], "miss_read_wide" },
        { j->miss[1][0], "miss_write" },
        { j->miss[1][1], "miss_write_wide" },
    };
    for (size_t k = 0; k < ARRAY_LEN(stubs); k++) {
        if (stubs[k].at && addr == (uintptr_t)jit_rx(j, stubs[k].at)) {
            g_snprintf(out, cap, "%s", stubs[k].name);
            return true;
        }
    }
    return false;
}

/* --- host code -------------------------------------------------------------------------------- */

/* An address in the text, "0x00007F12...", becomes its name; one within [p, end) its offset; one of
 * code memory else is out of line. p 0: those stay. */
static void put_named(const struct jit *j, const char *text, uint64_t p, uint64_t end, GString *out)
{
    for (const char *s = text; *s;) {
        char *rest, name[48];
        if (s[0] != '0' || s[1] != 'x') {
            g_string_append_c(out, *s++);
            continue;
        }
        uint64_t v = g_ascii_strtoull(s, &rest, 16);
        if (name_cpu(j->cpu, v, name, sizeof name) || name_stub(j, v, name, sizeof name)) {
            g_string_append(out, name);
        } else if (v - p < end - p) {
            g_string_append_printf(out, ".+0x%" PRIx64, v - p);
        } else if (p && v - (uintptr_t)j->code.rx < j->code.size) {
            g_string_append(out, "out_of_line");
        } else {
            g_string_append_len(out, s, rest - s);
        }
        s = rest;
    }
}

/* Host code [p, end) as lines: with addresses, or without, when they are the same wherever code and
 * processor lie. */
static void trans_list(const struct jit *j, const uint8_t *p, const uint8_t *end, bool addresses,
                GString *out)
{
    uint64_t first = (uintptr_t)jit_rx(j, p), last = (uintptr_t)jit_rx(j, end);
    for (const uint8_t *at = p; at < end;) {
        char text[160];
        uint64_t rip = (uintptr_t)jit_rx(j, at);
        size_t n = x86_disas(text, sizeof text, at, (size_t)(end - at), rip, 8);
        if (addresses) {
            g_string_append_printf(out, "0x%08" PRIx64 ":  ", rip);
            put_named(j, text, 0, 0, out);
        } else {
            g_string_append(out, "    ");
            put_named(j, text, first, last, out);
        }
        g_string_append_c(out, '\n');
        at += MAX(n, (size_t)1);
    }
}

/* --- -d --------------------------------------------------------------------------------------- */

static void log_op(const struct trans *t, unsigned k, uint64_t rip)
{
    static const char *const writes[] = { "", ", sets flags", ", sets flags but CF",
                                          ", sets some flags" };
    const struct x86_insn *i = t->insn[k];
    const struct trans_info *f = &t->info[k];
    char text[160];
    bool branch = i->cls == X86_CLS_BRANCH;
    GString *how = g_string_new(f->inl ? "inline" : branch ? "branch" : "handler");
    x86_insn_text(text, sizeof text, i, rip + i->len);
    for (unsigned n = 0; n < i->nopnd; n++) {
        static const char *const access[4] = { "-", "r", "w", "rw" };
        g_string_append_printf(how, "%s%s", n ? "," : " ", access[i->opnd[n].access & 3]);
    }
    g_string_append(how, f->reads ? ", reads flags" : "");
    g_string_append(how, f->inl ? writes[f->writes] : "");
    g_string_append(how, f->mem ? ", memory" : "");
    g_string_append(how, f->vec & JIT_LIVE_AVX ? ", ymm" : f->vec & JIT_LIVE_SSE ? ", xmm" : "");
    g_string_append(how, f->vec & JIT_LIVE_X87 ? ", x87" : "");
    log_raw("0x%08" PRIx64 ":  %-8s %-40s ; %s\n", rip, x86_op_name((enum x86_op)i->op), text,
            how->str);
    g_string_free(how, TRUE);
}

static void log_out(const struct trans *t, unsigned k, uint64_t rip, const uint8_t *end)
{
    GString *text = g_string_new(NULL);
    char guest[160];
    trans_list(t->j, t->at[k], end, true, text);
    x86_insn_text(guest, sizeof guest, t->insn[k], rip + t->insn[k]->len);
    log_raw("  -- guest 0x%08" PRIx64 ": %s\n%s", rip, guest, text->str);
    g_string_free(text, TRUE);
}

/* In one piece: more processors may translate at the same time. */
static void log_rest(const struct trans *t, const uint8_t *p)
{
    GString *text = g_string_new(NULL);
    trans_list(t->j, p, t->e.p, true, text);
    log_raw("  -- slow paths and exits\n%s", text->str);
    g_string_free(text, TRUE);
}

static void list_first(const struct trans *t)
{
    if (t->j->listing->len && g_str_has_suffix(t->j->listing->str, "#end\n")) {
        return;
    }
    if (!t->info[0].inl && t->insn[0]->cls != X86_CLS_BRANCH) {
        g_string_append(t->j->listing, "    (handler)\n");
    } else {
        trans_list(t->j, t->at[0], t->n > 1 ? t->at[1] : t->tail, false, t->j->listing);
    }
    g_string_append(t->j->listing, "#end\n");
}

void trans_log(const struct trans *t)
{
    if (t->j->listing) {
        list_first(t);
    }
    const struct x86_cpu *cpu = t->j->cpu;
    uint64_t page = cpu->st.rip & ~0xfffull, base = t->b->mode == 8 ? 0 : cpu->st.seg[X86_CS].base;
    if (!log_enabled(LOG_OP | LOG_OUT_ASM) || !log_pc_wanted(base + page + t->off[0])) {
        return;
    }
    if (log_enabled(LOG_OP)) {
        log_raw("OP: 0x%08" PRIx64 ", %u instructions of %u blocks\n", page + t->off[0], t->n,
                t->n_blocks);
        for (unsigned k = 0; k < t->n; k++) {
            log_op(t, k, page + t->off[k]);
        }
    }
    if (log_enabled(LOG_OUT_ASM)) {
        unsigned size = (unsigned)(t->e.p - t->start);
        log_raw("OUT: 0x%08" PRIx64 " [size=%u]\n", page + t->off[0], size);
        for (unsigned k = 0; k < t->n; k++) {
            log_out(t, k, page + t->off[k], k + 1 < t->n ? t->at[k + 1] : t->tail);
        }
        log_rest(t, t->tail);
    }
}
