/* SPDX-License-Identifier: MIT */
/*
 * Two Intel 8237A DMA controllers (data sheet 231466) as wired in a PC/AT: the first at 00h for
 * bytes, cascaded into channel 4 of the second at C0h, which moves words; page registers at 80h.
 * A device moves its data itself through dma8237_read/write. Not modelled: memory-to-memory (the
 * PC has no temporary page), bus timing, request priorities (transfers don't compete).
 */
#include "hw/pc/dma8237.h"

#include <string.h>

#include "hw/isa/isa_ports.h"

enum {
    REG_STATUS_COMMAND = 8,
    REG_REQUEST,
    REG_MASK,
    REG_MODE,
    REG_CLEAR_FF,
    REG_TEMP_CLEAR,
    REG_CLEAR_MASK,
    REG_ALL_MASK,
};

#define COMMAND_DISABLE    0x04
#define MODE_TYPE(mode)    ((mode) >> 2 & 3)
#define MODE_AUTO          0x10
#define MODE_DOWN          0x20
#define MODE_CASCADE(mode) ((mode) >> 6 == 3)

struct dma_channel {
    uint16_t base_addr, base_count, addr, count;
    uint8_t mode;
    bool masked;
    bool software_request, dreq;
    void (*ready)(void *opaque);
    void *opaque;
};

struct dma_chip {
    struct dma8237 *pair;
    unsigned index; /* 1: 16-bit channels, registers at every second port */
    struct dma_channel ch[4];
    uint8_t command, tc;
    bool high_byte; /* the flip-flop */
};

struct dma8237 {
    struct device dev;
    struct isa_ports ports;
    struct physmem *mem;
    struct dma_chip chip[2];
    uint8_t page[16];
};

static struct dma_channel *dma_channel(struct dma8237 *d, unsigned channel)
{
    return &d->chip[channel >> 2].ch[channel & 3];
}

bool dma8237_channel_ready(const struct dma8237 *d, unsigned channel)
{
    const struct dma_chip *chip = &d->chip[channel >> 2 & 1], *second = &d->chip[1];
    const struct dma_channel *c = &chip->ch[channel & 3];

    if ((chip->command & COMMAND_DISABLE) || c->masked || MODE_CASCADE(c->mode)) {
        return false;
    }
    /* The first controller gets the bus through channel 4. */
    if (channel < 4 && ((second->command & COMMAND_DISABLE) || second->ch[0].masked)) {
        return false;
    }
    return c->dreq || c->software_request;
}

enum dma_direction dma8237_direction(const struct dma8237 *d, unsigned channel)
{
    return (enum dma_direction)MODE_TYPE(d->chip[channel >> 2 & 1].ch[channel & 3].mode);
}

size_t dma8237_left(const struct dma8237 *d, unsigned channel)
{
    return ((size_t)d->chip[channel >> 2 & 1].ch[channel & 3].count + 1) << (channel >> 2 & 1);
}

/* Something changed by a register write: devices that wait may go on. */
static void dma_notify(struct dma8237 *d)
{
    for (unsigned i = 0; i < 8; i++) {
        struct dma_channel *c = dma_channel(d, i);

        if (c->ready && dma8237_channel_ready(d, i)) {
            c->ready(c->opaque);
        }
    }
}

void dma8237_attach(struct dma8237 *d, unsigned channel, void (*ready)(void *opaque), void *opaque)
{
    struct dma_channel *c = dma_channel(d, channel & 7);

    c->ready = ready;
    c->opaque = opaque;
}

void dma8237_hold(struct dma8237 *d, unsigned channel, bool dreq)
{
    dma_channel(d, channel & 7)->dreq = dreq;
}

/* Byte address of the current unit; the page doesn't count, so a block wraps within it. */
static gpa_t dma_address(const struct dma8237 *d, unsigned channel)
{
    static const uint8_t page_port[8] = { 7, 3, 1, 2, 15, 11, 9, 10 };
    const struct dma_channel *c = &d->chip[channel >> 2].ch[channel & 3];
    uint8_t page = d->page[page_port[channel]];

    if (channel >= 4) {
        return (gpa_t)(page & 0xfe) << 16 | (gpa_t)c->addr << 1;
    }
    return (gpa_t)page << 16 | c->addr;
}

