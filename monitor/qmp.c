/* SPDX-License-Identifier: MIT */
/* needs: jansson */
/*
 * The monitor for programs: QEMU Machine Protocol, QEMU's docs/interop/qmp-spec. A request is cut
 * out of the stream by counting brackets, so that its size and depth are bounded before it is
 * parsed; requests are answered in the order they come.
 *
 * As QEMU we take strings in single quotes, because its documentation types them, and byte FFh as
 * "forget what came before".
 */
#include <string.h>

#include "accel/x86/cpuid.h"
#include "monitor/qmp_int.h"
#include "os/os.h"

#define MAX_REQUEST (1u << 20)
#define MAX_DEPTH   256

struct qmp {
    bool pretty, negotiated;
    GString *buf;
    unsigned depth;
    char quote;   /* inside a string: the character that ends it */
    bool escape;  /* behind a backslash */
    bool too_big; /* what follows is counted, not kept */
    bool garbage; /* the error was told: up to the end of the line */
};

/* --- answers ------------------------------------------------------------------------------- */

json_t *mon_json_text(const char *s)
{
    json_t *j = json_string(s ? s : "");
    if (!j) {
        char *valid = g_utf8_make_valid(s, -1);
        j = json_string(valid);
        g_free(valid);
    }
    return j;
}

void mon_json_set(json_t *object, const char *key, json_t *value)
{
    json_object_set_new(object, key, value ? value : json_null());
}

static void send(struct monitor *m, json_t *j)
{
    const struct qmp *q = m->priv;
    char *text = json_dumps(j, q->pretty ? JSON_INDENT(4) : 0);
    if (text) {
        size_t len = strlen(text);
        char *line = g_malloc(len + 2);
        memcpy(line, text, len);
        memcpy(line + len, "\r\n", 2);
        mon_send(m, line, len + 2);
        g_free(line);
        free(text);
    }
    json_decref(j);
}

static void send_error(struct monitor *m, json_t *id, int kind, const char *text)
{
    static const char *const classes[] = { [MON_GENERIC] = "GenericError",
                                           [MON_DEVICE_NOT_FOUND] = "DeviceNotFound",
                                           [MON_COMMAND_NOT_FOUND] = "CommandNotFound",
                                           [MON_DEVICE_NOT_ACTIVE] = "DeviceNotActive" };
    json_t *j = json_pack("{s:{s:s,s:o}}", "error", "class", classes[kind], "desc",
                          mon_json_text(text));
    if (id) {
        json_object_set(j, "id", id);
    }
    send(m, j);
}

static json_t *timestamp(void)
{
    int64_t us = os_realtime_ns() / NS_PER_US;
    return json_pack("{s:I,s:I}", "seconds", (json_int_t)(us / 1000000), "microseconds",
                     (json_int_t)(us % 1000000));
}

static void qmp_event(struct monitor *m, const struct vm_event *e)
{
    static const char *const names[] = QMP_EVENTS;
    const struct qmp *q = m->priv;
    if (!q->negotiated) {
        return;
    }
    json_t *j = json_pack("{s:o,s:s}", "timestamp", timestamp(), "event", names[e->kind]);
    json_t *data = NULL;
    switch (e->kind) {
    case VM_EVENT_RESET:
    case VM_EVENT_SHUTDOWN:
        data = json_pack("{s:b,s:s}", "guest", e->guest, "reason", e->reason);
        break;
    case VM_EVENT_GUEST_PANICKED: data = json_pack("{s:s}", "action", e->reason); break;
    case VM_EVENT_TRAY_MOVED:
        data = json_pack("{s:o,s:s,s:b}", "device", mon_json_text(e->device), "id", "",
                         "tray-open", e->tray_open);
        break;
    default: break;
    }
    if (data) {
        mon_json_set(j, "data", data);
    }
    send(m, j);
}

/* --- a request ------------------------------------------------------------------------------ */

static const char *wanted(enum mon_type t)
{
    return t == MON_INT ? "integer" : t == MON_BOOL || t == MON_FLAG ? "boolean" : "string";
}

static bool take_value(struct mon_call *c, struct mon_arg *a, json_t *v)
{
    a->given = true;
    if (a->type == MON_JSON) {
        a->json = v;
    } else if (a->type == MON_INT && json_is_integer(v)) {
        a->i = json_integer_value(v);
    } else if ((a->type == MON_BOOL || a->type == MON_FLAG) && json_is_boolean(v)) {
        a->i = json_is_true(v);
    } else if (a->type != MON_INT && a->type != MON_BOOL && a->type != MON_FLAG &&
               json_is_string(v)) {
        a->s = g_strdup(json_string_value(v));
    } else {
        call_error(c, MON_GENERIC, "Invalid parameter type for '%s', expected: %s", a->name,
                   wanted(a->type));
        return false;
    }
    return true;
}

