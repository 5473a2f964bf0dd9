/* SPDX-License-Identifier: MIT */
/*
 * Accesses to devices in words, by the tables of struct narration.
 */
#include "core/narrate.h"

#include <stdio.h>

#include "core/log.h"

struct narrator {
    const struct narration *const *list;
    struct narrate_state *state; /* one a table */
};

struct narrator *narrator_new(const struct narration *const *list)
{
    struct narrator *n = g_new0(struct narrator, 1);
    unsigned count = 0;
    while (list[count]) {
        count++;
    }
    n->list = list;
    n->state = g_new0(struct narrate_state, count + 1);
    return n;
}

void narrator_free(struct narrator *n)
{
    if (n) {
        g_free(n->state);
        g_free(n);
    }
}

static const struct narrate_reg *find_in(const struct narration *t, bool mem,
                                         const struct narrate_access *a)
{
    for (unsigned i = 0; i < t->n_regs; i++) {
        const struct narrate_reg *r = &t->regs[i];
        if (!(r->how & NARRATE_MEM) == !mem && (r->how & (a->write ? NARRATE_W : NARRATE_R)) &&
            a->addr >= r->base && a->addr - r->base < r->count) {
            return r;
        }
    }
    return NULL;
}

static void say_field(GString *out, const struct narrate_field *f, uint64_t value)
{
    uint64_t v = value >> f->lsb & ((1ull << f->width) - 1);
    if (f->values) {
        g_string_append_printf(out, ", %s%s%s", f->name, *f->name ? " " : "",
                               f->values[v] ? f->values[v] : "reserved");
    } else if (f->width == 1) {
        if (v) {
            g_string_append_printf(out, ", %s", f->name);
        }
    } else {
        g_string_append_printf(out, ", %s 0x%x", f->name, (unsigned)v);
    }
}

static void say(GString *out, const struct narrate_reg *r, struct narrate_state *s,
                const struct narrate_access *a)
{
    g_string_append_printf(out, "%s %s 0x%0*" G_GINT64_MODIFIER "x", r->name,
                           a->write ? "<-" : "->", a->size * 2, a->value);
    for (const struct narrate_value *v = r->values; v && v->name; v++) {
        if (v->value == a->value) {
            g_string_append_printf(out, ", %s", v->name);
        }
    }
    for (unsigned i = 0; i < r->n_fields; i++) {
        say_field(out, &r->fields[i], a->value);
    }
    if (r->words) {
        r->words(s, out, a);
    }
}

void narrate(struct narrator *n, bool mem, const struct narrate_access *a)
{
    for (unsigned i = 0; n->list[i]; i++) {
        const struct narrate_reg *r = find_in(n->list[i], mem, a);
        if (!r) {
            continue;
        }
        struct narrate_access at = *a;
        at.off = (unsigned)(a->addr - r->base);
        GString *out = g_string_new(NULL);
        say(out, r, &n->state[i], &at);
        if (log_enabled(LOG_DEV) && log_dev_wanted(n->list[i]->name)) {
            log_raw("%s: %s\n", n->list[i]->name, out->str);
        }
        g_string_free(out, TRUE);
    }
}

const struct narrate_reg *narrate_find(const struct narrator *n, bool mem,
                                       const struct narrate_access *a, const char **device)
{
    for (unsigned i = 0; n->list[i]; i++) {
        const struct narrate_reg *r = find_in(n->list[i], mem, a);
        if (r) {
            *device = n->list[i]->name;
            return r;
        }
    }
    return NULL;
}

void narrate_print_list(const struct narration *const *list)
{
    for (; *list; list++) {
        printf("  dev:%-10s %s\n", (*list)->name, (*list)->desc);
    }
}
