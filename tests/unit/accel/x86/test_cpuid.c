/* SPDX-License-Identifier: MIT */
/* link: accel/x86/cpuid.c accel/x86/cpu_model.c tests/fake/host_cpuid.c core/opts.c core/error.c
 * core/log.c os/posix/[a-z]*.c os/linux/[a-z]*.c */
/*
 * CPUID leaves of models: registers against what the manuals and QEMU's models say, dynamic bits,
 * topology, sizes of XSAVE areas, limits.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "accel/x86/consts.h"
#include "accel/x86/cpuid.h"
#include "accel/x86/state.h"
#include "tests/fake/host_cpuid.h"

struct fixture {
    struct x86_cpu_model all, m;
    struct x86_topology t;
    struct x86_state s;
    uint32_t r[4];
};

static void offer_all(struct x86_cpu_model *m)
{
    x86_cpu_model_software(m);
    for (unsigned f = 1; f < X86_FEAT_COUNT; f++) {
        x86_feature_set(m, f, true);
    }
}

static int setup(void **state)
{
    struct fixture *f = g_new0(struct fixture, 1);
    fake_host_cpuid_all(true);
    offer_all(&f->all);
    f->t = (struct x86_topology){1, 1, 1};
    f->s.xcr0 = 1;
    f->s.msr.apic_base = 0xfee00900;
    *state = f;
    return 0;
}

static int teardown(void **state)
{
    g_free(*state);
    return 0;
}

static void model(struct fixture *f, const char *text)
{
    GError *err = NULL;
    if (!x86_cpu_model_parse(&f->m, text, &f->all, &err)) {
        print_error("%s: %s\n", text, err->message);
        fail();
    }
}

static const uint32_t *leaf(struct fixture *f, uint32_t l, uint32_t sub)
{
    x86_cpuid(&f->m, &f->t, 0, &f->s, l, sub, f->r);
    return f->r;
}

/* Signatures and feature words as `qemu-system-x86_64 -cpu X` publishes them (with the hypervisor
 * bit and without bits that depend on the run). */
static const struct {
    const char *name;
    uint32_t leaf0_eax, leaf0_ebx, signature, ecx, edx, ext_edx;
} known[] = {
    {"pentium", 1, 0x756e6547, 0x543, 0x80000000, 0x008003bf, 0},
    {"pentium2", 2, 0x756e6547, 0x652, 0x80000000, 0x0183fbff, 0},
    {"pentium3", 3, 0x756e6547, 0x673, 0x80000000, 0x0383fbff, 0},
    {"qemu64", 0xd, 0x68747541, 0x60fb1, 0x80002001, 0x078bfbfd, 0x2193fbfd},
    {"kvm64", 0xd, 0x756e6547, 0xf61, 0x80002001, 0x078bfbff, 0x20100800},
    {"core2duo", 0xa, 0x756e6547, 0x6fb, 0x80002209, 0x0fcbfbff, 0x20100800},
    {"Nehalem", 0xb, 0x756e6547, 0x106a3, 0x80982201, 0x078bfbff, 0x20100800},
    {"Haswell", 0xd, 0x756e6547, 0x306c4, 0xf7fa3203, 0x078bfbff, 0x28100800},
    {"EPYC", 0xd, 0x68747541, 0x800f12, 0xf6d8320b, 0x078bfbff, 0x2fd3fbff},
};

static void test_known_models(void **state)
{
    struct fixture *f = *state;
    unsigned bad = 0;
    for (size_t i = 0; i < G_N_ELEMENTS(known); i++) {
        uint32_t got[6];
        model(f, known[i].name);
        got[0] = leaf(f, 0, 0)[0];
        got[1] = leaf(f, 0, 0)[1];
        got[2] = leaf(f, 1, 0)[0];
        got[3] = leaf(f, 1, 0)[2];
        got[4] = leaf(f, 1, 0)[3];
        got[5] = f->m.xlevel ? leaf(f, 0x80000001, 0)[3] : 0;
        const uint32_t want[6] = {known[i].leaf0_eax, known[i].leaf0_ebx, known[i].signature,
                                  known[i].ecx, known[i].edx, known[i].ext_edx};
        for (unsigned k = 0; k < 6; k++) {
            if (got[k] != want[k]) {
                print_error("%s: value %u is 0x%x, expected 0x%x\n", known[i].name, k, got[k],
                            want[k]);
                bad++;
            }
        }
    }
    assert_int_equal(bad, 0);
}