static bool take_arguments(struct mon_call *c, const struct command *k, json_t *args)
{
    const char *key;
    json_t *v;
    size_t used = 0;
    call_spec(c, k->args);
    for (unsigned i = 0; i < c->n; i++) {
        struct mon_arg *a = &c->arg[i];
        v = a->hmp_only ? NULL : json_object_get(args, a->name);
        if (v && !take_value(c, a, v)) {
            return false;
        }
        if (!v && !a->optional) {
            call_error(c, MON_GENERIC, "Parameter '%s' is missing", a->name);
            return false;
        }
        used += v != NULL;
    }
    if (used == json_object_size(args)) {
        return true;
    }
    json_object_foreach(args, key, v) {
        bool known = false;
        for (unsigned i = 0; i < c->n; i++) {
            known |= !c->arg[i].hmp_only && strcmp(c->arg[i].name, key) == 0;
        }
        if (!known) {
            call_error(c, MON_GENERIC, "Parameter '%.80s' is unexpected", key);
            return false;
        }
    }
    return true;
}

static void run_command(struct monitor *m, const char *name, json_t *args, json_t *id)
{
    const struct qmp *q = m->priv;
    const struct command *k = command_by_qmp(name);
    struct mon_call c;
    call_init(&c, m->set, m, &m->cpu);
    if (!q->negotiated && (!k || strcmp(name, "qmp_capabilities") != 0)) {
        call_error(&c, MON_COMMAND_NOT_FOUND,
                   "Expecting capabilities negotiation with 'qmp_capabilities'");
    } else if (!k || (q->negotiated && strcmp(name, "qmp_capabilities") == 0)) {
        call_error(&c, MON_COMMAND_NOT_FOUND, "The command %.80s has not been found%s", name,
                   k ? ": capabilities were negotiated already" : "");
    } else if (take_arguments(&c, k, args)) {
        k->run(&c);
    }
    if (c.err) {
        send_error(m, id, c.err->code, c.err->message);
        json_decref(c.ret);
    } else {
        json_t *j = json_pack("{s:o}", "return", c.ret ? c.ret : json_object());
        if (id) {
            json_object_set(j, "id", id);
        }
        send(m, j);
    }
    call_clear(&c);
}

/* The reason why it is no request, or NULL. g_free. */
static char *check_request(json_t *j)
{
    const char *key;
    json_t *v;
    if (!json_is_object(j)) {
        return g_strdup("QMP input must be a JSON object");
    }
    json_object_foreach(j, key, v) {
        if (strcmp(key, "execute") == 0) {
            if (!json_is_string(v)) {
                return g_strdup("QMP input member 'execute' must be a string");
            }
        } else if (strcmp(key, "arguments") == 0) {
            if (!json_is_object(v)) {
                return g_strdup("QMP input member 'arguments' must be an object");
            }
        } else if (strcmp(key, "id") != 0) {
            return g_strdup_printf("QMP input member '%.80s' is unexpected", key);
        }
    }
    return json_object_get(j, "execute") ? NULL
                                         : g_strdup("QMP input lacks member 'execute'");
}

static void request(struct monitor *m, const char *text, size_t len)
{
    json_error_t where;
    json_t *j = json_loadb(text, len, JSON_REJECT_DUPLICATES, &where);
    if (!j) {
        char *why = g_strdup_printf("JSON parse error, %s", where.text);
        send_error(m, NULL, MON_GENERIC, why);
        g_free(why);
        return;
    }
    char *why = check_request(j);
    json_t *id = json_is_object(j) ? json_object_get(j, "id") : NULL;
    if (why) {
        send_error(m, id, MON_GENERIC, why);
    } else {
        json_t *args = json_object_get(j, "arguments");
        json_t *none = args ? NULL : json_object();
        run_command(m, json_string_value(json_object_get(j, "execute")), args ? args : none, id);
        json_decref(none);
    }
    g_free(why);
    json_decref(j);
}

/* --- the stream ---------------------------------------------------------------------------- */

static void forget(struct qmp *q)
{
    g_string_truncate(q->buf, 0);
    q->depth = 0;
    q->quote = 0;
    q->escape = q->too_big = false;
}

static void refuse(struct monitor *m, const char *why)
{
    struct qmp *q = m->priv;
    forget(q);
    if (!q->garbage) {
        q->garbage = true;
        send_error(m, NULL, MON_GENERIC, why);
    }
}

static void keep(struct qmp *q, char b)
{
    if (q->buf->len >= MAX_REQUEST || q->depth > MAX_DEPTH) {
        q->too_big = true;
        g_string_truncate(q->buf, 0);
    }
    if (!q->too_big) {
        g_string_append_c(q->buf, b);
    }
}

