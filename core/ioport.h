/* SPDX-License-Identifier: MIT */
/*
 * The 64 Ki I/O ports: an index of 65,536 entries into a small table of ranges.
 * All calls: machine lock held.
 */
#ifndef CORE_IOPORT_H
#define CORE_IOPORT_H

#include "core/types.h"

struct ioport_space;

struct ioport_ops {
    /* off: from the start of the registered range; size 1, 2 or 4 and within [min,max]. */
    uint32_t (*read)(void *opaque, uint16_t off, unsigned size);
    void (*write)(void *opaque, uint16_t off, uint32_t value, unsigned size);
    /* What the callbacks take; 0 means 1. Wider and misaligned accesses are split little-endian
     * into several, narrower ones never reach a device whose min_size is larger (they are widened;
     * a write with zeros in the other bytes). */
    uint8_t min_size, max_size;
};

struct ioport_space *ioport_space_new(void);
void ioport_space_free(struct ioport_space *s);

/* Returns 0, or -EBUSY when any port of the range is taken, -EINVAL when it leaves 0..65535.
 * `name` must outlive the range. */
int ioport_add(struct ioport_space *s, uint16_t base, unsigned count, const struct ioport_ops *ops,
               void *opaque, const char *name);
/* As ioport_add, above whatever is there (PCI BARs, overlapping legacy decodes). */
int ioport_add_overlay(struct ioport_space *s, uint16_t base, unsigned count,
                       const struct ioport_ops *ops, void *opaque, const char *name);
void ioport_remove(struct ioport_space *s, uint16_t base, const struct ioport_ops *ops,
                   void *opaque);

/* Unclaimed ports read all ones and ignore writes. An access may straddle ranges. */
uint32_t ioport_read(struct ioport_space *s, uint16_t port, unsigned size);
void ioport_write(struct ioport_space *s, uint16_t port, uint32_t value, unsigned size);

/* Who answers at a port, and the sizes it takes; false: nobody. For reports. */
bool ioport_owner(const struct ioport_space *s, uint16_t port, const char **name, unsigned *min,
                  unsigned *max);

/* For `info mtree`. */
void ioport_foreach(struct ioport_space *s,
                    void (*fn)(void *arg, uint16_t base, unsigned count, const char *name),
                    void *arg);

#endif
