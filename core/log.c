/* SPDX-License-Identifier: MIT */
/*
 * Log lines, -d items and -D. One mutex keeps lines of several threads whole.
 */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <glib.h>

#include "core/log.h"
#include "os/os.h"

/* guest_warn: a burst of this many lines per `who`, then one line in each interval. */
#define WARN_BURST       20
#define WARN_INTERVAL_NS (5 * NS_PER_SEC)
#define WARN_SOURCES     64 /* more than this many names share one budget */

unsigned log_mask;

/* The process has one log; it has no device state. */
static GMutex lock;
static FILE *file; /* NULL: stderr */
static struct warn_source {
    char who[32];
    unsigned lines, dropped;
    int64_t window_ns;
} sources[WARN_SOURCES];

#define HELD_MAX (256 * 1024)
static FILE *held; /* instead of stderr, while something else has the terminal */
static char held_last[256];
static unsigned held_lines;

/* Lock held. */
static FILE *err_stream(void)
{
    return held ? held : stderr;
}

static FILE *out(void)
{
    return file ? file : err_stream();
}

/* --- filters and the ring --------------------------------------------------------------------- */

#define RANGES_MAX 32
#define GLOBS_MAX  32
#define RING_MAX   MIB(256)

struct range {
    uint64_t first, last;
};

/* What -d takes besides items; like log_mask of the process. */
static struct filter {
    bool by_vector, by_cpl;
    uint64_t vectors[4];
    unsigned cpls;
    unsigned n_pc, n_dev, n_trace;
    struct range pc[RANGES_MAX];
    char *dev[GLOBS_MAX], *trace[GLOBS_MAX];
} filter;
static unsigned n_dfilter;
static struct range dfilter[RANGES_MAX];
static struct {
    char *buf; /* NULL: none */
    size_t size, at;
    bool wrapped;
} ring;

static bool in_ranges(const struct range *r, unsigned n, uint64_t pc)
{
    for (unsigned i = 0; i < n; i++) {
        if (pc >= r[i].first && pc <= r[i].last) {
            return true;
        }
    }
    return n == 0;
}

bool log_pc_wanted(uint64_t pc)
{
    return in_ranges(filter.pc, filter.n_pc, pc) && in_ranges(dfilter, n_dfilter, pc);
}

bool log_int_wanted(unsigned vector, unsigned cpl, uint64_t pc)
{
    return (!filter.by_vector || (filter.vectors[vector >> 6 & 3] >> (vector & 63) & 1)) &&
           (!filter.by_cpl || (filter.cpls >> (cpl & 3) & 1)) && log_pc_wanted(pc);
}

static bool in_globs(char *const *globs, unsigned n, const char *name)
{
    bool wanted = false;
    for (unsigned i = 0; i < n; i++) {
        const char *g = globs[i];
        if (g_pattern_match_simple(g + (*g == '-'), name)) {
            wanted = *g != '-';
        }
    }
    return wanted;
}

bool log_dev_wanted(const char *name)
{
    return in_globs(filter.dev, filter.n_dev, name);
}

bool log_trace_wanted(const char *name)
{
    return in_globs(filter.trace, filter.n_trace, name);
}

static void add_glob(char **globs, unsigned *n, const char *glob)
{
    if (*n < GLOBS_MAX) {
        globs[(*n)++] = g_strdup(glob);
    }
}

void log_trace_add(const char *glob)
{
    add_glob(filter.trace, &filter.n_trace, glob);
    log_mask |= LOG_TRACE;
}

/* A..B, A+LEN, A-LEN or A alone. */
static bool parse_range(const char *text, struct range *r)
{
    char *end;
    if (!g_ascii_isdigit(*text)) {
        return false;
    }
    r->first = r->last = g_ascii_strtoull(text, &end, 0);
    bool to = g_str_has_prefix(end, ".."), len = *end == '+' || *end == '-';
    if (!to && !len) {
        return *end == 0;
    }
    char op = *end;
    const char *second = end + (to ? 2 : 1);
    uint64_t v = g_ascii_strtoull(second, &end, 0);
    if (end == second || *end || (len && !v)) {
        return false;
    }
    if (to) {
        r->last = v;
    } else if (op == '+') {
        r->last = v - 1 > UINT64_MAX - r->first ? UINT64_MAX : r->first + v - 1;
    } else {
        r->last = r->first;
        r->first -= MIN(v - 1, r->first);
    }
    return r->first <= r->last;
}

