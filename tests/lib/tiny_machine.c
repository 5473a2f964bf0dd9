/* SPDX-License-Identifier: MIT */
#include "tests/lib/tiny_machine.h"

#include <stdlib.h>

#include "accel/x86/block.h"
#include "accel/x86/flags.h"
#include "core/physmem.h"

#define RAM_SIZE 0x1000000u

static uint32_t pio_read(void *opaque, uint16_t port, unsigned size)
{
    struct tiny *t = opaque;
    t->last_port = port;
    t->ports++;
    return size == 1 ? 0x5a : size == 2 ? 0x5aa5 : 0x5aa5c33c;
}

static void pio_write(void *opaque, uint16_t port, uint32_t value, unsigned size)
{
    struct tiny *t = opaque;
    (void)size;
    t->last_port = port;
    t->last_value = value;
    t->ports++;
}

static uint64_t mmio_read(void *opaque, gpa_t gpa, unsigned size)
{
    struct tiny *t = opaque;
    t->mmio_gpa = gpa;
    t->mmio_reads++;
    return size == 8 ? ~0ull : (1ull << (size * 8)) - 1;
}

static void mmio_write(void *opaque, gpa_t gpa, uint64_t value, unsigned size)
{
    struct tiny *t = opaque;
    (void)size;
    t->mmio_gpa = gpa;
    t->mmio_value = value;
    t->mmio_writes++;
}

static int irq_ack(void *opaque)
{
    struct tiny *t = opaque;
    int v = t->irq;
    t->irq = -1;
    return v;
}

static uint64_t tsc(void *opaque)
{
    struct tiny *t = opaque;
    return t->tsc += 16;
}

struct tiny *tiny_new(void)
{
    struct tiny *t = calloc(1, sizeof *t);
    struct x86_bus bus = { .pio_read = pio_read,
                           .pio_write = pio_write,
                           .mmio_read = mmio_read,
                           .mmio_write = mmio_write,
                           .irq_ack = irq_ack,
                           .tsc = tsc,
                           .opaque = t };
    if (!t || !(t->ram = calloc(1, RAM_SIZE))) {
        abort();
    }
    t->pm = physmem_new();
    physmem_add_ram(t->pm, "ram", 0, RAM_SIZE, t->ram, 0);
    t->topology = (struct x86_topology){ 1, 1, 1 };
    t->model.name = "tiny";
    strcpy(t->model.vendor, "GenuineIntel");
    t->model.phys_bits = 40;
    t->model.virt_bits = 48;
    t->model.level = 0xd;
    t->model.xlevel = 0x80000008;
    t->cpu = x86_cpu_new(t->pm, &bus, &t->model, &t->topology, 0);
    return t;
}

void tiny_free(struct tiny *t)
{
    if (t->cpu->blocks) {
        x86_code_map_detach(t->cpu);
    }
    x86_cpu_free(t->cpu);
    physmem_free(t->pm);
    free(t->ram);
    free(t);
}

void tiny_write(struct tiny *t, uint64_t gpa, uint64_t v, unsigned size)
{
    memcpy(t->ram + gpa, &v, size);
}

uint64_t tiny_read(struct tiny *t, uint64_t gpa, unsigned size)
{
    uint64_t v = 0;
    memcpy(&v, t->ram + gpa, size);
    return v;
}

bool tiny_is_long(enum tiny_mode m)
{
    return m >= TINY_LONG;
}

bool tiny_is_user(enum tiny_mode m)
{
    return m == TINY_V86 || m == TINY_P32_USER || m == TINY_PG32_USER || m == TINY_PAE_USER ||
           m == TINY_LONG_USER || m == TINY_COMPAT_USER;
}

uint64_t tiny_code_addr(enum tiny_mode m)
{
    return tiny_is_user(m) ? TINY_UCODE : TINY_CODE;
}

/* --- tables --------------------------------------------------------------------------------- */

static void desc(struct tiny *t, unsigned sel, uint32_t base, uint32_t limit, unsigned access,
                 unsigned flags)
{
    uint64_t d = (limit & 0xffff) | (uint64_t)(base & 0xffffff) << 16 | (uint64_t)access << 40 |
                 (uint64_t)(limit >> 16 & 15) << 48 | (uint64_t)flags << 52 |
                 (uint64_t)(base >> 24) << 56;
    tiny_write(t, TINY_GDT + (sel & ~7u), d, 8);
}

