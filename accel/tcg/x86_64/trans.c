/* SPDX-License-Identifier: MIT */
/*
 * Host code for a block and those that are likely to follow. Every instruction either has inline
 * code or is a call of its handler (jit.c). Inline code that accesses memory checks the TLB; on a
 * miss the handler does the whole instruction out of line, so that faults, I/O memory and writes to
 * code need nothing else here.
 *
 * Flags stay in the host's until something would change them. Then they are packed into
 * cpu->jit.flags, or dropped if the next instruction that sets them comes before any that reads
 * them. A fault in between could show them: that is why they may be dropped only if they can be
 * computed again from registers (recompute), which the slow paths in between do.
 */
#include "accel/tcg/x86_64/trans_log.h"
#include "accel/tcg/x86_64/trans_parts.h"

#include <stddef.h>
#include <string.h>

#include "core/log.h"

/* --- classes ---------------------------------------------------------------------------------- */

static uint16_t written_regs(const struct x86_insn *i)
{
    unsigned w = 0;
    for (unsigned k = 0; k < i->nopnd; k++) {
        if (i->opnd[k].kind == X86_OPND_GPR && (i->opnd[k].access & X86_ACC_W)) {
            w |= 1u << i->opnd[k].reg;
        }
    }
    switch (i->op) {
    case X86_OP_PUSH:
    case X86_OP_POP:
    case X86_OP_CALL:
    case X86_OP_RET: w |= 1u << X86_RSP; break;
    case X86_OP_LEAVE: w |= 1u << X86_RSP | 1u << X86_RBP; break;
    case X86_OP_CBW: w |= 1u << X86_RAX; break;
    case X86_OP_CWD: w |= 1u << X86_RDX; break;
    default: break;
    }
    return (uint16_t)w;
}

static bool mem_ok(const struct x86_insn *i)
{
    return i->adsize == 8 || i->adsize == 4;
}

static bool opnd_ok(const struct x86_insn *i, unsigned k)
{
    switch (i->opnd[k].kind) {
    case X86_OPND_NONE:
    case X86_OPND_GPR: return true;
    case X86_OPND_IMM:
        return (int64_t)i->imm == (int32_t)i->imm || i->opnd[0].size < 8 ||
               (i->op == X86_OP_MOV && i->opnd[0].kind == X86_OPND_GPR);
    case X86_OPND_MEM: return mem_ok(i);
    default: return false;
    }
}

static bool classify_int(const struct x86_insn *i, struct trans_info *f)
{
    if (i->cls != X86_CLS_INT || (i->prefixes & X86_PFX_LOCK)) {
        return false;
    }
    for (unsigned k = 0; k < i->nopnd; k++) {
        if (!opnd_ok(i, k)) {
            return false;
        }
        f->mem |= i->opnd[k].kind == X86_OPND_MEM && i->op != X86_OP_LEA;
    }
    f->wregs = written_regs(i);
    return trans_int_classify(i, f);
}

static void classify(const struct jit *j, const struct x86_insn *i, struct trans_info *f)
{
    *f = (struct trans_info){ 0 };
    if (i->op == X86_OP_NOP || i->op == X86_OP_ENDBR || i->op == X86_OP_PREFETCH) {
        f->inl = true;
        return;
    }
    if (i->feature && !(j->cpu->model && x86_has(j->cpu->model, i->feature))) {
        return;
    }
    if (classify_int(i, f)) {
        f->inl = true;
        return;
    }
    *f = (struct trans_info){ .wregs = 0xffff };
    f->inl = f->extra = trans_extra_classify(j, i, f);
    if (!f->inl) {
        *f = (struct trans_info){ 0 };
    }
}

/* --- registers ------------------------------------------------------------------------------- */

unsigned trans_get(struct trans *t, unsigned g, unsigned tmp)
{
    if (tcg_host_reg[g] != JIT_NO_REG) {
        return tcg_host_reg[g];
    }
    emit_xrm(&t->e, 8, 0x8b, tmp, H_RSP, trans_in_frame(g));
    return tmp;
}

unsigned trans_dest(unsigned g, unsigned tmp)
{
    return tcg_host_reg[g] != JIT_NO_REG ? tcg_host_reg[g] : tmp;
}

void trans_put(struct trans *t, unsigned g, unsigned host)
{
    if (tcg_host_reg[g] == JIT_NO_REG) {
        emit_xrm(&t->e, 8, 0x89, host, H_RSP, trans_in_frame(g));
    } else if (tcg_host_reg[g] != host) {
        emit_xrr(&t->e, 8, 0x8b, tcg_host_reg[g], host);
    }
}

