/* SPDX-License-Identifier: MIT */
/* link: core/trace.c */
/* link: hw/display/vga.c hw/display/vga_regs.c hw/display/vga_mem.c hw/display/vga_draw.c */
/* link: hw/display/vga_text.c hw/display/vbe.c hw/display/edid.c hw/pci/pci.c hw/pci/msi.c */
/* link: core/display.c core/device.c core/opts.c core/error.c core/log.c core/ioport.c */
/* link: core/physmem.c core/physmem_access.c core/types.c core/clock.c */
/* link: os/posix/[a-z]*.c os/linux/[a-z]*.c */
/*
 * The VGA through its ports and windows: register sets of the BIOS modes, every write mode, DISPI,
 * and pictures pixel by pixel.
 */
#include "core/display.h"
#include "hw/display/vga.h"
#include "hw/pci/pci.h"
#include "tests/fake/clock.h"
#include "tests/fake/unit.h"

#define LFB  0xe0000000u
#define MMIO 0xe2000000u
#define SLOT PCI_DEVFN(2, 0)

struct rig {
    struct ioport_space *io;
    struct physmem *mem;
    struct clock *clock;
    struct display *display;
    struct pci_bus *bus;
    struct device *vga;
    struct display_listener listener;
    int damaged_lines, first_line, resizes;
};

static void on_damage(void *opaque, const struct surface *s, int x, int y, int w, int h)
{
    struct rig *r = opaque;
    assert_true(x == 0 && w == s->width && y >= 0 && h > 0 && y + h <= s->height);
    if (r->damaged_lines == 0) {
        r->first_line = y;
    }
    r->damaged_lines += h;
}

static void on_resize(void *opaque, const struct surface *s)
{
    struct rig *r = opaque;
    (void)s;
    r->resizes++;
}

static void no_intx(void *o, unsigned dev, unsigned pin, bool level)
{
    (void)o, (void)dev, (void)pin, (void)level;
}

static struct rig *rig_new(void)
{
    struct rig *r = g_new0(struct rig, 1);
    GError *err = NULL;
    r->io = ioport_space_new();
    r->mem = physmem_new();
    r->clock = fake_clock_new();
    r->display = display_new();
    struct pci_bus_env env = {
        .io = r->io, .mem = r->mem, .clock = r->clock, .display = r->display, .set_intx = no_intx
    };
    r->bus = pci_bus_new(&env);
    r->vga = vga_new(r->bus, SLOT, NULL, 0, &err);
    assert_non_null(r->vga);
    pci_config_write(r->bus, 0, SLOT, 0x10, LFB, 4);
    pci_config_write(r->bus, 0, SLOT, 0x18, MMIO, 4);
    pci_config_write(r->bus, 0, SLOT, 0x04, 3, 2);
    r->listener = (struct display_listener){ on_resize, on_damage, r, NULL };
    display_add_listener(r->display, &r->listener);
    return r;
}

static void rig_free(struct rig *r)
{
    display_remove_listener(r->display, &r->listener);
    device_free(r->vga);
    pci_bus_free(r->bus);
    physmem_free(r->mem);
    ioport_space_free(r->io);
    clock_free(r->clock);
    display_free(r->display);
    g_free(r);
}

static void out(struct rig *r, uint16_t port, unsigned v)
{
    ioport_write(r->io, port, v, 1);
}

static uint8_t in(struct rig *r, uint16_t port)
{
    return (uint8_t)ioport_read(r->io, port, 1);
}

static void indexed(struct rig *r, uint16_t port, unsigned i, unsigned v)
{
    ioport_write(r->io, port, i | v << 8, 2);
}

/* As a CPU: RAM directly (the accelerator marks it dirty), everything else through callbacks. */
static void poke(struct rig *r, gpa_t at, uint64_t v, unsigned size)
{
    const struct mem_section *s = physmem_find(r->mem, at);
    if (s && s->kind == MEM_RAM) {
        memcpy(s->host + (at - s->gpa), &v, size);
        mem_region_set_dirty(s->region, s->region_off + (at - s->gpa), size);
    } else {
        physmem_io_write(r->mem, at, v, size);
    }
}

static uint64_t peek(struct rig *r, gpa_t at, unsigned size)
{
    const struct mem_section *s = physmem_find(r->mem, at);
    uint64_t v = 0;
    if (s && s->kind == MEM_RAM) {
        memcpy(&v, s->host + (at - s->gpa), size);
        return v;
    }
    return physmem_io_read(r->mem, at, size);
}

static bool is_direct(struct rig *r, gpa_t at)
{
    const struct mem_section *s = physmem_find(r->mem, at);
    return s && s->kind == MEM_RAM;
}

struct vga_mode {
    uint8_t misc, seq[4], crtc[25], attr[21], gfx[9];
};

