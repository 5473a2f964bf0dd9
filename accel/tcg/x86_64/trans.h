/* SPDX-License-Identifier: MIT */
/*
 * Translating a run of blocks, and what code for an instruction is written with.
 *
 * An instruction is classified first (struct trans_info), then its code is generated. It may
 *   - use T0, T1, T2 freely;
 *   - read guest register g in the host register trans_get(t, g, tmp), and write it by computing
 *     into trans_dest(t, g, tmp) (a whole value) or trans_get's (a part) and calling trans_put;
 *     nothing may be written before the last check that can take the slow path;
 *   - reach its memory operand through trans_mem, at most once: all scratch registers are gone
 *     then, the operand returned uses T0 and guest registers that must not be written before it,
 *     T1 and T2 are free again. An access that misses the TLB, crosses pages, is I/O memory or
 *     code makes the interpreter's handler do the whole instruction (the slow path), then goes on
 *     behind it;
 *   - take the slow path for reasons of its own with trans_slow;
 *   - call trans_clobber before it changes the host's flags in any way that is not the guest's
 *     (trans_mem does so itself), trans_flags_use to have the guest's flags in the host's (T0 is
 *     gone), trans_flags_set when the host's flags are what the guest's are to be (T0 is gone).
 * With info.vec set, guest XMM/YMM k is host XMM/YMM k and MXCSR the guest's (its exceptions masked
 * if TRANS_FP is asked for); they must be left so. All of them are the guest's: there is no scratch
 * one, cpu->mem_buf is free. Handlers find everything in cpu->st.
 */
#ifndef ACCEL_TCG_X86_64_TRANS_H
#define ACCEL_TCG_X86_64_TRANS_H

#include "accel/tcg/x86_64/jit_int.h"

#define OFF(field) ((int32_t)offsetof(struct x86_cpu, field))

enum { T0 = H_RAX, T1 = H_R14, T2 = H_R15 };

enum { /* trans_info.writes: arithmetic flags */
       FL_NONE,
       FL_ALL,      /* all six, without looking at them */
       FL_KEEPS_CF, /* INC, DEC: reads must be set */
       FL_SOME,     /* some or sometimes: reads must be set */
};
enum { /* trans_info.vec */
       TRANS_SSE = JIT_LIVE_SSE,
       TRANS_AVX = JIT_LIVE_SSE | JIT_LIVE_AVX,
       TRANS_FP = JIT_LIVE_FP, /* may raise floating-point exceptions: add to one of the above */
       TRANS_X87 = JIT_LIVE_X87,
};

struct trans_info {
    bool inl;       /* has inline code */
    bool mem;       /* may take its slow path */
    bool reads;     /* looks at flags */
    bool extra;     /* trans_extra generates it */
    uint8_t writes; /* FL_* */
    uint8_t vec;    /* TRANS_* */
    uint16_t wregs; /* guest registers written: 1 << number; 0xffff is always right */
};

enum { TRANS_SLOWS = 10 };

/* Where checks of an instruction go that fail: its handler is called, then on at `back` (NULL:
 * where the handler says). */
struct slow {
    unsigned insn, n;
    uint8_t *from[TRANS_SLOWS], *back;
    int recipe;   /* as in struct trans, when the check was made */
    bool leave;   /* go where the handler says in any case */
    uint8_t need; /* vector state that the code at `back` takes for granted */
    bool flags;   /* the code at `back` has the guest's flags in the host's */
};

/* A way out to `to` (offset from the page's start): its code is out of line, or the jump itself is
 * patched once the target has code. */
struct trans_exit {
    uint8_t *site; /* displacement of a jump or a conditional one */
    int64_t to;
    unsigned insn; /* the branch */
    unsigned rest; /* instructions counted but not executed */
    bool pack;     /* the guest's flags are in the host's only */
    bool landing;  /* where a return arrives: `site` is the displacement of a LEA */
};

/* An access whose slot misses: the TLB is asked out of line. */
struct trans_miss {
    uint8_t *from, *back;
    struct emit_mem ea; /* what T0 is to be, if direct */
    int32_t slot;
    unsigned insn;
    uint8_t last;       /* size - 1 */
    bool write, wide;
    bool direct; /* T0 becomes the addend, else the host address */
    bool shared; /* if that fails, the loop's first copy is executed */
};

/* Accesses of a loop that share a check (trans_share.c): through base + (index << scale), from lo
 * to hi relative to what these registers hold at the loop's head. */
struct trans_group {
    unsigned base, index, scale;
    int64_t lo, hi, phase; /* phase: what must be aligned */
    unsigned first, n;     /* accesses */
    uint8_t align;
    bool write;
};

