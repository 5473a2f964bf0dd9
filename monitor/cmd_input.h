/* SPDX-License-Identifier: MIT */
/* What HMP's and QMP's ways of saying the same share. Main loop, machine lock held. */
#ifndef MONITOR_CMD_INPUT_H
#define MONITOR_CMD_INPUT_H

#include "core/types.h"

#define MON_CHORD_MAX 16

struct mon_call;
struct device;
struct drive;
/* The device that holds it, or NULL. */
const struct device *mon_drive_owner(struct mon_call *c, const struct drive *d);
struct mon_keys;
void mon_keys_free(struct mon_keys *q); /* NULL is fine */
/* QEMU's name of a key, or an AT scan code as a number; 0 and an error if it is none. */
uint8_t mon_key(struct mon_call *c, const char *name);
/* Presses the keys, and releases them after hold_ms of the guest's time (0: 100 ms). */
void mon_send_chord(struct mon_call *c, const uint8_t *keys, unsigned n, int64_t hold_ms);
void mon_change(struct mon_call *c, const char *name, const char *file, const char *format,
                const char *mode, bool force);

#endif
