/* SPDX-License-Identifier: MIT */
/*
 * Stubs on x86-64 hosts (System V calling convention).
 *
 * A stub keeps the instruction's opcode, prefixes, W, L and immediate, and renames its operands:
 *   ModRM.reg -> xmm1 / mm1 / r8     ModRM.rm -> xmm2 / mm2 / r9, or memory at [r11]
 *   vvvv      -> xmm3 / r10          imm8[7:4] -> xmm4
 * Arguments: rdi cpu, rsi reg, rdx rm (moved to r11), rcx vvvv, r8 is4. Implicit operands (XMM0,
 * RAX,
 * RDX, RCX) keep their numbers.
 */
#include "accel/x86/thunk.h"

#include <glib.h>
#include <string.h>

#include "os/os.h"

/* Room for every form there is: about 160,000, most of them immediates of a few dozen opcodes. The
 * host gives a page when it is used; a Linux guest uses one or two hundred KiB. */
#define CODE_SIZE (32u << 20)
#define STUB_MAX  256 /* bytes; longer than any stub */

struct form {
    uint8_t map, opcode, pp, w, vex, l, modrm_kind, reg_ext, imm, opsize16;
    uint8_t kind[4], loc[4];
};

struct stub_entry {
    struct form form;
    struct x86_stub stub;
};

/* One table for the process: stubs belong to no machine. Guarded by the mutex. */
static struct {
    GMutex mutex;
    GHashTable *table;
    struct os_code code;
    size_t used;
    bool failed;
} stubs;

struct buf {
    uint8_t b[STUB_MAX];
    size_t n;
};

static void put(struct buf *o, const char *bytes, size_t n)
{
    memcpy(o->b + o->n, bytes, n);
    o->n += n;
}
#define PUT(o, s) put(o, s, sizeof(s) - 1)

static void put8(struct buf *o, unsigned v)
{
    o->b[o->n++] = (uint8_t)v;
}

static void put32(struct buf *o, uint32_t v)
{
    memcpy(o->b + o->n, &v, 4);
    o->n += 4;
}

#define IO_OFF(f)  ((uint32_t)(offsetof(struct x86_cpu, io) + offsetof(struct x86_thunk_io, f)))
#define GPR_OFF(r) ((uint32_t)(offsetof(struct x86_cpu, st.gpr) + 8 * (r)))
#define VEC0_OFF   ((uint32_t)offsetof(struct x86_cpu, st.vec))

/* --- which form, which properties ------------------------------------------------------------- */

static bool is_x87(const struct x86_insn *i)
{
    return i->cls == X86_CLS_X87;
}

static struct form form_of(const struct x86_insn *i)
{
    struct form f;
    memset(&f, 0, sizeof f);
    bool reg_is_operand = false, mem = x86_insn_has_mem(i);
    f.map = i->map;
    f.opcode = i->opcode;
    f.pp = i->pp;
    f.w = i->rex >> 3 & 1;
    f.vex = (i->prefixes & X86_PFX_VEX) != 0;
    f.l = i->vex_l;
    f.modrm_kind = mem ? 1 : 2;
    for (unsigned k = 0; k < i->nopnd; k++) {
        const struct x86_operand *o = &i->opnd[k];
        f.kind[k] = o->kind;
        f.loc[k] = o->loc;
        reg_is_operand |= o->loc == X86_LOC_REG;
        if (o->kind == X86_OPND_IMM || o->loc == X86_LOC_IS4) {
            f.imm = (uint8_t)i->imm;
        }
        f.opsize16 |= o->kind == X86_OPND_GPR && o->size == 2 && i->cls == X86_CLS_GPR_HOST;
    }
    f.reg_ext = reg_is_operand ? 0xff : i->modrm >> 3 & 7;
    if (is_x87(i)) {
        /* The register form's rm is ST(i): part of the form. */
        f.imm = mem ? 0 : i->modrm;
    }
    return f;
}

/* --- emitting --------------------------------------------------------------------------------- */

static bool is_vec(unsigned kind)
{
    return kind == X86_OPND_XMM || kind == X86_OPND_YMM;
}

/* Moves a register operand between its host register and [ptr]: vectors 1-4, mm1-2, r8-r10. ptr is
 * the
 * ModRM rm of rsi (6), r11 (3, needs B), rcx (1), r8 (0, needs B). */
