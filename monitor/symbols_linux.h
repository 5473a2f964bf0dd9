/* SPDX-License-Identifier: MIT */
/*
 * A 64-bit Linux guest knows its own names (kallsyms) and how to unwind its stack (ORC); both lie
 * in its memory. Found there, they are right whatever kernel it is and wherever KASLR put it.
 */
#ifndef MONITOR_SYMBOLS_LINUX_H
#define MONITOR_SYMBOLS_LINUX_H

#include "accel/x86/inspect.h"

struct symbols;

struct linux_guest {
    bool found;
    unsigned version;          /* 0x60100 for 6.1 */
    uint64_t orc_ip, orc_end;  /* __start_orc_unwind_ip, __stop_orc_unwind_ip; 0: none */
    uint64_t orc;              /* __start_orc_unwind */
    size_t names;              /* functions that were added */
};

/* Looks for the kernel that v runs, and adds its functions to s unless s is NULL. Takes some tenths
 * of a second at most, whatever the guest's memory holds. */
void linux_guest_find(struct linux_guest *g, const struct x86_view *v, struct symbols *s);

/* One step up: *rip, *sp, *bp of the caller. regs: the registers of the place where the walk began
 * (DI, DX, R10, R13 hold the stack in a few places). first: *rip is exact, not a return address.
 * False: the end, or no entry. *trap: the caller was interrupted, its rip is exact. */
bool linux_orc_step(const struct linux_guest *g, const struct x86_view *v, bool first,
                    uint64_t *rip, uint64_t *sp, uint64_t *bp, bool *trap);

#endif
