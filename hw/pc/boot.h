/* SPDX-License-Identifier: MIT */
/*
 * -kernel: a kernel image is taken apart here and handed to an option ROM of ours through fw_cfg,
 * which loads it after the firmware has set the machine up.
 */
#ifndef HW_PC_BOOT_H
#define HW_PC_BOOT_H

#include <glib.h>

#include "core/types.h"

struct boot_images;
struct fw_cfg;

struct boot_config {
    const char *kernel, *initrd, *append; /* files; the last two may be NULL */
    const GPtrArray *firmware_dirs;
    uint64_t ram_below_4g, ram_above_4g;
    bool other_firmware; /* -bios was given: it may be OVMF */
};

/* Checks the images and adds them to fw_cfg. They are kept until boot_images_free, which comes
 * after the fw_cfg's end. Errors name the option and the file. */
struct boot_images *boot_images_load(const struct boot_config *c, struct fw_cfg *f, GError **err);
void boot_images_free(struct boot_images *b); /* NULL is fine */
/* The fw_cfg name of the option ROM that boots it ("genroms/..."). */
const char *boot_images_rom(const struct boot_images *b);

#endif
