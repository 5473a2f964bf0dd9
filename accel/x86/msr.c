/* SPDX-License-Identifier: MIT */
/*
 * Model-specific registers: Intel SDM vol. 4, AMD APM vol. 2 appendix A and the BKDGs for what
 * Linux, SeaBIOS, OVMF and Xen touch without asking. Machine MSRs (APIC) go through the bus. An
 * MSR that is unknown here raises #GP(0).
 */
#include "accel/x86/system.h"
#include "core/log.h"

#define MC_BANKS 10 /* with no state but "nothing has happened" */

enum access { ANY, INTEL, AMD };

static _Noreturn void gp(struct x86_cpu *cpu)
{
    x86_reserved(cpu);
    x86_raise(x86_because(cpu, "there is no such MSR, or it does not take this value"), X86_EXC_GP);
}

static void require(struct x86_cpu *cpu, bool ok)
{
    if (!ok) {
        gp(cpu);
    }
}

static bool has(const struct x86_cpu *cpu, enum x86_feature_id f)
{
    return x86_has(cpu->model, f);
}

/* --- MSRs that are a field and a rule ------------------------------------------------------- */

struct field {
    uint32_t msr;
    uint16_t offset;   /* in struct x86_state */
    uint8_t feature;
    uint8_t canonical; /* the value must be */
    uint64_t reserved; /* bits that #GP */
};

#define FIELD(f) offsetof(struct x86_state, f)

static const struct field fields[] = {
    {X86_MSR_STAR, FIELD(msr.star), X86_FEAT_SYSCALL, 0, 0},
    {X86_MSR_LSTAR, FIELD(msr.lstar), X86_FEAT_LM, 1, 0},
    {X86_MSR_CSTAR, FIELD(msr.cstar), X86_FEAT_LM, 1, 0},
    {X86_MSR_FMASK, FIELD(msr.fmask), X86_FEAT_LM, 0, 0xffffffff00000000ull},
    {X86_MSR_FS_BASE, FIELD(seg[X86_FS].base), X86_FEAT_LM, 1, 0},
    {X86_MSR_GS_BASE, FIELD(seg[X86_GS].base), X86_FEAT_LM, 1, 0},
    {X86_MSR_KERNEL_GS_BASE, FIELD(msr.kernel_gs_base), X86_FEAT_LM, 1, 0},
    {X86_MSR_SYSENTER_CS, FIELD(msr.sysenter_cs), X86_FEAT_SEP, 0, 0},
    {X86_MSR_SYSENTER_ESP, FIELD(msr.sysenter_esp), X86_FEAT_SEP, 1, 0},
    {X86_MSR_SYSENTER_EIP, FIELD(msr.sysenter_eip), X86_FEAT_SEP, 1, 0},
    {X86_MSR_TSC_AUX, FIELD(msr.tsc_aux), X86_FEAT_NONE, 0, 0xffffffff00000000ull},
    {X86_MSR_MISC_ENABLE, FIELD(msr.misc_enable), X86_FEAT_NONE, 0, 0},
    {X86_MSR_MCG_CTL, FIELD(msr.mcg_ctl), X86_FEAT_MCA, 0, 0},
    {X86_MSR_MCG_STATUS, FIELD(msr.mcg_status), X86_FEAT_MCA, 0, ~7ull},
    {X86_MSR_SPEC_CTRL, FIELD(msr.spec_ctrl), X86_FEAT_NONE, 0, ~7ull},
    {X86_MSR_DEBUGCTL, FIELD(msr.debugctl), X86_FEAT_NONE, 0, ~3ull},
    {X86_MSR_BIOS_SIGN_ID, FIELD(msr.bios_sign), X86_FEAT_NONE, 0, 0},
};

/* Present where any of these features is, or where no feature says so. */
static bool field_present(const struct x86_cpu *cpu, const struct field *f)
{
    if (f->msr == X86_MSR_TSC_AUX) {
        return has(cpu, X86_FEAT_RDTSCP) || has(cpu, X86_FEAT_RDPID);
    }
    if (f->msr == X86_MSR_MISC_ENABLE) {
        return !x86_is_amd(cpu);
    }
    if (f->msr == X86_MSR_SPEC_CTRL) {
        return has(cpu, X86_FEAT_SPEC_CTRL) || has(cpu, X86_FEAT_STIBP) ||
               has(cpu, X86_FEAT_SSBD) || has(cpu, X86_FEAT_IBRS) || has(cpu, X86_FEAT_AMD_STIBP) ||
               has(cpu, X86_FEAT_AMD_SSBD);
    }
    return has(cpu, (enum x86_feature_id)f->feature);
}

