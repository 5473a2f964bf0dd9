/* SPDX-License-Identifier: MIT */
/*
 * Is this KVM hardware? Some hosts have a /dev/kvm that emulates the guest in software, a thousand
 * times slower than a processor and slower than accel/tcg. A loop in real mode tells: its speed,
 * and the time from one exit to the next.
 */
#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>

#include "accel/kvm/kvm_int.h"
#include "core/types.h"
#include "os/os.h"

#define LIMIT_NS (NS_PER_MS * 3 / 2) /* for running; making the machine takes as much again */
#define TURNS    KVM_MEASURE_INSNS   /* of the loop, between exits */
#define EXITS    8u

/* again: mov cx, TURNS; loop $; out 0x80, al; jmp again */
static const uint8_t code[] = {
    0xb9, TURNS & 0xff, TURNS >> 8, 0xe2, 0xfe, 0xe6, 0x80, 0xeb, 0xf7
};

struct probe {
    int sys, vm, cpu;
    struct kvm_run *run;
    size_t run_size;
    void *page;
};

static int set_registers(const struct probe *p)
{
    struct kvm_sregs s;
    struct kvm_regs r;
    memset(&r, 0, sizeof r);
    r.rip = 0;
    r.rflags = 2;
    int ret = kvm_ioctl(p->cpu, KVM_GET_SREGS, &s);
    s.cs.base = 0;
    s.cs.selector = 0;
    ret = ret < 0 ? ret : kvm_ioctl(p->cpu, KVM_SET_SREGS, &s);
    return ret < 0 ? ret : kvm_ioctl(p->cpu, KVM_SET_REGS, &r);
}

static int make(struct probe *p)
{
    p->sys = kvm_sys.open();
    p->vm = p->sys < 0 ? p->sys : kvm_ioctl_n(p->sys, KVM_CREATE_VM, 0);
    p->cpu = p->vm < 0 ? p->vm : kvm_ioctl_n(p->vm, KVM_CREATE_VCPU, 0);
    int size = p->cpu < 0 ? p->cpu : kvm_ioctl_n(p->sys, KVM_GET_VCPU_MMAP_SIZE, 0);
    if (size < (int)sizeof(struct kvm_run)) {
        return size < 0 ? size : -EINVAL;
    }
    p->run_size = (size_t)size;
    p->run = kvm_sys.map(p->cpu, p->run_size);
    p->page = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (!p->run || p->page == MAP_FAILED) {
        return -ENOMEM;
    }
    memcpy(p->page, code, sizeof code);
    struct kvm_userspace_memory_region m = { .memory_size = 4096,
                                             .userspace_addr = (uintptr_t)p->page };
    int ret = kvm_ioctl(p->vm, KVM_SET_USER_MEMORY_REGION, &m);
    return ret < 0 ? ret : set_registers(p);
}

static gpointer drop(gpointer arg)
{
    struct probe *p = arg;
    if (p->run) {
        kvm_sys.unmap(p->run, p->run_size);
    }
    if (p->page && p->page != MAP_FAILED) {
        munmap(p->page, 4096);
    }
    const int fds[] = { p->cpu, p->vm, p->sys };
    for (unsigned i = 0; i < ARRAY_LEN(fds); i++) {
        if (fds[i] >= 0) {
            kvm_sys.close(fds[i]);
        }
    }
    g_free(p);
    return NULL;
}

/* The kernel takes some milliseconds to end a machine: not on the way to the guest. */
static void drop_later(struct probe *p)
{
    GThread *t = g_thread_try_new("kvm-close", drop, p, NULL);
    if (t) {
        g_thread_unref(t);
    } else {
        drop(p);
    }
}

/* A signal to this thread ends a run that takes too long. */
static bool alarm_set(timer_t *t)
{
    struct sigevent ev;
    struct itimerspec its = { .it_value = { .tv_nsec = LIMIT_NS } };
    memset(&ev, 0, sizeof ev);
    ev.sigev_notify = SIGEV_SIGNAL;
    ev.sigev_signo = KVM_KICK_SIGNAL;
    if (timer_create(CLOCK_MONOTONIC, &ev, t) < 0) {
        return false;
    }
    timer_settime(*t, 0, &its, NULL);
    return true;
}

/* The best of a few turns: a busy host makes some of them slow. */
static int run(const struct probe *p, int64_t *best)
{
    int64_t end = os_clock_ns() + LIMIT_NS;
    *best = INT64_MAX;
    for (unsigned i = 0; i < EXITS; i++) {
        int64_t t = os_clock_ns();
        int ret = kvm_ioctl_n(p->cpu, KVM_RUN, 0);
        int64_t now = os_clock_ns();
        if (ret < 0 || p->run->exit_reason != KVM_EXIT_IO) {
            if (ret < 0 && ret != -EINTR) {
                return ret;
            }
            *best = MIN(*best, LIMIT_NS); /* not even one turn */
            return 0;
        }
        *best = MIN(*best, now - t);
        if (now >= end - (now - t)) {
            break;
        }
    }
    return 0;
}

void kvm_close_later(int fd)
{
    struct probe *p = g_new0(struct probe, 1);
    p->sys = p->cpu = -1;
    p->vm = fd;
    drop_later(p);
}

int kvm_measure(struct kvm_speed *out)
{
    struct probe *p = g_new0(struct probe, 1);
    timer_t timer;
    int64_t best = 0;
    memset(out, 0, sizeof *out);
    p->sys = p->vm = p->cpu = -1;
    kvm_signal_init();
    int ret = make(p);
    if (ret >= 0) {
        bool timed = alarm_set(&timer);
        ret = run(p, &best);
        if (timed) {
            timer_delete(timer);
        }
    }
    drop_later(p);
    if (ret >= 0) {
        out->turn_ns = best;
        out->mips = (double)TURNS * 1000.0 / (double)MAX(best, 1);
    }
    return ret < 0 ? ret : 0;
}
