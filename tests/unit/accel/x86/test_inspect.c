/* SPDX-License-Identifier: MIT */
/* link: tests/lib/tiny_machine.c accel/x86/[a-z]*.c accel/x86/x86_64/[a-z]*.c core/physmem.c */
/* link: core/physmem_access.c core/types.c core/log.c core/error.c core/opts.c os/posix/[a-z]*.c */
/* link: os/linux/[a-z]*.c */
/* libs: zydis */
/*
 * The walk that explains against the walk that executes, on random tables in every paging mode;
 * memory and descriptors seen from outside; the log of faults.
 */
#include "tests/fake/unit.h"

#include <stdio.h>

#include "accel/x86/inspect.h"
#include "accel/x86/mmu_walk.h"
#include "accel/x86/system.h"
#include "core/physmem.h"
#include "tests/lib/tiny_machine.h"

static struct tiny *t;
static uint64_t seed;

static uint64_t rnd(void)
{
    seed = seed * 6364136223846793005ull + 1442695040888963407ull;
    return seed >> 20;
}

static int setup(void **state)
{
    (void)state;
    t = tiny_new();
    seed = 1;
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    tiny_free(t);
    return 0;
}

static void view_of(struct x86_view *v)
{
    x86_view_init(v, &t->cpu->st, t->pm, &t->model);
}

/* A table entry with a few bits turned over. */
static void spoil(uint64_t gpa, unsigned size)
{
    static const uint8_t bits[] = {0, 0, 1, 1, 2, 2, 7, 13, 40, 51, 55, 63};
    uint64_t v = tiny_read(t, gpa, size);
    for (unsigned k = rnd() % 3; k > 0; k--) {
        unsigned b = bits[rnd() % ARRAY_LEN(bits)];
        if (b < size * 8) {
            v ^= 1ull << b;
        }
    }
    tiny_write(t, gpa, v, size);
}

static void random_rules(void)
{
    struct x86_state *s = &t->cpu->st;
    s->cr0 = (s->cr0 & ~(uint64_t)X86_CR0_WP) | (rnd() & 1 ? X86_CR0_WP : 0);
    s->cr4 &= ~(uint64_t)(X86_CR4_SMEP | X86_CR4_SMAP | X86_CR4_PKE);
    s->cr4 |= (rnd() & 1 ? X86_CR4_SMEP : 0) | (rnd() & 1 ? X86_CR4_SMAP : 0) |
              (rnd() & 3 ? 0 : X86_CR4_PKE);
    s->pkru = (uint32_t)rnd();
    s->msr.efer = (s->msr.efer & ~(uint64_t)X86_EFER_NXE) | (rnd() & 1 ? X86_EFER_NXE : 0);
    s->rflags = (s->rflags & ~(uint64_t)X86_FL_AC) | (rnd() & 1 ? X86_FL_AC : 0);
}

static void compare(enum tiny_mode mode, uint64_t lin)
{
    struct x86_view v;
    struct x86_walk_report r;
    struct x86_walk w;
    unsigned bits = rnd() & 15, flags = 0;
    enum x86_access a = bits & 1 ? X86_ACCESS_WRITE : bits & 2 ? X86_ACCESS_EXEC : X86_ACCESS_READ;
    unsigned access = bits & 1 ? X86_VIEW_WRITE : bits & 2 ? X86_VIEW_EXEC : 0;
    if (bits & 4) {
        access |= X86_VIEW_USER;
        flags |= X86_WALK_USER;
    } else if (bits & 8) {
        access |= X86_VIEW_IMPLICIT;
        flags |= X86_WALK_IMPLICIT;
    }
    view_of(&v);
    x86_view_walk(&v, lin, access, &r);
    unsigned err = x86_page_walk(t->cpu, lin, a, flags, &w);
    if (r.ok != !err || (err && r.error != (err & ~X86_WALK_FAULT)) || (!err && r.gpa != w.gpa) ||
        (!r.ok && !*r.why)) {
        fprintf(stderr, "mode %d, 0x%llx, access %u: %s (error 0x%x), the processor: 0x%x\n",
                (int)mode, (unsigned long long)lin, access, r.ok ? "ok" : r.why, r.error, err);
        fail();
    }
}

static void walks_agree(void **state)
{
    static const enum tiny_mode modes[] = {TINY_PG32, TINY_PAE, TINY_LONG};
    (void)state;
    for (unsigned m = 0; m < ARRAY_LEN(modes); m++) {
        for (unsigned round = 0; round < 200; round++) {
            tiny_setup(t, modes[m]);
            random_rules();
            unsigned size = tiny_pte_size(modes[m]);
            uint64_t lin = (rnd() % 0x1f0) << 12 | (rnd() & 0xfff);
            spoil(tiny_pte_addr(modes[m], lin), size);
            if (round & 1) { /* an upper level as well */
                uint64_t upper = modes[m] == TINY_LONG ? TINY_PML4 + (rnd() % 3) * 0x1000
                                 : modes[m] == TINY_PAE ? TINY_PAE_PDPT + 0x1000 : TINY_PD32;
                spoil(upper, size);
            }
            x86_tlb_flush(t->cpu, true);
            for (unsigned k = 0; k < 16; k++) {
                compare(modes[m], k & 1 ? lin : lin + 0x200000);
            }
        }
    }
}

