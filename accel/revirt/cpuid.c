/* SPDX-License-Identifier: MIT */
/*
 * CPUID: what we promise the guest. The host answers what never changes; leaves with bits that
 * follow the processor's state, or that a subleaf chooses, come back to us as exits.
 */
#include <errno.h>
#include <string.h>

#include "accel/revirt/revirt.h"

static void ask(const struct accel_vcpu *v, const struct x86_state *s, uint32_t leaf,
                uint32_t subleaf, uint32_t out[4])
{
    const struct accel_params *p = &v->vm->params;
    x86_cpuid(p->model, p->topology, v->index, s, leaf, subleaf, out);
}

static void add(const struct accel_vcpu *v, struct revirt_cpuid *c, uint32_t leaf, uint32_t subleaf,
                uint32_t flags)
{
    struct x86_state s;
    uint32_t r[4];
    memset(&s, 0, sizeof s);
    ask(v, &s, leaf, subleaf, r);
    *c = (struct revirt_cpuid){ leaf, subleaf, flags, r[0], r[1], r[2], r[3] };
}

int revirt_cpuid_send(struct accel_vcpu *v)
{
    const struct x86_cpu_model *m = v->vm->params.model;
    struct revirt_cpuid c[32];
    size_t n = 0;
    add(v, &c[n++], 0, 0, 0);
    add(v, &c[n++], 1, 0, REVIRT_CPUID_EXIT);
    if (m->level >= 7) {
        add(v, &c[n++], 7, 0, REVIRT_CPUID_SUBLEAF | REVIRT_CPUID_EXIT);
    }
    for (uint32_t sub = 0; m->level >= 0xd && sub < 2; sub++) {
        add(v, &c[n++], 0xd, sub, REVIRT_CPUID_SUBLEAF | REVIRT_CPUID_EXIT);
    }
    for (uint32_t leaf = 0x80000000; leaf <= m->xlevel && leaf <= 0x80000008; leaf++) {
        add(v, &c[n++], leaf, 0, leaf == 0x80000001 ? REVIRT_CPUID_EXIT : 0);
    }
    return revirt_call(&v->node, REVIRT_CPUID, 0, 0, c, n * sizeof c[0], 0);
}

void revirt_cpuid_answer(struct accel_vcpu *v)
{
    struct x86_state s;
    memset(&s, 0, sizeof s);
    s.cr4 = v->last.u.cpuid.cr4;
    s.xcr0 = v->last.u.cpuid.xcr0;
    s.msr.xss = v->last.u.cpuid.xss;
    s.msr.apic_base = v->last.u.cpuid.apic_base;
    ask(v, &s, v->last.u.cpuid.leaf, v->last.u.cpuid.subleaf, v->run.cpuid);
}
