/* SPDX-License-Identifier: MIT */
/* link: monitor/symbols.c monitor/symbols_lines.c core/opts.c core/error.c core/log.c */
/* link: core/types.c */
/* link: core/module.c core/module_list.c os/posix/[a-z]*.c os/linux/[a-z]*.c */
/*
 * Names from maps and ELF files, whole, cut short and spoilt; slides; Rust's names undone.
 */
#include "tests/fake/unit.h"

#include <glib/gstdio.h>
#include <stdio.h>
#include <string.h>

#include "monitor/symbols.h"

static char *path;

static int setup(void **state)
{
    (void)state;
    int fd = g_file_open_tmp("symbols-XXXXXX", &path, NULL);
    return fd >= 0 && g_close(fd, NULL) ? 0 : -1;
}

static int teardown(void **state)
{
    (void)state;
    remove(path);
    g_free(path);
    return 0;
}

static bool add(struct symbols *s, const void *data, size_t len, const char *more)
{
    GError *err = NULL;
    FILE *f = fopen(path, "wb");
    assert_non_null(f);
    assert_int_equal(fwrite(data, 1, len, f), len);
    fclose(f);
    char *spec = g_strconcat(path, more, NULL);
    bool ok = symbols_add(s, spec, &err);
    assert_true(ok == !err);
    g_clear_error(&err);
    g_free(spec);
    return ok;
}

static const char map[] = "ffffffff81000000 T _text\nffffffff81000100 t inner\n"
                          "0000000000000010 A constant\nnot a line\nffffffff81000200 D data\n";

static void maps(void **state)
{
    (void)state;
    struct symbols *s = symbols_new();
    char text[64];
    uint64_t a;
    assert_true(add(s, map, sizeof map - 1, ",offset=0x1000"));
    assert_int_equal(symbols_count(s), 3);
    symbols_text(s, 0xffffffff81001104ull, text, sizeof text);
    assert_string_equal(text, "inner+0x4");
    symbols_text_return(s, 0xffffffff81001100ull, text, sizeof text);
    assert_string_equal(text, "_text+0x100");
    symbols_text(s, 0x1000, text, sizeof text);
    assert_string_equal(text, "");
    assert_true(symbols_find(s, "data", &a));
    assert_int_equal(a, 0xffffffff81001200ull);
    assert_false(add(s, "hello\n", 6, ""));
    assert_false(add(s, map, sizeof map - 1, ",offset=x"));
    assert_false(add(s, map, sizeof map - 1, ",nosuch=1"));
    symbols_free(s);
}

/* An ELF file of 64 bits with one function and its names. */
static size_t make_elf(uint8_t *p)
{
    static const uint8_t ident[16] = {0x7f, 'E', 'L', 'F', 2, 1, 1};
    const uint64_t shoff = 64, symtab = 64 + 3 * 64, strtab = symtab + 48;
    const char names[] = "\0main";
    memset(p, 0, 512);
    memcpy(p, ident, 16);
    memcpy(p + 40, &shoff, 8);
    p[58] = 64; /* e_shentsize */
    p[60] = 3;  /* e_shnum */
    uint8_t *h = p + 64 + 64;
    h[4] = 2; /* SHT_SYMTAB */
    memcpy(h + 24, &symtab, 8);
    h[32] = 48;
    h[40] = 2; /* sh_link */
    h += 64;
    h[4] = 3;
    memcpy(h + 24, &strtab, 8);
    h[32] = sizeof names;
    uint8_t *sym = p + symtab + 24;
    sym[0] = 1;    /* st_name */
    sym[4] = 0x12; /* global function */
    sym[6] = 1;    /* st_shndx */
    sym[9] = 0x10; /* st_value 1000h */
    sym[16] = 0x20;
    memcpy(p + strtab, names, sizeof names);
    return strtab + sizeof names;
}

static void elf(void **state)
{
    uint8_t file[512];
    char text[64];
    (void)state;
    struct symbols *s = symbols_new();
    assert_true(add(s, file, make_elf(file), ""));
    symbols_text(s, 0x1008, text, sizeof text);
    assert_string_equal(text, "main+0x8/0x20");
    symbols_text(s, 0x1020, text, sizeof text);
    assert_string_equal(text, "");
    symbols_free(s);
}

/* Cut anywhere and with any byte changed: no crash, and nothing outside of the file is read. */
static void spoilt_elf(void **state)
{
    uint8_t file[512];
    (void)state;
    size_t len = make_elf(file);
    for (size_t cut = 1; cut < len; cut += 3) {
        struct symbols *s = symbols_new();
        add(s, file, cut, "");
        symbols_free(s);
    }
    for (size_t k = 0; k < len; k++) {
        struct symbols *s = symbols_new();
        uint64_t off;
        make_elf(file);
        file[k] ^= 0xff;
        add(s, file, len, "");
        symbols_name(s, 0x1008, &off);
        symbols_free(s);
    }
}

static void demangled(void **state)
{
    static const char *const cases[][2] = {
        {"_ZN4core9panicking5panic17h0123456789abcdefE", "core::panicking::panic"},
        {"_ZN53_$LT$T$u20$as$u20$core..convert..TryFrom$LT$U$GT$$GT$8try_from17h0123456789abcdefE",
         "<T as core::convert::TryFrom<U>>::try_from"},
        {"main", "main"},
        {"_ZN9999999999999999999x", "_ZN9999999999999999999x"},
        {"_ZN", "_ZN"},
    };
    (void)state;
    for (unsigned k = 0; k < ARRAY_LEN(cases); k++) {
        char *d = symbols_demangle(cases[k][0]);
        assert_string_equal(d, cases[k][1]);
        g_free(d);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(maps, setup, teardown),
        cmocka_unit_test_setup_teardown(elf, setup, teardown),
        cmocka_unit_test_setup_teardown(spoilt_elf, setup, teardown),
        cmocka_unit_test(demangled),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
