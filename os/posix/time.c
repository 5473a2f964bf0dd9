/* SPDX-License-Identifier: MIT */
/*
 * Calendar time. The monotonic clock is the host's own part.
 */
#include <sched.h>
#include <time.h>

#include "os/os.h"

int64_t os_realtime_ns(void)
{
    struct timespec t;
    clock_gettime(CLOCK_REALTIME, &t);
    return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

int64_t os_local_offset_s(void)
{
    time_t now = time(NULL);
    struct tm utc, local;
    if (!gmtime_r(&now, &utc) || !localtime_r(&now, &local)) {
        return 0;
    }
    int days = local.tm_yday - utc.tm_yday;
    if (local.tm_year != utc.tm_year) {
        days = local.tm_year > utc.tm_year ? 1 : -1;
    }
    return ((int64_t)days * 24 + local.tm_hour - utc.tm_hour) * 3600 +
           (local.tm_min - utc.tm_min) * 60;
}

void os_yield(void)
{
    sched_yield();
}
