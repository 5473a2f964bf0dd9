/* SPDX-License-Identifier: MIT */
/* link: tests/accel/rig.c accel/api/[a-z]*.c accel/kvm/[a-z]*.c accel/revirt/[a-z]*.c */
/* link: accel/compare/[a-z]*.c accel/tcg/[a-z]*.c accel/tcg/x86_64/[a-z]*.c accel/x86/[a-z]*.c */
/* link: accel/x86/x86_64/[a-z]*.c core/physmem.c core/physmem_access.c core/types.c core/log.c */
/* link: core/error.c core/opts.c core/loop.c core/clock.c os/posix/[a-z]*.c os/linux/[a-z]*.c */
/* libs: zydis */
/* requires: /dev/kvm */
/* timeout: 400 */
/*
 * KVM that breaks: every system call in turn fails from the beginning, once, or for good from some
 * run on, and KVM_RUN reports internal errors. The guest's result is always that of a run on tcg,
 * reached there or on kvm, and there is always one line that says why.
 */
#include <errno.h>

#include "accel/kvm/kvm_int.h"
#include "tests/accel/rig.h"
#include "tests/fake/unit.h"

#define TURNS 2000u

static struct kvm_sys real;

static struct {
    unsigned long request; /* which fails */
    int error;
    unsigned after; /* so many calls of it that work */
    unsigned times; /* so many that fail, then it works again */
    unsigned calls, failed;
    int open_error;
    unsigned every; /* KVM_RUN: every so many runs an internal error, `suberror` */
    uint32_t suberror;
    unsigned runs, faked;
    struct kvm_run *run;
} broken;

static int fake_open(void)
{
    return broken.open_error ? -broken.open_error : real.open();
}

static void *fake_map(int fd, size_t size)
{
    broken.run = real.map(fd, size);
    return broken.run;
}

/* An internal error in place of a run, with nothing left open: what was is completed first. */
static int fake_error(int fd)
{
    uint8_t was = broken.run->immediate_exit;
    broken.run->immediate_exit = 1;
    int ret = real.ioctl(fd, KVM_RUN, NULL);
    broken.run->immediate_exit = was;
    if (ret >= 0) {
        return ret;
    }
    broken.faked++;
    broken.run->exit_reason = KVM_EXIT_INTERNAL_ERROR;
    broken.run->internal.suberror = broken.suberror;
    broken.run->internal.ndata = 0;
    return 0;
}

static int fake_ioctl(int fd, unsigned long request, void *arg)
{
    if (broken.times && request == broken.request) {
        unsigned n = broken.calls++;
        if (n >= broken.after && n - broken.after < broken.times) {
            broken.failed++;
            return -broken.error;
        }
    }
    if (request == KVM_RUN && broken.every && ++broken.runs % broken.every == 0) {
        return fake_error(fd);
    }
    return real.ioctl(fd, request, arg);
}

struct fixture {
    struct rig *r;
    uint32_t out[3], counter, mmio_sum;
};

static int setup(void **state)
{
    static const char *const all[] = { "tcg", "kvm", NULL };
    struct fixture *f = g_new0(struct fixture, 1);
    real = kvm_sys;
    f->r = rig_new(all);
    rig_load(f->r, "checksum", TURNS);
    assert_true(rig_start(f->r, "tcg,mode=interp", NULL));
    assert_true(rig_wait(f->r, 60) && f->r->done);
    memcpy(f->out, f->r->out, sizeof f->out);
    f->counter = f->r->counter;
    f->mmio_sum = f->r->mmio_sum;
    rig_stop(f->r);
    kvm_sys.open = fake_open;
    kvm_sys.ioctl = fake_ioctl;
    kvm_sys.map = fake_map;
    *state = f;
    return 0;
}

static int teardown(void **state)
{
    struct fixture *f = *state;
    kvm_sys = real;
    rig_free(f->r);
    g_free(f);
    return 0;
}

