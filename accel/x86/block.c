/* SPDX-License-Identifier: MIT */
/*
 * The cache of decoded blocks and the code map (block.h).
 */
#include "accel/x86/block.h"

#include <string.h>

#include "accel/x86/disas.h"
#include "accel/x86/exclusive.h"
#include "core/log.h"
#include "core/physmem.h"

#define HASH_BITS     17
#define HASH_SIZE     (1u << HASH_BITS)
#define PAGES_BITS    12
#define PAGES_SIZE    (1u << PAGES_BITS)
#define ARENA_DEFAULT ((size_t)128 << 20)
#define PAGE_MASK     0xfffull
#define CLAIM_STEP    128u /* bytes marked as code ahead of decoding */

/* The code map is a radix tree over the low 40 bits of physical addresses; RAM above is executed
 * without a cache. Nodes are never freed before the map. */
#define LEAF_BITS    9
#define LEAF_SIZE    (1u << LEAF_BITS)
#define MAP_GPA_BITS 40

struct map_page {
    _Atomic uint32_t users; /* processors with blocks here */
    _Atomic uint64_t mask;  /* 64-byte pieces with code: a superset while there are users */
    uint64_t generation;    /* of the map when it got its first user */
};

struct map_leaf {
    _Atomic uint32_t pages; /* with users */
    struct map_page page[LEAF_SIZE];
};

struct map_mid {
    struct map_leaf *_Atomic leaf[LEAF_SIZE];
};

struct x86_code_map {
    GMutex lock;       /* users and mask going up or down, processors, their pending lists */
    GPtrArray *caches; /* struct x86_block_cache */
    uint64_t generation; /* pages that became code so far */
    size_t cache_size;
    struct x86_world world; /* its lock is outside of `lock` */
    bool private_map; /* made by and freed with its only processor */
    struct map_mid *_Atomic top[1u << (MAP_GPA_BITS - 12 - 2 * LEAF_BITS)];
};

struct x86_code_map *x86_code_map_new(size_t cache_size)
{
    struct x86_code_map *m = g_new0(struct x86_code_map, 1);
    m->cache_size = cache_size ? MAX(cache_size, X86_CODE_MIN) : ARENA_DEFAULT;
    g_mutex_init(&m->lock);
    m->caches = g_ptr_array_new();
    x86_world_init(&m->world);
    return m;
}

void x86_code_map_free(struct x86_code_map *m)
{
    if (!m) {
        return;
    }
    for (size_t t = 0; t < ARRAY_LEN(m->top); t++) {
        struct map_mid *mid = m->top[t];
        for (size_t l = 0; mid && l < LEAF_SIZE; l++) {
            g_free(mid->leaf[l]);
        }
        g_free(mid);
    }
    g_ptr_array_free(m->caches, TRUE);
    g_mutex_clear(&m->lock);
    x86_world_clear(&m->world);
    g_free(m);
}

static struct map_page *map_find(struct x86_code_map *m, gpa_t gpa)
{
    if (gpa >> MAP_GPA_BITS) {
        return NULL;
    }
    uint64_t page = gpa >> 12;
    struct map_mid *mid = m->top[page >> (2 * LEAF_BITS)];
    struct map_leaf *leaf = mid ? mid->leaf[page >> LEAF_BITS & (LEAF_SIZE - 1)] : NULL;
    return leaf ? &leaf->page[page & (LEAF_SIZE - 1)] : NULL;
}

static struct map_leaf *map_leaf(struct x86_code_map *m, gpa_t gpa)
{
    uint64_t page = gpa >> 12;
    struct map_mid *mid = gpa >> MAP_GPA_BITS ? NULL : m->top[page >> (2 * LEAF_BITS)];
    return mid ? mid->leaf[page >> LEAF_BITS & (LEAF_SIZE - 1)] : NULL;
}

