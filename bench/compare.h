/* SPDX-License-Identifier: MIT */
#ifndef BENCH_COMPARE_H
#define BENCH_COMPARE_H

/*
 * Runtimes compared: every cell against the cell of runtime "coro" at the
 * same point.  A ratio is contender over baseline, paired by round; above 1
 * the baseline is better.
 *
 * No ratio where no task is made (null), nor without equal work: units,
 * operations, bytes and digest must be equal, or, where the number of
 * operations is calibrated per cell, bytes and digest per operation (and
 * units, either in number or per operation).
 *
 * Where the workload mostly waits, and where the origin used more than 90 %
 * of its CPU, wall time is no measure of cost: there the verdict that counts
 * is that on CPU time.  An origin-bound wall time gets no verdict at all.
 */

#include <stdbool.h>
#include <stddef.h>

#include "stats.h"
#include "summary.h"

enum {
    COMPARE_WALL,
    COMPARE_CPU,
    COMPARES
};

struct ratio {
    struct estimate estimate; /* n == 0: there is no ratio */
    enum verdict verdict;
    double p;    /* sign test of "the ratio is 1" */
    double holm; /* the same among all judged ratios of its metric; else 1 */
};

struct comparison {
    const struct cell *baseline, *contender;
    struct ratio ratios[COMPARES];
    bool origin_bound;   /* in one of the two cells */
    const char *against; /* what `refused` calls the baseline; NULL: "coro" */
    char refused[120];   /* why there are no ratios; "" where there are */
};

struct compared {
    struct comparison *comparisons; /* in plan order */
    size_t n;
};

/* 0 or -ENOMEM.  The summary must outlive the result. */
int compare_all(struct compared *out, const struct summary *summary);
void compare_fini(struct compared *compared);

/* That of a cell against its baseline, or NULL. */
const struct comparison *compare_find(const struct compared *compared,
                                      const struct cell *cell);
/* The metric compared: per operation where the number is calibrated. */
enum metric compare_metric(const struct cell *cell, int which);
/* The rounds in which both cells have a positive figure, in order. */
struct pairs {
    double *contender, *baseline;
    unsigned *rounds;
    size_t n;
};
int pairs_init(struct pairs *pairs, const struct comparison *c, int which);
/* Of any two cells and any metric. */
int pairs_make(struct pairs *pairs, const struct cell *contender,
               const struct cell *baseline, enum metric metric);
void pairs_fini(struct pairs *pairs);

/* Whether two cells did equal work, and whether the origin was their limit:
 * fills in what a comparison of them says of that. */
void compare_work(struct comparison *comparison);

/* There is a ratio, and it gets a verdict: not of an origin-bound wall time. */
bool compare_judged(const struct comparison *comparison, int which);
/* "faster", "slower", "same", "inconclusive", "origin-bound". */
const char *compare_verdict(const struct comparison *comparison, int which);
/* Which ratio tells the cost: COMPARE_WALL or COMPARE_CPU. */
int compare_cost(const struct comparison *comparison);
/* The origin used more than 90 % of its CPU. */
bool cell_origin_bound(const struct cell *cell);

#endif
