/* SPDX-License-Identifier: MIT */
/*
 * A virtual processor: RUN, its exits, interrupts and kicks.
 *
 * Ports, MSRs, CPUID and decoded memory accesses are served here between two RUNs; the run loop
 * sees what is left. Nothing is owed to the host when vcpu_run returns.
 */
#include <errno.h>
#include <string.h>

#include "accel/api/exit_ring.h"
#include "accel/revirt/revirt.h"
#include "accel/revirt/survivor.h"

/* --- interrupts ------------------------------------------------------------------------------- */

void revirt_irq_line(struct accel_vcpu *v, bool level)
{
    atomic_store(&v->irq, level);
    if (level && atomic_load(&v->running)) {
        revirt_vcpu_kick(v);
    }
}

void revirt_vcpu_kick(struct accel_vcpu *v)
{
    struct os_event e = { .rfd = -1, .wfd = v->kick_fd };
    os_event_signal(&e);
}

/* What this RUN is to do about INTR. */
static void prepare_interrupt(struct accel_vcpu *v)
{
    const struct accel_callbacks *cb = &v->vm->cb;
    v->run.flags = 0;
    if (atomic_load(&v->irq) && v->ready && cb->irq_ack) {
        int vector = cb->irq_ack(cb->opaque, v->index);
        if (vector >= 0) {
            v->run.flags = REVIRT_RUN_INJECT;
            v->run.vector = (uint32_t)vector;
            v->inject_count++;
        }
    }
    if (atomic_load(&v->irq)) {
        v->run.flags |= REVIRT_RUN_WINDOW;
    }
    v->run.cr8 = cb->tpr_read ? cb->tpr_read(cb->opaque, v->index) : v->last.cr8;
}

/* --- exits that are served here --------------------------------------------------------------- */

static void serve_pio(struct accel_vcpu *v)
{
    const struct accel_callbacks *cb = &v->vm->cb;
    uint16_t port = v->last.u.pio.port;
    unsigned size = v->last.u.pio.size;
    if (v->last.u.pio.write) {
        cb->pio_write(cb->opaque, port, (uint32_t)v->last.u.pio.value, size);
    } else {
        v->run.value = cb->pio_read(cb->opaque, port, size);
    }
}

static void serve_mmio(struct accel_vcpu *v)
{
    const struct accel_callbacks *cb = &v->vm->cb;
    gpa_t gpa = v->last.u.mmio.gpa;
    unsigned size = v->last.u.mmio.size;
    if (v->last.u.mmio.write) {
        cb->mmio_write(cb->opaque, gpa, v->last.u.mmio.value, size);
    } else {
        v->run.value = cb->mmio_read(cb->opaque, gpa, size);
    }
}

static void serve_msr(struct accel_vcpu *v)
{
    const struct accel_callbacks *cb = &v->vm->cb;
    uint32_t msr = v->last.u.msr.index;
    bool ok;
    if (v->last.u.msr.write) {
        ok = cb->msr_write && cb->msr_write(cb->opaque, v->index, msr, v->last.u.msr.value);
    } else {
        ok = cb->msr_read && cb->msr_read(cb->opaque, v->index, msr, &v->run.value);
    }
    v->run.fault = !ok;
}

/* A host is another program: sizes that no access has are its error, not ours. */
static bool sane(const struct revirt_exit *x)
{
    uint32_t s;
    switch (x->kind) {
    case REVIRT_EXIT_PIO: s = x->u.pio.size; return s == 1 || s == 2 || s == 4;
    case REVIRT_EXIT_MMIO: s = x->u.mmio.size; return s == 1 || s == 2 || s == 4 || s == 8;
    case REVIRT_EXIT_EMULATE: return x->u.emulate.nbytes <= 15;
    default: return x->kind >= REVIRT_EXIT_PIO && x->kind <= REVIRT_EXIT_TPR;
    }
}

