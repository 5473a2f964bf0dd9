/* SPDX-License-Identifier: MIT */
/*
 * Loads the module that reads DWARF and demangles, on first use. Without it names stay as they are
 * in the file; Rust's legacy names, which are simple, are undone here.
 */
#include <stdlib.h>
#include <string.h>

#include "core/module.h"
#include "monitor/symbols.h"
#include "monitor/symbols_int.h"

static const struct symbols_dw_ops *dw(void)
{
    static gsize once;
    static const struct symbols_dw_ops *ops;
    if (g_once_init_enter(&once)) {
        ops = module_get("dw", "symbols_dw", NULL);
        g_once_init_leave(&once, 1);
    }
    return ops;
}

bool symbols_add_lines(GPtrArray *lines, const char *path, uint64_t offset)
{
    const struct symbols_dw_ops *ops = dw();
    void *opaque = ops ? ops->open(path) : NULL;
    if (!opaque) {
        return false;
    }
    struct symbols_lines *l = g_new0(struct symbols_lines, 1);
    *l = (struct symbols_lines){ops, opaque, offset};
    g_ptr_array_add(lines, l);
    return true;
}

/* "$LT$" and its like of Rust's legacy names. */
static const struct { const char *code, *text; } escapes[] = {
    {"$LT$", "<"}, {"$GT$", ">"}, {"$RF$", "&"}, {"$BP$", "*"}, {"$LP$", "("}, {"$RP$", ")"},
    {"$C$", ","}, {"$u20$", " "}, {"$u7b$", "{"}, {"$u7d$", "}"}, {"$u27$", "'"},
    {"$u5b$", "["}, {"$u5d$", "]"}, {"$u3b$", ";"}, {"$u2b$", "+"}, {"..", "::"},
};

static void put_part(GString *out, const char *p, size_t n)
{
    if (n > 2 && p[0] == '_' && p[1] == '$') {
        p++;
        n--;
    }
    while (n) {
        size_t e, len = 0;
        for (e = 0; e < ARRAY_LEN(escapes); e++) {
            len = strlen(escapes[e].code);
            if (n >= len && strncmp(p, escapes[e].code, len) == 0) {
                break;
            }
        }
        if (e < ARRAY_LEN(escapes)) {
            g_string_append(out, escapes[e].text);
        } else {
            g_string_append_c(out, *p);
            len = 1;
        }
        p += len;
        n -= len;
    }
}

/* _ZN4core9panicking5panic17h0123456789abcdefE: core::panicking::panic */
static char *rust_legacy(const char *name)
{
    GString *out = g_string_new(NULL);
    const char *p = name + 3;
    bool hash = false;
    while (g_ascii_isdigit(*p)) {
        char *part;
        unsigned long n = strtoul(p, &part, 10);
        if (n == 0 || n > strlen(part)) {
            break;
        }
        hash = n == 17 && part[0] == 'h' && strspn(part + 1, "0123456789abcdef") >= 16;
        p = part + n;
        if (!(hash && *p == 'E')) {
            g_string_append(out, out->len ? "::" : "");
            put_part(out, part, n);
        }
    }
    bool ok = hash && *p == 'E';
    return g_string_free(out, !ok);
}

char *symbols_demangle(const char *name)
{
    char *done = NULL;
    if (strncmp(name, "_ZN", 3) == 0) {
        done = rust_legacy(name);
    }
    if (!done && name[0] == '_' && (name[1] == 'Z' || name[1] == 'R')) {
        const struct symbols_dw_ops *ops = dw();
        char *plain = ops && ops->demangle ? ops->demangle(name) : NULL;
        done = plain ? g_strdup(plain) : NULL;
        free(plain);
    }
    return done ? done : g_strdup(name);
}
