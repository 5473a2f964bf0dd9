/* SPDX-License-Identifier: MIT */
/*
 * Passed descriptors by number.
 */
#include <errno.h>
#include <string.h>

#include "core/device.h"
#include "core/fdset.h"
#include "core/opts.h"
#include "os/os.h"

#define PREFIX   "/dev/fdset/"
#define MAX_SETS 64

static struct {
    unsigned n;
    struct {
        unsigned set;
        int fd;
        char *opaque;
    } at[MAX_SETS];
} sets;

bool fdset_add(unsigned set, int fd, const char *opaque, GError **err)
{
    if (sets.n == MAX_SETS) {
        g_set_error(err, EMU_ERROR, EMU_ERROR_CONFIG, "-add-fd: %d descriptors at most", MAX_SETS);
        return false;
    }
    int mine = os_dup(fd);
    if (mine < 0) {
        g_set_error(err, EMU_ERROR, EMU_ERROR_CONFIG, "-add-fd fd=%d: %s", fd, strerror(-mine));
        return false;
    }
    os_close(fd);
    sets.at[sets.n].set = set;
    sets.at[sets.n].fd = mine;
    sets.at[sets.n].opaque = g_strdup(opaque);
    sets.n++;
    return true;
}

int fdset_open(const char *path, unsigned flags)
{
    uint64_t set;
    if (!g_str_has_prefix(path, PREFIX)) {
        return os_open(path, flags);
    }
    if (!parse_u64(path + strlen(PREFIX), UINT32_MAX, &set)) {
        return -EINVAL;
    }
    bool writing = flags & OS_OPEN_WRITE;
    int best = -1;
    for (unsigned i = 0; i < sets.n; i++) {
        /* A reader takes one that may be written, too, when there is no other. */
        bool writable = os_fd_writable(sets.at[i].fd);
        if (sets.at[i].set == set && (writable == writing || (!writing && best < 0))) {
            best = sets.at[i].fd;
        }
    }
    int fd = best < 0 ? -ENOENT : os_dup(best);
    int ret = fd >= 0 && flags & OS_OPEN_TRUNCATE ? os_truncate(fd, 0) : 0;
    if (ret < 0 && ret != -EINVAL) { /* EINVAL: a pipe, say, has no length */
        os_close(fd);
        fd = ret;
    }
    return fd;
}

void fdset_foreach(void (*fn)(void *arg, unsigned set, int fd, const char *opaque), void *arg)
{
    for (unsigned i = 0; i < sets.n; i++) {
        fn(arg, sets.at[i].set, sets.at[i].fd, sets.at[i].opaque);
    }
}

void fdset_clear(void)
{
    while (sets.n > 0) {
        sets.n--;
        os_close(sets.at[sets.n].fd);
        g_free(sets.at[sets.n].opaque);
    }
}
