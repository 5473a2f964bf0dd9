/* SPDX-License-Identifier: MIT */
/* link: core/opts.c core/error.c */
#include "core/opts.h"
#include "tests/fake/unit.h"

/* key=value;key=value; or the error. */
static char *parsed(const char *text, const char *implied)
{
    GError *err = NULL;
    struct opts *o = opts_parse(text, implied, &err);
    GString *s = g_string_new(NULL);
    if (!o) {
        g_string_append(s, err->message);
        g_clear_error(&err);
    } else {
        for (size_t i = 0; i < opts_count(o); i++) {
            g_string_append_printf(s, "%s=%s;", opts_key(o, i), opts_value(o, i));
        }
    }
    opts_free(o);
    return g_string_free(s, FALSE);
}

static void option_lists(void **state)
{
    (void)state;
    static const struct {
        const char *text, *implied, *want;
    } cases[] = {
        { "", NULL, "" },
        { "a=1,b=2", NULL, "a=1;b=2;" },
        { "stdio,id=debug,signal=off,mux=on,", "backend",
          "backend=stdio;id=debug;signal=off;mux=on;" },
        { "file=a,,b,format=raw", NULL, "file=a,b;format=raw;" },
        { "a,,b,c=d", "file", "file=a,b;c=d;" },
        { "a=,b", NULL, "a=;b=on;" },
        { "server,nowait", NULL, "server=on;wait=off;" },
        { "no,x=1", NULL, "no=on;x=1;" },
        { "path=a=b", NULL, "path=a=b;" },
        { "x=1,x=2", NULL, "x=1;x=2;" },
        { "name=Redox OS x86_64", "guest", "name=Redox OS x86_64;" },
        { "pc", "type", "type=pc;" },
        { "a=1,,", NULL, "a=1,;" },
        { "=x", NULL, "'=x': there is a '=' without a name before it at position 1" },
        { "a=1,=x", NULL, "'a=1,=x': there is a '=' without a name before it at position 5" },
        { " {\"driver\":\"x\"}", "driver",
          "' {\"driver\":\"x\"}': the JSON form of options isn't supported; write key=value,..." },
        { ",", NULL, "',': an option is missing at position 1" },
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        char *got = parsed(cases[i].text, cases[i].implied);
        if (strcmp(got, cases[i].want) != 0) {
            fail_msg("'%s': got \"%s\", wanted \"%s\"", cases[i].text, got, cases[i].want);
        }
        g_free(got);
    }
}

static void sizes(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        uint64_t unit;
        bool ok;
        uint64_t want;
    } cases[] = {
        { "512", 1, true, 512 },
        { "512", MIB(1), true, MIB(512) },
        { "2G", MIB(1), true, GIB(2) },
        { "2g", 1, true, GIB(2) },
        { "1.5G", 1, true, 1536 * MIB(1) },
        { "0.5k", 1, true, 512 },
        { "128MiB", 1, true, MIB(128) },
        { "128MB", 1, true, MIB(128) },
        { "7b", MIB(1), true, 7 },
        { "0x10", 1, true, 16 },
        { "1T", 1, true, GIB(1024) },
        { "16E", 1, false, 0 },
        { "18446744073709551615", 1, true, UINT64_MAX },
        { "18446744073709551616", 1, false, 0 },
        { "18446744073709551615", 2, false, 0 },
        { "-1", 1, false, 0 },
        { "", 1, false, 0 },
        { " 1", 1, false, 0 },
        { "1 G", 1, false, 0 },
        { "12x", 1, false, 0 },
        { "1GG", 1, false, 0 },
        { "G", 1, false, 0 },
        { "1..5G", 1, false, 0 },
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        uint64_t v = 0;
        bool ok = parse_size(cases[i].text, cases[i].unit, &v);
        assert_case(cases[i].text, ok == cases[i].ok);
        assert_case(cases[i].text, !ok || v == cases[i].want);
    }
}

static void numbers_and_booleans(void **state)
{
    (void)state;
    uint64_t v;
    bool b;
    assert_true(parse_u64("0xff", 255, &v) && v == 255);
    assert_true(parse_u64("010", 255, &v) && v == 8);
    assert_false(parse_u64("256", 255, &v));
    assert_false(parse_u64("-1", UINT64_MAX, &v));
    assert_false(parse_u64("+1", UINT64_MAX, &v));
    assert_false(parse_u64("", UINT64_MAX, &v));
    assert_false(parse_u64("1x", UINT64_MAX, &v));
    assert_false(parse_u64("99999999999999999999", UINT64_MAX, &v));
    assert_true(parse_bool("on", &b) && b);
    assert_true(parse_bool("no", &b) && !b);
    assert_false(parse_bool("maybe", &b));
    assert_false(parse_bool("", &b));
}

