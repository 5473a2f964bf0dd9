/* SPDX-License-Identifier: MIT */
/*
 * What translated code (accel/tcg) keeps within struct x86_cpu, where it reaches it at once.
 */
#ifndef ACCEL_X86_JIT_STATE_H
#define ACCEL_X86_JIT_STATE_H

#include "accel/x86/mmu_state.h"

/* Large pages once more as a whole, 2 MiB each, where all of it is plain RAM (and, for tag_w,
 * without decoded code): tags are linear addresses of their first byte. Any flush drops all. */
#define X86_BIG_BITS 6
#define X86_BIG_SIZE (1u << X86_BIG_BITS)
#define X86_BIG_SPAN ((uint64_t)2 << 20)
/* What a place in translated code remembers of the pages it used last: an access at `lin` is good
 * when lin - base < limit; limit leaves room for the largest operand. Of one kind of access and one
 * privilege; void (limit 0) after every flush. */
struct x86_jit_slot {
    uint64_t base, limit;
    uintptr_t addend;
    uint32_t listed; /* not 0: it is in slot_list */
    uint32_t fills;  /* since the flush */
};
#define X86_JIT_SLOTS      4096u /* of each kind: 2 * user + write */
#define X86_JIT_SLOT_ROOM  31u
/* The last of each kind, for checks of several accesses at once: room for so many bytes. */
#define X86_JIT_WIDE_SLOTS 256u
#define X86_JIT_SLOT_WIDE  255u

/* Where the processor's state is: as struct x86_cpu says, so with the arithmetic flags in jit.flags
 * instead of lazy, or in the registers of a host thread. Whoever looks at a processor whose host
 * process died (accel/revirt) has to know. */
enum x86_jit_where { X86_JIT_HERE, X86_JIT_PACKED, X86_JIT_AWAY };

/* What translated code keeps at hand (accel/tcg). */
struct x86_jit_regs {
    uint8_t where;             /* enum x86_jit_where */
    uint64_t budget;           /* instructions until translated code must be left; for C */
    uint64_t count_end;        /* insn_count + budget */
    uint32_t bad_slot;         /* offset of a slot that is filled again and again; 0: none */
    uint64_t key;              /* x86_jump_entry.key in force */
    uint64_t rip_base;         /* RIP of the first byte of the code page in execution */
    uint64_t fills;            /* of slots: one miss in eight */
    uint64_t tmp, link_gpa;    /* link_gpa: where the exit `link` goes */
    uint64_t site_rip;         /* not 0: code was left at `site` for this RIP, to link it */
    uint32_t site;             /* offset in cpu->site of the one that missed last */
    struct x86_tlb_entry *tlb, *big; /* of the current CPL */
    gpa_t *page;                     /* mmu.page, likewise */
    void *jump;                      /* the translator's jump cache */
    bool voided;               /* a TLB entry or tag went away */
    uint32_t link;             /* the exit taken last; 0: none that could be linked */
    uint16_t flags; /* arithmetic flags as LAHF and SETO leave them */
    uint8_t sample; /* counts misses of slots */
    uint8_t why;    /* translated code was left: enum tcg_jit_exit */
    uint8_t live;   /* what of the vector state is in the host's registers */
};

/* A jump in translated code to another page: it leads to `code`, which is what RIP `rip` means
 * until a flush concerns that page. */
struct x86_jit_site {
    uint64_t rip; /* X86_JIT_NOWHERE: ask */
    uintptr_t code; /* 0: not linked yet */
    uint32_t jump;  /* the displacement, an offset in code memory */
    uint16_t listed, misses;
};
#define X86_JIT_SITES   0x20000u
#define X86_JIT_NOWHERE 0x8080808080808080ull /* not canonical */

/* Where calls are expected to return to: RIP and host code, by where in the stack that is noted. */
#define X86_JIT_RETURNS 64u
struct x86_jit_return {
    uint64_t rip;
    uintptr_t code;
};

#endif
