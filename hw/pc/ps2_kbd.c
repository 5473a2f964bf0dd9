/* SPDX-License-Identifier: MIT */
/*
 * PS/2 keyboard (IBM PS/2 Hardware Interface Technical Reference, "Keyboards (101- and 102-key)";
 * codes of the newer keys from Microsoft's "Keyboard scan code specification" 1.3a). It repeats
 * held keys by itself at the rate the host set, so repeated key-down events are dropped. Not
 * modelled: the shift codes that sets 1 and 2 wrap round the grey cursor keys under Num Lock, and
 * set 3's types of single keys (commands FBh-FDh are acknowledged).
 */
#include "hw/pc/ps2_kbd.h"

#include "hw/pc/ps2_queue.h"

enum {
    CMD_LEDS = 0xed,
    CMD_ECHO = 0xee,
    CMD_SCAN_SET = 0xf0,
    CMD_ID = 0xf2,
    CMD_RATE = 0xf3,
    CMD_ENABLE = 0xf4,
    CMD_DISABLE = 0xf5,
    CMD_DEFAULT = 0xf6,
    CMD_ALL_FIRST = 0xf7,
    CMD_ALL_LAST = 0xfa,
    CMD_KEY_FIRST = 0xfb,
    CMD_KEY_LAST = 0xfd,
    CMD_RESEND = 0xfe,
    CMD_RESET = 0xff,
};
enum { REPLY_BAT = 0xaa, REPLY_ACK = 0xfa, REPLY_RESEND = 0xfe };
#define RATE_DEFAULT 0x2b /* 500 ms, 10.9 a second */

enum { USAGE_PRINT = 0x46, USAGE_PAUSE = 0x48, USAGE_MODIFIERS = 0xe0 };
#define MOD_CTRL  0x11
#define MOD_SHIFT 0x22
#define MOD_ALT   0x44

#define E 0x100 /* prefixed with E0 in sets 1 and 2 */

