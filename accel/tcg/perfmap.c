/* SPDX-License-Identifier: MIT */
/*
 * The format is that of tools/perf/Documentation/jit-interface.txt in Linux: "START SIZE name",
 * both numbers in hexadecimal.
 */
#include "accel/tcg/perfmap.h"

#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>

#include "core/device.h"
#include "os/os.h"

struct tcg_perfmap {
    FILE *file;
    GMutex lock;
};

struct tcg_perfmap *tcg_perfmap_new(GError **err)
{
    char *path = g_strdup_printf("/tmp/perf-%d.map", os_pid());
    remove(path); /* never through a link that somebody else put there */
    FILE *file = fopen(path, "wx");
    if (!file) {
        g_set_error(err, EMU_ERROR, EMU_ERROR_HOST, "-accel tcg,perfmap=on: %s: %s", path,
                    g_strerror(errno));
        g_free(path);
        return NULL;
    }
    g_free(path);
    setvbuf(file, NULL, _IOLBF, BUFSIZ); /* complete even if emu is killed */
    struct tcg_perfmap *p = g_new0(struct tcg_perfmap, 1);
    p->file = file;
    g_mutex_init(&p->lock);
    return p;
}

void tcg_perfmap_free(struct tcg_perfmap *p)
{
    if (p) {
        fclose(p->file);
        g_mutex_clear(&p->lock);
        g_free(p);
    }
}

void tcg_perfmap_add(struct tcg_perfmap *p, const void *code, size_t len, const char *fmt, ...)
{
    if (!p) {
        return;
    }
    va_list ap;
    va_start(ap, fmt);
    char *name = g_strdup_vprintf(fmt, ap);
    va_end(ap);
    g_mutex_lock(&p->lock);
    fprintf(p->file, "%" PRIxPTR " %zx %s\n", (uintptr_t)code, len, name);
    g_mutex_unlock(&p->lock);
    g_free(name);
}
