/* SPDX-License-Identifier: MIT */
/*
 * The window A0000-BFFFF: graphics controller and sequencer between the CPU and the planes (IBM VGA
 * Technical Reference; write modes 0-3, read modes 0-1, latches, odd/even, chain-4).
 *
 * Where the path is a plain copy, the window is taken out of the way: in chain-4 modes without any
 * logic in between (mode 13h, banked DISPI modes) the window is RAM that the CPU reaches directly,
 * and in text modes it is a copy of planes 0 and 1.
 */
#include <string.h>

#include "hw/display/vga_int.h"

#define SEQ_CHAIN4      0x08
#define SEQ_SEQUENTIAL  0x04 /* clear: odd/even */
#define GFX_ODD_EVEN    0x10
#define GFX_READ_MODE1  0x08
#define MISC_RAM_ENABLE 0x02
#define NO_ADDRESS      UINT32_MAX

/* Bits of a nibble to bytes of a cell. */
static const uint32_t expand4[16] = {
    0x00000000, 0x000000ff, 0x0000ff00, 0x0000ffff, 0x00ff0000, 0x00ff00ff, 0x00ffff00, 0x00ffffff,
    0xff000000, 0xff0000ff, 0xff00ff00, 0xff00ffff, 0xffff0000, 0xffff00ff, 0xffffff00, 0xffffffff,
};

static const struct {
    uint32_t base, size;
} maps[4] = {
    { 0x00000, 0x20000 },
    { 0x00000, 0x10000 },
    { 0x10000, 0x08000 },
    { 0x18000, 0x08000 },
};

/* Offset in the window to the address the planes see, or NO_ADDRESS where nothing answers. */
static inline uint32_t window_address(const struct vga *v, uint32_t off)
{
    unsigned map = v->gfx[GFX_MISC] >> 2 & 3;
    if (!(v->misc & MISC_RAM_ENABLE) || off < maps[map].base ||
        off - maps[map].base >= maps[map].size) {
        return NO_ADDRESS;
    }
    return off - maps[map].base + (map == 1 ? (uint32_t)v->dispi[DISPI_BANK] << 16 : 0);
}

static inline uint32_t cell_get(const struct vga *v, uint32_t cell)
{
    uint32_t c;
    memcpy(&c, v->vram + (size_t)cell * 4, 4);
    return c;
}

static inline void cell_put(struct vga *v, uint32_t cell, uint32_t c)
{
    memcpy(v->vram + (size_t)cell * 4, &c, 4);
    v->dirty[cell * 4 / VGA_PAGE] = 1;
}

static uint32_t rotate8(uint32_t val, unsigned by)
{
    return (val >> by | val << (8 - by)) & 0xff;
}

static uint8_t read_byte(struct vga *v, uint32_t off)
{
    uint32_t addr = window_address(v, off), cell;
    unsigned plane;
    if (addr == NO_ADDRESS) {
        return 0xff;
    }
    if (v->seq[SEQ_MEMORY_MODE] & SEQ_CHAIN4) {
        plane = addr & 3;
        cell = addr >> 2;
    } else if (v->gfx[GFX_MODE] & GFX_ODD_EVEN) {
        plane = (v->gfx[GFX_READ_MAP] & 2u) | (addr & 1);
        cell = addr >> 1;
    } else {
        plane = v->gfx[GFX_READ_MAP] & 3;
        cell = addr;
    }
    if (cell >= v->vram_size / 4) {
        return 0xff;
    }
    v->latch = cell_get(v, cell);
    if (!(v->gfx[GFX_MODE] & GFX_READ_MODE1)) {
        return (uint8_t)(v->latch >> (8 * plane));
    }
    /* Read mode 1: which pixels have the colour, in the planes that count. */
    uint32_t differs =
        (v->latch ^ expand4[v->gfx[GFX_COMPARE] & 15]) & expand4[v->gfx[GFX_DONT_CARE] & 15];
    differs |= differs >> 16;
    differs |= differs >> 8;
    return (uint8_t)~differs;
}

/* The pipeline of write modes 0-3: what goes to the four planes of a cell. */
static uint32_t pipeline(const struct vga *v, uint8_t val)
{
    uint32_t mask = v->gfx[GFX_BIT_MASK], data, set = expand4[v->gfx[GFX_SET_RESET] & 15];
    unsigned rotate = v->gfx[GFX_ROTATE] & 7;
    switch (v->gfx[GFX_MODE] & 3) {
    case 0: {
        uint32_t enable = expand4[v->gfx[GFX_ENABLE_SR] & 15];
        data = rotate8(val, rotate) * 0x01010101u;
        data = (data & ~enable) | (set & enable);
        break;
    }
    case 1: return v->latch;
    case 2: data = expand4[val & 15]; break;
    default:
        data = set;
        mask &= rotate8(val, rotate);
        break;
    }
    switch (v->gfx[GFX_ROTATE] >> 3 & 3) {
    case 1: data &= v->latch; break;
    case 2: data |= v->latch; break;
    case 3: data ^= v->latch; break;
    default: break;
    }
    mask *= 0x01010101u;
    return (data & mask) | (v->latch & ~mask);
}

