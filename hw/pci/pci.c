/* SPDX-License-Identifier: MIT */
/*
 * A conventional PCI bus (PCI Local Bus Specification 3.0): configuration headers of type 0, BARs,
 * expansion ROMs, INTx. One bus, no bridges behind it: other bus numbers answer with master aborts
 * (all ones). Parity, SERR# and fast back-to-back are not modelled.
 */
#include "hw/pci/pci_internal.h"

#include <errno.h>
#include <string.h>

#include "core/log.h"
#include "core/trace.h"

/* Below RAM and the chipset's own decodes: the host bridge claims those first. */
#define PCI_MEM_PRIORITY (-1)
#define PCI_ROM_MIN      2048
#define PCI_CAPS_START   0x40

struct pci_bus {
    struct pci_bus_env env;
    struct pci_device *device[256];
    uint8_t intx_count[32][4]; /* functions that pull the slot's pin */
};

struct pci_bus *pci_bus_new(const struct pci_bus_env *env)
{
    struct pci_bus *b = g_new0(struct pci_bus, 1);
    b->env = *env;
    return b;
}

void pci_bus_free(struct pci_bus *b)
{
    g_free(b);
}

const struct pci_bus_env *pci_bus_env(const struct pci_bus *b)
{
    return &b->env;
}

struct pci_device *pci_find(struct pci_bus *b, uint8_t devfn)
{
    return b->device[devfn];
}

void pci_foreach(struct pci_bus *b, void (*fn)(void *arg, struct pci_device *d), void *arg)
{
    for (unsigned i = 0; i < ARRAY_LEN(b->device); i++) {
        if (b->device[i]) {
            fn(arg, b->device[i]);
        }
    }
}

/* --- INTx ------------------------------------------------------------------------------------ */

void pci_update_intx(struct pci_device *d)
{
    bool off = get16(d->config + PCI_COMMAND) & PCI_CMD_INTX_OFF;
    bool out = d->intx_level && !off && !pci_msi_enabled(d);
    unsigned pin = d->config[PCI_INT_PIN];

    if (d->intx_level) {
        d->config[PCI_STATUS] |= PCI_ST_INTX;
    } else {
        d->config[PCI_STATUS] &= (uint8_t)~PCI_ST_INTX;
    }
    if (out == d->intx_out || pin < 1 || pin > 4) {
        return;
    }
    d->intx_out = out;
    uint8_t *count = &d->bus->intx_count[PCI_DEV(d->devfn)][pin - 1];
    *count = (uint8_t)(*count + (out ? 1 : -1));
    if (*count == (out ? 1 : 0) && d->bus->env.set_intx) {
        d->bus->env.set_intx(d->bus->env.opaque, PCI_DEV(d->devfn), pin - 1, out);
    }
}

void pci_set_intx(struct pci_device *d, bool level)
{
    if (d->intx_level != level) {
        d->intx_level = level;
        pci_update_intx(d);
    }
}

/* --- BARs ------------------------------------------------------------------------------------ */

/* Where a BAR should be decoded now. */
static uint64_t bar_wanted(const struct pci_device *d, unsigned n)
{
    const struct pci_bar *bar = &d->bar[n];
    const uint8_t *reg = d->config + PCI_BAR0 + 4 * n;
    uint16_t command = get16(d->config + PCI_COMMAND);
    uint64_t addr, last, limit;

    if (bar->flags & PCI_BAR_IO) {
        addr = get32(reg) & ~3u;
        limit = 0xffff;
        if (!(command & PCI_CMD_IO)) {
            return PCI_UNMAPPED;
        }
    } else {
        addr = get32(reg) & ~15u;
        /* The top of each space is what a sizing write leaves behind: never decoded. */
        limit = 0xfffffffe;
        if (bar->flags & PCI_BAR_MEM64) {
            addr |= (uint64_t)get32(reg + 4) << 32;
            limit = addr >> 32 ? UINT64_MAX - 1 : limit;
        }
        if (!(command & PCI_CMD_MEM)) {
            return PCI_UNMAPPED;
        }
    }
    addr &= ~(bar->size - 1);
    if (addr == 0 || add_overflow_u64(addr, bar->size - 1, &last) || last > limit) {
        return PCI_UNMAPPED;
    }
    return addr;
}

