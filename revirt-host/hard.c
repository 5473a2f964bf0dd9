/* SPDX-License-Identifier: MIT */
/*
 * The host's virtualisation as an engine: an accelerator of accel/api behind the interface's exits.
 *
 * It makes its processor with the first RUN, when CPUID is known; until then, and after the last,
 * v->cpu holds the state.
 */
/* needs: kvm */
#include <errno.h>
#include <string.h>

#include "accel/revirt/survivor.h"
#include "revirt-host/host.h"

extern const struct accel_ops accel_kvm;
static const struct accel_ops *const ops = &accel_kvm;

/* --- what the accelerator asks ---------------------------------------------------------------- */

static struct host_vcpu *vcpu_of(void *opaque, unsigned index)
{
    return ((struct host_vm *)opaque)->vcpus[index]; /* its own thread asks: it is there */
}

static uint8_t cb_tpr_read(void *opaque, unsigned index)
{
    return (uint8_t)vcpu_of(opaque, index)->run.cr8;
}

static void cb_tpr_write(void *opaque, unsigned index, uint8_t cr8)
{
    struct host_vcpu *v = vcpu_of(opaque, index);
    v->run.cr8 = cr8;
    v->tpr_changed = true;
}

static int cb_irq_ack(void *opaque, unsigned index)
{
    struct host_vcpu *v = vcpu_of(opaque, index);
    int vector = v->inject;
    if (vector >= 0) {
        v->inject = -1;
        atomic_fetch_add(&((struct survivor_head *)v->survivor)->injected, 1);
    }
    return vector; /* -1: the accelerator looks for the window */
}

static void cb_cpuid(void *opaque, unsigned index, uint32_t leaf, uint32_t subleaf, uint32_t out[4])
{
    struct host_vcpu *v = vcpu_of(opaque, index);
    memset(out, 0, 4 * sizeof *out);
    v->gone = v->gone || !host_exit_cpuid(v, leaf, subleaf, out);
}

/* --- the VM ----------------------------------------------------------------------------------- */

static bool hard_worthwhile(void)
{
    char *why = NULL;
    bool yes = ops->worthwhile(&why);
    g_free(why);
    return yes;
}

static bool hard_probe(struct accel_caps *caps, GError **err)
{
    return ops->probe(caps, err);
}

static int hard_vm_open(struct host_vm *vm)
{
    static const struct x86_topology topology = { 1, 1, 1 }; /* CPUID is the VMM's */
    const struct accel_callbacks cb = {
        .tpr_read = cb_tpr_read,
        .tpr_write = cb_tpr_write,
        .irq_ack = cb_irq_ack,
        .cpuid = cb_cpuid,
        .opaque = vm,
    };
    vm->model = vm->host->offered;
    const struct accel_params p = {
        .pm = vm->pm, .model = &vm->model, .topology = &topology, .cb = &cb, .exact_dirty = true
    };
    return ops->vm_create(&vm->accel, &p, NULL);
}

static void hard_vm_close(struct host_vm *vm)
{
    if (vm->accel) {
        ops->vm_destroy(vm->accel);
    }
}

/* --- one processor ---------------------------------------------------------------------------- */

static uint64_t carrier_tsc(void *opaque)
{
    return host_tsc(((struct host_vcpu *)opaque)->vm);
}

static void hard_init(struct host_vcpu *v)
{
    const struct x86_bus bus = { .tsc = carrier_tsc, .opaque = v };
    x86_cpu_init(v->cpu, v->vm->pm, &bus, &v->model, &v->topology, v->index);
}

static void hard_start(struct host_vcpu *v)
{
    (void)v;
}

static void hard_get(struct host_vcpu *v, struct x86_state *s)
{
    x86_cpu_get_state(v->cpu, s);
    if (v->accel && ops->state_get(v->accel, s, X86_GROUP_ALL) < 0) {
        x86_cpu_get_state(v->cpu, s); /* broken: the next run says so */
    }
}

