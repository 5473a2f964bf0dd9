/* SPDX-License-Identifier: MIT */
/*
 * What a person sees and types at: windows, terminals, remote screens. Main thread, machine lock
 * held unless a function says otherwise.
 */
#ifndef UI_UI_H
#define UI_UI_H

#include <glib.h>

#include "core/module.h"
#include "core/types.h"

struct consoles;
struct loop;
struct opts;

struct ui_params {
    const struct consoles *consoles; /* the guest's screen is the first */
    struct loop *loop;
    const char *name;        /* of the guest, or NULL; lives as long as the UI */
    /* What a title says of the run: "tcg, 85 MIPS". g_free. */
    char *(*status)(void *opaque);
    bool full_screen;
    bool terminal_free;      /* nothing else of emu uses stdin and stdout */
    bool unseen;             /* without a UI nothing of the guest would reach the user */
    char *(*secret)(void *opaque, const char *id, GError **err); /* of -object secret; g_free */
    void (*quit)(void *opaque); /* the user wants to end emu */
    void *opaque;            /* of these functions */
};

/* A server that remote screens connect to. */
struct ui_server {
    const char *kind;           /* "vnc" */
    const char *family, *auth;  /* QEMU's words: ipv4, unix; none, vnc */
    char *host, *service;       /* address and port */
    GPtrArray *clients;         /* of char *: their hosts */
};
void ui_server_clear(struct ui_server *s);

/* One kind: ui/<name>.c ends with one of these as a module (core/module.h), ui/ui.def has its
 * line. */
struct ui_ops {
    const char *name, *desc;
    const char *const *keys; /* its options, NULL-terminated */
    void *(*open)(const struct ui_params *p, const struct opts *o, GError **err);
    void (*close)(void *ui);
    /* Servers; NULL for the others. The password holds until seconds since 1970, 0: for ever. */
    bool (*set_password)(void *ui, const char *text, GError **err);
    void (*set_expiry)(void *ui, int64_t seconds);
    void (*describe)(void *ui, struct ui_server *s);
};

struct ui_set;

/* Checks -display and -vnc (either may be NULL) without opening anything. */
bool ui_check(const char *display, const char *vnc, GError **err);
/* Opens them. A display that cannot work here costs one line and the next best is taken; an error
 * is left for what the user has to correct. Never NULL without an error. */
struct ui_set *ui_open(const struct ui_params *p, const char *display, const char *vnc,
                       GError **err);
void ui_close(struct ui_set *set); /* NULL is fine */
void ui_print_list(void); /* -display help */
/* -vnc's server; false: there is none. ui_server_clear what was described. */
bool ui_server_describe(struct ui_set *set, struct ui_server *s);
bool ui_server_password(struct ui_set *set, const char *text, GError **err);
bool ui_server_expire(struct ui_set *set, int64_t seconds, GError **err);

/* "emu — NAME (STATUS)", the console's name unless it is the guest's screen, and `extra`.
 * g_free. */
char *ui_title(const struct ui_params *p, unsigned console, const char *extra);

#endif
