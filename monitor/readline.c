/* SPDX-License-Identifier: MIT */
/*
 * The editor's state is the line in UTF-8 and the cursor in it; every key edits both and prints the
 * difference. A character is taken to be one column wide.
 */
#include "monitor/readline.h"

#include <stdio.h>
#include <string.h>

#define HISTORY   100
#define MAX_SHOWN 500 /* candidates of a completion */

enum escape { ESC_NONE, ESC_ESC, ESC_CSI, ESC_SS3 };

struct readline {
    struct readline_ops ops;
    char *prompt;
    size_t max;
    GString *buf;
    size_t pos;
    GPtrArray *history;
    guint at;        /* in history; history->len: the line being typed */
    char *draft;     /* what was being typed before the history was looked at */
    char *killed;    /* for ^Y */
    enum escape esc;
    unsigned param;
    bool after_cr;
};

static bool continues(char c)
{
    return ((uint8_t)c & 0xc0) == 0x80;
}

static size_t columns(const char *s, size_t len)
{
    size_t n = 0;
    for (size_t i = 0; i < len; i++) {
        n += !continues(s[i]);
    }
    return n;
}

static void put(struct readline *r, const char *text, size_t len)
{
    if (len > 0) {
        r->ops.print(r->ops.opaque, text, len);
    }
}

static void puts_(struct readline *r, const char *text)
{
    put(r, text, strlen(text));
}

static void left(struct readline *r, size_t n)
{
    char seq[24];
    if (n > 0) {
        put(r, seq, (size_t)snprintf(seq, sizeof seq, "\x1b[%zuD", n));
    }
}

/* Prints the line from the cursor on and returns to the cursor. */
static void redraw_tail(struct readline *r)
{
    put(r, r->buf->str + r->pos, r->buf->len - r->pos);
    puts_(r, "\x1b[K");
    left(r, columns(r->buf->str + r->pos, r->buf->len - r->pos));
}

static void move_to(struct readline *r, size_t pos)
{
    if (pos < r->pos) {
        left(r, columns(r->buf->str + pos, r->pos - pos));
    } else {
        put(r, r->buf->str + r->pos, pos - r->pos);
    }
    r->pos = pos;
}

static void replace_line(struct readline *r, const char *text)
{
    move_to(r, 0);
    g_string_assign(r->buf, text);
    put(r, r->buf->str, r->buf->len);
    puts_(r, "\x1b[K");
    r->pos = r->buf->len;
}

static size_t before(const struct readline *r, size_t pos)
{
    while (pos > 0 && continues(r->buf->str[--pos])) {
    }
    return pos;
}

static size_t behind(const struct readline *r, size_t pos)
{
    if (pos < r->buf->len) {
        pos++;
    }
    while (pos < r->buf->len && continues(r->buf->str[pos])) {
        pos++;
    }
    return pos;
}

static size_t word_before(const struct readline *r, size_t pos)
{
    while (pos > 0 && r->buf->str[pos - 1] == ' ') {
        pos--;
    }
    while (pos > 0 && r->buf->str[pos - 1] != ' ') {
        pos--;
    }
    return pos;
}

static size_t word_behind(const struct readline *r, size_t pos)
{
    while (pos < r->buf->len && r->buf->str[pos] == ' ') {
        pos++;
    }
    while (pos < r->buf->len && r->buf->str[pos] != ' ') {
        pos++;
    }
    return pos;
}

/* Removes [from, to), one of which is the cursor. */
static void cut(struct readline *r, size_t from, size_t to, bool keep)
{
    if (from == to) {
        return;
    }
    if (keep) {
        g_free(r->killed);
        r->killed = g_strndup(r->buf->str + from, to - from);
    }
    move_to(r, from);
    g_string_erase(r->buf, (gssize)from, (gssize)(to - from));
    redraw_tail(r);
}

static void insert(struct readline *r, const char *text, size_t len)
{
    if (len > r->max - MIN(r->max, r->buf->len)) {
        puts_(r, "\a");
        return;
    }
    g_string_insert_len(r->buf, (gssize)r->pos, text, (gssize)len);
    put(r, text, len);
    r->pos += len;
    if (r->pos < r->buf->len && !continues(r->buf->str[r->pos])) {
        redraw_tail(r);
    }
}

