/* SPDX-License-Identifier: MIT */
/*
 * Compare and swap beyond the compiler's: CMPXCHG16B (every host that matters has it; compilers
 * need -mcx16 or libatomic), and operands that are not aligned: atomic and cheap within a line.
 */
#include "accel/x86/handler.h"

bool x86_host_cas16(void *p, uint64_t old[2], const uint64_t new[2])
{
    bool same;
    __asm__ volatile("lock cmpxchg16b %1\n\tsete %0"
                     : "=q"(same), "+m"(*(char(*)[16])p), "+a"(old[0]), "+d"(old[1])
                     : "b"(new[0]), "c"(new[1])
                     : "cc", "memory");
    return same;
}

unsigned x86_host_lock_span(void)
{
    return 64;
}

bool x86_host_cas(void *p, uint64_t *old, uint64_t new, unsigned size)
{
    uint64_t found = *old;
    bool same;
    if (size == 2) {
        __asm__ volatile("lock cmpxchgw %w3, (%2)\n\tsete %0"
                         : "=q"(same), "+a"(found)
                         : "r"(p), "r"(new)
                         : "cc", "memory");
    } else if (size == 4) {
        __asm__ volatile("lock cmpxchgl %k3, (%2)\n\tsete %0"
                         : "=q"(same), "+a"(found)
                         : "r"(p), "r"(new)
                         : "cc", "memory");
    } else {
        __asm__ volatile("lock cmpxchgq %3, (%2)\n\tsete %0"
                         : "=q"(same), "+a"(found)
                         : "r"(p), "r"(new)
                         : "cc", "memory");
    }
    *old = found;
    return same;
}
