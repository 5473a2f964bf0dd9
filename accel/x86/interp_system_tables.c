/* SPDX-License-Identifier: MIT */
/*
 * Descriptor tables and their inspection: LGDT..STR, LAR, LSL, VERR, VERW, ARPL. Intel SDM vol. 2;
 * UMIP vol. 3, 2.5.
 */
#include "accel/x86/system.h"

static void check_umip(struct x86_cpu *cpu)
{
    if ((cpu->st.cr4 & X86_CR4_UMIP) && cpu->cpl > 0) {
        x86_raise(cpu, X86_EXC_GP);
    }
}

static void need_protected(struct x86_cpu *cpu)
{
    if (x86_real_like(cpu)) {
        x86_raise(cpu, X86_EXC_UD);
    }
}

/* --- GDTR and IDTR -------------------------------------------------------------------------- */

static uint64_t next_lin(const struct x86_cpu *cpu, uint64_t lin)
{
    return cpu->code_mode == 8 ? lin + 2 : (uint32_t)(lin + 2);
}

static void store_table(struct x86_cpu *cpu, const struct x86_insn *i, const struct x86_dtable *t)
{
    uint8_t raw[10];
    unsigned len = cpu->code_mode == 8 ? 10 : 6;
    check_umip(cpu);
    uint64_t lin = x86_mem_lin(cpu, i, len, X86_ACCESS_WRITE);
    memcpy(raw, &t->limit, 2);
    memcpy(raw + 2, &t->base, 8);
    x86_store_bytes(cpu, lin, raw, len, x86_user(cpu));
}

static void load_table(struct x86_cpu *cpu, const struct x86_insn *i, struct x86_dtable *t)
{
    x86_require_cpl0(cpu);
    bool wide = cpu->code_mode == 8;
    uint64_t lin = x86_mem_lin(cpu, i, wide ? 10 : 6, X86_ACCESS_READ);
    uint16_t limit = x86_load16(cpu, lin, false);
    uint64_t base = x86_mem_load(cpu, next_lin(cpu, lin), wide ? 8 : 4, false);
    if (wide && !x86_canonical_max(cpu, base)) {
        x86_raise(x86_because(cpu, "the table's base is not canonical"), X86_EXC_GP);
    }
    if (!wide && i->opsize == 2) {
        base &= 0xffffff;
    }
    t->base = base;
    t->limit = limit;
}

static void sgdt(struct x86_cpu *cpu, const struct x86_insn *i)
{
    store_table(cpu, i, &cpu->st.gdt);
}

static void sidt(struct x86_cpu *cpu, const struct x86_insn *i)
{
    store_table(cpu, i, &cpu->st.idt);
}

static void lgdt(struct x86_cpu *cpu, const struct x86_insn *i)
{
    load_table(cpu, i, &cpu->st.gdt);
}

static void lidt(struct x86_cpu *cpu, const struct x86_insn *i)
{
    load_table(cpu, i, &cpu->st.idt);
}

/* --- LDTR and TR ---------------------------------------------------------------------------- */

static void sldt(struct x86_cpu *cpu, const struct x86_insn *i)
{
    need_protected(cpu);
    check_umip(cpu);
    x86_sys_write16(cpu, i, cpu->st.seg[X86_LDTR].sel);
}

static void str(struct x86_cpu *cpu, const struct x86_insn *i)
{
    need_protected(cpu);
    check_umip(cpu);
    x86_sys_write16(cpu, i, cpu->st.seg[X86_TR].sel);
}

/* A system descriptor of the GDT; in IA-32e mode 16 bytes with a 64-bit base, checked. */
static struct x86_desc read_system(struct x86_cpu *cpu, uint16_t sel, uint64_t *base,
                                   unsigned *upper_type)
{
    uint64_t lin;
    *upper_type = 0;
    if ((sel & 4) || !x86_desc_find(cpu, sel, cpu->long_mode ? 16 : 8, &lin)) {
        x86_because(cpu, sel & 4 ? "the selector is not one of the GDT"
                                 : "the selector is beyond the GDT's limit");
        x86_raise_sel(cpu, X86_EXC_GP, sel);
    }
    struct x86_desc d = x86_desc_read(cpu, sel, X86_EXC_GP);
    *base = x86_desc_base(&d);
    if (cpu->long_mode) {
        uint64_t high = x86_sys_load(cpu, lin + 8, 8);
        *base |= high << 32;
        *upper_type = high >> 40 & 0x1f;
    }
    return d;
}

