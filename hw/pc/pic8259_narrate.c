/* SPDX-License-Identifier: MIT */
/* The 8259A pair in words (-d dev:pic). Intel 8259A data sheet: ICW1-4, OCW1-3. */
#include "core/narrate.h"

/* v[chip]: the initialisation word that comes next (2-4), 0: operating; v[2 + chip]: ICW1. */
static void told_words(struct narrate_state *s, GString *out, const struct narrate_access *a)
{
    static const char *const ocw2[8] = { "rotate in AEOI off", "EOI of the highest",
                                         "no operation",       "EOI of",
                                         "rotate in AEOI on",  "EOI of the highest, rotate",
                                         "lowest priority:",   "EOI and rotate" };
    unsigned chip = a->addr >= 0xa0, v = (unsigned)a->value;
    if (!a->write) {
        return;
    }
    if (!(a->addr & 1) && (v & 0x10)) {
        s->v[chip] = 2;
        s->v[2 + chip] = v;
        g_string_append_printf(out, ", ICW1: %s-triggered, %s, ICW4 %s", v & 8 ? "level" : "edge",
                               v & 2 ? "single" : "cascaded", v & 1 ? "follows" : "not needed");
    } else if (!(a->addr & 1) && (v & 8)) {
        g_string_append_printf(out, ", OCW3:%s%s%s", v & 4 ? " poll" : "",
                               (v & 3) == 2   ? " read IRR"
                               : (v & 3) == 3 ? " read ISR"
                                              : "",
                               (v & 0x60) == 0x60   ? " special mask on"
                               : (v & 0x60) == 0x40 ? " special mask off"
                                                    : "");
    } else if (!(a->addr & 1)) {
        g_string_append_printf(out, ", OCW2: %s", ocw2[v >> 5]);
        if ((v >> 5) == 3 || (v >> 5) >= 6) {
            g_string_append_printf(out, " IRQ %u", (v & 7) + chip * 8);
        }
    } else if (s->v[chip] == 2) {
        g_string_append_printf(out, ", ICW2: IRQ %u is vector 0x%02x", chip * 8, v & 0xf8);
        s->v[chip] = s->v[2 + chip] & 2 ? s->v[2 + chip] & 1 ? 4 : 0 : 3;
    } else if (s->v[chip] == 3) {
        g_string_append_printf(out, ", ICW3: cascade %s 0x%02x", chip ? "identity" : "on inputs",
                               v);
        s->v[chip] = s->v[2 + chip] & 1 ? 4 : 0;
    } else if (s->v[chip] == 4) {
        g_string_append_printf(out, ", ICW4: %s%s%s", v & 1 ? "8086" : "MCS-80",
                               v & 2 ? ", automatic EOI" : "", v & 16 ? ", fully nested" : "");
        s->v[chip] = 0;
    } else {
        g_string_append(out, ", OCW1: unmasked");
        const char *sep = " IRQ ";
        for (unsigned i = 0; i < 8; i++) {
            if (!(v >> i & 1)) {
                g_string_append_printf(out, "%s%u", sep, i + chip * 8);
                sep = ",";
            }
        }
        g_string_append(out, v == 0xff ? " nothing" : "");
    }
}

static const struct narrate_reg regs[] = {
    { .base = 0x20, .count = 1, .how = NARRATE_RW, .name = "master", .words = told_words },
    { .base = 0x21, .count = 1, .how = NARRATE_RW, .name = "master", .words = told_words },
    { .base = 0xa0, .count = 1, .how = NARRATE_RW, .name = "slave", .words = told_words },
    { .base = 0xa1, .count = 1, .how = NARRATE_RW, .name = "slave", .words = told_words },
    { .base = 0x4d0, .count = 1, .how = NARRATE_RW, .name = "ELCR, IRQ 0-7", .reserved = 0x07 },
    { .base = 0x4d1, .count = 1, .how = NARRATE_RW, .name = "ELCR, IRQ 8-15", .reserved = 0x21 },
};

extern const struct narration narrate_pic;
const struct narration narrate_pic = { "pic", "8259A interrupt controllers", regs,
                                       ARRAY_LEN(regs) };
