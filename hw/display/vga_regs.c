/* SPDX-License-Identifier: MIT */
/*
 * VGA registers at 3B0-3DF: CRTC, sequencer, graphics and attribute controller, DAC, miscellaneous
 * output, input status (IBM VGA Technical Reference). Not modelled: the vertical-retrace interrupt
 * (PCI adapters don't wire it), light pen, monitor sense.
 */
#include <string.h>

#include "hw/display/vga_int.h"

#define MISC_COLOR   0x01
#define CRTC_PROTECT 0x80

enum { DAC_READ = 3, DAC_WRITE = 0 };

/* --- time --------------------------------------------------------------------------------- */

/* Frame timing from the CRTC registers; nonsense falls back to 640x480 at 60 Hz. */
void vga_timing_changed(struct vga *v)
{
    static const int64_t dot_hz[4] = { 25175000, 28322000, 25175000, 25175000 };
    const uint8_t *c = v->crtc;
    unsigned over = c[CRTC_OVERFLOW], dots = v->seq[SEQ_CLOCKING] & 1 ? 8 : 9;
    unsigned div = v->seq[SEQ_CLOCKING] & 8 ? 2 : 1;
    v->h_total = c[CRTC_H_TOTAL] + 5u;
    v->h_display = c[CRTC_H_DISPLAY_END] + 1u;
    v->v_total = (c[CRTC_V_TOTAL] | (over & 0x01) << 8 | (over & 0x20) << 4) + 2u;
    v->v_display = (c[CRTC_V_DISPLAY_END] | (over & 0x02) << 7 | (over & 0x40) << 3) + 1u;
    v->v_sync = c[CRTC_V_SYNC_START] | (over & 0x04) << 6 | (over & 0x80) << 2;
    v->v_sync_lines = ((c[CRTC_V_SYNC_END] & 15u) - (v->v_sync & 15u)) & 15u;
    v->v_sync_lines = v->v_sync_lines ? v->v_sync_lines : 16;
    v->frame_ns =
        (int64_t)v->h_total * dots * div * v->v_total * NS_PER_SEC / dot_hz[v->misc >> 2 & 3];
    if (v->frame_ns < 5 * NS_PER_MS || v->frame_ns > 100 * NS_PER_MS || v->h_display > v->h_total ||
        v->v_display > v->v_total || v->v_sync >= v->v_total) {
        v->frame_ns = NS_PER_SEC / 60;
        v->h_total = 100;
        v->h_display = 80;
        v->v_total = 525;
        v->v_display = 480;
        v->v_sync = 490;
        v->v_sync_lines = 2;
    }
}

/* Input status 1: bit 0 outside of the picture, bit 3 vertical retrace. */
static uint8_t input_status_1(struct vga *v)
{
    int64_t t = clock_now_ns(v->clock) % v->frame_ns;
    int64_t scaled = t * v->v_total;
    unsigned line = (unsigned)(scaled / v->frame_ns);
    unsigned column = (unsigned)(scaled % v->frame_ns * v->h_total / v->frame_ns);
    bool retrace = line >= v->v_sync && line < v->v_sync + v->v_sync_lines;
    bool blank = line >= v->v_display || column >= v->h_display;
    v->attr_data_next = false;
    return (uint8_t)((retrace ? 0x08 : 0) | (blank ? 0x01 : 0));
}

/* --- DAC ---------------------------------------------------------------------------------- */

static uint8_t dac_data_read(struct vga *v)
{
    uint8_t val = v->dac[v->dac_read][v->dac_sub];
    if (++v->dac_sub == 3) {
        v->dac_sub = 0;
        v->dac_read++;
    }
    return val;
}

static void dac_data_write(struct vga *v, uint8_t val)
{
    bool wide = v->dispi[DISPI_ENABLE] & DISPI_8BIT_DAC;
    v->dac_latch[v->dac_sub] = wide ? val : val & 0x3f;
    if (++v->dac_sub == 3) {
        v->dac_sub = 0;
        memcpy(v->dac[v->dac_write++], v->dac_latch, 3);
        v->redraw = true;
    }
}

/* --- attribute controller ----------------------------------------------------------------- */

static const uint8_t attr_mask[ATTR_COLOR_SELECT + 1] = {
    0x3f, 0x3f, 0x3f, 0x3f, 0x3f, 0x3f, 0x3f, 0x3f, 0x3f, 0x3f, 0x3f,
    0x3f, 0x3f, 0x3f, 0x3f, 0x3f, 0xef, 0xff, 0x3f, 0x0f, 0x0f,
};

static void attr_write(struct vga *v, uint8_t val)
{
    v->attr_data_next = !v->attr_data_next;
    if (v->attr_data_next) {
        v->redraw |= (v->attr_index ^ val) & 0x20; /* the picture goes on or off */
        v->attr_index = val & 0x3f;
        return;
    }
    unsigned i = v->attr_index & 31;
    if (i < ARRAY_LEN(attr_mask)) {
        val &= attr_mask[i];
        v->redraw |= v->attr[i] != val;
        v->attr[i] = val;
    }
}

/* --- indexed groups ----------------------------------------------------------------------- */

static void seq_write(struct vga *v, uint8_t val)
{
    static const uint8_t mask[8] = { 0x03, 0x3d, 0x0f, 0x3f, 0x0e, 0, 0, 0xff };
    unsigned i = v->seq_index & 7;
    val &= mask[i];
    if (v->seq[i] == val) {
        return;
    }
    v->seq[i] = val;
    if (i == SEQ_CLOCKING) {
        vga_timing_changed(v);
        v->redraw = true;
    } else if (i == SEQ_CHAR_MAP) {
        v->redraw = true;
    } else if (i == SEQ_MAP_MASK || i == SEQ_MEMORY_MODE) {
        vga_mem_mode_changed(v);
    }
}

