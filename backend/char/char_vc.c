/* SPDX-License-Identifier: MIT */
/*
 * A virtual console: a terminal drawn by us (core/textcon.h) among the screens of window and VNC.
 */
#include <stdio.h>
#include <string.h>

#include "backend/char/chardev_int.h"
#include "core/console.h"
#include "core/device.h"
#include "core/log.h"
#include "core/textcon.h"

#define TYPED_MAX 4096 /* keys that the front end has not taken yet */

struct vc {
    struct textcon *term;
    char typed[TYPED_MAX];
    size_t n;
};

static void deliver(struct chardev *c)
{
    struct vc *v = c->priv;
    while (v && v->n && c->connected && c->fe.receive) {
        size_t room = c->fe.can_receive ? c->fe.can_receive(c->fe.opaque) : 0;
        size_t n = MIN(room, v->n);
        if (n == 0) {
            return;
        }
        uint8_t now[TYPED_MAX];
        memcpy(now, v->typed, n); /* the front end may answer, and that may be typed at */
        v->n -= n;
        memmove(v->typed, v->typed + n, v->n);
        c->fe.receive(c->fe.opaque, now, n);
    }
}

static void on_typed(void *opaque, const char *bytes, size_t n)
{
    struct chardev *c = opaque;
    struct vc *v = c->priv;
    if (n <= TYPED_MAX - v->n) {
        memcpy(v->typed + v->n, bytes, n);
        v->n += n;
    }
    deliver(c);
}

/* "80Cx24C" or "800x600", and cols=, rows=, width=, height=. */
static bool console_size(struct chardev *c, const struct opts *o, uint64_t *cols, uint64_t *rows,
                         GError **err)
{
    uint64_t width, height;
    unsigned x, y;
    int end = 0;
    const char *size = opts_get(o, "size");
    if (!opts_get_u64(o, "cols", *cols, cols, err) || !opts_get_u64(o, "rows", *rows, rows, err) ||
        !opts_get_u64(o, "width", *cols * 8, &width, err) ||
        !opts_get_u64(o, "height", *rows * 16, &height, err)) {
        return false;
    }
    *cols = width / 8;
    *rows = height / 16;
    if (size && sscanf(size, "%5uCx%5uC%n", &x, &y, &end) == 2 && end && !size[end]) {
        *cols = x;
        *rows = y;
    } else if (size && sscanf(size, "%5ux%5u%n", &x, &y, &end) == 2 && end && !size[end]) {
        *cols = x / 8;
        *rows = y / 16;
    } else if (size) {
        *cols = 0;
    }
    if (*cols < 2 || *cols > TEXTCON_MAX_COLS || *rows < 2 || *rows > TEXTCON_MAX_ROWS) {
        g_set_error(err, EMU_ERROR, EMU_ERROR_CONFIG,
                    "chardev '%s': a console has 2 to %d columns of 8 and 2 to %d rows of 16 pixels"
                    " (vc:80Cx25C or vc:640x400)",
                    c->id, TEXTCON_MAX_COLS, TEXTCON_MAX_ROWS);
        return false;
    }
    return true;
}

static bool vc_open(struct chardev *c, const struct opts *o, GError **err)
{
    uint64_t cols = 80, rows = 25;
    if (!console_size(c, o, &cols, &rows, err)) {
        return false;
    }
    c->open = true;
    struct consoles *all = chardev_consoles(c->set);
    if (!all || all->n == CONSOLES_MAX) {
        log_warn(NULL, "chardev '%s': %s; what it would show goes nowhere", c->id,
                 all ? "there are nine screens already" : "there is no screen for a console");
        return true;
    }
    struct vc *v = g_new0(struct vc, 1);
    v->term = textcon_new((unsigned)cols, (unsigned)rows, on_typed, c);
    c->priv = v;
    consoles_add(all, c->id, textcon_display(v->term), textcon_input(v->term));
    return true;
}

static void vc_close(struct chardev *c)
{
    struct vc *v = c->priv;
    if (v) {
        textcon_free(v->term);
        g_clear_pointer(&c->priv, g_free);
    }
}

static size_t vc_write(struct chardev *c, const uint8_t *buf, size_t len)
{
    struct vc *v = c->priv;
    if (v) {
        textcon_write(v->term, buf, len);
    }
    return len;
}

static const char *const vc_keys[] = { "cols", "rows", "width", "height", "size", NULL };

const struct chardev_kind chardev_kind_vc = {
    .name = "vc",
    .help = "a text console in the window and over VNC (Ctrl-Alt-1 to 9 switch)",
    .keys = vc_keys,
    .open = vc_open,
    .close = vc_close,
    .write = vc_write,
    .accept_input = deliver,
};
