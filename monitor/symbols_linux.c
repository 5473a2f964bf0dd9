/* SPDX-License-Identifier: MIT */
/*
 * kallsyms out of a running kernel's memory. Layouts: scripts/kallsyms.c of Linux 4.6 to 6.1, from
 * 6.4 on (offsets behind the token index), and those between. There is no pointer to any of it, so
 * the search begins with the one part that looks the same everywhere: the tokens of the digits.
 */
#include "monitor/symbols_linux.h"

#include <stdlib.h>
#include <string.h>

#include <glib.h>

#include "monitor/symbols.h"

#define KERNEL_FIRST 0xffffffff80000000ull
#define KERNEL_LAST  0xffffffffc0000000ull
#define BEHIND       (64u << 20) /* how far from the system call entry the tables may be */
#define CHUNK        (64u << 10)
#define MAX_TOKEN    64u
#define MAX_SYMS     1000000u
#define MAX_NAME     512u
#define NAMES_MAX    ((size_t)12 << 20)
/* What a guest that forges tables can cost at most. */
#define MAX_TRIES    8u
#define MAX_WALKED   ((size_t)16 << 20) /* names looked at */
#define MAX_TEXT     ((size_t)48 << 20) /* bytes of names kept */

struct tables {
    const struct x86_view *v;
    uint64_t tokens, index, markers, names, offsets, base; /* addresses; base is the value */
    char token[256][MAX_TOKEN];
    uint32_t n;
};

static uint64_t load(const struct x86_view *v, uint64_t lin, unsigned size)
{
    uint64_t x = 0;
    return x86_view_read(v, lin, &x, size) == size ? x : 0;
}

/* --- the search ----------------------------------------------------------------------------- */

static const uint8_t digits[20] = {'0', 0, '1', 0, '2', 0, '3', 0, '4', 0,
                                   '5', 0, '6', 0, '7', 0, '8', 0, '9', 0};

/* Token 0 is 48 strings before the digit 0, the tables are 8-byte aligned. */
static bool tokens_at(struct tables *t, uint64_t digit0)
{
    uint8_t back[48 * MAX_TOKEN];
    size_t have = sizeof back;
    unsigned seen = 0;
    if (x86_view_read(t->v, digit0 - have, back, have) != have || back[have - 1] != 0) {
        return false;
    }
    size_t p = have - 1;
    while (p > 0 && seen < 48) {
        p--;
        seen += back[p] == 0;
    }
    /* p is the NUL (or padding) before token 0; tokens are never empty */
    t->tokens = digit0 - have + p + 1;
    if (seen < 48 || (t->tokens & 7)) {
        return false;
    }
    uint64_t at = t->tokens;
    for (unsigned k = 0; k < 256; k++) {
        size_t n = x86_view_read(t->v, at, t->token[k], MAX_TOKEN);
        char *end = memchr(t->token[k], 0, n);
        if (!end) {
            return false;
        }
        at += (uint64_t)(end - t->token[k]) + 1;
    }
    t->index = (at + 7) & ~7ull;
    return load(t->v, t->index, 2) == 0 &&
           load(t->v, t->index + 2, 2) == strlen(t->token[0]) + 1;
}

/* kallsyms_markers ends where the tokens begin: walk back through ascending numbers to the 0. */
static unsigned find_markers(struct tables *t)
{
    uint64_t at = t->tokens - 4;
    uint32_t later = (uint32_t)load(t->v, at, 4);
    unsigned n = 1;
    if (later == 0) { /* padding */
        at -= 4;
        later = (uint32_t)load(t->v, at, 4);
    }
    while (later && n < MAX_SYMS / 256) {
        uint32_t v = (uint32_t)load(t->v, at - 4, 4);
        if (v >= later) {
            return 0;
        }
        at -= 4;
        later = v;
        n++;
    }
    t->markers = at;
    return n;
}

/* Length of the name at `at` (in tokens) and the bytes of its length. */
static unsigned name_len(const struct tables *t, uint64_t at, unsigned *prefix)
{
    unsigned n = (unsigned)load(t->v, at, 1);
    *prefix = 1;
    if (n & 0x80) { /* since 6.1 */
        n = (n & 0x7f) | (unsigned)load(t->v, at + 1, 1) << 7;
        *prefix = 2;
    }
    return n;
}

/* kallsyms_names begins right behind the count of symbols; its first 256 names end where the
 * second marker says. */
