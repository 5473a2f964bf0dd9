/* SPDX-License-Identifier: MIT */
/*
 * Modes, page walks and memory seen from outside. The walk follows the SDM (vol. 3, chapter 4) as
 * mmu_walk.c does, but changes nothing and says in words what it finds; a test holds the two
 * against each other.
 */
#include "accel/x86/inspect.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "accel/x86/consts.h"
#include "accel/x86/cpuid.h"
#include "core/physmem.h"

#define ADDR_MASK 0x000ffffffffff000ull
#define PAGE_MASK(shift) ((1ull << (shift)) - 1)

/* --- physical memory ------------------------------------------------------------------------ */

static bool phys_read(void *opaque, gpa_t gpa, void *buf, size_t len)
{
    uint8_t *p = buf;
    while (len) {
        struct mem_section s;
        if (!physmem_lookup(opaque, gpa, &s) || s.kind == MEM_IO || !s.host) {
            return false;
        }
        uint64_t room = s.size - (gpa - s.gpa);
        size_t n = len < room ? len : (size_t)room;
        memcpy(p, s.host + (gpa - s.gpa), n);
        p += n;
        gpa += n;
        len -= n;
    }
    return true;
}

static bool phys_write(void *opaque, gpa_t gpa, const void *buf, size_t len)
{
    struct mem_section s;
    for (size_t done = 0; done < len;) {
        if (!physmem_lookup(opaque, gpa + done, &s) || s.kind != MEM_RAM) {
            return false;
        }
        uint64_t room = s.size - (gpa + done - s.gpa);
        done += len - done < room ? len - done : (size_t)room;
    }
    return dma_write(opaque, gpa, buf, len);
}

void x86_view_init(struct x86_view *v, const struct x86_state *st, struct physmem *pm,
                   const struct x86_cpu_model *model)
{
    *v = (struct x86_view){
        .st = st,
        .read = phys_read,
        .write = phys_write,
        .opaque = pm,
        .a20_mask = physmem_a20(pm) ? ~0ull : ~(1ull << 20),
        .phys_bits = model && model->phys_bits ? model->phys_bits : 52,
        .pse36 = !model || x86_has(model, X86_FEAT_PSE36),
        .pages1g = !model || x86_has(model, X86_FEAT_PDPE1GB),
    };
}

/* --- mode ----------------------------------------------------------------------------------- */

static bool long_mode(const struct x86_view *v)
{
    return v->st->msr.efer & X86_EFER_LMA;
}

unsigned x86_view_code_size(const struct x86_view *v)
{
    uint16_t cs = v->st->seg[X86_CS].attr;
    return long_mode(v) && (cs & X86_SEG_L) ? 8 : cs & X86_SEG_DB ? 4 : 2;
}

const char *x86_view_mode(const struct x86_view *v)
{
    unsigned size = x86_view_code_size(v);
    if (!(v->st->cr0 & X86_CR0_PE)) {
        return "real mode";
    }
    if (v->st->rflags & X86_FL_VM) {
        return "virtual-8086 mode";
    }
    if (long_mode(v)) {
        return size == 8 ? "64-bit mode" : size == 4 ? "32-bit compatibility mode"
                                                     : "16-bit compatibility mode";
    }
    return size == 4 ? "32-bit protected mode" : "16-bit protected mode";
}

unsigned x86_view_cpl(const struct x86_view *v)
{
    if (!(v->st->cr0 & X86_CR0_PE)) {
        return 0;
    }
    return v->st->rflags & X86_FL_VM ? 3 : X86_SEG_DPL(v->st->seg[X86_SS].attr);
}

uint64_t x86_view_linear(const struct x86_view *v, enum x86_segreg seg, uint64_t off)
{
    if (x86_view_code_size(v) == 8) {
        return seg == X86_FS || seg == X86_GS ? v->st->seg[seg].base + off : off;
    }
    return (uint32_t)(v->st->seg[seg].base + off);
}

uint64_t x86_view_pc(const struct x86_view *v)
{
    return x86_view_linear(v, X86_CS, v->st->rip);
}

bool x86_view_canonical(const struct x86_view *v, uint64_t lin)
{
    unsigned sh = long_mode(v) && (v->st->cr4 & X86_CR4_LA57) ? 7 : 16;
    return !long_mode(v) || (uint64_t)((int64_t)(lin << sh) >> sh) == lin;
}

/* --- the walk ------------------------------------------------------------------------------- */

static bool nx_on(const struct x86_view *v)
{
    return (v->st->msr.efer & X86_EFER_NXE) && (v->st->cr4 & X86_CR4_PAE);
}

