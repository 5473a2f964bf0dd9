/* SPDX-License-Identifier: MIT */
/*
 * revirt-host: the command line and the listening socket.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "revirt-host/host.h"

static struct os_event quit_event = { .rfd = -1, .wfd = -1 }; /* for the signal handler */

static const char usage[] =
    "usage: revirt-host [-mmio undecoded|decoded] [-max-memory GIB] [-ready-fd N] SOCKET\n"
    "Serves virtual machines (accel/revirt/ABI.md) on the UNIX socket SOCKET, until SIGTERM.\n"
    "  -mmio decoded     memory accesses outside RAM come with their data, not as instructions\n"
    "  -max-memory GIB   memory of one machine (default 16)\n"
    "  -ready-fd N       write a byte to this descriptor when clients can connect\n";

static void on_signal(int sig)
{
    (void)sig;
    os_event_signal(&quit_event);
}

static int bad_usage(const char *what, const char *value)
{
    fprintf(stderr, "revirt-host: %s%s%s\n%s", what, value ? ": " : "", value ? value : "", usage);
    return EXIT_FAILURE;
}

struct options {
    const char *path;
    int ready_fd;
};

static bool number(const char *text, guint64 max, guint64 *value)
{
    return text && g_ascii_string_to_unsigned(text, 10, 0, max, value, NULL);
}

/* EXIT_SUCCESS, or the status to end with. */
static int parse(int argc, char **argv, struct host *h, struct options *o)
{
    for (int i = 1; i < argc; i++) {
        const char *name = argv[i], *value = argv[i + 1];
        guint64 n;
        if (name[0] != '-') {
            if (o->path) {
                return bad_usage("one socket only", name);
            }
            o->path = name;
            continue;
        }
        name += name[1] == '-';
        if (strcmp(name, "-mmio") == 0 && value &&
            (strcmp(value, "decoded") == 0 || strcmp(value, "undecoded") == 0)) {
            h->decode_mmio = strcmp(value, "decoded") == 0;
        } else if (strcmp(name, "-max-memory") == 0 && number(value, 512, &n) && n) {
            h->max_memory = n << 30;
        } else if (strcmp(name, "-ready-fd") == 0 && number(value, 1023, &n)) {
            o->ready_fd = (int)n;
        } else {
            return bad_usage("what is this", name);
        }
        i++;
    }
    return o->path ? EXIT_SUCCESS : bad_usage("which socket?", NULL);
}

/* Until a signal; a client that cannot be served now waits in the socket's queue. */
static void accept_all(struct host *h, int listener)
{
    struct os_pollfd p[2] = { { listener, OS_POLL_IN, 0 }, { quit_event.rfd, OS_POLL_IN, 0 } };
    for (;;) {
        if (os_poll(p, 2, -1) < 0) {
            continue;
        }
        if (p[1].revents) {
            return;
        }
        int s = os_socket_accept(listener);
        if (s >= 0) {
            os_set_nonblock(s, false);
            host_serve(h, s);
        } else if (s != -EAGAIN) {
            os_poll(&p[1], 1, 20000000); /* no descriptors left: some will come back */
        }
    }
}

int main(int argc, char **argv)
{
    struct host h = { .max_memory = 16ull << 30 };
    struct options o = { .ready_fd = -1 };
    int status = parse(argc, argv, &h, &o);
    if (status != EXIT_SUCCESS) {
        return status;
    }
    os_ignore_sigpipe();
    x86_cpu_model_software(&h.offered);
    h.vms = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    g_mutex_init(&h.lock);
    g_cond_init(&h.idle);
    int listener = os_socket_listen_unix(o.path);
    if (listener < 0 || os_event_init(&quit_event) < 0) {
        fprintf(stderr, "revirt-host: %s: %s\n", o.path, g_strerror(listener < 0 ? -listener : 0));
        return EXIT_FAILURE;
    }
    os_on_terminate(on_signal);
    if (o.ready_fd >= 0) {
        os_write(o.ready_fd, "", 1);
        os_close(o.ready_fd);
    }
    accept_all(&h, listener);
    os_unlink(o.path);
    /* Threads of clients end with the process: nothing of theirs outlives it. */
    return EXIT_SUCCESS;
}
