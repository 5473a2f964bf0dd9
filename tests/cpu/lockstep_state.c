/* SPDX-License-Identifier: MIT */
#include "tests/cpu/lockstep_state.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

struct x86_box *lockstep_box(unsigned mode)
{
    struct x86_box *b = x86_box_new(mode, NULL);
    x86_cpu_model_software(&b->model);
    struct x86_state s;
    x86_cpu_get_state(b->cpu, &s);
    s.cr4 |= X86_CR4_OSFXSR | X86_CR4_OSXMMEXCPT | X86_CR4_OSXSAVE;
    s.cr0 |= X86_CR0_NE | X86_CR0_MP;
    s.xcr0 = 7;
    s.groups = X86_GROUP_ALL;
    x86_cpu_set_state(b->cpu, &s);
    return b;
}

#define TABLES      0x300000u /* and below X86_BOX_CODE */
#define TABLES_SIZE 0x2000u

struct lockstep_saved {
    struct x86_state state;
    uint8_t low[X86_BOX_CODE], tables[TABLES_SIZE];
};

struct lockstep_saved *lockstep_save(struct x86_box *b)
{
    struct lockstep_saved *s = g_new(struct lockstep_saved, 1);
    x86_cpu_get_state(b->cpu, &s->state);
    s->state.groups = X86_GROUP_ALL & ~(unsigned)X86_GROUP_TSC;
    memcpy(s->low, b->ram, sizeof s->low);
    memcpy(s->tables, b->ram + TABLES, sizeof s->tables);
    return s;
}

void lockstep_repair(struct x86_box *b, const struct lockstep_saved *s)
{
    memcpy(b->ram, s->low, sizeof s->low);
    memcpy(b->ram + TABLES, s->tables, sizeof s->tables);
    x86_code_map_written(b->cpu->code_map, 0, sizeof s->low);
    x86_code_map_written(b->cpu->code_map, TABLES, sizeof s->tables);
    x86_cpu_set_state(b->cpu, &s->state);
}

const char *lockstep_differ(const struct x86_box *a, const struct x86_box *b)
{
    const struct x86_state *x = &a->cpu->st, *y = &b->cpu->st;
    if (a->cpu->insn_count != b->cpu->insn_count || x->rip != y->rip) {
        return "RIP or count";
    }
    if (memcmp(x->gpr, y->gpr, sizeof x->gpr) != 0) {
        return "general registers";
    }
    if (x->cr2 != y->cr2 || x->mp != y->mp) {
        return "CR2 or HLT";
    }
    if (x86_rflags(a->cpu) != x86_rflags(b->cpu)) {
        return "flags";
    }
    if (memcmp(x->vec, y->vec, sizeof x->vec) != 0) {
        return "vector registers";
    }
    if (x->fpu.mxcsr != y->fpu.mxcsr) {
        return "MXCSR";
    }
    if (memcmp(&x->fpu, &y->fpu, sizeof x->fpu) != 0) {
        return "x87 unit";
    }
    return NULL;
}

void lockstep_print(const struct x86_box *a, const struct x86_box *b)
{
    const struct x86_state *x = &a->cpu->st, *y = &b->cpu->st;
    printf("  rip %" PRIx64 " %" PRIx64 ", vector %d %d at %" PRIx64 ", count %" PRIu64 " %" PRIu64
           ", flags %" PRIx64 " %" PRIx64 "\n",
           x->rip, y->rip, x86_box_vector(a), x86_box_vector(b), x86_box_fault_rip(a),
           a->cpu->insn_count, b->cpu->insn_count, x86_rflags(a->cpu), x86_rflags(b->cpu));
    for (unsigned k = 0; k < 16; k++) {
        if (x->gpr[k] != y->gpr[k]) {
            printf("  gpr %u: %016" PRIx64 " %016" PRIx64 "\n", k, x->gpr[k], y->gpr[k]);
        }
        for (unsigned n = 0; n < 8; n++) {
            if (x->vec[k].u64[n] != y->vec[k].u64[n]) {
                printf("  vec %u.%u: %016" PRIx64 " %016" PRIx64 "\n", k, n, x->vec[k].u64[n],
                       y->vec[k].u64[n]);
            }
        }
    }
    const struct x86_fpu *p = &x->fpu, *q = &y->fpu;
    printf("  mxcsr %x %x fcw %x %x fsw %x %x ftw %x %x fop %x %x\n", p->mxcsr, q->mxcsr, p->fcw,
           q->fcw, p->fsw, q->fsw, p->ftw, q->ftw, p->fop, q->fop);
    printf("  fip %" PRIx64 " %" PRIx64 " fdp %" PRIx64 " %" PRIx64 " fcs %x %x fds %x %x\n",
           p->fip, q->fip, p->fdp, q->fdp, p->fcs, q->fcs, p->fds, q->fds);
    for (unsigned k = 0; k < 8; k++) {
        if (p->r[k].mant != q->r[k].mant || p->r[k].se != q->r[k].se) {
            printf("  R%u: %04x %016" PRIx64 ", %04x %016" PRIx64 "\n", k, p->r[k].se, p->r[k].mant,
                   q->r[k].se, q->r[k].mant);
        }
    }
}
