/* SPDX-License-Identifier: MIT */
/* link: backend/block/block.c backend/block/raw.c backend/block/format.c backend/block/overlay.c
 * backend/block/blkdebug.c core/fdset.c core/loop.c core/clock.c core/opts.c core/error.c
 * core/log.c os/posix/[a-z]*.c os/linux/[a-z]*.c */
/* timeout: 120 */
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <glib.h>
#include <glib/gstdio.h>

#include "backend/block/block.h"
#include "core/loop.h"
#include "os/os.h"
#include "tests/fake/unit.h"

struct world {
    struct loop *loop;
    char *dir, *image;
};

struct result {
    int ret;
    unsigned calls;
};

static int setup(void **state)
{
    struct world *w = g_new0(struct world, 1);
    w->dir = g_dir_make_tmp("emu-test-XXXXXX", NULL);
    w->image = g_build_filename(w->dir, "disk.img", NULL);
    machine_lock();
    w->loop = loop_new(NULL);
    *state = w;
    return 0;
}

static int teardown(void **state)
{
    struct world *w = *state;
    loop_free(w->loop);
    machine_unlock();
    GDir *d = g_dir_open(w->dir, 0, NULL);
    for (const char *n; d && (n = g_dir_read_name(d));) {
        char *path = g_build_filename(w->dir, n, NULL);
        g_remove(path);
        g_free(path);
    }
    g_dir_close(d);
    assert_int_equal(g_rmdir(w->dir), 0);
    g_free(w->image);
    g_free(w->dir);
    g_free(w);
    return 0;
}

/* An image whose sector n is filled with the byte n + 1. */
static void make_image(struct world *w, size_t bytes)
{
    uint8_t *data = g_malloc(bytes);
    for (size_t i = 0; i < bytes; i++) {
        data[i] = (uint8_t)(i / SECTOR_SIZE + 1);
    }
    assert_true(g_file_set_contents(w->image, (char *)data, (gssize)bytes, NULL));
    g_free(data);
}

static struct block *open_with(struct world *w, const struct block_opts *o)
{
    GError *err = NULL;
    struct block *b = block_open(w->image, o, w->loop, &err);
    if (!b) {
        fail_msg("%s", err->message);
    }
    return b;
}

static void on_done(void *opaque, int ret)
{
    struct result *r = opaque;
    assert_true(machine_locked_by_me());
    r->ret = ret;
    r->calls++;
}

static void wait_for(struct world *w, struct result *r)
{
    while (r->calls == 0) {
        loop_step(w->loop, true);
    }
    assert_int_equal(r->calls, 1);
}

static int do_read(struct world *w, struct block *b, uint64_t sector, unsigned count, void *buf)
{
    struct result r = { 0 };
    block_read(b, sector, count, buf, on_done, &r);
    assert_int_equal(r.calls, 0); /* never from within */
    wait_for(w, &r);
    return r.ret;
}

static int do_write(struct world *w, struct block *b, uint64_t sector, unsigned count,
                    const void *buf)
{
    struct result r = { 0 };
    block_write(b, sector, count, buf, on_done, &r);
    assert_int_equal(r.calls, 0);
    wait_for(w, &r);
    return r.ret;
}

static int do_flush(struct world *w, struct block *b)
{
    struct result r = { 0 };
    block_flush(b, on_done, &r);
    wait_for(w, &r);
    return r.ret;
}

static void assert_filled(const uint8_t *buf, size_t len, uint8_t value)
{
    for (size_t i = 0; i < len; i++) {
        if (buf[i] != value) {
            fail_msg("byte %zu is %02x, wanted %02x", i, buf[i], value);
        }
    }
}

/* --- requests ----------------------------------------------------------------------------- */

