/* SPDX-License-Identifier: MIT */
/*
 * The only run loop and the vCPU threads.
 *
 * Two locks: the machine lock (core/loop.h) guards devices; set->mutex guards what is in struct
 * vcpu (vcpu_int.h). Order: machine lock first. set->mutex is never held while the accelerator runs
 * or a callback is made, or while another thread is waited for other than on its condition.
 */
#include "accel/api/vcpu.h"

#include <errno.h>
#include <string.h>

#include "accel/api/icount.h"
#include "accel/api/serve.h"
#include "accel/api/vcpu_int.h"
#include "core/device.h"
#include "core/loop.h"
#include "os/os.h"

static _Thread_local int current_index = -1;

int vcpu_current(void)
{
    return current_index;
}

unsigned vcpus_count(const struct vcpus *v)
{
    return v->n;
}

struct accel_vm *vcpus_vm(const struct vcpus *v)
{
    return v->vm;
}

const struct accel_ops *vcpus_ops(const struct vcpus *v)
{
    return v->ops;
}

/* --- exits: one handler each ------------------------------------------------------------------ */

/* Remembers an access that reached the device: reads with what they gave. */
static void note_access(struct vcpu *c, enum accel_exit_kind kind, bool write, uint64_t addr,
                        uint8_t size, uint32_t count, const void *data)
{
    struct vcpu_access *l = &c->last;
    l->kind = kind;
    l->write = write;
    l->addr = addr;
    l->size = size;
    l->count = MIN(count, (uint32_t)(sizeof l->data / size));
    if (!write) {
        memcpy(l->data, data, (size_t)l->count * size);
    }
}

/* IN EAX from the port that sees general registers. */
static bool serve_regs_port(struct vcpu *c, struct accel_exit *e)
{
    const struct accel_callbacks *cb = c->set->params.cb;
    const struct accel_ops *ops = c->set->ops;
    uint64_t gpr[X86_GPR_COUNT];
    if (!cb->regs_port || !ops->pio_gpr || e->u.pio.write || e->u.pio.port != cb->regs_port_nr ||
        e->u.pio.size != 4 || e->u.pio.count != 1 || ops->pio_gpr(c->accel, gpr, false) < 0 ||
        !x86_regs_port_read(gpr, e->u.pio.port, cb->regs_port, cb->opaque)) {
        return false;
    }
    uint32_t eax = (uint32_t)gpr[X86_RAX];
    memcpy(e->u.pio.data, &eax, sizeof eax);
    return ops->pio_gpr(c->accel, gpr, true) >= 0;
}

static void exit_pio(struct vcpu *c, struct accel_exit *e)
{
    if (!serve_regs_port(c, e)) {
        accel_serve_pio(c->set->params.cb, e);
    }
    note_access(c, ACCEL_EXIT_PIO, e->u.pio.write, e->u.pio.port, e->u.pio.size, e->u.pio.count,
                e->u.pio.data);
}

static void exit_mmio(struct vcpu *c, struct accel_exit *e)
{
    accel_serve_mmio(c->set->params.cb, e);
    note_access(c, ACCEL_EXIT_MMIO, e->u.mmio.write, e->u.mmio.gpa, e->u.mmio.size, 1,
                e->u.mmio.data);
}

static void exit_msr(struct vcpu *c, struct accel_exit *e)
{
    if (accel_serve_msr(c->set->params.cb, c->index, e)) {
        note_access(c, ACCEL_EXIT_MSR, e->u.msr.write, e->u.msr.index, 8, 1, &e->u.msr.value);
    }
}

static void exit_cpuid(struct vcpu *c, struct accel_exit *e)
{
    struct x86_state s;
    const struct accel_params *p = &c->set->params;
    if (c->set->ops->state_get(c->accel, &s, X86_GROUP_CR | X86_GROUP_MSR) < 0) {
        memset(&s, 0, sizeof s);
    }
    x86_cpuid(p->model, p->topology, c->index, &s, e->u.cpuid.leaf, e->u.cpuid.subleaf,
              e->u.cpuid.out);
}

static void exit_eoi(struct vcpu *c, struct accel_exit *e)
{
    const struct accel_callbacks *cb = c->set->params.cb;
    cb->eoi(cb->opaque, c->index, e->u.eoi.vector);
}

