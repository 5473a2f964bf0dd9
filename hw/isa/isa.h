/* SPDX-License-Identifier: MIT */
/*
 * The ISA bus: what an ISA device may reach. The board fills it in.
 */
#ifndef HW_ISA_ISA_H
#define HW_ISA_ISA_H

#include "core/clock.h"
#include "core/device.h"
#include "core/ioport.h"
#include "core/irq.h"
#include "core/physmem.h"

struct dma8237;
struct input_hub;
struct display;

/* What a device may ask of the machine as a whole. Machine lock held. */
enum reset_kind { RESET_SYSTEM, RESET_CPU };
struct machine_ctl {
    void (*reset)(void *opaque, enum reset_kind kind);
    void (*power_off)(void *opaque); /* posted: the vCPU runs on until the main loop acts */
    void (*debug_exit)(void *opaque, int status); /* at once; beats a pending power-off */
    void (*panicked)(void *opaque, uint8_t flags); /* pvpanic */
    void *opaque;
};

struct isa_bus {
    struct ioport_space *io;
    struct physmem *mem;
    struct clock *clock;
    struct irq irq[16]; /* inputs of the interrupt controllers */
    struct dma8237 *dma; /* may be NULL */
    struct input_hub *input;
    const struct machine_ctl *ctl;
};

static inline struct isa_bus *isa_bus_of(const struct device *d)
{
    return (struct isa_bus *)d->bus;
}

#endif