static void reads_and_writes_reach_the_file(void **state)
{
    struct world *w = *state;
    uint8_t buf[4 * SECTOR_SIZE];
    make_image(w, 16 * SECTOR_SIZE);
    struct block *b = open_with(w, &(struct block_opts){ .format = "raw" });
    assert_int_equal(block_sectors(b), 16);
    assert_false(block_read_only(b));
    assert_string_equal(block_path(b), w->image);
    assert_int_equal(do_read(w, b, 14, 2, buf), 0);
    assert_filled(buf, SECTOR_SIZE, 15);
    assert_filled(buf + SECTOR_SIZE, SECTOR_SIZE, 16);
    memset(buf, 0xab, sizeof buf);
    assert_int_equal(do_write(w, b, 3, 4, buf), 0);
    /* In the file before done ran: nothing is cached on our side. */
    char *data;
    gsize len;
    assert_true(g_file_get_contents(w->image, &data, &len, NULL));
    assert_int_equal(len, 16 * SECTOR_SIZE);
    assert_filled((uint8_t *)data + 2 * SECTOR_SIZE, SECTOR_SIZE, 3);
    assert_filled((uint8_t *)data + 3 * SECTOR_SIZE, sizeof buf, 0xab);
    assert_filled((uint8_t *)data + 7 * SECTOR_SIZE, SECTOR_SIZE, 8);
    g_free(data);
    assert_int_equal(do_flush(w, b), 0);
    block_close(b);
    block_close(NULL);
}

static void what_is_out_of_range_is_refused(void **state)
{
    struct world *w = *state;
    static const struct {
        const char *name;
        uint64_t sector;
        unsigned count;
        int want;
    } cases[] = {
        { "last", 15, 1, 0 },
        { "none", 16, 0, 0 },
        { "one behind", 16, 1, -EINVAL },
        { "over the end", 15, 2, -EINVAL },
        { "far behind", UINT64_MAX, 1, -EINVAL },
        { "wraps", UINT64_MAX, 2, -EINVAL },
        { "huge", 0, UINT32_MAX, -EINVAL },
    };
    uint8_t buf[SECTOR_SIZE] = { 0 };
    make_image(w, 16 * SECTOR_SIZE);
    struct block *b = open_with(w, &(struct block_opts){ .format = "raw" });
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        assert_case(cases[i].name,
                    do_read(w, b, cases[i].sector, cases[i].count, buf) == cases[i].want);
        assert_case(cases[i].name,
                    do_write(w, b, cases[i].sector, cases[i].count, buf) == cases[i].want);
    }
    block_close(b);
}

static void requests_are_counted(void **state)
{
    struct world *w = *state;
    uint8_t buf[4 * SECTOR_SIZE] = { 0 };
    make_image(w, 16 * SECTOR_SIZE);
    struct block *b = open_with(w, &(struct block_opts){ .format = "raw" });
    assert_int_equal(do_read(w, b, 0, 4, buf), 0);
    assert_int_equal(do_read(w, b, 1, 1, buf), 0);
    assert_int_equal(do_read(w, b, 15, 2, buf), -EINVAL);
    assert_int_equal(do_write(w, b, 7, 2, buf), 0);
    assert_int_equal(do_write(w, b, 2, 1, buf), 0);
    struct block_stats s = block_stats(b);
    assert_int_equal(s.op[BLOCK_READ].done, 2);
    assert_int_equal(s.op[BLOCK_READ].bytes, 5 * SECTOR_SIZE);
    assert_int_equal(s.op[BLOCK_READ].failed, 1);
    assert_int_equal(s.op[BLOCK_WRITE].done, 2);
    assert_int_equal(s.op[BLOCK_WRITE].bytes, 3 * SECTOR_SIZE);
    assert_int_equal(s.op[BLOCK_WRITE].failed, 0);
    assert_true(s.op[BLOCK_READ].ns > 0);
    assert_int_equal(s.highest, 9 * SECTOR_SIZE);
    assert_int_equal(s.op[BLOCK_FLUSH].done, 0);
    block_close(b);
}

