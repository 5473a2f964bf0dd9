/* SPDX-License-Identifier: MIT */
/*
 * The decoder: prefixes, opcode, ModRM, row (optab.h), validity, memory operand, operands, in this
 * order. References are to the Intel SDM vol. 2, chapter 2 and appendix A.
 *
 * Where vendors differ Intel's way is taken: near branches in 64-bit code ignore 66 (AMD cuts the
 * target to 16 bits), LOCK MOV CR0 is #UD (AMD: CR8), far pointers in memory honour REX.W (AMD does
 * not). ES, CS, SS, DS overrides in 64-bit code are ignored and don't cancel FS or GS.
 */
#include <string.h>

#include "accel/x86/optab.h"
#include "accel/x86/state.h"

/* What the bytes before the opcode are. */
enum { BYTE_OPCODE, BYTE_SEG, BYTE_66, BYTE_67, BYTE_LOCK, BYTE_REP, BYTE_REPNE, BYTE_REX };

static const uint8_t byte_kind[256] = {
    [0x26] = BYTE_SEG, [0x2e] = BYTE_SEG, [0x36] = BYTE_SEG, [0x3e] = BYTE_SEG,
    [0x40] = BYTE_REX, [0x41] = BYTE_REX, [0x42] = BYTE_REX, [0x43] = BYTE_REX,
    [0x44] = BYTE_REX, [0x45] = BYTE_REX, [0x46] = BYTE_REX, [0x47] = BYTE_REX,
    [0x48] = BYTE_REX, [0x49] = BYTE_REX, [0x4a] = BYTE_REX, [0x4b] = BYTE_REX,
    [0x4c] = BYTE_REX, [0x4d] = BYTE_REX, [0x4e] = BYTE_REX, [0x4f] = BYTE_REX,
    [0x64] = BYTE_SEG, [0x65] = BYTE_SEG, [0x66] = BYTE_66, [0x67] = BYTE_67,
    [0xf0] = BYTE_LOCK, [0xf2] = BYTE_REPNE, [0xf3] = BYTE_REP,
};

struct operand_type {
    uint8_t addr, rsize, msize;
};
static const struct operand_type operand_types[X86_OT_COUNT] = {
#define X86_OT(name, ad, rs, ms) [X86_OT_##name] = {X86_AD_##ad, X86_SZ_##rs, X86_SZ_##ms},
    X86_OPERAND_TYPES(X86_OT)
#undef X86_OT
};

static const uint8_t operand_locs[] = {
    [X86_AD_E] = X86_LOC_RM,    [X86_AD_R] = X86_LOC_RM,   [X86_AD_M] = X86_LOC_RM,
    [X86_AD_Q] = X86_LOC_RM,    [X86_AD_N] = X86_LOC_RM,   [X86_AD_W] = X86_LOC_RM,
    [X86_AD_U] = X86_LOC_RM,    [X86_AD_G] = X86_LOC_REG,  [X86_AD_S] = X86_LOC_REG,
    [X86_AD_C] = X86_LOC_REG,   [X86_AD_D] = X86_LOC_REG,  [X86_AD_P] = X86_LOC_REG,
    [X86_AD_V] = X86_LOC_REG,   [X86_AD_B] = X86_LOC_VVVV, [X86_AD_H] = X86_LOC_VVVV,
    [X86_AD_L] = X86_LOC_IS4,   [X86_AD_Z] = X86_LOC_OPCODE, [X86_AD_SFIX] = X86_LOC_OPCODE,
    [X86_AD_STI] = X86_LOC_RM,  [X86_AD_ST0] = X86_LOC_NONE,
};

static const uint8_t op_class[X86_OP_COUNT] = {
#define X86_OP(name, class) [X86_OP_##name] = X86_CLS_##class,
#include "accel/x86/ops.def"
#undef X86_OP
};

/* Encodings that read ModRM, by operand. */
#define MODRM_OPERANDS                                                                           \
    (1ull << X86_AD_E | 1ull << X86_AD_R | 1ull << X86_AD_M | 1ull << X86_AD_G | 1ull << X86_AD_S |\
     1ull << X86_AD_C | 1ull << X86_AD_D | 1ull << X86_AD_P | 1ull << X86_AD_Q | 1ull << X86_AD_N |\
     1ull << X86_AD_V | 1ull << X86_AD_W | 1ull << X86_AD_U)
