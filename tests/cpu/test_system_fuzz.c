/* SPDX-License-Identifier: MIT */
/* link: tests/lib/hostile.c */
/* link: tests/lib/tiny_machine.c accel/x86/[a-z]*.c accel/x86/x86_64/[a-z]*.c core/physmem.c */
/* link: core/physmem_access.c core/types.c core/log.c core/error.c core/opts.c os/posix/[a-z]*.c */
/* link: os/linux/[a-z]*.c */
/* libs: zydis */
/*
 * Hostile guests: random system instructions among random tables in every mode. Nothing may crash,
 * hang or leave the processor in a state that it could not have; the state must survive being taken
 * and given back, whatever it is.
 *
 *   test_system_fuzz [ROUNDS]    EMU_SEED=N repeats a run; the seed is printed
 */
#include "tests/fake/unit.h"

#include <inttypes.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/time.h>
#include <time.h>

#include "accel/x86/interp.h"
#include "tests/fake/seed.h"
#include "tests/lib/hostile.h"
#include "tests/lib/tiny_machine.h"

static uint64_t seed;
static unsigned long rounds = 20000;

static uint64_t rnd(void)
{
    return hostile_rnd(&seed);
}

static unsigned below(unsigned n)
{
    return hostile_below(&seed, n);
}

/* Values that are likely to matter: near limits, table addresses, canonical edges, single bits. */
static uint64_t spicy(void)
{
    static const uint64_t values[] = {
        0, 1, 0xff, 0xffff, 0x7fff, 0x8000, 0xffffffff, 0x80000000, ~0ull, 0x7fffffffffff,
        0x800000000000, 0xffff800000000000, TINY_GDT, TINY_IDT, TINY_TSS, TINY_PML4, TINY_PAE_PDPT,
        TINY_PD32, TINY_DATA, TINY_UDATA, TINY_DATA + 0xfff, TINY_UDATA + 0xffd, TINY_STACK,
        0xfee00000, 0x1b, 0xc0000080, 0xc0000100, 0x10, 0x277, 0x200,
    };
    switch (below(6)) {
    case 0: return rnd();
    case 1: return 1ull << below(64);
    case 2: return below(0x200) & ~7u;
    case 3: return below(0x200);
    default: return values[below(ARRAY_LEN(values))];
    }
}

/* --- code ----------------------------------------------------------------------------------- */

static void put_code(struct tiny *t, uint64_t at, unsigned len)
{
    uint8_t *p = t->ram + at;
    for (unsigned n = 0; n < len;) {
        n += hostile_insn(&seed, p + n);
    }
}

/* --- tables and registers ------------------------------------------------------------------- */

static void spoil_memory(struct tiny *t)
{
    static const struct {
        uint32_t at, len;
    } places[] = {
        {TINY_GDT, 0x200}, {TINY_IDT, 0x800}, {TINY_TSS, 0x80}, {TINY_TSS2, 0x68},
        {TINY_TSS16, 0x2c}, {TINY_LDT, 0x20}, {TINY_PML4, 0x20}, {TINY_PML4 + 0x1000, 0x20},
        {TINY_PML4 + 0x2000, 0x40}, {TINY_PML4 + 0x3000, 0x800}, {TINY_PAE_PDPT, 0x20},
        {TINY_PAE_PDPT + 0x2000, 0x800}, {TINY_PD32, 0x20}, {TINY_PD32 + 0x1000, 0x400},
        {TINY_STACK - 0x40, 0x80}, {TINY_USTACK - 0x40, 0x80},
    };
    for (unsigned n = below(12); n > 0; n--) {
        unsigned k = below(ARRAY_LEN(places));
        uint32_t at = places[k].at + (below(places[k].len) & ~3u);
        if (below(3)) {
            t->ram[at + below(4)] ^= (uint8_t)(1u << below(8));
        } else {
            tiny_write(t, at, spicy(), below(2) ? 8 : 4);
        }
    }
}