static void exit_hlt(struct vcpu *c, struct accel_exit *e)
{
    (void)e;
    struct x86_state s;
    s.rflags = X86_FL_IF;
    c->set->ops->state_get(c->accel, &s, X86_GROUP_GPR);
    g_mutex_lock(&c->set->mutex);
    c->halted = true;
    c->halted_if = s.rflags & X86_FL_IF;
    g_mutex_unlock(&c->set->mutex);
}

static void set_dead(struct vcpu *c)
{
    g_mutex_lock(&c->set->mutex);
    c->dead = true;
    g_mutex_unlock(&c->set->mutex);
}

static void exit_shutdown(struct vcpu *c, struct accel_exit *e)
{
    (void)e;
    struct x86_state s;
    memset(&s, 0, sizeof s);
    c->set->ops->state_get(c->accel, &s, X86_GROUP_ALL);
    set_dead(c);
    machine_lock();
    c->set->owner.shutdown(c->set->owner.opaque, c->index, &s);
    machine_unlock();
}

static void fail(struct vcpu *c, const char *text)
{
    if (!c->moved) {
        vcpu_drain(c);
        vcpu_rescue(c);
    }
    g_mutex_lock(&c->set->mutex);
    c->broken = true;
    g_mutex_unlock(&c->set->mutex);
    machine_lock();
    c->set->owner.failed(c->set->owner.opaque, c->index, text);
    machine_unlock();
}

static void exit_fail(struct vcpu *c, struct accel_exit *e)
{
    char text[sizeof e->u.fail.text];
    g_strlcpy(text, e->u.fail.text, sizeof text); /* *e is used again */
    fail(c, text);
}

static void exit_debug(struct vcpu *c, struct accel_exit *e)
{
    machine_lock();
    c->set->owner.debug(c->set->owner.opaque, c->index, e);
    machine_unlock();
}

static void exit_emulate(struct vcpu *c, struct accel_exit *e)
{
    vcpu_emulate(c, e);
    switch (e->kind) {
    case ACCEL_EXIT_HLT: exit_hlt(c, e); break;
    case ACCEL_EXIT_SHUTDOWN: exit_shutdown(c, e); break;
    case ACCEL_EXIT_FAIL: exit_fail(c, e); break;
    case ACCEL_EXIT_KICK:
        if (c->stepping) { /* that was the step */
            e->kind = ACCEL_EXIT_DEBUG;
            exit_debug(c, e);
        }
        break;
    default: break;
    }
}

static void exit_nothing(struct vcpu *c, struct accel_exit *e)
{
    (void)c;
    (void)e;
}

static void (*const exit_handlers[ACCEL_EXIT_COUNT])(struct vcpu *, struct accel_exit *) = {
    [ACCEL_EXIT_PIO] = exit_pio,           [ACCEL_EXIT_MMIO] = exit_mmio,
    [ACCEL_EXIT_EMULATE] = exit_emulate,   [ACCEL_EXIT_HLT] = exit_hlt,
    [ACCEL_EXIT_SHUTDOWN] = exit_shutdown, [ACCEL_EXIT_IRQ_WINDOW] = exit_nothing,
    [ACCEL_EXIT_MSR] = exit_msr,           [ACCEL_EXIT_CPUID] = exit_cpuid,
    [ACCEL_EXIT_EOI] = exit_eoi,           [ACCEL_EXIT_DEBUG] = exit_debug,
    [ACCEL_EXIT_KICK] = exit_nothing,      [ACCEL_EXIT_FAIL] = exit_fail,
};

const char *accel_exit_name(unsigned kind)
{
    static const char *const names[ACCEL_EXIT_COUNT] = {
        "pio", "mmio",  "emulate", "hlt",   "shutdown", "irq-window",
        "msr", "cpuid", "eoi",     "debug", "kick",     "fail",
    };
    return kind < ACCEL_EXIT_COUNT ? names[kind] : "?";
}

