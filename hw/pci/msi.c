/* SPDX-License-Identifier: MIT */
/*
 * Message-signalled interrupts (PCI 3.0, 6.8): the MSI capability with 64-bit address and
 * per-vector masks, and MSI-X with its table and pending bits in a memory BAR. A vector that is
 * notified while masked stays pending and is sent when it is unmasked (6.8.3.4: drivers mask round
 * their handler).
 */
#include <string.h>

#include "core/log.h"
#include "hw/pci/pci_internal.h"

enum {
    CAP_MSI = 0x05,
    CAP_MSIX = 0x11,
};
/* MSI, offsets in the capability. */
enum {
    MSI_CTRL = 2,
    MSI_ADDR = 4,
    MSI_DATA = 12,
    MSI_MASK = 16,
    MSI_PENDING = 20,
    MSI_SIZE = 24,
};
enum {
    MSI_CTRL_ENABLE = 1 << 0,
    MSI_CTRL_MMC_SHIFT = 1,
    MSI_CTRL_MME_SHIFT = 4,
    MSI_CTRL_64 = 1 << 7,
    MSI_CTRL_MASKS = 1 << 8,
};
/* MSI-X. */
enum {
    MSIX_CTRL = 2,
    MSIX_TABLE = 4,
    MSIX_PBA = 8,
    MSIX_SIZE = 12,
};
enum {
    MSIX_CTRL_MASKED = 1 << 14,
    MSIX_CTRL_ENABLE = 1 << 15,
};
#define MSIX_ENTRY 16
#define MSIX_MAX   2048

struct pci_msix {
    struct pci_device *device;
    unsigned vectors, bar;
    uint32_t table_off, pba_off;
    uint8_t *table;   /* little-endian, as the guest sees it */
    uint8_t *pending; /* one bit a vector */
    struct mem_region *table_region, *pba_region;
};

static void send(struct pci_device *d, uint64_t addr, uint32_t data)
{
    const struct pci_bus_env *env = pci_bus_env(d->bus);

    /* The message is a memory write, which the command register must allow. */
    if ((get16(d->config + PCI_COMMAND) & PCI_CMD_MASTER) && env->msi) {
        env->msi(env->opaque, addr, data);
    }
}

/* --- MSI -------------------------------------------------------------------------------------- */

static bool msi_on(const struct pci_device *d)
{
    return d->msi_cap && (get16(d->config + d->msi_cap + MSI_CTRL) & MSI_CTRL_ENABLE);
}

bool pci_msi_init(struct pci_device *d, unsigned vectors)
{
    unsigned log2 = 0;

    if (d->msi_cap || vectors < 1 || vectors > 32 || (vectors & (vectors - 1))) {
        return false;
    }
    while (1u << log2 < vectors) {
        log2++;
    }
    unsigned cap = pci_add_cap(d, CAP_MSI, MSI_SIZE);
    put16(d->config + cap + MSI_CTRL,
          (uint16_t)(MSI_CTRL_64 | MSI_CTRL_MASKS | log2 << MSI_CTRL_MMC_SHIFT));
    put16(d->wmask + cap + MSI_CTRL, MSI_CTRL_ENABLE | 7 << MSI_CTRL_MME_SHIFT);
    put32(d->wmask + cap + MSI_ADDR, ~3u);
    put32(d->wmask + cap + MSI_ADDR + 4, ~0u);
    put16(d->wmask + cap + MSI_DATA, 0xffff);
    put32(d->wmask + cap + MSI_MASK, vectors == 32 ? ~0u : (1u << vectors) - 1);
    d->msi_cap = (uint8_t)cap;
    return true;
}

static void msi_send(struct pci_device *d, unsigned vector)
{
    const uint8_t *cap = d->config + d->msi_cap;
    uint16_t ctrl = get16(cap + MSI_CTRL);
    unsigned most = ctrl >> MSI_CTRL_MMC_SHIFT & 7, given = ctrl >> MSI_CTRL_MME_SHIFT & 7;
    /* A grant beyond the request is software's error; act as if all were granted. */
    unsigned vectors = 1u << MIN(given, most);
    uint16_t data = get16(cap + MSI_DATA);

    data = (uint16_t)((data & ~(vectors - 1)) | (vector & (vectors - 1)));
    send(d, get32(cap + MSI_ADDR) | (uint64_t)get32(cap + MSI_ADDR + 4) << 32, data);
}

static void msi_notify(struct pci_device *d, unsigned vector)
{
    uint8_t *cap = d->config + d->msi_cap;
    uint32_t bit = 1u << (vector & 31);

    if (get32(cap + MSI_MASK) & bit) {
        put32(cap + MSI_PENDING, get32(cap + MSI_PENDING) | bit);
    } else {
        msi_send(d, vector);
    }
}

