/* SPDX-License-Identifier: MIT */
/*
 * The log of everything that reaches the leading accelerator, and the callbacks that write it or
 * read it. The thread that runs a side holds the machine lock; it is dropped while the machine
 * serves the leader.
 */
#include <string.h>

#include "accel/compare/compare_int.h"
#include "accel/x86/consts.h"
#include "core/loop.h"

static void entry_clear(void *p)
{
    g_free(((struct entry *)p)->data);
}

void log_init(struct accel_vm *vm)
{
    vm->log = g_array_new(FALSE, FALSE, sizeof(struct entry));
    g_array_set_clear_func(vm->log, entry_clear);
}

void log_clear(struct accel_vm *vm)
{
    g_array_set_size(vm->log, 0);
    vm->side[0].at = vm->side[1].at = 0;
}

void log_add(struct accel_vm *vm, const struct entry *e)
{
    g_array_append_val(vm->log, *e);
}

/* --- replaying -------------------------------------------------------------------------------- */

static void apply(struct side *s, const struct entry *e)
{
    switch (e->kind) {
    case ENTRY_IRQ_LINE: compare_line(s, e->value != 0); break;
    case ENTRY_RAM_WRITTEN: mirror_write(s, e->where, e->data, e->n); break;
    case ENTRY_VIEW: mirror_view(s, e->data, e->n); break;
    case ENTRY_A20: physmem_set_a20(s->pm, e->value != 0); break;
    default: break;
    }
}

void log_side_effects(struct side *s)
{
    const GArray *log = s->owner->log;
    while (s->at < log->len) {
        const struct entry *e = &g_array_index(log, struct entry, s->at);
        if (e->kind < ENTRY_IRQ_LINE) {
            return;
        }
        apply(s, e);
        s->at++;
    }
}

static const char *const names[] = {
    "reads port",   "writes port",  "reads memory-mapped I/O at", "writes memory-mapped I/O at",
    "reads MSR",    "writes MSR",   "reads the TPR",              "writes the TPR",
    "acknowledges", "reads the TSC",
};

static void diverge(struct side *s, const struct entry *want, enum entry_kind kind, uint64_t where,
                    uint64_t value)
{
    if (!s->diverged) {
        s->diverged = true;
        g_snprintf(s->what, sizeof s->what,
                   "it %s %#" G_GINT64_MODIFIER "x (%#" G_GINT64_MODIFIER "x), the other %s %#"
                   G_GINT64_MODIFIER "x (%#" G_GINT64_MODIFIER "x)",
                   names[kind], where, value, want ? names[want->kind] : "does nothing of the kind",
                   want ? want->where : 0, want ? want->value : 0);
    }
    s->choice.ops->vcpu_kick(s->vcpu);
}

/* Accelerators differ in when they look at the TPR, and whether RDTSC comes to them. */
static bool optional(enum entry_kind kind)
{
    return kind == ENTRY_TPR_READ || kind == ENTRY_CLOCK;
}

bool log_done(struct side *s)
{
    const GArray *log = s->owner->log;
    while (s->at < log->len && optional(g_array_index(log, struct entry, s->at).kind)) {
        s->at++;
    }
    return s->at == log->len;
}

/* The entry for this access; NULL: the side went another way. write: the value must be the same. */
static const struct entry *next(struct side *s, enum entry_kind kind, uint64_t where, unsigned size,
                                bool write, uint64_t value)
{
    const GArray *log = s->owner->log;
    const struct entry *e;
    do {
        log_side_effects(s);
        e = s->at < log->len ? &g_array_index(log, struct entry, s->at) : NULL;
    } while (e && optional(e->kind) && e->kind != kind && ++s->at);
    if (optional(kind) && (!e || e->kind != kind)) {
        return NULL;
    }
    if (s->diverged || !e || e->kind != kind || e->where != where || e->size != size ||
        (write && e->value != value)) {
        diverge(s, e, kind, where, value);
        return NULL;
    }
    s->at++;
    return e;
}

/* --- asking the machine ----------------------------------------------------------------------- */

/* What enter wants back. */
static bool leave(struct side *s)
{
    bool was = s->running;
    s->running = false;
    machine_unlock();
    return was;
}

