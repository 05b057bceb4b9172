/* SPDX-License-Identifier: MIT */
#ifndef BENCH_CONTEST_H
#define BENCH_CONTEST_H

/*
 * Two ways to run tasks set against each other at every point both were
 * measured at, and decided together.  The rule is in verdict.h.
 */

#include "compare.h"

enum side {
    SIDE_COROUTINES,
    SIDE_OFFLOADED, /* coroutines with offload */
    SIDE_THREADS,
    SIDE_POOLS,
    SIDES /* none of them */
};
enum side side_of(const struct cell *cell);
/* "coroutines", "threads", ... */
const char *side_name(enum side side);

enum measure {
    MEASURE_TIME,
    MEASURE_CPU,
    MEASURE_COST,
    MEASURE_MEMORY,
    MEASURE_LATENCY,
    MEASURE_HEARTBEAT,
    MEASURES
};

enum outcome {
    OUTCOME_UNCLEAR,
    OUTCOME_SAME,
    OUTCOME_A, /* side a is better */
    OUTCOME_B,
    OUTCOME_REFUSED, /* unequal work */
    OUTCOME_BOUND    /* the test server was the bottleneck */
};

enum {
    CONTEST_LABEL = 256 /* room for the name of a point */
};

struct point {
    const struct cell *a, *b;
    enum metric metric;
    struct pairs pairs;    /* b over a */
    struct estimate ratio; /* above 1: a is better; n == 0: there is none */
    enum outcome outcome;
};

struct contest {
    enum side a, b;
    enum measure measure;
    const char *cpus; /* "1" or "all" */
    struct point *points;
    size_t n;
};

/* Of the cells of one kind of work, in the order in which they are shown.
 * contest->n is 0 where the sides do not meet.  0 or -ENOMEM. */
int contest_make(struct contest *out, enum side a, enum side b,
                 enum measure measure, const char *cpus,
                 const struct cell *const *cells, size_t n);
void contest_fini(struct contest *contest);

size_t contest_count(const struct contest *contest, enum outcome outcome);
/* a and b stand next to each other in a series: they differ in nothing but
 * the workload's axis and the runtime's argument. */
bool contest_series(const struct point *a, const struct point *b);
/* The i-th point is the first of its series. */
bool contest_opens_series(const struct contest *contest, size_t i);
/* One of the two won there, or they are the same. */
bool contest_decided(const struct point *point);

/* "time", "CPU time", "memory" */
const char *contest_measure(const struct contest *contest);

/* "cpu kernel:fib tasks:4": the workload and the parameters that tell its
 * points apart, without the one called `without` when that is not NULL. */
void contest_label(char label[CONTEST_LABEL], const struct contest *contest,
                   const struct point *point, const char *without);
/* "1.05x [1.01, 1.16] to 2.06x [1.60, 2.45] faster (3 of 8 points, 1 the same,
 * 4 unclear)": over the points of that outcome, A or B; an interval that reads
 * like its ratio is left out. */
void contest_gain(char *text, size_t size, const struct contest *contest,
                  enum outcome outcome);
/* "with the tasks of mixed: the same from 10 to 100, coroutines at 1000": where
 * the answer changes with the size, of the first two series in which it does;
 * "" where it does in none, or the text does not fit. */
void contest_turns(char *text, size_t size, const struct contest *contest);
/* One sentence with its full stop, for the caller to free; NULL without
 * memory. */
char *contest_text(const struct contest *contest);

#endif
