/* SPDX-License-Identifier: MIT */
/*
 * Port 61h: gate and output of timer 2, speaker data, refresh toggle, NMI status. Machine lock
 * held. Begins with struct device.
 */
#ifndef HW_PC_PCSPK_H
#define HW_PC_PCSPK_H

#include <glib.h>

#include "core/clock.h"
#include "core/device.h"
#include "core/ioport.h"

struct pcspk;
struct pit8254;

struct pcspk *pcspk_new(struct ioport_space *io, struct clock *clock, struct pit8254 *pit,
                        GError **err);
/* The tone that is heard now, in Hz; 0 = silent. */
unsigned pcspk_tone_hz(struct pcspk *s);

extern const struct device_class pcspk_class;

#endif
