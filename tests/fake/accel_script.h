/* SPDX-License-Identifier: MIT */
/*
 * An accelerator without a processor: each vCPU plays a list of exits. It drives run loop, devices
 * and machine without executing a guest.
 */
#ifndef TESTS_FAKE_ACCEL_SCRIPT_H
#define TESTS_FAKE_ACCEL_SCRIPT_H

#include "accel/api/accel.h"

#define SCRIPT_MAX_VCPUS 4

struct script_step {
    struct accel_exit exit;
    uint32_t data;       /* PIO: what is written; what was read is stored here */
    bool until_kick;     /* run goes on until a kick (or INTR), then the exit is KICK */
    int ret;             /* < 0: run fails */
};

struct script {
    struct script_step *steps[SCRIPT_MAX_VCPUS];
    unsigned n[SCRIPT_MAX_VCPUS];
    /* What happened. */
    int played[SCRIPT_MAX_VCPUS];
    int kicks[SCRIPT_MAX_VCPUS];
    int events[SCRIPT_MAX_VCPUS][4]; /* by enum accel_event */
    uint8_t sipi_vector[SCRIPT_MAX_VCPUS];
    int resets[SCRIPT_MAX_VCPUS];    /* state_set calls */
    uint64_t rflags;                 /* answered by state_get */
    int fail_create;                 /* vcpu_create of this index + 1 fails */
};

extern const struct accel_ops accel_script;
/* The script of the next vm_create; a vCPU whose list is at its end waits for kicks for ever. */
void script_set(struct script *s);

#endif
