/* SPDX-License-Identifier: MIT */
/*
 * What answers an access that an accelerator left to its caller: the run loop's and the comparing
 * accelerator's.
 */
#ifndef ACCEL_API_SERVE_H
#define ACCEL_API_SERVE_H

#include <string.h>

#include "accel/api/accel.h"

static inline void accel_serve_pio(const struct accel_callbacks *cb, struct accel_exit *e)
{
    uint8_t *p = e->u.pio.data;
    for (uint32_t i = 0; i < e->u.pio.count; i++, p += e->u.pio.size) {
        uint32_t v = 0;
        if (e->u.pio.write) {
            memcpy(&v, p, e->u.pio.size);
            cb->pio_write(cb->opaque, e->u.pio.port, v, e->u.pio.size);
        } else {
            v = cb->pio_read(cb->opaque, e->u.pio.port, e->u.pio.size);
            memcpy(p, &v, e->u.pio.size);
        }
    }
}

static inline void accel_serve_mmio(const struct accel_callbacks *cb, struct accel_exit *e)
{
    uint64_t v = 0;
    if (e->u.mmio.write) {
        memcpy(&v, e->u.mmio.data, e->u.mmio.size);
        cb->mmio_write(cb->opaque, e->u.mmio.gpa, v, e->u.mmio.size);
    } else {
        v = cb->mmio_read(cb->opaque, e->u.mmio.gpa, e->u.mmio.size);
        memcpy(e->u.mmio.data, &v, sizeof v);
    }
}

/* False: #GP, as e says then. */
static inline bool accel_serve_msr(const struct accel_callbacks *cb, unsigned vcpu,
                                   struct accel_exit *e)
{
    bool ok = e->u.msr.write ? cb->msr_write(cb->opaque, vcpu, e->u.msr.index, e->u.msr.value)
                             : cb->msr_read(cb->opaque, vcpu, e->u.msr.index, &e->u.msr.value);
    e->u.msr.fault = !ok;
    return ok;
}

#endif
