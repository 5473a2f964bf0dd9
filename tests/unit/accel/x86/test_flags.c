/* SPDX-License-Identifier: MIT */
/* link: accel/x86/flags.c */
/*
 * Lazy flags against plain arithmetic on wider integers, and every load/read round trip.
 */
#include <stdlib.h>

#include "accel/x86/flags.h"
#include "accel/x86/interp.h"
#include "accel/x86/mmu.h"
#include "tests/fake/unit.h"

/* flags.c tells the MMU when AC changes. */
static unsigned ac_changes;

void x86_ac_changed(struct x86_cpu *cpu)
{
    (void)cpu;
    ac_changes++;
}

static uint64_t rng = 88172645463325252ull;

static uint64_t rnd(void)
{
    rng ^= rng << 13;
    rng ^= rng >> 7;
    rng ^= rng << 17;
    return rng;
}

static unsigned parity_even(uint64_t v)
{
    return !__builtin_parity((unsigned)(v & 0xff));
}

/* What the manual says of a +- b +- c in `bits` bits. */
static uint32_t expected(uint64_t a, uint64_t b, unsigned c, bool sub, unsigned bits)
{
    uint64_t mask = bits == 64 ? ~0ull : (1ull << bits) - 1;
    a &= mask;
    b &= mask;
    uint64_t r = (sub ? a - b - c : a + b + c) & mask;
    bool cf = sub ? a < b || (a == b && c) : r < a || (c && r == a);
    bool sa = a >> (bits - 1) & 1, sb = b >> (bits - 1) & 1, sr = r >> (bits - 1) & 1;
    bool of = sub ? sa != sb && sr != sa : sa == sb && sr != sa;
    bool af = sub ? (a & 15) < (b & 15) + c : (a & 15) + (b & 15) + c > 15;
    return (cf ? X86_FL_CF : 0u) | (parity_even(r) ? X86_FL_PF : 0u) | (af ? X86_FL_AF : 0u) |
           (r == 0 ? X86_FL_ZF : 0u) | (sr ? X86_FL_SF : 0u) | (of ? X86_FL_OF : 0u);
}

static void run_size(struct x86_cpu *cpu, uint64_t a, uint64_t b, unsigned c, bool sub,
                     unsigned size)
{
    uint64_t r = sub ? a - b - c : a + b + c;
    switch (size) {
    case 1: sub ? x86_flags_sub(cpu, a, b, r, 1) : x86_flags_add(cpu, a, b, r, 1); break;
    case 2: sub ? x86_flags_sub(cpu, a, b, r, 2) : x86_flags_add(cpu, a, b, r, 2); break;
    case 4: sub ? x86_flags_sub(cpu, a, b, r, 4) : x86_flags_add(cpu, a, b, r, 4); break;
    default: sub ? x86_flags_sub(cpu, a, b, r, 8) : x86_flags_add(cpu, a, b, r, 8); break;
    }
}

static void test_add_sub(void **state)
{
    struct x86_cpu *cpu = *state;
    static const uint64_t edges[] = { 0,          1,          0x7f,       0x80,
                                      0xff,       0x7fff,     0x8000,     0xffff,
                                      0x7fffffff, 0x80000000, 0xffffffff, INT64_MAX,
                                      1ull << 63, ~0ull,      0x0f,       0x10 };
    const unsigned n = sizeof edges / sizeof edges[0];
    for (unsigned k = 0; k < 200000; k++) {
        uint64_t a = k & 1 ? rnd() : edges[rnd() % n], b = k & 2 ? rnd() : edges[rnd() % n];
        unsigned c = k >> 2 & 1, size = 1u << (k >> 3 & 3);
        bool sub = k >> 5 & 1;
        run_size(cpu, a, b, c, sub, size);
        if (x86_arith_flags(cpu) != expected(a, b, c, sub, size * 8)) {
            fail_msg("%s size %u: 0x%llx, 0x%llx, carry %u: flags 0x%x, expected 0x%x",
                     sub ? "sub" : "add", size, (unsigned long long)a, (unsigned long long)b, c,
                     x86_arith_flags(cpu), expected(a, b, c, sub, size * 8));
        }
    }
}

/* All 64 combinations, also those no instruction leaves (ZF with SF, ZF without PF). */
static void test_round_trip(void **state)
{
    struct x86_cpu *cpu = *state;
    for (uint32_t f = 0; f < 0x1000; f++) {
        uint32_t want = f & X86_FL_ARITH;
        x86_set_arith_flags(cpu, want);
        assert_int_equal(x86_arith_flags(cpu), want);
        assert_int_equal(x86_rflags(cpu) & X86_FL_ARITH, want);
        x86_set_zf(cpu, true);
        assert_int_equal(x86_arith_flags(cpu), want | X86_FL_ZF);
        x86_set_arith_flags(cpu, want);
        x86_set_cf(cpu, !(want & X86_FL_CF));
        assert_int_equal(x86_arith_flags(cpu), want ^ X86_FL_CF);
    }
}

static void test_conditions(void **state)
{
    struct x86_cpu *cpu = *state;
    for (uint32_t f = 0; f < 0x1000; f++) {
        bool c = f & X86_FL_CF, z = f & X86_FL_ZF, s = f & X86_FL_SF, o = f & X86_FL_OF,
             p = f & X86_FL_PF;
        bool want[8] = { o, c, z, c || z, s, p, s != o, z || s != o };
        x86_set_arith_flags(cpu, f & X86_FL_ARITH);
        for (unsigned cc = 0; cc < 16; cc++) {
            if (x86_cond(cpu, cc) != (want[cc >> 1] ^ (cc & 1))) {
                fail_msg("condition %u with flags 0x%x", cc, f & X86_FL_ARITH);
            }
        }
    }
}

static void test_masked_write(void **state)
{
    struct x86_cpu *cpu = *state;
    x86_set_rflags(cpu, X86_FL_CF | X86_FL_IF | X86_FL_DF, ~0ull);
    assert_int_equal(x86_rflags(cpu), X86_FL_CF | X86_FL_IF | X86_FL_DF | 2);
    x86_set_rflags(cpu, X86_FL_ZF, X86_FL_ZF | X86_FL_IF);
    assert_int_equal(x86_rflags(cpu), X86_FL_CF | X86_FL_ZF | X86_FL_DF | 2);
    unsigned before = ac_changes;
    x86_set_rflags(cpu, X86_FL_AC, X86_FL_AC);
    assert_int_equal(ac_changes, before + 1);
    x86_set_rflags(cpu, X86_FL_AC, X86_FL_AC);
    assert_int_equal(ac_changes, before + 1);
}

static int setup(void **state)
{
    *state = aligned_alloc(64, (sizeof(struct x86_cpu) + 63) & ~(size_t)63);
    if (!*state) {
        return -1;
    }
    memset(*state, 0, sizeof(struct x86_cpu));
    return 0;
}

static int teardown(void **state)
{
    free(*state);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_add_sub, setup, teardown),
        cmocka_unit_test_setup_teardown(test_round_trip, setup, teardown),
        cmocka_unit_test_setup_teardown(test_conditions, setup, teardown),
        cmocka_unit_test_setup_teardown(test_masked_write, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
