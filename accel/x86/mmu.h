/* SPDX-License-Identifier: MIT */
/*
 * Guest memory as the processor sees it: segmentation on top of paging on top of physmem. Every
 * access raises the architectural fault itself (x86_raise*). Sizes: 1, 2, 4, 8, 16, 32 (64 for
 * areas).
 */
#ifndef ACCEL_X86_MMU_H
#define ACCEL_X86_MMU_H

#include <string.h>

#include "accel/x86/cpu.h"
#include "core/guest_race.h"

enum x86_access { X86_ACCESS_READ, X86_ACCESS_WRITE, X86_ACCESS_EXEC };

/* Linear address of seg:off for an access of `size` bytes, after limit, type and canonical checks
 * (#GP or #SS). off is already cut to the address size. (seg.c) */
uint64_t x86_linear_slow(struct x86_cpu *cpu, unsigned seg, uint64_t off, unsigned size,
                         enum x86_access a);
static inline uint64_t x86_linear(struct x86_cpu *cpu, unsigned seg, uint64_t off, unsigned size,
                                  enum x86_access a)
{
    if (LIKELY(cpu->code_mode == 8)) {
        if (LIKELY(seg < X86_FS && (uint64_t)((int64_t)(off << cpu->canonical_shift) >>
                                              cpu->canonical_shift) == off)) {
            return off; /* last byte: checked with the page crossing */
        }
    } else {
        const struct x86_seg_range *r = &cpu->range[seg];
        if (LIKELY(off >= r->first && off <= r->last && size - 1 <= r->last - off &&
                   (r->perm >> a & 1))) {
            return (uint32_t)(r->base + off);
        }
    }
    return x86_linear_slow(cpu, seg, off, size, a);
}

/* Slow paths: page walk, A/D bits, MMIO, page crossing, alignment check. cpl3: the access counts as
 * user mode (explicit accesses at CPL 3). */
uint64_t x86_load_slow(struct x86_cpu *cpu, uint64_t lin, unsigned size, bool user);
void x86_store_slow(struct x86_cpu *cpu, uint64_t lin, uint64_t v, unsigned size, bool user);
/* Translate for access, fill the TLB; returns the host pointer of `lin`, good to the end of its
 * page, or NULL (then *gpa is set) for what must go through the slow paths one element at a time:
 * MMIO, unmapped, watched pages, alignment checking, and for writes ROM and pages with code.
 * Raises #PF. */
uint8_t *x86_translate(struct x86_cpu *cpu, uint64_t lin, enum x86_access a, bool user, gpa_t *gpa);
/* As x86_translate without side effects, for debuggers: false = not mapped. */
bool x86_walk_debug(struct x86_cpu *cpu, uint64_t lin, gpa_t *gpa);

static inline struct x86_tlb_entry *x86_tlb_slot(struct x86_cpu *cpu, uint64_t lin, bool user)
{
    return &cpu->tlb[user][(lin >> 12) & (X86_TLB_SIZE - 1)];
}

/* The host address of an access that the TLB allows and that stays within its page, else NULL. */
static inline const void *x86_tlb_read(struct x86_cpu *cpu, uint64_t lin, unsigned size, bool user)
{
    const struct x86_tlb_entry *e = x86_tlb_slot(cpu, lin, user);
    bool hit = e->tag_r == (lin & ~0xfffull) && (lin & 0xfff) <= 0x1000 - size;
    return LIKELY(hit) ? (const void *)(uintptr_t)(lin + e->addend) : NULL;
}

static inline void *x86_tlb_write(struct x86_cpu *cpu, uint64_t lin, unsigned size, bool user)
{
    const struct x86_tlb_entry *e = x86_tlb_slot(cpu, lin, user);
    bool hit = e->tag_w == (lin & ~0xfffull) && (lin & 0xfff) <= 0x1000 - size;
    return LIKELY(hit) ? (void *)(uintptr_t)(lin + e->addend) : NULL;
}

GUEST_RACE(static inline) uint8_t x86_load8(struct x86_cpu *cpu, uint64_t lin, bool user)
{
    const void *p = x86_tlb_read(cpu, lin, sizeof(uint8_t), user);
    uint8_t v;
    if (LIKELY(p)) {
        memcpy(&v, p, sizeof v);
        return v;
    }
    return (uint8_t)x86_load_slow(cpu, lin, sizeof v, user);
}

GUEST_RACE(static inline) void x86_store8(struct x86_cpu *cpu, uint64_t lin, uint8_t v, bool user)
{
    void *p = x86_tlb_write(cpu, lin, sizeof v, user);
    if (LIKELY(p)) {
        memcpy(p, &v, sizeof v);
        return;
    }
    x86_store_slow(cpu, lin, v, sizeof v, user);
}

GUEST_RACE(static inline) uint16_t x86_load16(struct x86_cpu *cpu, uint64_t lin, bool user)
{
    const void *p = x86_tlb_read(cpu, lin, sizeof(uint16_t), user);
    uint16_t v;
    if (LIKELY(p)) {
        memcpy(&v, p, sizeof v);
        return v;
    }
    return (uint16_t)x86_load_slow(cpu, lin, sizeof v, user);
}