static const struct field *field_find(uint32_t msr)
{
    for (unsigned i = 0; i < ARRAY_LEN(fields); i++) {
        if (fields[i].msr == msr) {
            return &fields[i];
        }
    }
    return NULL;
}

static uint64_t *field_ptr(struct x86_cpu *cpu, const struct field *f)
{
    return (uint64_t *)(void *)((char *)&cpu->st + f->offset);
}

/* --- MSRs that read a constant and swallow what is written ---------------------------------- */

static const struct {
    uint32_t first, last;
    uint8_t who;      /* enum access: vendor that has it */
    bool writable;
    uint64_t value;
} constants[] = {
    {0x17, 0x17, INTEL, false, 0},             /* PLATFORM_ID */
    {0x2a, 0x2a, INTEL, true, 0},              /* EBL_CR_POWERON */
    {0x2c, 0x2c, INTEL, false, 0},             /* EBC_FREQUENCY_ID */
    {0x34, 0x34, INTEL, false, 0},             /* SMI_COUNT */
    {0xcd, 0xcd, INTEL, false, 3},             /* FSB_FREQ */
    {0xce, 0xce, INTEL, true, 0},              /* PLATFORM_INFO */
    {0x119, 0x119, INTEL, true, 0},            /* BBL_CR_CTL */
    {0x11e, 0x11e, INTEL, true, 0xbe702111},   /* BBL_CR_CTL3 */
    {0x140, 0x140, INTEL, true, 0},            /* MISC_FEATURES_ENABLES */
    {0x186, 0x189, INTEL, true, 0},            /* PERFEVTSEL */
    {0xc1, 0xc4, INTEL, true, 0},              /* PMC */
    {0x198, 0x198, INTEL, false, 1000ull | 4ull << 40}, /* PERF_STATUS */
    {0x199, 0x19c, INTEL, true, 0},            /* PERF_CTL, CLOCK_MODULATION, THERM_* */
    {0x1a2, 0x1a2, INTEL, false, 0},           /* TEMPERATURE_TARGET */
    {0x1a6, 0x1a7, INTEL, true, 0},            /* OFFCORE_RSP */
    {0x1ad, 0x1ad, INTEL, false, 0},           /* TURBO_RATIO_LIMIT */
    {0x1b0, 0x1b2, INTEL, true, 0},            /* ENERGY_PERF_BIAS, PACKAGE_THERM */
    {0x1c9, 0x1c9, INTEL, false, 0},           /* LASTBRANCH_TOS */
    {0x1db, 0x1de, INTEL, false, 0},           /* last branch and interrupt records */
    {0x38d, 0x391, INTEL, true, 0},            /* fixed counters, global status and control */
    {0x3f1, 0x3f1, INTEL, true, 0},            /* PEBS_ENABLE */
    {0x606, 0x606, INTEL, false, 0},           /* RAPL_POWER_UNIT */
    {0x610, 0x61c, INTEL, true, 0},            /* RAPL */
    {0x639, 0x641, INTEL, true, 0},
    {0xc0010000, 0xc0010007, AMD, true, 0},    /* PERFEVTSEL, PERFCTR */
    {0xc0010010, 0xc0010010, AMD, true, 0},    /* SYSCFG */
    {0xc0010015, 0xc0010015, AMD, true, 1ull << 24}, /* HWCR: TscFreqSel */
    {0xc0010016, 0xc001001a, AMD, true, 0},    /* IORR, TOP_MEM */
    {0xc001001d, 0xc001001d, AMD, true, 0},    /* TOP_MEM2 */
    {0xc001001f, 0xc001001f, AMD, true, 0},    /* NB_CFG */
    {0xc0010055, 0xc0010055, AMD, true, 0},    /* INT_PENDING: no C1E */
    {0xc0010058, 0xc0010058, AMD, true, 0},    /* MMIO_CONF_BASE */
    {0xc0010061, 0xc001006b, AMD, false, 0},   /* P-states */
    {0xc0010111, 0xc0010115, AMD, true, 0},    /* SMM base and mask, VM_CR, IGNNE */
    {0xc0010117, 0xc0010117, AMD, true, 0},    /* VM_HSAVE_PA */
    {0xc0010140, 0xc0010141, AMD, true, 0},    /* OSVW */
    {0xc0010200, 0xc001020b, AMD, true, 0},    /* PERF_CTL, PERF_CTR */
    {0xc0011004, 0xc0011005, AMD, true, 0},    /* CPUID override: see below */
    {0xc0011020, 0xc0011023, AMD, true, 0},    /* LS, IC, DC, BU configuration */
    {0xc0011029, 0xc001102d, AMD, true, 0},    /* DE, BU2, FP configuration */
};

