/* SPDX-License-Identifier: MIT */
/*
 * ELF kernels: the loadable segments of ELF32 and ELF64 files, and Xen's PVH entry (a note
 * XEN_ELFNOTE_PHYS32_ENTRY; xen/include/public/arch-x86/hvm/start_info.h), which Linux' vmlinux
 * has. An ELF32 file without the note is entered at its entry point in the same state.
 */
#include <string.h>

#include "core/device.h"
#include "core/log.h"
#include "hw/pc/boot_internal.h"

enum { ET_EXEC = 2, ET_DYN = 3, EM_386 = 3, EM_X86_64 = 62, PT_LOAD = 1, PT_NOTE = 4 };
#define XEN_ELFNOTE_PHYS32_ENTRY 18u

#define PVH_MAGIC       0x336ec578u
#define PVH_INFO_SIZE   56u
#define PVH_MODULE_SIZE 32u

/* Field offsets of the two classes. */
struct elf_layout {
    unsigned entry, phoff, phentsize, phnum, header;
    unsigned p_offset, p_vaddr, p_paddr, p_filesz, p_memsz, ph;
    unsigned word;
};
static const struct elf_layout layouts[2] = {
    { 24, 28, 42, 44, 52, 4, 8, 12, 16, 20, 32, 4 },
    { 24, 32, 54, 56, 64, 8, 16, 24, 32, 40, 56, 8 },
};

static uint64_t word(const struct elf_layout *l, const uint8_t *p)
{
    return l->word == 8 ? boot_get64(p) : boot_get32(p);
}

bool boot_is_elf(const uint8_t *data, size_t len)
{
    return len >= 52 && memcmp(data, "\177ELF", 4) == 0;
}

/* Notes: {name size, descriptor size, type}, name, descriptor, each padded to 4 bytes. */
static void find_pvh_note(struct boot_elf *elf, const uint8_t *p, uint64_t len)
{
    while (len >= 12) {
        uint64_t name = boot_get32(p), desc = boot_get32(p + 4);
        uint64_t name_room = (name + 3) & ~3ull, desc_room = (desc + 3) & ~3ull;
        uint32_t type = boot_get32(p + 8);
        if (name_room > len - 12 || desc_room > len - 12 - name_room) {
            return;
        }
        if (type == XEN_ELFNOTE_PHYS32_ENTRY && name == 4 && memcmp(p + 12, "Xen", 4) == 0 &&
            desc >= 4) {
            elf->has_pvh = true;
            elf->pvh_entry = boot_get32(p + 12 + name_room);
        }
        p += 12 + name_room + desc_room;
        len -= 12 + name_room + desc_room;
    }
}

static bool add_segment(const struct boot_images *b, struct boot_elf *elf,
                        const struct elf_layout *l, const uint8_t *ph, uint64_t *entry,
                        GError **err)
{
    struct boot_segment s = {
        .offset = word(l, ph + l->p_offset),
        .bytes = word(l, ph + l->p_filesz),
        .addr = word(l, ph + l->p_paddr),
        .memory = word(l, ph + l->p_memsz),
    };
    uint64_t vaddr = word(l, ph + l->p_vaddr), raw = word(l, b->kernel + l->entry);

    if (s.memory == 0) {
        return true;
    }
    if (s.bytes > s.memory || !boot_range_ok(b, s.addr, s.memory)) {
        return boot_error(b, err,
                          "a segment of 0x%" G_GINT64_MODIFIER
                          "x bytes for address 0x%" G_GINT64_MODIFIER
                          "x does not fit into the guest's memory (-m)",
                          s.memory, s.addr);
    }
    /* The entry point is a virtual address. */
    if (raw >= vaddr && raw - vaddr < s.memory) {
        *entry = raw - vaddr + s.addr;
    }
    elf->low = MIN(elf->low, s.addr);
    elf->high = MAX(elf->high, s.addr + s.memory);
    g_array_append_val(elf->segments, s);
    return true;
}

static bool parse_headers(const struct boot_images *b, struct boot_elf *elf,
                          const struct elf_layout *l, GError **err)
{
    const uint8_t *k = b->kernel;
    uint64_t at = word(l, k + l->phoff), entry = word(l, k + l->entry);
    unsigned each = boot_get16(k + l->phentsize), n = boot_get16(k + l->phnum);

    if (each < l->ph || at > b->kernel_len || (uint64_t)each * n > b->kernel_len - at) {
        return boot_error(b, err, "the file is cut off before the end of its program headers");
    }
    for (unsigned i = 0; i < n; i++) {
        const uint8_t *ph = k + at + (size_t)i * each;
        uint32_t type = boot_get32(ph);
        uint64_t offset = word(l, ph + l->p_offset), bytes = word(l, ph + l->p_filesz);
        if (type != PT_LOAD && type != PT_NOTE) {
            continue;
        }
        if (offset > b->kernel_len || bytes > b->kernel_len - offset) {
            return boot_error(b, err, "the file is cut off: %zu bytes, segment %u ends after that",
                              b->kernel_len, i);
        }
        if (type == PT_NOTE) {
            find_pvh_note(elf, k + offset, bytes);
        } else if (!add_segment(b, elf, l, ph, &entry, err)) {
            return false;
        }
    }
    if (elf->segments->len == 0) {
        return boot_error(b, err, "this ELF file has nothing to load");
    }
    if (entry > UINT32_MAX) {
        return boot_error(b, err, "the entry point lies above 4 GiB");
    }
    elf->entry = (uint32_t)entry;
    return true;
}