static void emit_move(struct buf *o, unsigned kind, bool vex, unsigned n, unsigned ptr, bool store)
{
    bool ext = ptr & 8;
    unsigned rm = ptr & 7;
    if (is_vec(kind) && vex) { /* vmovdqu ymm */
        put8(o, 0xc4);
        put8(o, 0xc1 | (ext ? 0 : 0x20));
        put8(o, 0x7e);
        put8(o, store ? 0x7f : 0x6f);
        put8(o, n << 3 | rm);
    } else if (is_vec(kind)) { /* movdqu xmm */
        put8(o, 0xf3);
        if (ext) {
            put8(o, 0x41);
        }
        PUT(o, "\x0f");
        put8(o, store ? 0x7f : 0x6f);
        put8(o, n << 3 | rm);
    } else if (kind == X86_OPND_MM) { /* movq mm */
        if (ext) {
            put8(o, 0x41);
        }
        PUT(o, "\x0f");
        put8(o, store ? 0x7f : 0x6f);
        put8(o, n << 3 | rm);
    } else { /* mov r8+n */
        put8(o, 0x4c | (ext ? 1 : 0));
        put8(o, store ? 0x89 : 0x8b);
        put8(o, n << 3 | rm);
    }
}

/* Host register number of an operand by its place: vectors and MM 1.., GPRs r8.. (returned as
 * 0..). */
static unsigned host_reg(unsigned kind, unsigned loc)
{
    unsigned n = loc == X86_LOC_REG ? 1 : loc == X86_LOC_RM ? 2 : loc == X86_LOC_VVVV ? 3 : 4;
    return kind == X86_OPND_GPR ? n - 1 : n;
}

static unsigned pointer_of(unsigned loc)
{
    return loc == X86_LOC_REG ? 6 : loc == X86_LOC_RM ? 8 | 3 : loc == X86_LOC_VVVV ? 1 : 8 | 0;
}

static bool is_register(unsigned kind)
{
    return is_vec(kind) || kind == X86_OPND_MM || kind == X86_OPND_GPR;
}

static const struct x86_operand *operand_at(const struct x86_insn *i, unsigned loc)
{
    for (unsigned k = 0; k < i->nopnd; k++) {
        if (i->opnd[k].loc == loc) {
            return &i->opnd[k];
        }
    }
    return NULL;
}

static bool is_pcmpestr(unsigned op)
{
    return op == X86_OP_PCMPESTRI || op == X86_OP_PCMPESTRM || op == X86_OP_VPCMPESTRI ||
           op == X86_OP_VPCMPESTRM;
}

static bool is_pcmpstri(unsigned op)
{
    return op == X86_OP_PCMPESTRI || op == X86_OP_PCMPISTRI || op == X86_OP_VPCMPESTRI ||
           op == X86_OP_VPCMPISTRI;
}

static bool is_pcmpstrm(unsigned op)
{
    return op == X86_OP_PCMPESTRM || op == X86_OP_PCMPISTRM || op == X86_OP_VPCMPESTRM ||
           op == X86_OP_VPCMPISTRM;
}

static bool reads_xmm0(unsigned op)
{
    return op == X86_OP_BLENDVPS || op == X86_OP_BLENDVPD || op == X86_OP_PBLENDVB ||
           op == X86_OP_SHA256RNDS2;
}

static void emit_implicit_loads(struct buf *o, const struct x86_insn *i)
{
    if (is_pcmpestr(i->op)) {
        PUT(o, "\x48\x8b\x87"); /* mov rax, [rdi + ..] */
        put32(o, GPR_OFF(X86_RAX));
    }
    if (is_pcmpestr(i->op) || i->op == X86_OP_MULX) {
        PUT(o, "\x48\x8b\x97"); /* mov rdx, [rdi + ..] */
        put32(o, GPR_OFF(X86_RDX));
    }
    if (reads_xmm0(i->op)) {
        PUT(o, "\xf3\x0f\x6f\x87"); /* movdqu xmm0, [rdi + ..] */
        put32(o, VEC0_OFF);
    }
}

static void emit_implicit_stores(struct buf *o, const struct x86_insn *i)
{
    if (is_pcmpstri(i->op)) {
        PUT(o, "\x89\xc9\x48\x89\x8f"); /* mov ecx, ecx; mov [rdi + ..], rcx */
        put32(o, GPR_OFF(X86_RCX));
    }
    if (is_pcmpstrm(i->op)) {
        if (i->prefixes & X86_PFX_VEX) {
            PUT(o, "\xc5\xfe\x7f\x87"); /* vmovdqu [rdi + ..], ymm0 */
        } else {
            PUT(o, "\xf3\x0f\x7f\x87");
        }
        put32(o, VEC0_OFF);
    }
}

