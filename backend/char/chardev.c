/* SPDX-License-Identifier: MIT */
/*
 * The registry of character back ends, their creation, and what all kinds share.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "backend/char/chardev_int.h"
#include "core/device.h"
#include "core/fdset.h"
#include "core/log.h"
#include "os/os.h"

/* How long the way out, or a debug port, waits for a host that does not take bytes. */
#define FLUSH_NS     (3 * NS_PER_SEC)
#define WRITE_ALL_NS (3 * NS_PER_SEC)

struct chardev_set {
    struct loop *loop;
    GPtrArray *all; /* struct chardev, the ones that users name */
    struct chardev *stdio_owner;
    void (*quit)(void *opaque);
    void *quit_opaque;
    struct consoles *consoles;
};

static const struct chardev_kind *const kinds[] = {
    &chardev_kind_null, &chardev_kind_stdio,  &chardev_kind_file, &chardev_kind_pipe,
    &chardev_kind_pty,  &chardev_kind_socket, &chardev_kind_ringbuf, &chardev_kind_vc,
};

/* QEMU's kinds that we have no equal of yet, with what to use instead. */
static const char *const lacking[][2] = {
    { "udp", "use socket (TCP or UNIX)" },
    { "msmouse", "use the PS/2 mouse" },
    { "wctablet", "use the PS/2 mouse" },
    { "braille", "use file or socket" },
    { "serial", "use pipe or socket, with socat between it and the host's port" },
    { "parallel", "use file" },
    { "parport", "use file" },
    { "tty", "use stdio or pty" },
    { "console", "use stdio" },
    { "spicevmc", "use socket" },
    { "spiceport", "use socket" },
    { "hub", "use mux=on" },
    { "dbus", "use socket" },
};

/* --- front ends --------------------------------------------------------------------------- */

int chardev_connect(struct chardev *c, const struct chardev_frontend *fe)
{
    if (!c) {
        return 0;
    }
    if (c->kind == &chardev_kind_mux) {
        return chardev_mux_connect(c, fe);
    }
    if (c->connected) {
        return -EBUSY;
    }
    c->fe = *fe;
    c->connected = true;
    if (c->open) {
        chardev_send_event(c, CHARDEV_OPENED);
    }
    chardev_accept_input(c);
    return 0;
}

void chardev_disconnect(struct chardev *c, void *frontend_opaque)
{
    if (!c) {
        return;
    }
    if (c->kind == &chardev_kind_mux) {
        chardev_mux_disconnect(c, frontend_opaque);
    } else if (c->connected && c->fe.opaque == frontend_opaque) {
        c->connected = false;
        c->want_send = false;
        chardev_accept_input(c);
    }
}

/* A copy for logfile=, in whole: a regular file takes all or has an error. */
static void copy_to_log(struct chardev *c, const uint8_t *buf, size_t len)
{
    while (len > 0 && c->log_fd >= 0) {
        int n = os_write(c->log_fd, buf, len);
        if (n <= 0) {
            log_warn(c->id, "logfile: %s; it ends here", strerror(n < 0 ? -n : EIO));
            os_close(c->log_fd);
            c->log_fd = -1;
            return;
        }
        buf += n;
        len -= (size_t)n;
    }
}

size_t chardev_write(struct chardev *c, const uint8_t *buf, size_t len)
{
    if (!c || len == 0) {
        return len;
    }
    size_t n = c->kind->write(c, buf, len);
    c->want_send = n < len;
    copy_to_log(c, buf, n);
    if (c->on_output && n) {
        c->on_output(c->on_output_opaque, buf, n);
    }
    return n;
}

void chardev_on_output(struct chardev *c, void (*fn)(void *opaque, const uint8_t *buf, size_t len),
                       void *opaque)
{
    c->on_output = fn;
    c->on_output_opaque = opaque;
}

void chardev_write_all(struct chardev *c, const uint8_t *buf, size_t len)
{
    if (!c || len == 0) {
        return;
    }
    size_t n = chardev_write(c, buf, len);
    if (n < len) {
        int64_t deadline = os_clock_ns() + WRITE_ALL_NS;
        while (n < len && c->kind->flush && c->kind->flush(c, deadline)) {
            n += chardev_write(c, buf + n, len - n);
        }
        c->want_send = false;
    }
}

void chardev_accept_input(struct chardev *c)
{
    if (c && c->kind->accept_input) {
        c->kind->accept_input(c);
    }
}

void chardev_discard_output(struct chardev *c)
{
    if (c && c->kind != &chardev_kind_mux) { /* the others on a mux may want it */
        g_byte_array_set_size(c->out, 0);
        c->out_off = 0;
    }
}

