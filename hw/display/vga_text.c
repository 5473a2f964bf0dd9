/* SPDX-License-Identifier: MIT */
/*
 * Text modes: line by line as the character generator works (preset row scan, panning, split
 * screen, two fonts, underline, cursor, blinking), and the same screen as UTF-8.
 *
 * Cells and fonts are compared with what was drawn last, so that an update draws only rows that
 * changed. Blinking follows the frame counter: the cursor changes every 16 frames, characters every
 * 32. Whole pictures (screenshots) and vga_freeze_blink show both, so that they come out the same.
 */
#include <string.h>

#include "hw/display/vga_int.h"

#define VGA_CELLS          0x10000u
#define SEQ_8DOT           0x01
#define SEQ_HALF_CLOCK     0x08
#define ATTR_MONO          0x02
#define ATTR_LINE_GRAPHICS 0x04
#define ATTR_BLINK         0x08
#define ATTR_PAN_COMPAT    0x20

struct text_mode {
    unsigned cols, lines, cell_lines, dots, dup;
    unsigned step, start, preset, pan, compare;
    unsigned cursor, cursor_from, cursor_to; /* cursor: cell, or UINT_MAX */
    bool hidden;                             /* blinking characters */
};

static uint16_t char_at(const struct vga *v, uint32_t cell)
{
    const uint8_t *p = v->vram + (size_t)(cell % VGA_CELLS) * 4;
    return (uint16_t)(p[0] | p[1] << 8);
}

static struct text_mode text_mode(const struct vga *v)
{
    const uint8_t *c = v->crtc;
    unsigned cursor =
        ((unsigned)c[CRTC_CURSOR_HI] << 8 | c[CRTC_CURSOR_LO]) + (c[CRTC_CURSOR_END] >> 5 & 3);
    int64_t frame = v->steady ? 0 : clock_now_ns(v->clock) / v->frame_ns;
    struct text_mode m = {
        .cols = c[CRTC_H_DISPLAY_END] + 1u,
        .lines = vga_lines(v),
        .cell_lines = (c[CRTC_MAX_SCAN] & 0x1f) + 1u,
        .dots = v->seq[SEQ_CLOCKING] & SEQ_8DOT ? 8 : 9,
        .dup = v->seq[SEQ_CLOCKING] & SEQ_HALF_CLOCK ? 2 : 1,
        .step = c[CRTC_OFFSET] * 2u,
        .start =
            ((unsigned)c[CRTC_START_HI] << 8 | c[CRTC_START_LO]) + (c[CRTC_PRESET_ROW] >> 5 & 3),
        .preset = c[CRTC_PRESET_ROW] & 0x1f,
        .compare = vga_line_compare(v),
        .cursor = cursor,
        .cursor_from = c[CRTC_CURSOR_START] & 0x1f,
        .cursor_to = c[CRTC_CURSOR_END] & 0x1f,
        .hidden = frame & 32,
    };
    if ((c[CRTC_CURSOR_START] & 0x20) || m.cursor_to < m.cursor_from ||
        m.cursor_from >= m.cell_lines || (frame & 16)) {
        m.cursor = UINT32_MAX;
    }
    /* Pixel panning: with nine dots 8 means none and 0-7 mean one dot more. */
    unsigned pan = v->attr[ATTR_PAN] & 15;
    m.pan = (m.dots == 9 ? (pan >= 8 ? 0 : pan + 1) : pan & 7) * m.dup;
    if (c[CRTC_MAX_SCAN] & 0x80) {
        m.cell_lines *= 2; /* each line of a character twice */
    }
    return m;
}

/* --- caches ------------------------------------------------------------------------------- */

void vga_text_cache_free(struct vga *v)
{
    g_free(v->text.cells);
    v->text.cells = NULL;
    v->text.cols = v->text.rows = 0;
}

static bool cache_shape(struct vga *v, unsigned rows, unsigned cols)
{
    struct vga_text_cache *t = &v->text;
    if (t->rows == rows && t->cols == cols) {
        return false;
    }
    g_free(t->cells);
    t->cells = g_new0(uint16_t, (size_t)rows * (cols + 1));
    t->rows = rows;
    t->cols = cols;
    return true;
}

