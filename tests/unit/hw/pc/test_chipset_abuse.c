/* SPDX-License-Identifier: MIT */
/* timeout: 120 */
/* link: core/trace.c */
/* link: hw/pc/pic8259.c hw/pc/pit8254.c hw/pc/pcspk.c hw/pc/cmos_rtc.c hw/pc/dma8237.c */
/* link: hw/pc/i8042.c hw/pc/ps2_kbd.c hw/pc/ps2_mouse.c hw/pc/port92.c hw/pc/vmport.c */
/* link: hw/pc/acpi_pm.c hw/pc/hpet.c hw/pc/ioapic.c hw/pc/lapic.c hw/pc/apic_deliver.c */
/* link: hw/pc/apic_timer.c hw/pc/apic_describe.c hw/pc/debugcon.c hw/char/uart16550.c */
/* link: hw/char/parallel.c core/device.c core/opts.c core/error.c core/log.c core/clock.c */
/* link: core/ioport.c core/physmem.c core/physmem_access.c core/input.c core/types.c */
/* link: os/posix/[a-z]*.c os/linux/[a-z]*.c tests/fake/isa.c tests/fake/irq.c */
/* link: tests/fake/chardev.c */
/*
 * All chips wired together and a guest that writes anything anywhere, while time goes on and keys
 * are pressed. Nothing may crash (run it under the sanitizers) or take for ever.
 * CHIPSET_SEED and CHIPSET_STEPS choose another run.
 */
#include <stdlib.h>

#include "core/log.h"
#include "hw/char/parallel.h"
#include "hw/char/uart16550.h"
#include "hw/pc/acpi_pm.h"
#include "hw/pc/cmos_rtc.h"
#include "hw/pc/debugcon.h"
#include "hw/pc/dma8237.h"
#include "hw/pc/hpet.h"
#include "hw/pc/i8042.h"
#include "hw/pc/ioapic.h"
#include "hw/pc/lapic.h"
#include "hw/pc/pcspk.h"
#include "hw/pc/pic8259.h"
#include "hw/pc/pit8254.h"
#include "hw/pc/port92.h"
#include "hw/pc/vmport.h"
#include "tests/fake/chardev.h"
#include "tests/unit/hw/pc/chip.h"

#define CPUS 3

struct rig {
    struct fake_isa *f;
    struct chardev *serial, *printer;
    GPtrArray *devices;
    struct lapic_set *lapics;
    struct ioapic *ioapic;
    struct pic8259 *pic;
    struct pit8254 *pit;
    struct hpet *hpet;
    struct acpi_pm *pm;
    struct dma8237 *dma;
    struct vmport *vmport;
    unsigned cpu;
    bool intr[CPUS];
    uint64_t seed;
};

static uint64_t rnd(struct rig *r)
{
    r->seed ^= r->seed << 13;
    r->seed ^= r->seed >> 7;
    r->seed ^= r->seed << 17;
    return r->seed;
}

static void *keep(struct rig *r, void *device)
{
    assert_non_null(device);
    g_ptr_array_add(r->devices, device);
    return device;
}

static void on_intr(void *opaque, unsigned cpu, bool level)
{
    ((struct rig *)opaque)->intr[cpu] = level;
}

static void on_cpu(void *opaque, unsigned cpu)
{
    (void)opaque;
    assert_in_range(cpu, 0, CPUS - 1);
}

static void on_sipi(void *opaque, unsigned cpu, uint8_t vector)
{
    (void)vector;
    on_cpu(opaque, cpu);
}

static unsigned current(void *opaque)
{
    return ((struct rig *)opaque)->cpu;
}

static int pic_ack(void *opaque)
{
    return pic8259_ack(opaque);
}

static bool masked(void *opaque)
{
    struct rig *r = opaque;

    return pic8259_masked(r->pic, 0) && ioapic_masked(r->ioapic, 2);
}

static void acked(void *opaque, unsigned irq)
{
    struct rig *r = opaque;

    if (irq == 0 || irq == 2) {
        pit8254_irq0_acked(r->pit);
        hpet_irq0_acked(r->hpet);
    }
}

static void set_irq(void *opaque, unsigned line, bool level)
{
    struct rig *r = opaque;

    irq_set(pic8259_input(r->pic, line), level);
    irq_set(ioapic_input(r->ioapic, line ? line : 2), level);
}

static void dma_ready(void *opaque)
{
    struct rig *r = opaque;
    uint8_t buf[64] = { 0 };

    dma8237_write(r->dma, 2, buf, sizeof buf, NULL);
    dma8237_read(r->dma, 2, buf, sizeof buf, NULL);
}

