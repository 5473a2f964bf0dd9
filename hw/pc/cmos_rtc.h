/* SPDX-License-Identifier: MIT */
/*
 * MC146818 real-time clock with 128 bytes of CMOS RAM at 70h. Machine lock held.
 * Begins with struct device.
 */
#ifndef HW_PC_CMOS_RTC_H
#define HW_PC_CMOS_RTC_H

#include <glib.h>

#include "core/clock.h"
#include "core/device.h"
#include "core/ioport.h"
#include "core/irq.h"
#include "hw/pc/tick.h"

struct cmos_rtc;

/* irq8: to hpet_rtc_input where there is an HPET. The date is clock_rtc_ns's (UTC fields). */
struct cmos_rtc *cmos_rtc_new(struct ioport_space *io, struct clock *clock, struct irq irq8,
                              GError **err);
/* RAM bytes (memory sizes, boot order); index 0..127, not the clock's own 0..0Dh. Kept over
 * reset. */
void cmos_set(struct cmos_rtc *r, unsigned index, uint8_t value);
uint8_t cmos_get(struct cmos_rtc *r, unsigned index);
/* Bit 7 of port 70h: NMI is disabled. */
bool cmos_nmi_disabled(const struct cmos_rtc *r);
/* DELAY: a periodic interrupt that found the last one unread is repeated after the guest reads
 * register C. */
void cmos_rtc_set_lost_ticks(struct cmos_rtc *r, enum tick_policy policy);

extern const struct device_class cmos_rtc_class;

#endif