/* Lock held. */
static struct map_page *map_get(struct x86_code_map *m, gpa_t gpa)
{
    uint64_t page = gpa >> 12;
    struct map_mid *_Atomic *mid = &m->top[page >> (2 * LEAF_BITS)];
    if (!*mid) {
        *mid = g_new0(struct map_mid, 1);
    }
    struct map_leaf *_Atomic *leaf = &(*mid)->leaf[page >> LEAF_BITS & (LEAF_SIZE - 1)];
    if (!*leaf) {
        *leaf = g_new0(struct map_leaf, 1);
    }
    return &(*leaf)->page[page & (LEAF_SIZE - 1)];
}

/* Bits of the 64-byte pieces that [off, off + len) of a page touches. len > 0, off + len <= 4096.
 * */
static uint64_t piece_mask(unsigned off, unsigned len)
{
    unsigned first = off >> 6, last = (off + len - 1) >> 6;
    return (~0ull << first) & (~0ull >> (63 - last));
}

static void forget_jumps(struct x86_block_cache *c)
{
    for (size_t k = 0; k < ARRAY_LEN(c->jump); k++) {
        c->jump[k] = &c->none;
    }
}

void x86_code_map_attach(struct x86_code_map *m, struct x86_cpu *cpu)
{
    if (!m) {
        m = x86_code_map_new(0);
        m->private_map = true;
    }
    struct x86_block_cache *c = g_new0(struct x86_block_cache, 1);
    c->cpu = cpu;
    c->parked = true;
    c->arena_size = m->cache_size;
    c->arena = g_malloc(c->arena_size);
    c->hash = g_new0(struct x86_block *, HASH_SIZE);
    c->pages = g_new0(struct x86_code_page *, PAGES_SIZE);
    cpu->blocks = c;
    cpu->code_map = m;
    forget_jumps(c);
    g_mutex_lock(&m->lock);
    g_ptr_array_add(m->caches, c);
    g_mutex_unlock(&m->lock);
}

void x86_code_map_detach(struct x86_cpu *cpu)
{
    struct x86_block_cache *c = cpu->blocks;
    struct x86_code_map *m = cpu->code_map;
    if (!c) {
        return;
    }
    x86_block_flush(c);
    g_mutex_lock(&m->lock);
    g_ptr_array_remove(m->caches, c);
    g_mutex_unlock(&m->lock);
    if (m->private_map) {
        x86_code_map_free(m);
    }
    cpu->blocks = NULL;
    cpu->code_map = NULL;
    g_free(c->arena);
    g_free(c->hash);
    g_free(c->pages);
    g_free(c->dbg_break);
    g_free(c);
}

/* --- blocks and pages of one processor ------------------------------------------------------- */

static unsigned block_hash(gpa_t gpa)
{
    return (unsigned)((gpa * 0x9e3779b97f4a7c15ull) >> (64 - HASH_BITS));
}

static struct x86_code_page **page_slot(struct x86_block_cache *c, gpa_t page)
{
    struct x86_code_page **p = &c->pages[(page >> 12) & (PAGES_SIZE - 1)];
    while (*p && (*p)->gpa != page) {
        p = &(*p)->next;
    }
    return p;
}

static int page_index(const struct x86_block *b, gpa_t page)
{
    return b->gpa2 == page ? 1 : 0;
}

void x86_block_leave(struct x86_cpu *cpu)
{
    cpu->blocks->stop_in_block = true;
    longjmp(cpu->jmp, 1);
}

/* Entered when a block whose bytes were just written reaches its next instruction. */
static void exec_dropped(struct x86_cpu *cpu, const struct x86_insn *i)
{
    (void)i;
    x86_block_leave(cpu);
}

static void page_unlink(struct x86_block_cache *c, struct x86_block *b, gpa_t page)
{
    struct x86_code_page *p = *page_slot(c, page);
    if (!p) {
        return;
    }
    for (struct x86_block **l = &p->blocks; *l; l = &(*l)->page_next[page_index(*l, page)]) {
        if (*l == b) {
            *l = b->page_next[page_index(b, page)];
            return;
        }
    }
}

