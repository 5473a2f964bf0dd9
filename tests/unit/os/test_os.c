/* SPDX-License-Identifier: MIT */
/* link: os/posix/[a-z]*.c os/linux/[a-z]*.c */
/* timeout: 60 */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

#include <glib.h>
#include <glib/gstdio.h>

#include "os/os.h"
#include "tests/fake/unit.h"

#define MIB ((size_t)1 << 20)

static char *dir;

static char *in_dir(const char *name)
{
    return g_build_filename(dir, name, NULL);
}

static int make_dir(void **state)
{
    (void)state;
    dir = g_dir_make_tmp("emu-test-XXXXXX", NULL);
    return dir == NULL;
}

static int remove_dir(void **state)
{
    (void)state;
    GDir *d = g_dir_open(dir, 0, NULL);
    for (const char *n; (n = g_dir_read_name(d));) {
        char *path = in_dir(n);
        g_unlink(path);
        g_free(path);
    }
    g_dir_close(d);
    int err = g_rmdir(dir);
    g_free(dir);
    return err;
}

/* --- memory ------------------------------------------------------------------------------- */

/* Redox has no hole punching, and its record locks are the process's, not the open file's: then
 * some promises of os.h are empty, as os.h says they may be. */
static bool full_host(void)
{
    int fd = os_temp_file();
    bool full = os_discard(fd, 0, 4096) != -EOPNOTSUPP;
    os_close(fd);
    return full;
}

static void ram_is_zero_shared_and_lazy(void **state)
{
    (void)state;
    struct os_ram r;
    uint64_t before = os_rss_bytes();
    assert_int_equal(os_ram_alloc(&r, 512 * MIB, "test"), 0);
    assert_true(os_rss_bytes() - before < 64 * MIB);
    assert_int_equal(r.host[0], 0);
    assert_int_equal(r.host[512 * MIB - 1], 0);
    r.host[5 * 4096] = 7;
    uint8_t byte = 0;
    assert_int_equal(os_pread(r.fd, &byte, 1, 5 * 4096), 1); /* the file is the memory */
    assert_int_equal(byte, 7);
    os_ram_discard(&r, 5 * 4096 - 1, 4098); /* only what it covers wholly */
    assert_int_equal(r.host[5 * 4096], full_host() ? 0 : 7);
    r.host[5 * 4096] = 7;
    os_ram_discard(&r, 5 * 4096 + 1, 4095);
    assert_int_equal(r.host[5 * 4096], 7);
    os_ram_discard(&r, SIZE_MAX - 4096, 4096);
    os_ram_free(&r);
    assert_null(r.host);
    os_ram_free(&r);
    assert_int_equal(os_ram_alloc(&r, 0, "none"), -EINVAL);
    assert_true(os_ram_alloc(&r, SIZE_MAX / 2 - 4096, "absurd") < 0);
    assert_null(r.host);
}

static void code_is_seen_at_both_addresses(void **state)
{
    (void)state;
    struct os_code c;
    assert_int_equal(os_code_alloc(&c, 5000), 0);
    assert_int_equal(c.size % os_page_size(), 0);
    c.rw[123] = 0xc3;
    assert_int_equal(c.rx[123], 0xc3);
    os_code_free(&c);
    assert_int_equal(os_code_alloc(&c, 0), -EINVAL);
    assert_int_equal(os_code_alloc(&c, SIZE_MAX), -EINVAL);
}

/* --- waiting ------------------------------------------------------------------------------ */

static void events(void **state)
{
    (void)state;
    struct os_event e;
    assert_int_equal(os_event_init(&e), 0);
    struct os_pollfd p = { .fd = e.rfd, .events = OS_POLL_IN };
    assert_int_equal(os_poll(&p, 1, 0), 0);
    for (int i = 0; i < 200000; i++) { /* more than a pipe holds: must not block */
        os_event_signal(&e);
    }
    assert_int_equal(os_poll(&p, 1, -1), 1);
    assert_int_equal(p.revents, OS_POLL_IN);
    os_event_clear(&e);
    assert_int_equal(os_poll(&p, 1, 0), 0);
    os_event_signal(&e);
    assert_int_equal(os_poll(&p, 1, 0), 1);
    os_event_free(&e);
    int64_t start = os_clock_ns();
    assert_int_equal(os_poll(NULL, 0, 2000000), 0);
    assert_true(os_clock_ns() - start >= 2000000);
    assert_true(os_realtime_ns() > 1600000000ll * 1000000000);
    assert_in_range(os_local_offset_s() + 24 * 3600, 0, 48 * 3600);
    assert_true(os_cpu_count() >= 1);
    os_yield();
}

