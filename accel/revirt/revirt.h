/* SPDX-License-Identifier: MIT */
/*
 * Inside of the Revirt accelerator: what its files share.
 */
#ifndef ACCEL_REVIRT_REVIRT_H
#define ACCEL_REVIRT_REVIRT_H

#include <stdatomic.h>

#include "accel/api/accel.h"
#include "accel/revirt/abi_state.h"
#include "accel/revirt/scheme.h"
#include "core/physmem.h"
#include "os/os.h"

/* Offsets of the window from here on hold copies of ROMs and shared device memory. */
#define REVIRT_AUX_BASE (REVIRT_WINDOW_SIZE / 2)

struct accel_vm {
    struct accel_params params;
    struct accel_callbacks cb;
    struct revirt_node node;
    struct revirt_info info;
    uint8_t *window;
    bool keeps_window; /* the machine's RAM lies there: not ours to unmap */
    struct physmem_listener listener;
    /* mem.c, machine lock held */
    GArray *aux; /* struct revirt_aux */
    uint64_t aux_next;
    GArray *maps;        /* struct revirt_map, as the host has them */
    bool started, stale; /* nobody runs yet: the map is sent by the first run */
    int64_t synced_ns;   /* dirty bits */
    GMutex map_lock;     /* maps, started, stale */
};

struct accel_vcpu {
    struct accel_vm *vm;
    unsigned index;
    struct revirt_node node;
    int kick_fd;
    uint8_t *survivor;
    size_t survivor_size;
    _Atomic bool irq;     /* INTR */
    _Atomic bool running; /* in vcpu_run */
    bool ready;           /* the host said so at the last exit, and nothing was set since */
    bool owed;            /* the last exit waits for data */
    bool wrote, pair;     /* the last access; it follows a read that gave pair_value */
    bool read_value_known;
    uint64_t read_rip, pair_value;
    uint32_t owed_count, inject_count; /* of exits that did, of interrupts given to the host */
    struct revirt_exit last;           /* of which run is the answer */
    struct revirt_run run;
    _Atomic uint64_t tsc_offset;
    struct accel_exit_ring *ring; /* of exits served here; NULL: nobody wants them */
};

/* mem.c */
void revirt_mem_init(struct accel_vm *vm);
void revirt_mem_free(struct accel_vm *vm);
void *revirt_ram_alloc(struct accel_vm *vm, gpa_t gpa, uint64_t size);
void revirt_mem_written(struct accel_vm *vm, gpa_t gpa, uint64_t len);
int revirt_mem_start(struct accel_vm *vm); /* before each run: the host has the map */

/* vcpu.c */
int revirt_vcpu_create(struct accel_vm *vm, unsigned index, struct accel_vcpu **out);
void revirt_vcpu_destroy(struct accel_vcpu *v);
int revirt_vcpu_run(struct accel_vcpu *v, struct accel_exit *e);
void revirt_exit_log(struct accel_vcpu *v, struct accel_exit_ring *ring);
void revirt_vcpu_kick(struct accel_vcpu *v);
void revirt_irq_line(struct accel_vcpu *v, bool level);
uint64_t revirt_tsc(struct accel_vcpu *v);
uint64_t revirt_tsc_base(const struct accel_vm *vm); /* the host's monotonic time in ticks */

/* cpuid.c */
int revirt_cpuid_send(struct accel_vcpu *v);
void revirt_cpuid_answer(struct accel_vcpu *v);

/* state.c */
int revirt_state_get(struct accel_vcpu *v, struct x86_state *s, uint32_t groups);
int revirt_state_set(struct accel_vcpu *v, const struct x86_state *s, uint32_t groups);
void revirt_event(struct accel_vcpu *v, enum accel_event ev, uint8_t vector);
int revirt_debug_set(struct accel_vcpu *v, bool step, const gva_t *breakpoints, size_t n);

#endif