bool log_parse_filter(const char *ranges, const char **bad)
{
    static char unknown[64];
    char **parts = g_strsplit(ranges, ",", -1);
    n_dfilter = 0;
    bool ok = true;
    for (char **p = parts; ok && *p; p++) {
        ok = n_dfilter < RANGES_MAX && parse_range(*p, &dfilter[n_dfilter]);
        n_dfilter += ok;
        if (!ok) {
            n_dfilter = 0;
            g_strlcpy(unknown, *p, sizeof unknown);
            *bad = unknown;
        }
    }
    g_strfreev(parts);
    return ok;
}

/* Lock held. */
static void ring_write(const char *text, size_t len)
{
    if (len > ring.size) {
        text += len - ring.size;
        len = ring.size;
    }
    size_t first = MIN(len, ring.size - ring.at);
    memcpy(ring.buf + ring.at, text, first);
    memcpy(ring.buf, text + first, len - first);
    ring.wrapped |= ring.at + len >= ring.size;
    ring.at = (ring.at + len) % ring.size;
}

static void print_item(const char *fmt, va_list ap) PRINTF_LIKE(1, 0);

/* Lock held: text of a -d item, to the ring or the file. */
static void print_item(const char *fmt, va_list ap)
{
    if (ring.buf) {
        char *text = g_strdup_vprintf(fmt, ap);
        ring_write(text, strlen(text));
        g_free(text);
    } else {
        vfprintf(out(), fmt, ap);
    }
}

static void print_part(const char *fmt, ...) PRINTF_LIKE(1, 2);
static void print_part(const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    print_item(fmt, ap);
    va_end(ap);
}

void log_ring_dump(const char *why)
{
    g_mutex_lock(&lock);
    if (ring.buf && (ring.at || ring.wrapped)) {
        size_t start = 0, len = ring.at;
        char *text = g_malloc(ring.size);
        if (ring.wrapped) {
            memcpy(text, ring.buf + ring.at, ring.size - ring.at);
            memcpy(text + ring.size - ring.at, ring.buf, ring.at);
            len = ring.size;
            const char *nl = memchr(text, '\n', len); /* the first line is cut */
            start = nl ? (size_t)(nl - text) + 1 : 0;
        } else {
            memcpy(text, ring.buf, len);
        }
        fprintf(out(), "emu: the last %zu bytes of the log (%s):\n", len - start, why);
        fwrite(text + start, 1, len - start, out());
        fprintf(out(), "emu: end of the log\n");
        fflush(out());
        g_free(text);
        ring.at = 0;
        ring.wrapped = false;
    }
    g_mutex_unlock(&lock);
}

/* --- lines ------------------------------------------------------------------------------------ */

static bool timestamps;

void log_timestamps(bool on)
{
    g_mutex_lock(&lock);
    timestamps = on;
    g_mutex_unlock(&lock);
}

/* Lock held. As QEMU writes it: 2026-01-31T12:00:00.123456Z */
static void print_timestamp(FILE *f)
{
    GDateTime *now = g_date_time_new_now_utc();
    char *text = g_date_time_format(now, "%Y-%m-%dT%H:%M:%S");
    fprintf(f, "%s.%06dZ ", text, g_date_time_get_microsecond(now));
    g_free(text);
    g_date_time_unref(now);
}

/* Lock held. */
static void print_line(FILE *f, const char *level, const char *who, const char *fmt, va_list ap)
{
    if (timestamps) {
        print_timestamp(f);
    }
    fprintf(f, "emu: %s%s%s", level, who ? who : "", who ? ": " : "");
    vfprintf(f, fmt, ap);
    fputc('\n', f);
    fflush(f);
}

/* The line that says what is going on, rewritten in place on a terminal; NULL: none. */
static char *status_text;
static bool status_over;

/* Lock held. */
static void status_draw(bool on)
{
    if (status_text && !held) {
        fprintf(stderr, "\r%s\033[K", on ? status_text : "");
        fflush(stderr);
    }
}

