/* SPDX-License-Identifier: MIT */
/*
 * What a PS/2 device has to send: answers to commands first, then whole sequences (a key's code, a
 * motion packet). A command cuts a sequence short that is on its way, as on the wire.
 */
#ifndef HW_PC_PS2_QUEUE_H
#define HW_PC_PS2_QUEUE_H

#include <string.h>

#include "core/types.h"

#define PS2_REPLIES      16
#define PS2_SEQUENCES    64
#define PS2_SEQUENCE_MAX 8

struct ps2_sequence {
    uint8_t len, pos;
    uint8_t bytes[PS2_SEQUENCE_MAX];
};

struct ps2_queue {
    uint8_t replies[PS2_REPLIES];
    unsigned reply_head, reply_count;
    struct ps2_sequence seq[PS2_SEQUENCES];
    unsigned seq_head, seq_count;
    uint8_t last; /* for "resend" */
};

static inline void ps2_queue_reply(struct ps2_queue *q, uint8_t byte)
{
    if (q->reply_count < PS2_REPLIES) {
        q->replies[(q->reply_head + q->reply_count++) % PS2_REPLIES] = byte;
    }
}

/* False: full; nothing was queued. */
static inline bool ps2_queue_sequence(struct ps2_queue *q, const uint8_t *bytes, unsigned len)
{
    struct ps2_sequence *s;

    if (q->seq_count == PS2_SEQUENCES || len > PS2_SEQUENCE_MAX) {
        return false;
    }
    s = &q->seq[(q->seq_head + q->seq_count++) % PS2_SEQUENCES];
    s->len = (uint8_t)len;
    s->pos = 0;
    memcpy(s->bytes, bytes, len);
    return true;
}

static inline void ps2_queue_drop_head(struct ps2_queue *q)
{
    q->seq_head = (q->seq_head + 1) % PS2_SEQUENCES;
    q->seq_count--;
}

/* A byte arrives from the host. */
static inline void ps2_queue_interrupt(struct ps2_queue *q)
{
    q->reply_count = 0;
    if (q->seq_count > 0 && q->seq[q->seq_head].pos > 0) {
        ps2_queue_drop_head(q);
    }
}

static inline void ps2_queue_clear(struct ps2_queue *q)
{
    q->reply_count = 0;
    q->seq_count = 0;
}

static inline int ps2_queue_pop(struct ps2_queue *q)
{
    if (q->reply_count > 0) {
        q->last = q->replies[q->reply_head];
        q->reply_head = (q->reply_head + 1) % PS2_REPLIES;
        q->reply_count--;
        return q->last;
    }
    if (q->seq_count > 0) {
        struct ps2_sequence *s = &q->seq[q->seq_head];

        q->last = s->bytes[s->pos++];
        if (s->pos == s->len) {
            ps2_queue_drop_head(q);
        }
        return q->last;
    }
    return -1;
}

#endif
