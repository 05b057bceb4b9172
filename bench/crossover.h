/* SPDX-License-Identifier: MIT */
#ifndef BENCH_CROSSOVER_H
#define BENCH_CROSSOVER_H

/*
 * From where on does the other one win?  A search over one numeric parameter
 * for where the ratio b/a passes 1.
 *
 * A point is decided when its ratio's interval lies on one side of 1: below,
 * b wins there, above, a does.  The search starts with the two ends and goes
 * on in the widest gap, on a logarithmic scale where the ends allow, between
 * the two decided points that enclose the change; points that cannot be
 * decided lie between those and widen the answer, never shift it.
 */

#include <stdbool.h>
#include <stddef.h>

#include "stats.h"

enum {
    CROSSOVER_POINTS = 64
};

struct crossover_point {
    double x;
    struct estimate ratio; /* b over a */
};

struct crossover {
    struct crossover_point points[CROSSOVER_POINTS]; /* by x */
    size_t n;
    double low, high; /* the ends */
    double close; /* a bracket whose ends are this close (a ratio) will do */
    bool whole;   /* x is a whole number */
};

/* Takes in a point that was measured.  -ENOSPC, -EEXIST. */
int crossover_add(struct crossover *c, double x, const struct estimate *ratio);

/* -1: b wins, 1: a wins, 0: not decided. */
int crossover_winner(const struct estimate *ratio);

/* Where to measure next; false when there is nothing more to find out. */
bool crossover_next(const struct crossover *c, double *x);

enum crossover_kind {
    CROSSOVER_FOUND,     /* between low and high */
    CROSSOVER_NONE,      /* one wins wherever it was decided */
    CROSSOVER_ONSET,     /* no crossover, but one wins only on one side of
                            low and high, and it is undecided on the other */
    CROSSOVER_UNDECIDED, /* at both ends, or not both were measured, so that
                            nothing can be said */
    CROSSOVER_SEVERAL    /* it changes more than once; the first is given */
};

struct crossover_answer {
    enum crossover_kind kind;
    double low, high; /* FOUND, SEVERAL, ONSET: the points on either side */
    int from, to;     /* who wins below and above, as crossover_winner();
                         NONE: both the same */
};

/* From the points so far. */
void crossover_answer(const struct crossover *c, struct crossover_answer *out);

#endif
