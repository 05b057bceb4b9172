/* SPDX-License-Identifier: MIT */
#ifndef BENCH_RUN_H
#define BENCH_RUN_H

/*
 * The rounds of a run: every cell once uncounted (which also calibrates it),
 * then round by round every cell once, in an order drawn anew each time.  A
 * cell that fails twice in a row or is skipped is not tried again.
 */

#include <jansson.h>
#include <stdint.h>

#include "options.h"
#include "plan.h"

/* What a cell has been through. */
struct cell_state {
    int64_t count;         /* value of its calibrated parameter; 0: unknown */
    int64_t process_ns;    /* how long one trial takes; a guess until `timed` */
    bool timed, warm;      /* warm: calibrated and warmed up */
    unsigned char *rounds; /* [1..repetitions]: done */
    double *times;         /* ns of the trials measured so far, per operation
                              where it is calibrated */
    size_t times_n;
    unsigned left;     /* rounds to do */
    unsigned failures; /* in a row */
    bool given_up;     /* failed too often, or skipped */
};

struct run {
    const struct plan *plan;
    const struct options *options;
    const char *folder; /* of the programs */
    uint64_t seed;
    unsigned repetitions;
    int64_t target_ns;         /* of calibrated trials */
    struct cell_state *states; /* one for each cell of the plan */
};

/* -ENOMEM.  The plan and the options must outlive the run. */
int run_init(struct run *run, const struct plan *plan,
             const struct options *options, const char *folder);
void run_fini(struct run *run);

/* Takes over what an earlier part of this run has done: the trial lines. */
void run_resume(struct run *run, const json_t *trials);
/* Only how long its trials took: better guesses for a new run. */
void run_learn(struct run *run, const json_t *trials);

/* What is left to do. */
unsigned long run_trials_left(const struct run *run);
int64_t run_estimate(const struct run *run);

/* What run_rounds() brings back. */
struct run_summary {
    unsigned long ok, failed, skipped; /* trials; measured ones that are ok */
    const char *reason; /* "complete", "budget", a signal's name, an error */
    int signal;         /* that ended it, or 0 */
    int error;          /* negative errno: the file could not be written */
};

/* Measures what is left, appending to the open trials.jsonl. */
void run_rounds(struct run *run, int trials_fd, struct run_summary *out);

#endif
