/* SPDX-License-Identifier: MIT */
/* link: core/textcon.c core/font.c core/display.c core/input.c */
/* timeout: 60 */
#include <string.h>

#include <glib.h>

#include "core/display.h"
#include "core/input.h"
#include "core/textcon.h"
#include "tests/fake/unit.h"

struct rig {
    struct textcon *t;
    GString *typed;
};

static void on_typed(void *opaque, const char *bytes, size_t n)
{
    g_string_append_len(((struct rig *)opaque)->typed, bytes, (gssize)n);
}

static int setup(void **state)
{
    struct rig *r = g_new0(struct rig, 1);
    r->typed = g_string_new(NULL);
    r->t = textcon_new(10, 4, on_typed, r);
    *state = r;
    return 0;
}

static int teardown(void **state)
{
    struct rig *r = *state;
    textcon_free(r->t);
    g_string_free(r->typed, TRUE);
    g_free(r);
    return 0;
}

static void say(struct rig *r, const char *s)
{
    textcon_write(r->t, (const uint8_t *)s, strlen(s));
}

static void sequences_do_what_a_vt100_does(void **state)
{
    static const struct {
        const char *name, *bytes, *screen;
    } cases[] = {
        { "text", "hello\r\nyou", "hello\nyou\n\n\n" },
        { "wrap", "0123456789ab", "0123456789\nab\n\n\n" },
        { "a full line waits", "0123456789\r\nab", "0123456789\nab\n\n\n" },
        { "scroll", "1\r\n2\r\n3\r\n4\r\n5", "2\n3\n4\n5\n" },
        { "tab, backspace", "a\tb\bc", "a       c\n\n\n\n" },
        { "position", "\x1b[3;4Hx\x1b[Hy", "y\n\n   x\n\n" },
        { "position beyond", "\x1b[99;99Hx", "\n\n\n         x\n" },
        { "erase line", "abcdef\x1b[4G\x1b[K", "abc\n\n\n\n" },
        { "erase to here", "abcdef\x1b[3G\x1b[1K", "   def\n\n\n\n" },
        { "erase screen", "ab\r\ncd\x1b[2J", "\n\n\n\n" },
        { "insert, delete", "abcdef\x1b[2G\x1b[2P\x1b[1@", "a def\n\n\n\n" },
        { "insert line", "1\r\n2\r\n3\x1b[2;1H\x1b[L", "1\n\n2\n3\n" },
        { "delete line", "1\r\n2\r\n3\x1b[1;1H\x1b[M", "2\n3\n\n\n" },
        { "region", "1\r\n2\r\n3\r\n4\x1b[2;3r\x1b[3;1H\n", "1\n3\n\n4\n" },
        { "reverse index", "1\r\n2\x1b[H\x1bM0", "0\n1\n2\n\n" },
        { "save, restore", "ab\x1b[s\x1b[3;3Hx\x1b[uc", "abc\n\n  x\n\n" },
        { "title is no text", "\x1b]0;title\a!", "!\n\n\n\n" },
        { "UTF-8", "\xc3\xa4\xe2\x82\xac", "\xc3\xa4\xe2\x82\xac\n\n\n\n" },
        { "huge numbers", "\x1b[99999999999A\x1b[99999999999Bx", "\n\n\nx\n" },
        { "many arguments", "\x1b[1;2;3;4;5;6;7;8;9;10;11;12mx", "x\n\n\n\n" },
    };
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct rig *r;
        setup((void **)&r);
        say(r, cases[i].bytes);
        char *text = display_text(textcon_display(r->t));
        if (strcmp(text, cases[i].screen) != 0) {
            fail_msg("%s: '%s' instead of '%s'", cases[i].name, text, cases[i].screen);
        }
        g_free(text);
        teardown((void **)&r);
    }
}

