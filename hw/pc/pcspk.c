/* SPDX-License-Identifier: MIT */
/*
 * Port 61h (PIIX3, "NMI status and control register"). SERR# and IOCHK# never come, so their status
 * bits read 0. The refresh bit toggles every 15.085 us, as the chip's refresh request does.
 */
#include "hw/pc/pcspk.h"

#include "hw/isa/isa_ports.h"
#include "hw/pc/pit8254.h"

#define SPK_GATE     0x01
#define SPK_DATA     0x02
#define SPK_WRITABLE 0x0f
#define SPK_REFRESH  0x10
#define SPK_OUT2     0x20

#define REFRESH_NS 15085

struct pcspk {
    struct device dev;
    struct isa_ports ports;
    struct clock *clock;
    struct pit8254 *pit;
    uint8_t control;
};

static uint32_t pcspk_read(void *opaque, uint16_t off, unsigned size)
{
    struct pcspk *s = opaque;

    (void)off;
    (void)size;
    return (uint32_t)s->control | (clock_now_ns(s->clock) / REFRESH_NS & 1 ? SPK_REFRESH : 0u) |
           (pit8254_out(s->pit, 2) ? SPK_OUT2 : 0u);
}

static void pcspk_write(void *opaque, uint16_t off, uint32_t value, unsigned size)
{
    struct pcspk *s = opaque;

    (void)off;
    (void)size;
    s->control = value & SPK_WRITABLE;
    pit8254_set_gate(s->pit, 2, s->control & SPK_GATE);
}

static const struct ioport_ops pcspk_ops = { .read = pcspk_read, .write = pcspk_write };

unsigned pcspk_tone_hz(struct pcspk *s)
{
    unsigned mode;
    uint32_t reload;

    pit8254_channel_info(s->pit, 2, &mode, &reload);
    if ((s->control & (SPK_GATE | SPK_DATA)) != (SPK_GATE | SPK_DATA) || mode != 3 || !reload) {
        return 0;
    }
    return (PIT_HZ + reload / 2) / reload;
}

static void pcspk_reset(struct device *d)
{
    struct pcspk *s = (struct pcspk *)d;

    s->control = 0;
    pit8254_set_gate(s->pit, 2, false);
}

static bool pcspk_realize(struct device *d, GError **err)
{
    struct pcspk *s = (struct pcspk *)d;

    pcspk_reset(d);
    return isa_ports_claim(&s->ports, d, 0x61, 1, false, &pcspk_ops, s, err);
}

static void pcspk_unrealize(struct device *d)
{
    isa_ports_release(&((struct pcspk *)d)->ports);
}

struct pcspk *pcspk_new(struct ioport_space *io, struct clock *clock, struct pit8254 *pit,
                        GError **err)
{
    struct device *d = device_new(&pcspk_class);
    struct pcspk *s = (struct pcspk *)d;

    s->ports.io = io;
    s->clock = clock;
    s->pit = pit;
    if (!device_realize(d, err)) {
        device_free(d);
        return NULL;
    }
    return s;
}

const struct device_class pcspk_class = {
    .name = "isa-pcspk",
    .desc = "speaker and port 61h",
    .size = sizeof(struct pcspk),
    .realize = pcspk_realize,
    .unrealize = pcspk_unrealize,
    .reset = pcspk_reset,
};
