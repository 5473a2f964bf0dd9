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

struct display;

struct display_source {
    /* Bring the surface up to date (calls display_resize and display_damage as needed). `full`
     * forces everything. */
    void (*update)(void *opaque, bool full);
    /* Text modes: the screen's characters as UTF-8 lines; NULL when in a graphics mode. g_free. */
    char *(*text)(void *opaque);
    void *opaque;
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

/* Picture files, by suffix: .ppm always, .png where libpng was built in. */
bool display_screenshot(struct display *d, const char *path, GError **err);

#endif
