/* SPDX-License-Identifier: MIT */
/*
 * The software accelerator: accel/x86 executes. Port and memory I/O are served inside run through
 * the machine's callbacks. Works everywhere, hence the last resort of every choice.
 *
 * Threads: a vcpu belongs to the thread that runs it; requests to it go through the atomic
 * cpu->requests (kick, INTR, flushes). Physical memory listeners may be told by any thread.
 */
#include <errno.h>
#include <string.h>

#include "accel/api/accel.h"
#include "accel/tcg/jit.h"
#include "accel/tcg/stats.h"
#include "accel/x86/block.h"
#include "core/device.h"
#include "core/log.h"
#include "core/opts.h"
#include "core/physmem.h"

#define TCG_MAX_VCPUS 256
#define TCG_CODE_MAX  ((uint64_t)4 << 30)
#define TCG_DECODED   ((size_t)32 << 20) /* from here on as much of decoded as of host code */
#define TCG_TSC_KHZ   1000000u /* the TSC counts nanoseconds of virtual time, unless params say */

struct accel_vcpu {
    struct accel_vm *vm;
    struct x86_cpu *cpu;
    unsigned index;
    GThread *thread;
    bool quiet; /* reading state: the machine is not asked (its lock may be held) */
};

struct accel_vm {
    struct accel_params params;
    struct accel_callbacks cb;
    struct x86_code_map *code;
    struct physmem_listener listener;
    bool one_insn, jit;
    bool stats; /* in words when a processor ends */
    struct tcg_perfmap *perfmap;
    bool jit_asked; /* by mode=jit: not having it is an error */
    size_t code_size; /* tb-size=: bytes of host code a processor keeps; 0: default */
    GMutex lock;      /* vcpus */
    struct accel_vcpu *vcpus[TCG_MAX_VCPUS];
};

/* --- what the processor asks of the machine --------------------------------------------------- */

static uint32_t bus_pio_read(void *opaque, uint16_t port, unsigned size)
{
    const struct accel_callbacks *cb = &((struct accel_vcpu *)opaque)->vm->cb;
    return cb->pio_read(cb->opaque, port, size);
}

static bool bus_regs_port(void *opaque, uint16_t port, uint32_t regs[6])
{
    const struct accel_callbacks *cb = &((struct accel_vcpu *)opaque)->vm->cb;
    return cb->regs_port(cb->opaque, port, regs);
}

static void bus_pio_write(void *opaque, uint16_t port, uint32_t value, unsigned size)
{
    const struct accel_callbacks *cb = &((struct accel_vcpu *)opaque)->vm->cb;
    cb->pio_write(cb->opaque, port, value, size);
}

static uint64_t bus_mmio_read(void *opaque, gpa_t gpa, unsigned size)
{
    const struct accel_callbacks *cb = &((struct accel_vcpu *)opaque)->vm->cb;
    return cb->mmio_read(cb->opaque, gpa, size);
}

static void bus_mmio_write(void *opaque, gpa_t gpa, uint64_t value, unsigned size)
{
    const struct accel_callbacks *cb = &((struct accel_vcpu *)opaque)->vm->cb;
    cb->mmio_write(cb->opaque, gpa, value, size);
}

static bool bus_msr_read(void *opaque, uint32_t msr, uint64_t *value)
{
    struct accel_vcpu *v = opaque;
    const struct accel_callbacks *cb = &v->vm->cb;
    return !v->quiet && cb->msr_read && cb->msr_read(cb->opaque, v->index, msr, value);
}

static bool bus_msr_write(void *opaque, uint32_t msr, uint64_t value)
{
    struct accel_vcpu *v = opaque;
    const struct accel_callbacks *cb = &v->vm->cb;
    return cb->msr_write && cb->msr_write(cb->opaque, v->index, msr, value);
}

static uint8_t bus_tpr_read(void *opaque)
{
    struct accel_vcpu *v = opaque;
    const struct accel_callbacks *cb = &v->vm->cb;
    return v->quiet || !cb->tpr_read ? (uint8_t)v->cpu->st.cr8 : cb->tpr_read(cb->opaque, v->index);
}

static void bus_tpr_write(void *opaque, uint8_t cr8)
{
    struct accel_vcpu *v = opaque;
    const struct accel_callbacks *cb = &v->vm->cb;
    v->cpu->st.cr8 = cr8;
    if (cb->tpr_write) {
        cb->tpr_write(cb->opaque, v->index, cr8);
    }
}

