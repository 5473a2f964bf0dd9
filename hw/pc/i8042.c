/* SPDX-License-Identifier: MIT */
/*
 * Keyboard controller of the PS/2 (IBM PS/2 Hardware Interface Technical Reference, "Keyboard and
 * auxiliary device controller"). One output buffer: each byte that enters it raises its interrupt
 * anew, and the next one enters when the last was read. The controller's own answers go first. It
 * is never busy, so the input buffer reads as empty.
 */
#include "hw/pc/i8042.h"

#include "core/trace.h"
#include "hw/isa/isa.h"
#include "hw/isa/isa_ports.h"
#include "hw/pc/ps2_kbd.h"
#include "hw/pc/ps2_mouse.h"

#define STATUS_OBF      0x01
#define STATUS_SYS      0x04
#define STATUS_COMMAND  0x08
#define STATUS_UNLOCKED 0x10
#define STATUS_AUX      0x20

#define MODE_INT_KBD   0x01
#define MODE_INT_AUX   0x02
#define MODE_SYS       0x04
#define MODE_NO_KBD    0x10
#define MODE_NO_AUX    0x20
#define MODE_TRANSLATE 0x40

#define OUT_RESET_N 0x01
#define OUT_A20     0x02
#define OUT_OBF_KBD 0x10
#define OUT_OBF_AUX 0x20
#define OUT_ONES    0xcc

enum {
    CMD_READ_RAM = 0x20,
    CMD_WRITE_RAM = 0x60,
    CMD_TEST_PASSWORD = 0xa4,
    CMD_DISABLE_AUX = 0xa7,
    CMD_ENABLE_AUX = 0xa8,
    CMD_TEST_AUX = 0xa9,
    CMD_SELF_TEST = 0xaa,
    CMD_TEST_KBD = 0xab,
    CMD_DISABLE_KBD = 0xad,
    CMD_ENABLE_KBD = 0xae,
    CMD_READ_INPUT = 0xc0,
    CMD_READ_OUTPUT = 0xd0,
    CMD_WRITE_OUTPUT = 0xd1,
    CMD_FAKE_KBD = 0xd2,
    CMD_FAKE_AUX = 0xd3,
    CMD_WRITE_AUX = 0xd4,
    CMD_TEST_INPUTS = 0xe0,
    CMD_PULSE = 0xf0,
};

/* Answers that wait for the output buffer; more than a few the guest provokes are dropped. */
#define REPLIES 8

struct i8042 {
    struct device dev;
    struct isa_ports ports;
    struct i8042_config cfg;
    struct ps2_kbd *kbd;
    struct ps2_mouse *mouse;
    uint8_t ram[32]; /* ram[0] is the command byte ("mode") */
    uint8_t output;  /* output port */
    uint8_t command; /* waits for its data byte; 0 = none */
    bool system_flag, last_was_command;
    bool full, from_aux; /* output buffer */
    uint8_t data;
    bool released; /* translation: F0h came, a break code follows */
    bool aux_turn; /* keyboard and mouse take turns */
    bool irq_level[2];
    struct {
        uint8_t byte;
        bool aux;
    } reply[REPLIES];
    unsigned replies;
};