/* Runs the guest on kvm or, where that cannot be had, on tcg. *started: did kvm begin? */
static bool run_guest(struct fixture *f, const char *name, bool *started)
{
    GError *err = NULL;
    struct rig *r = f->r;
    rig_load(r, "checksum", TURNS);
    r->text[0] = 0;
    *started = rig_start(r, "kvm", &err);
    if (!*started) {
        assert_case(name, err && strlen(err->message) > 10 && !strchr(err->message, '\n'));
        g_clear_error(&err);
        rig_stop(r);
        rig_load(r, "checksum", TURNS);
        assert_true(rig_start(r, "tcg", NULL));
    }
    bool done = rig_wait_falling_back(r, 60);
    if (!done) {
        return false;
    }
    for (unsigned i = 0; i < 3; i++) {
        assert_case(name, r->out[i] == f->out[i]);
    }
    assert_case(name, r->counter == f->counter);
    assert_case(name, r->mmio_sum == f->mmio_sum);
    return true;
}

static void break_kvm(unsigned long request, int error, unsigned after, unsigned times)
{
    memset(&broken, 0, sizeof broken);
    broken.request = request;
    broken.error = error;
    broken.after = after;
    broken.times = times;
}

static const struct {
    const char *name;
    unsigned long request;
    bool must; /* without it kvm cannot begin */
} calls[] = {
    { "KVM_GET_API_VERSION", KVM_GET_API_VERSION, true },
    { "KVM_CHECK_EXTENSION", KVM_CHECK_EXTENSION, true },
    { "KVM_CREATE_VM", KVM_CREATE_VM, true },
    { "KVM_GET_VCPU_MMAP_SIZE", KVM_GET_VCPU_MMAP_SIZE, true },
    { "KVM_GET_SUPPORTED_CPUID", KVM_GET_SUPPORTED_CPUID, true },
    { "KVM_SET_IDENTITY_MAP_ADDR", KVM_SET_IDENTITY_MAP_ADDR, true },
    { "KVM_SET_TSS_ADDR", KVM_SET_TSS_ADDR, true },
    { "KVM_ENABLE_CAP", KVM_ENABLE_CAP, true },
    { "KVM_X86_SET_MSR_FILTER", KVM_X86_SET_MSR_FILTER, true },
    { "KVM_SET_USER_MEMORY_REGION", KVM_SET_USER_MEMORY_REGION, true },
    { "KVM_CREATE_VCPU", KVM_CREATE_VCPU, true },
    { "KVM_SET_CPUID2", KVM_SET_CPUID2, true },
    { "KVM_GET_TSC_KHZ", KVM_GET_TSC_KHZ, false },
    { "KVM_SET_TSC_KHZ", KVM_SET_TSC_KHZ, false },
    { "KVM_GET_REGS", KVM_GET_REGS, true },
    { "KVM_SET_REGS", KVM_SET_REGS, true },
    { "KVM_GET_SREGS", KVM_GET_SREGS, true },
    { "KVM_SET_SREGS", KVM_SET_SREGS, true },
    { "KVM_GET_XCRS", KVM_GET_XCRS, true },
    { "KVM_SET_XCRS", KVM_SET_XCRS, true },
    { "KVM_GET_XSAVE", KVM_GET_XSAVE, false }, /* or KVM_GET_XSAVE2 */
    { "KVM_SET_XSAVE", KVM_SET_XSAVE, true },
    { "KVM_GET_MSRS", KVM_GET_MSRS, true },
    { "KVM_SET_MSRS", KVM_SET_MSRS, true },
    { "KVM_GET_VCPU_EVENTS", KVM_GET_VCPU_EVENTS, true },
    { "KVM_SET_VCPU_EVENTS", KVM_SET_VCPU_EVENTS, true },
    { "KVM_GET_DEBUGREGS", KVM_GET_DEBUGREGS, true },
    { "KVM_SET_DEBUGREGS", KVM_SET_DEBUGREGS, true },
    { "KVM_INTERRUPT", KVM_INTERRUPT, false },
    { "KVM_RUN", KVM_RUN, false },
};

static void test_from_the_start(void **state)
{
    struct fixture *f = *state;
    for (size_t i = 0; i < ARRAY_LEN(calls); i++) {
        bool started;
        break_kvm(calls[i].request, EIO, 0, UINT32_MAX);
        assert_case(calls[i].name, run_guest(f, calls[i].name, &started));
        assert_case(calls[i].name, !calls[i].must || !started);
        rig_stop(f->r);
    }
}

