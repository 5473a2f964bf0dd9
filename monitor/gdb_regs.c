/* SPDX-License-Identifier: MIT */
/*
 * The registers that gdb sees: one 64-bit description whatever mode the processor is in, so that
 * nothing changes under gdb when the guest enters long mode. Names and order of the first four
 * features are gdb's ("x86 Features" in its manual); the last one is ours: control and debug
 * registers, hidden parts of segments, MSRs.
 */
#include <string.h>

#include "monitor/gdb_int.h"

enum kind { GPR, RIP, FLAGS, SEL, ST, FPUC, BASE, LIMIT, ATTR, XMM, MXCSR, YMMH, Q };

struct reg {
    const char *name;
    const char *type; /* gdb's, NULL: int<bits> */
    uint8_t bits;
    enum kind kind;
    uint16_t index;   /* of a register; Q: offset of a 64-bit field in struct x86_state */
};

#define G(name, n)   { name, NULL, 64, GPR, n }
#define SEG(name, n) { name, NULL, 32, SEL, n }
#define F(name, n)   { name, NULL, 32, FPUC, n }
#define S(n)         { "st" #n, "i387_ext", 80, ST, n }
#define X(n)         { "xmm" #n, "vec128", 128, XMM, n }
#define Y(n)         { "ymm" #n "h", "uint128", 128, YMMH, n }
#define FIELD(name, type, field) { name, type, 64, Q, offsetof(struct x86_state, field) }
#define HIDDEN(r, n)                                                   \
    { r "_base", NULL, 64, BASE, n }, { r "_limit", NULL, 32, LIMIT, n }, \
    { r "_attr", NULL, 32, ATTR, n }

static const struct reg core[] = {
    G("rax", X86_RAX), G("rbx", X86_RBX), G("rcx", X86_RCX), G("rdx", X86_RDX),
    G("rsi", X86_RSI), G("rdi", X86_RDI),
    { "rbp", "data_ptr", 64, GPR, X86_RBP }, { "rsp", "data_ptr", 64, GPR, X86_RSP },
    G("r8", 8), G("r9", 9), G("r10", 10), G("r11", 11),
    G("r12", 12), G("r13", 13), G("r14", 14), G("r15", 15),
    { "rip", "code_ptr", 64, RIP, 0 }, { "eflags", "x64_eflags", 32, FLAGS, 0 },
    SEG("cs", X86_CS), SEG("ss", X86_SS), SEG("ds", X86_DS), SEG("es", X86_ES),
    SEG("fs", X86_FS), SEG("gs", X86_GS),
    S(0), S(1), S(2), S(3), S(4), S(5), S(6), S(7),
    F("fctrl", 0), F("fstat", 1), F("ftag", 2), F("fiseg", 3), F("fioff", 4), F("foseg", 5),
    F("fooff", 6), F("fop", 7),
};
static const struct reg sse[] = {
    X(0), X(1), X(2), X(3), X(4), X(5), X(6), X(7), X(8), X(9), X(10), X(11), X(12), X(13), X(14),
    X(15), { "mxcsr", "x64_mxcsr", 32, MXCSR, 0 },
};
static const struct reg avx[] = {
    Y(0), Y(1), Y(2), Y(3), Y(4), Y(5), Y(6), Y(7), Y(8), Y(9), Y(10), Y(11), Y(12), Y(13), Y(14),
    Y(15),
};
static const struct reg segments[] = {
    { "fs_base", NULL, 64, BASE, X86_FS }, { "gs_base", NULL, 64, BASE, X86_GS },
};
static const struct reg system_regs[] = {
    FIELD("k_gs_base", NULL, msr.kernel_gs_base),
    FIELD("cr0", "x64_cr0", cr0), FIELD("cr2", NULL, cr2), FIELD("cr3", NULL, cr3),
    FIELD("cr4", "x64_cr4", cr4), FIELD("cr8", NULL, cr8), FIELD("efer", "x64_efer", msr.efer),
    FIELD("xcr0", NULL, xcr0),
    FIELD("dr0", NULL, dr[0]), FIELD("dr1", NULL, dr[1]), FIELD("dr2", NULL, dr[2]),
    FIELD("dr3", NULL, dr[3]), FIELD("dr6", NULL, dr[6]), FIELD("dr7", NULL, dr[7]),
    FIELD("gdt_base", NULL, gdt.base), { "gdt_limit", NULL, 32, LIMIT, X86_SEG_COUNT },
    FIELD("idt_base", NULL, idt.base), { "idt_limit", NULL, 32, LIMIT, X86_SEG_COUNT + 1 },
    SEG("ldt", X86_LDTR), HIDDEN("ldt", X86_LDTR), SEG("tr", X86_TR), HIDDEN("tr", X86_TR),
    HIDDEN("cs", X86_CS), HIDDEN("ss", X86_SS), HIDDEN("ds", X86_DS), HIDDEN("es", X86_ES),
    { "fs_limit", NULL, 32, LIMIT, X86_FS }, { "fs_attr", NULL, 32, ATTR, X86_FS },
    { "gs_limit", NULL, 32, LIMIT, X86_GS }, { "gs_attr", NULL, 32, ATTR, X86_GS },
    FIELD("star", NULL, msr.star), FIELD("lstar", NULL, msr.lstar), FIELD("cstar", NULL, msr.cstar),
    FIELD("sfmask", NULL, msr.fmask), FIELD("sysenter_cs", NULL, msr.sysenter_cs),
    FIELD("sysenter_esp", NULL, msr.sysenter_esp), FIELD("sysenter_eip", NULL, msr.sysenter_eip),
    FIELD("apic_base", NULL, msr.apic_base), FIELD("pat", NULL, msr.pat),
    FIELD("tsc_aux", NULL, msr.tsc_aux), FIELD("misc_enable", NULL, msr.misc_enable),
    FIELD("debugctl", NULL, msr.debugctl), FIELD("mtrr_def_type", NULL, msr.mtrr_def_type),
    FIELD("tsc", NULL, tsc),
};

