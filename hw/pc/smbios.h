/* SPDX-License-Identifier: MIT */
/*
 * SMBIOS 2.8 tables, for the firmware to place.
 */
#ifndef HW_PC_SMBIOS_H
#define HW_PC_SMBIOS_H

#include <glib.h>

#include "core/types.h"

struct smbios_config {
    uint64_t ram_size, ram_below_4g;
    unsigned cpus, cores, threads;
    uint32_t cpu_signature;   /* CPUID.1 EAX */
    const char *cpu_brand;    /* may be NULL */
    const uint8_t *uuid;      /* 16 bytes as printed; NULL: none */
    const GPtrArray *options; /* values of -smbios, of char *; may be NULL */
};

struct smbios_blobs {
    GByteArray *tables;
    uint8_t anchor[31]; /* the firmware fills in address and checksums */
};

/* Errors name the option. */
bool smbios_build(const struct smbios_config *c, struct smbios_blobs *out, GError **err);

#endif
