/* SPDX-License-Identifier: MIT */
/* link: accel/x86/[a-z]*.c accel/x86/x86_64/[a-z]*.c core/physmem.c core/physmem_access.c */
/* link: accel/tcg/[a-z]*.c accel/tcg/x86_64/[a-z]*.c tests/fake/x86_box.c */
/* link: tests/cpu/lockstep_*.c tests/cpu/corners.c */
/* link: core/types.c core/log.c core/error.c core/opts.c os/posix/[a-z]*.c os/linux/[a-z]*.c */
/* timeout: 600 */
/* libs: zydis */
/*
 * Random programs (loops, calls, memory, faults, writes to their own code, flags live across
 * blocks; some with x87, MMX, SSE, AVX, BMI, LOCK and strings), in 64-, 32- and 16-bit segments, on
 * the interpreter and on the translator: all registers and the instruction count must be the same
 * at random instruction counts, where interrupts arrive, memory at the end of each program.
 *
 *   test_lockstep [INSTRUCTIONS]     default 50,000,000
 * EMU_SEED=N repeats a run; the seed is printed.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "accel/tcg/jit.h"
#include "accel/tcg/x86_64/emit.h"
#include "tests/cpu/lockstep_state.h"
#include "tests/cpu/lockstep_vec.h"
#include "tests/fake/seed.h"

#define CODE_MAX  0x1800u
#define LABELS    24u
#define DATA_SIZE 0x4000u
#define STACK_TOP (X86_BOX_DATA + 0x80000u)

static uint64_t rng_state;

static uint64_t rnd(void)
{
    rng_state ^= rng_state << 13;
    rng_state ^= rng_state >> 7;
    rng_state ^= rng_state << 17;
    return rng_state * 0x2545f4914f6cdd1dull >> 16;
}

static unsigned pick(unsigned n)
{
    return (unsigned)(rnd() % n);
}

/* --- programs --------------------------------------------------------------------------------- */

/* Registers that instructions write; those that hold addresses, written rarely; a small index. */
static const struct set {
    uint8_t values[9], n_values, bases[7], n_bases, index; /* bases[n_bases] is index */
} sets[2] = {
    { { 0, 1, 2, 6, 9, 10, 13, 14, 15 }, 9, { 3, 5, 7, 8, 11, 12, H_R14 }, 6, H_R14 },
    { { 0, 1, 2 }, 3, { 3, 5, 7, H_RSI }, 3, H_RSI },
};

struct program {
    bool legacy; /* 32-bit code: what are REX prefixes elsewhere, are INC and DEC here */
    bool half;   /* legacy for a 16-bit segment: every instruction has its prefixes the other way */
    struct lockstep_gen gen;
    const struct set *set;
    uint8_t bytes[CODE_MAX + 64];
    struct emit e;
    uint32_t label[LABELS];
    struct {
        uint32_t at, label;
        bool absolute, moved;
    } fix[512];
    unsigned n_fix;
    uint32_t imm[64]; /* immediates that the program may overwrite */
    unsigned n_imm;
};

static uint32_t here(const struct program *p)
{
    return (uint32_t)(p->e.p - p->bytes);
}

static unsigned value_reg(const struct program *p)
{
    return p->set->values[pick(p->set->n_values)];
}

static unsigned base_reg(const struct program *p)
{
    return p->set->bases[pick(p->set->n_bases)];
}

static unsigned any_reg(const struct program *p)
{
    return pick(4) ? value_reg(p) : base_reg(p);
}

static unsigned any_size(const struct program *p)
{
    static const uint8_t sizes[] = { 1, 2, 4, 4, 4, 8, 8, 8 };
    return sizes[pick(p->legacy ? 5 : 8)];
}

/* opc reg, [memory]; sometimes an address that faults, crosses a page or is in no register. */
static void with_memory(struct program *p, unsigned size, unsigned opc, unsigned reg)
{
    unsigned base = pick(60) ? base_reg(p) : value_reg(p);
    int32_t disp = pick(3) ? (int32_t)pick(100) - 50 : (int32_t)pick(0x2000);
    if (pick(3) == 0) {
        emit_xrmx(&p->e, size, opc, reg, (int)base, p->set->index, pick(4), disp);
    } else if (pick(12) == 0) {
        emit_xrmx(&p->e, size, opc, reg, -1, p->set->index, 0, (int32_t)X86_BOX_DATA + disp);
    } else {
        emit_xrm(&p->e, size, opc, reg, base, disp);
    }
}

