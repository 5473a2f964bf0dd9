/* SPDX-License-Identifier: MIT */
/*
 * Block back ends: images as arrays of 512-byte sectors. Asynchronous: a request runs on a worker
 * thread, its completion in the main loop with the machine lock held. Requests of one block do not
 * order among themselves; block_flush completes after all writes completed before it was issued
 * are on stable storage (fdatasync).
 */
#ifndef BACKEND_BLOCK_H
#define BACKEND_BLOCK_H

#include <glib.h>

#include "core/types.h"

#define SECTOR_SIZE 512

struct block;
struct loop;
struct block_req;

struct block_opts {
    const char *format;  /* "raw"; NULL = raw with a warning when the image looks like another */
    bool read_only;
    bool snapshot;       /* writes go to a temporary overlay that is thrown away */
    bool allow_odd_size; /* a tail shorter than a sector reads as zeros (floppy, CD images) */
    bool auto_read_only; /* no permission to write: open read-only instead (floppies) */
};

/* Opens an image. Errors name the file and what to do. "blkdebug:RULES:FILE" opens FILE with the
 * errors that RULES asks for (see blkdebug.c). loop NULL: completions run in block_drain only. */
struct block *block_open(const char *path, const struct block_opts *o, struct loop *loop,
                         GError **err);
void block_close(struct block *b); /* waits for running requests, flushes */
uint64_t block_sectors(const struct block *b);
bool block_read_only(const struct block *b);
const char *block_path(const struct block *b);

/* What it was asked so far. Time is from the request to its completion. Machine lock held. */
enum block_op { BLOCK_READ, BLOCK_WRITE, BLOCK_FLUSH, BLOCK_OPS };
struct block_stats {
    struct {
        uint64_t done, failed, bytes, ns;
    } op[BLOCK_OPS];
    uint64_t highest; /* byte behind the last one that was written */
};
struct block_stats block_stats(const struct block *b);

typedef void block_done_fn(void *opaque, int ret); /* 0 or -errno */
/* The buffer stays the caller's and must live until done; it is never guest RAM mapped elsewhere
 * than through dma_map. Out-of-range is -EINVAL, delivered through done like every other error.
 * Returns a handle for block_cancel, valid until done ran. */
struct block_req *block_read(struct block *b, uint64_t sector, unsigned count, void *buf,
                             block_done_fn *done, void *opaque);
struct block_req *block_write(struct block *b, uint64_t sector, unsigned count, const void *buf,
                              block_done_fn *done, void *opaque);
struct block_req *block_flush(struct block *b, block_done_fn *done, void *opaque);
/* done will not run any more, the buffer may be freed when this returns (waits for the worker). */
void block_cancel(struct block_req *r);
/* Wait for all requests in flight (their completions run here). Machine lock held. */
void block_drain(struct block *b);

/* A drive is what -drive makes: a block (or an empty slot) with how the machine attaches it. */
enum drive_if {
    DRIVE_IF_NONE,
    DRIVE_IF_IDE,
    DRIVE_IF_FLOPPY,
    DRIVE_IF_VIRTIO,
    DRIVE_IF_PFLASH,
    DRIVE_IF_SCSI,
    DRIVE_IF_SD
};
enum drive_media { DRIVE_DISK, DRIVE_CDROM };
struct drive {
    char *id;
    enum drive_if iface;
    enum drive_media media;
    int index;           /* bus * per-bus + unit; -1 = next free */
    struct block *block; /* NULL: no medium */
    char *serial;        /* or NULL */
    bool attached;       /* a device took it */
    int boot_rank;       /* -device bootindex= plus 1; 0: none */
    char boot_path[48];  /* then: where SeaBIOS finds it (Open Firmware's path) */
    unsigned werror_stop; /* reserved: 0 = report to the guest */
};

#endif
