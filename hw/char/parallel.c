/* SPDX-License-Identifier: MIT */
/*
 * Parallel port of a PC/AT in standard mode (IBM PC/AT Technical Reference, printer adapter; IEEE
 * 1284 compatibility mode), with a host file or device as its printer. The printer acknowledges a
 * byte as soon as the host took it. The bidirectional bit turns the data register's read side to
 * the cable, where nobody drives. Not modelled: EPP and ECP.
 *
 * The printer's acknowledge holds the interrupt line until the status is read or the interrupt
 * disabled, so that an edge-triggered 8259 sees it.
 */
#include "hw/char/parallel.h"

#include "backend/char/chardev.h"
#include "hw/isa/isa.h"
#include "hw/isa/isa_ports.h"

enum { REG_DATA, REG_STATUS, REG_CONTROL };

#define STATUS_ERROR_N  0x08
#define STATUS_SELECTED 0x10
#define STATUS_ACK_N    0x40
#define STATUS_BUSY_N   0x80
#define STATUS_ONES     0x07
#define CONTROL_STROBE  0x01
#define CONTROL_INIT_N  0x04
#define CONTROL_IRQ     0x10
#define CONTROL_INPUT   0x20
#define CONTROL_ONES    0xc0

struct isa_parallel {
    struct device dev;
    struct isa_ports ports;
    struct chardev *chr;
    struct irq line;
    int32_t index;
    uint32_t iobase, irq;
    uint8_t data, control;
    bool busy; /* `waiting` is not with the host yet */
    bool acked;
    uint8_t waiting;
};

static void parallel_update_irq(struct isa_parallel *p)
{
    irq_set(p->line, p->acked && (p->control & CONTROL_IRQ));
}

static void parallel_send(void *opaque)
{
    struct isa_parallel *p = opaque;

    if (p->busy && chardev_write(p->chr, &p->waiting, 1) == 1) {
        p->busy = false;
        p->acked = true;
        parallel_update_irq(p);
    }
}

static uint32_t parallel_read(void *opaque, uint16_t off, unsigned size)
{
    struct isa_parallel *p = opaque;

    (void)size;
    switch (off) {
    case REG_DATA: return p->control & CONTROL_INPUT ? 0xff : p->data;
    case REG_STATUS:
        p->acked = false;
        parallel_update_irq(p);
        return STATUS_ONES | STATUS_ERROR_N | STATUS_SELECTED | STATUS_ACK_N |
               (p->busy ? 0 : STATUS_BUSY_N);
    case REG_CONTROL: return CONTROL_ONES | p->control;
    default: return 0xff;
    }
}

static void parallel_write(void *opaque, uint16_t off, uint32_t value, unsigned size)
{
    struct isa_parallel *p = opaque;
    uint8_t byte = (uint8_t)value, rising;

    (void)size;
    if (off == REG_DATA) {
        p->data = byte;
    } else if (off == REG_CONTROL) {
        rising = byte & (uint8_t)~p->control;
        p->control = byte & 0x3f;
        if (!(p->control & CONTROL_INIT_N) || !(p->control & CONTROL_IRQ)) {
            p->acked = false;
        }
        if ((rising & CONTROL_STROBE) && !p->busy) {
            p->waiting = p->data;
            p->busy = true;
            p->acked = false;
            parallel_update_irq(p);
            parallel_send(p);
        }
        parallel_update_irq(p);
    }
}

static const struct ioport_ops parallel_ops = { .read = parallel_read, .write = parallel_write };

static void parallel_reset(struct device *d)
{
    struct isa_parallel *p = (struct isa_parallel *)d;

    p->data = 0;
    p->control = CONTROL_INIT_N | 0x08;
    p->busy = false;
    p->acked = false;
    parallel_update_irq(p);
}

static bool parallel_claim(struct isa_parallel *p, unsigned index, GError **err)
{
    static const uint16_t base[3] = { 0x378, 0x278, 0x3bc };

    return isa_ports_claim(&p->ports, &p->dev, p->iobase ? p->iobase : base[index], 3, false,
                           &parallel_ops, p, err);
}

static size_t parallel_can_receive(void *opaque)
{
    (void)opaque;
    return 0;
}

static void parallel_receive(void *opaque, const uint8_t *buf, size_t len)
{
    (void)opaque;
    (void)buf;
    (void)len;
}

static bool parallel_realize(struct device *d, GError **err)
{
    struct isa_parallel *p = (struct isa_parallel *)d;
    struct isa_bus *isa = isa_bus_of(d);
    struct chardev_frontend fe = {
        .can_receive = parallel_can_receive,
        .receive = parallel_receive,
        .can_send = parallel_send,
        .opaque = p,
    };
    unsigned index = p->index < 0 ? 0 : (unsigned)p->index;
    bool claimed = false;

    if (p->index < -1 || p->index > 2 || p->irq > 15) {
        g_set_error(err, EMU_ERROR, EMU_ERROR_CONFIG,
                    "isa-parallel: index is 0 to 2 and irq at most 15");
        return false;
    }
    p->ports.io = isa->io;
    while (!claimed && p->index < 0 && p->iobase == 0 && index < 2) {
        claimed = parallel_claim(p, index, NULL);
        index += !claimed;
    }
    if (!claimed && !parallel_claim(p, index, err)) {
        return false;
    }
    if (p->chr && chardev_connect(p->chr, &fe) < 0) {
        isa_ports_release(&p->ports);
        g_set_error(err, EMU_ERROR, EMU_ERROR_CONFIG,
                    "parallel port: character device '%s' is in use already", chardev_id(p->chr));
        p->chr = NULL;
        return false;
    }
    p->line = isa->irq[p->irq];
    parallel_reset(d);
    return true;
}

static void parallel_unrealize(struct device *d)
{
    struct isa_parallel *p = (struct isa_parallel *)d;

    isa_ports_release(&p->ports);
    chardev_disconnect(p->chr, p);
}

struct device *isa_parallel_new(struct isa_bus *isa, unsigned index, struct chardev *chr,
                                GError **err)
{
    struct device *d = device_new(&isa_parallel_class);
    struct isa_parallel *p = (struct isa_parallel *)d;

    d->bus = (struct bus *)isa;
    p->index = (int32_t)index;
    p->chr = chr;
    if (!device_realize(d, err)) {
        device_free(d);
        return NULL;
    }
    return d;
}

static const struct prop parallel_props[] = {
    { "chardev", PROP_CHARDEV, offsetof(struct isa_parallel, chr), NULL, "where its bytes go",
      NULL },
    { "index", PROP_I32, offsetof(struct isa_parallel, index), "-1", "0-2: LPT1-LPT3", NULL },
    { "iobase", PROP_U32, offsetof(struct isa_parallel, iobase), NULL, "first of three ports",
      NULL },
    { "irq", PROP_U32, offsetof(struct isa_parallel, irq), "7", "interrupt", NULL },
    { 0 },
};

const struct device_class isa_parallel_class = {
    .name = "isa-parallel",
    .desc = "parallel (printer) port",
    .bus = BUS_ISA,
    .user_creatable = true,
    .size = sizeof(struct isa_parallel),
    .props = parallel_props,
    .realize = parallel_realize,
    .unrealize = parallel_unrealize,
    .reset = parallel_reset,
};
