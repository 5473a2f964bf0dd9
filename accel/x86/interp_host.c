/* SPDX-License-Identifier: MIT */
/*
 * MMX, SSE, AVX and BMI instructions: operands are gathered with all checks, a stub runs the
 * instruction on the host (thunk.h), results are stored. Intel SDM vol. 1 chapters 9 to 15, vol. 2
 * section 2.4 for the exception classes.
 *
 * SIMD exceptions never trap on the host: stubs run with all of them masked, and when the guest has
 * one unmasked that was raised, the destination gets its old value back and #XM is raised.
 */
#include "accel/x86/flags.h"
#include "accel/x86/host_ops.h"
#include "accel/x86/interp.h"
#include "accel/x86/thunk.h"

#define MXCSR_FLAGS 0x3fu
#define MXCSR_MASKS 0x1f80u
#define MXCSR_PRE   0x07u /* IE, DE, ZE: found before anything is computed */
#define MXCSR_UE    0x10u

/* --- may it run? ------------------------------------------------------------------------------ */

void x86_check_sse(struct x86_cpu *cpu)
{
    if (UNLIKELY((cpu->st.cr0 & (X86_CR0_EM | X86_CR0_TS)) || !(cpu->st.cr4 & X86_CR4_OSFXSR))) {
        if ((cpu->st.cr0 & X86_CR0_EM) || !(cpu->st.cr4 & X86_CR4_OSFXSR)) {
            x86_raise(x86_because(cpu, cpu->st.cr0 & X86_CR0_EM
                                           ? "SSE instruction while CR0.EM=1"
                                           : "SSE instruction while CR4.OSFXSR=0"), X86_EXC_UD);
        }
        x86_raise(x86_because(cpu, "CR0.TS=1"), X86_EXC_NM);
    }
}

void x86_check_avx(struct x86_cpu *cpu)
{
    if (UNLIKELY(!(cpu->st.cr4 & X86_CR4_OSXSAVE) || (cpu->st.xcr0 & 6) != 6 ||
                 !(cpu->st.cr0 & X86_CR0_PE) || (cpu->st.rflags & X86_FL_VM))) {
        x86_because(cpu, !(cpu->st.cr4 & X86_CR4_OSXSAVE) ? "AVX instruction while CR4.OSXSAVE=0"
                         : (cpu->st.xcr0 & 6) != 6 ? "AVX instruction not enabled in XCR0"
                                                   : "AVX instruction in real or V86 mode");
        x86_raise(cpu, X86_EXC_UD);
    }
    if (UNLIKELY(cpu->st.cr0 & X86_CR0_TS)) {
        x86_raise(x86_because(cpu, "CR0.TS=1"), X86_EXC_NM);
    }
}

void x86_check_mmx(struct x86_cpu *cpu)
{
    if (UNLIKELY(cpu->st.cr0 & (X86_CR0_EM | X86_CR0_TS))) {
        x86_raise(cpu, cpu->st.cr0 & X86_CR0_EM ? X86_EXC_UD : X86_EXC_NM);
    }
    x86_check_mf(cpu);
}

static void check_class(struct x86_cpu *cpu, const struct x86_insn *i, const struct x86_stub *s)
{
    switch (i->cls) {
    case X86_CLS_AVX: x86_check_avx(cpu); break;
    case X86_CLS_SSE:
        x86_check_sse(cpu);
        if (UNLIKELY(s->props & X86_STUB_MMX)) {
            x86_check_mf(cpu);
        }
        break;
    case X86_CLS_MMX: x86_check_mmx(cpu); break;
    default: /* BMI by VEX is for protected mode */
        if ((i->prefixes & X86_PFX_VEX) &&
            (!(cpu->st.cr0 & X86_CR0_PE) || (cpu->st.rflags & X86_FL_VM))) {
            x86_raise(cpu, X86_EXC_UD);
        }
        break;
    }
}

/* --- memory operands -------------------------------------------------------------------------- */

/* AMD's processors take unaligned operands of the SHA instructions, against both manuals' tables.
 * */
static bool excused(const struct x86_cpu *cpu, const struct x86_insn *i)
{
    return i->op >= X86_OP_SHA1NEXTE && i->op <= X86_OP_SHA256MSG2 &&
           strcmp(cpu->model->vendor, "AuthenticAMD") == 0;
}

static uint64_t operand_lin(struct x86_cpu *cpu, const struct x86_insn *i, unsigned size,
                            bool write)
{
    uint64_t lin = x86_mem_lin(cpu, i, size, write ? X86_ACCESS_WRITE : X86_ACCESS_READ);
    unsigned align = x86_data_alignment(i, size);
    if (UNLIKELY(lin & (align - 1)) && !excused(cpu, i)) {
        x86_raise_error(x86_because(cpu, "the operand is not aligned"), X86_EXC_GP, 0);
    }
    return lin;
}