GUEST_RACE(static inline) void x86_store16(struct x86_cpu *cpu, uint64_t lin, uint16_t v, bool user)
{
    void *p = x86_tlb_write(cpu, lin, sizeof v, user);
    if (LIKELY(p)) {
        memcpy(p, &v, sizeof v);
        return;
    }
    x86_store_slow(cpu, lin, v, sizeof v, user);
}

GUEST_RACE(static inline) uint32_t x86_load32(struct x86_cpu *cpu, uint64_t lin, bool user)
{
    const void *p = x86_tlb_read(cpu, lin, sizeof(uint32_t), user);
    uint32_t v;
    if (LIKELY(p)) {
        memcpy(&v, p, sizeof v);
        return v;
    }
    return (uint32_t)x86_load_slow(cpu, lin, sizeof v, user);
}

GUEST_RACE(static inline) void x86_store32(struct x86_cpu *cpu, uint64_t lin, uint32_t v, bool user)
{
    void *p = x86_tlb_write(cpu, lin, sizeof v, user);
    if (LIKELY(p)) {
        memcpy(p, &v, sizeof v);
        return;
    }
    x86_store_slow(cpu, lin, v, sizeof v, user);
}

GUEST_RACE(static inline) uint64_t x86_load64(struct x86_cpu *cpu, uint64_t lin, bool user)
{
    const void *p = x86_tlb_read(cpu, lin, sizeof(uint64_t), user);
    uint64_t v;
    if (LIKELY(p)) {
        memcpy(&v, p, sizeof v);
        return v;
    }
    return x86_load_slow(cpu, lin, sizeof v, user);
}

GUEST_RACE(static inline) void x86_store64(struct x86_cpu *cpu, uint64_t lin, uint64_t v, bool user)
{
    void *p = x86_tlb_write(cpu, lin, sizeof v, user);
    if (LIKELY(p)) {
        memcpy(p, &v, sizeof v);
        return;
    }
    x86_store_slow(cpu, lin, v, sizeof v, user);
}

/* Any length up to 4096, with all checks done before the first byte is written. */
void x86_load_bytes(struct x86_cpu *cpu, uint64_t lin, void *buf, unsigned len, bool user);
void x86_store_bytes(struct x86_cpu *cpu, uint64_t lin, const void *buf, unsigned len, bool user);
/* Would a write of len bytes fault? Raises if so, sets A/D, writes nothing. */
void x86_probe_write(struct x86_cpu *cpu, uint64_t lin, unsigned len, bool user);
/* A host pointer for an atomic read-modify-write of size bytes, or NULL if it must be done with
 * load and store (MMIO, page crossing). Raises as a write. Whoever writes through it says so
 * afterwards: another processor that decodes in between must hear of it. */
void *x86_rmw_ptr(struct x86_cpu *cpu, uint64_t lin, unsigned size, bool user);
void x86_rmw_done(struct x86_cpu *cpu, unsigned size);

/* Translated code's copies of TLB entries (x86_jit_slot, big): whoever takes away an entry or a tag
 * calls this. */
void x86_slots_clear(struct x86_cpu *cpu);
/* The same for those only whose entry is gone. */
void x86_slots_prune(struct x86_cpu *cpu);
/* The page of RAM at `page` (host) must not be written unseen from now on. Could it be? */
bool x86_tlb_protect(struct x86_cpu *cpu, const uint8_t *page);
void x86_tlb_flush(struct x86_cpu *cpu, bool global);
void x86_tlb_flush_page(struct x86_cpu *cpu, uint64_t lin);

/* The page of code that holds `lin`, for fetching at the current CPL; raises #PF. Returns the host
 * address of the page's first byte, or NULL where it is not plain memory; *gpa is the page's
 * address (after A20) in both cases. */
const uint8_t *x86_fetch_page(struct x86_cpu *cpu, uint64_t lin, gpa_t *gpa);

/* Does the RAM page at gpa hold decoded code of any processor? Then it must get no tag_w.
 * (engine) */
bool x86_code_page(const struct x86_cpu *cpu, gpa_t gpa);
/* Does any page of the 2 MiB at gpa (a multiple) hold decoded code? (engine) */
bool x86_code_chunk(const struct x86_cpu *cpu, gpa_t gpa);
/* Somebody wrote to a RAM page that holds decoded code: called by the slow paths. (engine) */
void x86_code_written(struct x86_cpu *cpu, gpa_t gpa, unsigned len);

/* EFLAGS.AC changed (SMAP, alignment checking); x86_set_rflags calls it. */
void x86_ac_changed(struct x86_cpu *cpu);
/* st.pkru changed (XRSTOR, WRPKRU). */
void x86_pkru_changed(struct x86_cpu *cpu, uint32_t old);

/* Accesses of the processor to its own tables: supervisor whatever the CPL. */
uint64_t x86_sys_load(struct x86_cpu *cpu, uint64_t lin, unsigned size);
void x86_sys_store(struct x86_cpu *cpu, uint64_t lin, uint64_t v, unsigned size);

#endif