static void note_exit(struct vcpu *c, const struct accel_exit *e)
{
    struct accel_exit_ring *r = &c->exit_ring;
    c->exits[e->kind]++;
    switch (e->kind) {
    case ACCEL_EXIT_PIO:
        accel_exit_ring_note(r, e->kind, e->rip, e->u.pio.port, e->u.pio.size, e->u.pio.write);
        break;
    case ACCEL_EXIT_MMIO:
        accel_exit_ring_note(r, e->kind, e->rip, e->u.mmio.gpa, e->u.mmio.size, e->u.mmio.write);
        break;
    case ACCEL_EXIT_MSR:
        accel_exit_ring_note(r, e->kind, e->rip, e->u.msr.index, 8, e->u.msr.write);
        break;
    case ACCEL_EXIT_CPUID:
        accel_exit_ring_note(r, e->kind, e->rip, e->u.cpuid.leaf, 4, false);
        break;
    case ACCEL_EXIT_EOI: accel_exit_ring_note(r, e->kind, e->rip, e->u.eoi.vector, 1, true); break;
    case ACCEL_EXIT_KICK:
    case ACCEL_EXIT_IRQ_WINDOW: break; /* ours, not the guest's */
    default: accel_exit_ring_note(r, e->kind, e->rip, 0, 0, false); break;
    }
}

/* Where the accelerator's vCPU is made, and made anew. */
void vcpu_log_exits(struct vcpu *c, const struct accel_ops *ops, struct accel_vcpu *accel)
{
    if (ops->exit_log) {
        ops->exit_log(accel, &c->exit_ring);
    }
}

/* --- the loop --------------------------------------------------------------------------------- */

/* mutex held: nothing to do for this processor now? */
static bool is_idle(const struct vcpu *c)
{
    if (c->set->paused || c->dead || c->held || c->broken) {
        return true;
    }
    if (c->pending_init) {
        return false;
    }
    if (c->wait_sipi) {
        return !c->pending_sipi;
    }
    return c->halted && !(c->intr && c->halted_if) && !c->pending_nmi;
}

/* mutex held: what other threads asked for, now on this processor's own thread. */
static void take_events(struct vcpu *c)
{
    const struct accel_ops *ops = c->set->ops;
    if (c->pending_init) {
        c->pending_init = false;
        ops->event(c->accel, ACCEL_EVENT_INIT, 0);
        c->wait_sipi = c->index != 0;
        c->halted = false;
        c->pending_nmi = false;
    }
    if (c->wait_sipi && c->pending_sipi) {
        c->pending_sipi = false;
        ops->event(c->accel, ACCEL_EVENT_SIPI, c->sipi_vector);
        c->wait_sipi = false;
    }
    if (c->pending_nmi && !c->wait_sipi) {
        c->pending_nmi = false;
        ops->event(c->accel, ACCEL_EVENT_NMI, 0);
    }
}

static void run_once(struct vcpu *c)
{
    struct accel_exit *e = &c->exit;
    struct icount *icount = c->set->icount;
    if (icount) {
        icount_enter(icount);
    }
    int ret = c->set->ops->vcpu_run(c->accel, e);
    if (icount) {
        icount_leave(icount);
    }
    if (ret < 0) {
        char text[96];
        g_snprintf(text, sizeof text, "%s stopped working: %s", c->set->ops->name,
                   g_strerror(-ret));
        fail(c, text);
    } else if ((unsigned)e->kind >= ACCEL_EXIT_COUNT) {
        fail(c, "the accelerator reported an exit nobody knows");
    } else {
        if (e->kind != ACCEL_EXIT_FAIL) {
            c->last.kind = ACCEL_EXIT_KICK; /* taken note of */
        }
        note_exit(c, e);
        exit_handlers[e->kind](c, e);
    }
}

/* An instruction may make several accesses, each an exit. The kick keeps the accelerator from
 * beginning another one. */
void vcpu_drain(struct vcpu *c)
{
    while (c->last.kind != ACCEL_EXIT_KICK) {
        struct accel_exit *e = &c->exit;
        c->set->ops->vcpu_kick(c->accel);
        int ret = c->set->ops->vcpu_run(c->accel, e);
        if (ret < 0 || (unsigned)e->kind >= ACCEL_EXIT_COUNT || e->kind == ACCEL_EXIT_FAIL) {
            return; /* state_get will say -EBUSY */
        }
        c->last.kind = ACCEL_EXIT_KICK;
        note_exit(c, e);
        exit_handlers[e->kind](c, e);
    }
}

