/* SPDX-License-Identifier: MIT */
/* link: accel/x86/[a-z]*.c accel/x86/x86_64/[a-z]*.c core/physmem.c core/physmem_access.c */
/* link: core/types.c core/log.c core/error.c core/opts.c os/posix/[a-z]*.c os/linux/[a-z]*.c */
/* link: tests/cpu/corners.c tests/lib/host_run.c */
/* libs: zydis */
/* timeout: 1200 */
/*
 * Random data instructions with random registers, flags and memory, on the interpreter and on the
 * host CPU: everything that is defined must be the same to the bit.
 *
 *   test_host_diff [COUNT]           default 10,500,000
 *   test_host_diff --replay FILE     a failing case that an earlier run wrote
 * EMU_SEED=N repeats a run; the seed is printed.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "accel/x86/cpu.h"
#include "accel/x86/disas.h"
#include "accel/x86/flags.h"
#include "accel/x86/mmu.h"
#include "core/physmem.h"
#include "os/os.h"
#include "tests/cpu/corners.h"
#include "tests/fake/seed.h"
#include "tests/lib/host_run.h"

#define DEFAULT_COUNT  10500000ull
#define RAM_SIZE       0x200000u
#define GUEST_CODE     0x20000000ull
#define GUEST_SYS      (GUEST_CODE + 0x1000) /* IDT; GDT and TSS; stack */
#define GUEST_HANDLERS (GUEST_CODE + 0x800)
#define PHYS_CODE      0x8000u
#define PHYS_SYS       0x9000u
#define PHYS_MEM       0x10000u
#define WINDOW         512u /* bytes of memory in play, around the page boundary */
#define WINDOW_OFF     (0x1000u - WINDOW / 2)

struct test_case {
    uint8_t bytes[16];
    uint32_t len;
    struct host_state in;
    uint8_t mem[WINDOW];
};

struct outcome {
    struct host_state s;
    uint8_t mem[WINDOW];
    int vector; /* -1: none */
};

static uint64_t rng_state;

static uint64_t rnd(void)
{
    rng_state ^= rng_state << 13;
    rng_state ^= rng_state >> 7;
    rng_state ^= rng_state << 17;
    return rng_state * 0x2545f4914f6cdd1dull;
}

/* --- the guest -------------------------------------------------------------------------------- */

static uint8_t *ram;
static struct x86_cpu *cpu;
static struct x86_cpu_model model;
static struct x86_state user_state;

static void map_page(uint64_t lin, uint64_t phys)
{
    uint64_t *pml4 = (uint64_t *)(ram + 0x1000), *pdpt = (uint64_t *)(ram + 0x2000),
             *pd = (uint64_t *)(ram + 0x3000);
    uint64_t *pt = (uint64_t *)(ram + (lin >= GUEST_CODE ? 0x5000 : 0x4000));
    pml4[0] = 0x2067;
    pdpt[0] = 0x3067;
    pd[lin >> 21 & 511] = (uint64_t)((uint8_t *)pt - ram) | 0x67;
    pt[lin >> 12 & 511] = phys | 0x67;
}

/* A gate a vector whose handler's address tells the vector. */
static void make_tables(struct x86_state *s)
{
    for (unsigned v = 0; v < 32; v++) {
        uint64_t to = GUEST_HANDLERS + v;
        uint64_t lo = (to & 0xffff) | 8u << 16 | 0x8e00ull << 32 | (to >> 16 & 0xffff) << 48,
                 hi = to >> 32;
        memcpy(ram + PHYS_SYS + 16 * v, &lo, 8);
        memcpy(ram + PHYS_SYS + 16 * v + 8, &hi, 8);
    }
    uint64_t code = 0x00209b0000000000ull, rsp0 = GUEST_SYS + 0x3000;
    memcpy(ram + PHYS_SYS + 0x1008, &code, 8);
    memcpy(ram + PHYS_SYS + 0x1804, &rsp0, 8);
    s->idt = (struct x86_dtable){ .base = GUEST_SYS, .limit = 0xfff };
    s->gdt = (struct x86_dtable){ .base = GUEST_SYS + 0x1000, .limit = 0x0f };
    s->seg[X86_TR] =
        (struct x86_seg){ .base = GUEST_SYS + 0x1800, .limit = 0x67, .sel = 0x40, .attr = 0x8b };
}

