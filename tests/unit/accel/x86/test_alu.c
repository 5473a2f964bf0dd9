/* SPDX-License-Identifier: MIT */
/* link: accel/x86/[a-z]*.c accel/x86/x86_64/[a-z]*.c core/physmem.c core/physmem_access.c */
/* link: core/types.c core/log.c core/error.c core/opts.c os/posix/[a-z]*.c os/linux/[a-z]*.c */
/* link: tests/fake/x86_box.c */
/* libs: zydis */
/*
 * General-purpose instructions by table: what tests/cpu/test_host_diff cannot run on the host (16-
 * and 32-bit code, BCD, stack frames, faults) and the corners that have bitten others.
 */
#include "tests/fake/x86_box.h"
#include "tests/fake/unit.h"

#define D X86_BOX_DATA

struct row {
    const char *name;
    unsigned mode;
    uint8_t code[16];
    uint8_t len;
    uint64_t rax, rcx, rdx, mem; /* before; mem: 8 bytes at D, rsi = D (0x2000 in real mode) */
    uint32_t flags;
    int vector;                /* -1: none */
    uint64_t rax2, rdx2, mem2; /* after */
    uint32_t flags2, mask;     /* arithmetic flags looked at */
};

#define CODE(...) { __VA_ARGS__ }, sizeof((uint8_t[]){ __VA_ARGS__ })
#define CF        X86_FL_CF
#define PF        X86_FL_PF
#define AF        X86_FL_AF
#define ZF        X86_FL_ZF
#define SF        X86_FL_SF
#define OF        X86_FL_OF
#define ALL       X86_FL_ARITH

