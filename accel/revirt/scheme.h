/* SPDX-License-Identifier: MIT */
/*
 * How the interface of ABI.md is reached: Redox's kernel by files of /scheme/revirt, or the
 * reference host by a UNIX socket. Nothing else in this folder knows which.
 */
#ifndef ACCEL_REVIRT_SCHEME_H
#define ACCEL_REVIRT_SCHEME_H

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

#include "accel/revirt/abi.h"

/* An open object: a VM or a vCPU. Calls may come from any thread, one after the other. */
struct revirt_node {
    int fd;
    bool socket;
    bool gone; /* the host does not answer any more */
    GMutex lock;
};

#define REVIRT_SCHEME "/scheme/revirt"

/* host: the socket's path; NULL: the kernel. -errno. */
int revirt_open(struct revirt_node *vm, const char *host, const char *name);
int revirt_openat(struct revirt_node *parent, const char *path, struct revirt_node *child);
void revirt_close(struct revirt_node *n);
/* A plain descriptor below the object (kick, survivor), or -errno. */
int revirt_fd(struct revirt_node *parent, const char *path);
/* The VM's window in our address space, or NULL. */
uint8_t *revirt_window(struct revirt_node *vm);
/* buf: `in` bytes go, at most `out` come. Bytes that came, or -errno; -EPIPE: the host is gone. */
int revirt_call(struct revirt_node *n, enum revirt_verb verb, uint64_t a, uint64_t b, void *buf,
                size_t in, size_t out);

#endif
