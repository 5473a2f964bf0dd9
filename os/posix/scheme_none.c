/* SPDX-License-Identifier: MIT */
/* needs: noschemes */
/*
 * Hosts without Redox's schemes.
 */
#include <errno.h>

#include "os/os.h"

int os_scheme_open(const char *path)
{
    (void)path;
    return -ENOSYS;
}

int os_scheme_openat(int fd, const char *path)
{
    (void)fd, (void)path;
    return -ENOSYS;
}

int os_scheme_call(int fd, void *payload, size_t len, bool in, bool out, const uint64_t meta[4])
{
    (void)fd, (void)payload, (void)len, (void)in, (void)out, (void)meta;
    return -ENOSYS;
}