#define VVVV_OPERANDS (1ull << X86_AD_B | 1ull << X86_AD_H)

struct decoder {
    struct x86_insn *insn;
    const uint8_t *bytes;
    unsigned pos, end;
    bool starved;     /* wanted more bytes than there are */
    bool vex;
    bool vvvv_given;  /* VEX.vvvv isn't 1111; outside 64-bit code its top bit selects nothing */
    uint8_t rep;      /* X86_PP_NONE, X86_PP_F3, X86_PP_F2 */
    uint8_t rex_w;    /* counts in 64-bit code */
};

static inline uint8_t fetch8(struct decoder *d)
{
    if (UNLIKELY(d->pos >= d->end)) {
        d->starved = true;
        return 0;
    }
    return d->bytes[d->pos++];
}

/* size bytes, little-endian, zero-extended. */
static inline uint64_t fetch(struct decoder *d, unsigned size)
{
    uint64_t v = 0;
    if (UNLIKELY(size > d->end - d->pos)) {
        d->pos = d->end;
        d->starved = true;
        return 0;
    }
    for (unsigned i = 0; i < size; i++) {
        v |= (uint64_t)d->bytes[d->pos + i] << (8 * i);
    }
    d->pos += size;
    return v;
}

static inline uint64_t fetch_signed(struct decoder *d, unsigned size)
{
    unsigned shift = 64 - 8 * size;
    return (uint64_t)((int64_t)(fetch(d, size) << shift) >> shift);
}

static void segment_prefix(struct x86_insn *n, uint8_t b)
{
    unsigned seg = b < 0x60 ? b >> 3 & 3 : (unsigned)(b - 0x64 + X86_FS);
    if (n->mode == 8 && seg < X86_FS) {
        return;
    }
    n->seg = seg;
    n->prefixes |= X86_PFX_SEG;
}

/* Returns the first opcode byte. */
static uint8_t decode_prefixes(struct decoder *d)
{
    struct x86_insn *n = d->insn;
    uint8_t rex = 0;
    for (;;) {
        uint8_t b = fetch8(d);
        unsigned kind = byte_kind[b];
        if (LIKELY(kind == BYTE_OPCODE) || d->starved) {
            n->rex = rex & 15;
            n->prefixes |= rex ? X86_PFX_REX : 0;
            return b;
        }
        if (kind == BYTE_REX) {
            if (n->mode != 8) {
                return b;
            }
            rex = b;
            continue;
        }
        rex = 0; /* counts only directly before the opcode */
        switch (kind) {
        case BYTE_SEG:
            segment_prefix(n, b);
            break;
        case BYTE_66:
            n->prefixes |= X86_PFX_OPSIZE;
            break;
        case BYTE_67:
            n->prefixes |= X86_PFX_ADSIZE;
            break;
        case BYTE_LOCK:
            n->prefixes |= X86_PFX_LOCK;
            break;
        case BYTE_REP:
            n->prefixes = (n->prefixes & ~X86_PFX_REPNE) | X86_PFX_REP;
            break;
        default:
            n->prefixes = (n->prefixes & ~X86_PFX_REP) | X86_PFX_REPNE;
            break;
        }
    }
}

/* VEX (SDM 2.3.5). b: C4 or C5, its second byte not yet fetched. NULL: #UD or starved. */
static const struct x86_map *decode_vex(struct decoder *d, uint8_t b)
{
    static const struct x86_map *const maps[4] = {NULL, &x86_map_vex_0f, &x86_map_vex_0f38,
                                                  &x86_map_vex_0f3a};
    struct x86_insn *n = d->insn;
    uint8_t p1 = fetch8(d), p2 = p1, rex;
    unsigned map = 1;
    if (n->prefixes &
        (X86_PFX_REX | X86_PFX_LOCK | X86_PFX_OPSIZE | X86_PFX_REP | X86_PFX_REPNE)) {
        return NULL;
    }
    if (b == 0xc5) {
        rex = ~p1 >> 5 & 4;
    } else {
        p2 = fetch8(d);
        rex = (~p1 >> 5 & 7) | (p2 >> 4 & 8);
        map = p1 & 31;
    }
    if (n->mode != 8) {
        rex &= 8; /* only eight registers; W still tells instructions apart */
    }
    n->rex = rex;
    d->vvvv_given = (p2 & 0x78) != 0x78;
    n->vvvv = ~p2 >> 3 & (n->mode == 8 ? 15 : 7);
    n->vex_l = p2 >> 2 & 1;
    n->pp = p2 & 3;
    n->prefixes |= X86_PFX_VEX;
    d->vex = true;
    n->map = map & 3;
    if (map > 3 || d->starved) {
        return NULL;
    }
    return maps[map];
}