static void block_drop(struct x86_block_cache *c, struct x86_block *b, enum x86_drop why)
{
    struct x86_block **h = &c->hash[block_hash(b->gpa)];
    while (*h && *h != b) {
        h = &(*h)->hash_next;
    }
    if (*h) {
        *h = b->hash_next;
    }
    page_unlink(c, b, b->gpa & ~PAGE_MASK);
    if (b->gpa2 != X86_NO_PAGE) {
        page_unlink(c, b, b->gpa2);
    }
    b->key = 0;
    for (unsigned k = 0; k < b->n; k++) {
        b->insns[k].exec = exec_dropped;
    }
    if (c->jit_ops) {
        c->jit_ops->dropped(c, b);
    }
    c->stats.dropped[why]++;
}

/* Does the block have bytes in [off, off + len) of the page? */
static bool block_overlaps(const struct x86_block *b, gpa_t page, unsigned off, unsigned len)
{
    unsigned start = b->gpa & PAGE_MASK, end = start + b->len;
    if (b->gpa2 == page) {
        start = 0;
        end -= 4096;
    } else if (end > 4096) {
        end = 4096;
    }
    return start < off + len && off < end;
}

/* The processor has no more blocks in the page. Lock held. */
static void page_release(struct x86_code_map *m, gpa_t page)
{
    struct map_page *mp = map_find(m, page);
    if (mp && --mp->users == 0) {
        mp->mask = 0;
        map_leaf(m, page)->pages--;
    }
}

static void drop_blocks(struct x86_block_cache *c, struct x86_code_page *p, unsigned off,
                        unsigned len, enum x86_drop why)
{
    for (struct x86_block *b = p->blocks, *next; b; b = next) {
        next = b->page_next[page_index(b, p->gpa)];
        if (block_overlaps(b, p->gpa, off, len)) {
            block_drop(c, b, why);
        }
    }
}

/* Drops the blocks that overlap; a page without blocks may be written fast again. */
static void drop_range(struct x86_block_cache *c, gpa_t page, unsigned off, unsigned len,
                       enum x86_drop why)
{
    struct x86_code_page **slot = page_slot(c, page), *p = *slot;
    if (!p) {
        return;
    }
    drop_blocks(c, p, off, len, why);
    if (!p->blocks) {
        *slot = p->next;
        g_free(p);
        c->n_pages--;
        g_mutex_lock(&c->cpu->code_map->lock);
        page_release(c->cpu->code_map, page);
        g_mutex_unlock(&c->cpu->code_map->lock);
    }
}

void x86_block_flush(struct x86_block_cache *c)
{
    struct x86_code_map *m = c->cpu->code_map;
    g_mutex_lock(&m->lock);
    for (unsigned s = 0; s < PAGES_SIZE; s++) {
        for (struct x86_code_page *p = c->pages[s], *next; p; p = next) {
            next = p->next;
            page_release(m, p->gpa);
            g_free(p);
        }
        c->pages[s] = NULL;
    }
    g_mutex_unlock(&m->lock);
    c->n_pages = 0;
    memset(c->hash, 0, HASH_SIZE * sizeof c->hash[0]);
    forget_jumps(c);
    c->arena_used = 0;
    c->cur = NULL;
    if (c->jit_ops) {
        c->jit_ops->flushed(c);
    }
    c->stats.flushes++;
}

void x86_block_each(struct x86_block_cache *c, void (*f)(struct x86_block *b))
{
    for (unsigned k = 0; k < HASH_SIZE; k++) {
        for (struct x86_block *b = c->hash[k]; b; b = b->hash_next) {
            f(b);
        }
    }
}

void x86_block_stop(struct x86_block_cache *c)
{
    if (c && c->cur && c->cur->key) {
        block_drop(c, c->cur, X86_DROP_DEBUG);
    }
}

void x86_block_drop_offset(struct x86_block_cache *c, unsigned off)
{
    for (unsigned k = 0; k < HASH_SIZE; k++) {
        for (struct x86_block *b = c->hash[k], *next; b; b = next) {
            next = b->hash_next;
            if (((off - b->gpa) & PAGE_MASK) < b->len) {
                block_drop(c, b, X86_DROP_DEBUG);
            }
        }
    }
}

