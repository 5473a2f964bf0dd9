/* SPDX-License-Identifier: MIT */
/* link: accel/x86/[a-z]*.c accel/x86/x86_64/[a-z]*.c core/physmem.c core/physmem_access.c */
/* link: core/types.c core/log.c core/error.c core/opts.c os/posix/[a-z]*.c os/linux/[a-z]*.c */
/* link: tests/fake/x86_box.c */
/* libs: zydis */
/*
 * Branches, and the machinery under them: blocks, instruction counts, page crossings, code that is
 * written (by itself, by another processor, by devices), interrupts and their shadows.
 */
#include "tests/fake/x86_box.h"
#include "tests/fake/unit.h"

#define D X86_BOX_DATA

static uint64_t *gpr(struct x86_box *b)
{
    return b->cpu->st.gpr;
}

static void put(struct x86_box *b, uint32_t at, const char *code, size_t len)
{
    memcpy(b->ram + at, code, len);
    x86_code_map_written(b->cpu->code_map, at, len);
}

/* Each condition, taken or not, in 64- and 16-bit code. */
static void test_jcc(void **state)
{
    (void)state;
    for (unsigned mode = 2; mode <= 8; mode *= 2) {
        struct x86_box *b = x86_box_new(mode, NULL);
        for (unsigned cc = 0; cc < 16; cc++) {
            for (uint32_t f = 0; f < 0x1000; f += 0x41) {
                const uint8_t code[] = { (uint8_t)(0x70 + cc), 0x10 };
                x86_box_code(b, code, 2);
                x86_set_arith_flags(b->cpu, f & X86_FL_ARITH);
                uint64_t from = b->cpu->st.rip;
                bool taken = x86_cond(b->cpu, cc);
                assert_int_equal(x86_box_run(b, 1), X86_STOP_LIMIT);
                assert_int_equal(b->cpu->st.rip, from + 2 + (taken ? 0x10 : 0));
            }
        }
        x86_box_free(b);
    }
}

static void test_loop_jcxz(void **state)
{
    (void)state;
    struct x86_box *b = x86_box_new(4, NULL);
    gpr(b)[X86_RCX] = 100;
    x86_box_code(b, "\x40\xe2\xfd\xf4", 4); /* inc eax; loop */
    x86_box_run(b, 1000);
    assert_int_equal(gpr(b)[X86_RAX], 100);
    assert_int_equal(b->cpu->insn_count, 201);
    x86_box_code(b, "\x67\xe3\x01\xf4\xf4", 5); /* jcxz by CX */
    gpr(b)[X86_RCX] = 0x10000;
    x86_box_run(b, 1);
    assert_int_equal(b->cpu->st.rip, X86_BOX_CODE + 4);
    x86_box_free(b);
}

static void test_call_ret(void **state)
{
    (void)state;
    struct x86_box *b = x86_box_new(8, NULL);
    uint64_t rsp = gpr(b)[X86_RSP], bad = 0x8000000000000000ull;
    x86_box_code(b, "\xe8\x03\x00\x00\x00\xff\xd0\xf4\xc2\x08\x00", 11); /* call; call rax; ret 8 */
    gpr(b)[X86_RAX] = bad;
    x86_box_run(b, 2);
    assert_int_equal(gpr(b)[X86_RSP], rsp + 8);
    assert_int_equal(b->cpu->st.rip, X86_BOX_CODE + 5);
    x86_box_run(b, 1); /* a target that is not canonical: #GP at the call, nothing pushed */
    assert_int_equal(x86_box_vector(b), 13);
    assert_int_equal(x86_box_fault_rip(b), X86_BOX_CODE + 5);
    x86_box_free(b);
}

/* 32-bit code: a target past the limit faults at the jump. */
static void test_limit(void **state)
{
    (void)state;
    struct x86_box *b = x86_box_new(4, NULL);
    b->cpu->st.seg[X86_CS].limit = 0x1ffff;
    x86_mode_changed(b->cpu);
    x86_box_code(b, "\xe9\x00\x00\x02\x00", 5);
    x86_box_run(b, 1);
    assert_int_equal(x86_box_vector(b), 13);
    assert_int_equal(x86_box_fault_rip(b), X86_BOX_CODE);
    /* the last byte of the segment executes, the next one does not (the handler loaded CS) */
    b->cpu->st.seg[X86_CS].limit = 0x1ffff;
    x86_mode_changed(b->cpu);
    put(b, 0x1ffff, "\x90", 1);
    b->cpu->st.rip = 0x1ffff;
    b->cpu->st.mp = X86_MP_RUNNABLE;
    x86_box_run(b, 2);
    assert_int_equal(x86_box_vector(b), 13);
    assert_int_equal(x86_box_fault_rip(b), 0x20000);
    x86_box_free(b);
}

