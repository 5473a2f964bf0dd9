/* SPDX-License-Identifier: MIT */
/*
 * Two accelerators run one machine and are compared (-compare A,B).
 *
 * A leads: it is connected to the machine, whose RAM it uses. Everything that reaches it (data
 * read, vectors, INTR, bus masters' writes, changes of the map) is written to a log. B follows with
 * its own copy of RAM and gets its input from the log. Both have maps of their own, which repeat
 * the machine's without its devices, so that they can be put back.
 *
 * A run goes in chunks of a bounded number of instructions; the vCPU's thread holds the machine
 * lock meanwhile, and drops it only while the machine serves an access of A's, so the place of
 * every input is known. After a chunk state and memory must be the same on both sides. If they are
 * not, both go back to the start of the chunk (the checkpoint), the log is replayed to both, and
 * the first instruction that differs is found by bisection.
 */
#ifndef ACCEL_COMPARE_COMPARE_INT_H
#define ACCEL_COMPARE_COMPARE_INT_H

#include <stdatomic.h>
#include <stdio.h>

#include "accel/api/accel.h"
#include "accel/api/vcpu_int.h"
#include "core/physmem.h"

enum entry_kind {
    /* What the processor asked for, and what it got. */
    ENTRY_PIO_READ,
    ENTRY_PIO_WRITE,
    ENTRY_MMIO_READ,
    ENTRY_MMIO_WRITE,
    ENTRY_MSR_READ,
    ENTRY_MSR_WRITE,
    ENTRY_TPR_READ,
    ENTRY_TPR_WRITE,
    ENTRY_ACK,
    ENTRY_CLOCK,
    /* What happened beside it. */
    ENTRY_IRQ_LINE,
    ENTRY_RAM_WRITTEN,
    ENTRY_VIEW,
    ENTRY_A20,
};

struct entry {
    enum entry_kind kind;
    uint64_t where; /* port, address, MSR */
    uint64_t value;
    uint8_t size;
    bool ok;       /* MSR: no #GP */
    void *data;    /* RAM_WRITTEN: bytes; VIEW: sections; g_free */
    size_t n;      /* bytes, or sections */
};

/* A block of host memory behind guest RAM or ROM, with B's copy and that of the checkpoint. */
struct block {
    uint8_t *host[2], *checkpoint;
    size_t size;
};

struct side {
    struct accel_vm *owner;
    struct accel_choice choice;
    struct accel_callbacks cb;
    struct physmem *pm;
    GPtrArray *regions; /* of pm */
    struct accel_vm *vm;
    struct accel_vcpu *vcpu;
    bool running; /* inside vcpu_run */
    bool replays; /* takes its input from the log */
    size_t at;    /* next entry of the log */
    uint8_t tpr;  /* as it was last seen */
    bool diverged; /* asked for something else than the log has */
    bool line;     /* INTR, as it is told */
    bool late;     /* its next step may only tell of the last one */
    /* What it hands over is executed by the run loop's own means. */
    struct vcpus set;
    struct vcpu emulator;
    char what[160];
};

struct accel_vm {
    struct accel_params params;
    struct side side[2];
    struct physmem_listener listener;
    GArray *view, *checkpoint_view; /* struct mem_section: the machine's map, now and then */
    bool a20_at_checkpoint;
    GArray *blocks;      /* struct block */
    GArray *log;         /* struct entry, since the checkpoint */
    GArray *chunks;      /* uint64_t: instructions of each chunk since the checkpoint */
    bool recording;      /* inside a chunk of A */
    int64_t frozen_ns;   /* the clock while state is set; 0: it goes on */
    uint64_t every;      /* instructions a chunk */
    uint64_t compared, chunks_done, divergences;
    uint64_t corrected; /* CPUID that one side got wrong */
    uint64_t fault_at;   /* linear address of an instruction that B does wrong; 0: none */
    char *repro;         /* file for the reproduction; NULL: none */
};

#define COMPARE_LAST 12 /* instructions shown before the one that differs */

struct accel_vcpu {
    struct accel_vm *vm;
    struct x86_state checkpoint;
    struct x86_state states[2]; /* of the sides, as compared last */
    bool line, line_applied, line_at_checkpoint;
    atomic_uint kicked;
    /* step.c */
    struct x86_state at; /* before the step in hand */
    bool chunk_open, replaying;
    uint64_t steps;      /* since the checkpoint */
    GArray *notes;       /* what those had from outside */
    guint note_at;
    uint64_t last[COMPARE_LAST]; /* linear addresses */
    unsigned n_last;
    uint64_t cpuid_told;
};

/* compare.c */
/* Answers an exit that the accelerator leaves to its caller. False: it is for the run loop. */
bool compare_serve(struct side *s, struct accel_exit *e);
int compare_state_set(struct accel_vcpu *c, const struct x86_state *s, uint32_t groups);
void compare_checkpoint(struct accel_vcpu *c);
void compare_restore(struct accel_vcpu *c);
/* Do the sides agree? Reads these groups into c->states. */
bool compare_agree(struct accel_vcpu *c, uint32_t groups, GString *why);
bool compare_memory(struct accel_vcpu *c, GString *why);
void compare_line(struct side *s, bool level);
void compare_do_wrong(struct side *s); /* the test-fault */
int compare_give_up(struct accel_vcpu *c, struct accel_exit *e);
/* One instruction from where both stand, by the log. line: INTR. True: the same afterwards. */
bool compare_once(struct accel_vcpu *c, bool line, GString *why);

/* step.c */
int compare_run_steps(struct accel_vcpu *c, struct accel_exit *e);
void compare_end_chunk(struct accel_vcpu *c); /* the state is changed from outside */
bool compare_step_once(struct accel_vcpu *c, GString *why);
uint64_t compare_default_steps(void);

/* mirror.c */
void mirror_init(struct accel_vm *vm);
void mirror_free(struct accel_vm *vm);
/* Copies what A's map shows for the first time; at the moment of the change. */
void mirror_prepare(struct accel_vm *vm, const struct mem_section *view, size_t n);
/* A side's map becomes that; prepared before. */
void mirror_view(struct side *s, const struct mem_section *view, size_t n);
/* What a bus master wrote. */
void mirror_write(struct side *s, gpa_t gpa, const void *data, size_t len);
/* The first byte that differs: its guest-physical address; false: none. */
bool mirror_differs(struct accel_vm *vm, gpa_t *where, uint8_t bytes[2]);
/* Memory and maps; restore: of both sides. */
void mirror_checkpoint(struct accel_vm *vm);
void mirror_restore(struct accel_vm *vm);

/* log.c */
void log_init(struct accel_vm *vm);
void log_clear(struct accel_vm *vm);
void log_add(struct accel_vm *vm, const struct entry *e);
/* The callbacks of a side. */
struct accel_callbacks log_callbacks(struct side *s);
/* Nothing of the log is left for it. */
bool log_done(struct side *s);
/* Applies to a replaying side what stands in the log before its next access. */
void log_side_effects(struct side *s);

/* report.c. before: where both were the same. */
void report_divergence(struct accel_vcpu *c, const struct x86_state *before, uint64_t count,
                       const char *why, const uint64_t *last, size_t n_last);
void report_instruction(struct accel_vcpu *c, const struct x86_state *before);
/* Names the differences within these groups in `out`; false: none. The time-stamp counter does not
 * count. */
bool states_differ(const struct x86_state *a, const struct x86_state *b, uint32_t groups,
                   GString *out);

#endif
