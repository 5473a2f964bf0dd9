/* SPDX-License-Identifier: MIT */
#include "tests/fake/accel_script.h"

#include <errno.h>
#include <string.h>

struct accel_vm {
    struct script *script;
    const struct accel_callbacks *cb;
};

struct accel_vcpu {
    struct accel_vm *vm;
    unsigned index;
    GMutex mutex;
    GCond cond;
    bool kicked;
};

static struct script *next_script;

void script_set(struct script *s)
{
    next_script = s;
}

static bool script_probe(struct accel_caps *caps, GError **err)
{
    (void)err;
    caps->max_vcpus = SCRIPT_MAX_VCPUS;
    return true;
}

static int script_vm_create(struct accel_vm **vm, const struct accel_params *p, GError **err)
{
    (void)err;
    *vm = g_new0(struct accel_vm, 1);
    (*vm)->script = next_script;
    (*vm)->cb = p->cb;
    return 0;
}

static void script_vm_destroy(struct accel_vm *vm)
{
    g_free(vm);
}

static int script_vcpu_create(struct accel_vm *vm, unsigned index, struct accel_vcpu **out)
{
    if (vm->script->fail_create == (int)index + 1) {
        return -ENOMEM;
    }
    struct accel_vcpu *c = g_new0(struct accel_vcpu, 1);
    c->vm = vm;
    c->index = index;
    g_mutex_init(&c->mutex);
    g_cond_init(&c->cond);
    *out = c;
    return 0;
}

static void script_vcpu_destroy(struct accel_vcpu *c)
{
    g_mutex_clear(&c->mutex);
    g_cond_clear(&c->cond);
    g_free(c);
}

static void wait_for_kick(struct accel_vcpu *c, struct accel_exit *e)
{
    g_mutex_lock(&c->mutex);
    while (!c->kicked) {
        g_cond_wait(&c->cond, &c->mutex);
    }
    c->kicked = false;
    g_mutex_unlock(&c->mutex);
    e->kind = ACCEL_EXIT_KICK;
}

static int script_vcpu_run(struct accel_vcpu *c, struct accel_exit *e)
{
    struct script *s = c->vm->script;
    int at = s->played[c->index];
    if (at >= (int)s->n[c->index]) {
        wait_for_kick(c, e);
        return 0;
    }
    struct script_step *step = &s->steps[c->index][at];
    g_atomic_int_inc(&s->played[c->index]);
    if (step->until_kick) {
        wait_for_kick(c, e);
        return 0;
    }
    *e = step->exit;
    if (e->kind == ACCEL_EXIT_PIO) {
        e->u.pio.data = &step->data;
    }
    return step->ret;
}

static void script_vcpu_kick(struct accel_vcpu *c)
{
    g_mutex_lock(&c->mutex);
    c->kicked = true;
    g_atomic_int_inc(&c->vm->script->kicks[c->index]);
    g_cond_broadcast(&c->cond);
    g_mutex_unlock(&c->mutex);
}

static int script_state_get(struct accel_vcpu *c, struct x86_state *s, uint32_t groups)
{
    (void)groups;
    s->rflags = c->vm->script->rflags;
    return 0;
}

static int script_state_set(struct accel_vcpu *c, const struct x86_state *s, uint32_t groups)
{
    (void)s;
    (void)groups;
    g_atomic_int_inc(&c->vm->script->resets[c->index]);
    return 0;
}

static void script_irq_line(struct accel_vcpu *c, bool level)
{
    if (level) {
        script_vcpu_kick(c);
    }
}

static void script_event(struct accel_vcpu *c, enum accel_event ev, uint8_t vector)
{
    c->vm->script->sipi_vector[c->index] = vector;
    g_atomic_int_inc(&c->vm->script->events[c->index][ev]);
}

static uint64_t script_tsc(struct accel_vcpu *c)
{
    return (uint64_t)c->vm->cb->clock_ns(c->vm->cb->opaque);
}

const struct accel_ops accel_script = {
    .name = "script",
    .desc = "plays exits",
    .probe = script_probe,
    .vm_create = script_vm_create,
    .vm_destroy = script_vm_destroy,
    .vcpu_create = script_vcpu_create,
    .vcpu_destroy = script_vcpu_destroy,
    .vcpu_run = script_vcpu_run,
    .vcpu_kick = script_vcpu_kick,
    .state_get = script_state_get,
    .state_set = script_state_set,
    .irq_line = script_irq_line,
    .event = script_event,
    .tsc = script_tsc,
};
