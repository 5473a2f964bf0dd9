/* SPDX-License-Identifier: MIT */
/*
 * Option lists and the values in them.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "core/device.h"
#include "core/opts.h"

struct pair {
    char *key, *value;
};

struct opts {
    GArray *pairs;
};

static void pair_clear(gpointer p)
{
    struct pair *pair = p;
    g_free(pair->key);
    g_free(pair->value);
}

void opts_free(struct opts *o)
{
    if (o) {
        g_array_free(o->pairs, TRUE);
        g_free(o);
    }
}

void opts_add(struct opts *o, const char *key, const char *value)
{
    struct pair p = { g_strdup(key), g_strdup(value) };
    g_array_append_val(o->pairs, p);
}

struct opts *opts_new(void)
{
    struct opts *o = g_new0(struct opts, 1);
    o->pairs = g_array_new(FALSE, FALSE, sizeof(struct pair));
    g_array_set_clear_func(o->pairs, pair_clear);
    return o;
}

/* Up to a single comma; doubled ones become one. Returns where it stopped: ',' or the end. */
static const char *take_value(const char *s, GString *out)
{
    g_string_truncate(out, 0);
    for (; *s; s++) {
        if (*s == ',') {
            if (s[1] != ',') {
                break;
            }
            s++;
        }
        g_string_append_c(out, *s);
    }
    return s;
}

static bool one_item(struct opts *o, const char *text, const char **at, const char *implied,
                     GString *word, GError **err)
{
    const char *s = *at;
    size_t key_len = strcspn(s, "=,");
    if (s[key_len] == '=') {
        if (key_len == 0) {
            g_set_error(err, EMU_ERROR, EMU_ERROR_CONFIG,
                        "'%s': there is a '=' without a name before it at position %d", text,
                        (int)(s - text) + 1);
            return false;
        }
        char *key = g_strndup(s, key_len);
        *at = take_value(s + key_len + 1, word);
        opts_add(o, key, word->str);
        g_free(key);
        return true;
    }
    *at = take_value(s, word);
    if (implied) {
        opts_add(o, implied, word->str);
    } else if (word->len == 0) {
        g_set_error(err, EMU_ERROR, EMU_ERROR_CONFIG, "'%s': an option is missing at position %d",
                    text, (int)(s - text) + 1);
        return false;
    } else if (g_str_has_prefix(word->str, "no") && word->len > 2) {
        opts_add(o, word->str + 2, "off");
    } else {
        opts_add(o, word->str, "on");
    }
    return true;
}

struct opts *opts_parse(const char *text, const char *implied, GError **err)
{
    const char *s = text;
    while (*s == ' ') {
        s++;
    }
    if (*s == '{') {
        g_set_error(err, EMU_ERROR, EMU_ERROR_UNSUPPORTED,
                    "'%s': the JSON form of options isn't supported; write key=value,...", text);
        return NULL;
    }
    struct opts *o = opts_new();
    GString *word = g_string_new(NULL);
    for (const char *at = text; *at;) {
        if (!one_item(o, text, &at, at == text ? implied : NULL, word, err)) {
            opts_free(o);
            o = NULL;
            break;
        }
        if (*at == ',') {
            at++; /* nothing after it: an empty trailing key */
        }
    }
    g_string_free(word, TRUE);
    return o;
}

const char *opts_get(const struct opts *o, const char *key)
{
    const char *value = NULL;
    for (guint i = 0; o && i < o->pairs->len; i++) {
        struct pair *p = &g_array_index(o->pairs, struct pair, i);
        if (strcmp(p->key, key) == 0) {
            value = p->value;
        }
    }
    return value;
}

bool opts_get_bool(const struct opts *o, const char *key, bool def, bool *out, GError **err)
{
    const char *text = opts_get(o, key);
    *out = def;
    if (text && !parse_bool(text, out)) {
        g_set_error(err, EMU_ERROR, EMU_ERROR_CONFIG, "'%s=%s': write %s=on or %s=off", key, text,
                    key, key);
        return false;
    }
    return true;
}

bool opts_get_u64(const struct opts *o, const char *key, uint64_t def, uint64_t *out, GError **err)
{
    const char *text = opts_get(o, key);
    *out = def;
    if (text && !parse_u64(text, UINT64_MAX, out)) {
        g_set_error(err, EMU_ERROR, EMU_ERROR_CONFIG, "'%s=%s': this takes a number", key, text);
        return false;
    }
    return true;
}

bool opts_get_size(const struct opts *o, const char *key, uint64_t def_unit, uint64_t *out,
                   GError **err)
{
    const char *text = opts_get(o, key);
    if (text && !parse_size(text, def_unit, out)) {
        g_set_error(err, EMU_ERROR, EMU_ERROR_CONFIG,
                    "'%s=%s': this takes a size, like 512M or 2G", key, text);
        return false;
    }
    return true;
}

size_t opts_count(const struct opts *o)
{
    return o->pairs->len;
}