static void gen_alu(struct program *p)
{
    unsigned size = any_size(p), alu = pick(8), how = pick(6);
    if (how == 0) {
        emit_alu_ri(&p->e, size, alu, value_reg(p), (int32_t)rnd());
    } else if (how == 1) {
        with_memory(p, size, emit_sized(alu << 3, size), any_reg(p));
    } else if (how == 2) {
        with_memory(p, size, emit_sized(alu << 3 | 2, size), value_reg(p));
    } else if (how == 3) {
        with_memory(p, size, size == 1 ? 0x80 : 0x83, alu);
        emit_8(&p->e, (unsigned)rnd() & 0xff);
    } else {
        emit_oprr(&p->e, size, alu << 3, any_reg(p), value_reg(p));
    }
}

static void gen_other(struct program *p)
{
    struct emit *e = &p->e;
    unsigned size = any_size(p), wide = size < 4 ? 4 : size, v = value_reg(p);
    switch (pick(26)) {
    case 0: emit_oprr(e, size, 0x88, any_reg(p), v); break;
    case 1:
    case 2: with_memory(p, size, emit_sized(0x8a, size), v); break;
    case 3:
    case 4: with_memory(p, size, emit_sized(0x88, size), any_reg(p)); break;
    case 5: emit_mov_ri(e, v, pick(2) && !p->legacy ? rnd() << 20 : rnd() & 0xffff); break;
    case 6: emit_xrr(e, wide, (pick(2) ? 0x0fb6 : 0x0fbe) | pick(2), v, any_reg(p)); break;
    case 7: with_memory(p, wide, (pick(2) ? 0x0fb6 : 0x0fbe) | pick(2), v); break;
    case 8:
        if (!p->legacy) {
            emit_xrr(e, 8, 0x63, v, any_reg(p));
        }
        break;
    case 9: with_memory(p, wide, 0x8d, v); break;
    case 10: emit_xrr(e, 1, 0x0f90 | pick(16), 0, v); break;
    case 11: with_memory(p, 1, 0x0f90 | pick(16), 0); break;
    case 12: emit_xrr(e, wide, 0x0f40 | pick(16), v, any_reg(p)); break;
    case 13: with_memory(p, wide, 0x0f40 | pick(16), v); break;
    case 14:
    case 15: {
        static const uint8_t ops[] = { 0, 1, 2, 3, 4, 5, 7 };
        unsigned op = ops[pick(7)];
        if (pick(2)) {
            emit_oprr(e, size, 0xc0, op, v);
            emit_8(e, pick(5) ? pick(size * 8) : pick(256));
        } else {
            emit_oprr(e, size, 0xd2, op, v);
        }
        break;
    }
    case 16: emit_oprr(e, size, 0xfe, pick(2), v); break;
    case 17: with_memory(p, size, emit_sized(0xfe, size), pick(2)); break;
    case 18: emit_oprr(e, size, 0xf6, 2 + pick(2), v); break;
    case 19: with_memory(p, size, emit_sized(0xf6, size), 2 + pick(2)); break;
    case 20: emit_xrr(e, wide, 0x0faf, v, any_reg(p)); break;
    case 21: with_memory(p, wide, 0x0faf, v); break;
    case 22:
        emit_xrr(e, wide, pick(2) ? 0x69 : 0x0fa3, v, v);
        if (e->p[-2] == 0x69) {
            emit_32(e, (uint32_t)rnd());
        }
        break;
    case 23: emit_oprr(e, size, 0x84, any_reg(p), v); break;
    case 24: emit_xrr(e, wide, 0x87, value_reg(p), v); break;
    default:
        if (pick(2) && !p->legacy) {
            emit_8(e, 0x48);
        }
        emit_8(e, pick(2) ? 0x98 : 0x99);
        break;
    }
}

