/* SPDX-License-Identifier: MIT */
/*
 * Input events and key names. Usages: USB HID Usage Tables 1.12, page 7 (keyboard). The names are
 * those of QEMU's sendkey.
 */
#include <stdlib.h>
#include <string.h>

#include <glib.h>

#include "core/input.h"

struct input_hub {
    struct input_sink *first;
    uint8_t down[256 / 8]; /* keys that somebody pressed and nobody released */
    unsigned buttons;
};

struct input_hub *input_hub_new(void)
{
    return g_new0(struct input_hub, 1);
}

void input_hub_free(struct input_hub *h)
{
    g_free(h);
}

void input_hub_attach(struct input_hub *h, struct input_sink *s)
{
    s->next = h->first;
    h->first = s;
}

void input_hub_detach(struct input_hub *h, struct input_sink *s)
{
    for (struct input_sink **p = &h->first; *p; p = &(*p)->next) {
        if (*p == s) {
            *p = s->next;
            return;
        }
    }
}

void input_key(struct input_hub *h, uint8_t hid_usage, bool down)
{
    uint8_t bit = (uint8_t)(1 << (hid_usage & 7));
    /* A window that was clicked away may release what was never pressed here. */
    if (!down && !(h->down[hid_usage >> 3] & bit)) {
        return;
    }
    if (down) {
        h->down[hid_usage >> 3] |= bit;
    } else {
        h->down[hid_usage >> 3] &= (uint8_t)~bit;
    }
    for (struct input_sink *s = h->first; s; s = s->next) {
        if (s->key) {
            s->key(s->opaque, hid_usage, down);
            return;
        }
    }
}

void input_release_all(struct input_hub *h)
{
    for (unsigned usage = 0; usage < 256; usage++) {
        input_key(h, (uint8_t)usage, false);
    }
}

void input_mouse_rel(struct input_hub *h, int dx, int dy, int dz, unsigned buttons)
{
    h->buttons = buttons;
    for (struct input_sink *s = h->first; s; s = s->next) {
        if (s->mouse_rel) {
            s->mouse_rel(s->opaque, dx, dy, dz, buttons);
            return;
        }
    }
}

void input_mouse_abs(struct input_hub *h, int x, int y, int dz, unsigned buttons)
{
    h->buttons = buttons;
    for (struct input_sink *s = h->first; s; s = s->next) {
        if (s->mouse_abs) {
            s->mouse_abs(s->opaque, CLAMP(x, 0, 32767), CLAMP(y, 0, 32767), dz, buttons);
            return;
        }
    }
}

unsigned input_buttons(const struct input_hub *h)
{
    return h->buttons;
}

bool input_wants_abs(struct input_hub *h)
{
    for (struct input_sink *s = h->first; s; s = s->next) {
        if (s->mouse_rel || s->mouse_abs) {
            return s->mouse_abs != NULL; /* the newest pointer decides */
        }
    }
    return false;
}

