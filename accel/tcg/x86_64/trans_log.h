/* SPDX-License-Identifier: MIT */
/* -d op and out_asm; also what the golden listing of the tests is written with. */
#ifndef ACCEL_TCG_X86_64_TRANS_LOG_H
#define ACCEL_TCG_X86_64_TRANS_LOG_H

#include <glib.h>

#include "accel/tcg/x86_64/trans.h"

/* After a translation: what -d op and out_asm want, and jit.listing. */
void trans_log(const struct trans *t);

#endif
