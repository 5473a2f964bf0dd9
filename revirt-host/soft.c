/* SPDX-License-Identifier: MIT */
/*
 * The engines in software: accel/x86 executes, with the translator of accel/tcg or without.
 *
 * An access outside memory that is not to be decoded leaves the interpreter by longjmp, for an
 * instruction writes registers only after its last access (accel/x86/cpu.h).
 */
#include <errno.h>
#include <string.h>

#include "accel/revirt/survivor.h"
#include "accel/tcg/jit.h"
#include "accel/x86/block.h"
#include "revirt-host/host.h"

enum { /* what longjmp to host_vcpu.out says */
       OUT_EMULATE = 1,
       OUT_WINDOW,
       OUT_GONE,
};

/* --- what the processor asks ------------------------------------------------------------------ */

static void unless_gone(struct host_vcpu *v, bool there)
{
    if (!there) {
        longjmp(v->out, OUT_GONE);
    }
}

static uint32_t bus_pio_read(void *opaque, uint16_t port, unsigned size)
{
    uint32_t value = 0;
    unless_gone(opaque, host_exit_pio(opaque, port, size, false, &value));
    return value;
}

static void bus_pio_write(void *opaque, uint16_t port, uint32_t value, unsigned size)
{
    unless_gone(opaque, host_exit_pio(opaque, port, size, true, &value));
}

static void leave_undecoded(struct host_vcpu *v, gpa_t gpa, bool write)
{
    if (!v->vm->host->decode_mmio) {
        struct revirt_exit *e = host_exit(v, REVIRT_EXIT_EMULATE);
        e->u.emulate.gpa = gpa;
        e->u.emulate.write = write;
        longjmp(v->out, OUT_EMULATE);
    }
}

static uint64_t bus_mmio_read(void *opaque, gpa_t gpa, unsigned size)
{
    uint64_t value = 0;
    leave_undecoded(opaque, gpa, false);
    unless_gone(opaque, host_exit_mmio(opaque, gpa, size, false, &value));
    return value;
}

static void bus_mmio_write(void *opaque, gpa_t gpa, uint64_t value, unsigned size)
{
    leave_undecoded(opaque, gpa, true);
    unless_gone(opaque, host_exit_mmio(opaque, gpa, size, true, &value));
}

static bool bus_msr_read(void *opaque, uint32_t msr, uint64_t *value)
{
    struct host_vcpu *v = opaque;
    bool ok = msr == X86_MSR_APIC_BASE;
    if (v->quiet) {
        *value = v->cpu->st.msr.apic_base;
    } else {
        unless_gone(v, host_exit_msr(v, msr, false, value, &ok));
    }
    return ok;
}

static bool bus_msr_write(void *opaque, uint32_t msr, uint64_t value)
{
    bool ok;
    unless_gone(opaque, host_exit_msr(opaque, msr, true, &value, &ok));
    return ok;
}

/* The VMM's interrupt controllers must know the new priority before anything else happens. */
static void bus_tpr_write(void *opaque, uint8_t cr8)
{
    struct host_vcpu *v = opaque;
    v->cpu->st.cr8 = cr8;
    v->tpr_changed = true;
    atomic_fetch_or(&v->cpu->requests, X86_REQ_KICK);
}

static void bus_cpuid(void *opaque, uint32_t leaf, uint32_t subleaf, uint32_t out[4])
{
    unless_gone(opaque, host_exit_cpuid(opaque, leaf, subleaf, out));
}

/* Between two instructions with interrupts open. */
static int bus_irq_ack(void *opaque)
{
    struct host_vcpu *v = opaque;
    int vector = v->inject;
    if (vector < 0) {
        if (v->window) {
            longjmp(v->out, OUT_WINDOW);
        }
        return -1;
    }
    v->inject = -1;
    atomic_fetch_add(&((struct survivor_head *)v->survivor)->injected, 1);
    v->acked = true;
    v->ack_rip = v->cpu->st.rip;
    if (!v->window) {
        atomic_fetch_and(&v->cpu->requests, ~(unsigned)X86_REQ_IRQ);
    }
    if (v->rekick) {
        v->rekick = false;
        atomic_fetch_or(&v->cpu->requests, X86_REQ_KICK);
    }
    return vector;
}

