/* SPDX-License-Identifier: MIT */
#ifndef BENCH_DETECT_H
#define BENCH_DETECT_H

/*
 * What paired differences of logarithms say besides yes and no: the interval
 * of their centre, and how small an effect tests of that noise would find.
 */

#include <stddef.h>

#include "signflip.h"

/* A test that an effect must pass: p <= level, and T of at least floor. */
struct detect_test {
    double level, floor;
    size_t rounds;
};

struct detect {
    double low, high; /* of the centre, 95 % */
    /*
     * The smallest effect that passes all tests at least 19 times in 20.  Of
     * each test it must clear what noise takes away, half of the 98 %
     * interval, and besides either the floor or what the test asks for at its
     * level, half of the interval of 1 - 2 level.  The widths are those of the
     * differences at hand with one more wild pair on each side, scaled by the
     * root of the rounds.  The factor is not from theory: the test suite shows
     * that it holds for six kinds of noise.
     */
    double effect; /* a logarithm; INFINITY */
};

/* Errors are those of signflip_bounds(). */
int detect(struct detect *out, const double *d, size_t n,
           const struct detect_test *tests, size_t count,
           const struct signflip_plan *plan);

#endif
