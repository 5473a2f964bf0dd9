/* SPDX-License-Identifier: MIT */
/* link: accel/x86/cpuid.c accel/x86/cpu_model.c tests/fake/host_cpuid.c core/opts.c core/error.c
 * core/log.c os/posix/[a-z]*.c os/linux/[a-z]*.c */
/*
 * The value of -cpu: models, features, properties, error lines; what the software engine offers.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "accel/x86/cpuid.h"
#include "core/log.h"
#include "tests/fake/host_cpuid.h"

static struct x86_cpu_model offered;

static int setup(void **state)
{
    (void)state;
    fake_host_cpuid_all(true);
    x86_cpu_model_software(&offered);
    return 0;
}

/* What was logged while parsing goes to a file and comes back as text. */
static char *parse_logged(struct x86_cpu_model *m, const char *text)
{
    char *path = g_strdup_printf("%s/emu-test-cpu-model-%d.log", g_get_tmp_dir(), (int)getpid());
    char *out = NULL;
    GError *err = NULL;
    assert_int_equal(log_open(path), 0);
    bool ok = x86_cpu_model_parse(m, text, &offered, &err);
    log_flush();
    log_open(NULL);
    assert_true(ok);
    assert_null(err);
    assert_true(g_file_get_contents(path, &out, NULL, NULL));
    unlink(path);
    g_free(path);
    return out;
}

static const struct {
    const char *text;
    const char *has, *lacks; /* one feature each, or NULL */
} good[] = {
    {"max", "x2apic", "svm"},
    {"host", "avx2", "avx512f"},
    {"max,-x2apic", "avx2", "x2apic"},
    {"max,x2apic=off", NULL, "x2apic"},
    {"Haswell", "avx2", "hle"},
    {"Haswell-v1", "avx2", "rtm"},
    {"Haswell,+avx,-sse4.2", "ssse3", "avx512f"},
    {"Haswell,-sse4.2", "sse4.1", "sse4.2"},
    {"qemu64", "lm", "svm"},
    {"qemu64,+ssse3", "ssse3", "sse4.1"},
    {"qemu64,ssse3", "ssse3", NULL},
    {"qemu64,sse4_1=on,ssse3=on", "sse4.1", NULL},
    {"core2duo,+x2apic", "x2apic", "xsave"},
    {"core2duo", "cx16", "x2apic"},
    {"pentium2", "pae", "sse"},
    {"kvm64,+invtsc,phys-bits=42", "invtsc", NULL},
    {"max,-xsave", "sse4.2", "avx"},      /* what builds on XSAVE goes with it */
    {"max,-pae", NULL, "lm"},
    {"max,-sse2", "sse", "aes"},
    {"max,+avx2,-avx2", NULL, "avx2"},
    {"max,-avx2,+avx2", NULL, "avx2"},    /* -name wins, as in QEMU */
    {"max,avx2=off,avx2=on", "avx2", NULL},
    {"max,LM=off", NULL, "lm"},
    {"Nehalem,check=off,migratable=on,l3-cache=on,kvm=off", "sse4.2", NULL},
    {"EPYC,enforce=off", "sha-ni", "sse4a"},
    {"max,", "avx2", NULL},
    {"max,-hypervisor", NULL, "hypervisor"},
};

static bool has_named(const struct x86_cpu_model *m, const char *name)
{
    for (unsigned f = 1; f < X86_FEAT_COUNT; f++) {
        if (strcmp(x86_features[f].name, name) == 0) {
            return x86_has(m, f);
        }
    }
    fail_msg("no feature %s", name);
    return false;
}

static void test_good(void **state)
{
    (void)state;
    unsigned bad = 0;
    for (size_t i = 0; i < G_N_ELEMENTS(good); i++) {
        struct x86_cpu_model m;
        GError *err = NULL;
        if (!x86_cpu_model_parse(&m, good[i].text, &offered, &err)) {
            print_error("%s: %s\n", good[i].text, err->message);
            g_clear_error(&err);
            bad++;
            continue;
        }
        if ((good[i].has && !has_named(&m, good[i].has)) ||
            (good[i].lacks && has_named(&m, good[i].lacks))) {
            print_error("%s: has not %s or has %s\n", good[i].text,
                        good[i].has ? good[i].has : "-", good[i].lacks ? good[i].lacks : "-");
            bad++;
        }
    }
    assert_int_equal(bad, 0);
}

static const struct {
    const char *text, *message; /* a part of it */
} wrong[] = {
    {"Hasswell", "did you mean 'Haswell'"},
    {"", "no model ''"},
    {"quemu64", "did you mean 'qemu64'"},
    {"max,+avx3", "did you mean 'avx'"},
    {"max,x2apci=on", "did you mean 'x2apic'"},
    {"max,x2apic=maybe", "on or off"},
    {"max,+x2apic=on", "either +x2apic or x2apic=on|off"},
    {"max,phys-bits=99", "32 to 52"},
    {"max,phys-bits=many", "phys-bits=many"},
    {"max,vendor=Intel", "twelve"},
    {"max,stepping=16", "0 to 15"},
    {"max,family=x", "family=x"},
    {"max,level=-1", "level=-1"},
    {"max,enforce=perhaps", "on or off"},
    {"max,pmu=on", "performance counters"},
    {"max,hv-relaxed", "Hyper-V"},
    {"max,tsc-frequency=1000000000", "tsc-frequency"},
    {"Haswell,enforce", "does not offer hle rtm"},
    {"max,+avx512f,enforce", "does not offer avx512f"},
};

