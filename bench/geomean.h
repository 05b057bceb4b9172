/* SPDX-License-Identifier: MIT */
#ifndef BENCH_GEOMEAN_H
#define BENCH_GEOMEAN_H

#include <stddef.h>

#include "compare.h"

/* The geometric mean of the ratios of one runtime and CPU view, over
 * workloads (first over the points of each, so that all weigh the same), by
 * round.  Wall leaves out points where wall time is no measure of cost; both
 * leave out refused ones and those with too few rounds for an interval, as
 * long as some have one.  Of a single workload there is no mean. */
struct geomean {
    const char *runtime, *cpus;
    struct estimate estimates[COMPARES];
    size_t points[COMPARES], workloads[COMPARES];
};

/* *out is an array of *n in plan order; the caller frees it.  0, -ENOMEM. */
int geomean_all(struct geomean **out, size_t *n,
                const struct compared *compared);

#endif