static void many_requests_at_once(void **state)
{
    struct world *w = *state;
    enum { N = 500 };
    static uint8_t in[N][SECTOR_SIZE], out[N][SECTOR_SIZE];
    static struct result r[N];
    memset(r, 0, sizeof r);
    make_image(w, N * SECTOR_SIZE);
    struct block *b = open_with(w, &(struct block_opts){ .format = "raw" });
    for (unsigned i = 0; i < N; i++) {
        memset(out[i], (int)(i * 3), SECTOR_SIZE);
        block_write(b, i, 1, out[i], on_done, &r[i]);
    }
    block_drain(b);
    for (unsigned i = 0; i < N; i++) {
        assert_int_equal(r[i].calls, 1);
        assert_int_equal(r[i].ret, 0);
        r[i].calls = 0;
        block_read(b, i, 1, in[i], on_done, &r[i]);
    }
    block_drain(b);
    loop_step(w->loop, false); /* what was posted finds nothing left */
    for (unsigned i = 0; i < N; i++) {
        assert_int_equal(r[i].calls, 1);
    }
    assert_memory_equal(in, out, sizeof in);
    block_close(b);
}

static void cancelled_requests_never_complete(void **state)
{
    struct world *w = *state;
    enum { N = 200 };
    static struct result r[N];
    struct block_req *req[N];
    memset(r, 0, sizeof r);
    make_image(w, 64 * SECTOR_SIZE);
    struct block *b = open_with(w, &(struct block_opts){ .format = "raw" });
    uint8_t *buf[N];
    for (int round = 0; round < 10; round++) {
        for (unsigned i = 0; i < N; i++) {
            buf[i] = g_malloc(64 * SECTOR_SIZE);
            req[i] = block_read(b, 0, 64, buf[i], on_done, &r[i]);
            if (i % 2) { /* at once: queued or just taken by a worker */
                block_cancel(req[i]);
                g_free(buf[i]);
            }
        }
        for (unsigned i = 0; i < N; i += 2) { /* later: running or finished */
            block_cancel(req[i]);
            g_free(buf[i]);
        }
    }
    block_cancel(NULL);
    block_drain(b);
    loop_step(w->loop, false);
    for (unsigned i = 0; i < N; i++) {
        assert_int_equal(r[i].calls, 0);
    }
    block_close(b);
}

struct chain {
    struct block *b;
    uint8_t buf[SECTOR_SIZE];
    unsigned left;
};

static void next_in_chain(void *opaque, int ret)
{
    struct chain *c = opaque;
    assert_int_equal(ret, 0);
    if (--c->left > 0) {
        block_read(c->b, c->left, 1, c->buf, next_in_chain, c);
    }
}

static void drain_follows_chains(void **state)
{
    struct world *w = *state;
    make_image(w, 64 * SECTOR_SIZE);
    struct chain c = { .b = open_with(w, &(struct block_opts){ .format = "raw" }), .left = 50 };
    block_read(c.b, 0, 1, c.buf, next_in_chain, &c);
    block_drain(c.b);
    assert_int_equal(c.left, 0);
    block_close(c.b);
}

static void without_a_loop_drain_completes(void **state)
{
    struct world *w = *state;
    uint8_t buf[SECTOR_SIZE];
    struct result r = { 0 };
    make_image(w, 4 * SECTOR_SIZE);
    struct block *b = block_open(w->image, &(struct block_opts){ .format = "raw" }, NULL, NULL);
    assert_non_null(b);
    block_read(b, 2, 1, buf, on_done, &r);
    block_drain(b);
    assert_int_equal(r.calls, 1);
    assert_filled(buf, SECTOR_SIZE, 3);
    block_close(b);
}

/* --- snapshot ----------------------------------------------------------------------------- */