/* Types that gdb does not know by itself: names of bits. */
struct bit {
    const char *name;
    uint8_t at;
};
static const struct bit eflags_bits[] = {
    { "CF", 0 }, { "PF", 2 }, { "AF", 4 }, { "ZF", 6 }, { "SF", 7 }, { "TF", 8 }, { "IF", 9 },
    { "DF", 10 }, { "OF", 11 }, { "NT", 14 }, { "RF", 16 }, { "VM", 17 }, { "AC", 18 },
    { "VIF", 19 }, { "VIP", 20 }, { "ID", 21 },
};
static const struct bit mxcsr_bits[] = {
    { "IE", 0 }, { "DE", 1 }, { "ZE", 2 }, { "OE", 3 }, { "UE", 4 }, { "PE", 5 }, { "DAZ", 6 },
    { "IM", 7 }, { "DM", 8 }, { "ZM", 9 }, { "OM", 10 }, { "UM", 11 }, { "PM", 12 }, { "FZ", 15 },
};
static const struct bit cr0_bits[] = {
    { "PE", 0 }, { "MP", 1 }, { "EM", 2 }, { "TS", 3 }, { "ET", 4 }, { "NE", 5 }, { "WP", 16 },
    { "AM", 18 }, { "NW", 29 }, { "CD", 30 }, { "PG", 31 },
};
static const struct bit cr4_bits[] = {
    { "VME", 0 }, { "PVI", 1 }, { "TSD", 2 }, { "DE", 3 }, { "PSE", 4 }, { "PAE", 5 },
    { "MCE", 6 }, { "PGE", 7 }, { "PCE", 8 }, { "OSFXSR", 9 }, { "OSXMMEXCPT", 10 },
    { "UMIP", 11 }, { "LA57", 12 }, { "VMXE", 13 }, { "FSGSBASE", 16 }, { "PCIDE", 17 },
    { "OSXSAVE", 18 }, { "SMEP", 20 }, { "SMAP", 21 }, { "PKE", 22 },
};
static const struct bit efer_bits[] = {
    { "SCE", 0 }, { "LME", 8 }, { "LMA", 10 }, { "NXE", 11 }, { "SVME", 12 }, { "FFXSR", 14 },
};

