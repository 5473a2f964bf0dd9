/* SPDX-License-Identifier: MIT */
/*
 * Guest memory accesses beyond the inline hit: filling the software TLB, page crossing, MMIO,
 * alignment checking, watched pages, pages with code, dirty tracking.
 *
 * A slot gets a tag only for what needs no further thought: tag_w means plain RAM, dirty bit set in
 * the guest's PTE, no decoded code, no watchpoint, dirty tracking satisfied. Everything else comes
 * here each time.
 */
#include "accel/x86/mmu.h"

#include "accel/x86/mmu_walk.h"
#include "accel/x86/system.h"
#include "core/log.h"
#include "core/physmem.h"

enum { X86_SLOT_GLOBAL = 1, X86_SLOT_LARGE = 2, X86_SLOT_LISTED = 4 };
enum { CARE_CODE = 1, CARE_DIRTY = 2, CARE_WATCH = 4, CARE_ALIGN = 8, CARE_UNINIT = 16 };
enum { F_USER = X86_WALK_USER, F_IMPLICIT = X86_WALK_IMPLICIT };

/* A translated address: host is NULL where the access goes through the bus. */
struct ref {
    uint8_t *host;
    gpa_t gpa;
    unsigned care;
};

/* --- flushing ------------------------------------------------------------------------------- */

static void slot_clear(struct x86_tlb_entry *e)
{
    e->tag_r = e->tag_w = e->tag_x = X86_TLB_INVALID;
}

/* A tracked page that could be written without a trap may have been written since its dirty bit was
 * read: say so once more before the tag goes. */
static void dirty_close(struct x86_cpu *cpu)
{
    struct x86_mmu *m = &cpu->mmu;
    for (unsigned i = 0; i < m->dirty_open; i++) {
        struct mem_section s;
        if (physmem_lookup(cpu->pm, m->dirty_gpa[i], &s) && s.kind == MEM_RAM) {
            mem_region_set_dirty(s.region, s.region_off + (m->dirty_gpa[i] - s.gpa), 1);
        }
    }
    m->dirty_open = 0;
}

/* slot_list holds at its end the n_kept slots in the upper half of the addresses that a look has
 * found good, at its beginning the n_slots others. A CR3 write need not look at the former, unless
 * a page there is not global (mmu.upper_local). */
#define SLOTS_ALL ARRAY_LEN(((struct x86_cpu *)0)->slot_list)

static struct x86_jit_slot *slot_listed(struct x86_cpu *cpu, unsigned n)
{
    return (void *)((uint8_t *)cpu + cpu->slot_list[n]);
}

static void slot_void(struct x86_jit_slot *s)
{
    s->limit = 0;
    s->listed = s->fills = 0;
}

void x86_slots_clear(struct x86_cpu *cpu)
{
    cpu->jit.voided = true;
    for (unsigned n = 0; n < cpu->n_slots; n++) {
        slot_void(slot_listed(cpu, n));
    }
    for (unsigned n = 1; n <= cpu->n_kept; n++) {
        slot_void(slot_listed(cpu, SLOTS_ALL - n));
    }
    cpu->n_slots = cpu->n_kept = 0;
    if (cpu->any_big) {
        memset(cpu->big, 0xff, sizeof cpu->big);
        cpu->any_big = false;
    }
}

/* Is the entry that this copy was made of still there? */
static bool slot_backed(struct x86_cpu *cpu, const struct x86_jit_slot *s)
{
    unsigned kind = (unsigned)((size_t)(s - cpu->slot) / X86_JIT_SLOTS);
    bool user = kind >> 1, write = kind & 1;
    const struct x86_tlb_entry *e =
        s->limit > 4096 ? &cpu->big[user][s->base / X86_BIG_SPAN & (X86_BIG_SIZE - 1)]
                        : x86_tlb_slot(cpu, s->base, user);
    return (write ? e->tag_w : e->tag_r) == s->base && e->addend == s->addend;
}

static void prune_kept(struct x86_cpu *cpu)
{
    unsigned kept = 0;
    for (unsigned n = 1; n <= cpu->n_kept; n++) {
        struct x86_jit_slot *s = slot_listed(cpu, SLOTS_ALL - n);
        if (slot_backed(cpu, s)) {
            cpu->slot_list[SLOTS_ALL - ++kept] = cpu->slot_list[SLOTS_ALL - n];
        } else {
            slot_void(s);
        }
    }
    cpu->n_kept = kept;
}

static void prune_others(struct x86_cpu *cpu)
{
    unsigned left = 0;
    cpu->jit.voided = true;
    for (unsigned n = 0; n < cpu->n_slots; n++) {
        struct x86_jit_slot *s = slot_listed(cpu, n);
        uint32_t offset = cpu->slot_list[n];
        if (!slot_backed(cpu, s)) {
            slot_void(s);
        } else if (s->base >> 63) {
            cpu->slot_list[SLOTS_ALL - ++cpu->n_kept] = offset;
        } else {
            cpu->slot_list[left++] = offset;
        }
    }
    cpu->n_slots = left;
}

