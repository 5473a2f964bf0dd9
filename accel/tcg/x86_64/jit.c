/* SPDX-License-Identifier: MIT */
/*
 * The translator's run time: code memory, the stubs that translated code shares, what C does on its
 * behalf. A dropped block's entry is patched to leave, so that whoever jumps there arrives in the
 * interpreter's loop; code memory is given back as a whole (jit_flush).
 */
#include "accel/tcg/x86_64/trans.h"

#include <cpuid.h>
#include <errno.h>
#include <stddef.h>
#include <string.h>

#include "accel/x86/flags.h"
#include "core/device.h"

#define CODE_DEFAULT ((size_t)128 << 20)
#define THRESHOLD    16u
#define ROOM         0x8000u /* more than the largest block takes */

#define SLOT_PATIENCE 100000u /* instructions in which 64 fills of a slot are too many */
#define SLICE        8192u /* instructions between two looks at cpu->requests */

const uint8_t tcg_host_reg[X86_GPR_COUNT] = {
    [X86_RAX] = H_R13,      [X86_RCX] = H_RCX,      [X86_RDX] = H_RDX,      [X86_RBX] = H_RBX,
    [X86_RSP] = H_R12,      [X86_RBP] = H_RBP,      [X86_RSI] = H_RSI,      [X86_RDI] = H_RDI,
    [X86_R8] = H_R8,        [X86_R9] = H_R9,        [X86_R10] = H_R10,      [X86_R11] = H_R11,
    [X86_R12] = JIT_NO_REG, [X86_R13] = JIT_NO_REG, [X86_R14] = JIT_NO_REG, [X86_R15] = JIT_NO_REG,
};

/* --- flags ----------------------------------------------------------------------------------- */

static void flags_from_lazy(struct x86_cpu *cpu)
{
    uint32_t f = x86_arith_flags(cpu);
    cpu->jit.flags = (uint16_t)((f & 0xd5) << 8 | (f & X86_FL_OF ? 1 : 0));
}

/* --- called by translated code --------------------------------------------------------------- */

static const struct x86_insn *begin_exec(struct x86_cpu *cpu, uint32_t insn, uint32_t block,
                                         uint32_t rest_off)
{
    struct x86_block_cache *c = cpu->blocks;
    struct jit *j = c->jit;
    const struct x86_insn *i = (const void *)(c->arena + insn);
    uint64_t mask = i->mode == 8 ? ~0ull : 0xffffffffu;
    c->cur = (void *)(c->arena + block);
    c->cur_rip = (cpu->jit.rip_base + (c->cur->gpa & 0xfff)) & mask;
    cpu->st.rip = (cpu->jit.rip_base + (rest_off & 0xfff)) & mask;
    cpu->next_rip = cpu->st.rip + i->len;
    cpu->insn_count = cpu->jit.count_end - cpu->jit.budget - (rest_off >> 16);
    j->dropped = false;
    j->stats.helper_calls++;
    j->stats.slow_calls += (rest_off & JIT_SLOW) != 0;
    return i;
}

/* Code was written: leave before the next instruction, which may be among it. Branches and
 * repetitions leave anyway. */
static void end_exec(struct x86_cpu *cpu, const struct x86_insn *i)
{
    struct x86_block_cache *c = cpu->blocks;
    struct jit *j = c->jit;
    bool leaves = i->cls == X86_CLS_BRANCH || cpu->next_rip == cpu->st.rip;
    if (UNLIKELY(j->dropped) && !leaves) {
        cpu->st.rip = cpu->next_rip;
        c->stop_in_block = true;
        longjmp(cpu->jmp, 1);
    }
}

void jit_exec_flags(struct x86_cpu *cpu, uint32_t insn, uint32_t block, uint32_t rest_off)
{
    const struct x86_insn *i = begin_exec(cpu, insn, block, rest_off);
    x86_flags_unpack(cpu);
    cpu->jit.where = X86_JIT_HERE;
    i->exec(cpu, i);
    flags_from_lazy(cpu);
    cpu->jit.where = X86_JIT_PACKED;
    end_exec(cpu, i);
    cpu->jit.where = X86_JIT_AWAY;
}

/* For instructions that neither read nor write flags. */
void jit_exec_noflags(struct x86_cpu *cpu, uint32_t insn, uint32_t block, uint32_t rest_off)
{
    const struct x86_insn *i = begin_exec(cpu, insn, block, rest_off);
    cpu->jit.where = X86_JIT_PACKED;
    i->exec(cpu, i);
    end_exec(cpu, i);
    cpu->jit.where = X86_JIT_AWAY;
}

/* --- blocks ---------------------------------------------------------------------------------- */

