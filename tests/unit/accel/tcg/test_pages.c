/* SPDX-License-Identifier: MIT */
/* link: accel/x86/[a-z]*.c accel/x86/x86_64/[a-z]*.c core/physmem.c core/physmem_access.c */
/* link: accel/tcg/x86_64/[a-z]*.c accel/tcg/perfmap.c tests/fake/x86_box.c */
/* link: core/types.c core/log.c core/error.c core/opts.c os/posix/[a-z]*.c os/linux/[a-z]*.c */
/* libs: zydis */
/*
 * Translated code that goes from page to page, while the pages under it change: by writes, by
 * INVLPG, by a CR3 write, to not present.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "accel/tcg/jit.h"
#include "tests/fake/x86_box.h"

#define SECOND (X86_BOX_CODE + 0x1000u)
#define OTHER  0x21000u   /* takes its place */
#define PTES   0x300000u  /* of the first 2 MiB (x86_box.c) */
#define ROUNDS 100u

static struct x86_box *box;

static int setup(void **state)
{
    (void)state;
    box = x86_box_new(8, NULL);
    assert_int_equal(tcg_jit_attach(box->cpu, 0x100000), 0);
    tcg_jit_set_threshold(box->cpu, 2);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    tcg_jit_detach(box->cpu);
    x86_box_free(box);
    return 0;
}

static void put(gpa_t at, const void *bytes, size_t len)
{
    memcpy(box->ram + at, bytes, len);
    x86_code_map_written(box->cpu->code_map, at, len);
}

static void map_second(uint64_t pte)
{
    memcpy(box->ram + PTES + (SECOND >> 12) * 8, &pte, 8);
}

/* ROUNDS times through the code at rip, in two pieces; EAX. */
static uint32_t run(uint64_t rip)
{
    struct x86_state *s = &box->cpu->st;
    s->rip = rip;
    s->gpr[X86_RAX] = 0;
    s->gpr[X86_RBX] = SECOND;
    s->gpr[X86_RCX] = ROUNDS;
    s->mp = X86_MP_RUNNABLE;
    enum x86_stop stop = x86_box_run(box, ROUNDS + 1);
    assert_int_equal(stop == X86_STOP_LIMIT ? x86_box_run(box, 100000) : stop, X86_STOP_HLT);
    return (uint32_t)s->gpr[X86_RAX];
}

/* MOV EAX, imm32 of which three bytes are on the second page; DEC ECX; JNZ; HLT */
static void an_instruction_on_two_pages(void **state)
{
    static const uint8_t code[] = { 0xb8, 1, 2, 3, 4, 0xff, 0xc9, 0x75, 0xf7, 0xf4 };
    (void)state;
    put(SECOND - 2, code, sizeof code);
    assert_int_equal(run(SECOND - 2), 0x04030201);
    put(SECOND, &(uint8_t){ 0x55 }, 1);
    assert_int_equal(run(SECOND - 2), 0x04035501);
    put(OTHER, code + 2, sizeof code - 2);
    map_second(OTHER | 7);
    x86_tlb_flush_page(box->cpu, SECOND);
    assert_int_equal(run(SECOND - 2), 0x04030201);
    map_second(SECOND | 7);
    x86_tlb_flush(box->cpu, false);
    assert_int_equal(run(SECOND - 2), 0x04035501);
    map_second(0);
    x86_tlb_flush_page(box->cpu, SECOND);
    run(SECOND - 2);
    assert_int_equal(x86_box_vector(box), X86_EXC_PF);
    assert_int_equal(x86_box_fault_rip(box), SECOND - 2);
    assert_int_equal(box->cpu->st.cr2, SECOND);
}

/* The first page jumps to the second, which adds to EAX, counts and jumps back. */
static void jump_between_pages(const uint8_t *jump, size_t len)
{
    static const uint8_t one[] = { 0x83, 0xc0, 1, 0xff, 0xc9, 0x0f, 0x85, 0xf5, 0xef,
                                   0xff, 0xff, 0xf4 };
    uint8_t two[sizeof one];
    memcpy(two, one, sizeof one);
    two[2] = 2;
    put(X86_BOX_CODE, jump, len);
    put(SECOND, one, sizeof one);
    put(OTHER, two, sizeof two);
    assert_int_equal(run(X86_BOX_CODE), ROUNDS);
    map_second(OTHER | 7);
    x86_tlb_flush_page(box->cpu, SECOND);
    assert_int_equal(run(X86_BOX_CODE), 2 * ROUNDS);
    map_second(SECOND | 7);
    x86_tlb_flush(box->cpu, false);
    assert_int_equal(run(X86_BOX_CODE), ROUNDS);
    put(SECOND + 2, &(uint8_t){ 3 }, 1);
    assert_int_equal(run(X86_BOX_CODE), 3 * ROUNDS);
    map_second(0);
    x86_tlb_flush(box->cpu, false);
    run(X86_BOX_CODE);
    assert_int_equal(x86_box_vector(box), X86_EXC_PF);
    assert_int_equal(x86_box_fault_rip(box), SECOND);
}

static void direct_jumps(void **state)
{
    static const uint8_t jump[] = { 0xe9, 0xfb, 0x0f, 0, 0 };
    (void)state;
    jump_between_pages(jump, sizeof jump);
}

static void indirect_jumps(void **state)
{
    static const uint8_t jump[] = { 0xff, 0xe3 }; /* JMP RBX */
    (void)state;
    jump_between_pages(jump, sizeof jump);
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
    static const struct CMUnitTest tests[] = {
        T(an_instruction_on_two_pages),
        T(direct_jumps),
        T(indirect_jumps),
    };
    if (!tcg_jit_supported(NULL)) {
        return 77;
    }
    return cmocka_run_group_tests_name("pages", tests, NULL, NULL);
}
