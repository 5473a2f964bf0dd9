/* SPDX-License-Identifier: MIT */
/*
 * Control registers, the I/O permission check and the TSC. Intel SDM vol. 3, 2.5 and 4.1 (which
 * combinations are refused), vol. 1, 19.5 (I/O permission bitmap).
 */
#include "accel/x86/system.h"
#include "core/physmem.h"

static _Noreturn void gp(struct x86_cpu *cpu, const char *why)
{
    x86_raise(x86_because(cpu, why), X86_EXC_GP);
}

uint64_t x86_tsc(struct x86_cpu *cpu)
{
    return (cpu->bus.tsc ? cpu->bus.tsc(cpu->bus.opaque) : cpu->insn_count) + cpu->tsc_offset;
}

/* PAE: the four directory pointers are read when CR3 is loaded (4.4.1). */
void x86_load_pdptes(struct x86_cpu *cpu, uint64_t cr3)
{
    uint64_t p[4];
    gpa_t gpa = cr3 & 0xffffffe0;
    uint64_t reserved = cpu->mmu.phys_reserved | 0xfff00000000001e6ull;
    for (unsigned i = 0; i < 4; i++) {
        uint8_t raw[8];
        dma_read(cpu->pm, (gpa + i * 8) & cpu->a20_mask, raw, sizeof raw);
        memcpy(&p[i], raw, sizeof raw);
        if ((p[i] & X86_PTE_P) && (p[i] & reserved)) {
            gp(x86_reserved(cpu), "a PAE directory pointer (PDPTE) has reserved bits set");
        }
    }
    memcpy(cpu->mmu.pdpte, p, sizeof p);
}

static bool pae_legacy(uint64_t cr0, uint64_t cr4, uint64_t efer)
{
    return (cr0 & X86_CR0_PG) && (cr4 & X86_CR4_PAE) && !(efer & X86_EFER_LME);
}

static void write_cr0(struct x86_cpu *cpu, uint64_t v)
{
    const uint64_t known = X86_CR0_PE | X86_CR0_MP | X86_CR0_EM | X86_CR0_TS | X86_CR0_ET |
                           X86_CR0_NE | X86_CR0_WP | X86_CR0_AM | X86_CR0_NW | X86_CR0_CD |
                           X86_CR0_PG;
    struct x86_state *st = &cpu->st;
    uint64_t old = st->cr0, efer = st->msr.efer;
    if (v >> 32) {
        gp(x86_reserved(cpu), "CR0 would get bits above 31");
    }
    v = (v & known) | X86_CR0_ET;
    if (((v & X86_CR0_PG) && !(v & X86_CR0_PE)) || ((v & X86_CR0_NW) && !(v & X86_CR0_CD))) {
        gp(cpu, (v & X86_CR0_PG) && !(v & X86_CR0_PE) ? "CR0.PG=1 needs CR0.PE=1"
                                                      : "CR0.NW=1 needs CR0.CD=1");
    }
    if (!(v & X86_CR0_PG) && (st->cr4 & X86_CR4_PCIDE)) {
        gp(cpu, "paging cannot be switched off while CR4.PCIDE=1");
    }
    if ((v & ~old) & X86_CR0_PG) {
        if (efer & X86_EFER_LME) {
            /* a 16-bit TSS may not be in TR, nor a 64-bit CS be loaded */
            bool tss16 = !(st->seg[X86_TR].attr & 8);
            if (!(st->cr4 & X86_CR4_PAE) || (st->seg[X86_CS].attr & X86_SEG_L) || tss16) {
                gp(cpu, !(st->cr4 & X86_CR4_PAE) ? "long mode (EFER.LME=1) needs CR4.PAE=1 before "
                                                   "paging is switched on"
                        : tss16 ? "TR holds a 16-bit TSS while long mode is switched on"
                                : "CS has L=1 while long mode is switched on");
            }
        }
    } else if ((old & ~v) & X86_CR0_PG) {
        if (cpu->code_mode == 8) {
            gp(cpu, "paging cannot be switched off in 64-bit code");
        }
    }
    if (pae_legacy(v, st->cr4, efer) && ((v ^ old) & (X86_CR0_PG | X86_CR0_CD | X86_CR0_NW))) {
        x86_load_pdptes(cpu, st->cr3);
    }
    st->msr.efer &= ~(uint64_t)X86_EFER_LMA;
    if ((v & X86_CR0_PG) && (efer & X86_EFER_LME)) {
        st->msr.efer |= X86_EFER_LMA;
    }
    st->cr0 = v;
    if ((v ^ old) & (X86_CR0_PE | X86_CR0_PG | X86_CR0_WP | X86_CR0_AM)) {
        x86_tlb_flush(cpu, true);
    }
    x86_mode_changed(cpu);
}

static void write_cr3(struct x86_cpu *cpu, uint64_t v)
{
    struct x86_state *st = &cpu->st;
    if (cpu->long_mode) {
        uint64_t reserved = cpu->mmu.phys_reserved | 0xfff0000000000000ull;
        if (st->cr4 & X86_CR4_PCIDE) {
            reserved &= ~(1ull << 63); /* "do not flush": allowed, and not worth a TLB with tags */
        }
        if (v & reserved) {
            gp(x86_reserved(cpu), "CR3 would get reserved bits");
        }
        v &= ~(1ull << 63);
    } else {
        v &= 0xffffffff;
        if (pae_legacy(st->cr0, st->cr4, st->msr.efer)) {
            x86_load_pdptes(cpu, v);
        }
    }
    st->cr3 = v;
    x86_tlb_flush(cpu, false);
}

