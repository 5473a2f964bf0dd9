/* SPDX-License-Identifier: MIT */
/*
 * One instruction out of a reproduction file (report.c writes them), without a machine.
 */
#ifndef ACCEL_COMPARE_REPLAY_H
#define ACCEL_COMPARE_REPLAY_H

#include <glib.h>
#include <stdbool.h>

struct opts;

/* o: first, second and replay=FILE of -compare. Runs the instruction on both and says on stderr
 * whether they agree. False: no comparison took place; else *same is the verdict. */
bool compare_replay(const struct opts *o, bool *same, GError **err);

#endif