/* clang-format off */
/* By HID usage: set 1, set 2 (both with E), set 3; 0 = no such key. */
static const uint16_t key_codes[256][3] = {
    [0x04] = { 0x1e, 0x1c, 0x1c },      [0x05] = { 0x30, 0x32, 0x32 },
    [0x06] = { 0x2e, 0x21, 0x21 },      [0x07] = { 0x20, 0x23, 0x23 },
    [0x08] = { 0x12, 0x24, 0x24 },      [0x09] = { 0x21, 0x2b, 0x2b },
    [0x0a] = { 0x22, 0x34, 0x34 },      [0x0b] = { 0x23, 0x33, 0x33 },
    [0x0c] = { 0x17, 0x43, 0x43 },      [0x0d] = { 0x24, 0x3b, 0x3b },
    [0x0e] = { 0x25, 0x42, 0x42 },      [0x0f] = { 0x26, 0x4b, 0x4b },
    [0x10] = { 0x32, 0x3a, 0x3a },      [0x11] = { 0x31, 0x31, 0x31 },
    [0x12] = { 0x18, 0x44, 0x44 },      [0x13] = { 0x19, 0x4d, 0x4d },
    [0x14] = { 0x10, 0x15, 0x15 },      [0x15] = { 0x13, 0x2d, 0x2d },
    [0x16] = { 0x1f, 0x1b, 0x1b },      [0x17] = { 0x14, 0x2c, 0x2c },
    [0x18] = { 0x16, 0x3c, 0x3c },      [0x19] = { 0x2f, 0x2a, 0x2a },
    [0x1a] = { 0x11, 0x1d, 0x1d },      [0x1b] = { 0x2d, 0x22, 0x22 },
    [0x1c] = { 0x15, 0x35, 0x35 },      [0x1d] = { 0x2c, 0x1a, 0x1a },
    [0x1e] = { 0x02, 0x16, 0x16 },      [0x1f] = { 0x03, 0x1e, 0x1e },
    [0x20] = { 0x04, 0x26, 0x26 },      [0x21] = { 0x05, 0x25, 0x25 },
    [0x22] = { 0x06, 0x2e, 0x2e },      [0x23] = { 0x07, 0x36, 0x36 },
    [0x24] = { 0x08, 0x3d, 0x3d },      [0x25] = { 0x09, 0x3e, 0x3e },
    [0x26] = { 0x0a, 0x46, 0x46 },      [0x27] = { 0x0b, 0x45, 0x45 },
    [0x28] = { 0x1c, 0x5a, 0x5a },      [0x29] = { 0x01, 0x76, 0x08 },
    [0x2a] = { 0x0e, 0x66, 0x66 },      [0x2b] = { 0x0f, 0x0d, 0x0d },
    [0x2c] = { 0x39, 0x29, 0x29 },      [0x2d] = { 0x0c, 0x4e, 0x4e },
    [0x2e] = { 0x0d, 0x55, 0x55 },      [0x2f] = { 0x1a, 0x54, 0x54 },
    [0x30] = { 0x1b, 0x5b, 0x5b },      [0x31] = { 0x2b, 0x5d, 0x5c },
    [0x32] = { 0x2b, 0x5d, 0x53 },      [0x33] = { 0x27, 0x4c, 0x4c },
    [0x34] = { 0x28, 0x52, 0x52 },      [0x35] = { 0x29, 0x0e, 0x0e },
    [0x36] = { 0x33, 0x41, 0x41 },      [0x37] = { 0x34, 0x49, 0x49 },
    [0x38] = { 0x35, 0x4a, 0x4a },      [0x39] = { 0x3a, 0x58, 0x14 },
    [0x3a] = { 0x3b, 0x05, 0x07 },      [0x3b] = { 0x3c, 0x06, 0x0f },
    [0x3c] = { 0x3d, 0x04, 0x17 },      [0x3d] = { 0x3e, 0x0c, 0x1f },
    [0x3e] = { 0x3f, 0x03, 0x27 },      [0x3f] = { 0x40, 0x0b, 0x2f },
    [0x40] = { 0x41, 0x83, 0x37 },      [0x41] = { 0x42, 0x0a, 0x3f },
    [0x42] = { 0x43, 0x01, 0x47 },      [0x43] = { 0x44, 0x09, 0x4f },
    [0x44] = { 0x57, 0x78, 0x56 },      [0x45] = { 0x58, 0x07, 0x5e },
    [0x46] = { E | 0x37, E | 0x7c, 0x57 }, [0x47] = { 0x46, 0x7e, 0x5f },
    [0x48] = { E | 0x46, E | 0x7e, 0x62 }, [0x49] = { E | 0x52, E | 0x70, 0x67 },
    [0x4a] = { E | 0x47, E | 0x6c, 0x6e }, [0x4b] = { E | 0x49, E | 0x7d, 0x6f },
    [0x4c] = { E | 0x53, E | 0x71, 0x64 }, [0x4d] = { E | 0x4f, E | 0x69, 0x65 },
    [0x4e] = { E | 0x51, E | 0x7a, 0x6d }, [0x4f] = { E | 0x4d, E | 0x74, 0x6a },
    [0x50] = { E | 0x4b, E | 0x6b, 0x61 }, [0x51] = { E | 0x50, E | 0x72, 0x60 },
    [0x52] = { E | 0x48, E | 0x75, 0x63 }, [0x53] = { 0x45, 0x77, 0x76 },
    [0x54] = { E | 0x35, E | 0x4a, 0x77 }, [0x55] = { 0x37, 0x7c, 0x7e },
    [0x56] = { 0x4a, 0x7b, 0x84 },      [0x57] = { 0x4e, 0x79, 0x7c },
    [0x58] = { E | 0x1c, E | 0x5a, 0x79 }, [0x59] = { 0x4f, 0x69, 0x69 },
    [0x5a] = { 0x50, 0x72, 0x72 },      [0x5b] = { 0x51, 0x7a, 0x7a },
    [0x5c] = { 0x4b, 0x6b, 0x6b },      [0x5d] = { 0x4c, 0x73, 0x73 },
    [0x5e] = { 0x4d, 0x74, 0x74 },      [0x5f] = { 0x47, 0x6c, 0x6c },
    [0x60] = { 0x48, 0x75, 0x75 },      [0x61] = { 0x49, 0x7d, 0x7d },
    [0x62] = { 0x52, 0x70, 0x70 },      [0x63] = { 0x53, 0x71, 0x71 },
    [0x64] = { 0x56, 0x61, 0x13 },      [0x65] = { E | 0x5d, E | 0x2f, 0x8d },
    [0x66] = { E | 0x5e, E | 0x37, 0 }, [0x67] = { 0x59, 0x0f, 0 },
    [0x68] = { 0x64, 0x08, 0 },         [0x69] = { 0x65, 0x10, 0 },
    [0x6a] = { 0x66, 0x18, 0 },         [0x6b] = { 0x67, 0x20, 0 },
    [0x6c] = { 0x68, 0x28, 0 },         [0x6d] = { 0x69, 0x30, 0 },
    [0x6e] = { 0x6a, 0x38, 0 },         [0x6f] = { 0x6b, 0x40, 0 },
    [0x70] = { 0x6c, 0x48, 0 },         [0x71] = { 0x6d, 0x50, 0 },
    [0x72] = { 0x6e, 0x57, 0 },         [0x73] = { 0x76, 0x5f, 0 },
    [0x7f] = { E | 0x20, E | 0x23, 0 }, [0x80] = { E | 0x30, E | 0x32, 0 },
    [0x81] = { E | 0x2e, E | 0x21, 0 }, [0x85] = { 0x7e, 0x6d, 0 },
    [0x87] = { 0x73, 0x51, 0x51 },      [0x88] = { 0x70, 0x13, 0x87 },
    [0x89] = { 0x7d, 0x6a, 0x5d },      [0x8a] = { 0x79, 0x64, 0x86 },
    [0x8b] = { 0x7b, 0x67, 0x85 },      [0xe0] = { 0x1d, 0x14, 0x11 },
    [0xe1] = { 0x2a, 0x12, 0x12 },      [0xe2] = { 0x38, 0x11, 0x19 },
    [0xe3] = { E | 0x5b, E | 0x1f, 0x8b }, [0xe4] = { E | 0x1d, E | 0x14, 0x58 },
    [0xe5] = { 0x36, 0x59, 0x59 },      [0xe6] = { E | 0x38, E | 0x11, 0x39 },
    [0xe7] = { E | 0x5c, E | 0x27, 0x8c },
};
/* clang-format on */

