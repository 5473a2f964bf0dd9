/* SPDX-License-Identifier: MIT */
/*
 * One instruction in software, for accelerators that met what they cannot do: the state is taken
 * from the accelerator, accel/x86 executes, the state goes back.
 */
#include <errno.h>
#include <string.h>

#include "accel/api/vcpu_int.h"
#include "accel/x86/cpu.h"

/* True when this access is the next one of c->last: its value in *v. */
static bool replay(struct vcpu *c, enum accel_exit_kind kind, bool write, uint64_t addr,
                   unsigned size, uint64_t *v)
{
    const struct vcpu_access *l = &c->last;
    if (l->kind != kind || l->write != write || l->addr != addr || l->size != size ||
        c->replayed >= l->count) {
        return false;
    }
    if (v) {
        *v = 0;
        memcpy(v, l->data + c->replayed * size, size);
    }
    c->replayed++;
    return true;
}

static uint32_t emu_pio_read(void *opaque, uint16_t port, unsigned size)
{
    struct vcpu *c = opaque;
    const struct accel_callbacks *cb = c->set->params.cb;
    uint64_t v;
    if (replay(c, ACCEL_EXIT_PIO, false, port, size, &v)) {
        return (uint32_t)v;
    }
    return cb->pio_read(cb->opaque, port, size);
}

static void emu_pio_write(void *opaque, uint16_t port, uint32_t value, unsigned size)
{
    struct vcpu *c = opaque;
    const struct accel_callbacks *cb = c->set->params.cb;
    if (!replay(c, ACCEL_EXIT_PIO, true, port, size, NULL)) {
        cb->pio_write(cb->opaque, port, value, size);
    }
}

static uint64_t emu_mmio_read(void *opaque, gpa_t gpa, unsigned size)
{
    struct vcpu *c = opaque;
    const struct accel_callbacks *cb = c->set->params.cb;
    uint64_t v;
    if (replay(c, ACCEL_EXIT_MMIO, false, gpa, size, &v)) {
        return v;
    }
    return cb->mmio_read(cb->opaque, gpa, size);
}

static void emu_mmio_write(void *opaque, gpa_t gpa, uint64_t value, unsigned size)
{
    struct vcpu *c = opaque;
    const struct accel_callbacks *cb = c->set->params.cb;
    if (!replay(c, ACCEL_EXIT_MMIO, true, gpa, size, NULL)) {
        cb->mmio_write(cb->opaque, gpa, value, size);
    }
}

static bool emu_msr_read(void *opaque, uint32_t msr, uint64_t *value)
{
    struct vcpu *c = opaque;
    const struct accel_callbacks *cb = c->set->params.cb;
    if (replay(c, ACCEL_EXIT_MSR, false, msr, 8, value)) {
        return true;
    }
    return cb->msr_read && cb->msr_read(cb->opaque, c->index, msr, value);
}

static bool emu_msr_write(void *opaque, uint32_t msr, uint64_t value)
{
    struct vcpu *c = opaque;
    const struct accel_callbacks *cb = c->set->params.cb;
    if (replay(c, ACCEL_EXIT_MSR, true, msr, 8, NULL)) {
        return true;
    }
    return cb->msr_write && cb->msr_write(cb->opaque, c->index, msr, value);
}

static uint8_t emu_tpr_read(void *opaque)
{
    struct vcpu *c = opaque;
    const struct accel_callbacks *cb = c->set->params.cb;
    return cb->tpr_read ? cb->tpr_read(cb->opaque, c->index) : (uint8_t)c->emu->st.cr8;
}

static void emu_tpr_write(void *opaque, uint8_t cr8)
{
    struct vcpu *c = opaque;
    const struct accel_callbacks *cb = c->set->params.cb;
    c->emu->st.cr8 = cr8;
    if (cb->tpr_write) {
        cb->tpr_write(cb->opaque, c->index, cr8);
    }
}