static void snapshot_writes_are_thrown_away(void **state)
{
    struct world *w = *state;
    uint8_t buf[8 * SECTOR_SIZE];
    make_image(w, 64 * SECTOR_SIZE);
    assert_int_equal(g_chmod(w->image, 0400), 0); /* the base need not be writable */
    struct block *b = open_with(w, &(struct block_opts){ .snapshot = true, .format = "raw" });
    assert_false(block_read_only(b));
    memset(buf, 0xee, sizeof buf);
    assert_int_equal(do_write(w, b, 10, 2, buf), 0);
    assert_int_equal(do_write(w, b, 13, 1, buf), 0);
    assert_int_equal(do_flush(w, b), 0);
    assert_int_equal(do_read(w, b, 8, 8, buf), 0);
    static const uint8_t want[8] = { 9, 10, 0xee, 0xee, 13, 0xee, 15, 16 };
    for (int i = 0; i < 8; i++) {
        assert_filled(buf + i * SECTOR_SIZE, SECTOR_SIZE, want[i]);
    }
    block_close(b);
    b = open_with(w, &(struct block_opts){ .read_only = true, .format = "raw" });
    assert_int_equal(do_read(w, b, 8, 8, buf), 0);
    assert_filled(buf + 2 * SECTOR_SIZE, SECTOR_SIZE, 11);
    block_close(b);
}

static void snapshots_of_random_writes_match_a_model(void **state)
{
    struct world *w = *state;
    enum { SECTORS = 300000 }; /* several pieces of bitmap */
    FILE *f = fopen(w->image, "w");
    assert_int_equal(ftruncate(fileno(f), (off_t)SECTORS * SECTOR_SIZE), 0);
    fclose(f);
    struct block *b = open_with(w, &(struct block_opts){ .snapshot = true, .format = "raw" });
    uint8_t *model = g_malloc0(SECTORS), *buf = g_malloc(64 * SECTOR_SIZE);
    GRand *rand = g_rand_new_with_seed(3);
    for (int i = 0; i < 2000; i++) {
        unsigned n = (unsigned)g_rand_int_range(rand, 1, 64);
        /* cluster around piece borders */
        unsigned at = (unsigned)g_rand_int_range(rand, 0, 5) * 65536u +
                      (unsigned)g_rand_int_range(rand, 0, 100);
        at = MIN(at < 50 ? at : at - 50, SECTORS - n);
        if (g_rand_boolean(rand)) {
            uint8_t v = (uint8_t)g_rand_int_range(rand, 1, 256);
            memset(buf, v, n * SECTOR_SIZE);
            memset(model + at, v, n);
            assert_int_equal(do_write(w, b, at, n, buf), 0);
        } else {
            assert_int_equal(do_read(w, b, at, n, buf), 0);
            for (unsigned s = 0; s < n; s++) {
                assert_filled(buf + s * SECTOR_SIZE, SECTOR_SIZE, model[at + s]);
            }
        }
    }
    g_rand_free(rand);
    g_free(model);
    g_free(buf);
    block_close(b);
}

/* --- opening ------------------------------------------------------------------------------ */

static void bad_images_get_one_clear_line(void **state)
{
    struct world *w = *state;
    static const struct {
        const char *name, *head; /* contents; NULL: the case makes its own */
        size_t len, size;        /* of head; of the file */
        const char *error;
        const char *format;
    } cases[] = {
        { "qcow2", "QFI\xfb\0\0\0\3", 8, 196608, "looks like qcow2, which emu can't use yet",
          NULL },
        { "vmdk", "KDMV\1\0\0\0", 8, 65536, "looks like vmdk", NULL },
        { "vhdx", "vhdxfile", 8, 65536, "looks like vhdx", NULL },
        { "vhd", "conectix", 8, 65536, "looks like vhd", NULL },
        { "gzip", "\x1f\x8b\x08\0", 4, 1024, "unpack it with gunzip", NULL },
        { "empty", "", 0, 0, "is empty; make it as large as the disk", NULL },
        { "odd", "x", 1, 1000, "its size of 1000 bytes is not a multiple of 512", NULL },
        { "tiny", "x", 1, 1, "is not a multiple of 512", NULL },
        { "asked for qcow2", "x", 1, 512, "format qcow2 isn't supported yet; convert", "qcow2" },
        { "unknown format", "x", 1, 512, "unknown format 'rwa'; did you mean 'raw'?", "rwa" },
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        GError *err = NULL;
        char *data = g_malloc0(cases[i].size + 1);
        memcpy(data, cases[i].head, cases[i].len);
        assert_true(g_file_set_contents(w->image, data, (gssize)cases[i].size, NULL));
        struct block_opts o = { .format = cases[i].format };
        assert_case(cases[i].name, block_open(w->image, &o, w->loop, &err) == NULL);
        if (!strstr(err->message, cases[i].error) || !strstr(err->message, w->image)) {
            fail_msg("%s: '%s'", cases[i].name, err->message);
        }
        g_clear_error(&err);
        g_free(data);
    }
}

