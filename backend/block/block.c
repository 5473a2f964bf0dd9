/* SPDX-License-Identifier: MIT */
/*
 * Requests: handed to a few worker threads, completed in the main loop. Where virtual time counts
 * instructions (-icount) they are executed at once and completed by a timer.
 *
 * A request is QUEUED, RUNNING (a worker is in the layers with its buffer) and then FINISHED, in
 * the list that the main loop empties. The block's lock guards states and lists; completions run
 * without it.
 */
#include <errno.h>
#include <limits.h>
#include <string.h>

#include "backend/block/block_int.h"
#include "core/clock.h"
#include "core/device.h"
#include "core/log.h"
#include "core/loop.h"
#include "os/os.h"

#define WORKERS 4 /* a disk in flight each way and a flush or two; more only adds threads */

enum state { QUEUED, RUNNING, FINISHED };

struct block_req {
    struct block *block;
    enum block_op op;
    enum state state;
    bool cancelled;
    int result;
    uint64_t off;
    size_t len;
    int64_t began_ns;
    void *buf;
    block_done_fn *done;
    void *opaque;
};

struct block {
    struct layer *top;
    struct loop *loop;
    char *path;
    GThreadPool *workers;
    GMutex lock;
    GCond changed;   /* a request finished */
    GQueue finished; /* struct block_req */
    unsigned in_flight;
    bool counted;      /* virtual time is: requests are executed at once and finish later in it */
    struct timer done; /* counted */
    struct block_stats stats; /* machine lock */
};

#define COUNTED_NS (100 * NS_PER_US) /* what a request takes then */

void layer_close(struct layer *l)
{
    while (l) {
        struct layer *below = l->below;
        l->ops->close(l);
        l = below;
    }
}

/* --- completion --------------------------------------------------------------------------- */

/* One finished request, or NULL. */
static struct block_req *take_finished(struct block *b)
{
    g_mutex_lock(&b->lock);
    struct block_req *r = g_queue_pop_head(&b->finished);
    if (r) {
        b->in_flight--;
    }
    g_mutex_unlock(&b->lock);
    return r;
}

static void count(struct block_req *r)
{
    struct block_stats *s = &r->block->stats;
    if (r->result < 0) {
        s->op[r->op].failed++;
        return;
    }
    s->op[r->op].done++;
    s->op[r->op].bytes += r->len;
    s->op[r->op].ns += (uint64_t)(os_clock_ns() - r->began_ns);
    if (r->op == BLOCK_WRITE) {
        s->highest = MAX(s->highest, r->off + r->len);
    }
}

static void complete(struct block_req *r)
{
    if (!r->cancelled) {
        count(r);
        r->done(r->opaque, r->result);
    }
    g_free(r);
}

static void complete_finished(void *arg);

static void announce(struct block *b)
{
    if (b->counted) {
        timer_mod(&b->done, clock_now_ns(loop_clock(b->loop)) + COUNTED_NS);
    } else if (b->loop) {
        loop_post(b->loop, complete_finished, b);
    }
}

/* In the main loop. */
static void complete_finished(void *arg)
{
    struct block *b = arg;
    g_mutex_lock(&b->lock);
    unsigned n = b->finished.length;
    g_mutex_unlock(&b->lock);
    for (; n > 0; n--) {
        struct block_req *r = take_finished(b);
        if (!r) {
            return; /* a completion drained or cancelled others */
        }
        complete(r);
    }
    g_mutex_lock(&b->lock);
    bool more = b->finished.length > 0;
    g_mutex_unlock(&b->lock);
    if (more) {
        announce(b);
    }
}

/* Lock held. */
static void finish(struct block *b, struct block_req *r)
{
    r->state = FINISHED;
    g_queue_push_tail(&b->finished, r);
    g_cond_broadcast(&b->changed);
    if (b->finished.length == 1) {
        announce(b);
    }
}

static int execute(struct block *b, struct block_req *r)
{
    struct layer *l = b->top;
    switch (r->op) {
    case BLOCK_READ: return l->ops->read(l, r->buf, r->len, r->off);
    case BLOCK_WRITE: return l->ops->write(l, r->buf, r->len, r->off);
    case BLOCK_FLUSH: return l->ops->flush(l);
    default: break;
    }
    return -EINVAL;
}

static void run(struct block *b, struct block_req *r)
{
    g_mutex_lock(&b->lock);
    r->state = RUNNING;
    bool wanted = !r->cancelled;
    g_mutex_unlock(&b->lock);
    int result = wanted ? execute(b, r) : -ECANCELED;
    g_mutex_lock(&b->lock);
    r->result = result;
    finish(b, r);
    g_mutex_unlock(&b->lock);
}

static void worker(gpointer data, gpointer user)
{
    run(user, data);
}

/* --- requests ----------------------------------------------------------------------------- */

static struct block_req *submit(struct block *b, enum block_op op, uint64_t sector, unsigned count,
                                void *buf, block_done_fn *done, void *opaque)
{
    struct block_req *r = g_new0(struct block_req, 1);
    uint64_t sectors = block_sectors(b);
    r->block = b;
    r->op = op;
    r->buf = buf;
    r->done = done;
    r->opaque = opaque;
    r->began_ns = os_clock_ns();
    r->off = sector * SECTOR_SIZE;
    r->len = (size_t)count * SECTOR_SIZE;
    int refused = 0;
    if (sector > sectors || count > sectors - sector || count > INT_MAX / SECTOR_SIZE) {
        refused = -EINVAL;
    } else if (op == BLOCK_WRITE && b->top->read_only) {
        refused = -EROFS;
    }
    g_mutex_lock(&b->lock);
    b->in_flight++;
    if (refused || (op != BLOCK_FLUSH && count == 0)) {
        r->result = refused;
        finish(b, r);
        g_mutex_unlock(&b->lock);
        return r;
    }
    g_mutex_unlock(&b->lock);
    if (b->counted) {
        run(b, r);
    } else {
        g_thread_pool_push(b->workers, r, NULL);
    }
    return r;
}

