/* SPDX-License-Identifier: MIT */
/*
 * Between os/posix and the host's own part.
 */
#ifndef OS_OS_INT_H
#define OS_OS_INT_H

#include <stddef.h>

void os_mem_advise_ram(void *p, size_t size); /* large pages, if they cost nothing */
void os_fd_closed(void);                      /* after a close; any thread */

#endif
