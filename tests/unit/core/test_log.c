/* SPDX-License-Identifier: MIT */
/* link: core/log.c os/posix/[a-z]*.c os/linux/[a-z]*.c */
#include <errno.h>
#include <unistd.h>

#include <glib.h>
#include <glib/gstdio.h>

#include "core/log.h"
#include "tests/fake/unit.h"

struct world {
    char *dir, *path;
};

static int setup(void **state)
{
    struct world *w = g_new0(struct world, 1);
    w->dir = g_dir_make_tmp("emu-test-XXXXXX", NULL);
    w->path = g_build_filename(w->dir, "log", NULL);
    assert_int_equal(log_open(w->path), 0);
    *state = w;
    return 0;
}

static int teardown(void **state)
{
    struct world *w = *state;
    assert_int_equal(log_open(NULL), 0);
    log_mask = 0;
    g_unlink(w->path);
    assert_int_equal(g_rmdir(w->dir), 0);
    g_free(w->path);
    g_free(w->dir);
    g_free(w);
    return 0;
}

/* The log's text so far. */
static char *logged(struct world *w)
{
    char *text;
    log_flush();
    assert_true(g_file_get_contents(w->path, &text, NULL, NULL));
    return text;
}

static void lines(void **state)
{
    struct world *w = *state;
    log_err("uart0", "bad %s", "thing");
    log_warn(NULL, "careful");
    log_info("vga", "%d", 42);
    log_raw("0x%x ", 16);
    log_raw("raw\n");
    char *text = logged(w);
    assert_string_equal(text, "emu: uart0: bad thing\nemu: warning: careful\nemu: vga: 42\n"
                              "0x10 raw\n");
    g_free(text);
}

static void a_guest_cannot_fill_the_log(void **state)
{
    struct world *w = *state;
    guest_warn("ide", "not asked for");
    log_mask = LOG_GUEST_ERRORS;
    for (int i = 0; i < 10000; i++) {
        guest_warn("ide", "register %d", i);
    }
    guest_warn("uart", "mine");
    for (int i = 0; i < 10000; i++) { /* names without end share a budget */
        char who[16];
        snprintf(who, sizeof who, "d%d", i);
        guest_warn(who, "x");
    }
    guest_warn(NULL, "nobody");
    char *text = logged(w);
    assert_true(strlen(text) < 8000);
    assert_null(strstr(text, "not asked for"));
    assert_non_null(strstr(text, "emu: guest: ide: register 0\n"));
    assert_null(strstr(text, "register 9999"));
    assert_non_null(strstr(text, "emu: guest: uart: mine\n")); /* each has its own budget */
    g_free(text);
}

static void filters(void **state)
{
    (void)state;
    unsigned mask;
    const char *bad = NULL;
    const char *items = "int,vector=14,cpl=3,pc=0x1000..0x1fff,dev:i*,dev:-ioapic";
    assert_true(log_parse_mask(items, &mask, &bad));
    assert_true(log_int_wanted(14, 3, 0x1000));
    assert_false(log_int_wanted(13, 3, 0x1000));
    assert_false(log_int_wanted(14, 0, 0x1000));
    assert_false(log_int_wanted(14, 3, 0x2000));
    assert_true(log_dev_wanted("ide"));
    assert_false(log_dev_wanted("ioapic"));
    assert_false(log_dev_wanted("pic"));
    assert_true(log_parse_mask("int", &mask, &bad));
    assert_true(log_int_wanted(13, 0, 0));
    assert_true(log_parse_filter("0x8000..0x8fff,0xffffffc000080000+0x200,0x60000-0x1000", &bad));
    static const struct {
        uint64_t pc;
        bool wanted;
    } pcs[] = { { 0x7fff, false }, { 0x8000, true }, { 0x8fff, true }, { 0x9000, false },
                { 0xffffffc000080000, true }, { 0xffffffc0000801ff, true },
                { 0xffffffc000080200, false }, { 0x60000, true }, { 0x5f001, true },
                { 0x5f000, false }, { 0x60001, false } };
    for (size_t i = 0; i < ARRAY_LEN(pcs); i++) {
        if (log_pc_wanted(pcs[i].pc) != pcs[i].wanted) {
            fail_msg("0x%llx", (unsigned long long)pcs[i].pc);
        }
    }
    assert_false(log_parse_filter("0x8000..x", &bad));
    assert_string_equal(bad, "0x8000..x");
    assert_true(log_pc_wanted(1));
}