/* An instruction over two pages, with the second missing and present. */
static void test_page_crossing(void **state)
{
    (void)state;
    struct x86_box *b = x86_box_new(8, NULL);
    uint32_t end = D + 0x100000;
    put(b, end - 2, "\xb8\x01", 2);
    b->cpu->st.rip = end - 2;
    x86_box_run(b, 1);
    assert_int_equal(x86_box_vector(b), 14);
    assert_int_equal(b->cpu->st.cr2, end);
    assert_int_equal(x86_box_fault_rip(b), end - 2);
    put(b, D + 0xffe, "\xb8\x01\x02\x03\x04\xf4", 6);
    b->cpu->st.rip = D + 0xffe;
    b->cpu->st.mp = X86_MP_RUNNABLE;
    x86_box_run(b, 2);
    assert_int_equal(gpr(b)[X86_RAX], 0x04030201);
    put(b, D + 0x1000, "\x09", 1); /* its tail changes */
    b->cpu->st.rip = D + 0xffe;
    b->cpu->st.mp = X86_MP_RUNNABLE;
    x86_box_run(b, 2);
    assert_int_equal(gpr(b)[X86_RAX], 0x04030901);
    x86_box_free(b);
}

/* mov byte [next], x: the instruction right behind is the new one. */
static void test_self_modifying(void **state)
{
    (void)state;
    struct x86_box *b = x86_box_new(4, NULL);
    /* mov byte [code + 8], 0x42 (inc edx); nop; inc ecx -> inc edx; hlt */
    for (unsigned round = 0; round < 3; round++) {
        gpr(b)[X86_RCX] = gpr(b)[X86_RDX] = 0;
        x86_box_code(b, "\xc6\x05\x08\x00\x01\x00\x42\x90\x41\xf4", 10);
        x86_box_run(b, 100);
        assert_int_equal(gpr(b)[X86_RCX], 0);
        assert_int_equal(gpr(b)[X86_RDX], 1);
    }
    uint64_t before = b->cpu->insn_count;
    x86_box_code(b, "\xc6\x05\x08\x00\x01\x00\x42\x90\x41\xf4", 10);
    x86_box_run(b, 100);
    assert_int_equal(b->cpu->insn_count, before + 4);
    x86_box_free(b);
}

/* A loop that patches the immediate of an instruction further on in its own page, and data beside
 * code that must not flush it. */
static void test_patched_loop(void **state)
{
    (void)state;
    struct x86_box *b = x86_box_new(4, NULL);
    /* again: mov [code+0x11], cl ; mov [code+0x40], ecx ; add eax, imm32 ; loop again ; hlt */
    static const char code[] = "\x88\x0d\x0d\x00\x01\x00"
                               "\x89\x0d\x40\x00\x01\x00"
                               "\x05\x00\x00\x00\x00"
                               "\xe2\xed\xf4";
    gpr(b)[X86_RCX] = 50;
    gpr(b)[X86_RAX] = 0;
    x86_box_code(b, code, sizeof code - 1);
    x86_box_run(b, 10000);
    assert_int_equal(gpr(b)[X86_RAX], 50 * 51 / 2);
    uint64_t built = b->cpu->blocks->stats.built;
    /* data only: no block is built again */
    x86_box_code(b, "\x89\x0d\x40\x00\x01\x00\xe2\xf8\xf4", 9);
    gpr(b)[X86_RCX] = 50;
    x86_box_run(b, 10000);
    assert_true(b->cpu->blocks->stats.built <= built + 4);
    x86_box_free(b);
}

/* A device (dma_write) and another processor write code that was decoded. */
static void test_written_by_others(void **state)
{
    (void)state;
    struct x86_code_map *map = x86_code_map_new(0);
    struct x86_box *a = x86_box_new(4, map), *b = x86_box_peer(a, 4, map);
    x86_box_code(a, "\x40\xf4", 2); /* inc eax */
    x86_box_run(a, 10);
    assert_int_equal(gpr(a)[X86_RAX], 1);
    /* the peer decodes and runs it too, then a stores a new instruction through a cached mapping */
    b->cpu->st.rip = X86_BOX_CODE;
    x86_box_run(b, 10);
    assert_int_equal(gpr(b)[X86_RAX], 1);
    put(a, D, "\xc6\x05\x00\x00\x01\x00\x48\xf4", 8); /* mov byte [code], 0x48 (dec eax) */
    a->cpu->st.rip = D;
    a->cpu->st.mp = X86_MP_RUNNABLE;
    x86_box_run(a, 10);
    b->cpu->st.rip = X86_BOX_CODE;
    b->cpu->st.mp = X86_MP_RUNNABLE;
    x86_box_run(b, 10);
    assert_int_equal(gpr(b)[X86_RAX], 0);
    x86_code_map_written(map, X86_BOX_CODE, 0);
    memcpy(a->ram + X86_BOX_CODE, "\x43", 1); /* inc ebx, by a device */
    x86_code_map_written(map, X86_BOX_CODE, 1);
    for (unsigned k = 0; k < 2; k++) {
        struct x86_box *x = k ? b : a;
        gpr(x)[X86_RBX] = 0;
        x->cpu->st.rip = X86_BOX_CODE;
        x->cpu->st.mp = X86_MP_RUNNABLE;
        x86_box_run(x, 10);
        assert_int_equal(gpr(x)[X86_RBX], 1);
    }
    x86_box_free(b);
    x86_box_free(a);
    x86_code_map_free(map);
}