/* --- files -------------------------------------------------------------------------------- */

static void files(void **state)
{
    (void)state;
    char *path = in_dir("f"), buf[16] = "";
    assert_int_equal(os_open(path, 0), -ENOENT);
    int fd = os_open(path, OS_OPEN_WRITE | OS_OPEN_CREATE);
    assert_true(fd >= 0);
    assert_true(fcntl(fd, F_GETFD) & FD_CLOEXEC);
    assert_int_equal(os_pwrite(fd, "hello", 5, 3), 5);
    assert_int_equal(os_file_size(fd), 8);
    assert_int_equal(os_pread(fd, buf, sizeof buf, 3), 5); /* short at the end */
    assert_memory_equal(buf, "hello", 5);
    assert_int_equal(os_pread(fd, buf, 4, 100), 0);
    assert_int_equal(os_pread(fd, buf, 4, UINT64_MAX - 2), -EINVAL);
    assert_int_equal(os_pwrite(fd, buf, 4, INT64_MAX - 2), -EINVAL);
    assert_int_equal(os_truncate(fd, 4096), 0);
    assert_int_equal(os_truncate(fd, UINT64_MAX), -EFBIG);
    assert_int_equal(os_fdatasync(fd), 0);
    int d = os_discard(fd, 0, 4096);
    assert_true(d == 0 || d == -EOPNOTSUPP);
    assert_int_equal(os_file_kind(fd), OS_FILE_REGULAR);
    int copy = os_dup(fd);
    assert_true(copy > 2);
    os_close(copy);
    os_close(fd);
    fd = os_open(path, OS_OPEN_WRITE | OS_OPEN_TRUNCATE);
    assert_int_equal(os_file_size(fd), 0);
    os_close(fd);
    for (int i = 0; i < 2; i++) {
        fd = os_open(path, OS_OPEN_WRITE | OS_OPEN_APPEND);
        assert_int_equal(os_write(fd, "ab", 2), 2);
        os_close(fd);
    }
    fd = os_open(path, 0);
    assert_int_equal(os_read(fd, buf, 10), 4);
    assert_int_equal(os_read(fd, buf, 10), 0);
    assert_int_equal(os_pwrite(fd, "x", 1, 0), -EBADF);
    os_close(fd);
    fd = os_open("/", 0);
    assert_int_equal(os_file_kind(fd), OS_FILE_DIRECTORY);
    os_close(fd);
    fd = os_open("/dev/null", OS_OPEN_WRITE);
    assert_int_equal(os_file_kind(fd), OS_FILE_OTHER);
    assert_int_equal(os_fdatasync(fd), 0);
    os_close(fd);
    os_close(-1);
    fd = os_temp_file();
    assert_true(fd >= 0);
    assert_int_equal(os_pwrite(fd, "x", 1, 1 << 20), 1);
    os_close(fd);
    assert_true(os_file_exists(path));
    assert_int_equal(os_unlink(path), 0);
    assert_int_equal(os_unlink(path), -ENOENT);
    assert_false(os_file_exists(path));
    char *self = os_self_path();
    assert_non_null(self);
    assert_non_null(strstr(self, "test_os"));
    free(self);
    g_free(path);
}

static void locks(void **state)
{
    (void)state;
    if (!full_host()) {
        skip();
    }
    char *path = in_dir("locked");
    int a = os_open(path, OS_OPEN_WRITE | OS_OPEN_CREATE), b = os_open(path, OS_OPEN_WRITE);
    int r1 = os_open(path, 0), r2 = os_open(path, 0);
    assert_int_equal(os_lock_file(a, true), 0);
    assert_int_equal(os_lock_file(b, true), -EAGAIN);
    assert_int_equal(os_lock_file(r1, false), -EAGAIN);
    os_close(a);
    assert_int_equal(os_lock_file(r1, false), 0);
    assert_int_equal(os_lock_file(r2, false), 0);
    assert_int_equal(os_lock_file(b, true), -EAGAIN);
    os_close(r1);
    os_close(r2);
    assert_int_equal(os_lock_file(b, true), 0);
    os_close(b);
    g_free(path);
}

