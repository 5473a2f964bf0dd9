/* SPDX-License-Identifier: MIT */
/*
 * Threads and waiting: what is Linux's own.
 */
#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "os/os.h"
#include "os/os_int.h"

void os_thread_name(const char *name)
{
    char cut[16]; /* the kernel's limit */
    snprintf(cut, sizeof cut, "%s", name);
    pthread_setname_np(pthread_self(), cut);
}

int os_thread_id(void)
{
    return (int)gettid();
}

void os_thread_low_priority(void)
{
    setpriority(PRIO_PROCESS, (id_t)syscall(SYS_gettid), 10); /* Linux: of this thread alone */
}

void os_thread_precise_waits(void)
{
    prctl(PR_SET_TIMERSLACK, 1000ul, 0, 0, 0); /* 1 us instead of 50 */
}

void os_fd_closed(void)
{
}

int os_poll(struct os_pollfd *fds, size_t n, int64_t timeout_ns)
{
    _Static_assert(sizeof(struct os_pollfd) == sizeof(struct pollfd), "same layout");
    _Static_assert(offsetof(struct os_pollfd, revents) == offsetof(struct pollfd, revents), "same");
    _Static_assert(OS_POLL_IN == POLLIN && OS_POLL_OUT == POLLOUT, "same bits");
    _Static_assert(OS_POLL_ERR == POLLERR && OS_POLL_HUP == POLLHUP, "same bits");
    struct timespec t = { .tv_sec = timeout_ns / 1000000000, .tv_nsec = timeout_ns % 1000000000 };
    int r = ppoll((struct pollfd *)fds, n, timeout_ns < 0 ? NULL : &t, NULL);
    return r < 0 ? -errno : r;
}
