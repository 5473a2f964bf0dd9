/* SPDX-License-Identifier: MIT */
/*
 * Running: KVM_RUN, what wakes it, what it comes back with.
 *
 * Kicks are run->immediate_exit and a signal. immediate_exit is set first: a thread that has not
 * entered the kernel yet will see it there, one that has is in_run and gets the signal. It stays
 * set until a KVM_RUN has ended with EINTR, so no kick is lost, and `kicked` tells kicks by the
 * loop from those of an interrupt or of the gate (mem.c).
 */
#include "accel/kvm/kvm_int.h"

#include <errno.h>
#include <string.h>

#include "core/device.h"
#include "core/log.h"
#include "os/os.h"

/* --- kicks and the gate ----------------------------------------------------------------------- */

static void on_signal(int sig)
{
    (void)sig; /* its arrival is all: it ends KVM_RUN with EINTR */
}

void kvm_signal_init(void)
{
    struct sigaction sa;
    memset(&sa, 0, sizeof sa);
    sa.sa_handler = on_signal;
    sigemptyset(&sa.sa_mask);
    sigaction(KVM_KICK_SIGNAL, &sa, NULL);
}

static void poke(struct accel_vcpu *v)
{
    atomic_store_explicit((_Atomic __u8 *)&v->run->immediate_exit, 1, memory_order_seq_cst);
    if (atomic_load(&v->in_run)) {
        pthread_kill(v->thread, KVM_KICK_SIGNAL);
    }
}

void kvm_vcpu_kick(struct accel_vcpu *v)
{
    atomic_store(&v->kicked, true);
    poke(v);
}

void kvm_vcpu_irq_line(struct accel_vcpu *v, bool level)
{
    atomic_store(&v->intr, level);
    if (level) {
        poke(v);
    }
}

void kvm_gate_close(struct accel_vm *vm)
{
    g_mutex_lock(&vm->lock);
    atomic_store(&vm->inhibit, true);
    for (unsigned i = 0; i < KVM_MAX_VCPUS; i++) {
        if (vm->vcpus[i]) {
            poke(vm->vcpus[i]);
        }
    }
    for (unsigned i = 0; i < KVM_MAX_VCPUS; i++) {
        while (vm->vcpus[i] && atomic_load(&vm->vcpus[i]->in_run)) {
            g_cond_wait(&vm->cond, &vm->lock);
        }
    }
    g_mutex_unlock(&vm->lock);
}

void kvm_gate_open(struct accel_vm *vm)
{
    g_mutex_lock(&vm->lock);
    atomic_store(&vm->inhibit, false);
    g_cond_broadcast(&vm->cond);
    g_mutex_unlock(&vm->lock);
}

static void leave(struct accel_vcpu *v)
{
    struct accel_vm *vm = v->vm;
    atomic_store(&v->in_run, false);
    if (atomic_load(&vm->inhibit)) {
        g_mutex_lock(&vm->lock);
        g_cond_broadcast(&vm->cond);
        g_mutex_unlock(&vm->lock);
    }
}

static void enter(struct accel_vcpu *v)
{
    struct accel_vm *vm = v->vm;
    atomic_store(&v->in_run, true);
    while (atomic_load(&vm->inhibit)) {
        leave(v);
        g_mutex_lock(&vm->lock);
        while (atomic_load(&vm->inhibit)) {
            g_cond_wait(&vm->cond, &vm->lock);
        }
        g_mutex_unlock(&vm->lock);
        atomic_store(&v->in_run, true);
    }
}

/* --- before and after a run ------------------------------------------------------------------- */

/* Hands over what the previous exit's handler left. */
static void give_answer(struct accel_vcpu *v)
{
    struct kvm_run *run = v->run;
    const struct accel_exit *e = v->exit;
    if (v->open == KVM_OPEN_MMIO_READ) {
        memcpy(run->mmio.data, e->u.mmio.data, sizeof run->mmio.data);
    } else if (v->open == KVM_OPEN_MSR) {
        run->msr.error = e->u.msr.fault;
        run->msr.data = e->u.msr.value;
    }
}

