/* SPDX-License-Identifier: MIT */
/*
 * Firmware files: found in the folders of -L, beside the program, and where distributions put them.
 */
#ifndef HW_PC_FIRMWARE_H
#define HW_PC_FIRMWARE_H

#include <glib.h>

#include "core/types.h"

/* The path of a firmware file, g_free. `name` with a slash is a path of its own. NULL and an error
 * that names the Debian package which holds it. dirs: of char *, searched first; may be NULL. */
char *rom_find(const char *name, const GPtrArray *dirs, GError **err);
/* Contents of a file of 1..max bytes, g_free. The error names the path. */
uint8_t *rom_read(const char *path, size_t max, size_t *len, GError **err);
/* Both in one. */
uint8_t *rom_load(const char *name, const GPtrArray *dirs, size_t max, size_t *len, GError **err);

#endif
