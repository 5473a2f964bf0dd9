/* SPDX-License-Identifier: MIT */
/*
 * What every cmocka program includes, in the order that cmocka wants.
 */
#ifndef TESTS_FAKE_UNIT_H
#define TESTS_FAKE_UNIT_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

/* In a table-driven test: names the case that fails. */
#define assert_case(name, condition)                                          \
    do {                                                                      \
        if (!(condition)) {                                                   \
            fail_msg("case '%s': %s", (name), #condition);                    \
        }                                                                     \
    } while (0)

#endif