static uint64_t cr4_known(const struct x86_cpu *cpu)
{
    static const struct { uint32_t bits; uint8_t feature;
    } map[] = {
        { X86_CR4_VME | X86_CR4_PVI, X86_FEAT_VME },
        { X86_CR4_TSD, X86_FEAT_TSC },
        { X86_CR4_DE, X86_FEAT_DE },
        { X86_CR4_PSE, X86_FEAT_PSE },
        { X86_CR4_PAE, X86_FEAT_PAE },
        { X86_CR4_MCE, X86_FEAT_MCE },
        { X86_CR4_PGE, X86_FEAT_PGE },
        { X86_CR4_PCE, X86_FEAT_NONE },
        { X86_CR4_OSFXSR, X86_FEAT_FXSR },
        { X86_CR4_OSXMMEXCPT, X86_FEAT_SSE },
        { X86_CR4_UMIP, X86_FEAT_UMIP },
        { X86_CR4_LA57, X86_FEAT_LA57 },
        { X86_CR4_FSGSBASE, X86_FEAT_FSGSBASE },
        { X86_CR4_PCIDE, X86_FEAT_PCID },
        { X86_CR4_OSXSAVE, X86_FEAT_XSAVE },
        { X86_CR4_SMEP, X86_FEAT_SMEP },
        { X86_CR4_SMAP, X86_FEAT_SMAP },
        { X86_CR4_PKE, X86_FEAT_PKU },
    };
    uint64_t known = 0;
    for (unsigned i = 0; i < ARRAY_LEN(map); i++) {
        if (x86_has(cpu->model, (enum x86_feature_id)map[i].feature)) {
            known |= map[i].bits;
        }
    }
    return known;
}

static void write_cr4(struct x86_cpu *cpu, uint64_t v)
{
    const uint64_t paging = X86_CR4_PSE | X86_CR4_PAE | X86_CR4_PGE | X86_CR4_PCIDE | X86_CR4_SMEP |
                            X86_CR4_SMAP | X86_CR4_PKE | X86_CR4_LA57;
    struct x86_state *st = &cpu->st;
    uint64_t old = st->cr4, diff = v ^ old;
    if (v & ~cr4_known(cpu)) {
        gp(x86_reserved(cpu), "CR4 would get bits that this processor does not have");
    }
    if (cpu->long_mode && (!(v & X86_CR4_PAE) || (diff & X86_CR4_LA57))) {
        gp(cpu, "CR4.PAE and CR4.LA57 cannot change in long mode");
    }
    if ((v & ~old & X86_CR4_PCIDE) && (!cpu->long_mode || (st->cr3 & 0xfff))) {
        gp(cpu, "CR4.PCIDE=1 needs long mode and bits 11:0 of CR3 clear");
    }
    if (pae_legacy(st->cr0, v, st->msr.efer) &&
        (diff & (X86_CR4_PAE | X86_CR4_PSE | X86_CR4_PGE | X86_CR4_SMEP))) {
        x86_load_pdptes(cpu, st->cr3);
    }
    st->cr4 = v;
    if (diff & paging) {
        x86_tlb_flush(cpu, true);
    }
    if (diff & X86_CR4_DE) {
        x86_debug_update(cpu);
    }
    x86_mode_changed(cpu);
}

void x86_write_cr(struct x86_cpu *cpu, unsigned cr, uint64_t v)
{
    switch (cr) {
    case 0: write_cr0(cpu, v); break;
    case 2: cpu->st.cr2 = v; break;
    case 3: write_cr3(cpu, v); break;
    case 4: write_cr4(cpu, v); break;
    case 8:
        if (v > 15) {
            gp(x86_reserved(cpu), "CR8 would get a value above 15");
        }
        cpu->st.cr8 = v;
        if (cpu->bus.tpr_write) {
            cpu->bus.tpr_write(cpu->bus.opaque, (uint8_t)v);
        }
        break;
    default: x86_raise(cpu, X86_EXC_UD);
    }
}

uint64_t x86_read_cr(struct x86_cpu *cpu, unsigned cr)
{
    switch (cr) {
    case 0: return cpu->st.cr0;
    case 2: return cpu->st.cr2;
    case 3: return cpu->st.cr3;
    case 4: return cpu->st.cr4;
    case 8: return cpu->bus.tpr_read ? cpu->bus.tpr_read(cpu->bus.opaque) : cpu->st.cr8;
    default: x86_raise(cpu, X86_EXC_UD);
    }
}

void x86_check_io(struct x86_cpu *cpu, uint16_t port, unsigned size)
{
    if ((cpu->st.cr0 & X86_CR0_PE) && (cpu->cpl > x86_iopl(cpu) || x86_v86(cpu))) {
        const struct x86_seg *tr = &cpu->st.seg[X86_TR];
        bool tss32 = (tr->attr & 9) == 9 && !(tr->attr & X86_SEG_UNUSABLE);
        if (!tss32 || tr->limit < 0x67) {
            gp(cpu, "I/O with CPL above IOPL, and the TSS has no I/O permission bitmap");
        }
        uint32_t off = (uint32_t)x86_sys_load(cpu, tr->base + 0x66, 2) + port / 8;
        if (off + 1 > tr->limit) { /* two bytes are read always */
            gp(cpu, "I/O with CPL above IOPL to a port beyond the TSS's I/O permission bitmap");
        }
        if (x86_sys_load(cpu, tr->base + off, 2) >> (port & 7) & ((1u << size) - 1)) {
            gp(cpu, "I/O with CPL above IOPL to a port that the TSS's bitmap forbids");
        }
    }
    if (cpu->debug_kinds & X86_DBG_IO) {
        x86_debug_check_io(cpu, port, size);
    }
}
