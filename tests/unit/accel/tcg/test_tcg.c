/* SPDX-License-Identifier: MIT */
/* link: accel/tcg/[a-z]*.c accel/tcg/x86_64/[a-z]*.c accel/x86/[a-z]*.c */
/* link: accel/x86/x86_64/[a-z]*.c */
/* link: core/physmem.c core/physmem_access.c */
/* link: core/types.c core/log.c core/error.c core/opts.c os/posix/[a-z]*.c os/linux/[a-z]*.c */
/* libs: zydis */
/*
 * The software accelerator through its operations alone, as the run loop sees it.
 */
#include <stdatomic.h>
#include <stdlib.h>

#include "accel/api/accel.h"
#include "core/opts.h"
#include "core/physmem.h"
#include "tests/fake/unit.h"

extern const struct accel_ops accel_tcg;

#define RAM_SIZE 0x100000u

struct rig {
    struct physmem *pm;
    uint8_t *ram;
    struct x86_cpu_model model;
    struct accel_caps caps;
    struct accel_vm *vm;
    struct accel_vcpu *cpu;
    int vector;
    uint16_t port;
    uint32_t value;
    gpa_t mmio;
};

static uint32_t pio_read(void *opaque, uint16_t port, unsigned size)
{
    struct rig *r = opaque;
    (void)size;
    r->port = port;
    return 0x5a;
}

static void pio_write(void *opaque, uint16_t port, uint32_t v, unsigned size)
{
    struct rig *r = opaque;
    (void)size;
    r->port = port;
    r->value = v;
}

static uint64_t mmio_read(void *opaque, gpa_t gpa, unsigned size)
{
    struct rig *r = opaque;
    (void)size;
    r->mmio = gpa;
    return 0x77;
}

static void mmio_write(void *opaque, gpa_t gpa, uint64_t v, unsigned size)
{
    struct rig *r = opaque;
    (void)size;
    r->mmio = gpa;
    r->value = (uint32_t)v;
}

static int irq_ack(void *opaque, unsigned vcpu)
{
    struct rig *r = opaque;
    int v = r->vector;
    (void)vcpu;
    r->vector = -1;
    accel_tcg.irq_line(r->cpu, false);
    return v;
}

static const struct x86_topology topology = { 1, 1, 1 };
static struct accel_callbacks callbacks = { .pio_read = pio_read,
                                            .pio_write = pio_write,
                                            .mmio_read = mmio_read,
                                            .mmio_write = mmio_write,
                                            .irq_ack = irq_ack };

static int setup(void **state)
{
    struct rig *r = calloc(1, sizeof *r);
    GError *err = NULL;
    assert_true(accel_tcg.probe(&r->caps, &err));
    r->pm = physmem_new();
    r->ram = aligned_alloc(4096, RAM_SIZE);
    memset(r->ram, 0, RAM_SIZE);
    physmem_add_ram(r->pm, "ram", 0, RAM_SIZE, r->ram, 0);
    physmem_set_a20(r->pm, true);
    r->model = r->caps.offered;
    r->model.phys_bits = 40;
    r->vector = -1;
    callbacks.opaque = r;
    struct accel_params p = {
        .pm = r->pm, .model = &r->model, .topology = &topology, .cb = &callbacks
    };
    assert_int_equal(accel_tcg.vm_create(&r->vm, &p, &err), 0);
    assert_int_equal(accel_tcg.vcpu_create(r->vm, 0, &r->cpu), 0);
    *state = r;
    return 0;
}

static int teardown(void **state)
{
    struct rig *r = *state;
    accel_tcg.vcpu_destroy(r->cpu);
    accel_tcg.vm_destroy(r->vm);
    physmem_free(r->pm);
    free(r->ram);
    free(r);
    return 0;
}

/* Real mode at 0:0x1000, as device code (dma_write) puts it there. */
static void start(struct rig *r, const char *code, size_t len)
{
    struct x86_state s;
    x86_state_reset(&s, true, r->model.signature);
    s.seg[X86_CS].base = 0;
    s.seg[X86_CS].sel = 0;
    s.rip = 0x1000;
    s.gpr[X86_RSP] = 0x8000;
    assert_true(dma_write(r->pm, 0x1000, code, len));
    assert_int_equal(accel_tcg.state_set(r->cpu, &s, X86_GROUP_ALL), 0);
}

