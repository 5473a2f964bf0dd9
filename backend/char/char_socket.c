/* SPDX-License-Identifier: MIT */
/*
 * Stream sockets: a server that takes one client at a time, or a client. What is written while
 * nobody is connected waits (the last 64 KiB) and is the first thing the next client reads, so that
 * a test that connects late still sees the boot messages.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "backend/char/chardev_int.h"
#include "core/device.h"
#include "core/log.h"
#include "os/os.h"

struct sock {
    int listen_fd; /* -1: we are the client */
    int fd;        /* of the peer, -1: none */
    struct loop_watch *listen_watch;
    char *name;    /* "unix:/tmp/s", for messages */
    char *path;    /* of a UNIX server's socket: removed at the end */
    struct telnet *telnet;
    bool half_iac; /* a 0xff was cut off its escape by a full queue */
};

static void peer_arrived(struct chardev *c, int fd)
{
    struct sock *s = c->priv;
    s->fd = fd;
    if (s->listen_watch) {
        loop_watch_set(s->listen_watch, 0); /* the next one waits in the backlog */
    }
    if (s->telnet) {
        size_t len;
        const uint8_t *greeting = telnet_greeting(&len);
        telnet_reset(s->telnet);
        /* Before what is queued. The buffer of a new connection takes these few bytes. */
        g_byte_array_prepend(c->out, greeting, (guint)len);
        if (c->out_off > 0) {
            g_byte_array_remove_range(c->out, (guint)len, (guint)c->out_off);
            c->out_off = 0;
        }
    }
    c->broken = false;
    chardev_fd_attach(c, fd, fd, true);
}

static void on_listen(void *opaque, unsigned events)
{
    struct chardev *c = opaque;
    struct sock *s = c->priv;
    (void)events;
    if (s->fd >= 0) {
        return;
    }
    int fd = os_socket_accept(s->listen_fd);
    if (fd >= 0) {
        peer_arrived(c, fd);
    }
}

static void socket_hangup(struct chardev *c)
{
    struct sock *s = c->priv;
    int fd = s->fd;
    s->fd = -1;
    chardev_fd_detach(c);
    os_close(fd);
    if (s->listen_watch) {
        loop_watch_set(s->listen_watch, LOOP_IN);
    }
}

static size_t socket_filter(struct chardev *c, uint8_t *buf, size_t len)
{
    struct sock *s = c->priv;
    bool got_break;
    if (!s->telnet) {
        return len;
    }
    size_t n = telnet_filter(s->telnet, buf, len, &got_break);
    if (got_break) {
        chardev_send_event(c, CHARDEV_BREAK);
    }
    return n;
}

/* Telnet doubles 0xff. Both bytes go or none counts; half a pair is finished first next time. */
static size_t telnet_write(struct chardev *c, const uint8_t *buf, size_t len)
{
    static const uint8_t iac[2] = { 0xff, 0xff };
    struct sock *s = c->priv;
    size_t done = 0;
    if (s->half_iac) {
        if (chardev_fd_write(c, iac, 1) == 0) {
            return 0;
        }
        s->half_iac = false;
    }
    while (done < len) {
        const uint8_t *ff = memchr(buf + done, 0xff, len - done);
        size_t run = ff ? (size_t)(ff - buf) - done : len - done;
        size_t n = run ? chardev_fd_write(c, buf + done, run) : 0;
        done += n;
        if (n < run) {
            break;
        }
        if (ff) {
            n = chardev_fd_write(c, iac, 2);
            done += n > 0;
            s->half_iac = n == 1;
            if (n < 2) {
                break;
            }
        }
    }
    return done;
}

static size_t socket_write(struct chardev *c, const uint8_t *buf, size_t len)
{
    struct sock *s = c->priv;
    return s->telnet ? telnet_write(c, buf, len) : chardev_fd_write(c, buf, len);
}

/* --- opening ------------------------------------------------------------------------------ */

static bool failed(struct chardev *c, const char *what, int e, GError **err)
{
    struct sock *s = c->priv;
    const char *why = e == -EADDRNOTAVAIL ? "no such host or port" : strerror(-e);
    g_set_error(err, EMU_ERROR, EMU_ERROR_HOST, "chardev '%s': can't %s %s: %s", c->id, what,
                s->name, why);
    return false;
}

static bool wait_for_client(struct chardev *c, GError **err)
{
    struct sock *s = c->priv;
    log_info(NULL, "waiting for a connection on %s (wait=off starts without)", s->name);
    for (;;) {
        struct os_pollfd p = { .fd = s->listen_fd, .events = OS_POLL_IN };
        int r = os_poll(&p, 1, -1);
        if (r < 0) { /* a signal: whoever pressed Ctrl-C wants to leave */
            return failed(c, "wait on", r, err);
        }
        int fd = os_socket_accept(s->listen_fd);
        if (fd >= 0) {
            peer_arrived(c, fd);
            return true;
        }
    }
}

