/* SPDX-License-Identifier: MIT */
/* Local APIC registers in words (-d dev:lapic). Intel SDM vol. 3, 10.4 to 10.8. */
#include "core/narrate.h"

#define LAPIC 0xfee00000u

static const char *const delivery[8] = { "fixed", "lowest priority", "SMI", NULL, "NMI", "INIT",
                                         "SIPI",  "ExtINT" };
static const struct narrate_field svr[] = {
    { 0, 8, "spurious vector", NULL },
    { 8, 1, "enabled", NULL },
    { 9, 1, "no focus check", NULL },
    { 12, 1, "no EOI broadcast", NULL },
};
static const struct narrate_field lvt[] = {
    { 0, 8, "vector", NULL }, { 8, 3, "", delivery },    { 12, 1, "pending", NULL },
    { 15, 1, "level", NULL }, { 16, 1, "masked", NULL },
};
static const struct narrate_field lvt_timer[] = {
    { 0, 8, "vector", NULL },
    { 16, 1, "masked", NULL },
    { 17, 2, "", (const char *const[4]){ "one-shot", "periodic", "TSC deadline", NULL } },
};
static const struct narrate_field icr[] = {
    { 0, 8, "vector", NULL },
    { 8, 3, "", delivery },
    { 11, 1, "logical", NULL },
    { 14, 1, "assert", NULL },
    { 15, 1, "level", NULL },
    { 18, 2, "to", (const char *const[4]){ "destination", "self", "all", "all others" } },
};
static const struct narrate_field divide[] = {
    { 0, 2, "low", NULL },
    { 3, 1, "high", NULL },
};

#define REG(off_, name_, ...)                                                               \
    {                                                                                       \
        .base = LAPIC + (off_), .count = 4, .how = NARRATE_RW | NARRATE_MEM, .name = name_, \
        __VA_ARGS__                                                                         \
    }

static const struct narrate_reg regs[] = {
    REG(0x020, "ID", .reserved = 0x00ffffff),
    REG(0x030, "version"),
    REG(0x080, "TPR", .reserved = 0xffffff00),
    REG(0x0a0, "PPR"),
    REG(0x0b0, "EOI"),
    REG(0x0d0, "logical destination", .reserved = 0x00ffffff),
    REG(0x0e0, "destination format"),
    REG(0x0f0, "spurious interrupt", .reserved = 0xffffec00, NARRATE_FIELDS(svr)),
    { .base = LAPIC + 0x100, .count = 0x80, .how = NARRATE_RW | NARRATE_MEM, .name = "ISR" },
    { .base = LAPIC + 0x180, .count = 0x80, .how = NARRATE_RW | NARRATE_MEM, .name = "TMR" },
    { .base = LAPIC + 0x200, .count = 0x80, .how = NARRATE_RW | NARRATE_MEM, .name = "IRR" },
    REG(0x280, "error status"),
    REG(0x300, "ICR", .reserved = 0xfff32000, NARRATE_FIELDS(icr)),
    REG(0x310, "ICR destination", .reserved = 0x00ffffff),
    REG(0x320, "LVT timer", .reserved = 0xfff8ef00, NARRATE_FIELDS(lvt_timer)),
    REG(0x330, "LVT thermal", NARRATE_FIELDS(lvt)),
    REG(0x340, "LVT performance", NARRATE_FIELDS(lvt)),
    REG(0x350, "LVT LINT0", .reserved = 0xfffe0800, NARRATE_FIELDS(lvt)),
    REG(0x360, "LVT LINT1", .reserved = 0xfffe0800, NARRATE_FIELDS(lvt)),
    REG(0x370, "LVT error", NARRATE_FIELDS(lvt)),
    REG(0x380, "initial count"),
    REG(0x390, "current count"),
    REG(0x3e0, "divide", .reserved = 0xfffffff4, NARRATE_FIELDS(divide)),
};

extern const struct narration narrate_lapic;
const struct narration narrate_lapic = { "lapic", "local APIC, at FEE00000h", regs,
                                         ARRAY_LEN(regs) };
