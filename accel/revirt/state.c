/* SPDX-License-Identifier: MIT */
/*
 * Registers: to and from the host, and out of what a dead host left behind.
 */
#include <errno.h>
#include <string.h>

#include "accel/revirt/blocks.h"
#include "accel/revirt/revirt.h"
#include "accel/revirt/survivor.h"
#include "accel/x86/flags.h"

#define BLOCKS_BYTES 4096
#define LEAVING_MS   500

/* --- a dead host's registers ------------------------------------------------------------------ */

/* The bus of one instruction that the host had begun: its accesses so far were made already. They
 * are one, or a read and the write that followed it. */
struct replay {
    struct accel_vcpu *v;
    bool read, wrote; /* done again */
};

static bool replay_read(struct replay *r, uint64_t *value)
{
    const struct accel_vcpu *v = r->v;
    bool known = !r->read && (v->pair || !v->wrote);
    r->read = true;
    *value = v->pair ? v->pair_value : v->run.value;
    return known;
}

static bool replay_write(struct replay *r)
{
    bool known = !r->wrote && r->v->wrote;
    r->wrote = true;
    return known;
}

static uint32_t replay_pio_read(void *opaque, uint16_t port, unsigned size)
{
    struct replay *r = opaque;
    const struct accel_callbacks *cb = &r->v->vm->cb;
    uint64_t v;
    return replay_read(r, &v) ? (uint32_t)v : cb->pio_read(cb->opaque, port, size);
}

static void replay_pio_write(void *opaque, uint16_t port, uint32_t value, unsigned size)
{
    struct replay *r = opaque;
    const struct accel_callbacks *cb = &r->v->vm->cb;
    if (!replay_write(r)) {
        cb->pio_write(cb->opaque, port, value, size);
    }
}

static uint64_t replay_mmio_read(void *opaque, gpa_t gpa, unsigned size)
{
    struct replay *r = opaque;
    const struct accel_callbacks *cb = &r->v->vm->cb;
    uint64_t v;
    return replay_read(r, &v) ? v : cb->mmio_read(cb->opaque, gpa, size);
}

static void replay_mmio_write(void *opaque, gpa_t gpa, uint64_t value, unsigned size)
{
    struct replay *r = opaque;
    const struct accel_callbacks *cb = &r->v->vm->cb;
    if (!replay_write(r)) {
        cb->mmio_write(cb->opaque, gpa, value, size);
    }
}

static bool replay_msr_read(void *opaque, uint32_t msr, uint64_t *value)
{
    struct replay *r = opaque;
    const struct accel_callbacks *cb = &r->v->vm->cb;
    if (replay_read(r, value)) {
        return !r->v->run.fault;
    }
    return cb->msr_read && cb->msr_read(cb->opaque, r->v->index, msr, value);
}

static bool replay_msr_write(void *opaque, uint32_t msr, uint64_t value)
{
    struct replay *r = opaque;
    const struct accel_callbacks *cb = &r->v->vm->cb;
    return replay_write(r) ? !r->v->run.fault
                           : cb->msr_write && cb->msr_write(cb->opaque, r->v->index, msr, value);
}

static uint64_t replay_tsc(void *opaque)
{
    return revirt_tsc_base(((const struct replay *)opaque)->v->vm);
}

/* What the host owed the guest when it died: the rest of an instruction whose access was made
 * already, so that no port is written twice and no byte of a FIFO is lost; or an interrupt that the
 * interrupt controller has handed over. */
static void finish_run(struct accel_vcpu *v, struct x86_state *s, bool owed, bool inject)
{
    const struct accel_params *p = &v->vm->params;
    struct replay r = { .v = v };
    struct x86_bus bus = { .pio_read = replay_pio_read,
                           .pio_write = replay_pio_write,
                           .mmio_read = replay_mmio_read,
                           .mmio_write = replay_mmio_write,
                           .msr_read = replay_msr_read,
                           .msr_write = replay_msr_write,
                           .tsc = replay_tsc,
                           .opaque = &r };
    struct x86_cpu *cpu = x86_cpu_new(p->pm, &bus, p->model, p->topology, v->index);
    if (!cpu) {
        return;
    }
    s->groups = X86_GROUP_ALL;
    x86_cpu_set_state(cpu, s);
    if (inject) {
        x86_deliver(cpu, X86_EVENT_EXTERNAL, v->run.vector, false, 0);
    } else if (owed) {
        x86_emulate_one(cpu);
    }
    cpu->bus.msr_read = NULL;
    x86_cpu_get_state(cpu, s);
    x86_cpu_free(cpu);
    v->owed = false;
}

static bool survivor_known(const struct accel_vcpu *v)
{
    static const struct survivor_head mine = SURVIVOR_HEAD;
    return v->survivor && memcmp(v->survivor, &mine, SURVIVOR_SAME) == 0;
}

