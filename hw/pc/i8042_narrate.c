/* SPDX-License-Identifier: MIT */
/* The keyboard controller in words (-d dev:kbd). IBM PS/2 Technical Reference, keyboard and
 * auxiliary device controller. */
#include "core/narrate.h"

static const struct narrate_value commands[] = {
    { 0x20, "read the command byte" },
    { 0x60, "write the command byte" },
    { 0xa7, "disable the mouse port" },
    { 0xa8, "enable the mouse port" },
    { 0xa9, "test the mouse port" },
    { 0xaa, "self-test" },
    { 0xab, "test the keyboard port" },
    { 0xad, "disable the keyboard port" },
    { 0xae, "enable the keyboard port" },
    { 0xc0, "read the input port" },
    { 0xd0, "read the output port" },
    { 0xd1, "write the output port" },
    { 0xd2, "write the keyboard's output buffer" },
    { 0xd3, "write the mouse's output buffer" },
    { 0xd4, "next byte to the mouse" },
    { 0xdd, "A20 off, where known" },
    { 0xdf, "A20 on, where known" },
    { 0xfe, "reset the processor" },
    { 0, NULL },
};
static const struct narrate_field status[] = {
    { 0, 1, "output full", NULL },  { 1, 1, "input full", NULL },     { 2, 1, "system", NULL },
    { 3, 1, "command", NULL },      { 5, 1, "from the mouse", NULL }, { 6, 1, "timeout", NULL },
    { 7, 1, "parity error", NULL },
};
static const struct narrate_value device_commands[] = {
    { 0xed, "set the lamps" },
    { 0xee, "echo" },
    { 0xf0, "scan code set" },
    { 0xf2, "identify" },
    { 0xf3, "set the rate" },
    { 0xf4, "enable reporting" },
    { 0xf5, "disable reporting" },
    { 0xf6, "defaults" },
    { 0xfe, "resend" },
    { 0xff, "reset" },
    { 0xe6, "scaling 1:1" },
    { 0xe7, "scaling 2:1" },
    { 0xe8, "resolution" },
    { 0xe9, "status" },
    { 0xea, "stream mode" },
    { 0xeb, "read data" },
    { 0, NULL },
};

static void command_words(struct narrate_state *s, GString *out, const struct narrate_access *a)
{
    (void)out;
    s->v[0] = (uint32_t)a->value;
}

/* What a byte to port 60h is for depends on the command before. */
static void data_words(struct narrate_state *s, GString *out, const struct narrate_access *a)
{
    unsigned v = (unsigned)a->value, command = s->v[0];
    s->v[0] = 0;
    if (command == 0x60) {
        g_string_append_printf(out, ", command byte:%s%s%s%s%s",
                               v & 1 ? " keyboard interrupt," : "",
                               v & 2 ? " mouse interrupt," : "", v & 0x10 ? " keyboard off," : "",
                               v & 0x20 ? " mouse off," : "", v & 0x40 ? " translation" : "");
    } else if (command == 0xd1) {
        g_string_append_printf(out, ", output port: A20 %s%s", v & 2 ? "on" : "off",
                               v & 1 ? "" : ", reset");
    } else {
        g_string_append_printf(out, ", to the %s:", command == 0xd4 ? "mouse" : "keyboard");
        for (const struct narrate_value *c = device_commands; c->name; c++) {
            if (c->value == v) {
                g_string_append_printf(out, " %s", c->name);
            }
        }
    }
}

static const struct narrate_reg regs[] = {
    { .base = 0x60, .count = 1, .how = NARRATE_R, .name = "output buffer" },
    { .base = 0x60, .count = 1, .how = NARRATE_W, .name = "data", .words = data_words },
    { .base = 0x64, .count = 1, .how = NARRATE_R, .name = "status", NARRATE_FIELDS(status) },
    { .base = 0x64,
      .count = 1,
      .how = NARRATE_W,
      .name = "command",
      .values = commands,
      .words = command_words },
};

extern const struct narration narrate_kbd;
const struct narration narrate_kbd = { "kbd", "8042 keyboard controller", regs, ARRAY_LEN(regs) };
