/* SPDX-License-Identifier: MIT */
/*
 * I/O APIC (82093AA, 290566-001) with the EOI register of later ones (version 20h, as in ICH9 and
 * its successors). The polarity bit is kept but has no effect: wires here carry "asserted", not
 * volts. Delivery is immediate, so delivery status reads 0.
 */
#include "hw/pc/ioapic.h"

#include "core/log.h"
#include "core/trace.h"

enum { REG_SELECT = 0x00, REG_WINDOW = 0x10, REG_EOI = 0x40 };
enum { IND_ID = 0, IND_VERSION = 1, IND_ARB = 2, IND_TABLE = 0x10 };

#define VERSION (0x20u | (IOAPIC_PINS - 1) << 16)

#define RTE_VECTOR     0xffull
#define RTE_MODE_SHIFT 8
#define RTE_LOGICAL    (1ull << 11)
#define RTE_REMOTE_IRR (1ull << 14)
#define RTE_LEVEL      (1ull << 15)
#define RTE_MASK       (1ull << 16)
#define RTE_DEST_SHIFT 56
#define RTE_WRITABLE   (0xff0000000001afffull & ~(1ull << 12))

struct ioapic {
    struct device dev;
    struct ioapic_config cfg;
    struct mem_region *region;
    uint8_t select, id;
    uint32_t lines; /* levels of the pins */
    uint64_t rte[IOAPIC_PINS];
    uint64_t sent[IOAPIC_PINS]; /* messages that a processor took, for the monitor */
    uint32_t edge_vectors[256 / 32]; /* vectors of unmasked edge-triggered pins, for `acked` */
    void (*on_ack)(void *opaque, unsigned pin);
    void *on_ack_opaque;
};

static unsigned rte_mode(uint64_t rte)
{
    return rte >> RTE_MODE_SHIFT & 7;
}

/* Only fixed and lowest-priority interrupts are level-triggered, whatever the entry says. */
static bool rte_level(uint64_t rte)
{
    return (rte & RTE_LEVEL) && rte_mode(rte) <= APIC_LOWEST;
}

static bool ioapic_send(struct ioapic *io, unsigned pin)
{
    uint64_t rte = io->rte[pin];
    struct apic_msg msg = {
        .dest = (uint32_t)(rte >> RTE_DEST_SHIFT),
        .logical = rte & RTE_LOGICAL,
        .mode = (uint8_t)rte_mode(rte),
        .vector = rte & RTE_VECTOR,
        .level = rte_level(rte),
    };

    if (!msg.logical && msg.dest == 0xff) {
        msg.dest = UINT32_MAX; /* broadcast, also to x2APICs */
    }
    if (!io->cfg.deliver(io->cfg.opaque, &msg)) {
        return false;
    }
    io->sent[pin]++;
    return true;
}

/* A level-triggered pin interrupts while it is high and the last one has ended. */
static void ioapic_update_irq(struct ioapic *io, unsigned pin)
{
    uint64_t rte = io->rte[pin];

    if ((io->lines >> pin & 1) && rte_level(rte) && !(rte & (RTE_MASK | RTE_REMOTE_IRR))) {
        io->rte[pin] |= RTE_REMOTE_IRR;
        if (!ioapic_send(io, pin)) {
            io->rte[pin] &= ~RTE_REMOTE_IRR;
        }
    }
}

static void ioapic_set(void *opaque, unsigned pin, bool level)
{
    struct ioapic *io = opaque;
    uint32_t bit = 1u << pin;
    bool rise = level && !(io->lines & bit);

    trace_ioapic_line(pin, level);
    io->lines = level ? io->lines | bit : io->lines & ~bit;
    if (rte_level(io->rte[pin])) {
        ioapic_update_irq(io, pin);
    } else if (rise && !(io->rte[pin] & RTE_MASK)) {
        /* Edges at a masked pin are lost (82093AA 3.2.4, interrupt mask). */
        ioapic_send(io, pin);
    }
}

