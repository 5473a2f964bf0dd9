/* SPDX-License-Identifier: MIT */
/*
 * ACPI power management registers (PIIX4 function 3 layout), SMI command port B2h/B3h, and the
 * reset control register CF9h. The PCI function itself (configuration space) is the board's; it
 * tells the base. Machine lock held. Begin with struct device.
 */
#ifndef HW_PC_ACPI_PM_H
#define HW_PC_ACPI_PM_H

#include <glib.h>

#include "core/clock.h"
#include "core/device.h"
#include "core/ioport.h"
#include "core/irq.h"

struct acpi_pm;
struct reset_ctl;
struct machine_ctl;

#define ACPI_PM_TIMER_HZ 3579545u
#define ACPI_PM_IO_SIZE  64u
/* 2 status, 2 enable bytes; QEMU's address, fixed by its firmware */
#define ACPI_GPE0_BASE   0xafe0u
#define ACPI_SMI_CMD     0xb2u
#define ACPI_ENABLE_CMD  0xf1u /* FADT ACPI_ENABLE: written to B2h sets SCI_EN */
#define ACPI_DISABLE_CMD 0xf0u

struct acpi_pm_config {
    struct ioport_space *io;
    struct clock *clock;
    struct irq sci;                /* IRQ 9, level */
    const struct machine_ctl *ctl; /* S5 */
    bool timer_32bit;              /* FADT TMR_VAL_EXT */
    /* A write to B2h that asks for an SMI, after ACPI enable/disable was handled. May be NULL. */
    void (*smi)(void *opaque, uint8_t cmd);
    void *opaque;
};
struct acpi_pm *acpi_pm_new(const struct acpi_pm_config *cfg, GError **err);
/* PMBASE (a multiple of 64) and PMREGMISC.PMIOSE. */
void acpi_pm_map(struct acpi_pm *pm, uint16_t base, bool enabled);
void acpi_pm_power_button(struct acpi_pm *pm);
/* Sets a GPE0 status bit (0..15). */
void acpi_pm_gpe(struct acpi_pm *pm, unsigned bit);

/* Port CF9h, over the byte of CF8h's dword: bit 2 rising resets, bit 1 chooses hard. */
struct reset_ctl *reset_ctl_new(struct ioport_space *io, const struct machine_ctl *ctl,
                                GError **err);

extern const struct device_class acpi_pm_class;
extern const struct device_class reset_ctl_class;

#endif