static const struct row rows[] = {
    { "daa 9a", 4, CODE(0x27), 0x9a, 0, 0, 0, 0, -1, 0x00, 0, 0, CF | AF | ZF | PF, ALL & ~OF },
    { "daa 79 with af", 4, CODE(0x27), 0x79, 0, 0, 0, AF, -1, 0x7f, 0, 0, AF, ALL & ~OF },
    { "daa 3c", 4, CODE(0x27), 0x3c, 0, 0, 0, 0, -1, 0x42, 0, 0, AF | PF, ALL & ~OF },
    { "das ee with cf af", 4, CODE(0x2f), 0xee, 0, 0, 0, CF | AF, -1, 0x88, 0, 0, CF | AF | SF | PF,
      ALL & ~OF },
    { "das 05 with af borrows", 4, CODE(0x2f), 0x05, 0, 0, 0, AF, -1, 0xff, 0, 0, CF | AF | SF | PF,
      ALL & ~OF },
    { "aaa 0f", 4, CODE(0x37), 0x0f, 0, 0, 0, 0, -1, 0x105, 0, 0, CF | AF, CF | AF },
    { "aaa ff carries into ah", 4, CODE(0x37), 0x1ff, 0, 0, 0, 0, -1, 0x305, 0, 0, CF | AF,
      CF | AF },
    { "aas 00 with af", 4, CODE(0x3f), 0x200, 0, 0, 0, AF, -1, 0x0a, 0, 0, CF | AF, CF | AF },
    { "aam 10", 4, CODE(0xd4, 0x0a), 0x3f, 0, 0, 0, 0, -1, 0x603, 0, 0, PF, SF | ZF | PF },
    { "aam 0 divides", 4, CODE(0xd4, 0x00), 0x3f, 0, 0, 0, 0, 0, 0x3f, 0, 0, 0, 0 },
    { "aad 10", 4, CODE(0xd5, 0x0a), 0x603, 0, 0, 0, 0, -1, 0x3f, 0, 0, PF, SF | ZF | PF },
    { "salc", 4, CODE(0xd6), 0x1200, 0, 0, 0, CF, -1, 0x12ff, 0, 0, CF, CF },
    { "div by zero", 8, CODE(0x48, 0xf7, 0xf1), 1, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0 },
    { "div quotient too big", 8, CODE(0x48, 0xf7, 0xf1), 0, 5, 5, 0, 0, 0, 0, 5, 0, 0, 0 },
    { "div 128 bits", 8, CODE(0x48, 0xf7, 0xf1), 7, 1ull << 63, 3, 0, 0, -1, 6, 7, 0, 0, 0 },
    { "idiv min by -1", 8, CODE(0x48, 0xf7, 0xf9), 1ull << 63, ~0ull, ~0ull, 0, 0, 0, 1ull << 63,
      ~0ull, 0, 0, 0 },
    { "idiv -7 by 2", 8, CODE(0x48, 0xf7, 0xf9), (uint64_t)-7, 2, ~0ull, 0, 0, -1, (uint64_t)-3,
      (uint64_t)-1, 0, 0, 0 },
    { "idiv8 -128 by -1", 8, CODE(0xf6, 0xf9), 0xff80, 0xff, 0, 0, 0, 0, 0xff80, 0, 0, 0, 0 },
    { "mov eax clears the upper half", 8, CODE(0x89, 0xc8), ~0ull, ~0ull, 0, 0, 0, -1, 0xffffffff,
      0, 0, 0, 0 },
    { "mov ax keeps it", 8, CODE(0x66, 0x89, 0xc8), ~0ull, 0x1234, 0, 0, 0, -1,
      0xffffffffffff1234ull, 0, 0, 0, 0 },
    { "mov ah, cl", 8, CODE(0x88, 0xcc), 0, 0x7f, 0, 0, 0, -1, 0x7f00, 0, 0, 0, 0 },
    { "cmove eax not taken clears the upper half", 8, CODE(0x0f, 0x44, 0xc1), ~0ull, 1, 0, 0, 0, -1,
      0xffffffff, 0, 0, 0, ALL },
    { "shl eax, 0 clears the upper half", 8, CODE(0xc1, 0xe0, 0x20), ~0ull, 0, 0, 0, CF, -1,
      0xffffffff, 0, 0, CF, ALL },
    { "bsf of zero keeps all", 8, CODE(0x0f, 0xbc, 0xc1), ~0ull, 0, 0, 0, 0, -1, ~0ull, 0, 0, ZF,
      ZF },
    { "bswap", 8, CODE(0x48, 0x0f, 0xc8), 0x0102030405060708, 0, 0, 0, 0, -1, 0x0807060504030201, 0,
      0, 0, 0 },
    { "cbw", 2, CODE(0x98), 0x80, 0, 0, 0, 0, -1, 0xff80, 0, 0, 0, 0 },
    { "cwd", 2, CODE(0x99), 0x8000, 0, 0, 0, 0, -1, 0x8000, 0xffff, 0, 0, 0 },
    { "cmpxchg fails: memory written back, eax loaded", 8, CODE(0x0f, 0xb1, 0x0e), 1, 2, 0, 5, 0,
      -1, 5, 0, 5, CF | AF | SF, CF | ZF | SF },
    { "lock cmpxchg works", 8, CODE(0xf0, 0x0f, 0xb1, 0x0e), 5, 2, 0, 5, 0, -1, 5, 0, 2, ZF,
      CF | ZF | SF },
    { "cmpxchg8b equal", 4, CODE(0x0f, 0xc7, 0x0e), 5, 9, 1, 1ull << 32 | 5, 0, -1, 5, 1,
      9ull << 32, ZF, ZF },
    { "cmpxchg8b different", 4, CODE(0x0f, 0xc7, 0x0e), 6, 9, 1, 1ull << 32 | 5, 0, -1, 5, 1,
      1ull << 32 | 5, 0, ZF },
    { "cmpxchg16b unaligned", 8, CODE(0x48, 0x0f, 0xc7, 0x4e, 0x08), 0, 0, 0, 0, 0, 13, 0, 0, 0, 0,
      0 },
    { "xadd", 8, CODE(0x0f, 0xc1, 0x06), 3, 0, 0, 4, 0, -1, 4, 0, 7, 0, CF },
    { "lock xadd 8 bits", 8, CODE(0xf0, 0x0f, 0xc0, 0x06), 0xff, 0, 0, 0x101, 0, -1, 1, 0, 0x100,
      CF | ZF, CF | ZF },
    { "xchg mem", 8, CODE(0x87, 0x06), 3, 0, 0, 0xffffffff00000004ull, 0, -1, 4, 0,
      0xffffffff00000003ull, 0, 0 },
    { "lock adc uses the old carry once", 8, CODE(0xf0, 0x11, 0x06), 1, 0, 0, 1, CF, -1, 1, 0, 3, 0,
      CF },
    { "bts mem with a negative index", 8, CODE(0x48, 0x0f, 0xab, 0x56, 0x08), 0, 0, (uint64_t)-1, 0,
      0, -1, 0, (uint64_t)-1, 1ull << 63, 0, CF },
    { "lock btr", 8, CODE(0xf0, 0x0f, 0xb3, 0x16), 0, 0, 3, 8, 0, -1, 0, 3, 0, CF, CF },
    { "movbe load", 8, CODE(0x0f, 0x38, 0xf0, 0x06), 0, 0, 0, 0x01020304, 0, -1, 0x04030201, 0,
      0x01020304, 0, 0 },
    { "rcl 33 of 32 is 1", 4, CODE(0xd3, 0xd0), 0x80000000, 1, 0, 0, CF, -1, 1, 0, 0, CF, CF },
    { "rcr 9 of 8", 4, CODE(0xd2, 0xd8), 0xa5, 9, 0, 0, CF, -1, 0xa5, 0, 0, CF, CF },
    { "shrd 64", 8, CODE(0x48, 0x0f, 0xac, 0xd0, 0x04), 0x10, 0, 0xf, 0, 0, -1,
      0xf000000000000001ull, 0xf, 0, SF, SF | CF },
    { "bound inside", 4, CODE(0x62, 0x06), 5, 0, 0, 6ull << 32 | 5, 0, -1, 5, 0, 6ull << 32 | 5, 0,
      0 },
    { "bound outside", 4, CODE(0x62, 0x06), 7, 0, 0, 6ull << 32 | 5, 0, 5, 7, 0, 6ull << 32 | 5, 0,
      0 },
    { "ud2", 8, CODE(0x0f, 0x0b), 0, 0, 0, 0, 0, 6, 0, 0, 0, 0, 0 },
    { "lahf", 8, CODE(0x9f), 0, 0, 0, 0, CF | ZF, -1, 0x4300, 0, 0, CF | ZF, ALL },
    { "sahf", 8, CODE(0x9e), 0xd500, 0, 0, 0, OF, -1, 0xd500, 0, 0, CF | PF | AF | ZF | SF | OF,
      ALL },
    { "imul three operands overflows", 8, CODE(0x6b, 0xc1, 0x02), 0, 0x7fffffff, 0, 0, 0, -1,
      0xfffffffe, 0, 0, CF | OF, CF | OF },
    { "mul 64", 8, CODE(0x48, 0xf7, 0xe1), ~0ull, ~0ull, 0, 0, 0, -1, 1, ~1ull, 0, CF | OF,
      CF | OF },
    { "crc32 byte", 8, CODE(0xf2, 0x0f, 0x38, 0xf0, 0xc1), 0, 0x01, 0, 0, 0, -1, 0xf26b8303, 0, 0,
      0, 0 },
};