static bool peek_mod3(struct decoder *d)
{
    return d->pos < d->end && (d->bytes[d->pos] & 0xc0) == 0xc0;
}

/* The opcode and its map. NULL: #UD or starved. */
static const struct x86_map *decode_opcode(struct decoder *d)
{
    struct x86_insn *n = d->insn;
    uint8_t b = decode_prefixes(d);
    const struct x86_map *map = &x86_map_1;
    if (d->starved) {
        return NULL;
    }
    d->rep = n->prefixes & X86_PFX_REP ? X86_PP_F3 : n->prefixes & X86_PFX_REPNE ? X86_PP_F2 : 0;
    if (b == 0x0f) {
        b = fetch8(d);
        n->map = b == 0x38 ? 2 : b == 0x3a ? 3 : 1;
        map = n->map == 2 ? &x86_map_0f38 : n->map == 3 ? &x86_map_0f3a : &x86_map_0f;
        if (n->map != 1) {
            b = fetch8(d);
        }
        n->pp = d->rep ? d->rep : n->prefixes & X86_PFX_OPSIZE ? X86_PP_66 : X86_PP_NONE;
    } else if ((b & ~1) == 0xc4) {
        if (n->mode != 8 && d->pos >= d->end) {
            d->starved = true;
            return NULL;
        }
        if (n->mode == 8 || peek_mod3(d)) {
            map = decode_vex(d, b);
            b = map ? fetch8(d) : b;
        }
    }
    n->opcode = b;
    return d->starved ? NULL : map;
}

static void decode_modrm(struct decoder *d)
{
    d->insn->modrm = fetch8(d);
    d->insn->has_modrm = 1;
}

static inline uint64_t row_addrs(const struct x86_row *r)
{
    return 1ull << operand_types[r->opnd[0]].addr | 1ull << operand_types[r->opnd[1]].addr |
           1ull << operand_types[r->opnd[2]].addr;
}

static unsigned select_index(struct decoder *d, enum x86_row_kind kind)
{
    struct x86_insn *n = d->insn;
    switch (kind) {
    case X86_ROW_MODE:
        return n->mode == 8;
    case X86_ROW_W:
        return n->mode == 8 && (n->rex & 8);
    case X86_ROW_VW:
        return n->rex >> 3;
    case X86_ROW_L:
        return n->vex_l;
    case X86_ROW_PP:
        return n->pp;
    case X86_ROW_REP:
        return d->rep;
    default:
        break;
    }
    if (!n->has_modrm) {
        decode_modrm(d);
    }
    return kind == X86_ROW_REG ? n->modrm >> 3 & 7 : kind == X86_ROW_MOD ? n->modrm >= 0xc0 :
                                                                          n->modrm & 7;
}

static const struct x86_row *x87_row(struct decoder *d)
{
    unsigned op = d->insn->opcode & 7;
    decode_modrm(d);
    uint8_t m = d->insn->modrm;
    if (m < 0xc0) {
        return &x86_rows_x87_mem[op][m >> 3 & 7];
    }
    return &x86_rows_x87_reg[op][m >> 3 & 7];
}

