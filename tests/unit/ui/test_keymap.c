/* SPDX-License-Identifier: MIT */
/* link: ui/keymap.c core/input.c */
/*
 * Every printable character reaches the key that input_key_by_name knows it by.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "core/input.h"
#include "ui/keymap.h"

static const struct {
    uint32_t c;
    const char *key;
    unsigned mods;
} cases[] = {
    { 'a', "a", 0 },           { 'z', "z", 0 },
    { 'Q', "q", KEYMAP_SHIFT }, { '1', "1", 0 },
    { '0', "0", 0 },           { '!', "1", KEYMAP_SHIFT },
    { ')', "0", KEYMAP_SHIFT }, { '-', "minus", 0 },
    { '_', "minus", KEYMAP_SHIFT }, { '=', "equal", 0 },
    { '[', "bracket_left", 0 }, { '}', "bracket_right", KEYMAP_SHIFT },
    { '\\', "backslash", 0 },  { '|', "backslash", KEYMAP_SHIFT },
    { ';', "semicolon", 0 },   { ':', "semicolon", KEYMAP_SHIFT },
    { '\'', "apostrophe", 0 }, { '"', "apostrophe", KEYMAP_SHIFT },
    { '`', "grave_accent", 0 }, { '~', "grave_accent", KEYMAP_SHIFT },
    { ',', "comma", 0 },       { '<', "comma", KEYMAP_SHIFT },
    { '.', "dot", 0 },         { '>', "dot", KEYMAP_SHIFT },
    { '/', "slash", 0 },       { '?', "slash", KEYMAP_SHIFT },
    { ' ', "spc", 0 },         { '\r', "ret", 0 },
    { '\t', "tab", 0 },        { 0x1b, "esc", 0 },
    { 0x7f, "backspace", 0 },  { 3, "c", KEYMAP_CTRL },
};

static void test_characters(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        unsigned mods = 0;
        uint8_t usage = keymap_from_char(cases[i].c, &mods);
        if (usage != input_key_by_name(cases[i].key) || mods != cases[i].mods) {
            fail_msg("character %u: usage 0x%02x, modifiers %u; expected %s, %u",
                     (unsigned)cases[i].c, usage, mods, cases[i].key, cases[i].mods);
        }
    }
}

static void test_every_printable_has_a_key(void **state)
{
    (void)state;
    for (uint32_t c = ' '; c < 0x7f; c++) {
        unsigned mods = 0;
        uint8_t usage = keymap_from_char(c, &mods);
        if (usage == 0 || usage > 0x38) {
            fail_msg("character %u has usage 0x%02x", (unsigned)c, usage);
        }
    }
    unsigned mods = 0;
    assert_int_equal(keymap_from_char(0, &mods), 0);
    assert_int_equal(keymap_from_char(0x20ac, &mods), 0);
    assert_int_equal(mods, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_characters),
        cmocka_unit_test(test_every_printable_has_a_key),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
