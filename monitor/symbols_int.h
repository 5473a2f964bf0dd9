/* SPDX-License-Identifier: MIT */
/*
 * What the loadable module `dw` gives to symbols: line numbers and unwinding (libdw), demangled
 * names.
 */
#ifndef MONITOR_SYMBOLS_INT_H
#define MONITOR_SYMBOLS_INT_H

#include <glib.h>

#include "core/types.h"
#include "monitor/symbols.h"

struct symbols_dw_ops {
    /* DWARF and unwind tables of a file, or NULL if it has neither. */
    void *(*open)(const char *path);
    void (*free)(void *opaque);
    /* "file.c:34" of an address of the file. */
    bool (*line)(void *opaque, uint64_t addr, char *out, size_t cap);
    /* One step up; addr: of the file, to look f->pc up by. */
    bool (*unwind)(void *opaque, uint64_t addr, struct symbols_frame *f);
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

/* symbols_cfi.c, for symbols_dw.c */
struct Dwarf_CFI_s;
bool symbols_cfi_step(struct Dwarf_CFI_s *cfi, uint64_t addr, struct symbols_frame *f);

#endif