/* Units that lie in one piece before the address wraps or the direction forbids. */
static size_t dma_run(const struct dma_channel *c, size_t units)
{
    size_t run = c->mode & MODE_DOWN ? 1 : 0x10000u - c->addr;

    return units < run ? units : run;
}

static void dma_step(struct dma_chip *chip, unsigned n, size_t units, bool *tc)
{
    struct dma_channel *c = &chip->ch[n];

    c->addr = (uint16_t)(c->mode & MODE_DOWN ? c->addr - units : c->addr + units);
    if (units <= c->count) {
        c->count -= (uint16_t)units;
        return;
    }
    chip->tc |= (uint8_t)(1u << n);
    c->software_request = false;
    if (c->mode & MODE_AUTO) {
        c->addr = c->base_addr;
        c->count = c->base_count;
    } else {
        c->count = 0xffff;
        c->masked = true;
    }
    *tc = true;
}

static size_t dma_move(struct dma8237 *d, unsigned channel, uint8_t *buf, size_t len,
                       enum dma_direction dir, bool *tc)
{
    struct dma_chip *chip = &d->chip[channel >> 2 & 1];
    struct dma_channel *c = &chip->ch[channel & 3];
    enum dma_direction set = dma8237_direction(d, channel);
    unsigned shift = channel >> 2 & 1;
    size_t done = 0;
    bool end = false;

    while (!end && len - done >= (size_t)1 << shift && dma8237_channel_ready(d, channel) &&
           (set == dir || set == DMA_VERIFY)) {
        size_t units = (len - done) >> shift;

        units = units > (size_t)c->count + 1 ? (size_t)c->count + 1 : units;
        units = dma_run(c, units);
        if (set == DMA_TO_MEMORY) {
            dma_write(d->mem, dma_address(d, channel), buf + done, units << shift);
        } else if (set == DMA_FROM_MEMORY) {
            dma_read(d->mem, dma_address(d, channel), buf + done, units << shift);
        } else if (dir == DMA_FROM_MEMORY) {
            memset(buf + done, 0, units << shift);
        }
        done += units << shift;
        dma_step(chip, channel & 3, units, &end);
    }
    if (tc) {
        *tc = end;
    }
    return done;
}

size_t dma8237_write(struct dma8237 *d, unsigned channel, const void *buf, size_t len, bool *tc)
{
    /* Only read from in this direction. */
    return dma_move(d, channel & 7, (uint8_t *)(uintptr_t)buf, len, DMA_TO_MEMORY, tc);
}

size_t dma8237_read(struct dma8237 *d, unsigned channel, void *buf, size_t len, bool *tc)
{
    return dma_move(d, channel & 7, buf, len, DMA_FROM_MEMORY, tc);
}

/* --- registers ------------------------------------------------------------------------------- */

static void dma_clear(struct dma_chip *chip)
{
    chip->command = 0;
    chip->tc = 0;
    chip->high_byte = false;
    for (unsigned i = 0; i < 4; i++) {
        chip->ch[i].software_request = false;
        chip->ch[i].masked = true;
    }
}

static uint8_t dma_flip(struct dma_chip *chip, uint16_t value)
{
    chip->high_byte = !chip->high_byte;
    return (uint8_t)(chip->high_byte ? value : value >> 8);
}

static uint32_t dma_chip_read(void *opaque, uint16_t off, unsigned size)
{
    struct dma_chip *chip = opaque;
    unsigned reg = off >> chip->index;
    uint8_t value = 0;

    (void)size;
    if (reg < REG_STATUS_COMMAND) {
        struct dma_channel *c = &chip->ch[reg >> 1];

        return dma_flip(chip, reg & 1 ? c->count : c->addr);
    }
    if (reg == REG_STATUS_COMMAND) {
        value = chip->tc;
        chip->tc = 0;
        for (unsigned i = 0; i < 4; i++) {
            value |= (uint8_t)((chip->ch[i].dreq || chip->ch[i].software_request) << (4 + i));
        }
    } else if (reg == REG_ALL_MASK) {
        for (unsigned i = 0; i < 4; i++) {
            value |= (uint8_t)(chip->ch[i].masked << i);
        }
        value |= 0xf0;
    }
    return value;
}

