/* SPDX-License-Identifier: MIT */
/*
 * What the firmware finds out about the machine: CMOS memory, fw_cfg items, ACPI and SMBIOS tables,
 * boot order, kernel images.
 */
#include <string.h>

#include "backend/block/block.h"
#include "accel/api/accel.h"
#include "hw/pc/acpi_tables.h"
#include "hw/pc/boot.h"
#include "hw/pc/cmos_rtc.h"
#include "hw/pc/firmware.h"
#include "hw/pc/fw_cfg.h"
#include "hw/pc/pc_internal.h"
#include "hw/pc/smbios.h"
#include "hw/storage/fdc.h"
#include "hw/storage/ide.h"

#define BIOS_DEFAULT   "bios-256k.bin"
#define BIOS_MAX       MIB(16)
#define OPTION_ROM_MAX MIB(2)

#define PCI_HOLE_END 0xfec00000u

/* CMOS indices, as SeaBIOS (and every BIOS since the AT) reads them. */
enum {
    CMOS_FLOPPY = 0x10,
    CMOS_DISKS = 0x12,
    CMOS_EQUIPMENT = 0x14,
    CMOS_BASE_KIB = 0x15,
    CMOS_EXT_KIB = 0x17,
    CMOS_DISK0_TYPE = 0x19,
    CMOS_DISK0 = 0x1b,
    CMOS_EXT2_KIB = 0x30,
    CMOS_EXT_64KIB = 0x34,
    CMOS_BOOT3 = 0x38,
    CMOS_TRANSLATION = 0x39,
    CMOS_BOOT12 = 0x3d,
    CMOS_HIGH_64KIB = 0x5b,
    CMOS_CPUS = 0x5f,
};

/* --- the ROM --------------------------------------------------------------------------------- */

bool pc_firmware_load(struct pc *pc, GError **err)
{
    const char *name = pc->cfg.bios ? pc->cfg.bios : BIOS_DEFAULT;

    pc->bios = rom_load(name, pc->cfg.firmware_dirs, BIOS_MAX, &pc->bios_len, err);
    if (!pc->bios) {
        if (pc->cfg.bios) {
            g_prefix_error(err, "-bios %s: ", name);
        }
        return false;
    }
    if (pc->bios_len % KIB(64)) {
        g_set_error(err, EMU_ERROR, EMU_ERROR_CONFIG,
                    "-bios %s: %zu bytes are no firmware image, whose size is a multiple of 64 KiB",
                    name, pc->bios_len);
        return false;
    }
    return true;
}

uint8_t *pc_load_rom(void *opaque, const char *name, size_t *len, GError **err)
{
    struct pc *pc = opaque;
    return rom_load(name, pc->cfg.firmware_dirs, OPTION_ROM_MAX, len, err);
}

void pc_firmware_free(struct pc *pc)
{
    boot_images_free(pc->images);
    g_free(pc->bios);
}

/* --- CMOS ------------------------------------------------------------------------------------ */

static void cmos_put(struct pc *pc, unsigned index, uint64_t value, unsigned bytes)
{
    for (unsigned i = 0; i < bytes; i++) {
        cmos_set(pc->rtc, index + i, (uint8_t)(value >> (8 * i)));
    }
}

static void describe_memory(struct pc *pc)
{
    uint64_t kib = pc->ram_below_4g / 1024;

    cmos_put(pc, CMOS_BASE_KIB, 640, 2);
    cmos_put(pc, CMOS_EXT_KIB, MIN(kib - 1024, 0xfc00), 2);
    cmos_put(pc, CMOS_EXT2_KIB, MIN(kib - 1024, 0xfc00), 2);
    cmos_put(pc, CMOS_EXT_64KIB, kib > 16 * 1024 ? MIN((kib - 16 * 1024) / 64, 0xffff) : 0, 2);
    cmos_put(pc, CMOS_HIGH_64KIB, pc->ram_above_4g / KIB(64), 3);
    cmos_put(pc, CMOS_CPUS, pc->cfg.cpus - 1, 1);
}

static void describe_floppies(struct pc *pc)
{
    uint8_t a = pc->fdc ? fdc_cmos_type(pc->fdc, 0) : 0,
            b = pc->fdc ? fdc_cmos_type(pc->fdc, 1) : 0;
    unsigned n = (a ? 1u : 0) + (b ? 1u : 0);

    cmos_put(pc, CMOS_FLOPPY, (uint64_t)a << 4 | b, 1);
    /* Coprocessor, PS/2 mouse; number of floppy drives - 1 in bits 7-6, if any. */
    uint8_t equipment = 0x02 | (pc->i8042 ? 0x04 : 0);
    cmos_put(pc, CMOS_EQUIPMENT, n ? equipment | 1u | (n - 1) << 6 : equipment, 1);
}