/* A page gets its first code on one processor while the other holds a write mapping of it. */
static void test_page_becomes_code(void **state)
{
    (void)state;
    struct x86_code_map *map = x86_code_map_new(0);
    struct x86_box *a = x86_box_new(4, map), *b = x86_box_peer(a, 4, map);
    put(a, D, "\xa2\x00\x10\x20\x00\xf4", 6); /* mov [D + 0x1000], al */
    a->cpu->st.rip = D;
    gpr(a)[X86_RAX] = 0x40;
    x86_box_run(a, 10);
    a->ram[D + 0x1001] = 0xf4;
    b->cpu->st.rip = D + 0x1000; /* inc eax */
    x86_box_run(b, 10);
    assert_int_equal(gpr(b)[X86_RAX], 1);
    a->cpu->st.rip = D;
    a->cpu->st.mp = X86_MP_RUNNABLE;
    gpr(a)[X86_RAX] = 0x48;
    x86_box_run(a, 10);
    b->cpu->st.rip = D + 0x1000; /* dec eax */
    b->cpu->st.mp = X86_MP_RUNNABLE;
    x86_box_run(b, 10);
    assert_int_equal(gpr(b)[X86_RAX], 0);
    x86_box_free(b);
    x86_box_free(a);
    x86_code_map_free(map);
}

/* The count is exact at a fault in the middle of a block. */
static void test_count_at_fault(void **state)
{
    (void)state;
    struct x86_box *b = x86_box_new(8, NULL);
    gpr(b)[X86_RSI] = D + 0x100000;
    x86_box_code(b, "\x90\x90\x90\x8b\x06\x90\x90", 7);
    x86_box_run(b, 100);
    assert_int_equal(x86_box_vector(b), 14);
    assert_int_equal(b->cpu->insn_count, 3 + 2); /* the event, the handler's HLT */
    assert_int_equal(x86_box_fault_rip(b), X86_BOX_CODE + 3);
    /* and when the fetch of what follows a block faults: nop; jmp rsi */
    uint64_t before = b->cpu->insn_count;
    x86_box_code(b, "\x90\xff\xe6", 3);
    x86_box_run(b, 100);
    assert_int_equal(x86_box_vector(b), 14);
    assert_int_equal(b->cpu->insn_count, before + 2 + 2);
    assert_int_equal(x86_box_fault_rip(b), D + 0x100000);
    assert_int_equal(x86_box_fault_error(b), 0);
    x86_box_free(b);
}

static void raise_irq(struct x86_box *b, int vector)
{
    b->last_irq = vector;
    atomic_fetch_or(&b->cpu->requests, X86_REQ_IRQ);
}

static void test_interrupts(void **state)
{
    (void)state;
    struct x86_box *b = x86_box_new(8, NULL);
    raise_irq(b, 0x30);
    x86_box_code(b, "\x90\xfb\x40\xff\xc0\x90\xf4", 7); /* nop; sti; rex inc eax; nop; hlt */
    x86_box_run(b, 100);
    /* STI holds it back for one instruction */
    assert_int_equal(x86_box_vector(b), 0x30);
    assert_int_equal(gpr(b)[X86_RAX], 1);
    assert_int_equal(x86_box_fault_rip(b), X86_BOX_CODE + 5);
    /* HLT with IF = 1 wakes up, with IF = 0 it does not */
    x86_box_code(b, "\xf4\x90\xf4", 3);
    x86_set_rflags(b->cpu, 0, X86_FL_IF);
    assert_int_equal(x86_box_run(b, 100), X86_STOP_HLT);
    raise_irq(b, 0x31);
    assert_int_equal(x86_box_run(b, 100), X86_STOP_HLT);
    assert_int_equal(x86_box_vector(b), -1);
    x86_set_rflags(b->cpu, X86_FL_IF, X86_FL_IF);
    x86_box_run(b, 100);
    assert_int_equal(x86_box_vector(b), 0x31);
    x86_box_free(b);
}

