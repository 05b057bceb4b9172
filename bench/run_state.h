/* SPDX-License-Identifier: MIT */
#ifndef BENCH_RUN_STATE_H
#define BENCH_RUN_STATE_H

/*
 * What the cells of a run have been through, and what is left to do.
 */

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "options.h"
#include "plan.h"

/* What a cell has been through. */
struct cell_state {
    int64_t count;         /* value of its calibrated parameter; 0: unknown */
    int64_t process_ns;    /* how long one trial takes; a guess until `timed` */
    bool timed, warm;      /* warm: calibrated and warmed up */
    unsigned char *rounds; /* [1..rounds_max]: done */
    double *times;         /* ns of the trials measured so far: wall, or CPU
                              where it waits; per operation where calibrated */
    size_t times_n;
    unsigned left;     /* fixed rounds to do */
    unsigned failures; /* in a row */
    bool given_up;     /* failed too often, or skipped */
    size_t baseline;   /* index of its baseline; its own where it has none */
    bool chosen;       /* for the extra round under way */
};

struct run {
    const struct plan *plan;
    const struct options *options;
    const char *folder; /* of the programs */
    uint64_t seed;
    unsigned repetitions;      /* fixed rounds, and those with what precision */
    unsigned rounds_max;       /* takes */
    unsigned last_round;       /* of which a trial was measured */
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

/* How long what is left of a fixed round will take. */
int64_t run_round_estimate(const struct run *run, unsigned round);
/* After which a trial is killed. */
int64_t run_time_limit(const struct run *run, const struct cell_state *state);

/* The trial of this line is over: brings its cell up to date. */
void run_note(struct run *run, size_t index, const json_t *line);

/* The `times` of the cell are CPU times, since it mostly waits. */
bool run_counts_cpu(const struct run *run, size_t index);

/* How precise the cell is; see stats_spread(). */
double run_width(const struct cell_state *state);
/* Chooses the cells of extra round `round`, that may take left_ns; returns
 * how many there are.  -ENOMEM. */
int run_choose(struct run *run, unsigned round, int64_t left_ns);
/* How many cells are less precise than asked for. */
unsigned long run_wide(const struct run *run);

#endif
