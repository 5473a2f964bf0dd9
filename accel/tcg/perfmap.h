/* SPDX-License-Identifier: MIT */
/*
 * -accel tcg,perfmap=on: /tmp/perf-PID.map, where Linux's perf looks for names of code that no file
 * holds. One line an address range; memory that is used again has several, the last one is true.
 */
#ifndef ACCEL_TCG_PERFMAP_H
#define ACCEL_TCG_PERFMAP_H

#include <glib.h>

#include "core/types.h"

struct tcg_perfmap;

struct tcg_perfmap *tcg_perfmap_new(GError **err);
void tcg_perfmap_free(struct tcg_perfmap *p);
/* Any thread; nothing happens without a map (p NULL). */
void tcg_perfmap_add(struct tcg_perfmap *p, const void *code, size_t len, const char *fmt, ...)
    PRINTF_LIKE(4, 5);

#endif
