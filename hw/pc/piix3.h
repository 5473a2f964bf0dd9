/* SPDX-License-Identifier: MIT */
/*
 * Intel 82371SB (PIIX3) ISA bridge, and the power management function of the 82371AB (PIIX4) that
 * sits beside it. Machine lock held. Instances begin with struct pci_device.
 */
#ifndef HW_PC_PIIX3_H
#define HW_PC_PIIX3_H

#include <glib.h>

#include "core/device.h"
#include "core/irq.h"

struct acpi_pm;
struct pci_bus;
struct piix3;
struct piix4_pm;

/* irq[n]: ISA IRQ n as PCI interrupts raise it (the board ors it with the ISA devices'). */
struct piix3 *piix3_new(struct pci_bus *bus, int devfn, const struct irq irq[16], GError **err);
/* A slot's INTx pin, for pci_bus_env.set_intx. */
void piix3_set_intx(struct piix3 *p, unsigned slot, unsigned pin, bool level);
/* The ISA IRQ that a slot's pin raises now, -1 = none. */
int piix3_intx_irq(const struct piix3 *p, unsigned slot, unsigned pin);

/* serial, parallel: which ports exist, for the device resource registers. */
struct piix4_pm *piix4_pm_new(struct pci_bus *bus, int devfn, struct acpi_pm *pm, unsigned serial,
                              unsigned parallel, GError **err);

extern const struct device_class piix3_class;
extern const struct device_class piix4_pm_class;

#endif
