/* SPDX-License-Identifier: MIT */
/*
 * Files that whoever started emu opened for it: -add-fd set=N,fd=M, named /dev/fdset/N wherever
 * a file is named. The table is the process', as its descriptors are. Main thread.
 */
#ifndef CORE_FDSET_H
#define CORE_FDSET_H

#include <glib.h>

#include "core/types.h"

/* Takes fd over. opaque: a note for query-fdsets, or NULL. */
bool fdset_add(unsigned set, int fd, const char *opaque, GError **err);
/* os_open, where /dev/fdset/N is a duplicate of the set's first descriptor that may do what flags
 * ask. */
int fdset_open(const char *path, unsigned flags);
void fdset_foreach(void (*fn)(void *arg, unsigned set, int fd, const char *opaque), void *arg);
void fdset_clear(void); /* closes them all */

#endif
