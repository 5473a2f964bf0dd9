/* SPDX-License-Identifier: MIT */
/*
 * A pseudo-terminal. poll reports a hang-up for as long as nobody has the other end open and there
 * is no event for "opened", so while nobody is there we look again every 100 ms.
 */
#include <stdlib.h>
#include <string.h>

#include "backend/char/chardev_int.h"
#include "core/device.h"
#include "core/log.h"
#include "os/os.h"

#define LOOK_AGAIN_MS 100

struct pty {
    int fd;
    struct loop_tick *tick;
};

static bool somebody_there(struct pty *p)
{
    struct os_pollfd f = { .fd = p->fd, .events = OS_POLL_OUT };
    return os_poll(&f, 1, 0) >= 0 && !(f.revents & OS_POLL_HUP);
}

static void look(void *opaque)
{
    struct chardev *c = opaque;
    struct pty *p = c->priv;
    if (!c->open && somebody_there(p)) {
        loop_tick_remove(p->tick);
        p->tick = NULL;
        chardev_fd_attach(c, p->fd, p->fd, true);
    }
}

static void pty_hangup(struct chardev *c)
{
    struct pty *p = c->priv;
    chardev_fd_detach(c);
    if (!p->tick) {
        p->tick = loop_tick_add(c->loop, LOOK_AGAIN_MS, look, c);
    }
}

static bool pty_open(struct chardev *c, const struct opts *o, GError **err)
{
    char *name;
    int fd = os_pty_open(&name);
    (void)o;
    if (fd < 0) {
        g_set_error(err, EMU_ERROR, EMU_ERROR_HOST, "chardev '%s': no pseudo-terminal: %s", c->id,
                    strerror(-fd));
        return false;
    }
    struct pty *p = g_new0(struct pty, 1);
    p->fd = fd;
    c->priv = p;
    /* QEMU's words: scripts look for them. */
    log_info(NULL, "char device redirected to %s (label %s)", name, c->id);
    free(name);
    p->tick = loop_tick_add(c->loop, LOOK_AGAIN_MS, look, c);
    return true;
}

static void pty_close(struct chardev *c)
{
    struct pty *p = c->priv;
    if (p) {
        chardev_fd_detach(c);
        loop_tick_remove(p->tick);
        os_close(p->fd);
        g_free(p);
    }
}

static size_t pty_write(struct chardev *c, const uint8_t *buf, size_t len)
{
    look(c); /* who came since the last tick gets the first byte at once */
    return chardev_fd_write(c, buf, len);
}

const struct chardev_kind chardev_kind_pty = {
    .name = "pty",
    .help = "a pseudo-terminal, whose name is printed",
    .open = pty_open,
    .close = pty_close,
    .write = pty_write,
    .accept_input = chardev_fd_accept_input,
    .flush = chardev_fd_flush,
    .hangup = pty_hangup,
};
