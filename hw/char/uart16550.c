/* SPDX-License-Identifier: MIT */
/*
 * UART 16550A (PC16550D data sheet, TL/C/8652) and its ISA form. Bytes leave at once, whatever the
 * baud rate, as long as the host takes them; loop-back is synchronous. Only the character timeout
 * follows the programmed rate. Not modelled: parity and framing errors (the host's line has none),
 * stick parity, the 16550's DMA modes.
 *
 * On an ISA card OUT2 gates the interrupt (IBM PC/AT Technical Reference, serial adapter).
 */
#include "hw/char/uart16550.h"

#include "backend/char/chardev.h"
#include "core/trace.h"
#include "hw/isa/isa.h"
#include "hw/isa/isa_ports.h"

enum { REG_DATA, REG_IER, REG_IIR_FCR, REG_LCR, REG_MCR, REG_LSR, REG_MSR, REG_SCR };

#define IER_RDA         0x01
#define IER_THRE        0x02
#define IER_RLS         0x04
#define IER_MSI         0x08
#define IIR_NONE        0x01
#define IIR_MSI         0x00
#define IIR_THRE        0x02
#define IIR_RDA         0x04
#define IIR_RLS         0x06
#define IIR_TIMEOUT     0x0c
#define IIR_FIFO        0xc0
#define FCR_ENABLE      0x01
#define FCR_CLEAR_RX    0x02
#define FCR_CLEAR_TX    0x04
#define LCR_STOP        0x04
#define LCR_PARITY      0x08
#define LCR_BREAK       0x40
#define LCR_DLAB        0x80
#define MCR_OUT2        0x08
#define MCR_LOOP        0x10
#define LSR_DR          0x01
#define LSR_OE          0x02
#define LSR_FE          0x08
#define LSR_BI          0x10
#define LSR_CHAR_ERRORS 0x1c
#define LSR_THRE        0x20
#define LSR_TEMT        0x40
#define LSR_FIFO_ERROR  0x80
#define MSR_DELTAS      0x0f
#define MSR_TERI        0x04
#define MSR_CTS_DSR_DCD 0xb0

#define FIFO_SIZE 16
#define BAUD_BASE 115200
/* An interrupt-driven guest gets a pause after this many bytes in a millisecond: a transmitter that
 * is always empty would hold it in its handler (Linux gives up after 512 rounds). */
#define BURST_BYTES 2048
#define BURST_NS    NS_PER_MS

struct uart_fifo {
    uint8_t data[FIFO_SIZE];
    uint8_t errors[FIFO_SIZE]; /* LSR bits of the character */
    unsigned head, count;
};

struct uart16550 {
    struct clock *clock;
    struct irq irq;
    struct chardev *chr;
    bool out2_gates;
    struct timer timeout_timer, pause_timer;
    uint8_t ier, fcr, lcr, mcr, lsr, msr, scr;
    uint16_t divisor;
    bool thre_pending; /* the THRE interrupt, until IIR or THR is touched */
    bool timeout;      /* character timeout */
    bool paused;       /* bytes are out, but THRE waits for pause_timer */
    bool irq_level;
    struct uart_fifo rx, tx;
    int64_t burst_start_ns;
    unsigned burst;
};

static unsigned fifo_depth(const struct uart16550 *u)
{
    return u->fcr & FCR_ENABLE ? FIFO_SIZE : 1;
}

static void fifo_push(struct uart_fifo *f, uint8_t byte, uint8_t errors)
{
    unsigned at = (f->head + f->count) % FIFO_SIZE;

    f->data[at] = byte;
    f->errors[at] = errors;
    f->count++;
}

static uint8_t fifo_pop(struct uart_fifo *f)
{
    uint8_t byte = f->data[f->head];

    f->head = (f->head + 1) % FIFO_SIZE;
    f->count--;
    return byte;
}

static unsigned uart_trigger(const struct uart16550 *u)
{
    static const uint8_t levels[4] = { 1, 4, 8, 14 };

    return u->fcr & FCR_ENABLE ? levels[u->fcr >> 6] : 1;
}

/* The interrupt of the highest priority, as IIR shows it (data sheet, table 5). */
static uint8_t uart_pending(const struct uart16550 *u)
{
    if ((u->ier & IER_RLS) && (u->lsr & (LSR_OE | LSR_CHAR_ERRORS))) {
        return IIR_RLS;
    }
    if (u->ier & IER_RDA) {
        if (u->rx.count >= uart_trigger(u)) {
            return IIR_RDA;
        }
        if (u->timeout) {
            return IIR_TIMEOUT;
        }
    }
    if ((u->ier & IER_THRE) && u->thre_pending) {
        return IIR_THRE;
    }
    if ((u->ier & IER_MSI) && (u->msr & MSR_DELTAS)) {
        return IIR_MSI;
    }
    return IIR_NONE;
}