static uint64_t bus_tsc(void *opaque)
{
    return host_tsc(((struct host_vcpu *)opaque)->vm);
}

/* --- running ---------------------------------------------------------------------------------- */

static void make_exit(struct host_vcpu *v, enum x86_stop stop)
{
    struct revirt_exit *e = host_exit(v, REVIRT_EXIT_KICK);
    switch (stop) {
    case X86_STOP_HLT:
    case X86_STOP_WAIT_SIPI: e->kind = REVIRT_EXIT_HLT; break;
    case X86_STOP_SHUTDOWN: e->kind = REVIRT_EXIT_SHUTDOWN; break;
    case X86_STOP_DEBUG:
        e->kind = REVIRT_EXIT_DEBUG;
        e->u.debug.dr6 = v->cpu->st.dr[6];
        e->u.debug.breakpoint = !v->cpu->blocks->dbg_step;
        break;
    default: e->kind = v->tpr_changed ? REVIRT_EXIT_TPR : REVIRT_EXIT_KICK; break;
    }
    v->tpr_changed = false;
}

/* An interrupt that was accepted but whose delivery met a hole: the vector is lost. */
static bool lost_delivery(const struct host_vcpu *v)
{
    return v->acked && v->ack_rip == v->cpu->st.rip && (v->cpu->st.rflags & X86_FL_IF);
}

/* An interrupt that was accepted is delivered before a kick ends the run. */
static enum x86_stop interpret(struct host_vcpu *v)
{
    enum x86_stop stop = x86_interp_run(v->cpu);
    while (stop == X86_STOP_KICK && v->inject >= 0) {
        v->rekick = true;
        stop = x86_interp_run(v->cpu);
    }
    return stop;
}

static bool soft_run(struct host_vcpu *v)
{
    v->acked = false;
    int out = setjmp(v->out);
    if (out == 0) {
        make_exit(v, interpret(v));
        return true;
    }
    x86_interp_abandoned(v->cpu);
    if (out == OUT_WINDOW) {
        host_exit(v, REVIRT_EXIT_WINDOW);
    } else if (out == OUT_EMULATE && lost_delivery(v)) {
        struct revirt_exit *e = host_exit(v, REVIRT_EXIT_FAIL);
        e->u.fail.code = REVIRT_FAIL_DELIVERY;
        g_strlcpy(e->u.fail.text, "an interrupt's delivery met a hole in memory",
                  sizeof e->u.fail.text);
    }
    return out != OUT_GONE;
}

static void soft_taken(struct host_vcpu *v)
{
    v->cpu->st.cr8 = v->run.cr8;
    if (v->inject >= 0 || v->window) {
        atomic_fetch_or(&v->cpu->requests, X86_REQ_IRQ);
    } else {
        atomic_fetch_and(&v->cpu->requests, ~(unsigned)X86_REQ_IRQ);
    }
}

static void soft_kick(struct host_vcpu *v)
{
    atomic_fetch_or(&v->cpu->requests, X86_REQ_KICK);
}

/* --- state ------------------------------------------------------------------------------------ */

static bool soft_ready(struct host_vcpu *v)
{
    return host_takes_interrupt(&v->cpu->st);
}

static void soft_describe(struct host_vcpu *v, struct revirt_exit *e)
{
    e->rip = v->cpu->st.rip;
    e->cr8 = v->cpu->st.cr8;
    e->tsc_offset = v->cpu->tsc_offset;
}

static void soft_get(struct host_vcpu *v, struct x86_state *s)
{
    v->quiet = true;
    x86_cpu_get_state(v->cpu, s);
    v->quiet = false;
}

static int soft_set(struct host_vcpu *v, const struct x86_state *s)
{
    x86_cpu_set_state(v->cpu, s);
    return 0;
}