/* --- flags ----------------------------------------------------------------------------------- */

static void load_flags(struct trans *t)
{
    struct emit *e = &t->e;
    emit_xrc(e, 4, 0x0fb7, T0, OFF(jit.flags), 0);
    emit_alu_ri(e, 1, 0, T0, 0x7f); /* OF */
    emit_8(e, 0x9e);                /* SAHF */
}

static void store_flags(struct trans *t)
{
    struct emit *e = &t->e;
    emit_8(e, 0x9f); /* LAHF */
    emit_xrr(e, 1, 0x0f90, 0, T0);
    emit_xrc(e, 2, 0x89, T0, OFF(jit.flags), 0);
}

/* The guest's flags are in cpu->jit.flags from here on. T0 is gone if they were not. */
void trans_pack(struct trans *t)
{
    if (t->live && !t->packed) {
        store_flags(t);
        t->packed = true;
    }
}

void trans_flags_use(struct trans *t)
{
    if (!t->live) {
        load_flags(t);
        t->live = true;
    }
}

void trans_need_cf(struct trans *t)
{
    if (!t->live) {
        emit_xrc(&t->e, 4, 0x0fba, 4, OFF(jit.flags), 1); /* BT: CF is bit 0 of AH */
        emit_8(&t->e, 8);
    }
}

void trans_flags_set(struct trans *t, unsigned k)
{
    t->live = true;
    t->packed = false;
    t->producer = (int)k;
    t->recipe = -1;
}

/* May the code of instruction k be left on the way? */
static bool observes(const struct trans *t, unsigned k)
{
    const struct trans_info *f = &t->info[k];
    return !f->inl || f->mem || f->extra;
}

bool trans_flags_needed(const struct trans *t, unsigned k)
{
    for (unsigned n = k + 1; n < t->n; n++) {
        if (observes(t, n) || t->info[n].reads) {
            return true;
        }
        if (t->info[n].writes == FL_ALL) {
            return false;
        }
    }
    return true;
}

/* Registers from which the flags of instruction k can be had afterwards, 0: they cannot. */
static unsigned recipe_regs(const struct x86_insn *i)
{
    const struct x86_operand *d = &i->opnd[0], *s = &i->opnd[1];
    unsigned src = 0;
    if (d->kind != X86_OPND_GPR || (i->prefixes & X86_PFX_LOCK)) {
        return 0;
    }
    if (s->kind == X86_OPND_GPR) {
        src = 1u << s->reg;
    } else if (s->kind != X86_OPND_IMM && i->op != X86_OP_NEG) {
        return i->op == X86_OP_AND || i->op == X86_OP_OR || i->op == X86_OP_XOR ? 1u << d->reg : 0;
    }
    switch (i->op) {
    case X86_OP_CMP:
    case X86_OP_TEST: return src | 1u << d->reg;
    case X86_OP_ADD:
    case X86_OP_SUB: return src == 1u << d->reg ? 0 : src | 1u << d->reg;
    case X86_OP_AND:
    case X86_OP_OR:
    case X86_OP_XOR:
    case X86_OP_NEG: return 1u << d->reg;
    default: return 0;
    }
}

/* Before instruction k, whose checks are about to destroy the producer's flags: are these
 * overwritten before any instruction reads them, and until then to be had from registers? */
static bool droppable(const struct trans *t, unsigned k)
{
    unsigned regs = t->producer < 0 ? 0 : recipe_regs(t->insn[t->producer]);
    if (!regs) {
        return false;
    }
    for (unsigned n = k; n < t->n; n++) {
        const struct trans_info *f = &t->info[n];
        if (t->insn[n]->op == X86_OP_JMP && n + 1 < t->n && n + 1 != t->loop) { /* to n + 1 */
            continue;
        }
        if (!f->inl || f->reads || ((f->mem || f->extra) && !regs)) {
            return false;
        }
        if (f->writes == FL_ALL) {
            return true;
        }
        if (f->wregs & regs) {
            regs = 0; /* not from here on */
        }
    }
    return false;
}

static bool producer_intact(const struct trans *t, unsigned k)
{
    unsigned regs = t->producer < 0 ? 0 : recipe_regs(t->insn[t->producer]);
    for (unsigned n = (unsigned)t->producer + 1; regs && n < k; n++) {
        if (t->info[n].wregs & regs) {
            return false;
        }
    }
    return true;
}

