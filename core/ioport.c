/* SPDX-License-Identifier: MIT */
/*
 * I/O ports. The index holds, for each port, 1 + the slot of the topmost range, 0 = nobody. It is
 * 128 KiB of which only the touched pages are ever resident.
 */
#include <errno.h>
#include <stdlib.h>

#include <glib.h>

#include "core/ioport.h"

#define PORTS      65536u
#define MAX_RANGES 4096u /* far above what a board and 256 PCI functions need */

struct range {
    const struct ioport_ops *ops; /* NULL: free slot */
    void *opaque;
    const char *name;
    uint64_t seq; /* the later one is on top */
    uint32_t count;
    uint16_t base;
    uint8_t min, max;
};

struct ioport_space {
    uint16_t *index;
    struct range *ranges;
    unsigned used; /* slots in use or free below this */
    uint64_t next_seq;
};

struct ioport_space *ioport_space_new(void)
{
    struct ioport_space *s = g_new0(struct ioport_space, 1);
    s->index = g_new0(uint16_t, PORTS);
    return s;
}

void ioport_space_free(struct ioport_space *s)
{
    if (s) {
        g_free(s->index);
        g_free(s->ranges);
        g_free(s);
    }
}

static int add(struct ioport_space *s, uint16_t base, unsigned count,
               const struct ioport_ops *ops, void *opaque, const char *name)
{
    unsigned slot = 0;
    while (slot < s->used && s->ranges[slot].ops) {
        slot++;
    }
    if (slot == MAX_RANGES) {
        return -ENOSPC;
    }
    if (slot == s->used) {
        s->ranges = g_renew(struct range, s->ranges, ++s->used);
    }
    unsigned min = ops->min_size ? ops->min_size : 1, max = ops->max_size ? ops->max_size : 1;
    s->ranges[slot] = (struct range){
        .ops = ops, .opaque = opaque, .name = name, .seq = s->next_seq++,
        .count = count, .base = base, .min = (uint8_t)min, .max = (uint8_t)MAX(min, max),
    };
    for (unsigned p = base; p < base + count; p++) {
        s->index[p] = (uint16_t)(slot + 1);
    }
    return 0;
}

static bool fits(uint16_t base, unsigned count)
{
    return count > 0 && count <= PORTS - base;
}

int ioport_add(struct ioport_space *s, uint16_t base, unsigned count, const struct ioport_ops *ops,
               void *opaque, const char *name)
{
    if (!fits(base, count)) {
        return -EINVAL;
    }
    for (unsigned p = base; p < base + count; p++) {
        if (s->index[p]) {
            return -EBUSY;
        }
    }
    return add(s, base, count, ops, opaque, name);
}

int ioport_add_overlay(struct ioport_space *s, uint16_t base, unsigned count,
                       const struct ioport_ops *ops, void *opaque, const char *name)
{
    return fits(base, count) ? add(s, base, count, ops, opaque, name) : -EINVAL;
}

/* 1 + slot of the topmost range at a port. */
static uint16_t topmost(const struct ioport_space *s, unsigned port)
{
    const struct range *best = NULL;
    for (unsigned i = 0; i < s->used; i++) {
        const struct range *r = &s->ranges[i];
        if (r->ops && port >= r->base && port - r->base < r->count &&
            (!best || r->seq > best->seq)) {
            best = r;
        }
    }
    return best ? (uint16_t)(best - s->ranges + 1) : 0;
}

void ioport_remove(struct ioport_space *s, uint16_t base, const struct ioport_ops *ops,
                   void *opaque)
{
    for (unsigned i = 0; i < s->used; i++) {
        struct range *r = &s->ranges[i];
        if (r->ops == ops && r->base == base && r->opaque == opaque && r->ops) {
            unsigned count = r->count;
            r->ops = NULL;
            for (unsigned p = base; p < base + count; p++) {
                if (s->index[p] == i + 1) {
                    s->index[p] = topmost(s, p);
                }
            }
            return;
        }
    }
}

