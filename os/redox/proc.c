/* SPDX-License-Identifier: MIT */
/*
 * What Redox tells a process about itself.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <unistd.h>

#include "os/os.h"

uint64_t os_rss_bytes(void)
{
    return 0; /* not told */
}

unsigned os_cpu_count(void)
{
    long n = sysconf(_SC_NPROCESSORS_ONLN);
    return n > 0 ? (unsigned)n : 1;
}

void os_random(void *buf, size_t len)
{
    char *p = buf;
    while (len > 0) {
        ssize_t n = getrandom(p, len, 0);
        if (n < 0 && errno != EINTR) {
            abort(); /* without /scheme/rand nothing of the system works */
        }
        if (n > 0) {
            p += n;
            len -= (size_t)n;
        }
    }
}

char *os_self_path(void)
{
    /* This file holds the path as text. */
    char path[4096];
    int fd = open("/scheme/sys/exe", O_RDONLY | O_CLOEXEC);
    int n = fd < 0 ? fd : os_read(fd, path, sizeof path - 1);
    os_close(fd);
    if (n <= 0) { /* another kernel below the same library functions */
        n = (int)readlink("/proc/self/exe", path, sizeof path - 1);
    }
    if (n <= 0) {
        return NULL;
    }
    path[n] = '\0';
    path[strcspn(path, "\n")] = '\0';
    return strdup(path);
}
