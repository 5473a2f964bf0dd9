/* SPDX-License-Identifier: MIT */
/*
 * Log lines for people. Any thread. Messages go to stderr and, with log_open (-D FILE), into that
 * file as well; what -d asks for goes to the file instead of stderr. Errors that a caller can
 * return are returned (GError), not logged: who reports does not return it.
 */
#ifndef CORE_LOG_H
#define CORE_LOG_H

#include "core/types.h"

/* QEMU's -d items that we know. */
enum log_mask {
    LOG_IN_ASM = 1 << 0,
    LOG_OP = 1 << 1,
    LOG_OUT_ASM = 1 << 2,
    LOG_EXEC = 1 << 3,
    LOG_INT = 1 << 4,
    LOG_CPU = 1 << 5,
    LOG_CPU_RESET = 1 << 6,
    LOG_GUEST_ERRORS = 1 << 7,
    LOG_UNIMP = 1 << 8,
    LOG_MMU = 1 << 9,
    LOG_PCALL = 1 << 10,
    LOG_INVALID_MEM = 1 << 11,
    LOG_DEV = 1 << 12,   /* dev:GLOB: what devices are told, decoded (core/narrate.h) */
    LOG_TRACE = 1 << 13, /* trace:GLOB (core/trace.h) */
};

extern unsigned log_mask; /* set before threads start, or by the monitor */

static inline bool log_enabled(unsigned mask)
{
    return UNLIKELY(log_mask & mask);
}

/* Messages for the user; `who` is a device or area name and may be NULL. Prefix "emu: ". */
void log_err(const char *who, const char *fmt, ...) PRINTF_LIKE(2, 3);
void log_warn(const char *who, const char *fmt, ...) PRINTF_LIKE(2, 3);
void log_info(const char *who, const char *fmt, ...) PRINTF_LIKE(2, 3);
void log_timestamps(bool on); /* -msg timestamp=on: each of them begins with the time, UTC */

/* The filters of -d: vector=, cpl=, pc= and -dfilter. Call only under log_enabled. */
bool log_int_wanted(unsigned vector, unsigned cpl, uint64_t pc);
bool log_pc_wanted(uint64_t pc); /* for in_asm, op, out_asm, exec, cpu, mmu */
/* Is the name among those of dev: or trace:? */
bool log_dev_wanted(const char *name);
bool log_trace_wanted(const char *name);
/* -trace GLOB, "-GLOB" to take it away again; sets LOG_TRACE. */
void log_trace_add(const char *glob);

/* One line on stderr that each call rewrites, while stderr is a terminal: for people who wait. NULL
 * takes it away; after log_status_end (the terminal is somebody else's now) it never comes back. */
void log_status(const char *text);
void log_status_end(void);

/* Raw text of a -d item: no prefix. Call only under log_enabled(mask). */
void log_raw(const char *fmt, ...) PRINTF_LIKE(1, 2);

/* The guest did something that hardware answers but a developer wants to know (-d guest_errors).
 * Rate-limited per `who`. */
void guest_warn(const char *who, const char *fmt, ...) PRINTF_LIKE(2, 3);

/* -d ...,ring=SIZE: what -d items print is kept in memory, the last SIZE bytes of it, and written
 * out here, when something died. Without a ring nothing happens. */
void log_ring_dump(const char *why);

/* -dfilter: A..B, A+LEN, A-LEN, comma-separated. False: *bad is the first one that is none. */
bool log_parse_filter(const char *ranges, const char **bad);

/* --- -strict: what real hardware would not forgive, once a place ------------------------------ */

enum strict_kind {
    STRICT_UNMAPPED = 1 << 0, /* memory where nothing is */
    STRICT_ROM = 1 << 1,      /* writes to ROM */
    STRICT_RESERVED = 1 << 2, /* reserved bits set in device registers and page tables */
    STRICT_ACCESS = 1 << 3,   /* unaligned or wrong-size accesses to devices */
    STRICT_EOI = 1 << 4,      /* end of interrupt without an interrupt */
    STRICT_WX = 1 << 5,       /* code in a page that is writable, too */
    STRICT_A20 = 1 << 6,      /* addresses above 1 MiB with A20 masked */
    STRICT_UNINIT = 1 << 7,   /* reads of RAM that was never written */
};
extern unsigned strict_mask; /* set before threads start */

static inline bool strict_enabled(unsigned kinds)
{
    return UNLIKELY(strict_mask & kinds);
}

/* Where it happened, for the report: the calling thread's guest program counter (false: none), and
 * a backtrace as indented lines. */
struct strict_place {
    bool (*pc)(void *opaque, uint64_t *pc);
    char *(*backtrace)(void *opaque); /* g_free */
    void *opaque;
};
void strict_set_place(const struct strict_place *p);
/* Once for each kind and program counter (wx, and where there is none: for each `key`). Any
 * thread. */
void strict_report(enum strict_kind kind, uint64_t key, const char *fmt, ...) PRINTF_LIKE(3, 4);
/* "unmapped,rom" or "all"; NULL or "": all but uninit. False: *bad is the first unknown word. */
bool strict_parse(const char *list, unsigned *mask, const char **bad);

/* Which bytes of RAM were ever written (STRICT_UNINIT); bits NULL: not kept. */
struct strict_ram {
    uint8_t *host, *bits;
    size_t size;
};
extern struct strict_ram strict_ram;
void strict_ram_start(uint8_t *host, size_t size, uint64_t seed); /* fills it with noise */
void strict_ram_stop(void);
void strict_ram_written(const uint8_t *host, size_t len);
/* The first byte never written, as an offset from host; len: none. Outside of RAM: len. */
size_t strict_ram_unwritten(const uint8_t *host, size_t len);

/* -D FILE: "%d" becomes the process id. 0 or -errno. NULL: back to stderr. */
int log_open(const char *path);
void log_flush(void);

/* While something else draws on the terminal what is for stderr is kept (to 256 KiB), and printed
 * by log_release. log_held: how many messages, and the text of the last. */
void log_hold(void);
void log_release(void);
unsigned log_held(char *last, size_t len);

/* -d a,b,c: returns false and sets *bad to the first unknown item (points into a static buffer).
 * vector=N, cpl=N, pc=A..B, ring=SIZE, dev:GLOB and trace:GLOB replace what was set before. */
bool log_parse_mask(const char *items, unsigned *mask, const char **bad);
void log_print_items(void); /* -d help, on stdout */
/* Items by number; NULL behind the last. */
const char *log_item(unsigned i, unsigned *mask);

#endif