/* push, pop, locked and implicit things that the translator leaves to the interpreter */
static void gen_rare(struct program *p)
{
    struct emit *e = &p->e;
    switch (pick(12)) {
    case 0:
    case 1: emit_8(e, 0x50 | pick(8)); break;
    case 2: emit_8(e, 0x58 | pick(3)); break;
    case 3:
        if (!p->legacy) {
            emit_8(e, 0x41);
            emit_8(e, 0x58 | (5 + pick(3)));
        }
        break;
    case 4:
        emit_8(e, 0x6a);
        emit_8(e, (unsigned)rnd() & 0xff);
        break;
    case 5: emit_8(e, 0xf5 + 3 * pick(2)); break;                            /* CMC, CLC */
    case 6: emit_8(e, 0x9e + pick(2)); break;                                /* SAHF, LAHF */
    case 7: emit_oprr(e, any_size(p), 0xf6, 4 + pick(2), value_reg(p)); break; /* MUL, IMUL */
    case 8: emit_oprr(e, any_size(p), 0xf6, 6 + pick(2), value_reg(p)); break; /* DIV, IDIV */
    case 9:
        emit_8(e, 0xf0);
        with_memory(p, p->legacy ? 4 : 8, 0x0fc1, value_reg(p));
        break;
    case 10: with_memory(p, 4, 0x87, value_reg(p)); break;
    default:
        if (p->n_imm) { /* mov dword [rip + x], imm32 */
            emit_8(e, 0xc7);
            emit_8(e, 0x05);
            uint32_t at = p->imm[pick(p->n_imm)];
            emit_32(e, p->legacy ? X86_BOX_CODE + at : at - (here(p) + 8));
            emit_32(e, (uint32_t)rnd());
        }
        break;
    }
}

static void put(struct program *p, const uint8_t *bytes, unsigned n)
{
    for (unsigned k = 0; k < n; k++) {
        emit_8(&p->e, bytes[k]);
    }
}

/* Few elements, from and to the data. */
static void gen_string(struct program *p)
{
    struct emit *e = &p->e;
    unsigned wide = p->legacy ? 4 : 8;
    uint8_t insn[16];
    emit_mov_ri(e, H_RCX, pick(40));
    emit_xrm(e, wide, 0x8d, H_RSI, H_RBX, (int32_t)pick(200));
    put(p, insn, lockstep_insn(&p->gen, LOCKSTEP_STRING, insn));
    emit_xrm(e, wide, 0x8d, H_RDI, H_RBX, (int32_t)pick(200));
    if (p->legacy) {
        emit_mov_ri(e, H_RSI, pick(0x200));
    }
}

/* An instruction of any group; some reach for where nothing is. */
static void gen_data(struct program *p)
{
    enum lockstep_group group = (enum lockstep_group)pick(LOCKSTEP_GROUPS);
    struct lockstep_gen g = p->gen;
    uint8_t insn[16], bases[2] = { (uint8_t)value_reg(p), p->set->index };
    if (group == LOCKSTEP_STRING) {
        gen_string(p);
        return;
    }
    if (pick(40) == 0) {
        g.bases = bases;
        g.n_bases = 2;
    }
    put(p, insn, lockstep_insn(&g, group, insn));
}

/* Do the prefixes 66h and 67h mean sizes there? */
static bool sized(const struct x86_insn *i)
{
    bool data = i->cls == X86_CLS_INT || i->cls == X86_CLS_BRANCH || i->cls == X86_CLS_STRING ||
                (i->cls == X86_CLS_GPR_HOST && !(i->prefixes & X86_PFX_VEX));
    return data && i->pp != 1;
}

/* What was made from `from` on, of 32-bit code, for a 16-bit segment. */
static void halve(struct program *p, uint32_t from)
{
    uint8_t old[256];
    uint32_t end = here(p), at = from;
    if (!p->half || end - from > sizeof old) {
        return;
    }
    memcpy(old, p->bytes + from, end - from);
    p->e.p = p->bytes + from;
    while (at < end) {
        struct x86_insn i, check;
        uint8_t b[20] = { 0 }, *src = old + (at - from);
        unsigned n = 0, skip = 0;
        if (x86_decode(&i, src, end - at, 4) != X86_DECODE_OK) {
            break;
        }
        if (sized(&i) && !(i.prefixes & X86_PFX_OPSIZE)) {
            b[n++] = 0x66;
        }
        if (x86_insn_has_mem(&i) || i.cls == X86_CLS_STRING) {
            b[n++] = 0x67;
        }
        if (sized(&i) && (i.prefixes & X86_PFX_OPSIZE)) {
            skip = src[0] == 0x66 ? 1 : 0;
        }
        memcpy(b + n, src + skip, i.len - skip);
        n += i.len - skip;
        bool keep = n <= X86_INSN_MAX && x86_decode(&check, b, n, 2) == X86_DECODE_OK &&
                    check.op == i.op && check.len == n;
        for (unsigned k = 0; k < p->n_fix; k++) { /* a target is the end of its instruction */
            if (p->fix[k].at + 4 == at + i.len && p->fix[k].at >= from && !p->fix[k].moved) {
                p->fix[k].at = here(p) + n - 4;
                p->fix[k].moved = true;
            }
        }
        put(p, b, keep ? n : 0);
        at += i.len;
    }
}