void x86_load_vec(struct x86_cpu *cpu, uint64_t lin, void *out, unsigned size)
{
    bool user = x86_user(cpu);
    const struct x86_tlb_entry *e = x86_tlb_slot(cpu, lin, user);
    if (LIKELY(e->tag_r == (lin & ~0xfffull) && (lin & 0xfff) <= 0x1000 - size)) {
        guest_move(out, (const void *)(uintptr_t)(lin + e->addend), size);
        return;
    }
    x86_load_bytes(cpu, lin, out, size, user);
}

void x86_store_vec(struct x86_cpu *cpu, uint64_t lin, const void *in, unsigned size)
{
    bool user = x86_user(cpu);
    const struct x86_tlb_entry *e = x86_tlb_slot(cpu, lin, user);
    if (LIKELY(e->tag_w == (lin & ~0xfffull) && (lin & 0xfff) <= 0x1000 - size)) {
        guest_move((void *)(uintptr_t)(lin + e->addend), in, size);
        return;
    }
    x86_store_bytes(cpu, lin, in, size, user);
}

/* --- running a stub --------------------------------------------------------------------------- */

/* The tables say what the encoding needs; a feature that the processor has not is #UD. Once a
 * decoded instruction. */
const struct x86_stub *x86_stub_of(struct x86_cpu *cpu, const struct x86_insn *i)
{
    if (LIKELY(i->aux != NULL)) {
        return i->aux;
    }
    const struct x86_stub *s =
        x86_has(cpu->model, (enum x86_feature_id)i->feature) ? x86_stub_get(i) : NULL;
    if (!s) {
        x86_raise(cpu, X86_EXC_UD);
    }
    ((struct x86_insn *)i)->aux = (void *)s;
    return s;
}

static void *register_ptr(struct x86_cpu *cpu, const struct x86_operand *o)
{
    switch (o->kind) {
    case X86_OPND_XMM:
    case X86_OPND_YMM: return &cpu->st.vec[o->reg];
    case X86_OPND_MM: return &cpu->st.fpu.r[o->reg & 7].mant;
    default: return &cpu->st.gpr[o->reg];
    }
}

struct operands {
    void *at[5]; /* by X86_LOC_* */
    const struct x86_operand *mem;
    uint64_t lin;
};

static void gather_operands(struct x86_cpu *cpu, const struct x86_insn *i, struct operands *p)
{
    for (unsigned k = 0; k < i->nopnd; k++) {
        const struct x86_operand *o = &i->opnd[k];
        if (o->kind == X86_OPND_MEM) {
            p->mem = o;
            p->lin = operand_lin(cpu, i, o->size, o->access & X86_ACC_W);
            if (o->access & X86_ACC_R) {
                x86_load_vec(cpu, p->lin, cpu->mem_buf, o->size);
            }
            p->at[X86_LOC_RM] = cpu->mem_buf;
        } else if (o->loc > X86_LOC_NONE && o->loc <= X86_LOC_IS4) {
            p->at[o->loc] = register_ptr(cpu, o);
        }
    }
}

/* Any MMX instruction: TOP = 0, all registers in use; written ones get an all-ones exponent. */
void x86_enter_mmx(struct x86_cpu *cpu)
{
    cpu->st.fpu.fsw &= (uint16_t)~0x3800;
    cpu->st.fpu.ftw = 0xff;
}

static void finish_mmx(struct x86_cpu *cpu, const struct x86_insn *i)
{
    x86_enter_mmx(cpu);
    for (unsigned k = 0; k < i->nopnd; k++) {
        if (i->opnd[k].kind == X86_OPND_MM && (i->opnd[k].access & X86_ACC_W)) {
            cpu->st.fpu.r[i->opnd[k].reg & 7].se = 0xffff;
        }
    }
}

/* Tiny results that are exact raise #U only where it is unmasked; the host ran masked. */
static bool has_denormal(const union x86_vec *v, const struct x86_insn *i)
{
    const char *name = x86_op_name((enum x86_op)i->op);
    size_t len = strlen(name);
    bool dbl = name[len - 1] == 'D', scalar = name[len - 2] == 'S';
    unsigned bytes = scalar ? (dbl ? 8 : 4) : i->vex_l ? 32 : 16;
    for (unsigned k = 0; dbl && k < bytes / 8; k++) {
        if (!(v->u64[k] & 0x7ff0000000000000ull) && (v->u64[k] & 0xfffffffffffffull)) {
            return true;
        }
    }
    for (unsigned k = 0; !dbl && k < bytes / 4; k++) {
        if (!(v->u32[k] & 0x7f800000) && (v->u32[k] & 0x7fffff)) {
            return true;
        }
    }
    return false;
}

static bool can_underflow(const struct x86_insn *i)
{
    const char *name = x86_op_name((enum x86_op)i->op);
    name += (i->prefixes & X86_PFX_VEX) && *name == 'V';
    return strstr(name, "ADD") || strstr(name, "SUB") || strstr(name, "MUL") ||
           strncmp(name, "DIV", 3) == 0 || strncmp(name, "DPP", 3) == 0 ||
           strncmp(name, "CVTSD2SS", 8) == 0 || strncmp(name, "CVTPD2PS", 8) == 0;
}

