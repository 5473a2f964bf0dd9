/* SPDX-License-Identifier: MIT */
/*
 * SMBIOS 2.8 (DMTF DSP0134): types 0 (only by -smbios type=0: firmware has its own), 1, 2 and 11
 * (when given), 3, 4, 16, 17, 19, 32, 127.
 */
#include "hw/pc/smbios.h"

#include <stdio.h>
#include <string.h>

#include "core/device.h"
#include "core/opts.h"
#include "hw/pc/firmware.h"

#ifndef EMU_VERSION
#define EMU_VERSION "unknown"
#endif

#define TYPES         42u
#define TABLES_MAX    65535u
#define DIMM_MAX      GIB(16)
#define HANDLE_NONE   0xffffu
#define NO_ERROR_INFO 0xfffeu

struct builder {
    const struct smbios_config *cfg;
    GByteArray *out;
    unsigned count, largest;
    GPtrArray *opts[TYPES]; /* struct opts of -smbios type=N, in order */
    /* The structure in work. */
    size_t start;
    unsigned strings;
    GString *text;
};

/* --- -smbios --------------------------------------------------------------------------------- */

static const char *const keys0[] = { "type", "vendor", "version", "date", "release", "uefi", NULL };
static const char *const keys1[] = { "type", "manufacturer", "product", "version", "serial",
                                     "uuid", "sku",          "family",  NULL };
static const char *const keys2[] = { "type",   "manufacturer", "product",  "version",
                                     "serial", "asset",        "location", NULL };
static const char *const keys3[] = { "type",  "manufacturer", "version", "serial",
                                     "asset", "sku",          NULL };
static const char *const keys4[] = { "type",  "sock_pfx", "manufacturer", "version",       "serial",
                                     "asset", "part",     "max-speed",    "current-speed", NULL };
static const char *const keys11[] = { "type", "value", NULL };
static const char *const keys17[] = { "type", "loc_pfx", "bank", "manufacturer", "serial", "asset",
                                      "part", "speed",   NULL };
static const char *const *const known_keys[TYPES] = {
    [0] = keys0, [1] = keys1, [2] = keys2, [3] = keys3, [4] = keys4, [11] = keys11, [17] = keys17,
};

/* -smbios file=: one structure with its strings, as it shall appear. */
static bool add_file(struct builder *b, const char *file, GError **err)
{
    size_t len;
    g_autofree uint8_t *data = rom_read(file, TABLES_MAX, &len, err);

    if (!data) {
        g_prefix_error(err, "-smbios file: ");
        return false;
    }
    if (len < 6 || data[1] < 4 || data[1] + 2u > len || data[len - 1] || data[len - 2]) {
        g_set_error(err, EMU_ERROR, EMU_ERROR_CONFIG,
                    "-smbios file=%s: this is no SMBIOS structure (header, strings, two zeros)",
                    file);
        return false;
    }
    g_byte_array_append(b->out, data, (guint)len);
    b->largest = MAX(b->largest, (unsigned)len);
    b->count++;
    return true;
}

static bool add_option(struct builder *b, const char *text, GError **err)
{
    struct opts *o = opts_parse(text, NULL, err);
    uint64_t type = TYPES;
    bool ok = false;

    if (!o) {
        g_prefix_error(err, "-smbios %s: ", text);
        return false;
    }
    if (opts_get(o, "file")) {
        ok = add_file(b, opts_get(o, "file"), err);
    } else if (opts_get_u64(o, "type", TYPES, &type, err)) {
        if (type >= TYPES || !known_keys[type]) {
            g_set_error(err, EMU_ERROR, EMU_ERROR_CONFIG,
                        "-smbios %s: give file=FILE or type=0, 1, 2, 3, 4, 11 or 17", text);
        } else {
            ok = opts_check_keys(o, "-smbios", known_keys[type], err);
        }
    } else {
        g_prefix_error(err, "-smbios %s: ", text);
    }
    if (!ok || type >= TYPES) {
        opts_free(o);
        return ok;
    }
    if (!b->opts[type]) {
        b->opts[type] = g_ptr_array_new_with_free_func((GDestroyNotify)opts_free);
    }
    g_ptr_array_add(b->opts[type], o);
    return true;
}

