/* SPDX-License-Identifier: MIT */
/*
 * What the loadable module `dw` gives to symbols: line numbers (libdw) and demangled names.
 */
#ifndef MONITOR_SYMBOLS_INT_H
#define MONITOR_SYMBOLS_INT_H

#include <glib.h>

#include "core/types.h"

struct symbols_dw_ops {
    /* DWARF of a file, or NULL if it has none. */
    void *(*open)(const char *path);
    void (*free)(void *opaque);
    /* "file.c:34" of an address of the file. */
    bool (*line)(void *opaque, uint64_t addr, char *out, size_t cap);
    /* malloc'ed, or NULL: not a mangled name. */
    char *(*demangle)(const char *name);
};

struct symbols_lines {
    const struct symbols_dw_ops *ops;
    void *opaque;
    uint64_t offset;
};

/* Adds the line numbers of a file to the list; false: none, or no library for them. */
bool symbols_add_lines(GPtrArray *lines, const char *path, uint64_t offset);

#endif
