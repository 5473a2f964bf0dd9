/* SPDX-License-Identifier: MIT */
/*
 * Types for a person: characters of a terminal, or the clipboard's text, become keys pressed one
 * after the other at a pace that a PS/2 keyboard and firmware follow. Machine lock held.
 */
#ifndef UI_TYPIST_H
#define UI_TYPIST_H

#include "core/types.h"

struct input_hub;
struct loop;
struct typist;

struct typist *typist_new(struct loop *loop);
void typist_free(struct typist *t); /* NULL is fine; what was not typed yet is forgotten */
/* One key with KEYMAP_* modifiers. usage 0 is ignored, as is what exceeds the queue (64 Ki). */
void typist_key(struct typist *t, struct input_hub *to, uint8_t usage, unsigned mods);
/* UTF-8. How many characters a US keyboard has no key for. */
size_t typist_text(struct typist *t, struct input_hub *to, const char *text);

#endif