/* The parameter tables of the IBM VGA BIOS for modes 3, 12h, 13h, 4 and 6. */
static const struct vga_mode mode_3 = {
    0x67,
    { 0x00, 0x03, 0x00, 0x02 },
    { 0x5f, 0x4f, 0x50, 0x82, 0x55, 0x81, 0xbf, 0x1f, 0x00, 0x4f, 0x0d, 0x0e, 0x00,
      0x00, 0x00, 0x00, 0x9c, 0x8e, 0x8f, 0x28, 0x1f, 0x96, 0xb9, 0xa3, 0xff },
    { 0x00, 0x01, 0x02, 0x03, 0x04, 0x05, 0x14, 0x07, 0x38, 0x39, 0x3a,
      0x3b, 0x3c, 0x3d, 0x3e, 0x3f, 0x0c, 0x00, 0x0f, 0x08, 0x00 },
    { 0x00, 0x00, 0x00, 0x00, 0x00, 0x10, 0x0e, 0x0f, 0xff },
};
static const struct vga_mode mode_12 = {
    0xe3,
    { 0x01, 0x0f, 0x00, 0x06 },
    { 0x5f, 0x4f, 0x50, 0x82, 0x54, 0x80, 0x0b, 0x3e, 0x00, 0x40, 0x00, 0x00, 0x00,
      0x00, 0x00, 0x00, 0xea, 0x8c, 0xdf, 0x28, 0x00, 0xe7, 0x04, 0xe3, 0xff },
    { 0x00, 0x01, 0x02, 0x03, 0x04, 0x05, 0x14, 0x07, 0x38, 0x39, 0x3a,
      0x3b, 0x3c, 0x3d, 0x3e, 0x3f, 0x01, 0x00, 0x0f, 0x00, 0x00 },
    { 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x05, 0x0f, 0xff },
};
static const struct vga_mode mode_13 = {
    0x63,
    { 0x01, 0x0f, 0x00, 0x0e },
    { 0x5f, 0x4f, 0x50, 0x82, 0x54, 0x80, 0xbf, 0x1f, 0x00, 0x41, 0x00, 0x00, 0x00,
      0x00, 0x00, 0x00, 0x9c, 0x8e, 0x8f, 0x28, 0x40, 0x96, 0xb9, 0xa3, 0xff },
    { 0x00, 0x01, 0x02, 0x03, 0x04, 0x05, 0x06, 0x07, 0x08, 0x09, 0x0a,
      0x0b, 0x0c, 0x0d, 0x0e, 0x0f, 0x41, 0x00, 0x0f, 0x00, 0x00 },
    { 0x00, 0x00, 0x00, 0x00, 0x00, 0x40, 0x05, 0x0f, 0xff },
};
static const struct vga_mode mode_4 = {
    0x63,
    { 0x09, 0x03, 0x00, 0x02 },
    { 0x2d, 0x27, 0x28, 0x90, 0x2b, 0x80, 0xbf, 0x1f, 0x00, 0xc1, 0x00, 0x00, 0x00,
      0x00, 0x00, 0x00, 0x9c, 0x8e, 0x8f, 0x14, 0x00, 0x96, 0xb9, 0xa2, 0xff },
    { 0x00, 0x13, 0x15, 0x17, 0x02, 0x04, 0x06, 0x07, 0x10, 0x11, 0x12,
      0x13, 0x14, 0x15, 0x16, 0x17, 0x01, 0x00, 0x03, 0x00, 0x00 },
    { 0x00, 0x00, 0x00, 0x00, 0x00, 0x30, 0x0f, 0x0f, 0xff },
};
static const struct vga_mode mode_6 = {
    0x63,
    { 0x01, 0x01, 0x00, 0x06 },
    { 0x5f, 0x4f, 0x50, 0x82, 0x54, 0x80, 0xbf, 0x1f, 0x00, 0xc1, 0x00, 0x00, 0x00,
      0x00, 0x00, 0x00, 0x9c, 0x8e, 0x8f, 0x28, 0x00, 0x96, 0xb9, 0xc2, 0xff },
    { 0x00, 0x17, 0x17, 0x17, 0x17, 0x17, 0x17, 0x17, 0x17, 0x17, 0x17,
      0x17, 0x17, 0x17, 0x17, 0x17, 0x01, 0x00, 0x01, 0x00, 0x00 },
    { 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x0d, 0x0f, 0xff },
};

static void attribute(struct rig *r, unsigned i, unsigned v)
{
    in(r, 0x3da);
    out(r, 0x3c0, i);
    out(r, 0x3c0, v);
    out(r, 0x3c0, 0x20);
}

static void set_mode(struct rig *r, const struct vga_mode *m)
{
    out(r, 0x3c2, m->misc);
    for (unsigned i = 0; i < 4; i++) {
        indexed(r, 0x3c4, i + 1, m->seq[i]);
    }
    indexed(r, 0x3d4, 0x11, 0);
    for (unsigned i = 0; i < 25; i++) {
        indexed(r, 0x3d4, i, m->crtc[i]);
    }
    for (unsigned i = 0; i < 9; i++) {
        indexed(r, 0x3ce, i, m->gfx[i]);
    }
    for (unsigned i = 0; i < 21; i++) {
        attribute(r, i, m->attr[i]);
    }
    /* DAC: entry n is (n & 63, n >> 2, 63 - (n & 63)): every entry differs. */
    out(r, 0x3c8, 0);
    for (unsigned i = 0; i < 256; i++) {
        out(r, 0x3c9, i & 63);
        out(r, 0x3c9, i >> 2);
        out(r, 0x3c9, 63 - (i & 63));
    }
}

static uint32_t wide(unsigned v)
{
    return v << 2 | v >> 4;
}

static uint32_t dac_color(unsigned i)
{
    return wide(i & 63) << 16 | wide(i >> 2) << 8 | wide(63 - (i & 63));
}

