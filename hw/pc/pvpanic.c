/* SPDX-License-Identifier: MIT */
/*
 * pvpanic, ISA form: a read gives the events that are understood, a write reports them (Linux,
 * Documentation of drivers/misc/pvpanic).
 */
#include "hw/pc/pvpanic.h"

#include "core/log.h"
#include "hw/isa/isa.h"
#include "hw/isa/isa_ports.h"

struct pvpanic {
    struct device dev;
    struct isa_ports ports;
    const struct machine_ctl *ctl;
    uint32_t ioport;
    uint8_t events;
};

static uint32_t pvpanic_read(void *opaque, uint16_t off, unsigned size)
{
    struct pvpanic *p = opaque;

    (void)off;
    (void)size;
    return p->events;
}

static void pvpanic_write(void *opaque, uint16_t off, uint32_t value, unsigned size)
{
    struct pvpanic *p = opaque;
    uint8_t known = (uint8_t)value & p->events;

    (void)off;
    (void)size;
    if (known != (uint8_t)value) {
        guest_warn(device_name(&p->dev), "unknown event 0x%x", value);
    }
    if (known) {
        p->ctl->panicked(p->ctl->opaque, known);
    }
}

static const struct ioport_ops pvpanic_ops = { .read = pvpanic_read, .write = pvpanic_write };

static bool pvpanic_realize(struct device *d, GError **err)
{
    struct pvpanic *p = (struct pvpanic *)d;

    p->ctl = isa_bus_of(d)->ctl;
    p->ports.io = isa_bus_of(d)->io;
    return isa_ports_claim(&p->ports, d, p->ioport, 1, false, &pvpanic_ops, p, err);
}

static void pvpanic_unrealize(struct device *d)
{
    isa_ports_release(&((struct pvpanic *)d)->ports);
}

static const struct prop pvpanic_props[] = {
    { "ioport", PROP_U32, offsetof(struct pvpanic, ioport), "0x505", "the port", NULL },
    { "events", PROP_U8, offsetof(struct pvpanic, events), "3", "events offered", NULL },
    { 0 },
};

const struct device_class pvpanic_class = {
    .name = "pvpanic",
    .desc = "the guest reports a panic",
    .bus = BUS_ISA,
    .user_creatable = true,
    .size = sizeof(struct pvpanic),
    .props = pvpanic_props,
    .realize = pvpanic_realize,
    .unrealize = pvpanic_unrealize,
};