static void gate(struct tiny *t, unsigned sel, unsigned code, uint32_t off, unsigned access,
                 unsigned count)
{
    uint64_t d = (off & 0xffff) | (uint64_t)code << 16 | (uint64_t)count << 32 |
                 (uint64_t)access << 40 | (uint64_t)(off >> 16) << 48;
    tiny_write(t, TINY_GDT + (sel & ~7u), d, 8);
}

#define FLAT 0xfffff
#define F32  0xc /* G, D */
#define F64  0xa /* G, L */

static void build_gdt(struct tiny *t, bool wide)
{
    memset(t->ram + TINY_GDT, 0, 0x1000);
    desc(t, SEL_CODE32, 0, FLAT, 0x9b, F32);
    desc(t, SEL_DATA, 0, FLAT, 0x93, F32);
    desc(t, SEL_CODE64, 0, FLAT, 0x9b, F64);
    desc(t, SEL_UCODE32, 0, FLAT, 0xfb, F32);
    desc(t, SEL_UDATA, 0, FLAT, 0xf3, F32);
    desc(t, SEL_UCODE64, 0, FLAT, 0xfb, F64);
    desc(t, SEL_TSS, TINY_TSS, 0x2068, 0x89, 0);
    desc(t, SEL_LDT, TINY_LDT, 0x1f, 0x82, 0);
    desc(t, SEL_CODE16, 0, FLAT, 0x9b, 0x8);
    desc(t, SEL_DATA16, 0, FLAT, 0x93, 0x8);
    desc(t, SEL_CONFORMING, 0, FLAT, 0x9f, F32);
    desc(t, SEL_NP_DATA, 0, FLAT, 0x13, F32);
    desc(t, SEL_NP_CODE, 0, FLAT, 0x1b, wide ? F64 : F32);
    desc(t, SEL_DOWN, 0, 0xfff, 0x97, 0x4);
    desc(t, SEL_RO, 0, FLAT, 0x91, F32);
    desc(t, SEL_XO, 0, FLAT, 0x99, F32);
    desc(t, SEL_TSS2, TINY_TSS2, 0x67, 0x89, 0);
    desc(t, SEL_TSS16, TINY_TSS16, 0x2b, 0x81, 0);
    gate(t, SEL_GATE32, SEL_CODE32, TINY_TARGET, 0xec, 0);
    gate(t, SEL_GATE16, SEL_CODE16, 0x1000, 0xe4, 0);
    gate(t, SEL_TASKGATE, SEL_TSS2, 0, 0xe5, 0);
    gate(t, SEL_GATE64, SEL_CODE64, TINY_TARGET, 0xec, 0);
    desc(t, SEL_SMALL, 0, 0xff, 0x93, 0x4);
    gate(t, SEL_NP_GATE, SEL_CODE32, TINY_TARGET, 0x6c, 0);
    gate(t, SEL_GATE_NP_CODE, SEL_NP_CODE, TINY_TARGET, 0xec, 0);
    gate(t, SEL_GATE_DPL0, SEL_CODE32, TINY_TARGET, 0x8c, 0);
    desc(t, SEL_CONF64, 0, FLAT, 0x9f, F64);
    desc(t, SEL_L_AND_D, 0, FLAT, 0x9b, 0xe);
    desc(t, SEL_TSS_BUSY, TINY_TSS2, 0x67, 0x8b, 0);
    desc(t, SEL_TSS_SMALL, TINY_TSS2, 0x66, 0x89, 0);
    gate(t, SEL_GATE_PARAMS, SEL_CODE32, TINY_TARGET, 0xec, 2);
    desc(t, SEL_CODE32_1, 0, FLAT, 0xbb, F32);
    desc(t, SEL_DATA_1, 0, FLAT, 0xb3, F32);
    desc(t, SEL_NP_TSS, TINY_TSS2, 0x67, 0x09, 0);
    gate(t, SEL_GATE_DATA, SEL_DATA, TINY_TARGET, 0xec, 0);
    desc(t, SEL_CONF_3, 0, FLAT, 0xff, F32);
    gate(t, SEL_GATE64_32, SEL_CODE32, TINY_TARGET, 0xec, 0);
    desc(t, SEL_NP_LDT, TINY_LDT, 0x1f, 0x02, 0);
    desc(t, SEL_BAD_LDT64, TINY_LDT, 0x1f, 0x82, 0);
    tiny_write(t, TINY_GDT + SEL_BAD_LDT64 + 8, 0x800000, 8); /* not canonical */
    if (wide) {
        tiny_write(t, TINY_GDT + SEL_TSS + 8, 0, 8);
        tiny_write(t, TINY_GDT + SEL_LDT + 8, 0, 8);
        tiny_write(t, TINY_GDT + SEL_GATE64 + 8, 0, 8);
    }
}

