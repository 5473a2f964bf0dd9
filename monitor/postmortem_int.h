/* SPDX-License-Identifier: MIT */
/*
 * Between the parts of a post-mortem: postmortem.c (when), postmortem_explain.c (why, in words),
 * postmortem_code.c (code, walks), postmortem_text.c and postmortem_json.c (the two forms),
 * unwind.c (stacks).
 */
#ifndef MONITOR_POSTMORTEM_INT_H
#define MONITOR_POSTMORTEM_INT_H

#include "accel/api/accel.h"
#include "accel/api/exit_ring.h"
#include "accel/x86/block.h"
#include "accel/x86/fault_log.h"
#include "accel/x86/inspect.h"
#include "monitor/postmortem.h"
#include "monitor/symbols.h"
#include "monitor/symbols_linux.h"

#define PM_CHAIN 6

/* One death under the lens. */
struct pm_case {
    struct x86_view view;
    const struct x86_state *st; /* &state */
    struct x86_state state;     /* rip: of the instruction that the death began with */
    struct symbols *symbols;
    const struct linux_guest *guest; /* what a Linux guest says of itself, or NULL */
    const struct pm_io_ring *io;
    const char *accel;
    const struct accel_exit_ring *exits;
    enum pm_reason why;
    unsigned vcpu;
    int64_t now_ns;
    bool have_log;            /* log is filled */
    bool rerun;               /* ... by running the last instruction again */
    struct x86_fault_log log;
    struct x86_fault_rec chain[PM_CHAIN]; /* the exceptions of the death, first first */
    unsigned chain_n;
    unsigned repeats;         /* how often chain[0] had happened there before, handled */
    const struct x86_branch_ring *branches; /* NULL: not recorded */
};

/* Fills chain from log. */
void pm_chain(struct pm_case *c);

/* postmortem_explain.c. One line each, no newline. */
void pm_where(const struct pm_case *c, uint16_t cs, uint64_t rip, GString *out);
void pm_explain(const struct pm_case *c, const struct x86_fault_rec *r, GString *out);
void pm_headline(const struct pm_case *c, GString *out);
/* The cause in one or two lines. */
void pm_cause(const struct pm_case *c, GString *first, GString *second);
/* What the instruction at the current rip works on: "MSR 0xc0000080", the frame of an IRET... */
void pm_operands(const struct pm_case *c, GString *out);

/* postmortem_code.c */
struct pm_insn {
    uint64_t lin, off; /* linear address; offset in the code segment */
    uint8_t len, bytes[X86_INSN_MAX];
    char text[112];
};
/* Instructions round `lin` (its offset is `off`): at most `before` before it, as far as they can be
 * known, and `after` after it; *at is the index of the one at lin. Returns how many. */
unsigned pm_disas(const struct pm_case *c, uint64_t lin, uint64_t off, unsigned before,
                  unsigned after, struct pm_insn *out, unsigned *at);
/* One walk in one line, entries and what is wrong. */
void pm_walk_text(const struct pm_case *c, const struct x86_walk_report *r, GString *out);
/* The walks worth showing: names and addresses. Returns how many (at most 4). */
struct pm_walk {
    const char *name;
    uint64_t lin;
    unsigned access;
};
unsigned pm_walks(const struct pm_case *c, struct pm_walk out[4]);

/* unwind.c */
enum pm_how {
    PM_FRAME_HERE, /* the instruction pointer itself */
    PM_FRAME_ORC,  /* Linux' own unwind table */
    PM_FRAME_CFI,  /* .eh_frame */
    PM_FRAME_RBP,  /* the chain of frame pointers */
    PM_FRAME_SCAN, /* a word of the stack that looks like a return address */
    PM_FRAME_IRET, /* behind an interrupt frame */
    PM_FRAME_TOP,  /* RIP is no code; the word at RSP is behind a CALL */
};
struct pm_frame {
    uint64_t rip, sp;
    enum pm_how how;
};
const char *pm_how_text(enum pm_how how);
void pm_frame_name(const struct pm_case *c, const struct pm_frame *f, char *out, size_t cap);
unsigned pm_unwind(const struct pm_case *c, struct pm_frame *out, unsigned max);

/* postmortem_text.c: at most 60 lines. postmortem_json.c. */
void pm_text(const struct pm_case *c, GString *out);
void pm_json(const struct pm_case *c, GString *out);

#endif
