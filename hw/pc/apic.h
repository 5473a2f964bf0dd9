/* SPDX-License-Identifier: MIT */
/*
 * What travels between interrupt sources (I/O APIC, MSI, local APICs) and the local APICs.
 * Intel SDM vol. 3, 11.6 (ICR) and 11.11 (message address and data).
 */
#ifndef HW_PC_APIC_H
#define HW_PC_APIC_H

#include "core/types.h"

enum apic_mode {
    APIC_FIXED = 0,
    APIC_LOWEST = 1,
    APIC_SMI = 2,
    APIC_NMI = 4,
    APIC_INIT = 5,
    APIC_SIPI = 6,
    APIC_EXTINT = 7,
};

struct apic_msg {
    uint32_t dest;
    bool logical; /* dest is a logical destination */
    uint8_t mode; /* enum apic_mode */
    uint8_t vector;
    bool level; /* level-triggered */
};

#define IOAPIC_PINS     24
#define IOAPIC_BASE     0xfec00000u
#define LAPIC_BASE      0xfee00000u
#define MSI_WINDOW_SIZE 0x100000u

#endif
