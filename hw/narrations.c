/* SPDX-License-Identifier: MIT */
/*
 * The devices whose accesses can be told in words; each table is beside its device.
 */
#include "core/narrate.h"

extern const struct narration narrate_ide, narrate_pic, narrate_pit, narrate_rtc, narrate_kbd,
    narrate_vga, narrate_uart, narrate_lapic, narrate_ioapic, narrate_pci;

const struct narration *const narrations[] = {
    &narrate_ide, &narrate_ioapic, &narrate_kbd, &narrate_lapic, &narrate_pci, &narrate_pic,
    &narrate_pit, &narrate_rtc,    &narrate_uart, &narrate_vga,  NULL,
};