static void enter(struct side *s, bool was)
{
    machine_lock();
    s->running = was;
}

/* --- callbacks -------------------------------------------------------------------------------- */

#define REAL(s) ((s)->owner->params.cb)

static uint64_t data_read(struct side *s, enum entry_kind kind, uint64_t where, unsigned size)
{
    if (s->replays) {
        const struct entry *e = next(s, kind, where, size, false, 0);
        return e ? e->value : 0;
    }
    const struct accel_callbacks *cb = REAL(s);
    bool was = leave(s);
    uint64_t v = kind == ENTRY_PIO_READ ? cb->pio_read(cb->opaque, (uint16_t)where, size)
                                        : cb->mmio_read(cb->opaque, where, size);
    enter(s, was);
    log_add(s->owner, &(struct entry){ .kind = kind, .where = where, .size = (uint8_t)size,
                                       .value = v });
    return v;
}

static void data_write(struct side *s, enum entry_kind kind, uint64_t where, uint64_t value,
                       unsigned size)
{
    if (s->replays) {
        next(s, kind, where, size, true, value);
        /* What the write brought about comes with it. */
        log_side_effects(s);
        return;
    }
    const struct accel_callbacks *cb = REAL(s);
    log_add(s->owner, &(struct entry){ .kind = kind, .where = where, .size = (uint8_t)size,
                                       .value = value });
    bool was = leave(s);
    if (kind == ENTRY_PIO_WRITE) {
        cb->pio_write(cb->opaque, (uint16_t)where, (uint32_t)value, size);
    } else {
        cb->mmio_write(cb->opaque, where, value, size);
    }
    enter(s, was);
}

static uint32_t pio_read(void *opaque, uint16_t port, unsigned size)
{
    return (uint32_t)data_read(opaque, ENTRY_PIO_READ, port, size);
}

static void pio_write(void *opaque, uint16_t port, uint32_t value, unsigned size)
{
    data_write(opaque, ENTRY_PIO_WRITE, port, value, size);
}

static uint64_t mmio_read(void *opaque, gpa_t gpa, unsigned size)
{
    return data_read(opaque, ENTRY_MMIO_READ, gpa, size);
}

static void mmio_write(void *opaque, gpa_t gpa, uint64_t value, unsigned size)
{
    data_write(opaque, ENTRY_MMIO_WRITE, gpa, value, size);
}

/* IA32_APIC_BASE is also read when a software processor's state is taken, by one side and not by
 * the other; that it is read changes nothing. True: this read is such a one. */
static bool looks_at_apic_base(struct side *s, uint32_t msr)
{
    const GArray *log = s->owner->log;
    if (msr != X86_MSR_APIC_BASE) {
        return false;
    }
    if (!s->replays) {
        return !s->running;
    }
    log_side_effects(s);
    const struct entry *e = s->at < log->len ? &g_array_index(log, struct entry, s->at) : NULL;
    return !e || e->kind != ENTRY_MSR_READ || e->where != msr;
}

static bool msr_read(void *opaque, unsigned vcpu, uint32_t msr, uint64_t *value)
{
    struct side *s = opaque;
    if (looks_at_apic_base(s, msr)) {
        bool was = leave(s);
        bool ok = REAL(s)->msr_read(REAL(s)->opaque, vcpu, msr, value);
        enter(s, was);
        return ok;
    }
    if (s->replays) {
        const struct entry *e = next(s, ENTRY_MSR_READ, msr, 8, false, 0);
        *value = e ? e->value : 0;
        return e && e->ok;
    }
    bool was = leave(s);
    bool ok = REAL(s)->msr_read(REAL(s)->opaque, vcpu, msr, value);
    enter(s, was);
    log_add(s->owner, &(struct entry){ .kind = ENTRY_MSR_READ, .where = msr, .size = 8, .ok = ok,
                                       .value = ok ? *value : 0 });
    return ok;
}

