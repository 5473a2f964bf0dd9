/* SPDX-License-Identifier: MIT */
/*
 * Moving bytes between a front end and a pair of descriptors.
 *
 * Output goes to the host at once while the host takes it; the rest waits in `out` until poll says
 * there is room. While nobody is at the other end, `out` keeps the last bytes for who comes next.
 * Input is read only as fast as the front end takes it, so that the host's own flow control works.
 *
 * stdin and stdout share their open file with the shell and with stderr, so they can't be made
 * non-blocking: for such descriptors each write is preceded by a poll and is short enough for a
 * pipe or terminal that polled as writable to take whole.
 */
#include <errno.h>
#include <string.h>

#include "backend/char/chardev_int.h"
#include "core/log.h"
#include "os/os.h"

#define BLOCKING_CHUNK 512 /* POSIX: what a pipe takes atomically at the least */
#define READ_CHUNK     4096

static void on_events(void *opaque, unsigned events);

size_t chardev_fd_queued(const struct chardev *c)
{
    return c->out->len - c->out_off;
}

static bool front_end_ready(struct chardev *c)
{
    return c->connected && c->fe.can_receive && c->fe.can_receive(c->fe.opaque) > 0;
}

static void update_watches(struct chardev *c)
{
    if (!c->open) {
        return;
    }
    unsigned in = front_end_ready(c) && c->in->len == 0 ? LOOP_IN : 0;
    /* A peer that goes away must be seen even while nobody reads, to let the next one in. */
    in |= c->kind->hangup ? LOOP_HUP : 0;
    unsigned out = chardev_fd_queued(c) > 0 ? LOOP_OUT : 0;
    if (c->rwatch && c->rwatch == c->wwatch) {
        loop_watch_set(c->rwatch, in | out);
        return;
    }
    if (c->rwatch) {
        loop_watch_set(c->rwatch, in);
    }
    if (c->wwatch) {
        loop_watch_set(c->wwatch, out);
    }
}

void chardev_fd_attach(struct chardev *c, int rfd, int wfd, bool nonblock)
{
    c->rfd = rfd;
    c->wfd = wfd;
    c->nonblock = nonblock;
    c->open = true;
    if (c->loop) {
        if (rfd >= 0) {
            c->rwatch = loop_watch_add(c->loop, rfd, 0, on_events, c);
        }
        c->wwatch = wfd == rfd ? c->rwatch : NULL;
        if (wfd >= 0 && wfd != rfd) {
            c->wwatch = loop_watch_add(c->loop, wfd, 0, on_events, c);
        }
    }
    chardev_send_event(c, CHARDEV_OPENED);
    update_watches(c);
}

void chardev_fd_detach(struct chardev *c)
{
    if (!c->open) {
        return;
    }
    if (c->wwatch != c->rwatch) {
        loop_watch_remove(c->wwatch);
    }
    loop_watch_remove(c->rwatch);
    c->rwatch = c->wwatch = NULL;
    c->rfd = c->wfd = -1;
    c->open = false;
    chardev_send_event(c, CHARDEV_CLOSED);
}

/* --- output ------------------------------------------------------------------------------- */

static void queue(struct chardev *c, const uint8_t *buf, size_t len)
{
    g_byte_array_append(c->out, buf, (guint)len);
}

static void queue_drop(struct chardev *c, size_t len)
{
    c->out_off += len;
    if (c->out_off >= c->out->len || c->out_off > CHARDEV_QUEUE) {
        g_byte_array_remove_range(c->out, 0, (guint)MIN(c->out_off, c->out->len));
        c->out_off = 0;
    }
}

static void output_lost(struct chardev *c, int err)
{
    if (!c->broken) {
        log_warn(c->id, "output is lost from here on: %s", strerror(-err));
    }
    c->broken = true;
    g_byte_array_set_size(c->out, 0);
    c->out_off = 0;
}

/* Bytes taken now, or -errno; -EAGAIN when there is no room. */
static int write_now(struct chardev *c, const uint8_t *buf, size_t len)
{
    if (c->nonblock) {
        return os_write(c->wfd, buf, len);
    }
    struct os_pollfd p = { .fd = c->wfd, .events = OS_POLL_OUT };
    if (os_poll(&p, 1, 0) <= 0) {
        return -EAGAIN;
    }
    return os_write(c->wfd, buf, MIN(len, BLOCKING_CHUNK));
}

/* Hands over as much as the host takes; returns that, or len if there is nobody to take it. */
static size_t push(struct chardev *c, const uint8_t *buf, size_t len)
{
    size_t done = 0;
    while (done < len) {
        int n = write_now(c, buf + done, len - done);
        if (n == -EAGAIN || n == 0) {
            break;
        }
        if (n == -EPIPE || n == -ECONNRESET || (n == -EIO && c->kind->hangup)) {
            if (c->kind->hangup) {
                break; /* the reading side will see it and hang up in order */
            }
        }
        if (n < 0) {
            output_lost(c, n);
            return len;
        }
        done += (size_t)n;
    }
    return done;
}

static void push_queue(struct chardev *c)
{
    while (c->open && chardev_fd_queued(c) > 0) {
        size_t n = push(c, c->out->data + c->out_off, chardev_fd_queued(c));
        if (n == 0 || c->broken) {
            break;
        }
        queue_drop(c, n);
    }
}

