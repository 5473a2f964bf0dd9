/* SPDX-License-Identifier: MIT */
/* Values at the corners of floating point, among random ones, for tests with random operands. */
#ifndef TESTS_CPU_CORNERS_H
#define TESTS_CPU_CORNERS_H

#include <stdint.h>

enum corner_kind { CORNER_FLOATS, CORNER_DOUBLE, CORNER_ANY };

/* Eight bytes of a vector. */
uint64_t corner_vec(uint64_t (*rnd)(void), enum corner_kind kind);
/* An x87 register from a random mantissa: zero, infinity or NaN, denormal, unnormal or a number. */
void corner_x87(uint64_t (*rnd)(void), uint64_t *mant, uint16_t *se);

#endif
