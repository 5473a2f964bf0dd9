/* SPDX-License-Identifier: MIT */
/*
 * The table of names, and its sources: ELF (System V gABI, chapter 4) and lines of `nm`.
 */
#include "monitor/symbols.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/device.h"
#include "core/opts.h"
#include "monitor/symbols_int.h"

#define MAX_SYMBOLS 4000000u
#define MAX_NAME    512u
#define FAR_AWAY    0x100000u /* a symbol without size holds no address farther off */

struct sym {
    uint64_t addr, size;
    char *name; /* as in the file */
};

struct symbols {
    GArray *syms;
    bool sorted;
    char *last; /* demangled name given out last */
    GPtrArray *lines; /* struct symbols_lines */
};

struct symbols *symbols_new(void)
{
    struct symbols *s = g_new0(struct symbols, 1);
    s->syms = g_array_new(FALSE, FALSE, sizeof(struct sym));
    s->lines = g_ptr_array_new();
    s->sorted = true;
    return s;
}

void symbols_forget(struct symbols *s)
{
    for (guint i = 0; i < s->syms->len; i++) {
        g_free(g_array_index(s->syms, struct sym, i).name);
    }
    g_array_set_size(s->syms, 0);
    s->sorted = true;
}

void symbols_free(struct symbols *s)
{
    if (!s) {
        return;
    }
    symbols_forget(s);
    g_array_free(s->syms, TRUE);
    for (guint i = 0; i < s->lines->len; i++) {
        struct symbols_lines *l = g_ptr_array_index(s->lines, i);
        l->ops->free(l->opaque);
        g_free(l);
    }
    g_ptr_array_unref(s->lines);
    g_free(s->last);
    g_free(s);
}

size_t symbols_count(const struct symbols *s)
{
    return s->syms->len;
}

void symbols_put(struct symbols *s, uint64_t addr, uint64_t size, const char *name)
{
    if (s->syms->len >= MAX_SYMBOLS || !*name) {
        return;
    }
    struct sym e = {addr, size, g_strndup(name, MAX_NAME)};
    g_array_append_val(s->syms, e);
    s->sorted = false;
}

/* By address; of several at one address those with a size come last, which is what a look-up
 * finds first. */
static gint by_address(gconstpointer a, gconstpointer b)
{
    const struct sym *x = a, *y = b;
    if (x->addr != y->addr) {
        return x->addr < y->addr ? -1 : 1;
    }
    return x->size < y->size ? -1 : x->size > y->size;
}

static const struct sym *look_up(struct symbols *s, uint64_t addr)
{
    if (!s->sorted) {
        g_array_sort(s->syms, by_address);
        s->sorted = true;
    }
    guint lo = 0, hi = s->syms->len;
    while (lo < hi) {
        guint mid = lo + (hi - lo) / 2;
        if (g_array_index(s->syms, struct sym, mid).addr <= addr) {
            lo = mid + 1;
        } else {
            hi = mid;
        }
    }
    if (!lo) {
        return NULL;
    }
    const struct sym *e = &g_array_index(s->syms, struct sym, lo - 1);
    uint64_t reach = e->size ? e->size : FAR_AWAY;
    return addr - e->addr < reach || (addr == e->addr) ? e : NULL;
}

const char *symbols_name(struct symbols *s, uint64_t addr, uint64_t *off)
{
    const struct sym *e = look_up(s, addr);
    if (!e) {
        return NULL;
    }
    g_free(s->last);
    s->last = symbols_demangle(e->name);
    *off = addr - e->addr;
    return s->last;
}

