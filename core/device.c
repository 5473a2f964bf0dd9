/* SPDX-License-Identifier: MIT */
/*
 * Instances of device classes and their properties.
 */
#include <stdlib.h>
#include <string.h>

#include "core/device.h"
#include "core/opts.h"

static void *field(struct device *d, const struct prop *p)
{
    return (char *)d + p->offset;
}

const char *device_name(const struct device *d)
{
    return d->id ? d->id : d->cls->name;
}

static bool bad_value(const struct device *d, const struct prop *p, const char *value,
                      const char *allowed, GError **err)
{
    g_set_error(err, EMU_ERROR, EMU_ERROR_CONFIG, "%s: '%s=%s': %s", device_name(d), p->name,
                value, allowed);
    return false;
}

static bool set_number(struct device *d, const struct prop *p, const char *value, uint64_t max,
                       uint64_t *out, GError **err)
{
    if (parse_u64(value, max, out)) {
        return true;
    }
    char *text = g_strdup_printf("this takes a number from 0 to %#" G_GINT64_MODIFIER "x", max);
    bad_value(d, p, value, text, err);
    g_free(text);
    return false;
}

static bool set_i32(struct device *d, const struct prop *p, const char *value, GError **err)
{
    uint64_t v;
    bool negative = *value == '-';
    if (!parse_u64(value + negative, negative ? 0x80000000u : INT32_MAX, &v)) {
        return bad_value(d, p, value, "this takes a whole number of 32 bits", err);
    }
    *(int32_t *)field(d, p) = (int32_t)(negative ? -(int64_t)v : (int64_t)v);
    return true;
}

static bool set_enum(struct device *d, const struct prop *p, const char *value, GError **err)
{
    for (int i = 0; p->values[i]; i++) {
        if (strcmp(p->values[i], value) == 0) {
            *(int *)field(d, p) = i;
            return true;
        }
    }
    char *list = g_strjoinv(", ", (char **)(void *)(uintptr_t)p->values);
    char *text = g_strdup_printf("this takes one of: %s", list);
    bad_value(d, p, value, text, err);
    g_free(text);
    g_free(list);
    return false;
}

static bool set_backend(struct device *d, const struct prop *p, const char *value,
                        const struct prop_resolver *res, GError **err)
{
    void *found = res ? res->find(res->opaque, p->kind, value) : NULL;
    if (!found) {
        const char *option = p->kind == PROP_CHARDEV ? "-chardev"
                             : p->kind == PROP_DRIVE ? "-drive"
                                                     : "-netdev";
        g_set_error(err, EMU_ERROR, EMU_ERROR_CONFIG, "%s: '%s=%s': there is no %s with id=%s",
                    device_name(d), p->name, value, option, value);
        return false;
    }
    *(void **)field(d, p) = found;
    return true;
}

/* "52:54:00:12:34:56"; a group address can't be a card's own. */
static bool set_mac(struct device *d, const struct prop *p, const char *value, GError **err)
{
    uint8_t mac[6];
    const char *s = value;
    for (unsigned i = 0; i < 6; i++) {
        int high = g_ascii_xdigit_value(s[0]), low = high < 0 ? -1 : g_ascii_xdigit_value(s[1]);
        if (low < 0 || (i < 5 ? s[2] != ':' && s[2] != '-' : s[2] != '\0')) {
            return bad_value(d, p, value, "this takes an address like 52:54:00:12:34:56", err);
        }
        mac[i] = (uint8_t)(high << 4 | low);
        s += 3;
    }
    if (mac[0] & 1) {
        return bad_value(d, p, value, "this is a multicast address", err);
    }
    memcpy(field(d, p), mac, sizeof mac);
    return true;
}

