/* SPDX-License-Identifier: MIT */
/*
 * Names for addresses of the guest: from ELF files (.symtab) and maps in the form of `nm`
 * (System.map). Files are untrusted: every count and offset is checked.
 */
#ifndef MONITOR_SYMBOLS_H
#define MONITOR_SYMBOLS_H

#include <glib.h>

#include "core/types.h"

struct symbols;

struct symbols *symbols_new(void);
void symbols_free(struct symbols *s);
/* "FILE[,offset=N]": N is added to every address of the file (a slide; may be negative). */
bool symbols_add(struct symbols *s, const char *spec, GError **err);
/* One name; kept sorted on the first look-up. name is copied. size 0: up to the next one. */
void symbols_put(struct symbols *s, uint64_t addr, uint64_t size, const char *name);
/* Drops all names; the files that were added still give lines and frames. */
void symbols_forget(struct symbols *s);
size_t symbols_count(const struct symbols *s);
/* The function or object that holds addr: its demangled name, and how far into it. NULL: none. The
 * text lives until the next look-up. */
const char *symbols_name(struct symbols *s, uint64_t addr, uint64_t *off);
/* "name+0x12/0x40", or "name+0x12 (file.c:34)" with line numbers; "" when nothing is known. */
void symbols_text(struct symbols *s, uint64_t addr, char *out, size_t cap);
/* The same for a return address: a call that never returns may be its function's last byte. */
void symbols_text_return(struct symbols *s, uint64_t addr, char *out, size_t cap);
/* Address of a name as it stands in the file (first match); false: not there. */
bool symbols_find(struct symbols *s, const char *name, uint64_t *addr);

/* Registers of a function and, after a step, of its caller. gpr[] as in struct x86_state. */
struct symbols_frame {
    uint64_t gpr[16], pc;
    unsigned size; /* of a word: 4 or 8 */
    bool exact;    /* pc is where it goes on, not a return address */
    /* False: not readable. */
    bool (*read)(const void *opaque, uint64_t lin, unsigned size, uint64_t *v);
    const void *opaque;
};
/* One step up by a file's .eh_frame or .debug_frame. False: none covers pc, the outermost frame, or
 * the stack cannot be read; *f is as it was. */
bool symbols_unwind(struct symbols *s, struct symbols_frame *f);

/* Demangles Rust (v0 and legacy) and C++ names where the libraries know how; else a copy. */
char *symbols_demangle(const char *name);

#endif