/* Inside a string; those in single quotes are rewritten with double ones. */
static void string_byte(struct monitor *m, char b)
{
    struct qmp *q = m->priv;
    if ((uint8_t)b < 0x20) {
        refuse(m, "JSON parse error, control character in a string");
        q->garbage = b != '\n';
        return;
    }
    if (q->escape) {
        q->escape = false;
        if (b == '\'') {
            g_string_truncate(q->buf, q->buf->len - (q->buf->len > 0)); /* JSON lacks \\' */
        }
    } else if (b == '\\') {
        q->escape = true;
    } else if (b == q->quote) {
        q->quote = 0;
        b = '"';
    } else if (b == '"') {
        keep(q, '\\'); /* a double quote inside of single ones */
    }
    keep(q, b);
}

static void end_of_request(struct monitor *m)
{
    struct qmp *q = m->priv;
    bool too_big = q->too_big;
    char *text = g_strndup(q->buf->str, q->buf->len);
    size_t len = q->buf->len;
    forget(q);
    if (too_big) {
        send_error(m, NULL, MON_GENERIC, "JSON parse error, the request is too large or too deep");
    } else {
        request(m, text, len);
    }
    g_free(text);
}

static void structure_byte(struct monitor *m, char b)
{
    struct qmp *q = m->priv;
    switch (b) {
    case '{':
    case '[':
        q->depth++;
        keep(q, b);
        break;
    case '}':
    case ']':
        keep(q, b);
        if (--q->depth == 0) {
            end_of_request(m);
        }
        break;
    case '"':
    case '\'':
        q->quote = b;
        keep(q, '"');
        break;
    default: keep(q, b); break;
    }
}

static void qmp_feed(struct monitor *m, uint8_t byte)
{
    struct qmp *q = m->priv;
    char b = (char)byte;
    if (byte == 0xff) {
        forget(q);
        q->garbage = false;
    } else if (q->quote) {
        string_byte(m, b);
    } else if (q->depth > 0) {
        structure_byte(m, b);
    } else if (b == '\n') {
        q->garbage = false;
    } else if (b == '{' || b == '[') {
        q->garbage = false;
        structure_byte(m, b);
    } else if (b != ' ' && b != '\t' && b != '\r') {
        refuse(m, "JSON parse error, expecting value");
    }
}

/* --- the session ---------------------------------------------------------------------------- */

static void qmp_opened(struct monitor *m)
{
    struct qmp *q = m->priv;
    forget(q);
    q->garbage = q->negotiated = false;
    send(m, json_pack("{s:{s:o,s:[]}}", "QMP", "version", mon_version(), "capabilities"));
}

void *qmp_new(struct monitor *m, bool pretty)
{
    struct qmp *q = g_new0(struct qmp, 1);
    (void)m;
    q->pretty = pretty;
    q->buf = g_string_new(NULL);
    return q;
}

static void qmp_free(struct monitor *m)
{
    struct qmp *q = m->priv;
    g_string_free(q->buf, TRUE);
    g_free(q);
}

const struct monitor_ops qmp_ops = {
    .feed = qmp_feed,
    .opened = qmp_opened,
    .event = qmp_event,
    .free = qmp_free,
};

void qmp_qmp_capabilities(struct mon_call *c)
{
    json_t *enable = arg_json(c, "enable");
    if (enable && json_array_size(enable) > 0) {
        call_error(c, MON_GENERIC, "there are no capabilities to enable");
    } else if (enable && !json_is_array(enable)) {
        call_error(c, MON_GENERIC, "Invalid parameter type for 'enable', expected: array");
    } else {
        ((struct qmp *)c->mon->priv)->negotiated = true;
    }
}

void qmp_human_monitor_command(struct mon_call *c)
{
    struct mon_call line;
    unsigned cpu = *c->cpu;
    if (arg_given(c, "cpu-index")) {
        int64_t i = arg_int(c, "cpu-index", 0);
        if (i < 0 || i >= (int64_t)c->p.topology->cpus) {
            call_error(c, MON_GENERIC, "there is no processor %" G_GINT64_FORMAT, i);
            return;
        }
        cpu = (unsigned)i;
    }
    const char *text = arg_str(c, "command-line");
    if (strlen(text) >= MON_LINE) {
        call_error(c, MON_GENERIC, "the line is too long");
        return;
    }
    call_init(&line, c->set, c->mon, arg_given(c, "cpu-index") ? &cpu : c->cpu);
    hmp_execute(&line, text);
    /* People's lines end in CR LF, as on QEMU's monitor. */
    char **lines = g_strsplit(line.out->str, "\n", -1);
    char *joined = g_strjoinv("\r\n", lines);
    c->ret = mon_json_text(joined);
    g_free(joined);
    g_strfreev(lines);
    call_clear(&line);
}
