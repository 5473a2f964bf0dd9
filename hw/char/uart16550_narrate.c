/* SPDX-License-Identifier: MIT */
/* The serial ports in words (-d dev:uart). National Semiconductor PC16550D data sheet. */
#include "core/narrate.h"

static const struct narrate_field ier[] = {
    { 0, 1, "data", NULL },
    { 1, 1, "transmitter empty", NULL },
    { 2, 1, "line status", NULL },
    { 3, 1, "modem status", NULL },
};
static const struct narrate_field fcr[] = {
    { 0, 1, "FIFO on", NULL },
    { 1, 1, "clear receiver", NULL },
    { 2, 1, "clear transmitter", NULL },
    { 3, 1, "DMA mode 1", NULL },
    { 6, 2, "trigger", (const char *const[4]){ "1", "4", "8", "14" } },
};
static const struct narrate_field lcr[] = {
    { 0, 2, "", (const char *const[4]){ "5 bits", "6 bits", "7 bits", "8 bits" } },
    { 2, 1, "2 stop bits", NULL },
    { 3, 3, "parity",
      (const char *const[8]){ "none", "odd", "none", "even", "none", "mark", "none", "space" } },
    { 6, 1, "break", NULL },
    { 7, 1, "DLAB", NULL },
};
static const struct narrate_field mcr[] = {
    { 0, 1, "DTR", NULL },  { 1, 1, "RTS", NULL },  { 2, 1, "OUT1", NULL },
    { 3, 1, "OUT2", NULL }, { 4, 1, "loop", NULL },
};
static const struct narrate_field lsr[] = {
    { 0, 1, "data ready", NULL }, { 1, 1, "overrun", NULL }, { 2, 1, "parity", NULL },
    { 3, 1, "framing", NULL },    { 4, 1, "break", NULL },   { 5, 1, "THR empty", NULL },
    { 6, 1, "idle", NULL },
};
static const struct narrate_field msr[] = {
    { 4, 1, "CTS", NULL },
    { 5, 1, "DSR", NULL },
    { 6, 1, "RI", NULL },
    { 7, 1, "DCD", NULL },
};
static const struct narrate_field iir[] = {
    { 0, 4, "",
      (const char *const[16]){ "modem status", "none", "transmitter empty", NULL, "data", NULL,
                               "line status", NULL, NULL, NULL, NULL, NULL, "data timeout" } },
};

static unsigned port_of(const struct narrate_access *a)
{
    return (a->addr & 0x100 ? 0 : 2) + (a->addr & 0x10 ? 0 : 1);
}

/* v[port]: DLAB. */
static void lcr_words(struct narrate_state *s, GString *out, const struct narrate_access *a)
{
    (void)out;
    s->v[port_of(a)] = a->value >> 7 & 1;
}

static void data_words(struct narrate_state *s, GString *out, const struct narrate_access *a)
{
    unsigned v = (unsigned)a->value;
    if (s->v[port_of(a)]) {
        g_string_append(out, ", divisor, low byte");
    } else if (v >= 0x20 && v < 0x7f) {
        g_string_append_printf(out, ", '%c'", v);
    }
}

#define PORT(base_, name_)                                                                        \
    { .base = base_, .count = 1, .how = NARRATE_RW, .name = name_ " data", .words = data_words }, \
        { .base = base_ + 1,                                                                      \
          .count = 1,                                                                             \
          .how = NARRATE_RW,                                                                      \
          .name = name_ " IER",                                                                   \
          .reserved = 0xf0,                                                                       \
          NARRATE_FIELDS(ier) },                                                                  \
        { .base = base_ + 2,                                                                      \
          .count = 1,                                                                             \
          .how = NARRATE_R,                                                                       \
          .name = name_ " IIR",                                                                   \
          NARRATE_FIELDS(iir) },                                                                  \
        { .base = base_ + 2,                                                                      \
          .count = 1,                                                                             \
          .how = NARRATE_W,                                                                       \
          .name = name_ " FCR",                                                                   \
          .reserved = 0x30,                                                                       \
          NARRATE_FIELDS(fcr) },                                                                  \
        { .base = base_ + 3,                                                                      \
          .count = 1,                                                                             \
          .how = NARRATE_RW,                                                                      \
          .name = name_ " LCR",                                                                   \
          NARRATE_FIELDS(lcr),                                                                    \
          .words = lcr_words },                                                                   \
        { .base = base_ + 4,                                                                      \
          .count = 1,                                                                             \
          .how = NARRATE_RW,                                                                      \
          .name = name_ " MCR",                                                                   \
          .reserved = 0xe0,                                                                       \
          NARRATE_FIELDS(mcr) },                                                                  \
        { .base = base_ + 5,                                                                      \
          .count = 1,                                                                             \
          .how = NARRATE_RW,                                                                      \
          .name = name_ " LSR",                                                                   \
          NARRATE_FIELDS(lsr) },                                                                  \
        { .base = base_ + 6,                                                                      \
          .count = 1,                                                                             \
          .how = NARRATE_RW,                                                                      \
          .name = name_ " MSR",                                                                   \
          NARRATE_FIELDS(msr) },                                                                  \
    {                                                                                             \
        .base = base_ + 7, .count = 1, .how = NARRATE_RW, .name = name_ " scratch"                \
    }

static const struct narrate_reg regs[] = {
    PORT(0x3f8, "COM1"),
    PORT(0x2f8, "COM2"),
    PORT(0x3e8, "COM3"),
    PORT(0x2e8, "COM4"),
};

extern const struct narration narrate_uart;
const struct narration narrate_uart = { "uart", "16550A serial ports", regs, ARRAY_LEN(regs) };