static void test_mov_ss_shadow(void **state)
{
    (void)state;
    struct x86_box *b = x86_box_new(4, NULL);
    gpr(b)[X86_RAX] = 16;
    x86_set_rflags(b->cpu, X86_FL_TF, X86_FL_TF);
    x86_box_code(b, "\x8e\xd0\x43\x43\xf4", 5); /* mov ss, ax; inc ebx; inc ebx */
    x86_box_run(b, 10);
    assert_int_equal(x86_box_vector(b), 1);
    assert_int_equal(gpr(b)[X86_RBX], 1);
    assert_int_equal(x86_box_fault_rip(b), X86_BOX_CODE + 3);
    assert_int_equal(b->cpu->st.dr[6] & 0x4000, 0x4000);
    x86_box_free(b);
}

static void test_kick_limit_debug(void **state)
{
    (void)state;
    struct x86_box *b = x86_box_new(8, NULL);
    x86_box_code(b, "\x90\x90\xeb\xfc", 4);
    atomic_fetch_or(&b->cpu->requests, X86_REQ_KICK);
    assert_int_equal(x86_box_run(b, 100), X86_STOP_KICK);
    assert_int_equal(b->cpu->insn_count, 0);
    assert_int_equal(x86_box_run(b, 100), X86_STOP_LIMIT);
    assert_int_equal(b->cpu->insn_count, 100);
    assert_int_equal(b->cpu->st.rip, X86_BOX_CODE + 1);
    gva_t at = X86_BOX_CODE + 2;
    x86_interp_debug(b->cpu, false, &at, 1);
    assert_int_equal(x86_box_run(b, 100), X86_STOP_DEBUG);
    assert_int_equal(b->cpu->st.rip, at);
    x86_interp_debug(b->cpu, true, NULL, 0);
    assert_int_equal(x86_box_run(b, 100), X86_STOP_DEBUG);
    assert_int_equal(b->cpu->st.rip, X86_BOX_CODE);
    x86_interp_debug(b->cpu, false, NULL, 0);
    x86_box_free(b);
}

/* The cache is bounded: more code than fits is built over and over, and stays right. */
static void test_cache_full(void **state)
{
    (void)state;
    struct x86_code_map *map = x86_code_map_new(1);
    struct x86_box *b = x86_box_new(4, map);
    uint32_t at = 0x100000;
    for (unsigned k = 0; k < 20000; k++, at += 10) { /* inc eax x 8; jmp +0 */
        memcpy(b->ram + at, "\x40\x40\x40\x40\x40\x40\x40\x40\xeb\x00", 10);
    }
    b->ram[at] = 0xf4;
    b->cpu->st.rip = 0x100000;
    assert_int_equal(x86_box_run(b, 1000000), X86_STOP_HLT);
    assert_int_equal(gpr(b)[X86_RAX], 160000);
    assert_true(b->cpu->blocks->stats.flushes > 3);
    assert_true(b->cpu->blocks->arena_used <= b->cpu->blocks->arena_size);
    x86_box_free(b);
    x86_code_map_free(map);
}

static void test_emulate_one(void **state)
{
    (void)state;
    struct x86_box *b = x86_box_new(8, NULL);
    x86_box_code(b, "\x48\xff\xc0\x0f\x0b", 5);
    assert_int_equal(x86_emulate_one(b->cpu), X86_STOP_NONE);
    assert_int_equal(gpr(b)[X86_RAX], 1);
    assert_int_equal(b->cpu->st.rip, X86_BOX_CODE + 3);
    assert_int_equal(x86_emulate_one(b->cpu), X86_STOP_NONE);
    assert_int_equal(x86_box_vector(b), 6);
    /* single-step traps behind the instruction */
    x86_box_code(b, "\x48\xff\xc0", 3);
    x86_set_rflags(b->cpu, X86_FL_TF, X86_FL_TF);
    assert_int_equal(x86_emulate_one(b->cpu), X86_STOP_NONE);
    assert_int_equal(gpr(b)[X86_RAX], 2);
    assert_int_equal(x86_box_vector(b), 1);
    assert_int_equal(x86_box_fault_rip(b), X86_BOX_CODE + 3);
    x86_box_free(b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_jcc),
        cmocka_unit_test(test_loop_jcxz),
        cmocka_unit_test(test_call_ret),
        cmocka_unit_test(test_limit),
        cmocka_unit_test(test_page_crossing),
        cmocka_unit_test(test_self_modifying),
        cmocka_unit_test(test_patched_loop),
        cmocka_unit_test(test_written_by_others),
        cmocka_unit_test(test_page_becomes_code),
        cmocka_unit_test(test_count_at_fault),
        cmocka_unit_test(test_interrupts),
        cmocka_unit_test(test_mov_ss_shadow),
        cmocka_unit_test(test_kick_limit_debug),
        cmocka_unit_test(test_cache_full),
        cmocka_unit_test(test_emulate_one),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