/* What QEMU holds on an image that it writes: a read lock on byte 101 (measured with 7.2). */
static void qemus_lock_is_seen(void **state)
{
    (void)state;
    if (!full_host()) {
        skip();
    }
    char *path = in_dir("qemu");
    int q = os_open(path, OS_OPEN_WRITE | OS_OPEN_CREATE), r = os_open(path, 0);
    struct flock l = { .l_type = F_RDLCK, .l_whence = SEEK_SET, .l_start = 101, .l_len = 1 };
    assert_int_equal(fcntl(q, F_OFD_SETLK, &l), 0);
    assert_int_equal(os_lock_file(r, false), -EAGAIN);
    int w = os_open(path, OS_OPEN_WRITE);
    assert_int_equal(os_lock_file(w, true), -EAGAIN);
    os_close(q);
    assert_int_equal(os_lock_file(r, false), 0);
    os_close(r);
    os_close(w);
    g_free(path);
}

/* --- terminals ---------------------------------------------------------------------------- */

/* Runs fn in a child whose stdin is a new terminal; returns the child's status and, in *after, the
 * terminal's settings at its end. */
static int on_a_terminal(void (*fn)(void), struct termios *before, struct termios *after)
{
    int master = posix_openpt(O_RDWR | O_NOCTTY), status = -1;
    assert_true(master >= 0 && grantpt(master) == 0 && unlockpt(master) == 0);
    int slave = open(ptsname(master), O_RDWR | O_NOCTTY);
    assert_true(slave >= 0);
    assert_int_equal(tcgetattr(slave, before), 0);
    pid_t pid = fork();
    if (pid == 0) {
        setsid();
        dup2(slave, 0);
        ioctl(0, TIOCSCTTY, 0);
        signal(SIGABRT, SIG_DFL);
        fn();
        exit(0);
    }
    waitpid(pid, &status, 0);
    assert_int_equal(tcgetattr(slave, after), 0);
    close(slave);
    close(master);
    return status;
}

static void check_raw(bool signals)
{
    struct termios t;
    if (os_tty_raw(signals) != 0 || tcgetattr(0, &t) != 0 || (t.c_lflag & (ECHO | ICANON)) ||
        !(t.c_lflag & ISIG) == signals || (t.c_iflag & (ICRNL | IXON))) {
        _exit(3);
    }
}

static void raw_then_exit(void)
{
    check_raw(true);
}

static void raw_then_abort(void)
{
    check_raw(false);
    abort();
}

static void raw_then_sigterm(void)
{
    check_raw(false);
    raise(SIGTERM);
}

static void raw_then_restore(void)
{
    check_raw(true);
    check_raw(false);
    os_tty_restore();
    os_tty_restore();
    _exit(0);
}

static void the_terminal_is_always_restored(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        void (*fn)(void);
        int signal;
    } cases[] = {
        { "exit", raw_then_exit, 0 },
        { "abort", raw_then_abort, SIGABRT },
        { "SIGTERM", raw_then_sigterm, SIGTERM },
        { "restore", raw_then_restore, 0 },
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct termios before, after;
        int status = on_a_terminal(cases[i].fn, &before, &after);
        assert_case(cases[i].name, cases[i].signal ? WIFSIGNALED(status) &&
                                                         WTERMSIG(status) == cases[i].signal
                                                   : WIFEXITED(status) &&
                                                         WEXITSTATUS(status) == 0);
        assert_case(cases[i].name, before.c_lflag == after.c_lflag);
        assert_case(cases[i].name, before.c_iflag == after.c_iflag);
        assert_case(cases[i].name, before.c_cflag == after.c_cflag);
    }
}

/* --- processes ---------------------------------------------------------------------------- */

static void a_pid_file_has_one_owner(void **state)
{
    (void)state;
    if (!full_host()) {
        skip();
    }
    char *path = in_dir("pid"), *text = NULL;
    int status;
    assert_int_equal(os_pidfile("/nonexistent/pid"), -ENOENT);
    assert_int_equal(os_pidfile(path), 0);
    assert_true(g_file_get_contents(path, &text, NULL, NULL));
    assert_int_equal(atoi(text), getpid());
    assert_int_equal(os_pid(), getpid());
    pid_t pid = fork();
    if (pid == 0) {
        _exit(os_pidfile(path) == -EAGAIN ? 0 : 1);
    }
    waitpid(pid, &status, 0);
    assert_int_equal(status, 0);
    g_free(text);
    g_free(path);
}