static uint64_t no_tsc(void *opaque)
{
    (void)opaque;
    return 0;
}

static void guest_init(void)
{
    static const struct x86_topology topo = { 1, 1, 1 };
    struct os_ram r;
    if (os_ram_alloc(&r, RAM_SIZE, "test") < 0) {
        abort();
    }
    ram = r.host;
    struct physmem *pm = physmem_new();
    physmem_add_ram(pm, "ram", 0, RAM_SIZE, ram, 0);
    struct x86_bus bus = { .tsc = no_tsc };
    x86_cpu_model_software(&model);
    cpu = x86_cpu_new(pm, &bus, &model, &topo, 0);
    map_page(GUEST_CODE, PHYS_CODE);
    for (unsigned k = 0; k < 3; k++) {
        map_page(GUEST_SYS + 0x1000 * k, PHYS_SYS + 0x1000 * k);
    }
    map_page(HOST_MEM_BASE, PHYS_MEM);
    map_page(HOST_MEM_BASE + 0x1000, PHYS_MEM + 0x1000);
    struct x86_state s;
    x86_state_reset(&s, true, model.signature);
    s.cr0 = X86_CR0_PE | X86_CR0_MP | X86_CR0_ET | X86_CR0_NE | X86_CR0_WP | X86_CR0_PG;
    s.cr3 = 0x1000;
    s.cr4 = X86_CR4_PAE | X86_CR4_OSFXSR | X86_CR4_OSXMMEXCPT | X86_CR4_OSXSAVE;
    s.xcr0 = 7;
    s.msr.efer = X86_EFER_LME | X86_EFER_LMA | X86_EFER_SCE | X86_EFER_NXE;
    for (unsigned k = 0; k < 6; k++) {
        s.seg[k] = (struct x86_seg){ .limit = 0xffffffff, .sel = 0x33, .attr = 0xcf3 };
    }
    s.seg[X86_CS].attr = 0xafb;
    s.seg[X86_CS].sel = 0x2b;
    s.rflags = 2;
    s.rip = GUEST_CODE;
    make_tables(&s);
    user_state = s;
    x86_cpu_set_state(cpu, &s);
}

static const uint8_t *fx_reg(const struct host_state *s, unsigned physical)
{
    unsigned top = (unsigned)s->fx[3] >> 3 & 7;
    return s->fx + 32 + 16 * ((physical - top) & 7);
}

static void guest_load(const struct test_case *t)
{
    struct x86_state *st = &cpu->st;
    memcpy(st->gpr, t->in.gpr, sizeof st->gpr);
    for (unsigned k = 0; k < 16; k++) {
        memset(&st->vec[k], 0, sizeof st->vec[k]);
        memcpy(&st->vec[k], t->in.vec[k], 32);
    }
    memcpy(&st->fpu.fcw, t->in.fx, 2);
    memcpy(&st->fpu.fsw, t->in.fx + 2, 2);
    st->fpu.ftw = t->in.fx[4];
    memcpy(&st->fpu.mxcsr, t->in.fx + 24, 4);
    for (unsigned k = 0; k < 8; k++) {
        memcpy(&st->fpu.r[k], fx_reg(&t->in, k), 10);
    }
    memcpy(ram + PHYS_MEM + WINDOW_OFF, t->mem, WINDOW);
    memcpy(ram + PHYS_CODE, t->bytes, t->len);
    st->rflags = 2 | (t->in.rflags & X86_FL_DF);
    x86_set_arith_flags(cpu, (uint32_t)t->in.rflags & X86_FL_ARITH);
    st->rip = GUEST_CODE;
    st->mp = X86_MP_RUNNABLE;
    memset(&st->ev, 0, sizeof st->ev);
}

static void guest_store(struct outcome *o)
{
    const struct x86_state *st = &cpu->st;
    memset(o, 0, sizeof *o);
    memcpy(o->s.gpr, st->gpr, sizeof st->gpr);
    for (unsigned k = 0; k < 16; k++) {
        memcpy(o->s.vec[k], &st->vec[k], 32);
    }
    memcpy(o->s.fx, &st->fpu.fcw, 2);
    memcpy(o->s.fx + 2, &st->fpu.fsw, 2);
    o->s.fx[4] = st->fpu.ftw;
    memcpy(o->s.fx + 24, &st->fpu.mxcsr, 4);
    unsigned top = st->fpu.fsw >> 11 & 7;
    for (unsigned k = 0; k < 8; k++) {
        memcpy(o->s.fx + 32 + 16 * k, &st->fpu.r[(top + k) & 7], 10);
    }
    memcpy(o->mem, ram + PHYS_MEM + WINDOW_OFF, WINDOW);
    o->s.rflags = x86_arith_flags(cpu) | (st->rflags & X86_FL_DF);
    o->vector = -1;
}

