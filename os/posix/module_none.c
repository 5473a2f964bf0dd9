/* SPDX-License-Identifier: MIT */
/* needs: builtin */
/*
 * A program without a dynamic linker: everything it has is linked in.
 */
#include <stdio.h>

#include "os/os.h"

void *os_module_open(const char *path, char *why, size_t len)
{
    snprintf(why, len, "%s: this emu loads no modules", path);
    return NULL;
}

void *os_module_symbol(void *handle, const char *name)
{
    (void)handle, (void)name;
    return NULL;
}
