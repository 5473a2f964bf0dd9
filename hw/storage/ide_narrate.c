/* SPDX-License-Identifier: MIT */
/* The IDE channels in words (-d dev:ide). ATA/ATAPI-6, clauses 7 and 8. */
#include "core/narrate.h"

static const struct narrate_value commands[] = {
    { 0x00, "NOP" },
    { 0x08, "DEVICE RESET" },
    { 0x10, "RECALIBRATE" },
    { 0x20, "READ SECTORS" },
    { 0x21, "READ SECTORS" },
    { 0x24, "READ SECTORS EXT" },
    { 0x25, "READ DMA EXT" },
    { 0x27, "READ NATIVE MAX ADDRESS EXT" },
    { 0x29, "READ MULTIPLE EXT" },
    { 0x30, "WRITE SECTORS" },
    { 0x31, "WRITE SECTORS" },
    { 0x34, "WRITE SECTORS EXT" },
    { 0x35, "WRITE DMA EXT" },
    { 0x39, "WRITE MULTIPLE EXT" },
    { 0x40, "READ VERIFY SECTORS" },
    { 0x42, "READ VERIFY SECTORS EXT" },
    { 0x90, "EXECUTE DEVICE DIAGNOSTIC" },
    { 0x91, "INITIALIZE DEVICE PARAMETERS" },
    { 0xa0, "PACKET" },
    { 0xa1, "IDENTIFY PACKET DEVICE" },
    { 0xb0, "SMART" },
    { 0xc4, "READ MULTIPLE" },
    { 0xc5, "WRITE MULTIPLE" },
    { 0xc6, "SET MULTIPLE MODE" },
    { 0xc8, "READ DMA" },
    { 0xca, "WRITE DMA" },
    { 0xe0, "STANDBY IMMEDIATE" },
    { 0xe1, "IDLE IMMEDIATE" },
    { 0xe5, "CHECK POWER MODE" },
    { 0xe7, "FLUSH CACHE" },
    { 0xea, "FLUSH CACHE EXT" },
    { 0xec, "IDENTIFY DEVICE" },
    { 0xef, "SET FEATURES" },
    { 0xf8, "READ NATIVE MAX ADDRESS" },
    { 0, NULL },
};
static const struct narrate_field status[] = {
    { 0, 1, "ERR", NULL },  { 3, 1, "DRQ", NULL }, { 5, 1, "DF", NULL },
    { 6, 1, "DRDY", NULL }, { 7, 1, "BSY", NULL },
};
static const struct narrate_field error[] = {
    { 2, 1, "ABRT", NULL },
    { 4, 1, "IDNF", NULL },
    { 6, 1, "UNC", NULL },
    { 7, 1, "ICRC", NULL },
};
static const struct narrate_field device[] = {
    { 4, 1, "", (const char *const[2]){ "device 0", "device 1" } },
    { 6, 1, "LBA", NULL },
    { 0, 4, "head", NULL },
};
static const struct narrate_field control[] = {
    { 1, 1, "nIEN", NULL },
    { 2, 1, "SRST", NULL },
    { 7, 1, "HOB", NULL },
};

/* v[channel * 8 + n]: what was written to register n, for the command that follows. */
static void keep_words(struct narrate_state *s, GString *out, const struct narrate_access *a)
{
    (void)out;
    if (a->write) {
        s->v[(a->addr & 0x80 ? 0 : 8) + (a->addr & 7)] = (uint32_t)a->value & 0xff;
    }
}

static void command_words(struct narrate_state *s, GString *out, const struct narrate_access *a)
{
    const uint32_t *r = &s->v[a->addr & 0x80 ? 0 : 8];
    unsigned c = (unsigned)a->value;
    bool sectors = (c & 0xf0) == 0x20 || (c & 0xf0) == 0x30 || c == 0xc8 || c == 0xca ||
                   c == 0xc4 || c == 0xc5;
    if (sectors && (r[6] & 0x40)) {
        g_string_append_printf(out, ", device %u, LBA %u, %u sectors", r[6] >> 4 & 1,
                               (r[6] & 15) << 24 | r[5] << 16 | r[4] << 8 | r[3],
                               r[2] ? r[2] : 256);
    } else if (sectors) {
        g_string_append_printf(out, ", device %u, cylinder %u head %u sector %u, %u sectors",
                               r[6] >> 4 & 1, r[5] << 8 | r[4], r[6] & 15, r[3], r[2] ? r[2] : 256);
    } else {
        g_string_append_printf(out, ", device %u", r[6] >> 4 & 1);
    }
}

#define CHANNEL(base_, ctl_, name_)                                                             \
    { .base = base_ + 1,                                                                        \
      .count = 1,                                                                               \
      .how = NARRATE_R,                                                                         \
      .name = name_ " error",                                                                   \
      NARRATE_FIELDS(error) },                                                                  \
        { .base = base_ + 1, .count = 1, .how = NARRATE_W, .name = name_ " features" },         \
        { .base = base_ + 2,                                                                    \
          .count = 1,                                                                           \
          .how = NARRATE_RW,                                                                    \
          .name = name_ " count",                                                               \
          .words = keep_words },                                                                \
        { .base = base_ + 3,                                                                    \
          .count = 1,                                                                           \
          .how = NARRATE_RW,                                                                    \
          .name = name_ " LBA low",                                                             \
          .words = keep_words },                                                                \
        { .base = base_ + 4,                                                                    \
          .count = 1,                                                                           \
          .how = NARRATE_RW,                                                                    \
          .name = name_ " LBA mid",                                                             \
          .words = keep_words },                                                                \
        { .base = base_ + 5,                                                                    \
          .count = 1,                                                                           \
          .how = NARRATE_RW,                                                                    \
          .name = name_ " LBA high",                                                            \
          .words = keep_words },                                                                \
        { .base = base_ + 6,                                                                    \
          .count = 1,                                                                           \
          .how = NARRATE_RW,                                                                    \
          .name = name_ " device",                                                              \
          NARRATE_FIELDS(device),                                                               \
          .words = keep_words },                                                                \
        { .base = base_ + 7,                                                                    \
          .count = 1,                                                                           \
          .how = NARRATE_R,                                                                     \
          .name = name_ " status",                                                              \
          NARRATE_FIELDS(status) },                                                             \
        { .base = base_ + 7,                                                                    \
          .count = 1,                                                                           \
          .how = NARRATE_W,                                                                     \
          .name = name_ " command",                                                             \
          .values = commands,                                                                   \
          .words = command_words },                                                             \
        { .base = ctl_,                                                                         \
          .count = 1,                                                                           \
          .how = NARRATE_R,                                                                     \
          .name = name_ " alternate status",                                                    \
          NARRATE_FIELDS(status) },                                                             \
    {                                                                                           \
        .base = ctl_, .count = 1, .how = NARRATE_W, .name = name_ " control", .reserved = 0x71, \
        NARRATE_FIELDS(control)                                                                 \
    }

static const struct narrate_reg regs[] = {
    CHANNEL(0x1f0, 0x3f6, "primary"),
    CHANNEL(0x170, 0x376, "secondary"),
};

extern const struct narration narrate_ide;
const struct narration narrate_ide = { "ide", "IDE channels (not the data port)", regs,
                                       ARRAY_LEN(regs) };