void chardev_flush(struct chardev *c)
{
    if (c && c->kind->flush && !c->kind->flush(c, os_clock_ns() + FLUSH_NS)) {
        log_warn(c->id, "the reader does not take the rest of the output");
    }
}

void chardev_discard(struct chardev *c)
{
    if (c && c->out) {
        g_byte_array_set_size(c->out, 0);
        c->out_off = 0;
    }
}

const char *chardev_id(const struct chardev *c)
{
    return c ? c->id : "none";
}

bool chardev_is_mux(const struct chardev *c)
{
    return c && c->kind == &chardev_kind_mux;
}

void chardev_send_event(struct chardev *c, enum chardev_event ev)
{
    if (c->connected && c->fe.event) {
        c->fe.event(c->fe.opaque, ev);
    }
}

/* --- the set ------------------------------------------------------------------------------ */

struct chardev_set *chardev_set_new(struct loop *loop)
{
    struct chardev_set *s = g_new0(struct chardev_set, 1);
    s->loop = loop;
    s->all = g_ptr_array_new();
    os_ignore_sigpipe(); /* a reader that goes away is an error code, not our end */
    return s;
}

void chardev_destroy(struct chardev *c)
{
    if (c->kind->close) {
        c->kind->close(c);
    }
    if (c->set->stdio_owner == c) {
        os_tty_restore();
        c->set->stdio_owner = NULL;
    }
    os_close(c->log_fd);
    g_byte_array_free(c->out, TRUE);
    g_byte_array_free(c->in, TRUE);
    g_free(c->id);
    g_free(c);
}

void chardev_set_free(struct chardev_set *s)
{
    if (!s) {
        return;
    }
    chardev_set_flush_all(s);
    for (guint i = 0; i < s->all->len; i++) {
        struct chardev *c = g_ptr_array_index(s->all, i);
        c->connected = false;
        chardev_destroy(c);
    }
    g_ptr_array_free(s->all, TRUE);
    g_free(s);
}

void chardev_set_flush_all(struct chardev_set *s)
{
    for (guint i = 0; i < s->all->len; i++) {
        chardev_flush(g_ptr_array_index(s->all, i));
    }
}

bool chardev_set_stdio_taken(const struct chardev_set *s)
{
    return s->stdio_owner != NULL;
}

void chardev_set_foreach(struct chardev_set *s,
                         void (*fn)(void *arg, const char *id, const char *kind, bool open,
                                    const char *info),
                         void *arg)
{
    for (guint i = 0; i < s->all->len; i++) {
        const struct chardev *c = g_ptr_array_index(s->all, i);
        const struct chardev *end = c->kind == &chardev_kind_mux ? chardev_mux_base(c) : c;
        bool waits = end->kind == &chardev_kind_socket || end->kind == &chardev_kind_pty;
        fn(arg, c->id, end->kind->name, end->open || !waits,
           c == end ? NULL : "mux");
    }
}

void chardev_set_on_quit(struct chardev_set *s, void (*quit)(void *opaque), void *opaque)
{
    s->quit = quit;
    s->quit_opaque = opaque;
}

void chardev_set_quit(struct chardev_set *s)
{
    if (s->quit) {
        s->quit(s->quit_opaque);
    }
}

bool chardev_claim_stdio(struct chardev *c, GError **err)
{
    if (c->set->stdio_owner) {
        g_set_error(err, EMU_ERROR, EMU_ERROR_CONFIG,
                    "chardev '%s': the terminal is in use by '%s' already; only one can have it "
                    "(mux=on or mon:stdio lets several share it)",
                    c->id, c->set->stdio_owner->id);
        return false;
    }
    c->set->stdio_owner = c;
    return true;
}

struct chardev *chardev_set_find(struct chardev_set *s, const char *id)
{
    for (guint i = 0; i < s->all->len; i++) {
        struct chardev *c = g_ptr_array_index(s->all, i);
        if (strcmp(c->id, id) == 0) {
            return c;
        }
    }
    return NULL;
}

/* --- creation ----------------------------------------------------------------------------- */

static bool open_log(struct chardev *c, const struct opts *o, GError **err)
{
    bool append;
    const char *path = opts_get(o, "logfile");
    if (!opts_get_bool(o, "logappend", false, &append, err)) {
        return false;
    }
    if (!path || !*path) {
        return true;
    }
    c->log_fd = fdset_open(path, OS_OPEN_WRITE | OS_OPEN_CREATE |
                                  (append ? OS_OPEN_APPEND : OS_OPEN_TRUNCATE));
    if (c->log_fd < 0) {
        g_set_error(err, EMU_ERROR, EMU_ERROR_HOST, "chardev '%s': logfile '%s': %s", c->id, path,
                    strerror(-c->log_fd));
        return false;
    }
    return true;
}