static bool find_names(struct tables *t, unsigned n_markers)
{
    uint32_t last = (uint32_t)load(t->v, t->markers + (n_markers - 1) * 4, 4);
    uint32_t second = (uint32_t)load(t->v, t->markers + 4, 4);
    uint64_t top = (t->markers - last) & ~7ull;
    for (uint64_t q = top; n_markers > 1 && q > top - (64u << 10); q -= 8) {
        uint64_t n = load(t->v, q - 8, 8);
        uint64_t at = q;
        if (n <= (n_markers - 1) * 256u || n > n_markers * 256u) {
            continue;
        }
        for (unsigned k = 0; k < 256; k++) {
            unsigned prefix, len = name_len(t, at, &prefix);
            at += len + prefix;
        }
        if (at - q == second) {
            t->names = q;
            t->n = (uint32_t)n;
            return true;
        }
    }
    return false;
}

static bool is_kernel(uint64_t a)
{
    return a >= KERNEL_FIRST && a < KERNEL_LAST;
}

/* Walks all names from p; their length in bytes, 0 if they do not end before `room` or are not
 * names. */
static size_t names_length(const uint8_t *p, size_t room, uint64_t n, size_t *budget)
{
    size_t at = 0;
    for (uint64_t k = 0; k < n; k++) {
        if (at + 2 > room || !*budget) {
            return 0;
        }
        --*budget;
        size_t len = p[at], prefix = 1;
        if (len & 0x80) {
            len = (len & 0x7f) | (size_t)p[at + 1] << 7;
            prefix = 2;
        }
        if (len == 0 || len > MAX_NAME || at + len + prefix > room) {
            return 0;
        }
        at += len + prefix;
    }
    return at;
}

/* Where kallsyms_seqs_of_names lies between markers and tokens (6.2, 6.3 and later 6.1.y): the
 * count of symbols follows kallsyms_relative_base, which is an address of the kernel. */
static bool find_names_by_base(struct tables *t)
{
    size_t size = NAMES_MAX, budget = MAX_WALKED;
    uint8_t *buf = g_malloc0(size);
    bool found = false;
    for (size_t at = 0; at < size; at += 4096) {
        x86_view_read(t->v, (t->tokens & ~7ull) - size + at, buf + at, 4096);
    }
    for (size_t q = size - 8; q >= 16 && !found; q -= 8) {
        uint64_t base, n;
        memcpy(&base, buf + q - 16, 8);
        memcpy(&n, buf + q - 8, 8);
        if (!is_kernel(base) || n < 256 || n > MAX_SYMS) {
            continue;
        }
        size_t len = names_length(buf + q, size - q, n, &budget);
        if (len) {
            t->names = t->tokens - size + q;
            t->markers = t->names + len;
            t->n = (uint32_t)n;
            found = true;
        }
    }
    g_free(buf);
    return found;
}

static bool find_offsets(struct tables *t)
{
    uint64_t bytes = ((uint64_t)t->n * 4 + 7) & ~7ull;
    t->base = load(t->v, t->names - 16, 8);
    t->offsets = t->names - 16 - bytes;
    if (!is_kernel(t->base)) { /* since 6.4 */
        t->offsets = (t->index + 512 + 7) & ~7ull;
        t->base = load(t->v, t->offsets + bytes, 8);
    }
    return is_kernel(t->base);
}

/* memmem is not ISO C. */
static uint8_t *find_digits(uint8_t *p, const uint8_t *end)
{
    while ((size_t)(end - p) >= sizeof digits &&
           (p = memchr(p, digits[0], (size_t)(end - p) - sizeof digits + 1))) {
        if (memcmp(p, digits, sizeof digits) == 0) {
            return p;
        }
        p++;
    }
    return NULL;
}

static bool find_tables(struct tables *t, uint64_t anchor)
{
    uint8_t *buf = g_malloc(CHUNK + sizeof digits);
    uint64_t from = anchor > KERNEL_FIRST + BEHIND ? (anchor - BEHIND) & ~4095ull : KERNEL_FIRST;
    bool found = false;
    unsigned tries = 0;
    for (uint64_t at = from; at < anchor + BEHIND && !found; at += CHUNK) {
        size_t n = x86_view_read(t->v, at, buf, CHUNK + sizeof digits);
        uint8_t *p = buf;
        if (!n) {
            at -= CHUNK - 4096; /* the next page */
        }
        while (!found && tries < MAX_TRIES && (p = find_digits(p, buf + n))) {
            found = tokens_at(t, at + (uint64_t)(p - buf));
            tries += found;
            unsigned markers = found ? find_markers(t) : 0;
            found = found && ((markers && find_names(t, markers)) || find_names_by_base(t)) &&
                    find_offsets(t);
            p++;
        }
    }
    g_free(buf);
    return found;
}