static void bar_map(struct pci_device *d, unsigned n, uint64_t addr)
{
    struct pci_bar *bar = &d->bar[n];
    if (addr != PCI_UNMAPPED) {
        trace_pci_bar(d->dev.cls->name, n, addr);
    }

    if (bar->flags & PCI_BAR_IO) {
        if (bar->mapped != PCI_UNMAPPED) {
            ioport_remove(d->bus->env.io, (uint16_t)bar->mapped, bar->io_ops, bar->opaque);
        }
        if (addr != PCI_UNMAPPED &&
            ioport_add_overlay(d->bus->env.io, (uint16_t)addr, (unsigned)bar->size, bar->io_ops,
                               bar->opaque, d->dev.cls->name)) {
            addr = PCI_UNMAPPED;
        }
    } else {
        if (addr == PCI_UNMAPPED) {
            mem_region_set_enabled(bar->region, false);
        } else {
            mem_region_set_gpa(bar->region, addr);
            mem_region_set_enabled(bar->region, true);
        }
        pci_msix_bar_mapped(d, n, addr);
    }
    bar->mapped = addr;
}

static void rom_update(struct pci_device *d)
{
    uint32_t reg = get32(d->config + PCI_ROM);
    uint64_t addr = reg & ~0x7ffu & ~(uint32_t)(d->rom.size - 1);
    bool on = (reg & 1) && (get16(d->config + PCI_COMMAND) & PCI_CMD_MEM) && addr != 0 &&
              addr + d->rom.size - 1 < 0xffffffff;

    if (!on) {
        addr = PCI_UNMAPPED;
    }
    if (addr == d->rom.mapped) {
        return;
    }
    if (on) {
        mem_region_set_gpa(d->rom.region, addr);
    }
    mem_region_set_enabled(d->rom.region, on);
    d->rom.mapped = addr;
}

static void update_mappings(struct pci_device *d)
{
    physmem_begin(d->bus->env.mem);
    for (unsigned n = 0; n < ARRAY_LEN(d->bar); n++) {
        if (d->bar[n].size) {
            uint64_t addr = bar_wanted(d, n);
            if (addr != d->bar[n].mapped) {
                bar_map(d, n, addr);
            }
        }
    }
    if (d->rom.size) {
        rom_update(d);
    }
    physmem_commit(d->bus->env.mem);
}

static void bar_header(struct pci_device *d, unsigned n, uint64_t size, unsigned flags)
{
    unsigned off = PCI_BAR0 + 4 * n;
    uint32_t low_mask = flags & PCI_BAR_IO ? ~3u : ~15u;

    g_assert(n < 6 && size && !(size & (size - 1)) && !d->bar[n].size);
    g_assert(!(flags & PCI_BAR_MEM64) || n < 5);
    d->bar[n].size = size;
    d->bar[n].flags = (uint8_t)flags;
    d->bar[n].mapped = PCI_UNMAPPED;
    put32(d->wmask + off, (uint32_t) ~(size - 1) & low_mask);
    uint32_t fixed = flags & PCI_BAR_IO ? 1 : 0;
    fixed |= flags & PCI_BAR_MEM64 ? 4 : 0;
    fixed |= flags & PCI_BAR_PREFETCH ? 8 : 0;
    put32(d->config + off, fixed);
    if (flags & PCI_BAR_MEM64) {
        put32(d->wmask + off + 4, (uint32_t)(~(size - 1) >> 32));
        put32(d->config + off + 4, 0);
    }
}

static char *bar_name(const struct pci_device *d, const char *what, unsigned n)
{
    return g_strdup_printf("%s %s%u", device_name(&d->dev), what, n);
}

void pci_bar_io(struct pci_device *d, unsigned n, uint32_t size, const struct ioport_ops *ops,
                void *opaque)
{
    g_assert(size >= 4 && size <= 0x100);
    bar_header(d, n, size, PCI_BAR_IO);
    d->bar[n].io_ops = ops;
    d->bar[n].opaque = opaque;
    /* Only 16 bits of I/O address exist, but the upper ones can be written (6.2.5.1). */
}

void pci_bar_mem(struct pci_device *d, unsigned n, uint64_t size, unsigned flags,
                 const struct mem_ops *ops, void *opaque)
{
    g_autofree char *name = bar_name(d, "BAR", n);

    g_assert(size >= 16 && !(flags & PCI_BAR_IO));
    bar_header(d, n, size, flags);
    d->bar[n].mem_ops = ops;
    d->bar[n].opaque = opaque;
    physmem_begin(d->bus->env.mem);
    d->bar[n].region =
        physmem_add_io(d->bus->env.mem, name, 0, size, ops, opaque, PCI_MEM_PRIORITY);
    mem_region_set_enabled(d->bar[n].region, false);
    physmem_commit(d->bus->env.mem);
}

