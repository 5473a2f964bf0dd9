/* SPDX-License-Identifier: MIT */
/*
 * Keyboard controller 8042 (60h, 64h) with a PS/2 keyboard and a wheel mouse. Machine lock held.
 * Begins with struct device.
 */
#ifndef HW_PC_I8042_H
#define HW_PC_I8042_H

#include <glib.h>

#include "core/clock.h"
#include "core/device.h"
#include "core/input.h"
#include "core/ioport.h"
#include "core/irq.h"

struct i8042;
struct machine_ctl;
struct ps2_kbd;
struct ps2_mouse;

struct i8042_config {
    struct ioport_space *io;
    struct clock *clock;
    struct irq irq1, irq12;
    struct irq a20;                /* output port bit 1: port92_a20_input */
    struct input_hub *input;       /* may be NULL */
    const struct machine_ctl *ctl; /* reset by command FEh or output port bit 0 */
};
/* Makes keyboard and mouse too. */
struct i8042 *i8042_new(const struct i8042_config *cfg, GError **err);
struct ps2_kbd *i8042_kbd(struct i8042 *k);
struct ps2_mouse *i8042_mouse(struct i8042 *k);

extern const struct device_class i8042_class;

#endif
