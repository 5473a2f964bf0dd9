/* SPDX-License-Identifier: MIT */
/*
 * Coprocessor error register (F0h; PIIX3 datasheet, CERR): what becomes of the processor's FERR#
 * while CR0.NE = 0. Machine lock held. Begins with struct device.
 */
#ifndef HW_PC_CERR_H
#define HW_PC_CERR_H

#include <glib.h>

#include "core/device.h"
#include "core/ioport.h"
#include "core/irq.h"

struct cerr;

struct cerr *cerr_new(struct ioport_space *io, struct irq irq13, GError **err);
/* FERR# becomes active (an unmasked x87 exception is pending) or inactive. True: IGNNE# is active,
 * so the processor goes on in spite of it. */
bool cerr_set_ferr(struct cerr *c, bool active);

extern const struct device_class cerr_class;

#endif
