/* SPDX-License-Identifier: MIT */
/*
 * Instructions as text, in Intel's syntax, for logs and the monitor: by Zydis where it was there at
 * build time, else by a plain formatter of our own. Any thread.
 */
#ifndef ACCEL_X86_DISAS_H
#define ACCEL_X86_DISAS_H

#include "accel/x86/decode.h"

/* One instruction at `rip` in code of size `mode` (2, 4, 8). Always fills `out` (cap > 0); returns
 * the number of bytes it took: 1 and "(bad)" for what is no instruction or is cut off, 0 if avail
 * is 0. */
size_t x86_disas(char *out, size_t cap, const uint8_t *bytes, size_t avail, uint64_t rip,
                 unsigned mode);
/* Our own form of a decoded instruction; next: the address behind it. */
void x86_insn_text(char *out, size_t cap, const struct x86_insn *i, uint64_t next);
/* x86_disas by our own formatter. */
size_t x86_disas_plain(char *out, size_t cap, const uint8_t *bytes, size_t avail, uint64_t rip,
                       unsigned mode);

#endif
