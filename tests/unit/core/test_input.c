/* SPDX-License-Identifier: MIT */
/* link: core/input.c */
#include "core/input.h"
#include "tests/fake/unit.h"

struct sink {
    struct input_sink s;
    int keys, rels, abss;
    uint8_t key;
    bool down;
    int x, y, z;
    unsigned buttons;
};

static void on_key(void *opaque, uint8_t usage, bool down)
{
    struct sink *s = opaque;
    s->keys++;
    s->key = usage;
    s->down = down;
}

static void on_rel(void *opaque, int dx, int dy, int dz, unsigned buttons)
{
    struct sink *s = opaque;
    s->rels++;
    s->x = dx, s->y = dy, s->z = dz;
    s->buttons = buttons;
}

static void on_abs(void *opaque, int x, int y, int dz, unsigned buttons)
{
    struct sink *s = opaque;
    s->abss++;
    s->x = x, s->y = y, s->z = dz;
    s->buttons = buttons;
}

static void the_newest_sink_gets_the_events(void **state)
{
    (void)state;
    struct input_hub *h = input_hub_new();
    struct sink ps2 = { .s = { .key = on_key, .mouse_rel = on_rel, .opaque = &ps2 } };
    struct sink tablet = { .s = { .mouse_abs = on_abs, .opaque = &tablet } };
    input_key(h, 4, true); /* nobody there */
    assert_false(input_wants_abs(h));
    input_hub_attach(h, &ps2.s);
    assert_false(input_wants_abs(h));
    input_mouse_rel(h, 1, -2, 1, 5);
    assert_int_equal(ps2.rels, 1);
    assert_int_equal(ps2.y, -2);
    assert_int_equal(ps2.buttons, 5);
    input_hub_attach(h, &tablet.s);
    assert_true(input_wants_abs(h));
    input_key(h, 0x28, true); /* the tablet has no keys */
    assert_int_equal(ps2.keys, 1);
    input_mouse_abs(h, -5, 99999, 0, 1);
    assert_int_equal(tablet.x, 0);
    assert_int_equal(tablet.y, 32767);
    input_hub_detach(h, &tablet.s);
    assert_false(input_wants_abs(h));
    input_mouse_abs(h, 1, 1, 0, 0);
    assert_int_equal(tablet.abss, 1);
    input_hub_detach(h, &ps2.s);
    input_mouse_rel(h, 1, 1, 0, 0);
    assert_int_equal(ps2.rels, 1);
    input_hub_free(h);
}

static void releases_match_presses(void **state)
{
    (void)state;
    struct input_hub *h = input_hub_new();
    struct sink k = { .s = { .key = on_key, .opaque = &k } };
    input_hub_attach(h, &k.s);
    input_key(h, 4, false); /* never pressed */
    assert_int_equal(k.keys, 0);
    input_key(h, 4, true);
    input_key(h, 4, true); /* auto-repeat of the host */
    input_key(h, 0xe1, true);
    assert_int_equal(k.keys, 3);
    input_release_all(h);
    assert_int_equal(k.keys, 5);
    assert_false(k.down);
    input_release_all(h);
    assert_int_equal(k.keys, 5);
    input_hub_free(h);
}

static void key_names(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        uint8_t usage;
    } cases[] = {
        { "a", 4 },          { "z", 29 },          { "1", 0x1e },        { "0", 0x27 },
        { "ret", 0x28 },     { "esc", 0x29 },      { "spc", 0x2c },      { "f1", 0x3a },
        { "f12", 0x45 },     { "f24", 0x73 },      { "ctrl", 0xe0 },     { "ctrl_r", 0xe4 },
        { "shift", 0xe1 },   { "alt", 0xe2 },      { "alt_r", 0xe6 },    { "meta_l", 0xe3 },
        { "delete", 0x4c },  { "kp_enter", 0x58 }, { "kp_0", 0x62 },     { "kp_9", 0x61 },
        { "less", 0x64 },    { "print", 0x46 },    { "sysrq", 0x46 },    { "pause", 0x48 },
        { "pgup", 0x4b },    { "pgdn", 0x4e },     { "up", 0x52 },       { "down", 0x51 },
        { "left", 0x50 },    { "right", 0x4f },    { "yen", 0x89 },      { "menu", 0x65 },
        { "0x1e", 0 },       { "A", 0 },           { "", 0 },            { "retx", 0 },
        { "calculator", 0 }, { "minus", 0x2d },    { "zz", 0 },          { "again", 0x79 },
        { "volumeup", 0x80 }, { "grave_accent", 0x35 }, { "backslash", 0x31 },
        { "bracket_right", 0x30 }, { "katakanahiragana", 0x88 }, { "num_lock", 0x53 },
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        assert_case(cases[i].name, input_key_by_name(cases[i].name) == cases[i].usage);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_newest_sink_gets_the_events),
        cmocka_unit_test(releases_match_presses),
        cmocka_unit_test(key_names),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
