/* SPDX-License-Identifier: MIT */
/*
 * The guest-physical address space: regions, the flat view made of them, and who may still look at
 * an old view. Accesses through the view are in physmem_access.c.
 *
 * A view is immutable. A change builds the next view, stores the pointer and retires the old one
 * together with removed regions. What is retired is freed by a later change, when no thread is
 * between the load of the pointer and its last use of the view (they count themselves in `users`),
 * and at the earliest KEEP_VIEWS changes later, for vCPUs may still hold a region's pointer until
 * they have flushed what they cache.
 */
#include <stdlib.h>
#include <string.h>

#include "core/physmem_int.h"

#define KEEP_VIEWS 64
#define MAX_ALIASES 8 /* of aliases; deeper chains show nothing */

struct retired {
    uint64_t epoch;
    struct physmem_view *view;
    struct mem_region *region; /* or a removed region */
};

/* --- retirement --------------------------------------------------------------------------- */

static void view_free(struct physmem_view *v)
{
    g_free(v);
}

static void region_free(struct mem_region *r)
{
    g_free(r->dirty);
    g_free(r->name);
    g_free(r);
}

static void reclaim(struct physmem *pm)
{
    /* Sequentially consistent, as are the store of the view and the loads of the users: who counts
     * itself after this test finds the new view. */
    if (atomic_load(&pm->users) != 0) {
        return; /* the next change tries again */
    }
    uint64_t safe = pm->epoch > KEEP_VIEWS ? pm->epoch - KEEP_VIEWS : 0;
    guint n = 0;
    for (; n < pm->retired->len; n++) {
        struct retired *t = &g_array_index(pm->retired, struct retired, n);
        if (t->epoch > safe) {
            break;
        }
        if (t->view) {
            view_free(t->view);
        } else {
            region_free(t->region);
        }
    }
    if (n > 0) {
        g_array_remove_range(pm->retired, 0, n);
    }
}

static void retire(struct physmem *pm, struct physmem_view *view, struct mem_region *region)
{
    struct retired t = { .epoch = pm->epoch, .view = view, .region = region };
    g_array_append_val(pm->retired, t);
}

size_t physmem_retired(const struct physmem *pm)
{
    return pm->retired->len;
}

/* --- building a view ---------------------------------------------------------------------- */

/* A region as it stands in the map: aliases are replaced by what they show. */
struct shown {
    gpa_t first, last; /* inclusive, so that 2^64 needs no special case */
    uint64_t off;      /* of `first` in the target */
    enum mem_kind kind;
    struct mem_region *target;
};

static bool resolve(struct mem_region *r, struct shown *s)
{
    if (!r->enabled || r->size == 0) {
        return false;
    }
    uint64_t off = 0, size = r->size;
    struct mem_region *t = r;
    for (int depth = 0; t->alias_of; depth++) {
        if (depth == MAX_ALIASES || add_overflow_u64(off, t->alias_off, &off) ||
            off >= t->alias_of->size) {
            return false;
        }
        t = t->alias_of;
        size = MIN(size, t->size - off);
    }
    if (add_overflow_u64(r->gpa, size - 1, &s->last)) {
        s->last = UINT64_MAX;
    }
    s->first = r->gpa;
    s->off = off;
    s->target = t;
    s->kind = r->kind_set && t->kind != MEM_IO ? r->kind : t->kind;
    return true;
}

/* Highest priority first; of equal ones the latest. */
static gint by_rank(gconstpointer a, gconstpointer b)
{
    const struct mem_region *x = *(struct mem_region *const *)a;
    const struct mem_region *y = *(struct mem_region *const *)b;
    if (x->priority != y->priority) {
        return x->priority > y->priority ? -1 : 1;
    }
    return x->seq > y->seq ? -1 : 1;
}

static int by_value(const void *a, const void *b)
{
    gpa_t x = *(const gpa_t *)a, y = *(const gpa_t *)b;
    return x < y ? -1 : x > y;
}

static void append(struct physmem_view *v, const struct shown *s, gpa_t first, gpa_t last)
{
    uint64_t off = s->off + (first - s->first);
    struct mem_region *r = s->target;
    struct mem_section *prev = v->n ? &v->sections[v->n - 1] : NULL;
    if (prev && prev->region == r && prev->kind == s->kind &&
        prev->gpa + prev->size == first && prev->region_off + prev->size == off) {
        prev->size += last - first + 1;
        return;
    }
    v->sections[v->n++] = (struct mem_section){
        .gpa = first,
        .size = last - first + 1,
        .kind = s->kind,
        .host = s->kind == MEM_IO ? NULL : r->host + off,
        .region_off = off,
        .region = r,
    };
}