void trans_clobber(struct trans *t, unsigned k)
{
    if (t->live && !t->packed) {
        if (producer_intact(t, k) && droppable(t, k)) {
            t->recipe = t->producer;
        } else {
            store_flags(t);
            t->packed = true;
        }
    }
    t->live = false;
}

static int32_t imm_of(const struct x86_insn *i, unsigned size)
{
    return size == 1 ? (int8_t)i->imm : size == 2 ? (int16_t)i->imm : (int32_t)i->imm;
}

/* alu T1, second operand */
static void again(struct trans *t, const struct x86_insn *i, unsigned size, unsigned alu)
{
    if (i->opnd[1].kind == X86_OPND_IMM) {
        emit_alu_ri(&t->e, size, alu, T1, imm_of(i, size));
    } else {
        emit_oprr(&t->e, size, alu << 3 | 2, T1, trans_get(t, i->opnd[1].reg, T2));
    }
}

/* Slow paths: the host's flags become those that instruction k left, from the registers. */
static void recompute(struct trans *t, unsigned k)
{
    struct emit *e = &t->e;
    const struct x86_insn *i = t->insn[k];
    unsigned size = i->opnd[0].size;
    emit_xrr(e, 8, 0x8b, T1, trans_get(t, i->opnd[0].reg, T0));
    switch (i->op) {
    case X86_OP_CMP: again(t, i, size, 7); break;
    case X86_OP_ADD:
        again(t, i, size, 5);
        again(t, i, size, 0);
        break;
    case X86_OP_SUB:
        again(t, i, size, 0);
        again(t, i, size, 5);
        break;
    case X86_OP_NEG:
        emit_oprr(e, size, 0xf6, 3, T1);
        emit_oprr(e, size, 0xf6, 3, T1);
        break;
    case X86_OP_TEST:
        if (i->opnd[1].kind == X86_OPND_IMM) {
            emit_oprr(e, size, 0xf6, 0, T1);
            emit_imm(e, size == 8 ? 4 : size, imm_of(i, size));
        } else {
            emit_oprr(e, size, 0x84, trans_get(t, i->opnd[1].reg, T2), T1);
        }
        break;
    default: emit_oprr(e, size, 0x84, T1, T1); break;
    }
    store_flags(t);
}

/* --- calls of handlers ----------------------------------------------------------------------- */

void trans_slow(struct trans *t, unsigned k, uint8_t *jcc)
{
    struct slow *s = t->n_slow ? &t->slow[t->n_slow - 1] : NULL;
    if (!s || s->insn != k) {
        s = &t->slow[t->n_slow++];
        *s = (struct slow){ .insn = k, .recipe = t->recipe };
    }
    if (jcc) {
        s->from[s->n++] = jcc;
    }
}

static bool ignores_flags(const struct x86_insn *i)
{
    switch (i->op) {
    case X86_OP_MOV:
    case X86_OP_MOVZX:
    case X86_OP_MOVSX:
    case X86_OP_MOVSXD:
    case X86_OP_PUSH:
    case X86_OP_POP:
    case X86_OP_CALL:
    case X86_OP_RET:
    case X86_OP_JMP:
    case X86_OP_LEAVE:
    case X86_OP_MOVS:
    case X86_OP_STOS:
    case X86_OP_LODS:
    case X86_OP_XCHG:
    case X86_OP_LFENCE:
    case X86_OP_MFENCE:
    case X86_OP_SFENCE:
    case X86_OP_PAUSE:
    case X86_OP_CLD:
    case X86_OP_MOVAPS:
    case X86_OP_MOVUPS:
    case X86_OP_MOVDQA:
    case X86_OP_MOVDQU: return true;
    default: return false;
    }
}

unsigned trans_rest(const struct trans *t, unsigned k)
{
    return (k < t->loop ? t->loop : t->n) - k;
}

static void call_handler(struct trans *t, unsigned k, unsigned slow)
{
    struct emit *e = &t->e;
    const uint8_t *arena = t->j->cpu->blocks->arena;
    unsigned bk = t->in[k];
    emit_mov_ri(e, T0, (uint64_t)((const uint8_t *)t->insn[k] - arena));
    emit_mov_ri(e, T1, (uint64_t)((const uint8_t *)t->block[bk] - arena));
    emit_mov_ri(e, T2, t->off[k] | slow | trans_rest(t, t->first[bk]) << 16);
    emit_call_to(e, ignores_flags(t->insn[k]) ? t->j->exec_noflags : t->j->exec);
}

