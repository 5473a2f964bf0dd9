/* SPDX-License-Identifier: MIT */
/*
 * Trace events (trace.def), switched by -trace GLOB, -d trace:GLOB and the monitor. Any thread.
 */
#ifndef CORE_TRACE_H
#define CORE_TRACE_H

#include <inttypes.h>

#include "core/log.h"

enum trace_event {
#define TRACE(name, params, ...) TRACE_##name,
#include "core/trace.def"
#undef TRACE
    TRACE_COUNT
};

extern bool trace_on[TRACE_COUNT]; /* as log_mask: set before threads start, or by the monitor */

void trace_print(enum trace_event e, const char *fmt, ...) PRINTF_LIKE(2, 3);

#define TRACE(name, params, ...)                          \
    static inline void trace_##name params                \
    {                                                     \
        if (UNLIKELY(trace_on[TRACE_##name])) {           \
            trace_print(TRACE_##name, __VA_ARGS__);       \
        }                                                 \
    }
#include "core/trace.def"
#undef TRACE

/* Takes over what core/log.h knows of trace: patterns. Number of events that are on. */
unsigned trace_apply(void);
const char *trace_name(unsigned e); /* NULL behind the last */
bool trace_set(const char *glob, bool on); /* at once; false: no event has such a name */
void trace_print_list(void);               /* -trace help, on stdout */

#endif