static int hard_set(struct host_vcpu *v, const struct x86_state *s)
{
    if (v->accel) {
        return ops->state_set(v->accel, s, s->groups) < 0 ? -EIO : 0;
    }
    x86_cpu_set_state(v->cpu, s);
    return 0;
}

/* With all that the VMM has set so far; asks it for CPUID leaves. */
static int create(struct host_vcpu *v)
{
    struct accel_vcpu *a;
    struct x86_state s;
    x86_cpu_get_state(v->cpu, &s);
    v->vm->model = v->model;
    int r = ops->vcpu_create(v->vm->accel, v->index, &a);
    r = r < 0 ? r : ops->state_set(a, &s, X86_GROUP_ALL);
    if (r < 0) {
        return r;
    }
    v->cpu->jit.where = X86_JIT_AWAY;
    atomic_store(&v->accel, a);
    if (atomic_load(&v->kicked)) {
        ops->vcpu_kick(a);
    }
    return 0;
}

static void hard_stop(struct host_vcpu *v)
{
    struct x86_state s;
    if (!v->accel || v->owed || v->gone) {
        return; /* an instruction in hardware that misses its data is lost */
    }
    hard_get(v, &s);
    s.groups = X86_GROUP_ALL;
    x86_cpu_set_state(v->cpu, &s);
    atomic_thread_fence(memory_order_seq_cst);
    v->cpu->jit.where = X86_JIT_HERE;
}

static void hard_free(struct host_vcpu *v)
{
    if (v->accel) {
        ops->vcpu_destroy(v->accel);
    }
}

static void hard_kick(struct host_vcpu *v)
{
    atomic_store(&v->kicked, true);
    struct accel_vcpu *a = atomic_load(&v->accel);
    if (a) {
        ops->vcpu_kick(a);
    }
}

static void hard_taken(struct host_vcpu *v)
{
    if (v->accel) {
        ops->irq_line(v->accel, v->inject >= 0 || v->window);
    }
}

static bool hard_ready(struct host_vcpu *v)
{
    struct x86_state s;
    hard_get(v, &s);
    return host_takes_interrupt(&s);
}

static void hard_describe(struct host_vcpu *v, struct revirt_exit *e)
{
    struct x86_state s;
    e->cr8 = v->run.cr8;
    if (v->owed) {
        e->rip = v->hard_exit.rip;
    } else {
        hard_get(v, &s);
        e->rip = s.rip;
    }
    e->tsc_offset = v->accel ? ops->tsc(v->accel) - host_tsc(v->vm) : v->cpu->tsc_offset;
}

static int hard_debug(struct host_vcpu *v, bool step, const gva_t *breaks, size_t n)
{
    int r = v->accel ? 0 : v->n_leaves ? create(v) : -EINVAL;
    return r < 0 ? r : ops->debug_set(v->accel, step, breaks, n);
}

/* --- running ---------------------------------------------------------------------------------- */

/* A string instruction comes as several items. */
static bool serve_pio(struct host_vcpu *v)
{
    struct accel_exit *a = &v->hard_exit;
    uint8_t *data = a->u.pio.data;
    for (uint32_t i = 0; i < a->u.pio.count; i++, data += a->u.pio.size) {
        uint32_t value = 0;
        memcpy(&value, data, a->u.pio.size);
        if (!host_exit_pio(v, a->u.pio.port, a->u.pio.size, a->u.pio.write, &value)) {
            return false;
        }
        memcpy(data, &value, a->u.pio.size);
    }
    return true;
}

static bool serve_mmio(struct host_vcpu *v)
{
    struct accel_exit *a = &v->hard_exit;
    uint64_t value = 0;
    memcpy(&value, a->u.mmio.data, a->u.mmio.size);
    bool there = host_exit_mmio(v, a->u.mmio.gpa, a->u.mmio.size, a->u.mmio.write, &value);
    memcpy(a->u.mmio.data, &value, sizeof value);
    return there;
}

