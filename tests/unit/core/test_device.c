/* SPDX-License-Identifier: MIT */
/* link: core/device.c core/device_list.c core/opts.c core/error.c */
#include "core/device.h"
#include "tests/fake/unit.h"

static const char *const modes[] = { "slow", "fast", NULL };

struct toy {
    struct device dev;
    bool flag;
    uint8_t u8;
    uint16_t u16;
    uint32_t u32;
    uint64_t u64, size;
    int32_t i32;
    char *text;
    int mode;
    void *chardev, *drive;
    uint8_t mac[6];
    bool fail;
    int resets;
};

static int realized, unrealized;

static bool toy_realize(struct device *d, GError **err)
{
    if (((struct toy *)d)->fail) {
        g_set_error(err, EMU_ERROR, EMU_ERROR_CONFIG, "told to fail");
        return false;
    }
    realized++;
    return true;
}

static void toy_unrealize(struct device *d)
{
    (void)d;
    unrealized++;
}

static void toy_reset(struct device *d)
{
    ((struct toy *)d)->resets++;
}

#define P(n, k, d) .name = #n, .kind = k, .offset = offsetof(struct toy, n), .def = d
static const struct prop toy_props[] = {
    { P(flag, PROP_BOOL, "on") },
    { P(u8, PROP_U8, "0x12") },
    { P(u16, PROP_U16, NULL) },
    { P(u32, PROP_U32, NULL) },
    { P(u64, PROP_U64, NULL) },
    { P(i32, PROP_I32, "-5") },
    { P(size, PROP_SIZE, "16M") },
    { P(text, PROP_STRING, "hello") },
    { P(mode, PROP_ENUM, "fast"), .values = modes },
    { P(chardev, PROP_CHARDEV, NULL) },
    { P(drive, PROP_DRIVE, NULL) },
    { P(mac, PROP_MAC, "52:54:00:12:34:56") },
    { P(fail, PROP_BOOL, NULL) },
    { .name = NULL },
};

static const struct device_class toy_class = {
    .name = "toy",
    .alias = "plaything",
    .size = sizeof(struct toy),
    .props = toy_props,
    .realize = toy_realize,
    .unrealize = toy_unrealize,
    .reset = toy_reset,
};
static const struct device_class bare_class = { .name = "bare", .size = sizeof(struct device) };
const struct device_class *const device_classes[] = { &bare_class, &toy_class, NULL };

static int the_chardev;
static void *find(void *opaque, enum prop_kind kind, const char *id)
{
    (void)opaque;
    return kind == PROP_CHARDEV && strcmp(id, "c0") == 0 ? &the_chardev : NULL;
}

static void defaults_are_applied(void **state)
{
    (void)state;
    struct toy *t = (struct toy *)device_new(&toy_class);
    static const uint8_t mac[6] = { 0x52, 0x54, 0, 0x12, 0x34, 0x56 };
    assert_true(t->flag);
    assert_int_equal(t->u8, 0x12);
    assert_int_equal(t->u16, 0);
    assert_int_equal(t->i32, -5);
    assert_int_equal(t->size, MIB(16));
    assert_string_equal(t->text, "hello");
    assert_int_equal(t->mode, 1);
    assert_memory_equal(t->mac, mac, 6);
    assert_null(t->chardev);
    assert_string_equal(device_name(&t->dev), "toy");
    t->dev.id = g_strdup("t0");
    assert_string_equal(device_name(&t->dev), "t0");
    device_free(&t->dev);
}

