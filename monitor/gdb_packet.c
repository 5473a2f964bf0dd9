/* SPDX-License-Identifier: MIT */
/*
 * Packets of gdb's remote serial protocol: framing, check sums, escapes, hexadecimal numbers.
 * Whatever the client sends, a packet is at most GDB_PACKET_MAX bytes and the rest is dropped.
 */
#include <string.h>

#include "monitor/gdb_int.h"

int gdb_hex_digit(char c)
{
    return g_ascii_xdigit_value(c);
}

bool gdb_hex_u64(const char **p, uint64_t *v)
{
    const char *start = *p;
    *v = 0;
    while (gdb_hex_digit(**p) >= 0) {
        if (*v >> 60) {
            return false;
        }
        *v = *v << 4 | (unsigned)gdb_hex_digit(**p);
        ++*p;
    }
    return *p != start;
}

void gdb_hex_bytes(GString *out, const void *bytes, size_t len)
{
    static const char digits[] = "0123456789abcdef";
    const uint8_t *b = bytes;
    for (size_t i = 0; i < len; i++) {
        g_string_append_c(out, digits[b[i] >> 4]);
        g_string_append_c(out, digits[b[i] & 15]);
    }
}

size_t gdb_unhex(uint8_t *out, size_t cap, const char *hex)
{
    size_t n = 0;
    while (n < cap && gdb_hex_digit(hex[2 * n]) >= 0 && gdb_hex_digit(hex[2 * n + 1]) >= 0) {
        out[n] = (uint8_t)(gdb_hex_digit(hex[2 * n]) << 4 | gdb_hex_digit(hex[2 * n + 1]));
        n++;
    }
    return n;
}

static void body_byte(struct gdb_framer *f, uint8_t byte)
{
    f->sum = (uint8_t)(f->sum + byte);
    if (byte == '}' && !f->escaped) {
        f->escaped = true;
        return;
    }
    if (f->escaped) {
        byte ^= 0x20;
        f->escaped = false;
    }
    if (f->len < GDB_PACKET_MAX) {
        f->buf[f->len++] = (char)byte;
    } else {
        f->too_long = true;
    }
}

static enum gdb_fed finish(struct gdb_framer *f, uint8_t byte)
{
    int d = gdb_hex_digit((char)byte);
    f->state = GDB_IDLE;
    f->buf[f->len] = 0;
    if (f->too_long || d < 0 || (!f->no_ack && (f->want | d) != f->sum)) {
        return GDB_BAD;
    }
    return GDB_PACKET;
}

enum gdb_fed gdb_framer_feed(struct gdb_framer *f, uint8_t byte)
{
    if (byte == '$' && f->state != GDB_IDLE) {
        f->state = GDB_IDLE; /* a new packet: the old one never ended */
    }
    switch (f->state) {
    case GDB_IDLE:
        if (byte == '$') {
            f->state = GDB_BODY;
            f->len = 0;
            f->sum = 0;
            f->escaped = f->too_long = false;
        }
        return byte == 3 ? GDB_BREAK : byte == '-' ? GDB_NACK : GDB_MORE;
    case GDB_BODY:
        if (byte == '#') {
            f->state = GDB_SUM1;
        } else {
            body_byte(f, byte);
        }
        return GDB_MORE;
    case GDB_SUM1: {
        int d = gdb_hex_digit((char)byte);
        f->want = d < 0 ? 0 : (uint8_t)(d << 4);
        f->too_long |= d < 0;
        f->state = GDB_SUM2;
        return GDB_MORE;
    }
    default: return finish(f, byte);
    }
}

void gdb_packet_make(GByteArray *out, const char *body, size_t len)
{
    static const char digits[] = "0123456789abcdef";
    uint8_t sum = 0;
    g_byte_array_append(out, (const guint8 *)"$", 1);
    for (size_t i = 0; i < len; i++) {
        uint8_t b = (uint8_t)body[i];
        if (b == '$' || b == '#' || b == '}' || b == '*') {
            sum = (uint8_t)(sum + '}');
            g_byte_array_append(out, (const guint8 *)"}", 1);
            b ^= 0x20;
        }
        sum = (uint8_t)(sum + b);
        g_byte_array_append(out, &b, 1);
    }
    const guint8 tail[3] = { '#', (guint8)digits[sum >> 4], (guint8)digits[sum & 15] };
    g_byte_array_append(out, tail, sizeof tail);
}
