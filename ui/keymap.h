/* SPDX-License-Identifier: MIT */
/*
 * From characters to keys, for UIs that get characters: positions of a US keyboard.
 */
#ifndef UI_KEYMAP_H
#define UI_KEYMAP_H

#include "core/types.h"

enum { KEYMAP_SHIFT = 1, KEYMAP_CTRL = 2, KEYMAP_ALT = 4 };

/* HID usage (page 7) of the key that types this character, control characters too; 0: none.
 * KEYMAP_SHIFT or KEYMAP_CTRL is set in *mods where the character needs it. */
uint8_t keymap_from_char(uint32_t c, unsigned *mods);

#endif
