/* SPDX-License-Identifier: MIT */
/* link: tests/lib/tiny_machine.c accel/x86/[a-z]*.c accel/x86/x86_64/[a-z]*.c core/physmem.c */
/* link: core/physmem_access.c core/types.c core/log.c core/error.c core/opts.c os/posix/[a-z]*.c */
/* link: os/linux/[a-z]*.c */
/* libs: zydis */
/*
 * The software TLB: what it keeps, what it must forget, what never gets a tag. (The walk's faults
 * are rows of tests/cpu/fault_cases.def.)
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
    tiny_setup(t, TINY_LONG);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    tiny_free(t);
    return 0;
}

/* Calls f(arg); the vector it raised, or -1. */
static int catches(void (*f)(uint64_t), uint64_t arg)
{
    if (setjmp(cpu->jmp)) {
        return cpu->exc_vector;
    }
    f(arg);
    return -1;
}

static void load4(uint64_t lin)
{
    x86_load32(cpu, lin, false);
}

static void store4(uint64_t lin)
{
    x86_store32(cpu, lin, 0x11223344, false);
}

static void store_40(uint64_t lin)
{
    uint8_t raw[40];
    memset(raw, 0xab, sizeof raw);
    x86_store_bytes(cpu, lin, raw, sizeof raw, false);
}

static void pte(uint64_t lin, uint64_t v)
{
    tiny_write(t, tiny_pte_addr(t->mode, lin), v, 8);
}

static bool tagged_w(uint64_t lin, bool user)
{
    return x86_tlb_slot(cpu, lin, user)->tag_w == (lin & ~0xfffull);
}

static bool tagged_r(uint64_t lin, bool user)
{
    return x86_tlb_slot(cpu, lin, user)->tag_r == (lin & ~0xfffull);
}

static void reads_do_not_open_clean_pages(void **state)
{
    (void)state;
    load4(TINY_DATA);
    assert_true(tagged_r(TINY_DATA, false));
    assert_false(tagged_w(TINY_DATA, false)); /* D is clear: the first write must walk */
    store4(TINY_DATA);
    assert_true(tagged_w(TINY_DATA, false));
    x86_tlb_flush(cpu, true);
    load4(TINY_DATA); /* now D is set */
    assert_true(tagged_w(TINY_DATA, false));
}

static void stale_until_invalidated(void **state)
{
    (void)state;
    load4(TINY_DATA);
    pte(TINY_DATA, 0);
    assert_int_equal(catches(load4, TINY_DATA), -1);
    x86_tlb_flush_page(cpu, TINY_DATA + 0x123);
    assert_int_equal(catches(load4, TINY_DATA), X86_EXC_PF);
    assert_int_equal(cpu->st.cr2, TINY_DATA);
}

static void a_missed_write_walks_again(void **state)
{
    (void)state;
    pte(TINY_DATA, TINY_DATA | 1);
    load4(TINY_DATA);
    assert_int_equal(catches(store4, TINY_DATA), X86_EXC_PF);
    pte(TINY_DATA, TINY_DATA | 3); /* more rights need no invalidation */
    assert_int_equal(catches(store4, TINY_DATA), -1);
}

static void global_pages_survive_cr3(void **state)
{
    (void)state;
    cpu->st.cr4 |= X86_CR4_PGE;
    pte(TINY_DATA, TINY_DATA | 0x103);
    load4(TINY_DATA);
    load4(TINY_DATA + 0x1000);
    x86_write_cr(cpu, 3, TINY_PML4);
    assert_true(tagged_r(TINY_DATA, false));
    assert_false(tagged_r(TINY_DATA + 0x1000, false));
    x86_write_cr(cpu, 4, X86_CR4_PAE); /* PGE off: all go */
    assert_false(tagged_r(TINY_DATA, false));
}

static void global_bit_without_pge(void **state)
{
    (void)state;
    pte(TINY_DATA, TINY_DATA | 0x103);
    load4(TINY_DATA);
    x86_write_cr(cpu, 3, TINY_PML4);
    assert_false(tagged_r(TINY_DATA, false));
}

static void invlpg_takes_the_whole_large_page(void **state)
{
    (void)state;
    load4(0x200000);
    load4(0x2ff000);
    load4(TINY_DATA);
    x86_tlb_flush_page(cpu, 0x3ff000);
    assert_false(tagged_r(0x200000, false));
    assert_false(tagged_r(0x2ff000, false));
    assert_true(tagged_r(TINY_DATA, false));
}

