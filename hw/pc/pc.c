/* SPDX-License-Identifier: MIT */
/*
 * The pc machine, as a schematic:
 *
 *   processors ── local APICs ── I/O APIC ─┐
 *                     │ LINT0              ├── ISA IRQ 0-15 ◄── chips, ISA devices, PIRQs, SCI
 *                  8259 pair ──────────────┘
 *   00:00.0 i440FX   DRAM, PAM, SMRAM, configuration cycles
 *   00:01.0 PIIX3    ISA bus: 8254, RTC, 8237s, 8042, floppy, UARTs, parallel port; PIRQ steering
 *   00:01.1 IDE      00:01.3 PIIX4 power management      00:02.0 VGA      then -device
 *
 * Guest memory: RAM from 0 to at most 3.5 GiB, PCI up to 4 GiB with I/O APIC, HPET, local APICs and
 * firmware at its end, the rest of RAM from 4 GiB on.
 */
#include "hw/pc/pc.h"

#include <string.h>

#include "accel/api/accel.h"
#include "backend/block/block.h"
#include "hw/char/parallel.h"
#include "hw/char/uart16550.h"
#include "hw/display/vga.h"
#include "hw/pc/acpi_pm.h"
#include "hw/pc/cerr.h"
#include "hw/pc/cmos_rtc.h"
#include "hw/pc/debugcon.h"
#include "hw/pc/dma8237.h"
#include "hw/pc/firmware.h"
#include "hw/pc/fw_cfg.h"
#include "hw/pc/hpet.h"
#include "hw/pc/i440fx.h"
#include "hw/pc/i8042.h"
#include "hw/pc/ioapic.h"
#include "hw/pc/lapic.h"
#include "hw/pc/pc_internal.h"
#include "hw/pc/pcspk.h"
#include "hw/pc/pic8259.h"
#include "hw/pc/piix3.h"
#include "hw/pc/pit8254.h"
#include "hw/pc/port92.h"
#include "hw/pc/vmport.h"
#include "hw/pci/pci.h"
#include "hw/storage/fdc.h"
#include "hw/storage/ide.h"

#define IRQ_SCI   9
#define PIIX_SLOT 1
#define VGA_SLOT  2

/* Several outputs share an ISA IRQ: it is their logical or. */
enum pc_irq_source { FROM_CHIP = 1, FROM_ISA = 2, FROM_PCI = 4, FROM_SCI = 8 };

void pc_config_init(struct pc_config *c)
{
    memset(c, 0, sizeof(*c));
    c->ram_size = MIB(128);
    c->cpus = 1;
    c->vga = PC_VGA_STD;
    c->acpi = c->hpet = c->i8042 = c->vmport = true;
    c->splash_time_ms = c->reboot_timeout_ms = -1;
}

/* --- interrupt wires ------------------------------------------------------------------------- */

static void set_isa_irq(void *opaque, unsigned line, bool level)
{
    struct pc *pc = opaque;
    unsigned n = line & 15;
    uint8_t source = (uint8_t)(line >> 4), before = pc->irq_sources[n];

    pc->irq_sources[n] = (uint8_t)(level ? before | source : before & ~source);
    if (!before == !pc->irq_sources[n]) {
        return;
    }
    irq_set(pic8259_input(pc->pic, n), level);
    /* The timer is on pin 2 (the MADT says so); ISA has no IRQ 2. */
    irq_set(ioapic_input(pc->ioapic, n == 0 ? 2 : n), level);
}

static struct irq isa_irq(struct pc *pc, unsigned n, enum pc_irq_source source)
{
    if (n == 2) {
        return (struct irq){ NULL, NULL, 0 };
    }
    return (struct irq){ set_isa_irq, pc, n | (unsigned)source << 4 };
}

static void set_intx(void *opaque, unsigned slot, unsigned pin, bool level)
{
    struct pc *pc = opaque;
    piix3_set_intx(pc->piix3, slot, pin, level);
}

static void send_msi(void *opaque, uint64_t addr, uint32_t data)
{
    struct pc *pc = opaque;
    lapic_msi(pc->lapic, addr, data);
}

static int ack_pic(void *opaque)
{
    return pic8259_ack(opaque);
}

