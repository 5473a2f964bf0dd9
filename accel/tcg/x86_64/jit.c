/* SPDX-License-Identifier: MIT */
/*
 * The translator's run time: code memory, the stubs that translated code shares, what C does on its
 * behalf. A dropped block's entry is patched to leave, so that whoever jumps there arrives in the
 * interpreter's loop; code memory is given back as a whole (jit_flush).
 */
#include "accel/tcg/x86_64/jit_int.h"

#include <cpuid.h>
#include <errno.h>
#include <stddef.h>
#include <string.h>

#include "accel/x86/flags.h"
#include "core/device.h"

#define CODE_DEFAULT ((size_t)32 << 20)
#define THRESHOLD    16u
#define ROOM         0x4000u /* more than the largest block takes */

const uint8_t tcg_host_reg[X86_GPR_COUNT] = {
    [X86_RAX] = H_R8,      [X86_RCX] = H_R9,      [X86_RDX] = H_R10,      [X86_RBX] = H_R11,
    [X86_RSP] = H_R12,     [X86_RBP] = H_RBP,     [X86_RSI] = H_RSI,      [X86_RDI] = H_RDI,
    [X86_R8] = JIT_NO_REG, [X86_R9] = JIT_NO_REG, [X86_R10] = JIT_NO_REG, [X86_R11] = JIT_NO_REG,
    [X86_R12] = H_R13,     [X86_R13] = H_R14,     [X86_R14] = JIT_NO_REG, [X86_R15] = JIT_NO_REG,
};

#define OFF(field) ((int32_t)offsetof(struct x86_cpu, field))
#define GPR(k)     (OFF(st.gpr) + 8 * (int32_t)(k))

/* --- flags ----------------------------------------------------------------------------------- */

static void flags_to_lazy(struct x86_cpu *cpu)
{
    unsigned w = cpu->jit.flags;
    x86_set_arith_flags(cpu, (w >> 8 & 0xd5) | (w & 1 ? X86_FL_OF : 0));
}

static void flags_from_lazy(struct x86_cpu *cpu)
{
    uint32_t f = x86_arith_flags(cpu);
    cpu->jit.flags = (uint16_t)((f & 0xd5) << 8 | (f & X86_FL_OF ? 1 : 0));
}

/* --- called by translated code --------------------------------------------------------------- */

static const struct x86_insn *begin_exec(struct x86_cpu *cpu, uint32_t insn, uint32_t block,
                                         uint64_t start, uint32_t off)
{
    struct x86_block_cache *c = cpu->blocks;
    struct jit *j = c->jit;
    const struct x86_insn *i = (const void *)(c->arena + insn);
    c->cur = (void *)(c->arena + block);
    c->cur_rip = start;
    cpu->st.rip = start + off;
    cpu->next_rip = cpu->st.rip + i->len;
    cpu->insn_count = j->count_end - cpu->jit.budget - c->cur->n;
    j->stats.helper_calls++;
    return i;
}

/* The block wrote to itself: leave before its next instruction. */
static void end_exec(struct x86_cpu *cpu, const struct x86_insn *i)
{
    struct x86_block_cache *c = cpu->blocks;
    if (UNLIKELY(c->cur->flags & X86_BLOCK_DEAD) && i != &c->cur->insns[c->cur->n - 1]) {
        cpu->st.rip = cpu->next_rip;
        c->stop_in_block = true;
        longjmp(cpu->jmp, 1);
    }
}

static void exec_flags(struct x86_cpu *cpu, uint32_t insn, uint32_t block, uint64_t start,
                       uint32_t off)
{
    struct jit *j = cpu->blocks->jit;
    const struct x86_insn *i = begin_exec(cpu, insn, block, start, off);
    flags_to_lazy(cpu);
    j->packed = false;
    i->exec(cpu, i);
    flags_from_lazy(cpu);
    j->packed = true;
    end_exec(cpu, i);
}

/* For instructions that neither read nor write flags. */
static void exec_noflags(struct x86_cpu *cpu, uint32_t insn, uint32_t block, uint64_t start,
                         uint32_t off)
{
    const struct x86_insn *i = begin_exec(cpu, insn, block, start, off);
    i->exec(cpu, i);
    end_exec(cpu, i);
}

/* --- stubs ----------------------------------------------------------------------------------- */

static void emit_regs(struct emit *e, bool load)
{
    for (unsigned k = 0; k < X86_GPR_COUNT; k++) {
        if (tcg_host_reg[k] != JIT_NO_REG) {
            emit_xrm(e, 8, load ? 0x8b : 0x89, tcg_host_reg[k], H_RBX, GPR(k));
        }
    }
}