/* --- writes to code --------------------------------------------------------------------------- */

bool x86_code_page(const struct x86_cpu *cpu, gpa_t gpa)
{
    const struct map_page *mp = cpu->code_map ? map_find(cpu->code_map, gpa) : NULL;
    return mp && mp->users != 0;
}

bool x86_code_chunk(const struct x86_cpu *cpu, gpa_t gpa)
{
    _Static_assert(X86_BIG_SPAN == (uint64_t)LEAF_SIZE << 12, "a leaf is a large page");
    const struct map_leaf *leaf = cpu->code_map ? map_leaf(cpu->code_map, gpa) : NULL;
    return leaf && leaf->pages != 0;
}

/* Lock held. len PENDING_NEW: the page became code elsewhere, drop write tags. */
#define PENDING_NEW 0

static void post(struct x86_block_cache *c, gpa_t gpa, uint64_t len)
{
    if (len == PENDING_NEW && c->parked) {
        c->pending_parked = true;
    } else if (c->n_pending < X86_PENDING_MAX) {
        c->pending[c->n_pending++] = (struct x86_code_range){ gpa, len };
    } else if (len == PENDING_NEW) {
        c->pending_lost = true;
    } else {
        c->pending_all = true;
    }
    atomic_fetch_or(&c->cpu->requests, X86_REQ_CODE_FLUSH);
}

static bool map_hit(struct x86_code_map *m, gpa_t gpa, unsigned len)
{
    struct map_page *mp = map_find(m, gpa);
    return mp && mp->users != 0 && (mp->mask & piece_mask(gpa & PAGE_MASK, len));
}

static void written(struct x86_code_map *m, struct x86_block_cache *self, gpa_t gpa, uint64_t len)
{
    while (len) {
        unsigned off = gpa & PAGE_MASK;
        unsigned chunk = len < 4096 - off ? (unsigned)len : 4096 - off;
        if (UNLIKELY(map_hit(m, gpa, chunk))) {
            g_mutex_lock(&m->lock);
            for (unsigned k = 0; k < m->caches->len; k++) {
                struct x86_block_cache *c = m->caches->pdata[k];
                if (c != self) {
                    post(c, gpa, chunk);
                }
            }
            g_mutex_unlock(&m->lock);
            if (self) {
                drop_range(self, gpa & ~PAGE_MASK, off, chunk, X86_DROP_WRITTEN);
            }
        }
        gpa += chunk;
        len -= chunk;
    }
}

void x86_code_written(struct x86_cpu *cpu, gpa_t gpa, unsigned len)
{
    if (cpu->code_map && len) {
        written(cpu->code_map, cpu->blocks, gpa, len);
    }
}

void x86_code_map_written(struct x86_code_map *m, gpa_t gpa, uint64_t len)
{
    atomic_thread_fence(memory_order_seq_cst); /* between the bytes and the map: page_claim */
    written(m, NULL, gpa, len);
}

void x86_code_map_moved(struct x86_code_map *m)
{
    g_mutex_lock(&m->lock);
    for (unsigned k = 0; k < m->caches->len; k++) {
        struct x86_block_cache *c = m->caches->pdata[k];
        c->pending_view = true;
        atomic_fetch_or(&c->cpu->requests, X86_REQ_TLB_FLUSH | X86_REQ_CODE_FLUSH);
    }
    g_mutex_unlock(&m->lock);
}

static void flush_moved(struct x86_block_cache *c)
{
    for (unsigned s = 0; s < PAGES_SIZE; s++) {
        for (struct x86_code_page *p = c->pages[s], *next; p; p = next) {
            next = p->next;
            struct mem_section ms;
            if (!physmem_lookup(c->cpu->pm, p->gpa, &ms) || !ms.host ||
                ms.host + (p->gpa - ms.gpa) != p->host) {
                drop_range(c, p->gpa, 0, 4096, X86_DROP_MOVED);
            }
        }
    }
}

/* The page now holds code elsewhere. A store through a tag that was still there when the other
 * processor decoded it went unseen: if there was one, all others decode again. */
