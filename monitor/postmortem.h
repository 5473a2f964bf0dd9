/* SPDX-License-Identifier: MIT */
/*
 * Post-mortems: why a guest died, in words on the terminal and whole as JSON (docs/post-mortem.md).
 * All functions: machine lock held, save postmortem_new and postmortem_free.
 */
#ifndef MONITOR_POSTMORTEM_H
#define MONITOR_POSTMORTEM_H

#include <glib.h>

#include "accel/x86/inspect.h"
#include "core/types.h"

struct postmortem;
struct symbols;
struct vm_parts;

/* The last accesses to devices; repeated ones count up. Cheap: it is always on. */
#define PM_IO_SIZE 16 /* a power of two */
struct pm_io {
    uint64_t addr, value, count;
    uint8_t size, write, mmio, vcpu;
};
struct pm_io_ring {
    unsigned last;
    struct pm_io io[PM_IO_SIZE];
};

static inline void pm_io_note(struct pm_io_ring *r, bool mmio, bool write, uint64_t addr,
                              uint64_t value, unsigned size, int vcpu)
{
    struct pm_io *e = &r->io[r->last % PM_IO_SIZE];
    if (e->addr != addr || e->size != size || e->write != write || e->mmio != mmio) {
        e = &r->io[++r->last % PM_IO_SIZE];
        *e = (struct pm_io){addr, value, 0, (uint8_t)size, write, mmio, (uint8_t)vcpu};
    }
    e->value = value;
    e->count++;
}

enum pm_reason {
    PM_TRIPLE_FAULT,
    PM_PANIC,      /* pvpanic */
    PM_RESET,      /* the guest asked for it under -no-reboot */
    PM_RESET_LOOP, /* three in ten seconds */
    PM_REQUEST,    /* the user asks */
};

/* json: value of -postmortem or NULL. symbols: values of -symbols. kernel: of -kernel; its symbols
 * are read as well if it is an ELF file. */
struct postmortem *postmortem_new(const char *json, GPtrArray *symbols, const char *kernel,
                                  GError **err);
void postmortem_free(struct postmortem *p);
struct pm_io_ring *postmortem_io(struct postmortem *p);
bool postmortem_wants_branches(const struct postmortem *p);
struct symbols *postmortem_symbols(struct postmortem *p);

/* The vCPU stands still or is the caller's own; s: its state. Writes to the terminal (the same
 * death twice: one line) and the file of -postmortem. */
void postmortem_report(struct postmortem *p, const struct vm_parts *vm, enum pm_reason why,
                       unsigned vcpu, const struct x86_state *s);
/* `info postmortem`: the report of the last death, or of vcpu now if nobody died. g_free. The
 * processors stand still. */
char *postmortem_info(struct postmortem *p, const struct vm_parts *vm, unsigned vcpu);
/* "  #0 0x... name" lines, as far as frames are certain; v: of the caller's own vCPU, or one that
 * stands still. g_free. */
char *postmortem_backtrace(struct postmortem *p, const struct x86_view *v, unsigned max);
/* Was something said of the last report? A guest that dies on and on is told of ever less. */
bool postmortem_news(const struct postmortem *p);
/* Was a triple fault reported since the last reset? */
bool postmortem_told(const struct postmortem *p);
/* The guest resets itself. True: it is the third time in ten seconds of its time, say so. */
bool postmortem_reset(struct postmortem *p, int64_t now_ns);

#endif
