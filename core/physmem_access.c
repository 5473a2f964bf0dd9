/* SPDX-License-Identifier: MIT */
/*
 * Accesses through the flat view: look-up, I/O splitting, bus masters, dirty pages.
 */
#include <string.h>

#include "core/guest_race.h"
#include "core/physmem_int.h"

#define DIRTY_PAGE_SHIFT 12

static inline const struct mem_section *search(const struct physmem_view *v, gpa_t gpa)
{
    /* The last section that begins at or below gpa. */
    const struct mem_section *base = v->sections;
    size_t n = v->n;
    if (n == 0) {
        return NULL;
    }
    while (n > 1) {
        size_t half = n / 2;
        base = base[half].gpa <= gpa ? base + half : base; /* becomes a conditional move */
        n -= half;
    }
    return gpa - base->gpa < base->size && gpa >= base->gpa ? base : NULL;
}

const struct mem_section *physmem_find(struct physmem *pm, gpa_t gpa)
{
    return search(atomic_load(&pm->view), gpa);
}

/* Between enter and leave no view is freed. */
static const struct physmem_view *enter(struct physmem *pm)
{
    atomic_fetch_add(&pm->users, 1);
    return atomic_load(&pm->view);
}

static void leave(struct physmem *pm)
{
    atomic_fetch_sub(&pm->users, 1);
}

bool physmem_lookup(struct physmem *pm, gpa_t gpa, struct mem_section *copy)
{
    const struct mem_section *s = search(enter(pm), gpa);
    if (s) {
        *copy = *s;
    }
    leave(pm);
    return s != NULL;
}

/* --- I/O ---------------------------------------------------------------------------------- */

static uint64_t ones(unsigned size)
{
    return size >= 8 ? ~0ull : (1ull << (size * 8)) - 1;
}

/* The largest naturally aligned piece that the region takes. */
static unsigned piece(const struct mem_region *r, uint64_t off, uint64_t left)
{
    unsigned size = r->max;
    while (size > 1 && ((off & (size - 1)) || size > left)) {
        size >>= 1;
    }
    return size;
}

static uint64_t io_read_piece(const struct mem_region *r, uint64_t off, unsigned size)
{
    if (!r->ops || !r->ops->read) {
        return ones(size);
    }
    if (size >= r->min) {
        return r->ops->read(r->opaque, off, size) & ones(size);
    }
    uint64_t start = off & ~(uint64_t)(r->min - 1);
    return r->ops->read(r->opaque, start, r->min) >> ((off - start) * 8) & ones(size);
}

static void io_write_piece(const struct mem_region *r, uint64_t off, uint64_t value, unsigned size)
{
    if (r->ops && r->ops->write) {
        r->ops->write(r->opaque, off, value & ones(size), size);
    }
}

/* How many of `left` bytes at gpa lie in s. */
static uint64_t within(const struct mem_section *s, gpa_t gpa, uint64_t left)
{
    uint64_t room = s->size - (gpa - s->gpa);
    return MIN(room, left);
}

static void told_written(struct physmem *pm, const struct mem_section *s, gpa_t gpa, uint64_t len)
{
    mem_region_set_dirty(s->region, s->region_off + (gpa - s->gpa), len);
    for (struct physmem_listener *l = pm->listeners; l; l = l->next) {
        if (l->ram_written) {
            l->ram_written(l->opaque, gpa, len);
        }
    }
}

uint64_t physmem_io_read(struct physmem *pm, gpa_t gpa, unsigned size)
{
    uint64_t value = 0;
    for (unsigned done = 0; done < size;) {
        struct mem_section s;
        gpa_t a = gpa + done;
        unsigned n = 1;
        uint64_t part = 0xff;
        if (physmem_lookup(pm, a, &s)) {
            uint64_t room = within(&s, a, size - done);
            if (s.kind == MEM_IO) {
                n = piece(s.region, s.region_off + (a - s.gpa), room);
                part = io_read_piece(s.region, s.region_off + (a - s.gpa), n);
            } else {
                part = s.host[a - s.gpa];
            }
        }
        value |= part << (done * 8);
        done += n;
    }
    return value;
}