static bool bus_ferr(void *opaque, bool active)
{
    struct accel_vcpu *v = opaque;
    const struct accel_callbacks *cb = &v->vm->cb;
    return cb->ferr(cb->opaque, active);
}

static int bus_irq_ack(void *opaque)
{
    struct accel_vcpu *v = opaque;
    const struct accel_callbacks *cb = &v->vm->cb;
    return cb->irq_ack(cb->opaque, v->index);
}

static uint64_t bus_tsc(void *opaque)
{
    const struct accel_vm *vm = ((struct accel_vcpu *)opaque)->vm;
    uint64_t ns = vm->cb.clock_ns ? (uint64_t)vm->cb.clock_ns(vm->cb.opaque) : 0;
    uint32_t khz = vm->params.tsc_khz;
    return khz && khz != TCG_TSC_KHZ ? muldiv_u64(ns, khz, TCG_TSC_KHZ) : ns;
}

/* --- probe, vm -------------------------------------------------------------------------------- */

static bool tcg_probe(struct accel_caps *caps, GError **err)
{
    (void)err;
    memset(caps, 0, sizeof *caps);
    caps->max_vcpus = TCG_MAX_VCPUS;
    caps->decodes_mmio = true;
    caps->single_step = true;
    caps->hw_breakpoints = true;
    caps->parallel_vcpus = true;
    caps->counts_insns = true;
    x86_cpu_model_software(&caps->offered);
    return true;
}

static bool parse_opts(struct accel_vm *vm, const struct opts *o, size_t *cache, GError **err)
{
    static const char *const known[] = { "accel",           "mode", "fallback", "thread", "tb-size",
                                         "one-insn-per-tb", "stats", "perfmap", NULL };
    bool perfmap = false;
    uint64_t size = 0;
    vm->jit = tcg_jit_supported(NULL);
    if (!o) {
        return true;
    }
    if (!opts_check_keys(o, "-accel tcg", known, err) ||
        !opts_get_bool(o, "one-insn-per-tb", false, &vm->one_insn, err) ||
        !opts_get_bool(o, "stats", false, &vm->stats, err) ||
        !opts_get_bool(o, "perfmap", false, &perfmap, err) ||
        !opts_get_size(o, "tb-size", 1 << 20, &size, err)) {
        return false;
    }
    const char *mode = opts_get(o, "mode"), *thread = opts_get(o, "thread");
    bool jit = mode && strcmp(mode, "jit") == 0;
    if (mode && !jit && strcmp(mode, "interp") != 0) {
        g_set_error(err, EMU_ERROR, EMU_ERROR_CONFIG, "-accel tcg: mode=%s: use interp or jit",
                    mode);
        return false;
    }
    if (jit && !tcg_jit_supported(err)) {
        return false;
    }
    vm->jit = mode ? jit : vm->jit;
    vm->jit_asked = jit;
    if (thread && strcmp(thread, "multi") != 0) {
        g_set_error(
            err, EMU_ERROR, EMU_ERROR_UNSUPPORTED,
            "-accel tcg: thread=%s is not available, every vCPU has its thread (thread=multi)",
            thread);
        return false;
    }
    if (size && (size < X86_CODE_MIN || size > TCG_CODE_MAX)) {
        g_set_error(err, EMU_ERROR, EMU_ERROR_CONFIG,
                    "-accel tcg: tb-size=%s: in MiB or with a suffix, 256K to 4G",
                    opts_get(o, "tb-size"));
        return false;
    }
    *cache = (size_t)size;
    vm->perfmap = perfmap ? tcg_perfmap_new(err) : NULL;
    return !perfmap || vm->perfmap;
}

static void map_changed(void *opaque, const struct mem_section *view, size_t n)
{
    (void)view;
    (void)n;
    x86_code_map_moved(((struct accel_vm *)opaque)->code);
}

static void map_written(void *opaque, gpa_t gpa, uint64_t len)
{
    x86_code_map_written(((struct accel_vm *)opaque)->code, gpa, len);
}

static void request_all(struct accel_vm *vm, unsigned requests)
{
    g_mutex_lock(&vm->lock);
    for (unsigned k = 0; k < TCG_MAX_VCPUS; k++) {
        if (vm->vcpus[k]) {
            atomic_fetch_or(&vm->vcpus[k]->cpu->requests, requests);
        }
    }
    g_mutex_unlock(&vm->lock);
}

static void map_a20(void *opaque, bool open)
{
    (void)open;
    request_all(opaque, X86_REQ_TLB_FLUSH);
}