/* Type 47 disks and their geometry; LBA translation where CHS alone is too small. */
static void describe_disks(struct pc *pc)
{
    struct ide_geometry g;
    unsigned types = 0, translation = 0;

    for (unsigned unit = 0; unit < 4; unit++) {
        if (!ide_disk_geometry(pc->ide, unit, &g)) {
            continue;
        }
        bool small = g.cylinders <= 1024 && g.heads <= 16 && g.sectors <= 63;
        translation |= (small ? 0u : 1u) << (unit * 2);
        if (unit < 2) {
            types |= unit == 0 ? 0xf0u : 0x0fu;
            cmos_put(pc, CMOS_DISK0_TYPE + unit, 47, 1);
            unsigned at = CMOS_DISK0 + unit * 9;
            cmos_put(pc, at, g.cylinders, 2);
            cmos_put(pc, at + 2, g.heads, 1);
            cmos_put(pc, at + 3, 0xffff, 2); /* no write precompensation */
            cmos_put(pc, at + 5, 0xc0 | (g.heads > 8 ? 8u : 0), 1);
            cmos_put(pc, at + 6, g.cylinders, 2);
            cmos_put(pc, at + 8, g.sectors, 1);
        }
    }
    cmos_put(pc, CMOS_DISKS, types, 1);
    cmos_put(pc, CMOS_TRANSLATION, translation, 1);
}

static unsigned boot_nibble(char letter)
{
    switch (letter) {
    case 'a':
    case 'b': return 1;
    case 'c': return 2;
    case 'd': return 3;
    case 'n': return 4;
    default: return 0;
    }
}

static bool check_boot_order(const char *order, const char *key, GError **err)
{
    for (const char *s = order; s && *s; s++) {
        if (!boot_nibble(*s)) {
            g_set_error(err, EMU_ERROR, EMU_ERROR_CONFIG,
                        "-boot %s=%s: there is no '%c'; use a (floppy), c (disk), d (CD-ROM), "
                        "n (network)",
                        key, order, *s);
            return false;
        }
    }
    return true;
}

static void describe_boot_order(struct pc *pc, const char *order)
{
    unsigned n[3] = { 0 };

    for (unsigned i = 0; i < 3 && order[i]; i++) {
        n[i] = boot_nibble(order[i]);
    }
    cmos_put(pc, CMOS_BOOT12, n[1] << 4 | n[0], 1);
    /* Bit 0 would skip the check of a floppy's boot signature. */
    cmos_put(pc, CMOS_BOOT3, n[2] << 4, 1);
}

void pc_firmware_reset(struct pc *pc)
{
    const char *order = pc->cfg.boot_order ? pc->cfg.boot_order : "cad";

    if (pc->cfg.boot_once && !pc->booted_once) {
        order = pc->cfg.boot_once;
    }
    if (!pc->booted_once) {
        /* Not earlier: -device adds drives after the board was made. */
        describe_floppies(pc);
        describe_disks(pc);
    }
    pc->booted_once = true;
    describe_boot_order(pc, order);
    /* Shutdown status: a cold start, whatever the guest had left there. */
    cmos_put(pc, 0x0f, 0, 1);
}

/* --- fw_cfg ---------------------------------------------------------------------------------- */

static void put_le(uint8_t *p, uint64_t v, unsigned bytes)
{
    for (unsigned i = 0; i < bytes; i++) {
        p[i] = (uint8_t)(v >> (8 * i));
    }
}

static bool add_le_file(struct pc *pc, const char *name, uint64_t v, unsigned bytes, GError **err)
{
    uint8_t data[8];
    put_le(data, v, bytes);
    return fw_cfg_add_file(pc->fw_cfg, name, data, bytes, err);
}

/* etc/e820: {address, length, type} of 20 bytes; 1 is RAM. */
static bool add_e820(struct pc *pc, GError **err)
{
    uint8_t map[2 * 20];
    unsigned n = 1;

    put_le(map, 0, 8);
    put_le(map + 8, pc->ram_below_4g, 8);
    put_le(map + 16, 1, 4);
    if (pc->ram_above_4g) {
        put_le(map + 20, GIB(4), 8);
        put_le(map + 28, pc->ram_above_4g, 8);
        put_le(map + 36, 1, 4);
        n = 2;
    }
    return fw_cfg_add_file(pc->fw_cfg, "etc/e820", map, n * 20, err);
}

