/* SPDX-License-Identifier: MIT */
/*
 * Instructions that load, store and address segment registers and their bases: MOV, PUSH, POP of
 * segments, LDS and kin, SWAPGS, RDFSBASE and kin.
 */
#include "accel/x86/system.h"

static void mov_from_seg(struct x86_cpu *cpu, const struct x86_insn *i)
{
    x86_sys_write16(cpu, i, cpu->st.seg[i->opnd[1].reg].sel);
}

static void mov_to_seg(struct x86_cpu *cpu, const struct x86_insn *i)
{
    unsigned seg = i->opnd[0].reg;
    x86_load_seg(cpu, (enum x86_segreg)seg, (uint16_t)x86_sys_read(cpu, i, 1, 2));
    if (seg == X86_SS) {
        cpu->st.ev.movss_shadow = 1;
    }
}

static void push_seg(struct x86_cpu *cpu, const struct x86_insn *i)
{
    x86_push(cpu, cpu->st.seg[i->opnd[0].reg].sel, i->opsize);
}

static void pop_seg(struct x86_cpu *cpu, const struct x86_insn *i)
{
    struct x86_stk k;
    unsigned seg = i->opnd[0].reg;
    x86_stk_current(cpu, &k);
    uint16_t sel = (uint16_t)x86_stk_pop(cpu, &k, i->opsize);
    x86_load_seg(cpu, (enum x86_segreg)seg, sel);
    x86_gpr_write(cpu, X86_RSP, k.sp, k.wide ? 8 : k.mask == 0xffff ? 2 : 4);
    if (seg == X86_SS) {
        cpu->st.ev.movss_shadow = 1;
    }
}

static void load_far_pointer(struct x86_cpu *cpu, const struct x86_insn *i, enum x86_segreg seg)
{
    bool user = x86_user(cpu);
    uint64_t lin = x86_mem_lin(cpu, i, i->opsize + 2u, X86_ACCESS_READ);
    uint64_t off = x86_mem_load(cpu, lin, i->opsize, user);
    uint64_t next = lin + i->opsize;
    uint16_t sel = x86_load16(cpu, cpu->code_mode == 8 ? next : (uint32_t)next, user);
    x86_load_seg(cpu, seg, sel);
    x86_gpr_write(cpu, i->opnd[0].reg, off, i->opsize);
}

static void lds(struct x86_cpu *cpu, const struct x86_insn *i)
{
    load_far_pointer(cpu, i, X86_DS);
}

static void les(struct x86_cpu *cpu, const struct x86_insn *i)
{
    load_far_pointer(cpu, i, X86_ES);
}

static void lfs(struct x86_cpu *cpu, const struct x86_insn *i)
{
    load_far_pointer(cpu, i, X86_FS);
}

static void lgs(struct x86_cpu *cpu, const struct x86_insn *i)
{
    load_far_pointer(cpu, i, X86_GS);
}

static void lss(struct x86_cpu *cpu, const struct x86_insn *i)
{
    load_far_pointer(cpu, i, X86_SS);
}

static void swapgs(struct x86_cpu *cpu, const struct x86_insn *i)
{
    (void)i;
    if (cpu->code_mode != 8) {
        x86_raise(cpu, X86_EXC_UD);
    }
    x86_require_cpl0(cpu);
    uint64_t base = cpu->st.seg[X86_GS].base;
    cpu->st.seg[X86_GS].base = cpu->st.msr.kernel_gs_base;
    cpu->st.msr.kernel_gs_base = base;
    x86_seg_changed(cpu, X86_GS);
}

static void need_fsgsbase(struct x86_cpu *cpu)
{
    if (cpu->code_mode != 8 || !(cpu->st.cr4 & X86_CR4_FSGSBASE)) {
        x86_raise(cpu, X86_EXC_UD);
    }
}

static void rdbase(struct x86_cpu *cpu, const struct x86_insn *i)
{
    need_fsgsbase(cpu);
    unsigned seg = i->op == X86_OP_RDFSBASE ? X86_FS : X86_GS;
    x86_gpr_write(cpu, i->opnd[0].reg, cpu->st.seg[seg].base, i->opnd[0].size);
}

static void wrbase(struct x86_cpu *cpu, const struct x86_insn *i)
{
    unsigned seg = i->op == X86_OP_WRFSBASE ? X86_FS : X86_GS;
    need_fsgsbase(cpu);
    uint64_t v = x86_gpr_read(cpu, i->opnd[0].reg, i->opnd[0].size);
    if (!x86_canonical_max(cpu, v)) {
        x86_raise(cpu, X86_EXC_GP);
    }
    cpu->st.seg[seg].base = v;
    x86_seg_changed(cpu, seg);
}

x86_exec_fn *x86_bind_sys_seg(const struct x86_insn *i)
{
    switch (i->op) {
    case X86_OP_MOV_SEG: return i->opnd[0].kind == X86_OPND_SEG ? mov_to_seg : mov_from_seg;
    case X86_OP_PUSH_SEG: return push_seg;
    case X86_OP_POP_SEG: return pop_seg;
    case X86_OP_LDS: return lds;
    case X86_OP_LES: return les;
    case X86_OP_LFS: return lfs;
    case X86_OP_LGS: return lgs;
    case X86_OP_LSS: return lss;
    case X86_OP_SWAPGS: return swapgs;
    case X86_OP_RDFSBASE: case X86_OP_RDGSBASE: return rdbase;
    case X86_OP_WRFSBASE: case X86_OP_WRGSBASE: return wrbase;
    default: return NULL;
    }
}
