/* SPDX-License-Identifier: MIT */
/*
 * Named processors and the value of -cpu: which CPUID features a virtual processor has.
 *
 * Order: features of the model, then name=value items from left to right, then all +name, then all
 * -name (as QEMU). What the accelerator does not offer is dropped at the end.
 */
#include <stdio.h>
#include <string.h>

#include "accel/x86/cpuid.h"
#include "core/device.h"
#include "core/log.h"
#include "core/opts.h"

struct named_model {
    const char *name, *base, *vendor;
    unsigned family, model, stepping;
    uint32_t level, xlevel;
    const char *brand, *add, *remove;
};

static const struct named_model models[] = {
#define X86_CPU_MODEL(name, base, vendor, family, model, stepping, level, xlevel, brand, ...) \
    {name, base, vendor, family, model, stepping, level, xlevel, brand, __VA_ARGS__},
#include "accel/x86/cpu_models.def"
#undef X86_CPU_MODEL
};

/* Second spellings that QEMU or /proc/cpuinfo use. */
static const struct {
    const char *alias, *name;
} aliases[] = {
    {"sse3", "pni"}, {"sse4-1", "sse4.1"}, {"sse4-2", "sse4.2"}, {"i64", "lm"}, {"xd", "nx"},
    {"ffxsr", "fxsr-opt"}, {"lzcnt", "abm"}, {"cmpxchg16b", "cx16"}, {"cmpxchg8b", "cx8"},
    {"rdrnd", "rdrand"}, {"sha", "sha-ni"}, {"clflsh", "clflush"}, {"kvm-clock", "kvmclock"},
    {"nonstop-tsc", "invtsc"}, {"pclmuldq", "pclmulqdq"},
};

/* A feature without what it builds on makes no processor. */
static const struct {
    enum x86_feature_id feature, needs;
} dependencies[] = {
    {X86_FEAT_SSE, X86_FEAT_FXSR}, {X86_FEAT_SSE2, X86_FEAT_SSE}, {X86_FEAT_SSE3, X86_FEAT_SSE2},
    {X86_FEAT_SSSE3, X86_FEAT_SSE3}, {X86_FEAT_SSE4_1, X86_FEAT_SSSE3},
    {X86_FEAT_SSE4_2, X86_FEAT_SSE4_1}, {X86_FEAT_AES, X86_FEAT_SSE2},
    {X86_FEAT_PCLMULQDQ, X86_FEAT_SSE2}, {X86_FEAT_SHA_NI, X86_FEAT_SSE2},
    {X86_FEAT_GFNI, X86_FEAT_SSE2}, {X86_FEAT_XSAVEOPT, X86_FEAT_XSAVE},
    {X86_FEAT_XSAVEC, X86_FEAT_XSAVE}, {X86_FEAT_XGETBV1, X86_FEAT_XSAVE},
    {X86_FEAT_XSAVES, X86_FEAT_XSAVEC}, {X86_FEAT_AVX, X86_FEAT_XSAVE},
    {X86_FEAT_PKU, X86_FEAT_XSAVE}, {X86_FEAT_AVX2, X86_FEAT_AVX}, {X86_FEAT_FMA, X86_FEAT_AVX},
    {X86_FEAT_F16C, X86_FEAT_AVX}, {X86_FEAT_VAES, X86_FEAT_AVX},
    {X86_FEAT_VPCLMULQDQ, X86_FEAT_AVX}, {X86_FEAT_LM, X86_FEAT_PAE}, {X86_FEAT_NX, X86_FEAT_PAE},
    {X86_FEAT_PCID, X86_FEAT_LM}, {X86_FEAT_LA57, X86_FEAT_LM}, {X86_FEAT_FSGSBASE, X86_FEAT_LM},
    {X86_FEAT_X2APIC, X86_FEAT_APIC}, {X86_FEAT_TSC_DEADLINE, X86_FEAT_APIC},
    {X86_FEAT_PDPE1GB, X86_FEAT_LM}, {X86_FEAT_RDTSCP, X86_FEAT_TSC},
    {X86_FEAT_KVMCLOCK_STABLE, X86_FEAT_KVMCLOCK},
};