/* The parent of a daemon leaves with 0 when it is ready, else with the child's status. */
static int daemon_status(bool ready)
{
    int status = -1;
    pid_t pid = fork();
    if (pid == 0) {
        if (os_daemonize_begin() != 0) {
            _exit(9);
        }
        if (ready) {
            os_daemonize_ready();
            _exit(0);
        }
        _exit(5);
    }
    waitpid(pid, &status, 0);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static void daemons(void **state)
{
    (void)state;
    assert_int_equal(daemon_status(true), 0);
    assert_int_equal(daemon_status(false), 5);
    os_daemonize_ready(); /* harmless in the foreground */
}

static volatile sig_atomic_t got_signal;
static void on_signal(int sig)
{
    got_signal = sig;
}

static void termination_signals(void **state)
{
    (void)state;
    signal(SIGHUP, SIG_IGN); /* as nohup does */
    signal(SIGINT, SIG_DFL); /* a shell's background jobs ignore it */
    os_on_terminate(on_signal);
    raise(SIGHUP);
    assert_int_equal(got_signal, 0);
    raise(SIGTERM);
    assert_int_equal(got_signal, SIGTERM);
    raise(SIGINT);
    raise(SIGINT);
    assert_int_equal(got_signal, SIGINT);
    signal(SIGTERM, SIG_DFL);
    signal(SIGINT, SIG_DFL);
    signal(SIGHUP, SIG_DFL);
}

static void randomness(void **state)
{
    (void)state;
    uint8_t a[1000] = { 0 }, b[1000] = { 0 };
    os_random(a, sizeof a);
    os_random(b, sizeof b);
    assert_memory_not_equal(a, b, sizeof a);
    os_random(a, 0);
    os_thread_name("a name that is longer than the kernel takes");
    os_thread_precise_waits();
}

static void sockets(void **state)
{
    (void)state;
    char *path = in_dir("sock"), *bound = NULL, buf[8];
    assert_int_equal(os_socket_connect_unix(path), -ENOENT);
    int l = os_socket_listen_unix(path);
    assert_true(l >= 0);
    assert_int_equal(os_socket_accept(l), -EAGAIN);
    int c = os_socket_connect_unix(path), s = os_socket_accept(l);
    assert_true(c >= 0 && s >= 0);
    assert_int_equal(os_read(s, buf, 8), -EAGAIN);
    assert_int_equal(os_write(c, "hi", 2), 2);
    assert_int_equal(os_read(s, buf, 8), 2);
    os_close(c);
    assert_int_equal(os_read(s, buf, 8), 0);
    os_close(s);
    os_close(l);
    char longer[300];
    memset(longer, 'x', sizeof longer);
    longer[299] = '\0';
    assert_int_equal(os_socket_listen_unix(longer), -ENAMETOOLONG);
    assert_int_equal(os_socket_connect_unix(longer), -ENAMETOOLONG);
    l = os_socket_listen_tcp("127.0.0.1", "0", &bound);
    assert_true(l >= 0);
    assert_true(g_str_has_prefix(bound, "127.0.0.1:"));
    c = os_socket_connect_tcp("127.0.0.1", bound + strlen("127.0.0.1:"));
    assert_true(c >= 0);
    os_close(c);
    os_close(l);
    assert_int_equal(os_socket_connect_tcp("127.0.0.1", bound + strlen("127.0.0.1:")),
                     -ECONNREFUSED);
    free(bound);
    os_unlink(path);
    g_free(path);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(ram_is_zero_shared_and_lazy),
        cmocka_unit_test(code_is_seen_at_both_addresses),
        cmocka_unit_test(events),
        cmocka_unit_test(files),
        cmocka_unit_test(locks),
        cmocka_unit_test(qemus_lock_is_seen),
        cmocka_unit_test(the_terminal_is_always_restored),
        cmocka_unit_test(a_pid_file_has_one_owner),
        cmocka_unit_test(daemons),
        cmocka_unit_test(termination_signals),
        cmocka_unit_test(randomness),
        cmocka_unit_test(sockets),
    };
    return cmocka_run_group_tests(tests, make_dir, remove_dir);
}
