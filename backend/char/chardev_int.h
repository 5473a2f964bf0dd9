/* SPDX-License-Identifier: MIT */
/*
 * Inside of the character back ends: what a kind implements, and the engine for descriptors that
 * most kinds share (char_fd.c). Only files of this folder include this, and their tests.
 */
#ifndef BACKEND_CHARDEV_INT_H
#define BACKEND_CHARDEV_INT_H

#include "backend/char/chardev.h"
#include "core/loop.h"
#include "core/opts.h"

/* How much output is kept for a slow reader, or for one who is not there yet. */
#define CHARDEV_QUEUE KIB(64)

struct chardev_kind {
    const char *name;
    const char *alias; /* or NULL */
    const char *help;
    const char *const *keys; /* its own, besides id, mux, logfile, logappend */
    bool (*open)(struct chardev *c, const struct opts *o, GError **err);
    void (*close)(struct chardev *c); /* after a flush; may be NULL */
    /* Bytes the host took now. */
    size_t (*write)(struct chardev *c, const uint8_t *buf, size_t len);
    void (*accept_input)(struct chardev *c);    /* may be NULL */
    bool (*flush)(struct chardev *c, int64_t deadline_ns); /* false: gave up; may be NULL */
    /* The host's end was closed (char_fd.c calls it); may be NULL. */
    void (*hangup)(struct chardev *c);
    /* Bytes from the host on their way to the front end, filtered in place; returns the new length
     * (telnet); may be NULL. */
    size_t (*filter)(struct chardev *c, uint8_t *buf, size_t len);
};

struct chardev {
    const struct chardev_kind *kind;
    char *id;
    struct chardev_set *set;
    struct loop *loop;
    struct chardev_frontend fe;
    bool connected;  /* fe is there */
    bool want_send;  /* fe got a short write */
    bool muxed;      /* fe is a mux */
    int log_fd;      /* -1: none */
    void (*on_output)(void *opaque, const uint8_t *buf, size_t len); /* NULL: nobody looks */
    void *on_output_opaque;
    /* Descriptors (char_fd.c). */
    int rfd, wfd;    /* -1: none; may be the same */
    bool nonblock;   /* writes don't block; else they are polled for and kept short */
    bool open;       /* the host's end is there */
    bool broken;     /* output vanished for good (said once) */
    struct loop_watch *rwatch, *wwatch; /* the same one if rfd == wfd */
    GByteArray *out; /* not yet taken by the host */
    size_t out_off;
    GByteArray *in;  /* read from a peer that hung up before the front end could take it */
    bool delivering;
    void *priv;      /* of the kind */
};

extern const struct chardev_kind chardev_kind_null, chardev_kind_stdio, chardev_kind_file,
    chardev_kind_pipe, chardev_kind_socket, chardev_kind_pty, chardev_kind_ringbuf,
    chardev_kind_mux, chardev_kind_vc;

/* chardev.c */
void chardev_send_event(struct chardev *c, enum chardev_event ev);
void chardev_set_quit(struct chardev_set *s);
struct consoles *chardev_consoles(const struct chardev_set *s); /* or NULL */
bool chardev_claim_stdio(struct chardev *c, GError **err);
struct chardev *chardev_create(struct chardev_set *s, const struct chardev_kind *kind,
                               const char *id, const struct opts *o, GError **err);
void chardev_destroy(struct chardev *c);

/* char_mux.c: a mux on top of base, which it owns. */
struct chardev *chardev_mux_new(struct chardev *base);
const struct chardev *chardev_mux_base(const struct chardev *c);
int chardev_mux_connect(struct chardev *c, const struct chardev_frontend *fe);
void chardev_mux_disconnect(struct chardev *c, void *frontend_opaque);

/* char_fd.c. attach: the host's end is there; sends OPENED and what is queued. detach: it went
 * away; sends CLOSED. The descriptors stay the kind's to close. */
void chardev_fd_attach(struct chardev *c, int rfd, int wfd, bool nonblock);
void chardev_fd_detach(struct chardev *c);
size_t chardev_fd_write(struct chardev *c, const uint8_t *buf, size_t len);
void chardev_fd_accept_input(struct chardev *c);
bool chardev_fd_flush(struct chardev *c, int64_t deadline_ns);
size_t chardev_fd_queued(const struct chardev *c);

/* char_telnet.c: RFC 854 on a byte stream. */
struct telnet;
struct telnet *telnet_new(void);
void telnet_free(struct telnet *t);
void telnet_reset(struct telnet *t);
size_t telnet_filter(struct telnet *t, uint8_t *buf, size_t len, bool *got_break);
const uint8_t *telnet_greeting(size_t *len);

#endif
