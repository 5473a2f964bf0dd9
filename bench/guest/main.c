/* SPDX-License-Identifier: MIT */
/*
 * kernels [NAME...]: for each name read from standard input, or given, runs that kernel.
 *
 * With no argument it serves bench/run: says `READY`, then for each line NAME on standard input
 * answers `DONE NAME CHECKSUM NANOSECONDS`, or `NONE NAME` where this processor cannot run it. As
 * process 1 of a guest it ends by powering the machine off.
 */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/reboot.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

#include "kernels.h"

static int always(void)
{
    return 1;
}

#define ROW(name, what) { #name, what, kernel_##name, always },
static struct kernel kernels[] = { COMPUTE_KERNELS(ROW) MEMORY_KERNELS(ROW) SYSTEM_KERNELS(ROW) };
#undef ROW
enum { N_KERNELS = sizeof kernels / sizeof kernels[0] };

static void run(const char *name)
{
    for (int i = 0; i < N_KERNELS; i++) {
        if (strcmp(kernels[i].name, name) == 0) {
            if (!kernels[i].usable()) {
                printf("NONE %s\n", name);
                return;
            }
            struct timespec a, b;
            clock_gettime(CLOCK_MONOTONIC, &a);
            uint64_t sum = kernels[i].run();
            clock_gettime(CLOCK_MONOTONIC, &b);
            printf("DONE %s %016llx %lld\n", name, (unsigned long long)sum,
                   (b.tv_sec - a.tv_sec) * 1000000000LL + b.tv_nsec - a.tv_nsec);
            return;
        }
    }
    printf("NONE %s\n", name);
}

static void raw_terminal(void)
{
    struct termios t;
    if (tcgetattr(0, &t) == 0) {
        t.c_lflag &= ~(tcflag_t)(ECHO | ICANON);
        t.c_oflag &= ~(tcflag_t)OPOST;
        tcsetattr(0, TCSANOW, &t);
    }
}

int main(int argc, char **argv)
{
    if (argc > 1 && strcmp(argv[1], "--exit") == 0) {
        return 0; /* what forkexec starts */
    }
    for (int i = 0; i < N_KERNELS; i++) {
        if (strcmp(kernels[i].name, "avx2") == 0) {
            kernels[i].usable = cpu_has_avx2;
        }
    }
    setvbuf(stdout, NULL, _IOLBF, 0);
    if (argc > 1) {
        for (int i = 1; i < argc; i++) {
            run(argv[i]);
        }
        return 0;
    }
    int init = getpid() == 1;
    if (init) {
        mount("proc", "/proc", "proc", 0, NULL);
        raw_terminal();
    }
    printf("READY\n");
    char line[64];
    while (fgets(line, sizeof line, stdin)) {
        line[strcspn(line, "\r\n")] = 0;
        if (strcmp(line, "quit") == 0) {
            break;
        }
        if (line[0]) {
            run(line);
        }
    }
    if (init) {
        reboot(RB_POWER_OFF);
    }
    return 0;
}
