/* SPDX-License-Identifier: MIT */
/*
 * Files: plain POSIX, the same on every host.
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "os/os.h"
#include "os/os_int.h"

/* One transfer of a single call: Linux itself stops at 2 GiB - 4 KiB. */
#define MAX_TRANSFER ((size_t)1 << 30)

int os_open(const char *path, unsigned flags)
{
    int mode = O_CLOEXEC | O_NOCTTY;
    if (flags & OS_OPEN_WRITE) {
        mode |= flags & OS_OPEN_APPEND ? O_WRONLY | O_APPEND : O_RDWR;
    } else {
        mode |= O_RDONLY;
    }
    mode |= flags & OS_OPEN_CREATE ? O_CREAT : 0;
    mode |= flags & OS_OPEN_TRUNCATE ? O_TRUNC : 0;
    mode |= flags & OS_OPEN_NONBLOCK ? O_NONBLOCK : 0;
    int fd;
    do {
        fd = open(path, mode, 0666);
    } while (fd < 0 && errno == EINTR);
    return fd < 0 ? -errno : fd;
}

int os_open_write_only(const char *path, bool nonblock)
{
    int fd;
    do {
        fd = open(path, O_WRONLY | O_CLOEXEC | O_NOCTTY | (nonblock ? O_NONBLOCK : 0));
    } while (fd < 0 && errno == EINTR);
    return fd < 0 ? -errno : fd;
}

void os_close(int fd)
{
    if (fd >= 0) {
        close(fd); /* never retried: after EINTR the descriptor is gone already */
        os_fd_closed();
    }
}

int os_dup(int fd)
{
    int copy = fcntl(fd, F_DUPFD_CLOEXEC, 3);
    return copy < 0 ? -errno : copy;
}

bool os_fd_writable(int fd)
{
    int mode = fcntl(fd, F_GETFL);
    return mode >= 0 && (mode & O_ACCMODE) != O_RDONLY;
}

int os_pread(int fd, void *buf, size_t len, uint64_t off)
{
    size_t done = 0;
    if (len > INT_MAX || off > (uint64_t)INT64_MAX - len) {
        return -EINVAL;
    }
    while (done < len) {
        size_t chunk = len - done < MAX_TRANSFER ? len - done : MAX_TRANSFER;
        ssize_t n = pread(fd, (char *)buf + done, chunk, (off_t)(off + done));
        if (n < 0 && errno == EINTR) {
            continue;
        }
        if (n < 0) {
            return -errno;
        }
        if (n == 0) {
            break;
        }
        done += (size_t)n;
    }
    return (int)done;
}

int os_pwrite(int fd, const void *buf, size_t len, uint64_t off)
{
    size_t done = 0;
    if (len > INT_MAX || off > (uint64_t)INT64_MAX - len) {
        return -EINVAL;
    }
    while (done < len) {
        size_t chunk = len - done < MAX_TRANSFER ? len - done : MAX_TRANSFER;
        ssize_t n = pwrite(fd, (const char *)buf + done, chunk, (off_t)(off + done));
        if (n < 0 && errno == EINTR) {
            continue;
        }
        if (n < 0) {
            return -errno;
        }
        if (n == 0) {
            return -EIO; /* would loop for ever */
        }
        done += (size_t)n;
    }
    return (int)done;
}

int os_read(int fd, void *buf, size_t len)
{
    ssize_t n;
    do {
        n = read(fd, buf, len < MAX_TRANSFER ? len : MAX_TRANSFER);
    } while (n < 0 && errno == EINTR);
    if (n < 0) {
        return errno == EWOULDBLOCK ? -EAGAIN : -errno;
    }
    return (int)n;
}

int os_write(int fd, const void *buf, size_t len)
{
    ssize_t n;
    do {
        n = write(fd, buf, len < MAX_TRANSFER ? len : MAX_TRANSFER);
    } while (n < 0 && errno == EINTR);
    if (n < 0) {
        return errno == EWOULDBLOCK ? -EAGAIN : -errno;
    }
    return (int)n;
}

int64_t os_file_size(int fd)
{
    off_t end = lseek(fd, 0, SEEK_END);
    return end < 0 ? -errno : (int64_t)end;
}

int os_truncate(int fd, uint64_t size)
{
    if (size > INT64_MAX) {
        return -EFBIG;
    }
    return ftruncate(fd, (off_t)size) < 0 ? -errno : 0;
}

enum os_file_kind os_file_kind(int fd)
{
    struct stat st;
    if (fstat(fd, &st) < 0) {
        return OS_FILE_OTHER;
    }
    if (S_ISREG(st.st_mode)) {
        return OS_FILE_REGULAR;
    }
    if (S_ISBLK(st.st_mode)) {
        return OS_FILE_BLOCK;
    }
    return S_ISDIR(st.st_mode) ? OS_FILE_DIRECTORY : OS_FILE_OTHER;
}

int os_temp_file(void)
{
    const char *dir = getenv("TMPDIR");
    char path[PATH_MAX];
    int n = snprintf(path, sizeof path, "%s/emu-XXXXXX", dir && *dir ? dir : "/tmp");
    if (n < 0 || (size_t)n >= sizeof path) {
        return -ENAMETOOLONG;
    }
    int fd = mkstemp(path);
    if (fd < 0) {
        return -errno;
    }
    unlink(path);
    fcntl(fd, F_SETFD, FD_CLOEXEC);
    return fd;
}

bool os_file_exists(const char *path)
{
    return access(path, F_OK) == 0;
}

int os_unlink(const char *path)
{
    return unlink(path) < 0 ? -errno : 0;
}

int os_set_nonblock(int fd, bool on)
{
    int flags = fcntl(fd, F_GETFL);
    if (flags < 0) {
        return -errno;
    }
    int wanted = on ? flags | O_NONBLOCK : flags & ~O_NONBLOCK;
    return wanted != flags && fcntl(fd, F_SETFL, wanted) < 0 ? -errno : 0;
}
