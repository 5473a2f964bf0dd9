/* SPDX-License-Identifier: MIT */
/*
 * A terminal: lines in a ring (those of the screen, and older ones to look back at), a parser of
 * control sequences, a picture of changed lines, and keys as the bytes a VT100 sends.
 */
#include "core/textcon.h"

#include <string.h>

#include <glib.h>

#include "core/display.h"
#include "core/input.h"

#define CELL_W   8
#define CELL_H   16
#define HISTORY  400 /* lines */
#define ARGS_MAX 8
#define ARG_MAX  9999

struct cell {
    uint32_t ch;
    uint8_t fg, bg; /* of the palette */
};

enum parser { GROUND, ESCAPE, CSI, IGNORE_ONE, OSC };

struct textcon {
    struct display *display;
    struct input_hub *hub;
    struct input_sink keys;
    void (*typed)(void *opaque, const char *bytes, size_t n);
    void *opaque;
    unsigned cols, rows, lines; /* lines: of the ring */
    struct cell *ring;
    unsigned top;     /* ring line of the screen's first */
    unsigned past;    /* how many lines above are worth looking at */
    unsigned view;    /* looking so many lines back */
    unsigned x, y, saved_x, saved_y;
    unsigned region_top, region_end; /* scrolled lines, end excluded */
    bool wrap;        /* the next character begins a new line */
    bool cursor_hidden;
    struct cell pen;  /* colours of what comes */
    bool bold, inverse;
    enum parser state;
    bool private_mark; /* CSI ? */
    unsigned args[ARGS_MAX], n_args;
    uint32_t utf8;
    unsigned utf8_left;
    bool shift, ctrl, alt;
    bool *changed;    /* a line of the screen */
};

static const uint32_t palette[16] = {
    0x000000, 0xaa0000, 0x00aa00, 0xaa5500, 0x0000aa, 0xaa00aa, 0x00aaaa, 0xaaaaaa,
    0x555555, 0xff5555, 0x55ff55, 0xffff55, 0x5555ff, 0xff55ff, 0x55ffff, 0xffffff,
};
enum { GREY = 7, BLACK = 0 };

/* --- lines ---------------------------------------------------------------------------------- */

/* y counts from the screen's top; negative ones are history. */
static struct cell *line_at(const struct textcon *t, int y)
{
    unsigned n = (unsigned)((int)(t->top + t->lines) + y) % t->lines;
    return t->ring + (size_t)n * t->cols;
}

static void all_changed(struct textcon *t)
{
    memset(t->changed, 1, t->rows * sizeof t->changed[0]);
}

static void blank(struct textcon *t, struct cell *from, unsigned n)
{
    struct cell empty = { ' ', t->pen.fg, t->pen.bg };
    for (unsigned i = 0; i < n; i++) {
        from[i] = empty;
    }
}

/* Line `top` goes, the others up to `end` move up. */
static void lines_up(struct textcon *t, unsigned top, unsigned end)
{
    for (unsigned y = top; y + 1 < end; y++) {
        memcpy(line_at(t, (int)y), line_at(t, (int)y + 1), t->cols * sizeof(struct cell));
    }
    blank(t, line_at(t, (int)end - 1), t->cols);
    all_changed(t);
}

static void scroll_up(struct textcon *t)
{
    if (t->region_top != 0 || t->region_end != t->rows) {
        lines_up(t, t->region_top, t->region_end);
        return;
    }
    t->top = (t->top + 1) % t->lines;
    t->past = MIN(t->past + 1, t->lines - t->rows);
    if (t->view) {
        t->view = MIN(t->view + 1, t->past); /* what is looked at stays */
    }
    blank(t, line_at(t, (int)t->rows - 1), t->cols);
    all_changed(t);
}

static void lines_down(struct textcon *t, unsigned top, unsigned end)
{
    for (unsigned y = end - 1; y > top; y--) {
        memcpy(line_at(t, (int)y), line_at(t, (int)y - 1), t->cols * sizeof(struct cell));
    }
    blank(t, line_at(t, (int)top), t->cols);
    all_changed(t);
}

static void go(struct textcon *t, unsigned x, unsigned y)
{
    t->changed[t->y] = true;
    t->x = MIN(x, t->cols - 1);
    t->y = MIN(y, t->rows - 1);
    t->changed[t->y] = true;
    t->wrap = false;
}

