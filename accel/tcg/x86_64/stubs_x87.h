/* SPDX-License-Identifier: MIT */
/* The x87 unit's part of stubs.c. */
#ifndef ACCEL_TCG_X86_64_STUBS_X87_H
#define ACCEL_TCG_X86_64_STUBS_X87_H

#include "accel/tcg/x86_64/trans.h"

/* Called by translated code: JIT_LIVE_X87 is in cpu->jit.live behind it if the host's unit has the
 * guest's state. Clobbers the scratch registers and flags. */
void jit_stub_x87_load(struct emit *e);
/* Inline where translated code is left, general registers are saved: the other way, the host's unit
 * as C expects it. Clobbers rcx, rdx, rsi, r8, r9, flags. */
void jit_emit_x87_save(struct emit *e);

#endif
