/* SPDX-License-Identifier: MIT */
/*
 * From block to block: which ones are translated together, and how a translation is left. Places in
 * the same page are linked by patching the jump; T0 becomes the RIP of any other and the jump cache
 * is asked.
 *
 * Targets in the same page are canonical because the page is being executed; all others are checked
 * against 48 bits, and what fails (also the larger addresses of 57-bit paging) is left to the
 * handler.
 */
#include <stddef.h>

#include "accel/tcg/x86_64/trans_parts.h"

static bool in_page(int64_t off)
{
    return off >= 0 && off < 4096;
}

void trans_rip(struct trans *t, unsigned reg, int32_t off)
{
    unsigned size = trans_word(t);
    emit_xrc(&t->e, size, 0x8b, reg, OFF(jit.rip_base), 0);
    emit_xrm(&t->e, size, 0x8d, reg, reg, off);
}

/* --- what belongs together ------------------------------------------------------------------- */

static bool direct(const struct trans *t, const struct x86_insn *i)
{
    return i->opnd[0].kind == X86_OPND_REL && i->opsize == trans_word(t);
}

static int64_t next_off(const struct trans *t, unsigned k)
{
    return t->off[k] + t->insn[k]->len;
}

static int64_t target_off(const struct trans *t, unsigned k)
{
    return next_off(t, k) + (int64_t)t->insn[k]->imm;
}

/* Where the last block went when the interpreter ran it; -1: not known, or nowhere near. */
static int64_t likely_next(const struct trans *t)
{
    unsigned k = t->n - 1;
    const struct x86_insn *i = t->insn[k];
    const struct x86_block *b = t->block[t->n_blocks - 1], *none = &t->j->cpu->blocks->none;
    if (((b->flags & X86_BLOCK_SYSTEM) && !t->info[k].inl) || i->op == X86_OP_PAUSE) {
        return -1;
    }
    if (i->cls == X86_CLS_BRANCH) {
        if (!direct(t, i)) {
            return -1;
        }
        switch (i->op) {
        case X86_OP_JCC:
            return b->link[1] != none && (b->link[0] == none || target_off(t, k) == t->off[0])
                       ? target_off(t, k)
                       : next_off(t, k);
        case X86_OP_JMP:
        case X86_OP_CALL: return target_off(t, k);
        default: return -1;
        }
    }
    return i->cls == X86_CLS_STRING && !t->info[k].inl ? -1 : next_off(t, k);
}

struct x86_block *trans_follower(struct trans *t)
{
    int64_t off = likely_next(t);
    if (!in_page(off) || t->n_blocks == TRANS_BLOCKS || t->b->gpa2 != X86_NO_PAGE) {
        return NULL;
    }
    if (off == t->off[0]) {
        return t->b;
    }
    gpa_t gpa = (t->b->gpa & ~0xfffull) + (uint64_t)off;
    struct x86_block *b = x86_block_peek(t->j->cpu->blocks, gpa, t->b->mode);
    if (!b || b->gpa2 != X86_NO_PAGE || t->n + b->n > TRANS_INSNS - 1) {
        return NULL;
    }
    for (unsigned k = 1; k < t->n; k++) {
        if (t->off[k] == off) { /* a loop that begins elsewhere: no second copy */
            return NULL;
        }
    }
    return b;
}

/* --- ways out --------------------------------------------------------------------------------- */

static void add_exit(struct trans *t, uint8_t *site, int64_t to, unsigned k)
{
    t->exits[t->n_exits++] = (struct trans_exit){
        site, to, k, trans_rest(t, k) - 1, t->live && !t->packed, false,
    };
}

/* The end: on at `to`. */
static void go(struct trans *t, int64_t to, unsigned k)
{
    trans_pack(t);
    add_exit(t, emit_jmp(&t->e), to, k);
}

/* The jump whose displacement is at `site` leads to that place of the page. */
static void linkable(struct trans *t, uint8_t *site, int64_t to)
{
    struct emit *e = &t->e;
    if (e->full) {
        return;
    }
    if (to == t->off[0]) {
        emit_patch(site, t->start);
        return;
    }
    emit_patch(site, e->p);
    emit_xrc(e, 4, 0xc7, 0, OFF(jit.link), 4);
    emit_32(e, (uint32_t)(site - t->j->code.rw));
    emit_mov_ri(e, T0, (t->b->gpa & ~0xfffull) + (uint64_t)to);
    emit_xrc(e, 8, 0x89, T0, OFF(jit.link_gpa), 0);
    trans_rip(t, T0, (int32_t)to);
    emit_jmp_to(e, t->j->exit_next);
}

