/* SPDX-License-Identifier: MIT */
/*
 * CMPXCHG16B where the host has no 16-byte compare-and-swap: these exclude each other; a plain
 * access of another processor may fall between the halves.
 */
#include <glib.h>

#include "accel/x86/handler.h"

bool x86_host_cas16(void *p, uint64_t old[2], const uint64_t new[2])
{
    static GMutex lock;
    uint64_t *v = p;
    g_mutex_lock(&lock);
    uint64_t now[2] = { v[0], v[1] };
    bool same = now[0] == old[0] && now[1] == old[1];
    if (same) {
        v[0] = new[0];
        v[1] = new[1];
    }
    g_mutex_unlock(&lock);
    old[0] = now[0];
    old[1] = now[1];
    return same;
}

unsigned x86_host_lock_span(void)
{
    return 0;
}

bool x86_host_cas(void *p, uint64_t *old, uint64_t new, unsigned size)
{
    (void)p;
    (void)old;
    (void)new;
    (void)size;
    g_assert_not_reached(); /* no span */
}
