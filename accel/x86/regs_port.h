/* SPDX-License-Identifier: MIT */
/*
 * A port whose IN EAX sees and changes general registers: VMware's backdoor (hw/pc/vmport.h). For
 * the interpreter and for accelerators that leave port accesses to the run loop.
 */
#ifndef ACCEL_X86_REGS_PORT_H
#define ACCEL_X86_REGS_PORT_H

#include "accel/x86/state.h"

/* regs: EAX, EBX, ECX, EDX, ESI, EDI. False: nothing changed, EAX comes from the port. */
typedef bool x86_regs_port_fn(void *opaque, uint16_t port, uint32_t regs[6]);

/* A changed register is written as a 32-bit operand is: the upper half becomes 0. */
static inline bool x86_regs_port_read(uint64_t *gpr, uint16_t port, x86_regs_port_fn *fn,
                                      void *opaque)
{
    static const unsigned which[6] = { X86_RAX, X86_RBX, X86_RCX, X86_RDX, X86_RSI, X86_RDI };
    uint32_t regs[6];
    for (unsigned i = 0; i < 6; i++) {
        regs[i] = (uint32_t)gpr[which[i]];
    }
    if (!fn(opaque, port, regs)) {
        return false;
    }
    for (unsigned i = 0; i < 6; i++) {
        if (i == 0 || regs[i] != (uint32_t)gpr[which[i]]) {
            gpr[which[i]] = regs[i];
        }
    }
    return true;
}

#endif
