/* SPDX-License-Identifier: MIT */
/* link: tests/accel/rig.c accel/api/[a-z]*.c accel/kvm/[a-z]*.c accel/revirt/[a-z]*.c */
/* link: accel/compare/[a-z]*.c accel/tcg/[a-z]*.c accel/tcg/x86_64/[a-z]*.c accel/x86/[a-z]*.c */
/* link: accel/x86/x86_64/[a-z]*.c core/physmem.c core/physmem_access.c core/types.c core/log.c */
/* link: core/error.c core/opts.c core/loop.c core/clock.c os/posix/[a-z]*.c os/linux/[a-z]*.c */
/* libs: zydis */
/* requires: /dev/kvm */
/* timeout: 300 */
/*
 * Random valid states set on an accelerator and read back: identical but for what is documented
 * (accel/kvm/state.c). Then a guest at CPL 3 that is kicked, paused, read, written back and watched
 * for dirty pages all the time, which loses nothing. EMU_STRESS=SECONDS for longer than three.
 */
#include <stdlib.h>

#include "accel/x86/consts.h"
#include "core/loop.h"
#include "tests/accel/rig.h"
#include "tests/fake/unit.h"

#define ROUNDS 300u

static uint64_t rand64(GRand *g)
{
    return (uint64_t)g_rand_int(g) << 32 | g_rand_int(g);
}

static uint64_t canonical(uint64_t v)
{
    return (uint64_t)((int64_t)(v << 17) >> 17);
}

static void random_segs(struct x86_state *s, GRand *g, unsigned mode)
{
    for (unsigned i = 0; i <= X86_GS; i++) {
        struct x86_seg *d = &s->seg[i];
        d->sel = (uint16_t)(mode ? (g_rand_int(g) & 0xfff8) : g_rand_int(g));
        d->base = mode == 2 && i != X86_FS && i != X86_GS ? 0
                  : mode == 2                             ? canonical(rand64(g))
                  : mode                                  ? g_rand_int(g)
                                                          : (uint64_t)d->sel << 4;
        d->limit = mode ? 0xffffffff : 0xffff;
        d->attr = (uint16_t)(i == X86_CS ? (mode == 2 ? 0xa9b
                                            : mode    ? 0xc9b
                                                      : 0x9b)
                                         : (mode ? 0xc93 : 0x93));
    }
    s->seg[X86_LDTR] =
        (struct x86_seg){ .base = g_rand_int(g), .limit = 0xfff, .sel = 0x50, .attr = 0x82 };
    s->seg[X86_TR] =
        (struct x86_seg){ .base = g_rand_int(g), .limit = 0x67, .sel = 0x40, .attr = 0x8b };
    s->gdt = (struct x86_dtable){ mode == 2 ? canonical(rand64(g)) : g_rand_int(g), 0x7f };
    s->idt = (struct x86_dtable){ mode == 2 ? canonical(rand64(g)) : g_rand_int(g), 0xfff };
}

static void random_fpu(struct x86_state *s, GRand *g, const struct x86_cpu_model *m)
{
    s->fpu.fcw = (uint16_t)(0x37f & ~(g_rand_int(g) & 0x300));
    s->fpu.fsw = (uint16_t)(g_rand_int(g) & 0x7f00 & ~0x8000);
    s->fpu.ftw = (uint8_t)g_rand_int(g);
    s->fpu.fop = (uint16_t)(g_rand_int(g) & 0x7ff);
    s->fpu.fip = canonical(rand64(g));
    s->fpu.fdp = canonical(rand64(g));
    s->fpu.mxcsr = 0x1f80 | (g_rand_int(g) & 0x603f);
    for (unsigned i = 0; i < 8; i++) {
        s->fpu.r[i].mant = rand64(g);
        s->fpu.r[i].se = (uint16_t)g_rand_int(g);
    }
    for (unsigned i = 0; i < 16; i++) {
        for (unsigned k = 0; k < (x86_has(m, X86_FEAT_AVX) ? 4u : 2u); k++) {
            s->vec[i].u64[k] = rand64(g);
        }
    }
}

static void random_msrs(struct x86_state *s, GRand *g)
{
    s->msr.star = rand64(g);
    s->msr.lstar = canonical(rand64(g));
    s->msr.cstar = canonical(rand64(g));
    s->msr.fmask = g_rand_int(g);
    s->msr.kernel_gs_base = canonical(rand64(g));
    s->msr.sysenter_cs = g_rand_int(g) & 0xffff;
    s->msr.sysenter_esp = canonical(rand64(g));
    s->msr.sysenter_eip = canonical(rand64(g));
    s->msr.mtrr_def_type = 0xc06;
    s->msr.mtrr_base[3] = 0xe0000000;
    s->msr.mtrr_mask[3] = 0xffe0000800;
    s->msr.mtrr_fixed[5] = 0x0606060606060606ull;
    s->msr.pat = 0x0407050600070106ull;
}

