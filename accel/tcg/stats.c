/* SPDX-License-Identifier: MIT */
#include "accel/tcg/stats.h"

#include <inttypes.h>

#include "accel/tcg/jit.h"
#include "accel/x86/block.h"
#include "accel/x86/mmu.h"

struct count {
    const char *name;
    uint64_t n;
};

static void line(GString *out, unsigned index, const char *what, const struct count *c, size_t n)
{
    g_string_append_printf(out, "vcpu%u: ", index);
    for (size_t k = 0; k < n; k++) {
        g_string_append_printf(out, "%s%s%s %" PRIu64, k ? ", " : "", what, c[k].name, c[k].n);
    }
    g_string_append_c(out, '\n');
}

static void blocks(const struct x86_cpu *cpu, unsigned index, GString *out)
{
    const struct x86_block_cache *c = cpu->blocks;
    const struct x86_block_stats *b = &c->stats;
    const struct count count[] = {
        { "instructions", cpu->insn_count },
        { "interrupts", b->interrupts },
        { "faults", b->faults },
        { "single steps", b->single_steps },
        { "uncached", b->uncached },
    };
    line(out, index, "", count, ARRAY_LEN(count));
    const struct count block[] = {
        { "built", b->built },
        { "instructions", b->built_insns },
        { "looked up", b->lookups },
        { "dropped by own writes", b->dropped[X86_DROP_WRITTEN] },
        { "dropped by writes elsewhere", b->dropped[X86_DROP_ELSEWHERE] },
        { "dropped as memory moved", b->dropped[X86_DROP_MOVED] },
        { "dropped for the debugger", b->dropped[X86_DROP_DEBUG] },
        { "decoded again in new pages", b->dropped[X86_DROP_SETTLE] },
        { "flushed", b->flushes },
        { "flushed as full", b->full },
        { "bytes", c->arena_used },
        { "bytes of room", c->arena_size },
    };
    line(out, index, "blocks ", block, ARRAY_LEN(block));
}

static uint64_t tlb_misses(const struct x86_mmu_stats *m)
{
    uint64_t sum = 0;
    for (unsigned k = 0; k < 6; k++) {
        sum += m->misses[k / 3][k % 3];
    }
    return sum;
}

static void tlb(const struct x86_cpu *cpu, unsigned index, GString *out)
{
    const struct x86_mmu_stats *m = &cpu->mmu.stats;
    const struct count count[] = {
        { "misses", tlb_misses(m) },
        { "misses kernel read", m->misses[0][X86_ACCESS_READ] },
        { "misses kernel write", m->misses[0][X86_ACCESS_WRITE] },
        { "misses kernel fetch", m->misses[0][X86_ACCESS_EXEC] },
        { "misses user read", m->misses[1][X86_ACCESS_READ] },
        { "misses user write", m->misses[1][X86_ACCESS_WRITE] },
        { "misses user fetch", m->misses[1][X86_ACCESS_EXEC] },
        { "misses to devices", m->io },
        { "misses writing beside code", m->to_code },
        { "flushes", m->flushes },
        { "flushes with global pages", m->global_flushes },
        { "flushes of a page", m->page_flushes },
    };
    line(out, index, "TLB ", count, ARRAY_LEN(count));
}

static void jit(const struct x86_cpu *cpu, unsigned index, const struct tcg_jit_stats *j,
                GString *out)
{
    const struct count code[] = {
        { "blocks", j->translated },
        { "again for a slot", j->again },
        { "unlinked", j->unlinked },
        { "instructions", j->insns },
        { "instructions inline", j->inline_insns },
        { "accesses", j->accesses },
        { "links", j->links },
        { "bytes of host code", j->bytes },
        { "bytes of room", j->size },
        { "bytes beside", j->overhead },
        { "host code flushes", j->flushes },
    };
    line(out, index, "translated ", code, ARRAY_LEN(code));
    const struct count run[] = {
        { "instructions translated", j->run },
        { "instructions interpreted", cpu->insn_count - MIN(j->run, cpu->insn_count) },
        { "handler calls", j->helper_calls - j->slow_calls },
        { "slow paths", j->slow_calls },
        { "slot misses (about)", 8 * j->fills },
        { "entries", j->entries },
        { "exits at slice end", j->exits[TCG_EXIT_SLICE] },
        { "exits to be linked", j->exits[TCG_EXIT_LINK] },
        { "exits on jump cache misses", j->exits[TCG_EXIT_MISS] },
        { "exits on jump cache flushed", j->exits[TCG_EXIT_OLD] },
        { "exits at system instructions", j->exits[TCG_EXIT_SYSTEM] },
        { "exits by faults", j->exits[TCG_EXIT_FAULT] },
        { "exits otherwise", j->exits[TCG_EXIT_OTHER] },
    };
    line(out, index, "ran ", run, ARRAY_LEN(run));
}

/* Accesses are not counted, that would cost each of them: as many an instruction as in the code
 * that was translated. */
static void rates(unsigned index, const struct x86_cpu *cpu, const struct tcg_jit_stats *j,
                  GString *out)
{
    double accesses = (double)j->run * (double)j->accesses / (double)MAX(j->insns, 1);
    double all = MAX(accesses, 1.0), slots = 8.0 * (double)j->fills;
    double walks = (double)tlb_misses(&cpu->mmu.stats);
    g_string_append_printf(out,
                           "vcpu%u: estimated accesses %.0f, of them slots or TLB without a call "
                           "%.2f %%, TLB without a page walk %.3f %%\n",
                           index, accesses, 100 * (1 - MIN(slots / all, 1.0)),
                           100 * (1 - MIN(walks / all, 1.0)));
}

void tcg_stats_text(const struct x86_cpu *cpu, unsigned index, GString *out)
{
    struct tcg_jit_stats j;
    blocks(cpu, index, out);
    tlb(cpu, index, out);
    if (tcg_jit_stats(cpu, &j)) {
        jit(cpu, index, &j, out);
        rates(index, cpu, &j, out);
    }
}