struct chardev *chardev_create(struct chardev_set *s, const struct chardev_kind *kind,
                               const char *id, const struct opts *o, GError **err)
{
    struct chardev *c = g_new0(struct chardev, 1);
    c->kind = kind;
    c->id = g_strdup(id);
    c->set = s;
    c->loop = s->loop;
    c->log_fd = c->rfd = c->wfd = -1;
    c->out = g_byte_array_new();
    c->in = g_byte_array_new();
    if (o && (!open_log(c, o, err) || (kind->open && !kind->open(c, o, err)))) {
        chardev_destroy(c);
        return NULL;
    }
    return c;
}

static const struct chardev_kind *find_kind(const char *name, GError **err)
{
    const char *names[ARRAY_LEN(kinds) + 1] = { NULL };
    for (size_t i = 0; i < ARRAY_LEN(kinds); i++) {
        names[i] = kinds[i]->name;
        if (strcmp(name, kinds[i]->name) == 0 ||
            (kinds[i]->alias && strcmp(name, kinds[i]->alias) == 0)) {
            return kinds[i];
        }
    }
    for (size_t i = 0; i < ARRAY_LEN(lacking); i++) {
        if (strcmp(name, lacking[i][0]) == 0) {
            g_set_error(err, EMU_ERROR, EMU_ERROR_UNSUPPORTED,
                        "-chardev %s: emu has no such back end; %s", name, lacking[i][1]);
            return NULL;
        }
    }
    const char *near = nearest_name(name, names);
    g_set_error(err, EMU_ERROR, EMU_ERROR_CONFIG, "-chardev %s: unknown kind%s%s%s", name,
                near ? "; did you mean '" : "; -chardev help lists them", near ? near : "",
                near ? "'?" : "");
    return NULL;
}

static bool check_keys(const struct chardev_kind *kind, const struct opts *o, GError **err)
{
    static const char *const common[] = { "id", "mux", "logfile", "logappend", "backend" };
    GPtrArray *known = g_ptr_array_new();
    for (size_t i = 0; i < ARRAY_LEN(common); i++) {
        g_ptr_array_add(known, (char *)(uintptr_t)common[i]);
    }
    for (size_t i = 0; kind->keys && kind->keys[i]; i++) {
        g_ptr_array_add(known, (char *)(uintptr_t)kind->keys[i]);
    }
    g_ptr_array_add(known, NULL);
    char *what = g_strdup_printf("-chardev %s", kind->name);
    bool ok = opts_check_keys(o, what, (const char *const *)known->pdata, err);
    g_free(what);
    g_ptr_array_free(known, TRUE);
    return ok;
}

struct chardev *chardev_set_add(struct chardev_set *s, const char *kind_name, const struct opts *o,
                                GError **err)
{
    bool mux;
    const struct chardev_kind *kind = find_kind(kind_name, err);
    const char *id = opts_get(o, "id");
    if (!kind || !check_keys(kind, o, err) || !opts_get_bool(o, "mux", false, &mux, err)) {
        return NULL;
    }
    if (!id || !*id) {
        g_set_error(err, EMU_ERROR, EMU_ERROR_CONFIG, "-chardev %s: give it a name with id=",
                    kind_name);
        return NULL;
    }
    if (chardev_set_find(s, id)) {
        g_set_error(err, EMU_ERROR, EMU_ERROR_CONFIG, "-chardev %s: there are two with id=%s",
                    kind_name, id);
        return NULL;
    }
    struct chardev *c = chardev_create(s, kind, id, o, err);
    if (c && mux) {
        c = chardev_mux_new(c);
    }
    if (c) {
        g_ptr_array_add(s->all, c);
    }
    return c;
}

/* "unix:PATH,server" and the like: the address before the first comma, options after it. */
static bool legacy_address(struct opts *o, const char *kind, const char *address, GError **err)
{
    if (strcmp(kind, "unix") == 0) {
        opts_add(o, "path", address);
        return true;
    }
    const char *colon = strrchr(address, ':');
    if (!colon || !colon[1]) {
        g_set_error(err, EMU_ERROR, EMU_ERROR_CONFIG, "'%s:%s': write %s:HOST:PORT", kind, address,
                    kind);
        return false;
    }
    size_t len = (size_t)(colon - address);
    bool brackets = len >= 2 && address[0] == '[' && address[len - 1] == ']'; /* IPv6 */
    char *host = brackets ? g_strndup(address + 1, len - 2) : g_strndup(address, len);
    opts_add(o, "host", host);
    opts_add(o, "port", colon + 1);
    if (strcmp(kind, "telnet") == 0) {
        opts_add(o, "telnet", "on");
    }
    g_free(host);
    return true;
}

