/* SPDX-License-Identifier: MIT */
/*
 * PCI: configuration space, BARs, INTx, capabilities, MSI. PCI Local Bus 3.0. Machine lock held.
 */
#ifndef HW_PCI_PCI_H
#define HW_PCI_PCI_H

#include "core/clock.h"
#include "core/device.h"
#include "core/ioport.h"
#include "core/irq.h"
#include "core/physmem.h"

struct pci_bus;
struct pci_device;
struct pci_msix;
struct machine_ctl;
struct display;
struct input_hub;

/* Collaborators of all PCI devices of a machine; filled by the board. */
struct pci_bus_env {
    struct ioport_space *io;
    struct physmem *mem;
    struct clock *clock;
    struct display *display;
    struct input_hub *input;
    const struct machine_ctl *ctl;
    /* INTx of slot `dev`, pin 0-3 (A-D), after wiring-or of all functions. */
    void (*set_intx)(void *opaque, unsigned dev, unsigned pin, bool level);
    /* Message-signalled interrupt: a write to FEE0_0000h + ... */
    void (*msi)(void *opaque, uint64_t addr, uint32_t data);
    /* An expansion ROM by file name ("vgabios-stdvga.bin"), g_free; NULL with an error. May be
     * NULL where there are none. */
    uint8_t *(*load_rom)(void *opaque, const char *name, size_t *len, GError **err);
    void *opaque;
};

struct pci_bus *pci_bus_new(const struct pci_bus_env *env);
void pci_bus_free(struct pci_bus *b);
const struct pci_bus_env *pci_bus_env(const struct pci_bus *b);

/* Every PCI device's instance begins with this. */
struct pci_bar {
    uint64_t size;                   /* power of two; 0 = absent */
    uint8_t flags;                   /* PCI_BAR_* */
    const struct mem_ops *mem_ops;   /* memory BAR served by callbacks, or */
    struct mem_region *region;       /* ... RAM by pci_bar_ram; made by the core for either */
    const struct ioport_ops *io_ops; /* I/O BAR */
    void *opaque;
    uint64_t mapped; /* current address or PCI_UNMAPPED */
};
#define PCI_BAR_IO       1
#define PCI_BAR_MEM64    2
#define PCI_BAR_PREFETCH 4
#define PCI_UNMAPPED     (~0ull)

struct pci_device {
    struct device dev;
    struct pci_bus *bus;
    uint8_t devfn;
    uint8_t config[256];
    uint8_t wmask[256];   /* bits software can write */
    uint8_t w1cmask[256]; /* bits software clears by writing 1 */
    struct pci_bar bar[6];
    struct pci_bar rom;
    bool intx_level;           /* what the device asks for */
    bool intx_out;             /* what reaches the slot's pin (the core's) */
    uint16_t cap_end;          /* first free byte for a capability (the core's) */
    uint8_t msi_cap, msix_cap; /* offsets, 0 = none */
    struct pci_msix *msix;     /* table and pending bits (the core's) */
    uint8_t *rom_data;         /* the core's copy */
    /* After a config write was applied (may be NULL). */
    void (*config_written)(struct pci_device *d, unsigned off, unsigned len);
};

struct pci_ids {
    uint16_t vendor, device, subsys_vendor, subsys;
    uint32_t class_code; /* 24 bits: class, subclass, prog-if */
    uint8_t revision;
    uint8_t int_pin; /* 0 none, 1 = INTA */
};
/* In realize: config header and standard masks; devfn < 0 takes the next free slot. */
bool pci_device_init(struct pci_device *d, struct pci_bus *b, int devfn, const struct pci_ids *ids,
                     GError **err);
void pci_device_exit(struct pci_device *d);
void pci_device_reset(struct pci_device *d); /* BARs, command, intx */
void pci_bar_io(struct pci_device *d, unsigned n, uint32_t size, const struct ioport_ops *ops,
                void *opaque);
void pci_bar_mem(struct pci_device *d, unsigned n, uint64_t size, unsigned flags,
                 const struct mem_ops *ops, void *opaque);
/* A RAM-backed BAR (VRAM): host memory of `size` bytes. Returns the region (dirty tracking). */
struct mem_region *pci_bar_ram(struct pci_device *d, unsigned n, uint64_t size, unsigned flags,
                               uint8_t *host);
/* Expansion ROM: contents are copied, padded to a power of two. */
bool pci_rom(struct pci_device *d, const uint8_t *data, size_t len);

/* Returns the config offset of a new capability (type, size incl. header). */
unsigned pci_add_cap(struct pci_device *d, uint8_t type, unsigned size);
bool pci_msi_init(struct pci_device *d, unsigned vectors);
bool pci_msix_init(struct pci_device *d, unsigned vectors, unsigned bar, uint32_t table_off,
                   uint32_t pba_off);
/* The legacy line; it stays low while the guest has MSI or MSI-X enabled: the device then calls
 * pci_msi_notify instead. */
void pci_set_intx(struct pci_device *d, bool level);
bool pci_msi_enabled(const struct pci_device *d); /* MSI or MSI-X */
/* Sends a vector; kept pending while masked. Nothing happens unless MSI or MSI-X is enabled. */
void pci_msi_notify(struct pci_device *d, unsigned vector);
/* Bus-master access: refused (false) unless the command register allows it. */
bool pci_dma_read(struct pci_device *d, uint64_t addr, void *buf, uint64_t len);
bool pci_dma_write(struct pci_device *d, uint64_t addr, const void *buf, uint64_t len);

/* Configuration cycles by host bridges: mechanism #1 (CF8/CFC) and ECAM. */
uint32_t pci_config_read(struct pci_bus *b, uint8_t bus, uint8_t devfn, unsigned off,
                         unsigned size);
void pci_config_write(struct pci_bus *b, uint8_t bus, uint8_t devfn, unsigned off, uint32_t v,
                      unsigned size);
struct pci_device *pci_find(struct pci_bus *b, uint8_t devfn);
void pci_foreach(struct pci_bus *b, void (*fn)(void *arg, struct pci_device *d), void *arg);

#define PCI_DEVFN(dev, fn) ((uint8_t)((dev) << 3 | (fn)))
#define PCI_DEV(devfn)     ((devfn) >> 3)
#define PCI_FN(devfn)      ((devfn)&7)

#endif