static void line_feed(struct textcon *t)
{
    if (t->y + 1 == t->region_end) {
        scroll_up(t);
    } else {
        go(t, t->x, t->y + 1);
    }
}

static void put(struct textcon *t, uint32_t ch)
{
    if (t->wrap) {
        go(t, 0, t->y);
        line_feed(t);
    }
    bool printable = ch >= 0x20 && (ch < 0x7f || ch >= 0xa0) && ch <= 0x10ffff;
    struct cell *c = line_at(t, (int)t->y) + t->x;
    *c = t->pen;
    c->ch = printable ? ch : 0xfffd;
    if (t->inverse) {
        c->fg = t->pen.bg;
        c->bg = t->pen.fg;
    }
    t->changed[t->y] = true;
    if (t->x + 1 < t->cols) {
        t->x++;
    } else {
        t->wrap = true;
    }
}

/* --- control sequences ---------------------------------------------------------------------- */

static unsigned arg(const struct textcon *t, unsigned i, unsigned missing)
{
    return i < t->n_args && t->args[i] ? t->args[i] : missing;
}

static void erase(struct textcon *t, unsigned how, bool whole_screen)
{
    struct cell *line = line_at(t, (int)t->y);
    unsigned from = how == 0 ? t->x : 0, to = how == 1 ? t->x + 1 : t->cols;
    blank(t, line + from, to - from);
    for (unsigned y = 0; whole_screen && y < t->rows; y++) {
        if ((how == 0 && y > t->y) || (how == 1 && y < t->y) || how >= 2) {
            blank(t, line_at(t, (int)y), t->cols);
        }
    }
    all_changed(t);
}

static void insert_or_delete(struct textcon *t, bool insert, unsigned n)
{
    struct cell *at = line_at(t, (int)t->y) + t->x;
    unsigned room = t->cols - t->x;
    n = MIN(n, room);
    if (insert) {
        memmove(at + n, at, (room - n) * sizeof *at);
        blank(t, at, n);
    } else {
        memmove(at, at + n, (room - n) * sizeof *at);
        blank(t, at + room - n, n);
    }
    t->changed[t->y] = true;
}

static void insert_or_delete_lines(struct textcon *t, bool insert, unsigned n)
{
    if (t->y < t->region_top || t->y >= t->region_end) {
        return;
    }
    for (n = MIN(n, t->region_end - t->y); n > 0; n--) {
        if (insert) {
            lines_down(t, t->y, t->region_end);
        } else {
            lines_up(t, t->y, t->region_end);
        }
    }
}

static void colours(struct textcon *t)
{
    for (unsigned i = 0; i < MAX(t->n_args, 1); i++) {
        unsigned a = arg(t, i, 0);
        if (a == 0) {
            t->bold = t->inverse = false;
            t->pen = (struct cell){ 0, GREY, BLACK };
        } else if (a == 1 || a == 22) {
            t->bold = a == 1;
            t->pen.fg = (uint8_t)((t->pen.fg & 7) | (t->bold ? 8 : 0));
        } else if (a == 7 || a == 27) {
            t->inverse = a == 7;
        } else if ((a >= 30 && a <= 37) || a == 39) {
            t->pen.fg = (uint8_t)((a == 39 ? GREY : a - 30) | (t->bold ? 8 : 0));
        } else if ((a >= 40 && a <= 47) || a == 49) {
            t->pen.bg = (uint8_t)(a == 49 ? BLACK : a - 40);
        } else if (a >= 90 && a <= 97) {
            t->pen.fg = (uint8_t)(a - 90 + 8);
        } else if (a >= 100 && a <= 107) {
            t->pen.bg = (uint8_t)(a - 100 + 8);
        } else if (a == 38 || a == 48) {
            return; /* colours beyond the sixteen, with arguments of their own */
        }
    }
}

static void report(struct textcon *t)
{
    char text[32];
    int n = arg(t, 0, 0) == 6 ? g_snprintf(text, sizeof text, "\x1b[%u;%uR", t->y + 1, t->x + 1)
                              : g_snprintf(text, sizeof text, "\x1b[0n");
    t->typed(t->opaque, text, (size_t)n);
}