/* What the software engine executes itself. */
static const enum x86_feature_id engine_features[] = {
    X86_FEAT_VME, X86_FEAT_DE, X86_FEAT_PSE, X86_FEAT_TSC, X86_FEAT_MSR, X86_FEAT_PAE,
    X86_FEAT_MCE, X86_FEAT_CX8, X86_FEAT_APIC, X86_FEAT_SEP, X86_FEAT_MTRR, X86_FEAT_PGE,
    X86_FEAT_MCA, X86_FEAT_CMOV, X86_FEAT_PAT, X86_FEAT_PSE36, X86_FEAT_CLFLUSH, X86_FEAT_FXSR,
    X86_FEAT_MONITOR, X86_FEAT_CX16, X86_FEAT_PCID, X86_FEAT_X2APIC, X86_FEAT_MOVBE,
    X86_FEAT_TSC_DEADLINE, X86_FEAT_XSAVE, X86_FEAT_RDRAND, X86_FEAT_HYPERVISOR,
    X86_FEAT_FSGSBASE, X86_FEAT_TSC_ADJUST, X86_FEAT_SMEP, X86_FEAT_ERMS, X86_FEAT_INVPCID,
    X86_FEAT_RDSEED, X86_FEAT_SMAP, X86_FEAT_CLFLUSHOPT, X86_FEAT_CLWB, X86_FEAT_UMIP,
    X86_FEAT_PKU, X86_FEAT_LA57, X86_FEAT_RDPID, X86_FEAT_FSRM, X86_FEAT_XSAVEOPT,
    X86_FEAT_XSAVEC, X86_FEAT_XGETBV1, X86_FEAT_ARAT, X86_FEAT_SYSCALL, X86_FEAT_NX,
    X86_FEAT_PDPE1GB, X86_FEAT_RDTSCP, X86_FEAT_LM, X86_FEAT_LAHF_LM, X86_FEAT_PREFETCHW,
    X86_FEAT_INVTSC, X86_FEAT_CLZERO,
};

/* What it runs on the host's own instructions. */
static const enum x86_feature_id host_features[] = {
    X86_FEAT_FPU, X86_FEAT_MMX, X86_FEAT_SSE, X86_FEAT_SSE2, X86_FEAT_SSE3, X86_FEAT_SSSE3,
    X86_FEAT_SSE4_1, X86_FEAT_SSE4_2, X86_FEAT_POPCNT, X86_FEAT_ABM, X86_FEAT_AES,
    X86_FEAT_PCLMULQDQ, X86_FEAT_SHA_NI, X86_FEAT_GFNI, X86_FEAT_ADX, X86_FEAT_BMI1,
    X86_FEAT_BMI2, X86_FEAT_AVX, X86_FEAT_F16C, X86_FEAT_FMA, X86_FEAT_AVX2, X86_FEAT_VAES,
    X86_FEAT_VPCLMULQDQ,
};
/* of these, the ones with VEX encodings */
static bool uses_vex(enum x86_feature_id f)
{
    return f == X86_FEAT_AVX || f == X86_FEAT_F16C || f == X86_FEAT_FMA || f == X86_FEAT_AVX2 ||
           f == X86_FEAT_VAES || f == X86_FEAT_VPCLMULQDQ || f == X86_FEAT_BMI1 ||
           f == X86_FEAT_BMI2;
}

static bool host_has(enum x86_feature_id f)
{
    const struct x86_feature_info *i = &x86_features[f];
    uint32_t r[4];
    if (!x86_host_cpuid(i->leaf, i->subleaf, r) || !(r[i->reg] >> i->bit & 1)) {
        return false;
    }
    return !uses_vex(f) || (x86_host_xcr0() & 6) == 6; /* the host's system saves YMM */
}

static void drop_dependents(struct x86_cpu_model *m)
{
    for (unsigned i = 0; i < G_N_ELEMENTS(dependencies); i++) {
        if (!x86_has(m, dependencies[i].needs)) {
            x86_feature_set(m, dependencies[i].feature, false);
        }
    }
}

/* The highest leaves must cover the features. */
static void raise_levels(struct x86_cpu_model *m, bool level, bool xlevel)
{
    for (unsigned f = 1; f < X86_FEAT_COUNT; f++) {
        uint32_t leaf = x86_features[f].leaf;
        if (!x86_has(m, f)) {
            continue;
        }
        if (leaf < 0x40000000 && level && leaf > m->level) {
            m->level = leaf;
        } else if (leaf >= 0x80000000 && xlevel && leaf > m->xlevel) {
            m->xlevel = leaf;
        }
    }
    if (level && x86_has(m, X86_FEAT_XSAVE) && m->level < 0xd) {
        m->level = 0xd;
    }
    if (level && x86_has(m, X86_FEAT_X2APIC) && m->level < 0xb) {
        m->level = 0xb;
    }
}

