/* SPDX-License-Identifier: MIT */
/*
 * System instructions: control and debug registers, MSRs, ports, flags of privilege, caches and
 * TLB, CPUID and counters, XCR0, PKRU. Intel SDM vol. 2. Far transfers, tables and segments are in
 * interp_system_*.c beside this.
 */
#include "accel/x86/cpuid.h"
#include "accel/x86/system.h"



/* --- control and debug registers ------------------------------------------------------------ */

static void mov_from_cr(struct x86_cpu *cpu, const struct x86_insn *i)
{
    unsigned cr = i->opnd[1].reg;
    if (cr == 1 || (cr > 4 && cr != 8)) {
        x86_raise(cpu, X86_EXC_UD);
    }
    x86_require_cpl0(cpu);
    x86_gpr_write(cpu, i->opnd[0].reg, x86_read_cr(cpu, cr), cpu->code_mode == 8 ? 8 : 4);
}

static void mov_to_cr(struct x86_cpu *cpu, const struct x86_insn *i)
{
    unsigned cr = i->opnd[0].reg;
    if (cr == 1 || (cr > 4 && cr != 8)) {
        x86_raise(cpu, X86_EXC_UD);
    }
    x86_require_cpl0(cpu);
    x86_write_cr(cpu, cr, x86_gpr_read(cpu, i->opnd[1].reg, cpu->code_mode == 8 ? 8 : 4));
}

/* DR4 and DR5 are other names of DR6 and DR7 unless CR4.DE is set. */
static unsigned debug_register(struct x86_cpu *cpu, unsigned dr)
{
    if (dr > 7 || ((dr == 4 || dr == 5) && (cpu->st.cr4 & X86_CR4_DE))) {
        x86_raise(cpu, X86_EXC_UD);
    }
    x86_require_cpl0(cpu);
    if (cpu->st.dr[7] & 1u << 13) {
        x86_raise_db(cpu, (cpu->st.dr[6] & ~15ull) | 1u << 13); /* GD: BD */
    }
    return dr == 4 || dr == 5 ? dr + 2 : dr;
}

static void mov_from_dr(struct x86_cpu *cpu, const struct x86_insn *i)
{
    unsigned dr = debug_register(cpu, i->opnd[1].reg);
    x86_gpr_write(cpu, i->opnd[0].reg, cpu->st.dr[dr], cpu->code_mode == 8 ? 8 : 4);
}

static void mov_to_dr(struct x86_cpu *cpu, const struct x86_insn *i)
{
    unsigned dr = debug_register(cpu, i->opnd[0].reg);
    uint64_t v = x86_gpr_read(cpu, i->opnd[1].reg, cpu->code_mode == 8 ? 8 : 4);
    if (dr >= 6 && v >> 32) {
        x86_raise(cpu, X86_EXC_GP);
    }
    if (dr == 6) {
        v = (v & 0xe00f) | 0xffff0ff0;
    } else if (dr == 7) {
        v = (v & 0xffff23ff) | 0x400;
    }
    cpu->st.dr[dr] = v;
    if (dr != 6) {
        x86_debug_update(cpu);
    }
}

static void clts(struct x86_cpu *cpu, const struct x86_insn *i)
{
    (void)i;
    x86_require_cpl0(cpu);
    cpu->st.cr0 &= ~(uint64_t)X86_CR0_TS;
}

static void lmsw(struct x86_cpu *cpu, const struct x86_insn *i)
{
    x86_require_cpl0(cpu);
    uint64_t v = x86_sys_read(cpu, i, 0, 2), cr0 = cpu->st.cr0;
    v = (v & 0xe) | ((v | cr0) & X86_CR0_PE); /* PE can be set, not cleared */
    x86_write_cr(cpu, 0, (cr0 & ~0xfull) | v);
}

static void smsw(struct x86_cpu *cpu, const struct x86_insn *i)
{
    if ((cpu->st.cr4 & X86_CR4_UMIP) && cpu->cpl > 0) {
        x86_raise(cpu, X86_EXC_GP);
    }
    if (i->opnd[0].kind == X86_OPND_GPR) {
        x86_gpr_write(cpu, i->opnd[0].reg, cpu->st.cr0, i->opsize);
    } else {
        x86_sys_write16(cpu, i, cpu->st.cr0);
    }
}

