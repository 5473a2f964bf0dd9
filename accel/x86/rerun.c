/* SPDX-License-Identifier: MIT */
/*
 * One instruction on a software processor of its own that no device hears.
 */
#include "accel/x86/rerun.h"

#include <string.h>

#include "accel/x86/cpu.h"
#include "accel/x86/inspect.h"

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

/* Where the instruction may have begun: an interrupt of software saves the address behind itself,
 * and some hosts leave it in RIP when its delivery fails. Hosts that refuse a new CR0 or CR3 only
 * when the next instruction is fetched go back to the old one. */
static unsigned candidates(const struct x86_view *v, uint64_t rip[4])
{
    uint8_t b[3] = {0, 0, 0};
    uint64_t pc = x86_view_pc(v);
    unsigned n = 0;
    rip[n++] = v->st->rip;
    if (v->st->rip >= 3 && x86_view_read(v, pc - 3, b, 3) == 3) {
        if (b[2] == 0xcc || b[2] == 0xce || b[2] == 0xf1) { /* INT3, INTO, INT1 */
            rip[n++] = v->st->rip - 1;
        }
        if (b[1] == 0xcd) { /* INT n */
            rip[n++] = v->st->rip - 2;
        }
        if (b[0] == 0x0f && b[1] == 0x22) { /* MOV to a control register */
            rip[n++] = v->st->rip - 3;
        }
    }
    return n;
}

bool x86_rerun(const struct x86_state *s, struct physmem *pm, const struct x86_cpu_model *model,
               const struct x86_topology *topology, struct x86_fault_log *log,
               struct x86_state *after)
{
    const struct x86_bus bus = {.pio_read = pio_read, .pio_write = pio_write,
                                .mmio_read = mmio_read, .mmio_write = mmio_write};
    struct x86_cpu *cpu = x86_cpu_new(pm, &bus, model, topology, 0);
    struct x86_view view;
    uint64_t rip[4];
    bool dead = false;
    if (!cpu) {
        return false;
    }
    struct x86_state st = *s;
    st.groups = X86_GROUP_ALL;
    st.mp = X86_MP_RUNNABLE;
    st.ev.exception_pending = 0;
    x86_view_init(&view, s, pm, model);
    unsigned n = candidates(&view, rip);
    for (unsigned k = 0; k < n && !dead; k++) {
        st.rip = rip[k];
        memset(&cpu->faults, 0, sizeof cpu->faults);
        x86_cpu_set_state(cpu, &st);
        dead = x86_emulate_one(cpu) == X86_STOP_SHUTDOWN ||
               (rip[k] + 3 == s->rip && x86_emulate_one(cpu) == X86_STOP_SHUTDOWN);
    }
    if (dead) {
        *after = cpu->st;
    }
    *log = cpu->faults;
    x86_cpu_free(cpu);
    return dead;
}
