/* SPDX-License-Identifier: MIT */
/*
 * A text console drawn by us: a terminal of the VT100 family (ECMA-48: cursor, erase, colours,
 * insert and delete, UTF-8) with a display and a keyboard. Shift-PgUp and Shift-PgDn look back.
 * Machine lock held.
 */
#ifndef CORE_TEXTCON_H
#define CORE_TEXTCON_H

#include "core/types.h"

struct display;
struct input_hub;
struct textcon;

#define TEXTCON_MAX_COLS 256
#define TEXTCON_MAX_ROWS 128

/* typed: the bytes of a key. Sizes are clamped to 2..MAX. */
struct textcon *textcon_new(unsigned cols, unsigned rows,
                            void (*typed)(void *opaque, const char *bytes, size_t n),
                            void *opaque);
void textcon_free(struct textcon *t);
void textcon_write(struct textcon *t, const uint8_t *buf, size_t len);
struct display *textcon_display(struct textcon *t);
struct input_hub *textcon_input(struct textcon *t);

/* core/font.c: 16 lines of 8 dots, the leftmost in bit 7; unknown characters are a box. */
const uint8_t *font_8x16(uint32_t ch, uint8_t scratch[16]);

#endif
