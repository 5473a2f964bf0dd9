/* SPDX-License-Identifier: MIT */
/*
 * PS/2 mouse (IBM PS/2 Hardware Interface Technical Reference, "Mouse") with the IntelliMouse
 * extensions: sample rates 200, 100, 80 turn on the wheel (id 3), 200, 200, 80 the fourth and fifth
 * button (id 4). Motion that the host has not fetched adds up in the counters, so that the queue
 * holds one packet of motion at most; each change of buttons is a packet of its own.
 */
#include "hw/pc/ps2_mouse.h"

#include "hw/pc/ps2_queue.h"

enum {
    CMD_SCALE_1 = 0xe6,
    CMD_SCALE_2 = 0xe7,
    CMD_RESOLUTION = 0xe8,
    CMD_STATUS = 0xe9,
    CMD_STREAM = 0xea,
    CMD_READ = 0xeb,
    CMD_UNWRAP = 0xec,
    CMD_WRAP = 0xee,
    CMD_REMOTE = 0xf0,
    CMD_ID = 0xf2,
    CMD_RATE = 0xf3,
    CMD_ENABLE = 0xf4,
    CMD_DISABLE = 0xf5,
    CMD_DEFAULT = 0xf6,
    CMD_RESEND = 0xfe,
    CMD_RESET = 0xff,
};
enum { REPLY_BAT = 0xaa, REPLY_ACK = 0xfa, REPLY_RESEND = 0xfe, REPLY_ERROR = 0xfc };
enum { ID_STANDARD = 0, ID_WHEEL = 3, ID_EXPLORER = 4 };

#define COUNTER_LIMIT 100000 /* what nobody fetches does not grow for ever */

struct ps2_mouse {
    struct device dev;
    struct clock *clock;
    struct input_hub *input;
    struct input_sink sink;
    struct ps2_link link;
    struct ps2_queue queue;
    uint8_t command; /* waits for its parameter */
    uint8_t id, rate, resolution;
    uint8_t knock[2]; /* the last two sample rates */
    bool enabled, remote, wrap, scale2;
    bool error;       /* the last byte was not understood */
    unsigned buttons; /* bit 0 left, 1 right, 2 middle, 3, 4 */
    int dx, dy, dz;   /* counters; y up, z towards the user */
};

static int clamp(int value, int low, int high)
{
    return value < low ? low : value > high ? high : value;
}

/* Scaling 2:1 of the technical reference; in stream mode only. */
static int mouse_scale(const struct ps2_mouse *m, int value)
{
    static const uint8_t table[6] = { 0, 1, 1, 3, 6, 9 };
    int size = value < 0 ? -value : value;

    if (!m->scale2 || m->remote) {
        return value;
    }
    size = size < 6 ? table[size] : 2 * size;
    return value < 0 ? -size : size;
}

/* Takes what fits out of the counters. */
static unsigned mouse_packet(struct ps2_mouse *m, uint8_t *out)
{
    int step = m->scale2 && !m->remote ? 127 : 255;
    int x = clamp(m->dx, -step, step), y = clamp(m->dy, -step, step), z = clamp(m->dz, -8, 7);

    m->dx -= x;
    m->dy -= y;
    x = mouse_scale(m, x);
    y = mouse_scale(m, y);
    out[0] = (uint8_t)((m->buttons & 7) | 8 | (x < 0) << 4 | (y < 0) << 5);
    out[1] = (uint8_t)x;
    out[2] = (uint8_t)y;
    if (m->id == ID_STANDARD) {
        m->dz = 0;
        return 3;
    }
    m->dz -= z;
    out[3] = (uint8_t)z;
    if (m->id == ID_EXPLORER) {
        out[3] = (uint8_t)((z & 15) | (m->buttons & 0x18) << 1);
    }
    return 4;
}

static bool mouse_moved(const struct ps2_mouse *m)
{
    return m->dx || m->dy || (m->dz && m->id != ID_STANDARD);
}

static void mouse_send(struct ps2_mouse *m)
{
    uint8_t out[4];
    unsigned n = mouse_packet(m, out);

    ps2_queue_sequence(&m->queue, out, n);
    m->link.ready(m->link.opaque);
}

