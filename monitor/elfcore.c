/* SPDX-License-Identifier: MIT */
/*
 * dump-guest-memory: an ELF64 core (System V ABI, AMD64 supplement; Linux's struct elf_prstatus
 * for the registers of each processor). Memory is in the file once, by physical address. Without -p
 * a segment is a range of physical memory, with -p a range of the processor's virtual memory, which
 * points to where its pages are (a kernel maps some of them thousands of times).
 */
#include <string.h>

#include "accel/api/vcpu.h"
#include "core/physmem.h"
#include "monitor/commands.h"
#include "os/os.h"

#define MAX_SEGMENTS (1u << 20)
#define PN_XNUM      0xffff /* more program headers: their number is in section header 0 */
#define PRSTATUS     336   /* sizeof(struct elf_prstatus) on x86-64 */
#define PR_REG       112   /* offset of pr_reg */

struct segment {
    uint64_t vaddr, paddr, size;
};

struct core {
    struct mon_call *c;
    GArray *segments; /* as the headers name them */
    GArray *ram;      /* as the file holds them, ascending; the same without -p */
    uint64_t begin, end; /* of physical memory to be saved; end: first byte behind */
    int fd;
    uint64_t off;
};

static void put(GByteArray *out, uint64_t v, unsigned size)
{
    uint8_t bytes[8];
    for (unsigned i = 0; i < size; i++) {
        bytes[i] = (uint8_t)(v >> (8 * i));
    }
    g_byte_array_append(out, bytes, size);
}

/* --- what is saved ------------------------------------------------------------------------- */

static void add_segment(struct core *k, GArray *to, uint64_t vaddr, uint64_t paddr, uint64_t size)
{
    struct segment s = { .vaddr = vaddr, .paddr = paddr, .size = size };
    if (to->len > 0) {
        struct segment *last = &g_array_index(to, struct segment, to->len - 1);
        bool joins = vaddr == 0 || last->vaddr + last->size == vaddr;
        if (last->paddr + last->size == paddr && joins) {
            last->size += size;
            return;
        }
    }
    if (to->len < MAX_SEGMENTS) {
        g_array_append_val(to, s);
    } else {
        call_error(k->c, MON_GENERIC, "more than %u ranges are mapped; save without -p",
                   MAX_SEGMENTS);
    }
}

static void add_sections(void *opaque, const struct mem_section *view, size_t n)
{
    struct core *k = opaque;
    for (size_t i = 0; i < n; i++) {
        const struct mem_section *s = &view[i];
        uint64_t first = MAX(s->gpa, k->begin), end = MIN(s->gpa + s->size, k->end);
        if (s->kind == MEM_RAM && first < end) {
            add_segment(k, k->ram, 0, first, end - first);
        }
    }
}

static bool add_page(void *opaque, uint64_t lin, gpa_t gpa, uint8_t shift, uint64_t rights,
                     uint64_t leaf)
{
    struct core *k = opaque;
    struct mem_section s;
    (void)rights;
    (void)leaf;
    if (physmem_lookup(k->c->p.mem, gpa, &s) && s.kind == MEM_RAM) {
        uint64_t size = MIN((uint64_t)1 << shift, s.gpa + s.size - gpa);
        if (gpa >= k->begin && gpa + size <= k->end) {
            add_segment(k, k->segments, lin, gpa, size);
        }
    }
    return !k->c->err;
}

/* --- the file ------------------------------------------------------------------------------ */

static void add_note(GByteArray *out, const struct x86_state *s, unsigned index)
{
    static const uint8_t order[] = { 15, 14, 13, 12, X86_RBP, X86_RBX, 11, 10, 9, 8, X86_RAX,
                                     X86_RCX, X86_RDX, X86_RSI, X86_RDI, X86_RAX };
    static const char zeros[PR_REG];
    put(out, 5, 4); /* "CORE" */
    put(out, PRSTATUS, 4);
    put(out, 1, 4); /* NT_PRSTATUS */
    g_byte_array_append(out, (const uint8_t *)"CORE\0\0\0\0", 8);
    guint start = out->len;
    g_byte_array_append(out, (const uint8_t *)zeros, 32);
    put(out, index + 1, 4); /* pr_pid: gdb's thread number */
    g_byte_array_append(out, (const uint8_t *)zeros, PR_REG - 36);
    for (unsigned i = 0; i < ARRAY_LEN(order); i++) {
        put(out, s->gpr[order[i]], 8);
    }
    put(out, s->rip, 8);
    put(out, s->seg[X86_CS].sel, 8);
    put(out, s->rflags, 8);
    put(out, s->gpr[X86_RSP], 8);
    put(out, s->seg[X86_SS].sel, 8);
    put(out, s->seg[X86_FS].base, 8);
    put(out, s->seg[X86_GS].base, 8);
    static const uint8_t segs[] = { X86_DS, X86_ES, X86_FS, X86_GS };
    for (unsigned i = 0; i < ARRAY_LEN(segs); i++) {
        put(out, s->seg[segs[i]].sel, 8);
    }
    while (out->len < start + PRSTATUS) {
        put(out, 0, 4);
    }
}

static GByteArray *make_notes(struct mon_call *c)
{
    GByteArray *out = g_byte_array_new();
    struct x86_state *st = g_new0(struct x86_state, 1);
    for (unsigned i = 0; i < vcpus_count(c->p.vcpus) && call_cpu_state(c, i, st); i++) {
        add_note(out, st, i);
    }
    g_free(st);
    return out;
}