static void emit_insn(struct buf *o, const struct x86_insn *i, const struct form *f)
{
    const struct x86_operand *reg = operand_at(i, X86_LOC_REG), *rm = operand_at(i, X86_LOC_RM);
    const struct x86_operand *v = operand_at(i, X86_LOC_VVVV), *is4 = operand_at(i, X86_LOC_IS4);
    bool r_ext = reg && reg->kind == X86_OPND_GPR;
    bool mem = f->modrm_kind == 1;
    bool b_ext = mem || (rm && rm->kind == X86_OPND_GPR);
    unsigned rn = reg ? host_reg(reg->kind, X86_LOC_REG) : f->reg_ext;
    unsigned bn = mem ? 3 : rm ? host_reg(rm->kind, X86_LOC_RM) : i->modrm & 7u;
    if (f->vex) {
        unsigned vn = v ? host_reg(v->kind, X86_LOC_VVVV) | (v->kind == X86_OPND_GPR ? 8u : 0) : 0;
        put8(o, 0xc4);
        put8(o, (r_ext ? 0 : 0x80u) | 0x40 | (b_ext ? 0 : 0x20u) | f->map);
        put8(o, (unsigned)f->w << 7 | (~vn & 15) << 3 | (unsigned)f->l << 2 | f->pp);
    } else {
        static const uint8_t pps[] = { 0, 0x66, 0xf3, 0xf2 };
        if (f->opsize16 && f->pp != 1) {
            put8(o, 0x66);
        }
        if (f->pp) {
            put8(o, pps[f->pp]);
        }
        unsigned rex = (unsigned)f->w << 3 | (r_ext ? 4 : 0) | (b_ext ? 1 : 0);
        if (rex || (reg && reg->kind == X86_OPND_GPR)) {
            put8(o, 0x40 | rex);
        }
        if (f->map) {
            put8(o, 0x0f);
        }
        if (f->map >= 2) {
            put8(o, f->map == 2 ? 0x38 : 0x3a);
        }
    }
    put8(o, f->opcode);
    put8(o, (mem ? 0 : 0xc0u) | rn << 3 | bn);
    bool imm = false;
    for (unsigned k = 0; k < i->nopnd; k++) {
        imm |= i->opnd[k].kind == X86_OPND_IMM;
    }
    if (is4) {
        put8(o, 0x40 | (f->imm & 0xf));
    } else if (imm) {
        put8(o, f->imm);
    }
}

static void emit_flags_in(struct buf *o)
{
    PUT(o, "\xff\xb7"); /* push [rdi + ..]; popfq */
    put32(o, IO_OFF(flags));
    PUT(o, "\x9d");
}

static void emit_flags_out(struct buf *o)
{
    PUT(o, "\x9c\x8f\x87"); /* pushfq; pop [rdi + ..] */
    put32(o, IO_OFF(flags));
}

static void emit_loads(struct buf *o, const struct x86_insn *i, const struct form *f)
{
    static const uint8_t order[] = { X86_LOC_IS4, X86_LOC_VVVV, X86_LOC_REG, X86_LOC_RM };
    for (unsigned k = 0; k < sizeof order; k++) {
        const struct x86_operand *op = operand_at(i, order[k]);
        if (op && is_register(op->kind)) {
            emit_move(o, op->kind, f->vex, host_reg(op->kind, order[k]), pointer_of(order[k]),
                      false);
        }
    }
}

static void emit_stores(struct buf *o, const struct x86_insn *i, const struct form *f)
{
    static const uint8_t order[] = { X86_LOC_VVVV, X86_LOC_RM, X86_LOC_REG };
    for (unsigned k = 0; k < sizeof order; k++) {
        const struct x86_operand *op = operand_at(i, order[k]);
        if (op && is_register(op->kind) && (op->access & (X86_ACC_W | X86_ACC_CR))) {
            emit_move(o, op->kind, f->vex, host_reg(op->kind, order[k]), pointer_of(order[k]),
                      true);
        }
    }
}