static void user_and_supervisor_apart(void **state)
{
    (void)state;
    load4(TINY_DATA);
    assert_true(tagged_r(TINY_DATA, false));
    assert_false(tagged_r(TINY_DATA, true));
    x86_load32(cpu, TINY_UDATA, true);
    assert_true(tagged_r(TINY_UDATA, true));
    assert_false(tagged_r(TINY_UDATA, false));
}

static void smap_slots_close_with_ac(void **state)
{
    (void)state;
    cpu->st.cr4 |= X86_CR4_SMAP;
    x86_set_rflags(cpu, X86_FL_AC, X86_FL_AC);
    for (unsigned i = 0; i < 16; i++) { /* all user pages there are, over and over */
        x86_store32(cpu, TINY_UDATA + i * 0x1000, 1, false);
    }
    x86_store32(cpu, TINY_DATA, 1, false);
    x86_set_rflags(cpu, 0, X86_FL_AC);
    for (unsigned i = 0; i < 16; i++) {
        assert_int_equal(catches(load4, TINY_UDATA + i * 0x1000), X86_EXC_PF);
        assert_int_equal(cpu->exc_error, X86_PF_P);
    }
    assert_true(tagged_r(TINY_DATA, false));
}

static void smap_more_pages_than_the_list(void **state)
{
    (void)state;
    cpu->st.cr4 |= X86_CR4_SMAP;
    x86_set_rflags(cpu, X86_FL_AC, X86_FL_AC);
    for (unsigned i = 0; i < 100; i++) {
        pte(TINY_UDATA + i * 0x1000, TINY_UDATA | 7);
        load4(TINY_UDATA + i * 0x1000);
    }
    x86_set_rflags(cpu, 0, X86_FL_AC);
    for (unsigned i = 0; i < 100; i++) {
        assert_int_equal(catches(load4, TINY_UDATA + i * 0x1000), X86_EXC_PF);
    }
}

static void sys_load(uint64_t lin)
{
    x86_sys_load(cpu, lin, 8);
}

static void implicit_accesses_ignore_ac(void **state)
{
    (void)state;
    cpu->st.cr4 |= X86_CR4_SMAP;
    x86_set_rflags(cpu, X86_FL_AC, X86_FL_AC);
    load4(TINY_UDATA); /* leaves an open slot */
    assert_int_equal(catches(sys_load, TINY_UDATA), X86_EXC_PF);
    assert_int_equal(catches(load4, TINY_UDATA), -1);
}

static void alignment_checks_after_ac(void **state)
{
    (void)state;
    cpu->st.cr0 |= X86_CR0_AM;
    x86_load32(cpu, TINY_UDATA + 1, true);
    x86_set_rflags(cpu, X86_FL_AC, X86_FL_AC); /* STAC: nothing is checked at CPL 0 */
    assert_true(tagged_r(TINY_UDATA, true));
    cpu->st.seg[X86_SS].attr |= 3 << 5; /* DPL: the CPL */
    x86_mode_changed(cpu);
    assert_int_equal(cpu->cpl, 3);
    assert_false(tagged_r(TINY_UDATA, true));
    x86_load32(cpu, TINY_UDATA + 4, true);
    assert_false(tagged_r(TINY_UDATA, true));
}

/* --- memory of other kinds ------------------------------------------------------------------ */

static void mmio_is_never_tagged(void **state)
{
    (void)state;
    pte(0x70000, 0xfee00000 | 3);
    assert_int_equal(x86_load32(cpu, 0x70010, false), 0xffffffff);
    x86_store32(cpu, 0x70014, 0x55, false);
    assert_int_equal(t->mmio_reads, 1);
    assert_int_equal(t->mmio_writes, 1);
    assert_int_equal(t->mmio_gpa, 0xfee00014);
    assert_false(tagged_r(0x70000, false));
    assert_false(tagged_w(0x70000, false));
    assert_null(x86_rmw_ptr(cpu, 0x70010, 4, false));
    gpa_t gpa;
    assert_null(x86_translate(cpu, 0x70010, X86_ACCESS_READ, false, &gpa));
    assert_int_equal(gpa, 0xfee00010);
}

static void mmio_splits_at_the_page(void **state)
{
    (void)state;
    pte(0x70000, 0xfee00000 | 3);
    tiny_write(t, 0x6f000 + 0xffc, 0, 4);
    x86_store64(cpu, 0x6fffc, 0x1122334455667788ull, false);
    assert_int_equal(tiny_read(t, 0x6fffc, 4), 0x55667788);
    assert_int_equal(t->mmio_writes, 1);
    assert_int_equal(t->mmio_value, 0x11223344);
    assert_int_equal(t->mmio_gpa, 0xfee00000);
    t->mmio_writes = 0;
    x86_store32(cpu, 0x6fffd, 0xaabbccdd, false); /* one byte is left for MMIO */
    assert_int_equal(t->mmio_writes, 1);
    assert_int_equal(t->mmio_value, 0xaa);
}

