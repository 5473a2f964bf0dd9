/* SPDX-License-Identifier: MIT */
/*
 * Choosing an accelerator: reads -accel values, probes, falls back to translation.
 */
#include <string.h>

#include "accel/api/accel.h"
#include "core/device.h"
#include "core/log.h"
#include "core/opts.h"

#define ACCEL(name) extern const struct accel_ops accel_##name;
#include "accel/api/accel.def"
#undef ACCEL

const struct accel_ops *const accel_list[] = {
#define ACCEL(name) &accel_##name,
#include "accel/api/accel.def"
#undef ACCEL
    NULL
};

/* Names of the field that are not built into this program, with what to say of them. */
static const struct {
    const char *name, *why;
} known_lacking[] = {
    { "kvm", "this build of emu has no KVM support" },
    { "revirt", "this build of emu has no Revirt support" },
    { "hvf", "macOS only, and emu does not run there" },
    { "whpx", "Windows only, and emu does not run there" },
    { "nvmm", "NetBSD only, and emu does not run there" },
    { "hax", "no longer developed, and emu does not speak it" },
    { "xen", "emu does not run as a Xen device model" },
    { "qtest", "emu tests devices without an accelerator of that name" },
};

static const struct accel_ops *accel_find(const char *name)
{
    for (size_t i = 0; accel_list[i]; i++) {
        if (strcmp(accel_list[i]->name, name) == 0) {
            return accel_list[i];
        }
    }
    return NULL;
}

static const char *lacking_reason(const char *name)
{
    for (size_t i = 0; i < ARRAY_LEN(known_lacking); i++) {
        if (strcmp(known_lacking[i].name, name) == 0) {
            return known_lacking[i].why;
        }
    }
    return NULL;
}

static void set_unknown_error(const char *name, GError **err)
{
    const char *names[ARRAY_LEN(accel_list) + ARRAY_LEN(known_lacking)];
    size_t n = 0;
    for (size_t i = 0; accel_list[i]; i++) {
        names[n++] = accel_list[i]->name;
    }
    names[n] = NULL;
    const char *near = nearest_name(name, names);
    g_set_error(err, EMU_ERROR, EMU_ERROR_CONFIG,
                "-accel %s: no such accelerator%s%s%s (see -accel help)", name,
                near ? "; did you mean '" : "", near ? near : "", near ? "'?" : "");
}

/* One name: true when it works and is now in *out. *why tells the reason otherwise. */
static bool try_one(const char *name, const struct opts *o, struct accel_choice *out, char **why,
                    GError **err)
{
    const struct accel_ops *ops = accel_find(name);
    if (!ops) {
        const char *lacking = lacking_reason(name);
        if (!lacking) {
            set_unknown_error(name, err);
            return false;
        }
        *why = g_strdup(lacking);
        return false;
    }
    GError *probe_err = NULL;
    memset(&out->caps, 0, sizeof out->caps);
    if (!(o && ops->probe_opts ? ops->probe_opts(o, &out->caps, &probe_err)
                               : ops->probe(&out->caps, &probe_err))) {
        *why = g_strdup(probe_err ? probe_err->message : "it cannot work here");
        g_clear_error(&probe_err);
        return false;
    }
    out->ops = ops;
    return true;
}

static bool choose_default(struct accel_choice *out, GError **err)
{
    for (size_t i = 0; accel_list[i]; i++) {
        char *why = NULL;
        const struct accel_ops *ops = accel_list[i];
        if (ops->worthwhile && !ops->worthwhile(&why)) {
            if (why && !out->note) {
                out->note = g_strdup_printf("%s (-accel %s takes it all the same)", why, ops->name);
            }
        } else if (try_one(ops->name, NULL, out, &why, err)) {
            out->tsc_khz = out->caps.tsc_khz;
            return true;
        }
        g_free(why);
    }
    g_set_error(err, EMU_ERROR, EMU_ERROR_UNSUPPORTED, "no accelerator works on this host");
    return false;
}

/* The options without those that are about choosing. */
static struct opts *own_opts(const struct opts *o)
{
    struct opts *own = opts_new();
    for (size_t i = 0; i < opts_count(o); i++) {
        const char *key = opts_key(o, i);
        if (strcmp(key, "switch-at") != 0 && strcmp(key, "fallback") != 0) {
            opts_add(own, key, opts_value(o, i));
        }
    }
    return own;
}

/* A machine that is to move there later has only what both offer, and that one's TSC. */
static void meet(struct accel_choice *out, const char *spec)
{
    char *name = g_strndup(spec, strcspn(spec, ",:"));
    const struct accel_ops *ops = accel_find(name);
    struct accel_caps caps = { 0 };
    g_free(name);
    if (!ops || ops == out->ops || !ops->probe(&caps, NULL)) {
        return;
    }
    struct x86_cpu_model *m = &out->caps.offered;
    for (size_t i = 0; i < ARRAY_LEN(m->features); i++) {
        m->features[i] &= caps.offered.features[i];
    }
    m->phys_bits = MIN(m->phys_bits, caps.offered.phys_bits);
    out->caps.max_vcpus = MIN(out->caps.max_vcpus, caps.max_vcpus);
    out->tsc_khz = out->tsc_khz ? out->tsc_khz : caps.tsc_khz;
}

