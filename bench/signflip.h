/* SPDX-License-Identifier: MIT */
#ifndef BENCH_SIGNFLIP_H
#define BENCH_SIGNFLIP_H

/*
 * The sign-flip test of paired differences d[0..n-1] (Fisher's randomisation
 * test).  If nothing but chance tells the two sides of a pair apart, each d[i]
 * could as well have the other sign; so the statistic T of the differences is
 * set against that of the same differences with random signs s:
 *
 *   T = 25 %-trimmed mean          p = (1 + #{ T(s d) >= T(d) }) / (flips + 1)
 *
 * Valid for any distribution of the differences, one round's state of the
 * machine included, as long as the order within a round is drawn by lot.
 * Where two sign patterns have the same T, which trimming makes frequent, the
 * plain sum decides: else equal differences could never give a small p.
 *
 * With 2^n <= flips + 1 all patterns are counted instead of drawn, and p is
 * exact.  All functions return 0, -EINVAL (no differences, or one that is not
 * finite) or -ENOMEM, and leave the output untouched then.
 */

#include <stddef.h>
#include <stdint.h>

struct signflip_plan {
    unsigned flips; /* how many patterns are drawn; 9999 is usual */
    double stop;    /* a p above this may stay inexact: the drawing ends once
                       both sides are known to lie above it, and p is then the
                       sequential one of Besag and Clifford (Biometrika 78,
                       1991), still valid.  0: never */
    uint64_t seed;
};

struct signflip {
    double t;
    double above;   /* p of a T so far up; small: d is greater than 0 */
    double below;   /* the same downwards; swapped when every d[i] is negated */
    unsigned flips; /* patterns looked at */
};

int signflip_test(struct signflip *out, const double *d, size_t n,
                  const struct signflip_plan *plan);

/*
 * The test turned round: every shift m for which neither side of the test of
 * d - m gives p <= alpha.  low and high enclose them; a confidence interval of
 * 1 - 2 alpha for the centre of d.  Infinite where n or the number of flips
 * cannot give so small a p.  plan->stop is not used.
 */
int signflip_bounds(double *low, double *high, const double *d, size_t n,
                    double alpha, const struct signflip_plan *plan);

#endif