static unsigned build_vector(struct buf *o, const struct x86_insn *i, const struct form *f)
{
    unsigned props = x86_data_props(i);
    for (unsigned k = 0; k < i->nopnd; k++) {
        props |= i->opnd[k].kind == X86_OPND_MM ? X86_STUB_MMX : 0;
    }
    PUT(o, "\x51\x49\x89\xd3"); /* push rcx; mov r11, rdx */
    emit_loads(o, i, f);
    emit_implicit_loads(o, i);
    if (props & X86_STUB_FP) {
        PUT(o, "\x0f\xae\x97"); /* ldmxcsr [rdi + ..] */
        put32(o, IO_OFF(mxcsr));
    }
    if (props & X86_STUB_FLAGS_IN) {
        emit_flags_in(o);
    }
    emit_insn(o, i, f);
    if (props & X86_STUB_FLAGS_OUT) {
        emit_flags_out(o);
    }
    if (props & X86_STUB_FP) {
        PUT(o, "\x0f\xae\x9f"); /* stmxcsr [rdi + ..] */
        put32(o, IO_OFF(mxcsr));
        PUT(o, "\x0f\xae\x97"); /* ldmxcsr [rdi + ..] */
        put32(o, IO_OFF(host_mxcsr));
    }
    emit_implicit_stores(o, i);
    PUT(o, "\x59"); /* pop rcx */
    emit_stores(o, i, f);
    if (props & X86_STUB_MMX) {
        PUT(o, "\x0f\x77"); /* emms */
    }
    if (f->vex && i->cls == X86_CLS_AVX) {
        PUT(o, "\xc5\xf8\x77"); /* vzeroupper */
    }
    put8(o, 0xc3);
    return props;
}

/* x87: the whole unit's state goes in and out. The guest's own control word is in force: an
 * unmasked
 * exception stays pending in the image, since FXSAVE and FNINIT do not wait. */
static unsigned build_x87(struct buf *o, const struct x86_insn *i, const struct form *f)
{
    unsigned props = x86_data_props(i);
    PUT(o, "\x49\x89\xd3\x48\x0f\xae\x8f"); /* mov r11, rdx; fxrstor64 [rdi + ..] */
    put32(o, IO_OFF(fx));
    if (props & X86_STUB_FLAGS_IN) {
        emit_flags_in(o);
    }
    if (f->modrm_kind == 1) {
        put8(o, 0x41);
    }
    put8(o, f->opcode);
    put8(o, f->modrm_kind == 1 ? (i->modrm & 0x38u) | 3 : i->modrm);
    if (props & X86_STUB_FLAGS_OUT) {
        emit_flags_out(o);
    }
    PUT(o, "\x48\x0f\xae\x87"); /* fxsave64 [rdi + ..] */
    put32(o, IO_OFF(fx));
    PUT(o, "\xdb\xe3\xc3"); /* fninit; ret */
    return props;
}

/* --- the table -------------------------------------------------------------------------------- */

static guint form_hash(gconstpointer p)
{
    const uint8_t *b = p;
    guint h = 5381;
    for (size_t n = 0; n < sizeof(struct form); n++) {
        h = h * 33 + b[n];
    }
    return h;
}

static gboolean form_equal(gconstpointer a, gconstpointer b)
{
    return memcmp(a, b, sizeof(struct form)) == 0;
}

static bool stubs_ready(void)
{
    if (!stubs.table && !stubs.failed) {
        stubs.failed = os_code_alloc(&stubs.code, CODE_SIZE) < 0;
        stubs.table = g_hash_table_new(form_hash, form_equal);
    }
    return !stubs.failed && stubs.code.size - stubs.used >= STUB_MAX;
}

static const struct x86_stub *stub_make(const struct x86_insn *i, const struct form *f)
{
    if (!stubs_ready()) {
        return NULL;
    }
    struct buf o = { .n = 0 };
    struct stub_entry *e = g_new0(struct stub_entry, 1);
    e->form = *f;
    e->stub.props = is_x87(i) ? build_x87(&o, i, f) : build_vector(&o, i, f);
    memcpy(stubs.code.rw + stubs.used, o.b, o.n);
    uint8_t *entry = stubs.code.rx + stubs.used;
    memcpy(&e->stub.run, &entry, sizeof entry);
    stubs.used += (o.n + 15) & ~(size_t)15;
    g_hash_table_insert(stubs.table, &e->form, e);
    return &e->stub;
}

const struct x86_stub *x86_stub_get(const struct x86_insn *i)
{
    struct form f = form_of(i);
    g_mutex_lock(&stubs.mutex);
    struct stub_entry *e = stubs.table ? g_hash_table_lookup(stubs.table, &f) : NULL;
    const struct x86_stub *s = e ? &e->stub : stub_make(i, &f);
    g_mutex_unlock(&stubs.mutex);
    return s;
}