void x86_slots_prune(struct x86_cpu *cpu)
{
    prune_kept(cpu);
    prune_others(cpu);
}

/* Jump sites that lead to where `lin` is, as far as the mask goes, ask again. */
static void sites_forget(struct x86_cpu *cpu, uint64_t lin, uint64_t mask)
{
    unsigned kept = 0;
    for (unsigned n = 0; n < cpu->n_sites; n++) {
        struct x86_jit_site *s = (void *)((uint8_t *)cpu->site + cpu->site_list[n]);
        if ((s->rip ^ lin) & mask) {
            cpu->site_list[kept++] = cpu->site_list[n];
        } else {
            s->rip = X86_JIT_NOWHERE;
            s->listed = 0;
        }
    }
    cpu->n_sites = kept;
}

static void flush_all(struct x86_cpu *cpu)
{
    struct x86_mmu *m = &cpu->mmu;
    cpu->a20_mask = physmem_a20(cpu->pm) ? ~0ull : ~(1ull << 20);
    m->sec_size = 0;
    dirty_close(cpu);
    x86_slots_clear(cpu);
    memset(cpu->tlb, 0xff, sizeof cpu->tlb);
    memset(m->slot, 0, sizeof m->slot);
    memset(m->written, 0, sizeof m->written);
    m->n_fill[0] = m->n_fill[1] = 0;
    m->large_at = 0;
    m->any_key = false;
    m->smap_open = 0;
}

void x86_tlb_flush(struct x86_cpu *cpu, bool global)
{
    struct x86_mmu *m = &cpu->mmu;
    cpu->tlb_generation++;
    *(global ? &m->stats.global_flushes : &m->stats.flushes) += 1;
    sites_forget(cpu, 0, 0);
    if (global) {
        flush_all(cpu);
        return;
    }
    for (unsigned u = 0; u < 2; u++) {
        for (unsigned n = 0; n < m->n_fill[u]; n++) {
            unsigned i = m->fill[u][n];
            m->slot[u][i] &= (uint8_t)~X86_SLOT_LISTED;
            if (!(m->slot[u][i] & X86_SLOT_GLOBAL)) {
                slot_clear(&cpu->tlb[u][i]);
            }
        }
        m->n_fill[u] = 0;
        for (unsigned i = 0; cpu->any_big && i < X86_BIG_SIZE; i++) {
            if (!cpu->big[u][i].tag_x) { /* of a global page: see big_fill */
                continue;
            }
            slot_clear(&cpu->big[u][i]);
        }
    }
    if (m->upper_local) {
        prune_kept(cpu);
        m->upper_local = false;
    }
    prune_others(cpu);
}

static uint64_t gib_bit(uint64_t lin)
{
    return 1ull << (lin >> 30 & 63);
}

static bool slot_holds(const struct x86_tlb_entry *e, uint64_t lin, uint64_t mask)
{
    lin &= mask;
    return (e->tag_r & mask) == lin || (e->tag_w & mask) == lin || (e->tag_x & mask) == lin;
}

void x86_tlb_flush_page(struct x86_cpu *cpu, uint64_t lin)
{
    uint64_t page = lin & ~0xfffull;
    bool large = cpu->mmu.large_at & gib_bit(page);
    cpu->tlb_generation++;
    cpu->mmu.stats.page_flushes++;
    sites_forget(cpu, page, large ? ~0x3fffffffull : ~0xfffull);
    for (unsigned u = 0; u < 2; u++) {
        struct x86_tlb_entry *e = x86_tlb_slot(cpu, page, u);
        if (slot_holds(e, page, ~0xfffull)) {
            slot_clear(e);
        }
        if (!large) {
            continue;
        }
        /* One large page may have left many slots: all that lie within 1 GiB of it go. */
        for (unsigned i = 0; i < X86_BIG_SIZE; i++) {
            if (slot_holds(&cpu->big[u][i], page, ~0x3fffffffull)) {
                slot_clear(&cpu->big[u][i]);
            }
        }
        for (unsigned i = 0; i < X86_TLB_SIZE; i++) {
            if ((cpu->mmu.slot[u][i] & X86_SLOT_LARGE) &&
                slot_holds(&cpu->tlb[u][i], page, ~0x3fffffffull)) {
                slot_clear(&cpu->tlb[u][i]);
            }
        }
    }
    if (large || page >> 63) {
        prune_kept(cpu);
    }
    prune_others(cpu);
}

static void smap_close(struct x86_cpu *cpu)
{
    struct x86_mmu *m = &cpu->mmu;
    for (unsigned i = 0; i < m->smap_open; i++) {
        slot_clear(&cpu->tlb[0][m->smap_slot[i]]);
    }
    m->smap_open = 0;
}

