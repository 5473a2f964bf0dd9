/* SPDX-License-Identifier: MIT */
/*
 * Active FERR# raises IRQ 13 and the processor waits. The handler writes anything to F0h, which
 * takes IRQ 13 back and asserts IGNNE# until FERR# is inactive (PIIX3 datasheet, CERR; Intel SDM
 * vol. 1, appendix D.2).
 */
#include "hw/pc/cerr.h"

#include "hw/isa/isa.h"
#include "hw/isa/isa_ports.h"

struct cerr {
    struct device dev;
    struct isa_ports ports;
    struct irq irq13;
    bool ferr, ignne;
};

bool cerr_set_ferr(struct cerr *c, bool active)
{
    if (active && !c->ferr) {
        irq_set(c->irq13, true);
    } else if (!active) {
        irq_set(c->irq13, false);
        c->ignne = false;
    }
    c->ferr = active;
    return c->ignne;
}

static uint32_t cerr_read(void *opaque, uint16_t off, unsigned size)
{
    (void)opaque;
    (void)off;
    (void)size;
    return 0xff; /* write-only */
}

static void cerr_write(void *opaque, uint16_t off, uint32_t value, unsigned size)
{
    struct cerr *c = opaque;

    (void)off;
    (void)value;
    (void)size;
    irq_set(c->irq13, false);
    c->ignne = c->ferr;
}

static const struct ioport_ops cerr_ops = { .read = cerr_read, .write = cerr_write };

static void cerr_reset(struct device *d)
{
    cerr_set_ferr((struct cerr *)d, false);
}

static bool cerr_realize(struct device *d, GError **err)
{
    struct cerr *c = (struct cerr *)d;

    return isa_ports_claim(&c->ports, d, 0xf0, 1, false, &cerr_ops, c, err);
}

static void cerr_unrealize(struct device *d)
{
    isa_ports_release(&((struct cerr *)d)->ports);
}

struct cerr *cerr_new(struct ioport_space *io, struct irq irq13, GError **err)
{
    struct device *d = device_new(&cerr_class);
    struct cerr *c = (struct cerr *)d;

    c->ports.io = io;
    c->irq13 = irq13;
    if (!device_realize(d, err)) {
        device_free(d);
        return NULL;
    }
    return c;
}

const struct device_class cerr_class = {
    .name = "coprocessor-error",
    .desc = "x87 errors as IRQ 13 (port F0h)",
    .size = sizeof(struct cerr),
    .realize = cerr_realize,
    .unrealize = cerr_unrealize,
    .reset = cerr_reset,
};
