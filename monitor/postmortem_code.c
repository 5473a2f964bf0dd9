/* SPDX-License-Identifier: MIT */
/*
 * Code round an address and page walks, for post-mortems.
 */
#include <inttypes.h>
#include <string.h>

#include "accel/x86/consts.h"
#include "accel/x86/disas.h"
#include "monitor/postmortem_int.h"

#define BEFORE_BYTES 96

static bool disas_one(const struct pm_case *c, uint64_t lin, uint64_t off, struct pm_insn *o)
{
    unsigned mode = x86_view_code_size(&c->view);
    size_t n = x86_view_read(&c->view, lin, o->bytes, sizeof o->bytes);
    o->lin = lin;
    o->off = off;
    o->len = 0;
    if (n) {
        o->len = (uint8_t)x86_disas(o->text, sizeof o->text, o->bytes, n, off, mode);
    }
    return o->len != 0;
}

/* Where to begin so that decoding forward meets lin: a symbol's start is best; else the earliest
 * address from which everything up to lin is instructions. x86 code resynchronises within a few
 * instructions, so that those next to lin are right as a rule. */
static uint64_t start_before(const struct pm_case *c, uint64_t lin, const uint8_t *bytes,
                             size_t have)
{
    uint64_t off;
    unsigned mode = x86_view_code_size(&c->view);
    bool named = symbols_name(c->symbols, lin, &off) && off <= have;
    for (size_t back = named ? (size_t)off : have; back > 0; back--) {
        size_t at = have - back;
        while (at < have) {
            struct x86_insn i;
            if (x86_decode(&i, bytes + at, have - at, mode) != X86_DECODE_OK) {
                break;
            }
            at += i.len;
        }
        if (at == have) {
            return lin - back;
        }
    }
    return lin;
}

unsigned pm_disas(const struct pm_case *c, uint64_t lin, uint64_t off, unsigned before,
                  unsigned after, struct pm_insn *out, unsigned *at)
{
    uint8_t bytes[BEFORE_BYTES];
    unsigned n = 0;
    *at = 0;
    if (before) {
        size_t have = sizeof bytes < off ? sizeof bytes : (size_t)off;
        while (have && x86_view_read(&c->view, lin - have, bytes, have) != have) {
            size_t page = lin & 4095; /* what lies on its own page at least */
            have = have > page ? page : 0;
        }
        uint64_t a = start_before(c, lin, bytes, have);
        unsigned total = 0;
        struct pm_insn tmp;
        for (uint64_t p = a; p < lin && disas_one(c, p, off - (lin - p), &tmp); p += tmp.len) {
            total++;
        }
        unsigned skip = total > before ? total - before : 0;
        for (uint64_t p = a; p < lin && n < before; p += tmp.len) {
            if (!disas_one(c, p, off - (lin - p), &tmp)) {
                break;
            }
            if (skip) {
                skip--;
            } else {
                out[n++] = tmp;
            }
        }
    }
    *at = n;
    for (unsigned k = 0; k <= after; k++) {
        if (!disas_one(c, lin, off, &out[n])) {
            break;
        }
        lin += out[n].len;
        off += out[n].len;
        n++;
    }
    return n;
}

/* --- walks ---------------------------------------------------------------------------------- */

void pm_walk_text(const struct pm_case *c, const struct x86_walk_report *r, GString *out)
{
    char flags[12];
    (void)c;
    for (unsigned k = 0; k < r->n; k++) {
        const struct x86_walk_level *l = &r->level[k];
        x86_entry_text(l->value, flags, sizeof flags);
        g_string_append_printf(out, "%s%s[0x%" PRIx64 "]=0x%" PRIx64 "%s", k ? " " : "", l->name,
                               l->gpa, l->value, r->failed == (int)k ? " (!)" : "");
    }
    if (r->mapped) {
        g_string_append_printf(out, "%s-> 0x%" PRIx64, r->n ? " " : "", r->gpa);
    }
    if (!r->ok) {
        g_string_append_printf(out, "%s%s", r->n ? ": " : "", r->why);
    }
}

unsigned pm_walks(const struct pm_case *c, struct pm_walk out[4])
{
    unsigned n = 0, user = x86_view_cpl(&c->view) == 3 ? X86_VIEW_USER : 0;
    struct x86_desc_info g;
    bool wide = x86_view_code_size(&c->view) == 8;
    out[n++] = (struct pm_walk){"RIP", x86_view_pc(&c->view), X86_VIEW_EXEC | user};
    uint64_t sp = c->st->gpr[X86_RSP];
    sp = x86_view_linear(&c->view, X86_SS, wide ? sp : (uint32_t)sp) - (wide ? 8 : 4);
    out[n++] = (struct pm_walk){"RSP", sp, X86_VIEW_WRITE | user};
    for (unsigned k = 0; k < c->chain_n; k++) {
        const struct x86_fault_rec *r = &c->chain[k];
        if (r->vector == X86_EXC_PF && n < 4) {
            unsigned a = (r->error & X86_PF_W ? X86_VIEW_WRITE : 0) |
                         (r->error & X86_PF_I ? X86_VIEW_EXEC : 0) |
                         (r->error & X86_PF_U ? X86_VIEW_USER : 0);
            out[n++] = (struct pm_walk){"CR2", r->cr2, a};
            break;
        }
    }
    if (c->chain_n && x86_view_gate(&c->view, c->chain[0].vector, &g) == X86_LOOK_OK &&
        g.kind == X86_DK_GATE && g.present) {
        out[n++] = (struct pm_walk){"handler", g.off, X86_VIEW_EXEC};
    }
    return n;
}