static void gfx_write(struct vga *v, uint8_t val)
{
    static const uint8_t mask[16] = { 0x0f, 0x0f, 0x0f, 0x1f, 0x03, 0x7b, 0x0f, 0x0f, 0xff };
    unsigned i = v->gfx_index & 15;
    val &= mask[i];
    if (v->gfx[i] == val) {
        return;
    }
    v->redraw |= i == GFX_MODE || i == GFX_MISC;
    v->gfx[i] = val;
    if (i == GFX_ENABLE_SR || i == GFX_ROTATE || i == GFX_READ_MAP || i == GFX_MODE ||
        i == GFX_MISC || i == GFX_BIT_MASK) {
        vga_mem_mode_changed(v);
    }
}

static void crtc_write(struct vga *v, uint8_t val)
{
    unsigned i = v->crtc_index;
    if (i >= CRTC_COUNT) {
        return;
    }
    if ((v->crtc[CRTC_V_SYNC_END] & CRTC_PROTECT) && i <= CRTC_OVERFLOW) {
        if (i != CRTC_OVERFLOW) {
            return;
        }
        val = (uint8_t)((v->crtc[i] & ~0x10) | (val & 0x10)); /* bit 8 of line compare is free */
    }
    if (v->crtc[i] == val) {
        return;
    }
    v->crtc[i] = val;
    if (i == CRTC_CURSOR_START || i == CRTC_CURSOR_END || i == CRTC_CURSOR_HI ||
        i == CRTC_CURSOR_LO) {
        return; /* text redraws the rows of the cursor by itself */
    }
    v->redraw = true;
    vga_timing_changed(v);
}

/* --- ports -------------------------------------------------------------------------------- */

/* The CRTC and input status answer at 3Bx or 3Dx, by the colour bit. */
static bool other_emulation(const struct vga *v, uint16_t port)
{
    bool mono_port = port >= 0x3b0 && port <= 0x3bf, color_port = port >= 0x3d0;
    return v->misc & MISC_COLOR ? mono_port : color_port;
}

uint8_t vga_port_read(struct vga *v, uint16_t port)
{
    if (other_emulation(v, port)) {
        return 0xff;
    }
    switch (port) {
    case 0x3c0: return v->attr_data_next ? 0 : v->attr_index;
    case 0x3c1: return v->attr[v->attr_index & 31];
    case 0x3c2: return 0; /* input status 0: no interrupt pending */
    case 0x3c3: return 1; /* enabled */
    case 0x3c4: return v->seq_index;
    case 0x3c5: return v->seq[v->seq_index & 7];
    case 0x3c6: return v->dac_mask;
    case 0x3c7: return v->dac_state;
    case 0x3c8: return v->dac_write;
    case 0x3c9: return dac_data_read(v);
    case 0x3ca: return v->feature;
    case 0x3cc: return v->misc;
    case 0x3ce: return v->gfx_index;
    case 0x3cf: return v->gfx[v->gfx_index & 15];
    case 0x3b4:
    case 0x3d4: return v->crtc_index;
    case 0x3b5:
    case 0x3d5: return v->crtc_index < CRTC_COUNT ? v->crtc[v->crtc_index] : 0xff;
    case 0x3ba:
    case 0x3da: return input_status_1(v);
    default: return 0xff;
    }
}

static void misc_write(struct vga *v, uint8_t val)
{
    v->misc = val & 0xef;
    vga_timing_changed(v);
    vga_mem_mode_changed(v);
}

void vga_port_write(struct vga *v, uint16_t port, uint8_t val)
{
    if (other_emulation(v, port)) {
        return;
    }
    switch (port) {
    case 0x3c0: attr_write(v, val); break;
    case 0x3c2: misc_write(v, val); break;
    case 0x3c4: v->seq_index = val & 7; break;
    case 0x3c5: seq_write(v, val); break;
    case 0x3c6:
        v->redraw |= v->dac_mask != val;
        v->dac_mask = val;
        break;
    case 0x3c7:
        v->dac_read = val;
        v->dac_sub = 0;
        v->dac_state = DAC_READ;
        break;
    case 0x3c8:
        v->dac_write = val;
        v->dac_sub = 0;
        v->dac_state = DAC_WRITE;
        break;
    case 0x3c9: dac_data_write(v, val); break;
    case 0x3ce: v->gfx_index = val & 15; break;
    case 0x3cf: gfx_write(v, val); break;
    case 0x3b4:
    case 0x3d4: v->crtc_index = val; break;
    case 0x3b5:
    case 0x3d5: crtc_write(v, val); break;
    case 0x3ba:
    case 0x3da: v->feature = val & 0x10; break;
    default: break;
    }
}

void vga_regs_reset(struct vga *v)
{
    v->misc = v->feature = 0;
    v->seq_index = v->gfx_index = v->crtc_index = v->attr_index = 0;
    memset(v->seq, 0, sizeof(v->seq));
    memset(v->gfx, 0, sizeof(v->gfx));
    memset(v->crtc, 0, sizeof(v->crtc));
    memset(v->attr, 0, sizeof(v->attr));
    memset(v->dac, 0, sizeof(v->dac));
    v->attr_data_next = false;
    v->dac_mask = 0xff;
    v->dac_state = v->dac_read = v->dac_write = v->dac_sub = 0;
    v->latch = 0;
    v->redraw = true;
    vga_timing_changed(v);
}