/* Character n of the test font: row y is n ^ y, all below 16. */
static void load_font(struct rig *r)
{
    indexed(r, 0x3c4, 2, 4);
    indexed(r, 0x3c4, 4, 6);
    indexed(r, 0x3ce, 5, 0);
    indexed(r, 0x3ce, 6, 4);
    for (unsigned c = 0; c < 256; c++) {
        for (unsigned y = 0; y < 16; y++) {
            poke(r, 0xa0000 + c * 32 + y, c == ' ' ? 0 : c ^ y, 1);
        }
    }
    indexed(r, 0x3c4, 2, 3);
    indexed(r, 0x3c4, 4, 2);
    indexed(r, 0x3ce, 5, 0x10);
    indexed(r, 0x3ce, 6, 0x0e);
}

static void clear_text(struct rig *r)
{
    for (unsigned i = 0; i < 0x8000; i += 8) {
        poke(r, 0xb8000 + i, 0x0720072007200720ull, 8);
    }
}

static const struct surface *refresh(struct rig *r)
{
    r->damaged_lines = 0;
    return display_refresh(r->display, false);
}

static uint32_t pixel(const struct surface *s, int x, int y)
{
    return s->pixels[(size_t)y * s->stride + x];
}

static void test_text(void **state)
{
    (void)state;
    struct rig *r = rig_new();
    set_mode(r, &mode_3);
    load_font(r);
    clear_text(r);
    indexed(r, 0x3d4, 0x0a, 0x20);                  /* no cursor */
    poke(r, 0xb8000 + 2 * (80 * 3 + 5), 0x1e41, 2); /* A, yellow on blue */
    poke(r, 0xb8000 + 2 * (80 * 3 + 6), 0xc4, 1);   /* line graphics, by bytes */
    poke(r, 0xb8000 + 2 * (80 * 3 + 6) + 1, 0x0f, 1);
    poke(r, 0xb8000 + 2 * (80 * 24 + 79), 0x07ff, 2);
    const struct surface *s = refresh(r);
    assert_int_equal(s->width, 720);
    assert_int_equal(s->height, 400);
    for (unsigned y = 0; y < 16; y++) {
        for (unsigned x = 0; x < 8; x++) {
            bool on = ('A' ^ y) >> (7 - x) & 1;
            assert_int_equal(pixel(s, (int)(45 + x), (int)(48 + y)), dac_color(on ? 0x3e : 0x01));
        }
        assert_int_equal(pixel(s, 53, (int)(48 + y)), dac_color(0x01)); /* ninth dot */
        bool last = (0xc4 ^ y) & 1;
        assert_int_equal(pixel(s, 62, (int)(48 + y)), dac_color(last ? 0x3f : 0));
        assert_int_equal(pixel(s, 719, (int)(384 + y)), dac_color(0)); /* FF isn't line graphics */
    }
    char *text = display_text(r->display);
    char **lines = g_strsplit(text, "\n", -1);
    assert_int_equal(g_strv_length(lines), 26);
    assert_string_equal(lines[3], "     A\xe2\x94\x80");
    assert_string_equal(lines[4], "");
    g_strfreev(lines);
    g_free(text);
    /* One changed cell draws one row. */
    refresh(r);
    assert_int_equal(r->damaged_lines, 0);
    poke(r, 0xb8000 + 2 * (80 * 7), 0x0742, 2);
    refresh(r);
    assert_int_equal(r->damaged_lines, 16);
    assert_int_equal(r->first_line, 7 * 16);
    /* Reading back: words, bytes, and the planes beneath. */
    assert_int_equal(peek(r, 0xb8000 + 2 * (80 * 3 + 5), 4), 0x0fc41e41);
    assert_int_equal(peek(r, 0xb8000 + 2 * (80 * 3 + 5) + 1, 1), 0x1e);
    assert_int_equal(peek(r, LFB + 4 * (80 * 3 + 5), 2), 0x1e41);
    assert_int_equal(peek(r, 0xa0000, 4), 0xffffffff); /* not mapped in this mode */
    /* The window is RAM; what comes from the other side arrives with the next picture. */
    assert_true(is_direct(r, 0xb8000) && is_direct(r, 0xbffff));
    poke(r, LFB + 4 * (80 * 9 + 2), 0x0743, 2);
    refresh(r);
    assert_int_equal(r->first_line, 9 * 16);
    assert_int_equal(peek(r, 0xb8000 + 2 * (80 * 9 + 2), 2), 0x0743);
    /* Another path in between, and nothing is lost. */
    poke(r, 0xb8000 + 2 * (80 * 9 + 2), 0x0744, 2);
    indexed(r, 0x3c4, 2, 0x01);
    assert_false(is_direct(r, 0xb8000));
    poke(r, 0xb8000 + 2 * (80 * 9 + 3), 0x0745, 2); /* the attribute's plane is masked */
    indexed(r, 0x3c4, 2, 0x03);
    assert_true(is_direct(r, 0xb8000));
    assert_int_equal(peek(r, 0xb8000 + 2 * (80 * 9 + 2), 4), 0x07450744);
    rig_free(r);
}