static void dma_write_word(struct dma_chip *chip, uint16_t *base, uint16_t *current, uint8_t value)
{
    if (chip->high_byte) {
        *base = (uint16_t)((*base & 0x00ff) | value << 8);
    } else {
        *base = (*base & 0xff00) | value;
    }
    *current = *base;
    chip->high_byte = !chip->high_byte;
}

static void dma_chip_write(void *opaque, uint16_t off, uint32_t value, unsigned size)
{
    struct dma_chip *chip = opaque;
    unsigned reg = off >> chip->index;
    struct dma_channel *c = &chip->ch[reg < REG_STATUS_COMMAND ? reg >> 1 : value & 3];

    (void)size;
    switch (reg) {
    case REG_STATUS_COMMAND: chip->command = (uint8_t)value; break;
    case REG_REQUEST: c->software_request = value & 4; break;
    case REG_MASK: c->masked = value & 4; break;
    case REG_MODE: c->mode = value & 0xfc; break;
    case REG_CLEAR_FF: chip->high_byte = false; break;
    case REG_TEMP_CLEAR: dma_clear(chip); break;
    case REG_CLEAR_MASK:
    case REG_ALL_MASK:
        for (unsigned i = 0; i < 4; i++) {
            chip->ch[i].masked = reg == REG_ALL_MASK && (value >> i & 1);
        }
        break;
    default:
        if (reg & 1) {
            dma_write_word(chip, &c->base_count, &c->count, (uint8_t)value);
        } else {
            dma_write_word(chip, &c->base_addr, &c->addr, (uint8_t)value);
        }
        return;
    }
    dma_notify(chip->pair);
}

static uint32_t dma_page_read(void *opaque, uint16_t off, unsigned size)
{
    (void)size;
    return ((struct dma8237 *)opaque)->page[off];
}

static void dma_page_write(void *opaque, uint16_t off, uint32_t value, unsigned size)
{
    (void)size;
    ((struct dma8237 *)opaque)->page[off] = (uint8_t)value;
}

static const struct ioport_ops dma_chip_ops = { .read = dma_chip_read, .write = dma_chip_write };
static const struct ioport_ops dma_page_ops = { .read = dma_page_read, .write = dma_page_write };

static void dma_reset(struct device *dev)
{
    struct dma8237 *d = (struct dma8237 *)dev;

    for (unsigned i = 0; i < 2; i++) {
        dma_clear(&d->chip[i]);
        for (unsigned n = 0; n < 4; n++) {
            d->chip[i].ch[n].mode = 0;
        }
    }
    memset(d->page, 0, sizeof d->page);
}

static bool dma_realize(struct device *dev, GError **err)
{
    struct dma8237 *d = (struct dma8237 *)dev;

    for (unsigned i = 0; i < 2; i++) {
        d->chip[i].pair = d;
        d->chip[i].index = i;
    }
    dma_reset(dev);
    return isa_ports_claim(&d->ports, dev, 0x00, 16, false, &dma_chip_ops, &d->chip[0], err) &&
           isa_ports_claim(&d->ports, dev, 0xc0, 32, false, &dma_chip_ops, &d->chip[1], err) &&
           isa_ports_claim(&d->ports, dev, 0x80, 16, false, &dma_page_ops, d, err);
}

static void dma_unrealize(struct device *dev)
{
    isa_ports_release(&((struct dma8237 *)dev)->ports);
}

struct dma8237 *dma8237_new(struct ioport_space *io, struct physmem *mem, GError **err)
{
    struct device *dev = device_new(&dma8237_class);
    struct dma8237 *d = (struct dma8237 *)dev;

    d->ports.io = io;
    d->mem = mem;
    if (!device_realize(dev, err)) {
        device_free(dev);
        return NULL;
    }
    return d;
}

const struct device_class dma8237_class = {
    .name = "i8257", /* QEMU's name for it */
    .desc = "8237A DMA controllers",
    .size = sizeof(struct dma8237),
    .realize = dma_realize,
    .unrealize = dma_unrealize,
    .reset = dma_reset,
};
