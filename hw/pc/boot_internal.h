/* SPDX-License-Identifier: MIT */
/*
 * Between boot.c and the kinds of kernel: boot_linux.c, boot_multiboot.c, boot_elf.c.
 */
#ifndef HW_PC_BOOT_INTERNAL_H
#define HW_PC_BOOT_INTERNAL_H

#include "hw/pc/boot.h"
#include "hw/pc/fw_cfg.h"

/* The boot table, as optionrom/emu-boot.asm reads it, is an item of our own. */
#define FW_CFG_BOOT_TABLE 0x800f
#define BOOT_PIECES_MAX   512u

/* Low memory that the ROM leaves to what it loads: the memory map, then boot information. */
#define BOOT_MMAP     0x8000u
#define BOOT_INFO     0x9000u
#define BOOT_INFO_END 0x10000u
/* Where kernels may lie below 1 MiB: above that and below the EBDA. */
#define BOOT_LOW_START 0x10000u
#define BOOT_LOW_END   0x90000u
/* SeaBIOS keeps its tables in the last part of low RAM. */
#define BOOT_TOP_RESERVE 0x50000u

enum boot_kind { BOOT_REAL_MODE = 0, BOOT_PROTECTED = 1 };
enum boot_mmap { BOOT_MMAP_NONE = 0, BOOT_MMAP_MULTIBOOT = 1, BOOT_MMAP_PVH = 2 };

struct boot_piece {
    uint32_t key; /* fw_cfg item; 0: goes on where the last piece ended */
    uint32_t addr;
    uint32_t bytes;
    uint32_t memory; /* incl. zeros after them; >= bytes */
};

struct boot_images {
    const struct boot_config *cfg; /* only while loading */
    struct fw_cfg *fw_cfg;
    uint8_t *kernel;
    size_t kernel_len;
    GByteArray *modules; /* INITRD_DATA */
    /* The boot table. */
    uint32_t kind, entry, eax, ebx, mmap_kind, info;
    GArray *pieces; /* of struct boot_piece */
};

static inline uint16_t boot_get16(const uint8_t *p)
{
    return (uint16_t)(p[0] | p[1] << 8);
}

static inline uint32_t boot_get32(const uint8_t *p)
{
    return boot_get16(p) | (uint32_t)boot_get16(p + 2) << 16;
}

static inline uint64_t boot_get64(const uint8_t *p)
{
    return boot_get32(p) | (uint64_t)boot_get32(p + 4) << 32;
}

static inline void boot_put(uint8_t *p, uint64_t v, unsigned bytes)
{
    for (unsigned i = 0; i < bytes; i++) {
        p[i] = (uint8_t)(v >> (8 * i));
    }
}

/* boot.c */
void boot_add_piece(struct boot_images *b, uint32_t key, uint32_t addr, uint32_t bytes,
                    uint32_t memory);
/* "-kernel FILE: ..." */
bool boot_error(const struct boot_images *b, GError **err, const char *fmt, ...) PRINTF_LIKE(3, 4);
uint8_t *boot_read(const char *option, const char *file, size_t *len, GError **err);
/* First byte after the memory that images may use. */
uint64_t boot_memory_end(const struct boot_images *b);
/* May [addr, addr + len) be loaded? */
bool boot_range_ok(const struct boot_images *b, uint64_t addr, uint64_t len);

/* A piece of an image file and where it goes. */
struct boot_segment {
    uint64_t offset, bytes, addr, memory;
};
struct boot_elf {
    bool is64;
    uint32_t entry; /* physical */
    bool has_pvh;
    uint32_t pvh_entry;
    uint64_t low, high; /* memory that the segments take */
    GArray *segments;   /* of struct boot_segment */
};
bool boot_is_elf(const uint8_t *data, size_t len);
/* boot_elf.c: checks everything against the file's length. The caller frees elf->segments. */
bool boot_elf_parse(const struct boot_images *b, struct boot_elf *elf, GError **err);
/* Adds the segments and `info` (at BOOT_INFO) as KERNEL_DATA. */
bool boot_add_segments(struct boot_images *b, const GArray *segments, const GByteArray *info,
                       GError **err);

bool boot_linux_found(const struct boot_images *b);
bool boot_linux(struct boot_images *b, GError **err);
bool boot_multiboot_found(const struct boot_images *b);
bool boot_multiboot(struct boot_images *b, GError **err);
bool boot_elf(struct boot_images *b, GError **err);

#endif