static void map_rearm(void *opaque, gpa_t gpa, uint64_t len)
{
    (void)gpa;
    (void)len;
    request_all(opaque, X86_REQ_TLB_FLUSH);
}

static int tcg_vm_create(struct accel_vm **out, const struct accel_params *p, GError **err)
{
    struct accel_vm *vm = g_new0(struct accel_vm, 1);
    size_t cache = 0;
    *out = NULL;
    if (!parse_opts(vm, p->opts, &cache, err)) {
        g_free(vm);
        return -EINVAL;
    }
    vm->params = *p;
    vm->cb = *p->cb;
    /* Decoded code takes three times the room of the host code made of it. */
    vm->code = x86_code_map_new(MAX(cache, MIN(4 * cache, TCG_DECODED)));
    vm->code_size = cache;
    g_mutex_init(&vm->lock);
    vm->listener = (struct physmem_listener){
        .view_changed = map_changed,
        .ram_written = map_written,
        .a20_changed = map_a20,
        .dirty_rearm = map_rearm,
        .opaque = vm,
    };
    physmem_add_listener(p->pm, &vm->listener);
    *out = vm;
    return 0;
}

static void tcg_vm_destroy(struct accel_vm *vm)
{
    if (!vm) {
        return;
    }
    physmem_remove_listener(vm->params.pm, &vm->listener);
    x86_code_map_free(vm->code);
    tcg_perfmap_free(vm->perfmap);
    g_mutex_clear(&vm->lock);
    g_free(vm);
}

static void tcg_mem_written(struct accel_vm *vm, gpa_t gpa, uint64_t len)
{
    x86_code_map_written(vm->code, gpa, len);
}

/* --- vcpu ------------------------------------------------------------------------------------- */

static int tcg_vcpu_create(struct accel_vm *vm, unsigned index, struct accel_vcpu **out)
{
    *out = NULL;
    if (index >= TCG_MAX_VCPUS) {
        return -EINVAL;
    }
    struct accel_vcpu *v = g_new0(struct accel_vcpu, 1);
    struct x86_bus bus = {
        .pio_read = bus_pio_read,
        .pio_write = bus_pio_write,
        .regs_port = vm->cb.regs_port ? bus_regs_port : NULL,
        .regs_port_nr = vm->cb.regs_port_nr,
        .mmio_read = bus_mmio_read,
        .mmio_write = bus_mmio_write,
        .msr_read = bus_msr_read,
        .msr_write = bus_msr_write,
        .tpr_read = bus_tpr_read,
        .tpr_write = bus_tpr_write,
        .ferr = vm->cb.ferr ? bus_ferr : NULL,
        .irq_ack = vm->cb.irq_ack ? bus_irq_ack : NULL,
        .tsc = bus_tsc,
        .opaque = v,
    };
    v->vm = vm;
    v->index = index;
    v->thread = g_thread_self();
    v->cpu = x86_cpu_new(vm->params.pm, &bus, vm->params.model, vm->params.topology, index);
    if (!v->cpu) {
        g_free(v);
        return -ENOMEM;
    }
    v->cpu->engine = v;
    x86_code_map_attach(vm->code, v->cpu);
    v->cpu->blocks->one_insn = vm->one_insn;
    int r = vm->jit && !vm->one_insn ? tcg_jit_attach(v->cpu, vm->code_size) : 0;
    if (r < 0 && vm->jit_asked) {
        x86_code_map_detach(v->cpu);
        x86_cpu_free(v->cpu);
        g_free(v);
        return r;
    }
    tcg_jit_set_perfmap(v->cpu, vm->perfmap);
    g_mutex_lock(&vm->lock);
    vm->vcpus[index] = v;
    g_mutex_unlock(&vm->lock);
    *out = v;
    return 0;
}

/* stats=on */
static void print_stats(const struct accel_vcpu *v)
{
    GString *text = g_string_new(NULL);
    tcg_stats_text(v->cpu, v->index, text);
    char **lines = g_strsplit(text->str, "\n", -1);
    for (char **l = lines; *l && **l; l++) {
        log_info("tcg", "%s", *l);
    }
    g_strfreev(lines);
    g_string_free(text, TRUE);
}

static void tcg_vcpu_destroy(struct accel_vcpu *v)
{
    if (!v) {
        return;
    }
    g_mutex_lock(&v->vm->lock);
    v->vm->vcpus[v->index] = NULL;
    g_mutex_unlock(&v->vm->lock);
    if (v->vm->stats) {
        print_stats(v);
    }
    tcg_jit_detach(v->cpu);
    x86_code_map_detach(v->cpu);
    x86_cpu_free(v->cpu);
    g_free(v);
}

