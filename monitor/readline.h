/* SPDX-License-Identifier: MIT */
/*
 * A line editor for a stream of bytes: emacs' keys, history, completion. It knows no terminal; what
 * it prints moves the cursor by the ECMA-48 sequences that everybody understands.
 */
#ifndef MONITOR_READLINE_H
#define MONITOR_READLINE_H

#include <glib.h>

#include "core/types.h"

struct readline_ops {
    void (*print)(void *opaque, const char *text, size_t len);
    void (*line)(void *opaque, const char *line); /* Enter; the editor then shows its prompt */
    /* Candidates for the word that begins at *word of `line` (text before the cursor); free with
     * g_ptr_array_unref. NULL: none. */
    GPtrArray *(*complete)(void *opaque, const char *line, size_t *word);
    void *opaque;
};

struct readline;
struct readline *readline_new(const struct readline_ops *ops, const char *prompt, size_t max);
void readline_free(struct readline *r);
void readline_byte(struct readline *r, uint8_t b);
void readline_show(struct readline *r);  /* prompt and what was typed */
void readline_clear(struct readline *r); /* forgets what was typed */
/* Past lines, 0 the oldest; NULL behind the last. */
const char *readline_history(const struct readline *r, unsigned i);

#endif
