/* SPDX-License-Identifier: MIT */
/* link: accel/x86/[a-z]*.c accel/x86/x86_64/[a-z]*.c core/physmem.c core/physmem_access.c */
/* link: accel/tcg/[a-z]*.c accel/tcg/x86_64/[a-z]*.c */
/* link: tests/fake/x86_box.c tests/cpu/lockstep_*.c tests/cpu/corners.c */
/* link: core/types.c core/log.c core/error.c core/opts.c os/posix/[a-z]*.c os/linux/[a-z]*.c */
/* libs: zydis */
/* timeout: 600 */
/*
 * Random data instructions, a few in a row, on the translator and on the interpreter: with corner
 * cases of floating point, operands that are not aligned, cross pages or fault, exceptions
 * unmasked, units switched off. All registers, flags, memory, RIP and the count of instructions
 * must be the same. What the interpreter does is compared with the host by test_host_diff.
 *
 *   test_jit_diff [CASES] [GROUP]    default 200,000 of all groups (lockstep_vec.h)
 * EMU_SEED=N repeats a run; the seed is printed.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "accel/tcg/jit.h"
#include "accel/x86/disas.h"
#include "tests/cpu/lockstep_state.h"
#include "tests/cpu/lockstep_vec.h"
#include "tests/fake/seed.h"
#include "tests/fake/x86_box.h"

#define INSNS_MAX 10u
#define GAP       (X86_BOX_DATA + 0x100000u) /* from here on nothing is mapped */

static uint64_t rng_state;

static uint64_t rnd(void)
{
    rng_state ^= rng_state << 13;
    rng_state ^= rng_state >> 7;
    rng_state ^= rng_state << 17;
    return rng_state * 0x2545f4914f6cdd1dull >> 8;
}

static unsigned pick(unsigned n)
{
    return (unsigned)(rnd() % n);
}

static const uint8_t bases64[] = { 3, 7, 8, 12, 14 }, bases32[] = { 3, 5, 7, 6 };

struct test_case {
    uint8_t bytes[INSNS_MAX * 15 + 1];
    unsigned n, len;
    struct x86_state st;
    uint64_t window[3]; /* addresses, 512 bytes around each */
    uint8_t mem[3][512];
};

/* --- the two processors ----------------------------------------------------------------------- */

static void load(struct x86_box *b, const struct test_case *t)
{
    struct x86_state *s = &b->cpu->st;
    x86_box_code(b, t->bytes, t->len);
    memcpy(s->gpr, t->st.gpr, sizeof s->gpr);
    memcpy(s->vec, t->st.vec, sizeof s->vec);
    s->fpu = t->st.fpu;
    s->cr0 = t->st.cr0;
    s->cr4 = t->st.cr4;
    s->rflags = 2 | (t->st.rflags & X86_FL_DF);
    x86_set_rflags(b->cpu, t->st.rflags, X86_FL_ARITH);
    for (unsigned w = 0; w < 3; w++) {
        memcpy(b->ram + t->window[w] - 256, t->mem[w], 512);
    }
}

/* --- cases ------------------------------------------------------------------------------------ */

static uint64_t value(void)
{
    static const uint64_t v[] = { 0, 1, 0x7f, 0x80, 0xff, 0x8000, 0x7fffffff, 0x80000000, ~0ull };
    return pick(3) ? rnd() << 32 ^ rnd() >> pick(40) : v[pick(sizeof v / sizeof *v)];
}

/* Somewhere in the data, at a page's end, at the end of what is mapped. */
static uint64_t place(unsigned how)
{
    uint64_t at = how == 0 ? X86_BOX_DATA + 0x1000 * (1 + pick(6)) + 0x400 + pick(0x800)
                           : X86_BOX_DATA + 0x9000;
    return pick(2) ? at & ~63ull : at;
}

static void make_case(struct test_case *t, struct lockstep_gen *g, int group)
{
    memset(t, 0, sizeof *t);
    t->n = 1 + pick(INSNS_MAX);
    int only = group >= 0 ? group : pick(2) ? -1 : (int)pick(LOCKSTEP_GROUPS);
    /* Strings move RSI and RDI, and would write far with a random RCX. */
    bool strings = only >= 0 ? only == LOCKSTEP_STRING : pick(3) == 0;
    g->keep = 1u << X86_RCX;
    for (unsigned k = 0; k < g->n_bases; k++) {
        g->keep |= (uint16_t)(1u << g->bases[k]);
    }
    if (strings) {
        g->keep &= (uint16_t) ~(1u << X86_RSI | 1u << X86_RDI);
    } else {
        g->keep &= (uint16_t) ~(1u << X86_RCX);
    }
    for (unsigned k = 0; k < t->n; k++) {
        unsigned gr = only >= 0 ? (unsigned)only : pick(LOCKSTEP_GROUPS - !strings);
        t->len += lockstep_insn(g, (enum lockstep_group)gr, t->bytes + t->len);
    }
    t->bytes[t->len++] = 0xf4;
    lockstep_registers(g, &t->st);
    for (unsigned k = 0; k < X86_GPR_COUNT; k++) {
        t->st.gpr[k] = g->mode == 8 ? value() : (uint32_t)value();
    }
    for (unsigned k = 0; k < 3; k++) {
        t->window[k] = place(k == 1);
        for (unsigned n = 0; n < 512; n += 8) {
            uint64_t v = n & 64 ? t->st.vec[n / 32].u64[n / 8 & 3] : rnd() << 32 ^ rnd();
            memcpy(t->mem[k] + n, &v, 8);
        }
    }
    t->st.gpr[X86_RSI] = t->window[0] + pick(64);
    for (unsigned k = 0; k < g->n_bases - 1; k++) {
        t->st.gpr[g->bases[k]] = pick(60) ? t->window[pick(3)] : value();
        if (pick(40) == 0) {
            t->st.gpr[g->bases[k]] = GAP - pick(64);
        }
    }
    t->st.gpr[g->bases[g->n_bases - 1]] = g->mode == 8 ? pick(16) : t->window[0];
    t->st.gpr[X86_RSP] = X86_BOX_STACK + 0x1000;
    t->st.gpr[X86_RDI] = t->window[2] - pick(64);
    if (strings) {
        t->st.gpr[X86_RCX] = pick(40);
    }
    t->st.rflags = rnd() & (X86_FL_ARITH | (pick(4) ? 0 : X86_FL_DF));
}

