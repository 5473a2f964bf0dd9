/* SPDX-License-Identifier: MIT */
/*
 * Standard VGA, the PCI device: ports, the legacy window, BAR0 (VRAM) and BAR2 (EDID at 0, the VGA
 * ports 3C0-3DF at 400h, DISPI registers at 500h: the layout that Linux's bochs driver and the VGA
 * BIOS of SeaBIOS know). One adapter a machine has the legacy ports. Machine lock held.
 *
 * The legacy ports and the window answer whatever the PCI command register says, as firmware and
 * boot loaders expect of the primary adapter.
 */
#include "hw/display/vga.h"

#include <string.h>

#include "core/log.h"
#include "hw/display/vga_int.h"

#define BAR2_SIZE   0x1000
#define BAR2_PORTS  0x400
#define BAR2_DISPI  0x500
#define LINE_PIXELS 8192

static struct vga *vga_of(struct device *d)
{
    return (struct vga *)d;
}

/* --- ports -------------------------------------------------------------------------------- */

static uint32_t port_read(struct vga *v, uint16_t port, unsigned size)
{
    uint32_t val = 0;
    for (unsigned i = 0; i < size; i++) {
        val |= (uint32_t)vga_port_read(v, (uint16_t)(port + i)) << (8 * i);
    }
    return val;
}

static void port_write(struct vga *v, uint16_t port, uint32_t val, unsigned size)
{
    for (unsigned i = 0; i < size; i++) {
        vga_port_write(v, (uint16_t)(port + i), (uint8_t)(val >> (8 * i)));
    }
}

static uint32_t port_3b0_read(void *opaque, uint16_t off, unsigned size)
{
    return port_read(opaque, (uint16_t)(0x3b0 + off), size);
}

static void port_3b0_write(void *opaque, uint16_t off, uint32_t val, unsigned size)
{
    port_write(opaque, (uint16_t)(0x3b0 + off), val, size);
}

static uint32_t port_3c0_read(void *opaque, uint16_t off, unsigned size)
{
    return port_read(opaque, (uint16_t)(0x3c0 + off), size);
}

static void port_3c0_write(void *opaque, uint16_t off, uint32_t val, unsigned size)
{
    port_write(opaque, (uint16_t)(0x3c0 + off), val, size);
}

/* Words: index at 1CE, data at 1CF or 1D0. A word at 1CF is not aligned and comes as two bytes. */
static uint32_t dispi_read(void *opaque, uint16_t off, unsigned size)
{
    struct vga *v = opaque;
    uint16_t val = off == 0 ? v->dispi_index : vbe_read(v, v->dispi_index);
    return off == 2 && size == 1 ? val >> 8 : val;
}

static void dispi_write(void *opaque, uint16_t off, uint32_t val, unsigned size)
{
    struct vga *v = opaque;
    if (off == 0) {
        v->dispi_index = (uint16_t)val;
    } else if (size == 2) {
        vbe_write(v, v->dispi_index, (uint16_t)val);
    } else if (off == 1) {
        v->dispi_low = (uint8_t)val;
    } else {
        vbe_write(v, v->dispi_index, (uint16_t)(val << 8 | v->dispi_low));
    }
}

static const struct ioport_ops ops_3b0 = { port_3b0_read, port_3b0_write, 1, 2 };
static const struct ioport_ops ops_3c0 = { port_3c0_read, port_3c0_write, 1, 4 };
static const struct ioport_ops ops_dispi = { dispi_read, dispi_write, 1, 2 };

/* Ranges leave out what belongs to others: 3BC is the parallel port. */
static const struct {
    uint16_t base;
    uint8_t count;
    const struct ioport_ops *ops;
    const char *name;
} ranges[] = {
    { 0x3b0, 0x0c, &ops_3b0, "vga-mono" },
    { 0x3c0, 0x20, &ops_3c0, "vga" },
    { 0x1ce, 4, &ops_dispi, "vga-dispi" },
};

static bool ports_add(struct vga *v, GError **err)
{
    for (; v->ports < ARRAY_LEN(ranges); v->ports++) {
        if (ioport_add(v->io, ranges[v->ports].base, ranges[v->ports].count, ranges[v->ports].ops,
                       v, ranges[v->ports].name) < 0) {
            g_set_error(err, EMU_ERROR, EMU_ERROR_CONFIG,
                        "VGA: port 0x%x is taken; a machine has one VGA adapter",
                        ranges[v->ports].base);
            return false;
        }
    }
    return true;
}

/* --- BAR2 --------------------------------------------------------------------------------- */