/* For finish_run: an instruction that reads and then writes makes two exits. */
static void note_access(struct accel_vcpu *v)
{
    const struct revirt_exit *x = &v->last;
    bool read_before = v->read_rip == x->rip && v->read_value_known;
    v->wrote = (x->kind == REVIRT_EXIT_PIO && x->u.pio.write) ||
               (x->kind == REVIRT_EXIT_MMIO && x->u.mmio.write) ||
               (x->kind == REVIRT_EXIT_MSR && x->u.msr.write);
    v->pair = v->wrote && read_before;
    v->pair_value = v->run.value;
    v->read_rip = x->rip;
    v->read_value_known =
        !v->wrote && (x->kind == REVIRT_EXIT_PIO || x->kind == REVIRT_EXIT_MMIO);
}

void revirt_exit_log(struct accel_vcpu *v, struct accel_exit_ring *ring)
{
    v->ring = ring;
}

static void note_exit(struct accel_vcpu *v)
{
    const struct revirt_exit *x = &v->last;
    if (!v->ring) {
        return;
    }
    switch (x->kind) {
    case REVIRT_EXIT_PIO:
        accel_exit_ring_note(v->ring, ACCEL_EXIT_PIO, x->rip, x->u.pio.port, x->u.pio.size,
                             x->u.pio.write);
        break;
    case REVIRT_EXIT_MMIO:
        accel_exit_ring_note(v->ring, ACCEL_EXIT_MMIO, x->rip, x->u.mmio.gpa, x->u.mmio.size,
                             x->u.mmio.write);
        break;
    case REVIRT_EXIT_MSR:
        accel_exit_ring_note(v->ring, ACCEL_EXIT_MSR, x->rip, x->u.msr.index, 8, x->u.msr.write);
        break;
    case REVIRT_EXIT_CPUID:
        accel_exit_ring_note(v->ring, ACCEL_EXIT_CPUID, x->rip, x->u.cpuid.leaf, 4, false);
        break;
    default: break;
    }
}

/* True: served, run again. */
static bool serve(struct accel_vcpu *v)
{
    note_access(v);
    note_exit(v);
    v->run.value = 0;
    v->run.fault = 0;
    switch (v->last.kind) {
    case REVIRT_EXIT_PIO: serve_pio(v); return true;
    case REVIRT_EXIT_MMIO: serve_mmio(v); return true;
    case REVIRT_EXIT_MSR: serve_msr(v); return true;
    case REVIRT_EXIT_CPUID: revirt_cpuid_answer(v); return true;
    case REVIRT_EXIT_WINDOW:
    case REVIRT_EXIT_TPR: return true;
    default: return false;
    }
}

/* --- run -------------------------------------------------------------------------------------- */

/* One RUN. 0 or -errno; v->last is the exit. */
static int run_once(struct accel_vcpu *v)
{
    const struct accel_callbacks *cb = &v->vm->cb;
    union {
        struct revirt_run run;
        struct revirt_exit exit;
    } buf;
    prepare_interrupt(v);
    uint64_t cr8 = v->run.cr8;
    buf.run = v->run;
    int r = revirt_call(&v->node, REVIRT_RUN, 0, 0, &buf, sizeof buf.run, sizeof buf.exit);
    if (r < 0) {
        return r;
    }
    if (r != (int)sizeof buf.exit || !sane(&buf.exit)) {
        return -EPROTO;
    }
    v->last = buf.exit;
    v->ready = v->last.flags & REVIRT_EXIT_READY;
    v->owed = v->last.flags & REVIRT_EXIT_OWED;
    v->owed_count += v->owed;
    atomic_store(&v->tsc_offset, v->last.tsc_offset);
    if (v->last.cr8 != cr8 && cb->tpr_write) {
        cb->tpr_write(cb->opaque, v->index, (uint8_t)v->last.cr8);
    }
    return 0;
}