/* Slow path of instruction k unless `reg` is canonical. Clobbers tmp and flags. */
static uint8_t *canonical(struct trans *t, unsigned reg, unsigned tmp)
{
    struct emit *e = &t->e;
    emit_xrr(e, 8, 0x8b, tmp, reg);
    emit_xrr(e, 8, 0xc1, 7, tmp);
    emit_8(e, 47);
    emit_alu_ri(e, 8, 0, tmp, 1);
    emit_alu_ri(e, 8, 7, tmp, 1);
    return emit_jcc(e, 7);
}

static void check_canonical(struct trans *t, unsigned k, unsigned reg, unsigned tmp)
{
    if (!trans_legacy(t)) {
        trans_clobber(t, k);
        trans_slow(t, k, canonical(t, reg, tmp));
    }
}

/* Before a transfer to another page. */
static void check_relative(struct trans *t, unsigned k, int64_t to)
{
    if (!in_page(to) && !trans_legacy(t)) {
        trans_clobber(t, k);
        trans_rip(t, T0, (int32_t)to);
        check_canonical(t, k, T0, T1);
    }
}

static void give_back(struct trans *t, unsigned rest)
{
    if (rest) {
        emit_alu_mi(&t->e, 8, 0, H_RSP, FRAME_BUDGET, (int32_t)rest);
    }
}

/* To T0, in any page. check: returns a jump that is taken if T0 is not canonical. */
static uint8_t *jump_site(struct trans *t, bool check)
{
    struct emit *e = &t->e;
    struct jit *j = t->j;
    if (j->sites == X86_JIT_SITES) {
        uint8_t *bad = check ? canonical(t, T0, T1) : NULL;
        emit_jmp_to(e, j->lookup);
        return bad;
    }
    struct x86_jit_site *s = &j->cpu->site[j->sites];
    int32_t off = OFF(site) + (int32_t)(j->sites++ * sizeof *s);
    emit_xrc(e, 8, 0x3b, T0, off + (int32_t)offsetof(struct x86_jit_site, rip), 0);
    uint8_t *other = emit_jcc(e, 5);
    emit_alu_ri(e, 8, 4, T0, -4096);
    emit_xrc(e, 8, 0x89, T0, OFF(jit.rip_base), 0);
    uint8_t *jump = emit_jmp(e);
    if (!e->full) {
        emit_patch(jump, j->exit_next); /* jit.c has a better place */
        emit_patch(other, e->p);
    }
    *s = (struct x86_jit_site){ .rip = X86_JIT_NOWHERE, .jump = (uint32_t)(jump - j->code.rw) };
    uint8_t *bad = check ? canonical(t, T0, T1) : NULL;
    emit_xrc(e, 4, 0xc7, 0, OFF(jit.site), 4);
    emit_32(e, (uint32_t)(off - OFF(site)));
    emit_jmp_to(e, j->lookup_far);
    return bad;
}

/* To another page. */
static void far_exit(struct trans *t, const struct trans_exit *x)
{
    struct emit *e = &t->e;
    bool taken = t->insn[x->insn]->op == X86_OP_JCC && x->to == target_off(t, x->insn);
    trans_rip(t, T0, (int32_t)x->to);
    give_back(t, x->rest);
    uint8_t *bad = jump_site(t, !trans_legacy(t) && taken);
    if (bad && !e->full) { /* raises a fault */
        emit_patch(bad, e->p);
        t->live = false;
        t->packed = true;
        if (x->rest) {
            emit_alu_mi(e, 8, 5, H_RSP, FRAME_BUDGET, (int32_t)x->rest);
        }
        trans_call(t, x->insn);
        emit_xrc(e, 8, 0x8b, T0, OFF(next_rip), 0);
        give_back(t, x->rest);
        emit_jmp_to(e, t->j->exit_next);
    }
}

void trans_links(struct trans *t)
{
    struct emit *e = &t->e;
    for (unsigned k = 0; k < t->n_exits && !e->full; k++) {
        const struct trans_exit *x = &t->exits[k];
        uint8_t *site = x->site;
        if (x->landing) {
            emit_patch(site, e->p);
            emit_alu_ri(e, 8, 4, T0, -4096);
            emit_xrc(e, 8, 0x89, T0, OFF(jit.rip_base), 0);
            site = emit_jmp(e);
        } else if (x->pack || x->rest || !in_page(x->to)) {
            emit_patch(site, e->p);
            if (x->pack) {
                t->live = true;
                t->packed = false;
                trans_pack(t);
            }
            if (!in_page(x->to)) {
                far_exit(t, x);
                continue;
            }
            give_back(t, x->rest);
            site = emit_jmp(e);
        }
        linkable(t, site, x->to);
    }
}