/* Set 2 to set 1, as the controller's firmware translates each byte from the keyboard. */
static const uint8_t translation[0x88] = {
    0xff, 0x43, 0x41, 0x3f, 0x3d, 0x3b, 0x3c, 0x58, 0x64, 0x44, 0x42, 0x40, 0x3e, 0x0f, 0x29, 0x59,
    0x65, 0x38, 0x2a, 0x70, 0x1d, 0x10, 0x02, 0x5a, 0x66, 0x71, 0x2c, 0x1f, 0x1e, 0x11, 0x03, 0x5b,
    0x67, 0x2e, 0x2d, 0x20, 0x12, 0x05, 0x04, 0x5c, 0x68, 0x39, 0x2f, 0x21, 0x14, 0x13, 0x06, 0x5d,
    0x69, 0x31, 0x30, 0x23, 0x22, 0x15, 0x07, 0x5e, 0x6a, 0x72, 0x32, 0x24, 0x16, 0x08, 0x09, 0x5f,
    0x6b, 0x33, 0x25, 0x17, 0x18, 0x0b, 0x0a, 0x60, 0x6c, 0x34, 0x35, 0x26, 0x27, 0x19, 0x0c, 0x61,
    0x6d, 0x73, 0x28, 0x74, 0x1a, 0x0d, 0x62, 0x6e, 0x3a, 0x36, 0x1c, 0x1b, 0x75, 0x2b, 0x63, 0x76,
    0x55, 0x56, 0x77, 0x78, 0x79, 0x7a, 0x0e, 0x7b, 0x7c, 0x4f, 0x7d, 0x4b, 0x47, 0x7e, 0x7f, 0x6f,
    0x52, 0x53, 0x50, 0x4c, 0x4d, 0x48, 0x01, 0x45, 0x57, 0x4e, 0x51, 0x4a, 0x37, 0x49, 0x46, 0x54,
    0x80, 0x81, 0x82, 0x41, 0x54, 0x85, 0x86, 0x87,
};

static void kbc_update_irq(struct i8042 *k)
{
    bool kbd = k->full && !k->from_aux && (k->ram[0] & MODE_INT_KBD);
    bool aux = k->full && k->from_aux && (k->ram[0] & MODE_INT_AUX);

    if (kbd != k->irq_level[0]) {
        k->irq_level[0] = kbd;
        irq_set(k->cfg.irq1, kbd);
    }
    if (aux != k->irq_level[1]) {
        k->irq_level[1] = aux;
        irq_set(k->cfg.irq12, aux);
    }
}

static void kbc_fill(struct i8042 *k, uint8_t byte, bool aux)
{
    trace_i8042_data(byte, aux);
    k->data = byte;
    k->from_aux = aux;
    k->full = true;
    kbc_update_irq(k);
}

/* The keyboard's next byte as the host sees it, or -1. */
static int kbc_next_kbd(struct i8042 *k)
{
    int byte = k->ram[0] & MODE_NO_KBD ? -1 : ps2_kbd_read(k->kbd);

    if (byte < 0 || !(k->ram[0] & MODE_TRANSLATE)) {
        k->released = false;
        return byte;
    }
    if (byte == 0xf0) {
        k->released = true;
        byte = ps2_kbd_read(k->kbd);
        if (byte < 0) {
            return -1;
        }
    }
    byte = (unsigned)byte < ARRAY_LEN(translation) ? translation[byte] : byte;
    if (k->released) {
        byte |= 0x80;
        k->released = false;
    }
    return byte;
}

static int kbc_next_aux(struct i8042 *k)
{
    return k->ram[0] & MODE_NO_AUX ? -1 : ps2_mouse_read(k->mouse);
}

/* Fills the output buffer when it is empty and somebody has a byte. */
static void kbc_update(struct i8042 *k)
{
    bool aux;
    int byte;

    if (k->full) {
        return;
    }
    if (k->replies > 0) {
        uint8_t reply = k->reply[0].byte;

        aux = k->reply[0].aux;
        k->replies--;
        for (unsigned i = 0; i < k->replies; i++) {
            k->reply[i] = k->reply[i + 1];
        }
        kbc_fill(k, reply, aux);
        return;
    }
    aux = k->aux_turn;
    byte = aux ? kbc_next_aux(k) : kbc_next_kbd(k);
    if (byte < 0) {
        aux = !aux;
        byte = aux ? kbc_next_aux(k) : kbc_next_kbd(k);
    }
    if (byte >= 0) {
        k->aux_turn = !aux;
        kbc_fill(k, (uint8_t)byte, aux);
    }
}

static void kbc_ready(void *opaque)
{
    kbc_update(opaque);
}

