/* SPDX-License-Identifier: MIT */
/*
 * The kinds that are little more than descriptors: null, stdio, file, pipe; and the ring buffer.
 */
#include <string.h>

#include "backend/char/chardev_int.h"
#include "core/device.h"
#include "core/fdset.h"
#include "core/log.h"
#include "os/os.h"

/* --- null --------------------------------------------------------------------------------- */

static size_t null_write(struct chardev *c, const uint8_t *buf, size_t len)
{
    (void)c, (void)buf;
    return len;
}

static bool null_open(struct chardev *c, const struct opts *o, GError **err)
{
    (void)o, (void)err;
    c->open = true;
    return true;
}

const struct chardev_kind chardev_kind_null = {
    .name = "null",
    .help = "takes everything, gives nothing",
    .open = null_open,
    .write = null_write,
};

/* --- stdio -------------------------------------------------------------------------------- */

static bool stdio_open(struct chardev *c, const struct opts *o, GError **err)
{
    bool signals;
    if (!opts_get_bool(o, "signal", true, &signals, err) || !chardev_claim_stdio(c, err)) {
        return false;
    }
    if (os_is_tty(0)) {
        os_tty_raw(signals);
    }
    chardev_fd_attach(c, 0, 1, false);
    return true;
}

/* The terminal speaks for itself from the first byte on. */
static size_t stdio_write(struct chardev *c, const uint8_t *buf, size_t len)
{
    if (!c->priv) {
        c->priv = c;
        log_status_end();
    }
    return chardev_fd_write(c, buf, len);
}

static const char *const stdio_keys[] = { "signal", NULL };

const struct chardev_kind chardev_kind_stdio = {
    .name = "stdio",
    .help = "the terminal; signal=off hands Ctrl-C to the guest",
    .keys = stdio_keys,
    .open = stdio_open,
    .close = chardev_fd_detach,
    .write = stdio_write,
    .accept_input = chardev_fd_accept_input,
    .flush = chardev_fd_flush,
};

/* --- file --------------------------------------------------------------------------------- */

static bool open_failed(struct chardev *c, const char *path, int e, GError **err)
{
    g_set_error(err, EMU_ERROR, EMU_ERROR_HOST, "chardev '%s': '%s': %s", c->id, path,
                strerror(-e));
    return false;
}

static const char *path_of(struct chardev *c, const struct opts *o, GError **err)
{
    const char *path = opts_get(o, "path");
    if (!path || !*path) {
        g_set_error(err, EMU_ERROR, EMU_ERROR_CONFIG, "chardev '%s': it needs path=FILE", c->id);
        return NULL;
    }
    return path;
}

static bool file_open(struct chardev *c, const struct opts *o, GError **err)
{
    bool append;
    const char *path = path_of(c, o, err), *input = opts_get(o, "input-path");
    if (!path || !opts_get_bool(o, "append", false, &append, err)) {
        return false;
    }
    int in = -1;
    if (input) {
        in = fdset_open(input, OS_OPEN_NONBLOCK);
        if (in < 0) {
            return open_failed(c, input, in, err);
        }
    }
    int fd = fdset_open(path, OS_OPEN_WRITE | OS_OPEN_CREATE |
                                  (append ? OS_OPEN_APPEND : OS_OPEN_TRUNCATE));
    if (fd < 0) {
        os_close(in);
        return open_failed(c, path, fd, err);
    }
    chardev_fd_attach(c, in, fd, false);
    return true;
}

static void close_fds(struct chardev *c)
{
    int r = c->rfd, w = c->wfd;
    chardev_fd_detach(c);
    os_close(r);
    if (w != r) {
        os_close(w);
    }
}

static const char *const file_keys[] = { "path", "append", "input-path", NULL };

const struct chardev_kind chardev_kind_file = {
    .name = "file",
    .help = "output to path=FILE, replaced or with append=on; input from input-path=FILE",
    .keys = file_keys,
    .open = file_open,
    .close = close_fds,
    .write = chardev_fd_write,
    .accept_input = chardev_fd_accept_input,
    .flush = chardev_fd_flush,
};

