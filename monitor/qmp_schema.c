/* SPDX-License-Identifier: MIT */
/* needs: jansson */
/*
 * QMP about itself: commands, events, options and the schema, all made from the tables. What a
 * command returns is given as "any": the schema says what may be sent.
 */
#include <string.h>

#include "monitor/qmp_int.h"

void qmp_query_commands(struct mon_call *c)
{
    c->ret = json_array();
    for (const struct command *k = commands; k->run; k++) {
        if (k->qmp) {
            json_array_append_new(c->ret, json_pack("{s:s}", "name", k->qmp));
        }
    }
}

void qmp_query_events(struct mon_call *c)
{
    static const char *const names[] = QMP_EVENTS;
    c->ret = json_array();
    for (size_t i = 0; i < ARRAY_LEN(names); i++) {
        json_array_append_new(c->ret, json_pack("{s:s}", "name", names[i]));
    }
}

/* --- schema --------------------------------------------------------------------------------- */

static const char *type_of(const struct mon_arg *a)
{
    switch (a->type) {
    case MON_INT: return "int";
    case MON_BOOL:
    case MON_FLAG: return "bool";
    case MON_JSON: return "any";
    default: return "str";
    }
}

static void add_member(json_t *members, const char *name, const char *type, bool optional)
{
    json_t *m = json_pack("{s:s,s:s}", "name", name, "type", type);
    if (optional) {
        mon_json_set(m, "default", json_null());
    }
    json_array_append_new(members, m);
}

static void add_object(json_t *list, const char *name, json_t *members)
{
    json_array_append_new(list, json_pack("{s:s,s:s,s:o}", "name", name, "meta-type", "object",
                                          "members", members));
}

static void add_command(json_t *list, const struct command *k, unsigned *next)
{
    struct mon_call spec;
    char name[16] = "0";
    json_t *members = json_array();
    memset(&spec, 0, sizeof spec);
    call_spec(&spec, k->args);
    for (unsigned i = 0; i < spec.n; i++) {
        const struct mon_arg *a = &spec.arg[i];
        if (!a->hmp_only) {
            add_member(members, a->name, type_of(a), a->optional);
        }
    }
    if (json_array_size(members) > 0) {
        g_snprintf(name, sizeof name, "%u", (*next)++);
        add_object(list, name, json_incref(members));
    }
    json_decref(members);
    bool query = strncmp(k->qmp, "query-", 6) == 0 || strstr(k->qmp, "-list") ||
                 strcmp(k->qmp, "qom-get") == 0 || strcmp(k->qmp, "human-monitor-command") == 0;
    json_array_append_new(list, json_pack("{s:s,s:s,s:s,s:s}", "name", k->qmp, "meta-type",
                                          "command", "arg-type", name, "ret-type",
                                          query ? "any" : "0"));
}

static const char *event_members(unsigned i, json_t *members)
{
    switch ((enum vm_event_kind)i) {
    case VM_EVENT_RESET:
    case VM_EVENT_SHUTDOWN:
        add_member(members, "guest", "bool", false);
        add_member(members, "reason", "str", false);
        break;
    case VM_EVENT_GUEST_PANICKED: add_member(members, "action", "str", false); break;
    case VM_EVENT_TRAY_MOVED:
        add_member(members, "device", "str", false);
        add_member(members, "id", "str", false);
        add_member(members, "tray-open", "bool", false);
        break;
    default: return "0";
    }
    return NULL;
}

void qmp_query_qmp_schema(struct mon_call *c)
{
    static const char *const builtin[][2] = { { "str", "string" }, { "int", "int" },
                                              { "bool", "boolean" }, { "number", "number" },
                                              { "null", "null" },   { "any", "value" } };
    static const char *const events[] = QMP_EVENTS;
    unsigned next = 1;
    c->ret = json_array();
    add_object(c->ret, "0", json_array());
    for (size_t i = 0; i < ARRAY_LEN(builtin); i++) {
        json_array_append_new(c->ret, json_pack("{s:s,s:s,s:s}", "name", builtin[i][0],
                                                "meta-type", "builtin", "json-type",
                                                builtin[i][1]));
    }
    for (const struct command *k = commands; k->run; k++) {
        if (k->qmp) {
            add_command(c->ret, k, &next);
        }
    }
    for (unsigned i = 0; i < ARRAY_LEN(events); i++) {
        char name[16] = "0";
        json_t *members = json_array();
        if (!event_members(i, members)) {
            g_snprintf(name, sizeof name, "%u", next++);
            add_object(c->ret, name, json_incref(members));
        }
        json_decref(members);
        json_array_append_new(c->ret, json_pack("{s:s,s:s,s:s}", "name", events[i], "meta-type",
                                                "event", "arg-type", name));
    }
}

/* --- options -------------------------------------------------------------------------------- */

void qmp_query_command_line_options(struct mon_call *c)
{
    static const char *const options[] = {
#define HEAD(text)
#define LACK(name, has_arg, advice)
#define OPT(name, arg, store, field, help) name,
#include "options.def"
#undef HEAD
#undef LACK
#undef OPT
    };
    const char *only = arg_str(c, "option");
    c->ret = json_array();
    for (size_t i = 0; i < ARRAY_LEN(options); i++) {
        if (!only || strcmp(only, options[i]) == 0) {
            json_array_append_new(c->ret, json_pack("{s:s,s:[]}", "option", options[i],
                                                    "parameters"));
        }
    }
    if (only && json_array_size(c->ret) == 0) {
        call_error(c, MON_GENERIC, "invalid option name: %.60s", only);
    }
}
