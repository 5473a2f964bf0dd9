/* SPDX-License-Identifier: MIT */
/*
 * For the files that answer in JSON. Main loop, machine lock held. Text of the host or the guest
 * goes through mon_json_text: jansson takes valid UTF-8 only.
 */
#ifndef MONITOR_QMP_INT_H
#define MONITOR_QMP_INT_H

#include <jansson.h>

#include "monitor/commands.h"

json_t *mon_json_text(const char *s); /* never NULL; NULL becomes "" */
/* object[key] = value, taking over the reference; harmless with NULL. */
void mon_json_set(json_t *object, const char *key, json_t *value);
json_t *mon_version(void); /* qmp_query.c */
/* qmp_qom.c: the type of a property as QMP names it. */
const char *mon_prop_type(const struct prop *p);
json_t *mon_prop_json(const struct device *d, const struct prop *p);

#define QMP_EVENTS                                                                             \
    {                                                                                          \
        "STOP", "RESUME", "RESET", "SHUTDOWN", "POWERDOWN", "GUEST_PANICKED",                  \
            "DEVICE_TRAY_MOVED"                                                                \
    }

#endif
