/* SPDX-License-Identifier: MIT */
/*
 * The CPUID instruction: leaves from a model, the topology and the moment's state (Intel SDM
 * vol. 2, CPUID; AMD APM vol. 3, appendix E).
 */
#include <string.h>

#include "accel/x86/consts.h"
#include "accel/x86/cpuid.h"
#include "accel/x86/state.h"

const struct x86_feature_info x86_features[X86_FEAT_COUNT] = {
    {NULL, 0, 0, 0, 0},
#define X86_FEATURE(id, name, leaf, subleaf, reg, bit) {name, leaf, subleaf, reg, bit},
#include "accel/x86/features.def"
#undef X86_FEATURE
};

/* struct x86_insn keeps the id in a byte. */
_Static_assert(X86_FEAT_COUNT <= 256, "too many features");

enum { EAX, EBX, ECX, EDX };

/* Standard-format offsets of XSAVE components (the same as Intel's processors). */
#define XSAVE_LEGACY 576
#define XSAVE_AVX_SIZE 256
#define XSAVE_PKRU_OFFSET 2688
#define XSAVE_PKRU_SIZE 8
#define XCR0_AVX (1u << 2)
#define XCR0_PKRU (1u << 9)

/* Bits of 1 EDX that AMD repeats in 8000_0001 EDX. */
#define AMD_COPIES 0x0183f3ffu

struct cpuid_call {
    const struct x86_cpu_model *m;
    const struct x86_state *s;
    unsigned cores, threads, apic_id; /* in one package; threads of one core */
    uint32_t leaf, subleaf, *out;
};

static bool is_amd(const struct x86_cpu_model *m)
{
    return strcmp(m->vendor, "AuthenticAMD") == 0 || strcmp(m->vendor, "HygonGenuine") == 0;
}

static void add_features(const struct cpuid_call *c)
{
    /* Only these leaves look at ECX; for the others it may hold anything. */
    bool indexed = c->leaf == 7 || c->leaf == 0xd;
    for (unsigned f = 1; f < X86_FEAT_COUNT; f++) {
        const struct x86_feature_info *i = &x86_features[f];
        if (i->leaf == c->leaf && (!indexed || i->subleaf == c->subleaf) && x86_has(c->m, f)) {
            c->out[i->reg] |= 1u << i->bit;
        }
    }
}

static void set_bit(uint32_t *reg, unsigned bit, bool on)
{
    *reg = (*reg & ~(1u << bit)) | (uint32_t)on << bit;
}

static unsigned log2_up(unsigned n)
{
    unsigned bits = 0;
    while (bits < 31 && 1u << bits < n) {
        bits++;
    }
    return bits;
}

static unsigned logical_cpus(const struct cpuid_call *c)
{
    return c->cores * c->threads;
}

static void vendor_string(const struct x86_cpu_model *m, uint32_t out[4])
{
    memcpy(&out[EBX], m->vendor, 4);
    memcpy(&out[EDX], m->vendor + 4, 4);
    memcpy(&out[ECX], m->vendor + 8, 4);
}

static void leaf_1(const struct cpuid_call *c)
{
    uint32_t *o = c->out;
    unsigned n = logical_cpus(c);
    o[EAX] = c->m->signature;
    o[EBX] = (c->apic_id & 0xff) << 24 | (n > 255 ? 255 : n) << 16;
    if (x86_has(c->m, X86_FEAT_CLFLUSH)) {
        o[EBX] |= 8 << 8; /* units of 8 bytes */
    }
    set_bit(&o[ECX], 27, x86_has(c->m, X86_FEAT_XSAVE) && c->s->cr4 & X86_CR4_OSXSAVE);
    set_bit(&o[EDX], 9, x86_has(c->m, X86_FEAT_APIC) && c->s->msr.apic_base >> 11 & 1);
    if (n > 1) {
        o[EDX] |= 1u << 28; /* HTT: EBX 23-16 is valid */
    }
}

/* Cache descriptors. 486, Pentium: none; P6: 16 KiB + 16 KiB, 512 KiB; later "see leaf 4". */
static void leaf_2(const struct cpuid_call *c)
{
    if (is_amd(c->m)) {
        return;
    }
    c->out[EAX] = c->m->level < 4 ? 0x03020101 : 0x00ff0001;
    c->out[EDX] = c->m->level < 4 ? 0x0c040843 : 0;
}

/* The caches, all with 64-byte lines: type 1 data, 2 code, 3 unified. */
static const struct {
    uint8_t type, level, ways;
    uint16_t sets;
} caches[] = {{1, 1, 8, 64}, {2, 1, 8, 64}, {3, 2, 8, 1024}, {3, 3, 16, 16384}};

