/* SPDX-License-Identifier: MIT */
/*
 * One message in, one out (wire.h).
 */
#include <errno.h>
#include <string.h>

#include "revirt-host/host.h"

int host_receive(int sock, struct host_call *c)
{
    c->fd = -1;
    if (os_socket_recv(sock, &c->req, sizeof c->req, NULL, 0, NULL) <= 0 ||
        c->req.magic != REVIRT_WIRE_REQUEST || c->req.len > REVIRT_MAX_PAYLOAD) {
        return 0;
    }
    return c->req.len == 0 || os_socket_recv(sock, c->buf, c->req.len, NULL, 0, NULL) > 0;
}

int host_reply(int sock, const struct host_call *c, int result, size_t len)
{
    if (result >= 0 && len > c->req.room) {
        result = -EMSGSIZE;
    }
    len = result < 0 ? 0 : len;
    struct {
        struct revirt_wire_reply head;
        uint8_t payload[512];
    } m = { .head = { REVIRT_WIRE_REPLY, result, (uint32_t)len, c->fd >= 0 && result >= 0 } };
    size_t inside = len <= sizeof m.payload ? len : 0; /* one system call for what is small */
    memcpy(m.payload, c->buf, inside);
    int r = os_socket_send(sock, &m, sizeof m.head + inside, &c->fd, m.head.fds);
    if (r == 0 && len > inside) {
        r = os_socket_send(sock, c->buf, len, NULL, 0);
    }
    return r == 0;
}
