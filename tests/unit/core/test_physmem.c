/* SPDX-License-Identifier: MIT */
/* link: core/physmem.c core/physmem_access.c */
#include <stdatomic.h>

#include <glib.h>

#include "core/physmem.h"
#include "tests/fake/unit.h"

#define PAGE 4096u

/* --- helpers ------------------------------------------------------------------------------ */

struct dev {
    char log[1024];
    uint64_t value;
};

static uint64_t dev_read(void *opaque, gpa_t off, unsigned size)
{
    struct dev *d = opaque;
    size_t n = strlen(d->log);
    snprintf(d->log + n, sizeof d->log - n, "r%u@%x ", size, (unsigned)off);
    return d->value;
}

static void dev_write(void *opaque, gpa_t off, uint64_t value, unsigned size)
{
    struct dev *d = opaque;
    size_t n = strlen(d->log);
    snprintf(d->log + n, sizeof d->log - n, "w%u@%x=%llx ", size, (unsigned)off,
             (unsigned long long)value);
}

static const struct mem_ops dwords = { dev_read, dev_write, 0, 0 };
static const struct mem_ops qwords = { dev_read, dev_write, 1, 8 };
static const struct mem_ops only_dwords = { dev_read, dev_write, 4, 4 };
static const struct mem_ops bytes = { dev_read, dev_write, 1, 1 };

struct listener {
    struct physmem_listener l;
    unsigned changes, rams, rearms, a20s;
    gpa_t gpa;
    uint64_t len;
    char view[2048];
};

static void on_view(void *opaque, const struct mem_section *v, size_t n)
{
    struct listener *l = opaque;
    l->changes++;
    l->view[0] = '\0';
    for (size_t i = 0; i < n; i++) {
        size_t at = strlen(l->view);
        snprintf(l->view + at, sizeof l->view - at, "%llx+%llx %s%s@%llx;",
                 (unsigned long long)v[i].gpa, (unsigned long long)v[i].size,
                 v[i].kind == MEM_RAM   ? ""
                 : v[i].kind == MEM_ROM ? "rom:"
                                        : "io:",
                 mem_region_name(v[i].region), (unsigned long long)v[i].region_off);
    }
}

static void on_ram(void *opaque, gpa_t gpa, uint64_t len)
{
    struct listener *l = opaque;
    l->rams++;
    l->gpa = gpa;
    l->len = len;
}

static void on_a20(void *opaque, bool open)
{
    (void)open;
    ((struct listener *)opaque)->a20s++;
}

static void on_rearm(void *opaque, gpa_t gpa, uint64_t len)
{
    struct listener *l = opaque;
    l->rearms++;
    l->gpa = gpa;
    l->len = len;
}

static struct listener *listen(struct physmem *pm)
{
    struct listener *l = g_new0(struct listener, 1);
    l->l = (struct physmem_listener){ .view_changed = on_view,
                                      .ram_written = on_ram,
                                      .a20_changed = on_a20,
                                      .dirty_rearm = on_rearm,
                                      .opaque = l };
    physmem_add_listener(pm, &l->l);
    return l;
}

/* --- tests -------------------------------------------------------------------------------- */

static void priorities_make_the_view(void **state)
{
    (void)state;
    static uint8_t ram[64 * PAGE], rom[2 * PAGE];
    struct physmem *pm = physmem_new();
    struct dev d = { .value = 0 };
    struct listener *l = listen(pm);
    assert_string_equal(l->view, "");
    physmem_add_ram(pm, "ram", 0, sizeof ram, ram, 0);
    assert_string_equal(l->view, "0+40000 ram@0;");
    struct mem_region *vga = physmem_add_io(pm, "vga", 0xa000, 0x2000, &dwords, &d, 1);
    assert_string_equal(l->view, "0+a000 ram@0;a000+2000 io:vga@0;c000+34000 ram@c000;");
    struct mem_region *same =
        physmem_add_rom(pm, "rom", 0xb000, sizeof rom, rom, 1, NULL, NULL); /* later wins */
    assert_string_equal(l->view, "0+a000 ram@0;a000+1000 io:vga@0;b000+2000 rom:rom@0;"
                                 "d000+33000 ram@d000;");
    mem_region_set_enabled(vga, false);
    assert_string_equal(l->view, "0+b000 ram@0;b000+2000 rom:rom@0;d000+33000 ram@d000;");
    mem_region_set_enabled(vga, true);
    mem_region_set_gpa(vga, 0x3f000); /* over the end of RAM */
    assert_string_equal(l->view, "0+b000 ram@0;b000+2000 rom:rom@0;d000+32000 ram@d000;"
                                 "3f000+2000 io:vga@0;");
    mem_region_set_kind(same, MEM_RAM);
    assert_string_equal(l->view, "0+b000 ram@0;b000+2000 rom@0;d000+32000 ram@d000;"
                                 "3f000+2000 io:vga@0;");
    physmem_remove(pm, same);
    physmem_remove(pm, vga);
    physmem_remove(pm, NULL);
    assert_string_equal(l->view, "0+40000 ram@0;");
    physmem_remove_listener(pm, &l->l);
    physmem_free(pm);
    g_free(l);
}

