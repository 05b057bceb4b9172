/* SPDX-License-Identifier: MIT */
#ifndef BENCH_STATS_H
#define BENCH_STATS_H

/*
 * The statistics of cobench: distribution-free where there is a choice, since
 * the times of processes on a shared machine are neither normal nor
 * symmetric.  Nothing here drops a sample.  Functions that can fail return 0,
 * -EINVAL (no samples, or one that is not finite) or -ENOMEM, and leave *out
 * untouched then.
 */

#include <stdbool.h>
#include <stddef.h>

struct estimate {
    size_t n; /* samples; 0: there is no estimate */
    double median, min, max;
    bool interval; /* low and high hold */
    double low, high;
};

/*
 * The median with its interval of at least 95 % confidence: the k-th smallest
 * to the k-th largest value, k = stats_rank(n).  Exact for any continuous
 * distribution: the number of samples below the true median is
 * Binomial(n, 1/2).  n = 9: second to eighth value, 96.1 %.  With fewer than
 * six samples no such interval exists.
 */
int stats_estimate(struct estimate *out, const double *values, size_t n);
/* The same with an interval of another level than 0.95, below 1. */
int stats_estimate_at(struct estimate *out, const double *values, size_t n,
                      double level);
/* Half the interval over the median: 0.02 is +-2 %.  INFINITY without an
 * interval, or where the median is not positive. */
double stats_spread(const struct estimate *estimate);
/* The largest k whose interval covers 95 %; 0 when none does (n < 6). */
size_t stats_rank(size_t n);
/* Probability that k-th smallest to k-th largest of n include the median. */
double stats_coverage(size_t n, size_t k);

/*
 * contender[i] / baseline[i] are paired by round i: exp of the median of the
 * logarithms, and its interval.  Swapping the two gives the reciprocals.
 * -EINVAL also when a value is not positive.
 */
int stats_ratio(struct estimate *out, const double *contender,
                const double *baseline, size_t n);
/* As stats_estimate_at(). */
int stats_ratio_at(struct estimate *out, const double *contender,
                   const double *baseline, size_t n, double level);

/*
 * What a ratio (lower is better) says about the contender, in this order:
 *   no interval                              inconclusive
 *   interval within [1/1.03, 1.03]           same, even when it excludes 1
 *   interval below 1                         faster
 *   interval above 1                         slower
 *   else                                     inconclusive
 */
enum verdict {
    VERDICT_INCONCLUSIVE,
    VERDICT_SAME,
    VERDICT_FASTER,
    VERDICT_SLOWER
};
enum verdict stats_verdict(const struct estimate *ratio);
const char *verdict_name(enum verdict verdict);

/* Two-sided sign test of "the median ratio is 1": pairs that are equal are
 * left out; 1 when none remain. */
double stats_sign_test(const double *contender, const double *baseline,
                       size_t n);

/* Holm's step-down adjustment of n p-values: a sentence that picks among n
 * comparisons holds at level a where adjusted[i] <= a.  0 or -ENOMEM. */
int stats_holm(double *adjusted, const double *p, size_t n);

double stats_mean(const double *values, size_t n);
/* Of a sample (n - 1); 0 for fewer than two. */
double stats_deviation(const double *values, size_t n);
/* -EINVAL when a value is not positive. */
int stats_geomean(double *out, const double *values, size_t n);

/*
 * A straight line through all samples by Theil and Sen: the slope is the
 * median of the slopes of all pairs with different x, its 95 % interval
 * follows from the distribution of Kendall's S (normal, corrected for ties in
 * x: Sen 1968), the intercept is the median of y - slope * x and its bounds
 * those of the slope's other end.  One wild sample moves it little; scaling x
 * or y scales it.  -EINVAL when all x are equal.
 */
struct line {
    size_t n;
    double slope, intercept;
    bool interval; /* the four bounds hold */
    double slope_low, slope_high, intercept_low, intercept_high;
};
int stats_line(struct line *out, const double *x, const double *y, size_t n);

/*
 * Marks samples further than 3 scaled median absolute deviations
 * (3 * 1.4826 * MAD) from the median, and stores their number in *count.
 * Marks none of fewer than six samples, and none where more than half of them
 * are equal: there MAD is 0 and has no scale to offer.
 */
int stats_outliers(bool *marks, size_t *count, const double *values, size_t n);

#endif