static int get_from_survivor(struct accel_vcpu *v, struct x86_state *s)
{
    if (!survivor_known(v)) {
        return -EPIPE;
    }
    struct replay r = { .v = v };
    struct x86_cpu *copy = aligned_alloc(64, (sizeof *copy + 63) & ~(size_t)63);
    if (!copy) {
        return -ENOMEM;
    }
    /* A host that can still put things in order is about to. */
    for (unsigned turn = 0; turn < LEAVING_MS; turn++) {
        memcpy(copy, v->survivor + SURVIVOR_CPU_OFFSET, sizeof *copy);
        if (copy->jit.where != X86_JIT_AWAY) {
            break;
        }
        os_poll(NULL, 0, NS_PER_MS);
    }
    if (copy->jit.where == X86_JIT_AWAY) {
        free(copy); /* it was killed in translated code, or in the hardware */
        return -EPIPE;
    }
    if (copy->jit.where == X86_JIT_PACKED) {
        x86_flags_unpack(copy);
    }
    memset(&copy->bus, 0, sizeof copy->bus); /* pointers of the dead */
    copy->bus.tsc = replay_tsc;
    copy->bus.opaque = &r;
    x86_cpu_get_state(copy, s);
    free(copy);
    const struct survivor_head *h = (const struct survivor_head *)v->survivor;
    bool owed = v->owed && atomic_load(&h->owed) == v->owed_count;
    bool inject = atomic_load(&h->injected) != v->inject_count;
    if (owed || inject) {
        finish_run(v, s, owed, inject);
        v->inject_count = atomic_load(&h->injected);
    }
    return 0;
}

/* --- the living ------------------------------------------------------------------------------- */

static int get_all_from(struct accel_vcpu *v, struct x86_state *s, uint32_t groups)
{
    uint8_t buf[BLOCKS_BYTES];
    _Static_assert(sizeof buf >= sizeof(struct revirt_gpr) + sizeof(struct revirt_seg) +
                                     sizeof(struct revirt_cr) + sizeof(struct revirt_dr) +
                                     sizeof(struct revirt_fpu) + sizeof(struct revirt_vec) +
                                     sizeof(struct revirt_msrs) + sizeof(struct revirt_events) +
                                     sizeof(struct revirt_mp) + sizeof(struct revirt_tsc),
                   "all blocks fit");
    int n = revirt_call(&v->node, REVIRT_GET, groups, 0, buf, 0, sizeof buf);
    if (n < 0) {
        return n;
    }
    return (size_t)n == revirt_blocks_size(groups) && revirt_blocks_unpack(groups, s, buf)
               ? 0
               : -EPROTO;
}

int revirt_state_get(struct accel_vcpu *v, struct x86_state *s, uint32_t groups)
{
    int r = get_all_from(v, s, groups);
    if (r == -EPIPE) {
        struct x86_state all;
        r = get_from_survivor(v, &all);
        if (r == 0) {
            *s = all; /* more than was asked for does no harm */
        }
    }
    s->version = X86_STATE_VERSION;
    s->groups = groups;
    return r;
}

int revirt_state_set(struct accel_vcpu *v, const struct x86_state *s, uint32_t groups)
{
    uint8_t buf[BLOCKS_BYTES];
    revirt_blocks_pack(groups, s, buf);
    v->ready = false; /* the host says anew at the next exit */
    int r = revirt_call(&v->node, REVIRT_SET, groups, 0, buf, revirt_blocks_size(groups), 0);
    if (r >= 0 && groups & X86_GROUP_TSC) {
        atomic_store(&v->tsc_offset, s->tsc - revirt_tsc_base(v->vm));
    }
    if (r >= 0 && groups & X86_GROUP_CR) {
        v->last.cr8 = s->cr8;
    }
    return r < 0 ? r : 0;
}

void revirt_event(struct accel_vcpu *v, enum accel_event ev, uint8_t vector)
{
    struct x86_state s;
    uint32_t groups =
        ev == ACCEL_EVENT_NMI ? X86_GROUP_EVENTS : X86_GROUP_ALL & ~(uint32_t)X86_GROUP_TSC;
    if (ev == ACCEL_EVENT_SMI || revirt_state_get(v, &s, groups) < 0) {
        return; /* no SMM; a dead host is noticed by the next run */
    }
    switch (ev) {
    case ACCEL_EVENT_NMI: s.ev.nmi_pending = 1; break;
    case ACCEL_EVENT_INIT: x86_state_init(&s, v->index == 0, v->vm->params.model->signature); break;
    default:
        if (s.mp != X86_MP_WAIT_SIPI) {
            return;
        }
        x86_state_sipi(&s, vector);
        break;
    }
    revirt_state_set(v, &s, groups);
}

int revirt_debug_set(struct accel_vcpu *v, bool step, const gva_t *breakpoints, size_t n)
{
    gva_t buf[REVIRT_MAX_BREAKS];
    if (n > ARRAY_LEN(buf)) {
        return -ENOSPC;
    }
    if (n) {
        memcpy(buf, breakpoints, n * sizeof *buf);
    }
    int r = revirt_call(&v->node, REVIRT_DEBUG, step, 0, buf, n * sizeof *buf, 0);
    return r < 0 ? r : 0;
}
