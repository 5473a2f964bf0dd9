/* SPDX-License-Identifier: MIT */
/* link: tests/lib/tiny_machine.c accel/x86/[a-z]*.c accel/x86/x86_64/[a-z]*.c core/physmem.c */
/* link: core/physmem_access.c core/types.c core/log.c core/error.c core/opts.c os/posix/[a-z]*.c */
/* link: os/linux/[a-z]*.c */
/* libs: zydis */
/*
 * MSRs that compute: the TSC and its adjustment, those of the machine, what reads back. (Refused
 * values are rows of tests/cpu/fault_cases.def.)
 */
#include "tests/fake/unit.h"

#include "accel/x86/flags.h"
#include "accel/x86/interp.h"
#include "core/physmem.h"
#include "tests/lib/tiny_machine.h"

static struct tiny *t;
static struct x86_cpu *cpu;

static int setup(void **state)
{
    (void)state;
    t = tiny_new();
    cpu = t->cpu;
    tiny_setup(t, TINY_P32);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    tiny_free(t);
    return 0;
}

static int catches(void (*f)(uint32_t, uint64_t), uint32_t msr, uint64_t v)
{
    if (setjmp(cpu->jmp)) {
        return cpu->exc_vector;
    }
    f(msr, v);
    return -1;
}

static void write_msr(uint32_t msr, uint64_t v)
{
    x86_write_msr(cpu, msr, v);
}

static void read_msr(uint32_t msr, uint64_t v)
{
    (void)v;
    x86_read_msr(cpu, msr);
}

/* The fake counter moves by 16 at every look. */
static void tsc_write_moves_adjust(void **state)
{
    (void)state;
    x86_write_msr(cpu, X86_MSR_TSC, 1000000);
    uint64_t now = x86_read_msr(cpu, X86_MSR_TSC);
    assert_in_range(now, 1000000, 1000100);
    uint64_t adjust = x86_read_msr(cpu, X86_MSR_TSC_ADJUST);
    assert_in_range(adjust, 999000, 1000000);
    x86_write_msr(cpu, X86_MSR_TSC_ADJUST, adjust + 5000);
    assert_in_range(x86_read_msr(cpu, X86_MSR_TSC), 1005000, 1005200);
    x86_write_msr(cpu, X86_MSR_TSC_ADJUST, 0);
    assert_in_range(x86_read_msr(cpu, X86_MSR_TSC), 1, 1000);
}

static void state_without_tsc_keeps_it(void **state)
{
    static struct x86_state s;
    (void)state;
    x86_write_msr(cpu, X86_MSR_TSC, 5000000);
    x86_cpu_get_state(cpu, &s);
    s.tsc = 7;
    s.groups &= ~(uint32_t)X86_GROUP_TSC;
    x86_cpu_set_state(cpu, &s);
    assert_in_range(x86_read_msr(cpu, X86_MSR_TSC), 5000000, 5000200);
    s.groups |= X86_GROUP_TSC;
    x86_cpu_set_state(cpu, &s);
    assert_in_range(x86_read_msr(cpu, X86_MSR_TSC), 7, 100);
}

static uint64_t machine_value;
static unsigned machine_calls;

static bool machine_read(void *opaque, uint32_t msr, uint64_t *v)
{
    (void)opaque;
    machine_calls++;
    *v = machine_value;
    return msr != 0x8ff;
}

static bool machine_write(void *opaque, uint32_t msr, uint64_t v)
{
    (void)opaque;
    machine_calls++;
    machine_value = v;
    return msr != 0x8ff;
}

static void machine_msrs_go_out(void **state)
{
    static const uint32_t msrs[] = {0x1b, 0x6e0, 0x802, 0x80b, 0x83f};
    (void)state;
    cpu->bus.msr_read = machine_read;
    cpu->bus.msr_write = machine_write;
    for (unsigned i = 0; i < ARRAY_LEN(msrs); i++) {
        machine_calls = 0;
        x86_write_msr(cpu, msrs[i], 0x1000 + i);
        assert_int_equal(x86_read_msr(cpu, msrs[i]), 0x1000 + i);
        assert_int_equal(machine_calls, 2);
    }
    assert_int_equal(cpu->st.msr.apic_base, 0x1000);
    assert_int_equal(catches(write_msr, 0x8ff, 0), X86_EXC_GP);
    assert_int_equal(catches(read_msr, 0x8ff, 0), X86_EXC_GP);
}

static void values_read_back(void **state)
{
    static const struct {
        const char *name;
        uint32_t msr;
        uint64_t v;
    } cases[] = {
        {"STAR", 0xc0000081, 0x123456789abcdef0ull},   {"PAT", 0x277, 0x0606060606060606ull},
        {"MTRR base", 0x20e, 0xfe000006},               {"MTRR mask", 0x20f, 0xffff000800ull},
        {"MTRR 64k", 0x250, 0x0606060606060606ull},     {"MTRR 16k", 0x259, 0},
        {"MTRR 4k", 0x26f, 0x0505050505050505ull},      {"default type", 0x2ff, 0xc06},
        {"SYSENTER_CS", 0x174, 0x10},                   {"FMASK", 0xc0000084, 0x47700},
        {"TSC_AUX", 0xc0000103, 0x77},                  {"MISC_ENABLE", 0x1a0, 1},
        {"KERNEL_GS", 0xc0000102, 0xffff888000000000ull}, {"DEBUGCTL", 0x1d9, 2},
    };
    (void)state;
    for (unsigned i = 0; i < ARRAY_LEN(cases); i++) {
        assert_case(cases[i].name, catches(write_msr, cases[i].msr, cases[i].v) == -1);
        assert_case(cases[i].name, x86_read_msr(cpu, cases[i].msr) == cases[i].v);
    }
}

/* What Linux, SeaBIOS, OVMF and Xen read or write without a guard must not fault. */
static void unguarded_accesses(void **state)
{
    static const uint32_t intel[] = {0x10, 0x17, 0x1b, 0x2a, 0x3a, 0x8b, 0xce, 0xfe, 0x179, 0x198,
                                     0x1a0, 0x1d9, 0x277, 0x2ff, 0x400, 0x403, 0xc0000080};
    static const uint32_t amd[] = {0x10, 0x1b, 0x8b, 0xfe, 0x179, 0x277, 0xc0000080, 0xc0010010,
                                   0xc0010015, 0xc001001a, 0xc001001f, 0xc0010055, 0xc0010058,
                                   0xc0010140, 0xc0011020, 0xc0011022, 0xc0011023, 0xc0011029};
    (void)state;
    for (unsigned i = 0; i < ARRAY_LEN(intel); i++) {
        assert_int_equal(catches(read_msr, intel[i], 0), -1);
    }
    strcpy(t->model.vendor, "AuthenticAMD");
    for (unsigned i = 0; i < ARRAY_LEN(amd); i++) {
        assert_int_equal(catches(read_msr, amd[i], 0), -1);
    }
    assert_int_equal(catches(read_msr, 0x3a, 0), X86_EXC_GP);
    assert_int_equal(catches(read_msr, 0x1a0, 0), X86_EXC_GP);
}

#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        T(tsc_write_moves_adjust), T(state_without_tsc_keeps_it), T(machine_msrs_go_out),
        T(values_read_back), T(unguarded_accesses),
    };
    return cmocka_run_group_tests_name("msr", tests, NULL, NULL);
}
