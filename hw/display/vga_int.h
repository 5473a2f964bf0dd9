/* SPDX-License-Identifier: MIT */
/*
 * Inside of the VGA: state shared by vga.c (device, ports, windows), vga_regs.c (registers),
 * vga_mem.c (the planar window), vbe.c (DISPI), vga_draw.c and vga_text.c (pictures), edid.c.
 *
 * VRAM is stored as 32-bit cells: byte 4 * n + p is byte n of plane p. Chain-4 and linear modes
 * thus see VRAM byte by byte, planar modes move a whole cell at once. Odd/even and chain-4
 * addresses are packed (cell = address / 2 or / 4), as SVGA chips with linear modes do; the IBM VGA
 * leaves gaps instead, which only software that mixes both views of one picture could tell.
 * In text modes the CPU writes into a copy of planes 0 and 1 that is plain RAM (text_ram) and is
 * taken over page by page before VRAM is looked at.
 */
#ifndef HW_DISPLAY_VGA_INT_H
#define HW_DISPLAY_VGA_INT_H

#include "core/display.h"
#include "hw/pci/pci.h"

enum seq_reg { SEQ_CLOCKING = 1, SEQ_MAP_MASK, SEQ_CHAR_MAP, SEQ_MEMORY_MODE };
enum gfx_reg {
    GFX_SET_RESET,
    GFX_ENABLE_SR,
    GFX_COMPARE,
    GFX_ROTATE,
    GFX_READ_MAP,
    GFX_MODE,
    GFX_MISC,
    GFX_DONT_CARE,
    GFX_BIT_MASK,
};
enum attr_reg { ATTR_MODE = 0x10, ATTR_OVERSCAN, ATTR_PLANES, ATTR_PAN, ATTR_COLOR_SELECT };
enum crtc_reg {
    CRTC_H_TOTAL = 0x00,
    CRTC_H_DISPLAY_END = 0x01,
    CRTC_V_TOTAL = 0x06,
    CRTC_OVERFLOW = 0x07,
    CRTC_PRESET_ROW = 0x08,
    CRTC_MAX_SCAN = 0x09,
    CRTC_CURSOR_START = 0x0a,
    CRTC_CURSOR_END = 0x0b,
    CRTC_START_HI = 0x0c,
    CRTC_START_LO = 0x0d,
    CRTC_CURSOR_HI = 0x0e,
    CRTC_CURSOR_LO = 0x0f,
    CRTC_V_SYNC_START = 0x10,
    CRTC_V_SYNC_END = 0x11,
    CRTC_V_DISPLAY_END = 0x12,
    CRTC_OFFSET = 0x13,
    CRTC_UNDERLINE = 0x14,
    CRTC_MODE = 0x17,
    CRTC_LINE_COMPARE = 0x18,
    CRTC_COUNT,
};

enum dispi_reg {
    DISPI_ID,
    DISPI_XRES,
    DISPI_YRES,
    DISPI_BPP,
    DISPI_ENABLE,
    DISPI_BANK,
    DISPI_VIRT_WIDTH,
    DISPI_VIRT_HEIGHT,
    DISPI_X_OFFSET,
    DISPI_Y_OFFSET,
    DISPI_VIDEO_MEMORY_64K,
    DISPI_COUNT,
};
enum dispi_enable {
    DISPI_ENABLED = 0x01,
    DISPI_GETCAPS = 0x02,
    DISPI_8BIT_DAC = 0x20,
    DISPI_LFB = 0x40,
    DISPI_NOCLEAR = 0x80,
};
#define DISPI_MAX_XRES 2560
#define DISPI_MAX_YRES 1600

#define VGA_WINDOW      0xa0000u
#define VGA_WINDOW_SIZE 0x20000u
#define VGA_PAGE        4096u
#define VGA_FONT_SIZE   8192 /* 256 characters of 32 lines */

/* How the picture on the surface was made; anything different is drawn anew. */
struct vga_text_cache {
    unsigned cols, rows;
    uint16_t *cells; /* rows * (cols + 1) */
    uint8_t font[2][VGA_FONT_SIZE];
    /* As drawn (row -1: none), and as being drawn; col holds the shape too. */
    int cursor_row, cursor_col, cursor_new_row, cursor_new_col;
    bool blink_hidden;
};

struct vga {
    struct pci_device pci; /* first */
    /* Properties. */
    uint32_t vgamem_mb, xres, yres;
    char *addr;
    int place;          /* devfn + 1; 0 = the next free slot */
    const uint8_t *rom; /* until realize */
    size_t rom_len;

