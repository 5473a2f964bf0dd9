/* SPDX-License-Identifier: MIT */
/*
 * Memory slots that follow physmem: RAM and ROM in whole pages, everything else is left to MMIO
 * exits. KVM has no A20 gate: while it is closed, odd mebibytes show the even ones below them.
 *
 * A slot that changes is taken out and put in again; a guest that ran meanwhile would find a hole
 * (even its page tables), so nobody runs while slots change (kvm_gate_close).
 */
#include <errno.h>
#include <string.h>

#include "accel/kvm/kvm_int.h"
#include "core/device.h"
#include "core/log.h"
#include "os/os.h"

#define PAGE       4096u
#define A20_BIT    (1ull << 20)
#define SYNC_EVERY (2 * NS_PER_MS) /* a reader asks page by page, thousands of times a frame */

gpa_t kvm_a20(struct accel_vm *vm, gpa_t gpa)
{
    return physmem_a20(vm->params.pm) ? gpa : gpa & ~(gpa_t)A20_BIT;
}

static bool same(const struct kvm_slot *a, const struct kvm_slot *b)
{
    return a->gpa == b->gpa && a->size == b->size && a->host == b->host && a->flags == b->flags &&
           a->region == b->region && a->region_off == b->region_off;
}

static void add_slot(GArray *want, const struct mem_section *s, gpa_t from, gpa_t to, gpa_t at)
{
    bool log = mem_region_tracks_dirty(s->region) && s->kind == MEM_RAM;
    struct kvm_slot slot = {
        .gpa = at,
        .size = to - from,
        .host = s->host + (from - s->gpa),
        .flags =
            (s->kind == MEM_ROM ? KVM_MEM_READONLY : 0u) | (log ? KVM_MEM_LOG_DIRTY_PAGES : 0u),
        .region = s->region,
        .region_off = s->region_off + (from - s->gpa),
    };
    g_array_append_val(want, slot);
}

/* The whole pages of a section; with A20 closed its even mebibytes, each at two addresses. */
static void add_section(GArray *want, const struct mem_section *s, bool a20)
{
    gpa_t from = (s->gpa + PAGE - 1) & ~(gpa_t)(PAGE - 1);
    gpa_t end = (s->gpa + s->size) & ~(gpa_t)(PAGE - 1);
    if (((uintptr_t)(s->host + (from - s->gpa)) & (PAGE - 1)) || from >= end) {
        return; /* such memory is served access by access */
    }
    if (a20) {
        add_slot(want, s, from, end, from);
        return;
    }
    while (from < end) {
        gpa_t to = MIN(end, (from | (A20_BIT - 1)) + 1);
        if (!(from & A20_BIT)) {
            add_slot(want, s, from, to, from);
            add_slot(want, s, from, to, from | A20_BIT);
        }
        from = to;
    }
}

static int tell(struct accel_vm *vm, const struct kvm_slot *s, bool present)
{
    struct kvm_userspace_memory_region r = {
        .slot = s->id,
        .flags = s->flags,
        .guest_phys_addr = s->gpa,
        .memory_size = present ? s->size : 0,
        .userspace_addr = (uintptr_t)s->host,
    };
    return kvm_ioctl(vm->fd, KVM_SET_USER_MEMORY_REGION, &r);
}

static void fetch_dirty(struct accel_vm *vm, const struct kvm_slot *s)
{
    if (!mem_region_tracks_dirty(s->region)) {
        return;
    }
    if (!(s->flags & KVM_MEM_LOG_DIRTY_PAGES)) { /* tracking began after the slot was made */
        mem_region_set_dirty(s->region, s->region_off, s->size);
        return;
    }
    size_t pages = (size_t)(s->size / PAGE), words = (pages + 63) / 64;
    uint64_t *bits = g_try_new0(uint64_t, words);
    struct kvm_dirty_log log = { .slot = s->id, .dirty_bitmap = bits };
    if (!bits || kvm_ioctl(vm->fd, KVM_GET_DIRTY_LOG, &log) < 0) {
        mem_region_set_dirty(s->region, s->region_off, s->size); /* nobody knows: all */
        g_free(bits);
        return;
    }
    for (size_t w = 0; w < words; w++) {
        for (uint64_t b = bits[w]; b; b &= b - 1) {
            size_t page = w * 64 + (size_t)__builtin_ctzll(b);
            mem_region_set_dirty(s->region, s->region_off + (uint64_t)page * PAGE, PAGE);
        }
    }
    g_free(bits);
}

/* Dirty bits are about to be read. */
static void dirty_sync(void *opaque)
{
    struct accel_vm *vm = opaque;
    int64_t now = os_clock_ns();
    g_mutex_lock(&vm->dirty_lock);
    if (vm->params.exact_dirty || now - vm->dirty_ns >= SYNC_EVERY) {
        vm->dirty_ns = now;
        for (guint i = 0; i < vm->slots->len; i++) {
            const struct kvm_slot *s = &g_array_index(vm->slots, struct kvm_slot, i);
            fetch_dirty(vm, s);
        }
    }
    g_mutex_unlock(&vm->dirty_lock);
}

