/* SPDX-License-Identifier: MIT */
/*
 * The stack of a guest, without its help: first what is known exactly (a kernel's own tables, see
 * symbols_linux.c), then the chain of frame pointers where it is one, else words of the stack that
 * follow a CALL, marked as the guess they are.
 */
#include <string.h>

#include "accel/x86/consts.h"
#include "monitor/postmortem_int.h"

#define SCAN_WORDS 256
#define MAX_FRAME  0x100000u /* a frame pointer that jumps farther is none */

const char *pm_how_text(enum pm_how how)
{
    switch (how) {
    case PM_FRAME_HERE: return "here";
    case PM_FRAME_ORC: return "ORC";
    case PM_FRAME_CFI: return "eh_frame";
    case PM_FRAME_RBP: return "frame pointer";
    case PM_FRAME_SCAN: return "guess";
    case PM_FRAME_IRET: return "interrupt frame";
    }
    return "?";
}

void pm_frame_name(const struct pm_case *c, const struct pm_frame *f, char *out, size_t cap)
{
    if (f->how == PM_FRAME_HERE || f->how == PM_FRAME_IRET) {
        symbols_text(c->symbols, f->rip, out, cap);
    } else {
        symbols_text_return(c->symbols, f->rip, out, cap);
    }
}

static unsigned word_size(const struct pm_case *c)
{
    unsigned size = x86_view_code_size(&c->view);
    return size == 2 ? 2 : size;
}

static bool read_word(const struct pm_case *c, uint64_t lin, uint64_t *v)
{
    *v = 0;
    return x86_view_read(&c->view, lin, v, word_size(c)) == word_size(c);
}

/* Is the code before lin a CALL? E8 rel32 (rel16), FF /2, 9A ptr16:32. */
static bool after_call(const struct pm_case *c, uint64_t lin)
{
    uint8_t b[7];
    struct x86_insn i;
    unsigned mode = x86_view_code_size(&c->view);
    if (lin < 16 || x86_view_read(&c->view, lin - sizeof b, b, sizeof b) != sizeof b) {
        return false;
    }
    for (unsigned n = 2; n <= sizeof b; n++) {
        if (x86_decode(&i, b + sizeof b - n, n, mode) == X86_DECODE_OK && i.len == n &&
            i.op == X86_OP_CALL) {
            return true;
        }
    }
    return false;
}

static bool code_address(const struct pm_case *c, uint64_t rip)
{
    struct x86_walk_report r;
    uint64_t lin =
        x86_view_code_size(&c->view) == 8 ? rip : x86_view_linear(&c->view, X86_CS, rip);
    return x86_view_canonical(&c->view, rip) && x86_view_walk(&c->view, lin, X86_VIEW_EXEC, &r) &&
           after_call(c, lin);
}

static unsigned by_frame_pointers(const struct pm_case *c, struct pm_frame *out, unsigned n,
                                  unsigned max)
{
    unsigned size = word_size(c);
    uint64_t mask = size == 8 ? ~0ull : size == 4 ? 0xffffffff : 0xffff;
    uint64_t bp = c->st->gpr[X86_RBP] & mask, sp = c->st->gpr[X86_RSP] & mask;
    while (n < max) {
        uint64_t next, ret, at = x86_view_linear(&c->view, X86_SS, bp);
        if (bp < sp || bp - sp > MAX_FRAME || (bp & (size - 1)) || !read_word(c, at, &next) ||
            !read_word(c, at + size, &ret) || !code_address(c, ret)) {
            break;
        }
        out[n++] = (struct pm_frame){ret, bp + 2 * size, PM_FRAME_RBP};
        sp = bp + 2 * size;
        bp = next;
    }
    return n;
}

static unsigned by_scan(const struct pm_case *c, struct pm_frame *out, unsigned n, unsigned max)
{
    unsigned size = word_size(c);
    uint64_t mask = size == 8 ? ~0ull : size == 4 ? 0xffffffff : 0xffff;
    uint64_t sp = c->st->gpr[X86_RSP] & mask;
    for (unsigned k = 0; k < SCAN_WORDS && n < max; k++, sp += size) {
        uint64_t v;
        if (!read_word(c, x86_view_linear(&c->view, X86_SS, sp), &v)) {
            break;
        }
        if (v && code_address(c, v)) {
            out[n++] = (struct pm_frame){v, sp + size, PM_FRAME_SCAN};
        }
    }
    return n;
}

/* The kernel's own table: exact, or an early end. */
static unsigned by_orc(const struct pm_case *c, struct pm_frame *out, unsigned n, unsigned max)
{
    uint64_t rip = c->st->rip, sp = c->st->gpr[X86_RSP], bp = c->st->gpr[X86_RBP];
    bool exact = true, trap = false;
    while (n < max &&
           linux_orc_step(c->guest, &c->view, exact, &rip, &sp, &bp, &trap)) {
        out[n++] = (struct pm_frame){rip, sp, trap ? PM_FRAME_IRET : PM_FRAME_ORC};
        exact = trap;
    }
    return n;
}

unsigned pm_unwind(const struct pm_case *c, struct pm_frame *out, unsigned max)
{
    unsigned n = 0;
    if (!max) {
        return 0;
    }
    out[n++] = (struct pm_frame){c->st->rip, c->st->gpr[X86_RSP], PM_FRAME_HERE};
    if (c->guest && c->guest->found && x86_view_cpl(&c->view) == 0) {
        unsigned with = by_orc(c, out, n, max);
        if (with > n) {
            return with;
        }
    }
    unsigned with = by_frame_pointers(c, out, n, max);
    /* a function that has just been entered has no frame yet, and code without frame pointers
     * keeps anything in RBP: one frame proves nothing */
    return with > n + 1 ? with : by_scan(c, out, n, max);
}
