/* SPDX-License-Identifier: MIT */
/* link: tests/accel/rig.c accel/api/[a-z]*.c accel/kvm/[a-z]*.c accel/revirt/[a-z]*.c */
/* link: accel/compare/[a-z]*.c accel/tcg/[a-z]*.c accel/tcg/x86_64/[a-z]*.c accel/x86/[a-z]*.c */
/* link: accel/x86/x86_64/[a-z]*.c core/physmem.c core/physmem_access.c core/types.c core/log.c */
/* link: core/error.c core/opts.c core/loop.c core/clock.c os/posix/[a-z]*.c os/linux/[a-z]*.c */
/* libs: zydis */
/* requires: /dev/kvm */
/* timeout: 400 */
/*
 * A guest moved between tcg and kvm a thousand times at random moments computes what it computes
 * alone. EMU_MOVES=N for another number of moves.
 */
#include <stdlib.h>

#include "core/loop.h"
#include "tests/accel/rig.h"
#include "tests/fake/unit.h"

struct result {
    uint32_t out[5], mmio_sum, counter;
    uint64_t hash;
};

static struct result result_of(struct rig *r)
{
    struct result x = { .mmio_sum = r->mmio_sum, .counter = r->counter };
    memcpy(x.out, r->out, sizeof x.out);
    rig_stop(r);
    x.hash = rig_hash(r);
    return x;
}

static void assert_same(const char *name, const struct result *a, const struct result *b)
{
    for (unsigned i = 0; i < 3; i++) {
        assert_case(name, a->out[i] == b->out[i]);
    }
    assert_case(name, a->counter == b->counter);
    assert_case(name, a->mmio_sum == b->mmio_sum);
    assert_case(name, a->out[3] > 0); /* interrupts arrived; how many is a matter of time */
}

static struct result plain(struct rig *r, const char *accel, uint32_t turns)
{
    GError *err = NULL;
    rig_load(r, "checksum", turns);
    if (!rig_start(r, accel, &err)) {
        fail_msg("%s: %s", accel, err->message);
    }
    assert_case(accel, rig_wait(r, 120));
    if (!r->done) {
        fail_msg("%s: %s", accel, r->text);
    }
    return result_of(r);
}

static void test_alone(void **state)
{
    static const char *const accels[] = { "tcg,mode=interp", "tcg,mode=jit", "kvm" };
    static const char *const all[] = { "tcg", "kvm", NULL };
    (void)state;
    struct rig *r = rig_new(all);
    struct result x[3];
    for (unsigned i = 0; i < 3; i++) {
        x[i] = plain(r, accels[i], 20000);
        assert_same(accels[i], &x[0], &x[i]);
    }
    rig_free(r);
}

static void test_moved(void **state)
{
    static const char *const all[] = { "tcg", "kvm", NULL };
    static const char *const to[] = { "kvm", "tcg,mode=jit", "kvm", "tcg,mode=interp" };
    const char *moves_text = getenv("EMU_MOVES");
    unsigned moves = moves_text ? (unsigned)atoi(moves_text) : 1000, done = 0;
    unsigned seed = (unsigned)g_get_monotonic_time();
    GError *err = NULL;
    (void)state;
    print_message("seed %u\n", seed);
    GRand *rand = g_rand_new_with_seed(seed);
    struct rig *r = rig_new(all);
    rig_load(r, "checksum", UINT32_MAX);
    assert_true(rig_start(r, "tcg,mode=interp", &err));
    while (done < moves) {
        gint64 until = g_get_monotonic_time() + g_rand_int_range(rand, 0, 400);
        while (g_get_monotonic_time() < until) {
        }
        if (!rig_switch(r, to[done % 4], &err)) {
            fail_msg("move %u to %s: %s", done, to[done % 4], err->message);
        }
        done++;
        if (r->failed || r->shutdown) {
            break;
        }
    }
    if (r->failed || r->shutdown) {
        fail_msg("after %u moves: %s", done, r->text);
    }
    machine_lock();
    r->enough = true;
    machine_unlock();
    assert_true(rig_wait(r, 120));
    assert_true(r->done);
    struct result got = result_of(r);
    print_message("%u moves in %u turns\n", done, got.out[4]);
    struct result want = plain(r, "tcg,mode=jit", got.out[4]);
    assert_same("moved", &want, &got);
    rig_free(r);
    g_rand_free(rand);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_alone),
        cmocka_unit_test(test_moved),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