struct irq ioapic_input(struct ioapic *io, unsigned pin)
{
    struct irq line = { 0 };

    if (pin < IOAPIC_PINS) {
        line = (struct irq){ .set = ioapic_set, .opaque = io, .line = pin };
    }
    return line;
}

void ioapic_eoi(void *opaque, uint8_t vector)
{
    struct ioapic *io = opaque;

    for (unsigned pin = 0; pin < IOAPIC_PINS; pin++) {
        uint64_t rte = io->rte[pin];

        if ((rte & RTE_REMOTE_IRR) && (rte & RTE_VECTOR) == vector) {
            io->rte[pin] &= ~RTE_REMOTE_IRR;
            ioapic_update_irq(io, pin);
        }
    }
}

void ioapic_retry(void *opaque)
{
    for (unsigned pin = 0; pin < IOAPIC_PINS; pin++) {
        ioapic_update_irq(opaque, pin);
    }
}

static bool rte_is_edge(uint64_t rte)
{
    return !(rte & RTE_MASK) && !rte_level(rte) && rte_mode(rte) <= APIC_LOWEST;
}

void ioapic_acked(void *opaque, unsigned cpu, uint8_t vector)
{
    struct ioapic *io = opaque;

    (void)cpu;
    if (!io->on_ack || !(io->edge_vectors[vector / 32] >> vector % 32 & 1)) {
        return;
    }
    for (unsigned pin = 0; pin < IOAPIC_PINS; pin++) {
        if (rte_is_edge(io->rte[pin]) && (io->rte[pin] & RTE_VECTOR) == vector) {
            io->on_ack(io->on_ack_opaque, pin);
        }
    }
}

void ioapic_on_ack(struct ioapic *io, void (*fn)(void *opaque, unsigned pin), void *opaque)
{
    io->on_ack = fn;
    io->on_ack_opaque = opaque;
}

uint32_t ioapic_lines(const struct ioapic *io)
{
    return io->lines;
}

bool ioapic_masked(const struct ioapic *io, unsigned pin)
{
    return io->rte[pin] & RTE_MASK;
}

static void ioapic_note_edges(struct ioapic *io)
{
    for (unsigned i = 0; i < ARRAY_LEN(io->edge_vectors); i++) {
        io->edge_vectors[i] = 0;
    }
    for (unsigned pin = 0; pin < IOAPIC_PINS; pin++) {
        if (rte_is_edge(io->rte[pin])) {
            uint8_t vector = io->rte[pin] & RTE_VECTOR;

            io->edge_vectors[vector / 32] |= 1u << vector % 32;
        }
    }
}

static void ioapic_rte_write(struct ioapic *io, unsigned index, uint32_t value)
{
    unsigned pin = index / 2, shift = index % 2 * 32;
    uint64_t mask = (0xffffffffull << shift) & RTE_WRITABLE;

    io->rte[pin] = (io->rte[pin] & ~mask) | ((uint64_t)value << shift & mask);
    if (!rte_level(io->rte[pin])) {
        io->rte[pin] &= ~RTE_REMOTE_IRR; /* meaningless for edges: guests clear it this way */
    }
    if (rte_mode(io->rte[pin]) == 3 || rte_mode(io->rte[pin]) == APIC_SIPI) {
        guest_warn("ioapic", "pin %u: reserved delivery mode %u", pin, rte_mode(io->rte[pin]));
    }
    ioapic_note_edges(io);
    ioapic_update_irq(io, pin);
}

static uint32_t ioapic_window_read(const struct ioapic *io)
{
    unsigned index = io->select - IND_TABLE;

    switch (io->select) {
    case IND_ID:
    case IND_ARB: return (uint32_t)io->id << 24;
    case IND_VERSION: return VERSION;
    default:
        if (io->select < IND_TABLE || index >= 2 * IOAPIC_PINS) {
            return 0;
        }
        return (uint32_t)(io->rte[index / 2] >> (index % 2 * 32));
    }
}