static bool vendor_is(const struct x86_cpu *cpu, unsigned who)
{
    return who == ANY || (who == AMD) == x86_is_amd(cpu);
}

static int constant_find(const struct x86_cpu *cpu, uint32_t msr)
{
    for (unsigned i = 0; i < ARRAY_LEN(constants); i++) {
        if (msr >= constants[i].first && msr <= constants[i].last &&
            vendor_is(cpu, constants[i].who)) {
            return (int)i;
        }
    }
    return -1;
}

/* --- MTRRs ---------------------------------------------------------------------------------- */

static bool memory_type_ok(uint64_t t)
{
    return t == 0 || t == 1 || t == 4 || t == 5 || t == 6;
}

static int fixed_index(uint32_t msr)
{
    if (msr == X86_MSR_MTRR_FIX64K) {
        return 0;
    }
    if (msr == X86_MSR_MTRR_FIX16K || msr == X86_MSR_MTRR_FIX16K + 1) {
        return 1 + (int)(msr - X86_MSR_MTRR_FIX16K);
    }
    if (msr >= X86_MSR_MTRR_FIX4K && msr < X86_MSR_MTRR_FIX4K + 8) {
        return 3 + (int)(msr - X86_MSR_MTRR_FIX4K);
    }
    return -1;
}

static uint64_t *mtrr_ptr(struct x86_cpu *cpu, uint32_t msr)
{
    struct x86_msrs *m = &cpu->st.msr;
    int fixed = fixed_index(msr);
    if (!has(cpu, X86_FEAT_MTRR)) {
        return NULL;
    }
    if (fixed >= 0) {
        return &m->mtrr_fixed[fixed];
    }
    if (msr == X86_MSR_MTRR_DEF_TYPE) {
        return &m->mtrr_def_type;
    }
    if (msr >= X86_MSR_MTRR_BASE0 && msr < X86_MSR_MTRR_BASE0 + 2 * X86_MTRR_COUNT) {
        unsigned i = (msr - X86_MSR_MTRR_BASE0) / 2;
        return msr & 1 ? &m->mtrr_mask[i] : &m->mtrr_base[i];
    }
    return NULL;
}

static bool mtrr_value_ok(const struct x86_cpu *cpu, uint32_t msr, uint64_t v)
{
    uint64_t high = cpu->mmu.phys_reserved | 0xfff0000000000000ull;
    if (fixed_index(msr) >= 0) {
        for (unsigned i = 0; i < 8; i++) {
            if (!memory_type_ok(v >> (i * 8) & 0xff)) {
                return false;
            }
        }
        return true;
    }
    if (msr == X86_MSR_MTRR_DEF_TYPE) {
        return !(v & ~0xcffull) && memory_type_ok(v & 0xff);
    }
    if (msr & 1) {
        return !(v & (high | 0x7ff));
    }
    return !(v & (high | 0xf00)) && memory_type_ok(v & 0xff);
}

/* --- the TSC -------------------------------------------------------------------------------- */

static void write_tsc(struct x86_cpu *cpu, uint64_t v)
{
    uint64_t delta = v - x86_tsc(cpu);
    cpu->tsc_offset += delta;
    cpu->st.msr.tsc_adjust += delta; /* SDM vol. 3, 17.17.3 */
}

static void write_tsc_adjust(struct x86_cpu *cpu, uint64_t v)
{
    require(cpu, has(cpu, X86_FEAT_TSC_ADJUST));
    cpu->tsc_offset += v - cpu->st.msr.tsc_adjust;
    cpu->st.msr.tsc_adjust = v;
}

/* --- write ---------------------------------------------------------------------------------- */

static void write_efer(struct x86_cpu *cpu, uint64_t v)
{
    uint64_t old = cpu->st.msr.efer, known = X86_EFER_LMA;
    known |= has(cpu, X86_FEAT_SYSCALL) ? X86_EFER_SCE : 0;
    known |= has(cpu, X86_FEAT_LM) ? X86_EFER_LME : 0;
    known |= has(cpu, X86_FEAT_NX) ? X86_EFER_NXE : 0;
    known |= has(cpu, X86_FEAT_FXSR_OPT) ? 1u << 14 : 0;
    require(cpu, has(cpu, X86_FEAT_SYSCALL) || has(cpu, X86_FEAT_LM) || has(cpu, X86_FEAT_NX));
    require(cpu, !(v & ~known));
    require(cpu, !((v ^ old) & X86_EFER_LME && cpu->st.cr0 & X86_CR0_PG));
    cpu->st.msr.efer = (v & ~(uint64_t)X86_EFER_LMA) | (old & X86_EFER_LMA);
    if ((v ^ old) & X86_EFER_NXE) {
        x86_tlb_flush(cpu, true);
    }
    x86_mode_changed(cpu);
}