void trans_call(struct trans *t, unsigned k)
{
    trans_pack(t);
    call_handler(t, k, 0);
    t->live = false;
    t->packed = true;
    t->recipe = -1;
    t->vec = 0;
}

/* --- vector state ----------------------------------------------------------------------------- */

/* Bits of JIT_LIVE_* that tell that all of `want` are set, which may be one. */
static unsigned telling(unsigned want)
{
    if ((want & (JIT_LIVE_AVX | JIT_LIVE_FP)) != 0) {
        want &= ~(unsigned)JIT_LIVE_SSE;
    }
    return want;
}

/* Returns a jump that is taken if all of `want` is there; T0 and flags are gone. */
static uint8_t *if_live(struct trans *t, unsigned want)
{
    struct emit *e = &t->e;
    want = telling(want);
    if ((want & (want - 1)) == 0) {
        emit_xrc(e, 1, 0xf6, 0, OFF(jit.live), 1);
        emit_8(e, want);
        return emit_jcc(e, 5);
    }
    emit_xrc(e, 4, 0x0fb6, T0, OFF(jit.live), 0);
    emit_alu_ri(e, 4, 4, T0, (int32_t)want);
    emit_alu_ri(e, 4, 7, T0, (int32_t)want);
    return emit_jcc(e, 4);
}

/* All of this kind that instructions from k on need, up to the first call of a handler. */
static unsigned needed_from(const struct trans *t, unsigned k, unsigned kind)
{
    unsigned want = 0;
    for (; k < t->n && (t->info[k].inl || t->insn[k]->cls == X86_CLS_BRANCH); k++) {
        want |= t->info[k].vec & kind;
    }
    return want;
}

/* Instruction k needs state in the host's registers: loads it if it is not there. have: what tells
 * that loading is of no use. */
static void need_state(struct trans *t, unsigned k, unsigned kind, unsigned have,
                       const uint8_t *load)
{
    struct emit *e = &t->e;
    unsigned want = t->info[k].vec & kind;
    if ((t->vec & want) == want) {
        return;
    }
    want = needed_from(t, k, kind);
    trans_clobber(t, k);
    uint8_t *there = if_live(t, want);
    if (want != have) {
        trans_slow(t, k, if_live(t, have)); /* loaded, but this is not allowed */
    }
    emit_call_to(e, load);
    uint8_t *loaded = if_live(t, want);
    trans_slow(t, k, emit_jmp(e));
    t->slow[t->n_slow - 1].leave = true;
    if (!e->full) {
        emit_patch(there, e->p);
        emit_patch(loaded, e->p);
    }
    t->vec |= (uint8_t)want;
}

static void need_vec(struct trans *t, unsigned k)
{
    need_state(t, k, JIT_LIVE_SSE | JIT_LIVE_FP, JIT_LIVE_SSE, t->j->vec_load);
    need_state(t, k, JIT_LIVE_AVX, JIT_LIVE_AVX, t->j->avx_load);
    need_state(t, k, TRANS_X87, JIT_LIVE_X87, t->j->x87_load);
}

/* --- the translation -------------------------------------------------------------------------- */

/* Behind a handler: on where it says. */
static void emit_slow_leave(struct trans *t, const struct slow *s)
{
    struct emit *e = &t->e;
    unsigned rest = trans_rest(t, s->insn) - 1;
    if (rest) {
        emit_alu_mi(e, 8, 0, H_RSP, FRAME_BUDGET, (int32_t)rest);
    }
    trans_note_leave(t, s->insn);
    emit_xrc(e, 8, 0x8b, T0, OFF(next_rip), 0);
    bool system = t->insn[s->insn]->cls == X86_CLS_SYSTEM;
    emit_jmp_to(e, system ? t->j->exit_system : t->j->lookup);
}