int kvm_complete(struct accel_vcpu *v)
{
    if (v->open == KVM_OPEN_NONE) {
        return 0;
    }
    if (v->have_exit) {
        return -EBUSY;
    }
    give_answer(v);
    v->run->immediate_exit = 1; /* and stays: the next run ends with EINTR and clears it */
    v->run->cr8 = v->tpr;
    int ret = kvm_ioctl_n(v->fd, KVM_RUN, 0);
    v->regs_fresh = v->vm->has_sync_regs;
    if (ret >= 0) {
        v->have_exit = true; /* another part of the same access */
        v->open = KVM_OPEN_OTHER;
        return -EBUSY;
    }
    /* KVM commits an instruction before it tells of its memory write: nothing is owed. */
    if (ret != -EINTR && ret != -EAGAIN && v->open != KVM_OPEN_WRITTEN) {
        return ret;
    }
    v->open = KVM_OPEN_NONE;
    return 0;
}

static int inject(struct accel_vcpu *v)
{
    const struct accel_callbacks *cb = &v->vm->cb;
    struct kvm_run *run = v->run;
    run->request_interrupt_window = 0;
    if (!atomic_load(&v->intr) || !cb->irq_ack) {
        return 0;
    }
    if (run->ready_for_interrupt_injection && run->if_flag && !v->inject_stale) {
        int vector = cb->irq_ack(cb->opaque, v->index);
        if (vector >= 0) {
            struct kvm_interrupt irq = { .irq = (__u32)vector };
            int ret = kvm_ioctl(v->fd, KVM_INTERRUPT, &irq);
            if (ret < 0) {
                /* acknowledged, so it must not be lost: it goes along when the vCPU is moved */
                v->shadow.ev.interrupt_pending = 1;
                v->shadow.ev.interrupt_vector = (uint8_t)vector;
                return ret;
            }
            v->injected++;
            v->inject_stale = true; /* until the run has told anew */
        }
    }
    run->request_interrupt_window = atomic_load(&v->intr);
    return 0;
}

static int prepare(struct accel_vcpu *v)
{
    const struct accel_callbacks *cb = &v->vm->cb;
    give_answer(v);
    if (v->tpr_stale && cb->tpr_read) {
        v->tpr = cb->tpr_read(cb->opaque, v->index);
    }
    v->tpr_stale = false;
    v->run->cr8 = v->tpr;
    return inject(v);
}

static void after(struct accel_vcpu *v)
{
    const struct accel_callbacks *cb = &v->vm->cb;
    v->inject_stale = false;
    uint8_t tpr = v->run->cr8 & 0xf;
    if (tpr != v->tpr) {
        v->tpr = tpr;
        if (cb->tpr_write) {
            cb->tpr_write(cb->opaque, v->index, tpr);
        }
    }
}

/* --- exits: one handler each ------------------------------------------------------------------ */

static void set_fail(struct accel_exit *e, int code, const char *fmt, ...) PRINTF_LIKE(3, 4);
static void set_fail(struct accel_exit *e, int code, const char *fmt, ...)
{
    va_list ap;
    e->kind = ACCEL_EXIT_FAIL;
    e->u.fail.code = code;
    va_start(ap, fmt);
    g_vsnprintf(e->u.fail.text, sizeof e->u.fail.text, fmt, ap);
    va_end(ap);
}

static void exit_io(struct accel_vcpu *v, struct accel_exit *e)
{
    struct kvm_run *run = v->run;
    e->kind = ACCEL_EXIT_PIO;
    e->u.pio.port = run->io.port;
    e->u.pio.size = run->io.size;
    e->u.pio.count = run->io.count;
    e->u.pio.write = run->io.direction == KVM_EXIT_IO_OUT;
    e->u.pio.data = (uint8_t *)run + run->io.data_offset;
    v->open = KVM_OPEN_OTHER;
}

