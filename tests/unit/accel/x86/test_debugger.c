/* SPDX-License-Identifier: MIT */
/* link: accel/x86/[a-z]*.c accel/x86/x86_64/[a-z]*.c core/physmem.c core/physmem_access.c */
/* link: accel/tcg/[a-z]*.c accel/tcg/x86_64/[a-z]*.c tests/fake/x86_box.c */
/* link: core/types.c core/log.c core/error.c core/opts.c os/posix/[a-z]*.c os/linux/[a-z]*.c */
/* libs: zydis */
/*
 * What a debugger asks of the engine, in the interpreter and in the translator: breakpoints that
 * stop before their instruction and cost nothing elsewhere, watchpoints that stop behind the
 * access, single steps.
 */
#include "accel/tcg/jit.h"
#include "tests/fake/x86_box.h"
#include "tests/fake/unit.h"

#define D X86_BOX_DATA
#define C X86_BOX_CODE

/* 0: inc rax; 3: mov [rbx],rax; 6: mov rdx,[rbx+16]; 10: dec rcx; 13: jnz 0; 15: hlt */
static const char loop[] = "\x48\xff\xc0\x48\x89\x03\x48\x8b\x53\x10\x48\xff\xc9\x75\xf1\xf4";

static struct x86_box *make(bool jit, uint64_t turns)
{
    struct x86_box *b = x86_box_new(8, NULL);
    if (!b->cpu->blocks) {
        x86_code_map_attach(NULL, b->cpu);
    }
    if (jit) {
        assert_int_equal(tcg_jit_attach(b->cpu, 0), 0);
        tcg_jit_set_threshold(b->cpu, 1);
    }
    x86_box_code(b, loop, sizeof loop - 1);
    b->cpu->st.gpr[X86_RAX] = 0;
    b->cpu->st.gpr[X86_RBX] = D;
    b->cpu->st.gpr[X86_RCX] = turns;
    return b;
}

static void done(struct x86_box *b)
{
    tcg_jit_detach(b->cpu);
    x86_box_free(b);
}

/* A breakpoint hides for one step, as a debugger does it. */
static void step_over(struct x86_box *b, const gva_t *points, size_t n)
{
    x86_interp_debug(b->cpu, true, NULL, 0);
    assert_int_equal(x86_interp_run(b->cpu), X86_STOP_DEBUG);
    assert_false(b->cpu->blocks->dbg_hit);
    x86_interp_debug(b->cpu, false, points, n);
}

static void breakpoints(bool jit)
{
    struct x86_box *b = make(jit, 100);
    assert_int_equal(x86_box_run(b, 120), X86_STOP_LIMIT); /* the block is known, and translated */
    gva_t at[2] = { C + 10, 0x7ffff00a };
    b->cpu->insn_limit = UINT64_MAX;
    x86_interp_debug(b->cpu, false, at, 2);
    for (uint64_t turn = 25; turn <= 30; turn++) {
        assert_int_equal(x86_interp_run(b->cpu), X86_STOP_DEBUG);
        assert_true(b->cpu->blocks->dbg_hit);
        assert_int_equal(b->cpu->st.rip, C + 10);
        assert_int_equal(b->cpu->st.gpr[X86_RAX], turn);
        assert_int_equal(b->cpu->st.gpr[X86_RCX], 101 - turn);
        step_over(b, at, 2);
        assert_int_equal(b->cpu->st.rip, C + 13);
    }
    /* One elsewhere in the page: the loop runs in whole blocks. */
    at[0] = C + 0x800;
    x86_interp_debug(b->cpu, false, at, 1);
    uint64_t steps = b->cpu->blocks->stats.single_steps;
    assert_int_equal(x86_interp_run(b->cpu), X86_STOP_HLT);
    assert_int_equal(b->cpu->blocks->stats.single_steps, steps);
    assert_int_equal(b->cpu->st.gpr[X86_RAX], 100);
    done(b);
}

