/* SPDX-License-Identifier: MIT */
/*
 * The machine `pc`: i440FX host bridge, PIIX3 south bridge, the chips of an AT, firmware and the
 * tables that describe them. vm/ fills pc_config, makes the board, then the vCPUs.
 *
 * Lifetime: everything the config points to outlives the board (strings and arrays are copied where
 * they are needed after pc_new). Machine lock held on every call, except where said.
 */
#ifndef HW_PC_PC_H
#define HW_PC_PC_H

#include <glib.h>

#include "core/types.h"

struct chardev;
struct clock;
struct device;
struct display;
struct drive;
struct input_hub;
struct ioport_space;
struct isa_bus;
struct lapic_cpu_ops; /* hw/pc/lapic.h */
struct machine_ctl;   /* hw/isa/isa.h */
struct pc;
struct pci_bus;
struct physmem;
struct x86_cpu_model;
struct x86_topology;

#define PC_RAM_MIN  MIB(1)
#define PC_RAM_MAX  GIB(64 * 1024)
#define PC_MAX_CPUS 255

enum pc_vga { PC_VGA_NONE, PC_VGA_STD };

struct pc_config {
    /* Processors and memory. ram_host: ram_size bytes, zeroed, owned by the caller. */
    uint64_t ram_size;
    uint8_t *ram_host;
    uint8_t *ram_host_high; /* of what lies above 4 GiB; NULL: it follows in ram_host */
    unsigned cpus;
    const struct x86_topology *topology;
    const struct x86_cpu_model *model; /* CPUID-derived tables (SMBIOS, MADT) */

    /* The wires. */
    struct physmem *mem;
    struct ioport_space *io;
    struct clock *clock;
    struct input_hub *input;
    struct display *display;
    const struct machine_ctl *ctl;
    const struct lapic_cpu_ops *cpu_ops; /* to accel/api/vcpu.h, or a fake */
    /* Whose access is in progress; UINT_MAX outside a vCPU. */
    unsigned (*current_cpu)(void *opaque);
    void *current_cpu_opaque;
    /* The guest's TSC and its rate, for the APIC timer's deadline mode; NULL: virtual time. */
    uint64_t (*tsc)(void *opaque, unsigned cpu);
    void *tsc_opaque;
    uint64_t tsc_khz;

    /* Back ends. A NULL serial or parallel port does not exist on the board. */
    struct chardev *serial[4], *parallel[3];
    struct chardev *debugcon;      /* -debugcon: port E9h */
    struct chardev *bios_debugcon; /* port 402h (SeaBIOS, OVMF); usually NULL */
    GPtrArray *drives; /* of struct drive *: those with iface IDE or FLOPPY are attached */
    enum pc_vga vga;

    /* Machine options; pc_config_init sets the defaults. */
    bool acpi, hpet, i8042, vmport;
    bool nodefaults;           /* no floppy controller without a floppy drive */
    uint64_t max_ram_below_4g; /* 0: the board's choice */
    bool sercon;               /* -nographic: the firmware mirrors its screen on serial port 0 */
    const char *name;          /* -name, may be NULL */
    bool uuid_set;
    uint8_t uuid[16]; /* as printed, big-endian */

    /* Firmware and boot. */
    const char *bios;         /* -bios FILE or name; NULL: bios-256k.bin */
    GPtrArray *firmware_dirs; /* -L, of char *; may be NULL */
    const char *kernel, *initrd, *append;
    const char *boot_order; /* "cad"; NULL: the default */
    const char *boot_once;  /* -boot once=: until the first reset */
    bool boot_menu, boot_strict;
    const char *boot_splash;   /* -boot splash=FILE */
    int64_t splash_time_ms;    /* < 0: not given */
    int64_t reboot_timeout_ms; /* < 0: not given */
    GPtrArray *fw_cfg;         /* values of -fw_cfg, of char *; may be NULL */
    GPtrArray *smbios;         /* values of -smbios, of char *; may be NULL */

    bool discard_lost_ticks; /* PIT, RTC and HPET ticks the host was late for (tick.h) */
    /* Applies -global to a device that the board makes itself (VGA), before it is realized. May be
     * NULL. */
    bool (*apply_globals)(void *opaque, struct device *d, GError **err);
    void *globals_opaque;
};

void pc_config_init(struct pc_config *c);

/* Errors name the option or the file, and the package that holds a missing firmware. The result is
 * in power-on state except for devices added later: call pc_reset before the first instruction. */
struct pc *pc_new(const struct pc_config *config, GError **err);
void pc_free(struct pc *pc);
/* Power-on state of all chips and devices, in the order that hardware needs. vCPUs are the
 * caller's: vcpus_pause, pc_reset, vcpus_reset, vcpus_resume. */
void pc_reset(struct pc *pc);

/* For struct accel_callbacks (the caller took the machine lock). */
int pc_irq_ack(struct pc *pc, unsigned cpu); /* vector, or -1 */
bool pc_msr_read(struct pc *pc, unsigned cpu, uint32_t msr, uint64_t *value);
bool pc_msr_write(struct pc *pc, unsigned cpu, uint32_t msr, uint64_t value);
uint8_t pc_tpr_get(struct pc *pc, unsigned cpu); /* CR8 */
/* The interrupt controllers as they stand, for reports; any thread with the lock. */
struct pc_irqs {
    uint16_t pic_irr, pic_isr, pic_masked; /* bit n: IRQ n */
    uint32_t ioapic_lines, ioapic_masked;  /* bit n: pin n */
    bool lapic_on;
    uint32_t lapic_lint0;                  /* LVT entry */
    uint8_t lapic_ppr;
    uint32_t lapic_irr[8], lapic_isr[8];
};
void pc_irqs(struct pc *pc, unsigned cpu, struct pc_irqs *s);
void pc_tpr_set(struct pc *pc, unsigned cpu, uint8_t cr8);
/* FERR#; returns IGNNE# (cerr.h). */
bool pc_ferr_set(struct pc *pc, bool active);
/* INIT reached this processor: its local APIC returns to the INIT state. */
void pc_cpu_init(struct pc *pc, unsigned cpu);

struct isa_bus *pc_isa(struct pc *pc);
struct pci_bus *pc_pci(struct pc *pc);

/* -device: puts the device on the bus of its class and realizes it; the board owns it from then
 * on (on failure the caller frees it). */
bool pc_add_device(struct pc *pc, struct device *d, GError **err);
/* Tells the firmware which disks -device bootindex= wants first. After the last pc_add_device. */
bool pc_boot_order(struct pc *pc, GError **err);
/* Every device in order of creation. */
void pc_foreach_device(struct pc *pc, void (*fn)(void *arg, struct device *d), void *arg);

/* IN EAX, 5658h: see vmport_call in hw/pc/vmport.h. False where there is no vmport. */
bool pc_vmport_call(struct pc *pc, uint32_t regs[6]);

void pc_powerdown(struct pc *pc); /* the ACPI power button */
void pc_nmi(struct pc *pc);       /* the NMI button: LINT1 of every local APIC */

#endif