static const uint8_t saved_regs[] = { H_RBX, H_RBP, H_R12, H_R13, H_R14, H_R15 };

static void emit_push_pop(struct emit *e, unsigned opc, unsigned reg)
{
    if (reg >> 3) {
        emit_8(e, 0x41);
    }
    emit_8(e, opc | (reg & 7));
}

/* unsigned enter(struct x86_cpu *cpu, const void *body) */
static void stub_enter(struct emit *e)
{
    for (size_t k = 0; k < sizeof saved_regs; k++) {
        emit_push_pop(e, 0x50, saved_regs[k]);
    }
    emit_alu_ri(e, 8, 5, H_RSP, 8);
    emit_xrr(e, 8, 0x8b, H_RBX, H_RDI);
    emit_xrr(e, 8, 0x8b, H_RAX, H_RSI);
    emit_regs(e, true);
    emit_xrm(e, 8, 0x8b, H_R15, H_RBX, OFF(st.rip));
    emit_xrr(e, 4, 0xff, 4, H_RAX);
}

static void stub_exit(struct emit *e, unsigned code)
{
    emit_xrm(e, 8, 0x89, H_R15, H_RBX, OFF(st.rip));
    emit_regs(e, false);
    emit_mov_ri(e, H_RAX, code);
    emit_alu_ri(e, 8, 0, H_RSP, 8);
    for (size_t k = sizeof saved_regs; k-- > 0;) {
        emit_push_pop(e, 0x58, saved_regs[k]);
    }
    emit_8(e, 0xc3);
}

typedef void exec_helper(struct x86_cpu *cpu, uint32_t insn, uint32_t block, uint64_t start,
                         uint32_t off);

/* In: eax instruction, ecx block (offsets in the arena), edx the instruction's offset in its block.
 * Called by translated code. */
static void stub_exec(struct emit *e, exec_helper *helper)
{
    emit_alu_ri(e, 8, 5, H_RSP, 8);
    emit_xrm(e, 4, 0x89, H_RAX, H_RBX, OFF(jit.args[0]));
    emit_xrm(e, 4, 0x89, H_RCX, H_RBX, OFF(jit.args[1]));
    emit_xrm(e, 4, 0x89, H_RDX, H_RBX, OFF(jit.args[2]));
    emit_regs(e, false);
    emit_xrr(e, 8, 0x8b, H_RDI, H_RBX);
    emit_xrm(e, 4, 0x8b, H_RSI, H_RBX, OFF(jit.args[0]));
    emit_xrm(e, 4, 0x8b, H_RDX, H_RBX, OFF(jit.args[1]));
    emit_xrr(e, 8, 0x8b, H_RCX, H_R15);
    emit_xrm(e, 4, 0x8b, H_R8, H_RBX, OFF(jit.args[2]));
    emit_mov_ri(e, H_RAX, (uintptr_t)helper);
    emit_xrr(e, 4, 0xff, 2, H_RAX);
    emit_regs(e, true);
    emit_alu_ri(e, 8, 0, H_RSP, 8);
    emit_8(e, 0xc3);
}

/* r15 is where the guest goes: through the jump cache of block.h, else out. */
static void stub_lookup(struct emit *e, struct jit *j)
{
    emit_xrr(e, 8, 0x8b, H_RAX, H_R15);
    emit_xrr(e, 8, 0xc1, 5, H_RAX);
    emit_8(e, X86_JUMP_BITS);
    emit_xrr(e, 4, 0x33, H_RAX, H_R15);
    emit_alu_ri(e, 4, 4, H_RAX, (1 << X86_JUMP_BITS) - 1);
    emit_mov_ri(e, H_RCX, (uintptr_t)j->cpu->blocks->jump);
    emit_xrmx(e, 8, 0x8b, H_RAX, H_RCX, H_RAX, 3, 0);
    emit_xrm(e, 8, 0x3b, H_R15, H_RAX, offsetof(struct x86_block, lin));
    uint8_t *miss1 = emit_jcc(e, 5);
    emit_xrm(e, 8, 0x8b, H_RCX, H_RAX, offsetof(struct x86_block, key));
    emit_xrm(e, 8, 0x3b, H_RCX, H_RBX, OFF(jit.key));
    uint8_t *miss2 = emit_jcc(e, 5);
    emit_xrm(e, 8, 0x8b, H_RAX, H_RAX, offsetof(struct x86_block, code));
    emit_xrr(e, 8, 0x85, H_RAX, H_RAX);
    uint8_t *miss3 = emit_jcc(e, 4);
    emit_xrr(e, 4, 0xff, 4, H_RAX);
    emit_patch(miss1, j->exit_next);
    emit_patch(miss2, j->exit_next);
    emit_patch(miss3, j->exit_next);
}