static void test_text_cursor_blink(void **state)
{
    (void)state;
    struct rig *r = rig_new();
    set_mode(r, &mode_3);
    load_font(r);
    clear_text(r);
    indexed(r, 0x3d4, 0x0e, 0);
    indexed(r, 0x3d4, 0x0f, 82); /* row 1, column 2; lines 13-14 */
    const struct surface *s = refresh(r);
    assert_int_equal(pixel(s, 18, 16 + 12), dac_color(0));
    assert_int_equal(pixel(s, 18, 16 + 13), dac_color(7));
    assert_int_equal(pixel(s, 26, 16 + 14), dac_color(7));
    assert_int_equal(pixel(s, 27, 16 + 14), dac_color(0));
    assert_int_equal(pixel(s, 18, 16 + 15), dac_color(0));
    indexed(r, 0x3d4, 0x0f, 80 * 3); /* it moves: two rows change */
    s = refresh(r);
    assert_int_equal(r->damaged_lines, 32);
    assert_int_equal(pixel(s, 18, 16 + 13), dac_color(0));
    assert_int_equal(pixel(s, 0, 48 + 13), dac_color(7));
    refresh(r);
    assert_int_equal(r->damaged_lines, 0);
    /* Blinking: the cursor is off after 16 frames, blinking characters after 32. */
    poke(r, 0xb8000, 0x8fff, 2);
    s = refresh(r);
    assert_int_equal(pixel(s, 0, 0), dac_color(0x3f));
    fake_clock_step(r->clock, 17 * NS_PER_SEC / 70);
    s = refresh(r);
    assert_int_equal(r->damaged_lines, 16);
    assert_int_equal(pixel(s, 0, 48 + 13), dac_color(0));
    assert_int_equal(pixel(s, 0, 0), dac_color(0x3f));
    fake_clock_step(r->clock, 16 * NS_PER_SEC / 70);
    s = refresh(r);
    assert_int_equal(pixel(s, 0, 0), dac_color(0));
    s = display_refresh(r->display, true); /* a screenshot is steady */
    assert_int_equal(pixel(s, 0, 0), dac_color(0x3f));
    s = refresh(r);
    assert_int_equal(pixel(s, 0, 0), dac_color(0));
    vga_freeze_blink(r->vga, true);
    s = refresh(r);
    assert_int_equal(pixel(s, 0, 0), dac_color(0x3f));
    assert_int_equal(pixel(s, 0, 48 + 13), dac_color(7));
    attribute(r, 0x10, 0x04); /* blink off: bright background instead */
    poke(r, 0xb8000, 0x9f00 | 'B', 2);
    s = refresh(r);
    assert_int_equal(pixel(s, 8, 0), dac_color(0x39));
    rig_free(r);
}

/* Start address, split screen, row scan and pixel panning, 40 columns, two fonts. */
static void test_text_geometry(void **state)
{
    (void)state;
    struct rig *r = rig_new();
    set_mode(r, &mode_3);
    load_font(r);
    clear_text(r);
    indexed(r, 0x3d4, 0x0a, 0x20);
    poke(r, 0xb8000 + 2 * 160, 0x0755, 2);
    indexed(r, 0x3d4, 0x0d, 160); /* third row on top */
    const struct surface *s = refresh(r);
    assert_int_equal(pixel(s, 1, 0), dac_color(7));
    indexed(r, 0x3d4, 0x0d, 80);
    indexed(r, 0x3d4, 0x08, 3); /* and three lines down */
    s = refresh(r);
    assert_int_equal(pixel(s, 1, 13), dac_color(7));
    attribute(r, 0x13, 0); /* one dot to the left */
    s = refresh(r);
    assert_int_equal(pixel(s, 0, 13), dac_color(7));
    assert_int_equal(pixel(s, 1, 13), dac_color(0));
    attribute(r, 0x13, 8);
    indexed(r, 0x3d4, 0x08, 0);
    indexed(r, 0x3d4, 0x0d, 0);
    /* Split after line 99: address 0 from line 100 on. */
    poke(r, 0xb8000, 0x07ff, 2);
    indexed(r, 0x3d4, 0x18, 99);
    indexed(r, 0x3d4, 0x07, 0x0f);
    indexed(r, 0x3d4, 0x09, 0x0f);
    s = refresh(r);
    assert_int_equal(pixel(s, 0, 0), dac_color(7));
    assert_int_equal(pixel(s, 0, 99), dac_color(0));
    assert_int_equal(pixel(s, 0, 100), dac_color(7));
    assert_int_equal(pixel(s, 0, 116), dac_color(0));
    indexed(r, 0x3d4, 0x18, 0xff);
    indexed(r, 0x3d4, 0x07, 0x1f);
    indexed(r, 0x3d4, 0x09, 0x4f);
    /* Second font, empty, for characters with attribute bit 3. */
    indexed(r, 0x3c4, 3, 0x04);
    poke(r, 0xb8002, 0x0fff, 2);
    s = refresh(r);
    assert_int_equal(pixel(s, 0, 0), dac_color(7));
    assert_int_equal(pixel(s, 9, 0), dac_color(0));
    /* 40 columns: dots twice as wide. */
    indexed(r, 0x3c4, 1, 0x08);
    indexed(r, 0x3d4, 0x11, 0x0e);
    indexed(r, 0x3d4, 0x01, 39);
    indexed(r, 0x3d4, 0x13, 20);
    s = refresh(r);
    assert_int_equal(s->width, 720);
    assert_int_equal(pixel(s, 15, 0), dac_color(7));
    assert_int_equal(pixel(s, 16, 0), dac_color(0));
    char *text = display_text(r->display);
    assert_true(g_str_has_prefix(text, "\xc2\xa0") || g_str_has_prefix(text, "\n"));
    g_free(text);
    rig_free(r);
}

