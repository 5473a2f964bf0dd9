/* SPDX-License-Identifier: MIT */
/*
 * Guest memory is read and written by several processors and devices at once, as on hardware: what
 * races there is the guest's own. GUEST_RACE(static inline) heads a function that does nothing but
 * access it; ThreadSanitizer looks away there and nowhere else. Any thread.
 */
#ifndef CORE_GUEST_RACE_H
#define CORE_GUEST_RACE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#if defined(__has_feature)
#if __has_feature(thread_sanitizer)
#define GUEST_RACE_HIDDEN 1
#endif
#endif
#if defined(__SANITIZE_THREAD__) || defined(GUEST_RACE_HIDDEN)
#define GUEST_RACE(storage) static __attribute__((no_sanitize("thread"), noinline, unused))

/* The sanitizer knows the library's functions, so loops. */
GUEST_RACE(static inline) void guest_move(void *to, const void *from, size_t n)
{
    volatile uint8_t *t = to;
    const volatile uint8_t *f = from;
    bool down = (uintptr_t)to > (uintptr_t)from;
    for (size_t k = 0; k < n; k++) {
        size_t at = down ? n - 1 - k : k;
        t[at] = f[at];
    }
}

GUEST_RACE(static inline) void guest_fill(void *to, uint8_t v, size_t n)
{
    volatile uint8_t *t = to;
    for (size_t k = 0; k < n; k++) {
        t[k] = v;
    }
}
#else
#define GUEST_RACE(storage) storage

static inline void guest_move(void *to, const void *from, size_t n)
{
    memmove(to, from, n);
}

static inline void guest_fill(void *to, uint8_t v, size_t n)
{
    memset(to, v, n);
}
#endif

#endif