static void page_became_code(struct x86_block_cache *c, gpa_t page)
{
    struct mem_section ms;
    if (physmem_lookup(c->cpu->pm, page, &ms) && ms.host &&
        x86_tlb_protect(c->cpu, ms.host + (page - ms.gpa))) {
        struct x86_code_map *m = c->cpu->code_map;
        g_mutex_lock(&m->lock);
        for (unsigned k = 0; k < m->caches->len; k++) {
            if (m->caches->pdata[k] != c) {
                post(m->caches->pdata[k], page, 4096);
            }
        }
        g_mutex_unlock(&m->lock);
    }
}

/* New code pages went by unnoticed: this processor may have written to them, so all others decode
 * again. */
static void tell_others_all(struct x86_block_cache *c)
{
    struct x86_code_map *m = c->cpu->code_map;
    g_mutex_lock(&m->lock);
    for (unsigned k = 0; k < m->caches->len; k++) {
        struct x86_block_cache *o = m->caches->pdata[k];
        if (o != c) {
            o->pending_all = true;
            atomic_fetch_or(&o->cpu->requests, X86_REQ_CODE_FLUSH);
        }
    }
    g_mutex_unlock(&m->lock);
}

void x86_block_pending(struct x86_block_cache *c)
{
    struct x86_code_map *m = c->cpu->code_map;
    struct x86_code_range list[X86_PENDING_MAX];
    g_mutex_lock(&m->lock);
    unsigned n = c->n_pending;
    bool all = c->pending_all, view = c->pending_view;
    bool lost = c->pending_lost, parked = c->pending_parked;
    uint64_t generation = m->generation;
    memcpy(list, c->pending, n * sizeof list[0]);
    c->n_pending = 0;
    c->pending_all = c->pending_view = c->pending_lost = c->pending_parked = false;
    g_mutex_unlock(&m->lock);
    if (lost || parked) {
        x86_tlb_flush(c->cpu, true);
    }
    if (lost) {
        tell_others_all(c);
    }
    for (unsigned k = 0; k < n; k++) {
        if (list[k].len == PENDING_NEW) {
            page_became_code(c, list[k].gpa);
        } else {
            drop_range(c, list[k].gpa & ~PAGE_MASK, list[k].gpa & PAGE_MASK, (unsigned)list[k].len,
                       X86_DROP_ELSEWHERE);
        }
    }
    if (all) {
        x86_block_flush(c);
    } else if (view) {
        flush_moved(c);
    }
    g_mutex_lock(&m->lock); /* last: what went by unseen has been told by now */
    c->acked = generation;
    g_mutex_unlock(&m->lock);
}

/* Up to which generation all other processors know of new code pages. One that does not run will
 * hear of them before it writes. Lock held. */
static uint64_t known_to_all(const struct x86_code_map *m, const struct x86_block_cache *self)
{
    uint64_t least = m->generation;
    for (unsigned k = 0; k < m->caches->len; k++) {
        const struct x86_block_cache *c = m->caches->pdata[k];
        if (c != self && !c->parked && c->acked < least) {
            least = c->acked;
        }
    }
    return least;
}

/* Until all others know that a page is code, one may write to it unseen, say so in a variable and
 * then be believed by this processor, if it serializes (SDM vol. 3, 9.1.3): until then what was
 * decoded is decoded again behind each instruction that may serialize. The page stays claimed. */
void x86_block_settle(struct x86_block_cache *c)
{
    struct x86_code_map *m = c->cpu->code_map;
    g_mutex_lock(&m->lock);
    uint64_t known = known_to_all(m, c);
    g_mutex_unlock(&m->lock);
    bool all = c->n_unsure > X86_UNSURE_MAX;
    unsigned n = all ? PAGES_SIZE : c->n_unsure, left = 0;
    for (unsigned k = 0; k < n; k++) {
        struct x86_code_page *p = all ? c->pages[k] : *page_slot(c, c->unsure[k]);
        for (; p; p = all ? p->next : NULL) {
            if (p->generation <= known) {
                continue;
            }
            drop_blocks(c, p, 0, 4096, X86_DROP_SETTLE);
            if (left < X86_UNSURE_MAX) {
                c->unsure[left] = p->gpa;
            }
            left++;
        }
    }
    c->n_unsure = MIN(left, X86_UNSURE_MAX + 1);
}

