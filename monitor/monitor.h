/* SPDX-License-Identifier: MIT */
/*
 * Monitors: what a person (HMP) or a program (QMP) asks of a running machine. Main loop, machine
 * lock held.
 */
#ifndef MONITOR_MONITOR_H
#define MONITOR_MONITOR_H

#include <glib.h>

#include "core/types.h"

struct chardev;
struct monitor_set;
struct vm;

enum monitor_mode {
    MONITOR_READLINE, /* HMP: lines, with editing */
    MONITOR_CONTROL,  /* QMP: JSON */
    MONITOR_CONTROL_PRETTY,
};

/* After the board exists and its serial ports took their places on a mux. */
struct monitor_set *monitor_set_new(struct vm *vm);
void monitor_set_free(struct monitor_set *s); /* NULL is fine */
bool monitor_add(struct monitor_set *s, struct chardev *c, enum monitor_mode mode, GError **err);
bool monitor_has_qmp(void); /* was jansson there at build time? */

/* For tests and for others that speak HMP: runs one line, returns what it says. g_free. */
char *monitor_run_line(struct monitor_set *s, const char *line);

#endif
