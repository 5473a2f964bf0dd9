/* SPDX-License-Identifier: MIT */
/*
 * Memory. The machine's RAM lies in the window where the guest has it. Memory of devices (VGA) is
 * moved into the upper half of the window page by page under its owner's feet, ROMs are copied
 * there. What cannot be shown (odd sizes) stays a hole: each access then exits, slow but right.
 *
 * Locks: the machine lock guards aux; map_lock what vCPU threads look at as well.
 */
#include <errno.h>
#include <string.h>

#include "accel/revirt/revirt.h"
#include "core/log.h"

#define SYNC_NS 5000000 /* dirty bits are fetched at most this often */
#define MIB1    0x100000ull

struct revirt_aux {
    const uint8_t *host;
    uint64_t size, off;
    bool shared; /* host itself lies in the window now; otherwise a copy does */
};

static void resend(struct accel_vm *vm);

void *revirt_ram_alloc(struct accel_vm *vm, gpa_t gpa, uint64_t size)
{
    if (size > REVIRT_AUX_BASE || gpa > REVIRT_AUX_BASE - size) {
        return NULL;
    }
    vm->keeps_window = true;
    return vm->window + gpa;
}

/* --- memory from elsewhere ------------------------------------------------------------------- */

static struct revirt_aux *aux_find(struct accel_vm *vm, const uint8_t *host, uint64_t size)
{
    for (guint i = 0; i < vm->aux->len; i++) {
        struct revirt_aux *a = &g_array_index(vm->aux, struct revirt_aux, i);
        if (host >= a->host && size <= a->size && (uint64_t)(host - a->host) <= a->size - size) {
            return a;
        }
    }
    return NULL;
}

static uint64_t pages(uint64_t size)
{
    return (size + REVIRT_PAGE - 1) & ~(uint64_t)(REVIRT_PAGE - 1);
}

/* Moves [host, host + size) into the window; the address stays. */
static bool share_in_place(struct accel_vm *vm, uint8_t *host, uint64_t size, uint64_t off)
{
    int fd = vm->node.socket ? revirt_fd(&vm->node, "memory") : vm->node.fd;
    if (fd < 0) {
        return false;
    }
    memcpy(vm->window + off, host, size);
    void *p = os_share_map(fd, off, (size_t)size, true, host);
    if (vm->node.socket) {
        os_close(fd);
    }
    return p != NULL;
}

static struct revirt_aux *aux_add(struct accel_vm *vm, uint8_t *host, uint64_t size, bool share)
{
    struct revirt_aux a = { host, size, vm->aux_next, share };
    if (pages(size) > REVIRT_WINDOW_SIZE - vm->aux_next) {
        return NULL;
    }
    if (share ? !share_in_place(vm, host, size, a.off) : false) {
        return NULL;
    }
    vm->aux_next += pages(size);
    /* Smaller pieces of the same memory have moved along. */
    for (guint i = vm->aux->len; i-- > 0;) {
        const struct revirt_aux *o = &g_array_index(vm->aux, struct revirt_aux, i);
        if (o->host < host + size && host < o->host + o->size) {
            g_array_remove_index(vm->aux, i);
        }
    }
    g_array_append_val(vm->aux, a);
    return &g_array_index(vm->aux, struct revirt_aux, vm->aux->len - 1);
}

/* Where in the window a section's first byte is; false: nowhere. */
static bool section_offset(struct accel_vm *vm, const struct mem_section *s, uint64_t *off)
{
    if (s->host >= vm->window && s->host < vm->window + REVIRT_WINDOW_SIZE) {
        *off = (uint64_t)(s->host - vm->window);
        return true;
    }
    uint8_t *base = s->host - s->region_off;
    uint64_t whole = mem_region_size(s->region);
    uint64_t size = MAX(whole, s->region_off + s->size);
    bool share = s->kind == MEM_RAM;
    if (share && (((uintptr_t)base | size) % REVIRT_PAGE || size > GIB(1))) {
        return false;
    }
    struct revirt_aux *a = aux_find(vm, s->host, s->size);
    if (!a || (share && !a->shared)) {
        a = aux_add(vm, base, size, share);
    }
    if (!a) {
        return false;
    }
    *off = a->off + (uint64_t)(s->host - a->host);
    if (!a->shared && memcmp(vm->window + *off, s->host, s->size) != 0) {
        memcpy(vm->window + *off, s->host, s->size);
    }
    return true;
}