static void note_unsure(struct x86_block_cache *c, gpa_t page)
{
    if (c->n_unsure < X86_UNSURE_MAX) {
        c->unsure[c->n_unsure] = page;
    }
    c->n_unsure = MIN(c->n_unsure + 1, X86_UNSURE_MAX + 1);
}

void x86_block_park(struct x86_block_cache *c, bool parked)
{
    struct x86_code_map *m = c->cpu->code_map;
    if (c->parked == parked) {
        return;
    }
    x86_world_run(&m->world, !parked);
    g_mutex_lock(&m->lock);
    c->parked = parked;
    g_mutex_unlock(&m->lock);
}

struct x86_world *x86_code_map_world(struct x86_code_map *m)
{
    return &m->world;
}

void x86_code_map_request(struct x86_code_map *m, const struct x86_cpu *but, unsigned request)
{
    g_mutex_lock(&m->lock);
    for (unsigned k = 0; k < m->caches->len; k++) {
        struct x86_block_cache *c = m->caches->pdata[k];
        if (c->cpu != but) {
            atomic_fetch_or(&c->cpu->requests, request);
        }
    }
    g_mutex_unlock(&m->lock);
}

/* --- decoding --------------------------------------------------------------------------------- */

static void *arena_alloc(struct x86_block_cache *c, size_t size)
{
    void *p = c->arena + c->arena_used;
    c->arena_used += size;
    return p;
}

/* Registers the page before its bytes are read, so that no store from here on is missed. */
static void page_claim(struct x86_block_cache *c, gpa_t page, const uint8_t *host, uint64_t mask)
{
    struct x86_code_map *m = c->cpu->code_map;
    struct x86_code_page **slot = page_slot(c, page);
    bool mine = *slot != NULL, first = false;
    g_mutex_lock(&m->lock);
    struct map_page *mp = map_get(m, page);
    if (!mine) {
        first = mp->users++ == 0;
    }
    if (first) {
        map_leaf(m, page)->pages++;
        if (c->acked == m->generation++) {
            c->acked = m->generation; /* nothing new to itself */
        }
        mp->generation = m->generation;
    }
    mp->mask |= mask;
    for (unsigned k = 0; first && k < m->caches->len; k++) {
        if (m->caches->pdata[k] != c) {
            post(m->caches->pdata[k], page, PENDING_NEW);
        }
    }
    uint64_t generation = mp->generation;
    bool unsure = !mine && generation > known_to_all(m, c);
    g_mutex_unlock(&m->lock);
    if (unsure) {
        note_unsure(c, page);
    }
    if (!mine) {
        struct x86_code_page *p = g_new0(struct x86_code_page, 1);
        p->gpa = page;
        p->host = host;
        p->generation = generation;
        *slot = p;
        c->n_pages++;
        x86_tlb_protect(c->cpu, host);
    }
}

static void page_link(struct x86_block_cache *c, struct x86_block *b, gpa_t page)
{
    struct x86_code_page *p = *page_slot(c, page);
    unsigned k = (unsigned)page_index(b, page);
    b->page_next[k] = p->blocks;
    p->blocks = b;
}

/* After this instruction the block ends. */
/* System instructions behind which everything goes on as before, or, after CLI, with less to look
 * at. */
static bool harmless(const struct x86_insn *i)
{
    switch (i->op) {
    case X86_OP_RDTSC:
    case X86_OP_RDTSCP:
    case X86_OP_PUSHF:
    case X86_OP_CLI: return true;
    case X86_OP_MOV_SEG: return i->opnd[1].kind == X86_OPND_SEG;
    default: return false;
    }
}

