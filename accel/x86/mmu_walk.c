/* SPDX-License-Identifier: MIT */
/*
 * Paging: none, 32-bit (PSE, PSE-36), PAE, 4-level and 5-level. Intel SDM vol. 3, chapter 4; error
 * codes 4.7, accessed and dirty flags 4.8, access rights 4.6.
 */
#include "accel/x86/mmu_walk.h"

#include "accel/x86/system.h"
#include "core/physmem.h"

#define ADDR_MASK 0x000ffffffffff000ull

bool x86_section(struct x86_cpu *cpu, gpa_t gpa)
{
    struct x86_mmu *m = &cpu->mmu;
    if (LIKELY(gpa - m->sec_gpa < m->sec_size)) {
        return true;
    }
    struct mem_section s;
    if (!physmem_lookup(cpu->pm, gpa, &s)) {
        m->sec_size = 0;
        return false;
    }
    m->sec_gpa = s.gpa;
    m->sec_size = s.size;
    m->sec_host = s.kind == MEM_IO ? NULL : s.host;
    m->sec_ram = s.kind == MEM_RAM;
    m->sec_region = s.region;
    m->sec_off = s.region_off;
    m->sec_tracked = m->sec_ram && mem_region_tracks_dirty(s.region);
    return true;
}

/* A paging-structure entry: where it is (NULL: not in RAM or ROM) and what it holds. */
struct entry {
    uint8_t *host;
    bool ram;
    unsigned size;
    gpa_t gpa;
    uint64_t v;
};

static void entry_load(struct x86_cpu *cpu, struct entry *e, gpa_t gpa, unsigned size)
{
    e->size = size;
    e->gpa = gpa &= cpu->a20_mask;
    if (x86_section(cpu, gpa) && cpu->mmu.sec_host &&
        cpu->mmu.sec_size - (gpa - cpu->mmu.sec_gpa) >= size) {
        e->host = cpu->mmu.sec_host + (gpa - cpu->mmu.sec_gpa);
        e->ram = cpu->mmu.sec_ram;
        e->v = size == 8 ? __atomic_load_n((uint64_t *)(void *)e->host, __ATOMIC_RELAXED)
                         : __atomic_load_n((uint32_t *)(void *)e->host, __ATOMIC_RELAXED);
        return;
    }
    e->host = NULL;
    e->ram = false;
    e->v = cpu->bus.mmio_read ? cpu->bus.mmio_read(cpu->bus.opaque, gpa, size) : ~0ull;
    if (size == 4) {
        e->v = (uint32_t)e->v;
    }
}

/* Sets bits in the entry; false when another processor changed it meanwhile (walk again). Tables in
 * ROM or MMIO keep what they have. */
static bool entry_set(struct x86_cpu *cpu, struct entry *e, uint64_t bits)
{
    if ((e->v & bits) == bits || !e->ram) {
        return true;
    }
    uint64_t old = e->v;
    bool done;
    if (e->size == 8) {
        done = __atomic_compare_exchange_n((uint64_t *)(void *)e->host, &old, old | bits, false,
                                           __ATOMIC_SEQ_CST, __ATOMIC_RELAXED);
    } else {
        uint32_t old32 = (uint32_t)old;
        done =
            __atomic_compare_exchange_n((uint32_t *)(void *)e->host, &old32, old32 | (uint32_t)bits,
                                        false, __ATOMIC_SEQ_CST, __ATOMIC_RELAXED);
    }
    if (done) {
        e->v |= bits;
        if (UNLIKELY(x86_code_page(cpu, e->gpa & ~0xfffull))) {
            x86_code_written(cpu, e->gpa, e->size);
        }
        if (UNLIKELY(x86_section(cpu, e->gpa) && cpu->mmu.sec_tracked)) {
            mem_region_set_dirty(cpu->mmu.sec_region,
                                 cpu->mmu.sec_off + (e->gpa - cpu->mmu.sec_gpa), 1);
        }
    }
    return done;
}

static bool nx_enabled(const struct x86_cpu *cpu)
{
    return (cpu->st.msr.efer & X86_EFER_NXE) && (cpu->st.cr4 & X86_CR4_PAE);
}

