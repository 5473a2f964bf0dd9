/* SPDX-License-Identifier: MIT */
/*
 * Characters to HID usages (USB HID Usage Tables 1.12, page 7) of a US keyboard.
 */
#include <string.h>

#include "ui/keymap.h"

uint8_t keymap_from_char(uint32_t c, unsigned *mods)
{
    /* The keys from 1E on that have two characters; a space stands for a key without. */
    static const char plain[] = "1234567890     -=[]\\ ;'`,./";
    static const char shifted[] = "!@#$%^&*()     _+{}| :\"~<>?";
    switch (c) {
    case '\r':
    case '\n': return 0x28;
    case 0x1b: return 0x29;
    case 0x08:
    case 0x7f: return 0x2a;
    case '\t': return 0x2b;
    case ' ': return 0x2c;
    default: break;
    }
    if (c >= 'a' && c <= 'z') {
        return (uint8_t)(0x04 + (c - 'a'));
    }
    if (c >= 'A' && c <= 'Z') {
        *mods |= KEYMAP_SHIFT;
        return (uint8_t)(0x04 + (c - 'A'));
    }
    if (c >= 1 && c <= 26) {
        *mods |= KEYMAP_CTRL;
        return (uint8_t)(0x04 + (c - 1));
    }
    if (c == 0 || c >= 0x7f) {
        return 0;
    }
    const char *at = strchr(plain, (int)c);
    if (at) {
        return (uint8_t)(0x1e + (at - plain));
    }
    at = strchr(shifted, (int)c);
    if (at) {
        *mods |= KEYMAP_SHIFT;
        return (uint8_t)(0x1e + (at - shifted));
    }
    return 0;
}