struct ps2_kbd {
    struct device dev;
    struct clock *clock;
    struct input_hub *input;
    struct input_sink sink;
    struct ps2_link link;
    struct timer repeat_timer;
    struct ps2_queue queue;
    uint8_t command; /* waits for its parameter; 0 = none */
    uint8_t set, leds, rate;
    bool scanning;
    bool no_break;     /* set 3, commands F7h and F9h */
    bool overrun;      /* told of the overrun */
    uint8_t modifiers; /* as held down: left ctrl, shift, alt, gui, right ... */
    uint8_t down[256 / 8];
    uint8_t repeating; /* usage, 0 = none */
};

static void kbd_ready(struct ps2_kbd *k)
{
    k->link.ready(k->link.opaque);
}

/* Appends one code of the current set to a sequence. */
static unsigned kbd_code(const struct ps2_kbd *k, uint8_t *out, uint16_t code, bool down)
{
    unsigned n = 0;

    if ((code & E) && k->set != 3) {
        out[n++] = 0xe0;
    }
    if (k->set == 1) {
        out[n++] = (uint8_t)(code | (down ? 0 : 0x80));
        return n;
    }
    if (!down) {
        out[n++] = 0xf0;
    }
    out[n++] = (uint8_t)code;
    return n;
}

/* Print Screen: with shifts round it when alone, SysRq with Alt. */
static unsigned kbd_print(const struct ps2_kbd *k, uint8_t *out, bool down)
{
    uint16_t shift = k->set == 1 ? E | 0x2a : E | 0x12;
    uint16_t code = key_codes[USAGE_PRINT][k->set - 1];
    unsigned n;

    if (k->modifiers & MOD_ALT) {
        return kbd_code(k, out, k->set == 1 ? 0x54 : 0x84, down);
    }
    if (k->modifiers & (MOD_CTRL | MOD_SHIFT)) {
        return kbd_code(k, out, code, down);
    }
    n = kbd_code(k, out, down ? shift : code, down);
    return n + kbd_code(k, out + n, down ? code : shift, down);
}

