/* SPDX-License-Identifier: MIT */
/*
 * From VRAM to the surface: what mode it is, and the graphics modes line by line. Only lines whose
 * VRAM pages were written are drawn again; palette and mode changes draw everything.
 *
 * Legacy modes are shown dot by dot as a monitor would: mode 13h is 640x400, 320x200x16 is 640x400,
 * 40-column text is as wide as 80-column text.
 */
#include <string.h>

#include "hw/display/vga_int.h"

#define SEQ_HALF_CLOCK  0x08
#define SEQ_SCREEN_OFF  0x20
#define ATTR_PAN_COMPAT 0x20
#define ATTR_P54S       0x80
#define ATTR_ENABLE     0x20     /* in the index */
#define VGA_CELLS       0x10000u /* a legacy picture wraps at 64 Ki cells */

bool vga_is_text(const struct vga *v)
{
    return !vbe_enabled(v) && !(v->gfx[GFX_MISC] & 1);
}

bool vga_is_blank(const struct vga *v)
{
    return !(v->attr_index & ATTR_ENABLE) || (v->seq[SEQ_CLOCKING] & SEQ_SCREEN_OFF) ||
           (!vbe_enabled(v) && !(v->crtc[CRTC_MODE] & 0x80));
}

/* Lines of a frame, without the fallback of vga_timing_changed. */
unsigned vga_lines(const struct vga *v)
{
    unsigned over = v->crtc[CRTC_OVERFLOW];
    return (v->crtc[CRTC_V_DISPLAY_END] | (over & 0x02) << 7 | (over & 0x40) << 3) + 1u;
}

unsigned vga_line_compare(const struct vga *v)
{
    return v->crtc[CRTC_LINE_COMPARE] | (v->crtc[CRTC_OVERFLOW] & 0x10u) << 4 |
           (v->crtc[CRTC_MAX_SCAN] & 0x40u) << 3;
}

/* --- colours ------------------------------------------------------------------------------ */

static uint32_t dac_pixel(const struct vga *v, unsigned index)
{
    const uint8_t *c = v->dac[index & v->dac_mask];
    if (v->dispi[DISPI_ENABLE] & DISPI_8BIT_DAC) {
        return (uint32_t)c[0] << 16 | (uint32_t)c[1] << 8 | c[2];
    }
    uint32_t r = c[0] << 2 | c[0] >> 4, g = c[1] << 2 | c[1] >> 4, b = c[2] << 2 | c[2] >> 4;
    return r << 16 | g << 8 | b;
}

void vga_luts_update(struct vga *v)
{
    unsigned select = v->attr[ATTR_COLOR_SELECT];
    for (unsigned i = 0; i < 256; i++) {
        v->lut256[i] = dac_pixel(v, i);
    }
    for (unsigned i = 0; i < 16; i++) {
        unsigned a = v->attr[i & v->attr[ATTR_PLANES] & 15];
        if (v->attr[ATTR_MODE] & ATTR_P54S) {
            a = (a & 0x0f) | (select & 0x0f) << 4;
        } else {
            a = (a & 0x3f) | (select & 0x0c) << 4;
        }
        v->lut16[i] = v->lut256[a];
    }
}

/* --- damage ------------------------------------------------------------------------------- */

void vga_damage_flush(struct vga *v, struct vga_damage *d)
{
    if (d->n) {
        display_damage(v->display, 0, d->y, d->width, d->n);
        d->n = 0;
    }
}

void vga_damage_line(struct vga *v, struct vga_damage *d, int y)
{
    if (d->n && d->y + d->n != y) {
        vga_damage_flush(v, d);
    }
    if (d->n == 0) {
        d->y = y;
    }
    d->n++;
}

/* --- dirty pages -------------------------------------------------------------------------- */

