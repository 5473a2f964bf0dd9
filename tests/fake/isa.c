/* SPDX-License-Identifier: MIT */
#include <glib.h>

#include "tests/fake/isa.h"

static void on_reset(void *opaque, enum reset_kind kind)
{
    struct fake_isa *f = opaque;
    if (kind == RESET_SYSTEM) {
        f->system_resets++;
    } else {
        f->cpu_resets++;
    }
}

static void on_power_off(void *opaque)
{
    ((struct fake_isa *)opaque)->power_offs++;
}

static void on_debug_exit(void *opaque, int status)
{
    struct fake_isa *f = opaque;
    f->debug_exits++;
    f->debug_exit_status = status;
}

static void on_panicked(void *opaque, uint8_t flags)
{
    struct fake_isa *f = opaque;
    f->panics++;
    f->panic_flags = flags;
}

static void on_ram_written(void *opaque, gpa_t gpa, uint64_t len)
{
    struct fake_isa *f = opaque;
    f->ram_writes++;
    f->written_gpa = gpa;
    f->written_len = len;
}

struct fake_isa *fake_isa_new(size_t ram_size)
{
    struct fake_isa *f = g_new0(struct fake_isa, 1);
    f->ram = g_malloc0(ram_size);
    f->ram_size = ram_size;
    f->bus.io = ioport_space_new();
    f->bus.mem = physmem_new();
    f->bus.clock = fake_clock_new();
    f->bus.input = input_hub_new();
    for (unsigned i = 0; i < 16; i++) {
        f->bus.irq[i] = fake_irq_line(&f->irq, i);
    }
    f->ctl = (struct machine_ctl){ .reset = on_reset,
                                   .power_off = on_power_off,
                                   .debug_exit = on_debug_exit,
                                   .panicked = on_panicked,
                                   .opaque = f };
    f->bus.ctl = &f->ctl;
    physmem_add_ram(f->bus.mem, "ram", 0, ram_size, f->ram, 0);
    f->listener = (struct physmem_listener){ .ram_written = on_ram_written, .opaque = f };
    physmem_add_listener(f->bus.mem, &f->listener);
    return f;
}

void fake_isa_free(struct fake_isa *f)
{
    physmem_free(f->bus.mem);
    ioport_space_free(f->bus.io);
    clock_free(f->bus.clock);
    input_hub_free(f->bus.input);
    g_free(f->ram);
    g_free(f);
}
