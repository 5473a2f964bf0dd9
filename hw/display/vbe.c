/* SPDX-License-Identifier: MIT */
/*
 * Bochs DISPI: the SVGA registers behind ports 1CE (index) and 1CF/1D0 (data), and at 500h of BAR2.
 * Interface B0C5 as the Bochs VBE display API describes it. Machine lock held.
 *
 * XRES, YRES and BPP are fixed while ENABLED is set, as there; values that make no mode are rounded
 * to one when it is enabled, so that the renderer never meets a picture outside of VRAM.
 */
#include <string.h>

#include "hw/display/vga_int.h"

#define ID_FIRST 0xb0c0
#define ID_LAST  0xb0c5

static unsigned bits_per_pixel(const struct vga *v)
{
    return v->dispi[DISPI_BPP] == 15 ? 16 : v->dispi[DISPI_BPP];
}

static uint32_t line_bytes(const struct vga *v, unsigned width)
{
    return width * (bits_per_pixel(v) == 4 ? 1 : bits_per_pixel(v)) / 8;
}

/* VRAM that one unit of line_bytes addresses: planes have a quarter of it. */
static uint32_t usable(const struct vga *v)
{
    return v->dispi[DISPI_BPP] == 4 ? v->vram_size / 4 : v->vram_size;
}

static void set_virtual_width(struct vga *v, unsigned width)
{
    unsigned most = usable(v) / v->dispi[DISPI_YRES];
    unsigned xres = v->dispi[DISPI_XRES];
    most = bits_per_pixel(v) == 4 ? most * 8 : most / (bits_per_pixel(v) / 8);
    width = width > most ? most : width;
    width = width < xres ? xres : width;
    if (bits_per_pixel(v) == 4) {
        width &= ~7u;
    }
    v->line_bytes = line_bytes(v, width);
    uint32_t height = usable(v) / v->line_bytes;
    v->dispi[DISPI_VIRT_WIDTH] = (uint16_t)width;
    v->dispi[DISPI_VIRT_HEIGHT] = (uint16_t)(height > 0xffff ? 0xffff : height);
}

/* Rounds to a mode that fits. */
static void mode_fix(struct vga *v)
{
    uint16_t *r = v->dispi;
    static const uint16_t depths[] = { 4, 8, 15, 16, 24, 32 };
    bool known = false;
    for (size_t i = 0; i < ARRAY_LEN(depths); i++) {
        known |= r[DISPI_BPP] == depths[i];
    }
    r[DISPI_BPP] = known ? r[DISPI_BPP] : 8;
    r[DISPI_XRES] &= (uint16_t)~7;
    r[DISPI_XRES] = r[DISPI_XRES] < 8 ? 8 : r[DISPI_XRES];
    r[DISPI_YRES] = r[DISPI_YRES] < 1 ? 1 : r[DISPI_YRES];
    uint32_t most = usable(v) / line_bytes(v, r[DISPI_XRES]);
    r[DISPI_YRES] = r[DISPI_YRES] > most ? (uint16_t)most : r[DISPI_YRES];
}

/* The VGA registers that the window and legacy readers look at, as a mode set would leave them. */
static void vga_registers_follow(struct vga *v)
{
    bool packed = v->dispi[DISPI_BPP] != 4;
    v->gfx[GFX_MODE] = packed ? 0x40 : 0x00;
    v->gfx[GFX_MISC] = (uint8_t)((v->gfx[GFX_MISC] & ~0x0c) | 0x05);
    v->seq[SEQ_MEMORY_MODE] = packed ? 0x0e : 0x06;
    v->seq[SEQ_MAP_MASK] |= 0x0f;
    v->seq[SEQ_CLOCKING] &= (uint8_t)~0x08;
    v->crtc[CRTC_MODE] |= 0x03;
    v->crtc[CRTC_OFFSET] = (uint8_t)(v->line_bytes >> 3);
    v->crtc[CRTC_START_HI] = v->crtc[CRTC_START_LO] = 0;
}

