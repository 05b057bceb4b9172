/* SPDX-License-Identifier: MIT */
#ifndef BENCH_SLOPE_H
#define BENCH_SLOPE_H

/*
 * Memory per task of a series (one runtime in one group) whose tasks park: by
 * regression (stats_line) of what the process holds while all are parked over
 * their number, every sample counting.  The slope is the task's, the intercept
 * the runtime's.  That needs at least four sizes; with fewer there is only the
 * difference between parked and before, at the largest size.
 */

#include <stddef.h>

#include "stats.h"
#include "summary.h"

struct slope {
    const struct cell *cell; /* that with the most tasks */
    size_t sizes;
    double smallest, largest; /* tasks */
    struct line rss;          /* RssAnon, bytes per task; n == 0: too few
                                 sizes */
    struct line full;         /* with page tables and kernel stacks; n == 0
                                 also where these could not be read */
};

/* *out is an array of *n in plan order; the caller frees it.  0, -ENOMEM. */
int slope_all(struct slope **out, size_t *n, const struct summary *summary);

/* The best there is: the slope, else the difference; NAN without either. */
double slope_rss(const struct slope *slope);
double slope_full(const struct slope *slope);

#endif
