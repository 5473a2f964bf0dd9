/* SPDX-License-Identifier: MIT */
/*
 * The state after power-up, INIT and SIPI: Intel SDM vol. 3, "IA-32 and Intel 64 Processor States
 * Following Power-up, Reset, or INIT" and "MP initialization protocol".
 */
#include <string.h>

#include "accel/x86/consts.h"
#include "accel/x86/state.h"

static void seg_real(struct x86_seg *s, uint16_t sel, uint64_t base, unsigned type)
{
    s->sel = sel;
    s->base = base;
    s->limit = 0xffff;
    s->attr = (uint16_t)(type | X86_SEG_P);
}

/* What reset and INIT have in common. */
static void state_common(struct x86_state *s, bool bsp, uint32_t signature)
{
    s->version = X86_STATE_VERSION;
    s->groups = X86_GROUP_ALL & ~X86_GROUP_TSC;
    memset(s->gpr, 0, sizeof s->gpr);
    s->gpr[X86_RDX] = signature;
    s->rip = 0xfff0;
    s->rflags = 2;
    seg_real(&s->seg[X86_CS], 0xf000, 0xffff0000, X86_SEG_S | 0xb);
    for (unsigned i = 0; i <= X86_GS; i++) {
        if (i != X86_CS) {
            seg_real(&s->seg[i], 0, 0, X86_SEG_S | 3);
        }
    }
    seg_real(&s->seg[X86_LDTR], 0, 0, 2);
    seg_real(&s->seg[X86_TR], 0, 0, 11);
    s->gdt = s->idt = (struct x86_dtable){0, 0xffff};
    s->cr2 = s->cr3 = s->cr4 = s->cr8 = 0;
    memset(s->dr, 0, sizeof s->dr);
    s->dr[6] = 0xffff0ff0;
    s->dr[7] = 0x400;
    s->msr.efer = 0;
    memset(&s->ev, 0, sizeof s->ev);
    s->mp = bsp ? X86_MP_RUNNABLE : X86_MP_WAIT_SIPI;
}

void x86_state_reset(struct x86_state *s, bool bsp, uint32_t signature)
{
    memset(s, 0, sizeof *s);
    state_common(s, bsp, signature);
    s->cr0 = X86_CR0_CD | X86_CR0_NW | X86_CR0_ET;
    s->xcr0 = 1;
    s->fpu.fcw = 0x40;
    s->fpu.fsw = 0;
    s->fpu.ftw = 0xff; /* "tag word 5555h": every register valid, zero */
    s->fpu.mxcsr = 0x1f80;
    s->msr.pat = 0x0007040600070406ull;
    s->msr.apic_base = 0xfee00000 | 1u << 11 | (bsp ? 1u << 8 : 0);
    s->msr.misc_enable = 1; /* fast strings */
    s->msr.mcg_ctl = ~0ull;
    s->msr.bios_sign = 1ull << 32; /* revision 1 */
}

void x86_state_init(struct x86_state *s, bool bsp, uint32_t signature)
{
    uint64_t cd_nw = s->cr0 & (X86_CR0_CD | X86_CR0_NW);
    uint8_t in_smm = s->ev.in_smm;
    state_common(s, bsp, signature);
    s->cr0 = cd_nw | X86_CR0_ET;
    s->ev.in_smm = in_smm;
    s->pkru = 0;
}

void x86_state_sipi(struct x86_state *s, uint8_t vector)
{
    s->seg[X86_CS].sel = (uint16_t)(vector << 8);
    s->seg[X86_CS].base = (uint64_t)vector << 12;
    s->rip = 0;
    s->mp = X86_MP_RUNNABLE;
}