void x86_ac_changed(struct x86_cpu *cpu)
{
    struct x86_mmu *m = &cpu->mmu;
    bool ac = cpu->st.rflags & X86_FL_AC;
    bool aligning = ac && cpu->cpl == 3 && (cpu->st.cr0 & X86_CR0_AM);
    if (!ac) {
        smap_close(cpu);
    }
    if (UNLIKELY(aligning && !m->aligning)) {
        memset(cpu->tlb[1], 0xff, sizeof cpu->tlb[1]);
        memset(cpu->big[1], 0xff, sizeof cpu->big[1]);
        x86_slots_prune(cpu);
    }
    m->aligning = aligning;
}

void x86_pkru_changed(struct x86_cpu *cpu, uint32_t old)
{
    bool key0 = (old ^ cpu->st.pkru) & 3;
    if ((cpu->st.cr4 & X86_CR4_PKE) && (key0 || (cpu->mmu.any_key && old != cpu->st.pkru))) {
        x86_tlb_flush(cpu, true);
    }
}

/* --- filling -------------------------------------------------------------------------------- */

static bool page_watched(const struct x86_cpu *cpu, uint64_t page)
{
    for (unsigned i = 0; i < 4; i++) {
        /* an 8-byte watch may begin at the page's end only if aligned: it never crosses */
        if ((cpu->st.dr[7] >> (i * 2) & 3) && (cpu->st.dr[i] & ~0xfffull) == page) {
            return true;
        }
    }
    return cpu->watches.n && x86_watch_page(cpu, page);
}

static void smap_note(struct x86_cpu *cpu, unsigned index)
{
    struct x86_mmu *m = &cpu->mmu;
    if (m->smap_open == X86_MMU_SMAP_MAX) {
        smap_close(cpu); /* they are filled again if they are needed again */
    }
    m->smap_slot[m->smap_open++] = (uint16_t)index;
}

/* May this write open the page for writes without a trap? Marks it dirty either way. */
static bool dirty_open(struct x86_cpu *cpu, gpa_t page)
{
    struct x86_mmu *m = &cpu->mmu;
    mem_region_set_dirty(m->sec_region, m->sec_off + (page - m->sec_gpa), 1);
    if (m->dirty_open == X86_MMU_DIRTY_MAX) {
        x86_tlb_flush(cpu, true); /* closes them all */
        if (!x86_section(cpu, page)) {
            return false;
        }
    }
    m->dirty_gpa[m->dirty_open++] = page;
    return true;
}

/* What the page needs beyond a plain copy, for either direction. */
static unsigned page_care(struct x86_cpu *cpu, uint64_t page, bool user, bool global_dbg)
{
    unsigned care = 0;
    if (UNLIKELY(global_dbg) && page_watched(cpu, page)) {
        care |= CARE_WATCH;
    }
    if (UNLIKELY(user && cpu->mmu.aligning)) {
        care |= CARE_ALIGN;
    }
    return care;
}

/* The whole large page at once for translated code. Watched or tracked memory, and what SMAP opens
 * for a while, stays with the small entries. */
static void big_fill(struct x86_cpu *cpu, uint64_t lin, bool user, const struct x86_walk *w,
                     const struct ref *r)
{
    const struct x86_mmu *m = &cpu->mmu;
    uint64_t in = lin & (X86_BIG_SPAN - 1);
    gpa_t gpa = w->gpa - in;
    if (m->sec_tracked || r->care & ~(unsigned)CARE_CODE || cpu->debug_kinds & X86_DBG_DATA ||
        ~cpu->a20_mask || (!user && w->user_page && (cpu->st.cr4 & X86_CR4_SMAP)) ||
        (w->gpa & (X86_BIG_SPAN - 1)) != in || gpa < m->sec_gpa ||
        m->sec_size < X86_BIG_SPAN || gpa - m->sec_gpa > m->sec_size - X86_BIG_SPAN) {
        return;
    }
    struct x86_tlb_entry *e = &cpu->big[user][lin / X86_BIG_SPAN & (X86_BIG_SIZE - 1)];
    bool read = w->allowed >> X86_ACCESS_READ & 1;
    bool write = (w->allowed >> X86_ACCESS_WRITE & 1) && w->dirty && m->sec_ram;
    e->tag_r = read ? lin - in : X86_TLB_INVALID;
    e->tag_w = write && !x86_code_chunk(cpu, gpa) ? lin - in : X86_TLB_INVALID;
    e->tag_x = w->global ? 0 : X86_TLB_INVALID; /* no fetches: says whether it is global */
    e->addend = (uintptr_t)r->host - lin;
    cpu->any_big = true;
}

/* Does the filter say that the page at `host` may have a write tag? (x86_tlb_protect) */
static uint64_t *written_word(struct x86_cpu *cpu, uintptr_t host, uint64_t *bit)
{
    unsigned h = (unsigned)(host >> 12) & ((1u << X86_MMU_WRITTEN_BITS) - 1);
    *bit = 1ull << (h & 63);
    return &cpu->mmu.written[h / 64];
}

static void written_note(struct x86_cpu *cpu, uintptr_t host)
{
    uint64_t bit, *word = written_word(cpu, host, &bit);
    *word |= bit;
}