static void spoil_registers(struct tiny *t)
{
    struct x86_state *s = &t->cpu->st;
    for (unsigned n = below(8); n > 0; n--) {
        s->gpr[below(16)] = spicy();
    }
    if (below(3) == 0) {
        s->rflags ^= 1ull << below(22);
        s->rflags &= ~(uint64_t)X86_FL_VM | (t->mode == TINY_V86 ? X86_FL_VM : 0);
    }
    if (below(4) == 0) {
        s->cr4 |= (1u << below(23)) & 0x7f0fff;
        s->cr4 &= ~(uint64_t)(1u << 13 | 1u << 14 | X86_CR4_LA57);
    }
    if (below(4) == 0) {
        s->dr[below(4)] = spicy();
        s->dr[7] = rnd() & 0xffff23ff;
    }
    if (below(4) == 0) {
        s->msr.star = rnd();
        s->msr.lstar = TINY_TARGET;
        s->msr.efer |= X86_EFER_SCE;
        s->msr.sysenter_cs = spicy();
    }
    if (below(8) == 0) {
        s->seg[below(6)].limit = (uint32_t)spicy();
    }
    if (below(8) == 0) {
        s->ev.nmi_pending = 1;
    }
    t->irq = below(4) ? -1 : (int)below(256);
    atomic_store(&t->cpu->requests, t->irq >= 0 ? X86_REQ_IRQ : 0);
}

/* --- what must always hold ------------------------------------------------------------------ */

static bool sane(const struct x86_cpu *cpu)
{
    const struct x86_state *s = &cpu->st;
    bool pe = s->cr0 & X86_CR0_PE, pg = s->cr0 & X86_CR0_PG, lma = s->msr.efer & X86_EFER_LMA;
    bool vm = s->rflags & X86_FL_VM;
    return cpu->cpl <= 3 && (cpu->code_mode == 2 || cpu->code_mode == 4 || cpu->code_mode == 8) &&
           (pe || (!pg && !vm && cpu->cpl == 0)) && (!lma || (pg && (s->cr4 & X86_CR4_PAE))) &&
           (cpu->code_mode != 8 || lma) && (!vm || !lma) && (s->rflags & 2) &&
           !(s->rflags & ~0x3f7fd7ull) && cpu->event_ext == 0 &&
           (cpu->code_mode == 8 || s->rip <= 0xffffffff) && s->cr0 >> 32 == 0;
}

static bool identity(struct tiny *t)
{
    static struct x86_state a, b;
    x86_cpu_get_state(t->cpu, &a);
    a.groups &= ~(uint32_t)X86_GROUP_TSC;
    x86_cpu_set_state(t->cpu, &a);
    x86_cpu_get_state(t->cpu, &b);
    b.groups = a.groups;
    b.tsc = a.tsc;
    return memcmp(&a, &b, sizeof a) == 0;
}

/* A handler whose first byte faults loops for ever, as on hardware, without completing an
 * instruction: what ends it is a kick, which must work at any time. */
static struct x86_cpu *watched;

static void kick(int sig)
{
    (void)sig;
    atomic_fetch_or(&watched->requests, X86_REQ_KICK);
}

static void fuzz(void **state)
{
    struct tiny *t = tiny_new();
    struct itimerval every = {{0, 20000}, {0, 20000}};
    (void)state;
    watched = t->cpu;
    signal(SIGVTALRM, kick);
    setitimer(ITIMER_VIRTUAL, &every, NULL);
    for (unsigned long i = 0; i < rounds; i++) {
        uint64_t here = seed;
        enum tiny_mode m = (enum tiny_mode)below(TINY_MODES);
        tiny_setup(t, m);
        put_code(t, TINY_CODE, 200);
        put_code(t, TINY_UCODE, 200);
        if (below(4)) { /* handlers that go on instead of halting */
            put_code(t, TINY_HANDLERS, 0x1000);
            put_code(t, TINY_TARGET, 200);
            for (unsigned v = 0; v < 256; v++) { /* so that every fault costs an instruction */
                t->ram[TINY_HANDLERS + v * 16] = 0x90;
            }
        }
        spoil_memory(t);
        spoil_registers(t);
        tiny_sync(t);
        enum x86_stop stop = tiny_run(t, 40);
        if (!sane(t->cpu) || stop == X86_STOP_NONE) {
            fail_msg("impossible state after seed 0x%" PRIx64 " (mode %d, stop %d)", here, (int)m,
                     (int)stop);
        }
        if (!identity(t)) {
            fail_msg("state changed by get and set: seed 0x%" PRIx64, here);
        }
    }
    setitimer(ITIMER_VIRTUAL, &(struct itimerval){{0, 0}, {0, 0}}, NULL);
    tiny_free(t);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(fuzz)};
    seed = test_seed(0);
    if (argc > 1) {
        rounds = strtoul(argv[1], NULL, 0);
    }
    print_message("%lu rounds\n", rounds);
    return cmocka_run_group_tests_name("system fuzz", tests, NULL, NULL);
}