static void write_pat(struct x86_cpu *cpu, uint64_t v)
{
    require(cpu, has(cpu, X86_FEAT_PAT));
    for (unsigned i = 0; i < 8; i++) {
        uint64_t t = v >> (i * 8) & 0xff;
        require(cpu, memory_type_ok(t) || t == 7);
    }
    cpu->st.msr.pat = v;
}

static bool machine_msr(uint32_t msr)
{
    return msr == X86_MSR_APIC_BASE || msr == X86_MSR_TSC_DEADLINE ||
           (msr >= X86_MSR_X2APIC_BASE && msr <= X86_MSR_X2APIC_BASE + 0xff);
}

static void write_machine(struct x86_cpu *cpu, uint32_t msr, uint64_t v)
{
    if (cpu->bus.msr_write) {
        require(cpu, cpu->bus.msr_write(cpu->bus.opaque, msr, v));
    } else {
        require(cpu, msr == X86_MSR_APIC_BASE);
    }
    if (msr == X86_MSR_APIC_BASE) {
        cpu->st.msr.apic_base = v;
    } else if (msr == X86_MSR_TSC_DEADLINE) {
        cpu->st.msr.tsc_deadline = v;
    }
}

static void write_feature_control(struct x86_cpu *cpu, uint64_t v)
{
    require(cpu, !x86_is_amd(cpu) && !(cpu->st.msr.feature_control & 1) && !(v & ~0xff07ull));
    cpu->st.msr.feature_control = v;
}

/* One-shot commands: PRED_CMD, FLUSH_CMD. */
static bool write_command(struct x86_cpu *cpu, uint32_t msr, uint64_t v)
{
    if (msr == X86_MSR_PRED_CMD) {
        require(cpu, has(cpu, X86_FEAT_SPEC_CTRL) || has(cpu, X86_FEAT_IBPB));
        require(cpu, !(v & ~1ull));
        return true;
    }
    if (msr == 0x10b) {
        require(cpu, has(cpu, X86_FEAT_FLUSH_L1D) && !(v & ~1ull));
        return true;
    }
    return msr == X86_MSR_BIOS_UPDT_TRIG; /* a microcode update that changes nothing */
}

static bool write_mca(struct x86_cpu *cpu, uint32_t msr, uint64_t v)
{
    if (msr < 0x400 || msr >= 0x400 + 4 * MC_BANKS || !has(cpu, X86_FEAT_MCA)) {
        return false;
    }
    /* CTL takes anything; STATUS may only be cleared (AMD: HWCR.McStatusWrEn is 0). */
    require(cpu, (msr & 3) == 0 || v == 0);
    return true;
}

static bool write_field(struct x86_cpu *cpu, uint32_t msr, uint64_t v)
{
    const struct field *f = field_find(msr);
    if (!f || !field_present(cpu, f)) {
        return false;
    }
    if (msr == X86_MSR_BIOS_SIGN_ID) {
        return true; /* software writes 0, then CPUID loads the revision */
    }
    require(cpu, !(v & f->reserved) && !(f->canonical && !x86_canonical_max(cpu, v)));
    *field_ptr(cpu, f) = v;
    if (msr == X86_MSR_FS_BASE || msr == X86_MSR_GS_BASE) {
        x86_seg_changed(cpu, msr == X86_MSR_FS_BASE ? X86_FS : X86_GS);
    }
    return true;
}

static bool write_special(struct x86_cpu *cpu, uint32_t msr, uint64_t v)
{
    switch (msr) {
    case X86_MSR_TSC: write_tsc(cpu, v); return true;
    case X86_MSR_TSC_ADJUST: write_tsc_adjust(cpu, v); return true;
    case X86_MSR_EFER: write_efer(cpu, v); return true;
    case X86_MSR_PAT: write_pat(cpu, v); return true;
    case X86_MSR_FEATURE_CONTROL: write_feature_control(cpu, v); return true;
    case X86_MSR_XSS:
        require(cpu, has(cpu, X86_FEAT_XSAVES) && v == 0);
        return true;
    default: return write_command(cpu, msr, v) || write_mca(cpu, msr, v);
    }
}

