/* SPDX-License-Identifier: MIT */
/*
 * Firmware is not ours: SeaBIOS, its VGA BIOS and OVMF come from the system's packages.
 */
#include "hw/pc/firmware.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "core/device.h"
#include "os/os.h"

#ifndef EMU_DATADIR
#define EMU_DATADIR "/usr/local/share/emu"
#endif

static const char *const system_dirs[] = {
    EMU_DATADIR,       "/usr/share/seabios", "/usr/share/qemu",      "/usr/share/ovmf",
    "/usr/share/OVMF", "/usr/share/vgabios", "/usr/share/edk2/ovmf", "/usr/share/edk2/x64",
};

/* Which Debian package has files of this name. */
static const struct {
    const char *prefix, *package;
} packages[] = {
    { "bios", "seabios" },   { "vgabios", "seabios" }, { "OVMF", "ovmf" },
    { "pxe-", "ipxe-qemu" }, { "efi-", "ipxe-qemu" },
};

static char *in_dir(const char *dir, const char *name)
{
    char *path = g_build_filename(dir, name, NULL);
    if (!os_file_exists(path)) {
        g_clear_pointer(&path, g_free);
    }
    return path;
}

/* Our own option ROMs lie beside the program: build/share, or ../share/emu when installed. */
static char *beside_program(const char *name)
{
    char *self = os_self_path();
    if (!self) {
        return NULL;
    }
    g_autofree char *dir = g_path_get_dirname(self);
    free(self);
    g_autofree char *build = g_build_filename(dir, "share", NULL);
    g_autofree char *installed = g_build_filename(dir, "..", "share", "emu", NULL);
    char *path = in_dir(build, name);
    return path ? path : in_dir(installed, name);
}

static void not_found(const char *name, const GPtrArray *dirs, GError **err)
{
    for (size_t i = 0; i < ARRAY_LEN(packages); i++) {
        if (g_str_has_prefix(name, packages[i].prefix)) {
            g_set_error(err, EMU_ERROR, EMU_ERROR_CONFIG,
                        "firmware '%s' not found: install the package '%s', or say where it is "
                        "with -L DIR",
                        name, packages[i].package);
            return;
        }
    }
    g_set_error(err, EMU_ERROR, EMU_ERROR_CONFIG,
                "file '%s' not found%s; say where it is with -L DIR", name,
                dirs && dirs->len ? " in the folders of -L or the system's" : "");
}

char *rom_find(const char *name, const GPtrArray *dirs, GError **err)
{
    char *path = NULL;

    if (strchr(name, '/') || os_file_exists(name)) {
        if (os_file_exists(name)) {
            return g_strdup(name);
        }
        g_set_error(err, EMU_ERROR, EMU_ERROR_CONFIG, "file '%s' does not exist", name);
        return NULL;
    }
    for (unsigned i = 0; dirs && !path && i < dirs->len; i++) {
        path = in_dir(g_ptr_array_index(dirs, i), name);
    }
    if (!path) {
        path = beside_program(name);
    }
    for (size_t i = 0; !path && i < ARRAY_LEN(system_dirs); i++) {
        path = in_dir(system_dirs[i], name);
    }
    if (!path) {
        not_found(name, dirs, err);
    }
    return path;
}

/* 0, -errno, or 1 when the file ends early. */
static int read_whole(int fd, uint8_t *data, size_t size)
{
    for (size_t done = 0; done < size;) {
        size_t chunk = MIN(size - done, (size_t)MIB(256)); /* os_pread counts in int */
        int got = os_pread(fd, data + done, chunk, done);
        if (got <= 0) {
            return got < 0 ? got : 1;
        }
        done += (size_t)got;
    }
    return 0;
}

uint8_t *rom_read(const char *path, size_t max, size_t *len, GError **err)
{
    uint8_t *data = NULL;
    int fd = os_open(path, 0);

    *len = 0;
    if (fd < 0) {
        g_set_error(err, EMU_ERROR, EMU_ERROR_CONFIG, "cannot open '%s': %s", path,
                    g_strerror(-fd));
        return NULL;
    }
    int64_t size = os_file_size(fd);
    if (size <= 0) {
        g_set_error(err, EMU_ERROR, EMU_ERROR_CONFIG, "'%s' %s", path,
                    size == 0 ? "is empty" : "is not a regular file");
    } else if ((uint64_t)size > max) {
        g_set_error(err, EMU_ERROR, EMU_ERROR_CONFIG,
                    "'%s' has %" PRId64 " bytes, at most %zu can be used", path, size, max);
    } else if (!(data = g_try_malloc((size_t)size))) {
        g_set_error(err, EMU_ERROR, EMU_ERROR_HOST, "no memory for '%s' (%" PRId64 " bytes)", path,
                    size);
    } else {
        int ret = read_whole(fd, data, (size_t)size);
        if (ret) {
            g_set_error(err, EMU_ERROR, EMU_ERROR_HOST, "cannot read '%s': %s", path,
                        ret < 0 ? g_strerror(-ret) : "it became shorter");
            g_clear_pointer(&data, g_free);
        } else {
            *len = (size_t)size;
        }
    }
    os_close(fd);
    return data;
}

uint8_t *rom_load(const char *name, const GPtrArray *dirs, size_t max, size_t *len, GError **err)
{
    *len = 0;
    g_autofree char *path = rom_find(name, dirs, err);
    return path ? rom_read(path, max, len, err) : NULL;
}