static void exit_mmio(struct accel_vcpu *v, struct accel_exit *e)
{
    struct kvm_run *run = v->run;
    e->kind = ACCEL_EXIT_MMIO;
    e->u.mmio.gpa = kvm_a20(v->vm, run->mmio.phys_addr);
    e->u.mmio.size = (uint8_t)MIN(run->mmio.len, 8u);
    e->u.mmio.write = run->mmio.is_write;
    memcpy(e->u.mmio.data, run->mmio.data, sizeof e->u.mmio.data);
    v->open = run->mmio.is_write ? KVM_OPEN_WRITTEN : KVM_OPEN_MMIO_READ;
    v->tpr_stale = true;
}

static bool machine_msr(uint32_t msr)
{
    return msr == 0x1b || msr == 0x6e0 || (msr >= 0x800 && msr <= 0x8ff);
}

/* An MSR that KVM does not serve, or not as we need it: back to before the instruction, which
 * accel/x86 then executes. */
static void emulate_msr(struct accel_vcpu *v, struct accel_exit *e)
{
    struct kvm_regs regs;
    int ret = kvm_regs_get(v, &regs);
    e->u.msr.fault = false;
    v->open = KVM_OPEN_MSR;
    ret = ret < 0 ? ret : kvm_complete(v);
    ret = ret < 0 ? ret : kvm_regs_set(v, &regs);
    if (ret < 0) {
        set_fail(e, ret, "an MSR access cannot be taken back: %s", g_strerror(-ret));
        return;
    }
    v->msr_emulated++;
    memset(&e->u, 0, sizeof e->u);
    e->kind = ACCEL_EXIT_EMULATE;
    v->tpr_stale = v->inject_stale = true;
}

static void exit_msr(struct accel_vcpu *v, struct accel_exit *e)
{
    struct kvm_run *run = v->run;
    e->u.msr.index = run->msr.index;
    e->u.msr.write = run->exit_reason == KVM_EXIT_X86_WRMSR;
    e->u.msr.value = run->msr.data;
    if (run->msr.index == 0x1b || !machine_msr(run->msr.index)) {
        emulate_msr(v, e); /* APIC_BASE: KVM's copy decides CPUID's APIC bit, state_set sets it */
        return;
    }
    e->kind = ACCEL_EXIT_MSR;
    v->open = KVM_OPEN_MSR;
    v->tpr_stale = true;
}

static void exit_hlt(struct accel_vcpu *v, struct accel_exit *e)
{
    (void)v;
    e->kind = ACCEL_EXIT_HLT;
}

static void exit_shutdown(struct accel_vcpu *v, struct accel_exit *e)
{
    (void)v;
    e->kind = ACCEL_EXIT_SHUTDOWN;
}

static void exit_window(struct accel_vcpu *v, struct accel_exit *e)
{
    (void)v;
    e->kind = ACCEL_EXIT_IRQ_WINDOW;
}

static void exit_nothing(struct accel_vcpu *v, struct accel_exit *e)
{
    (void)v;
    e->kind = ACCEL_EXIT_KICK;
}

static void exit_debug(struct accel_vcpu *v, struct accel_exit *e)
{
    const struct kvm_debug_exit_arch *d = &v->run->debug.arch;
    e->kind = ACCEL_EXIT_DEBUG;
    e->rip = d->pc;
    e->u.debug.dr6 = d->dr6;
    e->u.debug.breakpoint = d->dr6 & 0xf;
}

static void exit_internal(struct accel_vcpu *v, struct accel_exit *e)
{
    static const char *const names[] = { "?", "emulation", "simultaneous exceptions",
                                         "event delivery", "unexpected exit" };
    const struct kvm_run *run = v->run;
    uint32_t sub = run->internal.suberror;
    if (sub == KVM_INTERNAL_ERROR_EMULATION) {
        e->kind = ACCEL_EXIT_EMULATE;
        if (run->internal.ndata > 3 &&
            (run->emulation_failure.flags & KVM_INTERNAL_ERROR_EMULATION_FLAG_INSTRUCTION_BYTES)) {
            e->u.emulate.nbytes = (uint8_t)MIN(run->emulation_failure.insn_size, 15);
            memcpy(e->u.emulate.bytes, run->emulation_failure.insn_bytes, 15);
        }
        v->tpr_stale = v->inject_stale = true;
        return;
    }
    set_fail(e, (int)sub, "internal error of KVM: %s (%u)",
             sub < ARRAY_LEN(names) ? names[sub] : "?", sub);
}

