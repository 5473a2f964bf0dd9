/* SPDX-License-Identifier: MIT */
/*
 * CPUID: what KVM supports makes the processor that can be offered; what the guest sees comes from
 * the shared model. KVM itself fills in the bits that follow CR4, XCR0 and APIC_BASE.
 */
#include <errno.h>
#include <string.h>

#include "accel/kvm/kvm_int.h"

#define MAX_ENTRIES 256

struct cpuid_buf {
    struct kvm_cpuid2 head;
    struct kvm_cpuid_entry2 e[MAX_ENTRIES];
};

static const struct kvm_cpuid_entry2 *find(const struct cpuid_buf *b, uint32_t leaf, uint32_t sub)
{
    for (uint32_t i = 0; i < b->head.nent; i++) {
        const struct kvm_cpuid_entry2 *e = &b->e[i];
        if (e->function == leaf &&
            (!(e->flags & KVM_CPUID_FLAG_SIGNIFCANT_INDEX) || e->index == sub)) {
            return e;
        }
    }
    return NULL;
}

static uint32_t reg_of(const struct kvm_cpuid_entry2 *e, unsigned reg)
{
    const uint32_t r[4] = { e->eax, e->ebx, e->ecx, e->edx };
    return r[reg];
}

/* What this process provides, whatever KVM thinks of it: the local APIC is here. */
static bool ours(enum x86_feature_id f)
{
    return f == X86_FEAT_APIC || f == X86_FEAT_X2APIC || f == X86_FEAT_TSC_DEADLINE ||
           f == X86_FEAT_HYPERVISOR || f == X86_FEAT_HT || f == X86_FEAT_OSXSAVE;
}

static void identity(const struct cpuid_buf *b, struct x86_cpu_model *m)
{
    const struct kvm_cpuid_entry2 *e = find(b, 0, 0);
    if (e && e->ebx) {
        memset(m->vendor, 0, sizeof m->vendor);
        memcpy(m->vendor, &e->ebx, 4);
        memcpy(m->vendor + 4, &e->edx, 4);
        memcpy(m->vendor + 8, &e->ecx, 4);
    }
    e = find(b, 1, 0);
    if (e && e->eax) {
        m->signature = e->eax;
    }
    char brand[sizeof m->brand] = { 0 };
    for (uint32_t i = 0; i < 3; i++) {
        e = find(b, 0x80000002 + i, 0);
        if (!e) {
            return;
        }
        for (unsigned r = 0; r < 4; r++) {
            uint32_t v = reg_of(e, r);
            memcpy(brand + 16 * i + 4 * r, &v, 4);
        }
    }
    if (brand[0]) {
        memcpy(m->brand, brand, sizeof brand);
    }
}

/* A feature is offered if KVM supports it and accel/x86 knows it, state included: so that any
 * instruction can be finished there and any machine can be moved. */
bool kvm_cpuid_offered(int sys_fd, struct x86_cpu_model *m)
{
    struct cpuid_buf *b = g_new0(struct cpuid_buf, 1);
    struct x86_cpu_model known;
    x86_cpu_model_software(&known);
    *m = known;
    b->head.nent = MAX_ENTRIES;
    bool ok = kvm_ioctl(sys_fd, KVM_GET_SUPPORTED_CPUID, b) >= 0;
    for (unsigned f = 1; ok && f < X86_FEAT_COUNT; f++) {
        const struct x86_feature_info *i = &x86_features[f];
        const struct kvm_cpuid_entry2 *e = find(b, i->leaf, i->subleaf);
        bool there = e && (reg_of(e, i->reg) >> i->bit & 1);
        x86_feature_set(m, f, x86_has(&known, f) && (there || ours(f)));
    }
    if (ok) {
        const struct kvm_cpuid_entry2 *e = find(b, 0x80000008, 0);
        if (e && (e->eax & 0xff) >= 32 && (e->eax & 0xff) < m->phys_bits) {
            m->phys_bits = (uint8_t)e->eax;
        }
        identity(b, m);
    }
    g_free(b);
    return ok;
}

/* --- what the guest sees ---------------------------------------------------------------------- */

static void add(struct cpuid_buf *b, const struct accel_vcpu *v, uint32_t leaf, uint32_t sub,
                bool indexed)
{
    const struct accel_params *p = &v->vm->params;
    struct x86_state s;
    uint32_t r[4];
    if (b->head.nent == MAX_ENTRIES) {
        return;
    }
    if (v->vm->cb.cpuid) {
        v->vm->cb.cpuid(v->vm->cb.opaque, v->index, leaf, sub, r);
    } else {
        x86_state_reset(&s, v->index == 0, p->model->signature);
        x86_cpuid(p->model, p->topology, v->index, &s, leaf, sub, r);
    }
    b->e[b->head.nent++] = (struct kvm_cpuid_entry2){
        .function = leaf,
        .index = sub,
        .flags = indexed ? KVM_CPUID_FLAG_SIGNIFCANT_INDEX : 0,
        .eax = r[0],
        .ebx = r[1],
        .ecx = r[2],
        .edx = r[3],
    };
}

/* How many subleaves a leaf has that looks at ECX; 0: it does not. */
static uint32_t subleaves(uint32_t leaf)
{
    switch (leaf) {
    case 4: return 5;
    case 7: return 2;
    case 0xb: return 3;
    case 0xd: return 10;
    case 0x8000001d: return 5;
    default: return 0;
    }
}

static void add_range(struct cpuid_buf *b, const struct accel_vcpu *v, uint32_t first,
                      uint32_t last)
{
    for (uint32_t leaf = first; leaf <= last && leaf - first < 64; leaf++) {
        uint32_t n = subleaves(leaf);
        for (uint32_t sub = 0; sub < n; sub++) {
            add(b, v, leaf, sub, true);
        }
        if (!n) {
            add(b, v, leaf, 0, false);
        }
    }
}

int kvm_cpuid_set(struct accel_vcpu *v)
{
    const struct x86_cpu_model *m = v->vm->params.model;
    struct cpuid_buf *b = g_new0(struct cpuid_buf, 1);
    add_range(b, v, 0, m->level);
    if (m->xlevel >= 0x80000000) {
        add_range(b, v, 0x80000000, m->xlevel);
    }
    if (x86_has(m, X86_FEAT_HYPERVISOR)) {
        add_range(b, v, 0x40000000, 0x40000001);
    }
    int ret = kvm_ioctl(v->fd, KVM_SET_CPUID2, b);
    g_free(b);
    return ret;
}

void kvm_xsave_component(unsigned i, uint32_t *offset, uint32_t *size)
{
    uint32_t r[4];
    *offset = *size = 0;
    if (x86_host_cpuid(0xd, i, r)) {
        *size = r[0];
        *offset = r[1];
    }
}
