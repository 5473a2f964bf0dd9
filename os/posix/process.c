/* SPDX-License-Identifier: MIT */
/*
 * The process: signals and daemon mode.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "os/os.h"

static int ready_fd = -1; /* between os_daemonize_begin and _ready; a process has one parent */

void os_on_terminate(void (*fn)(int sig))
{
    static const int signals[] = { SIGINT, SIGTERM, SIGHUP };
    struct sigaction sa = { .sa_handler = fn, .sa_flags = SA_RESTART };
    sigemptyset(&sa.sa_mask);
    for (size_t i = 0; i < sizeof signals / sizeof signals[0]; i++) {
        struct sigaction old;
        /* nohup and shells' background jobs set "ignore": that choice stays. */
        if (sigaction(signals[i], NULL, &old) == 0 && old.sa_handler != SIG_IGN) {
            sigaction(signals[i], &sa, NULL);
        }
    }
}

void os_ignore_sigpipe(void)
{
    signal(SIGPIPE, SIG_IGN);
}

/* The parent: wait for the child's word, then leave without running anybody's atexit. */
static void wait_for_child(pid_t child, int fd)
{
    char status;
    ssize_t n;
    do {
        n = read(fd, &status, 1);
    } while (n < 0 && errno == EINTR);
    if (n == 1) {
        _exit(0);
    }
    int code = 1;
    pid_t got;
    do {
        got = waitpid(child, &code, 0);
    } while (got < 0 && errno == EINTR);
    _exit(got == child && WIFEXITED(code) && WEXITSTATUS(code) ? WEXITSTATUS(code) : 1);
}

int os_daemonize_begin(void)
{
    int fds[2];
    if (pipe(fds) < 0) {
        return -errno;
    }
    fflush(NULL);
    pid_t pid = fork();
    if (pid < 0) {
        int err = -errno;
        close(fds[0]);
        close(fds[1]);
        return err;
    }
    if (pid > 0) {
        close(fds[1]);
        wait_for_child(pid, fds[0]);
    }
    close(fds[0]);
    ready_fd = fds[1];
    fcntl(ready_fd, F_SETFD, FD_CLOEXEC);
    setsid();
    return 0;
}

void os_daemonize_ready(void)
{
    if (ready_fd < 0) {
        return;
    }
    fflush(NULL);
    int null = open("/dev/null", O_RDWR);
    for (int fd = 0; null >= 0 && fd < 3; fd++) {
        dup2(null, fd);
    }
    if (null > 2) {
        close(null);
    }
    ssize_t n;
    do {
        n = write(ready_fd, "", 1);
    } while (n < 0 && errno == EINTR);
    close(ready_fd);
    ready_fd = -1;
}

int os_fork(void)
{
    fflush(NULL);
    pid_t pid = fork();
    return pid < 0 ? -errno : (int)pid;
}

void os_reap(void)
{
    while (waitpid(-1, NULL, WNOHANG) > 0) {
    }
}

int os_pid(void)
{
    return (int)getpid();
}
