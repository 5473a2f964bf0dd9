/* SPDX-License-Identifier: MIT */
/* link: tests/lib/tiny_machine.c accel/x86/[a-z]*.c accel/x86/x86_64/[a-z]*.c core/physmem.c */
/* link: core/physmem_access.c core/types.c core/log.c core/error.c core/opts.c os/posix/[a-z]*.c */
/* link: os/linux/[a-z]*.c */
/* libs: zydis */
/*
 * "This must fault with this vector, error code and CR2, and change nothing else" - and its
 * opposite: this must work. The cases are rows of fault_cases.def; the machine is
 * tests/lib/tiny_machine.h.
 *
 * A handler is a HLT of its own for each vector, so where the processor stops says which fault
 * came.
 */
#include "tests/fake/unit.h"

#include <inttypes.h>
#include <stdlib.h>

#include "accel/x86/interp.h"
#include "tests/lib/tiny_machine.h"

enum { NONE = -1, TRIPLE = -2 };

enum patch_kind {
    P_END, P_GPR, P_MEM, P_PTE_SET, P_PTE_CLR, P_PTE, P_CR0_SET, P_CR0_CLR, P_CR4_SET, P_EFER_SET,
    P_FLAGS, P_ST, P_SEG, P_ATTR, P_LIMIT, P_BASE, P_SEL, P_NOFEAT, P_FEAT, P_AMD, P_GDT_LIMIT,
    P_IDT_LIMIT, P_IRQ, P_NMI, P_PKRU, P_A20
};

struct patch {
    uint8_t kind, n;
    uint64_t a, v;
};
#define R(reg, val) {P_GPR, X86_##reg, 0, (uint64_t)(val)}
#define M8(addr, val) {P_MEM, 1, addr, (uint64_t)(val)}
#define M16(addr, val) {P_MEM, 2, addr, (uint64_t)(val)}
#define M32(addr, val) {P_MEM, 4, addr, (uint64_t)(val)}
#define M64(addr, val) {P_MEM, 8, addr, (uint64_t)(val)}
#define PTE_SET(lin, bits) {P_PTE_SET, 0, lin, bits}
#define PTE_CLR(lin, bits) {P_PTE_CLR, 0, lin, bits}
#define CR0_SET(bits) {P_CR0_SET, 0, 0, bits}
#define CR0_CLR(bits) {P_CR0_CLR, 0, 0, bits}
#define CR4_SET(bits) {P_CR4_SET, 0, 0, bits}
#define EFER_SET(bits) {P_EFER_SET, 0, 0, bits}
#define FLAGS(bits) {P_FLAGS, 0, 0, bits}
#define ST(field, val) {P_ST, 0, offsetof(struct x86_state, field), (uint64_t)(val)}
#define SEG(r, sel) {P_SEG, X86_##r, 0, sel}
#define ATTR(r, val) {P_ATTR, X86_##r, 0, val}
#define LIMIT(r, val) {P_LIMIT, X86_##r, 0, val}
#define BASE(r, val) {P_BASE, X86_##r, 0, val}
#define NOFEAT(f) {P_NOFEAT, 0, 0, X86_FEAT_##f}
#define FEAT(f) {P_FEAT, 0, 0, X86_FEAT_##f}
#define AMD {P_AMD, 0, 0, 0}
#define GDT_LIMIT(val) {P_GDT_LIMIT, 0, 0, val}
#define IDT_LIMIT(val) {P_IDT_LIMIT, 0, 0, val}
#define IRQ(val) {P_IRQ, 0, 0, val}
#define NMI {P_NMI, 0, 0, 0}

enum check_kind {
    C_END,
    C_GPR,
    C_MEM,
    C_FSET,
    C_FCLR,
    C_SEL,
    C_CPL,
    C_RIP,
    C_STACK,
    C_ST,
    C_PTE_SET,
    C_PTE_CLR,
    C_MODE,
    C_ATTR,
    C_PORTS,
    C_RETRIP
};