bool boot_elf_parse(const struct boot_images *b, struct boot_elf *elf, GError **err)
{
    const uint8_t *k = b->kernel;

    memset(elf, 0, sizeof(*elf));
    elf->low = UINT64_MAX;
    elf->segments = g_array_new(FALSE, FALSE, sizeof(struct boot_segment));
    elf->is64 = k[4] == 2;
    const struct elf_layout *l = &layouts[elf->is64];
    unsigned type = boot_get16(k + 16), machine = boot_get16(k + 18);
    if (k[4] < 1 || k[4] > 2 || k[5] != 1 || b->kernel_len < l->header ||
        (machine != EM_386 && machine != EM_X86_64)) {
        return boot_error(b, err, "this ELF file is not for x86");
    }
    if (type != ET_EXEC && type != ET_DYN) {
        return boot_error(b, err, "this ELF file is no program (an object file or a core dump)");
    }
    return parse_headers(b, elf, l, err);
}

bool boot_add_segments(struct boot_images *b, const GArray *segments, const GByteArray *info,
                       GError **err)
{
    GByteArray *packed = g_byte_array_new();
    uint32_t key = FW_CFG_KERNEL_DATA;

    for (guint i = 0; i < segments->len; i++) {
        const struct boot_segment *s = &g_array_index(segments, struct boot_segment, i);
        g_byte_array_append(packed, b->kernel + s->offset, (guint)s->bytes);
        boot_add_piece(b, key, (uint32_t)s->addr, (uint32_t)s->bytes, (uint32_t)s->memory);
        key = 0;
    }
    g_byte_array_append(packed, info->data, info->len);
    boot_add_piece(b, key, BOOT_INFO, info->len, info->len);
    bool fits = info->len <= BOOT_INFO_END - BOOT_INFO;
    if (!fits) {
        boot_error(b, err, "-append and the modules' arguments are too long (%u bytes)", info->len);
    }
    g_free(b->kernel);
    b->kernel_len = packed->len;
    b->kernel = g_byte_array_free(packed, FALSE);
    fw_cfg_add_u32(b->fw_cfg, FW_CFG_KERNEL_SIZE, (uint32_t)b->kernel_len);
    fw_cfg_add_ref(b->fw_cfg, FW_CFG_KERNEL_DATA, b->kernel, b->kernel_len);
    if (b->modules->len) {
        fw_cfg_add_u32(b->fw_cfg, FW_CFG_INITRD_SIZE, b->modules->len);
        fw_cfg_add_ref(b->fw_cfg, FW_CFG_INITRD_DATA, b->modules->data, b->modules->len);
    }
    return fits;
}

/* --- PVH ------------------------------------------------------------------------------------- */

static bool add_pvh_module(struct boot_images *b, const struct boot_elf *elf, GByteArray *info,
                           GError **err)
{
    uint8_t module[PVH_MODULE_SIZE] = { 0 };
    size_t len;

    if (!b->cfg->initrd) {
        return true;
    }
    g_autofree uint8_t *data = boot_read("-initrd", b->cfg->initrd, &len, err);
    if (!data) {
        return false;
    }
    uint64_t end = boot_memory_end(b), addr = end > len ? (end - len) & ~4095ull : 0;
    if (addr < elf->high || !boot_range_ok(b, addr, len)) {
        return boot_error(b, err,
                          "-initrd %s (%zu bytes) does not fit into the guest's memory (-m)",
                          b->cfg->initrd, len);
    }
    g_byte_array_append(b->modules, data, (guint)len);
    boot_put(module, addr, 8);
    boot_put(module + 8, len, 8);
    boot_put(info->data + 12, 1, 4);
    boot_put(info->data + 16, BOOT_INFO + info->len, 8);
    g_byte_array_append(info, module, sizeof(module));
    boot_add_piece(b, FW_CFG_INITRD_DATA, (uint32_t)addr, (uint32_t)len, (uint32_t)len);
    return true;
}

static bool build_pvh(struct boot_images *b, const struct boot_elf *elf, GError **err)
{
    g_autoptr(GByteArray) info = g_byte_array_new();
    const char *append = b->cfg->append ? b->cfg->append : "";

    g_byte_array_set_size(info, PVH_INFO_SIZE);
    memset(info->data, 0, PVH_INFO_SIZE);
    boot_put(info->data, PVH_MAGIC, 4);
    boot_put(info->data + 4, 1, 4);
    boot_put(info->data + 40, BOOT_MMAP, 8); /* the ROM counts the entries and finds the RSDP */
    if (!add_pvh_module(b, elf, info, err)) {
        return false;
    }
    boot_put(info->data + 24, BOOT_INFO + info->len, 8);
    g_byte_array_append(info, (const guint8 *)append, (guint)strlen(append) + 1);

    b->kind = BOOT_PROTECTED;
    b->entry = elf->has_pvh ? elf->pvh_entry : elf->entry;
    b->ebx = b->info = BOOT_INFO;
    b->mmap_kind = BOOT_MMAP_PVH;
    return boot_add_segments(b, elf->segments, info, err);
}

bool boot_elf(struct boot_images *b, GError **err)
{
    struct boot_elf elf;
    bool ok = boot_elf_parse(b, &elf, err);

    if (ok && elf.is64 && !elf.has_pvh) {
        ok = boot_error(b, err, "a 64-bit ELF kernel needs a PVH note or a multiboot header");
    }
    ok = ok && build_pvh(b, &elf, err);
    g_array_unref(elf.segments);
    return ok;
}
