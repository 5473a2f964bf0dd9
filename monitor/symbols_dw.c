/* SPDX-License-Identifier: MIT */
/* needs: dw */
/*
 * Line numbers and unwind tables by elfutils' libdw, and C++ and Rust names by libiberty where that
 * was there when this was built. A module: it is loaded when a file with symbols is.
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
    unsigned size;     /* of a word: 4 or 8 */
    Elf *elf;
    Dwarf *dwarf;      /* NULL: no line numbers */
    Dwarf_CFI *frames; /* .eh_frame, or NULL */
};

static void lines_free(void *opaque)
{
    struct lines *l = opaque;
    dwarf_cfi_end(l->frames);
    dwarf_end(l->dwarf);
    elf_end(l->elf);
    if (l->fd >= 0) {
        close(l->fd);
    }
    g_free(l);
}

static void *lines_open(const char *path)
{
    struct lines *l = g_new0(struct lines, 1);
    elf_version(EV_CURRENT);
    l->fd = open(path, O_RDONLY | O_CLOEXEC);
    l->elf = l->fd >= 0 ? elf_begin(l->fd, ELF_C_READ, NULL) : NULL;
    if (l->elf && elf_kind(l->elf) == ELF_K_ELF) {
        l->size = gelf_getclass(l->elf) == ELFCLASS64 ? 8 : 4;
        l->dwarf = dwarf_begin_elf(l->elf, DWARF_C_READ, NULL);
        l->frames = dwarf_getcfi_elf(l->elf);
    }
    if (!l->dwarf && !l->frames) {
        lines_free(l);
        return NULL;
    }
    return l;
}

static bool lines_unwind(void *opaque, uint64_t addr, struct symbols_frame *f)
{
    struct lines *l = opaque;
    return f->size == l->size &&
           (symbols_cfi_step(l->frames, addr, f) ||
            symbols_cfi_step(l->dwarf ? dwarf_getcfi(l->dwarf) : NULL, addr, f));
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
    bool unit = l->dwarf && find_unit(l->dwarf, addr, &die);
    Dwarf_Line *line = unit ? dwarf_getsrc_die(&die, addr) : NULL;
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
    .open = lines_open, .free = lines_free, .line = lines_line, .unwind = lines_unwind,
    .demangle = demangle
};

EMU_MODULE(dw, symbols_dw);