/* Looks at all entries; the filter becomes exact again. */
static bool protect_small(struct x86_cpu *cpu, uintptr_t host)
{
    bool had = false;
    memset(cpu->mmu.written, 0, sizeof cpu->mmu.written);
    for (unsigned u = 0; u < 2; u++) {
        for (unsigned k = 0; k < X86_TLB_SIZE; k++) {
            struct x86_tlb_entry *e = &cpu->tlb[u][k];
            if (e->tag_w == X86_TLB_INVALID) {
                continue;
            }
            if (e->tag_w + e->addend == host) {
                e->tag_w = X86_TLB_INVALID;
                had = true;
            } else {
                written_note(cpu, e->tag_w + e->addend);
            }
        }
    }
    return had;
}

static bool slot_writes(struct x86_cpu *cpu, unsigned n, uintptr_t host)
{
    const struct x86_jit_slot *s = slot_listed(cpu, n);
    bool write = (size_t)(s - cpu->slot) / X86_JIT_SLOTS & 1;
    return write && host - (s->base + s->addend) < s->limit + X86_JIT_SLOT_WIDE;
}

bool x86_tlb_protect(struct x86_cpu *cpu, const uint8_t *page)
{
    uintptr_t host = (uintptr_t)page;
    uint64_t bit;
    bool had = (*written_word(cpu, host, &bit) & bit) && protect_small(cpu, host);
    for (unsigned k = 0; cpu->any_big && k < 2 * X86_BIG_SIZE; k++) {
        struct x86_tlb_entry *e = &cpu->big[k / X86_BIG_SIZE][k % X86_BIG_SIZE];
        if (e->tag_w != X86_TLB_INVALID && host - (e->tag_w + e->addend) < X86_BIG_SPAN) {
            e->tag_w = X86_TLB_INVALID;
            had = true;
        }
    }
    for (unsigned n = 0; !had && n < cpu->n_slots; n++) { /* an entry may have gone since */
        had = slot_writes(cpu, n, host);
    }
    for (unsigned n = 1; !had && n <= cpu->n_kept; n++) {
        had = slot_writes(cpu, SLOTS_ALL - n, host);
    }
    if (had) {
        x86_slots_prune(cpu);
    }
    return had;
}

static void slot_fill(struct x86_cpu *cpu, uint64_t lin, enum x86_access a, unsigned flags,
                      const struct x86_walk *w, struct ref *r)
{
    struct x86_mmu *m = &cpu->mmu;
    uint64_t page = lin & ~0xfffull;
    gpa_t gpage = w->gpa & ~0xfffull;
    bool user = flags & F_USER;
    unsigned index = (page >> 12) & (X86_TLB_SIZE - 1);
    bool data = !(r->care & (CARE_WATCH | CARE_ALIGN | CARE_UNINIT));
    bool write = data && (w->allowed >> X86_ACCESS_WRITE & 1) && w->dirty && m->sec_ram;
    if (write && x86_code_page(cpu, gpage)) {
        r->care |= CARE_CODE;
        write = false;
        m->stats.to_code += a == X86_ACCESS_WRITE;
    }
    if (UNLIKELY(m->sec_tracked)) {
        r->care |= CARE_DIRTY;
        write = write && a == X86_ACCESS_WRITE && dirty_open(cpu, gpage);
    }
    struct x86_tlb_entry *e = &cpu->tlb[user][index];
    cpu->jit.voided |= e->tag_w != page;
    e->tag_r = data && (w->allowed >> X86_ACCESS_READ & 1) ? page : X86_TLB_INVALID;
    e->tag_w = write ? page : X86_TLB_INVALID;
    e->tag_x = w->allowed >> X86_ACCESS_EXEC & 1 ? page : X86_TLB_INVALID;
    e->addend = (uintptr_t)r->host - lin;
    m->page[user][index] = gpage;
    m->upper_local |= !w->global && lin >> 63;
    uint8_t *kind = &m->slot[user][index];
    if (!w->global && !(*kind & X86_SLOT_LISTED)) {
        m->fill[user][m->n_fill[user]++] = (uint16_t)index;
        *kind = X86_SLOT_LISTED;
    }
    *kind = (uint8_t)((*kind & X86_SLOT_LISTED) | (w->global ? X86_SLOT_GLOBAL : 0) |
                      (w->shift > 12 ? X86_SLOT_LARGE : 0));
    if (write) {
        written_note(cpu, (uintptr_t)r->host - (lin & 0xfff));
    }
    if (w->shift > 12) {
        m->large_at |= gib_bit(lin);
        big_fill(cpu, lin, user, w, r);
    }
    if (!user && w->user_page && (cpu->st.cr4 & X86_CR4_SMAP)) {
        if (flags & F_IMPLICIT) {
            e->tag_r = e->tag_w = X86_TLB_INVALID;
        } else if (cpu->st.rflags & X86_FL_AC) {
            smap_note(cpu, index);
        }
    }
}

static _Noreturn void raise_noncanonical(struct x86_cpu *cpu)
{
    x86_because(cpu, "the address is not canonical");
    x86_raise_error(cpu, x86_debug_stack_operand(cpu) ? X86_EXC_SS : X86_EXC_GP, 0);
}