static void enable_write(struct vga *v, uint16_t val)
{
    bool was = vbe_enabled(v), on = val & DISPI_ENABLED;
    uint16_t *r = v->dispi;
    r[DISPI_ENABLE] =
        val & (DISPI_ENABLED | DISPI_GETCAPS | DISPI_8BIT_DAC | DISPI_LFB | DISPI_NOCLEAR);
    if (on && !was) {
        mode_fix(v);
        set_virtual_width(v, r[DISPI_XRES]);
        r[DISPI_X_OFFSET] = r[DISPI_Y_OFFSET] = 0;
        vga_registers_follow(v);
        if (!(val & DISPI_NOCLEAR)) {
            uint32_t n = r[DISPI_YRES] * v->line_bytes * (r[DISPI_BPP] == 4 ? 4 : 1);
            memset(v->vram, 0, n);
        }
    }
    if (on != was) {
        r[DISPI_BANK] = 0;
    }
    v->redraw = true;
    vga_mem_mode_changed(v);
}

uint16_t vbe_read(const struct vga *v, unsigned index)
{
    if (v->dispi[DISPI_ENABLE] & DISPI_GETCAPS) {
        switch (index) {
        case DISPI_XRES: return DISPI_MAX_XRES;
        case DISPI_YRES: return DISPI_MAX_YRES;
        case DISPI_BPP: return 32;
        default: break;
        }
    }
    if (index == DISPI_VIDEO_MEMORY_64K) {
        return (uint16_t)(v->vram_size >> 16);
    }
    return index < DISPI_COUNT ? v->dispi[index] : 0;
}

static uint16_t at_most(uint16_t val, uint16_t most)
{
    return val > most ? most : val;
}

void vbe_write(struct vga *v, unsigned index, uint16_t val)
{
    uint16_t *r = v->dispi;
    bool on = vbe_enabled(v);
    switch (index) {
    case DISPI_ID:
        if (val >= ID_FIRST && val <= ID_LAST) {
            r[DISPI_ID] = val;
        }
        break;
    case DISPI_XRES: r[index] = on ? r[index] : at_most(val, DISPI_MAX_XRES); break;
    case DISPI_YRES: r[index] = on ? r[index] : at_most(val, DISPI_MAX_YRES); break;
    case DISPI_BPP: r[index] = on ? r[index] : val; break;
    case DISPI_ENABLE: enable_write(v, val); break;
    case DISPI_BANK:
        r[index] = val & (uint16_t)((v->vram_size >> 16) - 1);
        vga_mem_mode_changed(v);
        break;
    case DISPI_VIRT_WIDTH:
        if (on) {
            set_virtual_width(v, val);
            v->redraw = true;
        }
        break;
    case DISPI_X_OFFSET:
    case DISPI_Y_OFFSET:
        r[index] = val;
        v->redraw = true;
        break;
    default: break; /* VIRT_HEIGHT follows VIRT_WIDTH; memory size is read-only */
    }
}

uint32_t vbe_start(const struct vga *v)
{
    const uint16_t *r = v->dispi;
    unsigned unit = r[DISPI_BPP] == 4 ? 4 : 1;
    uint64_t need = (uint64_t)v->line_bytes * (r[DISPI_YRES] - 1u) + line_bytes(v, r[DISPI_XRES]);
    uint64_t at = (uint64_t)v->line_bytes * r[DISPI_Y_OFFSET] + line_bytes(v, r[DISPI_X_OFFSET]);
    uint64_t most = usable(v) - need;
    return (uint32_t)((at > most ? most : at) * unit);
}

void vbe_reset(struct vga *v)
{
    memset(v->dispi, 0, sizeof(v->dispi));
    v->dispi[DISPI_ID] = ID_LAST;
    v->dispi_index = 0;
    v->line_bytes = 0;
}