static void keys_send_characters(void **state)
{
    struct rig *r = *state;
    struct input_hub *hub = textcon_input(r->t);
    static const struct {
        uint8_t mod, usage;
        const char *bytes;
    } keys[] = {
        { 0, 0x04, "a" },       { 0xe1, 0x04, "A" }, { 0xe0, 0x06, "\x03" }, { 0, 0x1e, "1" },
        { 0xe5, 0x1e, "!" },    { 0, 0x2c, " " },    { 0, 0x38, "/" },       { 0xe1, 0x38, "?" },
        { 0, 0x31, "\\" },      { 0, 0x33, ";" },    { 0, 0x28, "\r" },      { 0, 0x2a, "\x7f" },
        { 0, 0x52, "\x1b[A" },  { 0xe2, 0x05, "\x1b" "b" },
    };
    for (size_t i = 0; i < ARRAY_LEN(keys); i++) {
        g_string_truncate(r->typed, 0);
        if (keys[i].mod) {
            input_key(hub, keys[i].mod, true);
        }
        input_key(hub, keys[i].usage, true);
        input_key(hub, keys[i].usage, false);
        if (keys[i].mod) {
            input_key(hub, keys[i].mod, false);
        }
        if (strcmp(r->typed->str, keys[i].bytes) != 0) {
            fail_msg("usage 0x%02x: '%s' instead of '%s'", keys[i].usage, r->typed->str,
                     keys[i].bytes);
        }
    }
}

static void shift_page_up_looks_back(void **state)
{
    struct rig *r = *state;
    say(r, "1\r\n2\r\n3\r\n4\r\n5\r\n6");
    struct input_hub *hub = textcon_input(r->t);
    input_key(hub, 0xe1, true);
    input_key(hub, 0x4b, true);
    g_autofree char *back = display_text(textcon_display(r->t));
    assert_string_equal(back, "1\n2\n3\n4\n");
    input_key(hub, 0xe1, false);
    input_key(hub, 0x04, true);
    g_autofree char *now = display_text(textcon_display(r->t));
    assert_string_equal(now, "3\n4\n5\n6\n");
    assert_string_equal(r->typed->str, "a");
}

/* The picture has the size of its cells, letters in their colour, and the cursor. */
static void it_is_drawn(void **state)
{
    struct rig *r = *state;
    say(r, "\x1b[31;44mA\x1b[?25l");
    const struct surface *s = display_refresh(textcon_display(r->t), false);
    assert_int_equal(s->width, 80);
    assert_int_equal(s->height, 64);
    assert_int_equal(s->pixels[0], 0x0000aa);
    assert_int_equal(s->pixels[80 + 4], 0xaa0000);
    say(r, "\x1b[?25h");
    s = display_refresh(textcon_display(r->t), false);
    assert_int_equal(s->pixels[8], 0xaaaaaa);
}

/* Anything may come; nothing leaves the screen. */
static void noise_is_harmless(void **state)
{
    struct rig *r = *state;
    uint32_t x = 1;
    for (unsigned i = 0; i < 300000; i++) {
        static const char common[] = "\x1b[;0123456789ABCDHJKLMPX@mrsuh?\n\r\t\b";
        x = x * 1664525 + 1013904223;
        uint8_t c = x >> 31 ? (uint8_t)(x >> 16) : (uint8_t)common[(x >> 16) % (sizeof common - 1)];
        textcon_write(r->t, &c, 1);
        if (i % 1000 == 0) {
            display_refresh(textcon_display(r->t), false);
            g_string_truncate(r->typed, 0);
        }
    }
    say(r, "\x1b" "cdone");
    g_autofree char *text = display_text(textcon_display(r->t));
    assert_string_equal(text, "done\n\n\n\n");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sequences_do_what_a_vt100_does),
        cmocka_unit_test_setup_teardown(keys_send_characters, setup, teardown),
        cmocka_unit_test_setup_teardown(shift_page_up_looks_back, setup, teardown),
        cmocka_unit_test_setup_teardown(it_is_drawn, setup, teardown),
        cmocka_unit_test_setup_teardown(noise_is_harmless, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
