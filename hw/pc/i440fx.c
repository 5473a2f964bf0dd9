/* SPDX-License-Identifier: MIT */
/*
 * Intel 82441FX PCI and memory controller (order number 290549): configuration mechanism #1, the
 * programmable attribute map over C0000h-FFFFFh and the SMRAM window. DRAM timing, ECC and error
 * reporting registers are not modelled. Processors have no system management mode yet, so SMRAM is
 * visible only while D_OPEN is set.
 */
#include "hw/pc/i440fx.h"

#include <string.h>

#include "hw/pci/pci.h"

#define PORT_CONFIG_ADDRESS 0xcf8
#define PORT_CONFIG_DATA    0xcfc

enum {
    REG_PAM0 = 0x59, /* to 5Fh */
    REG_SMRAM = 0x72,
};
enum {
    PAM_READ = 1 << 0,  /* reads go to DRAM, else to PCI */
    PAM_WRITE = 1 << 1, /* writes */
};
enum {
    SMRAM_BASE = 2,        /* C_BASE_SEG: A0000h, the only value there is */
    SMRAM_ENABLE = 1 << 3, /* G_SMRAME */
    SMRAM_LOCKED = 1 << 4, /* D_LCK */
    SMRAM_CLOSED = 1 << 5, /* D_CLS */
    SMRAM_OPEN = 1 << 6,   /* D_OPEN */
};

#define SHADOW_BASE  0xc0000u
#define SHADOW_PARTS 13 /* twelve of 16 KiB, then F0000h-FFFFFh */
#define ROM_BASE     0xe0000u

/* Above guest RAM and the VGA window (1). */
#define PAM_PRIORITY   1
#define SMRAM_PRIORITY 2

struct shadow {
    struct i440fx *bridge;
    gpa_t base;
    uint64_t size;
    bool write_ram;                     /* PAM_WRITE */
    struct mem_region *pci, *read_only; /* both disabled: plain RAM */
};

struct i440fx {
    struct pci_device pci;
    struct i440fx_config cfg;
    uint32_t config_address;
    uint8_t smram; /* as last applied */
    struct shadow shadow[SHADOW_PARTS];
    struct mem_region *smram_region, *hole;
};

/* --- A0000h-FFFFFh ---------------------------------------------------------------------------- */

/* Reads that PCI answers: nobody is there. */
static uint64_t nobody_read(void *opaque, gpa_t off, unsigned size)
{
    (void)opaque;
    (void)off;
    (void)size;
    return UINT64_MAX;
}

/* Writes while reads go to PCI: to the DRAM under it, if the map says so. The processor cannot see
 * that DRAM before the map changes, which flushes whatever was derived from it. */
static void shadow_write(void *opaque, gpa_t off, uint64_t value, unsigned size)
{
    struct shadow *s = opaque;

    for (unsigned i = 0; s->write_ram && i < size && off + i < s->size; i++) {
        s->bridge->cfg.low_ram[s->base + off + i] = (uint8_t)(value >> (8 * i));
    }
}

static const struct mem_ops shadow_ops = { nobody_read, shadow_write, 1, 8 };
static const struct mem_ops hole_ops = { nobody_read, NULL, 1, 8 };

static unsigned pam_of(const struct i440fx *b, unsigned part)
{
    /* PAM0 holds F0000h in its upper half; PAM1-6 hold two parts each, the lower first. */
    if (part == SHADOW_PARTS - 1) {
        return b->pci.config[REG_PAM0] >> 4 & 3;
    }
    return b->pci.config[REG_PAM0 + 1 + part / 2] >> (part % 2 * 4) & 3;
}

static void apply_pam(struct i440fx *b)
{
    for (unsigned i = 0; i < SHADOW_PARTS; i++) {
        struct shadow *s = &b->shadow[i];
        unsigned pam = pam_of(b, i);
        s->write_ram = pam & PAM_WRITE;
        mem_region_set_enabled(s->pci, !(pam & PAM_READ));
        mem_region_set_enabled(s->read_only, pam == PAM_READ);
    }
}