static void sequence(struct textcon *t, uint8_t final)
{
    unsigned n = arg(t, 0, 1), end;
    if (t->private_mark) {
        if (arg(t, 0, 0) == 25 && (final == 'h' || final == 'l')) {
            t->cursor_hidden = final == 'l';
            t->changed[t->y] = true;
        }
        return;
    }
    switch (final) {
    case '@': insert_or_delete(t, true, n); break;
    case 'A': go(t, t->x, t->y - MIN(n, t->y)); break;
    case 'B':
    case 'e': go(t, t->x, t->y + n); break;
    case 'C':
    case 'a': go(t, t->x + n, t->y); break;
    case 'D': go(t, t->x - MIN(n, t->x), t->y); break;
    case 'E': go(t, 0, t->y + n); break;
    case 'F': go(t, 0, t->y - MIN(n, t->y)); break;
    case 'G':
    case '`': go(t, n - 1, t->y); break;
    case 'H':
    case 'f': go(t, arg(t, 1, 1) - 1, n - 1); break;
    case 'J': erase(t, arg(t, 0, 0), true); break;
    case 'K': erase(t, arg(t, 0, 0), false); break;
    case 'L': insert_or_delete_lines(t, true, n); break;
    case 'M': insert_or_delete_lines(t, false, n); break;
    case 'P': insert_or_delete(t, false, n); break;
    case 'X': blank(t, line_at(t, (int)t->y) + t->x, MIN(n, t->cols - t->x)); break;
    case 'd': go(t, t->x, n - 1); break;
    case 'm': colours(t); break;
    case 'n': report(t); break;
    case 'r':
        t->region_top = MIN(n, t->rows) - 1;
        end = arg(t, 1, t->rows);
        t->region_end = MIN(end, t->rows);
        if (t->region_end <= t->region_top + 1) {
            t->region_top = 0;
            t->region_end = t->rows;
        }
        go(t, 0, 0);
        break;
    case 's':
        t->saved_x = t->x;
        t->saved_y = t->y;
        break;
    case 'u': go(t, t->saved_x, t->saved_y); break;
    default: break;
    }
}

static void control(struct textcon *t, uint8_t c)
{
    switch (c) {
    case '\b': go(t, t->x ? t->x - 1 : 0, t->y); break;
    case '\t': go(t, (t->x / 8 + 1) * 8, t->y); break;
    case '\n':
    case '\v':
    case '\f': line_feed(t); break;
    case '\r': go(t, 0, t->y); break;
    default: break;
    }
}

static void reset(struct textcon *t)
{
    t->pen = (struct cell){ ' ', GREY, BLACK };
    t->bold = t->inverse = t->cursor_hidden = false;
    t->region_top = 0;
    t->region_end = t->rows;
    for (unsigned y = 0; y < t->rows; y++) {
        blank(t, line_at(t, (int)y), t->cols);
    }
    go(t, 0, 0);
    all_changed(t);
}

static void escape(struct textcon *t, uint8_t c)
{
    t->state = GROUND;
    switch (c) {
    case '[':
        t->state = CSI;
        t->n_args = 0;
        t->private_mark = false;
        memset(t->args, 0, sizeof t->args);
        break;
    case ']': t->state = OSC; break;
    case '(':
    case ')':
    case '#': t->state = IGNORE_ONE; break;
    case '7':
        t->saved_x = t->x;
        t->saved_y = t->y;
        break;
    case '8': go(t, t->saved_x, t->saved_y); break;
    case 'D': line_feed(t); break;
    case 'E':
        go(t, 0, t->y);
        line_feed(t);
        break;
    case 'M':
        if (t->y == t->region_top) {
            lines_down(t, t->region_top, t->region_end);
        } else {
            go(t, t->x, t->y ? t->y - 1 : 0);
        }
        break;
    case 'c': reset(t); break;
    default: break;
    }
}

static void csi(struct textcon *t, uint8_t c)
{
    if (c >= '0' && c <= '9') {
        t->n_args = t->n_args ? t->n_args : 1;
        unsigned *a = &t->args[t->n_args - 1];
        *a = MIN(*a * 10 + (c - '0'), ARG_MAX);
    } else if (c == ';') {
        t->n_args = MIN(MAX(t->n_args, 1) + 1, ARGS_MAX);
    } else if (c == '?' || c == '>' || c == '=') {
        t->private_mark = true;
    } else if (c >= 0x40 && c <= 0x7e) {
        t->state = GROUND;
        sequence(t, c);
    } else if (c == 0x18 || c == 0x1a) {
        t->state = GROUND;
    }
}

