/* SPDX-License-Identifier: MIT */
/*
 * Whole messages on stream sockets that block, with descriptors that go along (SCM_RIGHTS).
 */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#include "os/os.h"

#ifndef MSG_NOSIGNAL
#define MSG_NOSIGNAL 0 /* the caller ignores SIGPIPE */
#endif

union control {
    struct cmsghdr align;
    char bytes[CMSG_SPACE(OS_PASS_MAX * sizeof(int))];
};

int os_socket_pair(int fds[2])
{
    if (socketpair(AF_UNIX, SOCK_STREAM, 0, fds) < 0) {
        int err = -errno;
        fds[0] = fds[1] = -1;
        return err;
    }
    fcntl(fds[0], F_SETFD, FD_CLOEXEC);
    fcntl(fds[1], F_SETFD, FD_CLOEXEC);
    return 0;
}

void os_socket_shutdown(int fd)
{
    shutdown(fd, SHUT_RDWR);
}

int os_socket_send(int fd, const void *buf, size_t len, const int *fds, unsigned nfds)
{
    union control c;
    struct iovec v = { .iov_base = (void *)buf, .iov_len = len };
    struct msghdr m = { .msg_iov = &v, .msg_iovlen = 1 };
    if (nfds > OS_PASS_MAX || len == 0) {
        return -EINVAL;
    }
    if (nfds > 0) {
        memset(&c, 0, sizeof c);
        m.msg_control = c.bytes;
        m.msg_controllen = CMSG_SPACE(nfds * sizeof(int));
        struct cmsghdr *h = CMSG_FIRSTHDR(&m);
        h->cmsg_level = SOL_SOCKET;
        h->cmsg_type = SCM_RIGHTS;
        h->cmsg_len = CMSG_LEN(nfds * sizeof(int));
        memcpy(CMSG_DATA(h), fds, nfds * sizeof(int));
    }
    while (v.iov_len > 0) {
        ssize_t n = sendmsg(fd, &m, MSG_NOSIGNAL);
        if (n < 0 && errno == EINTR) {
            continue;
        }
        if (n < 0) {
            return -errno;
        }
        v.iov_base = (char *)v.iov_base + n;
        v.iov_len -= (size_t)n;
        m.msg_control = NULL; /* went with the first byte */
        m.msg_controllen = 0;
    }
    return 0;
}

/* Keeps what there is room for; closes the rest. */
static void take_fds(struct msghdr *m, int *fds, unsigned room, unsigned *got)
{
    for (struct cmsghdr *h = CMSG_FIRSTHDR(m); h; h = CMSG_NXTHDR(m, h)) {
        if (h->cmsg_level != SOL_SOCKET || h->cmsg_type != SCM_RIGHTS) {
            continue;
        }
        size_t n = (h->cmsg_len - CMSG_LEN(0)) / sizeof(int);
        for (size_t i = 0; i < n; i++) {
            int fd;
            memcpy(&fd, CMSG_DATA(h) + i * sizeof fd, sizeof fd);
            if (*got < room) {
                fcntl(fd, F_SETFD, FD_CLOEXEC);
                fds[(*got)++] = fd;
            } else {
                close(fd);
            }
        }
    }
}

int os_socket_recv(int fd, void *buf, size_t len, int *fds, unsigned room, unsigned *got)
{
    unsigned none = 0;
    size_t done = 0;
    got = got ? got : &none;
    *got = 0;
    while (done < len) {
        union control c;
        struct iovec v = { .iov_base = (char *)buf + done, .iov_len = len - done };
        struct msghdr m = {
            .msg_iov = &v, .msg_iovlen = 1, .msg_control = c.bytes, .msg_controllen = sizeof c.bytes
        };
        ssize_t n = recvmsg(fd, &m, 0);
        if (n < 0 && errno == EINTR) {
            continue;
        }
        int err = n < 0 ? -errno : -EPIPE;
        if (n > 0) {
            take_fds(&m, fds, room, got);
            done += (size_t)n;
            continue;
        }
        while (*got > 0) {
            close(fds[--*got]);
        }
        return n == 0 && done == 0 ? 0 : err;
    }
    return 1;
}
