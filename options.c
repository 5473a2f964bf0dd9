/* SPDX-License-Identifier: MIT */
/*
 * Reads the command line into struct vm_config by the table options.def.
 */
#include "options.h"

#include <stdio.h>
#include <string.h>

#include "accel/api/accel.h"
#include "backend/char/chardev.h"
#include "core/device.h"
#include "core/fdset.h"
#include "core/log.h"
#include "core/narrate.h"
#include "core/opts.h"
#include "core/trace.h"
#include "ui/ui.h"

enum store { STRING, LIST, FLAG, CALL };

typedef bool option_call(struct vm_config *c, const char *name, const char *value, GError **err);

struct option {
    const char *name, *arg, *help;
    enum store store;
    size_t offset;
    option_call *call;
};

struct lacking {
    const char *name;
    bool has_arg;
    const char *advice;
};

static void list_add(GPtrArray *list, const char *value)
{
    g_ptr_array_add(list, g_strdup(value));
}

static bool option_enable_kvm(struct vm_config *c, const char *name, const char *value,
                              GError **err)
{
    (void)name;
    (void)value;
    (void)err;
    list_add(c->accel, "kvm");
    return true;
}

/* -compare A,B[,key=value...] is -accel compare,first=A,second=B,... without falling back. */
static bool option_compare(struct vm_config *c, const char *name, const char *value, GError **err)
{
    (void)name;
    char **parts = g_strsplit(value, ",", 3);
    bool two = parts[0] && parts[1] && *parts[0] && *parts[1];
    if (two && parts[2] && strstr(parts[2], "replay=")) {
        g_free(c->compare_replay);
        c->compare_replay = g_strdup_printf("first=%s,second=%s,%s", parts[0], parts[1], parts[2]);
    } else if (two) {
        char *spec = g_strdup_printf("compare,first=%s,second=%s,fallback=off%s%s", parts[0],
                                     parts[1], parts[2] ? "," : "", parts[2] ? parts[2] : "");
        list_add(c->accel, spec);
        g_free(spec);
    } else {
        g_set_error(err, EMU_ERROR, EMU_ERROR_CONFIG,
                    "-compare %s: which two? (interp,jit or tcg,kvm ...)", value);
    }
    g_strfreev(parts);
    return two;
}

/* -sdl and -curses. */
static bool option_display_name(struct vm_config *c, const char *name, const char *value,
                                GError **err)
{
    (void)value;
    (void)err;
    g_free(c->display);
    c->display = g_strdup(name);
    return true;
}

static bool option_monitor(struct vm_config *c, const char *name, const char *value, GError **err)
{
    (void)err;
    g_ptr_array_add(c->monitor, g_strdup_printf("%s %s", name, value));
    return true;
}

static bool option_s(struct vm_config *c, const char *name, const char *value, GError **err)
{
    (void)name;
    (void)value;
    (void)err;
    g_free(c->gdb);
    c->gdb = g_strdup("tcp::1234");
    return true;
}

static bool option_add_fd(struct vm_config *c, const char *name, const char *value, GError **err)
{
    static const char *const keys[] = { "set", "fd", "opaque", NULL };
    (void)c;
    (void)name;
    uint64_t set, fd;
    struct opts *o = opts_parse(value, NULL, err);
    bool ok = o && opts_check_keys(o, "-add-fd", keys, err) &&
              opts_get_u64(o, "set", UINT64_MAX, &set, err) &&
              opts_get_u64(o, "fd", UINT64_MAX, &fd, err);
    if (ok && (set > UINT32_MAX || fd > INT32_MAX || fd <= 2)) {
        g_set_error(err, EMU_ERROR, EMU_ERROR_CONFIG,
                    "-add-fd %s: needs set=N and fd=N of an open file above 2", value);
        ok = false;
    }
    ok = ok && fdset_add((unsigned)set, (int)fd, opts_get(o, "opaque"), err);
    opts_free(o);
    return ok;
}

static bool option_msg(struct vm_config *c, const char *name, const char *value, GError **err)
{
    static const char *const keys[] = { "timestamp", NULL };
    (void)c;
    (void)name;
    bool on = false;
    struct opts *o = opts_parse(value, NULL, err);
    bool ok = o && opts_check_keys(o, "-msg", keys, err) &&
              opts_get_bool(o, "timestamp", false, &on, err);
    if (ok) {
        log_timestamps(on);
    }
    opts_free(o);
    return ok;
}