/* An exception ends at its handler's address. REP runs until done. */
static void guest_run(const struct test_case *t, struct outcome *o)
{
    guest_load(t);
    enum x86_stop stop = X86_STOP_NONE;
    for (unsigned k = 0; k < 64 && stop == X86_STOP_NONE && cpu->st.rip == GUEST_CODE; k++) {
        stop = x86_emulate_one(cpu);
    }
    guest_store(o);
    if (cpu->st.rip == GUEST_CODE + t->len && stop == X86_STOP_NONE) {
        return;
    }
    o->vector = cpu->st.rip - GUEST_HANDLERS < 32 ? (int)(cpu->st.rip - GUEST_HANDLERS) : 255;
    x86_cpu_set_state(cpu, &user_state); /* back to user mode */
}

static void native_run(const struct test_case *t, struct outcome *o)
{
    memset(o, 0, sizeof *o);
    o->s = t->in;
    memcpy(host_run_mem() + WINDOW_OFF, t->mem, WINDOW);
    o->vector = host_run(&o->s, t->bytes, t->len);
    memcpy(o->mem, host_run_mem() + WINDOW_OFF, WINDOW);
}

/* --- comparing -------------------------------------------------------------------------------- */

/* Flags that the manual leaves undefined (SDM vol. 2), by instruction. */
static uint32_t undefined_flags(const struct x86_insn *i, const struct host_state *in)
{
    const uint32_t sz = X86_FL_SF | X86_FL_ZF | X86_FL_PF | X86_FL_AF;
    uint64_t count =
        (i->nopnd > 1 && i->opnd[i->nopnd - 1].kind == X86_OPND_IMM ? i->imm : in->gpr[X86_RCX]) &
        (i->opsize == 8 ? 63 : 31);
    switch (i->op) {
    case X86_OP_AND:
    case X86_OP_OR:
    case X86_OP_XOR:
    case X86_OP_TEST:
    case X86_OP_ANDN: return X86_FL_AF | (i->op == X86_OP_ANDN ? X86_FL_PF : 0);
    case X86_OP_MUL:
    case X86_OP_IMUL: return sz;
    case X86_OP_DIV:
    case X86_OP_IDIV: return X86_FL_ARITH;
    case X86_OP_SHL:
    case X86_OP_SHR:
    case X86_OP_SAR:
        return count == 0 ? 0
                          : X86_FL_AF | (count != 1 ? X86_FL_OF : 0) |
                                (count >= i->opsize * 8u ? X86_FL_CF : 0);
    case X86_OP_SHLD:
    case X86_OP_SHRD:
        return count == 0               ? 0
               : count > i->opsize * 8u ? X86_FL_ARITH
                                        : X86_FL_AF | (count != 1 ? X86_FL_OF : 0);
    case X86_OP_ROL:
    case X86_OP_ROR:
    case X86_OP_RCL:
    case X86_OP_RCR: return count == 1 ? 0 : X86_FL_OF;
    case X86_OP_BT:
    case X86_OP_BTS:
    case X86_OP_BTR:
    case X86_OP_BTC: return X86_FL_OF | X86_FL_SF | X86_FL_AF | X86_FL_PF;
    case X86_OP_BSF:
    case X86_OP_BSR: return X86_FL_ARITH & ~(uint32_t)X86_FL_ZF;
    case X86_OP_LZCNT:
    case X86_OP_TZCNT: return X86_FL_OF | X86_FL_SF | X86_FL_AF | X86_FL_PF;
    case X86_OP_BEXTR: return X86_FL_SF | X86_FL_AF | X86_FL_PF;
    case X86_OP_BLSI:
    case X86_OP_BLSR:
    case X86_OP_BLSMSK:
    case X86_OP_BZHI: return X86_FL_AF | X86_FL_PF;
    default: return 0;
    }
}

