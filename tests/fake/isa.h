/* SPDX-License-Identifier: MIT */
/*
 * A small machine for one device: RAM, ports, a manual clock, recorded interrupts and recorded
 * requests to the machine. Link with tests/fake/isa.c tests/fake/irq.c core/clock.c core/ioport.c
 * core/physmem.c core/physmem_access.c core/input.c os/posix/time.c.
 */
#ifndef TESTS_FAKE_ISA_H
#define TESTS_FAKE_ISA_H

#include "core/input.h"
#include "hw/isa/isa.h"
#include "tests/fake/clock.h"
#include "tests/fake/irq.h"

struct fake_isa {
    struct isa_bus bus; /* give (struct bus *)&f->bus to the device */
    struct fake_irq irq; /* the 16 lines of the bus */
    uint8_t *ram;        /* at guest-physical 0 */
    size_t ram_size;
    struct machine_ctl ctl;
    unsigned system_resets, cpu_resets, power_offs, debug_exits, panics;
    int debug_exit_status;
    uint8_t panic_flags;
    unsigned ram_writes; /* calls of the ram_written listener */
    gpa_t written_gpa;
    uint64_t written_len;
    struct physmem_listener listener;
};

struct fake_isa *fake_isa_new(size_t ram_size);
void fake_isa_free(struct fake_isa *f);

static inline uint8_t fake_inb(struct fake_isa *f, uint16_t port)
{
    return (uint8_t)ioport_read(f->bus.io, port, 1);
}

static inline void fake_outb(struct fake_isa *f, uint16_t port, uint8_t value)
{
    ioport_write(f->bus.io, port, value, 1);
}

#endif