/* --- the map ---------------------------------------------------------------------------------- */

static void add_map(GArray *maps, const struct revirt_map *m)
{
    if (maps->len < REVIRT_MAX_MAPS && m->size) {
        g_array_append_val(maps, *m);
    }
}

static void add_section(struct accel_vm *vm, GArray *maps, const struct mem_section *s)
{
    uint64_t off;
    gpa_t from = pages(s->gpa), to = (s->gpa + s->size) & ~(uint64_t)(REVIRT_PAGE - 1);
    if (s->kind == MEM_IO || from >= to || !section_offset(vm, s, &off)) {
        return;
    }
    off += from - s->gpa;
    if (off % REVIRT_PAGE) {
        return;
    }
    uint32_t flags = s->kind == MEM_RAM ? REVIRT_MAP_WRITE : 0;
    if (flags && mem_region_tracks_dirty(s->region)) {
        flags |= REVIRT_MAP_LOG;
    }
    add_map(maps, &(struct revirt_map){ from, to - from, off, flags, 0 });
}

/* A20 closed: the second MiB shows what the first one has. */
static GArray *fold_a20(GArray *maps)
{
    GArray *out = g_array_new(FALSE, FALSE, sizeof(struct revirt_map)), *high;
    high = g_array_new(FALSE, FALSE, sizeof(struct revirt_map));
    for (guint i = 0; i < maps->len; i++) {
        struct revirt_map m = g_array_index(maps, struct revirt_map, i);
        if (m.gpa < MIB1) {
            struct revirt_map low = m;
            low.size = MIN(m.size, MIB1 - m.gpa);
            add_map(out, &low);
            low.gpa += MIB1;
            g_array_append_val(high, low);
        }
        if (m.gpa + m.size > 2 * MIB1) {
            uint64_t cut = m.gpa < 2 * MIB1 ? 2 * MIB1 - m.gpa : 0;
            struct revirt_map rest = { m.gpa + cut, m.size - cut, m.offset + cut, m.flags, 0 };
            g_array_append_val(high, rest);
        }
    }
    for (guint i = 0; i < high->len; i++) {
        add_map(out, &g_array_index(high, struct revirt_map, i));
    }
    g_array_free(high, TRUE);
    g_array_free(maps, TRUE);
    return out;
}

/* map_lock held. */
static int send_map(struct accel_vm *vm)
{
    struct revirt_map *buf = g_memdup2(vm->maps->data, MAX(vm->maps->len, 1) * sizeof *buf);
    int r = revirt_call(&vm->node, REVIRT_MAP, 0, 0, buf, vm->maps->len * sizeof *buf, 0);
    g_free(buf);
    vm->stale = false;
    if (r < 0 && r != -EPIPE) {
        log_warn(NULL, "revirt: the host refuses a memory map: %s", g_strerror(-r));
    }
    return r;
}

static void take_map(struct accel_vm *vm, GArray *maps)
{
    if (!physmem_a20(vm->params.pm)) {
        maps = fold_a20(maps);
    }
    g_mutex_lock(&vm->map_lock);
    g_array_free(vm->maps, TRUE);
    vm->maps = maps;
    if (vm->started) {
        send_map(vm);
    } else {
        vm->stale = true;
    }
    g_mutex_unlock(&vm->map_lock);
}

static void view_changed(void *opaque, const struct mem_section *view, size_t n)
{
    struct accel_vm *vm = opaque;
    GArray *maps = g_array_new(FALSE, FALSE, sizeof(struct revirt_map));
    for (size_t i = 0; i < n; i++) {
        add_section(vm, maps, &view[i]);
    }
    take_map(vm, maps);
}