static void changes_are_grouped_and_no_change_is_silent(void **state)
{
    (void)state;
    static uint8_t ram[8 * PAGE];
    struct physmem *pm = physmem_new();
    struct listener *l = listen(pm);
    struct mem_region *r = physmem_add_ram(pm, "ram", 0, sizeof ram, ram, 0);
    unsigned before = l->changes;
    physmem_begin(pm);
    mem_region_set_gpa(r, 0x10000);
    physmem_begin(pm);
    mem_region_set_enabled(r, false);
    mem_region_set_enabled(r, true);
    physmem_commit(pm);
    assert_int_equal(l->changes, before);
    assert_non_null(physmem_find(pm, 0)); /* still the old view */
    physmem_commit(pm);
    assert_int_equal(l->changes, before + 1);
    assert_null(physmem_find(pm, 0));
    mem_region_set_gpa(r, 0x10000);
    physmem_begin(pm);
    mem_region_set_gpa(r, 0x20000);
    mem_region_set_gpa(r, 0x10000);
    physmem_commit(pm);
    assert_int_equal(l->changes, before + 1);
    physmem_free(pm);
    g_free(l);
}

static void aliases_show_their_target(void **state)
{
    (void)state;
    static uint8_t rom[16 * PAGE];
    struct physmem *pm = physmem_new();
    struct listener *l = listen(pm);
    struct mem_region *bios =
        physmem_add_rom(pm, "bios", 0xfffff0000ull, sizeof rom, rom, 0, NULL, NULL);
    struct mem_region *low =
        physmem_add_alias(pm, "low", 0xe0000, 8 * PAGE, bios, 8 * PAGE, 1);
    assert_string_equal(l->view, "e0000+8000 rom:bios@8000;fffff0000+10000 rom:bios@0;");
    const struct mem_section *s = physmem_find(pm, 0xe1234);
    assert_ptr_equal(s->host, rom + 8 * PAGE);
    assert_ptr_equal(s->region, bios);
    mem_region_set_enabled(bios, false); /* the target's own place only */
    assert_string_equal(l->view, "e0000+8000 rom:bios@8000;");
    /* An alias of an alias, longer than what is left; one that begins behind the end. */
    physmem_add_alias(pm, "twice", 0, 64 * PAGE, low, 4 * PAGE, 0);
    physmem_add_alias(pm, "beyond", 0x800000, PAGE, bios, 16 * PAGE, 0);
    assert_string_equal(l->view, "0+4000 rom:bios@c000;e0000+8000 rom:bios@8000;");
    physmem_remove(pm, bios); /* what shows it shows nothing */
    assert_string_equal(l->view, "");
    physmem_free(pm);
    g_free(l);
}

static void an_alias_can_be_write_protected_alone(void **state)
{
    (void)state;
    static uint8_t ram[32 * PAGE];
    struct physmem *pm = physmem_new();
    struct listener *l = listen(pm);
    struct mem_region *r = physmem_add_ram(pm, "ram", 0, sizeof ram, ram, 0);
    struct mem_region *pam = physmem_add_alias(pm, "pam", 0x4000, 0x4000, r, 0x4000, 1);
    assert_string_equal(l->view, "0+20000 ram@0;");
    mem_region_set_kind(pam, MEM_ROM);
    assert_string_equal(l->view, "0+4000 ram@0;4000+4000 rom:ram@4000;8000+18000 ram@8000;");
    assert_true(dma_write(pm, 0x5000, "xy", 2));
    assert_int_equal(ram[0x5000], 0);
    mem_region_set_kind(pam, MEM_RAM);
    assert_string_equal(l->view, "0+20000 ram@0;");
    physmem_free(pm);
    g_free(l);
}