/* Ticks of IRQ 0: owed while the guest is late in taking them (tick.h). */
static bool irq0_masked(void *opaque)
{
    struct pc *pc = opaque;
    return pic8259_masked(pc->pic, 0) && ioapic_masked(pc->ioapic, 2);
}

/* In legacy mode the HPET has IRQ 0, and nobody misses the PIT's ticks. */
static bool pit_masked(void *opaque)
{
    struct pc *pc = opaque;
    return (pc->hpet && hpet_cuts_pit(pc->hpet)) || irq0_masked(pc);
}

static void irq0_acked(struct pc *pc)
{
    if (pc->pit) {
        pit8254_irq0_acked(pc->pit);
    }
    if (pc->hpet) {
        hpet_irq0_acked(pc->hpet);
    }
}

static void pic_acked(void *opaque, unsigned irq)
{
    if (irq == 0) {
        irq0_acked(opaque);
    }
}

static void ioapic_pin_acked(void *opaque, unsigned pin)
{
    if (pin == 2) {
        irq0_acked(opaque);
    }
}

/* --- building -------------------------------------------------------------------------------- */

/* The board owns a device from here on. */
static bool own(struct pc *pc, void *device)
{
    struct device *d = device;

    if (!d) {
        return false;
    }
    if (pc->last) {
        pc->last->parent_next = d;
    } else {
        pc->first = d;
    }
    pc->last = d;
    return true;
}

static bool check_config(const struct pc_config *c, GError **err)
{
    if (c->ram_size < PC_RAM_MIN || c->ram_size > PC_RAM_MAX || c->ram_size % 4096) {
        g_set_error(err, EMU_ERROR, EMU_ERROR_CONFIG,
                    "machine pc: memory is a multiple of 4 KiB from 1 MiB to 64 TiB");
        return false;
    }
    if (c->cpus < 1 || c->cpus > PC_MAX_CPUS) {
        g_set_error(err, EMU_ERROR, EMU_ERROR_CONFIG, "machine pc: 1 to %d processors, not %u",
                    PC_MAX_CPUS, c->cpus);
        return false;
    }
    if (c->max_ram_below_4g && (c->max_ram_below_4g > 0xe0000000 ||
                                c->max_ram_below_4g < PC_RAM_MIN || c->max_ram_below_4g % 4096)) {
        g_set_error(err, EMU_ERROR, EMU_ERROR_CONFIG,
                    "max-ram-below-4g is a multiple of 4 KiB from 1 MiB to 3.5 GiB");
        return false;
    }
    return true;
}

static void build_memory(struct pc *pc)
{
    const struct pc_config *c = &pc->cfg;
    /* As SeaBIOS expects: PCI begins at E000_0000h while everything fits below it, else at
     * C000_0000h, so that a large machine has 1 GiB of it. */
    uint64_t most = c->max_ram_below_4g ? c->max_ram_below_4g : 0xe0000000;

    if (!c->max_ram_below_4g && c->ram_size >= most) {
        most = 0xc0000000;
    }
    pc->ram_below_4g = MIN(c->ram_size, most);
    pc->ram_above_4g = c->ram_size - pc->ram_below_4g;
    pc->ram_low = physmem_add_ram(c->mem, "ram-low", 0, pc->ram_below_4g, c->ram_host, 0);
    if (pc->ram_above_4g) {
        uint8_t *high = c->ram_host_high ? c->ram_host_high : c->ram_host + pc->ram_below_4g;
        pc->ram_high =
            physmem_add_ram(c->mem, "ram-high", GIB(4), pc->ram_above_4g, high, 0);
    }
    /* Writes are dropped in silence: OVMF tells a ROM from flash memory by that. */
    pc->bios_region = physmem_add_rom(c->mem, "bios", GIB(4) - pc->bios_len, pc->bios_len, pc->bios,
                                      0, NULL, NULL);
}

