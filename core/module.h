/* SPDX-License-Identifier: MIT */
/*
 * Modules: parts of emu that need a heavy library and are loaded when first used, so that the
 * library does not cost every start its time. Sources that say `needs: LIBRARY` for one of the
 * Makefile's MODULE_LIBS are linked into lib/emu-LIBRARY.so; each thing such a file offers is
 * exported by one EMU_MODULE line. `make MODULES=builtin` links all of it into emu instead.
 */
#ifndef CORE_MODULE_H
#define CORE_MODULE_H

#include <glib.h>

#include "core/types.h"

#ifndef EMU_VERSION
#define EMU_VERSION "?"
#endif

struct emu_module {
    const char *name;    /* "ui_sdl" */
    const char *version; /* of the emu that it was built for */
    const void *ops;
};

/* `EMU_MODULE(sdl2, ui_sdl);` offers &ui_sdl. One line, beginning in the first column: the Makefile
 * collects these for builtin modules. */
#define EMU_MODULE(library, thing)                     \
    extern const struct emu_module emu_module_##thing; \
    const struct emu_module emu_module_##thing = { #thing, EMU_VERSION, &thing }

/* `thing` out of the module `library`, loading it if need be; it stays loaded. The error says in
 * one line what is missing. Main thread. */
const void *module_get(const char *library, const char *thing, GError **err);

/* core/module_list.c: what is linked in, NULL-terminated. */
extern const struct emu_module *const emu_modules_builtin[];

#endif