/* The last option of a type that has the key. */
static const char *given(const struct builder *b, unsigned type, const char *key, const char *def)
{
    for (guint i = b->opts[type] ? b->opts[type]->len : 0; i > 0; i--) {
        const char *v = opts_get(g_ptr_array_index(b->opts[type], i - 1), key);
        if (v) {
            return v;
        }
    }
    return def;
}

static unsigned given_number(const struct builder *b, unsigned type, const char *key, unsigned def,
                             unsigned max)
{
    const char *text = given(b, type, key, NULL);
    uint64_t v;
    return text && parse_u64(text, max, &v) ? (unsigned)v : def;
}

static bool check_numbers(const struct builder *b, GError **err)
{
    static const struct {
        unsigned type;
        const char *key;
    } numbers[] = { { 4, "max-speed" }, { 4, "current-speed" }, { 17, "speed" } };

    for (unsigned i = 0; i < ARRAY_LEN(numbers); i++) {
        const char *text = given(b, numbers[i].type, numbers[i].key, NULL);
        uint64_t v;
        if (text && !parse_u64(text, 0xffff, &v)) {
            g_set_error(err, EMU_ERROR, EMU_ERROR_CONFIG,
                        "-smbios type=%u,%s=%s: this takes a number from 0 to 65535",
                        numbers[i].type, numbers[i].key, text);
            return false;
        }
    }
    return true;
}

/* --- structures ------------------------------------------------------------------------------ */

static void put(struct builder *b, uint64_t v, unsigned bytes)
{
    for (unsigned i = 0; i < bytes; i++) {
        uint8_t byte = (uint8_t)(v >> (8 * i));
        g_byte_array_append(b->out, &byte, 1);
    }
}

/* A string's number, 1 and up; 0 for none. */
static void put_string(struct builder *b, const char *s)
{
    if (!s || !*s || b->strings == 255) {
        put(b, 0, 1);
        return;
    }
    put(b, ++b->strings, 1);
    g_string_append_len(b->text, s, (gssize)strlen(s) + 1);
}

static void begin(struct builder *b, uint8_t type, uint16_t handle)
{
    b->start = b->out->len;
    b->strings = 0;
    g_string_truncate(b->text, 0);
    put(b, type, 1);
    put(b, 0, 1); /* length: end */
    put(b, handle, 2);
}

static void end(struct builder *b)
{
    b->out->data[b->start + 1] = (uint8_t)(b->out->len - b->start);
    g_byte_array_append(b->out, (const guint8 *)b->text->str, (guint)b->text->len);
    put(b, 0, b->strings ? 1 : 2);
    b->largest = MAX(b->largest, (unsigned)(b->out->len - b->start));
    b->count++;
}

static bool put_type0(struct builder *b, GError **err)
{
    unsigned major = 0, minor = 0;
    const char *release = given(b, 0, "release", NULL), *uefi = given(b, 0, "uefi", "off");
    char tail;
    bool is_uefi;

    if (!b->opts[0]) {
        return true;
    }
    if (release &&
        (sscanf(release, "%u.%u%c", &major, &minor, &tail) != 2 || major > 255 || minor > 255)) {
        g_set_error(err, EMU_ERROR, EMU_ERROR_CONFIG,
                    "-smbios type=0,release=%s: write MAJOR.MINOR, each 0 to 255", release);
        return false;
    }
    if (!parse_bool(uefi, &is_uefi)) {
        g_set_error(err, EMU_ERROR, EMU_ERROR_CONFIG, "-smbios type=0,uefi=%s: on or off", uefi);
        return false;
    }
    begin(b, 0, 0);
    put_string(b, given(b, 0, "vendor", NULL));
    put_string(b, given(b, 0, "version", NULL));
    put(b, 0xe800, 2);
    put_string(b, given(b, 0, "date", NULL));
    put(b, 0, 1); /* 64 KiB */
    put(b, 8, 8); /* characteristics are not told */
    put(b, 0, 1);
    put(b, 0x14u | (is_uefi ? 8u : 0), 1); /* virtual machine */
    put(b, release ? major : 0, 1);
    put(b, release ? minor : 0, 1);
    put(b, 0xffff, 2); /* no embedded controller */
    end(b);
    return true;
}

