/* SPDX-License-Identifier: MIT */
/*
 * The stack of a guest, without its help: first what is known exactly (a kernel's own tables, see
 * symbols_linux.c; .eh_frame of the files of -symbols), then the chain of frame pointers where it
 * is one, else words of the stack that follow a CALL, marked as the guess they are.
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
    case PM_FRAME_TOP: return "top of stack";
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

static uint64_t word_mask(const struct pm_case *c)
{
    unsigned size = word_size(c);
    return size == 8 ? ~0ull : size == 4 ? 0xffffffff : 0xffff;
}

static unsigned by_frame_pointers(const struct pm_case *c, const struct symbols_frame *from,
                                  struct pm_frame *out, unsigned n, unsigned max)
{
    unsigned size = word_size(c);
    uint64_t bp = from->gpr[X86_RBP] & word_mask(c), sp = from->gpr[X86_RSP] & word_mask(c);
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

static unsigned by_scan(const struct pm_case *c, uint64_t sp, struct pm_frame *out, unsigned n,
                        unsigned max)
{
    unsigned size = word_size(c);
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

static bool read_stack(const void *opaque, uint64_t lin, unsigned size, uint64_t *v)
{
    const struct pm_case *c = opaque;
    *v = 0;
    return x86_view_read(&c->view, lin, v, size) == size;
}

/* A call of what is no code: the place itself has no frame, its caller's address is where a CALL
 * left it. */
static unsigned by_top(const struct pm_case *c, struct symbols_frame *f, struct pm_frame *out,
                       unsigned n, unsigned max)
{
    struct x86_walk_report r;
    unsigned size = word_size(c);
    uint64_t ret, sp = f->gpr[X86_RSP] & word_mask(c);
    uint64_t here = x86_view_pc(&c->view);
    bool sound = x86_view_canonical(&c->view, here) &&
                 x86_view_walk(&c->view, here, X86_VIEW_EXEC, &r) && f->pc;
    if (n >= max || sound || !read_word(c, x86_view_linear(&c->view, X86_SS, sp), &ret) || !ret ||
        !code_address(c, ret)) {
        return n;
    }
    f->pc = ret;
    f->gpr[X86_RSP] = sp + size;
    f->exact = false;
    out[n++] = (struct pm_frame){ret, sp + size, PM_FRAME_TOP};
    return n;
}

/* As far as tables cover it, which must lead up the stack and to code that is there. */
static unsigned by_cfi(const struct pm_case *c, struct symbols_frame *f, struct pm_frame *out,
                       unsigned n, unsigned max)
{
    struct symbols_frame next = *f;
    if (f->size < 4 || x86_view_linear(&c->view, X86_CS, 0) != 0 ||
        x86_view_linear(&c->view, X86_SS, 0) != 0) {
        return n; /* tables speak of flat addresses */
    }
    while (n < max && symbols_unwind(c->symbols, &next)) {
        if (next.gpr[X86_RSP] <= f->gpr[X86_RSP] || !x86_view_canonical(&c->view, next.pc) ||
            !(next.exact || code_address(c, next.pc))) {
            break;
        }
        *f = next;
        out[n++] = (struct pm_frame){f->pc, f->gpr[X86_RSP], PM_FRAME_CFI};
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
    struct symbols_frame f = {.pc = c->st->rip, .size = word_size(c), .exact = true,
                              .read = read_stack, .opaque = c};
    for (unsigned r = 0; r < 16; r++) {
        f.gpr[r] = c->st->gpr[r] & word_mask(c);
    }
    n = by_top(c, &f, out, n, max);
    unsigned told = by_cfi(c, &f, out, n, max);
    unsigned with = by_frame_pointers(c, &f, out, told, max);
    /* a function that has just been entered has no frame yet, and code without frame pointers
     * keeps anything in RBP: one frame proves nothing */
    return told > n || with > n + 1 ? with : by_scan(c, f.gpr[X86_RSP], out, n, max);
}