static void what_is_no_file_is_refused(void **state)
{
    struct world *w = *state;
    static const struct {
        const char *path, *error;
    } cases[] = {
        { "/", "is a directory, not a disk image" },
        { "/dev/null", "is neither a file nor a block device" },
        { "/nonexistent/x.img", "No such file or directory" },
        { "", "No such file or directory" },
        { "http://example.org/x.img", "emu opens image files only, not 'http:' addresses" },
        { "blkdebug:x", "write blkdebug:RULES:FILE" },
        { "blkdebug:/nonexistent/r:/dev/null", "is neither a file" },
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        GError *err = NULL;
        struct block_opts o = { .format = NULL };
        assert_case(cases[i].path, block_open(cases[i].path, &o, w->loop, &err) == NULL);
        if (!strstr(err->message, cases[i].error)) {
            fail_msg("%s: '%s'", cases[i].path, err->message);
        }
        g_clear_error(&err);
    }
    GError *err = NULL;
    assert_int_equal(mkfifo(w->image, 0600), 0);
    assert_null(block_open(w->image, &(struct block_opts){ .read_only = true }, w->loop, &err));
    assert_non_null(strstr(err->message, "is neither a file nor a block device"));
    g_clear_error(&err);
}

static void raw_on_request_is_taken_at_its_word(void **state)
{
    struct world *w = *state;
    char data[1024] = "QFI\xfb";
    assert_true(g_file_set_contents(w->image, data, sizeof data, NULL));
    struct block *b = open_with(w, &(struct block_opts){ .format = "raw" });
    assert_int_equal(block_sectors(b), 2);
    block_close(b);
}

static void an_odd_tail_reads_as_zeros_where_allowed(void **state)
{
    struct world *w = *state;
    uint8_t buf[SECTOR_SIZE];
    make_image(w, 2 * SECTOR_SIZE + 100);
    struct block *b = open_with(w, &(struct block_opts){ .allow_odd_size = true });
    assert_int_equal(block_sectors(b), 3);
    memset(buf, 0xff, sizeof buf);
    assert_int_equal(do_read(w, b, 2, 1, buf), 0);
    assert_filled(buf, 100, 3);
    assert_filled(buf + 100, SECTOR_SIZE - 100, 0);
    block_close(b);
}

static void a_file_cut_under_us_is_an_error_not_zeros(void **state)
{
    struct world *w = *state;
    uint8_t buf[4 * SECTOR_SIZE];
    make_image(w, 8 * SECTOR_SIZE);
    struct block *b = open_with(w, &(struct block_opts){ .format = "raw" });
    assert_int_equal(truncate(w->image, 5 * SECTOR_SIZE), 0);
    assert_int_equal(do_read(w, b, 1, 4, buf), 0);
    assert_int_equal(do_read(w, b, 3, 4, buf), -EIO);
    block_close(b);
}