struct check {
    uint8_t kind, n;
    uint64_t a, v;
};
#define CR(reg, val) {C_GPR, X86_##reg, 0, (uint64_t)(val)}
#define CM8(addr, val) {C_MEM, 1, addr, (uint64_t)(val)}
#define CM16(addr, val) {C_MEM, 2, addr, (uint64_t)(val)}
#define CM32(addr, val) {C_MEM, 4, addr, (uint64_t)(val)}
#define CM64(addr, val) {C_MEM, 8, addr, (uint64_t)(val)}
#define FSET(bits) {C_FSET, 0, 0, bits}
#define FCLR(bits) {C_FCLR, 0, 0, bits}
#define CSEL(r, val) {C_SEL, X86_##r, 0, val}
#define CATTR(r, val) {C_ATTR, X86_##r, 0, val}
#define CPL(val) {C_CPL, 0, 0, val}
#define RIP(val) {C_RIP, 0, 0, val}
#define STACK(k, size, val) {C_STACK, size, k, (uint64_t)(val)} /* k-th slot from SP up */
#define CST(field, val) {C_ST, 0, offsetof(struct x86_state, field), (uint64_t)(val)}
#define CPTE_SET(lin, bits) {C_PTE_SET, 0, lin, bits}
#define CPTE_CLR(lin, bits) {C_PTE_CLR, 0, lin, bits}
#define CMODE(val) {C_MODE, 0, 0, val}
#define PORTS(val) {C_PORTS, 0, 0, val}

struct row {
    const char *name;
    enum tiny_mode mode;
    const char *code;
    uint8_t len, steps;
    uint8_t at;       /* offset of the rip that the frame must show */
    int vector;
    int64_t error;    /* -1: no error code */
    uint64_t cr2;     /* #PF only */
    bool may_change;  /* registers may differ from before */
    struct patch p[10];
    struct check c[8];
};

static const struct row rows[] = {
#include "tests/cpu/fault_cases.def"
};

/* --- setting up ----------------------------------------------------------------------------- */

static void load_seg(struct tiny *t, unsigned r, uint16_t sel)
{
    uint64_t d = tiny_read(t, TINY_GDT + (sel & 0xfff8u), 8);
    uint32_t hi = (uint32_t)(d >> 32), limit = (uint32_t)(d & 0xffff) | (hi & 0xf0000);
    struct x86_seg *s = &t->cpu->st.seg[r];
    s->sel = sel;
    s->base = (d >> 16 & 0xffffff) | (hi & 0xff000000);
    s->limit = hi & 0x800000 ? limit << 12 | 0xfff : limit;
    s->attr = (uint16_t)((hi >> 8 & 0xff) | (hi >> 12 & 0xf00));
    if (!(sel & 0xfffc)) {
        *s = (struct x86_seg){0, 0, sel, X86_SEG_UNUSABLE};
    }
}

static void patch_pte(struct tiny *t, uint64_t lin, uint64_t clear, uint64_t set)
{
    uint64_t addr = tiny_pte_addr(t->mode, lin);
    unsigned size = tiny_pte_size(t->mode);
    tiny_write(t, addr, (tiny_read(t, addr, size) & ~clear) | set, size);
}

