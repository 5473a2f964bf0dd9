/* SPDX-License-Identifier: MIT */
/*
 * Guest RAM and code memory: shared mappings of an object that has no name (os_share_create), so
 * that the same pages can be mapped twice, snapshotted and handed to another process.
 */
#include <errno.h>
#include <sys/mman.h>
#include <unistd.h>

#include "os/os.h"
#include "os/os_int.h"

#ifndef MAP_ANONYMOUS
#define MAP_ANONYMOUS MAP_ANON
#endif

size_t os_page_size(void)
{
    return (size_t)sysconf(_SC_PAGESIZE);
}

int os_ram_alloc(struct os_ram *r, size_t size, const char *name)
{
    *r = (struct os_ram){ .fd = -1 };
    if (size == 0 || size > PTRDIFF_MAX) {
        return size ? -ENOMEM : -EINVAL;
    }
    int fd = os_share_create(name, size);
    if (fd < 0) {
        return fd;
    }
    void *p = os_share_map(fd, 0, size, true, NULL);
    if (!p) {
        int err = errno ? -errno : -ENOMEM;
        close(fd);
        return err;
    }
    os_mem_advise_ram(p, size);
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

/* Two mappings of the same bytes. */
static int code_double(struct os_code *c, size_t size)
{
    int fd = os_share_create("emu-code", size);
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

/* One mapping that may do everything, for hosts that execute no shared memory. */
static int code_single(struct os_code *c, size_t size)
{
    void *p = mmap(NULL, size, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1,
                   0);
    if (p == MAP_FAILED) {
        return -errno;
    }
    *c = (struct os_code){ .rw = p, .rx = p, .size = size, .fd = -1 };
    return 0;
}

int os_code_alloc(struct os_code *c, size_t size)
{
    *c = (struct os_code){ .fd = -1 };
    size_t page = os_page_size();
    if (size == 0 || size > PTRDIFF_MAX - page) {
        return -EINVAL;
    }
    size = (size + page - 1) & ~(page - 1);
    int r = code_double(c, size);
    return r < 0 && r != -EMFILE && r != -ENFILE ? code_single(c, size) : r;
}

void os_code_free(struct os_code *c)
{
    if (c->rw) {
        munmap(c->rw, c->size);
        if (c->rx != c->rw) {
            munmap(c->rx, c->size);
            close(c->fd);
        }
    }
    *c = (struct os_code){ .fd = -1 };
}

/* Does every byte of [p, p + size) reach every byte of [near, near + len) in 31 bits? */
static bool reaches(const void *p, size_t size, const void *near, size_t len)
{
    uintptr_t a = (uintptr_t)p, b = (uintptr_t)near;
    uintptr_t lo = a < b ? a : b, hi = a + size > b + len ? a + size : b + len;
    return hi - lo < 0x7fff0000u;
}

static void *map_executable(const struct os_code *c, void *hint)
{
    return c->fd >= 0 ? mmap(hint, c->size, PROT_READ | PROT_EXEC, MAP_SHARED, c->fd, 0)
                      : mmap(hint, c->size, PROT_READ | PROT_WRITE | PROT_EXEC,
                             MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
}

int os_code_alloc_near(struct os_code *c, size_t size, const void *near, size_t len)
{
    int r = os_code_alloc(c, size);
    if (r < 0 || reaches(c->rx, c->size, near, len)) {
        return r;
    }
    const uintptr_t step = (uintptr_t)16 << 20, at = (uintptr_t)near & ~(step - 1);
    for (unsigned k = 1; k < 2 * 120; k++) { /* below and above, further and further away */
        uintptr_t off = (k + 1) / 2 * step;
        if (k % 2 ? off + c->size > at : off + c->size > UINTPTR_MAX - at) {
            continue;
        }
        void *hint = (void *)(k % 2 ? at - off - c->size : at + off);
        void *rx = map_executable(c, hint);
        if (rx == MAP_FAILED) {
            continue;
        }
        if (reaches(rx, c->size, near, len)) {
            munmap(c->rx, c->size);
            c->rw = c->rw == c->rx ? rx : c->rw;
            c->rx = rx;
            return 0;
        }
        munmap(rx, c->size);
    }
    os_code_free(c);
    return -ENOMEM;
}
