/* SPDX-License-Identifier: MIT */
/*
 * What translated code shares: entering and leaving it, calls of handlers, the jump cache, moving
 * the guest's vector registers into the host's and back.
 */
#include <stddef.h>

#include "accel/tcg/x86_64/stubs_x87.h"

#define VEC(k) (OFF(st.vec) + 64 * (int32_t)(k))

enum { CR0_EM_TS = 4 | 8, CR4_OSFXSR = 0x200, CR4_OSXSAVE = 0x40000, XCR0_AVX = 6 };
enum { MXCSR_MASKS = 0x1f80, MXCSR_FLAGS = 0x3f };

#define GPR(k) (OFF(st.gpr) + 8 * (int32_t)(k))

/* Between the frame, `depth` above RSP, and the processor, through rcx, which is the guest's
 * otherwise. */
static void emit_frame(struct emit *e, bool load, int32_t depth)
{
    for (unsigned k = 0; k < X86_GPR_COUNT; k++) {
        if (trans_framed(k) && load) {
            emit_xrc(e, 8, 0x8b, H_RCX, GPR(k), 0);
            emit_xrm(e, 8, 0x89, H_RCX, H_RSP, depth + trans_in_frame(k));
        } else if (trans_framed(k)) {
            emit_xrm(e, 8, 0x8b, H_RCX, H_RSP, depth + trans_in_frame(k));
            emit_xrc(e, 8, 0x89, H_RCX, GPR(k), 0);
        }
    }
    if (load) {
        emit_xrc(e, 8, 0x8b, H_RCX, OFF(jit.budget), 0);
        emit_xrm(e, 8, 0x89, H_RCX, H_RSP, depth + FRAME_BUDGET);
    } else {
        emit_xrm(e, 8, 0x8b, H_RCX, H_RSP, depth + FRAME_BUDGET);
        emit_xrc(e, 8, 0x89, H_RCX, OFF(jit.budget), 0);
    }
}