static unsigned fault(const struct x86_cpu *cpu, enum x86_access a, unsigned flags, unsigned err)
{
    err |= X86_WALK_FAULT;
    if (a == X86_ACCESS_WRITE) {
        err |= X86_PF_W;
    }
    if (flags & X86_WALK_USER) {
        err |= X86_PF_U;
    }
    if (a == X86_ACCESS_EXEC && (nx_enabled(cpu) || (cpu->st.cr4 & X86_CR4_SMEP))) {
        err |= X86_PF_I;
    }
    return err;
}

/* Access rights (SDM 4.6) from the combined U/S, R/W and XD of all levels. */
static unsigned rights(const struct x86_cpu *cpu, uint64_t all, bool nx, unsigned pkey, bool user,
                       bool ac, bool *pk_read, bool *pk_write)
{
    bool u = all & X86_PTE_U, w = all & X86_PTE_W;
    bool wp = user || (cpu->st.cr0 & X86_CR0_WP);
    bool data = user ? u : !(u && (cpu->st.cr4 & X86_CR4_SMAP) && !ac);
    bool exec = user ? u && !nx : !nx && !(u && (cpu->st.cr4 & X86_CR4_SMEP));
    bool write = data && (w || !wp);
    *pk_read = *pk_write = false;
    if (u && (cpu->st.cr4 & X86_CR4_PKE) && cpu->long_mode) {
        *pk_read = cpu->st.pkru >> (pkey * 2) & 1;
        *pk_write = *pk_read || ((cpu->st.pkru >> (pkey * 2 + 1) & 1) && wp);
    }
    return (data && !*pk_read ? 1u << X86_ACCESS_READ : 0) |
           (write && !*pk_write ? 1u << X86_ACCESS_WRITE : 0) | (exec ? 1u << X86_ACCESS_EXEC : 0);
}

/* The end of every walk: rights, A and D of the last entry, the result. ~0u: walk again. */
static unsigned finish(struct x86_cpu *cpu, uint64_t lin, enum x86_access a, unsigned flags,
                       struct x86_walk *w, struct entry *e, uint64_t all, bool nx, gpa_t page)
{
    bool pk_read, pk_write;
    bool user = flags & X86_WALK_USER;
    bool ac = (cpu->st.rflags & X86_FL_AC) && !(flags & X86_WALK_IMPLICIT);
    uint64_t off = lin & ((1ull << w->shift) - 1);
    unsigned pkey = e->v >> 59 & 15;
    cpu->mmu.any_key |= pkey != 0;
    w->gpa = (page + off) & cpu->a20_mask;
    w->user_page = all & X86_PTE_U;
    w->global = (e->v & X86_PTE_G) && (cpu->st.cr4 & X86_CR4_PGE);
    if (flags & X86_WALK_DEBUG) {
        return 0;
    }
    w->allowed = (uint8_t)rights(cpu, all, nx, pkey, user, ac, &pk_read, &pk_write);
    if (UNLIKELY(!(w->allowed >> a & 1))) {
        bool pk = a == X86_ACCESS_READ ? pk_read : a == X86_ACCESS_WRITE && pk_write;
        return fault(cpu, a, flags, X86_PF_P | (pk ? X86_PF_PK : 0));
    }
    if (!entry_set(cpu, e, X86_PTE_A | (a == X86_ACCESS_WRITE ? X86_PTE_D : 0))) {
        return ~0u;
    }
    w->dirty = (e->v & X86_PTE_D) || (a == X86_ACCESS_WRITE);
    return 0;
}