void ps2_mouse_move(struct ps2_mouse *m, int dx, int dy, int dz, unsigned buttons)
{
    bool clicked = buttons != m->buttons;

    m->buttons = buttons & 0x1f;
    if (!m->enabled && !m->remote) {
        return;
    }
    dx = clamp(dx, -COUNTER_LIMIT, COUNTER_LIMIT);
    dy = clamp(dy, -COUNTER_LIMIT, COUNTER_LIMIT);
    dz = clamp(dz, -COUNTER_LIMIT, COUNTER_LIMIT);
    m->dx = clamp(m->dx + dx, -COUNTER_LIMIT, COUNTER_LIMIT);
    m->dy = clamp(m->dy - dy, -COUNTER_LIMIT, COUNTER_LIMIT);
    m->dz = clamp(m->dz - dz, -COUNTER_LIMIT, COUNTER_LIMIT);
    if (m->enabled && !m->remote && !m->wrap &&
        (clicked || (mouse_moved(m) && m->queue.seq_count == 0))) {
        mouse_send(m);
    }
}

void ps2_mouse_fake_event(struct ps2_mouse *m)
{
    if (m->enabled && !m->remote && !m->wrap && m->queue.seq_count == 0) {
        mouse_send(m);
    }
}

static void mouse_defaults(struct ps2_mouse *m)
{
    ps2_queue_clear(&m->queue);
    m->command = 0;
    m->rate = 100;
    m->resolution = 2;
    m->enabled = false;
    m->remote = false;
    m->scale2 = false;
    m->dx = 0;
    m->dy = 0;
    m->dz = 0;
}

static void mouse_set_rate(struct ps2_mouse *m, uint8_t rate)
{
    if (m->knock[0] == 200 && m->knock[1] == 100 && rate == 80) {
        m->id = ID_WHEEL;
    } else if (m->knock[0] == 200 && m->knock[1] == 200 && rate == 80) {
        m->id = ID_EXPLORER;
    }
    m->knock[0] = m->knock[1];
    m->knock[1] = rate;
    m->rate = rate;
}

static void mouse_parameter(struct ps2_mouse *m, uint8_t command, uint8_t byte)
{
    if (command == CMD_RATE) {
        mouse_set_rate(m, byte);
    } else if (byte <= 3) {
        m->resolution = byte;
    } else {
        ps2_queue_reply(&m->queue, m->error ? REPLY_ERROR : REPLY_RESEND);
        m->command = m->error ? 0 : command; /* it asks for the byte again, once */
        m->error = !m->error;
        return;
    }
    m->error = false;
    ps2_queue_reply(&m->queue, REPLY_ACK);
}

static void mouse_status(struct ps2_mouse *m)
{
    unsigned b = m->buttons;

    ps2_queue_reply(&m->queue, REPLY_ACK);
    ps2_queue_reply(&m->queue, (uint8_t)(m->remote << 6 | m->enabled << 5 | m->scale2 << 4 |
                                         (b & 1) << 2 | (b & 4) >> 1 | (b & 2) >> 1));
    ps2_queue_reply(&m->queue, m->resolution);
    ps2_queue_reply(&m->queue, m->rate);
}

static void mouse_read_data(struct ps2_mouse *m)
{
    uint8_t out[4];
    unsigned n = mouse_packet(m, out);

    ps2_queue_reply(&m->queue, REPLY_ACK);
    for (unsigned i = 0; i < n; i++) {
        ps2_queue_reply(&m->queue, out[i]);
    }
}

/* Commands that only change a mode. */
static bool mouse_mode_command(struct ps2_mouse *m, uint8_t byte)
{
    switch (byte) {
    case CMD_SCALE_1:
    case CMD_SCALE_2: m->scale2 = byte == CMD_SCALE_2; return true;
    case CMD_RESOLUTION:
    case CMD_RATE: m->command = byte; return true;
    case CMD_STREAM:
    case CMD_REMOTE:
        m->remote = byte == CMD_REMOTE;
        m->queue.seq_count = 0;
        return true;
    case CMD_UNWRAP:
    case CMD_WRAP:
        m->wrap = byte == CMD_WRAP;
        m->queue.seq_count = 0;
        return true;
    case CMD_ENABLE:
    case CMD_DISABLE:
        m->enabled = byte == CMD_ENABLE;
        m->queue.seq_count = 0;
        m->dx = 0;
        m->dy = 0;
        m->dz = 0;
        return true;
    case CMD_DEFAULT: mouse_defaults(m); return true;
    default: return false;
    }
}

