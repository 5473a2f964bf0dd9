/* SPDX-License-Identifier: MIT */
/*
 * Which UIs run: what -display and -vnc name, or the best one that suits.
 */
#include "ui/ui.h"

#include <string.h>

#include "core/console.h"
#include "core/device.h"
#include "core/log.h"
#include "core/opts.h"
#include "os/os.h"

/* Whether a window system is there; the module's open says whether it answers. */
static bool have_window_system(const struct ui_params *p)
{
    const char *x = g_getenv("DISPLAY"), *wayland = g_getenv("WAYLAND_DISPLAY");
    const char *driver = g_getenv("SDL_VIDEODRIVER");
    (void)p;
    return (x && *x) || (wayland && *wayland) || (driver && *driver);
}

static bool have_terminal(const struct ui_params *p)
{
    const char *term = g_getenv("TERM");
    return p->terminal_free && os_is_tty(0) && os_is_tty(1) && term && strcmp(term, "dumb") != 0;
}

static const struct kind {
    const char *name;
    const char *module; /* NULL: not built */
    const char *ops;    /* in the module */
    const char *needs;
    /* Taken by itself when nobody names a display and this says yes; NULL: only when named. */
    bool (*suits)(const struct ui_params *p);
} kinds[] = {
#define UI(n, module, suits)      { #n, #module, "ui_" #n, NULL, suits },
#define UI_ABSENT(n, what, suits) { #n, NULL, NULL, what, suits },
#include "ui/ui.def"
#undef UI
#undef UI_ABSENT
};

struct ui {
    const struct ui_ops *ops;
    void *state;
};

struct ui_set {
    GArray *open; /* struct ui */
};

static const struct kind *find_kind(const char *name)
{
    for (size_t i = 0; i < ARRAY_LEN(kinds); i++) {
        if (strcmp(kinds[i].name, name) == 0) {
            return &kinds[i];
        }
    }
    return NULL;
}

/* NULL: the error says which library or file is missing. */
static const struct ui_ops *ops_of(const struct kind *k, GError **err)
{
    if (!k->module) {
        g_set_error(err, EMU_ERROR, EMU_ERROR_HOST, "this emu was built without %s", k->needs);
        return NULL;
    }
    return module_get(k->module, k->ops, err);
}

static void set_unknown(const char *name, GError **err)
{
    static const char *const theirs[] = { "gtk", "cocoa", "dbus", "egl-headless", "spice-app" };
    for (size_t i = 0; i < ARRAY_LEN(theirs); i++) {
        if (strcmp(theirs[i], name) == 0) {
            g_set_error(err, EMU_ERROR, EMU_ERROR_UNSUPPORTED,
                        "-display %s: emu has no such display; use -display sdl", name);
            return;
        }
    }
    static const char *const ours[] = { "sdl", "curses", "vnc", "none", NULL };
    const char *near = nearest_name(name, ours);
    g_set_error(err, EMU_ERROR, EMU_ERROR_CONFIG,
                "-display %s: there is no such display%s%s%s (see -display help)", name,
                near ? "; did you mean '" : "", near ? near : "", near ? "'?" : "");
}

/* "sdl,key=value" or "vnc=:0,key=value" into kind and options; *kind is NULL for "none". */
static struct opts *parse(const char *option, const char *text, const struct kind **kind,
                          GError **err)
{
    bool vnc = strcmp(option, "-vnc") == 0 || g_str_has_prefix(text, "vnc=");
    const char *list = g_str_has_prefix(text, "vnc=") ? text + 4 : text;
    struct opts *o = opts_parse(list, vnc ? "address" : "type", err);
    if (!o) {
        g_prefix_error(err, "%s: ", option);
        return NULL;
    }
    const char *name = vnc ? "vnc" : opts_get(o, "type");
    *kind = name ? find_kind(name) : NULL;
    const char *address = opts_get(o, "address");
    bool none = (name && strcmp(name, "none") == 0) || (address && strcmp(address, "none") == 0);
    bool ok = true;
    if (none) {
        *kind = NULL;
    } else if (!*kind) {
        set_unknown(name ? name : text, err);
        ok = false;
    } else {
        const struct ui_ops *ops = ops_of(*kind, NULL);
        ok = !ops || opts_check_keys(o, option, ops->keys, err);
    }
    if (!ok) {
        g_clear_pointer(&o, opts_free);
    }
    return o;
}

static bool check(const char *option, const char *text, GError **err)
{
    const struct kind *kind;
    struct opts *o = text ? parse(option, text, &kind, err) : NULL;
    bool ok = !text || o;
    g_clear_pointer(&o, opts_free);
    return ok;
}

bool ui_check(const char *display, const char *vnc, GError **err)
{
    return check("-display", display, err) && check("-vnc", vnc, err);
}

static bool add(struct ui_set *set, const struct ui_params *p, const struct kind *kind,
                const struct opts *o, GError **err)
{
    const struct ui_ops *ops = ops_of(kind, err);
    struct ui ui = { ops, ops ? ops->open(p, o, err) : NULL };
    if (ui.state) {
        g_array_append_val(set->open, ui);
    }
    return ui.state != NULL;
}

