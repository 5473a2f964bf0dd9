/* SPDX-License-Identifier: MIT */
/*
 * Finding and loading modules: beside the program (build/lib), in ../lib/emu as installed, in the
 * folder that emu was configured for.
 */
#include "core/module.h"

#include <stdlib.h>
#include <string.h>

#include "core/device.h"
#include "os/os.h"

#ifndef EMU_LIBDIR
#define EMU_LIBDIR "/usr/local/lib/emu"
#endif

static char *find_file(const char *library)
{
    g_autofree char *name = g_strconcat("emu-", library, ".so", NULL);
    char *self = os_self_path();
    char *dir = self ? g_path_get_dirname(self) : g_strdup(".");
    free(self);
    char *places[] = {
        g_build_filename(dir, "lib", name, NULL),
        g_build_filename(dir, "..", "lib", "emu", name, NULL),
        g_build_filename(EMU_LIBDIR, name, NULL),
    };
    char *found = NULL;
    for (size_t i = 0; i < ARRAY_LEN(places); i++) {
        if (!found && os_file_exists(places[i])) {
            found = g_steal_pointer(&places[i]);
        }
        g_free(places[i]);
    }
    g_free(dir);
    return found;
}

static const struct emu_module *load(const char *library, const char *thing, GError **err)
{
    g_autofree char *path = find_file(library);
    if (!path) {
        g_set_error(err, EMU_ERROR, EMU_ERROR_HOST, "its module emu-%s.so is not installed",
                    library);
        return NULL;
    }
    char why[256];
    void *handle = os_module_open(path, why, sizeof why);
    if (!handle) {
        g_set_error(err, EMU_ERROR, EMU_ERROR_HOST, "its module cannot be loaded: %s", why);
        return NULL;
    }
    g_autofree char *symbol = g_strconcat("emu_module_", thing, NULL);
    const struct emu_module *m = os_module_symbol(handle, symbol);
    if (!m || strcmp(m->version, EMU_VERSION) != 0) {
        g_set_error(err, EMU_ERROR, EMU_ERROR_HOST, "%s is of another version of emu", path);
        return NULL;
    }
    return m;
}

const void *module_get(const char *library, const char *thing, GError **err)
{
    for (size_t i = 0; emu_modules_builtin[i]; i++) {
        if (strcmp(emu_modules_builtin[i]->name, thing) == 0) {
            return emu_modules_builtin[i]->ops;
        }
    }
    const struct emu_module *m = load(library, thing, err);
    return m ? m->ops : NULL;
}
