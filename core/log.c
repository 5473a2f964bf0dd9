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

static FILE *out(void)
{
    return file ? file : stderr;
}

/* Lock held. */
static void print_line(FILE *f, const char *level, const char *who, const char *fmt, va_list ap)
{
    fprintf(f, "emu: %s%s%s", level, who ? who : "", who ? ": " : "");
    vfprintf(f, fmt, ap);
    fputc('\n', f);
    fflush(f);
}

/* A word to the user: on the terminal even when -D takes the log, and there as well. */
static void line(const char *level, const char *who, const char *fmt, va_list ap)
{
    va_list again;
    va_copy(again, ap);
    g_mutex_lock(&lock);
    print_line(stderr, level, who, fmt, ap);
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
    vfprintf(out(), fmt, ap);
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
            fprintf(out(), "emu: guest: %s: %u more lines left out\n", name, s->dropped);
            s->dropped = 0;
        }
        s->lines++;
        s->window_ns = now;
        fprintf(out(), "emu: guest: %s: ", name);
        vfprintf(out(), fmt, ap);
        fputc('\n', out());
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
    { "invalid_mem", 0, NULL },
};

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
    bool lacking = g_str_has_prefix(name, "trace:");
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
    bool ok = true;
    char **names = g_strsplit(text, ",", -1);
    for (char **n = names; ok && *n; n++) {
        if (**n && !parse_item(*n, &result)) {
            g_strlcpy(unknown, *n, sizeof unknown);
            ok = false;
        }
    }
    g_strfreev(names);
    if (ok) {
        *mask = result;
    } else if (bad) {
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
    puts("  all            all of them");
    puts("  none           nothing");
}
