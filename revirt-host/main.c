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
    "usage: revirt-host [-engine kvm|jit|interp] [-mmio undecoded|decoded] [-max-memory GIB]\n"
    "                   [-ready-fd N] SOCKET\n"
    "Serves virtual machines (accel/revirt/ABI.md) on the UNIX socket SOCKET, until SIGTERM.\n"
    "  -engine NAME      what runs guests; by default the first that is any good here\n"
    "  -mmio undecoded   accesses outside memory come as instructions without their data, as from\n"
    "                    a kernel that has no decoder; not with kvm\n"
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
    const char *path, *engine, *mmio;
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
            o->mmio = value;
        } else if (strcmp(name, "-engine") == 0 && value) {
            o->engine = value;
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

/* Best first; the last always works. */
static const struct host_engine *const engines[] = {
#ifdef HAVE_KVM
    &host_kvm,
#endif
    &host_jit,
    &host_interp,
};

/* EXIT_SUCCESS and in *h, or the status to end with. */
static int choose_engine(struct host *h, const struct options *o)
{
    struct accel_caps caps;
    for (size_t i = 0; i < ARRAY_LEN(engines); i++) {
        const struct host_engine *e = engines[i];
        GError *err = NULL;
        if (o->engine && strcmp(o->engine, e->name) != 0) {
            continue;
        }
        memset(&caps, 0, sizeof caps);
        if ((o->engine || !e->worthwhile || e->worthwhile()) && e->probe(&caps, &err)) {
            h->engine = e;
            h->offered = caps.offered;
            h->tsc_khz = caps.tsc_khz ? caps.tsc_khz : 1000000;
            break;
        }
        if (o->engine) {
            fprintf(stderr, "revirt-host: -engine %s: %s\n", e->name, err->message);
            g_clear_error(&err);
            return EXIT_FAILURE;
        }
        g_clear_error(&err);
    }
    if (!h->engine) {
        return strcmp(o->engine, "kvm") == 0
                   ? bad_usage("-engine kvm: this build has no KVM support", NULL)
                   : bad_usage("no such engine", o->engine);
    }
    h->decode_mmio = !o->mmio || strcmp(o->mmio, "decoded") == 0;
    if (!h->decode_mmio && h->engine->decodes_only) {
        return bad_usage("-mmio undecoded: not with -engine", h->engine->name);
    }
    return EXIT_SUCCESS;
}

int main(int argc, char **argv)
{
    struct host h = { .max_memory = 16ull << 30, .broker = -1 };
    struct options o = { .ready_fd = -1 };
    int status = parse(argc, argv, &h, &o);
    status = status == EXIT_SUCCESS ? choose_engine(&h, &o) : status;
    if (status != EXIT_SUCCESS) {
        return status;
    }
    os_ignore_sigpipe();
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
    host_accept(&h, listener, quit_event.rfd);
    if (h.broker < 0) { /* not in the process of a VM that has ended */
        os_unlink(o.path);
    }
    return EXIT_SUCCESS;
}
