/* SPDX-License-Identifier: MIT */
/*
 * What the MMU keeps within struct x86_cpu: the software TLB, segment checks in advance, the pages
 * that need care.
 */
#ifndef ACCEL_X86_MMU_STATE_H
#define ACCEL_X86_MMU_STATE_H

#include "core/types.h"

struct mem_region;

/* Software TLB: direct-mapped, indexed by linear page; one tag per kind of access, so that a hit
 * proves the access is allowed. tag = linear page address; there is one table for supervisor
 * accesses and one for user accesses. A host address is `linear + addend`. What needs the slow
 * path (MMIO, writes to pages with code, watchpoints) keeps an impossible tag. */
#define X86_TLB_BITS 12
#define X86_TLB_SIZE (1u << X86_TLB_BITS)
struct x86_tlb_entry {
    uint64_t tag_r, tag_w, tag_x;
    uintptr_t addend;
};
#define X86_TLB_INVALID (~0ull)
/* Precomputed limit and type check of one segment for code outside 64-bit mode: an access of `size`
 * bytes at `off` is allowed when first <= off, off + size - 1 <= last and perm has its bit
 * (1 << enum x86_access). Kept by x86_mode_changed / x86_seg_changed. */
struct x86_seg_range {
    uint64_t base;
    uint32_t first, last;
    uint8_t perm;
};

/* What mmu.c keeps beside the TLB: facts about each slot, pages that need care when flags change,
 * the section of the last look-up (copied, so that an old view may be freed). */
#define X86_MMU_SMAP_MAX 64
#define X86_MMU_DIRTY_MAX 256
#define X86_MMU_WRITTEN_BITS 16
struct x86_rmw {
    uint8_t *host; /* NULL: x86_rmw_done has nothing to do */
    gpa_t gpa;
    unsigned care;
};
struct x86_mmu {
    uint8_t slot[2][X86_TLB_SIZE]; /* X86_SLOT_* */
    gpa_t page[2][X86_TLB_SIZE];   /* physical page of the slot */
    uint16_t fill[2][X86_TLB_SIZE], n_fill[2]; /* slots that a CR3 write may have to empty */
    uint64_t written[(1u << X86_MMU_WRITTEN_BITS) / 64]; /* hash of pages that may have tag_w */
    uint64_t large_at;             /* hash of the GiB in which slots are part of a large page */
    bool upper_local;              /* a page of the upper half may not be global */
    bool aligning;                 /* alignment is checked: tlb[1] has no data tags */
    struct x86_rmw rmw;            /* x86_rmw_ptr's last */
    bool any_key;                  /* some page has a protection key other than 0 */
    uint8_t smap_open;             /* supervisor slots of user pages, valid while AC = 1 */
    uint16_t smap_slot[X86_MMU_SMAP_MAX];
    uint16_t dirty_open;           /* pages of dirty-tracked regions that have tag_w */
    gpa_t dirty_gpa[X86_MMU_DIRTY_MAX];
    uint64_t pdpte[4];             /* PAE */
    gpa_t sec_gpa;                 /* last section; sec_size 0: none */
    uint64_t sec_size;
    uint8_t *sec_host;             /* NULL: not RAM or ROM */
    struct mem_region *sec_region;
    uint64_t sec_off;
    bool sec_ram, sec_tracked;
    uint64_t phys_reserved;        /* bits above MAXPHYADDR, up to bit 51 */
    struct x86_mmu_stats {
        uint64_t misses[2][3]; /* page walks: by user, enum x86_access */
        uint64_t io, to_code;  /* of these: not RAM or ROM; writes to pages with code */
        uint64_t flushes, global_flushes, page_flushes;
    } stats;
};

#endif