static void rom_reads_directly(void **state)
{
    static uint8_t rom[0x1000] = {1, 2, 3, 4};
    (void)state;
    physmem_add_rom(t->pm, "rom", 0xfff00000, sizeof rom, rom, 1, NULL, NULL);
    x86_tlb_flush(cpu, true);
    pte(0x70000, 0xfff00000 | 3);
    assert_int_equal(x86_load32(cpu, 0x70000, false), 0x04030201);
    assert_true(tagged_r(0x70000, false));
    x86_store32(cpu, 0x70000, 9, false);
    assert_int_equal(t->mmio_writes, 1);
    assert_int_equal(rom[0], 1);
    assert_false(tagged_w(0x70000, false));
}

static void a20_closed_folds_addresses(void **state)
{
    (void)state;
    tiny_setup(t, TINY_P32);
    tiny_write(t, 0x50000, 0x1234, 4);
    tiny_write(t, 0x150000, 0x5678, 4);
    assert_int_equal(x86_load32(cpu, 0x150000, false), 0x5678);
    physmem_set_a20(t->pm, false);
    x86_tlb_flush(cpu, true);
    assert_int_equal(x86_load32(cpu, 0x150000, false), 0x1234);
    physmem_set_a20(t->pm, true);
    x86_tlb_flush(cpu, true);
    assert_int_equal(x86_load32(cpu, 0x150000, false), 0x5678);
}

static void dirty_tracking(void **state)
{
    static uint8_t vram[0x400000];
    (void)state;
    struct mem_region *r = physmem_add_ram(t->pm, "vram", 0xe0000000, sizeof vram, vram, 1);
    mem_region_track_dirty(r, true);
    mem_region_test_clear_dirty(r, 0, sizeof vram);
    tiny_setup(t, TINY_P32);
    x86_tlb_flush(cpu, true);
    x86_load32(cpu, 0xe0001000, false);
    assert_false(tagged_w(0xe0001000, false));
    assert_false(mem_region_test_clear_dirty(r, 0, sizeof vram));
    x86_store32(cpu, 0xe0001000, 5, false);
    assert_true(tagged_w(0xe0001000, false)); /* open from now on */
    assert_true(mem_region_test_clear_dirty(r, 0x1000, 0x1000));
    assert_false(mem_region_test_clear_dirty(r, 0, sizeof vram));
    x86_store32(cpu, 0xe0001000, 6, false); /* unseen ... */
    x86_tlb_flush(cpu, true);               /* ... until the re-arming flush says so */
    assert_true(mem_region_test_clear_dirty(r, 0x1000, 0x1000));
    assert_false(tagged_w(0xe0001000, false));
    /* more pages than the list holds */
    for (unsigned i = 0; i < 1000; i++) {
        x86_store32(cpu, 0xe0000000 + i * 0x1000, i, false);
    }
    for (unsigned i = 0; i < 1000; i++) {
        assert_true(mem_region_test_clear_dirty(r, i * 0x1000, 0x1000));
    }
}

/* --- several bytes -------------------------------------------------------------------------- */

static void bytes_are_all_or_nothing(void **state)
{
    (void)state;
    pte(TINY_DATA + 0x1000, 0);
    assert_int_equal(catches(store_40, TINY_DATA + 0xff0), X86_EXC_PF);
    assert_int_equal(cpu->st.cr2, TINY_DATA + 0x1000);
    assert_int_equal(tiny_read(t, TINY_DATA + 0xff0, 8), 0);
    pte(TINY_DATA + 0x1000, (TINY_DATA + 0x3000) | 3); /* pages that are not neighbours */
    assert_int_equal(catches(store_40, TINY_DATA + 0xff0), -1);
    assert_int_equal(tiny_read(t, TINY_DATA + 0xff8, 8), 0xababababababababull);
    assert_int_equal(tiny_read(t, TINY_DATA + 0x3000, 8), 0xababababababababull);
    uint8_t raw[40];
    x86_load_bytes(cpu, TINY_DATA + 0xff0, raw, sizeof raw, false);
    assert_int_equal(raw[39], 0xab);
}

static void probe(uint64_t lin)
{
    x86_probe_write(cpu, lin, 8, false);
}