static struct x86_walk_level *visit(const struct x86_view *v, struct x86_walk_report *r,
                                    const char *name, gpa_t gpa, uint8_t size)
{
    struct x86_walk_level *l = &r->level[r->n++];
    uint64_t value = 0;
    *l = (struct x86_walk_level){.name = name, .gpa = gpa & v->a20_mask, .size = size};
    l->readable = v->read(v->opaque, l->gpa, &value, size);
    l->value = l->readable ? value : size == 8 ? ~0ull : 0xffffffff;
    return l;
}

static bool PRINTF_LIKE(4, 5) deny(struct x86_walk_report *r, int level, uint32_t error,
                                   const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    vsnprintf(r->why, sizeof r->why, fmt, ap);
    va_end(ap);
    r->ok = false;
    r->failed = level;
    r->error |= error;
    return false;
}

/* The last entry on the path where (value & bit) == want: the one to blame for a right. */
static int blame(const struct x86_walk_report *r, uint64_t bit, uint64_t want)
{
    for (int i = (int)r->n - 1; i > 0; i--) {
        if ((r->level[i].value & bit) == want) {
            return i;
        }
    }
    return 0;
}

/* Does the page's protection key deny the access? PF_PK is told even where something else does. */
static bool pkey_denies(const struct x86_view *v, const struct x86_walk_report *r, unsigned access)
{
    unsigned key = r->level[r->n - 1].value >> 59 & 15;
    bool wp = (access & X86_VIEW_USER) || (v->st->cr0 & X86_CR0_WP);
    if (!(v->st->cr4 & X86_CR4_PKE) || !long_mode(v) || !(r->rights & X86_PTE_U) ||
        (access & X86_VIEW_EXEC)) {
        return false;
    }
    return (v->st->pkru >> (key * 2) & 1) ||
           ((access & X86_VIEW_WRITE) && wp && (v->st->pkru >> (key * 2 + 1) & 1));
}

/* Access rights, SDM 4.6. */
static bool check_rights(const struct x86_view *v, struct x86_walk_report *r, unsigned access)
{
    bool user = access & X86_VIEW_USER, user_page = r->rights & X86_PTE_U;
    int at;
    if (user && !user_page) {
        at = blame(r, X86_PTE_U, 0);
        return deny(r, at, X86_PF_P, "the page is for the supervisor only (U/S=0 in the %s)",
                    r->level[at].name);
    }
    if (access & X86_VIEW_EXEC) {
        if (r->rights & X86_PTE_NX) {
            at = blame(r, X86_PTE_NX, X86_PTE_NX);
            return deny(r, at, X86_PF_P, "the page is not executable (XD=1 in the %s)",
                        r->level[at].name);
        }
        if (!user && user_page && (v->st->cr4 & X86_CR4_SMEP)) {
            return deny(r, (int)r->n - 1, X86_PF_P,
                        "CR4.SMEP forbids the supervisor to execute a user page");
        }
        return true;
    }
    if (!user && user_page && (v->st->cr4 & X86_CR4_SMAP) &&
        (!(v->st->rflags & X86_FL_AC) || (access & X86_VIEW_IMPLICIT))) {
        return deny(r, (int)r->n - 1, X86_PF_P,
                    "CR4.SMAP forbids the supervisor to touch a user page%s",
                    access & X86_VIEW_IMPLICIT ? "" : " while RFLAGS.AC=0");
    }
    if ((access & X86_VIEW_WRITE) && !(r->rights & X86_PTE_W) &&
        (user || (v->st->cr0 & X86_CR0_WP))) {
        at = blame(r, X86_PTE_W, 0);
        return deny(r, at, X86_PF_P, "the page is read-only (R/W=0 in the %s%s)", r->level[at].name,
                    user ? "" : ", CR0.WP=1");
    }
    if (pkey_denies(v, r, access)) {
        return deny(r, (int)r->n - 1, X86_PF_P, "PKRU denies it for the page's protection key %u",
                    (unsigned)(r->level[r->n - 1].value >> 59 & 15));
    }
    return true;
}

static bool finish(const struct x86_view *v, struct x86_walk_report *r, unsigned access,
                   gpa_t page, uint8_t shift)
{
    r->shift = shift;
    r->gpa = (page | (r->lin & PAGE_MASK(shift))) & v->a20_mask;
    r->mapped = true;
    r->ok = true;
    if (!check_rights(v, r, access)) {
        r->error |= pkey_denies(v, r, access) ? X86_PF_PK : 0;
    }
    return r->ok;
}

static bool absent(struct x86_walk_report *r)
{
    const struct x86_walk_level *l = &r->level[r->n - 1];
    if (!l->readable) {
        return deny(r, (int)r->n - 1, X86_PF_P | X86_PF_RSVD,
                    "the %s lies at 0x%" PRIx64 ", where there is no memory", l->name, l->gpa);
    }
    return deny(r, (int)r->n - 1, 0, "the %s is not present", l->name);
}