static void emit_regs(struct emit *e, bool load, int32_t depth)
{
    if (load) {
        emit_frame(e, true, depth);
    }
    for (unsigned k = 0; k < X86_GPR_COUNT; k++) {
        if (tcg_host_reg[k] != JIT_NO_REG) {
            emit_xrc(e, 8, load ? 0x8b : 0x89, tcg_host_reg[k], GPR(k), 0);
        }
    }
    if (!load) {
        emit_frame(e, false, depth);
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
    emit_alu_ri(e, 8, 5, H_RSP, FRAME_SIZE);
    emit_xrr(e, 8, 0x8b, H_RAX, H_RSI);
    emit_regs(e, true, 0);
    emit_xrr(e, 4, 0xff, 4, H_RAX);
}

/* --- vector registers ------------------------------------------------------------------------- */

static void emit_vecs(struct emit *e, bool load)
{
    for (unsigned k = 0; k < 16; k++) {
        emit_xrc(e, 4, load ? 0x0f10 : 0x0f11, k, VEC(k), 0);
    }
}

/* The whole of YMM to memory; its upper half from memory. */
static void emit_wide_vecs(struct emit *e, bool load)
{
    for (unsigned k = 0; k < 16; k++) {
        if (load) { /* VINSERTF128 ymm, ymm, m128, 1 */
            emit_8(e, 0xc4);
            emit_8(e, (k >= 8 ? 0x60 : 0xe0) | 3);
            emit_8(e, (~k & 15) << 3 | 4 | 1);
            emit_8(e, 0x18);
            emit_modrm_cpu(e, k, VEC(k) + 16, 1);
            emit_8(e, 1);
        } else { /* VMOVUPS m256, ymm */
            emit_8(e, 0xc5);
            emit_8(e, k >= 8 ? 0x7c : 0xfc);
            emit_8(e, 0x11);
            emit_modrm_cpu(e, k, VEC(k), 0);
        }
    }
}

static void emit_vzeroupper(struct emit *e)
{
    emit_8(e, 0xc5);
    emit_8(e, 0xf8);
    emit_8(e, 0x77);
}

static void emit_test_ci(struct emit *e, int32_t off, uint32_t imm)
{
    emit_xrc(e, 4, 0xf7, 0, off, 4);
    emit_32(e, imm);
}

static bool host_avx(void)
{
    return __builtin_cpu_supports("avx");
}

/* Called by translated code: cpu->jit.live says what came of it. Clobbers the scratch registers and
 * flags. The upper halves are clean: with anything in them SSE instructions would wait for the old
 * value of what they write, to merge it. */
static void stub_vec_load(struct emit *e)
{
    emit_test_ci(e, OFF(st.cr0), CR0_EM_TS);
    uint8_t *no1 = emit_jcc(e, 5);
    emit_test_ci(e, OFF(st.cr4), CR4_OSFXSR);
    uint8_t *no2 = emit_jcc(e, 4);
    emit_xrc(e, 4, 0x8b, T0, OFF(st.fpu.mxcsr), 0);
    emit_xrr(e, 4, 0x8b, T1, T0);
    emit_alu_ri(e, 4, 1, T1, MXCSR_MASKS);
    emit_xrc(e, 4, 0x89, T1, OFF(jit.tmp), 0);
    emit_xrc(e, 4, 0x0fae, 2, OFF(jit.tmp), 0); /* LDMXCSR */
    emit_xrr(e, 4, 0x8b, T2, T1);
    emit_xrr(e, 4, 0x33, T2, T0); /* 0: all masked */
    emit_alu_ri(e, 4, 7, T2, 1);
    emit_xrr(e, 4, 0x1b, T2, T2); /* -1 or 0 */
    emit_alu_ri(e, 4, 4, T2, JIT_LIVE_FP);
    emit_alu_ri(e, 4, 1, T2, JIT_LIVE_SSE);
    if (host_avx()) {
        emit_vzeroupper(e);
    }
    emit_vecs(e, true);
    emit_xrc(e, 1, 0x08, T2, OFF(jit.live), 0);
    emit_patch(no1, e->p);
    emit_patch(no2, e->p);
    emit_8(e, 0xc3);
}

/* The same for the upper halves, after stub_vec_load. Where all of them are 0 there is nothing to
 * load, and they stay clean. */
static void stub_avx_load(struct emit *e)
{
    uint8_t *no[3];
    emit_xrc(e, 1, 0xf6, 0, OFF(jit.live), 1);
    emit_8(e, JIT_LIVE_SSE);
    no[0] = emit_jcc(e, 4);
    emit_test_ci(e, OFF(st.cr4), CR4_OSXSAVE);
    no[1] = emit_jcc(e, 4);
    emit_xrc(e, 4, 0x8b, T0, OFF(st.xcr0), 0);
    emit_alu_ri(e, 4, 4, T0, XCR0_AVX);
    emit_alu_ri(e, 4, 7, T0, XCR0_AVX);
    no[2] = emit_jcc(e, 5);
    for (unsigned k = 0; k < 16; k++) {
        emit_xrc(e, 8, k ? 0x0b : 0x8b, T0, VEC(k) + 16, 0);
        emit_xrc(e, 8, k ? 0x0b : 0x8b, T1, VEC(k) + 24, 0);
    }
    emit_xrr(e, 8, 0x0b, T0, T1);
    uint8_t *clean = emit_jcc(e, 4);
    emit_wide_vecs(e, true);
    emit_patch(clean, e->p);
    emit_alu_ci(e, 1, 1, OFF(jit.live), JIT_LIVE_AVX);
    for (unsigned k = 0; k < 3; k++) {
        emit_patch(no[k], e->p);
    }
    emit_8(e, 0xc3);
}

/* Inline in the stubs below; clobbers rcx, rdx, rsi, r8, r9, flags, the guest's general registers
 * are saved. */
static void emit_vec_save(struct emit *e)
{
    uint8_t *wide = NULL, *done = NULL;
    emit_alu_ci(e, 1, 7, OFF(jit.live), 0);
    uint8_t *none = emit_jcc(e, 4);
    jit_emit_x87_save(e);
    emit_xrc(e, 1, 0xf6, 0, OFF(jit.live), 1);
    emit_8(e, JIT_LIVE_SSE);
    uint8_t *x87_only = emit_jcc(e, 4);
    emit_xrc(e, 4, 0x0fae, 3, OFF(jit.tmp), 0); /* STMXCSR */
    emit_xrc(e, 4, 0x8b, H_RSI, OFF(jit.tmp), 0);
    emit_alu_ri(e, 4, 4, H_RSI, MXCSR_FLAGS);
    emit_xrc(e, 4, 0x09, H_RSI, OFF(st.fpu.mxcsr), 0);
    emit_xrc(e, 4, 0x0fae, 2, OFF(io.host_mxcsr), 0);
    if (host_avx()) {
        emit_xrc(e, 1, 0xf6, 0, OFF(jit.live), 1);
        emit_8(e, JIT_LIVE_AVX);
        wide = emit_jcc(e, 5);
    }
    emit_vecs(e, false);
    if (wide) {
        done = emit_jmp(e);
        emit_patch(wide, e->p);
        emit_wide_vecs(e, false);
        emit_vzeroupper(e);
        emit_patch(done, e->p);
    }
    emit_patch(x87_only, e->p);
    emit_xrc(e, 1, 0xc6, 0, OFF(jit.live), 1);
    emit_8(e, 0);
    emit_patch(none, e->p);
}

/* --- memory ----------------------------------------------------------------------------------- */

void jit_emit_fetch_entry(struct emit *e, unsigned reg)
{
    emit_xrr(e, 8, 0x8b, reg, T0);
    emit_xrr(e, 8, 0xc1, 5, reg);
    emit_8(e, 12);
    emit_alu_ri(e, 4, 4, reg, X86_TLB_SIZE - 1);
    emit_xrc(e, 8, 0x8b, T2, OFF(jit.page), 0);
    emit_xrmx(e, 8, 0x8b, T2, (int)T2, reg, 3, 0);
    emit_xrr(e, 4, 0xc1, 4, reg);
    emit_8(e, 5);
    emit_xrc(e, 8, 0x03, reg, OFF(jit.tlb), 0);
}

/* An entry of a table of struct x86_tlb_entry for T0: rcx. tag: where in it. */
static void emit_entry_of(struct emit *e, int32_t table, unsigned shift, uint32_t mask)
{
    emit_xrr(e, 8, 0x8b, H_RCX, T0);
    emit_xrr(e, 8, 0xc1, 5, H_RCX);
    emit_8(e, shift - 5);
    emit_alu_ri(e, 4, 4, H_RCX, (int32_t)(mask << 5));
    emit_xrc(e, 8, 0x03, H_RCX, table, 0);
}

/* Called by translated code whose slot does not hold the access. In: T0 linear address, T1 size
 * less one, T2 offset of the slot. Carry set: not in the TLB either. Else T1 is the addend, and the
 * slot is filled if that may be. T0 is kept. */
static void stub_fill(struct emit *e, bool write, unsigned room)
{
    int32_t tag = write ? offsetof(struct x86_tlb_entry, tag_w)
                        : offsetof(struct x86_tlb_entry, tag_r);
    emit_push_pop(e, 0x50, H_RCX);
    emit_push_pop(e, 0x50, H_RDX);
    emit_push_pop(e, 0x50, H_RSI);
    emit_xrc(e, 8, 0xff, 0, OFF(jit.fills), 0);
    emit_xrmx(e, 8, 0x8d, T1, T0, T1, 0, 0); /* last byte */
    emit_entry_of(e, OFF(jit.big), 21, X86_BIG_SIZE - 1);
    emit_xrr(e, 8, 0x8b, H_RDX, T1);
    emit_alu_ri(e, 8, 4, H_RDX, -(int32_t)X86_BIG_SPAN);
    emit_mov_ri(e, H_RSI, X86_BIG_SPAN - room);
    emit_xrm(e, 8, 0x3b, H_RDX, H_RCX, tag);
    uint8_t *big = emit_jcc(e, 4);
    emit_entry_of(e, OFF(jit.tlb), 12, X86_TLB_SIZE - 1);
    emit_xrr(e, 8, 0x8b, H_RDX, T1);
    emit_alu_ri(e, 8, 4, H_RDX, -4096);
    emit_mov_ri(e, H_RSI, 4096 - room);
    emit_xrm(e, 8, 0x3b, H_RDX, H_RCX, tag);
    uint8_t *miss = emit_jcc(e, 5);
    emit_xrc(e, 4, 0xf7, 0, OFF(st.rflags), 4);
    emit_32(e, X86_FL_AC); /* may be all that allows the access */
    uint8_t *passing = emit_jcc(e, 5);
    emit_patch(big, e->p);
    emit_xrm(e, 8, 0x8b, T1, H_RCX, offsetof(struct x86_tlb_entry, addend));
    emit_xrc(e, 8, 0x8d, H_RCX, 0, 0);
    emit_xrmx(e, 8, 0x89, H_RDX, H_RCX, T2, 0, offsetof(struct x86_jit_slot, base));
    emit_xrmx(e, 4, 0x39, T2, H_RCX, T2, 0, offsetof(struct x86_jit_slot, listed)); /* listed? */
    uint8_t *listed = emit_jcc(e, 4);
    emit_xrmx(e, 4, 0x89, T2, H_RCX, T2, 0, offsetof(struct x86_jit_slot, listed));
    emit_xrc(e, 4, 0x8b, H_RDX, OFF(n_slots), 0);
    emit_xrmx(e, 4, 0x89, T2, H_RCX, H_RDX, 2, OFF(slot_list));
    emit_xrc(e, 4, 0xff, 0, OFF(n_slots), 0);
    emit_patch(listed, e->p);
    emit_xrmx(e, 8, 0x89, H_RSI, H_RCX, T2, 0, offsetof(struct x86_jit_slot, limit));
    emit_xrmx(e, 8, 0x89, T1, H_RCX, T2, 0, offsetof(struct x86_jit_slot, addend));
    emit_xrmx(e, 4, 0xff, 0, H_RCX, T2, 0, offsetof(struct x86_jit_slot, fills));
    emit_xrmx(e, 4, 0x83, 7, H_RCX, T2, 0, offsetof(struct x86_jit_slot, fills));
    emit_8(e, 64);
    uint8_t *fine = emit_jcc(e, 5);
    emit_xrc(e, 4, 0x89, T2, OFF(jit.bad_slot), 0); /* jit.c decides: code is left soon */
    int32_t budget = FRAME_BUDGET + 8 + 3 * 8; /* below it: where to return, three registers */
    emit_xrm(e, 8, 0x8b, H_RDX, H_RSP, budget);
    emit_xrc(e, 8, 0x29, H_RDX, OFF(jit.count_end), 0);
    emit_xrm(e, 8, 0x29, H_RDX, H_RSP, budget);
    emit_patch(fine, e->p);
    uint8_t *done = emit_jmp(e);
    emit_patch(passing, e->p);
    emit_xrm(e, 8, 0x8b, T1, H_RCX, offsetof(struct x86_tlb_entry, addend));
    emit_patch(done, e->p);
    emit_push_pop(e, 0x58, H_RSI);
    emit_push_pop(e, 0x58, H_RDX);
    emit_push_pop(e, 0x58, H_RCX);
    emit_8(e, 0xf8); /* CLC */
    emit_8(e, 0xc3);
    emit_patch(miss, e->p);
    emit_push_pop(e, 0x58, H_RSI);
    emit_push_pop(e, 0x58, H_RDX);
    emit_push_pop(e, 0x58, H_RCX);
    emit_8(e, 0xf9); /* STC */
    emit_8(e, 0xc3);
}

/* One miss in eight fills the slot: places that jump about would do nothing else. The others take
 * the addend from the TLB, which has the pieces used of large pages too. */
static void stub_miss(struct emit *e, const uint8_t *fill, bool write)
{
    int32_t tag = write ? offsetof(struct x86_tlb_entry, tag_w)
                        : offsetof(struct x86_tlb_entry, tag_r);
    int32_t addend = offsetof(struct x86_tlb_entry, addend);
    static const struct {
        int32_t table;
        unsigned shift, mask;
        int32_t page;
    } level[2] = { { OFF(jit.tlb), 12, X86_TLB_SIZE - 1, -4096 },
                   { OFF(jit.big), 21, X86_BIG_SIZE - 1, -(int32_t)X86_BIG_SPAN } };
    emit_alu_ci(e, 1, 0, OFF(jit.sample), 0x20);
    emit_patch(emit_jcc(e, 2), fill);
    emit_xrmx(e, 8, 0x8d, T1, T0, T1, 0, 0); /* last byte */
    for (unsigned n = 0; n < 2; n++) {
        emit_xrr(e, 8, 0x8b, T2, T0);
        emit_xrr(e, 8, 0xc1, 5, T2);
        emit_8(e, level[n].shift - 5);
        emit_alu_ri(e, 4, 4, T2, (int32_t)(level[n].mask << 5));
        emit_xrc(e, 8, 0x03, T2, level[n].table, 0);
        emit_alu_ri(e, 8, 4, T1, level[n].page);
        emit_xrm(e, 8, 0x3b, T1, T2, tag);
        uint8_t *no = emit_jcc(e, 5);
        emit_xrm(e, 8, 0x8b, T1, T2, addend);
        emit_8(e, 0xc3); /* the carry is clear */
        emit_patch(no, e->p);
    }
    emit_8(e, 0xf9); /* STC */
    emit_8(e, 0xc3);
}

/* --- out -------------------------------------------------------------------------------------- */

/* In: T0 RIP. */
static void stub_exit(struct emit *e, unsigned code)
{
    emit_xrc(e, 8, 0x89, T0, OFF(st.rip), 0);
    emit_regs(e, false, 0);
    emit_vec_save(e);
    emit_mov_ri(e, H_RAX, code);
    emit_alu_ri(e, 8, 0, H_RSP, FRAME_SIZE);
    for (size_t k = sizeof saved_regs; k-- > 0;) {
        emit_push_pop(e, 0x58, saved_regs[k]);
    }
    emit_8(e, 0xc3);
}

static void stub_exit_why(struct emit *e, const struct jit *j, unsigned why)
{
    emit_xrc(e, 1, 0xc6, 0, OFF(jit.why), 1);
    emit_8(e, why);
    emit_jmp_to(e, j->exit_next);
}

/* Called by translated code. In: T0 instruction, T1 block (offsets in the arena), T2 rest_off. */
static void stub_exec(struct emit *e, const struct jit *j, jit_exec_helper *helper)
{
    emit_alu_ri(e, 8, 5, H_RSP, 8);
    emit_regs(e, false, 16);
    emit_vec_save(e);
    emit_mov_ri(e, H_RDI, (uintptr_t)j->cpu);
    emit_xrr(e, 4, 0x8b, H_RSI, T0);
    emit_xrr(e, 4, 0x8b, H_RDX, T1);
    emit_xrr(e, 4, 0x8b, H_RCX, T2);
    emit_mov_ri(e, H_RAX, (uintptr_t)helper);
    emit_xrr(e, 4, 0xff, 2, H_RAX);
    emit_regs(e, true, 16);
    emit_alu_ri(e, 8, 0, H_RSP, 8);
    emit_8(e, 0xc3);
}

/* T1 is a jump whose key is of before a TLB flush: good if the TLB says that its page is mapped
 * where it was. T0 is kept. Jumps to `good` or out. */
static void emit_revalidate(struct emit *e, const struct jit *j, const uint8_t *good)
{
    uint8_t *miss[2], *other;
    emit_xrc(e, 8, 0x33, T2, OFF(jit.key), 0);
    emit_oprr(e, 1, 0x84, T2, T2); /* the mode and the privilege are in the low byte */
    other = emit_jcc(e, 5);
    emit_push_pop(e, 0x50, H_RCX);
    jit_emit_fetch_entry(e, H_RCX);
    emit_xrm(e, 8, 0x8b, H_RCX, H_RCX, offsetof(struct x86_tlb_entry, tag_x));
    emit_xrr(e, 8, 0x33, H_RCX, T0);
    emit_xrr(e, 8, 0xc1, 5, H_RCX);
    emit_8(e, 12);
    miss[0] = emit_jcc(e, 5);
    emit_xrm(e, 8, 0x33, T2, T1, offsetof(struct jit_jump, gpa));
    emit_xrr(e, 8, 0xc1, 5, T2);
    emit_8(e, 12);
    miss[1] = emit_jcc(e, 5);
    emit_xrc(e, 8, 0x8b, T2, OFF(jit.key), 0);
    emit_xrm(e, 8, 0x89, T2, T1, offsetof(struct jit_jump, key));
    emit_push_pop(e, 0x58, H_RCX);
    emit_jmp_to(e, good);
    for (unsigned k = 0; k < 2; k++) {
        emit_patch(miss[k], e->p);
    }
    emit_push_pop(e, 0x58, H_RCX);
    emit_jmp_to(e, j->exit_why[TCG_EXIT_OLD]);
    emit_patch(other, j->exit_why[TCG_EXIT_MISS]);
}

#define SITE(field) (int32_t)offsetof(struct x86_jit_site, field)

/* Leaves for jit.c to link the site cpu->jit.site. */
static void stub_site_first(struct emit *e, const struct jit *j)
{
    emit_xrc(e, 8, 0x89, T0, OFF(jit.site_rip), 0);
    emit_jmp_to(e, j->exit_why[TCG_EXIT_LINK]);
}

static void stub_site_check(struct emit *e, const uint8_t *first)
{
    emit_xrc(e, 4, 0x8b, T1, OFF(jit.site), 0);
    emit_xrc(e, 8, 0x8d, T2, OFF(site), 0);
    emit_xrmx(e, 8, 0x83, 7, (int)T2, T1, 0, SITE(code));
    emit_8(e, 0);
    emit_patch(emit_jcc(e, 4), first);
}

/* T1: the entry that was found for T0; both are kept. If the site leads to the same code, it is
 * good until a flush; one miss in 16 that goes elsewhere links it anew. */
static void emit_site_found(struct emit *e, const uint8_t *first)
{
    emit_push_pop(e, 0x50, H_RCX);
    emit_xrc(e, 4, 0x8b, H_RCX, OFF(jit.site), 0);
    emit_xrc(e, 8, 0x8d, T2, OFF(site), 0);
    emit_xrr(e, 8, 0x03, T2, H_RCX);
    emit_xrm(e, 8, 0x8b, H_RCX, T1, offsetof(struct jit_jump, code));
    emit_xrm(e, 8, 0x3b, H_RCX, T2, SITE(code));
    uint8_t *elsewhere = emit_jcc(e, 5);
    emit_xrm(e, 8, 0x89, T0, T2, SITE(rip));
    emit_xrm(e, 2, 0x83, 7, T2, SITE(listed));
    emit_8(e, 0);
    uint8_t *listed = emit_jcc(e, 5);
    emit_xrm(e, 2, 0xff, 0, T2, SITE(listed));
    emit_push_pop(e, 0x50, H_RDX);
    emit_xrc(e, 8, 0x8d, H_RDX, OFF(site), 0);
    emit_xrr(e, 8, 0x2b, T2, H_RDX);
    emit_xrc(e, 4, 0x8b, H_RCX, OFF(n_sites), 0);
    emit_xrmx(e, 4, 0x89, T2, H_RDX, H_RCX, 2, OFF(site_list) - OFF(site));
    emit_xrc(e, 4, 0xff, 0, OFF(n_sites), 0);
    emit_push_pop(e, 0x58, H_RDX);
    uint8_t *done = emit_jmp(e);
    emit_patch(elsewhere, e->p);
    emit_xrm(e, 2, 0x81, 0, T2, SITE(misses));
    emit_8(e, 0);
    emit_8(e, 0x10);
    emit_push_pop(e, 0x58, H_RCX);
    emit_patch(emit_jcc(e, 2), first);
    uint8_t *go = emit_jmp(e);
    emit_patch(listed, e->p);
    emit_patch(done, e->p);
    emit_push_pop(e, 0x58, H_RCX);
    emit_patch(go, e->p);
}

/* T0: RIP, T1: its entry of the jump cache. */
static void emit_go(struct emit *e)
{
    emit_alu_ri(e, 8, 4, T0, -4096);
    emit_xrc(e, 8, 0x89, T0, OFF(jit.rip_base), 0);
    emit_xrm(e, 4, 0xff, 4, T1, offsetof(struct jit_jump, code));
}

/* The entry of the jump cache for T0: T1. fail: it is another's, it is of before a flush. */
static void emit_find(struct emit *e, uint8_t *fail[2])
{
    emit_xrr(e, 8, 0x8b, T1, T0);
    emit_xrr(e, 8, 0xc1, 5, T1);
    emit_8(e, JIT_JUMP_BITS);
    emit_xrr(e, 4, 0x33, T1, T0);
    emit_alu_ri(e, 4, 4, T1, (1 << JIT_JUMP_BITS) - 1);
    emit_xrr(e, 4, 0xc1, 4, T1);
    emit_8(e, 5);
    emit_xrc(e, 8, 0x03, T1, OFF(jit.jump), 0);
    emit_xrm(e, 8, 0x3b, T0, T1, offsetof(struct jit_jump, rip));
    fail[0] = emit_jcc(e, 5);
    emit_xrm(e, 8, 0x8b, T2, T1, offsetof(struct jit_jump, key));
    emit_xrc(e, 8, 0x3b, T2, OFF(jit.key), 0);
    fail[1] = emit_jcc(e, 5);
}

void jit_emit_lookup(struct emit *e, uint8_t *fail[2])
{
    emit_find(e, fail);
    emit_go(e);
}

/* T0 is where the guest goes: through the jump cache, else out. */
static void stub_lookup(struct emit *e, struct jit *j)
{
    uint8_t *fail[2];
    const uint8_t *good = e->p;
    emit_go(e);
    j->lookup = e->p;
    jit_emit_lookup(e, fail);
    emit_patch(fail[0], j->exit_why[TCG_EXIT_MISS]);
    emit_patch(fail[1], e->p);
    emit_revalidate(e, j, good);
}

/* The same for the jump site cpu->jit.site. */
static void stub_lookup_far(struct emit *e, struct jit *j)
{
    uint8_t *fail[2];
    const uint8_t *first = e->p;
    stub_site_first(e, j);
    const uint8_t *good = e->p;
    emit_site_found(e, first);
    emit_go(e);
    j->lookup_far = e->p;
    stub_site_check(e, first);
    emit_find(e, fail);
    emit_jmp_to(e, good);
    emit_patch(fail[0], j->exit_why[TCG_EXIT_MISS]);
    emit_patch(fail[1], e->p);
    emit_revalidate(e, j, good);
}

void jit_stubs(struct jit *j)
{
    struct emit e = jit_emit(j, j->code.rw);
    j->enter = e.p;
    stub_enter(&e);
    j->exit_next = e.p;
    stub_exit(&e, 0);
    j->exit_system = e.p;
    stub_exit(&e, 1);
    static const uint8_t whys[] = { TCG_EXIT_SLICE, TCG_EXIT_MISS, TCG_EXIT_OLD, TCG_EXIT_LINK };
    for (size_t k = 0; k < sizeof whys; k++) {
        j->exit_why[whys[k]] = e.p;
        stub_exit_why(&e, j, whys[k]);
    }
    j->exec = e.p;
    stub_exec(&e, j, jit_exec_flags);
    j->exec_noflags = e.p;
    stub_exec(&e, j, jit_exec_noflags);
    stub_lookup(&e, j);
    stub_lookup_far(&e, j);
    j->vec_load = e.p;
    stub_vec_load(&e);
    if (host_avx()) {
        j->avx_load = e.p;
        stub_avx_load(&e);
    }
    j->x87_load = e.p;
    jit_stub_x87_load(&e);
    for (unsigned w = 0; w < 2; w++) {
        for (unsigned wide = 0; wide < 2; wide++) {
            j->fill[w][wide] = e.p;
            stub_fill(&e, w, wide ? X86_JIT_SLOT_WIDE : X86_JIT_SLOT_ROOM);
            j->miss[w][wide] = e.p;
            stub_miss(&e, j->fill[w][wide], w);
        }
    }
    j->used = j->fixed = (size_t)(e.p - j->code.rw);
}