static void values_are_checked(void **state)
{
    (void)state;
    static const struct {
        const char *name, *value, *error; /* error NULL: fine */
    } cases[] = {
        { "flag", "off", NULL },
        { "flag", "perhaps", "toy: 'flag=perhaps': this takes on or off" },
        { "u8", "255", NULL },
        { "u8", "256", "toy: 'u8=256': this takes a number from 0 to 0xff" },
        { "u16", "0x10000", "toy: 'u16=0x10000': this takes a number from 0 to 0xffff" },
        { "u32", "4294967295", NULL },
        { "u32", "-1", "toy: 'u32=-1': this takes a number from 0 to 0xffffffff" },
        { "u64", "0xffffffffffffffff", NULL },
        { "i32", "-2147483648", NULL },
        { "i32", "2147483648", "toy: 'i32=2147483648': this takes a whole number of 32 bits" },
        { "size", "1.5G", NULL },
        { "size", "big", "toy: 'size=big': this takes a size, like 16M" },
        { "text", "", NULL },
        { "text", "again", NULL },
        { "mode", "slow", NULL },
        { "mode", "medium", "toy: 'mode=medium': this takes one of: slow, fast" },
        { "chardev", "c0", NULL },
        { "chardev", "c1", "toy: 'chardev=c1': there is no -chardev with id=c1" },
        { "drive", "c0", "toy: 'drive=c0': there is no -drive with id=c0" },
        { "mac", "52-54-00-AB-cd-ef", NULL },
        { "mac", "52:54:00:12:34", "toy: 'mac=52:54:00:12:34': this takes an address like "
                                   "52:54:00:12:34:56" },
        { "mac", "01:00:5e:00:00:01", "toy: 'mac=01:00:5e:00:00:01': this is a multicast "
                                      "address" },
        { "mdoe", "slow", "toy: unknown property 'mdoe'; did you mean 'mode'?" },
        { "zzzzzz", "1", "toy: unknown property 'zzzzzz'; there are: flag, u8, u16, u32, u64, "
                         "i32, size, text, mode, chardev, drive, mac, fail" },
    };
    struct prop_resolver res = { find, NULL };
    struct device *d = device_new(&toy_class);
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        GError *err = NULL;
        bool ok = device_set_prop(d, cases[i].name, cases[i].value, &res, &err);
        assert_case(cases[i].value, ok == (cases[i].error == NULL));
        if (!ok && strcmp(err->message, cases[i].error) != 0) {
            fail_msg("got '%s', wanted '%s'", err->message, cases[i].error);
        }
        g_clear_error(&err);
    }
    assert_ptr_equal(((struct toy *)d)->chardev, &the_chardev);
    assert_string_equal(((struct toy *)d)->text, "again");
    device_free(d);
}

static void life(void **state)
{
    (void)state;
    GError *err = NULL;
    realized = unrealized = 0;
    struct device *d = device_new(&toy_class);
    device_free(d);
    assert_int_equal(unrealized, 0); /* never realized */
    d = device_new(&toy_class);
    assert_true(device_set_prop(d, "fail", "on", NULL, &err));
    assert_false(device_realize(d, &err));
    g_clear_error(&err);
    device_free(d);
    assert_int_equal(unrealized, 0);
    d = device_new(&toy_class);
    assert_true(device_realize(d, &err));
    device_reset(d);
    assert_int_equal(((struct toy *)d)->resets, 1);
    assert_false(device_set_prop(d, "u8", "1", NULL, &err));
    assert_string_equal(err->message, "toy: 'u8' can't be changed while the device is in use");
    g_clear_error(&err);
    device_free(d);
    assert_int_equal(unrealized, 1);
    d = device_new(&bare_class);
    assert_true(device_realize(d, &err));
    device_reset(d);
    assert_false(device_set_prop(d, "x", "1", NULL, &err) && err);
    assert_false(device_set_prop(d, "x", "1", NULL, NULL));
    g_clear_error(&err);
    device_free(d);
    device_free(NULL);
}

static void classes_are_found_by_name_and_alias(void **state)
{
    (void)state;
    assert_ptr_equal(device_class_find("toy"), &toy_class);
    assert_ptr_equal(device_class_find("plaything"), &toy_class);
    assert_null(device_class_find("nothing"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(defaults_are_applied),
        cmocka_unit_test(values_are_checked),
        cmocka_unit_test(life),
        cmocka_unit_test(classes_are_found_by_name_and_alias),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
