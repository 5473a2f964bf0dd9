/* SPDX-License-Identifier: MIT */
/* The I/O APIC in words (-d dev:ioapic). Intel 82093AA data sheet, 3.2. */
#include "core/narrate.h"

#define IOAPIC 0xfec00000u

static void select_words(struct narrate_state *s, GString *out, const struct narrate_access *a)
{
    (void)out;
    if (a->write) {
        s->v[0] = (uint32_t)a->value & 0xff;
    }
}

static void window_words(struct narrate_state *s, GString *out, const struct narrate_access *a)
{
    static const char *const modes[8] = { "fixed", "lowest priority", "SMI",   "reserved", "NMI",
                                          "INIT",  "reserved",        "ExtINT" };
    unsigned i = s->v[0], v = (unsigned)a->value;
    if (i < 3) {
        g_string_append_printf(out, ", %s", (const char *[]){ "id", "version", "arbitration" }[i]);
    } else if (i >= 0x10 && i < 0x40 && !(i & 1)) {
        g_string_append_printf(out, ", pin %u: vector 0x%02x, %s, %s, active %s%s", (i - 0x10) / 2,
                               v & 0xff, modes[v >> 8 & 7], v & 0x8000 ? "level" : "edge",
                               v & 0x2000 ? "low" : "high", v & 0x10000 ? ", masked" : "");
    } else if (i >= 0x10 && i < 0x40) {
        g_string_append_printf(out, ", pin %u: to 0x%02x", (i - 0x10) / 2, v >> 24);
    } else {
        g_string_append_printf(out, ", register 0x%02x", i);
    }
}

static const struct narrate_reg regs[] = {
    { .base = IOAPIC,
      .count = 4,
      .how = NARRATE_RW | NARRATE_MEM,
      .name = "select",
      .reserved = 0xffffff00,
      .words = select_words },
    { .base = IOAPIC + 0x10,
      .count = 4,
      .how = NARRATE_RW | NARRATE_MEM,
      .name = "window",
      .words = window_words },
    { .base = IOAPIC + 0x40, .count = 4, .how = NARRATE_W | NARRATE_MEM, .name = "EOI" },
};

extern const struct narration narrate_ioapic;
const struct narration narrate_ioapic = { "ioapic", "I/O APIC, at FEC00000h", regs,
                                          ARRAY_LEN(regs) };