static void test_device(void **state)
{
    static const struct {
        int error;
        const char *says;
    } t[] = { { ENOENT, "does not exist" },
              { EACCES, "permission" },
              { ENODEV, "no driver" },
              { EBUSY, "another hypervisor" },
              { EMFILE, "cannot open" } };
    struct fixture *f = *state;
    for (size_t i = 0; i < ARRAY_LEN(t); i++) {
        struct accel_choice c;
        GError *err = NULL;
        bool started;
        break_kvm(0, 0, 0, 0);
        broken.open_error = t[i].error;
        assert_false(accel_choose_only("kvm", &c, &err));
        assert_case(t[i].says, strstr(err->message, t[i].says));
        g_clear_error(&err);
        assert_true(run_guest(f, t[i].says, &started));
        assert_false(started);
        rig_stop(f->r);
    }
}

/* One failure at each of some points. */
static void test_once(void **state)
{
    static const unsigned points[] = { 1, 2, 3, 5, 9, 17, 40, 90 };
    struct fixture *f = *state;
    unsigned hits = 0;
    for (size_t i = 0; i < ARRAY_LEN(calls); i++) {
        for (size_t k = 0; k < ARRAY_LEN(points); k++) {
            bool started;
            break_kvm(calls[i].request, EFAULT, points[k], 1);
            assert_case(calls[i].name, run_guest(f, calls[i].name, &started));
            hits += broken.failed;
            rig_stop(f->r);
            if (!broken.failed) {
                break; /* it isn't called that often */
            }
        }
    }
    print_message("%u failures\n", hits);
    assert_true(hits > 25);
}

/* KVM_RUN never works again from some point on: mostly with an access in hand. */
static void test_runs_no_more(void **state)
{
    struct fixture *f = *state;
    for (unsigned after = 1; after < 200; after += 7) {
        bool started;
        char name[32];
        g_snprintf(name, sizeof name, "after %u runs", after);
        break_kvm(KVM_RUN, EIO, after, UINT32_MAX);
        assert_case(name, run_guest(f, name, &started));
        assert_case(name, started && f->r->failures == 1 && strstr(f->r->text, "kvm"));
        rig_stop(f->r);
    }
}

static void test_emulation_errors(void **state)
{
    struct fixture *f = *state;
    bool started;
    break_kvm(0, 0, 0, 0);
    broken.every = 3;
    broken.suberror = KVM_INTERNAL_ERROR_EMULATION;
    assert_true(run_guest(f, "emulation", &started));
    assert_int_equal(f->r->failures, 0); /* one instruction each, kvm goes on */
    assert_true(broken.faked > 10);
    GString *s = g_string_new(NULL);
    rig_stats(f->r, s);
    assert_non_null(strstr(s->str, "kvm, moved 0 times"));
    assert_null(strstr(s->str, "vcpu0: emulated 0"));
    g_string_free(s, TRUE);
}

static void test_other_errors(void **state)
{
    struct fixture *f = *state;
    for (uint32_t sub = 0; sub < 6; sub++) {
        bool started;
        if (sub == KVM_INTERNAL_ERROR_EMULATION) {
            continue;
        }
        break_kvm(0, 0, 0, 0);
        broken.every = 20 + sub;
        broken.suberror = sub;
        assert_true(run_guest(f, "internal error", &started));
        assert_int_equal(f->r->failures, 1);
        assert_case(f->r->text, strstr(f->r->text, "internal error"));
        rig_stop(f->r);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_from_the_start, setup, teardown),
        cmocka_unit_test_setup_teardown(test_device, setup, teardown),
        cmocka_unit_test_setup_teardown(test_once, setup, teardown),
        cmocka_unit_test_setup_teardown(test_runs_no_more, setup, teardown),
        cmocka_unit_test_setup_teardown(test_emulation_errors, setup, teardown),
        cmocka_unit_test_setup_teardown(test_other_errors, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
