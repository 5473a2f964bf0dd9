/* SPDX-License-Identifier: MIT */
/*
 * ACPI tables, as files of fw_cfg with the script by which the firmware places and links them
 * (QEMU's table loader interface).
 */
#ifndef HW_PC_ACPI_TABLES_H
#define HW_PC_ACPI_TABLES_H

#include <glib.h>

#include "core/types.h"

#define ACPI_FILE_TABLES "etc/acpi/tables"
#define ACPI_FILE_RSDP   "etc/acpi/rsdp"
#define ACPI_FILE_LOADER "etc/table-loader"

struct acpi_config {
    unsigned cpus; /* APIC ids 0..cpus-1 */
    bool hpet, i8042, floppy;
    uint64_t pci_hole, pci_hole_end; /* 32-bit window of the host bridge */
    uint64_t pci_hole64;             /* the 64-bit one begins here or later */
    unsigned phys_bits;
};

struct acpi_blobs {
    GByteArray *tables, *rsdp, *loader;
};

void acpi_tables_build(const struct acpi_config *c, struct acpi_blobs *out);
void acpi_blobs_free(struct acpi_blobs *b);

#endif
