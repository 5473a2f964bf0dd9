/* SPDX-License-Identifier: MIT */
/*
 * A display's surface, its source and its listeners.
 */
#include <glib.h>

#include "core/display.h"

#define MAX_SIDE 8192

struct display {
    struct surface surface;
    size_t room; /* pixels allocated */
    struct display_source source;
    struct display_listener *listeners;
};

struct display *display_new(void)
{
    struct display *d = g_new0(struct display, 1);
    display_resize(d, 640, 480);
    return d;
}

void display_free(struct display *d)
{
    if (d) {
        g_free(d->surface.pixels);
        g_free(d);
    }
}

void display_set_source(struct display *d, const struct display_source *src)
{
    d->source = src ? *src : (struct display_source){ 0 };
}

void display_add_listener(struct display *d, struct display_listener *l)
{
    l->next = d->listeners;
    d->listeners = l;
    if (l->resized) {
        l->resized(l->opaque, &d->surface);
    }
}

void display_remove_listener(struct display *d, struct display_listener *l)
{
    for (struct display_listener **p = &d->listeners; *p; p = &(*p)->next) {
        if (*p == l) {
            *p = l->next;
            return;
        }
    }
}

struct surface *display_resize(struct display *d, int width, int height)
{
    width = CLAMP(width, 1, MAX_SIDE);
    height = CLAMP(height, 1, MAX_SIDE);
    struct surface *s = &d->surface;
    if (s->width == width && s->height == height) {
        return s;
    }
    size_t pixels = (size_t)width * (size_t)height;
    if (pixels > d->room) {
        uint32_t *bigger = g_try_realloc_n(s->pixels, pixels, sizeof(uint32_t));
        if (!bigger) {
            return s; /* the guest chose the size; the old picture stays */
        }
        s->pixels = bigger;
        d->room = pixels;
    }
    for (size_t i = 0; i < pixels; i++) {
        s->pixels[i] = 0;
    }
    s->width = width;
    s->height = height;
    s->stride = width;
    for (struct display_listener *l = d->listeners; l; l = l->next) {
        if (l->resized) {
            l->resized(l->opaque, s);
        }
    }
    return s;
}

void display_damage(struct display *d, int x, int y, int w, int h)
{
    const struct surface *s = &d->surface;
    int x0 = CLAMP(x, 0, s->width), y0 = CLAMP(y, 0, s->height);
    int x1 = (int)CLAMP((int64_t)x + w, 0, s->width);
    int y1 = (int)CLAMP((int64_t)y + h, 0, s->height);
    if (x1 <= x0 || y1 <= y0) {
        return;
    }
    for (struct display_listener *l = d->listeners; l; l = l->next) {
        if (l->damaged) {
            l->damaged(l->opaque, s, x0, y0, x1 - x0, y1 - y0);
        }
    }
}

const struct surface *display_refresh(struct display *d, bool full)
{
    if (d->source.update) {
        d->source.update(d->source.opaque, full);
    }
    return &d->surface;
}

char *display_text(struct display *d)
{
    return d->source.text ? d->source.text(d->source.opaque) : NULL;
}

bool display_cells(struct display *d, struct text_screen *t)
{
    return d->source.cells && d->source.cells(d->source.opaque, t);
}