/* -d mmu and -strict. */
static void note_walk(struct x86_cpu *cpu, uint64_t lin, enum x86_access a, unsigned err,
                      const struct x86_walk *w)
{
    static const char kinds[] = "rwx";
    unsigned long long at = lin;
    if (log_enabled(LOG_MMU) && log_pc_wanted(cpu->st.rip)) {
        if (err) {
            log_raw("mmu: %c 0x%llx: #PF(0x%x)\n", kinds[a], at, err & ~X86_WALK_FAULT);
        } else {
            log_raw("mmu: %c 0x%llx -> 0x%llx, %s%s%s%s%s, page 2^%u\n", kinds[a], at,
                    (unsigned long long)w->gpa, w->allowed & 1 ? "r" : "",
                    w->allowed >> X86_ACCESS_WRITE & 1 ? "w" : "",
                    w->allowed >> X86_ACCESS_EXEC & 1 ? "x" : "", w->user_page ? " user" : "",
                    w->global ? " global" : "", w->shift);
        }
    }
    if (strict_enabled(STRICT_RESERVED) && err && (err & X86_PF_RSVD)) {
        strict_report(STRICT_RESERVED, lin, "an entry of the page tables for 0x%llx has reserved "
                      "bits set", at);
    }
    if (strict_enabled(STRICT_A20) && !err && !cpu->paging && (lin & ~cpu->a20_mask)) {
        strict_report(STRICT_A20, lin, "access to 0x%llx with A20 masked arrives at 0x%llx", at,
                      (unsigned long long)w->gpa);
    }
    /* With CR0.WP clear the supervisor writes everything: that says nothing about the page. */
    if (strict_enabled(STRICT_WX) && !err && a == X86_ACCESS_EXEC && cpu->paging &&
        (cpu->st.msr.efer & X86_EFER_NXE) && (w->allowed >> X86_ACCESS_WRITE & 1) &&
        (cpu->user || (cpu->st.cr0 & X86_CR0_WP))) {
        strict_report(STRICT_WX, lin >> 12, "code runs in the page at 0x%llx, which is writable "
                      "and executable", at & ~0xfffull);
    }
}

static void note_unwritten(struct x86_cpu *cpu, const struct ref *r, uint64_t lin, unsigned len)
{
    size_t at = strict_ram_unwritten(r->host, len);
    if (at < len) {
        strict_report(STRICT_UNINIT, cpu->st.rip, "read of %u bytes at 0x%llx: byte %u of RAM at "
                      "0x%llx was never written", len, (unsigned long long)lin, (unsigned)at,
                      (unsigned long long)r->gpa + at);
    }
}

/* Walks, checks, fills the TLB. Raises #PF. */
static struct ref resolve(struct x86_cpu *cpu, uint64_t lin, enum x86_access a, unsigned flags)
{
    struct x86_walk w;
    struct ref r = {NULL, 0, 0};
    cpu->mmu.stats.misses[!!(flags & F_USER)][a]++;
    if (UNLIKELY(cpu->long_mode && !x86_canonical(cpu, lin))) {
        raise_noncanonical(cpu);
    }
    unsigned err = x86_page_walk(cpu, lin, a, flags, &w);
    if (UNLIKELY((log_mask & LOG_MMU) | strict_mask)) {
        note_walk(cpu, lin, a, err, &w);
    }
    if (UNLIKELY(err)) {
        x86_raise_pf(cpu, lin, err & ~X86_WALK_FAULT);
    }
    r.gpa = w.gpa;
    r.care = page_care(cpu, lin & ~0xfffull, flags & F_USER,
                       (cpu->debug_kinds & X86_DBG_DATA) || cpu->watches.n);
    if (!x86_section(cpu, w.gpa) || !cpu->mmu.sec_host) {
        cpu->mmu.stats.io++;
        return r;
    }
    gpa_t in = w.gpa - cpu->mmu.sec_gpa, page_in = in & ~0xfffull;
    if (UNLIKELY((cpu->mmu.sec_gpa & 0xfff) || cpu->mmu.sec_size - page_in < 0x1000)) {
        return r; /* shares its page with something else: byte by byte through the bus */
    }
    if (a == X86_ACCESS_WRITE && !cpu->mmu.sec_ram) {
        return r; /* ROM */
    }
    r.host = cpu->mmu.sec_host + in;
    if (UNLIKELY(strict_ram.bits) &&
        strict_ram_unwritten(r.host - (r.gpa & 0xfff), 0x1000) < 0x1000) {
        r.care |= CARE_UNINIT;
    }
    slot_fill(cpu, lin, a, flags, &w, &r);
    return r;
}