/* Whoever jumps to the block's code arrives in the interpreter's loop. */
static void unlink_code(struct jit *j, struct x86_block *b)
{
    if (b->code) {
        struct emit e = jit_emit(j, j->code.rw + ((uint8_t *)b->code - j->code.rx));
        unsigned off = b->gpa & 0xfff;
        emit_xrc(&e, 8, 0x8b, H_RAX, OFF(jit.rip_base), 0);
        if (b->mode == 8) {
            emit_xrm(&e, 8, 0x8d, H_RAX, H_RAX, (int32_t)off);
        } else {
            emit_xrm(&e, 4, 0x8d, H_RAX, H_RAX, (int32_t)off);
        }
        emit_jmp_to(&e, j->exit_next);
        b->code = b->body = NULL;
        b->heat = 0;
        j->stats.unlinked++;
    }
}

static uint32_t *page_bucket(struct jit *j, gpa_t gpa)
{
    return &j->page[gpa >> 12 & (JIT_PAGE_BUCKETS - 1)];
}

static void jit_dropped(struct x86_block_cache *c, struct x86_block *b)
{
    struct jit *j = c->jit;
    j->dropped = true;
    unlink_code(j, b);
    if (!(b->flags & X86_BLOCK_TRACED)) {
        return;
    }
    for (uint32_t k = *page_bucket(j, b->gpa); k != 0;) {
        const struct jit_trace *t = &g_array_index(j->traces, struct jit_trace, k - 1);
        for (unsigned n = 1; n < t->n; n++) {
            if (t->block[n] == b) {
                unlink_code(j, t->block[0]);
            }
        }
        k = t->next;
    }
}

/* No RIP is so far from canonical. */
static void forget_returns(struct x86_cpu *cpu)
{
    memset(cpu->returns, 0x80, sizeof cpu->returns);
}

static void jit_flushed(struct x86_block_cache *c)
{
    struct jit *j = c->jit;
    j->used = j->fixed;
    c->cpu->jit.link = 0;
    c->cpu->jit.site_rip = 0;
    c->cpu->n_sites = 0;
    j->sites = 0;
    g_array_set_size(j->traces, 0);
    memset(j->jump, 0, sizeof *j->jump << JIT_JUMP_BITS);
    memset(j->owner, 0, sizeof j->owner);
    forget_returns(c->cpu);
    memset(j->page, 0, sizeof j->page);
    j->dropped = true;
    j->stats.flushes++;
}

static void forget(struct x86_block *b)
{
    b->code = b->body = NULL;
    b->heat = 0;
    b->flags &= (uint8_t)~X86_BLOCK_TRACED;
}

void jit_record(struct jit *j, struct x86_block *const *blocks, unsigned n)
{
    uint32_t *bucket = page_bucket(j, blocks[0]->gpa);
    struct jit_trace t = { .n = (uint8_t)n, .next = *bucket };
    for (unsigned k = 0; k < n; k++) {
        t.block[k] = blocks[k];
        blocks[k]->flags |= k ? X86_BLOCK_TRACED : 0;
    }
    g_array_append_val(j->traces, t);
    *bucket = j->traces->len;
}

static void translate(struct x86_block_cache *c, struct x86_block *b)
{
    struct jit *j = c->jit;
    if (j->code.size - j->used < ROOM) {
        x86_block_each(c, forget);
        jit_flushed(c);
    }
    uint8_t *body, *code = jit_translate(j, b, &body);
    if (!code) {
        return;
    }
    tcg_perfmap_add(j->perf, jit_rx(j, code), (size_t)(j->code.rw + j->used - code),
                    "guest:0x%" G_GINT64_MODIFIER "x", c->cpu->st.rip);
    b->code = (void *)(uintptr_t)jit_rx(j, code);
    b->body = (void *)(uintptr_t)jit_rx(j, body);
    b->jit_user = c->cpu->user;
}

/* The exit that was taken last becomes a jump to b, where that holds as long as both exist: within
 * one page, whose mapping cannot change between two blocks; code that goes on in another checks. */
static void link_exit(struct jit *j, const struct x86_block *b)
{
    struct x86_cpu *cpu = j->cpu;
    uint32_t site = cpu->jit.link;
    if (site && cpu->jit.link_gpa == b->gpa) {
        emit_patch(j->code.rw + site, j->code.rw + ((uint8_t *)b->code - j->code.rx));
        j->stats.links++;
    }
}

/* The jump site where code was left leads to b now. */
static void link_site(struct jit *j, const struct x86_block *b, uint64_t key)
{
    struct x86_cpu *cpu = j->cpu;
    bool same_mode = ((key ^ cpu->jit.key) & 0xff) == 0;
    if (cpu->jit.site_rip && cpu->jit.site_rip == cpu->st.rip && same_mode) {
        struct x86_jit_site *s = (void *)((uint8_t *)cpu->site + cpu->jit.site);
        emit_patch(j->code.rw + s->jump, j->code.rw + ((uint8_t *)b->code - j->code.rx));
        s->code = (uintptr_t)b->code;
        s->rip = cpu->st.rip;
        if (!s->listed) {
            s->listed = 1;
            cpu->site_list[cpu->n_sites++] = cpu->jit.site;
        }
        j->stats.links++;
    }
}