static bool build_interrupts(struct pc *pc, GError **err)
{
    const struct pc_config *c = &pc->cfg;
    struct lapic_config lapic = {
        .cpus = c->cpus,
        .mem = c->mem,
        .clock = c->clock,
        .cpu = c->cpu_ops,
        .current_cpu = c->current_cpu,
        .current_cpu_opaque = c->current_cpu_opaque,
        .tsc = c->tsc,
        .tsc_opaque = c->tsc_opaque,
        .tsc_khz = c->tsc_khz,
        .x2apic = c->model && x86_has(c->model, X86_FEAT_X2APIC),
        .tsc_deadline = c->model && x86_has(c->model, X86_FEAT_TSC_DEADLINE),
        .phys_bits = c->model ? c->model->phys_bits : 0,
    };

    if (!own(pc, pc->lapic = lapic_set_new(&lapic, err)) ||
        !own(pc, pc->pic = pic8259_new(c->io, lapic_lint0(pc->lapic), err))) {
        return false;
    }
    struct ioapic_config ioapic = { c->mem, IOAPIC_BASE, lapic_deliver, pc->lapic };
    if (!own(pc, pc->ioapic = ioapic_new(&ioapic, err))) {
        return false;
    }
    lapic_set_pic(pc->lapic, ack_pic, pc->pic);
    lapic_set_ioapic(pc->lapic, ioapic_eoi, ioapic_acked, pc->ioapic);
    lapic_on_enabled(pc->lapic, ioapic_retry, pc->ioapic);
    pic8259_on_ack(pc->pic, pic_acked, pc);
    ioapic_on_ack(pc->ioapic, ioapic_pin_acked, pc);
    return true;
}

static bool build_pci(struct pc *pc, GError **err)
{
    const struct pc_config *c = &pc->cfg;
    struct pci_bus_env env = {
        .io = c->io,
        .mem = c->mem,
        .clock = c->clock,
        .display = c->display,
        .input = c->input,
        .ctl = c->ctl,
        .set_intx = set_intx,
        .msi = send_msi,
        .load_rom = pc_load_rom,
        .opaque = pc,
    };
    pc->pci = pci_bus_new(&env);

    struct i440fx_config bridge = { pc->pci, c->ram_host, pc->bios, pc->bios_len };
    struct irq pirq[16];
    for (unsigned n = 0; n < 16; n++) {
        pirq[n] = isa_irq(pc, n, FROM_PCI);
    }
    return own(pc, pc->i440fx = i440fx_new(&bridge, err)) &&
           own(pc, pc->piix3 = piix3_new(pc->pci, PCI_DEVFN(PIIX_SLOT, 0), pirq, err));
}

static bool build_timers(struct pc *pc, GError **err)
{
    const struct pc_config *c = &pc->cfg;
    enum tick_policy policy = c->discard_lost_ticks ? TICK_DISCARD : TICK_DELAY;
    struct irq irq0 = isa_irq(pc, 0, FROM_CHIP), irq8 = isa_irq(pc, 8, FROM_CHIP);

    if (c->hpet) {
        struct hpet_config hpet = {
            .mem = c->mem,
            .clock = c->clock,
            .base = HPET_BASE,
            .timers = 3,
            .irq0 = irq0,
            .irq8 = irq8,
            .msi = send_msi,
            .msi_opaque = pc,
        };
        for (unsigned pin = 20; pin < IOAPIC_PINS; pin++) {
            hpet.irq[pin] = ioapic_input(pc->ioapic, pin); /* nobody else uses these */
        }
        if (!own(pc, pc->hpet = hpet_new(&hpet, err))) {
            return false;
        }
        hpet_set_lost_ticks(pc->hpet, policy, irq0_masked, pc);
        irq0 = hpet_pit_input(pc->hpet);
        irq8 = hpet_rtc_input(pc->hpet);
    }
    if (!own(pc, pc->pit = pit8254_new(c->io, c->clock, irq0, err)) ||
        !own(pc, pcspk_new(c->io, c->clock, pc->pit, err)) ||
        !own(pc, pc->rtc = cmos_rtc_new(c->io, c->clock, irq8, err))) {
        return false;
    }
    pit8254_set_lost_ticks(pc->pit, policy, pit_masked, pc);
    cmos_rtc_set_lost_ticks(pc->rtc, policy);
    return true;
}

