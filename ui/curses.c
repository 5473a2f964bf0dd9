/* SPDX-License-Identifier: MIT */
/* needs: curses */
/*
 * The guest's screen in a terminal, by ncurses: text modes as text, graphics as half blocks, two
 * pixels a character. Colours are the nearest of the terminal's 256 (or 8). Ctrl-A x quits, Ctrl-A
 * Ctrl-A is Ctrl-A for the guest, Ctrl-A l draws everything again, Ctrl-A 1 to 9 switch screens.
 */
#include <locale.h>
#include <stdio.h>
#include <string.h>

#include <glib.h>
#define NCURSES_WIDECHAR 1
#include <curses.h>

#include "core/console.h"
#include "core/device.h"
#include "core/display.h"
#include "core/input.h"
#include "core/log.h"
#include "core/loop.h"
#include "core/opts.h"
#include "os/os.h"
#include "ui/keymap.h"
#include "ui/typist.h"
#include "ui/ui.h"

#define TICK_MS    20
#define KEYS_MAX   1024 /* read at a time */
#define CTRL_A     1
#define UPPER_HALF 0x2580

struct curses_ui {
    struct ui_params p;
    struct display_listener listener;
    struct loop_tick *tick;
    SCREEN *screen;
    struct text_screen text;
    struct typist *typist;
    unsigned console; /* the screen shown */
    bool escape; /* Ctrl-A came */
    bool damaged, was_text;
    unsigned ticks;
    unsigned messages; /* of emu's own that came meanwhile */
    int pairs;              /* used */
    short *pair_of;         /* [fg * 256 + bg], 0: none yet */
};

static const struct console *shown(const struct curses_ui *u)
{
    return &u->p.consoles->at[u->console];
}

static void on_damaged(void *opaque, const struct surface *s, int x, int y, int w, int h)
{
    struct curses_ui *u = opaque;
    (void)s, (void)x, (void)y, (void)w, (void)h;
    u->damaged = true;
}

static void on_resized(void *opaque, const struct surface *s)
{
    on_damaged(opaque, s, 0, 0, 0, 0);
}

/* --- colours -------------------------------------------------------------------------------- */

static int nearest_level(int v)
{
    return v < 48 ? 0 : v < 115 ? 1 : (v - 35) / 40; /* levels 0 95 135 175 215 255 */
}

/* xterm's 256 colours: a cube of six levels from 16 and greys from 232; or the eight of ANSI. */
static int colour_index(uint32_t rgb)
{
    int r = rgb >> 16 & 255, g = rgb >> 8 & 255, b = rgb & 255;
    if (COLORS < 256) {
        return (r > 100) | (g > 100) << 1 | (b > 100) << 2;
    }
    int grey = (r + g + b) / 3;
    if (ABS(r - grey) < 6 && ABS(g - grey) < 6 && ABS(b - grey) < 6 && grey > 7 && grey < 243) {
        return 232 + MIN((grey - 3) / 10, 23);
    }
    return 16 + 36 * nearest_level(r) + 6 * nearest_level(g) + nearest_level(b);
}

static short pair_for(struct curses_ui *u, uint32_t fg, uint32_t bg)
{
    int f = colour_index(fg), b = colour_index(bg);
    short *pair = &u->pair_of[f * 256 + b];
    if (*pair == 0) {
        int limit = MIN(COLOR_PAIRS, 32767);
        if (u->pairs + 1 >= limit) {
            return 0; /* the terminal has no more */
        }
        *pair = (short)++u->pairs;
        init_pair(*pair, (short)f, (short)b);
    }
    return *pair;
}

static void put(struct curses_ui *u, int y, int x, uint32_t ch, uint32_t fg, uint32_t bg)
{
    cchar_t cell;
    wchar_t text[2] = { (wchar_t)ch, 0 };
    setcchar(&cell, text, A_NORMAL, pair_for(u, fg, bg), NULL);
    mvadd_wch(y, x, &cell);
}

/* --- the picture ---------------------------------------------------------------------------- */