void log_status(const char *text)
{
    g_mutex_lock(&lock);
    if (!status_over && os_is_tty(2)) {
        if (!text) {
            status_draw(false);
        }
        g_free(status_text);
        status_text = g_strdup(text);
        status_draw(true);
    }
    g_mutex_unlock(&lock);
}

void log_status_end(void)
{
    g_mutex_lock(&lock);
    status_draw(false);
    g_clear_pointer(&status_text, g_free);
    status_over = true;
    g_mutex_unlock(&lock);
}

/* A word to the user: on the terminal even when -D takes the log, and there as well. */
static void line(const char *level, const char *who, const char *fmt, va_list ap)
{
    va_list again;
    va_copy(again, ap);
    g_mutex_lock(&lock);
    if (held) {
        va_list third;
        va_copy(third, ap);
        vsnprintf(held_last, sizeof held_last, fmt, third);
        held_lines++;
        va_end(third);
    }
    if (!held || ftell(held) < HELD_MAX) {
        status_draw(false);
        print_line(err_stream(), level, who, fmt, ap);
        status_draw(true);
    }
    if (file) {
        print_line(file, level, who, fmt, again);
    }
    g_mutex_unlock(&lock);
    va_end(again);
}

void log_err(const char *who, const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    line("", who, fmt, ap);
    va_end(ap);
}

void log_warn(const char *who, const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    line("warning: ", who, fmt, ap);
    va_end(ap);
}

void log_info(const char *who, const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    line("", who, fmt, ap);
    va_end(ap);
}

void log_raw(const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    g_mutex_lock(&lock);
    print_item(fmt, ap);
    g_mutex_unlock(&lock);
    va_end(ap);
}

/* Lock held. The last source is everybody's whose name found no place. */
static struct warn_source *source_of(const char *who)
{
    size_t i;
    for (i = 0; i + 1 < WARN_SOURCES && sources[i].who[0]; i++) {
        if (strncmp(sources[i].who, who, sizeof sources[i].who - 1) == 0) {
            return &sources[i];
        }
    }
    if (i + 1 < WARN_SOURCES) {
        g_strlcpy(sources[i].who, who, sizeof sources[i].who);
    }
    return &sources[i];
}

void guest_warn(const char *who, const char *fmt, ...)
{
    if (!log_enabled(LOG_GUEST_ERRORS)) {
        return;
    }
    const char *name = who ? who : "guest";
    va_list ap;
    va_start(ap, fmt);
    g_mutex_lock(&lock);
    struct warn_source *s = source_of(name);
    int64_t now = os_clock_ns();
    if (s->lines >= WARN_BURST && now - s->window_ns >= WARN_INTERVAL_NS) {
        s->lines = WARN_BURST - 1;
    }
    if (s->lines < WARN_BURST) {
        if (s->dropped) {
            print_part("emu: guest: %s: %u more lines left out\n", name, s->dropped);
            s->dropped = 0;
        }
        s->lines++;
        s->window_ns = now;
        print_part("emu: guest: %s: ", name);
        print_item(fmt, ap);
        print_part("\n");
        fflush(out());
    } else {
        s->dropped++;
    }
    g_mutex_unlock(&lock);
    va_end(ap);
}

int log_open(const char *path)
{
    FILE *f = NULL;
    if (path) {
        char pid[24];
        snprintf(pid, sizeof pid, "%d", os_pid());
        char **parts = g_strsplit(path, "%d", -1);
        char *name = g_strjoinv(pid, parts);
        f = fopen(name, "w");
        int err = f ? 0 : -errno;
        g_free(name);
        g_strfreev(parts);
        if (!f) {
            return err;
        }
    }
    g_mutex_lock(&lock);
    if (file) {
        fclose(file);
    }
    file = f;
    g_mutex_unlock(&lock);
    return 0;
}

void log_hold(void)
{
    FILE *f = tmpfile();
    g_mutex_lock(&lock);
    if (f && !held) {
        fflush(stderr);
        held = f;
        f = NULL;
        held_lines = 0;
    }
    g_mutex_unlock(&lock);
    if (f) {
        fclose(f);
    }
}

void log_release(void)
{
    g_mutex_lock(&lock);
    if (held) {
        char buf[4096];
        size_t n;
        rewind(held);
        while ((n = fread(buf, 1, sizeof buf, held)) > 0) {
            fwrite(buf, 1, n, stderr);
        }
        fflush(stderr);
        fclose(held);
        held = NULL;
    }
    g_mutex_unlock(&lock);
}