static void apply_state(struct tiny *t, const struct patch *p)
{
    struct x86_state *s = &t->cpu->st;
    switch ((enum patch_kind)p->kind) {
    case P_GPR: s->gpr[p->n] = p->v; break;
    case P_CR0_SET: s->cr0 |= p->v; break;
    case P_CR0_CLR: s->cr0 &= ~p->v; break;
    case P_CR4_SET: s->cr4 |= p->v; break;
    case P_EFER_SET: s->msr.efer |= p->v; break;
    case P_FLAGS: s->rflags |= p->v; break;
    case P_ST: memcpy((char *)s + p->a, &p->v, 8); break;
    case P_SEG: load_seg(t, p->n, (uint16_t)p->v); break;
    case P_ATTR: s->seg[p->n].attr = (uint16_t)p->v; break;
    case P_LIMIT: s->seg[p->n].limit = (uint32_t)p->v; break;
    case P_BASE: s->seg[p->n].base = p->v; break;
    case P_GDT_LIMIT: s->gdt.limit = (uint16_t)p->v; break;
    case P_IDT_LIMIT: s->idt.limit = (uint16_t)p->v; break;
    case P_NMI: s->ev.nmi_pending = 1; break;
    default: break;
    }
}

static void apply_rest(struct tiny *t, const struct patch *p)
{
    switch ((enum patch_kind)p->kind) {
    case P_MEM: tiny_write(t, p->a, p->v, p->n); break;
    case P_PTE_SET: patch_pte(t, p->a, 0, p->v); break;
    case P_PTE_CLR: patch_pte(t, p->a, p->v, 0); break;
    case P_NOFEAT: t->model.features[p->v / 64] &= ~(1ull << (p->v % 64)); break;
    case P_FEAT: t->model.features[p->v / 64] |= 1ull << (p->v % 64); break;
    case P_AMD: strcpy(t->model.vendor, "AuthenticAMD"); break;
    case P_IRQ:
        t->irq = (int)p->v;
        atomic_fetch_or(&t->cpu->requests, X86_REQ_IRQ);
        break;
    default: break;
    }
}

/* --- judging -------------------------------------------------------------------------------- */

static unsigned failures;

static void complain(const struct row *r, const char *what, uint64_t want, uint64_t got)
{
    print_error("case '%s': %s: want 0x%" PRIx64 ", got 0x%" PRIx64 "\n", r->name, what, want, got);
    failures++;
}

static uint64_t linear_rip(const struct tiny *t)
{
    const struct x86_state *s = &t->cpu->st;
    return t->cpu->code_mode == 8 ? s->rip : (uint32_t)(s->seg[X86_CS].base + s->rip);
}

static int vector_of(const struct tiny *t, enum x86_stop stop)
{
    uint64_t lin = linear_rip(t);
    if (stop == X86_STOP_SHUTDOWN) {
        return TRIPLE;
    }
    return lin >= TINY_HANDLERS && lin < TINY_HANDLERS + 0x1000 ? (int)(lin - TINY_HANDLERS) / 16
                                                                : NONE;
}

static uint64_t stack_slot(struct tiny *t, unsigned k, unsigned size)
{
    const struct x86_state *s = &t->cpu->st;
    uint64_t sp = s->gpr[X86_RSP];
    if (t->cpu->code_mode != 8) {
        sp = (uint32_t)(s->seg[X86_SS].base +
                        (s->seg[X86_SS].attr & X86_SEG_DB ? (uint32_t)sp : (uint16_t)sp));
    }
    return tiny_read(t, (sp + k * size) & 0xffffff, size);
}

static void judge_frame(struct tiny *t, const struct row *r)
{
    unsigned size = r->mode == TINY_REAL ? 2 : tiny_is_long(r->mode) ? 8 : 4;
    unsigned slot = 0;
    if (r->error >= 0 && r->mode != TINY_REAL) {
        uint64_t got = stack_slot(t, slot++, size);
        if (got != (uint64_t)r->error) {
            complain(r, "error code", (uint64_t)r->error, got);
        }
    }
    if (r->at != 0xff) {
        uint64_t start = r->mode <= TINY_P16 ? 0 : tiny_code_addr(r->mode);
        uint64_t got = stack_slot(t, slot, size);
        if (got != start + r->at) {
            complain(r, "saved rip", start + r->at, got);
        }
    }
    if (r->vector == X86_EXC_PF && t->cpu->st.cr2 != r->cr2) {
        complain(r, "CR2", r->cr2, t->cpu->st.cr2);
    }
}

