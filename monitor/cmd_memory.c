/* SPDX-License-Identifier: MIT */
/*
 * Commands that look at memory and ports: x, xp, print, gva2gpa, walk, memsave, i, o.
 */
#include <string.h>

#include "accel/x86/disas.h"
#include "core/ioport.h"
#include "core/physmem.h"
#include "monitor/commands.h"
#include "os/os.h"

/* --- formats ------------------------------------------------------------------------------- */

struct format {
    int64_t count;
    char kind;     /* x d u o c i */
    unsigned size; /* 1, 2, 4, 8 */
};

/* "/20xw": count, kind and size in any order. */
static bool parse_format(struct mon_call *c, struct format *f)
{
    const char *p = arg_str(c, "fmt");
    *f = (struct format){ .count = 1, .kind = 'x', .size = 0 };
    if (p && g_ascii_isdigit(*p)) {
        uint64_t n = g_ascii_strtoull(p, (char **)(uintptr_t)&p, 10);
        f->count = (int64_t)MIN(n, 1u << 20);
    }
    for (; p && *p; p++) {
        if (strchr("xduoci", *p)) {
            f->kind = *p;
        } else if (strchr("bhwg", *p)) {
            f->size = *p == 'b' ? 1 : *p == 'h' ? 2 : *p == 'w' ? 4 : 8;
        } else {
            call_error(c, MON_GENERIC, "'%c' in a format: count, x d u o c i, b h w g", *p);
            return false;
        }
    }
    if (f->size == 0) {
        f->size = f->kind == 'c' ? 1 : 4;
    }
    return true;
}

static void print_value(struct mon_call *c, const struct format *f, uint64_t v)
{
    unsigned bits = f->size * 8;
    int64_t s = (int64_t)(v << (64 - bits)) >> (64 - bits);
    switch (f->kind) {
    case 'd': call_print(c, "%" G_GINT64_FORMAT, s); break;
    case 'u': call_print(c, "%" G_GUINT64_FORMAT, v); break;
    case 'o': call_print(c, "0%" G_GINT64_MODIFIER "o", v); break;
    case 'c':
        v &= 0xff;
        if (v == '\'' || v == '\\') {
            call_print(c, "'\\%c'", (char)v);
        } else if (v >= 32 && v < 127) {
            call_print(c, "'%c'", (char)v);
        } else {
            call_print(c, "'\\x%02x'", (unsigned)v);
        }
        break;
    default: call_print(c, "0x%0*" G_GINT64_MODIFIER "x", (int)f->size * 2, v); break;
    }
}

/* --- x and xp ------------------------------------------------------------------------------ */

struct source {
    const struct x86_view *v; /* virtual; NULL: physical */
    struct physmem *mem;
};

/* Bytes that could be read. By a virtual address devices are not read, which could change them; who
 * names a physical one means it (the screen at B8000h). */
static size_t source_read(const struct source *s, uint64_t addr, uint8_t *buf, size_t len)
{
    if (s->v) {
        return x86_view_read(s->v, addr, buf, len);
    }
    size_t n = 0;
    while (n < len) {
        size_t part = MIN(len - n, 0x1000 - ((addr + n) & 0xfff));
        struct mem_section section;
        if (!physmem_lookup(s->mem, addr + n, &section) ||
            !dma_read(s->mem, addr + n, buf + n, part)) {
            break;
        }
        n += part;
    }
    return n;
}

static void dump_instructions(struct mon_call *c, const struct source *s, uint64_t addr,
                              int64_t count, unsigned mode)
{
    while (count-- > 0 && !call_full(c)) {
        uint8_t bytes[15];
        char text[160], hex[48] = "";
        size_t got = source_read(s, addr, bytes, sizeof bytes);
        size_t n = x86_disas(text, sizeof text, bytes, got, addr, mode);
        if (n == 0) {
            call_print(c, "Cannot access memory at address 0x%" G_GINT64_MODIFIER "x\n", addr);
            return;
        }
        for (size_t i = 0; i < n; i++) {
            g_snprintf(hex + i * 3, 4, "%02x ", bytes[i]);
        }
        call_print(c, "0x%08" G_GINT64_MODIFIER "x:  %-24s %s\n", addr, hex, text);
        addr += n;
    }
}