uint8_t *x86_translate(struct x86_cpu *cpu, uint64_t lin, enum x86_access a, bool user, gpa_t *gpa)
{
    struct x86_tlb_entry *e = x86_tlb_slot(cpu, lin, user);
    uint64_t page = lin & ~0xfffull;
    uint64_t tag = a == X86_ACCESS_READ ? e->tag_r : a == X86_ACCESS_WRITE ? e->tag_w : e->tag_x;
    if (LIKELY(tag == page)) {
        *gpa = cpu->mmu.page[user][(lin >> 12) & (X86_TLB_SIZE - 1)] | (lin & 0xfff);
        return (uint8_t *)(uintptr_t)(lin + e->addend);
    }
    struct ref r = resolve(cpu, lin, a, user ? F_USER : 0);
    *gpa = r.gpa;
    if (a == X86_ACCESS_EXEC) {
        return r.host;
    }
    /* A tracked page that this write opened is fine from now on. */
    unsigned stop = CARE_WATCH | CARE_ALIGN | CARE_UNINIT;
    stop |= a == X86_ACCESS_WRITE ? CARE_CODE : 0;
    if (a == X86_ACCESS_WRITE && (r.care & CARE_DIRTY) && e->tag_w != page) {
        return NULL;
    }
    return r.care & stop ? NULL : r.host;
}

bool x86_walk_debug(struct x86_cpu *cpu, uint64_t lin, gpa_t *gpa)
{
    struct x86_walk w;
    if (cpu->long_mode && !x86_canonical(cpu, lin)) {
        return false;
    }
    if (x86_page_walk(cpu, lin, X86_ACCESS_READ, X86_WALK_DEBUG, &w)) {
        return false;
    }
    *gpa = w.gpa;
    return true;
}

const uint8_t *x86_fetch_page(struct x86_cpu *cpu, uint64_t lin, gpa_t *gpa)
{
    bool user = cpu->cpl == 3;
    struct x86_tlb_entry *e = x86_tlb_slot(cpu, lin, user);
    uint64_t page = lin & ~0xfffull;
    if (LIKELY(e->tag_x == page)) {
        *gpa = cpu->mmu.page[user][(lin >> 12) & (X86_TLB_SIZE - 1)];
        return (const uint8_t *)(uintptr_t)(page + e->addend);
    }
    if (cpu->long_mode && !x86_canonical(cpu, lin)) {
        x86_raise(x86_because(cpu, "RIP is not canonical"), X86_EXC_GP);
    }
    struct ref r = resolve(cpu, lin, X86_ACCESS_EXEC, user ? F_USER : 0);
    *gpa = r.gpa & ~0xfffull;
    return r.host ? r.host - (r.gpa & 0xfff) : NULL;
}

/* --- copying -------------------------------------------------------------------------------- */

/* Largest power of two that fits: MMIO and odd lengths go in naturally sized pieces. */
static unsigned piece(uint64_t addr, unsigned len)
{
    unsigned n = 8;
    while (n > len || (addr & (n - 1))) {
        n >>= 1;
    }
    return n;
}

GUEST_RACE(static) uint64_t host_load(const uint8_t *p, unsigned size)
{
    switch (size) {
    case 1: return *p;
    case 2: { uint16_t v; memcpy(&v, p, sizeof v); return v; }
    case 4: { uint32_t v; memcpy(&v, p, sizeof v); return v; }
    default: { uint64_t v; memcpy(&v, p, sizeof v); return v; }
    }
}

GUEST_RACE(static) void host_store(uint8_t *p, uint64_t v, unsigned size)
{
    switch (size) {
    case 1: *p = (uint8_t)v; break;
    case 2: memcpy(p, &(uint16_t){(uint16_t)v}, 2); break;
    case 4: memcpy(p, &(uint32_t){(uint32_t)v}, 4); break;
    default: memcpy(p, &v, 8); break;
    }
}

static void ref_read(struct x86_cpu *cpu, const struct ref *r, void *buf, unsigned len)
{
    if (LIKELY(r->host)) {
        guest_move(buf, r->host, len);
        return;
    }
    uint8_t *p = buf;
    gpa_t gpa = r->gpa;
    while (len) {
        unsigned n = piece(gpa, len);
        uint64_t v = cpu->bus.mmio_read ? cpu->bus.mmio_read(cpu->bus.opaque, gpa, n) : ~0ull;
        host_store(p, v, n);
        p += n;
        gpa += n;
        len -= n;
    }
}

/* After bytes of a page that needs care were stored. */
static void wrote(struct x86_cpu *cpu, const struct ref *r, unsigned len)
{
    if ((r->care & CARE_DIRTY) && x86_section(cpu, r->gpa) && cpu->mmu.sec_tracked) {
        mem_region_set_dirty(cpu->mmu.sec_region, cpu->mmu.sec_off + (r->gpa - cpu->mmu.sec_gpa),
                             len);
    }
    if (UNLIKELY(r->care & CARE_UNINIT)) {
        strict_ram_written(r->host, len);
    }
    /* Only pages that never get tag_w are known by CARE_CODE; the others may have become code
     * since. Whoever makes a page code without seeing this store is seen here: page_claim. */
    if (UNLIKELY(r->care)) {
        atomic_thread_fence(memory_order_seq_cst);
    }
    if (x86_code_page(cpu, r->gpa & ~0xfffull)) {
        x86_code_written(cpu, r->gpa, len);
    }
}