static void emit_slow_path(struct trans *t, const struct slow *s)
{
    struct emit *e = &t->e;
    uint8_t *voided = NULL;
    bool shares = t->n_groups && s->insn >= t->loop;
    for (unsigned k = 0; k < s->n; k++) {
        emit_patch(s->from[k], e->p);
    }
    if (s->recipe >= 0) {
        recompute(t, (unsigned)s->recipe);
    }
    trans_x87_pending(t, s->insn);
    if (shares) {
        emit_xrc(e, 1, 0xc6, 0, OFF(jit.voided), 1);
        emit_8(e, 0);
    }
    call_handler(t, s->insn, JIT_SLOW);
    if (!s->back || s->leave) { /* the handler knows where to go */
        emit_slow_leave(t, s);
        return;
    }
    if (shares) {
        emit_alu_ci(e, 1, 7, OFF(jit.voided), 0);
        voided = emit_jcc(e, 5);
    }
    if (s->need & JIT_LIVE_SSE) {
        emit_call_to(e, t->j->vec_load);
    }
    if (s->need & JIT_LIVE_AVX) {
        emit_call_to(e, t->j->avx_load);
    }
    if (s->need & JIT_LIVE_X87) {
        emit_call_to(e, t->j->x87_load);
    }
    if (s->flags) {
        load_flags(t);
    }
    emit_jmp_to(e, s->back);
    if (voided && !e->full) {
        emit_patch(voided, e->p);
        emit_slow_leave(t, s);
    }
}

/* Where n instructions begin: leave if the instruction limit lies within them, or to look at
 * requests. Returns the jump that does so. */
static uint8_t *emit_count(struct trans *t, unsigned n)
{
    emit_alu_mi(&t->e, 8, 5, H_RSP, FRAME_BUDGET, (int32_t)n);
    return emit_jcc(&t->e, 2);
}

/* The head crosses into another page: this code is of that page's bytes. The loop (interp.c) walks
 * and comes back behind the check. */
static void check_tail(struct trans *t)
{
    struct emit *e = &t->e;
    emit_xrc(e, 8, 0x8b, T0, OFF(jit.rip_base), 0);
    emit_alu_ri(e, 8, 0, T0, 4096);
    jit_emit_fetch_entry(e, T1);
    emit_xrm(e, 8, 0x3b, T0, T1, offsetof(struct x86_tlb_entry, tag_x));
    t->moved[0] = emit_jcc(e, 5);
    emit_mov_ri(e, T1, t->b->gpa2);
    emit_xrr(e, 8, 0x3b, T2, T1);
    t->moved[1] = emit_jcc(e, 5);
}

static void emit_leave(struct trans *t, uint8_t *leave, unsigned n)
{
    if (t->e.full) {
        return;
    }
    emit_patch(leave, t->e.p);
    emit_alu_mi(&t->e, 8, 0, H_RSP, FRAME_BUDGET, (int32_t)n);
    for (unsigned k = 0; k < 2 && t->moved[k]; k++) {
        emit_patch(t->moved[k], t->e.p);
    }
    trans_rip(t, T0, t->off[0]);
    emit_jmp_to(&t->e, t->j->exit_why[TCG_EXIT_SLICE]);
}

/* --- loops ------------------------------------------------------------------------------------ */

static void begin_loop(struct trans *t)
{
    trans_clobber(t, t->loop);
    t->at_head = (struct trans_state){ t->packed, t->recipe, t->vec };
    t->head = t->e.p;
    trans_share_check(t);
    t->head_leave = emit_count(t, t->n - t->loop);
}

/* Is what `recipe` of the first time stands for to be had from the registers now, too? */
static bool same_recipe(const struct trans *t)
{
    int now = t->live ? t->producer : t->recipe;
    return now >= 0 && t->insn[now] == t->insn[t->at_head.recipe] && now == t->producer &&
           producer_intact(t, t->n);
}

bool trans_to_head(struct trans *t)
{
    if (!t->head || (t->vec & t->at_head.vec) != t->at_head.vec) {
        return false;
    }
    if (t->at_head.packed) {
        trans_pack(t);
        return t->packed;
    }
    return t->at_head.recipe >= 0 && same_recipe(t);
}

void trans_head_pack(struct trans *t)
{
    if (t->at_head.recipe >= 0) {
        recompute(t, (unsigned)t->at_head.recipe);
    }
}

static void leave_head(struct trans *t)
{
    if (t->e.full || !t->head) {
        return;
    }
    emit_patch(t->head_leave, t->e.p);
    trans_head_pack(t);
    t->head_leave = emit_jmp(&t->e);
    emit_leave(t, t->head_leave, t->n - t->loop);
}

static bool ends_block(const struct trans *t, unsigned k)
{
    return k + 1 == t->n || t->in[k + 1] != t->in[k];
}

