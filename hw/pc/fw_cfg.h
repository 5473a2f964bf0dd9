/* SPDX-License-Identifier: MIT */
/*
 * The firmware configuration device (QEMU's fw_cfg specification): ports 510h, 511h and DMA at
 * 514h. Numbered items and named files that the machine offers to its firmware. Machine lock held.
 * The instance begins with struct device.
 */
#ifndef HW_PC_FW_CFG_H
#define HW_PC_FW_CFG_H

#include <glib.h>

#include "core/device.h"
#include "core/ioport.h"
#include "core/physmem.h"

struct fw_cfg;

enum fw_cfg_key {
    FW_CFG_SIGNATURE = 0x00,
    FW_CFG_ID = 0x01,
    FW_CFG_UUID = 0x02,
    FW_CFG_RAM_SIZE = 0x03,
    FW_CFG_NOGRAPHIC = 0x04,
    FW_CFG_NB_CPUS = 0x05,
    FW_CFG_KERNEL_ADDR = 0x07,
    FW_CFG_KERNEL_SIZE = 0x08,
    FW_CFG_INITRD_ADDR = 0x0a,
    FW_CFG_INITRD_SIZE = 0x0b,
    FW_CFG_BOOT_DEVICE = 0x0c,
    FW_CFG_NUMA = 0x0d,
    FW_CFG_BOOT_MENU = 0x0e,
    FW_CFG_MAX_CPUS = 0x0f,
    FW_CFG_KERNEL_ENTRY = 0x10,
    FW_CFG_KERNEL_DATA = 0x11,
    FW_CFG_INITRD_DATA = 0x12,
    FW_CFG_CMDLINE_ADDR = 0x13,
    FW_CFG_CMDLINE_SIZE = 0x14,
    FW_CFG_CMDLINE_DATA = 0x15,
    FW_CFG_SETUP_ADDR = 0x16,
    FW_CFG_SETUP_SIZE = 0x17,
    FW_CFG_SETUP_DATA = 0x18,
    FW_CFG_FILE_DIR = 0x19,
    FW_CFG_FILE_FIRST = 0x20,
    FW_CFG_IRQ0_OVERRIDE = 0x8002,
};

#define FW_CFG_NAME_MAX  55
#define FW_CFG_FILES_MAX 256

struct fw_cfg *fw_cfg_new(struct ioport_space *io, struct physmem *mem, GError **err);

/* Numbered items. Data is copied, except by _ref, whose bytes outlive the device; a later one
 * replaces an earlier one. */
void fw_cfg_add(struct fw_cfg *f, uint16_t key, const void *data, size_t len);
void fw_cfg_add_ref(struct fw_cfg *f, uint16_t key, const void *data, size_t len);
void fw_cfg_add_u16(struct fw_cfg *f, uint16_t key, uint16_t v); /* little-endian */
void fw_cfg_add_u32(struct fw_cfg *f, uint16_t key, uint32_t v);
void fw_cfg_add_u64(struct fw_cfg *f, uint16_t key, uint64_t v);

/* Named files. Copied; a later one replaces an earlier one of the same name. False with an error
 * when the name is too long or there are too many. */
bool fw_cfg_add_file(struct fw_cfg *f, const char *name, const void *data, size_t len,
                     GError **err);
/* The guest may write it, within its length. */
bool fw_cfg_add_writable(struct fw_cfg *f, const char *name, const void *data, size_t len,
                         GError **err);
/* -fw_cfg name=NAME,file=FILE or name=NAME,string=TEXT */
bool fw_cfg_add_option(struct fw_cfg *f, const char *option, GError **err);

/* An item's bytes as the guest sees them now, NULL if there is none. */
const uint8_t *fw_cfg_item(const struct fw_cfg *f, uint16_t key, size_t *len);
const uint8_t *fw_cfg_file(const struct fw_cfg *f, const char *name, size_t *len);

extern const struct device_class fw_cfg_class;

#endif
