/* SPDX-License-Identifier: MIT */
/* link: core/fdset.c core/opts.c core/error.c os/posix/[a-z]*.c os/linux/[a-z]*.c */
/*
 * Files passed by number.
 */
#include <errno.h>
#include <string.h>

#include "tests/fake/unit.h"

#include <glib/gstdio.h>

#include "core/fdset.h"
#include "os/os.h"

static int file_with(const char *path, unsigned flags)
{
    int fd = os_open(path, flags);
    assert_true(fd >= 0);
    return fd;
}

static void by_rights(void **state)
{
    char folder[] = "/tmp/fdset-XXXXXX";
    char buf[16] = "";
    (void)state;
    assert_non_null(g_mkdtemp(folder));
    char *a = g_strconcat(folder, "/a", NULL), *b = g_strconcat(folder, "/b", NULL);
    int writer = file_with(a, OS_OPEN_WRITE | OS_OPEN_CREATE);
    assert_int_equal(os_write(writer, "written", 7), 7);
    os_close(file_with(b, OS_OPEN_WRITE | OS_OPEN_CREATE));
    int reader = file_with(b, 0);

    assert_int_equal(fdset_open("/dev/fdset/3", 0), -ENOENT);
    assert_true(fdset_add(3, writer, "note", NULL));
    /* the only one of the set is for reading, too */
    int fd = fdset_open("/dev/fdset/3", 0);
    assert_int_equal(os_pread(fd, buf, 7, 0), 7);
    assert_string_equal(buf, "written");
    os_close(fd);
    assert_true(fdset_add(3, reader, NULL, NULL));
    fd = fdset_open("/dev/fdset/3", 0);
    assert_false(os_fd_writable(fd));
    os_close(fd);
    fd = fdset_open("/dev/fdset/3", OS_OPEN_WRITE | OS_OPEN_TRUNCATE);
    assert_true(os_fd_writable(fd));
    assert_int_equal(os_file_size(fd), 0);
    os_close(fd);
    /* it can be opened any number of times */
    fd = fdset_open("/dev/fdset/3", OS_OPEN_WRITE);
    assert_true(fd >= 0);
    os_close(fd);
    fdset_clear();
    assert_int_equal(fdset_open("/dev/fdset/3", 0), -ENOENT);
    os_unlink(a);
    os_unlink(b);
    g_rmdir(folder);
    g_free(a);
    g_free(b);
}

static void refused(void **state)
{
    GError *err = NULL;
    (void)state;
    assert_false(fdset_add(1, 999999, NULL, &err));
    assert_non_null(strstr(err->message, "999999"));
    g_error_free(err);
    int fd = file_with("/dev/null", 0);
    assert_true(fdset_add(1, fd, NULL, NULL));
    assert_int_equal(fdset_open("/dev/fdset/1", OS_OPEN_WRITE), -ENOENT);
    assert_int_equal(fdset_open("/dev/fdset/2", 0), -ENOENT);
    assert_int_equal(fdset_open("/dev/fdset/", 0), -EINVAL);
    assert_int_equal(fdset_open("/dev/fdset/1x", 0), -EINVAL);
    assert_int_equal(fdset_open("/dev/fdset/4294967297", 0), -EINVAL);
    fdset_clear();
}

static void many(void **state)
{
    (void)state;
    unsigned n = 0;
    GError *err = NULL;
    while (n < 1000 && fdset_add(n, file_with("/dev/null", 0), NULL, n < 64 ? NULL : &err)) {
        n++;
    }
    assert_int_equal(n, 64);
    g_error_free(err);
    fdset_clear();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(by_rights),
        cmocka_unit_test(refused),
        cmocka_unit_test(many),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