static void gen_target(struct program *p)
{
    p->fix[p->n_fix].at = here(p) - 4;
    p->fix[p->n_fix++].label = pick(LABELS);
}

static void gen_branch(struct program *p)
{
    struct emit *e = &p->e;
    unsigned how = pick(12);
    if (how < 8) {
        emit_jcc(e, pick(16));
        gen_target(p);
    } else if (how == 8) {
        emit_jmp(e);
        gen_target(p);
    } else if (how == 9) {
        emit_8(e, 0xe8);
        emit_32(e, 0);
        gen_target(p);
    } else if (how == 10) {
        emit_8(e, 0xc3);
    } else { /* lea rax, [rip + label]; jmp or call rax, or through memory */
        emit_8(e, p->legacy ? 0x90 : 0x48);
        emit_8(e, 0x8d);
        emit_8(e, 0x05);
        emit_32(e, 0);
        gen_target(p);
        if (p->legacy) { /* mov eax, label */
            e->p[-5] = 0xb8;
            e->p[-6] = 0x90;
            p->fix[p->n_fix - 1].absolute = true;
        }
        if (pick(2)) {
            emit_xrm(e, p->legacy ? 4 : 8, 0x89, H_RAX, H_RBX, 8);
            emit_xrm(e, 4, 0xff, 2 + 2 * pick(2), H_RBX, 8);
        } else {
            emit_xrr(e, 4, 0xff, 2 + 2 * pick(2), H_RAX);
        }
    }
}

/* A counted loop through memory: bases that move by constants, at times a way out of the middle. */
static void gen_loop(struct program *p)
{
    struct emit *e = &p->e;
    unsigned base = base_reg(p), size = p->legacy ? 4 : 8;
    emit_mov_ri(e, H_RCX, 2 + pick(50));
    const uint8_t *top = e->p;
    for (unsigned n = 1 + pick(5); n > 0; n--) {
        with_memory(p, size, pick(2) ? 0x8b : 0x89, p->set->values[2]);
        unsigned at = pick(3) ? base : base_reg(p);
        emit_xrm(e, size, pick(2) ? 0x03 : 0x01, pick(4) ? H_RAX : at, at, (int32_t)pick(64) - 20);
        if (pick(4) == 0) {
            gen_other(p);
        }
    }
    if (pick(4) == 0) {
        emit_jcc(e, pick(16));
        gen_target(p);
    }
    int32_t step = (int32_t)pick(4) * 8 - 8;
    if (pick(2)) {
        emit_alu_ri(e, size, pick(2) ? 0 : 5, base, step);
    } else {
        emit_xrm(e, size, 0x8d, base, base, step);
    }
    emit_alu_ri(e, pick(2) ? size : 4, 5, H_RCX, 1);
    emit_jcc(e, pick(8) ? 5 : pick(16));
    emit_patch(e->p - 4, top);
}

static void make_program(struct program *p, unsigned mode, const struct x86_cpu_model *model)
{
    memset(p, 0, sizeof *p);
    p->legacy = mode != 8;
    p->half = mode == 2;
    p->set = &sets[p->legacy];
    p->gen = (struct lockstep_gen){ .rnd = rnd,
                                    .model = model,
                                    .mode = p->legacy ? 4 : 8,
                                    .bases = p->set->bases,
                                    .n_bases = p->set->n_bases + 1u,
                                    .disp_max = pick(4) ? 200 : 0x1800 };
    for (unsigned k = 0; k <= p->set->n_bases; k++) {
        p->gen.keep |= (uint16_t)(1u << p->set->bases[k]);
    }
    p->e.p = p->bytes;
    p->e.end = p->bytes + CODE_MAX;
    bool rare = pick(2), modify = pick(3) == 0, data = pick(3) == 0, loops = pick(2) && !p->half;
    for (unsigned l = 0; l < LABELS; l++) {
        p->label[l] = here(p);
        for (unsigned n = 1 + pick(14); n > 0; n--) {
            unsigned how = pick(20);
            uint32_t from = here(p);
            if (data && pick(2)) {
                gen_data(p);
            } else if (how < 8) {
                gen_alu(p);
            } else if (how < 17 || !rare) {
                gen_other(p);
            } else {
                gen_rare(p);
            }
            halve(p, from);
            from = here(p);
            if (modify && pick(6) == 0 && p->n_imm < 64) {
                emit_mov_ri(&p->e, value_reg(p), 0x7fffffff - pick(1000));
                halve(p, from);
                p->imm[p->n_imm++] = here(p) - 4;
            }
        }
        if (loops && pick(3) == 0) {
            gen_loop(p);
        }
        uint32_t from = here(p);
        gen_branch(p);
        halve(p, from);
    }
    emit_8(&p->e, 0xf4);
    for (unsigned k = 0; k < p->n_fix; k++) {
        uint32_t rel = p->label[p->fix[k].label] - (p->fix[k].at + 4);
        rel = p->fix[k].absolute ? X86_BOX_CODE + p->label[p->fix[k].label] : rel;
        memcpy(p->bytes + p->fix[k].at, &rel, 4);
    }
}

