/* SPDX-License-Identifier: MIT */
/* link: core/clock.c os/posix/[a-z]*.c os/linux/[a-z]*.c */
#include <glib.h>

#include "core/clock.h"
#include "os/os.h"
#include "tests/fake/unit.h"

struct log {
    struct clock *clock;
    char order[256];
    int64_t when[256];
    int n;
};

struct named_timer {
    struct timer t;
    struct log *log;
    char name;
    int64_t rearm_ns; /* 0: once */
    int rearms;
};

static void fired(void *opaque)
{
    struct named_timer *n = opaque;
    struct log *log = n->log;
    if (log->n < 255) {
        log->order[log->n] = n->name;
        log->when[log->n++] = clock_now_ns(log->clock);
    }
    if (n->rearms != 0) {
        n->rearms--;
        timer_mod(&n->t, n->t.deadline_ns + n->rearm_ns);
    }
}

static void init(struct named_timer *n, struct log *log, char name)
{
    *n = (struct named_timer){ .log = log, .name = name };
    timer_init(&n->t, log->clock, fired, n);
}

static void fires_in_order_of_deadline_then_arming(void **state)
{
    (void)state;
    struct log log = { .clock = clock_new(CLOCK_MANUAL) };
    struct named_timer t[6];
    static const int64_t at[] = { 50, 10, 30, 10, 20, 10 };
    for (int i = 0; i < 6; i++) {
        init(&t[i], &log, (char)('a' + i));
        timer_mod(&t[i].t, at[i]);
    }
    assert_int_equal(clock_next_deadline_ns(log.clock), 10);
    clock_advance_to(log.clock, 9);
    assert_string_equal(log.order, "");
    clock_advance_to(log.clock, 30);
    assert_string_equal(log.order, "bdfec");
    assert_int_equal(clock_next_deadline_ns(log.clock), 50);
    timer_del(&t[0].t);
    assert_false(timer_pending(&t[0].t));
    timer_del(&t[0].t);
    assert_true(clock_next_deadline_ns(log.clock) == INT64_MAX);
    clock_advance_to(log.clock, 1000);
    assert_string_equal(log.order, "bdfec");
    clock_free(log.clock);
}

static void a_callback_sees_the_time_it_was_armed_for(void **state)
{
    (void)state;
    struct log log = { .clock = clock_new(CLOCK_MANUAL) };
    struct named_timer t;
    init(&t, &log, 'p');
    t.rearm_ns = 100;
    t.rearms = 4;
    timer_mod(&t.t, 100);
    clock_advance_to(log.clock, 10000);
    assert_string_equal(log.order, "ppppp");
    for (int i = 0; i < 5; i++) {
        assert_int_equal(log.when[i], 100 * (i + 1));
    }
    assert_int_equal(clock_now_ns(log.clock), 10000);
    clock_advance_to(log.clock, 500); /* not backwards */
    assert_int_equal(clock_now_ns(log.clock), 10000);
    clock_free(log.clock);
}

static int counted;
static void count_and_rearm(void *opaque)
{
    struct timer *t = opaque;
    counted++;
    timer_mod(t, t->deadline_ns);
}

static void a_timer_of_no_length_cannot_hold_the_loop(void **state)
{
    (void)state;
    struct clock *c = clock_new(CLOCK_MANUAL);
    struct timer t;
    timer_init(&t, c, count_and_rearm, &t);
    timer_mod(&t, 5);
    counted = 0;
    clock_advance_to(c, 10);
    assert_in_range(counted, 1, 100000);
    counted = 0;
    clock_run(c);
    assert_in_range(counted, 1, 100000);
    timer_del(&t);
    clock_free(c);

    c = clock_new(CLOCK_HOST);
    clock_start(c);
    timer_init(&t, c, count_and_rearm, &t);
    timer_mod(&t, 0);
    counted = 0;
    clock_run(c);
    assert_in_range(counted, 1, 100000);
    timer_del(&t);
    clock_free(c);
}

static void the_heap_matches_a_sorted_list(void **state)
{
    (void)state;
    enum { N = 200 };
    struct log log = { .clock = clock_new(CLOCK_MANUAL) };
    static struct named_timer t[N];
    GRand *rand = g_rand_new_with_seed(7);
    for (int i = 0; i < N; i++) {
        init(&t[i], &log, 'x');
    }
    for (int round = 0; round < 2000; round++) {
        struct named_timer *n = &t[g_rand_int_range(rand, 0, N)];
        if (g_rand_int_range(rand, 0, 3) == 0) {
            timer_del(&n->t);
        } else {
            timer_mod(&n->t, g_rand_int_range(rand, 1, 100000));
        }
        int64_t min = INT64_MAX;
        for (int i = 0; i < N; i++) {
            if (timer_pending(&t[i].t)) {
                min = MIN(min, t[i].t.deadline_ns);
            }
        }
        assert_true(clock_next_deadline_ns(log.clock) == min);
    }
    clock_advance_to(log.clock, 200000);
    for (int i = 1; i < log.n; i++) {
        assert_true(log.when[i - 1] <= log.when[i]);
    }
    for (int i = 0; i < N; i++) {
        assert_false(timer_pending(&t[i].t));
    }
    g_rand_free(rand);
    clock_free(log.clock);
}

