/* SPDX-License-Identifier: MIT */
#ifndef BENCH_SLOPE_H
#define BENCH_SLOPE_H

/*
 * Memory per task by regression (stats_line) of what the process holds while
 * all tasks are parked over their number, every sample counting: the slope is
 * the task's, the intercept the runtime's.  A series is one runtime in one
 * group; it needs at least four sizes.
 */

#include <stddef.h>

#include "stats.h"
#include "summary.h"

struct slope {
    const struct cell *cell; /* one of its cells: group, runtime, cpus */
    size_t sizes;
    double smallest, largest; /* tasks */
    struct line rss;          /* RssAnon, bytes per task */
    struct line full;         /* with page tables and kernel stacks; n == 0
                                 where these could not be read */
};

/* *out is an array of *n in plan order; the caller frees it.  0, -ENOMEM. */
int slope_all(struct slope **out, size_t *n, const struct summary *summary);

#endif