static void test_dynamic_bits(void **state)
{
    struct fixture *f = *state;
    model(f, "max");
    assert_false(leaf(f, 1, 0)[2] >> 27 & 1);
    f->s.cr4 = X86_CR4_OSXSAVE | X86_CR4_PKE;
    assert_true(leaf(f, 1, 0)[2] >> 27 & 1);
    assert_true(leaf(f, 7, 0)[2] >> 4 & 1);
    f->s.cr4 = 0;
    assert_false(leaf(f, 7, 0)[2] >> 4 & 1);
    assert_true(leaf(f, 1, 0)[3] >> 9 & 1);
    assert_true(leaf(f, 0x80000001, 0)[3] >> 9 & 1); /* AMD's copy */
    f->s.msr.apic_base = 0xfee00100;
    assert_false(leaf(f, 1, 0)[3] >> 9 & 1);
    assert_false(leaf(f, 0x80000001, 0)[3] >> 9 & 1);
    x86_cpuid(&f->m, &f->t, 5, &f->s, 1, 0, f->r);
    assert_int_equal(f->r[1] >> 24, 5);
    model(f, "max,-xsave,-pku");
    f->s.cr4 = X86_CR4_OSXSAVE | X86_CR4_PKE;
    assert_false(leaf(f, 1, 0)[2] >> 27 & 1);
    assert_false(leaf(f, 7, 0)[2] >> 4 & 1);
}

static void test_xsave_sizes(void **state)
{
    struct fixture *f = *state;
    model(f, "max");
    assert_int_equal(leaf(f, 0xd, 0)[0], 0x207);
    assert_int_equal(leaf(f, 0xd, 0)[1], 576);
    assert_int_equal(leaf(f, 0xd, 0)[2], 2696);
    f->s.xcr0 = 7;
    assert_int_equal(leaf(f, 0xd, 0)[1], 832);
    assert_int_equal(leaf(f, 0xd, 1)[1], 832);
    f->s.xcr0 = 0x207;
    assert_int_equal(leaf(f, 0xd, 0)[1], 2696);
    assert_int_equal(leaf(f, 0xd, 1)[1], 840);
    assert_int_equal(leaf(f, 0xd, 2)[0], 256);
    assert_int_equal(leaf(f, 0xd, 2)[1], 576);
    assert_int_equal(leaf(f, 0xd, 9)[0], 8);
    assert_int_equal(leaf(f, 0xd, 9)[1], 2688);
    assert_int_equal(leaf(f, 0xd, 3)[0], 0);
    model(f, "max,-avx,-pku");
    assert_int_equal(leaf(f, 0xd, 0)[0], 3);
    assert_int_equal(leaf(f, 0xd, 0)[2], 576);
    assert_int_equal(leaf(f, 0xd, 2)[0], 0);
    model(f, "max,-xsave");
    assert_int_equal(leaf(f, 0xd, 0)[0], 0);
}