static uint32_t make_signature(unsigned family, unsigned model, unsigned stepping)
{
    uint32_t s = (stepping & 15) | (model & 15) << 4 | (model >> 4 & 15) << 16;
    return s | (family < 15 ? family << 8 : 15 << 8 | (family - 15) << 20);
}

static unsigned signature_family(uint32_t s)
{
    return (s >> 8 & 15) + ((s >> 8 & 15) == 15 ? s >> 20 & 0xff : 0);
}

static unsigned signature_model(uint32_t s)
{
    return (s >> 4 & 15) | (s >> 12 & 0xf0);
}

static void address_bits(struct x86_cpu_model *m)
{
    m->virt_bits = x86_has(m, X86_FEAT_LA57) ? 57 : x86_has(m, X86_FEAT_LM) ? 48 : 32;
    if (!m->phys_bits) {
        bool big = x86_has(m, X86_FEAT_PAE) || x86_has(m, X86_FEAT_PSE36);
        m->phys_bits = x86_has(m, X86_FEAT_LM) ? 40 : big ? 36 : 32;
    }
}

void x86_cpu_model_software(struct x86_cpu_model *m)
{
    memset(m, 0, sizeof *m);
    m->name = "max";
    m->desc = "everything that the accelerator offers";
    /* The identity of QEMU's own "max" and qemu64: known to every guest, and not in their lists of
     * processors that need work-arounds for speculation. */
    g_strlcpy(m->vendor, "AuthenticAMD", sizeof m->vendor);
    g_strlcpy(m->brand, "emu virtual CPU", sizeof m->brand);
    m->signature = make_signature(15, 107, 1);
    m->level = 0xd;
    m->xlevel = 0x80000008;
    for (unsigned i = 0; i < G_N_ELEMENTS(engine_features); i++) {
        x86_feature_set(m, engine_features[i], true);
    }
    for (unsigned i = 0; i < G_N_ELEMENTS(host_features); i++) {
        x86_feature_set(m, host_features[i], host_has(host_features[i]));
    }
    x86_feature_set(m, X86_FEAT_MMXEXT, x86_has(m, X86_FEAT_SSE)); /* a part of SSE */
    drop_dependents(m);
    raise_levels(m, true, true);
    address_bits(m);
}

void x86_cpu_model_lacks(const struct x86_cpu_model *m, GString *out)
{
    for (unsigned i = 0; i < G_N_ELEMENTS(host_features); i++) {
        if (!x86_has(m, host_features[i])) {
            g_string_append_printf(out, "%s%s", out->len ? " " : "",
                                   x86_features[host_features[i]].name);
        }
    }
}

/* --- names -------------------------------------------------------------------------------- */

/* name: lower case, '_' is '-'. X86_FEAT_NONE: unknown. */
static enum x86_feature_id feature_by_name(const char *name)
{
    for (unsigned i = 0; i < G_N_ELEMENTS(aliases); i++) {
        if (strcmp(aliases[i].alias, name) == 0) {
            name = aliases[i].name;
            break;
        }
    }
    for (unsigned f = 1; f < X86_FEAT_COUNT; f++) {
        if (strcmp(x86_features[f].name, name) == 0) {
            return f;
        }
    }
    return X86_FEAT_NONE;
}

static const struct named_model *model_by_name(const char *name)
{
    size_t n = strlen(name);
    if (n > 3 && strcmp(name + n - 3, "-v1") == 0) { /* the first version of a QEMU model */
        n -= 3;
    }
    for (unsigned i = 0; i < G_N_ELEMENTS(models); i++) {
        if (strlen(models[i].name) == n && strncmp(models[i].name, name, n) == 0) {
            return &models[i];
        }
    }
    return NULL;
}

static void set_list(struct x86_cpu_model *m, const char *list, bool on)
{
    char **names = g_strsplit(list, " ", -1);
    for (char **n = names; *n; n++) {
        if (**n) {
            enum x86_feature_id f = feature_by_name(*n);
            g_assert(f != X86_FEAT_NONE);
            x86_feature_set(m, f, on);
        }
    }
    g_strfreev(names);
}

static void set_model_features(struct x86_cpu_model *m, const struct named_model *d)
{
    if (d->base) {
        set_model_features(m, model_by_name(d->base));
    }
    set_list(m, d->add, true);
    set_list(m, d->remove, false);
}