static void write_byte(struct vga *v, uint32_t off, uint8_t val)
{
    uint32_t addr = window_address(v, off), cell = addr, planes = v->seq[SEQ_MAP_MASK] & 15;
    if (addr == NO_ADDRESS) {
        return;
    }
    if (v->seq[SEQ_MEMORY_MODE] & SEQ_CHAIN4) {
        planes &= 1u << (addr & 3);
        cell = addr >> 2;
    } else if (!(v->seq[SEQ_MEMORY_MODE] & SEQ_SEQUENTIAL)) {
        planes &= addr & 1 ? 0x0a : 0x05;
        cell = addr >> 1;
    }
    if (cell >= v->vram_size / 4 || planes == 0) {
        return;
    }
    uint32_t into = expand4[planes];
    cell_put(v, cell, (cell_get(v, cell) & ~into) | (pipeline(v, val) & into));
}

static uint64_t window_read(void *opaque, gpa_t off, unsigned size)
{
    struct vga *v = opaque;
    uint64_t val = 0;
    if (v->plain_text_read && !(off & 1) && size > 1) {
        uint32_t addr = window_address(v, (uint32_t)off);
        uint32_t last = window_address(v, (uint32_t)off + size - 1);
        if (addr != NO_ADDRESS && last != NO_ADDRESS) {
            for (unsigned i = 0; i < size; i += 2) {
                uint32_t cell = v->latch = cell_get(v, (addr + i) >> 1);
                val |= (uint64_t)(cell & 0xffff) << (8 * i);
            }
            return val;
        }
    }
    for (unsigned i = 0; i < size; i++) {
        val |= (uint64_t)read_byte(v, (uint32_t)off + i) << (8 * i);
    }
    return val;
}

static void window_write(void *opaque, gpa_t off, uint64_t val, unsigned size)
{
    struct vga *v = opaque;
    if (v->plain_text_write && !(off & 1) && size > 1) {
        uint32_t addr = window_address(v, (uint32_t)off);
        uint32_t last = window_address(v, (uint32_t)off + size - 1);
        if (addr != NO_ADDRESS && last != NO_ADDRESS) {
            for (unsigned i = 0; i < size; i += 2) {
                size_t at = (size_t)((addr + i) >> 1) * 4;
                v->vram[at] = (uint8_t)(val >> (8 * i));
                v->vram[at + 1] = (uint8_t)(val >> (8 * i + 8));
                v->dirty[at / VGA_PAGE] = 1;
            }
            return;
        }
    }
    for (unsigned i = 0; i < size; i++) {
        write_byte(v, (uint32_t)off + i, (uint8_t)(val >> (8 * i)));
    }
}

const struct mem_ops vga_window_ops = {
    .read = window_read,
    .write = window_write,
    .min_size = 1,
    .max_size = 8,
};

/* --- which path --------------------------------------------------------------------------- */

/* Bytes pass unchanged, whatever the latches hold. */
static bool write_is_plain(const struct vga *v)
{
    return (v->gfx[GFX_MODE] & 3) == 0 && (v->gfx[GFX_ENABLE_SR] & 15) == 0 &&
           (v->gfx[GFX_ROTATE] & 0x1f) == 0 && v->gfx[GFX_BIT_MASK] == 0xff;
}

/* What of the window can be RAM. False: nothing. */
static bool direct_wanted(const struct vga *v, uint32_t *base, uint32_t *size, uint32_t *off)
{
    unsigned map = v->gfx[GFX_MISC] >> 2 & 3;
    *base = maps[map].base;
    *size = maps[map].size;
    *off = map == 1 ? (uint32_t)v->dispi[DISPI_BANK] << 16 : 0;
    return (v->misc & MISC_RAM_ENABLE) && (v->seq[SEQ_MEMORY_MODE] & SEQ_CHAIN4) &&
           (v->seq[SEQ_MAP_MASK] & 15) == 15 && write_is_plain(v) &&
           !(v->gfx[GFX_MODE] & GFX_READ_MODE1) && *off + *size <= v->vram_size;
}