static gpointer vcpu_thread(gpointer arg)
{
    struct vcpu *c = arg;
    struct vcpus *v = c->set;
    char name[16];
    g_snprintf(name, sizeof name, "vcpu%u", c->index);
    os_thread_name(name);
    c->thread_id = os_thread_id();
    current_index = (int)c->index;
    int ret = v->ops->vcpu_create(v->vm, c->index, &c->accel);
    if (ret == 0) {
        vcpu_log_exits(c, v->ops, c->accel);
    }
    g_mutex_lock(&v->mutex);
    c->create_ret = ret;
    c->created = true;
    g_cond_broadcast(&v->cond);
    while (ret == 0 && !v->quit) {
        if (c->job) {
            g_mutex_unlock(&v->mutex);
            c->job(c);
            g_mutex_lock(&v->mutex);
            c->job = NULL;
            g_cond_broadcast(&v->cond);
            continue;
        }
        if (is_idle(c)) {
            if (!(v->icount && icount_idle(v->icount)) && is_idle(c)) {
                g_cond_wait(&v->cond, &v->mutex);
            }
            continue;
        }
        take_events(c);
        if (c->wait_sipi) {
            continue;
        }
        c->halted = false;
        c->busy = true;
        g_mutex_unlock(&v->mutex);
        run_once(c);
        g_mutex_lock(&v->mutex);
        if (v->paused && c->last.kind != ACCEL_EXIT_KICK && !c->broken) {
            g_mutex_unlock(&v->mutex);
            vcpu_drain(c); /* who pauses finds it between two instructions */
            g_mutex_lock(&v->mutex);
        }
        c->busy = false;
        if (v->paused) {
            g_cond_broadcast(&v->cond);
        }
    }
    g_mutex_unlock(&v->mutex);
    if (ret == 0) {
        v->ops->vcpu_destroy(c->accel);
    }
    vcpu_emulate_free(c);
    g_free(c->moved);
    return NULL;
}

/* --- life ------------------------------------------------------------------------------------- */

static bool start_threads(struct vcpus *v, GError **err)
{
    for (unsigned i = 0; i < v->n; i++) {
        struct vcpu *c = &v->cpu[i];
        c->set = v;
        c->index = i;
        c->thread = g_thread_try_new("vcpu", vcpu_thread, c, err);
        if (!c->thread) {
            return false;
        }
        g_mutex_lock(&v->mutex);
        while (!c->created) {
            g_cond_wait(&v->cond, &v->mutex);
        }
        int ret = c->create_ret;
        g_mutex_unlock(&v->mutex);
        if (ret < 0) {
            g_set_error(err, EMU_ERROR, EMU_ERROR_HOST, "%s: cannot create vCPU %u: %s",
                        v->ops->name, i, g_strerror(-ret));
            return false;
        }
    }
    return true;
}

struct vcpus *vcpus_new(const struct accel_ops *ops, const struct accel_params *p, unsigned n,
                        const struct vcpu_owner *owner, GError **err)
{
    struct vcpus *v = g_new0(struct vcpus, 1);
    v->ops = ops;
    v->params = *p;
    v->owner = *owner;
    v->n = n;
    v->paused = true;
    v->cpu = g_new0(struct vcpu, n);
    g_mutex_init(&v->mutex);
    g_cond_init(&v->cond);
    int ret = ops->vm_create(&v->vm, &v->params, err);
    if (ret < 0) {
        if (err && !*err) {
            g_set_error(err, EMU_ERROR, EMU_ERROR_HOST, "%s: cannot create a machine: %s",
                        ops->name, g_strerror(-ret));
        }
        v->vm = NULL;
        vcpus_free(v);
        return NULL;
    }
    if (!start_threads(v, err)) {
        vcpus_free(v);
        return NULL;
    }
    return v;
}

