/* SPDX-License-Identifier: MIT */
/*
 * The monitor for people: a line is a command of commands.def, its arguments follow as the table
 * says. The prompt is QEMU's, because programs wait for it.
 */
#include <string.h>

#include "backend/char/chardev.h"
#include "core/opts.h"
#include "monitor/commands.h"
#include "monitor/readline.h"

#define PROMPT "(qemu) "

struct hmp {
    struct readline *rl;
    bool greeted;
    void (*asked)(struct mon_call *c, const char *answer); /* NULL: a command is expected */
    GString *answer;
};

/* --- a line -------------------------------------------------------------------------------- */

static void blanks(const char **p)
{
    while (**p == ' ' || **p == '\t') {
        ++*p;
    }
}

/* A word, or text in double quotes with \" and \\ inside. NULL: none is left. g_free. */
static char *take_word(struct mon_call *c, const char **p)
{
    blanks(p);
    if (**p == '\0') {
        return NULL;
    }
    GString *w = g_string_new(NULL);
    if (**p != '"') {
        while (**p && **p != ' ' && **p != '\t') {
            g_string_append_c(w, *(*p)++);
        }
        return g_string_free(w, FALSE);
    }
    for (++*p; **p && **p != '"'; ++*p) {
        if (**p == '\\' && (*p)[1]) {
            ++*p;
        }
        g_string_append_c(w, **p == 'n' && (*p)[-1] == '\\' ? '\n' : **p);
    }
    if (**p == '"') {
        ++*p;
    } else {
        call_error(c, MON_GENERIC, "unterminated string");
    }
    return g_string_free(w, FALSE);
}

static void take_flags(struct mon_call *c, const char **p)
{
    for (;;) {
        struct mon_arg *found = NULL;
        blanks(p);
        if ((*p)[0] != '-' || !g_ascii_isalpha((*p)[1]) ||
            ((*p)[2] && (*p)[2] != ' ' && (*p)[2] != '\t')) {
            return;
        }
        for (unsigned i = 0; i < c->n; i++) {
            if (c->arg[i].type == MON_FLAG && c->arg[i].name[0] == (*p)[1]) {
                found = &c->arg[i];
            }
        }
        if (!found) {
            return;
        }
        found->given = true;
        found->i = 1;
        *p += 2;
    }
}

static void take_format(struct mon_arg *a, const char **p)
{
    blanks(p);
    if (**p == '/') {
        size_t n = strcspn(++*p, " \t");
        a->s = g_strndup(*p, n);
        a->given = true;
        *p += n;
    }
}

static bool take_arg(struct mon_call *c, struct mon_arg *a, const char **p)
{
    blanks(p);
    if (a->type == MON_FORMAT) {
        take_format(a, p);
        return true;
    }
    if (**p == '\0') {
        if (!a->optional) {
            call_error(c, MON_GENERIC, "'%s' is missing", a->name);
        }
        return a->optional;
    }
    if (a->type == MON_INT) {
        a->given = true;
        return mon_expression(c, p, &a->i);
    }
    if (a->type == MON_REST) {
        a->s = g_strchomp(g_strdup(*p));
        *p += strlen(*p);
    } else {
        a->s = take_word(c, p);
    }
    a->given = true;
    bool on = false;
    if (a->type == MON_BOOL && !parse_bool(a->s, &on)) {
        call_error(c, MON_GENERIC, "'%s' is on or off, not '%s'", a->name, a->s);
    }
    a->i = on;
    return !c->err;
}

static bool take_args(struct mon_call *c, const struct command *k, const char *p)
{
    call_spec(c, k->args);
    take_flags(c, &p);
    for (unsigned i = 0; i < c->n; i++) {
        struct mon_arg *a = &c->arg[i];
        if (a->type != MON_FLAG && !a->qmp_only && !take_arg(c, a, &p)) {
            return false;
        }
        take_flags(c, &p);
    }
    blanks(&p);
    if (*p) {
        call_error(c, MON_GENERIC, "%s: '%.40s' is too much", k->hmp, p);
    }
    return !c->err;
}

static void unknown(struct mon_call *c, const char *name, const struct command *table)
{
    GPtrArray *names = g_ptr_array_new();
    for (const struct command *k = table; k->run; k++) {
        if (k->hmp) {
            g_ptr_array_add(names, (char *)(uintptr_t)k->hmp);
        }
    }
    g_ptr_array_add(names, NULL);
    const char *near = nearest_name(name, (const char *const *)names->pdata);
    const char *what = table == info_commands ? "info " : "";
    call_error(c, MON_GENERIC, "unknown command: '%s%.40s'%s%s%s%s", what, name,
               near ? "; did you mean '" : "", near ? what : "", near ? near : "",
               near ? "'?" : "");
    g_ptr_array_unref(names);
}

