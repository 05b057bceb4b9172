/* SPDX-License-Identifier: MIT */
#ifndef GATE_METRIC_H
#define GATE_METRIC_H

/*
 * What the regression gate watches: the table of its metrics, and how a
 * figure is read from a trial's record.
 *
 * A metric is a cell (workload, parameters, runtime, one CPU) and a quantity.
 * Its name is the cell's and the quantity's,
 *
 *   switch_pair/via:yield/cpus:1/runtime:coro ns_per_op
 *
 * and stays, so that accepted slowdowns and histories can refer to it.
 */

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "attempt.h"

enum gate_quantity {
    GATE_WALL,        /* ns_per_op */
    GATE_CPU,         /* cpu_ns_per_op: where a workload waits for others */
    GATE_P50,         /* p50_ns: the median latency the workload recorded */
    GATE_SETUP,       /* setup_ns: from rt_run() to the main task */
    GATE_FOOTPRINT,   /* bytes of a runtime that has done nothing */
    GATE_MEMORY,      /* bytes_per_task, parked */
    GATE_CALLS,       /* system_calls_per_op */
    GATE_ALLOCATIONS, /* allocations_per_op */
    GATE_SWITCHES,    /* switches_per_op: from task to task */
    GATE_QUANTITIES
};

struct gate_quantity_info {
    const char *name, *unit; /* unit: "ns", "bytes", "count" */
    /* Hardly varies; else it is a time. */
    bool exact;
    /* Read as the slope between two trials, of which one does twice the work:
     * what the process does besides drops out. */
    bool slope;
    /* A sample is the least figure of so many trials, at most 5; 0: of one. */
    unsigned least_of;
    enum attempt_count count_of; /* in trials of its own */
};
extern const struct gate_quantity_info gate_quantities[GATE_QUANTITIES];

struct gate_metric {
    const char *workload;
    const char *params;  /* "via=chan", blank-separated; without the amount */
    const char *runtime; /* "coro", "pool:20" */
    enum gate_quantity quantity;
    double size;  /* slopes: the smaller amount of work */
    double floor; /* the least relative change that matters */
    double grain; /* and the least absolute one, in the quantity's unit */
};

/* Ended by a NULL workload. */
extern const struct gate_metric gate_metrics[];

/* Two runtimes at the same point: what is watched where there is no base to
 * compare with.  Ended by a NULL workload. */
struct gate_ratio {
    const char *workload, *params;
    const char *runtime, *over; /* the ratio is runtime / over */
    enum gate_quantity quantity;
    double size;
};
extern const struct gate_ratio gate_ratios[];

/* The quantity of one good trial, or for slopes its total, from the trial's
 * line (trials.h).  -ENODATA: the record has no such figure. */
int gate_read(double *out, enum gate_quantity quantity, const json_t *line);

#endif