/* Write modes, latches, read modes in 640x480x16. */
static void test_planar(void **state)
{
    (void)state;
    struct rig *r = rig_new();
    set_mode(r, &mode_12);
    assert_false(is_direct(r, 0xa0000));
    poke(r, 0xa0000, 0xff, 1); /* mode 0, all planes */
    assert_int_equal(peek(r, LFB, 4), 0xffffffff);
    indexed(r, 0x3c4, 2, 0x05);
    poke(r, 0xa0001, 0x3c, 1);
    assert_int_equal(peek(r, LFB + 4, 4), 0x003c003c);
    indexed(r, 0x3c4, 2, 0x0f);
    indexed(r, 0x3ce, 0, 0x0a); /* set/reset 10 in planes 1 and 3 only */
    indexed(r, 0x3ce, 1, 0x0c);
    poke(r, 0xa0002, 0x81, 1);
    assert_int_equal(peek(r, LFB + 8, 4), 0xff008181);
    indexed(r, 0x3ce, 1, 0);
    indexed(r, 0x3ce, 8, 0x0f); /* bit mask: the rest from the latches */
    peek(r, 0xa0000, 1);
    poke(r, 0xa0003, 0x00, 1);
    assert_int_equal(peek(r, LFB + 12, 4), 0xf0f0f0f0);
    indexed(r, 0x3ce, 8, 0xff);
    indexed(r, 0x3ce, 3, 0x1c); /* XOR, rotate by 4 */
    peek(r, 0xa0001, 1);
    poke(r, 0xa0004, 0x21, 1);
    assert_int_equal(peek(r, LFB + 16, 4), 0x122e122e);
    indexed(r, 0x3ce, 3, 0);
    indexed(r, 0x3ce, 5, 1); /* write mode 1 copies the latches */
    peek(r, 0xa0001, 1);
    poke(r, 0xa0005, 0x55, 1);
    assert_int_equal(peek(r, LFB + 20, 4), 0x003c003c);
    indexed(r, 0x3ce, 5, 2); /* write mode 2: colour, masked */
    indexed(r, 0x3ce, 8, 0x80);
    peek(r, 0xa0100, 1);
    poke(r, 0xa0100, 0x09, 1);
    assert_int_equal(peek(r, LFB + 0x400, 4), 0x80000080);
    indexed(r, 0x3ce, 5, 3); /* write mode 3: set/reset by the data as mask */
    indexed(r, 0x3ce, 8, 0xf0);
    indexed(r, 0x3ce, 0, 0x06);
    peek(r, 0xa0101, 1);
    poke(r, 0xa0101, 0x3c, 1);
    assert_int_equal(peek(r, LFB + 0x404, 4), 0x00303000);
    indexed(r, 0x3ce, 5, 0);
    indexed(r, 0x3ce, 8, 0xff);
    indexed(r, 0x3ce, 4, 2); /* read plane 2 */
    assert_int_equal(peek(r, 0xa0101, 1), 0x30);
    indexed(r, 0x3ce, 5, 8); /* colour compare */
    indexed(r, 0x3ce, 2, 0x06);
    assert_int_equal(peek(r, 0xa0101, 1), 0x30);
    indexed(r, 0x3ce, 7, 0x04); /* only plane 2 counts */
    indexed(r, 0x3ce, 2, 0x00);
    assert_int_equal(peek(r, 0xa0101, 1), 0xcf);
    const struct surface *s = refresh(r);
    assert_int_equal(s->width, 640);
    assert_int_equal(s->height, 480);
    assert_int_equal(pixel(s, 0, 0), dac_color(0x3f));
    assert_int_equal(pixel(s, 10, 0), dac_color(0x05));
    int y = 0x100 / 80, x = 0x100 % 80 * 8;
    assert_int_equal(pixel(s, x, y), dac_color(0x39));      /* colour 9 */
    assert_int_equal(pixel(s, x + 10, y), dac_color(0x14)); /* colour 6 */
    attribute(r, 0x12, 0x02);                               /* planes shown */
    s = refresh(r);
    assert_int_equal(pixel(s, x + 10, y), dac_color(0x02));
    rig_free(r);
}

static void test_13h(void **state)
{
    (void)state;
    struct rig *r = rig_new();
    set_mode(r, &mode_13);
    assert_true(is_direct(r, 0xa0000));
    assert_true(is_direct(r, 0xaffff));
    assert_false(is_direct(r, 0xb0000));
    poke(r, 0xa0000 + 320 * 10 + 7, 0xab, 1);
    const struct surface *s = refresh(r);
    assert_int_equal(s->width, 640);
    assert_int_equal(s->height, 400);
    for (int i = 0; i < 4; i++) {
        assert_int_equal(pixel(s, 14 + (i & 1), 20 + i / 2), dac_color(0xab));
    }
    assert_int_equal(pixel(s, 16, 20), dac_color(0));
    assert_int_equal(pixel(s, 14, 22), dac_color(0));
    poke(r, 0xa0000 + 320 * 100, 1, 1); /* one page: at most 13 lines and their doubles */
    refresh(r);
    assert_in_range(r->damaged_lines, 2, 30);
    poke(r, LFB + 320 * 199, 2, 1); /* the same memory from the other side */
    s = refresh(r);
    assert_int_equal(pixel(s, 0, 399), dac_color(2));
    assert_int_equal(peek(r, 0xa0000 + 320 * 199, 1), 2);
    /* A bit mask: back to the pipeline, and out again. */
    indexed(r, 0x3ce, 8, 0x0f);
    assert_false(is_direct(r, 0xa0000));
    peek(r, 0xa0000 + 320 * 10 + 7, 1);
    poke(r, 0xa0000 + 320 * 10 + 7, 0x11, 1);
    indexed(r, 0x3ce, 8, 0xff);
    assert_true(is_direct(r, 0xa0000));
    assert_int_equal(peek(r, 0xa0000 + 320 * 10 + 7, 1), 0xa1);
    /* Mode X: unchained, planes by the map mask. */
    indexed(r, 0x3c4, 4, 6);
    indexed(r, 0x3d4, 0x14, 0);
    indexed(r, 0x3d4, 0x17, 0xe3);
    indexed(r, 0x3c4, 2, 0x04);
    assert_false(is_direct(r, 0xa0000));
    poke(r, 0xa0000 + 80 * 50 + 3, 0x77, 1);
    s = refresh(r);
    assert_int_equal(pixel(s, 2 * (3 * 4 + 2), 100), dac_color(0x77));
    indexed(r, 0x3d4, 0x0d, 80); /* page flipping by the start address */
    s = refresh(r);
    assert_int_equal(pixel(s, 2 * (3 * 4 + 2), 98), dac_color(0x77));
    out(r, 0x3c6, 0x0f); /* DAC mask */
    s = refresh(r);
    assert_int_equal(pixel(s, 2 * (3 * 4 + 2), 98), dac_color(7));
    /* Screen off. */
    indexed(r, 0x3c4, 1, 0x21);
    s = refresh(r);
    assert_int_equal(pixel(s, 2 * (3 * 4 + 2), 98), 0);
    rig_free(r);
}