void x86_write_msr(struct x86_cpu *cpu, uint32_t msr, uint64_t v)
{
    if (machine_msr(msr)) {
        write_machine(cpu, msr, v);
        return;
    }
    if (write_field(cpu, msr, v) || write_special(cpu, msr, v)) {
        return;
    }
    uint64_t *mtrr = mtrr_ptr(cpu, msr);
    if (mtrr) {
        require(cpu, mtrr_value_ok(cpu, msr, v));
        *mtrr = v;
        return;
    }
    int c = constant_find(cpu, msr);
    if (c < 0 || !constants[c].writable) {
        guest_warn("cpu", "wrmsr 0x%x = 0x%llx: #GP", msr, (unsigned long long)v);
        gp(cpu);
    }
}

/* --- read ----------------------------------------------------------------------------------- */

static bool read_machine(struct x86_cpu *cpu, uint32_t msr, uint64_t *v)
{
    if (!machine_msr(msr)) {
        return false;
    }
    if (cpu->bus.msr_read) {
        require(cpu, cpu->bus.msr_read(cpu->bus.opaque, msr, v));
    } else {
        require(cpu, msr == X86_MSR_APIC_BASE);
        *v = cpu->st.msr.apic_base;
    }
    return true;
}

static bool read_mca(struct x86_cpu *cpu, uint32_t msr, uint64_t *v)
{
    if (!has(cpu, X86_FEAT_MCA)) {
        return false;
    }
    if (msr == X86_MSR_MCG_CAP) {
        *v = MC_BANKS | 1u << 8; /* MCG_CTL_P */
        return true;
    }
    if (msr >= 0x400 && msr < 0x400 + 4 * MC_BANKS) {
        *v = (msr & 3) == 0 ? ~0ull : 0;
        return true;
    }
    return false;
}

static bool read_special(struct x86_cpu *cpu, uint32_t msr, uint64_t *v)
{
    switch (msr) {
    case X86_MSR_TSC: *v = x86_tsc(cpu); return true;
    case X86_MSR_TSC_ADJUST:
        require(cpu, has(cpu, X86_FEAT_TSC_ADJUST));
        *v = cpu->st.msr.tsc_adjust;
        return true;
    case 0xe7: case 0xe8: *v = x86_tsc(cpu); return true; /* MPERF, APERF */
    case X86_MSR_EFER:
        require(cpu, has(cpu, X86_FEAT_SYSCALL) || has(cpu, X86_FEAT_LM) || has(cpu, X86_FEAT_NX));
        *v = cpu->st.msr.efer;
        return true;
    case X86_MSR_PAT:
        require(cpu, has(cpu, X86_FEAT_PAT));
        *v = cpu->st.msr.pat;
        return true;
    case X86_MSR_FEATURE_CONTROL:
        require(cpu, !x86_is_amd(cpu));
        *v = cpu->st.msr.feature_control;
        return true;
    case X86_MSR_MTRRCAP:
        require(cpu, has(cpu, X86_FEAT_MTRR));
        *v = X86_MTRR_COUNT | 1u << 8 | 1u << 10; /* fixed ranges, write-combining */
        return true;
    case 0x10a: /* ARCH_CAPABILITIES: nothing that software can exploit is speculated here */
        require(cpu, has(cpu, X86_FEAT_ARCH_CAPABILITIES));
        *v = 0x1 | 0x2 | 0x8 | 0x20 | 0x40 | 0x100;
        return true;
    case X86_MSR_XSS:
        require(cpu, has(cpu, X86_FEAT_XSAVES));
        *v = 0;
        return true;
    case 0x345: /* PERF_CAPABILITIES */
        require(cpu, has(cpu, X86_FEAT_PDCM));
        *v = 0;
        return true;
    case X86_MSR_BIOS_UPDT_TRIG: case X86_MSR_PRED_CMD: case 0x10b: gp(cpu);
    default: return read_mca(cpu, msr, v);
    }
}

uint64_t x86_read_msr(struct x86_cpu *cpu, uint32_t msr)
{
    uint64_t v = 0;
    const struct field *f = field_find(msr);
    if (f && field_present(cpu, f)) {
        return *field_ptr(cpu, f);
    }
    if (read_machine(cpu, msr, &v) || read_special(cpu, msr, &v)) {
        return v;
    }
    uint64_t *mtrr = mtrr_ptr(cpu, msr);
    if (mtrr) {
        return *mtrr;
    }
    int c = constant_find(cpu, msr);
    if (c < 0) {
        guest_warn("cpu", "rdmsr 0x%x: #GP", msr);
        gp(cpu);
    }
    return constants[c].value;
}