static uint64_t value_of(struct tiny *t, const struct check *c)
{
    struct x86_state *s = &t->cpu->st;
    uint64_t v;
    switch ((enum check_kind)c->kind) {
    case C_GPR: return s->gpr[c->n];
    case C_MEM: return tiny_read(t, c->a, c->n);
    case C_FSET: case C_FCLR: return x86_rflags(t->cpu) & c->v;
    case C_SEL: return s->seg[c->n].sel;
    case C_ATTR: return s->seg[c->n].attr;
    case C_CPL: return t->cpu->cpl;
    case C_RIP: return s->rip;
    case C_STACK: return stack_slot(t, (unsigned)c->a, c->n);
    case C_ST: memcpy(&v, (char *)s + c->a, 8); return v;
    case C_PTE_SET: case C_PTE_CLR:
        return tiny_read(t, tiny_pte_addr(t->mode, c->a), tiny_pte_size(t->mode)) & c->v;
    case C_MODE: return t->cpu->code_mode;
    case C_PORTS: return t->ports;
    default: return 0;
    }
}

static void judge_checks(struct tiny *t, const struct row *r)
{
    static const char *const names[] = {
        "",      "register", "memory", "flags", "flags to be clear",    "selector",  "CPL",
        "rip",   "stack",    "state",  "PTE",   "PTE bits to be clear", "code mode", "attributes",
        "ports", ""
    };
    for (unsigned i = 0; i < 8 && r->c[i].kind; i++) {
        const struct check *c = &r->c[i];
        bool clear = c->kind == C_FCLR || c->kind == C_PTE_CLR;
        uint64_t got = value_of(t, c), want = clear ? 0 : c->v;
        if (got != want) {
            complain(r, names[c->kind], want, got);
        }
    }
}

static void judge(struct tiny *t, const struct row *r, enum x86_stop stop, const uint64_t *before)
{
    int got = vector_of(t, stop);
    if (got != r->vector) {
        print_error("case '%s': want vector %d, got %d (stop %d, rip 0x%" PRIx64
                    ", error 0x%x, cr2 0x%" PRIx64 ")\n",
                    r->name, r->vector, got, (int)stop, t->cpu->st.rip, t->cpu->exc_error,
                    t->cpu->st.cr2);
        failures++;
        return;
    }
    if (r->vector >= 0) {
        judge_frame(t, r);
    }
    for (unsigned i = 0; i < 16 && r->vector >= 0 && !r->may_change; i++) {
        if (i != X86_RSP && t->cpu->st.gpr[i] != before[i]) {
            complain(r, "register after the fault", before[i], t->cpu->st.gpr[i]);
        }
    }
    judge_checks(t, r);
}

static void run_row(struct tiny *t, const struct row *r)
{
    uint64_t before[16];
    tiny_setup(t, r->mode);
    t->ports = 0;
    atomic_store(&t->cpu->requests, 0);
    memcpy(t->ram + tiny_code_addr(r->mode), r->code, r->len);
    for (unsigned i = 0; i < 10 && r->p[i].kind; i++) {
        apply_rest(t, &r->p[i]);
        apply_state(t, &r->p[i]);
    }
    tiny_sync(t);
    memcpy(before, t->cpu->st.gpr, sizeof before);
    judge(t, r, tiny_run(t, r->steps), before);
}

static void every_row(void **state)
{
    struct tiny *t = tiny_new();
    const char *only = getenv("FAULT_CASE");
    (void)state;
    failures = 0;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        if (!only || strstr(rows[i].name, only)) {
            run_row(t, &rows[i]);
        }
    }
    tiny_free(t);
    print_message("%zu cases, %u complaints\n", ARRAY_LEN(rows), failures);
    assert_int_equal(failures, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(every_row)};
    return cmocka_run_group_tests_name("faults", tests, NULL, NULL);
}