/* Collects in v->drawn which pages of [from, to) changed since the last time, and clears that. */
static bool dirty_collect(struct vga *v, uint32_t from, uint32_t to)
{
    bool any = false;
    for (uint32_t page = from / VGA_PAGE; page <= (to - 1) / VGA_PAGE; page++) {
        uint32_t at = page * VGA_PAGE;
        bool dirty = v->dirty[page] | mem_region_test_clear_dirty(v->lfb, at, VGA_PAGE);
        if (v->direct && at >= v->direct_off && at < v->direct_off + v->direct_size) {
            dirty |= mem_region_test_clear_dirty(v->direct, at - v->direct_off, VGA_PAGE);
        }
        v->dirty[page] = 0;
        v->drawn[page] = dirty;
        any |= dirty;
    }
    return any;
}

static bool range_drawn(const struct vga *v, uint32_t from, uint32_t to)
{
    for (uint32_t page = from / VGA_PAGE; page <= (to - 1) / VGA_PAGE; page++) {
        if (v->drawn[page]) {
            return true;
        }
    }
    return false;
}

/* --- lines of legacy graphics ------------------------------------------------------------- */

static uint32_t cell_at(const struct vga *v, uint32_t cell)
{
    uint32_t c;
    memcpy(&c, v->vram + (size_t)(cell % VGA_CELLS) * 4, 4);
    return c;
}

/* Each draws `cells` cells, eight pixels of `dup` dots each (256 colours: four). */
static void line_planar(struct vga *v, uint32_t *out, uint32_t cell, unsigned cells, unsigned dup)
{
    for (unsigned n = 0; n < cells; n++) {
        uint32_t c = cell_at(v, cell + n);
        for (int bit = 7; bit >= 0; bit--) {
            uint32_t s = c >> bit & 0x01010101u;
            uint32_t pixel = v->lut16[(s | s >> 7 | s >> 14 | s >> 21) & 15];
            for (unsigned i = 0; i < dup; i++) {
                *out++ = pixel;
            }
        }
    }
}

static void line_cga(struct vga *v, uint32_t *out, uint32_t cell, unsigned cells, unsigned dup)
{
    for (unsigned n = 0; n < cells; n++) {
        uint32_t c = cell_at(v, cell + n);
        for (unsigned i = 0; i < 8; i++) {
            unsigned byte = i / 4, shift = 6 - 2 * (i & 3);
            unsigned low = c >> (8 * byte + shift) & 3, high = c >> (8 * byte + 16 + shift) & 3;
            uint32_t pixel = v->lut16[high << 2 | low];
            for (unsigned k = 0; k < dup; k++) {
                *out++ = pixel;
            }
        }
    }
}

static void line_256(struct vga *v, uint32_t *out, uint32_t cell, unsigned cells, unsigned dup)
{
    for (unsigned n = 0; n < cells; n++) {
        uint32_t c = cell_at(v, cell + n);
        for (unsigned p = 0; p < 4; p++) {
            uint32_t pixel = v->lut256[c >> (8 * p) & 0xff];
            for (unsigned k = 0; k < 2 * dup; k++) {
                *out++ = pixel;
            }
        }
    }
}

struct legacy_mode {
    void (*draw)(struct vga *v, uint32_t *out, uint32_t cell, unsigned cells, unsigned dup);
    unsigned cells, dup, width, height;
    unsigned pan; /* dots */
};

static struct legacy_mode legacy_mode(const struct vga *v)
{
    struct legacy_mode m = { .cells = v->crtc[CRTC_H_DISPLAY_END] + 1u };
    m.dup = v->seq[SEQ_CLOCKING] & SEQ_HALF_CLOCK ? 2 : 1;
    m.width = m.cells * 8 * m.dup;
    m.height = vga_lines(v);
    m.pan = (v->attr[ATTR_PAN] & 7) * m.dup;
    if (v->gfx[GFX_MODE] & 0x40) {
        m.draw = line_256;
    } else if (v->gfx[GFX_MODE] & 0x20) {
        m.draw = line_cga;
    } else {
        m.draw = line_planar;
    }
    return m;
}

/* CRTC mode control bits 0 and 1: the row scan counter replaces address bits (CGA, Hercules). The
 * bits are those of a packed address, one lower in word mode. */