static void stopped_time_stands_still(void **state)
{
    (void)state;
    struct clock *c = clock_new(CLOCK_HOST);
    assert_false(clock_running(c));
    assert_int_equal(clock_now_ns(c), 0);
    clock_start(c);
    int64_t before = os_clock_ns();
    while (os_clock_ns() - before < 100000) {
    }
    int64_t a = clock_now_ns(c);
    assert_true(a >= 100000);
    clock_stop(c);
    int64_t frozen = clock_now_ns(c);
    assert_true(frozen >= a);
    before = os_clock_ns();
    while (os_clock_ns() - before < 100000) {
    }
    assert_int_equal(clock_now_ns(c), frozen);
    clock_start(c);
    int64_t after = clock_now_ns(c);
    assert_true(after >= frozen && after - frozen < 50 * NS_PER_MS);
    clock_stop(c);
    clock_stop(c);
    struct timer t;
    timer_init(&t, c, count_and_rearm, &t);
    timer_mod(&t, 0);
    counted = 0;
    clock_run(c); /* nothing fires while stopped */
    assert_int_equal(counted, 0);
    timer_del(&t);
    clock_free(c);
}

static int notified;
static void on_notify(void *opaque)
{
    (void)opaque;
    notified++;
}

static void notifies_only_of_nearer_deadlines(void **state)
{
    (void)state;
    struct clock *c = clock_new(CLOCK_MANUAL);
    struct timer a, b;
    clock_set_notify(c, on_notify, NULL);
    timer_init(&a, c, count_and_rearm, &a);
    timer_init(&b, c, count_and_rearm, &b);
    notified = 0;
    timer_mod(&a, 100);
    assert_int_equal(notified, 1);
    timer_mod(&b, 200);
    assert_int_equal(notified, 1);
    timer_mod(&b, 50);
    assert_int_equal(notified, 2);
    timer_mod(&b, 60); /* later */
    assert_int_equal(notified, 2);
    timer_del(&a);
    timer_del(&b);
    clock_free(c);
}

static void the_rtc_is_carried_by_virtual_time(void **state)
{
    (void)state;
    struct clock *c = clock_new(CLOCK_MANUAL);
    clock_set_rtc_base(c, 1000);
    clock_advance_to(c, 2500000000ll);
    assert_true(clock_rtc_ns(c) == 1002500000000ll);
    clock_free(c);
}

static gpointer reader(gpointer data)
{
    struct clock *c = data;
    int64_t last = 0;
    for (int i = 0; i < 200000; i++) {
        int64_t now = clock_now_ns(c);
        if (now < last) {
            return GINT_TO_POINTER(1);
        }
        last = now;
    }
    return NULL;
}

static void time_never_runs_backwards_across_stops(void **state)
{
    (void)state;
    struct clock *c = clock_new(CLOCK_HOST);
    clock_start(c);
    GThread *t = g_thread_new("reader", reader, c);
    for (int i = 0; i < 2000; i++) {
        clock_stop(c);
        clock_start(c);
    }
    assert_null(g_thread_join(t));
    clock_free(c);
}

static bool knows(void *opaque, int64_t *ns)
{
    const int64_t *now = opaque;
    *ns = *now;
    return *now != 0;
}

static void a_counted_clock_asks_and_fires_by_hand(void **state)
{
    (void)state;
    struct log log = { .clock = clock_new(CLOCK_COUNTED) };
    struct named_timer t;
    int64_t source = 0;
    clock_set_source(log.clock, knows, &source);
    clock_start(log.clock);
    init(&t, &log, 'c');
    timer_mod(&t.t, 100);
    source = 150;
    assert_int_equal(clock_now_ns(log.clock), 150);
    clock_run(log.clock); /* the main loop has no say */
    assert_string_equal(log.order, "");
    source = 0;
    assert_int_equal(clock_now_ns(log.clock), 0);
    clock_advance_to(log.clock, 150);
    assert_string_equal(log.order, "c");
    assert_int_equal(log.when[0], 100);
    assert_int_equal(clock_now_ns(log.clock), 150);
    clock_free(log.clock);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(fires_in_order_of_deadline_then_arming),
        cmocka_unit_test(a_callback_sees_the_time_it_was_armed_for),
        cmocka_unit_test(a_timer_of_no_length_cannot_hold_the_loop),
        cmocka_unit_test(the_heap_matches_a_sorted_list),
        cmocka_unit_test(stopped_time_stands_still),
        cmocka_unit_test(notifies_only_of_nearer_deadlines),
        cmocka_unit_test(the_rtc_is_carried_by_virtual_time),
        cmocka_unit_test(a_counted_clock_asks_and_fires_by_hand),
        cmocka_unit_test(time_never_runs_backwards_across_stops),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