static bool build_control(struct pc *pc, GError **err)
{
    const struct pc_config *c = &pc->cfg;
    struct i8042_config kbd = {
        .io = c->io,
        .clock = c->clock,
        .irq1 = isa_irq(pc, 1, FROM_CHIP),
        .irq12 = isa_irq(pc, 12, FROM_CHIP),
        .input = c->input,
        .ctl = c->ctl,
    };

    if (!own(pc, pc->dma = dma8237_new(c->io, c->mem, err)) ||
        !own(pc, pc->port92 = port92_new(c->io, c->mem, c->ctl, err)) ||
        !own(pc, pc->cerr = cerr_new(c->io, isa_irq(pc, 13, FROM_CHIP), err)) ||
        !own(pc, reset_ctl_new(c->io, c->ctl, err))) {
        return false;
    }
    kbd.a20 = port92_a20_input(pc->port92);
    if (c->i8042 && !own(pc, pc->i8042 = i8042_new(&kbd, err))) {
        return false;
    }
    struct vmport_config vmport = {
        .io = c->io,
        .input = c->input,
        .mouse = pc->i8042 ? i8042_mouse(pc->i8042) : NULL,
        .ram_size = c->ram_size,
        .uuid = c->uuid_set ? c->uuid : NULL,
    };
    return !c->vmport || own(pc, pc->vmport = vmport_new(&vmport, err));
}

static void build_isa(struct pc *pc)
{
    const struct pc_config *c = &pc->cfg;

    pc->isa = (struct isa_bus){
        .io = c->io,
        .mem = c->mem,
        .clock = c->clock,
        .dma = pc->dma,
        .input = c->input,
        .ctl = c->ctl,
    };
    for (unsigned n = 0; n < 16; n++) {
        pc->isa.irq[n] = isa_irq(pc, n, FROM_ISA);
    }
}

static bool build_ports(struct pc *pc, GError **err)
{
    const struct pc_config *c = &pc->cfg;

    for (unsigned i = 0; i < ARRAY_LEN(c->serial); i++) {
        if (c->serial[i] && !own(pc, isa_serial_new(&pc->isa, i, c->serial[i], err))) {
            return false;
        }
    }
    for (unsigned i = 0; i < ARRAY_LEN(c->parallel); i++) {
        if (c->parallel[i] && !own(pc, isa_parallel_new(&pc->isa, i, c->parallel[i], err))) {
            return false;
        }
    }
    if (c->debugcon && !own(pc, debugcon_new(&pc->isa, 0xe9, c->debugcon, err))) {
        return false;
    }
    return !c->bios_debugcon || own(pc, debugcon_new(&pc->isa, 0x402, c->bios_debugcon, err));
}

static bool build_power(struct pc *pc, GError **err)
{
    const struct pc_config *c = &pc->cfg;
    struct acpi_pm_config pm = {
        .io = c->io,
        .clock = c->clock,
        .sci = isa_irq(pc, IRQ_SCI, FROM_SCI),
        .ctl = c->ctl,
    };
    unsigned serial = (c->serial[0] ? 1u : 0) | (c->serial[1] ? 2u : 0);

    /* Without -machine acpi=on the chip is still there; only the tables are not. */
    return own(pc, pc->acpi_pm = acpi_pm_new(&pm, err)) &&
           own(pc, piix4_pm_new(pc->pci, PCI_DEVFN(PIIX_SLOT, 3), pc->acpi_pm, serial,
                                c->parallel[0] ? 1 : 0, err));
}

/* --- drives ---------------------------------------------------------------------------------- */

/* Sorts the drives of one interface by index into slots[0..n). */
static bool place_drives(const GPtrArray *drives, enum drive_if iface, const char *what,
                         struct drive **slots, unsigned n, GError **err)
{
    for (int pass = 0; drives && pass < 2; pass++) {
        for (guint i = 0; i < drives->len; i++) {
            struct drive *d = g_ptr_array_index(drives, i);
            unsigned at = d->index >= 0 ? (unsigned)d->index : 0;
            if (d->iface != iface || (d->index < 0) != (pass == 1)) {
                continue;
            }
            while (d->index < 0 && at < n && slots[at]) {
                at++;
            }
            if (at >= n || slots[at]) {
                g_set_error(err, EMU_ERROR, EMU_ERROR_CONFIG,
                            at >= n ? "-drive: %s takes %u drives (index 0 to %u)"
                                    : "-drive: %s takes %u drives (index 0 to %u), one at an index",
                            what, n, n - 1);
                return false;
            }
            slots[at] = d;
        }
    }
    return true;
}