static struct accel_exit run(struct rig *r)
{
    struct accel_exit e;
    assert_int_equal(accel_tcg.vcpu_run(r->cpu, &e), 0);
    return e;
}

static uint64_t reg(struct rig *r, unsigned n)
{
    struct x86_state s;
    assert_int_equal(accel_tcg.state_get(r->cpu, &s, X86_GROUP_GPR), 0);
    return s.gpr[n];
}

static void test_hlt_and_io(void **state)
{
    struct rig *r = *state;
    /* in al, 0x60; out 0x80, al; mov al, [ds:0]; hlt with DS at the end of RAM */
    start(r, "\xe4\x60\xe6\x80\xa0\x00\x00\xf4", 8);
    struct x86_state s;
    accel_tcg.state_get(r->cpu, &s, X86_GROUP_SEG);
    s.seg[X86_DS].base = RAM_SIZE;
    accel_tcg.state_set(r->cpu, &s, X86_GROUP_SEG);
    struct accel_exit e = run(r);
    assert_int_equal(e.kind, ACCEL_EXIT_HLT);
    assert_int_equal(e.rip, 0x1008);
    assert_int_equal(r->value, 0x5a);
    assert_int_equal(r->port, 0x80);
    assert_int_equal(r->mmio, RAM_SIZE);
    assert_int_equal(reg(r, X86_RAX) & 0xff, 0x77);
}

static void test_kick_is_sticky(void **state)
{
    struct rig *r = *state;
    start(r, "\x40\xf4", 2);
    accel_tcg.vcpu_kick(r->cpu);
    accel_tcg.vcpu_kick(r->cpu);
    assert_int_equal(run(r).kind, ACCEL_EXIT_KICK);
    assert_int_equal(reg(r, X86_RAX), 0);
    assert_int_equal(run(r).kind, ACCEL_EXIT_HLT);
    assert_int_equal(reg(r, X86_RAX), 1);
}

static gpointer kicker(gpointer arg)
{
    accel_tcg.vcpu_kick(((struct rig *)arg)->cpu);
    return NULL;
}

static void test_kick_from_outside(void **state)
{
    struct rig *r = *state;
    start(r, "\xeb\xfe", 2);
    GThread *t = g_thread_new("kicker", kicker, r);
    assert_int_equal(run(r).kind, ACCEL_EXIT_KICK);
    g_thread_join(t);
}

static void test_state_identity(void **state)
{
    struct rig *r = *state;
    struct x86_state a, b;
    start(r, "\xf4", 1);
    memset(&a, 0, sizeof a);
    accel_tcg.state_get(r->cpu, &a, X86_GROUP_ALL);
    for (unsigned k = 0; k < X86_GPR_COUNT; k++) {
        a.gpr[k] = 0x1111111111111111ull * k;
    }
    a.rflags = X86_FL_CF | X86_FL_PF | X86_FL_OF | X86_FL_DF | 2;
    a.vec[3].u64[1] = 42;
    a.fpu.r[2].mant = 7;
    a.dr[1] = 0x1234;
    a.msr.star = 0x230008ull << 32;
    a.tsc = 0;
    accel_tcg.state_set(r->cpu, &a, X86_GROUP_ALL);
    memset(&b, 0, sizeof b);
    accel_tcg.state_get(r->cpu, &b, X86_GROUP_ALL);
    b.tsc = a.tsc;
    assert_memory_equal(a.gpr, b.gpr, sizeof a.gpr);
    assert_int_equal(a.rflags, b.rflags);
    assert_memory_equal(a.seg, b.seg, sizeof a.seg);
    assert_memory_equal(a.vec, b.vec, sizeof a.vec);
    assert_memory_equal(&a.fpu, &b.fpu, sizeof a.fpu);
    assert_memory_equal(a.dr, b.dr, sizeof a.dr);
    assert_memory_equal(&a.msr, &b.msr, sizeof a.msr);
    /* one group leaves the others alone */
    memset(&a.gpr, 0, sizeof a.gpr);
    memset(&a.vec, 0, sizeof a.vec);
    accel_tcg.state_set(r->cpu, &a, X86_GROUP_XSAVE);
    accel_tcg.state_get(r->cpu, &b, X86_GROUP_ALL);
    assert_int_equal(b.gpr[1], 0x1111111111111111ull);
    assert_int_equal(b.vec[3].u64[1], 0);
}