/* --- accesses ------------------------------------------------------------------------------
 * Ranges are copied before a callback: it may remove itself or grow the table. */

/* The largest naturally aligned piece at `port` that the range takes, of `left` bytes. A bus moves
 * a misaligned word in two cycles, too. */
static unsigned piece(const struct range *r, unsigned port, unsigned left)
{
    unsigned size = r->max < 4 ? r->max : 4;
    unsigned room = r->base + r->count - port;
    while (size > 1 && ((port & (size - 1)) || size > left || size > room)) {
        size >>= 1;
    }
    return size;
}

static uint32_t mask_of(unsigned size)
{
    return size >= 4 ? 0xffffffffu : (1u << (size * 8)) - 1;
}

static uint32_t read_piece(const struct range *r, unsigned port, unsigned size)
{
    unsigned off = port - r->base;
    if (size >= r->min) {
        return r->ops->read ? r->ops->read(r->opaque, (uint16_t)off, size) & mask_of(size)
                            : mask_of(size);
    }
    unsigned start = off & ~(r->min - 1u);
    uint32_t wide = r->ops->read ? r->ops->read(r->opaque, (uint16_t)start, r->min) : ~0u;
    return wide >> ((off - start) * 8) & mask_of(size);
}

static void write_piece(const struct range *r, unsigned port, uint32_t value, unsigned size)
{
    unsigned off = port - r->base;
    if (!r->ops->write) {
        return;
    }
    value &= mask_of(size);
    if (size >= r->min) {
        r->ops->write(r->opaque, (uint16_t)off, value, size);
    } else { /* the lanes that the CPU does not drive read as zeros */
        unsigned start = off & ~(r->min - 1u);
        r->ops->write(r->opaque, (uint16_t)start, value << ((off - start) * 8), r->min);
    }
}

uint32_t ioport_read(struct ioport_space *s, uint16_t port, unsigned size)
{
    uint32_t value = 0;
    for (unsigned done = 0; done < size;) {
        unsigned p = port + done, n = 1;
        uint32_t part = 0xff;
        if (p < PORTS && s->index[p]) {
            const struct range r = s->ranges[s->index[p] - 1];
            n = piece(&r, p, size - done);
            part = read_piece(&r, p, n);
        }
        value |= part << (done * 8);
        done += n;
    }
    return value;
}

void ioport_write(struct ioport_space *s, uint16_t port, uint32_t value, unsigned size)
{
    for (unsigned done = 0; done < size;) {
        unsigned p = port + done, n = 1;
        if (p < PORTS && s->index[p]) {
            const struct range r = s->ranges[s->index[p] - 1];
            n = piece(&r, p, size - done);
            write_piece(&r, p, value >> (done * 8), n);
        }
        done += n;
    }
}

static int by_base(const void *a, const void *b)
{
    const struct range *x = a, *y = b;
    if (x->base != y->base) {
        return x->base < y->base ? -1 : 1;
    }
    return x->seq < y->seq ? -1 : 1;
}

bool ioport_owner(const struct ioport_space *s, uint16_t port, const char **name, unsigned *min,
                  unsigned *max)
{
    if (!s->index[port]) {
        return false;
    }
    const struct range *r = &s->ranges[s->index[port] - 1];
    *name = r->name;
    *min = r->min;
    *max = r->max;
    return true;
}

void ioport_foreach(struct ioport_space *s,
                    void (*fn)(void *arg, uint16_t base, unsigned count, const char *name),
                    void *arg)
{
    struct range *sorted = g_new(struct range, s->used);
    unsigned n = 0;
    for (unsigned i = 0; i < s->used; i++) {
        if (s->ranges[i].ops) {
            sorted[n++] = s->ranges[i];
        }
    }
    if (n > 0) {
        qsort(sorted, n, sizeof *sorted, by_base);
    }
    for (unsigned i = 0; i < n; i++) {
        fn(arg, sorted[i].base, sorted[i].count, sorted[i].name);
    }
    g_free(sorted);
}
