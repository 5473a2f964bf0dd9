/* SPDX-License-Identifier: MIT */
/*
 * CPU models and CPUID: which features a virtual processor has. Shared by all accelerators.
 */
#ifndef ACCEL_X86_CPUID_H
#define ACCEL_X86_CPUID_H

#include <glib.h>

#include "core/types.h"

/* One id a feature that instructions or control bits depend on, from features.def: name in QEMU's
 * spelling, CPUID leaf, subleaf, register, bit. 0 is "always there". */
enum x86_feature_id {
    X86_FEAT_NONE,
#define X86_FEATURE(id, name, leaf, subleaf, reg, bit) X86_FEAT_##id,
#include "accel/x86/features.def"
#undef X86_FEATURE
    X86_FEAT_COUNT
};

struct x86_cpuid_leaf {
    uint32_t leaf, subleaf;
    uint32_t eax, ebx, ecx, edx;
};

#define X86_CPUID_MAX_LEAVES 64

struct x86_cpu_model {
    const char *name, *desc;
    char vendor[13];
    char brand[49];
    uint32_t signature; /* CPUID.1 EAX */
    uint32_t level, xlevel;
    uint64_t features[(X86_FEAT_COUNT + 63) / 64];
    uint8_t phys_bits, virt_bits;
    bool pmu_unused;
};

static inline bool x86_has(const struct x86_cpu_model *m, enum x86_feature_id f)
{
    return f == X86_FEAT_NONE || (m->features[f / 64] >> (f % 64) & 1);
}

/* "-cpu Haswell,+avx,-sse4.2,x2apic=off,phys-bits=40". `offered`: what the accelerator can do
 * (features), a feature that is asked for but not offered is dropped with one warning (for named
 * models, silently when the model itself has it) or refused with enforce. "host" and "max" mean
 * everything offered. Errors suggest the nearest name. */
bool x86_cpu_model_parse(struct x86_cpu_model *m, const char *text,
                         const struct x86_cpu_model *offered, GError **err);
/* What the software engine offers on this host: instructions that it can execute. */
void x86_cpu_model_software(struct x86_cpu_model *m);
void x86_cpu_print_models(void); /* -cpu help */
/* Names of models, "max" first; NULL behind the last. plain: the features that a named model is
 * defined with, whatever the host can do; false for max, host and unknown names. */
const char *x86_cpu_model_name(unsigned i);
bool x86_cpu_model_plain(struct x86_cpu_model *m, const char *name);
/* Appends the names of the instruction sets (of those that emu knows to execute) that m lacks: what
 * an accelerator cannot do because the host can't. */
void x86_cpu_model_lacks(const struct x86_cpu_model *m, GString *out);

static inline void x86_feature_set(struct x86_cpu_model *m, enum x86_feature_id f, bool on)
{
    uint64_t bit = 1ull << (f % 64);
    m->features[f / 64] = (m->features[f / 64] & ~bit) | (on ? bit : 0);
}

struct x86_feature_info {
    const char *name;
    uint32_t leaf;
    uint8_t subleaf, reg, bit;
};
extern const struct x86_feature_info x86_features[X86_FEAT_COUNT];

/* The host processor (folder x86_64 or generic): false and zeros for a leaf that isn't there. */
bool x86_host_cpuid(uint32_t leaf, uint32_t subleaf, uint32_t out[4]);
uint64_t x86_host_xcr0(void);

/* Topology and dynamic bits (OSXSAVE, APIC id, XSAVE sizes, APIC enable) are filled per call. */
struct x86_state;
struct x86_topology {
    unsigned cpus, cores, threads; /* total; per socket; per core */
};
void x86_cpuid(const struct x86_cpu_model *m, const struct x86_topology *t, uint32_t apic_id,
               const struct x86_state *s, uint32_t leaf, uint32_t subleaf, uint32_t out[4]);

#endif
