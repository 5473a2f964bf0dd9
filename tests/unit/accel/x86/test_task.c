/* SPDX-License-Identifier: MIT */
/* link: tests/lib/tiny_machine.c accel/x86/[a-z]*.c accel/x86/x86_64/[a-z]*.c core/physmem.c */
/* link: core/physmem_access.c core/types.c core/log.c core/error.c core/opts.c os/posix/[a-z]*.c */
/* link: os/linux/[a-z]*.c */
/* libs: zydis */
/*
 * Hardware task switches: everything saved, everything loaded, and back. (Faults are rows of
 * tests/cpu/fault_cases.def.)
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

static void code(const char *bytes, unsigned len)
{
    memcpy(t->ram + TINY_CODE, bytes, len);
}

static void call_saves_and_loads_all(void **state)
{
    (void)state;
    for (unsigned i = 0; i < 8; i++) {
        cpu->st.gpr[i] = 0xa0000000u + i;
        tiny_write(t, TINY_TSS2 + 0x28 + 4 * i, 0xb0000000u + i, 4);
    }
    cpu->st.gpr[X86_RSP] = TINY_STACK;
    tiny_write(t, TINY_TSS2 + 0x24, 0x8d7, 4); /* all arithmetic flags */
    tiny_write(t, TINY_TSS2 + 0x58, SEL_UDATA, 4);
    tiny_write(t, TINY_TSS2 + 0x60, SEL_LDT, 4);
    cpu->st.rflags |= 0x3000;
    x86_set_rflags(cpu, X86_FL_CF | X86_FL_OF, X86_FL_ARITH);
    code("\x9a\x00\x00\x00\x00\x98\x00", 7);
    tiny_run(t, 1);
    assert_int_equal(cpu->st.rip, TINY_TARGET);
    for (unsigned i = 0; i < 8; i++) {
        uint32_t old = i == X86_RSP ? TINY_STACK : 0xa0000000u + i;
        assert_int_equal(cpu->st.gpr[i], 0xb0000000u + i);
        assert_int_equal(tiny_read(t, TINY_TSS + 0x28 + 4 * i, 4), old);
    }
    assert_int_equal(x86_rflags(cpu), 0x8d7 | X86_FL_NT);
    assert_int_equal(tiny_read(t, TINY_TSS + 0x24, 4), 0x3803);
    assert_int_equal(cpu->st.seg[X86_FS].sel, SEL_UDATA);
    assert_int_equal(cpu->st.seg[X86_GS].attr & X86_SEG_UNUSABLE, X86_SEG_UNUSABLE);
    assert_int_equal(cpu->st.seg[X86_LDTR].sel, SEL_LDT);
    assert_int_equal(tiny_read(t, TINY_TSS + 0x4c, 2), SEL_CODE32);
    assert_true(cpu->st.cr0 & X86_CR0_TS);
}

static void iret_goes_back(void **state)
{
    (void)state;
    code("\x9a\x00\x00\x00\x00\x98\x00\x40", 8); /* call 98h:0; inc eax */
    tiny_write(t, TINY_TARGET, 0xcf, 1);
    cpu->st.gpr[X86_RAX] = 41;
    tiny_run(t, 3);
    assert_int_equal(cpu->st.rip, TINY_CODE + 8);
    assert_int_equal(cpu->st.gpr[X86_RAX], 42);
    assert_int_equal(cpu->st.seg[X86_TR].sel, SEL_TSS);
    assert_int_equal(tiny_read(t, TINY_GDT + SEL_TSS2 + 5, 1), 0x89); /* no longer busy */
    assert_int_equal(tiny_read(t, TINY_GDT + SEL_TSS + 5, 1), 0x8b);
    assert_false(cpu->st.rflags & X86_FL_NT);
    assert_int_equal(tiny_read(t, TINY_TSS2 + 0x20, 4), TINY_TARGET + 1);
}

static void task_16_bit(void **state)
{
    (void)state;
    for (unsigned i = 0; i < 8; i++) {
        tiny_write(t, TINY_TSS16 + 0x12 + 2 * i, 0xc00u + i, 2);
    }
    code("\x9a\x00\x00\x00\x00\xa0\x00", 7);
    tiny_run(t, 1);
    assert_int_equal(cpu->st.rip, 0x1000);
    assert_int_equal(cpu->st.gpr[X86_RBX] & 0xffff, 0xc03);
    assert_int_equal(cpu->st.gpr[X86_RDI] & 0xffff, 0xc07);
    assert_int_equal(cpu->code_mode, 2);
    assert_int_equal(tiny_read(t, TINY_TSS16, 2), SEL_TSS);
}

static void switch_loads_cr3(void **state)
{
    (void)state;
    tiny_setup(t, TINY_PG32);
    memcpy(t->ram + 0x180000, t->ram + TINY_PD32, 0x1000);
    tiny_write(t, TINY_TSS2 + 0x1c, 0x180000, 4);
    code("\xea\x00\x00\x00\x00\x98\x00", 7);
    x86_load32(cpu, TINY_DATA, false);
    tiny_run(t, 1);
    assert_int_equal(cpu->st.cr3, 0x180000);
    assert_int_equal(cpu->st.rip, TINY_TARGET);
}

static void to_v86_task(void **state)
{
    (void)state;
    tiny_write(t, TINY_TSS2 + 0x24, 0x20002, 4);
    tiny_write(t, TINY_TSS2 + 0x20, 0x10, 4);
    tiny_write(t, TINY_TSS2 + 0x4c, 0x2000, 4);
    tiny_write(t, TINY_TSS2 + 0x54, 0x6000, 4);
    code("\xea\x00\x00\x00\x00\x98\x00", 7);
    tiny_run(t, 1);
    assert_int_equal(cpu->cpl, 3);
    assert_int_equal(cpu->st.seg[X86_CS].base, 0x20000);
    assert_int_equal(cpu->st.seg[X86_DS].base, 0x60000);
    assert_int_equal(cpu->st.rip, 0x10);
}

static void local_breakpoints_end(void **state)
{
    (void)state;
    cpu->st.dr[0] = TINY_DATA;
    cpu->st.dr[7] = 0x70f03;
    tiny_sync(t);
    code("\xea\x00\x00\x00\x00\x98\x00", 7);
    tiny_run(t, 1);
    assert_int_equal(cpu->st.dr[7] & 0x3ff, 0x202); /* G0 and GE stay */
}

#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        T(call_saves_and_loads_all), T(iret_goes_back), T(task_16_bit), T(switch_loads_cr3),
        T(to_v86_task), T(local_breakpoints_end),
    };
    return cmocka_run_group_tests_name("task", tests, NULL, NULL);
}
