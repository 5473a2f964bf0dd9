/* SPDX-License-Identifier: MIT */
/*
 * A disk in memory with errors on request. Requests wait until the test runs them, so that a test
 * decides what a device does meanwhile. Implements backend/block/block.h.
 */
#ifndef TESTS_FAKE_BLOCK_H
#define TESTS_FAKE_BLOCK_H

#include <glib.h>

#include "backend/block/block.h"

enum fake_block_op { FAKE_READ, FAKE_WRITE, FAKE_FLUSH };

struct block_req {
    struct block *block;
    enum fake_block_op op;
    uint64_t sector;
    unsigned count;
    void *buf;
    block_done_fn *done;
    void *opaque;
};

struct block {
    uint8_t *data;
    uint64_t sectors;
    bool read_only;
    GQueue pending;          /* struct block_req, oldest first */
    unsigned reads, writes, flushes; /* completed without error */
    uint64_t last_sector;    /* of the request issued last */
    unsigned last_count;
    /* Errors: the request number fail_at (0 = the next one), and those after it while fail_count
     * lasts, get fail_errno (EIO, ENOSPC). Or: every request that touches bad_sector. */
    int fail_errno;
    unsigned fail_at, fail_count;
    uint64_t bad_sector;     /* UINT64_MAX: none */
};

struct block *fake_block_new(uint64_t sectors);
void fake_block_free(struct block *b);
void fake_block_fail(struct block *b, int err, unsigned at, unsigned count);
/* Completes requests, oldest first, including those that completions issue; at most `max`.
 * Returns how many. */
unsigned fake_block_run(struct block *b, unsigned max);
#define fake_block_run_all(b) fake_block_run((b), 100000)
unsigned fake_block_pending(const struct block *b);

#endif
