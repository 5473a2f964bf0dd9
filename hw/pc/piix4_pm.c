/* SPDX-License-Identifier: MIT */
/*
 * Function 3 of the Intel 82371AB (PIIX4), order number 290562: configuration space of the power
 * management unit, which places the registers of acpi_pm.c. The SMBus host is not there: its enable
 * bit (D2h) stays 0, which drivers report and accept. Device trap registers are read-only.
 */
#include "hw/pc/acpi_pm.h"
#include "hw/pc/piix3.h"
#include "hw/pci/pci.h"

enum {
    REG_PMBA = 0x40,
    REG_DEVACTA = 0x54,
    REG_DEVACTB = 0x58,
    REG_PMREGMISC = 0x80,
};

struct piix4_pm {
    struct pci_device pci;
    struct pci_bus *bus;
    int devfn;
    struct acpi_pm *pm;
    unsigned serial, parallel;
};

static void apply_base(struct piix4_pm *p)
{
    const uint8_t *c = p->pci.config;
    uint16_t base = (uint16_t)((c[REG_PMBA] & 0xc0) | c[REG_PMBA + 1] << 8);
    acpi_pm_map(p->pm, base, c[REG_PMREGMISC] & 1);
}

static void pm_config_written(struct pci_device *d, unsigned off, unsigned len)
{
    if ((off < REG_PMBA + 4 && off + len > REG_PMBA) ||
        (off <= REG_PMREGMISC && off + len > REG_PMREGMISC)) {
        apply_base((struct piix4_pm *)d);
    }
}

static void pm_reset(struct device *d)
{
    struct piix4_pm *p = (struct piix4_pm *)d;
    uint8_t *c = p->pci.config;

    pci_device_reset(&p->pci);
    c[0x06] = 0x80;  /* fast back-to-back */
    c[0x07] = 0x02;  /* medium DEVSEL# */
    c[REG_PMBA] = 1; /* an I/O address */
    c[REG_PMBA + 1] = c[REG_PMBA + 2] = c[REG_PMBA + 3] = 0;
    c[REG_PMREGMISC] = 0;
    for (unsigned i = 0; i < 8; i++) {
        c[REG_DEVACTA + i] = 0;
    }
    /* APMC_EN is set as if system management mode had been set up: processors have none, and
     * firmware that finds the bit clear would wait for its SMI for ever. */
    c[REG_DEVACTB + 3] = 0x02;
    /* Device resources E, F, H: which of the parallel and serial ports decode. */
    c[0x5f] = p->parallel & 1 ? 0x80 : 0;
    c[0x63] = 0x60;
    c[0x67] = (uint8_t)((p->serial & 1 ? 0x08 : 0) | (p->serial & 2 ? 0x80 : 0));
    c[0x90] = 1;
    apply_base(p);
}

static bool pm_realize(struct device *d, GError **err)
{
    struct piix4_pm *p = (struct piix4_pm *)d;
    static const struct pci_ids ids = { 0x8086, 0x7113, 0x1af4, 0x1100, 0x068000, 3, 1 };

    if (!pci_device_init(&p->pci, p->bus, p->devfn, &ids, err)) {
        return false;
    }
    p->pci.wmask[REG_PMBA] = 0xc0;
    p->pci.wmask[REG_PMBA + 1] = 0xff;
    p->pci.wmask[REG_PMREGMISC] = 0x01;
    for (unsigned i = 0; i < 8; i++) {
        p->pci.wmask[REG_DEVACTA + i] = 0xff;
    }
    p->pci.wmask[0x90] = 0xf0; /* SMBus base: kept, decodes nothing */
    p->pci.wmask[0x91] = 0xff;
    p->pci.config_written = pm_config_written;
    pm_reset(d);
    return true;
}

static void pm_unrealize(struct device *d)
{
    struct piix4_pm *p = (struct piix4_pm *)d;
    acpi_pm_map(p->pm, 0, false);
    pci_device_exit(&p->pci);
}

struct piix4_pm *piix4_pm_new(struct pci_bus *bus, int devfn, struct acpi_pm *pm, unsigned serial,
                              unsigned parallel, GError **err)
{
    struct piix4_pm *p = (struct piix4_pm *)device_new(&piix4_pm_class);
    p->bus = bus;
    p->devfn = devfn;
    p->pm = pm;
    p->serial = serial;
    p->parallel = parallel;
    if (!device_realize(&p->pci.dev, err)) {
        device_free(&p->pci.dev);
        return NULL;
    }
    return p;
}

const struct device_class piix4_pm_class = {
    .name = "PIIX4_PM",
    .desc = "82371AB power management",
    .bus = BUS_PCI,
    .size = sizeof(struct piix4_pm),
    .realize = pm_realize,
    .unrealize = pm_unrealize,
    .reset = pm_reset,
};