/* A back end that makes no sound is one that we have. */
static bool option_audiodev(struct vm_config *c, const char *name, const char *value, GError **err)
{
    (void)c;
    (void)name;
    struct opts *o = opts_parse(value, "driver", err);
    bool ok = o && g_strcmp0(opts_get(o, "driver"), "none") == 0;
    if (o && !ok) {
        g_set_error(err, EMU_ERROR, EMU_ERROR_UNSUPPORTED,
                    "-audiodev %s: there is no sound yet; use driver=none or leave it out", value);
    }
    opts_free(o);
    return ok;
}

/* What has no memory of its own to lock and no processor to keep has nothing to do. */
static bool option_overcommit(struct vm_config *c, const char *name, const char *value,
                              GError **err)
{
    static const char *const keys[] = { "mem-lock", "cpu-pm", NULL };
    (void)c;
    (void)name;
    bool lock = false, pm = false;
    struct opts *o = opts_parse(value, NULL, err);
    bool ok = o && opts_check_keys(o, "-overcommit", keys, err) &&
              opts_get_bool(o, "mem-lock", false, &lock, err) &&
              opts_get_bool(o, "cpu-pm", false, &pm, err);
    if (ok && (lock || pm)) {
        g_set_error(err, EMU_ERROR, EMU_ERROR_UNSUPPORTED,
                    "-overcommit %s: emu has neither; use off", value);
        ok = false;
    }
    opts_free(o);
    return ok;
}

static bool option_ignore(struct vm_config *c, const char *name, const char *value, GError **err)
{
    (void)c;
    (void)name;
    (void)value;
    (void)err;
    return true;
}

static const struct {
    const char *name, *extra;
} short_drives[] = {
    { "hda", "if=ide,index=0,media=disk" },
    { "hdb", "if=ide,index=1,media=disk" },
    { "hdc", "if=ide,index=2,media=disk" },
    { "hdd", "if=ide,index=3,media=disk" },
    { "cdrom", "if=ide,index=2,media=cdrom" },
    { "fda", "if=floppy,index=0" },
    { "fdb", "if=floppy,index=1" },
    { "", "if=ide,index=0,media=disk" },
};

static bool option_drive(struct vm_config *c, const char *name, const char *value, GError **err)
{
    (void)err;
    struct drive_arg *d = g_new0(struct drive_arg, 1);
    d->option = *name ? g_strconcat("-", name, NULL) : g_strdup("");
    d->text = g_strdup(value);
    for (size_t i = 0; i < ARRAY_LEN(short_drives); i++) {
        if (strcmp(short_drives[i].name, name) == 0) {
            d->extra = short_drives[i].extra;
        }
    }
    g_ptr_array_add(c->drive, d);
    return true;
}

static option_call option_help, option_version;

#define FIELD_STRING(f) offsetof(struct vm_config, f), NULL
#define FIELD_LIST(f)   offsetof(struct vm_config, f), NULL
#define FIELD_FLAG(f)   offsetof(struct vm_config, f), NULL
#define FIELD_CALL(f)   0, option_##f

#define HEAD(text)                         { NULL, NULL, text, FLAG, 0, NULL },
#define OPT(name, arg, store, field, help) { name, arg, help, store, FIELD_##store(field) },
#define LACK(name, has_arg, advice)
static const struct option option_table[] = {
#include "options.def"
};
#undef HEAD
#undef OPT
#undef LACK

#define HEAD(text)
#define OPT(name, arg, store, field, help)
#define LACK(name, has_arg, advice) { name, has_arg, advice },
static const struct lacking lacking_table[] = {
#include "options.def"
};
#undef HEAD
#undef OPT
#undef LACK

static bool option_help(struct vm_config *c, const char *name, const char *value, GError **err)
{
    (void)c;
    (void)name;
    (void)value;
    (void)err;
    g_print("usage: emu [options] [disk image]\n\n"
            "Options take one or two dashes; values are those of QEMU.\n");
    for (size_t i = 0; i < ARRAY_LEN(option_table); i++) {
        const struct option *o = &option_table[i];
        if (!o->name) {
            g_print("\n%s:\n", o->help);
            continue;
        }
        char *left = g_strdup_printf("-%s %s", o->name, o->arg ? o->arg : "");
        g_print(strlen(left) > 30 ? "  %s\n  %-30s %s\n" : "  %-30.0s%-30s %s\n",
                strlen(left) > 30 ? left : "", strlen(left) > 30 ? "" : left, o->help);
        g_free(left);
    }
    return true;
}