void physmem_io_write(struct physmem *pm, gpa_t gpa, uint64_t value, unsigned size)
{
    for (unsigned done = 0; done < size;) {
        struct mem_section s;
        gpa_t a = gpa + done;
        unsigned n = 1;
        if (physmem_lookup(pm, a, &s)) {
            uint64_t room = within(&s, a, size - done);
            if (s.kind == MEM_RAM) {
                s.host[a - s.gpa] = (uint8_t)(value >> (done * 8));
                told_written(pm, &s, a, 1);
            } else {
                n = piece(s.region, s.region_off + (a - s.gpa), room);
                io_write_piece(s.region, s.region_off + (a - s.gpa), value >> (done * 8), n);
            }
        }
        done += n;
    }
}

/* --- bus masters -------------------------------------------------------------------------- */

/* Length of the hole at gpa, at most `left`. */
static uint64_t hole(struct physmem *pm, gpa_t gpa, uint64_t left)
{
    const struct physmem_view *v = enter(pm);
    for (size_t i = 0; i < v->n; i++) {
        if (v->sections[i].gpa > gpa) {
            left = MIN(left, v->sections[i].gpa - gpa);
            break;
        }
    }
    leave(pm);
    return left;
}

/* As much of [gpa, gpa+len) as lies in one section of RAM or ROM; 0 if gpa is something else. The
 * section and its region stay alive until leave. */
static uint64_t ram_read(struct physmem *pm, gpa_t gpa, void *to, uint64_t len)
{
    uint64_t n = 0;
    const struct mem_section *s = search(enter(pm), gpa);
    if (s && s->kind != MEM_IO) {
        n = within(s, gpa, len);
        guest_move(to, s->host + (gpa - s->gpa), n);
    }
    leave(pm);
    return n;
}

static uint64_t ram_write(struct physmem *pm, gpa_t gpa, const void *from, uint64_t len)
{
    uint64_t n = 0;
    const struct mem_section *s = search(enter(pm), gpa);
    if (s && s->kind == MEM_RAM) {
        n = within(s, gpa, len);
        guest_move(s->host + (gpa - s->gpa), from, n);
        told_written(pm, s, gpa, n);
    }
    leave(pm);
    return n;
}

bool dma_read(struct physmem *pm, gpa_t gpa, void *buf, uint64_t len)
{
    uint8_t *to = buf;
    bool whole = true;
    while (len > 0) {
        struct mem_section s;
        uint64_t n = ram_read(pm, gpa, to, len);
        if (n > 0) {
            /* done: RAM or ROM */
        } else if (!physmem_lookup(pm, gpa, &s)) {
            n = hole(pm, gpa, len);
            memset(to, 0xff, n);
            whole = false;
        } else {
            uint64_t off = s.region_off + (gpa - s.gpa);
            n = piece(s.region, off, within(&s, gpa, len));
            uint64_t v = io_read_piece(s.region, off, (unsigned)n);
            for (uint64_t i = 0; i < n; i++) {
                to[i] = (uint8_t)(v >> (i * 8));
            }
        }
        to += n;
        gpa += n;
        len -= n;
    }
    return whole;
}

bool dma_write(struct physmem *pm, gpa_t gpa, const void *buf, uint64_t len)
{
    const uint8_t *from = buf;
    bool whole = true;
    while (len > 0) {
        struct mem_section s;
        uint64_t n = ram_write(pm, gpa, from, len);
        if (n > 0) {
            /* done */
        } else if (!physmem_lookup(pm, gpa, &s)) {
            n = hole(pm, gpa, len);
            whole = false;
        } else {
            uint64_t off = s.region_off + (gpa - s.gpa), v = 0;
            n = piece(s.region, off, within(&s, gpa, len));
            for (uint64_t i = 0; i < n; i++) {
                v |= (uint64_t)from[i] << (i * 8);
            }
            io_write_piece(s.region, off, v, (unsigned)n);
        }
        from += n;
        gpa += n;
        len -= n;
    }
    return whole;
}

void *dma_map(struct physmem *pm, gpa_t gpa, uint64_t *len, bool for_write)
{
    struct mem_section s;
    if (!physmem_lookup(pm, gpa, &s) || s.kind == MEM_IO || (for_write && s.kind != MEM_RAM)) {
        *len = 0;
        return NULL;
    }
    *len = within(&s, gpa, *len);
    return s.host + (gpa - s.gpa);
}

