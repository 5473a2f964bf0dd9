/* SPDX-License-Identifier: MIT */
/* link: core/loop.c core/clock.c os/posix/[a-z]*.c os/linux/[a-z]*.c */
#include <stdatomic.h>

#include <glib.h>

#include "core/clock.h"
#include "core/loop.h"
#include "os/os.h"
#include "tests/fake/unit.h"

struct world {
    struct clock *clock;
    struct loop *loop;
};

static int setup(void **state)
{
    struct world *w = g_new0(struct world, 1);
    w->clock = clock_new(CLOCK_HOST);
    w->loop = loop_new(w->clock);
    *state = w;
    return 0;
}

static int teardown(void **state)
{
    struct world *w = *state;
    loop_free(w->loop);
    clock_free(w->clock);
    g_free(w);
    return 0;
}

static void quit(void *arg)
{
    struct world *w = arg;
    assert_true(machine_locked_by_me());
    loop_quit(w->loop);
}

static void timers_end_the_sleep_on_time(void **state)
{
    struct world *w = *state;
    struct timer t;
    timer_init(&t, w->clock, quit, w);
    clock_start(w->clock);
    int64_t best = INT64_MAX;
    /* On a loaded machine some waits are late; the best of several shows what the loop can do. */
    for (int i = 0; i < 20; i++) {
        int64_t want = clock_now_ns(w->clock) + 300 * NS_PER_US;
        machine_lock();
        timer_mod(&t, want);
        machine_unlock();
        loop_run(w->loop);
        int64_t late = clock_now_ns(w->clock) - want;
        assert_true(late >= 0);
        best = MIN(best, late);
    }
    assert_true(best < 700 * NS_PER_US); /* glib alone would sleep 1 ms */
    assert_false(machine_locked_by_me());
}

static void count(void *arg)
{
    ++*(int *)arg;
}

static void posts_run_in_order_with_the_lock(void **state)
{
    struct world *w = *state;
    int n = 0;
    loop_post(w->loop, count, &n);
    loop_post(w->loop, count, &n);
    loop_post(w->loop, quit, w);
    loop_run(w->loop);
    assert_int_equal(n, 2);
    loop_post(w->loop, count, &n);
    loop_post(w->loop, quit, w);
    loop_post(w->loop, count, &n);
    loop_unpost(w->loop, count, &n);
    loop_run(w->loop);
    assert_int_equal(n, 2);
    loop_post(w->loop, count, &n); /* never run: loop_free drops it */
}

struct poster {
    struct world *w;
    atomic_int *n;
};

static void bump(void *arg)
{
    atomic_fetch_add((atomic_int *)arg, 1);
}

static gpointer post_many(gpointer data)
{
    struct poster *p = data;
    for (int i = 0; i < 1000; i++) {
        loop_post(p->w->loop, bump, p->n);
    }
    loop_post(p->w->loop, quit, p->w);
    return NULL;
}

static void posts_from_threads_are_not_lost(void **state)
{
    struct world *w = *state;
    atomic_int n = 0;
    struct poster p = { w, &n };
    GThread *t[2] = { g_thread_new("a", post_many, &p), g_thread_new("b", post_many, &p) };
    loop_run(w->loop);
    while (atomic_load(&n) < 2000) {
        machine_lock();
        loop_step(w->loop, true);
        machine_unlock();
    }
    g_thread_join(t[0]);
    g_thread_join(t[1]);
    assert_int_equal(n, 2000);
}

/* A timer that another thread arms while the loop sleeps without end. */
static gpointer arm_later(gpointer data)
{
    struct timer *t = data;
    machine_lock();
    timer_mod(t, clock_now_ns(t->clock));
    machine_unlock();
    return NULL;
}

static void a_nearer_deadline_wakes_the_loop(void **state)
{
    struct world *w = *state;
    struct timer t;
    timer_init(&t, w->clock, quit, w);
    clock_start(w->clock);
    for (int i = 0; i < 50; i++) {
        GThread *thread = g_thread_new("arm", arm_later, &t);
        loop_run(w->loop);
        g_thread_join(thread);
    }
}

struct fd_log {
    struct world *w;
    struct loop_watch *watch;
    int fd, reads, hups, outs;
};

static void on_fd(void *opaque, unsigned events)
{
    struct fd_log *l = opaque;
    char c;
    assert_true(machine_locked_by_me());
    l->hups += !!(events & LOOP_HUP);
    l->outs += !!(events & LOOP_OUT);
    if (events & LOOP_IN) {
        l->reads += os_read(l->fd, &c, 1) == 1;
    }
}

