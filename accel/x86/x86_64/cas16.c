/* SPDX-License-Identifier: MIT */
/*
 * CMPXCHG16B on x86-64 hosts. (Every one that matters has it; compilers need -mcx16 or libatomic.)
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