static void draw_text(struct curses_ui *u)
{
    const struct text_screen *t = &u->text;
    /* A terminal with fewer lines shows those round the cursor. */
    int rows = MIN(t->rows, LINES), cols = MIN(t->cols, COLS), top = 0;
    if (t->cursor_y >= rows) {
        top = t->cursor_y - rows + 1;
    }
    for (int y = 0; y < rows; y++) {
        for (int x = 0; x < cols; x++) {
            const struct text_cell *c = &t->cells[(y + top) * t->cols + x];
            put(u, y, x, c->ch ? c->ch : ' ', c->fg, c->bg);
        }
    }
    bool shown = t->cursor_y >= top && t->cursor_y - top < rows && t->cursor_x < cols;
    curs_set(shown ? 1 : 0);
    if (shown) {
        move(t->cursor_y - top, t->cursor_x);
    }
}

static uint32_t sample(const struct surface *s, int x, int y, int w, int h)
{
    int px = (int)((int64_t)(2 * x + 1) * s->width / (2 * w));
    int py = (int)((int64_t)(2 * y + 1) * s->height / (2 * h));
    return s->pixels[(size_t)py * (size_t)s->stride + (size_t)px];
}

static void draw_graphics(struct curses_ui *u, const struct surface *s)
{
    /* Half a character is about square. */
    int w = COLS, h = LINES * 2;
    if ((int64_t)w * s->height > (int64_t)h * s->width) {
        w = MAX((int)((int64_t)h * s->width / s->height), 1);
    } else {
        h = MAX((int)((int64_t)w * s->height / s->width), 2) & ~1;
    }
    for (int y = 0; y < h / 2; y++) {
        for (int x = 0; x < w; x++) {
            put(u, y, x, UPPER_HALF, sample(s, x, 2 * y, w, h), sample(s, x, 2 * y + 1, w, h));
        }
    }
    curs_set(0);
}

static void draw(struct curses_ui *u)
{
    const struct surface *s = display_refresh(shown(u)->display, false);
    char last[4];
    unsigned messages = log_held(last, sizeof last);
    u->damaged |= messages != u->messages;
    u->messages = messages;
    if (!u->damaged) {
        return;
    }
    u->damaged = false;
    bool text = display_cells(shown(u)->display, &u->text);
    erase();
    if (text) {
        draw_text(u);
    } else {
        draw_graphics(u, s);
    }
    char message[256];
    bool news = log_held(message, sizeof message) > 0;
    if (news) {
        int y = getcury(stdscr), x = getcurx(stdscr);
        mvaddnstr(LINES - 1, 0, message, COLS - 1);
        clrtoeol();
        move(y, x);
    } else if (text && LINES > u->text.rows) {
        char *title = ui_title(&u->p, u->console, "   Ctrl-A x quits, 1-9 screens");
        int y = getcury(stdscr), x = getcurx(stdscr);
        mvaddnstr(LINES - 1, 0, title, COLS - 1);
        move(y, x);
        g_free(title);
    }
    refresh();
}

/* --- keys ----------------------------------------------------------------------------------- */

static void queue(struct curses_ui *u, uint8_t usage, unsigned mods)
{
    typist_key(u->typist, shown(u)->input, usage, mods);
}

static void show_console(struct curses_ui *u, unsigned n)
{
    if (n < u->p.consoles->n) {
        display_remove_listener(shown(u)->display, &u->listener);
        u->console = n;
        display_add_listener(shown(u)->display, &u->listener);
        u->damaged = true;
    }
}

static uint8_t special_key(wint_t c)
{
    static const struct {
        wint_t code;
        uint8_t usage;
    } special[] = {
        { KEY_UP, 0x52 },     { KEY_DOWN, 0x51 }, { KEY_LEFT, 0x50 },      { KEY_RIGHT, 0x4f },
        { KEY_HOME, 0x4a },   { KEY_END, 0x4d },  { KEY_PPAGE, 0x4b },     { KEY_NPAGE, 0x4e },
        { KEY_IC, 0x49 },     { KEY_DC, 0x4c },   { KEY_BACKSPACE, 0x2a }, { KEY_ENTER, 0x28 },
    };
    if (c >= KEY_F(1) && c <= KEY_F(12)) {
        return (uint8_t)(0x3a + (c - KEY_F(1)));
    }
    for (size_t i = 0; i < ARRAY_LEN(special); i++) {
        if (special[i].code == c) {
            return special[i].usage;
        }
    }
    return 0;
}