static struct physmem_view *build(struct physmem *pm)
{
    guint n = pm->regions->len, shown_n = 0, edges_n = 0;
    struct shown *shown = g_new(struct shown, n + 1);
    gpa_t *edges = g_new(gpa_t, 2 * (size_t)n + 1);
    g_ptr_array_sort(pm->regions, by_rank);
    for (guint i = 0; i < n; i++) {
        struct shown *s = &shown[shown_n];
        if (resolve(g_ptr_array_index(pm->regions, i), s)) {
            shown_n++;
            edges[edges_n++] = s->first;
            if (s->last != UINT64_MAX) {
                edges[edges_n++] = s->last + 1;
            }
        }
    }
    if (edges_n > 0) {
        qsort(edges, edges_n, sizeof *edges, by_value);
    }
    struct physmem_view *v =
        g_malloc(sizeof *v + ((size_t)edges_n + 1) * sizeof(struct mem_section));
    v->n = 0;
    for (guint e = 0; e < edges_n; e++) {
        gpa_t first = edges[e], last = e + 1 < edges_n ? edges[e + 1] - 1 : UINT64_MAX;
        if (e + 1 < edges_n && edges[e + 1] == first) {
            continue;
        }
        for (guint i = 0; i < shown_n; i++) {
            if (first >= shown[i].first && first <= shown[i].last) {
                append(v, &shown[i], first, last);
                break;
            }
        }
    }
    g_free(edges);
    g_free(shown);
    return v;
}

static bool same_view(const struct physmem_view *a, const struct physmem_view *b)
{
    if (a->n != b->n) {
        return false;
    }
    for (size_t i = 0; i < a->n; i++) {
        const struct mem_section *x = &a->sections[i], *y = &b->sections[i];
        if (x->gpa != y->gpa || x->size != y->size || x->kind != y->kind || x->host != y->host ||
            x->region != y->region || x->region_off != y->region_off) {
            return false;
        }
    }
    return true;
}

static void changed(struct physmem *pm)
{
    if (pm->depth > 0) {
        pm->stale = true;
        return;
    }
    pm->stale = false;
    struct physmem_view *next = build(pm);
    struct physmem_view *old = atomic_load(&pm->view);
    if (same_view(old, next)) {
        view_free(next); /* a BAR written with what it held: no reason to flush any TLB */
        return;
    }
    atomic_store(&pm->view, next);
    pm->epoch++;
    retire(pm, old, NULL);
    for (struct physmem_listener *l = pm->listeners; l; l = l->next) {
        if (l->view_changed) {
            l->view_changed(l->opaque, next->sections, next->n);
        }
    }
    reclaim(pm);
}

void physmem_begin(struct physmem *pm)
{
    pm->depth++;
}

void physmem_commit(struct physmem *pm)
{
    if (--pm->depth == 0 && pm->stale) {
        changed(pm);
    }
}

/* --- regions ------------------------------------------------------------------------------ */

struct physmem *physmem_new(void)
{
    struct physmem *pm = g_new0(struct physmem, 1);
    pm->regions = g_ptr_array_new();
    pm->retired = g_array_new(FALSE, FALSE, sizeof(struct retired));
    atomic_init(&pm->view, g_new0(struct physmem_view, 1));
    atomic_init(&pm->a20, true);
    pm->epoch = 1;
    return pm;
}

void physmem_free(struct physmem *pm)
{
    if (!pm) {
        return;
    }
    for (guint i = 0; i < pm->retired->len; i++) {
        struct retired *t = &g_array_index(pm->retired, struct retired, i);
        if (t->view) {
            view_free(t->view);
        } else {
            region_free(t->region);
        }
    }
    for (guint i = 0; i < pm->regions->len; i++) {
        region_free(g_ptr_array_index(pm->regions, i));
    }
    view_free(atomic_load(&pm->view));
    g_ptr_array_free(pm->regions, TRUE);
    g_array_free(pm->retired, TRUE);
    g_free(pm);
}

static struct mem_region *region_add(struct physmem *pm, const char *name, enum mem_kind kind,
                                     gpa_t gpa, uint64_t size, int priority)
{
    struct mem_region *r = g_new0(struct mem_region, 1);
    r->pm = pm;
    r->name = g_strdup(name);
    r->kind = kind;
    r->gpa = gpa;
    r->size = size;
    r->priority = priority;
    r->enabled = true;
    r->min = 1;
    r->max = 4;
    r->seq = pm->next_seq++;
    g_ptr_array_add(pm->regions, r);
    return r;
}

struct mem_region *physmem_add_ram(struct physmem *pm, const char *name, gpa_t gpa, uint64_t size,
                                   uint8_t *host, int priority)
{
    struct mem_region *r = region_add(pm, name, MEM_RAM, gpa, size, priority);
    r->host = host;
    changed(pm);
    return r;
}

static void set_ops(struct mem_region *r, const struct mem_ops *ops, void *opaque)
{
    r->ops = ops;
    r->opaque = opaque;
    r->min = ops && ops->min_size ? ops->min_size : 1;
    r->max = ops && ops->max_size ? ops->max_size : 4;
    r->max = MAX(r->max, r->min);
}