static void msi_fire_unmasked(struct pci_device *d)
{
    uint8_t *cap = d->config + d->msi_cap;
    uint32_t ready = get32(cap + MSI_PENDING) & ~get32(cap + MSI_MASK);

    if (!msi_on(d)) {
        return;
    }
    put32(cap + MSI_PENDING, get32(cap + MSI_PENDING) & ~ready);
    for (unsigned v = 0; ready; v++, ready >>= 1) {
        if (ready & 1) {
            msi_send(d, v);
        }
    }
}

/* --- MSI-X ------------------------------------------------------------------------------------ */

static uint16_t msix_ctrl(const struct pci_device *d)
{
    return get16(d->config + d->msix_cap + MSIX_CTRL);
}

static bool msix_on(const struct pci_device *d)
{
    return d->msix_cap && (msix_ctrl(d) & MSIX_CTRL_ENABLE);
}

static bool entry_masked(const struct pci_msix *x, unsigned v)
{
    return (x->table[v * MSIX_ENTRY + 12] & 1) || (msix_ctrl(x->device) & MSIX_CTRL_MASKED);
}

static void msix_send(struct pci_msix *x, unsigned v)
{
    const uint8_t *e = x->table + v * MSIX_ENTRY;
    send(x->device, get32(e) | (uint64_t)get32(e + 4) << 32, get32(e + 8));
}

static void msix_notify(struct pci_msix *x, unsigned v)
{
    if (v >= x->vectors) {
        return;
    }
    if (entry_masked(x, v)) {
        x->pending[v / 8] |= (uint8_t)(1u << v % 8);
    } else {
        msix_send(x, v);
    }
}

static void msix_fire_if_ready(struct pci_msix *x, unsigned v)
{
    if ((x->pending[v / 8] >> v % 8 & 1) && msix_on(x->device) && !entry_masked(x, v)) {
        x->pending[v / 8] &= (uint8_t) ~(1u << v % 8);
        msix_send(x, v);
    }
}

static uint64_t bytes_read(const uint8_t *p, size_t limit, gpa_t off, unsigned size)
{
    uint64_t v = 0;
    for (unsigned i = 0; i < size && off + i < limit; i++) {
        v |= (uint64_t)p[off + i] << (8 * i);
    }
    return v;
}

static uint64_t table_read(void *opaque, gpa_t off, unsigned size)
{
    struct pci_msix *x = opaque;
    return bytes_read(x->table, x->vectors * MSIX_ENTRY, off, size);
}

static void table_write(void *opaque, gpa_t off, uint64_t value, unsigned size)
{
    struct pci_msix *x = opaque;

    for (unsigned i = 0; i < size && off + i < x->vectors * MSIX_ENTRY; i++) {
        x->table[off + i] = (uint8_t)(value >> (8 * i));
    }
    for (gpa_t v = off / MSIX_ENTRY; v < x->vectors && v * MSIX_ENTRY < off + size; v++) {
        msix_fire_if_ready(x, (unsigned)v);
    }
}

static uint64_t pba_read(void *opaque, gpa_t off, unsigned size)
{
    struct pci_msix *x = opaque;
    return bytes_read(x->pending, (x->vectors + 63) / 64 * 8, off, size);
}

static void pba_write(void *opaque, gpa_t off, uint64_t value, unsigned size)
{
    struct pci_msix *x = opaque;
    guest_warn(device_name(&x->device->dev),
               "write of %u bytes 0x%llx to the pending bits + 0x%llx", size,
               (unsigned long long)value, (unsigned long long)off);
}

static const struct mem_ops table_ops = { table_read, table_write, 4, 8 };
static const struct mem_ops pba_ops = { pba_read, pba_write, 4, 8 };