static _Noreturn void raise_simd(struct x86_cpu *cpu, unsigned raised, unsigned unmasked)
{
    cpu->st.fpu.mxcsr |= unmasked & MXCSR_PRE ? raised & MXCSR_PRE : raised;
    x86_raise(cpu, cpu->st.cr4 & X86_CR4_OSXMMEXCPT ? X86_EXC_XM : X86_EXC_UD);
}

/* Some exception is unmasked: keep what the instruction may not change. */
static void run_fp_unmasked(struct x86_cpu *cpu, const struct x86_insn *i, const struct x86_stub *s,
                            const struct operands *p)
{
    unsigned masks = cpu->st.fpu.mxcsr >> 7 & MXCSR_FLAGS;
    void *dst = NULL;
    size_t size = 0;
    if (i->opnd[0].kind == X86_OPND_GPR || i->opnd[0].kind == X86_OPND_MM) {
        dst = register_ptr(cpu, &i->opnd[0]);
        size = 8;
    } else if (i->opnd[0].kind != X86_OPND_MEM) {
        dst = register_ptr(cpu, &i->opnd[0]);
        size = sizeof(union x86_vec);
    }
    union x86_vec old;
    memset(&old, 0, sizeof old);
    memcpy(&old, dst ? dst : cpu->mem_buf, dst ? size : 0);
    cpu->io.mxcsr = (cpu->st.fpu.mxcsr | MXCSR_MASKS) & ~MXCSR_FLAGS;
    s->run(cpu, p->at[X86_LOC_REG], p->at[X86_LOC_RM], p->at[X86_LOC_VVVV], p->at[X86_LOC_IS4]);
    unsigned raised = cpu->io.mxcsr & MXCSR_FLAGS;
    if (!(masks & MXCSR_UE) && size == sizeof old && can_underflow(i) && has_denormal(dst, i)) {
        raised |= MXCSR_UE;
    }
    if (raised & ~masks) {
        if (dst) {
            memcpy(dst, &old, size);
        }
        raise_simd(cpu, raised, raised & ~masks);
    }
    cpu->st.fpu.mxcsr |= raised;
}

static void run_fp(struct x86_cpu *cpu, const struct x86_insn *i, const struct x86_stub *s,
                   const struct operands *p)
{
    if (UNLIKELY((cpu->st.fpu.mxcsr & MXCSR_MASKS) != MXCSR_MASKS)) {
        run_fp_unmasked(cpu, i, s, p);
        return;
    }
    cpu->io.mxcsr = cpu->st.fpu.mxcsr;
    s->run(cpu, p->at[X86_LOC_REG], p->at[X86_LOC_RM], p->at[X86_LOC_VVVV], p->at[X86_LOC_IS4]);
    cpu->st.fpu.mxcsr = cpu->io.mxcsr;
}

static void exec_stub(struct x86_cpu *cpu, const struct x86_insn *i)
{
    const struct x86_stub *s = x86_stub_of(cpu, i);
    check_class(cpu, i, s);
    struct operands p = { .lin = 0 };
    gather_operands(cpu, i, &p);
    if (s->props & X86_STUB_FLAGS_IN) {
        cpu->io.flags = x86_arith_flags(cpu) | 2;
    }
    if (s->props & X86_STUB_FP) {
        run_fp(cpu, i, s, &p);
    } else {
        s->run(cpu, p.at[X86_LOC_REG], p.at[X86_LOC_RM], p.at[X86_LOC_VVVV], p.at[X86_LOC_IS4]);
    }
    if (p.mem && (p.mem->access & X86_ACC_W)) {
        x86_store_vec(cpu, p.lin, cpu->mem_buf, p.mem->size);
    }
    if (s->props & X86_STUB_FLAGS_OUT) {
        x86_set_arith_flags(cpu, (uint32_t)cpu->io.flags & X86_FL_ARITH);
    }
    if (UNLIKELY(s->props & X86_STUB_MMX)) {
        /* CVTPI2PD with a memory operand leaves the x87 unit alone, and so has no MM operand. */
        finish_mmx(cpu, i);
    }
}

/* --- binding ---------------------------------------------------------------------------------- */

x86_exec_fn *x86_bind_host(const struct x86_insn *i)
{
    switch (i->cls) {
    case X86_CLS_X87: return x86_bind_x87(i);
    case X86_CLS_GPR_HOST: return exec_stub;
    case X86_CLS_MMX:
    case X86_CLS_SSE:
    case X86_CLS_AVX: {
        x86_exec_fn *fn = x86_bind_vec(i);
        return fn ? fn : exec_stub;
    }
    default: return x86_bind_xsave(i);
    }
}