static void read_only_images(void **state)
{
    struct world *w = *state;
    uint8_t buf[SECTOR_SIZE] = { 0 };
    make_image(w, 4 * SECTOR_SIZE);
    struct block *b = open_with(w, &(struct block_opts){ .read_only = true });
    assert_true(block_read_only(b));
    assert_int_equal(do_write(w, b, 0, 1, buf), -EROFS);
    assert_int_equal(do_flush(w, b), 0);
    block_close(b);
    if (geteuid() == 0) {
        return; /* root may write to everything */
    }
    GError *err = NULL;
    g_chmod(w->image, 0400);
    assert_null(block_open(w->image, &(struct block_opts){ .format = "raw" }, w->loop, &err));
    assert_non_null(strstr(err->message, "add readonly=on"));
    g_clear_error(&err);
    b = open_with(w, &(struct block_opts){ .auto_read_only = true });
    assert_true(block_read_only(b));
    block_close(b);
}

/* Redox's record locks belong to the process, not to the open file. */
static bool locks_within_process(const char *path)
{
    int a = os_open(path, OS_OPEN_WRITE), b = os_open(path, OS_OPEN_WRITE);
    bool locks = os_lock_file(a, true) == 0 && os_lock_file(b, true) == -EAGAIN;
    os_close(a);
    os_close(b);
    return locks;
}

static void writers_lock_each_other_out(void **state)
{
    struct world *w = *state;
    GError *err = NULL;
    struct block_opts rw = { .format = "raw" }, ro = { .format = "raw", .read_only = true };
    make_image(w, 4 * SECTOR_SIZE);
    if (!locks_within_process(w->image)) {
        skip();
    }
    struct block *b = open_with(w, &rw);
    assert_null(block_open(w->image, &rw, w->loop, &err));
    assert_non_null(strstr(err->message, "is in use by another process or drive"));
    g_clear_error(&err);
    assert_null(block_open(w->image, &ro, w->loop, &err));
    assert_non_null(strstr(err->message, "which writes to it"));
    g_clear_error(&err);
    block_close(b);
    b = open_with(w, &ro);
    struct block *c = open_with(w, &ro); /* readers share */
    assert_null(block_open(w->image, &rw, w->loop, &err));
    g_clear_error(&err);
    block_close(b);
    block_close(c);
    block_close(open_with(w, &rw));
}

/* --- failures ----------------------------------------------------------------------------- */

static char *rules_file(struct world *w, const char *text)
{
    char *path = g_build_filename(w->dir, "rules", NULL);
    assert_true(g_file_set_contents(path, text, -1, NULL));
    char *spec = g_strdup_printf("blkdebug:%s:%s", path, w->image);
    g_free(path);
    return spec;
}

static void injected_errors_hit_what_they_name(void **state)
{
    struct world *w = *state;
    uint8_t buf[2 * SECTOR_SIZE] = { 0 };
    make_image(w, 16 * SECTOR_SIZE);
    char *spec = rules_file(w, "# comment\n[inject-error]\nevent = \"read_aio\"\nsector = \"5\"\n"
                               "[inject-error]\nevent = \"write_aio\"\nerrno = \"28\"\n"
                               "once = \"on\"\nimmediately = \"off\"\n\n"
                               "[inject-error]\nevent=\"flush_to_disk\"\nskip=1\nonce=on\n");
    struct block *b = block_open(spec, &(struct block_opts){ .format = "raw" }, w->loop, NULL);
    assert_non_null(b);
    assert_int_equal(do_read(w, b, 3, 2, buf), 0);
    assert_int_equal(do_read(w, b, 4, 2, buf), -EIO);
    assert_int_equal(do_read(w, b, 5, 1, buf), -EIO);
    assert_int_equal(do_read(w, b, 6, 1, buf), 0);
    assert_int_equal(do_write(w, b, 0, 1, buf), -ENOSPC);
    assert_int_equal(do_write(w, b, 0, 1, buf), 0);
    assert_int_equal(do_flush(w, b), 0);
    assert_int_equal(do_flush(w, b), -EIO);
    assert_int_equal(do_flush(w, b), 0);
    block_close(b);
    g_free(spec);
    static const char *const bad[] = { "event = \"read_aio\"\n", "[set-state]\n",
                                       "[inject-error]\nevent = \"dance\"\n",
                                       "[inject-error]\nerrno = many\n", "[inject-error]\nx\n" };
    for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
        GError *err = NULL;
        spec = rules_file(w, bad[i]);
        assert_case(bad[i], !block_open(spec, &(struct block_opts){ .format = "raw" }, w->loop,
                                        &err));
        assert_case(bad[i], strstr(err->message, "not understood") != NULL);
        g_clear_error(&err);
        g_free(spec);
    }
}