/* The first that suits, beginning behind `after`. */
static void open_next_best(struct ui_set *set, const struct ui_params *p, const struct kind *after)
{
    struct opts *none = opts_new();
    size_t i = after ? (size_t)(after - kinds) + 1 : 0;
    for (bool done = false; i < ARRAY_LEN(kinds) && !done; i++) {
        GError *err = NULL;
        if (kinds[i].suits && kinds[i].suits(p)) {
            done = add(set, p, &kinds[i], none, &err);
            if (!done) {
                log_warn(NULL, "-display %s: %s", kinds[i].name, err->message);
                g_error_free(err);
            }
        }
    }
    opts_free(none);
    if (set->open->len == 0 && p->unseen) {
        log_info(NULL, "there is no display here, the guest runs unseen; see it with -nographic "
                       "(serial port), -display curses or -vnc :0");
    }
}

/* What the user named. A missing library or display is not the user's error; a bad value is. */
static bool open_named(struct ui_set *set, const struct ui_params *p, const char *option,
                       const char *text, GError **err)
{
    const struct kind *kind;
    struct opts *o = parse(option, text, &kind, err);
    if (!o) {
        return false;
    }
    GError *why = NULL;
    bool ok = !kind || add(set, p, kind, o, &why);
    opts_free(o);
    /* A port that is taken is the user's to know; a library that is not there is not. */
    bool absent = !ok && g_error_matches(why, EMU_ERROR, EMU_ERROR_HOST) &&
                  (kind->suits || !ops_of(kind, NULL));
    if (absent) {
        log_warn(NULL, "%s %s: %s", option, text, why->message);
        g_error_free(why);
        open_next_best(set, p, kind);
    } else if (!ok) {
        g_propagate_prefixed_error(err, why, "%s %s: ", option, text);
    }
    return ok || absent;
}

struct ui_set *ui_open(const struct ui_params *p, const char *display, const char *vnc,
                       GError **err)
{
    struct ui_set *set = g_new0(struct ui_set, 1);
    set->open = g_array_new(FALSE, TRUE, sizeof(struct ui));
    bool ok = !vnc || open_named(set, p, "-vnc", vnc, err);
    if (ok && display) {
        ok = open_named(set, p, "-display", display, err);
    } else if (ok && !vnc) {
        open_next_best(set, p, NULL);
    }
    if (!ok) {
        g_clear_pointer(&set, ui_close);
    }
    return set;
}

void ui_close(struct ui_set *set)
{
    if (!set) {
        return;
    }
    for (guint i = set->open->len; i-- > 0;) {
        struct ui *ui = &g_array_index(set->open, struct ui, i);
        ui->ops->close(ui->state);
    }
    g_array_free(set->open, TRUE);
    g_free(set);
}

static struct ui *find_server(struct ui_set *set)
{
    for (guint i = 0; set && i < set->open->len; i++) {
        struct ui *ui = &g_array_index(set->open, struct ui, i);
        if (ui->ops->describe) {
            return ui;
        }
    }
    return NULL;
}

static struct ui *need_server(struct ui_set *set, GError **err)
{
    struct ui *ui = find_server(set);
    if (!ui) {
        g_set_error(err, EMU_ERROR, EMU_ERROR_CONFIG,
                    "there is no VNC server; start emu with -vnc");
    }
    return ui;
}

bool ui_server_describe(struct ui_set *set, struct ui_server *s)
{
    struct ui *ui = find_server(set);
    if (ui) {
        ui->ops->describe(ui->state, s);
    }
    return ui != NULL;
}

bool ui_server_password(struct ui_set *set, const char *text, GError **err)
{
    struct ui *ui = need_server(set, err);
    return ui && ui->ops->set_password(ui->state, text, err);
}

bool ui_server_expire(struct ui_set *set, int64_t seconds, GError **err)
{
    struct ui *ui = need_server(set, err);
    if (ui) {
        ui->ops->set_expiry(ui->state, seconds);
    }
    return ui != NULL;
}

void ui_server_clear(struct ui_server *s)
{
    g_free(s->host);
    g_free(s->service);
    g_clear_pointer(&s->clients, g_ptr_array_unref);
}

void ui_print_list(void)
{
    GString *lacking = g_string_new(NULL);
    g_print("Available display types:\n");
    for (size_t i = 0; i < ARRAY_LEN(kinds); i++) {
        GError *err = NULL;
        const struct ui_ops *ops = ops_of(&kinds[i], &err);
        if (ops) {
            g_print("%-10s %s\n", kinds[i].name, ops->desc);
        } else {
            g_string_append_printf(lacking, "Not here: %s, %s\n", kinds[i].name, err->message);
            g_error_free(err);
        }
    }
    g_print("%-10s %s\n%s", "none", "no display; screenshots work", lacking->str);
    g_string_free(lacking, TRUE);
}

char *ui_title(const struct ui_params *p, unsigned console, const char *extra)
{
    char *status = p->status(p->opaque);
    bool other = console > 0 && console < p->consoles->n;
    char *title = g_strdup_printf("emu%s%s (%s)%s%s%s", p->name ? " \xe2\x80\x94 " : "",
                                  p->name ? p->name : "", status, other ? " - " : "",
                                  other ? p->consoles->at[console].name : "", extra);
    g_free(status);
    return title;
}