static bool walk32(const struct x86_view *v, struct x86_walk_report *r, unsigned access)
{
    uint32_t lin = (uint32_t)r->lin;
    r->paging = "32-bit paging";
    const struct x86_walk_level *e = visit(
        v, r, "PDE", (v->st->cr3 & 0xfffff000u) | (lin >> 22) << 2, 4);
    if (!(e->value & X86_PTE_P) || !e->readable) {
        return absent(r);
    }
    r->rights = e->value & (X86_PTE_W | X86_PTE_U);
    if ((e->value & X86_PTE_PS) && (v->st->cr4 & X86_CR4_PSE)) {
        uint64_t high = (e->value >> 13 & 0xff) << 32;
        uint64_t most = v->pse36 && v->phys_bits > 32 ? PAGE_MASK(v->phys_bits) : 0xffffffff;
        if ((e->value & 1u << 21) || (high & ~most)) {
            return deny(r, 0, X86_PF_P | X86_PF_RSVD, "reserved bits are set in the PDE");
        }
        return finish(v, r, access, (e->value & 0xffc00000u) | high, 22);
    }
    e = visit(v, r, "PTE", (e->value & 0xfffff000u) | (lin >> 12 & 0x3ff) << 2, 4);
    if (!(e->value & X86_PTE_P) || !e->readable) {
        return absent(r);
    }
    r->rights &= e->value;
    return finish(v, r, access, e->value & 0xfffff000u, 12);
}

/* Reserved bits of an entry, in words; NULL: none is set. */
static const char *reserved(const struct x86_view *v, uint64_t value, unsigned level, bool leaf)
{
    uint64_t above = v->phys_bits < 52 ? PAGE_MASK(52) & ~PAGE_MASK(v->phys_bits) : 0;
    if ((value & X86_PTE_NX) && !nx_on(v)) {
        return "its bit 63 (XD) is set while EFER.NXE=0";
    }
    if (value & above) {
        return "its address is beyond what the processor has (MAXPHYADDR)";
    }
    if (!long_mode(v) && (value & 0x7ff0000000000000ull)) {
        return "its bits 62:52 are not zero";
    }
    if (leaf && level > 1 && (value & PAGE_MASK(3 + 9 * level) & ~0x1fffull)) {
        return "the address of its large page is not aligned";
    }
    if (!leaf && level > 1 && (value & X86_PTE_PS)) {
        return "its bit 7 (PS) is set where no page can be";
    }
    return NULL;
}

static bool walk64(const struct x86_view *v, struct x86_walk_report *r, unsigned access)
{
    static const char *const names[] = {"", "PTE", "PDE", "PDPTE", "PML4E", "PML5E"};
    unsigned level = v->st->cr4 & X86_CR4_LA57 ? 5 : 4;
    uint64_t table = v->st->cr3 & ADDR_MASK;
    r->paging = level == 5 ? "5-level paging" : "4-level paging";
    r->rights = X86_PTE_W | X86_PTE_U;
    if (!long_mode(v)) {
        r->paging = "PAE paging";
        const struct x86_walk_level *e = visit(
            v, r, "PDPTE", (v->st->cr3 & 0xffffffe0u) | (r->lin >> 30 & 3) << 3, 8);
        if (!(e->value & X86_PTE_P) || !e->readable) {
            return absent(r);
        }
        table = e->value & ADDR_MASK;
        level = 2;
    }
    for (;; level--) {
        unsigned shift = 3 + 9 * level;
        const struct x86_walk_level *e =
            visit(v, r, names[level], table | (r->lin >> shift & 511) << 3, 8);
        if (!(e->value & X86_PTE_P) || !e->readable) {
            return absent(r);
        }
        bool leaf = level == 1 || ((e->value & X86_PTE_PS) &&
                                   (level == 2 || (level == 3 && v->pages1g)));
        const char *bad = reserved(v, e->value, level, leaf);
        if (bad) {
            return deny(r, (int)r->n - 1, X86_PF_P | X86_PF_RSVD, "reserved: the %s is bad, %s",
                        e->name, bad);
        }
        r->rights &= e->value | X86_PTE_NX;
        r->rights |= e->value & X86_PTE_NX;
        if (leaf) {
            return finish(v, r, access, e->value & ADDR_MASK & ~PAGE_MASK(shift), (uint8_t)shift);
        }
        table = e->value & ADDR_MASK;
    }
}

