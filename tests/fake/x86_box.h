/* SPDX-License-Identifier: MIT */
/*
 * A processor in a box: 4 MiB of RAM, flat segments, a handler for every exception that halts, and
 * nothing else. The program goes to X86_BOX_CODE; registers and memory are set through `cpu` and
 * `ram`. One program may have many boxes.
 */
#ifndef TESTS_FAKE_X86_BOX_H
#define TESTS_FAKE_X86_BOX_H

#include "accel/x86/block.h"
#include "accel/x86/flags.h"
#include "core/physmem.h"

#define X86_BOX_RAM   0x400000u
#define X86_BOX_CODE  0x10000u
#define X86_BOX_STACK 0x9000u
#define X86_BOX_DATA  0x200000u /* mapped at the same linear address in every mode but 16-bit */

struct x86_box {
    struct physmem *pm;
    uint8_t *ram;
    struct x86_cpu *cpu;
    bool owner;              /* of pm and ram; a peer is freed before its owner */
    struct x86_cpu_model model;
    int last_irq;        /* what irq_ack gives; -1 none */
    uint32_t port_value; /* read from every port, last value written */
    unsigned port_accesses;
};

/* mode: 2 real, 4 protected flat 32-bit without paging, 8 long mode with 4 KiB pages. The pages
 * X86_BOX_DATA + 0x100000 and up are not present in long mode. map: shared code map or NULL. */
struct x86_box *x86_box_new(unsigned mode, struct x86_code_map *map);
/* A second processor on the RAM of another box. */
struct x86_box *x86_box_peer(struct x86_box *other, unsigned mode, struct x86_code_map *map);
void x86_box_free(struct x86_box *b);
/* Writes the bytes at X86_BOX_CODE (as host code does) and sets rip there. */
void x86_box_code(struct x86_box *b, const void *bytes, size_t len);
/* Runs at most n instructions. */
enum x86_stop x86_box_run(struct x86_box *b, uint64_t n);
/* The exception whose handler halted the processor, or -1. */
int x86_box_vector(const struct x86_box *b);
/* rip that the exception saved, and its error code (0 when it has none). */
uint64_t x86_box_fault_rip(const struct x86_box *b);
uint64_t x86_box_fault_error(const struct x86_box *b);

#endif