static void watchpoints(bool jit)
{
    static const struct {
        const char *name;
        struct x86_watch w;
        uint64_t rip; /* 0: no stop */
        bool write;
    } cases[] = {
        { "write", { D, 8, false, true }, C + 6, true },
        { "one byte of it", { D + 7, 1, false, true }, C + 6, true },
        { "begins before", { D - 100, 101, false, true }, C + 6, true },
        { "read", { D + 20, 4, true, false }, C + 10, false },
        { "access", { D + 16, 1, true, true }, C + 10, false },
        { "a write does not read", { D, 8, true, false }, 0, false },
        { "a read does not write", { D + 16, 8, false, true }, 0, false },
        { "beside", { D + 8, 8, true, true }, 0, false },
    };
    for (size_t k = 0; k < ARRAY_LEN(cases); k++) {
        struct x86_box *b = make(jit, 100);
        assert_int_equal(x86_box_run(b, 120), X86_STOP_LIMIT);
        b->cpu->insn_limit = UINT64_MAX;
        x86_watch_set(b->cpu, &cases[k].w, 1);
        for (uint64_t turn = 25; turn < 28 && cases[k].rip; turn++) {
            enum x86_stop stop = x86_interp_run(b->cpu);
            if (stop != X86_STOP_DEBUG || b->cpu->st.rip != cases[k].rip ||
                !b->cpu->watches.hit || b->cpu->watches.hit_write != cases[k].write ||
                b->cpu->st.gpr[X86_RAX] != turn) {
                fail_msg("%s: stop %d at 0x%lx, rax %lu", cases[k].name, stop,
                         (unsigned long)b->cpu->st.rip, (unsigned long)b->cpu->st.gpr[X86_RAX]);
            }
        }
        uint64_t count = b->cpu->insn_count;
        if (cases[k].rip) {
            x86_watch_set(b->cpu, NULL, 0);
        }
        if (x86_interp_run(b->cpu) != X86_STOP_HLT || b->cpu->insn_count <= count) {
            fail_msg("%s: does not go on", cases[k].name);
        }
        assert_int_equal(b->cpu->insn_count, 501);
        done(b);
    }
}

static void steps(bool jit)
{
    static const unsigned at[] = { 3, 6, 10, 13, 0, 3 };
    struct x86_box *b = make(jit, 3);
    x86_interp_debug(b->cpu, true, NULL, 0);
    for (size_t k = 0; k < ARRAY_LEN(at); k++) {
        assert_int_equal(x86_interp_run(b->cpu), X86_STOP_DEBUG);
        assert_int_equal(b->cpu->st.rip, C + at[k]);
    }
    /* A fault: stops before its handler. */
    b->cpu->st.gpr[X86_RBX] = 0x7fffffff0000;
    uint64_t count = b->cpu->insn_count;
    assert_int_equal(x86_interp_run(b->cpu), X86_STOP_DEBUG);
    assert_true(b->cpu->st.rip != C + 6);
    assert_true(b->cpu->insn_count - count <= 1);
    /* HLT: the step ends behind it, and the processor is halted all the same. */
    x86_box_code(b, "\xf4\x90", 2);
    assert_int_equal(x86_interp_run(b->cpu), X86_STOP_DEBUG);
    assert_int_equal(b->cpu->st.rip, C + 1);
    x86_interp_debug(b->cpu, false, NULL, 0);
    assert_int_equal(x86_interp_run(b->cpu), X86_STOP_HLT);
    assert_int_equal(b->cpu->st.rip, C + 1);
    done(b);
}

/* Every element of a repeated string instruction is looked at. */
static void strings(bool jit)
{
    struct x86_box *b = make(jit, 0);
    struct x86_watch w = { D + 0x1800, 1, false, true };
    x86_box_code(b, "\xf3\xaa\xf4", 3); /* rep stosb; hlt */
    b->cpu->st.gpr[X86_RCX] = 0x4000;
    b->cpu->st.gpr[X86_RDI] = D;
    x86_watch_set(b->cpu, &w, 1);
    assert_int_equal(x86_interp_run(b->cpu), X86_STOP_DEBUG);
    assert_int_equal(b->cpu->st.gpr[X86_RDI], D + 0x1801);
    assert_int_equal(b->cpu->st.rip, C);
    assert_int_equal(x86_interp_run(b->cpu), X86_STOP_HLT);
    assert_int_equal(b->cpu->st.gpr[X86_RCX], 0);
    done(b);
}

#define BOTH(f)                       \
    static void f##_interp(void **s)  \
    {                                 \
        (void)s;                      \
        f(false);                     \
    }                                 \
    static void f##_jit(void **s)     \
    {                                 \
        (void)s;                      \
        if (tcg_jit_supported(NULL)) {\
            f(true);                  \
        }                             \
    }
BOTH(breakpoints)
BOTH(watchpoints)
BOTH(steps)
BOTH(strings)

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(breakpoints_interp), cmocka_unit_test(breakpoints_jit),
        cmocka_unit_test(watchpoints_interp), cmocka_unit_test(watchpoints_jit),
        cmocka_unit_test(steps_interp),       cmocka_unit_test(steps_jit),
        cmocka_unit_test(strings_interp),     cmocka_unit_test(strings_jit),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
