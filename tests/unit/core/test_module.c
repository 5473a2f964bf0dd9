/* SPDX-License-Identifier: MIT */
/* link: core/module.c core/error.c os/posix/[a-z]*.c os/linux/[a-z]*.c */
/* timeout: 60 */
#include <stdlib.h>
#include <string.h>

#include <glib/gstdio.h>

#include "core/device.h"
#include "core/module.h"
#include "os/os.h"
#include "tests/fake/unit.h"

static const int thing = 7;
static const struct emu_module builtin = { "thing", EMU_VERSION, &thing };
const struct emu_module *const emu_modules_builtin[] = { &builtin, NULL };

static void what_is_linked_in_needs_no_file(void **state)
{
    (void)state;
    assert_ptr_equal(module_get("nosuch", "thing", NULL), &thing);
}

static void a_missing_file_is_one_line(void **state)
{
    GError *err = NULL;
    (void)state;
    assert_null(module_get("nosuch", "other", &err));
    assert_true(g_error_matches(err, EMU_ERROR, EMU_ERROR_HOST));
    assert_non_null(strstr(err->message, "emu-nosuch.so"));
    assert_null(strchr(err->message, '\n'));
    g_error_free(err);
}

/* A file that is no module, beside this program as a build has it. */
static void a_broken_file_is_one_line(void **state)
{
    GError *err = NULL;
    char *self = os_self_path();
    (void)state;
    assert_non_null(self);
    g_autofree char *dir = g_path_get_dirname(self);
    g_autofree char *lib = g_build_filename(dir, "lib", NULL);
    g_autofree char *path = g_build_filename(lib, "emu-broken.so", NULL);
    free(self);
    assert_int_equal(g_mkdir_with_parents(lib, 0755), 0);
    assert_true(g_file_set_contents(path, "no ELF", -1, NULL));
    assert_null(module_get("broken", "other", &err));
    assert_non_null(strstr(err->message, "emu-broken.so"));
    assert_null(strchr(err->message, '\n'));
    g_error_free(err);
    g_remove(path);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_linked_in_needs_no_file),
        cmocka_unit_test(a_missing_file_is_one_line),
        cmocka_unit_test(a_broken_file_is_one_line),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
