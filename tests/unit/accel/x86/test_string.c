/* SPDX-License-Identifier: MIT */
/* link: accel/x86/[a-z]*.c accel/x86/x86_64/[a-z]*.c core/physmem.c core/physmem_access.c */
/* link: core/types.c core/log.c core/error.c core/opts.c os/posix/[a-z]*.c os/linux/[a-z]*.c */
/* link: tests/fake/x86_box.c */
/* libs: zydis */
/*
 * String instructions: bulk and single paths, direction, overlap, faults in the middle, repetition
 * counts, port strings.
 */
#include "tests/fake/x86_box.h"
#include "tests/fake/unit.h"

#define D X86_BOX_DATA

static uint64_t *gpr(struct x86_box *b)
{
    return b->cpu->st.gpr;
}

/* Runs to the HLT that follows the code; false if an exception came first. */
static bool run(struct x86_box *b, const char *code, size_t len)
{
    x86_box_code(b, code, len);
    x86_box_run(b, 100000);
    return x86_box_vector(b) < 0;
}

static void regs(struct x86_box *b, uint64_t rax, uint64_t rcx, uint64_t rsi, uint64_t rdi)
{
    gpr(b)[X86_RAX] = rax;
    gpr(b)[X86_RCX] = rcx;
    gpr(b)[X86_RSI] = rsi;
    gpr(b)[X86_RDI] = rdi;
}

static void fill(struct x86_box *b)
{
    for (unsigned k = 0; k < 0x20000; k++) {
        b->ram[D + k] = (uint8_t)(k * 7 + (k >> 8));
    }
}

/* rep movsX of n elements from src to dst against a plain loop, in every size and mode. */
static void check_movs(struct x86_box *b, unsigned size, uint64_t src, uint64_t dst, uint64_t n,
                       bool down)
{
    static const char *const code[9] = { [1] = "\xf3\xa4\xf4",
                                         [2] = "\x66\xf3\xa5\xf4",
                                         [4] = "\xf3\xa5\xf4",
                                         [8] = "\xf3\x48\xa5\xf4" };
    static uint8_t want[0x20000];
    fill(b);
    memcpy(want, b->ram + D, sizeof want);
    int64_t step = down ? -(int64_t)size : (int64_t)size;
    for (uint64_t k = 0; k < n; k++) {
        uint64_t at = (uint64_t)step * k;
        memmove(want + (dst - D + at), want + (src - D + at), size);
    }
    regs(b, 0, n, src, dst);
    x86_set_rflags(b->cpu, down ? X86_FL_DF : 0, X86_FL_DF);
    bool ok = run(b, code[size], size == 1 || size == 4 ? 3 : 4);
    x86_set_rflags(b->cpu, 0, X86_FL_DF);
    if (!ok || memcmp(want, b->ram + D, sizeof want) != 0 || gpr(b)[X86_RCX] != 0 ||
        gpr(b)[X86_RSI] != src + (uint64_t)step * n ||
        gpr(b)[X86_RDI] != dst + (uint64_t)step * n) {
        fail_msg("movs size %u, %llu from +0x%llx to +0x%llx%s", size, (unsigned long long)n,
                 (unsigned long long)(src - D), (unsigned long long)(dst - D), down ? " down" : "");
    }
}

static void test_movs(void **state)
{
    (void)state;
    for (unsigned mode = 4; mode <= 8; mode += 4) {
        struct x86_box *b = x86_box_new(mode, NULL);
        for (unsigned size = 1; size <= mode; size *= 2) {
            check_movs(b, size, D + 0x100, D + 0x4000, 0x1800 / size, false);
            check_movs(b, size, D + 0x103, D + 0x4005, 0x1800 / size,
                       false); /* crosses pages unaligned */
            check_movs(b, size, D + 0x100, D + 0x100 + size, 0x1800 / size,
                       false); /* feeds itself */
            check_movs(b, size, D + 0x100, D + 0x103, 0x1000 / size, false);
            check_movs(b, size, D + 0x103, D + 0x100, 0x1800 / size, false);
            check_movs(b, size, D + 0x4000, D + 0x8000, 0x1800 / size, true);
            check_movs(b, size, D + 0x100, D + 0x101, 3, false);
            check_movs(b, size, D + 0x100, D + 0x200, 0, false);
            check_movs(b, size, D + 0x10, D + 0x10010, 0xff00 / size,
                       false); /* more than one part */
        }
        x86_box_free(b);
    }
}

