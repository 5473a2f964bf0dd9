/* SPDX-License-Identifier: MIT */
/* needs: dw */
/*
 * Line numbers by elfutils' libdw, and C++ and Rust names by libiberty where that was there when
 * this was built. A module: it is loaded when a file with symbols is.
 */
#include <elfutils/libdw.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#if __has_include(<libiberty/demangle.h>)
#define HAVE_IBERTY 1
#include <libiberty/demangle.h>
#endif

#include "core/module.h"
#include "monitor/symbols_int.h"

struct lines {
    int fd;
    Dwarf *dwarf;
};

static void lines_free(void *opaque)
{
    struct lines *l = opaque;
    dwarf_end(l->dwarf);
    close(l->fd);
    g_free(l);
}

static void *lines_open(const char *path)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    Dwarf *d = fd >= 0 ? dwarf_begin(fd, DWARF_C_READ) : NULL;
    if (!d) {
        if (fd >= 0) {
            close(fd);
        }
        return NULL;
    }
    struct lines *l = g_new0(struct lines, 1);
    *l = (struct lines){fd, d};
    return l;
}

/* The unit that holds addr: by .debug_aranges, or by looking at each (assemblers write none). */
static bool find_unit(Dwarf *d, uint64_t addr, Dwarf_Die *die)
{
    Dwarf_Off off = 0, next;
    size_t header;
    if (dwarf_addrdie(d, addr, die)) {
        return true;
    }
    while (dwarf_nextcu(d, off, &next, &header, NULL, NULL, NULL) == 0) {
        if (dwarf_offdie(d, off + header, die) && dwarf_haspc(die, addr) > 0) {
            return true;
        }
        off = next;
    }
    return false;
}

static bool lines_line(void *opaque, uint64_t addr, char *out, size_t cap)
{
    struct lines *l = opaque;
    Dwarf_Die die;
    int number;
    Dwarf_Line *line = find_unit(l->dwarf, addr, &die) ? dwarf_getsrc_die(&die, addr) : NULL;
    const char *file = line ? dwarf_linesrc(line, NULL, NULL) : NULL;
    if (!file || dwarf_lineno(line, &number) != 0) {
        return false;
    }
    const char *slash = strrchr(file, '/');
    snprintf(out, cap, "%s:%d", slash ? slash + 1 : file, number);
    return true;
}

#ifdef HAVE_IBERTY
static char *demangle(const char *name)
{
    char *plain = rust_demangle(name, 0);
    return plain ? plain : cplus_demangle_v3(name, DMGL_PARAMS | DMGL_ANSI);
}
#else
#define demangle NULL
#endif

static const struct symbols_dw_ops symbols_dw = {
    .open = lines_open, .free = lines_free, .line = lines_line, .demangle = demangle
};

EMU_MODULE(dw, symbols_dw);