static void give(struct accel_vcpu *v, struct accel_exit *e)
{
    const struct revirt_exit *x = &v->last;
    memset(e, 0, sizeof *e);
    e->rip = x->rip;
    switch (x->kind) {
    case REVIRT_EXIT_EMULATE:
        e->kind = ACCEL_EXIT_EMULATE;
        e->u.emulate.gpa = x->u.emulate.gpa;
        e->u.emulate.write = x->u.emulate.write;
        e->u.emulate.nbytes = x->u.emulate.nbytes;
        memcpy(e->u.emulate.bytes, x->u.emulate.bytes, sizeof e->u.emulate.bytes);
        return;
    case REVIRT_EXIT_HLT: e->kind = ACCEL_EXIT_HLT; return;
    case REVIRT_EXIT_SHUTDOWN: e->kind = ACCEL_EXIT_SHUTDOWN; return;
    case REVIRT_EXIT_DEBUG:
        e->kind = ACCEL_EXIT_DEBUG;
        e->u.debug.dr6 = x->u.debug.dr6;
        e->u.debug.breakpoint = x->u.debug.breakpoint;
        return;
    case REVIRT_EXIT_FAIL:
        e->kind = ACCEL_EXIT_FAIL;
        e->u.fail.code = x->u.fail.code;
        g_strlcpy(e->u.fail.text, x->u.fail.text, sizeof e->u.fail.text);
        return;
    default: e->kind = ACCEL_EXIT_KICK; return;
    }
}

int revirt_vcpu_run(struct accel_vcpu *v, struct accel_exit *e)
{
    int r = revirt_mem_start(v->vm);
    atomic_store(&v->running, true);
    do {
        r = r < 0 ? r : run_once(v);
    } while (r == 0 && serve(v));
    atomic_store(&v->running, false);
    if (r == 0) {
        give(v, e);
    }
    return r;
}

uint64_t revirt_tsc_base(const struct accel_vm *vm)
{
    return muldiv_u64((uint64_t)os_clock_ns(), vm->info.tsc_khz, 1000000);
}

uint64_t revirt_tsc(struct accel_vcpu *v)
{
    return revirt_tsc_base(v->vm) + atomic_load(&v->tsc_offset);
}

/* --- life ------------------------------------------------------------------------------------- */

static int send_msr_exits(struct accel_vcpu *v)
{
    struct revirt_msr_range r[] = {
        { X86_MSR_APIC_BASE, 1 },
        { X86_MSR_TSC_DEADLINE, 1 },
        { X86_MSR_X2APIC_BASE, 0x100 },
    };
    return revirt_call(&v->node, REVIRT_MSR_EXITS, 0, 0, r, sizeof r, 0);
}

/* Without it a host that dies takes the registers along; everything else works. */
static void map_survivor(struct accel_vcpu *v)
{
    size_t size = (SURVIVOR_CPU_OFFSET + sizeof(struct x86_cpu) + 4095) & ~(size_t)4095;
    int fd = v->vm->info.features & REVIRT_F_SURVIVES ? revirt_fd(&v->node, "survivor") : -1;
    if (fd >= 0 && os_file_size(fd) == (int64_t)size) {
        v->survivor = os_share_map(fd, 0, size, false, NULL);
        v->survivor_size = size;
    }
    os_close(fd);
}

int revirt_vcpu_create(struct accel_vm *vm, unsigned index, struct accel_vcpu **out)
{
    struct accel_vcpu *v = g_new0(struct accel_vcpu, 1);
    char path[24];
    *out = NULL;
    g_snprintf(path, sizeof path, "vcpu/%u", index);
    v->vm = vm;
    v->index = index;
    v->kick_fd = -1;
    int r = revirt_openat(&vm->node, path, &v->node);
    if (r < 0) {
        g_free(v);
        return r;
    }
    r = v->kick_fd = revirt_fd(&v->node, "kick");
    r = r < 0 ? r : revirt_cpuid_send(v);
    r = r < 0 ? r : send_msr_exits(v);
    if (r < 0) {
        revirt_vcpu_destroy(v);
        return r;
    }
    map_survivor(v);
    *out = v;
    return 0;
}

void revirt_vcpu_destroy(struct accel_vcpu *v)
{
    if (v) {
        revirt_close(&v->node);
        os_close(v->kick_fd);
        os_share_unmap(v->survivor, v->survivor_size);
        g_free(v);
    }
}