static void probing_writes_nothing(void **state)
{
    (void)state;
    tiny_write(t, TINY_DATA, 0x1122334455667788ull, 8);
    assert_int_equal(catches(probe, TINY_DATA), -1);
    assert_int_equal(tiny_read(t, TINY_DATA, 8), 0x1122334455667788ull);
    assert_int_equal(tiny_read(t, tiny_pte_addr(t->mode, TINY_DATA), 8) & 0x60, 0x60);
    pte(TINY_DATA + 0x1000, (TINY_DATA + 0x1000) | 1);
    assert_int_equal(catches(probe, TINY_DATA + 0xffc), X86_EXC_PF);
    assert_int_equal(cpu->exc_error, X86_PF_P | X86_PF_W);
}

static void rmw_pointer(void **state)
{
    (void)state;
    uint32_t *p = x86_rmw_ptr(cpu, TINY_DATA + 8, 4, false);
    assert_ptr_equal(p, t->ram + TINY_DATA + 8);
    assert_null(x86_rmw_ptr(cpu, TINY_DATA + 0xffe, 4, false));
}

static void watched_pages_have_no_tags(void **state)
{
    (void)state;
    load4(TINY_DATA);
    cpu->st.dr[0] = TINY_DATA + 0x800;
    cpu->st.dr[7] = 0xd0401; /* write, 4 bytes */
    x86_debug_update(cpu);
    load4(TINY_DATA);
    store4(TINY_DATA);
    assert_false(tagged_r(TINY_DATA, false));
    assert_false(tagged_w(TINY_DATA, false));
    assert_int_equal(cpu->st.ev.pending_dbg, 0);
    store4(TINY_DATA + 0x800);
    assert_int_equal(cpu->st.ev.pending_dbg, 1);
    cpu->st.dr[7] = 0x400;
    x86_debug_update(cpu);
    load4(TINY_DATA);
    assert_true(tagged_r(TINY_DATA, false));
}

static void debug_walk_leaves_no_trace(void **state)
{
    gpa_t gpa = 0;
    (void)state;
    assert_true(x86_walk_debug(cpu, TINY_DATA + 0x123, &gpa));
    assert_int_equal(gpa, TINY_DATA + 0x123);
    assert_int_equal(tiny_read(t, tiny_pte_addr(t->mode, TINY_DATA), 8) & 0x60, 0);
    assert_false(x86_walk_debug(cpu, 0x800000000000ull, &gpa));
    assert_false(x86_walk_debug(cpu, 0x40000000, &gpa));
}

static void fetch_page_gives_the_page(void **state)
{
    gpa_t gpa = 0;
    (void)state;
    assert_ptr_equal(x86_fetch_page(cpu, TINY_CODE + 0x123, &gpa), t->ram + TINY_CODE);
    assert_int_equal(gpa, TINY_CODE);
    assert_ptr_equal(x86_fetch_page(cpu, TINY_CODE + 0x456, &gpa), t->ram + TINY_CODE);
    assert_int_equal(gpa, TINY_CODE);
    pte(0x70000, 0xfee00000 | 3);
    assert_null(x86_fetch_page(cpu, 0x70123, &gpa));
    assert_int_equal(gpa, 0xfee00000);
}

static void page_tables_outside_of_ram(void **state)
{
    (void)state;
    tiny_write(t, TINY_PML4 + 8, 0xfe000000 | 7, 8); /* reads all ones: reserved bits */
    assert_int_equal(catches(load4, 0x8000000000ull), X86_EXC_PF);
    assert_int_equal(cpu->exc_error, X86_PF_P | X86_PF_RSVD);
}

#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        T(reads_do_not_open_clean_pages),
        T(stale_until_invalidated),
        T(a_missed_write_walks_again),
        T(global_pages_survive_cr3),
        T(global_bit_without_pge),
        T(invlpg_takes_the_whole_large_page),
        T(user_and_supervisor_apart),
        T(smap_slots_close_with_ac),
        T(smap_more_pages_than_the_list),
        T(implicit_accesses_ignore_ac),
        T(alignment_checks_after_ac),
        T(mmio_is_never_tagged),
        T(mmio_splits_at_the_page),
        T(rom_reads_directly),
        T(a20_closed_folds_addresses),
        T(dirty_tracking),
        T(bytes_are_all_or_nothing),
        T(probing_writes_nothing),
        T(rmw_pointer),
        T(watched_pages_have_no_tags),
        T(debug_walk_leaves_no_trace),
        T(fetch_page_gives_the_page),
        T(page_tables_outside_of_ram),
    };
    return cmocka_run_group_tests_name("mmu", tests, NULL, NULL);
}
