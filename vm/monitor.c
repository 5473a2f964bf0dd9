/* SPDX-License-Identifier: MIT */
/*
 * -monitor, -qmp, -qmp-pretty, -mon and "mon:" of serial ports: which monitors there are and on
 * which character back ends. The back ends are made before the board, the monitors after it, so
 * that on a mux the guest's port has the keyboard first.
 */
#include <string.h>

#include "core/device.h"
#include "core/opts.h"
#include "vm/vm_int.h"

struct plan {
    struct chardev *chardev;
    enum monitor_mode mode;
};

static void add(struct vm *vm, struct chardev *c, enum monitor_mode mode)
{
    if (c) {
        struct plan p = { .chardev = c, .mode = mode };
        g_array_append_val(vm->monitor_plan, p);
    }
}

static bool add_spec(struct vm *vm, const char *option, const char *spec, enum monitor_mode mode,
                     GError **err)
{
    char id[32];
    g_snprintf(id, sizeof id, "compat_monitor%u", vm->monitor_plan->len);
    GError *e = NULL;
    struct chardev *c = chardev_set_add_legacy(vm->chardevs, id, spec, &e);
    if (e) {
        g_propagate_prefixed_error(err, e, "-%s %s: ", option, spec);
        return false;
    }
    add(vm, c, mode);
    return true;
}

static bool add_mon(struct vm *vm, const char *text, GError **err)
{
    static const char *const keys[] = { "chardev", "mode", "pretty", "default", "id", NULL };
    struct opts *o = opts_parse(text, "chardev", err);
    bool pretty = false, ok = o && opts_check_keys(o, "-mon", keys, err) &&
                              opts_get_bool(o, "pretty", false, &pretty, err);
    if (ok) {
        const char *id = opts_get(o, "chardev"), *mode = opts_get(o, "mode");
        struct chardev *c = id ? chardev_set_find(vm->chardevs, id) : NULL;
        bool control = mode && strcmp(mode, "control") == 0;
        ok = false;
        if (!c) {
            g_set_error(err, EMU_ERROR, EMU_ERROR_CONFIG,
                        "-mon %s: there is no -chardev with id=%s", text, id ? id : "(none)");
        } else if (mode && !control && strcmp(mode, "readline") != 0) {
            g_set_error(err, EMU_ERROR, EMU_ERROR_CONFIG, "-mon mode=%s: readline or control",
                        mode);
        } else {
            add(vm, c,
                !control ? MONITOR_READLINE : pretty ? MONITOR_CONTROL_PRETTY : MONITOR_CONTROL);
            ok = true;
        }
    }
    opts_free(o);
    return ok;
}

/* The serial ports that "mon:" shares with a monitor; the first one only, as in QEMU. */
static bool add_shared(struct vm *vm)
{
    const struct vm_config *c = vm->config;
    for (guint i = 0; i < c->serial->len; i++) {
        if (g_str_has_prefix(g_ptr_array_index(c->serial, i), "mon:")) {
            add(vm, vm->pc_config.serial[i], MONITOR_READLINE);
            return true;
        }
    }
    return false;
}

bool setup_monitors(struct vm *vm, GError **err)
{
    const struct vm_config *c = vm->config;
    vm->monitor_plan = g_array_new(FALSE, FALSE, sizeof(struct plan));
    bool shared = add_shared(vm);
    for (guint i = 0; i < c->monitor->len; i++) {
        /* "option value", see options.c */
        const char *text = g_ptr_array_index(c->monitor, i), *value = strchr(text, ' ') + 1;
        char *option = g_strndup(text, (gsize)(value - text) - 1);
        bool ok = strcmp(option, "mon") == 0 ? add_mon(vm, value, err)
                  : strcmp(option, "monitor") == 0
                      ? add_spec(vm, option, value, MONITOR_READLINE, err)
                  : strcmp(option, "qmp") == 0
                      ? add_spec(vm, option, value, MONITOR_CONTROL, err)
                      : add_spec(vm, option, value, MONITOR_CONTROL_PRETTY, err);
        g_free(option);
        if (!ok) {
            return false;
        }
    }
    if (shared || c->monitor->len || c->nodefaults) {
        return true;
    }
    if (!c->nographic) {
        return !vm_shows_consoles(c) || add_spec(vm, "monitor", "vc", MONITOR_READLINE, err);
    }
    /* -nographic: on the terminal, beside the serial port if that is there too. */
    if (c->serial->len == 0) {
        add(vm, vm->pc_config.serial[0], MONITOR_READLINE);
        return true;
    }
    return chardev_set_stdio_taken(vm->chardevs) ||
           add_spec(vm, "monitor", "stdio", MONITOR_READLINE, err);
}

bool start_monitors(struct vm *vm, GError **err)
{
    vm->monitors = monitor_set_new(vm);
    for (guint i = 0; i < vm->monitor_plan->len; i++) {
        const struct plan *p = &g_array_index(vm->monitor_plan, struct plan, i);
        if (!monitor_add(vm->monitors, p->chardev, p->mode, err)) {
            return false;
        }
    }
    return true;
}

void free_monitors(struct vm *vm)
{
    monitor_set_free(vm->monitors);
    if (vm->monitor_plan) {
        g_array_unref(vm->monitor_plan);
    }
}
