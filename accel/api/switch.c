/* SPDX-License-Identifier: MIT */
/*
 * Moving a running set of vCPUs to another accelerator.
 *
 * Every step that touches an accelerator's vCPU is done by that vCPU's own thread:
 *  1. all are paused; each takes its state from the old accelerator (machine lock not held: an
 *     instruction that the old one could not finish is finished in software)
 *  2. the new machine and its vCPUs are made and given the states (machine lock held: no interrupt
 *     arrives in between)
 *  3. under set->mutex the new ones take the old one's place; the old ones are destroyed.
 * Until 3 a failure leaves everything as it was.
 */
#include <errno.h>
#include <string.h>

#include "accel/api/vcpu_int.h"
#include "core/device.h"
#include "core/loop.h"
#include "os/os.h"

/* TSCs that are nearer to one another than this are meant to be equal; they were only not read at
 * the same moment. */
#define TSC_SYNC_NS NS_PER_MS

/* Runs job on every vCPU's thread, paused; returns the first error. */
static int on_threads(struct vcpus *v, void (*job)(struct vcpu *c))
{
    int ret = 0;
    g_mutex_lock(&v->mutex);
    for (unsigned i = 0; i < v->n; i++) {
        v->cpu[i].job_ret = 0;
        v->cpu[i].job = job;
    }
    g_cond_broadcast(&v->cond);
    for (unsigned i = 0; i < v->n; i++) {
        while (v->cpu[i].job) {
            g_cond_wait(&v->cond, &v->mutex);
        }
        ret = ret < 0 ? ret : v->cpu[i].job_ret;
    }
    g_mutex_unlock(&v->mutex);
    return ret;
}

int vcpu_rescue(struct vcpu *c)
{
    struct x86_state *s = g_new0(struct x86_state, 1);
    int ret = c->set->ops->state_get(c->accel, s, X86_GROUP_ALL);
    if (ret < 0 && ret != -EBUSY) {
        g_free(s);
        return ret;
    }
    c->moved_ns = os_clock_ns();
    if (ret == -EBUSY) {
        vcpu_emulate_again(c, s);
    }
    c->moved = s;
    return 0;
}

static void job_collect(struct vcpu *c)
{
    if (!c->moved) {
        vcpu_drain(c);
        c->job_ret = vcpu_rescue(c);
    }
}

/* What only the loop knows. */
static void put_mp(const struct vcpu *c, struct x86_state *s)
{
    if (c->dead) {
        s->mp = X86_MP_SHUTDOWN;
    } else if (c->wait_sipi) {
        s->mp = X86_MP_WAIT_SIPI;
    } else if (c->halted) {
        s->mp = X86_MP_HALTED;
    }
}

static void job_create(struct vcpu *c)
{
    struct vcpus *v = c->set;
    struct x86_state s = *c->moved;
    put_mp(c, &s);
    c->job_ret = v->next_ops->vcpu_create(v->next_vm, c->index, &c->next);
    if (c->job_ret < 0) {
        c->next = NULL;
        return;
    }
    vcpu_log_exits(c, v->next_ops, c->next);
    c->job_ret = v->next_ops->state_set(c->next, &s, X86_GROUP_ALL);
}

static void job_drop_next(struct vcpu *c)
{
    if (c->next) {
        c->set->next_ops->vcpu_destroy(c->next);
        c->next = NULL;
    }
}

/* After the exchange: c->next is the old one and next_ops its accelerator. */
static void job_done(struct vcpu *c)
{
    job_drop_next(c);
    vcpu_emulate_free(c); /* its TSC is the old accelerator's */
    c->last.kind = ACCEL_EXIT_KICK;
    g_clear_pointer(&c->moved, g_free);
}

static void job_forget(struct vcpu *c)
{
    if (!c->broken) { /* the only copy otherwise */
        g_clear_pointer(&c->moved, g_free);
    }
}

