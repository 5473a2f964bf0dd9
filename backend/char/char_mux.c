/* SPDX-License-Identifier: MIT */
/*
 * Several front ends on one back end. Output of all goes out; the keyboard belongs to one of them.
 * Ctrl-A is the escape, with QEMU's commands. Input is buffered for each front end, so that Ctrl-A
 * works while a guest that does not read its UART holds everything up.
 */
#include <errno.h>
#include <string.h>

#include "backend/char/chardev_int.h"

#define MAX_FRONTENDS 8
#define INPUT_BUFFER  4096
#define ESCAPE        0x01 /* Ctrl-A */

struct mux_fe {
    struct chardev_frontend fe;
    GByteArray *input;
};

struct mux {
    struct chardev *base;
    struct mux_fe fes[MAX_FRONTENDS];
    unsigned n, focus;
    bool escaped, pumping;
};

static void tell(struct mux *m, unsigned i, enum chardev_event ev)
{
    if (i < m->n && m->fes[i].fe.event) {
        m->fes[i].fe.event(m->fes[i].fe.opaque, ev);
    }
}

static void pump(struct mux *m)
{
    if (m->pumping) {
        return; /* a receive that asks for more: the loop below goes on */
    }
    m->pumping = true;
    for (unsigned i = 0; i < m->n; i++) {
        struct mux_fe *f = &m->fes[i];
        while (f->input->len > 0) {
            uint8_t buf[256];
            size_t n = f->fe.can_receive ? f->fe.can_receive(f->fe.opaque) : 0;
            n = MIN(MIN(n, sizeof buf), f->input->len);
            if (n == 0) {
                break;
            }
            memcpy(buf, f->input->data, n);
            g_byte_array_remove_range(f->input, 0, (guint)n);
            f->fe.receive(f->fe.opaque, buf, n);
        }
    }
    m->pumping = false;
}

static void set_focus(struct mux *m, unsigned i)
{
    if (i != m->focus && i < m->n) {
        tell(m, m->focus, CHARDEV_MUX_OUT);
        m->focus = i;
        tell(m, i, CHARDEV_MUX_IN);
    }
}

static void say(struct mux *m, const char *text)
{
    chardev_write(m->base, (const uint8_t *)text, strlen(text));
}

static void help(struct mux *m)
{
    say(m, "\r\n"
           "Ctrl-A h    this help\r\n"
           "Ctrl-A x    end emu\r\n"
           "Ctrl-A s    write disk data back (nothing is held back)\r\n"
           "Ctrl-A b    send a break\r\n"
           "Ctrl-A c    switch between console and monitor\r\n"
           "Ctrl-A Ctrl-A    send Ctrl-A\r\n");
}

/* The byte behind Ctrl-A; true if it is to be passed on. */
static bool command(struct chardev *c, uint8_t b)
{
    struct mux *m = c->priv;
    switch (b) {
    case 'h':
    case '?': help(m); break;
    case 'x':
        say(m, "\r\nemu: ended from the keyboard\r\n");
        chardev_set_quit(c->set);
        break;
    case 'b': tell(m, m->focus, CHARDEV_BREAK); break;
    case 'c':
        if (m->n > 1) {
            set_focus(m, (m->focus + 1) % m->n);
        }
        break;
    case ESCAPE: return true;
    default: break;
    }
    return false;
}

/* --- the base's front end ----------------------------------------------------------------- */

static size_t base_can_receive(void *opaque)
{
    struct mux *m = ((struct chardev *)opaque)->priv;
    return m->focus < m->n ? INPUT_BUFFER - m->fes[m->focus].input->len : INPUT_BUFFER;
}

static void base_receive(void *opaque, const uint8_t *buf, size_t len)
{
    struct chardev *c = opaque;
    struct mux *m = c->priv;
    for (size_t i = 0; i < len; i++) {
        uint8_t b = buf[i];
        if (m->escaped) {
            m->escaped = false;
            if (!command(c, b)) {
                continue;
            }
        } else if (b == ESCAPE) {
            m->escaped = true;
            continue;
        }
        if (m->focus < m->n && m->fes[m->focus].input->len < INPUT_BUFFER) {
            g_byte_array_append(m->fes[m->focus].input, &b, 1);
        }
    }
    pump(m);
}