static void regions_at_the_top_of_the_address_space(void **state)
{
    (void)state;
    struct physmem *pm = physmem_new();
    struct dev d = { .value = 0x55 };
    physmem_add_io(pm, "top", UINT64_MAX - PAGE + 1, 2 * PAGE, &bytes, &d, 0);
    physmem_add_io(pm, "nothing", 0x1000, 0, &bytes, &d, 0);
    assert_null(physmem_find(pm, 0x1000));
    assert_null(physmem_find(pm, 0));
    const struct mem_section *s = physmem_find(pm, UINT64_MAX);
    assert_non_null(s);
    assert_int_equal(s->size, PAGE);
    uint8_t buf[4];
    assert_false(dma_read(pm, UINT64_MAX - 1, buf, 4)); /* wraps to unmapped 0 */
    static const uint8_t want[4] = { 0x55, 0x55, 0xff, 0xff };
    assert_memory_equal(buf, want, 4);
    physmem_free(pm);
}

static void io_is_split_as_the_device_says(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        const struct mem_ops *ops;
        unsigned off, size;
        const char *reads, *writes;
    } cases[] = {
        { "dword", &dwords, 0, 4, "r4@0 ", "w4@0=55667788 " },
        { "qword in two", &dwords, 8, 8, "r4@8 r4@c ", "w4@8=55667788 w4@c=11223344 " },
        { "qword whole", &qwords, 8, 8, "r8@8 ", "w8@8=1122334455667788 " },
        { "misaligned dword", &dwords, 2, 4, "r2@2 r2@4 ", "w2@2=7788 w2@4=5566 " },
        { "bytes only", &bytes, 0, 2, "r1@0 r1@1 ", "w1@0=88 w1@1=77 " },
        { "narrow read is widened", &only_dwords, 6, 2, "r4@4 ", "w2@6=7788 " },
        { "misaligned qword", &qwords, 4, 8, "r4@4 r4@8 ", "w4@4=55667788 w4@8=11223344 " },
        { "over the end", &dwords, 0xffe, 4, "r2@ffe ", "w2@ffe=7788 " },
    };
    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        struct physmem *pm = physmem_new();
        struct dev d = { .value = 0 };
        physmem_add_io(pm, "io", 0x1000, PAGE, cases[i].ops, &d, 0);
        physmem_io_read(pm, 0x1000 + cases[i].off, cases[i].size);
        if (strcmp(d.log, cases[i].reads) != 0) {
            fail_msg("%s: '%s', wanted '%s'", cases[i].name, d.log, cases[i].reads);
        }
        d.log[0] = '\0';
        physmem_io_write(pm, 0x1000 + cases[i].off, 0x1122334455667788, cases[i].size);
        if (strcmp(d.log, cases[i].writes) != 0) {
            fail_msg("%s: '%s', wanted '%s'", cases[i].name, d.log, cases[i].writes);
        }
        physmem_free(pm);
    }
}

static void values_of_io_reads(void **state)
{
    (void)state;
    static uint8_t ram[PAGE];
    struct physmem *pm = physmem_new();
    struct dev d = { .value = 0x8877665544332211 };
    physmem_add_io(pm, "io", 0x1000, PAGE, &only_dwords, &d, 0);
    physmem_add_ram(pm, "ram", 0, PAGE, ram, 0);
    ram[PAGE - 1] = 0xab;
    assert_int_equal(physmem_io_read(pm, 0x1002, 1), 0x33);
    assert_int_equal(physmem_io_read(pm, 0x1000, 4), 0x44332211);
    assert_true(physmem_io_read(pm, 0x1000, 8) == 0x4433221144332211);
    assert_int_equal(physmem_io_read(pm, 0xfff, 2), 0x11ab); /* RAM into I/O */
    assert_true(physmem_io_read(pm, 0x9000, 8) == UINT64_MAX);
    assert_int_equal(physmem_io_read(pm, 0x9000, 1), 0xff);
    physmem_io_write(pm, 0x9000, 1, 8);
    physmem_io_write(pm, 0xffe, 0x1234, 2);
    assert_int_equal(ram[0xffe], 0x34);
    assert_int_equal(ram[0xfff], 0x12);
    struct mem_region *nothing = physmem_add_io(pm, "none", 0x5000, PAGE, NULL, NULL, 0);
    assert_int_equal(physmem_io_read(pm, 0x5000, 2), 0xffff);
    physmem_io_write(pm, 0x5000, 0, 2);
    physmem_remove(pm, nothing);
    physmem_free(pm);
}

