/* SPDX-License-Identifier: MIT */
/* needs: schemes */
/*
 * Redox's schemes: the entry points that relibc exports beside POSIX (libredox's C ABI).
 */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "os/os.h"

/* relibc src/platform/redox/libredox.rs; results are values or minus an error number. */
ssize_t redox_openat_v1(size_t fd, const char *path, size_t path_len, uint32_t flags);
ssize_t redox_sys_call_v0(size_t fd, void *payload, size_t len, size_t flags,
                          const uint64_t *metadata, size_t metadata_len);

/* CallFlags of the syscall crate. */
#define CALL_WRITE (1u << 9)
#define CALL_READ  (1u << 10)

int os_scheme_open(const char *path)
{
    int fd = open(path, O_RDWR | O_CLOEXEC);
    return fd < 0 ? -errno : fd;
}

int os_scheme_openat(int fd, const char *path)
{
    ssize_t n = redox_openat_v1((size_t)fd, path, strlen(path), O_RDWR | O_CLOEXEC);
    return (int)n;
}

int os_scheme_call(int fd, void *payload, size_t len, bool in, bool out, const uint64_t meta[4])
{
    ssize_t n = redox_sys_call_v0((size_t)fd, payload, len,
                                  (in ? CALL_WRITE : 0) | (out ? CALL_READ : 0), meta, 4);
    return (int)n;
}