static void exit_fail_entry(struct accel_vcpu *v, struct accel_exit *e)
{
    uint64_t why = v->run->fail_entry.hardware_entry_failure_reason;
    set_fail(e, (int)why,
             "the processor refuses the guest's state (reason 0x%" G_GINT64_MODIFIER "x)",
             (guint64)why);
}

static void exit_unknown(struct accel_vcpu *v, struct accel_exit *e)
{
    set_fail(e, -1,
             "KVM does not know why the guest stopped (hardware reason 0x%" G_GINT64_MODIFIER "x)",
             (guint64)v->run->hw.hardware_exit_reason);
}

static void exit_exception(struct accel_vcpu *v, struct accel_exit *e)
{
    set_fail(e, (int)v->run->ex.exception, "exception %u came out of KVM", v->run->ex.exception);
}

static void exit_memory(struct accel_vcpu *v, struct accel_exit *e)
{
    (void)v;
    e->kind = ACCEL_EXIT_EMULATE;
}

/* Every reason of <linux/kvm.h>; without a handler it has no business on a PC with its interrupt
 * controllers in this process. */
static const struct {
    const char *name;
    void (*handle)(struct accel_vcpu *v, struct accel_exit *e);
} reasons[] = {
    [KVM_EXIT_UNKNOWN] = { "unknown", exit_unknown },
    [KVM_EXIT_EXCEPTION] = { "exception", exit_exception },
    [KVM_EXIT_IO] = { "io", exit_io },
    [KVM_EXIT_HYPERCALL] = { "hypercall", NULL },
    [KVM_EXIT_DEBUG] = { "debug", exit_debug },
    [KVM_EXIT_HLT] = { "hlt", exit_hlt },
    [KVM_EXIT_MMIO] = { "mmio", exit_mmio },
    [KVM_EXIT_IRQ_WINDOW_OPEN] = { "irq-window", exit_window },
    [KVM_EXIT_SHUTDOWN] = { "shutdown", exit_shutdown },
    [KVM_EXIT_FAIL_ENTRY] = { "fail-entry", exit_fail_entry },
    [KVM_EXIT_INTR] = { "intr", exit_nothing },
    [KVM_EXIT_SET_TPR] = { "set-tpr", exit_nothing },
    [KVM_EXIT_TPR_ACCESS] = { "tpr-access", exit_nothing },
    [KVM_EXIT_NMI] = { "nmi", exit_nothing },
    [KVM_EXIT_INTERNAL_ERROR] = { "internal-error", exit_internal },
    [KVM_EXIT_SYSTEM_EVENT] = { "system-event", NULL },
    [KVM_EXIT_IOAPIC_EOI] = { "ioapic-eoi", NULL },
    [KVM_EXIT_HYPERV] = { "hyperv", NULL },
    [KVM_EXIT_X86_RDMSR] = { "rdmsr", exit_msr },
    [KVM_EXIT_X86_WRMSR] = { "wrmsr", exit_msr },
    [KVM_EXIT_DIRTY_RING_FULL] = { "dirty-ring-full", NULL },
    [KVM_EXIT_AP_RESET_HOLD] = { "ap-reset-hold", NULL },
    [KVM_EXIT_X86_BUS_LOCK] = { "bus-lock", exit_nothing },
    [KVM_EXIT_XEN] = { "xen", NULL },
    [37 /* KVM_EXIT_NOTIFY */] = { "notify", exit_nothing },
    [39 /* KVM_EXIT_MEMORY_FAULT */] = { "memory-fault", exit_memory },
};