/* --- the two processors ----------------------------------------------------------------------- */

static void start(struct x86_box *b, const struct lockstep_saved *clean, const struct program *p,
                  uint32_t at, const uint64_t *regs, const struct x86_state *units)
{
    lockstep_repair(b, clean);
    memcpy(b->cpu->st.vec, units->vec, sizeof units->vec);
    b->cpu->st.fpu = units->fpu;
    x86_box_code(b, p->bytes, CODE_MAX);
    x86_code_map_written(b->cpu->code_map, X86_BOX_CODE, CODE_MAX);
    memcpy(b->cpu->st.gpr, regs, sizeof b->cpu->st.gpr);
    b->cpu->st.rip = X86_BOX_CODE + at;
    b->cpu->st.rflags = 2 | X86_FL_IF;
    b->cpu->st.mp = X86_MP_RUNNABLE;
    x86_set_rflags(b->cpu, regs[1], X86_FL_ARITH);
}

static void random_regs(const struct program *p, uint64_t *regs)
{
    for (unsigned k = 0; k < X86_GPR_COUNT; k++) {
        regs[k] = pick(2) ? rnd() << 16 ^ rnd() : rnd() & 0xff;
        regs[k] = p->legacy ? (uint32_t)regs[k] : regs[k];
    }
    for (unsigned k = 0; k < p->set->n_bases; k++) {
        regs[p->set->bases[k]] = X86_BOX_DATA + 0x100 + pick(DATA_SIZE - 0x1000);
    }
    regs[p->set->index] = pick(0x200);
    regs[X86_RSP] = STACK_TOP - 8 * pick(512);
}

/* An interrupt, whose handler returns at once. */
#define IRQ_VECTOR 0x40u
#define HANDLER    0x8000u

static void raise_irq(struct x86_box *b)
{
    b->last_irq = IRQ_VECTOR;
    atomic_fetch_or(&b->cpu->requests, X86_REQ_IRQ);
}

static bool same_memory(struct x86_box *a, struct x86_box *b, size_t from, size_t len)
{
    if (memcmp(a->ram + from, b->ram + from, len) != 0) {
        size_t k = from;
        while (a->ram[k] == b->ram[k]) {
            k++;
        }
        printf("  memory differs at %zx: interp %02x jit %02x\n", k, a->ram[k], b->ram[k]);
        return false;
    }
    return true;
}

/* Two processors: the interpreter's and the translator's. */
struct pair {
    struct x86_box *a, *b;
    struct lockstep_saved *clean;
};

static bool run_round(struct x86_box *a, struct x86_box *b, uint64_t *done)
{
    for (unsigned chunk = 0; chunk < 24; chunk++) {
        uint64_t n = pick(3) == 0 ? 1 + pick(40) : 1 + pick(2000), from = a->cpu->st.rip;
        uint64_t before = a->cpu->insn_count;
        if (pick(2)) {
            raise_irq(a);
            raise_irq(b);
        }
        enum x86_stop sa = x86_box_run(a, n), sb = x86_box_run(b, n);
        *done += a->cpu->insn_count - before;
        const char *what = sa != sb ? "stop" : lockstep_differ(a, b);
        if (what) {
            printf("  %s: stop interp %d jit %d, chunk %u of %" PRIu64 ", last agreed at %" PRIx64
                   "\n",
                   what, (int)sa, (int)sb, chunk, n, from);
            lockstep_print(a, b);
            return false;
        }
        if (sa != X86_STOP_LIMIT) {
            break;
        }
    }
    return true;
}