static void check_system(struct x86_cpu *cpu, uint16_t sel, const struct x86_desc *d, uint64_t base,
                         unsigned upper)
{
    if (!(d->hi & X86_DESC_P)) {
        x86_raise_sel(x86_because(cpu, "the descriptor is not present"), X86_EXC_NP, sel);
    }
    if (cpu->long_mode && (upper || !x86_canonical_max(cpu, base))) {
        x86_because(upper ? x86_reserved(cpu) : cpu,
                    upper ? "the upper half of the descriptor has a type"
                          : "the descriptor's base is not canonical");
        x86_raise_sel(cpu, X86_EXC_GP, sel);
    }
}

static void lldt(struct x86_cpu *cpu, const struct x86_insn *i)
{
    struct x86_seg *s = &cpu->st.seg[X86_LDTR];
    need_protected(cpu);
    x86_require_cpl0(cpu);
    uint16_t sel = (uint16_t)x86_sys_read(cpu, i, 0, 2);
    if (x86_sel_null(sel)) {
        x86_seg_null(s, sel, 0);
        return;
    }
    uint64_t base;
    unsigned upper;
    struct x86_desc d = read_system(cpu, sel, &base, &upper);
    if (!x86_desc_is_system(&d) || x86_desc_type(&d) != X86_SYS_LDT) {
        x86_raise_sel(x86_because(cpu, "the descriptor is no LDT"), X86_EXC_GP, sel);
    }
    check_system(cpu, sel, &d, base, upper);
    x86_seg_from_desc(s, sel, &d);
    s->base = base;
}

static void ltr(struct x86_cpu *cpu, const struct x86_insn *i)
{
    struct x86_seg *s = &cpu->st.seg[X86_TR];
    uint64_t base, lin;
    unsigned upper;
    need_protected(cpu);
    x86_require_cpl0(cpu);
    uint16_t sel = (uint16_t)x86_sys_read(cpu, i, 0, 2);
    if (x86_sel_null(sel)) {
        x86_raise(x86_because(cpu, "the selector is null"), X86_EXC_GP);
    }
    struct x86_desc d = read_system(cpu, sel, &base, &upper);
    bool tss16 = x86_desc_type(&d) == X86_SYS_TSS16 && !cpu->long_mode;
    if (!x86_desc_is_system(&d) || (x86_desc_type(&d) != X86_SYS_TSS && !tss16)) {
        bool busy = x86_desc_is_system(&d) && (x86_desc_type(&d) == X86_SYS_TSS_BUSY ||
                                               x86_desc_type(&d) == X86_SYS_TSS16_BUSY);
        x86_because(cpu, busy ? "the TSS is busy already" : "the descriptor is no available TSS");
        x86_raise_sel(cpu, X86_EXC_GP, sel);
    }
    check_system(cpu, sel, &d, base, upper);
    d.hi |= 2u << 8; /* busy */
    if (x86_desc_find(cpu, sel, 8, &lin)) {
        x86_sys_store(cpu, lin + 5, d.hi >> 8 & 0xff, 1);
    }
    x86_seg_from_desc(s, sel, &d);
    s->base = base;
}

/* --- inspection ----------------------------------------------------------------------------- */

/* Reads the descriptor without faulting on the selector; false: ZF = 0. */
static bool peek(struct x86_cpu *cpu, uint16_t sel, struct x86_desc *d)
{
    uint64_t lin;
    if (x86_sel_null(sel) || !x86_desc_find(cpu, sel, 8, &lin)) {
        return false;
    }
    *d = x86_desc_read(cpu, sel, X86_EXC_GP);
    return true;
}

static bool visible(const struct x86_cpu *cpu, uint16_t sel, const struct x86_desc *d)
{
    bool conforming = x86_desc_is_code(d) && (d->hi & X86_DESC_EC);
    return conforming || (cpu->cpl <= x86_desc_dpl(d) && (sel & 3u) <= x86_desc_dpl(d));
}

/* Tables of LAR and LSL in SDM vol. 2: which system types they accept, legacy and IA-32e. */
#define LAR_LEGACY 0x1a3eu /* 1-5, 9, 11, 12 */
#define LAR_LONG 0x1a04u   /* 2, 9, 11, 12 */
#define LSL_LEGACY 0x0a0eu /* 1-3, 9, 11 */
#define LSL_LONG 0x0a04u   /* 2, 9, 11 */

