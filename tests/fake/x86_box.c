/* SPDX-License-Identifier: MIT */
#include "tests/fake/x86_box.h"

#include <stdlib.h>
#include <string.h>

#define HANDLERS 0x8000u /* 16 bytes each: HLT */
#define IDT      0x7000u
#define GDT      0x6000u
#define PAGES    0x1000u
#define TABLES   0x300000u

static uint32_t box_pio_read(void *opaque, uint16_t port, unsigned size)
{
    struct x86_box *b = opaque;
    (void)port;
    b->port_accesses++;
    return size == 4 ? b->port_value : b->port_value & ((1u << (size * 8)) - 1);
}

static void box_pio_write(void *opaque, uint16_t port, uint32_t v, unsigned size)
{
    struct x86_box *b = opaque;
    (void)port;
    (void)size;
    b->port_accesses++;
    b->port_value = v;
}

static uint64_t box_mmio_read(void *opaque, gpa_t gpa, unsigned size)
{
    (void)opaque;
    (void)gpa;
    (void)size;
    return ~0ull;
}

static void box_mmio_write(void *opaque, gpa_t gpa, uint64_t v, unsigned size)
{
    (void)opaque;
    (void)gpa;
    (void)v;
    (void)size;
}

static int box_irq_ack(void *opaque)
{
    struct x86_box *b = opaque;
    int v = b->last_irq;
    b->last_irq = -1;
    atomic_fetch_and(&b->cpu->requests, ~(unsigned)X86_REQ_IRQ);
    return v;
}

static uint64_t box_tsc(void *opaque)
{
    (void)opaque;
    return 12345;
}

static void put64(uint8_t *p, uint64_t v)
{
    memcpy(p, &v, 8);
}

static void make_tables(uint8_t *ram, unsigned mode)
{
    unsigned code = mode == 8 ? 0x00209b00 : 0x00cf9b00;
    put64(ram + GDT + 8, (uint64_t)code << 32 | 0xffff);
    put64(ram + GDT + 16, 0x00cf93000000ffffull);
    for (unsigned v = 0; v < 256; v++) {
        uint32_t at = HANDLERS + v * 16;
        ram[at] = 0xf4;
        if (mode == 2) {
            uint16_t ivt[2] = { (uint16_t)at, 0 };
            memcpy(ram + v * 4, ivt, 4);
        } else if (mode == 4) {
            put64(ram + IDT + v * 8,
                  (uint64_t)(at & 0xffff0000u) << 32 | 0x8e0000080000ull | (at & 0xffff));
        } else {
            put64(ram + IDT + v * 16,
                  (uint64_t)(at & 0xffff0000u) << 32 | 0x8e0000080000ull | (at & 0xffff));
            put64(ram + IDT + v * 16 + 8, 0);
        }
    }
    put64(ram + PAGES, (PAGES + 0x1000) | 7);
    put64(ram + PAGES + 0x1000, (PAGES + 0x2000) | 7);
    for (unsigned t = 0; t < 2; t++) {
        put64(ram + PAGES + 0x2000 + t * 8, (TABLES + t * 0x1000) | 7);
        for (unsigned k = 0; k < 512; k++) {
            uint64_t page = (uint64_t)t << 21 | (uint64_t)k << 12;
            put64(ram + TABLES + t * 0x1000 + k * 8, page < 0x300000 ? page | 7 : 0);
        }
    }
}

static void set_state(struct x86_box *b, unsigned mode)
{
    struct x86_state s;
    x86_state_reset(&s, true, 0x600);
    s.rip = X86_BOX_CODE;
    s.gpr[X86_RSP] = X86_BOX_STACK + 0x1000;
    s.gdt.base = GDT;
    s.gdt.limit = 0x17;
    s.idt.base = mode == 2 ? 0 : IDT;
    s.idt.limit = 0xfff;
    for (unsigned k = X86_ES; k <= X86_GS; k++) {
        bool cs = k == X86_CS;
        s.seg[k].base = 0;
        s.seg[k].limit = mode == 2 ? 0xffff : 0xffffffff;
        s.seg[k].sel = mode == 2 ? 0 : cs ? 8 : 16;
        s.seg[k].attr = mode == 2 ? (cs ? 0x9b : 0x93) : !cs ? 0xc93 : mode == 8 ? 0xa9b : 0xc9b;
    }
    if (mode == 2) {
        s.seg[X86_CS].sel = X86_BOX_CODE >> 4;
        s.seg[X86_CS].base = X86_BOX_CODE;
        s.rip = 0;
    } else {
        s.cr0 |= X86_CR0_PE;
    }
    if (mode == 8) {
        s.cr3 = PAGES;
        s.cr4 = X86_CR4_PAE | X86_CR4_OSFXSR;
        s.cr0 |= X86_CR0_PG | X86_CR0_WP;
        s.msr.efer = X86_EFER_LME | X86_EFER_LMA;
    }
    x86_cpu_set_state(b->cpu, &s);
}