/* --- MSRs, counters, CPUID ------------------------------------------------------------------ */

static void set_edx_eax(struct x86_cpu *cpu, uint64_t v)
{
    cpu->st.gpr[X86_RAX] = (uint32_t)v;
    cpu->st.gpr[X86_RDX] = v >> 32;
}

static uint64_t edx_eax(const struct x86_cpu *cpu)
{
    return cpu->st.gpr[X86_RDX] << 32 | (uint32_t)cpu->st.gpr[X86_RAX];
}

static void rdmsr(struct x86_cpu *cpu, const struct x86_insn *i)
{
    (void)i;
    x86_require_cpl0(cpu);
    set_edx_eax(cpu, x86_read_msr(cpu, (uint32_t)cpu->st.gpr[X86_RCX]));
}

static void wrmsr(struct x86_cpu *cpu, const struct x86_insn *i)
{
    (void)i;
    x86_require_cpl0(cpu);
    x86_write_msr(cpu, (uint32_t)cpu->st.gpr[X86_RCX], edx_eax(cpu));
}

static void check_tsd(struct x86_cpu *cpu)
{
    if ((cpu->st.cr4 & X86_CR4_TSD) && cpu->cpl > 0) {
        x86_raise(cpu, X86_EXC_GP);
    }
}

static void rdtsc(struct x86_cpu *cpu, const struct x86_insn *i)
{
    check_tsd(cpu);
    set_edx_eax(cpu, x86_tsc(cpu));
    if (i->op == X86_OP_RDTSCP) {
        cpu->st.gpr[X86_RCX] = (uint32_t)cpu->st.msr.tsc_aux;
    }
}

static void rdpmc(struct x86_cpu *cpu, const struct x86_insn *i)
{
    uint32_t c = (uint32_t)cpu->st.gpr[X86_RCX];
    (void)i;
    if (!(cpu->st.cr4 & X86_CR4_PCE) && cpu->cpl > 0) {
        x86_raise(cpu, X86_EXC_GP);
    }
    /* AMD processors have four counters without asking, which never count here; Intel ones have as
     * many as CPUID.0AH says: none. */
    if (!x86_is_amd(cpu) || c > (x86_has(cpu->model, X86_FEAT_PERFCTR_CORE) ? 5u : 3u)) {
        x86_raise(cpu, X86_EXC_GP);
    }
    set_edx_eax(cpu, 0);
}

static void rdpru(struct x86_cpu *cpu, const struct x86_insn *i)
{
    (void)i;
    if ((cpu->st.cr4 & X86_CR4_TSD) && cpu->cpl > 0) {
        x86_raise(cpu, X86_EXC_UD);
    }
    set_edx_eax(cpu, (uint32_t)cpu->st.gpr[X86_RCX] < 2 ? x86_tsc(cpu) : 0); /* MPERF, APERF */
}

static void rdpid(struct x86_cpu *cpu, const struct x86_insn *i)
{
    x86_gpr_write(cpu, i->opnd[0].reg, (uint32_t)cpu->st.msr.tsc_aux, cpu->code_mode == 8 ? 8 : 4);
}

static void cpuid(struct x86_cpu *cpu, const struct x86_insn *i)
{
    uint32_t out[4];
    (void)i;
    uint32_t leaf = (uint32_t)cpu->st.gpr[X86_RAX], subleaf = (uint32_t)cpu->st.gpr[X86_RCX];
    if (cpu->bus.cpuid) {
        cpu->bus.cpuid(cpu->bus.opaque, leaf, subleaf, out);
    } else {
        x86_cpuid(cpu->model, cpu->topology, cpu->apic_id, &cpu->st, leaf, subleaf, out);
    }
    cpu->st.gpr[X86_RAX] = out[0];
    cpu->st.gpr[X86_RBX] = out[1];
    cpu->st.gpr[X86_RCX] = out[2];
    cpu->st.gpr[X86_RDX] = out[3];
}

static void rdrand(struct x86_cpu *cpu, const struct x86_insn *i)
{
    uint64_t v = 0;
    bool ok = x86_host_random(&v);
    x86_gpr_write(cpu, i->opnd[0].reg, ok ? v : 0, i->opsize);
    x86_set_arith_flags(cpu, ok ? X86_FL_CF : 0);
}

