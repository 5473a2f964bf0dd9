/* SPDX-License-Identifier: MIT */
/*
 * A queue of strokes and a tick that types one of them.
 */
#include "ui/typist.h"

#include <glib.h>

#include "core/input.h"
#include "core/loop.h"
#include "ui/keymap.h"

#define TICK_MS    20
#define QUEUE_MAX  65536
#define LEFT_SHIFT 0xe1
#define LEFT_CTRL  0xe0
#define LEFT_ALT   0xe2

struct stroke {
    struct input_hub *to;
    uint8_t usage, mods;
};

struct typist {
    struct loop *loop;
    struct loop_tick *tick; /* while there is something to type */
    GArray *queue;
    guint first;
};

struct typist *typist_new(struct loop *loop)
{
    struct typist *t = g_new0(struct typist, 1);
    t->loop = loop;
    t->queue = g_array_new(FALSE, FALSE, sizeof(struct stroke));
    return t;
}

void typist_free(struct typist *t)
{
    if (t) {
        loop_tick_remove(t->tick);
        g_array_free(t->queue, TRUE);
        g_free(t);
    }
}

static void type_next(void *opaque)
{
    static const uint8_t keys[] = { LEFT_SHIFT, LEFT_CTRL, LEFT_ALT }; /* KEYMAP_SHIFT, ... */
    struct typist *t = opaque;
    struct stroke s = g_array_index(t->queue, struct stroke, t->first);
    for (unsigned i = 0; i < ARRAY_LEN(keys); i++) {
        if (s.mods >> i & 1) {
            input_key(s.to, keys[i], true);
        }
    }
    input_key(s.to, s.usage, true);
    input_key(s.to, s.usage, false);
    for (unsigned i = ARRAY_LEN(keys); i-- > 0;) {
        if (s.mods >> i & 1) {
            input_key(s.to, keys[i], false);
        }
    }
    if (++t->first == t->queue->len) {
        g_array_set_size(t->queue, 0);
        t->first = 0;
        loop_tick_remove(t->tick);
        t->tick = NULL;
    }
}

void typist_key(struct typist *t, struct input_hub *to, uint8_t usage, unsigned mods)
{
    if (usage == 0 || t->queue->len >= QUEUE_MAX) {
        return;
    }
    struct stroke s = { to, usage, (uint8_t)mods };
    g_array_append_val(t->queue, s);
    if (!t->tick) {
        t->tick = loop_tick_add(t->loop, TICK_MS, type_next, t);
    }
}

size_t typist_text(struct typist *t, struct input_hub *to, const char *text)
{
    size_t without = 0;
    if (!g_utf8_validate(text, -1, NULL)) {
        return 1;
    }
    for (const char *p = text; *p; p = g_utf8_next_char(p)) {
        unsigned mods = 0;
        gunichar c = g_utf8_get_char(p);
        bool twice = c == '\r' && p[1] == '\n'; /* one line's end */
        uint8_t usage = twice ? 0 : keymap_from_char(c, &mods);
        typist_key(t, to, usage, mods);
        without += !usage && !twice;
    }
    return without;
}
