/* SPDX-License-Identifier: MIT */
/*
 * How a block is left. r15 becomes the RIP of what follows; then a jump that is linked to the next
 * block's code (within the page), or the stub that looks into the jump cache.
 *
 * Targets in the same page are canonical because the page is being executed; all others are checked
 * against 48 bits, and what fails (also the larger addresses of 57-bit paging) is left to the
 * handler.
 */
#include <stddef.h>

#include "accel/tcg/x86_64/trans.h"

#define PAGE_MASK 0xfffull

/* On at `off` from the block's start. */
static void go(struct trans *t, int64_t off)
{
    struct emit *e = &t->e;
    gpa_t gpa = t->b->gpa + (uint64_t)off;
    if (off) {
        emit_xrm(e, 8, 0x8d, H_R15, H_R15, (int32_t)off);
    }
    if ((gpa ^ t->b->gpa) & ~PAGE_MASK) {
        emit_jmp_to(e, t->j->lookup);
    } else if (off == 0) {
        emit_jmp_to(e, t->start);
    } else {
        t->exits[t->n_exits++] = (struct trans_exit){ emit_jmp(e), gpa };
    }
}

void trans_fall_through(struct trans *t)
{
    go(t, t->b->len);
}

void trans_links(struct trans *t)
{
    struct emit *e = &t->e;
    for (unsigned k = 0; k < t->n_exits && !e->full; k++) {
        emit_patch(t->exits[k].site, e->p);
        emit_xrm(e, 4, 0xc7, 0, H_RBX, OFF(jit.link));
        emit_32(e, (uint32_t)(t->exits[k].site - t->j->code.rw));
        emit_mov_ri(e, H_RAX, t->exits[k].gpa);
        emit_xrm(e, 8, 0x89, H_RAX, H_RBX, OFF(jit.link_gpa));
        emit_jmp_to(e, t->j->exit_next);
    }
}

/* Slow path unless `reg` is canonical. Clobbers tmp and flags. */
static void check_canonical(struct trans *t, unsigned k, unsigned reg, unsigned tmp)
{
    struct emit *e = &t->e;
    emit_xrr(e, 8, 0x8b, tmp, reg);
    emit_xrr(e, 8, 0xc1, 7, tmp);
    emit_8(e, 47);
    emit_alu_ri(e, 8, 0, tmp, 1);
    emit_alu_ri(e, 8, 7, tmp, 1);
    trans_slow(t, k, emit_jcc(e, 7));
    t->live = false;
}

/* Before a transfer to another page. */
static void check_relative(struct trans *t, unsigned k, int64_t off)
{
    if (((t->b->gpa + (uint64_t)off) ^ t->b->gpa) & ~PAGE_MASK) {
        emit_xrm(&t->e, 8, 0x8d, H_RAX, H_R15, (int32_t)off);
        check_canonical(t, k, H_RAX, H_RCX);
    }
}

static void end_jcc(struct trans *t, const struct x86_insn *i, unsigned k, int64_t next, int64_t to)
{
    struct emit *e = &t->e;
    trans_need_flags(t);
    uint8_t *not_taken = emit_jcc(e, (i->opcode & 15) ^ 1);
    check_relative(t, k, to);
    go(t, to);
    if (!e->full) {
        emit_patch(not_taken, e->p);
    }
    go(t, next);
}

/* rax: host address of the stack slot for the return address. */
static void push_next(struct trans *t, int64_t next)
{
    struct emit *e = &t->e;
    unsigned sp = tcg_host_reg[X86_RSP];
    emit_xrm(e, 8, 0x8d, H_RDX, H_R15, (int32_t)next);
    emit_xrm(e, 8, 0x89, H_RDX, H_RAX, 0);
    emit_xrm(e, 8, 0x8d, sp, sp, -8);
}

static void stack_slot(struct trans *t, unsigned k)
{
    emit_xrm(&t->e, 8, 0x8d, H_RAX, tcg_host_reg[X86_RSP], -8);
    trans_tlb_check(t, k, 8, true);
}