/* DPPS and DPPD add products: where #U is unmasked, a product that is tiny and exact raises it on
 * the
 * host and is not seen here, since the host ran masked and only results can be looked at. */
static bool hidden_underflow(const struct x86_insn *i, const struct host_state *in)
{
    uint32_t mxcsr;
    memcpy(&mxcsr, in->fx + 24, 4);
    return !(mxcsr & 0x800) && (i->op == X86_OP_DPPS || i->op == X86_OP_DPPD ||
                                i->op == X86_OP_VDPPS || i->op == X86_OP_VDPPD);
}

/* SHLD/SHRD with a count above the operand size: the result is undefined too. */
static bool undefined_result(const struct x86_insn *i, const struct host_state *in)
{
    if (i->op != X86_OP_SHLD && i->op != X86_OP_SHRD) {
        return false;
    }
    uint64_t count =
        (i->opnd[2].kind == X86_OPND_IMM ? i->imm : in->gpr[X86_RCX]) & (i->opsize == 8 ? 63 : 31);
    return count > i->opsize * 8u;
}

static const char *differs(const struct x86_insn *i, const struct test_case *t,
                           const struct outcome *a, const struct outcome *b)
{
    if (hidden_underflow(i, &t->in)) {
        return NULL;
    }
    if (a->vector != b->vector) {
        return "exception";
    }
    if (a->vector >= 0) {
        return NULL; /* registers after a fault are looked at by test_faults */
    }
    if (undefined_result(i, &t->in)) {
        return NULL;
    }
    if (memcmp(a->s.gpr, b->s.gpr, sizeof a->s.gpr) != 0) {
        return "general registers";
    }
    if ((a->s.rflags ^ b->s.rflags) & ~(uint64_t)undefined_flags(i, &t->in)) {
        return "flags";
    }
    if (memcmp(a->s.vec, b->s.vec, sizeof a->s.vec) != 0) {
        return "vector registers";
    }
    if (memcmp(a->s.fx, b->s.fx, 5) != 0) {
        return "x87 control, status, tags";
    }
    if (memcmp(a->s.fx + 24, b->s.fx + 24, 4) != 0) {
        return "MXCSR";
    }
    for (unsigned k = 0; k < 8; k++) {
        if (memcmp(a->s.fx + 32 + 16 * k, b->s.fx + 32 + 16 * k, 10) != 0) {
            return "x87 registers";
        }
    }
    return memcmp(a->mem, b->mem, WINDOW) != 0 ? "memory" : NULL;
}

static bool decode_case(const struct test_case *t, struct x86_insn *i)
{
    return x86_decode(i, t->bytes, t->len, 8) == X86_DECODE_OK && i->len == t->len;
}

static const char *run_case(const struct test_case *t, struct outcome *guest,
                            struct outcome *native)
{
    struct x86_insn i;
    if (!decode_case(t, &i)) {
        return NULL;
    }
    native_run(t, native);
    guest_run(t, guest);
    return differs(&i, t, guest, native);
}

/* --- generating ------------------------------------------------------------------------------- */

struct form {
    uint8_t bytes[8]; /* up to and including ModRM */
    uint8_t n;        /* of them */
};

static struct form *forms;
static size_t nforms;

static bool wanted(const struct x86_insn *i)
{
    switch (i->op) {
    case X86_OP_ENTER:
    case X86_OP_LEAVE:
    case X86_OP_UD0:
    case X86_OP_UD1:
    case X86_OP_UD2:
    case X86_OP_FNSTENV:
    case X86_OP_FNSAVE: /* they show the instruction's address */ return false;
    default: break;
    }
    if (!x86_has(&model, (enum x86_feature_id)i->feature)) {
        return false;
    }
    if (i->map == 1 && i->opcode == 0x0d && i->modrm >= 0xc0) {
        return false; /* a NOP on Intel's processors, #UD on AMD's */
    }
    if (i->seg == X86_FS || i->seg == X86_GS) {
        return false; /* the host's own bases */
    }
    return i->cls == X86_CLS_INT || i->cls == X86_CLS_GPR_HOST || i->cls == X86_CLS_X87 ||
           i->cls == X86_CLS_MMX || i->cls == X86_CLS_SSE || i->cls == X86_CLS_AVX ||
           (i->cls == X86_CLS_STRING && i->op != X86_OP_INS && i->op != X86_OP_OUTS);
}

