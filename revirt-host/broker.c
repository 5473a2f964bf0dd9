/* SPDX-License-Identifier: MIT */
/*
 * The first process and those of VMs. The first one knows the names in use: a VM's process asks it,
 * over a socket that both have, for a name or for their number. Its end frees the name, however it
 * ended; the first one's end tells the others to leave in order.
 */
#include <errno.h>
#include <string.h>

#include "revirt-host/host.h"

#define MAX_PROCESSES (2 * HOST_MAX_VMS) /* with those that have no name yet */

struct question {
    char name[REVIRT_NAME_MAX + 1]; /* "": how many VMs are there? */
};

struct child {
    int fd;
    char name[REVIRT_NAME_MAX + 1];
};

struct broker {
    struct child child[MAX_PROCESSES];
    unsigned n;
};

static unsigned named(const struct broker *b, const char *name)
{
    unsigned n = 0;
    for (unsigned i = 0; i < b->n; i++) {
        n += name ? strcmp(b->child[i].name, name) == 0 : b->child[i].name[0] != '\0';
    }
    return n;
}

/* False: the child is gone. */
static bool answer(struct broker *b, struct child *c)
{
    struct question q;
    int32_t r = 0;
    if (os_socket_recv(c->fd, &q, sizeof q, NULL, 0, NULL) <= 0) {
        return false;
    }
    q.name[REVIRT_NAME_MAX] = '\0';
    if (!q.name[0]) {
        r = (int32_t)named(b, NULL);
    } else if (named(b, q.name)) {
        r = -EEXIST;
    } else if (named(b, NULL) >= HOST_MAX_VMS) {
        r = -ENOSPC;
    } else {
        memcpy(c->name, q.name, sizeof c->name);
    }
    return os_socket_send(c->fd, &r, sizeof r, NULL, 0) == 0;
}

/* True in the child. */
static bool make_child(struct broker *b, struct host *h, int sock)
{
    int pair[2];
    int pid = os_socket_pair(pair);
    pid = pid < 0 ? pid : os_fork();
    if (pid == 0) {
        for (unsigned i = 0; i < b->n; i++) {
            os_close(b->child[i].fd);
        }
        os_close(pair[0]);
        h->broker = pair[1];
        return true;
    }
    os_close(sock);
    os_close(pair[1]);
    if (pid < 0) {
        os_close(pair[0]);
    } else {
        b->child[b->n++] = (struct child){ .fd = pair[0] };
    }
    return false;
}

static void forget(struct broker *b, unsigned i)
{
    os_close(b->child[i].fd);
    b->child[i] = b->child[--b->n];
    os_reap();
}

/* True in a child, which has served its VM. */
static bool accept_one(struct broker *b, struct host *h, int listener, int quit_fd)
{
    int s = os_socket_accept(listener);
    if (s >= 0) {
        os_set_nonblock(s, false);
        if (make_child(b, h, s)) {
            os_close(listener);
            host_serve(h, s);
            return true;
        }
    } else if (s != -EAGAIN) {
        struct os_pollfd quit = { quit_fd, OS_POLL_IN, 0 };
        os_poll(&quit, 1, 20000000); /* no descriptors left: some will come back */
    }
    return false;
}

void host_accept(struct host *h, int listener, int quit_fd)
{
    struct broker b = { .n = 0 };
    for (;;) {
        struct os_pollfd p[2 + MAX_PROCESSES] = {
            { quit_fd, OS_POLL_IN, 0 }, { listener, b.n < MAX_PROCESSES ? OS_POLL_IN : 0, 0 }
        };
        for (unsigned i = 0; i < b.n; i++) {
            p[2 + i] = (struct os_pollfd){ b.child[i].fd, OS_POLL_IN, 0 };
        }
        if (os_poll(p, 2 + b.n, -1) < 0) {
            continue; /* a signal */
        }
        if (p[0].revents) {
            return;
        }
        for (unsigned i = b.n; i-- > 0;) {
            if (p[2 + i].revents && !answer(&b, &b.child[i])) {
                forget(&b, i); /* the last takes its place, and was looked at already */
            }
        }
        if (p[1].revents && accept_one(&b, h, listener, quit_fd)) {
            return;
        }
    }
}

static int ask(struct host *h, const char *name)
{
    struct question q = { .name = "" };
    int32_t r;
    g_strlcpy(q.name, name, sizeof q.name);
    if (os_socket_send(h->broker, &q, sizeof q, NULL, 0) < 0 ||
        os_socket_recv(h->broker, &r, sizeof r, NULL, 0, NULL) <= 0) {
        return -EPIPE;
    }
    return r;
}

int host_claim_name(struct host *h, const char *name)
{
    return ask(h, name);
}

unsigned host_count_vms(struct host *h)
{
    int n = ask(h, "");
    return n < 0 ? 0 : (unsigned)n;
}