size_t chardev_fd_write(struct chardev *c, const uint8_t *buf, size_t len)
{
    if (c->broken) {
        return len;
    }
    if (!c->open) {
        queue(c, buf, len);
        if (chardev_fd_queued(c) > CHARDEV_QUEUE) {
            queue_drop(c, chardev_fd_queued(c) - CHARDEV_QUEUE);
        }
        return len;
    }
    size_t done = chardev_fd_queued(c) == 0 ? push(c, buf, len) : 0;
    if (done < len && !c->broken) {
        size_t queued = chardev_fd_queued(c);
        size_t room = queued < CHARDEV_QUEUE ? CHARDEV_QUEUE - queued : 0;
        size_t n = MIN(room, len - done);
        queue(c, buf + done, n);
        done += n;
        update_watches(c);
    }
    return done;
}

static void on_writable(struct chardev *c)
{
    push_queue(c);
    if (c->want_send && chardev_fd_queued(c) <= CHARDEV_QUEUE / 2) {
        c->want_send = false;
        if (c->connected && c->fe.can_send) {
            c->fe.can_send(c->fe.opaque);
        }
    }
}

bool chardev_fd_flush(struct chardev *c, int64_t deadline_ns)
{
    while (c->open && !c->broken && chardev_fd_queued(c) > 0) {
        push_queue(c);
        int64_t left = deadline_ns - os_clock_ns();
        if (chardev_fd_queued(c) == 0) {
            break;
        }
        if (left <= 0) {
            return false;
        }
        struct os_pollfd p = { .fd = c->wfd, .events = OS_POLL_OUT };
        os_poll(&p, 1, MIN(left, 100 * NS_PER_MS));
        if (p.revents & (OS_POLL_ERR | OS_POLL_HUP) && !(p.revents & OS_POLL_OUT)) {
            return false;
        }
    }
    return true;
}

/* --- input -------------------------------------------------------------------------------- */

static void hang_up(struct chardev *c)
{
    if (c->kind->hangup) {
        c->kind->hangup(c);
        return;
    }
    /* End of input only (stdin at its end): output goes on. */
    if (c->rwatch == c->wwatch) {
        c->wwatch = NULL;
    }
    loop_watch_remove(c->rwatch);
    c->rwatch = NULL;
    c->rfd = -1;
}

static size_t front_end_room(struct chardev *c)
{
    return c->connected && c->fe.can_receive ? c->fe.can_receive(c->fe.opaque) : 0;
}

/* What a peer left behind when it hung up. */
static void deliver_left_over(struct chardev *c)
{
    uint8_t buf[READ_CHUNK];
    while (c->in->len > 0 && !c->delivering) {
        size_t room = front_end_room(c);
        room = MIN(room, sizeof buf);
        size_t n = MIN(room, c->in->len);
        if (n == 0) {
            break;
        }
        memcpy(buf, c->in->data, n);
        g_byte_array_remove_range(c->in, 0, (guint)n);
        c->delivering = true; /* receive may say at once that it can take more */
        c->fe.receive(c->fe.opaque, buf, n);
        c->delivering = false;
    }
}

/* The peer is gone but its last bytes are not read yet. */
static void drain_input(struct chardev *c)
{
    uint8_t buf[READ_CHUNK];
    while (c->in->len < CHARDEV_QUEUE) {
        int n = os_read(c->rfd, buf, sizeof buf);
        if (n <= 0) {
            break;
        }
        size_t len = c->kind->filter ? c->kind->filter(c, buf, (size_t)n) : (size_t)n;
        g_byte_array_append(c->in, buf, (guint)len);
    }
}

static void on_readable(struct chardev *c)
{
    uint8_t buf[READ_CHUNK];
    size_t room = front_end_room(c);
    if (room == 0 || c->in->len > 0) {
        return;
    }
    int n = os_read(c->rfd, buf, MIN(room, sizeof buf));
    if (n == -EAGAIN) {
        return;
    }
    if (n <= 0) {
        hang_up(c);
        return;
    }
    size_t len = c->kind->filter ? c->kind->filter(c, buf, (size_t)n) : (size_t)n;
    if (len > 0) {
        c->fe.receive(c->fe.opaque, buf, len);
    }
}

static void on_events(void *opaque, unsigned events)
{
    struct chardev *c = opaque;
    if (events & LOOP_OUT) {
        on_writable(c);
    }
    if (c->open && (events & LOOP_IN)) {
        on_readable(c);
    } else if (c->open && (events & LOOP_HUP) && c->kind->hangup) {
        drain_input(c);
        c->kind->hangup(c);
    } else if (c->open && (events & LOOP_HUP) && c->rfd >= 0 && front_end_ready(c)) {
        on_readable(c); /* finds the end */
    } else if (c->open && (events & LOOP_HUP) && chardev_fd_queued(c) > 0) {
        output_lost(c, -EPIPE);
    }
    deliver_left_over(c);
    update_watches(c);
}

void chardev_fd_accept_input(struct chardev *c)
{
    deliver_left_over(c);
    update_watches(c);
}
