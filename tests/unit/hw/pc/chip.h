/* SPDX-License-Identifier: MIT */
/*
 * What the tests of single chips share: a small machine and its ports.
 */
#ifndef TESTS_UNIT_HW_PC_CHIP_H
#define TESTS_UNIT_HW_PC_CHIP_H

#include "tests/fake/isa.h"
#include "tests/fake/unit.h"

/* Port writes as a table: {port, value}... */
struct out {
    uint16_t port;
    uint8_t value;
};

static inline void outs(struct fake_isa *f, const struct out *list, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        fake_outb(f, list[i].port, list[i].value);
    }
}

#define OUTS(f, ...)                               \
    outs((f), (const struct out[]){ __VA_ARGS__ }, \
         sizeof((const struct out[]){ __VA_ARGS__ }) / sizeof(struct out))

#endif