static void load_model(struct x86_cpu_model *m, const struct named_model *d)
{
    memset(m, 0, sizeof *m);
    m->name = d->name;
    m->desc = d->brand;
    g_strlcpy(m->vendor, d->vendor, sizeof m->vendor);
    g_strlcpy(m->brand, d->brand, sizeof m->brand);
    m->signature = make_signature(d->family, d->model, d->stepping);
    m->level = d->level;
    m->xlevel = d->xlevel;
    set_model_features(m, d);
    x86_feature_set(m, X86_FEAT_HYPERVISOR, true);
}

/* --- the value of -cpu -------------------------------------------------------------------- */

static const char *const properties[] = {
    "phys-bits", "vendor", "level", "xlevel", "min-level", "min-xlevel", "family", "model",
    "stepping", "model-id", "enforce", "check", "kvm", "pmu", "migratable", "host-phys-bits",
    "host-cache-info", "l3-cache", "legacy-cache", "fill-mtrr-mask", "tcg-cpuid",
    "full-cpuid-auto-level", NULL,
};

struct parse {
    struct x86_cpu_model *m;
    uint64_t asked[G_N_ELEMENTS(((struct x86_cpu_model *)0)->features)]; /* on by name */
    GPtrArray *plus, *minus; /* enum x86_feature_id */
    bool enforce, check, level_set, xlevel_set;
};

static bool unknown_item(const char *name, GError **err)
{
    GPtrArray *known = g_ptr_array_new();
    for (unsigned f = 1; f < X86_FEAT_COUNT; f++) {
        g_ptr_array_add(known, (gpointer)x86_features[f].name);
    }
    for (const char *const *p = properties; *p; p++) {
        g_ptr_array_add(known, (gpointer)*p);
    }
    g_ptr_array_add(known, NULL);
    const char *near = nearest_name(name, (const char *const *)known->pdata);
    if (g_str_has_prefix(name, "hv-")) {
        g_set_error(err, EMU_ERROR, EMU_ERROR_UNSUPPORTED,
                    "-cpu: %s: Hyper-V enlightenments are not offered; leave it out", name);
    } else if (strcmp(name, "tsc-frequency") == 0) {
        g_set_error(err, EMU_ERROR, EMU_ERROR_UNSUPPORTED,
                    "-cpu: tsc-frequency cannot be chosen; leave it out");
    } else {
        g_set_error(err, EMU_ERROR, EMU_ERROR_CONFIG, "-cpu: no feature or property '%s'%s%s%s",
                    name, near ? "; did you mean '" : "", near ? near : "", near ? "'?" : "");
    }
    g_ptr_array_free(known, TRUE);
    return false;
}

static bool number(const char *name, const char *value, uint64_t min, uint64_t max, uint64_t *out,
                   GError **err)
{
    if (!parse_u64(value, max, out) || *out < min) {
        g_set_error(err, EMU_ERROR, EMU_ERROR_CONFIG,
                    "-cpu: %s=%s: a number from %" G_GUINT64_FORMAT " to %" G_GUINT64_FORMAT
                    " is wanted", name, value, min, max);
        return false;
    }
    return true;
}

static bool set_signature(struct x86_cpu_model *m, const char *name, const char *value,
                          GError **err)
{
    uint64_t v;
    unsigned family = signature_family(m->signature), model = signature_model(m->signature);
    unsigned stepping = m->signature & 15;
    uint64_t max = *name == 'f' ? 0xff + 15 : *name == 'm' ? 0xff : 15;
    if (!number(name, value, 0, max, &v, err)) {
        return false;
    }
    if (*name == 'f') {
        family = (unsigned)v;
    } else if (*name == 'm') {
        model = (unsigned)v;
    } else {
        stepping = (unsigned)v;
    }
    m->signature = make_signature(family, model, stepping);
    return true;
}

static bool set_level(struct parse *p, const char *name, const char *value, GError **err)
{
    uint64_t v;
    bool ext = strstr(name, "xlevel"), at_least = g_str_has_prefix(name, "min-");
    uint32_t *level = ext ? &p->m->xlevel : &p->m->level;
    if (!number(name, value, 0, UINT32_MAX, &v, err)) {
        return false;
    }
    if (!at_least || v > *level) {
        *level = (uint32_t)v;
    }
    if (!at_least) {
        *(ext ? &p->xlevel_set : &p->level_set) = true;
    }
    return true;
}