static void try_form(const uint8_t *bytes, unsigned n)
{
    uint8_t full[16] = { 0 };
    struct x86_insn i;
    memcpy(full, bytes, n);
    if (x86_decode(&i, full, 15, 8) != X86_DECODE_OK || !wanted(&i)) {
        return;
    }
    if (!i.has_modrm && n && bytes[n - 1]) {
        return; /* once, not for each ModRM */
    }
    forms = realloc(forms, (nforms + 1) * sizeof *forms);
    memcpy(forms[nforms].bytes, bytes, n);
    forms[nforms].n = (uint8_t)(i.has_modrm ? n : n - 1);
    nforms++;
}

/* prefix, opcode, then ModRM: [rbx + disp32] and a register form, for each reg value. */
static void try_opcode(uint8_t *b, unsigned n)
{
    for (unsigned reg = 0; reg < 8; reg++) {
        b[n] = (uint8_t)(0x83 | reg << 3);
        try_form(b, n + 1);
        b[n] = (uint8_t)(0xc1 | reg << 3);
        try_form(b, n + 1);
    }
    b[n] = 0;
    struct x86_insn i;
    uint8_t full[16] = { 0 };
    memcpy(full, b, n);
    if (x86_decode(&i, full, 15, 8) == X86_DECODE_OK && !i.has_modrm) {
        try_form(b, n + 1);
    }
    if (b[n - 1] >= 0xd8 && b[n - 1] <= 0xdf) { /* x87: every register form is its own */
        for (unsigned m = 0xc0; m < 0x100; m++) {
            b[n] = (uint8_t)m;
            try_form(b, n + 1);
        }
    }
}

/* Bytes that are not an opcode of this map. */
static bool is_prefix(unsigned map, unsigned op)
{
    if (map == 0) {
        return op == 0x0f || (op & 0xe7) == 0x26 || (op >= 0x40 && op < 0x50) || op == 0x62 ||
               (op >= 0x64 && op <= 0x67) || op == 0xc4 || op == 0xc5 || op == 0xf0 || op == 0xf2 ||
               op == 0xf3;
    }
    return map == 1 && (op == 0x38 || op == 0x3a);
}

static void make_legacy_forms(void)
{
    static const uint8_t prefixes[] = { 0, 0x66, 0xf3, 0xf2, 0xf0 };
    for (unsigned p = 0; p < sizeof prefixes; p++) {
        for (unsigned rex = 0; rex < 2; rex++) {
            for (unsigned map = 0; map < 4; map++) {
                for (unsigned op = 0; op < 256; op++) {
                    uint8_t b[8];
                    unsigned n = 0;
                    if (is_prefix(map, op)) {
                        continue;
                    }
                    if (prefixes[p]) {
                        b[n++] = prefixes[p];
                    }
                    if (rex) {
                        b[n++] = 0x48;
                    }
                    if (map) {
                        b[n++] = 0x0f;
                    }
                    if (map >= 2) {
                        b[n++] = map == 2 ? 0x38 : 0x3a;
                    }
                    b[n++] = (uint8_t)op;
                    try_opcode(b, n);
                }
            }
        }
    }
}

static void make_vex_forms(void)
{
    for (unsigned map = 1; map < 4; map++) {
        for (unsigned wlp = 0; wlp < 16; wlp++) {
            for (unsigned v = 0; v < 2; v++) {
                for (unsigned op = 0; op < 256; op++) {
                    uint8_t b[8] = { 0xc4, (uint8_t)(0xe0 | map),
                                     (uint8_t)((wlp & 8) << 4 | (v ? 0x78 : 0x68) | (wlp & 7)),
                                     (uint8_t)op };
                    try_opcode(b, 4);
                }
            }
        }
    }
}

static uint64_t interesting(void)
{
    static const uint64_t v[] = { 0,
                                  1,
                                  2,
                                  0x7f,
                                  0x80,
                                  0xff,
                                  0x7fff,
                                  0x8000,
                                  0xffff,
                                  0x7fffffff,
                                  0x80000000,
                                  0xffffffff,
                                  0x7fffffffffffffff,
                                  0x8000000000000000,
                                  ~0ull,
                                  0x100,
                                  0x0f0f0f0f0f0f0f0f };
    uint64_t r = rnd();
    switch (r & 3) {
    case 0: return v[(r >> 8) % (sizeof v / sizeof v[0])];
    case 1: return rnd() >> (r >> 8 & 63);
    default: return rnd();
    }
}