static void reads_as_far_as_it_goes(void **state)
{
    struct x86_view v;
    uint8_t buf[64];
    (void)state;
    tiny_setup(t, TINY_LONG);
    view_of(&v);
    tiny_write(t, tiny_pte_addr(TINY_LONG, TINY_DATA + 0x1000), 0, 8);
    tiny_write(t, TINY_DATA + 0xff8, 0x1122334455667788ull, 8);
    assert_int_equal(x86_view_read(&v, TINY_DATA + 0xff8, buf, sizeof buf), 8);
    assert_int_equal(buf[0], 0x88);
    assert_int_equal(x86_view_write(&v, TINY_DATA + 0xffc, "abcdefgh", 8), 4);
    assert_int_equal(tiny_read(t, TINY_DATA + 0xffc, 4), 0x64636261);
    assert_int_equal(tiny_read(t, tiny_pte_addr(TINY_LONG, TINY_DATA), 8) & X86_PTE_A, 0);
}

static void descriptors_in_words(void **state)
{
    static const struct { uint16_t sel; enum x86_look look; const char *text; } cases[] = {
        {SEL_CODE32, X86_LOOK_OK, "32-bit code, readable, DPL 0"},
        {SEL_UDATA, X86_LOOK_OK, "32-bit data, writable, DPL 3"},
        {SEL_NP_DATA, X86_LOOK_OK, "NOT PRESENT"},
        {SEL_CONFORMING, X86_LOOK_OK, "conforming"},
        {SEL_DOWN, X86_LOOK_OK, "expand-down"},
        {SEL_GATE32, X86_LOOK_OK, "32-bit call gate"},
        {0, X86_LOOK_NULL, NULL},
        {0x1230, X86_LOOK_LIMIT, NULL},
    };
    struct x86_view v;
    char text[160];
    (void)state;
    tiny_setup(t, TINY_P32);
    view_of(&v);
    for (unsigned k = 0; k < ARRAY_LEN(cases); k++) {
        struct x86_desc_info d;
        enum x86_look l = x86_view_desc(&v, cases[k].sel, &d);
        x86_desc_text(&d, text, sizeof text);
        if (l != cases[k].look || (cases[k].text && !strstr(text, cases[k].text))) {
            fprintf(stderr, "selector 0x%x: %d, '%s'\n", cases[k].sel, (int)l, text);
            fail();
        }
    }
}

static bool count_pages(void *opaque, uint64_t lin, gpa_t gpa, uint8_t shift, uint64_t rights,
                        uint64_t leaf)
{
    uint64_t *bytes = opaque;
    (void)rights;
    (void)leaf;
    assert_int_equal(lin, gpa); /* all of the machine is mapped one to one */
    *bytes += 1ull << shift;
    return *bytes < MIB(16);
}

static void each_mapping(void **state)
{
    static const enum tiny_mode modes[] = {TINY_PG32, TINY_PAE, TINY_LONG};
    (void)state;
    for (unsigned m = 0; m < ARRAY_LEN(modes); m++) {
        struct x86_view v;
        uint64_t bytes = 0;
        tiny_setup(t, modes[m]);
        view_of(&v);
        x86_view_each(&v, 0, ~0ull, count_pages, &bytes);
        assert_true(bytes >= MIB(16) && bytes < MIB(20)); /* the last page may be a large one */
    }
}

/* INT3 through a gate that is not present, and no gate for what follows. */
static void faults_are_noted(void **state)
{
    (void)state;
    tiny_setup(t, TINY_P32);
    t->cpu->st.idt.limit = 4 * 8 - 1;
    tiny_write(t, TINY_IDT + 3 * 8 + 5, 0x0e, 1);
    tiny_write(t, tiny_code_addr(TINY_P32), 0xcc, 1);
    assert_int_equal(tiny_run(t, 5), X86_STOP_SHUTDOWN);
    const struct x86_fault_log *l = &t->cpu->faults;
    assert_int_equal(l->n, 4);
    assert_int_equal(l->rec[0].vector, X86_EXC_BP);
    assert_int_equal(l->rec[0].end, X86_FAULT_REFUSED);
    assert_int_equal(l->rec[1].vector, X86_EXC_NP);
    assert_int_equal(l->rec[1].during, X86_EXC_BP);
    assert_string_equal(l->rec[1].why, "the gate is not present");
    assert_int_equal(l->rec[2].vector, X86_EXC_GP);
    assert_int_equal(l->rec[2].end, X86_FAULT_DOUBLED);
    assert_int_equal(l->rec[3].during, X86_EXC_DF);
    assert_int_equal(l->rec[3].end, X86_FAULT_SHUTDOWN);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(walks_agree, setup, teardown),
        cmocka_unit_test_setup_teardown(reads_as_far_as_it_goes, setup, teardown),
        cmocka_unit_test_setup_teardown(descriptors_in_words, setup, teardown),
        cmocka_unit_test_setup_teardown(each_mapping, setup, teardown),
        cmocka_unit_test_setup_teardown(faults_are_noted, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
