/* SPDX-License-Identifier: MIT */
/*
 * System control port A (92h): fast A20 and fast reset; combines its A20 with the keyboard
 * controller's (either opens the gate). Machine lock held. Begins with struct device.
 */
#ifndef HW_PC_PORT92_H
#define HW_PC_PORT92_H

#include <glib.h>

#include "core/device.h"
#include "core/ioport.h"
#include "core/irq.h"
#include "core/physmem.h"

struct port92;
struct machine_ctl;

struct port92 *port92_new(struct ioport_space *io, struct physmem *mem,
                          const struct machine_ctl *ctl, GError **err);
/* The keyboard controller's A20 gate. */
struct irq port92_a20_input(struct port92 *p);

extern const struct device_class port92_class;

#endif
