/* SPDX-License-Identifier: MIT */
/*
 * The two transports (scheme.h, wire.h). On Redox a VM is a file that is opened by name, what
 * belongs to it is opened below its descriptor, verbs are SYS_CALLs with the verb in the metadata,
 * and the window is a mapping of the VM's file.
 */
#include "accel/revirt/scheme.h"

#include <errno.h>
#include <string.h>

#include "accel/revirt/wire.h"
#include "os/os.h"

static int gone(struct revirt_node *n)
{
    n->gone = true;
    return -EPIPE;
}

/* One request and its reply. fd: where a descriptor that comes along goes, or NULL. */
static int exchange(struct revirt_node *n, const struct revirt_wire_request *r, const void *in,
                    void *out, int *fd)
{
    struct {
        struct revirt_wire_request head;
        uint8_t payload[512];
    } m = { .head = *r };
    struct revirt_wire_reply reply;
    unsigned fds = 0;
    if (n->gone) {
        return -EPIPE;
    }
    size_t inside = r->len <= sizeof m.payload ? r->len : 0;
    if (inside) {
        memcpy(m.payload, in, inside);
    }
    if (os_socket_send(n->fd, &m, sizeof m.head + inside, NULL, 0) < 0 ||
        (r->len > inside && os_socket_send(n->fd, in, r->len, NULL, 0) < 0) ||
        os_socket_recv(n->fd, &reply, sizeof reply, fd, fd ? 1 : 0, &fds) <= 0) {
        return gone(n);
    }
    if (reply.magic != REVIRT_WIRE_REPLY || reply.len > r->room ||
        (reply.result >= 0 && fd && fds != 1) ||
        (reply.len && os_socket_recv(n->fd, out, reply.len, NULL, 0, NULL) <= 0)) {
        while (fds > 0) {
            os_close(fd[--fds]);
        }
        return gone(n);
    }
    return reply.result < 0 ? reply.result : (int)reply.len;
}

static void node_init(struct revirt_node *n, int fd, bool socket)
{
    n->fd = fd;
    n->socket = socket;
    n->gone = false;
    g_mutex_init(&n->lock);
}

static int open_socket(struct revirt_node *vm, const char *host, const char *name)
{
    int fd = os_socket_connect_unix(host);
    if (fd < 0) {
        return fd;
    }
    os_set_nonblock(fd, false);
    node_init(vm, fd, true);
    struct revirt_wire_request r = { .magic = REVIRT_WIRE_REQUEST,
                                     .op = REVIRT_WIRE_OPEN,
                                     .len = (uint32_t)strlen(name) };
    int ret = exchange(vm, &r, name, NULL, NULL);
    if (ret < 0) {
        revirt_close(vm);
    }
    return ret;
}

int revirt_open(struct revirt_node *vm, const char *host, const char *name)
{
    os_ignore_sigpipe(); /* a host that goes away is an error code, not our end */
    if (host) {
        return open_socket(vm, host, name);
    }
    char *path = g_strdup_printf("%s/%s", REVIRT_SCHEME, name);
    int fd = os_scheme_open(path);
    g_free(path);
    if (fd >= 0) {
        node_init(vm, fd, false);
    }
    return fd < 0 ? fd : 0;
}

void revirt_close(struct revirt_node *n)
{
    os_close(n->fd);
    n->fd = -1;
    g_mutex_clear(&n->lock);
}

int revirt_fd(struct revirt_node *parent, const char *path)
{
    if (!parent->socket) {
        return os_scheme_openat(parent->fd, path);
    }
    int fd = -1;
    struct revirt_wire_request r = { .magic = REVIRT_WIRE_REQUEST,
                                     .op = REVIRT_WIRE_OPENAT,
                                     .len = (uint32_t)strlen(path) };
    g_mutex_lock(&parent->lock);
    int ret = exchange(parent, &r, path, NULL, &fd);
    g_mutex_unlock(&parent->lock);
    return ret < 0 ? ret : fd;
}

int revirt_openat(struct revirt_node *parent, const char *path, struct revirt_node *child)
{
    int fd = revirt_fd(parent, path);
    if (fd >= 0) {
        node_init(child, fd, parent->socket);
    }
    return fd < 0 ? fd : 0;
}

uint8_t *revirt_window(struct revirt_node *vm)
{
    int fd = vm->socket ? revirt_fd(vm, "memory") : vm->fd;
    uint8_t *p = fd < 0 ? NULL : os_share_map_aligned(fd, REVIRT_WINDOW_SIZE);
    if (vm->socket) {
        os_close(fd);
    }
    return p;
}

int revirt_call(struct revirt_node *n, enum revirt_verb verb, uint64_t a, uint64_t b, void *buf,
                size_t in, size_t out)
{
    if (!n->socket) {
        const uint64_t meta[4] = { verb, a, b, in };
        return os_scheme_call(n->fd, buf, MAX(in, out), in > 0, out > 0, meta);
    }
    struct revirt_wire_request r = { .magic = REVIRT_WIRE_REQUEST,
                                     .op = REVIRT_WIRE_CALL,
                                     .len = (uint32_t)in,
                                     .room = (uint32_t)out,
                                     .meta = { verb, a, b, in } };
    g_mutex_lock(&n->lock);
    int ret = exchange(n, &r, buf, buf, NULL);
    g_mutex_unlock(&n->lock);
    return ret;
}