static bool wanted(const GArray *want, const struct kvm_slot *s)
{
    for (guint i = 0; i < want->len; i++) {
        if (same(&g_array_index(want, struct kvm_slot, i), s)) {
            return true;
        }
    }
    return false;
}

static uint32_t take_id(struct accel_vm *vm)
{
    if (vm->free_ids->len) {
        uint32_t id = g_array_index(vm->free_ids, uint32_t, vm->free_ids->len - 1);
        g_array_set_size(vm->free_ids, vm->free_ids->len - 1);
        return id;
    }
    return vm->next_slot++;
}

/* Removes what is wanted no more, then adds: KVM refuses slots that overlap. */
static int replace(struct accel_vm *vm, const GArray *want)
{
    int ret = 0;
    GArray *old = vm->slots;
    GArray *now = g_array_new(FALSE, FALSE, sizeof(struct kvm_slot));
    for (guint i = 0; i < old->len; i++) {
        struct kvm_slot *s = &g_array_index(old, struct kvm_slot, i);
        if (wanted(want, s)) {
            g_array_append_val(now, *s);
            continue;
        }
        fetch_dirty(vm, s);
        int r = tell(vm, s, false);
        ret = r < 0 ? r : ret;
        g_array_append_val(vm->free_ids, s->id);
    }
    for (guint i = 0; i < want->len; i++) {
        struct kvm_slot s = g_array_index(want, struct kvm_slot, i);
        if (wanted(old, &s)) {
            continue;
        }
        s.id = take_id(vm);
        int r = tell(vm, &s, true);
        ret = r < 0 ? r : ret;
        g_array_append_val(now, s);
    }
    vm->slots = now;
    g_array_free(old, TRUE);
    return ret;
}

static bool unchanged(const struct accel_vm *vm, const GArray *want)
{
    if (vm->slots->len != want->len) {
        return false;
    }
    for (guint i = 0; i < want->len; i++) {
        if (!wanted(vm->slots, &g_array_index(want, struct kvm_slot, i))) {
            return false;
        }
    }
    return true;
}

static void set_slots(struct accel_vm *vm)
{
    GArray *want = g_array_new(FALSE, FALSE, sizeof(struct kvm_slot));
    for (guint i = 0; i < vm->view->len; i++) {
        const struct mem_section *s = &g_array_index(vm->view, struct mem_section, i);
        if (s->kind != MEM_IO) {
            add_section(want, s, physmem_a20(vm->params.pm));
        }
    }
    if (!unchanged(vm, want)) {
        kvm_gate_close(vm);
        g_mutex_lock(&vm->dirty_lock);
        int ret = replace(vm, want);
        g_mutex_unlock(&vm->dirty_lock);
        if (ret < 0) {
            atomic_store(&vm->run_error, ret); /* the next run says so */
        }
        kvm_gate_open(vm);
    }
    g_array_free(want, TRUE);
}

static void view_changed(void *opaque, const struct mem_section *view, size_t n)
{
    struct accel_vm *vm = opaque;
    g_array_set_size(vm->view, 0);
    g_array_append_vals(vm->view, view, (guint)n);
    set_slots(vm);
}

static void a20_changed(void *opaque, bool open)
{
    (void)open;
    set_slots(opaque);
}

int kvm_mem_init(struct accel_vm *vm, GError **err)
{
    vm->slots = g_array_new(FALSE, FALSE, sizeof(struct kvm_slot));
    vm->free_ids = g_array_new(FALSE, FALSE, sizeof(uint32_t));
    vm->view = g_array_new(FALSE, FALSE, sizeof(struct mem_section));
    g_mutex_init(&vm->dirty_lock);
    vm->listener = (struct physmem_listener){
        .view_changed = view_changed,
        .a20_changed = a20_changed,
        .dirty_sync = dirty_sync,
        .opaque = vm,
    };
    physmem_add_listener(vm->params.pm, &vm->listener);
    int ret = atomic_load(&vm->run_error);
    if (ret < 0) {
        g_set_error(err, EMU_ERROR, EMU_ERROR_HOST,
                    "kvm: memory is not taken (KVM_SET_USER_MEMORY_REGION): %s", g_strerror(-ret));
    }
    return ret >= 0;
}

void kvm_mem_free(struct accel_vm *vm)
{
    if (!vm->slots) {
        return;
    }
    physmem_remove_listener(vm->params.pm, &vm->listener);
    for (guint i = 0; i < vm->slots->len; i++) {
        const struct kvm_slot *s = &g_array_index(vm->slots, struct kvm_slot, i);
        fetch_dirty(vm, s); /* the next accelerator begins with what is known */
    }
    g_array_free(vm->slots, TRUE);
    g_array_free(vm->free_ids, TRUE);
    g_array_free(vm->view, TRUE);
    g_mutex_clear(&vm->dirty_lock);
}