static void rings(void **state)
{
    struct world *w = *state;
    unsigned mask;
    assert_true(log_parse_mask("int,ring=1k", &mask, NULL));
    for (unsigned i = 0; i < 1000; i++) {
        log_raw("line %u of many\n", i);
    }
    char *text = logged(w);
    assert_null(strstr(text, "line"));
    g_free(text);
    log_ring_dump("it died");
    text = logged(w);
    assert_non_null(strstr(text, "(it died):\nline 9"));
    assert_non_null(strstr(text, "line 999 of many\nemu: end"));
    assert_null(strstr(text, "line 900 of"));
    assert_true(strlen(text) < 1200);
    g_free(text);
    assert_true(log_parse_mask("int", &mask, NULL));
}

static void masks(void **state)
{
    struct world *w = *state;
    static const struct {
        const char *items;
        bool ok;
        unsigned mask;
        const char *bad;
    } cases[] = {
        { "guest_errors", true, LOG_GUEST_ERRORS, NULL },
        { "cpu_reset,int", true, LOG_CPU_RESET | LOG_INT, NULL },
        { "in_asm,op,out_asm,exec,cpu,unimp,mmu,pcall", true,
          LOG_IN_ASM | LOG_OP | LOG_OUT_ASM | LOG_EXEC | LOG_CPU | LOG_UNIMP | LOG_MMU | LOG_PCALL,
          NULL },
        { "", true, 0, NULL },
        { "int,", true, LOG_INT, NULL },
        { "int,none", true, 0, NULL },
        { "fpu,page,nochain,plugin,strace,int", true, LOG_INT, NULL },
        { "trace:usb*,dev:ide,int", true, LOG_INT | LOG_TRACE | LOG_DEV, NULL },
        { "int,vector=14,vector=0x21,cpl=3,pc=0x1000..0x1fff,ring=4k", true, LOG_INT, NULL },
        { "int,vector=256", false, 0, "vector=256" },
        { "int,cpl=4", false, 0, "cpl=4" },
        { "int,pc=5..4", false, 0, "pc=5..4" },
        { "ring=0", false, 0, "ring=0" },
        { "ring=1G", false, 0, "ring=1G" },
        { "ring=300M", false, 0, "ring=300M" },
        { "int,gest_errors", false, 0, "gest_errors" },
        { "trace", false, 0, "trace" },
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        unsigned mask = 77;
        const char *bad = NULL;
        assert_case(cases[i].items, log_parse_mask(cases[i].items, &mask, &bad) == cases[i].ok);
        assert_case(cases[i].items, mask == (cases[i].ok ? cases[i].mask : 77));
        assert_case(cases[i].items, g_strcmp0(bad, cases[i].bad) == 0);
    }
    unsigned all = 0;
    assert_true(log_parse_mask("all", &all, NULL));
    assert_int_equal(all, (1 << 12) - 1);
    char *text = logged(w);
    assert_non_null(strstr(text, "emu: warning: -d page: emu has no such log item"));
    g_free(text);
}

static void files(void **state)
{
    struct world *w = *state;
    char *with_pid = g_build_filename(w->dir, "log-%d", NULL);
    char *real = g_strdup_printf("%s/log-%d", w->dir, (int)getpid());
    assert_int_equal(log_open("/nonexistent/log"), -ENOENT);
    log_info(NULL, "still here"); /* the old file stays in use */
    char *text = logged(w);
    assert_string_equal(text, "emu: still here\n");
    g_free(text);
    assert_int_equal(log_open(with_pid), 0);
    assert_true(g_file_test(real, G_FILE_TEST_EXISTS));
    g_unlink(real);
    g_free(real);
    g_free(with_pid);
}

static gpointer write_lines(gpointer data)
{
    for (int i = 0; i < 500; i++) {
        log_info(data, "0123456789012345678901234567890123456789");
    }
    return NULL;
}

static void lines_of_threads_stay_whole(void **state)
{
    struct world *w = *state;
    static char a[] = "a", b[] = "b";
    GThread *t[2] = { g_thread_new("a", write_lines, a), g_thread_new("b", write_lines, b) };
    g_thread_join(t[0]);
    g_thread_join(t[1]);
    char *text = logged(w), **all = g_strsplit(text, "\n", -1);
    assert_int_equal(g_strv_length(all), 1001);
    for (int i = 0; i < 1000; i++) {
        assert_int_equal(strlen(all[i]), strlen("emu: a: ") + 40);
    }
    g_strfreev(all);
    g_free(text);
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
    const struct CMUnitTest tests[] = {
        T(lines), T(a_guest_cannot_fill_the_log), T(masks), T(files),
        T(filters), T(rings),
        T(lines_of_threads_stay_whole),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