unsigned log_held(char *last, size_t len)
{
    g_mutex_lock(&lock);
    unsigned n = held ? held_lines : 0;
    g_strlcpy(last, n ? held_last : "", len);
    g_mutex_unlock(&lock);
    return n;
}

void log_flush(void)
{
    g_mutex_lock(&lock);
    fflush(out());
    g_mutex_unlock(&lock);
}

static const struct log_item {
    const char *name;
    unsigned mask; /* 0: a name of QEMU's that we have nothing to say for */
    const char *help;
} items[] = {
    { "in_asm", LOG_IN_ASM, "each block of guest code when it is first decoded" },
    { "op", LOG_OP, "the translator's intermediate code" },
    { "out_asm", LOG_OUT_ASM, "the host code that was made" },
    { "exec", LOG_EXEC, "each block before it runs" },
    { "int", LOG_INT, "interrupts and exceptions" },
    { "cpu", LOG_CPU, "the CPU's registers before each block" },
    { "cpu_reset", LOG_CPU_RESET, "the CPU's registers before a reset" },
    { "guest_errors", LOG_GUEST_ERRORS, "what the guest does against the manuals" },
    { "unimp", LOG_UNIMP, "what the guest asks for and emu does not model" },
    { "mmu", LOG_MMU, "page walks" },
    { "pcall", LOG_PCALL, "far calls, returns and interrupts of protected mode" },
    { "invalid_mem", LOG_INVALID_MEM, "accesses to memory and ports where nothing is" },
    { "op_opt", 0, NULL },
    { "op_ind", 0, NULL },
    { "op_plugin", 0, NULL },
    { "fpu", 0, NULL },
    { "page", 0, NULL },
    { "nochain", 0, NULL },
    { "plugin", 0, NULL },
    { "strace", 0, NULL },
    { "tid", 0, NULL },
    { "vpu", 0, NULL },
};

static bool parse_number(const char *text, uint64_t max, uint64_t *v)
{
    char *end;
    *v = g_ascii_strtoull(text, &end, 0);
    return g_ascii_isdigit(*text) && *end == 0 && *v <= max;
}

/* vector=, cpl=, pc=, dev: and trace:, into f. -1: it is none of these; 0: bad; 1: fine. */
static int parse_option(const char *text, unsigned *mask, struct filter *f, size_t *ring_size)
{
    uint64_t v;
    if (g_str_has_prefix(text, "vector=")) {
        f->by_vector = parse_number(text + 7, 255, &v);
        f->vectors[f->by_vector ? v >> 6 : 0] |= f->by_vector ? 1ull << (v & 63) : 0;
        return f->by_vector;
    }
    if (g_str_has_prefix(text, "cpl=")) {
        f->by_cpl = parse_number(text + 4, 3, &v);
        f->cpls |= f->by_cpl ? 1u << v : 0;
        return f->by_cpl;
    }
    if (g_str_has_prefix(text, "pc=")) {
        bool ok = f->n_pc < RANGES_MAX && parse_range(text + 3, &f->pc[f->n_pc]);
        f->n_pc += ok;
        return ok;
    }
    if (g_str_has_prefix(text, "ring=")) {
        char *end;
        v = g_ascii_strtoull(text + 5, &end, 0);
        unsigned shift = *end == 'k' || *end == 'K' ? 10 : *end == 'm' || *end == 'M' ? 20 : 0;
        bool ok = g_ascii_isdigit(text[5]) && end[shift != 0] == 0 && v >= 1 &&
                  v <= RING_MAX >> shift;
        *ring_size = ok ? (size_t)v << shift : 0;
        return ok;
    }
    if (g_str_has_prefix(text, "dev:") && text[4]) {
        add_glob(f->dev, &f->n_dev, text + 4);
        *mask |= LOG_DEV;
        return 1;
    }
    if (g_str_has_prefix(text, "trace:") && text[6]) {
        add_glob(f->trace, &f->n_trace, text + 6);
        *mask |= LOG_TRACE;
        return 1;
    }
    return -1;
}