/* Code for b that may run now? Translates it if it is time. */
static bool ready(struct x86_cpu *cpu, struct x86_block *b)
{
    struct x86_block_cache *c = cpu->blocks;
    struct jit *j = c->jit;
    if (b->mode != 8 && !(b->mode == 4 && cpu->flat && cpu->stack_size == 4 &&
                          cpu->st.rip < 0xfffff000u)) {
        return false;
    }
    if (UNLIKELY(b->code && b->jit_user != cpu->user)) {
        unlink_code(j, b); /* its TLB and checks are another's */
    }
    if (!b->code) {
        if (++b->heat < j->threshold) {
            return false;
        }
        translate(c, b);
    }
    return b->code != NULL;
}

/* New code for b; whoever jumps to the old goes there. */
static void translate_again(struct x86_block_cache *c, struct x86_block *b)
{
    struct jit *j = c->jit;
    uint8_t *old = j->code.rw + ((uint8_t *)b->code - j->code.rx);
    uint64_t flushes = j->stats.flushes;
    j->stats.again++;
    translate(c, b);
    uint8_t *now = j->code.rw + ((uint8_t *)b->code - j->code.rx);
    if (j->stats.flushes == flushes && now != old) {
        struct emit e = jit_emit(j, old);
        emit_jmp_to(&e, now);
    }
}

/* A slot is filled so often that asking the TLB at once is better: its place gets other code. */
static void slot_is_bad(struct jit *j, struct x86_cpu *cpu)
{
    unsigned n = (unsigned)(cpu->jit.bad_slot - OFF(slot)) / sizeof(struct x86_jit_slot);
    struct jit_owner *o = &j->owner[n];
    struct x86_block *head = o->head;
    cpu->jit.bad_slot = 0;
    uint64_t bit = 1ull << o->insn, large = cpu->slot[n].limit > 4096 ? bit : 0;
    bool known = head && (o->block->plain & bit) && (large & ~o->block->big) == 0;
    bool soon = cpu->insn_count - o->since < SLOT_PATIENCE;
    cpu->slot[n].fills = known ? 65 : 0; /* the stub acts at 64 */
    o->since = cpu->insn_count;
    if (head && !known && soon && head->code && head->jit_user == cpu->user &&
        head->mode == cpu->code_mode && !(o->block->flags & X86_BLOCK_DEAD)) {
        o->block->plain |= bit;
        o->block->big |= large;
        translate_again(cpu->blocks, head);
    }
}

static void note_jump(struct jit *j, uint64_t rip, uint64_t key, const struct x86_block *b)
{
    unsigned h = (unsigned)(rip ^ rip >> JIT_JUMP_BITS) & ((1u << JIT_JUMP_BITS) - 1);
    j->jump[h] = (struct jit_jump){ rip, key, b->code, b->gpa };
}

/* Runs from block b at st.rip: 0 go on, 1 a system instruction was executed, -1 b has no code. */
static int jit_run(struct x86_cpu *cpu, struct x86_block *b, uint64_t key, unsigned watch)
{
    struct x86_block_cache *c = cpu->blocks;
    struct jit *j = c->jit;
    (void)watch;
    if (!ready(cpu, b) || cpu->insn_limit - cpu->insn_count < b->jit_n) {
        cpu->jit.link = 0;
        cpu->jit.site_rip = 0;
        return -1;
    }
    link_exit(j, b);
    link_site(j, b, key);
    cpu->jit.link = 0;
    cpu->jit.site_rip = 0;
    if (key != cpu->jit.key) {
        forget_returns(cpu);
    }
    note_jump(j, cpu->st.rip, key, b);
    cpu->jit.key = key;
    cpu->jit.tlb = cpu->tlb[x86_user(cpu)];
    cpu->jit.big = cpu->big[x86_user(cpu)];
    cpu->jit.page = cpu->mmu.page[x86_user(cpu)];
    cpu->jit.rip_base = cpu->st.rip & ~0xfffull;
    uint64_t budget = MIN(cpu->insn_limit - cpu->insn_count, SLICE);
    cpu->jit.count_end = cpu->insn_count + budget;
    cpu->jit.budget = budget - b->jit_n;
    flags_from_lazy(cpu);
    j->stats.entries++;
    j->entered = cpu->insn_count;
    cpu->jit.why = TCG_EXIT_OTHER;
    unsigned (*enter)(struct x86_cpu *, const void *);
    const uint8_t *at = jit_rx(j, j->enter);
    memcpy(&enter, &at, sizeof enter);
    cpu->jit.where = X86_JIT_AWAY;
    j->in_code = true;
    unsigned how = enter(cpu, b->body);
    j->in_code = false;
    x86_flags_unpack(cpu);
    cpu->jit.where = X86_JIT_HERE;
    cpu->insn_count = cpu->jit.count_end - cpu->jit.budget;
    j->stats.run += cpu->insn_count - j->entered;
    j->stats.exits[how ? TCG_EXIT_SYSTEM : cpu->jit.link ? TCG_EXIT_LINK : cpu->jit.why]++;
    c->cur = NULL;
    if (UNLIKELY(cpu->jit.bad_slot)) {
        slot_is_bad(j, cpu);
    }
    return (int)how;
}