static void base_event(void *opaque, enum chardev_event ev)
{
    struct mux *m = ((struct chardev *)opaque)->priv;
    if (ev == CHARDEV_BREAK) {
        tell(m, m->focus, ev);
        return;
    }
    for (unsigned i = 0; i < m->n; i++) {
        tell(m, i, ev);
    }
}

static void base_can_send(void *opaque)
{
    struct mux *m = ((struct chardev *)opaque)->priv;
    for (unsigned i = 0; i < m->n; i++) {
        if (m->fes[i].fe.can_send) {
            m->fes[i].fe.can_send(m->fes[i].fe.opaque);
        }
    }
}

/* --- the mux as a chardev ----------------------------------------------------------------- */

struct chardev *chardev_mux_new(struct chardev *base)
{
    struct chardev *c = chardev_create(base->set, &chardev_kind_mux, base->id, NULL, NULL);
    struct mux *m = g_new0(struct mux, 1);
    m->base = base;
    c->priv = m;
    base->muxed = true;
    const struct chardev_frontend fe = { .can_receive = base_can_receive,
                                         .receive = base_receive,
                                         .event = base_event,
                                         .can_send = base_can_send,
                                         .opaque = c };
    chardev_connect(base, &fe);
    return c;
}

const struct chardev *chardev_mux_base(const struct chardev *c)
{
    return ((const struct mux *)c->priv)->base;
}

int chardev_mux_connect(struct chardev *c, const struct chardev_frontend *fe)
{
    struct mux *m = c->priv;
    if (m->n == MAX_FRONTENDS) {
        return -EBUSY;
    }
    m->fes[m->n++] = (struct mux_fe){ .fe = *fe, .input = g_byte_array_new() };
    if (m->base->open) {
        tell(m, m->n - 1, CHARDEV_OPENED);
    }
    tell(m, m->n - 1, m->n - 1 == m->focus ? CHARDEV_MUX_IN : CHARDEV_MUX_OUT);
    chardev_accept_input(m->base);
    return 0;
}

void chardev_mux_disconnect(struct chardev *c, void *frontend_opaque)
{
    struct mux *m = c->priv;
    for (unsigned i = 0; i < m->n; i++) {
        if (m->fes[i].fe.opaque != frontend_opaque) {
            continue;
        }
        g_byte_array_free(m->fes[i].input, TRUE);
        memmove(&m->fes[i], &m->fes[i + 1], (m->n - i - 1) * sizeof m->fes[0]);
        m->n--;
        bool lost = i == m->focus;
        if (m->focus > i || m->focus >= m->n) {
            m->focus = m->focus > 0 ? m->focus - 1 : 0;
        }
        if (lost) {
            tell(m, m->focus, CHARDEV_MUX_IN);
        }
        return;
    }
}

void chardev_mux_focus(struct chardev *c, void *frontend_opaque)
{
    if (!chardev_is_mux(c)) {
        return;
    }
    struct mux *m = c->priv;
    for (unsigned i = 0; i < m->n; i++) {
        if (m->fes[i].fe.opaque == frontend_opaque) {
            set_focus(m, i);
        }
    }
}

static size_t mux_write(struct chardev *c, const uint8_t *buf, size_t len)
{
    return chardev_write(((struct mux *)c->priv)->base, buf, len);
}

static void mux_accept_input(struct chardev *c)
{
    struct mux *m = c->priv;
    pump(m);
    chardev_accept_input(m->base);
}

static bool mux_flush(struct chardev *c, int64_t deadline_ns)
{
    struct chardev *base = ((struct mux *)c->priv)->base;
    return !base->kind->flush || base->kind->flush(base, deadline_ns);
}

static void mux_close(struct chardev *c)
{
    struct mux *m = c->priv;
    m->base->connected = false;
    chardev_destroy(m->base);
    for (unsigned i = 0; i < m->n; i++) {
        g_byte_array_free(m->fes[i].input, TRUE);
    }
    g_free(m);
}

const struct chardev_kind chardev_kind_mux = {
    .name = "mux",
    .close = mux_close,
    .write = mux_write,
    .accept_input = mux_accept_input,
    .flush = mux_flush,
};
