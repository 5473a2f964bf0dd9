/* SPDX-License-Identifier: MIT */
/*
 * Random instructions (hostile.h).
 */
#include "tests/lib/hostile.h"

#include "core/types.h"

uint64_t hostile_rnd(uint64_t *seed)
{
    *seed ^= *seed << 13;
    *seed ^= *seed >> 7;
    *seed ^= *seed << 17;
    return *seed;
}

unsigned hostile_below(uint64_t *seed, unsigned n)
{
    return (unsigned)(hostile_rnd(seed) >> 33) % n;
}

static const char *const starts[] = {
    "\x0f\x00", "\x0f\x01", "\x0f\x02", "\x0f\x03", "\x0f\x05", "\x0f\x06", "\x0f\x07", "\x0f\x20",
    "\x0f\x21", "\x0f\x22", "\x0f\x23", "\x0f\x30", "\x0f\x32", "\x0f\x34", "\x0f\x35", "\x0f\xa2",
    "\x0f\xa1", "\x0f\xa9", "\x0f\xb2", "\x0f\xae", "\x0f\xc7", "\xf3\x0f\xae", "\x8e", "\x8c",
    "\x9d", "\x9c", "\xcf", "\xcb", "\xca", "\xcd", "\xcc", "\xf1", "\xff", "\xea", "\x9a", "\xfa",
    "\xfb", "\xe4", "\xed", "\x6c", "\x6e", "\xf3\xa4", "\x66\x0f\x38\x82", "\x48\x0f\x07",
    "\x48\xcf", "\x48\xcb", "\x07", "\x1f", "\x17", "\x63", "\xc5", "\xc4", "\x0f\x01\xf8",
    "\x0f\x01\xd0", "\x0f\x01\xd1", "\x0f\x01\xca", "\x0f\x01\xcb", "\x0f\x01\xee", "\x0f\x01\xef",
    "\xc3", "\xe8", "\x50", "\x58", "\x60", "\x61", "\xc8", "\xc9", "\xf0\x0f\xb1", "\xf0\x0f\xc7",
    "\x0f\x31", "\x0f\x33", "\x0f\x08", "\x0f\x09", "\xf4", "\xd7", "\x62",
};

unsigned hostile_insn(uint64_t *seed, uint8_t *p)
{
    static const uint8_t prefixes[] = {0x66, 0x67, 0x2e, 0x36, 0x64, 0x65, 0x48, 0xf3, 0xf2, 0xf0};
    const char *s = starts[hostile_below(seed, ARRAY_LEN(starts))];
    unsigned n = 0;
    if (hostile_below(seed, 4) == 0) {
        p[n++] = prefixes[hostile_below(seed, ARRAY_LEN(prefixes))];
    }
    while (*s) {
        p[n++] = (uint8_t)*s++;
    }
    for (unsigned more = hostile_below(seed, 7); more > 0; more--) {
        p[n++] = (uint8_t)hostile_rnd(seed);
    }
    return n;
}