/* A byte of text: UTF-8, or Latin-1 where it is none. */
static void text_byte(struct textcon *t, uint8_t c)
{
    if (t->utf8_left && (c & 0xc0) == 0x80) {
        t->utf8 = t->utf8 << 6 | (c & 0x3f);
        if (--t->utf8_left == 0) {
            put(t, t->utf8);
        }
        return;
    }
    t->utf8_left = 0;
    if (c < 0x80) {
        put(t, c);
    } else if (c >= 0xf0) {
        t->utf8 = c & 7;
        t->utf8_left = 3;
    } else if (c >= 0xe0) {
        t->utf8 = c & 15;
        t->utf8_left = 2;
    } else if (c >= 0xc0) {
        t->utf8 = c & 31;
        t->utf8_left = 1;
    } else {
        put(t, c);
    }
}

void textcon_write(struct textcon *t, const uint8_t *buf, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        uint8_t c = buf[i];
        if (c == 0x1b) {
            t->state = ESCAPE;
        } else if (t->state == ESCAPE) {
            escape(t, c);
        } else if (t->state == OSC) {
            t->state = c == 7 ? GROUND : OSC;
        } else if (t->state == IGNORE_ONE) {
            t->state = GROUND;
        } else if (c < 0x20) {
            control(t, c);
        } else if (t->state == CSI) {
            csi(t, c);
        } else if (c != 0x7f) {
            text_byte(t, c);
        }
    }
}

/* --- keys ----------------------------------------------------------------------------------- */

static void look_back(struct textcon *t, int lines)
{
    t->view = (unsigned)CLAMP((int)t->view + lines, 0, (int)t->past);
    all_changed(t);
}

/* Keys that send more than a character: HID usage and VT100 sequence. */
static const char *special(uint8_t usage)
{
    static const struct {
        uint8_t usage;
        const char *bytes;
    } keys[] = {
        { 0x28, "\r" },      { 0x29, "\x1b" },    { 0x2a, "\x7f" },    { 0x2b, "\t" },
        { 0x49, "\x1b[2~" }, { 0x4a, "\x1b[H" },  { 0x4b, "\x1b[5~" }, { 0x4c, "\x1b[3~" },
        { 0x4d, "\x1b[F" },  { 0x4e, "\x1b[6~" }, { 0x4f, "\x1b[C" },  { 0x50, "\x1b[D" },
        { 0x51, "\x1b[B" },  { 0x52, "\x1b[A" },  { 0x54, "/" },       { 0x55, "*" },
        { 0x56, "-" },       { 0x57, "+" },       { 0x58, "\r" },
    };
    for (size_t i = 0; i < ARRAY_LEN(keys); i++) {
        if (keys[i].usage == usage) {
            return keys[i].bytes;
        }
    }
    return NULL;
}

/* US keyboard. 0: none. */
static char character(const struct textcon *t, uint8_t usage)
{
    static const char keys[2][28] = { "1234567890\0\0\0\0 -=[]\\\0;'`,./",
                                      "!@#$%^&*()\0\0\0\0 _+{}|\0:\"~<>?" };
    char c = 0;
    if (usage >= 0x04 && usage <= 0x1d) {
        c = (char)((t->shift ? 'A' : 'a') + (usage - 0x04));
    } else if (usage >= 0x1e && usage < 0x1e + sizeof keys[0]) {
        c = keys[t->shift ? 1 : 0][usage - 0x1e];
    }
    bool letter = c >= '@' && c <= '~';
    return t->ctrl && letter ? (char)(c & 0x1f) : c;
}

static void on_key(void *opaque, uint8_t usage, bool down)
{
    struct textcon *t = opaque;
    switch (usage) {
    case 0xe0:
    case 0xe4: t->ctrl = down; return;
    case 0xe1:
    case 0xe5: t->shift = down; return;
    case 0xe2:
    case 0xe6: t->alt = down; return;
    default: break;
    }
    if (!down) {
        return;
    }
    if (t->shift && (usage == 0x4b || usage == 0x4e)) {
        look_back(t, usage == 0x4b ? (int)t->rows - 1 : 1 - (int)t->rows);
        return;
    }
    char bytes[8];
    const char *s = special(usage);
    char c = s ? 0 : character(t, usage);
    int n = s ? g_snprintf(bytes, sizeof bytes, "%s", s)
              : g_snprintf(bytes, sizeof bytes, "%s%c", t->alt ? "\x1b" : "", c);
    if (s || c) {
        look_back(t, -(int)t->view);
        t->typed(t->opaque, bytes, (size_t)n);
    }
}

/* --- picture -------------------------------------------------------------------------------- */