static void mouse_command(struct ps2_mouse *m, uint8_t byte)
{
    m->error = m->error && byte == CMD_RESEND;
    if (mouse_mode_command(m, byte)) {
        ps2_queue_reply(&m->queue, REPLY_ACK);
        return;
    }
    switch (byte) {
    case CMD_STATUS: mouse_status(m); break;
    case CMD_READ: mouse_read_data(m); break;
    case CMD_ID:
        ps2_queue_reply(&m->queue, REPLY_ACK);
        ps2_queue_reply(&m->queue, m->id);
        break;
    case CMD_RESEND: ps2_queue_reply(&m->queue, m->queue.last); break;
    case CMD_RESET:
        mouse_defaults(m);
        m->id = ID_STANDARD;
        m->wrap = false;
        memset(m->knock, 0, sizeof m->knock);
        ps2_queue_reply(&m->queue, REPLY_ACK);
        ps2_queue_reply(&m->queue, REPLY_BAT);
        ps2_queue_reply(&m->queue, m->id);
        break;
    default: ps2_queue_reply(&m->queue, REPLY_RESEND); break;
    }
}

void ps2_mouse_write(struct ps2_mouse *m, uint8_t byte)
{
    uint8_t command = m->command;

    m->command = 0;
    ps2_queue_interrupt(&m->queue);
    if (m->wrap && byte != CMD_UNWRAP && byte != CMD_RESET) {
        ps2_queue_reply(&m->queue, byte);
    } else if (command) {
        mouse_parameter(m, command, byte);
    } else {
        mouse_command(m, byte);
    }
    m->link.ready(m->link.opaque);
}

int ps2_mouse_read(struct ps2_mouse *m)
{
    int byte = ps2_queue_pop(&m->queue);

    /* Motion that came meanwhile. */
    if (m->queue.seq_count == 0 && m->queue.reply_count == 0 && m->enabled && !m->remote &&
        !m->wrap && mouse_moved(m)) {
        uint8_t out[4];
        unsigned n = mouse_packet(m, out);

        ps2_queue_sequence(&m->queue, out, n);
        if (byte < 0) {
            byte = ps2_queue_pop(&m->queue);
        }
    }
    return byte;
}

static void mouse_input(void *opaque, int dx, int dy, int dz, unsigned buttons)
{
    ps2_mouse_move(opaque, dx, dy, dz, buttons);
}

static void mouse_reset(struct device *d)
{
    struct ps2_mouse *m = (struct ps2_mouse *)d;

    mouse_defaults(m);
    m->id = ID_STANDARD;
    m->wrap = false;
    m->error = false;
    memset(m->knock, 0, sizeof m->knock);
}

static bool mouse_realize(struct device *d, GError **err)
{
    struct ps2_mouse *m = (struct ps2_mouse *)d;

    (void)err;
    mouse_reset(d);
    m->sink = (struct input_sink){ .mouse_rel = mouse_input, .opaque = m };
    if (m->input) {
        input_hub_attach(m->input, &m->sink);
    }
    return true;
}

static void mouse_unrealize(struct device *d)
{
    struct ps2_mouse *m = (struct ps2_mouse *)d;

    if (m->input) {
        input_hub_detach(m->input, &m->sink);
    }
}

struct ps2_mouse *ps2_mouse_new(struct clock *clock, struct input_hub *input, struct ps2_link link)
{
    struct device *d = device_new(&ps2_mouse_class);
    struct ps2_mouse *m = (struct ps2_mouse *)d;

    m->clock = clock;
    m->input = input;
    m->link = link;
    device_realize(d, NULL); /* can't fail */
    return m;
}

const struct device_class ps2_mouse_class = {
    .name = "ps2-mouse",
    .desc = "PS/2 wheel mouse",
    .size = sizeof(struct ps2_mouse),
    .realize = mouse_realize,
    .unrealize = mouse_unrealize,
    .reset = mouse_reset,
};