    struct clock *clock;
    struct display *display;
    struct ioport_space *io;
    struct physmem *mem;
    unsigned ports; /* how many ranges are registered */

    uint8_t *vram, *vram_alloc;
    uint32_t vram_size;
    struct mem_region *lfb;    /* BAR0 */
    struct mem_region *window; /* A0000-BFFFF by callbacks */
    struct mem_region *direct; /* a part of it as plain RAM, or NULL */
    uint32_t direct_base, direct_size, direct_off;
    uint8_t *text_ram;         /* planes 0 and 1 byte by byte, while `text_window` is there */
    struct mem_region *text_window; /* the text window as RAM, or NULL */
    uint8_t *dirty; /* a byte a page, set by our own writes */
    uint8_t *drawn; /* scratch: pages to draw anew */

    uint8_t misc, feature;
    uint8_t seq_index, seq[8];
    uint8_t gfx_index, gfx[16];
    uint8_t crtc_index, crtc[CRTC_COUNT];
    uint8_t attr_index, attr[32];
    bool attr_data_next; /* the flip-flop of 3C0 */
    uint8_t dac_mask, dac_state, dac_read, dac_write, dac_sub, dac_latch[3];
    uint8_t dac[256][3];
    uint32_t latch;
    bool plain_text_write, plain_text_read; /* see vga_mem_mode_changed */

    uint16_t dispi_index, dispi[DISPI_COUNT];
    uint8_t dispi_low;   /* first half of a misaligned word */
    uint32_t line_bytes; /* of a DISPI mode; 4 bpp: of one plane */
    uint8_t edid[256];

    /* Frame timing, from the CRTC. */
    int64_t frame_ns;
    unsigned v_total, v_display, v_sync, v_sync_lines, h_total, h_display;

    bool redraw; /* palette, mode or font changed */
    bool freeze;
    bool steady;        /* this update shows blinking things: a whole picture was asked for */
    uint32_t lut16[16]; /* pixel of a 4-bit colour */
    uint32_t lut256[256];
    uint32_t *line;    /* scratch for one line */
    uint64_t geometry; /* of the last picture */
    struct vga_text_cache text;
};

/* vga_regs.c */
void vga_regs_reset(struct vga *v);
uint8_t vga_port_read(struct vga *v, uint16_t port); /* 3B0..3DF */
void vga_port_write(struct vga *v, uint16_t port, uint8_t val);
void vga_timing_changed(struct vga *v);

/* vga_mem.c */
extern const struct mem_ops vga_window_ops;
/* Something that decides how the window works was written: choose the paths. */
void vga_mem_mode_changed(struct vga *v);
void vga_mem_unmap_direct(struct vga *v); /* both kinds */
/* What the guest wrote into the text window arrives in VRAM. Before VRAM is looked at. */
void vga_mem_text_sync(struct vga *v);
#define VGA_TEXT_RAM 0x8000u

/* vbe.c */
void vbe_reset(struct vga *v);
uint16_t vbe_read(const struct vga *v, unsigned index);
void vbe_write(struct vga *v, unsigned index, uint16_t val);
static inline bool vbe_enabled(const struct vga *v)
{
    return v->dispi[DISPI_ENABLE] & DISPI_ENABLED;
}
/* Where the picture begins in VRAM (cells * 4 for 4 bpp), after clamping. */
uint32_t vbe_start(const struct vga *v);

/* vga_draw.c, vga_text.c */
void vga_update(void *opaque, bool full);
char *vga_text(void *opaque);
bool vga_cells(void *opaque, struct text_screen *t);
struct surface *vga_surface(struct vga *v, unsigned width, unsigned height);
bool vga_is_text(const struct vga *v);
bool vga_is_blank(const struct vga *v);
unsigned vga_lines(const struct vga *v);
unsigned vga_line_compare(const struct vga *v);
void vga_luts_update(struct vga *v);
void vga_text_draw(struct vga *v, bool full);
void vga_text_cache_free(struct vga *v);
/* Lines [y, y + n) of the surface changed: n == 0 flushes. */
struct vga_damage {
    int y, n, width;
};
void vga_damage_line(struct vga *v, struct vga_damage *d, int y);
void vga_damage_flush(struct vga *v, struct vga_damage *d);

/* edid.c: 128 bytes of EDID 1.4 (VESA E-EDID A2) with xres x yres at 60 Hz preferred. */
void edid_build(uint8_t edid[128], unsigned xres, unsigned yres);

#endif