static bool set_vendor(struct x86_cpu_model *m, const char *value, GError **err)
{
    if (strlen(value) != 12) {
        g_set_error(err, EMU_ERROR, EMU_ERROR_CONFIG,
                    "-cpu: vendor=%s: twelve characters are wanted, as GenuineIntel", value);
        return false;
    }
    g_strlcpy(m->vendor, value, sizeof m->vendor);
    return true;
}

/* 1 done, 0 not a property, -1 error. */
static int set_property(struct parse *p, const char *name, const char *value, GError **err)
{
    static const gchar *const levels[] = {"level", "xlevel", "min-level", "min-xlevel", NULL};
    struct x86_cpu_model *m = p->m;
    uint64_t v;
    bool on, ok = true;
    if (!g_strv_contains((const gchar *const *)properties, name)) {
        return 0;
    }
    if (strcmp(name, "phys-bits") == 0) {
        ok = number(name, value, 32, 52, &v, err);
        m->phys_bits = ok ? (uint8_t)v : 0;
    } else if (strcmp(name, "vendor") == 0) {
        ok = set_vendor(m, value, err);
    } else if (strcmp(name, "model-id") == 0) {
        g_strlcpy(m->brand, value, sizeof m->brand);
    } else if (g_strv_contains(levels, name)) {
        ok = set_level(p, name, value, err);
    } else if (strcmp(name, "family") == 0 || strcmp(name, "model") == 0 ||
               strcmp(name, "stepping") == 0) {
        ok = set_signature(m, name, value, err);
    } else if (!parse_bool(value, &on)) {
        g_set_error(err, EMU_ERROR, EMU_ERROR_CONFIG, "-cpu: %s=%s: on or off is wanted", name,
                    value);
        ok = false;
    } else if (strcmp(name, "enforce") == 0) {
        p->enforce = on;
    } else if (strcmp(name, "check") == 0) {
        p->check = on;
    } else if (strcmp(name, "pmu") == 0 && on) {
        g_set_error(err, EMU_ERROR, EMU_ERROR_UNSUPPORTED,
                    "-cpu: pmu=on: there are no performance counters; leave it out");
        ok = false;
    } else if (strcmp(name, "kvm") == 0 && !on) {
        x86_feature_set(m, X86_FEAT_KVMCLOCK, false);
    } /* the others change nothing here */
    return ok ? 1 : -1;
}

static void ask(struct parse *p, enum x86_feature_id f, bool on)
{
    uint64_t bit = 1ull << (f % 64);
    x86_feature_set(p->m, f, on);
    p->asked[f / 64] = (p->asked[f / 64] & ~bit) | (on ? bit : 0);
}

static bool parse_item(struct parse *p, const char *item, GError **err)
{
    const char *eq = strchr(item, '=');
    bool plus = *item == '+', minus = *item == '-', on;
    char *name = g_ascii_strdown(item + (plus || minus),
                                 eq ? eq - item - (plus || minus) : (gssize)-1);
    const char *value = eq ? eq + 1 : "on";
    bool ok = true;
    g_strdelimit(name, "_", '-');
    enum x86_feature_id f = feature_by_name(name);
    int done = plus || minus ? 0 : set_property(p, name, value, err);
    if (done) {
        ok = done > 0;
    } else if (f == X86_FEAT_NONE) {
        ok = unknown_item(name, err);
    } else if ((plus || minus) && eq) {
        g_set_error(err, EMU_ERROR, EMU_ERROR_CONFIG, "-cpu: '%s': either %c%s or %s=on|off", item,
                    *item, name, name);
        ok = false;
    } else if (plus || minus) {
        g_ptr_array_add(plus ? p->plus : p->minus, GUINT_TO_POINTER(f));
    } else if (!parse_bool(value, &on)) {
        g_set_error(err, EMU_ERROR, EMU_ERROR_CONFIG, "-cpu: %s=%s: on or off is wanted", name,
                    value);
        ok = false;
    } else {
        ask(p, f, on);
    }
    g_free(name);
    return ok;
}

/* Drops what is not offered. False with enforce. */
static bool check_offered(struct parse *p, const struct x86_cpu_model *offered, GError **err)
{
    GString *missing = g_string_new(NULL);
    for (unsigned f = 1; f < X86_FEAT_COUNT; f++) {
        if (!x86_has(p->m, f) || x86_has(offered, f)) {
            continue;
        }
        x86_feature_set(p->m, f, false);
        if (p->enforce || p->check || (p->asked[f / 64] >> (f % 64) & 1)) {
            g_string_append_printf(missing, " %s", x86_features[f].name);
        }
    }
    bool ok = !missing->len || !p->enforce;
    if (!ok) {
        g_set_error(err, EMU_ERROR, EMU_ERROR_UNSUPPORTED,
                    "-cpu %s,enforce: the accelerator does not offer%s", p->m->name, missing->str);
    } else if (missing->len) {
        log_warn(NULL, "-cpu %s: the accelerator does not offer%s", p->m->name, missing->str);
    }
    g_string_free(missing, TRUE);
    return ok;
}

