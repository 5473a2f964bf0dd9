/* SPDX-License-Identifier: MIT */
/*
 * Image formats: which we have, and what others look like, so that nobody boots the header of a
 * qcow2 file as a disk or writes over it.
 */
#include <string.h>

#include "backend/block/block_int.h"
#include "core/device.h"
#include "core/opts.h"
#include "os/os.h"

#define CONVERT "convert it with qemu-img convert -O raw"

static const struct magic {
    const char *format;
    const char *what;
    unsigned off;
    unsigned len;
    const char *bytes;
} magics[] = {
    { "qcow2", CONVERT, 0, 4, "QFI\xfb" },
    { "vmdk", CONVERT, 0, 4, "KDMV" },
    { "vmdk", CONVERT, 0, 4, "COWD" },
    { "vmdk", CONVERT, 0, 21, "# Disk DescriptorFile" },
    { "vdi", CONVERT, 0x40, 4, "\x7f\x10\xda\xbe" },
    { "vhdx", CONVERT, 0, 8, "vhdxfile" },
    { "vhd", CONVERT, 0, 8, "conectix" },
    { "qed", CONVERT, 0, 4, "QED\0" },
    { "parallels", CONVERT, 0, 16, "WithoutFreeSpace" },
    { "parallels", CONVERT, 0, 16, "WithouFreSpacExt" },
    { "bochs", CONVERT, 0, 22, "Bochs Virtual HD Image" },
    { "luks", CONVERT, 0, 6, "LUKS\xba\xbe" },
    { "gzip", "unpack it with gunzip", 0, 3, "\x1f\x8b\x08" },
    { "xz", "unpack it with unxz", 0, 6, "\xfd" "7zXZ\0" },
    { "zstd", "unpack it with unzstd", 0, 4, "\x28\xb5\x2f\xfd" },
    { "bzip2", "unpack it with bunzip2", 0, 3, "BZh" },
    { "zip", "unpack it with unzip", 0, 4, "PK\3\4" },
};

/* A fixed VHD is a raw disk with this in its last sector. */
static bool has_vhd_footer(int fd)
{
    uint8_t tail[8];
    int64_t size = os_file_size(fd);
    return size >= 512 && os_pread(fd, tail, sizeof tail, (uint64_t)size - 512) == sizeof tail &&
           memcmp(tail, "conectix", sizeof tail) == 0;
}

const char *format_sniff(int fd, const char **what)
{
    uint8_t head[128];
    int n = os_pread(fd, head, sizeof head, 0);
    for (size_t i = 0; i < ARRAY_LEN(magics); i++) {
        const struct magic *m = &magics[i];
        if (n >= (int)(m->off + m->len) && memcmp(head + m->off, m->bytes, m->len) == 0) {
            *what = m->what;
            return m->format;
        }
    }
    if (has_vhd_footer(fd)) {
        *what = CONVERT;
        return "vhd";
    }
    return NULL;
}

bool format_check(const char *path, const char *format, GError **err)
{
    static const char *const lacking[] = { "qcow2", "qcow", "vmdk",      "vdi",   "vhd",
                                           "vpc",   "vhdx", "qed",       "cow",   "luks",
                                           "dmg",   "nbd",  "parallels", "bochs", "cloop",
                                           "raw",   NULL };
    if (!format || strcmp(format, "raw") == 0 || strcmp(format, "file") == 0 ||
        strcmp(format, "host_device") == 0) {
        return true;
    }
    for (size_t i = 0; lacking[i]; i++) {
        if (strcmp(format, lacking[i]) == 0) {
            g_set_error(err, EMU_ERROR, EMU_ERROR_UNSUPPORTED,
                        "'%s': format %s isn't supported yet; " CONVERT, path, format);
            return false;
        }
    }
    const char *near = nearest_name(format, lacking);
    g_set_error(err, EMU_ERROR, EMU_ERROR_CONFIG, "'%s': unknown format '%s'%s%s%s", path, format,
                near ? "; did you mean '" : "; emu knows raw", near ? near : "", near ? "'?" : "");
    return false;
}