static bool add_splash(struct pc *pc, GError **err)
{
    const char *file = pc->cfg.boot_splash;
    size_t len;

    if (!file) {
        return true;
    }
    g_autofree char *path = rom_find(file, pc->cfg.firmware_dirs, err);
    g_autofree uint8_t *data = path ? rom_read(path, MIB(16), &len, err) : NULL;
    if (!data) {
        g_prefix_error(err, "-boot splash=%s: ", file);
        return false;
    }
    bool bmp = len > 2 && data[0] == 'B' && data[1] == 'M';
    return fw_cfg_add_file(pc->fw_cfg, bmp ? "bootsplash.bmp" : "bootsplash.jpg", data, len, err);
}

static bool add_boot_options(struct pc *pc, GError **err)
{
    const struct pc_config *c = &pc->cfg;

    if (!check_boot_order(c->boot_order, "order", err) ||
        !check_boot_order(c->boot_once, "once", err) || !add_splash(pc, err)) {
        return false;
    }
    fw_cfg_add_u16(pc->fw_cfg, FW_CFG_BOOT_MENU, c->boot_menu);
    if (c->splash_time_ms >= 0 &&
        !add_le_file(pc, "etc/boot-menu-wait", (uint64_t)MIN(c->splash_time_ms, 65535), 2, err)) {
        return false;
    }
    /* Without -boot reboot-timeout the firmware waits for ever. */
    uint64_t fail =
        c->reboot_timeout_ms >= 0 ? (uint64_t)MIN(c->reboot_timeout_ms, 65535) : UINT32_MAX;
    if (!add_le_file(pc, "etc/boot-fail-wait", fail, 4, err)) {
        return false;
    }
    return !c->sercon || add_le_file(pc, "etc/sercon-port", 0x3f8, 2, err);
}

static bool add_numbers(struct pc *pc, GError **err)
{
    const struct pc_config *c = &pc->cfg;
    /* No S3, no S4; values of SLP_TYP as in the DSDT. Bit 7: supported. */
    static const uint8_t states[6] = { 0x80, 0, 0, 1, 2, 0x80 };
    g_autofree uint8_t *numa = g_malloc0((1 + c->cpus) * 8);

    fw_cfg_add(pc->fw_cfg, FW_CFG_UUID, c->uuid, sizeof(c->uuid));
    fw_cfg_add_u64(pc->fw_cfg, FW_CFG_RAM_SIZE, c->ram_size);
    fw_cfg_add_u16(pc->fw_cfg, FW_CFG_NOGRAPHIC, c->sercon);
    fw_cfg_add_u16(pc->fw_cfg, FW_CFG_NB_CPUS, (uint16_t)c->cpus);
    fw_cfg_add_u16(pc->fw_cfg, FW_CFG_MAX_CPUS, (uint16_t)c->cpus);
    fw_cfg_add_u32(pc->fw_cfg, FW_CFG_IRQ0_OVERRIDE, 1);
    fw_cfg_add(pc->fw_cfg, FW_CFG_NUMA, numa, (1 + c->cpus) * 8);
    return add_e820(pc, err) &&
           fw_cfg_add_file(pc->fw_cfg, "etc/system-states", states, sizeof(states), err) &&
           add_le_file(pc, "etc/max-cpus", c->cpus, 2, err);
}

static bool add_acpi(struct pc *pc, GError **err)
{
    const struct pc_config *c = &pc->cfg;
    struct acpi_config a = {
        .cpus = c->cpus,
        .hpet = c->hpet,
        .i8042 = c->i8042,
        .floppy = pc->fdc != NULL,
        .pci_hole = pc->ram_below_4g,
        .pci_hole_end = PCI_HOLE_END,
        .pci_hole64 = GIB(4) + pc->ram_above_4g,
        .phys_bits = c->model && c->model->phys_bits ? c->model->phys_bits : 40,
    };

    if (!c->acpi) {
        return true;
    }
    struct acpi_blobs b;
    acpi_tables_build(&a, &b);
    bool ok = fw_cfg_add_file(pc->fw_cfg, ACPI_FILE_TABLES, b.tables->data, b.tables->len, err) &&
              fw_cfg_add_file(pc->fw_cfg, ACPI_FILE_RSDP, b.rsdp->data, b.rsdp->len, err) &&
              fw_cfg_add_file(pc->fw_cfg, ACPI_FILE_LOADER, b.loader->data, b.loader->len, err);
    acpi_blobs_free(&b);
    return ok;
}