static uint8_t bar2_read8(struct vga *v, uint32_t off)
{
    if (off < sizeof(v->edid)) {
        return v->edid[off];
    }
    if (off >= BAR2_PORTS && off < BAR2_PORTS + 0x20) {
        return vga_port_read(v, (uint16_t)(0x3c0 + off - BAR2_PORTS));
    }
    if (off >= BAR2_DISPI && off < BAR2_DISPI + 2 * DISPI_COUNT) {
        uint16_t val = vbe_read(v, (off - BAR2_DISPI) / 2);
        return (uint8_t)(off & 1 ? val >> 8 : val);
    }
    return off < BAR2_PORTS ? 0 : 0xff;
}

static uint64_t bar2_read(void *opaque, gpa_t off, unsigned size)
{
    struct vga *v = opaque;
    uint64_t val = 0;
    for (unsigned i = 0; i < size; i++) {
        val |= (uint64_t)bar2_read8(v, (uint32_t)off + i) << (8 * i);
    }
    return val;
}

static void bar2_write(void *opaque, gpa_t at, uint64_t val, unsigned size)
{
    struct vga *v = opaque;
    uint32_t off = (uint32_t)at;
    if (off >= BAR2_DISPI && off < BAR2_DISPI + 2 * DISPI_COUNT) {
        for (unsigned i = 0; i + 2 <= size && !(off & 1); i += 2) {
            vbe_write(v, (off + i - BAR2_DISPI) / 2, (uint16_t)(val >> (8 * i)));
        }
        return;
    }
    for (unsigned i = 0; i < size; i++) {
        if (off + i >= BAR2_PORTS && off + i < BAR2_PORTS + 0x20) {
            vga_port_write(v, (uint16_t)(0x3c0 + off + i - BAR2_PORTS), (uint8_t)(val >> (8 * i)));
        }
    }
}

static const struct mem_ops bar2_ops = { bar2_read, bar2_write, 1, 4 };

/* --- life --------------------------------------------------------------------------------- */

void vga_freeze_blink(struct device *dev, bool freeze)
{
    vga_of(dev)->freeze = freeze;
}

static void vga_reset(struct device *dev)
{
    struct vga *v = vga_of(dev);
    pci_device_reset(&v->pci);
    vbe_reset(v);
    vga_regs_reset(v);
    vga_mem_mode_changed(v);
}

static void vga_unrealize(struct device *dev)
{
    struct vga *v = vga_of(dev);
    while (v->ports > 0) {
        v->ports--;
        ioport_remove(v->io, ranges[v->ports].base, ranges[v->ports].ops, v);
    }
    if (v->window) {
        display_set_source(v->display, NULL);
        physmem_begin(v->mem);
        vga_mem_unmap_direct(v);
        physmem_remove(v->mem, v->window);
        v->window = NULL;
        physmem_commit(v->mem);
    }
    pci_device_exit(&v->pci);
    vga_text_cache_free(v);
    g_free(v->line);
    g_free(v->dirty);
    g_free(v->drawn);
    g_free(v->vram_alloc);
    v->line = NULL;
    v->dirty = v->drawn = v->vram_alloc = v->vram = NULL;
}

/* "4" or "4.1", hexadecimal as QEMU has it. */
static bool parse_addr(const char *s, int *place, GError **err)
{
    char *end;
    unsigned long fn = 0, slot = strtoul(s, &end, 16);
    bool ok = end != s && slot < 32;
    if (ok && *end == '.') {
        const char *p = end + 1;
        fn = strtoul(p, &end, 16);
        ok = end != p && fn < 8;
    }
    if (!ok || *end) {
        g_set_error(err, EMU_ERROR, EMU_ERROR_CONFIG, "VGA: addr=%s: a slot 0-1f, or slot.function",
                    s);
        return false;
    }
    *place = PCI_DEVFN((int)slot, (int)fn) + 1;
    return true;
}

static bool check_props(struct vga *v, GError **err)
{
    if (v->vgamem_mb < 1 || v->vgamem_mb > 256 || (v->vgamem_mb & (v->vgamem_mb - 1))) {
        g_set_error(err, EMU_ERROR, EMU_ERROR_CONFIG,
                    "VGA: vgamem_mb=%u: a power of two from 1 to 256", v->vgamem_mb);
        return false;
    }
    if (v->xres < 640 || v->xres > DISPI_MAX_XRES || v->yres < 480 || v->yres > DISPI_MAX_YRES) {
        g_set_error(err, EMU_ERROR, EMU_ERROR_CONFIG,
                    "VGA: xres=%u, yres=%u: from 640x480 to %ux%u", v->xres, v->yres,
                    DISPI_MAX_XRES, DISPI_MAX_YRES);
        return false;
    }
    return !v->addr || parse_addr(v->addr, &v->place, err);
}