static void end_call_rel(struct trans *t, unsigned k, int64_t next, int64_t to)
{
    check_relative(t, k, to);
    stack_slot(t, k);
    push_next(t, next);
    go(t, to);
}

static void end_indirect(struct trans *t, const struct x86_insn *i, unsigned k, int64_t next)
{
    struct emit *e = &t->e;
    bool call = i->op == X86_OP_CALL, mem = i->opnd[0].kind == X86_OPND_MEM;
    if (mem) {
        trans_mem_operand(t, k, 8, false);
        emit_xrm(e, 8, 0x8b, H_RCX, H_RAX, 0);
        emit_xrm(e, 8, 0x89, H_RCX, H_RBX, OFF(jit.tmp));
    }
    if (call) {
        stack_slot(t, k);
    }
    if (mem) {
        emit_xrm(e, 8, 0x8b, H_RCX, H_RBX, OFF(jit.tmp));
    } else {
        unsigned r = trans_get(t, i->opnd[0].reg, H_RCX);
        emit_xrr(e, 8, 0x8b, H_RCX, r);
    }
    check_canonical(t, k, H_RCX, H_RDX);
    if (call) {
        push_next(t, next);
    }
    emit_xrr(e, 8, 0x8b, H_R15, H_RCX);
    emit_jmp_to(e, t->j->lookup);
}

static void end_ret(struct trans *t, const struct x86_insn *i, unsigned k)
{
    struct emit *e = &t->e;
    unsigned sp = tcg_host_reg[X86_RSP];
    emit_xrr(e, 8, 0x8b, H_RAX, sp);
    trans_tlb_check(t, k, 8, false);
    emit_xrm(e, 8, 0x8b, H_RAX, H_RAX, 0);
    check_canonical(t, k, H_RAX, H_RCX);
    emit_xrm(e, 8, 0x8d, sp, sp, 8 + (int32_t)(uint16_t)i->imm);
    emit_xrr(e, 8, 0x8b, H_R15, H_RAX);
    emit_jmp_to(e, t->j->lookup);
}

/* The handler says where to go. */
static void end_handler(struct trans *t, unsigned k)
{
    trans_call(t, k);
    emit_xrm(&t->e, 8, 0x8b, H_R15, H_RBX, OFF(next_rip));
    emit_jmp_to(&t->e, t->b->flags & X86_BLOCK_SYSTEM ? t->j->exit_system : t->j->lookup);
}

bool trans_end(struct trans *t, const struct x86_insn *i, unsigned k)
{
    int64_t next = t->off + i->len, to = next + (int64_t)i->imm;
    bool rel = i->opnd[0].kind == X86_OPND_REL;
    bool direct = rel && i->opsize == 8 && to == (int32_t)to;
    if (t->b->flags & X86_BLOCK_SYSTEM) {
        end_handler(t, k);
        return true;
    }
    if (i->cls != X86_CLS_BRANCH) {
        if (i->cls == X86_CLS_STRING) {
            end_handler(t, k);
        }
        return i->cls == X86_CLS_STRING;
    }
    bool indirect =
        i->opsize == 8 && (i->opnd[0].kind == X86_OPND_GPR ||
                           (i->opnd[0].kind == X86_OPND_MEM && i->adsize == 8 && i->has_modrm));
    if (i->op == X86_OP_JCC && direct) {
        end_jcc(t, i, k, next, to);
    } else if (i->op == X86_OP_JMP && direct) {
        check_relative(t, k, to);
        go(t, to);
    } else if (i->op == X86_OP_CALL && direct) {
        end_call_rel(t, k, next, to);
    } else if ((i->op == X86_OP_JMP || i->op == X86_OP_CALL) && indirect) {
        end_indirect(t, i, k, next);
    } else if (i->op == X86_OP_RET && i->opsize == 8) {
        end_ret(t, i, k);
    } else {
        end_handler(t, k);
    }
    return true;
}