struct mem_region *pci_bar_ram(struct pci_device *d, unsigned n, uint64_t size, unsigned flags,
                               uint8_t *host)
{
    g_autofree char *name = bar_name(d, "BAR", n);

    g_assert(size >= 4096 && !(flags & PCI_BAR_IO));
    bar_header(d, n, size, flags);
    physmem_begin(d->bus->env.mem);
    d->bar[n].region = physmem_add_ram(d->bus->env.mem, name, 0, size, host, PCI_MEM_PRIORITY);
    mem_region_set_enabled(d->bar[n].region, false);
    physmem_commit(d->bus->env.mem);
    return d->bar[n].region;
}

bool pci_rom(struct pci_device *d, const uint8_t *data, size_t len)
{
    g_autofree char *name = bar_name(d, "ROM", 0);
    uint32_t size = PCI_ROM_MIN;

    if (len == 0 || len > MIB(16) || d->rom.size) {
        return false;
    }
    while (size < len) {
        size <<= 1;
    }
    d->rom_data = g_malloc(size);
    memset(d->rom_data, 0xff, size);
    memcpy(d->rom_data, data, len);
    physmem_begin(d->bus->env.mem);
    d->rom.region =
        physmem_add_rom(d->bus->env.mem, name, 0, size, d->rom_data, PCI_MEM_PRIORITY, NULL, NULL);
    mem_region_set_enabled(d->rom.region, false);
    physmem_commit(d->bus->env.mem);
    d->rom.size = size;
    d->rom.mapped = PCI_UNMAPPED;
    put32(d->wmask + PCI_ROM, ~(size - 1) | 1);
    return true;
}

/* --- capabilities ---------------------------------------------------------------------------- */

unsigned pci_add_cap(struct pci_device *d, uint8_t type, unsigned size)
{
    unsigned off = d->cap_end;

    g_assert(size >= 2 && off + size <= 256);
    d->config[off] = type;
    d->config[off + 1] = d->config[PCI_CAP_PTR];
    d->config[PCI_CAP_PTR] = (uint8_t)off;
    d->config[PCI_STATUS] |= PCI_ST_CAPS;
    d->cap_end = (uint16_t)((off + size + 3) & ~3u);
    return off;
}

/* --- life ------------------------------------------------------------------------------------ */

static int free_slot(const struct pci_bus *b)
{
    for (int slot = 0; slot < 32; slot++) {
        bool used = false;
        for (int fn = 0; fn < 8; fn++) {
            used = used || b->device[PCI_DEVFN(slot, fn)];
        }
        if (!used) {
            return PCI_DEVFN(slot, 0);
        }
    }
    return -1;
}

/* Function 0's header says whether to look for the others; all functions of a slot say the same. */
static void mark_multifunction(struct pci_bus *b, unsigned slot)
{
    bool multi = false;
    for (unsigned fn = 1; fn < 8; fn++) {
        multi = multi || b->device[PCI_DEVFN(slot, fn)];
    }
    for (unsigned fn = 0; fn < 8 && multi; fn++) {
        struct pci_device *d = b->device[PCI_DEVFN(slot, fn)];
        if (d) {
            d->config[PCI_HEADER_TYPE] |= 0x80;
        }
    }
}

static void header_init(struct pci_device *d, const struct pci_ids *ids)
{
    memset(d->config, 0, sizeof(d->config));
    memset(d->wmask, 0, sizeof(d->wmask));
    memset(d->w1cmask, 0, sizeof(d->w1cmask));
    put16(d->config + PCI_VENDOR_ID, ids->vendor);
    put16(d->config + PCI_DEVICE_ID, ids->device);
    d->config[PCI_REVISION] = ids->revision;
    d->config[PCI_CLASS_PROG] = (uint8_t)ids->class_code;
    put16(d->config + PCI_CLASS_PROG + 1, (uint16_t)(ids->class_code >> 8));
    put16(d->config + PCI_SUBSYS_VENDOR, ids->subsys_vendor);
    put16(d->config + PCI_SUBSYS, ids->subsys);
    d->config[PCI_INT_PIN] = ids->int_pin;
    put16(d->wmask + PCI_COMMAND, PCI_CMD_IO | PCI_CMD_MEM | PCI_CMD_MASTER | PCI_CMD_PARITY |
                                      PCI_CMD_SERR | PCI_CMD_INTX_OFF);
    put16(d->w1cmask + PCI_STATUS, 0xf900);
    d->wmask[PCI_CACHE_LINE] = 0xff;
    d->wmask[PCI_LATENCY] = 0xff;
    d->wmask[PCI_INT_LINE] = 0xff;
}

