/* SPDX-License-Identifier: MIT */
#include <assert.h>

#include "tests/fake/irq.h"

static void set(void *opaque, unsigned line, bool level)
{
    struct fake_irq *f = opaque;
    assert(line < FAKE_IRQ_LINES);
    f->calls[line]++;
    if (f->level[line] == level) {
        return;
    }
    f->level[line] = level;
    if (level) {
        f->rises[line]++;
    } else {
        f->falls[line]++;
    }
    if (f->changed) {
        f->changed(f->opaque, line, level);
    }
}

struct irq fake_irq_line(struct fake_irq *f, unsigned n)
{
    return (struct irq){ .set = set, .opaque = f, .line = n };
}

unsigned fake_irq_take(struct fake_irq *f, unsigned n)
{
    unsigned rises = f->rises[n];
    f->rises[n] = 0;
    return rises;
}