static void print_case(const struct test_case *t, unsigned mode)
{
    char text[128];
    for (unsigned at = 0; at < t->len;) {
        struct x86_insn i;
        if (x86_decode(&i, t->bytes + at, 15, mode) != X86_DECODE_OK) {
            break;
        }
        x86_disas(text, sizeof text, t->bytes + at, i.len, X86_BOX_CODE + at, mode);
        printf("  %05x  %s\n", X86_BOX_CODE + at, text);
        at += i.len;
    }
}

static void print_memory(const struct x86_box *a, const struct x86_box *b)
{
    for (size_t k = 0; k < X86_BOX_RAM; k++) {
        if (a->ram[k] != b->ram[k]) {
            printf("  memory %zx: %02x %02x\n", k, a->ram[k], b->ram[k]);
            break;
        }
    }
}

/* Now and then a unit is off: #NM, #UD. */
static void choose_units(struct test_case *t, const struct x86_box *b)
{
    t->st.cr0 = b->cpu->st.cr0 & ~(uint64_t)(X86_CR0_TS | X86_CR0_EM);
    t->st.cr4 = b->cpu->st.cr4 | X86_CR4_OSFXSR | X86_CR4_OSXSAVE;
    switch (pick(60)) {
    case 0: t->st.cr0 |= X86_CR0_TS; break;
    case 1: t->st.cr0 |= X86_CR0_EM; break;
    case 2: t->st.cr4 &= ~(uint64_t)X86_CR4_OSFXSR; break;
    case 3: t->st.cr4 &= ~(uint64_t)X86_CR4_OSXSAVE; break;
    default: break;
    }
}

static bool run_mode(unsigned mode, uint64_t cases, int group, uint64_t seed)
{
    struct x86_box *a = lockstep_box(mode), *b = lockstep_box(mode);
    struct test_case t;
    bool ok = true;
    struct lockstep_gen g = { .rnd = rnd,
                              .model = &a->model,
                              .mode = mode,
                              .bases = mode == 8 ? bases64 : bases32,
                              .n_bases = mode == 8 ? sizeof bases64 : sizeof bases32,
                              .disp_max = 200 };
    if (tcg_jit_attach(b->cpu, 0x100000) < 0) {
        printf("no code memory\n");
        return false;
    }
    tcg_jit_set_threshold(b->cpu, 1);
    struct lockstep_saved *clean = lockstep_save(a);
    for (uint64_t n = 0; n < cases && ok; n++) {
        make_case(&t, &g, group);
        choose_units(&t, a);
        load(a, &t);
        load(b, &t);
        uint64_t limit = pick(4) ? 10000 : 1 + pick(12);
        enum x86_stop sa = x86_box_run(a, limit), sb = x86_box_run(b, limit);
        const char *what = sa != sb ? "stop" : lockstep_differ(a, b);
        if (!what && memcmp(a->ram, b->ram, X86_BOX_RAM) != 0) {
            what = "memory";
        }
        if (what) {
            printf("FAILED: %s, %u-bit, case %" PRIu64 ", EMU_SEED=%" PRIu64 ": interp, jit\n",
                   what, mode * 8, n, seed);
            print_case(&t, mode);
            lockstep_print(a, b);
            print_memory(a, b);
            ok = false;
        }
        if (a->cpu->st.rip < X86_BOX_CODE) { /* a handler: RSP, CS, perhaps its tables */
            lockstep_repair(a, clean);
            lockstep_repair(b, clean);
        }
    }
    struct tcg_jit_stats st;
    tcg_jit_stats(b->cpu, &st);
    printf("%u-bit: %" PRIu64 " of %" PRIu64 " instructions inline, %" PRIu64 " handler calls\n",
           mode * 8, st.inline_insns, st.insns, st.helper_calls);
    tcg_jit_detach(b->cpu);
    x86_box_free(a);
    x86_box_free(b);
    g_free(clean);
    return ok;
}

int main(int argc, char **argv)
{
    uint64_t cases = argc > 1 ? strtoull(argv[1], NULL, 0) : 200000;
    int group = argc > 2 ? atoi(argv[2]) : -1;
    GError *err = NULL;
    setvbuf(stdout, NULL, _IOLBF, 0);
    if (!tcg_jit_supported(&err)) {
        printf("%s\n", err->message);
        return 77;
    }
    uint64_t seed = test_seed(0);
    rng_state = seed * 0x9e3779b97f4a7c15ull | 1;
    bool ok = run_mode(8, cases - cases / 4, group, seed) && run_mode(4, cases / 4, group, seed);
    return !ok;
}