static void uart_update_irq(struct uart16550 *u)
{
    bool level = uart_pending(u) != IIR_NONE && (!u->out2_gates || (u->mcr & MCR_OUT2));

    if (level != u->irq_level) {
        u->irq_level = level;
        irq_set(u->irq, level);
    }
}

static uint8_t uart_word_mask(const struct uart16550 *u)
{
    return (uint8_t)(0xff >> (3 - (u->lcr & 3)));
}

static int64_t uart_char_ns(const struct uart16550 *u)
{
    unsigned bits = 1 + 5 + (u->lcr & 3) + !!(u->lcr & LCR_PARITY) + 1 + !!(u->lcr & LCR_STOP);

    return (int64_t)bits * (u->divisor ? u->divisor : 1) * NS_PER_SEC / BAUD_BASE;
}

/* --- receiver -------------------------------------------------------------------------------- */

/* DR and the error bits belong to the character on top (data sheet 8.6.2). */
static void uart_show_top(struct uart16550 *u)
{
    bool errors = false;

    u->lsr &= (uint8_t) ~(LSR_DR | LSR_FIFO_ERROR);
    if (u->rx.count > 0) {
        u->lsr |= LSR_DR | u->rx.errors[u->rx.head];
    }
    for (unsigned i = 0; i < u->rx.count; i++) {
        errors |= u->rx.errors[(u->rx.head + i) % FIFO_SIZE] & LSR_CHAR_ERRORS;
    }
    if (errors && (u->fcr & FCR_ENABLE)) {
        u->lsr |= LSR_FIFO_ERROR;
    }
}

/* Four character times without a character in or out (data sheet 8.7.1). */
static void uart_restart_timeout(struct uart16550 *u)
{
    u->timeout = false;
    if ((u->fcr & FCR_ENABLE) && u->rx.count > 0) {
        timer_mod(&u->timeout_timer, clock_now_ns(u->clock) + 4 * uart_char_ns(u));
    } else {
        timer_del(&u->timeout_timer);
    }
}

static void uart_timeout_fire(void *opaque)
{
    struct uart16550 *u = opaque;

    u->timeout = u->rx.count > 0;
    uart_update_irq(u);
}

static void uart_push(struct uart16550 *u, uint8_t byte, uint8_t errors)
{
    trace_uart_receive(byte);
    bool top = u->rx.count == 0;

    byte &= uart_word_mask(u);
    if (u->rx.count >= fifo_depth(u)) {
        u->lsr |= LSR_OE;
        if (u->fcr & FCR_ENABLE) {
            return; /* the shift register is overwritten, the FIFO stays */
        }
        u->rx.count = 0;
        top = true;
    }
    fifo_push(&u->rx, byte, errors);
    if (top || errors) {
        if (top) {
            uart_show_top(u);
        } else {
            u->lsr |= LSR_FIFO_ERROR;
        }
    }
    uart_restart_timeout(u);
}

static void uart_clear_rx(struct uart16550 *u)
{
    u->rx.count = 0;
    u->lsr &= (uint8_t)~LSR_CHAR_ERRORS;
    uart_show_top(u);
    uart_restart_timeout(u);
}

static uint8_t uart_read_data(struct uart16550 *u)
{
    uint8_t byte;

    if (u->rx.count == 0) {
        return u->rx.data[(u->rx.head + FIFO_SIZE - 1) % FIFO_SIZE]; /* the last one again */
    }
    byte = fifo_pop(&u->rx);
    uart_show_top(u);
    uart_restart_timeout(u);
    uart_update_irq(u);
    if (!(u->mcr & MCR_LOOP)) {
        chardev_accept_input(u->chr);
    }
    return byte;
}

static size_t uart_can_receive(void *opaque)
{
    struct uart16550 *u = opaque;

    unsigned depth = fifo_depth(u);
    return u->mcr & MCR_LOOP ? 0 : depth - MIN(u->rx.count, depth);
}

static void uart_receive(void *opaque, const uint8_t *buf, size_t len)
{
    struct uart16550 *u = opaque;

    for (size_t i = 0; i < len; i++) {
        uart_push(u, buf[i], 0);
    }
    uart_update_irq(u);
}

