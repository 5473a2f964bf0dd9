/* SPDX-License-Identifier: MIT */
/*
 * -object: what other options refer to by id. The guest's memory is -m's, so that a memory back end
 * only has to be as large; a secret is a password that does not stand on the command line.
 */
#include <string.h>

#include "core/device.h"
#include "core/opts.h"
#include "vm/setup.h"

#define CONFIG_ERROR(err, ...) g_set_error(err, EMU_ERROR, EMU_ERROR_CONFIG, __VA_ARGS__)

#define MAX_SECRET 4096

/* The object whose id it is; NULL: none. opts_free. */
static struct opts *find(const struct vm_config *c, const char *id)
{
    for (guint i = 0; i < c->object->len; i++) {
        struct opts *o = opts_parse(g_ptr_array_index(c->object, i), "qom-type", NULL);
        if (o && g_strcmp0(opts_get(o, "id"), id) == 0) {
            return o;
        }
        opts_free(o);
    }
    return NULL;
}

static bool check_one(const struct opts *o, const char *text, GError **err)
{
    static const char *const memory[] = { "qom-type", "id",      "size",  "prealloc",
                                          "share",    "merge",   "dump",  "reserve", NULL };
    static const char *const secret[] = { "qom-type", "id", "data", "file", "format", NULL };
    const char *type = opts_get(o, "qom-type"), *id = opts_get(o, "id");
    if (!type || !id || !*id) {
        CONFIG_ERROR(err, "-object %s: needs a kind and id=NAME", text);
        return false;
    }
    if (strcmp(type, "memory-backend-ram") == 0) {
        uint64_t size = 0;
        return opts_check_keys(o, "-object memory-backend-ram", memory, err) &&
               opts_get_size(o, "size", 1, &size, err);
    }
    if (strcmp(type, "secret") == 0) {
        const char *format = opts_get(o, "format");
        bool known = !format || strcmp(format, "raw") == 0 || strcmp(format, "base64") == 0;
        if (!known || (opts_get(o, "data") != NULL) == (opts_get(o, "file") != NULL)) {
            CONFIG_ERROR(err, "-object secret,id=%s: needs data= or file=, format raw or base64",
                         id);
            return false;
        }
        return opts_check_keys(o, "-object secret", secret, err);
    }
    g_set_error(err, EMU_ERROR, EMU_ERROR_UNSUPPORTED,
                "-object %s: emu has memory-backend-ram and secret only", type);
    return false;
}

bool setup_objects(const struct vm_config *c, GError **err)
{
    for (guint i = 0; i < c->object->len; i++) {
        const char *text = g_ptr_array_index(c->object, i);
        struct opts *o = opts_parse(text, "qom-type", err);
        bool ok = o && check_one(o, text, err);
        for (guint k = 0; ok && k < i; k++) {
            struct opts *other = opts_parse(g_ptr_array_index(c->object, k), "qom-type", NULL);
            if (strcmp(opts_get(other, "id"), opts_get(o, "id")) == 0) {
                CONFIG_ERROR(err, "-object id=%s: another object has this id", opts_get(o, "id"));
                ok = false;
            }
            opts_free(other);
        }
        opts_free(o);
        if (!ok) {
            return false;
        }
    }
    return true;
}

bool setup_memory_backend(const struct vm_config *c, const char *id, uint64_t ram, GError **err)
{
    struct opts *o = find(c, id);
    uint64_t size = ram;
    bool ok = o && g_str_has_prefix(opts_get(o, "qom-type"), "memory-backend-");
    if (!ok) {
        CONFIG_ERROR(err, "-machine memory-backend=%s: there is no such -object", id);
    } else if (opts_get_size(o, "size", 1, &size, NULL) && size != ram) {
        CONFIG_ERROR(err, "-machine memory-backend=%s: its size is not that of -m", id);
        ok = false;
    }
    opts_free(o);
    return ok;
}

char *setup_secret(const struct vm_config *c, const char *id, GError **err)
{
    struct opts *o = find(c, id);
    if (!o || strcmp(opts_get(o, "qom-type"), "secret") != 0) {
        CONFIG_ERROR(err, "password-secret=%s: there is no -object secret with this id", id);
        opts_free(o);
        return NULL;
    }
    char *text = g_strdup(opts_get(o, "data"));
    size_t len = text ? strlen(text) : 0;
    if (!text && !g_file_get_contents(opts_get(o, "file"), &text, &len, err)) {
        opts_free(o);
        return NULL;
    }
    if (g_strcmp0(opts_get(o, "format"), "base64") == 0 && *text) {
        g_base64_decode_inplace(text, &len);
        text[len] = '\0'; /* it became shorter */
    }
    opts_free(o);
    if (len > MAX_SECRET || strlen(text) != len) {
        CONFIG_ERROR(err, "-object secret,id=%s: this is no text", id);
        g_clear_pointer(&text, g_free);
    }
    return text;
}
