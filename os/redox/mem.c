/* SPDX-License-Identifier: MIT */
/*
 * Guest RAM: madvise and hole punching answer ENOSYS here; memory is populated on first touch.
 */
#include "os/os.h"
#include "os/os_int.h"

void os_mem_advise_ram(void *p, size_t size)
{
    (void)p, (void)size;
}

void os_ram_discard(struct os_ram *r, size_t off, size_t len)
{
    (void)r, (void)off, (void)len;
}