static unsigned walk32(struct x86_cpu *cpu, uint64_t lin, enum x86_access a, unsigned flags,
                       struct x86_walk *w)
{
    struct entry e;
    entry_load(cpu, &e, (cpu->st.cr3 & 0xfffff000u) | (lin >> 22 & 0x3ff) << 2, 4);
    if (!(e.v & X86_PTE_P)) {
        return fault(cpu, a, flags, 0);
    }
    uint64_t all = e.v;
    if ((e.v & X86_PTE_PS) && (cpu->st.cr4 & X86_CR4_PSE)) {
        /* PSE-36: bits 20:13 are address bits 39:32, those above MAXPHYADDR and bit 21 reserved. */
        bool pse36 = x86_has(cpu->model, X86_FEAT_PSE36);
        uint64_t high = (e.v >> 13 & 0xff) << 32;
        if ((e.v & 1u << 21) || (pse36 ? high & cpu->mmu.phys_reserved : high)) {
            return fault(cpu, a, flags, X86_PF_P | X86_PF_RSVD);
        }
        w->shift = 22;
        return finish(cpu, lin, a, flags, w, &e, all, false, (e.v & 0xffc00000u) | high);
    }
    if (!(flags & X86_WALK_DEBUG) && !entry_set(cpu, &e, X86_PTE_A)) {
        return ~0u;
    }
    entry_load(cpu, &e, (e.v & 0xfffff000u) | (lin >> 12 & 0x3ff) << 2, 4);
    if (!(e.v & X86_PTE_P)) {
        return fault(cpu, a, flags, 0);
    }
    w->shift = 12;
    return finish(cpu, lin, a, flags, w, &e, all & e.v, false, e.v & 0xfffff000u);
}

/* PAE from the directory down (level 2), 4-level and 5-level. */
static unsigned walk64(struct x86_cpu *cpu, uint64_t lin, enum x86_access a, unsigned flags,
                       struct x86_walk *w)
{
    uint64_t reserved = cpu->mmu.phys_reserved | (nx_enabled(cpu) ? 0 : X86_PTE_NX);
    uint64_t all = ~0ull, table;
    bool nx = false;
    unsigned level;
    struct entry e;
    if (cpu->long_mode) {
        level = cpu->st.cr4 & X86_CR4_LA57 ? 5 : 4;
        table = cpu->st.cr3 & ADDR_MASK;
    } else {
        uint64_t pdpte = cpu->mmu.pdpte[lin >> 30 & 3];
        if (!(pdpte & X86_PTE_P)) {
            return fault(cpu, a, flags, 0);
        }
        reserved |= 0x7ff0000000000000ull;
        level = 2;
        table = pdpte & ADDR_MASK;
    }
    for (;; level--) {
        unsigned shift = 3 + 9 * level;
        entry_load(cpu, &e, table | (lin >> shift & 511) << 3, 8);
        if (UNLIKELY(!(e.v & X86_PTE_P))) {
            return fault(cpu, a, flags, 0);
        }
        uint64_t bad = reserved;
        bool leaf = level == 1;
        if (level > 1 && (e.v & X86_PTE_PS)) {
            leaf = level == 2 || (level == 3 && x86_has(cpu->model, X86_FEAT_PDPE1GB));
            bad |= leaf ? ((1ull << shift) - 1) & ~0x1fffull : X86_PTE_PS;
        }
        if (UNLIKELY(e.v & bad)) {
            return fault(cpu, a, flags, X86_PF_P | X86_PF_RSVD);
        }
        all &= e.v;
        nx |= e.v >> 63;
        if (leaf) {
            w->shift = (uint8_t)shift;
            return finish(cpu, lin, a, flags, w, &e, all, nx,
                          e.v & ADDR_MASK & ~((1ull << shift) - 1));
        }
        if (!(flags & X86_WALK_DEBUG) && UNLIKELY(!entry_set(cpu, &e, X86_PTE_A))) {
            return ~0u;
        }
        table = e.v & ADDR_MASK;
    }
}

unsigned x86_page_walk(struct x86_cpu *cpu, uint64_t lin, enum x86_access a, unsigned flags,
                       struct x86_walk *w)
{
    if (!cpu->paging) {
        w->gpa = lin & 0xffffffffu & cpu->a20_mask;
        w->shift = 12;
        w->allowed = 7;
        w->user_page = false;
        w->global = false;
        w->dirty = true;
        return 0;
    }
    unsigned r;
    do {
        r = cpu->st.cr4 & X86_CR4_PAE ? walk64(cpu, lin, a, flags, w)
                                      : walk32(cpu, lin, a, flags, w);
    } while (r == ~0u);
    return r;
}
