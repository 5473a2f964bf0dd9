/* SPDX-License-Identifier: MIT */
/*
 * The VMware backdoor port 5658h with the absolute mouse (vmmouse). The port's registers travel in
 * general registers, so the processor side calls vmport_call before it does the plain port read,
 * which gives FFFFFFFFh. Machine lock held. Begins with struct device.
 */
#ifndef HW_PC_VMPORT_H
#define HW_PC_VMPORT_H

#include <glib.h>

#include "core/device.h"
#include "core/input.h"
#include "core/ioport.h"

#define VMPORT_PORT  0x5658u
#define VMPORT_MAGIC 0x564d5868u

struct vmport;
struct ps2_mouse;

struct vmport_config {
    struct ioport_space *io;
    struct input_hub *input; /* may be NULL */
    struct ps2_mouse *mouse; /* events are signalled by a byte of this mouse; may be NULL */
    uint64_t ram_size;       /* command 14h */
    const uint8_t *uuid;     /* 16 bytes, or NULL */
};
struct vmport *vmport_new(const struct vmport_config *cfg, GError **err);
/* IN EAX, 5658h. regs: EAX, EBX, ECX, EDX, ESI, EDI, in and out. false: not a backdoor call (wrong
 * magic or an unknown command): EAX is to be read from the port. */
bool vmport_call(struct vmport *v, uint32_t regs[6]);

extern const struct device_class vmport_class;

#endif
