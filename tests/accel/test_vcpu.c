/* SPDX-License-Identifier: MIT */
/* link: accel/api/vcpu.c accel/api/icount.c accel/api/switch.c accel/x86/reset.c */
/* link: core/loop.c core/clock.c */
/* link: core/error.c os/posix/[a-z]*.c os/linux/[a-z]*.c tests/fake/accel_script.c */
/* timeout: 60 */
/*
 * The run loop with an accelerator that plays exits: every exit reaches its handler, HLT wakes by
 * what wakes it, INIT and SIPI in every order, pause and kick at any point.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "accel/api/vcpu_int.h"
#include "core/device.h"
#include "core/loop.h"
#include "tests/fake/accel_script.h"

/* Linked in place of accel/x86/cpuid.c: the loop only passes it on. */
void x86_cpuid(const struct x86_cpu_model *m, const struct x86_topology *t, uint32_t apic_id,
               const struct x86_state *s, uint32_t leaf, uint32_t subleaf, uint32_t out[4])
{
    (void)m;
    (void)t;
    (void)s;
    out[0] = leaf;
    out[1] = subleaf;
    out[2] = apic_id;
    out[3] = 0xcafe;
}

/* Linked in place of accel/api/emulate.c: this accelerator has no state to emulate with. */
void vcpu_emulate(struct vcpu *c, struct accel_exit *e)
{
    c->emulated++;
    e->kind = ACCEL_EXIT_KICK;
}

void vcpu_emulate_again(struct vcpu *c, struct x86_state *s)
{
    (void)s;
    c->replayed++;
}

void vcpu_emulate_free(struct vcpu *c)
{
    (void)c;
}

struct seen {
    GMutex mutex;
    GCond cond;
    unsigned pio, mmio, msr, eoi, shutdowns, failures, debugs;
    uint32_t last_value;
    char text[96];
};

struct fixture {
    struct script script;
    struct script_step steps[SCRIPT_MAX_VCPUS][16];
    struct seen seen;
    struct accel_callbacks cb;
    struct x86_cpu_model model;
    struct x86_topology topology;
    struct accel_params params;
    struct vcpus *v;
};

static void note(struct seen *s, unsigned *counter)
{
    g_mutex_lock(&s->mutex);
    (*counter)++;
    g_cond_broadcast(&s->cond);
    g_mutex_unlock(&s->mutex);
}

static void await(struct seen *s, const unsigned *counter, unsigned value)
{
    g_mutex_lock(&s->mutex);
    while (*counter < value) {
        g_cond_wait(&s->cond, &s->mutex);
    }
    g_mutex_unlock(&s->mutex);
}

static uint32_t pio_read(void *o, uint16_t port, unsigned size)
{
    struct seen *s = o;
    note(s, &s->pio);
    return 0x11110000u * size + port;
}

static void pio_write(void *o, uint16_t port, uint32_t value, unsigned size)
{
    struct seen *s = o;
    (void)port;
    (void)size;
    s->last_value = value;
    note(s, &s->pio);
}

static uint64_t mmio_read(void *o, gpa_t gpa, unsigned size)
{
    struct seen *s = o;
    (void)size;
    note(s, &s->mmio);
    return gpa;
}

static void mmio_write(void *o, gpa_t gpa, uint64_t value, unsigned size)
{
    struct seen *s = o;
    (void)gpa;
    (void)size;
    s->last_value = (uint32_t)value;
    note(s, &s->mmio);
}

static bool msr_read(void *o, unsigned vcpu, uint32_t msr, uint64_t *value)
{
    struct seen *s = o;
    *value = msr + vcpu;
    note(s, &s->msr);
    return true;
}

static bool msr_write(void *o, unsigned vcpu, uint32_t msr, uint64_t value)
{
    struct seen *s = o;
    (void)vcpu;
    (void)msr;
    (void)value;
    note(s, &s->msr);
    return false;
}

static void eoi(void *o, unsigned vcpu, uint8_t vector)
{
    struct seen *s = o;
    (void)vcpu;
    s->last_value = vector;
    note(s, &s->eoi);
}

static int64_t clock_ns(void *o)
{
    (void)o;
    return 42;
}

static void on_shutdown(void *o, unsigned vcpu, const struct x86_state *st)
{
    struct seen *s = o;
    (void)vcpu;
    (void)st;
    assert_true(machine_locked_by_me());
    note(s, &s->shutdowns);
}

static void on_failed(void *o, unsigned vcpu, const char *text)
{
    struct seen *s = o;
    (void)vcpu;
    assert_true(machine_locked_by_me());
    g_strlcpy(s->text, text, sizeof s->text);
    note(s, &s->failures);
}

static void on_debug(void *o, unsigned vcpu, const struct accel_exit *e)
{
    struct seen *s = o;
    (void)vcpu;
    (void)e;
    note(s, &s->debugs);
}