static const struct key_name {
    char name[18];
    uint8_t usage;
} keys[] = {
    { "0", 0x27 },
    { "1", 0x1e },
    { "2", 0x1f },
    { "3", 0x20 },
    { "4", 0x21 },
    { "5", 0x22 },
    { "6", 0x23 },
    { "7", 0x24 },
    { "8", 0x25 },
    { "9", 0x26 },
    { "again", 0x79 },
    { "alt", 0xe2 },
    { "alt_r", 0xe6 },
    { "apostrophe", 0x34 },
    { "asterisk", 0x55 },
    { "audiomute", 0x7f },
    { "backslash", 0x31 },
    { "backspace", 0x2a },
    { "bracket_left", 0x2f },
    { "bracket_right", 0x30 },
    { "caps_lock", 0x39 },
    { "comma", 0x36 },
    { "compose", 0x65 },
    { "copy", 0x7c },
    { "ctrl", 0xe0 },
    { "ctrl_r", 0xe4 },
    { "cut", 0x7b },
    { "delete", 0x4c },
    { "dot", 0x37 },
    { "down", 0x51 },
    { "end", 0x4d },
    { "equal", 0x2e },
    { "esc", 0x29 },
    { "f1", 0x3a },
    { "f10", 0x43 },
    { "f11", 0x44 },
    { "f12", 0x45 },
    { "f13", 0x68 },
    { "f14", 0x69 },
    { "f15", 0x6a },
    { "f16", 0x6b },
    { "f17", 0x6c },
    { "f18", 0x6d },
    { "f19", 0x6e },
    { "f2", 0x3b },
    { "f20", 0x6f },
    { "f21", 0x70 },
    { "f22", 0x71 },
    { "f23", 0x72 },
    { "f24", 0x73 },
    { "f3", 0x3c },
    { "f4", 0x3d },
    { "f5", 0x3e },
    { "f6", 0x3f },
    { "f7", 0x40 },
    { "f8", 0x41 },
    { "f9", 0x42 },
    { "find", 0x7e },
    { "front", 0x77 },
    { "grave_accent", 0x35 },
    { "help", 0x75 },
    { "henkan", 0x8a },
    { "hiragana", 0x93 },
    { "home", 0x4a },
    { "insert", 0x49 },
    { "katakana", 0x92 },
    { "katakanahiragana", 0x88 },
    { "kp_0", 0x62 },
    { "kp_1", 0x59 },
    { "kp_2", 0x5a },
    { "kp_3", 0x5b },
    { "kp_4", 0x5c },
    { "kp_5", 0x5d },
    { "kp_6", 0x5e },
    { "kp_7", 0x5f },
    { "kp_8", 0x60 },
    { "kp_9", 0x61 },
    { "kp_add", 0x57 },
    { "kp_comma", 0x85 },
    { "kp_decimal", 0x63 },
    { "kp_divide", 0x54 },
    { "kp_enter", 0x58 },
    { "kp_equals", 0x67 },
    { "kp_multiply", 0x55 },
    { "kp_subtract", 0x56 },
    { "lang1", 0x90 },
    { "lang2", 0x91 },
    { "left", 0x50 },
    { "less", 0x64 },
    { "lf", 0x28 },
    { "menu", 0x65 },
    { "meta_l", 0xe3 },
    { "meta_r", 0xe7 },
    { "minus", 0x2d },
    { "muhenkan", 0x8b },
    { "num_lock", 0x53 },
    { "open", 0x74 },
    { "paste", 0x7d },
    { "pause", 0x48 },
    { "pgdn", 0x4e },
    { "pgup", 0x4b },
    { "power", 0x66 },
    { "print", 0x46 },
    { "props", 0x76 },
    { "ret", 0x28 },
    { "right", 0x4f },
    { "ro", 0x87 },
    { "scroll_lock", 0x47 },
    { "semicolon", 0x33 },
    { "shift", 0xe1 },
    { "shift_r", 0xe5 },
    { "slash", 0x38 },
    { "spc", 0x2c },
    { "stop", 0x78 },
    { "sysrq", 0x46 },
    { "tab", 0x2b },
    { "undo", 0x7a },
    { "up", 0x52 },
    { "volumedown", 0x81 },
    { "volumeup", 0x80 },
    { "yen", 0x89 },
};

static int compare(const void *name, const void *key)
{
    return strcmp(name, ((const struct key_name *)key)->name);
}

uint8_t input_key_by_name(const char *name)
{
    if (name[0] >= 'a' && name[0] <= 'z' && name[1] == '\0') {
        return (uint8_t)(0x04 + (name[0] - 'a'));
    }
    const struct key_name *k = bsearch(name, keys, ARRAY_LEN(keys), sizeof keys[0], compare);
    return k ? k->usage : 0;
}

/* Set 1: IBM PC/AT Technical Reference, keyboard; HID usages of the same keys. */
uint8_t input_key_by_scancode(uint8_t code)
{
    static const uint8_t plain[] = {
        0x00, 0x29, 0x1e, 0x1f, 0x20, 0x21, 0x22, 0x23, 0x24, 0x25, 0x26, 0x27, 0x2d, 0x2e, 0x2a,
        0x2b, 0x14, 0x1a, 0x08, 0x15, 0x17, 0x1c, 0x18, 0x0c, 0x12, 0x13, 0x2f, 0x30, 0x28, 0xe0,
        0x04, 0x16, 0x07, 0x09, 0x0a, 0x0b, 0x0d, 0x0e, 0x0f, 0x33, 0x34, 0x35, 0xe1, 0x31, 0x1d,
        0x1b, 0x06, 0x19, 0x05, 0x11, 0x10, 0x36, 0x37, 0x38, 0xe5, 0x55, 0xe2, 0x2c, 0x39, 0x3a,
        0x3b, 0x3c, 0x3d, 0x3e, 0x3f, 0x40, 0x41, 0x42, 0x43, 0x53, 0x47, 0x5f, 0x60, 0x61, 0x56,
        0x5c, 0x5d, 0x5e, 0x57, 0x59, 0x5a, 0x5b, 0x62, 0x63, 0x46, 0x00, 0x64, 0x44, 0x45,
    };
    static const struct {
        uint8_t code, usage;
    } extended[] = {
        { 0x1c, 0x58 }, { 0x1d, 0xe4 }, { 0x35, 0x54 }, { 0x37, 0x46 }, { 0x38, 0xe6 },
        { 0x47, 0x4a }, { 0x48, 0x52 }, { 0x49, 0x4b }, { 0x4b, 0x50 }, { 0x4d, 0x4f },
        { 0x4f, 0x4d }, { 0x50, 0x51 }, { 0x51, 0x4e }, { 0x52, 0x49 }, { 0x53, 0x4c },
        { 0x5b, 0xe3 }, { 0x5c, 0xe7 }, { 0x5d, 0x65 },
    };
    for (size_t i = 0; code & 0x80 && i < ARRAY_LEN(extended); i++) {
        if (extended[i].code == (code & 0x7f)) {
            return extended[i].usage;
        }
    }
    return code < ARRAY_LEN(plain) ? plain[code] : 0;
}