void hmp_execute(struct mon_call *c, const char *line)
{
    const char *p = line;
    blanks(&p);
    size_t n = strcspn(p, " \t/");
    if (*p == '\0' || *p == '#') {
        return;
    }
    char *name = g_strndup(p, MAX(n, 1));
    const struct command *k = command_by_hmp(name), *table = commands;
    p += MAX(n, 1);
    if (k && strcmp(k->hmp, "info") == 0) {
        const char *q = p;
        blanks(&q);
        if (*q) {
            size_t word = strcspn(q, " \t");
            g_free(name);
            name = g_strndup(q, word);
            k = info_by_name(name);
            table = info_commands;
            p = q + word;
        }
    }
    if (!k) {
        unknown(c, name, table);
    } else if (take_args(c, k, p)) {
        k->run(c);
    } else if (k->usage[0]) {
        g_prefix_error(&c->err, "usage: %s %s\n", k->hmp, k->usage);
    }
    if (c->err) {
        call_print(c, "Error: %s\n", c->err->message);
    }
    g_free(name);
}

/* --- completion ---------------------------------------------------------------------------- */

static void add_matching(GPtrArray *out, const char *word, const char *candidate)
{
    if (candidate && g_str_has_prefix(candidate, word)) {
        g_ptr_array_add(out, g_strdup(candidate));
    }
}

static void add_names(GPtrArray *out, const struct command *table, const char *word)
{
    for (const struct command *k = table; k->run; k++) {
        add_matching(out, word, k->hmp);
    }
}

static void add_files(GPtrArray *out, const char *word)
{
    const char *slash = strrchr(word, '/');
    char *folder = slash ? g_strndup(word, (gsize)(slash - word) + 1) : g_strdup("");
    GDir *d = g_dir_open(*folder ? folder : ".", 0, NULL);
    const char *name;
    while (d && (name = g_dir_read_name(d)) && out->len < 1000) {
        char *path = g_strconcat(folder, name, NULL);
        if (g_str_has_prefix(path, word)) {
            bool is_folder = g_file_test(path, G_FILE_TEST_IS_DIR);
            g_ptr_array_add(out, is_folder ? g_strconcat(path, "/", NULL) : g_strdup(path));
        }
        g_free(path);
    }
    if (d) {
        g_dir_close(d);
    }
    g_free(folder);
}

static void add_drives(struct monitor_set *s, GPtrArray *out, const char *word)
{
    struct vm_parts p = vm_parts(s->vm);
    for (guint i = 0; i < p.drives->len; i++) {
        char *name = vm_drive_name(g_ptr_array_index(p.drives, i));
        add_matching(out, word, name);
        g_free(name);
    }
}

/* Candidates for argument `at` (0 is the first) of command k. */
static void add_argument(struct monitor_set *s, GPtrArray *out, const struct command *k,
                         unsigned at, const char *word)
{
    struct mon_call c;
    memset(&c, 0, sizeof c);
    call_spec(&c, k->args);
    for (unsigned i = 0; i < c.n; i++) {
        const struct mon_arg *a = &c.arg[i];
        if (a->type == MON_FLAG || a->type == MON_FORMAT || a->qmp_only || at-- > 0) {
            continue;
        }
        if (a->type == MON_FILE) {
            add_files(out, word);
        } else if (a->type == MON_DRIVE) {
            add_drives(s, out, word);
        } else if (a->type == MON_BOOL) {
            add_matching(out, word, "on");
            add_matching(out, word, "off");
        } else if (strcmp(k->hmp, "help") == 0) {
            add_names(out, commands, word);
        }
        return;
    }
}

GPtrArray *hmp_complete(struct monitor_set *s, const char *line, size_t *word)
{
    GPtrArray *out = g_ptr_array_new_with_free_func(g_free);
    unsigned index = 0;
    const char *p = line, *start = line;
    char *name = NULL;
    for (;;) {
        blanks(&p);
        start = p;
        size_t n = strcspn(p, " \t");
        if (p[n] == '\0') {
            break;
        }
        bool flag = index > 0 && *p == '-';
        if (index == 0) {
            name = g_strndup(p, n);
        }
        index += !flag;
        p += n;
    }
    *word = (size_t)(start - line);
    const struct command *k = name ? command_by_hmp(name) : NULL;
    if (index == 0) {
        add_names(out, commands, start);
    } else if (k && strcmp(k->hmp, "info") == 0) {
        if (index == 1) {
            add_names(out, info_commands, start);
        }
    } else if (k) {
        add_argument(s, out, k, index - 1, start);
    }
    g_free(name);
    return out;
}