struct block_req *block_read(struct block *b, uint64_t sector, unsigned count, void *buf,
                             block_done_fn *done, void *opaque)
{
    return submit(b, BLOCK_READ, sector, count, buf, done, opaque);
}

struct block_req *block_write(struct block *b, uint64_t sector, unsigned count, const void *buf,
                              block_done_fn *done, void *opaque)
{
    return submit(b, BLOCK_WRITE, sector, count, (void *)(uintptr_t)buf, done, opaque);
}

struct block_req *block_flush(struct block *b, block_done_fn *done, void *opaque)
{
    return submit(b, BLOCK_FLUSH, 0, 0, NULL, done, opaque);
}

void block_cancel(struct block_req *r)
{
    if (!r) {
        return;
    }
    struct block *b = r->block;
    g_mutex_lock(&b->lock);
    r->cancelled = true;
    while (r->state == RUNNING) {
        g_cond_wait(&b->changed, &b->lock);
    }
    if (r->state == FINISHED) {
        g_queue_remove(&b->finished, r);
        b->in_flight--;
        g_free(r);
    }
    /* else: still queued; the worker will not touch the buffer and the main loop frees it */
    g_mutex_unlock(&b->lock);
}

void block_drain(struct block *b)
{
    for (;;) {
        g_mutex_lock(&b->lock);
        while (b->in_flight > 0 && b->finished.length == 0) {
            g_cond_wait(&b->changed, &b->lock);
        }
        bool idle = b->in_flight == 0;
        g_mutex_unlock(&b->lock);
        if (idle) {
            return;
        }
        struct block_req *r = take_finished(b);
        if (r) {
            complete(r);
        }
    }
}

/* --- opening ------------------------------------------------------------------------------ */

/* What QEMU would take for a protocol. */
static bool check_protocol(const char *path, GError **err)
{
    static const char *const known[] = { "http:",  "https:", "ftp:",     "ftps:", "nbd:",
                                         "nbd+",   "ssh:",   "iscsi:",   "rbd:",  "json:",
                                         "fat:",   "nfs:",   "gluster:", "null-co:",
                                         "null-aio:", "nvme:" };
    for (size_t i = 0; i < ARRAY_LEN(known); i++) {
        if (g_str_has_prefix(path, known[i]) && !os_file_exists(path)) {
            g_set_error(err, EMU_ERROR, EMU_ERROR_UNSUPPORTED,
                        "'%s': emu opens image files only, not '%s' addresses", path, known[i]);
            return false;
        }
    }
    return true;
}

static struct layer *open_layers(const char *path, const struct block_opts *o, GError **err)
{
    char *rules = NULL;
    if (g_str_has_prefix(path, "blkdebug:")) {
        const char *rest = path + strlen("blkdebug:"), *colon = strchr(rest, ':');
        if (!colon) {
            g_set_error(err, EMU_ERROR, EMU_ERROR_CONFIG, "'%s': write blkdebug:RULES:FILE", path);
            return NULL;
        }
        rules = g_strndup(rest, (size_t)(colon - rest));
        path = colon + 1;
    } else if (!check_protocol(path, err)) {
        return NULL;
    }
    path += g_str_has_prefix(path, "file:") && !os_file_exists(path) ? strlen("file:") : 0;
    struct layer *l = raw_open(path, o, err);
    if (l && o->snapshot && !o->read_only) {
        l = overlay_new(l);
    }
    if (l && rules) {
        l = blkdebug_new(l, rules, err);
    }
    g_free(rules);
    return l;
}

struct block *block_open(const char *path, const struct block_opts *o, struct loop *loop,
                         GError **err)
{
    struct layer *top = open_layers(path, o, err);
    if (!top) {
        return NULL;
    }
    struct block *b = g_new0(struct block, 1);
    b->top = top;
    b->loop = loop;
    b->path = g_strdup(path);
    g_mutex_init(&b->lock);
    g_cond_init(&b->changed);
    g_queue_init(&b->finished);
    b->workers = g_thread_pool_new(worker, b, WORKERS, FALSE, NULL);
    struct clock *clock = loop ? loop_clock(loop) : NULL;
    b->counted = clock && clock_counted(clock);
    timer_init(&b->done, clock, complete_finished, b);
    return b;
}

void block_close(struct block *b)
{
    if (!b) {
        return;
    }
    block_drain(b);
    g_thread_pool_free(b->workers, FALSE, TRUE);
    timer_del(&b->done);
    if (b->loop) {
        loop_unpost(b->loop, complete_finished, b);
    }
    int err = b->top->read_only ? 0 : b->top->ops->flush(b->top);
    if (err < 0) {
        log_err(b->path, "writing the last data failed: %s", strerror(-err));
    }
    layer_close(b->top);
    g_mutex_clear(&b->lock);
    g_cond_clear(&b->changed);
    g_free(b->path);
    g_free(b);
}

struct block_stats block_stats(const struct block *b)
{
    return b->stats;
}

uint64_t block_sectors(const struct block *b)
{
    return b->top->size / SECTOR_SIZE;
}

bool block_read_only(const struct block *b)
{
    return b->top->read_only;
}

const char *block_path(const struct block *b)
{
    return b->path;
}
