/* SPDX-License-Identifier: MIT */
/*
 * Threads and waiting.
 *
 * relibc's poll makes an epoll object for each call. A kept one would be cheaper, but its events
 * are edges (a change, not a state) and our callers expect poll's levels. The kernel's timeouts
 * fall on its 4 ms tick, so the last millisecond before a deadline is not slept but yielded away.
 */
#include <errno.h>
#include <poll.h>
#include <sched.h>

#include "os/os.h"

#define MAX_FDS 128

void os_thread_name(const char *name)
{
    (void)name; /* no pthread_setname_np */
}

void os_thread_low_priority(void)
{
}

void os_thread_precise_waits(void)
{
}

int os_poll(struct os_pollfd *fds, size_t n, int64_t timeout_ns)
{
    struct pollfd p[MAX_FDS];
    if (n > MAX_FDS) {
        return -EINVAL;
    }
    for (size_t i = 0; i < n; i++) {
        p[i].fd = fds[i].fd;
        p[i].events = (short)((fds[i].events & OS_POLL_IN ? POLLIN : 0) |
                              (fds[i].events & OS_POLL_OUT ? POLLOUT : 0));
        p[i].revents = 0;
    }
    int64_t ms = timeout_ns < 0 ? -1 : timeout_ns / 1000000;
    if (timeout_ns > 0 && ms == 0) {
        sched_yield();
    }
    int r = poll(p, (nfds_t)n, ms > 3600000 ? 3600000 : (int)ms);
    for (size_t i = 0; i < n; i++) {
        fds[i].revents = (short)((p[i].revents & POLLIN ? OS_POLL_IN : 0) |
                                 (p[i].revents & POLLOUT ? OS_POLL_OUT : 0) |
                                 (p[i].revents & (POLLERR | POLLNVAL) ? OS_POLL_ERR : 0) |
                                 (p[i].revents & POLLHUP ? OS_POLL_HUP : 0));
    }
    return r < 0 ? -errno : r;
}