static bool msr_write(void *opaque, unsigned vcpu, uint32_t msr, uint64_t value)
{
    struct side *s = opaque;
    if (s->replays) {
        const struct entry *e = next(s, ENTRY_MSR_WRITE, msr, 8, true, value);
        bool ok = e && e->ok;
        log_side_effects(s);
        return ok;
    }
    guint at = s->owner->log->len;
    log_add(s->owner, &(struct entry){ .kind = ENTRY_MSR_WRITE, .where = msr, .size = 8,
                                       .value = value });
    bool was = leave(s);
    bool ok = REAL(s)->msr_write(REAL(s)->opaque, vcpu, msr, value);
    enter(s, was);
    g_array_index(s->owner->log, struct entry, at).ok = ok;
    return ok;
}

static uint8_t tpr_read(void *opaque, unsigned vcpu)
{
    struct side *s = opaque;
    if (s->replays) {
        const struct entry *e = next(s, ENTRY_TPR_READ, 0, 1, false, 0);
        s->tpr = e ? (uint8_t)e->value : s->tpr;
        return s->tpr;
    }
    bool was = leave(s);
    uint8_t v = REAL(s)->tpr_read(REAL(s)->opaque, vcpu);
    enter(s, was);
    log_add(s->owner, &(struct entry){ .kind = ENTRY_TPR_READ, .size = 1, .value = v });
    return v;
}

static void tpr_write(void *opaque, unsigned vcpu, uint8_t cr8)
{
    struct side *s = opaque;
    if (s->replays) {
        s->tpr = cr8;
        next(s, ENTRY_TPR_WRITE, 0, 1, true, cr8);
        log_side_effects(s);
        return;
    }
    log_add(s->owner, &(struct entry){ .kind = ENTRY_TPR_WRITE, .size = 1, .value = cr8 });
    bool was = leave(s);
    REAL(s)->tpr_write(REAL(s)->opaque, vcpu, cr8);
    enter(s, was);
}

static int irq_ack(void *opaque, unsigned vcpu)
{
    struct side *s = opaque;
    if (s->replays) {
        const struct entry *e = next(s, ENTRY_ACK, 0, 1, false, 0);
        int v = e ? (int)e->value - 1 : -1;
        log_side_effects(s);
        return v;
    }
    guint at = s->owner->log->len;
    log_add(s->owner, &(struct entry){ .kind = ENTRY_ACK, .size = 1 });
    bool was = leave(s);
    int v = REAL(s)->irq_ack(REAL(s)->opaque, vcpu);
    enter(s, was);
    g_array_index(s->owner->log, struct entry, at).value = (uint64_t)(v + 1);
    return v;
}

static void eoi(void *opaque, unsigned vcpu, uint8_t vector)
{
    struct side *s = opaque;
    if (!s->replays && REAL(s)->eoi) {
        bool was = leave(s);
        REAL(s)->eoi(REAL(s)->opaque, vcpu, vector);
        enter(s, was);
    }
}

/* Asked by the guest's RDTSC inside a run, and by anybody outside one. */
static int64_t clock_ns(void *opaque)
{
    struct side *s = opaque;
    struct accel_vm *vm = s->owner;
    if (vm->frozen_ns) {
        return vm->frozen_ns;
    }
    if (!s->running) {
        return REAL(s)->clock_ns ? REAL(s)->clock_ns(REAL(s)->opaque) : 0;
    }
    if (s->replays) {
        const struct entry *e = next(s, ENTRY_CLOCK, 0, 8, false, 0);
        return e ? (int64_t)e->value : 0;
    }
    int64_t ns = REAL(s)->clock_ns ? REAL(s)->clock_ns(REAL(s)->opaque) : 0;
    log_add(vm, &(struct entry){ .kind = ENTRY_CLOCK, .size = 8, .value = (uint64_t)ns });
    return ns;
}

struct accel_callbacks log_callbacks(struct side *s)
{
    const struct accel_callbacks *cb = REAL(s);
    return (struct accel_callbacks){
        .pio_read = pio_read,
        .pio_write = pio_write,
        .mmio_read = mmio_read,
        .mmio_write = mmio_write,
        .msr_read = cb->msr_read ? msr_read : NULL,
        .msr_write = cb->msr_write ? msr_write : NULL,
        .tpr_read = cb->tpr_read ? tpr_read : NULL,
        .tpr_write = cb->tpr_write ? tpr_write : NULL,
        .irq_ack = cb->irq_ack ? irq_ack : NULL,
        .eoi = eoi,
        .clock_ns = clock_ns,
        .opaque = s,
    };
}
