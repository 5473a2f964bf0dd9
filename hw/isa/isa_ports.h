/* SPDX-License-Identifier: MIT */
/*
 * The I/O ports that a device claimed, so that they can be given back as one. Machine lock held.
 */
#ifndef HW_ISA_ISA_PORTS_H
#define HW_ISA_ISA_PORTS_H

#include <glib.h>

#include "core/device.h"
#include "core/ioport.h"

#define ISA_PORTS_MAX 8

struct isa_ports {
    struct ioport_space *io;
    struct {
        uint16_t base;
        const struct ioport_ops *ops;
        void *opaque;
    } range[ISA_PORTS_MAX];
    unsigned count;
};

static inline void isa_ports_release(struct isa_ports *p)
{
    while (p->count > 0) {
        p->count--;
        ioport_remove(p->io, p->range[p->count].base, p->range[p->count].ops,
                      p->range[p->count].opaque);
    }
}

/* p->io is set. `overlay`: above what is there. On failure nothing is claimed any more. */
static inline bool isa_ports_claim(struct isa_ports *p, struct device *d, uint32_t base,
                                   unsigned count, bool overlay, const struct ioport_ops *ops,
                                   void *opaque, GError **err)
{
    int ret = -1;

    if (p->count < ISA_PORTS_MAX && base <= 0xffff && count > 0 && count <= 0x10000 - base) {
        ret = overlay ? ioport_add_overlay(p->io, (uint16_t)base, count, ops, opaque, d->cls->name)
                      : ioport_add(p->io, (uint16_t)base, count, ops, opaque, d->cls->name);
    }
    if (ret < 0) {
        isa_ports_release(p);
        g_set_error(err, EMU_ERROR, EMU_ERROR_CONFIG,
                    "%s: I/O ports 0x%x-0x%x are taken or out of range", device_name(d), base,
                    base + (count ? count - 1 : 0));
        return false;
    }
    p->range[p->count].base = (uint16_t)base;
    p->range[p->count].ops = ops;
    p->range[p->count].opaque = opaque;
    p->count++;
    return true;
}

#endif