static void test_wrong(void **state)
{
    (void)state;
    unsigned bad = 0;
    for (size_t i = 0; i < G_N_ELEMENTS(wrong); i++) {
        struct x86_cpu_model m;
        GError *err = NULL;
        bool ok = x86_cpu_model_parse(&m, wrong[i].text, &offered, &err);
        if (ok || !err || !strstr(err->message, wrong[i].message) || strchr(err->message, '\n')) {
            print_error("-cpu %s: '%s', expected '%s'\n", wrong[i].text,
                        err ? err->message : "no error", wrong[i].message);
            bad++;
        }
        g_clear_error(&err);
    }
    assert_int_equal(bad, 0);
}

/* A feature that was asked for by name and is dropped gives one line; a model's own gives none. */
static void test_warnings(void **state)
{
    (void)state;
    struct x86_cpu_model m;
    char *log = parse_logged(&m, "Haswell");
    assert_string_equal(log, "");
    g_free(log);
    log = parse_logged(&m, "Haswell,+avx512f,+svm");
    assert_non_null(strstr(log, "does not offer avx512f svm"));
    assert_null(strchr(log, '\n')[1] ? log : NULL);
    g_free(log);
    log = parse_logged(&m, "Haswell,check");
    assert_non_null(strstr(log, "hle rtm"));
    g_free(log);
}

static void test_properties(void **state)
{
    (void)state;
    struct x86_cpu_model m;
    assert_true(x86_cpu_model_parse(&m,
                                    "qemu64,vendor=GenuineIntel,family=6,model=0x9e,stepping=10,"
                                    "model-id=Some CPU,phys-bits=46,level=7,xlevel=0x80000008",
                                    &offered, NULL));
    assert_string_equal(m.vendor, "GenuineIntel");
    assert_string_equal(m.brand, "Some CPU");
    assert_int_equal(m.signature, 0x906ea);
    assert_int_equal(m.phys_bits, 46);
    assert_int_equal(m.level, 7);
    assert_int_equal(m.xlevel, 0x80000008);
    /* the last leaf covers what is added, unless it was chosen */
    assert_true(x86_cpu_model_parse(&m, "pentium2,+smep", &offered, NULL));
    assert_int_equal(m.level, 7);
    assert_true(x86_cpu_model_parse(&m, "pentium2,+smep,level=2", &offered, NULL));
    assert_int_equal(m.level, 2);
    assert_true(x86_cpu_model_parse(&m, "core2duo,min-level=0xd", &offered, NULL));
    assert_int_equal(m.level, 0xd);
    assert_int_equal(m.virt_bits, 48);
    assert_true(x86_cpu_model_parse(&m, "max", &offered, NULL));
    assert_int_equal(m.virt_bits, 57);
    assert_true(x86_cpu_model_parse(&m, "pentium3", &offered, NULL));
    assert_int_equal(m.phys_bits, 36);
    assert_true(x86_cpu_model_parse(&m, "pentium", &offered, NULL));
    assert_int_equal(m.phys_bits, 32);
}

/* A host without x86 instructions: what the engine does itself is there, the rest is named. */
static void test_other_host(void **state)
{
    (void)state;
    struct x86_cpu_model m;
    GString *lacks = g_string_new(NULL);
    x86_cpu_model_lacks(&offered, lacks);
    assert_string_equal(lacks->str, "");
    fake_host_cpuid_all(false);
    x86_cpu_model_software(&m);
    assert_true(x86_has(&m, X86_FEAT_LM));
    assert_true(x86_has(&m, X86_FEAT_X2APIC));
    assert_false(x86_has(&m, X86_FEAT_SSE2));
    assert_false(x86_has(&m, X86_FEAT_FPU));
    assert_false(x86_has(&m, X86_FEAT_AVX));
    x86_cpu_model_lacks(&m, lacks);
    assert_non_null(strstr(lacks->str, "sse4.2"));
    g_string_free(lacks, TRUE);
}

/* Every model parses; its own list names only features that there are (asserted inside). */
static void test_all_models(void **state)
{
    (void)state;
    static const char *const names[] = {
        "486", "pentium", "pentium2", "pentium3", "qemu32", "qemu64", "kvm32", "kvm64", "athlon",
        "coreduo", "n270", "core2duo", "phenom", "Conroe", "Penryn", "Nehalem", "Westmere",
        "SandyBridge", "IvyBridge", "Haswell", "Haswell-noTSX", "Broadwell", "Broadwell-noTSX",
        "Skylake-Client", "Skylake-Server", "Opteron_G1", "Opteron_G2", "Opteron_G3",
        "Opteron_G4", "Opteron_G5", "EPYC", "EPYC-Rome", "EPYC-Milan"};
    for (size_t i = 0; i < G_N_ELEMENTS(names); i++) {
        struct x86_cpu_model m;
        assert_true(x86_cpu_model_parse(&m, names[i], &offered, NULL));
        assert_string_equal(m.name, names[i]);
        assert_true(x86_has(&m, X86_FEAT_FPU));
        for (unsigned f = 1; f < X86_FEAT_COUNT; f++) {
            assert_true(!x86_has(&m, f) || x86_has(&offered, f));
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_good, setup),
        cmocka_unit_test_setup(test_wrong, setup),
        cmocka_unit_test_setup(test_warnings, setup),
        cmocka_unit_test_setup(test_properties, setup),
        cmocka_unit_test_setup(test_other_host, setup),
        cmocka_unit_test_setup(test_all_models, setup),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
