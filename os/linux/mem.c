/* SPDX-License-Identifier: MIT */
/*
 * Guest RAM and code memory: shared mappings of a memfd, so that the same pages can be mapped
 * twice, snapshotted and handed to another process.
 */
#include <errno.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "os/os.h"

size_t os_page_size(void)
{
    return (size_t)sysconf(_SC_PAGESIZE);
}

/* A memfd of `size` bytes, or -errno. */
static int shared_file(const char *name, size_t size)
{
    int fd = memfd_create(name, MFD_CLOEXEC);
    if (fd < 0) {
        return -errno;
    }
    if (ftruncate(fd, (off_t)size) < 0) {
        int err = -errno;
        close(fd);
        return err;
    }
    return fd;
}

int os_ram_alloc(struct os_ram *r, size_t size, const char *name)
{
    *r = (struct os_ram){ .fd = -1 };
    if (size == 0 || size > PTRDIFF_MAX) {
        errno = size ? ENOMEM : EINVAL;
        return -errno;
    }
    int fd = shared_file(name, size);
    if (fd < 0) {
        return fd;
    }
    void *p = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_NORESERVE, fd, 0);
    if (p == MAP_FAILED) {
        int err = -errno;
        close(fd);
        return err;
    }
    madvise(p, size, MADV_HUGEPAGE);
    madvise(p, size, MADV_DONTDUMP);
    *r = (struct os_ram){ .host = p, .size = size, .fd = fd };
    return 0;
}

void os_ram_free(struct os_ram *r)
{
    if (r->host) {
        munmap(r->host, r->size);
        close(r->fd);
    }
    *r = (struct os_ram){ .fd = -1 };
}

void os_ram_discard(struct os_ram *r, size_t off, size_t len)
{
    size_t page = os_page_size();
    size_t start = (off + page - 1) & ~(page - 1), end = (off + len) & ~(page - 1);
    if (start < end && end <= r->size) {
        fallocate(r->fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, (off_t)start,
                  (off_t)(end - start));
    }
}

int os_code_alloc(struct os_code *c, size_t size)
{
    *c = (struct os_code){ .fd = -1 };
    size_t page = os_page_size();
    if (size == 0 || size > PTRDIFF_MAX - page) {
        return -EINVAL;
    }
    size = (size + page - 1) & ~(page - 1);
    int fd = shared_file("emu-code", size);
    if (fd < 0) {
        return fd;
    }
    void *rw = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    void *rx = mmap(NULL, size, PROT_READ | PROT_EXEC, MAP_SHARED, fd, 0);
    if (rw == MAP_FAILED || rx == MAP_FAILED) {
        int err = -errno;
        if (rw != MAP_FAILED) {
            munmap(rw, size);
        }
        if (rx != MAP_FAILED) {
            munmap(rx, size);
        }
        close(fd);
        return err;
    }
    *c = (struct os_code){ .rw = rw, .rx = rx, .size = size, .fd = fd };
    return 0;
}

void os_code_free(struct os_code *c)
{
    if (c->rw) {
        munmap(c->rw, c->size);
        munmap(c->rx, c->size);
        close(c->fd);
    }
    *c = (struct os_code){ .fd = -1 };
}