static const struct legacy {
    const char *prefix; /* up to and with the colon, or the whole word */
    const char *kind;
    const char *implied; /* key of the text behind the colon; NULL: none, "": an address */
} legacy[] = {
    { "null", "null", NULL },       { "stdio", "stdio", NULL },
    { "pty", "pty", NULL },         { "file:", "file", "path" },
    { "pipe:", "pipe", "path" },    { "ringbuf", "ringbuf", NULL },
    { "unix:", "socket", "" },      { "tcp:", "socket", "" },
    { "telnet:", "socket", "" },    { "vc:", "vc", "size" },
    { "vc", "vc", NULL },
};

/* Fills `o` from the text after the kind's name. */
static bool legacy_options(struct opts *o, const struct legacy *l, const char *rest, GError **err)
{
    const char *implied = l->implied && *l->implied ? l->implied : "address";
    struct opts *parsed = opts_parse(rest, l->implied ? implied : NULL, err);
    bool ok = parsed != NULL;
    for (size_t i = 0; ok && i < opts_count(parsed); i++) {
        const char *key = opts_key(parsed, i), *value = opts_value(parsed, i);
        if (i == 0 && l->implied && !*l->implied && strcmp(key, "address") == 0) {
            char *kind = g_strndup(l->prefix, strlen(l->prefix) - 1);
            ok = legacy_address(o, kind, value, err);
            g_free(kind);
        } else {
            opts_add(o, key, value);
        }
    }
    opts_free(parsed);
    return ok;
}

static const char *match_legacy(const struct legacy *l, const char *spec)
{
    size_t n = strlen(l->prefix);
    if (strncmp(spec, l->prefix, n) != 0) {
        return NULL;
    }
    if (l->prefix[n - 1] == ':') {
        return spec + n;
    }
    return spec[n] == '\0' ? spec + n : spec[n] == ',' ? spec + n + 1 : NULL;
}

static struct chardev *add_legacy_kind(struct chardev_set *s, const char *id, const char *spec,
                                       bool monitor, GError **err)
{
    for (size_t i = 0; i < ARRAY_LEN(legacy); i++) {
        const char *rest = match_legacy(&legacy[i], spec);
        if (!rest) {
            continue;
        }
        struct opts *o = opts_new();
        struct chardev *c = NULL;
        opts_add(o, "id", id);
        if (monitor) {
            opts_add(o, "mux", "on");
            if (strcmp(legacy[i].kind, "stdio") == 0) {
                opts_add(o, "signal", "off"); /* Ctrl-C is for the guest; Ctrl-A x quits */
            }
        }
        if (legacy_options(o, &legacy[i], rest, err)) {
            c = chardev_set_add(s, legacy[i].kind, o, err);
        }
        opts_free(o);
        return c;
    }
    /* A kind of -chardev that this list knows nothing of, or nonsense: the same message. */
    size_t word = strcspn(spec, ":,");
    char *name = g_strndup(spec, word);
    if (find_kind(name, err)) {
        g_set_error(err, EMU_ERROR, EMU_ERROR_CONFIG, "'%s': use -chardev %s,id=NAME,... and "
                    "chardev:NAME here", spec, name);
    }
    g_free(name);
    return NULL;
}

struct chardev *chardev_set_add_legacy(struct chardev_set *s, const char *id, const char *spec,
                                       GError **err)
{
    if (strcmp(spec, "none") == 0) {
        return NULL;
    }
    if (g_str_has_prefix(spec, "chardev:")) {
        struct chardev *c = chardev_set_find(s, spec + strlen("chardev:"));
        if (!c) {
            g_set_error(err, EMU_ERROR, EMU_ERROR_CONFIG, "'%s': there is no -chardev with id=%s",
                        spec, spec + strlen("chardev:"));
        }
        return c;
    }
    bool monitor = g_str_has_prefix(spec, "mon:");
    return add_legacy_kind(s, id, monitor ? spec + 4 : spec, monitor, err);
}

void chardev_set_consoles(struct chardev_set *s, struct consoles *consoles)
{
    s->consoles = consoles;
}

struct consoles *chardev_consoles(const struct chardev_set *s)
{
    return s->consoles;
}

void chardev_print_kinds(void)
{
    puts("Character back ends:");
    for (size_t i = 0; i < ARRAY_LEN(kinds); i++) {
        printf("  %-8s %s\n", kinds[i]->name, kinds[i]->help);
    }
    puts("All take id=NAME, mux=on|off, logfile=FILE and logappend=on|off.");
}
