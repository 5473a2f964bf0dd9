/* SPDX-License-Identifier: MIT */
/*
 * What Linux can do for guest RAM beyond POSIX.
 */
#include <fcntl.h>
#include <sys/mman.h>

#include "os/os.h"
#include "os/os_int.h"

void os_mem_advise_ram(void *p, size_t size)
{
    madvise(p, size, MADV_HUGEPAGE);
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