const char *opts_key(const struct opts *o, size_t i)
{
    return g_array_index(o->pairs, struct pair, i).key;
}

const char *opts_value(const struct opts *o, size_t i)
{
    return g_array_index(o->pairs, struct pair, i).value;
}

bool opts_check_keys(const struct opts *o, const char *what, const char *const *known,
                     GError **err)
{
    for (guint i = 0; i < o->pairs->len; i++) {
        const char *key = g_array_index(o->pairs, struct pair, i).key;
        size_t k = 0;
        while (known[k] && strcmp(known[k], key) != 0) {
            k++;
        }
        if (!known[k]) {
            const char *near = nearest_name(key, known);
            g_set_error(err, EMU_ERROR, EMU_ERROR_CONFIG, "%s: unknown option '%s'%s%s%s", what,
                        key, near ? "; did you mean '" : "", near ? near : "", near ? "'?" : "");
            return false;
        }
    }
    return true;
}

/* --- values ------------------------------------------------------------------------------- */

bool parse_bool(const char *s, bool *out)
{
    static const char *const yes[] = { "on", "true", "yes", "y", "1" };
    static const char *const no[] = { "off", "false", "no", "n", "0" };
    for (size_t i = 0; i < ARRAY_LEN(yes); i++) {
        if (strcmp(s, yes[i]) == 0 || strcmp(s, no[i]) == 0) {
            *out = strcmp(s, yes[i]) == 0;
            return true;
        }
    }
    return false;
}

bool parse_u64(const char *s, uint64_t max, uint64_t *out)
{
    char *end;
    if (!g_ascii_isdigit(*s)) { /* strtoull takes blanks and signs */
        return false;
    }
    errno = 0;
    unsigned long long v = strtoull(s, &end, 0);
    if (errno || *end || v > max) {
        return false;
    }
    *out = v;
    return true;
}

/* The multiplier of a suffix; 0 for an unknown one. */
static uint64_t suffix_unit(const char *s, uint64_t unit)
{
    static const char letters[] = "bkmgtpe";
    if (*s == '\0') {
        return unit;
    }
    const char *found = strchr(letters, g_ascii_tolower(*s));
    if (!found || (s[1] && g_ascii_strcasecmp(s + 1, "iB") != 0 &&
                   g_ascii_strcasecmp(s + 1, "B") != 0)) {
        return 0;
    }
    return 1ull << (10 * (found - letters));
}

bool parse_size(const char *s, uint64_t unit, uint64_t *out)
{
    char *end;
    if (!g_ascii_isdigit(*s)) {
        return false;
    }
    errno = 0;
    unsigned long long whole = strtoull(s, &end, s[0] == '0' && (s[1] | 0x20) == 'x' ? 16 : 10);
    if (errno) {
        return false;
    }
    double fraction = 0;
    if (*end == '.') {
        double digit = 0.1;
        for (end++; g_ascii_isdigit(*end); end++, digit /= 10) {
            fraction += (*end - '0') * digit;
        }
    }
    uint64_t mul = suffix_unit(end, unit), v;
    if (mul == 0 || __builtin_mul_overflow((uint64_t)whole, mul, &v)) {
        return false;
    }
    /* fraction < 1, so the product is below mul and the conversion is defined */
    return !add_overflow_u64(v, (uint64_t)(fraction * (double)mul + 0.5), out);
}

/* Edit distance with swaps of neighbours counted once; words are option names, hence short. */
#define MAX_WORD 40

static unsigned distance(const char *a, const char *b)
{
    size_t n = strlen(a), m = strlen(b);
    unsigned row[3][MAX_WORD + 1];
    if (n > MAX_WORD || m > MAX_WORD) {
        return UINT32_MAX;
    }
    for (size_t j = 0; j <= m; j++) {
        row[0][j] = (unsigned)j;
    }
    for (size_t i = 1; i <= n; i++) {
        unsigned *cur = row[i % 3], *prev = row[(i - 1) % 3], *prev2 = row[(i + 1) % 3];
        cur[0] = (unsigned)i;
        for (size_t j = 1; j <= m; j++) {
            unsigned cost = g_ascii_tolower(a[i - 1]) != g_ascii_tolower(b[j - 1]);
            unsigned best = MIN(MIN(prev[j] + 1, cur[j - 1] + 1), prev[j - 1] + cost);
            if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1]) {
                best = MIN(best, prev2[j - 2] + 1);
            }
            cur[j] = best;
        }
    }
    return row[n % 3][m];
}

const char *nearest_name(const char *word, const char *const *names)
{
    const char *best = NULL;
    size_t len = strlen(word);
    /* A third of the letters may be wrong: "drvie" is near "drive", "x" is near nothing. */
    unsigned best_distance = (unsigned)(len / 3) + (len >= 2);
    for (size_t i = 0; names[i]; i++) {
        unsigned d = distance(word, names[i]);
        if (d <= best_distance && (!best || d < best_distance)) {
            best = names[i];
            best_distance = d;
        }
    }
    return best;
}