/* "01234567-89ab-cdef-0123-456789abcdef" */
static bool parse_uuid(const char *text, uint8_t uuid[16])
{
    unsigned n = 0;
    for (const char *s = text; *s; s++) {
        size_t at = (size_t)(s - text);
        if (at == 8 || at == 13 || at == 18 || at == 23) {
            if (*s != '-') {
                return false;
            }
            continue;
        }
        int digit = g_ascii_xdigit_value(*s);
        if (digit < 0 || n == 32) {
            return false;
        }
        uuid[n / 2] = (uint8_t)(uuid[n / 2] << 4 | digit);
        n++;
    }
    return n == 32;
}

static bool put_type1(struct builder *b, GError **err)
{
    uint8_t uuid[16] = { 0 };
    const char *text = given(b, 1, "uuid", NULL);

    if (text && !parse_uuid(text, uuid)) {
        g_set_error(err, EMU_ERROR, EMU_ERROR_CONFIG,
                    "-smbios type=1,uuid=%s: write 8-4-4-4-12 hexadecimal digits", text);
        return false;
    }
    if (!text && b->cfg->uuid) {
        memcpy(uuid, b->cfg->uuid, sizeof(uuid));
    }
    begin(b, 1, 0x100);
    put_string(b, given(b, 1, "manufacturer", "emu"));
    put_string(b, given(b, 1, "product", "Standard PC (i440FX + PIIX, 1996)"));
    put_string(b, given(b, 1, "version", "pc-" EMU_VERSION));
    put_string(b, given(b, 1, "serial", NULL));
    /* The first three fields are little-endian (7.2.1). */
    static const uint8_t order[16] = { 3, 2, 1, 0, 5, 4, 7, 6, 8, 9, 10, 11, 12, 13, 14, 15 };
    for (unsigned i = 0; i < 16; i++) {
        put(b, uuid[order[i]], 1);
    }
    put(b, 6, 1); /* woken by the power switch */
    put_string(b, given(b, 1, "sku", NULL));
    put_string(b, given(b, 1, "family", NULL));
    end(b);
    return true;
}

static void put_type2(struct builder *b)
{
    if (!b->opts[2]) {
        return;
    }
    begin(b, 2, 0x200);
    put_string(b, given(b, 2, "manufacturer", "emu"));
    put_string(b, given(b, 2, "product", NULL));
    put_string(b, given(b, 2, "version", NULL));
    put_string(b, given(b, 2, "serial", NULL));
    put_string(b, given(b, 2, "asset", NULL));
    put(b, 1, 1); /* a hosting board */
    put_string(b, given(b, 2, "location", NULL));
    put(b, 0x300, 2);
    put(b, 0x0a, 1); /* motherboard */
    put(b, 0, 1);
    end(b);
}

static void put_type3(struct builder *b)
{
    begin(b, 3, 0x300);
    put_string(b, given(b, 3, "manufacturer", "emu"));
    put(b, 1, 1); /* other */
    put_string(b, given(b, 3, "version", "pc-" EMU_VERSION));
    put_string(b, given(b, 3, "serial", NULL));
    put_string(b, given(b, 3, "asset", NULL));
    put(b, 0x030303, 3); /* safe */
    put(b, 2, 1);        /* security unknown */
    put(b, 0, 4);
    put(b, 0, 4); /* height, cords, no elements */
    put_string(b, given(b, 3, "sku", NULL));
    end(b);
}

