/* SPDX-License-Identifier: MIT */
/*
 * A machine without chips for tests of accelerators: 4 MiB of RAM, one vCPU, a few ports and a
 * register. Runs a guest of tests/guests from real mode at 1000h:0; see checksum.asm for the ports.
 */
#ifndef TESTS_ACCEL_RIG_H
#define TESTS_ACCEL_RIG_H

#include "accel/api/vcpu.h"
#include "core/physmem.h"

#define RIG_RAM MIB(4)

struct rig {
    struct physmem *pm;
    uint8_t *ram;
    struct mem_region *ram_region;
    struct x86_cpu_model model;
    struct x86_topology topology;
    struct accel_callbacks cb;
    struct accel_params params;
    struct vcpus *v;
    uint32_t counter, mmio_counter, mmio_sum, reads, writes;
    int vector; /* INTR is raised for it; -1: none */
    uint32_t out[16];
    unsigned n_out;
    GMutex mutex;
    GCond cond;
    bool done, failed, shutdown;
    bool enough; /* the guest shall end; machine lock held */
    unsigned failures;
    char text[160];
};

/* The processor offers what all of them do; tcg first, further names may follow. */
struct rig *rig_new(const char *const *accels);
void rig_free(struct rig *r);
/* The guest's turns; RAM and devices as new. */
void rig_load(struct rig *r, const char *guest, uint32_t turns);
bool rig_start(struct rig *r, const char *accel, GError **err);
void rig_stop(struct rig *r); /* ends the vCPU; RAM stays */
/* "tcg,mode=jit"; false: err. */
bool rig_switch(struct rig *r, const char *accel, GError **err);
bool rig_wait(struct rig *r,
              unsigned seconds); /* the end, a failure or a shutdown; false: time is up */
/* Waits; a broken accelerator is replaced by tcg. False as rig_wait, or if that fails. */
bool rig_wait_falling_back(struct rig *r, unsigned seconds);
void rig_stats(struct rig *r, GString *out);
uint64_t rig_hash(const struct rig *r); /* of RAM */

#endif