/* Leaf 4 and AMD's 8000_001D. */
static void leaf_caches(const struct cpuid_call *c)
{
    uint32_t *o = c->out;
    if (c->subleaf >= G_N_ELEMENTS(caches)) {
        return;
    }
    unsigned share = caches[c->subleaf].level == 3 ? logical_cpus(c) : c->threads;
    o[EAX] = caches[c->subleaf].type | caches[c->subleaf].level << 5 | 1 << 8 |
             ((1u << log2_up(share)) - 1) << 14;
    if (c->leaf == 4) {
        unsigned cores = 1u << log2_up(c->cores);
        o[EAX] |= ((cores > 64 ? 64 : cores) - 1) << 26;
    }
    o[EBX] = 63 | (uint32_t)(caches[c->subleaf].ways - 1) << 22;
    o[ECX] = caches[c->subleaf].sets - 1;
}

/* Extended topology. */
static void leaf_b(const struct cpuid_call *c)
{
    uint32_t *o = c->out;
    unsigned thread_bits = log2_up(c->threads);
    o[ECX] = c->subleaf & 0xff;
    o[EDX] = c->apic_id;
    if (c->subleaf == 0) {
        o[EAX] = thread_bits;
        o[EBX] = c->threads;
        o[ECX] |= 1 << 8;
    } else if (c->subleaf == 1) {
        o[EAX] = thread_bits + log2_up(c->cores);
        o[EBX] = logical_cpus(c);
        o[ECX] |= 2 << 8;
    }
}

static uint32_t xcr0_offered(const struct x86_cpu_model *m)
{
    uint32_t xcr0 = 3; /* x87, SSE */
    xcr0 |= x86_has(m, X86_FEAT_AVX) ? XCR0_AVX : 0;
    return xcr0 | (x86_has(m, X86_FEAT_PKU) ? XCR0_PKRU : 0);
}

static uint32_t xsave_size(uint64_t xcr0, bool compact)
{
    uint32_t size = XSAVE_LEGACY;
    if (xcr0 & XCR0_AVX) {
        size += XSAVE_AVX_SIZE;
    }
    if (xcr0 & XCR0_PKRU) {
        size = (compact ? size : XSAVE_PKRU_OFFSET) + XSAVE_PKRU_SIZE;
    }
    return size;
}

static void leaf_d(const struct cpuid_call *c)
{
    uint32_t *o = c->out, offered = xcr0_offered(c->m);
    if (!x86_has(c->m, X86_FEAT_XSAVE)) {
        return;
    }
    if (c->subleaf == 0) {
        o[EAX] = offered;
        o[EBX] = xsave_size(c->s->xcr0, false);
        o[ECX] = xsave_size(offered, false);
    } else if (c->subleaf == 1) {
        add_features(c);
        o[EBX] = x86_has(c->m, X86_FEAT_XSAVEC) ? xsave_size(c->s->xcr0, true) : 0;
    } else if (c->subleaf == 2 && (offered & XCR0_AVX)) {
        o[EAX] = XSAVE_AVX_SIZE;
        o[EBX] = XSAVE_LEGACY;
    } else if (c->subleaf == 9 && (offered & XCR0_PKRU)) {
        o[EAX] = XSAVE_PKRU_SIZE;
        o[EBX] = XSAVE_PKRU_OFFSET;
    }
}

static void leaf_7(const struct cpuid_call *c)
{
    add_features(c);
    if (c->subleaf == 0) {
        for (unsigned f = 1; f < X86_FEAT_COUNT; f++) {
            if (x86_features[f].leaf == 7 && x86_features[f].subleaf == 1 && x86_has(c->m, f)) {
                c->out[EAX] = 1;
            }
        }
        set_bit(&c->out[ECX], 4, x86_has(c->m, X86_FEAT_PKU) && c->s->cr4 & X86_CR4_PKE);
    }
}

static void basic_leaf(const struct cpuid_call *c)
{
    switch (c->leaf) {
    case 0:
        c->out[EAX] = c->m->level;
        vendor_string(c->m, c->out);
        break;
    case 1:
        add_features(c);
        leaf_1(c);
        break;
    case 2:
        leaf_2(c);
        break;
    case 4:
        if (!is_amd(c->m)) {
            leaf_caches(c);
        }
        break;
    case 5:
        if (x86_has(c->m, X86_FEAT_MONITOR)) {
            c->out[EAX] = c->out[EBX] = 64;
            c->out[ECX] = 3; /* extensions listed; interrupts break even when masked */
        }
        break;
    case 6:
        add_features(c);
        break;
    case 7:
        leaf_7(c);
        break;
    case 0xb:
        leaf_b(c);
        break;
    case 0xd:
        leaf_d(c);
        break;
    default:
        break;
    }
}