/* --- history ------------------------------------------------------------------------------ */

static void go_history(struct readline *r, guint at)
{
    if (at > r->history->len || at == r->at) {
        return;
    }
    if (r->at == r->history->len) {
        g_free(r->draft);
        r->draft = g_strdup(r->buf->str);
    }
    r->at = at;
    replace_line(r, at == r->history->len ? r->draft : g_ptr_array_index(r->history, at));
}

static void remember(struct readline *r)
{
    if (r->buf->len == 0) {
        return;
    }
    for (guint i = 0; i < r->history->len; i++) {
        if (strcmp(g_ptr_array_index(r->history, i), r->buf->str) == 0) {
            g_ptr_array_remove_index(r->history, i);
            break;
        }
    }
    if (r->history->len == HISTORY) {
        g_ptr_array_remove_index(r->history, 0);
    }
    g_ptr_array_add(r->history, g_strdup(r->buf->str));
}

const char *readline_history(const struct readline *r, unsigned i)
{
    return i < r->history->len ? g_ptr_array_index(r->history, i) : NULL;
}

/* --- completion --------------------------------------------------------------------------- */

static size_t common_prefix(const GPtrArray *words)
{
    const char *first = g_ptr_array_index(words, 0);
    size_t n = strlen(first);
    for (guint i = 1; i < words->len; i++) {
        const char *w = g_ptr_array_index(words, i);
        size_t k = 0;
        while (k < n && w[k] == first[k]) {
            k++;
        }
        n = k;
    }
    return n;
}

