/* SPDX-License-Identifier: MIT */
/*
 * The table of commands, what a handler may call, and sessions on character back ends.
 */
#include <errno.h>
#include <stdarg.h>
#include <string.h>

#include "accel/api/vcpu.h"
#include "backend/char/chardev.h"
#include "monitor/cmd_input.h"
#include "monitor/commands.h"

/* --- tables ------------------------------------------------------------------------------- */

#ifdef HAVE_JANSSON
#define QUERY(name, args, run) { NULL, NULL, name, args, "", "", qmp_##run },
#else
#define QUERY(name, args, run)
#endif
#define INFO(name, args, help, run)
#define CMD(hmp, alias, qmp, args, usage, help, run) \
    { hmp, alias, qmp, args, usage, help, cmd_##run },
const struct command commands[] = {
#include "monitor/commands.def"
    { NULL, NULL, NULL, NULL, NULL, NULL, NULL },
};
#undef CMD
#undef INFO
#undef QUERY

#define CMD(hmp, alias, qmp, args, usage, help, run)
#define QUERY(name, args, run)
#define INFO(name, args, help, run) { name, NULL, NULL, args, "", help, info_##run },
const struct command info_commands[] = {
#include "monitor/commands.def"
    { NULL, NULL, NULL, NULL, NULL, NULL, NULL },
};

const struct command *command_by_hmp(const char *name)
{
    for (const struct command *k = commands; k->run; k++) {
        if (k->hmp && (strcmp(k->hmp, name) == 0 || (k->alias && strcmp(k->alias, name) == 0))) {
            return k;
        }
    }
    return NULL;
}

const struct command *command_by_qmp(const char *name)
{
    for (const struct command *k = commands; k->run; k++) {
        if (k->qmp && strcmp(k->qmp, name) == 0) {
            return k;
        }
    }
    return NULL;
}

const struct command *info_by_name(const char *name)
{
    for (const struct command *k = info_commands; k->run; k++) {
        if (strcmp(k->hmp, name) == 0) {
            return k;
        }
    }
    return NULL;
}

/* --- calls -------------------------------------------------------------------------------- */

GQuark monitor_error_quark(void)
{
    return g_quark_from_static_string("monitor-error");
}

void call_init(struct mon_call *c, struct monitor_set *set, struct monitor *mon, unsigned *cpu)
{
    memset(c, 0, sizeof *c);
    c->vm = set->vm;
    c->set = set;
    c->mon = mon;
    c->cpu = cpu;
    c->p = vm_parts(set->vm);
    c->out = g_string_new(NULL);
}

void call_clear(struct mon_call *c)
{
    for (unsigned i = 0; i < c->n; i++) {
        g_free(c->arg[i].s);
    }
    if (c->st) {
        vm_thaw(c->vm);
        g_free(c->st);
    }
    g_string_free(c->out, TRUE);
    g_clear_error(&c->err);
}

unsigned call_spec(struct mon_call *c, const char *spec)
{
    for (c->n = 0; *spec && c->n < MON_MAX_ARGS;) {
        struct mon_arg *a = &c->arg[c->n++];
        size_t len = strcspn(spec, ":");
        memset(a, 0, sizeof *a);
        memcpy(a->name, spec, MIN(len, sizeof a->name - 1));
        spec += len + 1;
        a->type = (enum mon_type)*spec++;
        for (; *spec && *spec != ' '; spec++) {
            a->optional |= *spec == '?';
            a->qmp_only |= *spec == '!';
            a->hmp_only |= *spec == '.';
        }
        a->optional |= a->type == MON_FLAG;
        a->hmp_only |= a->type == MON_FORMAT;
        a->qmp_only |= a->type == MON_JSON;
        spec += *spec == ' ';
    }
    return c->n;
}

static const struct mon_arg *find_arg(const struct mon_call *c, const char *name)
{
    for (unsigned i = 0; i < c->n; i++) {
        if (strcmp(c->arg[i].name, name) == 0) {
            return c->arg[i].given ? &c->arg[i] : NULL;
        }
    }
    return NULL;
}

bool arg_given(const struct mon_call *c, const char *name)
{
    return find_arg(c, name) != NULL;
}

const char *arg_str(const struct mon_call *c, const char *name)
{
    const struct mon_arg *a = find_arg(c, name);
    return a ? a->s : NULL;
}

int64_t arg_int(const struct mon_call *c, const char *name, int64_t def)
{
    const struct mon_arg *a = find_arg(c, name);
    return a ? a->i : def;
}

bool arg_bool(const struct mon_call *c, const char *name, bool def)
{
    return arg_int(c, name, def) != 0;
}

struct json_t *arg_json(const struct mon_call *c, const char *name)
{
    const struct mon_arg *a = find_arg(c, name);
    return a ? a->json : NULL;
}

void call_error(struct mon_call *c, enum mon_error kind, const char *fmt, ...)
{
    va_list ap;
    if (!c->err) {
        va_start(ap, fmt);
        c->err = g_error_new_valist(monitor_error_quark(), (int)kind, fmt, ap);
        va_end(ap);
    }
}

bool call_full(const struct mon_call *c)
{
    return c->out->len >= MON_OUTPUT_MAX;
}

void call_print(struct mon_call *c, const char *fmt, ...)
{
    va_list ap;
    if (call_full(c)) {
        return;
    }
    va_start(ap, fmt);
    g_string_append_vprintf(c->out, fmt, ap);
    va_end(ap);
    if (call_full(c)) {
        g_string_append(c->out, "\n[the rest is left out]\n");
    }
}

bool call_cpu_state(struct mon_call *c, unsigned cpu, struct x86_state *st)
{
    memset(st, 0, sizeof *st);
    int ret = vcpu_state_get(c->p.vcpus, cpu, st, X86_GROUP_ALL);
    if (ret < 0) {
        call_error(c, MON_GENERIC, "the state of processor %u cannot be read: %s", cpu,
                   g_strerror(-ret));
    }
    return ret >= 0;
}

const struct x86_view *call_cpu(struct mon_call *c, struct x86_view *v)
{
    if (*c->cpu >= vcpus_count(c->p.vcpus)) {
        *c->cpu = 0;
    }
    if (!c->st) {
        vm_freeze(c->vm);
        c->st = g_new0(struct x86_state, 1);
        if (!call_cpu_state(c, *c->cpu, c->st)) {
            vm_thaw(c->vm);
            g_free(c->st);
            c->st = NULL;
            return NULL;
        }
    }
    x86_view_init(v, c->st, c->p.mem, c->p.model);
    return v;
}

/* --- sessions ----------------------------------------------------------------------------- */

static void pump(struct monitor *m)
{
    if (m->pumping) {
        return;
    }
    m->pumping = true;
    guint i = 0;
    while (i < m->in->len && m->out->len < MON_QUEUE_MAX) {
        m->ops->feed(m, m->in->data[i++]);
    }
    g_byte_array_remove_range(m->in, 0, i);
    m->pumping = false;
}

static void flush(struct monitor *m)
{
    size_t n = m->open && m->out->len ? chardev_write(m->chardev, (uint8_t *)m->out->str,
                                                      m->out->len) : 0;
    g_string_erase(m->out, 0, (gssize)n);
}

void mon_send(struct monitor *m, const char *text, size_t len)
{
    if (m->open) {
        g_string_append_len(m->out, text, (gssize)len);
        flush(m);
    }
}

static size_t mon_can_receive(void *opaque)
{
    struct monitor *m = opaque;
    return m->out->len < MON_QUEUE_MAX && m->in->len < MON_LINE ? MON_LINE - m->in->len : 0;
}

static void mon_receive(void *opaque, const uint8_t *buf, size_t len)
{
    struct monitor *m = opaque;
    g_byte_array_append(m->in, buf, (guint)len);
    pump(m);
}

static void mon_can_send(void *opaque)
{
    struct monitor *m = opaque;
    flush(m);
    pump(m);
    chardev_accept_input(m->chardev);
}

static void mon_event(void *opaque, enum chardev_event ev)
{
    struct monitor *m = opaque;
    switch (ev) {
    case CHARDEV_OPENED:
        if (!m->open) {
            m->open = true;
            chardev_discard_output(m->chardev);
            if (!m->pumping) {
                g_byte_array_set_size(m->in, 0);
            }
            m->ops->opened(m);
        }
        break;
    case CHARDEV_CLOSED:
        /* What the peer asked before it left is still done: `echo quit | nc` is a way to ask. */
        m->open = false;
        g_string_truncate(m->out, 0);
        pump(m);
        break;
    case CHARDEV_MUX_IN:
    case CHARDEV_MUX_OUT:
        if (m->ops->focus) {
            m->ops->focus(m, ev == CHARDEV_MUX_IN);
        }
        break;
    default: break;
    }
}

static void on_vm_event(void *opaque, const struct vm_event *e)
{
    struct monitor_set *s = opaque;
    for (struct monitor *m = s->first; m; m = m->next) {
        if (m->open && m->ops->event && m->out->len < MON_EVENTS_MAX) {
            m->ops->event(m, e);
        }
    }
}

struct monitor_set *monitor_set_new(struct vm *vm)
{
    struct monitor_set *s = g_new0(struct monitor_set, 1);
    s->vm = vm;
    s->listener = (struct vm_listener){ .event = on_vm_event, .opaque = s };
    vm_add_listener(vm, &s->listener);
    return s;
}

void monitor_set_free(struct monitor_set *s)
{
    if (!s) {
        return;
    }
    vm_remove_listener(s->vm, &s->listener);
    while (s->first) {
        struct monitor *m = s->first;
        s->first = m->next;
        chardev_disconnect(m->chardev, m);
        m->ops->free(m);
        g_byte_array_unref(m->in);
        g_string_free(m->out, TRUE);
        g_free(m);
    }
    mon_keys_free(s->keys);
    g_free(s);
}

bool monitor_has_qmp(void)
{
#ifdef HAVE_JANSSON
    return true;
#else
    return false;
#endif
}

bool monitor_add(struct monitor_set *s, struct chardev *c, enum monitor_mode mode, GError **err)
{
    if (mode != MONITOR_READLINE && !monitor_has_qmp()) {
        g_set_error(err, EMU_ERROR, EMU_ERROR_UNSUPPORTED,
                    "QMP needs jansson, which was not there when emu was built");
        return false;
    }
    struct monitor *m = g_new0(struct monitor, 1);
    m->set = s;
    m->vm = s->vm;
    m->chardev = c;
    m->in = g_byte_array_new();
    m->out = g_string_new(NULL);
#ifdef HAVE_JANSSON
    if (mode != MONITOR_READLINE) {
        m->ops = &qmp_ops;
        m->priv = qmp_new(m, mode == MONITOR_CONTROL_PRETTY);
    }
#endif
    if (mode == MONITOR_READLINE) {
        m->ops = &hmp_ops;
        m->priv = hmp_new(m);
    }
    m->next = s->first;
    s->first = m;
    const struct chardev_frontend fe = { .can_receive = mon_can_receive,
                                         .receive = mon_receive,
                                         .event = mon_event,
                                         .can_send = mon_can_send,
                                         .opaque = m };
    if (chardev_connect(c, &fe) < 0) {
        g_set_error(err, EMU_ERROR, EMU_ERROR_CONFIG,
                    "chardev '%s' is in use already; give it mux=on to share it", chardev_id(c));
        return false;
    }
    return true;
}

char *monitor_run_line(struct monitor_set *s, const char *line)
{
    struct mon_call c;
    call_init(&c, s, NULL, &s->cpu);
    hmp_execute(&c, line);
    char *text = g_strdup(c.out->str);
    call_clear(&c);
    return text;
}
