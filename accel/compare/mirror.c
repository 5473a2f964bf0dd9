/* SPDX-License-Identifier: MIT */
/*
 * The sides' memory. A has the machine's own, B a copy of every block of host memory behind RAM and
 * ROM, each in a map of the machine's shape without its devices: every access to those goes
 * through the callbacks.
 */
#include <string.h>

#include "accel/compare/compare_int.h"

void mirror_init(struct accel_vm *vm)
{
    vm->blocks = g_array_new(FALSE, FALSE, sizeof(struct block));
    vm->view = g_array_new(FALSE, FALSE, sizeof(struct mem_section));
    vm->checkpoint_view = g_array_new(FALSE, FALSE, sizeof(struct mem_section));
    for (unsigned k = 0; k < 2; k++) {
        vm->side[k].owner = vm;
        vm->side[k].pm = physmem_new();
        vm->side[k].regions = g_ptr_array_new();
    }
}

void mirror_free(struct accel_vm *vm)
{
    for (unsigned k = 0; k < 2; k++) {
        physmem_free(vm->side[k].pm);
        g_ptr_array_unref(vm->side[k].regions);
    }
    for (guint k = 0; k < vm->blocks->len; k++) {
        struct block *b = &g_array_index(vm->blocks, struct block, k);
        g_aligned_free(b->host[1]);
        g_free(b->checkpoint);
    }
    g_array_unref(vm->blocks);
    g_array_unref(vm->view);
    g_array_unref(vm->checkpoint_view);
}

static struct block *block_of(struct accel_vm *vm, const uint8_t *host, uint64_t size)
{
    for (guint k = 0; k < vm->blocks->len; k++) {
        struct block *b = &g_array_index(vm->blocks, struct block, k);
        if (host >= b->host[0] && host + size <= b->host[0] + b->size) {
            return b;
        }
    }
    return NULL;
}

static void new_block(struct accel_vm *vm, uint8_t *host, uint64_t size)
{
    /* As aligned as pages are: what is aligned for the guest is so for the host. */
    struct block b = { .host = { host, g_aligned_alloc(1, (size_t)size, 4096) },
                       .checkpoint = g_malloc((size_t)size),
                       .size = (size_t)size };
    memcpy(b.host[1], host, b.size);
    memcpy(b.checkpoint, host, b.size);
    g_array_append_val(vm->blocks, b);
}

/* Memory that belongs to a device (VRAM) changes behind everybody's back: it is reached through the
 * callbacks, as its registers are. */
static bool is_memory(const struct mem_section *s)
{
    return s->host && s->kind != MEM_IO && !(s->region && mem_region_tracks_dirty(s->region));
}

/* A region's whole memory is one block, so that its parts, which come and go, stay together. */
void mirror_prepare(struct accel_vm *vm, const struct mem_section *view, size_t n)
{
    for (size_t k = 0; k < n; k++) {
        const struct mem_section *s = &view[k];
        if (!is_memory(s) || block_of(vm, s->host, s->size)) {
            continue;
        }
        uint8_t *all = s->region ? mem_region_host(s->region) : NULL;
        uint64_t size = all ? mem_region_size(s->region) : 0;
        bool whole = all && s->host >= all && s->host + s->size <= all + size;
        new_block(vm, whole ? all : s->host, whole ? size : s->size);
    }
}

/* Where a side has what the machine has there. */
static uint8_t *memory_of(struct side *s, const struct mem_section *m)
{
    struct accel_vm *vm = s->owner;
    const struct block *b = block_of(vm, m->host, m->size);
    return s == &vm->side[0] ? m->host : b->host[1] + (m->host - b->host[0]);
}

void mirror_view(struct side *s, const struct mem_section *view, size_t n)
{
    physmem_begin(s->pm);
    for (guint k = 0; k < s->regions->len; k++) {
        physmem_remove(s->pm, g_ptr_array_index(s->regions, k));
    }
    g_ptr_array_set_size(s->regions, 0);
    for (size_t k = 0; k < n; k++) {
        const struct mem_section *m = &view[k];
        if (!is_memory(m)) {
            continue;
        }
        uint8_t *host = memory_of(s, m);
        struct mem_region *r =
            m->kind == MEM_RAM
                ? physmem_add_ram(s->pm, "copy", m->gpa, m->size, host, 0)
                : physmem_add_rom(s->pm, "copy", m->gpa, m->size, host, 0, NULL, NULL);
        g_ptr_array_add(s->regions, r);
    }
    physmem_commit(s->pm);
}

void mirror_write(struct side *s, gpa_t gpa, const void *data, size_t len)
{
    struct mem_section m;
    if (physmem_lookup(s->pm, gpa, &m)) { /* else a device's own memory */
        dma_write(s->pm, gpa, data, len);
    }
}

static gpa_t address_of(struct accel_vm *vm, const struct block *b, size_t off)
{
    const GPtrArray *regions = vm->side[1].regions;
    for (guint k = 0; k < regions->len; k++) {
        const struct mem_region *r = g_ptr_array_index(regions, k);
        const uint8_t *host = mem_region_host(r), *byte = b->host[1] + off;
        if (byte >= host && byte < host + mem_region_size(r)) {
            return mem_region_gpa(r) + (gpa_t)(byte - host);
        }
    }
    return off;
}

bool mirror_differs(struct accel_vm *vm, gpa_t *where, uint8_t bytes[2])
{
    for (guint k = 0; k < vm->blocks->len; k++) {
        const struct block *b = &g_array_index(vm->blocks, struct block, k);
        if (memcmp(b->host[0], b->host[1], b->size) == 0) {
            continue;
        }
        size_t off = 0;
        while (b->host[0][off] == b->host[1][off]) {
            off++;
        }
        *where = address_of(vm, b, off);
        bytes[0] = b->host[0][off];
        bytes[1] = b->host[1][off];
        return true;
    }
    return false;
}

void mirror_checkpoint(struct accel_vm *vm)
{
    for (guint k = 0; k < vm->blocks->len; k++) {
        const struct block *b = &g_array_index(vm->blocks, struct block, k);
        memcpy(b->checkpoint, b->host[0], b->size);
    }
    g_array_set_size(vm->checkpoint_view, 0);
    g_array_append_vals(vm->checkpoint_view, vm->view->data, vm->view->len);
    vm->a20_at_checkpoint = physmem_a20(vm->params.pm);
}

/* Tells an accelerator that all memory changed. */
static void all_written(const struct side *s)
{
    for (guint k = 0; s->choice.ops->mem_written && k < s->regions->len; k++) {
        const struct mem_region *r = g_ptr_array_index(s->regions, k);
        s->choice.ops->mem_written(s->vm, mem_region_gpa(r), mem_region_size(r));
    }
}

void mirror_restore(struct accel_vm *vm)
{
    const GArray *view = vm->checkpoint_view;
    for (guint k = 0; k < vm->blocks->len; k++) {
        const struct block *b = &g_array_index(vm->blocks, struct block, k);
        memcpy(b->host[0], b->checkpoint, b->size);
        memcpy(b->host[1], b->checkpoint, b->size);
    }
    for (unsigned k = 0; k < 2; k++) {
        mirror_view(&vm->side[k], (const struct mem_section *)(void *)view->data, view->len);
        physmem_set_a20(vm->side[k].pm, vm->a20_at_checkpoint);
        all_written(&vm->side[k]);
    }
}