static void apply_smram(struct i440fx *b)
{
    uint8_t *reg = &b->pci.config[REG_SMRAM];

    if (b->smram & SMRAM_LOCKED) {
        /* Only D_CLS can still change (3.2.20). */
        *reg = (uint8_t)((b->smram & ~SMRAM_CLOSED) | (*reg & SMRAM_CLOSED));
    }
    if (*reg & SMRAM_LOCKED) {
        *reg &= (uint8_t)~SMRAM_OPEN;
    }
    b->smram = *reg;
    mem_region_set_enabled(b->smram_region, (*reg & SMRAM_ENABLE) && (*reg & SMRAM_OPEN));
}

static void config_written(struct pci_device *d, unsigned off, unsigned len)
{
    struct i440fx *b = (struct i440fx *)d;

    if (off > REG_SMRAM || off + len <= REG_PAM0) {
        return;
    }
    physmem_begin(pci_bus_env(b->cfg.bus)->mem);
    apply_pam(b);
    apply_smram(b);
    physmem_commit(pci_bus_env(b->cfg.bus)->mem);
}

static void add_shadow(struct i440fx *b, struct physmem *mem, unsigned part)
{
    struct shadow *s = &b->shadow[part];

    s->bridge = b;
    s->base = SHADOW_BASE + part * (gpa_t)KIB(16);
    s->size = part == SHADOW_PARTS - 1 ? KIB(64) : KIB(16);
    gpa_t from_top = MIB(1) - s->base;
    if (s->base >= ROM_BASE && b->cfg.bios_len >= from_top) {
        /* A ROM region is only read through its host address. */
        uint8_t *rom = (uint8_t *)(uintptr_t)b->cfg.bios + b->cfg.bios_len - from_top;
        s->pci =
            physmem_add_rom(mem, "bios-low", s->base, s->size, rom, PAM_PRIORITY, &shadow_ops, s);
    } else {
        s->pci = physmem_add_io(mem, "pam-pci", s->base, s->size, &shadow_ops, s, PAM_PRIORITY);
    }
    s->read_only = physmem_add_rom(mem, "pam-ram", s->base, s->size, b->cfg.low_ram + s->base,
                                   PAM_PRIORITY, NULL, NULL);
}

static void add_regions(struct i440fx *b)
{
    struct physmem *mem = pci_bus_env(b->cfg.bus)->mem;

    physmem_begin(mem);
    /* DRAM at A0000h is never seen outside SMRAM; the VGA's windows lie above this hole. */
    b->hole = physmem_add_io(mem, "vga-hole", 0xa0000, KIB(128), &hole_ops, NULL, 0);
    b->smram_region =
        physmem_add_ram(mem, "smram", 0xa0000, KIB(128), b->cfg.low_ram + 0xa0000, SMRAM_PRIORITY);
    for (unsigned i = 0; i < SHADOW_PARTS; i++) {
        add_shadow(b, mem, i);
    }
    apply_pam(b);
    apply_smram(b);
    physmem_commit(mem);
}

/* --- configuration mechanism #1 (PCI 3.0, 3.2.2.3.2) ------------------------------------------ */

static uint32_t address_read(void *opaque, uint16_t off, unsigned size)
{
    struct i440fx *b = opaque;
    /* Only a 32-bit access at CF8h is the register; others pass to the bus, and nobody answers. */
    return off == 0 && size == 4 ? b->config_address : UINT32_MAX;
}

static void address_write(void *opaque, uint16_t off, uint32_t value, unsigned size)
{
    struct i440fx *b = opaque;
    if (off == 0 && size == 4) {
        b->config_address = value & 0x80fffffc;
    }
}

static uint32_t data_read(void *opaque, uint16_t off, unsigned size)
{
    struct i440fx *b = opaque;
    uint32_t a = b->config_address;

    if (!(a >> 31)) {
        return UINT32_MAX;
    }
    return pci_config_read(b->cfg.bus, (uint8_t)(a >> 16), (uint8_t)(a >> 8), (a & 0xfc) + off,
                           size);
}

static void data_write(void *opaque, uint16_t off, uint32_t value, unsigned size)
{
    struct i440fx *b = opaque;
    uint32_t a = b->config_address;

    if (a >> 31) {
        pci_config_write(b->cfg.bus, (uint8_t)(a >> 16), (uint8_t)(a >> 8), (a & 0xfc) + off, value,
                         size);
    }
}

