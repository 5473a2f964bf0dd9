/* SPDX-License-Identifier: MIT */
/*
 * Inside of physmem: shared by physmem.c (regions and views) and physmem_access.c. Nobody else
 * includes this.
 */
#ifndef CORE_PHYSMEM_INT_H
#define CORE_PHYSMEM_INT_H

#include <stdatomic.h>

#include <glib.h>

#include "core/physmem.h"

struct physmem_view {
    size_t n;
    struct mem_section sections[];
};

struct mem_region {
    struct physmem *pm;
    char *name;
    enum mem_kind kind;
    bool kind_set; /* by mem_region_set_kind: an alias then differs from its target */
    gpa_t gpa;
    uint64_t size;
    uint8_t *host;
    const struct mem_ops *ops;
    void *opaque;
    uint8_t min, max; /* of ops, defaults filled in */
    int priority;
    bool enabled;
    uint64_t seq;
    struct mem_region *alias_of;
    uint64_t alias_off;
    _Atomic uint8_t *dirty; /* one byte a page */
    atomic_bool tracks_dirty;
};

struct physmem {
    struct physmem_view *_Atomic view;
    _Atomic unsigned users; /* threads that look at a view now */
    atomic_bool a20;
    GPtrArray *regions; /* struct mem_region */
    GArray *retired;    /* oldest first */
    struct physmem_listener *listeners;
    uint64_t epoch;     /* counts changes */
    uint64_t next_seq;
    unsigned depth; /* of begin/commit */
    bool stale;
};

#endif
