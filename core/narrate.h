/* SPDX-License-Identifier: MIT */
/*
 * What devices are told, in words (-d dev:NAME): a table of registers beside each device says what
 * an access means. Devices know nothing of it and pay nothing for it: the machine calls narrate for
 * accesses that passed by, while it is asked for. Machine lock held.
 */
#ifndef CORE_NARRATE_H
#define CORE_NARRATE_H

#include <glib.h>

#include "core/types.h"

struct narrate_value {
    uint32_t value;
    const char *name;
};

struct narrate_field {
    uint8_t lsb, width;
    const char *name;              /* one bit: printed when it is set */
    const char *const *values;     /* 1 << width names; NULL: a number */
};

struct narrate_access {
    uint64_t addr;  /* port or physical address */
    uint64_t value;
    unsigned off;   /* from the register's base */
    uint8_t size;
    bool write;
};

/* What the guest told before, where that decides what the next access means. */
struct narrate_state {
    uint32_t v[16];
};

enum { NARRATE_R = 1, NARRATE_W = 2, NARRATE_RW = 3, NARRATE_MEM = 4 };

struct narrate_reg {
    uint64_t base;
    uint16_t count;      /* ports or bytes */
    uint8_t how;         /* NARRATE_* */
    const char *name;
    uint32_t reserved;   /* bits that a write must leave 0 (-strict=reserved) */
    const struct narrate_field *fields;
    uint8_t n_fields;
    const struct narrate_value *values; /* of the whole register, ends with name NULL */
    /* What a table cannot say; may be NULL. */
    void (*words)(struct narrate_state *s, GString *out, const struct narrate_access *a);
};

struct narration {
    const char *name, *desc;
    const struct narrate_reg *regs;
    unsigned n_regs;
};

#define NARRATE_FIELDS(f) .fields = (f), .n_fields = ARRAY_LEN(f)

/* hw/narrations.c: every table; ends with NULL. */
extern const struct narration *const narrations[];

struct narrator;
struct narrator *narrator_new(const struct narration *const *list);
void narrator_free(struct narrator *n);
/* Logs the access if its device is asked for. Keeps track of it either way. */
void narrate(struct narrator *n, bool mem, const struct narrate_access *a);
/* The register of an access, and its device's name; NULL: nobody knows it. */
const struct narrate_reg *narrate_find(const struct narrator *n, bool mem,
                                       const struct narrate_access *a, const char **device);
void narrate_print_list(const struct narration *const *list); /* -d dev:help */

#endif