static void decode(struct accel_vcpu *v, struct accel_exit *e)
{
    uint32_t r = v->run->exit_reason;
    v->reasons[MIN(r, (uint32_t)ARRAY_LEN(v->reasons) - 1)]++;
    memset(e, 0, sizeof *e);
    e->rip = v->regs_fresh ? v->run->s.regs.regs.rip : 0;
    if (r < ARRAY_LEN(reasons) && reasons[r].handle) {
        reasons[r].handle(v, e);
    } else {
        set_fail(e, (int)r, "KVM stopped for a reason that has no place here: %s (%u)",
                 r < ARRAY_LEN(reasons) && reasons[r].name ? reasons[r].name : "a new one", r);
    }
}

int kvm_vcpu_run(struct accel_vcpu *v, struct accel_exit *e)
{
    v->exit = e;
    if (v->have_exit) {
        v->have_exit = false;
        decode(v, e);
        return 0;
    }
    for (;;) {
        int ret = atomic_load(&v->vm->run_error);
        ret = ret < 0 ? ret : prepare(v);
        if (ret < 0) {
            return ret;
        }
        enter(v);
        ret = kvm_ioctl_n(v->fd, KVM_RUN, 0);
        leave(v);
        v->regs_fresh = v->vm->has_sync_regs;
        v->entries++;
        if (ret < 0 && ret != -EINTR && ret != -EAGAIN) {
            return ret;
        }
        v->open = KVM_OPEN_NONE;
        after(v);
        if (ret >= 0) {
            decode(v, e);
            return 0;
        }
        v->run->immediate_exit = 0;
        atomic_thread_fence(memory_order_seq_cst);
        if (atomic_exchange(&v->kicked, false)) {
            memset(e, 0, sizeof *e);
            e->kind = ACCEL_EXIT_KICK;
            return 0;
        }
    }
}

/* --- events, time ----------------------------------------------------------------------------- */

static void reset_by(struct accel_vcpu *v, enum accel_event ev, uint8_t vector)
{
    struct x86_state s;
    memset(&s, 0, sizeof s);
    if (kvm_state_get(v, &s, X86_GROUP_ALL) < 0) {
        return;
    }
    if (ev == ACCEL_EVENT_INIT) {
        x86_state_init(&s, v->index == 0, v->vm->params.model->signature);
    } else {
        x86_state_sipi(&s, vector);
    }
    int ret = kvm_state_set(v, &s, X86_GROUP_ALL & ~(unsigned)X86_GROUP_TSC);
    if (ret < 0) {
        atomic_store(&v->vm->run_error, ret); /* the next run gives up */
    }
}

void kvm_vcpu_event(struct accel_vcpu *v, enum accel_event ev, uint8_t vector)
{
    if (ev == ACCEL_EVENT_NMI) {
        int ret = kvm_complete(v);
        ret = ret < 0 ? ret : kvm_ioctl_n(v->fd, KVM_NMI, 0);
        if (ret < 0) {
            v->shadow.ev.nmi_pending = 1; /* goes along when the vCPU is moved */
            atomic_store(&v->vm->run_error, ret);
        }
    } else if (ev != ACCEL_EVENT_SMI) {
        reset_by(v, ev, vector);
    }
}

uint64_t kvm_vcpu_tsc(struct accel_vcpu *v)
{
    return __builtin_ia32_rdtsc() + atomic_load(&v->tsc_offset);
}

/* --- life, debugging, figures ----------------------------------------------------------------- */

