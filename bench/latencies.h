/* SPDX-License-Identifier: MIT */
#ifndef BENCH_LATENCIES_H
#define BENCH_LATENCIES_H

/*
 * The latencies of all rounds of a cell together: what one trial has too few
 * values for, all of them may have.  For pictures and tables; what is compared
 * are the percentiles of single trials (metric.h), which are samples.
 */

#include "analysis.h"
#include "histogram.h"
#include "human.h"

enum {
    PERCENTILES = 4
};

/* In words; "-" where there are too few values. */
struct latencies {
    char percentiles[PERCENTILES][HUMAN]; /* p50, p90, p99, p99.9 */
    char max[HUMAN];
    uint64_t count;
};

/* Adds what was recorded to *out.  False where nothing was. */
bool latencies_merge(struct histogram *out, const struct cell *cell,
                     enum work_latency which);
/* The same in words. */
bool latencies_read(struct latencies *out, const struct cell *cell,
                    enum work_latency which);

/* "latency" or "heartbeat", as in records and in latency.csv. */
const char *latencies_name(enum work_latency which);

/* Some cell has them. */
bool latencies_any(const struct analysis *analysis, enum work_latency which);

/* A table for a terminal, a line for each cell under one for its point; what
 * does not fit into so many columns is left out.  Nothing where nothing was
 * recorded. */
void latencies_table(FILE *file, const struct analysis *analysis,
                     enum work_latency which, int columns);

#endif
