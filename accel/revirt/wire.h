/* SPDX-License-Identifier: MIT */
/*
 * How calls travel where the interface is served by a process on a UNIX stream socket instead of a
 * kernel: a request, its payload, then a reply and its payload. One request at a time on each
 * socket. Descriptors come with a reply (SCM_RIGHTS). See ABI.md, "Reference host".
 */
#ifndef ACCEL_REVIRT_WIRE_H
#define ACCEL_REVIRT_WIRE_H

#include <stdint.h>

#define REVIRT_WIRE_REQUEST 0x51525652u /* "RVRQ" */
#define REVIRT_WIRE_REPLY   0x50525652u /* "RVRP" */

enum revirt_wire_op {
    REVIRT_WIRE_OPEN = 1,   /* payload: the VM's name; once, first; the socket is the VM now */
    REVIRT_WIRE_OPENAT = 2, /* payload: a path below this object; the reply brings a descriptor */
    REVIRT_WIRE_CALL = 3,
};

struct revirt_wire_request {
    uint32_t magic, op;
    uint32_t len;  /* of the payload that follows */
    uint32_t room; /* for the reply's payload */
    uint64_t meta[4];
};

struct revirt_wire_reply {
    uint32_t magic;
    int32_t result; /* >= 0, or minus an error number */
    uint32_t len;
    uint32_t fds;
};

_Static_assert(sizeof(struct revirt_wire_request) == 48, "request");
_Static_assert(sizeof(struct revirt_wire_reply) == 16, "reply");

#endif