static void build_idt(struct tiny *t, bool wide)
{
    memset(t->ram + TINY_IDT, 0, 0x1000);
    for (unsigned v = 0; v < 256; v++) {
        uint32_t off = TINY_HANDLERS + v * 16;
        bool open = v == 3 || v == 4 || (v >= 0x80 && v < 0x90);
        uint64_t d = (off & 0xffff) | (uint64_t)(wide ? SEL_CODE64 : SEL_CODE32) << 16 |
                     (uint64_t)(open ? 0xee : 0x8e) << 40 | (uint64_t)(off >> 16) << 48;
        tiny_write(t, TINY_IDT + v * (wide ? 16 : 8), d, 8);
        tiny_write(t, v * 4, 0x40000000u | (v * 16), 4); /* real mode: 4000:v*16 */
    }
    memset(t->ram + TINY_HANDLERS, 0xf4, 0x1000);
    memset(t->ram + TINY_TARGET, 0xf4, 0x1000);
    memset(t->ram + TINY_CODE, 0xf4, 0x2000);
    memset(t->ram + TINY_UCODE, 0xf4, 0x2000);
}

static void build_tss(struct tiny *t, bool wide)
{
    memset(t->ram + TINY_TSS, 0, 0x4000);
    if (wide) {
        tiny_write(t, TINY_TSS + 4, TINY_STACK0, 8);
        tiny_write(t, TINY_TSS + 0x24, TINY_IST1, 8);
    } else {
        tiny_write(t, TINY_TSS + 4, TINY_STACK0, 4);
        tiny_write(t, TINY_TSS + 8, SEL_DATA, 4);
        tiny_write(t, TINY_TSS + 12, TINY_STACK0, 4);
        tiny_write(t, TINY_TSS + 16, SEL_DATA_1, 4);
    }
    tiny_write(t, TINY_TSS + 0x66, 0x68, 2); /* I/O bitmap at 68h, all open; VME's 32 bytes below */
    memset(t->ram + TINY_TSS + 0x2068, 0xff, 1);
    /* The second task, 32-bit: same address space, starts at TINY_TARGET. */
    static const uint16_t segs[6] = { SEL_DATA, SEL_CODE32, SEL_DATA, SEL_DATA, 0, 0 };
    for (unsigned i = 0; i < 6; i++) {
        tiny_write(t, TINY_TSS2 + 0x48 + 4 * i, segs[i], 4);
        if (i < 4) {
            static const uint16_t segs16[4] = { SEL_DATA, SEL_CODE16, SEL_DATA, SEL_DATA };
            tiny_write(t, TINY_TSS16 + 0x22 + 2 * i, segs16[i], 2);
        }
    }
    tiny_write(t, TINY_TSS2 + 0x20, TINY_TARGET, 4);
    tiny_write(t, TINY_TSS2 + 0x24, 2, 4);
    tiny_write(t, TINY_TSS2 + 0x38, TINY_IST1, 4); /* ESP */
    tiny_write(t, TINY_TSS2 + 0x66, 0x68, 2);
    tiny_write(t, TINY_TSS16 + 0x0e, 0x1000, 2);
    tiny_write(t, TINY_TSS16 + 0x10, 2, 2);
    tiny_write(t, TINY_TSS16 + 0x1a, 0xa000, 2); /* SP */
    /* LDT: 0x0c flat data, 0x04 the same */
    memcpy(t->ram + TINY_LDT, t->ram + TINY_GDT + SEL_DATA, 8);
    memcpy(t->ram + TINY_LDT + 8, t->ram + TINY_GDT + SEL_DATA, 8);
}

static bool user_page(uint64_t lin)
{
    return (lin >= 0x20000 && lin < 0x40000) || (lin >= 0x60000 && lin < 0x70000);
}

