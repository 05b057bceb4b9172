/* SPDX-License-Identifier: MIT */
#ifndef BENCH_PLAN_H
#define BENCH_PLAN_H

/*
 * The plan: which cells a run measures, and in which order.
 *
 * The cells are the products of workloads, runtime specifications, parameters
 * and cpus that the chosen profile's rows describe (struct cells in
 * workload.h).  --runtime picks the rows that list the specification; where a
 * workload lists it nowhere, the first row with the same runtime's name, else
 * the first row.  --param replaces the values of a sweep.  A workload that
 * was named, or that a server of the user's own is for, and has no row in the
 * profile uses those of the next profile that has one (default, full, quick).
 * References take part only where a row or --runtime names them; where only a
 * row does, not in open loops and not with another server, which they do not
 * know.
 */

#include <jansson.h>
#include <stddef.h>

#include "catalog.h"
#include "options.h"
#include "plan_cell.h"

struct plan {
    struct plan_cell *cells;
    size_t count;
};

/*
 * Makes the plan.  Returns 0, or with one line in message: -EINVAL (the user
 * named something that does not exist or is out of bounds), -ENODATA (nothing
 * to measure), -EPROTO (the sweep of a workload is broken), -ENOMEM.
 */
int plan_make(struct plan *out, const struct catalog *catalog,
              const struct options *options, char *message, size_t size);
void plan_fini(struct plan *plan);

/* The cells' descriptions, a new array. */
json_t *plan_cells(const struct plan *plan);

#endif
