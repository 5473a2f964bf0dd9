/* SPDX-License-Identifier: MIT */
/* link: hw/pc/smbios.c hw/pc/firmware.c core/opts.c core/error.c */
/* link: os/posix/[a-z]*.c os/linux/[a-z]*.c */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "core/device.h"
#include "hw/pc/smbios.h"

static const struct smbios_config plain = {
    .ram_size = MIB(512),
    .ram_below_4g = MIB(512),
    .cpus = 4,
    .cores = 2,
    .threads = 1,
    .cpu_signature = 0x000306c3,
    .cpu_brand = "A Processor",
};

static uint64_t get(const uint8_t *p, unsigned n)
{
    uint64_t v = 0;
    for (unsigned i = 0; i < n; i++) {
        v |= (uint64_t)p[i] << (8 * i);
    }
    return v;
}

/* The end of a structure, after its strings. */
static const uint8_t *next_structure(const uint8_t *s, const uint8_t *end)
{
    const uint8_t *p = s + s[1];
    while (p + 1 < end && (p[0] || p[1])) {
        p++;
    }
    assert_true(p + 2 <= end);
    return p + 2;
}

/* The n-th structure of a type, or NULL. */
static const uint8_t *find(const struct smbios_blobs *b, uint8_t type, unsigned n)
{
    const uint8_t *p = b->tables->data, *end = p + b->tables->len;
    for (; p < end; p = next_structure(p, end)) {
        assert_true(p[1] >= 4 && p + p[1] + 2 <= end);
        if (p[0] == type && n-- == 0) {
            return p;
        }
    }
    assert_true(p == end);
    return NULL;
}

static const char *string(const uint8_t *s, unsigned at)
{
    const char *p = (const char *)s + s[1];
    unsigned n = s[at];
    if (n == 0) {
        return "";
    }
    while (--n) {
        p += strlen(p) + 1;
    }
    return p;
}

static bool sums_to_zero(const uint8_t *p, size_t n)
{
    uint8_t sum = 0;
    while (n--) {
        sum = (uint8_t)(sum + *p++);
    }
    return sum == 0;
}

static void build(const struct smbios_config *c, struct smbios_blobs *b)
{
    GError *err = NULL;
    if (!smbios_build(c, b, &err)) {
        fail_msg("%s", err->message);
    }
}

static void test_anchor(void **state)
{
    struct smbios_blobs b;
    unsigned n = 0, largest = 0;
    (void)state;

    build(&plain, &b);
    assert_memory_equal(b.anchor, "_SM_", 4);
    assert_memory_equal(b.anchor + 16, "_DMI_", 5);
    assert_true(sums_to_zero(b.anchor, 31));
    assert_true(sums_to_zero(b.anchor + 16, 15));
    assert_int_equal(get(b.anchor + 22, 2), b.tables->len);
    const uint8_t *end = b.tables->data + b.tables->len;
    for (const uint8_t *p = b.tables->data; p < end; n++) {
        const uint8_t *next = next_structure(p, end);
        largest = MAX(largest, (unsigned)(next - p));
        p = next;
    }
    assert_int_equal(get(b.anchor + 28, 2), n);
    assert_int_equal(get(b.anchor + 8, 2), largest);
    g_byte_array_unref(b.tables);
}

static void test_types(void **state)
{
    static const struct {
        uint8_t type, length, count;
    } want[] = { { 0, 0, 0 },     { 1, 0x1b, 1 },  { 2, 0, 0 },     { 3, 0x16, 1 },
                 { 4, 0x2a, 2 },  { 11, 0, 0 },    { 16, 0x17, 1 }, { 17, 0x28, 1 },
                 { 19, 0x1f, 1 }, { 32, 0x0b, 1 }, { 127, 4, 1 } };
    struct smbios_blobs b;
    (void)state;

    build(&plain, &b);
    for (size_t i = 0; i < ARRAY_LEN(want); i++) {
        for (unsigned n = 0; n < want[i].count; n++) {
            const uint8_t *s = find(&b, want[i].type, n);
            if (!s || s[1] != want[i].length) {
                fail_msg("type %u, number %u: %s", want[i].type, n, s ? "length" : "missing");
            }
        }
        if (find(&b, want[i].type, want[i].count)) {
            fail_msg("type %u: too many", want[i].type);
        }
    }
    const uint8_t *cpu = find(&b, 4, 1);
    assert_string_equal(string(cpu, 4), "CPU 1");
    assert_string_equal(string(cpu, 0x10), "A Processor");
    assert_int_equal(get(cpu + 8, 4), 0x306c3);
    assert_int_equal(cpu[0x23], 2);
    assert_int_equal(get(find(&b, 17, 0) + 0x0c, 2), 512);
    assert_int_equal(get(find(&b, 19, 0) + 8, 4), 512 * 1024 - 1);
    g_byte_array_unref(b.tables);
}