static gint by_name(gconstpointer a, gconstpointer b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

static void list_candidates(struct readline *r, GPtrArray *words)
{
    size_t width = 0, column = 0;
    for (guint i = 0; i < words->len; i++) {
        size_t w = strlen(g_ptr_array_index(words, i)) + 2;
        width = MAX(width, w);
    }
    g_ptr_array_sort(words, by_name);
    puts_(r, "\r\n");
    for (guint i = 0; i < MIN(words->len, MAX_SHOWN); i++) {
        const char *w = g_ptr_array_index(words, i);
        puts_(r, w);
        column += width;
        if (column + width > 79 || i + 1 == words->len) {
            puts_(r, "\r\n");
            column = 0;
        } else {
            for (size_t k = strlen(w); k < width; k++) {
                puts_(r, " ");
            }
        }
    }
    readline_show(r);
}

static void complete(struct readline *r)
{
    size_t word = 0;
    char *head = g_strndup(r->buf->str, r->pos);
    GPtrArray *words = r->ops.complete ? r->ops.complete(r->ops.opaque, head, &word) : NULL;
    if (words && words->len > 0 && word <= r->pos) {
        size_t typed = r->pos - word, n = common_prefix(words);
        const char *first = g_ptr_array_index(words, 0);
        if (n > typed) {
            insert(r, first + typed, n - typed);
        } else if (words->len > 1) {
            list_candidates(r, words);
        }
        if (words->len == 1 && (n == 0 || first[n - 1] != '/')) {
            insert(r, " ", 1);
        }
    }
    if (words) {
        g_ptr_array_unref(words);
    }
    g_free(head);
}

/* --- keys --------------------------------------------------------------------------------- */

static void enter(struct readline *r)
{
    char *line;
    move_to(r, r->buf->len);
    puts_(r, "\r\n");
    remember(r);
    line = g_strdup(r->buf->str);
    readline_clear(r);
    r->ops.line(r->ops.opaque, line);
    g_free(line);
}

static void control(struct readline *r, uint8_t b)
{
    switch (b) {
    case 1: move_to(r, 0); break;
    case 2: move_to(r, before(r, r->pos)); break;
    case 3: /* ^C: a new line */
        puts_(r, "^C\r\n");
        readline_clear(r);
        readline_show(r);
        break;
    case 4: cut(r, r->pos, behind(r, r->pos), false); break;
    case 5: move_to(r, r->buf->len); break;
    case 6: move_to(r, behind(r, r->pos)); break;
    case 8:
    case 127: cut(r, before(r, r->pos), r->pos, false); break;
    case 9: complete(r); break;
    case 11: cut(r, r->pos, r->buf->len, true); break;
    case 12:
        puts_(r, "\x1b[H\x1b[2J");
        readline_show(r);
        break;
    case 10:
    case 13: enter(r); break;
    case 14: go_history(r, r->at + 1); break;
    case 16: go_history(r, r->at - 1); break; /* below 0 it is too large */
    case 21: cut(r, 0, r->pos, true); break;
    case 23: cut(r, word_before(r, r->pos), r->pos, true); break;
    case 25:
        if (r->killed) {
            insert(r, r->killed, strlen(r->killed));
        }
        break;
    case 27: r->esc = ESC_ESC; break;
    default: break;
    }
}

static void final(struct readline *r, uint8_t b)
{
    switch (b) {
    case 'A': go_history(r, r->at - 1); break;
    case 'B': go_history(r, r->at + 1); break;
    case 'C': move_to(r, r->param == 5 ? word_behind(r, r->pos) : behind(r, r->pos)); break;
    case 'D': move_to(r, r->param == 5 ? word_before(r, r->pos) : before(r, r->pos)); break;
    case 'H': move_to(r, 0); break;
    case 'F': move_to(r, r->buf->len); break;
    case '~':
        if (r->param == 3) {
            cut(r, r->pos, behind(r, r->pos), false);
        } else if (r->param == 1 || r->param == 7) {
            move_to(r, 0);
        } else if (r->param == 4 || r->param == 8) {
            move_to(r, r->buf->len);
        }
        break;
    default: break;
    }
}

static void escaped(struct readline *r, uint8_t b)
{
    enum escape esc = r->esc;
    r->esc = ESC_NONE;
    if (b == 27) {
        r->esc = ESC_ESC; /* the one before was cut short */
        return;
    }
    if (esc == ESC_ESC) {
        if (b == '[' || b == 'O') {
            r->esc = b == '[' ? ESC_CSI : ESC_SS3;
            r->param = 0;
        } else if (b == 'b') {
            move_to(r, word_before(r, r->pos));
        } else if (b == 'f') {
            move_to(r, word_behind(r, r->pos));
        } else if (b == 'd') {
            cut(r, r->pos, word_behind(r, r->pos), true);
        } else if (b == 8 || b == 127) {
            cut(r, word_before(r, r->pos), r->pos, true);
        }
        return;
    }
    if (esc == ESC_CSI && b >= '0' && b <= '9') {
        r->param = r->param < 100 ? r->param * 10 + (b - '0') : 100;
        r->esc = ESC_CSI;
    } else if (esc == ESC_CSI && b == ';') {
        r->param = 0; /* of "1;5C" the modifier counts */
        r->esc = ESC_CSI;
    } else if (esc == ESC_CSI && b < 0x40 && b >= 0x20) {
        r->esc = ESC_CSI;
    } else {
        final(r, b);
    }
}

void readline_byte(struct readline *r, uint8_t b)
{
    bool after_cr = r->after_cr;
    r->after_cr = b == '\r';
    if (b == '\n' && after_cr) {
        return;
    }
    if (r->esc != ESC_NONE) {
        escaped(r, b);
    } else if (b < 0x20 || b == 0x7f) {
        control(r, b);
    } else {
        insert(r, (const char *)&b, 1);
    }
}

void readline_show(struct readline *r)
{
    puts_(r, r->prompt);
    put(r, r->buf->str, r->buf->len);
    left(r, columns(r->buf->str + r->pos, r->buf->len - r->pos));
}

void readline_clear(struct readline *r)
{
    g_string_truncate(r->buf, 0);
    r->pos = 0;
    r->at = r->history->len;
    r->esc = ESC_NONE;
}

struct readline *readline_new(const struct readline_ops *ops, const char *prompt, size_t max)
{
    struct readline *r = g_new0(struct readline, 1);
    r->ops = *ops;
    r->prompt = g_strdup(prompt);
    r->max = max;
    r->buf = g_string_new(NULL);
    r->history = g_ptr_array_new_with_free_func(g_free);
    r->draft = g_strdup("");
    return r;
}

void readline_free(struct readline *r)
{
    g_string_free(r->buf, TRUE);
    g_ptr_array_unref(r->history);
    g_free(r->prompt);
    g_free(r->draft);
    g_free(r->killed);
    g_free(r);
}