static bool run_program(const struct pair *q, const struct program *p, uint64_t *done)
{
    struct x86_box *a = q->a, *b = q->b;
    uint64_t regs[X86_GPR_COUNT];
    struct x86_state units = q->a->cpu->st;
    for (unsigned round = 0; round < 6; round++) {
        random_regs(p, regs);
        lockstep_registers(&p->gen, &units);
        uint32_t at = p->label[round ? pick(LABELS) : 0];
        start(a, q->clean, p, at, regs, &units);
        start(b, q->clean, p, at, regs, &units);
        if (!run_round(a, b, done) || !same_memory(a, b, X86_BOX_CODE, CODE_MAX) ||
            !same_memory(a, b, X86_BOX_DATA, 0x10000) ||
            !same_memory(a, b, STACK_TOP - 0x4000, 0x4000)) {
            printf("  round %u\n", round);
            return false;
        }
    }
    return true;
}

/* A 16-bit segment in protected mode, selector 24. */
#define GDT_16 0x6018u

static void open_16(struct pair *p)
{
    static const uint64_t code = 0x008f9b000000ffff;
    memcpy(p->a->ram + GDT_16, &code, 8);
    memcpy(p->b->ram + GDT_16, &code, 8);
    struct x86_state s;
    x86_cpu_get_state(p->a->cpu, &s);
    s.groups = X86_GROUP_ALL;
    s.gdt.limit = 0x1f;
    s.seg[X86_CS].sel = 24;
    s.seg[X86_CS].attr = 0x89b;
    x86_cpu_set_state(p->a->cpu, &s);
}

static bool open_pair(struct pair *p, unsigned mode)
{
    const uint8_t iret[2] = { mode == 8 ? 0x48 : 0x90, 0xcf };
    p->a = lockstep_box(mode == 8 ? 8 : 4);
    p->b = lockstep_box(mode == 8 ? 8 : 4);
    memcpy(p->a->ram + HANDLER + IRQ_VECTOR * 16, iret, 2);
    memcpy(p->b->ram + HANDLER + IRQ_VECTOR * 16, iret, 2);
    if (mode == 2) {
        open_16(p);
    }
    p->clean = lockstep_save(p->a);
    return tcg_jit_attach(p->b->cpu, 0x80000) == 0;
}

static void close_pair(struct pair *p, unsigned mode)
{
    struct tcg_jit_stats st;
    tcg_jit_stats(p->b->cpu, &st);
    printf("mode %u: %" PRIu64 " instructions executed, %" PRIu64 " faults, translated %" PRIu64
           " blocks, %" PRIu64 " of %" PRIu64 " instructions inline, %" PRIu64 " links, %" PRIu64
           " flushes\n",
           mode, p->b->cpu->insn_count, p->b->cpu->blocks->stats.faults, st.translated,
           st.inline_insns, st.insns, st.links, st.flushes);
    tcg_jit_detach(p->b->cpu);
    g_free(p->clean);
    x86_box_free(p->a);
    x86_box_free(p->b);
}

int main(int argc, char **argv)
{
    uint64_t want = argc > 1 ? strtoull(argv[1], NULL, 0) : 50000000, done = 0, programs = 0;
    GError *err = NULL;
    bool ok = true;
    setvbuf(stdout, NULL, _IOLBF, 0);
    if (!tcg_jit_supported(&err)) {
        printf("%s\n", err->message);
        return 77;
    }
    uint64_t seed = test_seed(0);
    rng_state = seed * 0x9e3779b97f4a7c15ull | 1;
    static const uint8_t modes[3] = { 8, 4, 2 };
    struct pair pairs[3];
    if (!open_pair(&pairs[0], 8) || !open_pair(&pairs[1], 4) || !open_pair(&pairs[2], 2)) {
        printf("no code memory\n");
        return 1;
    }
    struct program *p = malloc(sizeof *p);
    while (ok && done < want) {
        unsigned kind = pick(3) ? 0 : pick(4) ? 1 : 2;
        struct pair *q = &pairs[kind];
        tcg_jit_set_threshold(q->b->cpu, 1 + pick(3));
        make_program(p, modes[kind], &q->a->model);
        programs++;
        ok = run_program(q, p, &done) &&
             (programs % 64 != 0 || same_memory(q->a, q->b, 0, X86_BOX_RAM));
    }
    printf("%s%" PRIu64 " instructions in %" PRIu64 " programs, EMU_SEED=%" PRIu64 "\n",
           ok ? "" : "FAILED after ", done, programs, seed);
    free(p);
    for (unsigned k = 0; k < 3; k++) {
        close_pair(&pairs[k], modes[k]);
    }
    return !ok;
}