static void build_paging(struct tiny *t)
{
    uint64_t pml4 = TINY_PML4, pdpt = pml4 + 0x1000, pd = pml4 + 0x2000, pt = pml4 + 0x3000;
    uint64_t pae_pd = TINY_PAE_PDPT + 0x1000, pae_pt = TINY_PAE_PDPT + 0x2000;
    uint64_t pt32 = TINY_PD32 + 0x1000;
    memset(t->ram + TINY_PML4, 0, 0x20000);
    tiny_write(t, pml4, pdpt | 7, 8);
    tiny_write(t, pdpt, pd | 7, 8);
    tiny_write(t, pd, pt | 7, 8);
    tiny_write(t, TINY_PAE_PDPT, pae_pd | 1, 8);
    tiny_write(t, pae_pd, pae_pt | 7, 8);
    tiny_write(t, TINY_PD32, pt32 | 7, 4);
    for (uint64_t i = 0; i < 512; i++) {
        uint64_t e = i << 12 | 3 | (user_page(i << 12) ? 4 : 0);
        tiny_write(t, pt + i * 8, e, 8);
        tiny_write(t, pae_pt + i * 8, e, 8);
        tiny_write(t, pt32 + i * 4, e, 4);
    }
    for (uint64_t i = 1; i < 8; i++) {
        tiny_write(t, pd + i * 8, i << 21 | 0x83, 8);
        tiny_write(t, pae_pd + i * 8, i << 21 | 0x83, 8);
        tiny_write(t, TINY_PD32 + i * 4, i << 22 | 0x83, 4);
    }
}

uint64_t tiny_pte_addr(enum tiny_mode m, uint64_t lin)
{
    if (m == TINY_PG32 || m == TINY_PG32_USER) {
        return TINY_PD32 + 0x1000 + (lin >> 12 & 0x3ff) * 4;
    }
    return (tiny_is_long(m) ? TINY_PML4 + 0x3000u : TINY_PAE_PDPT + 0x2000u) +
           (lin >> 12 & 0x1ff) * 8;
}

unsigned tiny_pte_size(enum tiny_mode m)
{
    return m == TINY_PG32 || m == TINY_PG32_USER ? 4 : 8;
}

/* --- the processor -------------------------------------------------------------------------- */

static void seg(struct tiny *t, struct x86_state *s, unsigned r, uint16_t sel)
{
    uint64_t d = tiny_read(t, TINY_GDT + (sel & 0xfff8u), 8);
    uint32_t hi = (uint32_t)(d >> 32);
    uint32_t limit = (uint32_t)(d & 0xffff) | (hi & 0xf0000);
    s->seg[r].sel = sel;
    s->seg[r].base = (d >> 16 & 0xffffff) | (hi & 0xff000000);
    s->seg[r].limit = hi & 0x800000 ? limit << 12 | 0xfff : limit;
    s->seg[r].attr = (uint16_t)((hi >> 8 & 0xff) | (hi >> 12 & 0xf00));
}

static void segs_v86(struct x86_state *s)
{
    static const uint16_t sel[6] = { 0x6000, 0x2000, 0x3000, 0x6000, 0x6000, 0x6000 };
    for (unsigned i = 0; i < 6; i++) {
        s->seg[i] = (struct x86_seg){ (uint64_t)sel[i] << 4, 0xffff, sel[i], 0xf3 };
    }
    s->rflags |= X86_FL_VM;
    s->gpr[X86_RSP] = 0x800;
    s->gpr[X86_RBX] = 0;
    s->rip = 0;
}

static void segs_real(struct x86_state *s)
{
    static const uint16_t sel[6] = { 0x5000, 0x1000, 0x0800, 0x5000, 0x5000, 0x5000 };
    for (unsigned i = 0; i < 6; i++) {
        s->seg[i] =
            (struct x86_seg){ (uint64_t)sel[i] << 4, 0xffff, sel[i], i == X86_CS ? 0x9b : 0x93 };
    }
    s->gpr[X86_RSP] = 0x800;
    s->gpr[X86_RBX] = 0;
    s->rip = 0;
    s->idt = (struct x86_dtable){ 0, 0x3ff };
}

