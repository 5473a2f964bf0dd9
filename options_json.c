/* SPDX-License-Identifier: MIT */
/* needs: jansson */
/*
 * The JSON form of an option's value, which libvirt writes, as key=value text: members of inner
 * objects become "outer.inner", elements of arrays "outer.0", as QEMU's block options have it.
 */
#include <jansson.h>

#include "core/device.h"
#include "options.h"

static void add(GString *out, const char *key, json_t *v);

/* key=value with the commas of the value doubled. */
static void add_pair(GString *out, const char *key, const char *value)
{
    g_string_append_printf(out, "%s%s=", out->len ? "," : "", key);
    for (; *value; value++) {
        g_string_append_len(out, ",,", *value == ',' ? 2 : 0);
        g_string_append_len(out, value, *value != ',');
    }
}

static void add_inner(GString *out, const char *outer, const char *inner, json_t *v)
{
    char *key = *outer ? g_strdup_printf("%s.%s", outer, inner) : g_strdup(inner);
    add(out, key, v);
    g_free(key);
}

static void add(GString *out, const char *key, json_t *v)
{
    const char *name;
    json_t *inner;
    size_t i;
    char number[32];
    if (json_is_object(v)) {
        json_object_foreach(v, name, inner) {
            add_inner(out, key, name, inner);
        }
    } else if (json_is_array(v)) {
        json_array_foreach(v, i, inner) {
            g_snprintf(number, sizeof number, "%u", (unsigned)i);
            add_inner(out, key, number, inner);
        }
    } else if (json_is_integer(v)) {
        g_snprintf(number, sizeof number, "%" JSON_INTEGER_FORMAT, json_integer_value(v));
        add_pair(out, key, number);
    } else if (json_is_boolean(v)) {
        add_pair(out, key, json_is_true(v) ? "on" : "off");
    } else if (json_is_string(v)) {
        add_pair(out, key, json_string_value(v));
    } else if (json_is_real(v)) {
        add_pair(out, key, g_ascii_dtostr(number, sizeof number, json_real_value(v)));
    }
}

char *options_from_json(const char *option, const char *text, GError **err)
{
    json_error_t where;
    json_t *j = json_loads(text, JSON_REJECT_DUPLICATES, &where);
    if (!j) {
        g_set_error(err, EMU_ERROR, EMU_ERROR_CONFIG, "-%s %s: at character %d: %s", option, text,
                    where.position, where.text);
        return NULL;
    }
    GString *out = g_string_new(NULL);
    add(out, "", j); /* an object: it begins with a brace */
    json_decref(j);
    return g_string_free(out, FALSE);
}