static void a20_changed(void *opaque, bool open)
{
    (void)open;
    resend(opaque);
}

/* The view again, as it stands. */
static void resend(struct accel_vm *vm)
{
    physmem_remove_listener(vm->params.pm, &vm->listener);
    physmem_add_listener(vm->params.pm, &vm->listener);
}

int revirt_mem_start(struct accel_vm *vm)
{
    g_mutex_lock(&vm->map_lock);
    vm->started = true;
    int r = vm->stale ? send_map(vm) : 0;
    g_mutex_unlock(&vm->map_lock);
    return r < 0 ? r : 0;
}

/* --- writes ----------------------------------------------------------------------------------- */

void revirt_mem_written(struct accel_vm *vm, gpa_t gpa, uint64_t len)
{
    if (vm->info.features & REVIRT_F_TELL_WRITES && vm->started && len) {
        revirt_call(&vm->node, REVIRT_WRITTEN, gpa, len, NULL, 0, 0);
    }
}

static void ram_written(void *opaque, gpa_t gpa, uint64_t len)
{
    revirt_mem_written(opaque, gpa, len);
}

static void fetch_dirty(struct accel_vm *vm, const struct revirt_map *m)
{
    uint8_t bits[REVIRT_MAX_PAYLOAD / 8];
    struct mem_section s;
    for (uint64_t at = 0; at < m->size; at += sizeof bits * 8 * REVIRT_PAGE) {
        uint64_t size = MIN(m->size - at, sizeof bits * 8 * REVIRT_PAGE);
        int n = revirt_call(&vm->node, REVIRT_DIRTY, m->gpa + at, size, bits, 0, sizeof bits);
        for (uint64_t p = 0; n > 0 && p < size / REVIRT_PAGE; p++) {
            gpa_t gpa = m->gpa + at + p * REVIRT_PAGE;
            if (bits[p / 8] >> p % 8 & 1 && physmem_lookup(vm->params.pm, gpa, &s) && s.region) {
                mem_region_set_dirty(s.region, s.region_off + (gpa - s.gpa), REVIRT_PAGE);
            }
        }
    }
}

/* Somebody is about to read dirty bits, page by page: fetch all of them now and then. */
static void dirty_sync(void *opaque)
{
    struct accel_vm *vm = opaque;
    int64_t now = os_clock_ns();
    if (!vm->started || now - vm->synced_ns < SYNC_NS) {
        return;
    }
    vm->synced_ns = now;
    g_mutex_lock(&vm->map_lock);
    GArray *maps = g_array_copy(vm->maps);
    g_mutex_unlock(&vm->map_lock);
    for (guint i = 0; i < maps->len; i++) {
        const struct revirt_map *m = &g_array_index(maps, struct revirt_map, i);
        if (m->flags & REVIRT_MAP_LOG) {
            fetch_dirty(vm, m);
        }
    }
    g_array_free(maps, TRUE);
}

/* --- life ------------------------------------------------------------------------------------- */

void revirt_mem_init(struct accel_vm *vm)
{
    vm->aux = g_array_new(FALSE, FALSE, sizeof(struct revirt_aux));
    vm->maps = g_array_new(FALSE, FALSE, sizeof(struct revirt_map));
    vm->aux_next = REVIRT_AUX_BASE;
    g_mutex_init(&vm->map_lock);
    vm->listener = (struct physmem_listener){
        .view_changed = view_changed,
        .ram_written = ram_written,
        .a20_changed = a20_changed,
        .dirty_sync = dirty_sync,
        .opaque = vm,
    };
    physmem_add_listener(vm->params.pm, &vm->listener);
}

void revirt_mem_free(struct accel_vm *vm)
{
    physmem_remove_listener(vm->params.pm, &vm->listener);
    g_array_free(vm->aux, TRUE);
    g_array_free(vm->maps, TRUE);
    g_mutex_clear(&vm->map_lock);
}
