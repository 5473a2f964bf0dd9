/* SPDX-License-Identifier: MIT */
/*
 * The gdb server: gdb's remote serial protocol over a character back end (docs/debugging.md).
 * Machine lock held, except where noted.
 */
#ifndef MONITOR_GDBSTUB_H
#define MONITOR_GDBSTUB_H

#include <glib.h>

#include "core/types.h"

struct accel_exit;
struct gdbstub;
struct vm;

/* spec: what -gdb takes: tcp::1234, unix:PATH, stdio, chardev:ID. Once the vCPUs exist. */
struct gdbstub *gdbstub_new(struct vm *vm, const char *spec, GError **err);
/* exit_status: what the client is told that the process ends with. NULL is harmless. */
void gdbstub_free(struct gdbstub *g, int exit_status);
/* A vCPU came out of run for the debugger; on its thread. False: nobody asked for that. */
bool gdbstub_debug_exit(struct gdbstub *g, unsigned vcpu, const struct accel_exit *e);

/* What gdb's "monitor LINE" runs: fills *out with text; NULL until there is a monitor. */
typedef void gdbstub_monitor_fn(struct vm *vm, const char *line, GString *out);
void gdbstub_set_monitor(struct gdbstub *g, gdbstub_monitor_fn *fn);

#endif
