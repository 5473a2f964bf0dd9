/* SPDX-License-Identifier: MIT */
/* What two processors that executed the same must agree on (test_jit_diff, test_lockstep). */
#ifndef TESTS_CPU_LOCKSTEP_STATE_H
#define TESTS_CPU_LOCKSTEP_STATE_H

#include "tests/fake/x86_box.h"

/* A box with all vector and x87 units on, and what the software offers of them. */
struct x86_box *lockstep_box(unsigned mode);
/* Programs write anywhere. What holds a box together (its tables, handlers, state): saved, to be
 * freed with g_free, and put back. */
struct lockstep_saved *lockstep_save(struct x86_box *b);
void lockstep_repair(struct x86_box *b, const struct lockstep_saved *s);
/* What is different, or NULL. Memory is not looked at. */
const char *lockstep_differ(const struct x86_box *a, const struct x86_box *b);
void lockstep_print(const struct x86_box *a, const struct x86_box *b);

#endif