static const struct feature {
    const char *name;
    const struct reg *regs;
    unsigned n;
    const char *types; /* XML before the registers */
    struct {
        const char *id;
        const struct bit *bits;
        unsigned n, size;
    } flags[3];
} features[] = {
    { "org.gnu.gdb.i386.core", core, ARRAY_LEN(core), "",
      { { "x64_eflags", eflags_bits, ARRAY_LEN(eflags_bits), 4 } } },
    { "org.gnu.gdb.i386.sse", sse, ARRAY_LEN(sse),
      "<vector id=\"v4f\" type=\"ieee_single\" count=\"4\"/>"
      "<vector id=\"v2d\" type=\"ieee_double\" count=\"2\"/>"
      "<vector id=\"v16i8\" type=\"int8\" count=\"16\"/>"
      "<vector id=\"v8i16\" type=\"int16\" count=\"8\"/>"
      "<vector id=\"v4i32\" type=\"int32\" count=\"4\"/>"
      "<vector id=\"v2i64\" type=\"int64\" count=\"2\"/>"
      "<union id=\"vec128\"><field name=\"v4_float\" type=\"v4f\"/>"
      "<field name=\"v2_double\" type=\"v2d\"/><field name=\"v16_int8\" type=\"v16i8\"/>"
      "<field name=\"v8_int16\" type=\"v8i16\"/><field name=\"v4_int32\" type=\"v4i32\"/>"
      "<field name=\"v2_int64\" type=\"v2i64\"/><field name=\"uint128\" type=\"uint128\"/></union>",
      { { "x64_mxcsr", mxcsr_bits, ARRAY_LEN(mxcsr_bits), 4 } } },
    { "org.gnu.gdb.i386.avx", avx, ARRAY_LEN(avx), "", { { 0 } } },
    { "org.gnu.gdb.i386.segments", segments, ARRAY_LEN(segments), "", { { 0 } } },
    { "emu.x86.system", system_regs, ARRAY_LEN(system_regs), "",
      { { "x64_cr0", cr0_bits, ARRAY_LEN(cr0_bits), 8 },
        { "x64_cr4", cr4_bits, ARRAY_LEN(cr4_bits), 8 },
        { "x64_efer", efer_bits, ARRAY_LEN(efer_bits), 8 } } },
};

static void xml_feature(GString *out, const struct feature *f)
{
    g_string_append_printf(out, "<feature name=\"%s\">%s", f->name, f->types);
    for (size_t k = 0; k < ARRAY_LEN(f->flags) && f->flags[k].id; k++) {
        g_string_append_printf(out, "<flags id=\"%s\" size=\"%u\">", f->flags[k].id,
                               f->flags[k].size);
        for (unsigned b = 0; b < f->flags[k].n; b++) {
            const struct bit *bit = &f->flags[k].bits[b];
            g_string_append_printf(out, "<field name=\"%s\" start=\"%u\" end=\"%u\"/>", bit->name,
                                   bit->at, bit->at);
        }
        g_string_append(out, "</flags>");
    }
    for (unsigned i = 0; i < f->n; i++) {
        const struct reg *r = &f->regs[i];
        char type[16];
        g_snprintf(type, sizeof type, "int%u", r->bits);
        g_string_append_printf(out, "<reg name=\"%s\" bitsize=\"%u\" type=\"%s\"%s/>", r->name,
                               r->bits, r->type ? r->type : type,
                               r->kind == FPUC ? " group=\"float\"" : "");
    }
    g_string_append(out, "</feature>");
}

void gdb_regs_xml(GString *out)
{
    g_string_append(out, "<?xml version=\"1.0\"?><!DOCTYPE target SYSTEM \"gdb-target.dtd\">"
                         "<target version=\"1.0\"><architecture>i386:x86-64</architecture>");
    for (size_t k = 0; k < ARRAY_LEN(features); k++) {
        xml_feature(out, &features[k]);
    }
    g_string_append(out, "</target>");
}

unsigned gdb_regs_count(void)
{
    unsigned n = 0;
    for (size_t k = 0; k < ARRAY_LEN(features); k++) {
        n += features[k].n;
    }
    return n;
}

static const struct reg *find(unsigned n)
{
    for (size_t k = 0; k < ARRAY_LEN(features); k++) {
        if (n < features[k].n) {
            return &features[k].regs[n];
        }
        n -= features[k].n;
    }
    return NULL;
}

/* gdb wants the full tag word; from the abridged one: 3 empty, else by the value (as FSAVE). */
static unsigned full_tag(const struct x86_fpu *f)
{
    unsigned tag = 0;
    for (unsigned i = 0; i < 8; i++) {
        unsigned e = f->r[i].se & 0x7fff, t = 3;
        if (f->ftw >> i & 1) {
            bool zero = e == 0 && f->r[i].mant == 0;
            t = zero ? 1 : e == 0 || e == 0x7fff || !(f->r[i].mant >> 63) ? 2 : 0;
        }
        tag |= t << (2 * i);
    }
    return tag;
}

static uint32_t fpu_get(const struct x86_fpu *f, unsigned index)
{
    const uint32_t v[] = { f->fcw, f->fsw, full_tag(f), f->fcs, (uint32_t)f->fip, f->fds,
                           (uint32_t)f->fdp, f->fop };
    return v[index];
}

