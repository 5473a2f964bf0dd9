/* SPDX-License-Identifier: MIT */
/*
 * PS/2 mouse with wheel and five buttons (IntelliMouse, IntelliMouse Explorer). Machine lock held.
 * Begins with struct device.
 */
#ifndef HW_PC_PS2_MOUSE_H
#define HW_PC_PS2_MOUSE_H

#include "core/clock.h"
#include "core/device.h"
#include "core/input.h"
#include "hw/pc/ps2_kbd.h"

struct ps2_mouse;

struct ps2_mouse *ps2_mouse_new(struct clock *clock, struct input_hub *input, struct ps2_link link);
void ps2_mouse_write(struct ps2_mouse *m, uint8_t byte);
int ps2_mouse_read(struct ps2_mouse *m);
void ps2_mouse_move(struct ps2_mouse *m, int dx, int dy, int dz, unsigned buttons);
/* vmmouse: a packet without motion, so that the guest takes an interrupt and looks. */
void ps2_mouse_fake_event(struct ps2_mouse *m);

extern const struct device_class ps2_mouse_class;

#endif
