/* SPDX-License-Identifier: MIT */
/*
 * QEMU's option values: "first,key=value,flag,key=va,,lue". A doubled comma is a comma, an empty
 * trailing key is ignored, a key without "=" is "on" ("nokey" is key=off), the first bare word may
 * be the value of an implied key.
 */
#ifndef CORE_OPTS_H
#define CORE_OPTS_H

#include <glib.h>

#include "core/types.h"

struct opts;

/* implied: key of a first bare word, or NULL. The error names the position. */
struct opts *opts_parse(const char *text, const char *implied, GError **err);
struct opts *opts_new(void); /* empty, for opts_add */
void opts_add(struct opts *o, const char *key, const char *value);
void opts_free(struct opts *o);
const char *opts_get(const struct opts *o, const char *key); /* the last one; NULL = absent */
bool opts_get_bool(const struct opts *o, const char *key, bool def, bool *out, GError **err);
bool opts_get_u64(const struct opts *o, const char *key, uint64_t def, uint64_t *out,
                  GError **err);
/* Leaves *out alone when the key is absent; def_unit is what a bare number counts (1, 1 << 20). */
bool opts_get_size(const struct opts *o, const char *key, uint64_t def_unit, uint64_t *out,
                   GError **err);
size_t opts_count(const struct opts *o);
const char *opts_key(const struct opts *o, size_t i);
const char *opts_value(const struct opts *o, size_t i);
/* False and an error that names the first key that is not in the NULL-terminated list and the
 * nearest that is. `what` begins the message ("-drive"). */
bool opts_check_keys(const struct opts *o, const char *what, const char *const *known,
                     GError **err);

bool parse_bool(const char *s, bool *out);
bool parse_u64(const char *s, uint64_t max, uint64_t *out); /* C notation, whole string */
bool parse_size(const char *s, uint64_t unit, uint64_t *out); /* "512", "512M", "2G", "1.5G" */
/* The nearest name in a NULL-terminated list by edit distance, or NULL when none is near. */
const char *nearest_name(const char *word, const char *const *names);

#endif