static void uart_event(void *opaque, enum chardev_event ev)
{
    struct uart16550 *u = opaque;

    if (ev == CHARDEV_BREAK && !(u->mcr & MCR_LOOP)) {
        uart_push(u, 0, LSR_BI | LSR_FE);
        uart_update_irq(u);
    }
}

/* --- transmitter ----------------------------------------------------------------------------- */

static void uart_tx_empty(struct uart16550 *u)
{
    u->lsr |= LSR_THRE | LSR_TEMT;
    u->thre_pending = true;
    uart_update_irq(u);
}

static void uart_pause_fire(void *opaque)
{
    struct uart16550 *u = opaque;

    u->paused = false;
    if (u->tx.count == 0) {
        uart_tx_empty(u);
    }
}

/* True: hold THRE back for a moment. */
static bool uart_burst_over(struct uart16550 *u)
{
    int64_t now = clock_now_ns(u->clock);

    if (!(u->ier & IER_THRE)) {
        return false; /* who polls knows what to do */
    }
    if (now - u->burst_start_ns >= BURST_NS) {
        u->burst_start_ns = now;
        u->burst = 0;
    }
    if (++u->burst < BURST_BYTES) {
        return false;
    }
    u->paused = true;
    timer_mod(&u->pause_timer, u->burst_start_ns + BURST_NS);
    return true;
}

/* Hands what is in the FIFO to the host. */
static void uart_drain(struct uart16550 *u)
{
    while (u->tx.count > 0) {
        size_t run = MIN(u->tx.count, FIFO_SIZE - u->tx.head);
        size_t sent = chardev_write(u->chr, &u->tx.data[u->tx.head], run);

        u->tx.head = (u->tx.head + (unsigned)sent) % FIFO_SIZE;
        u->tx.count -= (unsigned)sent;
        if (sent < run) {
            return; /* can_send comes later */
        }
    }
    if (!u->paused) {
        uart_tx_empty(u);
    }
}

static void uart_can_send(void *opaque)
{
    struct uart16550 *u = opaque;

    if (u->tx.count > 0) {
        uart_drain(u);
    }
}

static void uart_write_data(struct uart16550 *u, uint8_t byte)
{
    trace_uart_write(byte);
    byte &= uart_word_mask(u);
    u->lsr &= (uint8_t) ~(LSR_THRE | LSR_TEMT);
    u->thre_pending = false;
    uart_update_irq(u);
    if (u->mcr & MCR_LOOP) {
        uart_push(u, byte, 0);
        uart_tx_empty(u);
        return;
    }
    if (u->tx.count >= fifo_depth(u)) {
        return; /* written although THRE was 0: lost, as in the chip */
    }
    fifo_push(&u->tx, byte, 0);
    if (!u->paused) {
        uart_burst_over(u);
    }
    uart_drain(u);
}

/* --- the other registers --------------------------------------------------------------------- */

/* Modem inputs: the host's end is always ready; in loop-back they are the outputs. */
static void uart_update_msr(struct uart16550 *u)
{
    uint8_t lines = MSR_CTS_DSR_DCD, changed;

    if (u->mcr & MCR_LOOP) {
        lines = (uint8_t)((u->mcr & 2) << 3 | (u->mcr & 1) << 5 | (u->mcr & 0xc) << 4);
    }
    changed = (u->msr ^ lines) >> 4;
    if (lines & 0x40) {
        changed &= (uint8_t)~MSR_TERI; /* RI tells its trailing edge only */
    }
    u->msr = (uint8_t)(lines | (u->msr & MSR_DELTAS) | changed);
    uart_update_irq(u);
}

static void uart_write_ier(struct uart16550 *u, uint8_t value)
{
    value &= 0x0f;
    if ((value & ~u->ier & IER_THRE) && (u->lsr & LSR_THRE)) {
        u->thre_pending = true; /* enabling tells of an empty register */
    }
    u->ier = value;
    uart_update_irq(u);
}

static void uart_write_fcr(struct uart16550 *u, uint8_t value)
{
    bool toggled = (value ^ u->fcr) & FCR_ENABLE;

    if (toggled || ((value & FCR_ENABLE) && (value & FCR_CLEAR_RX))) {
        u->fcr = value & FCR_ENABLE;
        uart_clear_rx(u);
    }
    if ((toggled || ((value & FCR_ENABLE) && (value & FCR_CLEAR_TX))) && u->tx.count > 0) {
        u->tx.count = 0;
        uart_tx_empty(u);
    }
    u->fcr = value & FCR_ENABLE ? value & 0xc9 : 0;
    uart_update_irq(u);
    chardev_accept_input(u->chr);
}