static int tcg_vcpu_run(struct accel_vcpu *v, struct accel_exit *e)
{
    enum x86_stop stop = x86_interp_run(v->cpu);
    memset(e, 0, sizeof *e);
    e->rip = v->cpu->st.rip;
    switch (stop) {
    case X86_STOP_HLT:
    case X86_STOP_WAIT_SIPI: e->kind = ACCEL_EXIT_HLT; break;
    case X86_STOP_SHUTDOWN: e->kind = ACCEL_EXIT_SHUTDOWN; break;
    case X86_STOP_IRQ_WINDOW: e->kind = ACCEL_EXIT_IRQ_WINDOW; break;
    case X86_STOP_DEBUG:
        e->kind = ACCEL_EXIT_DEBUG;
        e->u.debug.dr6 = v->cpu->st.dr[6];
        e->u.debug.breakpoint = v->cpu->blocks->dbg_hit;
        e->u.debug.watch = v->cpu->watches.hit;
        e->u.debug.write = v->cpu->watches.hit_write;
        e->u.debug.addr = v->cpu->watches.hit_addr;
        break;
    default: e->kind = ACCEL_EXIT_KICK; break;
    }
    return 0;
}

/* With params.counted: does the instruction in execution ask for something? */
static bool asked_by_itself(const struct accel_vcpu *v)
{
    return v->vm->params.counted && v->thread == g_thread_self();
}

static void tcg_vcpu_kick(struct accel_vcpu *v)
{
    atomic_fetch_or(&v->cpu->requests, X86_REQ_KICK);
    if (asked_by_itself(v)) {
        x86_stop_soon(v->cpu);
    }
}

static void tcg_irq_line(struct accel_vcpu *v, bool level)
{
    if (level) {
        atomic_fetch_or(&v->cpu->requests, X86_REQ_IRQ);
        if (asked_by_itself(v) && (v->cpu->st.rflags & X86_FL_IF)) {
            x86_stop_soon(v->cpu);
        }
    } else {
        atomic_fetch_and(&v->cpu->requests, ~(unsigned)X86_REQ_IRQ);
    }
}

/* --- state ------------------------------------------------------------------------------------ */

/* Copies the named groups from one state to another. */
static void copy_groups(struct x86_state *to, const struct x86_state *from, uint32_t groups)
{
    if (groups & X86_GROUP_GPR) {
        memcpy(to->gpr, from->gpr, sizeof to->gpr);
        to->rip = from->rip;
        to->rflags = from->rflags;
    }
    if (groups & X86_GROUP_SEG) {
        memcpy(to->seg, from->seg, sizeof to->seg);
        to->gdt = from->gdt;
        to->idt = from->idt;
    }
    if (groups & X86_GROUP_CR) {
        to->cr0 = from->cr0;
        to->cr2 = from->cr2;
        to->cr3 = from->cr3;
        to->cr4 = from->cr4;
        to->cr8 = from->cr8;
        to->xcr0 = from->xcr0;
        to->msr.efer = from->msr.efer;
    }
    if (groups & X86_GROUP_DR) {
        memcpy(to->dr, from->dr, sizeof to->dr);
    }
    if (groups & X86_GROUP_FPU) {
        uint32_t mxcsr = to->fpu.mxcsr;
        to->fpu = from->fpu;
        to->fpu.mxcsr = groups & X86_GROUP_XSAVE ? from->fpu.mxcsr : mxcsr;
    }
    if (groups & X86_GROUP_XSAVE) {
        memcpy(to->vec, from->vec, sizeof to->vec);
        memcpy(to->opmask, from->opmask, sizeof to->opmask);
        to->pkru = from->pkru;
        to->fpu.mxcsr = from->fpu.mxcsr;
    }
    if (groups & X86_GROUP_MSR) {
        uint64_t efer = to->msr.efer;
        to->msr = from->msr;
        to->msr.efer = groups & X86_GROUP_CR ? from->msr.efer : efer;
    }
    if (groups & X86_GROUP_EVENTS) {
        to->ev = from->ev;
    }
    if (groups & X86_GROUP_MP) {
        to->mp = from->mp;
    }
    if (groups & X86_GROUP_TSC) {
        to->tsc = from->tsc;
    }
}

static void read_state(struct accel_vcpu *v, struct x86_state *s)
{
    v->quiet = true;
    x86_cpu_get_state(v->cpu, s);
    v->quiet = false;
}