/* --- ports ---------------------------------------------------------------------------------- */

static uint16_t port_of(const struct x86_cpu *cpu, const struct x86_insn *i, unsigned k)
{
    return i->opnd[k].kind == X86_OPND_IMM ? (uint8_t)i->imm : (uint16_t)cpu->st.gpr[X86_RDX];
}

static void in(struct x86_cpu *cpu, const struct x86_insn *i)
{
    uint16_t port = port_of(cpu, i, 1);
    unsigned size = i->opnd[0].size;
    x86_check_io(cpu, port, size);
    if (size == 4 && port == cpu->bus.regs_port_nr && cpu->bus.regs_port &&
        x86_regs_port_read(cpu->st.gpr, port, cpu->bus.regs_port, cpu->bus.opaque)) {
        return;
    }
    uint32_t v = cpu->bus.pio_read ? cpu->bus.pio_read(cpu->bus.opaque, port, size) : ~0u;
    x86_gpr_write(cpu, X86_RAX, v, size);
}

static void out(struct x86_cpu *cpu, const struct x86_insn *i)
{
    uint16_t port = port_of(cpu, i, 0);
    unsigned size = i->opnd[1].size;
    x86_check_io(cpu, port, size);
    if (cpu->bus.pio_write) {
        cpu->bus.pio_write(cpu->bus.opaque, port, (uint32_t)x86_gpr_read(cpu, X86_RAX, size), size);
    }
}

/* --- IF, AC --------------------------------------------------------------------------------- */

/* Who keeps IF virtual: V86 with VME, or CPL 3 with PVI, at IOPL < 3. */
static bool virtual_if(const struct x86_cpu *cpu)
{
    return x86_v86(cpu) ? cpu->st.cr4 & X86_CR4_VME : cpu->cpl == 3 && (cpu->st.cr4 & X86_CR4_PVI);
}

static bool if_allowed(const struct x86_cpu *cpu)
{
    return !(cpu->st.cr0 & X86_CR0_PE) || cpu->cpl <= x86_iopl(cpu);
}

static void cli(struct x86_cpu *cpu, const struct x86_insn *i)
{
    (void)i;
    if (if_allowed(cpu)) {
        cpu->st.rflags &= ~(uint64_t)X86_FL_IF;
    } else if (virtual_if(cpu)) {
        cpu->st.rflags &= ~(uint64_t)X86_FL_VIF;
    } else {
        x86_raise(x86_because(cpu, "CLI with CPL above IOPL"), X86_EXC_GP);
    }
}

static void sti(struct x86_cpu *cpu, const struct x86_insn *i)
{
    (void)i;
    if (if_allowed(cpu)) {
        cpu->st.ev.sti_shadow = !(cpu->st.rflags & X86_FL_IF);
        cpu->st.rflags |= X86_FL_IF;
    } else if (virtual_if(cpu) && !(cpu->st.rflags & X86_FL_VIP)) {
        cpu->st.rflags |= X86_FL_VIF;
    } else {
        x86_raise(x86_because(cpu, "STI with CPL above IOPL"), X86_EXC_GP);
    }
}

static void clac_stac(struct x86_cpu *cpu, const struct x86_insn *i)
{
    if (cpu->cpl != 0) {
        x86_raise(cpu, X86_EXC_UD);
    }
    x86_set_rflags(cpu, i->op == X86_OP_STAC ? X86_FL_AC : 0, X86_FL_AC);
}

/* --- caches and TLB ------------------------------------------------------------------------- */

static void cache_priv(struct x86_cpu *cpu, const struct x86_insn *i)
{
    (void)i;
    x86_require_cpl0(cpu); /* INVD, WBINVD: memory is always coherent here */
}

static void cache_line(struct x86_cpu *cpu, const struct x86_insn *i)
{
    x86_load8(cpu, x86_mem_lin(cpu, i, 1, X86_ACCESS_READ), x86_user(cpu));
}

static void nothing(struct x86_cpu *cpu, const struct x86_insn *i)
{
    (void)cpu;
    (void)i;
}