bool pci_device_init(struct pci_device *d, struct pci_bus *b, int devfn, const struct pci_ids *ids,
                     GError **err)
{
    if (devfn < 0) {
        devfn = free_slot(b);
    }
    if (devfn < 0 || devfn > 255) {
        g_set_error(err, EMU_ERROR, EMU_ERROR_CONFIG, "%s: all 32 slots of the PCI bus are taken",
                    device_name(&d->dev));
        return false;
    }
    if (b->device[devfn]) {
        g_set_error(err, EMU_ERROR, EMU_ERROR_CONFIG, "%s: PCI slot %d, function %d holds %s",
                    device_name(&d->dev), PCI_DEV(devfn), PCI_FN(devfn),
                    device_name(&b->device[devfn]->dev));
        return false;
    }
    d->bus = b;
    d->devfn = (uint8_t)devfn;
    d->intx_level = d->intx_out = false;
    d->cap_end = PCI_CAPS_START;
    header_init(d, ids);
    b->device[devfn] = d;
    mark_multifunction(b, PCI_DEV(devfn));
    return true;
}

void pci_device_exit(struct pci_device *d)
{
    if (!d->bus) {
        return;
    }
    physmem_begin(d->bus->env.mem);
    pci_set_intx(d, false);
    put16(d->config + PCI_COMMAND, 0);
    update_mappings(d);
    pci_msi_free(d);
    for (unsigned n = 0; n < ARRAY_LEN(d->bar); n++) {
        if (d->bar[n].region) {
            physmem_remove(d->bus->env.mem, d->bar[n].region);
        }
        memset(&d->bar[n], 0, sizeof(d->bar[n]));
    }
    if (d->rom.region) {
        physmem_remove(d->bus->env.mem, d->rom.region);
    }
    memset(&d->rom, 0, sizeof(d->rom));
    physmem_commit(d->bus->env.mem);
    g_clear_pointer(&d->rom_data, g_free);
    d->bus->device[d->devfn] = NULL;
    d->bus = NULL;
}

void pci_device_reset(struct pci_device *d)
{
    d->intx_level = false;
    put16(d->config + PCI_COMMAND, 0);
    put16(d->config + PCI_STATUS, get16(d->config + PCI_STATUS) & (uint16_t)~0xf900);
    pci_update_intx(d);
    d->config[PCI_CACHE_LINE] = 0;
    d->config[PCI_LATENCY] = 0;
    d->config[PCI_INT_LINE] = 0;
    for (unsigned off = PCI_BAR0; off < PCI_BAR0 + 24; off++) {
        d->config[off] &= (uint8_t)~d->wmask[off];
    }
    put32(d->config + PCI_ROM, 0);
    pci_msi_reset(d);
    update_mappings(d);
}

/* --- configuration cycles --------------------------------------------------------------------- */

uint32_t pci_config_read(struct pci_bus *b, uint8_t bus, uint8_t devfn, unsigned off, unsigned size)
{
    struct pci_device *d = bus == 0 ? b->device[devfn] : NULL;
    uint32_t v = 0;

    for (unsigned i = 0; i < size; i++) {
        uint8_t byte = d && off + i < sizeof(d->config) ? d->config[off + i] : 0xff;
        v |= (uint32_t)byte << (8 * i);
    }
    return v;
}

void pci_config_write(struct pci_bus *b, uint8_t bus, uint8_t devfn, unsigned off, uint32_t v,
                      unsigned size)
{
    struct pci_device *d = bus == 0 ? b->device[devfn] : NULL;

    if (!d || off >= sizeof(d->config)) {
        return;
    }
    size = MIN(size, (unsigned)sizeof(d->config) - off);
    for (unsigned i = 0; i < size; i++) {
        uint8_t byte = (uint8_t)(v >> (8 * i)), *reg = &d->config[off + i];
        uint8_t mask = d->wmask[off + i];
        *reg = (uint8_t)((*reg & ~mask) | (byte & mask));
        *reg &= (uint8_t) ~(byte & d->w1cmask[off + i]);
    }
    if (ranges_overlap(off, size, PCI_COMMAND, 2) || ranges_overlap(off, size, PCI_BAR0, 24) ||
        ranges_overlap(off, size, PCI_ROM, 4)) {
        update_mappings(d);
        pci_update_intx(d);
    }
    pci_msi_config_written(d, off, size);
    if (d->config_written) {
        d->config_written(d, off, size);
    }
}

/* --- bus mastering ---------------------------------------------------------------------------- */

static bool may_master(const struct pci_device *d)
{
    return get16(d->config + PCI_COMMAND) & PCI_CMD_MASTER;
}

bool pci_dma_read(struct pci_device *d, uint64_t addr, void *buf, uint64_t len)
{
    return may_master(d) && dma_read(d->bus->env.mem, addr, buf, len);
}

bool pci_dma_write(struct pci_device *d, uint64_t addr, const void *buf, uint64_t len)
{
    return may_master(d) && dma_write(d->bus->env.mem, addr, buf, len);
}