/* Until vCPU 0 began its nth step. */
static void await_step(struct fixture *f, int n)
{
    while (g_atomic_int_get(&f->script.played[0]) < n) {
        g_thread_yield();
    }
}

static void start(struct fixture *f, unsigned n)
{
    struct vcpu_owner owner = { on_shutdown, on_failed, on_debug, &f->seen };
    for (unsigned k = 0; k < SCRIPT_MAX_VCPUS; k++) {
        f->script.steps[k] = f->steps[k];
    }
    script_set(&f->script);
    machine_lock();
    f->v = vcpus_new(&accel_script, &f->params, n, &owner, NULL);
    assert_non_null(f->v);
    vcpus_reset(f->v);
    vcpus_resume(f->v);
    machine_unlock();
}

static int setup(void **state)
{
    struct fixture *f = g_new0(struct fixture, 1);
    g_mutex_init(&f->seen.mutex);
    g_cond_init(&f->seen.cond);
    f->cb = (struct accel_callbacks){ .pio_read = pio_read,
                                      .pio_write = pio_write,
                                      .mmio_read = mmio_read,
                                      .mmio_write = mmio_write,
                                      .msr_read = msr_read,
                                      .msr_write = msr_write,
                                      .eoi = eoi,
                                      .clock_ns = clock_ns,
                                      .opaque = &f->seen };
    f->topology = (struct x86_topology){ 1, 1, 1 };
    f->params = (struct accel_params){ .model = &f->model, .topology = &f->topology, .cb = &f->cb };
    f->script.rflags = X86_FL_IF;
    *state = f;
    return 0;
}

static int teardown(void **state)
{
    struct fixture *f = *state;
    if (f->v) {
        machine_lock();
        vcpus_free(f->v);
        machine_unlock();
    }
    g_mutex_clear(&f->seen.mutex);
    g_cond_clear(&f->seen.cond);
    g_free(f);
    return 0;
}

static struct script_step *add(struct fixture *f, unsigned cpu, enum accel_exit_kind kind)
{
    struct script_step *s = &f->steps[cpu][f->script.n[cpu]++];
    s->exit.kind = kind;
    return s;
}

static void add_mark(struct fixture *f, unsigned cpu, uint32_t value)
{
    struct script_step *s = add(f, cpu, ACCEL_EXIT_PIO);
    s->exit.u.pio.size = 4;
    s->exit.u.pio.count = 1;
    s->exit.u.pio.write = true;
    s->data = value;
}

static void test_pio_mmio(void **state)
{
    struct fixture *f = *state;
    struct script_step *in = add(f, 0, ACCEL_EXIT_PIO);
    in->exit.u.pio.size = 2;
    in->exit.u.pio.count = 1;
    in->exit.u.pio.port = 0x1f7;
    struct script_step *w = add(f, 0, ACCEL_EXIT_MMIO);
    w->exit.u.mmio.size = 4;
    w->exit.u.mmio.write = true;
    memcpy(w->exit.u.mmio.data, "\x78\x56\x34\x12", 4);
    start(f, 1);
    await(&f->seen, &f->seen.mmio, 1);
    assert_int_equal(in->data, 0x01f7); /* two bytes of 222201f7h */
    assert_int_equal(f->seen.last_value, 0x12345678);
}

static void check_note(const struct accel_exit_ring *r, uint64_t k, enum accel_exit_kind kind,
                       uint64_t addr, uint64_t count)
{
    const struct accel_exit_note *e = &r->note[k % ACCEL_EXIT_RING];
    assert_int_equal(e->kind, kind);
    assert_int_equal(e->addr, addr);
    assert_int_equal(e->count, count);
}

/* The last exits: what repeats counts up, what is old makes room, windows are not the guest's. */
static void test_exit_ring(void **state)
{
    struct fixture *f = *state;
    for (unsigned k = 0; k < 3; k++) {
        add_mark(f, 0, k);
        add(f, 0, ACCEL_EXIT_IRQ_WINDOW);
    }
    struct script_step *w = add(f, 0, ACCEL_EXIT_MMIO);
    w->exit.u.mmio.size = 4;
    w->exit.u.mmio.gpa = 0xfee00000;
    w->exit.u.mmio.write = true;
    start(f, 1);
    await(&f->seen, &f->seen.mmio, 1);
    machine_lock();
    vcpus_pause(f->v);
    const struct accel_exit_ring *r = vcpu_exit_ring(f->v, 0);
    machine_unlock();
    assert_int_equal(r->n, 2);
    check_note(r, 0, ACCEL_EXIT_PIO, 0, 3);
    check_note(r, 1, ACCEL_EXIT_MMIO, 0xfee00000, 1);
    assert_string_equal(accel_exit_name(ACCEL_EXIT_MMIO), "mmio");
    struct accel_exit_ring own = { 0 };
    for (unsigned k = 0; k < 3 * ACCEL_EXIT_RING; k++) {
        accel_exit_ring_note(&own, ACCEL_EXIT_MSR, k, k, 8, false);
    }
    assert_int_equal(own.n, 3 * ACCEL_EXIT_RING);
    check_note(&own, own.n - 1, ACCEL_EXIT_MSR, 3 * ACCEL_EXIT_RING - 1, 1);
    check_note(&own, own.n, ACCEL_EXIT_MSR, 2 * ACCEL_EXIT_RING, 1);
}