static void segs_protected(struct tiny *t, struct x86_state *s, enum tiny_mode m)
{
    bool user = tiny_is_user(m);
    uint16_t cs = user ? SEL_UCODE32 : SEL_CODE32, ds = user ? SEL_UDATA : SEL_DATA;
    if (m == TINY_LONG || m == TINY_LONG_USER) {
        cs = user ? SEL_UCODE64 : SEL_CODE64;
    } else if (m == TINY_P16) {
        cs = SEL_CODE16;
        ds = SEL_DATA16;
    }
    for (unsigned i = 0; i < 6; i++) {
        seg(t, s, i, i == X86_CS ? cs : ds);
    }
    if (m == TINY_P16) {
        s->seg[X86_CS].base = TINY_CODE; /* 16-bit offsets from the code's start */
        s->rip = 0;
    } else {
        s->rip = tiny_code_addr(m);
    }
    s->gpr[X86_RSP] = user ? TINY_USTACK : TINY_STACK;
    s->gpr[X86_RBX] = m == TINY_P16 ? 0x5000 : user ? TINY_UDATA : TINY_DATA;
}

static void control(struct x86_state *s, enum tiny_mode m)
{
    s->cr0 = X86_CR0_ET | X86_CR0_NE | X86_CR0_WP | (m == TINY_REAL ? 0 : X86_CR0_PE);
    s->cr4 = 0;
    switch (m) {
    case TINY_PG32:
    case TINY_PG32_USER:
        s->cr0 |= X86_CR0_PG;
        s->cr4 = X86_CR4_PSE;
        s->cr3 = TINY_PD32;
        break;
    case TINY_PAE:
    case TINY_PAE_USER:
        s->cr0 |= X86_CR0_PG;
        s->cr4 = X86_CR4_PAE;
        s->cr3 = TINY_PAE_PDPT;
        break;
    case TINY_LONG:
    case TINY_LONG_USER:
    case TINY_COMPAT:
    case TINY_COMPAT_USER:
        s->cr0 |= X86_CR0_PG;
        s->cr4 = X86_CR4_PAE;
        s->cr3 = TINY_PML4;
        s->msr.efer = X86_EFER_LME | X86_EFER_LMA;
        break;
    default: break;
    }
}

void tiny_setup(struct tiny *t, enum tiny_mode m)
{
    bool wide = tiny_is_long(m);
    struct x86_state *s = &t->cpu->st;
    t->mode = m;
    t->irq = -1;
    memset(t->model.features, 0xff, sizeof t->model.features);
    t->model.features[X86_FEAT_LA57 / 64] &= ~(1ull << (X86_FEAT_LA57 % 64));
    strcpy(t->model.vendor, "GenuineIntel");
    memset(t->ram + TINY_DATA, 0, 0x20000);
    memset(t->ram + 0x8000, 0, 0x3000);
    memset(t->ram + 0x30000, 0, 0x1000);
    build_gdt(t, wide);
    build_idt(t, wide);
    build_tss(t, wide);
    build_paging(t);
    x86_state_reset(s, true, 0x600);
    s->groups = X86_GROUP_ALL & ~X86_GROUP_TSC;
    s->gdt = (struct x86_dtable){ TINY_GDT, 0x1ff };
    s->idt = (struct x86_dtable){ TINY_IDT, (uint16_t)(wide ? 0xfff : 0x7ff) };
    for (unsigned i = 0; i < 16; i++) {
        s->gpr[i] = 0x11110000u * (i & 7) + 0x1111;
    }
    s->gpr[X86_RCX] = 0;
    s->gpr[X86_RBP] = TINY_STACK;
    control(s, m);
    if (m == TINY_REAL) {
        segs_real(s);
    } else if (m == TINY_V86) {
        segs_v86(s);
    } else {
        segs_protected(t, s, m);
    }
    seg(t, s, X86_TR, SEL_TSS);
    seg(t, s, X86_LDTR, SEL_LDT);
    s->seg[X86_TR].attr |= 2;
    tiny_write(t, TINY_GDT + SEL_TSS + 5, 0x8b, 1); /* busy */
    s->fpu.fcw = 0x37f;
    s->fpu.ftw = 0;
    tiny_sync(t);
}

void tiny_sync(struct tiny *t)
{
    struct x86_state copy = t->cpu->st;
    x86_cpu_set_state(t->cpu, &copy);
}

enum x86_stop tiny_run(struct tiny *t, unsigned n)
{
    t->cpu->insn_limit = t->cpu->insn_count + n;
    if (t->cpu->blocks) {
        x86_block_flush(t->cpu->blocks); /* code was written behind its back */
    }
    x86_tlb_flush(t->cpu, true);
    return x86_interp_run(t->cpu);
}