static void typed_access(void **state)
{
    (void)state;
    GError *err = NULL;
    struct opts *o = opts_parse("a=1,n=0x20,s=3k,bad=zz,a=off", NULL, &err);
    bool b;
    uint64_t v = 99;
    assert_non_null(o);
    assert_string_equal(opts_get(o, "a"), "off"); /* the last one */
    assert_null(opts_get(o, "missing"));
    assert_true(opts_get_bool(o, "a", true, &b, &err) && !b);
    assert_true(opts_get_bool(o, "missing", true, &b, &err) && b);
    assert_true(opts_get_u64(o, "n", 0, &v, &err) && v == 32);
    assert_true(opts_get_u64(o, "missing", 7, &v, &err) && v == 7);
    assert_true(opts_get_size(o, "s", 1, &v, &err) && v == 3072);
    assert_true(opts_get_size(o, "missing", 1, &v, &err) && v == 3072);
    static const char *const messages[] = {
        "'bad=zz': write bad=on or bad=off",
        "'bad=zz': this takes a number",
        "'bad=zz': this takes a size, like 512M or 2G",
    };
    for (int i = 0; i < 3; i++) {
        bool ok = i == 0   ? opts_get_bool(o, "bad", true, &b, &err)
                  : i == 1 ? opts_get_u64(o, "bad", 0, &v, &err)
                           : opts_get_size(o, "bad", 1, &v, &err);
        assert_false(ok);
        assert_string_equal(err->message, messages[i]);
        g_clear_error(&err);
    }
    opts_free(o);
    opts_free(NULL);
}

static void unknown_keys_get_the_nearest(void **state)
{
    (void)state;
    static const char *const known[] = { "file", "format", "readonly", "if", NULL };
    GError *err = NULL;
    struct opts *o = opts_parse("file=x,fromat=raw", NULL, NULL);
    assert_false(opts_check_keys(o, "-drive", known, &err));
    assert_string_equal(err->message,
                        "-drive: unknown option 'fromat'; did you mean 'format'?");
    g_clear_error(&err);
    opts_free(o);
    o = opts_parse("file=x,zzzz=raw", NULL, NULL);
    assert_false(opts_check_keys(o, "-drive", known, &err));
    assert_string_equal(err->message, "-drive: unknown option 'zzzz'");
    g_clear_error(&err);
    opts_free(o);
    o = opts_parse("file=x,if=ide", NULL, NULL);
    assert_true(opts_check_keys(o, "-drive", known, &err));
    opts_free(o);
}

static void nearest(void **state)
{
    (void)state;
    static const char *const names[] = { "drive", "device", "display", "m", "machine", NULL };
    static const char *const cases[][2] = {
        { "drvie", "drive" },  { "devices", "device" }, { "dispaly", "display" },
        { "qqqqqq", NULL },    { "x", NULL },           { "DRIVE", "drive" },
        { "machin", "machine" },
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        const char *got = nearest_name(cases[i][0], names);
        assert_case(cases[i][0], g_strcmp0(got, cases[i][1]) == 0);
    }
    char *huge = g_strnfill(100000, 'a');
    assert_null(nearest_name(huge, names));
    g_free(huge);
}

/* Any text parses or is refused; what was parsed can be written again and parses to the same. */
static void random_texts(void **state)
{
    (void)state;
    static const char alphabet[] = ",,,===noab{ .G1";
    GRand *rand = g_rand_new_with_seed(11);
    for (int i = 0; i < 50000; i++) {
        char text[24];
        size_t len = (size_t)g_rand_int_range(rand, 0, sizeof text);
        for (size_t k = 0; k < len; k++) {
            text[k] = alphabet[g_rand_int_range(rand, 0, sizeof alphabet - 1)];
        }
        text[len] = '\0';
        GError *err = NULL;
        struct opts *o = opts_parse(text, i & 1 ? "first" : NULL, &err);
        assert_case(text, (o == NULL) == (err != NULL));
        g_clear_error(&err);
        uint64_t v;
        parse_size(text, 1, &v);
        if (!o) {
            continue;
        }
        GString *again = g_string_new(NULL);
        for (size_t k = 0; k < opts_count(o); k++) {
            char **parts = g_strsplit(opts_value(o, k), ",", -1);
            char *value = g_strjoinv(",,", parts);
            /* A comma in a bare word became part of a key, which can't be written. */
            g_string_append_printf(again, "%s=%s,", opts_key(o, k), value);
            g_strfreev(parts);
            g_free(value);
        }
        struct opts *o2 = opts_parse(again->str, NULL, NULL);
        bool writable = !strchr(text, '{') && !strstr(text, ",,");
        assert_case(text, o2 || !writable);
        for (size_t k = 0; writable && k < opts_count(o); k++) {
            assert_case(text, strcmp(opts_value(o, k), opts_value(o2, k)) == 0);
        }
        opts_free(o2);
        opts_free(o);
        g_string_free(again, TRUE);
    }
    g_rand_free(rand);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(option_lists),
        cmocka_unit_test(sizes),
        cmocka_unit_test(numbers_and_booleans),
        cmocka_unit_test(typed_access),
        cmocka_unit_test(unknown_keys_get_the_nearest),
        cmocka_unit_test(nearest),
        cmocka_unit_test(random_texts),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
