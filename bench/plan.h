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
 * was named and has no row in the profile uses those of the next profile that
 * has one (default, full, quick).  References take part only where a row or
 * --runtime names them.
 */

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "catalog.h"
#include "options.h"

struct cell {
    json_t *json;     /* as in the first line of trials.jsonl */
    const char *name; /* these three lie within json */
    const char *workload;
    const char *calibrated; /* NULL where the work is fixed */
    const char *program;    /* path of the trial program; in the catalogue */
    json_t *arguments;      /* array of "NAME=VALUE", uncalibrated ones */
    int64_t low, high;      /* bounds of the calibrated parameter */
    bool origin;            /* needs the origin */
};

struct plan {
    struct cell *cells;
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

/* Writes the order of the cells in a round: a permutation of 0..count-1 that
 * depends on nothing but its arguments.  xoshiro256** seeded by SplitMix64
 * (Blackman, Vigna), Fisher-Yates. */
void plan_order(size_t *order, size_t count, uint64_t seed, unsigned round);

/* A number below `bound` that depends on nothing but the arguments. */
uint64_t plan_draw(uint64_t seed, unsigned round, uint64_t which,
                   uint64_t bound);

#endif