static void on_char(struct curses_ui *u, wint_t c, unsigned mods)
{
    if (u->escape || c == CTRL_A) {
        bool again = u->escape && (c == CTRL_A || c == 'a');
        if (u->escape && c == 'x') {
            u->p.quit(u->p.opaque);
        } else if (u->escape && c == 'l') {
            clearok(curscr, TRUE);
            u->damaged = true;
        } else if (u->escape && c >= '1' && c <= '9') {
            show_console(u, c - '1');
        }
        u->escape = !u->escape;
        if (!again) {
            return;
        }
        c = CTRL_A;
    }
    unsigned more = 0;
    uint8_t usage = keymap_from_char((uint32_t)c, &more);
    queue(u, usage, mods | more);
}

static void read_keys(struct curses_ui *u)
{
    wint_t c, next;
    int kind;
    for (unsigned n = 0; n < KEYS_MAX && (kind = get_wch(&c)) != ERR; n++) {
        if (kind == KEY_CODE_YES && c == KEY_RESIZE) {
            u->damaged = true;
        } else if (kind == KEY_CODE_YES) {
            bool back_tab = c == KEY_BTAB;
            queue(u, back_tab ? 0x2b : special_key(c), back_tab ? KEYMAP_SHIFT : 0);
        } else if (c == 0x1b && (kind = get_wch(&next)) == OK && next != 0x1b) {
            on_char(u, next, KEYMAP_ALT); /* terminals send Alt as ESC before the character */
        } else {
            on_char(u, c, 0);
        }
    }
}

static void on_tick(void *opaque)
{
    struct curses_ui *u = opaque;
    read_keys(u);
    if (++u->ticks % 2 == 0) {
        draw(u);
    }
}

/* --- opening and closing -------------------------------------------------------------------- */

static void curses_close(void *ui)
{
    struct curses_ui *u = ui;
    loop_tick_remove(u->tick);
    typist_free(u->typist);
    display_remove_listener(shown(u)->display, &u->listener);
    endwin();
    delscreen(u->screen);
    log_release();
    g_free(u->text.cells);
    g_free(u->pair_of);
    g_free(u);
}

static void *curses_open(const struct ui_params *p, const struct opts *o, GError **err)
{
    (void)o;
    if (!os_is_tty(0) || !os_is_tty(1)) {
        g_set_error(err, EMU_ERROR, EMU_ERROR_HOST, "stdin and stdout are no terminal");
        return NULL;
    }
    setlocale(LC_CTYPE, "");
    if (os_is_tty(2)) {
        log_hold(); /* messages on stderr would be written over the picture */
    }
    SCREEN *screen = newterm(NULL, stdout, stdin);
    if (!screen) {
        g_set_error(err, EMU_ERROR, EMU_ERROR_HOST, "ncurses does not know the terminal '%s'",
                    g_getenv("TERM") ? g_getenv("TERM") : "");
        log_release();
        return NULL;
    }
    struct curses_ui *u = g_new0(struct curses_ui, 1);
    u->p = *p;
    u->screen = screen;
    u->pair_of = g_new0(short, 256 * 256);
    raw();
    noecho();
    nonl();
    keypad(stdscr, TRUE);
    nodelay(stdscr, TRUE);
    set_escdelay(25);
    if (has_colors()) {
        start_color();
    }
    u->damaged = true;
    u->listener = (struct display_listener){ on_resized, on_damaged, u, NULL };
    u->typist = typist_new(p->loop);
    display_add_listener(shown(u)->display, &u->listener);
    u->tick = loop_tick_add(p->loop, TICK_MS, on_tick, u);
    return u;
}

static const char *const curses_keys[] = { "type", NULL };

static const struct ui_ops ui_curses = {
    .name = "curses",
    .desc = "text and half-block graphics on this terminal; Ctrl-A x quits",
    .keys = curses_keys,
    .open = curses_open,
    .close = curses_close,
};
EMU_MODULE(curses, ui_curses);