/* Fails the Nth request until a whole job gets through: what was said to be written must be
 * there. */
static void every_single_failure_is_reported(void **state)
{
    struct world *w = *state;
    enum { JOB = 12 };
    for (int nth = 0;; nth++) {
        make_image(w, 64 * SECTOR_SIZE);
        char *text = g_strdup_printf("[inject-error]\nevent=write_aio\nskip=%d\nonce=on\n", nth);
        char *spec = rules_file(w, text);
        struct block *b = block_open(spec, &(struct block_opts){ .format = "raw" }, w->loop, NULL);
        int failed = 0;
        uint8_t buf[SECTOR_SIZE];
        bool ok[JOB];
        for (int i = 0; i < JOB; i++) {
            memset(buf, 0x80 + i, sizeof buf);
            ok[i] = do_write(w, b, (uint64_t)i * 3, 1, buf) == 0;
            failed += !ok[i];
        }
        for (int i = 0; i < JOB; i++) {
            assert_int_equal(do_read(w, b, (uint64_t)i * 3, 1, buf), 0);
            assert_filled(buf, sizeof buf, (uint8_t)(ok[i] ? 0x80 + i : i * 3 + 1));
        }
        block_close(b);
        g_free(spec);
        g_free(text);
        assert_int_equal(failed, nth < JOB);
        if (failed == 0) {
            break;
        }
    }
}

/* The host's own error: a file that may not grow to where the guest writes. */
static void the_hosts_error_reaches_the_caller(void **state)
{
    struct world *w = *state;
    FILE *f = fopen(w->image, "w");
    assert_int_equal(ftruncate(fileno(f), 100 * SECTOR_SIZE), 0);
    fclose(f);
    struct block *b = open_with(w, &(struct block_opts){ .format = "raw" });
    struct rlimit old, small = { 50 * SECTOR_SIZE, RLIM_INFINITY };
    uint8_t buf[SECTOR_SIZE] = { 0 };
    signal(SIGXFSZ, SIG_IGN);
    getrlimit(RLIMIT_FSIZE, &old);
    small.rlim_max = old.rlim_max;
    setrlimit(RLIMIT_FSIZE, &small);
    int low = do_write(w, b, 10, 1, buf), high = do_write(w, b, 80, 1, buf);
    setrlimit(RLIMIT_FSIZE, &old);
    assert_int_equal(low, 0);
    assert_int_equal(high, -EFBIG);
    block_close(b);
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
    const struct CMUnitTest tests[] = {
        T(reads_and_writes_reach_the_file),
        T(what_is_out_of_range_is_refused),
        T(requests_are_counted),
        T(many_requests_at_once),
        T(cancelled_requests_never_complete),
        T(drain_follows_chains),
        T(without_a_loop_drain_completes),
        T(snapshot_writes_are_thrown_away),
        T(snapshots_of_random_writes_match_a_model),
        T(bad_images_get_one_clear_line),
        T(what_is_no_file_is_refused),
        T(raw_on_request_is_taken_at_its_word),
        T(an_odd_tail_reads_as_zeros_where_allowed),
        T(a_file_cut_under_us_is_an_error_not_zeros),
        T(read_only_images),
        T(writers_lock_each_other_out),
        T(injected_errors_hit_what_they_name),
        T(every_single_failure_is_reported),
        T(the_hosts_error_reaches_the_caller),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