/* NULL: starved. Otherwise a row of kind X86_ROW_INSN; ModRM fetched if it has one. */
static const struct x86_row *find_row(struct decoder *d, const struct x86_map *map)
{
    struct x86_insn *n = d->insn;
    const struct x86_row *r;
    const struct x86_row(*groups)[8] = map->groups;
    if (map->by_pp) { /* all but VZEROUPPER, which has a selector of its own, have ModRM */
        r = &map->rows[n->opcode * 4 + n->pp];
        if (r->kind != X86_ROW_L && (r->kind != X86_ROW_INSN || r->op != X86_OP_INVALID)) {
            decode_modrm(d);
        }
    } else if (map == &x86_map_1 && (n->opcode & 0xf8) == 0xd8) {
        r = x87_row(d);
        groups = x86_groups_x87;
    } else {
        r = &map->rows[n->opcode];
    }
    while (r->kind != X86_ROW_INSN && !d->starved) {
        if (r->kind == X86_ROW_SSE) {
            r = &x86_rows_0f_sse[n->opcode][n->pp];
        } else {
            unsigned k = select_index(d, r->kind);
            r = &groups[r->op][k];
        }
    }
    if (!n->has_modrm && (row_addrs(r) & MODRM_OPERANDS)) {
        decode_modrm(d);
    }
    if (r->flags & X86_RF_REGMOD) {
        n->modrm |= 0xc0;
    }
    return d->starved ? NULL : r;
}

static void decode_sizes(struct decoder *d, const struct x86_row *r)
{
    struct x86_insn *n = d->insn;
    bool w = n->mode == 8 && (n->rex & 8), p66 = n->prefixes & X86_PFX_OPSIZE;
    d->rex_w = w;
    if (n->mode == 8) {
        n->adsize = n->prefixes & X86_PFX_ADSIZE ? 4 : 8;
        if (w || (r->flags & X86_RF_F64)) {
            n->opsize = 8;
        } else {
            n->opsize = p66 ? 2 : r->flags & X86_RF_D64 ? 8 : 4;
        }
    } else {
        bool small = n->mode == 2;
        n->adsize = small != !!(n->prefixes & X86_PFX_ADSIZE) ? 2 : 4;
        n->opsize = small != p66 ? 2 : 4;
    }
    if (r->flags & X86_RF_B) {
        n->opsize = 1;
    } else if ((r->flags & X86_RF_Z) && n->opsize == 8) {
        n->opsize = 4;
    }
}

static unsigned size_of(const struct decoder *d, unsigned code)
{
    static const uint8_t fixed[X86_SZ_v] = {0, 1, 2, 4, 8, 16, 32, 10};
    const struct x86_insn *n = d->insn;
    switch (code) {
    case X86_SZ_v:
        return n->opsize;
    case X86_SZ_z:
        return n->opsize == 2 ? 2 : 4;
    case X86_SZ_y:
        return d->rex_w ? 8 : 4;
    case X86_SZ_p:
        return 2 + n->opsize;
    case X86_SZ_s:
        return n->mode == 8 ? 10 : 6;
    case X86_SZ_a:
        return 2 * n->opsize;
    case X86_SZ_env:
        return n->opsize == 2 ? 14 : 28;
    case X86_SZ_sav:
        return n->opsize == 2 ? 94 : 108;
    case X86_SZ_m:
        return n->mode == 8 ? 8 : 4;
    case X86_SZ_x:
        return n->vex_l ? 32 : 16;
    default:
        return fixed[code];
    }
}

/* What the encoding alone forbids, known once ModRM is there. */
static bool row_valid(const struct decoder *d, const struct x86_row *r)
{
    const struct x86_insn *n = d->insn;
    unsigned fl = r->flags;
    bool mem = n->has_modrm && n->modrm < 0xc0;
    if (r->op == X86_OP_INVALID) {
        return false;
    }
    if (fl & (n->mode == 8 ? X86_RF_I64 : X86_RF_O64)) {
        return false;
    }
    if ((n->prefixes & X86_PFX_LOCK) && (!(fl & X86_RF_LOCK) || !mem)) {
        return false;
    }
    if (fl & (X86_RF_NP | X86_RF_NF)) {
        if (d->rep || ((fl & X86_RF_NP) && (n->prefixes & X86_PFX_OPSIZE))) {
            return false;
        }
    }
    if (n->has_modrm) {
        uint64_t a = row_addrs(r);
        uint64_t wrong = mem ? 1ull << X86_AD_R | 1ull << X86_AD_N | 1ull << X86_AD_U
                             : 1ull << X86_AD_M;
        if ((a & wrong) && !(fl & X86_RF_REGMOD)) {
            return false;
        }
    }
    return true;
}