/* Character map select: which 8 KiB of plane 2. The block bits are not in order: bit 2 of the
 * number is apart, and blocks 4-7 lie between 0-3. */
static unsigned font_offset(const struct vga *v, bool a)
{
    unsigned s = v->seq[SEQ_CHAR_MAP];
    unsigned n = a ? (s >> 2 & 3) | (s >> 3 & 4) : (s & 3) | (s >> 2 & 4);
    return (n & 3) * 16384 + (n >> 2) * 8192;
}

/* [0]: characters with attribute bit 3 clear. True when it differs from what was drawn with. */
static bool fonts_fetch(struct vga *v)
{
    bool differs = false;
    for (unsigned f = 0; f < 2; f++) {
        const uint8_t *plane = v->vram + (size_t)font_offset(v, f == 1) * 4 + 2;
        uint8_t *font = v->text.font[f];
        for (unsigned i = 0; i < VGA_FONT_SIZE; i++) {
            uint8_t b = plane[(size_t)i * 4];
            differs |= font[i] != b;
            font[i] = b;
        }
    }
    return differs;
}

/* --- drawing ------------------------------------------------------------------------------ */

static uint32_t *cell_line(const struct vga *v, const struct text_mode *m, uint32_t *out,
                           uint16_t cell, unsigned row_scan, bool cursor)
{
    uint8_t ch = (uint8_t)cell, attr = (uint8_t)(cell >> 8), mode = v->attr[ATTR_MODE];
    unsigned bits = (unsigned)v->text.font[attr >> 3 & 1][ch * 32u + row_scan] << 1;
    unsigned fg = attr & 15, bg = attr >> 4;
    if ((mode & ATTR_LINE_GRAPHICS) && (ch & 0xe0) == 0xc0) {
        bits |= bits >> 1 & 1; /* the ninth dot repeats the eighth */
    }
    if (mode & ATTR_BLINK) {
        if ((attr & 0x80) && m->hidden) {
            bits = 0;
        }
        bg &= 7;
    }
    if ((mode & ATTR_MONO) && (attr & 0x77) == 0x01 &&
        row_scan == (v->crtc[CRTC_UNDERLINE] & 0x1f)) {
        bits = 0x1ff;
    }
    if (cursor && row_scan >= m->cursor_from && row_scan <= m->cursor_to) {
        bits = 0x1ff;
    }
    uint32_t on = v->lut16[fg], off = v->lut16[bg];
    for (unsigned d = 0; d < m->dots; d++, bits <<= 1) {
        uint32_t pixel = bits & 0x100 ? on : off;
        for (unsigned k = 0; k < m->dup; k++) {
            *out++ = pixel;
        }
    }
    return out;
}

static void text_line(struct vga *v, const struct text_mode *m, uint32_t *out, uint32_t row,
                      unsigned row_scan, unsigned pan)
{
    uint32_t *p = v->line;
    /* One cell more than is seen, for panning. */
    for (unsigned x = 0; x <= m->cols; x++) {
        p = cell_line(v, m, p, char_at(v, row + x), row_scan, row + x == m->cursor);
    }
    memcpy(out, v->line + pan, (size_t)m->cols * m->dots * m->dup * sizeof(uint32_t));
}

/* Compares row `n` on the screen with the last time's and remembers it. */
static bool row_changed(struct vga *v, const struct text_mode *m, unsigned n, uint32_t row,
                        bool blink_changed)
{
    struct vga_text_cache *t = &v->text;
    uint16_t *old = t->cells + (size_t)n * (m->cols + 1);
    bool differs = false;
    for (unsigned x = 0; x < m->cols + (m->pan ? 1 : 0); x++) {
        uint16_t cell = char_at(v, row + x);
        differs |= cell != old[x] || (blink_changed && (cell & 0x8000));
        old[x] = cell;
    }
    bool here = m->cursor != UINT32_MAX && m->cursor >= row && m->cursor - row < m->cols;
    unsigned shape = m->cursor_from << 8 | m->cursor_to;
    int col = here ? (int)((m->cursor - row) << 16 | shape) : -1;
    bool was_here = t->cursor_row == (int)n;
    if (here) {
        t->cursor_new_row = (int)n;
        t->cursor_new_col = col;
    }
    return differs || here != was_here || (here && t->cursor_col != col);
}