static void build(struct rig *r, const struct lapic_cpu_ops *ops)
{
    struct isa_bus *isa = &r->f->bus;
    struct lapic_config lapic = {
        .cpus = CPUS,
        .mem = isa->mem,
        .clock = isa->clock,
        .cpu = ops,
        .current_cpu = current,
        .current_cpu_opaque = r,
        .x2apic = true,
        .tsc_deadline = true,
    };

    r->lapics = keep(r, lapic_set_new(&lapic, NULL));
    r->pic = keep(r, pic8259_new(isa->io, lapic_lint0(r->lapics), NULL));
    struct ioapic_config io = { isa->mem, IOAPIC_BASE, lapic_deliver, r->lapics };
    r->ioapic = keep(r, ioapic_new(&io, NULL));
    lapic_set_pic(r->lapics, pic_ack, r->pic);
    lapic_set_ioapic(r->lapics, ioapic_eoi, ioapic_acked, r->ioapic);
    pic8259_on_ack(r->pic, acked, r);
    ioapic_on_ack(r->ioapic, acked, r);
    for (unsigned i = 0; i < 16; i++) {
        isa->irq[i] = (struct irq){ set_irq, r, i };
    }
    struct hpet_config hpet = {
        .mem = isa->mem,
        .clock = isa->clock,
        .base = HPET_BASE,
        .timers = 3,
        .irq0 = isa->irq[0],
        .irq8 = isa->irq[8],
        .msi = lapic_msi,
        .msi_opaque = r->lapics,
    };
    hpet.irq[20] = ioapic_input(r->ioapic, 20);
    r->hpet = keep(r, hpet_new(&hpet, NULL));
    hpet_set_lost_ticks(r->hpet, TICK_DELAY, masked, r);
    r->pit = keep(r, pit8254_new(isa->io, isa->clock, hpet_pit_input(r->hpet), NULL));
    pit8254_set_lost_ticks(r->pit, TICK_DELAY, masked, r);
    keep(r, pcspk_new(isa->io, isa->clock, r->pit, NULL));
    struct irq rtc_line = hpet_rtc_input(r->hpet);
    struct cmos_rtc *rtc = keep(r, cmos_rtc_new(isa->io, isa->clock, rtc_line, NULL));
    cmos_rtc_set_lost_ticks(rtc, TICK_DELAY);
    r->dma = keep(r, dma8237_new(isa->io, isa->mem, NULL));
    dma8237_attach(r->dma, 2, dma_ready, r);
    struct port92 *p92 = keep(r, port92_new(isa->io, isa->mem, &r->f->ctl, NULL));
    struct i8042_config kbd = {
        .io = isa->io,
        .clock = isa->clock,
        .irq1 = isa->irq[1],
        .irq12 = isa->irq[12],
        .a20 = port92_a20_input(p92),
        .input = isa->input,
        .ctl = &r->f->ctl,
    };
    struct i8042 *kbc = keep(r, i8042_new(&kbd, NULL));
    struct vmport_config vm = { .io = isa->io, .input = isa->input, .mouse = i8042_mouse(kbc) };
    r->vmport = keep(r, vmport_new(&vm, NULL));
    struct acpi_pm_config pm = {
        .io = isa->io,
        .clock = isa->clock,
        .sci = isa->irq[9],
        .ctl = &r->f->ctl,
    };
    r->pm = keep(r, acpi_pm_new(&pm, NULL));
    acpi_pm_map(r->pm, 0x600, true);
    keep(r, reset_ctl_new(isa->io, &r->f->ctl, NULL));
    keep(r, isa_serial_new(isa, 0, r->serial, NULL));
    keep(r, isa_parallel_new(isa, 0, r->printer, NULL));
    keep(r, debugcon_new(isa, 0xe9, NULL, NULL));
}

static void abuse_ports(struct rig *r)
{
    static const uint16_t base[] = {
        0x00, 0x08, 0x20,  0x40,  0x60,  0x61,  0x64,  0x70,   0x80,   0x90, 0xa0, 0xb0, 0xc0,
        0xd0, 0xe8, 0x378, 0x3f8, 0x4d0, 0x600, 0xcf8, 0x5658, 0xafe0, 0x40, 0x60, 0x64, 0x3f8,
    };
    uint16_t port = (uint16_t)(base[rnd(r) % ARRAY_LEN(base)] + rnd(r) % 16);
    unsigned size = 1u << rnd(r) % 3;
    uint32_t value = (uint32_t)rnd(r);

    if (rnd(r) % 3) {
        ioport_write(r->f->bus.io, port, value, size);
    } else {
        ioport_read(r->f->bus.io, port, size);
    }
}

static void abuse_memory(struct rig *r)
{
    static const uint64_t base[] = { LAPIC_BASE, LAPIC_BASE, IOAPIC_BASE, HPET_BASE, 0xfee34000 };
    uint64_t gpa = base[rnd(r) % ARRAY_LEN(base)] + (rnd(r) % 4 ? rnd(r) % 64 * 16 : rnd(r) % 4096);
    unsigned size = 1u << rnd(r) % 4;

    r->cpu = rnd(r) % (CPUS + 1);
    if (rnd(r) % 3) {
        /* Small values are what makes sense. */
        physmem_io_write(r->f->bus.mem, gpa, rnd(r) >> rnd(r) % 64, size);
    } else {
        physmem_io_read(r->f->bus.mem, gpa, size);
    }
}

