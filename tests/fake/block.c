/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <string.h>

#include "tests/fake/block.h"

struct block *fake_block_new(uint64_t sectors)
{
    struct block *b = g_new0(struct block, 1);
    b->sectors = sectors;
    b->data = g_malloc0(sectors * SECTOR_SIZE + 1);
    b->bad_sector = UINT64_MAX;
    g_queue_init(&b->pending);
    return b;
}

void fake_block_free(struct block *b)
{
    g_queue_clear_full(&b->pending, g_free);
    g_free(b->data);
    g_free(b);
}

void fake_block_fail(struct block *b, int err, unsigned at, unsigned count)
{
    b->fail_errno = err;
    b->fail_at = at;
    b->fail_count = count;
}

static int error_of(struct block *b, const struct block_req *r)
{
    if (b->fail_count > 0) {
        if (b->fail_at == 0) {
            b->fail_count--;
            return -b->fail_errno;
        }
        b->fail_at--;
    }
    if (r->op != FAKE_FLUSH) {
        if (r->sector > b->sectors || r->count > b->sectors - r->sector) {
            return -EINVAL;
        }
        if (b->bad_sector >= r->sector && b->bad_sector - r->sector < r->count) {
            return -EIO;
        }
    }
    return r->op == FAKE_WRITE && b->read_only ? -EROFS : 0;
}

static void complete(struct block *b, struct block_req *r)
{
    int err = error_of(b, r);
    size_t len = (size_t)r->count * SECTOR_SIZE;
    if (err == 0 && r->op == FAKE_READ) {
        memcpy(r->buf, b->data + r->sector * SECTOR_SIZE, len);
        b->reads++;
    } else if (err == 0 && r->op == FAKE_WRITE) {
        memcpy(b->data + r->sector * SECTOR_SIZE, r->buf, len);
        b->writes++;
    } else if (err == 0) {
        b->flushes++;
    }
    r->done(r->opaque, err);
    g_free(r);
}

unsigned fake_block_run(struct block *b, unsigned max)
{
    unsigned n = 0;
    for (; n < max; n++) {
        struct block_req *r = g_queue_pop_head(&b->pending);
        if (!r) {
            break;
        }
        complete(b, r);
    }
    return n;
}

unsigned fake_block_pending(const struct block *b)
{
    return b->pending.length;
}

static struct block_req *issue(struct block *b, enum fake_block_op op, uint64_t sector,
                               unsigned count, void *buf, block_done_fn *done, void *opaque)
{
    struct block_req *r = g_new0(struct block_req, 1);
    *r = (struct block_req){ b, op, sector, count, buf, done, opaque };
    g_queue_push_tail(&b->pending, r);
    if (op != FAKE_FLUSH) {
        b->last_sector = sector;
        b->last_count = count;
    }
    return r;
}

struct block_req *block_read(struct block *b, uint64_t sector, unsigned count, void *buf,
                             block_done_fn *done, void *opaque)
{
    return issue(b, FAKE_READ, sector, count, buf, done, opaque);
}

struct block_req *block_write(struct block *b, uint64_t sector, unsigned count, const void *buf,
                              block_done_fn *done, void *opaque)
{
    return issue(b, FAKE_WRITE, sector, count, (void *)(uintptr_t)buf, done, opaque);
}

struct block_req *block_flush(struct block *b, block_done_fn *done, void *opaque)
{
    return issue(b, FAKE_FLUSH, 0, 0, NULL, done, opaque);
}

void block_cancel(struct block_req *r)
{
    if (r) {
        g_queue_remove(&r->block->pending, r);
        g_free(r);
    }
}

void block_drain(struct block *b)
{
    fake_block_run_all(b);
}

uint64_t block_sectors(const struct block *b)
{
    return b->sectors;
}

bool block_read_only(const struct block *b)
{
    return b->read_only;
}

const char *block_path(const struct block *b)
{
    (void)b;
    return "fake.img";
}
