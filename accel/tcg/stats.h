/* SPDX-License-Identifier: MIT */
/* What a processor of the software engine counted, in words: `info jit`, -report, stats=on. */
#ifndef ACCEL_TCG_STATS_H
#define ACCEL_TCG_STATS_H

#include <glib.h>

#include "accel/x86/cpu.h"

/* Lines that begin with "vcpuINDEX: "; counters as "name number" between commas. Between runs. */
void tcg_stats_text(const struct x86_cpu *cpu, unsigned index, GString *out);

#endif
