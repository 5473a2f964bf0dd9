/* SPDX-License-Identifier: MIT */
/*
 * What is noted about accesses to ports and devices while somebody asked for it: trace events,
 * narration, -d invalid_mem, -strict. Machine lock held.
 */
#ifndef VM_NOTES_H
#define VM_NOTES_H

#include <glib.h>

#include "core/log.h"
#include "core/trace.h"

struct vm;
struct vm_notes;

/* Once RAM is there; with -strict=uninit it is filled with noise here. */
struct vm_notes *vm_notes_new(struct vm *vm);
void vm_notes_free(struct vm_notes *n);

/* One access: writes before the device sees them, reads with what it answered. */
struct vm_access {
    bool mem, write;
    uint8_t size;
    uint64_t addr, value;
};
void vm_note_access(struct vm_notes *n, const struct vm_access *a);

static inline void vm_note(struct vm_notes *n, bool mem, bool write, uint64_t addr, uint64_t value,
                           unsigned size)
{
    if (UNLIKELY((log_mask & (LOG_DEV | LOG_TRACE | LOG_INVALID_MEM)) | strict_mask)) {
        vm_note_access(n, &(struct vm_access){ mem, write, (uint8_t)size, addr, value });
    }
}

/* -d, -dfilter, -trace, -strict, -D; before everything else. */
struct vm_config;
bool vm_logging_make(const struct vm_config *c, GError **err);
/* -d cpu_reset: every processor, before it is reset. Paused. */
void vm_log_reset(struct vm *vm);

#endif