void vcpus_free(struct vcpus *v)
{
    if (!v) {
        return;
    }
    vcpus_pause(v);
    g_mutex_lock(&v->mutex);
    v->quit = true;
    g_cond_broadcast(&v->cond);
    g_mutex_unlock(&v->mutex);
    bool locked = machine_locked_by_me();
    if (locked) {
        machine_unlock();
    }
    for (unsigned i = 0; i < v->n; i++) {
        if (v->cpu[i].thread) {
            g_thread_join(v->cpu[i].thread);
        }
    }
    if (locked) {
        machine_lock();
    }
    if (v->vm) {
        v->ops->vm_destroy(v->vm);
    }
    icount_free(v->icount);
    g_mutex_clear(&v->mutex);
    g_cond_clear(&v->cond);
    for (unsigned i = 0; i < v->n; i++) {
        g_free(v->cpu[i].branches);
    }
    g_free(v->cpu);
    g_free(v);
}

/* --- control ---------------------------------------------------------------------------------- */

void vcpus_resume(struct vcpus *v)
{
    g_mutex_lock(&v->mutex);
    v->paused = false;
    g_cond_broadcast(&v->cond);
    g_mutex_unlock(&v->mutex);
}

void vcpus_request_pause(struct vcpus *v)
{
    g_mutex_lock(&v->mutex);
    v->paused = true;
    for (unsigned i = 0; i < v->n; i++) {
        if (v->cpu[i].busy) {
            v->ops->vcpu_kick(v->cpu[i].accel);
        }
    }
    g_mutex_unlock(&v->mutex);
}

void vcpus_pause(struct vcpus *v)
{
    vcpus_request_pause(v);
    bool locked = machine_locked_by_me();
    if (locked) {
        machine_unlock();
    }
    g_mutex_lock(&v->mutex);
    for (unsigned i = 0; i < v->n; i++) {
        while (v->cpu[i].busy && (int)i != current_index) {
            g_cond_wait(&v->cond, &v->mutex);
        }
    }
    g_mutex_unlock(&v->mutex);
    if (locked) {
        machine_lock();
    }
}

bool vcpus_running(const struct vcpus *v)
{
    return !v->paused;
}

void vcpus_reset(struct vcpus *v)
{
    for (unsigned i = 0; i < v->n; i++) {
        struct vcpu *c = &v->cpu[i];
        struct x86_state s;
        x86_state_reset(&s, i == 0, v->params.model->signature);
        v->ops->state_set(c->accel, &s, X86_GROUP_ALL);
        g_mutex_lock(&v->mutex);
        c->halted = c->dead = c->broken = false;
        g_clear_pointer(&c->moved, g_free);
        c->last.kind = ACCEL_EXIT_KICK;
        c->wait_sipi = i != 0;
        c->pending_nmi = c->pending_init = c->pending_sipi = false;
        g_mutex_unlock(&v->mutex);
    }
}

/* --- events ----------------------------------------------------------------------------------- */

void vcpu_intr(struct vcpus *v, unsigned index, bool level)
{
    struct vcpu *c = &v->cpu[index];
    g_mutex_lock(&v->mutex);
    bool changed = c->intr != level;
    c->intr = level;
    if (changed) {
        v->ops->irq_line(c->accel, level);
        if (level && c->halted) {
            g_cond_broadcast(&v->cond);
        }
    }
    g_mutex_unlock(&v->mutex);
}

/* mutex held: an event is waiting for the processor. */
static void wake(struct vcpu *c)
{
    if (c->busy) {
        c->set->ops->vcpu_kick(c->accel);
    }
    g_cond_broadcast(&c->set->cond);
}

void vcpu_nmi(struct vcpus *v, unsigned index)
{
    g_mutex_lock(&v->mutex);
    v->cpu[index].pending_nmi = true;
    wake(&v->cpu[index]);
    g_mutex_unlock(&v->mutex);
}

void vcpu_init(struct vcpus *v, unsigned index)
{
    g_mutex_lock(&v->mutex);
    v->cpu[index].pending_init = true;
    v->cpu[index].pending_sipi = false;
    wake(&v->cpu[index]);
    g_mutex_unlock(&v->mutex);
}

void vcpu_sipi(struct vcpus *v, unsigned index, uint8_t vector)
{
    struct vcpu *c = &v->cpu[index];
    g_mutex_lock(&v->mutex);
    if (c->pending_init || c->wait_sipi) {
        c->pending_sipi = true;
        c->sipi_vector = vector;
        wake(c);
    }
    g_mutex_unlock(&v->mutex);
}

