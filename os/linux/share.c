/* SPDX-License-Identifier: MIT */
/*
 * Memory that two processes share although neither trusts the other: the size is sealed, for a
 * page that is taken away is a SIGBUS for whoever touches it.
 */
#include <errno.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "os/os.h"

int os_share_create(const char *name, uint64_t size)
{
    int fd = memfd_create(name, MFD_CLOEXEC | MFD_ALLOW_SEALING);
    if (fd < 0) {
        return -errno;
    }
    if (ftruncate(fd, (off_t)size) < 0 || fcntl(fd, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW) < 0) {
        int err = -errno;
        close(fd);
        return err;
    }
    return fd;
}

int os_share_read_only(int fd)
{
#ifndef F_SEAL_FUTURE_WRITE
#define F_SEAL_FUTURE_WRITE 0x10 /* Linux 5.1 */
#endif
    return fcntl(fd, F_ADD_SEALS, F_SEAL_FUTURE_WRITE | F_SEAL_SEAL) < 0 ? -errno : 0;
}

void *os_share_map(int fd, uint64_t off, size_t size, bool write, void *at)
{
    void *p = mmap(at, size, write ? PROT_READ | PROT_WRITE : PROT_READ,
                   MAP_SHARED | MAP_NORESERVE | (at ? MAP_FIXED : 0), fd, (off_t)off);
    if (p == MAP_FAILED) {
        return NULL;
    }
    madvise(p, size, MADV_DONTDUMP);
    return p;
}

void *os_share_map_aligned(int fd, size_t size)
{
    /* Reserve twice as much, keep the aligned half. */
    if (size == 0 || (size & (size - 1)) || size > PTRDIFF_MAX / 2) {
        return NULL;
    }
    const int flags = MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE;
    uint8_t *p = mmap(NULL, 2 * size, PROT_NONE, flags, -1, 0);
    if (p == MAP_FAILED) {
        return NULL;
    }
    size_t before = -(uintptr_t)p & (size - 1);
    if (before) {
        munmap(p, before);
    }
    munmap(p + before + size, size - before);
    if (!os_share_map(fd, 0, size, true, p + before)) {
        munmap(p + before, size);
        return NULL;
    }
    madvise(p + before, size, MADV_HUGEPAGE);
    return p + before;
}

void os_share_unmap(void *p, size_t size)
{
    if (p) {
        munmap(p, size);
    }
}
