/* SPDX-License-Identifier: MIT */
/* The VGA's ports in words (-d dev:vga). IBM VGA Technical Reference; Bochs' VBE extension. */
#include "core/narrate.h"

static const char *const seq[] = { "reset", "clocking mode", "map mask", "character map",
                                   "memory mode" };
static const char *const gfx[] = { "set/reset",     "enable set/reset",  "colour compare",
                                   "data rotate",   "read map",          "mode",
                                   "miscellaneous", "colour don't care", "bit mask" };
static const char *const crtc[] = { "horizontal total",
                                    "horizontal display end",
                                    "start blank",
                                    "end blank",
                                    "start retrace",
                                    "end retrace",
                                    "vertical total",
                                    "overflow",
                                    "preset row scan",
                                    "maximum scan line",
                                    "cursor start",
                                    "cursor end",
                                    "start address high",
                                    "start address low",
                                    "cursor high",
                                    "cursor low",
                                    "retrace start",
                                    "retrace end",
                                    "vertical display end",
                                    "offset",
                                    "underline",
                                    "start vertical blank",
                                    "end vertical blank",
                                    "mode control",
                                    "line compare" };
static const char *const dispi[] = { "id",       "x resolution", "y resolution",  "bits per pixel",
                                     "enable",   "bank",         "virtual width", "virtual height",
                                     "x offset", "y offset",     "video memory" };

struct pair {
    uint16_t index;
    const char *const *names;
    unsigned n;
};
static const struct pair pairs[] = {
    { 0x3c4, seq, ARRAY_LEN(seq) },     { 0x3ce, gfx, ARRAY_LEN(gfx) },
    { 0x3d4, crtc, ARRAY_LEN(crtc) },   { 0x3b4, crtc, ARRAY_LEN(crtc) },
    { 0x1ce, dispi, ARRAY_LEN(dispi) },
};

static void name_of(GString *out, const struct pair *p, unsigned index)
{
    if (index < p->n) {
        g_string_append_printf(out, ", %s", p->names[index]);
    } else {
        g_string_append_printf(out, ", register 0x%02x", index);
    }
}

/* Index in v[n]; a 16-bit write to the index port writes the data register, too. */
static void pair_words(struct narrate_state *s, GString *out, const struct narrate_access *a)
{
    for (unsigned n = 0; n < ARRAY_LEN(pairs); n++) {
        bool wide = pairs[n].index == 0x1ce;
        if (a->addr == pairs[n].index && a->write) {
            s->v[n] = (uint32_t)a->value & (wide ? 0xffff : 0xff);
            name_of(out, &pairs[n], s->v[n]);
            if (a->size == 2 && !wide) {
                g_string_append_printf(out, " <- 0x%02x", (unsigned)a->value >> 8);
            }
        } else if (a->addr == pairs[n].index + 1u) {
            name_of(out, &pairs[n], s->v[n]);
        }
    }
}

static const struct narrate_field status1[] = {
    { 0, 1, "blank", NULL },
    { 3, 1, "vertical retrace", NULL },
};

#define PAIR(port, name_)                                                               \
    {                                                                                   \
        .base = port, .count = 2, .how = NARRATE_RW, .name = name_, .words = pair_words \
    }

static const struct narrate_reg regs[] = {
    PAIR(0x3c4, "sequencer"),
    PAIR(0x3ce, "graphics"),
    PAIR(0x3d4, "CRTC"),
    PAIR(0x3b4, "CRTC (mono)"),
    PAIR(0x1ce, "DISPI"),
    { .base = 0x3c0, .count = 2, .how = NARRATE_RW, .name = "attribute" },
    { .base = 0x3c2, .count = 1, .how = NARRATE_W, .name = "miscellaneous output" },
    { .base = 0x3cc, .count = 1, .how = NARRATE_R, .name = "miscellaneous output" },
    { .base = 0x3c6, .count = 1, .how = NARRATE_RW, .name = "DAC mask" },
    { .base = 0x3c7, .count = 1, .how = NARRATE_RW, .name = "DAC read index" },
    { .base = 0x3c8, .count = 1, .how = NARRATE_RW, .name = "DAC write index" },
    { .base = 0x3c9, .count = 1, .how = NARRATE_RW, .name = "DAC data" },
    { .base = 0x3da, .count = 1, .how = NARRATE_R, .name = "status 1", NARRATE_FIELDS(status1) },
};

extern const struct narration narrate_vga;
const struct narration narrate_vga = { "vga", "VGA and DISPI ports", regs, ARRAY_LEN(regs) };
