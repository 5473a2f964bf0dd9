/* SPDX-License-Identifier: MIT */
/*
 * RFLAGS as a whole, between lazy flags and the architectural register.
 */
#include "accel/x86/flags.h"

#include "accel/x86/interp.h"

uint64_t x86_rflags(struct x86_cpu *cpu)
{
    cpu->st.rflags = (cpu->st.rflags & ~(uint64_t)X86_FL_ARITH) | x86_arith_flags(cpu) | 2;
    return cpu->st.rflags;
}

void x86_set_rflags(struct x86_cpu *cpu, uint64_t v, uint64_t mask)
{
    if (mask & X86_FL_ARITH) {
        uint64_t old = x86_arith_flags(cpu);
        x86_set_arith_flags(cpu, (uint32_t)((old & ~mask) | (v & mask)));
    }
    uint64_t before = cpu->st.rflags;
    cpu->st.rflags = (before & ~mask) | (v & mask) | 2;
    if ((before ^ cpu->st.rflags) & X86_FL_AC) {
        x86_ac_changed(cpu); /* mmu.c: SMAP and alignment checking */
    }
}