/* What is known where control arrives: flags as in struct trans, vector state. */
struct trans_state {
    bool packed;
    int recipe;
    uint8_t vec;
};

struct trans {
    struct jit *j;
    struct x86_block *b; /* the first; all are in its page */
    struct emit e;
    uint8_t *start;
    uint8_t *moved[2]; /* jumps taken when the page with the rest of an instruction is elsewhere */
    unsigned n, n_blocks;
    /* A translation that comes back to its first block has that loop again, `loop` (0: none) being
     * its first instruction there; the jump back goes to `head`, where flags and vector state are
     * what the instructions before leave, at the first time as at any other. */
    unsigned loop, once; /* once: blocks without repetition */
    uint8_t *head, *head_leave;
    struct trans_state at_head;
    struct trans_group group[JIT_PTRS];
    unsigned n_groups, n_unshare;
    uint8_t shared[TRANS_INSNS]; /* group of its access + 1; 0: none */
    int32_t place[TRANS_INSNS];  /* where in terms of the group */
    uint8_t *unshare[2 * JIT_PTRS];
    const struct x86_insn *insn[TRANS_INSNS];
    struct trans_info info[TRANS_INSNS];
    uint16_t off[TRANS_INSNS];   /* page offset */
    uint8_t in[TRANS_INSNS];     /* number of its block */
    const uint8_t *at[TRANS_INSNS]; /* where its code begins */
    const uint8_t *tail;            /* where that of the last one ends: slow paths and exits */
    struct x86_block *block[TRANS_COPIES];
    uint8_t first[TRANS_COPIES]; /* number of its first instruction */
    /* Flags: in the host's (live), in cpu->jit.flags (packed), or nowhere but to be had from the
     * registers that instruction `recipe` left. */
    bool live, packed;
    int producer, recipe; /* -1: none */
    uint8_t vec;          /* vector state known to be live here */
    uint8_t align;        /* the next access takes the slow path unless it is aligned; 0: no need */
    unsigned n_slow, n_exits, n_miss;
    struct trans_miss miss[2 * TRANS_INSNS];
    struct slow slow[TRANS_INSNS];
    struct trans_exit exits[2 * TRANS_COPIES + 4];
};

/* --- for instructions ------------------------------------------------------------------------- */

/* Where a guest register is that has no host register: [rsp + this]. */
static inline int32_t trans_in_frame(unsigned g)
{
    return FRAME_GPR + 8 * ((int32_t)g - X86_R12);
}
static inline bool trans_framed(unsigned g)
{
    return tcg_host_reg[g] == JIT_NO_REG;
}

/* Host register with guest register g: its own, or `tmp`, loaded. */
unsigned trans_get(struct trans *t, unsigned g, unsigned tmp);
unsigned trans_dest(unsigned g, unsigned tmp);
void trans_put(struct trans *t, unsigned g, unsigned host);
/* The memory operand of instruction k: `size` bytes that may be read (or read and written). */
struct emit_mem trans_mem(struct trans *t, unsigned k, unsigned size, bool write);
/* The same for the linear address in T0. */
struct emit_mem trans_mem_t0(struct trans *t, unsigned k, unsigned size, bool write);
/* The same for guest register g plus disp, cut to the word size, without a segment's base. */
struct emit_mem trans_mem_reg(struct trans *t, unsigned k, unsigned g, int32_t disp, unsigned size,
                              bool write);
/* dst = effective address, cut to the address size, without the segment's base. T1, T2 are gone. */
void trans_ea(struct trans *t, unsigned k, unsigned dst);
void trans_rip(struct trans *t, unsigned reg, int32_t off); /* RIP of that offset in the page */
/* The conditional jump whose displacement is at `jcc` leads to the slow path of instruction k. */
void trans_slow(struct trans *t, unsigned k, uint8_t *jcc);
void trans_clobber(struct trans *t, unsigned k);
void trans_flags_use(struct trans *t);
void trans_flags_set(struct trans *t, unsigned k);
void trans_need_cf(struct trans *t); /* CF alone */
/* Can anything see the flags that instruction k leaves? */
bool trans_flags_needed(const struct trans *t, unsigned k);

/* trans_extra.c: instructions beyond the plain integer ones. classify: true, and *f filled, if
 * there is inline code for i; f is all 0 before, wregs 0xffff. */
bool trans_extra_classify(const struct jit *j, const struct x86_insn *i, struct trans_info *f);
void trans_extra(struct trans *t, const struct x86_insn *i, unsigned k);
/* trans_x87.c: in the slow path of instruction k, before its handler. */
void trans_x87_pending(struct trans *t, unsigned k);

#endif