static void test_large_memory(void **state)
{
    struct smbios_blobs b;
    struct smbios_config c = plain;
    (void)state;

    c.ram_size = GIB(4096) + GIB(40);
    c.ram_below_4g = GIB(3);
    build(&c, &b);
    const uint8_t *array = find(&b, 16, 0);
    assert_int_equal(get(array + 7, 4), 0x80000000);
    assert_true(get(array + 0x0f, 8) == c.ram_size);
    unsigned dimms = (unsigned)get(array + 0x0d, 2);
    uint64_t mib = 0;
    for (unsigned i = 0; i < dimms; i++) {
        const uint8_t *d = find(&b, 17, i);
        uint64_t size = get(d + 0x0c, 2);
        mib += size == 0x7fff ? get(d + 0x1c, 4) : size;
    }
    assert_true(mib == c.ram_size / MIB(1));
    const uint8_t *high = find(&b, 19, 1);
    assert_true(get(high + 0x0f, 8) == GIB(4));
    assert_true(get(high + 0x17, 8) == GIB(4) + c.ram_size - GIB(3) - 1);
    g_byte_array_unref(b.tables);
}

static void test_options(void **state)
{
    static const char *const opts[] = {
        "type=0,vendor=V,version=1.2,date=01/02/2003,release=4.5,uefi=on",
        "type=1,manufacturer=M,product=P,serial=S",
        "type=1,product=P2,uuid=00112233-4455-6677-8899-aabbccddeeff",
        "type=2,product=Board",
        "type=4,max-speed=3000",
        "type=11,value=one,value=two",
        "type=17,loc_pfx=SLOT",
    };
    static const uint8_t uuid[16] = { 0x33, 0x22, 0x11, 0x00, 0x55, 0x44, 0x77, 0x66,
                                      0x88, 0x99, 0xaa, 0xbb, 0xcc, 0xdd, 0xee, 0xff };
    struct smbios_blobs b;
    struct smbios_config c = plain;
    g_autoptr(GPtrArray) list = g_ptr_array_new();
    (void)state;

    for (size_t i = 0; i < ARRAY_LEN(opts); i++) {
        g_ptr_array_add(list, (void *)(uintptr_t)opts[i]);
    }
    c.options = list;
    build(&c, &b);
    const uint8_t *s = find(&b, 0, 0);
    assert_string_equal(string(s, 4), "V");
    assert_int_equal(s[0x14], 4);
    assert_int_equal(s[0x15], 5);
    assert_int_equal(s[0x13], 0x1c);
    s = find(&b, 1, 0);
    assert_string_equal(string(s, 4), "M");
    assert_string_equal(string(s, 5), "P2");
    assert_string_equal(string(s, 7), "S");
    assert_memory_equal(s + 8, uuid, 16);
    assert_string_equal(string(find(&b, 2, 0), 5), "Board");
    assert_int_equal(get(find(&b, 4, 0) + 0x14, 2), 3000);
    s = find(&b, 11, 0);
    assert_int_equal(s[4], 2);
    assert_string_equal((const char *)s + 5, "one");
    assert_string_equal(string(find(&b, 17, 0), 0x10), "SLOT 0");
    g_byte_array_unref(b.tables);
}

static void test_bad_options(void **state)
{
    static const struct {
        const char *text, *word;
    } bad[] = {
        { "vendor=x", "type=" },
        { "type=5", "type=5" },
        { "type=400", "type=400" },
        { "type=x", "type" },
        { "type=1,vendor=x", "vendor" },
        { "type=0,release=4", "release=4" },
        { "type=0,release=4.5x", "release=4.5x" },
        { "type=0,release=4.256", "release" },
        { "type=0,uefi=maybe", "uefi" },
        { "type=1,uuid=0011", "uuid=0011" },
        { "type=1,uuid=00112233-4455-6677-8899-aabbccddeefff", "uuid" },
        { "type=4,max-speed=99999", "max-speed" },
        { "type=17,speed=fast", "speed=fast" },
        { "file=/nonexistent", "/nonexistent" },
    };
    (void)state;

    for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
        struct smbios_blobs b;
        struct smbios_config c = plain;
        g_autoptr(GPtrArray) list = g_ptr_array_new();
        GError *err = NULL;
        g_ptr_array_add(list, (void *)(uintptr_t)bad[i].text);
        c.options = list;
        if (smbios_build(&c, &b, &err)) {
            fail_msg("'%s' was taken", bad[i].text);
        }
        if (!strstr(err->message, bad[i].word) || !strstr(err->message, "-smbios")) {
            fail_msg("'%s' gives '%s'", bad[i].text, err->message);
        }
        g_clear_error(&err);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_anchor),       cmocka_unit_test(test_types),
        cmocka_unit_test(test_large_memory), cmocka_unit_test(test_options),
        cmocka_unit_test(test_bad_options),
    };
    return cmocka_run_group_tests_name("smbios", tests, NULL, NULL);
}