/* --- the names ------------------------------------------------------------------------------ */

struct entry {
    uint64_t addr;
    char *name;
};

static gint by_address(gconstpointer a, gconstpointer b)
{
    const struct entry *x = a, *y = b;
    return x->addr < y->addr ? -1 : x->addr > y->addr;
}

static void special(struct linux_guest *g, const struct x86_view *v, const char *name,
                    uint64_t addr)
{
    char banner[32] = "";
    if (strcmp(name, "__start_orc_unwind_ip") == 0) {
        g->orc_ip = addr;
    } else if (strcmp(name, "__stop_orc_unwind_ip") == 0) {
        g->orc_end = addr;
    } else if (strcmp(name, "__start_orc_unwind") == 0) {
        g->orc = addr;
    } else if (strcmp(name, "linux_banner") == 0 &&
               x86_view_read(v, addr, banner, sizeof banner - 1) == sizeof banner - 1 &&
               strncmp(banner, "Linux version ", 14) == 0) {
        char *rest;
        unsigned major = (unsigned)strtoul(banner + 14, &rest, 10);
        unsigned minor = *rest == '.' ? (unsigned)strtoul(rest + 1, NULL, 10) : 0;
        g->version = (major & 0xff) << 16 | (minor & 0xff) << 8;
    }
}

/* Whole tables at once: a name is a few bytes, and each read from the guest is a page walk. */
static void read_names(struct tables *t, struct linux_guest *g, GArray *out)
{
    size_t len = (size_t)(t->markers - t->names);
    uint8_t *raw = g_try_malloc(len + 4);
    int32_t *off = g_try_malloc((size_t)t->n * 4);
    if (!raw || !off || x86_view_read(t->v, t->names, raw, len) != len ||
        x86_view_read(t->v, t->offsets, off, (size_t)t->n * 4) != (size_t)t->n * 4) {
        g_free(raw);
        g_free(off);
        return;
    }
    size_t at = 0, kept = 0;
    for (uint32_t k = 0; k < t->n && at < len && kept < MAX_TEXT; k++) {
        char name[MAX_NAME];
        size_t used = 0, n = raw[at++];
        if ((n & 0x80) && at < len) {
            n = (n & 0x7f) | (size_t)raw[at++] << 7;
        }
        for (size_t i = 0; i < n && at < len; i++, at++) {
            const char *tok = t->token[raw[at]];
            size_t tl = strlen(tok);
            if (used + tl < sizeof name) {
                memcpy(name + used, tok, tl);
                used += tl;
            }
        }
        name[used] = 0;
        uint64_t addr = off[k] >= 0 ? (uint64_t)off[k] : t->base - 1 - (int64_t)off[k];
        if (used < 2 || !is_kernel(addr)) {
            continue;
        }
        special(g, t->v, name + 1, addr);
        if (strchr("tTwW", name[0])) {
            struct entry e = {addr, g_strdup(name + 1)};
            kept += used + sizeof e;
            g_array_append_val(out, e);
        }
    }
    g_free(raw);
    g_free(off);
}

static void put_names(struct symbols *s, GArray *names)
{
    g_array_sort(names, by_address);
    for (guint i = 0; i < names->len; i++) {
        struct entry *e = &g_array_index(names, struct entry, i);
        guint next = i + 1;
        while (next < names->len && g_array_index(names, struct entry, next).addr == e->addr) {
            next++;
        }
        uint64_t end = next < names->len ? g_array_index(names, struct entry, next).addr : e->addr;
        if (s) {
            symbols_put(s, e->addr, end - e->addr, e->name);
        }
        g_free(e->name);
    }
}

void linux_guest_find(struct linux_guest *g, const struct x86_view *v, struct symbols *s)
{
    memset(g, 0, sizeof *g);
    uint64_t anchor = v->st->msr.lstar; /* entry_SYSCALL_64 */
    struct tables *t = g_new0(struct tables, 1);
    t->v = v;
    if (is_kernel(anchor) && find_tables(t, anchor)) {
        GArray *names = g_array_new(FALSE, FALSE, sizeof(struct entry));
        read_names(t, g, names);
        g->names = names->len;
        put_names(s, names);
        g_array_free(names, TRUE);
        g->found = g->names > 0 && g->version;
    }
    g_free(t);
}

/* --- ORC: arch/x86/kernel/unwind_orc.c ------------------------------------------------------ */

