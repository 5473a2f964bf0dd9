/* SPDX-License-Identifier: MIT */
/* link: accel/x86/[a-z]*.c accel/x86/x86_64/[a-z]*.c core/physmem.c core/physmem_access.c */
/* link: accel/tcg/[a-z]*.c accel/tcg/x86_64/[a-z]*.c tests/fake/x86_box.c tests/lib/hostile.c */
/* link: core/types.c core/log.c core/error.c core/opts.c os/posix/[a-z]*.c os/linux/[a-z]*.c */
/* timeout: 600 */
/* libs: zydis */
/*
 * Four processors of one machine, each on its thread, that execute and write code, page tables and
 * descriptor tables at random, two of them by the translator, while a device writes there, too, and
 * kicks them. Nothing crashes or hangs, and memory does not grow.
 *
 *   test_smp_fuzz [ROUNDS]    EMU_SEED=N: the seed, which is printed; threads are not repeatable
 */
#include "tests/fake/unit.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "accel/tcg/jit.h"
#include "tests/fake/seed.h"
#include "tests/fake/x86_box.h"
#include "tests/lib/hostile.h"

#define CPUS   4
#define CACHE  0x100000u
#define HOT    0x20000u /* of code at X86_BOX_CODE that all execute and write */
#define GROWTH (64u << 20)

struct hostile_cpu {
    struct x86_box *box;
    struct x86_state start;
    uint64_t seed;
    const uint8_t *good; /* memory as it was: tables */
    _Atomic bool done;
};

static unsigned long rounds = 1500;
static uint64_t seed;

/* Where the machine keeps what matters, found from its own registers: tables and code. */
static uint64_t somewhere(struct hostile_cpu *h)
{
    uint64_t *s = &h->seed, page = h->start.cr3;
    switch (hostile_below(s, 8)) {
    case 0: return page + hostile_below(s, 0x1000);
    case 1: return h->start.idt.base + hostile_below(s, 0x1000);
    case 2: return h->start.gdt.base + hostile_below(s, 0x20);
    case 3: return X86_BOX_DATA + hostile_below(s, 0x2000);
    case 4: return X86_BOX_DATA + 0xfff - hostile_below(s, 16); /* over a page's end */
    default: return X86_BOX_CODE + hostile_below(s, HOT);
    }
}

/* Stores, locked operations, flushes and jumps among system instructions. */
static void put_code(uint64_t *s, uint8_t *p, unsigned len)
{
    static const char *const plain[] = {
        "\x48\x89\x07", "\x88\x06", "\x66\x89\x03", "\xf0\x48\x0f\xb1\x0f", "\xf0\x01\x07",
        "\xf0\xff\x06", "\x48\x87\x03", "\xf0\x0f\xc7\x0f", "\xf0\x48\x0f\xc7\x0e", "\xf3\xaa",
        "\x0f\x01\x3f", "\x0f\xa2", "\x0f\x20\xd8\x0f\x22\xd8", "\xff\xe7", "\xff\xe6", "\xff\xd3",
        "\x48\x8b\x07", "\x48\x8b\x0e", "\x48\xff\xc7", "\x50", "\x58", "\xc3", "\x0f\xae\xf0",
        "\x48\x83\xc6\x41", "\xf3\xa4", "\x0f\x0b", "\xcc", "\x90", "\xf3\x90", "\x48\xff\xc8",
    };
    for (unsigned n = 0; n + 20 < len;) {
        if (hostile_below(s, 4) == 0) {
            n += hostile_insn(s, p + n);
        } else if (hostile_below(s, 8) == 0) { /* back or on, within reach */
            p[n++] = hostile_below(s, 2) ? 0xeb : 0x75;
            p[n++] = (uint8_t)hostile_rnd(s);
        } else {
            const char *i = plain[hostile_below(s, ARRAY_LEN(plain))];
            while (*i) {
                p[n++] = (uint8_t)*i++;
            }
        }
    }
}