static void clzero(struct x86_cpu *cpu, const struct x86_insn *i)
{
    static const uint8_t zeros[64];
    uint64_t off = x86_gpr_read(cpu, X86_RAX, i->adsize) & ~63ull;
    unsigned seg = i->prefixes & X86_PFX_SEG ? i->seg : X86_DS;
    uint64_t lin = x86_linear(cpu, seg, off, sizeof zeros, X86_ACCESS_WRITE);
    x86_store_bytes(cpu, lin, zeros, sizeof zeros, x86_user(cpu));
}

static void invlpg(struct x86_cpu *cpu, const struct x86_insn *i)
{
    x86_require_cpl0(cpu);
    uint64_t lin = x86_ea(cpu, i);
    if (cpu->code_mode != 8) {
        lin = (uint32_t)(lin + cpu->st.seg[i->seg].base);
    } else if (i->seg >= X86_FS) {
        lin += cpu->st.seg[i->seg].base;
    }
    if (x86_canonical(cpu, lin)) {
        x86_tlb_flush_page(cpu, lin);
    }
}

static void invpcid(struct x86_cpu *cpu, const struct x86_insn *i)
{
    uint64_t d[2];
    x86_require_cpl0(cpu);
    uint64_t type = x86_gpr_read(cpu, i->opnd[0].reg, cpu->code_mode == 8 ? 8 : 4);
    x86_load_bytes(cpu, x86_mem_lin(cpu, i, 16, X86_ACCESS_READ), d, sizeof d, x86_user(cpu));
    bool pcid_ok = (cpu->st.cr4 & X86_CR4_PCIDE) || !(d[0] & 0xfff);
    if (type > 3 || (d[0] >> 12) || (type < 2 && !pcid_ok) ||
        (type == 0 && !x86_canonical(cpu, d[1]))) {
        x86_raise(cpu, X86_EXC_GP);
    }
    if (type == 0) {
        x86_tlb_flush_page(cpu, d[1]);
    } else {
        x86_tlb_flush(cpu, type == 2);
    }
}

/* --- XCR0, PKRU ----------------------------------------------------------------------------- */

/* XINUSE: which components are not in their initial state (SDM vol. 1, 13.6). */
static uint64_t xinuse(const struct x86_cpu *cpu)
{
    const struct x86_state *st = &cpu->st;
    const struct x86_fpu *f = &st->fpu;
    uint64_t use = 0;
    unsigned regs = 16;
    bool x87 = f->fcw != 0x37f || f->fsw || f->ftw || f->fop || f->fip || f->fdp;
    for (unsigned k = 0; k < 8; k++) {
        x87 = x87 || f->r[k].mant || f->r[k].se;
    }
    use |= x87;
    for (unsigned k = 0; k < regs; k++) {
        use |= st->vec[k].u64[0] | st->vec[k].u64[1] ? 2 : 0;
        use |= st->vec[k].u64[2] | st->vec[k].u64[3] ? 4 : 0;
    }
    return use | (st->pkru ? 0x200 : 0);
}

static void need_osxsave(struct x86_cpu *cpu)
{
    if (!(cpu->st.cr4 & X86_CR4_OSXSAVE)) {
        x86_raise(x86_because(cpu, "CR4.OSXSAVE=0"), X86_EXC_UD);
    }
}

static void xgetbv(struct x86_cpu *cpu, const struct x86_insn *i)
{
    uint32_t c = (uint32_t)cpu->st.gpr[X86_RCX];
    (void)i;
    need_osxsave(cpu);
    if (c == 0) {
        set_edx_eax(cpu, cpu->st.xcr0);
    } else if (c == 1 && x86_has(cpu->model, X86_FEAT_XGETBV1)) {
        set_edx_eax(cpu, cpu->st.xcr0 & xinuse(cpu));
    } else {
        x86_raise(cpu, X86_EXC_GP);
    }
}