static bool listen_on(struct chardev *c, const struct opts *o, bool wait, GError **err)
{
    struct sock *s = c->priv;
    const char *path = opts_get(o, "path");
    if (path) {
        s->listen_fd = os_socket_listen_unix(path);
    } else if (s->listen_fd < 0) {
        char *bound = NULL;
        s->listen_fd = os_socket_listen_tcp(opts_get(o, "host"), opts_get(o, "port"), &bound);
        if (bound) {
            g_free(s->name);
            s->name = g_strconcat("tcp:", bound, NULL);
            free(bound);
        }
    }
    if (s->listen_fd < 0) {
        int e = s->listen_fd;
        s->listen_fd = -1;
        return failed(c, "listen on", e, err);
    }
    s->path = g_strdup(path);
    const char *port = opts_get(o, "port");
    if (!path && port && strcmp(port, "0") == 0) {
        log_info(NULL, "chardev '%s' listens on %s", c->id, s->name);
    }
    if (wait && !wait_for_client(c, err)) {
        return false;
    }
    s->listen_watch = loop_watch_add(c->loop, s->listen_fd, c->open ? 0 : LOOP_IN, on_listen, c);
    return true;
}

static bool connect_to(struct chardev *c, const struct opts *o, GError **err)
{
    const char *path = opts_get(o, "path");
    int fd = path ? os_socket_connect_unix(path)
                  : os_socket_connect_tcp(opts_get(o, "host"), opts_get(o, "port"));
    if (fd < 0) {
        return failed(c, "connect to", fd, err);
    }
    peer_arrived(c, fd);
    return true;
}

/* fd=: a socket that listens, or is connected, already. */
static bool take_passed(struct chardev *c, const char *text, bool server, GError **err)
{
    struct sock *s = c->priv;
    uint64_t n;
    int fd = parse_u64(text, INT32_MAX, &n) ? os_dup((int)n) : -EBADF;
    int ret = fd < 0 ? fd : os_set_nonblock(fd, true);
    if (ret < 0) {
        os_close(fd);
        return failed(c, "use", ret, err);
    }
    os_close((int)n);
    if (server) {
        s->listen_fd = fd;
    } else {
        peer_arrived(c, fd);
    }
    return true;
}

static bool socket_open(struct chardev *c, const struct opts *o, GError **err)
{
    bool server, wait, telnet, nodelay;
    const char *path = opts_get(o, "path"), *port = opts_get(o, "port");
    const char *fd = opts_get(o, "fd");
    if (!opts_get_bool(o, "server", false, &server, err) ||
        !opts_get_bool(o, "wait", server, &wait, err) ||
        !opts_get_bool(o, "telnet", false, &telnet, err) ||
        !opts_get_bool(o, "nodelay", true, &nodelay, err)) {
        return false;
    }
    if ((path && *path) + (port && *port) + (fd != NULL) != 1) {
        g_set_error(err, EMU_ERROR, EMU_ERROR_CONFIG,
                    "chardev '%s': a socket needs path=FILE, or host= and port=, or fd=", c->id);
        return false;
    }
    if (wait && !server) {
        g_set_error(err, EMU_ERROR, EMU_ERROR_CONFIG,
                    "chardev '%s': wait=on makes sense with server=on only", c->id);
        return false;
    }
    struct sock *s = g_new0(struct sock, 1);
    const char *host = opts_get(o, "host");
    s->listen_fd = s->fd = -1;
    s->telnet = telnet ? telnet_new() : NULL;
    s->name = path ? g_strconcat("unix:", path, NULL)
              : fd ? g_strconcat("fd:", fd, NULL)
                   : g_strdup_printf("tcp:%s:%s", host ? host : "", port);
    c->priv = s;
    if (fd && !take_passed(c, fd, server, err)) {
        return false;
    }
    if (fd && !server) {
        return true;
    }
    return server ? listen_on(c, o, wait, err) : connect_to(c, o, err);
}

static void socket_close(struct chardev *c)
{
    struct sock *s = c->priv;
    if (!s) {
        return;
    }
    chardev_fd_detach(c);
    loop_watch_remove(s->listen_watch);
    os_close(s->fd);
    os_close(s->listen_fd);
    if (s->path) {
        os_unlink(s->path);
    }
    telnet_free(s->telnet);
    g_free(s->path);
    g_free(s->name);
    g_free(s);
}

static const char *const socket_keys[] = { "path",   "host", "port", "fd", "server", "wait",
                                           "telnet", "nodelay", NULL };

const struct chardev_kind chardev_kind_socket = {
    .name = "socket",
    .help = "path=FILE, host=H,port=P or fd=N; server=on, wait=off, telnet=on",
    .keys = socket_keys,
    .open = socket_open,
    .close = socket_close,
    .write = socket_write,
    .accept_input = chardev_fd_accept_input,
    .flush = chardev_fd_flush,
    .hangup = socket_hangup,
    .filter = socket_filter,
};