static void uart_write_lcr(struct uart16550 *u, uint8_t value)
{
    bool begins = value & ~u->lcr & LCR_BREAK;

    u->lcr = value;
    if (begins && (u->mcr & MCR_LOOP)) {
        uart_push(u, 0, LSR_BI | LSR_FE);
        uart_update_irq(u);
    }
}

static void uart_write_mcr(struct uart16550 *u, uint8_t value)
{
    bool was_loop = u->mcr & MCR_LOOP;

    u->mcr = value & 0x1f;
    uart_update_msr(u);
    uart_update_irq(u);
    if (was_loop && !(u->mcr & MCR_LOOP)) {
        chardev_accept_input(u->chr);
    }
}

static uint8_t uart_read_iir(struct uart16550 *u)
{
    uint8_t value = uart_pending(u);

    if (value == IIR_THRE) {
        u->thre_pending = false;
        uart_update_irq(u);
    }
    return value | (u->fcr & FCR_ENABLE ? IIR_FIFO : 0);
}

static uint8_t uart_read_lsr(struct uart16550 *u)
{
    uint8_t value = u->lsr;

    u->lsr &= (uint8_t) ~(LSR_OE | LSR_CHAR_ERRORS);
    if (u->rx.count > 0) {
        u->rx.errors[u->rx.head] = 0;
        uart_show_top(u);
    }
    uart_update_irq(u);
    return value;
}

static uint8_t uart_read_msr(struct uart16550 *u)
{
    uint8_t value = u->msr;

    u->msr &= (uint8_t)~MSR_DELTAS;
    uart_update_irq(u);
    return value;
}

uint8_t uart16550_read(struct uart16550 *u, unsigned reg)
{
    switch (reg & 7) {
    case REG_DATA: return u->lcr & LCR_DLAB ? (uint8_t)u->divisor : uart_read_data(u);
    case REG_IER: return u->lcr & LCR_DLAB ? u->divisor >> 8 : u->ier;
    case REG_IIR_FCR: return uart_read_iir(u);
    case REG_LCR: return u->lcr;
    case REG_MCR: return u->mcr;
    case REG_LSR: return uart_read_lsr(u);
    case REG_MSR: return uart_read_msr(u);
    default: return u->scr;
    }
}

void uart16550_write(struct uart16550 *u, unsigned reg, uint8_t value)
{
    switch (reg & 7) {
    case REG_DATA:
        if (u->lcr & LCR_DLAB) {
            u->divisor = (u->divisor & 0xff00) | value;
        } else {
            uart_write_data(u, value);
        }
        break;
    case REG_IER:
        if (u->lcr & LCR_DLAB) {
            u->divisor = (uint16_t)(value << 8 | (u->divisor & 0xff));
        } else {
            uart_write_ier(u, value);
        }
        break;
    case REG_IIR_FCR: uart_write_fcr(u, value); break;
    case REG_LCR: uart_write_lcr(u, value); break;
    case REG_MCR: uart_write_mcr(u, value); break;
    case REG_SCR: u->scr = value; break;
    default: /* LSR and MSR: factory test only */ break;
    }
}

/* --- life ------------------------------------------------------------------------------------ */

void uart16550_chip_reset(struct uart16550 *u)
{
    timer_del(&u->timeout_timer);
    timer_del(&u->pause_timer);
    u->ier = 0;
    u->fcr = 0;
    u->lcr = 0;
    u->mcr = 0;
    u->lsr = LSR_THRE | LSR_TEMT;
    u->msr = MSR_CTS_DSR_DCD;
    u->scr = 0;
    u->divisor = 12; /* 9600 */
    u->thre_pending = false;
    u->timeout = false;
    u->paused = false;
    u->burst = 0;
    u->rx.count = 0;
    u->tx.count = 0;
    uart_update_irq(u);
    chardev_accept_input(u->chr);
}

struct uart16550 *uart16550_chip_new(struct clock *clock, struct irq irq, struct chardev *chr,
                                     GError **err)
{
    struct uart16550 *u = g_new0(struct uart16550, 1);
    struct chardev_frontend fe = {
        .can_receive = uart_can_receive,
        .receive = uart_receive,
        .event = uart_event,
        .can_send = uart_can_send,
        .opaque = u,
    };

    u->clock = clock;
    u->irq = irq;
    timer_init(&u->timeout_timer, clock, uart_timeout_fire, u);
    timer_init(&u->pause_timer, clock, uart_pause_fire, u);
    uart16550_chip_reset(u);
    if (chr && chardev_connect(chr, &fe) < 0) {
        g_set_error(err, EMU_ERROR, EMU_ERROR_CONFIG,
                    "serial port: character device '%s' is in use already", chardev_id(chr));
        g_free(u);
        return NULL;
    }
    u->chr = chr;
    return u;
}