static bool type_allowed(const struct x86_cpu *cpu, const struct x86_desc *d, unsigned legacy,
                         unsigned wide)
{
    return !x86_desc_is_system(d) || ((cpu->long_mode ? wide : legacy) >> x86_desc_type(d) & 1);
}

static void lar(struct x86_cpu *cpu, const struct x86_insn *i)
{
    struct x86_desc d;
    need_protected(cpu);
    uint16_t sel = (uint16_t)x86_sys_read(cpu, i, 1, 2);
    bool ok =
        peek(cpu, sel, &d) && type_allowed(cpu, &d, LAR_LEGACY, LAR_LONG) && visible(cpu, sel, &d);
    if (ok) {
        x86_gpr_write(cpu, i->opnd[0].reg, d.hi & 0x00ffff00u, i->opnd[0].size);
    }
    x86_set_zf(cpu, ok);
}

static void lsl(struct x86_cpu *cpu, const struct x86_insn *i)
{
    struct x86_desc d;
    need_protected(cpu);
    uint16_t sel = (uint16_t)x86_sys_read(cpu, i, 1, 2);
    bool ok =
        peek(cpu, sel, &d) && type_allowed(cpu, &d, LSL_LEGACY, LSL_LONG) && visible(cpu, sel, &d);
    if (ok) {
        x86_gpr_write(cpu, i->opnd[0].reg, x86_desc_limit(&d), i->opnd[0].size);
    }
    x86_set_zf(cpu, ok);
}

static void verr(struct x86_cpu *cpu, const struct x86_insn *i)
{
    struct x86_desc d;
    need_protected(cpu);
    uint16_t sel = (uint16_t)x86_sys_read(cpu, i, 0, 2);
    bool ok = peek(cpu, sel, &d) && !x86_desc_is_system(&d) && visible(cpu, sel, &d) &&
              (!x86_desc_is_code(&d) || (d.hi & X86_DESC_RW));
    x86_set_zf(cpu, ok);
}

static void verw(struct x86_cpu *cpu, const struct x86_insn *i)
{
    struct x86_desc d;
    need_protected(cpu);
    uint16_t sel = (uint16_t)x86_sys_read(cpu, i, 0, 2);
    x86_set_zf(cpu, peek(cpu, sel, &d) && x86_desc_is_wdata(&d) && visible(cpu, sel, &d));
}

static void arpl(struct x86_cpu *cpu, const struct x86_insn *i)
{
    uint64_t lin = 0;
    uint16_t dst;
    need_protected(cpu);
    bool mem = i->opnd[0].kind == X86_OPND_MEM;
    if (mem) {
        lin = x86_mem_lin(cpu, i, 2, X86_ACCESS_WRITE);
        x86_probe_write(cpu, lin, 2, x86_user(cpu));
        dst = x86_load16(cpu, lin, x86_user(cpu));
    } else {
        dst = (uint16_t)cpu->st.gpr[i->opnd[0].reg];
    }
    unsigned rpl = cpu->st.gpr[i->opnd[1].reg] & 3;
    bool lower = (dst & 3u) < rpl;
    dst = (uint16_t)(lower ? (dst & ~3u) | rpl : dst);
    if (mem) {
        x86_store16(cpu, lin, dst, x86_user(cpu));
    } else {
        x86_gpr_write(cpu, i->opnd[0].reg, dst, 2);
    }
    x86_set_zf(cpu, lower);
}

x86_exec_fn *x86_bind_sys_tables(const struct x86_insn *i)
{
    switch (i->op) {
    case X86_OP_SGDT: return sgdt;
    case X86_OP_SIDT: return sidt;
    case X86_OP_LGDT: return lgdt;
    case X86_OP_LIDT: return lidt;
    case X86_OP_SLDT: return sldt;
    case X86_OP_STR: return str;
    case X86_OP_LLDT: return lldt;
    case X86_OP_LTR: return ltr;
    case X86_OP_LAR: return lar;
    case X86_OP_LSL: return lsl;
    case X86_OP_VERR: return verr;
    case X86_OP_VERW: return verw;
    case X86_OP_ARPL: return arpl;
    default: return NULL;
    }
}
