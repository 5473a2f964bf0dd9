/* SPDX-License-Identifier: MIT */
/*
 * Commands that act on the machine as a whole, and on emu itself.
 */
#include <string.h>

#include "accel/api/vcpu.h"
#include "core/log.h"
#include "monitor/commands.h"

static void help_line(struct mon_call *c, const struct command *k, const char *prefix)
{
    call_print(c, "%s%s%s%s%s%s -- %s\n", prefix, k->hmp, k->alias ? "|" : "",
               k->alias ? k->alias : "", k->usage[0] ? " " : "", k->usage, k->help);
}

void cmd_help(struct mon_call *c)
{
    const char *name = arg_str(c, "name");
    if (name && strcmp(name, "info") == 0) {
        name = NULL;
        for (const struct command *k = info_commands; k->run; k++) {
            help_line(c, k, "info ");
        }
        return;
    }
    bool found = !name;
    for (const struct command *k = commands; k->run; k++) {
        if (k->hmp && (!name || strcmp(name, k->hmp) == 0 ||
                       (k->alias && strcmp(name, k->alias) == 0))) {
            help_line(c, k, "");
            found = true;
        }
    }
    if (!found) {
        call_error(c, MON_GENERIC, "unknown command: '%.40s'", name);
    }
}

void cmd_info(struct mon_call *c)
{
    for (const struct command *k = info_commands; k->run; k++) {
        help_line(c, k, "info ");
    }
}

void cmd_stop(struct mon_call *c)
{
    vm_stop(c->vm, VM_PAUSED);
}

void cmd_cont(struct mon_call *c)
{
    vm_cont(c->vm, &c->err);
}

void cmd_quit(struct mon_call *c)
{
    vm_quit(c->vm, "host-qmp-quit");
}

void cmd_system_reset(struct mon_call *c)
{
    vm_reset(c->vm, "host-qmp-system-reset");
}

void cmd_system_powerdown(struct mon_call *c)
{
    vm_powerdown(c->vm);
}

void cmd_nmi(struct mon_call *c)
{
    vm_nmi(c->vm);
}

void cmd_cpu(struct mon_call *c)
{
    int64_t i = arg_int(c, "index", 0);
    if (i < 0 || i >= (int64_t)vcpus_count(c->p.vcpus)) {
        call_error(c, MON_GENERIC, "there are processors 0 to %u", vcpus_count(c->p.vcpus) - 1);
        return;
    }
    *c->cpu = (unsigned)i;
}

void cmd_commit(struct mon_call *c)
{
    call_error(c, MON_GENERIC, "images are written at once; what -snapshot keeps apart is thrown "
                               "away at the end");
}

/* --- log ----------------------------------------------------------------------------------- */

void cmd_log(struct mon_call *c)
{
    const char *bad = NULL;
    if (!log_parse_mask(arg_str(c, "items"), &log_mask, &bad)) {
        call_error(c, MON_GENERIC, "no such log item '%s' (see info trace-events)", bad);
    }
}

void cmd_logfile(struct mon_call *c)
{
    int ret = log_open(arg_str(c, "filename"));
    if (ret < 0) {
        call_error(c, MON_GENERIC, "%s: %s", arg_str(c, "filename"), g_strerror(-ret));
    }
}

void cmd_trace_event(struct mon_call *c)
{
    unsigned mask, found = 0;
    const char *name;
    for (unsigned i = 0; (name = log_item(i, &mask)); i++) {
        found |= g_pattern_match_simple(arg_str(c, "name"), name) ? mask : 0;
    }
    if (!found) {
        call_error(c, MON_GENERIC, "no such event '%s' (see info trace-events)",
                   arg_str(c, "name"));
        return;
    }
    log_mask = arg_bool(c, "option", true) ? log_mask | found : log_mask & ~found;
}

void info_trace_events(struct mon_call *c)
{
    unsigned mask;
    const char *name;
    for (unsigned i = 0; (name = log_item(i, &mask)); i++) {
        call_print(c, "%s : state %d\n", name, (log_mask & mask) != 0);
    }
}

/* --- accelerator --------------------------------------------------------------------------- */

void info_accel(struct mon_call *c)
{
    const struct accel_ops *ops = vcpus_ops(c->p.vcpus);
    call_print(c, "accelerator: %s (%s)\n", ops->name, ops->desc);
    vm_freeze(c->vm);
    vcpus_stats(c->p.vcpus, c->out);
    vm_thaw(c->vm);
}

void info_jit(struct mon_call *c)
{
    if (strcmp(vm_accel_name(c->vm), "tcg") != 0) {
        call_print(c, "no translation: %s executes the guest\n", vm_accel_name(c->vm));
        return;
    }
    info_accel(c);
}

void info_kvm(struct mon_call *c)
{
    bool on = strcmp(vm_accel_name(c->vm), "kvm") == 0;
    call_print(c, "kvm support: %s\n", on ? "enabled" : "disabled");
}

void cmd_accel(struct mon_call *c)
{
    const char *name = arg_str(c, "name");
    if (!name) {
        info_accel(c);
    } else {
        vm_switch_accel(c->vm, name, &c->err);
    }
}

void cmd_gdbserver(struct mon_call *c)
{
    GError *err = NULL;
    const char *spec = arg_str(c, "device");
    if (!c->mon) { /* gdb's own "monitor gdbserver": it sits on that branch */
        call_error(c, MON_GENERIC, "not from gdb itself");
        return;
    }
    if (!vm_gdbserver(c->vm, spec ? spec : "tcp::1234", &err)) {
        call_error(c, MON_GENERIC, "%s", err->message);
        g_error_free(err);
    }
}
