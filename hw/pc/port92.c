/* SPDX-License-Identifier: MIT */
/*
 * System control port A (IBM PS/2 Technical Reference; PIIX3 has it, too): bit 0 rising resets the
 * processor, bit 1 opens A20. The gate is open while this port or the keyboard controller opens it.
 */
#include "hw/pc/port92.h"

#include "hw/isa/isa.h"
#include "hw/isa/isa_ports.h"

#define P92_RESET 0x01
#define P92_A20   0x02

struct port92 {
    struct device dev;
    struct isa_ports ports;
    struct physmem *mem;
    const struct machine_ctl *ctl;
    uint8_t value;
    bool kbc_a20;
};

static void port92_update_a20(struct port92 *p)
{
    physmem_set_a20(p->mem, p->kbc_a20 || (p->value & P92_A20));
}

static void port92_set_kbc(void *opaque, unsigned line, bool level)
{
    struct port92 *p = opaque;

    (void)line;
    p->kbc_a20 = level;
    port92_update_a20(p);
}

struct irq port92_a20_input(struct port92 *p)
{
    return (struct irq){ .set = port92_set_kbc, .opaque = p };
}

static uint32_t port92_read(void *opaque, uint16_t off, unsigned size)
{
    (void)off;
    (void)size;
    return ((struct port92 *)opaque)->value;
}

static void port92_write(void *opaque, uint16_t off, uint32_t value, unsigned size)
{
    struct port92 *p = opaque;
    bool reset = value & ~p->value & P92_RESET;

    (void)off;
    (void)size;
    p->value = (uint8_t)value & (P92_A20 | P92_RESET);
    port92_update_a20(p);
    if (reset) {
        p->ctl->reset(p->ctl->opaque, RESET_CPU);
    }
}

static const struct ioport_ops port92_ops = { .read = port92_read, .write = port92_write };

static void port92_reset(struct device *d)
{
    struct port92 *p = (struct port92 *)d;

    p->value = 0;
    port92_update_a20(p);
}

static bool port92_realize(struct device *d, GError **err)
{
    struct port92 *p = (struct port92 *)d;

    /* The keyboard controller's pins are high after reset, so without one the gate is open. */
    p->kbc_a20 = true;
    port92_reset(d);
    return isa_ports_claim(&p->ports, d, 0x92, 1, false, &port92_ops, p, err);
}

static void port92_unrealize(struct device *d)
{
    isa_ports_release(&((struct port92 *)d)->ports);
}

struct port92 *port92_new(struct ioport_space *io, struct physmem *mem,
                          const struct machine_ctl *ctl, GError **err)
{
    struct device *d = device_new(&port92_class);
    struct port92 *p = (struct port92 *)d;

    p->ports.io = io;
    p->mem = mem;
    p->ctl = ctl;
    if (!device_realize(d, err)) {
        device_free(d);
        return NULL;
    }
    return p;
}

const struct device_class port92_class = {
    .name = "port92",
    .desc = "fast A20 and reset",
    .size = sizeof(struct port92),
    .realize = port92_realize,
    .unrealize = port92_unrealize,
    .reset = port92_reset,
};