static void emit_stubs(struct jit *j)
{
    struct emit e = { .p = j->code.rw, .end = j->code.rw + 4096 };
    j->enter = e.p;
    stub_enter(&e);
    j->exit_next = e.p;
    stub_exit(&e, 0);
    j->exit_system = e.p;
    stub_exit(&e, 1);
    j->exec = e.p;
    stub_exec(&e, exec_flags);
    j->exec_noflags = e.p;
    stub_exec(&e, exec_noflags);
    j->lookup = e.p;
    stub_lookup(&e, j);
    j->used = j->fixed = (size_t)(e.p - j->code.rw);
}

/* --- blocks ---------------------------------------------------------------------------------- */

static void jit_dropped(struct x86_block_cache *c, struct x86_block *b)
{
    struct jit *j = c->jit;
    b->flags |= X86_BLOCK_DEAD; /* end_exec looks at it */
    if (b->code) {
        struct emit e = { .p = j->code.rw + ((uint8_t *)b->code - j->code.rx) };
        e.end = e.p + 5;
        emit_jmp_to(&e, j->exit_next);
        b->code = b->body = NULL;
    }
}

static void jit_flushed(struct x86_block_cache *c)
{
    struct jit *j = c->jit;
    j->used = j->fixed;
    c->cpu->jit.link = 0;
    j->stats.flushes++;
}

static void forget(struct x86_block *b)
{
    b->code = b->body = NULL;
    b->heat = 0;
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
    b->code = (void *)(uintptr_t)jit_rx(j, code);
    b->body = (void *)(uintptr_t)jit_rx(j, body);
}

/* The exit that was taken last becomes a jump to b, where that holds as long as both exist: within
 * one page, whose mapping cannot change between two blocks. */
static void link_exit(struct jit *j, const struct x86_block *b)
{
    struct x86_cpu *cpu = j->cpu;
    uint32_t site = cpu->jit.link;
    if (site && cpu->jit.link_gpa == b->gpa) {
        emit_patch(j->code.rw + site, j->code.rw + ((uint8_t *)b->code - j->code.rx));
        j->stats.links++;
    }
}

/* Runs from block b at st.rip: 0 go on, 1 a system instruction was executed, -1 b has no code. */
static int jit_run(struct x86_cpu *cpu, struct x86_block *b, uint64_t key, unsigned watch)
{
    struct x86_block_cache *c = cpu->blocks;
    struct jit *j = c->jit;
    if (!b->code) {
        if (b->gpa2 != X86_NO_PAGE || b->mode != 8 || ++b->heat < j->threshold) {
            cpu->jit.link = 0;
            return -1;
        }
        translate(c, b);
        if (!b->code) {
            cpu->jit.link = 0;
            return -1;
        }
    }
    link_exit(j, b);
    cpu->jit.link = 0;
    cpu->jit.key = key;
    cpu->jit.watch = watch;
    cpu->jit.tlb = cpu->tlb[x86_user(cpu)];
    j->count_end = cpu->insn_limit;
    cpu->jit.budget = cpu->insn_limit - cpu->insn_count - b->n;
    flags_from_lazy(cpu);
    j->in_code = j->packed = true;
    j->stats.entries++;
    unsigned (*enter)(struct x86_cpu *, const void *);
    const uint8_t *at = jit_rx(j, j->enter);
    memcpy(&enter, &at, sizeof enter);
    unsigned how = enter(cpu, b->body);
    j->in_code = false;
    flags_to_lazy(cpu);
    cpu->insn_count = j->count_end - cpu->jit.budget;
    c->cur = NULL;
    return (int)how;
}

static void jit_fault(struct x86_block_cache *c)
{
    struct jit *j = c->jit;
    if (j->in_code && j->packed) {
        flags_to_lazy(c->cpu);
    }
    j->in_code = false;
    c->cpu->jit.link = 0;
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
    size_t size = code_size ? MAX(code_size, 16 * (size_t)ROOM) : CODE_DEFAULT;
    int r = os_code_alloc(&j->code, MIN(size, (size_t)1 << 30));
    if (r < 0) {
        g_free(j);
        return r;
    }
    j->cpu = cpu;
    j->threshold = THRESHOLD;
    cpu->blocks->jit = j;
    cpu->blocks->jit_ops = &ops;
    emit_stubs(j);
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
        g_free(j);
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
    }
    return j != NULL;
}
