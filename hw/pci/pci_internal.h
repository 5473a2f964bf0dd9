/* SPDX-License-Identifier: MIT */
/*
 * Between pci.c and msi.c. Machine lock held.
 */
#ifndef HW_PCI_PCI_INTERNAL_H
#define HW_PCI_PCI_INTERNAL_H

#include "hw/pci/pci.h"

/* Configuration registers (PCI 3.0, chapter 6). */
enum {
    PCI_VENDOR_ID = 0x00,
    PCI_DEVICE_ID = 0x02,
    PCI_COMMAND = 0x04,
    PCI_STATUS = 0x06,
    PCI_REVISION = 0x08,
    PCI_CLASS_PROG = 0x09,
    PCI_CACHE_LINE = 0x0c,
    PCI_LATENCY = 0x0d,
    PCI_HEADER_TYPE = 0x0e,
    PCI_BAR0 = 0x10,
    PCI_SUBSYS_VENDOR = 0x2c,
    PCI_SUBSYS = 0x2e,
    PCI_ROM = 0x30,
    PCI_CAP_PTR = 0x34,
    PCI_INT_LINE = 0x3c,
    PCI_INT_PIN = 0x3d,
};
enum {
    PCI_CMD_IO = 1 << 0,
    PCI_CMD_MEM = 1 << 1,
    PCI_CMD_MASTER = 1 << 2,
    PCI_CMD_PARITY = 1 << 6,
    PCI_CMD_SERR = 1 << 8,
    PCI_CMD_INTX_OFF = 1 << 10,
};
enum {
    PCI_ST_INTX = 1 << 3,
    PCI_ST_CAPS = 1 << 4,
};

static inline uint16_t get16(const uint8_t *p)
{
    return (uint16_t)(p[0] | p[1] << 8);
}

static inline uint32_t get32(const uint8_t *p)
{
    return get16(p) | (uint32_t)get16(p + 2) << 16;
}

static inline void put16(uint8_t *p, uint16_t v)
{
    p[0] = (uint8_t)v;
    p[1] = (uint8_t)(v >> 8);
}

static inline void put32(uint8_t *p, uint32_t v)
{
    put16(p, (uint16_t)v);
    put16(p + 2, (uint16_t)(v >> 16));
}

static inline bool ranges_overlap(unsigned a, unsigned a_len, unsigned b, unsigned b_len)
{
    return a < b + b_len && b < a + a_len;
}

/* pci.c */
void pci_update_intx(struct pci_device *d);

/* msi.c */
void pci_msi_config_written(struct pci_device *d, unsigned off, unsigned len);
void pci_msi_reset(struct pci_device *d);
void pci_msi_free(struct pci_device *d);
/* The BAR that holds the MSI-X table moved. */
void pci_msix_bar_mapped(struct pci_device *d, unsigned bar, uint64_t addr);

#endif
