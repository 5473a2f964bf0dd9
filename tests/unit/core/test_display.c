/* SPDX-License-Identifier: MIT */
/* link: core/display.c core/screenshot.c core/error.c */
/* libs: png */
#include <glib.h>
#include <glib/gstdio.h>

#include "core/display.h"
#include "tests/fake/unit.h"

struct listener {
    struct display_listener l;
    int resizes, damages, x, y, w, h, width;
};

static void on_resized(void *opaque, const struct surface *s)
{
    struct listener *l = opaque;
    l->resizes++;
    l->width = s->width;
}

static void on_damaged(void *opaque, const struct surface *s, int x, int y, int w, int h)
{
    struct listener *l = opaque;
    (void)s;
    l->damages++;
    l->x = x, l->y = y, l->w = w, l->h = h;
}

static void resizing(void **state)
{
    (void)state;
    struct display *d = display_new();
    struct listener l = { .l = { on_resized, on_damaged, &l, NULL } };
    display_add_listener(d, &l.l);
    assert_int_equal(l.resizes, 1);
    assert_int_equal(l.width, 640);
    struct surface *s = display_resize(d, 3, 2);
    assert_int_equal(s->width, 3);
    assert_int_equal(l.resizes, 2);
    s->pixels[0] = 7;
    assert_ptr_equal(display_resize(d, 3, 2), s);
    assert_int_equal(l.resizes, 2); /* the same size is no change */
    assert_int_equal(s->pixels[0], 7);
    s = display_resize(d, -5, 100000);
    assert_int_equal(s->width, 1);
    assert_int_equal(s->height, 8192);
    assert_int_equal(s->pixels[0], 0);
    s->pixels[8191] = 1;
    display_remove_listener(d, &l.l);
    display_resize(d, 80, 25);
    assert_int_equal(l.resizes, 3);
    display_free(d);
    display_free(NULL);
}

static void damage_is_cut_to_the_surface(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        int in[4], out[4]; /* x y w h; out w == 0: nothing is reported */
    } cases[] = {
        { "inside", { 1, 2, 3, 4 }, { 1, 2, 3, 4 } },
        { "all", { 0, 0, 100, 50 }, { 0, 0, 100, 50 } },
        { "too large", { 90, 40, 1000, 1000 }, { 90, 40, 10, 10 } },
        { "negative", { -5, -5, 10, 10 }, { 0, 0, 5, 5 } },
        { "overflow", { 10, 10, INT32_MAX, INT32_MAX }, { 10, 10, 90, 40 } },
        { "outside", { 100, 0, 10, 10 }, { 0, 0, 0, 0 } },
        { "left of it", { -20, 0, 10, 10 }, { 0, 0, 0, 0 } },
        { "empty", { 5, 5, 0, 5 }, { 0, 0, 0, 0 } },
        { "negative size", { 5, 5, -1, 5 }, { 0, 0, 0, 0 } },
    };
    struct display *d = display_new();
    struct listener l = { .l = { on_resized, on_damaged, &l, NULL } };
    display_resize(d, 100, 50);
    display_add_listener(d, &l.l);
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        const int *in = cases[i].in, *out = cases[i].out;
        l.damages = 0;
        display_damage(d, in[0], in[1], in[2], in[3]);
        assert_case(cases[i].name, l.damages == (out[2] != 0));
        assert_case(cases[i].name, out[2] == 0 || (l.x == out[0] && l.y == out[1] &&
                                                   l.w == out[2] && l.h == out[3]));
    }
    display_free(d);
}

static void draw(void *opaque, bool full)
{
    struct surface *s = display_resize(opaque, 2, 2);
    assert_true(full);
    s->pixels[0] = 0x00ff0000;
    s->pixels[1] = 0x0000ff00;
    s->pixels[2] = 0x000000ff;
    s->pixels[3] = 0xff123456; /* the top byte is no part of the colour */
}

static char *text(void *opaque)
{
    (void)opaque;
    return g_strdup("C:\\>");
}

static void screenshots(void **state)
{
    (void)state;
    struct display *d = display_new();
    struct display_source src = { draw, text, d, NULL };
    GError *err = NULL;
    char *dir = g_dir_make_tmp("emu-test-XXXXXX", NULL), *data;
    char *ppm = g_build_filename(dir, "s.ppm", NULL), *png = g_build_filename(dir, "s.png", NULL);
    gsize len;
    assert_null(display_text(d));
    display_set_source(d, &src);
    char *words = display_text(d);
    assert_string_equal(words, "C:\\>");
    g_free(words);
    assert_true(display_screenshot(d, ppm, &err));
    assert_true(g_file_get_contents(ppm, &data, &len, NULL));
    static const char want[] = "P6\n2 2\n255\n\xff\0\0\0\xff\0\0\0\xff\x12\x34\x56";
    assert_int_equal(len, sizeof want - 1);
    assert_memory_equal(data, want, len);
    g_free(data);
    if (display_screenshot(d, png, &err)) {
        assert_true(g_file_get_contents(png, &data, &len, NULL));
        assert_memory_equal(data, "\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\2\0\0\0\2\x08\2", 26);
        g_free(data);
    } else {
        assert_non_null(strstr(err->message, "was built without libpng"));
        g_clear_error(&err);
    }
    assert_false(display_screenshot(d, "s.jpg", &err));
    assert_non_null(strstr(err->message, "must end in .ppm or .png"));
    g_clear_error(&err);
    assert_false(display_screenshot(d, "/nonexistent/s.ppm", &err));
    assert_non_null(strstr(err->message, "No such file"));
    g_clear_error(&err);
    static const char *const full[] = { "/dev/full" };
    for (int i = 0; i < 2; i++) { /* a full disk, through a name that ends well */
        char *link = i ? png : ppm;
        g_unlink(link);
        char *argv[] = { (char *)(uintptr_t)"/bin/ln", (char *)(uintptr_t)"-s",
                         (char *)(uintptr_t)full[0], link, NULL };
        assert_true(g_spawn_sync(NULL, argv, NULL, G_SPAWN_DEFAULT, NULL, NULL, NULL, NULL, NULL,
                                 NULL));
        assert_false(display_screenshot(d, link, &err));
        g_clear_error(&err);
        g_unlink(link);
    }
    g_rmdir(dir);
    g_free(ppm);
    g_free(png);
    g_free(dir);
    display_set_source(d, NULL);
    assert_non_null(display_refresh(d, true));
    display_free(d);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(resizing),
        cmocka_unit_test(damage_is_cut_to_the_surface),
        cmocka_unit_test(screenshots),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