/* Pause: make and break at once; Break with Ctrl. */
static unsigned kbd_pause(const struct ps2_kbd *k, uint8_t *out, bool down)
{
    static const uint8_t pause1[] = { 0xe1, 0x1d, 0x45, 0xe1, 0x9d, 0xc5 };
    static const uint8_t pause2[] = { 0xe1, 0x14, 0x77, 0xe1, 0xf0, 0x14, 0xf0, 0x77 };
    uint16_t code = key_codes[USAGE_PAUSE][k->set - 1];
    unsigned n;

    if (!down) {
        return 0;
    }
    if (k->modifiers & MOD_CTRL) {
        n = kbd_code(k, out, code, true);
        return n + kbd_code(k, out + n, code, false);
    }
    n = k->set == 1 ? sizeof pause1 : sizeof pause2;
    memcpy(out, k->set == 1 ? pause1 : pause2, n);
    return n;
}

static void kbd_send_key(struct ps2_kbd *k, uint8_t usage, bool down)
{
    uint8_t out[PS2_SEQUENCE_MAX];
    uint16_t code = key_codes[usage][k->set - 1];
    unsigned n;

    if (code == 0 || (k->set == 3 && !down && k->no_break)) {
        return;
    }
    if (usage == USAGE_PRINT && k->set != 3) {
        n = kbd_print(k, out, down);
    } else if (usage == USAGE_PAUSE && k->set != 3) {
        n = kbd_pause(k, out, down);
    } else {
        n = kbd_code(k, out, code, down);
    }
    if (n == 0) {
        return;
    }
    /* The last place is for the overrun code. */
    if (k->queue.seq_count < PS2_SEQUENCES - 1) {
        ps2_queue_sequence(&k->queue, out, n);
        k->overrun = false;
    } else if (!k->overrun) {
        uint8_t byte = k->set == 1 ? 0xff : 0x00;

        ps2_queue_sequence(&k->queue, &byte, 1);
        k->overrun = true;
    }
    kbd_ready(k);
}

/* Typematic: delay (1 + bits 6-5) * 250 ms, period (8 + A) * 2^B / 240 s. */
static int64_t kbd_delay_ns(const struct ps2_kbd *k)
{
    return (1 + (k->rate >> 5 & 3)) * 250 * NS_PER_MS;
}

static int64_t kbd_period_ns(const struct ps2_kbd *k)
{
    return (8 + (k->rate & 7)) * (1ll << (k->rate >> 3 & 3)) * NS_PER_SEC / 240;
}

static void kbd_stop_repeat(struct ps2_kbd *k)
{
    k->repeating = 0;
    timer_del(&k->repeat_timer);
}

static void kbd_repeat(void *opaque)
{
    struct ps2_kbd *k = opaque;

    /* A guest that is busy gets no backlog of one key. */
    if (k->queue.seq_count == 0) {
        kbd_send_key(k, k->repeating, true);
    }
    timer_mod(&k->repeat_timer, clock_now_ns(k->clock) + kbd_period_ns(k));
}

void ps2_kbd_key(struct ps2_kbd *k, uint8_t usage, bool down)
{
    uint8_t bit = (uint8_t)(1u << (usage & 7));
    bool was_down = k->down[usage >> 3] & bit;

    if (down == was_down) {
        return;
    }
    k->down[usage >> 3] = down ? k->down[usage >> 3] | bit : k->down[usage >> 3] & (uint8_t)~bit;
    if (usage >= USAGE_MODIFIERS && usage < USAGE_MODIFIERS + 8) {
        k->modifiers = k->down[USAGE_MODIFIERS >> 3];
    }
    if (!k->scanning) {
        return;
    }
    kbd_send_key(k, usage, down);
    if (down && usage != USAGE_PAUSE) {
        k->repeating = usage;
        timer_mod(&k->repeat_timer, clock_now_ns(k->clock) + kbd_delay_ns(k));
    } else if (!down && usage == k->repeating) {
        kbd_stop_repeat(k);
    }
}

static void kbd_defaults(struct ps2_kbd *k)
{
    kbd_stop_repeat(k);
    ps2_queue_clear(&k->queue);
    k->command = 0;
    k->set = 2;
    k->rate = RATE_DEFAULT;
    k->no_break = false;
    k->overrun = false;
}

