/* SPDX-License-Identifier: MIT */
/*
 * The modules that are linked in: none, unless this was built with MODULES=builtin. Apart from
 * module.c, so that its test brings a list of its own.
 */
#include "core/module.h"

/* Written by the Makefile: a line MODULE(thing) for each. */
#define MODULE(thing) extern const struct emu_module emu_module_##thing;
#include "modules.inc"
#undef MODULE

const struct emu_module *const emu_modules_builtin[] = {
#define MODULE(thing) &emu_module_##thing,
#include "modules.inc"
#undef MODULE
    NULL,
};