static bool vex_valid(const struct decoder *d, const struct x86_row *r)
{
    const struct x86_insn *n = d->insn;
    unsigned fl = r->flags;
    if (fl & (n->rex & 8 ? X86_RF_W0 : X86_RF_W1)) {
        return false;
    }
    if (fl & (n->vex_l ? X86_RF_L0 : X86_RF_L1)) {
        return false;
    }
    if (d->vvvv_given && !(row_addrs(r) & VVVV_OPERANDS)) {
        return false;
    }
    if (fl & X86_RF_VSIB) { /* needs a SIB byte; destination, index and mask all differ */
        if ((n->modrm & 7) != 4 || n->adsize == 2) {
            return false;
        }
    }
    return true;
}

static void memory16(struct decoder *d)
{
    static const uint8_t base[8] = {X86_RBX, X86_RBX, X86_RBP, X86_RBP,
                                    X86_RSI, X86_RDI, X86_RBP, X86_RBX};
    static const uint8_t index[8] = {X86_RSI, X86_RDI, X86_RSI, X86_RDI,
                                     X86_REG_NONE, X86_REG_NONE, X86_REG_NONE, X86_REG_NONE};
    struct x86_insn *n = d->insn;
    unsigned mod = n->modrm >> 6, rm = n->modrm & 7;
    n->base = base[rm];
    n->index = index[rm];
    if (mod == 0 && rm == 6) {
        n->base = X86_REG_NONE;
        mod = 2;
    }
    if (mod) {
        n->disp = mod == 1 ? (int8_t)fetch(d, 1) : (int16_t)fetch(d, 2);
    }
    if (n->base == X86_RBP && !(n->prefixes & X86_PFX_SEG)) {
        n->seg = X86_SS;
    }
}

static void memory32(struct decoder *d)
{
    struct x86_insn *n = d->insn;
    unsigned mod = n->modrm >> 6, rm = n->modrm & 7;
    n->base = rm | (n->rex & 1) << 3;
    if (rm == 4) {
        uint8_t sib = fetch8(d);
        n->base = (sib & 7) | (n->rex & 1) << 3;
        n->index = (sib >> 3 & 7) | (n->rex & 2) << 2;
        n->scale = sib >> 6;
        rm = sib & 7;
        if (rm == 5 && mod == 0) {
            n->base = X86_REG_NONE;
            mod = 2;
        }
    } else if (rm == 5 && mod == 0) {
        n->base = n->mode == 8 ? X86_REG_RIP : X86_REG_NONE;
        mod = 2;
    }
    if (mod) {
        n->disp = mod == 1 ? (int8_t)fetch(d, 1) : (int32_t)fetch(d, 4);
    }
    if ((n->base == X86_RSP || n->base == X86_RBP) && !(n->prefixes & X86_PFX_SEG)) {
        n->seg = X86_SS;
    }
}

/* false: #UD. */
static bool decode_memory(struct decoder *d, const struct x86_row *r)
{
    struct x86_insn *n = d->insn;
    if (!n->has_modrm || n->modrm >= 0xc0) {
        return true;
    }
    if (n->adsize == 2) {
        memory16(d);
    } else {
        memory32(d);
    }
    if (r->flags & X86_RF_VSIB) {
        unsigned reg = (n->modrm >> 3 & 7) | (n->rex & 4) << 1;
        return reg != n->index && reg != n->vvvv && n->index != n->vvvv;
    }
    if (n->index == X86_RSP && n->adsize != 2) {
        n->index = X86_REG_NONE;
        n->scale = 0;
    }
    return true;
}

static inline void set_gpr(const struct x86_insn *n, struct x86_operand *o, unsigned reg)
{
    o->kind = X86_OPND_GPR;
    o->reg = reg;
    if (o->size == 1 && reg >= 4 && reg < 8 && !(n->prefixes & (X86_PFX_REX | X86_PFX_VEX))) {
        o->kind = X86_OPND_GPRH;
        o->reg = reg - 4;
    }
}

static inline void set_vec(struct x86_operand *o, unsigned reg)
{
    o->kind = o->size == 32 ? X86_OPND_YMM : X86_OPND_XMM;
    o->reg = reg;
}