static bool set_value(struct device *d, const struct prop *p, const char *value,
                      const struct prop_resolver *res, GError **err)
{
    uint64_t v;
    switch (p->kind) {
    case PROP_BOOL:
        return parse_bool(value, field(d, p)) ||
               bad_value(d, p, value, "this takes on or off", err);
    case PROP_U8:
        if (!set_number(d, p, value, UINT8_MAX, &v, err)) {
            return false;
        }
        *(uint8_t *)field(d, p) = (uint8_t)v;
        return true;
    case PROP_U16:
        if (!set_number(d, p, value, UINT16_MAX, &v, err)) {
            return false;
        }
        *(uint16_t *)field(d, p) = (uint16_t)v;
        return true;
    case PROP_U32:
        if (!set_number(d, p, value, UINT32_MAX, &v, err)) {
            return false;
        }
        *(uint32_t *)field(d, p) = (uint32_t)v;
        return true;
    case PROP_U64: return set_number(d, p, value, UINT64_MAX, field(d, p), err);
    case PROP_I32: return set_i32(d, p, value, err);
    case PROP_SIZE:
        return parse_size(value, 1, field(d, p)) ||
               bad_value(d, p, value, "this takes a size, like 16M", err);
    case PROP_STRING:
        g_free(*(char **)field(d, p));
        *(char **)field(d, p) = g_strdup(value);
        return true;
    case PROP_ENUM: return set_enum(d, p, value, err);
    case PROP_CHARDEV:
    case PROP_DRIVE:
    case PROP_NETDEV: return set_backend(d, p, value, res, err);
    case PROP_MAC: return set_mac(d, p, value, err);
    }
    return false;
}

static void unknown_prop(const struct device *d, const char *name, GError **err)
{
    GPtrArray *names = g_ptr_array_new();
    for (const struct prop *p = d->cls->props; p && p->name; p++) {
        g_ptr_array_add(names, (char *)(uintptr_t)p->name);
    }
    g_ptr_array_add(names, NULL);
    const char *near = nearest_name(name, (const char *const *)names->pdata);
    char *list = g_strjoinv(", ", (char **)names->pdata);
    if (near) {
        g_set_error(err, EMU_ERROR, EMU_ERROR_CONFIG,
                    "%s: unknown property '%s'; did you mean '%s'?", device_name(d), name, near);
    } else {
        g_set_error(err, EMU_ERROR, EMU_ERROR_CONFIG, "%s: unknown property '%s'; %s%s",
                    device_name(d), name, *list ? "there are: " : "it has none", list);
    }
    g_free(list);
    g_ptr_array_free(names, TRUE);
}

bool device_set_prop(struct device *d, const char *name, const char *value,
                     const struct prop_resolver *res, GError **err)
{
    if (d->realized) {
        g_set_error(err, EMU_ERROR, EMU_ERROR_CONFIG,
                    "%s: '%s' can't be changed while the device is in use", device_name(d), name);
        return false;
    }
    for (const struct prop *p = d->cls->props; p && p->name; p++) {
        if (strcmp(p->name, name) == 0) {
            return set_value(d, p, value, res, err);
        }
    }
    unknown_prop(d, name, err);
    return false;
}

struct device *device_new(const struct device_class *cls)
{
    struct device *d = g_malloc0(cls->size);
    d->cls = cls;
    for (const struct prop *p = cls->props; p && p->name; p++) {
        GError *err = NULL;
        if (p->def && !set_value(d, p, p->def, NULL, &err)) {
            g_error("default of %s: %s", cls->name, err->message); /* our own table is wrong */
        }
    }
    return d;
}

bool device_realize(struct device *d, GError **err)
{
    if (d->cls->realize && !d->cls->realize(d, err)) {
        return false;
    }
    d->realized = true;
    return true;
}

void device_reset(struct device *d)
{
    if (d->cls->reset) {
        d->cls->reset(d);
    }
}

void device_free(struct device *d)
{
    if (!d) {
        return;
    }
    if (d->realized && d->cls->unrealize) {
        d->cls->unrealize(d);
    }
    for (const struct prop *p = d->cls->props; p && p->name; p++) {
        if (p->kind == PROP_STRING) {
            g_free(*(char **)field(d, p));
        }
    }
    g_free(d->id);
    g_free(d);
}
