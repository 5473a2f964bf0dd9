/* SPDX-License-Identifier: MIT */
/*
 * What the guest shows: a display has one surface of 32-bit pixels (0x00RRGGBB) that its adapter
 * renders into on request, and listeners (window, VNC, screenshot). Machine lock held.
 */
#ifndef CORE_DISPLAY_H
#define CORE_DISPLAY_H

#include <glib.h>

#include "core/types.h"

struct surface {
    uint32_t *pixels;
    int width, height; /* pixels */
    int stride;        /* pixels per line */
};

/* A text mode's screen. The caller owns it, zeroed at first; free cells by g_free. */
struct text_cell {
    uint32_t ch;     /* Unicode */
    uint32_t fg, bg; /* 0x00RRGGBB */
};
struct text_screen {
    int cols, rows;
    int cursor_x, cursor_y; /* -1: hidden */
    struct text_cell *cells; /* rows of cols */
    int room;
};

struct display;

struct display_source {
    /* Bring the surface up to date (calls display_resize and display_damage as needed). `full`
     * forces everything. */
    void (*update)(void *opaque, bool full);
    /* Text modes: the screen's characters as UTF-8 lines; NULL when in a graphics mode. g_free. */
    char *(*text)(void *opaque);
    void *opaque;
    /* Text modes: characters and colours; false when in a graphics mode. May be NULL. */
    bool (*cells)(void *opaque, struct text_screen *t);
};

struct display_listener {
    void (*resized)(void *opaque, const struct surface *s);
    void (*damaged)(void *opaque, const struct surface *s, int x, int y, int w, int h);
    void *opaque;
    struct display_listener *next;
};

struct display *display_new(void);
void display_free(struct display *d);
void display_set_source(struct display *d, const struct display_source *src);
void display_add_listener(struct display *d, struct display_listener *l);
void display_remove_listener(struct display *d, struct display_listener *l);

/* For the source. width and height are 1..8192. */
struct surface *display_resize(struct display *d, int width, int height);
void display_damage(struct display *d, int x, int y, int w, int h);

/* For listeners: render now and return the surface (never NULL). */
const struct surface *display_refresh(struct display *d, bool full);
char *display_text(struct display *d); /* or NULL */
bool display_cells(struct display *d, struct text_screen *t); /* after display_refresh */

/* Picture files, by suffix: .ppm always, .png where libpng was built in. */
bool display_screenshot(struct display *d, const char *path, GError **err);
/* The same, whatever the suffix. */
bool display_screenshot_as(struct display *d, const char *path, bool png, GError **err);

#endif