/* ModRM.rm as memory; false if it is a register. */
static inline bool rm_is_mem(struct decoder *d, struct x86_operand *o, unsigned msize)
{
    if (d->insn->modrm >= 0xc0) {
        return false;
    }
    o->kind = X86_OPND_MEM;
    o->size = size_of(d, msize);
    return true;
}

/* Control and debug registers that don't exist are #UD (SDM vol. 2, MOV--Move to/from Control
 * Registers, ... Debug Registers). */
static bool set_special(struct x86_operand *o, unsigned addr, unsigned reg)
{
    o->reg = reg;
    if (addr == X86_AD_C) {
        o->kind = X86_OPND_CR;
        return reg == 0 || (reg >= 2 && reg <= 4) || reg == 8;
    }
    o->kind = X86_OPND_DR;
    return reg < 8;
}

static void operand_imm(struct decoder *d, struct x86_operand *o, unsigned addr)
{
    struct x86_insn *n = d->insn;
    o->kind = X86_OPND_IMM;
    switch (addr) {
    case X86_AD_ONE:
        n->imm = 1;
        break;
    case X86_AD_IU:
        n->imm = fetch(d, o->size);
        break;
    case X86_AD_I2:
        o->kind = X86_OPND_IMM2;
        n->imm2 = fetch(d, o->size);
        break;
    case X86_AD_J:
        o->kind = X86_OPND_REL;
        n->imm = fetch_signed(d, o->size);
        break;
    case X86_AD_A:
        o->kind = X86_OPND_FAR;
        n->imm = fetch(d, o->size - 2);
        n->imm2 = fetch(d, 2);
        break;
    case X86_AD_L:
        n->imm = fetch8(d);
        set_vec(o, n->imm >> 4 & (n->mode == 8 ? 15 : 7));
        break;
    case X86_AD_O:
        o->kind = X86_OPND_MEM;
        n->imm = fetch(d, n->adsize);
        break;
    default:
        n->imm = fetch_signed(d, o->size);
        break;
    }
}

/* false: #UD. */
static bool decode_operand(struct decoder *d, struct x86_operand *o, unsigned type)
{
    struct x86_insn *n = d->insn;
    const struct operand_type *t = &operand_types[type];
    unsigned reg = (n->modrm >> 3 & 7) | (n->rex & 4) << 1;
    unsigned rm = (n->modrm & 7) | (n->rex & 1) << 3;
    o->size = size_of(d, t->rsize);
    switch (t->addr) {
    case X86_AD_E:
    case X86_AD_M:
    case X86_AD_R:
        if (!rm_is_mem(d, o, t->msize)) {
            set_gpr(n, o, rm);
        }
        break;
    case X86_AD_G:
        set_gpr(n, o, reg);
        break;
    case X86_AD_B:
        set_gpr(n, o, n->vvvv);
        break;
    case X86_AD_Z:
        set_gpr(n, o, (n->opcode & 7) | (n->rex & 1) << 3);
        break;
    case X86_AD_ACC:
        set_gpr(n, o, X86_RAX);
        break;
    case X86_AD_CL:
        set_gpr(n, o, X86_RCX);
        break;
    case X86_AD_DX:
        set_gpr(n, o, X86_RDX);
        break;
    case X86_AD_S:
        o->kind = X86_OPND_SEG;
        o->reg = reg & 7;
        /* There are six, and CS can't be moved to. */
        return o->reg <= X86_GS && !(o->reg == X86_CS && n->opcode == 0x8e);
    case X86_AD_SFIX:
        o->kind = X86_OPND_SEG;
        o->reg = n->opcode >> 3 & 7;
        break;
    case X86_AD_C:
    case X86_AD_D:
        return set_special(o, t->addr, reg);
    case X86_AD_P:
    case X86_AD_Q:
    case X86_AD_N:
        if (t->addr == X86_AD_P || !rm_is_mem(d, o, t->msize)) {
            o->kind = X86_OPND_MM;
            o->reg = (t->addr == X86_AD_P ? reg : rm) & 7; /* REX.R and REX.B ignored */
        }
        break;
    case X86_AD_V:
        set_vec(o, reg);
        break;
    case X86_AD_W:
    case X86_AD_U:
        if (!rm_is_mem(d, o, t->msize)) {
            set_vec(o, rm);
        }
        break;
    case X86_AD_H:
        set_vec(o, n->vvvv);
        break;
    case X86_AD_ST0:
    case X86_AD_STI:
        o->kind = X86_OPND_ST;
        o->reg = t->addr == X86_AD_ST0 ? 0 : n->modrm & 7;
        break;
    default:
        operand_imm(d, o, t->addr);
        break;
    }
    return true;
}

