/* SPDX-License-Identifier: MIT */
/*
 * Wake-ups by self-pipe (Redox has no eventfd), and waiting with nanoseconds.
 */
#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "os/os.h"

static int prepare(int fd)
{
    return fcntl(fd, F_SETFD, FD_CLOEXEC) < 0 || os_set_nonblock(fd, true) < 0 ? -errno : 0;
}

int os_event_init(struct os_event *e)
{
    int fds[2];
    if (pipe(fds) < 0) {
        e->rfd = e->wfd = -1;
        return -errno;
    }
    e->rfd = fds[0];
    e->wfd = fds[1];
    if (prepare(fds[0]) < 0 || prepare(fds[1]) < 0) {
        int err = -errno;
        os_event_free(e);
        return err;
    }
    return 0;
}

void os_event_free(struct os_event *e)
{
    os_close(e->rfd);
    os_close(e->wfd);
    e->rfd = e->wfd = -1;
}

void os_event_signal(struct os_event *e)
{
    int saved = errno; /* may run in a signal handler */
    ssize_t n;
    do {
        n = write(e->wfd, "", 1);
    } while (n < 0 && errno == EINTR); /* EAGAIN: the pipe is full, so the reader wakes anyway */
    errno = saved;
}

void os_event_clear(struct os_event *e)
{
    char buf[256];
    ssize_t n;
    do {
        n = read(e->rfd, buf, sizeof buf);
    } while (n == (ssize_t)sizeof buf || (n < 0 && errno == EINTR));
}