static bool option_version(struct vm_config *c, const char *name, const char *value, GError **err)
{
    (void)c;
    (void)name;
    (void)value;
    (void)err;
    g_print("emu version " EMU_VERSION ", command line of QEMU emulator version 7.2\n");
    g_print("accelerators:");
    for (size_t i = 0; accel_list[i]; i++) {
        g_print(" %s", accel_list[i]->name);
    }
    g_print("\noptional libraries:"
#ifdef HAVE_PNG
            " libpng"
#endif
#ifdef HAVE_ZYDIS
            " Zydis"
#endif
#ifdef HAVE_SDL2
            " SDL2"
#endif
#ifdef HAVE_CURSES
            " ncurses"
#endif
#ifdef HAVE_VNC
            " LibVNCServer"
#endif
#ifdef HAVE_JANSSON
            " jansson"
#endif
            "\n");
    return true;
}

/* "-machine help" and its like: true when something was printed. */
static bool print_list(const struct option *o, const char *value)
{
    if (strcmp(value, "help") != 0 && strcmp(value, "?") != 0) {
        return false;
    }
    if (strcmp(o->name, "accel") == 0) {
        accel_print_help();
    } else if (strcmp(o->name, "machine") == 0 || strcmp(o->name, "M") == 0) {
        g_print("Supported machines are:\n"
                "pc                   PC (i440FX + PIIX3, 1996) (default)\n"
                "pc-i440fx-7.2        the same, by QEMU's name for it\n"
                "none                 nothing runs; for programs that ask questions\n");
    } else if (strcmp(o->name, "cpu") == 0) {
        x86_cpu_print_models();
    } else if (strcmp(o->name, "chardev") == 0) {
        chardev_print_kinds();
    } else if (strcmp(o->name, "d") == 0) {
        log_print_items();
        fflush(stdout);
        g_print("Devices:\n");
        narrate_print_list(narrations);
    } else if (strcmp(o->name, "trace") == 0) {
        trace_print_list();
    } else if (strcmp(o->name, "vga") == 0) {
        g_print("none                 no graphics adapter\n"
                "std                  standard VGA with Bochs VBE (default)\n");
    } else if (strcmp(o->name, "display") == 0) {
        ui_print_list();
    } else {
        return false;
    }
    return true;
}

static void print_device_list(void)
{
    for (size_t i = 0; device_classes[i]; i++) {
        const struct device_class *k = device_classes[i];
        if (k->user_creatable) {
            static const char *const buses[] = { "", ", bus ISA", ", bus PCI", ", bus IDE",
                                                 ", bus floppy-bus" };
            g_print("name \"%s\"%s%s%s%s, desc \"%s\"\n", k->name, buses[k->bus],
                    k->alias ? ", alias \"" : "", k->alias ? k->alias : "", k->alias ? "\"" : "",
                    k->desc);
        }
    }
}

static void print_device_props(const struct device_class *k)
{
    static const char *const kinds[] = { "bool",  "uint8",  "uint16", "uint32", "uint64",
                                         "int32", "size",   "str",    "enum",   "chardev",
                                         "drive", "netdev", "mac" };
    g_print("%s options:\n", k->name);
    for (const struct prop *p = k->props; p && p->name; p++) {
        g_print("  %s=<%s>%*s - %s%s%s%s\n", p->name, kinds[p->kind],
                MAX(0, 20 - (int)strlen(p->name) - (int)strlen(kinds[p->kind])), "",
                p->help ? p->help : "", p->def ? " (default: " : "", p->def ? p->def : "",
                p->def ? ")" : "");
    }
}

/* "-device help" and "-device NAME,help". */
static bool print_device_help(const char *value)
{
    if (strcmp(value, "help") == 0 || strcmp(value, "?") == 0) {
        print_device_list();
        return true;
    }
    size_t len = strcspn(value, ",");
    if (strcmp(value + len, ",help") != 0 && strcmp(value + len, ",?") != 0) {
        return false;
    }
    char *name = g_strndup(value, len);
    const struct device_class *k = device_class_find(name);
    g_free(name);
    if (k) {
        print_device_props(k);
    }
    return k != NULL;
}

static bool apply(struct vm_config *c, const struct option *o, const char *value, GError **err)
{
    switch (o->store) {
    case STRING: {
        char **field = G_STRUCT_MEMBER_P(c, o->offset);
        g_free(*field);
        *field = g_strdup(value);
        return true;
    }
    case LIST: list_add(G_STRUCT_MEMBER(GPtrArray *, c, o->offset), value); return true;
    case FLAG: G_STRUCT_MEMBER(bool, c, o->offset) = true; return true;
    default: return o->call(c, o->name, value, err);
    }
}

