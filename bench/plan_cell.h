/* SPDX-License-Identifier: MIT */
#ifndef BENCH_PLAN_CELL_H
#define BENCH_PLAN_CELL_H

/*
 * A cell: one workload with all its parameters on one runtime, the thing that
 * is measured again and again.
 */

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "spec.h"

struct plan_cell {
    json_t *json;     /* as in the first line of trials.jsonl */
    const char *name; /* these three lie within json */
    const char *workload;
    const char *calibrated;   /* NULL where the work is fixed */
    const char *program;      /* path of the trial program; in the catalogue */
    json_t *arguments;        /* array of "NAME=VALUE", uncalibrated ones */
    int64_t low, high;        /* bounds of the calibrated parameter */
    int64_t step;             /* it is a multiple of: connections, or 1 */
    bool origin;              /* needs the origin */
    const char *env;          /* for the program, "NAME=VALUE", or NULL */
    unsigned workers;         /* of a pool, else 0 */
    bool offloads;            /* threads beside a loop do the work, */
    unsigned offload_threads; /* so many; 0: libuv's default */
};

/* workload: its description; params: object of typed values in declared
 * order, kept.  -ENOMEM. */
int plan_cell_init(struct plan_cell *out, const json_t *workload,
                   json_t *params, const char *cpus, const struct spec *spec);
void plan_cell_fini(struct plan_cell *cell);

/* Whether typed parameters ask for an open loop. */
bool plan_cell_is_open(const json_t *params);

/* Has a loop's threads do the work; they are so many from now on. */
void plan_cell_offload_to(struct plan_cell *cell, unsigned threads);

#endif