/* VRAM on a page boundary, as accelerators need to map it. */
static bool vram_alloc(struct vga *v, GError **err)
{
    v->vram_size = v->vgamem_mb << 20;
    v->vram_alloc = g_try_malloc0((size_t)v->vram_size + VGA_TEXT_RAM + VGA_PAGE);
    if (!v->vram_alloc) {
        g_set_error(err, EMU_ERROR, EMU_ERROR_HOST, "VGA: no memory for %u MiB of video RAM",
                    v->vgamem_mb);
        return false;
    }
    uintptr_t at = (uintptr_t)v->vram_alloc;
    v->vram = v->vram_alloc + (-at & (VGA_PAGE - 1));
    v->text_ram = v->vram + v->vram_size;
    v->dirty = g_malloc0(v->vram_size / VGA_PAGE);
    v->drawn = g_malloc0(v->vram_size / VGA_PAGE);
    v->line = g_new0(uint32_t, LINE_PIXELS);
    return true;
}

/* Without its BIOS the adapter works, but nothing sets a mode: a warning, not an error. */
static void rom_load(struct vga *v, const struct pci_bus_env *env)
{
    GError *err = NULL;
    uint8_t *file = NULL;
    if (!v->rom && env->load_rom) {
        file = env->load_rom(env->opaque, "vgabios-stdvga.bin", &v->rom_len, &err);
        v->rom = file;
        if (!file) {
            log_warn("VGA", "no VGA BIOS: %s", err ? err->message : "not found");
        }
    }
    if (v->rom && !pci_rom(&v->pci, v->rom, v->rom_len)) {
        log_warn("VGA", "its BIOS can't be used (%zu bytes)", v->rom_len);
    }
    g_clear_error(&err);
    g_free(file);
    v->rom = NULL;
}

static bool vga_realize(struct device *dev, GError **err)
{
    static const struct pci_ids ids = {
        .vendor = 0x1234,
        .device = 0x1111,
        .subsys_vendor = 0x1af4,
        .subsys = 0x1100,
        .class_code = 0x030000,
        .revision = 2, /* BAR2 is there */
    };
    struct vga *v = vga_of(dev);
    struct pci_bus *bus = (struct pci_bus *)dev->bus;
    const struct pci_bus_env *env = pci_bus_env(bus);
    if (!check_props(v, err) || !pci_device_init(&v->pci, bus, v->place - 1, &ids, err)) {
        return false;
    }
    v->clock = env->clock;
    v->display = env->display;
    v->io = env->io;
    v->mem = env->mem;
    v->text.cursor_row = -1;
    if (!vram_alloc(v, err) || !ports_add(v, err)) {
        vga_unrealize(dev);
        return false;
    }
    v->lfb = pci_bar_ram(&v->pci, 0, v->vram_size, PCI_BAR_PREFETCH, v->vram);
    mem_region_track_dirty(v->lfb, true);
    pci_bar_mem(&v->pci, 2, BAR2_SIZE, 0, &bar2_ops, v);
    edid_build(v->edid, v->xres, v->yres);
    rom_load(v, env);
    v->window =
        physmem_add_io(v->mem, "vga-window", VGA_WINDOW, VGA_WINDOW_SIZE, &vga_window_ops, v, 1);
    const struct display_source source = { vga_update, vga_text, v, vga_cells };
    display_set_source(v->display, &source);
    vga_reset(dev);
    return true;
}

static const struct prop vga_props[] = {
    { "vgamem_mb", PROP_U32, offsetof(struct vga, vgamem_mb), "16", "video memory in MiB", NULL },
    { "xres", PROP_U32, offsetof(struct vga, xres), "1280", "preferred width (EDID)", NULL },
    { "yres", PROP_U32, offsetof(struct vga, yres), "800", "preferred height (EDID)", NULL },
    { "addr", PROP_STRING, offsetof(struct vga, addr), NULL, "PCI slot[.function], hex", NULL },
    { NULL, PROP_BOOL, 0, NULL, NULL, NULL },
};

const struct device_class vga_class = {
    .name = "VGA",
    .desc = "standard VGA with Bochs VBE extensions",
    .bus = BUS_PCI,
    .user_creatable = true,
    .size = sizeof(struct vga),
    .props = vga_props,
    .realize = vga_realize,
    .unrealize = vga_unrealize,
    .reset = vga_reset,
};

struct device *vga_new(struct pci_bus *bus, int devfn, const uint8_t *rom, size_t rom_len,
                       GError **err)
{
    struct device *dev = device_new(&vga_class);
    struct vga *v = vga_of(dev);
    dev->bus = (struct bus *)bus;
    v->place = devfn < 0 ? 0 : devfn + 1;
    v->rom = rom;
    v->rom_len = rom_len;
    if (!device_realize(dev, err)) {
        device_free(dev);
        return NULL;
    }
    return dev;
}
