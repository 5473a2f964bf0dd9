/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <string.h>

#include "tests/fake/chardev.h"

struct chardev *fake_chardev_new(void)
{
    struct chardev *c = g_new0(struct chardev, 1);
    c->out = g_byte_array_new();
    c->in = g_byte_array_new();
    c->room = SIZE_MAX;
    return c;
}

void fake_chardev_free(struct chardev *c)
{
    g_byte_array_free(c->out, TRUE);
    g_byte_array_free(c->in, TRUE);
    g_free(c);
}

static void deliver(struct chardev *c)
{
    while (c->connected && c->in->len > 0) {
        size_t n = c->fe.can_receive ? c->fe.can_receive(c->fe.opaque) : 0;
        n = MIN(n, c->in->len);
        if (n == 0) {
            break;
        }
        guint8 *bytes = g_memdup2(c->in->data, n);
        g_byte_array_remove_range(c->in, 0, (guint)n);
        c->fe.receive(c->fe.opaque, bytes, n);
        g_free(bytes);
    }
}

void fake_chardev_input(struct chardev *c, const void *bytes, size_t len)
{
    g_byte_array_append(c->in, bytes, (guint)len);
    deliver(c);
}

void fake_chardev_event(struct chardev *c, enum chardev_event ev)
{
    if (c->connected && c->fe.event) {
        c->fe.event(c->fe.opaque, ev);
    }
}

void fake_chardev_set_room(struct chardev *c, size_t room)
{
    c->room = room;
    if (room && c->connected && c->fe.can_send) {
        c->fe.can_send(c->fe.opaque);
    }
}

const char *fake_chardev_take(struct chardev *c)
{
    /* The array keeps its memory when it is cut to nothing. */
    g_byte_array_append(c->out, (const guint8 *)"", 1);
    g_byte_array_set_size(c->out, 0);
    return (const char *)c->out->data;
}

int chardev_connect(struct chardev *c, const struct chardev_frontend *fe)
{
    if (!c) {
        return 0;
    }
    if (c->connected) {
        return -EBUSY;
    }
    c->fe = *fe;
    c->connected = true;
    return 0;
}

void chardev_disconnect(struct chardev *c, void *frontend_opaque)
{
    if (c && c->connected && c->fe.opaque == frontend_opaque) {
        c->connected = false;
    }
}

size_t chardev_write(struct chardev *c, const uint8_t *buf, size_t len)
{
    if (!c) {
        return len;
    }
    len = MIN(len, c->room);
    g_byte_array_append(c->out, buf, (guint)len);
    if (c->room != SIZE_MAX) {
        c->room -= len;
    }
    return len;
}

void chardev_accept_input(struct chardev *c)
{
    if (c) {
        deliver(c);
    }
}

void chardev_flush(struct chardev *c)
{
    if (c) {
        c->flushes++;
    }
}

const char *chardev_id(const struct chardev *c)
{
    (void)c;
    return "fake";
}