static void ref_write(struct x86_cpu *cpu, const struct ref *r, const void *buf, unsigned len)
{
    if (LIKELY(r->host)) {
        guest_move(r->host, buf, len);
        wrote(cpu, r, len);
        return;
    }
    const uint8_t *p = buf;
    gpa_t gpa = r->gpa;
    while (len && cpu->bus.mmio_write) {
        unsigned n = piece(gpa, len);
        cpu->bus.mmio_write(cpu->bus.opaque, gpa, host_load(p, n), n);
        p += n;
        gpa += n;
        len -= n;
    }
}

static uint64_t second_page(const struct x86_cpu *cpu, uint64_t lin)
{
    uint64_t next = (lin | 0xfff) + 1;
    return cpu->long_mode && cpu->code_mode == 8 ? next : (uint32_t)next;
}

/* SDM vol. 3, 6.15, table of alignment requirements by data type. */
static void check_align(struct x86_cpu *cpu, const struct ref *r, uint64_t lin, unsigned len)
{
    static const uint8_t mask[17] = {[2] = 1, [4] = 3, [8] = 7, [10] = 7, [16] = 7};
    if (UNLIKELY(r->care & CARE_ALIGN) && len <= 16 && (lin & mask[len])) {
        x86_raise(cpu, X86_EXC_AC);
    }
}

static void load_any(struct x86_cpu *cpu, uint64_t lin, void *buf, unsigned len, unsigned flags)
{
    unsigned first = 0x1000 - (unsigned)(lin & 0xfff);
    struct ref a = resolve(cpu, lin, X86_ACCESS_READ, flags);
    struct ref b = a;
    if (UNLIKELY(first < len)) {
        b = resolve(cpu, second_page(cpu, lin), X86_ACCESS_READ, flags);
    } else {
        first = len;
    }
    check_align(cpu, &a, lin, len);
    ref_read(cpu, &a, buf, first);
    if (first < len) {
        ref_read(cpu, &b, (uint8_t *)buf + first, len - first);
    }
    if (UNLIKELY(a.care & CARE_UNINIT)) {
        note_unwritten(cpu, &a, lin, first);
    }
    if (UNLIKELY(first < len && (b.care & CARE_UNINIT))) {
        note_unwritten(cpu, &b, lin + first, len - first);
    }
    if (UNLIKELY((a.care | b.care) & CARE_WATCH)) {
        x86_debug_check_data(cpu, lin, len, X86_ACCESS_READ);
    }
}

static void store_any(struct x86_cpu *cpu, uint64_t lin, const void *buf, unsigned len,
                      unsigned flags)
{
    unsigned first = 0x1000 - (unsigned)(lin & 0xfff);
    struct ref a = resolve(cpu, lin, X86_ACCESS_WRITE, flags);
    struct ref b = a;
    if (UNLIKELY(first < len)) {
        b = resolve(cpu, second_page(cpu, lin), X86_ACCESS_WRITE, flags);
    } else {
        first = len;
    }
    check_align(cpu, &a, lin, len);
    ref_write(cpu, &a, buf, first);
    if (first < len) {
        ref_write(cpu, &b, (const uint8_t *)buf + first, len - first);
    }
    if (UNLIKELY((a.care | b.care) & CARE_WATCH)) {
        x86_debug_check_data(cpu, lin, len, X86_ACCESS_WRITE);
    }
}

static uint64_t load_sized(struct x86_cpu *cpu, uint64_t lin, unsigned size, unsigned flags)
{
    uint64_t v = 0;
    if (LIKELY((lin & 0xfff) + size <= 0x1000)) {
        struct ref r = resolve(cpu, lin, X86_ACCESS_READ, flags);
        if (LIKELY(r.host && !(r.care & (CARE_WATCH | CARE_ALIGN | CARE_UNINIT)))) {
            return host_load(r.host, size);
        }
        if (!r.host && !r.care) {
            return cpu->bus.mmio_read ? cpu->bus.mmio_read(cpu->bus.opaque, r.gpa, size) : ~0ull;
        }
    }
    uint8_t raw[8];
    load_any(cpu, lin, raw, size, flags);
    memcpy(&v, raw, size);
    return v;
}

static void store_sized(struct x86_cpu *cpu, uint64_t lin, uint64_t v, unsigned size,
                        unsigned flags)
{
    if (LIKELY((lin & 0xfff) + size <= 0x1000)) {
        struct ref r = resolve(cpu, lin, X86_ACCESS_WRITE, flags);
        if (LIKELY(r.host && !(r.care & (CARE_WATCH | CARE_ALIGN | CARE_UNINIT)))) {
            host_store(r.host, v, size);
            wrote(cpu, &r, size);
            return;
        }
        if (!r.host && !r.care) {
            if (cpu->bus.mmio_write) {
                cpu->bus.mmio_write(cpu->bus.opaque, r.gpa, v, size);
            }
            return;
        }
    }
    store_any(cpu, lin, &v, size, flags);
}