void vga_text_draw(struct vga *v, bool full)
{
    struct text_mode m = text_mode(v);
    struct vga_text_cache *t = &v->text;
    unsigned width = m.cols * m.dots * m.dup;
    unsigned double_scan = v->crtc[CRTC_MAX_SCAN] >> 7;
    struct surface *s = vga_surface(v, width, m.lines);
    struct vga_damage damage = { .width = (int)width };
    if (!s) {
        return;
    }
    /* A split can begin in the middle of a row: one row more. */
    full |= cache_shape(v, m.lines + 1, m.cols);
    full |= fonts_fetch(v);
    bool blink_changed = (v->attr[ATTR_MODE] & ATTR_BLINK) && t->blink_hidden != m.hidden;
    t->blink_hidden = m.hidden;
    t->cursor_new_row = t->cursor_new_col = -1;

    unsigned n = 0, line = m.preset << double_scan, pan = m.pan;
    uint32_t row = m.start;
    bool draw = row_changed(v, &m, n, row, blink_changed) || full;
    for (unsigned y = 0; y < m.lines; y++) {
        if (draw) {
            text_line(v, &m, s->pixels + (size_t)y * s->stride, row, line >> double_scan & 31, pan);
            vga_damage_line(v, &damage, (int)y);
        }
        if (y == m.compare) {
            row = 0;
            line = 0;
            pan = v->attr[ATTR_MODE] & ATTR_PAN_COMPAT ? 0 : pan;
        } else if (++line >= m.cell_lines) {
            line = 0;
            row += m.step;
        } else {
            continue;
        }
        if (y + 1 < m.lines) {
            draw = row_changed(v, &m, ++n, row, blink_changed) || full;
        }
    }
    t->cursor_row = t->cursor_new_row;
    t->cursor_col = t->cursor_new_col;
    vga_damage_flush(v, &damage);
}

/* --- as text ------------------------------------------------------------------------------ */

/* Code page 437, with the glyphs of 00-1F and 7F. */
static const uint16_t cp437_low[32] = {
    0x0020, 0x263a, 0x263b, 0x2665, 0x2666, 0x2663, 0x2660, 0x2022, 0x25d8, 0x25cb, 0x25d9,
    0x2642, 0x2640, 0x266a, 0x266b, 0x263c, 0x25ba, 0x25c4, 0x2195, 0x203c, 0x00b6, 0x00a7,
    0x25ac, 0x21a8, 0x2191, 0x2193, 0x2192, 0x2190, 0x221f, 0x2194, 0x25b2, 0x25bc,
};
static const uint16_t cp437_high[128] = {
    0x00c7, 0x00fc, 0x00e9, 0x00e2, 0x00e4, 0x00e0, 0x00e5, 0x00e7, 0x00ea, 0x00eb, 0x00e8, 0x00ef,
    0x00ee, 0x00ec, 0x00c4, 0x00c5, 0x00c9, 0x00e6, 0x00c6, 0x00f4, 0x00f6, 0x00f2, 0x00fb, 0x00f9,
    0x00ff, 0x00d6, 0x00dc, 0x00a2, 0x00a3, 0x00a5, 0x20a7, 0x0192, 0x00e1, 0x00ed, 0x00f3, 0x00fa,
    0x00f1, 0x00d1, 0x00aa, 0x00ba, 0x00bf, 0x2310, 0x00ac, 0x00bd, 0x00bc, 0x00a1, 0x00ab, 0x00bb,
    0x2591, 0x2592, 0x2593, 0x2502, 0x2524, 0x2561, 0x2562, 0x2556, 0x2555, 0x2563, 0x2551, 0x2557,
    0x255d, 0x255c, 0x255b, 0x2510, 0x2514, 0x2534, 0x252c, 0x251c, 0x2500, 0x253c, 0x255e, 0x255f,
    0x255a, 0x2554, 0x2569, 0x2566, 0x2560, 0x2550, 0x256c, 0x2567, 0x2568, 0x2564, 0x2565, 0x2559,
    0x2558, 0x2552, 0x2553, 0x256b, 0x256a, 0x2518, 0x250c, 0x2588, 0x2584, 0x258c, 0x2590, 0x2580,
    0x03b1, 0x00df, 0x0393, 0x03c0, 0x03a3, 0x03c3, 0x00b5, 0x03c4, 0x03a6, 0x0398, 0x03a9, 0x03b4,
    0x221e, 0x03c6, 0x03b5, 0x2229, 0x2261, 0x00b1, 0x2265, 0x2264, 0x2320, 0x2321, 0x00f7, 0x2248,
    0x00b0, 0x2219, 0x00b7, 0x221a, 0x207f, 0x00b2, 0x25a0, 0x00a0,
};