static void test_msr_eoi_debug(void **state)
{
    struct fixture *f = *state;
    add(f, 0, ACCEL_EXIT_MSR);
    add(f, 0, ACCEL_EXIT_CPUID);
    add(f, 0, ACCEL_EXIT_EOI)->exit.u.eoi.vector = 0x31;
    add(f, 0, ACCEL_EXIT_IRQ_WINDOW);
    add(f, 0, ACCEL_EXIT_DEBUG);
    start(f, 1);
    await(&f->seen, &f->seen.debugs, 1);
    assert_int_equal(f->seen.msr, 1);
    assert_int_equal(f->seen.last_value, 0x31);
}

static void test_shutdown_stops_that_cpu(void **state)
{
    struct fixture *f = *state;
    add(f, 0, ACCEL_EXIT_SHUTDOWN);
    add_mark(f, 0, 1);
    start(f, 1);
    await(&f->seen, &f->seen.shutdowns, 1);
    machine_lock();
    vcpus_pause(f->v);
    assert_int_equal(f->script.played[0], 1);
    vcpus_reset(f->v); /* reset brings it back */
    vcpus_resume(f->v);
    machine_unlock();
    await(&f->seen, &f->seen.pio, 1);
}

static void test_failures(void **state)
{
    struct fixture *f = *state;
    add(f, 0, ACCEL_EXIT_KICK)->ret = -EIO;
    start(f, 1);
    await(&f->seen, &f->seen.failures, 1);
    assert_non_null(strstr(f->seen.text, "script stopped working"));
}

static void test_fail_exit(void **state)
{
    struct fixture *f = *state;
    g_strlcpy(add(f, 0, ACCEL_EXIT_FAIL)->exit.u.fail.text, "entry failed", 96);
    start(f, 1);
    await(&f->seen, &f->seen.failures, 1);
    assert_string_equal(f->seen.text, "entry failed");
}

static void test_undecoded_is_emulated(void **state)
{
    struct fixture *f = *state;
    add(f, 0, ACCEL_EXIT_EMULATE)->exit.u.emulate.gpa = 0xfee00000;
    add_mark(f, 0, 1);
    start(f, 1);
    await(&f->seen, &f->seen.pio, 1);
    GString *out = g_string_new(NULL);
    machine_lock();
    vcpus_stats(f->v, out);
    machine_unlock();
    assert_non_null(strstr(out->str, "vcpu0: emulated 1"));
    g_string_free(out, TRUE);
}

/* Back and forth while both run: nothing is lost, the step in progress goes on. */
static void test_switch(void **state)
{
    struct fixture *f = *state;
    GError *err = NULL;
    for (unsigned k = 0; k < 8; k++) {
        add_mark(f, 0, k);
        add(f, 1, ACCEL_EXIT_KICK)->until_kick = true;
    }
    start(f, 2);
    for (unsigned k = 0; k < 50; k++) {
        machine_lock();
        assert_true(vcpus_switch(f->v, &accel_script, NULL, &err));
        assert_true(vcpus_running(f->v));
        machine_unlock();
    }
    await(&f->seen, &f->seen.pio, 8);
}

/* A new accelerator that cannot be made leaves the machine on the old one. */
static void test_switch_fails(void **state)
{
    struct fixture *f = *state;
    GError *err = NULL;
    add(f, 0, ACCEL_EXIT_KICK)->until_kick = true;
    add_mark(f, 0, 1);
    start(f, 2);
    await_step(f, 1);
    f->script.fail_create = 2;
    machine_lock();
    assert_false(vcpus_switch(f->v, &accel_script, NULL, &err));
    assert_non_null(strstr(err->message, "script does not take"));
    g_clear_error(&err);
    machine_unlock();
    await(&f->seen, &f->seen.pio, 1);
}

/* A vCPU whose accelerator broke runs again after the move. */
static void test_switch_mends(void **state)
{
    struct fixture *f = *state;
    GError *err = NULL;
    add(f, 0, ACCEL_EXIT_KICK)->ret = -EIO;
    add_mark(f, 0, 1);
    start(f, 1);
    await(&f->seen, &f->seen.failures, 1);
    machine_lock();
    assert_int_equal(f->script.played[0], 1);
    assert_true(vcpus_switch(f->v, &accel_script, NULL, &err));
    machine_unlock();
    await(&f->seen, &f->seen.pio, 1);
}