static void test_interrupt(void **state)
{
    struct rig *r = *state;
    start(r, "\xfb\xf4\x40\xf4", 4); /* sti; hlt; inc ax; hlt */
    memcpy(r->ram + 0x21 * 4, "\x00\x20\x00\x00", 4);
    memcpy(r->ram + 0x2000, "\x43\xcf", 2); /* inc bx; iret */
    assert_int_equal(run(r).kind, ACCEL_EXIT_HLT);
    assert_int_equal(run(r).kind, ACCEL_EXIT_HLT); /* nothing came: still halted */
    assert_int_equal(reg(r, X86_RAX), 0);
    r->vector = 0x21;
    accel_tcg.irq_line(r->cpu, true);
    assert_int_equal(run(r).kind, ACCEL_EXIT_HLT);
    assert_int_equal(reg(r, X86_RBX), 1);
    assert_int_equal(reg(r, X86_RAX), 1);
    /* a request that goes away is not taken */
    r->vector = -1;
    accel_tcg.irq_line(r->cpu, true);
    assert_int_equal(run(r).kind, ACCEL_EXIT_HLT);
    assert_int_equal(reg(r, X86_RBX), 1);
}

static void test_nmi(void **state)
{
    struct rig *r = *state;
    start(r, "\xf4\xf4", 2);
    memcpy(r->ram + 2 * 4, "\x00\x20\x00\x00", 4);
    memcpy(r->ram + 0x2000, "\x43\xcf", 2);
    assert_int_equal(run(r).kind, ACCEL_EXIT_HLT);
    accel_tcg.event(r->cpu, ACCEL_EVENT_NMI, 0);
    assert_int_equal(run(r).kind, ACCEL_EXIT_HLT);
    assert_int_equal(reg(r, X86_RBX), 1);
}

static void test_init_sipi(void **state)
{
    struct rig *r = *state;
    struct accel_vcpu *ap;
    struct x86_state s;
    assert_int_equal(accel_tcg.vcpu_create(r->vm, 1, &ap), 0);
    accel_tcg.event(ap, ACCEL_EVENT_INIT, 0);
    accel_tcg.state_get(ap, &s, X86_GROUP_ALL);
    assert_int_equal(s.mp, X86_MP_WAIT_SIPI);
    memcpy(r->ram + 0x9000, "\x41\xf4", 2);
    accel_tcg.event(ap, ACCEL_EVENT_SIPI, 9);
    struct accel_exit e;
    assert_int_equal(accel_tcg.vcpu_run(ap, &e), 0);
    assert_int_equal(e.kind, ACCEL_EXIT_HLT);
    accel_tcg.state_get(ap, &s, X86_GROUP_ALL);
    assert_int_equal(s.seg[X86_CS].sel, 0x900);
    assert_int_equal(s.gpr[X86_RCX], 1);
    accel_tcg.event(ap, ACCEL_EVENT_SIPI, 5); /* not waiting: ignored */
    accel_tcg.state_get(ap, &s, X86_GROUP_ALL);
    assert_int_equal(s.seg[X86_CS].sel, 0x900);
    accel_tcg.vcpu_destroy(ap);
}

static void test_shutdown(void **state)
{
    struct rig *r = *state;
    struct x86_state s;
    start(r, "\x0f\x0b", 2);
    accel_tcg.state_get(r->cpu, &s, X86_GROUP_SEG);
    s.idt.limit = 0;
    accel_tcg.state_set(r->cpu, &s, X86_GROUP_SEG);
    assert_int_equal(run(r).kind, ACCEL_EXIT_SHUTDOWN);
    assert_int_equal(run(r).kind, ACCEL_EXIT_SHUTDOWN);
}