bool x86_view_walk(const struct x86_view *v, uint64_t lin, unsigned access,
                   struct x86_walk_report *r)
{
    memset(r, 0, sizeof *r);
    r->lin = long_mode(v) ? lin : (uint32_t)lin;
    r->failed = -1;
    if (!(v->st->cr0 & X86_CR0_PG)) {
        r->paging = "no paging";
        r->ok = r->mapped = true;
        r->shift = 12;
        r->rights = X86_PTE_W | X86_PTE_U;
        r->gpa = (uint32_t)lin & v->a20_mask;
        return true;
    }
    r->error = (access & X86_VIEW_WRITE ? X86_PF_W : 0) | (access & X86_VIEW_USER ? X86_PF_U : 0) |
               ((access & X86_VIEW_EXEC) && (nx_on(v) || (v->st->cr4 & X86_CR4_SMEP)) ? X86_PF_I
                                                                                     : 0);
    if (!x86_view_canonical(v, lin)) {
        r->paging = v->st->cr4 & X86_CR4_LA57 ? "5-level paging" : "4-level paging";
        r->error = 0;
        return deny(r, -1, 0, "the address is not canonical");
    }
    bool ok = v->st->cr4 & X86_CR4_PAE ? walk64(v, r, access) : walk32(v, r, access);
    if (ok) {
        r->error = 0;
    }
    return ok;
}

void x86_entry_text(uint64_t value, char *out, size_t cap)
{
    snprintf(out, cap, "%c%c%c%c%c%c%c%c", value & X86_PTE_P ? 'P' : '-',
             value & X86_PTE_W ? 'W' : '-', value & X86_PTE_U ? 'U' : '-',
             value & X86_PTE_A ? 'A' : '-', value & X86_PTE_D ? 'D' : '-',
             value & X86_PTE_PS ? 'S' : '-', value & X86_PTE_G ? 'G' : '-',
             value & X86_PTE_NX ? 'X' : '-');
}

/* --- memory --------------------------------------------------------------------------------- */

bool x86_view_translate(const struct x86_view *v, uint64_t lin, gpa_t *gpa)
{
    struct x86_walk_report r;
    x86_view_walk(v, lin, 0, &r);
    *gpa = r.gpa;
    return r.mapped;
}

size_t x86_view_read(const struct x86_view *v, uint64_t lin, void *buf, size_t len)
{
    size_t done = 0;
    gpa_t gpa;
    while (done < len && x86_view_translate(v, lin + done, &gpa)) {
        size_t n = 4096 - (gpa & 4095);
        n = n < len - done ? n : len - done;
        if (!v->read(v->opaque, gpa, (uint8_t *)buf + done, n)) {
            /* the page is partly memory: as far as it goes */
            while (n && v->read(v->opaque, gpa, (uint8_t *)buf + done, 1)) {
                done++;
                gpa++;
                n--;
            }
            break;
        }
        done += n;
    }
    return done;
}

size_t x86_view_write(const struct x86_view *v, uint64_t lin, const void *buf, size_t len)
{
    size_t done = 0;
    gpa_t gpa;
    while (v->write && done < len && x86_view_translate(v, lin + done, &gpa)) {
        size_t n = 4096 - (gpa & 4095);
        n = n < len - done ? n : len - done;
        if (!v->write(v->opaque, gpa, (const uint8_t *)buf + done, n)) {
            break;
        }
        done += n;
    }
    return done;
}

/* --- all mappings --------------------------------------------------------------------------- */

/* How far an address whose walk failed at r's last level can be advanced: what that entry spans. */
static uint64_t hole_span(const struct x86_walk_report *r)
{
    unsigned shift = 12;
    if (r->n && r->level[0].size == 4) {
        shift = r->n == 1 ? 22 : 12;
    } else if (r->n) {
        const char *name = r->level[r->n - 1].name;
        shift = strcmp(name, "PTE") == 0 ? 12 : strcmp(name, "PDE") == 0 ? 21
                : strcmp(name, "PDPTE") == 0 ? 30 : strcmp(name, "PML4E") == 0 ? 39 : 48;
    }
    return 1ull << shift;
}

void x86_view_each(const struct x86_view *v, uint64_t lin, uint64_t last, x86_view_each_fn *fn,
                   void *opaque)
{
    struct x86_walk_report r;
    uint64_t top = long_mode(v) ? ~0ull : 0xffffffff;
    unsigned bits = v->st->cr4 & X86_CR4_LA57 ? 57 : 48;
    last = last < top ? last : top;
    if (!(v->st->cr0 & X86_CR0_PG)) {
        return;
    }
    while (lin <= last) {
        uint64_t span;
        if (!x86_view_canonical(v, lin)) { /* to the upper half */
            span = (~0ull << (bits - 1)) - lin;
        } else {
            x86_view_walk(v, lin, 0, &r);
            span = r.mapped ? 1ull << r.shift : hole_span(&r);
            span -= lin & (span - 1);
            if (r.mapped && !fn(opaque, lin & ~PAGE_MASK(r.shift), r.gpa & ~PAGE_MASK(r.shift),
                                r.shift, r.rights, r.level[r.n - 1].value)) {
                return;
            }
        }
        if (span > last - lin) {
            return;
        }
        lin += span;
    }
}
