/* SPDX-License-Identifier: MIT */
/* link: core/loop.c core/clock.c os/posix/event.c os/posix/file.c os/posix/process.c */
/* link: os/linux/thread.c */
/* timeout: 60 */
/*
 * A timer that becomes due while the loop works out how long to sleep must not be slept through.
 * The host's clock is a counter here that moves at each look, so every such moment is met; the
 * failure is a loop that never ends.
 */
#include <glib.h>
#include <stdatomic.h>

#include "core/clock.h"
#include "core/loop.h"
#include "os/os.h"
#include "tests/fake/unit.h"

static _Atomic int64_t host_ns = 1000;

int64_t os_clock_ns(void)
{
    return atomic_fetch_add(&host_ns, 3);
}

static void quit(void *arg)
{
    loop_quit(arg);
}

static void a_deadline_may_pass_at_any_look_at_the_clock(void **state)
{
    (void)state;
    struct clock *clock = clock_new(CLOCK_HOST);
    struct loop *loop = loop_new(clock);
    struct timer t;
    timer_init(&t, clock, quit, loop);
    clock_start(clock);
    for (int ns = 0; ns < 64; ns++) {
        machine_lock();
        timer_mod(&t, clock_now_ns(clock) + ns);
        machine_unlock();
        loop_run(loop);
        assert_false(timer_pending(&t));
    }
    loop_free(loop);
    clock_free(clock);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_deadline_may_pass_at_any_look_at_the_clock),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
