/* SPDX-License-Identifier: MIT */
#include "tests/unit/hw/storage/ide_rig.h"

static void no_intx(void *o, unsigned dev, unsigned pin, bool level)
{
    (void)o, (void)dev, (void)pin, (void)level;
}

struct rig *rig_new(const char *kinds, uint64_t sectors)
{
    struct rig *r = g_new0(struct rig, 1);
    struct drive *drives[4] = { NULL };
    GError *err = NULL;
    r->io = ioport_space_new();
    r->mem = physmem_new();
    r->clock = fake_clock_new();
    r->ram = g_malloc0(RAM_SIZE);
    physmem_add_ram(r->mem, "ram", 0, RAM_SIZE, r->ram, 0);
    struct pci_bus_env env = { .io = r->io, .mem = r->mem, .clock = r->clock, .set_intx = no_intx };
    r->bus = pci_bus_new(&env);
    for (unsigned i = 0; i < 4; i++) {
        if (kinds[i] == '-') {
            continue;
        }
        r->drive[i] = (struct drive){ .id = (char *)(uintptr_t) "test", .iface = DRIVE_IF_IDE };
        if (kinds[i] != 'e') {
            r->disk[i] = fake_block_new(sectors);
            for (uint64_t s = 0; s < sectors; s++) { /* each sector says where it is */
                memset(r->disk[i]->data + s * 512, (int)(s & 0xff) ^ (int)i, 512);
                memcpy(r->disk[i]->data + s * 512, &s, 8);
            }
        }
        r->drive[i].media = kinds[i] == 'd' ? DRIVE_DISK : DRIVE_CDROM;
        r->drive[i].block = r->disk[i];
        drives[i] = &r->drive[i];
    }
    r->ide = ide_new(r->bus, PCI_DEVFN(1, 1), fake_irq_line(&r->irq, 14),
                     fake_irq_line(&r->irq, 15), drives, &err);
    assert_non_null(r->ide);
    pci_config_write(r->bus, 0, PCI_DEVFN(1, 1), 0x20, BM | 1, 4);
    pci_config_write(r->bus, 0, PCI_DEVFN(1, 1), 0x04, 0x05, 2);
    r->base = 0x1f0;
    return r;
}

void rig_free(struct rig *r)
{
    device_free(r->ide);
    pci_bus_free(r->bus);
    physmem_free(r->mem);
    ioport_space_free(r->io);
    clock_free(r->clock);
    for (unsigned i = 0; i < 4; i++) {
        if (r->disk[i]) {
            assert_int_equal(fake_block_pending(r->disk[i]), 0);
            fake_block_free(r->disk[i]);
        }
    }
    g_free(r->ram);
    g_free(r);
}

uint8_t in(struct rig *r, unsigned reg)
{
    return (uint8_t)ioport_read(r->io, (uint16_t)(r->base + reg), 1);
}

void out(struct rig *r, unsigned reg, unsigned v)
{
    ioport_write(r->io, (uint16_t)(r->base + reg), v, 1);
}

uint8_t alt_status(struct rig *r)
{
    return (uint8_t)ioport_read(r->io, (uint16_t)(r->base + 0x206), 1);
}

void control(struct rig *r, unsigned v)
{
    ioport_write(r->io, (uint16_t)(r->base + 0x206), v, 1);
}

unsigned irqs(struct rig *r)
{
    return fake_irq_take(&r->irq, r->base == 0x1f0 ? 14 : 15);
}

bool irq_level(struct rig *r)
{
    return r->irq.level[r->base == 0x1f0 ? 14 : 15];
}

void settle(struct rig *r)
{
    for (bool again = true; again;) {
        again = false;
        for (unsigned i = 0; i < 4; i++) {
            again |= r->disk[i] && fake_block_run_all(r->disk[i]) > 0;
        }
    }
}

void command28(struct rig *r, unsigned unit, uint32_t lba, unsigned count, unsigned cmd)
{
    out(r, R_DEV, 0xe0 | unit << 4 | (lba >> 24 & 15));
    out(r, R_COUNT, count);
    out(r, R_LOW, lba);
    out(r, R_MID, lba >> 8);
    out(r, R_HIGH, lba >> 16);
    out(r, R_CMD, cmd);
}

void command48(struct rig *r, unsigned unit, uint64_t lba, unsigned count, unsigned cmd)
{
    out(r, R_DEV, 0xe0 | unit << 4);
    out(r, R_COUNT, count >> 8);
    out(r, R_LOW, (unsigned)(lba >> 24) & 0xff);
    out(r, R_MID, (unsigned)(lba >> 32) & 0xff);
    out(r, R_HIGH, (unsigned)(lba >> 40) & 0xff);
    out(r, R_COUNT, count & 0xff);
    out(r, R_LOW, (unsigned)lba & 0xff);
    out(r, R_MID, (unsigned)(lba >> 8) & 0xff);
    out(r, R_HIGH, (unsigned)(lba >> 16) & 0xff);
    out(r, R_CMD, cmd);
}

void insw(struct rig *r, uint16_t *buf, unsigned words)
{
    for (unsigned i = 0; i < words; i++) {
        buf[i] = (uint16_t)ioport_read(r->io, r->base, 2);
    }
}

void outsw(struct rig *r, const uint16_t *buf, unsigned words)
{
    for (unsigned i = 0; i < words; i++) {
        ioport_write(r->io, r->base, buf[i], 2);
    }
}

uint16_t bm_port(struct rig *r, unsigned reg)
{
    return (uint16_t)(BM + (r->base == 0x1f0 ? 0 : 8) + reg);
}

uint8_t bm_status(struct rig *r)
{
    return (uint8_t)ioport_read(r->io, bm_port(r, 2), 1);
}

void prd(struct rig *r, unsigned n, uint32_t addr, unsigned count, bool last)
{
    uint32_t e[2] = { addr, (count & 0xffff) | (last ? 0x80000000u : 0) };
    memcpy(r->ram + PRDT + 8 * n, e, 8);
}

void bm_start(struct rig *r, bool to_memory)
{
    ioport_write(r->io, bm_port(r, 4), PRDT, 4);
    ioport_write(r->io, bm_port(r, 2), 0x06, 1);
    ioport_write(r->io, bm_port(r, 0), to_memory ? 0x08 : 0, 1);
    ioport_write(r->io, bm_port(r, 0), to_memory ? 0x09 : 1, 1);
}

void bm_stop(struct rig *r)
{
    ioport_write(r->io, bm_port(r, 0), 0, 1);
}

bool sectors_are(const uint8_t *p, uint64_t lba, unsigned n, unsigned unit)
{
    for (unsigned i = 0; i < n; i++, p += 512) {
        uint64_t at;
        memcpy(&at, p, 8);
        if (at != lba + i || p[8] != (uint8_t)(((lba + i) & 0xff) ^ unit) || p[511] != p[8]) {
            return false;
        }
    }
    return true;
}