enum {
    ORC_REG_UNDEFINED, ORC_REG_PREV_SP, ORC_REG_DX, ORC_REG_DI, ORC_REG_BP, ORC_REG_SP, ORC_REG_R10,
    ORC_REG_R13, ORC_REG_BP_INDIRECT, ORC_REG_SP_INDIRECT
};
enum orc_type { ORC_END, ORC_CALL, ORC_REGS, ORC_IRET };

struct orc {
    int16_t sp_off, bp_off;
    unsigned sp_reg, bp_reg;
    enum orc_type type;
};

static bool orc_find(const struct linux_guest *g, const struct x86_view *v, uint64_t ip,
                     struct orc *o)
{
    uint64_t lo = 0, hi = (g->orc_end - g->orc_ip) / 4;
    uint8_t raw[6];
    if (!g->orc_ip || g->orc_end <= g->orc_ip || !g->orc || hi > 10000000) {
        return false;
    }
    while (lo < hi) { /* the last entry at or below ip */
        uint64_t mid = lo + (hi - lo) / 2, at = g->orc_ip + mid * 4;
        uint64_t where = at + (uint64_t)(int64_t)(int32_t)load(v, at, 4);
        if (where <= ip) {
            lo = mid + 1;
        } else {
            hi = mid;
        }
    }
    if (lo == 0 || x86_view_read(v, g->orc + (lo - 1) * 6, raw, 6) != 6) {
        return false;
    }
    unsigned flags = raw[4] | (unsigned)raw[5] << 8;
    o->sp_off = (int16_t)(raw[0] | raw[1] << 8);
    o->bp_off = (int16_t)(raw[2] | raw[3] << 8);
    o->sp_reg = flags & 15;
    o->bp_reg = flags >> 4 & 15;
    if (g->version >= 0x60400) { /* undefined, end, call, regs, partial regs */
        static const enum orc_type types[8] = {ORC_END, ORC_END, ORC_CALL, ORC_REGS, ORC_IRET,
                                               ORC_END, ORC_END, ORC_END};
        o->type = types[flags >> 8 & 7];
    } else { /* call, regs, partial regs; and a bit that ends */
        static const enum orc_type types[4] = {ORC_CALL, ORC_REGS, ORC_IRET, ORC_END};
        o->type = flags >> 10 & 1 ? ORC_END : types[flags >> 8 & 3];
    }
    return o->type != ORC_END && o->sp_reg != ORC_REG_UNDEFINED;
}

bool linux_orc_step(const struct linux_guest *g, const struct x86_view *v, bool first,
                    uint64_t *rip, uint64_t *sp, uint64_t *bp, bool *trap)
{
    struct orc o;
    uint64_t cfa;
    if (!orc_find(g, v, first ? *rip : *rip - 1, &o)) {
        return false;
    }
    switch (o.sp_reg) {
    case ORC_REG_SP: cfa = *sp + (uint64_t)(int64_t)o.sp_off; break;
    case ORC_REG_BP: cfa = *bp + (uint64_t)(int64_t)o.sp_off; break;
    case ORC_REG_SP_INDIRECT: cfa = load(v, *sp, 8) + (uint64_t)(int64_t)o.sp_off; break;
    case ORC_REG_BP_INDIRECT: cfa = load(v, *bp + (uint64_t)(int64_t)o.sp_off, 8); break;
    case ORC_REG_R10: cfa = v->st->gpr[X86_R10]; break;
    case ORC_REG_R13: cfa = v->st->gpr[X86_R13]; break;
    case ORC_REG_DI: cfa = v->st->gpr[X86_RDI]; break;
    case ORC_REG_DX: cfa = v->st->gpr[X86_RDX]; break;
    default: return false;
    }
    uint64_t old = *sp, old_bp = *bp;
    *trap = o.type != ORC_CALL;
    if (o.type == ORC_CALL) {
        *rip = load(v, cfa - 8, 8);
        *sp = cfa;
    } else if (o.type == ORC_REGS) { /* struct pt_regs */
        *rip = load(v, cfa + 128, 8);
        *sp = load(v, cfa + 152, 8);
        *bp = load(v, cfa + 32, 8);
    } else { /* an IRET frame */
        *rip = load(v, cfa, 8);
        *sp = load(v, cfa + 24, 8);
    }
    if (o.bp_reg == ORC_REG_PREV_SP) {
        *bp = load(v, cfa + (uint64_t)(int64_t)o.bp_off, 8);
    } else if (o.bp_reg == ORC_REG_BP) {
        *bp = load(v, old_bp + (uint64_t)(int64_t)o.bp_off, 8);
    }
    return is_kernel(*rip) && (o.type != ORC_CALL || *sp > old);
}