static void run_row(const struct row *r)
{
    struct x86_box *b = x86_box_new(r->mode, NULL);
    struct x86_state *st = &b->cpu->st;
    uint32_t at = r->mode == 2 ? 0x2000 : D;
    x86_box_code(b, r->code, r->len);
    st->gpr[X86_RAX] = r->rax;
    st->gpr[X86_RCX] = r->rcx;
    st->gpr[X86_RDX] = r->rdx;
    st->gpr[X86_RSI] = at;
    memcpy(b->ram + at, &r->mem, 8);
    x86_set_arith_flags(b->cpu, r->flags);
    uint64_t start = st->rip;
    enum x86_stop stop = x86_box_run(b, r->vector < 0 ? 1 : 2); /* the event counts */
    uint64_t mem;
    memcpy(&mem, b->ram + at, 8);
    if (r->vector >= 0) {
        assert_case(r->name, st->mp == X86_MP_HALTED && x86_box_vector(b) == r->vector);
        assert_case(r->name, x86_box_fault_rip(b) == start);
    } else {
        assert_case(r->name, stop == X86_STOP_LIMIT);
        assert_case(r->name, st->rip == start + r->len);
        assert_case(r->name, ((x86_arith_flags(b->cpu) ^ r->flags2) & r->mask) == 0);
    }
    if (st->gpr[X86_RAX] != r->rax2 || st->gpr[X86_RDX] != r->rdx2 || mem != r->mem2) {
        fail_msg("case '%s': rax 0x%llx rdx 0x%llx mem 0x%llx", r->name,
                 (unsigned long long)st->gpr[X86_RAX], (unsigned long long)st->gpr[X86_RDX],
                 (unsigned long long)mem);
    }
    x86_box_free(b);
}