/* Vector elements: floating point's corner cases among random bits. */
static void random_vec(uint8_t *v)
{
    unsigned kind = rnd() & 3;
    for (unsigned k = 0; k < 4; k++) {
        bool floats = kind == 0 || (kind == 3 && (rnd() & 1));
        uint64_t x = corner_vec(rnd, floats      ? CORNER_FLOATS
                                     : kind == 1 ? CORNER_DOUBLE
                                                 : CORNER_ANY);
        memcpy(v + 8 * k, &x, 8);
    }
}

static void random_x87(struct host_state *s)
{
    uint16_t fcw =
        rnd() & 7 ? (uint16_t)(0x7f | (rnd() & 0xf00)) : (uint16_t)((rnd() & 0xf3f) | 0x40);
    uint16_t fsw = (uint16_t)(rnd() & 0x7f00);
    memset(s->fx, 0, sizeof s->fx);
    memcpy(s->fx, &fcw, 2);
    memcpy(s->fx + 2, &fsw, 2);
    s->fx[4] = rnd() & 3 ? (uint8_t)(rnd() | rnd()) : 0xff;
    for (unsigned k = 0; k < 8; k++) {
        uint64_t m = interesting();
        uint16_t se;
        corner_x87(rnd, &m, &se);
        memcpy(s->fx + 32 + 16 * k, &m, 8);
        memcpy(s->fx + 40 + 16 * k, &se, 2);
    }
    uint32_t mxcsr = 0x1f80 | (uint32_t)(rnd() & 0x6000);
    mxcsr |= rnd() & 7 ? 0 : 0x8040;
    mxcsr &= rnd() & 15 ? ~0u : ~(uint32_t)(rnd() & 0x1f80);
    memcpy(s->fx + 24, &mxcsr, 4);
}

/* Addresses point into the window; rsp too, in its upper half. */
static void aim_addresses(struct test_case *t, const struct x86_insn *i)
{
    uint64_t base = HOST_MEM_BASE + WINDOW_OFF;
    unsigned size = 64;
    uint64_t at = base + 96 + rnd() % (WINDOW - 96 - size - 96);
    if (rnd() & 1) {
        at &= ~63ull;
    }
    int32_t disp = (int32_t)(rnd() % 129) - 64;
    t->in.gpr[X86_RSP] = base + (WINDOW / 2 + rnd() % (WINDOW / 4));
    if (x86_insn_has_mem(i) && i->has_modrm) {
        uint64_t v = at - (uint64_t)(int64_t)i->disp;
        (void)disp;
        t->in.gpr[X86_RBX] = v;
    }
    if (i->cls == X86_CLS_STRING || i->op == X86_OP_MASKMOVDQU || i->op == X86_OP_VMASKMOVDQU ||
        i->op == X86_OP_MASKMOVQ) {
        t->in.gpr[X86_RSI] = at;
        t->in.gpr[X86_RDI] = base + 96 + rnd() % (WINDOW - 256);
        t->in.gpr[X86_RCX] = rnd() % 9;
    }
    if (i->op == X86_OP_XLAT) {
        t->in.gpr[X86_RBX] = base + rnd() % (WINDOW - 256);
    }
    /* Bit strings reach as far as their index says. */
    if ((i->op == X86_OP_BT || i->op == X86_OP_BTS || i->op == X86_OP_BTR || i->op == X86_OP_BTC) &&
        i->opnd[0].kind == X86_OPND_MEM && i->opnd[1].kind == X86_OPND_GPR &&
        i->opnd[1].reg != X86_RBX && i->opnd[1].reg != X86_RSP) {
        t->in.gpr[i->opnd[1].reg] = (uint64_t)(int64_t)((int)(rnd() % 512) - 256);
        t->in.gpr[i->opnd[1].reg] &= i->opsize == 8 ? ~0ull : i->opsize == 4 ? 0xffffffff : 0xffff;
    }
}

static bool is_gather(unsigned op)
{
    return op >= X86_OP_VGATHERDPS && op <= X86_OP_VPGATHERQQ;
}