static gunichar cp437(uint8_t ch)
{
    if (ch < 32) {
        return cp437_low[ch];
    }
    if (ch >= 128) {
        return ch == 0xff ? ' ' : cp437_high[ch - 128];
    }
    return ch == 127 ? 0x2302 : ch;
}

static void text_row(const struct vga *v, GString *out, uint32_t row, unsigned cols)
{
    size_t end = out->len;
    for (unsigned x = 0; x < cols; x++) {
        gunichar c = cp437((uint8_t)char_at(v, row + x));
        g_string_append_unichar(out, c);
        if (c != ' ') {
            end = out->len;
        }
    }
    g_string_truncate(out, end);
    g_string_append_c(out, '\n');
}

char *vga_text(void *opaque)
{
    struct vga *v = opaque;
    if (!vga_is_text(v)) {
        return NULL;
    }
    vga_mem_text_sync(v);
    struct text_mode m = text_mode(v);
    GString *out = g_string_new(NULL);
    uint32_t row = m.start;
    for (unsigned y = 0; y + m.cell_lines <= m.lines; y += m.cell_lines) {
        text_row(v, out, row, m.cols);
        row += m.step;
        if (m.compare >= y && m.compare < y + m.cell_lines) {
            row = 0;
        }
    }
    return g_string_free(out, FALSE);
}

static void cells_row(const struct vga *v, struct text_cell *out, uint32_t row, int cols)
{
    for (int x = 0; x < cols; x++) {
        uint16_t cell = char_at(v, row + (uint32_t)x);
        unsigned attr = cell >> 8, bg = attr >> 4;
        bg &= v->attr[ATTR_MODE] & ATTR_BLINK ? 7 : 15;
        out[x] = (struct text_cell){ cp437((uint8_t)cell), v->lut16[attr & 15], v->lut16[bg] };
    }
}

bool vga_cells(void *opaque, struct text_screen *t)
{
    struct vga *v = opaque;
    if (!vga_is_text(v)) {
        return false;
    }
    vga_mem_text_sync(v);
    struct text_mode m = text_mode(v);
    int rows = (int)(m.lines / m.cell_lines), cols = (int)m.cols;
    if (rows * cols > t->room) {
        t->cells = g_renew(struct text_cell, t->cells, rows * cols);
        t->room = rows * cols;
    }
    t->cols = cols;
    t->rows = rows;
    t->cursor_x = t->cursor_y = -1;
    uint32_t row = m.start;
    for (int i = 0; i < rows; i++) {
        unsigned y = (unsigned)i * m.cell_lines;
        cells_row(v, t->cells + (size_t)i * m.cols, row, cols);
        if (m.cursor != UINT32_MAX && m.cursor >= row && m.cursor < row + m.cols) {
            t->cursor_x = (int)(m.cursor - row);
            t->cursor_y = i;
        }
        row += m.step;
        if (m.compare >= y && m.compare < y + m.cell_lines) {
            row = 0;
        }
    }
    return true;
}