static void test_rows(void **state)
{
    (void)state;
    for (size_t k = 0; k < sizeof rows / sizeof rows[0]; k++) {
        run_row(&rows[k]);
    }
}

/* --- stack ------------------------------------------------------------------------------------ */

static uint64_t stack_at(struct x86_box *b, uint64_t off, unsigned size)
{
    uint64_t v = 0;
    memcpy(&v, b->ram + off, size);
    return v;
}

static void test_pusha_popa(void **state)
{
    static const uint8_t code[] = { 0x60, 0x31, 0xc0, 0x31, 0xdb, 0x61, 0xf4 };
    (void)state;
    struct x86_box *b = x86_box_new(4, NULL);
    x86_box_code(b, code, sizeof code);
    for (unsigned k = 0; k < 8; k++) {
        if (k != X86_RSP) {
            b->cpu->st.gpr[k] = 0x11111111u * (k + 1);
        }
    }
    uint64_t rsp = b->cpu->st.gpr[X86_RSP];
    x86_box_run(b, 1);
    assert_int_equal(b->cpu->st.gpr[X86_RSP], rsp - 32);
    assert_int_equal(stack_at(b, rsp - 4, 4), 0x11111111);
    assert_int_equal(stack_at(b, rsp - 20, 4), rsp);
    assert_int_equal(x86_box_run(b, 10), X86_STOP_HLT);
    assert_int_equal(b->cpu->st.gpr[X86_RAX], 0x11111111);
    assert_int_equal(b->cpu->st.gpr[X86_RBX], 0x44444444);
    assert_int_equal(b->cpu->st.gpr[X86_RSP], rsp);
    x86_box_free(b);
}

/* enter 16, 2 with a frame chain; leave undoes it. */
static void test_enter_leave(void **state)
{
    static const uint8_t code[] = { 0xc8, 0x10, 0x00, 0x02, 0xc9, 0xf4 };
    (void)state;
    struct x86_box *b = x86_box_new(4, NULL);
    x86_box_code(b, code, sizeof code);
    uint64_t rsp = b->cpu->st.gpr[X86_RSP], rbp = X86_BOX_STACK + 0xf80;
    uint32_t outer = 0xabcd1234;
    b->cpu->st.gpr[X86_RBP] = rbp;
    memcpy(b->ram + rbp - 4, &outer, 4);
    x86_box_run(b, 1);
    assert_int_equal(stack_at(b, rsp - 4, 4), rbp);
    assert_int_equal(stack_at(b, rsp - 8, 4), outer);
    assert_int_equal(stack_at(b, rsp - 12, 4), rsp - 4);
    assert_int_equal(b->cpu->st.gpr[X86_RBP], rsp - 4);
    assert_int_equal(b->cpu->st.gpr[X86_RSP], rsp - 12 - 16);
    x86_box_run(b, 1);
    assert_int_equal(b->cpu->st.gpr[X86_RBP], rbp);
    assert_int_equal(b->cpu->st.gpr[X86_RSP], rsp);
    x86_box_free(b);
}

/* POP to memory faults with the stack pointer where it was; POP [rsp+8] uses the new one. */
static void test_pop_memory(void **state)
{
    static const uint8_t bad[] = { 0x8f, 0x06 }, good[] = { 0x8f, 0x44, 0x24, 0x08 };
    (void)state;
    struct x86_box *b = x86_box_new(8, NULL);
    uint64_t rsp = b->cpu->st.gpr[X86_RSP] - 64, v = 0x1122334455667788;
    x86_box_code(b, bad, sizeof bad);
    b->cpu->st.gpr[X86_RSP] = rsp;
    b->cpu->st.gpr[X86_RSI] = D + 0x100000;
    x86_box_run(b, 1);
    assert_int_equal(x86_box_vector(b), 14);
    assert_int_equal(b->cpu->st.cr2, D + 0x100000);
    assert_int_equal(x86_box_fault_error(b), 2);
    assert_int_equal(stack_at(b, b->cpu->st.gpr[X86_RSP] + 32, 8), rsp);
    memcpy(b->ram + rsp, &v, 8);
    x86_box_code(b, good, sizeof good);
    b->cpu->st.gpr[X86_RSP] = rsp;
    assert_int_equal(x86_box_run(b, 1), X86_STOP_LIMIT);
    assert_int_equal(stack_at(b, rsp + 16, 8), v);
    assert_int_equal(b->cpu->st.gpr[X86_RSP], rsp + 8);
    x86_box_free(b);
}