static void dma_goes_where_the_view_says(void **state)
{
    (void)state;
    static uint8_t ram[2 * PAGE], rom[PAGE];
    uint8_t buf[4 * PAGE];
    struct physmem *pm = physmem_new();
    struct dev d = { .value = 0xaabbccdd }, w = { .value = 0 };
    struct listener *l = listen(pm);
    physmem_add_ram(pm, "ram", 0, sizeof ram, ram, 0);
    physmem_add_rom(pm, "rom", 0x2000, PAGE, rom, 0, &dwords, &w);
    physmem_add_io(pm, "io", 0x4000, 8, &dwords, &d, 0);
    memset(ram, 1, sizeof ram);
    memset(rom, 2, sizeof rom);
    assert_false(dma_read(pm, 0x1000, buf, 0x3008)); /* with the hole 3000-3fff */
    assert_int_equal(buf[0], 1);
    assert_int_equal(buf[0x1000], 2);
    assert_int_equal(buf[0x2000], 0xff);
    assert_int_equal(buf[0x3000], 0xdd);
    assert_int_equal(buf[0x3007], 0xaa);
    assert_string_equal(d.log, "r4@0 r4@4 ");
    assert_true(dma_read(pm, 0, buf, 0x3000));
    assert_int_equal(l->rams, 0);
    d.log[0] = '\0';
    memset(buf, 7, sizeof buf);
    assert_true(dma_write(pm, 0x1ffe, buf, 6)); /* RAM, then ROM with its write ops */
    assert_int_equal(ram[0x1fff], 7);
    assert_int_equal(rom[0], 2);
    assert_string_equal(w.log, "w4@0=7070707 ");
    assert_int_equal(l->rams, 1);
    assert_int_equal(l->gpa, 0x1ffe);
    assert_int_equal(l->len, 2);
    assert_false(dma_write(pm, 0x3ffe, buf, 4));
    assert_string_equal(d.log, "w2@0=707 ");
    assert_false(dma_write(pm, 0x100000, buf, 16));
    assert_true(dma_write(pm, 0x100000, buf, 0));
    physmem_free(pm);
    g_free(l);
}

static void maps_are_bounded_and_reported(void **state)
{
    (void)state;
    static uint8_t ram[4 * PAGE], rom[PAGE];
    struct physmem *pm = physmem_new();
    struct listener *l = listen(pm);
    struct dev d = { .value = 0 };
    struct mem_region *r = physmem_add_ram(pm, "ram", 0, sizeof ram, ram, 0);
    physmem_add_rom(pm, "rom", 0x8000, PAGE, rom, 0, NULL, NULL);
    physmem_add_io(pm, "io", 0x9000, PAGE, &dwords, &d, 0);
    uint64_t len = 100 * PAGE;
    uint8_t *p = dma_map(pm, 0x1010, &len, true);
    assert_ptr_equal(p, ram + 0x1010);
    assert_int_equal(len, sizeof ram - 0x1010);
    dma_unmap(pm, 0x1010, p, 0);
    assert_int_equal(l->rams, 0);
    dma_unmap(pm, 0x1010, p, 32);
    assert_int_equal(l->rams, 1);
    assert_int_equal(l->gpa, 0x1010);
    assert_int_equal(l->len, 32);
    /* The guest moves the RAM while a transfer is under way. */
    mem_region_set_gpa(r, 0x100000);
    dma_unmap(pm, 0x1010, p, 32);
    assert_int_equal(l->gpa, 0x101010);
    len = 8;
    assert_null(dma_map(pm, 0x8000, &len, true));
    assert_int_equal(len, 0);
    len = 8;
    assert_ptr_equal(dma_map(pm, 0x8000, &len, false), rom);
    len = 8;
    assert_null(dma_map(pm, 0x9000, &len, false));
    len = 8;
    assert_null(dma_map(pm, 0xb000, &len, false));
    physmem_free(pm);
    g_free(l);
}