static bool decode_operands(struct decoder *d, const struct x86_row *r)
{
    struct x86_insn *n = d->insn;
    unsigned k = 0;
    for (; k < 4 && r->opnd[k]; k++) {
        if (!decode_operand(d, &n->opnd[k], r->opnd[k])) {
            return false;
        }
        n->opnd[k].access = r->acc >> (4 * k) & 15;
        n->opnd[k].loc = operand_locs[operand_types[r->opnd[k]].addr];
    }
    n->nopnd = k;
    return true;
}

/* 90h: XCHG rAX, rAX is NOP and doesn't clear the upper half; F3 makes it PAUSE. */
static void fix_nop(struct x86_insn *n)
{
    if (n->map == 0 && n->opcode == 0x90 && (!(n->rex & 1) || (n->prefixes & X86_PFX_REP)) &&
        !(n->prefixes & X86_PFX_VEX)) {
        n->op = n->prefixes & X86_PFX_REP ? X86_OP_PAUSE : X86_OP_NOP;
        n->nopnd = 0;
        memset(n->opnd, 0, sizeof n->opnd);
    }
}

/* Outside 64-bit code VEX.W widens no general register or integer; elsewhere it tells instructions
 * apart and stays. */
static void fix_w(struct x86_insn *n)
{
    switch (n->op) {
    case X86_OP_VMOVD:
    case X86_OP_VPEXTRD:
    case X86_OP_VPINSRD:
    case X86_OP_VCVTSI2SS:
    case X86_OP_VCVTSI2SD:
    case X86_OP_VCVTSS2SI:
    case X86_OP_VCVTSD2SI:
    case X86_OP_VCVTTSS2SI:
    case X86_OP_VCVTTSD2SI: n->rex &= 7; break;
    default: n->rex &= n->cls == X86_CLS_GPR_HOST ? 7 : 15; break;
    }
}

static enum x86_decode_result failed(const struct decoder *d)
{
    if (!d->starved) {
        d->insn->len = d->pos;
        return X86_DECODE_UD;
    }
    return d->end == X86_INSN_MAX ? X86_DECODE_TOO_LONG : X86_DECODE_SHORT;
}

enum x86_decode_result x86_decode(struct x86_insn *insn, const uint8_t *bytes, size_t avail,
                                  unsigned mode)
{
    struct decoder d = {.insn = insn, .bytes = bytes};
    d.end = avail < X86_INSN_MAX ? (unsigned)avail : X86_INSN_MAX;
    memset(insn, 0, sizeof *insn);
    insn->mode = mode;
    insn->seg = X86_DS;
    insn->base = insn->index = X86_REG_NONE;

    const struct x86_map *map = decode_opcode(&d);
    const struct x86_row *r = map ? find_row(&d, map) : NULL;
    if (!r || !row_valid(&d, r)) {
        return failed(&d);
    }
    decode_sizes(&d, r);
    insn->op = r->op;
    insn->feature = r->feature;
    insn->cls = r->flags & X86_RF_MMX ? X86_CLS_MMX : op_class[r->op];
    if (d.vex && !vex_valid(&d, r)) {
        return failed(&d);
    }
    if (!decode_memory(&d, r) || !decode_operands(&d, r) || d.starved) {
        return failed(&d);
    }
    fix_nop(insn);
    if (mode != 8) {
        fix_w(insn);
    }
    insn->len = d.pos;
    return X86_DECODE_OK;
}

const char *x86_op_name(enum x86_op op)
{
    static const char *const names[X86_OP_COUNT] = {
#define X86_OP(name, class) [X86_OP_##name] = #name,
#include "accel/x86/ops.def"
#undef X86_OP
    };
    return (unsigned)op < X86_OP_COUNT ? names[op] : "invalid";
}