/* at: where to look up; addr: whose offset is printed. */
static void describe(struct symbols *s, uint64_t at, uint64_t addr, char *out, size_t cap)
{
    uint64_t off = 0;
    const char *name = symbols_name(s, at, &off);
    off += addr - at;
    char where[128] = "";
    for (guint i = 0; i < s->lines->len && !*where; i++) {
        struct symbols_lines *l = g_ptr_array_index(s->lines, i);
        if (!l->ops->line(l->opaque, at - l->offset, where, sizeof where)) {
            *where = 0;
        }
    }
    const struct sym *e = name ? look_up(s, at) : NULL;
    g_snprintf(out, cap, "%s", "");
    if (e && e->size) {
        g_snprintf(out, cap, "%s+0x%" PRIx64 "/0x%" PRIx64, name, off, e->size);
    } else if (e) {
        g_snprintf(out, cap, "%s+0x%" PRIx64, name, off);
    }
    if (*where) {
        size_t n = strlen(out);
        g_snprintf(out + n, cap - n, "%s(%s)", n ? " " : "", where);
    }
}

void symbols_text(struct symbols *s, uint64_t addr, char *out, size_t cap)
{
    describe(s, addr, addr, out, cap);
}

void symbols_text_return(struct symbols *s, uint64_t addr, char *out, size_t cap)
{
    describe(s, addr - 1, addr, out, cap);
}

bool symbols_unwind(struct symbols *s, struct symbols_frame *f)
{
    for (guint i = 0; i < s->lines->len; i++) {
        struct symbols_lines *l = g_ptr_array_index(s->lines, i);
        if (l->ops->unwind(l->opaque, f->pc - l->offset - !f->exact, f)) {
            return true;
        }
    }
    return false;
}

bool symbols_find(struct symbols *s, const char *name, uint64_t *addr)
{
    for (guint i = 0; i < s->syms->len; i++) {
        const struct sym *e = &g_array_index(s->syms, struct sym, i);
        if (strcmp(e->name, name) == 0) {
            *addr = e->addr;
            return true;
        }
    }
    return false;
}

/* --- ELF ------------------------------------------------------------------------------------ */

struct file {
    const uint8_t *p;
    uint64_t len;
};

static uint64_t get(const struct file *f, uint64_t off, unsigned size)
{
    uint64_t v = 0;
    if (off > f->len || f->len - off < size) {
        return 0;
    }
    for (unsigned i = 0; i < size; i++) {
        v |= (uint64_t)f->p[off + i] << (8 * i);
    }
    return v;
}

/* One section header: type, offset, size, link. */
struct section {
    uint32_t type, link;
    uint64_t off, size;
};

static struct section section_at(const struct file *f, bool wide, uint64_t at)
{
    return (struct section){
        .type = (uint32_t)get(f, at + 4, 4),
        .off = wide ? get(f, at + 24, 8) : get(f, at + 16, 4),
        .size = wide ? get(f, at + 32, 8) : get(f, at + 20, 4),
        .link = (uint32_t)(wide ? get(f, at + 40, 4) : get(f, at + 24, 4)),
    };
}

static void add_elf_symbol(struct symbols *s, const struct file *f, bool wide, uint64_t at,
                           const struct section *names, uint64_t offset)
{
    uint32_t name = (uint32_t)get(f, at, 4);
    unsigned info = (unsigned)get(f, wide ? at + 4 : at + 12, 1);
    unsigned shndx = (unsigned)get(f, wide ? at + 6 : at + 14, 2);
    uint64_t addr = wide ? get(f, at + 8, 8) : get(f, at + 4, 4);
    uint64_t size = wide ? get(f, at + 16, 8) : get(f, at + 8, 4);
    unsigned type = info & 15;
    if (type > 2 || shndx == 0 || name >= names->size) { /* NOTYPE, OBJECT, FUNC; defined */
        return;
    }
    const char *text = (const char *)f->p + names->off + name;
    size_t room = (size_t)(names->size - name);
    if (*text == '$' || !memchr(text, 0, room)) {
        return;
    }
    symbols_put(s, addr + offset, size, text);
}