static void put_type4(struct builder *b)
{
    unsigned per_socket = MAX(b->cfg->cores, 1) * MAX(b->cfg->threads, 1);
    unsigned sockets = (b->cfg->cpus + per_socket - 1) / per_socket;
    const char *prefix = given(b, 4, "sock_pfx", "CPU");
    unsigned cores = MIN(MAX(b->cfg->cores, 1), 255), threads = MIN(per_socket, 255);

    for (unsigned i = 0; i < sockets; i++) {
        g_autofree char *socket = g_strdup_printf("%s %u", prefix, i);
        begin(b, 4, (uint16_t)(0x400 + i));
        put_string(b, socket);
        put(b, 3, 1); /* central processor */
        put(b, 1, 1); /* family: other */
        put_string(b, given(b, 4, "manufacturer", "emu"));
        put(b, b->cfg->cpu_signature, 8);
        put_string(b, given(b, 4, "version", b->cfg->cpu_brand));
        put(b, 0, 1);
        put(b, 0, 2);
        put(b, given_number(b, 4, "max-speed", 2000, 0xffff), 2);
        put(b, given_number(b, 4, "current-speed", 2000, 0xffff), 2);
        put(b, 0x41, 1); /* populated, enabled */
        put(b, 1, 1);
        put(b, HANDLE_NONE, 2);
        put(b, HANDLE_NONE, 2);
        put(b, HANDLE_NONE, 2);
        put_string(b, given(b, 4, "serial", NULL));
        put_string(b, given(b, 4, "asset", NULL));
        put_string(b, given(b, 4, "part", NULL));
        put(b, cores, 1);
        put(b, cores, 1);
        put(b, threads, 1);
        put(b, 2, 2); /* characteristics unknown */
        put(b, 1, 2);
        end(b);
    }
}

static void put_type11(struct builder *b)
{
    if (!b->opts[11]) {
        return;
    }
    begin(b, 11, 0xe00);
    size_t count_at = b->out->len;
    put(b, 0, 1);
    for (guint i = 0; i < b->opts[11]->len; i++) {
        const struct opts *o = g_ptr_array_index(b->opts[11], i);
        for (size_t k = 0; k < opts_count(o); k++) {
            const char *v = opts_value(o, k);
            if (strcmp(opts_key(o, k), "value") == 0 && *v && b->strings < 255) {
                b->strings++;
                g_string_append_len(b->text, v, (gssize)strlen(v) + 1);
            }
        }
    }
    b->out->data[count_at] = (uint8_t)b->strings;
    end(b);
}

static void put_type16(struct builder *b, unsigned dimms)
{
    uint64_t kib = b->cfg->ram_size / 1024;

    begin(b, 16, 0x1000);
    put(b, 1, 1); /* location: other */
    put(b, 3, 1); /* system memory */
    put(b, 3, 1); /* no error correction */
    put(b, kib < 0x80000000 ? kib : 0x80000000, 4);
    put(b, NO_ERROR_INFO, 2);
    put(b, dimms, 2);
    put(b, kib < 0x80000000 ? 0 : b->cfg->ram_size, 8);
    end(b);
}

static void put_type17(struct builder *b, unsigned i, uint64_t size)
{
    g_autofree char *locator = g_strdup_printf("%s %u", given(b, 17, "loc_pfx", "DIMM"), i);
    uint64_t mib = size / MIB(1);

    begin(b, 17, (uint16_t)(0x1100 + i));
    put(b, 0x1000, 2);
    put(b, NO_ERROR_INFO, 2);
    put(b, 0xffff, 2);
    put(b, 0xffff, 2);
    put(b, mib < 0x7fff ? mib : 0x7fff, 2);
    put(b, 9, 1); /* DIMM */
    put(b, 0, 1);
    put_string(b, locator);
    put_string(b, given(b, 17, "bank", NULL));
    put(b, 7, 1); /* RAM */
    put(b, 2, 2); /* other */
    put(b, given_number(b, 17, "speed", 0, 0xffff), 2);
    put_string(b, given(b, 17, "manufacturer", "emu"));
    put_string(b, given(b, 17, "serial", NULL));
    put_string(b, given(b, 17, "asset", NULL));
    put_string(b, given(b, 17, "part", NULL));
    put(b, 0, 1);
    put(b, mib < 0x7fff ? 0 : mib, 4);
    put(b, given_number(b, 17, "speed", 0, 0xffff), 2);
    put(b, 0, 6); /* voltages */
    end(b);
}

