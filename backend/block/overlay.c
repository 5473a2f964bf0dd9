/* SPDX-License-Identifier: MIT */
/*
 * -snapshot: writes go to an unlinked temporary file, at the same offsets (it is sparse); a bitmap
 * says which sectors live there. Bitmap pieces appear as they are needed, so that a large disk
 * costs nothing until it is written to.
 */
#include <errno.h>

#include "backend/block/block_int.h"
#include "os/os.h"

#define PIECE_SECTORS 65536u /* 32 MiB of disk for 8 KiB of bitmap */

struct overlay {
    struct layer layer;
    GMutex lock; /* the file's creation and the bitmap */
    int fd;      /* -1 until the first write */
    uint64_t **pieces;
    size_t n;
};

/* Lock held. */
static bool is_new(const struct overlay *v, uint64_t sector)
{
    const uint64_t *piece = v->pieces[sector / PIECE_SECTORS];
    uint64_t bit = sector % PIECE_SECTORS;
    return piece && (piece[bit / 64] >> (bit % 64) & 1);
}

/* Lock held. */
static void mark_new(struct overlay *v, uint64_t sector)
{
    uint64_t **piece = &v->pieces[sector / PIECE_SECTORS], bit = sector % PIECE_SECTORS;
    if (!*piece) {
        *piece = g_new0(uint64_t, PIECE_SECTORS / 64);
    }
    (*piece)[bit / 64] |= 1ull << (bit % 64);
}

static int overlay_read(struct layer *l, void *buf, size_t len, uint64_t off)
{
    struct overlay *v = CONTAINER_OF(l, struct overlay, layer);
    uint8_t *to = buf;
    uint64_t sector = off / SECTOR_SIZE, end = sector + len / SECTOR_SIZE;
    while (sector < end) {
        /* A run of sectors that live in the same file. */
        g_mutex_lock(&v->lock);
        bool here = is_new(v, sector);
        uint64_t run = 1;
        while (sector + run < end && is_new(v, sector + run) == here) {
            run++;
        }
        g_mutex_unlock(&v->lock);
        size_t n = (size_t)run * SECTOR_SIZE;
        int r;
        if (here) {
            r = os_pread(v->fd, to, n, sector * SECTOR_SIZE);
            r = r < 0 ? r : (size_t)r < n ? -EIO : 0;
        } else {
            r = l->below->ops->read(l->below, to, n, sector * SECTOR_SIZE);
        }
        if (r < 0) {
            return r;
        }
        to += n;
        sector += run;
    }
    return 0;
}

static int overlay_write(struct layer *l, const void *buf, size_t len, uint64_t off)
{
    struct overlay *v = CONTAINER_OF(l, struct overlay, layer);
    g_mutex_lock(&v->lock);
    if (v->fd < 0) {
        v->fd = os_temp_file();
    }
    int fd = v->fd;
    g_mutex_unlock(&v->lock);
    int r = fd < 0 ? fd : os_pwrite(fd, buf, len, off);
    if (r < 0) {
        return r;
    }
    g_mutex_lock(&v->lock);
    for (uint64_t s = off / SECTOR_SIZE; s < (off + len) / SECTOR_SIZE; s++) {
        mark_new(v, s);
    }
    g_mutex_unlock(&v->lock);
    return 0;
}

static int overlay_flush(struct layer *l)
{
    (void)l; /* it does not outlive the process */
    return 0;
}

static void overlay_close(struct layer *l)
{
    struct overlay *v = CONTAINER_OF(l, struct overlay, layer);
    for (size_t i = 0; i < v->n; i++) {
        g_free(v->pieces[i]);
    }
    g_free(v->pieces);
    os_close(v->fd);
    g_mutex_clear(&v->lock);
    g_free(v);
}

static const struct layer_ops overlay_ops = {
    .read = overlay_read,
    .write = overlay_write,
    .flush = overlay_flush,
    .close = overlay_close,
};

struct layer *overlay_new(struct layer *l)
{
    struct overlay *v = g_new0(struct overlay, 1);
    v->layer = (struct layer){ .ops = &overlay_ops, .below = l, .size = l->size };
    v->fd = -1;
    v->n = (size_t)((l->size / SECTOR_SIZE + PIECE_SECTORS - 1) / PIECE_SECTORS);
    v->pieces = g_new0(uint64_t *, v->n);
    g_mutex_init(&v->lock);
    return &v->layer;
}
