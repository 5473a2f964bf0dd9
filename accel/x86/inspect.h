/* SPDX-License-Identifier: MIT */
/*
 * Looking at a processor's memory and tables from outside: for debuggers, the monitor and
 * post-mortems. Nothing here has a side effect (no accessed bits, no device is read) and nothing
 * needs an accelerator: a copy of the state and a way to read physical memory are enough.
 *
 * Any thread; what is read is consistent only while the processors are paused. Tables of a hostile
 * guest cost a bounded amount of work in every function but x86_view_each, whose callback can stop.
 */
#ifndef ACCEL_X86_INSPECT_H
#define ACCEL_X86_INSPECT_H

#include "accel/x86/state.h"

struct physmem;
struct x86_cpu_model;

/* One processor as seen by the functions below. */
struct x86_view {
    const struct x86_state *st;
    /* False: a byte of it is neither RAM nor ROM. */
    bool (*read)(void *opaque, gpa_t gpa, void *buf, size_t len);
    bool (*write)(void *opaque, gpa_t gpa, const void *buf, size_t len); /* NULL: read-only view */
    void *opaque;
    uint64_t a20_mask;  /* all ones with A20 open */
    uint8_t phys_bits;  /* MAXPHYADDR */
    bool pse36, pages1g;
};
/* The usual one. model: NULL means 52 bits and everything on offer. */
void x86_view_init(struct x86_view *v, const struct x86_state *st, struct physmem *pm,
                   const struct x86_cpu_model *model);

/* --- mode (inspect.c) --------------------------------------------------------------------------*/

const char *x86_view_mode(const struct x86_view *v); /* "real mode", "64-bit mode"... */
unsigned x86_view_code_size(const struct x86_view *v); /* 2, 4, 8: for x86_disas */
unsigned x86_view_cpl(const struct x86_view *v);
uint64_t x86_view_linear(const struct x86_view *v, enum x86_segreg seg, uint64_t off);
uint64_t x86_view_pc(const struct x86_view *v); /* linear address of the next instruction */
bool x86_view_canonical(const struct x86_view *v, uint64_t lin);

/* --- paging (inspect.c) ------------------------------------------------------------------------*/

enum { /* what is to be done at the address; 0: a read by the supervisor */
    X86_VIEW_WRITE = 1, X86_VIEW_EXEC = 2, X86_VIEW_USER = 4,
    X86_VIEW_IMPLICIT = 8, /* by the processor itself (descriptor tables): SMAP ignores AC */
};

struct x86_walk_level {
    const char *name; /* "PML5E", "PML4E", "PDPTE", "PDE", "PTE" */
    gpa_t gpa;        /* of the entry */
    uint64_t value;
    uint8_t size;     /* 4 or 8 bytes */
    bool readable;    /* false: the entry lies outside of RAM and ROM; value is all ones */
};

struct x86_walk_report {
    const char *paging;     /* "no paging", "32-bit paging", "PAE", "4-level paging"... */
    uint64_t lin;
    unsigned n;             /* levels visited */
    struct x86_walk_level level[5];
    bool mapped;            /* there is a translation, allowed or not; gpa and shift are valid */
    gpa_t gpa;
    uint8_t shift;          /* page size: 12, 21, 22, 30 */
    uint64_t rights;        /* X86_PTE_W, X86_PTE_U, X86_PTE_NX of all levels together */
    bool ok;                /* mapped, and the access asked for is allowed */
    int failed;             /* index into level[] of the entry that is to blame, -1 if none */
    uint32_t error;         /* page-fault error code that the processor would push */
    char why[112];          /* "the PTE is not present", "the page is read-only..."; "" if ok */
};
/* Returns r->ok. PAE's directory pointers are taken from memory, not from the processor. */
bool x86_view_walk(const struct x86_view *v, uint64_t lin, unsigned access,
                   struct x86_walk_report *r);
