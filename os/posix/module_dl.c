/* SPDX-License-Identifier: MIT */
/* needs: modules */
/*
 * Loadable modules by the dynamic linker.
 */
#include <dlfcn.h>
#include <stdio.h>

#include "os/os.h"

void *os_module_open(const char *path, char *why, size_t len)
{
    void *handle = dlopen(path, RTLD_NOW | RTLD_LOCAL);
    if (!handle) {
        const char *text = dlerror();
        snprintf(why, len, "%s", text ? text : path);
    }
    return handle;
}

void *os_module_symbol(void *handle, const char *name)
{
    return dlsym(handle, name);
}