static void test_cga(void **state)
{
    (void)state;
    struct rig *r = rig_new();
    set_mode(r, &mode_4);
    poke(r, 0xb8000, 0x1b, 1);          /* 0 1 2 3 */
    poke(r, 0xb8000 + 0x2000, 0xe4, 1); /* 3 2 1 0 on the odd line */
    const struct surface *s = refresh(r);
    assert_int_equal(s->width, 640);
    assert_int_equal(s->height, 400);
    static const uint8_t color[4] = { 0x00, 0x13, 0x15, 0x17 };
    for (int i = 0; i < 4; i++) {
        assert_int_equal(pixel(s, 2 * i, 0), dac_color(color[i]));
        assert_int_equal(pixel(s, 2 * i + 1, 1), dac_color(color[i]));
        assert_int_equal(pixel(s, 2 * i, 2), dac_color(color[3 - i]));
        assert_int_equal(pixel(s, 2 * i, 4), dac_color(0));
    }
    assert_int_equal(peek(r, 0xb8000 + 0x2000, 1), 0xe4);
    rig_free(r);
    r = rig_new();
    set_mode(r, &mode_6);
    poke(r, 0xb8000 + 80, 0x81, 1);
    poke(r, 0xb8000 + 0x2000 + 80, 0x40, 1);
    s = refresh(r);
    assert_int_equal(pixel(s, 0, 4), dac_color(0x17));
    assert_int_equal(pixel(s, 1, 4), dac_color(0));
    assert_int_equal(pixel(s, 7, 5), dac_color(0x17));
    assert_int_equal(pixel(s, 1, 6), dac_color(0x17));
    assert_int_equal(pixel(s, 0, 6), dac_color(0));
    rig_free(r);
}

static void dispi(struct rig *r, unsigned i, unsigned v)
{
    ioport_write(r->io, 0x1ce, i, 2);
    ioport_write(r->io, 0x1cf, v, 2); /* not aligned: arrives in two bytes */
}

static unsigned dispi_get(struct rig *r, unsigned i)
{
    ioport_write(r->io, 0x1ce, i, 2);
    unsigned v = ioport_read(r->io, 0x1cf, 2);
    assert_int_equal(v, ioport_read(r->io, 0x1d0, 2));
    return v;
}

static void dispi_mode(struct rig *r, unsigned x, unsigned y, unsigned bpp)
{
    dispi(r, 4, 0);
    dispi(r, 1, x);
    dispi(r, 2, y);
    dispi(r, 3, bpp);
    dispi(r, 4, 0x41);
}

static void test_dispi_depths(void **state)
{
    (void)state;
    static const struct {
        unsigned bpp, bytes;
        uint32_t raw, color;
    } cases[] = {
        { 8, 1, 0x2a, 0 },
        { 15, 2, 0x7c1f, 0xff00ff },
        { 16, 2, 0x07e0, 0x00ff00 },
        { 24, 3, 0x123456, 0x123456 },
        { 32, 4, 0xff123456, 0x123456 },
    };
    struct rig *r = rig_new();
    set_mode(r, &mode_3);
    assert_int_equal(dispi_get(r, 0), 0xb0c5);
    assert_int_equal(dispi_get(r, 10), 256);
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        char name[16];
        snprintf(name, sizeof(name), "%u bpp", cases[i].bpp);
        dispi_mode(r, 800, 600, cases[i].bpp);
        gpa_t at = LFB + (800 * 599 + 799) * cases[i].bytes;
        for (unsigned b = 0; b < cases[i].bytes; b++) {
            poke(r, at + b, cases[i].raw >> (8 * b) & 0xff, 1);
        }
        const struct surface *s = refresh(r);
        assert_case(name, s->width == 800 && s->height == 600);
        uint32_t want = cases[i].bpp == 8 ? dac_color(0x2a) : cases[i].color;
        assert_case(name, pixel(s, 799, 599) == want);
        assert_case(name, pixel(s, 798, 599) == (cases[i].bpp == 8 ? dac_color(0) : 0));
        refresh(r);
        assert_case(name, r->damaged_lines == 0);
        poke(r, LFB, 1, 1);
        refresh(r);
        assert_case(name, r->damaged_lines >= 1 && r->damaged_lines <= 6);
    }
    dispi_mode(r, 800, 600, 4);
    indexed(r, 0x3c4, 2, 0x0a);
    poke(r, 0xa0000 + 100 * 3, 0x80, 1);
    const struct surface *s = refresh(r);
    assert_int_equal(pixel(s, 0, 3), dac_color(0x3a));
    assert_int_equal(pixel(s, 1, 3), dac_color(0));
    dispi(r, 4, 0); /* back to text */
    s = refresh(r);
    assert_int_equal(s->height, 400);
    rig_free(r);
}

