/* SPDX-License-Identifier: MIT */
/*
 * isa-debug-exit: tests end the emulator by a write of v, with status (v << 1) | 1, so that 0 is
 * never theirs.
 */
#include "hw/pc/debugexit.h"

#include "hw/isa/isa.h"
#include "hw/isa/isa_ports.h"

struct debugexit {
    struct device dev;
    struct isa_ports ports;
    const struct machine_ctl *ctl;
    uint32_t iobase, iosize;
};

static uint32_t debugexit_read(void *opaque, uint16_t off, unsigned size)
{
    (void)opaque;
    (void)off;
    (void)size;
    return 0;
}

static void debugexit_write(void *opaque, uint16_t off, uint32_t value, unsigned size)
{
    struct debugexit *e = opaque;

    (void)off;
    (void)size;
    e->ctl->debug_exit(e->ctl->opaque, (int)(value << 1 | 1));
}

static const struct ioport_ops debugexit_ops = {
    .read = debugexit_read,
    .write = debugexit_write,
    .min_size = 1,
    .max_size = 4,
};

static bool debugexit_realize(struct device *d, GError **err)
{
    struct debugexit *e = (struct debugexit *)d;

    e->ctl = isa_bus_of(d)->ctl;
    e->ports.io = isa_bus_of(d)->io;
    return isa_ports_claim(&e->ports, d, e->iobase, e->iosize, false, &debugexit_ops, e, err);
}

static void debugexit_unrealize(struct device *d)
{
    isa_ports_release(&((struct debugexit *)d)->ports);
}

static const struct prop debugexit_props[] = {
    { "iobase", PROP_U32, offsetof(struct debugexit, iobase), "0x501", "first port", NULL },
    { "iosize", PROP_U32, offsetof(struct debugexit, iosize), "2", "number of ports", NULL },
    { 0 },
};

const struct device_class debugexit_class = {
    .name = "isa-debug-exit",
    .desc = "a write ends the emulator",
    .bus = BUS_ISA,
    .user_creatable = true,
    .size = sizeof(struct debugexit),
    .props = debugexit_props,
    .realize = debugexit_realize,
    .unrealize = debugexit_unrealize,
};