static void abuse_processor(struct rig *r)
{
    unsigned cpu = rnd(r) % CPUS;
    uint64_t value;

    switch (rnd(r) % 5) {
    case 0: lapic_msr_write(r->lapics, cpu, 0x800 + rnd(r) % 64, rnd(r) >> rnd(r) % 64); break;
    case 1: lapic_msr_read(r->lapics, cpu, 0x800 + rnd(r) % 64, &value); break;
    case 2:
        lapic_msr_write(r->lapics, cpu, rnd(r) % 2 ? 0x1b : 0x6e0,
                        rnd(r) % 4 ? 0xfee00000 | (rnd(r) & 0xd00) : rnd(r) & 0xfffff0ff00);
        break;
    case 3: lapic_tpr_set(r->lapics, cpu, rnd(r) & 15); break;
    default:
        for (unsigned i = 0; i < CPUS; i++) {
            int vector = r->intr[i] ? lapic_ack(r->lapics, i) : -1;

            assert_in_range(vector + 1, 0, 256);
        }
        break;
    }
}

static void abuse_outside(struct rig *r)
{
    struct input_hub *hub = r->f->bus.input;
    uint32_t regs[6] = { VMPORT_MAGIC, (uint32_t)(rnd(r) % 8), (uint32_t)(38 + rnd(r) % 4) };
    static const uint32_t mouse[] = { 0x45414552, 0xf5, 0x4c455252, 0x53424152 };

    switch (rnd(r) % 8) {
    case 0: input_key(hub, (uint8_t)rnd(r), rnd(r) & 1); break;
    case 1: input_mouse_rel(hub, (int)rnd(r), (int)rnd(r), (int)rnd(r), (unsigned)rnd(r)); break;
    case 2: input_mouse_abs(hub, rnd(r) & 0x7fff, rnd(r) & 0x7fff, 1, (unsigned)rnd(r) & 7); break;
    case 3:
        if (regs[2] == 41) {
            regs[1] = mouse[rnd(r) % 4];
        }
        vmport_call(r->vmport, regs);
        break;
    case 4:
        fake_chardev_set_room(r->serial, rnd(r) % 3);
        fake_chardev_input(r->serial, "0123456789abcdef", rnd(r) % 17);
        g_byte_array_set_size(r->serial->out, 0);
        g_byte_array_set_size(r->printer->out, 0);
        if (r->serial->in->len > 4096) {
            g_byte_array_set_size(r->serial->in, 0);
        }
        break;
    case 5: dma8237_hold(r->dma, 2, rnd(r) & 1); break;
    case 6:
        fake_clock_step(r->f->bus.clock, (int64_t)(rnd(r) % (rnd(r) % 64 ? 100000 : 30000000)));
        break;
    default:
        acpi_pm_map(r->pm, (uint16_t)(0x600 + rnd(r) % 4 * 64), rnd(r) & 3);
        if (rnd(r) % 256 == 0) {
            device_reset(g_ptr_array_index(r->devices, rnd(r) % r->devices->len));
        }
        break;
    }
}

static uint64_t from_env(const char *name, uint64_t def)
{
    const char *text = getenv(name);

    return text ? strtoull(text, NULL, 0) : def;
}

static void anything_anywhere(void **state)
{
    struct rig r = { .seed = from_env("CHIPSET_SEED", 0x9e3779b97f4a7c15) };
    struct lapic_cpu_ops ops = { on_intr, on_cpu, on_cpu, on_sipi, &r };
    uint64_t steps = from_env("CHIPSET_STEPS", 300000);

    (void)state;
    print_message("CHIPSET_SEED=0x%llx\n", (unsigned long long)r.seed);
    log_open("/dev/null"); /* what the guest is warned of is not our subject */
    r.f = fake_isa_new(1 << 20);
    r.serial = fake_chardev_new();
    r.printer = fake_chardev_new();
    r.devices = g_ptr_array_new();
    build(&r, &ops);
    for (uint64_t i = 0; i < steps; i++) {
        switch (rnd(&r) % 8) {
        case 0:
        case 1:
        case 2: abuse_ports(&r); break;
        case 3:
        case 4: abuse_memory(&r); break;
        case 5: abuse_processor(&r); break;
        default: abuse_outside(&r); break;
        }
    }
    while (r.devices->len > 0) {
        device_free(g_ptr_array_steal_index(r.devices, r.devices->len - 1));
    }
    g_ptr_array_free(r.devices, TRUE);
    fake_chardev_free(r.serial);
    fake_chardev_free(r.printer);
    fake_isa_free(r.f);
    log_open(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(anything_anywhere) };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
