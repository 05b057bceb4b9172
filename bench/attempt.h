/* SPDX-License-Identifier: MIT */
#ifndef BENCH_ATTEMPT_H
#define BENCH_ATTEMPT_H

/*
 * One trial as the driver sees it: a process of its own, the origin it may
 * need, and the line of trials.jsonl that tells how it went.
 */

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "origin.h"
#include "plan.h"
#include "progress.h"

/* What all trials of a run share. */
struct attempts {
    const char *folder; /* of the programs */
    uint64_t seed;
    int64_t started_ns; /* of the run */
    struct origin origin;
    bool origin_runs;
    unsigned origin_deaths; /* in a row; at three it is given up */
    struct progress *progress;
};

/* What `cobench count` counts of a trial. */
enum attempt_count {
    COUNT_NOTHING, /* it is not asked */
    COUNT_ALLOCATIONS,
    COUNT_CALLS, /* to the system, by tracing it: slow */
    COUNT_KINDS
};

/* What is special about one. */
struct attempt {
    const struct plan_cell *cell;
    const char *phase; /* "calibrate", "warmup", "measure" */
    unsigned round;    /* 0 outside of "measure" */
    size_t order;      /* position in the round */
    uint64_t draw;     /* which random numbers of the round are its */
    int64_t count;     /* value of the calibrated parameter; 0: none */
    int64_t limit_ns;
    const char *inject; /* COBENCH_INJECT of the trial (work.h); NULL: none */
    /* What that prints is put into the line as the object "counted", name to
     * number. */
    enum attempt_count count_of;
};

/* Runs it.  Returns its line (see trials.h), owned by the caller; NULL
 * without memory. */
json_t *attempt_run(struct attempts *all, const struct attempt *attempt);

/* Stops the origin if it runs. */
void attempts_fini(struct attempts *all);

/* Of a line: "measure", ...; "ok", "failed", ... */
const char *attempt_phase(const json_t *line);
const char *attempt_outcome(const json_t *line);
bool attempt_is(const json_t *line, const char *outcome);

#endif