/* True: the byte was the parameter of `command`. */
static bool kbd_parameter(struct ps2_kbd *k, uint8_t command, uint8_t byte)
{
    if (byte & 0x80) {
        return false; /* another command instead */
    }
    switch (command) {
    case CMD_LEDS: k->leds = byte & 7; break;
    case CMD_RATE: k->rate = byte; break;
    case CMD_SCAN_SET:
        if (byte > 3) {
            ps2_queue_reply(&k->queue, REPLY_RESEND);
            return true;
        }
        ps2_queue_reply(&k->queue, REPLY_ACK);
        if (byte == 0) {
            ps2_queue_reply(&k->queue, k->set);
        } else {
            k->set = byte;
            k->queue.seq_count = 0;
        }
        return true;
    default: /* the keys of FBh-FDh, any number */ k->command = command; break;
    }
    ps2_queue_reply(&k->queue, REPLY_ACK);
    return true;
}

static void kbd_command(struct ps2_kbd *k, uint8_t byte)
{
    switch (byte) {
    case CMD_ECHO: ps2_queue_reply(&k->queue, CMD_ECHO); return;
    case CMD_RESEND: ps2_queue_reply(&k->queue, k->queue.last); return;
    case CMD_LEDS:
    case CMD_SCAN_SET:
    case CMD_RATE:
    case CMD_KEY_FIRST ... CMD_KEY_LAST: k->command = byte; break;
    case CMD_ENABLE:
        ps2_queue_clear(&k->queue);
        k->scanning = true;
        break;
    case CMD_DISABLE:
        kbd_defaults(k);
        k->scanning = false;
        break;
    case CMD_DEFAULT: kbd_defaults(k); break;
    case CMD_ALL_FIRST ... CMD_ALL_LAST: k->no_break = byte == 0xf7 || byte == 0xf9; break;
    case CMD_RESET:
        kbd_defaults(k);
        k->scanning = true;
        k->leds = 0;
        ps2_queue_reply(&k->queue, REPLY_ACK);
        ps2_queue_reply(&k->queue, REPLY_BAT);
        return;
    case CMD_ID:
        ps2_queue_reply(&k->queue, REPLY_ACK);
        ps2_queue_reply(&k->queue, 0xab);
        ps2_queue_reply(&k->queue, 0x83);
        return;
    default: ps2_queue_reply(&k->queue, REPLY_RESEND); return;
    }
    ps2_queue_reply(&k->queue, REPLY_ACK);
}

void ps2_kbd_write(struct ps2_kbd *k, uint8_t byte)
{
    uint8_t command = k->command;

    k->command = 0;
    ps2_queue_interrupt(&k->queue);
    if (command == 0 || !kbd_parameter(k, command, byte)) {
        kbd_command(k, byte);
    }
    kbd_ready(k);
}

int ps2_kbd_read(struct ps2_kbd *k)
{
    return ps2_queue_pop(&k->queue);
}

uint8_t ps2_kbd_leds(const struct ps2_kbd *k)
{
    return k->leds;
}

static void kbd_input(void *opaque, uint8_t usage, bool down)
{
    ps2_kbd_key(opaque, usage, down);
}

static void kbd_reset(struct device *d)
{
    struct ps2_kbd *k = (struct ps2_kbd *)d;

    kbd_defaults(k);
    k->leds = 0;
    k->scanning = true;
}

static bool kbd_realize(struct device *d, GError **err)
{
    struct ps2_kbd *k = (struct ps2_kbd *)d;

    (void)err;
    timer_init(&k->repeat_timer, k->clock, kbd_repeat, k);
    kbd_reset(d);
    k->sink = (struct input_sink){ .key = kbd_input, .opaque = k };
    if (k->input) {
        input_hub_attach(k->input, &k->sink);
    }
    return true;
}

static void kbd_unrealize(struct device *d)
{
    struct ps2_kbd *k = (struct ps2_kbd *)d;

    timer_del(&k->repeat_timer);
    if (k->input) {
        input_hub_detach(k->input, &k->sink);
    }
}

struct ps2_kbd *ps2_kbd_new(struct clock *clock, struct input_hub *input, struct ps2_link link)
{
    struct device *d = device_new(&ps2_kbd_class);
    struct ps2_kbd *k = (struct ps2_kbd *)d;

    k->clock = clock;
    k->input = input;
    k->link = link;
    device_realize(d, NULL); /* can't fail */
    return k;
}

const struct device_class ps2_kbd_class = {
    .name = "ps2-kbd",
    .desc = "PS/2 keyboard",
    .size = sizeof(struct ps2_kbd),
    .realize = kbd_realize,
    .unrealize = kbd_unrealize,
    .reset = kbd_reset,
};