static int tcg_state_get(struct accel_vcpu *v, struct x86_state *s, uint32_t groups)
{
    struct x86_state all;
    read_state(v, &all);
    if (groups == X86_GROUP_ALL) {
        *s = all;
    } else {
        copy_groups(s, &all, groups);
    }
    s->version = X86_STATE_VERSION;
    s->groups = groups;
    return 0;
}

static int tcg_state_set(struct accel_vcpu *v, const struct x86_state *s, uint32_t groups)
{
    struct x86_state all;
    read_state(v, &all);
    copy_groups(&all, s, groups);
    all.groups = groups;
    x86_cpu_set_state(v->cpu, &all);
    return 0;
}

static void tcg_event(struct accel_vcpu *v, enum accel_event ev, uint8_t vector)
{
    struct x86_state s;
    switch (ev) {
    case ACCEL_EVENT_NMI: v->cpu->st.ev.nmi_pending = 1; return;
    case ACCEL_EVENT_SMI: /* no SMM: the chipset model never asks for it */ return;
    case ACCEL_EVENT_INIT:
        read_state(v, &s);
        x86_state_init(&s, v->index == 0, v->vm->params.model->signature);
        break;
    case ACCEL_EVENT_SIPI:
        read_state(v, &s);
        if (s.mp != X86_MP_WAIT_SIPI) {
            return;
        }
        x86_state_sipi(&s, vector);
        break;
    }
    s.groups = X86_GROUP_ALL & ~(unsigned)X86_GROUP_TSC;
    x86_cpu_set_state(v->cpu, &s);
}

static int tcg_debug_set(struct accel_vcpu *v, bool step, const gva_t *breakpoints, size_t n)
{
    x86_interp_debug(v->cpu, step, breakpoints, n);
    return 0;
}

static int tcg_watch_set(struct accel_vcpu *v, const struct x86_watch *watches, size_t n)
{
    x86_watch_set(v->cpu, watches, n);
    return 0;
}

static void tcg_fault_log(struct accel_vcpu *v, struct x86_fault_log *out)
{
    *out = v->cpu->faults;
}

static int tcg_branch_log(struct accel_vcpu *v, struct x86_branch_ring *ring)
{
    v->cpu->blocks->branches = ring;
    return 0;
}

static uint64_t tcg_insn_count(struct accel_vcpu *v)
{
    return x86_insn_now(v->cpu);
}

static void tcg_insn_limit(struct accel_vcpu *v, uint64_t limit)
{
    if (limit < v->cpu->insn_limit && asked_by_itself(v)) {
        x86_stop_soon(v->cpu);
    }
    v->cpu->insn_limit = limit;
}

static void tcg_stats(struct accel_vm *vm, GString *out)
{
    uint32_t khz = vm->params.tsc_khz;
    g_string_append_printf(out, "tsc %u kHz\n", khz ? khz : TCG_TSC_KHZ);
    g_mutex_lock(&vm->lock);
    for (unsigned k = 0; k < TCG_MAX_VCPUS; k++) {
        if (!vm->vcpus[k]) {
            continue;
        }
        tcg_stats_text(vm->vcpus[k]->cpu, k, out);
    }
    g_mutex_unlock(&vm->lock);
}

/* Any thread: an aligned 64-bit load, and the clock. */
static uint64_t tcg_tsc(struct accel_vcpu *v)
{
    return bus_tsc(v) + v->cpu->tsc_offset;
}

extern const struct accel_ops accel_tcg;
const struct accel_ops accel_tcg = {
    .name = "tcg",
    .desc = "translator or interpreter, works on every host",
    .probe = tcg_probe,
    .vm_create = tcg_vm_create,
    .vm_destroy = tcg_vm_destroy,
    .mem_written = tcg_mem_written,
    .vcpu_create = tcg_vcpu_create,
    .vcpu_destroy = tcg_vcpu_destroy,
    .vcpu_run = tcg_vcpu_run,
    .vcpu_kick = tcg_vcpu_kick,
    .state_get = tcg_state_get,
    .state_set = tcg_state_set,
    .irq_line = tcg_irq_line,
    .event = tcg_event,
    .debug_set = tcg_debug_set,
    .watch_set = tcg_watch_set,
    .stats = tcg_stats,
    .insn_count = tcg_insn_count,
    .insn_limit = tcg_insn_limit,
    .fault_log = tcg_fault_log,
    .branch_log = tcg_branch_log,
    .tsc = tcg_tsc,
};