/* The states were read one after the other while the TSCs may have gone on. */
static void align_tsc(struct vcpus *v)
{
    uint64_t khz = v->params.tsc_khz ? v->params.tsc_khz : 1000000;
    const struct vcpu *first = &v->cpu[0];
    for (unsigned i = 1; i < v->n; i++) {
        struct vcpu *c = &v->cpu[i];
        int64_t elapsed = c->moved_ns - first->moved_ns;
        int64_t apart = (int64_t)(c->moved->tsc - first->moved->tsc);
        int64_t near = (int64_t)muldiv_u64(TSC_SYNC_NS, khz, 1000000);
        int64_t gone = elapsed / 1000 * (int64_t)khz / 1000;
        bool stood = apart < near && apart > -near;
        bool went = apart - gone < near && apart - gone > -near;
        if (stood || went) {
            c->moved->tsc = first->moved->tsc;
        }
    }
}

static void exchange(struct vcpus *v)
{
    g_mutex_lock(&v->mutex);
    const struct accel_ops *old_ops = v->ops;
    struct accel_vm *old_vm = v->vm;
    v->ops = v->next_ops;
    v->vm = v->next_vm;
    for (unsigned i = 0; i < v->n; i++) {
        struct vcpu *c = &v->cpu[i];
        struct accel_vcpu *old = c->accel;
        c->accel = c->next;
        c->next = old;
        c->broken = false;
        v->ops->irq_line(c->accel, c->intr);
    }
    v->next_ops = old_ops;
    v->next_vm = old_vm;
    v->switches++;
    g_mutex_unlock(&v->mutex);
}

static bool collect(struct vcpus *v, GError **err)
{
    machine_unlock();
    int ret = on_threads(v, job_collect);
    machine_lock();
    if (ret < 0) {
        g_set_error(err, EMU_ERROR, EMU_ERROR_HOST,
                    "%s does not give the state of its processors away: %s", v->ops->name,
                    g_strerror(-ret));
    }
    return ret >= 0;
}

static bool prepare(struct vcpus *v, const struct opts *opts, GError **err)
{
    const struct accel_ops *ops = v->next_ops;
    struct accel_params p = v->params;
    p.opts = opts;
    int ret = ops->vm_create(&v->next_vm, &p, err);
    if (ret < 0) {
        v->next_vm = NULL;
        if (err && !*err) {
            g_set_error(err, EMU_ERROR, EMU_ERROR_HOST, "%s: cannot create a machine: %s",
                        ops->name, g_strerror(-ret));
        }
        return false;
    }
    ret = on_threads(v, job_create);
    if (ret < 0) {
        g_set_error(err, EMU_ERROR, EMU_ERROR_HOST,
                    "%s does not take the state of the processors: %s", ops->name,
                    g_strerror(-ret));
        on_threads(v, job_drop_next);
        ops->vm_destroy(v->next_vm);
        v->next_vm = NULL;
    }
    return ret >= 0;
}

bool vcpus_switch(struct vcpus *v, const struct accel_ops *ops, const struct opts *opts,
                  GError **err)
{
    bool ran = vcpus_running(v);
    vcpus_pause(v);
    v->next_ops = ops;
    bool ok = collect(v, err);
    if (ok) {
        align_tsc(v);
        ok = prepare(v, opts, err);
    }
    if (ok) {
        exchange(v);
        on_threads(v, job_done);
        v->next_ops->vm_destroy(v->next_vm);
        v->next_vm = NULL;
        v->params.opts = NULL;
    } else {
        on_threads(v, job_forget);
    }
    if (ran) {
        vcpus_resume(v);
    }
    return ok;
}

void vcpus_stats(struct vcpus *v, GString *out)
{
    g_string_append_printf(out, "%s, moved %" G_GUINT64_FORMAT " times\n", v->ops->name,
                           v->switches);
    for (unsigned i = 0; i < v->n; i++) {
        const struct vcpu *c = &v->cpu[i];
        g_string_append_printf(out, "vcpu%u: emulated %" G_GUINT64_FORMAT, i, c->emulated);
        for (unsigned k = 0; k < ACCEL_EXIT_COUNT; k++) {
            if (c->exits[k]) {
                g_string_append_printf(out, ", %s exits %" G_GUINT64_FORMAT, accel_exit_name(k),
                                       c->exits[k]);
            }
        }
        g_string_append(out, "\n");
    }
    if (v->ops->stats) {
        v->ops->stats(v->vm, out);
    }
}