void uart16550_chip_free(struct uart16550 *u)
{
    if (!u) {
        return;
    }
    timer_del(&u->timeout_timer);
    timer_del(&u->pause_timer);
    chardev_disconnect(u->chr, u);
    g_free(u);
}

/* --- ISA ------------------------------------------------------------------------------------- */

struct isa_serial {
    struct device dev;
    struct isa_ports ports;
    struct uart16550 *chip;
    struct chardev *chr;
    int32_t index;   /* -1: the first that is free */
    uint32_t iobase; /* 0: by index */
    uint32_t irq;    /* 0: by index */
};

static const uint16_t com_base[4] = { 0x3f8, 0x2f8, 0x3e8, 0x2e8 };
static const uint8_t com_irq[4] = { 4, 3, 4, 3 };

static uint32_t isa_serial_read(void *opaque, uint16_t off, unsigned size)
{
    (void)size;
    return uart16550_read(opaque, off);
}

static void isa_serial_write(void *opaque, uint16_t off, uint32_t value, unsigned size)
{
    (void)size;
    uart16550_write(opaque, off, (uint8_t)value);
}

static const struct ioport_ops isa_serial_ops = {
    .read = isa_serial_read,
    .write = isa_serial_write,
};

static bool isa_serial_claim(struct isa_serial *s, unsigned index, GError **err)
{
    return isa_ports_claim(&s->ports, &s->dev, s->iobase ? s->iobase : com_base[index], 8, false,
                           &isa_serial_ops, s->chip, err);
}

static bool isa_serial_realize(struct device *d, GError **err)
{
    struct isa_serial *s = (struct isa_serial *)d;
    struct isa_bus *isa = isa_bus_of(d);
    unsigned index = s->index < 0 ? 0 : (unsigned)s->index;
    bool claimed = false;

    if (s->index < -1 || s->index > 3 || s->irq > 15) {
        g_set_error(err, EMU_ERROR, EMU_ERROR_CONFIG,
                    "isa-serial: index is 0 to 3 and irq at most 15");
        return false;
    }
    s->chip = uart16550_chip_new(isa->clock, (struct irq){ 0 }, s->chr, err);
    if (!s->chip) {
        return false;
    }
    s->ports.io = isa->io;
    while (!claimed && s->index < 0 && s->iobase == 0 && index < 3) {
        claimed = isa_serial_claim(s, index, NULL);
        index += !claimed;
    }
    if (!claimed && !isa_serial_claim(s, index, err)) {
        uart16550_chip_free(s->chip);
        s->chip = NULL;
        return false;
    }
    s->chip->irq = isa->irq[s->irq ? s->irq : com_irq[index]];
    s->chip->out2_gates = true;
    return true;
}

static void isa_serial_unrealize(struct device *d)
{
    struct isa_serial *s = (struct isa_serial *)d;

    isa_ports_release(&s->ports);
    uart16550_chip_free(s->chip);
    s->chip = NULL;
}

static void isa_serial_reset(struct device *d)
{
    uart16550_chip_reset(((struct isa_serial *)d)->chip);
}

struct device *isa_serial_new(struct isa_bus *isa, unsigned index, struct chardev *chr,
                              GError **err)
{
    struct device *d = device_new(&isa_serial_class);
    struct isa_serial *s = (struct isa_serial *)d;

    d->bus = (struct bus *)isa;
    s->index = (int32_t)index;
    s->chr = chr;
    if (!device_realize(d, err)) {
        device_free(d);
        return NULL;
    }
    return d;
}

static const struct prop isa_serial_props[] = {
    { "chardev", PROP_CHARDEV, offsetof(struct isa_serial, chr), NULL, "where its bytes go", NULL },
    { "index", PROP_I32, offsetof(struct isa_serial, index), "-1", "0-3: COM1-COM4", NULL },
    { "iobase", PROP_U32, offsetof(struct isa_serial, iobase), NULL, "first of eight ports", NULL },
    { "irq", PROP_U32, offsetof(struct isa_serial, irq), NULL, "interrupt, 1-15", NULL },
    { 0 },
};

const struct device_class isa_serial_class = {
    .name = "isa-serial",
    .desc = "16550A serial port",
    .bus = BUS_ISA,
    .user_creatable = true,
    .size = sizeof(struct isa_serial),
    .props = isa_serial_props,
    .realize = isa_serial_realize,
    .unrealize = isa_serial_unrealize,
    .reset = isa_serial_reset,
};
