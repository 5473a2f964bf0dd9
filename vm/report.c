/* SPDX-License-Identifier: MIT */
/*
 * -report FILE: what happened, as JSON, when the machine ends; for programs that run guests as
 * tests (docs/testing-your-os.md). -guest-timeout SECONDS: an end by the guest's own clock.
 *
 * The counters are what vcpus_stats says in words, "vcpu0: instructions 12, blocks built 3".
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "core/log.h"
#include "vm/vm_int.h"

struct vm_report {
    struct vm *vm;
    struct vm_listener listener;
    struct timer deadline;
    int64_t started_ns; /* of the host */
    unsigned resets;
    bool panicked;
    char *reason; /* of the end, QEMU's ShutdownCause; NULL: not known */
};

static void event(void *opaque, const struct vm_event *e)
{
    struct vm_report *r = opaque;
    switch (e->kind) {
    case VM_EVENT_RESET:
        r->resets++;
        break;
    case VM_EVENT_GUEST_PANICKED:
        r->panicked = true;
        break;
    case VM_EVENT_SHUTDOWN:
        g_free(r->reason);
        r->reason = g_strdup(e->reason);
        break;
    default:
        break;
    }
}

static void too_late(void *opaque)
{
    struct vm_report *r = opaque;
    log_err(NULL, "-guest-timeout %s: the guest's time is up", r->vm->config->guest_timeout);
    vm_finish(r->vm, VM_EXIT_GUEST_TIMEOUT, false, "guest-timeout");
}

static bool parse_seconds(const char *text, int64_t *ns, GError **err)
{
    char *end;
    errno = 0;
    double s = g_ascii_strtod(text, &end);
    if (end == text || *end || errno || !(s > 0) || s > 1e9) {
        g_set_error(err, EMU_ERROR, EMU_ERROR_CONFIG,
                    "-guest-timeout %s: not a number of seconds from 0 to 1e9", text);
        return false;
    }
    *ns = 1 + (int64_t)(s * 1e9);
    return true;
}

bool vm_report_start(struct vm *vm, GError **err)
{
    const struct vm_config *c = vm->config;
    int64_t limit = 0;
    if (!c->report && !c->guest_timeout) {
        return true;
    }
    if (c->guest_timeout && !parse_seconds(c->guest_timeout, &limit, err)) {
        return false;
    }
    struct vm_report *r = g_new0(struct vm_report, 1);
    *r = (struct vm_report){ .vm = vm, .started_ns = os_clock_ns() };
    r->listener = (struct vm_listener){ .event = event, .opaque = r };
    vm_add_listener(vm, &r->listener);
    timer_init(&r->deadline, vm->clock, too_late, r);
    if (limit) {
        timer_mod(&r->deadline, limit);
    }
    vm->report = r;
    return true;
}

static void append_string(GString *out, const char *text)
{
    g_string_append_c(out, '"');
    for (const char *p = text; *p; p++) {
        if (*p == '"' || *p == '\\') {
            g_string_append_c(out, '\\');
        }
        if ((unsigned char)*p >= ' ') {
            g_string_append_c(out, *p);
        }
    }
    g_string_append_c(out, '"');
}

/* "instructions 12, blocks built 3": names and numbers. */
static void append_counters(GString *out, const char *list)
{
    char **items = g_strsplit(list, ", ", -1);
    const char *comma = "";
    for (char **i = items; *i; i++) {
        char *space = strrchr(*i, ' ');
        if (!space || !g_ascii_isdigit(space[1])) {
            continue;
        }
        *space = 0;
        g_string_append(out, comma);
        append_string(out, *i);
        g_string_append_printf(out, ": %" G_GUINT64_FORMAT,
                               g_ascii_strtoull(space + 1, NULL, 10));
        comma = ", ";
    }
    g_strfreev(items);
}

static void append_stats(GString *out, struct vm *vm)
{
    GString *text = g_string_new(NULL);
    vcpus_stats(vm->vcpus, text);
    char **lines = g_strsplit(text->str, "\n", -1);
    for (unsigned n = 0; n < vcpus_count(vm->vcpus); n++) {
        char *prefix = g_strdup_printf("vcpu%u: ", n);
        GString *all = g_string_new(NULL);
        for (char **l = lines; *l; l++) {
            if (g_str_has_prefix(*l, prefix)) {
                g_string_append_printf(all, "%s%s", all->len ? ", " : "", *l + strlen(prefix));
            }
        }
        g_string_append(out, n ? ",\n  {" : "\n  {");
        append_counters(out, all->str);
        g_string_append_c(out, '}');
        g_string_free(all, TRUE);
        g_free(prefix);
    }
    g_strfreev(lines);
    g_string_free(text, TRUE);
}

void vm_report_write(struct vm *vm)
{
    struct vm_report *r = vm->report;
    GError *err = NULL;
    if (!r || !vm->config->report) {
        return;
    }
    GString *out = g_string_new("{\"accelerator\": ");
    append_string(out, vm_accel_name(vm));
    g_string_append_printf(out, ",\n \"exit_status\": %d,\n \"reason\": ", vm->status);
    append_string(out, r->reason ? r->reason : "unknown");
    g_string_append_printf(out,
                           ",\n \"panicked\": %s,\n \"resets\": %u,\n \"host_seconds\": %.6f,\n"
                           " \"guest_seconds\": %.6f,\n \"vcpus\": [",
                           r->panicked ? "true" : "false", r->resets,
                           (double)(os_clock_ns() - r->started_ns) / 1e9,
                           (double)clock_now_ns(vm->clock) / 1e9);
    append_stats(out, vm);
    g_string_append(out, "]}\n");
    if (!g_file_set_contents(vm->config->report, out->str, (gssize)out->len, &err)) {
        log_err(NULL, "-report: %s", err->message);
        g_clear_error(&err);
    }
    g_string_free(out, TRUE);
}

void vm_report_free(struct vm *vm)
{
    struct vm_report *r = vm->report;
    if (r) {
        timer_del(&r->deadline);
        vm_remove_listener(vm, &r->listener);
        g_free(r->reason);
        g_free(r);
        vm->report = NULL;
    }
}
