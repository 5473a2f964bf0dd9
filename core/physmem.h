/* SPDX-License-Identifier: MIT */
/*
 * The guest-physical address space: regions {gpa, size, RAM|ROM|IO, priority, enabled}. A change
 * builds a new sorted immutable view, publishes it with one atomic store and tells the listeners
 * (accelerator slots, software TLBs).
 *
 * Changing regions and I/O: machine lock held. Look-ups of the view and RAM access: any thread.
 * Host pointers to RAM, once copied out of a section, live as long as the RAM; a region's pointer
 * lives until some time after physmem_remove.
 */
#ifndef CORE_PHYSMEM_H
#define CORE_PHYSMEM_H

#include "core/types.h"

struct physmem;
struct mem_region;

enum mem_kind {
    MEM_RAM, /* read and written directly */
    MEM_ROM, /* read directly; writes go to ops->write if there is one, else are dropped */
    MEM_IO,  /* every access calls ops */
};

struct mem_ops {
    /* off: from the region's start; size 1, 2, 4 or 8 within [min,max] (0 means 1 and 4). Wider
     * and unaligned accesses are split; narrower reads are widened and cut, narrower writes are
     * passed as they are with their true size. */
    uint64_t (*read)(void *opaque, gpa_t off, unsigned size);
    void (*write)(void *opaque, gpa_t off, uint64_t value, unsigned size);
    uint8_t min_size, max_size;
};

/* A piece of the flat view. [gpa, gpa+size) is page-aligned unless the region is not. */
struct mem_section {
    gpa_t gpa;
    uint64_t size;
    enum mem_kind kind;
    uint8_t *host;             /* of gpa; RAM and ROM only */
    uint64_t region_off;       /* offset of gpa within the region */
    struct mem_region *region;
};

struct physmem *physmem_new(void);
void physmem_free(struct physmem *pm);

/* Regions are owned by pm. `name` is copied. host: `size` bytes that outlive pm. Priority: higher
 * wins where regions overlap; equal priorities: the later one wins. */
struct mem_region *physmem_add_ram(struct physmem *pm, const char *name, gpa_t gpa, uint64_t size,
                                   uint8_t *host, int priority);
struct mem_region *physmem_add_rom(struct physmem *pm, const char *name, gpa_t gpa, uint64_t size,
                                   uint8_t *host, int priority, const struct mem_ops *write_ops,
                                   void *opaque);
struct mem_region *physmem_add_io(struct physmem *pm, const char *name, gpa_t gpa, uint64_t size,
                                  const struct mem_ops *ops, void *opaque, int priority);
/* A second window onto [off, off+size) of `target`. */
struct mem_region *physmem_add_alias(struct physmem *pm, const char *name, gpa_t gpa, uint64_t size,
                                     struct mem_region *target, uint64_t off, int priority);
void physmem_remove(struct physmem *pm, struct mem_region *r);
void mem_region_set_enabled(struct mem_region *r, bool enabled);
void mem_region_set_gpa(struct mem_region *r, gpa_t gpa);
/* RAM <-> ROM of one host block. On an alias: for this window only (PAM write-protection). */
void mem_region_set_kind(struct mem_region *r, enum mem_kind kind);
/* Group several changes into one new view (nests). */
void physmem_begin(struct physmem *pm);
void physmem_commit(struct physmem *pm);

/* A20: with the gate closed bit 20 of every CPU address is forced to 0. The gate is applied by
 * the CPU side (accel/x86), see physmem_a20. */
void physmem_set_a20(struct physmem *pm, bool open);
bool physmem_a20(const struct physmem *pm);

/* Copies the section that holds gpa; false where nothing is mapped. Any thread. */
bool physmem_lookup(struct physmem *pm, gpa_t gpa, struct mem_section *copy);
/* The same without the copy, or NULL. Machine lock held; valid until the map changes. */
const struct mem_section *physmem_find(struct physmem *pm, gpa_t gpa);
size_t physmem_retired(const struct physmem *pm); /* views and regions not freed yet (tests) */

/* CPU-side access to anything that is not plain RAM, incl. unmapped (reads all ones). Splits as
 * mem_ops say. size 1, 2, 4, 8. Machine lock held. */
uint64_t physmem_io_read(struct physmem *pm, gpa_t gpa, unsigned size);
void physmem_io_write(struct physmem *pm, gpa_t gpa, uint64_t value, unsigned size);

/* Device access (bus masters, loaders) to RAM, ROM (reads) and I/O. Returns false if a byte fell
 * outside any region (the rest is done; missing bytes read as 0xff). Machine lock held or, for
 * ranges wholly in RAM, any thread. dma_write tells listeners what it changed. */
bool dma_read(struct physmem *pm, gpa_t gpa, void *buf, uint64_t len);
bool dma_write(struct physmem *pm, gpa_t gpa, const void *buf, uint64_t len);
/* Direct pointer to at most *len bytes of RAM (shortened at the section's end), or NULL.
 * Every map is closed by dma_unmap, which says how many bytes were written through it. */
void *dma_map(struct physmem *pm, gpa_t gpa, uint64_t *len, bool for_write);
void dma_unmap(struct physmem *pm, gpa_t gpa, void *host, uint64_t written);

/* Dirty pages of a RAM region (VRAM, dirty log): one byte a 4 KiB page, set by dma_write and by the
 * accelerator; readers clear with mem_region_test_clear_dirty. */
void mem_region_track_dirty(struct mem_region *r, bool on);
bool mem_region_tracks_dirty(const struct mem_region *r);
void mem_region_set_dirty(struct mem_region *r, uint64_t off, uint64_t len); /* any thread */
/* Was any page of [off, off+len) dirty? Clears them and (via listeners) re-arms the trap. */
bool mem_region_test_clear_dirty(struct mem_region *r, uint64_t off, uint64_t len);

const char *mem_region_name(const struct mem_region *r);
/* Sizes that the ops of an I/O region take; false: it has none. */
bool mem_region_io_sizes(const struct mem_region *r, unsigned *min, unsigned *max);
gpa_t mem_region_gpa(const struct mem_region *r);
uint64_t mem_region_size(const struct mem_region *r);
uint8_t *mem_region_host(const struct mem_region *r);

/* Every region, enabled or not, in order of creation. Machine lock held. */
struct mem_region_info {
    const char *name, *alias_of; /* of the target; NULL: no alias */
    enum mem_kind kind;
    gpa_t gpa;
    uint64_t size, alias_off;
    int priority;
    bool enabled;
};
void physmem_foreach(struct physmem *pm, void (*fn)(void *arg, const struct mem_region_info *r),
                     void *arg);

struct physmem_listener {
    /* The flat view changed; `view` holds `n` sections in ascending order. Machine lock held. */
    void (*view_changed)(void *opaque, const struct mem_section *view, size_t n);
    /* Host code wrote RAM (DMA, loader): translated code and dirty logs must follow. Any thread. */
    void (*ram_written)(void *opaque, gpa_t gpa, uint64_t len);
    /* A20 changed. */
    void (*a20_changed)(void *opaque, bool open);
    /* Dirty bits of [gpa, gpa+len) were cleared: trap the next write again. */
    void (*dirty_rearm)(void *opaque, gpa_t gpa, uint64_t len);
    /* Dirty bits are about to be read: set those that are kept elsewhere. Called often. */
    void (*dirty_sync)(void *opaque);
    void *opaque;
    struct physmem_listener *next;
};
/* Before vCPUs run; told the view at once. */
void physmem_add_listener(struct physmem *pm, struct physmem_listener *l);
void physmem_remove_listener(struct physmem *pm, struct physmem_listener *l);

#endif
