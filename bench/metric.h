/* SPDX-License-Identifier: MIT */
#ifndef BENCH_METRIC_H
#define BENCH_METRIC_H

/*
 * The metrics made from one record: names and units as in summary.csv.
 */

#include <jansson.h>
#include <stdbool.h>

enum metric {
    METRIC_WALL,
    METRIC_USER,
    METRIC_SYS,
    METRIC_CPU,
    METRIC_SETUP,
    METRIC_NS_PER_OP,
    METRIC_CPU_NS_PER_OP,
    METRIC_OPS_PER_S,
    METRIC_OPS_PER_CPU_S,
    METRIC_PEAK_RSS,
    METRIC_PARKED_RSS,
    METRIC_PARKED_FULL,
    METRIC_THREADS,
    METRIC_VOL_SWITCHES,
    METRIC_INVOL_SWITCHES,
    METRIC_MINOR_FAULTS,
    METRIC_RSS_PER_TASK,
    METRIC_FULL_PER_TASK,
    METRIC_SLAB_PER_TASK,
    METRIC_STALLS,
    METRIC_LAT_P50,
    METRIC_LAT_P90,
    METRIC_LAT_P99,
    METRIC_LAT_P999,
    METRIC_LAT_MAX,
    METRIC_BEAT_P50,
    METRIC_BEAT_P90,
    METRIC_BEAT_P99,
    METRIC_BEAT_P999,
    METRIC_BEAT_MAX,
    METRICS
};

const char *metric_name(enum metric metric);
const char *metric_unit(enum metric metric);

/*
 * All metrics of a record, NAN for those it does not have.  Memory per task
 * is the difference between "parked" and "before" over the parked tasks:
 * RssAnon alone; full adds page tables and kernel stacks; slab is the
 * system's and only an estimate, hence apart.
 */
void metric_read(double values[METRICS], const json_t *record);

/* The time that is compared: wall, or CPU; per operation where the number of
 * operations is calibrated. */
enum metric metric_compared(bool cpu, bool per_op);

/* What the memory regression stands on: tasks parked, their RssAnon, and that
 * with page tables and kernel stacks.  All NAN where nothing was parked. */
struct parked {
    double tasks, rss, full;
};
struct parked metric_parked(const json_t *record);

/* The number under key, or NAN. */
double metric_number(const json_t *object, const char *key);

#endif
