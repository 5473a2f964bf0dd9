/* SPDX-License-Identifier: MIT */
/*
 * A character back end without a host: keeps what the device writes and hands out what the test
 * gives it, within the device's can_receive. Implements backend/char/chardev.h for one device.
 */
#ifndef TESTS_FAKE_CHARDEV_H
#define TESTS_FAKE_CHARDEV_H

#include <glib.h>

#include "backend/char/chardev.h"

struct chardev {
    struct chardev_frontend fe;
    bool connected;
    GByteArray *out; /* what the device wrote */
    GByteArray *in;  /* what it has not taken yet */
    size_t room;     /* bytes that chardev_write takes before it says "full" */
    unsigned flushes;
};

struct chardev *fake_chardev_new(void); /* room for everything */
void fake_chardev_free(struct chardev *c);
/* Queues bytes and delivers as many as the device takes. */
void fake_chardev_input(struct chardev *c, const void *bytes, size_t len);
void fake_chardev_event(struct chardev *c, enum chardev_event ev);
/* More room; calls the device's can_send. */
void fake_chardev_set_room(struct chardev *c, size_t room);
/* What was written since the last call as a string (until the next call). */
const char *fake_chardev_take(struct chardev *c);

#endif
