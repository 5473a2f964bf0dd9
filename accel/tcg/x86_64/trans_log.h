/* SPDX-License-Identifier: MIT */
/* -d op and out_asm; also what the golden listing of the tests is written with. */
#ifndef ACCEL_TCG_X86_64_TRANS_LOG_H
#define ACCEL_TCG_X86_64_TRANS_LOG_H

#include <glib.h>

#include "accel/tcg/x86_64/trans.h"

/* Host code [p, end) as lines: with addresses, or without, when they are the same wherever code and
 * processor lie. */
void trans_list(const struct jit *j, const uint8_t *p, const uint8_t *end, bool addresses,
                GString *out);
/* Under log_enabled(LOG_OP | LOG_OUT_ASM), after the translation. */
void trans_log(const struct trans *t);

#endif
