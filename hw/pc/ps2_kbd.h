/* SPDX-License-Identifier: MIT */
/*
 * PS/2 keyboard, 102+ keys: scan code sets 1, 2, 3. Machine lock held. Begins with struct device.
 */
#ifndef HW_PC_PS2_KBD_H
#define HW_PC_PS2_KBD_H

#include "core/clock.h"
#include "core/device.h"
#include "core/input.h"

struct ps2_kbd;

/* What a PS/2 device tells its controller: there is a byte to fetch. */
struct ps2_link {
    void (*ready)(void *opaque);
    void *opaque;
};

struct ps2_kbd *ps2_kbd_new(struct clock *clock, struct input_hub *input, struct ps2_link link);
void ps2_kbd_write(struct ps2_kbd *k, uint8_t byte); /* a command or parameter from the host */
int ps2_kbd_read(struct ps2_kbd *k);                 /* next byte for the host, or -1 */
/* As input events do: by HID usage of page 7. */
void ps2_kbd_key(struct ps2_kbd *k, uint8_t hid_usage, bool down);
uint8_t ps2_kbd_leds(const struct ps2_kbd *k); /* bit 0 scroll, 1 num, 2 caps */

extern const struct device_class ps2_kbd_class;

#endif
