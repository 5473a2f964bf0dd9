/* SPDX-License-Identifier: MIT */
/*
 * The two 8237A DMA controllers of a PC and their page registers (80h-8Fh, so that port 80h is the
 * usual scratch register for POST codes). Machine lock held. Begins with struct device.
 *
 * A device moves data itself, when it likes: it raises DREQ with dma8237_hold, then calls
 * dma8237_write (device to memory) or dma8237_read (memory to device) with as many bytes as it has
 * room for. They move nothing while the channel is masked, disabled or set to the other direction;
 * `ready` tells when that changed and DREQ is up.
 */
#ifndef HW_PC_DMA8237_H
#define HW_PC_DMA8237_H

#include <glib.h>

#include "core/device.h"
#include "core/ioport.h"
#include "core/physmem.h"

struct dma8237;

struct dma8237 *dma8237_new(struct ioport_space *io, struct physmem *mem, GError **err);

/* channel 0..3 (8 bit), 5..7 (16 bit). ready may be NULL; it may call dma8237_read/write. */
void dma8237_attach(struct dma8237 *d, unsigned channel, void (*ready)(void *opaque), void *opaque);
void dma8237_hold(struct dma8237 *d, unsigned channel, bool dreq);

enum dma_direction { DMA_VERIFY, DMA_TO_MEMORY, DMA_FROM_MEMORY, DMA_ILLEGAL };
/* Unmasked, controller enabled, DREQ up? */
bool dma8237_channel_ready(const struct dma8237 *d, unsigned channel);
enum dma_direction dma8237_direction(const struct dma8237 *d, unsigned channel);
/* Bytes until terminal count. */
size_t dma8237_left(const struct dma8237 *d, unsigned channel);

/* Moves at most len bytes (16-bit channels: whole words), stops at terminal count, which sets *tc
 * (may be NULL). A verify transfer counts and touches no memory (dma8237_read then gives zeros).
 * Returns the bytes counted. */
size_t dma8237_write(struct dma8237 *d, unsigned channel, const void *buf, size_t len, bool *tc);
size_t dma8237_read(struct dma8237 *d, unsigned channel, void *buf, size_t len, bool *tc);

extern const struct device_class dma8237_class;

#endif