static void descriptors(void **state)
{
    struct world *w = *state;
    struct os_event pipe; /* a pipe with two ends is all we need of it */
    struct fd_log l = { .w = w };
    assert_int_equal(os_event_init(&pipe), 0);
    l.fd = pipe.rfd;
    machine_lock();
    l.watch = loop_watch_add(w->loop, pipe.rfd, LOOP_IN, on_fd, &l);
    loop_step(w->loop, false);
    assert_int_equal(l.reads, 0);
    os_event_signal(&pipe);
    os_event_signal(&pipe);
    loop_step(w->loop, true);
    assert_int_equal(l.reads, 1);
    loop_watch_set(l.watch, 0); /* paused: the second byte waits */
    loop_step(w->loop, false);
    loop_step(w->loop, false);
    assert_int_equal(l.reads, 1);
    loop_watch_set(l.watch, LOOP_IN);
    loop_step(w->loop, true);
    assert_int_equal(l.reads, 2);
    os_close(pipe.wfd);
    pipe.wfd = -1;
    loop_step(w->loop, true);
    assert_true(l.hups > 0);
    int hups = l.hups;
    loop_watch_set(l.watch, 0);
    loop_step(w->loop, false);
    assert_int_equal(l.hups, hups);
    loop_watch_remove(l.watch);
    os_event_free(&pipe);
    assert_int_equal(os_event_init(&pipe), 0);
    l.watch = loop_watch_add(w->loop, pipe.wfd, LOOP_OUT, on_fd, &l);
    loop_step(w->loop, true);
    assert_int_equal(l.outs, 1);
    loop_watch_remove(l.watch);
    loop_step(w->loop, false);
    assert_int_equal(l.outs, 1);
    machine_unlock();
    os_event_free(&pipe);
}

static void a_stopped_clock_fires_nothing(void **state)
{
    struct world *w = *state;
    struct timer t;
    int n = 0;
    machine_lock();
    timer_init(&t, w->clock, count, &n);
    timer_mod(&t, 0);
    loop_step(w->loop, false);
    assert_int_equal(n, 0);
    clock_start(w->clock);
    loop_step(w->loop, true);
    assert_int_equal(n, 1);
    machine_unlock();
}

static void ticks(void **state)
{
    struct world *w = *state;
    int n = 0;
    machine_lock();
    struct loop_tick *t = loop_tick_add(w->loop, 1, count, &n);
    while (n < 3) {
        loop_step(w->loop, true);
    }
    loop_tick_remove(t);
    loop_step(w->loop, false);
    assert_int_equal(n, 3);
    machine_unlock();
}

/* --- the machine lock --------------------------------------------------------------------- */

static int shared_counter;

static gpointer increment(gpointer data)
{
    (void)data;
    for (int i = 0; i < 20000; i++) {
        machine_lock();
        int v = shared_counter;
        if ((i & 1023) == 0) {
            os_yield();
        }
        shared_counter = v + 1;
        machine_unlock();
    }
    return NULL;
}

static void the_lock_excludes(void **state)
{
    (void)state;
    GThread *t[4];
    shared_counter = 0;
    for (int i = 0; i < 4; i++) {
        t[i] = g_thread_new("inc", increment, NULL);
    }
    for (int i = 0; i < 4; i++) {
        g_thread_join(t[i]);
    }
    assert_int_equal(shared_counter, 80000);
    assert_false(machine_locked_by_me());
}

static atomic_bool hog_stop;
static _Atomic uint64_t hog_rounds;

static gpointer hog(gpointer data)
{
    (void)data;
    while (!atomic_load(&hog_stop)) {
        machine_lock();
        atomic_fetch_add(&hog_rounds, 1);
        machine_unlock();
    }
    return NULL;
}

static void nobody_overtakes_a_waiter(void **state)
{
    (void)state;
    atomic_store(&hog_stop, false);
    GThread *t = g_thread_new("hog", hog, NULL);
    while (atomic_load(&hog_rounds) < 1000) {
        os_yield();
    }
    for (int i = 0; i < 2000; i++) { /* with an unfair lock this takes minutes */
        machine_lock();
        machine_unlock();
    }
    atomic_store(&hog_stop, true);
    g_thread_join(t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(timers_end_the_sleep_on_time, setup, teardown),
        cmocka_unit_test_setup_teardown(posts_run_in_order_with_the_lock, setup, teardown),
        cmocka_unit_test_setup_teardown(posts_from_threads_are_not_lost, setup, teardown),
        cmocka_unit_test_setup_teardown(a_nearer_deadline_wakes_the_loop, setup, teardown),
        cmocka_unit_test_setup_teardown(descriptors, setup, teardown),
        cmocka_unit_test_setup_teardown(a_stopped_clock_fires_nothing, setup, teardown),
        cmocka_unit_test_setup_teardown(ticks, setup, teardown),
        cmocka_unit_test(the_lock_excludes),
        cmocka_unit_test(nobody_overtakes_a_waiter),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
