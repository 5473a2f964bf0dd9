/* SPDX-License-Identifier: MIT */
/* The seed of a test with random input: another one each time, or that of a run to be repeated. */
#ifndef TESTS_FAKE_SEED_H
#define TESTS_FAKE_SEED_H

#include <glib.h>
#include <stdint.h>
#include <stdio.h>

/* What EMU_SEED says, else `fixed`, or a new one where that is 0. Printed; never 0. */
static inline uint64_t test_seed(uint64_t fixed)
{
    const char *text = g_getenv("EMU_SEED");
    uint64_t seed = text    ? g_ascii_strtoull(text, NULL, 0)
                    : fixed ? fixed
                            : (uint64_t)g_get_real_time() * 0x9e3779b97f4a7c15ull;
    seed += !seed;
    printf("EMU_SEED=0x%" G_GINT64_MODIFIER "x\n", seed);
    fflush(stdout);
    return seed;
}

#endif
