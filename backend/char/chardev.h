/* SPDX-License-Identifier: MIT */
/*
 * Character back ends: null, stdio, file, pipe, socket, pty, ring buffer. One front end each,
 * except through a mux. Machine lock held; bytes from the host arrive in the main loop.
 */
#ifndef BACKEND_CHARDEV_H
#define BACKEND_CHARDEV_H

#include <glib.h>

#include "core/types.h"

struct chardev;
struct loop;

enum chardev_event {
    CHARDEV_OPENED,
    CHARDEV_CLOSED,
    CHARDEV_BREAK,
    CHARDEV_MUX_IN, /* this front end has the keyboard now */
    CHARDEV_MUX_OUT
};

/* The front end (a UART, a monitor). */
struct chardev_frontend {
    /* How many bytes it can take now; 0 stops reading from the host (back-pressure). */
    size_t (*can_receive)(void *opaque);
    void (*receive)(void *opaque, const uint8_t *buf, size_t len); /* len <= can_receive() */
    void (*event)(void *opaque, enum chardev_event ev);            /* may be NULL */
    void (*can_send)(void *opaque); /* after a short write: room again; may be NULL */
    void *opaque;
};

/* NULL chardev: writes succeed and vanish. Fails with -EBUSY if it has a front end already (a mux
 * takes several; the first one has the keyboard). */
int chardev_connect(struct chardev *c, const struct chardev_frontend *fe);
void chardev_disconnect(struct chardev *c, void *frontend_opaque);
/* Bytes taken, 0..len; less than len: can_send comes later. Never blocks. Without a reader (socket
 * not connected, pty not opened) everything is taken and the last 64 KiB are kept for who comes. */
size_t chardev_write(struct chardev *c, const uint8_t *buf, size_t len);
/* fn sees what the front end writes, as far as it is taken; NULL: nobody looks any more. */
void chardev_on_output(struct chardev *c, void (*fn)(void *opaque, const uint8_t *buf, size_t len),
                       void *opaque);
/* For devices without flow control (debug ports): waits for the host, at most some seconds in all,
 * then drops. */
void chardev_write_all(struct chardev *c, const uint8_t *buf, size_t len);
/* The front end can take bytes again. */
void chardev_accept_input(struct chardev *c);
/* Forgets output that nobody took: a protocol with sessions has nothing to say to the next peer. */
void chardev_discard_output(struct chardev *c);
/* Everything that was written is handed to the host; called on every way out of the process. */
void chardev_flush(struct chardev *c);
/* Forgets what the host has not taken yet: it was for a client that went away. */
void chardev_discard(struct chardev *c);
const char *chardev_id(const struct chardev *c);
bool chardev_is_mux(const struct chardev *c);
/* Gives the keyboard of a mux to one of its front ends. */
void chardev_mux_focus(struct chardev *c, void *frontend_opaque);
/* Takes what a ring buffer holds, oldest first; the number of bytes. */
size_t chardev_ringbuf_take(struct chardev *c, uint8_t *buf, size_t len);

/* Creation from options: kind "stdio", "file", ... and key=value pairs (core/opts.h), of which id=
 * is one. The registry owns chardevs and finds them by id. */
struct opts;
struct chardev_set;
struct consoles;
struct chardev_set *chardev_set_new(struct loop *loop);
/* Where virtual consoles appear (core/console.h); without, what goes to one is lost. */
void chardev_set_consoles(struct chardev_set *s, struct consoles *consoles);
void chardev_set_free(struct chardev_set *s); /* flushes and restores the terminal */
struct chardev *chardev_set_add(struct chardev_set *s, const char *kind, const struct opts *o,
                                GError **err);
struct chardev *chardev_set_find(struct chardev_set *s, const char *id);
/* "-serial X" forms: null, stdio, mon:stdio, file:P, pipe:P, pty, unix:P,server=on, tcp:H:P,
 * telnet:H:P, chardev:ID, vc, vc:80Cx25C, none (returns NULL without error);
 * more options may follow after a comma. `id` names the new one. */
struct chardev *chardev_set_add_legacy(struct chardev_set *s, const char *id, const char *spec,
                                       GError **err);
bool chardev_set_stdio_taken(const struct chardev_set *s);
/* Every chardev that a user named; `info` is the kind's own word ("unix:/path") or NULL. */
void chardev_set_foreach(struct chardev_set *s,
                         void (*fn)(void *arg, const char *id, const char *kind, bool open,
                                    const char *info),
                         void *arg);
void chardev_set_flush_all(struct chardev_set *s);
/* What Ctrl-A x of a mux calls (main loop, lock held). */
void chardev_set_on_quit(struct chardev_set *s, void (*quit)(void *opaque), void *opaque);
void chardev_print_kinds(void); /* -chardev help */

#endif
