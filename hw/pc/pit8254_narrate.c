/* SPDX-License-Identifier: MIT */
/* The 8254 in words (-d dev:pit). Intel 8254 data sheet, control word and read-back command. */
#include "core/narrate.h"

/* v[n]: access mode of counter n (RW1, RW0); v[4 + n]: low byte told, bit 8: it was. */
static void control_words(struct narrate_state *s, GString *out, const struct narrate_access *a)
{
    static const char *const access[4] = { "latch count", "low byte", "high byte",
                                           "low, high byte" };
    static const char *const modes[8] = { "0 interrupt on terminal count",
                                          "1 one-shot",
                                          "2 rate generator",
                                          "3 square wave",
                                          "4 software strobe",
                                          "5 hardware strobe",
                                          "2 rate generator",
                                          "3 square wave" };
    unsigned v = (unsigned)a->value, n = v >> 6 & 3;
    if (n == 3) {
        g_string_append_printf(out, ", read back%s%s of counters", v & 0x20 ? "" : " count",
                               v & 0x10 ? "" : " status");
        for (unsigned i = 0; i < 3; i++) {
            g_string_append_printf(out, "%s",
                                   v >> (1 + i) & 1 ? (const char *[]){ " 0", " 1", " 2" }[i] : "");
        }
        return;
    }
    g_string_append_printf(out, ", counter %u, %s", n, access[v >> 4 & 3]);
    if (v >> 4 & 3) {
        s->v[n] = v >> 4 & 3;
        s->v[4 + n] = 0;
        g_string_append_printf(out, ", mode %s%s", modes[v >> 1 & 7], v & 1 ? ", BCD" : "");
    }
}

static void counter_words(struct narrate_state *s, GString *out, const struct narrate_access *a)
{
    unsigned n = (unsigned)a->addr & 3, v = (unsigned)a->value & 0xff, count = 0;
    bool whole = false;
    if (!a->write) {
        return;
    }
    if (s->v[n] == 3 && !s->v[4 + n]) {
        s->v[4 + n] = 0x100 | v;
    } else {
        count = s->v[n] == 3 ? (v << 8 | (s->v[4 + n] & 0xff)) : s->v[n] == 2 ? v << 8 : v;
        s->v[4 + n] = 0;
        whole = true;
    }
    if (whole) {
        unsigned ticks = count ? count : 0x10000;
        g_string_append_printf(out, ", count %u: %u.%02u Hz", ticks, 1193182 / ticks,
                               (1193182 % ticks) * 100 / ticks);
    }
}

static const struct narrate_field port_b[] = {
    { 0, 1, "gate 2", NULL },
    { 1, 1, "speaker", NULL },
    { 4, 1, "refresh", NULL },
    { 5, 1, "output 2", NULL },
};

static const struct narrate_reg regs[] = {
    { .base = 0x40, .count = 1, .how = NARRATE_RW, .name = "counter 0", .words = counter_words },
    { .base = 0x41, .count = 1, .how = NARRATE_RW, .name = "counter 1", .words = counter_words },
    { .base = 0x42, .count = 1, .how = NARRATE_RW, .name = "counter 2", .words = counter_words },
    { .base = 0x43, .count = 1, .how = NARRATE_W, .name = "control", .words = control_words },
    { .base = 0x61, .count = 1, .how = NARRATE_RW, .name = "port B", NARRATE_FIELDS(port_b) },
};

extern const struct narration narrate_pit;
const struct narration narrate_pit = { "pit", "8254 timer and port 61h", regs, ARRAY_LEN(regs) };
