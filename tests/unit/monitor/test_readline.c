/* SPDX-License-Identifier: MIT */
/* link: monitor/readline.c */
/*
 * The line editor against a little terminal that does what the escape sequences say: after every
 * key the terminal shows the line and the cursor stands where the editor thinks.
 */
#include "tests/fake/unit.h"

#include <string.h>

#include "monitor/readline.h"

struct screen {
    char row[512]; /* of the line with the cursor */
    size_t at, width;
    GString *lines; /* what Enter handed over, one a line */
    unsigned esc, param;
};

static void show(struct screen *s, char c)
{
    if (s->esc == 1) {
        s->esc = c == '[' ? 2 : 0;
        s->param = 0;
    } else if (s->esc == 2) {
        if (c >= '0' && c <= '9') {
            s->param = s->param * 10 + (unsigned)(c - '0');
            return;
        }
        s->esc = 0;
        if (c == 'D') {
            assert_true(s->at >= s->param);
            s->at -= s->param;
        } else if (c == 'K') {
            memset(s->row + s->at, 0, sizeof s->row - s->at);
        } else {
            assert_true(c == 'H' || c == 'J');
        }
    } else if (c == 27) {
        s->esc = 1;
    } else if (c == '\r') {
        s->at = 0;
    } else if (c == '\n') {
        memset(s->row, 0, sizeof s->row);
    } else if (c != '\a') {
        s->row[s->at++] = c;
    }
}

static void print(void *opaque, const char *text, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        show(opaque, text[i]);
    }
}

static void line(void *opaque, const char *text)
{
    struct screen *s = opaque;
    g_string_append_printf(s->lines, "%s\n", text);
}

static GPtrArray *complete(void *opaque, const char *head, size_t *word)
{
    static const char *const words[] = { "stop", "status", "system_reset", "alone" };
    GPtrArray *out = g_ptr_array_new_with_free_func(g_free);
    (void)opaque;
    const char *space = strrchr(head, ' ');
    *word = space ? (size_t)(space - head) + 1 : 0;
    for (size_t i = 0; i < G_N_ELEMENTS(words); i++) {
        if (g_str_has_prefix(words[i], head + *word)) {
            g_ptr_array_add(out, g_strdup(words[i]));
        }
    }
    return out;
}

static struct readline *start(struct screen *s)
{
    const struct readline_ops ops = {
        .print = print, .line = line, .complete = complete, .opaque = s
    };
    memset(s, 0, sizeof *s);
    s->lines = g_string_new(NULL);
    return readline_new(&ops, "> ", 64);
}

static void type(struct readline *r, const char *keys)
{
    for (; *keys; keys++) {
        readline_byte(r, (uint8_t)*keys);
    }
}

static const struct {
    const char *name, *keys, *lines;
} cases[] = {
    { "plain", "stop\r", "stop\n" },
    { "CR LF once, LF LF twice", "a\r\nb\n\n", "a\nb\n\n" },
    { "insert in the middle", "ac\x1b[Db\r", "abc\n" },
    { "home, end", "b\x01" "a\x05" "c\r", "abc\n" },
    { "home and end of other terminals", "b\x1b[1~a\x1b[4~c\x1bOHx\x1bOFy\r", "xabcy\n" },
    { "backspace at the beginning", "\x7f\x08" "a\r", "a\n" },
    { "delete", "abc\x01\x04\x1b[3~\r", "c\n" },
    { "delete at the end", "abc\x04\x1b[3~\r", "abc\n" },
    { "kill and yank", "one two\x17\x19\x19\r", "one twotwo\n" },
    { "kill to both ends", "abcdef\x1b[D\x1b[D\x1b[D\x0b\rabcdef\x1b[D\x1b[D\x15\r",
      "abc\nef\n" },
    { "words", "one two\x1b[1;5Dx\x1b[1;5D\x1b[1;5Dy\x1b[1;5Cz\r", "yonez xtwo\n" },
    { "UTF-8 is one column", "\xc3\xa4\xe2\x82\xac\x1b[Dx\x7f\x7f\r", "\xe2\x82\xac\n" },
    { "history", "a\rb\r\x1b[A\x1b[A\r\x10\r", "a\nb\na\na\n" },
    { "history keeps the draft", "a\rdra\x1b[A\x1b[B\x1b[B" "ft\r", "a\ndraft\n" },
    { "interrupt", "abc\x03" "d\r", "d\n" },
    { "completion", "al\t\r", "alone \n" },
    { "completion to what is common", "st\t\t\to\t\r", "stop \n" },
    { "completion of nothing", "nosuch\t\r", "nosuch\n" },
    { "unknown escapes", "\x1b[17~\x1b[?25h\x1b[999999999999CA\x1bz\x1b[<\x1b[1;2;3;4R\r", "A\n" },
};