static void dirty_pages(void **state)
{
    (void)state;
    static uint8_t ram[4 * PAGE + 100];
    struct physmem *pm = physmem_new();
    struct listener *l = listen(pm);
    struct mem_region *r = physmem_add_ram(pm, "vram", 0x10000, sizeof ram, ram, 0);
    physmem_add_alias(pm, "window", 0xa0000, PAGE, r, PAGE, 0);
    assert_false(mem_region_tracks_dirty(r));
    assert_true(mem_region_test_clear_dirty(r, 0, 1)); /* unknown counts as changed */
    mem_region_track_dirty(r, true);
    assert_true(mem_region_test_clear_dirty(r, 0, sizeof ram)); /* all, at first */
    assert_false(mem_region_test_clear_dirty(r, 0, sizeof ram));
    l->rearms = 0;
    mem_region_set_dirty(r, 0, 1);
    mem_region_set_dirty(r, 2 * PAGE, 2 * PAGE);
    assert_true(mem_region_test_clear_dirty(r, 0, sizeof ram));
    assert_int_equal(l->rearms, 2); /* one a run of pages */
    assert_int_equal(l->gpa, 0x10000 + 2 * PAGE);
    assert_int_equal(l->len, 2 * PAGE);
    l->rearms = 0;
    dma_write(pm, 0x10000 + PAGE - 1, "ab", 2); /* pages 0 and 1 */
    assert_true(mem_region_test_clear_dirty(r, 0, PAGE));
    assert_int_equal(l->rearms, 1);
    assert_int_equal(l->gpa, 0x10000);
    assert_int_equal(l->len, PAGE);
    assert_true(mem_region_test_clear_dirty(r, PAGE, PAGE));
    assert_int_equal(l->rearms, 3); /* it is seen at two places */
    assert_false(mem_region_test_clear_dirty(r, 0, sizeof ram));
    dma_write(pm, 0xa0004, "x", 1); /* through the window */
    assert_false(mem_region_test_clear_dirty(r, 0, PAGE));
    assert_true(mem_region_test_clear_dirty(r, PAGE, 1));
    mem_region_set_dirty(r, 4 * PAGE + 99, 1000000); /* cut to the region */
    mem_region_set_dirty(r, sizeof ram, 1);
    mem_region_set_dirty(r, UINT64_MAX, 1);
    assert_true(mem_region_test_clear_dirty(r, 4 * PAGE, UINT64_MAX));
    assert_false(mem_region_test_clear_dirty(r, sizeof ram, 1));
    mem_region_track_dirty(r, false);
    mem_region_set_dirty(r, 0, 1);
    mem_region_track_dirty(r, true);
    assert_true(mem_region_test_clear_dirty(r, 2 * PAGE, 1)); /* all again */
    physmem_free(pm);
    g_free(l);
}

static void a20(void **state)
{
    (void)state;
    struct physmem *pm = physmem_new();
    struct listener *l = listen(pm);
    assert_true(physmem_a20(pm));
    physmem_set_a20(pm, true);
    assert_int_equal(l->a20s, 0);
    physmem_set_a20(pm, false);
    assert_false(physmem_a20(pm));
    assert_int_equal(l->a20s, 1);
    physmem_free(pm);
    g_free(l);
}

/* A device whose write handler moves and replaces regions, its own among them. */
struct mover {
    struct physmem *pm;
    struct mem_region *self;
};

static void mover_write(void *opaque, gpa_t off, uint64_t value, unsigned size);
static const struct mem_ops mover_ops = { NULL, mover_write, 1, 1 };

static void mover_write(void *opaque, gpa_t off, uint64_t value, unsigned size)
{
    struct mover *m = opaque;
    (void)off, (void)value, (void)size;
    physmem_remove(m->pm, m->self);
    m->self = physmem_add_io(m->pm, "mover", 0x1000, PAGE, &mover_ops, m, 0);
}

static void old_views_and_regions_are_freed(void **state)
{
    (void)state;
    struct mover m = { physmem_new(), NULL };
    m.self = physmem_add_io(m.pm, "mover", 0x1000, PAGE, &mover_ops, &m, 0);
    for (int i = 0; i < 2000; i++) {
        physmem_io_write(m.pm, 0x1000, 0, 8);
    }
    assert_in_range(physmem_retired(m.pm), 1, 1000);
    uint8_t block[64] = { 0 };
    for (int i = 0; i < 2000; i++) {
        dma_write(m.pm, 0x1000, block, sizeof block);
    }
    assert_in_range(physmem_retired(m.pm), 1, 1000);
    /* A region that nobody ever saw counts, too. */
    for (int i = 0; i < 2000; i++) {
        physmem_remove(m.pm, physmem_add_io(m.pm, "hidden", 0x1000, PAGE, &bytes, &m, -1));
    }
    assert_in_range(physmem_retired(m.pm), 1, 1000);

    physmem_free(m.pm);
}

/* --- threads ------------------------------------------------------------------------------ */

struct shared {
    struct physmem *pm;
    atomic_bool stop;
};