static void filter_clear(struct filter *f)
{
    for (unsigned i = 0; i < f->n_dev; i++) {
        g_free(f->dev[i]);
    }
    for (unsigned i = 0; i < f->n_trace; i++) {
        g_free(f->trace[i]);
    }
    memset(f, 0, sizeof *f);
}

static void filter_use(const struct filter *f, size_t ring_size)
{
    g_mutex_lock(&lock);
    filter_clear(&filter);
    filter = *f;
    if (ring_size != ring.size) {
        g_free(ring.buf);
        ring.buf = ring_size ? g_malloc(ring_size) : NULL;
        ring.size = ring_size;
        ring.at = 0;
        ring.wrapped = false;
    }
    g_mutex_unlock(&lock);
}

static bool parse_item(const char *name, unsigned *mask)
{
    if (strcmp(name, "all") == 0) {
        for (size_t i = 0; i < ARRAY_LEN(items); i++) {
            *mask |= items[i].mask;
        }
        return true;
    }
    if (strcmp(name, "none") == 0) {
        *mask = 0;
        return true;
    }
    bool lacking = false;
    for (size_t i = 0; i < ARRAY_LEN(items); i++) {
        if (strcmp(name, items[i].name) == 0) {
            *mask |= items[i].mask;
            lacking = items[i].mask == 0;
            if (!lacking) {
                return true;
            }
        }
    }
    if (lacking) {
        log_warn(NULL, "-d %s: emu has no such log item; it is ignored", name);
    }
    return lacking;
}

bool log_parse_mask(const char *text, unsigned *mask, const char **bad)
{
    static char unknown[64]; /* see the header */
    unsigned result = 0;
    size_t ring_size = 0;
    struct filter f;
    bool ok = true;
    memset(&f, 0, sizeof f);
    char **names = g_strsplit(text, ",", -1);
    for (char **n = names; ok && *n; n++) {
        int option = parse_option(*n, &result, &f, &ring_size);
        if (option == 0 || (option < 0 && **n && !parse_item(*n, &result))) {
            g_strlcpy(unknown, *n, sizeof unknown);
            ok = false;
        }
    }
    g_strfreev(names);
    if (ok) {
        filter_use(&f, ring_size);
        *mask = result;
    } else {
        filter_clear(&f);
    }
    if (!ok && bad) {
        *bad = unknown;
    }
    return ok;
}

const char *log_item(unsigned i, unsigned *mask)
{
    *mask = i < ARRAY_LEN(items) ? items[i].mask : 0;
    return *mask ? items[i].name : NULL; /* those without a mask stand last */
}

void log_print_items(void)
{
    puts("Log items (comma-separated):");
    for (size_t i = 0; i < ARRAY_LEN(items); i++) {
        if (items[i].mask) {
            printf("  %-14s %s\n", items[i].name, items[i].help);
        }
    }
    puts("  all            all of them\n"
         "  none           nothing\n"
         "  dev:GLOB       what a device is told, decoded: dev:ide, dev:* (-d dev:help)\n"
         "  trace:GLOB     trace events (-trace help)\n"
         "Filters:\n"
         "  vector=N       of int: only this vector; may be repeated\n"
         "  cpl=N          of int: only what interrupts this privilege level\n"
         "  pc=A..B        only code in this range, also A+LENGTH; as -dfilter does\n"
         "  ring=SIZE      keep the last SIZE bytes in memory, write them when the guest dies");
}

/* --- -strict ---------------------------------------------------------------------------------- */

#define STRICT_PLACES 4096 /* a power of two; when half of them are taken no more is said */

unsigned strict_mask;
struct strict_ram strict_ram;
static struct strict_place place;
static struct {
    uint64_t key;
    unsigned kind;
} seen[STRICT_PLACES];
static unsigned n_seen;

static const char *const strict_names[] = { "unmapped", "rom", "reserved", "access",
                                            "eoi",      "wx",  "a20",      "uninit" };

void strict_set_place(const struct strict_place *p)
{
    place = *p;
}

/* Lock held: is it new? */
static bool strict_new(unsigned kind, uint64_t key)
{
    uint64_t h = (key ^ kind) * 0x9e3779b97f4a7c15ull;
    for (unsigned i = (unsigned)(h >> 52);; i++) {
        unsigned at = i & (STRICT_PLACES - 1);
        if (!seen[at].kind) {
            if (n_seen >= STRICT_PLACES / 2) {
                return false;
            }
            seen[at].key = key;
            seen[at].kind = kind;
            n_seen++;
            return true;
        }
        if (seen[at].key == key && seen[at].kind == kind) {
            return false;
        }
    }
}