static void jit_fault(struct x86_block_cache *c)
{
    struct jit *j = c->jit;
    struct x86_cpu *cpu = c->cpu;
    if (cpu->jit.where == X86_JIT_PACKED) {
        x86_flags_unpack(cpu);
    }
    if (j->in_code) {
        j->stats.run += cpu->insn_count - j->entered;
        j->stats.exits[TCG_EXIT_FAULT]++;
    }
    j->in_code = false;
    cpu->jit.where = X86_JIT_HERE;
    cpu->jit.link = 0;
    cpu->jit.site_rip = 0;
}

/* --- life ------------------------------------------------------------------------------------ */

bool tcg_jit_supported(GError **err)
{
    unsigned a, b, c = 0, d;
    if (!__get_cpuid(0x80000001, &a, &b, &c, &d) || !(c & 1)) {
        g_set_error(err, EMU_ERROR, EMU_ERROR_UNSUPPORTED,
                    "-accel tcg: mode=jit needs a host processor with LAHF in 64-bit mode");
        return false;
    }
    return true;
}

int tcg_jit_attach(struct x86_cpu *cpu, size_t code_size)
{
    static const struct x86_jit_ops ops = {
        .run = jit_run,
        .dropped = jit_dropped,
        .flushed = jit_flushed,
        .fault = jit_fault,
    };
    struct jit *j = g_new0(struct jit, 1);
    size_t size = code_size ? MAX(code_size, X86_CODE_MIN) : CODE_DEFAULT;
    int r = os_code_alloc_near(&j->code, MIN(size, (size_t)1 << 30), cpu, sizeof *cpu);
    if (r < 0) {
        g_free(j);
        return r;
    }
    j->cpu = cpu;
    /* An entry lies within one line of the host's cache. */
    j->jump_memory = g_malloc0((sizeof *j->jump << JIT_JUMP_BITS) + sizeof *j->jump - 1);
    j->jump = (void *)(((uintptr_t)j->jump_memory + sizeof *j->jump - 1) &
                       ~(uintptr_t)(sizeof *j->jump - 1));
    cpu->jit.jump = j->jump;
    forget_returns(cpu);
    j->traces = g_array_new(FALSE, FALSE, sizeof(struct jit_trace));
    j->threshold = THRESHOLD;
    cpu->blocks->jit = j;
    cpu->blocks->jit_ops = &ops;
    jit_stubs(j);
    return 0;
}

void tcg_jit_detach(struct x86_cpu *cpu)
{
    struct jit *j = cpu->blocks ? cpu->blocks->jit : NULL;
    if (j) {
        x86_block_flush(cpu->blocks);
        cpu->blocks->jit = NULL;
        cpu->blocks->jit_ops = NULL;
        os_code_free(&j->code);
        g_array_free(j->traces, TRUE);
        g_free(j->jump_memory);
        g_free(j);
    }
}

void tcg_jit_set_perfmap(struct x86_cpu *cpu, struct tcg_perfmap *p)
{
    struct jit *j = cpu->blocks ? cpu->blocks->jit : NULL;
    if (j) {
        j->perf = p;
        tcg_perfmap_add(p, j->code.rx, j->fixed, "emu:stubs");
    }
}

void tcg_jit_set_threshold(struct x86_cpu *cpu, unsigned n)
{
    ((struct jit *)cpu->blocks->jit)->threshold = n;
}

bool tcg_jit_stats(const struct x86_cpu *cpu, struct tcg_jit_stats *out)
{
    const struct jit *j = cpu->blocks ? cpu->blocks->jit : NULL;
    if (j) {
        *out = j->stats;
        out->bytes = j->used;
        out->size = j->code.size;
        out->fills = cpu->jit.fills;
        out->overhead = sizeof *j + (sizeof *j->jump << JIT_JUMP_BITS) +
                        j->traces->len * sizeof(struct jit_trace);
    }
    return j != NULL;
}
