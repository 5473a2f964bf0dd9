/* SPDX-License-Identifier: MIT */
/*
 * Inside of the block back end: images are stacked layers, each a synchronous table of functions
 * that worker threads call. A layer owns the one below it.
 */
#ifndef BACKEND_BLOCK_INT_H
#define BACKEND_BLOCK_INT_H

#include "backend/block/block.h"

struct layer;

struct layer_ops {
    /* Several threads at once. off and len are whole sectors within the image. 0 or -errno. */
    int (*read)(struct layer *l, void *buf, size_t len, uint64_t off);
    int (*write)(struct layer *l, const void *buf, size_t len, uint64_t off);
    int (*flush)(struct layer *l);
    void (*close)(struct layer *l);
};

/* Every layer's struct begins with this. */
struct layer {
    const struct layer_ops *ops;
    struct layer *below; /* or NULL */
    uint64_t size;       /* bytes, whole sectors */
    bool read_only;
};

void layer_close(struct layer *l); /* and those below */

struct layer *raw_open(const char *path, const struct block_opts *o, GError **err);
/* A temporary overlay on l, which it owns. */
struct layer *overlay_new(struct layer *l);
/* Takes l in any case. rules: name of a file. */
struct layer *blkdebug_new(struct layer *l, const char *rules, GError **err);

/* The format that `fd` looks like ("qcow2"), or NULL for none that we know. what: a few words for
 * a person. */
const char *format_sniff(int fd, const char **what);
/* Is `format` usable? The error says what to do. */
bool format_check(const char *path, const char *format, GError **err);

#endif