void dma_unmap(struct physmem *pm, gpa_t gpa, void *host, uint64_t written)
{
    if (written == 0) {
        return;
    }
    const struct physmem_view *v = enter(pm);
    const struct mem_section *s = search(v, gpa);
    if (s && s->kind != MEM_IO && s->host + (gpa - s->gpa) == host &&
        within(s, gpa, written) == written) {
        told_written(pm, s, gpa, written);
        leave(pm);
        return;
    }
    /* The guest has moved the RAM meanwhile; the bytes went where it had been mapped: mark every
     * place that shows them now. */
    for (size_t i = 0; i < v->n; i++) {
        const struct mem_section *m = &v->sections[i];
        uint8_t *h = host;
        if (m->kind != MEM_IO && h >= m->host && h < m->host + m->size) {
            uint64_t at = (uint64_t)(h - m->host);
            told_written(pm, m, m->gpa + at, MIN(written, m->size - at));
        }
    }
    leave(pm);
}

/* --- dirty pages -------------------------------------------------------------------------- */

static size_t pages_of(const struct mem_region *r)
{
    return (size_t)((r->size + ((1u << DIRTY_PAGE_SHIFT) - 1)) >> DIRTY_PAGE_SHIFT);
}

void mem_region_track_dirty(struct mem_region *r, bool on)
{
    if (on && !r->dirty) {
        /* The map stays for the region's life: other threads may be setting bytes in it. */
        r->dirty = g_malloc(pages_of(r));
    }
    if (on && !atomic_load(&r->tracks_dirty)) {
        for (size_t i = 0; i < pages_of(r); i++) {
            atomic_store_explicit(&r->dirty[i], 1, memory_order_relaxed);
        }
    }
    atomic_store(&r->tracks_dirty, on);
}

bool mem_region_tracks_dirty(const struct mem_region *r)
{
    return atomic_load(&r->tracks_dirty);
}

/* The pages of [off, off+len), cut to the region. */
static bool page_range(const struct mem_region *r, uint64_t off, uint64_t len, size_t *first,
                       size_t *last)
{
    if (len == 0 || off >= r->size) {
        return false;
    }
    len = MIN(len, r->size - off);
    *first = (size_t)(off >> DIRTY_PAGE_SHIFT);
    *last = (size_t)((off + len - 1) >> DIRTY_PAGE_SHIFT);
    return true;
}

void mem_region_set_dirty(struct mem_region *r, uint64_t off, uint64_t len)
{
    size_t first, last;
    if (LIKELY(!atomic_load(&r->tracks_dirty)) || !page_range(r, off, len, &first, &last)) {
        return;
    }
    for (size_t p = first; p <= last; p++) {
        atomic_store_explicit(&r->dirty[p], 1, memory_order_release);
    }
}

static void rearm(struct mem_region *r, size_t first, size_t last)
{
    struct physmem *pm = r->pm;
    uint64_t start = (uint64_t)first << DIRTY_PAGE_SHIFT;
    uint64_t end = MIN((uint64_t)(last + 1) << DIRTY_PAGE_SHIFT, r->size);
    const struct physmem_view *v = enter(pm);
    for (size_t i = 0; i < v->n; i++) {
        const struct mem_section *s = &v->sections[i];
        if (s->region != r || s->region_off >= end || s->region_off + s->size <= start) {
            continue;
        }
        uint64_t from = MAX(start, s->region_off), to = MIN(end, s->region_off + s->size);
        for (struct physmem_listener *l = pm->listeners; l; l = l->next) {
            if (l->dirty_rearm) {
                l->dirty_rearm(l->opaque, s->gpa + (from - s->region_off), to - from);
            }
        }
    }
    leave(pm);
}

bool mem_region_test_clear_dirty(struct mem_region *r, uint64_t off, uint64_t len)
{
    size_t first, last;
    bool any = false;
    if (!atomic_load(&r->tracks_dirty)) {
        return true; /* nobody watches: everything may have changed */
    }
    if (!page_range(r, off, len, &first, &last)) {
        return false;
    }
    for (struct physmem_listener *l = r->pm->listeners; l; l = l->next) {
        if (l->dirty_sync) {
            l->dirty_sync(l->opaque);
        }
    }
    size_t run = 0; /* dirty pages in a row up to p: one call tells of them all */
    for (size_t p = first; p <= last; p++) {
        if (atomic_load_explicit(&r->dirty[p], memory_order_relaxed) &&
            atomic_exchange_explicit(&r->dirty[p], 0, memory_order_acq_rel)) {
            any = true;
            run++;
        } else if (run > 0) {
            rearm(r, p - run, p - 1);
            run = 0;
        }
    }
    if (run > 0) {
        rearm(r, last + 1 - run, last);
    }
    return any;
}
