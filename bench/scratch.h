/* SPDX-License-Identifier: MIT */
#ifndef BENCH_SCRATCH_H
#define BENCH_SCRATCH_H

/*
 * The file that file workloads read: 256 MiB on a real file system, made once
 * and kept for later runs, in the folder COBENCH_CACHE names, else in
 * $XDG_CACHE_HOME/cobench, else in ~/.cache/cobench.  Each of its words of 64
 * bit holds its own index.
 */

#include <stddef.h>

#include "room.h"

enum {
    SCRATCH_BYTES = 256 << 20
};

/* Makes the file unless it is there, and tells its path.  Where that cannot be
 * done *skip says why: no folder, a file system in memory, no space. */
void scratch_make(char *path, size_t size, struct skip *skip);

/* Drops the file from the page cache, or reads it into it: others have left it
 * as they liked.  0, or a negative errno. */
int scratch_drop(const char *path);
int scratch_warm(const char *path);

#endif
