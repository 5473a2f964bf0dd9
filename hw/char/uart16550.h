/* SPDX-License-Identifier: MIT */
/*
 * UART 16550A: "isa-serial" (index 0-3: COM1-COM4), and the chip alone for other buses. Machine
 * lock held.
 */
#ifndef HW_CHAR_UART16550_H
#define HW_CHAR_UART16550_H

#include <glib.h>

#include "core/clock.h"
#include "core/device.h"
#include "core/irq.h"

struct chardev;
struct isa_bus;
struct uart16550;

/* The chip: eight registers. chr may be NULL. */
struct uart16550 *uart16550_chip_new(struct clock *clock, struct irq irq, struct chardev *chr,
                                     GError **err);
void uart16550_chip_free(struct uart16550 *u);
void uart16550_chip_reset(struct uart16550 *u);
uint8_t uart16550_read(struct uart16550 *u, unsigned reg);
void uart16550_write(struct uart16550 *u, unsigned reg, uint8_t value);

/* For the board: a realized isa-serial at the usual port and IRQ of `index` (0..3). */
struct device *isa_serial_new(struct isa_bus *isa, unsigned index, struct chardev *chr,
                              GError **err);
extern const struct device_class isa_serial_class;

#endif
