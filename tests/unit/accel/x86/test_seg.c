/* SPDX-License-Identifier: MIT */
/* link: tests/lib/tiny_machine.c accel/x86/[a-z]*.c accel/x86/x86_64/[a-z]*.c core/physmem.c */
/* link: core/physmem_access.c core/types.c core/log.c core/error.c core/opts.c os/posix/[a-z]*.c */
/* link: os/linux/[a-z]*.c */
/* libs: zydis */
/*
 * Segments: what is precomputed for address checks, stacks of each size, real-mode loads. (Refused
 * loads are rows of tests/cpu/fault_cases.def.)
 */
#include "tests/fake/unit.h"

#include "accel/x86/flags.h"
#include "accel/x86/interp.h"
#include "accel/x86/system.h"
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

static int catches(void (*f)(uint64_t), uint64_t arg)
{
    if (setjmp(cpu->jmp)) {
        return cpu->exc_vector;
    }
    f(arg);
    return -1;
}

static void push4(uint64_t v)
{
    x86_push(cpu, v, 4);
}

static void stack_pointer_sizes(void **state)
{
    static const struct {
        const char *name;
        unsigned attr;
        uint64_t before, after, where;
    } cases[] = {
        {"16-bit wraps", 0x93, 0xabcd0002, 0xabcdfffe, 0xfffe},
        {"16-bit keeps the top", 0x93, 0xabcd8804, 0xabcd8800, 0x8800},
        {"32-bit", 0xc93, 0x8804, 0x8800, 0x8800},
        {"32-bit across 64 KiB", 0xc93, 0x10002, 0xfffe, 0xfffe},
    };
    (void)state;
    for (unsigned i = 0; i < ARRAY_LEN(cases); i++) {
        cpu->st.seg[X86_SS].attr = (uint16_t)cases[i].attr;
        x86_mode_changed(cpu);
        cpu->st.gpr[X86_RSP] = cases[i].before;
        x86_push(cpu, 0x11223344, 4);
        assert_case(cases[i].name, cpu->st.gpr[X86_RSP] == cases[i].after);
        assert_case(cases[i].name, tiny_read(t, cases[i].where, 4) == 0x11223344);
        assert_case(cases[i].name, x86_pop(cpu, 4) == 0x11223344);
        assert_case(cases[i].name, cpu->st.gpr[X86_RSP] == cases[i].before);
    }
}

static void a_refused_push_moves_nothing(void **state)
{
    (void)state;
    cpu->st.seg[X86_SS].limit = 0x8000;
    x86_mode_changed(cpu);
    assert_int_equal(catches(push4, 1), X86_EXC_SS);
    assert_int_equal(cpu->st.gpr[X86_RSP], TINY_STACK);
}

static void ranges(void **state)
{
    static const struct {
        const char *name;
        unsigned attr;
        uint32_t limit, first, last;
        unsigned perm;
    } cases[] = {
        {"data", 0xc93, 0xffffffff, 0, 0xffffffff, 3},
        {"read-only", 0xc91, 0xffff, 0, 0xffff, 1},
        {"expand-down 16", 0x97, 0xfff, 0x1000, 0xffff, 3},
        {"expand-down 32", 0x497, 0xfff, 0x1000, 0xffffffff, 3},
        {"expand-down, empty", 0x497, 0xffffffff, 0, 0xffffffff, 0},
        {"code", 0xc9b, 0xffff, 0, 0xffff, 5},
        {"execute-only", 0xc99, 0xffff, 0, 0xffff, 4},
        {"not present", 0xc13, 0xffff, 0, 0xffff, 0},
        {"system", 0x89, 0xffff, 0, 0xffff, 0},
        {"null", 0x8000, 0, 0, 0, 0},
    };
    (void)state;
    for (unsigned i = 0; i < ARRAY_LEN(cases); i++) {
        struct x86_seg s = {0x1000, cases[i].limit, 8, (uint16_t)cases[i].attr};
        struct x86_seg_range r;
        x86_seg_range_of(cpu, &s, &r);
        assert_case(cases[i].name, r.perm == cases[i].perm);
        bool same = r.first == cases[i].first && r.last == cases[i].last;
        assert_case(cases[i].name, !r.perm || same);
    }
}

static void real_mode_keeps_limits(void **state)
{
    (void)state;
    tiny_setup(t, TINY_REAL);
    cpu->st.seg[X86_DS].limit = 0xffffffff;
    cpu->st.seg[X86_DS].attr = 0xc93;
    x86_load_seg(cpu, X86_DS, 0x1234);
    assert_int_equal(cpu->st.seg[X86_DS].limit, 0xffffffff);
    assert_int_equal(cpu->st.seg[X86_DS].base, 0x12340);
    assert_int_equal(x86_linear(cpu, X86_DS, 0x100000, 4, X86_ACCESS_WRITE), 0x112340);
    tiny_setup(t, TINY_V86);
    x86_load_seg(cpu, X86_DS, 0x1234);
    assert_int_equal(cpu->st.seg[X86_DS].limit, 0xffff);
    assert_int_equal(cpu->st.seg[X86_DS].attr, 0xf3);
}

static void modes(void **state)
{
    static const struct {
        enum tiny_mode mode;
        unsigned code, stack, cpl;
        bool flat;
    } cases[] = {
        {TINY_REAL, 2, 2, 0, false},  {TINY_V86, 2, 2, 3, false},    {TINY_P16, 2, 2, 0, false},
        {TINY_P32, 4, 4, 0, true},    {TINY_P32_USER, 4, 4, 3, true}, {TINY_LONG, 8, 8, 0, true},
        {TINY_LONG_USER, 8, 8, 3, true}, {TINY_COMPAT, 4, 4, 0, true},
    };
    (void)state;
    for (unsigned i = 0; i < ARRAY_LEN(cases); i++) {
        tiny_setup(t, cases[i].mode);
        assert_int_equal(cpu->code_mode, cases[i].code);
        assert_int_equal(cpu->stack_size, cases[i].stack);
        assert_int_equal(cpu->cpl, cases[i].cpl);
        assert_int_equal(cpu->flat, cases[i].flat);
    }
}

static void sixty_four_bit_bases(void **state)
{
    (void)state;
    tiny_setup(t, TINY_LONG);
    cpu->st.seg[X86_DS].base = 0x1000; /* not looked at */
    cpu->st.seg[X86_GS].base = 0xffff888000000000ull;
    x86_mode_changed(cpu);
    assert_int_equal(x86_linear(cpu, X86_DS, 0x50, 8, X86_ACCESS_READ), 0x50);
    assert_true(x86_linear(cpu, X86_GS, 0x50, 8, X86_ACCESS_READ) == 0xffff888000000050ull);
    assert_true(x86_linear(cpu, X86_GS, ~0ull, 1, X86_ACCESS_READ) == 0xffff887fffffffffull);
}

#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        T(stack_pointer_sizes), T(a_refused_push_moves_nothing), T(ranges),
        T(real_mode_keeps_limits), T(modes), T(sixty_four_bit_bases),
    };
    return cmocka_run_group_tests_name("seg", tests, NULL, NULL);
}