static void test_dispi_registers(void **state)
{
    (void)state;
    struct rig *r = rig_new();
    set_mode(r, &mode_3);
    dispi(r, 4, 2); /* capabilities */
    assert_int_equal(dispi_get(r, 1), 2560);
    assert_int_equal(dispi_get(r, 2), 1600);
    assert_int_equal(dispi_get(r, 3), 32);
    dispi(r, 0, 0xb0c2);
    assert_int_equal(dispi_get(r, 0), 0xb0c2);
    dispi(r, 0, 0x1234);
    assert_int_equal(dispi_get(r, 0), 0xb0c2);
    dispi_mode(r, 1024, 768, 32);
    assert_int_equal(dispi_get(r, 6), 1024);
    assert_int_equal(dispi_get(r, 7), 4096);
    dispi(r, 1, 640); /* fixed while enabled */
    assert_int_equal(dispi_get(r, 1), 1024);
    dispi(r, 6, 2048);
    assert_int_equal(dispi_get(r, 6), 2048);
    assert_int_equal(dispi_get(r, 7), 2048);
    dispi(r, 8, 100);
    dispi(r, 9, 50);
    poke(r, LFB + (50 * 2048 + 100) * 4, 0xabcdef, 4);
    const struct surface *s = refresh(r);
    assert_int_equal(pixel(s, 0, 0), 0xabcdef);
    dispi(r, 8, 0xffff); /* never outside of VRAM */
    dispi(r, 9, 0xffff);
    dispi(r, 6, 0xffff);
    refresh(r);
    dispi(r, 6, 0);
    assert_int_equal(dispi_get(r, 6), 1024);
    refresh(r);
    /* Banks of 64 KiB in the legacy window. */
    dispi_mode(r, 640, 480, 8);
    assert_true(is_direct(r, 0xa0000));
    dispi(r, 5, 3);
    poke(r, 0xa0010, 0x5a, 1);
    assert_int_equal(peek(r, LFB + 0x30010, 1), 0x5a);
    s = refresh(r);
    assert_int_equal(pixel(s, 0x30010 % 640, 0x30010 / 640), dac_color(0x5a));
    dispi(r, 5, 0xffff);
    poke(r, 0xa0000, 1, 1);
    /* Enabling clears, unless told not to; 8-bit DAC. */
    dispi(r, 4, 0);
    dispi(r, 4, 0xe1);
    assert_int_equal(peek(r, LFB + 0x30010, 1), 0x5a);
    out(r, 0x3c8, 0x5a);
    out(r, 0x3c9, 0x81);
    out(r, 0x3c9, 0x82);
    out(r, 0x3c9, 0x83);
    s = refresh(r);
    assert_int_equal(pixel(s, 0x30010 % 640, 0x30010 / 640), 0x818283);
    dispi(r, 4, 0);
    dispi(r, 4, 0x41);
    assert_int_equal(peek(r, LFB + 0x30010, 1), 0);
    /* The same registers in BAR2, and EDID. */
    assert_int_equal(peek(r, MMIO + 0x502, 2), 640);
    poke(r, MMIO + 0x508, 0, 2);
    poke(r, MMIO + 0x502, 320, 2);
    assert_int_equal(dispi_get(r, 1), 320);
    assert_int_equal(peek(r, MMIO + 0x40c, 1), in(r, 0x3cc));
    uint8_t sum = 0, edid[128];
    for (unsigned i = 0; i < 128; i++) {
        edid[i] = (uint8_t)peek(r, MMIO + i, 1);
        sum = (uint8_t)(sum + edid[i]);
    }
    assert_int_equal(sum, 0);
    assert_int_equal(edid[54 + 2] | (edid[54 + 4] >> 4) << 8, 1280);
    assert_int_equal(edid[54 + 5] | (edid[54 + 7] >> 4) << 8, 800);
    /* 1280x800 at 60 Hz with reduced blanking: 71 MHz. */
    assert_in_range(edid[54] | edid[55] << 8, 7050, 7150);
    assert_int_equal(pci_config_read(r->bus, 0, SLOT, 0, 4), 0x11111234);
    assert_int_equal(pci_config_read(r->bus, 0, SLOT, 8, 4) >> 8, 0x030000);
    rig_free(r);
}