/* The list's other names: where to move to later. */
static void note_list(const char *list, const struct opts *o, struct accel_choice *out)
{
    const char *at = opts_get(o, "switch-at");
    char **names = g_strsplit(list, ":", -1);
    out->tsc_khz = out->caps.tsc_khz;
    for (size_t i = 0; names[i]; i++) {
        meet(out, names[i]);
        if (accel_find(names[i]) == out->ops && names[i + 1] && !out->switch_to) {
            out->switch_to = g_strdup(names[i + 1]);
        }
    }
    g_strfreev(names);
    out->switch_at = g_strdup(at);
}

/* "kvm:tcg,key=value": the names in turn, with the options they share. */
static bool choose_from(const char *spec, bool last, struct accel_choice *out, bool *fallback,
                        GError **err)
{
    bool may = *fallback;
    struct opts *o = opts_parse(spec, "accel", err);
    if (!o) {
        return false;
    }
    const char *list = opts_get(o, "accel");
    if (!list || !opts_get_bool(o, "fallback", may, fallback, err)) {
        if (!list) {
            g_set_error(err, EMU_ERROR, EMU_ERROR_CONFIG,
                        "-accel %s: which accelerator? (see -accel help)", spec);
        }
        opts_free(o);
        return false;
    }
    char **names = g_strsplit(list, ":", -1);
    bool found = false;
    GError *fatal = NULL;
    for (size_t i = 0; names[i] && !found && !fatal; i++) {
        char *why = NULL;
        found = try_one(names[i], o, out, &why, &fatal);
        if (!found && !fatal && !*fallback) {
            g_set_error(&fatal, EMU_ERROR, EMU_ERROR_UNSUPPORTED, "-accel %s: %s", names[i], why);
        } else if (!found && !fatal) {
            log_warn(NULL, "-accel %s: %s; %s", names[i], why,
                     names[i + 1] || !last ? "trying the next" : "using tcg instead");
        }
        g_free(why);
    }
    g_strfreev(names);
    if (found) {
        note_list(list, o, out);
        out->opts = own_opts(o);
        out->fallback = *fallback;
    }
    opts_free(o);
    if (fatal) {
        g_propagate_error(err, fatal);
    }
    return found;
}

static bool check_switch(const char *spec, struct accel_choice *out, GError **err)
{
    if (!out->switch_at || out->switch_to) {
        return true;
    }
    g_set_error(err, EMU_ERROR, EMU_ERROR_CONFIG,
                "-accel %s: switch-at needs an accelerator to move to: %s:tcg, or another -accel",
                spec, out->ops->name);
    accel_choice_clear(out);
    return false;
}

bool accel_choose(const char *const *specs, size_t n, struct accel_choice *out, GError **err)
{
    memset(out, 0, sizeof *out);
    out->fallback = true;
    if (n == 0) {
        return choose_default(out, err);
    }
    for (size_t i = 0; i < n; i++) {
        bool fallback = true;
        GError *e = NULL;
        if (choose_from(specs[i], i + 1 == n, out, &fallback, &e)) {
            if (!out->switch_to && i + 1 < n) { /* -accel kvm,switch-at=... -accel tcg,mode=... */
                out->switch_to = g_strdup(specs[i + 1]);
                meet(out, specs[i + 1]);
            }
            return check_switch(specs[i], out, err);
        }
        if (e) {
            g_propagate_error(err, e);
            return false;
        }
    }
    char *why = NULL;
    bool ok = try_one("tcg", NULL, out, &why, err);
    g_free(why);
    return ok;
}

bool accel_choose_only(const char *spec, struct accel_choice *out, GError **err)
{
    bool fallback = false;
    memset(out, 0, sizeof *out);
    return choose_from(spec, true, out, &fallback, err);
}

void accel_choice_clear(struct accel_choice *c)
{
    if (c->opts) {
        opts_free(c->opts);
        c->opts = NULL;
    }
    g_clear_pointer(&c->note, g_free);
    g_clear_pointer(&c->switch_at, g_free);
    g_clear_pointer(&c->switch_to, g_free);
}

static void print_caps(const struct accel_caps *c)
{
    g_print("         up to %u vCPUs%s%s%s%s%s%s\n", c->max_vcpus,
            c->parallel_vcpus ? ", parallel" : "", c->irqchip ? ", irqchip" : "",
            c->dirty_log ? ", dirty log" : "", c->hw_breakpoints ? ", breakpoints" : "",
            c->single_step ? ", single-step" : "", c->counts_insns ? ", counts instructions" : "");
    GString *lacks = g_string_new(NULL);
    x86_cpu_model_lacks(&c->offered, lacks);
    if (lacks->len) {
        g_print("         guests have no %s: this host doesn't\n", lacks->str);
    }
    g_string_free(lacks, TRUE);
}

void accel_print_help(void)
{
    g_print("Accelerators supported by this emu, best first:\n");
    for (size_t i = 0; accel_list[i]; i++) {
        const struct accel_ops *ops = accel_list[i];
        struct accel_caps caps = { 0 };
        GError *e = NULL;
        bool ok = ops->probe(&caps, &e);
        g_print("%s\n", ops->name);
        g_print("         %s: %s\n", ops->desc,
                ok  ? "works here"
                : e ? e->message
                    : "does not work here");
        g_clear_error(&e);
        if (ok) {
            print_caps(&caps);
        }
    }
}