static bool add_elf(struct symbols *s, const struct file *f, uint64_t offset)
{
    bool wide = get(f, 4, 1) == 2;
    uint64_t shoff = wide ? get(f, 40, 8) : get(f, 32, 4);
    unsigned entsize = (unsigned)get(f, wide ? 58 : 46, 2), n = (unsigned)get(f, wide ? 60 : 48, 2);
    size_t before = s->syms->len;
    if (entsize < (wide ? 64u : 40u) || shoff > f->len || (f->len - shoff) / entsize < n) {
        return false;
    }
    for (unsigned i = 0; i < n; i++) {
        struct section sec = section_at(f, wide, shoff + (uint64_t)i * entsize);
        if (sec.type != 2 || sec.link >= n) { /* SHT_SYMTAB */
            continue;
        }
        struct section names = section_at(f, wide, shoff + (uint64_t)sec.link * entsize);
        if (sec.off > f->len || f->len - sec.off < sec.size || names.off > f->len ||
            f->len - names.off < names.size) {
            continue;
        }
        unsigned each = wide ? 24 : 16;
        for (uint64_t at = 0; at + each <= sec.size; at += each) {
            add_elf_symbol(s, f, wide, sec.off + at, &names, offset);
        }
    }
    return s->syms->len > before;
}

/* --- maps ----------------------------------------------------------------------------------- */

/* "ffffffff81000000 T _text" a line. */
static bool add_map(struct symbols *s, const struct file *f, uint64_t offset)
{
    size_t before = s->syms->len;
    char line[MAX_NAME + 64];
    const char *p = (const char *)f->p, *end = p + f->len;
    while (p < end) {
        const char *nl = memchr(p, '\n', (size_t)(end - p));
        size_t n = nl ? (size_t)(nl - p) : (size_t)(end - p);
        char *rest;
        g_strlcpy(line, p, MIN(n + 1, sizeof line));
        uint64_t addr = g_ascii_strtoull(line, &rest, 16);
        if (rest > line && *rest == ' ' && rest[1] && rest[2] == ' ' && rest[3]) {
            rest[3 + strcspn(rest + 3, "\t\r ")] = 0;
            if (strchr("tTwWdDbBrRvV", rest[1])) {
                symbols_put(s, addr + offset, 0, rest + 3);
            }
        }
        p += n + 1;
    }
    return s->syms->len > before;
}

/* --- files ---------------------------------------------------------------------------------- */

static bool add_file(struct symbols *s, const char *path, uint64_t offset, GError **err)
{
    GMappedFile *m = g_mapped_file_new(path, FALSE, err);
    if (!m) {
        return false;
    }
    struct file f = {(const uint8_t *)g_mapped_file_get_contents(m), g_mapped_file_get_length(m)};
    bool elf = f.len >= 64 && memcmp(f.p, "\177ELF", 4) == 0;
    bool ok = elf ? add_elf(s, &f, offset) : f.len && add_map(s, &f, offset);
    g_mapped_file_unref(m);
    if (elf) {
        ok |= symbols_add_lines(s->lines, path, offset);
    }
    if (!ok) {
        g_set_error(err, EMU_ERROR, EMU_ERROR_CONFIG,
                    elf ? "%s has neither symbols nor unwind tables (it is stripped)"
                        : "%s is neither an ELF file nor a map of symbols (as of nm)", path);
    }
    return ok;
}

bool symbols_add(struct symbols *s, const char *spec, GError **err)
{
    static const char *const known[] = {"file", "offset", NULL};
    struct opts *o = opts_parse(spec, "file", err);
    bool ok = false;
    if (!o) {
        return false;
    }
    const char *file = opts_get(o, "file"), *text = opts_get(o, "offset");
    char *rest = NULL;
    bool minus = text && *text == '-';
    uint64_t offset = text ? g_ascii_strtoull(text + minus, &rest, 0) : 0;
    if (!opts_check_keys(o, "-symbols", known, err)) {
        ok = false;
    } else if (!file || (text && (*rest || rest == text + minus))) {
        g_set_error(err, EMU_ERROR, EMU_ERROR_CONFIG, "%s", !file ? "no file is named"
                                                                  : "offset= is no number");
    } else {
        ok = add_file(s, file, minus ? 0 - offset : offset, err);
    }
    opts_free(o);
    return ok;
}
