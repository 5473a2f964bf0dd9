/* SPDX-License-Identifier: MIT */
/*
 * As much of Telnet (RFC 854) as a client needs to talk to a serial line: character mode, eight
 * bits, BREAK. Options are announced once and answers are swallowed, which cannot loop.
 */
#include <glib.h>

#include "backend/char/chardev_int.h"

enum { SE = 240, NOP = 241, BRK = 243, SB = 250, WILL = 251, WONT, DO, DONT, IAC };
enum { OPT_BINARY = 0, OPT_ECHO = 1, OPT_SGA = 3 };

struct telnet {
    enum { DATA, COMMAND, OPTION, SUB, SUB_IAC, AFTER_CR } state;
};

struct telnet *telnet_new(void)
{
    return g_new0(struct telnet, 1);
}

void telnet_free(struct telnet *t)
{
    g_free(t);
}

void telnet_reset(struct telnet *t)
{
    t->state = DATA;
}

const uint8_t *telnet_greeting(size_t *len)
{
    static const uint8_t bytes[] = { IAC, WILL, OPT_ECHO,   IAC, WILL, OPT_SGA,
                                     IAC, WILL, OPT_BINARY, IAC, DO,   OPT_BINARY };
    *len = sizeof bytes;
    return bytes;
}

size_t telnet_filter(struct telnet *t, uint8_t *buf, size_t len, bool *got_break)
{
    size_t out = 0;
    *got_break = false;
    for (size_t i = 0; i < len; i++) {
        uint8_t b = buf[i];
        switch (t->state) {
        case AFTER_CR:
            t->state = DATA;
            if (b == 0) { /* CR NUL is a bare carriage return */
                break;
            }
            /* fall through */
        case DATA:
            if (b == IAC) {
                t->state = COMMAND;
            } else {
                buf[out++] = b;
                t->state = b == '\r' ? AFTER_CR : DATA;
            }
            break;
        case COMMAND:
            t->state = b == SB ? SUB : b >= WILL && b <= DONT ? OPTION : DATA;
            if (b == IAC) {
                buf[out++] = b;
            } else if (b == BRK) {
                *got_break = true;
            }
            break;
        case OPTION: t->state = DATA; break;
        case SUB: t->state = b == IAC ? SUB_IAC : SUB; break;
        case SUB_IAC: t->state = b == SE ? DATA : SUB; break;
        }
    }
    return out;
}