static void dump_memory(struct mon_call *c, const struct source *s, uint64_t addr,
                        const struct format *f)
{
    uint64_t left = (uint64_t)f->count * f->size;
    while (left > 0 && !call_full(c)) {
        uint8_t line[16];
        size_t want = (size_t)MIN(left, sizeof line), got = source_read(s, addr, line, want);
        if (got < f->size) {
            call_print(c, "Cannot access memory at address 0x%" G_GINT64_MODIFIER "x\n", addr);
            return;
        }
        call_print(c, "%016" G_GINT64_MODIFIER "x:", addr);
        for (size_t i = 0; i + f->size <= got; i += f->size) {
            uint64_t v = 0;
            for (unsigned k = f->size; k-- > 0;) {
                v = v << 8 | line[i + k];
            }
            call_print(c, " ");
            print_value(c, f, v);
        }
        call_print(c, "\n");
        addr += want;
        left -= want;
        if (got < want) {
            call_print(c, "Cannot access memory at address 0x%" G_GINT64_MODIFIER "x\n",
                       addr - want + got);
            return;
        }
    }
}

static void examine(struct mon_call *c, bool virtual)
{
    struct format f;
    struct x86_view v;
    if (!parse_format(c, &f) || !call_cpu(c, &v)) {
        return;
    }
    struct source s = { .v = virtual ? &v : NULL, .mem = c->p.mem };
    uint64_t addr = (uint64_t)arg_int(c, "addr", 0);
    if (f.kind == 'i') {
        dump_instructions(c, &s, addr, f.count, x86_view_code_size(&v));
    } else {
        dump_memory(c, &s, addr, &f);
    }
}

void cmd_x(struct mon_call *c)
{
    examine(c, true);
}

void cmd_xp(struct mon_call *c)
{
    examine(c, false);
}

void cmd_print(struct mon_call *c)
{
    struct format f;
    if (!parse_format(c, &f)) {
        return;
    }
    f.size = f.kind == 'c' ? 1 : 8;
    uint64_t v = (uint64_t)arg_int(c, "val", 0);
    if (f.kind == 'x') {
        call_print(c, "0x%" G_GINT64_MODIFIER "x\n", v);
        return;
    }
    print_value(c, &f, v);
    call_print(c, "\n");
}

/* --- addresses ----------------------------------------------------------------------------- */

void cmd_gva2gpa(struct mon_call *c)
{
    struct x86_view v;
    gpa_t gpa;
    if (!call_cpu(c, &v)) {
        return;
    }
    if (x86_view_translate(&v, (uint64_t)arg_int(c, "addr", 0), &gpa)) {
        call_print(c, "gpa: %#" G_GINT64_MODIFIER "x\n", gpa);
    } else {
        call_print(c, "Unmapped\n");
    }
}

void cmd_gpa2hva(struct mon_call *c)
{
    call_error(c, MON_GENERIC, "emu does not hand out addresses of its own process; xp and "
                               "pmemsave read guest memory");
}

void cmd_walk(struct mon_call *c)
{
    struct x86_view v;
    struct x86_walk_report r;
    char text[64];
    if (!call_cpu(c, &v)) {
        return;
    }
    x86_view_walk(&v, (uint64_t)arg_int(c, "addr", 0), 0, &r);
    call_print(c, "%s, virtual 0x%016" G_GINT64_MODIFIER "x\n", r.paging, r.lin);
    for (unsigned i = 0; i < r.n; i++) {
        const struct x86_walk_level *l = &r.level[i];
        x86_entry_text(l->value, text, sizeof text);
        call_print(c, "%-6s at 0x%010" G_GINT64_MODIFIER "x: 0x%016" G_GINT64_MODIFIER "x %s%s\n",
                   l->name, l->gpa, l->value, text, l->readable ? "" : " (not in memory)");
    }
    if (r.mapped) {
        call_print(c, "physical 0x%" G_GINT64_MODIFIER "x, page of %" G_GUINT64_FORMAT " KiB\n",
                   r.gpa, (uint64_t)1 << (r.shift - 10));
    }
    if (!r.ok) {
        call_print(c, "%s\n", r.why);
    }
}

/* --- files --------------------------------------------------------------------------------- */

