/* SPDX-License-Identifier: MIT */
/*
 * The page walk: linear to physical by the paging mode in force, with permissions. (mmu_walk.c)
 */
#ifndef ACCEL_X86_MMU_WALK_H
#define ACCEL_X86_MMU_WALK_H

#include "accel/x86/mmu.h"

/* One translation and what may be done with it by the class of access that asked. */
struct x86_walk {
    gpa_t gpa;        /* of the address itself, A20 applied */
    uint8_t shift;    /* page size: 12, 21, 22, 30 */
    uint8_t allowed;  /* 1 << enum x86_access for explicit accesses */
    bool user_page;
    bool global;
    bool dirty;       /* D is set: writes need no further walk */
};

enum { X86_WALK_USER = 1, X86_WALK_IMPLICIT = 2, X86_WALK_DEBUG = 4 };
#define X86_WALK_FAULT 0x80000000u

/* 0, or X86_WALK_FAULT | page-fault error code. Sets accessed and dirty bits with host atomics as
 * the SDM says (vol. 3, 4.8): A of every entry used, D of the last for writes. X86_WALK_DEBUG: no
 * side effects, permissions ignored. */
unsigned x86_page_walk(struct x86_cpu *cpu, uint64_t lin, enum x86_access a, unsigned flags,
                       struct x86_walk *w);

/* Makes cpu->mmu.sec_* describe the section of gpa; false where nothing is mapped. */
bool x86_section(struct x86_cpu *cpu, gpa_t gpa);

#endif