/* 4000_0000: KVM's signature where its paravirtual clock is on offer, else our own. */
static void hypervisor_leaf(const struct cpuid_call *c)
{
    if (c->leaf == 0x40000000) {
        const char *sig = x86_has(c->m, X86_FEAT_KVMCLOCK) ? "KVMKVMKVM\0\0\0" : "EMUEMUEMUEMU";
        c->out[EAX] = 0x40000001;
        memcpy(&c->out[EBX], sig, 4);
        memcpy(&c->out[ECX], sig + 4, 4);
        memcpy(&c->out[EDX], sig + 8, 4);
    } else if (c->leaf == 0x40000001) {
        add_features(c);
    }
}

static void leaf_80000001(const struct cpuid_call *c)
{
    bool amd = is_amd(c->m);
    add_features(c);
    c->out[EAX] = c->m->signature;
    if (amd) {
        uint32_t basic[4] = {0};
        struct cpuid_call b = *c;
        b.leaf = 1;
        b.out = basic;
        basic_leaf(&b);
        c->out[EDX] |= basic[EDX] & AMD_COPIES;
        set_bit(&c->out[ECX], 1, logical_cpus(c) > 1); /* CmpLegacy */
    }
}

/* L1 caches of 32 KiB and TLBs in AMD's format (8000_0005), L2 and L3 (8000_0006). */
static void leaf_cache_amd(const struct cpuid_call *c)
{
    bool amd = is_amd(c->m);
    if (c->leaf == 0x80000005) {
        if (amd) {
            c->out[EAX] = c->out[EBX] = 0xff40ff40; /* 64 entries, fully associative */
            c->out[ECX] = c->out[EDX] = 32u << 24 | 8 << 16 | 1 << 8 | 64;
        }
        return;
    }
    c->out[ECX] = 512u << 16 | 6 << 12 | 1 << 8 | 64; /* 512 KiB, 8 ways */
    if (amd) {
        c->out[EAX] = c->out[EBX] = 0x42004200; /* 512 entries, 4 ways */
        c->out[EDX] = 32u << 18 | 8 << 12 | 1 << 8 | 64; /* 32 * 512 KiB, 16 ways */
    }
}

static void leaf_80000008(const struct cpuid_call *c)
{
    unsigned n = logical_cpus(c);
    add_features(c);
    c->out[EAX] = c->m->phys_bits;
    if (x86_has(c->m, X86_FEAT_LM)) {
        c->out[EAX] |= (uint32_t)c->m->virt_bits << 8;
    }
    if (is_amd(c->m) && n > 1) {
        c->out[ECX] = (n - 1) | log2_up(n) << 12;
    }
}

static void extended_leaf(const struct cpuid_call *c)
{
    switch (c->leaf) {
    case 0x80000000:
        c->out[EAX] = c->m->xlevel;
        if (is_amd(c->m)) {
            vendor_string(c->m, c->out);
        }
        break;
    case 0x80000001:
        leaf_80000001(c);
        break;
    case 0x80000002:
    case 0x80000003:
    case 0x80000004:
        memcpy(c->out, c->m->brand + 16 * (c->leaf - 0x80000002), 16);
        break;
    case 0x80000005:
    case 0x80000006:
        leaf_cache_amd(c);
        break;
    case 0x80000007:
        add_features(c);
        break;
    case 0x80000008:
        leaf_80000008(c);
        break;
    case 0x8000001d:
        if (x86_has(c->m, X86_FEAT_TOPOEXT)) {
            leaf_caches(c);
        }
        break;
    case 0x8000001e:
        if (x86_has(c->m, X86_FEAT_TOPOEXT)) {
            c->out[EAX] = c->apic_id;
            c->out[EBX] = (c->apic_id >> log2_up(c->threads)) | (c->threads - 1) << 8;
        }
        break;
    default:
        break;
    }
}

void x86_cpuid(const struct x86_cpu_model *m, const struct x86_topology *t, uint32_t apic_id,
               const struct x86_state *s, uint32_t leaf, uint32_t subleaf, uint32_t out[4])
{
    struct cpuid_call c = {.m = m, .s = s, .cores = 1, .threads = 1, .apic_id = apic_id,
                           .leaf = leaf, .subleaf = subleaf, .out = out};
    memset(out, 0, 4 * sizeof out[0]);
    if (t) {
        c.cores = t->cores ? t->cores : 1;
        c.threads = t->threads ? t->threads : 1;
    }
    if (leaf >> 16 == 0x4000 && x86_has(m, X86_FEAT_HYPERVISOR)) {
        hypervisor_leaf(&c);
        return;
    }
    if (leaf >= 0x80000000 && leaf <= m->xlevel) {
        extended_leaf(&c);
        return;
    }
    if (leaf > m->level) {
        /* Beyond the last leaf Intel's answer is that of the last basic one; AMD's is zero. */
        if (is_amd(m) || (leaf == 0x80000000 && m->xlevel < 0x80000000)) {
            return;
        }
        c.leaf = m->level;
    }
    basic_leaf(&c);
}