static void spoil(struct hostile_cpu *h)
{
    struct x86_state st = h->start;
    uint8_t bytes[96] = { 0 };
    for (unsigned r = 0; r < X86_GPR_COUNT; r++) {
        st.gpr[r] = hostile_below(&h->seed, 6) ? somewhere(h) : hostile_rnd(&h->seed);
    }
    st.gpr[X86_RCX] = hostile_below(&h->seed, 64);
    if (hostile_below(&h->seed, 8)) { /* so that exceptions go on in their handlers */
        st.gpr[X86_RSP] = X86_BOX_DATA + 0x8000 + hostile_below(&h->seed, 0x1000);
    }
    if (hostile_below(&h->seed, 2)) {
        dma_write(h->box->pm, 0, h->good, X86_BOX_CODE);
        dma_write(h->box->pm, X86_BOX_CODE + HOT, h->good + X86_BOX_CODE + HOT,
                  X86_BOX_DATA - X86_BOX_CODE - HOT);
    }
    st.rip = X86_BOX_CODE + hostile_below(&h->seed, HOT);
    x86_cpu_set_state(h->box->cpu, &st);
    h->box->last_irq = hostile_below(&h->seed, 4) ? -1 : (int)hostile_below(&h->seed, 256);
    put_code(&h->seed, bytes, sizeof bytes);
    uint64_t at = hostile_below(&h->seed, 3) ? st.rip : somewhere(h);
    dma_write(h->box->pm, at & 0x3fff00, bytes, sizeof bytes);
}

static gpointer run(gpointer opaque)
{
    struct hostile_cpu *h = opaque;
    for (unsigned long n = 0; n < rounds; n++) {
        spoil(h);
        x86_box_run(h->box, 1500);
    }
    h->done = true;
    return NULL;
}

/* Pages in memory, or 0 where the host does not tell. */
static size_t resident(void)
{
    unsigned long all = 0, pages = 0;
    FILE *f = fopen("/proc/self/statm", "r");
    if (f) {
        if (fscanf(f, "%lu %lu", &all, &pages) != 2) {
            pages = 0;
        }
        fclose(f);
    }
    return (size_t)pages * 4096;
}

/* The device: writes over code and kicks. */
static void disturb(struct hostile_cpu *cpu)
{
    struct physmem *pm = cpu[0].box->pm;
    size_t first = 0;
    for (uint64_t turn = 1;; turn++) {
        bool done = true;
        for (unsigned k = 0; k < CPUS; k++) {
            done = done && cpu[k].done;
            atomic_fetch_or(&cpu[k].box->cpu->requests, X86_REQ_KICK);
        }
        if (done) {
            break;
        }
        uint8_t bytes[64];
        put_code(&seed, bytes, sizeof bytes);
        dma_write(pm, X86_BOX_CODE + hostile_below(&seed, HOT), bytes, sizeof bytes);
        first = turn == 256 ? resident() : first;
        g_usleep(200);
    }
    size_t last = resident();
    if (first && last > first + GROWTH) {
        fail_msg("grew from %zu to %zu bytes", first, last);
    }
}

static void storm(void **state)
{
    struct x86_code_map *map = x86_code_map_new(CACHE);
    struct hostile_cpu cpu[CPUS] = { 0 };
    GThread *thread[CPUS];
    (void)state;
    for (unsigned k = 0; k < CPUS; k++) {
        cpu[k].box = k ? x86_box_peer(cpu[0].box, 8, map) : x86_box_new(8, map);
        cpu[k].seed = hostile_rnd(&seed);
        x86_cpu_get_state(cpu[k].box->cpu, &cpu[k].start);
        if (k < 2 && tcg_jit_supported(NULL)) {
            assert_int_equal(tcg_jit_attach(cpu[k].box->cpu, 0x80000), 0);
            tcg_jit_set_threshold(cpu[k].box->cpu, 2);
        }
    }
    put_code(&seed, cpu[0].box->ram + X86_BOX_CODE, HOT);
    for (unsigned v = 0; v < 256; v++) { /* every handler is some of that code */
        uint64_t at = X86_BOX_CODE + hostile_below(&seed, HOT);
        uint8_t *gate = cpu[0].box->ram + cpu[0].start.idt.base + v * 16;
        gate[0] = (uint8_t)at;
        gate[1] = (uint8_t)(at >> 8);
        gate[6] = (uint8_t)(at >> 16);
    }
    uint8_t *good = g_memdup2(cpu[0].box->ram, X86_BOX_RAM);
    for (unsigned k = 0; k < CPUS; k++) {
        cpu[k].good = good;
        thread[k] = g_thread_new("hostile", run, &cpu[k]);
    }
    disturb(cpu);
    for (unsigned k = 0; k < CPUS; k++) {
        g_thread_join(thread[k]);
    }
    for (unsigned k = CPUS; k-- > 0;) {
        print_message("processor %u: %" PRIu64 " instructions\n", k, cpu[k].box->cpu->insn_count);
        tcg_jit_detach(cpu[k].box->cpu);
        x86_box_free(cpu[k].box);
    }
    g_free(good);
    x86_code_map_free(map);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(storm) };
    seed = test_seed(0);
    if (argc > 1) {
        rounds = strtoul(argv[1], NULL, 0);
    }
    print_message("%lu rounds\n", rounds);
    return cmocka_run_group_tests_name("smp fuzz", tests, NULL, NULL);
}