static bool unknown_model(const char *name, GError **err)
{
    const char *names[G_N_ELEMENTS(models) + 3];
    size_t n = 0;
    names[n++] = "host";
    names[n++] = "max";
    for (unsigned i = 0; i < G_N_ELEMENTS(models); i++) {
        names[n++] = models[i].name;
    }
    names[n] = NULL;
    const char *near = nearest_name(name, names);
    g_set_error(err, EMU_ERROR, EMU_ERROR_CONFIG,
                "-cpu: no model '%s'%s%s%s (-cpu help lists them)", name,
                near ? "; did you mean '" : "", near ? near : "", near ? "'?" : "");
    return false;
}

static bool parse_items(struct parse *p, char **items, GError **err)
{
    for (; *items; items++) {
        if (**items && !parse_item(p, *items, err)) {
            return false;
        }
    }
    for (unsigned i = 0; i < p->plus->len; i++) {
        ask(p, GPOINTER_TO_UINT(p->plus->pdata[i]), true);
    }
    for (unsigned i = 0; i < p->minus->len; i++) {
        ask(p, GPOINTER_TO_UINT(p->minus->pdata[i]), false);
    }
    return true;
}

bool x86_cpu_model_parse(struct x86_cpu_model *m, const char *text,
                         const struct x86_cpu_model *offered, GError **err)
{
    char **items = g_strsplit(text, ",", -1);
    const char *name = items[0] ? items[0] : "";
    const struct named_model *d = model_by_name(name);
    struct parse p = {.m = m};
    bool ok = true;
    if (strcmp(name, "max") == 0 || strcmp(name, "host") == 0) {
        *m = *offered;
        m->name = *name == 'm' ? "max" : "host";
    } else if (d) {
        load_model(m, d);
    } else {
        ok = unknown_model(name, err);
    }
    p.plus = g_ptr_array_new();
    p.minus = g_ptr_array_new();
    ok = ok && parse_items(&p, items + 1, err) && check_offered(&p, offered, err);
    if (ok) {
        drop_dependents(m);
        raise_levels(m, !p.level_set, !p.xlevel_set);
        address_bits(m);
    } else {
        memset(m, 0, sizeof *m);
    }
    g_ptr_array_free(p.plus, TRUE);
    g_ptr_array_free(p.minus, TRUE);
    g_strfreev(items);
    return ok;
}

void x86_cpu_print_models(void)
{
    fputs("CPU models:\n", stdout);
    fprintf(stdout, "  %-18s %s\n", "max", "everything that the accelerator offers (default)");
    fprintf(stdout, "  %-18s %s\n", "host", "the same");
    for (unsigned i = 0; i < G_N_ELEMENTS(models); i++) {
        const struct named_model *d = &models[i];
        if (*d->brand) {
            fprintf(stdout, "  %-18s %s\n", d->name, d->brand);
        } else {
            fprintf(stdout, "  %-18s %s family %u model %u\n", d->name, d->vendor, d->family,
                    d->model);
        }
    }
    fputs("\nFeatures, as +name, -name or name=on|off:\n", stdout);
    unsigned column = 0;
    for (unsigned f = 1; f < X86_FEAT_COUNT; f++) {
        unsigned n = (unsigned)strlen(x86_features[f].name) + 1;
        if (column + n > 78) {
            fputs("\n", stdout);
            column = 0;
        }
        fprintf(stdout, "%s%s", column ? " " : "  ", x86_features[f].name);
        column += n + !column;
    }
    fputs("\n", stdout);
}

const char *x86_cpu_model_name(unsigned i)
{
    static const char *const all[] = { "max", "host" };
    if (i < ARRAY_LEN(all)) {
        return all[i];
    }
    i -= ARRAY_LEN(all);
    return i < ARRAY_LEN(models) ? models[i].name : NULL;
}

bool x86_cpu_model_plain(struct x86_cpu_model *m, const char *name)
{
    const struct named_model *d = model_by_name(name);
    memset(m, 0, sizeof *m);
    if (d) {
        set_model_features(m, d);
    }
    return d != NULL;
}
