/* SPDX-License-Identifier: MIT */
#ifndef BENCH_SUMMARY_H
#define BENCH_SUMMARY_H

/*
 * The summary of a run: the trials of trials.jsonl grouped by cell, and the
 * estimate of every metric.  Only trials of phase "measure" with
 * outcome "ok" are samples.  Cells that failed or were skipped stay, with
 * their reasons.
 */

#include <jansson.h>
#include <stdbool.h>

#include "metric.h"
#include "stats.h"
#include "trials.h"
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
    unsigned offload_threads; /* as planned; 0: none, or unknown */
    double helped_share;      /* median share of the tasks that ran in place, on
                             the stack of the one who joined them; 0: none */
    unsigned workers;         /* of the runtime; 0 where meaningless */
    bool receipts_differ;     /* between samples of this very cell */
    bool behind; /* in a sample, operations of an open loop were due and not
                    started, see arrivals_count() */

    size_t failed; /* trials of any phase; outcome and message: the first */
    const char *outcome, *message;
    const char *skip_reason; /* NULL unless skipped */
    const json_t *skip;      /* needed, limit, remedy; may be NULL */
};

struct summary {
    struct trials trials; /* owns what the cells point at */
    struct cell *cells;   /* in plan order */
    size_t n;
};

/*
 * Reads dir/trials.jsonl.  When a round of a cell occurs twice the later one
 * counts.  Errors are those of trials_read(), and -EBADMSG for a trial of a
 * cell that is not in the plan; `message` as there.
 */
int summary_read(struct summary *out, const char *dir, char *message,
                 size_t message_size);
void summary_fini(struct summary *summary);

#endif
