/* SPDX-License-Identifier: MIT */
/*
 * The programs that `make bench` runs inside a guest and, the same binary, on the host itself. Each
 * kernel does a fixed amount of work and returns a checksum, which must be the same everywhere.
 */
#ifndef BENCH_GUEST_KERNELS_H
#define BENCH_GUEST_KERNELS_H

#include <stdint.h>

struct kernel {
    const char *name, *what;
    uint64_t (*run)(void);
    int (*usable)(void); /* NULL: everywhere */
};

#define COMPUTE_KERNELS(X) \
    X(mix, "lists, a state machine, small matrices and CRCs, as CoreMark has them") \
    X(sha256, "SHA-256 in plain C") \
    X(interp, "a bytecode interpreter's loop") \
    X(fib, "recursive calls and returns") \
    X(vcalls, "calls through pointers") \
    X(nbody, "planets, SSE2 double") \
    X(matmul, "matrices, SSE2 double") \
    X(avx2, "integer and float vectors of 256 bits") \
    X(x87, "80-bit floating point")

#define MEMORY_KERNELS(X) \
    X(sort, "sorting a million integers") \
    X(hash, "a hash table larger than the caches") \
    X(chase, "a pointer chase within the cache") \
    X(chase64, "a pointer chase over 64 MiB") \
    X(loadstore, "a loop of loads and stores") \
    X(lz, "a Lempel-Ziv compressor") \
    X(zlib, "deflate and inflate with zlib") \
    X(tree, "building and walking binary trees") \
    X(movs, "REP MOVS and REP STOS")

#define SYSTEM_KERNELS(X) \
    X(syscall, "getppid") \
    X(sigs, "signals to oneself") \
    X(pipe, "two processes and a byte") \
    X(forkexec, "fork, exec and wait") \
    X(mmap, "mapping, touching and unmapping pages")

#define DECLARE(name, what) uint64_t kernel_##name(void);
COMPUTE_KERNELS(DECLARE)
MEMORY_KERNELS(DECLARE)
SYSTEM_KERNELS(DECLARE)
#undef DECLARE

int cpu_has_avx2(void);

/* A fixed pseudo-random sequence (xorshift64). */
static inline uint64_t next_random(uint64_t *s)
{
    *s ^= *s << 13;
    *s ^= *s >> 7;
    *s ^= *s << 17;
    return *s;
}

#endif