static void fpu_set(struct x86_fpu *f, unsigned index, uint32_t v)
{
    switch (index) {
    case 0: f->fcw = (uint16_t)v; break;
    case 1: f->fsw = (uint16_t)v; break;
    case 2:
        f->ftw = 0;
        for (unsigned i = 0; i < 8; i++) {
            f->ftw |= (uint8_t)(((v >> (2 * i) & 3) != 3) << i);
        }
        break;
    case 3: f->fcs = (uint16_t)v; break;
    case 4: f->fip = (f->fip & ~0xffffffffull) | v; break;
    case 5: f->fds = (uint16_t)v; break;
    case 6: f->fdp = (f->fdp & ~0xffffffffull) | v; break;
    default: f->fop = (uint16_t)(v & 0x7ff); break;
    }
}

static unsigned physical_st(const struct x86_state *s, unsigned st)
{
    return (st + (s->fpu.fsw >> 11)) & 7;
}

static uint64_t value_of(const struct x86_state *s, const struct reg *r)
{
    const struct x86_seg *seg = &s->seg[r->index < X86_SEG_COUNT ? r->index : 0];
    switch (r->kind) {
    case GPR: return s->gpr[r->index];
    case RIP: return s->rip;
    case FLAGS: return s->rflags;
    case SEL: return seg->sel;
    case FPUC: return fpu_get(&s->fpu, r->index);
    case BASE: return seg->base;
    case ATTR: return seg->attr;
    case LIMIT:
        return r->index < X86_SEG_COUNT      ? seg->limit
               : r->index == X86_SEG_COUNT ? s->gdt.limit
                                           : s->idt.limit;
    case MXCSR: return s->fpu.mxcsr;
    case Q: {
        uint64_t v;
        memcpy(&v, (const char *)s + r->index, sizeof v);
        return v;
    }
    default: return 0;
    }
}

unsigned gdb_reg_get(const struct x86_state *s, unsigned n, uint8_t *out)
{
    const struct reg *r = find(n);
    if (!r) {
        return 0;
    }
    if (r->kind == XMM || r->kind == YMMH) {
        memcpy(out, s->vec[r->index].u8 + (r->kind == YMMH ? 16 : 0), 16);
    } else if (r->kind == ST) {
        const struct x86_fpreg *f = &s->fpu.r[physical_st(s, r->index)];
        memcpy(out, &f->mant, 8);
        memcpy(out + 8, &f->se, 2);
    } else {
        uint64_t v = value_of(s, r);
        memcpy(out, &v, r->bits / 8);
    }
    return r->bits / 8;
}

/* A selector written by a debugger: outside of protected mode the base follows, as it would. */
static void set_selector(struct x86_state *s, unsigned index, uint16_t sel)
{
    s->seg[index].sel = sel;
    if (index <= X86_GS && (!(s->cr0 & 1) || (s->rflags & X86_FL_VM))) {
        s->seg[index].base = (uint32_t)sel << 4;
    }
}

static void set_value(struct x86_state *s, const struct reg *r, uint64_t v)
{
    struct x86_seg *seg = &s->seg[r->index < X86_SEG_COUNT ? r->index : 0];
    switch (r->kind) {
    case GPR: s->gpr[r->index] = v; break;
    case RIP: s->rip = v; break;
    case FLAGS: s->rflags = v; break;
    case SEL: set_selector(s, r->index, (uint16_t)v); break;
    case FPUC: fpu_set(&s->fpu, r->index, (uint32_t)v); break;
    case BASE: seg->base = v; break;
    case ATTR: seg->attr = (uint16_t)v; break;
    case LIMIT:
        if (r->index < X86_SEG_COUNT) {
            seg->limit = (uint32_t)v;
        } else {
            *(r->index == X86_SEG_COUNT ? &s->gdt.limit : &s->idt.limit) = (uint16_t)v;
        }
        break;
    case MXCSR: s->fpu.mxcsr = (uint32_t)v; break;
    case Q: memcpy((char *)s + r->index, &v, sizeof v); break;
    default: break;
    }
}

unsigned gdb_reg_set(struct x86_state *s, unsigned n, const uint8_t *in)
{
    const struct reg *r = find(n);
    if (!r) {
        return 0;
    }
    if (r->kind == XMM || r->kind == YMMH) {
        memcpy(s->vec[r->index].u8 + (r->kind == YMMH ? 16 : 0), in, 16);
    } else if (r->kind == ST) {
        struct x86_fpreg *f = &s->fpu.r[physical_st(s, r->index)];
        memcpy(&f->mant, in, 8);
        memcpy(&f->se, in + 8, 2);
    } else {
        uint64_t v = 0;
        memcpy(&v, in, r->bits / 8);
        set_value(s, r, v);
    }
    return r->bits / 8;
}