static void xsetbv(struct x86_cpu *cpu, const struct x86_insn *i)
{
    uint64_t v = edx_eax(cpu), known = 3;
    (void)i;
    need_osxsave(cpu);
    x86_require_cpl0(cpu);
    known |= x86_has(cpu->model, X86_FEAT_AVX) ? 4 : 0;
    known |= x86_has(cpu->model, X86_FEAT_PKU) ? 0x200 : 0;
    if ((uint32_t)cpu->st.gpr[X86_RCX] || !(v & 1) || (v & ~known) || ((v & 4) && !(v & 2))) {
        x86_raise(x86_because(cpu, "XCR0 does not take this value"), X86_EXC_GP);
    }
    cpu->st.xcr0 = v;
}

static void rdpkru(struct x86_cpu *cpu, const struct x86_insn *i)
{
    (void)i;
    if (!(cpu->st.cr4 & X86_CR4_PKE)) {
        x86_raise(cpu, X86_EXC_UD);
    }
    if ((uint32_t)cpu->st.gpr[X86_RCX]) {
        x86_raise(cpu, X86_EXC_GP);
    }
    set_edx_eax(cpu, cpu->st.pkru);
}

static void wrpkru(struct x86_cpu *cpu, const struct x86_insn *i)
{
    (void)i;
    if (!(cpu->st.cr4 & X86_CR4_PKE)) {
        x86_raise(cpu, X86_EXC_UD);
    }
    if ((uint32_t)cpu->st.gpr[X86_RCX] || (uint32_t)cpu->st.gpr[X86_RDX]) {
        x86_raise(cpu, X86_EXC_GP);
    }
    uint32_t old = cpu->st.pkru;
    cpu->st.pkru = (uint32_t)cpu->st.gpr[X86_RAX];
    x86_pkru_changed(cpu, old);
}

static x86_exec_fn *bind_cache(const struct x86_insn *i)
{
    switch (i->op) {
    case X86_OP_INVD: case X86_OP_WBINVD: case X86_OP_WBNOINVD: return cache_priv;
    case X86_OP_CLFLUSH: case X86_OP_CLFLUSHOPT: case X86_OP_CLWB: return cache_line;
    case X86_OP_SERIALIZE: return nothing;
    case X86_OP_CLZERO: return clzero;
    case X86_OP_INVLPG: return invlpg;
    case X86_OP_INVPCID: return invpcid;
    default: return NULL;
    }
}

x86_exec_fn *x86_bind_sys_ctrl(const struct x86_insn *i)
{
    switch (i->op) {
    case X86_OP_MOV_CR: return i->opnd[0].kind == X86_OPND_CR ? mov_to_cr : mov_from_cr;
    case X86_OP_MOV_DR: return i->opnd[0].kind == X86_OPND_DR ? mov_to_dr : mov_from_dr;
    case X86_OP_CLTS: return clts;
    case X86_OP_LMSW: return lmsw;
    case X86_OP_SMSW: return smsw;
    case X86_OP_RDMSR: return rdmsr;
    case X86_OP_WRMSR: return wrmsr;
    case X86_OP_RDTSC: case X86_OP_RDTSCP: return rdtsc;
    case X86_OP_RDPMC: return rdpmc;
    case X86_OP_RDPRU: return rdpru;
    case X86_OP_RDPID: return rdpid;
    case X86_OP_CPUID: return cpuid;
    case X86_OP_RDRAND: case X86_OP_RDSEED: return rdrand;
    case X86_OP_IN: return in;
    case X86_OP_OUT: return out;
    case X86_OP_CLI: return cli;
    case X86_OP_STI: return sti;
    case X86_OP_CLAC: case X86_OP_STAC: return clac_stac;
    case X86_OP_XGETBV: return xgetbv;
    case X86_OP_XSETBV: return xsetbv;
    case X86_OP_RDPKRU: return rdpkru;
    case X86_OP_WRPKRU: return wrpkru;
    default: return bind_cache(i);
    }
}

/* What is left unbound raises #UD: VMX, SVM, SMX, RSM outside of SMM, MONITORX, XSAVES. */
x86_exec_fn *x86_bind_system(const struct x86_insn *i)
{
    static x86_exec_fn *(*const families[])(const struct x86_insn *) = {
        x86_bind_sys_ctrl, x86_bind_sys_flow, x86_bind_sys_seg, x86_bind_sys_tables,
    };
    x86_exec_fn *f = NULL;
    for (unsigned k = 0; k < ARRAY_LEN(families) && !f; k++) {
        f = families[k](i);
    }
    return f;
}