static void put_phdr(GByteArray *out, uint32_t type, uint32_t flags, uint64_t off,
                     const struct segment *s)
{
    put(out, type, 4);
    put(out, flags, 4);
    put(out, off, 8);
    put(out, s->vaddr, 8);
    put(out, s->paddr, 8);
    put(out, s->size, 8);
    put(out, s->size, 8);
    put(out, 0, 8);
}

/* Where in the file's memory a physical address is. */
static uint64_t offset_of(const struct core *k, uint64_t paddr)
{
    uint64_t off = 0;
    for (guint i = 0; i < k->ram->len; i++) {
        const struct segment *r = &g_array_index(k->ram, struct segment, i);
        if (paddr >= r->paddr && paddr - r->paddr < r->size) {
            return off + (paddr - r->paddr);
        }
        off += r->size;
    }
    return 0;
}

static GByteArray *make_headers(const struct core *k, const GByteArray *notes)
{
    GByteArray *h = g_byte_array_new();
    unsigned n = k->segments->len + 1;
    const struct segment note = { .size = notes->len };
    bool many = n >= PN_XNUM;
    g_byte_array_append(h, (const uint8_t *)"\x7f" "ELF\2\1\1\0\0\0\0\0\0\0\0\0", 16);
    put(h, 4, 2);  /* ET_CORE */
    put(h, 62, 2); /* EM_X86_64 */
    put(h, 1, 4);
    put(h, 0, 8);
    put(h, many ? 128 : 64, 8); /* e_phoff */
    put(h, many ? 64 : 0, 8);   /* e_shoff */
    put(h, 0, 4);
    put(h, 64, 2);
    put(h, 56, 2);
    put(h, many ? PN_XNUM : n, 2);
    put(h, many ? 64 : 0, 2);
    put(h, many, 2);
    put(h, 0, 2);
    if (many) {
        for (unsigned i = 0; i < 64; i += 4) {
            put(h, i == 44 ? n : 0, 4); /* sh_info */
        }
    }
    uint64_t off = h->len + 56ull * n;
    put_phdr(h, 4, 0, off, &note); /* PT_NOTE */
    off += notes->len;
    for (guint i = 0; i < k->segments->len; i++) {
        const struct segment *s = &g_array_index(k->segments, struct segment, i);
        put_phdr(h, 1, 7, off + offset_of(k, s->paddr), s); /* PT_LOAD */
    }
    return h;
}

static bool write_all(struct core *k, const void *buf, size_t len)
{
    int ret = os_pwrite(k->fd, buf, len, k->off);
    if (ret < 0) {
        call_error(k->c, MON_GENERIC, "dump: failed to save memory: %s", g_strerror(-ret));
    }
    k->off += len;
    return ret >= 0;
}

static void write_ram(struct core *k)
{
    uint8_t *buf = g_malloc(MIB(1));
    for (guint i = 0; i < k->ram->len && !k->c->err; i++) {
        const struct segment *s = &g_array_index(k->ram, struct segment, i);
        for (uint64_t done = 0; done < s->size && !k->c->err;) {
            uint64_t n = MIN(s->size - done, MIB(1));
            dma_read(k->c->p.mem, s->paddr + done, buf, n);
            write_all(k, buf, (size_t)n);
            done += n;
        }
    }
    g_free(buf);
}

static void write_core(struct core *k)
{
    GByteArray *notes = make_notes(k->c);
    GByteArray *headers = make_headers(k, notes);
    if (!k->c->err && write_all(k, headers->data, headers->len) &&
        write_all(k, notes->data, notes->len)) {
        write_ram(k);
    }
    g_byte_array_unref(headers);
    g_byte_array_unref(notes);
}

void cmd_dump_guest_memory(struct mon_call *c)
{
    struct x86_view v;
    struct core k = { .c = c, .end = UINT64_MAX };
    const char *file = arg_str(c, "protocol"), *format = arg_str(c, "format");
    if (g_str_has_prefix(file, "file:")) {
        file += 5;
    } else if (g_str_has_prefix(file, "fd:")) {
        call_error(c, MON_GENERIC, "name a file: descriptors cannot be passed");
        return;
    }
    if (format && strcmp(format, "elf") != 0) {
        call_error(c, MON_GENERIC, "the only format is elf");
        return;
    }
    if (arg_given(c, "begin") != arg_given(c, "length") || arg_int(c, "length", 1) <= 0) {
        call_error(c, MON_GENERIC, "begin and length go together, and length is more than 0");
        return;
    }
    if (arg_given(c, "begin")) {
        k.begin = (uint64_t)arg_int(c, "begin", 0);
        k.end = k.begin + (uint64_t)arg_int(c, "length", 0);
    }
    if (!call_cpu(c, &v)) {
        return;
    }
    struct physmem_listener l = { .view_changed = add_sections, .opaque = &k };
    bool paging = arg_bool(c, "paging", false);
    k.ram = g_array_new(FALSE, FALSE, sizeof(struct segment));
    k.segments = paging ? g_array_new(FALSE, FALSE, sizeof(struct segment)) : g_array_ref(k.ram);
    physmem_add_listener(c->p.mem, &l);
    physmem_remove_listener(c->p.mem, &l);
    if (paging) {
        x86_view_each(&v, 0, UINT64_MAX, add_page, &k);
    }
    k.fd = c->err ? -1 : os_open(file, OS_OPEN_WRITE | OS_OPEN_CREATE | OS_OPEN_TRUNCATE);
    if (k.fd >= 0) {
        write_core(&k);
        os_close(k.fd);
    } else if (!c->err) {
        call_error(c, MON_GENERIC, "%s: %s", file, g_strerror(-k.fd));
    }
    g_array_unref(k.segments);
    g_array_unref(k.ram);
}
