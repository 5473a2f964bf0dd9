/* SPDX-License-Identifier: MIT */
/*
 * Runs one x86-64 instruction natively with every register loaded, and tells what it did. For tests
 * on x86-64 Linux only; one thread.
 */
#ifndef TESTS_LIB_HOST_RUN_H
#define TESTS_LIB_HOST_RUN_H

#include <stdbool.h>
#include <stdint.h>

#define HOST_MEM_BASE 0x10001000ull /* the test memory: this many bytes between unmapped pages */
#define HOST_MEM_SIZE 0x2000u

struct host_state {
    uint64_t gpr[16];
    uint64_t rflags; /* CF PF AF ZF SF OF DF */
    uint8_t vec[16][32];
    uint8_t fx[512] __attribute__((aligned(16))); /* FXSAVE image without the XMM part */
};

bool host_run_init(void); /* false: not here */
uint8_t *host_run_mem(void);
/* Runs bytes[len]; *s is in and out. Returns the exception's vector, or -1. */
int host_run(struct host_state *s, const uint8_t *bytes, unsigned len);

#endif