static uint64_t emu_tsc(void *opaque)
{
    struct vcpu *c = opaque;
    return c->set->ops->tsc(c->accel);
}

static bool make_emu(struct vcpu *c)
{
    const struct accel_params *p = &c->set->params;
    struct x86_bus bus = {
        .pio_read = emu_pio_read,
        .pio_write = emu_pio_write,
        .mmio_read = emu_mmio_read,
        .mmio_write = emu_mmio_write,
        .msr_read = emu_msr_read,
        .msr_write = emu_msr_write,
        .tpr_read = emu_tpr_read,
        .tpr_write = emu_tpr_write,
        .tsc = emu_tsc,
        .opaque = c,
    };
    if (!c->emu) {
        c->emu = x86_cpu_new(p->pm, &bus, p->model, p->topology, c->index);
    }
    return c->emu != NULL;
}

void vcpu_emulate_free(struct vcpu *c)
{
    x86_cpu_free(c->emu);
    c->emu = NULL;
}

/* *s is the state before and after. The TSC is in it only if the instruction changed it. */
static enum x86_stop emulate(struct vcpu *c, struct x86_state *s)
{
    struct x86_cpu *cpu = c->emu;
    s->groups = X86_GROUP_ALL & ~(unsigned)X86_GROUP_TSC;
    cpu->tsc_offset = 0; /* bus.tsc is the guest's own */
    x86_cpu_set_state(cpu, s);
    enum x86_stop stop = x86_emulate_one(cpu);
    x86_cpu_get_state(cpu, s);
    if (stop == X86_STOP_HLT) {
        s->mp = X86_MP_HALTED;
    } else if (stop == X86_STOP_SHUTDOWN) {
        s->mp = X86_MP_SHUTDOWN;
    }
    if (!cpu->tsc_offset) {
        s->groups &= ~(unsigned)X86_GROUP_TSC;
    }
    c->emulated++;
    return stop;
}

static void set_fail(struct vcpu *c, struct accel_exit *e, const char *what, int ret)
{
    e->kind = ACCEL_EXIT_FAIL;
    e->u.fail.code = ret;
    g_snprintf(e->u.fail.text, sizeof e->u.fail.text, "%s: an instruction in software: %s: %s",
               c->set->ops->name, what, g_strerror(-ret));
}

void vcpu_emulate(struct vcpu *c, struct accel_exit *e)
{
    const struct accel_ops *ops = c->set->ops;
    struct x86_state s;
    memset(&s, 0, sizeof s);
    memset(&e->u, 0, sizeof e->u);
    e->kind = ACCEL_EXIT_KICK;
    c->last.kind = ACCEL_EXIT_KICK; /* nothing to replay */
    int ret = make_emu(c) ? ops->state_get(c->accel, &s, X86_GROUP_ALL) : -ENOMEM;
    if (ret < 0) {
        set_fail(c, e, "no state to begin with", ret);
        return;
    }
    enum x86_stop stop = emulate(c, &s);
    enum x86_mp_state mp = s.mp;
    s.mp = X86_MP_RUNNABLE; /* halting is the loop's affair */
    ret = ops->state_set(c->accel, &s, s.groups);
    if (ret < 0) {
        set_fail(c, e, "its result was not taken", ret);
        s.mp = mp;
        c->moved = g_memdup2(&s, sizeof s); /* the only copy of what it did */
    } else if (stop == X86_STOP_HLT || stop == X86_STOP_SHUTDOWN) {
        e->kind = stop == X86_STOP_HLT ? ACCEL_EXIT_HLT : ACCEL_EXIT_SHUTDOWN;
    }
}

void vcpu_emulate_again(struct vcpu *c, struct x86_state *s)
{
    if (make_emu(c)) {
        uint64_t tsc = s->tsc;
        c->replayed = 0;
        emulate(c, s);
        s->tsc = tsc; /* the move carries it on by host time */
        s->groups = X86_GROUP_ALL;
    }
    c->last.kind = ACCEL_EXIT_KICK;
}