/* mode: 0 real, 1 protected without paging, 2 long. */
static void random_state(struct x86_state *s, GRand *g, unsigned mode,
                         const struct x86_cpu_model *m)
{
    x86_state_reset(s, true, m->signature);
    for (unsigned i = 0; i < X86_GPR_COUNT; i++) {
        s->gpr[i] = rand64(g);
    }
    s->rip = mode == 2 ? canonical(rand64(g)) : mode ? g_rand_int(g) : g_rand_int(g) & 0xffff;
    s->rflags = 2 | (g_rand_int(g) & (X86_FL_ARITH | X86_FL_IF | X86_FL_DF | X86_FL_ID));
    random_segs(s, g, mode);
    s->cr0 = X86_CR0_ET | X86_CR0_NE | (mode ? X86_CR0_PE : 0) |
             (mode == 2 ? X86_CR0_PG | X86_CR0_WP : 0);
    s->cr2 = rand64(g);
    s->cr3 = mode == 2 ? (rand64(g) & 0x3ff000) : 0;
    s->cr4 = 0x600 | (mode == 2 ? X86_CR4_PAE : 0);
    s->cr8 = g_rand_int(g) & 15;
    s->msr.efer = mode == 2 ? 0xd01 : 0;
    random_fpu(s, g, m);
    random_msrs(s, g);
    for (unsigned i = 0; i < 4; i++) {
        s->dr[i] = mode == 2 ? canonical(rand64(g)) : g_rand_int(g);
    }
    s->dr[6] = 0xffff0ff0 | (g_rand_int(g) & 0xf);
    s->dr[7] = 0x400;
    s->ev.nmi_blocked = g_rand_boolean(g);
    if (g_rand_boolean(g)) {
        s->ev.sti_shadow = 1;
        s->rflags |= X86_FL_IF;
    }
    if (g_rand_boolean(g)) {
        s->ev.exception_pending = 1;
        s->ev.exception_vector = g_rand_boolean(g) ? X86_EXC_GP : X86_EXC_PF;
        s->ev.exception_has_error = mode != 0;
        s->ev.exception_error = mode ? g_rand_int(g) & 0x1f : 0;
        s->ev.exception_payload = s->ev.exception_vector == X86_EXC_PF ? canonical(rand64(g)) : 0;
    } else if (g_rand_boolean(g)) {
        s->ev.interrupt_pending = 1;
        s->ev.interrupt_vector = (uint8_t)g_rand_int_range(g, 32, 256);
    }
}

static const struct {
    const char *name;
    size_t offset, size;
} fields[] = {
#define FIELD(f)                                                              \
    {                                                                         \
#f, offsetof(struct x86_state, f), sizeof(((struct x86_state *)0)->f) \
    }
    FIELD(gpr),      FIELD(rip),       FIELD(rflags), FIELD(gdt.base), FIELD(gdt.limit),
    FIELD(idt.base), FIELD(idt.limit), FIELD(cr0),    FIELD(cr2),      FIELD(cr3),
    FIELD(cr4),      FIELD(cr8),       FIELD(xcr0),   FIELD(dr),       FIELD(fpu),
    FIELD(vec),      FIELD(opmask),    FIELD(pkru),   FIELD(msr),      FIELD(ev),
    FIELD(seg[0]),   FIELD(seg[1]),    FIELD(seg[2]), FIELD(seg[3]),   FIELD(seg[4]),
    FIELD(seg[5]),   FIELD(seg[6]),    FIELD(seg[7]),
#undef FIELD
};

static void compare(const char *what, const struct x86_state *a, const struct x86_state *b)
{
    for (size_t i = 0; i < ARRAY_LEN(fields); i++) {
        const uint8_t *x = (const uint8_t *)a + fields[i].offset;
        const uint8_t *y = (const uint8_t *)b + fields[i].offset;
        for (size_t k = 0; k < fields[i].size; k++) {
            if (x[k] != y[k]) {
                size_t w = k & ~(size_t)7;
                uint64_t want = 0, got = 0;
                memcpy(&want, x + w, MIN((size_t)8, fields[i].size - w));
                memcpy(&got, y + w, MIN((size_t)8, fields[i].size - w));
                fail_msg("%s: %s+%zu: set 0x%" G_GINT64_MODIFIER "x, read 0x%" G_GINT64_MODIFIER
                         "x",
                         what, fields[i].name, w, (guint64)want, (guint64)got);
            }
        }
    }
}