static void test_topology(void **state)
{
    struct fixture *f = *state;
    f->t = (struct x86_topology){12, 3, 2};
    model(f, "Haswell");
    assert_int_equal(leaf(f, 1, 0)[1] >> 16 & 0xff, 6);
    assert_true(leaf(f, 1, 0)[3] >> 28 & 1);
    assert_int_equal(leaf(f, 0xb, 0)[0], 1);
    assert_int_equal(leaf(f, 0xb, 0)[1], 2);
    assert_int_equal(leaf(f, 0xb, 0)[2], 0x100);
    assert_int_equal(leaf(f, 0xb, 1)[0], 3);
    assert_int_equal(leaf(f, 0xb, 1)[1], 6);
    assert_int_equal(leaf(f, 0xb, 1)[2], 0x201);
    assert_int_equal(leaf(f, 0xb, 2)[1], 0);
    assert_int_equal(leaf(f, 0xb, 2)[2], 2);
    assert_int_equal(leaf(f, 4, 0)[0] >> 26, 3);
    assert_int_equal(leaf(f, 4, 3)[0] >> 14 & 0xfff, 7);
    assert_int_equal(leaf(f, 4, 4)[0], 0);
    model(f, "EPYC");
    assert_int_equal(leaf(f, 4, 0)[0], 0);
    assert_int_equal(leaf(f, 0x80000008, 0)[2], 5 | 3 << 12);
    assert_true(leaf(f, 0x80000001, 0)[2] >> 1 & 1);
    assert_int_equal(leaf(f, 0x8000001e, 0)[1] >> 8 & 0xff, 1);
    f->t = (struct x86_topology){1, 1, 1};
    assert_false(leaf(f, 1, 0)[3] >> 28 & 1);
    assert_false(leaf(f, 0x80000001, 0)[2] >> 1 & 1);
    assert_int_equal(leaf(f, 0x80000008, 0)[2], 0);
}

/* Only some leaves are indexed; for the others ECX may hold anything. */
static void test_ecx_is_ignored(void **state)
{
    static const uint32_t leaves[] = {0, 1, 2, 5, 6, 0x40000000, 0x40000001, 0x80000000,
                                      0x80000001, 0x80000002, 0x80000005, 0x80000006, 0x80000007,
                                      0x80000008};
    struct fixture *f = *state;
    unsigned bad = 0;
    model(f, "max,+kvmclock");
    for (size_t i = 0; i < G_N_ELEMENTS(leaves); i++) {
        uint32_t zero[4];
        memcpy(zero, leaf(f, leaves[i], 0), sizeof zero);
        if (memcmp(zero, leaf(f, leaves[i], 0xdeadbeef), sizeof zero)) {
            print_error("leaf 0x%x depends on ECX\n", leaves[i]);
            bad++;
        }
    }
    assert_int_equal(bad, 0);
    assert_true(leaf(f, 1, 0xdeadbeef)[3] & 1);
    leaf(f, 7, 2);
    assert_int_equal(f->r[0] | f->r[1] | f->r[2] | f->r[3], 0);
}

static void test_strings_and_limits(void **state)
{
    struct fixture *f = *state;
    char brand[49] = "";
    model(f, "Nehalem");
    for (uint32_t l = 0; l < 3; l++) {
        memcpy(brand + 16 * l, leaf(f, 0x80000002 + l, 0), 16);
    }
    assert_string_equal(brand, "Intel Core i7 9xx (Nehalem Class Core i7)");
    assert_memory_equal(leaf(f, 0x40000000, 0) + 1, "EMUEMUEMUEMU", 12);
    assert_int_equal(leaf(f, 0x80000008, 0)[0], 40 | 48 << 8);
    /* Intel: beyond the end as the last basic leaf (0Bh) */
    assert_int_equal(leaf(f, 0x1234, 0)[2], 0x100);
    assert_int_equal(leaf(f, 0x80001234, 0)[2], 0x100);
    model(f, "qemu64");
    assert_int_equal(leaf(f, 0x1234, 0)[2], 0);
    model(f, "max,+kvmclock");
    assert_memory_equal(leaf(f, 0x40000000, 0) + 1, "KVMKVMKVM\0\0\0", 12);
    assert_int_equal(leaf(f, 0x40000001, 0)[0] >> 3 & 1, 1);
    model(f, "qemu64,-hypervisor");
    assert_int_equal(leaf(f, 0x40000000, 0)[1], 0);
    model(f, "pentium");
    assert_int_equal(leaf(f, 0x80000000, 0)[0], 0);
    model(f, "pentium2");
    assert_int_equal(leaf(f, 2, 0)[0] & 0xff, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_known_models, setup, teardown),
        cmocka_unit_test_setup_teardown(test_dynamic_bits, setup, teardown),
        cmocka_unit_test_setup_teardown(test_xsave_sizes, setup, teardown),
        cmocka_unit_test_setup_teardown(test_topology, setup, teardown),
        cmocka_unit_test_setup_teardown(test_ecx_is_ignored, setup, teardown),
        cmocka_unit_test_setup_teardown(test_strings_and_limits, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
