/* SPDX-License-Identifier: MIT */
/*
 * -kernel: what kind of image it is, and the boot table for our ROM (optionrom/emu-boot.asm), which
 * loads the pieces after the firmware is done and starts the kernel.
 */
#include "hw/pc/boot_internal.h"

#include <stdarg.h>
#include <string.h>
#include <zlib.h>

#include "core/device.h"
#include "hw/pc/firmware.h"

#define BOOT_ROM      "emu-boot.bin"
#define BOOT_ROM_FILE "genroms/" BOOT_ROM
#define ROM_MAX       KIB(32)
#define KERNEL_MAX    GIB(2)

bool boot_error(const struct boot_images *b, GError **err, const char *fmt, ...)
{
    va_list args;
    va_start(args, fmt);
    g_autofree char *text = g_strdup_vprintf(fmt, args);
    va_end(args);
    g_set_error(err, EMU_ERROR, EMU_ERROR_CONFIG, "-kernel %s: %s", b->cfg->kernel, text);
    return false;
}

uint8_t *boot_read(const char *option, const char *file, size_t *len, GError **err)
{
    uint8_t *data = rom_read(file, KERNEL_MAX, len, err);
    if (!data) {
        g_prefix_error(err, "%s: ", option);
    }
    return data;
}

uint64_t boot_memory_end(const struct boot_images *b)
{
    uint64_t ram = b->cfg->ram_below_4g;
    return ram > MIB(1) + BOOT_TOP_RESERVE ? ram - BOOT_TOP_RESERVE : MIB(1);
}

bool boot_range_ok(const struct boot_images *b, uint64_t addr, uint64_t len)
{
    uint64_t end;
    if (add_overflow_u64(addr, len, &end)) {
        return false;
    }
    return (addr >= BOOT_LOW_START && end <= BOOT_LOW_END) ||
           (addr >= MIB(1) && end <= boot_memory_end(b));
}

void boot_add_piece(struct boot_images *b, uint32_t key, uint32_t addr, uint32_t bytes,
                    uint32_t memory)
{
    struct boot_piece p = { key, addr, bytes, memory };
    g_array_append_val(b->pieces, p);
}

/* --- compressed kernels ---------------------------------------------------------------------- */

/* Xen and others come gzipped, which boot loaders undo. */
static bool gunzip(struct boot_images *b, GError **err)
{
    z_stream z = { 0 };
    g_autoptr(GByteArray) out = g_byte_array_new();
    uint64_t limit = boot_memory_end(b);
    int ret;

    if (b->kernel_len < 2 || b->kernel[0] != 0x1f || b->kernel[1] != 0x8b) {
        return true;
    }
    if (inflateInit2(&z, 16 + MAX_WBITS) != Z_OK) {
        return boot_error(b, err, "no memory to unpack it");
    }
    z.next_in = b->kernel;
    z.avail_in = (uInt)b->kernel_len;
    do {
        uint8_t chunk[65536];
        z.next_out = chunk;
        z.avail_out = sizeof(chunk);
        ret = inflate(&z, Z_NO_FLUSH);
        g_byte_array_append(out, chunk, (guint)(sizeof(chunk) - z.avail_out));
    } while (ret == Z_OK && out->len <= limit);
    inflateEnd(&z);
    if (ret != Z_STREAM_END) {
        return boot_error(b, err,
                          ret == Z_OK ? "it unpacks to more than the guest's memory (-m)"
                                      : "the gzip data are damaged or cut off");
    }
    g_free(b->kernel);
    b->kernel_len = out->len;
    b->kernel = g_byte_array_free(g_steal_pointer(&out), FALSE);
    return true;
}

/* --- the table ------------------------------------------------------------------------------- */

static bool add_table(struct boot_images *b, GError **err)
{
    static const size_t header = 36, each = 16;
    size_t len = header + b->pieces->len * each;
    const uint32_t words[8] = {
        b->kind, b->entry, b->eax, b->ebx, BOOT_MMAP, b->mmap_kind, b->info, b->pieces->len,
    };

    if (b->pieces->len > BOOT_PIECES_MAX) {
        return boot_error(b, err, "it has %u segments, at most %u can be loaded", b->pieces->len,
                          BOOT_PIECES_MAX);
    }
    g_autofree uint8_t *table = g_malloc0(len);
    memcpy(table, "EMUB", 4);
    for (unsigned i = 0; i < ARRAY_LEN(words); i++) {
        boot_put(table + 4 + 4 * i, words[i], 4);
    }
    for (guint i = 0; i < b->pieces->len; i++) {
        const struct boot_piece *p = &g_array_index(b->pieces, struct boot_piece, i);
        uint8_t *e = table + header + i * each;
        boot_put(e, p->key, 4);
        boot_put(e + 4, p->addr, 4);
        boot_put(e + 8, p->bytes, 4);
        boot_put(e + 12, p->memory, 4);
    }
    fw_cfg_add(b->fw_cfg, FW_CFG_BOOT_TABLE, table, len);
    return true;
}