static const struct ioport_ops address_ops = { address_read, address_write, 1, 4 };
static const struct ioport_ops data_ops = { data_read, data_write, 1, 4 };

/* --- life ------------------------------------------------------------------------------------- */

static void i440fx_reset(struct device *d)
{
    struct i440fx *b = (struct i440fx *)d;

    pci_device_reset(&b->pci);
    b->config_address = 0;
    b->smram = 0; /* not locked any more */
    memset(b->pci.config + REG_PAM0, 0, 7);
    b->pci.config[REG_SMRAM] = SMRAM_BASE;
    b->pci.config[0x04] = 0x06; /* memory and bus master are hard-wired on */
    b->pci.config[0x07] = 0x02; /* medium DEVSEL# */
    config_written(&b->pci, REG_PAM0, REG_SMRAM - REG_PAM0 + 1);
}

static bool i440fx_realize(struct device *d, GError **err)
{
    struct i440fx *b = (struct i440fx *)d;
    /* The subsystem ids are how SeaBIOS knows that it runs on a virtual machine of this kind. */
    static const struct pci_ids ids = { 0x8086, 0x1237, 0x1af4, 0x1100, 0x060000, 2, 0 };
    struct ioport_space *io = pci_bus_env(b->cfg.bus)->io;

    if (!pci_device_init(&b->pci, b->cfg.bus, PCI_DEVFN(0, 0), &ids, err)) {
        return false;
    }
    if (ioport_add_overlay(io, PORT_CONFIG_ADDRESS, 4, &address_ops, b, "pci-config-address") ||
        ioport_add(io, PORT_CONFIG_DATA, 4, &data_ops, b, "pci-config-data")) {
        ioport_remove(io, PORT_CONFIG_ADDRESS, &address_ops, b);
        pci_device_exit(&b->pci);
        g_set_error(err, EMU_ERROR, EMU_ERROR_CONFIG, "i440FX: its ports are taken");
        return false;
    }
    memset(b->pci.wmask + 0x04, 0, 2);
    b->pci.wmask[0x05] = 0x01; /* SERR# */
    memset(b->pci.wmask + 0x50, 0xff, 4);
    memset(b->pci.wmask + REG_PAM0, 0x33, 7);
    b->pci.wmask[REG_PAM0] = 0x30;
    b->pci.wmask[REG_SMRAM] = SMRAM_OPEN | SMRAM_CLOSED | SMRAM_LOCKED | SMRAM_ENABLE;
    b->pci.config_written = config_written;
    add_regions(b);
    i440fx_reset(d);
    return true;
}

static void i440fx_unrealize(struct device *d)
{
    struct i440fx *b = (struct i440fx *)d;
    const struct pci_bus_env *env = pci_bus_env(b->cfg.bus);

    ioport_remove(env->io, PORT_CONFIG_ADDRESS, &address_ops, b);
    ioport_remove(env->io, PORT_CONFIG_DATA, &data_ops, b);
    physmem_begin(env->mem);
    for (unsigned i = 0; i < SHADOW_PARTS; i++) {
        physmem_remove(env->mem, b->shadow[i].pci);
        physmem_remove(env->mem, b->shadow[i].read_only);
    }
    physmem_remove(env->mem, b->smram_region);
    physmem_remove(env->mem, b->hole);
    physmem_commit(env->mem);
    pci_device_exit(&b->pci);
}

struct i440fx *i440fx_new(const struct i440fx_config *cfg, GError **err)
{
    struct i440fx *b = (struct i440fx *)device_new(&i440fx_class);
    b->cfg = *cfg;
    if (!device_realize(&b->pci.dev, err)) {
        device_free(&b->pci.dev);
        return NULL;
    }
    return b;
}

const struct device_class i440fx_class = {
    .name = "i440FX",
    .desc = "82441FX host bridge",
    .bus = BUS_PCI,
    .size = sizeof(struct i440fx),
    .realize = i440fx_realize,
    .unrealize = i440fx_unrealize,
    .reset = i440fx_reset,
};