/* --- the text window as RAM ----------------------------------------------------------------- */

static void text_from_vram(struct vga *v, uint32_t at)
{
    const uint8_t *in = v->vram + (size_t)at * 2;
    uint8_t *out = v->text_ram + at;
    for (uint32_t i = 0; i < VGA_PAGE; i += 2, in += 4) {
        out[i] = in[0];
        out[i + 1] = in[1];
    }
}

static void text_to_vram(struct vga *v, uint32_t at)
{
    const uint8_t *in = v->text_ram + at;
    uint8_t *out = v->vram + (size_t)at * 2;
    for (uint32_t i = 0; i < VGA_PAGE; i += 2, out += 4) {
        out[0] = in[i];
        out[1] = in[i + 1];
    }
    v->dirty[at * 2 / VGA_PAGE] = v->dirty[at * 2 / VGA_PAGE + 1] = 1;
}

void vga_mem_text_sync(struct vga *v)
{
    for (uint32_t at = 0; v->text_window && at < VGA_TEXT_RAM; at += VGA_PAGE) {
        if (mem_region_test_clear_dirty(v->text_window, at, VGA_PAGE)) {
            text_to_vram(v, at);
        } else if (mem_region_test_clear_dirty(v->lfb, (uint64_t)at * 2, 2 * VGA_PAGE)) {
            text_from_vram(v, at); /* somebody writes characters through BAR0 */
            v->dirty[at * 2 / VGA_PAGE] = v->dirty[at * 2 / VGA_PAGE + 1] = 1;
        }
    }
}

static void text_unmap(struct vga *v)
{
    if (v->text_window) {
        vga_mem_text_sync(v);
        physmem_remove(v->mem, v->text_window);
        v->text_window = NULL;
    }
}

static void text_map(struct vga *v)
{
    unsigned map = v->gfx[GFX_MISC] >> 2 & 3;
    bool wanted = v->plain_text_write && v->plain_text_read && (v->misc & MISC_RAM_ENABLE) &&
                  maps[map].size == VGA_TEXT_RAM;
    gpa_t gpa = VGA_WINDOW + maps[map].base;
    if (v->text_window && wanted && mem_region_gpa(v->text_window) == gpa) {
        return;
    }
    text_unmap(v);
    if (wanted) {
        for (uint32_t at = 0; at < VGA_TEXT_RAM; at += VGA_PAGE) {
            text_from_vram(v, at);
        }
        v->text_window = physmem_add_ram(v->mem, "vga-text", gpa, VGA_TEXT_RAM, v->text_ram, 1);
        mem_region_track_dirty(v->text_window, true);
    }
}

static void direct_unmap(struct vga *v)
{
    if (!v->direct) {
        return;
    }
    for (uint32_t at = 0; at < v->direct_size; at += VGA_PAGE) {
        if (mem_region_test_clear_dirty(v->direct, at, VGA_PAGE)) {
            v->dirty[(v->direct_off + at) / VGA_PAGE] = 1;
        }
    }
    physmem_remove(v->mem, v->direct);
    v->direct = NULL;
}

void vga_mem_unmap_direct(struct vga *v)
{
    direct_unmap(v);
    text_unmap(v);
}

static void direct_map(struct vga *v)
{
    uint32_t base, size, off;
    if (!direct_wanted(v, &base, &size, &off)) {
        direct_unmap(v);
        return;
    }
    if (v->direct && v->direct_base == base && v->direct_size == size && v->direct_off == off) {
        return;
    }
    direct_unmap(v);
    v->direct = physmem_add_ram(v->mem, "vga-direct", VGA_WINDOW + base, size, v->vram + off, 1);
    mem_region_track_dirty(v->direct, true);
    v->direct_base = base;
    v->direct_size = size;
    v->direct_off = off;
}

void vga_mem_mode_changed(struct vga *v)
{
    bool text =
        !(v->seq[SEQ_MEMORY_MODE] & (SEQ_CHAIN4 | SEQ_SEQUENTIAL)) && v->dispi[DISPI_BANK] == 0;
    v->plain_text_write = text && write_is_plain(v) && (v->seq[SEQ_MAP_MASK] & 15) == 3;
    v->plain_text_read = text &&
                         (v->gfx[GFX_MODE] & (GFX_ODD_EVEN | GFX_READ_MODE1)) == GFX_ODD_EVEN &&
                         !(v->gfx[GFX_READ_MAP] & 2);
    if (!v->window) {
        return;
    }
    physmem_begin(v->mem);
    direct_map(v);
    text_map(v);
    physmem_commit(v->mem);
}
