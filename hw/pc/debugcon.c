/* SPDX-License-Identifier: MIT */
/*
 * isa-debugcon: the port of the Bochs and QEMU debug consoles. A write prints a byte, a read gives
 * E9h by which guests detect it. A host that is slow loses nothing up to the buffer's size.
 */
#include "hw/pc/debugcon.h"

#include <string.h>

#include "backend/char/chardev.h"
#include "hw/isa/isa.h"
#include "hw/isa/isa_ports.h"

#define BUFFER_SIZE 65536

struct debugcon {
    struct device dev;
    struct isa_ports ports;
    struct chardev *chr;
    uint32_t iobase, readback;
    uint8_t *buffer; /* what the host has not taken; made when first needed */
    size_t buffered;
};

static void debugcon_send(void *opaque)
{
    struct debugcon *c = opaque;
    size_t sent;

    if (c->buffered == 0) {
        return;
    }
    sent = chardev_write(c->chr, c->buffer, c->buffered);
    c->buffered -= sent;
    memmove(c->buffer, c->buffer + sent, c->buffered);
}

static uint32_t debugcon_read(void *opaque, uint16_t off, unsigned size)
{
    struct debugcon *c = opaque;

    (void)off;
    (void)size;
    return c->readback;
}

static void debugcon_write(void *opaque, uint16_t off, uint32_t value, unsigned size)
{
    struct debugcon *c = opaque;
    uint8_t byte = (uint8_t)value;

    (void)off;
    (void)size;
    debugcon_send(c);
    if (c->buffered == 0 && chardev_write(c->chr, &byte, 1) == 1) {
        return;
    }
    if (!c->buffer) {
        c->buffer = g_malloc(BUFFER_SIZE);
    }
    if (c->buffered < BUFFER_SIZE) {
        c->buffer[c->buffered++] = byte;
    }
}

static const struct ioport_ops debugcon_ops = { .read = debugcon_read, .write = debugcon_write };

static size_t debugcon_can_receive(void *opaque)
{
    (void)opaque;
    return 0;
}

static void debugcon_receive(void *opaque, const uint8_t *buf, size_t len)
{
    (void)opaque;
    (void)buf;
    (void)len;
}

static bool debugcon_realize(struct device *d, GError **err)
{
    struct debugcon *c = (struct debugcon *)d;
    struct chardev_frontend fe = {
        .can_receive = debugcon_can_receive,
        .receive = debugcon_receive,
        .can_send = debugcon_send,
        .opaque = c,
    };

    c->ports.io = isa_bus_of(d)->io;
    if (!isa_ports_claim(&c->ports, d, c->iobase, 1, false, &debugcon_ops, c, err)) {
        return false;
    }
    if (c->chr && chardev_connect(c->chr, &fe) < 0) {
        isa_ports_release(&c->ports);
        g_set_error(err, EMU_ERROR, EMU_ERROR_CONFIG,
                    "isa-debugcon: character device '%s' is in use already", chardev_id(c->chr));
        c->chr = NULL;
        return false;
    }
    return true;
}

static void debugcon_unrealize(struct device *d)
{
    struct debugcon *c = (struct debugcon *)d;

    isa_ports_release(&c->ports);
    chardev_disconnect(c->chr, c);
    g_free(c->buffer);
    c->buffer = NULL;
}

struct device *debugcon_new(struct isa_bus *isa, uint32_t iobase, struct chardev *chr, GError **err)
{
    struct device *d = device_new(&debugcon_class);
    struct debugcon *c = (struct debugcon *)d;

    d->bus = (struct bus *)isa;
    c->iobase = iobase;
    c->chr = chr;
    if (!device_realize(d, err)) {
        device_free(d);
        return NULL;
    }
    return d;
}

static const struct prop debugcon_props[] = {
    { "chardev", PROP_CHARDEV, offsetof(struct debugcon, chr), NULL, "where its bytes go", NULL },
    { "iobase", PROP_U32, offsetof(struct debugcon, iobase), "0xe9", "the port", NULL },
    { "readback", PROP_U32, offsetof(struct debugcon, readback), "0xe9", "what a read gives",
      NULL },
    { 0 },
};

const struct device_class debugcon_class = {
    .name = "isa-debugcon",
    .desc = "debug console on a port",
    .bus = BUS_ISA,
    .user_creatable = true,
    .size = sizeof(struct debugcon),
    .props = debugcon_props,
    .realize = debugcon_realize,
    .unrealize = debugcon_unrealize,
};