uint64_t x86_load_slow(struct x86_cpu *cpu, uint64_t lin, unsigned size, bool user)
{
    return load_sized(cpu, lin, size, user ? F_USER : 0);
}

void x86_store_slow(struct x86_cpu *cpu, uint64_t lin, uint64_t v, unsigned size, bool user)
{
    store_sized(cpu, lin, v, size, user ? F_USER : 0);
}

/* Slots that SMAP left open for explicit accesses (AC = 1) do not count for implicit ones. */
uint64_t x86_sys_load(struct x86_cpu *cpu, uint64_t lin, unsigned size)
{
    const struct x86_tlb_entry *e = x86_tlb_slot(cpu, lin, false);
    if (LIKELY(e->tag_r == (lin & ~0xfffull) && (lin & 0xfff) + size <= 0x1000 &&
               !cpu->mmu.smap_open)) {
        return host_load((const uint8_t *)(uintptr_t)(lin + e->addend), size);
    }
    return load_sized(cpu, lin, size, F_IMPLICIT);
}

void x86_sys_store(struct x86_cpu *cpu, uint64_t lin, uint64_t v, unsigned size)
{
    const struct x86_tlb_entry *e = x86_tlb_slot(cpu, lin, false);
    if (LIKELY(e->tag_w == (lin & ~0xfffull) && (lin & 0xfff) + size <= 0x1000 &&
               !cpu->mmu.smap_open)) {
        host_store((uint8_t *)(uintptr_t)(lin + e->addend), v, size);
    } else {
        store_sized(cpu, lin, v, size, F_IMPLICIT);
    }
}

void x86_load_bytes(struct x86_cpu *cpu, uint64_t lin, void *buf, unsigned len, bool user)
{
    const struct x86_tlb_entry *e = x86_tlb_slot(cpu, lin, user);
    if (LIKELY(e->tag_r == (lin & ~0xfffull) && (lin & 0xfff) + len <= 0x1000)) {
        guest_move(buf, (const void *)(uintptr_t)(lin + e->addend), len);
    } else if (len) {
        load_any(cpu, lin, buf, len, user ? F_USER : 0);
    }
}

void x86_store_bytes(struct x86_cpu *cpu, uint64_t lin, const void *buf, unsigned len, bool user)
{
    const struct x86_tlb_entry *e = x86_tlb_slot(cpu, lin, user);
    if (LIKELY(e->tag_w == (lin & ~0xfffull) && (lin & 0xfff) + len <= 0x1000)) {
        guest_move((void *)(uintptr_t)(lin + e->addend), buf, len);
    } else if (len) {
        store_any(cpu, lin, buf, len, user ? F_USER : 0);
    }
}

void x86_probe_write(struct x86_cpu *cpu, uint64_t lin, unsigned len, bool user)
{
    unsigned first = 0x1000 - (unsigned)(lin & 0xfff);
    if (!len) {
        return;
    }
    struct ref r = {NULL, 0, 0};
    if (x86_tlb_slot(cpu, lin, user)->tag_w != (lin & ~0xfffull)) {
        r = resolve(cpu, lin, X86_ACCESS_WRITE, user ? F_USER : 0);
    }
    if (first < len) {
        uint64_t second = second_page(cpu, lin);
        if (x86_tlb_slot(cpu, second, user)->tag_w != second) {
            resolve(cpu, second, X86_ACCESS_WRITE, user ? F_USER : 0);
        }
    }
    check_align(cpu, &r, lin, len);
}

void *x86_rmw_ptr(struct x86_cpu *cpu, uint64_t lin, unsigned size, bool user)
{
    struct x86_tlb_entry *e = x86_tlb_slot(cpu, lin, user);
    bool one_page = (lin & 0xfff) + size <= 0x1000;
    cpu->mmu.rmw.host = NULL;
    if (LIKELY(e->tag_w == (lin & ~0xfffull) && one_page)) {
        return (void *)(uintptr_t)(lin + e->addend);
    }
    if (!one_page) {
        x86_probe_write(cpu, lin, size, user);
        return NULL;
    }
    struct ref r = resolve(cpu, lin, X86_ACCESS_WRITE, user ? F_USER : 0);
    check_align(cpu, &r, lin, size);
    if (!r.host) {
        return NULL;
    }
    if (UNLIKELY(r.care & CARE_UNINIT)) {
        note_unwritten(cpu, &r, lin, size);
    }
    if (UNLIKELY(r.care & CARE_WATCH)) {
        x86_debug_check_data(cpu, lin, size, X86_ACCESS_READ);
        x86_debug_check_data(cpu, lin, size, X86_ACCESS_WRITE);
    }
    cpu->mmu.rmw = (struct x86_rmw){r.host, r.gpa, r.care};
    return r.host;
}

void x86_rmw_done(struct x86_cpu *cpu, unsigned size)
{
    if (UNLIKELY(cpu->mmu.rmw.host)) {
        struct ref r = {cpu->mmu.rmw.host, cpu->mmu.rmw.gpa, cpu->mmu.rmw.care};
        cpu->mmu.rmw.host = NULL;
        wrote(cpu, &r, size);
    }
}