static int soft_debug(struct host_vcpu *v, bool step, const gva_t *breaks, size_t n)
{
    x86_interp_debug(v->cpu, step, breaks, n);
    return 0;
}

/* --- life ------------------------------------------------------------------------------------- */

static bool soft_probe(struct accel_caps *caps, GError **err)
{
    (void)err;
    x86_cpu_model_software(&caps->offered);
    return true;
}

static bool jit_probe(struct accel_caps *caps, GError **err)
{
    return tcg_jit_supported(err) && soft_probe(caps, err);
}

static void view_changed(void *opaque, const struct mem_section *view, size_t n)
{
    (void)view;
    (void)n;
    x86_code_map_moved(((struct host_vm *)opaque)->code);
}

static void dirty_rearm(void *opaque, gpa_t gpa, uint64_t len)
{
    struct host_vm *vm = opaque;
    (void)gpa;
    (void)len;
    g_mutex_lock(&vm->lock);
    for (unsigned i = 0; i < REVIRT_MAX_VCPUS; i++) {
        if (vm->vcpus[i] && vm->vcpus[i]->cpu) {
            atomic_fetch_or(&vm->vcpus[i]->cpu->requests, X86_REQ_TLB_FLUSH);
        }
    }
    g_mutex_unlock(&vm->lock);
}

static int soft_vm_open(struct host_vm *vm)
{
    vm->code = x86_code_map_new(0);
    vm->listener = (struct physmem_listener){ .view_changed = view_changed,
                                              .dirty_rearm = dirty_rearm,
                                              .opaque = vm };
    physmem_add_listener(vm->pm, &vm->listener);
    return 0;
}

static void soft_vm_close(struct host_vm *vm)
{
    if (vm->code) {
        physmem_remove_listener(vm->pm, &vm->listener);
        x86_code_map_free(vm->code);
    }
}

static void soft_written(struct host_vm *vm, gpa_t gpa, uint64_t len)
{
    x86_code_map_written(vm->code, gpa, len);
}

static void soft_init(struct host_vcpu *v)
{
    const struct x86_bus bus = {
        .pio_read = bus_pio_read,
        .pio_write = bus_pio_write,
        .mmio_read = bus_mmio_read,
        .mmio_write = bus_mmio_write,
        .msr_read = bus_msr_read,
        .msr_write = bus_msr_write,
        .tpr_write = bus_tpr_write,
        .irq_ack = bus_irq_ack,
        .tsc = bus_tsc,
        .cpuid = bus_cpuid,
        .opaque = v,
    };
    x86_cpu_init(v->cpu, v->vm->pm, &bus, &v->model, &v->topology, v->index);
}

static void soft_start(struct host_vcpu *v)
{
    x86_code_map_attach(v->vm->code, v->cpu);
}

static void jit_start(struct host_vcpu *v)
{
    soft_start(v);
    tcg_jit_attach(v->cpu, 0); /* without room for code it runs all the same */
}

static void soft_stop(struct host_vcpu *v)
{
    tcg_jit_detach(v->cpu);
    x86_code_map_detach(v->cpu);
}

static void soft_free(struct host_vcpu *v)
{
    (void)v;
}

#define SOFT(engine_name, probe_fn, start_fn)                                                     \
    {                                                                                             \
        .name = engine_name, .features = REVIRT_F_TELL_WRITES, .probe = probe_fn,                 \
        .vm_open = soft_vm_open, .vm_close = soft_vm_close, .init = soft_init, .start = start_fn, \
        .stop = soft_stop, .free = soft_free, .run = soft_run, .kick = soft_kick,                 \
        .taken = soft_taken, .ready = soft_ready, .describe = soft_describe, .get = soft_get,     \
        .set = soft_set, .debug = soft_debug, .written = soft_written                             \
    }

const struct host_engine host_interp = SOFT("interp", soft_probe, soft_start);
const struct host_engine host_jit = SOFT("jit", jit_probe, jit_start);