static void test_pushf_popf(void **state)
{
    static const uint8_t code[] = { 0x9c, 0x9d };
    (void)state;
    struct x86_box *b = x86_box_new(4, NULL);
    x86_box_code(b, code, sizeof code);
    x86_set_rflags(b->cpu, X86_FL_CF | X86_FL_RF | X86_FL_ID | 2, ~0ull);
    uint64_t rsp = b->cpu->st.gpr[X86_RSP];
    x86_box_run(b, 1);
    assert_int_equal(stack_at(b, rsp - 4, 4), X86_FL_CF | X86_FL_ID | 2);
    uint32_t f = X86_FL_ARITH | X86_FL_IF | X86_FL_IOPL | X86_FL_VM | X86_FL_VIF;
    memcpy(b->ram + rsp - 4, &f, 4);
    x86_box_run(b, 1);
    assert_int_equal(x86_rflags(b->cpu), X86_FL_ARITH | X86_FL_IF | X86_FL_IOPL | 2);
    x86_box_free(b);
}

/* --- several processors ----------------------------------------------------------------------- */

static gpointer run_to_hlt(gpointer arg)
{
    return GINT_TO_POINTER((int)x86_box_run(arg, UINT64_MAX / 2));
}

/* Two processors add to one word in every locked way; no addition is lost, not even where the word
 * lies across pages (there by the lock for what the host cannot do atomically). */
static void test_locked_together(void **state)
{
    /* again: lock inc [rsi]; mov ebx, 1; lock xadd [rsi], ebx; cas: mov eax, [rsi];
     * lea ebx, [rax+1]; lock cmpxchg [rsi], ebx; jnz cas; lock add dword [rdi], 1;
     * loop again; hlt */
    static const uint8_t code[] = { 0xf0, 0xff, 0x06, 0xbb, 0x01, 0x00, 0x00, 0x00, 0xf0, 0x0f,
                                    0xc1, 0x1e, 0x8b, 0x06, 0x8d, 0x58, 0x01, 0xf0, 0x0f, 0xb1,
                                    0x1e, 0x75, 0xf5, 0xf0, 0x83, 0x07, 0x01, 0xe2, 0xe3, 0xf4 };
    const unsigned rounds = 30000;
    (void)state;
    struct x86_code_map *map = x86_code_map_new(0);
    struct x86_box *b[2];
    GThread *t[2];
    b[0] = x86_box_new(8, map);
    b[1] = x86_box_peer(b[0], 8, map);
    for (unsigned k = 0; k < 2; k++) {
        x86_box_code(b[k], code, sizeof code);
        b[k]->cpu->st.gpr[X86_RCX] = rounds;
        b[k]->cpu->st.gpr[X86_RSI] = D + 0x100;
        b[k]->cpu->st.gpr[X86_RDI] = D + 0x1ffe;
    }
    for (unsigned k = 0; k < 2; k++) {
        t[k] = g_thread_new("cpu", run_to_hlt, b[k]);
    }
    for (unsigned k = 0; k < 2; k++) {
        assert_int_equal(GPOINTER_TO_INT(g_thread_join(t[k])), X86_STOP_HLT);
    }
    assert_int_equal(stack_at(b[0], D + 0x100, 4), 2 * 3 * rounds);
    assert_int_equal(stack_at(b[0], D + 0x1ffe, 4), 2 * rounds);
    x86_box_free(b[1]);
    x86_box_free(b[0]);
    x86_code_map_free(map);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_rows),        cmocka_unit_test(test_pusha_popa),
        cmocka_unit_test(test_enter_leave), cmocka_unit_test(test_pop_memory),
        cmocka_unit_test(test_pushf_popf),  cmocka_unit_test(test_locked_together),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