static uint32_t compatible_address(const struct vga *v, uint32_t cell, unsigned row_scan)
{
    unsigned mode = v->crtc[CRTC_MODE], bit = mode & 0x40 ? 13 : 12;
    if (!(mode & 1)) {
        cell = (cell & ~(1u << bit)) | (row_scan & 1) << bit;
    }
    if (!(mode & 2)) {
        cell = (cell & ~(2u << bit)) | (row_scan >> 1 & 1) << (bit + 1);
    }
    return cell;
}

static void draw_legacy(struct vga *v, struct surface *s, bool full)
{
    struct legacy_mode m = legacy_mode(v);
    struct vga_damage damage = { .width = s->width };
    unsigned max_scan = v->crtc[CRTC_MAX_SCAN] & 0x1f, twice = v->crtc[CRTC_MAX_SCAN] >> 7;
    unsigned step = v->crtc[CRTC_OFFSET] * 2u, compare = vga_line_compare(v);
    unsigned row_scan = v->crtc[CRTC_PRESET_ROW] & 0x1f, repeat = 0, pan = m.pan;
    uint32_t row = (uint32_t)v->crtc[CRTC_START_HI] << 8 | v->crtc[CRTC_START_LO];
    row += v->crtc[CRTC_PRESET_ROW] >> 5 & 3;
    if (!dirty_collect(v, 0, VGA_CELLS * 4) && !full) {
        return;
    }
    for (unsigned y = 0; y < m.height; y++) {
        uint32_t cell = compatible_address(v, row, row_scan) % VGA_CELLS;
        uint32_t from = cell * 4, to = (cell + m.cells + 1) * 4;
        if (full || to > VGA_CELLS * 4 || range_drawn(v, from, to)) {
            m.draw(v, v->line, cell, m.cells + 1, m.dup);
            memcpy(s->pixels + (size_t)y * s->stride, v->line + pan, m.width * sizeof(uint32_t));
            vga_damage_line(v, &damage, (int)y);
        }
        if (y == compare) {
            row = 0;
            row_scan = repeat = 0;
            pan = v->attr[ATTR_MODE] & ATTR_PAN_COMPAT ? 0 : pan;
        } else if (repeat < twice) {
            repeat++;
        } else {
            repeat = 0;
            row += row_scan >= max_scan ? step : 0;
            row_scan = row_scan >= max_scan ? 0 : row_scan + 1;
        }
    }
    vga_damage_flush(v, &damage);
}

/* --- lines of DISPI modes ----------------------------------------------------------------- */

static void vbe_line_8(struct vga *v, uint32_t *out, const uint8_t *in, unsigned width)
{
    for (unsigned x = 0; x < width; x++) {
        out[x] = v->lut256[in[x]];
    }
}

static void vbe_line_15(struct vga *v, uint32_t *out, const uint8_t *in, unsigned width)
{
    (void)v;
    for (unsigned x = 0; x < width; x++) {
        uint32_t p = in[2 * x] | (uint32_t)in[2 * x + 1] << 8;
        uint32_t r = p >> 10 & 31, g = p >> 5 & 31, b = p & 31;
        out[x] = (r << 3 | r >> 2) << 16 | (g << 3 | g >> 2) << 8 | (b << 3 | b >> 2);
    }
}

static void vbe_line_16(struct vga *v, uint32_t *out, const uint8_t *in, unsigned width)
{
    (void)v;
    for (unsigned x = 0; x < width; x++) {
        uint32_t p = in[2 * x] | (uint32_t)in[2 * x + 1] << 8;
        uint32_t r = p >> 11 & 31, g = p >> 5 & 63, b = p & 31;
        out[x] = (r << 3 | r >> 2) << 16 | (g << 2 | g >> 4) << 8 | (b << 3 | b >> 2);
    }
}

static void vbe_line_24(struct vga *v, uint32_t *out, const uint8_t *in, unsigned width)
{
    (void)v;
    for (unsigned x = 0; x < width; x++, in += 3) {
        out[x] = in[0] | (uint32_t)in[1] << 8 | (uint32_t)in[2] << 16;
    }
}

static void vbe_line_32(struct vga *v, uint32_t *out, const uint8_t *in, unsigned width)
{
    (void)v;
    for (unsigned x = 0; x < width; x++, in += 4) {
        out[x] = in[0] | (uint32_t)in[1] << 8 | (uint32_t)in[2] << 16;
    }
}