static bool make_case(struct test_case *t)
{
    const struct form *f = &forms[rnd() % nforms];
    memset(t, 0, sizeof *t);
    memcpy(t->bytes, f->bytes, f->n);
    for (unsigned k = f->n; k < 16; k++) {
        t->bytes[k] = (uint8_t)rnd();
    }
    /* The displacement, if there is one, is the four bytes behind ModRM: keep it small. */
    int32_t disp = (int32_t)(rnd() % 257) - 128;
    if (f->n && (f->bytes[f->n - 1] & 0xc7) == 0x83 && f->n + 4 <= 15) {
        memcpy(t->bytes + f->n, &disp, 4);
    }
    struct x86_insn i;
    if (x86_decode(&i, t->bytes, 15, 8) != X86_DECODE_OK) {
        return false;
    }
    t->len = i.len;
    memset(t->bytes + i.len, 0, 16 - i.len);
    for (unsigned k = 0; k < 16; k++) {
        t->in.gpr[k] = interesting();
        random_vec(t->in.vec[k]);
    }
    t->in.rflags = rnd() & (X86_FL_ARITH | (i.cls == X86_CLS_STRING ? X86_FL_DF : 0));
    random_x87(&t->in);
    uint64_t pool = 0;
    for (unsigned k = 0; k < WINDOW; k += 32) {
        pool = rnd();
        if (pool & 1) {
            random_vec(t->mem + k);
        } else {
            for (unsigned n = 0; n < 32; n += 8) {
                uint64_t v = rnd();
                memcpy(t->mem + k + n, &v, 8);
            }
        }
    }
    if (is_gather(i.op)) {
        return false; /* random indices would leave the test memory: gathers are not compared */
    }
    aim_addresses(t, &i);
    return true;
}

/* --- failing ---------------------------------------------------------------------------------- */

static void print_insn(const struct test_case *t)
{
    char text[128];
    x86_disas(text, sizeof text, t->bytes, t->len, GUEST_CODE, 8);
    fprintf(stderr, "  ");
    for (unsigned k = 0; k < t->len; k++) {
        fprintf(stderr, "%02x ", t->bytes[k]);
    }
    fprintf(stderr, " %s\n", text);
}

static void print_diff(const struct outcome *g, const struct outcome *n)
{
    fprintf(stderr, "  vector: emu %d, host %d\n", g->vector, n->vector);
    for (unsigned k = 0; k < 16; k++) {
        if (g->s.gpr[k] != n->s.gpr[k]) {
            fprintf(stderr, "  gpr[%u]: emu %016" PRIx64 ", host %016" PRIx64 "\n", k, g->s.gpr[k],
                    n->s.gpr[k]);
        }
        if (memcmp(g->s.vec[k], n->s.vec[k], 32) != 0) {
            for (unsigned w = 0; w < 4; w++) {
                uint64_t a, b;
                memcpy(&a, g->s.vec[k] + 8 * w, 8);
                memcpy(&b, n->s.vec[k] + 8 * w, 8);
                fprintf(stderr, "  vec[%u].u64[%u]: emu %016" PRIx64 ", host %016" PRIx64 "\n", k,
                        w, a, b);
            }
        }
    }
    fprintf(stderr, "  flags: emu %03" PRIx64 ", host %03" PRIx64 "\n", g->s.rflags, n->s.rflags);
    uint32_t mg, mn;
    memcpy(&mg, g->s.fx + 24, 4);
    memcpy(&mn, n->s.fx + 24, 4);
    fprintf(stderr,
            "  fcw/fsw/ftw: emu %02x%02x %02x%02x %02x, host %02x%02x %02x%02x %02x; mxcsr %x %x\n",
            g->s.fx[1], g->s.fx[0], g->s.fx[3], g->s.fx[2], g->s.fx[4], n->s.fx[1], n->s.fx[0],
            n->s.fx[3], n->s.fx[2], n->s.fx[4], mg, mn);
    for (unsigned k = 0; k < 8; k++) {
        uint64_t a, b;
        uint16_t sa, sb;
        memcpy(&a, g->s.fx + 32 + 16 * k, 8);
        memcpy(&b, n->s.fx + 32 + 16 * k, 8);
        memcpy(&sa, g->s.fx + 40 + 16 * k, 2);
        memcpy(&sb, n->s.fx + 40 + 16 * k, 2);
        if (a != b || sa != sb) {
            fprintf(stderr, "  st(%u): emu %04x %016" PRIx64 ", host %04x %016" PRIx64 "\n", k, sa,
                    a, sb, b);
        }
    }
    for (unsigned k = 0; k < WINDOW; k++) {
        if (g->mem[k] != n->mem[k]) {
            fprintf(stderr, "  mem[%03x]: emu %02x, host %02x\n", k, g->mem[k], n->mem[k]);
        }
    }
}

