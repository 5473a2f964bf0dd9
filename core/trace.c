/* SPDX-License-Identifier: MIT */
/*
 * Which trace events are on, and their lines.
 */
#include "core/trace.h"

#include <stdarg.h>
#include <stdio.h>

#include <glib.h>

bool trace_on[TRACE_COUNT];

static const char *const names[TRACE_COUNT] = {
#define TRACE(name, params, ...) #name,
#include "core/trace.def"
#undef TRACE
};

void trace_print(enum trace_event e, const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    char *text = g_strdup_vprintf(fmt, ap);
    va_end(ap);
    log_raw("%s %s\n", names[e], text);
    g_free(text);
}

unsigned trace_apply(void)
{
    unsigned n = 0;
    for (unsigned e = 0; e < TRACE_COUNT; e++) {
        trace_on[e] = log_enabled(LOG_TRACE) && log_trace_wanted(names[e]);
        n += trace_on[e];
    }
    return n;
}

const char *trace_name(unsigned e)
{
    return e < TRACE_COUNT ? names[e] : NULL;
}

bool trace_set(const char *glob, bool on)
{
    bool any = false;
    for (unsigned e = 0; e < TRACE_COUNT; e++) {
        if (g_pattern_match_simple(glob, names[e])) {
            trace_on[e] = on;
            any = true;
        }
    }
    return any;
}

void trace_print_list(void)
{
    for (unsigned e = 0; e < TRACE_COUNT; e++) {
        puts(names[e]);
    }
}