static void test_registers(void **state)
{
    (void)state;
    struct rig *r = rig_new();
    set_mode(r, &mode_3);
    /* Colour and mono addresses. */
    assert_int_equal(in(r, 0x3b4), 0xff);
    out(r, 0x3c2, 0x66);
    assert_int_equal(in(r, 0x3d4), 0xff);
    assert_int_not_equal(in(r, 0x3b4), 0xff);
    out(r, 0x3c2, 0x67);
    /* CRTC protection, except line compare's bit. */
    indexed(r, 0x3d4, 0x11, 0x8e);
    indexed(r, 0x3d4, 0x00, 0x11);
    out(r, 0x3d4, 0);
    assert_int_equal(in(r, 0x3d5), 0x5f);
    indexed(r, 0x3d4, 0x07, 0x00);
    out(r, 0x3d4, 7);
    assert_int_equal(in(r, 0x3d5), 0x0f);
    /* Attribute flip-flop: reading 3DA makes the next write an index. */
    in(r, 0x3da);
    out(r, 0x3c0, 0x10);
    in(r, 0x3da);
    out(r, 0x3c0, 0x31);
    out(r, 0x3c0, 0x55);
    assert_int_equal(in(r, 0x3c1), 0x55);
    /* DAC reads. */
    out(r, 0x3c7, 5);
    assert_int_equal(in(r, 0x3c7), 3);
    assert_int_equal(in(r, 0x3c9), 5);
    assert_int_equal(in(r, 0x3c9), 1);
    assert_int_equal(in(r, 0x3c9), 58);
    assert_int_equal(in(r, 0x3c9), 6);
    rig_free(r);
}

/* 720x400 at 70 Hz: retrace for 2 lines of 449, the picture for 400. */
static void test_retrace(void **state)
{
    (void)state;
    struct rig *r = rig_new();
    set_mode(r, &mode_3);
    unsigned retrace = 0, blank = 0, frames = 0, n = 0;
    bool was = false;
    for (; n < 200000; n++) {
        fake_clock_step(r->clock, 5003);
        uint8_t st = in(r, 0x3da);
        retrace += !!(st & 8);
        blank += st & 1;
        frames += (st & 8) && !was;
        was = st & 8;
    }
    assert_in_range(frames, 69, 71);
    assert_in_range(retrace * 1000 / n, 3, 6);   /* 2 of 449 */
    assert_in_range(blank * 1000 / n, 270, 300); /* 1 - 400/449 * 80/100 */
    rig_free(r);
}

/* Random registers, window accesses, refreshes: nothing may go out of bounds. */
static void test_random(void **state)
{
    (void)state;
    struct rig *r = rig_new();
    uint32_t seed = 7;
    static const uint16_t ports[] = { 0x3c4, 0x3ce, 0x3d4, 0x3c4, 0x3ce };
    set_mode(r, &mode_3);
    for (unsigned i = 0; i < 60000; i++) {
        seed = seed * 1664525u + 1013904223u;
        uint32_t v = seed >> 8;
        switch (v & 15) {
        case 0:
        case 1:
        case 2:
        case 3:
        case 4: indexed(r, ports[v & 7 & 3], v >> 4 & 31, v >> 12 & 0xff); break;
        case 5: out(r, 0x3c0, v >> 4 & 0xff); break;
        case 6: out(r, 0x3b0 + (v >> 4 & 0x2f), v >> 12 & 0xff); break;
        case 7: dispi(r, v >> 4 & 15, v >> 8 & 0xffff); break;
        case 8: dispi(r, 4, v >> 8 & 0x81); break;
        case 9:
            out(r, 0x3c2, v >> 8 & 1 ? 0x67 : 0xe3);
            in(r, 0x3da);
            out(r, 0x3c0, 0x20);
            indexed(r, 0x3c4, 1, v >> 12 & 0xd);
            break;
        case 10: fake_clock_step(r->clock, v); break;
        case 11:
            if ((v & 0xff0) < 0x80) {
                display_refresh(r->display, v >> 12 & 1);
                g_free(display_text(r->display));
            }
            break;
        case 12: peek(r, 0xa0000 + (v >> 4 & 0x1fff8), 1u << (v >> 22 & 3)); break;
        default: poke(r, 0xa0000 + (v >> 4 & 0x1fff8), v, 1u << (v >> 22 & 3)); break;
        }
    }
    device_reset(r->vga);
    set_mode(r, &mode_3);
    assert_int_equal(refresh(r)->width, 720);
    rig_free(r);
}

static void test_setup(void **state)
{
    (void)state;
    struct rig *r = rig_new();
    GError *err = NULL;
    struct device *second = vga_new(r->bus, -1, NULL, 0, &err);
    assert_null(second);
    assert_non_null(strstr(err->message, "one VGA"));
    g_clear_error(&err);
    static const struct {
        const char *name, *value;
    } bad[] = { { "vgamem_mb", "3" }, { "vgamem_mb", "512" }, { "xres", "100" }, { "addr", "xx" } };
    for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
        struct device *d = device_new(&vga_class);
        d->bus = (struct bus *)r->bus;
        assert_true(device_set_prop(d, bad[i].name, bad[i].value, NULL, &err));
        assert_case(bad[i].name, !device_realize(d, &err));
        assert_case(bad[i].value, strstr(err->message, bad[i].value) != NULL);
        g_clear_error(&err);
        device_free(d);
    }
    rig_free(r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_text),          cmocka_unit_test(test_text_cursor_blink),
        cmocka_unit_test(test_text_geometry), cmocka_unit_test(test_planar),
        cmocka_unit_test(test_13h),           cmocka_unit_test(test_cga),
        cmocka_unit_test(test_dispi_depths),  cmocka_unit_test(test_dispi_registers),
        cmocka_unit_test(test_registers),     cmocka_unit_test(test_retrace),
        cmocka_unit_test(test_random),        cmocka_unit_test(test_setup),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
