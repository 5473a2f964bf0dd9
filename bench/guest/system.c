/* SPDX-License-Identifier: MIT */
/* Kernels that live in the guest's kernel. */
#include <signal.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "kernels.h"

uint64_t kernel_syscall(void)
{
    uint64_t n = 0;
    for (int i = 0; i < 400000; i++) {
        n += syscall(SYS_getppid) >= 0;
    }
    return n;
}

static volatile unsigned caught;

static void handler(int sig)
{
    (void)sig;
    caught++;
}

uint64_t kernel_sigs(void)
{
    caught = 0;
    signal(SIGUSR1, handler);
    for (int i = 0; i < 40000; i++) {
        raise(SIGUSR1);
    }
    return caught;
}

uint64_t kernel_pipe(void)
{
    int there[2], back[2];
    char c = 1;
    uint64_t n = 0;
    if (pipe(there) != 0 || pipe(back) != 0) {
        return 0;
    }
    pid_t child = fork();
    if (child == 0) {
        close(there[1]);
        while (read(there[0], &c, 1) == 1 && write(back[1], &c, 1) == 1) {
        }
        _exit(0);
    }
    close(there[0]);
    for (int i = 0; i < 15000; i++) {
        n += write(there[1], &c, 1) == 1 && read(back[0], &c, 1) == 1;
    }
    close(there[1]);
    close(back[0]);
    close(back[1]);
    waitpid(child, NULL, 0);
    return n;
}

uint64_t kernel_forkexec(void)
{
    uint64_t n = 0;
    for (int i = 0; i < 80; i++) {
        pid_t child = fork();
        if (child == 0) {
            char *const argv[] = { "kernels", "--exit", NULL };
            execv("/proc/self/exe", argv);
            _exit(1);
        }
        int status = 1;
        waitpid(child, &status, 0);
        n += status == 0;
    }
    return n;
}

uint64_t kernel_mmap(void)
{
    enum { PAGES = 64, ROUNDS = 800 };
    uint64_t n = 0;
    for (int i = 0; i < ROUNDS; i++) {
        char *p = mmap(NULL, PAGES * 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1,
                       0);
        if (p == MAP_FAILED) {
            return 0;
        }
        for (int k = 0; k < PAGES; k++) {
            p[k * 4096] = (char)k;
            n += (unsigned char)p[k * 4096];
        }
        munmap(p, PAGES * 4096);
    }
    return n;
}
