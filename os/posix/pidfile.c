/* SPDX-License-Identifier: MIT */
/*
 * The pid file: its lock says whether the process it names still lives.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#include "os/os.h"

int os_pidfile(const char *path)
{
    int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0644);
    if (fd < 0) {
        return -errno;
    }
    int locked = os_lock_file(fd, true);
    if (locked < 0) {
        close(fd);
        return locked;
    }
    char text[32];
    int n = snprintf(text, sizeof text, "%ld\n", (long)getpid());
    if (ftruncate(fd, 0) < 0 || write(fd, text, (size_t)n) != n) {
        int err = errno ? -errno : -EIO;
        close(fd);
        return err;
    }
    return 0; /* the descriptor stays open: it carries the lock until the process ends */
}
