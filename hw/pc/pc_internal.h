/* SPDX-License-Identifier: MIT */
/*
 * The board's parts, for pc.c and pc_firmware.c. Machine lock held.
 */
#ifndef HW_PC_PC_INTERNAL_H
#define HW_PC_PC_INTERNAL_H

#include "core/irq.h"
#include "hw/isa/isa.h"
#include "hw/pc/pc.h"

struct pc {
    struct pc_config cfg;
    /* Every device in order of creation. */
    struct device *first, *last;

    uint64_t ram_below_4g, ram_above_4g;
    struct mem_region *ram_low, *ram_high, *bios_region;
    uint8_t *bios;
    size_t bios_len;

    struct pci_bus *pci;
    struct isa_bus isa;
    uint8_t irq_sources[16]; /* who holds an ISA IRQ high: bits of enum pc_irq_source */

    struct lapic_set *lapic;
    struct ioapic *ioapic;
    struct pic8259 *pic;
    struct pit8254 *pit;
    struct hpet *hpet;
    struct cmos_rtc *rtc;
    struct dma8237 *dma;
    struct port92 *port92;
    struct cerr *cerr;
    struct i8042 *i8042;
    struct vmport *vmport;
    struct acpi_pm *acpi_pm;
    struct i440fx *i440fx;
    struct piix3 *piix3;
    struct fw_cfg *fw_cfg;
    struct device *ide, *fdc;
    struct boot_images *images; /* of -kernel */
    bool booted_once;           /* -boot once= is used up */
};

/* pc_firmware.c: what the firmware is told. After all chips exist. */
bool pc_firmware_load(struct pc *pc, GError **err); /* -bios into pc->bios */
bool pc_firmware_describe(struct pc *pc, GError **err);
void pc_firmware_reset(struct pc *pc); /* boot order */
void pc_firmware_free(struct pc *pc);
uint8_t *pc_load_rom(void *opaque, const char *name, size_t *len, GError **err);

#endif