static void kbc_reply(struct i8042 *k, uint8_t byte, bool aux)
{
    if (k->replies < REPLIES) {
        k->reply[k->replies].byte = byte;
        k->reply[k->replies].aux = aux;
        k->replies++;
    }
    kbc_update(k);
}

static void kbc_set_mode(struct i8042 *k, uint8_t mode)
{
    k->ram[0] = mode;
    k->system_flag = mode & MODE_SYS;
    kbc_update_irq(k);
    kbc_update(k);
}

static void kbc_reset_cpu(struct i8042 *k)
{
    k->cfg.ctl->reset(k->cfg.ctl->opaque, RESET_CPU);
}

static void kbc_set_output(struct i8042 *k, uint8_t value)
{
    k->output = value;
    irq_set(k->cfg.a20, value & OUT_A20);
    if (!(value & OUT_RESET_N)) {
        kbc_reset_cpu(k);
    }
}

static uint8_t kbc_output_port(const struct i8042 *k)
{
    uint8_t value = (k->output & (OUT_RESET_N | OUT_A20)) | OUT_ONES;

    if (k->full) {
        value |= k->from_aux ? OUT_OBF_AUX : OUT_OBF_KBD;
    }
    return value;
}

/* Data for a command, or a byte for the keyboard. */
static void kbc_data_write(struct i8042 *k, uint8_t value)
{
    uint8_t command = k->command;

    k->command = 0;
    switch (command) {
    case 0: /* talking to a device enables it */
        k->ram[0] &= (uint8_t)~MODE_NO_KBD;
        ps2_kbd_write(k->kbd, value);
        kbc_update(k);
        break;
    case CMD_WRITE_OUTPUT: kbc_set_output(k, value); break;
    case CMD_FAKE_KBD:
    case CMD_FAKE_AUX: kbc_reply(k, value, command == CMD_FAKE_AUX); break;
    case CMD_WRITE_AUX:
        k->ram[0] &= (uint8_t)~MODE_NO_AUX;
        ps2_mouse_write(k->mouse, value);
        kbc_update(k);
        break;
    case CMD_WRITE_RAM: kbc_set_mode(k, value); break;
    default: k->ram[command & 31] = value; break;
    }
}

static void kbc_command(struct i8042 *k, uint8_t value)
{
    k->command = 0;
    switch (value) {
    case CMD_READ_RAM ... CMD_READ_RAM + 31: kbc_reply(k, k->ram[value & 31], false); break;
    case CMD_WRITE_RAM ... CMD_WRITE_RAM + 31:
    case CMD_WRITE_OUTPUT ... CMD_WRITE_AUX: k->command = value; break;
    case CMD_TEST_PASSWORD:
        kbc_reply(k, 0xf1, false); /* none installed */
        break;
    case CMD_DISABLE_AUX: kbc_set_mode(k, k->ram[0] | MODE_NO_AUX); break;
    case CMD_ENABLE_AUX: kbc_set_mode(k, k->ram[0] & (uint8_t)~MODE_NO_AUX); break;
    case CMD_DISABLE_KBD: kbc_set_mode(k, k->ram[0] | MODE_NO_KBD); break;
    case CMD_ENABLE_KBD: kbc_set_mode(k, k->ram[0] & (uint8_t)~MODE_NO_KBD); break;
    case CMD_TEST_AUX:
    case CMD_TEST_KBD:
    case CMD_TEST_INPUTS: kbc_reply(k, 0x00, false); break;
    case CMD_SELF_TEST:
        k->system_flag = true;
        k->ram[0] |= MODE_SYS;
        kbc_reply(k, 0x55, false);
        break;
    case CMD_READ_INPUT:
        kbc_reply(k, 0x80, false); /* keyboard not locked */
        break;
    case CMD_READ_OUTPUT: kbc_reply(k, kbc_output_port(k), false); break;
    case CMD_PULSE ... 0xff: /* bits that are 0 are pulsed; 0 is the reset */
        if (!(value & 1)) {
            kbc_reset_cpu(k);
        }
        break;
    default: break;
    }
}