static bool build_storage(struct pc *pc, GError **err)
{
    const struct pc_config *c = &pc->cfg;
    struct drive *ide[4] = { NULL }, *floppy[2] = { NULL };

    if (!place_drives(c->drives, DRIVE_IF_IDE, "IDE", ide, 4, err) ||
        !place_drives(c->drives, DRIVE_IF_FLOPPY, "the floppy controller", floppy, 2, err) ||
        !own(pc, pc->ide = ide_new(pc->pci, PCI_DEVFN(PIIX_SLOT, 1), isa_irq(pc, 14, FROM_CHIP),
                                   isa_irq(pc, 15, FROM_CHIP), ide, err))) {
        return false;
    }
    if (c->nodefaults && !floppy[0] && !floppy[1]) {
        return true;
    }
    return own(pc, pc->fdc = fdc_new(&pc->isa, floppy, err));
}

static bool build_vga(struct pc *pc, GError **err)
{
    const struct pc_config *c = &pc->cfg;

    if (c->vga == PC_VGA_NONE) {
        return true;
    }
    /* The card loads it, and would go without; a machine that shows nothing helps nobody. */
    g_autofree char *rom = rom_find("vgabios-stdvga.bin", c->firmware_dirs, err);
    if (!rom) {
        return false;
    }
    g_autofree char *slot = g_strdup_printf("%x", VGA_SLOT);
    struct device *d = device_new(&vga_class);
    d->bus = (struct bus *)pc->pci;
    if (!device_set_prop(d, "addr", slot, NULL, err) ||
        (c->apply_globals && !c->apply_globals(c->globals_opaque, d, err)) ||
        !device_realize(d, err)) {
        device_free(d);
        return false;
    }
    return own(pc, d);
}

struct pc *pc_new(const struct pc_config *config, GError **err)
{
    struct pc *pc = g_new0(struct pc, 1);

    pc->cfg = *config;
    if (!check_config(config, err) || !pc_firmware_load(pc, err)) {
        pc_free(pc);
        return NULL;
    }
    physmem_begin(config->mem);
    build_memory(pc);
    bool ok = build_interrupts(pc, err) && build_pci(pc, err) && build_timers(pc, err) &&
              build_control(pc, err);
    build_isa(pc);
    ok = ok && build_ports(pc, err) && build_storage(pc, err) && build_power(pc, err) &&
         build_vga(pc, err) && own(pc, pc->fw_cfg = fw_cfg_new(config->io, config->mem, err)) &&
         pc_firmware_describe(pc, err);
    physmem_commit(config->mem);
    if (!ok) {
        pc_free(pc);
        return NULL;
    }
    return pc;
}

/* --- life ------------------------------------------------------------------------------------ */

/* Last made, first gone. */
static GPtrArray *newest_first(struct pc *pc)
{
    GPtrArray *list = g_ptr_array_new();
    for (struct device *d = pc->first; d; d = d->parent_next) {
        g_ptr_array_insert(list, 0, d);
    }
    return list;
}

static void remove_region(struct pc *pc, struct mem_region *r)
{
    if (r) {
        physmem_remove(pc->cfg.mem, r);
    }
}

void pc_free(struct pc *pc)
{
    if (!pc) {
        return;
    }
    g_autoptr(GPtrArray) list = newest_first(pc);
    physmem_begin(pc->cfg.mem);
    for (guint i = 0; i < list->len; i++) {
        device_free(g_ptr_array_index(list, i));
    }
    if (pc->pci) {
        pci_bus_free(pc->pci);
    }
    remove_region(pc, pc->bios_region);
    remove_region(pc, pc->ram_high);
    remove_region(pc, pc->ram_low);
    physmem_commit(pc->cfg.mem);
    pc_firmware_free(pc);
    g_free(pc);
}

void pc_reset(struct pc *pc)
{
    g_autoptr(GPtrArray) list = newest_first(pc);

    /* One new memory map for all of it. Devices come before what they are wired to: lines drop
     * first, then the bridges route nothing (PAM shows the ROM again), then the 8259s and APICs
     * forget what they saw. */
    physmem_begin(pc->cfg.mem);
    for (guint i = 0; i < list->len; i++) {
        device_reset(g_ptr_array_index(list, i));
    }
    physmem_commit(pc->cfg.mem);
    pc_firmware_reset(pc);
}

