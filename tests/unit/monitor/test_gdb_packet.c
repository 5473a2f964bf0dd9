/* SPDX-License-Identifier: MIT */
/* link: monitor/gdb_packet.c monitor/gdb_regs.c */
/*
 * The gdb server's packets and registers: framing of good, broken and endless input, every register
 * out and in again.
 */
#include <stdlib.h>
#include <string.h>

#include "monitor/gdb_int.h"
#include "tests/fake/unit.h"

static struct gdb_framer framer;

static enum gdb_fed feed(const char *bytes, size_t len)
{
    enum gdb_fed last = GDB_MORE;
    for (size_t i = 0; i < len; i++) {
        last = gdb_framer_feed(&framer, (uint8_t)bytes[i]);
    }
    return last;
}

static void framing(void **state)
{
    (void)state;
    static const struct {
        const char *in;
        enum gdb_fed want;
        const char *body;
    } cases[] = {
        { "$g#67", GDB_PACKET, "g" },
        { "+$g#67", GDB_PACKET, "g" },
        { "$#00", GDB_PACKET, "" },
        { "$g#68", GDB_BAD, NULL },
        { "$g#6x", GDB_BAD, NULL },
        { "$g#xx", GDB_BAD, NULL },
        { "$half$g#67", GDB_PACKET, "g" },
        { "$a}\x03" "b#43", GDB_PACKET, "a#b" },
        { "\x03", GDB_BREAK, NULL },
        { "$x\x03", GDB_MORE, NULL },
        { "-", GDB_NACK, NULL },
    };
    for (size_t k = 0; k < ARRAY_LEN(cases); k++) {
        memset(&framer, 0, sizeof framer);
        enum gdb_fed got = feed(cases[k].in, strlen(cases[k].in));
        if (got != cases[k].want || (cases[k].body && strcmp(framer.buf, cases[k].body))) {
            fail_msg("%s: %d, \"%s\"", cases[k].in, got, framer.buf);
        }
    }
}

static void endless(void **state)
{
    (void)state;
    memset(&framer, 0, sizeof framer);
    feed("$", 1);
    for (unsigned k = 0; k < 3 * GDB_PACKET_MAX; k++) {
        assert_int_equal(feed("a", 1), GDB_MORE);
    }
    assert_int_equal(feed("#00", 3), GDB_BAD);
    assert_true(framer.len <= GDB_PACKET_MAX);
    assert_int_equal(feed("$g#67", 5), GDB_PACKET);
    /* What is made is what is understood. */
    srand(1);
    for (unsigned k = 0; k < 500; k++) {
        char body[64];
        size_t len = (size_t)rand() % sizeof body;
        for (size_t i = 0; i < len; i++) {
            body[i] = (char)(rand() % 4 ? rand() : "$#}*"[rand() % 4]);
        }
        GByteArray *out = g_byte_array_new();
        gdb_packet_make(out, body, len);
        assert_int_equal(feed((const char *)out->data, out->len), GDB_PACKET);
        assert_int_equal(framer.len, len);
        assert_memory_equal(framer.buf, body, len);
        g_byte_array_unref(out);
    }
}

static void numbers(void **state)
{
    (void)state;
    const char *p = "ffffffffffffffff,1";
    uint64_t v;
    assert_true(gdb_hex_u64(&p, &v));
    assert_true(v == UINT64_MAX && *p == ',');
    p = "10000000000000000";
    assert_false(gdb_hex_u64(&p, &v));
    p = ",";
    assert_false(gdb_hex_u64(&p, &v));
    uint8_t b[4];
    assert_int_equal(gdb_unhex(b, 4, "0aF"), 1);
    assert_int_equal(b[0], 10);
}

static void registers(void **state)
{
    (void)state;
    struct x86_state a, b;
    uint8_t raw[GDB_REG_MAX], again[GDB_REG_MAX];
    unsigned n = 0;
    memset(&a, 0, sizeof a);
    memset(&b, 0, sizeof b);
    a.cr0 = b.cr0 = 1; /* protected: selectors are only selectors */
    for (unsigned len; (len = gdb_reg_get(&a, n, raw)) > 0; n++) {
        assert_true(len <= GDB_REG_MAX);
        for (unsigned k = 0; k < len; k++) {
            raw[k] = (uint8_t)(n * 7 + k + 1);
        }
        if (n >= 32 && n < 40) {
            continue; /* FPU control: fields narrower than gdb's registers */
        }
        assert_int_equal(gdb_reg_set(&b, n, raw), len);
        assert_int_equal(gdb_reg_get(&b, n, again), len);
        bool narrow = (n >= 18 && n < 24) || len == 4; /* 16-bit selectors, limits, attributes */
        if (memcmp(raw, again, narrow ? 2 : len) != 0) {
            fail_msg("register %u does not come back", n);
        }
    }
    assert_int_equal(n, gdb_regs_count());
    assert_int_equal(gdb_reg_get(&a, n, raw), 0);
    a.rip = 0x1122334455667788;
    gdb_reg_get(&a, GDB_REG_RIP, raw);
    assert_int_equal(raw[0], 0x88);
    /* As many registers as the description has. */
    GString *xml = g_string_new(NULL);
    gdb_regs_xml(xml);
    unsigned count = 0;
    for (const char *p = xml->str; (p = strstr(p, "<reg ")); p++) {
        count++;
    }
    assert_int_equal(count, n);
    g_string_free(xml, TRUE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(framing),
        cmocka_unit_test(endless),
        cmocka_unit_test(numbers),
        cmocka_unit_test(registers),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