/* "P W U A D PS G NX" of an entry, as letters or dashes. */
void x86_entry_text(uint64_t value, char *out, size_t cap);
/* Permissions ignored. False: not mapped. */
bool x86_view_translate(const struct x86_view *v, uint64_t lin, gpa_t *gpa);
/* Bytes done before the first that is not mapped or is no memory. Permissions ignored. */
size_t x86_view_read(const struct x86_view *v, uint64_t lin, void *buf, size_t len);
size_t x86_view_write(const struct x86_view *v, uint64_t lin, const void *buf, size_t len);
/* All mappings of [lin, last] in ascending order, one call a page (4 KiB, 2 MiB...), until fn
 * returns false. rights as in struct x86_walk_report; leaf: the last entry. */
typedef bool x86_view_each_fn(void *opaque, uint64_t lin, gpa_t gpa, uint8_t shift, uint64_t rights,
                              uint64_t leaf);
void x86_view_each(const struct x86_view *v, uint64_t lin, uint64_t last, x86_view_each_fn *fn,
                   void *opaque);

/* --- descriptors (inspect_desc.c) --------------------------------------------------------------*/

enum x86_desc_kind { X86_DK_SEGMENT, X86_DK_GATE, X86_DK_TSS, X86_DK_LDT, X86_DK_RESERVED };

struct x86_desc_info {
    enum x86_desc_kind kind;
    uint64_t raw[2];         /* as in memory; raw[1]: upper half of a 16-byte descriptor */
    uint64_t addr;           /* linear address of the descriptor, 0 where not known */
    bool wide;               /* 16 bytes */
    uint8_t type, dpl;       /* type: four bits */
    bool present, s;
    /* segment, TSS, LDT */
    uint64_t base;
    uint32_t limit;          /* in bytes, granularity applied */
    bool code, l, db, g;
    /* gate */
    uint16_t sel;
    uint64_t off;
    uint8_t ist, params;
};

enum x86_look { /* why there is no descriptor to decode */
    X86_LOOK_OK, X86_LOOK_NULL /* null selector */, X86_LOOK_LIMIT /* outside of its table */,
    X86_LOOK_UNMAPPED /* the table is not mapped there */, X86_LOOK_NO_LDT, X86_LOOK_REAL_MODE
};
const char *x86_look_text(enum x86_look l);
/* Descriptor of a selector in GDT or LDT. */
enum x86_look x86_view_desc(const struct x86_view *v, uint16_t sel, struct x86_desc_info *d);
/* IDT entry of a vector (in real mode: kind GATE from the IVT). */
enum x86_look x86_view_gate(const struct x86_view *v, unsigned vector, struct x86_desc_info *d);
/* Decodes raw; in_long: system descriptors are those of IA-32e mode. */
void x86_desc_decode(struct x86_desc_info *d, uint64_t lo, uint64_t hi, bool in_long);
/* "code 64-bit, DPL 0, base 0x0, limit 0xffffffff, present", "interrupt gate to 0008:..." */
void x86_desc_text(const struct x86_desc_info *d, char *out, size_t cap);
/* The same for a segment register's hidden part. */
void x86_seg_text(const struct x86_view *v, enum x86_segreg seg, char *out, size_t cap);

struct x86_tss_info {
    unsigned bits;     /* 16, 32, 64; 0: TR holds none */
    unsigned limit;
    bool complete;     /* all fields below could be read */
    uint64_t sp[3];    /* SP0-2, ESP0-2, RSP0-2 */
    uint16_t ss[3];
    uint64_t ist[8];   /* [1..7] */
    uint16_t iomap;
    uint64_t cr3, rip, rflags, gpr[8]; /* 32-bit (16-bit: without cr3): the saved task */
    uint16_t seg[6], ldt, link;
};
void x86_view_tss(const struct x86_view *v, struct x86_tss_info *t);

/* --- words (inspect_desc.c) --------------------------------------------------------------------*/

const char *x86_exception_mnemonic(unsigned vector); /* "#GP", "#PF"; NULL: none */
const char *x86_exception_name(unsigned vector);     /* "general protection", "page fault" */
bool x86_exception_has_error(unsigned vector);
/* "selector 0x0010 in the GDT", "IDT entry 3", "write to a page that is not present, user"... */
void x86_error_text(unsigned vector, uint32_t error, char *out, size_t cap);

#endif
