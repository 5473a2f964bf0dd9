/* SPDX-License-Identifier: MIT */
/*
 * The command line: QEMU's option names and grammar, from one table (options.def).
 */
#ifndef OPTIONS_H
#define OPTIONS_H

#include "vm/vm.h"

enum options_result {
    OPTIONS_RUN,   /* *config is filled */
    OPTIONS_DONE,  /* help or a list was printed: exit 0 */
    OPTIONS_ERROR, /* *err says why: exit 1 */
};

/* options_json.c: {"driver": "x", "id": 1} as "driver=x,id=1"; g_free. */
char *options_from_json(const char *option, const char *text, GError **err);

enum options_result options_parse(int argc, char **argv, struct vm_config *config, GError **err);

#endif