struct mem_region *physmem_add_rom(struct physmem *pm, const char *name, gpa_t gpa, uint64_t size,
                                   uint8_t *host, int priority, const struct mem_ops *write_ops,
                                   void *opaque)
{
    struct mem_region *r = region_add(pm, name, MEM_ROM, gpa, size, priority);
    r->host = host;
    set_ops(r, write_ops, opaque);
    changed(pm);
    return r;
}

struct mem_region *physmem_add_io(struct physmem *pm, const char *name, gpa_t gpa, uint64_t size,
                                  const struct mem_ops *ops, void *opaque, int priority)
{
    struct mem_region *r = region_add(pm, name, MEM_IO, gpa, size, priority);
    set_ops(r, ops, opaque);
    changed(pm);
    return r;
}

struct mem_region *physmem_add_alias(struct physmem *pm, const char *name, gpa_t gpa,
                                     uint64_t size, struct mem_region *target, uint64_t off,
                                     int priority)
{
    struct mem_region *r = region_add(pm, name, target->kind, gpa, size, priority);
    r->alias_of = target;
    r->alias_off = off;
    changed(pm);
    return r;
}

void physmem_remove(struct physmem *pm, struct mem_region *r)
{
    if (!r) {
        return;
    }
    physmem_begin(pm);
    /* What shows the removed one shows nothing any more; its owner removes it in its own time. */
    for (guint i = 0; i < pm->regions->len; i++) {
        struct mem_region *other = g_ptr_array_index(pm->regions, i);
        if (other->alias_of == r) {
            other->alias_of = NULL;
            other->size = 0;
        }
    }
    g_ptr_array_remove(pm->regions, r);
    pm->stale = true;
    physmem_commit(pm);
    /* Counts as a change even where no view showed it, so that its turn to be freed comes. */
    pm->epoch++;
    retire(pm, NULL, r);
    reclaim(pm);
}

void mem_region_set_enabled(struct mem_region *r, bool enabled)
{
    if (r->enabled != enabled) {
        r->enabled = enabled;
        changed(r->pm);
    }
}

void mem_region_set_gpa(struct mem_region *r, gpa_t gpa)
{
    if (r->gpa != gpa) {
        r->gpa = gpa;
        if (r->enabled) {
            changed(r->pm);
        }
    }
}

void mem_region_set_kind(struct mem_region *r, enum mem_kind kind)
{
    if (r->kind != kind || !r->kind_set) {
        r->kind = kind;
        r->kind_set = true;
        changed(r->pm);
    }
}

bool mem_region_io_sizes(const struct mem_region *r, unsigned *min, unsigned *max)
{
    *min = r->min;
    *max = r->max;
    return r->ops != NULL;
}

const char *mem_region_name(const struct mem_region *r)
{
    return r->name;
}

gpa_t mem_region_gpa(const struct mem_region *r)
{
    return r->gpa;
}

uint64_t mem_region_size(const struct mem_region *r)
{
    return r->size;
}

uint8_t *mem_region_host(const struct mem_region *r)
{
    return r->host;
}

/* --- A20, listeners ----------------------------------------------------------------------- */

void physmem_set_a20(struct physmem *pm, bool open)
{
    if (atomic_load(&pm->a20) == open) {
        return;
    }
    atomic_store(&pm->a20, open);
    for (struct physmem_listener *l = pm->listeners; l; l = l->next) {
        if (l->a20_changed) {
            l->a20_changed(l->opaque, open);
        }
    }
}

bool physmem_a20(const struct physmem *pm)
{
    return atomic_load_explicit(&pm->a20, memory_order_relaxed);
}

void physmem_add_listener(struct physmem *pm, struct physmem_listener *l)
{
    struct physmem_listener **end = &pm->listeners;
    while (*end) {
        end = &(*end)->next;
    }
    l->next = NULL;
    *end = l;
    if (l->view_changed) {
        struct physmem_view *v = atomic_load(&pm->view);
        l->view_changed(l->opaque, v->sections, v->n);
    }
}

void physmem_remove_listener(struct physmem *pm, struct physmem_listener *l)
{
    for (struct physmem_listener **p = &pm->listeners; *p; p = &(*p)->next) {
        if (*p == l) {
            *p = l->next;
            return;
        }
    }
}

void physmem_foreach(struct physmem *pm, void (*fn)(void *arg, const struct mem_region_info *r),
                     void *arg)
{
    for (guint i = 0; i < pm->regions->len; i++) {
        const struct mem_region *r = g_ptr_array_index(pm->regions, i);
        const struct mem_region_info info = {
            .name = r->name,
            .alias_of = r->alias_of ? r->alias_of->name : NULL,
            .kind = r->alias_of && !r->kind_set ? r->alias_of->kind : r->kind,
            .gpa = r->gpa,
            .size = r->size,
            .alias_off = r->alias_off,
            .priority = r->priority,
            .enabled = r->enabled,
        };
        fn(arg, &info);
    }
}