static bool serve_msr(struct host_vcpu *v)
{
    struct accel_exit *a = &v->hard_exit;
    bool ok = false;
    bool there = host_exit_msr(v, a->u.msr.index, a->u.msr.write, &a->u.msr.value, &ok);
    a->u.msr.fault = !ok;
    return there;
}

/* What the VMM sees of an exit that ends a RUN. */
static void tell(struct host_vcpu *v)
{
    const struct accel_exit *a = &v->hard_exit;
    struct revirt_exit *e = host_exit(v, REVIRT_EXIT_KICK);
    switch (a->kind) {
    case ACCEL_EXIT_EMULATE:
        e->kind = REVIRT_EXIT_EMULATE;
        e->u.emulate.gpa = a->u.emulate.gpa;
        e->u.emulate.write = a->u.emulate.write;
        e->u.emulate.nbytes = a->u.emulate.nbytes;
        memcpy(e->u.emulate.bytes, a->u.emulate.bytes, sizeof e->u.emulate.bytes);
        break;
    case ACCEL_EXIT_HLT: e->kind = REVIRT_EXIT_HLT; break;
    case ACCEL_EXIT_SHUTDOWN: e->kind = REVIRT_EXIT_SHUTDOWN; break;
    case ACCEL_EXIT_IRQ_WINDOW: e->kind = REVIRT_EXIT_WINDOW; break;
    case ACCEL_EXIT_DEBUG:
        e->kind = REVIRT_EXIT_DEBUG;
        e->u.debug.dr6 = a->u.debug.dr6;
        e->u.debug.breakpoint = a->u.debug.breakpoint;
        break;
    case ACCEL_EXIT_FAIL:
        e->kind = REVIRT_EXIT_FAIL;
        e->u.fail.code = REVIRT_FAIL_INTERNAL;
        g_strlcpy(e->u.fail.text, a->u.fail.text, sizeof e->u.fail.text);
        break;
    default: e->kind = v->tpr_changed ? REVIRT_EXIT_TPR : REVIRT_EXIT_KICK; break;
    }
    v->tpr_changed = false;
}

static bool fail(struct host_vcpu *v, const char *what, int r)
{
    struct revirt_exit *e = host_exit(v, REVIRT_EXIT_FAIL);
    e->u.fail.code = r == -EINVAL ? REVIRT_FAIL_ENTRY : REVIRT_FAIL_INTERNAL;
    g_snprintf(e->u.fail.text, sizeof e->u.fail.text, "%s: %s", what, g_strerror(-r));
    return true;
}

static bool hard_run(struct host_vcpu *v)
{
    int r = v->accel ? 0 : create(v);
    if (r < 0 || v->gone) {
        return !v->gone && fail(v, "no processor", r);
    }
    hard_taken(v);
    for (;;) {
        bool there = true;
        r = ops->vcpu_run(v->accel, &v->hard_exit);
        if (r < 0) {
            return fail(v, "the accelerator is broken", r);
        }
        switch (v->hard_exit.kind) {
        case ACCEL_EXIT_PIO: there = serve_pio(v); break;
        case ACCEL_EXIT_MMIO: there = serve_mmio(v); break;
        case ACCEL_EXIT_MSR: there = serve_msr(v); break;
        case ACCEL_EXIT_IRQ_WINDOW:
            if (!v->window) {
                hard_taken(v); /* for an interrupt that waited for it, which goes in now */
                break;
            }
            tell(v);
            return true;
        default: tell(v); return true;
        }
        if (!there) {
            v->gone = true;
            return false;
        }
    }
}

const struct host_engine host_kvm = {
    .name = "kvm",
    .decodes_only = true,
    .worthwhile = hard_worthwhile,
    .probe = hard_probe,
    .vm_open = hard_vm_open,
    .vm_close = hard_vm_close,
    .init = hard_init,
    .start = hard_start,
    .stop = hard_stop,
    .free = hard_free,
    .run = hard_run,
    .kick = hard_kick,
    .taken = hard_taken,
    .ready = hard_ready,
    .describe = hard_describe,
    .get = hard_get,
    .set = hard_set,
    .debug = hard_debug,
};
