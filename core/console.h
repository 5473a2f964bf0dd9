/* SPDX-License-Identifier: MIT */
/*
 * The screens that a person can switch between: the guest's, then text consoles (core/textcon.h).
 * Each has a display and a hub for its keys. Machine lock held.
 */
#ifndef CORE_CONSOLE_H
#define CORE_CONSOLE_H

#include "core/types.h"

struct display;
struct input_hub;

#define CONSOLES_MAX 9 /* what Ctrl-Alt-1 to 9 reach */

struct console {
    char name[32]; /* "screen", "serial0", "monitor" */
    struct display *display;
    struct input_hub *input;
};

struct consoles {
    unsigned n;
    struct console at[CONSOLES_MAX];
};

/* False: there are CONSOLES_MAX already. They are never removed while a UI looks. */
static inline bool consoles_add(struct consoles *c, const char *name, struct display *display,
                                struct input_hub *input)
{
    if (c->n == CONSOLES_MAX) {
        return false;
    }
    struct console *k = &c->at[c->n++];
    size_t i = 0;
    for (; name[i] && i < sizeof k->name - 1; i++) {
        k->name[i] = name[i];
    }
    k->name[i] = '\0';
    k->display = display;
    k->input = input;
    return true;
}

#endif
