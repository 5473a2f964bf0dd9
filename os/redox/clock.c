/* SPDX-License-Identifier: MIT */
/*
 * The monotonic clock. clock_gettime is a system call here, with device I/O below it, and we ask
 * some hundred thousand times a second: where the processor's counter can be trusted it is read
 * instead. Its rate is learnt while the system's clock still answers, and corrected once a second.
 */
#include <pthread.h>
#include <stdatomic.h>
#include <time.h>

#include "os/os.h"
#include "os/redox/tsc.h"

#define LEARN_NS  200000000   /* until the rate is known to 4 ms / 200 ms ... */
#define ADJUST_NS 1000000000  /* ... and from then on ever better */
#define SHIFT     24

/* base_ns + ((tsc - base_tsc) * mult >> SHIFT); an odd seq: being changed. */
static struct {
    _Atomic uint32_t seq;
    _Atomic uint64_t base_tsc, mult; /* mult 0: not known yet */
    _Atomic int64_t base_ns;
} scale;
static _Atomic int64_t latest; /* no thread sees an earlier time than another has seen */

/* Of the calibrating thread only. */
static struct {
    uint64_t tsc;
    int64_t ns;
} first;
static pthread_mutex_t adjusting = PTHREAD_MUTEX_INITIALIZER;

static int64_t system_ns(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

static void set_scale(uint64_t tsc, int64_t ns, uint64_t mult)
{
    atomic_fetch_add(&scale.seq, 1);
    atomic_store(&scale.base_tsc, tsc);
    atomic_store(&scale.base_ns, ns);
    atomic_store(&scale.mult, mult);
    atomic_fetch_add(&scale.seq, 1);
}

/* The system's time now; from it, the counter's rate since the first call. */
static int64_t learn(void)
{
    uint64_t tsc = os_tsc_read();
    int64_t ns = system_ns();
    if (pthread_mutex_trylock(&adjusting) == 0) {
        if (first.tsc == 0) {
            first.tsc = tsc;
            first.ns = ns;
        } else if (ns - first.ns > LEARN_NS && tsc > first.tsc) {
            double per = (double)(ns - first.ns) / (double)(tsc - first.tsc);
            set_scale(tsc, ns, (uint64_t)(per * (double)(1 << SHIFT)));
        }
        pthread_mutex_unlock(&adjusting);
    }
    return ns;
}

static int64_t from_counter(void)
{
    uint64_t base, mult, tsc;
    int64_t ns;
    uint32_t seq;
    do {
        seq = atomic_load(&scale.seq);
        base = atomic_load(&scale.base_tsc);
        mult = atomic_load(&scale.mult);
        ns = atomic_load(&scale.base_ns);
        tsc = os_tsc_read();
    } while (seq & 1 || seq != atomic_load(&scale.seq));
    uint64_t ticks = tsc > base ? tsc - base : 0; /* less than some seconds' worth */
    if (mult == 0 || ticks > UINT64_MAX / mult) {
        return learn();
    }
    int64_t since = (int64_t)(ticks * mult >> SHIFT);
    return since > ADJUST_NS ? learn() : ns + since;
}

static bool trusted;

static void find_out(void)
{
    trusted = os_tsc_usable();
}

int64_t os_clock_ns(void)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    pthread_once(&once, find_out);
    if (!trusted) {
        return system_ns();
    }
    int64_t now = from_counter(), last = atomic_load(&latest);
    while (now > last) {
        if (atomic_compare_exchange_weak(&latest, &last, now)) {
            return now;
        }
    }
    return last;
}