void strict_report(enum strict_kind kind, uint64_t key, const char *fmt, ...)
{
    uint64_t pc;
    if (kind != STRICT_WX && place.pc && place.pc(place.opaque, &pc)) {
        key = pc;
    }
    g_mutex_lock(&lock);
    bool fresh = strict_new(kind, key), last = fresh && n_seen == STRICT_PLACES / 2;
    g_mutex_unlock(&lock);
    if (!fresh) {
        return;
    }
    va_list ap;
    va_start(ap, fmt);
    char *what = g_strdup_vprintf(fmt, ap);
    va_end(ap);
    char *where = place.backtrace ? place.backtrace(place.opaque) : NULL;
    unsigned name = 0;
    while (!(kind >> name & 1)) {
        name++;
    }
    log_info(NULL, "strict: %s: %s%s%s", strict_names[name], what, where ? "\n" : "",
             where ? where : "");
    if (last) {
        log_info(NULL, "strict: that is enough; no more is reported");
    }
    g_free(what);
    g_free(where);
}

bool strict_parse(const char *list, unsigned *mask, const char **bad)
{
    static char unknown[64];
    bool ok = true;
    *mask = 0;
    if (!list || !*list) {
        *mask = STRICT_UNINIT - 1;
        return true;
    }
    char **words = g_strsplit(list, ",", -1);
    for (char **w = words; ok && *w; w++) {
        ok = strcmp(*w, "all") == 0;
        *mask |= ok ? 2 * STRICT_UNINIT - 1 : 0;
        for (size_t i = 0; i < ARRAY_LEN(strict_names); i++) {
            bool it = strcmp(*w, strict_names[i]) == 0;
            ok |= it;
            *mask |= it ? 1u << i : 0;
        }
        if (!ok) {
            g_strlcpy(unknown, *w, sizeof unknown);
            *bad = unknown;
        }
    }
    g_strfreev(words);
    return ok;
}

void strict_ram_start(uint8_t *host, size_t size, uint64_t seed)
{
    uint64_t x = seed * 2 + 1;
    for (size_t i = 0; i + 8 <= size; i += 8) {
        x ^= x << 13;
        x ^= x >> 7;
        x ^= x << 17;
        memcpy(host + i, &x, 8);
    }
    strict_ram.host = host;
    strict_ram.size = size;
    strict_ram.bits = g_malloc0(size / 8 + 1);
}

void strict_ram_stop(void)
{
    g_free(strict_ram.bits);
    memset(&strict_ram, 0, sizeof strict_ram);
}

static bool in_ram(const uint8_t *host, size_t len)
{
    const struct strict_ram *r = &strict_ram;
    return r->bits && host >= r->host && (size_t)(host - r->host) <= r->size &&
           len <= r->size - (size_t)(host - r->host);
}

void strict_ram_written(const uint8_t *host, size_t len)
{
    if (!in_ram(host, len)) {
        return;
    }
    size_t at = (size_t)(host - strict_ram.host), end = at + len;
    for (; at < end; at++) {
        if (!(at & 7) && end - at >= 8) {
            __atomic_store_n(&strict_ram.bits[at >> 3], 0xff, __ATOMIC_RELAXED);
            at += 7;
        } else {
            __atomic_fetch_or(&strict_ram.bits[at >> 3], (uint8_t)(1u << (at & 7)),
                              __ATOMIC_RELAXED);
        }
    }
}

size_t strict_ram_unwritten(const uint8_t *host, size_t len)
{
    if (!in_ram(host, len)) {
        return len;
    }
    size_t at = (size_t)(host - strict_ram.host);
    for (size_t i = 0; i < len; i++) {
        uint8_t b = __atomic_load_n(&strict_ram.bits[(at + i) >> 3], __ATOMIC_RELAXED);
        if (b == 0xff && !((at + i) & 7)) {
            i += 7;
        } else if (!(b >> ((at + i) & 7) & 1)) {
            return i;
        }
    }
    return len;
}