static void test_hlt_wakes_by_intr(void **state)
{
    struct fixture *f = *state;
    add_mark(f, 0, 1);
    add(f, 0, ACCEL_EXIT_HLT);
    add_mark(f, 0, 2);
    start(f, 1);
    await_step(f, 2);
    machine_lock();
    vcpus_pause(f->v);
    vcpus_resume(f->v);
    vcpu_intr(f->v, 0, true);
    machine_unlock();
    await(&f->seen, &f->seen.pio, 2);
}

static void test_hlt_without_if_wakes_by_nmi_only(void **state)
{
    struct fixture *f = *state;
    f->script.rflags = 0;
    add(f, 0, ACCEL_EXIT_HLT);
    add_mark(f, 0, 2);
    start(f, 1);
    await_step(f, 1);
    machine_lock();
    vcpu_intr(f->v, 0, true);
    vcpus_pause(f->v); /* the exit is handled when this returns */
    vcpus_resume(f->v);
    machine_unlock();
    assert_true(f->seen.pio == 0);
    machine_lock();
    vcpu_nmi(f->v, 0);
    machine_unlock();
    await(&f->seen, &f->seen.pio, 1);
    assert_int_equal(f->script.events[0][ACCEL_EVENT_NMI], 1);
}

static void test_aps_wait_for_sipi(void **state)
{
    struct fixture *f = *state;
    add_mark(f, 1, 7);
    start(f, 2);
    machine_lock();
    vcpu_init(f->v, 1);
    vcpu_sipi(f->v, 1, 0x9a); /* back to back: latched while INIT is in progress */
    machine_unlock();
    await(&f->seen, &f->seen.pio, 1);
    assert_int_equal(f->script.events[1][ACCEL_EVENT_INIT], 1);
    assert_int_equal(f->script.events[1][ACCEL_EVENT_SIPI], 1);
    assert_int_equal(f->script.sipi_vector[1], 0x9a);
    machine_lock();
    vcpu_sipi(f->v, 1, 0x9b); /* a running processor ignores it */
    vcpus_pause(f->v);
    machine_unlock();
    assert_int_equal(f->script.events[1][ACCEL_EVENT_SIPI], 1);
}

static void test_pause_during_run(void **state)
{
    struct fixture *f = *state;
    for (unsigned k = 0; k < 4; k++) {
        add(f, 0, ACCEL_EXIT_KICK)->until_kick = true;
    }
    start(f, 1);
    for (unsigned k = 0; k < 100; k++) {
        machine_lock();
        vcpus_pause(f->v);
        assert_false(vcpus_running(f->v));
        struct x86_state s;
        assert_int_equal(vcpu_state_get(f->v, 0, &s, X86_GROUP_GPR), 0);
        vcpus_resume(f->v);
        machine_unlock();
    }
}

static void test_create_failure(void **state)
{
    struct fixture *f = *state;
    struct vcpu_owner owner = { on_shutdown, on_failed, on_debug, &f->seen };
    GError *err = NULL;
    f->script.fail_create = 2;
    script_set(&f->script);
    machine_lock();
    assert_null(vcpus_new(&accel_script, &f->params, 3, &owner, &err));
    machine_unlock();
    assert_non_null(err);
    assert_non_null(strstr(err->message, "vCPU 1"));
    g_error_free(err);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_pio_mmio, setup, teardown),
        cmocka_unit_test_setup_teardown(test_exit_ring, setup, teardown),
        cmocka_unit_test_setup_teardown(test_msr_eoi_debug, setup, teardown),
        cmocka_unit_test_setup_teardown(test_shutdown_stops_that_cpu, setup, teardown),
        cmocka_unit_test_setup_teardown(test_failures, setup, teardown),
        cmocka_unit_test_setup_teardown(test_fail_exit, setup, teardown),
        cmocka_unit_test_setup_teardown(test_undecoded_is_emulated, setup, teardown),
        cmocka_unit_test_setup_teardown(test_switch, setup, teardown),
        cmocka_unit_test_setup_teardown(test_switch_fails, setup, teardown),
        cmocka_unit_test_setup_teardown(test_switch_mends, setup, teardown),
        cmocka_unit_test_setup_teardown(test_hlt_wakes_by_intr, setup, teardown),
        cmocka_unit_test_setup_teardown(test_hlt_without_if_wakes_by_nmi_only, setup, teardown),
        cmocka_unit_test_setup_teardown(test_aps_wait_for_sipi, setup, teardown),
        cmocka_unit_test_setup_teardown(test_pause_during_run, setup, teardown),
        cmocka_unit_test_setup_teardown(test_create_failure, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