static const struct lacking *find_lacking(const char *name)
{
    for (size_t i = 0; i < ARRAY_LEN(lacking_table); i++) {
        if (strcmp(lacking_table[i].name, name) == 0) {
            return &lacking_table[i];
        }
    }
    return NULL;
}

static void set_unknown_error(const char *arg, const char *name, GError **err)
{
    const struct lacking *lacking = find_lacking(name);
    if (lacking) {
        g_set_error(err, EMU_ERROR, EMU_ERROR_UNSUPPORTED, "%s: %s", arg, lacking->advice);
        return;
    }
    const char *names[ARRAY_LEN(option_table) + ARRAY_LEN(lacking_table) + 1];
    size_t n = 0;
    for (size_t i = 0; i < ARRAY_LEN(option_table); i++) {
        if (option_table[i].name) {
            names[n++] = option_table[i].name;
        }
    }
    names[n] = NULL;
    const char *near = nearest_name(name, names);
    g_set_error(err, EMU_ERROR, EMU_ERROR_CONFIG, "%s: no such option%s%s%s (see emu -help)", arg,
                near ? "; did you mean '-" : "", near ? near : "", near ? "'?" : "");
}

#ifndef HAVE_JANSSON
char *options_from_json(const char *option, const char *text, GError **err)
{
    g_set_error(err, EMU_ERROR, EMU_ERROR_UNSUPPORTED,
                "-%s %s: JSON needs jansson, which was not there when emu was built; write "
                "key=value,...", option, text);
    return NULL;
}
#endif

static const struct option *find_option(const char *name)
{
    for (size_t i = 0; i < ARRAY_LEN(option_table); i++) {
        if (option_table[i].name && strcmp(option_table[i].name, name) == 0) {
            return &option_table[i];
        }
    }
    return NULL;
}

/* "-strict=LIST": an option whose value is optional and stands behind '='. */
static const struct option *find_equals(const char *name, const char **value)
{
    const char *eq = strchr(name, '=');
    char *left = eq ? g_strndup(name, (gsize)(eq - name)) : NULL;
    const struct option *o = left ? find_option(left) : NULL;
    g_free(left);
    if (!o || !o->arg || !g_str_has_prefix(o->arg, "[=")) {
        return NULL;
    }
    *value = eq + 1;
    return o;
}

enum options_result options_parse(int argc, char **argv, struct vm_config *config, GError **err)
{
    for (int i = 1; i < argc; i++) {
        const char *arg = argv[i];
        if (arg[0] != '-' || arg[1] == '\0') {
            option_drive(config, "", arg, err);
            continue;
        }
        const char *name = arg + (arg[1] == '-' ? 2 : 1);
        const char *value = NULL;
        const struct option *o = find_option(strcmp(name, "?") == 0 ? "help" : name);
        if (!o) {
            o = find_equals(name, &value);
        }
        const struct lacking *l = o ? NULL : find_lacking(name);
        if (l && config->as_qemu && vm_can_do_without(name)) {
            log_warn(NULL, "%s: %s", arg, l->advice);
            i += l->has_arg;
            continue;
        }
        if (!o) {
            set_unknown_error(arg, name, err);
            return OPTIONS_ERROR;
        }
        if (o->arg && *o->arg == '[' && o->arg[1] == '=') {
            value = value ? value : "";
        } else if (o->arg && !(value = argv[++i])) {
            g_set_error(err, EMU_ERROR, EMU_ERROR_CONFIG, "%s: needs a value: %s %s", arg, arg,
                        o->arg);
            return OPTIONS_ERROR;
        }
        if (value && (print_list(o, value) ||
                      (strcmp(o->name, "device") == 0 && print_device_help(value)))) {
            return OPTIONS_DONE;
        }
        bool json = value && *value == '{' && g_str_has_suffix(o->arg, "|JSON");
        char *text = json ? options_from_json(o->name, value, err) : NULL;
        bool ok = (!json || text) && apply(config, o, json ? text : value, err);
        g_free(text);
        if (!ok) {
            return OPTIONS_ERROR;
        }
        if (o->call == option_help || o->call == option_version) {
            return OPTIONS_DONE;
        }
    }
    return OPTIONS_RUN;
}