int kvm_vcpu_create(struct accel_vm *vm, unsigned index, struct accel_vcpu **out)
{
    *out = NULL;
    if (index >= KVM_MAX_VCPUS) {
        return -EINVAL;
    }
    struct accel_vcpu *v = g_new0(struct accel_vcpu, 1);
    v->vm = vm;
    v->index = index;
    v->thread = pthread_self();
    v->tpr_stale = v->inject_stale = true;
    v->fd = kvm_ioctl_n(vm->fd, KVM_CREATE_VCPU, index);
    int ret = v->fd < 0 ? v->fd : 0;
    if (ret >= 0) {
        v->run = kvm_sys.map(v->fd, vm->run_size);
        ret = v->run ? 0 : -ENOMEM;
    }
    if (ret >= 0 && vm->has_sync_regs) {
        v->run->kvm_valid_regs = KVM_SYNC_X86_REGS;
    }
    ret = ret < 0 ? ret : kvm_cpuid_set(v);
    ret = ret < 0 ? ret : kvm_state_init(v);
    if (ret < 0) {
        kvm_vcpu_destroy(v);
        return ret;
    }
    g_mutex_lock(&vm->lock);
    vm->vcpus[index] = v;
    g_mutex_unlock(&vm->lock);
    *out = v;
    return 0;
}

void kvm_vcpu_destroy(struct accel_vcpu *v)
{
    if (!v) {
        return;
    }
    g_mutex_lock(&v->vm->lock);
    v->vm->vcpus[v->index] = NULL;
    g_mutex_unlock(&v->vm->lock);
    if (v->run) {
        kvm_sys.unmap(v->run, v->vm->run_size);
    }
    if (v->fd >= 0) {
        kvm_sys.close(v->fd);
    }
    g_free(v->xsave);
    g_free(v);
}

int kvm_vcpu_debug(struct accel_vcpu *v, bool step, const gva_t *breakpoints, size_t n)
{
    struct kvm_guest_debug d;
    memset(&d, 0, sizeof d);
    if (n > 4) {
        return -ENOSPC;
    }
    if (!v->vm->has_debug) {
        return step || n ? -ENOTSUP : 0;
    }
    if (step || n) {
        d.control = KVM_GUESTDBG_ENABLE;
    }
    if (step) {
        d.control |= KVM_GUESTDBG_SINGLESTEP | KVM_GUESTDBG_BLOCKIRQ;
    }
    if (n) {
        d.control |= KVM_GUESTDBG_USE_HW_BP;
        d.arch.debugreg[7] = 0x400;
        for (size_t i = 0; i < n; i++) {
            d.arch.debugreg[i] = breakpoints[i];
            d.arch.debugreg[7] |= 2ull << (i * 2); /* global, execution, one byte */
        }
    }
    int ret = kvm_complete(v);
    ret = ret < 0 ? ret : kvm_ioctl(v->fd, KVM_SET_GUEST_DEBUG, &d);
    if (ret == -EINVAL && step) { /* a kernel that cannot hold interrupts back */
        d.control &= ~(__u32)KVM_GUESTDBG_BLOCKIRQ;
        ret = kvm_ioctl(v->fd, KVM_SET_GUEST_DEBUG, &d);
    }
    v->debug = d;
    return ret < 0 ? ret : 0;
}

void kvm_vm_stats(struct accel_vm *vm, GString *out)
{
    g_string_append_printf(out, "tsc %u kHz, %u memory slots\n", vm->tsc_khz, vm->slots->len);
    g_mutex_lock(&vm->lock);
    for (unsigned i = 0; i < KVM_MAX_VCPUS; i++) {
        const struct accel_vcpu *v = vm->vcpus[i];
        if (!v) {
            continue;
        }
        g_string_append_printf(out,
                               "vcpu%u: entries %" G_GUINT64_FORMAT
                               ", interrupts %" G_GUINT64_FORMAT
                               ", MSRs emulated %" G_GUINT64_FORMAT,
                               i, v->entries, v->injected, v->msr_emulated);
        for (unsigned r = 0; r < ARRAY_LEN(reasons); r++) {
            if (v->reasons[r]) {
                g_string_append_printf(out, ", %s %" G_GUINT64_FORMAT, reasons[r].name,
                                       v->reasons[r]);
            }
        }
        g_string_append(out, "\n");
    }
    g_mutex_unlock(&vm->lock);
}