static bool add_smbios(struct pc *pc, GError **err)
{
    const struct pc_config *c = &pc->cfg;
    struct smbios_config s = {
        .ram_size = c->ram_size,
        .ram_below_4g = pc->ram_below_4g,
        .cpus = c->cpus,
        .cores = c->topology ? c->topology->cores : 1,
        .threads = c->topology ? c->topology->threads : 1,
        .cpu_signature = c->model ? c->model->signature : 0,
        .cpu_brand = c->model ? c->model->brand : NULL,
        .uuid = c->uuid_set ? c->uuid : NULL,
        .options = c->smbios,
    };
    struct smbios_blobs b;

    if (!smbios_build(&s, &b, err)) {
        return false;
    }
    bool ok =
        fw_cfg_add_file(pc->fw_cfg, "etc/smbios/smbios-tables", b.tables->data, b.tables->len,
                        err) &&
        fw_cfg_add_file(pc->fw_cfg, "etc/smbios/smbios-anchor", b.anchor, sizeof(b.anchor), err);
    g_byte_array_unref(b.tables);
    return ok;
}

static bool add_kernel(struct pc *pc, GError **err)
{
    const struct pc_config *c = &pc->cfg;
    struct boot_config b = {
        .kernel = c->kernel,
        .initrd = c->initrd,
        .append = c->append,
        .firmware_dirs = c->firmware_dirs,
        .ram_below_4g = pc->ram_below_4g,
        .ram_above_4g = pc->ram_above_4g,
        .other_firmware = c->bios != NULL,
    };

    if (!c->kernel) {
        const char *option = c->initrd ? "-initrd" : c->append ? "-append" : NULL;
        if (option) {
            g_set_error(err, EMU_ERROR, EMU_ERROR_CONFIG, "%s needs -kernel", option);
        }
        return !option;
    }
    pc->images = boot_images_load(&b, pc->fw_cfg, err);
    return pc->images != NULL;
}

static gint by_rank(gconstpointer a, gconstpointer b)
{
    const struct drive *x = *(struct drive *const *)a, *y = *(struct drive *const *)b;
    return (x->boot_rank > y->boot_rank) - (x->boot_rank < y->boot_rank);
}

bool pc_boot_order(struct pc *pc, GError **err)
{
    g_autoptr(GString) order = g_string_new(NULL);
    g_autoptr(GPtrArray) drives = g_ptr_array_new();

    if (pc->images) {
        g_string_append_printf(order, "/rom@%s\n", boot_images_rom(pc->images));
    }
    for (guint i = 0; pc->cfg.drives && i < pc->cfg.drives->len; i++) {
        struct drive *d = g_ptr_array_index(pc->cfg.drives, i);
        if (d->boot_rank > 0 && d->attached) {
            g_ptr_array_add(drives, d);
        }
    }
    g_ptr_array_sort(drives, by_rank);
    for (guint i = 0; i < drives->len; i++) {
        const struct drive *d = g_ptr_array_index(drives, i);
        g_string_append_printf(order, "%s\n", d->boot_path);
    }
    /* strict: nothing else; without an order there is nothing to be strict about. */
    if (pc->cfg.boot_strict && order->len > 0) {
        g_string_append(order, "HALT\n");
    }
    /* The string's terminating zero is part of the file. */
    return order->len == 0 ||
           fw_cfg_add_file(pc->fw_cfg, "bootorder", order->str, order->len + 1, err);
}

bool pc_firmware_describe(struct pc *pc, GError **err)
{
    describe_memory(pc);
    if (!add_numbers(pc, err) || !add_boot_options(pc, err) || !add_acpi(pc, err) ||
        !add_smbios(pc, err) || !add_kernel(pc, err)) {
        return false;
    }
    for (guint i = 0; pc->cfg.fw_cfg && i < pc->cfg.fw_cfg->len; i++) {
        if (!fw_cfg_add_option(pc->fw_cfg, g_ptr_array_index(pc->cfg.fw_cfg, i), err)) {
            return false;
        }
    }
    return true;
}
