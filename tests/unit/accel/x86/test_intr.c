/* SPDX-License-Identifier: MIT */
/* link: tests/lib/tiny_machine.c accel/x86/[a-z]*.c accel/x86/x86_64/[a-z]*.c core/physmem.c */
/* link: core/physmem_access.c core/types.c core/log.c core/error.c core/opts.c os/posix/[a-z]*.c */
/* link: os/linux/[a-z]*.c */
/* libs: zydis */
/*
 * Events between instructions: shadows, blocking, waking, shutdown. (Delivery itself is covered by
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

static void raise_irq(int vector)
{
    t->irq = vector;
    atomic_fetch_or(&cpu->requests, X86_REQ_IRQ);
}

static void mov_ss_holds_interrupts(void **state)
{
    (void)state;
    code("\x8e\xd0\x90\x90", 4); /* mov ss, ax; nop; nop */
    cpu->st.gpr[X86_RAX] = SEL_DATA;
    cpu->st.rflags |= X86_FL_IF;
    tiny_run(t, 1);
    raise_irq(0x30);
    tiny_run(t, 1);
    assert_int_equal(cpu->st.rip, TINY_CODE + 3); /* one more was executed */
    tiny_run(t, 2); /* the event and one instruction */
    assert_int_equal(cpu->st.rip, TINY_HANDLERS + 0x301);
}

static void sti_hlt_wakes(void **state)
{
    (void)state;
    code("\xfb\xf4\x40", 3); /* sti; hlt; inc eax */
    assert_int_equal(tiny_run(t, 10), X86_STOP_HLT);
    assert_int_equal(cpu->st.rip, TINY_CODE + 2);
    assert_int_equal(tiny_run(t, 10), X86_STOP_HLT); /* still */
    assert_int_equal(cpu->st.rip, TINY_CODE + 2);
    tiny_write(t, TINY_HANDLERS + 0x300, 0xcf, 1);
    raise_irq(0x30);
    tiny_run(t, 3);
    assert_int_equal(cpu->st.rip, TINY_CODE + 3);
    assert_int_equal(cpu->st.mp, X86_MP_RUNNABLE);
}

static void nmi_waits_for_iret(void **state)
{
    (void)state;
    code("\x90\x90", 2);
    tiny_write(t, TINY_HANDLERS + 0x20, 0xcf9090, 3); /* nop; nop; iret */
    cpu->st.ev.nmi_pending = 1;
    tiny_run(t, 2);
    assert_int_equal(cpu->st.rip, TINY_HANDLERS + 0x21);
    assert_int_equal(cpu->st.ev.nmi_blocked, 1);
    cpu->st.ev.nmi_pending = 1;
    tiny_run(t, 1);
    assert_int_equal(cpu->st.rip, TINY_HANDLERS + 0x22); /* not nested */
    tiny_run(t, 1);
    assert_int_equal(cpu->st.rip, TINY_CODE);
    assert_int_equal(cpu->st.ev.nmi_blocked, 0);
    tiny_run(t, 2);
    assert_int_equal(cpu->st.rip, TINY_HANDLERS + 0x21);
}

static void spurious_interrupt_changes_nothing(void **state)
{
    (void)state;
    code("\x90\x90", 2);
    cpu->st.rflags |= X86_FL_IF;
    raise_irq(-1); /* it went away before it was taken */
    tiny_run(t, 1);
    assert_int_equal(cpu->st.rip, TINY_CODE + 1);
    assert_int_equal(cpu->st.gpr[X86_RSP], TINY_STACK);
}

static void shutdown_says_why(void **state)
{
    (void)state;
    code("\x0f\x0b", 2);
    cpu->st.idt.limit = 0;
    assert_int_equal(tiny_run(t, 10), X86_STOP_SHUTDOWN);
    assert_int_equal(cpu->st.mp, X86_MP_SHUTDOWN);
    assert_int_equal(cpu->st.rip, TINY_CODE);
    assert_int_equal(cpu->shutdown_vectors[0], X86_EXC_GP); /* of #UD's gate */
    assert_int_equal(cpu->shutdown_vectors[1], X86_EXC_GP); /* of #GP's: #DF */
    assert_int_equal(cpu->shutdown_vectors[2], X86_EXC_GP); /* of #DF's */
}

static void deliver_by_hand(void **state)
{
    (void)state;
    assert_true(x86_deliver(cpu, X86_EVENT_EXCEPTION, X86_EXC_PF, true, 5));
    assert_int_equal(cpu->st.rip, TINY_HANDLERS + 0xe0);
    assert_int_equal(cpu->next_rip, cpu->st.rip);
    assert_int_equal(tiny_read(t, cpu->st.gpr[X86_RSP], 4), 5);
    assert_int_equal(tiny_read(t, cpu->st.gpr[X86_RSP] + 4, 4), TINY_CODE);
    assert_int_equal(cpu->event_ext, 0);
}

static void reset_and_sipi(void **state)
{
    static struct x86_state s;
    (void)state;
    x86_state_reset(&s, true, 0x600f20);
    assert_int_equal(s.seg[X86_CS].base + s.rip, 0xfffffff0u);
    assert_int_equal(s.gpr[X86_RDX], 0x600f20);
    assert_int_equal(s.cr0, 0x60000010);
    assert_int_equal(s.mp, X86_MP_RUNNABLE);
    assert_true(s.msr.apic_base & 0x100);
    s.vec[3].u64[0] = 7;
    s.cr0 = 0x80000031;
    s.msr.efer = 0x500;
    s.msr.star = 9;
    x86_state_init(&s, false, 0x600f20);
    assert_int_equal(s.cr0, 0x10); /* CD and NW stay as they were */
    assert_int_equal(s.msr.efer, 0);
    assert_int_equal(s.vec[3].u64[0], 7);
    assert_int_equal(s.msr.star, 9);
    assert_int_equal(s.mp, X86_MP_WAIT_SIPI);
    x86_state_sipi(&s, 0x9a);
    assert_int_equal(s.seg[X86_CS].sel, 0x9a00);
    assert_int_equal(s.seg[X86_CS].base, 0x9a000);
    assert_int_equal(s.rip, 0);
    assert_int_equal(s.mp, X86_MP_RUNNABLE);
}

static void a_waiting_processor_does_not_run(void **state)
{
    (void)state;
    cpu->st.mp = X86_MP_WAIT_SIPI;
    assert_int_equal(tiny_run(t, 5), X86_STOP_WAIT_SIPI);
    assert_int_equal(cpu->st.rip, TINY_CODE);
}

#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        T(mov_ss_holds_interrupts), T(sti_hlt_wakes), T(nmi_waits_for_iret),
        T(spurious_interrupt_changes_nothing), T(shutdown_says_why), T(deliver_by_hand),
        T(reset_and_sipi), T(a_waiting_processor_does_not_run),
    };
    return cmocka_run_group_tests_name("intr", tests, NULL, NULL);
}
