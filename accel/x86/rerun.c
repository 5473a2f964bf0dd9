/* SPDX-License-Identifier: MIT */
/*
 * One instruction on a software processor of its own that no device hears.
 */
#include "accel/x86/rerun.h"

#include "accel/x86/cpu.h"

static uint32_t pio_read(void *opaque, uint16_t port, unsigned size)
{
    (void)opaque;
    (void)port;
    (void)size;
    return ~0u;
}

static void pio_write(void *opaque, uint16_t port, uint32_t value, unsigned size)
{
    (void)opaque;
    (void)port;
    (void)value;
    (void)size;
}

static uint64_t mmio_read(void *opaque, gpa_t gpa, unsigned size)
{
    (void)opaque;
    (void)gpa;
    (void)size;
    return ~0ull;
}

static void mmio_write(void *opaque, gpa_t gpa, uint64_t value, unsigned size)
{
    (void)opaque;
    (void)gpa;
    (void)value;
    (void)size;
}

bool x86_rerun(const struct x86_state *s, struct physmem *pm, const struct x86_cpu_model *model,
               const struct x86_topology *topology, struct x86_fault_log *log)
{
    const struct x86_bus bus = {.pio_read = pio_read, .pio_write = pio_write,
                                .mmio_read = mmio_read, .mmio_write = mmio_write};
    struct x86_cpu *cpu = x86_cpu_new(pm, &bus, model, topology, 0);
    if (!cpu) {
        return false;
    }
    struct x86_state st = *s;
    st.groups = X86_GROUP_ALL;
    st.mp = X86_MP_RUNNABLE;
    st.ev.exception_pending = 0;
    x86_cpu_set_state(cpu, &st);
    bool dead = x86_emulate_one(cpu) == X86_STOP_SHUTDOWN;
    *log = cpu->faults;
    x86_cpu_free(cpu);
    return dead;
}
