/* SPDX-License-Identifier: MIT */
/*
 * Memory that two processes share. /scheme/shm has no seals: whoever serves others (the reference
 * host) has to trust them here, which is one reason why Revirt belongs into the kernel.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stdio.h>
#include <sys/mman.h>
#include <unistd.h>

#include "os/os.h"

int os_share_create(const char *name, uint64_t size)
{
    static atomic_uint count; /* names must differ within the process */
    char path[96];
    snprintf(path, sizeof path, "/%.32s-%ld-%u", name, (long)getpid(), atomic_fetch_add(&count, 1));
    int fd = shm_open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (fd < 0) {
        return -errno;
    }
    shm_unlink(path);
    if (size > PTRDIFF_MAX || ftruncate(fd, (off_t)size) < 0) {
        int err = errno ? -errno : -EFBIG;
        close(fd);
        return err;
    }
    return fd;
}

int os_share_read_only(int fd)
{
    (void)fd;
    return -EOPNOTSUPP;
}

void *os_share_map(int fd, uint64_t off, size_t size, bool write, void *at)
{
    void *p = mmap(at, size, write ? PROT_READ | PROT_WRITE : PROT_READ,
                   MAP_SHARED | (at ? MAP_FIXED : 0), fd, (off_t)off);
    return p == MAP_FAILED ? NULL : p;
}

void *os_share_map_aligned(int fd, size_t size)
{
    return os_share_map(fd, 0, size, true, NULL); /* where a window lies is the kernel's choice */
}

void os_share_unmap(void *p, size_t size)
{
    if (p) {
        munmap(p, size);
    }
}
