/* SPDX-License-Identifier: MIT */
#ifndef BENCH_SUMMARY_H
#define BENCH_SUMMARY_H

/*
 * The summary of a run: trials.jsonl read back, its trials grouped by cell,
 * and the estimate of every metric.  Only trials of phase "measure" with
 * outcome "ok" are samples.  Cells that failed or were skipped stay, with
 * their reasons.
 */

#include <jansson.h>
#include <stdbool.h>

#include "metric.h"
#include "stats.h"
#include "workload.h"

struct sample {
    unsigned round;
    bool outlier; /* by wall time; marked, never dropped */
    double values[METRICS];
    struct receipt receipt;
    const json_t *record;
};

struct cell {
    /* The plan's description; all strings live as long as the summary. */
    const json_t *plan;
    const char *name, *workload, *point, *group, *runtime, *cpus;
    const char *op, *question; /* "" when absent */
    const char *axis;          /* NULL without one */
    double x;                  /* NAN without one */
    bool calibrated, waits, third_party, reference;

    /* In order of their round. */
    struct sample *samples;
    size_t n, outliers;
    struct estimate estimates[METRICS]; /* n == 0: absent */
    double origin_share; /* median share of one CPU the origin used, or NAN */
    unsigned workers;    /* of the runtime; 0 where meaningless */
    bool receipts_differ; /* between samples of this very cell */

    size_t failed; /* trials of any phase; outcome and message: the first */
    const char *outcome, *message;
    const char *skip_reason; /* NULL unless skipped */
    const json_t *skip;      /* needed, limit, remedy; may be NULL */
};

struct summary {
    const json_t *run; /* the first line's */
    const json_t *end; /* NULL when the run did not get to write it */
    struct cell *cells;
    size_t n;
    json_t *warnings; /* strings: what in the file could not be used */
    json_t *lines;    /* owns everything the pointers above point at */
};

/*
 * Reads run_dir/trials.jsonl.  A line that is no JSON is left out with a
 * warning.  When a round of a cell occurs twice (a resumed run) the later one
 * counts.  -ENOENT and other errors of the file, -ENODATA without a line
 * that describes the run, -EPROTO when that is of another schema, -ENOMEM.
 */
int summary_read(struct summary *out, const char *run_dir);
void summary_free(struct summary *summary);

#endif
