/* SPDX-License-Identifier: MIT */
/* PCI configuration in words (-d dev:pci). PCI Local Bus Specification 3.0, 3.2.2.3.2 and 6.1. */
#include "core/narrate.h"

static const struct {
    uint8_t off, len;
    const char *name;
} fields[] = {
    { 0x00, 2, "vendor id" },
    { 0x02, 2, "device id" },
    { 0x04, 2, "command" },
    { 0x06, 2, "status" },
    { 0x08, 1, "revision" },
    { 0x09, 3, "class" },
    { 0x0c, 1, "cache line" },
    { 0x0d, 1, "latency timer" },
    { 0x0e, 1, "header type" },
    { 0x0f, 1, "BIST" },
    { 0x10, 4, "BAR 0" },
    { 0x14, 4, "BAR 1" },
    { 0x18, 4, "BAR 2" },
    { 0x1c, 4, "BAR 3" },
    { 0x20, 4, "BAR 4" },
    { 0x24, 4, "BAR 5" },
    { 0x2c, 2, "subsystem vendor" },
    { 0x2e, 2, "subsystem id" },
    { 0x30, 4, "expansion ROM" },
    { 0x34, 1, "capabilities" },
    { 0x3c, 1, "interrupt line" },
    { 0x3d, 1, "interrupt pin" },
};

static void address_words(struct narrate_state *s, GString *out, const struct narrate_access *a)
{
    uint32_t v = (uint32_t)a->value;
    if (a->size != 4) {
        return;
    }
    s->v[0] = v;
    g_string_append_printf(out, ", %02x:%02x.%x register 0x%02x%s", v >> 16 & 0xff, v >> 11 & 31,
                           v >> 8 & 7, v & 0xfc, v >> 31 ? "" : ", not enabled");
}

static void data_words(struct narrate_state *s, GString *out, const struct narrate_access *a)
{
    uint32_t at = s->v[0];
    unsigned off = (at & 0xfc) + (unsigned)(a->addr & 3);
    g_string_append_printf(out, ", %02x:%02x.%x register 0x%02x", at >> 16 & 0xff, at >> 11 & 31,
                           at >> 8 & 7, off);
    for (size_t i = 0; i < ARRAY_LEN(fields); i++) {
        if (off < fields[i].off + fields[i].len && off + a->size > fields[i].off) {
            g_string_append_printf(out, " %s", fields[i].name);
        }
    }
    if (a->write && off == 4) {
        g_string_append_printf(out, ":%s%s%s%s", a->value & 1 ? " I/O" : "",
                               a->value & 2 ? " memory" : "", a->value & 4 ? " bus master" : "",
                               a->value & 0x400 ? " INTx off" : "");
    }
}

static const struct narrate_reg regs[] = {
    { .base = 0xcf8,
      .count = 1,
      .how = NARRATE_RW,
      .name = "address",
      .words = address_words,
      .reserved = 0x7f000003 },
    { .base = 0xcfc, .count = 4, .how = NARRATE_RW, .name = "data", .words = data_words },
};

extern const struct narration narrate_pci;
const struct narration narrate_pci = { "pci", "PCI configuration by CF8h and CFCh", regs,
                                       ARRAY_LEN(regs) };
