/* SPDX-License-Identifier: MIT */
/*
 * Threads: relibc has no names, priorities or timer slack for them.
 */
#include "os/os.h"

void os_thread_name(const char *name)
{
    (void)name; /* no pthread_setname_np */
}

int os_thread_id(void)
{
    return os_pid();
}

void os_thread_low_priority(void)
{
}

void os_thread_precise_waits(void)
{
}