static uint32_t kbc_data_read(void *opaque, uint16_t off, unsigned size)
{
    struct i8042 *k = opaque;
    uint8_t byte = k->data;

    (void)off;
    (void)size;
    if (k->full) {
        k->full = false;
        kbc_update_irq(k); /* falls, so that the next byte makes an edge */
        kbc_update(k);
    }
    return byte;
}

static uint32_t kbc_status_read(void *opaque, uint16_t off, unsigned size)
{
    struct i8042 *k = opaque;
    uint32_t status = STATUS_UNLOCKED;

    (void)off;
    (void)size;
    status |= k->full ? STATUS_OBF : 0;
    status |= k->full && k->from_aux ? STATUS_AUX : 0;
    status |= k->system_flag ? STATUS_SYS : 0;
    status |= k->last_was_command ? STATUS_COMMAND : 0;
    return status;
}

static void kbc_port60_write(void *opaque, uint16_t off, uint32_t value, unsigned size)
{
    struct i8042 *k = opaque;

    (void)off;
    (void)size;
    k->last_was_command = false;
    kbc_data_write(k, (uint8_t)value);
}

static void kbc_port64_write(void *opaque, uint16_t off, uint32_t value, unsigned size)
{
    struct i8042 *k = opaque;

    (void)off;
    (void)size;
    k->last_was_command = true;
    kbc_command(k, (uint8_t)value);
}

static const struct ioport_ops kbc_data_ops = { .read = kbc_data_read, .write = kbc_port60_write };
static const struct ioport_ops kbc_status_ops = {
    .read = kbc_status_read,
    .write = kbc_port64_write,
};

struct ps2_kbd *i8042_kbd(struct i8042 *k)
{
    return k->kbd;
}

struct ps2_mouse *i8042_mouse(struct i8042 *k)
{
    return k->mouse;
}

static void kbc_reset(struct device *d)
{
    struct i8042 *k = (struct i8042 *)d;

    device_reset((struct device *)k->kbd);
    device_reset((struct device *)k->mouse);
    k->ram[0] = MODE_INT_KBD | MODE_INT_AUX;
    k->command = 0;
    k->system_flag = false;
    k->last_was_command = true;
    k->full = false;
    k->released = false;
    k->aux_turn = false;
    k->replies = 0;
    k->output = OUT_RESET_N | OUT_A20;
    irq_set(k->cfg.a20, true);
    kbc_update_irq(k);
}

static bool kbc_realize(struct device *d, GError **err)
{
    struct i8042 *k = (struct i8042 *)d;
    struct ps2_link link = { .ready = kbc_ready, .opaque = k };

    if (!isa_ports_claim(&k->ports, d, 0x60, 1, false, &kbc_data_ops, k, err) ||
        !isa_ports_claim(&k->ports, d, 0x64, 1, false, &kbc_status_ops, k, err)) {
        return false;
    }
    k->kbd = ps2_kbd_new(k->cfg.clock, k->cfg.input, link);
    k->mouse = ps2_mouse_new(k->cfg.clock, k->cfg.input, link);
    kbc_reset(d);
    return true;
}

static void kbc_unrealize(struct device *d)
{
    struct i8042 *k = (struct i8042 *)d;

    isa_ports_release(&k->ports);
    device_free((struct device *)k->kbd);
    device_free((struct device *)k->mouse);
}

struct i8042 *i8042_new(const struct i8042_config *cfg, GError **err)
{
    struct device *d = device_new(&i8042_class);
    struct i8042 *k = (struct i8042 *)d;

    k->cfg = *cfg;
    k->ports.io = cfg->io;
    if (!device_realize(d, err)) {
        device_free(d);
        return NULL;
    }
    return k;
}

const struct device_class i8042_class = {
    .name = "i8042",
    .desc = "keyboard controller with keyboard and mouse",
    .size = sizeof(struct i8042),
    .realize = kbc_realize,
    .unrealize = kbc_unrealize,
    .reset = kbc_reset,
};
