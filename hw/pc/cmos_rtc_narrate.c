/* SPDX-License-Identifier: MIT */
/* The real-time clock in words (-d dev:rtc). Motorola MC146818A data sheet. */
#include "core/narrate.h"

static void index_words(struct narrate_state *s, GString *out, const struct narrate_access *a)
{
    s->v[0] = (uint32_t)a->value & 0x7f;
    if (a->value & 0x80) {
        g_string_append(out, ", NMI masked");
    }
}

static void reg_a(GString *out, unsigned v)
{
    unsigned rate = v & 15;
    g_string_append_printf(out, "%s, divider %u", v & 0x80 ? ", update in progress" : "",
                           v >> 4 & 7);
    if (rate) {
        g_string_append_printf(out, ", periodic %u Hz", 32768u >> (rate < 3 ? rate + 6 : rate - 1));
    }
}

static void data_words(struct narrate_state *s, GString *out, const struct narrate_access *a)
{
    static const char *const names[] = { "seconds",       "seconds alarm", "minutes",
                                         "minutes alarm", "hours",         "hours alarm",
                                         "day of week",   "day",           "month",
                                         "year",          "register A",    "register B",
                                         "register C",    "register D" };
    static const char *const b_bits[8] = {
        "daylight saving", "24 hours",           "binary", "square wave", "update interrupt",
        "alarm interrupt", "periodic interrupt", "set"
    };
    static const char *const c_bits[8] = { NULL,     NULL,    NULL,       NULL,
                                           "update", "alarm", "periodic", "interrupt" };
    unsigned i = s->v[0], v = (unsigned)a->value;
    if (i < ARRAY_LEN(names)) {
        g_string_append_printf(out, ", %s", names[i]);
    } else {
        g_string_append_printf(out, ", CMOS byte 0x%02x", i);
    }
    if (i == 10) {
        reg_a(out, v);
    }
    for (unsigned bit = 0; (i == 11 || i == 12) && bit < 8; bit++) {
        const char *name = i == 11 ? b_bits[bit] : c_bits[bit];
        if (name && (v >> bit & 1)) {
            g_string_append_printf(out, ", %s", name);
        }
    }
}

static const struct narrate_reg regs[] = {
    { .base = 0x70, .count = 1, .how = NARRATE_W, .name = "index", .words = index_words },
    { .base = 0x71, .count = 1, .how = NARRATE_RW, .name = "data", .words = data_words },
};

extern const struct narration narrate_rtc;
const struct narration narrate_rtc = { "rtc", "MC146818 clock and CMOS memory", regs,
                                       ARRAY_LEN(regs) };