/* --- the last instruction of a block ---------------------------------------------------------- */

static bool goes_on(const struct trans *t, unsigned k, int64_t to)
{
    return k + 1 < t->n && t->off[k + 1] == to;
}

/* The jump whose displacement is at `site` goes round the loop. */
static void back(struct trans *t, uint8_t *site)
{
    if (!t->e.full) {
        emit_patch(site, t->head);
    }
}

static void end_jcc(struct trans *t, unsigned k)
{
    struct emit *e = &t->e;
    unsigned cc = t->insn[k]->opcode & 15;
    int64_t next = next_off(t, k), to = target_off(t, k);
    trans_flags_use(t);
    if (goes_on(t, k, next)) {
        add_exit(t, emit_jcc(e, cc), to, k);
    } else if (goes_on(t, k, to)) {
        add_exit(t, emit_jcc(e, cc ^ 1), next, k);
    } else if (to == t->off[0] && trans_to_head(t)) {
        back(t, emit_jcc(e, cc));
        go(t, next, k);
    } else if (next == t->off[0] && trans_to_head(t)) {
        add_exit(t, emit_jcc(e, cc), to, k);
        back(t, emit_jmp(e));
    } else {
        trans_pack(t);
        add_exit(t, emit_jcc(e, cc), to, k);
        go(t, next, k);
    }
}

static struct emit_mem stack_slot(struct trans *t, unsigned k)
{
    unsigned w = trans_word(t);
    return trans_mem_reg(t, k, X86_RSP, -(int32_t)w, w, true);
}

/* T1 = what is noted of the return address that RSP points at. Clobbers T0, flags. */
static void noted(struct trans *t)
{
    struct emit *e = &t->e;
    _Static_assert(sizeof(struct x86_jit_return) == 16, "twice a return address");
    emit_xrr(e, 4, 0x8b, T0, tcg_host_reg[X86_RSP]);
    emit_alu_ri(e, 4, 4, T0, 8 * (X86_JIT_RETURNS - 1));
    emit_xrc(e, 8, 0x8d, T1, OFF(returns), 0);
    emit_xrmx(e, 8, 0x8d, T1, (int)T1, T0, 1, 0);
}

/* T2: the return address. Its code will be asked for by a RET. Clobbers flags. */
static void note_return(struct trans *t, unsigned k)
{
    struct emit *e = &t->e;
    int64_t to = next_off(t, k);
    noted(t);
    emit_xrm(e, 8, 0x89, T2, T1, offsetof(struct x86_jit_return, rip));
    emit_xrc(e, 8, 0x8d, T2, 0, 0); /* displacement: below */
    uint8_t *site = e->p - 4;
    emit_xrm(e, 8, 0x89, T2, T1, offsetof(struct x86_jit_return, code));
    if (e->full) {
        return;
    }
    if (in_page(to)) {
        add_exit(t, site, to, k);
        t->exits[t->n_exits - 1].landing = true;
    } else {
        emit_patch(site, t->j->lookup);
    }
}

static void push_next(struct trans *t, unsigned k, const struct emit_mem *m)
{
    struct emit *e = &t->e;
    unsigned sp = tcg_host_reg[X86_RSP], w = trans_word(t);
    trans_rip(t, T2, (int32_t)next_off(t, k));
    emit_xrmm(e, w, 0x89, T2, m);
    emit_xrm(e, w, 0x8d, sp, sp, -(int32_t)w);
    note_return(t, k);
}

static void end_call(struct trans *t, unsigned k)
{
    int64_t to = target_off(t, k);
    check_relative(t, k, to);
    struct emit_mem m = stack_slot(t, k);
    push_next(t, k, &m);
    if (!goes_on(t, k, to)) {
        go(t, to, k);
    }
}