bool pci_msix_init(struct pci_device *d, unsigned vectors, unsigned bar, uint32_t table_off,
                   uint32_t pba_off)
{
    uint32_t table_size = vectors * MSIX_ENTRY, pba_size = (vectors + 63) / 64 * 8;

    if (d->msix_cap || vectors < 1 || vectors > MSIX_MAX || bar > 5 || (table_off & 7) ||
        (pba_off & 7) || !d->bar[bar].size || (d->bar[bar].flags & PCI_BAR_IO) ||
        (uint64_t)table_off + table_size > d->bar[bar].size ||
        (uint64_t)pba_off + pba_size > d->bar[bar].size ||
        ranges_overlap(table_off, table_size, pba_off, pba_size)) {
        return false;
    }
    unsigned cap = pci_add_cap(d, CAP_MSIX, MSIX_SIZE);
    put16(d->config + cap + MSIX_CTRL, (uint16_t)(vectors - 1));
    put16(d->wmask + cap + MSIX_CTRL, MSIX_CTRL_MASKED | MSIX_CTRL_ENABLE);
    put32(d->config + cap + MSIX_TABLE, table_off | bar);
    put32(d->config + cap + MSIX_PBA, pba_off | bar);

    struct pci_msix *x = g_new0(struct pci_msix, 1);
    x->device = d;
    x->vectors = vectors;
    x->bar = bar;
    x->table_off = table_off;
    x->pba_off = pba_off;
    x->table = g_malloc0(table_size);
    x->pending = g_malloc0(pba_size);
    struct physmem *mem = pci_bus_env(d->bus)->mem;
    physmem_begin(mem);
    /* Just above the BARs (pci.c), still below RAM. Equal priorities: the later one wins. */
    x->table_region = physmem_add_io(mem, "msix-table", 0, table_size, &table_ops, x, -1);
    x->pba_region = physmem_add_io(mem, "msix-pba", 0, pba_size, &pba_ops, x, -1);
    mem_region_set_enabled(x->table_region, false);
    mem_region_set_enabled(x->pba_region, false);
    physmem_commit(mem);
    d->msix = x;
    d->msix_cap = (uint8_t)cap;
    pci_msi_reset(d);
    return true;
}

void pci_msix_bar_mapped(struct pci_device *d, unsigned bar, uint64_t addr)
{
    struct pci_msix *x = d->msix;

    if (!x || x->bar != bar) {
        return;
    }
    if (addr != PCI_UNMAPPED) {
        mem_region_set_gpa(x->table_region, addr + x->table_off);
        mem_region_set_gpa(x->pba_region, addr + x->pba_off);
    }
    mem_region_set_enabled(x->table_region, addr != PCI_UNMAPPED);
    mem_region_set_enabled(x->pba_region, addr != PCI_UNMAPPED);
}

/* --- both ------------------------------------------------------------------------------------- */

bool pci_msi_enabled(const struct pci_device *d)
{
    return msi_on(d) || msix_on(d);
}

void pci_msi_notify(struct pci_device *d, unsigned vector)
{
    if (msix_on(d)) {
        msix_notify(d->msix, vector);
    } else if (msi_on(d)) {
        msi_notify(d, vector);
    }
}

void pci_msi_config_written(struct pci_device *d, unsigned off, unsigned len)
{
    if (d->msi_cap && ranges_overlap(off, len, d->msi_cap, MSI_SIZE)) {
        msi_fire_unmasked(d);
        pci_update_intx(d);
    }
    if (d->msix_cap && ranges_overlap(off, len, d->msix_cap, MSIX_SIZE)) {
        for (unsigned v = 0; v < d->msix->vectors; v++) {
            msix_fire_if_ready(d->msix, v);
        }
        pci_update_intx(d);
    }
}

void pci_msi_reset(struct pci_device *d)
{
    if (d->msi_cap) {
        uint8_t *cap = d->config + d->msi_cap;
        put16(cap + MSI_CTRL,
              get16(cap + MSI_CTRL) & (uint16_t) ~(MSI_CTRL_ENABLE | 7 << MSI_CTRL_MME_SHIFT));
        memset(cap + MSI_ADDR, 0, MSI_SIZE - MSI_ADDR);
    }
    if (d->msix_cap) {
        struct pci_msix *x = d->msix;
        uint8_t *cap = d->config + d->msix_cap;
        put16(cap + MSIX_CTRL,
              get16(cap + MSIX_CTRL) & (uint16_t) ~(MSIX_CTRL_ENABLE | MSIX_CTRL_MASKED));
        memset(x->table, 0, x->vectors * MSIX_ENTRY);
        memset(x->pending, 0, (x->vectors + 63) / 64 * 8);
        for (unsigned v = 0; v < x->vectors; v++) {
            x->table[v * MSIX_ENTRY + 12] = 1; /* 6.8.2.9: masked after reset */
        }
    }
}

void pci_msi_free(struct pci_device *d)
{
    struct pci_msix *x = d->msix;

    if (x) {
        physmem_remove(pci_bus_env(d->bus)->mem, x->table_region);
        physmem_remove(pci_bus_env(d->bus)->mem, x->pba_region);
        g_free(x->table);
        g_free(x->pending);
        g_free(x);
        d->msix = NULL;
    }
    d->msi_cap = d->msix_cap = 0;
}