void vcpu_kick(struct vcpus *v, unsigned index)
{
    g_mutex_lock(&v->mutex); /* the accelerator may be on its way out */
    v->ops->vcpu_kick(v->cpu[index].accel);
    g_mutex_unlock(&v->mutex);
}

bool vcpu_fault_log(struct vcpus *v, unsigned index, struct x86_fault_log *log)
{
    if (v->ops->fault_log) {
        v->ops->fault_log(v->cpu[index].accel, log);
    }
    return v->ops->fault_log != NULL;
}

int vcpus_log_branches(struct vcpus *v)
{
    int ret = v->ops->branch_log ? 0 : -ENOTSUP;
    for (unsigned i = 0; ret == 0 && i < v->n; i++) {
        v->cpu[i].branches = g_new0(struct x86_branch_ring, 1);
        ret = v->ops->branch_log(v->cpu[i].accel, v->cpu[i].branches);
    }
    return ret;
}

const struct accel_exit_ring *vcpu_exit_ring(struct vcpus *v, unsigned index)
{
    return &v->cpu[index].exit_ring;
}

const struct x86_branch_ring *vcpu_branches(struct vcpus *v, unsigned index)
{
    return v->cpu[index].branches;
}

int vcpu_thread_id(struct vcpus *v, unsigned index)
{
    return v->cpu[index].thread_id;
}

uint64_t vcpu_tsc(struct vcpus *v, unsigned index)
{
    g_mutex_lock(&v->mutex);
    uint64_t tsc = v->ops->tsc(v->cpu[index].accel);
    g_mutex_unlock(&v->mutex);
    return tsc;
}

int vcpu_debug_set(struct vcpus *v, unsigned index, bool step, const gva_t *breakpoints, size_t n)
{
    if (!v->ops->debug_set) {
        return step || n ? -ENOTSUP : 0;
    }
    int ret = v->ops->debug_set(v->cpu[index].accel, step, breakpoints, n);
    v->cpu[index].stepping = step && ret == 0;
    return ret;
}

int vcpu_watch_set(struct vcpus *v, unsigned index, const struct x86_watch *watches, size_t n)
{
    if (!v->ops->watch_set) {
        return n ? -ENOTSUP : 0;
    }
    return v->ops->watch_set(v->cpu[index].accel, watches, n);
}

void vcpu_hold(struct vcpus *v, unsigned index, bool hold)
{
    g_mutex_lock(&v->mutex);
    v->cpu[index].held = hold;
    g_cond_broadcast(&v->cond);
    g_mutex_unlock(&v->mutex);
}

enum vcpu_activity vcpu_activity(struct vcpus *v, unsigned index)
{
    g_mutex_lock(&v->mutex);
    const struct vcpu *c = &v->cpu[index];
    enum vcpu_activity a = c->dead        ? VCPU_DEAD
                           : c->wait_sipi ? VCPU_WAIT_SIPI
                           : c->halted    ? VCPU_HALTED
                                          : VCPU_RUNNABLE;
    g_mutex_unlock(&v->mutex);
    return a;
}

int vcpu_state_get(struct vcpus *v, unsigned index, struct x86_state *s, uint32_t groups)
{
    int ret = v->ops->state_get(v->cpu[index].accel, s, groups);
    return ret == -EBUSY ? 0 : ret; /* the state before an instruction is one, too */
}

int vcpu_state_set(struct vcpus *v, unsigned index, const struct x86_state *s, uint32_t groups)
{
    int ret = v->ops->state_set(v->cpu[index].accel, s, groups);
    if (ret == 0 && (groups & X86_GROUP_MP)) {
        g_mutex_lock(&v->mutex);
        v->cpu[index].halted = s->mp == X86_MP_HALTED;
        v->cpu[index].halted_if = (groups & X86_GROUP_GPR) ? (s->rflags & X86_FL_IF) != 0 : true;
        v->cpu[index].wait_sipi = s->mp == X86_MP_WAIT_SIPI;
        v->cpu[index].dead = s->mp == X86_MP_SHUTDOWN;
        g_cond_broadcast(&v->cond);
        g_mutex_unlock(&v->mutex);
    }
    return ret;
}
