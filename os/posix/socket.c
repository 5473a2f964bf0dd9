/* SPDX-License-Identifier: MIT */
/*
 * Stream sockets, TCP and UNIX. All are close-on-exec; accepted and connected ones don't block.
 */
#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "os/os.h"

static int new_socket(int family, int protocol)
{
    int fd = socket(family, SOCK_STREAM, protocol);
    if (fd < 0) {
        return -errno;
    }
    fcntl(fd, F_SETFD, FD_CLOEXEC);
    return fd;
}

static int close_with(int fd, int err)
{
    close(fd);
    return err;
}

static int unix_address(struct sockaddr_un *a, const char *path)
{
    memset(a, 0, sizeof *a);
    a->sun_family = AF_UNIX;
    if (strlen(path) >= sizeof a->sun_path) {
        return -ENAMETOOLONG;
    }
    strcpy(a->sun_path, path);
    return 0;
}

int os_socket_listen_unix(const char *path)
{
    struct sockaddr_un a;
    struct stat st;
    int err = unix_address(&a, path);
    if (err < 0) {
        return err;
    }
    /* A socket that a dead process left behind is replaced; one that answers, or a file, is not. */
    if (stat(path, &st) == 0 && S_ISSOCK(st.st_mode)) {
        int probe = os_socket_connect_unix(path);
        if (probe >= 0) {
            return close_with(probe, -EADDRINUSE);
        }
        unlink(path);
    }
    int fd = new_socket(AF_UNIX, 0);
    if (fd < 0) {
        return fd;
    }
    if (bind(fd, (struct sockaddr *)&a, sizeof a) < 0 || listen(fd, 1) < 0) {
        return close_with(fd, -errno);
    }
    os_set_nonblock(fd, true);
    return fd;
}

int os_socket_connect_unix(const char *path)
{
    struct sockaddr_un a;
    int err = unix_address(&a, path);
    if (err < 0) {
        return err;
    }
    int fd = new_socket(AF_UNIX, 0);
    if (fd < 0) {
        return fd;
    }
    while (connect(fd, (struct sockaddr *)&a, sizeof a) < 0) {
        if (errno != EINTR) {
            return close_with(fd, -errno);
        }
    }
    os_set_nonblock(fd, true);
    return fd;
}

static int resolve(const char *host, const char *port, int flags, struct addrinfo **list)
{
    struct addrinfo hints = { .ai_family = AF_UNSPEC, .ai_socktype = SOCK_STREAM,
                              .ai_flags = flags };
    int e = getaddrinfo(host && *host ? host : NULL, port, &hints, list);
    if (e == EAI_SYSTEM) {
        return -errno;
    }
    return e ? -EADDRNOTAVAIL : 0;
}

/* The port that the host chose for port 0. */
static char *bound_name(int fd, const char *host)
{
    struct sockaddr_storage ss;
    socklen_t len = sizeof ss;
    unsigned port = 0;
    if (getsockname(fd, (struct sockaddr *)&ss, &len) == 0) {
        if (ss.ss_family == AF_INET) {
            port = ntohs(((struct sockaddr_in *)&ss)->sin_port);
        } else if (ss.ss_family == AF_INET6) {
            port = ntohs(((struct sockaddr_in6 *)&ss)->sin6_port);
        }
    }
    size_t size = (host ? strlen(host) : 0) + 16;
    char *text = malloc(size);
    if (text) {
        snprintf(text, size, "%s:%u", host ? host : "", port);
    }
    return text;
}

int os_socket_listen_tcp(const char *host, const char *port, char **bound)
{
    struct addrinfo *list = NULL;
    int err = resolve(host, port, AI_PASSIVE, &list);
    if (bound) {
        *bound = NULL;
    }
    if (err < 0) {
        return err;
    }
    err = -EADDRNOTAVAIL;
    for (struct addrinfo *a = list; a; a = a->ai_next) {
        int fd = new_socket(a->ai_family, a->ai_protocol), on = 1;
        if (fd < 0) {
            err = fd;
            continue;
        }
        setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
        if (bind(fd, a->ai_addr, a->ai_addrlen) < 0 || listen(fd, 1) < 0) {
            err = close_with(fd, -errno);
            continue;
        }
        os_set_nonblock(fd, true);
        freeaddrinfo(list);
        if (bound) {
            *bound = bound_name(fd, host);
        }
        return fd;
    }
    freeaddrinfo(list);
    return err;
}

static void no_delay(int fd)
{
    int on = 1;
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on); /* harmless error on AF_UNIX */
}

int os_socket_connect_tcp(const char *host, const char *port)
{
    struct addrinfo *list = NULL;
    int err = resolve(host, port, 0, &list);
    if (err < 0) {
        return err;
    }
    err = -EADDRNOTAVAIL;
    for (struct addrinfo *a = list; a; a = a->ai_next) {
        int fd = new_socket(a->ai_family, a->ai_protocol);
        if (fd < 0) {
            err = fd;
            continue;
        }
        if (connect(fd, a->ai_addr, a->ai_addrlen) < 0) {
            err = close_with(fd, -errno);
            continue;
        }
        freeaddrinfo(list);
        no_delay(fd);
        os_set_nonblock(fd, true);
        return fd;
    }
    freeaddrinfo(list);
    return err;
}

int os_socket_accept(int fd)
{
    int c;
    do {
        c = accept(fd, NULL, NULL);
    } while (c < 0 && errno == EINTR);
    if (c < 0) {
        return errno == EWOULDBLOCK ? -EAGAIN : -errno;
    }
    fcntl(c, F_SETFD, FD_CLOEXEC);
    no_delay(c);
    os_set_nonblock(c, true);
    return c;
}