static void vbe_line_4(struct vga *v, uint32_t *out, const uint8_t *in, unsigned width)
{
    for (unsigned x = 0; x < width; x++) {
        uint32_t c;
        memcpy(&c, in + x / 8 * 4, 4);
        uint32_t s = c >> (7 - x % 8) & 0x01010101u;
        out[x] = v->lut16[(s | s >> 7 | s >> 14 | s >> 21) & 15];
    }
}

static void draw_vbe(struct vga *v, struct surface *s, bool full)
{
    unsigned bpp = v->dispi[DISPI_BPP], width = (unsigned)s->width, unit = bpp == 4 ? 4 : 1;
    uint32_t step = v->line_bytes * unit, at = vbe_start(v);
    uint32_t len = bpp == 4 ? width / 8 * 4 : width * ((bpp + 7) / 8);
    struct vga_damage damage = { .width = s->width };
    void (*draw)(struct vga *, uint32_t *, const uint8_t *, unsigned) = vbe_line_32;
    switch (bpp) {
    case 4: draw = vbe_line_4; break;
    case 8: draw = vbe_line_8; break;
    case 15: draw = vbe_line_15; break;
    case 16: draw = vbe_line_16; break;
    case 24: draw = vbe_line_24; break;
    default: break;
    }
    if (!dirty_collect(v, at, at + step * ((unsigned)s->height - 1) + len) && !full) {
        return;
    }
    for (int y = 0; y < s->height; y++, at += step) {
        if (full || range_drawn(v, at, at + len)) {
            draw(v, s->pixels + (size_t)y * s->stride, v->vram + at, width);
            vga_damage_line(v, &damage, y);
        }
    }
    vga_damage_flush(v, &damage);
}

/* --- the display's source ----------------------------------------------------------------- */

/* NULL when there is no memory for that many pixels: the old picture stays. */
struct surface *vga_surface(struct vga *v, unsigned width, unsigned height)
{
    struct surface *s = display_resize(v->display, (int)width, (int)height);
    return s->width == (int)width && s->height == (int)height ? s : NULL;
}

static void draw_blank(struct vga *v, unsigned width, unsigned height, bool full)
{
    if (!full) {
        return;
    }
    struct surface *s = vga_surface(v, width, height);
    for (unsigned y = 0; s && y < height; y++) {
        memset(s->pixels + (size_t)y * s->stride, 0, width * sizeof(uint32_t));
    }
    display_damage(v->display, 0, 0, (int)width, (int)height);
}

enum picture { PIC_BLANK = 1, PIC_TEXT, PIC_LEGACY, PIC_VBE };

void vga_update(void *opaque, bool full)
{
    struct vga *v = opaque;
    unsigned width = 720, height = 400;
    vga_mem_text_sync(v);
    v->steady = full || v->freeze;
    enum picture pic = PIC_TEXT;
    if (vga_is_blank(v)) {
        pic = PIC_BLANK;
    } else if (vbe_enabled(v)) {
        pic = PIC_VBE;
    } else if (!vga_is_text(v)) {
        pic = PIC_LEGACY;
    }
    if (vbe_enabled(v)) {
        width = v->dispi[DISPI_XRES];
        height = v->dispi[DISPI_YRES];
    } else if (pic == PIC_LEGACY) {
        struct legacy_mode m = legacy_mode(v);
        width = m.width;
        height = m.height;
    }
    uint64_t geometry =
        (uint64_t)pic << 56 | (uint64_t)v->dispi[DISPI_BPP] << 48 | (uint64_t)width << 24 | height;
    full |= v->redraw || geometry != v->geometry;
    v->redraw = false;
    v->geometry = geometry;
    if (full) {
        vga_luts_update(v);
    }
    if (pic == PIC_BLANK) {
        draw_blank(v, width, height, full);
    } else if (pic == PIC_TEXT) {
        vga_text_draw(v, full);
    } else {
        struct surface *s = vga_surface(v, width, height);
        if (s && pic == PIC_LEGACY) {
            draw_legacy(v, s, full);
        } else if (s) {
            draw_vbe(v, s, full);
        }
    }
}
