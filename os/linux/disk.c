/* SPDX-License-Identifier: MIT */
/*
 * Image files: locks, flushes and holes.
 *
 * Locks are open-file-description locks: two drives of one process on the same file conflict, too.
 * The byte ranges are such that QEMU sees us and we see QEMU: its writers hold a read lock on byte
 * 101, its readers that forbid writers hold byte 201. An exclusive lock takes the whole file.
 */
#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "os/os.h"

#define BYTES_OURS          100 /* [0, 100) */
#define BYTE_WRITES         101
#define BYTE_FORBIDS_WRITES 201

static int lock_range(int fd, int cmd, short type, off_t start, off_t len)
{
    struct flock l = { .l_type = type, .l_whence = SEEK_SET, .l_start = start, .l_len = len };
    if (fcntl(fd, cmd, &l) < 0) {
        return errno == EACCES || errno == EAGAIN ? -EAGAIN : -errno;
    }
    return cmd == F_OFD_GETLK && l.l_type != F_UNLCK ? -EAGAIN : 0;
}

int os_lock_file(int fd, bool exclusive)
{
    if (exclusive) {
        int err = lock_range(fd, F_OFD_SETLK, F_WRLCK, 0, 0);
        return err == -EAGAIN ? err : 0; /* file systems without locks: go on without */
    }
    int err = lock_range(fd, F_OFD_SETLK, F_RDLCK, 0, BYTES_OURS);
    if (err == 0) {
        err = lock_range(fd, F_OFD_SETLK, F_RDLCK, BYTE_FORBIDS_WRITES, 1);
    }
    if (err == 0) {
        err = lock_range(fd, F_OFD_GETLK, F_WRLCK, BYTE_WRITES, 1);
    }
    if (err == -EAGAIN) {
        lock_range(fd, F_OFD_SETLK, F_UNLCK, 0, 0);
        return err;
    }
    return 0;
}

int os_fdatasync(int fd)
{
    int r;
    do {
        r = fdatasync(fd);
    } while (r < 0 && errno == EINTR);
    /* What can't be synced (a pipe, /dev/null) has nothing to lose. */
    return r < 0 && errno != EINVAL ? -errno : 0;
}

int os_discard(int fd, uint64_t off, uint64_t len)
{
    if (off > INT64_MAX || len > INT64_MAX - off) {
        return -EINVAL;
    }
    int r = fallocate(fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, (off_t)off, (off_t)len);
    return r < 0 ? -errno : 0;
}