/* Sets pieces of the input to zero as long as the case goes on failing in the same way. */
static void shrink(struct test_case *t, const char *why)
{
    struct outcome g, n;
    run_case(t, &g, &n);
    int vg = g.vector, vn = n.vector;
    struct {
        void *p;
        size_t len;
    } part[16 * 2 + WINDOW / 8 + 10];
    size_t parts = 0;
    for (unsigned k = 0; k < 16; k++) {
        part[parts].p = &t->in.gpr[k];
        part[parts++].len = 8;
        part[parts].p = t->in.vec[k];
        part[parts++].len = 32;
    }
    part[parts].p = &t->in.rflags;
    part[parts++].len = 8;
    for (unsigned k = 0; k < WINDOW; k += 8) {
        part[parts].p = t->mem + k;
        part[parts++].len = 8;
    }
    for (unsigned k = 0; k < 8; k++) {
        part[parts].p = t->in.fx + 32 + 16 * k;
        part[parts++].len = 10;
    }
    for (size_t k = 0; k < parts; k++) {
        uint8_t old[32];
        memcpy(old, part[k].p, part[k].len);
        memset(part[k].p, 0, part[k].len);
        const char *now = run_case(t, &g, &n);
        if (!now || strcmp(now, why) != 0 || g.vector != vg || n.vector != vn) {
            memcpy(part[k].p, old, part[k].len);
        }
    }
}

static void save_case(const struct test_case *t, const char *path)
{
    FILE *f = fopen(path, "w");
    if (!f) {
        return;
    }
    const uint8_t *b = (const uint8_t *)t;
    for (size_t k = 0; k < sizeof *t; k++) {
        fprintf(f, "%02x%s", b[k], k % 32 == 31 ? "\n" : "");
    }
    fprintf(f, "\n");
    fclose(f);
}

static int replay(const char *path)
{
    struct test_case t;
    uint8_t *b = (uint8_t *)&t;
    FILE *f = fopen(path, "r");
    unsigned v;
    size_t n = 0;
    while (f && n < sizeof t && fscanf(f, "%2x", &v) == 1) {
        b[n++] = (uint8_t)v;
    }
    if (f) {
        fclose(f);
    }
    if (n != sizeof t || t.len > 15) {
        fprintf(stderr, "%s: not a case file\n", path);
        return 2;
    }
    struct outcome g, h;
    const char *why = run_case(&t, &g, &h);
    print_insn(&t);
    fprintf(stderr, "%s\n", why ? why : "no difference");
    print_diff(&g, &h);
    return why != NULL;
}

static void report(struct test_case *t, const char *why, unsigned number)
{
    struct outcome g, n;
    char path[64];
    shrink(t, why);
    run_case(t, &g, &n);
    snprintf(path, sizeof path, "host-diff-%u.case", number);
    save_case(t, path);
    fprintf(stderr, "difference in %s, written to %s:\n", why, path);
    print_insn(t);
    print_diff(&g, &n);
}

int main(int argc, char **argv)
{
    setvbuf(stdout, NULL, _IOLBF, 0);
    if (!host_run_init()) {
        printf("SKIP: the host cannot run single instructions here\n");
        return 77;
    }
    guest_init();
    if (argc == 3 && strcmp(argv[1], "--replay") == 0) {
        return replay(argv[2]);
    }
    uint64_t count = argc > 1 ? strtoull(argv[1], NULL, 0) : DEFAULT_COUNT, done = 0;
    make_legacy_forms();
    make_vex_forms();
    printf("%zu forms\n", nforms);
    rng_state = test_seed(0);
    unsigned failures = 0;
    while (done < count && failures < 20) {
        struct test_case t;
        struct outcome g, n;
        if (!make_case(&t)) {
            continue;
        }
        done++;
        const char *why = run_case(&t, &g, &n);
        if (why) {
            report(&t, why, failures++);
        }
    }
    printf("%" PRIu64 " instructions, %u differences\n", done, failures);
    return failures != 0;
}