static void end_indirect(struct trans *t, unsigned k)
{
    struct emit *e = &t->e;
    const struct x86_insn *i = t->insn[k];
    unsigned w = trans_word(t);
    uint8_t *fail[2];
    bool call = i->op == X86_OP_CALL, mem = i->opnd[0].kind == X86_OPND_MEM;
    unsigned to = call ? T1 : T0;
    trans_pack(t);
    if (mem) {
        struct emit_mem m = trans_mem(t, k, w, false);
        emit_xrmm(e, w, 0x8b, to, &m);
    } else {
        unsigned r = trans_get(t, i->opnd[0].reg, to);
        emit_xrr(e, w, 0x8b, to, r);
    }
    if (call) {
        emit_xrm(e, 8, 0x89, T1, H_RSP, FRAME_TMP);
        check_canonical(t, k, T1, T2);
        struct emit_mem m = stack_slot(t, k);
        push_next(t, k, &m);
        emit_xrm(e, 8, 0x8b, T0, H_RSP, FRAME_TMP);
    } else {
        trans_clobber(t, k);
    }
    jit_emit_lookup(e, fail);
    if (!e->full) {
        emit_patch(fail[0], e->p);
        emit_patch(fail[1], e->p);
    }
    if (!call) {
        check_canonical(t, k, T0, T1);
    }
    emit_jmp_to(e, t->j->lookup);
}

static void end_ret(struct trans *t, unsigned k)
{
    struct emit *e = &t->e;
    unsigned sp = tcg_host_reg[X86_RSP], w = trans_word(t);
    int32_t by = (int32_t)w + (int32_t)(uint16_t)t->insn[k]->imm;
    trans_pack(t);
    struct emit_mem m = trans_mem_reg(t, k, X86_RSP, 0, w, false);
    emit_xrmm(e, w, 0x8b, T2, &m);
    noted(t);
    emit_xrr(e, 8, 0x8b, T0, T2);
    emit_xrm(e, 8, 0x3b, T0, T1, offsetof(struct x86_jit_return, rip));
    uint8_t *other = emit_jcc(e, 5);
    emit_xrm(e, w, 0x8d, sp, sp, by);
    emit_xrm(e, 4, 0xff, 4, T1, offsetof(struct x86_jit_return, code));
    if (!e->full) {
        emit_patch(other, e->p);
    }
    check_canonical(t, k, T0, T1);
    emit_xrm(e, w, 0x8d, sp, sp, by);
    emit_jmp_to(e, t->j->lookup);
}

/* The handler says where to go. */
static void end_handler(struct trans *t, unsigned k)
{
    trans_call(t, k);
    emit_xrc(&t->e, 8, 0x8b, T0, OFF(next_rip), 0);
    bool system = t->block[t->in[k]]->flags & X86_BLOCK_SYSTEM;
    emit_jmp_to(&t->e, system ? t->j->exit_system : t->j->lookup);
}

static bool indirect(const struct trans *t, const struct x86_insn *i)
{
    return i->opsize == trans_word(t) &&
           (i->opnd[0].kind == X86_OPND_GPR ||
            (i->opnd[0].kind == X86_OPND_MEM && i->adsize >= 4 && i->has_modrm));
}

static void end_branch(struct trans *t, unsigned k)
{
    const struct x86_insn *i = t->insn[k];
    if (i->op == X86_OP_JCC && direct(t, i)) {
        end_jcc(t, k);
    } else if (i->op == X86_OP_JMP && direct(t, i)) {
        int64_t to = target_off(t, k);
        if (goes_on(t, k, to)) {
            return;
        }
        if (to == t->off[0] && trans_to_head(t)) {
            back(t, emit_jmp(&t->e));
        } else {
            trans_pack(t);
            check_relative(t, k, to);
            go(t, to, k);
        }
    } else if (i->op == X86_OP_CALL && direct(t, i)) {
        end_call(t, k);
    } else if ((i->op == X86_OP_JMP || i->op == X86_OP_CALL) && indirect(t, i)) {
        end_indirect(t, k);
    } else if (i->op == X86_OP_RET && i->opsize == trans_word(t)) {
        end_ret(t, k);
    } else {
        end_handler(t, k);
    }
}

void trans_end(struct trans *t, unsigned k)
{
    const struct x86_insn *i = t->insn[k];
    bool system = t->block[t->in[k]]->flags & X86_BLOCK_SYSTEM;
    system = system && !(t->info[k].inl && goes_on(t, k, next_off(t, k)));
    if (system || (i->cls == X86_CLS_STRING && !t->info[k].inl)) {
        end_handler(t, k);
    } else if (i->cls == X86_CLS_BRANCH) {
        end_branch(t, k);
    } else {
        trans_plain(t, k);
        if (!goes_on(t, k, next_off(t, k))) {
            go(t, next_off(t, k), k);
        }
    }
}