static void put_type19(struct builder *b, uint16_t handle, uint64_t start, uint64_t size)
{
    uint64_t first = start / 1024, last = (start + size) / 1024 - 1;
    bool fits = last < UINT32_MAX;

    begin(b, 19, handle);
    put(b, fits ? first : UINT32_MAX, 4);
    put(b, fits ? last : UINT32_MAX, 4);
    put(b, 0x1000, 2);
    put(b, 1, 1);
    put(b, fits ? 0 : start, 8);
    put(b, fits ? 0 : start + size - 1, 8);
    end(b);
}

static void put_memory(struct builder *b)
{
    const struct smbios_config *c = b->cfg;
    unsigned dimms = (unsigned)MIN((c->ram_size + DIMM_MAX - 1) / DIMM_MAX, 256);
    uint64_t left = c->ram_size;

    put_type16(b, dimms);
    for (unsigned i = 0; i < dimms; i++) {
        uint64_t size = i + 1 == dimms ? left : DIMM_MAX;
        put_type17(b, i, size);
        left -= size;
    }
    put_type19(b, 0x1300, 0, c->ram_below_4g);
    if (c->ram_size > c->ram_below_4g) {
        put_type19(b, 0x1301, GIB(4), c->ram_size - c->ram_below_4g);
    }
}

static void put_end(struct builder *b)
{
    begin(b, 32, 0x2000);
    put(b, 0, 7); /* no boot errors */
    end(b);
    begin(b, 127, 0x7f00);
    end(b);
}

static uint8_t checksum(const uint8_t *p, size_t n)
{
    uint8_t sum = 0;
    while (n--) {
        sum = (uint8_t)(sum + *p++);
    }
    return (uint8_t)-sum;
}

static void put_anchor(const struct builder *b, uint8_t a[31])
{
    memset(a, 0, 31);
    memcpy(a, "_SM_", 4);
    a[5] = 31;
    a[6] = 2;
    a[7] = 8;
    a[8] = (uint8_t)b->largest;
    a[9] = (uint8_t)(b->largest >> 8);
    memcpy(a + 16, "_DMI_", 5);
    a[22] = (uint8_t)b->out->len;
    a[23] = (uint8_t)(b->out->len >> 8);
    a[28] = (uint8_t)b->count;
    a[29] = (uint8_t)(b->count >> 8);
    a[30] = 0x28;
    a[21] = checksum(a + 16, 15);
    a[4] = checksum(a, 31);
}

static bool build(struct builder *b, GError **err)
{
    const GPtrArray *options = b->cfg->options;

    for (guint i = 0; options && i < options->len; i++) {
        if (!add_option(b, g_ptr_array_index(options, i), err)) {
            return false;
        }
    }
    if (!check_numbers(b, err) || !put_type0(b, err) || !put_type1(b, err)) {
        return false;
    }
    put_type2(b);
    put_type3(b);
    put_type4(b);
    put_type11(b);
    put_memory(b);
    put_end(b);
    if (b->out->len > TABLES_MAX) {
        g_set_error(err, EMU_ERROR, EMU_ERROR_CONFIG,
                    "-smbios: the tables have %u bytes, SMBIOS 2.8 allows %u", b->out->len,
                    TABLES_MAX);
        return false;
    }
    return true;
}

bool smbios_build(const struct smbios_config *c, struct smbios_blobs *out, GError **err)
{
    struct builder b = { .cfg = c, .out = g_byte_array_new(), .text = g_string_new(NULL) };
    bool ok = build(&b, err);

    memset(out, 0, sizeof(*out));
    if (ok) {
        put_anchor(&b, out->anchor);
        out->tables = b.out;
    } else {
        g_byte_array_unref(b.out);
    }
    g_string_free(b.text, TRUE);
    for (unsigned i = 0; i < TYPES; i++) {
        if (b.opts[i]) {
            g_ptr_array_unref(b.opts[i]);
        }
    }
    return ok;
}