static struct x86_box *make(struct physmem *pm, uint8_t *ram, unsigned mode,
                            struct x86_code_map *map)
{
    static const struct x86_topology topology = { 1, 1, 1 };
    struct x86_box *b = g_new0(struct x86_box, 1);
    struct x86_bus bus = { .pio_read = box_pio_read,
                           .pio_write = box_pio_write,
                           .mmio_read = box_mmio_read,
                           .mmio_write = box_mmio_write,
                           .irq_ack = box_irq_ack,
                           .tsc = box_tsc,
                           .opaque = b };
    b->pm = pm;
    b->ram = ram;
    b->last_irq = -1;
    memset(b->model.features, 0xff, sizeof b->model.features);
    b->model.phys_bits = 40;
    b->model.virt_bits = 48;
    b->cpu = x86_cpu_new(pm, &bus, &b->model, &topology, 0);
    x86_code_map_attach(map, b->cpu);
    set_state(b, mode);
    return b;
}

struct x86_box *x86_box_new(unsigned mode, struct x86_code_map *map)
{
    struct physmem *pm = physmem_new();
    uint8_t *ram = aligned_alloc(4096, X86_BOX_RAM);
    memset(ram, 0, X86_BOX_RAM);
    make_tables(ram, mode);
    physmem_add_ram(pm, "ram", 0, X86_BOX_RAM, ram, 0);
    struct x86_box *b = make(pm, ram, mode, map);
    b->port_value = 0xa5a5a5a5;
    b->owner = true;
    return b;
}

struct x86_box *x86_box_peer(struct x86_box *other, unsigned mode, struct x86_code_map *map)
{
    return make(other->pm, other->ram, mode, map);
}

void x86_box_free(struct x86_box *b)
{
    x86_code_map_detach(b->cpu);
    x86_cpu_free(b->cpu);
    if (b->owner) {
        physmem_free(b->pm);
        free(b->ram);
    }
    g_free(b);
}

void x86_box_code(struct x86_box *b, const void *bytes, size_t len)
{
    memcpy(b->ram + X86_BOX_CODE, bytes, len);
    x86_code_map_written(b->cpu->code_map, X86_BOX_CODE, len);
    b->cpu->st.rip = b->cpu->code_mode == 2 ? 0 : X86_BOX_CODE;
    b->cpu->st.mp = X86_MP_RUNNABLE;
}

enum x86_stop x86_box_run(struct x86_box *b, uint64_t n)
{
    b->cpu->insn_limit = b->cpu->insn_count + n;
    return x86_interp_run(b->cpu);
}

int x86_box_vector(const struct x86_box *b)
{
    uint64_t lin = b->cpu->st.seg[X86_CS].base + b->cpu->st.rip;
    if (lin < HANDLERS || lin >= HANDLERS + 256 * 16) {
        return -1;
    }
    return (int)((lin - HANDLERS) / 16);
}

static bool has_error(int vector)
{
    return vector == 8 || (vector >= 10 && vector <= 14) || vector == 17;
}

static uint64_t frame(const struct x86_box *b, bool error)
{
    const uint8_t *p = b->ram + (b->cpu->st.gpr[X86_RSP] & 0xffffff);
    unsigned size = b->cpu->code_mode;
    uint64_t v = 0;
    bool pushed = size != 2 && has_error(x86_box_vector(b));
    if (error && !pushed) {
        return 0;
    }
    memcpy(&v, p + (pushed && !error ? size : 0), size);
    return v;
}

uint64_t x86_box_fault_rip(const struct x86_box *b)
{
    return frame(b, false);
}

uint64_t x86_box_fault_error(const struct x86_box *b)
{
    return frame(b, true);
}