bool pc_add_device(struct pc *pc, struct device *d, GError **err)
{
    switch (d->cls->bus) {
    case BUS_ISA: d->bus = (struct bus *)&pc->isa; break;
    case BUS_PCI: d->bus = (struct bus *)pc->pci; break;
    case BUS_IDE: d->bus = (struct bus *)pc->ide; break;
    case BUS_FLOPPY: d->bus = (struct bus *)pc->fdc; break;
    case BUS_NONE: break;
    }
    if (d->cls->bus != BUS_NONE && !d->bus) {
        g_set_error(err, EMU_ERROR, EMU_ERROR_CONFIG, "the machine has no bus for it");
        return false;
    }
    return device_realize(d, err) && own(pc, d);
}

void pc_foreach_device(struct pc *pc, void (*fn)(void *arg, struct device *d), void *arg)
{
    for (struct device *d = pc->first; d; d = d->parent_next) {
        fn(arg, d);
    }
}

/* --- for the processors ---------------------------------------------------------------------- */

int pc_irq_ack(struct pc *pc, unsigned cpu)
{
    return lapic_ack(pc->lapic, cpu);
}

bool pc_msr_read(struct pc *pc, unsigned cpu, uint32_t msr, uint64_t *value)
{
    return lapic_msr_read(pc->lapic, cpu, msr, value);
}

bool pc_msr_write(struct pc *pc, unsigned cpu, uint32_t msr, uint64_t value)
{
    return lapic_msr_write(pc->lapic, cpu, msr, value);
}

void pc_irqs(struct pc *pc, unsigned cpu, struct pc_irqs *s)
{
    memset(s, 0, sizeof *s);
    s->pic_irr = pic8259_irr(pc->pic);
    s->pic_isr = pic8259_isr(pc->pic);
    for (unsigned i = 0; i < 16; i++) {
        s->pic_masked |= (uint16_t)(pic8259_masked(pc->pic, i) << i);
    }
    if (pc->ioapic) {
        s->ioapic_lines = ioapic_lines(pc->ioapic);
        for (unsigned i = 0; i < 24; i++) {
            s->ioapic_masked |= (uint32_t)ioapic_masked(pc->ioapic, i) << i;
        }
    }
    s->lapic_on = lapic_reg_read(pc->lapic, cpu, 0xf0) & 0x100;
    s->lapic_lint0 = lapic_reg_read(pc->lapic, cpu, 0x350);
    s->lapic_ppr = (uint8_t)lapic_reg_read(pc->lapic, cpu, 0xa0);
    for (unsigned i = 0; i < 8; i++) {
        s->lapic_isr[i] = lapic_reg_read(pc->lapic, cpu, 0x100 + i * 16);
        s->lapic_irr[i] = lapic_reg_read(pc->lapic, cpu, 0x200 + i * 16);
    }
}

uint8_t pc_tpr_get(struct pc *pc, unsigned cpu)
{
    return lapic_tpr_get(pc->lapic, cpu);
}

void pc_tpr_set(struct pc *pc, unsigned cpu, uint8_t cr8)
{
    lapic_tpr_set(pc->lapic, cpu, cr8);
}

bool pc_ferr_set(struct pc *pc, bool active)
{
    return cerr_set_ferr(pc->cerr, active);
}

void pc_cpu_init(struct pc *pc, unsigned cpu)
{
    lapic_init(pc->lapic, cpu);
}

bool pc_vmport_call(struct pc *pc, uint32_t regs[6])
{
    return pc->vmport && vmport_call(pc->vmport, regs);
}

struct isa_bus *pc_isa(struct pc *pc)
{
    return &pc->isa;
}

struct pci_bus *pc_pci(struct pc *pc)
{
    return pc->pci;
}

void pc_powerdown(struct pc *pc)
{
    acpi_pm_power_button(pc->acpi_pm);
}

void pc_nmi(struct pc *pc)
{
    irq_pulse(lapic_lint1(pc->lapic));
}