/* --- the session --------------------------------------------------------------------------- */

static void print(void *opaque, const char *text, size_t len)
{
    mon_send(opaque, text, len);
}

/* Terminals in raw mode want a carriage return before each line feed. */
static void print_lines(struct monitor *m, const char *text)
{
    GString *out = g_string_sized_new(strlen(text) + 64);
    for (const char *p = text; *p; p++) {
        if (*p == '\n') {
            g_string_append_c(out, '\r');
        }
        g_string_append_c(out, *p);
    }
    if (out->len > 0 && out->str[out->len - 1] != '\n') {
        g_string_append(out, "\r\n");
    }
    mon_send(m, out->str, out->len);
    g_string_free(out, TRUE);
}

static void run_line(void *opaque, const char *line)
{
    struct monitor *m = opaque;
    struct hmp *h = m->priv;
    struct mon_call c;
    call_init(&c, m->set, m, &m->cpu);
    hmp_execute(&c, line);
    print_lines(m, c.out->str);
    call_clear(&c);
    if (!h->asked) {
        readline_show(h->rl);
    }
}

bool hmp_ask(struct monitor *m, const char *prompt,
             void (*fn)(struct mon_call *c, const char *answer))
{
    if (!m || m->ops != &hmp_ops) {
        return false;
    }
    struct hmp *h = m->priv;
    h->asked = fn;
    g_string_truncate(h->answer, 0);
    mon_send(m, prompt, strlen(prompt));
    return true;
}

/* A key while a password is asked for: nothing is shown. */
static void answer_byte(struct monitor *m, char b)
{
    struct hmp *h = m->priv;
    if (b == 0x7f || b == '\b') {
        g_string_truncate(h->answer, h->answer->len - (h->answer->len > 0));
    } else if ((uint8_t)b >= 0x20 && h->answer->len < MON_LINE) {
        g_string_append_c(h->answer, b);
    } else if (b == '\r' || b == '\n' || b == 0x03) {
        void (*fn)(struct mon_call *, const char *) = h->asked;
        struct mon_call c;
        h->asked = NULL;
        call_init(&c, m->set, m, &m->cpu);
        if (b != 0x03) {
            fn(&c, h->answer->str);
        }
        if (c.err) {
            call_print(&c, "Error: %s\n", c.err->message);
        }
        mon_send(m, "\r\n", 2);
        print_lines(m, c.out->str);
        call_clear(&c);
        readline_show(h->rl);
    }
}

static GPtrArray *complete(void *opaque, const char *line, size_t *word)
{
    return hmp_complete(((struct monitor *)opaque)->set, line, word);
}

static void greet(struct monitor *m)
{
    struct hmp *h = m->priv;
    if (!h->greeted) {
        print_lines(m, "emu " EMU_VERSION " monitor - type 'help' for more information\n");
        h->greeted = true;
    }
    readline_show(h->rl);
}

static void hmp_opened(struct monitor *m)
{
    struct hmp *h = m->priv;
    /* On a mux the terminal may be the guest's for now: see hmp_focus. */
    h->greeted = false;
    h->asked = NULL;
    readline_clear(h->rl);
    if (!chardev_is_mux(m->chardev)) {
        greet(m);
    }
}

static void hmp_focus(struct monitor *m, bool mine)
{
    if (mine) {
        mon_send(m, "\r\n", 2);
        greet(m);
    }
}

static void hmp_feed(struct monitor *m, uint8_t byte)
{
    struct hmp *h = m->priv;
    if (h->asked) {
        answer_byte(m, (char)byte);
    } else {
        readline_byte(h->rl, byte);
    }
}

void *hmp_new(struct monitor *m)
{
    struct hmp *h = g_new0(struct hmp, 1);
    const struct readline_ops ops = {
        .print = print, .line = run_line, .complete = complete, .opaque = m
    };
    h->answer = g_string_new(NULL);
    h->rl = readline_new(&ops, PROMPT, MON_LINE - 1);
    return h;
}

static void hmp_free(struct monitor *m)
{
    struct hmp *h = m->priv;
    readline_free(h->rl);
    g_string_free(h->answer, TRUE);
    g_free(h);
}

const struct monitor_ops hmp_ops = {
    .feed = hmp_feed,
    .opened = hmp_opened,
    .focus = hmp_focus,
    .free = hmp_free,
};

void info_history(struct mon_call *c)
{
    const struct hmp *h = c->mon && c->mon->ops == &hmp_ops ? c->mon->priv : NULL;
    const char *line;
    for (unsigned i = 0; h && (line = readline_history(h->rl, i)); i++) {
        call_print(c, "%u: '%s'\n", i, line);
    }
}
