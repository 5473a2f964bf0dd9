/* SPDX-License-Identifier: MIT */
/*
 * Raw images: a file or block device, byte for byte.
 */
#include <errno.h>
#include <string.h>

#include "backend/block/block_int.h"
#include "core/device.h"
#include "core/fdset.h"
#include "os/os.h"

struct raw {
    struct layer layer;
    int fd;
    uint64_t bytes; /* of the file; may end within the last sector */
};

static int raw_read(struct layer *l, void *buf, size_t len, uint64_t off)
{
    struct raw *r = CONTAINER_OF(l, struct raw, layer);
    int n = os_pread(r->fd, buf, len, off);
    if (n < 0) {
        return n;
    }
    if ((size_t)n < len) {
        /* The odd tail reads as zeros; a file that somebody cut shorter does not. */
        if (off + (size_t)n < r->bytes) {
            return -EIO;
        }
        memset((uint8_t *)buf + n, 0, len - (size_t)n);
    }
    return 0;
}

static int raw_write(struct layer *l, const void *buf, size_t len, uint64_t off)
{
    struct raw *r = CONTAINER_OF(l, struct raw, layer);
    int n = os_pwrite(r->fd, buf, len, off);
    return n < 0 ? n : 0;
}

static int raw_flush(struct layer *l)
{
    return l->read_only ? 0 : os_fdatasync(CONTAINER_OF(l, struct raw, layer)->fd);
}

static void raw_close(struct layer *l)
{
    struct raw *r = CONTAINER_OF(l, struct raw, layer);
    os_close(r->fd);
    g_free(r);
}

static const struct layer_ops raw_ops = {
    .read = raw_read,
    .write = raw_write,
    .flush = raw_flush,
    .close = raw_close,
};

static int open_failed(const char *path, int e, bool writing, GError **err)
{
    bool refused = e == -EACCES || e == -EPERM || e == -EROFS;
    const char *advice = writing && refused
                             ? "; add readonly=on, or snapshot=on to throw the guest's writes away"
                             : "";
    g_set_error(err, EMU_ERROR, EMU_ERROR_HOST, "'%s': %s%s", path, strerror(-e), advice);
    return -1;
}

/* The descriptor, or -1 with an error. *read_only is what it came to. */
static int open_file(const char *path, const struct block_opts *o, bool *read_only, GError **err)
{
    /* Non-blocking, for a FIFO would wait for its other end before we can refuse it. */
    unsigned flags = OS_OPEN_NONBLOCK;
    *read_only = o->read_only || o->snapshot;
    int fd = fdset_open(path, flags | (*read_only ? 0 : OS_OPEN_WRITE));
    if ((fd == -EACCES || fd == -EPERM || fd == -EROFS) && !*read_only && o->auto_read_only) {
        *read_only = true;
        fd = fdset_open(path, flags);
    }
    if (fd == -EISDIR) {
        g_set_error(err, EMU_ERROR, EMU_ERROR_CONFIG, "'%s' is a directory, not a disk image",
                    path);
        return -1;
    }
    return fd < 0 ? open_failed(path, fd, !*read_only, err) : fd;
}

static bool check_kind(int fd, const char *path, GError **err)
{
    switch (os_file_kind(fd)) {
    case OS_FILE_REGULAR:
    case OS_FILE_BLOCK: return true;
    case OS_FILE_DIRECTORY:
        g_set_error(err, EMU_ERROR, EMU_ERROR_CONFIG, "'%s' is a directory, not a disk image",
                    path);
        return false;
    default:
        g_set_error(err, EMU_ERROR, EMU_ERROR_CONFIG,
                    "'%s' is neither a file nor a block device; it can't be a disk", path);
        return false;
    }
}

static bool check_size(int64_t size, const char *path, bool allow_odd, GError **err)
{
    if (size < 0) {
        g_set_error(err, EMU_ERROR, EMU_ERROR_HOST, "'%s': %s", path, strerror((int)-size));
    } else if (size == 0) {
        g_set_error(err, EMU_ERROR, EMU_ERROR_CONFIG,
                    "'%s' is empty; make it as large as the disk, e.g. truncate -s 1G '%s'", path,
                    path);
    } else if (size % SECTOR_SIZE && !allow_odd) {
        g_set_error(err, EMU_ERROR, EMU_ERROR_CONFIG,
                    "'%s': its size of %lld bytes is not a multiple of 512; it is cut short or "
                    "no disk image (to pad it: truncate -s %%512 '%s')",
                    path, (long long)size, path);
    } else {
        return true;
    }
    return false;
}

static bool check_format(int fd, const char *path, const struct block_opts *o, GError **err)
{
    const char *what;
    if (o->format) {
        return true; /* the user's word counts, whatever the bytes look like */
    }
    const char *format = format_sniff(fd, &what);
    if (format) {
        g_set_error(err, EMU_ERROR, EMU_ERROR_UNSUPPORTED,
                    "'%s' looks like %s, which emu can't use yet; %s (or format=raw if the bytes "
                    "are meant as they are)",
                    path, format, what);
    }
    return !format;
}

static bool lock_image(int fd, const char *path, bool read_only, GError **err)
{
    if (os_lock_file(fd, !read_only) != -EAGAIN) {
        return true;
    }
    g_set_error(err, EMU_ERROR, EMU_ERROR_HOST,
                "'%s' is in use by another process or drive%s", path,
                read_only ? ", which writes to it"
                          : "; two that write would destroy it (readonly=on or snapshot=on are "
                            "safe when nobody writes)");
    return false;
}

struct layer *raw_open(const char *path, const struct block_opts *o, GError **err)
{
    bool read_only;
    if (!format_check(path, o->format, err)) {
        return NULL;
    }
    int fd = open_file(path, o, &read_only, err);
    if (fd < 0) {
        return NULL;
    }
    int64_t size = os_file_size(fd);
    if (!check_kind(fd, path, err) || !check_format(fd, path, o, err) ||
        !check_size(size, path, o->allow_odd_size, err) ||
        !lock_image(fd, path, read_only, err)) {
        os_close(fd);
        return NULL;
    }
    struct raw *r = g_new0(struct raw, 1);
    r->fd = fd;
    r->bytes = (uint64_t)size;
    r->layer.ops = &raw_ops;
    r->layer.size = (r->bytes + SECTOR_SIZE - 1) / SECTOR_SIZE * SECTOR_SIZE;
    r->layer.read_only = read_only;
    return &r->layer;
}
