/* SPDX-License-Identifier: MIT */
/*
 * Types and small helpers that every folder may use.
 */
#ifndef CORE_TYPES_H
#define CORE_TYPES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Guest-physical and guest-virtual (linear) addresses. */
typedef uint64_t gpa_t;
typedef uint64_t gva_t;

#define KIB(n) ((uint64_t)(n) << 10)
#define MIB(n) ((uint64_t)(n) << 20)
#define GIB(n) ((uint64_t)(n) << 30)

#define NS_PER_SEC 1000000000ll
#define NS_PER_MS 1000000ll
#define NS_PER_US 1000ll

#define ARRAY_LEN(a) (sizeof(a) / sizeof((a)[0]))
#define CONTAINER_OF(ptr, type, member) ((type *)((char *)(ptr)-offsetof(type, member)))
#define LIKELY(x) __builtin_expect(!!(x), 1)
#define UNLIKELY(x) __builtin_expect(!!(x), 0)
#define PRINTF_LIKE(fmt, args) __attribute__((format(printf, fmt, args)))

/* True when a + b does not fit; *sum then holds the wrapped value. For guest and file values. */
static inline bool add_overflow_u64(uint64_t a, uint64_t b, uint64_t *sum)
{
    return __builtin_add_overflow(a, b, sum);
}

/* x * num / den without overflow in between, for num * den < 2^64 and den > 0. */
static inline uint64_t muldiv_u64(uint64_t x, uint64_t num, uint64_t den)
{
    uint64_t whole = x / den, rest = x % den;
    return whole * num + rest * num / den;
}

#endif