/* A device writes over code between two runs, and the map moves under it. */
static void test_code_changes(void **state)
{
    struct rig *r = *state;
    start(r, "\x40\xf4", 2);
    run(r);
    assert_int_equal(reg(r, X86_RAX), 1);
    start(r, "\x43\xf4", 2);
    run(r);
    assert_int_equal(reg(r, X86_RBX), 1);
    uint8_t *other = aligned_alloc(4096, 4096);
    memcpy(other, "\x41\xf4", 2);
    struct mem_region *over = physmem_add_ram(r->pm, "over", 0x1000, 4096, other, 1);
    start(r, "\x41\xf4", 2);
    run(r);
    assert_int_equal(reg(r, X86_RCX), 1);
    physmem_remove(r->pm, over);
    struct x86_state s;
    x86_state_reset(&s, true, 0);
    s.seg[X86_CS].base = 0;
    s.rip = 0x1000;
    accel_tcg.state_set(r->cpu, &s, X86_GROUP_ALL);
    run(r);
    assert_int_equal(reg(r, X86_RBX), 1); /* what lies below again */
    free(other);
}

static void test_options(void **state)
{
    static const struct {
        const char *text, *says;
    } bad[] = {
        { "tcg,mode=fast", "interp or jit" },
        { "tcg,thread=single", "thread=multi" },
        { "tcg,tb-size=100000", "tb-size" },
        { "tcg,tb-size=255K", "256K" },
        { "tcg,tb-size=5G", "4G" },
        { "tcg,tb-size=1X", "tb-size" },
        { "tcg,tb-sise=1", "tb-size" },
        { "tcg,stats=perhaps", "stats" },
        { "tcg,perfmap=7", "perfmap" },
        { "tcg,one-insn-per-tb=maybe", "one-insn-per-tb" },
    };
    struct rig *r = *state;
    for (size_t k = 0; k < sizeof bad / sizeof bad[0]; k++) {
        GError *err = NULL;
        struct accel_vm *vm = NULL;
        struct opts *o = opts_parse(bad[k].text, "accel", &err);
        struct accel_params p = {
            .pm = r->pm, .model = &r->model, .topology = &topology, .cb = &callbacks, .opts = o
        };
        assert_case(bad[k].text, accel_tcg.vm_create(&vm, &p, &err) < 0);
        assert_case(bad[k].text, vm == NULL && err && strstr(err->message, bad[k].says));
        g_error_free(err);
        opts_free(o);
    }
}

/* one-insn-per-tb=on executes the same. */
static void test_one_insn(void **state)
{
    struct rig *r = *state;
    GError *err = NULL;
    struct accel_vm *vm = NULL;
    struct opts *o = opts_parse("tcg,one-insn-per-tb=on,tb-size=256K", "accel", &err);
    struct accel_params p = {
        .pm = r->pm, .model = &r->model, .topology = &topology, .cb = &callbacks, .opts = o
    };
    struct accel_vcpu *saved = r->cpu;
    assert_int_equal(accel_tcg.vm_create(&vm, &p, &err), 0);
    assert_int_equal(accel_tcg.vcpu_create(vm, 0, &r->cpu), 0);
    start(r, "\xb9\x64\x00\x40\xe2\xfd\xf4", 7); /* mov cx, 100; inc ax; loop; hlt */
    assert_int_equal(run(r).kind, ACCEL_EXIT_HLT);
    assert_int_equal(reg(r, X86_RAX), 100);
    accel_tcg.vcpu_destroy(r->cpu);
    accel_tcg.vm_destroy(vm);
    r->cpu = saved;
    opts_free(o);
}

static void test_stats(void **state)
{
    struct rig *r = *state;
    start(r, "\x40\x40\xf4", 3);
    run(r);
    GString *s = g_string_new(NULL);
    accel_tcg.stats(r->vm, s);
    assert_non_null(strstr(s->str, "vcpu0: instructions 3,"));
    g_string_free(s, TRUE);
}

#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        T(test_hlt_and_io),     T(test_kick_is_sticky), T(test_kick_from_outside),
        T(test_state_identity), T(test_interrupt),      T(test_nmi),
        T(test_init_sipi),      T(test_shutdown),       T(test_code_changes),
        T(test_options),        T(test_one_insn),       T(test_stats),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