static void draw_line(struct textcon *t, struct surface *s, unsigned y)
{
    const struct cell *line = line_at(t, (int)y - (int)t->view);
    bool cursor = !t->view && !t->cursor_hidden && y == t->y;
    for (unsigned x = 0; x < t->cols; x++) {
        uint8_t scratch[CELL_H];
        const uint8_t *dots = font_8x16(line[x].ch ? line[x].ch : ' ', scratch);
        uint32_t on = palette[line[x].fg & 15], off = palette[line[x].bg & 15];
        if (cursor && x == t->x) {
            uint32_t swap = on;
            on = off;
            off = swap;
        }
        for (unsigned r = 0; r < CELL_H; r++) {
            uint32_t *out = s->pixels + (size_t)(y * CELL_H + r) * (size_t)s->stride + x * CELL_W;
            for (unsigned d = 0; d < CELL_W; d++) {
                out[d] = dots[r] << d & 0x80 ? on : off;
            }
        }
    }
    display_damage(t->display, 0, (int)(y * CELL_H), (int)(t->cols * CELL_W), CELL_H);
}

static void update(void *opaque, bool full)
{
    struct textcon *t = opaque;
    int w = (int)(t->cols * CELL_W), h = (int)(t->rows * CELL_H);
    struct surface *s = display_resize(t->display, w, h);
    for (unsigned y = 0; s->width == w && s->height == h && y < t->rows; y++) {
        if (full || t->changed[y]) {
            t->changed[y] = false;
            draw_line(t, s, y);
        }
    }
}

static char *text(void *opaque)
{
    struct textcon *t = opaque;
    GString *out = g_string_new(NULL);
    for (unsigned y = 0; y < t->rows; y++) {
        const struct cell *line = line_at(t, (int)y - (int)t->view);
        gsize end = out->len;
        for (unsigned x = 0; x < t->cols; x++) {
            g_string_append_unichar(out, line[x].ch ? line[x].ch : ' ');
            end = line[x].ch && line[x].ch != ' ' ? out->len : end;
        }
        g_string_truncate(out, end);
        g_string_append_c(out, '\n');
    }
    return g_string_free(out, FALSE);
}

static bool cells(void *opaque, struct text_screen *out)
{
    struct textcon *t = opaque;
    int n = (int)(t->cols * t->rows);
    if (n > out->room) {
        out->cells = g_renew(struct text_cell, out->cells, n);
        out->room = n;
    }
    out->cols = (int)t->cols;
    out->rows = (int)t->rows;
    bool cursor = !t->view && !t->cursor_hidden;
    out->cursor_x = cursor ? (int)t->x : -1;
    out->cursor_y = cursor ? (int)t->y : -1;
    for (unsigned y = 0; y < t->rows; y++) {
        const struct cell *line = line_at(t, (int)y - (int)t->view);
        for (unsigned x = 0; x < t->cols; x++) {
            out->cells[y * t->cols + x] = (struct text_cell){
                line[x].ch, palette[line[x].fg & 15], palette[line[x].bg & 15]
            };
        }
    }
    return true;
}

/* --- life ----------------------------------------------------------------------------------- */

struct textcon *textcon_new(unsigned cols, unsigned rows,
                            void (*typed)(void *opaque, const char *bytes, size_t n),
                            void *opaque)
{
    struct textcon *t = g_new0(struct textcon, 1);
    t->cols = CLAMP(cols, 2, TEXTCON_MAX_COLS);
    t->rows = CLAMP(rows, 2, TEXTCON_MAX_ROWS);
    t->lines = t->rows + HISTORY;
    t->ring = g_new0(struct cell, (size_t)t->lines * t->cols);
    t->changed = g_new0(bool, t->rows);
    t->typed = typed;
    t->opaque = opaque;
    t->display = display_new();
    t->hub = input_hub_new();
    t->keys = (struct input_sink){ .key = on_key, .opaque = t };
    input_hub_attach(t->hub, &t->keys);
    const struct display_source source = { update, text, t, cells };
    display_set_source(t->display, &source);
    reset(t);
    return t;
}

void textcon_free(struct textcon *t)
{
    if (t) {
        display_free(t->display);
        input_hub_free(t->hub);
        g_free(t->ring);
        g_free(t->changed);
        g_free(t);
    }
}

struct display *textcon_display(struct textcon *t)
{
    return t->display;
}

struct input_hub *textcon_input(struct textcon *t)
{
    return t->hub;
}