static void generate(struct trans *t, unsigned k)
{
    const struct x86_insn *i = t->insn[k];
    const struct trans_info *f = &t->info[k];
    if (!f->inl) {
        trans_call(t, k);
        return;
    }
    if (f->vec) {
        need_vec(t, k);
    }
    if (f->extra) {
        trans_extra(t, i, k);
    } else {
        trans_int(t, i, k);
    }
    if (t->n_slow && t->slow[t->n_slow - 1].insn == k) {
        struct slow *s = &t->slow[t->n_slow - 1];
        s->back = t->e.p;
        s->need = t->vec;
        s->flags = t->live;
    }
    t->j->stats.inline_insns++;
}

static void add_block(struct trans *t, struct x86_block *b)
{
    unsigned off = b->gpa & 0xfff;
    t->first[t->n_blocks] = (uint8_t)t->n;
    for (unsigned k = 0; k < b->n; k++) {
        t->insn[t->n] = &b->insns[k];
        t->off[t->n] = (uint16_t)off;
        t->in[t->n] = (uint8_t)t->n_blocks;
        classify(t->j, &b->insns[k], &t->info[t->n]);
        off += b->insns[k].len;
        t->n++;
    }
    t->block[t->n_blocks++] = b;
}

enum { LOOP_INSNS = 64, LOOP_TIMES = 4 };

/* The blocks so far lead to the first one: the loop once more, a short one several times. Handlers
 * within would leave nothing known at its head. */
static void repeat(struct trans *t)
{
    unsigned n = t->n, blocks = t->n_blocks, times = 0;
    for (unsigned k = 0; k < n; k++) {
        if (!t->info[k].inl && t->insn[k]->cls != X86_CLS_BRANCH) {
            return;
        }
    }
    while (times < LOOP_TIMES && t->n_blocks + blocks <= TRANS_COPIES &&
           t->n + n <= (times ? LOOP_INSNS : TRANS_INSNS - 1)) {
        for (unsigned k = 0; k < blocks; k++) {
            add_block(t, t->block[k]);
        }
        times++;
    }
    t->loop = times ? n : 0;
    t->once = blocks;
}

/* Blocks that are likely to follow one another. */
static void choose(struct trans *t)
{
    struct x86_block *b = t->b;
    while (b) {
        add_block(t, b);
        b = trans_follower(t);
        if (b == t->b) {
            repeat(t);
            break;
        }
    }
    t->once = t->once ? t->once : t->n_blocks;
}

uint8_t *jit_translate(struct jit *j, struct x86_block *b, uint8_t **body)
{
    struct trans t = { .j = j, .b = b, .producer = -1, .recipe = -1, .packed = true };
    uint8_t *leave;
    t.e = jit_emit(j, j->code.rw + j->used);
    t.start = t.e.p;
    choose(&t);
    trans_share(&t);
    unsigned counted = trans_rest(&t, 0);
    if (b->gpa2 != X86_NO_PAGE) {
        check_tail(&t);
    }
    leave = emit_count(&t, counted);
    *body = t.e.p;
    for (unsigned k = 0; k < t.n; k++) {
        if (k && k == t.loop) {
            begin_loop(&t);
        }
        t.at[k] = t.e.p;
        trans_note_run(&t, k);
        if (ends_block(&t, k)) {
            trans_end(&t, k);
        } else {
            generate(&t, k);
        }
    }
    t.tail = t.e.p;
    for (unsigned n = 0; n < t.n_miss && !t.e.full; n++) {
        trans_miss_emit(&t, &t.miss[n]);
    }
    for (unsigned n = 0; n < t.n_slow && !t.e.full; n++) {
        emit_slow_path(&t, &t.slow[n]);
    }
    trans_links(&t);
    emit_leave(&t, leave, counted);
    leave_head(&t);
    trans_share_links(&t);
    if (t.e.full) {
        return NULL;
    }
    if (UNLIKELY(log_enabled(LOG_OP | LOG_OUT_ASM) || j->listing)) {
        trans_log(&t);
    }
    jit_record(j, t.block, t.once);
    b->jit_n = (uint8_t)counted;
    j->used = ((size_t)(t.e.p - j->code.rw) + 15) & ~(size_t)15;
    j->stats.translated++;
    j->stats.insns += t.n;
    j->stats.accesses += t.n_miss;
    return t.start;
}

void trans_plain(struct trans *t, unsigned k)
{
    generate(t, k);
}
