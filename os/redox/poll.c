/* SPDX-License-Identifier: MIT */
/*
 * Waiting for descriptors. relibc's poll makes an epoll object for each call, so each thread keeps
 * one of its own here. Its events are edges (something changed), our callers expect poll's levels
 * (something is there): what was reported is armed again before the next wait, and arming reports
 * what is there already.
 *
 * A descriptor that is closed leaves the kernel's set, and its number may come back for another
 * file: os_close counts, and after any close the set is made anew.
 *
 * The kernel's timeouts fall on its 4 ms tick. A wait is never rounded up: its rest below a
 * millisecond is yielded away, and timers that come due meanwhile fire together.
 */
#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "os/os.h"
#include "os/os_int.h"

#define MAX_FDS  256
#define MAX_WAIT 3600000 /* ms */

struct entry {
    int fd;
    short events;
    bool always; /* a file that epoll refuses: always ready, as with poll */
    bool stale;  /* was reported, arm again */
    bool wanted; /* by the call in progress */
    struct os_pollfd *of;
};

struct set {
    int epoll;
    unsigned closes; /* when it was made */
    size_t n;
    struct entry e[MAX_FDS];
};

static _Atomic unsigned closes; /* of the process */
static pthread_key_t key;
static pthread_once_t once = PTHREAD_ONCE_INIT;

void os_fd_closed(void)
{
    closes++;
}

static void set_free(void *p)
{
    struct set *s = p;
    close(s->epoll);
    free(s);
}

static void make_key(void)
{
    pthread_key_create(&key, set_free);
}

/* This thread's set, empty if descriptors were closed since; NULL: no memory or descriptor. */
static struct set *set_get(void)
{
    pthread_once(&once, make_key);
    struct set *s = pthread_getspecific(key);
    if (s && s->closes == closes) {
        return s;
    }
    unsigned now = closes;
    int fd = epoll_create1(EPOLL_CLOEXEC);
    if (fd < 0) {
        return NULL;
    }
    if (s) {
        close(s->epoll);
    } else {
        s = calloc(1, sizeof *s);
        if (!s || pthread_setspecific(key, s) != 0) {
            free(s);
            close(fd);
            return NULL;
        }
    }
    s->epoll = fd;
    s->closes = now;
    s->n = 0;
    return s;
}

static struct entry *entry_find(struct set *s, int fd)
{
    for (size_t i = 0; i < s->n; i++) {
        if (s->e[i].fd == fd) {
            return &s->e[i];
        }
    }
    return NULL;
}

static int arm(struct set *s, struct entry *e, int op)
{
    struct epoll_event ev = { .events = (e->events & OS_POLL_IN ? (uint32_t)EPOLLIN : 0) |
                                        (e->events & OS_POLL_OUT ? (uint32_t)EPOLLOUT : 0),
                              .data.fd = e->fd };
    e->stale = false;
    if (epoll_ctl(s->epoll, op, e->fd, &ev) < 0) {
        e->always = true; /* EPERM: a regular file; EBADF: reported as an error */
        return -errno;
    }
    return 0;
}

/* Brings the kernel's set in line with what is asked for. How many are ready at once. */
static int prepare(struct set *s, struct os_pollfd *fds, size_t n)
{
    int ready = 0;
    for (size_t i = 0; i < s->n; i++) {
        s->e[i].wanted = false;
    }
    for (size_t i = 0; i < n; i++) {
        struct entry *e = fds[i].fd < 0 ? NULL : entry_find(s, fds[i].fd);
        fds[i].revents = 0;
        if (fds[i].fd < 0) {
            continue;
        }
        int err = 0;
        if (!e) {
            e = &s->e[s->n++];
            *e = (struct entry){ .fd = fds[i].fd, .events = fds[i].events };
            err = arm(s, e, EPOLL_CTL_ADD);
        } else if (!e->always && (e->stale || e->events != fds[i].events)) {
            e->events = fds[i].events;
            err = arm(s, e, EPOLL_CTL_MOD);
        }
        e->wanted = true;
        e->of = &fds[i];
        if (e->always) {
            fds[i].revents = err == -EBADF ? OS_POLL_ERR : fds[i].events;
            ready += fds[i].revents != 0;
        }
    }
    for (size_t i = s->n; i-- > 0;) {
        if (!s->e[i].wanted) {
            if (!s->e[i].always) {
                epoll_ctl(s->epoll, EPOLL_CTL_DEL, s->e[i].fd, &(struct epoll_event){ 0 });
            }
            s->e[i] = s->e[--s->n];
        }
    }
    return ready;
}

static int collect(struct set *s, const struct epoll_event *ev, int n)
{
    int ready = 0;
    for (int i = 0; i < n; i++) {
        struct entry *e = entry_find(s, ev[i].data.fd);
        if (!e) {
            continue;
        }
        e->stale = true;
        short r = (short)((ev[i].events & EPOLLIN ? OS_POLL_IN : 0) |
                          (ev[i].events & EPOLLOUT ? OS_POLL_OUT : 0));
        r = (short)((r & e->events) | (ev[i].events & EPOLLERR ? OS_POLL_ERR : 0) |
                    (ev[i].events & EPOLLHUP ? OS_POLL_HUP : 0));
        ready += r && !e->of->revents;
        e->of->revents |= r;
    }
    return ready;
}

/* The library's own way, where a set can't be used. */
static int plain_poll(struct os_pollfd *fds, size_t n, int ms)
{
    struct pollfd *p = calloc(n, sizeof *p);
    if (!p) {
        return -ENOMEM;
    }
    for (size_t i = 0; i < n; i++) {
        p[i].fd = fds[i].fd;
        p[i].events = (short)((fds[i].events & OS_POLL_IN ? POLLIN : 0) |
                              (fds[i].events & OS_POLL_OUT ? POLLOUT : 0));
    }
    int r = poll(p, (nfds_t)n, ms);
    int err = -errno;
    for (size_t i = 0; r >= 0 && i < n; i++) {
        fds[i].revents = (short)((p[i].revents & POLLIN ? OS_POLL_IN : 0) |
                                 (p[i].revents & POLLOUT ? OS_POLL_OUT : 0) |
                                 (p[i].revents & (POLLERR | POLLNVAL) ? OS_POLL_ERR : 0) |
                                 (p[i].revents & POLLHUP ? OS_POLL_HUP : 0));
    }
    free(p);
    return r < 0 ? err : r;
}

static bool has_twins(const struct os_pollfd *fds, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        for (size_t k = i + 1; k < n; k++) {
            if (fds[i].fd >= 0 && fds[i].fd == fds[k].fd) {
                return true;
            }
        }
    }
    return false;
}

static int wait_ms(int64_t timeout_ns)
{
    int64_t ms = timeout_ns < 0 ? -1 : timeout_ns / 1000000;
    if (timeout_ns > 0 && ms == 0) {
        sched_yield();
    }
    return ms > MAX_WAIT ? MAX_WAIT : (int)ms;
}

int os_poll(struct os_pollfd *fds, size_t n, int64_t timeout_ns)
{
    struct epoll_event ev[32];
    struct set *s = n == 0 || n > MAX_FDS / 2 || has_twins(fds, n) ? NULL : set_get();
    if (!s) {
        return plain_poll(fds, n, wait_ms(timeout_ns));
    }
    int ready = prepare(s, fds, n);
    int r = epoll_wait(s->epoll, ev, 32, ready ? 0 : wait_ms(timeout_ns));
    if (r < 0) {
        return ready ? ready : -errno;
    }
    return ready + collect(s, ev, r);
}