static bool ends_block(const struct x86_insn *i, struct x86_block *b)
{
    if (harmless(i)) {
        return false;
    }
    switch (i->cls) {
    case X86_CLS_SYSTEM:
    case X86_CLS_INVALID: b->flags |= X86_BLOCK_SYSTEM; return true;
    case X86_CLS_STRING:
        if (i->op == X86_OP_INS || i->op == X86_OP_OUTS) {
            b->flags |= X86_BLOCK_SYSTEM;
            return true;
        }
        return (i->prefixes & (X86_PFX_REP | X86_PFX_REPNE)) != 0;
    case X86_CLS_BRANCH: return true;
    default: return i->op == X86_OP_PAUSE;
    }
}

/* May a debugger's breakpoint be at this offset of a page? Which page is looked up at entry. */
static bool break_at(const struct x86_block_cache *c, uint64_t off)
{
    for (size_t k = 0; k < c->dbg_breaks; k++) {
        if (((c->dbg_break[k] ^ off) & PAGE_MASK) == 0) {
            return true;
        }
    }
    return false;
}

/* -d in_asm: once when it is decoded, which for hot code is often before it is translated. */
static void log_block(struct x86_cpu *cpu, const struct x86_block *b)
{
    uint64_t rip = cpu->st.rip, base = b->mode == 8 ? 0 : cpu->st.seg[X86_CS].base;
    if (!log_pc_wanted(base + rip)) {
        return;
    }
    char text[160];
    log_raw("----------------\nIN: %04x:%016llx, physical %llx\n", cpu->st.seg[X86_CS].sel,
            (unsigned long long)rip, (unsigned long long)b->gpa);
    uint8_t bytes[X86_INSN_MAX];
    gpa_t gpa = b->gpa;
    for (unsigned k = 0; k < b->n; k++) {
        unsigned len = b->insns[k].len;
        if (b->gpa2 != X86_NO_PAGE || !dma_read(cpu->pm, gpa, bytes, len)) {
            log_raw("0x%08llx: (over two pages)\n", (unsigned long long)rip);
            break;
        }
        x86_disas(text, sizeof text, bytes, len, rip, b->mode);
        log_raw("0x%08llx:  %s\n", (unsigned long long)rip, text);
        rip += len;
        gpa += len;
    }
}

static struct x86_block *block_finish(struct x86_block_cache *c, struct x86_block *b, gpa_t gpa,
                                      gpa_t gpa2)
{
    b->gpa = gpa;
    b->gpa2 = gpa2;
    arena_alloc(c, sizeof *b + b->n * sizeof b->insns[0]);
    struct x86_block **h = &c->hash[block_hash(gpa)];
    b->hash_next = *h;
    *h = b;
    page_link(c, b, gpa & ~PAGE_MASK);
    if (gpa2 != X86_NO_PAGE) {
        page_link(c, b, gpa2);
    }
    c->stats.built++;
    c->stats.built_insns += b->n;
    if (log_enabled(LOG_IN_ASM) &&
        (b->max_insns != 1 || log_enabled(LOG_EXEC | LOG_CPU))) {
        log_block(c->cpu, b);
    }
    return b;
}

/* An instruction whose bytes lie on two pages. */
static struct x86_block *build_crossing(struct x86_block_cache *c, struct x86_block *b,
                                        uint64_t lin, gpa_t gpa, const uint8_t *host)
{
    struct x86_cpu *cpu = c->cpu;
    unsigned off = gpa & PAGE_MASK, avail = 4096 - off;
    gpa_t gpa2;
    const uint8_t *host2 = x86_fetch_page(cpu, x86_next_page(cpu, lin), &gpa2);
    if (!host2 || gpa2 >> MAP_GPA_BITS) {
        return NULL;
    }
    page_claim(c, gpa & ~PAGE_MASK, host, piece_mask(off, avail));
    page_claim(c, gpa2, host2, piece_mask(0, X86_INSN_MAX));
    uint8_t bytes[X86_INSN_MAX + 1];
    guest_move(bytes, host + off, avail);
    guest_move(bytes + avail, host2, X86_INSN_MAX - avail);
    struct x86_insn *i = &b->insns[0];
    enum x86_decode_result r = x86_decode(i, bytes, X86_INSN_MAX, cpu->code_mode);
    x86_bind_cpu(cpu, i, r);
    b->n = 1;
    b->len = i->len;
    ends_block(i, b);
    return block_finish(c, b, gpa, gpa2);
}

