/* SPDX-License-Identifier: MIT */
/*
 * What a hostile guest is made of: numbers that are likely to matter, instructions that are likely
 * to do harm. Each user has its own seed (not 0); the same seed gives the same again.
 */
#ifndef TESTS_LIB_HOSTILE_H
#define TESTS_LIB_HOSTILE_H

#include <stdint.h>

uint64_t hostile_rnd(uint64_t *seed);
unsigned hostile_below(uint64_t *seed, unsigned n);
/* A system instruction, or nearly one, with random operands: at most 20 bytes. Returns how many. */
unsigned hostile_insn(uint64_t *seed, uint8_t *p);

#endif