static void keys_do_what_they_say(void **state)
{
    (void)state;
    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        struct screen s;
        struct readline *r = start(&s);
        type(r, cases[i].keys);
        if (strcmp(s.lines->str, cases[i].lines) != 0) {
            fail_msg("%s: got '%s', expected '%s'", cases[i].name, s.lines->str, cases[i].lines);
        }
        readline_free(r);
        g_string_free(s.lines, TRUE);
    }
}

static void a_long_line_is_cut(void **state)
{
    (void)state;
    struct screen s;
    struct readline *r = start(&s);
    for (unsigned i = 0; i < 10000; i++) {
        readline_byte(r, 'x');
    }
    type(r, "\r");
    assert_int_equal(s.lines->len, 65);
    readline_free(r);
    g_string_free(s.lines, TRUE);
}

/* ASCII and keys at random: what the terminal shows is what Enter hands over. */
static void the_screen_is_the_line(void **state)
{
    static const char *const keys[] = { "\x1b[D", "\x1b[C", "\x1b[A",    "\x1b[B",    "\x01",
                                        "\x05",   "\x7f",   "\x04",      "\x0b",      "\x17",
                                        "\x19",   "\t",     "\x1b[1;5D", "\x1b[1;5C" };
    GRand *rng = g_rand_new_with_seed(1);
    (void)state;
    for (unsigned round = 0; round < 2000; round++) {
        struct screen s;
        struct readline *r = start(&s);
        type(r, "first\rsecond one\r");
        g_string_truncate(s.lines, 0);
        readline_show(r);
        for (unsigned i = 0; i < 40; i++) {
            char c[2] = { "ab c"[g_rand_int_range(rng, 0, 4)], 0 };
            bool key = g_rand_int_range(rng, 0, 2);
            type(r, key ? keys[g_rand_int_range(rng, 0, G_N_ELEMENTS(keys))] : c);
        }
        char shown[512];
        g_strlcpy(shown, s.row, sizeof shown);
        type(r, "\r");
        g_string_truncate(s.lines, s.lines->len - 1);
        if (strcmp(shown + 2, s.lines->str) != 0) {
            fail_msg("round %u: shown '%s', line '%s'", round, shown + 2, s.lines->str);
        }
        readline_free(r);
        g_string_free(s.lines, TRUE);
    }
    g_rand_free(rng);
}

static void history_is_bounded(void **state)
{
    (void)state;
    struct screen s;
    struct readline *r = start(&s);
    char text[32];
    for (unsigned i = 0; i < 500; i++) {
        g_snprintf(text, sizeof text, "line %u\r", i);
        type(r, text);
    }
    assert_string_equal(readline_history(r, 0), "line 400");
    assert_string_equal(readline_history(r, 99), "line 499");
    assert_null(readline_history(r, 100));
    readline_free(r);
    g_string_free(s.lines, TRUE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(keys_do_what_they_say),
        cmocka_unit_test(a_long_line_is_cut),
        cmocka_unit_test(the_screen_is_the_line),
        cmocka_unit_test(history_is_bounded),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