static struct x86_block *block_build(struct x86_block_cache *c, uint64_t lin, gpa_t gpa,
                                     const uint8_t *host, unsigned max_insns)
{
    struct x86_cpu *cpu = c->cpu;
    size_t room = sizeof(struct x86_block) + X86_BLOCK_INSNS * sizeof(struct x86_insn);
    if (c->arena_used + room > c->arena_size || c->n_pages > 4 * PAGES_SIZE) {
        c->stats.full++;
        x86_block_flush(c);
    }
    struct x86_block *b = (void *)(c->arena + c->arena_used);
    memset(b, 0, sizeof *b);
    b->link[0] = b->link[1] = &c->none;
    b->mode = cpu->code_mode;
    b->max_insns = (uint8_t)max_insns;
    b->flags = break_at(c, gpa) ? X86_BLOCK_BREAK : 0;
    unsigned off = gpa & PAGE_MASK;
    unsigned pos = off, claimed = off;
    while (b->n < max_insns && pos < 4096) {
        if (claimed < 4096 && pos + X86_INSN_MAX > claimed) {
            unsigned len = MIN(4096 - claimed, CLAIM_STEP);
            page_claim(c, gpa & ~PAGE_MASK, host, piece_mask(claimed, len));
            claimed += len;
        }
        struct x86_insn *i = &b->insns[b->n];
        uint8_t bytes[X86_INSN_MAX + 1]; /* a copy: they may change while they are decoded */
        unsigned avail = MIN(4096 - pos, X86_INSN_MAX);
        guest_move(bytes, host + pos, avail);
        enum x86_decode_result r = x86_decode(i, bytes, avail, cpu->code_mode);
        if (r == X86_DECODE_SHORT) {
            if (b->n == 0) {
                return build_crossing(c, b, lin, gpa, host);
            }
            break;
        }
        if (b->n && (r != X86_DECODE_OK || break_at(c, pos))) {
            break;
        }
        x86_bind_cpu(cpu, i, r);
        b->n++;
        pos += i->len;
        if (ends_block(i, b)) {
            break;
        }
    }
    b->len = (uint16_t)(pos - off);
    return block_finish(c, b, gpa, X86_NO_PAGE);
}

static bool tail_matches(struct x86_cpu *cpu, const struct x86_block *b, uint64_t lin)
{
    gpa_t gpa2;
    if (b->gpa2 == X86_NO_PAGE) {
        return true;
    }
    return x86_fetch_page(cpu, x86_next_page(cpu, lin), &gpa2) && gpa2 == b->gpa2;
}

struct x86_block *x86_block_find(struct x86_block_cache *c, uint64_t lin, unsigned max_insns)
{
    struct x86_cpu *cpu = c->cpu;
    gpa_t gpa;
    const uint8_t *host = x86_fetch_page(cpu, lin, &gpa);
    if (!host || gpa >> MAP_GPA_BITS) {
        return NULL;
    }
    gpa |= lin & PAGE_MASK;
    c->stats.lookups++;
    for (struct x86_block *b = c->hash[block_hash(gpa)]; b; b = b->hash_next) {
        if (b->gpa == gpa && b->mode == cpu->code_mode && b->max_insns == max_insns &&
            tail_matches(cpu, b, lin)) {
            return b;
        }
    }
    return block_build(c, lin, gpa, host, max_insns);
}

struct x86_block *x86_block_peek(struct x86_block_cache *c, gpa_t gpa, unsigned mode)
{
    struct x86_block *b = c->hash[block_hash(gpa)];
    while (b && !(b->gpa == gpa && b->mode == mode && b->max_insns == X86_BLOCK_INSNS)) {
        b = b->hash_next;
    }
    return b;
}
