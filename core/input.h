/* SPDX-License-Identifier: MIT */
/*
 * From people (window, VNC, monitor's sendkey) to input devices. Keys are named by position, as
 * USB HID usages (page 7) name them; each keyboard model translates. Machine lock held.
 */
#ifndef CORE_INPUT_H
#define CORE_INPUT_H

#include "core/types.h"

struct input_hub;

struct input_sink {
    void (*key)(void *opaque, uint8_t hid_usage, bool down);
    /* Relative motion in pixels, wheel notches (up positive); buttons: bit 0 left, 1 right,
     * 2 middle. */
    void (*mouse_rel)(void *opaque, int dx, int dy, int dz, unsigned buttons);
    /* Absolute position 0..32767 in both axes. */
    void (*mouse_abs)(void *opaque, int x, int y, int dz, unsigned buttons);
    void *opaque;
    struct input_sink *next;
};

struct input_hub *input_hub_new(void);
void input_hub_free(struct input_hub *h);
void input_hub_attach(struct input_hub *h, struct input_sink *s); /* newest first gets the events */
void input_hub_detach(struct input_hub *h, struct input_sink *s);

void input_key(struct input_hub *h, uint8_t hid_usage, bool down);
void input_release_all(struct input_hub *h); /* the window lost the keyboard */
void input_mouse_rel(struct input_hub *h, int dx, int dy, int dz, unsigned buttons);
void input_mouse_abs(struct input_hub *h, int x, int y, int dz, unsigned buttons);
bool input_wants_abs(struct input_hub *h);
unsigned input_buttons(const struct input_hub *h); /* as told last */

/* QEMU's key name ("ret", "ctrl", "f1", "a") to HID usage, 0 = unknown or not on page 7. */
uint8_t input_key_by_name(const char *name);
/* A scan code of set 1 (an AT keyboard's), bit 7 standing for the prefix E0h; 0 = unknown. */
uint8_t input_key_by_scancode(uint8_t code);

#endif
