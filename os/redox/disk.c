/* SPDX-License-Identifier: MIT */
/*
 * Image files: locks, flushes and holes. Record locks are young on Redox: where they don't exist
 * the image is used without, so only a clear "somebody else has it" counts.
 */
#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "os/os.h"

int os_lock_file(int fd, bool exclusive)
{
    struct flock l = { .l_type = exclusive ? F_WRLCK : F_RDLCK, .l_whence = SEEK_SET };
    if (fcntl(fd, F_SETLK, &l) < 0 && (errno == EACCES || errno == EAGAIN)) {
        return -EAGAIN;
    }
    return 0;
}

int os_fdatasync(int fd)
{
    int r;
    do {
        r = fsync(fd);
    } while (r < 0 && errno == EINTR);
    return r < 0 && errno != EINVAL && errno != EOPNOTSUPP ? -errno : 0;
}

int os_discard(int fd, uint64_t off, uint64_t len)
{
    (void)fd, (void)off, (void)len;
    return -EOPNOTSUPP;
}