static void save(struct mon_call *c, bool virtual)
{
    struct x86_view v;
    int64_t size = arg_int(c, "size", 0);
    uint64_t addr = (uint64_t)arg_int(c, "val", 0);
    const char *path = arg_str(c, "filename");
    if (arg_given(c, "cpu-index")) {
        int64_t i = arg_int(c, "cpu-index", 0);
        *c->cpu = (unsigned)CLAMP(i, 0, 4096);
    }
    if (size < 0) {
        call_error(c, MON_GENERIC, "size is negative");
        return;
    }
    if (!call_cpu(c, &v)) {
        return;
    }
    int fd = os_open(path, OS_OPEN_WRITE | OS_OPEN_CREATE | OS_OPEN_TRUNCATE);
    if (fd < 0) {
        call_error(c, MON_GENERIC, "Could not open '%s': %s", path, g_strerror(-fd));
        return;
    }
    struct source s = { .v = virtual ? &v : NULL, .mem = c->p.mem };
    uint8_t *buf = g_malloc(MIB(1));
    uint64_t off = 0;
    while (off < (uint64_t)size && !c->err) {
        size_t want = (size_t)MIN((uint64_t)size - off, MIB(1));
        size_t got = source_read(&s, addr + off, buf, want);
        int ret = got ? os_pwrite(fd, buf, got, off) : 0;
        if (ret < 0) {
            call_error(c, MON_GENERIC, "%s: %s", path, g_strerror(-ret));
        } else if (got < want) {
            call_error(c, MON_GENERIC,
                       "Invalid addr 0x%016" G_GINT64_MODIFIER "x/size %" G_GINT64_FORMAT
                       " specified", addr + off + got, size);
        }
        off += got;
    }
    g_free(buf);
    os_close(fd);
}

void cmd_memsave(struct mon_call *c)
{
    save(c, true);
}

void cmd_pmemsave(struct mon_call *c)
{
    save(c, false);
}

void cmd_sum(struct mon_call *c)
{
    uint64_t start = (uint64_t)arg_int(c, "start", 0), size = (uint64_t)arg_int(c, "size", 0);
    struct source s = { .mem = c->p.mem };
    uint16_t sum = 0; /* BSD's */
    uint8_t buf[4096];
    if (size > GIB(1)) {
        call_error(c, MON_GENERIC, "size is more than 1 GiB");
        return;
    }
    while (size > 0) {
        size_t want = (size_t)MIN(size, sizeof buf), got = source_read(&s, start, buf, want);
        for (size_t i = 0; i < got; i++) {
            sum = (uint16_t)((sum >> 1 | sum << 15) + buf[i]);
        }
        if (got < want) {
            call_error(c, MON_GENERIC, "there is no memory at 0x%" G_GINT64_MODIFIER "x",
                       start + got);
            return;
        }
        start += want;
        size -= want;
    }
    call_print(c, "%05d\n", sum);
}

/* --- ports --------------------------------------------------------------------------------- */

static bool port_of(struct mon_call *c, struct format *f, uint16_t *port)
{
    int64_t addr = arg_int(c, "addr", 0);
    if (!parse_format(c, f)) {
        return false;
    }
    if (!arg_given(c, "fmt") || !strpbrk(arg_str(c, "fmt"), "bhwg")) {
        f->size = 1;
    }
    if (addr < 0 || addr > 0xffff || f->size == 8) {
        call_error(c, MON_GENERIC, "ports are 0 to 0xffff, of 1, 2 or 4 bytes");
        return false;
    }
    *port = (uint16_t)addr;
    return true;
}

void cmd_port_in(struct mon_call *c)
{
    static const char *const suffixes[] = { "", "b", "w", "", "l" };
    struct format f;
    uint16_t port;
    if (!port_of(c, &f, &port)) {
        return;
    }
    if (arg_given(c, "index")) {
        ioport_write(c->p.io, port++, (uint8_t)arg_int(c, "index", 0), 1);
    }
    uint32_t v = ioport_read(c->p.io, port, f.size);
    call_print(c, "port%s[0x%04x] = 0x%0*x\n", suffixes[f.size], port, (int)f.size * 2, v);
}

void cmd_port_out(struct mon_call *c)
{
    struct format f;
    uint16_t port;
    if (port_of(c, &f, &port)) {
        ioport_write(c->p.io, port, (uint32_t)arg_int(c, "val", 0), f.size);
    }
}
