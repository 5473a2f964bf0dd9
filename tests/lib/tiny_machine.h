/* SPDX-License-Identifier: MIT */
/*
 * A machine of 16 MiB of RAM and one processor, ready to run a few bytes of code in any mode:
 * tables, page tables, handlers for every vector. For tests of faults (tests/cpu/test_faults.c and
 * tests/unit/accel/x86).
 *
 * Linear = physical for the first 16 MiB, 4 KiB pages below 2 MiB. Pages 20000h-3ffffh and 60000h-
 * 6ffffh are user pages, the rest supervisor's; all are writable.
 */
#ifndef TESTS_LIB_TINY_MACHINE_H
#define TESTS_LIB_TINY_MACHINE_H

#include "accel/x86/cpu.h"
#include "accel/x86/mmu.h"

enum tiny_mode {
    TINY_REAL,
    TINY_V86,      /* CPL 3, paging off */
    TINY_P16,      /* 16-bit code and stack, CPL 0 */
    TINY_P32,      /* flat, no paging, CPL 0 */
    TINY_P32_USER, /* ... CPL 3 */
    TINY_PG32,
    TINY_PG32_USER, /* 32-bit paging */
    TINY_PAE,
    TINY_PAE_USER,
    TINY_LONG,
    TINY_LONG_USER, /* 64-bit code */
    TINY_COMPAT,
    TINY_COMPAT_USER,
    TINY_MODES
};

/* Where things are. */
#define TINY_GDT      0x2000u
#define TINY_IDT      0x3000u
#define TINY_TSS      0x4000u
#define TINY_TSS2     0x7000u
#define TINY_TSS16    0x7800u
#define TINY_LDT      0x7c00u
#define TINY_STACK0   0x9000u  /* of the TSS */
#define TINY_STACK    0x8800u  /* at CPL 0 */
#define TINY_USTACK   0x30800u /* at CPL 3 */
#define TINY_IST1     0xa000u
#define TINY_CODE     0x10000u  /* at CPL 0 and in real mode */
#define TINY_UCODE    0x20000u  /* at CPL 3 */
#define TINY_HANDLERS 0x40000u  /* 16 bytes a vector, all HLT */
#define TINY_TARGET   0x41000u  /* of call gates and tasks */
#define TINY_DATA     0x50000u  /* supervisor pages */
#define TINY_UDATA    0x60000u  /* user pages */
#define TINY_PML4     0x100000u /* then PDPT, PD, PT */
#define TINY_PAE_PDPT 0x110000u
#define TINY_PD32     0x118000u

/* Selectors of the GDT. */
enum {
    SEL_CODE32 = 0x08,
    SEL_DATA = 0x10,
    SEL_CODE64 = 0x18,
    SEL_UCODE32 = 0x23,
    SEL_UDATA = 0x2b,
    SEL_UCODE64 = 0x33,
    SEL_TSS = 0x38,
    SEL_LDT = 0x48,
    SEL_CODE16 = 0x58,
    SEL_DATA16 = 0x60,
    SEL_CONFORMING = 0x68,
    SEL_NP_DATA = 0x70,
    SEL_NP_CODE = 0x78,
    SEL_DOWN = 0x80,
    SEL_RO = 0x88,
    SEL_XO = 0x90,
    SEL_TSS2 = 0x98,
    SEL_TSS16 = 0xa0,
    SEL_GATE32 = 0xa8,
    SEL_GATE16 = 0xb0,
    SEL_TASKGATE = 0xb8,
    SEL_GATE64 = 0xc0,
    SEL_SMALL = 0xd0,
    SEL_NP_GATE = 0xd8,
    SEL_GATE_NP_CODE = 0xe0,
    SEL_GATE_DPL0 = 0xe8,
    SEL_CONF64 = 0xf0,
    SEL_L_AND_D = 0xf8,
    SEL_TSS_BUSY = 0x100,
    SEL_TSS_SMALL = 0x108,
    SEL_GATE_PARAMS = 0x110,
    SEL_CODE32_1 = 0x119,
    SEL_DATA_1 = 0x121,
    SEL_NP_TSS = 0x128,
    SEL_GATE_DATA = 0x130,
    SEL_CONF_3 = 0x138,
    SEL_GATE64_32 = 0x140,
    SEL_LDT_DATA = 0x0c,
    SEL_NP_LDT = 0x150,
    SEL_BAD_LDT64 = 0x160,
    SEL_GDT_END = 0x1f8
};

struct tiny {
    struct physmem *pm;
    uint8_t *ram;
    struct x86_cpu *cpu;
    struct x86_cpu_model model;
    struct x86_topology topology;
    enum tiny_mode mode;
    uint64_t tsc;
    uint32_t last_port, last_value, ports;
    uint64_t mmio_gpa, mmio_value;
    unsigned mmio_reads, mmio_writes;
    int irq; /* what irq_ack gives, -1: none */
};

/* All features of the model but LA57; GenuineIntel, 40 physical bits. */
struct tiny *tiny_new(void);
void tiny_free(struct tiny *t);
/* Memory and processor as described, for code at tiny_code_addr. */
void tiny_setup(struct tiny *t, enum tiny_mode mode);
uint64_t tiny_code_addr(enum tiny_mode mode);
bool tiny_is_long(enum tiny_mode mode);
bool tiny_is_user(enum tiny_mode mode);
/* After st or model was changed by hand. */
void tiny_sync(struct tiny *t);

void tiny_write(struct tiny *t, uint64_t gpa, uint64_t v, unsigned size);
uint64_t tiny_read(struct tiny *t, uint64_t gpa, unsigned size);
/* The last-level entry of a linear address below 2 MiB, in the tables of the mode. */
uint64_t tiny_pte_addr(enum tiny_mode mode, uint64_t lin);
unsigned tiny_pte_size(enum tiny_mode mode);

/* Runs n instructions or up to HLT or shutdown. */
enum x86_stop tiny_run(struct tiny *t, unsigned n);

#endif