static void test_stos(void **state)
{
    (void)state;
    struct x86_box *b = x86_box_new(8, NULL);
    fill(b);
    regs(b, 0x1122334455667788, 0x300, 0, D + 0xffd);
    assert_true(run(b, "\xf3\x48\xab\xf4", 4));
    for (unsigned k = 0; k < 0x300 * 8; k++) {
        assert_int_equal(b->ram[D + 0xffd + k], (uint8_t)(0x1122334455667788 >> (k % 8 * 8)));
    }
    assert_int_equal(b->ram[D + 0xffc], (uint8_t)(0xffc * 7 + 0xf));
    assert_int_equal(b->ram[D + 0xffd + 0x1800], (uint8_t)(0x27fd * 7 + 0x27));
    assert_int_equal(gpr(b)[X86_RDI], D + 0xffd + 0x1800);
    x86_box_free(b);
}

/* The page at D + 0x100000 is missing: registers stand at the element that faults. */
static void test_fault_inside(void **state)
{
    (void)state;
    struct x86_box *b = x86_box_new(8, NULL);
    uint64_t end = D + 0x100000;
    regs(b, 0xaa, 0x3000, D, end - 0x1804);
    assert_false(run(b, "\xf3\xaa\xf4", 3));
    assert_int_equal(x86_box_vector(b), 14);
    assert_int_equal(b->cpu->st.cr2, end);
    assert_int_equal(gpr(b)[X86_RDI], end);
    assert_int_equal(gpr(b)[X86_RCX], 0x3000 - 0x1804);
    assert_int_equal(x86_box_fault_rip(b), X86_BOX_CODE);
    assert_int_equal(b->ram[end - 1], 0xaa);
    /* an element that crosses into the missing page writes nothing */
    regs(b, ~0ull, 10, 0, end - 0x14);
    memset(b->ram + end - 0x14, 0, 0x14);
    assert_false(run(b, "\xf3\x48\xab\xf4", 4));
    assert_int_equal(gpr(b)[X86_RDI], end - 4);
    assert_int_equal(gpr(b)[X86_RCX], 8);
    assert_int_equal(b->ram[end - 4], 0);
    assert_int_equal(b->ram[end - 5], 0xff);
    x86_box_free(b);
}

static void test_compare_scan(void **state)
{
    (void)state;
    struct x86_box *b = x86_box_new(8, NULL);
    memset(b->ram + D, 'a', 0x4000);
    memset(b->ram + D + 0x8000, 'a', 0x4000);
    b->ram[D + 0x2345] = 'b';
    regs(b, 0, 0x4000, D, D + 0x8000);
    assert_true(run(b, "\xf3\xa6\xf4", 3)); /* repe cmpsb */
    assert_int_equal(gpr(b)[X86_RCX], 0x4000 - 0x2346);
    assert_int_equal(gpr(b)[X86_RSI], D + 0x2346);
    assert_false(x86_zf(b->cpu));
    assert_false(x86_cf(b->cpu)); /* 'b' - 'a' */
    regs(b, 'b', ~0ull, 0, D);
    assert_true(run(b, "\xf2\xae\xf4", 3)); /* repne scasb */
    assert_int_equal(gpr(b)[X86_RDI], D + 0x2346);
    assert_true(x86_zf(b->cpu));
    regs(b, 0, 0, D, D);
    x86_set_arith_flags(b->cpu, X86_FL_CF | X86_FL_SF);
    assert_true(run(b, "\xf3\xa6\xf4", 3)); /* count 0: flags stay */
    assert_int_equal(x86_arith_flags(b->cpu), X86_FL_CF | X86_FL_SF);
    assert_int_equal(gpr(b)[X86_RSI], D);
    x86_box_free(b);
}

