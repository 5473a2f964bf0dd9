/* SPDX-License-Identifier: MIT */
/* Registers as text, in the layout of QEMU's -d cpu and `info registers`. Any thread. */
#ifndef ACCEL_X86_STATE_TEXT_H
#define ACCEL_X86_STATE_TEXT_H

#include "accel/x86/state.h"

/* Lines, each with its newline; cut at cap. */
void x86_state_text(const struct x86_state *st, char *out, size_t cap);

#endif
