/* SPDX-License-Identifier: MIT */
/*
 * CPUID: what guests may be promised, and what a VMM promised one.
 */
#include <errno.h>
#include <string.h>

#include "revirt-host/host.h"

enum { EAX, EBX, ECX, EDX };

static bool indexed(uint32_t leaf)
{
    return leaf == 7 || leaf == 0xd;
}

static uint32_t *reg_of(struct revirt_cpuid *c, unsigned reg)
{
    return reg == EAX ? &c->eax : reg == EBX ? &c->ebx : reg == ECX ? &c->ecx : &c->edx;
}

const struct revirt_cpuid *host_cpuid_find(const struct host_vcpu *v, uint32_t leaf,
                                           uint32_t subleaf)
{
    for (unsigned i = 0; i < v->n_leaves; i++) {
        const struct revirt_cpuid *c = &v->leaves[i];
        if (c->leaf == leaf && (!(c->flags & REVIRT_CPUID_SUBLEAF) || c->subleaf == subleaf)) {
            return c;
        }
    }
    return NULL;
}

size_t host_cpuid_offers(const struct host *h, struct revirt_cpuid *out, size_t room)
{
    size_t n = 0;
    for (unsigned f = 1; f < X86_FEAT_COUNT; f++) {
        const struct x86_feature_info *i = &x86_features[f];
        size_t k = 0;
        while (k < n && (out[k].leaf != i->leaf || out[k].subleaf != i->subleaf)) {
            k++;
        }
        if (k == room) {
            break;
        }
        if (k == n) {
            memset(&out[n], 0, sizeof out[n]);
            out[n].leaf = i->leaf;
            out[n].subleaf = i->subleaf;
            out[n++].flags = indexed(i->leaf) ? REVIRT_CPUID_SUBLEAF : 0;
        }
        if (x86_has(&h->offered, f)) {
            *reg_of(&out[k], i->reg) |= 1u << i->bit;
        }
    }
    return n;
}

static void leaf_string(char *to, const struct revirt_cpuid *c, const unsigned *order, unsigned n)
{
    for (unsigned i = 0; c && i < n; i++) {
        uint32_t r = *reg_of((struct revirt_cpuid *)c, order[i]);
        memcpy(to + 4 * i, &r, 4);
    }
}

/* The model that decides which instructions exist. */
static int derive(struct host_vcpu *v, struct x86_cpu_model *m)
{
    static const unsigned vendor[] = { EBX, EDX, ECX };
    const struct x86_cpu_model *offered = &v->vm->host->offered;
    const struct revirt_cpuid *c = host_cpuid_find(v, 0, 0);
    *m = *offered;
    m->name = "revirt";
    m->desc = NULL;
    memset(m->vendor, 0, sizeof m->vendor);
    memset(m->features, 0, sizeof m->features);
    leaf_string(m->vendor, c, vendor, ARRAY_LEN(vendor));
    m->level = c ? c->eax : 0;
    c = host_cpuid_find(v, 1, 0);
    m->signature = c ? c->eax : 0;
    c = host_cpuid_find(v, 0x80000000, 0);
    m->xlevel = c ? c->eax : 0;
    c = host_cpuid_find(v, 0x80000008, 0);
    if (c) {
        m->phys_bits = (uint8_t)c->eax;
        m->virt_bits = (uint8_t)(c->eax >> 8);
    }
    if (m->phys_bits < 32 || m->phys_bits > 52 ||
        (m->virt_bits != 48 && m->virt_bits != 57 && m->virt_bits != 32)) {
        return -EINVAL;
    }
    for (unsigned f = 1; f < X86_FEAT_COUNT; f++) {
        const struct x86_feature_info *i = &x86_features[f];
        c = host_cpuid_find(v, i->leaf, i->subleaf);
        if (!c || !(*reg_of((struct revirt_cpuid *)c, i->reg) >> i->bit & 1)) {
            continue;
        }
        if (!x86_has(offered, f)) {
            return -ENOTSUP;
        }
        x86_feature_set(m, f, true);
    }
    return 0;
}

int host_cpuid_set(struct host_vcpu *v, const struct revirt_cpuid *leaves, size_t n)
{
    if (v->ran) {
        return -EBUSY;
    }
    if (n == 0 || n > REVIRT_MAX_LEAVES) {
        return -EINVAL;
    }
    for (size_t i = 0; i < n; i++) {
        if (leaves[i].flags & ~(uint32_t)(REVIRT_CPUID_SUBLEAF | REVIRT_CPUID_EXIT)) {
            return -EINVAL;
        }
    }
    struct x86_cpu_model m;
    unsigned before = v->n_leaves;
    struct revirt_cpuid *old = g_memdup2(v->leaves, sizeof v->leaves);
    memcpy(v->leaves, leaves, n * sizeof *leaves);
    v->n_leaves = (unsigned)n;
    int r = derive(v, &m);
    if (r < 0) {
        memcpy(v->leaves, old, sizeof v->leaves);
        v->n_leaves = before;
    } else {
        v->model = m;
        v->cpu->mmu.phys_reserved =
            m.phys_bits < 52 ? ((1ull << 52) - 1) & ~((1ull << m.phys_bits) - 1) : 0;
    }
    g_free(old);
    return r;
}
