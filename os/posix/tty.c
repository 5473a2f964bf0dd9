/* SPDX-License-Identifier: MIT */
/*
 * The terminal on stdin. Its settings belong to the process, so they are the one piece of state
 * that lives at file scope: signal handlers have to reach them. The terminal is put back at exit,
 * by every signal that ends the process, and while the process is stopped.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <termios.h>
#include <unistd.h>

#include "os/os.h"

static struct termios saved, raw;
static volatile sig_atomic_t have_saved, is_raw;
/* Of the open file, which is the shell's too: O_NONBLOCK has to go back. */
static int saved_flags = -1;

bool os_is_tty(int fd)
{
    return isatty(fd) == 1;
}

static void apply(const struct termios *t)
{
    int err = errno;
    /* A process in the background must not touch the terminal: SIGTTOU would stop it. One that is
     * not our controlling terminal (a harness' pty) has no background. */
    pid_t foreground = tcgetpgrp(0);
    if (foreground < 0 || foreground == getpgrp()) {
        while (tcsetattr(0, TCSANOW, t) < 0 && errno == EINTR) {
        }
    }
    errno = err;
}

void os_tty_restore(void)
{
    if (is_raw) {
        is_raw = 0;
        apply(&saved);
        if (saved_flags >= 0) {
            int err = errno;
            fcntl(0, F_SETFL, saved_flags);
            errno = err;
        }
    }
}

/* The signals that end a process without atexit. SA_RESETHAND: the second one is real. */
static void on_death(int sig)
{
    os_tty_restore();
    raise(sig);
}

static void on_continue(int sig)
{
    (void)sig;
    if (is_raw) {
        apply(&raw);
    }
}

static void catch_if_default(int sig, void (*fn)(int), int flags)
{
    struct sigaction old, sa = { .sa_handler = fn, .sa_flags = flags };
    sigemptyset(&sa.sa_mask);
    if (sigaction(sig, NULL, &old) == 0 && old.sa_handler == SIG_DFL) {
        sigaction(sig, &sa, NULL);
    }
}

static void install_handlers(void)
{
    static const int deadly[] = { SIGABRT, SIGBUS,  SIGFPE,  SIGILL, SIGSEGV,
                                  SIGHUP,  SIGINT,  SIGTERM, SIGQUIT };
    for (size_t i = 0; i < sizeof deadly / sizeof deadly[0]; i++) {
        catch_if_default(deadly[i], on_death, (int)SA_RESETHAND | SA_NODEFER);
    }
    catch_if_default(SIGCONT, on_continue, SA_RESTART);
    atexit(os_tty_restore);
}

int os_tty_raw(bool keep_signals)
{
    if (!have_saved) {
        if (tcgetattr(0, &saved) < 0) {
            return -errno;
        }
        saved_flags = fcntl(0, F_GETFL);
        have_saved = 1;
        install_handlers();
    }
    raw = saved;
    raw.c_iflag &= ~(tcflag_t)(IGNBRK | BRKINT | PARMRK | ISTRIP | INLCR | IGNCR | ICRNL | IXON);
    raw.c_lflag &= ~(tcflag_t)(ECHO | ECHONL | ICANON | IEXTEN);
    if (!keep_signals) {
        raw.c_lflag &= ~(tcflag_t)ISIG;
    }
    raw.c_cflag &= ~(tcflag_t)(CSIZE | PARENB);
    raw.c_cflag |= CS8;
    /* Output processing stays on, so that our own messages keep their line ends. */
    raw.c_oflag |= OPOST;
    raw.c_cc[VMIN] = 1;
    raw.c_cc[VTIME] = 0;
    is_raw = 1;
    apply(&raw);
    return 0;
}

int os_pty_open(char **slave_name)
{
    *slave_name = NULL;
    int fd = posix_openpt(O_RDWR | O_NOCTTY);
    if (fd < 0) {
        return -errno;
    }
    const char *name = NULL;
    if (grantpt(fd) == 0 && unlockpt(fd) == 0) {
        name = ptsname(fd);
    }
    char *copy = NULL;
    if (name) {
        size_t len = 0;
        while (name[len]) {
            len++;
        }
        copy = malloc(len + 1);
        for (size_t i = 0; copy && i <= len; i++) {
            copy[i] = name[i];
        }
    }
    if (!copy) {
        int err = errno ? -errno : -ENOMEM;
        close(fd);
        return err;
    }
    /* Raw from the start: a reader that comes later must not find our bytes echoed back to us. */
    int slave = open(copy, O_RDWR | O_NOCTTY);
    struct termios t;
    if (slave >= 0) {
        if (tcgetattr(slave, &t) == 0) {
            t.c_iflag = 0;
            t.c_oflag = 0;
            t.c_lflag = 0;
            t.c_cc[VMIN] = 1;
            t.c_cc[VTIME] = 0;
            tcsetattr(slave, TCSANOW, &t);
        }
        close(slave);
    }
    fcntl(fd, F_SETFD, FD_CLOEXEC);
    os_set_nonblock(fd, true);
    *slave_name = copy;
    return fd;
}