/* --- pipe --------------------------------------------------------------------------------- */

/* P.in and P.out if they exist, else P both ways. Opened read-write, so that no end has to be
 * there first and none sees an end of file when the other goes. */
static bool pipe_open(struct chardev *c, const struct opts *o, GError **err)
{
    const char *path = path_of(c, o, err);
    if (!path) {
        return false;
    }
    char *in_name = g_strconcat(path, ".in", NULL), *out_name = g_strconcat(path, ".out", NULL);
    bool pair = os_file_exists(in_name) && os_file_exists(out_name);
    unsigned flags = OS_OPEN_WRITE | OS_OPEN_NONBLOCK;
    int in = os_open(pair ? in_name : path, flags);
    int out = in < 0 || !pair ? in : os_open(out_name, flags);
    if (in < 0 || out < 0) {
        open_failed(c, !pair ? path : in < 0 ? in_name : out_name, in < 0 ? in : out, err);
        os_close(in);
    }
    g_free(in_name);
    g_free(out_name);
    if (in < 0 || out < 0) {
        return false;
    }
    chardev_fd_attach(c, in, out, true);
    return true;
}

static const char *const pipe_keys[] = { "path", NULL };

const struct chardev_kind chardev_kind_pipe = {
    .name = "pipe",
    .help = "named pipes path=P: P.in and P.out, or P for both directions",
    .keys = pipe_keys,
    .open = pipe_open,
    .close = close_fds,
    .write = chardev_fd_write,
    .accept_input = chardev_fd_accept_input,
    .flush = chardev_fd_flush,
};

/* --- ring buffer -------------------------------------------------------------------------- */

struct ringbuf {
    uint8_t *data;
    size_t size;
    uint64_t head, tail; /* bytes ever written, ever taken */
};

static bool ringbuf_open(struct chardev *c, const struct opts *o, GError **err)
{
    uint64_t size = KIB(64);
    if (!opts_get_size(o, "size", 1, &size, err)) {
        return false;
    }
    if (size == 0 || size > MIB(64)) {
        g_set_error(err, EMU_ERROR, EMU_ERROR_CONFIG,
                    "chardev '%s': size must be 1 to 64M bytes", c->id);
        return false;
    }
    struct ringbuf *r = g_new0(struct ringbuf, 1);
    r->size = (size_t)size;
    r->data = g_malloc(r->size);
    c->priv = r;
    c->open = true;
    return true;
}

static void ringbuf_close(struct chardev *c)
{
    struct ringbuf *r = c->priv;
    if (r) {
        g_free(r->data);
        g_free(r);
    }
    c->priv = NULL;
}

static size_t ringbuf_write(struct chardev *c, const uint8_t *buf, size_t len)
{
    struct ringbuf *r = c->priv;
    for (size_t i = 0; i < len; i++) {
        r->data[r->head++ % r->size] = buf[i];
    }
    if (r->head - r->tail > r->size) {
        r->tail = r->head - r->size;
    }
    return len;
}

size_t chardev_ringbuf_take(struct chardev *c, uint8_t *buf, size_t len)
{
    if (!c || c->kind != &chardev_kind_ringbuf) {
        return 0;
    }
    struct ringbuf *r = c->priv;
    size_t n = 0;
    while (n < len && r->tail < r->head) {
        buf[n++] = r->data[r->tail++ % r->size];
    }
    return n;
}

static const char *const ringbuf_keys[] = { "size", NULL };

const struct chardev_kind chardev_kind_ringbuf = {
    .name = "ringbuf",
    .alias = "memory",
    .help = "keeps the last size=64K bytes in memory",
    .keys = ringbuf_keys,
    .open = ringbuf_open,
    .close = ringbuf_close,
    .write = ringbuf_write,
};
