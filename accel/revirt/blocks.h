/* SPDX-License-Identifier: MIT */
/*
 * Register blocks to and from struct x86_state. The bits of blocks are those of X86_GROUP_*.
 */
#ifndef ACCEL_REVIRT_BLOCKS_H
#define ACCEL_REVIRT_BLOCKS_H

#include "accel/revirt/abi_state.h"
#include "accel/x86/state.h"

/* Bytes of these blocks' records together; 0 for bits nobody knows. */
size_t revirt_blocks_size(uint32_t blocks);
void revirt_blocks_pack(uint32_t blocks, const struct x86_state *s, void *buf);
/* False: a value that no processor could have; *s may have changed. buf: revirt_blocks_size. */
bool revirt_blocks_unpack(uint32_t blocks, struct x86_state *s, const void *buf);

#endif