/* 16-bit addresses: only SI, DI, CX count and they wrap; the upper halves stay. */
static void test_16bit_wrap(void **state)
{
    (void)state;
    struct x86_box *b = x86_box_new(2, NULL);
    regs(b, 0x5a, 0xabcd0008, 0x12340000, 0x5678fffc);
    memset(b->ram + 0xfffc, 0, 4);
    b->cpu->st.seg[X86_ES].base = 0x20000;
    x86_mode_changed(b->cpu);
    assert_true(run(b, "\xf3\xaa\xf4", 3));
    assert_int_equal(gpr(b)[X86_RDI], 0x56780004);
    assert_int_equal(gpr(b)[X86_RCX], 0xabcd0000);
    assert_int_equal(b->ram[0x2fffc], 0x5a);
    assert_int_equal(b->ram[0x20003], 0x5a);
    assert_int_equal(b->ram[0x30000], 0);
    x86_box_free(b);
}

/* An element beyond the segment's limit: #GP, with what was before it done. */
static void test_limit(void **state)
{
    (void)state;
    struct x86_box *b = x86_box_new(4, NULL);
    b->cpu->st.seg[X86_ES].limit = D + 0x101;
    x86_mode_changed(b->cpu);
    regs(b, 0x11111111, 0x100, 0, D);
    memset(b->ram + D + 0x100, 0, 8);
    assert_false(run(b, "\xf3\xab\xf4", 3));
    assert_int_equal(x86_box_vector(b), 13);
    assert_int_equal(gpr(b)[X86_RDI], D + 0x100);
    assert_int_equal(gpr(b)[X86_RCX], 0x100 - 0x40);
    assert_int_equal(b->ram[D + 0x100], 0);
    x86_box_free(b);
}

static void test_ports(void **state)
{
    (void)state;
    struct x86_box *b = x86_box_new(8, NULL);
    b->port_value = 0x44332211;
    gpr(b)[X86_RDX] = 0x1f0;
    regs(b, 0, 200, 0, D);
    assert_true(run(b, "\x66\xf3\x6d\xf4", 4)); /* rep insw */
    assert_int_equal(b->port_accesses, 200);
    assert_int_equal(b->ram[D + 399], 0x22);
    assert_int_equal(gpr(b)[X86_RDI], D + 400);
    b->ram[D + 7] = 0x77;
    regs(b, 0, 8, D, 0);
    assert_true(run(b, "\xf3\x6e\xf4", 3)); /* rep outsb */
    assert_int_equal(b->port_value, 0x77);
    /* a missing page: the port is not read */
    b->port_accesses = 0;
    regs(b, 0, 1, 0, D + 0x100000);
    assert_false(run(b, "\x6c\xf4", 2));
    assert_int_equal(b->port_accesses, 0);
    x86_box_free(b);
}

/* Interrupts get in between parts: with TF set each repetition traps. */
static void test_single_step(void **state)
{
    (void)state;
    struct x86_box *b = x86_box_new(8, NULL);
    regs(b, 0, 5, D, D + 0x100);
    x86_box_code(b, "\xf3\xa4\xf4", 3);
    x86_set_rflags(b->cpu, X86_FL_TF, X86_FL_TF);
    x86_box_run(b, 2);
    assert_int_equal(x86_box_vector(b), 1);
    assert_int_equal(x86_box_fault_rip(b), X86_BOX_CODE);
    assert_int_equal(gpr(b)[X86_RCX], 4);
    x86_box_free(b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_movs),         cmocka_unit_test(test_stos),
        cmocka_unit_test(test_fault_inside), cmocka_unit_test(test_compare_scan),
        cmocka_unit_test(test_16bit_wrap),   cmocka_unit_test(test_limit),
        cmocka_unit_test(test_ports),        cmocka_unit_test(test_single_step),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