static void round_trip(const char *accel)
{
    static const char *const all[] = { "tcg", "kvm", NULL };
    static const char *const modes[] = { "real", "protected", "long" };
    unsigned seed = (unsigned)g_get_monotonic_time();
    GRand *g = g_rand_new_with_seed(seed);
    struct rig *r = rig_new(all);
    rig_load(r, "checksum", 1);
    assert_true(rig_start(r, accel, NULL));
    assert_true(rig_wait(r, 60));
    machine_lock();
    vcpus_pause(r->v);
    for (unsigned i = 0; i < ROUNDS; i++) {
        struct x86_state s, t;
        char what[64];
        g_snprintf(what, sizeof what, "%s, %s mode, round %u, seed %u", accel, modes[i % 3], i,
                   seed);
        random_state(&s, g, i % 3, &r->model);
        memset(&t, 0xa5, sizeof t);
        int ret = vcpu_state_set(r->v, 0, &s, X86_GROUP_ALL & ~(unsigned)X86_GROUP_TSC);
        assert_case(what, ret == 0);
        assert_case(what, vcpu_state_get(r->v, 0, &t, X86_GROUP_ALL) == 0);
        machine_unlock(); /* a failed assertion must not hold it */
        compare(what, &s, &t);
        machine_lock();
    }
    machine_unlock();
    rig_free(r);
    g_rand_free(g);
}

static void test_round_trip_tcg(void **state)
{
    (void)state;
    round_trip("tcg");
}

static void test_round_trip_kvm(void **state)
{
    (void)state;
    round_trip("kvm");
}

static void prod(struct rig *r, GRand *g, unsigned *gets)
{
    switch (g_rand_int_range(g, 0, 4)) {
    case 0: vcpu_kick(r->v, 0); break;
    case 1:
        machine_lock();
        mem_region_test_clear_dirty(r->ram_region, 0, RIG_RAM);
        machine_unlock();
        break;
    default: {
        struct x86_state s;
        machine_lock();
        vcpus_pause(r->v);
        int ret = vcpu_state_get(r->v, 0, &s, X86_GROUP_ALL);
        uint32_t groups = X86_GROUP_ALL & ~(unsigned)(X86_GROUP_TSC | X86_GROUP_MP);
        ret = ret < 0 ? ret : vcpu_state_set(r->v, 0, &s, groups);
        vcpus_resume(r->v);
        machine_unlock();
        (*gets)++;
        assert_int_equal(ret, 0);
    }
    }
}

static void stress(const char *accel)
{
    static const char *const all[] = { "tcg", "kvm", NULL };
    const char *text = getenv("EMU_STRESS");
    gint64 end = g_get_monotonic_time() + (text ? atoi(text) : 3) * G_USEC_PER_SEC;
    GRand *g = g_rand_new_with_seed(1);
    unsigned prods = 0, gets = 0;
    struct rig *r = rig_new(all);
    mem_region_track_dirty(r->ram_region, true);
    rig_load(r, "checksum", UINT32_MAX);
    assert_true(rig_start(r, accel, NULL));
    while (g_get_monotonic_time() < end && !r->failed && !r->shutdown) {
        prod(r, g, &gets);
        prods++;
    }
    machine_lock();
    r->enough = true;
    machine_unlock();
    assert_true(rig_wait(r, 60));
    if (!r->done) {
        fail_msg("%s after %u: %s", accel, prods, r->text);
    }
    uint32_t out[5], counter = r->counter, sum = r->mmio_sum;
    memcpy(out, r->out, sizeof out);
    rig_stop(r);
    print_message("%s: %u interventions, %u of them state out and in, %u turns\n", accel, prods,
                  gets, out[4]);
    rig_load(r, "checksum", out[4]);
    assert_true(rig_start(r, "tcg,mode=interp", NULL));
    assert_true(rig_wait(r, 120) && r->done);
    assert_memory_equal(out, r->out, 3 * sizeof out[0]);
    assert_int_equal(counter, r->counter);
    assert_int_equal(sum, r->mmio_sum);
    rig_free(r);
    g_rand_free(g);
}

static void test_stress_kvm(void **state)
{
    (void)state;
    stress("kvm");
}

static void test_stress_tcg(void **state)
{
    (void)state;
    stress("tcg,mode=jit");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_round_trip_tcg),
        cmocka_unit_test(test_round_trip_kvm),
        cmocka_unit_test(test_stress_kvm),
        cmocka_unit_test(test_stress_tcg),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