static void fix_checksum(uint8_t *p, size_t len, size_t at)
{
    uint8_t sum = 0;
    p[at] = 0;
    for (size_t i = 0; i < len; i++) {
        sum = (uint8_t)(sum + p[i]);
    }
    p[at] = (uint8_t)-sum;
}

/* The assembler cannot add up: the PnP header's checksum and the ROM's, in its last byte. */
static bool add_rom(struct boot_images *b, GError **err)
{
    size_t len;
    g_autofree uint8_t *rom = rom_load(BOOT_ROM, b->cfg->firmware_dirs, ROM_MAX, &len, err);

    if (!rom) {
        g_prefix_error(err, "-kernel: the boot ROM that comes with emu is missing: ");
        return false;
    }
    size_t pnp = len >= 512 ? boot_get16(rom + 0x1a) : len;
    if (len % 512 || rom[2] * 512u != len || pnp + 32 > len || memcmp(rom + pnp, "$PnP", 4) != 0) {
        return boot_error(b, err, "the boot ROM " BOOT_ROM " is damaged");
    }
    fix_checksum(rom + pnp, 32, 9);
    fix_checksum(rom, len, len - 1);
    return fw_cfg_add_file(b->fw_cfg, BOOT_ROM_FILE, rom, len, err);
}

/* --- kinds ----------------------------------------------------------------------------------- */

static bool is_pe(const struct boot_images *b)
{
    if (b->kernel_len < 0x40 || memcmp(b->kernel, "MZ", 2) != 0) {
        return false;
    }
    uint32_t at = boot_get32(b->kernel + 0x3c);
    return at <= b->kernel_len - 4 && memcmp(b->kernel + at, "PE\0\0", 4) == 0;
}

/* A UEFI program: OVMF loads it from the same items as a kernel; no ROM of ours is needed. */
static bool boot_pe(struct boot_images *b, GError **err)
{
    const char *append = b->cfg->append ? b->cfg->append : "";

    if (!b->cfg->other_firmware) {
        return boot_error(b, err, "this is a UEFI program; give -bios OVMF.fd with it");
    }
    if (b->cfg->initrd) {
        size_t len;
        g_autofree uint8_t *data = boot_read("-initrd", b->cfg->initrd, &len, err);
        if (!data) {
            return false;
        }
        g_byte_array_append(b->modules, data, (guint)len);
        fw_cfg_add_u32(b->fw_cfg, FW_CFG_INITRD_SIZE, (uint32_t)len);
        fw_cfg_add_ref(b->fw_cfg, FW_CFG_INITRD_DATA, b->modules->data, b->modules->len);
    }
    fw_cfg_add_u32(b->fw_cfg, FW_CFG_SETUP_SIZE, 0);
    fw_cfg_add_u32(b->fw_cfg, FW_CFG_KERNEL_SIZE, (uint32_t)b->kernel_len);
    fw_cfg_add_ref(b->fw_cfg, FW_CFG_KERNEL_DATA, b->kernel, b->kernel_len);
    fw_cfg_add_u32(b->fw_cfg, FW_CFG_CMDLINE_SIZE, (uint32_t)strlen(append) + 1);
    fw_cfg_add(b->fw_cfg, FW_CFG_CMDLINE_DATA, append, strlen(append) + 1);
    return true;
}

static bool load(struct boot_images *b, GError **err)
{
    b->kernel = boot_read("-kernel", b->cfg->kernel, &b->kernel_len, err);
    if (!b->kernel || !gunzip(b, err)) {
        return false;
    }
    bool ok;
    if (boot_linux_found(b)) {
        ok = boot_linux(b, err);
    } else if (boot_multiboot_found(b)) {
        ok = boot_multiboot(b, err);
    } else if (boot_is_elf(b->kernel, b->kernel_len)) {
        ok = boot_elf(b, err);
    } else if (is_pe(b)) {
        return boot_pe(b, err);
    } else {
        return boot_error(b, err, "this is no Linux kernel (bzImage), multiboot or ELF kernel");
    }
    return ok && add_table(b, err) && add_rom(b, err);
}

struct boot_images *boot_images_load(const struct boot_config *c, struct fw_cfg *f, GError **err)
{
    struct boot_images *b = g_new0(struct boot_images, 1);

    b->cfg = c;
    b->fw_cfg = f;
    b->modules = g_byte_array_new();
    b->pieces = g_array_new(FALSE, FALSE, sizeof(struct boot_piece));
    bool ok = load(b, err);
    b->cfg = NULL;
    if (!ok) {
        boot_images_free(b);
        return NULL;
    }
    return b;
}

void boot_images_free(struct boot_images *b)
{
    if (b) {
        g_free(b->kernel);
        g_byte_array_unref(b->modules);
        g_array_unref(b->pieces);
        g_free(b);
    }
}

const char *boot_images_rom(const struct boot_images *b)
{
    (void)b;
    return BOOT_ROM_FILE;
}