static uint64_t ioapic_read(void *opaque, gpa_t off, unsigned size)
{
    struct ioapic *io = opaque;

    (void)size;
    switch (off & 0xff) {
    case REG_SELECT: return io->select;
    case REG_WINDOW: return ioapic_window_read(io);
    default: return 0;
    }
}

static void ioapic_write(void *opaque, gpa_t off, uint64_t value, unsigned size)
{
    struct ioapic *io = opaque;

    switch (off & 0xff) {
    case REG_SELECT: io->select = (uint8_t)value; break;
    case REG_WINDOW:
        if (size != 4) {
            guest_warn("ioapic", "%u-byte write of the window", size);
        } else if (io->select == IND_ID) {
            io->id = value >> 24 & 0xf;
        } else if (io->select >= IND_TABLE && io->select < IND_TABLE + 2 * IOAPIC_PINS) {
            ioapic_rte_write(io, io->select - IND_TABLE, (uint32_t)value);
        }
        break;
    case REG_EOI: ioapic_eoi(io, (uint8_t)value); break;
    default: break;
    }
}

static const struct mem_ops ioapic_ops = {
    .read = ioapic_read,
    .write = ioapic_write,
    .min_size = 4,
    .max_size = 4,
};

static void ioapic_reset(struct device *d)
{
    struct ioapic *io = (struct ioapic *)d;

    io->select = 0;
    io->id = 0;
    for (unsigned pin = 0; pin < IOAPIC_PINS; pin++) {
        io->rte[pin] = RTE_MASK;
    }
    ioapic_note_edges(io);
}

static bool ioapic_realize(struct device *d, GError **err)
{
    struct ioapic *io = (struct ioapic *)d;

    (void)err;
    ioapic_reset(d);
    io->region = physmem_add_io(io->cfg.mem, "ioapic", io->cfg.base, 0x1000, &ioapic_ops, io, 20);
    return true;
}

static void ioapic_unrealize(struct device *d)
{
    struct ioapic *io = (struct ioapic *)d;

    physmem_remove(io->cfg.mem, io->region);
}

struct ioapic *ioapic_new(const struct ioapic_config *cfg, GError **err)
{
    struct device *d = device_new(&ioapic_class);
    struct ioapic *io = (struct ioapic *)d;

    io->cfg = *cfg;
    if (!device_realize(d, err)) {
        device_free(d);
        return NULL;
    }
    return io;
}

static void ioapic_describe(const struct device *d, GString *out)
{
    static const char *const modes[] = { "fixed", "lowest", "SMI",  "reserved",
                                         "NMI",   "INIT",   "SIPI", "ExtINT" };
    const struct ioapic *io = (const struct ioapic *)d;

    g_string_append_printf(out, "ioapic0: ver=0x%x id=0x%02x sel=0x%02x\n", VERSION & 0xff, io->id,
                           io->select);
    for (unsigned i = 0; i < IOAPIC_PINS; i++) {
        uint64_t rte = io->rte[i];
        g_string_append_printf(
            out,
            "  pin %-2u 0x%016" G_GINT64_MODIFIER "x dest=%u %s vec=%02x %s %s%s%s%s, %"
            G_GUINT64_FORMAT " sent\n",
            i, rte, (unsigned)(rte >> RTE_DEST_SHIFT), rte & RTE_LOGICAL ? "logical" : "physical",
            (unsigned)(rte & RTE_VECTOR), modes[rte_mode(rte)], rte & RTE_LEVEL ? "level" : "edge",
            rte & RTE_MASK ? " masked" : "", rte & RTE_REMOTE_IRR ? " remote-irr" : "",
            io->lines >> i & 1 ? " high" : "", io->sent[i]);
    }
}

const struct device_class ioapic_class = {
    .name = "ioapic",
    .desc = "I/O APIC",
    .size = sizeof(struct ioapic),
    .realize = ioapic_realize,
    .unrealize = ioapic_unrealize,
    .reset = ioapic_reset,
    .describe = ioapic_describe,
};