static gpointer reading(gpointer data)
{
    struct shared *s = data;
    uintptr_t bad = 0;
    while (!atomic_load(&s->stop)) {
        for (gpa_t a = 0; a < 16 * PAGE; a += 1000) {
            struct mem_section m;
            if (physmem_lookup(s->pm, a, &m) &&
                (a < m.gpa || a - m.gpa >= m.size || mem_region_size(m.region) == 0)) {
                bad++;
            }
        }
    }
    return (gpointer)bad;
}

static gpointer copying(gpointer data)
{
    struct shared *s = data;
    uint8_t buf[3000] = { 0 };
    while (!atomic_load(&s->stop)) {
        dma_write(s->pm, 0x400, buf, sizeof buf);
        dma_read(s->pm, 0x400, buf, sizeof buf);
    }
    return NULL;
}

static void look_ups_race_with_changes(void **state)
{
    (void)state;
    static uint8_t ram[4 * PAGE];
    struct shared s = { .pm = physmem_new() };
    struct mem_region *fixed = physmem_add_ram(s.pm, "ram", 0, sizeof ram, ram, 0);
    mem_region_track_dirty(fixed, true);
    GThread *t[3] = { g_thread_new("r0", reading, &s), g_thread_new("r1", reading, &s),
                      g_thread_new("copy", copying, &s) };
    for (int i = 0; i < 3000; i++) {
        struct mem_region *r =
            physmem_add_ram(s.pm, "moving", 0x4000, PAGE, ram, i & 1 ? 1 : -1);
        mem_region_set_gpa(r, (gpa_t)(i % 12 + 4) * PAGE);
        mem_region_test_clear_dirty(fixed, 0, sizeof ram);
        physmem_remove(s.pm, r);
    }
    atomic_store(&s.stop, true);
    for (int i = 0; i < 3; i++) {
        assert_null(g_thread_join(t[i]));
    }
    physmem_free(s.pm);
}

/* --- against a model ---------------------------------------------------------------------- */

static void random_maps_match_a_model(void **state)
{
    (void)state;
    enum { REGIONS = 12, PAGES = 32 };
    static uint8_t ram[PAGES * PAGE];
    GRand *rand = g_rand_new_with_seed(42);
    for (int round = 0; round < 200; round++) {
        struct physmem *pm = physmem_new();
        struct {
            struct mem_region *r;
            unsigned first, n;
            int priority;
            bool on;
        } m[REGIONS];
        for (int i = 0; i < REGIONS; i++) {
            m[i].first = (unsigned)g_rand_int_range(rand, 0, PAGES);
            m[i].n = (unsigned)g_rand_int_range(rand, 0, 10);
            m[i].priority = g_rand_int_range(rand, -2, 3);
            m[i].on = g_rand_int_range(rand, 0, 4) != 0;
            m[i].r = physmem_add_ram(pm, "r", m[i].first * PAGE, m[i].n * PAGE, ram,
                                     m[i].priority);
            mem_region_set_enabled(m[i].r, m[i].on);
        }
        for (unsigned page = 0; page < PAGES + 12; page++) {
            int best = -1;
            for (int i = 0; i < REGIONS; i++) {
                if (m[i].on && page >= m[i].first && page - m[i].first < m[i].n &&
                    (best < 0 || m[i].priority >= m[best].priority)) {
                    best = i;
                }
            }
            const struct mem_section *s = physmem_find(pm, page * PAGE + 5);
            if ((s == NULL) != (best < 0) || (s && s->region != m[best].r)) {
                fail_msg("round %d, page %u", round, page);
            }
            if (s) {
                assert_int_equal(s->region_off + (page * PAGE - s->gpa),
                                 (page - m[best].first) * PAGE);
            }
        }
        physmem_free(pm);
    }
    g_rand_free(rand);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(priorities_make_the_view),
        cmocka_unit_test(changes_are_grouped_and_no_change_is_silent),
        cmocka_unit_test(aliases_show_their_target),
        cmocka_unit_test(an_alias_can_be_write_protected_alone),
        cmocka_unit_test(regions_at_the_top_of_the_address_space),
        cmocka_unit_test(io_is_split_as_the_device_says),
        cmocka_unit_test(values_of_io_reads),
        cmocka_unit_test(dma_goes_where_the_view_says),
        cmocka_unit_test(maps_are_bounded_and_reported),
        cmocka_unit_test(dirty_pages),
        cmocka_unit_test(a20),
        cmocka_unit_test(old_views_and_regions_are_freed),
        cmocka_unit_test(look_ups_race_with_changes),
        cmocka_unit_test(random_maps_match_a_model),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
